/* fit.c - creates a fit from a model and data, and writes it to files. */
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

/* Writes f and the interpreter with the current weights. metrics NULL: not measured yet. */
static bool compose(struct sx_flint_fit *fit, const char *metrics, struct sx_wire *to)
{
    char attributes[24], seed[24], layers[1024] = "";
    char *input = sx_flint_origin_text(fit, to->error);
    char *names = input != NULL ? sx_flint_names_text(fit, to->error) : NULL;
    const struct sx_flint_origin *o = fit->data.origin;
    bool named =
        o != NULL && o->n_names > 0 && sx_model_metadata(fit->model, "feature_names") == NULL;
    if (names == NULL) {
        free(input);
        return false;
    }
    for (int i = 0; i < fit->source.n_layers; i++) {
        size_t n = strlen(layers);
        snprintf(layers + n, sizeof layers - n, "%s%s", i > 0 ? "," : "",
                 fit->source.layer[i].name);
    }
    snprintf(attributes, sizeof attributes, "%lld", (long long)fit->options.attributes);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)fit->options.seed);
    struct sx_flint_entry entries[] = {
        {"flint.version", SX_VERSION},
        {"flint.mode", fit->options.joint ? "joint" : "posthoc"},
        {"flint.layers", layers},
        {"flint.attributes", attributes},
        {"flint.h.weight", "flint/h/weight"},
        {"flint.h.bias", "flint/h/bias"},
        {"flint.scores", fit->source.scores},
        {"flint.scores.kind", fit->source.probs ? "probs" : "logits"},
        {"flint.source.sha256", sx_model_sha256(fit->model)},
        {"flint.config", fit->config},
        {"flint.input", input},
        {"flint.seed", seed},
        {NULL, NULL},
        {NULL, NULL},
    };
    size_t n = sizeof entries / sizeof entries[0] - 2;
    if (named)
        entries[n++] = (struct sx_flint_entry){"feature_names", names};
    if (metrics != NULL)
        entries[n++] = (struct sx_flint_entry){"flint.metrics", metrics};
    bool ok = sx_flint_compose(&fit->source, &fit->options, &fit->params, entries, n, to);
    free(input);
    free(names);
    return ok;
}

/* Opens the composed file, which is trained. */
static bool open_composed(struct sx_flint_fit *fit, struct sx_error *error)
{
    struct sx_error failure = {0};
    struct sx_wire file = {.error = &failure};
    if (!compose(fit, NULL, &file)) {
        sx_wire_free(&file);
        return sx_fail_as(error, &failure);
    }
    fit->composed = sx_model_take(file.bytes, file.size, "interpreter", error);
    const char **names = sx_new((size_t)fit->source.n_layers, sizeof *names, error);
    bool ok = fit->composed != NULL && names != NULL;
    if (ok) {
        struct sx_flint_options same = fit->options;
        for (int i = 0; i < fit->source.n_layers; i++)
            names[i] = fit->source.layer[i].name;
        same.layers = names;
        same.n_layers = fit->source.n_layers;
        ok = sx_flint_inspect(&fit->f, fit->composed, &same, sx_dataset_shape(fit->data.x),
                              error);
    }
    free(names);
    return ok;
}

static bool is_trained(const struct sx_flint_fit *fit, const struct sx_flint_param *p)
{
    return !fit->options.freeze_psi || p->part == SX_FLINT_H;
}

/* Allocates moments and gradients of all learned weights. */
static bool make_state(struct sx_flint_fit *fit, struct sx_error *error)
{
    size_t n = fit->params.n;
    fit->trained = sx_new(n, sizeof *fit->trained, error);
    fit->names = sx_new(n, sizeof *fit->names, error);
    fit->value = sx_new(n, sizeof *fit->value, error);
    fit->m = sx_new(n, sizeof *fit->m, error);
    fit->v = sx_new(n, sizeof *fit->v, error);
    fit->gradient = sx_new(n, sizeof *fit->gradient, error);
    if (fit->trained == NULL || fit->names == NULL || fit->value == NULL || fit->m == NULL ||
        fit->v == NULL || fit->gradient == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct sx_flint_param *p = &fit->params.item[i];
        int k = fit->n_trained;
        if (!is_trained(fit, p))
            continue;
        fit->trained[k] = (int)i;
        fit->names[k] = p->name;
        fit->value[k] = p->value;
        fit->n_trained++;
        if (!sx_tensor_new(&fit->m[k], SX_FLOAT, &p->value.shape, error) ||
            !sx_tensor_new(&fit->v[k], SX_FLOAT, &p->value.shape, error) ||
            !sx_tensor_new(&fit->gradient[k], SX_FLOAT, &p->value.shape, error))
            return false;
    }
    return true;
}

static bool make_forward(struct sx_flint_fit *fit, struct sx_error *error)
{
    int64_t together = sx_flint_together(&fit->f.x), n = fit->n_validation;
    struct sx_flint_net_options o = {.batch = n > 0 && n < together ? n : together,
                                     .real = SX_FLOAT,
                                     .variables = fit->names,
                                     .n_variables = fit->n_trained,
                                     .max_memory = fit->options.max_memory};
    if (!sx_flint_forward_new(&fit->forward, &fit->f, &o, fit->options.threads, error))
        return false;
    o.cut = true;
    return fit->held.teacher == NULL ||
           sx_flint_forward_new(&fit->check, &fit->f, &o, fit->options.threads, error);
}

static bool learn_f(struct sx_flint_fit *fit, struct sx_error *error)
{
    size_t before = fit->params.n;
    if (!fit->options.joint)
        return true;
    if (fit->data.y == NULL)
        return sx_fail(error, SX_USAGE, "joint training needs labels");
    return sx_flint_add_trainable(&fit->params, fit->model, fit->options.reinit,
                                  fit->options.seed, error) &&
           (fit->params.n > before ||
            sx_fail(error, SX_USAGE, "the model has no weights that could be trained"));
}

/* Hashes the labels of a data set; "" if there are none. */
static void hash_labels(const int64_t *y, struct sx_dataset *x, char hash[65])
{
    hash[0] = '\0';
    if (y != NULL && x != NULL)
        sx_sha256(y, (size_t)sx_dataset_count(x) * sizeof *y, hash);
}

/* Hashes settings, model and data. A checkpoint with another hash is refused. */
static bool identify(struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_flint_data *d = &fit->data;
    char y[65], validation_y[65];
    hash_labels(d->y, d->x, y);
    hash_labels(d->validation_y, d->validation_x, validation_y);
    fit->config = sx_flint_options_text(&fit->source, &fit->options, error);
    char *text = NULL, *input = fit->config != NULL ? sx_flint_origin_text(fit, error) : NULL;
    if (input == NULL)
        return false;
    int n =
        asprintf(&text, "%s %s %s %s %s %s %s %s", SX_VERSION, fit->config, input,
                 sx_model_sha256(fit->model), sx_dataset_hash(d->x), y,
                 d->validation_x != NULL ? sx_dataset_hash(d->validation_x) : "", validation_y);
    free(input);
    if (n < 0)
        return sx_fail(error, SX_MEMORY, "out of memory");
    sx_sha256(text, (size_t)n, fit->hash);
    free(text);
    return true;
}

static bool check_labels(const struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_flint_origin *o = fit->data.origin;
    return o == NULL || o->n_labels == 0 || o->n_labels == fit->source.classes ||
           sx_fail(error, SX_USAGE, "%lld labels for %lld classes", (long long)o->n_labels,
                   (long long)fit->source.classes);
}

static bool begin(struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_shape *sample = sx_dataset_shape(fit->data.x);
    struct sx_flint_options *o = &fit->options;
    sx_flint_settle(o);
    if (!sx_flint_check(o, error) ||
        !sx_flint_inspect(&fit->source, fit->model, o, sample, error) ||
        !check_labels(fit, error) || !sx_flint_split(fit, error))
        return false;
    sx_flint_settle_course(o, sx_flint_steps(fit));
    if (o->pool == 0)
        o->pool = fit->source.averaged ? 1 : 2;
    fit->history = sx_new((size_t)o->epochs + 1, sizeof *fit->history, error);
    if (fit->history == NULL || !sx_flint_scan(fit, error))
        return false;
    struct sx_flint_image image;
    if ((o->flip || o->shift > 0) && !sx_flint_image(sample, &image))
        return sx_fail(error, SX_USAGE, "--augment is for pictures");
    fit->last = o->epochs;
    sx_flint_settle_size(o, fit->classes);
    return identify(fit, error) && open_composed(fit, error) && learn_f(fit, error) &&
           make_state(fit, error) && make_forward(fit, error) && sx_flint_best_new(fit, error);
}

struct sx_flint_fit *sx_flint_fit_new(struct sx_model *model,
                                      const struct sx_flint_options *options,
                                      const struct sx_flint_data *data, struct sx_error *error)
{
    struct sx_flint_fit *fit = sx_new(1, sizeof *fit, error);
    if (fit == NULL)
        return NULL;
    fit->options = options != NULL ? *options : sx_flint_defaults();
    fit->data = *data;
    fit->model = model;
    fit->epoch = 1;
    fit->steps = -1;
    fit->unseen = -1;
    if (begin(fit, error))
        return fit;
    sx_flint_fit_free(fit);
    return NULL;
}

void sx_flint_fit_free(struct sx_flint_fit *fit)
{
    if (fit == NULL)
        return;
    sx_flint_stepper_free(&fit->step[0]);
    sx_flint_stepper_free(&fit->step[1]);
    sx_flint_forward_free(&fit->forward);
    sx_flint_forward_free(&fit->check);
    sx_flint_scan_free(fit);
    sx_flint_best_free(fit);
    for (int i = 0; i < fit->n_trained; i++) {
        sx_tensor_free(&fit->m[i]);
        sx_tensor_free(&fit->v[i]);
        sx_tensor_free(&fit->gradient[i]);
    }
    free(fit->trained);
    free(fit->names);
    free(fit->value);
    free(fit->m);
    free(fit->v);
    free(fit->gradient);
    free(fit->rows);
    free(fit->validation);
    free(fit->order);
    free(fit->history);
    free(fit->config);
    sx_flint_predictor_free(&fit->f);
    sx_flint_predictor_free(&fit->source);
    sx_flint_params_free(&fit->params);
    sx_model_close(fit->composed);
    free(fit);
}

const char *sx_flint_fit_weight(const struct sx_flint_fit *fit, size_t i)
{
    for (int k = 0; k < fit->n_trained; k++)
        if (fit->params.item[fit->trained[k]].part == SX_FLINT_F && i-- == 0)
            return fit->names[k];
    return NULL;
}

const char *sx_flint_fit_layer(const struct sx_flint_fit *fit, int i)
{
    return i >= 0 && i < fit->source.n_layers ? fit->source.layer[i].name : NULL;
}

const struct sx_flint_options *sx_flint_fit_options(const struct sx_flint_fit *fit)
{
    return &fit->options;
}

bool sx_flint_fit_measure(struct sx_flint_fit *fit, struct sx_dataset *x, const int64_t *y,
                          struct sx_flint_metrics *metrics, struct sx_error *error)
{
    int64_t n = sx_dataset_count(x);
    int64_t *rows = sx_new((size_t)n, sizeof *rows, error);
    bool ok = rows != NULL;
    if (ok && !sx_shape_equal(sx_dataset_shape(x), sx_dataset_shape(fit->data.x)))
        ok = sx_fail(error, SX_FAILED, "the samples have another shape");
    for (int64_t i = 0; ok && i < n; i++)
        rows[i] = i;
    ok = ok && sx_flint_measure(fit, x, y, rows, n, metrics, NULL, error);
    free(rows);
    return ok;
}

/* ---- Files ---- */

static bool write_out(struct sx_wire *file, bool made, struct sx_sink *sink,
                      struct sx_error *error)
{
    bool ok = made || sx_fail_as(error, file->error);
    if (ok)
        sx_sink_write(sink, file->bytes, file->size);
    sx_wire_free(file);
    return ok && sx_sink_flush(sink, error);
}

/* The file gets the metrics of the validation, or those of all samples if there is none. */
bool sx_flint_fit_write(struct sx_flint_fit *fit, struct sx_sink *sink, struct sx_error *error)
{
    struct sx_error failure = {0};
    struct sx_wire file = {.error = &failure};
    struct sx_flint_metrics m = fit->history[sx_flint_fit_kept(fit)].validation;
    if (!sx_flint_finite(fit, error))
        return false;
    if (m.samples == 0 && !sx_flint_measure(fit, fit->data.x, fit->data.y, fit->rows,
                                            fit->n_rows, &m, NULL, error))
        return false;
    char *metrics = sx_flint_metrics_text(&m, error);
    if (metrics == NULL)
        return false;
    bool ok = write_out(&file, compose(fit, metrics, &file), sink, error);
    free(metrics);
    return ok;
}

bool sx_flint_fit_write_model(struct sx_flint_fit *fit, struct sx_sink *sink,
                              struct sx_error *error)
{
    struct sx_error failure = {0};
    struct sx_wire file = {.error = &failure};
    struct sx_onnx_changes changes = {0};
    struct sx_onnx_value *values = sx_new(fit->params.n, sizeof *values, error);
    if (values == NULL)
        return false;
    for (size_t i = 0; i < fit->params.n; i++)
        if (fit->params.item[i].part == SX_FLINT_F)
            values[changes.n_values++] =
                (struct sx_onnx_value){fit->params.item[i].name, &fit->params.item[i].value};
    changes.values = values;
    bool ok = write_out(&file, sx_onnx_rewrite(fit->model, &changes, &file), sink, error);
    free(values);
    return ok;
}
