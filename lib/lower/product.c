/* product.c - lowering of matrix products. */
#include "lower/tables.h"

#define MOST_PRODUCTS (1 << 22)

int sx_product(struct sx_graph *g, int a, int b)
{
    struct sx_shape p = sx_shape_of(g, a), q = sx_shape_of(g, b);
    bool row = p.rank == 1, column = q.rank == 1;
    if (row)
        a = sx_shaped(g, a, 2, (int64_t[]){1, p.dim[0]});
    if (column)
        b = sx_shaped(g, b, 2, (int64_t[]){q.dim[0], 1});
    int y = sx_matmul(g, a, b, false, false);
    struct sx_shape full = sx_shape_of(g, y);
    if (y == SX_NONE)
        return SX_NONE;
    struct sx_shape shape = full;
    shape.rank -= 2;
    if (!row)
        shape.dim[shape.rank++] = full.dim[full.rank - 2];
    if (!column)
        shape.dim[shape.rank++] = full.dim[full.rank - 1];
    return sx_shaped(g, y, shape.rank, shape.dim);
}

/* An exact product of integers, which wraps: [.., m, k, 1] times [.., 1, k, n], summed over k.
 * SX_NONE if it would have too many elements. */
static int whole_product(struct sx_lowering *l, const int operand[2])
{
    struct sx_graph *g = l->g;
    int part[2], axis = 0;
    struct sx_shape shape[2];
    for (int i = 0; i < 2; i++) {
        struct sx_shape s = sx_shape_of(g, operand[i]), *to = &shape[i];
        if (s.rank < 2 || s.rank == SX_MAX_RANK)
            return SX_NONE;
        *to = s;
        to->rank++;
        to->dim[s.rank] = i == 0 ? 1 : s.dim[s.rank - 1];
        to->dim[s.rank - 1] = i == 0 ? s.dim[s.rank - 1] : s.dim[s.rank - 2];
        to->dim[s.rank - 2] = i == 0 ? s.dim[s.rank - 2] : 1;
        part[i] = sx_reshape(g, operand[i], to);
    }
    struct sx_shape all;
    int64_t count;
    if (shape[0].dim[shape[0].rank - 2] != shape[1].dim[shape[1].rank - 2] ||
        !sx_broadcast_shape(&all, &shape[0], &shape[1]) ||
        !sx_shape_count(&all, &count, l->error) || count > MOST_PRODUCTS)
        return SX_NONE;
    axis = all.rank - 2;
    int sum = sx_sum(g, sx_mul(g, part[0], part[1]), &axis, 1);
    all.dim[axis] = all.dim[axis + 1];
    return sx_shaped(g, sum, all.rank - 1, all.dim);
}

int sx_typed_product(struct sx_lowering *l, int a, int b)
{
    struct sx_graph *g = l->g;
    if (a == SX_NONE || b == SX_NONE)
        return SX_NONE;
    bool whole = g->node[a].type == SX_INT && g->node[b].type == SX_INT;
    int exact = whole ? whole_product(l, (const int[]){a, b}) : SX_NONE;
    if (exact != SX_NONE)
        return exact;
    int y = sx_product(g, sx_cast(g, a, g->real), sx_cast(g, b, g->real));
    return sx_is_real(g->node[a].type) ? y : sx_cast(g, y, SX_INT);
}

static bool lower_matmul(struct sx_lowering *l)
{
    int y = sx_typed_product(l, sx_arg(l, 0), sx_arg(l, 1));
    return sx_give(l, sx_wrap(l->g, y, sx_arg_kind(l, 0)));
}

int sx_gemm(struct sx_graph *g, int a, int b, int c, bool ta, bool tb, double alpha,
            double beta)
{
    int y = sx_matmul(g, a, b, ta, tb);
    if (alpha != 1)
        y = sx_scale(g, y, alpha);
    if (c == SX_NONE || beta == 0)
        return y;
    return sx_add(g, y, beta != 1 ? sx_scale(g, c, beta) : c);
}

static bool lower_gemm(struct sx_lowering *l)
{
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 1), c = sx_arg_shape(l, 2);
    bool ta = sx_attr_int(l, "transA", 0) != 0, tb = sx_attr_int(l, "transB", 0) != 0;
    double alpha = sx_attr_float(l, "alpha", 1), beta = sx_attr_float(l, "beta", 1);
    if (a.rank != 2 || b.rank != 2)
        return sx_reject(l, "operands of rank %d and %d, not 2", a.rank, b.rank);
    struct sx_shape shape = {2, {a.dim[ta ? 1 : 0], b.dim[tb ? 0 : 1]}}, both = shape;
    if (sx_arg(l, 2) != SX_NONE &&
        (!sx_broadcast_shape(&both, &shape, &c) || !sx_shape_equal(&both, &shape)))
        return sx_reject(l, "operand 2 does not broadcast to the product");
    return sx_give(
        l, sx_gemm(l->g, sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2), ta, tb, alpha, beta));
}

const struct sx_lowering_row sx_lower_product[] = {
    {"", "MatMul", 1, 0, 2, 2, lower_matmul, 0, true},
    {"", "Gemm", 1, 0, 2, 3, lower_gemm, 0, true},
    {0},
};
