/* picture.h - decodes, creates and resizes 8-bit pictures. */
#ifndef SX_PICTURE_H
#define SX_PICTURE_H

#include "base/base.h"
#include "sextant/picture.h"

/* The most pixels a picture may have. */
#define SX_MAX_PIXELS ((size_t)1 << 28)

/* Whether bytes are the start of a PNG, or of a JPEG file. */
bool sx_is_png(const uint8_t *bytes, size_t size);
bool sx_is_jpeg(const uint8_t *bytes, size_t size);

/* The decoders behind sx_picture_decode (decode.c). *picture is empty before, and after a failure. */
bool sx_png_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                   struct sx_error *error);
bool sx_jpeg_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                    struct sx_error *error);

/* Makes a black picture. Status 1: it would be empty, or over SX_MAX_PIXELS. */
bool sx_picture_new(struct sx_picture *picture, size_t width, size_t height, int channels,
                    struct sx_error *error);

/* Makes *to a copy of *from with 1 or 3 channels: grey is replicated; colour becomes luma, as in
 * Pillow's mode L. */
bool sx_picture_channels(struct sx_picture *to, const struct sx_picture *from, int channels,
                         struct sx_error *error);

/* Makes *to a width x height copy of *from by an antialiased triangle filter; it equals Pillow's
 * BILINEAR bit for bit. */
bool sx_picture_resize(struct sx_picture *to, const struct sx_picture *from, size_t width,
                       size_t height, struct sx_error *error);

/* Makes *to the width x height part of *from with its upper left corner at (left, top), which must
 * be inside. */
bool sx_picture_crop(struct sx_picture *to, const struct sx_picture *from, size_t left,
                     size_t top, size_t width, size_t height, struct sx_error *error);

/* Means the model's size, in the place of a side in struct sx_preprocess. */
#define SX_AS_MODEL (-1)

/* An array as a picture: element (c, y, x) is at c * channel_step + y * row_step + x * column_step. */
struct sx_grid {
    int64_t channels, rows, columns;
    int64_t channel_step, row_step, column_step;
};

/* Sets the grid of an array. A vector becomes a square of 1 or 3 channels if its length allows,
 * else one row. Status 1: the array is empty, or has more than 3 axes longer than 1. */
bool sx_grid_of(const struct sx_shape *shape, enum sx_layout layout, struct sx_grid *grid,
                struct sx_error *error);

/* Blurs an array of floats or doubles in place along rows and columns, by a Gaussian of `sigma`
 * elements (0 to 1000; else status 2). It is truncated at 4 sigma; edges are mirrored with the edge
 * element repeated, as in scipy's gaussian_filter. */
bool sx_blur(struct sx_tensor *tensor, enum sx_layout layout, double sigma,
             struct sx_error *error);

/* The model's value of `pixel` (0 to 255) in its channel 0, 1 or 2. */
double sx_preprocess_value(const struct sx_preprocess *pre, int channel, double pixel);

/* Whether the channels are the last rather than the first axis; a length is -1 if it is unknown. */
bool sx_channels_last(int64_t first, int64_t last, enum sx_layout layout);

/* Channels, rows and columns of a vector of n elements as a picture: a square of 1 or 3 channels,
 * else one row. */
void sx_vector_sides(int64_t n, int64_t sides[3]);

#endif
