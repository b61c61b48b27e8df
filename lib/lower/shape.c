/* shape.c - small subgraphs that many rows need. */
#include <string.h>

#include "lower/row.h"

int64_t sx_span(const struct sx_shape *shape, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= shape->dim[i];
    return n;
}

int sx_shaped(struct sx_graph *g, int node, int rank, const int64_t *dims)
{
    struct sx_shape shape = {.rank = rank};
    for (int i = 0; i < rank; i++)
        shape.dim[i] = dims[i];
    struct sx_shape old = sx_shape_of(g, node);
    return node == SX_NONE || sx_shape_equal(&old, &shape) ? node : sx_reshape(g, node, &shape);
}

int sx_along(struct sx_graph *g, int vector, int axis, int rank)
{
    struct sx_shape old = sx_shape_of(g, vector);
    int64_t dims[SX_MAX_RANK] = {sx_count(&old)};
    for (int i = 1; i < rank - axis; i++)
        dims[i] = 1;
    return sx_shaped(g, vector, rank - axis, dims);
}

int sx_filled(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape, double value)
{
    static const struct sx_shape scalar = {0};
    int64_t count;
    struct sx_tensor t;
    if (!sx_shape_count(shape, &count, &g->error))
        return SX_NONE;
    const struct sx_shape *dense = count <= 64 ? shape : &scalar;
    if (!sx_tensor_new(&t, type, dense, &g->error))
        return SX_NONE;
    for (int64_t i = 0; i < sx_count(dense); i++)
        sx_tensor_set(&t, i, value);
    int node = sx_const(g, type, dense, t.data);
    sx_tensor_free(&t);
    return dense == shape ? node : sx_expand(g, node, shape);
}

int sx_iota(struct sx_graph *g, int64_t n)
{
    struct sx_shape shape = {1, {n}};
    int64_t *data = sx_arena_aligned(g, (size_t)n, sizeof n);
    for (int64_t i = 0; data != NULL && i < n; i++)
        data[i] = i;
    return data != NULL ? sx_const_borrow(g, SX_INT, &shape, data) : SX_NONE;
}

int sx_real_const(struct sx_graph *g, const struct sx_shape *shape, const double *values)
{
    struct sx_tensor t;
    if (!sx_tensor_new(&t, g->real, shape, &g->error))
        return SX_NONE;
    for (int64_t i = 0; i < sx_count(shape); i++)
        sx_tensor_set(&t, i, values[i]);
    int node = sx_const(g, g->real, shape, t.data);
    sx_tensor_free(&t);
    return node;
}

int sx_mean(struct sx_graph *g, int a, const int *axes, int n)
{
    struct sx_shape shape = sx_shape_of(g, a);
    double count = 1;
    for (int i = 0; i < n; i++)
        count *= (double)shape.dim[axes[i]];
    return sx_scale(g, sx_sum(g, a, axes, n), 1 / count);
}

int sx_is_infinite(struct sx_graph *g, int a, bool negative, bool positive)
{
    const int64_t attr[] = {negative, positive};
    return sx_emit(g, SX_ISINF, 1, &a, 2, attr);
}

int sx_safe_sqrt(struct sx_graph *g, int a)
{
    int zero = sx_scalar(g, 0), one = sx_scalar(g, 1);
    int is_zero = sx_binary(g, SX_EQUAL, a, zero);
    return sx_where(g, is_zero, zero, sx_unary(g, SX_SQRT, sx_where(g, is_zero, one, a)));
}

int sx_index(struct sx_lowering *l, int index, int64_t n)
{
    struct sx_graph *g = l->g;
    if (index == SX_NONE || g->node[index].type != SX_INT) {
        sx_reject(l, "indices must be integers");
        return SX_NONE;
    }
    bool negative = !sx_is_const(g, index);
    if (!negative) {
        const int64_t *v = g->node[index].data;
        int64_t count = sx_count(&g->node[index].shape);
        for (int64_t i = 0; i < count; i++) {
            negative = negative || v[i] < 0;
            if (v[i] >= -n && v[i] < n)
                continue;
            sx_reject(l, "index %lld into an axis of %lld", (long long)v[i], (long long)n);
            return SX_NONE;
        }
    }
    if (!negative)
        return index;
    int is_negative = sx_binary(g, SX_LESS, index, sx_scalar_int(g, 0));
    return sx_where(g, is_negative, sx_add(g, index, sx_scalar_int(g, n)), index);
}
