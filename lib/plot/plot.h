/* plot.h - colours and heat maps. */
#ifndef SX_PLOT_H
#define SX_PLOT_H

#include "io/picture.h"
#include "sextant/plot.h"

/* What struct sx_plot holds as int: how the channels at a place become one number, what of it
 * is shown, and the panels from left to right. */
enum sx_plot_reduce { SX_REDUCE_SUM, SX_REDUCE_ABS_SUM, SX_REDUCE_MAX };
enum sx_plot_sign { SX_SIGN_ABS, SX_SIGN_POS, SX_SIGN_NEG, SX_SIGN_ALL };
enum { SX_PANEL_PICTURE = 1, SX_PANEL_MAP = 2, SX_PANEL_OVERLAY = 4, SX_PANEL_MASK = 8 };

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
    double low;    /* what has been taken from each value: not 0 for a map without a zero */
    bool is_signed, negative;
};

/* Reduces channels, takes the sign, takes off the smallest value where that is above half of the
 * largest, and finds the scale: the smallest magnitude at which those
 * up to it make up 100 - outlier per cent of their total. */
bool sx_heat_new(struct sx_heat *heat, const struct sx_plot *plot, const struct sx_tensor *map,
                 struct sx_error *error);
void sx_heat_free(struct sx_heat *heat);

/* The value at place `i` over the scale, cut to -1..1; 0 in a flat map. */
double sx_heat_at(const struct sx_heat *heat, int64_t i);

/* Its colour in the map that the plot asks for. */
unsigned sx_heat_colour(const struct sx_heat *heat, const struct sx_plot *plot, double value);

/* Marks the `percent` of places with the largest magnitudes (earlier ones first among equals,
 * one at least) in keep, which has an entry for each place. */
bool sx_heat_top(const struct sx_heat *heat, double percent, uint8_t *keep,
                 struct sx_error *error);

/* The nearest of the 240 fixed colours of a terminal. */
int sx_terminal_colour(unsigned colour);

#endif
