/* rules.c - attributions by propagation rules, batched over masked inputs. */
#include <stdlib.h>

#include "explain/redecide.h"
#include "decompose/decompose.h"

/* The program of a rule. x differs from point to point; the reference and all other inputs are
 * shared. */
static struct sx_points *program_of(struct sx_decomposing *d, enum sx_rule rule, int64_t n)
{
    struct sx_decomposer *c = d->d;
    struct sx_explained *b = &d->e->built;
    struct sx_graph *g = b->graph;
    bool contrast = rule >= SX_RESCALE;
    if (c->rule[rule] != NULL)
        return c->rule[rule];
    if (contrast && c->reference == SX_NONE) {
        struct sx_shape shape = g->node[b->x].shape;
        c->reference = sx_input(g, g->real, &shape);
    }
    int output =
        sx_relevance(g, b->value, b->x, contrast ? c->reference : SX_NONE, rule, &d->rules);
    int *shared = sx_new((size_t)b->n_inputs + 2, sizeof *shared, d->error);
    if (sx_graph_ok(g, d->error) && shared != NULL) {
        int n_shared = sx_shared_nodes(b, shared);
        if (contrast)
            shared[n_shared++] = c->reference;
        const struct sx_explain_options *o = &d->e->options;
        struct sx_points_options options = {
            .run = {.threads = o->threads, .max_memory = o->max_memory},
            .batch = o->batch,
            /* x itself may be evaluated before all sets */
            .expected = d->sets.n > n ? d->sets.n : n};
        c->rule[rule] =
            sx_points_new(g, &b->x, 1, shared, n_shared, &output, 1, &options, d->error);
    }
    free(shared);
    return c->rule[rule];
}

/* Buffers of some points, in the precision of the graph. */
struct buffers {
    double *points;
    float *points_float, *reference_float; /* NULL in float64 */
    void *results;
    const void **shared;
};

static bool buffers_new(struct buffers *r, const struct sx_decomposing *d, int64_t room)
{
    const struct sx_explained *b = &d->e->built;
    size_t all, size = (size_t)d->size;
    *r = (struct buffers){0};
    if (!sx_size_mul(&all, (size_t)room, size))
        return sx_fail(d->error, SX_MEMORY, "out of memory");
    r->points = sx_new_aligned(all, sizeof *r->points, d->error);
    r->results = sx_new_aligned(all, sizeof(double), d->error);
    r->shared = sx_new((size_t)b->n_inputs + 2, sizeof *r->shared, d->error);
    if (b->graph->real == SX_FLOAT) {
        r->points_float = sx_new_aligned(all, sizeof(float), d->error);
        r->reference_float = sx_new_aligned(size, sizeof(float), d->error);
        return r->points != NULL && r->results != NULL && r->shared != NULL &&
               r->points_float != NULL && r->reference_float != NULL;
    }
    return r->points != NULL && r->results != NULL && r->shared != NULL;
}

static void buffers_free(struct buffers *r)
{
    free(r->points);
    free(r->points_float);
    free(r->reference_float);
    free(r->results);
    free(r->shared);
}

/* Sets the shared inputs. The reference comes after the inputs that all programs share. */
static void set_shared(struct buffers *r, const struct sx_decomposing *d,
                       const struct sx_frame *f)
{
    const struct sx_explained *b = &d->e->built;
    int last = 1;
    for (int i = 0; i < b->n_inputs; i++)
        last += b->input[i] != SX_NONE && b->input[i] != b->x;
    sx_shared_feeds(d->e, r->shared);
    r->shared[last] = sx_narrowed(f->baseline, r->reference_float, d->size);
}

bool sx_run_rule(struct sx_decomposing *d, const struct sx_frame *f, enum sx_rule rule,
                 int64_t n, const uint64_t *sets, double *to)
{
    struct sx_points *program = program_of(d, rule, n);
    if (program == NULL)
        return false;
    enum sx_type real = d->e->built.graph->real;
    int64_t room = sx_points_batch(program);
    struct buffers r;
    room = room > n ? n : room;
    bool ok = buffers_new(&r, d, room);
    if (ok)
        set_shared(&r, d, f);
    for (int64_t k = 0; ok && k < n; k += room) {
        int64_t now = n - k < room ? n - k : room;
        for (int64_t j = 0; j < now; j++)
            sx_masked_point(d, f, sets != NULL ? &sets[k + j] : NULL, r.points + j * d->size);
        ok = sx_points_stay(d->e, now, r.points, d->error);
        const void *feeds[] = {sx_narrowed(r.points, r.points_float, now * d->size)};
        void *const results[] = {r.results};
        ok = ok && sx_points_run(program, now, feeds, r.shared, results, d->error);
        if (!ok)
            break;
        sx_widen(r.points, r.results, real, now * d->size);
        for (int64_t j = 0; j < now; j++)
            sx_sum_players(d, r.points + j * d->size, to + (k + j) * d->n);
    }
    d->e->forward += n;
    d->e->backward += n;
    buffers_free(&r);
    return ok;
}
