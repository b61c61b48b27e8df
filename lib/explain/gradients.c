/* gradients.c - f and its gradient at many points of x. */
#include <stdlib.h>
#include <string.h>

#include "explain/ahead.h"
#include "explain/redecide.h"

/* The program for f, or for f and its gradient, at points of x; it is built if necessary. */
static struct sx_points *points_of(struct sx_explainer *e, bool gradient, int64_t expected,
                                   struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_points **kept = gradient ? &b->gradients : &b->points;
    if (*kept != NULL)
        return *kept;
    struct sx_graph *g = b->graph;
    int outputs[] = {b->value, SX_NONE};
    if (!sx_is_real(g->node[b->x].type)) {
        sx_fail(error, SX_USAGE, "input '%.80s' holds integers, which have no gradient",
                e->input_name);
        return NULL;
    }
    if (gradient && !sx_derive(g, b->value, SX_NONE, &b->x, 1, &outputs[1])) {
        sx_graph_ok(g, error);
        return NULL;
    }
    int *shared = sx_new((size_t)b->n_inputs + 1, sizeof *shared, error);
    if (shared == NULL)
        return NULL;
    int n = sx_shared_nodes(b, shared);
    struct sx_points_options options = {
        .run = {.threads = e->options.threads, .max_memory = e->options.max_memory},
        .batch = e->options.batch,
        .expected = expected};
    *kept = sx_points_new(g, &b->x, 1, shared, n, outputs, gradient ? 2 : 1, &options, error);
    free(shared);
    return *kept;
}

const void *sx_narrowed(const double *from, float *room, int64_t n)
{
    if (room == NULL)
        return from;
    for (int64_t i = 0; i < n; i++)
        room[i] = (float)from[i];
    return room;
}

void sx_widen(double *to, const void *from, enum sx_type real, int64_t n)
{
    if (real == SX_DOUBLE)
        memcpy(to, from, (size_t)n * sizeof *to);
    else
        for (int64_t i = 0; i < n; i++)
            to[i] = ((const float *)from)[i];
}

/* Buffers of the points of one run, in the precision of the graph. */
struct stretch {
    int64_t room;
    float *points; /* NULL in float64 */
    void *values, *gradients;
    const void **shared;
};

static bool stretch_new(struct stretch *s, const struct sx_explainer *e, int64_t room,
                        struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    size_t size = sx_type_size(b->graph->real), total;
    size_t x = (size_t)sx_count(&e->input.shape);
    *s = (struct stretch){.room = room};
    if (!sx_size_mul(&total, (size_t)room, x))
        return sx_fail(error, SX_MEMORY, "out of memory");
    s->values = sx_new_aligned((size_t)room, size, error);
    s->gradients = sx_new_aligned(total, size, error);
    if (b->graph->real == SX_FLOAT)
        s->points = sx_new_aligned(total, sizeof(float), error);
    s->shared = sx_new((size_t)b->n_inputs + 1, sizeof *s->shared, error);
    if (s->shared != NULL)
        sx_shared_feeds(e, s->shared);
    return s->values != NULL && s->gradients != NULL && s->shared != NULL &&
           (b->graph->real != SX_FLOAT || s->points != NULL);
}

static void stretch_free(struct stretch *s)
{
    free(s->values);
    free(s->gradients);
    free(s->points);
    free(s->shared);
}

int64_t sx_gradient_batch(struct sx_explainer *e, bool gradient, int64_t expected,
                          struct sx_error *error)
{
    struct sx_points *program = points_of(e, gradient, expected, error);
    return program != NULL ? sx_points_batch(program) : 0;
}

/* Evaluates points in the graph of e->built. */
static bool run_points(struct sx_explainer *e, int64_t n, const double *points, double *values,
                       double *gradients, struct sx_error *error)
{
    struct sx_points *program = points_of(e, gradients != NULL, n, error);
    if (program == NULL || n == 0)
        return program != NULL;
    int64_t size = sx_count(&e->input.shape), room = sx_points_batch(program);
    room = room > n ? n : room;
    enum sx_type real = e->built.graph->real;
    struct stretch s;
    bool ok = stretch_new(&s, e, room, error);
    for (int64_t done = 0; ok && done < n; done += room) {
        int64_t now = n - done < room ? n - done : room;
        const void *feeds[] = {sx_narrowed(points + done * size, s.points, now * size)};
        void *const results[] = {s.values, s.gradients};
        ok = sx_points_run(program, now, feeds, s.shared, results, error);
        if (ok && values != NULL)
            sx_widen(values + done, s.values, real, now);
        if (ok && gradients != NULL)
            sx_widen(gradients + done * size, s.gradients, real, now * size);
    }
    stretch_free(&s);
    e->forward += n;
    e->backward += gradients != NULL ? n : 0;
    return ok;
}

bool sx_gradients(struct sx_explainer *e, int64_t n, const double *points, double *values,
                  double *gradients, struct sx_error *error)
{
    sx_explainer_plan(e, n);
    if (sx_known_ahead(e, n, points, values, gradients))
        return true;
    if (sx_redecides(e))
        return sx_redecided(e, run_points, n, points, values, gradients, error);
    return run_points(e, n, points, values, gradients, error);
}
