/* pairs.c - Shapley interaction of pairs by two least squares fits.
 *
 * KernelSHAP-IQ (Fumagalli, Muschalik, Kolpaczki, Huellermeier, Hammer 2024). Shapley values
 * are fitted first. Their residuals are fitted by pairs: a coalition counts -1/2 for each pair
 * that it splits, with weight 1 / ((n - 3) C(n - 4, t - 2)). Coalitions of 1 and of n - 1
 * players have infinite weight: they fix the sum of each player's pairs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

/* The weight of coalitions of 1 and of n - 1 players, relative to the mean of the others. */
#define STIFFNESS 1000

/* Lists for each coalition its members, then the other players. */
static void list_members(struct sx_outer *w)
{
    const struct sx_game *game = w->e->game;
    for (int64_t i = 0; i < w->draw->count; i++) {
        const uint64_t *coalition = w->draw->coalition + (size_t)i * game->words;
        int64_t k = sx_set_count(coalition, game->words), others = k, in = 0;
        w->size[i] = k;
        for (int64_t j = 0; j < w->n; j++)
            w->member[i * w->n + (sx_set_has(coalition, game->live[j]) ? in++ : others++)] = j;
    }
}

/* Shapley values. */
static bool fit_singles(struct sx_outer *w)
{
    const struct sx_interactions *terms = w->e->terms;
    int64_t n = w->n;
    double *ones = w->split, of_right = 0, of_ones = 0; /* `split` is not used yet */
    memset(w->matrix, 0, (size_t)(n * n) * sizeof *w->matrix);
    for (int64_t i = 0; i < w->draw->count; i++) {
        const int64_t *list = w->member + i * n;
        int64_t k = w->size[i];
        double weight = w->mean[i] * (double)(n - 1) / (double)(k * (n - k));
        for (int64_t a = 0; a < k && weight > 0; a++) {
            double *row = w->matrix + list[a] * n;
            w->right[list[a]] += weight * w->value[i];
            for (int64_t b = a; b < k; b++)
                row[list[b]] += weight;
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
static const int64_t *pair_of(const struct sx_outer *w, int64_t p)
{
    return w->pairs + 2 * p;
}

static void list_pairs(struct sx_outer *w)
{
    int64_t *to = w->pairs;
    for (int64_t i = 0; i < w->n; i++)
        for (int64_t j = i + 1; j < w->n; j++) {
            *to++ = i;
            *to++ = j;
        }
}

/* The place of the pair {i, j} in the order of terms. */
static int64_t place_of(int64_t n, int64_t i, int64_t j)
{
    int64_t low = i < j ? i : j, high = i < j ? j : i;
    return low * n - low * (low + 1) / 2 + high - low - 1;
}

/* The mean of the product of the characters of two pairs. It is the character of their
 * symmetric difference. Sets a < b < ... are in the order of their largest members. */
static void list_products(struct sx_outer *w)
{
    const double *two = w->moments.sum[2], *four = w->moments.sum[4];
    double *to = w->matrix;
    int64_t n = w->n, p = w->p;
    for (int64_t b = 1; b < n; b++)
        for (int64_t a = 0; a < b; a++, two++) {
            w->pair[place_of(n, a, b)] = *two;
            for (int64_t c = 0; c < n; c++)
                if (c != a && c != b)
                    to[place_of(n, a, c) * p + place_of(n, b, c)] = *two;
        }
    for (int64_t d = 3; d < n; d++)
        for (int64_t c = 2; c < d; c++)
            for (int64_t b = 1; b < c; b++)
                for (int64_t a = 0; a < b; a++, four++) {
                    to[place_of(n, a, b) * p + place_of(n, c, d)] = *four;
                    to[place_of(n, a, c) * p + place_of(n, b, d)] = *four;
                    to[place_of(n, a, d) * p + place_of(n, b, c)] = *four;
                }
}

/* matrix[p, q] = the weight of the coalitions that split both pairs, where
 * split = (1 - character) / 2. */
static void fill_matrix(struct sx_outer *w)
{
    double all = w->moments.sum[0][0];
    sx_moments_transform(&w->moments);
    list_products(w);
    for (int64_t p = 0; p < w->p; p++) {
        double *row = w->matrix + p * w->p;
        row[p] = all;
        for (int64_t q = p; q < w->p; q++)
            row[q] = (all - w->pair[p] - w->pair[q] + row[q]) / 16;
    }
}

/* The residuals at {k} and N \ {k} fix the sum of player k's pairs. Their weight is large
 * instead of infinite, which is enough because residuals of the fit are estimated in any
 * case. */
static void stiffen(struct sx_outer *w)
{
    double weight = 0;
    for (int64_t p = 0; p < w->p; p++)
        weight += STIFFNESS * w->matrix[p * w->p + p] / (double)w->p;
    for (int64_t p = 0; p < w->p; p++) {
        int64_t a = pair_of(w, p)[0], b = pair_of(w, p)[1];
        w->right[p] -= weight * (w->edge[a] + w->edge[b]);
        w->matrix[p * w->p + p] += 2 * weight;
        for (int64_t c = 0; c < w->n; c++)
            if (c != a && c != b)
                w->matrix[place_of(w->n, a, c) * w->p + place_of(w->n, b, c)] += weight;
    }
}

/* 1 / ((n - 3) C(n - 4, t - 2)) times the number of coalitions of size t. */
static double outer_weight(int64_t n, int64_t t)
{
    return (double)n / (double)t * ((double)(n - 1) / (double)(t - 1)) *
           ((double)(n - 2) / (double)(n - t)) / (double)(n - t - 1);
}

/* Adds a coalition to the equations. A coalition and its complement split the same pairs, so
 * the smaller one is used. Right sides are summed by the players and pairs in it. */
static void add_split(struct sx_outer *w, const int64_t *list, int64_t k, double weight,
                      double value)
{
    const int64_t *set = 2 * k > w->n ? list + k : list;
    k = 2 * k > w->n ? w->n - k : k;
    sx_moments_add(&w->moments, set, k, weight);
    for (int64_t a = 0; a < k; a++)
        for (int64_t b = a; b < k; b++)
            w->split[set[a] * w->n + set[b]] += weight * value;
}

/* The normal equations of the pairs for the residuals of the singles. */
static void fill_pairs(struct sx_outer *w)
{
    const double *split = w->split;
    int64_t n = w->n;
    memset(w->split, 0, (size_t)(n * n) * sizeof *split);
    for (int64_t i = 0; i < w->draw->count; i++) {
        const int64_t *list = w->member + i * n;
        int64_t k = w->size[i];
        for (int64_t j = 0; j < k; j++)
            w->value[i] -= w->single[list[j]];
        if (k == 1) /* stiffen() uses these */
            w->edge[list[0]] += w->value[i];
        if (k == n - 1)
            w->edge[list[n - 1]] += w->value[i];
        if (k > 1 && k < n - 1 && w->mean[i] > 0)
            add_split(w, list, k, w->mean[i] * outer_weight(n, k), w->value[i]);
    }
    fill_matrix(w);
    for (int64_t p = 0; p < w->p; p++) {
        const int64_t *a = pair_of(w, p);
        w->right[p] =
            split[a[0] * n + a[1]] - (split[a[0] * n + a[0]] + split[a[1] * n + a[1]]) / 2;
    }
    stiffen(w);
}

/* The Moebius transform of the fit. The pair {i, j} is -1/2 for {i} and for {j}. */
static void list_terms(const struct sx_outer *w, double *terms)
{
    memcpy(terms, w->single, (size_t)w->n * sizeof *terms);
    memcpy(terms + w->n, w->right, (size_t)w->p * sizeof *terms);
    for (int64_t p = 0; p < w->p; p++)
        for (int k = 0; k < 2; k++)
            terms[pair_of(w, p)[k]] -= w->right[p] / 2;
}

bool sx_outer_new(struct sx_outer *w, struct sx_estimate *e, const struct sx_draw *draw)
{
    struct sx_error *error = e->error;
    size_t n = (size_t)e->game->n_live, p = n * (n - 1) / 2, square;
    *w = (struct sx_outer){.e = e, .draw = draw, .n = (int64_t)n, .p = (int64_t)p};
    if (!sx_size_mul(&square, p > n ? p : n, (p > n ? p : n) * sizeof(double)))
        return sx_fail(error, SX_MEMORY, "out of memory");
    w->member = sx_new((size_t)draw->count + 1, n * sizeof *w->member, error);
    w->size = sx_new((size_t)draw->count + 1, sizeof *w->size, error);
    w->pairs = sx_new(2 * p + 1, sizeof *w->pairs, error);
    w->matrix = sx_new(square / sizeof(double), sizeof *w->matrix, error);
    w->right = sx_new(2 * p + 3 * n, sizeof *w->right, error);
    w->split = sx_new(n * n, sizeof *w->split, error);
    w->value = sx_new((size_t)draw->count + 1, sizeof *w->value, error);
    if (w->member == NULL || w->size == NULL || w->pairs == NULL || w->matrix == NULL ||
        w->right == NULL || w->split == NULL || w->value == NULL ||
        !sx_moments_new(&w->moments, w->n, 4, error)) {
        sx_outer_free(w);
        return false;
    }
    w->single = w->right + p + n;
    w->edge = w->single + n;
    w->pair = w->edge + n;
    list_pairs(w);
    list_members(w);
    return true;
}

void sx_outer_free(struct sx_outer *w)
{
    sx_moments_free(&w->moments);
    free(w->value);
    free(w->member);
    free(w->size);
    free(w->pairs);
    free(w->matrix);
    free(w->right);
    free(w->split);
    *w = (struct sx_outer){0};
}

bool sx_outer_fit(struct sx_outer *w, const double *mean, const double *value, double *terms)
{
    w->mean = mean;
    memcpy(w->value, value, (size_t)w->draw->count * sizeof *value);
    memset(w->right, 0, (size_t)(2 * w->p + 3 * w->n) * sizeof *w->right);
    sx_moments_clear(&w->moments);
    if (!fit_singles(w))
        return false;
    fill_pairs(w);
    if (!sx_cholesky(w->matrix, w->p))
        return false;
    sx_cholesky_solve(w->matrix, w->p, w->right);
    list_terms(w, terms);
    return true;
}
