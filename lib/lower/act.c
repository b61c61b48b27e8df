/* act.c - lowering of activations. Derivatives at kinks are those of PyTorch. */
#include <math.h>
#include <string.h>

#include "lower/tables.h"

/* min(x, 0), as the argument of an exponential that must not overflow. Its derivative at 0 is 1. */
static int negative_part(struct sx_graph *g, int x)
{
    int zero = sx_scalar(g, 0);
    return sx_where(g, sx_binary(g, SX_LESS, zero, x), zero, x);
}

static int positive(struct sx_graph *g, int x)
{
    return sx_binary(g, SX_LESS, sx_scalar(g, 0), x);
}

/* alpha (exp(x / width) - 1) where x <= 0, else x. */
static int elu(struct sx_graph *g, int x, double alpha, double width)
{
    int inner = negative_part(g, x);
    if (width != 1)
        inner = sx_scale(g, inner, 1 / width);
    int low = sx_scale(g, sx_shift(g, sx_unary(g, SX_EXP, inner), -1), alpha);
    return sx_where(g, positive(g, x), x, low);
}

int sx_leaky(struct sx_graph *g, int x, int slope)
{
    return sx_where(g, positive(g, x), x, sx_mul(g, slope, x));
}

int sx_clip(struct sx_graph *g, int x, int lo, int hi)
{
    if (lo != SX_NONE)
        x = sx_where(g, sx_binary(g, SX_LESS, x, lo), lo, x);
    if (hi != SX_NONE)
        x = sx_where(g, sx_binary(g, SX_LESS, hi, x), hi, x);
    return x;
}

/* 0.5 x (1 + erf(x / sqrt 2)), or the form with tanh. */
int sx_gelu(struct sx_graph *g, int x, bool tanh_form)
{
    int inner;
    if (tanh_form) {
        int cubic = sx_scale(g, sx_mul(g, x, sx_mul(g, x, x)), 0.044715);
        inner = sx_unary(g, SX_TANH, sx_scale(g, sx_add(g, x, cubic), sqrt(2 / M_PI)));
    } else {
        inner = sx_unary(g, SX_ERF, sx_scale(g, x, sqrt(0.5)));
    }
    return sx_mul(g, sx_scale(g, x, 0.5), sx_shift(g, inner, 1));
}

/* clip(a x + b, 0, 1); its derivative at the ends is 0. */
static int hard_sigmoid(struct sx_graph *g, int x, double a, double b)
{
    int z = sx_shift(g, sx_scale(g, x, a), b), zero = sx_scalar(g, 0), one = sx_scalar(g, 1);
    int below = sx_binary(g, SX_LESSEQ, z, zero), above = sx_binary(g, SX_LESSEQ, one, z);
    return sx_where(g, below, zero, sx_where(g, above, one, z));
}

static int softsign(struct sx_graph *g, int x)
{
    return sx_div(g, x, sx_shift(g, sx_unary(g, SX_ABS, x), 1));
}

static int thresholded(struct sx_graph *g, int x, double alpha)
{
    int above = sx_binary(g, SX_LESS, sx_scalar(g, alpha), x);
    return sx_where(g, above, x, sx_scalar(g, 0));
}

/* x clip(x / 6 + 1/2, 0, 1); the derivative at the ends is that from inside, as in PyTorch. */
static int hard_swish(struct sx_graph *g, int x)
{
    int z = sx_shift(g, sx_scale(g, x, 1.0 / 6), 0.5);
    return sx_mul(g, x, sx_clip(g, z, sx_scalar(g, 0), sx_scalar(g, 1)));
}

int sx_activation(struct sx_graph *g, const char *name, int x, double alpha, double beta)
{
    static const struct {
        const char *name;
        int op;
    } plain[] = {{"Relu", SX_RELU},
                 {"Tanh", SX_TANH},
                 {"Sigmoid", SX_SIGMOID},
                 {"Softplus", SX_SOFTPLUS}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(name, plain[i].name) == 0)
            return sx_unary(g, plain[i].op, x);
    if (strcmp(name, "Affine") == 0)
        return sx_shift(g, sx_scale(g, x, alpha), beta);
    if (strcmp(name, "LeakyRelu") == 0)
        return sx_leaky(g, x, sx_scalar(g, alpha));
    if (strcmp(name, "ThresholdedRelu") == 0)
        return thresholded(g, x, alpha);
    if (strcmp(name, "ScaledTanh") == 0)
        return sx_scale(g, sx_unary(g, SX_TANH, sx_scale(g, x, beta)), alpha);
    if (strcmp(name, "ParametricSoftplus") == 0)
        return sx_scale(g, sx_unary(g, SX_SOFTPLUS, sx_scale(g, x, beta)), alpha);
    if (strcmp(name, "HardSigmoid") == 0)
        return hard_sigmoid(g, x, alpha, beta);
    if (strcmp(name, "Elu") == 0)
        return elu(g, x, alpha, 1);
    if (strcmp(name, "Softsign") == 0)
        return softsign(g, x);
    if (strcmp(name, "HardSwish") == 0)
        return hard_swish(g, x);
    return SX_NONE;
}

static bool unary(struct sx_lowering *l)
{
    return sx_give(l, sx_unary(l->g, l->row->arg, sx_arg(l, 0)));
}

static bool lower_elu(struct sx_lowering *l)
{
    return sx_give(l, elu(l->g, sx_arg(l, 0), sx_attr_float(l, "alpha", 1), 1));
}

static bool lower_celu(struct sx_lowering *l)
{
    double alpha = sx_attr_float(l, "alpha", 1);
    if (alpha == 0)
        return sx_reject(l, "alpha is 0");
    return sx_give(l, elu(l->g, sx_arg(l, 0), alpha, alpha));
}

static bool lower_selu(struct sx_lowering *l)
{
    double alpha = sx_attr_float(l, "alpha", 1.67326319217681884765625);
    double gamma = sx_attr_float(l, "gamma", 1.05070102214813232421875);
    return sx_give(l, sx_scale(l->g, elu(l->g, sx_arg(l, 0), alpha, 1), gamma));
}

static bool lower_leaky(struct sx_lowering *l)
{
    int slope = sx_scalar(l->g, sx_attr_float(l, "alpha", 0.01));
    return sx_give(l, sx_leaky(l->g, sx_arg(l, 0), slope));
}

/* PRelu. Before opset 7 a slope per channel had the shape [C]. */
static bool lower_prelu(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), s = sx_arg_shape(l, 1);
    int slope = sx_arg(l, 1);
    if (l->opset < 7 && s.rank == 1 && x.rank > 1)
        slope = sx_along(l->g, slope, 1, x.rank);
    return sx_give(l, sx_leaky(l->g, sx_arg(l, 0), slope));
}

static bool lower_gelu(struct sx_lowering *l)
{
    bool tanh_form = sx_attr_word(l, "approximate", "none tanh", 0) == 1;
    return sx_give(l, sx_gelu(l->g, sx_arg(l, 0), tanh_form));
}

static bool lower_hard_sigmoid(struct sx_lowering *l)
{
    double alpha = sx_attr_float(l, "alpha", 0.2), beta = sx_attr_float(l, "beta", 0.5);
    return sx_give(l, hard_sigmoid(l->g, sx_arg(l, 0), alpha, beta));
}

static bool lower_hard_swish(struct sx_lowering *l)
{
    return sx_give(l, hard_swish(l->g, sx_arg(l, 0)));
}

static bool lower_mish(struct sx_lowering *l)
{
    int x = sx_arg(l, 0), soft = sx_unary(l->g, SX_SOFTPLUS, x);
    return sx_give(l, sx_mul(l->g, x, sx_unary(l->g, SX_TANH, soft)));
}

static bool lower_swish(struct sx_lowering *l)
{
    int x = sx_arg(l, 0), scaled = sx_scale(l->g, x, sx_attr_float(l, "alpha", 1));
    return sx_give(l, sx_mul(l->g, x, sx_unary(l->g, SX_SIGMOID, scaled)));
}

/* swish(gate) times the other input, which has the same shape. */
static bool lower_swiglu(struct sx_lowering *l)
{
    struct sx_shape gate = sx_arg_shape(l, 0), linear = sx_arg_shape(l, 1);
    int scaled = sx_scale(l->g, sx_arg(l, 0), sx_attr_float(l, "alpha", 1));
    int swish = sx_mul(l->g, sx_arg(l, 0), sx_unary(l->g, SX_SIGMOID, scaled));
    return sx_shape_equal(&gate, &linear) ? sx_give(l, sx_mul(l->g, swish, sx_arg(l, 1)))
                                          : sx_reject(l, "the shapes of both inputs differ");
}

static bool lower_softsign(struct sx_lowering *l)
{
    return sx_give(l, softsign(l->g, sx_arg(l, 0)));
}

static bool lower_thresholded(struct sx_lowering *l)
{
    return sx_give(l, thresholded(l->g, sx_arg(l, 0), sx_attr_float(l, "alpha", 1)));
}

/* x + bias below -lambd, x - bias above lambd, otherwise 0. */
static bool lower_shrink(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    double bias = sx_attr_float(l, "bias", 0), lambda = sx_attr_float(l, "lambd", 0.5);
    int x = sx_cast(g, sx_arg(l, 0), g->real);
    int above = sx_binary(g, SX_LESS, sx_scalar(g, lambda), x);
    int below = sx_binary(g, SX_LESS, x, sx_scalar(g, -lambda));
    int rest = sx_where(g, above, sx_shift(g, x, -bias), sx_scalar(g, 0));
    return sx_give(
        l, sx_convert(l, sx_where(g, below, sx_shift(g, x, bias), rest), sx_arg_kind(l, 0)));
}

/* A limit of Clip. Some exporters write real limits for integers; they are rounded inwards. */
static int limit(struct sx_lowering *l, int value, int inwards)
{
    struct sx_graph *g = l->g;
    if (value == SX_NONE || sx_arg_real(l, 0) || !sx_is_real(g->node[value].type))
        return value;
    return sx_cast(g, sx_unary(g, inwards, value), SX_INT);
}

/* Clip; its limits were attributes before opset 11. */
static bool lower_clip(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int lo = sx_arg(l, 1), hi = sx_arg(l, 2);
    if (sx_attr(l, "min") != NULL)
        lo = sx_scalar(g, sx_attr_float(l, "min", 0));
    if (sx_attr(l, "max") != NULL)
        hi = sx_scalar(g, sx_attr_float(l, "max", 0));
    lo = limit(l, lo, SX_CEIL);
    hi = limit(l, hi, SX_FLOOR);
    return sx_give(l, sx_clip(g, sx_arg(l, 0), lo, hi));
}

/* Reshapes to rows. Before opset 13 Softmax, LogSoftmax and Hardmax joined all axes from `axis` on. */
static int as_rows(struct sx_lowering *l, int *axis)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    if (!sx_axis(l, sx_attr_int(l, "axis", l->opset < 13 ? 1 : -1),
                 shape.rank > 0 ? shape.rank : 1, axis))
        return SX_NONE;
    if (shape.rank == 0)
        return sx_shaped(l->g, sx_arg(l, 0), 1, (int64_t[]){1});
    int64_t inner = sx_span(&shape, *axis + 1, shape.rank);
    if (l->opset >= 13 || inner == 1)
        return sx_arg(l, 0);
    int64_t dims[] = {sx_span(&shape, 0, *axis), shape.dim[*axis] * inner};
    *axis = 1;
    return sx_shaped(l->g, sx_arg(l, 0), 2, dims);
}

static bool lower_softmax(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    int axis, rows = as_rows(l, &axis);
    if (rows == SX_NONE)
        return false;
    int result = l->row->arg == SX_SOFTMAX ? sx_softmax(l->g, rows, axis)
                                           : sx_log_softmax(l->g, rows, axis);
    return sx_give(l, sx_shaped(l->g, result, shape.rank, shape.dim));
}

/* Hardmax: 1 at the first largest element. */
static bool lower_hardmax(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int axis, rows = as_rows(l, &axis);
    if (rows == SX_NONE)
        return false;
    struct sx_shape flat = sx_shape_of(g, rows);
    int place = sx_along(g, sx_iota(g, flat.dim[axis]), axis, flat.rank);
    int hit =
        sx_cast(g, sx_binary(g, SX_EQUAL, sx_argmax(g, rows, axis, false), place), g->real);
    return sx_give(l, sx_shaped(g, hit, shape.rank, shape.dim));
}

const struct sx_lowering_row sx_lower_act[] = {
    {"", "Relu", 1, 0, 1, 1, unary, SX_RELU, true},
    {"", "Sigmoid", 1, 0, 1, 1, unary, SX_SIGMOID, true},
    {"", "Softplus", 1, 0, 1, 1, unary, SX_SOFTPLUS, true},
    {"", "Softsign", 1, 0, 1, 1, lower_softsign, 0, true},
    {"", "Elu", 1, 0, 1, 1, lower_elu, 0, true},
    {"", "Celu", 12, 0, 1, 1, lower_celu, 0, true},
    {"", "Selu", 1, 0, 1, 1, lower_selu, 0, true},
    {"", "LeakyRelu", 1, 0, 1, 1, lower_leaky, 0, true},
    {"", "PRelu", 1, 0, 2, 2, lower_prelu, 0, true},
    {"", "ThresholdedRelu", 1, 0, 1, 1, lower_thresholded, 0, true},
    {"", "HardSigmoid", 1, 0, 1, 1, lower_hard_sigmoid, 0, true},
    {"", "HardSwish", 14, 0, 1, 1, lower_hard_swish, 0, true},
    {"", "Gelu", 20, 0, 1, 1, lower_gelu, 0, true},
    {"", "Swish", 24, 0, 1, 1, lower_swish, 0, true},
    {"", "SwiGLU", 28, 0, 2, 2, lower_swiglu, 0, true},
    {"", "Mish", 18, 0, 1, 1, lower_mish, 0, true},
    {"", "Shrink", 9, 0, 1, 1, lower_shrink, 0, true},
    {"", "Clip", 1, 0, 1, 3, lower_clip, 0, true},
    {"", "Softmax", 1, 0, 1, 1, lower_softmax, SX_SOFTMAX, true},
    {"", "LogSoftmax", 1, 0, 1, 1, lower_softmax, SX_LOGSOFTMAX, true},
    {"", "Hardmax", 1, 0, 1, 1, lower_hardmax, 0, false},
    {0},
};
