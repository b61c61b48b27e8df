/* module.h - what the drawing module, a shared object that is opened when a picture is asked for,
 * offers. Lengths are pixels at zoom 1, y goes down, colours are 0xRRGGBB. */
#ifndef SX_DRAW_MODULE_H
#define SX_DRAW_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_DRAW_VERSION 1
#define SX_DRAW_SYMBOL "sx_draw_module"

/* What a page becomes. */
enum sx_draw_format { SX_DRAW_NOTHING, SX_DRAW_PIXELS, SX_DRAW_SVG, SX_DRAW_PDF };

/* A page to be drawn. What it becomes goes to `write`: rows of RGB pixels, or the file. */
struct sx_draw_setup {
    int format;
    double width, height, scale;
    const char *font, *title, *about; /* font family; metadata; not NULL */
    bool (*write)(void *to, const void *bytes, size_t n);
    void *to;
};

struct sx_draw_module {
    int version;
    void *(*begin)(const struct sx_draw_setup *setup); /* NULL: out of memory, or too large */
    bool (*end)(void *page, bool keep);                /* whether all was written; frees it */
    void (*colour)(void *page, unsigned colour, double alpha);
    void (*line)(void *page, const double *xy, int n, double width, bool dashed);
    void (*curve)(void *page, const double xy[8], double width); /* a cubic Bezier curve */
    void (*polygon)(void *page, const double *xy, int n);        /* filled */
    void (*disc)(void *page, double x, double y, double radius);
    /* Text from its upper left corner; wrap > 0: broken into lines of that width; turned by
     * `angle` degrees against the clock around that corner. */
    void (*measure)(void *page, const char *text, double size, bool bold, double wrap,
                    double *width, double *height);
    void (*text)(void *page, double x, double y, const char *text, double size, bool bold,
                 double wrap, double angle);
    /* columns x rows pixels, premultiplied ARGB, stretched to the rectangle. */
    void (*image)(void *page, double x, double y, double width, double height,
                  const uint32_t *argb, int columns, int rows, bool smooth);
};

#endif
