/* draw.h - a page to draw on: first to measure its size, then as a file. */
#ifndef SX_DRAW_H
#define SX_DRAW_H

#include "base/base.h"
#include "draw/module.h"
#include "sextant/picture.h"

struct sx_page {
    const struct sx_draw_module *module;
    void *page;
    bool muted;   /* draws nothing, but measures texts */
    bool listing; /* texts that are drawn are added to `texts` */
    char *texts;  /* one text per line; NULL: none */
    size_t n_texts, texts_capacity;
    struct sx_error *error; /* failure of text functions */
};

/* How a page is written to a file. */
struct sx_page_options {
    int format; /* enum sx_draw_format; pixels become a PNG */
    double zoom, dpi;
    const char *font;
    const char *title, *about; /* metadata; about has lines "key: value" */
};

/* Draws on a page, and sets *width and *height to its size. It is called at least twice, and must
 * draw the same each time. */
typedef bool (*sx_page_draw)(struct sx_page *page, void *context, double *width, double *height,
                             struct sx_error *error);

/* Makes *bytes the file that `draw` draws; free it with free(). Equal drawings give equal bytes.
 * Status 2: there is no drawing module. Status 6. */
bool sx_page_make(const struct sx_page_options *options, sx_page_draw draw, void *context,
                  uint8_t **bytes, size_t *size, struct sx_error *error);

/* The size at zoom 1. */
bool sx_page_size(const struct sx_page_options *options, sx_page_draw draw, void *context,
                  double *width, double *height, struct sx_error *error);

/* Whether there is a drawing module; else status 2. */
bool sx_page_possible(struct sx_error *error);

void sx_page_colour(struct sx_page *p, unsigned colour, double alpha);
void sx_page_line(struct sx_page *p, double x0, double y0, double x1, double y1, double width);
void sx_page_dashes(struct sx_page *p, double x0, double y0, double x1, double y1,
                    double width);
void sx_page_lines(struct sx_page *p, const double *xy, int n, double width);
void sx_page_curve(struct sx_page *p, const double xy[8], double width);
void sx_page_fill(struct sx_page *p, double x, double y, double width, double height);
void sx_page_frame(struct sx_page *p, double x, double y, double width, double height,
                   double line);
void sx_page_polygon(struct sx_page *p, const double *xy, int n);
void sx_page_disc(struct sx_page *p, double x, double y, double radius);
void sx_page_image(struct sx_page *p, double x, double y, double width, double height,
                   const uint32_t *argb, int columns, int rows, bool smooth);
/* Draws a picture, in its colours or in grey. */
bool sx_page_picture(struct sx_page *p, double x, double y, double width, double height,
                     const struct sx_picture *picture, bool grey, struct sx_error *error);

/* The style of a text: size in pixels, bold, and the width of lines in pixels at which it is
 * wrapped (0: never). */
struct sx_type_face {
    double size;
    bool bold;
    double wrap;
};
void sx_page_measure(struct sx_page *p, struct sx_type_face face, const char *text,
                     double *width, double *height);
double sx_page_width(struct sx_page *p, struct sx_type_face face, const char *text);
/* Draws a text with its upper edge at y. x is its left edge (align 0), centre (0.5), or right edge
 * (1). */
void sx_page_text(struct sx_page *p, double x, double y, double align, struct sx_type_face face,
                  const char *text);
/* The same with its vertical centre at y. */
void sx_page_label(struct sx_page *p, double x, double y, double align,
                   struct sx_type_face face, const char *text);
/* Draws a text rotated counterclockwise around its upper left corner. */
void sx_page_turned(struct sx_page *p, double x, double y, double angle,
                    struct sx_type_face face, const char *text);

#endif
