/* models.c - writes the models of the shell tests: some valid ones, and many invalid ones.
 *
 *     models DIRECTORY
 *
 * Writes DIRECTORY/NAME.onnx for each. For an invalid one it prints "NAME STATUS", where STATUS
 * has the exit statuses, one digit each, with which a tool may end. NAME.npy is an input of
 * zeros, unless that would be too large. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const char *directory;

static FILE *create(const char *name, const char *suffix)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

static void save_bytes(const char *name, const void *bytes, size_t n)
{
    FILE *f = create(name, ".onnx");
    if (fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        exit(1);
}

static void save_input(const char *name, int rank, const int64_t *dims)
{
    struct sx_error error = {0};
    struct sx_shape shape = {.rank = rank};
    struct sx_tensor x;
    char path[4096];
    int64_t n;
    memcpy(shape.dim, dims, (size_t)rank * sizeof *dims);
    if (!sx_shape_count(&shape, &n, &error) || n > 1000)
        return;
    snprintf(path, sizeof path, "%s/%s.npy", directory, name);
    struct sx_sink *sink = sx_sink_open(path, &error);
    if (sink == NULL || !sx_tensor_new(&x, SX_FLOAT, &shape, &error))
        exit(1);
    sx_npy_write(sink, &x);
    if (!sx_sink_finish(sink, true, &error))
        exit(1);
    sx_tensor_free(&x);
}

/* Writes the sample (2, 1) as a TensorProto. */
static void save_proto(const char *name)
{
    struct tm_model *m = tm_new(13);
    uint8_t bytes[200];
    size_t n = onnx__tensor_proto__pack(
        tm_const(m, "x", SX_FLOAT, 2, (int64_t[]){1, 2}, (float[]){2, 1}), bytes);
    FILE *f = create(name, ".pb");
    fwrite(bytes, 1, n, f);
    fclose(f);
    tm_free(m);
}

static void save(const char *name, struct tm_model *m)
{
    size_t n;
    const uint8_t *bytes = tm_pack(m, &n);
    save_bytes(name, bytes, n);
    tm_free(m);
}

/* ---- Valid models ---- */

/* z = a * b + c for rows of two. There are two inputs, one of them with a fixed batch. */
static void two_inputs(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "a", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_input(m, "b", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "c", SX_FLOAT, 1, (int64_t[]){2}, (float[]){0.5f, -1});
    tm_node(m, "Mul", "a b", "ab", NULL);
    tm_node(m, "Add", "ab c", "z", NULL);
    tm_output(m, "z");
    save("two", m);
}

/* p = softmax(x w) with w = ((1, 0, -1), (2, 0, 1)). */
static void classifier(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){2, 3}, (float[]){1, 0, -1, 2, 0, 1});
    tm_node(m, "MatMul", "x w", "y", NULL);
    tm_node(m, "Softmax", "y", "p", "axis=1");
    tm_output(m, "p");
    save("soft", m);
}

/* f = x0 x1 + x1^2 / 2, whose attributions are known in closed form. */
static void product(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){2, 2}, (float[]){0, 0.5f, 0.5f, 0.5f});
    tm_const(m, "last", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_node(m, "MatMul", "x w", "xw", NULL);
    tm_node(m, "Mul", "x xw", "terms", NULL);
    tm_node(m, "ReduceSum", "terms last", "f", "keepdims=1");
    tm_output(m, "f");
    save("product", m);
}

/* s = 10 a + b + n, with an input of one column for each letter. */
static void columns(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "age", SX_FLOAT, 2, (int64_t[]){-1, 1});
    tm_input(m, "bmi", SX_FLOAT, 2, (int64_t[]){-1, 1});
    tm_input(m, "visits", SX_INT, 2, (int64_t[]){-1, 1});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){3, 1}, (float[]){10, 1, 1});
    tm_node(m, "Cast", "visits", "real", "to=1");
    tm_node(m, "Concat", "age bmi real", "x", "axis=1");
    tm_node(m, "MatMul", "x w", "s", NULL);
    tm_output(m, "s");
    save("columns", m);
}

/* s = 10 x0 + x1. The metadata have names of the features. */
static void named(const char *file, const char *names)
{
    struct tm_model *m = tm_new(13);
    Onnx__ModelProto *proto = tm_proto(m);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){2, 1}, (float[]){10, 1});
    tm_node(m, "MatMul", "x w", "s", NULL);
    tm_output(m, "s");
    proto->n_metadata_props = 1;
    proto->metadata_props = tm_memory(m, sizeof *proto->metadata_props);
    proto->metadata_props[0] = tm_memory(m, sizeof **proto->metadata_props);
    onnx__string_string_entry_proto__init(proto->metadata_props[0]);
    proto->metadata_props[0]->key = tm_text(m, "feature_names");
    proto->metadata_props[0]->value = tm_text(m, names);
    save(file, m);
}

/* y = exp(x). Its axes are open and have no names. */
static void unnamed(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, -1});
    Onnx__TensorShapeProto *shape = tm_proto(m)->graph->input[0]->type->tensor_type->shape;
    for (size_t i = 0; i < shape->n_dim; i++)
        shape->dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET;
    tm_node(m, "Exp", "x", "y", NULL);
    tm_output(m, "y");
    save("unnamed", m);
}

/* Two depthwise convolutions, their ReLUs concatenated, the largest elements of disjoint
 * windows, squared. */
static void depthwise(void)
{
    struct tm_model *m = tm_new(13);
    float w[4 * 3 * 2], v[2 * 3 * 3];
    for (int i = 0; i < 24; i++)
        w[i] = (float)((i * 7 % 11 - 5) / 4.0);
    for (int i = 0; i < 18; i++)
        v[i] = (float)((i * 5 % 13 - 6) / 5.0);
    tm_input(m, "image", SX_FLOAT, 4, (int64_t[]){-1, 2, 6, 6});
    tm_const(m, "w", SX_FLOAT, 4, (int64_t[]){4, 1, 3, 2}, w);
    tm_const(m, "v", SX_FLOAT, 4, (int64_t[]){2, 1, 3, 3}, v);
    tm_node(m, "Conv", "image w", "a", "group=2 dilations=[1,2] pads=[2,1,0,1]");
    tm_node(m, "Conv", "image v", "b", "group=2 pads=[1,1,1,1]");
    tm_node(m, "Relu", "a", "c", NULL);
    tm_node(m, "Relu", "b", "d", NULL);
    tm_node(m, "Concat", "c d", "e", "axis=1");
    tm_node(m, "MaxPool", "e", "f", "kernel_shape=[2,2] strides=[2,2]");
    tm_node(m, "Mul", "f f", "g", NULL);
    tm_node(m, "Flatten", "g", "y", NULL);
    tm_output(m, "y");
    save("depthwise", m);
}

/* The mean of each channel of a convolution whose kernels are 0 in the middle column. Winograd
 * sums add and subtract the columns that these zeros see. */
static void cancelling(void)
{
    struct tm_model *m = tm_new(13);
    static float w[16 * 16 * 9];
    for (int i = 0; i < 16 * 16 * 9; i++)
        w[i] = i % 3 == 1 ? 0 : (float)(i % 5 + 1) / 10;
    tm_input(m, "image", SX_FLOAT, 4, (int64_t[]){-1, 16, 30, 30});
    tm_const(m, "w", SX_FLOAT, 4, (int64_t[]){16, 16, 3, 3}, w);
    tm_node(m, "Conv", "image w", "h", "pads=[1,1,1,1]");
    tm_node(m, "Softplus", "h", "s", NULL);
    tm_node(m, "GlobalAveragePool", "s", "p", NULL);
    tm_node(m, "Flatten", "p", "y", NULL);
    tm_output(m, "y");
    save("cancelling", m);
}

/* f = x1 x4 + x2^2 / 2 of the four places of a map. Its relations are known in closed form. */
static void places(void)
{
    struct tm_model *m = tm_new(13);
    float w[16] = {[3] = 1, [5] = 0.5f};
    tm_input(m, "image", SX_FLOAT, 4, (int64_t[]){-1, 1, 2, 2});
    tm_const(m, "one", SX_FLOAT, 4, (int64_t[]){1, 1, 1, 1}, (float[]){1});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){4, 4}, w);
    tm_const(m, "flat", SX_INT, 1, (int64_t[]){2}, (int64_t[]){-1, 4});
    tm_const(m, "last", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_node(m, "Conv", "image one", "map", NULL);
    tm_node(m, "Reshape", "map flat", "x", NULL);
    tm_node(m, "MatMul", "x w", "xw", NULL);
    tm_node(m, "Mul", "x xw", "terms", NULL);
    tm_node(m, "ReduceSum", "terms last", "f", "keepdims=1");
    tm_output(m, "f");
    save("places", m);
}

/* Two convolutions with a pooling between them, the mean of each map, and a linear layer. Pairs
 * of places of the last maps have no relations; pairs of "pool" have. */
static void class_maps(void)
{
    struct tm_model *m = tm_new(13);
    float first[2 * 25], second[3 * 2 * 25], head[3 * 4];
    for (int i = 0; i < 50; i++)
        first[i] = (float)sin(1 + i);
    for (int i = 0; i < 150; i++)
        second[i] = (float)cos(i);
    for (int i = 0; i < 12; i++)
        head[i] = (float)sin(3 * i);
    tm_input(m, "image", SX_FLOAT, 4, (int64_t[]){1, 1, 12, 12});
    tm_const(m, "first", SX_FLOAT, 4, (int64_t[]){2, 1, 5, 5}, first);
    tm_const(m, "second", SX_FLOAT, 4, (int64_t[]){3, 2, 5, 5}, second);
    tm_const(m, "head", SX_FLOAT, 2, (int64_t[]){3, 4}, head);
    tm_node(m, "Conv", "image first", "a", "pads=2,2,2,2");
    tm_node(m, "Relu", "a", "b", NULL);
    tm_node(m, "MaxPool", "b", "pool", "kernel_shape=2,2 strides=2,2");
    tm_node(m, "Conv", "pool second", "c", "pads=2,2,2,2");
    tm_node(m, "Relu", "c", "maps", NULL);
    tm_node(m, "GlobalAveragePool", "maps", "means", NULL);
    tm_node(m, "Flatten", "means", "flat", NULL);
    tm_node(m, "MatMul", "flat head", "y", NULL);
    tm_output(m, "y");
    save("classmaps", m);
}

/* f = (x0 + ..)^3 of a million features. */
static void million(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){1, 1000000});
    tm_const(m, "axis", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){1});
    tm_node(m, "ReduceSum", "x axis", "s", "keepdims=1");
    tm_node(m, "Mul", "s s", "ss", NULL);
    tm_node(m, "Mul", "ss s", "f", NULL);
    tm_output(m, "f");
    save("million", m);
}

/* Writes a model whose constant `w` of `n` floats is in another file. */
static void external(const char *name, const char *location, const char *offset, int64_t n)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){n});
    Onnx__TensorProto *w = tm_raw(m, "w", 1, 1, &n, NULL, 0);
    const char *keys[] = {"location", "offset"}, *values[] = {location, offset};
    w->has_data_location = 1;
    w->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    w->n_external_data = 2;
    w->external_data = tm_memory(m, 2 * sizeof *w->external_data);
    for (int i = 0; i < 2; i++) {
        w->external_data[i] = tm_memory(m, sizeof **w->external_data);
        onnx__string_string_entry_proto__init(w->external_data[i]);
        w->external_data[i]->key = tm_text(m, keys[i]);
        w->external_data[i]->value = tm_text(m, values[i]);
    }
    tm_node(m, "Mul", "x w", "y", NULL);
    tm_output(m, "y");
    save(name, m);
    save_input(name, 1, &n);
}

/* ---- Invalid models ---- */

#define HUGE_DIM ((int64_t)1 << 40)

/* One node y = op(x, c) on x of shape `dims`. c is an integer vector, if there is one. */
static const struct lie {
    const char *name, *status, *op, *attributes;
    int rank;
    int64_t dims[4];
    int n;
    int64_t c[8];
} lies[] = {
    {"unknown-operator", "3", "Frobnicate", NULL, 2, {2, 3}, 0, {0}},
    {"unknown-domain", "3", "org.nowhere:Relu", NULL, 2, {2, 3}, 0, {0}},
    {"input-huge", "36", "Relu", NULL, 2, {HUGE_DIM, HUGE_DIM}, 0, {0}},
    {"input-large", "136", "Relu", NULL, 2, {1 << 20, 1 << 20}, 0, {0}},
    {"input-zero", "013", "Relu", NULL, 2, {0, 3}, 0, {0}},
    {"reshape-count", "3", "Reshape", NULL, 2, {2, 3}, 1, {7}},
    {"reshape-wild-twice", "3", "Reshape", NULL, 2, {2, 3}, 2, {-1, -1}},
    {"reshape-negative", "3", "Reshape", NULL, 2, {2, 3}, 2, {-2, -3}},
    {"reshape-huge", "3", "Reshape", NULL, 2, {2, 3}, 2, {HUGE_DIM, HUGE_DIM}},
    {"expand-huge", "36", "Expand", NULL, 2, {1, 3}, 3, {HUGE_DIM, HUGE_DIM, 3}},
    {"expand-large", "36", "Expand", NULL, 2, {1, 3}, 3, {1 << 20, 1 << 20, 3}},
    {"tile-huge", "36", "Tile", NULL, 2, {2, 3}, 2, {HUGE_DIM, HUGE_DIM}},
    {"tile-negative", "3", "Tile", NULL, 2, {2, 3}, 2, {-1, 2}},
    {"pad-huge", "36", "Pad", NULL, 2, {2, 3}, 4, {0, 0, HUGE_DIM << 10, HUGE_DIM << 10}},
    {"pad-negative", "3", "Pad", NULL, 2, {2, 3}, 4, {-5, 0, 0, 0}},
    {"pad-short", "3", "Pad", NULL, 2, {2, 3}, 3, {1, 1, 1}},
    {"gather-outside", "3", "Gather", NULL, 2, {2, 3}, 1, {99}},
    {"gather-axis", "3", "Gather", "axis=5", 2, {2, 3}, 1, {0}},
    {"squeeze-long", "3", "Squeeze", NULL, 2, {2, 3}, 1, {1}},
    {"unsqueeze-twice", "3", "Unsqueeze", NULL, 2, {2, 3}, 2, {1, 1}},
    {"split-sum", "3", "Split", NULL, 2, {2, 3}, 1, {9}},
    {"softmax-axis", "3", "Softmax", "axis=7", 2, {2, 3}, 0, {0}},
    {"transpose-twice", "3", "Transpose", "perm=0,0", 2, {2, 3}, 0, {0}},
    {"transpose-outside", "3", "Transpose", "perm=5,1", 2, {2, 3}, 0, {0}},
    {"concat-axis", "3", "Concat", "axis=-9", 2, {2, 3}, 0, {0}},
    {"flatten-axis", "3", "Flatten", "axis=4", 2, {2, 3}, 0, {0}},
    {"pool-window", "3", "MaxPool", "kernel_shape=99,99", 4, {1, 1, 8, 8}, 0, {0}},
    {"pool-window-huge",
     "3",
     "MaxPool",
     "kernel_shape=1000000000,1000000000",
     4,
     {1, 1, 8, 8},
     0,
     {0}},
    {"pool-stride",
     "3",
     "AveragePool",
     "kernel_shape=2,2 strides=0,0",
     4,
     {1, 1, 8, 8},
     0,
     {0}},
    {"pool-pads-huge",
     "36",
     "AveragePool",
     "kernel_shape=2,2 pads=1000000000,1000000000,1000000000,1000000000",
     4,
     {1, 1, 8, 8},
     0,
     {0}},
    {"pool-no-window", "3", "MaxPool", NULL, 4, {1, 1, 8, 8}, 0, {0}},
    {"lrn-size", "3", "LRN", "size=-3", 4, {1, 1, 8, 8}, 0, {0}},
    {"depth-to-space", "3", "DepthToSpace", "blocksize=0", 4, {1, 4, 8, 8}, 0, {0}},
    {"topk-more", "3", "TopK", NULL, 2, {2, 3}, 1, {50}},
    {"reduce-axis", "3", "ReduceSum", NULL, 2, {2, 3}, 1, {9}},
    {"cumsum-axis", "3", "CumSum", NULL, 2, {2, 3}, 1, {9}},
    {"loop", "3", "Loop", NULL, 2, {2, 3}, 0, {0}},
};

static void lie(const struct lie *l)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, l->rank, l->dims);
    if (l->n > 0)
        tm_const(m, "c", SX_INT, 1, (int64_t[]){l->n}, l->c);
    tm_node(m, l->op, l->n > 0 ? "x c" : "x", "y", l->attributes);
    tm_output(m, "y");
    save(l->name, m);
    save_input(l->name, l->rank, l->dims);
    printf("%s %s\n", l->name, l->status);
}

/* Convolutions of an 8 x 8 picture with one 3 x 3 filter. */
static const char *const convs[][2] = {
    {"conv-stride-zero", "strides=0,0"},
    {"conv-group-zero", "group=0"},
    {"conv-groups", "group=3"},
    {"conv-kernel-lies", "kernel_shape=5,5"},
    {"conv-too-wide", "dilations=100,100"},
    {"conv-dilation-huge", "dilations=1000000000000,1000000000000"},
    {"conv-pads-short", "pads=1,1"},
    {"conv-auto-pad", "auto_pad='SOMEHOW'"},
};

static void conv(const char *const *row)
{
    static const float filter[9];
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (int64_t[]){1, 1, 8, 8});
    tm_const(m, "w", SX_FLOAT, 4, (int64_t[]){1, 1, 3, 3}, filter);
    tm_node(m, "Conv", "x w", "y", row[1]);
    tm_output(m, "y");
    save(row[0], m);
    save_input(row[0], 4, (int64_t[]){1, 1, 8, 8});
    printf("%s 3\n", row[0]);
}

/* Invalid graphs: nodes that read each other, tensors that no node makes, or that two nodes
 * make. */
static void tangles(void)
{
    static const char *const names[] = {"cycle", "from-nowhere", "twice", "no-output"};
    for (int i = 0; i < 4; i++) {
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
        tm_node(m, "Add", i == 0 ? "x z" : i == 1 ? "x missing" : "x x", "y", NULL);
        tm_node(m, "Relu", "y", i == 2 ? "y" : "z", NULL);
        tm_output(m, i == 3 ? "elsewhere" : i == 2 ? "y" : "z");
        save(names[i], m);
        save_input(names[i], 1, (int64_t[]){2});
        printf("%s 3\n", names[i]);
    }
}

/* Weights without data, or with too few. */
static void weights(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){4});
    tm_raw(m, "w", 1, 1, (int64_t[]){4}, "short", 5);
    tm_node(m, "Mul", "x w", "y", NULL);
    tm_output(m, "y");
    save("weights-short", m);
    save_input("weights-short", 1, (int64_t[]){4});
    m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){4});
    tm_raw(m, "w", 1, 2, (int64_t[]){HUGE_DIM, HUGE_DIM}, "", 0);
    tm_node(m, "Mul", "x w", "y", NULL);
    tm_output(m, "y");
    save("weights-huge", m);
    save_input("weights-huge", 1, (int64_t[]){4});
    printf("weights-short 3\nweights-huge 3\n");
}

/* Ifs inside of Ifs. */
static void deep(void)
{
    struct tm_model *m = NULL;
    for (int level = 0; level < 60; level++) {
        struct tm_model *outer = tm_new(13);
        if (level == 59)
            tm_input(outer, "x", SX_FLOAT, 1, (int64_t[]){2});
        if (m == NULL) {
            tm_node(outer, "Relu", "x", "y", NULL);
        } else {
            tm_const(outer, "yes", SX_BOOL, 0, NULL, (uint8_t[]){1});
            tm_node(outer, "If", "yes", "y", NULL);
            tm_attr_graph(outer, "then_branch", m);
        }
        tm_output(outer, "y");
        m = outer;
    }
    save("deep-if", m);
    printf("deep-if 3\n");
}

/* 30 KB of nested messages: graph, node, attribute, graph, and so on. */
static void nested(void)
{
    enum { SIZE = 32000 };
    static uint8_t bytes[SIZE];
    static const uint8_t tags[] = {0x0a, 0x2a, 0x32}; /* node, attribute, graph */
    size_t at = SIZE;
    for (int level = 7900; level >= 0; level--) {
        size_t n = SIZE - at;
        bytes[--at] = (uint8_t)(n >> 14);
        bytes[--at] = (uint8_t)(n >> 7 | 0x80);
        bytes[--at] = (uint8_t)(n | 0x80);
        bytes[--at] = level > 0 ? tags[(level - 1) % 3] : 0x3a;
    }
    bytes[--at] = 8; /* the IR version */
    bytes[--at] = 0x08;
    save_bytes("nested", bytes + at, SIZE - at);
    printf("nested 3\n");
}

/* A graph of half a million empty nodes in a megabyte. */
static void swarm(void)
{
    enum { NODES = 1 << 19 };
    static uint8_t bytes[2 * NODES + 6] = {0x08, 0x08, 0x3a, 0x80, 0x80, 0x40};
    for (size_t i = 0; i < NODES; i++)
        bytes[6 + 2 * i] = 0x0a;
    save_bytes("swarm", bytes, 6 + 2 * NODES);
    printf("swarm 36\n");
}

/* Small files that ask for much: a grid of 2^40 points, a gradient by steps of 2^17, and a node
 * that finds 2^30 positions during constant folding. */
static void enormous(void)
{
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_FLOAT, 3, (int64_t[]){1, 2, 3});
    tm_const(m, "size", SX_INT, 1, (int64_t[]){4}, (int64_t[]){1, 1, 1 << 20, 1 << 20});
    tm_node(m, "AffineGrid", "x size", "y", NULL);
    tm_output(m, "y");
    save("affine-grid", m);
    save_input("affine-grid", 3, (int64_t[]){1, 2, 3});
    m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (int64_t[]){1, 1, 2, 2});
    tm_const(m, "w", SX_FLOAT, 4, (int64_t[]){1, 1, 1, 1}, (float[]){1});
    tm_node(m, "ConvTranspose", "x w", "y", "strides=131072,131072");
    tm_output(m, "y");
    save("steps", m);
    save_input("steps", 4, (int64_t[]){1, 1, 2, 2});
    m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){4});
    tm_const(m, "size", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1 << 30});
    tm_node(m, "ConstantOfShape", "size", "c", NULL);
    tm_attr_tensor(m, "value", SX_FLOAT, 1, (int64_t[]){1}, (float[]){1});
    tm_node(m, "NonZero", "c", "i", NULL);
    tm_node(m, "Cast", "i", "f", "to=1");
    tm_node(m, "ReduceSum", "f", "s", NULL);
    tm_node(m, "Add", "x s", "y", NULL);
    tm_output(m, "y");
    save("nonzero", m);
    save_input("nonzero", 1, (int64_t[]){4});
    printf("affine-grid 6\nsteps 6\n");
}

/* Names with control characters of terminals: escape, bell, delete, C1; and invalid UTF-8. */
static void escapes(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){4});
    tm_node(m, "Neg", "x", "\033]0;title\007\177\302\233\377y", NULL);
    tm_output(m, "\033]0;title\007\177\302\233\377y");
    save("escapes", m);
    save_input("escapes", 1, (int64_t[]){4});
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    directory = argv[1];
    two_inputs();
    columns();
    named("named", "[\"age\", \"b mi\"]");
    named("commas", "age, b mi");
    unnamed();
    depthwise();
    cancelling();
    classifier();
    product();
    places();
    class_maps();
    million();
    save_proto("x");
    external("external", "weights.bin", "0", 4);
    FILE *f = create("weights", ".bin");
    fwrite((float[]){1, 2, 3, 4}, sizeof(float), 4, f);
    fclose(f);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        lie(&lies[i]);
    for (size_t i = 0; i < sizeof convs / sizeof convs[0]; i++)
        conv(convs[i]);
    external("outside-parent", "../weights.bin", "0", 4);
    external("outside-absolute", "/etc/passwd", "0", 4);
    external("outside-link", "link.bin", "0", 4);
    external("outside-device", "zero.bin", "0", 4);
    external("outside-missing", "missing.bin", "0", 4);
    external("outside-offset", "weights.bin", "18446744073709551608", 4);
    external("outside-number", "weights.bin", "-4", 4);
    external("outside-length", "weights.bin", "8", 4);
    printf("outside-parent 3\noutside-absolute 3\noutside-link 3\noutside-device 3\n"
           "outside-missing 3\noutside-offset 3\noutside-number 3\noutside-length 3\n");
    tangles();
    weights();
    deep();
    nested();
    swarm();
    enormous();
    escapes();
    return fflush(stdout) == 0 ? 0 : 1;
}
