/* layers.c - the layers of a model: nodes that take weights, from the output to the input. */
#include <stdlib.h>
#include <string.h>

#include "perturb/perturb.h"

/* Operators with initializers that are settings, not weights. */
static const struct {
    const char *op;
    unsigned not_weights; /* bit i: input i */
} settings[] = {
    {"BatchNormalization", 1u << 3 | 1u << 4}, /* running mean and variance */
    {"Clip", ~0u},
    {"Resize", ~0u},
    {"Upsample", ~0u},
    {"Pad", ~0u},
    {"Pow", ~0u},
    {"Range", ~0u},
    {"Where", ~0u},
    {"Equal", ~0u},
    {"Greater", ~0u},
    {"Less", ~0u},
    {"NonMaxSuppression", ~0u},
    {"QuantizeLinear", ~0u},
    {"DequantizeLinear", ~1u},
    {"QLinearConv", ~(1u << 3 | 1u << 8)},
    {"QLinearMatMul", ~(1u << 0 | 1u << 3)},
    {"ConvInteger", ~(1u << 1)},
    {"MatMulInteger", ~(1u << 0 | 1u << 1)},
};

/* Whether integer inputs of a node stand for reals. */
static bool is_quantised(const Onnx__NodeProto *node)
{
    return strcmp(node->op_type, "DequantizeLinear") == 0 ||
           strncmp(node->op_type, "QLinear", 7) == 0 ||
           strstr(node->op_type, "Integer") != NULL;
}

static bool is_weight(const Onnx__NodeProto *node, size_t i, const Onnx__TensorProto *t)
{
    bool real = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
                t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
                t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
                t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
    bool whole = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8 ||
                 t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 ||
                 t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    for (size_t k = 0; k < sizeof settings / sizeof settings[0]; k++)
        if (strcmp(node->op_type, settings[k].op) == 0 &&
            (i >= 32 || (settings[k].not_weights >> i & 1) != 0))
            return false;
    return t->n_dims > 0 && (real || (whole && is_quantised(node)));
}

static int64_t elements(const Onnx__TensorProto *t)
{
    int64_t n = 1;
    for (size_t i = 0; i < t->n_dims; i++)
        if (t->dims[i] < 0 || __builtin_mul_overflow(n, t->dims[i], &n))
            return 0;
    return n;
}

static void take_node(const struct sx_model *model, const Onnx__NodeProto *node,
                      struct sx_perturbed *w)
{
    int64_t before = w->n;
    struct sx_layer layer = {.op = node->op_type};
    for (size_t i = 0; i < node->n_input; i++) {
        const Onnx__TensorProto *t = sx_model_initializer(model, node->input[i]);
        if (t == NULL || !is_weight(node, i, t))
            continue;
        w->weight[w->n++] = (struct sx_perturbed_weight){t, w->n_layers};
        layer.weights += elements(t);
    }
    if (w->n == before)
        return;
    bool named = node->name != NULL && node->name[0] != '\0';
    layer.name = named ? node->name : node->n_output > 0 ? node->output[0] : "";
    w->layer[w->n_layers++] = layer;
}

bool sx_perturbed_find(const struct sx_model *model, struct sx_perturbed *w,
                       struct sx_error *error)
{
    const Onnx__GraphProto *graph = model->graph;
    size_t inputs = 0;
    *w = (struct sx_perturbed){0};
    for (size_t i = 0; i < graph->n_node; i++)
        inputs += graph->node[i]->n_input;
    w->layer = sx_new(graph->n_node, sizeof *w->layer, error);
    w->weight = sx_new(inputs, sizeof *w->weight, error);
    if (w->layer == NULL || w->weight == NULL) {
        sx_perturbed_free(w);
        return false;
    }
    for (size_t i = graph->n_node; i-- > 0;)
        take_node(model, graph->node[i], w);
    return true;
}

void sx_perturbed_free(struct sx_perturbed *w)
{
    free(w->layer);
    free(w->weight);
    *w = (struct sx_perturbed){0};
}

bool sx_layers(const struct sx_model *model, struct sx_layer **layers, int64_t *n,
               struct sx_error *error)
{
    struct sx_perturbed w;
    if (!sx_perturbed_find(model, &w, error))
        return false;
    *layers = w.layer;
    *n = w.n_layers;
    w.layer = NULL;
    sx_perturbed_free(&w);
    return true;
}
