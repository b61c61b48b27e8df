/* simplify.c - the identities that emission applies.
 *
 * Each function looks at one node that is about to be emitted, and returns a cheaper node equal to
 * it, or SX_NONE. The identities hold for real arithmetic; x * 0 = 0 is assumed for every x.
 *
 * This file, emit.c and the builders form the one ring of files in lib: a builder calls emission,
 * emission applies the identities, and an identity is written with builders. */
#include <math.h>
#include <stdlib.h>

#include "graph/internal.h"

static const struct sx_node *input_of(const struct sx_graph *g, const struct sx_node *n, int k)
{
    return &g->node[n->in[k]];
}

static bool is_value(const struct sx_graph *g, int node, double value)
{
    double v;
    return sx_is_uniform(g, node, &v) && v == value;
}

/* A value as the result of n: it is broadcast if its own shape is smaller. */
static int as_result(struct sx_graph *g, const struct sx_node *n, int value)
{
    if (sx_shape_equal(&g->node[value].shape, &n->shape))
        return value;
    return sx_expand(g, value, &n->shape);
}

/* A tensor of n's shape with one value. The scalar is shared, and the expansion takes no memory
 * before it is run. */
static int filled(struct sx_graph *g, const struct sx_node *n, double value)
{
    struct sx_shape scalar = {0}, shape = n->shape;
    enum sx_type type = n->type;
    struct sx_tensor one;
    if (!sx_tensor_new(&one, type, &scalar, &g->error))
        return SX_NONE;
    sx_tensor_set(&one, 0, value);
    int id = sx_const(g, type, &scalar, one.data);
    sx_tensor_free(&one);
    return shape.rank == 0 ? id : sx_expand(g, id, &shape);
}

/* Operators that are linear in operand 0, or in each operand of a product, map zero to zero. */
static int zero_through(struct sx_graph *g, const struct sx_node *n)
{
    switch (n->op) {
    case SX_MATMUL:
    case SX_CONV:
    case SX_CONVINPUT:
    case SX_CONVWEIGHT:
    case SX_MUL:
        if (is_value(g, n->in[0], 0) || is_value(g, n->in[1], 0))
            return filled(g, n, 0);
        return SX_NONE;
    case SX_CONCAT:
        for (int k = 0; k < n->n_in; k++)
            if (!is_value(g, n->in[k], 0))
                return SX_NONE;
        return filled(g, n, 0);
    case SX_DIV:
    case SX_SLICE:
    case SX_EMBED:
    case SX_TAKE:
    case SX_PUT:
    case SX_SUM:
    case SX_TRANSPOSE:
    case SX_SUMPOOL:
    case SX_UNPOOL:
    case SX_CUMSUM:
        return is_value(g, n->in[0], 0) ? filled(g, n, 0) : SX_NONE;
    default:
        return SX_NONE;
    }
}

static int simplify_reshape(struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *a = input_of(g, n, 0);
    double value;
    if (sx_shape_equal(&a->shape, &n->shape))
        return n->in[0];
    if (a->op == SX_RESHAPE)
        return sx_reshape(g, a->in[0], &n->shape);
    if (a->op == SX_EXPAND && sx_is_uniform(g, n->in[0], &value))
        return filled(g, n, value);
    return SX_NONE;
}

/* Whether a permutation moves only axes of length 1, and so moves no data. */
static bool moves_no_data(const struct sx_shape *from, const int64_t *perm)
{
    int64_t last = -1;
    for (int i = 0; i < from->rank; i++) {
        if (from->dim[perm[i]] == 1)
            continue;
        if (perm[i] < last)
            return false;
        last = perm[i];
    }
    return true;
}

static int simplify_transpose(struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *a = input_of(g, n, 0);
    if (moves_no_data(&a->shape, n->attr))
        return sx_reshape(g, n->in[0], &n->shape);
    if (a->op != SX_TRANSPOSE)
        return SX_NONE;
    int perm[SX_MAX_RANK];
    for (int i = 0; i < n->shape.rank; i++)
        perm[i] = (int)a->attr[n->attr[i]];
    return sx_transpose(g, a->in[0], perm);
}

static int simplify_expand(struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *a = input_of(g, n, 0);
    if (sx_shape_equal(&a->shape, &n->shape))
        return n->in[0];
    return a->op == SX_EXPAND ? sx_expand(g, a->in[0], &n->shape) : SX_NONE;
}

/* A sum over axes of length 1 is its operand. A sum over an expanded axis is a multiplication. */
static int simplify_sum(struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *a = input_of(g, n, 0);
    if (sx_shape_equal(&a->shape, &n->shape))
        return n->in[0];
    if (a->op != SX_EXPAND || !sx_is_real(n->type))
        return SX_NONE;
    const struct sx_shape *small = &g->node[a->in[0]].shape;
    double times = 1;
    int rest[SX_MAX_RANK], n_rest = 0, lead = a->shape.rank - small->rank;
    for (int k = 0; k < n->n_attr; k++) {
        int axis = (int)n->attr[k];
        if (axis < lead || small->dim[axis - lead] == 1)
            times *= (double)a->shape.dim[axis];
        else
            rest[n_rest++] = axis;
    }
    if (n_rest == n->n_attr)
        return SX_NONE;
    struct sx_shape shape = a->shape, result = n->shape;
    for (int k = 0; k < n->n_attr; k++)
        if (n->attr[k] < lead || small->dim[n->attr[k] - lead] == 1)
            shape.dim[n->attr[k]] = 1;
    int value = sx_scale(g, sx_expand(g, a->in[0], &shape), times);
    return sx_expand(g, sx_sum(g, value, rest, n_rest), &result);
}

static int simplify_slice(struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *a = input_of(g, n, 0);
    bool whole = sx_shape_equal(&a->shape, &n->shape);
    for (int i = 0; i < n->shape.rank; i++)
        whole = whole && (n->shape.dim[i] == 1 || n->attr[n->shape.rank + i] == 1);
    return whole ? n->in[0] : SX_NONE;
}

/* TAKE from an axis of length 1 gives that row, whatever the index. */
static int simplify_take(struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *a = input_of(g, n, 0);
    int64_t rows = a->shape.dim[n->attr[0]];
    bool same = sx_count(&a->shape) == sx_count(&n->shape);
    return rows == 1 && same ? sx_reshape(g, n->in[0], &n->shape) : SX_NONE;
}

/* Removes an EXPAND below a pointwise node, if broadcasting does the same. */
static int strip_expands(struct sx_graph *g, const struct sx_node *n)
{
    int in[3] = {0};
    bool changed = false;
    for (int k = 0; k < n->n_in; k++)
        in[k] = n->in[k];
    for (int k = 0; k < n->n_in; k++) {
        if (g->node[in[k]].op != SX_EXPAND)
            continue;
        int old = in[k];
        in[k] = g->node[old].in[0];
        struct sx_shape shape = g->node[in[0]].shape;
        for (int j = 1; j < n->n_in; j++)
            sx_broadcast_shape(&shape, &shape, &g->node[in[j]].shape);
        if (sx_shape_equal(&shape, &n->shape))
            changed = true;
        else
            in[k] = old;
    }
    return changed ? sx_emit(g, n->op, n->n_in, in, n->n_attr, n->attr) : SX_NONE;
}

/* A constant that varies only along the channels (axis 1 of `result`), as [O, 1, ..] to scale a
 * convolution's weights; SX_NONE if it varies along another axis. */
static int channel_factor(struct sx_graph *g, int factor, const struct sx_shape *result)
{
    struct sx_shape f = g->node[factor].shape, w = {.rank = result->rank};
    for (int i = 0; i < w.rank; i++)
        w.dim[i] = 1;
    for (int i = 0; i < f.rank; i++) {
        int axis = result->rank - f.rank + i;
        if (f.dim[i] != 1 && axis != 1)
            return SX_NONE;
        if (axis == 1)
            w.dim[0] = f.dim[i];
    }
    return sx_reshape(g, factor, &w);
}

/* conv(x, w) * c = conv(x, w * c): an inference BatchNormalization is absorbed by its Conv. A
 * factor of one element is not: activations such as x * sigmoid(c x) read the convolution with and
 * without the factor, and it would be computed twice. */
static int fold_scale(struct sx_graph *g, int product, int factor)
{
    const struct sx_node a = g->node[product];
    if (a.op == SX_CONV && sx_is_const(g, a.in[1]) && sx_count(&g->node[factor].shape) > 1) {
        int c = channel_factor(g, factor, &a.shape);
        if (c == SX_NONE)
            return SX_NONE;
        const int in[] = {a.in[0], sx_mul(g, a.in[1], c)};
        return sx_emit(g, SX_CONV, 2, in, a.n_attr, a.attr);
    }
    return SX_NONE;
}

/* (x * a) * b = x * (a b), and (x + a) * b = x * b + a b. The latter serves fold_scale. */
static int simplify_mul_const(struct sx_graph *g, const struct sx_node *n, int x, int c)
{
    const struct sx_node a = g->node[x];
    int folded = fold_scale(g, x, c);
    if (folded != SX_NONE)
        return as_result(g, n, folded);
    if (a.op != SX_MUL && (a.op != SX_ADD || sx_count(&g->node[c].shape) == 1))
        return SX_NONE;
    for (int k = 0; k < 2; k++) {
        if (!sx_is_const(g, a.in[k]) || sx_is_const(g, a.in[1 - k]))
            continue;
        int cc = sx_mul(g, a.in[k], c);
        if (!sx_is_const(g, cc))
            return SX_NONE;
        if (a.op == SX_MUL)
            return as_result(g, n, sx_mul(g, a.in[1 - k], cc));
        return as_result(g, n, sx_add(g, sx_mul(g, a.in[1 - k], c), cc));
    }
    return SX_NONE;
}

static int simplify_mul(struct sx_graph *g, const struct sx_node *n)
{
    for (int k = 0; k < 2; k++) {
        int x = n->in[1 - k], c = n->in[k];
        if (is_value(g, c, 1))
            return as_result(g, n, x);
        if (is_value(g, c, -1))
            return as_result(g, n, sx_neg(g, x));
        if (sx_is_real(n->type) && sx_is_const(g, c) && !sx_is_const(g, x)) {
            int simpler = simplify_mul_const(g, n, x, c);
            if (simpler != SX_NONE)
                return simpler;
        }
    }
    return SX_NONE;
}

static int simplify_add(struct sx_graph *g, const struct sx_node *n)
{
    for (int k = 0; k < 2; k++) {
        int x = n->in[1 - k], c = n->in[k];
        const struct sx_node a = g->node[x];
        if (is_value(g, c, 0))
            return as_result(g, n, x);
        if (a.op == SX_NEG)
            return sx_sub(g, c, a.in[0]);
        if (!sx_is_real(n->type) || !sx_is_const(g, c) || a.op != SX_ADD)
            continue;
        for (int j = 0; j < 2; j++)
            if (sx_is_const(g, a.in[j]) && !sx_is_const(g, a.in[1 - j])) {
                int cc = sx_add(g, a.in[j], c);
                return sx_is_const(g, cc) ? as_result(g, n, sx_add(g, a.in[1 - j], cc))
                                          : SX_NONE;
            }
    }
    return SX_NONE;
}

static int simplify_sub(struct sx_graph *g, const struct sx_node *n)
{
    if (is_value(g, n->in[1], 0))
        return as_result(g, n, n->in[0]);
    if (is_value(g, n->in[0], 0))
        return as_result(g, n, sx_neg(g, n->in[1]));
    if (input_of(g, n, 1)->op == SX_NEG)
        return sx_add(g, n->in[0], input_of(g, n, 1)->in[0]);
    if (sx_is_real(n->type) && sx_is_const(g, n->in[1]))
        return sx_add(g, n->in[0], sx_neg(g, n->in[1]));
    return SX_NONE;
}

static int simplify_pow(struct sx_graph *g, const struct sx_node *n)
{
    double p;
    if (!sx_is_real(n->type) || !sx_is_uniform(g, n->in[1], &p))
        return SX_NONE;
    if (p == 0)
        return filled(g, n, 1);
    if (p == 1)
        return as_result(g, n, n->in[0]);
    if (p == 2)
        return as_result(g, n, sx_mul(g, n->in[0], n->in[0]));
    if (p == 3)
        return as_result(g, n, sx_mul(g, sx_mul(g, n->in[0], n->in[0]), n->in[0]));
    if (p == -1)
        return as_result(g, n, sx_unary(g, SX_RECIP, n->in[0]));
    return SX_NONE;
}

static int simplify_where(struct sx_graph *g, const struct sx_node *n)
{
    double c;
    if (n->in[1] == n->in[2])
        return as_result(g, n, n->in[1]);
    if (sx_is_uniform(g, n->in[0], &c))
        return as_result(g, n, n->in[c != 0 ? 1 : 2]);
    if (is_value(g, n->in[1], 0) && is_value(g, n->in[2], 0))
        return filled(g, n, 0);
    return SX_NONE;
}

/* Division by a power of two becomes a product, which can be folded. Other divisors would round
 * differently. */
static int simplify_div(struct sx_graph *g, const struct sx_node *n)
{
    double divisor;
    int exponent;
    if (!sx_is_real(n->type) || sx_is_const(g, n->in[0]) ||
        !sx_is_uniform(g, n->in[1], &divisor) || fabs(frexp(divisor, &exponent)) != 0.5 ||
        abs(exponent) > 100)
        return SX_NONE;
    return sx_mul(g, n->in[0], sx_unary(g, SX_RECIP, n->in[1]));
}

static int simplify_by_op(struct sx_graph *g, const struct sx_node *n)
{
    switch (n->op) {
    case SX_RESHAPE:
        return simplify_reshape(g, n);
    case SX_TRANSPOSE:
        return simplify_transpose(g, n);
    case SX_EXPAND:
        return simplify_expand(g, n);
    case SX_SUM:
        return simplify_sum(g, n);
    case SX_SLICE:
    case SX_EMBED:
        return simplify_slice(g, n);
    case SX_TAKE:
        return simplify_take(g, n);
    case SX_CONCAT:
        return n->n_in == 1 ? n->in[0] : SX_NONE;
    case SX_NEG:
        return input_of(g, n, 0)->op == SX_NEG ? input_of(g, n, 0)->in[0] : SX_NONE;
    case SX_ADD:
        return simplify_add(g, n);
    case SX_SUB:
        return simplify_sub(g, n);
    case SX_MUL:
        return simplify_mul(g, n);
    case SX_DIV:
        return simplify_div(g, n);
    case SX_POW:
        return simplify_pow(g, n);
    case SX_WHERE:
        return simplify_where(g, n);
    default:
        return SX_NONE;
    }
}

int sx_simplify(struct sx_graph *g, const struct sx_node *node)
{
    struct sx_node n = *node;
    int simpler = SX_NONE;
    if (sx_is_real(n.type))
        simpler = zero_through(g, &n);
    if (simpler == SX_NONE && sx_is_pointwise(&n) && n.n_in > 1)
        simpler = strip_expands(g, &n);
    return simpler != SX_NONE ? simpler : simplify_by_op(g, &n);
}
