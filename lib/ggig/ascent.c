/* ascent.c - GGIG: gradient ascent from every point of the path (Rahman, Lewis, Plis 2022).
 *
 *   z_k^0 = b + (k/m)(x - b),  g_k^t = df/dz at z_k^t,  z_k^{t+1} = z_k^t + eta g_k^t
 *   M_k = max_{t < T} g_k^t,   GGIG = max_k M_k,        GGIG_IG = trapezoid mean_k M_k
 *
 * The last update is never evaluated. A point whose gradient is exactly zero stays where it is,
 * so it is dropped from the batch; the result is the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ggig/attribute.h"

void sx_aggregate(enum sx_aggregate how, int64_t k, int64_t n, int64_t size, const double *g,
                  double *to)
{
    if (how == SX_AGG_MEAN)
        for (int64_t i = 0; i < size; i++)
            to[i] += g[i] / (double)n;
    else if (k == 0)
        memcpy(to, g, (size_t)size * sizeof *to);
    else if (how == SX_AGG_MAX)
        for (int64_t i = 0; i < size; i++)
            to[i] = g[i] > to[i] ? g[i] : to[i];
    else
        for (int64_t i = 0; i < size; i++)
            to[i] = fabs(g[i]) > fabs(to[i]) ? g[i] : to[i];
}

/* Moves z one step up; false if it cannot move any more. */
static bool climb(const struct sx_attribute_options *o, int64_t size, const double *g,
                  double *z)
{
    double norm = 0;
    bool finite = true;
    for (int64_t i = 0; i < size; i++) {
        norm += g[i] * g[i];
        finite = finite && isfinite(g[i]);
    }
    if (norm == 0 || !finite)
        return false;
    double unit = o->step == SX_CLIMB_UNIT ? o->eta / sqrt(norm) : o->eta;
    for (int64_t i = 0; i < size; i++) {
        z[i] += o->step == SX_CLIMB_SIGN ? o->eta * ((g[i] > 0) - (g[i] < 0)) : unit * g[i];
        if (o->clip[0] < o->clip[1])
            z[i] = fmin(fmax(z[i], o->clip[0]), o->clip[1]);
    }
    return true;
}

/* Some points that climb together; point[i] is at z + i * size, i < active, and started as
 * number origin[i], whose aggregate is at best + origin[i] * size. */
struct climbers {
    double *z, *g, *best;
    int64_t *origin, n, active;
};

static bool climbers_new(struct climbers *c, int64_t n, int64_t size, struct sx_error *error)
{
    size_t total;
    *c = (struct climbers){.n = n, .active = n};
    if (!sx_size_mul(&total, (size_t)n, (size_t)size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    c->z = sx_new_aligned(total, sizeof *c->z, error);
    c->g = sx_new_aligned(total, sizeof *c->g, error);
    c->best = sx_new(total, sizeof *c->best, error);
    c->origin = sx_new((size_t)n, sizeof *c->origin, error);
    for (int64_t i = 0; c->origin != NULL && i < n; i++)
        c->origin[i] = i;
    return c->z != NULL && c->g != NULL && c->best != NULL && c->origin != NULL;
}

static void climbers_free(struct climbers *c)
{
    free(c->z);
    free(c->g);
    free(c->best);
    free(c->origin);
}

/* Lets all points climb T gradients; best receives their aggregates. */
static bool climb_all(struct sx_attributing *a, struct climbers *c, enum sx_aggregate how)
{
    int64_t size = a->size;
    for (int64_t t = 0; t < a->iterations && c->active > 0; t++) {
        if (!sx_gradients(a->e, c->active, c->z, NULL, c->g, a->error))
            return false;
        int64_t kept = 0;
        for (int64_t i = 0; i < c->active; i++) {
            const double *g = c->g + i * size;
            sx_aggregate(how, t, a->iterations, size, g, c->best + c->origin[i] * size);
            bool moved = t + 1 < a->iterations && climb(a->o, size, g, c->z + i * size);
            if (!moved)
                continue;
            if (kept < i)
                memcpy(c->z + kept * size, c->z + i * size, (size_t)size * sizeof *c->z);
            c->origin[kept++] = c->origin[i];
        }
        c->active = kept;
    }
    return true;
}

/* Calls take(k, M_k) for every point of the path, some at a time. */
static bool ascend_path(struct sx_attributing *a,
                        void (*take)(struct sx_attributing *a, int64_t k, const double *m))
{
    struct climbers c;
    int64_t batch = sx_gradient_batch(a->e, true, a->steps + 1, a->error);
    if (batch == 0)
        return false;
    /* Two runs at a time, so that a run stays full for longer as points drop out. */
    int64_t room = 2 * batch > a->steps + 1 ? a->steps + 1 : 2 * batch;
    bool ok = climbers_new(&c, room, a->size, a->error);
    for (int64_t k = 0; ok && k <= a->steps; k += room) {
        c.active = a->steps + 1 - k < room ? a->steps + 1 - k : room;
        memset(c.best, 0, (size_t)(c.n * a->size) * sizeof *c.best);
        int64_t now = c.active;
        for (int64_t j = 0; j < now; j++) {
            double alpha = (double)(k + j) / (double)a->steps;
            c.origin[j] = j;
            for (int64_t i = 0; i < a->size; i++)
                c.z[j * a->size + i] =
                    k + j == a->steps ? a->x[i]
                                      : a->baseline[i] + alpha * (a->x[i] - a->baseline[i]);
        }
        ok = climb_all(a, &c, a->o->aggregate);
        for (int64_t j = 0; ok && j < now; j++)
            take(a, k + j, c.best + j * a->size);
    }
    climbers_free(&c);
    return ok;
}

static void take_largest(struct sx_attributing *a, int64_t k, const double *m)
{
    sx_aggregate(a->o->aggregate, k, a->steps + 1, a->size, m, a->map);
}

static void take_trapezoid(struct sx_attributing *a, int64_t k, const double *m)
{
    double weight = (k == 0 || k == a->steps ? 0.5 : 1.0) / (double)a->steps;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] += weight * m[i];
}

bool sx_attribute_ggig(struct sx_attributing *a)
{
    return ascend_path(a, take_largest);
}

bool sx_attribute_ggig_ig(struct sx_attributing *a)
{
    return ascend_path(a, take_trapezoid);
}

/* The ascent from x alone; `trapezoid` weighs its ends half. */
static bool ascend_from_x(struct sx_attributing *a, bool trapezoid)
{
    int64_t size = a->size, last = a->iterations - 1;
    double *z = sx_new((size_t)size, sizeof *z, a->error);
    double *g = sx_new((size_t)size, sizeof *g, a->error);
    bool ok = z != NULL && g != NULL, moves = true;
    if (ok)
        memcpy(z, a->x, (size_t)size * sizeof *z);
    for (int64_t t = 0; ok && t <= last; t++) {
        if (moves)
            ok = sx_gradients(a->e, 1, z, NULL, g, a->error);
        double weight = (t == 0 || t == last ? 0.5 : 1.0) / (double)(last > 0 ? last : 1);
        if (!trapezoid)
            sx_aggregate(a->o->aggregate, t, a->iterations, size, g, a->map);
        else
            for (int64_t i = 0; i < size; i++)
                a->map[i] += (last > 0 ? weight : 1.0) * g[i];
        moves = moves && climb(a->o, size, g, z);
    }
    free(z);
    free(g);
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
