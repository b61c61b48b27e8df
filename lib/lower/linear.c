/* linear.c - lowering of LinearAttention: a matrix per head accumulates keys times values, and
 * queries read it. It is unrolled over the known length. */
#include <math.h>

#include "lower/attend.h"
#include "lower/tables.h"

/* The most steps of one node. */
#define MOST_STEPS 65536

struct linear {
    struct sx_graph *g;
    /* key and value are the sizes of one head */
    int64_t batch, steps, heads, kv_heads, key, value;
    bool gated, delta;
    double scale;
    int q, k, v;     /* [batch, heads, steps, size] */
    int decay, beta; /* [batch, heads or 1, steps, key or 1], or SX_NONE */
};

static bool read_lengths(struct sx_lowering *l, struct linear *s)
{
    struct sx_shape q = sx_arg_shape(l, 0), k = sx_arg_shape(l, 1), v = sx_arg_shape(l, 2);
    s->g = l->g;
    s->heads = sx_attr_int(l, "q_num_heads", 0);
    s->kv_heads = sx_attr_int(l, "kv_num_heads", 0);
    if (q.rank != 3 || k.rank != 3 || v.rank != 3 || s->heads < 1 || s->kv_heads < 1 ||
        s->heads % s->kv_heads != 0 || q.dim[2] % s->heads != 0)
        return sx_reject(l, "ranks %d, %d and %d, %lld heads of queries and %lld of keys",
                         q.rank, k.rank, v.rank, (long long)s->heads, (long long)s->kv_heads);
    s->batch = q.dim[0];
    s->steps = q.dim[1];
    s->key = q.dim[2] / s->heads;
    s->value = v.dim[2] / s->kv_heads;
    if (k.dim[0] != s->batch || v.dim[0] != s->batch || k.dim[1] != s->steps ||
        v.dim[1] != s->steps || k.dim[2] != s->kv_heads * s->key || s->steps < 1 ||
        s->steps > MOST_STEPS)
        return sx_reject(l, "queries, keys and values do not fit, or %lld steps",
                         (long long)s->steps);
    return true;
}

/* Input k [batch, steps, ..] with separate heads. It has one number per head, or (decay) one per
 * element of a key, or (beta) one for all heads. SX_NONE after a refusal. */
static int gate(struct sx_lowering *l, const struct linear *s, int k, bool each)
{
    struct sx_shape x = sx_arg_shape(l, k);
    bool fits = x.rank == 3 && x.dim[0] == s->batch && x.dim[1] == s->steps;
    if (fits && (x.dim[2] == s->kv_heads || (each && x.dim[2] == s->kv_heads * s->key)))
        return sx_heads_of(l, k, s->kv_heads);
    if (fits && !each && x.dim[2] == 1)
        return sx_heads_of(l, k, 1);
    sx_reject(l, "input %d (%s) is missing or does not fit", k, each ? "decay" : "beta");
    return SX_NONE;
}

static bool read_parts(struct sx_lowering *l, struct linear *s)
{
    enum { PLAIN, GATED, DELTA, BOTH };
    int rule = sx_attr_word(l, "update_rule", "linear gated delta gated_delta", BOTH);
    s->gated = rule == GATED || rule == BOTH;
    s->delta = rule == DELTA || rule == BOTH;
    s->scale = sx_attr_float(l, "scale", 0);
    if (s->scale == 0)
        s->scale = 1 / sqrt((double)s->key);
    s->q = sx_heads_of(l, 0, s->heads);
    s->k = sx_heads_of(l, 1, s->kv_heads);
    s->v = sx_heads_of(l, 2, s->kv_heads);
    s->decay = s->gated ? gate(l, s, 4, true) : SX_NONE;
    s->beta = s->delta ? gate(l, s, 5, false) : SX_NONE;
    return s->q != SX_NONE && s->k != SX_NONE && s->v != SX_NONE &&
           s->gated == (s->decay != SX_NONE) && s->delta == (s->beta != SX_NONE);
}

/* The matrix [batch, heads, key, value] after step t. */
static int next_state(const struct linear *s, int state, int64_t t)
{
    struct sx_graph *g = s->g;
    int k = sx_slice_axis(g, s->k, 2, t, 1), v = sx_slice_axis(g, s->v, 2, t, 1);
    if (s->gated) {
        static const int column[] = {0, 1, 3, 2};
        int by = sx_transpose(g, sx_slice_axis(g, s->decay, 2, t, 1), column);
        state = sx_mul(g, state, sx_unary(g, SX_EXP, by));
    }
    if (s->delta)
        v = sx_mul(g, sx_slice_axis(g, s->beta, 2, t, 1),
                   sx_sub(g, v, sx_matmul(g, k, state, false, false)));
    return sx_add(g, state, sx_matmul(g, k, v, true, false));
}

/* The result of the queries of step t, [batch, heads, 1, value]. */
static int read_state(const struct linear *s, int state, int64_t t)
{
    int64_t shared[] = {s->batch, s->kv_heads, s->heads / s->kv_heads, s->key};
    int64_t apart[] = {s->batch, s->heads, 1, s->value};
    int q = sx_shaped(s->g, sx_slice_axis(s->g, s->q, 2, t, 1), 4, shared);
    return sx_shaped(s->g, sx_matmul(s->g, q, state, false, false), 4, apart);
}

static bool lower_linear_attention(struct sx_lowering *l)
{
    struct linear s;
    if (!read_lengths(l, &s) || !read_parts(l, &s))
        return false;
    struct sx_shape past = {4, {s.batch, s.kv_heads, s.key, s.value}},
                    given = sx_arg_shape(l, 3);
    int state = sx_arg(l, 3);
    if (state != SX_NONE && !sx_shape_equal(&given, &past))
        return sx_reject(l, "input 3 (past_state) does not fit");
    if (state == SX_NONE)
        state = sx_filled(s.g, s.g->real, &past, 0);
    s.q = sx_scale(s.g, s.q, s.scale);
    int *out = sx_scratch(l, (size_t)s.steps, sizeof *out);
    for (int64_t t = 0; t < s.steps && out != NULL; t++) {
        state = next_state(&s, state, t);
        out[t] = read_state(&s, state, t);
    }
    if (out == NULL)
        return false;
    int y = s.steps > 1 ? sx_concat(s.g, out, (int)s.steps, 2) : out[0];
    sx_give_as(l, 1, state, sx_arg_kind(l, sx_arg(l, 3) != SX_NONE ? 3 : 0));
    return sx_give(l, sx_join_heads(s.g, y));
}

const struct sx_lowering_row sx_lower_linear[] = {
    {"", "LinearAttention", 27, 0, 3, 6, lower_linear_attention, 0, true},
    {"com.microsoft", "LinearAttention", 1, 0, 3, 6, lower_linear_attention, 0, true},
    {0},
};
