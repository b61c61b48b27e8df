/* explain.c - a model as f(x): takes samples and finds their target. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/ahead.h"
#include "explain/build.h"
#include "explain/find_layer.h"

struct sx_explainer *sx_explainer_new(struct sx_model *model,
                                      const struct sx_explain_options *options,
                                      struct sx_error *error)
{
    struct sx_explainer *e = sx_new(1, sizeof *e, error);
    if (e == NULL)
        return NULL;
    e->model = model;
    e->options = *options;
    e->options.precise = options->precise || sx_model_is_double(model);
    if (options->wrt != NULL && strcmp(options->wrt, "auto") == 0)
        e->options.wrt = NULL;
    e->target.output = options->output;
    if (options->output == NULL)
        e->target.output = sx_model_explained(model, &e->target.instead_of);
    bool ok =
        e->options.wrt != NULL || sx_model_join(model, options->values_only, &e->joined, error);
    e->model = e->joined != NULL ? e->joined : model;
    if (ok)
        e->feeds = sx_new((size_t)sx_model_input_count(e->model), sizeof *e->feeds, error);
    if (e->feeds != NULL)
        return e;
    sx_explainer_free(e);
    return NULL;
}

static void free_feeds(struct sx_explainer *e)
{
    for (int i = 0; e->feeds != NULL && i < sx_model_input_count(e->model); i++)
        sx_tensor_free(&e->feeds[i]);
}

void sx_explainer_free(struct sx_explainer *e)
{
    if (e == NULL)
        return;
    sx_explainer_free(e->layer);
    free(e->layer_name);
    sx_explained_free(&e->built);
    for (int i = 0; i < SX_KEPT; i++)
        sx_explained_free(&e->kept[i]);
    free_feeds(e);
    free(e->feeds);
    sx_tensor_free(&e->input);
    sx_tensor_free(&e->ahead.gradient);
    sx_model_unjoin(e->joined);
    free(e);
}

struct sx_model *sx_explainer_model(const struct sx_explainer *e)
{
    return e->model;
}

const struct sx_tensor *sx_explainer_input(const struct sx_explainer *e)
{
    return &e->input;
}

const char *sx_explainer_input_name(const struct sx_explainer *e)
{
    return e->input_name;
}

const struct sx_target *sx_explainer_target(const struct sx_explainer *e)
{
    return &e->target;
}

int64_t sx_explainer_batch(const struct sx_explainer *e, bool *alone)
{
    const struct sx_points *points =
        e->built.gradients != NULL ? e->built.gradients : e->built.points;
    *alone = points != NULL && sx_points_alone(points);
    return points != NULL ? sx_points_batch(points) : 0;
}

void sx_explainer_cost(const struct sx_explainer *e, int64_t *forward, int64_t *backward)
{
    *forward = e->forward;
    *backward = e->backward;
}

bool sx_explainer_stopped(const struct sx_explainer *e)
{
    return e->options.watch != NULL && e->options.watch->stopped;
}

/* Makes e->built a build that fits the sample, if there is one: that of the last sample, or a kept
 * one. A build that depends on values of its sample is kept when another one replaces it. */
static bool find_built(struct sx_explainer *e, const struct sx_tensor *feeds, bool *found,
                       struct sx_error *error)
{
    struct sx_run_options options = {.threads = e->options.threads,
                                     .max_memory = e->options.max_memory};
    struct sx_explained *b = &e->built;
    *found = false;
    if (b->graph == NULL)
        return true;
    if (!sx_decider_fits(&b->decider, b->lowered, feeds, &options, found, error))
        return false;
    if (*found || b->lowered->n_decisions == 0)
        return true;
    struct sx_explained last = *b;
    for (int i = 0; i < SX_KEPT && !*found; i++) {
        struct sx_explained next = e->kept[i];
        e->kept[i] = last;
        *b = last = next;
        if (!sx_decider_fits(&b->decider, b->lowered, feeds, &options, found, error))
            return false;
    }
    e->builds += *found;
    return true;
}

/* Makes e->built fit the sample, by finding a build or making one. */
static bool prepare(struct sx_explainer *e, const struct sx_tensor *feeds,
                    struct sx_error *error)
{
    bool found;
    if (!find_built(e, feeds, &found, error))
        return false;
    if (found || sx_explained_build(e, feeds, error))
        return true;
    sx_explained_free(&e->built);
    return false;
}

/* Copies the sample to e->feeds, converted to the types of the graph. */
static bool take_feeds(struct sx_explainer *e, const struct sx_tensor *feeds,
                       struct sx_error *error)
{
    const struct sx_lowered *l = e->built.lowered;
    free_feeds(e);
    for (int i = 0; i < l->n_inputs; i++) {
        enum sx_type type = l->graph->node[l->inputs[i].node].type;
        if (!sx_port_takes(sx_model_input(e->model, i), &feeds[i], error) ||
            !sx_tensor_convert(&e->feeds[i], type, &feeds[i], error))
            return false;
    }
    return true;
}

/* The index of the first largest element; NaN is ignored unless all elements are NaN. */
static int64_t largest(const struct sx_tensor *scores)
{
    int64_t best = 0, n = sx_count(&scores->shape);
    for (int64_t i = 1; i < n; i++) {
        double value = sx_tensor_get(scores, i), most = sx_tensor_get(scores, best);
        if (value > most || (isnan(most) && !isnan(value)))
            best = i;
    }
    return best;
}

static void name_target(struct sx_explainer *e, int64_t index)
{
    const struct sx_explained *b = &e->built;
    bool sum = b->aim.n > 0;
    e->pick = sum ? 0 : index;
    e->target.index = sum ? -1 : index;
    e->target.sum = sum ? e->options.target + strlen("sum:") : NULL;
    e->target.other = b->aim.other;
    e->target.score = b->score;
    e->target.places =
        e->options.target == NULL && b->classes.n > 0 ? b->classes.count / b->classes.n : 1;
    e->target.label = sum ? NULL
                          : sx_class_label(&b->classes, index, b->aim.other, e->options.labels,
                                           e->options.n_labels);
}

const char *sx_target_text(const struct sx_explainer *e, char text[24])
{
    if (!e->built.aim.largest)
        return e->options.target;
    snprintf(text, 24, "%lld", (long long)e->pick);
    return text;
}

static double sum_of(const struct sx_aim *aim, const struct sx_tensor *scores)
{
    double sum = 0;
    for (int64_t k = 0; k < aim->n; k++)
        sum += (aim->weight != NULL ? aim->weight[k] : 1) * sx_tensor_get(scores, aim->at[k]);
    return sum;
}

static bool choose_target(struct sx_explainer *e, const struct sx_tensor *scores,
                          struct sx_error *error)
{
    const struct sx_aim *aim = &e->built.aim;
    if (sx_count(&scores->shape) < 1)
        return sx_fail(error, SX_FAILED, "tensor '%.80s' is empty", e->target.output);
    name_target(e, aim->largest ? largest(scores) : aim->index);
    e->target.value = aim->n > 0 ? sum_of(aim, scores) : sx_tensor_get(scores, e->target.index);
    return true;
}

/* Runs the forward pass: scores, and x if that is an inner tensor. */
static bool run_forward(struct sx_explainer *e, struct sx_tensor out[2], struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    bool ok = (b->forward != NULL || sx_explained_forward(e, error)) &&
              sx_tensor_new(&out[0], b->graph->real, &b->scores_shape, error) &&
              (!e->inner || sx_tensor_new(&out[1], b->graph->real, &b->x_shape, error)) &&
              sx_run(b->forward, e->feeds, out, error);
    /* Many users explain one sample only. Keeping packed weights for its forward pass would double
     * the memory of what follows. From the second sample on, the program is kept. */
    if (e->samples == 0) {
        sx_program_free(b->forward);
        b->forward = NULL;
    }
    return ok;
}

/* Evaluates the model at the sample. */
static bool evaluate(struct sx_explainer *e, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_tensor out[2] = {{0}, {0}};
    bool ahead = false;
    b->scores_shape = b->lowered->graph->node[b->scores_node].shape;
    bool ok = sx_run_ahead(e, &out[0], &out[1], &ahead, error) &&
              (ahead || run_forward(e, out, error));
    e->forward++;
    if (e->samples++ == 0)
        sx_file_rest(&e->model->file);
    sx_tensor_free(&e->input);
    const struct sx_tensor *x = e->inner ? &out[1] : &e->feeds[e->input_port];
    ok = ok && sx_tensor_convert(&e->input, SX_DOUBLE, x, error) &&
         choose_target(e, &out[0], error);
    sx_tensor_free(&out[0]);
    sx_tensor_free(&out[1]);
    return ok;
}

/* Makes e->layer the explainer of f as a function of that layer. */
static bool open_layer(struct sx_explainer *e, const char *name, struct sx_error *error)
{
    if (e->layer != NULL && strcmp(e->layer_name, name) == 0)
        return true;
    sx_explainer_free(e->layer);
    free(e->layer_name);
    e->layer = NULL;
    e->layer_sample = 0;
    e->layer_name = sx_strdup(name, error);
    if (e->layer_name == NULL)
        return false;
    struct sx_explain_options options = e->options;
    options.wrt = e->layer_name;
    options.values_only = false;
    options.pass = SX_PASS_GRADIENT;
    e->layer = sx_explainer_new(e->model, &options, error);
    if (e->layer != NULL)
        e->layer->at_zero = e->options.pass == SX_PASS_CONVOLUTION;
    return e->layer != NULL;
}

/* The layer that options.pass asks for; NULL: none, or the file has no such layer. */
static const char *wanted_layer(const struct sx_explainer *e)
{
    struct sx_error none = {0};
    bool by_layer = e->options.pass == SX_PASS_LAYER || e->options.pass == SX_PASS_CONVOLUTION;
    if (!by_layer || e->inner || e->smooth.kind != SX_SMOOTH_NONE)
        return NULL;
    if (e->options.layer != NULL)
        return e->options.layer;
    return e->options.pass == SX_PASS_LAYER ? sx_find_layer(e, false, &none)
                                            : sx_last_convolution(e, &none);
}

/* Evaluates the model at the sample by the explainer of a layer. */
static bool evaluate_layer(struct sx_explainer *e, const char *name, struct sx_error *error)
{
    e->samples++;
    const struct sx_explainer *layer = sx_explainer_at_layer(e, name, error);
    if (layer == NULL)
        return false;
    sx_tensor_free(&e->input);
    e->built.scores_shape = layer->built.scores_shape;
    name_target(e, layer->pick);
    e->target.value = layer->target.value;
    return sx_tensor_convert(&e->input, SX_DOUBLE, &e->feeds[e->input_port], error);
}

static bool take_sample(struct sx_explainer *e, const struct sx_tensor *feeds,
                        struct sx_error *error)
{
    if (!prepare(e, feeds, error) || !take_feeds(e, feeds, error))
        return false;
    const char *layer = wanted_layer(e);
    return layer != NULL ? evaluate_layer(e, layer, error) : evaluate(e, error);
}

struct sx_explainer *sx_explainer_at_layer(struct sx_explainer *e, const char *name,
                                           struct sx_error *error)
{
    if (!open_layer(e, name, error))
        return NULL;
    struct sx_explainer *layer = e->layer;
    if (e->layer_sample == e->samples)
        return layer;
    int64_t forward = layer->forward, backward = layer->backward;
    layer->smooth = e->smooth;
    e->layer_sample = 0;
    if (!take_sample(layer, e->feeds, error))
        return NULL;
    e->layer_sample = e->samples;
    e->forward += layer->forward - forward;
    e->backward += layer->backward - backward;
    return layer;
}

bool sx_explainer_sample(struct sx_explainer *e, const struct sx_tensor *feeds,
                         struct sx_error *error)
{
    if (e->joined == NULL)
        return take_sample(e, feeds, error);
    struct sx_tensor *joined = sx_new((size_t)e->joined->n_inputs, sizeof *joined, error);
    bool ok = joined != NULL && sx_model_join_feeds(e->joined, feeds, joined, error) &&
              take_sample(e, joined, error);
    if (joined != NULL)
        sx_tensor_free(&joined[e->joined->joined]);
    free(joined);
    return ok;
}

bool sx_explainer_aim(struct sx_explainer *e, int64_t index, struct sx_error *error)
{
    int64_t n = sx_count(&e->built.scores_shape);
    if (e->built.aim.n > 0 || index == e->pick)
        return true;
    if (index < 0 || index >= n)
        return sx_fail(error, SX_FAILED, "there is no element %lld of %lld to explain",
                       (long long)index, (long long)n);
    name_target(e, index);
    return sx_gradients(e, 1, e->input.data, &e->target.value, NULL, error);
}
