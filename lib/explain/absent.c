/* absent.c - draws of absent elements given the present ones: from a Gaussian, a Gaussian copula,
 * or the nearest rows.
 *
 * The score of an element is its value; for a copula, it is the normal quantile of its rank.
 * Standardised scores are normal with correlations R, shrunk as by Schaefer and Strimmer (2005). A
 * free draw z becomes one given the present scores x_p by Matheron's rule: z_a + R_ap R_pp^-1 (x_p
 * - z_p). All coalitions use the same z, each with its opposite -z. */
#include "explain/absent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/normal.h"

/* Elements at most: each coalition costs a factorisation. */
enum { MOST_ELEMENTS = 1024 };
#define LEAST_PIVOT 1e-10

struct sx_conditional {
    struct sx_absent how;
    const double *rows;
    int64_t n, size;
    double *mean, *sd; /* [size], of scores */
    double *sorted;    /* copula: [size, n] */
    double *R, *L, *z; /* [size, size], twice; [size] */
    double *drawn;     /* free draws of scores, [n / 2 rounded up, size] */
    double *x, *score; /* [size] each: the x that was scored last, and its scores */
    double *mid, *off; /* [size], by position in `order` */
    double *W;         /* [size, size]: see weigh */
    double *below;     /* copula: see sx_normal_table */
    bool scored;       /* x and score are set */
    double *away;      /* nearest: [2, n], distances, and the same sorted */
    int64_t *order;    /* elements, the present ones first */
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* ---- Scores ---- */

static double score_of(const struct sx_conditional *c, int64_t i, double v)
{
    double score = v;
    if (c->sorted != NULL)
        score =
            sx_normal_quantile(sx_rank_of(c->sorted + i * c->n, c->n, v) / (double)(c->n + 1));
    return c->sd[i] > 0 ? (score - c->mean[i]) / c->sd[i] : 0;
}

static double value_of(const struct sx_conditional *c, int64_t i, double score)
{
    double v = c->mean[i] + c->sd[i] * score;
    if (c->sorted == NULL)
        return v;
    const double *sorted = c->sorted + i * c->n;
    double at = sx_normal_tabled(c->below, v) * (double)(c->n + 1) - 1;
    if (!(at > 0))
        return sorted[0];
    int64_t k = (int64_t)at;
    return k + 1 < c->n ? sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k])
                        : sorted[c->n - 1];
}

/* Computes mean and standard deviation of the scores of element i, and standardises the scores. */
static void standardise(struct sx_conditional *c, int64_t i, double *score)
{
    double mean = 0, squares = 0;
    c->mean[i] = 0;
    c->sd[i] = 1;
    for (int64_t k = 0; k < c->n; k++) {
        double s = score_of(c, i, c->rows[k * c->size + i]), before = s - mean;
        score[k * c->size + i] = s;
        mean += before / (double)(k + 1);
        squares += before * (s - mean);
    }
    c->mean[i] = mean;
    c->sd[i] = sqrt(squares / (double)(c->n - 1));
    for (int64_t k = 0; k < c->n; k++) {
        double *s = &score[k * c->size + i];
        *s = c->sd[i] > 0 ? (*s - mean) / c->sd[i] : 0;
    }
}

/* ---- Fitting ---- */

/* The correlation of two elements, and its variance. */
static double correlation(const struct sx_conditional *c, const double *score, int64_t i,
                          int64_t j, double *variance)
{
    double sum = 0, squares = 0, n = (double)c->n;
    for (int64_t k = 0; k < c->n; k++)
        sum += score[k * c->size + i] * score[k * c->size + j];
    for (int64_t k = 0; k < c->n; k++) {
        double off = score[k * c->size + i] * score[k * c->size + j] - sum / n;
        squares += off * off;
    }
    *variance = n / pow(n - 1, 3) * squares;
    return sum / (n - 1);
}

static void correlate(struct sx_conditional *c, const double *score)
{
    double variances = 0, squares = 0;
    for (int64_t i = 0; i < c->size; i++)
        for (int64_t j = 0; j < i; j++) {
            double variance, r = correlation(c, score, i, j, &variance);
            c->R[i * c->size + j] = c->R[j * c->size + i] = r;
            variances += variance;
            squares += r * r;
        }
    double kept = squares > 0 ? 1 - fmin(1, variances / squares) : 0;
    for (int64_t i = 0; i < c->size; i++)
        for (int64_t j = 0; j < c->size; j++)
            c->R[i * c->size + j] = i == j ? 1 : kept * c->R[i * c->size + j];
}

static double inner(const double *a, const double *b, int64_t n)
{
    double sum[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Cholesky factor of R restricted to order[0 .. n). Elements that depend linearly on earlier ones
 * have no column. */
static void factor(struct sx_conditional *c, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        double *row = c->L + j * c->size;
        const double *from = c->R + c->order[j] * c->size;
        for (int64_t i = 0; i <= j; i++) {
            const double *other = c->L + i * c->size;
            double rest = from[c->order[i]] - inner(row, other, i);
            if (i < j)
                row[i] = other[i] > 0 ? rest / other[i] : 0;
            else
                row[i] = rest > LEAST_PIVOT ? sqrt(rest) : 0;
        }
    }
}

/* Draws scores of all elements without regard to what is present: L z. */
static bool draw_free(struct sx_conditional *c, struct sx_error *error)
{
    int64_t size = c->size, n = sx_conditional_most(c) / 2;
    c->drawn = sx_new((size_t)n, (size_t)size * sizeof *c->drawn, error);
    if (c->drawn == NULL)
        return false;
    for (int64_t i = 0; i < size; i++)
        c->order[i] = i;
    factor(c, size);
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < size; i++) {
            c->z[i] = sx_random_normal(c->how.seed, c->how.sample, (uint64_t)(k * size + i));
            c->drawn[k * size + i] = inner(c->L + i * size, c->z, i + 1);
        }
    return true;
}

static bool fit(struct sx_conditional *c, struct sx_error *error)
{
    size_t size = (size_t)c->size, all = (size_t)c->n * size;
    double *score = sx_new(all, sizeof *score, error);
    c->mean = sx_new(size, sizeof(double), error);
    c->sd = sx_new(size, sizeof(double), error);
    bool ok = score != NULL && c->mean != NULL && c->sd != NULL;
    if (ok && c->how.kind == SX_ABSENT_COPULA) {
        c->sorted = sx_new(all, sizeof(double), error);
        c->below = sx_normal_table(error);
        ok = c->sorted != NULL && c->below != NULL;
    }
    for (int64_t i = 0; ok && i < c->size; i++) {
        for (int64_t k = 0; c->sorted != NULL && k < c->n; k++)
            c->sorted[i * c->n + k] = c->rows[k * c->size + i];
        if (c->sorted != NULL)
            qsort(c->sorted + i * c->n, (size_t)c->n, sizeof(double), ascending);
        standardise(c, i, score);
    }
    if (ok && c->how.kind != SX_ABSENT_NEAREST) {
        c->R = sx_new(size * size, sizeof(double), error);
        c->L = sx_new(size * size, sizeof(double), error);
        c->W = sx_new(size * size, sizeof(double), error);
        c->z = sx_new(5 * size, sizeof(double), error);
        ok = c->R != NULL && c->L != NULL && c->W != NULL && c->z != NULL;
        if (ok) {
            c->x = c->z + size;
            c->score = c->x + size;
            c->mid = c->score + size;
            c->off = c->mid + size;
            correlate(c, score);
            ok = draw_free(c, error);
        }
    }
    free(score);
    return ok;
}

struct sx_conditional *sx_conditional_new(const struct sx_absent *how, const double *rows,
                                          int64_t n, int64_t size, struct sx_error *error)
{
    if (how->kind != SX_ABSENT_NEAREST && size > MOST_ELEMENTS) {
        sx_fail(error, SX_USAGE, "%lld elements are too many for a Gaussian: at most %d",
                (long long)size, MOST_ELEMENTS);
        return NULL;
    }
    bool finite = true;
    for (int64_t i = 0; finite && i < n * size; i++)
        finite = isfinite(rows[i]);
    if (n < 2 || !finite) {
        sx_fail(error, SX_FAILED,
                n < 2 ? "the background has one row; several are needed"
                      : "the background has a value that is not finite");
        return NULL;
    }
    struct sx_conditional *c = sx_new(1, sizeof *c, error);
    if (c == NULL)
        return NULL;
    *c = (struct sx_conditional){.how = *how, .rows = rows, .n = n, .size = size};
    c->order = sx_new((size_t)size, sizeof *c->order, error);
    c->away = sx_new(2 * (size_t)n, sizeof *c->away, error);
    if (c->order != NULL && c->away != NULL && fit(c, error))
        return c;
    sx_conditional_free(c);
    return NULL;
}

void sx_conditional_free(struct sx_conditional *c)
{
    if (c == NULL)
        return;
    free(c->mean);
    free(c->sd);
    free(c->sorted);
    free(c->R);
    free(c->L);
    free(c->W);
    free(c->below);
    free(c->z);
    free(c->drawn);
    free(c->away);
    free(c->order);
    free(c);
}

/* ---- Drawing ---- */

/* Solves R w = v at order[0 .. n) in place, by the factor L. */
static void solve(const struct sx_conditional *c, int64_t n, double *v)
{
    for (int64_t i = 0; i < n; i++) {
        const double *row = c->L + i * c->size;
        v[i] = row[i] > 0 ? (v[i] - inner(row, v, i)) / row[i] : 0;
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        const double *row = c->L + i * c->size;
        v[i] = row[i] > 0 ? v[i] / row[i] : 0;
        for (int64_t j = 0; j < i; j++)
            v[j] -= row[j] * v[i];
    }
}

/* to[j] = (R_ap R_pp^-1 z_p)_j for the absent elements: the scores expected from those at order[0
 * .. n). */
static void expect(struct sx_conditional *c, int64_t n, const double *z, double *to)
{
    for (int64_t i = 0; i < n; i++)
        c->z[i] = z[c->order[i]];
    solve(c, n, c->z);
    for (int64_t j = n; j < c->size; j++) {
        const double *row = c->R + c->order[j] * c->size;
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += row[c->order[i]] * c->z[i];
        to[j] = sum;
    }
}

/* W[i, j] is what the score at order[i], i < n, adds to that expected at order[j], j >= n: a column of
 * R_pp^-1 R_pa each. Then each draw is a product with W. */
static void weigh(struct sx_conditional *c, int64_t n)
{
    for (int64_t j = n; j < c->size; j++) {
        const double *row = c->R + c->order[j] * c->size;
        for (int64_t i = 0; i < n; i++)
            c->z[i] = row[c->order[i]];
        solve(c, n, c->z);
        for (int64_t i = 0; i < n; i++)
            c->W[i * c->size + j] = c->z[i];
    }
}

/* As `expect`, by W. */
static void expect_weighed(struct sx_conditional *c, int64_t n, const double *z, double *to)
{
    int64_t size = c->size;
    memset(to + n, 0, (size_t)(size - n) * sizeof *to);
    for (int64_t i = 0; i < n; i++) {
        const double *weight = c->W + i * size;
        double v = z[c->order[i]];
        for (int64_t j = n; j < size; j++)
            to[j] += v * weight[j];
    }
}

/* Computes the scores of x, unless they are known from the last draw. */
static void score_x(struct sx_conditional *c, const double *x)
{
    if (c->scored && memcmp(c->x, x, (size_t)c->size * sizeof *x) == 0)
        return;
    for (int64_t i = 0; i < c->size; i++) {
        c->x[i] = x[i];
        c->score[i] = score_of(c, i, x[i]);
    }
    c->scored = true;
}

/* Each free draw z gives two draws, m + d and m - d: m is the expectation given x's scores, d = z -
 * (expectation given z's). */
static int64_t draw_normal(struct sx_conditional *c, const double *x, const bool *present,
                           double *points)
{
    int64_t size = c->size, n = sx_conditional_most(c) / 2, at = 0, p = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < size; i++)
            if (present[i] == (pass == 0)) {
                c->order[at++] = i;
                p += pass == 0;
            }
    bool weighed = n > size - p;
    factor(c, p);
    if (weighed)
        weigh(c, p);
    score_x(c, x);
    expect(c, p, c->score, c->mid);
    for (int64_t k = 0; k < n; k++) {
        const double *z = c->drawn + k * size;
        double *up = points + 2 * k * size, *down = up + size;
        memcpy(up, x, (size_t)size * sizeof *x);
        memcpy(down, x, (size_t)size * sizeof *x);
        (weighed ? expect_weighed : expect)(c, p, z, c->off);
        for (int64_t j = p; j < size; j++) {
            int64_t i = c->order[j];
            up[i] = value_of(c, i, c->mid[j] + z[i] - c->off[j]);
            down[i] = value_of(c, i, c->mid[j] - z[i] + c->off[j]);
        }
    }
    return 2 * n;
}

/* The K nearest rows, and those as near as the last of them. Distances are in standard deviations. */
static int64_t draw_nearest(struct sx_conditional *c, const double *x, const bool *present,
                            double *points)
{
    int64_t size = c->size, k = c->how.nearest < c->n ? c->how.nearest : c->n, found = 0;
    for (int64_t r = 0; r < c->n; r++) {
        double sum = 0;
        for (int64_t i = 0; i < size; i++) {
            double off =
                present[i] && c->sd[i] > 0 ? (c->rows[r * size + i] - x[i]) / c->sd[i] : 0;
            sum += off * off;
        }
        c->away[r] = c->away[c->n + r] = sum;
    }
    qsort(c->away + c->n, (size_t)c->n, sizeof *c->away, ascending);
    for (int64_t r = 0; r < c->n; r++) {
        if (!(c->away[r] <= c->away[c->n + k - 1]))
            continue;
        double *point = points + found++ * size;
        for (int64_t i = 0; i < size; i++)
            point[i] = present[i] ? x[i] : c->rows[r * size + i];
    }
    return found;
}

int64_t sx_conditional_most(const struct sx_conditional *c)
{
    return c->how.kind == SX_ABSENT_NEAREST ? c->n : c->n + c->n % 2;
}

int64_t sx_conditional_draw(struct sx_conditional *c, const double *x, const bool *present,
                            double *points)
{
    return c->how.kind == SX_ABSENT_NEAREST ? draw_nearest(c, x, present, points)
                                            : draw_normal(c, x, present, points);
}
