/* copy.c - copies a result, with its arrays. */
#include <string.h>

#include "record/result.h"

static void copy_array(struct sx_result *to, const struct sx_datum *v)
{
    struct sx_tensor t = v->array;
    size_t n = (size_t)sx_count(&t.shape), size = sx_type_size(t.type);
    void *data = sx_arena_new(&to->arena, n, size, &to->failure);
    struct sx_datum *made = sx_result_add(to, v->key, SX_ARRAY);
    if (made == NULL || data == NULL)
        return;
    memcpy(data, t.data, n * size);
    t.data = data;
    made->array = t;
    made->precision = v->precision;
    made->natural = v->natural;
}

static void copy_value(struct sx_result *to, const struct sx_datum *v)
{
    struct sx_datum *made;
    switch (v->kind) {
    case SX_OBJECT:
    case SX_LIST:
        if (v->kind == SX_OBJECT)
            sx_put_object(to, v->key);
        else
            sx_put_list(to, v->key);
        for (const struct sx_datum *item = v->first; item != NULL; item = item->next)
            copy_value(to, item);
        sx_put_end(to);
        break;
    case SX_ARRAY:
        copy_array(to, v);
        break;
    case SX_TEXT:
        sx_put_text(to, v->key, v->text);
        break;
    default:
        made = sx_result_add(to, v->key, v->kind);
        if (made != NULL && v->kind == SX_TRUTH)
            made->truth = v->truth;
        else if (made != NULL && v->kind == SX_INTEGER)
            made->integer = v->integer;
        else if (made != NULL && v->kind == SX_NUMBER)
            made->number = v->number;
        if (made != NULL)
            made->precision = v->precision;
    }
}

struct sx_result *sx_result_copy(const struct sx_result *result, struct sx_error *error)
{
    struct sx_result *copy = sx_result_new(result->precision, error);
    if (copy == NULL)
        return NULL;
    if (result->top != NULL)
        copy_value(copy, result->top);
    copy->nonfinite = result->nonfinite;
    if (sx_result_ok(copy, error))
        return copy;
    sx_result_free(copy);
    return NULL;
}
