/* list.c - lists every node of a model, and whether it can be lowered. */
#include "lower/scope.h"

struct listing {
    const struct sx_model *model;
    const struct sx_lowered *lowered;
    bool (*show)(void *context, const struct sx_listed_node *node);
    void *context;
};

static bool is_refused(const struct listing *l, const Onnx__NodeProto *node)
{
    for (size_t i = 0; l->lowered != NULL && i < l->lowered->n_refused; i++)
        if (l->lowered->refused[i] == node)
            return true;
    return false;
}

/* Lists a graph. Bodies cannot be nested deeper than the wire format allows messages to be. */
static bool list_graph(const struct listing *l, const Onnx__GraphProto *graph, int depth)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__NodeProto *node = graph->node[i];
        struct sx_listed_node shown = {.name = sx_text(node->name),
                                       .op = sx_text(node->op_type),
                                       .domain = sx_domain(node->domain),
                                       .depth = depth,
                                       .proto = node};
        shown.opset = sx_opset_of(l->model, NULL, node->domain);
        shown.supported = !is_refused(l, node) &&
                          (sx_find_function(l->model, node->domain, node->op_type) != NULL ||
                           sx_lowering_find(shown.domain, shown.op, shown.opset) != NULL);
        if (!l->show(l->context, &shown))
            return false;
        for (size_t k = 0; k < node->n_attribute; k++)
            if (node->attribute[k]->g != NULL &&
                !list_graph(l, node->attribute[k]->g, depth + 1))
                return false;
    }
    return true;
}

void sx_lower_list(const struct sx_model *model, const struct sx_lowered *lowered,
                   bool (*show)(void *context, const struct sx_listed_node *node),
                   void *context)
{
    struct listing l = {model, lowered, show, context};
    list_graph(&l, model->graph, 0);
}
