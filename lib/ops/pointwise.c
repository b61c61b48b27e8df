/* pointwise.c - the rows of the pointwise operators: types, shapes, derivatives. */
#include <math.h>

#include "graph/derive.h"
#include "ops/map.h"

static int attributes(int op)
{
    if (op == SX_ISINF)
        return 2;
    return op == SX_CAST || op == SX_NARROW || op == SX_BITS || op == SX_SHIFT ? 1 : 0;
}

static bool shape(struct sx_graph *g, struct sx_node *node)
{
    const char *name = sx_row_of(g, node)->name;
    int first = node->op == SX_WHERE;
    enum sx_type type = g->node[node->in[first]].type;
    if (node->n_attr != attributes(node->op))
        return sx_graph_fail(g, SX_MODEL, "%s: %d attributes", name, node->n_attr);
    if (!sx_pointwise_type(node->op, type, node->n_attr > 0 ? node->attr[0] : 0, &node->type) ||
        (sx_is_real(node->type) && node->type != g->real) ||
        (first == 1 && g->node[node->in[0]].type != SX_BOOL))
        return sx_graph_fail(g, SX_MODEL, "%s: does not take operands of this type", name);
    for (int k = 0; k < node->n_in; k++) {
        if (k > first && g->node[node->in[k]].type != type)
            return sx_graph_fail(g, SX_MODEL, "%s: operands differ in type", name);
        if (!sx_broadcast_shape(&node->shape, &node->shape, &g->node[node->in[k]].shape))
            return sx_graph_fail(g, SX_MODEL, "%s: shapes do not broadcast", name);
    }
    return true;
}

static int square(struct sx_graph *g, int a)
{
    return sx_mul(g, a, a);
}

static int one_minus(struct sx_graph *g, int a)
{
    return sx_shift(g, sx_neg(g, a), 1);
}

static int root(struct sx_graph *g, int a)
{
    return sx_unary(g, SX_SQRT, a);
}

/* f'(x) of a smooth function y = f(x). */
static int slope(struct sx_graph *g, int op, int x, int y)
{
    switch (op) {
    case SX_RECIP:
        return sx_neg(g, square(g, y));
    case SX_EXP:
        return y;
    case SX_LOG:
        return sx_unary(g, SX_RECIP, x);
    case SX_SQRT:
        return sx_unary(g, SX_RECIP, sx_scale(g, y, 2));
    case SX_SIN:
        return sx_unary(g, SX_COS, x);
    case SX_COS:
        return sx_neg(g, sx_unary(g, SX_SIN, x));
    case SX_TAN:
        return sx_shift(g, square(g, y), 1);
    case SX_ASIN:
        return sx_unary(g, SX_RECIP, root(g, one_minus(g, square(g, x))));
    case SX_ACOS:
        return sx_neg(g, sx_unary(g, SX_RECIP, root(g, one_minus(g, square(g, x)))));
    case SX_ATAN:
        return sx_unary(g, SX_RECIP, sx_shift(g, square(g, x), 1));
    case SX_SINH:
        return sx_unary(g, SX_COSH, x);
    case SX_COSH:
        return sx_unary(g, SX_SINH, x);
    case SX_TANH:
        return one_minus(g, square(g, y));
    case SX_ASINH:
        return sx_unary(g, SX_RECIP, root(g, sx_shift(g, square(g, x), 1)));
    case SX_ACOSH:
        return sx_unary(g, SX_RECIP, root(g, sx_shift(g, square(g, x), -1)));
    case SX_ATANH:
        return sx_unary(g, SX_RECIP, one_minus(g, square(g, x)));
    case SX_SIGMOID:
        return sx_mul(g, y, one_minus(g, y));
    case SX_SOFTPLUS:
        return sx_unary(g, SX_SIGMOID, x);
    case SX_ERF:
        return sx_scale(g, sx_unary(g, SX_EXP, sx_neg(g, square(g, x))), M_2_SQRTPI);
    case SX_ABS:
        return sx_unary(g, SX_SIGN, x);
    default:
        return SX_NONE;
    }
}

static void derive_smooth(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    if (need[0])
        dx[0] = sx_mul(g, dy, slope(g, g->node[y].op, g->node[y].in[0], y));
}

static void derive_neg(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    (void)y;
    if (need[0])
        dx[0] = sx_neg(g, dy);
}

/* The derivative of NARROW, and of a CAST between real types. */
static void derive_same(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    (void)g;
    (void)y;
    if (need[0])
        dx[0] = dy;
}

/* Compares the result, not the operand, so that only the ReLU reads its operand and runtimes can
 * fuse it. */
static void derive_relu(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    int zero = sx_scalar(g, 0);
    if (need[0])
        dx[0] = sx_where(g, sx_binary(g, SX_LESS, zero, y), dy, zero);
}

/* The cotangent of operand k from that of its broadcast. */
static int unbroadcast(struct sx_graph *g, int y, int k, int cotangent)
{
    struct sx_shape shape_k = sx_shape_of(g, g->node[y].in[k]);
    return sx_sum_to(g, cotangent, &shape_k);
}

static void derive_add(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    for (int k = 0; k < 2; k++)
        if (need[k])
            dx[k] = unbroadcast(g, y, k, dy);
}

static void derive_sub(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    if (need[0])
        dx[0] = unbroadcast(g, y, 0, dy);
    if (need[1])
        dx[1] = sx_neg(g, unbroadcast(g, y, 1, dy));
}

static void derive_mul(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const int a = g->node[y].in[0], b = g->node[y].in[1];
    if (need[0])
        dx[0] = unbroadcast(g, y, 0, sx_mul(g, dy, b));
    if (need[1])
        dx[1] = unbroadcast(g, y, 1, sx_mul(g, dy, a));
}

static void derive_div(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const int b = g->node[y].in[1];
    int da = sx_div(g, dy, b);
    if (need[0])
        dx[0] = unbroadcast(g, y, 0, da);
    if (need[1])
        dx[1] = sx_neg(g, unbroadcast(g, y, 1, sx_mul(g, da, y)));
}

/* The derivative of x^p by x: p x^(p-1), and zero where p is zero even if x is zero. */
static int power_slope(struct sx_graph *g, int x, int p)
{
    double value;
    int rest = sx_binary(g, SX_POW, x, sx_shift(g, p, -1));
    if (sx_is_uniform(g, p, &value))
        return sx_mul(g, rest, p);
    int zero = sx_scalar(g, 0);
    return sx_where(g, sx_binary(g, SX_EQUAL, p, zero), zero, sx_mul(g, rest, p));
}

/* The derivative of x^p by p: x^p log x, and zero where x is not positive, because there x^p exists
 * only for single p. */
static int exponent_slope(struct sx_graph *g, int x, int y)
{
    int zero = sx_scalar(g, 0), positive = sx_binary(g, SX_LESS, zero, x);
    int safe = sx_where(g, positive, x, sx_scalar(g, 1));
    return sx_where(g, positive, sx_mul(g, y, sx_unary(g, SX_LOG, safe)), zero);
}

static void derive_pow(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const int x = g->node[y].in[0], p = g->node[y].in[1];
    if (need[0])
        dx[0] = unbroadcast(g, y, 0, sx_mul(g, dy, power_slope(g, x, p)));
    if (need[1])
        dx[1] = unbroadcast(g, y, 1, sx_mul(g, dy, exponent_slope(g, x, y)));
}

/* MIN and MAX: the cotangent goes to the operand that is chosen; ties share it equally. */
static void derive_extreme(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const bool smallest = g->node[y].op == SX_MIN;
    const int a = g->node[y].in[0], b = g->node[y].in[1];
    int tie = sx_binary(g, SX_EQUAL, a, b);
    int rest = sx_where(g, tie, sx_scale(g, dy, 0.5), sx_scalar(g, 0));
    for (int k = 0; k < 2; k++) {
        const int own = k == 0 ? a : b, other = k == 0 ? b : a;
        int wins = sx_binary(g, SX_LESS, smallest ? own : other, smallest ? other : own);
        if (need[k])
            dx[k] = unbroadcast(g, y, k, sx_where(g, wins, dy, rest));
    }
}

/* MOD and FMOD: a - n b, with an integer n that is constant almost everywhere. */
static void derive_mod(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const int a = g->node[y].in[0], b = g->node[y].in[1];
    if (need[0])
        dx[0] = unbroadcast(g, y, 0, dy);
    if (need[1]) {
        int n = sx_unary(g, SX_ROUND, sx_div(g, sx_sub(g, a, y), b));
        dx[1] = sx_neg(g, unbroadcast(g, y, 1, sx_mul(g, dy, n)));
    }
}

/* THROUGH: the cotangent goes to the second operand. */
static void derive_through(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    if (need[1])
        dx[1] = unbroadcast(g, y, 1, dy);
}

static void derive_where(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const int condition = g->node[y].in[0], zero = sx_scalar(g, 0);
    if (need[1])
        dx[1] = unbroadcast(g, y, 1, sx_where(g, condition, dy, zero));
    if (need[2])
        dx[2] = unbroadcast(g, y, 2, sx_where(g, condition, zero, dy));
}

#define ROW(NAME, n, rule, kind)                                                               \
    const struct sx_row sx_row_##NAME = {                                                      \
        .name = #NAME,                                                                         \
        .min_in = n,                                                                           \
        .max_in = n,                                                                           \
        .shape = shape,                                                                        \
        .derive = rule,                                                                        \
        .flow = SX_FLOW_##kind,                                                                \
        .batch = sx_batch_pointwise,                                                           \
        .run = sx_map_run_node,                                                                \
    };

ROW(neg, 1, derive_neg, SUM)
ROW(recip, 1, derive_smooth, POINT)
ROW(exp, 1, derive_smooth, POINT)
ROW(log, 1, derive_smooth, POINT)
ROW(sqrt, 1, derive_smooth, POINT)
ROW(sin, 1, derive_smooth, POINT)
ROW(cos, 1, derive_smooth, POINT)
ROW(tan, 1, derive_smooth, POINT)
ROW(asin, 1, derive_smooth, POINT)
ROW(acos, 1, derive_smooth, POINT)
ROW(atan, 1, derive_smooth, POINT)
ROW(sinh, 1, derive_smooth, POINT)
ROW(cosh, 1, derive_smooth, POINT)
ROW(tanh, 1, derive_smooth, POINT)
ROW(asinh, 1, derive_smooth, POINT)
ROW(acosh, 1, derive_smooth, POINT)
ROW(atanh, 1, derive_smooth, POINT)
ROW(sigmoid, 1, derive_smooth, POINT)
ROW(softplus, 1, derive_smooth, POINT)
ROW(erf, 1, derive_smooth, POINT)
ROW(relu, 1, derive_relu, POINT)
ROW(abs, 1, derive_smooth, POINT)
ROW(sign, 1, NULL, POINT)
ROW(floor, 1, NULL, POINT)
ROW(ceil, 1, NULL, POINT)
ROW(round, 1, NULL, POINT)
ROW(isnan, 1, NULL, NONE)
ROW(isinf, 1, NULL, NONE)
ROW(not, 1, NULL, NONE)
ROW(bitnot, 1, NULL, NONE)
ROW(cast, 1, derive_same, POINT)
ROW(narrow, 1, derive_same, POINT)
ROW(bits, 1, NULL, NONE)
ROW(add, 2, derive_add, SUM)
ROW(sub, 2, derive_sub, SUM)
ROW(mul, 2, derive_mul, PRODUCT)
ROW(div, 2, derive_div, POINT)
ROW(pow, 2, derive_pow, POINT)
ROW(min, 2, derive_extreme, POINT)
ROW(max, 2, derive_extreme, POINT)
ROW(mod, 2, derive_mod, POINT)
ROW(fmod, 2, derive_mod, POINT)
ROW(equal, 2, NULL, NONE)
ROW(less, 2, NULL, NONE)
ROW(lesseq, 2, NULL, NONE)
ROW(and, 2, NULL, NONE)
ROW(or, 2, NULL, NONE)
ROW(xor, 2, NULL, NONE)
ROW(bitand, 2, NULL, NONE)
ROW(bitor, 2, NULL, NONE)
ROW(bitxor, 2, NULL, NONE)
ROW(shift, 2, NULL, NONE)
const struct sx_row sx_row_through = {
    .name = "through",
    .min_in = 2,
    .max_in = 2,
    .shape = shape,
    .derive = derive_through,
    .flow = SX_FLOW_MOVE,
    .batch = sx_batch_pointwise,
    .run = sx_map_run_node,
};
ROW(where, 3, derive_where, POINT)
