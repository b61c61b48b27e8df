/* compare.c - lowering of elementwise comparison, logic and choice. */
#include "lower/tables.h"

/* Before opset 7 operand 1 was aligned with `axis` of operand 0. */
static bool truth(struct sx_lowering *l)
{
    int b = sx_arg(l, 1);
    if (l->opset < 7 && sx_attr(l, "axis") != NULL)
        return sx_reject(l, "attribute 'axis' is not supported");
    return sx_give_as(l, 0, sx_binary(l->g, l->row->arg, sx_arg(l, 0), b), SX_ONNX_BOOL);
}

/* a > b is b < a. */
static bool swapped(struct sx_lowering *l)
{
    return sx_give_as(l, 0, sx_binary(l->g, l->row->arg, sx_arg(l, 1), sx_arg(l, 0)),
                      SX_ONNX_BOOL);
}

static bool lower_not(struct sx_lowering *l)
{
    return sx_give_as(l, 0, sx_unary(l->g, SX_NOT, sx_arg(l, 0)), SX_ONNX_BOOL);
}

static bool lower_isnan(struct sx_lowering *l)
{
    return sx_give_as(l, 0, sx_unary(l->g, SX_ISNAN, sx_arg(l, 0)), SX_ONNX_BOOL);
}

static bool lower_isinf(struct sx_lowering *l)
{
    bool negative = sx_attr_int(l, "detect_negative", 1) != 0;
    bool positive = sx_attr_int(l, "detect_positive", 1) != 0;
    return sx_give_as(l, 0, sx_is_infinite(l->g, sx_arg(l, 0), negative, positive),
                      SX_ONNX_BOOL);
}

static bool lower_where(struct sx_lowering *l)
{
    return sx_give_as(l, 0, sx_where(l->g, sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2)),
                      sx_arg_kind(l, 1));
}

const struct sx_lowering_row sx_lower_compare[] = {
    {"", "Equal", 1, 0, 2, 2, truth, SX_EQUAL, false},
    {"", "Less", 1, 0, 2, 2, truth, SX_LESS, false},
    {"", "LessOrEqual", 12, 0, 2, 2, truth, SX_LESSEQ, false},
    {"", "Greater", 1, 0, 2, 2, swapped, SX_LESS, false},
    {"", "GreaterOrEqual", 12, 0, 2, 2, swapped, SX_LESSEQ, false},
    {"", "And", 1, 0, 2, 2, truth, SX_AND, false},
    {"", "Or", 1, 0, 2, 2, truth, SX_OR, false},
    {"", "Xor", 1, 0, 2, 2, truth, SX_XOR, false},
    {"", "Not", 1, 0, 1, 1, lower_not, 0, false},
    {"", "IsNaN", 9, 0, 1, 1, lower_isnan, 0, false},
    {"", "IsInf", 10, 0, 1, 1, lower_isinf, 0, false},
    {"", "Where", 9, 0, 3, 3, lower_where, 0, true},
    {0},
};
