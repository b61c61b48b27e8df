/* deployed.c - writes models as people deploy them, for deployed.t: deployed DIRECTORY. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "model.h"

static const char *directory;

static void save(const char *name, struct tm_model *m)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.onnx", directory, name);
    tm_write(m, path);
    tm_free(m);
}

/* scores = 3 x0 + 1, 5 x1 + 1. After them are a label, and an unknown operator that also reads
 * u. There is also an input of strings that no node reads. */
static void parts(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "name", SX_FLOAT, 1, (int64_t[]){1});
    tm_proto(m)->graph->input[0]->type->tensor_type->elem_type =
        ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 2});
    tm_input(m, "u", SX_FLOAT, 2, (int64_t[]){1, 2});
    tm_const(m, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 5});
    tm_const(m, "one", SX_FLOAT, 0, NULL, (float[]){1});
    tm_node(m, "Mul", "x w", "hidden", NULL);
    tm_node(m, "Add", "hidden one", "scores", NULL);
    tm_node(m, "ArgMax", "scores", "label", "axis=1 keepdims=0");
    tm_node(m, "Frobnicate", "scores u", "tail", NULL);
    tm_output_as(m, "label", SX_INT, 1, (int64_t[]){1});
    tm_output(m, "tail");
    tm_output(m, "label");
    save("parts", m);
}

/* y = x through uint8 with scale 0.5 and zero point 0. The exporter has merged a Relu into it. */
static void quantised(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 3});
    tm_const(m, "scale", SX_FLOAT, 0, NULL, (float[]){0.5f});
    tm_raw(m, "zero", ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 0, NULL, "", 1);
    tm_node(m, "QuantizeLinear", "x scale zero", "q", NULL);
    tm_node(m, "Flatten", "q", "flat", NULL);
    tm_node(m, "DequantizeLinear", "flat scale zero", "d", NULL);
    tm_node(m, "Mul", "d d", "y", NULL);
    tm_output(m, "y");
    save("quantised", m);
}

/* y = 10 if x0 <= 1, else -5. A second output is the label of a linear classifier of two
 * classes. */
static void classical(void)
{
    struct tm_model *m = tm_new(13);
    tm_domain(m, "ai.onnx.ml", 1);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_node(m, "ai.onnx.ml:TreeEnsembleRegressor", "x", "y",
            "nodes_treeids=0,0,0 nodes_nodeids=0,1,2 nodes_featureids=0,0,0 "
            "nodes_modes='BRANCH_LEQ','LEAF','LEAF' nodes_values=1.0,0.0,0.0 "
            "nodes_truenodeids=1,0,0 nodes_falsenodeids=2,0,0 target_treeids=0,0 "
            "target_nodeids=1,2 target_ids=0,0 target_weights=10.0,-5.0 n_targets=1");
    tm_output(m, "y");
    save("tree", m);
    m = tm_new(13);
    tm_domain(m, "ai.onnx.ml", 1);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_node(m, "ai.onnx.ml:LinearClassifier", "x", "label p",
            "coefficients=1.0,2.0 intercepts=[-1.0] classlabels_strings='no','yes' "
            "post_transform='LOGISTIC'");
    tm_output_as(m, "label", SX_INT, 1, (int64_t[]){-1});
    tm_output(m, "p");
    save("linear", m);
}

/* A domain is imported twice, an opset is unknown, and an output is listed twice. */
static void odd(void)
{
    struct tm_model *m = tm_new(13);
    tm_domain(m, "ai.onnx", 40);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){3});
    tm_const(m, "by", SX_FLOAT, 0, NULL, (float[]){41});
    tm_const(m, "on", SX_BOOL, 0, NULL, (uint8_t[]){1});
    tm_node(m, "Div", "x by", "d", NULL);
    tm_node(m, "Floor", "d", "f", NULL);
    tm_node(m, "Dropout", "f - on", "y", NULL);
    tm_output(m, "y");
    tm_output(m, "y");
    tm_proto(m)->ir_version = 99;
    save("odd", m);
}

/* y = x as uint64. */
static void wide(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_INT, 2, (int64_t[]){-1, 2});
    tm_node(m, "Cast", "x", "y", "to=13");
    tm_output(m, "y");
    save("wide", m);
}

/* Embeddings of ids, and of positions that follow from a mask, are added to a past state. y is
 * channel 0 plus 10 times channel 1. */
static void tokens(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "mask", SX_INT, 2, (int64_t[]){1, 3});
    tm_input(m, "ids", SX_INT, 2, (int64_t[]){1, 3});
    tm_input(m, "past", SX_FLOAT, 2, (int64_t[]){1, 2});
    tm_const(m, "words", SX_FLOAT, 2, (int64_t[]){4, 2}, (float[]){1, 0, 2, 1, 0, 3, 4, 1});
    tm_const(m, "places", SX_FLOAT, 2, (int64_t[]){4, 2}, (float[]){0, 0, 1, 0, 2, 0, 3, 0});
    tm_const(m, "one", SX_INT, 0, NULL, (int64_t[]){1});
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){2, 1}, (float[]){1, 10});
    tm_node(m, "CumSum", "mask one", "position", NULL);
    tm_node(m, "Gather", "places position", "placed", NULL);
    tm_node(m, "Gather", "words ids", "embedded", NULL);
    tm_node(m, "Add", "embedded placed", "hidden", NULL);
    tm_node(m, "ReduceMean", "hidden", "mean", "axes=[1] keepdims=0");
    tm_const(m, "three", SX_FLOAT, 0, NULL, (float[]){3});
    tm_node(m, "Mul", "mean three", "sum", NULL);
    tm_node(m, "Add", "sum past", "all", NULL);
    tm_node(m, "MatMul", "all w", "y", NULL);
    tm_output(m, "y");
    save("tokens", m);
}

static void text_input(struct tm_model *m, const char *name)
{
    Onnx__GraphProto *g = tm_proto(m)->graph;
    tm_input(m, name, SX_FLOAT, 2, (int64_t[]){-1, 1});
    g->input[g->n_input - 1]->type->tensor_type->elem_type =
        ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
}

/* A pipeline of a text column and a number column: 1 for Oslo, 10 for Rome, plus the age. Over
 * 20 means old. */
static void pipeline(void)
{
    struct tm_model *m = tm_new(17);
    tm_domain(m, "ai.onnx.ml", 3);
    text_input(m, "city");
    tm_input(m, "age", SX_FLOAT, 2, (int64_t[]){-1, 1});
    tm_const(m, "shape", SX_INT, 1, (int64_t[]){2}, (int64_t[]){-1, 2});
    tm_node(m, "ai.onnx.ml:OneHotEncoder", "city", "hot", "cats_strings='Oslo','Rome'");
    tm_node(m, "Reshape", "hot shape", "flat", NULL);
    tm_node(m, "Concat", "flat age", "all", "axis=1");
    tm_node(m, "ai.onnx.ml:LinearClassifier", "all", "label scores",
            "coefficients=0.0,0.0,0.0,1.0,10.0,1.0 intercepts=20.0,0.0 "
            "classlabels_strings='young','old'");
    tm_node(m, "ai.onnx.ml:LabelEncoder", "city", "country",
            "keys_strings='Oslo','Rome' values_strings='Norway','Italy' default_string='?'");
    tm_output(m, "label");
    tm_output(m, "scores");
    tm_output(m, "country");
    save("pipeline", m);
}

static void weights(struct tm_model *m, const char *name, int64_t rows, int64_t columns)
{
    float data[32 * 32];
    for (int64_t i = 0; i < rows * columns; i++)
        data[i] = (float)sx_random_normal(5, sx_hash(SX_HASH_START, name, strlen(name)),
                                          (uint64_t)i) /
                  4;
    tm_const(m, name, SX_FLOAT, rows > 1 ? 2 : 1,
             rows > 1 ? (int64_t[]){rows, columns} : &columns, data);
}

/* The rotations of 16 positions, of 4 pairs. */
static void rotations(struct tm_model *m)
{
    float cosine[16 * 4], sine[16 * 4];
    for (int i = 0; i < 16 * 4; i++) {
        double angle = (i / 4) * pow(100, -(i % 4) / 4.0);
        cosine[i] = (float)cos(angle);
        sine[i] = (float)sin(angle);
    }
    tm_const(m, "cosine", SX_FLOAT, 2, (int64_t[]){16, 4}, cosine);
    tm_const(m, "sine", SX_FLOAT, 2, (int64_t[]){16, 4}, sine);
}

/* Attention of two heads with shared keys and a cache, followed by weights of 4 bits. */
static void llama_attention(struct tm_model *m)
{
    uint8_t bytes[16 * 8];
    for (int i = 0; i < 16 * 8; i++)
        bytes[i] = (uint8_t)sx_random_bits(6, 0, (uint64_t)i);
    tm_raw(m, "packed", ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 3, (int64_t[]){16, 1, 8}, bytes,
           sizeof bytes);
    weights(m, "scales", 1, 16);
    tm_node(m, "SimplifiedLayerNormalization", "x gain1", "n1", NULL);
    tm_node(m, "MatMul", "n1 wq", "q", NULL);
    tm_node(m, "MatMul", "n1 wk", "k", NULL);
    tm_node(m, "MatMul", "n1 wv", "v", NULL);
    tm_node(m, "ReduceSum", "mask axis1", "length", "keepdims=0");
    tm_node(m, "Sub", "length axis1", "last64", NULL);
    tm_node(m, "Cast", "last64", "last", "to=6");
    tm_node(m, "Shape", "mask", "extent", NULL);
    tm_node(m, "Gather", "extent one", "total64", NULL);
    tm_node(m, "Cast", "total64", "total", "to=6");
    tm_node(m, "com.microsoft:GroupQueryAttention",
            "q k v past_k past_v last total cosine sine", "a present_k present_v",
            "num_heads=2 kv_num_heads=1 do_rotary=1");
    tm_node(m, "com.microsoft:MatMulNBits", "a packed scales", "o",
            "K=16 N=16 bits=4 block_size=16");
}

/* A language model as exporters write it: one layer of Llama. */
static void llama(void)
{
    struct tm_model *m = tm_new(17);
    tm_domain(m, "com.microsoft", 1);
    tm_input(m, "ids", SX_INT, 2, (int64_t[]){1, -1});
    tm_input(m, "mask", SX_INT, 2, (int64_t[]){1, -1});
    tm_input(m, "past_k", SX_FLOAT, 4, (int64_t[]){1, 1, -1, 8});
    tm_input(m, "past_v", SX_FLOAT, 4, (int64_t[]){1, 1, -1, 8});
    tm_const(m, "one", SX_INT, 0, NULL, (int64_t[]){1});
    tm_const(m, "axis1", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    static const struct {
        const char *name;
        int64_t rows, columns;
    } all[] = {{"words", 11, 16}, {"gain1", 1, 16}, {"gain2", 1, 16}, {"gain3", 1, 16},
               {"wq", 16, 16},    {"wk", 16, 8},    {"wv", 16, 8},    {"gate", 16, 32},
               {"up", 16, 32},    {"down", 32, 16}, {"head", 16, 11}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        weights(m, all[i].name, all[i].rows, all[i].columns);
    rotations(m);
    tm_node(m, "Gather", "words ids", "x", NULL);
    llama_attention(m);
    tm_node(m, "com.microsoft:SkipSimplifiedLayerNormalization", "x o gain2", "n2 - - h", NULL);
    tm_node(m, "MatMul", "n2 gate", "g", NULL);
    tm_node(m, "Sigmoid", "g", "s", NULL);
    tm_node(m, "Mul", "g s", "silu", NULL);
    tm_node(m, "MatMul", "n2 up", "u", NULL);
    tm_node(m, "Mul", "silu u", "f", NULL);
    tm_node(m, "MatMul", "f down", "d", NULL);
    tm_node(m, "com.microsoft:SkipSimplifiedLayerNormalization", "h d gain3", "n3", NULL);
    tm_node(m, "MatMul", "n3 head", "logits", NULL);
    tm_output(m, "logits");
    tm_output(m, "present_k");
    tm_output(m, "present_v");
    save("llama", m);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    directory = argv[1];
    parts();
    quantised();
    classical();
    odd();
    wide();
    tokens();
    llama();
    pipeline();
    return 0;
}
