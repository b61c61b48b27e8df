/* tensor.c - the elements of a TensorProto: where they are stored, and their values.
 *
 * ONNX stores elements in raw_data, in another file, or in one of five typed fields, in which small
 * types occupy the low bytes of 32 or 64 bits. This file treats all of them as one array of
 * little-endian elements with a stride. */
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

_Static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "typed fields are read as little-endian");

/* The typed field that may hold the elements, as named in the schema. */
enum source {
    NOWHERE,
    STRING_DATA,
    FLOAT_DATA,
    INT32_DATA,
    INT64_DATA,
    DOUBLE_DATA,
    UINT64_DATA
};

struct element {
    const char *name;
    enum source source; /* NOWHERE: not supported */
    enum sx_type type;  /* SX_FLOAT: any float type */
    int bits;
};

/* By ONNX's number. Those after 16 are newer than the schema of the build. */
static const struct element elements[] = {
    {"undefined", NOWHERE, SX_FLOAT, 0},       {"float", FLOAT_DATA, SX_FLOAT, 32},
    {"uint8", INT32_DATA, SX_INT, 8},          {"int8", INT32_DATA, SX_INT, 8},
    {"uint16", INT32_DATA, SX_INT, 16},        {"int16", INT32_DATA, SX_INT, 16},
    {"int32", INT32_DATA, SX_INT, 32},         {"int64", INT64_DATA, SX_INT, 64},
    {"string", STRING_DATA, SX_INT, 0}, /* numbers of texts */
    {"bool", INT32_DATA, SX_BOOL, 8},          {"float16", INT32_DATA, SX_FLOAT, 16},
    {"double", DOUBLE_DATA, SX_FLOAT, 64},     {"uint32", UINT64_DATA, SX_INT, 32},
    {"uint64", UINT64_DATA, SX_INT, 64},       {"complex64", NOWHERE, SX_FLOAT, 0},
    {"complex128", NOWHERE, SX_FLOAT, 0},      {"bfloat16", INT32_DATA, SX_FLOAT, 16},
    {"float8e4m3fn", INT32_DATA, SX_FLOAT, 8}, {"float8e4m3fnuz", INT32_DATA, SX_FLOAT, 8},
    {"float8e5m2", INT32_DATA, SX_FLOAT, 8},   {"float8e5m2fnuz", INT32_DATA, SX_FLOAT, 8},
    {"uint4", INT32_DATA, SX_INT, 4},          {"int4", INT32_DATA, SX_INT, 4},
    {"float4e2m1", INT32_DATA, SX_FLOAT, 4},   {"float8e8m0", INT32_DATA, SX_FLOAT, 8},
    {"uint2", INT32_DATA, SX_INT, 2},          {"int2", INT32_DATA, SX_INT, 2},
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

/* Finds the elements in a typed field; *n is their number. */
static void typed_field(const Onnx__TensorProto *proto, enum source source,
                        struct sx_onnx_view *view, size_t *n)
{
    const void *bytes[] = {NULL,
                           NULL,
                           proto->float_data,
                           proto->int32_data,
                           proto->int64_data,
                           proto->double_data,
                           proto->uint64_data};
    const size_t counts[] = {0,
                             proto->n_string_data,
                             proto->n_float_data,
                             proto->n_int32_data,
                             proto->n_int64_data,
                             proto->n_double_data,
                             proto->n_uint64_data};
    static const size_t sizes[] = {0, 1, 4, 4, 8, 8, 8};
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
    size_t n, need, items;
    if (proto->segment != NULL)
        return sx_fail(error, SX_MODEL, "tensors in segments are not supported");
    if (!read_shape(proto, view, error))
        return false;
    items = (size_t)view->count;
    if (e->bits < 8) {
        size_t each = 8 / (size_t)e->bits;
        view->packed = e->bits;
        items = items / each + (items % each != 0);
    }
    view->stride = e->bits < 8 ? 1 : (size_t)e->bits / 8;
    if (!sx_size_mul(&need, items, view->stride))
        return sx_fail(error, SX_MODEL, "too large");
    if (proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return need == 0 || sx_external_bytes(m->external, proto, need, &view->bytes, error);
    if (proto->has_raw_data)
        return find_raw(m, proto, need, view, error);
    typed_field(proto, e->source, view, &n);
    return n == items ||
           sx_fail(error, SX_MODEL, "%zu elements where %zu are needed", n, items);
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
    if (exponent == 0) { /* zero and subnormals: the fraction is in units of 2^-24 */
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
    case SX_ONNX_FLOAT8E4M3FN:
    case SX_ONNX_FLOAT8E4M3FNUZ:
    case SX_ONNX_FLOAT8E5M2:
    case SX_ONNX_FLOAT8E5M2FNUZ:
    case SX_ONNX_FLOAT4E2M1:
    case SX_ONNX_FLOAT8E8M0:
        return sx_small_float(onnx_type, *p);
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

/* Reads an integer; it is sign-extended unless its type is unsigned. */
static int64_t int_at(int onnx_type, const uint8_t *p, int width)
{
    uint64_t bits = 0;
    memcpy(&bits, p, width < 8 ? 1 : (size_t)width / 8);
    int spare = 64 - width;
    bool is_unsigned = onnx_type == SX_ONNX_UINT4 || onnx_type == SX_ONNX_UINT2 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT16 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT32 ||
                       onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64;
    return is_unsigned ? (int64_t)bits : (int64_t)(bits << spare) >> spare;
}

static bool convert(const struct sx_onnx_view *view, struct sx_tensor *tensor,
                    struct sx_error *error)
{
    int type = view->onnx_type;
    int width = element_of(type)->bits, each = view->packed > 0 ? 8 / view->packed : 1;
    for (int64_t i = 0; i < view->count; i++) {
        const uint8_t *p = view->bytes + (size_t)(i / each) * view->stride;
        uint8_t part;
        if (view->packed > 0) {
            part =
                (uint8_t)(*p >> (i % each * view->packed)) & (uint8_t)((1 << view->packed) - 1);
            p = &part;
        }
        if (tensor->type == SX_FLOAT)
            ((float *)tensor->data)[i] = (float)real_at(type, p);
        else if (tensor->type == SX_DOUBLE)
            ((double *)tensor->data)[i] = real_at(type, p);
        else if (tensor->type == SX_BOOL)
            ((uint8_t *)tensor->data)[i] = *p != 0;
        else
            ((int64_t *)tensor->data)[i] = int_at(type, p, width);
        if (type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64 && ((int64_t *)tensor->data)[i] < 0)
            return sx_fail(error, SX_MODEL, "element %lld does not fit into int64",
                           (long long)i);
    }
    return true;
}

/* Whether the elements in the file have the bits of a tensor's elements. */
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

struct sx_words *sx_model_words(const struct sx_model *m)
{
    return m->words;
}

/* Reads texts as numbers. */
static bool read_texts(const struct sx_model *m, const Onnx__TensorProto *proto,
                       struct sx_tensor *tensor, struct sx_error *error)
{
    struct sx_shape shape = {.rank = (int)proto->n_dims};
    int64_t count;
    if (proto->n_dims > SX_MAX_RANK)
        return sx_fail(error, SX_MODEL, "rank %zu is over %d", proto->n_dims, SX_MAX_RANK);
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = proto->dims[i];
    if (!sx_shape_count(&shape, &count, error))
        return false;
    if ((size_t)count != proto->n_string_data)
        return sx_fail(error, SX_MODEL, "%zu elements where %lld are needed",
                       proto->n_string_data, (long long)count);
    if (!sx_tensor_new(tensor, SX_INT, &shape, error))
        return false;
    for (int64_t i = 0; i < count; i++) {
        const ProtobufCBinaryData *text = &proto->string_data[i];
        int64_t number = sx_words_number(
            m->words, text->data != NULL ? (const char *)text->data : "", text->len, error);
        ((int64_t *)tensor->data)[i] = number;
        if (number >= 0)
            continue;
        sx_tensor_free(tensor);
        return false;
    }
    return true;
}

/* Tensors with at least so many reals are used in place, at any alignment. */
#define LOOSE (1 << 14)

bool sx_onnx_tensor_read(const struct sx_model *m, const Onnx__TensorProto *proto,
                         enum sx_type real, struct sx_tensor *tensor, bool *borrowed,
                         struct sx_error *error)
{
    struct sx_onnx_view view;
    enum sx_type type = real;
    *tensor = (struct sx_tensor){0};
    if (borrowed != NULL)
        *borrowed = false;
    if (proto->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__STRING)
        return read_texts(m, proto, tensor, error) ||
               sx_fail_at(error, "tensor '%.*s'", SX_NAME_SHOWN,
                          proto->name != NULL ? proto->name : "");
    if (!sx_onnx_tensor(m, proto, &view, error) ||
        !sx_onnx_type(view.onnx_type, real, &type, error))
        return false;
    bool same = is_same(&view, type);
    bool loose = type != SX_INT && view.count >= LOOSE;
    if (borrowed != NULL && same && view.count > 0 &&
        (loose || (uintptr_t)view.bytes % view.stride == 0)) {
        *borrowed = true;
        *tensor = (struct sx_tensor){type, view.shape, (void *)(uintptr_t)view.bytes};
        return true;
    }
    if (!sx_tensor_room(tensor, type, &view.shape, error))
        return false;
    if (same && view.count > 0)
        memcpy(tensor->data, view.bytes, (size_t)view.count * view.stride);
    if (same || convert(&view, tensor, error))
        return true;
    sx_tensor_free(tensor);
    return sx_fail_at(error, "tensor '%.*s'", SX_NAME_SHOWN,
                      proto->name != NULL ? proto->name : "");
}
