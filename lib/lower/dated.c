/* dated.c - lowering of operators that were removed from ONNX, which early files use. */
#include "lower/scope.h"
#include "lower/tables.h"

static bool lower_affine(struct sx_lowering *l)
{
    int y = sx_scale(l->g, sx_arg(l, 0), sx_attr_float(l, "alpha", 1));
    return sx_give(l, sx_shift(l->g, y, sx_attr_float(l, "beta", 0)));
}

static bool lower_scale(struct sx_lowering *l)
{
    return sx_give(l, sx_scale(l->g, sx_arg(l, 0), sx_attr_float(l, "scale", 1)));
}

/* alpha tanh(beta x), alpha log(1 + e^(beta x)). */
static bool lower_scaled(struct sx_lowering *l)
{
    int x = sx_scale(l->g, sx_arg(l, 0), sx_attr_float(l, "beta", 1));
    int y = sx_unary(l->g, l->row->arg, x);
    return sx_give(l, sx_scale(l->g, y, sx_attr_float(l, "alpha", 1)));
}

/* ImageScaler: scale x + a bias per channel. */
static bool lower_image_scaler(struct sx_lowering *l)
{
    struct sx_reals bias = sx_attr_floats(l, "bias");
    struct sx_shape x = sx_arg_shape(l, 0), shape = {1, {bias.n}};
    if (x.rank != 4 || (bias.n > 0 && bias.n != x.dim[1]))
        return sx_reject(l, "a bias of %d for rank %d", bias.n, x.rank);
    int y = sx_scale(l->g, sx_arg(l, 0), sx_attr_float(l, "scale", 1));
    if (bias.n > 0)
        y = sx_add(l->g, y, sx_along(l->g, sx_real_const(l->g, &shape, bias.v), 1, x.rank));
    return sx_give(l, y);
}

/* Crop: removes `border` (left, top, right, bottom), or takes `scale` elements from there on. */
static bool lower_crop(struct sx_lowering *l)
{
    struct sx_ints border = sx_attr_ints(l, "border"), scale = sx_attr_ints(l, "scale");
    struct sx_shape x = sx_arg_shape(l, 0);
    int y = sx_arg(l, 0);
    if (x.rank != 4 || border.n != 4 || (scale.given && scale.n != 2))
        return sx_reject(l, "a border of %d for rank %d", border.n, x.rank);
    for (int i = 0; i < 2; i++) {
        int64_t begin = border.v[1 - i], end = border.v[3 - i], length = x.dim[2 + i];
        if (begin < 0 || begin > length || end < 0 || end > length - begin)
            return sx_reject(l, "the border is larger than the picture");
        int64_t count = scale.given ? scale.v[i] : length - begin - end;
        if (count < 0 || count > length - begin)
            return sx_reject(l, "the border is larger than the picture");
        y = sx_slice_axis(l->g, y, 2 + i, begin, count);
    }
    return sx_give(l, y);
}

/* MeanVarianceNormalization over everything, or per channel; ONNX Runtime includes the batch axis,
 * too. */
static bool lower_mvn(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int axes[SX_MAX_RANK], n = 0, mean, inverse;
    bool across = sx_attr_int(l, "across_channels", 0) != 0;
    for (int i = 0; i < x.rank; i++)
        if (i != 1 || across)
            axes[n++] = i;
    if (sx_attr_int(l, "normalize_variance", 1) == 0)
        return sx_give(l, sx_sub(g, sx_arg(l, 0), sx_mean(g, sx_arg(l, 0), axes, n)));
    return sx_give(l, sx_standardise(g, sx_arg(l, 0), axes, n, 1e-9, &mean, &inverse));
}

/* DynamicSlice: starts, ends and axes are inputs. */
static bool lower_dynamic_slice(struct sx_lowering *l)
{
    l->opset = 10;
    l->row = l->scope->root->find("", "Slice", l->opset);
    return l->row != NULL && l->row->lower(l);
}

/* Tile of opset 1: a number of copies along one axis. */
static bool lower_tile(struct sx_lowering *l)
{
    enum { MOST = 1 << 20 };
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t copies = 0, wanted = 0;
    int axis;
    struct sx_reals list[2];
    for (int k = 0; k < 2; k++) {
        int64_t *to = k == 0 ? &copies : &wanted;
        if (!sx_arg_real(l, 1 + k) ? !sx_const_int(l, 1 + k, "tiles, axis", to)
                                   : !sx_const_reals(l, 1 + k, "tiles, axis", &list[k]))
            return false;
        if (sx_arg_real(l, 1 + k))
            *to = list[k].n == 1 && list[k].v[0] >= 0 && list[k].v[0] <= MOST
                      ? (int64_t)list[k].v[0]
                      : -1;
    }
    if (copies < 1 || copies > MOST || !sx_axis(l, wanted, x.rank, &axis))
        return sx_reject(l, "%lld tiles along axis %lld", (long long)copies, (long long)wanted);
    int *parts = sx_scratch(l, (size_t)copies, sizeof *parts);
    for (int64_t i = 0; parts != NULL && i < copies; i++)
        parts[i] = sx_arg(l, 0);
    return parts != NULL && sx_give(l, sx_concat(l->g, parts, (int)copies, axis));
}

const struct sx_lowering_row sx_lower_dated[] = {
    {"", "Tile", 1, 5, 3, 3, lower_tile, 0, true},
    {"", "DynamicSlice", 1, 0, 3, 4, lower_dynamic_slice, 0, true},
    {"", "Affine", 1, 0, 1, 1, lower_affine, 0, true},
    {"", "Scale", 1, 0, 1, 1, lower_scale, 0, true},
    {"", "ScaledTanh", 1, 0, 1, 1, lower_scaled, SX_TANH, true},
    {"", "ParametricSoftplus", 1, 0, 1, 1, lower_scaled, SX_SOFTPLUS, true},
    {"", "ImageScaler", 1, 0, 1, 1, lower_image_scaler, 0, true},
    {"", "Crop", 1, 0, 1, 1, lower_crop, 0, true},
    {"", "MeanVarianceNormalization", 1, 8, 1, 1, lower_mvn, 0, true},
    {0},
};
