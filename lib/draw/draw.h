/* draw.h - a page that is drawn on: first to see how large it becomes, then as a file. */
#ifndef SX_DRAW_H
#define SX_DRAW_H

#include "base/base.h"
#include "draw/module.h"
#include "sextant/picture.h"

struct sx_page {
    const struct sx_draw_module *module;
    void *page;
    bool muted;   /* draws nothing: texts are measured all the same */
    bool listing; /* texts that are drawn go to `texts` */
    char *texts;  /* one a line, NULL: none */
    size_t n_texts, texts_capacity;
    struct sx_error *error; /* of texts */
};

/* How a page becomes a file. */
struct sx_page_options {
    int format; /* enum sx_draw_format; pixels become a PNG */
    double zoom, dpi;
    const char *font;
    const char *title, *about; /* metadata: about is lines "key: value" */
};

/* Draws on a page whose error is that of the call; *width and *height become its size. It is called
 * twice or more, and must draw the same each time. */
typedef bool (*sx_page_draw)(struct sx_page *page, void *context, double *width, double *height,
                             struct sx_error *error);

/* Makes *bytes, to be freed by free(), the file that `draw` draws. Status 2 where the drawing module
 * is not there, 6. Equal drawings give equal bytes. */
bool sx_page_make(const struct sx_page_options *options, sx_page_draw draw, void *context,
                  uint8_t **bytes, size_t *size, struct sx_error *error);

/* How large it would be at zoom 1. */
bool sx_page_size(const struct sx_page_options *options, sx_page_draw draw, void *context,
                  double *width, double *height, struct sx_error *error);

/* Whether there is a drawing module; status 2. */
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
/* A picture, as it is or in grey. */
bool sx_page_picture(struct sx_page *p, double x, double y, double width, double height,
                     const struct sx_picture *picture, bool grey, struct sx_error *error);

/* Text of a size (pixels), bold, broken into lines of `wrap` pixels (0: never). */
struct sx_type_face {
    double size;
    bool bold;
    double wrap;
};
void sx_page_measure(struct sx_page *p, struct sx_type_face face, const char *text,
                     double *width, double *height);
double sx_page_width(struct sx_page *p, struct sx_type_face face, const char *text);
/* With its upper edge at y, and x at its left edge (align 0), middle (0.5), or right edge (1). */
void sx_page_text(struct sx_page *p, double x, double y, double align, struct sx_type_face face,
                  const char *text);
/* With its middle at y. */
void sx_page_label(struct sx_page *p, double x, double y, double align,
                   struct sx_type_face face, const char *text);
/* Turned against the clock around its upper left corner. */
void sx_page_turned(struct sx_page *p, double x, double y, double angle,
                    struct sx_type_face face, const char *text);

#endif
