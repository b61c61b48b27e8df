/* noise.c - methods that average over draws: of noise around x, or of baselines from a background. */
#include <math.h>
#include <stdlib.h>

#include "explain/quadrature.h"
#include "ggig/attribute.h"

/* Moments of the gradient over noisy copies of x. */
struct moments {
    struct sx_attributing *a;
    double sigma, *square; /* square: sums of squares; NULL: not wanted */
};

/* The range of x, which scales noise as SmoothGrad proposes; missing values are ignored. */
static double range_of(const double *x, int64_t n)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    return high > low ? high - low : 0;
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

/* Keeps the mean of the draws that were made until time was up. */
static bool keep_drawn(struct moments *m)
{
    struct sx_attributing *a = m->a;
    if (!sx_explainer_stopped(a->e) || a->visited == 0)
        return false;
    double factor = (double)a->samples / (double)a->visited;
    for (int64_t i = 0; i < a->size; i++) {
        a->map[i] *= factor;
        if (m->square != NULL)
            m->square[i] *= factor;
    }
    a->samples = a->visited;
    *a->error = (struct sx_error){0};
    return a->partial = true;
}

/* Computes the mean into the map and, if wanted, the mean square into *square, which the caller
 * frees. */
static bool gather_moments(struct sx_attributing *a, double **square)
{
    struct moments m = {.a = a};
    m.sigma = a->size > 0 ? a->o->noise * range_of(a->x, a->size) : 0;
    if (square != NULL) {
        m.square = *square = sx_new((size_t)a->size, sizeof **square, a->error);
        if (m.square == NULL)
            return false;
    }
    const struct sx_visit visit = {&m, noisy_point, take_moments, NULL};
    return sx_visit_gradients(a, a->samples, &visit) || keep_drawn(&m);
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
    for (int64_t i = 0; ok && i < a->size; i++) {
        double variance = square[i] - a->map[i] * a->map[i];
        /* rounding may make a variance of 0 negative */
        a->map[i] = variance < 0 ? 0 : variance;
    }
    free(square);
    return ok;
}

/* Erion et al. 2021: the expectation over baselines b and alpha of (x - b) df/dz at b + alpha (x -
 * b). alpha is stratified over the draws, which keeps the expectation and reduces the error. */
static const double *drawn_baseline(const struct sx_attributing *a, int64_t k)
{
    if (a->o->background == NULL)
        return a->baseline;
    uint64_t r = sx_random_bits(a->o->seed, a->o->sample, 2 * (uint64_t)k);
    return a->o->background + (int64_t)(r % (uint64_t)a->o->n_background) * a->size;
}

/* Draws of Expected Gradients. If the gradient at an end of a path is not finite, nodes are denser
 * there, as those of sx_open_node; one is still drawn in each part of the path. */
struct expected {
    struct sx_attributing *a;
    int64_t baselines; /* number of baselines evaluated */
    bool open;
};

/* The alpha of draw k, and its weight. */
static double drawn_alpha(const struct expected *s, int64_t k, double *weight)
{
    const struct sx_attributing *a = s->a;
    double u = sx_random_uniform(a->o->seed, a->o->sample, 2 * (uint64_t)k + 1);
    if (s->open)
        return sx_open_drawn(k, a->samples, u, weight);
    *weight = 1 / (double)a->samples;
    return ((double)k + u) / (double)a->samples;
}

static void expected_point(void *context, int64_t k, double *z)
{
    const struct expected *s = context;
    const double *b = drawn_baseline(s->a, k);
    double weight, alpha = drawn_alpha(s, k, &weight);
    for (int64_t i = 0; i < s->a->size; i++)
        z[i] = b[i] + alpha * (s->a->x[i] - b[i]);
}

static void take_expected(void *context, int64_t k, double value, const double *g)
{
    const struct expected *s = context;
    const double *b = drawn_baseline(s->a, k), *x = s->a->x;
    double weight;
    (void)value;
    drawn_alpha(s, k, &weight);
    for (int64_t i = 0; i < s->a->size; i++)
        s->a->map[i] += (x[i] - b[i]) * g[i] * weight;
}

/* The points whose mean of f is the reference value, the drawn baselines; x is the last point. */
static void baseline_point(void *context, int64_t k, double *z)
{
    const struct expected *s = context;
    const double *b = k < s->baselines ? drawn_baseline(s->a, k) : s->a->x;
    for (int64_t i = 0; i < s->a->size; i++)
        z[i] = b[i];
}

static void take_start(void *context, int64_t k, double value, const double *g)
{
    struct expected *s = context;
    if (k < s->baselines)
        s->a->f_start += value / (double)s->baselines;
    s->open = s->open || !sx_all_finite(g, s->a->size);
    sx_mark_unbounded(s->a, value, g);
}

bool sx_attribute_expected(struct sx_attributing *a)
{
    struct expected s = {a, a->o->background != NULL ? a->samples : 1, false};
    const struct sx_visit visit = {&s, expected_point, take_expected, NULL};
    const struct sx_visit ends = {&s, baseline_point, take_start, NULL};
    a->f_x = sx_explainer_target(a->e)->value;
    return sx_visit_gradients(a, s.baselines + 1, &ends) &&
           sx_visit_gradients(a, a->samples, &visit);
}
