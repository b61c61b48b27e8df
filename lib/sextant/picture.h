/* sextant/picture.h - pictures, their conversion to inputs, and rectangles in them. */
#ifndef SEXTANT_PICTURE_H
#define SEXTANT_PICTURE_H

#include "sextant/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A picture of 8-bit pixels, row after row from the top. Its 1 (grey) or 3 (RGB) channels are
 * interleaved. */
struct sx_picture {
    int width, height, channels;
    uint8_t *pixels;
};

/* Decodes a PNG or JPEG file held in memory. Alpha is composed over white, 16 bits become 8,
 * palettes and CMYK become RGB, and the EXIF orientation is applied. Status 1: the file is damaged
 * or truncated, or has over 2^28 pixels, or more pixels than `size` bytes can hold. Free with
 * sx_picture_free. */
bool sx_picture_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                       struct sx_error *error);
void sx_picture_free(struct sx_picture *picture);

/* Encodes a picture as a PNG file; free *bytes with free(). Equal pictures give equal bytes. */
bool sx_png_encode(const struct sx_picture *picture, uint8_t **bytes, size_t *size,
                   struct sx_error *error);

/* The position of the channels in an array seen as a picture. The array is [H,W], [C,H,W] or
 * [H,W,C], after axes of length 1. AUTO: the channels are the last axis if only that one has the
 * length 1 or 3, else the first. A vector becomes a square if its length is a square number. */
enum sx_layout { SX_LAYOUT_AUTO, SX_NCHW, SX_NHWC };
enum sx_colour { SX_COLOUR_AUTO, SX_RGB, SX_BGR, SX_GRAY };

/* Makes *picture of an array. It has 1 or 3 channels; the smallest element is black, the largest
 * white. */
bool sx_picture_of(const struct sx_tensor *array, enum sx_layout layout,
                   struct sx_picture *picture, struct sx_error *error);

/* How a picture becomes a model's input. Its channels are converted to those of the model, it is
 * resized (antialiased triangle filter, as Pillow's BILINEAR) and cropped at the centre, and every
 * pixel becomes (pixel * scale - mean) / std. `mean` and `std` are in the model's channel order. */
struct sx_preprocess {
    int width, height; /* size after resizing; 0: as short_side says */
    /* length of the short side after resizing; 0: the model's size, unless `crop` is set; -1:
     * 256/224 of the model's size */
    int short_side;
    int crop; /* side of the square that is cropped; 0: no crop; -1: the model's size */
    double scale, mean[3], std[3];
    enum sx_colour colour;
    enum sx_layout layout;
};

/* Sets all fields to a preset: "unit" (the default: [0,1] at the model's size), "raw" (0..255),
 * "imagenet" (resized to 256/224 of the model's size, cropped, the usual mean and std), "mnist"
 * (grey 28x28, the usual mean and std). Status 2: unknown preset. */
bool sx_preprocess_preset(struct sx_preprocess *pre, const char *name, struct sx_error *error);

/* Sets one option: "resize" (WxH, short:N), "crop" (N), "scale" (S or 1/S), "mean" and "std" (1 or
 * 3 numbers), "channels" (rgb, bgr, gray) or "layout" (nchw, nhwc, auto). Status 2: anything else. */
bool sx_preprocess_set(struct sx_preprocess *pre, const char *option, const char *value,
                       struct sx_error *error);

/* Makes *out the float array of shape `want` (-1: open axis; the batch is 1). *shown becomes the
 * resized and cropped picture, unless it is NULL. Status 1: the model takes no picture, or one of
 * another size. Status 2: the model has 1 channel, but mean or std differ between channels. */
bool sx_preprocess_apply(const struct sx_preprocess *pre, const struct sx_picture *picture,
                         const struct sx_shape *want, struct sx_tensor *out,
                         struct sx_picture *shown, struct sx_error *error);

/* A rectangle of a picture: the pixels with x0 <= x < x1 and y0 <= y < y1. */
struct sx_box {
    double x0, y0, x1, y1;
    char *name; /* NULL: none */
};

/* Reads boxes from a file. It holds lines "x0,y0,x1,y1[,name]", or a JSON array whose elements are
 * such arrays or objects with "box" and optionally "name", or a JSON object with such an array as
 * "objects". Status 1. Free with sx_boxes_free. */
bool sx_boxes_read(const char *path, struct sx_box **boxes, int64_t *n, struct sx_error *error);
void sx_boxes_free(struct sx_box *boxes, int64_t n);

/* The box of place `i` among rows x columns places in a picture of width x height. Places have
 * equal numbers of whole pixels; those in the last row and column take the remainder. */
struct sx_box sx_place_box(int64_t rows, int64_t columns, int64_t i, int64_t width,
                           int64_t height);

/* The boxes of all places, named "row,column". NULL with status 6. */
struct sx_box *sx_place_boxes(int64_t rows, int64_t columns, int64_t width, int64_t height,
                              struct sx_error *error);

/* Sets weights[n, rows * columns] to the share of each box's area that lies in each place. They are
 * all 0 for a box outside the picture. Returns the first such box, or -1. */
int64_t sx_box_shares(int64_t rows, int64_t columns, int64_t width, int64_t height,
                      const struct sx_box *boxes, int64_t n, double *weights);

#ifdef __cplusplus
}
#endif

#endif
