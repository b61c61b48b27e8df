/* rebuild.c - copies a graph into another one, with nodes cut or changed. */
#include <stdlib.h>

#include "graph/derive.h"

/* Rebuilds one node whose inputs are mapped. */
static int rebuild_node(const struct sx_graph *from, struct sx_graph *to, size_t i,
                        const int *map, sx_change change, void *context)
{
    const struct sx_node *n = &from->node[i];
    if (n->op == SX_INPUT) {
        int id = change != NULL ? change(context, to, n, NULL) : SX_NONE;
        return id != SX_NONE ? id : sx_input(to, n->type, &n->shape);
    }
    if (n->op == SX_CONST)
        return sx_const_borrow(to, n->type, &n->shape, n->data);
    int *in = sx_new((size_t)n->n_in, sizeof *in, &to->error);
    if (in == NULL)
        return SX_NONE;
    for (int k = 0; k < n->n_in; k++)
        in[k] = map[n->in[k]];
    int id = change != NULL ? change(context, to, n, in) : SX_NONE;
    if (id == SX_NONE)
        id = sx_emit(to, n->op, n->n_in, in, n->n_attr, n->attr);
    free(in);
    return id;
}

bool sx_rebuild(const struct sx_graph *from, struct sx_graph *to, const int *roots, int n_roots,
                const int *cut, int n_cut, int *map, sx_change change, void *context)
{
    if (to->span == NULL) {
        to->span = from->span;
        to->n_spans = from->n_spans;
    }
    bool *needed = sx_new(from->n_nodes, sizeof *needed, &to->error);
    bool *is_cut = sx_new(from->n_nodes, sizeof *is_cut, &to->error);
    if (needed != NULL && is_cut != NULL) {
        for (int k = 0; k < n_cut; k++)
            is_cut[cut[k]] = true;
        for (int k = 0; k < n_roots; k++)
            needed[roots[k]] = true;
        for (size_t i = from->n_nodes; i-- > 0;)
            for (int k = 0; needed[i] && !is_cut[i] && k < from->node[i].n_in; k++)
                needed[from->node[i].in[k]] = true;
    }
    for (size_t i = 0; i < from->n_nodes && to->error.status == SX_OK; i++) {
        map[i] = SX_NONE;
        if (needed[i] && is_cut[i])
            map[i] = sx_input(to, from->node[i].type, &from->node[i].shape);
        else if (needed[i])
            map[i] = rebuild_node(from, to, i, map, change, context);
    }
    free(needed);
    free(is_cut);
    return to->error.status == SX_OK;
}
