/* plot.h - drawing: canvases, text, colours and heat maps behind sx_plot_map. */
#ifndef SX_PLOT_H
#define SX_PLOT_H

#include "io/picture.h"
#include "sextant/plot.h"

/* What struct sx_plot holds as int: how the channels at a place become one number, what of it
 * is shown, and the panels from left to right. */
enum sx_plot_reduce { SX_REDUCE_SUM, SX_REDUCE_ABS_SUM, SX_REDUCE_MAX };
enum sx_plot_sign { SX_SIGN_ABS, SX_SIGN_POS, SX_SIGN_NEG, SX_SIGN_ALL };
enum { SX_PANEL_PICTURE = 1, SX_PANEL_MAP = 2, SX_PANEL_OVERLAY = 4, SX_PANEL_MASK = 8 };

/* ---- Canvases: pictures of 3 channels; colours are 0xRRGGBB; what lies outside is not drawn
 * ---- */

#define SX_WHITE 0xffffffU
#define SX_INK 0x202020U

/* A white canvas. */
bool sx_canvas_new(struct sx_picture *canvas, int64_t width, int64_t height,
                   struct sx_error *error);

void sx_draw_pixel(struct sx_picture *canvas, int64_t x, int64_t y, unsigned colour);

/* The rectangle of `width` x `height` pixels from (x, y): filled, or its outermost pixels. */
void sx_draw_fill(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                  int64_t height, unsigned colour);
void sx_draw_frame(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                   int64_t height, unsigned colour);

/* A line of `width` pixels from centre to centre of two pixels, its edges blended. */
void sx_draw_line(struct sx_picture *canvas, double x0, double y0, double x1, double y1,
                  double width, unsigned colour);

/* A picture, grey or RGB, stretched to the rectangle without smoothing. */
void sx_draw_picture(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                     int64_t height, const struct sx_picture *picture);

/* ---- Text: one built-in face ---- */

#define SX_GLYPH_WIDTH 7 /* with the gap to the next */
#define SX_GLYPH_HEIGHT 12
#define SX_LINE_HEIGHT 15

/* Draws UTF-8 text whose first glyph has its upper left corner at (x, y). Control characters
 * and what is not ASCII show as a box. */
void sx_draw_text(struct sx_picture *canvas, int64_t x, int64_t y, const char *text,
                  unsigned colour);

/* How many glyphs the text has, and pixels it is wide. */
int64_t sx_text_glyphs(const char *text);
int64_t sx_text_width(const char *text);

/* Draws text broken at spaces and newlines into lines of at most `width` pixels (canvas NULL:
 * draws nothing); returns the height in pixels. */
int64_t sx_draw_paragraph(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                          const char *text, unsigned colour);

/* ---- Colours ---- */

/* Evenly spaced control points. A diverging map has its neutral colour in the middle. */
struct sx_colours {
    const char *name;
    bool diverging;
    int count;
    const unsigned *points;
};

/* The map of a name, "" for NULL; a name ending in "_r" is the reversed map: *reversed. */
const struct sx_colours *sx_colours_find(const char *name, bool *reversed);

/* The colour for `t` from 0 to 1. */
unsigned sx_colours_at(const struct sx_colours *colours, bool reversed, double t);

/* ---- Heat maps ---- */

/* An attribution reduced to one value for each place. */
struct sx_heat {
    int64_t rows, columns;
    double *value; /* not scaled yet; not NaN */
    double scale;  /* what counts as 1, 0 for a flat map */
    bool is_signed, negative;
};

/* Reduces channels, takes the sign and finds the scale: the smallest magnitude at which those
 * up to it make up 100 - outlier per cent of their total. */
bool sx_heat_new(struct sx_heat *heat, const struct sx_plot *plot, const struct sx_tensor *map,
                 struct sx_error *error);
void sx_heat_free(struct sx_heat *heat);

/* The value at place `i` over the scale, cut to -1..1; 0 in a flat map. */
double sx_heat_at(const struct sx_heat *heat, int64_t i);

/* Its colour in the map that the plot asks for. */
unsigned sx_heat_colour(const struct sx_heat *heat, const struct sx_plot *plot, double value);

/* The colour bar with its numbers: how wide it is, and itself. */
int64_t sx_bar_width(const struct sx_heat *heat);
void sx_draw_bar(struct sx_picture *canvas, const struct sx_heat *heat,
                 const struct sx_plot *plot, int64_t left, int64_t top, int64_t height);

/* Marks the `percent` of places with the largest magnitudes (earlier ones first among equals,
 * one at least) in keep, which has an entry for each place. */
bool sx_heat_top(const struct sx_heat *heat, double percent, uint8_t *keep,
                 struct sx_error *error);

#endif
