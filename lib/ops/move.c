/* move.c - rows that only move elements: reshape, stop, transpose, expand. */
#include <string.h>

#include "ops/ops.h"

/* Sets the result's shape from the attributes. */
static bool shape_from_attr(struct sx_graph *g, struct sx_node *node)
{
    if (node->n_attr > SX_MAX_RANK)
        return sx_refuse(g, node, "rank %d is over %d", node->n_attr, SX_MAX_RANK);
    node->type = g->node[node->in[0]].type;
    node->shape.rank = node->n_attr;
    for (int i = 0; i < node->n_attr; i++)
        node->shape.dim[i] = node->attr[i];
    return sx_need_size(g, node);
}

/* ---- RESHAPE ---- */

static bool reshape_shape(struct sx_graph *g, struct sx_node *node)
{
    if (!shape_from_attr(g, node))
        return false;
    int64_t from = sx_count(&g->node[node->in[0]].shape), to = sx_count(&node->shape);
    if (from != to)
        return sx_refuse(g, node, "%lld elements cannot become %lld", (long long)from,
                         (long long)to);
    return true;
}

static void reshape_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    struct sx_shape shape = sx_shape_of(g, g->node[y].in[0]);
    (void)need;
    dx[0] = sx_reshape(g, dy, &shape);
}

static int reshape_batch(struct sx_batch *b, const struct sx_node *node)
{
    return sx_batch_done(b, sx_batch_in(b, node, 0), &node->shape);
}

static void reshape_run(const struct sx_call *call)
{
    size_t bytes = (size_t)sx_count(&call->node->shape) * sx_type_size(call->node->type);
    if (bytes > 0)
        memcpy(call->out, call->in[0].data, bytes);
}

const struct sx_row sx_row_reshape = {
    .name = "Reshape",
    .min_in = 1,
    .max_in = 1,
    .shape = reshape_shape,
    .derive = reshape_derive,
    .flow = SX_FLOW_MOVE,
    .batch = reshape_batch,
    .run = reshape_run,
    .view = true,
};

/* ---- STOP ---- */

/* STOP: the same value, with derivative zero. */
static bool stop_shape(struct sx_graph *g, struct sx_node *node)
{
    node->type = g->node[node->in[0]].type;
    node->shape = g->node[node->in[0]].shape;
    return sx_need_attr(g, node, 0);
}

static int stop_batch(struct sx_batch *b, const struct sx_node *node)
{
    return sx_stop(b->g, sx_batch_in(b, node, 0));
}

const struct sx_row sx_row_stop = {
    .name = "Stop",
    .min_in = 1,
    .max_in = 1,
    .shape = stop_shape,
    .batch = stop_batch,
    .run = reshape_run,
    .view = true,
};

/* ---- TRANSPOSE ---- */

static bool transpose_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    bool seen[SX_MAX_RANK] = {false};
    if (!sx_need_attr(g, node, a->shape.rank))
        return false;
    node->type = a->type;
    node->shape.rank = a->shape.rank;
    for (int i = 0; i < a->shape.rank; i++) {
        if (!sx_need_axis(g, node, node->attr[i], a->shape.rank))
            return false;
        if (seen[node->attr[i]])
            return sx_refuse(g, node, "axis %lld comes twice", (long long)node->attr[i]);
        seen[node->attr[i]] = true;
        node->shape.dim[i] = a->shape.dim[node->attr[i]];
    }
    return true;
}

static void transpose_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    int perm[SX_MAX_RANK] = {0};
    (void)need;
    for (int i = 0; i < n.n_attr; i++)
        perm[n.attr[i]] = i;
    dx[0] = sx_transpose(g, dy, perm);
}

static int transpose_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    int perm[SX_MAX_RANK + 1] = {0};
    if (sx_starts_with_one(&one) && node->attr[0] == 0) {
        for (int i = 0; i < node->n_attr; i++)
            perm[i] = (int)node->attr[i];
        return sx_transpose(b->g, sx_batch_in(b, node, 0), perm);
    }
    for (int i = 0; i < node->n_attr; i++)
        perm[i + 1] = (int)node->attr[i] + 1;
    int full = sx_batch_full(b, node, 0, one.rank);
    return sx_batch_done(b, sx_transpose(b->g, full, perm), &node->shape);
}

static void transpose_run(const struct sx_call *call)
{
    const struct sx_shape *shape = &call->node->shape;
    struct sx_strided s = {.rank = shape->rank};
    int64_t from[SX_MAX_RANK];
    sx_strides(call->in[0].shape, from);
    sx_strides(shape, s.to);
    for (int i = 0; i < s.rank; i++) {
        s.dim[i] = shape->dim[i];
        s.from[i] = from[call->node->attr[i]];
    }
    sx_strided_copy(&s, sx_type_size(call->node->type), call->out, call->in[0].data);
}

const struct sx_row sx_row_transpose = {
    .name = "Transpose",
    .min_in = 1,
    .max_in = 1,
    .shape = transpose_shape,
    .derive = transpose_derive,
    .flow = SX_FLOW_MOVE,
    .batch = transpose_batch,
    .run = transpose_run,
};

/* ---- EXPAND ---- */

static bool expand_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_shape *a = &g->node[node->in[0]].shape;
    if (!shape_from_attr(g, node))
        return false;
    int lead = node->shape.rank - a->rank;
    if (lead < 0)
        return sx_refuse(g, node, "rank %d cannot become %d", a->rank, node->shape.rank);
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != 1 && a->dim[i] != node->shape.dim[lead + i])
            return sx_refuse(g, node, "axis %d of %lld cannot become %lld", i,
                             (long long)a->dim[i], (long long)node->shape.dim[lead + i]);
    return true;
}

static void expand_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    struct sx_shape shape = sx_shape_of(g, g->node[y].in[0]);
    (void)need;
    dx[0] = sx_sum_to(g, dy, &shape);
}

/* The batch rule of EXPAND. If the result begins with an axis of length 1, that axis becomes
 * the batch. */
static int expand_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    struct sx_shape shape = sx_batch_shape(b->size, &node->shape);
    bool as_stored = one.rank == shape.rank && sx_starts_with_one(&one);
    int in = as_stored ? sx_batch_in(b, node, 0) : sx_batch_full(b, node, 0, shape.rank - 1);
    return sx_expand(b->g, in, &shape);
}

static void expand_run(const struct sx_call *call)
{
    const struct sx_shape *shape = &call->node->shape, *a = call->in[0].shape;
    struct sx_strided s = {.rank = shape->rank};
    int64_t from[SX_MAX_RANK];
    sx_strides(a, from);
    sx_strides(shape, s.to);
    for (int i = 0; i < s.rank; i++) {
        int k = i - (shape->rank - a->rank);
        s.dim[i] = shape->dim[i];
        s.from[i] = k >= 0 && a->dim[k] != 1 ? from[k] : 0;
    }
    sx_strided_copy(&s, sx_type_size(call->node->type), call->out, call->in[0].data);
}

const struct sx_row sx_row_expand = {
    .name = "Expand",
    .min_in = 1,
    .max_in = 1,
    .shape = expand_shape,
    .derive = expand_derive,
    .flow = SX_FLOW_MOVE,
    .batch = expand_batch,
    .run = expand_run,
};
