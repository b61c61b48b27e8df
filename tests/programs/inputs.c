/* inputs.c - writes models, arrays and archives for inputs.t.
 *
 *     inputs DIRECTORY                       writes the models
 *     inputs OUT.npy NUMBER ...              writes an array of one row
 *     inputs OUT.npz NAME=FILE.npy ...       writes an archive of files, which may have any content */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "model.h"

/* ---- Models ---- */

static const char *directory;

static void save(const char *name, struct tm_model *m)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.onnx", directory, name);
    tm_write(m, path);
    tm_free(m);
}

/* y = x0 + 10 x1 + 100 x2, [N,1]. `known`: NaN becomes 0 first. */
static void linear(const char *name, bool known)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 3});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){3, 1}, (float[]){1, 10, 100});
    tm_const(m, "zero", SX_FLOAT, 0, NULL, (float[]){0});
    tm_node(m, "IsNaN", "x", "lost", NULL);
    tm_node(m, "Where", "lost zero x", "found", NULL);
    tm_node(m, "MatMul", known ? "found w" : "x w", "y", NULL);
    tm_output_as(m, "y", SX_FLOAT, 2, (int64_t[]){-1, 1});
    save(name, m);
}

/* y = (sum of a) + 10 (sum of b), [N,1]. */
static void two(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "a", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_input(m, "b", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "one", SX_FLOAT, 2, (int64_t[]){2, 1}, (float[]){1, 1});
    tm_const(m, "ten", SX_FLOAT, 2, (int64_t[]){2, 1}, (float[]){10, 10});
    tm_node(m, "MatMul", "a one", "p", NULL);
    tm_node(m, "MatMul", "b ten", "q", NULL);
    tm_node(m, "Add", "p q", "y", NULL);
    tm_output_as(m, "y", SX_FLOAT, 2, (int64_t[]){-1, 1});
    save("two", m);
}

/* The square of the sum of points, per coordinate. The first axis is no batch. */
static void points(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "cloud", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "axes", SX_INT, 1, (int64_t[]){1}, (int64_t[]){0});
    tm_node(m, "ReduceSum", "cloud axes", "sum", "keepdims=0");
    tm_node(m, "Mul", "sum sum", "y", NULL);
    tm_output_as(m, "y", SX_FLOAT, 1, (int64_t[]){2});
    save("points", m);
}

/* Models of [N, 2] in which N is no batch: running sums, messages along edges, all pairs,
 * softmax along N. Only "nodes" has the input A. */
static void no_batches(void)
{
    static const struct {
        const char *name, *op, *in, *attributes;
    } kind[] = {{"steps", "CumSum", "x first", NULL},
                {"nodes", "MatMul", "A x", NULL},
                {"pairs", "Gemm", "x x", "transB=1"},
                {"normed", "Softmax", "x", "axis=0"}};
    for (int i = 0; i < 4; i++) {
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
        if (i == 1)
            tm_input(m, "A", SX_FLOAT, 2, (int64_t[]){-1, -1});
        tm_const(m, "first", SX_INT, 0, NULL, (int64_t[]){0});
        tm_node(m, kind[i].op, kind[i].in, "y", kind[i].attributes);
        tm_output_as(m, "y", SX_FLOAT, 2, (int64_t[]){-1, i == 2 ? -1 : 2});
        save(kind[i].name, m);
    }
}

/* Models of [N, 2] whose result depends on N itself: x times N; x times the trace of the N by N
 * identity; x beside a column of row numbers. */
static void counts(void)
{
    for (int i = 0; i < 3; i++) {
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
        tm_const(m, "zero", SX_INT, 0, NULL, (int64_t[]){0});
        tm_const(m, "one", SX_INT, 0, NULL, (int64_t[]){1});
        tm_const(m, "axis", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
        tm_node(m, "Shape", "x", "shape", NULL);
        tm_node(m, "Gather", "shape zero", "n", NULL);
        if (i == 0) {
            tm_node(m, "Cast", "n", "times", "to=1");
            tm_node(m, "Mul", "x times", "y", NULL);
        } else if (i == 1) {
            tm_node(m, "Transpose", "x", "t", "perm=1,0");
            tm_node(m, "MatMul", "x t", "square", NULL);
            tm_node(m, "EyeLike", "square", "eye", NULL);
            tm_node(m, "ReduceSum", "eye", "times", "keepdims=0");
            tm_node(m, "Mul", "x times", "y", NULL);
        } else {
            tm_node(m, "Range", "zero n one", "row", NULL);
            tm_node(m, "Cast", "row", "real", "to=1");
            tm_node(m, "Unsqueeze", "real axis", "column", NULL);
            tm_node(m, "Concat", "x column", "y", "axis=1");
        }
        tm_output_as(m, "y", SX_FLOAT, 2, (int64_t[]){-1, i == 2 ? 3 : 2});
        save((const char *[]){"length", "trace", "counted"}[i], m);
    }
}

/* Models of [N, 2] in which N is a batch: a layer that flattens, a recurrent net with states
 * [1, N, 2], a mask that is expanded to N. */
static void batches(void)
{
    const float eye[] = {1, 0, 0, 1};
    const int64_t by_step[] = {-1, 1, 2}, once[] = {1, 2, 2};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "flat", SX_INT, 1, (int64_t[]){1}, (int64_t[]){-1});
    tm_const(m, "two", SX_INT, 1, (int64_t[]){2}, (int64_t[]){-1, 2});
    tm_node(m, "Reshape", "x flat", "f", NULL);
    tm_node(m, "Relu", "f", "r", NULL);
    tm_node(m, "Reshape", "r two", "y", NULL);
    tm_output(m, "y");
    save("rows", m);
    m = tm_new(14);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "shape", SX_INT, 1, (int64_t[]){3}, by_step);
    tm_const(m, "w", SX_FLOAT, 3, once, eye);
    tm_node(m, "Reshape", "x shape", "steps", NULL);
    tm_node(m, "Transpose", "steps", "in", "perm=1,0,2");
    tm_node(m, "RNN", "in w w", "out state", "hidden_size=2");
    tm_node(m, "Transpose", "out", "y", "perm=2,0,1,3");
    tm_output(m, "y");
    tm_output(m, "state");
    save("states", m);
    m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "one", SX_FLOAT, 2, (int64_t[]){1, 2}, (float[]){1, 2});
    tm_node(m, "Shape", "x", "shape", NULL);
    tm_node(m, "Expand", "one shape", "mask", NULL);
    tm_node(m, "Mul", "mask x", "y", NULL);
    tm_output(m, "y");
    save("shared", m);
}

/* Models that return their input: a picture [N,1,2,2], and whole numbers [N,2]. */
static void pictures(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (int64_t[]){-1, 1, 2, 2});
    tm_node(m, "Flatten", "x", "y", "axis=1");
    tm_output_as(m, "y", SX_FLOAT, 2, (int64_t[]){-1, 4});
    save("picture", m);
    m = tm_new(13);
    tm_input(m, "x", SX_INT, 2, (int64_t[]){-1, 2});
    tm_node(m, "Add", "x x", "y", NULL);
    tm_output_as(m, "y", SX_INT, 2, (int64_t[]){-1, 2});
    save("whole", m);
}

/* ---- Archives ---- */

static void put(uint8_t *to, size_t *at, size_t width, uint64_t value)
{
    for (size_t i = 0; i < width; i++)
        to[(*at)++] = (uint8_t)(value >> 8 * i);
}

/* Writes the fields that the local header and the directory's entry have in common. */
static void put_sizes(uint8_t *to, size_t *at, uint32_t crc, size_t n, size_t name)
{
    put(to, at, 8, 20); /* version, no flags, stored, no time */
    put(to, at, 2, 0x21);
    put(to, at, 4, crc);
    put(to, at, 4, n);
    put(to, at, 4, n);
    put(to, at, 2, name);
    put(to, at, 2, 0);
}

static int archive(char **argv, int argc)
{
    static uint8_t zip[1 << 16], entries[1 << 12], bytes[1 << 14];
    size_t at = 0, end = 0;
    for (int i = 2; i < argc; i++) {
        char *equals = strchr(argv[i], '='), name[64];
        FILE *f = equals != NULL ? fopen(equals + 1, "rb") : NULL;
        if (f == NULL)
            return 1;
        size_t n = fread(bytes, 1, sizeof bytes, f), start = at;
        fclose(f);
        int length = snprintf(name, sizeof name, "%.*s.npy", (int)(equals - argv[i]), argv[i]);
        uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), bytes, (uInt)n);
        put(zip, &at, 4, 0x04034b50);
        put_sizes(zip, &at, crc, n, (size_t)length);
        memcpy(zip + at, name, (size_t)length);
        memcpy(zip + at + length, bytes, n);
        at += (size_t)length + n;
        put(entries, &end, 4, 0x02014b50);
        put(entries, &end, 2, 20);
        put_sizes(entries, &end, crc, n, (size_t)length);
        put(entries, &end, 8, 0);
        put(entries, &end, 2, 0);
        put(entries, &end, 4, start);
        memcpy(entries + end, name, (size_t)length);
        end += (size_t)length;
    }
    size_t directory_at = at;
    memcpy(zip + at, entries, end);
    at += end;
    put(zip, &at, 4, 0x06054b50);
    put(zip, &at, 4, 0);
    put(zip, &at, 2, (uint64_t)argc - 2);
    put(zip, &at, 2, (uint64_t)argc - 2);
    put(zip, &at, 4, end);
    put(zip, &at, 4, directory_at);
    put(zip, &at, 2, 0);
    FILE *out = fopen(argv[1], "wb");
    return out == NULL || fwrite(zip, 1, at, out) != at || fclose(out) != 0;
}

static int row(char **argv, int argc)
{
    struct sx_error error = {0};
    struct sx_shape shape = {2, {1, argc - 2}};
    struct sx_tensor x;
    struct sx_sink *sink = sx_sink_open(argv[1], &error);
    bool ok = sink != NULL && sx_tensor_new(&x, SX_FLOAT, &shape, &error);
    for (int i = 2; ok && i < argc; i++)
        sx_tensor_set(&x, i - 2, atof(argv[i]));
    ok = ok && sx_npy_write(sink, &x) && sx_sink_finish(sink, true, &error);
    if (ok)
        sx_tensor_free(&x);
    return !ok;
}

int main(int argc, char **argv)
{
    if (argc > 2)
        return strstr(argv[1], ".npz") != NULL ? archive(argv, argc) : row(argv, argc);
    if (argc != 2)
        return 2;
    directory = argv[1];
    linear("linear", false);
    linear("imputed", true);
    two();
    points();
    no_batches();
    counts();
    batches();
    pictures();
    return 0;
}
