/* path.c - methods that use gradients on the straight path from the baseline to x.
 *
 * z_k = b + (k/m)(x - b) for k = 0 .. m, both ends included (code of Rahman et al. 2022). */
#include <math.h>
#include <stdlib.h>

#include "ggig/attribute.h"

bool sx_attribute_gradient(struct sx_attributing *a)
{
    return sx_path_gradients(a, 1, (const double[]){1}, a->x, &a->f_x, a->map);
}

bool sx_attribute_input_gradient(struct sx_attributing *a)
{
    if (!sx_attribute_gradient(a))
        return false;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] *= a->x[i];
    return true;
}

void sx_path_point(const struct sx_attributing *a, double alpha, double *z)
{
    for (int64_t i = 0; i < a->size; i++)
        z[i] = alpha == 1 ? a->x[i] : a->baseline[i] + alpha * (a->x[i] - a->baseline[i]);
}

static double path_alpha(void *context, int64_t k)
{
    const struct sx_attributing *a = context;
    return (double)k / (double)a->steps;
}

static void path_point(void *context, int64_t k, double *z)
{
    sx_path_point(context, path_alpha(context, k), z);
}

static void note_ends(struct sx_attributing *a, int64_t k, double value)
{
    if (k == 0)
        a->f_start = value;
    if (k == a->steps)
        a->f_x = value;
}

static void take_max(void *context, int64_t k, double value, const double *g)
{
    struct sx_attributing *a = context;
    note_ends(a, k, value);
    a->left_out += !sx_aggregate(a->o->aggregate, k, a->steps + 1, a->size, g, a->map);
}

bool sx_attribute_ig_max(struct sx_attributing *a)
{
    const struct sx_visit visit = {a, path_point, take_max, path_alpha};
    return sx_visit_gradients(a, a->steps + 1, &visit);
}

/* The previous gradient: its contribution needs the next value of f. */
struct idgi {
    struct sx_attributing *a;
    double *before, value;
};

static double idgi_alpha(void *context, int64_t k)
{
    return path_alpha(((struct idgi *)context)->a, k);
}

static void idgi_point(void *context, int64_t k, double *z)
{
    path_point(((struct idgi *)context)->a, k, z);
}

/* Adds a step. If the gradient at its start is not finite, that at its end is used. */
static void take_increment(void *context, int64_t k, double value, const double *g)
{
    struct idgi *s = context;
    struct sx_attributing *a = s->a;
    const double *slope = sx_all_finite(s->before, a->size) ? s->before : g;
    double norm = 0;
    note_ends(a, k, value);
    for (int64_t i = 0; k > 0 && i < a->size; i++)
        norm += slope[i] * slope[i];
    for (int64_t i = 0; norm != 0 && i < a->size; i++)
        a->map[i] += isfinite(norm) ? slope[i] * slope[i] / norm * (value - s->value) : NAN;
    for (int64_t i = 0; i < a->size; i++)
        s->before[i] = g[i];
    s->value = value;
}

/* Yang, Wang, Bilgic, CVPR 2023: step k distributes f(z_{k+1}) - f(z_k) in proportion to g_k^2. */
bool sx_attribute_idgi(struct sx_attributing *a)
{
    struct idgi s = {a, sx_new((size_t)a->size, sizeof *s.before, a->error), 0};
    const struct sx_visit visit = {&s, idgi_point, take_increment, idgi_alpha};
    bool ok = s.before != NULL && sx_visit_gradients(a, a->steps + 1, &visit);
    free(s.before);
    return ok;
}
