/* explained.c - finds the tensor that is explained by default: the first output, or the real tensor
 * behind it. */
#include <string.h>

#include "lower/scope.h"

/* The most nodes between a label and the tensor that it is chosen from. */
#define MOST_STEPS 16

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* Whether an output may hold real numbers: it does, or it has no declared type. */
static bool may_be_real(const Onnx__ValueInfoProto *output)
{
    const Onnx__TypeProto *type = output->type;
    if (type == NULL || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return true;
    enum sx_type held;
    int kind = type->tensor_type->elem_type;
    return kind == ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED ||
           (sx_onnx_type(kind, SX_FLOAT, &held, NULL) && held == SX_FLOAT);
}

/* The first input of a node that is computed by a node; NULL: none. */
static const char *computed_input(const struct sx_model *m, const Onnx__NodeProto *node)
{
    for (size_t k = 0; k < node->n_input; k++) {
        const Onnx__NodeProto *maker = sx_maker_of(m, node->input[k]);
        if (maker != NULL && strcmp(sx_text(maker->op_type), "Constant") != 0)
            return node->input[k];
    }
    return NULL;
}

/* The real tensor that a label is chosen from; NULL: none. */
static const char *behind(const struct sx_model *m, const char *label)
{
    static const char *const choices[] = {"ArgMax", "ArgMin",         "TopK",        "Greater",
                                          "Less",   "GreaterOrEqual", "LessOrEqual", NULL};
    static const char *const classifiers[] = {"LinearClassifier", "SVMClassifier",
                                              "TreeEnsembleClassifier", NULL};
    static const char *const movers[] = {"Cast",         "Identity", "Squeeze",
                                         "Unsqueeze",    "Reshape",  "Flatten",
                                         "Gather",       "Slice",    "ArrayFeatureExtractor",
                                         "LabelEncoder", "Where",    NULL};
    for (int i = 0; label != NULL && i < MOST_STEPS; i++) {
        const Onnx__NodeProto *node = sx_maker_of(m, label);
        const char *op = node != NULL ? sx_text(node->op_type) : "";
        if (is_one_of(op, classifiers))
            return node->n_output > 1 && node->output[1][0] != '\0' ? node->output[1] : NULL;
        if (is_one_of(op, choices))
            return computed_input(m, node);
        if (!is_one_of(op, movers))
            return NULL;
        label = computed_input(m, node);
    }
    return NULL;
}

const char *sx_model_explained(const struct sx_model *m, const char **instead_of)
{
    const Onnx__GraphProto *graph = m->graph;
    const char *first = graph->n_output > 0 ? graph->output[0]->name : NULL, *found = NULL;
    *instead_of = NULL;
    if (first == NULL || may_be_real(graph->output[0]))
        return first;
    found = behind(m, first);
    for (size_t i = 1; i < graph->n_output && found == NULL; i++)
        if (may_be_real(graph->output[i]))
            found = graph->output[i]->name;
    if (found != NULL)
        *instead_of = first;
    return found != NULL ? found : first;
}
