/* build.c - builds a result, one value after the other, from the outside in. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"

struct sx_result *sx_result_new(enum sx_type precision, struct sx_error *error)
{
    struct sx_result *r = sx_new(1, sizeof *r, error);
    if (r != NULL)
        r->precision = precision;
    return r;
}

void sx_result_free(struct sx_result *r)
{
    if (r == NULL)
        return;
    sx_arena_free(&r->arena);
    free(r);
}

void sx_result_reset(struct sx_result *r)
{
    sx_arena_free(&r->arena);
    *r = (struct sx_result){.precision = r->precision};
}

const struct sx_datum *sx_result_top(const struct sx_result *r)
{
    return r->top;
}

bool sx_result_ok(const struct sx_result *r, struct sx_error *error)
{
    if (r->failure.status == SX_OK)
        return true;
    if (error->status == SX_OK)
        *error = r->failure;
    return false;
}

struct sx_datum *sx_result_add(struct sx_result *r, const char *key, enum sx_kind kind)
{
    if (r->failure.status != SX_OK)
        return NULL;
    struct sx_datum *v = sx_arena_new(&r->arena, 1, sizeof *v, &r->failure);
    if (v != NULL && key != NULL)
        v->key = sx_arena_strdup(&r->arena, key, &r->failure);
    if (r->failure.status != SX_OK)
        return NULL;
    v->kind = kind;
    v->precision = r->precision;
    if (r->depth == 0) {
        r->top = v;
    } else if (r->open[r->depth - 1].last == NULL) {
        r->open[r->depth - 1].value->first = v;
    } else {
        r->open[r->depth - 1].last->next = v;
    }
    if (r->depth > 0)
        r->open[r->depth - 1].last = v;
    return v;
}

static void open_value(struct sx_result *r, const char *key, enum sx_kind kind)
{
    struct sx_datum *v = sx_result_add(r, key, kind);
    if (v == NULL)
        return;
    if (r->depth == SX_RESULT_DEPTH) {
        sx_fail(&r->failure, SX_FAILED, "nested deeper than %d", SX_RESULT_DEPTH);
        return;
    }
    r->open[r->depth].value = v;
    r->open[r->depth++].last = NULL;
}

void sx_put_object(struct sx_result *r, const char *key)
{
    open_value(r, key, SX_OBJECT);
}

void sx_put_list(struct sx_result *r, const char *key)
{
    open_value(r, key, SX_LIST);
}

void sx_put_end(struct sx_result *r)
{
    if (r->failure.status == SX_OK && r->depth > 0)
        r->depth--;
}

void sx_put_null(struct sx_result *r, const char *key)
{
    sx_result_add(r, key, SX_NULL);
}

void sx_put_text(struct sx_result *r, const char *key, const char *text)
{
    struct sx_datum *v = sx_result_add(r, key, text != NULL ? SX_TEXT : SX_NULL);
    if (v != NULL && text != NULL)
        v->text = sx_arena_strdup(&r->arena, text, &r->failure);
}

void sx_put_int(struct sx_result *r, const char *key, int64_t value)
{
    struct sx_datum *v = sx_result_add(r, key, SX_INTEGER);
    if (v != NULL)
        v->integer = value;
}

void sx_put_bool(struct sx_result *r, const char *key, bool value)
{
    struct sx_datum *v = sx_result_add(r, key, SX_TRUTH);
    if (v != NULL)
        v->truth = value;
}

static void put_number(struct sx_result *r, const char *key, double value,
                       enum sx_type precision)
{
    struct sx_datum *v = sx_result_add(r, key, isfinite(value) ? SX_NUMBER : SX_NULL);
    if (v == NULL)
        return;
    v->number = value;
    v->precision = precision;
    r->nonfinite += !isfinite(value);
}

void sx_put_number(struct sx_result *r, const char *key, double value)
{
    put_number(r, key, value, r->precision);
}

void sx_put_double(struct sx_result *r, const char *key, double value)
{
    put_number(r, key, value, SX_DOUBLE);
}

void sx_put_derived(struct sx_result *r, const char *key, double value)
{
    if (isfinite(value))
        sx_put_double(r, key, value);
    else
        sx_put_null(r, key);
}

void sx_put_shape(struct sx_result *r, const char *key, const struct sx_shape *shape)
{
    sx_put_list(r, key);
    for (int i = 0; i < shape->rank; i++)
        sx_put_int(r, NULL, shape->dim[i]);
    sx_put_end(r);
}

/* Whether an element is null as text. As a float a finite double may be infinite. */
static bool is_null(double value, enum sx_type precision)
{
    return precision == SX_FLOAT ? !isfinite((float)value) : !isfinite(value);
}

void sx_put_naturals(struct sx_result *r, const char *key, const struct sx_tensor *tensor)
{
    struct sx_datum *v = sx_result_add(r, key, SX_ARRAY);
    if (v == NULL)
        return;
    v->array = *tensor;
    v->precision = SX_INT;
    v->natural = true;
}

void sx_put_array(struct sx_result *r, const char *key, const struct sx_tensor *tensor)
{
    struct sx_datum *v = sx_result_add(r, key, SX_ARRAY);
    if (v == NULL)
        return;
    v->array = *tensor;
    v->precision = tensor->type == SX_DOUBLE ? r->precision : tensor->type;
    if (tensor->type == SX_INT || tensor->type == SX_BOOL)
        return;
    int64_t n = sx_count(&tensor->shape);
    for (int64_t i = 0; i < n; i++)
        r->nonfinite += is_null(sx_tensor_get(tensor, i), v->precision);
}

void sx_put_tensor(struct sx_result *r, const char *key, const struct sx_tensor *tensor)
{
    sx_put_object(r, key);
    sx_put_shape(r, "shape", &tensor->shape);
    sx_put_array(r, "values", tensor);
    sx_put_end(r);
}
