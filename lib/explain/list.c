/* list.c - lists every tensor of a model, its shape, and what can be done with it. */
#include <stdlib.h>
#include <string.h>

#include "graph/op.h"
#include "explain/infer.h"

struct listing {
    const struct sx_lowered *lowered; /* NULL: the model is not supported */
    const bool *reached;              /* per node: the explained output has a gradient by it */
    void (*show)(void *context, const struct sx_listed *listed);
    void *context;
};

/* Marks the real nodes that a cotangent of y reaches. */
static void mark_gradients(const struct sx_graph *g, int y, bool *reached)
{
    reached[y] = sx_is_real(g->node[y].type);
    for (int i = y; i >= 0; i--) {
        const struct sx_node *n = &g->node[i];
        if (!reached[i] || sx_row_of(g, n)->derive == NULL)
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

/* Whether the file declares all shapes of inputs except the batch. If it does not, a misfit may
 * come from guessed lengths. */
static bool shapes_known(const struct sx_model *model)
{
    for (int i = 0; i < sx_model_input_count(model); i++) {
        const struct sx_shape *shape = &sx_model_input(model, i)->shape;
        for (int k = 1; k < shape->rank; k++)
            if (shape->dim[k] < 0)
                return false;
        if (shape->rank < 0)
            return false;
    }
    return true;
}

static struct sx_lowered *lower(const struct sx_model *model, const struct sx_tensor *feeds,
                                size_t max_memory, struct sx_error *error)
{
    int n = feeds != NULL ? sx_model_input_count(model) : 0;
    struct sx_lower_input *inputs = sx_new((size_t)n + 1, sizeof *inputs, error);
    if (inputs == NULL)
        return NULL;
    for (int i = 0; i < n; i++)
        inputs[i] = (struct sx_lower_input){.name = sx_model_input(model, i)->name,
                                            .shape = &feeds[i].shape,
                                            .sample = &feeds[i]};
    struct sx_lower_options options = {.real = SX_FLOAT,
                                       .inputs = inputs,
                                       .n_inputs = n,
                                       .max_memory = max_memory,
                                       .listing = true};
    struct sx_lowered *lowered = sx_lower(model, &options, error);
    free(inputs);
    return lowered;
}

bool sx_list(struct sx_model *model, const struct sx_tensor *feeds, const char *output,
             size_t max_memory, void (*shown)(void *context, const struct sx_listed *listed),
             void *context, struct sx_error *error)
{
    struct sx_error unsupported = {0};
    const char *instead_of;
    if (output == NULL)
        output = sx_model_explained(model, &instead_of);
    struct sx_lowered *lowered = lower(model, feeds, max_memory, &unsupported);
    if (unsupported.status == SX_MEMORY)
        return sx_fail_as(error, &unsupported);
    int y = lowered != NULL && output != NULL ? sx_find(lowered->graph, output) : SX_NONE;
    size_t n = lowered != NULL ? lowered->graph->n_nodes : 1;
    bool *reached = sx_new(n, sizeof *reached, error), ok = reached != NULL;
    if (ok && lowered != NULL && output != NULL && y == SX_NONE &&
        !sx_model_has_tensor(model, output))
        ok = sx_no_tensor(lowered->graph, output, error);
    if (ok && y != SX_NONE)
        mark_gradients(lowered->graph, y, reached);
    if (ok) {
        struct listing l = {lowered, reached, shown, context};
        bool tried = feeds != NULL || shapes_known(model);
        for (int i = 0; i < model->n_declared; i++)
            show(&l, model->declared[i].name, "Input", "", true);
        sx_lower_list(model, tried ? lowered : NULL, show_node, &l);
    }
    free(reached);
    sx_lowered_free(lowered);
    return ok;
}
