/* behind.c - finds the picture that a record explains, and prepares it again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figure/figure.h"
#include "io/io.h"
#include "record/result.h"

/* Sets path to "dir/id", or to "dir/" and the last part of the id. Without a directory it is
 * the id. */
static bool find_file(const char *id, const char *dir, char *path, size_t size)
{
    if (dir == NULL) {
        snprintf(path, size, "%s", id);
        return access(path, R_OK) == 0;
    }
    snprintf(path, size, "%s/%s", dir, id);
    if (access(path, R_OK) == 0)
        return true;
    snprintf(path, size, "%s/%s", dir, sx_bare_name(id));
    return access(path, R_OK) == 0;
}

/* The preparation that the record describes: how its picture became the input. */
static struct sx_preprocess preparation(const struct sx_datum *record)
{
    const struct sx_datum *v = sx_datum_at(record, "input.picture");
    struct sx_preprocess pre, said;
    struct sx_error ignored = {0};
    sx_preprocess_preset(&pre, "unit", &ignored);
    if (v == NULL)
        return pre;
    sx_preparation_read(v, &said); /* fields that are not in the record have the default */
    pre.width = said.width;
    pre.height = said.height;
    pre.short_side = said.short_side;
    pre.crop = said.crop;
    pre.colour = said.colour;
    pre.layout = said.layout;
    return pre;
}

/* Reads sample `index` of the file: a picture, or an array that is seen as a picture. */
static bool read_sample(struct sx_reader *reader, int64_t index, enum sx_layout layout,
                        struct sx_picture *picture, struct sx_error *error)
{
    struct sx_tensor sample = {0};
    bool end = false, ok = true;
    for (int64_t i = 0; ok && !end && i <= index; i++) {
        sx_tensor_free(&sample);
        ok = sx_reader_next(reader, &sample, &end, error);
    }
    const struct sx_picture *shown = ok && !end ? sx_reader_picture(reader) : NULL;
    if (ok && end)
        ok = sx_fail(error, SX_FAILED, "it has no sample %lld", (long long)index);
    else if (ok && shown == NULL)
        ok = sx_picture_of(&sample, layout, picture, error);
    else if (ok && sx_picture_new(picture, (size_t)shown->width, (size_t)shown->height,
                                  shown->channels, error))
        memcpy(picture->pixels, shown->pixels,
               (size_t)shown->width * (size_t)shown->height * (size_t)shown->channels);
    sx_tensor_free(&sample);
    return ok && error->status == SX_OK;
}

bool sx_figure_behind(const struct sx_datum *record, const char *dir,
                      struct sx_picture *picture, struct sx_error *error)
{
    const struct sx_datum *dims = sx_datum_at(record, "input.shape");
    const char *id = sx_datum_text(sx_datum_at(record, "id"), NULL);
    double index = sx_datum_number(sx_datum_at(record, "index"), 0);
    struct sx_shape want = {.rank = -1};
    char path[4096];
    *picture = (struct sx_picture){0};
    if (id == NULL || !find_file(id, dir, path, sizeof path))
        return sx_fail(error, SX_FAILED, "the picture is not there");
    if (sx_datum_count(dims) > 0 && sx_datum_count(dims) <= SX_MAX_RANK) {
        want.rank = (int)sx_datum_count(dims);
        for (int i = 0; i < want.rank; i++) {
            double dim = sx_datum_element(dims, i);
            want.dim[i] = dim >= 1 && dim < 1e9 ? (int64_t)dim : -1;
        }
    }
    const struct sx_preprocess pre = preparation(record);
    const struct sx_input how = {.want = &want, .lone = true, .pre = &pre};
    struct sx_reader *reader = sx_reader_open(path, &how, error);
    bool ok =
        reader != NULL && read_sample(reader, index >= 0 && index < 1e15 ? (int64_t)index : 0,
                                      pre.layout, picture, error);
    sx_reader_close(reader);
    return ok;
}
