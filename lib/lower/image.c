/* image.c - lowering of ImageDecoder: pixels are those of the sample's file, which thereby decides. */
#include <stdlib.h>

#include "io/picture.h"
#include "lower/tables.h"

enum order { RGB, BGR, GRAYSCALE };

/* The elements of input 0, which are bytes; the caller frees them. NULL on failure. */
static uint8_t *bytes_of(struct sx_lowering *l, size_t *n)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    if (shape.rank != 1 || sx_arg_kind(l, 0) != SX_ONNX_UINT8) {
        sx_reject(l, "input 0 must be a vector of uint8");
        return NULL;
    }
    *n = (size_t)shape.dim[0];
    const int64_t *data = sx_const_data(l, sx_arg(l, 0), "a picture");
    uint8_t *bytes = data != NULL ? sx_new(*n + 1, 1, l->error) : NULL;
    for (size_t i = 0; bytes != NULL && i < *n; i++)
        bytes[i] = (uint8_t)data[i];
    return bytes;
}

static bool give_pixels(struct sx_lowering *l, const struct sx_picture *p, enum order order)
{
    const struct sx_shape shape = {3, {p->height, p->width, p->channels}};
    int64_t n = sx_count(&shape), *to = sx_scratch(l, (size_t)n, sizeof *to);
    for (int64_t i = 0; to != NULL && i < n; i++)
        to[i] = p->pixels[order == BGR ? i - i % 3 + 2 - i % 3 : i];
    return to != NULL && sx_give_as(l, 0, sx_const(l->g, SX_INT, &shape, to), SX_ONNX_UINT8);
}

/* ImageDecoder: [height, width, channels]. */
static bool lower_image(struct sx_lowering *l)
{
    enum order order = (enum order)sx_attr_word(l, "pixel_format", "RGB BGR Grayscale", RGB);
    struct sx_picture file = {0}, picture = {0};
    struct sx_error error = {0};
    size_t n = 0;
    uint8_t *bytes = l->error->status == SX_OK ? bytes_of(l, &n) : NULL;
    if (bytes == NULL)
        return false;
    bool ok = sx_picture_decode(bytes, n, &file, &error) &&
              sx_picture_channels(&picture, &file, order == GRAYSCALE ? 1 : 3, &error);
    ok = ok ? give_pixels(l, &picture, order) : sx_reject(l, "%s", error.message);
    sx_picture_free(&file);
    sx_picture_free(&picture);
    free(bytes);
    return ok;
}

const struct sx_lowering_row sx_lower_image[] = {
    {"", "ImageDecoder", 20, 0, 1, 1, lower_image, 0, false},
    {0},
};
