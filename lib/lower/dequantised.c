/* dequantised.c - lowering of com.microsoft's operators that act on reals, after their operands are
 * dequantised. */
#include "lower/scope.h"
#include "lower/tables.h"

/* Input k as (x - zero) * scale, with the inputs `scale` and `zero`; either may be omitted. */
static struct sx_value real_input(struct sx_lowering *l, int k, int scale, int zero)
{
    struct sx_graph *g = l->g;
    int x = sx_arg_twin(l, k);
    if (sx_arg(l, zero) != SX_NONE)
        x = sx_sub(g, x, sx_cast(g, sx_arg(l, zero), g->real));
    if (x != SX_NONE && sx_arg(l, scale) != SX_NONE)
        x = sx_mul(g, x, sx_arg(l, scale));
    return (struct sx_value){.node = x, .kind = SX_ONNX_FLOAT};
}

/* Lowers an operator on other inputs; its outputs become this node's. */
static bool lower_on(struct sx_lowering *l, const char *op, const struct sx_value *in, int n)
{
    struct sx_lowering inner = *l;
    inner.row = l->scope->root->find("com.microsoft", op, 1);
    inner.in = in;
    inner.n_in = n;
    return inner.row != NULL && inner.row->lower(&inner);
}

static struct sx_value passed(const struct sx_lowering *l, int k)
{
    const struct sx_value none = {.node = SX_NONE};
    return k < l->n_in ? l->in[k] : none;
}

/* QAttention. Inputs: input, weights, bias, scales of both, mask, zero points of both, past. */
static bool lower_qattention(struct sx_lowering *l)
{
    const struct sx_value in[] = {real_input(l, 0, 3, 6), real_input(l, 1, 4, 7), l->in[2],
                                  passed(l, 5), passed(l, 8)};
    return lower_on(l, "Attention", in, 5);
}

/* QEmbedLayerNormalization. Inputs: ids, segments, three tables, gamma, beta, mask; then scales,
 * and zero points, of five of them. */
static bool lower_qembed(struct sx_lowering *l)
{
    struct sx_value in[8] = {l->in[0], passed(l, 1)};
    for (int k = 2; k < 7; k++)
        in[k] = sx_arg(l, k) != SX_NONE ? real_input(l, k, k + 6, k + 11) : passed(l, k);
    in[7] = passed(l, 7);
    return lower_on(l, "EmbedLayerNormalization", in, 8);
}

/* NhwcMaxPool: MaxPool of integers [N, H, W, C]. */
static bool lower_nhwc_max_pool(struct sx_lowering *l)
{
    static const int first[] = {0, 3, 1, 2}, last[] = {0, 2, 3, 1};
    if (sx_arg_shape(l, 0).rank != 4)
        return sx_reject(l, "an input of rank %d", sx_arg_shape(l, 0).rank);
    int y = sx_lower_as(l, "MaxPool", sx_transpose(l->g, sx_arg_twin(l, 0), first));
    struct sx_value value = {.kind = sx_arg_kind(l, 0)};
    value.twin = 1 + sx_transpose(l->g, y, last);
    value.node = sx_cast(l->g, value.twin - 1, SX_INT);
    return sx_give_value(l, 0, value);
}

#define MS "com.microsoft"
const struct sx_lowering_row sx_lower_dequantised[] = {
    {MS, "QAttention", 1, 0, 5, 9, lower_qattention, 0, true},
    {MS, "QEmbedLayerNormalization", 1, 0, 1, 18, lower_qembed, 0, true},
    {MS, "NhwcMaxPool", 1, 0, 1, 1, lower_nhwc_max_pool, 0, false},
    {0},
};
