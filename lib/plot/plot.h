/* plot.h - colours and heat maps. */
#ifndef SX_PLOT_H
#define SX_PLOT_H

#include "io/picture.h"
#include "sextant/plot.h"

/* The int fields of struct sx_plot: how channels are reduced, which sign is shown, and the panels
 * from left to right. */
enum sx_plot_reduce { SX_REDUCE_SUM, SX_REDUCE_ABS_SUM, SX_REDUCE_MAX };
enum sx_plot_sign { SX_SIGN_ABS, SX_SIGN_POS, SX_SIGN_NEG, SX_SIGN_ALL };
enum { SX_PANEL_PICTURE = 1, SX_PANEL_MAP = 2, SX_PANEL_OVERLAY = 4, SX_PANEL_MASK = 8 };

/* ---- Colours ---- */

/* A colour map: evenly spaced control points. A diverging map has its neutral colour in the middle. */
struct sx_colours {
    const char *name;
    bool diverging;
    int count;
    const unsigned *points;
};

/* The map of a name; "" for NULL. A name that ends in "_r" sets *reversed. */
const struct sx_colours *sx_colours_find(const char *name, bool *reversed);

/* The colour of t, from 0 to 1. */
unsigned sx_colours_at(const struct sx_colours *colours, bool reversed, double t);

/* ---- Heat maps ---- */

/* An attribution reduced to one value per place. */
struct sx_heat {
    int64_t rows, columns;
    double *value; /* [places], unscaled, not NaN */
    double scale;  /* the value that is scaled to 1; 0: the map is flat */
    double low;    /* what has been taken from each value: not 0 for a map without a zero */
    bool is_signed, negative;
};

/* Reduces channels, chooses the sign and finds the scale. The scale is the smallest magnitude such
 * that magnitudes up to it sum to 100 - outlier per cent of the total. */
bool sx_heat_new(struct sx_heat *heat, const struct sx_plot *plot, const struct sx_tensor *map,
                 struct sx_error *error);
void sx_heat_free(struct sx_heat *heat);

/* The value at place i divided by the scale, clipped to -1 .. 1; 0 if the map is flat. */
double sx_heat_at(const struct sx_heat *heat, int64_t i);

/* The colour of a value in the plot's colour map. */
unsigned sx_heat_colour(const struct sx_heat *heat, const struct sx_plot *plot, double value);

/* Marks the `percent` of places with the largest magnitudes in keep[places]: at least one; the
 * earlier of equal ones. */
bool sx_heat_top(const struct sx_heat *heat, double percent, uint8_t *keep,
                 struct sx_error *error);

/* The nearest of a terminal's 240 fixed colours. */
int sx_terminal_colour(unsigned colour);

#endif
