/* integrated.c - Integrated Hessians between places of a layer (see hessians.c). */
#include <stdlib.h>

#include "explain/quadrature.h"
#include "taylorcam/taylorcam.h"

enum { USUAL_STEPS = 20 };

/* At one node of the integral: the point, d = x - baseline, the products, and the gradient. */
struct integral {
    double *point, *d, *products, *gradient;
};

static bool integral_new(struct integral *s, int64_t size, int64_t cells,
                         struct sx_error *error)
{
    s->point = sx_new((size_t)size, sizeof *s->point, error);
    s->d = sx_new((size_t)size, sizeof *s->d, error);
    s->products = sx_new((size_t)cells, sizeof *s->products, error);
    s->gradient = sx_new((size_t)size, sizeof *s->gradient, error);
    return s->point != NULL && s->d != NULL && s->products != NULL && s->gradient != NULL;
}

static void integral_free(struct integral *s)
{
    free(s->point);
    free(s->d);
    free(s->products);
    free(s->gradient);
}

/* Adds the gradient's part of a place's relation to itself. */
static bool add_gradient(struct sx_taylorcam *t, const struct integral *s, double weight,
                         double *out, struct sx_error *error)
{
    const struct sx_places *p = &t->places;
    int64_t size = sx_count(&p->shape);
    if (!sx_gradients(t->e, 1, s->point, NULL, s->gradient, error))
        return false;
    for (int64_t i = 0; i < size; i++)
        out[p->of[sx_places_cell(p, i)] * (p->n + 1)] += weight * s->d[i] * s->gradient[i];
    return true;
}

bool sx_taylorcam_integrate(struct sx_taylorcam *t, const double *baseline, int64_t n,
                            const int64_t *places, double *out, struct sx_error *error)
{
    struct integral s;
    const double *x = t->e->input.data;
    int64_t size = sx_count(&t->places.shape), cells = n * t->places.n;
    int64_t steps = t->o.steps > 0 ? t->o.steps : USUAL_STEPS;
    bool ok = integral_new(&s, size, cells, error);
    for (int64_t i = 0; ok && i < size; i++)
        s.d[i] = x[i] - (baseline != NULL ? baseline[i] : 0);
    for (int64_t k = 0; ok && k < steps; k++) {
        double weight, at = sx_product_node(k, steps, &weight);
        for (int64_t i = 0; i < size; i++)
            s.point[i] = x[i] - (1 - at) * s.d[i];
        ok = sx_products_run(t->products, s.point, s.d, n, places, s.products, error) &&
             (!t->o.diagonal || add_gradient(t, &s, weight, out, error));
        for (int64_t i = 0; ok && i < cells; i++)
            out[i] += weight * at * s.products[i];
    }
    integral_free(&s);
    return ok;
}
