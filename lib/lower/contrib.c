/* contrib.c - lowering of com.microsoft's fused operators, which optimisers write. */
#include <string.h>

#include "lower/tables.h"

/* ---- Products with activations ---- */

/* Exchanges the batch axes with the first of the last two: [b, m, k] to [m, b, k]. */
static int batch_transposed(struct sx_lowering *l, int k, bool swap)
{
    struct sx_shape shape = sx_arg_shape(l, k);
    int perm[SX_MAX_RANK], n = shape.rank;
    if (!swap || n < 3)
        return sx_arg(l, k);
    for (int i = 1; i < n - 1; i++)
        perm[i - 1] = i;
    perm[n - 2] = 0;
    perm[n - 1] = n - 1;
    return sx_transpose(l->g, sx_arg(l, k), perm);
}

static int last_transposed(struct sx_graph *g, int a, bool swap)
{
    struct sx_shape shape = sx_shape_of(g, a);
    int perm[SX_MAX_RANK], n = shape.rank;
    if (!swap || n < 2)
        return a;
    for (int i = 0; i < n; i++)
        perm[i] = i;
    perm[n - 2] = n - 1;
    perm[n - 1] = n - 2;
    return sx_transpose(g, a, perm);
}

/* The product of FusedMatMul's inputs as its attributes say. */
static int fused_product(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int a = batch_transposed(l, 0, sx_attr_int(l, "transBatchA", 0) != 0);
    int b = batch_transposed(l, 1, sx_attr_int(l, "transBatchB", 0) != 0);
    a = last_transposed(g, a, sx_attr_int(l, "transA", 0) != 0);
    b = last_transposed(g, b, sx_attr_int(l, "transB", 0) != 0);
    double alpha = sx_attr_float(l, "alpha", 1);
    int y = sx_product(g, a, b);
    return alpha != 1 ? sx_scale(g, y, alpha) : y;
}

static bool lower_fused_matmul(struct sx_lowering *l)
{
    return sx_give(l, fused_product(l));
}

/* Applies the activation that a fused operator names; none: y itself. */
static bool give_activated(struct sx_lowering *l, int y, double alpha, double beta)
{
    const char *name = sx_attr_string(l, "activation", 0);
    if (name == NULL || *name == '\0')
        return sx_give(l, y);
    if (strcmp(name, "Clip") == 0)
        y = sx_clip(l->g, y, sx_scalar(l->g, alpha), sx_scalar(l->g, beta));
    else
        y = sx_activation(l->g, name, y, alpha, beta);
    if (y == SX_NONE && l->g->error.status == SX_OK)
        return sx_reject(l, "activation '%.*s' is not supported", SX_NAME_SHOWN, name);
    return sx_give(l, y);
}

static bool lower_fused_gemm(struct sx_lowering *l)
{
    int y = sx_gemm(l->g, sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2),
                    sx_attr_int(l, "transA", 0) != 0, sx_attr_int(l, "transB", 0) != 0,
                    sx_attr_float(l, "alpha", 1), sx_attr_float(l, "beta", 1));
    return give_activated(l, y, sx_attr_float(l, "activation_alpha", 0.01),
                          sx_attr_float(l, "activation_beta", 0));
}

static bool lower_activated_matmul(struct sx_lowering *l)
{
    return give_activated(l, fused_product(l), sx_attr_float(l, "activation_alpha", 0.01),
                          sx_attr_float(l, "activation_beta", 0));
}

/* FusedConv: input 3 is added before the activation. */
static bool lower_fused_conv(struct sx_lowering *l)
{
    struct sx_reals params = sx_attr_floats(l, "activation_params");
    int y = sx_lower_conv(l, sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2));
    if (sx_arg(l, 3) != SX_NONE)
        y = sx_add(l->g, y, sx_arg(l, 3));
    return give_activated(l, y, params.n > 0 ? params.v[0] : 0.01,
                          params.n > 1 ? params.v[1] : 0);
}

/* ---- Activations ---- */

static bool lower_gelu(struct sx_lowering *l)
{
    int x = sx_arg(l, 0);
    if (sx_arg(l, 1) != SX_NONE)
        x = sx_add(l->g, x, sx_arg(l, 1));
    return sx_give(l, sx_gelu(l->g, x, l->row->arg != 0));
}

static bool lower_quick_gelu(struct sx_lowering *l)
{
    int x = sx_arg(l, 0), inner = sx_scale(l->g, x, sx_attr_float(l, "alpha", 1.702));
    return sx_give(l, sx_mul(l->g, x, sx_unary(l->g, SX_SIGMOID, inner)));
}

/* ---- Normalisations ---- */

/* Normalises over the last axis and scales; beta may be omitted. Sets outputs 0 to 2. */
static bool give_normalised(struct sx_lowering *l, int x, int gamma, int beta, double epsilon,
                            int kind)
{
    struct sx_graph *g = l->g;
    int axis = sx_shape_of(g, x).rank - 1, mean, inverse;
    if (axis < 0)
        return sx_reject(l, "a scalar has no axes");
    int y = sx_mul(g, sx_standardise(g, x, &axis, 1, epsilon, &mean, &inverse), gamma);
    sx_give_as(l, 1, mean, SX_ONNX_FLOAT);
    sx_give_as(l, 2, inverse, SX_ONNX_FLOAT);
    return sx_give_as(l, 0, beta != SX_NONE ? sx_add(g, y, beta) : y, kind);
}

static bool lower_skip_layer_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = sx_add(g, sx_arg(l, 0), sx_arg(l, 1));
    if (sx_arg(l, 4) != SX_NONE)
        x = sx_add(g, x, sx_arg(l, 4));
    sx_give_as(l, 3, x, sx_arg_kind(l, 0));
    return give_normalised(l, x, sx_arg(l, 2), sx_arg(l, 3), sx_attr_float(l, "epsilon", 1e-12),
                           sx_arg_kind(l, 0));
}

/* Gives x / sqrt(mean(x^2) + epsilon) * gamma over the axes from `first` on. */
static bool give_rms(struct sx_lowering *l, int x, int gamma, int first, double epsilon,
                     int k_inverse)
{
    struct sx_graph *g = l->g;
    int axes[SX_MAX_RANK], n = 0, rank = sx_shape_of(g, x).rank;
    for (int i = first; i < rank; i++)
        axes[n++] = i;
    int square = sx_mean(g, sx_mul(g, x, x), axes, n);
    int root = sx_unary(g, SX_SQRT, sx_shift(g, square, epsilon));
    int inverse = sx_unary(g, SX_RECIP, root);
    sx_give_as(l, k_inverse, inverse, SX_ONNX_FLOAT);
    return sx_give(l, sx_mul(g, sx_mul(g, x, inverse), gamma));
}

static bool lower_rms_norm(struct sx_lowering *l)
{
    int first;
    return sx_axis(l, sx_attr_int(l, "axis", -1), sx_arg_shape(l, 0).rank, &first) &&
           give_rms(l, sx_arg(l, 0), sx_arg(l, 1), first, sx_attr_float(l, "epsilon", 1e-5), 1);
}

/* Output 1, where the other operators have means, is 0. */
static bool lower_skip_rms_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = sx_add(g, sx_arg(l, 0), sx_arg(l, 1));
    if (sx_arg(l, 3) != SX_NONE)
        x = sx_add(g, x, sx_arg(l, 3));
    sx_give_as(l, 3, x, sx_arg_kind(l, 0));
    struct sx_shape means = sx_shape_of(g, x);
    if (means.rank < 1)
        return sx_reject(l, "a scalar has no axes");
    means.dim[means.rank - 1] = 1;
    sx_give_as(l, 1, sx_filled(g, g->real, &means, 0), SX_ONNX_FLOAT);
    return give_rms(l, x, sx_arg(l, 2), means.rank - 1, sx_attr_float(l, "epsilon", 1e-12), 2);
}

static int looked_up(struct sx_lowering *l, int table, int ids)
{
    return sx_take(l->g, table, sx_index(l, ids, sx_shape_of(l->g, table).dim[0]), 0, false);
}

/* EmbedLayerNormalization. Inputs ids, segments, tables of words, positions and segments, gamma,
 * beta, mask, position ids. */
static bool lower_embed_layer_norm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape ids = sx_arg_shape(l, 0), table = sx_arg_shape(l, 3);
    static const int needed[] = {2, 3, 5, 6};
    for (int i = 0; i < 4; i++)
        if (sx_arg(l, needed[i]) == SX_NONE)
            return sx_reject(l, "input %d is missing", needed[i]);
    if (ids.rank != 2 || table.rank != 2 || table.dim[0] < ids.dim[1])
        return sx_reject(l, "ids of rank %d, %lld positions", ids.rank,
                         (long long)table.dim[0]);
    int x = looked_up(l, sx_arg(l, 2), sx_arg(l, 0));
    if (sx_arg(l, 8) != SX_NONE)
        x = sx_add(g, x, looked_up(l, sx_arg(l, 3), sx_arg(l, 8)));
    else
        x = sx_add(g, x, sx_slice_axis(g, sx_arg(l, 3), 0, 0, ids.dim[1]));
    if (sx_arg(l, 1) != SX_NONE && sx_arg(l, 4) != SX_NONE)
        x = sx_add(g, x, looked_up(l, sx_arg(l, 4), sx_arg(l, 1)));
    if (!give_normalised(l, x, sx_arg(l, 5), sx_arg(l, 6), sx_attr_float(l, "epsilon", 1e-12),
                         SX_ONNX_FLOAT))
        return false;
    const int axis = 1;
    const struct sx_shape lengths = {1, {ids.dim[0]}};
    int mask = sx_arg(l, 7);
    if (mask != SX_NONE)
        mask = sx_reshape(g, sx_sum(g, mask, &axis, 1), &lengths);
    else
        mask = sx_filled(g, SX_INT, &lengths, 0);
    sx_give_as(l, 1, mask, SX_ONNX_INT32);
    return sx_give_as(l, 2, x, SX_ONNX_FLOAT);
}

/* ---- States ---- */

/* CausalConvWithState. x [batch, channels, length] follows the last elements of earlier calls. Each
 * channel has a filter and a bias. The last elements are an output for the next call. */
static bool lower_causal_conv(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), w = sx_arg_shape(l, 1), past = x;
    int64_t dilation = sx_attr_int(l, "dilation", 1);
    if (x.rank != 3 || w.rank != 3 || w.dim[0] != x.dim[1] || w.dim[1] != 1 || w.dim[2] < 1 ||
        dilation < 1 || dilation > (1 << 20) / w.dim[2] ||
        sx_attr_int(l, "channels_last", 0) != 0 || sx_attr_int(l, "state_window", 0) != 0)
        return sx_reject(l, "only [batch, channels, length] with a filter [channels, 1, n]");
    past.dim[2] = (w.dim[2] - 1) * dilation;
    struct sx_shape given = sx_arg_shape(l, 3);
    if (sx_arg(l, 3) != SX_NONE && !sx_shape_equal(&given, &past))
        return sx_reject(l, "input 3 (past_state) does not fit");
    int before = sx_arg(l, 3) != SX_NONE ? sx_arg(l, 3) : sx_filled(g, g->real, &past, 0);
    const int parts[] = {before, sx_arg(l, 0)};
    int all = sx_concat(g, parts, 2, 2);
    const struct sx_conv c = {
        .group = x.dim[1], .rank = 1, .stride = {1}, .dilation = {dilation}};
    int y = sx_conv(g, all, sx_arg(l, 1), &c);
    if (sx_arg(l, 2) != SX_NONE)
        y = sx_add(g, y, sx_along(g, sx_arg(l, 2), 1, 3));
    if (sx_attr_word(l, "activation", "none silu swish", 0) != 0)
        y = sx_mul(g, y, sx_unary(g, SX_SIGMOID, y));
    sx_give_as(l, 1, sx_slice_axis(g, all, 2, x.dim[2], past.dim[2]), sx_arg_kind(l, 0));
    return sx_give(l, y);
}

static bool lower_sample(struct sx_lowering *l)
{
    return sx_give(l, sx_arg(l, 0));
}

const struct sx_lowering_row sx_lower_contrib[] = {
    {"com.microsoft", "FusedMatMul", 1, 0, 2, 2, lower_fused_matmul, 0, true},
    {"com.microsoft", "TransposeMatMul", 1, 0, 2, 2, lower_fused_matmul, 0, true},
    {"com.microsoft", "FusedMatMulActivation", 1, 0, 2, 2, lower_activated_matmul, 0, true},
    {"com.microsoft", "FusedGemm", 1, 0, 2, 3, lower_fused_gemm, 0, true},
    {"com.microsoft", "FusedConv", 1, 0, 2, 4, lower_fused_conv, 0, true},
    {"com.microsoft", "Gelu", 1, 0, 1, 1, lower_gelu, 0, true},
    {"com.microsoft", "BiasGelu", 1, 0, 2, 2, lower_gelu, 0, true},
    {"com.microsoft", "FastGelu", 1, 0, 1, 2, lower_gelu, 1, true},
    {"com.microsoft", "QuickGelu", 1, 0, 1, 1, lower_quick_gelu, 0, true},
    {"com.microsoft", "SkipLayerNormalization", 1, 0, 3, 5, lower_skip_layer_norm, 0, true},
    {"", "SimplifiedLayerNormalization", 1, 0, 2, 2, lower_rms_norm, 0, true},
    {"", "RMSNormalization", 23, 0, 2, 2, lower_rms_norm, 0, true},
    {"com.microsoft", "SkipSimplifiedLayerNormalization", 1, 0, 3, 4, lower_skip_rms_norm, 0,
     true},
    {"", "CausalConvWithState", 27, 0, 2, 4, lower_causal_conv, 0, true},
    {"com.microsoft", "CausalConvWithState", 1, 0, 2, 4, lower_causal_conv, 0, true},
    {"com.microsoft", "SampleOp", 1, 0, 1, 1, lower_sample, 0, true},
    {"com.microsoft", "EmbedLayerNormalization", 1, 0, 1, 9, lower_embed_layer_norm, 0, true},
    {0},
};
