/* open.c - means over a path whose ends are singular, as that of the derivative of sqrt at 0.
 *
 * The nodes lie inside the path and are dense at its ends. Every other node forms a second rule.
 * Where the two rules differ, as for 1/t, there is no mean. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/quadrature.h"
#include "ggig/attribute.h"

enum { LEAST_NODES = 16 };

/* How far the two rules may differ: as a share of the element, and of the largest element. */
#define OF_ELEMENT 0.02
#define OF_LARGEST 1e-3

void sx_mark_unbounded(struct sx_attributing *a, double value, const double *g)
{
    for (int64_t i = 0; !isfinite(value) && i < a->size; i++)
        if (!isfinite(g[i]))
            a->map[i] = NAN;
}

int64_t sx_open_nodes(int64_t steps)
{
    return steps < LEAST_NODES ? LEAST_NODES : steps + steps % 2;
}

bool sx_open_mean_new(struct sx_open_mean *mean, struct sx_attributing *a, int64_t steps)
{
    *mean = (struct sx_open_mean){.a = a};
    mean->coarse = sx_new((size_t)a->size, sizeof *mean->coarse, a->error);
    mean->suspect = sx_new((size_t)a->size, sizeof *mean->suspect, a->error);
    if (mean->coarse == NULL || mean->suspect == NULL)
        return false;
    for (int64_t i = 0; i < a->size; i++)
        mean->suspect[i] = !isfinite(a->map[i]);
    sx_open_mean_restart(mean, steps);
    return true;
}

void sx_open_mean_free(struct sx_open_mean *mean)
{
    free(mean->coarse);
    free(mean->suspect);
}

void sx_open_mean_restart(struct sx_open_mean *mean, int64_t steps)
{
    size_t bytes = (size_t)mean->a->size * sizeof(double);
    mean->n = sx_open_nodes(steps);
    mean->cut = false;
    memset(mean->a->map, 0, bytes);
    memset(mean->coarse, 0, bytes);
}

/* Whether node t equals an end of the path in the precision of the model. */
static bool is_end(const struct sx_attributing *a, double t)
{
    bool start = true, end = true, precise = a->e->options.precise;
    for (int64_t i = 0; (start || end) && i < a->size; i++) {
        double b = a->baseline[i], z = b + t * (a->x[i] - b);
        start = start && (precise ? z == b : (float)z == (float)b);
        end = end && (precise ? z == a->x[i] : (float)z == (float)a->x[i]);
    }
    return start || end;
}

/* Adds a node. A node that rounding puts on an end is omitted, because its weight is negligible,
 * unless f is infinite there. */
void sx_open_mean_take(struct sx_open_mean *mean, int64_t k, const double *g)
{
    const struct sx_attributing *a = mean->a;
    double weight, t = sx_open_node(k, mean->n, &weight);
    if (!sx_all_finite(g, a->size) && is_end(a, t)) {
        mean->cut = true;
        return;
    }
    for (int64_t i = 0; i < a->size; i++) {
        a->map[i] += weight * g[i];
        if (k % 2 == 0)
            mean->coarse[i] += 2 * weight * g[i];
    }
}

void sx_open_mean_end(struct sx_open_mean *mean)
{
    const struct sx_attributing *a = mean->a;
    bool hidden = mean->cut && !(isfinite(a->f_x) && isfinite(a->f_start));
    double most = 0;
    for (int64_t i = 0; i < a->size; i++)
        most = isfinite(a->map[i]) ? fmax(most, fabs(a->map[i])) : most;
    for (int64_t i = 0; i < a->size; i++) {
        double room = OF_ELEMENT * fabs(a->map[i]) + OF_LARGEST * most;
        bool settled = fabs(a->map[i] - mean->coarse[i]) <= room && !hidden;
        if (mean->suspect[i] && !settled)
            a->map[i] = NAN;
    }
}
