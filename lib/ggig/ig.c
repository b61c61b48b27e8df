/* ig.c - Integrated Gradients, as a mean gradient (Sundararajan, Taly, Yan 2017).
 *
 * The trapezoid rule with both ends. If a gradient on it is not finite, a rule with nodes inside
 * the path is used (open.c). */
#include <math.h>
#include <string.h>

#include "explain/quadrature.h"
#include "ggig/attribute.h"

/* The default of --steps: it is doubled until the gap is at most `tolerance` as a share of f(x) -
 * f(b), or there are `most` steps. Pictures have a rougher rule than rows of tables, because their
 * maps settle long before the sum is exact. */
static const struct rule {
    double tolerance;
    int64_t most;
} fine = {1e-4, 800}, rough = {1e-3, 200};

/* Inputs with more elements follow the rougher rule. */
#define FINE_ELEMENTS 10000

/* The gap as a share of f(x) - f(b). */
static double missing(const struct sx_attributing *a)
{
    double sum = 0, whole = a->f_x - a->f_start;
    for (int64_t i = 0; i < a->size; i++)
        sum += a->map[i] * (a->x[i] - a->baseline[i]);
    return whole != 0 ? fabs(sum / whole - 1) : 0;
}

static bool goes_on(const struct sx_attributing *a)
{
    const struct rule *rule = a->size > FINE_ELEMENTS ? &rough : &fine;
    return a->o->steps == 0 && missing(a) > rule->tolerance && a->steps < rule->most;
}

static double closed_alpha(void *context, int64_t k)
{
    const struct sx_attributing *a = context;
    return (double)k / (double)a->steps;
}

static void closed_point(void *context, int64_t k, double *z)
{
    sx_path_point(context, closed_alpha(context, k), z);
}

/* Trapezoid rule: the ends count half. */
static void take_closed(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    double weight = (k == 0 || k == a->steps ? 0.5 : 1.0) / (double)a->steps;
    if (k == 0)
        a->f_start = value;
    if (k == a->steps)
        a->f_x = value;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] += weight * g[i];
}

static double middle_alpha(void *context, int64_t k)
{
    const struct sx_attributing *a = context;
    return ((double)k + 0.5) / (double)a->steps;
}

static void midpoint(void *context, int64_t k, double *z)
{
    sx_path_point(context, middle_alpha(context, k), z);
}

static void take_midpoint(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    (void)value;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] = (k == 0 ? a->map[i] / 2 : a->map[i]) + g[i] / (2 * (double)a->steps);
}

static void open_point(void *context, int64_t k, double *z)
{
    const struct sx_open_mean *mean = context;
    double weight;
    sx_path_point(mean->a, sx_open_node(k, mean->n, &weight), z);
}

static void take_open(void *context, int64_t k, double value, const double *g)
{
    (void)value;
    sx_open_mean_take(context, k, g);
}

static bool integrate_open(struct sx_attributing *a, int64_t steps)
{
    struct sx_open_mean mean;
    const struct sx_visit visit = {&mean, open_point, take_open, NULL};
    bool ok = sx_open_mean_new(&mean, a, steps);
    a->steps = steps;
    ok = ok && sx_visit_gradients(a, mean.n, &visit);
    while (ok && goes_on(a)) {
        a->steps *= 2;
        sx_open_mean_restart(&mean, a->steps);
        ok = sx_visit_gradients(a, mean.n, &visit);
    }
    if (ok)
        sx_open_mean_end(&mean);
    sx_open_mean_free(&mean);
    return ok;
}

bool sx_attribute_ig(struct sx_attributing *a)
{
    const struct sx_visit closed = {a, closed_point, take_closed, closed_alpha};
    const struct sx_visit between = {a, midpoint, take_midpoint, middle_alpha};
    int64_t steps = a->steps;
    bool ok = sx_visit_gradients(a, a->steps + 1, &closed);
    while (ok && goes_on(a)) {
        ok = sx_visit_gradients(a, a->steps, &between);
        a->steps *= 2;
    }
    return ok && (sx_all_finite(a->map, a->size) || integrate_open(a, steps));
}
