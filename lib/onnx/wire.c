/* wire.c - checks the wire format, without recursion, before protobuf-c sees a file.
 *
 * protobuf-c recurses as deep as a file nests, makes up to 145 bytes of one, merges repeated
 * messages in quadratic time, and copies every weight. So it is given a copy without any of this.
 * The walk knows the schema from the generated descriptors, as protobuf-c does: whatever protobuf-c
 * takes for a TensorProto is one here. */
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

/* Lengths of messages are known only at their end, so they are written as varints of 5 bytes. */
#define LENGTH_BYTES 5

/* Bytes that protobuf-c takes per field while it parses a message. */
#define FIELD_COST 64

struct frame {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *end;
    size_t start; /* start of the message in the copy */
    /* bits of the singular messages that occurred in it, by index of their field */
    uint64_t seen;
};

struct walk {
    const uint8_t *first, *at;
    struct frame frames[SX_ONNX_DEPTH];
    int depth;
    struct sx_slim *slim;
    size_t cost, budget;
    struct sx_error *error;
};

/* A field in the file. */
struct field {
    const ProtobufCFieldDescriptor *known;
    uint64_t id;
    int wire;
    const uint8_t *value; /* the content, without its length */
    size_t size;
};

static struct frame *top(struct walk *w)
{
    return &w->frames[w->depth - 1];
}

static bool bad(struct walk *w, const char *reason)
{
    return sx_fail(w->error, SX_MODEL, "byte %td, in %s: %s", w->at - w->first,
                   top(w)->type->short_name, reason);
}

/* Counts memory that parsing will take; false: over the budget. */
static bool spend(struct walk *w, size_t bytes)
{
    if (bytes > w->budget - w->cost)
        return sx_over_limit(w->error, "byte %td: parsing takes over %zu bytes of memory",
                             w->at - w->first, w->budget);
    w->cost += bytes;
    return true;
}

static bool emit(struct walk *w, const void *bytes, size_t n)
{
    struct sx_slim *slim = w->slim;
    void *grown = slim->bytes;
    if (!spend(w, n))
        return false;
    if (n > (size_t)INT32_MAX - slim->size)
        return bad(w, "more than 2 GiB beside the weights");
    bool ok = sx_grow(&grown, &slim->capacity, slim->size + n, 1, w->error);
    slim->bytes = grown;
    if (ok && n > 0)
        memcpy(slim->bytes + slim->size, bytes, n);
    slim->size += ok ? n : 0;
    return ok;
}

static bool emit_varint(struct walk *w, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    return emit(w, bytes, n);
}

static bool read_varint(struct walk *w, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (w->at == top(w)->end)
            return bad(w, "ends within a number");
        uint8_t byte = *w->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return bad(w, "a number of more than 10 bytes");
}

static bool read_field(struct walk *w, struct field *f)
{
    uint64_t tag, size;
    if (!read_varint(w, &tag))
        return false;
    f->id = tag >> 3;
    f->wire = (int)(tag & 7);
    if (f->id == 0 || f->id >= (uint64_t)1 << 29)
        return bad(w, "a field number out of range");
    f->value = w->at;
    switch (f->wire) {
    case VARINT:
        if (!read_varint(w, &size))
            return false;
        size = (uint64_t)(w->at - f->value);
        w->at = f->value;
        break;
    case FIXED64:
        size = 8;
        break;
    case FIXED32:
        size = 4;
        break;
    case LENGTH:
        if (!read_varint(w, &size))
            return false;
        f->value = w->at;
        break;
    default:
        return bad(w, "an unknown wire type");
    }
    if (size > (uint64_t)(top(w)->end - w->at))
        return bad(w, "a field reaches past its message");
    f->size = (size_t)size;
    f->known = protobuf_c_message_descriptor_get_field(top(w)->type, (unsigned)f->id);
    return true;
}

static bool enter(struct walk *w, const struct field *f)
{
    struct frame *parent = top(w);
    const ProtobufCMessageDescriptor *type = f->known->descriptor;
    uint64_t bit = (uint64_t)1 << (f->known - parent->type->fields);
    if (f->known->label != PROTOBUF_C_LABEL_REPEATED && (parent->seen & bit) != 0)
        return bad(w, "a field that is given once occurs twice");
    parent->seen |= bit;
    if (w->depth == SX_ONNX_DEPTH)
        return bad(w, "messages nest too deep");
    if (!spend(w, type->sizeof_message + sizeof(void *)) ||
        !emit(w, (uint8_t[LENGTH_BYTES]){0}, LENGTH_BYTES))
        return false;
    w->frames[w->depth++] = (struct frame){type, f->value + f->size, w->slim->size, 0};
    return true;
}

static void leave(struct walk *w)
{
    struct frame *f = &w->frames[--w->depth];
    if (w->depth == 0)
        return;
    size_t size = w->slim->size - f->start;
    uint8_t *length = w->slim->bytes + f->start - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++, size >>= 7)
        length[i] = (uint8_t)((size & 0x7f) | (i < LENGTH_BYTES - 1 ? 0x80 : 0));
}

static bool is_raw_data(const struct walk *w, const struct field *f)
{
    return w->frames[w->depth - 1].type == &onnx__tensor_proto__descriptor &&
           f->known->type == PROTOBUF_C_TYPE_BYTES && strcmp(f->known->name, "raw_data") == 0;
}

/* Copies a field that is no message; raw data are replaced. */
static bool copy(struct walk *w, const struct field *f)
{
    struct sx_raw_place place = {(uint64_t)(f->value - w->first), f->size};
    const void *bytes = f->value;
    size_t size = f->size;
    if (is_raw_data(w, f)) {
        bytes = &place;
        size = sizeof place;
    } else if (f->known->type == PROTOBUF_C_TYPE_STRING && size > 0 &&
               memchr(bytes, '\0', size) != NULL) {
        return bad(w, "a text holds a NUL byte");
    }
    if (f->wire == LENGTH && !emit_varint(w, size))
        return false;
    w->at = f->value + f->size;
    return spend(w, size + sizeof(ProtobufCBinaryData)) && emit(w, bytes, size);
}

static bool one_field(struct walk *w)
{
    struct field f = {0};
    if (!read_field(w, &f))
        return false;
    if (f.known == NULL) {
        w->at = f.value + f.size;
        return true;
    }
    bool message = f.known->type == PROTOBUF_C_TYPE_MESSAGE;
    if (f.wire != LENGTH && (message || f.known->type == PROTOBUF_C_TYPE_BYTES ||
                             f.known->type == PROTOBUF_C_TYPE_STRING))
        return bad(w, "a wire type that does not fit its field");
    if (!spend(w, FIELD_COST) || !emit_varint(w, f.id << 3 | (uint64_t)f.wire))
        return false;
    return message ? enter(w, &f) : copy(w, &f);
}

bool sx_onnx_slim(const uint8_t *bytes, size_t n, size_t budget, struct sx_slim *slim,
                  struct sx_error *error)
{
    struct walk w = {.first = bytes, .at = bytes, .slim = slim, .budget = budget};
    w.error = error;
    w.frames[w.depth++] = (struct frame){&onnx__model_proto__descriptor, bytes + n, 0, 0};
    while (w.depth > 0) {
        if (w.at == top(&w)->end)
            leave(&w);
        else if (!one_field(&w))
            return false;
    }
    return true;
}
