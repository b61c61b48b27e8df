/* shapley_adjusted.c - interaction indices from a fit and what it leaves: unbiased, and close where
 * singles and pairs are most of a game.
 *
 * Coalitions are drawn by size and dealt into two halves. A game of singles (and pairs) is fitted
 * to one half, and its index is known. The index of the residuals is linear in them: those of this
 * half count as they are, those of all other coalitions are estimated from the other half, by means
 * over strata or by least squares with the matrix of all coalitions. That is unbiased. The halves
 * then change places, and the two results are averaged: control variates with cross-fitting. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/shapley.h"

struct adjusting {
    struct sx_estimate *e;
    const struct sx_index_row *row; /* what is estimated; k-SII and kADD-SHAP follow from it */
    bool fitted;                    /* a faithful index: least squares instead of strata */
    struct sx_draw draw;
    double *value, *residual;
    uint8_t *half, *known;       /* half: 1 or 2, or 3 where all of a size are there */
    struct sx_interactions base; /* the terms of the fit */
    struct sx_fit fit;
    int64_t order; /* of the fit */
    double *part;
};

static const uint64_t *coalition_of(const struct adjusting *w, int64_t i)
{
    return w->draw.coalition + (size_t)i * w->e->game->words;
}

static int64_t size_of(const struct adjusting *w, int64_t i)
{
    return sx_set_count(coalition_of(w, i), w->e->game->words);
}

/* Deals the coalitions of each stratum in turn. */
static void deal(struct adjusting *w)
{
    for (int64_t s = 0; s < w->draw.n_strata; s++)
        for (int64_t i = w->draw.first[s]; i < w->draw.first[s + 1]; i++)
            if (w->draw.missing[s] <= 0)
                w->half[i] = 3;
            else
                w->half[i] = (uint8_t)(1 + (i - w->draw.first[s]) % 2);
}

/* The weight of each coalition of the halves `which`: its size's part, shared by those there. */
static bool weigh(struct adjusting *w, int which, double *weight)
{
    double *count = sx_new((size_t)w->e->game->n_live + 1, sizeof *count, w->e->error);
    if (count == NULL)
        return false;
    for (int64_t i = 0; i < w->draw.count; i++)
        count[size_of(w, i)] += (w->half[i] & which) != 0;
    for (int64_t i = 0; i < w->draw.count; i++)
        weight[i] =
            (w->half[i] & which) != 0 ? w->part[size_of(w, i)] / count[size_of(w, i)] : 0;
    free(count);
    return true;
}

/* The largest order up to 2 whose terms one half can tell apart with ease. */
static int64_t choose_order(const struct adjusting *w)
{
    int64_t n = w->e->game->n_live, half = 0;
    for (int64_t i = 0; i < w->draw.count; i++)
        half += (w->half[i] & 1) != 0;
    for (int64_t order = 2; order > 0; order--)
        if (half >= 3 * (order == 2 ? n * (n + 1) / 2 : n) / 2)
            return order;
    return 0;
}

/* Fits the halves `which`; the terms' values go to base. */
static bool fit_half(struct adjusting *w, int which, double *weight)
{
    struct sx_estimate *e = w->e;
    double total = e->terms->all - e->terms->none;
    if (!sx_fit_new(&w->fit, e->game, e->place, &w->base, w->order, e->error))
        return false;
    bool ok = weigh(w, which, weight);
    for (int64_t i = 0; ok && i < w->draw.count; i++)
        sx_fit_add(&w->fit, coalition_of(w, i), weight[i], w->value[i]);
    ok = ok && (sx_fit_factor(&w->fit) ||
                sx_fail(e->error, SX_USAGE,
                        "%lld coalitions do not tell %lld terms apart; raise --budget",
                        (long long)w->draw.count, (long long)w->fit.p));
    if (ok) {
        sx_fit_solve(&w->fit, &total);
        memcpy(w->base.value, w->fit.right, (size_t)w->fit.p * sizeof *w->base.value);
        for (int64_t i = 0; i < w->draw.count; i++)
            w->residual[i] =
                w->value[i] - sx_fit_value(&w->fit, coalition_of(w, i), w->base.value);
    }
    sx_fit_free(&w->fit);
    return ok;
}

/* ---- The index of the fit ---- */

/* How many members of term k are among the n of a set; both are in order. */
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

/* Adds half of what the fit's terms give each set of the list. */
static void add_fit(struct adjusting *w)
{
    struct sx_interactions *terms = w->e->terms;
    int64_t n = w->e->game->n_live;
    for (int64_t u = 0; u < w->base.count; u++) {
        const int64_t *set = w->base.member + w->base.first[u];
        int64_t size = w->base.first[u + 1] - w->base.first[u];
        for (int64_t k = 0; k < terms->count; k++) {
            int64_t s = terms->first[k + 1] - terms->first[k], in = common(terms, k, set, size);
            double factor = 0;
            if (w->row->weight != NULL && in == s)
                factor = w->row->weight(w->e->order, s, size);
            else if (w->row->weight == NULL && in > 0)
                factor = w->row->share(w->e->order, n, s, size - in);
            terms->value[k] += factor * w->base.value[u] / 2;
        }
    }
}

/* ---- The index of the residuals ---- */

/* The weight of each coalition in the sum over all: a known one has its own, the others of its
 * size stand for those that are not known. */
static bool weigh_known(struct adjusting *w, double *weight)
{
    int64_t n = w->e->game->n_live;
    double *known = sx_new(2 * ((size_t)n + 1), sizeof *known, w->e->error);
    if (known == NULL)
        return false;
    double *others = known + n + 1;
    for (int64_t i = 0; i < w->draw.count; i++)
        (w->known[i] ? known : others)[size_of(w, i)]++;
    for (int64_t i = 0; i < w->draw.count; i++) {
        int64_t size = size_of(w, i);
        double all = sx_choose(n, size);
        weight[i] =
            w->part[size] / all * (w->known[i] ? 1 : (all - known[size]) / others[size]);
    }
    free(known);
    return true;
}

/* Least squares, the matrix being that of all coalitions. */
static bool add_squares(struct adjusting *w, double *weight)
{
    struct sx_estimate *e = w->e;
    bool constrained = w->row->least > 0;
    double none = 0;
    if (!sx_fit_new(&w->fit, e->game, e->place, e->terms, e->order, e->error))
        return false;
    bool ok = weigh_known(w, weight);
    for (int64_t i = 0; ok && i < w->draw.count; i++)
        if (weight[i] != 0)
            sx_fit_add_right(&w->fit, coalition_of(w, i), weight[i] * w->residual[i]);
    if (ok)
        sx_fit_know(&w->fit, w->part);
    ok = ok && (sx_fit_factor(&w->fit) ||
                sx_fail(e->error, SX_USAGE, "order %lld is too high for %lld players",
                        (long long)e->order, (long long)w->fit.n));
    if (ok) {
        sx_fit_solve(&w->fit, constrained ? &none : NULL);
        for (int64_t k = 0; k < w->fit.p; k++)
            e->terms->value[k] += w->fit.right[k] / 2;
    }
    sx_fit_free(&w->fit);
    return ok;
}

static bool add_residuals(struct adjusting *w, int which, double *weight)
{
    for (int64_t i = 0; i < w->draw.count; i++)
        w->known[i] = w->half[i] != which;
    if (w->fitted)
        return add_squares(w, weight);
    return sx_strata_add(w->e, &w->draw, w->residual, w->known, 0.5, true);
}

static bool adjust(struct adjusting *w, double *weight)
{
    struct sx_estimate *e = w->e;
    struct sx_interactions *terms = e->terms;
    deal(w);
    w->order = choose_order(w);
    for (int64_t i = 0; i < w->draw.count; i++)
        w->residual[i] = w->value[i] -= terms->none;
    if (w->order > 0 &&
        !sx_terms_new(&w->base, e->game->live, e->game->n_live, 1, w->order, e->error))
        return false;
    for (int which = 1; which <= 2; which++) {
        if (w->order > 0 && !fit_half(w, 3 - which, weight))
            return false;
        if (!add_residuals(w, which, weight))
            return false;
        add_fit(w);
    }
    for (int64_t k = 0; k < terms->count; k++) {
        if (terms->first[k + 1] == terms->first[k])
            terms->value[k] += terms->none;
        terms->error[k] = sqrt(fmax(0, terms->error[k]));
    }
    if (w->fitted) {
        free(terms->error); /* not known */
        terms->error = NULL;
    }
    return true;
}

bool sx_estimate_adjusted(struct sx_estimate *e)
{
    bool ksii = strcmp(e->row->name, "ksii") == 0, kadd = strcmp(e->row->name, "kadd") == 0;
    const char *name = ksii ? "sii" : kadd ? "fsii" : e->row->name;
    struct adjusting w = {.e = e, .row = sx_index_find(name, e->error)};
    int64_t n = e->game->n_live;
    double *weight = NULL;
    w.fitted = w.row->difference == NULL;
    w.part = sx_new((size_t)n + 1, sizeof *w.part, e->error);
    e->terms->error = sx_new((size_t)e->terms->count + 1, sizeof *e->terms->error, e->error);
    bool ok = w.part != NULL && e->terms->error != NULL && sx_strata_draw(e, &w.draw, &w.value);
    if (ok) {
        size_t room = (size_t)w.draw.count + 1;
        sx_kernel_parts(n, w.row->least > 0, w.part);
        w.residual = sx_new(2 * room, sizeof *w.residual, e->error);
        w.half = sx_new(2 * room, 1, e->error);
        ok = w.residual != NULL && w.half != NULL;
        if (ok) {
            w.known = w.half + room;
            weight = w.residual + room;
            ok = adjust(&w, weight);
        }
    }
    sx_interactions_free(&w.base);
    sx_draw_free(&w.draw);
    free(w.part);
    free(w.value);
    free(w.residual);
    free(w.half);
    return ok;
}
