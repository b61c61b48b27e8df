/* prefix.c - evaluations of masked inputs that share the layers up to a picture whose places depend
 * on few players each.
 *
 * A first program computes the picture found by reach.c for all coalitions of colours: a table. The
 * picture of a coalition is then composed from the table, place by place, and a second program
 * continues from it. The result has the same bytes as a whole pass, because each place is computed
 * from the same numbers in the same way. */
#include <stdlib.h>
#include <string.h>
#include <omp.h>

#include "explain/prefix.h"
#include "explain/reach.h"

/* Limits of the table: bytes, and its share of the memory limit. */
#define MOST_BYTES ((size_t)128 << 20)
#define SHARE 4

/* One of the two programs. */
struct part {
    struct sx_graph *graph;
    struct sx_points *points;
};

struct sx_prefix {
    struct sx_reach reach;
    int64_t *label, size, players; /* the players it was made for */
    int64_t expected, number; /* number: identifies x and baseline of the table's contents */
    struct part before, behind;
    int n_shared, threads;
    size_t element;
    char *table;      /* [2^colours, places, channels] */
    char *picture;    /* [batch, places, channels] */
    uint8_t *present; /* [2^colours, players + 1] */
    const void **shared;
};

/* ---- Building ---- */

/* Emits the picture [1, rows, columns, channels] of a coalition; its inputs are *feed and shared[]. */
static int emit_before(const struct sx_prefix *p, const struct sx_explained *b,
                       struct sx_graph *g, int *map, int *feed, int *shared, int *n_shared)
{
    int x = sx_masked_x(b, p->players, g, feed, shared);
    int y = sx_rebuild_reading(b, g, p->reach.node, b->x, x, map);
    shared[SX_FED_PICK] = sx_fed_as(b, g, map, b->index);
    *n_shared = sx_fed_others(b, g, map, shared, SX_FED_OTHERS);
    return sx_transpose(g, y, (const int[]){0, 2, 3, 1});
}

/* Emits the value from such a picture, the input *feed. */
static int emit_behind(const struct sx_prefix *p, const struct sx_explained *b,
                       struct sx_graph *g, int *map, int *feed, int *shared, int *n_shared)
{
    const struct sx_node *n = &b->graph->node[p->reach.node];
    const struct sx_shape last = {4, {1, n->shape.dim[2], n->shape.dim[3], n->shape.dim[1]}};
    *feed = sx_input(g, n->type, &last);
    int picture = sx_transpose(g, *feed, (const int[]){0, 3, 1, 2});
    int y = sx_rebuild_reading(b, g, b->value, p->reach.node, picture, map);
    shared[0] = sx_fed_as(b, g, map, b->index);
    *n_shared = sx_fed_others(b, g, map, shared, 1);
    return y;
}

static bool build(struct sx_prefix *p, const struct sx_explainer *e, bool before,
                  struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    struct part *part = before ? &p->before : &p->behind;
    struct sx_points_options options = {
        .run = {.threads = e->options.threads, .max_memory = e->options.max_memory},
        .batch = e->options.batch,
        .expected = before ? (int64_t)1 << p->reach.colours : p->expected};
    int feed, n_shared,
        *shared = sx_new((size_t)b->n_inputs + SX_FED_OTHERS, sizeof *shared, error);
    int *map = sx_new(b->graph->n_nodes, sizeof *map, error);
    part->graph = sx_graph_new(b->graph->rows, b->graph->real, error);
    if (shared != NULL && map != NULL && part->graph != NULL) {
        part->graph->limit = b->graph->limit;
        part->graph->watch = b->graph->watch;
        for (size_t i = 0; i < b->graph->n_nodes; i++)
            map[i] = SX_NONE;
        int y = before ? emit_before(p, b, part->graph, map, &feed, shared, &n_shared)
                       : emit_behind(p, b, part->graph, map, &feed, shared, &n_shared);
        if (sx_graph_ok(part->graph, error))
            part->points =
                sx_points_new(part->graph, &feed, 1, shared, n_shared, &y, 1, &options, error);
        p->n_shared = n_shared;
    }
    free(map);
    free(shared);
    return part->points != NULL;
}

/* Writes all coalitions of colours as bytes. */
static void spread_colours(struct sx_prefix *p)
{
    for (int64_t k = 0; k < (int64_t)1 << p->reach.colours; k++) {
        uint8_t *row = p->present + k * (p->players + 1);
        for (int64_t i = 0; i < p->players; i++)
            row[i] = (uint8_t)(k >> p->reach.colour[i] & 1);
        row[p->players] = 1;
    }
}

static bool make_room(struct sx_prefix *p, const struct sx_explained *b, struct sx_error *error)
{
    size_t patterns = (size_t)1 << p->reach.colours;
    size_t picture = (size_t)(p->reach.places * p->reach.channels) * p->element;
    p->table = sx_new_aligned(patterns, picture, error);
    p->picture = sx_new_aligned((size_t)sx_points_batch(p->behind.points), picture, error);
    p->present = sx_new_aligned(patterns, (size_t)p->players + 1, error);
    p->shared = sx_new((size_t)b->n_inputs + 1, sizeof *p->shared, error);
    if (p->table == NULL || p->picture == NULL || p->present == NULL || p->shared == NULL)
        return false;
    spread_colours(p);
    return true;
}

static bool keep_players(struct sx_prefix *p, const struct sx_players *players,
                         struct sx_error *error)
{
    p->size = sx_count(&players->shape);
    p->players = players->count;
    p->label = sx_new((size_t)p->size, sizeof *p->label, error);
    if (p->label != NULL)
        memcpy(p->label, players->label, (size_t)p->size * sizeof *p->label);
    return p->label != NULL;
}

bool sx_prefix_new(struct sx_prefix **prefix, const struct sx_explainer *e,
                   const struct sx_players *players, int64_t expected, struct sx_error *error)
{
    struct sx_prefix *p = sx_new(1, sizeof *p, error);
    size_t most = MOST_BYTES, limit = e->options.max_memory / SHARE;
    most = limit > 0 && limit < most ? limit : most;
    *prefix = NULL;
    if (p == NULL)
        return false;
    p->expected = expected;
    p->number = -1;
    p->element = sx_type_size(e->built.graph->real);
    p->threads = e->options.threads > 0 ? e->options.threads : omp_get_max_threads();
    bool ok = sx_reach_find(&p->reach, &e->built, players, expected, most, error);
    if (ok && p->reach.node != SX_NONE) {
        ok = keep_players(p, players, error) && build(p, e, true, error) &&
             build(p, e, false, error) && make_room(p, &e->built, error);
        *prefix = ok ? p : NULL;
    }
    if (*prefix == NULL)
        sx_prefix_free(p);
    return ok;
}

void sx_prefix_free(struct sx_prefix *p)
{
    if (p == NULL)
        return;
    sx_reach_free(&p->reach);
    sx_points_free(p->before.points);
    sx_graph_free(p->before.graph);
    sx_points_free(p->behind.points);
    sx_graph_free(p->behind.graph);
    free(p->label);
    free(p->table);
    free(p->picture);
    free(p->present);
    free(p->shared);
    free(p);
}

bool sx_prefix_fits(const struct sx_prefix *p, const struct sx_players *players,
                    int64_t expected)
{
    return p->players == players->count && p->size == sx_count(&players->shape) &&
           p->expected >= expected / 4 && p->expected <= 4 * expected &&
           memcmp(p->label, players->label, (size_t)p->size * sizeof *p->label) == 0;
}

/* ---- Running ---- */

/* Composes the picture of a coalition. A place is that of the coalition of colours in which the
 * same players of the place are present. */
static void put_together(const struct sx_prefix *p, const uint8_t *present, char *to)
{
    const struct sx_reach *r = &p->reach;
    size_t bytes = (size_t)r->channels * p->element;
    for (int64_t place = 0; place < r->places; place++) {
        int64_t pattern = 0;
        for (int64_t i = r->first[place]; i < r->first[place + 1]; i++)
            pattern |= (int64_t)(present[r->player[i]] != 0) << r->colour[r->player[i]];
        memcpy(to + (size_t)place * bytes,
               p->table + (size_t)(pattern * r->places + place) * bytes, bytes);
    }
}

static void put_all_together(const struct sx_prefix *p, int64_t n, const uint8_t *present)
{
    size_t bytes = (size_t)(p->reach.places * p->reach.channels) * p->element;
#pragma omp parallel for num_threads(p->threads)
    for (int64_t i = 0; i < n; i++)
        put_together(p, present + i * (p->players + 1), p->picture + (size_t)i * bytes);
}

bool sx_prefix_run(struct sx_prefix *p, int64_t number, int64_t n, const uint8_t *present,
                   const void *const *shared, void *results, struct sx_error *error)
{
    const void *const colours[] = {p->present}, *const picture[] = {p->picture};
    void *const table[] = {p->table};
    int64_t batch = sx_points_batch(p->behind.points);
    if (p->number != number && !sx_points_run(p->before.points, (int64_t)1 << p->reach.colours,
                                              colours, shared, table, error))
        return false;
    p->number = number;
    p->shared[0] = shared[SX_FED_PICK];
    for (int i = 1; i < p->n_shared; i++)
        p->shared[i] = shared[SX_FED_OTHERS + i - 1];
    for (int64_t done = 0; done < n; done += batch) {
        int64_t now = n - done < batch ? n - done : batch;
        void *const to[] = {(char *)results + (size_t)done * p->element};
        put_all_together(p, now, present + done * (p->players + 1));
        if (!sx_points_run(p->behind.points, now, picture, p->shared, to, error))
            return false;
    }
    return true;
}
