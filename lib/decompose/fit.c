/* fit.c - Taylor effects of a polynomial through f, for an f that has no series.
 *
 * The polynomial has degree d in each player. It equals g(t) at a grid of Chebyshev points of
 * [0, 1], which include 0 and 1. So it equals f at every masked input, and the terms of each
 * set sum to its effect whether or not f is smooth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"

enum { MOST_PLAYERS = 6, MOST_DEGREE = 12, MOST_GRID = 1 << 20 };

/* Sets inverse [n, n], which turns values at the points into coefficients, by elimination with
 * pivots. */
static void invert_powers(int n, const double *point, double *inverse)
{
    double a[MOST_DEGREE + 1][2 * (MOST_DEGREE + 1)];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            a[i][j] = j == 0 ? 1 : a[i][j - 1] * point[i];
            a[i][n + j] = i == j;
        }
    for (int c = 0; c < n; c++) {
        int best = c;
        for (int i = c + 1; i < n; i++)
            best = fabs(a[i][c]) > fabs(a[best][c]) ? i : best;
        for (int j = 0; j < 2 * n; j++) {
            double swap = a[c][j];
            a[c][j] = a[best][j];
            a[best][j] = swap;
        }
        for (int i = 0; i < n; i++) {
            double factor = i == c ? 0 : a[i][c] / a[c][c];
            for (int j = c; j < 2 * n; j++)
                a[i][j] -= factor * a[c][j];
        }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            inverse[i * n + j] = a[i][n + j] / a[i][i];
}

/* Turns values into coefficients along one axis. `values` has count numbers: [.., side, inner]. */
static void transform(double *values, int64_t count, int64_t inner, int side,
                      const double *inverse)
{
    double line[MOST_DEGREE + 1];
    for (int64_t o = 0; o < count / (inner * side); o++)
        for (int64_t i = 0; i < inner; i++) {
            double *v = values + o * side * inner + i;
            for (int k = 0; k < side; k++) {
                line[k] = 0;
                for (int j = 0; j < side; j++)
                    line[k] += inverse[k * side + j] * v[j * inner];
            }
            for (int k = 0; k < side; k++)
                v[k * inner] = line[k];
        }
}

/* Evaluates g at every point of the grid. The last player's point changes fastest. */
static bool evaluate(struct sx_decomposing *d, struct sx_explainer *e, int64_t count, int side,
                     const double *point, double *values)
{
    const int64_t *label = d->players->label;
    int64_t room = 256;
    double *z = sx_new((size_t)(room * d->size), sizeof *z, d->error);
    bool ok = z != NULL;
    for (int64_t k = 0; ok && k < count; k += room) {
        int64_t now = count - k < room ? count - k : room;
        for (int64_t j = 0; j < now; j++) {
            double t[MOST_PLAYERS];
            int64_t rest = k + j;
            for (int64_t p = d->n; p-- > 0; rest /= side)
                t[p] = point[rest % side];
            for (int64_t i = 0; i < d->size; i++) {
                double b = d->o->baseline[i];
                z[j * d->size + i] = label[i] < 0 ? d->x[i] : b + t[label[i]] * (d->x[i] - b);
            }
        }
        ok = sx_gradients(e, now, z, values + k, NULL, d->error);
    }
    free(z);
    return ok;
}

bool sx_taylor_fit(struct sx_decomposing *d, struct sx_explainer *e, struct sx_taylor *t)
{
    int side = (int)d->o->fit + 1;
    double point[MOST_DEGREE + 1], inverse[(MOST_DEGREE + 1) * (MOST_DEGREE + 1)];
    int64_t count = 1;
    for (int64_t i = 0; i < d->n && count <= MOST_GRID; i++)
        count *= side;
    if (d->n > MOST_PLAYERS || d->o->fit > MOST_DEGREE || count > MOST_GRID)
        return sx_fail(d->error, SX_USAGE,
                       "a polynomial of degree %lld in %lld players: at most %d and %d",
                       (long long)d->o->fit, (long long)d->n, MOST_DEGREE, MOST_PLAYERS);
    for (int j = 0; j < side; j++)
        point[j] = (1 - cos(M_PI * j / (side - 1))) / 2;
    invert_powers(side, point, inverse);
    double *values = sx_new((size_t)count, sizeof *values, d->error);
    t->order = d->o->fit * d->n;
    t->n_terms = count - 1;
    t->degree = sx_new((size_t)(t->n_terms * d->n), 1, d->error);
    t->term = sx_new((size_t)t->n_terms, sizeof *t->term, d->error);
    bool ok = values != NULL && t->degree != NULL && t->term != NULL &&
              evaluate(d, e, count, side, point, values);
    for (int64_t p = 0, inner = 1; ok && p < d->n; p++, inner *= side)
        transform(values, count, inner, side, inverse);
    for (int64_t k = 1; ok && k < count; k++) {
        int64_t rest = k;
        for (int64_t p = d->n; p-- > 0; rest /= side)
            t->degree[(k - 1) * d->n + p] = (uint8_t)(rest % side);
        t->term[k - 1] = values[k];
    }
    free(values);
    return ok;
}
