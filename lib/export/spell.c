/* spell.c - how core operators are written in ONNX, a table with a row for each. */
#include <string.h>

#include "export/export.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

static const char *in(struct sx_writer *w, int node, int k)
{
    return sx_operand_name(w, node, k);
}

static const char *cast(struct sx_writer *w, const char *a, int onnx_type, const char *out)
{
    const struct sx_onnx_attr to = {.name = "to", .i = onnx_type};
    return sx_out_node(w, "Cast", SX_IN(a), out, &to, 1);
}

/* ---- Pointwise ---- */

static void spell_cast(struct sx_writer *w, int node)
{
    int to = sx_onnx_type_of(node_of(w, node)->type);
    w->name[node] = cast(w, in(w, node, 0), to, w->wish[node]);
}

/* Casts to the narrower type and back. */
static void spell_narrow(struct sx_writer *w, int node)
{
    static const int narrow[] = {[SX_AS_INT8] = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
                                 [SX_AS_UINT8] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
                                 [SX_AS_INT16] = ONNX__TENSOR_PROTO__DATA_TYPE__INT16,
                                 [SX_AS_UINT16] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT16,
                                 [SX_AS_INT32] = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
                                 [SX_AS_UINT32] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT32,
                                 [SX_AS_FLOAT16] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16,
                                 [SX_AS_BFLOAT16] = ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16,
                                 [SX_AS_FLOAT32] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT};
    const struct sx_node *n = node_of(w, node);
    if (n->attr[0] >= COUNT(narrow)) {
        sx_fail(w->error, SX_MODEL, "operator set %d has no floats of 8 bits", w->opset);
        return;
    }
    const char *small = cast(w, in(w, node, 0), narrow[n->attr[0]], NULL);
    w->name[node] = cast(w, small, sx_onnx_type_of(n->type), w->wish[node]);
}

static void spell_bits(struct sx_writer *w, int node)
{
    (void)node;
    sx_fail(w->error, SX_MODEL, "operator set %d has no BitCast", w->opset);
}

static void spell_isinf(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr sides[] = {{.name = "detect_negative", .i = n->attr[0]},
                                         {.name = "detect_positive", .i = n->attr[1]}};
    sx_result(w, node, "IsInf", SX_IN(in(w, node, 0)), sides, 2);
}

/* The remainder has the sign of the divisor. ONNX has this remainder only for integers. */
static void spell_mod(struct sx_writer *w, int node)
{
    const char *a = in(w, node, 0), *b = in(w, node, 1);
    if (!sx_is_real(node_of(w, node)->type)) {
        sx_result(w, node, "Mod", SX_IN(a, b), NULL, 0);
        return;
    }
    const char *whole = sx_out_node(
        w, "Floor", SX_IN(sx_out_node(w, "Div", SX_IN(a, b), NULL, NULL, 0)), NULL, NULL, 0);
    sx_result(w, node, "Sub", SX_IN(a, sx_out_node(w, "Mul", SX_IN(whole, b), NULL, NULL, 0)),
              NULL, 0);
}

static void spell_fmod(struct sx_writer *w, int node)
{
    const struct sx_onnx_attr fmod = {.name = "fmod", .i = 1};
    sx_result(w, node, "Mod", SX_IN(in(w, node, 0), in(w, node, 1)), &fmod, 1);
}

/* Shifts by way of unsigned integers, which are the only ones that ONNX shifts. */
static void spell_shift(struct sx_writer *w, int node)
{
    enum { UNSIGNED = ONNX__TENSOR_PROTO__DATA_TYPE__UINT64 };
    const struct sx_onnx_attr way = {.name = "direction",
                                     .text = node_of(w, node)->attr[0] == 0 ? "LEFT" : "RIGHT"};
    const char *a = cast(w, in(w, node, 0), UNSIGNED, NULL);
    const char *b = cast(w, in(w, node, 1), UNSIGNED, NULL);
    const char *shifted = sx_out_node(w, "BitShift", SX_IN(a, b), NULL, &way, 1);
    w->name[node] = cast(w, shifted, sx_onnx_type_of(SX_INT), w->wish[node]);
}

/* ---- Along axes ---- */

static void spell_sum(struct sx_writer *w, int node)
{
    sx_spell_reduced(w, node, "ReduceSum");
}

static void spell_reducemax(struct sx_writer *w, int node)
{
    sx_spell_reduced(w, node, "ReduceMax");
}

static void spell_argmax(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr attrs[] = {{.name = "axis", .i = n->attr[0]},
                                         {.name = "keepdims", .i = 1},
                                         {.name = "select_last_index", .i = n->attr[1]}};
    sx_result(w, node, "ArgMax", SX_IN(in(w, node, 0)), attrs, 3);
}

/* Writes TopK of all elements. Its second result is the order. */
static void spell_sortindex(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    struct sx_dim dims[SX_MAX_RANK];
    if (!sx_dims_of(w, node, dims))
        return;
    const char *size = sx_out_dims(w, &dims[n->attr[0]], 1);
    const struct sx_onnx_attr attrs[] = {{.name = "axis", .i = n->attr[0]},
                                         {.name = "largest", .i = n->attr[1]}};
    const char *sorted = sx_writer_name(w, "TopK");
    w->name[node] = w->wish[node] != NULL ? w->wish[node] : sx_writer_name(w, "order");
    sx_onnx_write_nodes(w->to, "TopK", SX_IN(in(w, node, 0), size),
                        SX_IN(sorted, w->name[node]), attrs, 2);
}

static void spell_cumsum(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr attrs[] = {{.name = "exclusive", .i = n->attr[1]},
                                         {.name = "reverse", .i = n->attr[2]}};
    sx_result(w, node, "CumSum", SX_IN(in(w, node, 0), sx_out_int(w, n->attr[0])), attrs, 2);
}

static void spell_softmax(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr axis = {.name = "axis", .i = n->attr[0]};
    sx_result(w, node, n->op == SX_SOFTMAX ? "Softmax" : "LogSoftmax", SX_IN(in(w, node, 0)),
              &axis, 1);
}

/* ---- The table ---- */

/* Either the name of an ONNX operator with the same operands, or a function that writes the
 * node. */
struct spelling {
    const char *op;
    void (*spell)(struct sx_writer *w, int node);
};

static const struct spelling spellings[SX_N_OPS] = {
    [SX_NEG] = {"Neg", NULL},
    [SX_RECIP] = {"Reciprocal", NULL},
    [SX_EXP] = {"Exp", NULL},
    [SX_LOG] = {"Log", NULL},
    [SX_SQRT] = {"Sqrt", NULL},
    [SX_SIN] = {"Sin", NULL},
    [SX_COS] = {"Cos", NULL},
    [SX_TAN] = {"Tan", NULL},
    [SX_ASIN] = {"Asin", NULL},
    [SX_ACOS] = {"Acos", NULL},
    [SX_ATAN] = {"Atan", NULL},
    [SX_SINH] = {"Sinh", NULL},
    [SX_COSH] = {"Cosh", NULL},
    [SX_TANH] = {"Tanh", NULL},
    [SX_ASINH] = {"Asinh", NULL},
    [SX_ACOSH] = {"Acosh", NULL},
    [SX_ATANH] = {"Atanh", NULL},
    [SX_SIGMOID] = {"Sigmoid", NULL},
    [SX_SOFTPLUS] = {"Softplus", NULL},
    [SX_ERF] = {"Erf", NULL},
    [SX_RELU] = {"Relu", NULL},
    [SX_ABS] = {"Abs", NULL},
    [SX_SIGN] = {"Sign", NULL},
    [SX_FLOOR] = {"Floor", NULL},
    [SX_CEIL] = {"Ceil", NULL},
    [SX_ROUND] = {"Round", NULL},
    [SX_ISNAN] = {"IsNaN", NULL},
    [SX_ISINF] = {NULL, spell_isinf},
    [SX_NOT] = {"Not", NULL},
    [SX_BITNOT] = {"BitwiseNot", NULL},
    [SX_CAST] = {NULL, spell_cast},
    [SX_NARROW] = {NULL, spell_narrow},
    [SX_BITS] = {NULL, spell_bits},
    [SX_ADD] = {"Add", NULL},
    [SX_SUB] = {"Sub", NULL},
    [SX_MUL] = {"Mul", NULL},
    [SX_DIV] = {"Div", NULL},
    [SX_POW] = {"Pow", NULL},
    [SX_MIN] = {"Min", NULL},
    [SX_MAX] = {"Max", NULL},
    [SX_MOD] = {NULL, spell_mod},
    [SX_FMOD] = {NULL, spell_fmod},
    [SX_EQUAL] = {"Equal", NULL},
    [SX_LESS] = {"Less", NULL},
    [SX_LESSEQ] = {"LessOrEqual", NULL},
    [SX_AND] = {"And", NULL},
    [SX_OR] = {"Or", NULL},
    [SX_XOR] = {"Xor", NULL},
    [SX_BITAND] = {"BitwiseAnd", NULL},
    [SX_BITOR] = {"BitwiseOr", NULL},
    [SX_BITXOR] = {"BitwiseXor", NULL},
    [SX_SHIFT] = {NULL, spell_shift},
    [SX_THROUGH] = {NULL, sx_spell_alias},
    [SX_WHERE] = {"Where", NULL},
    [SX_RESHAPE] = {NULL, sx_spell_reshape},
    [SX_STOP] = {NULL, sx_spell_alias},
    [SX_TRANSPOSE] = {NULL, sx_spell_transpose},
    [SX_EXPAND] = {NULL, sx_spell_expand},
    [SX_SUM] = {NULL, spell_sum},
    [SX_SLICE] = {NULL, sx_spell_slice},
    [SX_EMBED] = {NULL, sx_spell_embed},
    [SX_CONCAT] = {NULL, sx_spell_concat},
    [SX_TAKE] = {NULL, sx_spell_take},
    [SX_PUT] = {NULL, sx_spell_put},
    [SX_REDUCEMAX] = {NULL, spell_reducemax},
    [SX_ARGMAX] = {NULL, spell_argmax},
    [SX_SORTINDEX] = {NULL, spell_sortindex},
    [SX_CUMSUM] = {NULL, spell_cumsum},
    [SX_SOFTMAX] = {NULL, spell_softmax},
    [SX_LOGSOFTMAX] = {NULL, spell_softmax},
    [SX_MATMUL] = {NULL, sx_spell_matmul},
    [SX_CONV] = {NULL, sx_spell_conv},
    [SX_CONVINPUT] = {NULL, sx_spell_conv_input},
    [SX_CONVWEIGHT] = {NULL, sx_spell_conv_weight},
    [SX_SUMPOOL] = {NULL, sx_spell_sum_pool},
    [SX_UNPOOL] = {NULL, sx_spell_unpool},
    [SX_POOLINDEX] = {NULL, sx_spell_pool_index},
};

bool sx_spell(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct spelling *s = &spellings[n->op];
    const char *operands[4] = {NULL};
    if (sx_spell_pattern(w, node))
        return w->error->status == SX_OK;
    if (s->op == NULL && s->spell == NULL)
        return sx_fail(w->error, SX_MODEL, "the default operator domain has no %.40s",
                       sx_row_of(w->g, n)->name);
    if (s->spell != NULL) {
        s->spell(w, node);
    } else {
        for (int k = 0; k < n->n_in; k++)
            operands[k] = in(w, node, k);
        sx_result(w, node, s->op, operands, NULL, 0);
    }
    return w->error->status == SX_OK;
}
