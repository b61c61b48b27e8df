/* group.c - lowering of com.microsoft's GroupQueryAttention: several queries share a key, positions
 * rotate queries and keys, and keys of earlier calls are in a buffer that may be longer than
 * needed.
 *
 * The number of keys of each sample is decided by the values of input 5. */
#include "lower/attend.h"
#include "lower/tables.h"

struct group {
    struct sx_graph *g;
    int64_t heads, kv_heads, batch, length, size;
    int64_t buffer; /* room for keys in the past */
    int64_t total;  /* room for keys in the present */
    int64_t *past;  /* per sample: number of keys from earlier calls */
    int64_t *keys;  /* per sample: number of keys; what follows them in a prompt fills it up */
    bool same;      /* all samples are alike in these */
    int q, k, v;    /* [batch, heads, length, size] */
};

static bool read_parts(struct sx_lowering *l, struct group *s)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    s->g = g;
    s->heads = sx_attr_int(l, "num_heads", 0);
    s->kv_heads = sx_attr_int(l, "kv_num_heads", 0);
    if (x.rank != 3 || s->heads < 1 || s->kv_heads < 1)
        return sx_reject(l, "input of rank %d, %lld heads of queries and %lld of keys", x.rank,
                         (long long)s->heads, (long long)s->kv_heads);
    s->batch = x.dim[0];
    s->length = x.dim[1];
    if (sx_arg(l, 1) != SX_NONE) {
        s->q = sx_heads_of(l, 0, s->heads);
        s->k = sx_heads_of(l, 1, s->kv_heads);
        s->v = sx_heads_of(l, 2, s->kv_heads);
    } else { /* packed in one input */
        int all = sx_heads_of(l, 0, s->heads + 2 * s->kv_heads);
        if (all == SX_NONE)
            return false;
        s->q = sx_slice_axis(g, all, 1, 0, s->heads);
        s->k = sx_slice_axis(g, all, 1, s->heads, s->kv_heads);
        s->v = sx_slice_axis(g, all, 1, s->heads + s->kv_heads, s->kv_heads);
    }
    s->size = sx_shape_of(g, s->q).dim[3];
    return s->q != SX_NONE && s->k != SX_NONE && s->v != SX_NONE;
}

/* Reads inputs 5, the number of keys of each sample minus 1, and 6, the largest number of keys. */
static bool read_lengths(struct sx_lowering *l, struct group *s)
{
    struct sx_ints last;
    struct sx_shape past = sx_arg_shape(l, 3);
    int64_t total = 0;
    if (!sx_const_ints(l, 5, "seqlens_k", &last) ||
        !sx_const_int(l, 6, "total_sequence_length", &total))
        return false;
    s->buffer = sx_arg(l, 3) != SX_NONE && past.rank == 4 ? past.dim[2] : 0;
    s->total = total > s->buffer ? total : s->buffer;
    s->past = sx_scratch(l, (size_t)s->batch, sizeof *s->past);
    s->keys = sx_scratch(l, (size_t)s->batch, sizeof *s->keys);
    s->same = true;
    if (last.n != s->batch || s->past == NULL || s->keys == NULL)
        return sx_reject(l, "%d lengths for %lld samples", last.n, (long long)s->batch);
    for (int64_t b = 0; b < s->batch; b++) {
        s->past[b] = total == s->length ? 0 : last.v[b] + 1 - s->length;
        s->keys[b] = last.v[b] + 1;
        s->same = s->same && s->past[b] == s->past[0] && s->keys[b] == s->keys[0];
        if (s->past[b] < 0 || s->past[b] > s->buffer || s->past[b] > s->total - s->length)
            return sx_reject(l, "%lld keys of %lld are new, %lld were before",
                             (long long)s->length, (long long)last.v[b] + 1,
                             (long long)s->buffer);
    }
    return true;
}

/* Sample b of a tensor, or all samples if they are treated alike. */
static int sample(const struct group *s, int a, int64_t b)
{
    return s->same ? a : sx_slice_axis(s->g, a, 0, b, 1);
}

/* The present of one sample: its past, the new keys, and the rest of the buffer. */
static int present_of(const struct group *s, int past, int now, int64_t b)
{
    struct sx_graph *g = s->g;
    int64_t old = s->past[b], behind = s->total - old - s->length;
    int part[3], n = 0, first = sample(s, now, b);
    if (old > 0)
        part[n++] = sx_slice_axis(g, sample(s, past, b), 2, 0, old);
    part[n++] = first;
    if (behind > 0 && s->buffer == s->total) {
        part[n++] = sx_slice_axis(g, sample(s, past, b), 2, old + s->length, behind);
    } else if (behind > 0) {
        struct sx_shape shape = sx_shape_of(g, first);
        shape.dim[2] = behind;
        part[n++] = sx_filled(g, g->real, &shape, 0);
    }
    return n > 1 ? sx_concat(g, part, n, 2) : first;
}

static int present(struct sx_lowering *l, const struct group *s, int past, int now)
{
    if (s->same)
        return present_of(s, past, now, 0);
    int *parts = sx_scratch(l, (size_t)s->batch, sizeof *parts);
    for (int64_t b = 0; b < s->batch && parts != NULL; b++)
        parts[b] = present_of(s, past, now, b);
    return parts != NULL ? sx_concat(s->g, parts, (int)s->batch, 0) : SX_NONE;
}

/* A number per sample as [batch, 1, 1, 1]. */
static int per_sample(const struct group *s, const int64_t *of)
{
    return sx_along(s->g, sx_ints(s->g, s->same ? 1 : (int)s->batch, of), 0, 4);
}

/* Which queries see which keys: those of the sample, not after the query, and in the window before it. */
static int visible(struct sx_lowering *l, const struct group *s)
{
    struct sx_graph *g = l->g;
    int64_t window = sx_attr_int(l, "local_window_size", -1);
    int seen = sx_window(g, s->length, s->total, per_sample(s, s->past),
                         window > 0 ? window - 1 : -1, 0);
    if (s->same && s->keys[0] >= s->past[0] + s->length)
        return seen;
    return sx_both(g, seen,
                   sx_binary(g, SX_LESS, sx_iota(g, s->total), per_sample(s, s->keys)));
}

/* Rotates queries and keys by the tables of inputs 7 and 8, at the positions of input 9, or at
 * those after the past. */
static bool rotate(struct sx_lowering *l, struct group *s)
{
    struct sx_graph *g = l->g;
    int at = sx_arg(l, 9), table[2];
    bool neighbours = sx_attr_int(l, "rotary_interleaved", 0) != 0;
    if (sx_attr_int(l, "do_rotary", 0) == 0)
        return true;
    if (at == SX_NONE) {
        int first = sx_ints(g, s->same ? 1 : (int)s->batch, s->past);
        at = sx_add(g, sx_along(g, first, 0, 2), sx_iota(g, s->length));
    }
    for (int k = 0; k < 2; k++) {
        struct sx_shape of = sx_arg_shape(l, 7 + k);
        if (sx_arg(l, 7 + k) == SX_NONE || of.rank != 2)
            return sx_reject(l, "input %d (cosines or sines) must be a table", 7 + k);
        int rows = sx_take(g, sx_arg(l, 7 + k), sx_index(l, at, of.dim[0]), 0, false);
        struct sx_shape to = sx_shape_of(g, rows);
        if (to.rank != 3)
            return sx_reject(l, "input 9 (position_ids) has rank %d", to.rank - 1);
        table[k] = sx_shaped(g, rows, 4, (int64_t[]){to.dim[0], 1, to.dim[1], to.dim[2]});
    }
    s->q = sx_rotated(g, s->q, table[0], table[1], neighbours);
    s->k = sx_rotated(g, s->k, table[0], table[1], neighbours);
    return true;
}

/* The sink: a further score per head, input 11, or 0 for all. */
static int sink_of(struct sx_lowering *l)
{
    int sink = sx_arg(l, 11);
    if (sink != SX_NONE)
        return sx_along(l->g, sink, 1, 4);
    return sx_attr_int(l, "smooth_softmax", 0) == 1 ? sx_scalar(l->g, 0) : SX_NONE;
}

static bool refused(struct sx_lowering *l)
{
    static const char *const kinds[] = {"k_quant_type", "v_quant_type"};
    for (int i = 0; i < 2; i++)
        if (sx_attr_word(l, kinds[i], "NONE", 0) != 0 || l->error->status != SX_OK)
            return true;
    return false;
}

/* The scores, as qk_output says: 1 before the softmax, 0 for keys that are not seen; 2 after it. */
static bool give_scores(struct sx_lowering *l, const struct sx_attention *a)
{
    int64_t what = sx_attr_int(l, "qk_output", 0);
    if (!sx_wants(l, 3))
        return true;
    if (what < 1 || what > 2)
        return sx_reject(l, "output 3 (scores) with qk_output %lld", (long long)what);
    int before = sx_where(l->g, a->allowed, a->scores[2], sx_scalar(l->g, 0));
    return sx_give_as(l, 3, what == 1 ? before : a->scores[3], sx_arg_kind(l, 0));
}

static bool lower_group(struct sx_lowering *l)
{
    struct group s = {0};
    if (refused(l) || !read_parts(l, &s) || !read_lengths(l, &s) || !rotate(l, &s))
        return false;
    struct sx_graph *g = l->g;
    struct sx_attention a = {.q = s.q,
                             .k = present(l, &s, sx_arg(l, 3), s.k),
                             .v = present(l, &s, sx_arg(l, 4), s.v),
                             .bias = sx_arg(l, 10),
                             .sink = sink_of(l),
                             .scale = sx_attr_float(l, "scale", 0),
                             .softcap = sx_attr_float(l, "softcap", 0)};
    a.allowed = visible(l, &s);
    int y = sx_attend(g, &a);
    sx_give_as(l, 1, a.k, sx_arg_kind(l, 0));
    sx_give_as(l, 2, a.v, sx_arg_kind(l, 0));
    return give_scores(l, &a) && sx_give(l, sx_join_heads(g, y));
}

const struct sx_lowering_row sx_lower_group[] = {
    {"com.microsoft", "GroupQueryAttention", 1, 0, 1, 14, lower_group, 0, true},
    {0},
};
