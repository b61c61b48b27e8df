/* tensor.c - shapes, element types and dense arrays. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

size_t sx_type_size(enum sx_type type)
{
    static const size_t size[] = {[SX_FLOAT] = 4, [SX_DOUBLE] = 8, [SX_INT] = 8, [SX_BOOL] = 1};
    return size[type];
}

int64_t sx_count(const struct sx_shape *shape)
{
    int64_t n = 1;
    for (int i = 0; i < shape->rank; i++)
        n *= shape->dim[i];
    return n;
}

/* Counts elements. A zero dimension does not hide an overflow of the others, because strides are
 * their products. */
bool sx_shape_count(const struct sx_shape *shape, int64_t *count, struct sx_error *error)
{
    if (shape->rank < 0 || shape->rank > SX_MAX_RANK)
        return sx_fail(error, SX_MODEL, "rank %d is over %d", shape->rank, SX_MAX_RANK);
    int64_t n = 1;
    bool empty = false;
    for (int i = 0; i < shape->rank; i++) {
        int64_t d = shape->dim[i];
        if (d < 0)
            return sx_fail(error, SX_MODEL, "dimension %d is negative", i);
        empty = empty || d == 0;
        if (d > 0 && (__builtin_mul_overflow(n, d, &n) || n > INT64_MAX / 16))
            return sx_fail(error, SX_MODEL, "shape is too large");
    }
    *count = empty ? 0 : n;
    return true;
}

bool sx_shape_equal(const struct sx_shape *a, const struct sx_shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

bool sx_tensor_room(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                    struct sx_error *error)
{
    int64_t count;
    *tensor = (struct sx_tensor){.type = type, .shape = *shape};
    if (!sx_shape_count(shape, &count, error))
        return false;
    tensor->data = sx_new_aligned((size_t)count, sx_type_size(type), error);
    return tensor->data != NULL;
}

bool sx_tensor_new(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                   struct sx_error *error)
{
    if (!sx_tensor_room(tensor, type, shape, error))
        return false;
    memset(tensor->data, 0, (size_t)sx_count(shape) * sx_type_size(type));
    return true;
}

void sx_tensor_free(struct sx_tensor *tensor)
{
    free(tensor->data);
    *tensor = (struct sx_tensor){0};
}

/* Reads an element, which may be unaligned, as constants in a model file are. */
double sx_tensor_get(const struct sx_tensor *tensor, int64_t i)
{
    const size_t size = sx_type_size(tensor->type);
    union {
        float f;
        double d;
        int64_t i;
        uint8_t b;
    } value;
    memcpy(&value, (const char *)tensor->data + (size_t)i * size, size);
    switch (tensor->type) {
    case SX_FLOAT:
        return value.f;
    case SX_DOUBLE:
        return value.d;
    case SX_INT:
        return (double)value.i;
    case SX_BOOL:
        return value.b;
    }
    return 0;
}

void sx_tensor_set(struct sx_tensor *tensor, int64_t i, double value)
{
    switch (tensor->type) {
    case SX_FLOAT:
        ((float *)tensor->data)[i] = (float)value;
        break;
    case SX_DOUBLE:
        ((double *)tensor->data)[i] = value;
        break;
    case SX_INT:
        ((int64_t *)tensor->data)[i] = sx_nearest_int(value);
        break;
    case SX_BOOL:
        ((uint8_t *)tensor->data)[i] = value != 0;
        break;
    }
}

bool sx_tensor_convert(struct sx_tensor *to, enum sx_type type, const struct sx_tensor *from,
                       struct sx_error *error)
{
    if (!sx_tensor_room(to, type, &from->shape, error))
        return false;
    int64_t n = sx_count(&from->shape);
    if (n == 0)
        return true;
    if (type == from->type)
        memcpy(to->data, from->data, (size_t)n * sx_type_size(type));
    else
        for (int64_t i = 0; i < n; i++)
            sx_tensor_set(to, i, sx_tensor_get(from, i));
    return true;
}
