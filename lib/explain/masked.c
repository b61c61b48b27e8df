/* masked.c - the game of a model: f at x, with the elements of absent players taken from a
 * baseline.
 *
 * The graph takes coalitions, not points, and selects between x and the baseline itself. Passing a
 * coalition costs one byte per player. x, the baseline, and all that depends only on them exist
 * once. */
#include <stdlib.h>

#include "explain/game.h"
#include "explain/leaves.h"
#include "explain/mixed.h"
#include "explain/prefix.h"
#include "explain/redecide.h"

/* Bytes of coalitions that are passed in one call. */
#define MOST_BYTES ((size_t)64 << 20)

/* For fewer coalitions it is not tried to share computations (prefix.h). */
#define FEW_COALITIONS 64

struct masked {
    struct sx_explainer *e;
    struct sx_game *game;
    const struct sx_players *players;
    int64_t n_baselines, number; /* number + k identifies the pair of x and baseline k */
    enum sx_likeness likeness;
    struct sx_tensor x, *baseline, label; /* in the types of the graph */
    const void **shared;
    int n_shared;
    struct sx_leaves *leaves; /* the leaves, if f is a sum of trees; else NULL */
};

/* ---- The graph ---- */

/* The inner product of two tensors, or their cosine. */
static int likeness_of(struct sx_graph *g, enum sx_likeness likeness, int a, int b)
{
    int dot = sx_sum_all(g, sx_mul(g, a, b));
    if (likeness == SX_DOT)
        return dot;
    int norms = sx_mul(g, sx_sum_all(g, sx_mul(g, a, a)), sx_sum_all(g, sx_mul(g, b, b)));
    return sx_div(g, dot, sx_unary(g, SX_SQRT, norms));
}

/* Input nodes. Only the coalition differs from point to point. */
struct feeds {
    int present, *shared, n_shared;
};

/* Adds the game's value to `g`. Shared inputs have the order of masked.shared. */
static int emit_value(const struct masked *m, struct sx_graph *g, struct feeds *f, int *map)
{
    const struct sx_explained *b = &m->e->built;
    int x = sx_masked_x(b, m->players->count, g, &f->present, f->shared), y = SX_NONE;
    f->n_shared = SX_FED_OTHERS;
    if (m->likeness == SX_TARGET) {
        y = sx_rebuild_reading(b, g, b->value, b->x, x, map);
        f->shared[SX_FED_PICK] = sx_fed_as(b, g, map, b->index);
    } else {
        int reference = sx_rebuild_reading(b, g, b->scores, b->x, f->shared[SX_FED_X], map);
        f->n_shared = sx_fed_others(b, g, map, f->shared, f->n_shared);
        y = likeness_of(g, m->likeness, sx_rebuild_reading(b, g, b->scores, b->x, x, map),
                        reference);
        struct sx_shape one = {1, {1}};
        f->shared[SX_FED_PICK] = sx_input(g, SX_INT, &one);
    }
    f->n_shared = sx_fed_others(b, g, map, f->shared, f->n_shared);
    return y;
}

/* Builds the program, for about `expected` coalitions in a call. */
static bool build_points(const struct masked *m, int64_t expected, struct sx_error *error)
{
    const struct sx_explained *b = &m->e->built;
    struct sx_masked *kept = &m->e->built.masked;
    sx_points_free(kept->points);
    sx_graph_free(kept->graph);
    kept->points = NULL;
    kept->graph = sx_graph_new(b->graph->rows, b->graph->real, error);
    int *map = sx_new(b->graph->n_nodes, sizeof *map, error);
    struct feeds f = {.shared =
                          sx_new(2 * (size_t)b->n_inputs + SX_FED_OTHERS, sizeof(int), error)};
    if (kept->graph != NULL && map != NULL && f.shared != NULL) {
        kept->graph->limit = b->graph->limit;
        kept->graph->watch = b->graph->watch;
        for (size_t i = 0; i < b->graph->n_nodes; i++)
            map[i] = SX_NONE;
        int y = emit_value(m, kept->graph, &f, map);
        struct sx_points_options options = {
            .run = {.threads = m->e->options.threads, .max_memory = m->e->options.max_memory},
            .batch = m->e->options.batch,
            .expected = expected};
        if (sx_graph_ok(kept->graph, error))
            kept->points = sx_points_new(kept->graph, &f.present, 1, f.shared, f.n_shared, &y,
                                         1, &options, error);
    }
    kept->players = m->players->count;
    kept->expected = expected;
    kept->likeness = (int)m->likeness;
    free(map);
    free(f.shared);
    return kept->points != NULL;
}

/* The program. The explainer keeps it while samples have the same shape, unless the next call would
 * do better with another batch size. */
static struct sx_points *points_of(const struct masked *m, int64_t expected,
                                   struct sx_error *error)
{
    const struct sx_masked *kept = &m->e->built.masked;
    bool fits = kept->points != NULL && kept->players == m->players->count &&
                kept->likeness == (int)m->likeness;
    if (fits && kept->expected < expected / 2)
        fits = sx_points_batch(kept->points) < kept->expected;
    else if (fits && kept->expected > 4 * expected)
        fits = sx_points_batch(kept->points) <= 4 * expected;
    return fits || build_points(m, expected, error) ? kept->points : NULL;
}

/* Makes *prefix the computation that coalitions share; NULL for few coalitions, or if nothing is
 * gained. It is kept while the players are the same. */
static bool prefix_of(const struct masked *m, int64_t expected, struct sx_prefix **prefix,
                      struct sx_error *error)
{
    struct sx_masked *kept = &m->e->built.masked;
    *prefix = NULL;
    if (m->likeness != SX_TARGET || expected < FEW_COALITIONS)
        return true;
    if (kept->prefix != NULL && !sx_prefix_fits(kept->prefix, m->players, expected)) {
        sx_prefix_free(kept->prefix);
        kept->prefix = NULL;
    }
    if (kept->prefix == NULL &&
        !sx_prefix_new(&kept->prefix, m->e, m->players, expected, error))
        return false;
    *prefix = kept->prefix;
    return true;
}

/* ---- Values ---- */

/* What evaluates coalitions: either `prefix` or `points`. */
struct evaluation {
    struct sx_points *points;
    struct sx_prefix *prefix;
};

static bool choose_evaluation(const struct masked *m, int64_t n, struct evaluation *how,
                              struct sx_error *error)
{
    how->points = NULL;
    if (!prefix_of(m, n, &how->prefix, error))
        return false;
    if (how->prefix == NULL)
        how->points = points_of(m, n, error);
    return how->prefix != NULL || how->points != NULL;
}

static void spread_coalition(const struct masked *m, const uint64_t *coalition,
                             uint8_t *present)
{
    for (int64_t i = 0; i < m->players->count; i++)
        present[i] = sx_set_has(coalition, i);
    present[m->players->count] = 1;
}

static bool run_stretch(struct masked *m, const struct evaluation *how, int64_t n,
                        const uint8_t *present, void *results, double *values,
                        struct sx_error *error)
{
    bool single = m->e->built.graph->real == SX_FLOAT;
    const void *const feeds[] = {present};
    void *const to[] = {results};
    for (int64_t i = 0; i < n; i++)
        values[i] = 0;
    for (int64_t k = 0; k < m->n_baselines; k++) {
        m->shared[SX_FED_BASELINE] = m->baseline[k].data;
        bool ok = how->prefix != NULL
                      ? sx_prefix_run(how->prefix, m->number + k, n, present, m->shared,
                                      results, error)
                      : sx_points_run(how->points, n, feeds, m->shared, to, error);
        if (!ok)
            return false;
        for (int64_t i = 0; i < n; i++)
            values[i] +=
                (single ? (double)((const float *)results)[i] : ((const double *)results)[i]) /
                (double)m->n_baselines;
    }
    m->e->forward += n * m->n_baselines;
    return true;
}

/* With options.redecide points are made here, not in the graph: this many at a time. */
#define POINTS 64

/* The point of a coalition: x where a player is present, else the baseline. */
static void point_of(const struct masked *m, const uint64_t *coalition,
                     const struct sx_tensor *baseline, double *point)
{
    const struct sx_players *p = m->players;
    const double *x = sx_explainer_input(m->e)->data;
    for (int64_t i = 0; i < sx_count(&p->shape); i++) {
        bool present = p->label[i] < 0 || sx_set_has(coalition, p->label[i]);
        point[i] = present ? x[i] : sx_tensor_get(baseline, i);
    }
}

static bool redecided_values(struct masked *m, int64_t n, const uint64_t *coalitions,
                             double *values, struct sx_error *error)
{
    int64_t size = sx_count(&m->players->shape);
    if (m->likeness != SX_TARGET)
        return sx_fail(error, SX_USAGE,
                       "--redecide: outputs of other decisions have no likeness");
    double *points = sx_new_aligned((size_t)size, POINTS * sizeof *points, error);
    bool ok = points != NULL;
    for (int64_t done = 0; ok && done < n; done += POINTS) {
        int64_t now = n - done < POINTS ? n - done : POINTS;
        double some[POINTS];
        for (int64_t i = 0; i < now; i++)
            values[done + i] = 0;
        for (int64_t k = 0; ok && k < m->n_baselines; k++) {
            for (int64_t i = 0; i < now; i++)
                point_of(m, coalitions + (size_t)(done + i) * m->game->words, &m->baseline[k],
                         points + i * size);
            ok = sx_gradients(m->e, now, points, some, NULL, error);
            for (int64_t i = 0; ok && i < now; i++)
                values[done + i] += some[i] / (double)m->n_baselines;
        }
    }
    free(points);
    return ok;
}

static bool masked_values(void *context, int64_t n, const uint64_t *coalitions, double *values,
                          struct sx_error *error)
{
    struct masked *m = context;
    if (sx_redecides(m->e))
        return redecided_values(m, n, coalitions, values, error);
    size_t bytes = (size_t)m->players->count + 1;
    int64_t room = (int64_t)(MOST_BYTES / bytes) + 1;
    room = room < n ? room : n;
    struct evaluation how;
    bool ok = choose_evaluation(m, n, &how, error);
    uint8_t *present = sx_new_aligned((size_t)room, bytes, error);
    void *results = sx_new_aligned((size_t)room, sizeof(double), error);
    ok = ok && present != NULL && results != NULL;
    sx_explainer_plan(m->e, n * m->n_baselines);
    for (int64_t done = 0; ok && done < n; done += room) {
        int64_t now = n - done < room ? n - done : room;
        for (int64_t i = 0; i < now; i++)
            spread_coalition(m, coalitions + (size_t)(done + i) * m->game->words,
                             present + (size_t)i * bytes);
        ok = run_stretch(m, &how, now, present, results, values + done, error);
    }
    free(present);
    free(results);
    return ok;
}

/* ---- Creating the game ---- */

static void release(void *context)
{
    struct masked *m = context;
    for (int64_t k = 0; m->baseline != NULL && k < m->n_baselines; k++)
        sx_tensor_free(&m->baseline[k]);
    free(m->baseline);
    sx_tensor_free(&m->x);
    sx_tensor_free(&m->label);
    sx_leaves_free(m->leaves);
    free(m->shared);
    free(m);
}

/* Removes null players: those whose elements equal those of every baseline. */
static bool drop_nulls(struct masked *m, const double *baselines, struct sx_error *error)
{
    const struct sx_players *p = m->players;
    const double *x = sx_explainer_input(m->e)->data;
    int64_t size = sx_count(&p->shape);
    bool *is_null = sx_new((size_t)p->count, sizeof *is_null, error);
    if (is_null == NULL)
        return false;
    for (int64_t i = 0; i < p->count; i++)
        is_null[i] = true;
    for (int64_t k = 0; k < m->n_baselines; k++)
        for (int64_t i = 0; i < size; i++)
            if (p->label[i] >= 0 && x[i] != baselines[k * size + i])
                is_null[p->label[i]] = false;
    sx_game_drop(m->game, is_null);
    free(is_null);
    return true;
}

static bool take_tensors(struct masked *m, const double *baselines, struct sx_error *error)
{
    const struct sx_explained *b = &m->e->built;
    const struct sx_tensor *x = sx_explainer_input(m->e);
    enum sx_type type = b->graph->node[b->x].type;
    int64_t size = sx_count(&x->shape);
    struct sx_shape flat = {1, {size}};
    m->baseline = sx_new((size_t)m->n_baselines, sizeof *m->baseline, error);
    bool ok = m->baseline != NULL && sx_tensor_convert(&m->x, type, x, error) &&
              sx_tensor_new(&m->label, SX_INT, &flat, error);
    for (int64_t k = 0; ok && k < m->n_baselines; k++) {
        const struct sx_tensor given = {SX_DOUBLE, x->shape,
                                        (void *)(uintptr_t)(baselines + k * size)};
        ok = (m->e->inner ||
              sx_port_takes(sx_model_input(m->e->model, m->e->input_port), &given, error)) &&
             sx_tensor_new(&m->baseline[k], type, &x->shape, error);
        for (int64_t i = 0; ok && i < size; i++)
            sx_tensor_set(&m->baseline[k], i, baselines[k * size + i]);
    }
    for (int64_t i = 0; ok && i < size; i++) {
        int64_t label = m->players->label[i];
        ((int64_t *)m->label.data)[i] = label >= 0 ? label : m->players->count;
    }
    return ok;
}

/* Fills in the shared inputs in the order of emit_value. The baseline changes later. */
static bool take_shared(struct masked *m, struct sx_error *error)
{
    const struct sx_explained *b = &m->e->built;
    int times = m->likeness == SX_TARGET ? 1 : 2;
    m->shared = sx_new(2 * (size_t)b->n_inputs + SX_FED_OTHERS, sizeof *m->shared, error);
    if (m->shared == NULL)
        return false;
    m->shared[m->n_shared++] = &m->e->pick;
    m->shared[m->n_shared++] = m->label.data;
    m->shared[m->n_shared++] = m->x.data;
    m->shared[m->n_shared++] = NULL;
    for (int k = 0; k < times; k++)
        for (int i = 0; i < b->n_inputs; i++)
            if (b->input[i] != SX_NONE && b->input[i] != b->x)
                m->shared[m->n_shared++] = m->e->feeds[i].data;
    return true;
}

static bool leaf_products(void *context, const struct sx_product_taker *to,
                          struct sx_error *error)
{
    const struct masked *m = context;
    return sx_leaves_each(m->leaves, to, error);
}

/* Finds the leaves, if f is a sum of decision trees. */
static bool find_leaves(struct masked *m, const double *baselines, struct sx_error *error)
{
    if (m->likeness == SX_TARGET && !sx_redecides(m->e))
        m->leaves = sx_leaves_new(m->e, m->players, baselines, m->n_baselines, error);
    if (m->leaves != NULL)
        m->game->products = leaf_products;
    return error->status == SX_OK;
}

struct sx_game *sx_game_model(struct sx_explainer *e, const struct sx_players *players,
                              const double *baselines, int64_t n, enum sx_likeness likeness,
                              struct sx_error *error)
{
    if (n < 1 || !sx_shape_equal(&players->shape, &sx_explainer_input(e)->shape)) {
        sx_fail(error, SX_USAGE, n < 1 ? "there is no baseline" : "players of another shape");
        return NULL;
    }
    struct masked *m = sx_new(1, sizeof *m, error);
    if (m == NULL)
        return NULL;
    *m = (struct masked){.e = e, .players = players, .n_baselines = n, .likeness = likeness};
    struct sx_game *game = sx_game_new(players->count, masked_values, m, error);
    if (game == NULL) {
        free(m);
        return NULL;
    }
    game->release = release;
    game->watch = e->options.watch;
    m->game = game;
    m->number = e->games;
    e->games += n;
    if (take_tensors(m, baselines, error) && take_shared(m, error) &&
        drop_nulls(m, baselines, error) && find_leaves(m, baselines, error))
        return game;
    sx_game_free(game);
    return NULL;
}
