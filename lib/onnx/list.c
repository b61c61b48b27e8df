/* list.c - inputs that are sequences or optionals: their tensors are read once, and are part of the
 * model from then on. */
#include <string.h>

#include "onnx/onnx.h"

/* Fields of a SequenceProto and of an OptionalProto. */
enum { ITEM_TYPE = 2, TENSOR = 3, SEQUENCE = 5 };

/* What an input is declared as: the type of its tensors, and whether it is a sequence. */
struct declared {
    int kind;
    bool sequence, optional;
};

static bool read_declaration(const struct sx_model *m, const char *name, struct declared *d)
{
    const Onnx__ValueInfoProto *value = sx_model_value(m, name);
    const Onnx__TypeProto *type = value != NULL ? value->type : NULL;
    *d = (struct declared){0};
    if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE) {
        d->optional = true;
        type = type->optional_type->elem_type;
    }
    if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE) {
        d->sequence = true;
        type = type->sequence_type->elem_type;
    }
    if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        d->kind = type->tensor_type->elem_type;
    return d->sequence || d->optional;
}

/* The bytes of the first message of a field; false: there is none. */
static bool find_part(const uint8_t *at, const uint8_t *end, int field, const uint8_t **bytes,
                      size_t *size)
{
    uint64_t number;
    while (sx_pb_next(&at, end, &number, bytes, size))
        if (number == (uint64_t)field && *bytes != NULL)
            return true;
    return false;
}

/* Reads a tensor and gives it to the model. */
static bool add_item(struct sx_model *m, struct sx_list *list, const uint8_t *bytes,
                     size_t size, struct sx_error *error)
{
    bool text = list->kind == ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    struct sx_tensor read;
    if (!sx_pb_parse(bytes, size, text ? m->words : NULL, &read, error))
        return false;
    struct sx_tensor *item = &list->item[list->n_items];
    size_t n = (size_t)sx_count(&read.shape), width = sx_type_size(read.type);
    *item = read;
    item->data = sx_arena_new(&m->arena, n + 1, width, error);
    if (item->data != NULL && n > 0)
        memcpy(item->data, read.data, n * width);
    sx_tensor_free(&read);
    list->n_items += item->data != NULL;
    return item->data != NULL;
}

/* The tensors of a SequenceProto. */
static bool add_items(struct sx_model *m, struct sx_list *list, const uint8_t *at,
                      const uint8_t *end, struct sx_error *error)
{
    const uint8_t *bytes, *from = at;
    uint64_t number;
    size_t size, n = 0;
    while (sx_pb_next(&at, end, &number, &bytes, &size)) {
        if (number > TENSOR && bytes != NULL && size > 0)
            return sx_fail(error, SX_FAILED, "only sequences of dense tensors are supported");
        n += number == TENSOR && bytes != NULL;
    }
    list->item = sx_arena_new(&m->arena, n + 1, sizeof *list->item, error);
    if (at != end)
        return sx_fail(error, SX_FAILED, "not an ONNX sequence, or cut short");
    bool ok = list->item != NULL;
    while (ok && sx_pb_next(&from, end, &number, &bytes, &size))
        if (number == TENSOR && bytes != NULL)
            ok = add_item(m, list, bytes, size, error);
    return ok;
}

/* What a file holds: for an optional one, nothing or the value itself. */
static bool read_list(struct sx_model *m, struct sx_list *list, const struct declared *d,
                      const struct sx_file *file, struct sx_error *error)
{
    const uint8_t *at = file->bytes, *end = at + file->size, *bytes;
    size_t size;
    list->kind = d->kind;
    list->sequence = d->sequence;
    if (d->optional && d->sequence && !find_part(at, end, SEQUENCE, &bytes, &size)) {
        list->empty = true;
        return true;
    }
    if (d->optional && d->sequence) {
        at = bytes;
        end = bytes + size;
    }
    if (!add_items(m, list, at, end, error))
        return false;
    list->empty = !d->sequence && list->n_items == 0;
    return true;
}

const struct sx_list *sx_model_list(const struct sx_model *m, const char *name)
{
    for (const struct sx_list *list = m->lists; list != NULL; list = list->next)
        if (strcmp(list->name, name) == 0)
            return list;
    return NULL;
}

bool sx_model_feed_list(struct sx_model *m, const char *name, const char *path,
                        struct sx_error *error)
{
    struct declared d;
    struct sx_file file;
    if (!read_declaration(m, name, &d) || sx_model_list(m, name) != NULL)
        return true;
    struct sx_list *list = sx_arena_new(&m->arena, 1, sizeof *list, error);
    if (list == NULL)
        return false;
    if (!sx_file_open(&file, path, SX_PIPE_LIMIT, error))
        return sx_fail_at(error, "%s", path);
    list->name = sx_arena_strdup(&m->arena, name, error);
    bool ok = list->name != NULL && read_list(m, list, &d, &file, error);
    sx_file_close(&file);
    if (!ok)
        return sx_fail_at(error, "%s", path);
    list->next = m->lists;
    m->lists = list;
    return true;
}
