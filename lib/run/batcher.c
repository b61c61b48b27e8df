/* batcher.c - runs one graph at many points, in batches whose size suits cache and memory. */
#include <stdlib.h>
#include <string.h>

#include "graph/derive.h"
#include "graph/op.h"
#include "run/run.h"

/* Batch sizes. Measured: image networks gain nothing beyond 2 images per run. Small networks
 * gain nothing once a batch fills a cache. */
#define NEAR_CACHE ((size_t)4 << 20)
#define MOST_POINTS 1024
#define FEW_POINTS 2

/* The program for one batch size, with its feeds and results. */
struct batch {
    int64_t size;
    struct sx_program *program;
    struct sx_tensor *feed, *result; /* each run sets their data */
};

struct sx_points {
    struct sx_graph *g; /* the graph of one point; each batch size appends its own nodes */
    int n_inputs, n_shared, n_outputs;
    int *feed, *output;           /* nodes of g; feed: inputs, then shared */
    size_t *in_bytes, *out_bytes; /* bytes of one point */
    struct batch batch[2];        /* the usual size, and single points */
    bool alone;                   /* a value has no axis left for a batch */
    size_t padding_bytes;
    char **padded; /* per input, then per output: room for an incomplete last batch */
    struct sx_run_options run;
    struct sx_arena memory;
};

/* ---- Choosing ---- */

/* Sets *bytes to the size of all values that are computed anew for each point, and *room to whether
 * each of them can have one more axis. */
static bool bytes_per_point(const struct sx_points *points, size_t *bytes, bool *room,
                            struct sx_error *error)
{
    const struct sx_graph *g = points->g;
    bool *reached = sx_new(g->n_nodes, sizeof *reached, error);
    if (reached == NULL)
        return false;
    sx_mark_reached(g, points->feed, points->n_inputs, g->n_nodes, reached);
    *bytes = 0;
    *room = true;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *node = &g->node[i];
        size_t one = (size_t)sx_count(&node->shape) * sx_type_size(node->type);
        if (reached[i] && node->shape.rank == SX_MAX_RANK)
            *room = false;
        if (reached[i] && !sx_row_of(g, node)->view && !sx_size_add(bytes, *bytes, one))
            *bytes = SIZE_MAX;
    }
    free(reached);
    return true;
}

/* Among the batch sizes up to `most` and above half of it, the one that leaves the fewest places of
 * the last batch unused. */
static int64_t divide(int64_t expected, int64_t most)
{
    if (expected <= 0)
        return most;
    if (expected <= most)
        return expected;
    int64_t best = most, least = INT64_MAX;
    for (int64_t size = most; size > most / 2; size--) {
        int64_t unused = (size - expected % size) % size;
        if (unused < least) {
            least = unused;
            best = size;
        }
    }
    return best;
}

static bool choose(struct sx_points *points, const struct sx_points_options *options,
                   int64_t *size, struct sx_error *error)
{
    size_t bytes;
    bool room;
    if (!bytes_per_point(points, &bytes, &room, error))
        return false;
    if (options->batch > 0 || !room) {
        points->alone = !room;
        *size = room ? options->batch : 1;
        return true;
    }
    size_t most = bytes > 0 ? NEAR_CACHE / bytes : MOST_POINTS;
    if (most > MOST_POINTS)
        most = MOST_POINTS;
    if (most < FEW_POINTS)
        most = FEW_POINTS;
    *size = divide(options->expected, (int64_t)most);
    points->run.often = points->run.often || options->expected > *size;
    return true;
}

/* ---- Building ---- */

static bool compile_nodes(struct sx_points *points, struct batch *batch, int64_t size,
                          int *feed, int *result, struct sx_error *error)
{
    struct sx_graph *g = points->g;
    int n_feeds = points->n_inputs + points->n_shared;
    memcpy(feed, points->feed, (size_t)n_feeds * sizeof *feed);
    memcpy(result, points->output, (size_t)points->n_outputs * sizeof *result);
    if (size > 1 && !sx_batch(g, size, points->feed, feed, points->n_inputs, points->output,
                              result, points->n_outputs))
        return sx_graph_ok(g, error);
    batch->program =
        sx_compile(g, feed, n_feeds, result, points->n_outputs, &points->run, error);
    if (batch->program == NULL)
        return false;
    for (int i = 0; i < n_feeds; i++)
        batch->feed[i] =
            (struct sx_tensor){.type = g->node[feed[i]].type, .shape = g->node[feed[i]].shape};
    for (int i = 0; i < points->n_outputs; i++)
        batch->result[i] = (struct sx_tensor){.type = g->node[result[i]].type,
                                              .shape = g->node[result[i]].shape};
    batch->size = size;
    return true;
}

static bool compile(struct sx_points *points, struct batch *batch, int64_t size,
                    struct sx_error *error)
{
    size_t n_feeds = (size_t)points->n_inputs + (size_t)points->n_shared;
    size_t n_outputs = (size_t)points->n_outputs;
    int *node = sx_new(n_feeds + n_outputs, sizeof *node, error);
    batch->feed = sx_arena_new(&points->memory, n_feeds, sizeof *batch->feed, error);
    batch->result = sx_arena_new(&points->memory, n_outputs, sizeof *batch->result, error);
    bool ok = node != NULL && batch->feed != NULL && batch->result != NULL &&
              compile_nodes(points, batch, size, node, node + n_feeds, error);
    free(node);
    return ok;
}

/* Allocates one batch of every input and output, for when fewer points remain. */
static bool make_padding(struct sx_points *points, struct sx_error *error)
{
    int n = points->n_inputs + points->n_outputs;
    for (int i = 0; i < n; i++) {
        size_t one = i < points->n_inputs ? points->in_bytes[i]
                                          : points->out_bytes[i - points->n_inputs];
        points->padded[i] = sx_new_aligned((size_t)points->batch[0].size, one, error);
        if (points->padded[i] == NULL)
            return false;
        points->padding_bytes += (size_t)points->batch[0].size * one;
    }
    return true;
}

/* Compiles for `size` points a run, or for fewer if the memory limit requires it. */
static bool prepare(struct sx_points *points, int64_t size, struct sx_error *error)
{
    size_t one = 0, limit = points->run.max_memory, padding;
    for (int i = 0; i < points->n_inputs; i++)
        one += points->in_bytes[i];
    for (int i = 0; i < points->n_outputs; i++)
        one += points->out_bytes[i];
    for (;; size = (size + 1) / 2) {
        struct sx_error failure = {0};
        bool fits = sx_size_mul(&padding, one, (size_t)size) && (limit == 0 || padding < limit);
        points->run.max_memory = fits && limit > 0 ? limit - padding : limit;
        if (!fits)
            sx_over_limit(&failure, "%lld points need more than the memory limit of %zu MB",
                          (long long)size, limit >> 20);
        else if (compile(points, &points->batch[0], size, &failure))
            return make_padding(points, error);
        if (failure.status != SX_MEMORY || failure.want == SX_WANT_LITTLE || size <= 1)
            return sx_fail_as(error, &failure);
    }
}

static bool copy_graph(struct sx_points *points, const struct sx_graph *g, const int *inputs,
                       const int *shared, const int *outputs, struct sx_error *error)
{
    size_t n_in = (size_t)points->n_inputs, n_shared = (size_t)points->n_shared;
    size_t n_out = (size_t)points->n_outputs;
    int *map = sx_new(g->n_nodes, sizeof *map, error);
    points->g = sx_graph_new(g->rows, g->real, error);
    points->feed = sx_arena_new(&points->memory, n_in + n_shared, sizeof *map, error);
    points->output = sx_arena_new(&points->memory, n_out, sizeof *map, error);
    points->in_bytes = sx_arena_new(&points->memory, n_in, sizeof(size_t), error);
    points->out_bytes = sx_arena_new(&points->memory, n_out, sizeof(size_t), error);
    points->padded = sx_arena_new(&points->memory, n_in + n_out, sizeof(char *), error);
    bool ok = map != NULL && points->g != NULL && points->feed != NULL &&
              points->output != NULL && points->in_bytes != NULL && points->out_bytes != NULL &&
              points->padded != NULL;
    if (ok) {
        points->g->limit = g->limit;
        points->g->watch = g->watch;
        memcpy(points->feed, inputs, n_in * sizeof *map);
        for (size_t i = 0; i < n_shared; i++)
            points->feed[n_in + i] = shared[i];
        ok = sx_rebuild(g, points->g, outputs, points->n_outputs, points->feed,
                        (int)(n_in + n_shared), map, NULL, NULL) ||
             sx_graph_ok(points->g, error);
    }
    for (size_t i = 0; ok && i < n_in + n_shared; i++) {
        const struct sx_node *node = &g->node[points->feed[i]];
        points->feed[i] = map[points->feed[i]];
        if (points->feed[i] == SX_NONE) /* nothing depends on it */
            points->feed[i] = sx_input(points->g, node->type, &node->shape);
        ok = points->feed[i] != SX_NONE || sx_graph_ok(points->g, error);
    }
    for (size_t i = 0; ok && i < n_out; i++)
        points->output[i] = map[outputs[i]];
    for (size_t i = 0; ok && i < n_in + n_out; i++) {
        const struct sx_node *node = &g->node[i < n_in ? inputs[i] : outputs[i - n_in]];
        *(i < n_in ? &points->in_bytes[i] : &points->out_bytes[i - n_in]) =
            (size_t)sx_count(&node->shape) * sx_type_size(node->type);
    }
    free(map);
    return ok;
}

struct sx_points *sx_points_new(const struct sx_graph *g, const int *inputs, int n_inputs,
                                const int *shared, int n_shared, const int *outputs,
                                int n_outputs, const struct sx_points_options *options,
                                struct sx_error *error)
{
    struct sx_points *points = sx_new(1, sizeof *points, error);
    int64_t size;
    if (points == NULL)
        return NULL;
    points->n_inputs = n_inputs;
    points->n_shared = n_shared;
    points->n_outputs = n_outputs;
    points->run = options->run;
    if (!copy_graph(points, g, inputs, shared, outputs, error) ||
        !choose(points, options, &size, error) || !prepare(points, size, error)) {
        sx_points_free(points);
        return NULL;
    }
    return points;
}

/* ---- Running ---- */

/* Runs one batch of n points from point `first` on. If n is less than its size, the rest of the
 * batch repeats the last point, and its results are dropped. */
static bool run_batch(struct sx_points *points, struct batch *batch, int64_t first, int64_t n,
                      const void *const *feeds, const void *const *shared, void *const *results,
                      struct sx_error *error)
{
    int n_inputs = points->n_inputs;
    for (int i = 0; i < n_inputs; i++) {
        size_t one = points->in_bytes[i];
        const char *from = (const char *)feeds[i] + (size_t)first * one;
        /* const is cast away: feeds are only read */
        memcpy(&batch->feed[i].data, &from, sizeof from);
        if (n == batch->size || one == 0)
            continue;
        char *padded = batch->feed[i].data = points->padded[i];
        memcpy(padded, from, (size_t)n * one);
        for (int64_t k = n; k < batch->size; k++)
            memcpy(padded + (size_t)k * one, from + (size_t)(n - 1) * one, one);
    }
    for (int i = 0; i < points->n_shared; i++)
        memcpy(&batch->feed[n_inputs + i].data, &shared[i], sizeof shared[i]);
    for (int i = 0; i < points->n_outputs; i++)
        batch->result[i].data = n == batch->size
                                    ? (char *)results[i] + (size_t)first * points->out_bytes[i]
                                    : points->padded[n_inputs + i];
    if (!sx_run(batch->program, batch->feed, batch->result, error))
        return false;
    for (int i = 0; i < points->n_outputs && n < batch->size; i++) {
        size_t one = points->out_bytes[i];
        if (one > 0)
            memcpy((char *)results[i] + (size_t)first * one, points->padded[n_inputs + i],
                   (size_t)n * one);
    }
    return true;
}

bool sx_points_run(struct sx_points *points, int64_t n, const void *const *feeds,
                   const void *const *shared, void *const *results, struct sx_error *error)
{
    int64_t size = points->batch[0].size;
    for (int64_t done = 0; done < n;) {
        struct batch *batch = &points->batch[0];
        int64_t now = n - done < size ? n - done : size;
        if (now == 1 && size >= 2 * FEW_POINTS) {
            batch = &points->batch[1];
            if (batch->program == NULL && !compile(points, batch, 1, error))
                return false;
        }
        if (!run_batch(points, batch, done, now, feeds, shared, results, error))
            return false;
        done += now;
        if (points->g->watch != NULL)
            points->g->watch->done += now;
    }
    return true;
}

int64_t sx_points_batch(const struct sx_points *points)
{
    return points->batch[0].size;
}

bool sx_points_alone(const struct sx_points *points)
{
    return points->alone;
}

size_t sx_points_memory(const struct sx_points *points)
{
    size_t bytes = points->padding_bytes;
    for (int i = 0; i < 2; i++)
        if (points->batch[i].program != NULL)
            bytes += sx_program_memory(points->batch[i].program);
    return bytes;
}

void sx_points_free(struct sx_points *points)
{
    if (points == NULL)
        return;
    for (int i = 0; i < 2; i++)
        sx_program_free(points->batch[i].program);
    for (int i = 0; points->padded != NULL && i < points->n_inputs + points->n_outputs; i++)
        free(points->padded[i]);
    sx_graph_free(points->g);
    sx_arena_free(&points->memory);
    free(points);
}
