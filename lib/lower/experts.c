/* experts.c - lowering of com.microsoft's mixtures of experts, MoE and QMoE: a router weights small
 * networks for each token.
 *
 * All experts are computed for all tokens. Experts that the router does not choose have the weight
 * 0. Derivatives keep the choice fixed. */
#include <string.h>

#include "lower/tables.h"

/* Tokens [n, hidden]. For each layer: weights [experts, outputs, inputs] and biases [experts,
 * outputs] (or SX_NONE) of all experts. */
struct experts {
    int64_t n, hidden, count;
    int tokens, weight[2], bias[2];
};

/* From router scores [n, experts] to weights of that shape: their softmax at the k largest, else 0.
 * `normal`: they are scaled to the sum 1. */
static int routed(struct sx_lowering *l, const struct experts *x, int scores, bool normal)
{
    struct sx_graph *g = l->g;
    const int last = 1;
    int64_t k = sx_attr_int(l, "k", 1), start[] = {0, x->count - 1}, step[] = {1, -1};
    const struct sx_shape all = {2, {x->n, x->count}};
    if (k < 1 || k > x->count) {
        sx_reject(l, "%lld of %lld experts", (long long)k, (long long)x->count);
        return SX_NONE;
    }
    int p = sx_softmax(g, scores, 1);
    /* of equal scores the last is chosen, as in ONNX Runtime */
    int turned = sx_sort_index(g, sx_slice(g, p, start, step, &all), 1, true);
    int index = sx_sub(g, sx_scalar_int(g, x->count - 1), sx_slice_axis(g, turned, 1, 0, k));
    int chosen = sx_take(g, p, index, 1, true);
    if (normal)
        chosen = sx_div(g, chosen, sx_sum(g, chosen, &last, 1));
    return sx_put(g, chosen, index, 1, x->count, true);
}

/* SwiGLU: pairs of a gate and a number are neighbours in the last axis; swish(gate) times the
 * number, both clipped to a limit. */
static int gated(struct sx_lowering *l, int a)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, a);
    double alpha = sx_attr_float(l, "activation_alpha", 1);
    double beta = sx_attr_float(l, "activation_beta", 0);
    const Onnx__AttributeProto *limit = sx_attr(l, "swiglu_limit");
    int64_t half = shape.dim[2] / 2, pairs[] = {shape.dim[0], shape.dim[1], half, 2};
    a = sx_shaped(g, a, 4, pairs);
    int gate = sx_shaped(g, sx_slice_axis(g, a, 3, 0, 1), 3, pairs);
    int linear = sx_shaped(g, sx_slice_axis(g, a, 3, 1, 1), 3, pairs);
    if (limit != NULL) {
        double most = sx_attr_float(l, "swiglu_limit", 0);
        gate = sx_clip(g, gate, SX_NONE, sx_scalar(g, most));
        linear = sx_clip(g, linear, sx_scalar(g, -most), sx_scalar(g, most));
    }
    int swish = sx_mul(g, gate, sx_unary(g, SX_SIGMOID, sx_scale(g, gate, alpha)));
    return sx_mul(g, swish, sx_shift(g, linear, beta));
}

enum { RELU, GELU, SILU, SWIGLU, IDENTITY };

static int activated(struct sx_lowering *l, int a)
{
    struct sx_graph *g = l->g;
    switch (sx_attr_word(l, "activation_type", "relu gelu silu swiglu identity", RELU)) {
    case RELU:
        return sx_activation(g, "Relu", a, 0, 0);
    case GELU:
        return sx_gelu(g, a, true);
    case SILU:
        return sx_mul(g, a, sx_unary(g, SX_SIGMOID, a));
    case SWIGLU:
        return gated(l, a);
    default:
        return a;
    }
}

/* Layer i of all experts: from [experts or 1, n, inputs] to [experts, n, outputs]. */
static int layer(struct sx_graph *g, const struct experts *x, int i, int a)
{
    struct sx_shape w = sx_shape_of(g, x->weight[i]);
    a = sx_matmul(g, a, x->weight[i], false, true);
    if (x->bias[i] == SX_NONE)
        return a;
    return sx_add(g, a, sx_shaped(g, x->bias[i], 3, (int64_t[]){x->count, 1, w.dim[1]}));
}

static bool check_experts(struct sx_lowering *l, struct experts *x, int scores)
{
    struct sx_shape w = sx_shape_of(l->g, x->weight[0]), v = sx_shape_of(l->g, x->weight[1]);
    struct sx_shape s = sx_shape_of(l->g, scores);
    const char *type = sx_attr_string(l, "activation_type", 0);
    bool two = type != NULL && strcmp(type, "swiglu") == 0;
    if (two && sx_attr_int(l, "swiglu_fusion", 0) != 1)
        return sx_reject(l, "swiglu is supported where its two parts lie side by side: "
                            "swiglu_fusion 1");
    if (sx_attr_int(l, "use_sparse_mixer", 0) != 0)
        return sx_reject(l, "use_sparse_mixer is not supported");
    if (w.rank != 3 || v.rank != 3 || s.rank != 2 || w.dim[2] != x->hidden ||
        v.dim[0] != w.dim[0] || s.dim[0] != x->n || s.dim[1] != w.dim[0] ||
        v.dim[1] != x->hidden || w.dim[1] != (two ? 2 : 1) * v.dim[2])
        return sx_reject(l, "weights of ranks %d and %d do not fit each other, or the input",
                         w.rank, v.rank);
    x->count = w.dim[0];
    for (int i = 0; i < 2; i++) {
        struct sx_shape b = sx_shape_of(l->g, x->bias[i]), of = i == 0 ? w : v;
        if (x->bias[i] != SX_NONE &&
            (b.rank != 2 || b.dim[0] != x->count || b.dim[1] != of.dim[1]))
            return sx_reject(l, "the biases of layer %d do not fit its weights", i + 1);
    }
    return true;
}

/* Gives the weighted sum of the experts' results for each token. */
static bool give_mixture(struct sx_lowering *l, struct experts *x, bool normal)
{
    static const int turned[] = {1, 0}, first = 0;
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int scores = sx_arg(l, 1);
    if (!check_experts(l, x, scores))
        return false;
    int weights = routed(l, x, scores, normal);
    if (weights == SX_NONE)
        return false;
    int64_t one[] = {1, x->n, x->hidden}, each[] = {x->count, x->n, 1};
    int y = activated(l, layer(g, x, 0, sx_shaped(g, x->tokens, 3, one)));
    y = layer(g, x, 1, y);
    weights = sx_shaped(g, sx_transpose(g, weights, turned), 3, each);
    y = sx_sum(g, sx_mul(g, y, weights), &first, 1);
    return sx_give(l, sx_shaped(g, y, shape.rank, shape.dim));
}

static bool read_tokens(struct sx_lowering *l, struct experts *x, int third)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    if (shape.rank < 2 || shape.rank > 3)
        return sx_reject(l, "an input of rank %d", shape.rank);
    if (sx_arg(l, third) != SX_NONE)
        return sx_reject(l, "a third layer is not supported");
    x->hidden = shape.dim[shape.rank - 1];
    x->n = sx_span(&shape, 0, shape.rank - 1);
    x->tokens = sx_shaped(l->g, sx_arg(l, 0), 2, (int64_t[]){x->n, x->hidden});
    return true;
}

/* MoE. Inputs: input, router scores, weights and biases of the first, second and third layer. */
static bool lower_experts(struct sx_lowering *l)
{
    struct experts x = {.weight = {sx_arg(l, 2), sx_arg(l, 4)},
                        .bias = {sx_arg(l, 3), sx_arg(l, 5)}};
    return read_tokens(l, &x, 6) &&
           give_mixture(l, &x, sx_attr_int(l, "normalize_routing_weights", 0) != 0);
}

/* The weights of input k, packed along the last axis. Input k + 1 has scales per row, or per block
 * of a row. Input `zeros` has zero points, packed in the same way. */
static int unpacked(struct sx_lowering *l, int k, int zeros)
{
    struct sx_graph *g = l->g;
    struct sx_shape w = sx_arg_shape(l, k), s = sx_arg_shape(l, k + 1);
    int64_t bits = sx_attr_int(l, "expert_weight_bits", 4);
    int64_t block = sx_attr_int(l, "block_size", 0);
    if ((bits != 2 && bits != 4 && bits != 8) || w.rank != 3 || w.dim[2] > INT32_MAX ||
        s.rank != (block > 0 ? 3 : 2) || s.dim[0] != w.dim[0] || s.dim[1] != w.dim[1]) {
        sx_reject(l, "weights of %lld bits, rank %d; scales of rank %d", (long long)bits,
                  w.rank, s.rank);
        return SX_NONE;
    }
    int64_t n = w.dim[2] * (8 / bits);
    if (block <= 0)
        block = n;
    int scale = sx_shaped(g, sx_arg(l, k + 1), 3,
                          (int64_t[]){s.dim[0], s.dim[1], s.rank == 3 ? s.dim[2] : 1});
    int64_t blocks = sx_shape_of(g, scale).dim[2];
    if (blocks != (n + block - 1) / block) {
        sx_reject(l, "%lld scales a row of %lld numbers", (long long)blocks, (long long)n);
        return SX_NONE;
    }
    int x = sx_cast(g, sx_bits_spread(g, sx_arg(l, k), bits, n), g->real);
    if (sx_arg(l, zeros) == SX_NONE)
        return sx_mul(g, sx_shift(g, x, -(double)(1 << (bits - 1))),
                      sx_each_of_block(l, scale, 2, n, block));
    int zero = sx_arg(l, zeros);
    struct sx_shape z = sx_shape_of(g, zero);
    if (z.rank < 2 || z.dim[z.rank - 1] < 1 ||
        (z.rank == 2 && (s.rank == 3 || z.dim[1] < (s.dim[1] * bits + 7) / 8))) {
        sx_reject(l, "zero points of rank %d", z.rank);
        return SX_NONE;
    }
    zero = sx_bits_spread(g, zero, bits, z.rank == 3 ? blocks : s.dim[1]);
    zero = sx_shaped(g, sx_cast(g, zero, g->real), 3, (int64_t[]){s.dim[0], s.dim[1], blocks});
    return sx_mul(g, sx_sub(g, x, sx_each_of_block(l, zero, 2, n, block)),
                  sx_each_of_block(l, scale, 2, n, block));
}

/* QMoE. Inputs: input, router scores, weights, scales and biases of three layers, their zero
 * points. */
static bool lower_quantised_experts(struct sx_lowering *l)
{
    struct experts x = {.bias = {sx_arg(l, 4), sx_arg(l, 7)}};
    if (!read_tokens(l, &x, 8))
        return false;
    for (int i = 0; i < 2; i++) {
        x.weight[i] = unpacked(l, 2 + 3 * i, 11 + i);
        if (x.weight[i] == SX_NONE)
            return false;
    }
    /* ONNX Runtime's weights of quantised experts always sum to 1. */
    return give_mixture(l, &x, true);
}

#define MS "com.microsoft"
const struct sx_lowering_row sx_lower_experts[] = {
    {MS, "MoE", 1, 0, 3, 8, lower_experts, 0, true},
    {MS, "QMoE", 1, 0, 4, 15, lower_quantised_experts, 0, true},
    {0},
};
