/* products.c - derivatives of f along places of a layer, multiplied by the layer and summed per
 * place.
 *
 * Each tuple of places costs one backward pass through the graph above the layer. Tuples run in
 * batches. Input and output are one number per place, so nothing has the size of a row of the
 * derivative tensor. */
#include <stdlib.h>
#include <string.h>

#include "explain/products.h"
#include "explain/redecide.h"
#include "explain/tower.h"

struct sx_products {
    struct sx_explainer *e;
    const struct sx_places *places;
    int order;
    enum sx_type real;
    struct sx_tower tower; /* the graph borrows its constants */
    struct sx_graph *g;
    struct sx_points *points;
    const void **shared;
    float *x, *d; /* in float32; NULL in float64 */
    void *out;    /* results of one run, in the graph's precision */
    void *v[2];   /* tuples of one run: 1 at the place, 0 elsewhere */
    int64_t room;
};

/* Context of a rebuild: input nodes of one graph, and the nodes that replace them. */
struct replacing {
    const struct sx_graph *from;
    int n, node[3], by[3];
};

static int replace_inputs(void *context, struct sx_graph *to, const struct sx_node *node,
                          const int *in)
{
    const struct replacing *r = context;
    (void)to;
    for (int i = 0; in == NULL && i < r->n; i++)
        if (node == &r->from->node[r->node[i]])
            return r->by[i];
    return SX_NONE;
}

static int direction(const struct sx_places *places, struct sx_graph *g,
                     enum sx_taylor_form form, int numbers, int d)
{
    int spread = sx_places_spread(places, g, numbers);
    if (form == SX_TAYLOR_INPUT || form == SX_TAYLOR_INTEGRATED)
        return sx_mul(g, spread, d);
    return sx_expand(g, spread, &places->shape);
}

/* Replaces the tower's directions by directions made from numbers per place, and sums its row over
 * places. */
static bool emit(struct sx_products *p, enum sx_taylor_form form, int row, int numbers[2],
                 int *shared, int *out, struct sx_error *error)
{
    struct sx_tower *t = &p->tower;
    struct sx_graph *g = p->g;
    struct sx_shape each = {1, {p->places->n}};
    int *map = sx_new(t->g->n_nodes, sizeof *map, error);
    if (map == NULL)
        return false;
    int x = sx_input(g, g->real, &p->places->shape);
    int d = sx_input(g, g->real, &p->places->shape);
    struct replacing r = {t->g, p->order, {t->x}, {x}};
    for (int m = 0; m < p->order - 1; m++) {
        numbers[m] = sx_input(g, g->real, &each);
        r.node[m + 1] = t->v[m];
        r.by[m + 1] = direction(p->places, g, form, numbers[m], d);
    }
    if (sx_rebuild(t->g, g, &row, 1, NULL, 0, map, replace_inputs, &r)) {
        int along = map[row];
        if (form == SX_TAYLOR_BASIC)
            along = sx_places_pool(p->places, g, along);
        *out = sx_places_gather(p->places, g, sx_mul(g, d, along));
        shared[0] = x;
        shared[1] = d;
        for (int i = 0; i < t->n_shared; i++) {
            const struct sx_node *n = &t->g->node[t->shared[i]];
            shared[i + 2] = map[t->shared[i]];
            if (shared[i + 2] == SX_NONE)
                shared[i + 2] = sx_input(g, n->type, &n->shape);
        }
    }
    free(map);
    return sx_graph_ok(g, error);
}

static bool compile(struct sx_products *p, enum sx_taylor_form form, int64_t expected,
                    struct sx_error *error)
{
    struct sx_tower *t = &p->tower;
    if (!sx_tower_new(t, p->e, error))
        return false;
    while (t->level < p->order - 1 && sx_tower_climb(t))
        continue;
    int row = sx_tower_row(t), numbers[2], out;
    p->g = sx_graph_new(t->g->rows, t->g->real, error);
    int *shared = sx_new((size_t)t->n_shared + 2, sizeof *shared, error);
    if (sx_graph_ok(t->g, error) && p->g != NULL && shared != NULL) {
        p->g->limit = t->g->limit;
        p->g->watch = t->g->watch;
        struct sx_points_options options = {
            .run = {.threads = p->e->options.threads, .max_memory = p->e->options.max_memory},
            .batch = p->e->options.batch,
            .expected = expected};
        if (emit(p, form, row, numbers, shared, &out, error))
            p->points = sx_points_new(p->g, numbers, p->order - 1, shared, t->n_shared + 2,
                                      &out, 1, &options, error);
    }
    free(shared);
    return p->points != NULL;
}

static bool make_room(struct sx_products *p, struct sx_error *error)
{
    size_t total, size = sx_type_size(p->real);
    p->room = 4 * sx_points_batch(p->points);
    if (!sx_size_mul(&total, (size_t)p->room, (size_t)p->places->n))
        return sx_fail(error, SX_MEMORY, "out of memory");
    p->shared = sx_new((size_t)p->tower.n_shared + 2, sizeof *p->shared, error);
    p->out = sx_new_aligned(total, size, error);
    bool ok = p->shared != NULL && p->out != NULL;
    for (int m = 0; m < p->order - 1; m++)
        ok = ok && (p->v[m] = sx_new_aligned(total, size, error)) != NULL;
    size = (size_t)sx_count(&p->places->shape);
    if (ok && p->real == SX_FLOAT) {
        p->x = sx_new_aligned(size, sizeof *p->x, error);
        p->d = sx_new_aligned(size, sizeof *p->d, error);
        ok = p->x != NULL && p->d != NULL;
    }
    return ok;
}

struct sx_products *sx_products_new(struct sx_explainer *e, const struct sx_places *places,
                                    enum sx_taylor_form form, int order, int64_t expected,
                                    struct sx_error *error)
{
    struct sx_products *p = sx_new(1, sizeof *p, error);
    if (p == NULL)
        return NULL;
    *p = (struct sx_products){
        .e = e, .places = places, .order = order, .real = e->built.graph->real};
    if (compile(p, form, expected, error) && make_room(p, error))
        return p;
    sx_products_free(p);
    return NULL;
}

void sx_products_free(struct sx_products *p)
{
    if (p == NULL)
        return;
    sx_points_free(p->points);
    sx_graph_free(p->g);
    sx_tower_free(&p->tower);
    free(p->shared);
    free(p->x);
    free(p->d);
    free(p->out);
    free(p->v[0]);
    free(p->v[1]);
    free(p);
}

/* Writes the m-th place of each of n tuples as a row with a single 1. */
static void mark(struct sx_products *p, int m, int64_t n, const int64_t *tuples)
{
    int64_t width = p->places->n;
    struct sx_tensor view = {p->real, {1, {n * width}}, p->v[m]};
    memset(p->v[m], 0, (size_t)(n * width) * sx_type_size(p->real));
    for (int64_t t = 0; t < n; t++)
        sx_tensor_set(&view, t * width + tuples[t * (p->order - 1) + m], 1);
}

bool sx_products_run(struct sx_products *p, const double *x, const double *d, int64_t n,
                     const int64_t *tuples, double *out, struct sx_error *error)
{
    int64_t width = p->places->n, size = sx_count(&p->places->shape);
    if (!sx_points_stay(p->e, 1, x, error))
        return false;
    p->shared[0] = sx_narrowed(x, p->x, size);
    p->shared[1] = sx_narrowed(d, p->d, size);
    sx_shared_feeds(p->e, p->shared + 2);
    for (int64_t done = 0; done < n; done += p->room) {
        int64_t now = n - done < p->room ? n - done : p->room;
        const void *feeds[] = {p->v[0], p->v[1]};
        void *const results[] = {p->out};
        for (int m = 0; m < p->order - 1; m++)
            mark(p, m, now, tuples + done * (p->order - 1));
        if (!sx_points_run(p->points, now, feeds, p->shared, results, error))
            return false;
        sx_widen(out + done * width, p->out, p->real, now * width);
    }
    p->e->forward++;
    p->e->backward += n;
    return true;
}
