/* list.c - what is in a model: every tensor, its shape, and what can be done with it. */
#include <stdlib.h>
#include <string.h>

#include "graph/op.h"
#include "explain/infer.h"

struct listing {
    const struct sx_lowered *lowered; /* NULL where the model is not supported */
    const bool *reached;              /* per node: the explained output has a gradient by it */
    void (*show)(void *context, const struct sx_listed *listed);
    void *context;
};

/* Marks the real nodes that a cotangent of y gets to. */
static void mark_gradients(const struct sx_graph *g, int y, bool *reached)
{
    reached[y] = sx_is_real(g->node[y].type);
    for (int i = y; i >= 0; i--) {
        const struct sx_node *n = &g->node[i];
        if (!reached[i] || sx_row_of(n)->derive == NULL)
            continue;
        for (int k = 0; k < n->n_in; k++)
            if (sx_is_real(g->node[n->in[k]].type))
                reached[n->in[k]] = true;
    }
}

static void show(const struct listing *l, const char *tensor, const char *op, const char *node,
                 bool supported)
{
    static const char *const type[] = {"float", "float", "int", "bool"};
    struct sx_listed shown = {tensor, op, node, NULL, {.rank = -1}, supported, false};
    int id = l->lowered != NULL ? sx_find(l->lowered->graph, tensor) : SX_NONE;
    if (id != SX_NONE) {
        const struct sx_node *n = &l->lowered->graph->node[id];
        shown.type = type[n->type];
        shown.shape = n->shape;
        shown.differentiable = l->reached[id];
    }
    l->show(l->context, &shown);
}

static bool show_node(void *context, const struct sx_listed_node *node)
{
    for (size_t k = 0; k < node->proto->n_output; k++)
        if (node->proto->output[k] != NULL && node->proto->output[k][0] != '\0')
            show(context, node->proto->output[k], node->op, node->name, node->supported);
    return true;
}

static int explained(const struct sx_lowered *l, const char *output, struct sx_error *error)
{
    int y = output != NULL     ? sx_find(l->graph, output)
            : l->n_outputs > 0 ? l->outputs[0].node
                               : SX_NONE;
    if (y == SX_NONE)
        sx_fail(error, SX_USAGE, "no tensor named '%.80s'", output != NULL ? output : "");
    return y;
}

bool sx_list(struct sx_model *model, const struct sx_tensor *feeds, const char *output,
             void (*shown)(void *context, const struct sx_listed *listed), void *context,
             struct sx_error *error)
{
    struct sx_error unsupported = {0};
    struct sx_lowered *lowered = sx_lower_for(model, feeds, SX_FLOAT, 0, &unsupported);
    bool *reached = NULL, ok = true;
    if (lowered != NULL) {
        int y = explained(lowered, output, error);
        reached = sx_new(lowered->graph->n_nodes, sizeof *reached, error);
        ok = y != SX_NONE && reached != NULL;
        if (ok)
            mark_gradients(lowered->graph, y, reached);
    }
    if (ok) {
        struct listing l = {lowered, reached, shown, context};
        for (int i = 0; i < sx_model_input_count(model); i++)
            show(&l, sx_model_input(model, i)->name, "Input", "", true);
        sx_lower_list(model, show_node, &l);
    }
    free(reached);
    sx_lowered_free(lowered);
    return ok;
}
