/* origin.c - the description of a fit's samples in the metadata of its file: their preparation, the
 * names of classes and columns, the range of each channel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"
#include "record/result.h"

#define KEY "flint.input"

/* ---- Writing ---- */

static void put_words(struct sx_result *r, const char *key, const char *const *word, int64_t n)
{
    sx_put_list(r, key);
    for (int64_t i = 0; i < n; i++)
        sx_put_text(r, NULL, word[i]);
    sx_put_end(r);
}

static void put_floats(struct sx_result *r, const char *key, float *v, int64_t n)
{
    const struct sx_tensor t = {SX_FLOAT, {1, {n}}, v};
    sx_put_array(r, key, &t);
}

static void put_range(struct sx_result *r, const struct sx_flint_scale *s)
{
    sx_put_object(r, "range");
    sx_put_int(r, "plane", s->plane);
    put_floats(r, "mean", s->mean, s->n);
    put_floats(r, "sd", s->sd, s->n);
    put_floats(r, "low", s->low, s->n);
    put_floats(r, "high", s->high, s->n);
    sx_put_end(r);
}

char *sx_flint_origin_text(const struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_flint_origin *o = fit->data.origin;
    struct sx_result *r = sx_result_new(SX_FLOAT, error);
    if (r == NULL)
        return NULL;
    sx_put_object(r, NULL);
    if (o != NULL && o->prepared)
        sx_put_preparation(r, "prepare", &o->pre);
    if (o != NULL && o->n_labels > 0)
        put_words(r, "labels", o->labels, o->n_labels);
    if (o != NULL && o->n_names > 0)
        put_words(r, "names", o->names, o->n_names);
    if (fit->scale != NULL)
        put_range(r, &fit->scale[fit->source.n_layers]);
    sx_put_end(r);
    char *text = sx_result_line(r, error);
    sx_result_free(r);
    return text;
}

char *sx_flint_names_text(const struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_flint_origin *o = fit->data.origin;
    struct sx_result *r = sx_result_new(SX_FLOAT, error);
    if (r == NULL)
        return NULL;
    put_words(r, NULL, o != NULL ? o->names : NULL, o != NULL ? o->n_names : 0);
    char *text = sx_result_line(r, error);
    sx_result_free(r);
    return text;
}

/* ---- Reading ---- */

/* A list of texts; NULL if the value is not a list of texts. */
static const char *const *words(struct sx_flint_told *told, const char *key, int64_t *n,
                                bool *ok, struct sx_error *error)
{
    const struct sx_datum *list = sx_datum_at(sx_result_top(told->record), key);
    *n = list != NULL ? sx_datum_count(list) : 0;
    if (*n == 0)
        return NULL;
    const char **word = sx_arena_new(&told->arena, (size_t)*n, sizeof *word, error);
    *ok = *ok && word != NULL && list->kind == SX_LIST;
    int64_t i = 0;
    for (const struct sx_datum *v = *ok ? list->first : NULL; v != NULL; v = v->next) {
        word[i++] = sx_datum_text(v, NULL);
        *ok = *ok && word[i - 1] != NULL;
    }
    return word;
}

static const double *numbers(const struct sx_datum *range, const char *key, int64_t n, bool *ok)
{
    const struct sx_datum *v = sx_datum_at(range, key);
    *ok = *ok && v != NULL && v->kind == SX_ARRAY && sx_datum_count(v) == n;
    for (int64_t i = 0; *ok && i < n; i++)
        *ok = isfinite(sx_datum_element(v, i));
    return *ok ? v->array.data : NULL;
}

static void read_range(const struct sx_datum *range, struct sx_flint_origin *o, bool *ok)
{
    const struct sx_datum *mean = sx_datum_at(range, "mean");
    double plane = sx_datum_number(sx_datum_at(range, "plane"), 0);
    o->channels = mean != NULL ? sx_datum_count(mean) : 0;
    *ok = *ok && o->channels > 0 && plane >= 1 && plane < 0x1p40 && plane == floor(plane);
    o->plane = *ok ? (int64_t)plane : 1;
    o->mean = numbers(range, "mean", o->channels, ok);
    o->sd = numbers(range, "sd", o->channels, ok);
    o->low = numbers(range, "low", o->channels, ok);
    o->high = numbers(range, "high", o->channels, ok);
    for (int64_t i = 0; *ok && i < o->channels; i++)
        *ok = o->sd[i] > 0 && o->low[i] <= o->high[i];
}

bool sx_flint_tell(struct sx_flint_told *told, const struct sx_model *model, int64_t classes,
                   struct sx_error *error)
{
    struct sx_flint_origin *o = &told->origin;
    const char *text = sx_model_metadata(model, KEY);
    struct sx_error bad = {0};
    if (text == NULL)
        return true;
    told->record = sx_result_read(text, strlen(text), &bad);
    if (bad.status == SX_MEMORY)
        return sx_fail_as(error, &bad);
    const struct sx_datum *top = told->record != NULL ? sx_result_top(told->record) : NULL;
    const struct sx_datum *prepare = sx_datum_at(top, "prepare");
    const struct sx_datum *range = sx_datum_at(top, "range");
    bool ok = top != NULL && top->kind == SX_OBJECT;
    o->prepared = prepare != NULL;
    ok = ok && (prepare == NULL || sx_preparation_read(prepare, &o->pre));
    if (ok) {
        o->labels = words(told, "labels", &o->n_labels, &ok, &bad);
        o->names = words(told, "names", &o->n_names, &ok, &bad);
    }
    if (ok && range != NULL)
        read_range(range, o, &ok);
    ok = ok && (o->n_labels == 0 || o->n_labels == classes);
    return ok || sx_fail(error, SX_MODEL, "its metadata '%s' are damaged", KEY);
}

void sx_flint_told_free(struct sx_flint_told *told)
{
    sx_result_free(told->record);
    sx_arena_free(&told->arena);
    *told = (struct sx_flint_told){0};
}

const struct sx_flint_origin *sx_flint_origin(const struct sx_flint *flint)
{
    return &flint->told.origin;
}
