/* quant.c - lowering of quantised operators: on reals that are rounded and clipped.
 *
 * Products are of whole numbers, like the integers of the file, and are scaled once. Derivatives
 * pass through the rounding, see straight.c and enum sx_ste. */
#include "lower/scope.h"
#include "lower/tables.h"

/* A scale or zero point shaped to broadcast along an axis of x; one element remains a scalar. With
 * `block` it has x's rank, and each element is repeated `block` times along the axis. */
static int along(struct sx_lowering *l, int node, int axis, const struct sx_shape *x,
                 int64_t block)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, node);
    if (node == SX_NONE)
        return SX_NONE;
    node = sx_cast(g, node, g->real);
    if (sx_count(&shape) == 1)
        return sx_shaped(g, node, 0, NULL);
    if (block < 1 && shape.rank == 1 && axis < x->rank)
        return sx_along(g, node, axis, x->rank);
    if (block < 1 || shape.rank != x->rank || axis >= x->rank ||
        shape.dim[axis] != (x->dim[axis] - 1) / block + 1) {
        sx_reject(l, "a scale or zero point does not fit");
        return SX_NONE;
    }
    int64_t *index = sx_scratch(l, (size_t)x->dim[axis], sizeof *index);
    for (int64_t i = 0; index != NULL && i < x->dim[axis]; i++)
        index[i] = i / block;
    return index == NULL ? SX_NONE
                         : sx_take(g, node, sx_ints(g, (int)x->dim[axis], index), axis, false);
}

/* (x - zero) * scale; either may be SX_NONE. */
static int dequantised(struct sx_graph *g, int x, int scale, int zero)
{
    if (zero != SX_NONE)
        x = sx_sub(g, x, zero);
    return scale != SX_NONE ? sx_mul(g, x, scale) : x;
}

static bool limits(struct sx_lowering *l, int kind, double *low, double *high)
{
    switch (kind) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        *low = 0, *high = 255;
        return true;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
        *low = -128, *high = 127;
        return true;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
        *low = 0, *high = 65535;
        return true;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
        *low = -32768, *high = 32767;
        return true;
    case SX_ONNX_UINT4:
        *low = 0, *high = 15;
        return true;
    case SX_ONNX_INT4:
        *low = -8, *high = 7;
        return true;
    case SX_ONNX_UINT2:
        *low = 0, *high = 3;
        return true;
    case SX_ONNX_INT2:
        *low = -2, *high = 1;
        return true;
    default:
        return sx_reject(l, "quantising to %s is not supported", sx_onnx_type_name(kind));
    }
}

/* What is derived in place of round(x) + zero clipped to low .. high: see enum sx_ste. */
static int slope_of(struct sx_lowering *l, int x, int zero, double low, double high)
{
    struct sx_graph *g = l->g;
    int moved = zero != SX_NONE ? sx_add(g, x, zero) : x, least = sx_scalar(g, low);
    enum sx_ste ste = l->scope->root->options->ste;
    if (ste == SX_STE_CLIP)
        return sx_clip(g, moved, least, sx_scalar(g, high));
    if (ste != SX_STE_RELU || low != 0 || (zero != SX_NONE && !sx_is_const(g, zero)))
        return moved;
    int below = sx_binary(g, SX_LESS, moved, least);
    if (zero != SX_NONE)
        below = sx_binary(g, SX_AND, below, sx_binary(g, SX_EQUAL, zero, least));
    return sx_where(g, below, least, moved);
}

/* Sets output k to round(x) + zero, clipped to the type: integers with a twin. */
static bool give_rounded(struct sx_lowering *l, int k, int x, int zero, int kind)
{
    struct sx_graph *g = l->g;
    double low = 0, high = 0;
    if (kind >= SX_ONNX_FLOAT8E4M3FN && kind != SX_ONNX_UINT4 && kind != SX_ONNX_INT4 &&
        kind <= SX_ONNX_FLOAT4E2M1)
        return sx_give_as(
            l, k, sx_straight(l, sx_unsaturated(l, sx_convert(l, x, kind), x, kind), x), kind);
    if (!limits(l, kind, &low, &high))
        return false;
    int y = sx_unary(g, SX_ROUND, x);
    if (zero != SX_NONE)
        y = sx_add(g, y, zero);
    y = sx_clip(g, y, sx_scalar(g, low), sx_scalar(g, high));
    if (l->scope->root->options->ste == SX_STE_OFF)
        return sx_give_as(l, k, sx_cast(g, y, SX_INT), kind);
    int twin = sx_straight(l, y, slope_of(l, x, zero, low, high));
    return sx_give_value(
        l, k, (struct sx_value){.node = sx_cast(g, y, SX_INT), .kind = kind, .twin = 1 + twin});
}

/* x / scale. A scale that is computed from x is constant for derivatives. */
static int divided(struct sx_lowering *l, int x, int scale)
{
    bool straight = l->scope->root->options->ste != SX_STE_OFF;
    return sx_div(l->g, x, straight ? sx_stop(l->g, scale) : scale);
}

static bool lower_quantize(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), scale = sx_arg_shape(l, 1);
    int64_t block = sx_attr_int(l, "block_size", 0);
    int kind = sx_arg(l, 2) != SX_NONE ? sx_arg_kind(l, 2) : SX_ONNX_UINT8, axis = 0;
    if (sx_attr_int(l, "output_dtype", 0) != 0)
        kind = (int)sx_attr_int(l, "output_dtype", 0);
    if (sx_count(&scale) > 1 && !sx_axis(l, sx_attr_int(l, "axis", 1), x.rank, &axis))
        return false;
    int by = along(l, sx_arg(l, 1), axis, &x, block),
        zero = along(l, sx_arg(l, 2), axis, &x, block);
    return give_rounded(l, 0, divided(l, sx_arg_twin(l, 0), by), zero, kind);
}

static bool lower_dequantize(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), scale = sx_arg_shape(l, 1);
    int64_t block = sx_attr_int(l, "block_size", 0);
    int axis = 0;
    if (sx_count(&scale) > 1 && !sx_axis(l, sx_attr_int(l, "axis", 1), x.rank, &axis))
        return false;
    int by = along(l, sx_arg(l, 1), axis, &x, block),
        zero = along(l, sx_arg(l, 2), axis, &x, block);
    return sx_give_as(l, 0, dequantised(l->g, sx_arg_twin(l, 0), by, zero), sx_arg_kind(l, 1));
}

static bool lower_dynamic(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = sx_arg(l, 0), scale, point;
    sx_dynamic_scale(g, x, &scale, &point);
    if (l->scope->root->options->ste != SX_STE_OFF)
        scale = sx_stop(g, scale);
    sx_give_as(l, 1, scale, SX_ONNX_FLOAT);
    sx_give_as(l, 2, sx_cast(g, point, SX_INT), SX_ONNX_UINT8);
    return give_rounded(l, 0, sx_div(g, x, scale), point, SX_ONNX_UINT8);
}

/* x - zero point; there may be one zero point per element of an axis. */
static int centred(struct sx_lowering *l, int k, int zero, int axis)
{
    struct sx_shape x = sx_arg_shape(l, k);
    return dequantised(l->g, sx_arg_twin(l, k), SX_NONE,
                       along(l, sx_arg(l, zero), axis, &x, 0));
}

/* Operand k as reals; k + 1 is its scale, k + 2 its zero point. */
static int real_operand(struct sx_lowering *l, int k, int axis)
{
    struct sx_shape x = sx_arg_shape(l, k);
    return dequantised(l->g, sx_arg_twin(l, k), along(l, sx_arg(l, k + 1), axis, &x, 0),
                       along(l, sx_arg(l, k + 2), axis, &x, 0));
}

/* Gives sums of products as int32 with a twin. */
static bool give_sums(struct sx_lowering *l, int y)
{
    struct sx_value value = {.node = sx_convert(l, y, SX_ONNX_INT32), .kind = SX_ONNX_INT32};
    if (l->scope->root->options->ste != SX_STE_OFF)
        value.twin = y + 1;
    return sx_give_value(l, 0, value);
}

static bool lower_matmul_integer(struct sx_lowering *l)
{
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 1);
    int x = centred(l, 0, 2, a.rank - 2), y = centred(l, 1, 3, b.rank - 1);
    return give_sums(l, sx_product(l->g, x, y));
}

static bool lower_conv_integer(struct sx_lowering *l)
{
    return give_sums(l, sx_lower_conv(l, centred(l, 0, 2, 1), centred(l, 1, 3, 0), SX_NONE));
}

/* Gives y * scale, quantised by the scale and zero point of inputs k and k + 1. */
static bool give_scaled(struct sx_lowering *l, int y, int scale, int k)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, y);
    int by = along(l, sx_arg(l, k), 0, &shape, 0),
        zero = along(l, sx_arg(l, k + 1), 0, &shape, 0);
    int kind = sx_arg(l, k + 1) != SX_NONE ? sx_arg_kind(l, k + 1) : SX_ONNX_UINT8;
    y = scale != SX_NONE ? sx_mul(g, y, sx_div(g, scale, by)) : divided(l, y, by);
    return give_rounded(l, 0, y, zero, kind);
}

static bool lower_qlinear_matmul(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 3);
    int x = centred(l, 0, 2, a.rank - 2), y = centred(l, 3, 5, b.rank - 1);
    int z = sx_product(g, x, y);
    struct sx_shape to = sx_shape_of(g, z);
    int scale = sx_mul(g, along(l, sx_arg(l, 1), to.rank - 2, &to, 0),
                       along(l, sx_arg(l, 4), to.rank - 1, &to, 0));
    return give_scaled(l, z, scale, 6);
}

/* Moves channels from the second axis to the last, or back. */
static int channels(struct sx_graph *g, int x, bool last)
{
    struct sx_shape shape = sx_shape_of(g, x);
    int perm[SX_MAX_RANK] = {0};
    if (x == SX_NONE || shape.rank < 3)
        return x;
    for (int i = 1; i < shape.rank; i++)
        perm[i] = last ? i % (shape.rank - 1) + 1 : i == 1 ? shape.rank - 1 : i - 1;
    return sx_transpose(g, x, perm);
}

/* QLinearConv. The bias has the scale of the product, so it is added to the sums. */
static bool lower_qlinear_conv(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    bool last = sx_attr_int(l, "channels_last", 0) != 0;
    struct sx_shape given = sx_arg_shape(l, 0);
    int x = centred(l, 0, 2, last ? given.rank - 1 : 1), w = centred(l, 3, 5, 0);
    int y = sx_lower_conv(l, last ? channels(g, x, false) : x, w, sx_arg_twin(l, 8));
    y = last ? channels(g, y, true) : y;
    struct sx_shape shape = sx_shape_of(g, y);
    int axis = last ? shape.rank - 1 : 1;
    int scale = sx_mul(g, along(l, sx_arg(l, 1), axis, &shape, 0),
                       along(l, sx_arg(l, 4), axis, &shape, 0));
    return give_scaled(l, y, scale, 6);
}

/* ---- com.microsoft ---- */

static bool lower_qlinear_sum(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 3);
    if (l->row->arg == SX_ADD)
        return give_scaled(l, sx_add(g, real_operand(l, 0, 0), real_operand(l, 3, 0)), SX_NONE,
                           6);
    int scale = sx_mul(g, along(l, sx_arg(l, 1), 0, &a, 0), along(l, sx_arg(l, 4), 0, &b, 0));
    return give_scaled(l, sx_mul(g, centred(l, 0, 2, 0), centred(l, 3, 5, 0)), scale, 6);
}

/* An operator on x (inputs 0 to 2), whose result is quantised by inputs 3 and 4. */
static bool lower_qlinear_unary(struct sx_lowering *l)
{
    static const char *const names[] = {"Sigmoid", "LeakyRelu", "Softmax", "AveragePool",
                                        "GlobalAveragePool"};
    bool last = sx_attr_int(l, "channels_last", 0) != 0;
    bool mean = l->row->arg >= 3; /* means are of whole numbers, so that halves are exact */
    int x = mean ? centred(l, 0, 2, 0) : real_operand(l, 0, 0);
    int y = sx_lower_as(l, names[l->row->arg], last ? channels(l->g, x, false) : x);
    int scale = mean ? sx_shaped(l->g, sx_arg(l, 1), 0, NULL) : SX_NONE;
    return y != SX_NONE && give_scaled(l, last ? channels(l->g, y, true) : y, scale, 3);
}

/* QLinearConcat. Inputs: scale and zero point of the result, then three inputs per part. */
static bool lower_qlinear_concat(struct sx_lowering *l)
{
    int n = (l->n_in - 2) / 3, axis = 0;
    struct sx_shape first = sx_arg_shape(l, 2);
    int *parts = sx_scratch(l, (size_t)n, sizeof *parts);
    if (n < 1 || l->n_in != 3 * n + 2 || parts == NULL)
        return sx_reject(l, "%d inputs", l->n_in);
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), first.rank, &axis))
        return false;
    for (int i = 0; i < n; i++)
        parts[i] = real_operand(l, 2 + 3 * i, 0);
    return give_scaled(l, sx_concat(l->g, parts, n, axis), SX_NONE, 0);
}

/* Gives sums * scales + bias. */
static bool give_product(struct sx_lowering *l, int sums, int a_scale, int b_scale, int bias)
{
    struct sx_graph *g = l->g;
    struct sx_shape to = sx_shape_of(g, sums);
    int scale = sx_mul(g, a_scale, along(l, b_scale, to.rank - 1, &to, 0));
    int y = sx_mul(g, sums, scale);
    return sx_give_as(l, 0, bias != SX_NONE ? sx_add(g, y, bias) : y, SX_ONNX_FLOAT);
}

static bool lower_matmul_to_float(struct sx_lowering *l)
{
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 1);
    int x = centred(l, 0, 4, a.rank - 2), y = centred(l, 1, 5, b.rank - 1);
    int sums = sx_product(l->g, x, y);
    struct sx_shape to = sx_shape_of(l->g, sums);
    return give_product(l, sums, along(l, sx_arg(l, 2), to.rank - 2, &to, 0), sx_arg(l, 3),
                        sx_arg(l, 6));
}

/* DynamicQuantizeMatMul: x is quantised to uint8 first. */
static bool lower_dynamic_matmul(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape b = sx_arg_shape(l, 1);
    struct sx_value given = {.node = SX_NONE};
    struct sx_lowering rounding = *l;
    int x = sx_arg(l, 0), scale, point;
    rounding.out = &given;
    rounding.n_out = 1;
    sx_dynamic_scale(g, x, &scale, &point);
    if (l->scope->root->options->ste != SX_STE_OFF)
        scale = sx_stop(g, scale);
    if (!give_rounded(&rounding, 0, sx_div(g, x, scale), point, SX_ONNX_UINT8))
        return false;
    int whole = given.twin > 0 ? given.twin - 1 : sx_cast(g, given.node, g->real);
    int sums = sx_product(g, sx_sub(g, whole, point), centred(l, 1, 3, b.rank - 1));
    return give_product(l, sums, scale, sx_arg(l, 2), sx_arg(l, 4));
}

/* QLinearWhere: the first operand where the condition holds, else the second. */
static bool lower_qlinear_where(struct sx_lowering *l)
{
    int y = sx_where(l->g, sx_arg(l, 0), real_operand(l, 1, 0), real_operand(l, 4, 0));
    return give_scaled(l, y, SX_NONE, 7);
}

/* QGemm: A B + C of integers; the result is quantised, or real if it has no scale. */
static bool lower_qgemm(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape b = sx_arg_shape(l, 3);
    bool ta = sx_attr_int(l, "transA", 0) != 0, tb = sx_attr_int(l, "transB", 0) != 0;
    int x = centred(l, 0, 2, 0), y = centred(l, 3, 5, tb ? 0 : b.rank - 1);
    int sums = sx_gemm(g, x, y, SX_NONE, ta, tb, 1, 0);
    if (sx_arg(l, 6) != SX_NONE)
        sums = sx_add(g, sums, sx_arg_twin(l, 6));
    struct sx_shape to = sx_shape_of(g, sums);
    int scale = sx_mul(g, along(l, sx_arg(l, 1), 0, &to, 0),
                       along(l, sx_arg(l, 4), to.rank - 1, &to, 0));
    scale = sx_scale(g, scale, sx_attr_float(l, "alpha", 1));
    if (sx_arg(l, 7) == SX_NONE)
        return sx_give_as(l, 0, sx_mul(g, sums, scale), SX_ONNX_FLOAT);
    return give_scaled(l, sums, scale, 7);
}

#define MS "com.microsoft"
const struct sx_lowering_row sx_lower_quant[] = {
    {"", "QuantizeLinear", 10, 0, 2, 3, lower_quantize, 0, false},
    {"", "DequantizeLinear", 10, 0, 2, 3, lower_dequantize, 0, true},
    {"", "DynamicQuantizeLinear", 11, 0, 1, 1, lower_dynamic, 0, false},
    {"", "MatMulInteger", 10, 0, 2, 4, lower_matmul_integer, 0, false},
    {"", "ConvInteger", 10, 0, 2, 4, lower_conv_integer, 0, false},
    {"", "QLinearMatMul", 10, 0, 8, 8, lower_qlinear_matmul, 0, false},
    {"", "QLinearConv", 10, 0, 8, 9, lower_qlinear_conv, 0, false},
    {MS, "QuantizeLinear", 1, 0, 2, 3, lower_quantize, 0, false},
    {MS, "DequantizeLinear", 1, 0, 2, 3, lower_dequantize, 0, true},
    {MS, "QLinearConv", 1, 0, 8, 9, lower_qlinear_conv, 0, false},
    {MS, "QLinearAdd", 1, 0, 7, 8, lower_qlinear_sum, SX_ADD, false},
    {MS, "QLinearMul", 1, 0, 7, 8, lower_qlinear_sum, SX_MUL, false},
    {MS, "QLinearSigmoid", 1, 0, 4, 5, lower_qlinear_unary, 0, false},
    {MS, "QLinearLeakyRelu", 1, 0, 4, 5, lower_qlinear_unary, 1, false},
    {MS, "QLinearSoftmax", 1, 0, 4, 5, lower_qlinear_unary, 2, false},
    {MS, "QLinearAveragePool", 1, 0, 4, 5, lower_qlinear_unary, 3, false},
    {MS, "QLinearGlobalAveragePool", 1, 0, 4, 5, lower_qlinear_unary, 4, false},
    {MS, "QLinearConcat", 1, 0, 5, -1, lower_qlinear_concat, 0, false},
    {MS, "QLinearWhere", 1, 0, 9, 9, lower_qlinear_where, 0, false},
    {MS, "QGemm", 1, 0, 6, 9, lower_qgemm, 0, true},
    {MS, "MatMulInteger16", 1, 0, 2, 2, lower_matmul_integer, 0, false},
    {MS, "MatMulIntegerToFloat", 1, 0, 4, 7, lower_matmul_to_float, 0, true},
    {MS, "DynamicQuantizeMatMul", 1, 0, 3, 5, lower_dynamic_matmul, 0, true},
    {0},
};
