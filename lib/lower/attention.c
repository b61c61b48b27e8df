/* attention.c - lowering of attention: ONNX's, and com.microsoft's, to which transformers are
 * fused. attend.c has what they share. */
#include <math.h>

#include "lower/attend.h"
#include "lower/tables.h"

/* ---- ai.onnx ---- */

/* Extends a mask to all keys; keys beyond its last axis are hidden. */
static int widened(struct sx_lowering *l, int mask, int64_t keys)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, mask), rest = shape;
    int axis = shape.rank - 1;
    if (l->opset < 24 || axis < 0 || shape.dim[axis] >= keys)
        return mask;
    rest.dim[axis] = keys - shape.dim[axis];
    const int parts[] = {mask, sx_filled(g, SX_BOOL, &rest, 0)};
    return sx_concat(g, parts, 2, axis);
}

/* Sets the mask. Numbers are added to the scores and hide a key if they are -infinity; bools show a
 * key. */
static void set_mask(struct sx_lowering *l, struct sx_attention *a, int64_t keys)
{
    struct sx_graph *g = l->g;
    int mask = sx_arg(l, 3);
    struct sx_shape shape = sx_arg_shape(l, 3);
    if (mask == SX_NONE)
        return;
    if (sx_arg_kind(l, 3) == SX_ONNX_BOOL) {
        a->allowed = widened(l, mask, keys);
        return;
    }
    mask = sx_cast(g, mask, g->real);
    int shown = sx_binary(g, SX_LESS, sx_scalar(g, -INFINITY), mask);
    a->allowed = widened(l, shown, keys);
    a->bias = sx_where(g, shown, mask, sx_scalar(g, 0));
    shape.dim[shape.rank > 0 ? shape.rank - 1 : 0] = keys;
    if (l->opset >= 24 && shape.rank > 0 && sx_arg_shape(l, 3).dim[shape.rank - 1] < keys) {
        static const int64_t start[SX_MAX_RANK], step[SX_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
        a->bias = sx_embed(g, a->bias, start, step, &shape);
    }
}

/* Restricts queries to their window, and to keys that are not padding. If lengths are given (input
 * 6), the queries are at the end of them. */
static void set_window(struct sx_lowering *l, struct sx_attention *a, int64_t past)
{
    struct sx_graph *g = l->g;
    int64_t queries = sx_shape_of(g, a->q).dim[2], keys = sx_shape_of(g, a->k).dim[2];
    int64_t left = sx_attr_int(l, "left_window_size", -1);
    int64_t right = sx_attr_int(l, "right_window_size", -1);
    int offset = sx_scalar_int(g, past), lengths = sx_arg(l, 6);
    if (lengths != SX_NONE) {
        lengths = sx_along(g, lengths, 0, 4);
        a->allowed = sx_both(g, a->allowed, sx_binary(g, SX_LESS, sx_iota(g, keys), lengths));
        offset = sx_sub(g, lengths, sx_scalar_int(g, queries));
    }
    /* A lone query sees all keys, as in ONNX Runtime. */
    if (sx_attr_int(l, "is_causal", 0) != 0 && queries > 1)
        right = 0;
    a->allowed = sx_both(g, a->allowed, sx_window(g, queries, keys, offset, left, right));
}

/* Attention. Inputs Q, K, V, mask, past keys and values, lengths. Outputs Y, present keys and
 * values, scores. If inputs have rank 3, so has Y. */
static bool lower_attention(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_attention a = {.q = sx_heads_of(l, 0, sx_attr_int(l, "q_num_heads", 0)),
                             .k = sx_heads_of(l, 1, sx_attr_int(l, "kv_num_heads", 0)),
                             .v = sx_heads_of(l, 2, sx_attr_int(l, "kv_num_heads", 0)),
                             .allowed = SX_NONE,
                             .bias = SX_NONE,
                             .sink = SX_NONE,
                             .scale = sx_attr_float(l, "scale", 0),
                             .softcap = sx_attr_float(l, "softcap", 0)};
    int64_t mode = sx_attr_int(l, "qk_matmul_output_mode", 0), past = 0;
    if (a.q == SX_NONE || a.k == SX_NONE || a.v == SX_NONE)
        return false;
    if (mode < 0 || mode > 3)
        return sx_reject(l, "qk_matmul_output_mode %lld", (long long)mode);
    if (sx_arg(l, 4) != SX_NONE && sx_arg_shape(l, 4).rank == 4)
        past = sx_arg_shape(l, 4).dim[2];
    a.k = sx_appended(g, sx_arg(l, 4), a.k);
    a.v = sx_appended(g, sx_arg(l, 5), a.v);
    set_mask(l, &a, sx_shape_of(g, a.k).dim[2]);
    set_window(l, &a, past);
    int y = sx_attend(g, &a);
    sx_give_as(l, 1, a.k, sx_arg_kind(l, 1));
    sx_give_as(l, 2, a.v, sx_arg_kind(l, 2));
    sx_give_as(l, 3, a.scores[mode], sx_arg_kind(l, 0));
    return sx_give(l, sx_arg_shape(l, 0).rank == 3 ? sx_join_heads(g, y) : y);
}

/* RotaryEmbedding. Inputs X, cosines and sines per position, positions. Without positions the
 * tables are per token. */
static bool lower_rotary(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    bool contrib = l->row->arg != 0;
    int cosine = contrib ? 2 : 1, position = contrib ? 1 : 3, table[2];
    int64_t heads = sx_attr_int(l, "num_heads", 0), size = sx_arg_shape(l, cosine).dim[1] * 2;
    if (sx_attr_int(l, "is_packed_batching", 0) != 0)
        return sx_reject(l, "is_packed_batching is not supported");
    if (heads == 0 && shape.rank == 3 && size > 0)
        heads = shape.dim[2] / size;
    int x = sx_heads_of(l, 0, heads), at = sx_arg(l, position);
    if (x == SX_NONE)
        return false;
    struct sx_shape all = sx_shape_of(g, x);
    if (sx_arg_shape(l, position).rank == 1) /* the position of the first token */
        at = sx_add(g, at, sx_shaped(g, sx_iota(g, all.dim[2]), 2, (int64_t[]){1, all.dim[2]}));
    for (int k = 0; k < 2; k++) {
        int values = sx_arg(l, cosine + k);
        struct sx_shape of = sx_shape_of(g, values);
        if (at != SX_NONE && of.rank == 2)
            values = sx_take(g, values, sx_index(l, at, of.dim[0]), 0, false);
        of = sx_shape_of(g, values);
        if (of.rank != 3)
            return sx_reject(l, "input %d (cosines or sines) has rank %d", cosine + k, of.rank);
        table[k] = sx_shaped(g, values, 4, (int64_t[]){of.dim[0], 1, of.dim[1], of.dim[2]});
    }
    int y = sx_rotated(g, x, table[0], table[1], sx_attr_int(l, "interleaved", 0) != 0);
    return sx_give(l, shape.rank == 3 ? sx_join_heads(g, y) : y);
}

/* ---- com.microsoft ---- */

/* The term that hides masked keys. `mask` holds lengths [batch], or ends and starts [2 batch], or
 * ones at valid keys [batch, keys] or [batch, queries, keys]. */
static int mask_term(struct sx_lowering *l, int mask, int64_t batch, int64_t keys)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, mask);
    double low = sx_attr_float(l, "mask_filter_value", -10000);
    int valid;
    if (mask == SX_NONE)
        return SX_NONE;
    if (shape.rank == 1 && (shape.dim[0] == batch || shape.dim[0] == 2 * batch)) {
        int key = sx_iota(g, keys), end = sx_slice_axis(g, mask, 0, 0, batch);
        valid = sx_binary(g, SX_LESS, key, sx_along(g, end, 0, 4));
        if (shape.dim[0] == 2 * batch) {
            int start = sx_along(g, sx_slice_axis(g, mask, 0, batch, batch), 0, 4);
            valid = sx_binary(g, SX_AND, valid, sx_binary(g, SX_LESSEQ, start, key));
        }
    } else if (shape.rank == 2 || shape.rank == 3) {
        int64_t dims[] = {shape.dim[0], 1, shape.rank == 3 ? shape.dim[1] : 1,
                          shape.dim[shape.rank - 1]};
        valid = sx_cast(g, sx_shaped(g, mask, 4, dims), SX_BOOL);
    } else {
        sx_reject(l, "a mask of rank %d is not supported", shape.rank);
        return SX_NONE;
    }
    return sx_where(g, valid, sx_scalar(g, 0), sx_scalar(g, low));
}

/* Sets output 0, [batch, length, heads * size], to the attention of queries, keys and values with a
 * mask and a bias. `past` is the number of keys from earlier calls. */
static bool give_attention(struct sx_lowering *l, const int part[3], int64_t past, int mask,
                           int bias)
{
    struct sx_graph *g = l->g;
    struct sx_shape q = sx_shape_of(g, part[0]), k = sx_shape_of(g, part[1]);
    if (q.rank != 4 || k.rank != 4)
        return sx_reject(l, "queries, keys or values of a wrong rank");
    struct sx_attention a = {.q = part[0],
                             .k = part[1],
                             .v = part[2],
                             .allowed = SX_NONE,
                             .sink = SX_NONE,
                             .scale = sx_attr_float(l, "scale", 0)};
    if (sx_attr_int(l, "unidirectional", 0) != 0)
        a.allowed = sx_window(g, q.dim[2], k.dim[2], sx_scalar_int(g, past), -1, 0);
    a.bias = mask_term(l, mask, q.dim[0], k.dim[2]);
    if (bias != SX_NONE)
        a.bias = a.bias != SX_NONE ? sx_add(g, a.bias, bias) : bias;
    int y = sx_attend(g, &a);
    return l->error->status == SX_OK && sx_give(l, sx_join_heads(g, y));
}

/* Keys (i = 0) or values (i = 1) of [2, batch, heads, length, size]. */
static int past_part(struct sx_graph *g, int past, int i)
{
    struct sx_shape shape = sx_shape_of(g, past);
    return sx_shaped(g, sx_slice_axis(g, past, 0, i, 1), 4, shape.dim + 1);
}

/* Appends part[1] and part[2] to the past, and sets output 1 to both. */
static bool append_past(struct sx_lowering *l, int part[3], int64_t *length)
{
    struct sx_graph *g = l->g;
    struct sx_shape past = sx_arg_shape(l, 4);
    int both[2];
    *length = 0;
    if (sx_arg(l, 4) != SX_NONE) {
        if (past.rank != 5 || past.dim[0] != 2)
            return sx_reject(l, "input 4 (past) must be [2, batch, heads, length, size]");
        *length = past.dim[3];
        for (int i = 0; i < 2; i++)
            part[1 + i] = sx_appended(g, past_part(g, sx_arg(l, 4), i), part[1 + i]);
    }
    if (!sx_wants(l, 1))
        return true;
    for (int i = 0; i < 2; i++) {
        struct sx_shape shape = sx_shape_of(g, part[1 + i]);
        int64_t dims[] = {1, shape.dim[0], shape.dim[1], shape.dim[2], shape.dim[3]};
        both[i] = sx_shaped(g, part[1 + i], 5, dims);
    }
    return sx_give_as(l, 1, sx_concat(g, both, 2, 0), sx_arg_kind(l, 0));
}

/* Attention of com.microsoft: one product computes queries, keys and values, with weights [inputs,
 * q + k + v]. */
static bool lower_fused_attention(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), w = sx_arg_shape(l, 1);
    struct sx_ints sizes = sx_attr_ints(l, "qkv_hidden_sizes");
    int64_t heads = sx_attr_int(l, "num_heads", 0), begin = 0, past = 0;
    if (sx_attr_int(l, "do_rotary", 0) != 0 ||
        sx_attr_int(l, "past_present_share_buffer", 0) != 0)
        return sx_reject(
            l, "rotation, and a buffer that past and present share, are not supported");
    if (x.rank != 3 || w.rank != 2 || heads < 1 || (sizes.given && sizes.n != 3))
        return sx_reject(l, "input of rank %d, weights of rank %d, %lld heads", x.rank, w.rank,
                         (long long)heads);
    int all = sx_product(g, sx_arg(l, 0), sx_arg(l, 1)), part[3];
    if (sx_arg(l, 2) != SX_NONE)
        all = sx_add(g, all, sx_arg(l, 2));
    for (int i = 0; i < 3; i++) {
        int64_t size = sizes.given ? sizes.v[i] : w.dim[1] / 3;
        if (size < 1 || size % heads != 0 || begin > w.dim[1] - size)
            return sx_reject(l, "%lld heads do not divide %lld", (long long)heads,
                             (long long)size);
        part[i] = sx_split_heads(g, sx_slice_axis(g, all, 2, begin, size), heads);
        begin += size;
    }
    return append_past(l, part, &past) &&
           give_attention(l, part, past, sx_arg(l, 3), sx_arg(l, 5));
}

/* Part i of [batch, length, heads, n, size]. */
static int packed(struct sx_graph *g, int a, int i)
{
    static const int perm[] = {0, 2, 1, 3};
    struct sx_shape shape = sx_shape_of(g, a);
    int64_t dims[] = {shape.dim[0], shape.dim[1], shape.dim[2], shape.dim[4]};
    return sx_transpose(g, sx_shaped(g, sx_slice_axis(g, a, 3, i, 1), 4, dims), perm);
}

/* Adds its part of the bias [q + k + v] to [batch, length, size]. */
static int biased(struct sx_lowering *l, int a, int bias, int64_t *begin)
{
    struct sx_shape shape = sx_shape_of(l->g, a);
    if (bias == SX_NONE || shape.rank != 3)
        return a;
    int part = sx_slice_axis(l->g, bias, 0, *begin, shape.dim[2]);
    *begin += shape.dim[2];
    return sx_add(l->g, a, part);
}

/* MultiHeadAttention. Inputs query, key, value, bias, key mask, attention bias, past keys, past
 * values. Keys and values may be packed into earlier inputs. Present keys and values are outputs,
 * too. */
static bool lower_multi_head(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int64_t heads = sx_attr_int(l, "num_heads", 0), begin = 0, past = 0;
    struct sx_shape q_shape = sx_arg_shape(l, 0), k_shape = sx_arg_shape(l, 1);
    int part[3] = {sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2)};
    if (sx_arg(l, 8) != SX_NONE)
        return sx_reject(l, "a buffer that past and present share is not supported");
    if (q_shape.rank == 5 && q_shape.dim[3] == 3) {
        for (int i = 2; i >= 0; i--)
            part[i] = packed(g, sx_arg(l, 0), i);
    } else if (k_shape.rank == 5 && k_shape.dim[3] == 2) {
        part[2] = packed(g, part[1], 1);
        part[1] = packed(g, part[1], 0);
    }
    for (int i = 0; i < 3; i++) {
        struct sx_shape shape = sx_shape_of(g, part[i]);
        if (shape.rank == 3 && (heads < 1 || shape.dim[2] % heads != 0))
            return sx_reject(l, "%lld heads do not divide %lld", (long long)heads,
                             (long long)shape.dim[2]);
        if (shape.rank != 3 && shape.rank != 4)
            return sx_reject(l, "input %d has rank %d", i, shape.rank);
        part[i] = biased(l, part[i], sx_arg(l, 3), &begin);
        part[i] = shape.rank == 3 ? sx_split_heads(g, part[i], heads) : part[i];
    }
    if (sx_arg(l, 6) != SX_NONE && sx_arg_shape(l, 6).rank == 4)
        past = sx_arg_shape(l, 6).dim[2];
    for (int i = 1; i < 3; i++) {
        part[i] = sx_appended(g, sx_arg(l, 5 + i), part[i]);
        sx_give_as(l, i, part[i], sx_arg_kind(l, 0));
    }
    return give_attention(l, part, past, sx_arg(l, 4), sx_arg(l, 5));
}

/* Splits an input into heads, after adding its part of the bias. */
static bool split_part(struct sx_lowering *l, int *part, int64_t heads, int64_t *begin)
{
    struct sx_shape shape = sx_shape_of(l->g, *part);
    if (shape.rank == 4)
        return true;
    if (shape.rank != 3 || heads < 1 || shape.dim[2] % heads != 0)
        return sx_reject(l, "%lld heads of an input of rank %d", (long long)heads, shape.rank);
    *part = sx_split_heads(l->g, biased(l, *part, sx_arg(l, 10), begin), heads);
    return true;
}

/* Puts the current key (i = 1) or value (i = 2) into the buffer of the past, which has room for
 * further ones, and sets output i. part[i] becomes all of them so far. */
static bool placed(struct sx_lowering *l, int i, int64_t past, int part[3])
{
    struct sx_graph *g = l->g;
    struct sx_shape room = sx_arg_shape(l, 4 + i);
    if (room.rank != 4 || past < 0 || past >= room.dim[2])
        return sx_reject(l, "%lld earlier ones in input %d", (long long)past, 4 + i);
    int buffer = sx_arg(l, 4 + i);
    part[i] = sx_appended(g, sx_slice_axis(g, buffer, 2, 0, past), part[i]);
    int rest = sx_slice_axis(g, buffer, 2, past + 1, room.dim[2] - past - 1);
    return sx_give_as(l, i, sx_appended(g, part[i], rest), sx_arg_kind(l, 0));
}

/* DecoderMaskedMultiHeadAttention, for one query at a time. Inputs query, key, value, key mask,
 * attention bias, past keys, past values, their number, beams, bias. Without a past, keys and
 * values are those of an encoder. */
static bool lower_masked_decoder(struct sx_lowering *l)
{
    int64_t heads = sx_attr_int(l, "num_heads", 0), begin = 0, past = 0, beams = 1;
    int part[3] = {sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2)};
    struct sx_shape q = sx_arg_shape(l, 0);
    if (sx_arg(l, 8) != SX_NONE && !sx_const_int(l, 8, "beam_width", &beams))
        return false;
    if (beams > 1 || sx_wants(l, 3) || q.rank != 3 || q.dim[1] != 1)
        return sx_reject(l, "%lld beams, the scores, or more than one query are not supported",
                         (long long)beams);
    for (int i = 0; part[1] == SX_NONE && i < 3; i++)
        part[2 - i] = sx_slice_axis(l->g, part[0], 2, (2 - i) * (q.dim[2] / 3), q.dim[2] / 3);
    for (int i = 0; i < 3; i++)
        if (!split_part(l, &part[i], heads, &begin))
            return false;
    if (sx_arg(l, 5) != SX_NONE && (!sx_const_int(l, 7, "past_sequence_length", &past) ||
                                    !placed(l, 1, past, part) || !placed(l, 2, past, part)))
        return false;
    return give_attention(l, part, past, sx_arg(l, 3), sx_arg(l, 4));
}

#define MS "com.microsoft"
const struct sx_lowering_row sx_lower_attention[] = {
    {"", "Attention", 23, 0, 3, 7, lower_attention, 0, true},
    {"", "RotaryEmbedding", 23, 0, 3, 4, lower_rotary, 0, true},
    {MS, "RotaryEmbedding", 1, 0, 4, 4, lower_rotary, 1, true},
    {MS, "Attention", 1, 0, 2, 7, lower_fused_attention, 0, true},
    {MS, "MultiHeadAttention", 1, 0, 1, 10, lower_multi_head, 0, true},
    {MS, "DecoderMaskedMultiHeadAttention", 1, 0, 1, 11, lower_masked_decoder, 0, true},
    {0},
};
