/* module.h - the interface of the drawing module, a shared object that is opened when a picture is
 * asked for. Lengths are pixels at zoom 1; y points down; colours are 0xRRGGBB. */
#ifndef SX_DRAW_MODULE_H
#define SX_DRAW_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_DRAW_VERSION 1
#define SX_DRAW_SYMBOL "sx_draw_module"

/* The format of a page. */
enum sx_draw_format { SX_DRAW_NOTHING, SX_DRAW_PIXELS, SX_DRAW_SVG, SX_DRAW_PDF };

/* A page to draw. The result goes to `write`: rows of RGB pixels, or the file. */
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
    bool (*end)(void *page, bool keep); /* frees the page; returns whether all was written */
    void (*colour)(void *page, unsigned colour, double alpha);
    void (*line)(void *page, const double *xy, int n, double width, bool dashed);
    void (*curve)(void *page, const double xy[8], double width); /* a cubic Bezier curve */
    void (*polygon)(void *page, const double *xy, int n);        /* filled */
    void (*disc)(void *page, double x, double y, double radius);
    /* Measures or draws a text from its upper left corner. wrap > 0: the width of lines. It is
     * rotated by `angle` degrees counterclockwise around that corner. */
    void (*measure)(void *page, const char *text, double size, bool bold, double wrap,
                    double *width, double *height);
    void (*text)(void *page, double x, double y, const char *text, double size, bool bold,
                 double wrap, double angle);
    /* Draws columns x rows pixels, premultiplied ARGB, scaled to the rectangle. */
    void (*image)(void *page, double x, double y, double width, double height,
                  const uint32_t *argb, int columns, int rows, bool smooth);
};

#endif
