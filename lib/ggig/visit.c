/* visit.c - evaluates f, or f and its gradient, at many points, one batch after the other. */
#include <stdlib.h>

#include "ggig/attribute.h"

static bool visit_points(struct sx_attributing *a, int64_t n, const struct sx_visit *visit,
                         bool with_gradients)
{
    int64_t room = sx_gradient_batch(a->e, with_gradients, n, a->error);
    if (room == 0)
        return false;
    room = room > n ? n : room;
    double *points = sx_new_aligned((size_t)room * (size_t)a->size, sizeof *points, a->error);
    double *gradients = NULL;
    if (with_gradients)
        gradients = sx_new_aligned((size_t)room * (size_t)a->size, sizeof *points, a->error);
    double *values = sx_new(2 * (size_t)room, sizeof *values, a->error), *alpha = NULL;
    a->visited = 0;
    bool ok = points != NULL && values != NULL && (gradients != NULL || !with_gradients);
    if (ok && visit->alpha != NULL)
        alpha = values + room;
    for (int64_t k = 0; ok && k < n; k += room) {
        int64_t now = n - k < room ? n - k : room;
        for (int64_t i = 0; i < now; i++)
            visit->point(visit->context, k + i, points + i * a->size);
        for (int64_t i = 0; alpha != NULL && i < now; i++)
            alpha[i] = visit->alpha(visit->context, k + i);
        ok = alpha != NULL && with_gradients
                 ? sx_path_gradients(a, now, alpha, points, values, gradients)
                 : sx_gradients(a->e, now, points, values, gradients, a->error);
        for (int64_t i = 0; ok && i < now; i++)
            visit->take(visit->context, k + i, values[i],
                        with_gradients ? gradients + i * a->size : NULL);
        a->visited = ok ? k + now : a->visited;
    }
    free(points);
    free(gradients);
    free(values);
    return ok;
}

bool sx_visit_gradients(struct sx_attributing *a, int64_t n, const struct sx_visit *visit)
{
    return visit_points(a, n, visit, true);
}

bool sx_visit_values(struct sx_attributing *a, int64_t n, const struct sx_visit *visit)
{
    return visit_points(a, n, visit, false);
}
