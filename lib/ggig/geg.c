/* geg.c - Geometric Ensemble Gradients: gradients of models with noisy weights that are as
 * confident in the target (code of Rahman et al. 2022).
 *
 * A draw adds N(0, 0.001^2) to every weight. It is accepted if the largest output remains the same
 * element and the probability of the target does not fall. */
#include <stdlib.h>
#include <string.h>

#include "ggig/attribute.h"
#include "perturb/perturb.h"

#define DEVIATION 0.001
/* The most draws per accepted one. */
#define TRIES 20

struct ensemble {
    struct sx_attributing *a;
    const char *target; /* the target in every model */
    /* the largest element of the original model's output; p is its probability of the target */
    int64_t largest;
    double p;
    double *g; /* [size] */
};

/* An explainer of another model at the sample; NULL on failure. */
static struct sx_explainer *explainer_of(const struct ensemble *s, struct sx_model *model,
                                         enum sx_score score, const char *target)
{
    const struct sx_explainer *e = s->a->e;
    struct sx_explain_options options = e->options;
    options.score = score;
    options.target = target;
    options.margin = false;
    options.pass = SX_PASS_SCORES;
    struct sx_explainer *of = sx_explainer_new(model, &options, s->a->error);
    if (of != NULL && !sx_explainer_sample(of, e->feeds, s->a->error)) {
        sx_explainer_free(of);
        return NULL;
    }
    return of;
}

/* Finds the largest output, and the probability of the target. */
static bool look(const struct ensemble *s, struct sx_model *model, int64_t *largest, double *p)
{
    struct sx_explainer *of = explainer_of(s, model, SX_SCORE_PROB, NULL);
    bool ok = of != NULL;
    if (ok) {
        *largest = of->target.index;
        ok = sx_explainer_aim(of, s->a->e->target.index, s->a->error);
        *p = of->target.value;
    }
    s->a->e->forward++;
    sx_explainer_free(of);
    return ok;
}

/* Whether a model has the same inputs: those fed by name inside the graph exist only in the
 * original model. */
static bool same_inputs(const struct ensemble *s, const struct sx_model *model)
{
    const struct sx_explainer *e = s->a->e;
    int n = sx_model_input_count(e->model);
    bool same = sx_model_input_count(model) == n;
    for (int i = 0; same && i < n; i++)
        same = strcmp(sx_model_input(model, i)->name, sx_model_input(e->model, i)->name) == 0;
    return same || sx_fail(s->a->error, SX_USAGE, "geg needs the model's own inputs");
}

/* Adds the gradient of a model if it is accepted. */
static bool take_gradient(struct ensemble *s, struct sx_model *model, bool *accepted)
{
    struct sx_attributing *a = s->a;
    int64_t largest;
    double p;
    if (!same_inputs(s, model) || !look(s, model, &largest, &p))
        return false;
    *accepted = largest == s->largest && p >= s->p;
    if (!*accepted)
        return true;
    struct sx_explainer *of = explainer_of(s, model, a->e->options.score, s->target);
    bool ok = of != NULL && sx_gradients(of, 1, of->input.data, NULL, s->g, a->error);
    sx_explainer_free(of);
    a->e->forward++;
    a->e->backward++;
    return ok;
}

/* The same for the model as it is explained, in which columns may be joined to one input. */
static bool take(struct ensemble *s, struct sx_model *model, bool *accepted)
{
    const struct sx_explainer *e = s->a->e;
    struct sx_model *joined = NULL;
    if (!sx_model_want(model, e->options.output, NULL, 0, s->a->error) ||
        (e->joined != NULL && !sx_model_join(model, false, &joined, s->a->error)))
        return false;
    bool ok = take_gradient(s, joined != NULL ? joined : model, accepted);
    sx_model_unjoin(joined);
    return ok;
}

/* Calls `use` for the gradients of a->samples accepted models; k counts them. */
static bool each_accepted(struct ensemble *s, void (*use)(struct ensemble *s, int64_t k))
{
    struct sx_attributing *a = s->a;
    int64_t k = 0, tries = TRIES * a->samples;
    bool ok = true;
    for (int64_t draw = 0; ok && k < a->samples && draw < tries; draw++) {
        struct sx_perturb_options o = {
            .deviation = DEVIATION,
            .seed = sx_random_bits(a->o->seed, a->o->sample, (uint64_t)draw)};
        struct sx_model *model = sx_perturbed_model(a->e->model, &o, a->error);
        bool accepted = false;
        ok = model != NULL && take(s, model, &accepted);
        sx_model_close(model);
        if (ok && accepted)
            use(s, k++);
    }
    if (ok && k == 0)
        ok = sx_fail(a->error, SX_FAILED,
                     "no model with noisy weights is as sure of the target");
    a->samples = k;
    return ok;
}

static bool run(struct sx_attributing *a, void (*use)(struct ensemble *s, int64_t k))
{
    char text[24];
    struct ensemble s = {.a = a, .target = sx_target_text(a->e, text)};
    if (a->e->target.index < 0 || a->e->target.other)
        return sx_fail(a->error, SX_USAGE, "geg needs one element as --target");
    s.g = sx_new((size_t)a->size, sizeof *s.g, a->error);
    bool ok = s.g != NULL && look(&s, a->e->model, &s.largest, &s.p) && each_accepted(&s, use);
    free(s.g);
    return ok;
}

static void use_mean(struct ensemble *s, int64_t k)
{
    for (int64_t i = 0; i < s->a->size; i++)
        s->a->map[i] += (s->g[i] - s->a->map[i]) / (double)(k + 1);
}

bool sx_attribute_geg_ig(struct sx_attributing *a)
{
    return run(a, use_mean);
}

static void use_largest(struct ensemble *s, int64_t k)
{
    struct sx_attributing *a = s->a;
    if (a->o->aggregate == SX_AGG_MEAN)
        use_mean(s, k);
    else
        a->left_out += !sx_aggregate(a->o->aggregate, k, a->samples, a->size, s->g, a->map);
}

bool sx_attribute_geg_max(struct sx_attributing *a)
{
    return run(a, use_largest);
}
