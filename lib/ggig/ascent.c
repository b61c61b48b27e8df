/* ascent.c - GGIG: gradient ascent from every point of the path (Rahman, Lewis, Plis 2022).
 *
 *   z_k^0 = b + (k/m)(x - b),  g_k^t = df/dz at z_k^t,  z_k^{t+1} = z_k^t + eta g_k^t
 *   M_k = max_{t < T} g_k^t,   GGIG = max_k M_k,        GGIG_IG = trapezoid mean_k M_k
 *
 * The point after the last update is not evaluated. A point whose gradient is exactly zero does not
 * move, so it is dropped from the batch without changing the result. A point is also dropped if its
 * maximum has not risen for half of the T gradients, at least two. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/quadrature.h"
#include "ggig/attribute.h"

/* A maximum counts as risen if it rises by at least this share of its largest element. */
#define LEAST_RISE 1e-6

double sx_climb(const struct sx_attributing *a, const double *g, double *z)
{
    const struct sx_attribute_options *o = a->o;
    double norm = 0, moved = 0;
    for (int64_t i = 0; i < a->size; i++)
        norm += g[i] * g[i];
    if (norm == 0 || !sx_all_finite(g, a->size))
        return 0;
    double unit = o->step == SX_CLIMB_UNIT ? a->eta / sqrt(norm) : a->eta;
    for (int64_t i = 0; i < a->size; i++) {
        double from = z[i];
        z[i] += o->step == SX_CLIMB_SIGN ? a->eta * ((g[i] > 0) - (g[i] < 0)) : unit * g[i];
        if (o->clip[0] < o->clip[1])
            z[i] = fmin(fmax(z[i], o->clip[0]), o->clip[1]);
        moved += (z[i] - from) * (z[i] - from);
    }
    return sqrt(moved);
}

/* Whether g raises the largest values so far. */
static bool raises(enum sx_aggregate how, int64_t size, const double *g, const double *best)
{
    double most = 0;
    for (int64_t i = 0; i < size; i++)
        most = fmax(most, fabs(best[i]));
    for (int64_t i = 0; i < size; i++) {
        double rise = how == SX_AGG_MAX ? g[i] - best[i] : fabs(g[i]) - fabs(best[i]);
        if (rise > LEAST_RISE * most || isnan(best[i]))
            return true;
    }
    return how == SX_AGG_MEAN;
}

/* Points that ascend together. point[i], i < active, is at z + i * size. It started as number
 * origin[i], whose aggregate is best + origin[i] * size and has not risen for idle[origin[i]]
 * gradients. */
struct climbers {
    double *z, *g, *best;
    double *value, *alpha; /* of the starting points: f, and alpha on the path */
    int64_t *origin, *idle, n, active;
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
    c->idle = sx_new((size_t)n, sizeof *c->idle, error);
    c->value = sx_new(2 * (size_t)n, sizeof *c->value, error);
    c->alpha = c->value != NULL ? c->value + n : NULL;
    return c->z != NULL && c->g != NULL && c->best != NULL && c->origin != NULL &&
           c->idle != NULL && c->value != NULL;
}

static void climbers_free(struct climbers *c)
{
    free(c->z);
    free(c->g);
    free(c->best);
    free(c->origin);
    free(c->idle);
    free(c->value);
}

/* Takes gradient t of the point at i. Returns whether it goes on. */
static bool climb_on(struct sx_attributing *a, struct climbers *c, int64_t i, int64_t t)
{
    enum sx_aggregate how = a->o->aggregate;
    int64_t origin = c->origin[i], size = a->size, patience = a->iterations / 2;
    const double *g = c->g + i * size;
    double *best = c->best + origin * size;
    bool raised = t == 0 || raises(how, size, g, best);
    c->idle[origin] = raised ? 0 : c->idle[origin] + 1;
    a->left_out += !sx_aggregate(how, t, a->iterations, size, g, best);
    if (t + 1 >= a->iterations || c->idle[origin] >= (patience > 2 ? patience : 2))
        return false;
    double moved = sx_climb(a, g, c->z + i * size);
    a->travelled += moved;
    return moved > 0;
}

/* Ascends from all points, given their first gradients. `best` becomes their aggregates. */
static bool climb_all(struct sx_attributing *a, struct climbers *c)
{
    int64_t size = a->size;
    for (int64_t t = 0; t < a->iterations && c->active > 0; t++) {
        if (t > 0 && !sx_gradients(a->e, c->active, c->z, NULL, c->g, a->error))
            return false;
        int64_t kept = 0;
        for (int64_t i = 0; i < c->active; i++) {
            if (!climb_on(a, c, i, t))
                continue;
            if (kept < i)
                memcpy(c->z + kept * size, c->z + i * size, (size_t)size * sizeof *c->z);
            c->origin[kept++] = c->origin[i];
        }
        c->active = kept;
    }
    return true;
}

/* The starting points, and the function that adds M_k of point k to a map. */
struct starts {
    int64_t n;
    double (*alpha)(const struct sx_attributing *a, int64_t k);
    void (*take)(void *context, int64_t k, const double *m, double *map);
    void *context;
};

static double closed_alpha(const struct sx_attributing *a, int64_t k)
{
    return (double)k / (double)a->steps;
}

/* Ascends from `now` points, number k and following. */
static bool ascend_some(struct sx_attributing *a, const struct starts *s, struct climbers *c,
                        int64_t k, int64_t now)
{
    c->active = now;
    memset(c->best, 0, (size_t)(c->n * a->size) * sizeof *c->best);
    memset(c->idle, 0, (size_t)c->n * sizeof *c->idle);
    for (int64_t j = 0; j < now; j++) {
        c->origin[j] = j;
        c->alpha[j] = s->alpha(a, k + j);
        sx_path_point(a, c->alpha[j], c->z + j * a->size);
    }
    if (!sx_path_gradients(a, now, c->alpha, c->z, c->value, c->g))
        return false;
    for (int64_t j = 0; a->unmoved != NULL && j < now; j++)
        s->take(s->context, k + j, c->g + j * a->size, a->unmoved);
    if (!climb_all(a, c))
        return false;
    for (int64_t j = 0; j < now; j++)
        s->take(s->context, k + j, c->best + j * a->size, a->map);
    return true;
}

/* Ascends from every point, some at a time. */
static bool ascend_path(struct sx_attributing *a, const struct starts *s)
{
    struct climbers c;
    int64_t batch = sx_gradient_batch(a->e, true, s->n, a->error);
    if (batch == 0)
        return false;
    /* Twice a batch, so that runs remain full for longer as points drop out. */
    int64_t room = 2 * batch > s->n ? s->n : 2 * batch;
    bool ok = climbers_new(&c, room, a->size, a->error);
    for (int64_t k = 0; ok && k < s->n; k += room)
        ok = ascend_some(a, s, &c, k, s->n - k < room ? s->n - k : room);
    climbers_free(&c);
    a->climbers = s->n;
    return ok;
}

static void take_largest(void *context, int64_t k, const double *m, double *map)
{
    struct sx_attributing *a = context;
    sx_aggregate(a->o->aggregate, k, a->steps + 1, a->size, m, map);
}

static void take_trapezoid(void *context, int64_t k, const double *m, double *map)
{
    struct sx_attributing *a = context;
    double weight = (k == 0 || k == a->steps ? 0.5 : 1.0) / (double)a->steps;
    for (int64_t i = 0; i < a->size; i++)
        map[i] += weight * m[i];
}

bool sx_attribute_ggig(struct sx_attributing *a)
{
    const struct starts starts = {a->steps + 1, closed_alpha, take_largest, a};
    return ascend_path(a, &starts);
}

static double open_alpha(const struct sx_attributing *a, int64_t k)
{
    double weight;
    return sx_open_node(k, sx_open_nodes(a->steps), &weight);
}

static void take_open(void *context, int64_t k, const double *m, double *map)
{
    (void)map;
    sx_open_mean_take(context, k, m);
}

bool sx_attribute_ggig_ig(struct sx_attributing *a)
{
    const struct starts closed = {a->steps + 1, closed_alpha, take_trapezoid, a};
    bool ok = ascend_path(a, &closed);
    if (!ok || sx_all_finite(a->map, a->size))
        return ok;
    struct sx_open_mean mean;
    ok = sx_open_mean_new(&mean, a, a->steps);
    a->left_out = 0;
    a->travelled = 0;
    a->unmoved = NULL;
    const struct starts open = {mean.n, open_alpha, take_open, &mean};
    ok = ok && ascend_path(a, &open);
    if (ok)
        sx_open_mean_end(&mean);
    sx_open_mean_free(&mean);
    return ok;
}
