/* guided.c - Guided Integrated Gradients (Kapishnikov et al., CVPR 2021).
 *
 * The path goes from the baseline to x in steps of equal L1 length. Each step moves only features
 * with small gradients: the lowest `fraction` by magnitude among those that can still move. No
 * feature may be farther than max_distance (in alpha) from the straight line. A move adds (move) *
 * (gradient at the start of the step). If that gradient is not finite, the one in the middle of a
 * step towards x is used. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ggig/attribute.h"

struct guided {
    struct sx_attributing *a;
    double *z, *g, *size, *middle; /* size: magnitudes in any order */
    double alpha_min, alpha_max;
};

/* Element i of the straight path at alpha. */
static double on_line(const struct guided *s, int64_t i, double alpha)
{
    return s->a->baseline[i] + alpha * (s->a->x[i] - s->a->baseline[i]);
}

/* Moves element i and adds its contribution. */
static void move(struct guided *s, int64_t i, double to)
{
    s->a->map[i] += (to - s->z[i]) * s->g[i];
    s->z[i] = to;
}

/* Moves elements that fell behind the band around the straight line. */
static void catch_up(struct guided *s)
{
    for (int64_t i = 0; i < s->a->size; i++) {
        double whole = s->a->x[i] - s->a->baseline[i];
        if (whole != 0 && (s->z[i] - s->a->baseline[i]) / whole < s->alpha_min)
            move(s, i, on_line(s, i, s->alpha_min));
    }
}

static double distance_left(const struct guided *s)
{
    double left = 0;
    for (int64_t i = 0; i < s->a->size; i++)
        left += fabs(s->a->x[i] - s->z[i]);
    return left;
}

/* The element of rank k of v[0 .. n - 1], which contains no NaN and is reordered (Hoare's FIND). */
static double of_rank(double *v, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = v[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            for (; v[i] < pivot; i++)
                continue;
            for (; v[j] > pivot; j--)
                continue;
            if (i <= j) {
                double kept = v[i];
                v[i++] = v[j];
                v[j--] = kept;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return v[k];
}

/* Whether a feature can move: it is not at the far edge of the band. */
static bool can_move(const struct guided *s, int64_t i)
{
    return s->z[i] != on_line(s, i, s->alpha_max);
}

/* The `fraction` quantile of |gradient|. Features that cannot move count as infinite; so the result
 * is infinite if too few can move. */
static double threshold(struct guided *s)
{
    int64_t n = s->a->size;
    for (int64_t i = 0; i < n; i++)
        s->size[i] = can_move(s, i) && isfinite(s->g[i]) ? fabs(s->g[i]) : INFINITY;
    return of_rank(s->size, n, (int64_t)floor(s->a->o->fraction * (double)(n - 1)));
}

/* Moves the selected features towards the far edge until the distance to go is `target`. False if
 * that does not suffice and another selection must move too. */
static bool advance(struct guided *s, double target)
{
    catch_up(s);
    double excess = distance_left(s) - target, reach = 0, limit = threshold(s);
    if (excess <= 1e-9 * (1 + fabs(target)))
        return true;
    for (int64_t i = 0; i < s->a->size; i++)
        if (can_move(s, i) && fabs(s->g[i]) <= limit)
            reach += fabs(on_line(s, i, s->alpha_max) - s->z[i]);
    if (reach <= 0)
        return true; /* nothing can move: up to rounding, all are at the edge */
    double share = excess < reach ? excess / reach : 1;
    for (int64_t i = 0; i < s->a->size; i++)
        if (can_move(s, i) && fabs(s->g[i]) <= limit) {
            double edge = on_line(s, i, s->alpha_max);
            move(s, i, share < 1 ? s->z[i] + share * (edge - s->z[i]) : edge);
        }
    return share < 1;
}

/* The gradient for step k. */
static bool find_gradient(struct guided *s, int64_t k, double *value)
{
    struct sx_attributing *a = s->a;
    double half = 0.5 / (double)(a->steps - k);
    if (!sx_gradients(a->e, 1, s->z, value, s->g, a->error))
        return false;
    if (sx_all_finite(s->g, a->size))
        return true;
    sx_mark_unbounded(a, *value, s->g);
    for (int64_t i = 0; i < a->size; i++)
        s->middle[i] = s->z[i] + half * (a->x[i] - s->z[i]);
    return sx_gradients(a->e, 1, s->middle, NULL, s->g, a->error);
}

static bool walk(struct guided *s)
{
    struct sx_attributing *a = s->a;
    memcpy(s->z, a->baseline, (size_t)a->size * sizeof *s->z);
    double total = distance_left(s);
    for (int64_t k = 0; k < a->steps; k++) {
        double value, alpha = (double)(k + 1) / (double)a->steps;
        if (!find_gradient(s, k, &value))
            return false;
        if (k == 0)
            a->f_start = value;
        s->alpha_min = fmax(alpha - a->o->max_distance, 0);
        s->alpha_max = fmin(alpha + a->o->max_distance, 1);
        while (!advance(s, total * (1 - alpha)))
            continue;
    }
    if (!sx_path_gradients(a, 1, (const double[]){1}, a->x, &a->f_x, s->g))
        return false;
    sx_mark_unbounded(a, a->f_x, s->g);
    return true;
}

bool sx_attribute_guided_ig(struct sx_attributing *a)
{
    struct guided s = {.a = a};
    s.z = sx_new((size_t)a->size, sizeof *s.z, a->error);
    s.g = sx_new((size_t)a->size, sizeof *s.g, a->error);
    s.size = sx_new((size_t)a->size, sizeof *s.size, a->error);
    s.middle = sx_new((size_t)a->size, sizeof *s.middle, a->error);
    bool ok = s.z != NULL && s.g != NULL && s.size != NULL && s.middle != NULL && walk(&s);
    free(s.z);
    free(s.g);
    free(s.size);
    free(s.middle);
    return ok;
}
