/* quant.c - lowering of quantised operators: on reals, rounded and clipped where they would be. */
#include "lower/tables.h"

/* A scale or zero point along an axis of something of rank `rank`; one element stays a scalar.
 * With `block` it has the same rank, and each element serves `block` of the axis. */
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
    x = sx_cast(g, x, g->real);
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
    default:
        return sx_reject(l, "quantising to %s is not supported", sx_onnx_type_name(kind));
    }
}

/* round(x / scale) + zero, clipped to the type, as integers. */
static int quantised(struct sx_lowering *l, int x, int scale, int zero, int kind)
{
    struct sx_graph *g = l->g;
    double low = 0, high = 0;
    if (!limits(l, kind, &low, &high))
        return SX_NONE;
    x = sx_unary(g, SX_ROUND, sx_div(g, x, scale));
    if (zero != SX_NONE)
        x = sx_add(g, x, zero);
    return sx_cast(g, sx_clip(g, x, sx_scalar(g, low), sx_scalar(g, high)), SX_INT);
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
    return sx_give_as(
        l, 0, quantised(l, sx_cast(l->g, sx_arg(l, 0), l->g->real), by, zero, kind), kind);
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
    return sx_give_as(l, 0, dequantised(l->g, sx_arg(l, 0), by, zero), sx_arg_kind(l, 1));
}

/* To uint8 with scale and zero point from the extremes, 0 being one of the values. */
static bool lower_dynamic(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = sx_count(&x);
    const int axis = 0;
    int flat = sx_shaped(g, sx_arg(l, 0), 1, &n), zero = sx_scalar(g, 0);
    int high = sx_shaped(g, sx_reduce_max(g, flat, &axis, 1), 0, NULL);
    int low = sx_neg(g, sx_shaped(g, sx_reduce_max(g, sx_neg(g, flat), &axis, 1), 0, NULL));
    high = sx_binary(g, SX_MAX, high, zero);
    low = sx_binary(g, SX_MIN, low, zero);
    int scale = sx_scale(g, sx_sub(g, high, low), 1.0 / 255);
    int point = sx_clip(g, sx_unary(g, SX_ROUND, sx_neg(g, sx_div(g, low, scale))), zero,
                        sx_scalar(g, 255));
    sx_give_as(l, 1, scale, SX_ONNX_FLOAT);
    sx_give_as(l, 2, sx_cast(g, point, SX_INT), SX_ONNX_UINT8);
    return sx_give_as(l, 0, quantised(l, sx_arg(l, 0), scale, point, SX_ONNX_UINT8),
                      SX_ONNX_UINT8);
}

/* x minus its zero point, of which there may be one for each element of an axis. */
static int centred(struct sx_lowering *l, int k, int zero, int axis)
{
    struct sx_shape x = sx_arg_shape(l, k);
    return dequantised(l->g, sx_arg(l, k), SX_NONE, along(l, sx_arg(l, zero), axis, &x, 0));
}

static bool lower_matmul_integer(struct sx_lowering *l)
{
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 1);
    int x = centred(l, 0, 2, a.rank - 2), y = centred(l, 1, 3, b.rank - 1);
    return sx_give_as(l, 0, sx_convert(l, sx_product(l->g, x, y), SX_ONNX_INT32),
                      SX_ONNX_INT32);
}

static bool lower_conv_integer(struct sx_lowering *l)
{
    int y = sx_lower_conv(l, centred(l, 0, 2, 1), centred(l, 1, 3, 0), SX_NONE);
    return sx_give_as(l, 0, sx_convert(l, y, SX_ONNX_INT32), SX_ONNX_INT32);
}

/* Operands k, k + 1 (scale) and k + 2 (zero point) as reals. */
static int real_operand(struct sx_lowering *l, int k, int axis)
{
    struct sx_shape x = sx_arg_shape(l, k);
    return dequantised(l->g, sx_arg(l, k), along(l, sx_arg(l, k + 1), axis, &x, 0),
                       along(l, sx_arg(l, k + 2), axis, &x, 0));
}

/* Quantises a result by scale and zero point from inputs k and k + 1. */
static bool give_quantised(struct sx_lowering *l, int y, int k)
{
    struct sx_shape shape = sx_shape_of(l->g, y);
    int scale = along(l, sx_arg(l, k), 0, &shape, 0), kind = sx_arg_kind(l, k + 1);
    int zero = along(l, sx_arg(l, k + 1), 0, &shape, 0);
    return sx_give_as(l, 0, quantised(l, y, scale, zero, kind), kind);
}

static bool lower_qlinear_matmul(struct sx_lowering *l)
{
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 3);
    int x = real_operand(l, 0, a.rank - 2), y = real_operand(l, 3, b.rank - 1);
    return give_quantised(l, sx_product(l->g, x, y), 6);
}

/* The bias has the scale of the product. */
static bool lower_qlinear_conv(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = real_operand(l, 0, 1), w = real_operand(l, 3, 0), bias = sx_arg(l, 8);
    if (bias != SX_NONE) {
        struct sx_shape scale = sx_arg_shape(l, 4);
        int64_t n = sx_count(&scale);
        int by =
            n == 1 ? sx_shaped(g, sx_arg(l, 4), 0, NULL) : sx_shaped(g, sx_arg(l, 4), 1, &n);
        by = sx_mul(g, sx_shaped(g, sx_arg(l, 1), 0, NULL), by);
        bias = sx_mul(g, sx_cast(g, bias, g->real), by);
    }
    return give_quantised(l, sx_lower_conv(l, x, w, bias), 6);
}

const struct sx_lowering_row sx_lower_quant[] = {
    {"", "QuantizeLinear", 10, 0, 2, 3, lower_quantize, 0, false},
    {"", "DequantizeLinear", 10, 0, 2, 3, lower_dequantize, 0, true},
    {"", "DynamicQuantizeLinear", 11, 0, 1, 1, lower_dynamic, 0, true},
    {"", "MatMulInteger", 10, 0, 2, 4, lower_matmul_integer, 0, false},
    {"", "ConvInteger", 10, 0, 2, 4, lower_conv_integer, 0, false},
    {"", "QLinearMatMul", 10, 0, 8, 8, lower_qlinear_matmul, 0, false},
    {"", "QLinearConv", 10, 0, 8, 9, lower_qlinear_conv, 0, false},
    {0},
};
