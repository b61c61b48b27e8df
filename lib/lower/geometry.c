/* geometry.c - lowering of AffineGrid, CenterCropPad, Col2Im and Det. */
#include "lower/tables.h"

/* n coordinates over -1 .. 1: with the ends (1 if n is 1), or the centres of n pixels. */
static int coordinates(struct sx_lowering *l, int64_t n, bool ends)
{
    struct sx_shape shape = {1, {n}};
    double *v = sx_scratch(l, (size_t)n, sizeof *v);
    for (int64_t i = 0; v != NULL && i < n; i++) {
        v[i] = (2 * (double)i + 1) / (double)n - 1;
        if (ends)
            v[i] = n > 1 ? 2 * (double)i / (double)(n - 1) - 1 : 1;
    }
    return v == NULL ? SX_NONE : sx_real_const(l->g, &shape, v);
}

/* AffineGrid: theta [N, k, k + 1] times (x, y, .., 1) at every place of size [N, C, .., H, W]. */
static bool lower_affine_grid(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape theta = sx_arg_shape(l, 0), all = {0};
    struct sx_ints size;
    if (!sx_const_ints(l, 1, "size", &size))
        return false;
    int k = size.n - 2;
    if (k < 2 || k > 3 || theta.rank != 3 || theta.dim[1] != k || theta.dim[2] != k + 1 ||
        theta.dim[0] != size.v[0])
        return sx_reject(l, "a size of %d dimensions for this theta", size.n);
    bool ends = sx_attr_int(l, "align_corners", 0) != 0;
    int parts[4];
    for (all.rank = 0; all.rank < k; all.rank++) {
        all.dim[all.rank] = size.v[all.rank + 2];
        if (size.v[all.rank + 2] < 1 || size.v[all.rank + 2] > 1 << 20)
            return sx_reject(l, "a dimension of %lld", (long long)size.v[all.rank + 2]);
    }
    int64_t points = sx_span(&all, 0, k), column[] = {points, 1};
    for (int i = 0; i < k; i++) { /* x, the last axis, comes first */
        int axis = k - 1 - i;
        int line = sx_along(g, coordinates(l, all.dim[axis], ends), axis, k);
        parts[i] = sx_shaped(g, sx_expand(g, line, &all), 2, column);
    }
    parts[k] = sx_filled(g, g->real, &(struct sx_shape){2, {points, 1}}, 1);
    int y = sx_matmul(g, sx_concat(g, parts, k + 1, 1), sx_arg(l, 0), false, true);
    struct sx_shape shape = {k + 2, {size.v[0]}};
    for (int i = 0; i < k; i++)
        shape.dim[i + 1] = all.dim[i];
    shape.dim[k + 1] = k;
    return sx_give(l, sx_shaped(g, y, shape.rank, shape.dim));
}

/* CenterCropPad: crops, or pads with zeros, to a shape; an odd rest goes to the end. */
static bool lower_center_crop_pad(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    struct sx_ints wanted, list = sx_attr_ints(l, "axes");
    int axes[SX_MAX_RANK], n, a = sx_arg(l, 0);
    if (!sx_const_ints(l, 1, "shape", &wanted) || !sx_axes(l, &list, x.rank, axes, &n))
        return false;
    if (wanted.n != n)
        return sx_reject(l, "a shape of %d dimensions for %d axes", wanted.n, n);
    for (int k = 0; k < n; k++) {
        int64_t have = x.dim[axes[k]], want = wanted.v[k];
        int64_t start[SX_MAX_RANK] = {0}, step[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        struct sx_shape wide = sx_shape_of(g, a);
        if (want < 0)
            return sx_reject(l, "a dimension of %lld", (long long)want);
        wide.dim[axes[k]] = want;
        start[axes[k]] = (want - have) / 2;
        if (want < have)
            a = sx_slice_axis(g, a, axes[k], (have - want) / 2, want);
        else if (want > have)
            a = sx_embed(g, a, start, step, &wide);
    }
    return sx_give(l, a);
}

/* Col2Im: sums columns [N, C * block, places] to a picture. It is the adjoint of a convolution
 * whose kernels each pick one element of the block. */
static bool lower_col2im(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), image = {0}, kernel = {0}, places = {0};
    struct sx_ints size, block, pads = sx_attr_ints(l, "pads");
    struct sx_ints strides = sx_attr_ints(l, "strides"),
                   dilations = sx_attr_ints(l, "dilations");
    if (!sx_const_ints(l, 1, "image_shape", &size) ||
        !sx_const_ints(l, 2, "block_shape", &block))
        return false;
    int k = size.n;
    if (x.rank != 3 || k < 1 || k > 3 || block.n != k || (pads.given && pads.n != 2 * k) ||
        (strides.given && strides.n != k) || (dilations.given && dilations.n != k))
        return sx_reject(l, "lists of %d and %d for this input", size.n, block.n);
    struct sx_conv c = {.group = 1, .rank = k};
    kernel.rank = places.rank = image.rank = k + 2;
    for (int i = 0; i < k; i++) {
        int64_t v[] = {size.v[i],
                       block.v[i],
                       strides.given ? strides.v[i] : 1,
                       dilations.given ? dilations.v[i] : 1,
                       pads.given ? pads.v[i] : 0,
                       pads.given ? pads.v[k + i] : 0};
        for (int j = 0; j < 6; j++)
            if (v[j] < (j < 4) || v[j] > 1 << 20)
                return sx_reject(l, "a length of %lld", (long long)v[j]);
        c.extent[i] = image.dim[i + 2] = v[0];
        kernel.dim[i + 2] = v[1];
        c.stride[i] = v[2];
        c.dilation[i] = v[3];
        c.pad_begin[i] = v[4];
        c.pad_end[i] = v[5];
        int64_t spare = v[0] + v[4] + v[5] - (v[1] - 1) * v[3] - 1;
        places.dim[i + 2] = spare < 0 ? 0 : spare / v[2] + 1;
    }
    int64_t taps = sx_span(&kernel, 2, k + 2);
    if (taps > 1 << 12 || x.dim[1] % taps != 0 || sx_span(&places, 2, k + 2) != x.dim[2])
        return sx_reject(l, "the columns do not fit image and block");
    kernel.dim[0] = places.dim[1] = taps;
    kernel.dim[1] = 1;
    places.dim[0] = x.dim[0] * (x.dim[1] / taps);
    double *eye = sx_scratch(l, (size_t)(taps * taps), sizeof *eye);
    for (int64_t i = 0; eye != NULL && i < taps; i++)
        eye[i * taps + i] = 1;
    if (eye == NULL)
        return false;
    int y = sx_conv_input(g, sx_shaped(g, sx_arg(l, 0), places.rank, places.dim),
                          sx_real_const(g, &kernel, eye), &c);
    image.dim[0] = x.dim[0];
    image.dim[1] = x.dim[1] / taps;
    return sx_give(l, sx_shaped(g, y, image.rank, image.dim));
}

/* Element [.., i, k] of matrices, as [.., 1, 1]. */
static int entry(struct sx_graph *g, int a, int rank, int i, int k)
{
    return sx_slice_axis(g, sx_slice_axis(g, a, rank - 2, i, 1), rank - 1, k, 1);
}

/* Det: minors[s] is the determinant of the first rows and the columns in the set s. */
static bool lower_det(struct sx_lowering *l)
{
    enum { MOST = 8 };
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int minors[1 << MOST], n = x.rank >= 2 ? (int)x.dim[x.rank - 1] : 0;
    if (x.rank < 2 || x.dim[x.rank - 1] > MOST || n < 1 || x.dim[x.rank - 2] != n)
        return sx_reject(l, "only square matrices of at most %d rows", MOST);
    minors[0] = sx_scalar(g, 1);
    for (int set = 1; set < 1 << n; set++) {
        int row = __builtin_popcount((unsigned)set) - 1, sum = SX_NONE;
        for (int k = 0, place = 0; k < n; k++) {
            if ((set >> k & 1) == 0)
                continue;
            int part =
                sx_mul(g, entry(g, sx_arg(l, 0), x.rank, row, k), minors[set & ~(1 << k)]);
            if (sum == SX_NONE)
                sum = (row + place) % 2 == 0 ? part : sx_neg(g, part);
            else
                sum = (row + place) % 2 == 0 ? sx_add(g, sum, part) : sx_sub(g, sum, part);
            place++;
        }
        minors[set] = sum;
    }
    return sx_give(l, sx_shaped(g, minors[(1 << n) - 1], x.rank - 2, x.dim));
}

const struct sx_lowering_row sx_lower_geometry[] = {
    {"", "AffineGrid", 20, 0, 2, 2, lower_affine_grid, 0, true},
    {"", "CenterCropPad", 18, 0, 2, 2, lower_center_crop_pad, 0, true},
    {"", "Col2Im", 18, 0, 3, 3, lower_col2im, 0, true},
    {"", "Det", 11, 0, 1, 1, lower_det, 0, true},
    {0},
};
