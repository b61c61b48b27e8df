/* count.c - lowering of TfIdfVectorizer: counts how often n-grams of numbers, or texts, occur in a
 * list. */
#include "lower/tables.h"

enum mode { TF, IDF, TFIDF };

struct grams {
    /* pool: all n-grams, end to end; starts: where each length begins */
    struct sx_ints pool, starts, places;
    int64_t least, longest, skips;
    int list;        /* [N, L] */
    int64_t n, size; /* N, L */
};

static bool read_grams(struct sx_lowering *l, struct grams *s)
{
    bool text = sx_arg_kind(l, 0) == SX_ONNX_STRING;
    s->pool = text ? sx_attr_texts(l, "pool_strings") : sx_attr_ints(l, "pool_int64s");
    s->starts = sx_attr_ints(l, "ngram_counts");
    s->places = sx_attr_ints(l, "ngram_indexes");
    s->least = sx_attr_int(l, "min_gram_length", 1);
    s->longest = sx_attr_int(l, "max_gram_length", 1);
    s->skips = sx_attr_int(l, "max_skip_count", 0);
    if (!s->pool.given)
        return sx_reject(l, "the pool is not of the input's type");
    if (s->least < 1 || s->longest < s->least || s->longest > s->starts.n || s->skips < 0)
        return sx_reject(l, "runs of %lld to %lld numbers, %d counts", (long long)s->least,
                         (long long)s->longest, s->starts.n);
    struct sx_shape x = sx_arg_shape(l, 0);
    if (x.rank < 1 || x.rank > 2 || l->g->node[sx_arg(l, 0)].type != SX_INT)
        return sx_reject(l, "input 0 must be one or two axes of integers");
    s->size = x.dim[x.rank - 1];
    if (s->size > INT32_MAX)
        return sx_reject(l, "%lld numbers are too many", (long long)s->size);
    if (s->skips > s->size)
        s->skips = s->size;
    s->n = x.rank == 2 ? x.dim[0] : 1;
    s->list = sx_shaped(l->g, sx_arg(l, 0), 2, (const int64_t[]){s->n, s->size});
    return true;
}

/* The number of n-grams of `length` in the pool, and where they begin; -1: the attributes are
 * wrong. */
static int64_t count_of(const struct grams *s, int64_t length, int64_t *begin)
{
    *begin = s->starts.v[length - 1];
    int64_t end = length < s->starts.n ? s->starts.v[length] : s->pool.n;
    bool sound = *begin >= 0 && end >= *begin && end <= s->pool.n;
    return sound && (end - *begin) % length == 0 ? (end - *begin) / length : -1;
}

/* [N, runs]: how often each n-gram occurs with its elements `skip` apart. */
static int occurrences(struct sx_lowering *l, const struct grams *s, int runs, int64_t length,
                       int64_t skip)
{
    struct sx_graph *g = l->g;
    const int last = 3, windows = 2;
    int64_t count = s->size - (length - 1) * skip, n_runs = sx_shape_of(g, runs).dim[1];
    int starts = sx_shaped(g, sx_iota(g, count), 2, (const int64_t[]){count, 1});
    int steps = sx_mul(g, sx_iota(g, length), sx_scalar_int(g, skip));
    int found = sx_take(g, s->list, sx_add(g, starts, steps), 1, false);
    found = sx_shaped(g, found, 4, (const int64_t[]){s->n, 1, count, length});
    int same = sx_cast(g, sx_binary(g, SX_EQUAL, found, runs), g->real);
    int all = sx_binary(g, SX_EQUAL, sx_sum(g, same, &last, 1), sx_scalar(g, (double)length));
    int sum = sx_sum(g, sx_cast(g, all, g->real), &windows, 1);
    return sx_shaped(g, sum, 2, (const int64_t[]){s->n, n_runs});
}

/* [N, runs] of one length, over all skips; single elements have only one. */
static int count_length(struct sx_lowering *l, const struct grams *s, int64_t length,
                        int64_t begin, int64_t n_runs)
{
    struct sx_graph *g = l->g;
    const struct sx_shape four = {4, {1, n_runs, 1, length}};
    const struct sx_shape shape = {2, {s->n, n_runs}};
    int runs = sx_const(g, SX_INT, &four, s->pool.v + begin), sum = SX_NONE;
    int64_t most = length == 1 || length < s->least ? 1 : s->skips + 1;
    for (int64_t skip = 1; skip <= most && skip * (length - 1) < s->size; skip++) {
        int more = occurrences(l, s, runs, length, skip);
        sum = sum == SX_NONE ? more : sx_add(g, sum, more);
    }
    return length < s->least || sum == SX_NONE ? sx_filled(g, g->real, &shape, 0) : sum;
}

/* [N, all runs]. */
static int count_all(struct sx_lowering *l, const struct grams *s)
{
    int *part = sx_scratch(l, (size_t)s->longest, sizeof *part), n = 0;
    int64_t total = 0;
    for (int64_t length = 1; part != NULL && length <= s->longest; length++) {
        int64_t begin, n_runs = count_of(s, length, &begin);
        if (n_runs < 0) {
            sx_reject(l, "ngram_counts do not fit the pool of %d numbers", s->pool.n);
            return SX_NONE;
        }
        total += n_runs;
        if (n_runs > 0)
            part[n++] = count_length(l, s, length, begin, n_runs);
    }
    if (part == NULL || n == 0 || total != s->places.n) {
        sx_reject(l, "%d ngram_indexes for %lld runs", s->places.n, (long long)total);
        return SX_NONE;
    }
    return sx_concat(l->g, part, n, 1);
}

static bool lower_tf_idf(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct grams s = {0};
    int64_t most = -1;
    int mode = sx_attr_word(l, "mode", "TF IDF TFIDF", TF);
    struct sx_reals weights = sx_attr_floats(l, "weights");
    if (!read_grams(l, &s))
        return false;
    for (int i = 0; i < s.places.n; i++) {
        if (s.places.v[i] < 0 || s.places.v[i] > INT32_MAX)
            return sx_reject(l, "ngram_indexes: %lld", (long long)s.places.v[i]);
        most = s.places.v[i] > most ? s.places.v[i] : most;
    }
    int counts = count_all(l, &s);
    if (counts == SX_NONE)
        return false;
    const struct sx_shape list = {1, {s.places.n}};
    int y = sx_put(g, counts, sx_const(g, SX_INT, &list, s.places.v), 1, most + 1, false);
    if (mode == IDF)
        y = sx_unary(g, SX_SIGN, y);
    if (mode != TF && weights.given) {
        const struct sx_shape shape = {1, {weights.n}};
        if (weights.n != most + 1)
            return sx_reject(l, "%d weights for %lld numbers", weights.n, (long long)most + 1);
        y = sx_mul(g, y, sx_real_const(g, &shape, weights.v));
    }
    if (sx_arg_shape(l, 0).rank == 1)
        y = sx_shaped(g, y, 1, (const int64_t[]){most + 1});
    return sx_give_as(l, 0, y, SX_ONNX_FLOAT);
}

const struct sx_lowering_row sx_lower_count[] = {
    {"", "TfIdfVectorizer", 9, 0, 1, 1, lower_tf_idf, 0, false},
    {0},
};
