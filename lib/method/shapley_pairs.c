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

/* The weight of coalitions of one player and of all but one, against the others' mean. */
#define STIFFNESS 1000

struct pairs {
    struct sx_estimate *e;
    const struct sx_draw *draw;
    int64_t n, p;       /* live players, pairs */
    const double *mean; /* the weight of each coalition in the mean of its size */
    double *value;      /* then what the singles leave */
    double *edge;       /* of each player: the value of it alone plus that of all others */
    double *single;     /* Shapley values */
    int64_t *member;
    struct sx_moments moments;
    double *split; /* [n, n]: sums of values times weights, by who is apart from the others */
    double *matrix, *right, *pair; /* of each pair: the mean of its character */
};

static int64_t members_of(struct pairs *w, int64_t i, uint8_t *present)
{
    const struct sx_game *game = w->e->game;
    const uint64_t *coalition = w->draw->coalition + (size_t)i * game->words;
    int64_t k = 0;
    for (int64_t j = 0; j < w->n; j++) {
        present[j] = sx_set_has(coalition, game->live[j]);
        if (present[j])
            w->member[k++] = j;
    }
    return k;
}

/* Coalitions of one player and of all but one are taken for what they fix. */
static void add_edge(struct pairs *w, int64_t k, const uint8_t *present, double value)
{
    for (int64_t j = 0; j < w->n; j++)
        if ((k == 1 && present[j]) || (k == w->n - 1 && !present[j]))
            w->edge[j] += value;
}

/* Shapley values. */
static bool fit_singles(struct pairs *w, uint8_t *present)
{
    const struct sx_interactions *terms = w->e->terms;
    int64_t n = w->n;
    double *ones = w->split, of_right = 0, of_ones = 0; /* not in use yet */
    memset(w->matrix, 0, (size_t)(n * n) * sizeof *w->matrix);
    for (int64_t i = 0; i < w->draw->count; i++) {
        int64_t k = members_of(w, i, present);
        double weight = w->mean[i] * (double)(n - 1) / (double)(k * (n - k));
        for (int64_t a = 0; a < k && weight > 0; a++) {
            double *row = w->matrix + w->member[a] * n;
            w->right[w->member[a]] += weight * w->value[i];
            for (int64_t b = 0; b <= a; b++)
                row[w->member[b]] += weight;
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
        w->single[j] = w->right[j] + ones[j] * (terms->all - terms->none - of_right) / of_ones;
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

/* The mean of the product of the characters of two pairs, which is that of who is in one alone. */
static double product_of(const struct sx_moments *m, const int64_t *a, const int64_t *b)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            if (a[i] == b[j])
                return a[1 - i] == b[1 - j] ? m->sum[0][0]
                                            : sx_moments_union(m, a + 1 - i, 1, b + 1 - j, 1);
    return sx_moments_union(m, a, 2, b, 2);
}

/* What is left at {k} and at N without k fixes the sum of player k's pairs. It weighs much more
 * than all else, not infinitely: what a fit leaves is estimated in any case. */
static void stiffen(struct pairs *w)
{
    double weight = 0;
    for (int64_t p = 0; p < w->p; p++)
        weight += STIFFNESS * w->matrix[p * w->p + p] / (double)w->p;
    for (int64_t p = 0; p < w->p; p++) {
        const int64_t *a = pair_of(w, p);
        w->right[p] -= weight * (w->edge[a[0]] + w->edge[a[1]]);
        for (int64_t q = 0; q <= p; q++) {
            const int64_t *b = pair_of(w, q);
            w->matrix[p * w->p + q] +=
                weight * ((a[0] == b[0]) + (a[0] == b[1]) + (a[1] == b[0]) + (a[1] == b[1]));
        }
    }
}

/* 1 / ((n - 3) C(n - 4, t - 2)) times the number of coalitions of size t. */
static double outer_weight(int64_t n, int64_t t)
{
    return (double)n / (double)t * ((double)(n - 1) / (double)(t - 1)) *
           ((double)(n - 2) / (double)(n - t)) / (double)(n - t - 1);
}

/* Adds a coalition to the equations: what it splits is what its complement splits, so the smaller
 * of the two is taken. Right sides are summed by players and pairs that are in it. */
static void add_split(struct pairs *w, int64_t k, const uint8_t *present, double weight,
                      double value)
{
    if (2 * k > w->n) {
        k = 0;
        for (int64_t j = 0; j < w->n; j++)
            if (!present[j])
                w->member[k++] = j;
    }
    sx_moments_add(&w->moments, w->member, k, weight);
    for (int64_t a = 0; a < k; a++)
        for (int64_t b = a; b < k; b++)
            w->split[w->member[a] * w->n + w->member[b]] += weight * value;
}

/* The normal equations of the pairs, for what the singles leave. */
static void fill_pairs(struct pairs *w, uint8_t *present)
{
    const double *split = w->split;
    int64_t n = w->n;
    memset(w->split, 0, (size_t)(n * n) * sizeof *split);
    for (int64_t i = 0; i < w->draw->count; i++) {
        int64_t k = members_of(w, i, present);
        for (int64_t j = 0; j < k; j++)
            w->value[i] -= w->single[w->member[j]];
        if (k == 1 || k == n - 1)
            add_edge(w, k, present, w->value[i]);
        else if (w->mean[i] > 0)
            add_split(w, k, present, w->mean[i] * outer_weight(n, k), w->value[i]);
    }
    /* The sum of weights of coalitions that split both pairs: to be split is (1 - character) / 2. */
    sx_moments_transform(&w->moments);
    const struct sx_moments *m = &w->moments;
    double all = m->sum[0][0];
    for (int64_t p = 0; p < w->p; p++) {
        const int64_t *a = pair_of(w, p);
        w->pair[p] = sx_moments_union(m, a, 2, a, 2);
        w->right[p] =
            split[a[0] * n + a[1]] - (split[a[0] * n + a[0]] + split[a[1] * n + a[1]]) / 2;
        for (int64_t q = 0; q <= p; q++)
            w->matrix[p * w->p + q] =
                (all - w->pair[p] - w->pair[q] + product_of(m, a, pair_of(w, q))) / 16;
    }
    stiffen(w);
}

/* The Moebius transform of the fit: the pair {i, j} is -1/2 where i or j is alone. */
static void list_terms(const struct pairs *w, double *terms)
{
    memcpy(terms, w->single, (size_t)w->n * sizeof *terms);
    memcpy(terms + w->n, w->right, (size_t)w->p * sizeof *terms);
    for (int64_t p = 0; p < w->p; p++)
        for (int k = 0; k < 2; k++)
            terms[pair_of(w, p)[k]] -= w->right[p] / 2;
}

static bool pairs_new(struct pairs *w)
{
    struct sx_error *error = w->e->error;
    size_t n = (size_t)w->n, p = (size_t)w->p, square;
    if (!sx_size_mul(&square, p > n ? p : n, (p > n ? p : n) * sizeof(double)))
        return sx_fail(error, SX_MEMORY, "out of memory");
    w->member = sx_new(2 * n + 2 * p + 2, sizeof *w->member, error);
    w->matrix = sx_new(square / sizeof(double), sizeof *w->matrix, error);
    w->right = sx_new(2 * p + 3 * n, sizeof *w->right, error);
    w->split = sx_new(n * n, sizeof *w->split, error);
    w->value = sx_new((size_t)w->draw->count + 1, sizeof *w->value, error);
    return w->member != NULL && w->matrix != NULL && w->right != NULL && w->split != NULL &&
           w->value != NULL && sx_moments_new(&w->moments, w->n, 4, error);
}

static void pairs_free(struct pairs *w)
{
    sx_moments_free(&w->moments);
    free(w->value);
    free(w->member);
    free(w->matrix);
    free(w->right);
    free(w->split);
}

bool sx_fit_outer(struct sx_estimate *e, const struct sx_draw *draw, const double *mean,
                  const double *value, double *terms, bool *solved)
{
    struct pairs w = {.e = e, .draw = draw, .mean = mean, .n = e->game->n_live};
    w.p = w.n * (w.n - 1) / 2;
    uint8_t *present = sx_new((size_t)w.n + 1, 1, e->error);
    bool ok = present != NULL && pairs_new(&w);
    if (ok) {
        w.single = w.right + w.p + w.n;
        w.edge = w.single + w.n;
        w.pair = w.edge + w.n;
        memcpy(w.value, value, (size_t)draw->count * sizeof *value);
        list_pairs(&w);
        *solved = fit_singles(&w, present);
        if (*solved)
            fill_pairs(&w, present);
        *solved = *solved && sx_cholesky(w.matrix, w.p);
        if (*solved) {
            sx_cholesky_solve(w.matrix, w.p, w.right);
            list_terms(&w, terms);
        }
    }
    free(present);
    pairs_free(&w);
    return ok;
}
