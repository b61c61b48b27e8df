/* strata.c - estimates of interactions by means over strata of coalitions.
 *
 * SVARM-IQ (Kolpaczki, Muschalik, Fumagalli, Hammer, Huellermeier 2024) averages over the
 * coalitions of a size that contain the same members of S. Values are taken relative to the
 * straight line from v(empty) to v(N), whose index is known. This lowers the error of strata
 * that few coalitions fall into. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

struct stratum {
    double n, sum, squares;
};

struct strata {
    struct sx_estimate *e;
    const struct sx_weights *weights;
    int64_t n; /* live players */
    const struct sx_draw *draw;
    const double *value;     /* of each coalition */
    uint8_t *present;        /* which live players a coalition has */
    int64_t *local;          /* the terms' members as live players */
    struct stratum *stratum; /* [terms, per_term] */
    int64_t per_term;
};

static void count_value(struct stratum *to, double y)
{
    to->n++;
    to->sum += y;
    to->squares += y * y;
}

/* Adds coalition i to a stratum of every term. */
static void add_coalition(struct strata *w, int64_t i)
{
    const struct sx_interactions *terms = w->e->terms;
    const uint64_t *coalition = w->draw->coalition + (size_t)i * w->e->game->words;
    for (int64_t k = 0; k < w->n; k++)
        w->present[k] = sx_set_has(coalition, w->e->game->live[k]);
    for (int64_t k = 0; k < terms->count; k++) {
        const int64_t *member = w->local + terms->first[k];
        int64_t s = terms->first[k + 1] - terms->first[k], which = 0;
        for (int64_t j = 0; j < s; j++)
            which |= (int64_t)w->present[member[j]] << j;
        count_value(&w->stratum[k * w->per_term + which], w->value[i]);
    }
}

static double scatter(const struct stratum *s)
{
    return s->n > 1 ? fmax(0, (s->squares - s->sum * s->sum / s->n) / (s->n - 1)) : 0;
}

/* The probability that `drawn` out of `all` coalitions miss a stratum of the share `part`. */
static double chance_empty(double all, double part, double drawn)
{
    if (all * (1 - part) < drawn || drawn * part > 40)
        return 0;
    if (all > 1e12)
        return pow(1 - part, drawn);
    return exp(lgamma(all * (1 - part) + 1) - lgamma(all * (1 - part) - drawn + 1) -
               lgamma(all + 1) + lgamma(all - drawn + 1));
}

/* Adds the strata of one term among the coalitions of a size. A stratum is weighted by
 * 1 / P(not empty), so that the estimate is unbiased. */
static void take_members(struct strata *w, int64_t k, int64_t size,
                         const struct stratum *everywhere)
{
    struct sx_interactions *terms = w->e->terms;
    int64_t s = terms->first[k + 1] - terms->first[k];
    double all = sx_choose(w->n, size);
    for (int64_t which = 0; which < (int64_t)1 << s; which++) {
        struct stratum from = w->stratum[k * w->per_term + which];
        int64_t in = __builtin_popcountll((uint64_t)which);
        double part = sx_meeting(w->n, s, in, size);
        double weight = sx_weight(w->weights, s, in, size) * part;
        w->stratum[k * w->per_term + which] = (struct stratum){0};
        if (from.n == 0 || weight == 0)
            continue;
        double mean = from.sum / from.n, met = 1 - chance_empty(all, part, everywhere->n);
        double spread_of = from.n > 1 ? scatter(&from) : scatter(everywhere);
        terms->value[k] += weight * mean / met;
        terms->error[k] += weight * weight *
                           (mean * mean * (1 - met) / (met * met) +
                            spread_of / from.n * fmax(0, 1 - from.n / (all * part)) / met);
    }
}

/* Coalitions come size by size. */
static void add_sizes(struct strata *w)
{
    struct sx_estimate *e = w->e;
    size_t words = e->game->words;
    for (int64_t from = 0, to; from < w->draw->count; from = to) {
        int64_t size = sx_set_count(w->draw->coalition + (size_t)from * words, words);
        struct stratum everywhere = {0};
        for (to = from; to < w->draw->count; to++) {
            if (sx_set_count(w->draw->coalition + (size_t)to * words, words) != size)
                break;
            add_coalition(w, to);
            count_value(&everywhere, w->value[to]);
        }
        for (int64_t k = 0; k < e->terms->count; k++)
            take_members(w, k, size, &everywhere);
    }
}

static bool add_members(struct sx_estimate *e, const struct sx_weights *weights,
                        const struct sx_draw *draw, const double *value)
{
    struct strata w = {
        .e = e, .weights = weights, .n = e->game->n_live, .draw = draw, .value = value};
    int64_t count = e->terms->count, members = e->terms->first[count];
    size_t total;
    w.per_term = (int64_t)1 << weights->order;
    bool ok = sx_size_mul(&total, (size_t)count + 1, (size_t)w.per_term) ||
              sx_fail(e->error, SX_MEMORY, "out of memory");
    w.present = sx_new((size_t)w.n + 1, 1, e->error);
    w.local = sx_new((size_t)members + 1, sizeof *w.local, e->error);
    w.stratum = ok ? sx_new(total, sizeof *w.stratum, e->error) : NULL;
    ok = w.present != NULL && w.local != NULL && w.stratum != NULL;
    for (int64_t i = 0; ok && i < members; i++)
        w.local[i] = e->place[e->terms->member[i]];
    if (ok)
        add_sizes(&w);
    free(w.present);
    free(w.local);
    free(w.stratum);
    return ok;
}

/* The index of the line: single players share v(N) - v(empty). */
static void add_line(struct sx_interactions *terms, bool generalised, double slope)
{
    for (int64_t k = 0; k < terms->count; k++) {
        int64_t s = terms->first[k + 1] - terms->first[k];
        if (generalised)
            terms->value[k] += slope * (double)s;
        else if (s <= 1)
            terms->value[k] += s == 1 ? slope : terms->none;
        terms->error[k] = sqrt(fmax(0, terms->error[k]));
    }
}

/* Values relative to the line. */
static void subtract_line(const struct sx_estimate *e, const struct sx_draw *draw, double slope,
                          double *value)
{
    size_t words = e->game->words;
    for (int64_t i = 0; i < draw->count; i++)
        value[i] -= e->terms->none +
                    slope * (double)sx_set_count(draw->coalition + (size_t)i * words, words);
}

bool sx_estimate_strata(struct sx_estimate *e, bool by_members)
{
    struct sx_interactions *terms = e->terms;
    double slope = (terms->all - terms->none) / (double)e->game->n_live, *value = NULL;
    struct sx_draw draw = {0};
    struct sx_weights weights = {0};
    terms->error = sx_new((size_t)terms->count + 1, sizeof *terms->error, e->error);
    bool ok = terms->error != NULL &&
              sx_weights_new(&weights, e->row, e->order, e->game->n_live, e->error) &&
              sx_coalitions_draw(e, &weights, SX_SIZES_WEIGHED, false, &draw, &value);
    if (ok) {
        subtract_line(e, &draw, slope, value);
        for (int64_t i = 0; (draw.thin || !by_members) && i < draw.count; i++)
            value[i] *= draw.weight[i];
        ok = draw.thin || !by_members ? sx_units_add(e, &weights, &draw, value, value)
                                      : add_members(e, &weights, &draw, value);
    }
    if (ok)
        add_line(terms, e->row->share != NULL, slope);
    sx_weights_free(&weights);
    sx_draw_free(&draw);
    free(value);
    return ok;
}
