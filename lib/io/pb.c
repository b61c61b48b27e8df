/* pb.c - reads an ONNX TensorProto by a walk over its protobuf fields. */
#include <string.h>

#include "io/io.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { STRING = 8 }; /* the element type of texts */
enum { DIMS = 1, TYPE = 2, SEGMENT = 3, RAW = 9, EXTERNAL = 13, LOCATION = 14 };

struct field {
    uint64_t number;
    unsigned wire;
    uint64_t value;       /* value of a varint */
    const uint8_t *bytes; /* bytes of other fields */
    size_t size;
};

/* The rest of the message. */
struct wire {
    const uint8_t *at, *end;
};

static bool take_varint(struct wire *wire, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70 && wire->at < wire->end; shift += 7) {
        uint64_t byte = *wire->at++;
        if (shift == 63 && byte > 1)
            return false;
        *value |= (byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

/* Takes the next field. False at the end, and if the bytes are no field; wire->at is then not
 * wire->end. */
static bool take_field(struct wire *wire, struct field *field)
{
    struct wire next = *wire;
    uint64_t tag, size = 0;
    if (wire->at == wire->end || !take_varint(&next, &tag) || tag >> 3 == 0)
        return false;
    *field = (struct field){.number = tag >> 3, .wire = tag & 7, .bytes = next.at};
    if (field->wire == VARINT) {
        if (!take_varint(&next, &field->value))
            return false;
    } else {
        bool known = true;
        if (field->wire == BYTES)
            known = take_varint(&next, &size);
        else if (field->wire == FIXED32 || field->wire == FIXED64)
            size = field->wire == FIXED32 ? 4 : 8;
        else
            known = false;
        if (!known || size > (uint64_t)(next.end - next.at))
            return false;
        field->bytes = next.at;
        field->size = (size_t)size;
        next.at += size;
    }
    *wire = next;
    return true;
}

bool sx_pb_next(const uint8_t **at, const uint8_t *end, uint64_t *number, const uint8_t **bytes,
                size_t *size)
{
    struct wire wire = {*at, end};
    struct field field;
    if (!take_field(&wire, &field))
        return false;
    *at = wire.at;
    *number = field.number;
    *bytes = field.wire == BYTES ? field.bytes : NULL;
    *size = field.size;
    return true;
}

/* ONNX's numbers of element types, and the field that holds elements if raw_data does not. If
 * `bits` is not 0, a byte holds one or several elements, the first in its lowest bits. */
static const struct {
    char kind;
    uint8_t width, field, bits;
} types[] = {
    [1] = {'f', 4, 4, 0},   [2] = {'u', 1, 5, 0},      [3] = {'i', 1, 5, 0},
    [4] = {'u', 2, 5, 0},   [5] = {'i', 2, 5, 0},      [6] = {'i', 4, 5, 0},
    [7] = {'i', 8, 7, 0},   [9] = {'b', 1, 5, 0},      [10] = {'f', 2, 5, 0},
    [11] = {'f', 8, 10, 0}, [12] = {'u', 4, 11, 0},    [13] = {'u', 8, 11, 0},
    [16] = {'h', 2, 5, 0},  [STRING] = {'i', 8, 6, 0}, [17] = {'f', 4, 5, 8},
    [18] = {'f', 4, 5, 8},  [19] = {'f', 4, 5, 8},     [20] = {'f', 4, 5, 8},
    [21] = {'u', 1, 5, 4},  [22] = {'i', 1, 5, 4},     [23] = {'f', 4, 5, 4},
    [24] = {'f', 4, 5, 8},  [25] = {'u', 1, 5, 2},     [26] = {'i', 1, 5, 2},
};

/* The result of a first walk; a second one takes the elements. */
struct array {
    struct sx_stored stored;
    unsigned field; /* RAW, or the field of the type */
    bool plain;     /* elements are stored bytes, not varints */
    bool text;
    int few, type; /* bits of an element of 8 bits or less; ONNX's number of its type */
    int64_t count;
};

static bool take_dim(struct sx_shape *shape, uint64_t value, struct sx_error *error)
{
    if (shape->rank == SX_MAX_RANK)
        return sx_fail(error, SX_FAILED, "rank is over %d", SX_MAX_RANK);
    shape->dim[shape->rank++] = (int64_t)value;
    return true;
}

static bool take_dims(struct sx_shape *shape, const struct field *field, struct sx_error *error)
{
    uint64_t value;
    if (field->wire == VARINT)
        return take_dim(shape, field->value, error);
    struct wire packed = {field->bytes, field->bytes + field->size};
    while (packed.at < packed.end)
        if (!take_varint(&packed, &value))
            return sx_fail(error, SX_FAILED, "malformed dimensions");
        else if (!take_dim(shape, value, error))
            return false;
    return true;
}

static bool survey(struct wire wire, struct array *array, struct sx_error *error)
{
    struct field field;
    uint64_t type = 0;
    bool raw = false;
    while (take_field(&wire, &field)) {
        if (field.number == DIMS && !take_dims(&array->stored.shape, &field, error))
            return false;
        if (field.number == TYPE && field.wire == VARINT)
            type = field.value;
        else if (field.number == RAW && field.wire == BYTES)
            raw = true;
        else if (field.number == SEGMENT || field.number == EXTERNAL ||
                 (field.number == LOCATION && field.value != 0))
            return sx_fail(error, SX_FAILED, "elements outside the file are not supported");
    }
    if (wire.at != wire.end)
        return sx_fail(error, SX_FAILED, "not an ONNX tensor, or cut short");
    array->text = type == STRING;
    if (array->text != (array->stored.words != NULL))
        return sx_fail(error, SX_FAILED,
                       array->text ? "text where numbers are wanted"
                                   : "numbers where text is wanted");
    if (type >= sizeof types / sizeof types[0] || types[type].kind == '\0')
        return sx_fail(error, SX_FAILED, "element type %llu is not supported",
                       (unsigned long long)type);
    array->stored.kind = types[type].kind;
    array->stored.width = types[type].width;
    array->few = types[type].bits;
    array->type = (int)type;
    array->field = raw ? RAW : types[type].field;
    array->plain = raw || array->field == 4 || array->field == 10;
    struct sx_error shape = {0};
    if (!sx_shape_count(&array->stored.shape, &array->count, &shape))
        return sx_fail(error, SX_FAILED, "%s", shape.message);
    return sx_stored_type(&array->stored);
}

/* Where elements are stored; without data they are only counted. */
struct taken {
    struct sx_tensor *tensor;
    int64_t count;
};

static bool take_stored(const struct array *array, const uint8_t *bytes, size_t n,
                        struct taken *taken, struct sx_error *error)
{
    if (n > (uint64_t)(array->count - taken->count))
        return sx_fail(error, SX_FAILED, "more elements than the shape has");
    uint8_t *to = taken->tensor->data;
    if (to != NULL)
        to += (size_t)taken->count * sx_type_size(array->stored.type);
    taken->count += (int64_t)n;
    return to == NULL || sx_stored_decode(&array->stored, bytes, n, to) ||
           sx_fail(error, SX_FAILED, "an element is over the largest integer");
}

static bool take_word(const struct array *array, const struct field *field, struct taken *taken,
                      struct sx_error *error)
{
    if (taken->count >= array->count)
        return sx_fail(error, SX_FAILED, "more elements than the shape has");
    int64_t *to = taken->tensor->data;
    int64_t number = to == NULL
                         ? 0
                         : sx_words_number(array->stored.words, (const char *)field->bytes,
                                           field->size, error);
    if (to != NULL)
        to[taken->count] = number;
    taken->count++;
    return number >= 0;
}

/* Takes the elements of a byte, without bits after the last element. */
static bool take_few(const struct array *array, unsigned byte, struct taken *taken,
                     struct sx_error *error)
{
    int bits = array->few;
    if (taken->count >= array->count)
        return sx_fail(error, SX_FAILED, "more elements than the shape has");
    for (int k = 0; k < 8 / bits && taken->count < array->count; k++) {
        unsigned part = byte >> (k * bits) & ((1u << bits) - 1);
        uint8_t little[4] = {(uint8_t)part};
        if (array->stored.kind == 'i' && part >> (bits - 1) != 0)
            little[0] = (uint8_t)(part | ~0u << bits);
        if (array->stored.kind == 'f') {
            float value = (float)sx_small_float(array->type, part);
            memcpy(little, &value, sizeof value);
        }
        if (!take_stored(array, little, 1, taken, error))
            return false;
    }
    return true;
}

static bool take_number(const struct array *array, uint64_t value, struct taken *taken,
                        struct sx_error *error)
{
    uint8_t little[8];
    if (array->few > 0)
        return take_few(array, (unsigned)(value & 255), taken, error);
    for (int i = 0; i < 8; i++)
        little[i] = (uint8_t)(value >> (8 * i));
    return take_stored(array, little, 1, taken, error);
}

static bool take_bytes(const struct array *array, const struct field *field,
                       struct taken *taken, struct sx_error *error)
{
    for (size_t i = 0; i < field->size; i++)
        if (!take_few(array, field->bytes[i], taken, error))
            return false;
    return true;
}

static bool take_elements(const struct array *array, const struct field *field,
                          struct taken *taken, struct sx_error *error)
{
    size_t width = array->stored.width;
    uint64_t value;
    if (array->text)
        return field->wire == BYTES ? take_word(array, field, taken, error)
                                    : sx_fail(error, SX_FAILED, "malformed elements");
    if (array->few > 0 && array->plain)
        return field->wire == BYTES ? take_bytes(array, field, taken, error)
                                    : sx_fail(error, SX_FAILED, "malformed elements");
    if (array->plain && field->wire != VARINT && field->size % width == 0)
        return take_stored(array, field->bytes, field->size / width, taken, error);
    if (!array->plain && field->wire == VARINT)
        return take_number(array, field->value, taken, error);
    if (array->plain || field->wire != BYTES)
        return sx_fail(error, SX_FAILED, "malformed elements");
    struct wire packed = {field->bytes, field->bytes + field->size};
    while (packed.at < packed.end)
        if (!take_varint(&packed, &value))
            return sx_fail(error, SX_FAILED, "malformed elements");
        else if (!take_number(array, value, taken, error))
            return false;
    return true;
}

static bool take_array(struct wire wire, const struct array *array, struct sx_tensor *tensor,
                       struct sx_error *error)
{
    struct field field;
    struct taken taken = {tensor, 0};
    while (take_field(&wire, &field))
        if (field.number == array->field && !take_elements(array, &field, &taken, error))
            return false;
    if (taken.count < array->count)
        return sx_fail(error, SX_FAILED, "fewer elements than the shape has");
    return true;
}

/* Reads a TensorProto. Memory is allocated after the elements were counted. */
bool sx_pb_parse(const uint8_t *bytes, size_t size, struct sx_words *words,
                 struct sx_tensor *tensor, struct sx_error *error)
{
    struct wire wire = {bytes, bytes + size};
    struct array array = {.stored.words = words};
    *tensor = (struct sx_tensor){0};
    if (!survey(wire, &array, error) || !take_array(wire, &array, tensor, error) ||
        !sx_tensor_new(tensor, array.stored.type, &array.stored.shape, error))
        return false;
    if (take_array(wire, &array, tensor, error))
        return true;
    sx_tensor_free(tensor);
    return false;
}
