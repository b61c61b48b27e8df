/* plain.c - lowering of com.microsoft's operators that equal those of ONNX, or nearly so. */
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

/* What a row stands for: an operator of the default domain, at an operator set. */
static const struct {
    const char *op;
    int64_t opset;
} standard[] = {
    {"GatherND", 12}, {"Pad", 13}, {"Trilu", 14}, {"Unsqueeze", 13}, {"Gather", 13}};
enum { GATHER_ND, PAD, TRILU, UNSQUEEZE, GATHER };

static bool lower_standard(struct sx_lowering *l)
{
    l->opset = standard[l->row->arg].opset;
    l->row = l->scope->root->find("", standard[l->row->arg].op, l->opset);
    return l->row != NULL && l->row->lower(l);
}

/* CDist: distances of the rows of two matrices. */
static bool lower_cdist(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 1);
    bool squared = sx_attr_word(l, "metric", "euclidean sqeuclidean", 1) == 1;
    const int last = 2;
    if (a.rank != 2 || b.rank != 2 || a.dim[1] != b.dim[1])
        return sx_reject(l, "rows of different lengths");
    int difference =
        sx_sub(g, sx_shaped(g, sx_arg(l, 0), 3, (int64_t[]){a.dim[0], 1, a.dim[1]}),
               sx_shaped(g, sx_arg(l, 1), 3, (int64_t[]){1, b.dim[0], b.dim[1]}));
    int sum = sx_sum(g, sx_mul(g, difference, difference), &last, 1);
    sum = sx_shaped(g, sum, 2, (int64_t[]){a.dim[0], b.dim[0]});
    return sx_give(l, squared ? sum : sx_safe_sqrt(g, sum));
}

/* Rows `from` of [.., n, m]: [.., 1, m]. */
static int row_of(struct sx_graph *g, int a, int64_t from)
{
    return sx_slice_axis(g, a, sx_shape_of(g, a).rank - 2, from, 1);
}

/* Gauss-Jordan elimination on [matrix, identity]. In step k, the row from k on with the largest
 * element in column k is swapped to k, divided by that element, and subtracted from all others. */
static int eliminated(struct sx_graph *g, int wide, int64_t n)
{
    struct sx_shape shape = sx_shape_of(g, wide);
    int rows = shape.rank - 2, columns = shape.rank - 1;
    int place = sx_along(g, sx_iota(g, n), rows, shape.rank);
    for (int64_t k = 0; k < n; k++) {
        int column = sx_slice_axis(g, wide, columns, k, 1);
        int below = sx_binary(g, SX_LESSEQ, sx_scalar_int(g, k), place);
        int size = sx_where(g, below, sx_unary(g, SX_ABS, column), sx_scalar(g, -1));
        int best = sx_argmax(g, size, rows, false);
        int is_best = sx_binary(g, SX_EQUAL, place, best);
        int chosen = sx_sum(g, sx_mul(g, sx_cast(g, is_best, g->real), wide), &rows, 1);
        int old = row_of(g, wide, k);
        wide = sx_where(g, is_best, old, wide);
        int factor = sx_slice_axis(g, wide, columns, k, 1);
        chosen = sx_div(g, chosen, sx_slice_axis(g, chosen, columns, k, 1));
        int is_k = sx_binary(g, SX_EQUAL, place, sx_scalar_int(g, k));
        wide = sx_where(g, is_k, chosen, sx_sub(g, wide, sx_mul(g, factor, chosen)));
    }
    return sx_slice_axis(g, wide, columns, n, n);
}

static bool lower_inverse(struct sx_lowering *l)
{
    enum { MOST = 64 };
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = x.rank >= 2 ? x.dim[x.rank - 1] : 0;
    if (n < 1 || n > MOST || x.dim[x.rank - 2] != n)
        return sx_reject(l, "only square matrices of at most %d rows", MOST);
    int across = sx_shaped(g, sx_iota(g, n), 2, (int64_t[]){1, n});
    int down = sx_shaped(g, sx_iota(g, n), 2, (int64_t[]){n, 1});
    int identity = sx_cast(g, sx_binary(g, SX_EQUAL, across, down), g->real);
    int parts[] = {sx_arg(l, 0), sx_expand(g, identity, &x)};
    return sx_give(l, eliminated(g, sx_concat(g, parts, 2, x.rank - 1), n));
}

/* BiasSoftmax: softmax(x + bias) over the axes from `axis` on, joined. */
static bool lower_bias_softmax(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = sx_add(g, sx_arg(l, 0), sx_arg(l, 1)), axis;
    struct sx_shape shape = sx_shape_of(g, x);
    if (!sx_axis(l, sx_attr_int(l, "axis", 1), shape.rank, &axis))
        return false;
    int64_t dims[] = {sx_span(&shape, 0, axis), sx_span(&shape, axis, shape.rank)};
    int y = sx_softmax(g, sx_shaped(g, x, 2, dims), 1);
    return sx_give(l, sx_shaped(g, y, shape.rank, shape.dim));
}

static bool lower_bias_add(struct sx_lowering *l)
{
    return sx_give(l, sx_add(l->g, sx_add(l->g, sx_arg(l, 0), sx_arg(l, 1)), sx_arg(l, 2)));
}

/* BiasSplitGelu: half of the channels times gelu of the other half. */
static bool lower_bias_split_gelu(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = sx_add(g, sx_arg(l, 0), sx_arg(l, 1));
    struct sx_shape shape = sx_shape_of(g, x);
    int last = shape.rank - 1;
    if (last < 0 || shape.dim[last] % 2 != 0)
        return sx_reject(l, "an odd number of channels");
    int64_t half = shape.dim[last] / 2;
    int gate = sx_gelu(g, sx_slice_axis(g, x, last, half, half), false);
    return sx_give(l, sx_mul(g, sx_slice_axis(g, x, last, 0, half), gate));
}

/* Normalises groups of channels of x [N, H, W, C], or [N, C, H, W], by inputs 1 (factors) and 2 (terms), and
 * applies Swish if asked for. */
static bool give_group_norm(struct sx_lowering *l, int x)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, x);
    bool last = sx_attr_int(l, "channels_last", 1) != 0;
    int axis = last ? shape.rank - 1 : 1, mean, inverse;
    int64_t groups = sx_attr_int(l, "groups", 0),
            channels = shape.rank > 2 ? shape.dim[axis] : 0;
    if (groups < 1 || channels % groups != 0 || shape.rank < 3)
        return sx_reject(l, "%lld groups of %lld channels", (long long)groups,
                         (long long)channels);
    int64_t each = channels / groups, places = sx_span(&shape, 1, shape.rank) / channels;
    int64_t at_end[] = {shape.dim[0], places, groups, each};
    int64_t at_front[] = {shape.dim[0], groups, each, places};
    const int axes[2][2] = {{2, 3}, {1, 3}};
    int y = sx_standardise(g, sx_shaped(g, x, 4, last ? at_end : at_front), axes[last], 2,
                           sx_attr_float(l, "epsilon", 1e-5), &mean, &inverse);
    y = sx_mul(g, sx_shaped(g, y, shape.rank, shape.dim),
               sx_along(g, sx_arg(l, 1), axis, shape.rank));
    y = sx_add(g, y, sx_along(g, sx_arg(l, 2), axis, shape.rank));
    if (sx_attr_int(l, "activation", 0) != 0)
        y = sx_mul(g, y, sx_unary(g, SX_SIGMOID, y));
    return sx_give(l, y);
}

static bool lower_group_norm(struct sx_lowering *l)
{
    return give_group_norm(l, sx_arg(l, 0));
}

/* SkipGroupNorm: GroupNorm of x + skip + bias, which is output 1. skip may be [N, C]. */
static bool lower_skip_group_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), skip = sx_arg_shape(l, 3), both;
    int term = sx_arg(l, 3);
    if (skip.rank == 2 && x.rank == 4)
        term = sx_shaped(g, term, 4, (int64_t[]){skip.dim[0], 1, 1, skip.dim[1]});
    skip = sx_shape_of(g, term);
    if (sx_attr_int(l, "channels_last", 1) == 0 || !sx_broadcast_shape(&both, &x, &skip) ||
        !sx_shape_equal(&both, &x))
        return sx_reject(l, "input 3 (skip) does not fit, or channels are first");
    int sum = sx_add(g, sx_arg(l, 0), term);
    if (sx_arg(l, 4) != SX_NONE)
        sum = sx_add(g, sum, sx_arg(l, 4));
    sx_give_as(l, 1, sum, sx_arg_kind(l, 0));
    return give_group_norm(l, sum);
}

/* BiasDropout: x + bias + residual; nothing is dropped. */
static bool lower_bias_dropout(struct sx_lowering *l)
{
    int y = sx_add(l->g, sx_arg(l, 0), sx_arg(l, 1));
    if (sx_arg(l, 2) != SX_NONE)
        y = sx_add(l->g, y, sx_arg(l, 2));
    struct sx_shape shape = sx_shape_of(l->g, y);
    sx_give_as(l, 1, sx_filled(l->g, SX_BOOL, &shape, 1), SX_ONNX_BOOL);
    return sx_give(l, y);
}

/* GemmFastGelu: the product, with a bias, through the tanh form of gelu. */
static bool lower_gemm_gelu(struct sx_lowering *l)
{
    int y = sx_product(l->g, sx_arg(l, 0), sx_arg(l, 1));
    if (sx_arg(l, 2) != SX_NONE)
        y = sx_add(l->g, y, sx_arg(l, 2));
    return sx_give(l, sx_gelu(l->g, y, true));
}

static bool lower_gated_add(struct sx_lowering *l)
{
    int gated = sx_mul(l->g, sx_arg(l, 1), sx_arg(l, 2));
    return sx_give(l, sx_add(l->g, sx_arg(l, 0), gated));
}

/* GatedRMSNorm: each run of as many elements as there are factors is divided by its root mean square and
 * scaled, and multiplied by silu(gate). */
static bool lower_gated_rms(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), scale = sx_arg_shape(l, 1);
    const int last = 1;
    int64_t n = scale.rank == 1 ? scale.dim[0] : 0, width = x.rank > 0 ? x.dim[x.rank - 1] : 1;
    if (n < 1 || width % n != 0 || sx_attr(l, "epsilon") == NULL)
        return sx_reject(l, "%lld factors for %lld elements, or no epsilon", (long long)n,
                         (long long)width);
    int rows = sx_shaped(g, sx_arg(l, 0), 2, (int64_t[]){sx_count(&x) / n, n});
    int square = sx_mean(g, sx_mul(g, rows, rows), &last, 1);
    int root = sx_unary(g, SX_SQRT, sx_shift(g, square, sx_attr_float(l, "epsilon", 0)));
    int y = sx_mul(g, sx_div(g, rows, root), sx_arg(l, 1));
    int gate = sx_mul(g, sx_arg(l, 2), sx_unary(g, SX_SIGMOID, sx_arg(l, 2)));
    return sx_give(l, sx_mul(g, sx_shaped(g, y, x.rank, x.dim), gate));
}

/* UnfoldTensor: like torch's unfold, windows along an axis become a new last axis. */
static bool lower_unfold(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t size = sx_attr_int(l, "size", 0), step = sx_attr_int(l, "step", 1);
    int axis, perm[SX_MAX_RANK], n = 0;
    if (x.rank == SX_MAX_RANK || !sx_axis(l, sx_attr_int(l, "dim", -1), x.rank, &axis))
        return false;
    if (size < 1 || step < 1 || size > x.dim[axis])
        return sx_reject(l, "windows of %lld, by %lld, of an axis of %lld", (long long)size,
                         (long long)step, (long long)x.dim[axis]);
    int64_t windows = (x.dim[axis] - size) / step + 1;
    int start = sx_along(l->g, sx_iota(l->g, windows), 0, 2);
    start = sx_binary(l->g, SX_MUL, start, sx_scalar_int(l->g, step));
    int index = sx_add(l->g, start, sx_iota(l->g, size));
    for (int i = 0; i <= x.rank; i++)
        if (i != axis + 1)
            perm[n++] = i;
    perm[n] = axis + 1;
    return sx_give(l,
                   sx_transpose(l->g, sx_take(l->g, sx_arg(l, 0), index, axis, false), perm));
}

#define MS "com.microsoft"
const struct sx_lowering_row sx_lower_plain[] = {
    {MS, "GatherND", 1, 0, 2, 2, lower_standard, GATHER_ND, true},
    {MS, "Pad", 1, 0, 2, 3, lower_standard, PAD, true},
    {MS, "Trilu", 1, 0, 1, 2, lower_standard, TRILU, true},
    {MS, "ExpandDims", 1, 0, 2, 2, lower_standard, UNSQUEEZE, true},
    {MS, "UnfoldTensor", 1, 0, 1, 1, lower_unfold, 0, true},
    {MS, "CDist", 1, 0, 2, 2, lower_cdist, 0, true},
    {MS, "Inverse", 1, 0, 1, 1, lower_inverse, 0, true},
    {MS, "BiasSoftmax", 1, 0, 2, 2, lower_bias_softmax, 0, true},
    {MS, "BiasAdd", 1, 0, 3, 3, lower_bias_add, 0, true},
    {MS, "BiasSplitGelu", 1, 0, 2, 2, lower_bias_split_gelu, 0, true},
    {MS, "GroupNorm", 1, 0, 3, 3, lower_group_norm, 0, true},
    {MS, "SkipGroupNorm", 1, 0, 4, 5, lower_skip_group_norm, 0, true},
    {MS, "BiasDropout", 1, 0, 2, 5, lower_bias_dropout, 0, true},
    {MS, "GemmFastGelu", 1, 0, 2, 3, lower_gemm_gelu, 0, true},
    {MS, "TorchEmbedding", 1, 0, 2, 4, lower_standard, GATHER, true},
    {MS, "GatedAdd", 1, 0, 3, 3, lower_gated_add, 0, true},
    {MS, "GatedRMSNorm", 1, 0, 3, 3, lower_gated_rms, 0, true},
    {0},
};
