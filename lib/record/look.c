/* look.c - finds members of a result by their path. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"

const struct sx_datum *sx_datum_at(const struct sx_datum *value, const char *path)
{
    while (value != NULL && *path != '\0') {
        size_t n = strcspn(path, ".");
        bool list = value->kind == SX_LIST;
        long place = list ? strtol(path, NULL, 10) : 0;
        const struct sx_datum *v = list || value->kind == SX_OBJECT ? value->first : NULL;
        while (v != NULL &&
               (list ? place-- > 0 : strncmp(v->key, path, n) != 0 || v->key[n] != '\0'))
            v = v->next;
        value = v;
        path += n + (path[n] == '.');
    }
    return value;
}

double sx_datum_number(const struct sx_datum *v, double otherwise)
{
    if (v == NULL)
        return otherwise;
    return v->kind == SX_NUMBER    ? v->number
           : v->kind == SX_INTEGER ? (double)v->integer
           : v->kind == SX_TRUTH   ? (double)v->truth
                                   : otherwise;
}

const char *sx_datum_text(const struct sx_datum *v, const char *otherwise)
{
    return v != NULL && v->kind == SX_TEXT ? v->text : otherwise;
}

int64_t sx_datum_count(const struct sx_datum *v)
{
    int64_t n = 0;
    if (v != NULL && v->kind == SX_ARRAY)
        return sx_count(&v->array.shape);
    if (v == NULL || (v->kind != SX_LIST && v->kind != SX_OBJECT))
        return 0;
    for (v = v->first; v != NULL; v = v->next)
        n++;
    return n;
}

double sx_datum_element(const struct sx_datum *v, int64_t i)
{
    if (v == NULL || i < 0)
        return NAN;
    if (v->kind == SX_ARRAY && i < sx_count(&v->array.shape) && v->natural)
        return (double)((const uint64_t *)v->array.data)[i];
    if (v->kind == SX_ARRAY)
        return i < sx_count(&v->array.shape) ? sx_tensor_get(&v->array, i) : NAN;
    for (v = v->kind == SX_LIST ? v->first : NULL; v != NULL && i > 0; i--)
        v = v->next;
    return sx_datum_number(v, NAN);
}

bool sx_datum_tensor(const struct sx_datum *value, struct sx_tensor *tensor)
{
    const struct sx_datum *shape = sx_datum_at(value, "shape"),
                          *values = sx_datum_at(value, "values");
    struct sx_error ignored = {0};
    int64_t n = sx_datum_count(shape), count = 0;
    if (values == NULL || values->kind != SX_ARRAY || shape == NULL || n > SX_MAX_RANK)
        return false;
    *tensor = values->array;
    tensor->shape.rank = (int)n;
    for (int64_t i = 0; i < n; i++) {
        double dim = sx_datum_element(shape, i);
        if (!(dim >= 0 && dim < 0x1p53))
            return false;
        tensor->shape.dim[i] = (int64_t)dim;
    }
    return sx_shape_count(&tensor->shape, &count, &ignored) &&
           count == sx_count(&values->array.shape);
}
