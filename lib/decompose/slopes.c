/* slopes.c - f and its slope at points of straight paths, split by players. */
#include <stdlib.h>

#include "decompose/path.h"

/* The number of points whose gradients are held at once: about 16 MB, at least 8 points. */
static int64_t room_for(const struct sx_decomposing *d, int64_t n)
{
    int64_t room = ((int64_t)1 << 21) / (d->size > 0 ? d->size : 1);
    room = room < 8 ? 8 : room;
    return room < n ? room : n;
}

/* Fills `point` with the end of the path of a set, or with a point on it. */
static void fill(const struct sx_decomposing *d, const struct sx_frame *f, const uint64_t *sets,
                 const struct sx_on_path *at, double *point)
{
    sx_masked_point(d, f, sets != NULL ? &sets[at->set] : NULL, point);
    for (int64_t i = 0; at->s != 1 && i < d->size; i++)
        point[i] = f->baseline[i] + at->s * (point[i] - f->baseline[i]);
}

/* Multiplies a gradient by the move along the whole path. Within the path, an element that does
 * not move adds 0 even if its gradient is not finite. */
static void weigh(const struct sx_decomposing *d, const struct sx_frame *f, const double *end,
                  double s, double *gradient)
{
    for (int64_t i = 0; i < d->size; i++) {
        double whole = end[i] - f->baseline[i];
        gradient[i] = whole == 0 && s > 0 && s < 1 ? 0 : gradient[i] * whole;
    }
}

/* Computes the slope at x itself, whose gradient the explainer may have already. */
static bool slope_at_x(struct sx_decomposing *d, const struct sx_frame *f, double *value,
                       double *parts)
{
    double *g = sx_new_aligned((size_t)d->size, sizeof *g, d->error);
    bool ok = g != NULL && sx_gradients(d->e, 1, d->x, value, g, d->error);
    if (ok) {
        weigh(d, f, d->x, 1, g);
        sx_sum_players(d, g, parts);
    }
    free(g);
    return ok;
}

bool sx_slopes(struct sx_decomposing *d, const struct sx_frame *f, const uint64_t *sets,
               int64_t n, const struct sx_on_path *at, double *values, double *parts)
{
    if (n == 1 && sets == NULL && at->s == 1)
        return slope_at_x(d, f, values, parts);
    int64_t room = room_for(d, n);
    double *z = sx_new_aligned((size_t)room * (size_t)d->size, sizeof *z, d->error);
    double *g = sx_new_aligned((size_t)room * (size_t)d->size, sizeof *g, d->error);
    double *end = sx_new((size_t)d->size, sizeof *end, d->error);
    bool ok = z != NULL && g != NULL && end != NULL;
    for (int64_t k = 0; ok && k < n; k += room) {
        int64_t now = n - k < room ? n - k : room;
        for (int64_t j = 0; j < now; j++)
            fill(d, f, sets, &at[k + j], z + j * d->size);
        ok = sx_gradients(d->e, now, z, values != NULL ? values + k : NULL, g, d->error);
        for (int64_t j = 0; ok && j < now; j++) {
            fill(d, f, sets, &(struct sx_on_path){at[k + j].set, 1}, end);
            weigh(d, f, end, at[k + j].s, g + j * d->size);
            sx_sum_players(d, g + j * d->size, parts + (k + j) * d->n);
        }
    }
    free(z);
    free(g);
    free(end);
    return ok;
}
