/* path.c - methods that look at gradients on the straight path from the baseline to x.
 *
 * z_k = b + (k/m)(x - b) for k = 0..m, both ends included (Rahman et al. 2022, code). */
#include <math.h>
#include <stdlib.h>

#include "ggig/attribute.h"

bool sx_attribute_gradient(struct sx_attributing *a)
{
    return sx_gradients(a->e, 1, a->x, &a->f_x, a->map, a->error);
}

bool sx_attribute_input_gradient(struct sx_attributing *a)
{
    if (!sx_attribute_gradient(a))
        return false;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] *= a->x[i];
    return true;
}

/* Where point k lies; the last is x exactly. */
static void path_point(void *context, int64_t k, double *z)
{
    const struct sx_attributing *a = context;
    double alpha = (double)k / (double)a->steps;
    for (int64_t i = 0; i < a->size; i++)
        z[i] = k == a->steps ? a->x[i] : a->baseline[i] + alpha * (a->x[i] - a->baseline[i]);
}

static void note_ends(struct sx_attributing *a, int64_t k, double value)
{
    if (k == 0)
        a->f_start = value;
    if (k == a->steps)
        a->f_x = value;
}

/* Trapezoid rule: the ends count half. */
static void take_mean(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    double weight = (k == 0 || k == a->steps ? 0.5 : 1.0) / (double)a->steps;
    note_ends(a, k, value);
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] += weight * g[i];
}

/* What is missing to f(x) - f(b), as a share of it. */
static double missing(const struct sx_attributing *a)
{
    double sum = 0, whole = a->f_x - a->f_start;
    for (int64_t i = 0; i < a->size; i++)
        sum += a->map[i] * (a->x[i] - a->baseline[i]);
    return whole != 0 ? fabs(sum / whole - 1) : 0;
}

static void midpoint(void *context, int64_t k, double *z)
{
    const struct sx_attributing *a = context;
    double alpha = ((double)k + 0.5) / (double)a->steps;
    for (int64_t i = 0; i < a->size; i++)
        z[i] = a->baseline[i] + alpha * (a->x[i] - a->baseline[i]);
}

static void take_midpoint(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    (void)value;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] = (k == 0 ? a->map[i] / 2 : a->map[i]) + g[i] / (2 * (double)a->steps);
}

/* Without --steps, the default is doubled for as long as completeness is off by more than this
 * and doubling helps as it does where f is smooth: fourfold, a kink less than half of that. */
#define IG_TOLERANCE 1e-4
#define IG_MOST_STEPS 1600

bool sx_attribute_ig(struct sx_attributing *a)
{
    const struct sx_visit visit = {a, path_point, take_mean};
    const struct sx_visit between = {a, midpoint, take_midpoint};
    bool ok = sx_visit_gradients(a, a->steps + 1, &visit);
    double gap = missing(a), before = INFINITY;
    while (ok && a->o->steps == 0 && gap > IG_TOLERANCE && gap < 0.4 * before &&
           a->steps < IG_MOST_STEPS) {
        ok = sx_visit_gradients(a, a->steps, &between);
        a->steps *= 2;
        before = gap;
        gap = missing(a);
    }
    return ok;
}

static void take_max(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    note_ends(a, k, value);
    sx_aggregate(a->o->aggregate, k, a->steps + 1, a->size, g, a->map);
}

bool sx_attribute_ig_max(struct sx_attributing *a)
{
    const struct sx_visit visit = {a, path_point, take_max};
    return sx_visit_gradients(a, a->steps + 1, &visit);
}

/* The gradient before the current one, whose step is known only with the next value. */
struct idgi {
    struct sx_attributing *a;
    double *before, value;
};

static void idgi_point(void *context, int64_t k, double *z)
{
    path_point(((struct idgi *)context)->a, k, z);
}

static void take_increment(void *context, int64_t k, double value, const double *g)
{
    struct idgi *s = context;
    struct sx_attributing *a = s->a;
    double norm = 0;
    note_ends(a, k, value);
    for (int64_t i = 0; k > 0 && i < a->size; i++)
        norm += s->before[i] * s->before[i];
    for (int64_t i = 0; norm > 0 && i < a->size; i++)
        a->map[i] += s->before[i] * s->before[i] / norm * (value - s->value);
    for (int64_t i = 0; i < a->size; i++)
        s->before[i] = g[i];
    s->value = value;
}

/* Yang, Wang, Bilgic, CVPR 2023: step k gives f(z_{k+1}) - f(z_k), shared as g_k^2. */
bool sx_attribute_idgi(struct sx_attributing *a)
{
    struct idgi s = {a, sx_new((size_t)a->size, sizeof *s.before, a->error), 0};
    const struct sx_visit visit = {&s, idgi_point, take_increment};
    bool ok = s.before != NULL && sx_visit_gradients(a, a->steps + 1, &visit);
    free(s.before);
    return ok;
}
