/* endings.c - writes small models with different last layers: endings DIRECTORY.
 *
 * For x = (x0, x1), logit is 0.5 + x0 - 2 x1, and z is x ((1, 0, -1), (2, 0, 1)). */
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

static const char *directory;

static void save(struct tm_model *m, const char *name, const char *output)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.onnx", directory, name);
    tm_output(m, output);
    tm_write(m, path);
    tm_free(m);
}

static struct tm_model *logit(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){2, 1}, (float[]){1, -2});
    tm_const(m, "b", SX_FLOAT, 1, (int64_t[]){1}, (float[]){0.5f});
    tm_node(m, "Gemm", "x w b", "z", NULL);
    return m;
}

static struct tm_model *scores(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){2, 3}, (float[]){1, 0, -1, 2, 0, 1});
    tm_node(m, "MatMul", "x w", "z", NULL);
    return m;
}

static struct tm_model *likely(void)
{
    struct tm_model *m = scores();
    tm_node(m, "Softmax", "z", "p", "axis=1");
    return m;
}

static void one_number(void)
{
    struct tm_model *m = logit();
    save(m, "logit", "z");
    m = logit();
    tm_node(m, "Sigmoid", "z", "p", NULL);
    save(m, "sigmoid", "p");
    m = logit();
    tm_const(m, "one", SX_FLOAT, 0, NULL, (float[]){1});
    tm_node(m, "Sigmoid", "z", "p", NULL);
    tm_node(m, "Sub", "one p", "q", NULL);
    save(m, "turned", "q");
    m = logit();
    tm_const(m, "one", SX_FLOAT, 0, NULL, (float[]){1});
    tm_node(m, "Sigmoid", "z", "p", NULL);
    tm_node(m, "Sub", "one p", "q", NULL);
    tm_node(m, "Concat", "q p", "both", "axis=1");
    save(m, "both", "both");
}

static void several(void)
{
    save(scores(), "three", "z");
    struct tm_model *m = scores();
    tm_node(m, "Sigmoid", "z", "p", NULL);
    save(m, "sigmoids", "p");
    m = scores();
    tm_node(m, "LogSoftmax", "z", "l", "axis=1");
    save(m, "logsoft", "l");
    m = likely();
    tm_const(m, "scale", SX_FLOAT, 0, NULL, (float[]){1 / 256.0f});
    tm_raw(m, "zero", ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 0, NULL, "", 1);
    tm_node(m, "QuantizeLinear", "p scale zero", "q", NULL);
    tm_node(m, "DequantizeLinear", "q scale zero", "d", NULL);
    save(m, "quantised", "d");
    m = likely();
    tm_node(m, "Cast", "p", "half", "to=10");
    tm_node(m, "Cast", "half", "single", "to=1");
    save(m, "narrowed", "single");
    m = likely();
    tm_const(m, "shape", SX_INT, 1, (int64_t[]){3}, (int64_t[]){-1, 3, 1});
    tm_node(m, "Reshape", "p shape", "column", NULL);
    tm_node(m, "Transpose", "column", "row", "perm=0,2,1");
    tm_node(m, "Identity", "row", "same", NULL);
    save(m, "moved", "same");
    m = likely();
    tm_const(m, "two", SX_FLOAT, 0, NULL, (float[]){2});
    tm_node(m, "Mul", "p two", "more", NULL);
    save(m, "scaled", "more");
    m = likely();
    tm_const(m, "from", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_const(m, "to", SX_INT, 1, (int64_t[]){1}, (int64_t[]){3});
    tm_const(m, "axis", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_node(m, "Slice", "p from to axis", "part", NULL);
    save(m, "sliced", "part");
    m = likely();
    tm_node(m, "ArgMax", "p", "label", "axis=1 keepdims=0");
    tm_output_as(m, "label", SX_INT, 1, (int64_t[]){-1});
    save(m, "labelled", "p");
}

/* Class scores at the four places of a picture: channel 0 is x, channel 1 is 0.5 - x, and so
 * on. */
static void places(const char *name, int64_t channels)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (int64_t[]){-1, 1, 2, 2});
    tm_const(m, "w", SX_FLOAT, 4, (int64_t[]){channels, 1, 1, 1}, (float[]){1, -1, 2});
    tm_const(m, "b", SX_FLOAT, 1, (int64_t[]){channels}, (float[]){0, 0.5f, 0});
    tm_node(m, "Conv", "x w b", "y", NULL);
    save(m, name, "y");
}

/* Three boxes with two classes, of scores z and 0. */
static void boxes(void)
{
    struct tm_model *m = scores();
    tm_const(m, "shape", SX_INT, 1, (int64_t[]){3}, (int64_t[]){-1, 3, 1});
    tm_const(m, "zero", SX_FLOAT, 0, NULL, (float[]){0});
    tm_node(m, "Reshape", "z shape", "column", NULL);
    tm_node(m, "Mul", "column zero", "nothing", NULL);
    tm_node(m, "Concat", "column nothing", "y", "axis=2");
    save(m, "boxes", "y");
}

/* The sum of a tensor of another type, after a cast. */
static void sum_of(const char *name, int onnx_type)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_INT, 2, (int64_t[]){-1, 2});
    Onnx__GraphProto *g = tm_proto(m)->graph;
    g->input[0]->type->tensor_type->elem_type = onnx_type;
    tm_const(m, "axis", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_node(m, "Cast", "x", "real", "to=1");
    tm_node(m, "ReduceSum", "real axis", "y", "keepdims=1");
    save(m, name, "y");
}

/* x + 1 and its sum in float64. */
static void doubles(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (int64_t[]){-1, 2});
    tm_const(m, "one", SX_DOUBLE, 0, NULL, (double[]){1});
    tm_const(m, "axis", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_node(m, "Add", "x one", "more", NULL);
    tm_node(m, "ReduceSum", "more axis", "y", "keepdims=1");
    tm_output_as(m, "y", SX_DOUBLE, 2, (int64_t[]){-1, 1});
    save(m, "doubles", "more");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    directory = argv[1];
    one_number();
    several();
    places("mask", 1);
    places("segments", 3);
    boxes();
    sum_of("bytes", ONNX__TENSOR_PROTO__DATA_TYPE__UINT8);
    sum_of("short", ONNX__TENSOR_PROTO__DATA_TYPE__INT16);
    sum_of("flags", ONNX__TENSOR_PROTO__DATA_TYPE__BOOL);
    sum_of("ids", ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    doubles();
    return 0;
}
