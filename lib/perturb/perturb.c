/* perturb.c - adds noise to the weights in a model's file, or redraws them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "perturb/perturb.h"

/* Standard deviation of redrawn weights, and where the normal is truncated, in standard deviations. */
#define REDRAWN 0.1
#define CUT 2.0

/* ---- Options ---- */

static bool parse_randomize(const struct sx_option *row, void *options, const char *text,
                            struct sx_error *error)
{
    struct sx_perturb_options *o = options;
    char *end = NULL;
    if (strncmp(text, "layer:", 6) == 0 && text[6] != '\0') {
        o->layer = text + 6;
        return true;
    }
    if (strncmp(text, "cascade:", 8) == 0 && text[8] >= '0' && text[8] <= '9')
        o->cascade = strtoll(text + 8, &end, 10);
    if (end == NULL || *end != '\0' || o->cascade < 1)
        return sx_fail(error, SX_USAGE,
                       "'%.80s' does not fit option --%s: cascade:N or layer:NAME", text,
                       row->name);
    return true;
}

static const struct sx_option rows[] = {
    {.name = "noise",
     .argument = "PERCENT",
     .help = "add normal noise, in per cent of each tensor's standard deviation",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_perturb_options, noise),
     .high = 1e6},
    {.name = "randomize",
     .argument = "WHICH",
     .help = "redraw weights: cascade:N (N layers from the output), layer:NAME",
     .kind = SX_OPTION_PARSED,
     .parse = parse_randomize}};
const struct sx_options sx_perturb_table = {"Weights", rows, sizeof rows / sizeof rows[0]};

/* ---- Draws ---- */

static double deviation(const struct sx_tensor *t)
{
    int64_t n = sx_count(&t->shape);
    double mean = 0, sum = 0;
    if (n == 1)
        return fabs(sx_tensor_get(t, 0));
    for (int64_t i = 0; i < n; i++)
        mean += sx_tensor_get(t, i) / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double d = sx_tensor_get(t, i) - mean;
        sum += d * d;
    }
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

/* A truncated normal: the first of several draws that is within CUT standard deviations. */
static double cut_normal(uint64_t seed, uint64_t stream, uint64_t i)
{
    enum { TRIES = 16 };
    for (uint64_t k = 0; k < TRIES; k++) {
        double z = sx_random_normal(seed, stream, TRIES * i + k);
        if (fabs(z) <= CUT)
            return z;
    }
    return 0;
}

/* Rounds and clips a value to an integer type. */
static double within(double value, int type)
{
    double low = -0x1p31, high = 0x1p31 - 1;
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__INT8)
        low = -128, high = 127;
    if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8)
        low = 0, high = 255;
    value = nearbyint(value);
    return value < low ? low : value > high ? high : value;
}

/* Makes *value the new elements of a weight. */
static bool draw(const struct sx_model *model, const struct sx_perturb_options *o,
                 const Onnx__TensorProto *proto, struct sx_tensor *value,
                 struct sx_error *error)
{
    if (!sx_onnx_tensor_read(model, proto, SX_DOUBLE, value, NULL, error))
        return false;
    uint64_t stream = sx_hash(SX_HASH_START, proto->name, strlen(proto->name));
    double s = deviation(value);
    double noise = o->deviation > 0 ? o->deviation : s * o->noise / 100;
    bool whole = value->type == SX_INT;
    for (int64_t i = 0; i < sx_count(&value->shape); i++) {
        double w = sx_tensor_get(value, i);
        if (noise > 0 || o->noise > 0)
            w += noise * sx_random_normal(o->seed, stream, (uint64_t)i);
        else
            w = (whole ? s : REDRAWN) * cut_normal(o->seed, stream, (uint64_t)i);
        sx_tensor_set(value, i, whole ? within(w, proto->data_type) : w);
    }
    return true;
}

/* ---- The file ---- */

static bool is_chosen(const struct sx_perturb_options *o, const struct sx_perturbed *w,
                      const struct sx_perturbed_weight *weight)
{
    return o->layer != NULL ? strcmp(w->layer[weight->layer].name, o->layer) == 0
           : o->cascade > 0 ? weight->layer < o->cascade
                            : true;
}

/* Draws new values of all chosen weights; each tensor once. */
static bool draw_all(const struct sx_model *model, const struct sx_perturb_options *o,
                     const struct sx_perturbed *w, struct sx_onnx_value *values,
                     struct sx_tensor *drawn, size_t *n, struct sx_error *error)
{
    *n = 0;
    if (o->cascade > w->n_layers && w->n > 0)
        return sx_fail(error, SX_USAGE, "cascade:%lld: the model has %lld layers with weights",
                       (long long)o->cascade, (long long)w->n_layers);
    for (int64_t i = 0; i < w->n; i++) {
        const Onnx__TensorProto *t = w->weight[i].tensor;
        bool taken = !is_chosen(o, w, &w->weight[i]);
        for (size_t k = 0; k < *n; k++)
            taken = taken || values[k].name == t->name;
        if (taken)
            continue;
        if (!draw(model, o, t, &drawn[*n], error))
            return false;
        values[*n] = (struct sx_onnx_value){t->name, &drawn[*n]};
        ++*n;
    }
    if (*n > 0)
        return true;
    return o->layer != NULL
               ? sx_fail(error, SX_USAGE, "no layer named '%.80s' (see --list)", o->layer)
               : sx_fail(error, SX_MODEL, "the model has no weights");
}

/* Writes the file with other weights; free it with sx_wire_free in any case. */
static bool rewrite(const struct sx_model *model, const struct sx_perturb_options *o,
                    struct sx_wire *file, struct sx_error *error)
{
    struct sx_perturbed w;
    struct sx_error failure = {0};
    struct sx_onnx_changes changes = {.embed = true};
    *file = (struct sx_wire){.error = &failure};
    if (!sx_perturbed_find(model, &w, error))
        return false;
    struct sx_onnx_value *values = sx_new((size_t)w.n, sizeof *values, error);
    struct sx_tensor *drawn = sx_new((size_t)w.n, sizeof *drawn, error);
    bool ok = values != NULL && drawn != NULL &&
              draw_all(model, o, &w, values, drawn, &changes.n_values, error);
    changes.values = values;
    if (ok && !sx_onnx_rewrite(model, &changes, file)) {
        *error = failure;
        ok = false;
    }
    file->error = error;
    for (int64_t i = 0; drawn != NULL && i < w.n; i++)
        sx_tensor_free(&drawn[i]);
    free(drawn);
    free(values);
    sx_perturbed_free(&w);
    return ok;
}

bool sx_perturb(const struct sx_model *model, const struct sx_perturb_options *o,
                struct sx_sink *sink, struct sx_error *error)
{
    struct sx_wire file;
    bool ok = rewrite(model, o, &file, error);
    if (ok) {
        sx_sink_write(sink, file.bytes, file.size);
        ok = sx_sink_flush(sink, error);
    }
    sx_wire_free(&file);
    return ok;
}

struct sx_model *sx_perturbed_model(const struct sx_model *model,
                                    const struct sx_perturb_options *o, struct sx_error *error)
{
    struct sx_wire file;
    if (rewrite(model, o, &file, error))
        return sx_model_take(file.bytes, file.size, "the perturbed model", error);
    sx_wire_free(&file);
    return NULL;
}
