/* noise.c - methods that average over draws: noise around x, or a background of baselines. */
#include <math.h>
#include <stdlib.h>

#include "ggig/attribute.h"

/* Moments of the gradient over noisy copies of x. */
struct moments {
    struct sx_attributing *a;
    double sigma, *square; /* square: sums of squares, NULL if not wanted */
};

/* Noise scales with the range of x, as SmoothGrad proposes. */
static double range_of(const double *x, int64_t n)
{
    double low = x[0], high = x[0];
    for (int64_t i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    return high - low;
}

static void noisy_point(void *context, int64_t k, double *z)
{
    const struct moments *m = context;
    const struct sx_attributing *a = m->a;
    uint64_t draw = (uint64_t)k * (uint64_t)a->size;
    for (int64_t i = 0; i < a->size; i++)
        z[i] =
            a->x[i] + m->sigma * sx_random_normal(a->o->seed, a->o->sample, draw + (uint64_t)i);
}

static void take_moments(void *context, int64_t k, double value, const double *g)
{
    struct moments *m = context;
    (void)k;
    (void)value;
    for (int64_t i = 0; i < m->a->size; i++)
        m->a->map[i] += g[i] / (double)m->a->samples;
    for (int64_t i = 0; m->square != NULL && i < m->a->size; i++)
        m->square[i] += g[i] * g[i] / (double)m->a->samples;
}

/* Leaves the mean in the map and, if wanted, the mean square in *square, which is freed by the
 * caller. */
static bool gather_moments(struct sx_attributing *a, double **square)
{
    struct moments m = {.a = a};
    m.sigma = a->size > 0 ? a->o->noise * range_of(a->x, a->size) : 0;
    if (square != NULL) {
        m.square = *square = sx_new((size_t)a->size, sizeof **square, a->error);
        if (m.square == NULL)
            return false;
    }
    const struct sx_visit visit = {&m, noisy_point, take_moments};
    return sx_visit_gradients(a, a->samples, &visit);
}

bool sx_attribute_smoothgrad(struct sx_attributing *a)
{
    return gather_moments(a, NULL);
}

bool sx_attribute_smoothgrad_sq(struct sx_attributing *a)
{
    double *square = NULL;
    bool ok = gather_moments(a, &square);
    for (int64_t i = 0; ok && i < a->size; i++)
        a->map[i] = square[i];
    free(square);
    return ok;
}

bool sx_attribute_vargrad(struct sx_attributing *a)
{
    double *square = NULL;
    bool ok = gather_moments(a, &square);
    /* Rounding may leave a variance of nothing below 0. */
    for (int64_t i = 0; ok && i < a->size; i++)
        a->map[i] = fmax(0, square[i] - a->map[i] * a->map[i]);
    free(square);
    return ok;
}

/* Erion et al. 2021: E over baselines b and alpha of (x - b) df/dz at b + alpha (x - b). Alpha
 * is stratified over the draws, which leaves the expectation and shrinks the error. */
static const double *drawn_baseline(const struct sx_attributing *a, int64_t k)
{
    if (a->o->background == NULL)
        return a->baseline;
    uint64_t r = sx_random_bits(a->o->seed, a->o->sample, 2 * (uint64_t)k);
    return a->o->background + (int64_t)(r % (uint64_t)a->o->n_background) * a->size;
}

static void expected_point(void *context, int64_t k, double *z)
{
    const struct sx_attributing *a = context;
    const double *b = drawn_baseline(a, k);
    double u = sx_random_uniform(a->o->seed, a->o->sample, 2 * (uint64_t)k + 1);
    double alpha = ((double)k + u) / (double)a->samples;
    for (int64_t i = 0; i < a->size; i++)
        z[i] = b[i] + alpha * (a->x[i] - b[i]);
}

static void take_expected(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    const double *b = drawn_baseline(a, k);
    (void)value;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] += (a->x[i] - b[i]) * g[i] / (double)a->samples;
}

/* The reference value is the mean of f over the baselines that were drawn. */
static void baseline_point(void *context, int64_t k, double *z)
{
    const struct sx_attributing *a = context;
    const double *b = drawn_baseline(a, k);
    for (int64_t i = 0; i < a->size; i++)
        z[i] = b[i];
}

static void take_start(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    (void)k;
    (void)g;
    a->f_start += value / (double)a->samples;
}

bool sx_attribute_expected(struct sx_attributing *a)
{
    const struct sx_visit visit = {a, expected_point, take_expected};
    const struct sx_visit start = {a, baseline_point, take_start};
    a->f_x = sx_explainer_target(a->e)->value;
    return sx_visit_gradients(a, a->samples, &visit) &&
           sx_visit_values(a, a->o->background != NULL ? a->samples : 1, &start);
}
