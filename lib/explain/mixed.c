/* mixed.c - graphs that compose x from a sample and a baseline. */
#include <stdlib.h>

#include "explain/mixed.h"

/* Replaces reads of `x` by `masked`. */
struct change {
    int x, masked;
};

static int read_masked(void *context, struct sx_graph *to, const struct sx_node *node,
                       const int *in)
{
    const struct change *c = context;
    int *changed = sx_new((size_t)node->n_in, sizeof *changed, &to->error), id = SX_NONE;
    bool reads = false;
    if (changed == NULL)
        return SX_NONE;
    for (int k = 0; k < node->n_in; k++) {
        changed[k] = node->in[k] == c->x ? c->masked : in[k];
        reads = reads || node->in[k] == c->x;
    }
    if (reads)
        id = sx_emit(to, node->op, node->n_in, changed, node->n_attr, node->attr);
    free(changed);
    return id;
}

int sx_rebuild_reading(const struct sx_explained *b, struct sx_graph *g, int root, int x,
                       int by, int *map)
{
    struct change change = {x, by};
    if (root == x)
        return by;
    return sx_rebuild(b->graph, g, &root, 1, NULL, 0, map, read_masked, &change) ? map[root]
                                                                                 : SX_NONE;
}

int sx_masked_x(const struct sx_explained *b, int64_t players, struct sx_graph *g, int *present,
                int *shared)
{
    const struct sx_node *x = &b->graph->node[b->x];
    struct sx_shape size = {1, {sx_count(&x->shape)}}, all = {1, {players + 1}};
    *present = sx_input(g, SX_BOOL, &all);
    int label = shared[SX_FED_LABEL] = sx_input(g, SX_INT, &size);
    int there = sx_reshape(g, sx_take(g, *present, label, 0, false), &x->shape);
    shared[SX_FED_X] = sx_input(g, x->type, &x->shape);
    shared[SX_FED_BASELINE] = sx_input(g, x->type, &x->shape);
    return sx_where(g, there, shared[SX_FED_X], shared[SX_FED_BASELINE]);
}

int sx_fed_as(const struct sx_explained *b, struct sx_graph *g, const int *map, int input)
{
    const struct sx_node *n = &b->graph->node[input];
    return map[input] != SX_NONE ? map[input] : sx_input(g, n->type, &n->shape);
}

int sx_fed_others(const struct sx_explained *b, struct sx_graph *g, const int *map, int *nodes,
                  int n)
{
    for (int i = 0; i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE && b->input[i] != b->x)
            nodes[n++] = sx_fed_as(b, g, map, b->input[i]);
    return n;
}
