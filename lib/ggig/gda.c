/* gda.c - gradient ascent from x alone: the largest gradient of the ascent, or their mean. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ggig/attribute.h"

/* The state of the ascent from x. */
struct ascent {
    double *z, *g, *next;
    int64_t n;
};

/* Adds gradient t: to a maximum, or to a trapezoid sum, in which the first has half the weight. */
static void take_step(struct sx_attributing *a, bool trapezoid, int64_t t, const double *g)
{
    if (!trapezoid)
        sx_aggregate(a->o->aggregate, t, a->iterations, a->size, g, a->map);
    else
        for (int64_t i = 0; i < a->size; i++)
            a->map[i] += (t == 0 ? 0.5 : 1.0) * g[i];
}

/* The gradient of step t; the first is that at x. */
static bool gradient_of(struct sx_attributing *a, struct ascent *s, int64_t t)
{
    double value;
    return t == 0 ? sx_path_gradients(a, 1, (const double[]){1}, s->z, &value, s->next)
                  : sx_gradients(a->e, 1, s->z, NULL, s->next, a->error);
}

/* Ascends until a gradient is not finite. A mean omits such a gradient, unless it is the first. */
static bool ascend(struct sx_attributing *a, struct ascent *s, bool trapezoid)
{
    bool moves = true;
    a->climbers = 1;
    memcpy(s->z, a->x, (size_t)a->size * sizeof *s->z);
    for (int64_t t = 0; t < a->iterations; t++) {
        if (moves && !gradient_of(a, s, t))
            return false;
        bool finite = sx_all_finite(s->next, a->size);
        if (t == 0)
            memcpy(a->unmoved, s->next, (size_t)a->size * sizeof *a->unmoved);
        if (finite || t == 0 || !trapezoid) {
            take_step(a, trapezoid, t, s->next);
            memcpy(s->g, s->next, (size_t)a->size * sizeof *s->g);
            s->n++;
        }
        if (!finite) {
            a->left_out++;
            break;
        }
        double moved = moves && t + 1 < a->iterations ? sx_climb(a, s->g, s->z) : 0;
        a->travelled += moved;
        moves = moved > 0;
    }
    return true;
}

/* Ascends from x. `trapezoid`: the mean with half weights at the ends, else the maximum. */
static bool ascend_from_x(struct sx_attributing *a, bool trapezoid)
{
    size_t size = (size_t)a->size;
    struct ascent s = {.z = sx_new(size, sizeof *s.z, a->error),
                       .g = sx_new(size, sizeof *s.g, a->error),
                       .next = sx_new(size, sizeof *s.next, a->error)};
    bool ok = s.z != NULL && s.g != NULL && s.next != NULL && ascend(a, &s, trapezoid);
    for (int64_t i = 0; ok && trapezoid && i < a->size; i++)
        a->map[i] = s.n > 1 ? (a->map[i] - s.g[i] / 2) / (double)(s.n - 1) : s.g[i];
    free(s.z);
    free(s.g);
    free(s.next);
    return ok;
}

bool sx_attribute_gda(struct sx_attributing *a)
{
    return ascend_from_x(a, false);
}

bool sx_attribute_gda_ig(struct sx_attributing *a)
{
    return ascend_from_x(a, true);
}
