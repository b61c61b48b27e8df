/* fitted.c - an open fitted file: explains one sample, or surveys many. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"
#include "lower/scope.h"

/* Checks that weights are finite. Outputs may hide a NaN, because a ReLU makes it 0. */
static bool finite_weights(const struct sx_model *model, struct sx_error *error)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        const Onnx__TensorProto *proto = model->graph->initializer[i];
        struct sx_tensor t;
        if (strncmp(sx_text(proto->name), "flint/", 6) != 0)
            continue;
        if (!sx_onnx_tensor_read(model, proto, SX_FLOAT, &t, NULL, error))
            return false;
        bool finite = true;
        for (int64_t k = 0; k < sx_count(&t.shape); k++)
            finite = finite && isfinite(sx_tensor_get(&t, k));
        sx_tensor_free(&t);
        if (!finite)
            return sx_fail(error, SX_MODEL, "the interpreter's weights '%.80s' are not finite",
                           proto->name);
    }
    return true;
}

struct sx_flint *sx_flint_open(struct sx_model *model, const struct sx_infer_options *options,
                               struct sx_error *error)
{
    const char *name = sx_model_metadata(model, "flint.h.weight");
    const Onnx__TensorProto *proto = name != NULL ? sx_model_initializer(model, name) : NULL;
    if (proto == NULL || sx_model_metadata(model, "flint.scores") == NULL) {
        sx_fail(error, SX_MODEL, "not fitted: there is no interpreter in it (see flint-fit)");
        return NULL;
    }
    if (sx_model_input_count(model) != 1) {
        sx_fail(error, SX_MODEL, "not fitted: its predictor takes %d inputs",
                sx_model_input_count(model));
        return NULL;
    }
    struct sx_flint *flint = sx_new(1, sizeof *flint, error);
    if (flint == NULL)
        return NULL;
    flint->model = model;
    if (options != NULL)
        flint->options = *options;
    if (sx_onnx_tensor_read(model, proto, SX_FLOAT, &flint->weights, NULL, error) &&
        ((flint->weights.shape.rank == 2 && sx_count(&flint->weights.shape) > 0) ||
         sx_fail(error, SX_MODEL, "'%.80s', the interpreter's weights, is no matrix", name)) &&
        finite_weights(model, error) &&
        sx_flint_tell(&flint->told, model, flint->weights.shape.dim[0], error)) {
        size_t n = (size_t)flint->weights.shape.dim[1];
        flint->contribution = sx_new(n, sizeof *flint->contribution, error);
        flint->relevance = sx_new(n, sizeof *flint->relevance, error);
        if (flint->contribution != NULL && flint->relevance != NULL)
            return flint;
    }
    sx_flint_free(flint);
    return NULL;
}

void sx_flint_free(struct sx_flint *flint)
{
    if (flint == NULL)
        return;
    sx_flint_forward_free(&flint->forward);
    sx_flint_predictor_free(&flint->f);
    sx_tensor_free(&flint->weights);
    sx_flint_told_free(&flint->told);
    free(flint->contribution);
    free(flint->relevance);
    free(flint);
}

int64_t sx_flint_classes(const struct sx_flint *flint)
{
    return flint->weights.shape.dim[0];
}

int64_t sx_flint_attributes(const struct sx_flint *flint)
{
    return flint->weights.shape.dim[1];
}

static bool has_shape(const struct sx_graph *g, int node, int64_t rows, int64_t columns)
{
    const struct sx_shape want = {2, {rows, columns}};
    return sx_is_real(g->node[node].type) && sx_shape_equal(&g->node[node].shape, &want);
}

/* Whether phi and both class scores have the sizes that h's weights require. */
static bool fits(const struct sx_flint *flint, int64_t batch)
{
    const struct sx_flint_net *net = &flint->forward.net;
    int64_t classes = sx_flint_classes(flint);
    return has_shape(net->g, net->phi, batch, sx_flint_attributes(flint)) &&
           has_shape(net->g, net->logits, batch, classes) &&
           has_shape(net->g, net->teacher, batch, classes);
}

bool sx_flint_ready(struct sx_flint *flint, const struct sx_shape *sample, int64_t batch,
                    struct sx_error *error)
{
    static const char *const phi[] = {SX_FLINT_PHI};
    const char *kind = sx_model_metadata(flint->model, "flint.scores.kind");
    const char *scores = sx_model_metadata(flint->model, "flint.scores");
    bool probs = kind != NULL && strcmp(kind, "probs") == 0;
    struct sx_flint_options o = {.layers = phi,
                                 .n_layers = 1,
                                 .logits = probs ? NULL : scores,
                                 .probs = probs ? scores : NULL,
                                 .max_memory = flint->options.max_memory};
    struct sx_flint_net_options net = {.batch = batch,
                                       .real = flint->options.precise ? SX_DOUBLE : SX_FLOAT,
                                       .watch = flint->options.watch,
                                       .max_memory = flint->options.max_memory};
    if (flint->forward.program != NULL && sx_shape_equal(&flint->f.x, sample) &&
        flint->forward.batch == batch)
        return true;
    sx_flint_forward_free(&flint->forward);
    sx_flint_predictor_free(&flint->f);
    if (!sx_flint_inspect(&flint->f, flint->model, &o, sample, error)) {
        /* The file, not the user, named these tensors. */
        error->status = error->status == SX_USAGE ? SX_MODEL : error->status;
        return false;
    }
    if (!sx_flint_forward_new(&flint->forward, &flint->f, &net, flint->options.threads, error))
        return false;
    if (fits(flint, batch))
        return true;
    sx_flint_forward_free(&flint->forward);
    return sx_fail(error, SX_MODEL, "predictor and interpreter do not fit together");
}

/* Whether scores determine a class: no NaN, and the largest is not infinite. */
static bool names_class(const double *scores, int64_t n)
{
    double largest = scores[0];
    for (int64_t i = 0; i < n; i++) {
        if (isnan(scores[i]))
            return false;
        largest = fmax(largest, scores[i]);
    }
    return isfinite(largest);
}

bool sx_flint_names_classes(const struct sx_flint *flint, int64_t i, struct sx_error *error)
{
    const struct sx_flint_forward *w = &flint->forward;
    int64_t classes = sx_flint_classes(flint);
    if (!names_class(w->teacher + i * classes, classes))
        return sx_fail(error, SX_FAILED, "the model's class scores are not finite");
    return names_class(w->logits + i * classes, classes) ||
           sx_fail(error, SX_FAILED, "the interpreter's class scores are not finite");
}

/* The softmax probability of a class. */
static double probability(const double *logits, int64_t n, int64_t class)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += exp(logits[i] - logits[class]);
    return 1 / sum;
}

bool sx_flint_explain(struct sx_flint *flint, const struct sx_tensor *x,
                      struct sx_flint_explanation *e, struct sx_error *error)
{
    struct sx_flint_forward *w = &flint->forward;
    if (!sx_flint_ready(flint, &x->shape, 1, error))
        return false;
    for (int64_t i = 0; i < sx_count(&x->shape); i++)
        sx_tensor_set(&w->x, i, sx_tensor_get(x, i));
    if (!sx_flint_forward_again(w, NULL, error) || !sx_flint_names_classes(flint, 0, error))
        return false;
    int64_t classes = sx_flint_classes(flint), n = sx_flint_attributes(flint);
    *e = (struct sx_flint_explanation){.f_class = sx_flint_class(w->teacher, classes),
                                       .g_class = sx_flint_class(w->logits, classes),
                                       .phi = w->phi,
                                       .contribution = flint->contribution,
                                       .relevance = flint->relevance};
    e->f_prob = probability(w->teacher, classes, e->f_class);
    e->g_score = w->logits[e->g_class];
    sx_flint_relevance(w->phi, (const float *)flint->weights.data + e->g_class * n, n,
                       flint->contribution, flint->relevance);
    return true;
}

/* ---- Many samples ---- */

int64_t *sx_flint_choose(const struct sx_flint_survey *s, int64_t n, int64_t *chosen,
                         struct sx_error *error)
{
    int64_t *rows = sx_new((size_t)n, sizeof *rows, error), at = 0;
    bool *taken = sx_new((size_t)n, sizeof *taken, error);
    *chosen = s->subset > 0 && s->subset < n ? s->subset : n;
    if (rows != NULL && taken != NULL) {
        sx_flint_shuffle(rows, n, s->seed, SX_FLINT_SPLIT);
        for (int64_t i = 0; i < *chosen; i++)
            taken[rows[i]] = true;
        for (int64_t i = 0; i < n; i++)
            if (taken[i])
                rows[at++] = i;
    }
    free(taken);
    return rows;
}

static bool add_batch(struct sx_flint *flint, struct sx_flint_tally *t,
                      struct sx_flint_survey *s, struct sx_dataset *x, const int64_t *y,
                      const int64_t *rows, int64_t n, float *sample, struct sx_error *error)
{
    struct sx_flint_forward *w = &flint->forward;
    if (!sx_flint_forward(w, x, rows, n, NULL, error))
        return false;
    for (int64_t i = 0; i < n; i++) {
        struct sx_flint_row one = {.phi = w->phi + i * t->attributes,
                                   .logits = w->logits + i * t->classes,
                                   .teacher = w->teacher + i * t->classes,
                                   .x = sample,
                                   .size = sx_count(&flint->f.x),
                                   .label = y != NULL ? y[rows[i]] : -1,
                                   .missed = w->missed != NULL ? w->missed[i] : 0};
        int64_t agreed = t->agree;
        if (!sx_flint_names_classes(flint, i, error))
            return sx_fail_at(error, "sample %lld", (long long)rows[i]);
        if (!sx_dataset_read(x, rows[i], sample, error))
            return false;
        sx_flint_tally_add(t, &one, flint->weights.data);
        if (t->agree == agreed)
            s->disagree[s->n_disagree++] = rows[i];
    }
    return true;
}

/* Converts sums to means. */
static void finish(struct sx_flint_tally *t, struct sx_flint_survey *s, bool decoder)
{
    sx_flint_tally_metrics(t, decoder, &s->metrics);
    for (int64_t c = 0; c < t->classes; c++)
        for (int64_t j = 0; j < t->attributes; j++) {
            double *r = &t->relevance[c * t->attributes + j];
            *r = t->count[c] > 0 ? *r / (double)t->count[c] : (double)NAN;
        }
    s->count = t->count;
    s->relevance = t->relevance;
    t->count = NULL;
    t->relevance = NULL;
}

bool sx_flint_survey(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                     struct sx_flint_survey *s, struct sx_error *error)
{
    int64_t n = 0, all = sx_dataset_count(x), batch = sx_flint_together(sx_dataset_shape(x));
    batch = all < batch ? all : batch;
    struct sx_flint_tally t = {0};
    int64_t *rows = sx_flint_choose(s, all, &n, error);
    s->disagree = sx_new((size_t)n, sizeof *s->disagree, error);
    s->n_disagree = 0;
    float *sample = NULL;
    bool ok =
        rows != NULL && s->disagree != NULL &&
        sx_flint_ready(flint, sx_dataset_shape(x), batch, error) &&
        sx_flint_tally_new(&t, sx_flint_classes(flint), sx_flint_attributes(flint), error);
    for (int64_t i = 0; ok && y != NULL && i < all; i++)
        if (y[i] < 0 || y[i] >= t.classes)
            ok = sx_fail(error, SX_FAILED, "label %lld of sample %lld is none of %lld classes",
                         (long long)y[i], (long long)i, (long long)t.classes);
    if (ok) {
        sample = sx_new((size_t)sx_count(sx_dataset_shape(x)), sizeof *sample, error);
        ok = sample != NULL;
        t.correct_only = s->correct_only;
    }
    for (int64_t at = 0; ok && at < n; at += batch)
        ok = add_batch(flint, &t, s, x, y, rows + at, n - at < batch ? n - at : batch, sample,
                       error);
    if (ok)
        finish(&t, s, flint->forward.missed != NULL);
    free(sample);
    free(rows);
    sx_flint_tally_free(&t);
    return ok;
}

void sx_flint_survey_free(struct sx_flint_survey *s)
{
    free(s->count);
    free(s->relevance);
    free(s->disagree);
}
