/* shapley_strata.c - estimates of interactions from coalitions of every size.
 *
 * An index of S is a weighted sum of v(T) over all T, the weight depending on which members of S
 * are in T, and on the size of T. SVARM-IQ (Kolpaczki, Muschalik, Fumagalli, Hammer, Huellermeier
 * 2024) averages within the strata that share both; SHAP-IQ (Fumagalli et al. 2023) over all T of
 * a size. Each coalition serves all S. Values are taken relative to the straight line from v(empty)
 * to v(N), whose index is known: where few coalitions fall into a stratum, little is at stake. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/shapley.h"

struct stratum {
    double n, sum, squares;
    double known, known_sum; /* coalitions that are no sample, but there */
};

struct strata {
    struct sx_estimate *e;
    int64_t n; /* live players */
    bool by_members;
    const struct sx_draw *draw;
    const double *value;     /* of each coalition */
    const uint8_t *known;    /* which are no sample of the others; NULL: none */
    uint8_t *present;        /* of one coalition: per live player */
    int64_t *local;          /* the terms' members as live players */
    struct stratum *stratum; /* of one term, or of all: [terms, per_term] */
    int64_t per_term;
    double part; /* of the estimate in the sum */
};

/* The weight of v(T) in the index of a set of s, `in` of which are in T, and t others. */
static double weight_of(const struct sx_estimate *e, int64_t s, int64_t in, int64_t t)
{
    const struct sx_index_row *row = e->row;
    int64_t n = e->game->n_live;
    if (row->share != NULL) { /* v(T + S) - v(T) */
        double w = row->difference(e->order, n, s, t);
        return in == s ? w : in == 0 ? -w : 0;
    }
    return ((s - in) % 2 == 0 ? 1 : -1) * row->difference(e->order, n, s, t);
}

/* Sizes that have no weight are not drawn; those of lower orders of STII are needed whole. */
static void choose_shares(const struct sx_estimate *e, double *share)
{
    int64_t n = e->game->n_live;
    for (int64_t size = 0; size <= n; size++) {
        bool used = false;
        share[size] = e->row->least == 0 || (size > 0 && size < n);
        if (e->row->difference == NULL)
            continue;
        for (int64_t s = e->row->least; s <= e->order; s++)
            for (int64_t in = 0; in <= s; in++)
                used = used || (size >= in && size - in <= n - s &&
                                weight_of(e, s, in, size - in) != 0);
        share[size] = used;
        if (used && size < e->order && e->row->difference(e->order, n, 1, 1) == 0)
            share[size] = 1e6;
    }
}

bool sx_strata_draw(struct sx_estimate *e, struct sx_draw *draw, double **value)
{
    int64_t n = e->game->n_live;
    double *part = sx_new(2 * ((size_t)n + 1), sizeof *part, e->error);
    bool ok = part != NULL;
    *value = NULL;
    *draw = (struct sx_draw){0};
    if (ok) {
        choose_shares(e, part + n + 1);
        for (int64_t s = 0; s <= n; s++)
            part[s] = sx_choose(n, s);
        int64_t ends = (part[n + 1] <= 0) + (part[2 * n + 1] <= 0); /* evaluated already */
        struct sx_draw_options o = {.player = e->game->live,
                                    .n = n,
                                    .words = e->game->words,
                                    .part = part,
                                    .share = part + n + 1,
                                    .budget = e->budget - ends,
                                    .strata = true,
                                    .seed = e->o->seed,
                                    .stream = e->o->sample};
        ok = sx_draw_new(draw, &o, e->error);
    }
    *value = ok ? sx_new((size_t)draw->count + 1, sizeof **value, e->error) : NULL;
    ok = *value != NULL &&
         sx_game_values(e->game, draw->count, draw->coalition, *value, e->error);
    free(part);
    return ok;
}

/* What is in T, player by player. */
static void spread(struct strata *w, int64_t i)
{
    const uint64_t *coalition = w->draw->coalition + (size_t)i * w->e->game->words;
    for (int64_t k = 0; k < w->n; k++)
        w->present[k] = sx_set_has(coalition, w->e->game->live[k]);
}

static void count_value(struct stratum *to, double y, bool known)
{
    if (known) {
        to->known++;
        to->known_sum += y;
        return;
    }
    to->n++;
    to->sum += y;
    to->squares += y * y;
}

/* Adds coalition i to a stratum of every term. */
static void add_coalition(struct strata *w, int64_t i, int64_t size)
{
    const struct sx_interactions *terms = w->e->terms;
    double v = w->value[i];
    bool known = w->known != NULL && w->known[i];
    spread(w, i);
    for (int64_t k = 0; k < terms->count; k++) {
        const int64_t *member = w->local + terms->first[k];
        int64_t s = terms->first[k + 1] - terms->first[k], which = 0, in = 0;
        for (int64_t j = 0; j < s; j++) {
            which |= (int64_t)w->present[member[j]] << j;
            in += w->present[member[j]];
        }
        double y = v;
        if (!w->by_members) {
            which = 0;
            y *= size - in <= w->n - s ? weight_of(w->e, s, in, size - in) : 0;
        }
        count_value(&w->stratum[k * w->per_term + which], y, known);
    }
}

static double scatter(const struct stratum *s)
{
    return s->n > 1 ? fmax(0, (s->squares - s->sum * s->sum / s->n) / (s->n - 1)) : 0;
}

/* The chance that `drawn` of `all` miss a part of them. */
static double chance_empty(double all, double part, double drawn)
{
    if (all - part < drawn || drawn * part > 40 * all)
        return 0;
    return exp(lgamma(all - part + 1) - lgamma(all - part - drawn + 1) - lgamma(all + 1) +
               lgamma(all - drawn + 1));
}

/* The strata of one term among the coalitions of a size. A stratum that was met by chance counts
 * for those times when it is not, so that the mean is right. */
static void take_members(struct strata *w, int64_t k, int64_t size,
                         const struct stratum *everywhere)
{
    struct sx_interactions *terms = w->e->terms;
    int64_t s = terms->first[k + 1] - terms->first[k];
    double all = sx_choose(w->n, size) - everywhere->known;
    for (int64_t which = 0; which < (int64_t)1 << s; which++) {
        struct stratum from = w->stratum[k * w->per_term + which];
        int64_t in = __builtin_popcountll((uint64_t)which);
        double part = sx_choose(w->n - s, size - in);
        w->stratum[k * w->per_term + which] = (struct stratum){0};
        double weight = part > 0 ? w->part * weight_of(w->e, s, in, size - in) : 0;
        if (weight == 0)
            continue;
        terms->value[k] += weight * from.known_sum;
        part -= from.known;
        if (from.n == 0 || part <= 0)
            continue;
        double mean = from.sum / from.n, met = 1 - chance_empty(all, part, everywhere->n);
        double spread_of = from.n > 1 ? scatter(&from) : scatter(everywhere);
        weight *= part;
        terms->value[k] += weight * mean / met;
        terms->error[k] += weight * weight *
                           (mean * mean * (1 - met) / (met * met) +
                            spread_of / from.n * fmax(0, 1 - from.n / part) / met);
    }
}

static void take_size(struct strata *w, int64_t k, int64_t size)
{
    struct sx_interactions *terms = w->e->terms;
    struct stratum from = w->stratum[k * w->per_term];
    double left = sx_choose(w->n, size) - from.known;
    w->stratum[k * w->per_term] = (struct stratum){0};
    terms->value[k] += w->part * from.known_sum;
    if (from.n == 0 || left <= 0)
        return;
    terms->value[k] += w->part * left * from.sum / from.n;
    terms->error[k] +=
        w->part * w->part * left * left * scatter(&from) / from.n * fmax(0, 1 - from.n / left);
}

/* Coalitions come size by size. */
static void estimate_sizes(struct strata *w)
{
    struct sx_estimate *e = w->e;
    size_t words = e->game->words;
    for (int64_t from = 0, to; from < w->draw->count; from = to) {
        int64_t size = sx_set_count(w->draw->coalition + (size_t)from * words, words);
        struct stratum everywhere = {0};
        for (to = from; to < w->draw->count; to++) {
            if (sx_set_count(w->draw->coalition + (size_t)to * words, words) != size)
                break;
            add_coalition(w, to, size);
            count_value(&everywhere, w->value[to], w->known != NULL && w->known[to]);
        }
        for (int64_t k = 0; k < e->terms->count; k++)
            if (w->by_members)
                take_members(w, k, size, &everywhere);
            else
                take_size(w, k, size);
    }
}

bool sx_strata_add(struct sx_estimate *e, const struct sx_draw *draw, const double *value,
                   const uint8_t *known, double part, bool by_members)
{
    struct strata w = {.e = e,
                       .n = e->game->n_live,
                       .by_members = by_members,
                       .part = part,
                       .draw = draw,
                       .value = value,
                       .known = known};
    int64_t count = e->terms->count, members = e->terms->first[count];
    size_t total;
    w.per_term = by_members ? (int64_t)1 << e->order : 1;
    bool ok = sx_size_mul(&total, (size_t)count + 1, (size_t)w.per_term) ||
              sx_fail(e->error, SX_MEMORY, "out of memory");
    w.present = sx_new((size_t)w.n + 1, 1, e->error);
    w.local = sx_new((size_t)members + 1, sizeof *w.local, e->error);
    w.stratum = ok ? sx_new(total, sizeof *w.stratum, e->error) : NULL;
    ok = w.present != NULL && w.local != NULL && w.stratum != NULL;
    for (int64_t i = 0; ok && i < members; i++)
        w.local[i] = e->place[e->terms->member[i]];
    if (ok)
        estimate_sizes(&w);
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

static bool estimate(struct sx_estimate *e, bool by_members)
{
    struct sx_interactions *terms = e->terms;
    size_t words = e->game->words;
    double slope = (terms->all - terms->none) / (double)e->game->n_live, *value = NULL;
    struct sx_draw draw = {0};
    terms->error = sx_new((size_t)terms->count + 1, sizeof *terms->error, e->error);
    bool ok = terms->error != NULL && sx_strata_draw(e, &draw, &value);
    for (int64_t i = 0; ok && i < draw.count; i++)
        value[i] -= terms->none +
                    slope * (double)sx_set_count(draw.coalition + (size_t)i * words, words);
    ok = ok && sx_strata_add(e, &draw, value, NULL, 1, by_members);
    if (ok)
        add_line(terms, e->row->share != NULL, slope);
    sx_draw_free(&draw);
    free(value);
    return ok;
}

bool sx_estimate_strata(struct sx_estimate *e)
{
    return estimate(e, true);
}

bool sx_estimate_shapiq(struct sx_estimate *e)
{
    return estimate(e, false);
}
