/* squares.c - normal equations of fits to coalitions, and their solution.
 *
 * The product of the indicators of two sets is the indicator of their union. So the matrix
 * follows from the total weights of the coalitions that contain each small set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clones.h"
#include "shapley/estimate.h"

/* Columns of the table of binomials. */
#define SIZES 8

bool sx_moments_new(struct sx_moments *m, int64_t n, int64_t most, struct sx_error *error)
{
    *m = (struct sx_moments){.n = n, .most = most < n ? most : n};
    m->choose = sx_new((size_t)n + 1, SIZES * sizeof *m->choose, error);
    bool ok = m->choose != NULL;
    for (int64_t k = 0; ok && k <= m->most; k++) {
        double count = sx_choose(n, k);
        if (count > 0x1p28)
            ok = sx_fail(error, SX_USAGE,
                         "%lld players are too many for a fit of this order; try "
                         "--sampling=sparse",
                         (long long)n);
        for (int64_t i = 0; ok && i <= n; i++)
            m->choose[i * SIZES + k] = (int64_t)sx_choose(i, k);
        m->sum[k] = ok ? sx_new((size_t)count, sizeof *m->sum[k], error) : NULL;
        ok = m->sum[k] != NULL;
    }
    if (!ok)
        sx_moments_free(m);
    return ok;
}

void sx_moments_free(struct sx_moments *m)
{
    for (int k = 0; k < 7; k++)
        free(m->sum[k]);
    free(m->choose);
    *m = (struct sx_moments){0};
}

void sx_moments_clear(struct sx_moments *m)
{
    for (int64_t k = 0; k <= m->most; k++)
        memset(m->sum[k], 0, (size_t)sx_choose(m->n, k) * sizeof *m->sum[k]);
}

/* Adds the weight to all subsets of `size` of the first k members. Sets are indexed by colexicographic
 * rank: the largest member adds the most to the rank. So subsets with the same larger members are
 * near each other in memory, and the smallest member is the inner loop. */
static void add_below(const struct sx_moments *m, double *sum, const int64_t *member, int64_t k,
                      int64_t size, double weight)
{
    if (size == 1)
        for (int64_t i = 0; i < k; i++)
            sum[member[i]] += weight;
    for (int64_t i = size - 1; size > 1 && i < k; i++)
        add_below(m, sum + m->choose[member[i] * SIZES + size], member, i, size - 1, weight);
}

void sx_moments_add(struct sx_moments *m, const int64_t *member, int64_t k, double weight)
{
    m->sum[0][0] += weight;
    for (int64_t size = 1; size <= m->most; size++)
        add_below(m, m->sum[size], member, k, size, weight);
}

double sx_moments_union(const struct sx_moments *m, const int64_t *a, int64_t na,
                        const int64_t *b, int64_t nb)
{
    int64_t rank = 0, size = 0;
    for (int64_t i = 0, j = 0; i < na || j < nb; size++) {
        int64_t next = i < na && (j >= nb || a[i] <= b[j]) ? a[i] : b[j];
        i += i < na && a[i] == next;
        j += j < nb && b[j] == next;
        rank += m->choose[next * SIZES + size + 1];
    }
    return m->sum[size][rank];
}

/* The sum of (-2)^|V| sum[V] over the parts V of a set. */
static double character(const struct sx_moments *m, const int64_t *member, int64_t size)
{
    double total = 0;
    for (unsigned part = 0; part < 1u << size; part++) {
        double factor = 1;
        int64_t rank = 0, k = 0;
        for (int64_t i = 0; i < size; i++)
            if ((part >> i & 1) != 0) {
                rank += m->choose[member[i] * SIZES + ++k];
                factor *= -2;
            }
        total += factor * m->sum[k][rank];
    }
    return total;
}

/* to[i] += (-2)^(|V| + 1) sum[{i} + V] for the i below all of V, which are adjacent in
 * memory. */
static void add_part(const struct sx_moments *m, const int64_t *member, int64_t size,
                     unsigned part, double *to, int64_t n)
{
    double factor = -2;
    int64_t rank = 0, k = 1;
    for (int64_t i = 0; i < size; i++)
        if ((part >> i & 1) != 0) {
            rank += m->choose[member[i] * SIZES + ++k];
            factor *= -2;
        }
    const double *from = m->sum[k] + rank;
    for (int64_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

/* Transforms all sets {i} + rest with i below the rest, which are adjacent in memory. */
static void transform_below(struct sx_moments *m, const int64_t *rest, int64_t size)
{
    int64_t rank = 0;
    double alone = character(m, rest, size), scale = ldexp(1, (int)size + 1);
    int64_t n = size > 0 ? rest[0] : m->n;
    for (int64_t i = 0; i < size; i++)
        rank += m->choose[rest[i] * SIZES + i + 2];
    double *to = m->sum[size + 1] + rank;
    for (int64_t i = 0; i < n; i++)
        to[i] = alone + (size % 2 == 0 ? -scale : scale) * to[i];
    for (unsigned part = 0; part + 1 < 1u << size; part++)
        add_part(m, rest, size, part, to, n);
}

void sx_moments_transform(struct sx_moments *m)
{
    /* Larger sets first: they need the untransformed sums of smaller ones. */
    for (int64_t size = m->most - 1; size >= 0; size--) {
        int64_t rest[SIZES];
        for (int64_t i = 0; i < size; i++)
            rest[i] = i;
        do {
            transform_below(m, rest, size);
        } while (sx_next_set(rest, size, m->n));
    }
}

/* ---- Cholesky ---- */

/* Columns that are eliminated together. */
#define BLOCK 16

/* to[i]   -= sum over k < 4 of x[k * n]     a[k * n + i]
 * next[i] -= sum over k < 4 of x[k * n + 1] a[k * n + i]
 * Both together read `a` once. */
CLONES static void subtract_four(double *restrict to, double *restrict next,
                                 const double *restrict x, const double *restrict a, int64_t n,
                                 int64_t count)
{
    const double *b = a + n, *c = b + n, *d = c + n;
    double xa = x[0], xb = x[n], xc = x[2 * n], xd = x[3 * n];
    double ya = x[1], yb = x[n + 1], yc = x[2 * n + 1], yd = x[3 * n + 1];
    for (int64_t i = 0; i < count; i++) {
        to[i] -= xa * a[i] + xb * b[i] + (xc * c[i] + xd * d[i]);
        next[i] -= ya * a[i] + yb * b[i] + (yc * c[i] + yd * d[i]);
    }
}

CLONES static void subtract(double *restrict to, const double *restrict a, double x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] -= x * a[i];
}

bool sx_cholesky(double *u, int64_t n)
{
    for (int64_t from = 0; from < n; from += BLOCK) {
        int64_t to = from + BLOCK < n ? from + BLOCK : n;
        for (int64_t k = from; k < to; k++) {
            double *row = u + k * n;
            for (int64_t p = from; p < k; p++)
                subtract(row + k, u + p * n + k, u[p * n + k], n - k);
            if (!(row[k] > 0))
                return false;
            double scale = 1 / sqrt(row[k]);
            for (int64_t j = k; j < n; j++)
                row[j] *= scale;
        }
#pragma omp parallel for schedule(static, 4) if (n > 512)
        for (int64_t i = to; i < n; i += 2) { /* if rows are left, the block is full */
            double *row = u + i * n + i;
            for (int64_t p = from; p < to; p++)
                row[0] -= u[p * n + i] * u[p * n + i];
            for (int64_t p = from; p < to && i + 1 < n; p += 4)
                subtract_four(row + 1, row + n + 1, u + p * n + i, u + p * n + i + 1, n,
                              n - i - 1);
        }
    }
    return true;
}

void sx_cholesky_solve(const double *u, int64_t n, double *b)
{
    for (int64_t i = 0; i < n; i++) {
        b[i] /= u[i * n + i];
        subtract(b + i + 1, u + i * n + i + 1, b[i], n - i - 1);
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        double sum = b[i];
        for (int64_t j = i + 1; j < n; j++)
            sum -= u[i * n + j] * b[j];
        b[i] = sum / u[i * n + i];
    }
}
