/* layout.c - nodes on a circle, or where springs between them come to rest. */
#include <math.h>
#include <stdlib.h>

#include "figure/layout.h"
#include "io/io.h"

bool sx_edges_read(struct sx_edges *edges, const char *path, int64_t nodes,
                   struct sx_error *error)
{
    struct sx_sets sets = {0};
    if (!sx_sets_read(&sets, path, error))
        return false;
    edges->end = sx_new((size_t)(2 * sets.n), sizeof *edges->end, error);
    bool ok = edges->end != NULL;
    for (int64_t k = 0; ok && k < sets.n; k++) {
        const int64_t *member = sets.member + sets.begin[k];
        if (sets.begin[k + 1] - sets.begin[k] != 2 || member[0] >= nodes || member[1] >= nodes)
            ok = sx_fail(error, SX_FAILED, "%.80s: edge %lld is not of two of %lld nodes", path,
                         (long long)k + 1, (long long)nodes);
        for (int i = 0; ok && i < 2; i++)
            edges->end[2 * k + i] = member[i];
    }
    edges->n = ok ? sets.n : 0;
    sx_sets_free(&sets);
    return ok;
}

void sx_edges_free(struct sx_edges *edges)
{
    free(edges->end);
    *edges = (struct sx_edges){0};
}

void sx_layout_circle(int64_t n, double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double turn = 2 * acos(-1) * (double)i / (double)n;
        x[i] = sin(turn);
        y[i] = -cos(turn);
    }
}

/* One step: all push each other away, lines pull; none moves farther than `most`. */
static void relax(const struct sx_edges *e, int64_t n, double *x, double *y, double *dx,
                  double *dy, double most)
{
    double k = sqrt(4.0 / (double)n);
    for (int64_t i = 0; i < n; i++) {
        dx[i] = dy[i] = 0;
        for (int64_t j = 0; j < n; j++) {
            double ax = x[i] - x[j], ay = y[i] - y[j], d2 = fmax(ax * ax + ay * ay, 1e-6);
            dx[i] += i != j ? ax * k * k / d2 : 0;
            dy[i] += i != j ? ay * k * k / d2 : 0;
        }
    }
    for (int64_t m = 0; m < e->n; m++) {
        int64_t a = e->end[2 * m], b = e->end[2 * m + 1];
        double ax = x[a] - x[b], ay = y[a] - y[b], d = hypot(ax, ay);
        dx[a] -= ax * d / k;
        dy[a] -= ay * d / k;
        dx[b] += ax * d / k;
        dy[b] += ay * d / k;
    }
    for (int64_t i = 0; i < n; i++) {
        double d = fmax(hypot(dx[i], dy[i]), 1e-9), step = fmin(d, most);
        x[i] += dx[i] / d * step;
        y[i] += dy[i] / d * step;
    }
}

/* Fills the square from -1 to 1. */
static void fit(int64_t n, double *x)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (int64_t i = 0; i < n; i++)
        x[i] = high > low ? 2 * (x[i] - low) / (high - low) - 1 : 0;
}

bool sx_layout_springs(const struct sx_edges *edges, int64_t n, double *x, double *y,
                       struct sx_error *error)
{
    enum { STEPS = 300 };
    double *d = sx_new((size_t)(2 * n), sizeof *d, error);
    if (d == NULL)
        return false;
    sx_layout_circle(n, x, y);
    for (int i = 0; i < STEPS; i++)
        relax(edges, n, x, y, d, d + n, 0.2 * (STEPS - i) / STEPS);
    fit(n, x);
    fit(n, y);
    free(d);
    return true;
}
