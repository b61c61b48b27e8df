/* slopes.c - f and its slope at points of straight paths, split by players. */
#include <stdlib.h>

#include "decompose/path.h"

/* Points whose gradients are held at once: at least 8, about 16 MB. */
static int64_t room_for(const struct sx_decomposing *d, int64_t n)
{
    int64_t room = ((int64_t)1 << 21) / (d->size > 0 ? d->size : 1);
    room = room < 8 ? 8 : room;
    return room < n ? room : n;
}

bool sx_slopes(struct sx_decomposing *d, const struct sx_frame *f, const uint64_t *sets,
               int64_t n, const struct sx_on_path *at, double *values, double *parts)
{
    int64_t room = room_for(d, n);
    double *z = sx_new_aligned((size_t)room * (size_t)d->size, sizeof *z, d->error);
    double *g = sx_new_aligned((size_t)room * (size_t)d->size, sizeof *g, d->error);
    double *ends = sx_new((size_t)d->size, sizeof *ends, d->error);
    bool ok = z != NULL && g != NULL && ends != NULL;
    for (int64_t k = 0; ok && k < n; k += room) {
        int64_t now = n - k < room ? n - k : room;
        for (int64_t j = 0; j < now; j++) {
            const struct sx_on_path *p = &at[k + j];
            double *point = z + j * d->size;
            sx_masked_point(d, f, sets != NULL ? &sets[p->set] : NULL, point);
            for (int64_t i = 0; p->s != 1 && i < d->size; i++)
                point[i] = f->baseline[i] + p->s * (point[i] - f->baseline[i]);
        }
        ok = sx_gradients(d->e, now, z, values != NULL ? values + k : NULL, g, d->error);
        for (int64_t j = 0; ok && j < now; j++) {
            double *gradient = g + j * d->size, s = at[k + j].s;
            sx_masked_point(d, f, sets != NULL ? &sets[at[k + j].set] : NULL, ends);
            for (int64_t i = 0; i < d->size; i++) {
                double whole = ends[i] - f->baseline[i];
                /* On the way, what does not move adds nothing, whatever its gradient is. */
                gradient[i] = whole == 0 && s > 0 && s < 1 ? 0 : gradient[i] * whole;
            }
            sx_sum_players(d, gradient, parts + (k + j) * d->n);
        }
    }
    free(z);
    free(g);
    free(ends);
    return ok;
}
