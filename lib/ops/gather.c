/* gather.c - TAKE reads elements at an index; PUT, its adjoint, adds them there.
 *
 * Both see the large array as [outer, n, inner] and the small one as [outer, m, inner]. m is the
 * number of elements of the index (rows), or its length along the axis (elementwise). */
#include <string.h>

#include "graph/relevance.h"
#include "ops/ops.h"

/* Elements per unit of work. */
#define GRAIN 16384

/* ---- Shapes ---- */

/* Replaces `gone` axes of *from, from `axis` on, by those of `by`. */
static bool splice(struct sx_graph *g, struct sx_node *node, const struct sx_shape *from,
                   int axis, int gone, const struct sx_shape *by)
{
    struct sx_shape *to = &node->shape;
    to->rank = from->rank - gone + by->rank;
    if (to->rank > SX_MAX_RANK)
        return sx_refuse(g, node, "rank %d is over %d", to->rank, SX_MAX_RANK);
    for (int i = 0; i < to->rank; i++) {
        if (i < axis)
            to->dim[i] = from->dim[i];
        else if (i < axis + by->rank)
            to->dim[i] = by->dim[i - axis];
        else
            to->dim[i] = from->dim[i - by->rank + gone];
    }
    return sx_need_size(g, node);
}

static bool take_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]], *index = &g->node[node->in[1]];
    if (!sx_need_attr(g, node, 2) || !sx_need_axis(g, node, node->attr[0], a->shape.rank))
        return false;
    int axis = (int)node->attr[0];
    struct sx_shape along = index->shape;
    if (index->type != SX_INT)
        return sx_refuse(g, node, "the index is not of integers");
    node->type = a->type;
    if (node->attr[1] != 0) {
        struct sx_shape expected = a->shape;
        if (axis < along.rank)
            expected.dim[axis] = along.dim[axis];
        if (!sx_shape_equal(&along, &expected))
            return sx_refuse(g, node, "the index does not fit the operand");
        along = (struct sx_shape){1, {expected.dim[axis]}};
    }
    if (!splice(g, node, &a->shape, axis, 1, &along))
        return false;
    if (a->shape.dim[axis] == 0 && sx_count(&node->shape) > 0)
        return sx_refuse(g, node, "axis %d is empty", axis);
    return true;
}

static bool put_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]], *index = &g->node[node->in[1]];
    if (!sx_need_attr(g, node, 3))
        return false;
    int rank = node->attr[2] != 0 ? 1 : index->shape.rank;
    if (!sx_need_axis(g, node, node->attr[0], a->shape.rank - rank + 1))
        return false;
    int axis = (int)node->attr[0];
    if (index->type != SX_INT)
        return sx_refuse(g, node, "the index is not of integers");
    bool fits = node->attr[2] == 0 || sx_shape_equal(&a->shape, &index->shape);
    for (int i = 0; node->attr[2] == 0 && i < rank; i++)
        fits = fits && a->shape.dim[axis + i] == index->shape.dim[i];
    if (!fits)
        return sx_refuse(g, node, "the index does not fit the operand");
    struct sx_shape along = {1, {node->attr[1]}};
    node->type = a->type;
    if (!splice(g, node, &a->shape, axis, rank, &along))
        return false;
    if (node->attr[1] == 0 && sx_count(&a->shape) > 0)
        return sx_refuse(g, node, "axis %d is empty", axis);
    return true;
}

/* ---- Derivatives ---- */

static void take_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    int axis = (int)n.attr[0];
    if (need[0])
        dx[0] = sx_put(g, dy, n.in[1], axis, g->node[n.in[0]].shape.dim[axis], n.attr[1] != 0);
}

/* The contrast rule of a choice by value, such as the largest. The difference y - y0 is divided
 * in two parts: the gain goes to the element that is chosen in x, the loss to the element that
 * was chosen in x0. */
static void take_contrast(const struct sx_contrast *c, int y, int m, const bool *need, int *mx)
{
    struct sx_graph *g = c->g;
    const struct sx_node n = g->node[y];
    int axis = (int)n.attr[0], y0 = c->reference[y], index0 = c->reference[n.in[1]];
    int64_t extent = g->node[n.in[0]].shape.dim[axis];
    int most = sx_binary(g, SX_MAX, y, y0);
    int gain = sx_mul(g, m, sx_sub(g, most, y0)), loss = sx_mul(g, m, sx_sub(g, y, most));
    int change = sx_add(g, sx_put(g, gain, n.in[1], axis, extent, n.attr[1] != 0),
                        sx_put(g, loss, index0, axis, extent, n.attr[1] != 0));
    take_derive(g, y, m, need, mx);
    mx[0] = sx_over(g, change, sx_difference(c, n.in[0]), mx[0]);
    int shares = c->exact ? sx_window_shares(c, y, m) : SX_NONE;
    if (shares != SX_NONE)
        mx[0] = sx_over(g, shares, sx_difference(c, n.in[0]), mx[0]);
}

static void put_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    if (need[0])
        dx[0] = sx_take(g, dy, n.in[1], (int)n.attr[0], n.attr[2] != 0);
}

/* ---- Batches ---- */

/* A batched index of rows, [size] + I, as an elementwise one of the shape `small`, which is
 * [size, outer, m, inner] with m at `axis`. */
static int spread_index(struct sx_batch *b, const struct sx_node *node, int axis,
                        const struct sx_shape *small)
{
    struct sx_shape thin = {.rank = small->rank};
    for (int i = 0; i < thin.rank; i++)
        thin.dim[i] = i == 0 || i == axis ? small->dim[i] : 1;
    return sx_expand(b->g, sx_reshape(b->g, sx_batch_in(b, node, 1), &thin), small);
}

/* For one table and an index per sample. The batch becomes a further axis of the index, and is
 * moved to the front of the result. */
static int take_from_shared(struct sx_batch *b, const struct sx_node *node, int axis)
{
    int index = sx_batch_full(b, node, 1, sx_shape_of(b->g, node->in[1]).rank);
    int y = sx_take(b->g, sx_batch_in(b, node, 0), index, axis, false);
    int perm[SX_MAX_RANK];
    for (int i = 0; i < sx_shape_of(b->g, y).rank; i++)
        perm[i] = i == 0 ? axis : i - (i <= axis);
    return sx_transpose(b->g, y, perm);
}

static int take_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    int axis = (int)node->attr[0], y;
    bool each = node->attr[1] != 0, merged = sx_starts_with_one(&one) && axis != 0;
    if (each && merged) {
        y = sx_take(b->g, sx_batch_stored(b, node, 0), sx_batch_stored(b, node, 1), axis, true);
    } else if (each) {
        int x = sx_batch_whole(b, node, 0, one.rank);
        y = sx_take(b->g, x, sx_batch_whole(b, node, 1, one.rank), axis + 1, true);
    } else if (!sx_batch_has(b, node, 1)) {
        int x = merged ? sx_batch_in(b, node, 0) : sx_batch_full(b, node, 0, one.rank);
        y = sx_take(b->g, x, sx_batch_in(b, node, 1), axis + !merged, false);
    } else if (!sx_batch_has(b, node, 0)) {
        y = take_from_shared(b, node, axis);
    } else {
        int x = sx_batch_full(b, node, 0, one.rank);
        struct sx_shape index = sx_shape_of(b->g, node->in[1]), small = sx_shape_of(b->g, x);
        if (x == SX_NONE)
            return SX_NONE;
        small.dim[axis + 1] = sx_count(&index);
        y = sx_take(b->g, x, spread_index(b, node, axis + 1, &small), axis + 1, true);
    }
    return sx_batch_done(b, y, &node->shape);
}

static int put_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    int axis = (int)node->attr[0], y;
    int64_t n = node->attr[1];
    bool each = node->attr[2] != 0, merged = sx_starts_with_one(&one) && axis != 0;
    if (each && merged) {
        int a = sx_batch_stored(b, node, 0);
        y = sx_put(b->g, a, sx_batch_stored(b, node, 1), axis, n, true);
    } else if (each) {
        int a = sx_batch_whole(b, node, 0, one.rank);
        y = sx_put(b->g, a, sx_batch_whole(b, node, 1, one.rank), axis + 1, n, true);
    } else if (!sx_batch_has(b, node, 1)) {
        int a = merged ? sx_batch_in(b, node, 0) : sx_batch_full(b, node, 0, one.rank);
        y = sx_put(b->g, a, sx_batch_in(b, node, 1), axis + !merged, n, false);
    } else {
        /* The rows of samples go to different places, so every element gets its own index. */
        struct sx_shape index = sx_shape_of(b->g, node->in[1]), small = node->shape;
        int a = sx_batch_whole(b, node, 0, one.rank);
        if (a == SX_NONE || small.rank == SX_MAX_RANK)
            return a == SX_NONE ? SX_NONE : sx_batch_loop(b, node);
        small.dim[axis] = sx_count(&index);
        memmove(&small.dim[1], small.dim, (size_t)small.rank * sizeof small.dim[0]);
        small.rank++;
        small.dim[0] = b->size;
        int spread = spread_index(b, node, axis + 1, &small);
        y = sx_put(b->g, sx_reshape(b->g, a, &small), spread, axis + 1, n, true);
    }
    return sx_batch_done(b, y, &node->shape);
}

/* ---- Kernels ---- */

/* An index out of range means element 0. */
static inline int64_t safe(int64_t i, int64_t n)
{
    return (uint64_t)i < (uint64_t)n ? i : 0;
}

/* Sizes of one call, and the index. */
struct gather {
    struct sx_lines l; /* of the large array */
    int64_t m;
    const int64_t *index;
    bool each;
};

static struct gather gather_of(const struct sx_call *call, const struct sx_shape *large,
                               bool each)
{
    int64_t axis = call->node->attr[0];
    struct gather s = {.l = sx_lines_of(large, axis), .each = each, .index = call->in[1].data};
    s.m = each ? call->in[1].shape->dim[axis] : sx_count(call->in[1].shape);
    return s;
}

/* An element of four bytes at any alignment. */
typedef uint8_t one __attribute__((may_alias, aligned(1)));
typedef uint32_t four __attribute__((may_alias, aligned(1)));
typedef uint64_t eight __attribute__((may_alias, aligned(1)));

/* Takes elements begin .. end - 1 of the m elements of outer position o. */
#define TAKE(T)                                                                                \
    static void take_##T(const struct gather *s, T *out, const T *x, int64_t o, int64_t begin, \
                         int64_t end)                                                          \
    {                                                                                          \
        int64_t n = s->l.n, inner = s->l.inner;                                                \
        x += o * n * inner;                                                                    \
        out += o * s->m * inner;                                                               \
        const int64_t *index = s->each ? s->index + o * s->m * inner : s->index;               \
        if (inner == 1)                                                                        \
            for (int64_t k = begin; k < end; k++)                                              \
                out[k] = x[safe(index[k], n)];                                                 \
        else if (!s->each)                                                                     \
            for (int64_t k = begin; k < end; k++)                                              \
                memcpy(out + k * inner, x + safe(index[k], n) * inner,                         \
                       (size_t)inner * sizeof(T));                                             \
        else                                                                                   \
            for (int64_t k = begin; k < end; k++)                                              \
                for (int64_t c = 0; c < inner; c++)                                            \
                    out[k * inner + c] = x[safe(index[k * inner + c], n) * inner + c];         \
    }
TAKE(one)
TAKE(four)
TAKE(eight)

static void take_run(const struct sx_call *call)
{
    struct gather s = gather_of(call, call->in[0].shape, call->node->attr[1] != 0);
    int64_t work = sx_count(&call->node->shape);
    if (work == 0)
        return;
    size_t size = sx_type_size(call->node->type);
    int64_t grain = sx_ceil_div(GRAIN, s.l.inner), blocks = sx_ceil_div(s.m, grain);
#pragma omp parallel for if (work > SX_PARALLEL)
    for (int64_t u = 0; u < s.l.outer * blocks; u++) {
        int64_t o = u / blocks, begin = u % blocks * grain;
        int64_t end = s.m - begin < grain ? s.m : begin + grain;
        if (size == 1)
            take_one(&s, call->out, call->in[0].data, o, begin, end);
        else if (size == 4)
            take_four(&s, call->out, call->in[0].data, o, begin, end);
        else
            take_eight(&s, call->out, call->in[0].data, o, begin, end);
    }
}

/* Zeroes and fills columns lo .. lo + w of the outer position o. Additions have the order of the
 * index, whichever thread does them. */
#define PUT(name, T, OP)                                                                       \
    static void put_##name(const struct gather *s, T *out, const T *a, int64_t o, int64_t lo,  \
                           int64_t w)                                                          \
    {                                                                                          \
        int64_t n = s->l.n, inner = s->l.inner;                                                \
        out += o * n * inner + lo;                                                             \
        a += o * s->m * inner + lo;                                                            \
        const int64_t *index = s->each ? s->index + o * s->m * inner + lo : s->index;          \
        for (int64_t r = 0; w < inner && r < n; r++)                                           \
            memset(out + r * inner, 0, (size_t)w * sizeof(T));                                 \
        if (w == inner)                                                                        \
            memset(out, 0, (size_t)(n * inner) * sizeof(T));                                   \
        for (int64_t k = 0; k < s->m; k++) {                                                   \
            if (s->each) {                                                                     \
                for (int64_t c = 0; c < w; c++)                                                \
                    out[safe(index[k * inner + c], n) * inner + c] OP a[k * inner + c];        \
            } else {                                                                           \
                T *to = out + safe(index[k], n) * inner;                                       \
                for (int64_t c = 0; c < w; c++)                                                \
                    to[c] OP a[k * inner + c];                                                 \
            }                                                                                  \
        }                                                                                      \
    }
PUT(float, float, +=)
PUT(double, double, +=)
PUT(int, uint64_t, +=)
PUT(bool, uint8_t, |=)

static void put_run(const struct sx_call *call)
{
    struct gather s = gather_of(call, &call->node->shape, call->node->attr[2] != 0);
    int64_t work = sx_count(&call->node->shape) + sx_count(call->in[0].shape);
    int64_t blocks = sx_ceil_div(s.l.inner, SX_COLUMNS);
    if (sx_count(&call->node->shape) == 0)
        return;
#pragma omp parallel for if (work > SX_PARALLEL)
    for (int64_t u = 0; u < s.l.outer * blocks; u++) {
        int64_t o = u / blocks, lo = u % blocks * SX_COLUMNS;
        int64_t w = s.l.inner - lo < SX_COLUMNS ? s.l.inner - lo : SX_COLUMNS;
        switch (call->node->type) {
        case SX_FLOAT:
            put_float(&s, call->out, call->in[0].data, o, lo, w);
            break;
        case SX_DOUBLE:
            put_double(&s, call->out, call->in[0].data, o, lo, w);
            break;
        case SX_INT:
            put_int(&s, call->out, call->in[0].data, o, lo, w);
            break;
        case SX_BOOL:
            put_bool(&s, call->out, call->in[0].data, o, lo, w);
            break;
        }
    }
}

const struct sx_row sx_row_take = {
    .name = "Take",
    .min_in = 2,
    .max_in = 2,
    .shape = take_shape,
    .derive = take_derive,
    .flow = SX_FLOW_MOVE,
    .contrast = take_contrast,
    .batch = take_batch,
    .run = take_run,
    .loose = 1,
};

const struct sx_row sx_row_put = {
    .name = "Put",
    .min_in = 2,
    .max_in = 2,
    .shape = put_shape,
    .derive = put_derive,
    .flow = SX_FLOW_SUM,
    .batch = put_batch,
    .run = put_run,
};
