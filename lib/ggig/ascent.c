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

#include "explain/quadrature.h"
#include "ggig/attribute.h"

/* Moves z one step up; false if it cannot move any more. */
static bool climb(const struct sx_attribute_options *o, int64_t size, const double *g,
                  double *z)
{
    double norm = 0;
    for (int64_t i = 0; i < size; i++)
        norm += g[i] * g[i];
    if (norm == 0 || !sx_all_finite(g, size))
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
            double *best = c->best + c->origin[i] * size;
            a->left_out += !sx_aggregate(how, t, a->iterations, size, g, best);
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

/* The points that are ascended from, and what takes M_k of point k. */
struct starts {
    int64_t n;
    double (*alpha)(const struct sx_attributing *a, int64_t k);
    void (*take)(void *context, int64_t k, const double *m);
    void *context;
};

static double closed_alpha(const struct sx_attributing *a, int64_t k)
{
    return (double)k / (double)a->steps;
}

/* Ascends from every point, some at a time. */
static bool ascend_path(struct sx_attributing *a, const struct starts *s)
{
    struct climbers c;
    int64_t batch = sx_gradient_batch(a->e, true, s->n, a->error);
    if (batch == 0)
        return false;
    /* Two runs at a time, so that a run stays full for longer as points drop out. */
    int64_t room = 2 * batch > s->n ? s->n : 2 * batch;
    bool ok = climbers_new(&c, room, a->size, a->error);
    for (int64_t k = 0; ok && k < s->n; k += room) {
        c.active = s->n - k < room ? s->n - k : room;
        memset(c.best, 0, (size_t)(c.n * a->size) * sizeof *c.best);
        int64_t now = c.active;
        for (int64_t j = 0; j < now; j++) {
            c.origin[j] = j;
            sx_path_point(a, s->alpha(a, k + j), c.z + j * a->size);
        }
        ok = climb_all(a, &c, a->o->aggregate);
        for (int64_t j = 0; ok && j < now; j++)
            s->take(s->context, k + j, c.best + j * a->size);
    }
    climbers_free(&c);
    return ok;
}

static void take_largest(void *context, int64_t k, const double *m)
{
    struct sx_attributing *a = context;
    sx_aggregate(a->o->aggregate, k, a->steps + 1, a->size, m, a->map);
}

static void take_trapezoid(void *context, int64_t k, const double *m)
{
    struct sx_attributing *a = context;
    double weight = (k == 0 || k == a->steps ? 0.5 : 1.0) / (double)a->steps;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] += weight * m[i];
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

static void take_open(void *context, int64_t k, const double *m)
{
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
    const struct starts open = {mean.n, open_alpha, take_open, &mean};
    ok = ok && ascend_path(a, &open);
    if (ok)
        sx_open_mean_end(&mean);
    sx_open_mean_free(&mean);
    return ok;
}

/* The ascent from x alone: its gradients and how many are finite. */
struct ascent {
    double *z, *g, *next;
    int64_t n;
};

/* Takes gradient t: into the maximum, or with half the weight of the first into a sum. */
static void take_step(struct sx_attributing *a, bool trapezoid, int64_t t, const double *g)
{
    if (!trapezoid)
        sx_aggregate(a->o->aggregate, t, a->iterations, a->size, g, a->map);
    else
        for (int64_t i = 0; i < a->size; i++)
            a->map[i] += (t == 0 ? 0.5 : 1.0) * g[i];
}

/* Ends at a gradient that is not finite, which a mean leaves out unless it is the first. */
static bool ascend(struct sx_attributing *a, struct ascent *s, bool trapezoid)
{
    bool moves = true;
    memcpy(s->z, a->x, (size_t)a->size * sizeof *s->z);
    for (int64_t t = 0; t < a->iterations; t++) {
        if (moves && !sx_gradients(a->e, 1, s->z, NULL, s->next, a->error))
            return false;
        bool finite = sx_all_finite(s->next, a->size);
        if (finite || t == 0 || !trapezoid) {
            take_step(a, trapezoid, t, s->next);
            memcpy(s->g, s->next, (size_t)a->size * sizeof *s->g);
            s->n++;
        }
        if (!finite) {
            a->left_out++;
            break;
        }
        moves = moves && climb(a->o, a->size, s->g, s->z);
    }
    return true;
}

/* `trapezoid` weighs the ends half. */
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
