/* random.c - lowering of random tensors: they become one draw, the same in every run. */
#include <math.h>
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

enum { NORMAL, UNIFORM };

/* The random stream of a node: of its seed, or of its name if it has none. */
static uint64_t stream(struct sx_lowering *l)
{
    double seed = sx_attr_float(l, "seed", 0);
    const char *name = l->n_out > 0 ? l->node->output[0] : "";
    uint64_t hash = sx_hash(SX_HASH_START, &seed, sizeof seed);
    return sx_attr(l, "seed") != NULL ? hash : sx_hash(hash, name, strlen(name));
}

static int drawn(struct sx_lowering *l, const struct sx_shape *shape, int how)
{
    int64_t count;
    if (!sx_shape_count(shape, &count, l->error))
        return SX_NONE;
    double *v = sx_scratch(l, (size_t)count, sizeof *v);
    uint64_t key = stream(l);
    for (int64_t i = 0; v != NULL && i < count; i++)
        v[i] = how == NORMAL ? sx_random_normal(0, key, (uint64_t)i)
                             : sx_random_uniform(0, key, (uint64_t)i);
    sx_model_warn(l->scope->model, "%s: one draw stands for all random values",
                  sx_text(l->node->op_type));
    return v == NULL ? SX_NONE : sx_real_const(l->g, shape, v);
}

/* A random tensor: normal by mean and deviation, or uniform between low and high. */
static int scaled(struct sx_lowering *l, const struct sx_shape *shape, int how)
{
    int x = drawn(l, shape, how);
    double low = sx_attr_float(l, "low", 0), high = sx_attr_float(l, "high", 1);
    double scale = how == NORMAL ? sx_attr_float(l, "scale", 1) : high - low;
    return sx_shift(l->g, sx_scale(l->g, x, scale),
                    how == NORMAL ? sx_attr_float(l, "mean", 0) : low);
}

static bool give_scaled(struct sx_lowering *l, const struct sx_shape *shape, int kind)
{
    int64_t type = sx_attr_int(l, "dtype", kind);
    int x = scaled(l, shape, l->row->arg);
    if (type < 1 || type > INT32_MAX)
        return sx_reject(l, "dtype %lld", (long long)type);
    return x != SX_NONE && sx_give_as(l, 0, sx_convert(l, x, (int)type), (int)type);
}

static bool lower_random(struct sx_lowering *l)
{
    struct sx_ints list = sx_attr_ints(l, "shape");
    struct sx_shape shape = {.rank = list.n};
    if (!list.given || list.n > SX_MAX_RANK)
        return sx_reject(l, "a shape of %d dimensions", list.n);
    for (int i = 0; i < list.n; i++)
        shape.dim[i] = list.v[i];
    return give_scaled(l, &shape, SX_ONNX_FLOAT);
}

static bool lower_random_like(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    return give_scaled(l, &shape, sx_arg_kind(l, 0));
}

/* Bernoulli: 1 with the probability that the input gives. */
static bool lower_bernoulli(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    int64_t type = sx_attr_int(l, "dtype", sx_arg_kind(l, 0));
    int below = sx_binary(l->g, SX_LESS, drawn(l, &shape, UNIFORM), sx_arg(l, 0));
    if (type < 1 || type > INT32_MAX)
        return sx_reject(l, "dtype %lld", (long long)type);
    return sx_give_as(l, 0, sx_convert(l, below, (int)type), (int)type);
}

/* Multinomial: from log-weights [N, C] to classes [N, sample_size]. The class is the number of
 * cumulative probabilities that the draw is not below. */
static bool lower_multinomial(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = sx_attr_int(l, "sample_size", 1), type = sx_attr_int(l, "dtype", SX_ONNX_INT32);
    const int last = 2;
    if (x.rank != 2 || x.dim[1] < 1 || n < 1 ||
        (type != SX_ONNX_INT32 && type != SX_ONNX_INT64))
        return sx_reject(l, "%lld draws of dtype %lld from rank %d", (long long)n,
                         (long long)type, x.rank);
    struct sx_shape draws = {3, {x.dim[0], n, 1}};
    int sums = sx_cumsum(g, sx_softmax(g, sx_arg(l, 0), 1), 1, false, false);
    sums = sx_slice_axis(g, sums, 1, 0, x.dim[1] - 1);
    sums = sx_shaped(g, sums, 3, (int64_t[]){x.dim[0], 1, x.dim[1] - 1});
    int passed = sx_binary(g, SX_LESSEQ, sums, drawn(l, &draws, UNIFORM));
    int y = sx_sum(g, sx_cast(g, passed, SX_INT), &last, 1);
    return sx_give_as(l, 0, sx_shaped(g, y, 2, draws.dim), (int)type);
}

const struct sx_lowering_row sx_lower_random[] = {
    {"", "RandomNormal", 1, 0, 0, 0, lower_random, NORMAL, false},
    {"", "RandomUniform", 1, 0, 0, 0, lower_random, UNIFORM, false},
    {"", "RandomNormalLike", 1, 0, 1, 1, lower_random_like, NORMAL, false},
    {"", "RandomUniformLike", 1, 0, 1, 1, lower_random_like, UNIFORM, false},
    {"", "Bernoulli", 15, 0, 1, 1, lower_bernoulli, 0, false},
    {"", "Multinomial", 7, 0, 1, 1, lower_multinomial, 0, false},
    {0},
};
