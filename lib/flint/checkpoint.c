/* checkpoint.c - the state of a fit as a file: an ONNX model that consists of initializers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

#define KEY "flint.checkpoint"

/* Number of doubles in a struct sx_flint_epoch. */
enum { EPOCH_DOUBLES = sizeof(struct sx_flint_epoch) / sizeof(double) };

static void put(struct sx_wire *w, const char *prefix, const char *name,
                const struct sx_tensor *value)
{
    char *whole = NULL;
    if (asprintf(&whole, "%s%s", prefix, name) < 0) {
        sx_fail(w->error, SX_MEMORY, "out of memory");
        return;
    }
    sx_onnx_write_tensor(w, whole, value);
    free(whole);
}

static struct sx_tensor doubles(void *data, int64_t rows, int64_t columns)
{
    return (struct sx_tensor){SX_DOUBLE, {2, {rows, columns}}, data};
}

bool sx_flint_fit_save(struct sx_flint_fit *fit, const char *path, struct sx_error *error)
{
    struct sx_error failure = {0};
    struct sx_wire graph = {.error = &failure}, file = {.error = &failure};
    struct sx_tensor sums = doubles(fit->sums, 1, SX_FLINT_TERMS + 2);
    struct sx_tensor history = doubles(fit->history, fit->epoch, EPOCH_DOUBLES);
    char place[100];
    if (!sx_flint_finite(fit, error))
        return false;
    for (int i = 0; i < fit->n_trained; i++) {
        put(&graph, "", fit->names[i], &fit->value[i]);
        put(&graph, "m/", fit->names[i], &fit->m[i]);
        put(&graph, "v/", fit->names[i], &fit->v[i]);
        if (fit->kept != NULL)
            put(&graph, "best/", fit->names[i], &fit->kept[i]);
    }
    put(&graph, "flint/", "sums", &sums);
    put(&graph, "flint/", "history", &history);
    sx_onnx_write_model(&file, 13, "checkpoint", &graph);
    snprintf(place, sizeof place, "%lld %lld %lld %lld", (long long)fit->epoch,
             (long long)fit->at, (long long)fit->t, (long long)fit->best);
    sx_onnx_write_metadata(&file, KEY, fit->hash);
    sx_onnx_write_metadata(&file, KEY ".place", place);
    struct sx_sink *sink = NULL;
    bool ok = failure.status == SX_OK || sx_fail_as(error, &failure);
    if (ok) {
        sink = sx_sink_open(path, error);
        ok = sink != NULL;
    }
    if (ok) {
        sx_sink_write(sink, file.bytes, file.size);
        ok = sx_sink_sync(sink, error);
        ok = sx_sink_finish(sink, ok, error) && ok;
    }
    sx_wire_free(&graph);
    sx_wire_free(&file);
    return ok;
}

static bool damaged(struct sx_error *error, const char *what)
{
    *error = (struct sx_error){0};
    return sx_fail(error, SX_FAILED, "the checkpoint is damaged: '%.80s'", what);
}

static bool sound(const struct sx_tensor *t, double least)
{
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        if (!isfinite(sx_tensor_get(t, i)) || sx_tensor_get(t, i) < least)
            return false;
    return true;
}

/* Reads a tensor of the checkpoint into `to`. Its elements must be finite and at least `least`;
 * with `least` NaN they may be anything. */
static bool get(const struct sx_model *model, const char *prefix, const char *name,
                double least, const struct sx_tensor *to, struct sx_error *error)
{
    char *whole = NULL;
    struct sx_tensor t = {0};
    if (asprintf(&whole, "%s%s", prefix, name) < 0)
        return sx_fail(error, SX_MEMORY, "out of memory");
    const Onnx__TensorProto *proto = sx_model_initializer(model, whole);
    bool ok = proto != NULL && sx_onnx_tensor_read(model, proto, to->type, &t, NULL, error) &&
              sx_shape_equal(&t.shape, &to->shape) && (isnan(least) || sound(&t, least));
    if (ok)
        memcpy(to->data, t.data, (size_t)sx_count(&t.shape) * sx_type_size(t.type));
    else if (error->status != SX_MEMORY)
        damaged(error, whole);
    sx_tensor_free(&t);
    free(whole);
    return ok;
}

static bool find_place(struct sx_flint_fit *fit, const struct sx_model *model,
                       struct sx_error *error)
{
    const char *hash = sx_model_metadata(model, KEY);
    const char *place = sx_model_metadata(model, KEY ".place");
    long long epoch = 0, at = 0, t = 0, best = 0;
    if (hash == NULL || place == NULL)
        return sx_fail(error, SX_USAGE, "this is no checkpoint");
    if (strcmp(hash, fit->hash) != 0)
        return sx_fail(error, SX_USAGE,
                       "the checkpoint is of other options, data or another model");
    if (sscanf(place, "%lld %lld %lld %lld", &epoch, &at, &t, &best) != 4 || epoch < 1 ||
        best < 0 || best >= epoch || epoch > fit->options.epochs + 1 || at < 0 ||
        at >= sx_flint_steps(fit) || t < 0 || t > (epoch - 1) * sx_flint_steps(fit) + at)
        return damaged(error, KEY ".place");
    fit->epoch = epoch;
    fit->at = at;
    fit->t = t;
    fit->best = best;
    fit->steps = -1;
    return true;
}

bool sx_flint_fit_resume(struct sx_flint_fit *fit, const char *path, struct sx_error *error)
{
    const struct sx_model_options options = {.max_memory = fit->options.max_memory};
    struct sx_model *model = sx_model_open(path, &options, error);
    if (model == NULL) { /* the checkpoint is not the user's model */
        error->status = error->status == SX_MODEL ? SX_FAILED : error->status;
        return false;
    }
    bool ok = find_place(fit, model, error);
    struct sx_tensor sums = doubles(fit->sums, 1, SX_FLINT_TERMS + 2);
    struct sx_tensor history = doubles(fit->history, fit->epoch, EPOCH_DOUBLES);
    for (int i = 0; ok && i < fit->n_trained; i++)
        ok = get(model, "", fit->names[i], -INFINITY, &fit->value[i], error) &&
             get(model, "m/", fit->names[i], -INFINITY, &fit->m[i], error) &&
             get(model, "v/", fit->names[i], 0, &fit->v[i], error) &&
             (fit->kept == NULL ||
              get(model, "best/", fit->names[i], -INFINITY, &fit->kept[i], error));
    ok = ok && get(model, "flint/", "sums", -INFINITY, &sums, error) &&
         get(model, "flint/", "history", NAN, &history, error);
    sx_model_close(model);
    if (ok)
        sx_flint_best_epoch(fit, fit->epoch - 1);
    return ok || sx_fail_at(error, "%s", path);
}
