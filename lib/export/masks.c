/* masks.c - ReLUs whose results are concatenated share one comparison and one choice. These are of
 * the results of a max pool if one follows: they are fewer.
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

/* ---- Masks behind a max pool ---- */

static int behind(const struct sx_graph *g, int node)
{
    while (g->node[node].op == SX_RESHAPE)
        node = g->node[node].in[0];
    return node;
}

/* Matches elements that are added at the places that a max pool chooses in x. Returns the node that
 * adds them, or SX_NONE. */
static int added(const struct sx_graph *g, int x, int a)
{
    int put = behind(g, a);
    const struct sx_node *p = &g->node[put];
    if (p->op != SX_PUT || p->attr[0] != 2 || p->attr[2] == 0 || p->shape.rank != 3 ||
        !sx_shape_equal(&g->node[a].shape, &g->node[x].shape))
        return SX_NONE;
    const struct sx_node *choice = &g->node[behind(g, p->in[1])];
    return choice->op == SX_POOLINDEX && behind(g, choice->in[0]) == behind(g, x) &&
                   p->shape.dim[0] == choice->shape.dim[0] &&
                   p->shape.dim[1] == choice->shape.dim[1]
               ? put
               : SX_NONE;
}

/* Makes where(0 < x, a, 0). If a max pool of x chose the places of a, its results are asked instead
 * of x. */
static int masked(struct sx_graph *g, int zero, int x, int a)
{
    int put = added(g, x, a);
    if (put == SX_NONE)
        return sx_where(g, sx_binary(g, SX_LESS, zero, x), a, zero);
    const struct sx_node p = g->node[put];
    struct sx_shape image = sx_shape_of(g, x), row = sx_shape_of(g, p.in[0]);
    struct sx_shape pooled = sx_shape_of(g, behind(g, p.in[1]));
    int largest = sx_take(g, sx_reshape(g, x, &p.shape), p.in[1], 2, true);
    int test = sx_binary(g, SX_LESS, zero, sx_reshape(g, largest, &pooled));
    int part = sx_where(g, test, sx_reshape(g, p.in[0], &pooled), zero);
    part = sx_put(g, sx_reshape(g, part, &row), p.in[1], 2, p.shape.dim[2], true);
    return sx_reshape(g, part, &image);
}

static int choose(const struct sx_masks *m, struct sx_graph *g, const int *in)
{
    const struct sx_node test = g->node[in[0]], slice = g->node[in[1]];
    if (test.op != SX_LESS || !is_zero(g, test.in[0]) || !is_zero(g, in[2]))
        return SX_NONE;
    int x = test.in[1];
    if (added(g, x, in[1]) != SX_NONE)
        return masked(g, in[2], x, in[1]);
    if (slice.op != SX_SLICE || (size_t)x >= m->capacity || m->joined[x] == 0)
        return SX_NONE;
    int joined = m->joined[x] - 1;
    if (!takes(g, &slice, joined, x))
        return SX_NONE;
    int whole = masked(g, in[2], joined, slice.in[0]);
    return sx_emit(g, SX_SLICE, 1, &whole, slice.n_attr, slice.attr);
}

int sx_merge_masks(struct sx_masks *m, struct sx_graph *to, const struct sx_node *node,
                   const int *in)
{
    if (node->op == SX_CONCAT)
        return join_relus(m, to, node, in);
    return node->op == SX_WHERE ? choose(m, to, in) : SX_NONE;
}
