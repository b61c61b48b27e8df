/* batch.c - many samples as one graph: every node that depends on a batched input is rebuilt for a
 * whole batch.
 *
 * For the rules the batch index is an axis of its own: a value of shape S becomes [size] + S. So
 * nothing has to be guessed from numbers in the file. If S begins with an axis of length 1, the
 * batch is stored in the place of that axis. Images of most files therefore keep the shape [N, C,
 * H, W]. */
#include <stdlib.h>

#include "graph/derive.h"

struct sx_shape sx_batch_shape(int64_t size, const struct sx_shape *one)
{
    struct sx_shape s = *one;
    if (s.rank > 0 && s.dim[0] == 1) {
        s.dim[0] = size;
        return s;
    }
    s.rank = one->rank + 1;
    s.dim[0] = size;
    for (int i = 0; i < one->rank && i + 1 < SX_MAX_RANK; i++)
        s.dim[i + 1] = one->dim[i];
    return s;
}

bool sx_batch_has(const struct sx_batch *b, const struct sx_node *node, int k)
{
    return b->batched[node->in[k]];
}

int sx_batch_in(const struct sx_batch *b, const struct sx_node *node, int k)
{
    return b->to[node->in[k]];
}

int sx_batch_full(struct sx_batch *b, const struct sx_node *node, int k, int rank)
{
    struct sx_shape one = b->g->node[node->in[k]].shape, full = {.rank = rank + 1};
    if (rank < one.rank || full.rank > SX_MAX_RANK) {
        sx_graph_fail(b->g, SX_MODEL, "rank %d is over %d in a batch", rank + 1, SX_MAX_RANK);
        return SX_NONE;
    }
    full.dim[0] = sx_batch_has(b, node, k) ? b->size : 1;
    for (int i = 1; i <= rank; i++) {
        int from = i - 1 - (rank - one.rank);
        full.dim[i] = from >= 0 ? one.dim[from] : 1;
    }
    return sx_reshape(b->g, sx_batch_in(b, node, k), &full);
}

int sx_batch_whole(struct sx_batch *b, const struct sx_node *node, int k, int rank)
{
    int full = sx_batch_full(b, node, k, rank);
    struct sx_shape shape = sx_shape_of(b->g, full);
    shape.dim[0] = b->size;
    return sx_expand(b->g, full, &shape);
}

int sx_batch_done(struct sx_batch *b, int value, const struct sx_shape *one)
{
    struct sx_shape shape = sx_batch_shape(b->size, one);
    return sx_reshape(b->g, value, &shape);
}

/* Operands are aligned at the right. If the result begins with an axis of length 1, that axis
 * becomes the batch, and a batched operand of lower rank is padded with axes up to it. */
int sx_batch_pointwise(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = node->shape;
    bool merged = one.rank > 0 && one.dim[0] == 1;
    int in[3] = {SX_NONE, SX_NONE, SX_NONE};
    for (int k = 0; k < node->n_in; k++) {
        bool as_stored = merged && b->g->node[node->in[k]].shape.rank == one.rank;
        in[k] = sx_batch_has(b, node, k) && !as_stored
                    ? sx_batch_full(b, node, k, merged ? one.rank - 1 : one.rank)
                    : sx_batch_in(b, node, k);
        if (in[k] == SX_NONE)
            return SX_NONE;
    }
    return sx_emit(b->g, node->op, node->n_in, in, node->n_attr, node->attr);
}

/* The batch rule of rows that have none: builds the node for each sample, and concatenates. */
int sx_batch_loop(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_graph *g = b->g;
    const struct sx_node n = *node;
    int *part = sx_new((size_t)b->size, sizeof *part, &g->error);
    int *in = sx_new((size_t)n.n_in, sizeof *in, &g->error);
    for (int64_t i = 0; i < b->size && part != NULL && in != NULL; i++) {
        for (int k = 0; k < n.n_in; k++) {
            struct sx_shape one = g->node[n.in[k]].shape;
            in[k] = sx_batch_in(b, &n, k);
            if (!sx_batch_has(b, &n, k))
                continue;
            int whole = sx_batch_full(b, &n, k, one.rank);
            in[k] = sx_reshape(g, sx_slice_axis(g, whole, 0, i, 1), &one);
        }
        struct sx_shape row = sx_batch_shape(1, &n.shape);
        part[i] = sx_reshape(g, sx_emit(g, n.op, n.n_in, in, n.n_attr, n.attr), &row);
    }
    int joined = SX_NONE;
    if (g->error.status == SX_OK)
        joined = sx_batch_done(b, sx_concat(g, part, (int)b->size, 0), &n.shape);
    free(part);
    free(in);
    return joined;
}

/* Rebuilds node i, which depends on a batched input. */
static int rebuild(struct sx_batch *b, size_t i)
{
    const struct sx_node n = b->g->node[i];
    const struct sx_row *row = sx_row_of(b->g, &n);
    return row->batch != NULL ? row->batch(b, &n) : sx_batch_loop(b, &n);
}

static int with_batch_axis(struct sx_batch *b, int node)
{
    struct sx_graph *g = b->g;
    struct sx_shape one = g->node[node].shape, shape = sx_batch_shape(b->size, &one);
    if (b->batched[node])
        return b->to[node];
    struct sx_shape row = sx_batch_shape(1, &one);
    return sx_expand(g, sx_reshape(g, b->to[node], &row), &shape);
}

bool sx_batch(struct sx_graph *g, int64_t size, const int *from, int *to, int n,
              const int *outputs, int *results, int n_outputs)
{
    size_t before = g->n_nodes;
    struct sx_batch b = {.g = g, .size = size};
    bool *needed = sx_new(before, sizeof *needed, &g->error);
    b.to = sx_new(before, sizeof *b.to, &g->error);
    b.batched = sx_new(before, sizeof *b.batched, &g->error);
    if (g->error.status == SX_OK) {
        sx_mark_needed(g, outputs, n_outputs, needed);
        sx_mark_reached(g, from, n, before, b.batched);
        for (size_t i = 0; i < before; i++)
            b.to[i] = (int)i;
        for (int k = 0; k < n; k++) {
            struct sx_shape shape = sx_batch_shape(size, &g->node[from[k]].shape);
            to[k] = sx_input(g, g->node[from[k]].type, &shape);
            b.to[from[k]] = to[k];
            needed[from[k]] = false;
        }
        for (size_t i = 0; i < before && g->error.status == SX_OK; i++)
            if (needed[i] && b.batched[i])
                b.to[i] = rebuild(&b, i);
        for (int k = 0; k < n_outputs && g->error.status == SX_OK; k++)
            results[k] = with_batch_axis(&b, outputs[k]);
    }
    free(needed);
    free(b.to);
    free(b.batched);
    return g->error.status == SX_OK;
}
