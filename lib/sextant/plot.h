/* sextant/plot.h - colours of maps, and maps on terminals. */
#ifndef SEXTANT_PLOT_H
#define SEXTANT_PLOT_H

#include "sextant/option.h"
#include "sextant/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest number of masks of one map. */
#define SX_MOST_TOPS 6

/* How an attribution is drawn. sx_plot_table has its rows. */
struct sx_plot {
    int reduce, sign, panels;
    enum sx_layout layout;
    char colours[12];
    double outlier, alpha;
    /* top[n_tops]: per cent of places that each mask keeps; n_tops 0: one mask of 10 per cent */
    double top[SX_MOST_TOPS];
    int n_tops;
};

/* The options of struct sx_plot:
 *   reduce   channels become their sum, the sum of their magnitudes, or the element of largest magnitude
 *   outlier  per cent of the total magnitude that may exceed the end of the colour scale
 *   overlay  share of the map's colour where the map is strongest
 *   topk     per cent of places that a mask keeps; several masks are separated by commas
 * A suffix _r reverses a colour map. */
extern const struct sx_options sx_plot_table;

/* Sets all options to their defaults. */
void sx_plot_default(struct sx_plot *plot);
/* Sets one option by its name. Status 2 for an unknown name, or a value that does not fit. */
bool sx_plot_set(struct sx_plot *plot, const char *option, const char *value,
                 struct sx_error *error);

/* Draws an attribution as lines of half blocks for a terminal of 256 colours that is `columns`
 * wide. Free *text with free(). */
bool sx_plot_terminal(const struct sx_plot *plot, const struct sx_tensor *map, int columns,
                      char **text, struct sx_error *error);

/* Recolours a picture by a colour map (see sx_plot_set) of the mean of its channels. */
bool sx_picture_colour(struct sx_picture *picture, const char *colours, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
