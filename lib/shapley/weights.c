/* weights.c - the weight of v(T) in the index of S. It depends only on |S|, |T| and |S and T|.
 * Best fits are linear and symmetric, too: their weights solve normal equations over orbits of
 * sets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

double sx_meeting(int64_t n, int64_t s, int64_t in, int64_t t)
{
    double share = 1;
    if (in < 0 || in > s || in > t || t - in > n - s)
        return 0;
    for (int64_t j = 0; j < in; j++)
        share *= (double)(t - j) / (double)(n - j);
    for (int64_t j = 0; j < s - in; j++)
        share *= (double)(n - t - j) / (double)(n - in - j);
    return share;
}

static double *at(const struct sx_weights *w, int64_t s, int64_t in, int64_t t)
{
    return &w->weight[(s * (w->order + 1) + in) * (w->n + 1) + t];
}

double sx_weight(const struct sx_weights *w, int64_t s, int64_t in, int64_t t)
{
    return *at(w, s, in, t);
}

/* ---- Differences ---- */

static void fill_differences(struct sx_weights *w, const struct sx_index_row *row)
{
    for (int64_t s = 0; s <= w->order; s++)
        for (int64_t in = 0; in <= s; in++)
            for (int64_t t = in; t - in <= w->n - s; t++) {
                double d = row->difference(w->order, w->n, s, t - in, t);
                if (row->share != NULL) /* v(T + S) - v(T) */
                    d = in == s && s > 0 ? d : in == 0 && s > 0 ? -d : 0;
                else if ((s - in) % 2 != 0)
                    d = -d;
                *at(w, s, in, t) = d;
            }
}

/* ---- Best fits ---- */

/* An orbit: all sets of s players, `in` of them in T. */
struct orbit {
    int64_t s, in;
};

/* The equations for one T. The unknowns are the values of the orbits. */
struct equations {
    struct orbit orbit[(SX_FIT_ORDER + 1) * (SX_FIT_ORDER + 2) / 2];
    int count;
    double *matrix, *right, *ones;
};

/* The sum of the matrix over all sets of orbit b in the row of a set of orbit a. An entry is
 * the weight of the coalitions that contain both sets. It depends only on the size of their
 * union. */
static double sum_orbit(const struct sx_weights *w, const double *held, struct orbit a,
                        struct orbit b, int64_t t)
{
    double sum = 0;
    for (int64_t i = 0; i <= a.in && i <= b.in; i++)
        for (int64_t o = 0; o <= a.s - a.in && o <= b.s - b.in; o++)
            sum += sx_choose(a.in, i) * sx_choose(t - a.in, b.in - i) *
                   sx_choose(a.s - a.in, o) *
                   sx_choose(w->n - t - (a.s - a.in), b.s - b.in - o) * held[a.s + b.s - i - o];
    return sum;
}

/* Gaussian elimination with pivots for two right sides. */
static void solve(double *matrix, int n, double *x, double *y)
{
    for (int k = 0; k < n; k++) {
        int best = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(matrix[i * n + k]) > fabs(matrix[best * n + k]))
                best = i;
        for (int j = 0; j < n; j++) {
            double swap = matrix[k * n + j];
            matrix[k * n + j] = matrix[best * n + j];
            matrix[best * n + j] = swap;
        }
        double swap_x = x[k], swap_y = y[k];
        x[k] = x[best], x[best] = swap_x;
        y[k] = y[best], y[best] = swap_y;
        for (int i = k + 1; i < n && matrix[k * n + k] != 0; i++) {
            double f = matrix[i * n + k] / matrix[k * n + k];
            for (int j = k; j < n; j++)
                matrix[i * n + j] -= f * matrix[k * n + j];
            x[i] -= f * x[k];
            y[i] -= f * y[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++) {
            x[k] -= matrix[k * n + j] * x[j];
            y[k] -= matrix[k * n + j] * y[j];
        }
        x[k] = matrix[k * n + k] != 0 ? x[k] / matrix[k * n + k] : 0;
        y[k] = matrix[k * n + k] != 0 ? y[k] / matrix[k * n + k] : 0;
    }
}

/* Fits the game that is 1 at T and 0 elsewhere, for T of one size. If constrained, the values
 * of all sets sum to zero. */
static void fit_one(struct sx_weights *w, struct equations *e, const double *held, double part,
                    bool constrained, int64_t t)
{
    double of_right = 0, of_ones = 0;
    e->count = 0;
    for (int64_t s = constrained ? 1 : 0; s <= w->order; s++)
        for (int64_t in = 0; in <= s; in++)
            if (in <= t && s - in <= w->n - t)
                e->orbit[e->count++] = (struct orbit){s, in};
    for (int i = 0; i < e->count; i++) {
        for (int j = 0; j < e->count; j++)
            e->matrix[i * e->count + j] = sum_orbit(w, held, e->orbit[i], e->orbit[j], t);
        e->right[i] = e->orbit[i].in == e->orbit[i].s ? part : 0;
        e->ones[i] = 1;
    }
    solve(e->matrix, e->count, e->right, e->ones);
    for (int i = 0; i < e->count && constrained; i++) {
        struct orbit o = e->orbit[i];
        double sets = sx_choose(t, o.in) * sx_choose(w->n - t, o.s - o.in);
        of_right += sets * e->right[i];
        of_ones += sets * e->ones[i];
    }
    for (int i = 0; i < e->count; i++)
        *at(w, e->orbit[i].s, e->orbit[i].in, t) =
            e->right[i] - (constrained ? e->ones[i] * of_right / of_ones : 0);
}

static bool fill_fits(struct sx_weights *w, bool constrained, struct sx_error *error)
{
    enum { MOST = sizeof((struct equations *)0)->orbit / sizeof(struct orbit) };
    struct equations e = {.matrix = sx_new((size_t)MOST * (MOST + 2), sizeof(double), error)};
    double *part = sx_new((size_t)w->n + 1, sizeof *part, error);
    double held[2 * SX_FIT_ORDER + 1] = {0};
    bool ok = e.matrix != NULL && part != NULL;
    if (ok) {
        e.right = e.matrix + MOST * MOST;
        e.ones = e.right + MOST;
        sx_kernel_parts(w->n, constrained, part);
        for (int64_t u = 0; u <= 2 * w->order; u++)
            for (int64_t s = u; s <= w->n; s++)
                held[u] += part[s] * sx_meeting(w->n, u, u, s);
        for (int64_t t = constrained ? 1 : 0; t <= w->n - (constrained ? 1 : 0); t++)
            fit_one(w, &e, held, part[t], constrained, t);
    }
    free(e.matrix);
    free(part);
    return ok;
}

/* ---- Sums over supersets ---- */

/* Adds the weights of the supersets of S with `more` further players, i of them in T. In place:
 * larger sets are not changed yet. */
static void add_supersets(struct sx_weights *w, double (*factor)(int64_t more))
{
    for (int64_t s = 0; s <= w->order; s++)
        for (int64_t in = 0; in <= s; in++)
            for (int64_t t = in; t - in <= w->n - s; t++)
                for (int64_t more = 1; s > 0 && s + more <= w->order; more++)
                    for (int64_t i = 0; i <= more; i++)
                        *at(w, s, in, t) += factor(more) * sx_choose(t - in, i) *
                                            sx_choose(w->n - s - (t - in), more - i) *
                                            *at(w, s + more, in + i, t);
}

bool sx_weights_new(struct sx_weights *w, const struct sx_index_row *row, int64_t order,
                    int64_t n, struct sx_error *error)
{
    size_t size;
    *w = (struct sx_weights){.n = n, .order = order < n ? order : n};
    if (row->fit && w->order > SX_FIT_ORDER)
        return sx_fail(error, SX_USAGE, "%s is estimated up to order %d", row->name,
                       SX_FIT_ORDER);
    if (!sx_size_mul(&size, (size_t)(w->order + 1) * (size_t)(w->order + 1), (size_t)n + 1))
        return sx_fail(error, SX_MEMORY, "out of memory");
    w->weight = sx_new(size, sizeof *w->weight, error);
    bool ok = w->weight != NULL && (!row->fit || fill_fits(w, row->least > 0, error));
    if (ok && !row->fit)
        fill_differences(w, row);
    if (ok && row->more != NULL)
        add_supersets(w, row->more);
    if (!ok)
        sx_weights_free(w);
    return ok;
}

void sx_weights_free(struct sx_weights *w)
{
    free(w->weight);
    *w = (struct sx_weights){0};
}
