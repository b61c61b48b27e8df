/* attend.c - scaled dot product attention in core operators. */
#include <math.h>

#include "lower/attend.h"

static const int exchange[] = {0, 2, 1, 3};

int sx_split_heads(struct sx_graph *g, int a, int64_t heads)
{
    struct sx_shape x = sx_shape_of(g, a);
    int64_t dims[] = {x.dim[0], x.dim[1], heads, x.dim[2] / heads};
    return sx_transpose(g, sx_shaped(g, a, 4, dims), exchange);
}

int sx_join_heads(struct sx_graph *g, int a)
{
    struct sx_shape x = sx_shape_of(g, a);
    int64_t dims[] = {x.dim[0], x.dim[2], x.dim[1] * x.dim[3]};
    return sx_shaped(g, sx_transpose(g, a, exchange), 3, dims);
}

int sx_heads_of(struct sx_lowering *l, int k, int64_t heads)
{
    struct sx_shape x = sx_arg_shape(l, k);
    if (x.rank == 4)
        return sx_arg(l, k);
    if (x.rank == 3 && heads > 0 && x.dim[2] % heads == 0)
        return sx_split_heads(l->g, sx_arg(l, k), heads);
    if (x.rank == 3)
        sx_reject(l, "%lld heads do not divide %lld", (long long)heads, (long long)x.dim[2]);
    else
        sx_reject(l, "input %d has rank %d", k, x.rank);
    return SX_NONE;
}

int sx_appended(struct sx_graph *g, int past, int now)
{
    const int parts[] = {past, now};
    return past != SX_NONE ? sx_concat(g, parts, 2, 2) : now;
}

int sx_both(struct sx_graph *g, int a, int b)
{
    if (a == SX_NONE || b == SX_NONE)
        return a == SX_NONE ? b : a;
    return sx_binary(g, SX_AND, a, b);
}

int sx_window(struct sx_graph *g, int64_t queries, int64_t keys, int offset, int64_t left,
              int64_t right)
{
    int key = sx_iota(g, keys), allowed = SX_NONE;
    int query = sx_add(g, sx_along(g, sx_iota(g, queries), 0, 2), offset);
    if (right >= 0)
        allowed = sx_binary(g, SX_LESSEQ, key, sx_add(g, query, sx_scalar_int(g, right)));
    if (left >= 0)
        allowed = sx_both(
            g, allowed, sx_binary(g, SX_LESSEQ, query, sx_add(g, key, sx_scalar_int(g, left))));
    return allowed;
}

int sx_shared_heads(struct sx_graph *g, int a, int64_t n)
{
    struct sx_shape x = sx_shape_of(g, a);
    if (x.dim[1] == n || x.dim[1] == 0)
        return a;
    struct sx_shape each = {5, {x.dim[0], x.dim[1], n / x.dim[1], x.dim[2], x.dim[3]}};
    int64_t one[] = {x.dim[0], x.dim[1], 1, x.dim[2], x.dim[3]};
    int64_t dims[] = {x.dim[0], n, x.dim[2], x.dim[3]};
    return sx_shaped(g, sx_expand(g, sx_shaped(g, a, 5, one), &each), 4, dims);
}

/* The softmax over the keys and the sink. */
static int weights(struct sx_graph *g, int scores, int sink)
{
    struct sx_shape shape = sx_shape_of(g, scores), column = shape;
    if (sink == SX_NONE)
        return sx_softmax(g, scores, 3);
    column.dim[3] = 1;
    const int parts[] = {scores, sx_expand(g, sink, &column)};
    return sx_slice_axis(g, sx_softmax(g, sx_concat(g, parts, 2, 3), 3), 3, 0, shape.dim[3]);
}

int sx_attend(struct sx_graph *g, struct sx_attention *a)
{
    struct sx_shape q = sx_shape_of(g, a->q), k = sx_shape_of(g, a->k),
                    v = sx_shape_of(g, a->v);
    if (q.rank != 4 || k.rank != 4 || v.rank != 4 || k.dim[1] != v.dim[1] || k.dim[1] < 1 ||
        q.dim[1] % k.dim[1] != 0) {
        sx_graph_fail(g, SX_MODEL, "attention: heads of queries, keys and values do not fit");
        return SX_NONE;
    }
    double scale = a->scale != 0 ? a->scale : 1 / sqrt((double)q.dim[3]);
    int y =
        sx_matmul(g, sx_scale(g, a->q, scale), sx_shared_heads(g, a->k, q.dim[1]), false, true);
    a->scores[0] = y;
    if (a->softcap != 0)
        y = sx_scale(g, sx_unary(g, SX_TANH, sx_scale(g, y, 1 / a->softcap)), a->softcap);
    a->scores[1] = y;
    if (a->bias != SX_NONE)
        y = sx_add(g, y, a->bias);
    a->scores[2] = y;
    if (a->allowed != SX_NONE) {
        a->scores[2] = sx_where(g, a->allowed, y, sx_scalar(g, -INFINITY));
        y = sx_where(g, a->allowed, y, sx_scalar(g, -1e30));
    }
    y = weights(g, y, a->sink);
    if (a->allowed != SX_NONE)
        y = sx_where(g, a->allowed, y, sx_scalar(g, 0));
    a->scores[3] = y;
    return sx_matmul(g, y, sx_shared_heads(g, a->v, q.dim[1]), false, false);
}

/* Elements first, first + step, .. of the last axis; n of them. */
static int every(struct sx_graph *g, int x, int64_t first, int64_t step, int64_t n)
{
    struct sx_shape shape = sx_shape_of(g, x);
    const int64_t start[SX_MAX_RANK] = {0, 0, 0, first}, steps[SX_MAX_RANK] = {1, 1, 1, step};
    shape.dim[3] = n;
    return sx_slice(g, x, start, steps, &shape);
}

int sx_rotated(struct sx_graph *g, int x, int cosine, int sine, bool neighbours)
{
    struct sx_shape shape = sx_shape_of(g, x), angles = sx_shape_of(g, cosine);
    int64_t n = angles.rank == 4 ? angles.dim[3] : 0;
    if (shape.rank != 4 || n < 1 || n > shape.dim[3] / 2) {
        sx_graph_fail(g, SX_MODEL, "rotary embedding: %lld angles for %lld elements",
                      (long long)n, (long long)shape.dim[3]);
        return SX_NONE;
    }
    int64_t step = neighbours ? 2 : 1;
    int a = every(g, x, 0, step, n), b = every(g, x, neighbours ? 1 : n, step, n);
    int real = sx_sub(g, sx_mul(g, a, cosine), sx_mul(g, b, sine));
    int imaginary = sx_add(g, sx_mul(g, a, sine), sx_mul(g, b, cosine));
    int parts[3] = {real, imaginary, every(g, x, 2 * n, 1, shape.dim[3] - 2 * n)};
    if (!neighbours)
        return sx_concat(g, parts, shape.dim[3] > 2 * n ? 3 : 2, 3);
    const int64_t apart[] = {shape.dim[0], shape.dim[1], shape.dim[2], n, 1};
    const int64_t merged[] = {shape.dim[0], shape.dim[1], shape.dim[2], 2 * n};
    parts[0] = sx_shaped(g, parts[0], 5, apart);
    parts[1] = sx_shaped(g, parts[1], 5, apart);
    parts[1] = sx_shaped(g, sx_concat(g, parts, 2, 4), 4, merged);
    return shape.dim[3] > 2 * n ? sx_concat(g, parts + 1, 2, 3) : parts[1];
}
