/* method.c - one method: its attributions of x, and how it shares out the effects of sets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decompose/decompose.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void add_scaled(double *to, const double *from, int64_t n, double factor)
{
    for (int64_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

/* As MOST_COST of decompose.c, for path methods, which take many gradients per set. */
#define MOST_PATH_COST 1e7

/* Whether effects of sets by path methods are too expensive to be computed by default. */
static bool too_dear(const struct sx_decomposing *d, int64_t frames)
{
    return d->o->allocation == SX_ALLOC_AUTO &&
           (double)(d->sets.n * frames) * d->cost > MOST_PATH_COST;
}

enum sx_against sx_against(const struct sx_decomposing *d, const struct sx_method_row *row)
{
    bool absent = row->run == sx_run_shapley && d->o->absent.kind > SX_ABSENT_BASELINE;
    return absent ? SX_AGAINST_ABSENT : row->against;
}

static const char *against_name(const struct sx_decomposing *d, enum sx_against against)
{
    switch (against) {
    case SX_AGAINST_ZERO:
        return "zero";
    case SX_AGAINST_FEATURES:
        return "zero feature maps";
    case SX_AGAINST_ROWS:
        return d->o->n_background > 0 ? "background" : d->drawn != NULL ? "drawn" : "baseline";
    case SX_AGAINST_ABSENT:
        return d->o->absent.kind > SX_ABSENT_MARGINAL ? "conditional" : "background";
    case SX_AGAINST_GIVEN:
        break;
    }
    return "baseline";
}

/* Runs the method at x. An estimate of Shapley values has one frame and also standard errors. */
static bool run_at_x(struct sx_decomposing *d, const struct sx_method_row *row,
                     const struct sx_frame *frame, struct sx_decomposed *m, double *part)
{
    d->estimated = false;
    if (row->run == sx_run_shapley && m->error == NULL) {
        m->error = sx_new((size_t)d->n, sizeof *m->error, d->error);
        if (m->error == NULL)
            return false;
    }
    d->scatter = m->error;
    bool ok = row->run(d, frame, 1, NULL, part);
    d->scatter = NULL;
    if (!d->estimated) {
        free(m->error);
        m->error = NULL;
    }
    return ok;
}

/* Runs the method at x, then at every masked input, and averages over its references. */
static bool run_method(struct sx_decomposing *d, const struct sx_method_row *row,
                       struct sx_decomposed *m)
{
    struct sx_frame *frames;
    int64_t n_frames, sets = d->sets.n;
    double f_b = 0;
    if (!sx_frames_of(d, sx_against(d, row), &frames, &n_frames))
        return false;
    m->attribution = sx_new((size_t)d->n, sizeof *m->attribution, d->error);
    bool shared_out = sets > 0 && (row->against != SX_AGAINST_FEATURES || d->cells.whole) &&
                      !(sx_takes_paths(row) && too_dear(d, n_frames));
    if (shared_out) {
        m->share = sx_new((size_t)(sets * d->n), sizeof *m->share, d->error);
        m->effect = sx_new((size_t)sets, sizeof *m->effect, d->error);
    }
    int64_t room = sets > 0 ? sets : 1;
    double *part = sx_new((size_t)(room * d->n), sizeof *part, d->error);
    bool ok = m->attribution != NULL && part != NULL &&
              (!shared_out || (m->share != NULL && m->effect != NULL));
    for (int64_t k = 0; ok && k < n_frames; k++) {
        double share = 1 / (double)n_frames;
        ok = run_at_x(d, row, &frames[k], m, part);
        if (ok)
            add_scaled(m->attribution, part, d->n, share);
        f_b += share * frames[k].f_b;
        if (!ok || !shared_out)
            continue;
        ok =
            row->run(d, &frames[k], sets, d->sets.set, part) && sx_frame_effects(d, &frames[k]);
        if (ok) {
            add_scaled(m->share, part, sets * d->n, share);
            add_scaled(m->effect, frames[k].effect, sets, share);
        }
    }
    if (ok && shared_out)
        sx_family_moebius(&d->sets, d->n, m->share);
    for (int64_t i = 0; ok && i < d->n; i++)
        m->sum += m->attribution[i];
    m->gap = m->sum - (d->f_x - f_b);
    m->against = against_name(d, sx_against(d, row));
    m->complete = row->complete;
    free(part);
    return ok;
}

/* Copies the result of Integrated Gradients. Without a background Expected Gradients are the
 * same. */
static bool copy_paths(struct sx_decomposing *d, const struct sx_decomposed *ig,
                       struct sx_decomposed *m)
{
    size_t n = (size_t)d->n, sets = (size_t)d->sets.n;
    m->attribution = sx_new(n, sizeof *m->attribution, d->error);
    if (ig->share != NULL) {
        m->share = sx_new(sets * n, sizeof *m->share, d->error);
        m->effect = sx_new(sets, sizeof *m->effect, d->error);
    }
    if (m->attribution == NULL ||
        (ig->share != NULL && (m->share == NULL || m->effect == NULL)))
        return false;
    memcpy(m->attribution, ig->attribution, n * sizeof *m->attribution);
    if (ig->share != NULL) {
        memcpy(m->share, ig->share, sets * n * sizeof *m->share);
        memcpy(m->effect, ig->effect, sets * sizeof *m->effect);
    }
    m->sum = ig->sum;
    m->gap = ig->gap;
    m->complete = ig->complete;
    m->against = ig->against;
    return true;
}

/* The result of ig if it is also the result of this method, else NULL. */
static const struct sx_decomposed *same_paths(const struct sx_decomposing *d,
                                              const struct sx_method_row *row)
{
    const struct sx_decompose_options *o = d->o;
    if (row->run != sx_run_expected || o->n_background > 0 || o->gauss > 0 ||
        o->path_samples > 0)
        return NULL;
    for (int i = 0; i < d->d->n_methods; i++)
        if (strcmp(d->d->method[i].name, "ig") == 0 && d->d->method[i].attribution != NULL)
            return &d->d->method[i];
    return NULL;
}

bool sx_decompose_by(struct sx_decomposing *d, const struct sx_method_row *row,
                     struct sx_decomposed *m)
{
    double start = seconds();
    int64_t forward, backward, forward0, backward0;
    *m = (struct sx_decomposed){
        .name = row->name, .closed = NAN, .set_slack = NAN, .term_slack = NAN};
    sx_explainer_cost(d->e, &forward0, &backward0);
    const struct sx_decomposed *ig = same_paths(d, row);
    if (ig != NULL)
        return copy_paths(d, ig, m);
    if (!run_method(d, row, m)) {
        if (row->against != SX_AGAINST_FEATURES || d->error->status != SX_MODEL)
            return false;
        m->failure = sx_arena_strdup(&d->d->kept, d->error->message, NULL);
        *d->error = (struct sx_error){0};
        free(m->attribution);
        free(m->error);
        m->attribution = m->error = NULL;
        return m->failure != NULL;
    }
    if (row->against == SX_AGAINST_FEATURES && !sx_features_map(d, &m->map))
        return false;
    sx_explainer_cost(d->e, &forward, &backward);
    m->evaluations = forward - forward0;
    m->seconds = seconds() - start;
    return true;
}
