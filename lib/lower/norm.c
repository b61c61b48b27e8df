/* norm.c - lowering of normalisations. */
#include "lower/scope.h"
#include "lower/tables.h"

int sx_standardise(struct sx_graph *g, int x, const int *axes, int n, double epsilon, int *mean,
                   int *inverse)
{
    *mean = sx_mean(g, x, axes, n);
    int centred = sx_sub(g, x, *mean);
    int variance = sx_mean(g, sx_mul(g, centred, centred), axes, n);
    *inverse = sx_unary(g, SX_RECIP, sx_unary(g, SX_SQRT, sx_shift(g, variance, epsilon)));
    return sx_mul(g, centred, *inverse);
}

/* Statistics of the batch, in training mode. The running ones move towards them. */
static void batch_statistics(struct sx_lowering *l, int *mean, int *variance)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int axes[SX_MAX_RANK], n = 0, given[] = {sx_arg(l, 3), sx_arg(l, 4)};
    double momentum = sx_attr_float(l, "momentum", 0.9);
    for (int i = 0; i < x.rank; i++)
        if (i != 1)
            axes[n++] = i;
    int64_t channels = x.dim[1];
    int centre = sx_mean(g, sx_arg(l, 0), axes, n), away = sx_sub(g, sx_arg(l, 0), centre);
    *mean = sx_shaped(g, centre, 1, &channels);
    *variance = sx_shaped(g, sx_mean(g, sx_mul(g, away, away), axes, n), 1, &channels);
    for (int k = 0; k < 2; k++) {
        int moved = sx_scale(g, k == 0 ? *mean : *variance, 1 - momentum);
        int running = sx_add(g, sx_scale(g, given[k], momentum), moved);
        sx_give_as(l, k + 1, running, sx_arg_kind(l, k + 3));
    }
}

/* BatchNormalization. Before opset 9, `spatial` = 0 gave every element its own statistics. */
static bool lower_batch_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    double epsilon = sx_attr_float(l, "epsilon", 1e-5);
    int p[] = {sx_arg(l, 1), sx_arg(l, 2), sx_arg(l, 3), sx_arg(l, 4)};
    if (x.rank < 2)
        return sx_reject(l, "an input of rank %d", x.rank);
    if (sx_attr_int(l, "training_mode", 0) != 0) {
        sx_model_warn(l->scope->model,
                      "BatchNormalization in training mode uses the statistics of the batch");
        batch_statistics(l, &p[2], &p[3]);
    }
    for (int k = 0; k < 4 && sx_attr_int(l, "spatial", 1) != 0; k++)
        p[k] = sx_along(g, p[k], 1, x.rank);
    int factor = sx_div(g, p[0], sx_unary(g, SX_SQRT, sx_shift(g, p[3], epsilon)));
    int term = sx_sub(g, p[1], sx_mul(g, p[2], factor));
    return sx_give(l, sx_add(g, sx_mul(g, sx_arg(l, 0), factor), term));
}

/* Normalises groups of channels of x [N, C, ..], then scales per channel. */
static bool grouped(struct sx_lowering *l, int64_t groups, bool scale_per_group)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    if (x.rank < 2 || groups < 1 || x.dim[1] % groups != 0)
        return sx_reject(l, "%lld groups do not divide the channels", (long long)groups);
    int64_t dims[] = {x.dim[0], groups, x.dim[1] / groups * sx_span(&x, 2, x.rank)};
    const int inner = 2;
    int mean, inverse, axis = 1, rank = x.rank;
    int y = sx_standardise(g, sx_shaped(g, sx_arg(l, 0), 3, dims), &inner, 1,
                           sx_attr_float(l, "epsilon", 1e-5), &mean, &inverse);
    if (scale_per_group)
        rank = 3;
    else
        y = sx_shaped(g, y, x.rank, x.dim);
    y = sx_mul(g, y, sx_along(g, sx_arg(l, 1), axis, rank));
    y = sx_add(g, y, sx_along(g, sx_arg(l, 2), axis, rank));
    return sx_give(l, sx_shaped(g, y, x.rank, x.dim));
}

static bool lower_instance_norm(struct sx_lowering *l)
{
    return grouped(l, sx_arg_shape(l, 0).dim[1], false);
}

/* GroupNormalization; scale and bias were per group before opset 21. */
static bool lower_group_norm(struct sx_lowering *l)
{
    return grouped(l, sx_attr_int(l, "num_groups", 0), l->opset < 21);
}

static bool lower_layer_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int axes[SX_MAX_RANK], n = 0, first, mean, inverse;
    if (!sx_axis(l, sx_attr_int(l, "axis", -1), x.rank, &first))
        return false;
    for (int i = first; i < x.rank; i++)
        axes[n++] = i;
    int y = sx_standardise(g, sx_arg(l, 0), axes, n, sx_attr_float(l, "epsilon", 1e-5), &mean,
                           &inverse);
    sx_give_as(l, 1, mean, SX_ONNX_FLOAT);
    sx_give_as(l, 2, inverse, SX_ONNX_FLOAT);
    y = sx_mul(g, y, sx_arg(l, 1));
    return sx_give(l, sx_arg(l, 2) != SX_NONE ? sx_add(g, y, sx_arg(l, 2)) : y);
}

static bool lower_mvn(struct sx_lowering *l)
{
    static const int64_t usual[] = {0, 2, 3};
    struct sx_ints list = sx_attr_ints(l, "axes");
    int axes[SX_MAX_RANK], n, mean, inverse;
    if (!list.given)
        list = (struct sx_ints){true, 3, usual};
    if (!sx_axes(l, &list, sx_arg_shape(l, 0).rank, axes, &n))
        return false;
    return sx_give(l, sx_standardise(l->g, sx_arg(l, 0), axes, n, 1e-9, &mean, &inverse));
}

static bool lower_lp_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int axis, x = sx_arg(l, 0);
    int64_t p = sx_attr_int(l, "p", 2);
    if (!sx_axis(l, sx_attr_int(l, "axis", -1), sx_arg_shape(l, 0).rank, &axis))
        return false;
    if (p != 1 && p != 2)
        return sx_reject(l, "p = %lld", (long long)p);
    int size = p == 1 ? sx_sum(g, sx_unary(g, SX_ABS, x), &axis, 1)
                      : sx_safe_sqrt(g, sx_sum(g, sx_mul(g, x, x), &axis, 1));
    /* rows of zeros remain zero */
    int none = sx_binary(g, SX_EQUAL, size, sx_scalar(g, 0));
    return sx_give(l, sx_div(g, x, sx_where(g, none, sx_scalar(g, 1), size)));
}

/* x / (bias + alpha / size * sum of x^2 over `size` channels around)^beta. */
static bool lower_lrn(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t size = sx_attr_int(l, "size", 0);
    double alpha = sx_attr_float(l, "alpha", 1e-4), beta = sx_attr_float(l, "beta", 0.75);
    double bias = sx_attr_float(l, "bias", 1);
    if (size < 1 || size > INT32_MAX || x.rank < 2)
        return sx_reject(l, "size %lld for an input of rank %d", (long long)size, x.rank);
    int64_t dims[] = {x.dim[0], 1, x.dim[1], sx_span(&x, 2, x.rank)};
    struct sx_pool p = {.c = {.group = 1,
                              .rank = 2,
                              .stride = {1, 1},
                              .dilation = {1, 1},
                              .pad_begin = {(size - 1) / 2, 0},
                              .pad_end = {size / 2, 0},
                              .extent = {size, 1}}};
    int square = sx_shaped(g, sx_mul(g, sx_arg(l, 0), sx_arg(l, 0)), 4, dims);
    int sum = sx_shaped(g, sx_sum_pool(g, square, &p), x.rank, x.dim);
    int base = sx_shift(g, sx_scale(g, sum, alpha / (double)size), bias);
    return sx_give(l, sx_mul(g, sx_arg(l, 0), sx_binary(g, SX_POW, base, sx_scalar(g, -beta))));
}

const struct sx_lowering_row sx_lower_norm[] = {
    {"", "BatchNormalization", 1, 0, 5, 5, lower_batch_norm, 0, true},
    {"", "InstanceNormalization", 1, 0, 3, 3, lower_instance_norm, 0, true},
    {"", "GroupNormalization", 18, 0, 3, 3, lower_group_norm, 0, true},
    {"", "LayerNormalization", 1, 0, 2, 3, lower_layer_norm, 0, true},
    {"", "MeanVarianceNormalization", 9, 0, 1, 1, lower_mvn, 0, true},
    {"", "LpNormalization", 1, 0, 1, 1, lower_lp_norm, 0, true},
    {"", "LRN", 1, 0, 1, 1, lower_lrn, 0, true},
    {0},
};
