/* title.c - the title of a figure, and the unit of its numbers. */
#include <math.h>
#include <string.h>

#include "figure/figure.h"

static void target_of(const struct sx_datum *record, char *text, size_t size)
{
    const struct sx_datum *target = sx_datum_at(record, "target");
    const char *label = sx_datum_text(sx_datum_at(target, "label"), NULL);
    const char *sum = sx_datum_text(sx_datum_at(target, "sum"), NULL);
    double index = sx_datum_number(sx_datum_at(target, "index"), -1);
    text[0] = '\0';
    if (label != NULL)
        snprintf(text, size, "%s", label);
    else if (sum != NULL)
        snprintf(text, size, "sum of %s", sum);
    else if (index >= 0)
        snprintf(text, size, "output %.0f", index);
}

void sx_figure_unit(const struct sx_datum *record, char *text, size_t size)
{
    const char *score = sx_datum_text(sx_datum_at(record, "target.score"), "");
    snprintf(text, size, "%s",
             strcmp(score, "logit") == 0     ? "logit"
             : strcmp(score, "prob") == 0    ? "probability"
             : strcmp(score, "logprob") == 0 ? "log-probability"
                                             : "output");
}

static const char *method_at(const struct sx_figure *f, int64_t i)
{
    return sx_datum_text(sx_datum_at(f->item[i].record, "method"), NULL);
}

/* Writes "grad, ig", or the number of methods. False if there are none. */
static bool list_methods(const struct sx_figure *f, char *text, size_t size)
{
    enum { FEW = 4 };
    int64_t n = 0;
    size_t at = 0;
    for (int64_t i = 0; i < f->n; i++) {
        const char *method = method_at(f, i);
        bool known = method == NULL;
        for (int64_t k = 0; k < i && !known; k++)
            known = method_at(f, k) != NULL && strcmp(method, method_at(f, k)) == 0;
        if (known)
            continue;
        if (n++ < FEW && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s%s", n > 1 ? ", " : "", method);
    }
    if (n > FEW || at >= size)
        snprintf(text, size, "%lld methods", (long long)n);
    return n > 0;
}

static void method_of(const struct sx_figure *f, char *text, size_t size)
{
    const struct sx_datum *record = f->item[0].record;
    const char *method = sx_datum_text(sx_datum_at(record, "method"), NULL);
    const char *index = sx_datum_text(sx_datum_at(record, "params.index"), NULL);
    const char *tool = sx_datum_text(sx_datum_at(record, "tool"), "record");
    bool several = f->kind == SX_STRIP || f->kind == SX_SHEET || f->kind == SX_CURVE ||
                   f->kind == SX_SIGNAL;
    if (several && f->kind != SX_CURVE && list_methods(f, text, size))
        return;
    snprintf(text, size, "%s",
             several          ? tool
             : method != NULL ? method
             : index != NULL  ? index
                              : tool);
}

static bool same_sample(const struct sx_datum *a, const struct sx_datum *b)
{
    return strcmp(sx_datum_text(sx_datum_at(a, "id"), ""),
                  sx_datum_text(sx_datum_at(b, "id"), "")) == 0 &&
           sx_datum_number(sx_datum_at(a, "index"), 0) ==
               sx_datum_number(sx_datum_at(b, "index"), 0);
}

/* The number of samples. Records of one sample follow each other. */
static int64_t samples_of(const struct sx_figure *f)
{
    int64_t n = 1;
    for (int64_t i = 1; i < f->n; i++)
        n += !same_sample(f->item[i - 1].record, f->item[i].record);
    return n;
}

/* Writes the name of the sample, or the number of samples. */
static void sample_of(const struct sx_figure *f, char *text, size_t size)
{
    const struct sx_datum *record = f->item[0].record;
    const char *id = sx_bare_name(sx_datum_text(sx_datum_at(record, "id"), ""));
    double index = sx_datum_number(sx_datum_at(record, "index"), 0);
    bool many = sx_kind_shows_all(f->kind);
    int64_t samples = many ? samples_of(f) : 1;
    if (samples > 1)
        snprintf(text, size, "%lld samples", (long long)samples);
    else if (index > 0)
        snprintf(text, size, "%s [%.0f]", id, index);
    else
        snprintf(text, size, "%s", id);
}

void sx_title_of(const struct sx_figure *f, char *text, size_t size)
{
    char sample[300], method[120], target[300];
    sample_of(f, sample, sizeof sample);
    method_of(f, method, sizeof method);
    target_of(f->item[0].record, target, sizeof target);
    bool one = !sx_kind_shows_all(f->kind);
    snprintf(text, size, "%s%s%s%s%s", sample, sample[0] != '\0' ? ": " : "", method,
             one && target[0] != '\0' ? " of " : "", one ? target : "");
}

void sx_subtitle_of(const struct sx_figure *f, char *text, size_t size)
{
    const struct sx_datum *record = f->item[0].record;
    const char *model = sx_datum_text(sx_datum_at(record, "model.file"), "");
    model = strcmp(model, "-") == 0 ? "" : model; /* the model was read from standard input */
    double value = sx_datum_number(sx_datum_at(record, "target.value"), NAN);
    char unit[32], number[32];
    sx_figure_unit(record, unit, sizeof unit);
    sx_short_number(number, value);
    bool one = !sx_kind_shows_all(f->kind);
    snprintf(text, size, "%s%s%s%s%s", sx_bare_name(model),
             model[0] != '\0' && one && isfinite(value) ? ", " : "",
             one && isfinite(value) ? unit : "", one && isfinite(value) ? " " : "",
             one && isfinite(value) ? number : "");
}
