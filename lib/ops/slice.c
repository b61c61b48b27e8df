/* slice.c - rows that cut and join arrays: slice, embed, concat. */
#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"

/* ---- SLICE and EMBED ---- */

/* Whether start, start + step, .. (n of them) are distinct places of an axis of `whole`. */
static bool inside(int64_t start, int64_t step, int64_t n, int64_t whole)
{
    int64_t last;
    if (n <= 0)
        return n == 0;
    if (n > 1 && step == 0)
        return false;
    return !__builtin_mul_overflow(n - 1, step, &last) &&
           !__builtin_add_overflow(last, start, &last) && start >= 0 && start < whole &&
           last >= 0 && last < whole;
}

static bool slice_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    int r = a->shape.rank;
    if (!sx_need_attr(g, node, 3 * r))
        return false;
    node->type = a->type;
    node->shape.rank = r;
    for (int i = 0; i < r; i++)
        node->shape.dim[i] = node->attr[2 * r + i];
    const struct sx_shape *small = node->op == SX_SLICE ? &node->shape : &a->shape;
    const struct sx_shape *large = node->op == SX_SLICE ? &a->shape : &node->shape;
    if (!sx_need_size(g, node))
        return false;
    for (int i = 0; i < r; i++)
        if (!inside(node->attr[i], node->attr[r + i], small->dim[i], large->dim[i]))
            return sx_refuse(g, node,
                             "axis %d: %lld places from %lld by %lld are not inside %lld", i,
                             (long long)small->dim[i], (long long)node->attr[i],
                             (long long)node->attr[r + i], (long long)large->dim[i]);
    return true;
}

static void slice_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    struct sx_shape shape = sx_shape_of(g, n.in[0]);
    (void)need;
    dx[0] = n.op == SX_SLICE ? sx_embed(g, dy, n.attr, n.attr + shape.rank, &shape)
                             : sx_slice(g, dy, n.attr, n.attr + shape.rank, &shape);
}

/* The batch rule. If x and the result both begin with an axis of length 1, that axis becomes
 * the batch. */
static int slice_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]), shape = node->shape;
    bool merged = sx_starts_with_one(&one) && sx_starts_with_one(&shape);
    int64_t start[SX_MAX_RANK + 1] = {0}, step[SX_MAX_RANK + 1] = {1};
    int at = merged ? 0 : 1, r = shape.rank;
    for (int i = merged ? 1 : 0; i < r; i++) {
        start[at + i] = node->attr[i];
        step[at + i] = node->attr[r + i];
    }
    int in = merged ? sx_batch_in(b, node, 0) : sx_batch_full(b, node, 0, r);
    struct sx_shape full = {.rank = r + at};
    if (in == SX_NONE)
        return SX_NONE;
    full.dim[0] = b->size;
    for (int i = merged ? 1 : 0; i < r; i++)
        full.dim[at + i] = shape.dim[i];
    int y = node->op == SX_SLICE ? sx_slice(b->g, in, start, step, &full)
                                 : sx_embed(b->g, in, start, step, &full);
    return sx_batch_done(b, y, &shape);
}

/* Describes the walk over the small array inside the large one; returns the first place. */
static int64_t places(const struct sx_node *node, const struct sx_shape *small,
                      const struct sx_shape *large, int64_t inner[SX_MAX_RANK],
                      int64_t outer[SX_MAX_RANK])
{
    int64_t first = 0;
    sx_strides(small, inner);
    sx_strides(large, outer);
    for (int i = 0; i < small->rank; i++) {
        first += node->attr[i] * outer[i];
        outer[i] *= node->attr[small->rank + i];
    }
    return first;
}

static void slice_run(const struct sx_call *call)
{
    struct sx_strided s = {.rank = call->node->shape.rank};
    size_t size = sx_type_size(call->node->type);
    memcpy(s.dim, call->node->shape.dim, sizeof s.dim);
    if (sx_strided_count(&s) == 0)
        return;
    int64_t first = places(call->node, &call->node->shape, call->in[0].shape, s.to, s.from);
    sx_strided_copy(&s, size, call->out,
                    (const char *)call->in[0].data + first * (int64_t)size);
}

static void embed_run(const struct sx_call *call)
{
    struct sx_strided s = {.rank = call->node->shape.rank};
    size_t size = sx_type_size(call->node->type);
    size_t bytes = (size_t)sx_count(&call->node->shape) * size;
    memcpy(s.dim, call->in[0].shape->dim, sizeof s.dim);
    if (bytes > 0)
        memset(call->out, 0, bytes);
    if (bytes == 0 || sx_strided_count(&s) == 0)
        return;
    int64_t first = places(call->node, call->in[0].shape, &call->node->shape, s.from, s.to);
    sx_strided_copy(&s, size, (char *)call->out + first * (int64_t)size, call->in[0].data);
}

const struct sx_row sx_row_slice = {
    .name = "Slice",
    .min_in = 1,
    .max_in = 1,
    .shape = slice_shape,
    .derive = slice_derive,
    .flow = SX_FLOW_MOVE,
    .batch = slice_batch,
    .run = slice_run,
};

const struct sx_row sx_row_embed = {
    .name = "Embed",
    .min_in = 1,
    .max_in = 1,
    .shape = slice_shape,
    .derive = slice_derive,
    .flow = SX_FLOW_MOVE,
    .batch = slice_batch,
    .run = embed_run,
};

/* ---- CONCAT ---- */

static bool concat_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *first = &g->node[node->in[0]];
    if (!sx_need_attr(g, node, 1) || !sx_need_axis(g, node, node->attr[0], first->shape.rank))
        return false;
    int axis = (int)node->attr[0];
    node->type = first->type;
    node->shape = first->shape;
    for (int k = 1; k < node->n_in; k++) {
        const struct sx_node *part = &g->node[node->in[k]];
        struct sx_shape expected = first->shape;
        if (axis < part->shape.rank)
            expected.dim[axis] = part->shape.dim[axis];
        if (part->type != first->type || !sx_shape_equal(&part->shape, &expected))
            return sx_refuse(g, node, "part %d does not fit part 0", k);
        if (__builtin_add_overflow(node->shape.dim[axis], part->shape.dim[axis],
                                   &node->shape.dim[axis]))
            return sx_refuse(g, node, "shape is too large");
    }
    return sx_need_size(g, node);
}

static void concat_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    int axis = (int)n.attr[0];
    int64_t begin = 0;
    for (int k = 0; k < n.n_in; k++) {
        int64_t count = g->node[n.in[k]].shape.dim[axis];
        if (need[k])
            dx[k] = sx_slice_axis(g, dy, axis, begin, count);
        begin += count;
    }
}

static int concat_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    int64_t axis = node->attr[0];
    bool merged = sx_starts_with_one(&one) && axis != 0;
    int *in = sx_new((size_t)node->n_in, sizeof *in, &b->g->error);
    int joined = SX_NONE;
    for (int k = 0; k < node->n_in && in != NULL; k++)
        in[k] = merged ? sx_batch_stored(b, node, k) : sx_batch_whole(b, node, k, one.rank);
    if (in != NULL)
        joined = sx_concat(b->g, in, node->n_in, (int)axis + (merged ? 0 : 1));
    free(in);
    return sx_batch_done(b, joined, &node->shape);
}

static void concat_run(const struct sx_call *call)
{
    const struct sx_node *n = call->node;
    struct sx_lines all = sx_lines_of(&n->shape, n->attr[0]);
    size_t size = sx_type_size(n->type);
    char *to = call->out;
    for (int k = 0; k < n->n_in; k++) {
        struct sx_lines part = sx_lines_of(call->in[k].shape, n->attr[0]);
        int64_t chunk = part.n * part.inner;
        struct sx_strided s = {2, {part.outer, chunk}, {chunk, 1}, {all.n * all.inner, 1}};
        sx_strided_copy(&s, size, to, call->in[k].data);
        to += chunk * (int64_t)size;
    }
}

const struct sx_row sx_row_concat = {
    .name = "Concat",
    .min_in = 1,
    .max_in = -1,
    .shape = concat_shape,
    .derive = concat_derive,
    .flow = SX_FLOW_MOVE,
    .batch = concat_batch,
    .run = concat_run,
};
