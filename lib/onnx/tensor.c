/* tensor.c - the elements of a TensorProto: where they are, and what they are as numbers.
 *
 * ONNX keeps elements in raw_data, in another file, or in one of five typed fields, where small
 * types sit in the low bytes of 32 or 64 bits. All of that is one array of little-endian
 * elements with a stride, which is what this file makes of it. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "typed fields are read as little-endian");

/* The typed field that may hold the elements, by its name in the schema. */
enum source { NOWHERE, FLOAT_DATA, INT32_DATA, INT64_DATA, DOUBLE_DATA, UINT64_DATA };

struct element {
    const char *name;
    enum source source; /* NOWHERE: not supported */
    enum sx_type type;  /* SX_FLOAT: any float type */
    size_t size;
};

/* By ONNX number. Those after 16 are newer than the schema we were built with. */
static const struct element elements[] = {
    {"undefined", NOWHERE, SX_FLOAT, 0},      {"float", FLOAT_DATA, SX_FLOAT, 4},
    {"uint8", INT32_DATA, SX_INT, 1},         {"int8", INT32_DATA, SX_INT, 1},
    {"uint16", INT32_DATA, SX_INT, 2},        {"int16", INT32_DATA, SX_INT, 2},
    {"int32", INT32_DATA, SX_INT, 4},         {"int64", INT64_DATA, SX_INT, 8},
    {"string", NOWHERE, SX_FLOAT, 0},         {"bool", INT32_DATA, SX_BOOL, 1},
    {"float16", INT32_DATA, SX_FLOAT, 2},     {"double", DOUBLE_DATA, SX_FLOAT, 8},
    {"uint32", UINT64_DATA, SX_INT, 4},       {"uint64", UINT64_DATA, SX_INT, 8},
    {"complex64", NOWHERE, SX_FLOAT, 0},      {"complex128", NOWHERE, SX_FLOAT, 0},
    {"bfloat16", INT32_DATA, SX_FLOAT, 2},    {"float8e4m3fn", NOWHERE, SX_FLOAT, 0},
    {"float8e4m3fnuz", NOWHERE, SX_FLOAT, 0}, {"float8e5m2", NOWHERE, SX_FLOAT, 0},
    {"float8e5m2fnuz", NOWHERE, SX_FLOAT, 0}, {"uint4", NOWHERE, SX_FLOAT, 0},
    {"int4", NOWHERE, SX_FLOAT, 0},           {"float4e2m1", NOWHERE, SX_FLOAT, 0},
    {"float8e8m0", NOWHERE, SX_FLOAT, 0},
};

static const struct element *element_of(int onnx_type)
{
    bool known = onnx_type >= 0 && onnx_type < (int)(sizeof elements / sizeof *elements);
    return known ? &elements[onnx_type] : &elements[0];
}

const char *sx_onnx_type_name(int onnx_type)
{
    return element_of(onnx_type)->name;
}

bool sx_onnx_type(int onnx_type, enum sx_type real, enum sx_type *type, struct sx_error *error)
{
    const struct element *e = element_of(onnx_type);
    if (e->source == NOWHERE)
        return sx_fail(error, SX_MODEL, "element type %s (%d) is not supported", e->name,
                       onnx_type);
    *type = e->type == SX_FLOAT ? real : e->type;
    return true;
}

static bool read_shape(const Onnx__TensorProto *proto, struct sx_onnx_view *view,
                       struct sx_error *error)
{
    if (proto->n_dims > SX_MAX_RANK)
        return sx_fail(error, SX_MODEL, "rank %zu is over %d", proto->n_dims, SX_MAX_RANK);
    view->shape = (struct sx_shape){.rank = (int)proto->n_dims};
    for (int i = 0; i < view->shape.rank; i++)
        view->shape.dim[i] = proto->dims[i];
    return sx_shape_count(&view->shape, &view->count, error);
}

/* The elements in a typed field; *n of them. */
static void typed_field(const Onnx__TensorProto *proto, enum source source,
                        struct sx_onnx_view *view, size_t *n)
{
    const void *bytes[] = {NULL,
                           proto->float_data,
                           proto->int32_data,
                           proto->int64_data,
                           proto->double_data,
                           proto->uint64_data};
    const size_t counts[] = {0,
                             proto->n_float_data,
                             proto->n_int32_data,
                             proto->n_int64_data,
                             proto->n_double_data,
                             proto->n_uint64_data};
    static const size_t sizes[] = {0, 4, 4, 8, 8, 8};
    view->bytes = bytes[source];
    view->stride = sizes[source];
    *n = counts[source];
}

static bool find_raw(const struct sx_model *m, const Onnx__TensorProto *proto, size_t need,
                     struct sx_onnx_view *view, struct sx_error *error)
{
    struct sx_raw_place place = {0};
    if (proto->raw_data.len == sizeof place)
        memcpy(&place, proto->raw_data.data, sizeof place);
    if (place.offset > m->file.size || place.length > m->file.size - place.offset ||
        place.length != need)
        return sx_fail(error, SX_MODEL, "%llu bytes of data where %zu are needed",
                       (unsigned long long)place.length, need);
    view->bytes = m->file.bytes + place.offset;
    return true;
}

static bool find_elements(const struct sx_model *m, const Onnx__TensorProto *proto,
                          struct sx_onnx_view *view, struct sx_error *error)
{
    const struct element *e = element_of(proto->data_type);
    size_t n, need;
    if (proto->segment != NULL)
        return sx_fail(error, SX_MODEL, "tensors in segments are not supported");
    if (!read_shape(proto, view, error))
        return false;
    if (!sx_size_mul(&need, (size_t)view->count, e->size))
        return sx_fail(error, SX_MODEL, "too large");
    view->stride = e->size;
    if (proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return need == 0 || sx_external_bytes(m->external, proto, need, &view->bytes, error);
    if (proto->has_raw_data)
        return find_raw(m, proto, need, view, error);
    typed_field(proto, e->source, view, &n);
    return n == (size_t)view->count ||
           sx_fail(error, SX_MODEL, "%zu elements where %lld are needed", n,
                   (long long)view->count);
}

bool sx_onnx_tensor(const struct sx_model *m, const Onnx__TensorProto *proto,
                    struct sx_onnx_view *view, struct sx_error *error)
{
    enum sx_type type;
    *view = (struct sx_onnx_view){.onnx_type = proto->data_type};
    if (sx_onnx_type(proto->data_type, SX_FLOAT, &type, error) &&
        find_elements(m, proto, view, error))
        return true;
    return sx_fail_at(error, "tensor '%.*s'", SX_NAME_SHOWN,
                      proto->name != NULL ? proto->name : "");
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
static float from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 0) { /* zero and subnormals: the fraction counts units of 2^-24 */
        float value = (float)fraction * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    exponent = exponent == 31 ? 255 : exponent + 127 - 15;
    return from_bits(sign | exponent << 23 | fraction << 13);
}

static double real_at(int onnx_type, const uint8_t *p)
{
    uint16_t half;
    float single;
    double value;
    switch (onnx_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
        memcpy(&half, p, sizeof half);
        return from_half(half);
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        memcpy(&half, p, sizeof half);
        return from_bits((uint32_t)half << 16);
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        memcpy(&single, p, sizeof single);
        return single;
    default:
        memcpy(&value, p, sizeof value);
        return value;
    }
}

/* Integers of any size are sign-extended unless their type is unsigned. */
static int64_t int_at(int onnx_type, const uint8_t *p, size_t size)
{
    uint64_t bits = 0;
    memcpy(&bits, p, size);
    int spare = 64 - 8 * (int)size;
    bool is_unsigned = onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT16 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT32 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64;
    return is_unsigned ? (int64_t)bits : (int64_t)(bits << spare) >> spare;
}

static bool convert(const struct sx_onnx_view *view, struct sx_tensor *tensor,
                    struct sx_error *error)
{
    int type = view->onnx_type;
    size_t size = element_of(type)->size;
    const uint8_t *p = view->bytes;
    for (int64_t i = 0; i < view->count; i++, p += view->stride) {
        if (tensor->type == SX_FLOAT)
            ((float *)tensor->data)[i] = (float)real_at(type, p);
        else if (tensor->type == SX_DOUBLE)
            ((double *)tensor->data)[i] = real_at(type, p);
        else if (tensor->type == SX_BOOL)
            ((uint8_t *)tensor->data)[i] = *p != 0;
        else
            ((int64_t *)tensor->data)[i] = int_at(type, p, size);
        if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64 && ((int64_t *)tensor->data)[i] < 0)
            return sx_fail(error, SX_MODEL, "element %lld does not fit into int64",
                           (long long)i);
    }
    return true;
}

/* Whether the elements in the file are those of a tensor, bit for bit. */
static bool is_same(const struct sx_onnx_view *view, enum sx_type type)
{
    switch (view->onnx_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        return type == SX_FLOAT;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return type == SX_DOUBLE;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return true;
    default:
        return false;
    }
}

bool sx_onnx_tensor_read(const struct sx_model *m, const Onnx__TensorProto *proto,
                         enum sx_type real, struct sx_tensor *tensor, bool *borrowed,
                         struct sx_error *error)
{
    struct sx_onnx_view view;
    enum sx_type type = real;
    *tensor = (struct sx_tensor){0};
    if (borrowed != NULL)
        *borrowed = false;
    if (!sx_onnx_tensor(m, proto, &view, error) ||
        !sx_onnx_type(view.onnx_type, real, &type, error))
        return false;
    bool same = is_same(&view, type);
    if (borrowed != NULL && same && view.count > 0 &&
        (uintptr_t)view.bytes % view.stride == 0) {
        *borrowed = true;
        *tensor = (struct sx_tensor){type, view.shape, (void *)(uintptr_t)view.bytes};
        return true;
    }
    if (!sx_tensor_new(tensor, type, &view.shape, error))
        return false;
    if (same && view.count > 0)
        memcpy(tensor->data, view.bytes, (size_t)view.count * view.stride);
    if (same || convert(&view, tensor, error))
        return true;
    sx_tensor_free(tensor);
    return sx_fail_at(error, "tensor '%.*s'", SX_NAME_SHOWN,
                      proto->name != NULL ? proto->name : "");
}
