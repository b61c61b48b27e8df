/* sextant/picture.h - pictures, how they become inputs, and rectangles in them. */
#ifndef SEXTANT_PICTURE_H
#define SEXTANT_PICTURE_H

#include "sextant/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 8-bit pixels, row after row from the top, `channels` (1 grey, 3 RGB) interleaved. */
struct sx_picture {
    int width, height, channels;
    uint8_t *pixels;
};

/* Decodes a PNG or JPEG file held in memory: alpha over white, 16 bits to 8, palettes and CMYK
 * to RGB, EXIF orientation applied. A damaged, truncated or oversized file (over 2^28 pixels,
 * or more than `size` bytes can hold) fails with status 1. Free with sx_picture_free. */
bool sx_picture_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                       struct sx_error *error);
void sx_picture_free(struct sx_picture *picture);

/* Encodes a picture as a PNG file; free *bytes with free(). Equal pictures give equal bytes. */
bool sx_png_encode(const struct sx_picture *picture, uint8_t **bytes, size_t *size,
                   struct sx_error *error);

/* Where channels lie in an array seen as a picture, [H,W], [C,H,W] or [H,W,C] after axes of
 * length 1 (a vector is a square if it can be): auto takes whichever of the first and the last
 * of the three alone has the length 1 or 3, else the first. */
enum sx_layout { SX_LAYOUT_AUTO, SX_NCHW, SX_NHWC };
enum sx_colour { SX_COLOUR_AUTO, SX_RGB, SX_BGR, SX_GRAY };

/* An array seen as a picture of 1 or 3 channels, its smallest element black, its largest white. */
bool sx_picture_of(const struct sx_tensor *array, enum sx_layout layout,
                   struct sx_picture *picture, struct sx_error *error);

/* How a picture becomes a model's input: its channels are made what the model takes, it is
 * resized (antialiased triangle filter, as Pillow's BILINEAR), cut to the centre, and every
 * pixel becomes (pixel * scale - mean) / std; mean and std are in the model's channel order. */
struct sx_preprocess {
    int width, height; /* resized to this; 0: by the short side */
    int short_side;    /* 0: to the model's size, unless cropped; -1: to cover 256/224 of it */
    int crop;          /* side of the square kept; 0: all; -1: the model's size */
    double scale, mean[3], std[3];
    enum sx_colour colour;
    enum sx_layout layout;
};

/* Sets everything to a preset: "unit" (the default: [0,1] at the model's size), "raw" (0..255),
 * "imagenet" (256/224 of the model's size, centre, usual mean and std), "mnist" (grey 28x28,
 * usual mean and std). Status 2 for another name. */
bool sx_preprocess_preset(struct sx_preprocess *pre, const char *name, struct sx_error *error);

/* Sets one of "resize" (WxH, short:N), "crop" (N), "scale" (S or 1/S), "mean" and "std" (1 or 3
 * numbers), "channels" (rgb, bgr, gray), "layout" (nchw, nhwc, auto). Status 2 otherwise. */
bool sx_preprocess_set(struct sx_preprocess *pre, const char *option, const char *value,
                       struct sx_error *error);

/* Makes *out the float array of shape `want` (-1 for open axes, batch taken as 1); *shown,
 * unless NULL, becomes the picture as resized and cut. Status 1 when the model takes no picture
 * or one of another size, 2 when it has 1 channel, but mean or std differ between channels. */
bool sx_preprocess_apply(const struct sx_preprocess *pre, const struct sx_picture *picture,
                         const struct sx_shape *want, struct sx_tensor *out,
                         struct sx_picture *shown, struct sx_error *error);

/* A rectangle of a picture: pixels from (x0, y0) up to, and without, (x1, y1). */
struct sx_box {
    double x0, y0, x1, y1;
    char *name; /* NULL: none */
};

/* Reads boxes: lines "x0,y0,x1,y1[,name]", or a JSON array of such arrays or of objects with a
 * "box" and perhaps a "name", or an object with such an array as "objects". Status 1. Free with
 * sx_boxes_free. */
bool sx_boxes_read(const char *path, struct sx_box **boxes, int64_t *n, struct sx_error *error);
void sx_boxes_free(struct sx_box *boxes, int64_t n);

/* The part of a width x height picture that place `i` of rows x columns stands for: equal whole
 * pixels, the last ones take what is left over. */
struct sx_box sx_place_box(int64_t rows, int64_t columns, int64_t i, int64_t width,
                           int64_t height);

/* The boxes of all places, named "row,column"; NULL with status 6. */
struct sx_box *sx_place_boxes(int64_t rows, int64_t columns, int64_t width, int64_t height,
                              struct sx_error *error);

/* Which share of each of n boxes lies in each place, 0 in all where a box lies outside: weights
 * [n, rows * columns]. Returns the first box that does, or -1. */
int64_t sx_box_shares(int64_t rows, int64_t columns, int64_t width, int64_t height,
                      const struct sx_box *boxes, int64_t n, double *weights);

#ifdef __cplusplus
}
#endif

#endif
