/* deployed.c - writes models of kinds that people deploy, for deployed.t: deployed DIRECTORY. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const char *directory;

static void save(const char *name, struct tm_model *m)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.onnx", directory, name);
    tm_write(m, path);
    tm_free(m);
}

/* scores = 3 x0 + 1, 5 x1 + 1; behind them a label, and an operator that nobody knows which also
 * reads u; beside them a string that nothing reads. */
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

/* y = x through uint8 with scale 0.5 and zero point 0: a Relu that the exporter merged in. */
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

/* y = 10 if x0 <= 1, else -5; beside it the label of a linear classifier of two classes. */
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

/* Two imports of one domain, an opset that is not known, an output that is listed twice. */
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

/* Embeddings of ids, and of positions that follow from a mask, are summed with what is past; y weighs
 * the two channels by 1 and 10. */
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

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    directory = argv[1];
    parts();
    quantised();
    classical();
    odd();
    tokens();
    return 0;
}
