/* whole.c - whole derivative tensors along a set of directions, at many points.
 *
 * There are two modes. "At once" computes all q^(order-1) tuples of directions of a point in one
 * run; `points` is then not NULL. "Row by row" computes the rows of sorted tuples and fills in the
 * others by symmetry. */
#include <stdlib.h>
#include <string.h>

#include "explain/deriv.h"
#include "explain/redecide.h"
#include "explain/tower.h"

/* At once: the most elements of intermediate values of one point. */
#define AT_ONCE ((int64_t)1 << 23)
/* The most elements of directions that become a constant. */
#define AS_CONSTANT ((size_t)1 << 20)

struct sx_whole {
    struct sx_explainer *e;
    int order;
    int64_t q, size, cells; /* number of directions; elements of x, and of one tensor */
    enum sx_type real;
    bool moving;
    double *directions; /* [q, size], unless moving */
    const void **shared;

    /* At once. The program borrows constants of tower.g and of g, so both must outlive it. */
    struct sx_tower tower;
    struct sx_graph *g;
    struct sx_points *points;
    float *in, *v, *out; /* the points of one run in float32; NULL in float64 */
    int64_t room;

    /* Row by row. */
    struct sx_rows *rows;
    double *tuple[SX_MAX_ORDER], *row; /* the tuples of one run */
};

/* ---- At once ---- */

/* Context of the last rebuild, which replaces all inputs of directions by one node. */
struct fixing {
    const struct sx_graph *from;
    const int *v;
    int n, to;
};

static int fix_directions(void *context, struct sx_graph *to, const struct sx_node *node,
                          const int *in)
{
    const struct fixing *f = context;
    (void)to;
    for (int m = 0; in == NULL && m < f->n; m++)
        if (node == &f->from->node[f->v[m]])
            return f->to;
    return SX_NONE;
}

/* The node of the directions: a constant, unless they change or are too many. */
static int directions_node(struct sx_whole *w, struct sx_graph *g, const struct sx_shape *shape)
{
    size_t n = (size_t)w->q * (size_t)w->size;
    w->moving = w->moving || n > AS_CONSTANT;
    if (w->moving)
        return sx_input(g, g->real, shape);
    float *room = g->real == SX_FLOAT ? sx_new(n, sizeof *room, &g->error) : NULL;
    int id = SX_NONE;
    if (g->error.status == SX_OK)
        id = sx_const(g, g->real, shape, sx_narrowed(w->directions, room, (int64_t)n));
    free(room);
    return id;
}

/* Batches node `number` over the directions, the last direction first. One node of a new graph then
 * holds all directions. */
static bool compile(struct sx_whole *w, int number, int64_t expected, struct sx_error *error)
{
    struct sx_tower *t = &w->tower;
    struct sx_shape shape = sx_shape_of(t->g, t->x);
    struct sx_shape all = sx_batch_shape(w->q, &shape);
    struct fixing f = {.from = t->g, .v = t->v, .n = w->order};
    for (int m = w->order; m-- > 0;) {
        int v = t->v[m], one = number;
        if (!sx_batch(t->g, w->q, &v, &t->v[m], 1, &one, &number, 1))
            return sx_graph_ok(t->g, error);
    }
    struct sx_graph *g = w->g = sx_graph_new(t->g->rows, t->g->real, error);
    int *map = sx_new(t->g->n_nodes, sizeof *map, error);
    int *shared = sx_new((size_t)t->n_shared + 1, sizeof *shared, error);
    bool ok = g != NULL && map != NULL && shared != NULL;
    if (ok) {
        g->limit = t->g->limit;
        g->watch = t->g->watch;
        f.to = directions_node(w, g, &all);
        sx_rebuild(t->g, g, &number, 1, NULL, 0, map, fix_directions, &f);
        for (int i = 0; i < t->n_shared; i++)
            shared[i] = map[t->shared[i]];
        int x = map[t->x], n = t->n_shared;
        if (w->moving)
            shared[n++] = f.to;
        for (int i = 0; i < t->n_shared; i++)
            if (shared[i] == SX_NONE)
                shared[i] =
                    sx_input(g, t->g->node[t->shared[i]].type, &t->g->node[t->shared[i]].shape);
        x = x != SX_NONE ? x : sx_input(g, g->real, &shape);
        struct sx_points_options options = {
            .run = {.threads = w->e->options.threads, .max_memory = w->e->options.max_memory},
            .batch = w->e->options.batch,
            .expected = expected};
        if (sx_graph_ok(g, error))
            w->points = sx_points_new(g, &x, 1, shared, n, &map[number], 1, &options, error);
    }
    free(map);
    free(shared);
    return w->points != NULL;
}

/* Allocates buffers for the points of one run in float32. */
static bool make_room(struct sx_whole *w, struct sx_error *error)
{
    size_t in, v, out;
    w->room = 4 * sx_points_batch(w->points);
    if (!sx_size_mul(&in, (size_t)w->room, (size_t)w->size) ||
        !sx_size_mul(&v, (size_t)w->q, (size_t)w->size) ||
        !sx_size_mul(&out, (size_t)w->room, (size_t)w->cells))
        return sx_fail(error, SX_MEMORY, "out of memory");
    w->in = sx_new_aligned(in, sizeof(float), error);
    w->v = sx_new_aligned(v, sizeof(float), error);
    w->out = sx_new_aligned(out, sizeof(float), error);
    return w->in != NULL && w->v != NULL && w->out != NULL;
}

static bool run_at_once(struct sx_whole *w, int64_t n, const double *points,
                        const double *directions, double *out, struct sx_error *error)
{
    bool single = w->real == SX_FLOAT;
    int64_t room = single ? w->room : n;
    int last = 1;
    sx_shared_feeds(w->e, w->shared);
    for (int i = 0; i < w->e->built.n_inputs; i++)
        last += w->e->built.input[i] != SX_NONE && w->e->built.input[i] != w->e->built.x;
    if (w->moving)
        w->shared[last] = sx_narrowed(directions, w->v, w->q * w->size);
    for (int64_t done = 0; done < n; done += room) {
        int64_t now = n - done < room ? n - done : room;
        const void *feeds[] = {sx_narrowed(points + done * w->size, w->in, now * w->size)};
        void *const results[] = {single ? (void *)w->out : out};
        if (!sx_points_run(w->points, now, feeds, w->shared, results, error))
            return false;
        if (single)
            sx_widen(out + done * w->cells, w->out, SX_FLOAT, now * w->cells);
    }
    return true;
}

/* ---- Row by row ---- */

/* Advances to the next ascending tuple of n indices below q (repetitions allowed); false after the
 * last. */
static bool next_tuple(int64_t *index, int n, int64_t q)
{
    for (int m = n; m-- > 0;)
        if (index[m] + 1 < q) {
            int64_t from = ++index[m];
            for (int k = m + 1; k < n; k++)
                index[k] = from;
            return true;
        }
    return false;
}

/* Advances to the next permutation in lexicographic order; false after the last. */
static bool next_permutation(int64_t *index, int n)
{
    int i = n - 2, j = n - 1;
    while (i >= 0 && index[i] >= index[i + 1])
        i--;
    if (i < 0)
        return false;
    while (index[j] <= index[i])
        j--;
    int64_t kept = index[i];
    index[i] = index[j];
    index[j] = kept;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) {
        kept = index[a];
        index[a] = index[b];
        index[b] = kept;
    }
    return true;
}

void sx_set_symmetric(double *tensor, int64_t q, int order, int64_t *index, double value)
{
    do {
        int64_t at = 0;
        for (int m = 0; m < order; m++)
            at = at * q + index[m];
        tensor[at] = value;
    } while (next_permutation(index, order));
}

/* Stores the row of one tuple of order - 1 indices. */
static void take_row(const struct sx_whole *w, const double *directions, const int64_t *tuple,
                     const double *row, double *out)
{
    int64_t from = tuple[w->order - 2];
    for (int64_t j = from; j < w->q; j++) {
        int64_t index[SX_MAX_ORDER];
        double value = 0;
        memcpy(index, tuple, (size_t)(w->order - 1) * sizeof *index);
        index[w->order - 1] = j;
        const double *v = directions + j * w->size;
        for (int64_t i = 0; i < w->size; i++)
            value += v[i] * row[i];
        sx_set_symmetric(out, w->q, w->order, index, value);
    }
}

static bool run_by_rows(struct sx_whole *w, const double *point, const double *directions,
                        double *out, struct sx_error *error)
{
    int64_t index[SX_MAX_ORDER] = {0}, size = w->size;
    int n = w->order - 1;
    for (bool more = true; more;) {
        int64_t begin[SX_MAX_ORDER], count = 0;
        memcpy(begin, index, sizeof begin);
        for (; more && count < w->room; count++) {
            for (int m = 0; m < n; m++)
                memcpy(w->tuple[m] + count * size, directions + index[m] * size,
                       (size_t)size * sizeof(double));
            more = next_tuple(index, n, w->q);
        }
        if (!sx_rows_run(w->rows, point, count, (const double *const *)w->tuple, w->row, error))
            return false;
        for (int64_t k = 0; k < count; k++) {
            take_row(w, directions, begin, w->row + k * size, out);
            next_tuple(begin, n, w->q);
        }
    }
    return true;
}

static bool prepare_rows(struct sx_whole *w, struct sx_error *error)
{
    w->room = ((int64_t)1 << 22) / (w->size > 0 ? w->size : 1);
    w->room = w->room < 16 ? 16 : w->room > 1024 ? 1024 : w->room;
    size_t total = (size_t)w->room * (size_t)w->size;
    w->rows = sx_rows_new(w->e, w->order, w->q, error);
    w->row = sx_new_aligned(total, sizeof *w->row, error);
    bool ok = w->rows != NULL && w->row != NULL;
    for (int m = 0; ok && m < w->order - 1; m++)
        ok = (w->tuple[m] = sx_new_aligned(total, sizeof *w->row, error)) != NULL;
    return ok;
}

/* ---- Both modes ---- */

static bool keep_directions(struct sx_whole *w, const double *directions,
                            struct sx_error *error)
{
    size_t n;
    if (!sx_size_mul(&n, (size_t)w->q, (size_t)w->size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    w->directions = sx_new(n, sizeof *w->directions, error);
    if (w->directions == NULL)
        return false;
    if (directions != NULL)
        memcpy(w->directions, directions, n * sizeof *directions);
    for (int64_t i = 0; directions == NULL && i < w->q; i++)
        w->directions[i * w->size + i] = 1;
    return true;
}

static bool prepare(struct sx_whole *w, int64_t expected, struct sx_error *error)
{
    struct sx_tower *t = &w->tower;
    int64_t elements = 0;
    if (!sx_tower_new(t, w->e, error))
        return false;
    while (t->level < w->order - 1 && sx_tower_climb(t))
        continue;
    int number = sx_tower_number(t, &elements);
    bool ok = sx_graph_ok(t->g, error), at_once = w->cells <= AT_ONCE;
    for (int m = 1; m < w->order; m++) {
        at_once = at_once && elements <= AT_ONCE / w->q;
        elements *= w->q;
    }
    if (ok && at_once)
        return compile(w, number, expected, error) &&
               (w->real != SX_FLOAT || make_room(w, error));
    sx_tower_free(t);
    return ok && prepare_rows(w, error);
}

struct sx_whole *sx_whole_new(struct sx_explainer *e, int order, int64_t q,
                              const double *directions, bool moving, int64_t expected,
                              struct sx_error *error)
{
    struct sx_whole *w = sx_new(1, sizeof *w, error);
    if (w == NULL)
        return NULL;
    *w = (struct sx_whole){.e = e,
                           .order = order,
                           .q = q,
                           .size = sx_count(&e->input.shape),
                           .cells = 1,
                           .real = e->built.graph->real,
                           .moving = moving};
    w->shared = sx_new((size_t)e->built.n_inputs + 2, sizeof *w->shared, error);
    bool ok = w->shared != NULL;
    if (order < 2 || order > SX_MAX_ORDER)
        ok = sx_fail(error, SX_USAGE, "order %d is not from 2 to %d", order, SX_MAX_ORDER);
    for (int m = 0; ok && m < order; m++) {
        ok = q > 0 && w->cells <= INT64_MAX / 64 / q;
        if (!ok)
            sx_over_limit(error, "%lld directions to the power of %d are too many",
                          (long long)q, order);
        w->cells *= q;
    }
    if (!ok || (!moving && !keep_directions(w, directions, error)) ||
        !prepare(w, expected, error)) {
        sx_whole_free(w);
        return NULL;
    }
    return w;
}

void sx_whole_free(struct sx_whole *w)
{
    if (w == NULL)
        return;
    sx_points_free(w->points);
    sx_graph_free(w->g);
    sx_tower_free(&w->tower);
    sx_rows_free(w->rows);
    for (int m = 0; m < SX_MAX_ORDER; m++)
        free(w->tuple[m]);
    free(w->row);
    free(w->directions);
    free(w->shared);
    free(w->in);
    free(w->v);
    free(w->out);
    free(w);
}

bool sx_whole_run(struct sx_whole *w, int64_t n, const double *points, const double *directions,
                  double *out, struct sx_error *error)
{
    if (w->directions != NULL)
        directions = w->directions;
    bool ok = sx_points_stay(w->e, n, points, error);
    if (ok && w->points != NULL) {
        ok = run_at_once(w, n, points, directions, out, error);
        w->e->forward += n;
        w->e->backward += n * (w->cells / w->q);
    }
    for (int64_t k = 0; ok && w->rows != NULL && k < n; k++)
        ok = run_by_rows(w, points + k * w->size, directions, out + k * w->cells, error);
    return ok;
}
