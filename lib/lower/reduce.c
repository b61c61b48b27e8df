/* reduce.c - lowering of reductions, and of operators along one axis. */
#include "lower/tables.h"

/* The most elements for which CumProd is unrolled. */
#define MOST_FACTORS 4096

/* Lists axes; an axis that is given twice counts once. */
static bool some_axes(struct sx_lowering *l, const struct sx_ints *list, int rank, int *axes,
                      int *n)
{
    bool seen[SX_MAX_RANK] = {false};
    *n = 0;
    for (int i = 0; i < list->n; i++) {
        int axis;
        if (!sx_axis(l, list->v[i], rank, &axis))
            return false;
        if (!seen[axis])
            axes[(*n)++] = axis;
        seen[axis] = true;
    }
    return true;
}

/* The axes of a reduction: an attribute, from opset 13 (ReduceSum) or 18 on input 1. None means
 * all, unless noop_with_empty_axes is set. */
static bool axes_of(struct sx_lowering *l, int *axes, int *n)
{
    struct sx_ints list;
    struct sx_shape shape = sx_arg_shape(l, 0);
    if (!sx_ints_of(l, "axes", 1, &list))
        return false;
    if (list.given && list.n == 0)
        list.given = false;
    *n = 0;
    if (!list.given && sx_attr_int(l, "noop_with_empty_axes", 0) != 0)
        return true;
    return list.given ? some_axes(l, &list, shape.rank, axes, n)
                      : sx_axes(l, &list, shape.rank, axes, n);
}

/* Removes axes that a reduction left with length 1. */
static int dropped(struct sx_lowering *l, int a, const int *axes, int n)
{
    struct sx_shape shape = sx_shape_of(l->g, a), rest = {0};
    if (sx_attr_int(l, "keepdims", 1) != 0)
        return a;
    for (int i = 0; i < shape.rank; i++) {
        bool is_reduced = false;
        for (int k = 0; k < n; k++)
            is_reduced = is_reduced || axes[k] == i;
        if (!is_reduced)
            rest.dim[rest.rank++] = shape.dim[i];
    }
    return sx_shaped(l->g, a, rest.rank, rest.dim);
}

/* log(sum(exp(a))), stable: the largest element, rounded down, is subtracted. It has no derivative
 * and needs none, because the result does not depend on it. */
static int log_sum_exp(struct sx_graph *g, int a, const int *axes, int n)
{
    int top = sx_unary(g, SX_FLOOR, sx_reduce_max(g, a, axes, n));
    top = sx_where(g, sx_is_infinite(g, top, true, true), sx_scalar(g, 0), top);
    int sum = sx_sum(g, sx_unary(g, SX_EXP, sx_sub(g, a, top)), axes, n);
    return sx_add(g, sx_unary(g, SX_LOG, sum), top);
}

/* The same of integers, rounded towards 0 without rounding the elements. */
static int whole_log_sum_exp(struct sx_graph *g, int a, const int *axes, int n)
{
    int top = sx_reduce_max(g, a, axes, n);
    int rest = sx_unary(g, SX_EXP, sx_cast(g, sx_sub(g, a, top), g->real));
    rest = sx_unary(g, SX_LOG, sx_sum(g, rest, axes, n));
    int below = sx_cast(g, sx_unary(g, SX_FLOOR, rest), SX_INT);
    int above = sx_cast(g, sx_unary(g, SX_CEIL, rest), SX_INT);
    int is_negative = sx_binary(g, SX_LESS, sx_add(g, top, above), sx_scalar_int(g, 1));
    return sx_add(g, top, sx_where(g, is_negative, above, below));
}

/* The product over axes: they are joined to one, the last, which is halved until one element is
 * left. */
static int product(struct sx_graph *g, int a, const int *axes, int n)
{
    struct sx_shape shape = sx_shape_of(g, a), kept = shape;
    int perm[SX_MAX_RANK], rank = 0;
    bool is_reduced[SX_MAX_RANK] = {false};
    for (int k = 0; k < n; k++) {
        is_reduced[axes[k]] = true;
        kept.dim[axes[k]] = 1;
    }
    for (int i = 0; i < shape.rank; i++)
        if (!is_reduced[i])
            perm[rank++] = i;
    for (int k = 0; k < n; k++)
        perm[rank + k] = axes[k];
    int64_t outer = sx_count(&kept), count = 1;
    for (int k = 0; k < n; k++)
        count *= shape.dim[axes[k]];
    if (count == 0)
        return sx_filled(g, a == SX_NONE ? g->real : g->node[a].type, &kept, 1);
    a = sx_shaped(g, sx_transpose(g, a, perm), 2, (int64_t[]){outer, count});
    while (count > 1 && a != SX_NONE) {
        int64_t half = count / 2;
        int low = sx_slice_axis(g, a, 1, 0, half), high = sx_slice_axis(g, a, 1, half, half);
        int folded = sx_mul(g, low, high);
        if (count % 2 == 1) {
            const int parts[] = {folded, sx_slice_axis(g, a, 1, count - 1, 1)};
            folded = sx_concat(g, parts, 2, 1);
        }
        a = folded;
        count = half + count % 2;
    }
    return sx_shaped(g, a, kept.rank, kept.dim);
}

enum reduction { SUM, MEAN, MAX, MIN, PROD, L1, L2, SQUARES, LOGSUM, LOGSUMEXP };

static int reduced(struct sx_graph *g, enum reduction what, int a, const int *axes, int n)
{
    switch (what) {
    case SUM:
        return sx_sum(g, a, axes, n);
    case MEAN:
        return sx_mean(g, a, axes, n);
    case MAX:
        return sx_reduce_max(g, a, axes, n);
    case MIN:
        return sx_neg(g, sx_reduce_max(g, sx_neg(g, a), axes, n));
    case PROD:
        return product(g, a, axes, n);
    case L1:
        return sx_sum(g, sx_unary(g, SX_ABS, a), axes, n);
    case L2:
        return sx_safe_sqrt(g, sx_sum(g, sx_mul(g, a, a), axes, n));
    case SQUARES:
        return sx_sum(g, sx_mul(g, a, a), axes, n);
    case LOGSUM:
        return sx_unary(g, SX_LOG, sx_sum(g, a, axes, n));
    default:
        return log_sum_exp(g, a, axes, n);
    }
}

/* Applies a reduction without axes: every element is reduced by itself. */
static int each_alone(struct sx_lowering *l, enum reduction what, int a)
{
    if (what == L1 || what == L2)
        return sx_unary(l->g, SX_ABS, a);
    if (what == SQUARES)
        return sx_wrap(l->g, sx_mul(l->g, a, a), sx_arg_kind(l, 0));
    return what == LOGSUM && sx_arg_real(l, 0) ? sx_unary(l->g, SX_LOG, a) : a;
}

/* The least value of an integer type, or the largest: what the extreme of no elements is. */
static int64_t extreme_of_none(int kind, enum reduction what)
{
    static const struct {
        int kind, bits;
    } types[] = {{SX_ONNX_BOOL, 1},
                 {SX_ONNX_UINT8, 8},
                 {SX_ONNX_INT8, -8},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, 16},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__INT16, -16},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__UINT32, 32},
                 {SX_ONNX_INT32, -32}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int bits = types[i].bits;
        if (types[i].kind != kind)
            continue;
        if (bits > 0)
            return what != MIN ? 0 : ((int64_t)1 << bits) - 1;
        int64_t half = (int64_t)1 << (-bits - 1);
        return what != MIN ? -half : half - 1;
    }
    if (kind == SX_ONNX_UINT64)
        return what != MIN ? 0 : -1;
    return what != MIN ? INT64_MIN : INT64_MAX;
}

/* Whether axes have no elements. */
static bool are_empty(const struct sx_shape *shape, const int *axes, int n)
{
    for (int k = 0; k < n; k++)
        if (shape->dim[axes[k]] == 0)
            return true;
    return false;
}

/* A reduction of integers whose result is an integer of 64 bits. */
static int reduced_ints(struct sx_lowering *l, enum reduction what, const int *axes, int n)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    bool is_empty = are_empty(&shape, axes, n);
    if (what == LOGSUMEXP && !is_empty)
        return whole_log_sum_exp(g, sx_cast(g, sx_arg(l, 0), SX_INT), axes, n);
    if ((what != MAX && what != MIN && what != LOGSUMEXP) || !is_empty)
        return reduced(g, what, sx_cast(g, sx_arg(l, 0), SX_INT), axes, n);
    for (int k = 0; k < n; k++)
        shape.dim[axes[k]] = 1;
    return sx_expand(g, sx_scalar_int(g, extreme_of_none(sx_arg_kind(l, 0), what)), &shape);
}

/* A reduction. Means and roots of integers are computed as reals and truncated; maxima of bools as
 * integers. */
static bool lower_reduce(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    enum reduction what = (enum reduction)l->row->arg;
    int axes[SX_MAX_RANK], n, a = sx_arg(l, 0), kind = sx_arg_kind(l, 0);
    if (!axes_of(l, axes, &n))
        return false;
    if (n == 0 && sx_arg_shape(l, 0).rank > 0)
        return sx_give(l, each_alone(l, what, a));
    if (sx_arg_real(l, 0))
        return sx_give(l, dropped(l, reduced(g, what, a, axes, n), axes, n));
    bool exact = what != MEAN && what != L2 && what != LOGSUM;
    int result = exact ? reduced_ints(l, what, axes, n)
                       : reduced(g, what, sx_cast(g, a, g->real), axes, n);
    return sx_give(l, sx_convert(l, dropped(l, result, axes, n), kind));
}

/* ArgMax; ArgMin is ArgMax of the negative. */
static bool lower_arg(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    int axis, a = sx_arg(l, 0);
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), shape.rank, &axis))
        return false;
    bool last = sx_attr_int(l, "select_last_index", 0) != 0;
    int result = sx_argmax(l->g, l->row->arg != 0 ? sx_neg(l->g, a) : a, axis, last);
    return sx_give_as(l, 0, dropped(l, result, &axis, 1), SX_ONNX_INT64);
}

static bool lower_cumsum(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    int64_t wanted = 0;
    int axis;
    if (!sx_const_int(l, 1, "axis", &wanted) || !sx_axis(l, wanted, shape.rank, &axis))
        return false;
    int result = sx_cumsum(l->g, sx_arg(l, 0), axis, sx_attr_int(l, "exclusive", 0) != 0,
                           sx_attr_int(l, "reverse", 0) != 0);
    return sx_give(l, sx_wrap(l->g, result, sx_arg_kind(l, 0)));
}

/* CumProd, unrolled. */
static bool lower_cumprod(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0), slot = shape;
    int64_t wanted = 0;
    int axis, x = sx_arg(l, 0);
    bool exclusive = sx_attr_int(l, "exclusive", 0) != 0;
    bool reverse = sx_attr_int(l, "reverse", 0) != 0;
    if (!sx_const_int(l, 1, "axis", &wanted) || !sx_axis(l, wanted, shape.rank, &axis))
        return false;
    int n = (int)shape.dim[axis];
    int *part = sx_scratch(l, (size_t)n, sizeof *part);
    if (n < 1 || n > MOST_FACTORS || part == NULL)
        return sx_reject(l, "an axis of %lld", (long long)shape.dim[axis]);
    slot.dim[axis] = 1;
    int so_far = sx_filled(g, g->node[x].type, &slot, 1);
    for (int i = 0; i < n; i++) {
        int at = reverse ? n - 1 - i : i;
        int next = sx_mul(g, so_far, sx_slice_axis(g, x, axis, at, 1));
        part[at] = exclusive ? so_far : next;
        so_far = next;
    }
    return sx_give(l, sx_wrap(g, sx_concat(g, part, n, axis), sx_arg_kind(l, 0)));
}

/* TopK; k was an attribute before opset 10. */
static bool lower_topk(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int64_t k = sx_attr_int(l, "k", -1);
    int axis, a = sx_arg(l, 0);
    if (!sx_axis(l, sx_attr_int(l, "axis", -1), shape.rank, &axis) ||
        !sx_const_int(l, 1, "k", &k))
        return false;
    if (k < 0 || k > shape.dim[axis])
        return sx_reject(l, "k = %lld of %lld elements", (long long)k,
                         (long long)shape.dim[axis]);
    int index = sx_sort_index(g, a, axis, sx_attr_int(l, "largest", 1) != 0);
    index = sx_slice_axis(g, index, axis, 0, k);
    sx_give_as(l, 1, index, SX_ONNX_INT64);
    return sx_give(l, sx_take(g, a, index, axis, true));
}

const struct sx_lowering_row sx_lower_reduce[] = {
    {"", "ReduceSum", 1, 0, 1, 2, lower_reduce, SUM, true},
    {"", "ReduceMean", 1, 0, 1, 2, lower_reduce, MEAN, true},
    {"", "ReduceMax", 1, 0, 1, 2, lower_reduce, MAX, true},
    {"", "ReduceMin", 1, 0, 1, 2, lower_reduce, MIN, true},
    {"", "ReduceProd", 1, 0, 1, 2, lower_reduce, PROD, true},
    {"", "ReduceL1", 1, 0, 1, 2, lower_reduce, L1, true},
    {"", "ReduceL2", 1, 0, 1, 2, lower_reduce, L2, true},
    {"", "ReduceSumSquare", 1, 0, 1, 2, lower_reduce, SQUARES, true},
    {"", "ReduceLogSum", 1, 0, 1, 2, lower_reduce, LOGSUM, true},
    {"", "ReduceLogSumExp", 1, 0, 1, 2, lower_reduce, LOGSUMEXP, true},
    {"", "ArgMax", 1, 0, 1, 1, lower_arg, 0, false},
    {"", "ArgMin", 1, 0, 1, 1, lower_arg, 1, false},
    {"", "CumSum", 11, 0, 2, 2, lower_cumsum, 0, true},
    {"", "CumProd", 26, 0, 2, 2, lower_cumprod, 0, true},
    {"", "TopK", 1, 0, 1, 2, lower_topk, 0, true},
    {0},
};
