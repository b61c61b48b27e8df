/* math.c - lowering of elementwise arithmetic. */
#include "lower/scope.h"
#include "lower/tables.h"

static bool unary(struct sx_lowering *l)
{
    return sx_give(l,
                   sx_wrap(l->g, sx_unary(l->g, l->row->arg, sx_arg(l, 0)), sx_arg_kind(l, 0)));
}

/* Before opset 7 operand 1 was aligned with `axis` of operand 0, and only if `broadcast`. */
static int aligned(struct sx_lowering *l)
{
    int b = sx_arg(l, 1), axis;
    struct sx_shape a_shape = sx_arg_shape(l, 0), shape = sx_arg_shape(l, 1);
    if (l->opset >= 7 || sx_attr(l, "axis") == NULL)
        return b;
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), a_shape.rank, &axis))
        return SX_NONE;
    if (axis + shape.rank > a_shape.rank) {
        sx_reject(l, "operand 1 of rank %d does not fit at axis %d", shape.rank, axis);
        return SX_NONE;
    }
    for (; shape.rank < a_shape.rank - axis; shape.rank++)
        shape.dim[shape.rank] = 1;
    return sx_shaped(l->g, b, shape.rank, shape.dim);
}

static bool binary(struct sx_lowering *l)
{
    int b = aligned(l);
    return b != SX_NONE &&
           sx_give(l, sx_wrap(l->g, sx_binary(l->g, l->row->arg, sx_arg(l, 0), b),
                              sx_arg_kind(l, 0)));
}

/* Pow; the exponent may have another type than the base, whose type is that of the result. */
static bool lower_pow(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int a = sx_arg(l, 0), b = aligned(l), kind = sx_arg_kind(l, 0);
    if (b == SX_NONE)
        return false;
    bool real_base = sx_arg_real(l, 0);
    if (real_base || sx_arg_real(l, 1)) {
        int power = sx_binary(g, SX_POW, sx_cast(g, a, g->real), sx_cast(g, b, g->real));
        return sx_give(l, real_base ? power : sx_convert(l, power, kind));
    }
    return sx_give(l, sx_wrap(g, sx_binary(g, SX_POW, a, b), kind));
}

/* Sum, Max, Min of any number of operands. */
static bool variadic(struct sx_lowering *l)
{
    int result = sx_arg(l, 0);
    for (int k = 1; k < l->n_in; k++)
        result = sx_wrap(l->g, sx_binary(l->g, l->row->arg, result, sx_arg(l, k)),
                         sx_arg_kind(l, 0));
    return sx_give(l, result);
}

static bool lower_mean(struct sx_lowering *l)
{
    int result = sx_arg(l, 0);
    for (int k = 1; k < l->n_in; k++)
        result = sx_add(l->g, result, sx_arg(l, k));
    return sx_give(l, l->n_in > 1 ? sx_scale(l->g, result, 1.0 / l->n_in) : result);
}

static bool lower_reciprocal(struct sx_lowering *l)
{
    return sx_give(l, sx_unary(l->g, SX_RECIP, sx_arg(l, 0)));
}

/* Removes added multiples of the divisor, which do not change a remainder. MaxPool's indices,
 * counted through all planes, thereby become indices in a plane. */
static int without_multiples(struct sx_graph *g, int a, int divisor)
{
    const struct sx_node n = g->node[a];
    double d;
    if (n.op != SX_ADD || n.type != SX_INT || !sx_is_uniform(g, divisor, &d) || d == 0)
        return a;
    for (int k = 0; k < 2; k++) {
        const struct sx_node *c = &g->node[n.in[k]];
        const int64_t *value = c->data;
        bool multiples =
            c->op == SX_CONST && sx_shape_equal(&g->node[n.in[1 - k]].shape, &n.shape);
        for (int64_t i = 0; multiples && i < sx_count(&c->shape); i++)
            multiples = value[i] % (int64_t)d == 0;
        if (multiples)
            return n.in[1 - k];
    }
    return a;
}

static bool lower_mod(struct sx_lowering *l)
{
    bool fmod = sx_attr_int(l, "fmod", 0) != 0;
    if (!fmod && sx_arg_real(l, 0))
        return sx_reject(l, "real operands need fmod=1");
    int a = fmod ? sx_arg(l, 0) : without_multiples(l->g, sx_arg(l, 0), sx_arg(l, 1));
    return sx_give(l, sx_wrap(l->g, sx_binary(l->g, fmod ? SX_FMOD : SX_MOD, a, sx_arg(l, 1)),
                              sx_arg_kind(l, 0)));
}

static bool lower_bitshift(struct sx_lowering *l)
{
    const int64_t right = sx_attr_word(l, "direction", "LEFT RIGHT", 0);
    const int in[] = {sx_arg(l, 0), sx_arg(l, 1)};
    if (sx_attr(l, "direction") == NULL)
        return sx_reject(l, "attribute 'direction' is missing");
    return sx_give(l,
                   sx_wrap(l->g, sx_emit(l->g, SX_SHIFT, 2, in, 1, &right), sx_arg_kind(l, 0)));
}

/* Gives a cast. Derivatives pass through integers to real numbers, or to wider integers. */
static bool give_cast(struct sx_lowering *l, int kind)
{
    struct sx_graph *g = l->g;
    enum sx_type type;
    int x = sx_arg(l, 0);
    bool wide = kind == SX_ONNX_INT32 || kind == SX_ONNX_INT64;
    if (!sx_core_type(l, kind, &type))
        return false;
    if ((kind == SX_ONNX_STRING) != (sx_arg_kind(l, 0) == SX_ONNX_STRING))
        return kind == SX_ONNX_STRING ? sx_give_texts_of_numbers(l)
                                      : sx_give_numbers_of_texts(l, kind);
    if (sx_is_real(type) && l->in[0].twin > 0)
        x = sx_arg_twin(l, 0);
    struct sx_value y = {.node = sx_unsaturated(l, sx_convert(l, x, kind), x, kind),
                         .kind = kind};
    if (wide && l->in[0].twin > 0)
        y.twin = l->in[0].twin;
    else if (type == SX_INT && sx_arg_real(l, 0))
        y.twin = 1 + sx_straight(l, sx_cast(g, y.node, g->real), x);
    return sx_give_value(l, 0, y);
}

static bool lower_cast(struct sx_lowering *l)
{
    int64_t to = sx_attr_int(l, "to", 0);
    if (to < 1 || to > INT32_MAX)
        return sx_reject(l, "attribute 'to' is missing");
    return give_cast(l, (int)to);
}

/* Cast before opset 6, where the type was a word. */
static bool lower_worded_cast(struct sx_lowering *l)
{
    int kind = sx_attr_word(l, "to",
                            "UNDEFINED FLOAT UINT8 INT8 UINT16 INT16 INT32 INT64 STRING BOOL "
                            "FLOAT16 DOUBLE UINT32 UINT64",
                            0);
    return kind > 0 ? give_cast(l, kind) : sx_reject(l, "attribute 'to' is missing");
}

/* The number of bits of an element type; *form: the real type of these bits; -1: none. */
static int bits_of_kind(int kind, int *form)
{
    *form = -1;
    switch (kind) {
    case SX_ONNX_FLOAT:
        *form = SX_BITS_FLOAT32;
        return 32;
    case SX_ONNX_DOUBLE:
        *form = SX_BITS_FLOAT64;
        return 64;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        *form =
            kind == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ? SX_BITS_FLOAT16 : SX_BITS_BFLOAT16;
        return 16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
        return 16;
    case SX_ONNX_INT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
        return 32;
    case SX_ONNX_INT64:
    case SX_ONNX_UINT64:
        return 64;
    case SX_ONNX_INT8:
    case SX_ONNX_UINT8:
    case SX_ONNX_BOOL:
        return 8;
    default:
        return 0;
    }
}

static bool lower_bit_cast(struct sx_lowering *l)
{
    int from = sx_arg_kind(l, 0), to = (int)sx_attr_int(l, "to", 0), was, is, x = sx_arg(l, 0);
    int width = bits_of_kind(from, &was);
    if (width == 0 || width != bits_of_kind(to, &is))
        return sx_reject(l, "%s does not have the bits of %s", sx_onnx_type_name(to),
                         sx_onnx_type_name(from));
    if (was >= 0)
        x = sx_bits(l->g, x, (enum sx_bits)was);
    if (to == SX_ONNX_BOOL || from == SX_ONNX_BOOL)
        return sx_give_as(
            l, 0, sx_wrap(l->g, sx_cast(l->g, x, to == SX_ONNX_BOOL ? SX_BOOL : SX_INT), to),
            to);
    x = is >= 0 ? sx_bits(l->g, x, (enum sx_bits)is) : sx_wrap(l->g, x, to);
    return sx_give_as(l, 0, x, to);
}

static bool lower_cast_like(struct sx_lowering *l)
{
    return give_cast(l, sx_arg_kind(l, 1));
}

static bool lower_round(struct sx_lowering *l)
{
    int x = sx_arg(l, 0);
    return sx_give(l, sx_straight(l, sx_unary(l->g, SX_ROUND, x), x));
}

/* Sign. In a binarised network, operands of products are rounded to -1 and 1, and derivatives pass
 * through. */
static bool lower_sign(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int x = sx_arg(l, 0), y = sx_unary(g, SX_SIGN, x);
    if (!sx_arg_real(l, 0) || !sx_feeds_product(l))
        return sx_give(l, y);
    bool clip = l->scope->root->options->ste == SX_STE_CLIP;
    return sx_give(
        l, sx_straight(l, y, clip ? sx_clip(g, x, sx_scalar(g, -1), sx_scalar(g, 1)) : x));
}

static bool lower_identity(struct sx_lowering *l)
{
    if (sx_arg(l, 0) == SX_NONE && sx_arg_kind(l, 0) != SX_SEQUENCE)
        return sx_reject(l, "input 0 is missing");
    return sx_give_value(l, 0, l->in[0]);
}

/* Whether Dropout drops anything: the mode is training, and the ratio is not 0 or is unknown. */
static bool drops(struct sx_lowering *l)
{
    const int mode = sx_arg(l, 2), ratio = sx_arg(l, 1);
    double on = 0, part = 0.5;
    if (mode == SX_NONE || l->g->node[mode].type != SX_BOOL)
        return false;
    return (!sx_is_uniform(l->g, mode, &on) || on != 0) &&
           (ratio == SX_NONE || !sx_is_uniform(l->g, ratio, &part) || part != 0);
}

/* Dropout: the identity; its mask keeps everything, in training mode too. Masks of opsets 7 to 11 are 0,
 * as in ONNX Runtime. */
static bool lower_dropout(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    if (drops(l))
        sx_model_warn(l->scope->model, "Dropout in training mode is run as in inference");
    if (sx_wants(l, 1))
        sx_give_as(l, 1,
                   sx_filled(l->g, l->opset < 10 ? l->g->real : SX_BOOL, &shape,
                             l->opset < 7 || l->opset > 11),
                   l->opset < 10 ? sx_arg_kind(l, 0) : SX_ONNX_BOOL);
    return sx_give(l, sx_arg(l, 0));
}

const struct sx_lowering_row sx_lower_math[] = {
    {"", "Neg", 1, 0, 1, 1, unary, SX_NEG, true},
    {"", "Abs", 1, 0, 1, 1, unary, SX_ABS, true},
    {"", "Reciprocal", 1, 0, 1, 1, lower_reciprocal, 0, true},
    {"", "Exp", 1, 0, 1, 1, unary, SX_EXP, true},
    {"", "Log", 1, 0, 1, 1, unary, SX_LOG, true},
    {"", "Sqrt", 1, 0, 1, 1, unary, SX_SQRT, true},
    {"", "Sin", 7, 0, 1, 1, unary, SX_SIN, true},
    {"", "Cos", 7, 0, 1, 1, unary, SX_COS, true},
    {"", "Tan", 7, 0, 1, 1, unary, SX_TAN, true},
    {"", "Asin", 7, 0, 1, 1, unary, SX_ASIN, true},
    {"", "Acos", 7, 0, 1, 1, unary, SX_ACOS, true},
    {"", "Atan", 7, 0, 1, 1, unary, SX_ATAN, true},
    {"", "Sinh", 9, 0, 1, 1, unary, SX_SINH, true},
    {"", "Cosh", 9, 0, 1, 1, unary, SX_COSH, true},
    {"", "Tanh", 1, 0, 1, 1, unary, SX_TANH, true},
    {"", "Asinh", 9, 0, 1, 1, unary, SX_ASINH, true},
    {"", "Acosh", 9, 0, 1, 1, unary, SX_ACOSH, true},
    {"", "Atanh", 9, 0, 1, 1, unary, SX_ATANH, true},
    {"", "Erf", 9, 0, 1, 1, unary, SX_ERF, true},
    {"", "Sign", 9, 0, 1, 1, lower_sign, 0, false},
    {"", "Floor", 1, 0, 1, 1, unary, SX_FLOOR, false},
    {"", "Ceil", 1, 0, 1, 1, unary, SX_CEIL, false},
    {"", "Round", 11, 0, 1, 1, lower_round, 0, true},
    {"", "BitwiseNot", 18, 0, 1, 1, unary, SX_BITNOT, false},
    {"", "Add", 1, 0, 2, 2, binary, SX_ADD, true},
    {"", "Sub", 1, 0, 2, 2, binary, SX_SUB, true},
    {"", "Mul", 1, 0, 2, 2, binary, SX_MUL, true},
    {"", "Div", 1, 0, 2, 2, binary, SX_DIV, true},
    {"", "BitwiseAnd", 18, 0, 2, 2, binary, SX_BITAND, false},
    {"", "BitwiseOr", 18, 0, 2, 2, binary, SX_BITOR, false},
    {"", "BitwiseXor", 18, 0, 2, 2, binary, SX_BITXOR, false},
    {"", "Pow", 1, 0, 2, 2, lower_pow, 0, true},
    {"", "Mod", 10, 0, 2, 2, lower_mod, 0, true},
    {"", "BitShift", 11, 0, 2, 2, lower_bitshift, 0, false},
    {"", "Sum", 1, 0, 1, -1, variadic, SX_ADD, true},
    {"", "Max", 1, 0, 1, -1, variadic, SX_MAX, true},
    {"", "Min", 1, 0, 1, -1, variadic, SX_MIN, true},
    {"", "Mean", 1, 0, 1, -1, lower_mean, 0, true},
    {"", "Cast", 1, 5, 1, 1, lower_worded_cast, 0, true},
    {"", "Cast", 6, 0, 1, 1, lower_cast, 0, true},
    {"", "BitCast", 26, 0, 1, 1, lower_bit_cast, 0, false},
    {"", "CastLike", 15, 0, 2, 2, lower_cast_like, 0, true},
    {"", "Identity", 1, 0, 0, 1, lower_identity, 0, true},
    {"", "Dropout", 1, 0, 1, 3, lower_dropout, 0, true},
    {0},
};
