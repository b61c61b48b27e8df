/* deriv.c - curvature, and rows of derivative tensors for many tuples of directions. */
#include <stdlib.h>

#include "explain/deriv.h"
#include "explain/redecide.h"
#include "explain/tower.h"

bool sx_deriv_curved(struct sx_explainer *e, bool *curved, struct sx_error *error)
{
    struct sx_tower t;
    double value;
    if (!sx_tower_new(&t, e, error))
        return false;
    int row = sx_tower_row(&t);
    bool ok = sx_graph_ok(t.g, error);
    *curved = ok && !(sx_is_uniform(t.g, row, &value) && value == 0);
    sx_tower_free(&t);
    return ok;
}

struct sx_rows {
    struct sx_explainer *e;
    int order;
    int64_t size; /* elements of x */
    enum sx_type real;
    struct sx_tower tower;    /* the program borrows its constants */
    struct sx_points *points; /* its points differ only in the directions */
    const void **shared;
    /* Tuples of one run in float32; NULL in float64. */
    float *at, *v[SX_MAX_ORDER], *out;
    int64_t room;
};

static bool compile(struct sx_rows *r, int64_t expected, struct sx_error *error)
{
    struct sx_tower *t = &r->tower;
    if (!sx_tower_new(t, r->e, error))
        return false;
    while (t->level < r->order - 1 && sx_tower_climb(t))
        continue;
    int row = sx_tower_row(t);
    int *shared = sx_new((size_t)t->n_shared + 1, sizeof *shared, error);
    bool ok = sx_graph_ok(t->g, error) && shared != NULL;
    if (ok) {
        struct sx_points_options options = {
            .run = {.threads = r->e->options.threads, .max_memory = r->e->options.max_memory},
            .expected = expected};
        shared[0] = t->x;
        for (int i = 0; i < t->n_shared; i++)
            shared[i + 1] = t->shared[i];
        r->points = sx_points_new(t->g, t->v, r->order - 1, shared, t->n_shared + 1, &row, 1,
                                  &options, error);
    }
    free(shared);
    return r->points != NULL;
}

static bool make_room(struct sx_rows *r, struct sx_error *error)
{
    r->room = 4 * sx_points_batch(r->points);
    size_t total;
    if (!sx_size_mul(&total, (size_t)r->room, (size_t)r->size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    bool ok = true;
    for (int m = 0; ok && m < r->order - 1; m++)
        ok = (r->v[m] = sx_new_aligned(total, sizeof(float), error)) != NULL;
    r->at = ok ? sx_new_aligned((size_t)r->size, sizeof(float), error) : NULL;
    r->out = r->at != NULL ? sx_new_aligned(total, sizeof(float), error) : NULL;
    return r->out != NULL;
}

struct sx_rows *sx_rows_new(struct sx_explainer *e, int order, int64_t expected,
                            struct sx_error *error)
{
    struct sx_rows *r = sx_new(1, sizeof *r, error);
    if (r == NULL)
        return NULL;
    *r = (struct sx_rows){.e = e,
                          .order = order,
                          .size = sx_count(&e->input.shape),
                          .real = e->built.graph->real};
    r->shared = sx_new((size_t)e->built.n_inputs + 2, sizeof *r->shared, error);
    bool ok = r->shared != NULL;
    if (order < 2 || order > SX_MAX_ORDER)
        ok = sx_fail(error, SX_USAGE, "order %d is not from 2 to %d", order, SX_MAX_ORDER);
    if (!ok || !compile(r, expected, error) || (r->real == SX_FLOAT && !make_room(r, error))) {
        sx_rows_free(r);
        return NULL;
    }
    return r;
}

void sx_rows_free(struct sx_rows *r)
{
    if (r == NULL)
        return;
    sx_points_free(r->points);
    sx_tower_free(&r->tower);
    free(r->shared);
    free(r->at);
    for (int m = 0; m < SX_MAX_ORDER; m++)
        free(r->v[m]);
    free(r->out);
    free(r);
}

bool sx_rows_run(struct sx_rows *r, const double *point, int64_t n, const double *const *v,
                 double *out, struct sx_error *error)
{
    int64_t size = r->size;
    bool single = r->real == SX_FLOAT;
    if (!sx_points_stay(r->e, 1, point, error))
        return false;
    r->shared[0] = sx_narrowed(point, r->at, size);
    sx_shared_feeds(r->e, r->shared + 1);
    int64_t room = single ? r->room : n;
    for (int64_t done = 0; done < n; done += room) {
        int64_t now = n - done < room ? n - done : room;
        const void *feeds[SX_MAX_ORDER];
        void *const results[] = {single ? (void *)r->out : out};
        for (int m = 0; m < r->order - 1; m++)
            feeds[m] = sx_narrowed(v[m] + done * size, r->v[m], now * size);
        if (!sx_points_run(r->points, now, feeds, r->shared, results, error))
            return false;
        if (single)
            sx_widen(out + done * size, r->out, SX_FLOAT, now * size);
    }
    r->e->forward++;
    r->e->backward += n;
    return true;
}
