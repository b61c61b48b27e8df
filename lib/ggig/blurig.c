/* blurig.c - Blur Integrated Gradients: the path from a blurred picture to x.
 *
 * Xu, Venugopalan, Sundararajan, CVPR 2020, discretised as in their code: points are sigma_k =
 * (k/m) max_sigma, and the slope of the picture is a difference quotient in sigma. If a gradient is
 * not finite, as at pixels of 0 under a square root, points in the middle of the steps are used
 * instead. Pixels that do not change add nothing. */
#include <stdlib.h>
#include <string.h>

#include "io/picture.h"
#include "ggig/attribute.h"

#define BLUR_DIFFERENCE 0.01

struct blur_path {
    struct sx_attributing *a;
    double shift;        /* offset of the nodes, in steps */
    double *now, *ahead; /* x blurred at sigma, and at a slightly larger sigma */
    bool failed;
};

static double sigma_at(const struct blur_path *s, int64_t k)
{
    return s->a->o->max_sigma * ((double)k + s->shift) / (double)s->a->steps;
}

static void blur_to(struct blur_path *s, double sigma, double *to)
{
    struct sx_tensor view = {SX_DOUBLE, sx_explainer_input(s->a->e)->shape, to};
    memcpy(to, s->a->x, (size_t)s->a->size * sizeof *to);
    if (sigma > 0 && !sx_blur(&view, SX_LAYOUT_AUTO, sigma, s->a->error))
        s->failed = true;
}

static void blur_point(void *context, int64_t k, double *z)
{
    struct blur_path *s = context;
    blur_to(s, sigma_at(s, k), z);
}

static void take_blur(void *context, int64_t k, double value, const double *g)
{
    struct blur_path *s = context;
    struct sx_attributing *a = s->a;
    double weight = a->o->max_sigma / (double)a->steps / BLUR_DIFFERENCE;
    if (k == 0 && s->shift == 0)
        a->f_x = value;
    if (k == a->steps) {
        a->f_start = value;
        return;
    }
    blur_to(s, sigma_at(s, k), s->now);
    blur_to(s, sigma_at(s, k) + BLUR_DIFFERENCE, s->ahead);
    for (int64_t i = 0; i < a->size; i++)
        if (s->ahead[i] != s->now[i])
            a->map[i] -= weight * (s->ahead[i] - s->now[i]) * g[i];
}

bool sx_attribute_blur_ig(struct sx_attributing *a)
{
    struct blur_path s = {.a = a};
    if (!sx_is_picture(&sx_explainer_input(a->e)->shape))
        return sx_fail(a->error, SX_USAGE, "blur-ig needs a picture as input");
    s.now = sx_new((size_t)a->size, sizeof *s.now, a->error);
    s.ahead = sx_new((size_t)a->size, sizeof *s.ahead, a->error);
    const struct sx_visit visit = {&s, blur_point, take_blur, NULL};
    bool ok = s.now != NULL && s.ahead != NULL && sx_visit_gradients(a, a->steps + 1, &visit);
    if (ok && !sx_all_finite(a->map, a->size)) {
        s.shift = 0.5;
        memset(a->map, 0, (size_t)a->size * sizeof *a->map);
        ok = sx_visit_gradients(a, a->steps, &visit);
    }
    ok = ok && !s.failed;
    free(s.now);
    free(s.ahead);
    return ok;
}
