/* evaluate.c - evaluates f at many points, which are made a few at a time. */
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

bool sx_scoring_values(struct sx_scoring *s, struct sx_explainer *f, int64_t n,
                       void (*make)(const struct sx_scoring *s, const void *context, int64_t i,
                                    double *point),
                       const void *context, double *values, struct sx_error *error)
{
    int64_t chunk = n < 32 ? n : 32;
    size_t total;
    if (!sx_size_mul(&total, (size_t)chunk, (size_t)s->size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    double *points = sx_new(total, sizeof *points, error);
    bool ok = points != NULL;
    for (int64_t i = 0; ok && i < n; i += chunk) {
        int64_t now = n - i < chunk ? n - i : chunk;
        for (int64_t k = 0; k < now; k++) {
            memcpy(points + k * s->size, s->x, (size_t)s->size * sizeof *points);
            make(s, context, i + k, points + k * s->size);
        }
        ok = sx_gradients(f, now, points, values + i, NULL, error);
    }
    free(points);
    return ok;
}

void sx_scoring_mix(const struct sx_scoring *s, double *point)
{
    for (int64_t i = 0; i < s->size; i++)
        if (s->place[i] >= 0 && !s->shown[s->place[i]])
            point[i] = s->filled[i];
}
