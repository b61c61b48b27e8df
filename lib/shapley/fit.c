/* fit.c - a game of interactions up to an order as the weighted least squares fit to values
 * of coalitions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

static const int64_t *set_of(const struct sx_fit *f, int64_t k, int64_t *size)
{
    *size = f->terms->first[k + 1] - f->terms->first[k];
    return f->local + f->terms->first[k];
}

bool sx_fit_new(struct sx_fit *f, const struct sx_game *game, const int64_t *place,
                struct sx_interactions *terms, int64_t order, struct sx_error *error)
{
    int64_t members = terms->first[terms->count];
    size_t p = (size_t)terms->count, n = (size_t)game->n_live, square;
    *f = (struct sx_fit){.game = game, .terms = terms, .n = game->n_live, .p = terms->count};
    if (order > 3)
        return sx_fail(error, SX_USAGE, "a fit is for orders up to 3; try --sampling=sparse");
    if (!sx_size_mul(&square, p, p))
        return sx_fail(error, SX_MEMORY, "out of memory");
    f->local = sx_new((size_t)members + 1, sizeof *f->local, error);
    f->member = sx_new(n + 1, sizeof *f->member, error);
    f->present = sx_new(n + 1, sizeof *f->present, error);
    f->matrix = sx_new(square, sizeof *f->matrix, error);
    f->right = sx_new(p + 1, sizeof *f->right, error);
    f->ones = sx_new(p + 1, sizeof *f->ones, error);
    bool ok = f->local != NULL && f->member != NULL && f->present != NULL &&
              f->matrix != NULL && f->right != NULL && f->ones != NULL &&
              sx_moments_new(&f->moments, f->n, 2 * order, error);
    for (int64_t i = 0; ok && i < members; i++)
        f->local[i] = place[terms->member[i]];
    if (!ok)
        sx_fit_free(f);
    return ok;
}

void sx_fit_free(struct sx_fit *f)
{
    sx_moments_free(&f->moments);
    free(f->local);
    free(f->member);
    free(f->present);
    free(f->matrix);
    free(f->right);
    free(f->ones);
    *f = (struct sx_fit){0};
}

int64_t sx_fit_members(struct sx_fit *f, const uint64_t *coalition)
{
    int64_t k = 0;
    for (int64_t j = 0; j < f->n; j++) {
        f->present[j] = sx_set_has(coalition, f->game->live[j]);
        f->member[k] = j;
        k += f->present[j];
    }
    return k;
}

void sx_fit_add(struct sx_fit *f, const uint64_t *coalition, double weight, double y)
{
    const struct sx_interactions *terms = f->terms;
    if (weight == 0)
        return;
    sx_moments_add(&f->moments, f->member, sx_fit_members(f, coalition), weight);
    for (int64_t t = 0; t < terms->count; t++) {
        bool holds = true;
        for (int64_t j = terms->first[t]; holds && j < terms->first[t + 1]; j++)
            holds = f->present[f->local[j]];
        f->right[t] += holds ? weight * y : 0;
    }
}

bool sx_fit_factor(struct sx_fit *f)
{
    for (int64_t s = 0; s < f->p; s++) {
        int64_t ns, nt;
        const int64_t *a = set_of(f, s, &ns);
        for (int64_t t = s; t < f->p; t++) {
            const int64_t *b = set_of(f, t, &nt);
            f->matrix[s * f->p + t] = sx_moments_union(&f->moments, a, ns, b, nt);
        }
    }
    if (!sx_cholesky(f->matrix, f->p))
        return false;
    for (int64_t k = 0; k < f->p; k++)
        f->ones[k] = 1;
    sx_cholesky_solve(f->matrix, f->p, f->ones);
    return true;
}

void sx_fit_solve(struct sx_fit *f, const double *total)
{
    double of_right = 0, of_ones = 0;
    sx_cholesky_solve(f->matrix, f->p, f->right);
    for (int64_t k = 0; k < f->p; k++) {
        of_right += f->right[k];
        of_ones += f->ones[k];
    }
    for (int64_t k = 0; k < f->p && total != NULL; k++)
        f->right[k] += f->ones[k] * (*total - of_right) / of_ones;
}

double sx_fit_value(struct sx_fit *f, const uint64_t *coalition, const double *terms)
{
    double sum = 0;
    sx_fit_members(f, coalition);
    for (int64_t t = 0; t < f->p; t++) {
        bool holds = true;
        for (int64_t j = f->terms->first[t]; holds && j < f->terms->first[t + 1]; j++)
            holds = f->present[f->local[j]];
        sum += holds ? terms[t] : 0;
    }
    return sum;
}

void sx_kernel_parts(int64_t n, bool shapley, double *part)
{
    for (int64_t s = 0; s <= n; s++) {
        bool inner = s > 0 && s < n;
        part[s] = !shapley ? exp(lgamma((double)n + 1) - lgamma((double)s + 1) -
                                 lgamma((double)(n - s) + 1) - (double)n * log(2))
                  : inner  ? (double)(n - 1) / ((double)s * (double)(n - s))
                           : 0;
    }
}
