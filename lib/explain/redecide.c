/* redecide.c - evaluates each point of x in the graph that its own values decide. These graphs are
 * found, and kept, like those of samples. */
#include <stdlib.h>
#include <string.h>

#include "explain/build.h"
#include "explain/redecide.h"

/* What a build sets in the explainer besides `built`. */
struct named {
    const char *input_name;
    bool inner, ids, straight_through;
    int input_port;
    unsigned builds;
};

struct redeciding {
    struct sx_explainer *e;
    /* the sample's build; meanwhile e->built is empty or another one */
    struct sx_explained home;
    struct named named;
    struct sx_tensor *feeds; /* borrowed e->feeds, with the point in the place of x */
    struct sx_tensor x;      /* owned, in the type of the graph */
};

bool sx_redecides(const struct sx_explainer *e)
{
    return e->options.redecide && e->built.lowered != NULL && e->built.lowered->n_decisions > 0;
}

static bool is_sample(const struct sx_explainer *e, const double *point)
{
    return memcmp(point, e->input.data, (size_t)sx_count(&e->input.shape) * sizeof *point) == 0;
}

bool sx_points_stay(const struct sx_explainer *e, int64_t n, const double *points,
                    struct sx_error *error)
{
    int64_t size = sx_count(&e->input.shape);
    for (int64_t i = 0; sx_redecides(e) && i < n; i++)
        if (!is_sample(e, points + i * size))
            return sx_fail(error, SX_USAGE,
                           "--redecide: what is computed here, away from the sample, can only "
                           "keep the decisions of the sample");
    return true;
}

static struct named names_of(const struct sx_explainer *e)
{
    return (struct named){e->input_name, e->inner, e->ids, e->target.straight_through,
                          e->input_port, e->builds};
}

static void set_names(struct sx_explainer *e, const struct named *n)
{
    e->input_name = n->input_name;
    e->inner = n->inner;
    e->ids = n->ids;
    e->target.straight_through = n->straight_through;
    e->input_port = n->input_port;
    e->builds = n->builds;
}

/* Makes the feeds of a point. */
static bool place(struct redeciding *r, const double *point, struct sx_error *error)
{
    struct sx_explainer *e = r->e;
    const struct sx_tensor given = {SX_DOUBLE, e->input.shape, (void *)(uintptr_t)point};
    enum sx_type type = e->feeds[e->input_port].type;
    sx_tensor_free(&r->x);
    if (!sx_tensor_convert(&r->x, type, &given, error))
        return false;
    r->feeds[e->input_port] = r->x;
    return true;
}

/* Whether the explained element exists in this build, too. */
static bool has_target(const struct sx_explainer *e, const struct sx_explained *b,
                       struct sx_error *error)
{
    int64_t n = sx_count(&b->lowered->graph->node[b->scores_node].shape);
    return b->aim.n > 0 || e->pick < n ||
           sx_fail(error, SX_FAILED,
                   "--redecide: where other values decide, tensor '%.80s' has %lld elements, "
                   "and none of index %lld",
                   e->target.output, (long long)n, (long long)e->pick);
}

/* Makes a build for the point, and keeps it as the latest. e->built is empty before and after. */
static bool build(struct redeciding *r, struct sx_error *error)
{
    struct sx_explainer *e = r->e;
    bool ok = sx_explained_build(e, r->feeds, error);
    set_names(e, &r->named);
    if (!ok) {
        sx_explained_free(&e->built);
        return false;
    }
    sx_explained_free(&e->kept[SX_KEPT - 1]);
    memmove(&e->kept[1], &e->kept[0], (SX_KEPT - 1) * sizeof e->kept[0]);
    e->kept[0] = e->built;
    e->built = (struct sx_explained){0};
    return true;
}

/* Sets *to to a build that fits the point: the sample's, or a kept one; NULL: there is none. */
static bool find(struct redeciding *r, const double *point, struct sx_explained **to,
                 struct sx_error *error)
{
    struct sx_explainer *e = r->e;
    struct sx_run_options options = {.threads = e->options.threads,
                                     .max_memory = e->options.max_memory};
    bool same = is_sample(e, point);
    *to = &r->home;
    if (same)
        return true;
    if (e->inner)
        return sx_fail(error, SX_USAGE,
                       "--redecide: '%.80s' is no input of the model; -i %.80s=FILE cuts the "
                       "model there",
                       e->input_name, e->input_name);
    if (!place(r, point, error))
        return false;
    for (int i = -1; i < SX_KEPT; i++) {
        struct sx_explained *b = i < 0 ? &r->home : &e->kept[i];
        if (!sx_decider_fits(&b->decider, b->lowered, r->feeds, &options, &same, error))
            return false;
        *to = same ? b : NULL;
        if (same)
            return has_target(e, b, error);
    }
    return true;
}

/* Consecutive points, from `first` on, that one build fits. */
struct stretch {
    struct sx_explained *in;
    int64_t first;
    const double *points;
    double *values, *gradients;
};

/* Runs the points up to `end` in their build. The next stretch begins there. */
static bool run_to(struct redeciding *r, sx_run_points *run, struct stretch *s, int64_t end,
                   struct sx_error *error)
{
    int64_t size = sx_count(&r->e->input.shape), from = s->first;
    s->first = end;
    if (from == end)
        return true;
    r->e->built = *s->in;
    bool ok = run(r->e, end - from, s->points + from * size,
                  s->values != NULL ? s->values + from : NULL,
                  s->gradients != NULL ? s->gradients + from * size : NULL, error);
    *s->in = r->e->built;
    r->e->built = (struct sx_explained){0};
    return ok;
}

static bool run_all(struct redeciding *r, sx_run_points *run, int64_t n, struct stretch *s,
                    struct sx_error *error)
{
    int64_t size = sx_count(&r->e->input.shape);
    for (int64_t i = 0; i < n; i++) {
        struct sx_explained *next;
        if (!find(r, s->points + i * size, &next, error))
            return false;
        if (next == s->in && next != NULL)
            continue;
        if (!run_to(r, run, s, i, error))
            return false;
        s->in = next != NULL ? next : &r->e->kept[0];
        if (next == NULL && (!build(r, error) || !has_target(r->e, s->in, error)))
            return false;
    }
    return run_to(r, run, s, n, error);
}

bool sx_redecided(struct sx_explainer *e, sx_run_points *run, int64_t n, const double *points,
                  double *values, double *gradients, struct sx_error *error)
{
    struct redeciding r = {.e = e, .home = e->built, .named = names_of(e)};
    struct stretch s = {.points = points, .values = values, .gradients = gradients};
    int inputs = e->built.lowered->n_inputs;
    r.feeds = sx_new((size_t)inputs + 1, sizeof *r.feeds, error);
    for (int i = 0; r.feeds != NULL && i < inputs; i++)
        r.feeds[i] = e->feeds[i];
    e->built = (struct sx_explained){0};
    bool ok = r.feeds != NULL && run_all(&r, run, n, &s, error);
    e->built = r.home;
    sx_tensor_free(&r.x);
    free(r.feeds);
    return ok;
}
