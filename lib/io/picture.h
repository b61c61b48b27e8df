/* picture.h - decoding, making and resizing 8-bit pictures. */
#ifndef SX_PICTURE_H
#define SX_PICTURE_H

#include "base/base.h"
#include "sextant/picture.h"

/* The most pixels a picture may have. */
#define SX_MAX_PIXELS ((size_t)1 << 28)

/* By its first bytes, is this a PNG or a JPEG file? */
bool sx_is_png(const uint8_t *bytes, size_t size);
bool sx_is_jpeg(const uint8_t *bytes, size_t size);

/* The decoders behind sx_picture_decode (decode.c); *picture starts empty and is so again on failure. */
bool sx_png_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                   struct sx_error *error);
bool sx_jpeg_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                    struct sx_error *error);

/* Makes a black picture; fails with status 1 when it would be empty or over SX_MAX_PIXELS. */
bool sx_picture_new(struct sx_picture *picture, size_t width, size_t height, int channels,
                    struct sx_error *error);

/* Makes *to a copy of *from with 1 or 3 channels: grey is replicated, colour becomes its luma
 * as in Pillow's mode L. */
bool sx_picture_channels(struct sx_picture *to, const struct sx_picture *from, int channels,
                         struct sx_error *error);

/* Makes *to a width x height copy of *from through an antialiased triangle filter: Pillow's
 * BILINEAR, bit for bit. */
bool sx_picture_resize(struct sx_picture *to, const struct sx_picture *from, size_t width,
                       size_t height, struct sx_error *error);

/* Makes *to the width x height part of *from whose upper left corner is (left, top); the caller
 * knows that it lies inside. */
bool sx_picture_crop(struct sx_picture *to, const struct sx_picture *from, size_t left,
                     size_t top, size_t width, size_t height, struct sx_error *error);

/* A model's own size, in place of a side in struct sx_preprocess. */
#define SX_AS_MODEL (-1)

/* An array as a picture: element (c, y, x) is at c times channel_step + y times row_step + x
 * times column_step. */
struct sx_grid {
    int64_t channels, rows, columns;
    int64_t channel_step, row_step, column_step;
};

/* Sees an array as a picture. A vector is a square if it can be, of 1 or 3 channels, else one
 * row. Fails with status 1 for an empty array or more than 3 axes that are longer than 1. */
bool sx_grid_of(const struct sx_shape *shape, enum sx_layout layout, struct sx_grid *grid,
                struct sx_error *error);

/* Blurs a float or double array in place along rows and columns: Gaussian of `sigma` elements
 * (0 to 1000; else status 2), cut at 4 sigma, edges mirrored with the edge itself repeated, as
 * scipy's gaussian_filter. */
bool sx_blur(struct sx_tensor *tensor, enum sx_layout layout, double sigma,
             struct sx_error *error);

/* What the model gets for `pixel` (0 to 255) in its channel 0, 1 or 2. */
double sx_preprocess_value(const struct sx_preprocess *pre, int channel, double pixel);

/* Of axes that could be channels, of length -1 if unknown: is it the last rather than the
 * first? */
bool sx_channels_last(int64_t first, int64_t last, enum sx_layout layout);

/* How many channels, rows and columns a vector of `n` elements has as a picture: squares of 1
 * or 3 channels, else one row. */
void sx_vector_sides(int64_t n, int64_t sides[3]);

#endif
