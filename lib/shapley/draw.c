/* draw.c - coalitions drawn at random, by size or in pairs, with weights for unbiased sums.
 *
 * With `strata`, a size is enumerated completely if its share covers all its coalitions. The
 * rest of the budget goes to the other sizes, which are drawn without repetition. If the budget
 * is less than two units per size, the shares are rounded at random, and these sizes share one
 * stratum. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

/* The state of a draw. */
struct drawing {
    const struct sx_draw_options *o;
    struct sx_draw *d;
    int64_t *member; /* a permutation of the players; its head is the last coalition */
    double *population;
    int64_t *wanted; /* how many coalitions of each size are drawn */
    double *expected;
    bool *all;
    size_t *slot; /* hash table of the stratum's coalitions: 1 + number; 0: free */
    size_t n_slots;
    uint64_t stream, counter; /* a stream for each size: a larger budget draws the same first */
};

static double uniform(struct drawing *w)
{
    return sx_random_uniform(w->o->seed, w->stream, w->counter++);
}

/* ---- How many of each size ---- */

/* Enumerates completely every size whose share of the remaining budget covers all its
 * coalitions. */
static double take_whole(struct drawing *w, double left)
{
    const struct sx_draw_options *o = w->o;
    for (bool more = true; more;) {
        double shares = 0;
        more = false;
        for (int64_t s = 0; s <= o->n; s++)
            shares += w->all[s] ? 0 : o->share[s];
        for (int64_t s = 0; s <= o->n && shares > 0; s++)
            if (!w->all[s] && o->share[s] > 0 &&
                left * o->share[s] / shares >= w->population[s] * (1 - 1e-12)) {
                w->all[s] = more = true;
                w->wanted[s] = (int64_t)w->population[s];
                left -= w->population[s];
                break;
            }
    }
    return left;
}

/* Rounds the shares of the other sizes at random, such that each has the right expectation.
 * With pairs, sizes s and n - s are rounded together to the same number. */
static void round_shares(struct drawing *w, double left)
{
    const struct sx_draw_options *o = w->o;
    double shares = 0, sum = uniform(w);
    for (int64_t s = 0; s <= o->n; s++)
        shares += w->all[s] ? 0 : o->share[s];
    for (int64_t s = 0; s <= o->n; s++) {
        if (w->all[s] || o->share[s] <= 0)
            continue;
        w->expected[s] = left * o->share[s] / shares;
        if (o->pairs && 2 * s > o->n) {
            w->wanted[s] = w->wanted[o->n - s];
            continue;
        }
        double step = o->pairs && 2 * s == o->n ? w->expected[s] / 2 : w->expected[s];
        w->wanted[s] = (int64_t)(floor(sum + step) - floor(sum));
        sum += step;
        if (o->pairs && 2 * s == o->n)
            w->wanted[s] *= 2;
        if ((double)w->wanted[s] > w->population[s])
            w->wanted[s] = (int64_t)w->population[s];
    }
}

/* Whether each size that is not complete has at least two units. */
static bool are_enough(const struct drawing *w)
{
    for (int64_t s = 0; s <= w->o->n; s++)
        if (!w->all[s] && w->o->share[s] > 0 &&
            w->wanted[s] < (w->o->pairs && 2 * s == w->o->n ? 4 : 2))
            return false;
    return true;
}

/* ---- Drawing ---- */

/* Makes the first `size` of w->member a random set. */
static void shuffle(struct drawing *w, int64_t size)
{
    for (int64_t i = 0; i < size; i++) {
        int64_t j = i + (int64_t)(uniform(w) * (double)(w->o->n - i));
        int64_t swap = w->member[i];
        w->member[i] = w->member[j];
        w->member[j] = swap;
    }
}

static uint64_t *put(struct drawing *w, int64_t size, bool complement)
{
    uint64_t *c = w->d->coalition + (size_t)w->d->count * w->o->words;
    memset(c, 0, w->o->words * sizeof *c);
    for (int64_t i = complement ? size : 0; i < (complement ? w->o->n : size); i++)
        sx_set_add(c, w->o->player[w->member[i]]);
    return c;
}

/* Whether the last coalition is new in its stratum. Adds it to the hash table. */
static bool is_new(struct drawing *w, const uint64_t *coalition)
{
    size_t words = w->o->words, at;
    uint64_t hash = sx_hash(SX_HASH_START, coalition, words * sizeof *coalition);
    for (at = hash & (w->n_slots - 1); w->slot[at] != 0; at = (at + 1) & (w->n_slots - 1))
        if (memcmp(w->d->coalition + (w->slot[at] - 1) * words, coalition,
                   words * sizeof *coalition) == 0)
            return false;
    w->slot[at] = (size_t)w->d->count + 1;
    return true;
}

static void take(struct drawing *w, double weight)
{
    w->d->weight[w->d->count++] = weight;
}

static void end_stratum(struct sx_draw *d, double missing, int64_t unit)
{
    if (d->count == d->first[d->n_strata])
        return;
    d->missing[d->n_strata] = missing;
    d->unit[d->n_strata] = unit;
    d->first[++d->n_strata] = d->count;
}

static void draw_whole(struct drawing *w, int64_t size)
{
    int64_t *index = w->member; /* scratch for a combination; reset below */
    double weight = w->o->part[size] / w->population[size];
    for (int64_t i = 0; i < w->o->n; i++)
        index[i] = i;
    do {
        put(w, size, false);
        take(w, weight);
    } while (sx_next_set(index, size, w->o->n));
    for (int64_t i = 0; i < w->o->n; i++)
        index[i] = i;
}

static void begin_stream(struct drawing *w, int64_t size)
{
    w->stream = w->o->stream * 0x9e3779b97f4a7c15ULL + (uint64_t)size + 1;
    w->counter = 0;
    for (int64_t i = 0; i < w->o->n; i++)
        w->member[i] = i;
}

/* Draws w->wanted[size] coalitions of one size. With pairs each comes with its complement. */
static void draw_size(struct drawing *w, int64_t size, bool thin)
{
    const struct sx_draw_options *o = w->o;
    int64_t other = o->n - size, from = w->d->count;
    bool middle = o->pairs && size == other;
    int64_t wanted = middle ? w->wanted[size] / 2 : w->wanted[size];
    double count = thin ? w->expected[size] : (double)w->wanted[size];
    double back = thin ? w->expected[other] : (double)w->wanted[other];
    begin_stream(w, size);
    for (int64_t i = 0; i < wanted;) {
        shuffle(w, size);
        if (!is_new(w, put(w, size, false)))
            continue;
        take(w, o->part[size] / count);
        i++;
        if (!o->pairs)
            continue;
        const uint64_t *complement = put(w, size, true);
        if (middle)
            is_new(w, complement);
        take(w, o->part[other] / back);
    }
    if (!thin)
        end_stratum(w->d,
                    1 - (double)(w->d->count - from) / (o->pairs && !middle
                                                            ? 2 * w->population[size]
                                                            : w->population[size]),
                    o->pairs ? 2 : 1);
}

static void draw_strata(struct drawing *w)
{
    const struct sx_draw_options *o = w->o;
    round_shares(w, take_whole(w, (double)o->budget));
    bool thin = !are_enough(w);
    w->d->whole = true;
    for (int64_t s = 0; s <= o->n; s++)
        if (w->all[s])
            draw_whole(w, s);
    end_stratum(w->d, 0, 1);
    for (int64_t s = 0; s <= o->n; s++) {
        if (w->all[s] || o->share[s] <= 0)
            continue;
        w->d->whole = false;
        if (!o->pairs || 2 * s <= o->n)
            draw_size(w, s, thin);
    }
    w->d->thin = thin && !w->d->whole;
    end_stratum(w->d, 1, o->pairs ? 2 : 1);
}

static void draw_freely(struct drawing *w)
{
    const struct sx_draw_options *o = w->o;
    double shares = 0, n = (double)(o->pairs ? o->budget / 2 * 2 : o->budget);
    for (int64_t s = 0; s <= o->n; s++)
        shares += o->share[s];
    while (w->d->count + (o->pairs ? 2 : 1) <= o->budget) {
        double at = uniform(w) * shares;
        int64_t s = 0;
        while (s < o->n && (at -= o->share[s]) >= 0)
            s++;
        shuffle(w, s);
        put(w, s, false);
        take(w, o->part[s] * shares / o->share[s] / n);
        if (!o->pairs)
            continue;
        put(w, s, true);
        take(w, o->part[o->n - s] * shares / o->share[o->n - s] / n);
    }
    end_stratum(w->d, 1, o->pairs ? 2 : 1);
}

/* ---- Making it ---- */

static bool prepare(struct drawing *w, struct sx_error *error)
{
    const struct sx_draw_options *o = w->o;
    struct sx_draw *d = w->d;
    size_t sizes = (size_t)o->n + 1, room = (size_t)o->budget + 2 * sizes;
    w->member = sx_new(sizes, sizeof *w->member, error);
    w->population = sx_new(sizes, sizeof *w->population, error);
    w->wanted = sx_new(sizes, sizeof *w->wanted, error);
    w->expected = sx_new(sizes, sizeof *w->expected, error);
    w->all = sx_new(sizes, sizeof *w->all, error);
    for (w->n_slots = 16; w->n_slots < 2 * room;)
        w->n_slots *= 2;
    w->slot = sx_new(w->n_slots, sizeof *w->slot, error);
    d->coalition = sx_new(room, o->words * sizeof *d->coalition, error);
    d->weight = sx_new(room, sizeof *d->weight, error);
    d->first = sx_new(sizes + 3, sizeof *d->first, error);
    d->missing = sx_new(sizes + 2, sizeof *d->missing, error);
    d->unit = sx_new(sizes + 2, sizeof *d->unit, error);
    if (w->member == NULL || w->population == NULL || w->wanted == NULL ||
        w->expected == NULL || w->all == NULL || w->slot == NULL || d->coalition == NULL ||
        d->weight == NULL || d->first == NULL || d->missing == NULL || d->unit == NULL)
        return false;
    for (int64_t s = 0; s <= o->n; s++) {
        w->population[s] = sx_choose(o->n, s);
        w->member[s] = s;
    }
    return true;
}

bool sx_draw_new(struct sx_draw *draw, const struct sx_draw_options *options,
                 struct sx_error *error)
{
    struct drawing w = {.o = options, .d = draw, .stream = options->stream};
    *draw = (struct sx_draw){0};
    bool ok = prepare(&w, error);
    if (ok && options->strata)
        draw_strata(&w);
    else if (ok)
        draw_freely(&w);
    free(w.member);
    free(w.population);
    free(w.wanted);
    free(w.expected);
    free(w.all);
    free(w.slot);
    if (!ok)
        sx_draw_free(draw);
    return ok;
}

void sx_draw_free(struct sx_draw *draw)
{
    free(draw->coalition);
    free(draw->weight);
    free(draw->first);
    free(draw->missing);
    free(draw->unit);
    *draw = (struct sx_draw){0};
}

double sx_draw_variance(const struct sx_draw *draw, const double *f)
{
    double variance = 0;
    for (int64_t s = 0; s < draw->n_strata; s++) {
        int64_t unit = draw->unit[s], n = (draw->first[s + 1] - draw->first[s]) / unit;
        double sum = 0, squares = 0;
        if (draw->missing[s] <= 0)
            continue;
        if (n < 2)
            return INFINITY; /* a single unit has no scatter */
        for (int64_t i = 0; i < n; i++) {
            double y = 0;
            for (int64_t k = draw->first[s] + i * unit; k < draw->first[s] + (i + 1) * unit;
                 k++)
                y += draw->weight[k] * f[k];
            sum += y;
            squares += y * y;
        }
        double scatter = squares - sum * sum / (double)n;
        variance += draw->missing[s] * (double)n * fmax(scatter, 0) / (double)(n - 1);
    }
    return variance;
}
