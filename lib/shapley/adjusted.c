/* adjusted.c - interaction indices by a fitted game as control variate. The estimate is
 * unbiased; its error is small if the fit explains most of the game.
 *
 * Control variates with cross-fitting: coalitions are drawn by size and dealt into folds. An
 * additive (or pairwise) game g is fitted on all folds but one.
 *     index(v) = index(g) + index(v - g)
 * index(g) is known in closed form. The fold that was left out estimates index(v - g) without
 * bias. The results of all folds are averaged. With the Shapley kernel, an
 * additive fit is KernelSHAP (Lundberg and Lee 2017), and a pairwise fit is the faithful
 * interaction. A coalition of s players has leverage 1/C(n, s) in KernelSHAP (Musco and Witter
 * 2025), so sizes are drawn evenly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

/* More folds are a little more accurate and take more time. Fewer are used for many players,
 * and if there are many coalitions per pair of players. */
#define MOST_FOLDS 4
#define PLENTY 4
#define MANY_PLAYERS 128

struct adjusting {
    struct sx_estimate *e;
    const struct sx_adjusting *how;
    struct sx_weights weights;
    struct sx_draw draw;
    double *value; /* v - v(empty) */
    double *residual, *weight, *sum, *scattered;
    uint8_t *fold;  /* of each coalition, from 1; 0: its size is enumerated completely */
    int64_t *size;  /* of each coalition */
    double *counts; /* [sizes, 2]: coalitions in the fold, coalitions in all others */
    double *part;
    int folds;
    struct sx_outer outer;
    struct sx_interactions base; /* the terms of the fit */
    double *mean;                /* the mean over folds of the values of `base` */
    double *table; /* the values of singles and pairs: [n, n], or [n] for order 1 */
    int64_t order, *member;
    bool fitted; /* false: g is the straight line from v(empty) to v(N) */
};

static const uint64_t *coalition_of(const struct adjusting *w, int64_t i)
{
    return w->draw.coalition + (size_t)i * w->e->game->words;
}

/* Deals the units to the folds in turn, starting with a random fold. */
static void deal(struct adjusting *w)
{
    const struct sx_draw *d = &w->draw;
    const struct sx_shapley_options *o = w->e->o;
    int64_t n = w->e->game->n_live, least = n > MANY_PLAYERS ? 2 : MOST_FOLDS;
    if (least > 3 && d->count >= PLENTY * n * (n + 1) / 2)
        least = 3;
    for (int64_t s = 0; s < d->n_strata; s++) {
        int64_t units = (d->first[s + 1] - d->first[s]) / d->unit[s];
        if (d->missing[s] > 0 && units < least)
            least = units;
    }
    w->folds = d->whole ? 0 : least < 2 ? 1 : (int)least;
    for (int64_t s = 0; s < d->n_strata; s++) {
        int64_t from = (int64_t)(sx_random_bits(o->seed, ~o->sample, (uint64_t)s) >> 8);
        for (int64_t i = d->first[s]; i < d->first[s + 1] && d->missing[s] > 0; i++)
            w->fold[i] =
                (uint8_t)(1 + (from + (i - d->first[s]) / d->unit[s]) % (w->folds + !w->folds));
    }
}

/* Counts the coalitions of each size in a fold and in all others. */
static void count_sizes(struct adjusting *w, int fold)
{
    memset(w->counts, 0, 2 * ((size_t)w->e->game->n_live + 1) * sizeof *w->counts);
    for (int64_t i = 0; i < w->draw.count; i++)
        w->counts[2 * w->size[i] + (w->fold[i] != fold)]++;
}

/* ---- The fit ---- */

/* The order of the fit. By default the largest up to 2 whose terms are well determined by the
 * coalitions. If there is none, the straight line from v(empty) to v(N) is the fit. */
static int64_t choose_order(struct adjusting *w)
{
    int64_t n = w->e->game->n_live, fitted = 0;
    w->fitted = w->folds > 1;
    if (w->folds < 2)
        return 1;
    if (w->how->order > 0)
        return w->how->order;
    for (int64_t i = 0; i < w->draw.count; i++)
        fitted += w->fold[i] != 1;
    for (int64_t order = 2; order > 0; order--)
        if (fitted >= 3 * (order == 2 ? n * (n + 1) / 2 : n) / 2)
            return order;
    w->fitted = false;
    return 1;
}

/* Weighted least squares with singles and more. */
static bool fit_terms(struct adjusting *w, bool *solved)
{
    struct sx_estimate *e = w->e;
    struct sx_fit fit;
    double total = e->terms->all - e->terms->none;
    bool exact_ends = e->row->least > 0;
    if (!sx_fit_new(&fit, e->game, e->place, &w->base, w->order, e->error))
        return false;
    for (int64_t i = 0; i < w->draw.count; i++)
        sx_fit_add(&fit, coalition_of(w, i), w->weight[i] * w->part[w->size[i]], w->value[i]);
    *solved = sx_fit_factor(&fit);
    if (*solved) {
        sx_fit_solve(&fit, exact_ends ? &total : NULL);
        memcpy(w->base.value, fit.right, (size_t)fit.p * sizeof *w->base.value);
    }
    sx_fit_free(&fit);
    return true;
}

/* Fits all folds but one. */
static bool fit_others(struct adjusting *w, int fold)
{
    struct sx_estimate *e = w->e;
    bool solved = false;
    for (int64_t i = 0; i < w->draw.count; i++)
        w->weight[i] = w->fold[i] != fold ? 1 / w->counts[2 * w->size[i] + 1] : 0;
    bool ok = w->how->outer || fit_terms(w, &solved);
    if (w->how->outer)
        solved = sx_outer_fit(&w->outer, w->weight, w->value, w->base.value);
    return ok && (solved || sx_fail(e->error, SX_USAGE,
                                    "%lld coalitions do not tell %lld terms apart; raise "
                                    "--budget",
                                    (long long)w->draw.count, (long long)w->base.count));
}

/* How many members of term k are in set[n]. Both are ascending. */
static int64_t common(const struct sx_interactions *terms, int64_t k, const int64_t *set,
                      int64_t n)
{
    int64_t in = 0;
    for (int64_t i = terms->first[k], j = 0; i < terms->first[k + 1] && j < n;) {
        in += terms->member[i] == set[j];
        if (terms->member[i] <= set[j])
            i++;
        else
            j++;
    }
    return in;
}

void sx_add_index(struct sx_estimate *e, const struct sx_interactions *base)
{
    struct sx_interactions *terms = e->terms;
    const struct sx_index_row *row = e->row;
    for (int64_t u = 0; u < base->count; u++) {
        const int64_t *set = base->member + base->first[u];
        int64_t size = base->first[u + 1] - base->first[u];
        for (int64_t k = 0; k < terms->count; k++) {
            int64_t s = terms->first[k + 1] - terms->first[k], in = common(terms, k, set, size);
            double factor = 0;
            if (row->weight != NULL && in == s)
                factor = row->weight(e->order, s, size);
            else if (row->weight == NULL && in > 0)
                factor = row->share(size - in);
            terms->value[k] += factor * base->value[u];
        }
    }
}

/* ---- The residuals ---- */

/* Copies the fit's terms to the table, and adds them to the mean. */
static void keep_fit(struct adjusting *w)
{
    const struct sx_interactions *base = &w->base;
    const int64_t *place = w->e->place;
    int64_t stride = w->order > 1 ? w->e->game->n_live : 0;
    for (int64_t k = 0; k < base->count; k++) {
        const int64_t *member = base->member + base->first[k];
        int64_t s = base->first[k + 1] - base->first[k];
        w->mean[k] += base->value[k] / (w->folds > 0 ? w->folds : 1);
        if (s <= 2)
            w->table[place[member[0]] * stride + place[member[s - 1]]] = base->value[k];
    }
}

/* g(coalition). */
static double fitted_value(const struct adjusting *w, const uint64_t *coalition)
{
    const struct sx_interactions *base = &w->base;
    const struct sx_game *game = w->e->game;
    int64_t k = 0, stride = w->order > 1 ? game->n_live : 0;
    double sum = 0;
    for (int64_t i = 0; i < game->n_live; i++)
        if (sx_set_has(coalition, game->live[i]))
            w->member[k++] = i;
    for (int64_t a = 0; a < k; a++)
        for (int64_t b = a; b < (w->order > 1 ? k : a + 1); b++)
            sum += w->table[w->member[a] * stride + w->member[b]];
    for (int64_t t = base->count - 1; t >= 0 && base->first[t + 1] - base->first[t] > 2; t--) {
        bool holds = true;
        for (int64_t j = base->first[t]; holds && j < base->first[t + 1]; j++)
            holds = sx_set_has(coalition, base->member[j]);
        sum += holds ? base->value[t] : 0;
    }
    return sum;
}

/* Adds the index of the residuals of one fold. The fold represents all coalitions outside the
 * other folds. */
static void add_residuals(struct adjusting *w, int fold)
{
    const struct sx_draw *d = &w->draw;
    double part = 1 / (double)(w->folds > 0 ? w->folds : 1);
    int64_t thin = d->thin ? d->first[d->n_strata - 1] : d->count;
    for (int64_t i = 0; i < d->count; i++) {
        const double *count = w->counts + 2 * w->size[i];
        double all = sx_choose(w->e->game->n_live, w->size[i]), missing = 1 - count[1] / all;
        bool mine = w->fold[i] == fold && w->fold[i] > 0;
        double r = part * w->residual[i];
        if (i >= thin && mine) {
            w->sum[i] = w->scattered[i] = w->residual[i] * d->weight[i];
        } else if (i < thin && mine) {
            w->scattered[i] = r / count[0];
            w->sum[i] += r * missing / count[0];
        } else if (i < thin) {
            w->sum[i] += r / all;
        }
    }
}

static bool adjust(struct adjusting *w)
{
    struct sx_estimate *e = w->e;
    struct sx_interactions *terms = e->terms;
    deal(w);
    w->order = choose_order(w);
    for (int64_t i = 0; i < w->draw.count; i++) {
        w->value[i] -= terms->none;
        w->size[i] = sx_set_count(coalition_of(w, i), e->game->words);
    }
    if (!sx_terms_new(&w->base, e->game->live, e->game->n_live, 1, w->order, e->error))
        return false;
    w->mean = sx_new((size_t)w->base.count + 1, sizeof *w->mean, e->error);
    w->table = sx_new((size_t)(w->order > 1 ? e->game->n_live : 1), /* n^2 terms fit */
                      (size_t)e->game->n_live * sizeof *w->table, e->error);
    if (w->mean == NULL || w->table == NULL)
        return false;
    for (int64_t k = 0; k < w->base.count; k++)
        w->base.value[k] = (terms->all - terms->none) / (double)w->base.count;
    if (w->how->outer && w->fitted && !sx_outer_new(&w->outer, e, &w->draw))
        return false;
    for (int fold = 1; fold == 1 || fold <= w->folds; fold++) {
        count_sizes(w, fold);
        if (w->fitted && !fit_others(w, fold))
            return false;
        keep_fit(w);
        for (int64_t i = 0; i < w->draw.count; i++)
            w->residual[i] = w->value[i] - fitted_value(w, coalition_of(w, i));
        add_residuals(w, fold);
    }
    memcpy(w->base.value, w->mean, (size_t)w->base.count * sizeof *w->mean);
    sx_add_index(e, &w->base);
    if (!sx_units_add(e, &w->weights, &w->draw, w->sum, w->scattered))
        return false;
    for (int64_t k = 0; k < terms->count; k++) {
        if (terms->first[k + 1] == terms->first[k])
            terms->value[k] += terms->none;
        terms->error[k] = sqrt(fmax(0, terms->error[k]));
    }
    return true;
}

static bool adjusting_new(struct adjusting *w)
{
    struct sx_error *error = w->e->error;
    size_t room = (size_t)w->draw.count + 1, sizes = (size_t)w->e->game->n_live + 1;
    w->member = sx_new(sizes, sizeof *w->member, error);
    w->residual = sx_new(4 * room, sizeof *w->residual, error);
    w->fold = sx_new(room, 1, error);
    w->size = sx_new(room, sizeof *w->size, error);
    w->counts = sx_new(3 * sizes, sizeof *w->counts, error);
    if (w->member == NULL || w->residual == NULL || w->fold == NULL || w->size == NULL ||
        w->counts == NULL)
        return false;
    w->weight = w->residual + room;
    w->sum = w->weight + room;
    w->scattered = w->sum + room;
    w->part = w->counts + 2 * sizes;
    sx_kernel_parts(w->e->game->n_live, w->e->row->least > 0, w->part);
    return true;
}

bool sx_estimate_adjusted(struct sx_estimate *e, const struct sx_adjusting *how)
{
    struct adjusting w = {.e = e, .how = how};
    e->terms->error = sx_new((size_t)e->terms->count + 1, sizeof *e->terms->error, e->error);
    bool ok = e->terms->error != NULL &&
              sx_weights_new(&w.weights, e->row, e->order, e->game->n_live, e->error) &&
              sx_coalitions_draw(e, &w.weights, how->sizes, how->pairs, &w.draw, &w.value) &&
              adjusting_new(&w) && adjust(&w);
    sx_weights_free(&w.weights);
    sx_outer_free(&w.outer);
    sx_interactions_free(&w.base);
    sx_draw_free(&w.draw);
    free(w.value);
    free(w.residual);
    free(w.fold);
    free(w.size);
    free(w.mean);
    free(w.table);
    free(w.member);
    free(w.counts);
    return ok;
}
