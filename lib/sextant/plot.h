/* sextant/plot.h - how maps become colours, and maps on terminals. */
#ifndef SEXTANT_PLOT_H
#define SEXTANT_PLOT_H

#include "sextant/option.h"
#include "sextant/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Most masks of one map. */
#define SX_MOST_TOPS 6

/* How an attribution is drawn: set by the rows of sx_plot_table. */
struct sx_plot {
    int reduce, sign, panels;
    enum sx_layout layout;
    char colours[12];
    double outlier, alpha;
    double top[SX_MOST_TOPS]; /* of each mask; none: one of 10 per cent */
    int n_tops;
};

/* "reduce": channels become their sum, the sum of their magnitudes, or the one of largest
 * magnitude. "outlier": per cent of the total magnitude that may lie over the scale's end.
 * "overlay": share of the map where it is strongest. "topk": per cent of places that a mask
 * keeps, of several masks by commas. A colour map is reversed with _r. */
extern const struct sx_options sx_plot_table;

/* Sets all options to their defaults. */
void sx_plot_default(struct sx_plot *plot);
/* Sets one option by its name. Status 2 for an unknown name, or a value that does not fit. */
bool sx_plot_set(struct sx_plot *plot, const char *option, const char *value,
                 struct sx_error *error);

/* Draws an attribution as lines of half blocks for a terminal of 256 colours that is `columns`
 * wide; free *text with free(). */
bool sx_plot_terminal(const struct sx_plot *plot, const struct sx_tensor *map, int columns,
                      char **text, struct sx_error *error);

/* Gives a picture the colours of a map (see sx_plot_set), by the mean of its channels. */
bool sx_picture_colour(struct sx_picture *picture, const char *colours, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
