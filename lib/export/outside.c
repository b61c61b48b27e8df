/* outside.c - weights that the model keeps in another file remain outside of the written file.
 *
 * If the written file is in the directory of the model's data, it refers to these data.
 * Elsewhere it gets a data file of its own beside it, because references must not leave the
 * directory. If the written file has no name, all weights are inside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "export/outside.h"

/* Tensors of at least a page begin at a page, so that runtimes can map them. */
enum { PAGE = 4096 };

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Whether the path will be a regular file. A path that exists and is not regular may be a pipe. */
static bool will_be_file(const char *path)
{
    struct stat st;
    return path != NULL && strcmp(path, "-") != 0 &&
           (stat(path, &st) != 0 || S_ISREG(st.st_mode));
}

bool sx_outside_open(struct sx_outside *o, const struct sx_model *model, const char *path,
                     struct sx_error *error)
{
    *o = (struct sx_outside){.from = model->external};
    if (!will_be_file(path))
        return true;
    size_t n = strlen(path) + sizeof ".data", lead = (size_t)(name_in(path) - path);
    char *directory = sx_new(lead + 2, 1, error);
    o->path = sx_new(n, 1, error);
    if (directory != NULL && o->path != NULL) {
        snprintf(o->path, n, "%s.data", path);
        o->name = name_in(o->path);
        snprintf(directory, lead + 2, "%.*s%s", (int)lead, path, lead == 0 ? "." : "");
        o->there = sx_external_is_in(o->from, directory);
    }
    free(directory);
    return o->name != NULL;
}

void sx_outside_free(struct sx_outside *o)
{
    free(o->path);
    free(o->part);
    *o = (struct sx_outside){0};
}

void sx_outside_reset(struct sx_outside *o)
{
    o->n = o->end = 0;
}

/* Reserves the next position in the data file. */
static bool place(struct sx_outside *o, const void *bytes, size_t n, size_t *offset,
                  struct sx_error *error)
{
    void *grown = o->part;
    if (!sx_grow(&grown, &o->capacity, o->n + 1, sizeof *o->part, error))
        return false;
    o->part = grown;
    size_t step = n < PAGE ? 64 : PAGE;
    *offset = (o->end + step - 1) / step * step;
    o->part[o->n++] = (struct sx_outside_part){bytes, n, *offset};
    o->end = *offset + n;
    return true;
}

bool sx_outside_keeps(const struct sx_outside *o, const void *weights)
{
    size_t offset;
    return o->path != NULL && sx_external_place(o->from, weights, &offset) != NULL;
}

void sx_outside_write(struct sx_outside *o, struct sx_wire *to, const char *name,
                      const struct sx_tensor *value, struct sx_error *error)
{
    size_t offset, n = (size_t)sx_count(&value->shape) * sx_type_size(value->type);
    const char *location =
        o->path != NULL ? sx_external_place(o->from, value->data, &offset) : NULL;
    if (location == NULL)
        sx_onnx_write_tensor(to, name, value);
    else if (o->there)
        sx_onnx_write_external(to, name, value, location, offset);
    else if (place(o, value->data, n, &offset, error))
        sx_onnx_write_external(to, name, value, o->name, offset);
}

/* Writes zeros up to the start of a part. */
static void pad(struct sx_sink *sink, size_t from, size_t to)
{
    static const char zeros[PAGE];
    sx_sink_write(sink, zeros, to - from);
}

bool sx_outside_finish(const struct sx_outside *o, struct sx_error *error)
{
    if (o->n == 0)
        return true;
    struct sx_sink *sink = sx_sink_open(o->path, error);
    size_t at = 0;
    for (size_t i = 0; sink != NULL && i < o->n; i++) {
        pad(sink, at, o->part[i].offset);
        sx_sink_write(sink, o->part[i].bytes, o->part[i].size);
        at = o->part[i].offset + o->part[i].size;
    }
    return sink != NULL && sx_sink_finish(sink, true, error);
}
