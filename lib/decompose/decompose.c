/* decompose.c - fourteen attributions, the effects they share out, and how fairly.
 *
 * Whatever a method is, its attributions a(x_T) of masked inputs say how it allocates effects:
 * A(S) = sum over T in S of (-1)^(|S| - |T|) a(x_T) is what the effect J(S) gives to each player. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decompose/decompose.h"

#define RULE(name, rule)                                                                       \
    static bool name(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,            \
                     const uint64_t *sets, double *to)                                         \
    {                                                                                          \
        return sx_run_rule(d, f, rule, n, sets, to);                                           \
    }
RULE(run_deep_shap, SX_DEEP_SHAP)
RULE(run_rescale, SX_RESCALE)
RULE(run_reveal, SX_REVEAL_CANCEL)
RULE(run_epsilon, SX_LRP_EPSILON)
RULE(run_alpha_beta, SX_LRP_ALPHA_BETA)
RULE(run_deep_taylor, SX_DEEP_TAYLOR)

static const struct sx_method_row rows[] = {
    {"gxi",
     "Gradient x Input: (x - b) df/dx",
     sx_run_gxi,
     SX_AGAINST_GIVEN,
     false,
     {false, true, false},
     sx_weight_gxi},
    {"occ1",
     "Occlusion-1: f(x) - f(x without the player)",
     sx_run_occlusion,
     SX_AGAINST_GIVEN,
     false,
     {true, true, false},
     sx_weight_occlusion},
    {"occpatch",
     "Occlusion-patch: the same of patches of players",
     sx_run_patches,
     SX_AGAINST_GIVEN,
     false,
     {false, false, false},
     sx_weight_patches},
    {"preddiff",
     "Prediction Difference: Occlusion-1 over a background",
     sx_run_difference,
     SX_AGAINST_ROWS,
     false,
     {true, true, false},
     NULL},
    {"gradcam",
     "Grad-CAM, raw, on the places of feature maps",
     sx_run_cam,
     SX_AGAINST_FEATURES,
     false,
     {false, true, false},
     NULL},
    {"ig",
     "Integrated Gradients",
     sx_run_ig,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     sx_weight_ig},
    {"expgrad",
     "Expected Gradients: Integrated Gradients over a background",
     sx_run_expected,
     SX_AGAINST_ROWS,
     true,
     {true, true, true},
     NULL},
    {"shapley",
     "Shapley value",
     sx_run_shapley,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     sx_weight_shapley},
    {"deepshap",
     "DeepSHAP over a background",
     run_deep_shap,
     SX_AGAINST_ROWS,
     true,
     {true, true, true},
     NULL},
    {"deeplift-rescale",
     "DeepLIFT, Rescale rule",
     run_rescale,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     NULL},
    {"deeplift-reveal",
     "DeepLIFT, RevealCancel rule",
     run_reveal,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     NULL},
    {"lrp-eps", "LRP-epsilon", run_epsilon, SX_AGAINST_ZERO, false, {true, true, true}, NULL},
    {"lrp-ab",
     "LRP-alpha-beta: alpha 2, beta 1",
     run_alpha_beta,
     SX_AGAINST_ZERO,
     false,
     {false, false, true},
     NULL},
    {"deeptaylor",
     "Deep Taylor: z+",
     run_deep_taylor,
     SX_AGAINST_ZERO,
     false,
     {false, false, true},
     NULL},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

const char *sx_decompose_method(int i, const char **what)
{
    if (i < 0 || i >= N_ROWS)
        return NULL;
    if (what != NULL)
        *what = rows[i].what;
    return rows[i].name;
}

/* ---- References ---- */

static bool frame_open(struct sx_decomposing *d, struct sx_frame *f, const double *baseline)
{
    f->baseline = baseline;
    f->game = sx_game_model(d->e, d->players, baseline, 1, SX_TARGET, d->error);
    if (f->game != NULL)
        f->game->keep_nonfinite = true;
    return f->game != NULL &&
           (d->n < 64 ? sx_frame_values(d, f, 1, &(uint64_t){0}, &f->f_b)
                      : sx_gradients(d->e, 1, baseline, &f->f_b, NULL, d->error));
}

static void frame_close(struct sx_frame *f)
{
    sx_game_free(f->game);
    free(f->effect);
    *f = (struct sx_frame){0};
}

/* J of every set of the list. */
static bool frame_effects(struct sx_decomposing *d, struct sx_frame *f)
{
    if (f->effect != NULL)
        return true;
    f->effect = sx_new((size_t)d->sets.n, sizeof *f->effect, d->error);
    if (f->effect == NULL || !sx_frame_values(d, f, d->sets.n, d->sets.set, f->effect))
        return false;
    sx_family_moebius(&d->sets, 1, f->effect);
    return true;
}

enum { MOST_ROWS = 32 };

/* Which rows of the background are used: all, or as many as are asked for, evenly spread; drawn
 * around the baseline without a background. */
static bool open_rows(struct sx_decomposing *d)
{
    const struct sx_decompose_options *o = d->o;
    int64_t most = o->most_rows > 0 ? o->most_rows : MOST_ROWS, n = 1;
    if (o->n_background > 0)
        n = o->n_background < most ? o->n_background : most;
    else if (o->gauss > 0)
        n = most;
    d->row = sx_new((size_t)n, sizeof *d->row, d->error);
    if (o->n_background == 0 && o->gauss > 0)
        d->drawn = sx_new((size_t)n * (size_t)d->size, sizeof *d->drawn, d->error);
    if (d->row == NULL || (o->n_background == 0 && o->gauss > 0 && d->drawn == NULL))
        return false;
    for (int64_t i = 0; d->drawn != NULL && i < n * d->size; i++)
        d->drawn[i] = o->baseline[i % d->size] +
                      o->gauss * sx_random_normal(o->seed, o->sample, (uint64_t)i);
    for (int64_t k = 0; k < n; k++) {
        const double *row = o->n_background > 0
                                ? o->background + k * o->n_background / n * d->size
                            : d->drawn != NULL ? d->drawn + k * d->size
                                               : o->baseline;
        d->n_rows++;
        if (!frame_open(d, &d->row[k], row))
            return false;
    }
    return true;
}

/* The references of a method. */
static bool frames_of(struct sx_decomposing *d, enum sx_against against,
                      struct sx_frame **frames, int64_t *n)
{
    *n = 1;
    switch (against) {
    case SX_AGAINST_ZERO:
        *frames = &d->zero;
        if (d->zero.game == NULL) {
            d->nothing = sx_new((size_t)d->size, sizeof *d->nothing, d->error);
            return d->nothing != NULL && frame_open(d, &d->zero, d->nothing);
        }
        return true;
    case SX_AGAINST_ROWS:
        if (d->row == NULL && !open_rows(d))
            return false;
        *frames = d->row;
        *n = d->n_rows;
        return true;
    case SX_AGAINST_FEATURES:
        *frames = &d->features;
        return d->features.game != NULL || sx_features_open(d);
    case SX_AGAINST_GIVEN:
        break;
    }
    *frames = &d->given;
    return true;
}

/* ---- One method ---- */

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

/* Elements that sets may cost in all when nobody asked for them, every set being explained by
 * every method; and that they may cost path methods, which take many gradients for each. */
#define MOST_COST 2e8
#define MOST_PATH_COST 1e7

/* What one evaluation of f costs: elements that are computed. */
static double cost_of(const struct sx_explainer *e)
{
    const struct sx_graph *g = e->built.graph;
    double cost = 0;
    for (int i = 0; i <= e->built.value; i++)
        cost += (double)sx_count(&g->node[i].shape);
    return cost;
}

/* Path methods take many gradients for every set: too many, unless they were asked for. */
static bool too_dear(const struct sx_decomposing *d, int64_t frames)
{
    return d->o->allocation == SX_ALLOC_AUTO &&
           (double)(d->sets.n * frames) * d->cost > MOST_PATH_COST;
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
    case SX_AGAINST_GIVEN:
        break;
    }
    return "baseline";
}

/* The method at x, then at every masked input, averaged over its references. */
static bool run_method(struct sx_decomposing *d, const struct sx_method_row *row,
                       struct sx_decomposed *m)
{
    struct sx_frame *frames;
    int64_t n_frames, sets = d->sets.n;
    double f_b = 0;
    if (!frames_of(d, row->against, &frames, &n_frames))
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
        ok = row->run(d, &frames[k], 1, NULL, part);
        if (ok)
            add_scaled(m->attribution, part, d->n, share);
        f_b += share * frames[k].f_b;
        if (!ok || !shared_out)
            continue;
        ok = row->run(d, &frames[k], sets, d->sets.set, part) && frame_effects(d, &frames[k]);
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
    m->against = against_name(d, row->against);
    m->complete = row->complete;
    free(part);
    return ok;
}

/* Without a background, Expected Gradients are Integrated Gradients. */
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

/* The result of ig, where that is the method's too. */
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

/* A method that a model has no place for is not there; anything else ends the sample. */
static bool decompose_by(struct sx_decomposing *d, const struct sx_method_row *row,
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
        m->attribution = NULL;
        return m->failure != NULL;
    }
    if (row->against == SX_AGAINST_FEATURES && !sx_features_map(d, &m->map))
        return false;
    sx_explainer_cost(d->e, &forward, &backward);
    m->evaluations = forward - forward0;
    m->seconds = seconds() - start;
    return true;
}

/* ---- All of them ---- */

static bool is_wanted(const char *list, const char *name)
{
    size_t n = strlen(name);
    if (strcmp(list, "all") == 0)
        return true;
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += n)
        if ((at == list || at[-1] == ',') && (at[n] == '\0' || at[n] == ','))
            return true;
    return false;
}

/* Fails on a name that is no method's. */
static bool names_known(const char *list, struct sx_error *error)
{
    for (const char *at = list; strcmp(list, "all") != 0; at++) {
        size_t n = strcspn(at, ",");
        char name[40];
        snprintf(name, sizeof name, "%.*s", (int)(n < 40 ? n : 40), at);
        struct sx_nearest near = {.word = name};
        bool known = false;
        for (int i = 0; i < N_ROWS; i++) {
            known = known || strcmp(rows[i].name, name) == 0;
            sx_nearest_offer(&near, rows[i].name);
        }
        if (!known)
            return sx_fail(error, SX_USAGE, "no method '%s'%s", name, sx_nearest_text(&near));
        at += n;
        if (*at == '\0')
            break;
    }
    return true;
}

enum { FULL_PLAYERS = 10, MOST_FULL = 16, MOST_SETS = 2048 };

static bool choose_sets(struct sx_decomposing *d)
{
    const struct sx_decompose_options *o = d->o;
    int64_t order = o->order > 0 ? o->order : 2, count = sx_family_count(d->n, order);
    switch (o->allocation) {
    case SX_ALLOC_NONE:
        return true;
    case SX_ALLOC_FULL:
        if (d->n > MOST_FULL)
            return sx_fail(d->error, SX_USAGE, "a full allocation of %lld players (at most %d)",
                           (long long)d->n, MOST_FULL);
        return sx_family_new(&d->sets, d->n, d->n, d->error);
    case SX_ALLOC_TRUNCATED:
        return sx_family_new(&d->sets, d->n, order, d->error);
    case SX_ALLOC_AUTO:
        break;
    }
    bool full = d->n <= FULL_PLAYERS && o->order == 0;
    if (full)
        count = (int64_t)1 << d->n;
    if (count < 0 || count > MOST_SETS || (double)count * d->cost > MOST_COST)
        return true;
    return sx_family_new(&d->sets, d->n, full ? d->n : order, d->error);
}

static void free_results(struct sx_decomposer *c)
{
    for (int i = 0; i < c->n_methods; i++) {
        free(c->method[i].attribution);
        free(c->method[i].share);
        free(c->method[i].effect);
        sx_tensor_free(&c->method[i].map);
    }
    c->n_methods = 0;
    sx_family_free(&c->sets);
    free(c->effect);
    c->effect = NULL;
    sx_taylor_free(&c->taylor);
    sx_neurons_free(c->neuron, c->n_neurons);
    c->neuron = NULL;
    c->n_neurons = 0;
    free(c->agreeing);
    free(c->spearman);
    free(c->distance);
    c->agreeing = NULL;
    c->spearman = c->distance = NULL;
    sx_arena_free(&c->kept);
    c->kept = (struct sx_arena){0};
}

static void close_frames(struct sx_decomposing *d)
{
    frame_close(&d->given);
    frame_close(&d->zero);
    frame_close(&d->features);
    for (int64_t k = 0; k < d->n_rows; k++)
        frame_close(&d->row[k]);
    free(d->row);
    free(d->nothing);
    free(d->drawn);
    free(d->cells.player);
    free(d->cells.map);
    sx_groups_free(&d->patches);
}

/* Programs are of one graph and one set of rules. */
static void forget_programs(struct sx_decomposer *c)
{
    for (int i = 0; i < SX_N_RULES; i++) {
        sx_points_free(c->rule[i]);
        c->rule[i] = NULL;
    }
    c->reference = SX_NONE;
}

static bool same_rules(const struct sx_rule_options *a, const struct sx_rule_options *b)
{
    return a->epsilon == b->epsilon && a->absolute == b->absolute &&
           a->distribute == b->distribute && a->first == b->first &&
           a->bound[0] == b->bound[0] && a->bound[1] == b->bound[1] && a->neuron == b->neuron;
}

static bool any_finite(const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            return true;
    return n == 0;
}

/* A method none of whose values is finite has none. */
static bool has_no_value(struct sx_decomposing *d, struct sx_decomposed *m)
{
    m->failure = sx_arena_strdup(&d->d->kept, "no value is finite", d->error);
    free(m->attribution);
    free(m->share);
    free(m->effect);
    m->attribution = m->share = m->effect = NULL;
    return m->failure != NULL;
}

static bool decompose_all(struct sx_decomposing *d)
{
    struct sx_decomposer *c = d->d;
    if (!choose_sets(d) || !frame_open(d, &d->given, d->o->baseline) ||
        (d->sets.n > 0 && !frame_effects(d, &d->given)))
        return false;
    if ((d->o->taylor > 0 || d->o->fit > 0) && !sx_taylor(d, &c->taylor))
        return false;
    for (int i = 0; i < N_ROWS; i++) {
        if (!is_wanted(d->o->methods, rows[i].name))
            continue;
        struct sx_decomposed *m = &c->method[c->n_methods++];
        if (!decompose_by(d, &rows[i], m))
            return false;
        if (m->failure == NULL && !any_finite(m->attribution, d->n) && !has_no_value(d, m))
            return false;
        if (m->failure == NULL)
            sx_judge(d, &rows[i], m);
    }
    if (d->o->foreign != NULL) {
        struct sx_decomposed *m = &c->method[c->n_methods++];
        if (!sx_judge_foreign(d, m))
            return false;
    }
    if (!sx_agree(c, d->n, d->error))
        return false;
    return d->o->neuron_of == NULL || sx_look_at_layers(d, &c->neuron, &c->n_neurons);
}

static void give(struct sx_decomposing *d, struct sx_decomposition *r)
{
    struct sx_decomposer *c = d->d;
    c->sets = d->sets;
    c->effect = d->given.effect;
    d->given.effect = NULL;
    *r = (struct sx_decomposition){.players = d->n,
                                   .n_sets = c->sets.n,
                                   .set = c->sets.set,
                                   .effect = c->effect,
                                   .all_sets = c->sets.n > 0 && c->sets.most >= d->n,
                                   .f_x = d->f_x,
                                   .f_b = d->given.f_b,
                                   .n_methods = c->n_methods,
                                   .method = c->method,
                                   .n_neurons = c->n_neurons,
                                   .neuron = c->neuron,
                                   .n_agreeing = c->n_agreeing,
                                   .agreeing = c->agreeing,
                                   .spearman = c->spearman,
                                   .distance = c->distance};
    sx_taylor_give(&c->taylor, r);
}

bool sx_decompose(struct sx_decomposer *c, const struct sx_decompose_options *o,
                  struct sx_decomposition *result, struct sx_error *error)
{
    const struct sx_tensor *x = sx_explainer_input(c->e);
    struct sx_decomposing d = {.d = c,
                               .e = c->e,
                               .o = o,
                               .players = o->players,
                               .n = sx_players_count(o->players),
                               .size = sx_count(&x->shape),
                               .x = x->data,
                               .f_x = sx_explainer_target(c->e)->value,
                               .cost = cost_of(c->e),
                               .rules = {.epsilon = o->epsilon,
                                         .absolute = o->absolute,
                                         .distribute = o->distribute,
                                         .first = o->first,
                                         .bound = {o->bound[0], o->bound[1]},
                                         .neuron = o->neuron},
                               .error = error};
    *result = (struct sx_decomposition){0};
    free_results(c);
    if (c->builds != c->e->builds || !same_rules(&c->rules, &d.rules))
        forget_programs(c);
    c->builds = c->e->builds;
    c->rules = d.rules;
    bool ok = names_known(o->methods, error) && decompose_all(&d);
    if (ok)
        give(&d, result);
    else
        sx_family_free(&d.sets);
    close_frames(&d);
    return ok;
}

struct sx_decomposer *sx_decomposer_new(struct sx_explainer *explainer, struct sx_error *error)
{
    struct sx_decomposer *c = sx_new(1, sizeof *c, error);
    if (c == NULL)
        return NULL;
    c->e = explainer;
    c->reference = SX_NONE;
    c->method = sx_new(N_ROWS + 1, sizeof *c->method, error);
    if (c->method != NULL)
        return c;
    sx_decomposer_free(c);
    return NULL;
}

void sx_decomposer_free(struct sx_decomposer *c)
{
    if (c == NULL)
        return;
    free_results(c);
    forget_programs(c);
    sx_explainer_free(c->features);
    free(c->method);
    free(c->layer);
    free(c);
}
