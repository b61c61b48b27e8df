/* masks.c - ReLUs whose results are concatenated share one comparison and one choice.
 *
 * The derivative of ReLU i in a Concat is where(0 < y_i, part i of g, 0). This is part i of
 * where(0 < y, g, 0), where y is the concatenated result. */
#include <stdlib.h>

#include "export/task.h"

static bool is_zero(const struct sx_graph *g, int node)
{
    double value;
    return sx_is_uniform(g, node, &value) && value == 0 && g->node[node].shape.rank == 0;
}

/* Copies a Concat, and notes its operands if all are ReLUs. */
static int join_relus(struct sx_masks *m, struct sx_graph *g, const struct sx_node *node,
                      const int *in)
{
    bool all = true;
    int joined = sx_emit(g, SX_CONCAT, node->n_in, in, node->n_attr, node->attr);
    for (int k = 0; k < node->n_in; k++)
        all = all && g->node[in[k]].op == SX_RELU;
    for (int k = 0; all && joined != SX_NONE && k < node->n_in; k++) {
        if (!sx_grow((void **)&m->joined, &m->capacity, (size_t)in[k] + 1, sizeof *m->joined,
                     &g->error))
            return SX_NONE;
        m->joined[in[k]] = joined + 1;
    }
    return joined;
}

/* Whether a slice has exactly the elements of operand `part` of a Concat. */
static bool takes(const struct sx_graph *g, const struct sx_node *slice, int joined, int part)
{
    const struct sx_node *c = &g->node[joined];
    int rank = c->shape.rank, axis = (int)c->attr[0];
    int64_t at = 0;
    for (int k = 0; k < c->n_in && c->in[k] != part; k++)
        at += g->node[c->in[k]].shape.dim[axis];
    bool same = sx_shape_equal(&g->node[slice->in[0]].shape, &c->shape) &&
                sx_shape_equal(&slice->shape, &g->node[part].shape);
    for (int i = 0; same && i < rank; i++)
        same = slice->attr[i] == (i == axis ? at : 0) &&
               (slice->attr[rank + i] == 1 || slice->shape.dim[i] == 1);
    return same;
}

static int choose(const struct sx_masks *m, struct sx_graph *g, const int *in)
{
    const struct sx_node test = g->node[in[0]], slice = g->node[in[1]];
    if (test.op != SX_LESS || slice.op != SX_SLICE || !is_zero(g, in[2]) ||
        !is_zero(g, test.in[0]) || (size_t)test.in[1] >= m->capacity ||
        m->joined[test.in[1]] == 0)
        return SX_NONE;
    int joined = m->joined[test.in[1]] - 1;
    if (!takes(g, &slice, joined, test.in[1]))
        return SX_NONE;
    int whole = sx_where(g, sx_binary(g, SX_LESS, test.in[0], joined), slice.in[0], in[2]);
    return sx_emit(g, SX_SLICE, 1, &whole, slice.n_attr, slice.attr);
}

int sx_merge_masks(struct sx_masks *m, struct sx_graph *to, const struct sx_node *node,
                   const int *in)
{
    if (node->op == SX_CONCAT)
        return join_relus(m, to, node, in);
    return node->op == SX_WHERE ? choose(m, to, in) : SX_NONE;
}
