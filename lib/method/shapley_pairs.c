/* shapley_pairs.c - Shapley interaction of pairs by two least squares fits.
 *
 * KernelSHAP-IQ (Fumagalli, Muschalik, Kolpaczki, Huellermeier, Hammer 2024): Shapley values are
 * fitted first; what they leave is fitted by pairs, a coalition counting -1/2 for each pair that
 * it splits, with weights 1 / ((n - 3) C(n - 4, t - 2)). Coalitions of one player and of all but
 * one weigh infinitely: they fix the sum of each player's pairs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/shapley.h"

struct pairs {
    struct sx_estimate *e;
    int64_t n, p;         /* live players, pairs */
    int64_t count, edges; /* coalitions; the first `edges` have one player, or lack one */
    uint64_t *coalition;
    double *value, *single, *outer; /* values; weights of the two fits */
    int64_t *member;
    struct sx_moments moments;
    double *matrix, *right, *constraint, *schur;
};

/* One player and all but one each, then sizes 2 to n - 2 drawn evenly, with complements. */
static bool draw_coalitions(struct pairs *w)
{
    struct sx_estimate *e = w->e;
    const struct sx_game *game = e->game;
    size_t words = game->words;
    double *part = sx_new(2 * ((size_t)w->n + 1), sizeof *part, e->error);
    struct sx_draw draw = {0};
    if (part == NULL)
        return false;
    double *share = part + w->n + 1;
    for (int64_t s = 2; s + 2 <= w->n; s++)
        part[s] = share[s] = 1;
    int64_t left = e->budget - 2 - 2 * w->n;
    struct sx_draw_options o = {.player = game->live,
                                .n = w->n,
                                .words = words,
                                .part = part,
                                .share = share,
                                .budget = left > 0 ? left : 0,
                                .strata = true,
                                .pairs = true,
                                .seed = e->o->seed,
                                .stream = e->o->sample};
    bool ok = sx_draw_new(&draw, &o, e->error);
    w->edges = 2 * w->n;
    w->count = w->edges + draw.count;
    w->coalition = ok ? sx_new((size_t)w->count, words * sizeof(uint64_t), e->error) : NULL;
    w->value = ok ? sx_new(3 * (size_t)w->count, sizeof *w->value, e->error) : NULL;
    ok = w->coalition != NULL && w->value != NULL;
    for (int64_t k = 0; ok && k < w->n; k++) {
        uint64_t *one = w->coalition + 2 * (size_t)k * words, *rest = one + words;
        sx_set_add(one, game->live[k]);
        for (int64_t j = 0; j < w->n; j++)
            if (j != k)
                sx_set_add(rest, game->live[j]);
    }
    if (ok) {
        memcpy(w->coalition + (size_t)w->edges * words, draw.coalition,
               (size_t)draw.count * words * sizeof(uint64_t));
        w->single = w->value + w->count;
        w->outer = w->single + w->count;
        for (int64_t i = 0; i < w->count; i++) {
            double s = (double)sx_set_count(w->coalition + (size_t)i * words, words);
            double n = (double)w->n, mean = i < w->edges ? 1 / n : draw.weight[i - w->edges];
            w->single[i] = mean * (n - 1) / (s * (n - s));
            w->outer[i] = i < w->edges ? 0
                                       : mean * sx_choose(w->n, (int64_t)s) /
                                             ((n - 3) * sx_choose(w->n - 4, (int64_t)s - 2));
        }
    }
    sx_draw_free(&draw);
    free(part);
    return ok;
}

static int64_t members_of(struct pairs *w, int64_t i, uint8_t *present)
{
    const struct sx_game *game = w->e->game;
    const uint64_t *coalition = w->coalition + (size_t)i * game->words;
    int64_t k = 0;
    for (int64_t j = 0; j < w->n; j++) {
        present[j] = sx_set_has(coalition, game->live[j]);
        if (present[j])
            w->member[k++] = j;
    }
    return k;
}

/* Shapley values go to the first n terms. */
static bool fit_singles(struct pairs *w, uint8_t *present)
{
    struct sx_interactions *terms = w->e->terms;
    int64_t n = w->n;
    double *ones = w->constraint, of_right = 0, of_ones = 0; /* not in use yet */
    memset(w->matrix, 0, (size_t)(n * n) * sizeof *w->matrix);
    memset(w->right, 0, (size_t)n * sizeof *w->right);
    for (int64_t i = 0; i < w->count; i++) {
        int64_t k = members_of(w, i, present);
        for (int64_t a = 0; a < k; a++) {
            double *row = w->matrix + w->member[a] * n;
            w->right[w->member[a]] += w->single[i] * (w->value[i] - terms->none);
            for (int64_t b = 0; b <= a; b++)
                row[w->member[b]] += w->single[i];
        }
    }
    if (!sx_cholesky(w->matrix, n))
        return false;
    for (int64_t j = 0; j < n; j++)
        ones[j] = 1;
    sx_cholesky_solve(w->matrix, n, w->right);
    sx_cholesky_solve(w->matrix, n, ones);
    for (int64_t j = 0; j < n; j++) {
        of_right += w->right[j];
        of_ones += ones[j];
    }
    for (int64_t j = 0; j < n; j++)
        terms->value[j] =
            w->right[j] + ones[j] * (terms->all - terms->none - of_right) / of_ones;
    return true;
}

/* The members of pair `p` of 0..n-1 in the order of terms. */
static const int64_t *pair_of(const struct pairs *w, int64_t p)
{
    return w->member + 2 * w->n + 2 * p;
}

static void list_pairs(struct pairs *w)
{
    int64_t *to = w->member + 2 * w->n;
    for (int64_t i = 0; i < w->n; i++)
        for (int64_t j = i + 1; j < w->n; j++) {
            *to++ = i;
            *to++ = j;
        }
}

/* The sum of weights of coalitions that split both pairs; i is split from j where
 * z_i + z_j - 2 z_i z_j is 1. */
static double split_both(const struct pairs *w, const int64_t *a, const int64_t *b)
{
    const struct sx_moments *m = &w->moments;
    double sum = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            sum += (i == 2 ? -2 : 1) * (j == 2 ? -2 : 1) *
                   sx_moments_union(m, i == 2 ? a : a + i, i == 2 ? 2 : 1, j == 2 ? b : b + j,
                                    j == 2 ? 2 : 1);
    return sum;
}

/* The wanted sum of player k's pairs: minus what is left at {k} and at N without k. */
static double wanted_sum(const struct pairs *w, int64_t k)
{
    return -(w->value[2 * k] + w->value[2 * k + 1]);
}

/* Adds the constraints' own squares: the solution under them stays, but fewer coalitions do. */
static void stiffen(struct pairs *w)
{
    double trace = 0;
    for (int64_t p = 0; p < w->p; p++)
        trace += w->matrix[p * w->p + p] / (double)w->p;
    for (int64_t p = 0; p < w->p; p++) {
        const int64_t *a = pair_of(w, p);
        w->right[p] += trace * (wanted_sum(w, a[0]) + wanted_sum(w, a[1]));
        for (int64_t q = 0; q <= p; q++) {
            const int64_t *b = pair_of(w, q);
            w->matrix[p * w->p + q] +=
                trace * ((a[0] == b[0]) + (a[0] == b[1]) + (a[1] == b[0]) + (a[1] == b[1]));
        }
    }
}

/* The normal equations of the pairs, for what the singles leave. */
static void fill_pairs(struct pairs *w, uint8_t *present)
{
    struct sx_interactions *terms = w->e->terms;
    memset(w->right, 0, (size_t)w->p * sizeof *w->right);
    for (int64_t i = 0; i < w->count; i++) {
        int64_t k = members_of(w, i, present);
        w->value[i] -= terms->none;
        for (int64_t j = 0; j < k; j++)
            w->value[i] -= terms->value[w->member[j]];
        if (i < w->edges)
            continue;
        sx_moments_add(&w->moments, w->member, k, w->outer[i]);
        for (int64_t p = 0; p < w->p; p++)
            w->right[p] -= present[pair_of(w, p)[0]] != present[pair_of(w, p)[1]]
                               ? w->outer[i] * w->value[i] / 2
                               : 0;
    }
    for (int64_t p = 0; p < w->p; p++)
        for (int64_t q = 0; q <= p; q++)
            w->matrix[p * w->p + q] = split_both(w, pair_of(w, p), pair_of(w, q)) / 4;
    stiffen(w);
}

/* The least squares under the constraints, by their multipliers. */
static bool solve_pairs(struct pairs *w)
{
    int64_t n = w->n, p = w->p;
    double *lambda = w->schur + n * n;
    if (!sx_cholesky(w->matrix, p))
        return false;
    sx_cholesky_solve(w->matrix, p, w->right);
    memset(w->constraint, 0, (size_t)(n * p) * sizeof *w->constraint);
    for (int64_t q = 0; q < p; q++)
        w->constraint[pair_of(w, q)[0] * p + q] = w->constraint[pair_of(w, q)[1] * p + q] = 1;
    for (int64_t k = 0; k < n; k++) {
        double *row = w->constraint + k * p;
        lambda[k] = wanted_sum(w, k);
        for (int64_t q = 0; q < p; q++)
            lambda[k] -= row[q] * w->right[q];
        sx_cholesky_solve(w->matrix, p, row);
    }
    for (int64_t k = 0; k < n; k++)
        for (int64_t l = 0; l <= k; l++) {
            double sum = 0;
            for (int64_t q = 0; q < p; q++)
                sum += pair_of(w, q)[0] == l || pair_of(w, q)[1] == l ? w->constraint[k * p + q]
                                                                      : 0;
            w->schur[k * n + l] = sum;
        }
    if (!sx_cholesky(w->schur, n))
        return false;
    sx_cholesky_solve(w->schur, n, lambda);
    for (int64_t q = 0; q < p; q++) {
        double value = w->right[q];
        for (int64_t k = 0; k < n; k++)
            value += lambda[k] * w->constraint[k * p + q];
        w->e->terms->value[n + q] = value;
    }
    return true;
}

static bool pairs_new(struct pairs *w)
{
    struct sx_error *error = w->e->error;
    size_t n = (size_t)w->n, p = (size_t)w->p;
    w->member = sx_new(2 * n + 2 * p + 2, sizeof *w->member, error);
    w->matrix = sx_new(p > n ? p * p : n * n, sizeof *w->matrix, error);
    w->right = sx_new(p + n, sizeof *w->right, error);
    w->constraint = sx_new(n * p + n, sizeof *w->constraint, error);
    w->schur = sx_new(n * n + n, sizeof *w->schur, error);
    return w->member != NULL && w->matrix != NULL && w->right != NULL &&
           w->constraint != NULL && w->schur != NULL &&
           sx_moments_new(&w->moments, w->n, 4, error);
}

static void pairs_free(struct pairs *w)
{
    sx_moments_free(&w->moments);
    free(w->coalition);
    free(w->value);
    free(w->member);
    free(w->matrix);
    free(w->right);
    free(w->constraint);
    free(w->schur);
}

bool sx_estimate_kernel_pairs(struct sx_estimate *e)
{
    struct pairs w = {.e = e, .n = e->game->n_live};
    if (e->order != 2 || strcmp(e->row->name, "stii") == 0)
        return sx_fail(e->error, SX_USAGE,
                       "--sampling=kernel fits sv, sii and ksii of order 2");
    w.p = w.n * (w.n - 1) / 2;
    uint8_t *present = sx_new((size_t)w.n + 1, 1, e->error);
    bool ok = present != NULL && pairs_new(&w) && draw_coalitions(&w) &&
              sx_game_values(e->game, w.count, w.coalition, w.value, e->error);
    if (ok) {
        list_pairs(&w);
        ok = fit_singles(&w, present);
        if (ok)
            fill_pairs(&w, present);
        ok = ok && solve_pairs(&w);
        if (!ok)
            sx_fail(e->error, SX_USAGE,
                    "%lld coalitions do not tell %lld pairs apart; raise --budget",
                    (long long)w.count, (long long)w.p);
    }
    free(present);
    pairs_free(&w);
    return ok;
}
