/* path.c - attributions from gradients: Gradient x Input and Integrated Gradients. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/deriv.h"
#include "explain/quadrature.h"
#include "decompose/path.h"

bool sx_run_gxi(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                const uint64_t *sets, double *to)
{
    struct sx_on_path *at = sx_new((size_t)n, sizeof *at, d->error);
    for (int64_t k = 0; at != NULL && k < n; k++)
        at[k] = (struct sx_on_path){k, d->o->gradient_at_baseline ? 0 : 1};
    bool ok = at != NULL && sx_slopes(d, f, sets, n, at, NULL, to);
    free(at);
    return ok;
}

/* ---- Integrated Gradients with fixed nodes ---- */

/* Sets that are integrated at once, and their nodes. */
struct rule {
    int64_t nodes, room;
    double *node, *weight, *parts;
    struct sx_on_path *at;
};

/* How nodes are placed. GAUSS: Gauss-Legendre. OPEN: for integrands that are singular at the
 * ends. MIDPOINTS: in the middle of equal parts of [0, 1]. DRAWN: one at random in each of
 * these parts. */
enum spread { GAUSS, OPEN, MIDPOINTS, DRAWN };

static bool rule_new(struct rule *r, const struct sx_decomposing *d, const struct sx_frame *f,
                     int64_t n, int64_t nodes, enum spread spread)
{
    int64_t room = 4096 / nodes;
    *r = (struct rule){.nodes = nodes, .room = room < 1 ? 1 : room > n ? n : room};
    size_t points = (size_t)(r->room * nodes);
    r->node = sx_new((size_t)nodes, sizeof *r->node, d->error);
    r->weight = sx_new((size_t)nodes, sizeof *r->weight, d->error);
    r->at = sx_new(points, sizeof *r->at, d->error);
    r->parts = sx_new(points * (size_t)d->n, sizeof *r->parts, d->error);
    if (r->node == NULL || r->weight == NULL || r->at == NULL || r->parts == NULL)
        return false;
    for (int64_t i = 0; spread == GAUSS && i < nodes; i++)
        r->node[i] = (1 - sx_gauss_node(i, nodes, &r->weight[i])) / 2;
    for (int64_t i = 0; spread == OPEN && i < nodes; i++)
        r->node[i] = sx_open_node(i, nodes, &r->weight[i]);
    for (int64_t i = 0; spread > OPEN && i < nodes; i++) {
        double u = 0.5;
        if (spread == DRAWN)
            u = sx_random_uniform(d->o->seed, d->o->sample,
                                  (uint64_t)((f - d->row) * nodes + i));
        r->node[i] = ((double)i + u) / (double)nodes;
        r->weight[i] = 1 / (double)nodes;
    }
    return true;
}

static void rule_free(struct rule *r)
{
    free(r->node);
    free(r->weight);
    free(r->at);
    free(r->parts);
}

static bool integrate(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                      const uint64_t *sets, int64_t nodes, enum spread spread, double *to)
{
    struct rule r;
    bool ok = rule_new(&r, d, f, n, nodes, spread);
    for (int64_t k = 0; ok && k < n; k += r.room) {
        int64_t now = n - k < r.room ? n - k : r.room;
        for (int64_t i = 0; i < now * nodes; i++)
            r.at[i] = (struct sx_on_path){k + i / nodes, r.node[i % nodes]};
        ok = sx_slopes(d, f, sets, now * nodes, r.at, NULL, r.parts);
        memset(to + k * d->n, 0, (size_t)(now * d->n) * sizeof *to);
        for (int64_t i = 0; ok && i < now * nodes; i++)
            for (int64_t p = 0; p < d->n; p++)
                to[(k + i / nodes) * d->n + p] += r.weight[i % nodes] * r.parts[i * d->n + p];
    }
    rule_free(&r);
    return ok;
}

/* The largest distance from completeness. */
static bool largest_gap(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                        const uint64_t *sets, const double *to, double *gap)
{
    double *values = sx_new((size_t)n, sizeof *values, d->error);
    bool ok = values != NULL && sx_frame_values(d, f, n, sets, values);
    *gap = 0;
    for (int64_t k = 0; ok && k < n; k++) {
        double sum = f->f_b - values[k];
        for (int64_t p = 0; p < d->n; p++)
            sum += to[k * d->n + p];
        *gap = isfinite(sum) ? fmax(*gap, fabs(sum)) : INFINITY;
    }
    free(values);
    return ok;
}

enum { FEW_NODES = 32, MOST_NODES = 512, MOST_PRECISE = 8192 };

/* Tries nodes for singular ends on paths that are not complete. Keeps the result that is closer
 * to completeness. */
static bool try_open(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                     const uint64_t *sets, int64_t nodes, double gap, double *to)
{
    double open_gap, *open = sx_new((size_t)(n * d->n), sizeof *open, d->error);
    bool ok = open != NULL && integrate(d, f, n, sets, nodes, OPEN, open) &&
              largest_gap(d, f, n, sets, open, &open_gap);
    if (ok && open_gap < gap)
        memcpy(to, open, (size_t)(n * d->n) * sizeof *to);
    free(open);
    return ok;
}

/* If f is not finite at an end of a path, the integral of a player whose slope is not finite
 * there diverges, and has no value. */
static bool mark_unbounded(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                           const uint64_t *sets, double *to)
{
    double *parts = sx_new((size_t)d->n, sizeof *parts, d->error), value;
    bool ok = parts != NULL;
    for (int64_t at = 0; ok && at < 2 * n; at++) {
        const struct sx_on_path end = {at / 2, (double)(at % 2)};
        ok = sx_slopes(d, f, sets, 1, &end, &value, parts);
        for (int64_t p = 0; ok && !isfinite(value) && p < d->n; p++)
            if (!isfinite(parts[p]))
                to[at / 2 * d->n + p] = NAN;
    }
    free(parts);
    return ok;
}

/* Doubles the nodes until completeness holds, or the limit is reached. */
static bool integrate_smooth(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                             const uint64_t *sets, double *to)
{
    double gap,
        tolerance = (d->e->options.precise ? 1e-10 : 1e-5) * (1 + fabs(d->f_x - f->f_b));
    int64_t nodes = FEW_NODES, most = d->e->options.precise ? MOST_PRECISE : MOST_NODES;
    while (most > FEW_NODES && most * n > ((int64_t)1 << 17))
        most /= 2;
    bool ok =
        integrate(d, f, n, sets, nodes, GAUSS, to) && largest_gap(d, f, n, sets, to, &gap);
    while (ok && gap > tolerance && nodes < most) {
        nodes *= 2;
        ok = integrate(d, f, n, sets, nodes, GAUSS, to) && largest_gap(d, f, n, sets, to, &gap);
    }
    if (ok && gap > tolerance)
        ok = try_open(d, f, n, sets, nodes, gap, to);
    return ok && (isfinite(gap) || mark_unbounded(d, f, n, sets, to));
}

bool sx_run_ig(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
               const uint64_t *sets, double *to)
{
    bool curved;
    if (d->o->nodes > 0)
        return integrate(d, f, n, sets, d->o->nodes, d->o->midpoints ? MIDPOINTS : GAUSS, to);
    if (!sx_deriv_curved(d->e, &curved, d->error))
        return false;
    return curved ? integrate_smooth(d, f, n, sets, to)
                  : sx_integrate_pieces(d, f, n, sets, to);
}

bool sx_run_expected(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                     const uint64_t *sets, double *to)
{
    if (d->o->path_samples == 0)
        return sx_run_ig(d, f, n, sets, to);
    int64_t nodes = (d->o->path_samples - 1) / d->n_rows + 1;
    return integrate(d, f, n, sets, nodes, DRAWN, to);
}

bool sx_takes_paths(const struct sx_method_row *row)
{
    return row->run == sx_run_ig || row->run == sx_run_expected;
}
