/* sextant/plot.h - pictures of results. */
#ifndef SEXTANT_PLOT_H
#define SEXTANT_PLOT_H

#include "sextant/decompose.h"
#include "sextant/flint.h"
#include "sextant/option.h"
#include "sextant/shapley.h"
#include "sextant/taylorcam.h"
#include "sextant/xderiv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How an attribution is drawn: set by the rows of sx_plot_table. */
struct sx_plot {
    int reduce, sign, panels;
    enum sx_layout layout;
    char colours[12];
    double outlier, alpha, top;
    int64_t mark; /* 1 + the place (row * columns + column) that is framed; 0: none */
};

/* "reduce": channels become their sum, the sum of their magnitudes, or the one of largest
 * magnitude. "outlier": per cent of the total magnitude that may lie over the scale's end.
 * "overlay": share of the map where it is strongest. "topk": per cent of places that the mask
 * keeps. A colour map is reversed with _r. */
extern const struct sx_options sx_plot_table;

/* Sets the defaults; sets one option by its name, with status 2 where there is none, or the value
 * does not fit. */
void sx_plot_default(struct sx_plot *plot);
bool sx_plot_set(struct sx_plot *plot, const char *option, const char *value,
                 struct sx_error *error);

/* Draws an attribution as a figure: title unless NULL, panels, colour bar; small ones enlarged
 * to about 256 pixels. Without a picture `behind` (NULL) there is the map alone; the mask fills
 * what it drops with the picture's mean. Status 1 for an array that is no picture. */
bool sx_plot_map(const struct sx_plot *plot, const struct sx_tensor *map,
                 const struct sx_picture *behind, const char *title, struct sx_picture *figure,
                 struct sx_error *error);

/* Draws a matrix [n, n] with names[i] (NULL: i; names NULL: none) at row and column i, title, bar. */
bool sx_plot_matrix(const struct sx_plot *plot, const struct sx_tensor *matrix,
                    const char *const *names, const char *title, struct sx_picture *figure,
                    struct sx_error *error);

/* Sets `n` pictures in rows of `columns` (0: about a square) on one sheet. */
bool sx_plot_sheet(const struct sx_picture *pictures, int n, int columns,
                   struct sx_picture *sheet, struct sx_error *error);

/* Draws an attribution as lines of half blocks for a terminal of 256 colours that is `columns`
 * wide; free *text with free(). */
bool sx_plot_terminal(const struct sx_plot *plot, const struct sx_tensor *map, int columns,
                      char **text, struct sx_error *error);

/* Draws the first n of `top` (order 2 or 3, strongest first) over a picture (NULL: over white):
 * boxes[place] of their places, lines between these whose width is the strength, and a legend.
 * The picture is padded, and the boxes grow, by `pad` pixels. */
bool sx_plot_relations(const struct sx_plot *plot, const struct sx_picture *behind, int64_t pad,
                       const struct sx_box *boxes, int64_t n_boxes, int order,
                       const struct sx_relation *top, int64_t n, const char *title,
                       struct sx_picture *figure, struct sx_error *error);

/* Draws what taylorcam found: the strongest relations, those of one place, sums, the matrix, a
 * first-order map, or all of these on one sheet. */
enum sx_places_chart {
    SX_CHART_PAIRS,
    SX_CHART_FROM,
    SX_CHART_MARGINAL,
    SX_CHART_MATRIX,
    SX_CHART_CAM,
    SX_CHART_SHEET
};
struct sx_places_plot {
    struct sx_plot plot;
    int64_t pad;
    const char *about; /* the end of titles */
    const struct sx_taylorcam_options *options;
    const struct sx_taylorcam_result *found;
};
bool sx_plot_places(const struct sx_places_plot *plot, enum sx_places_chart chart,
                    struct sx_picture *figure, struct sx_error *error);

/* Draws the matrix of a study's pairs, or, over a picture `behind` (NULL: none), what one feature
 * (`from`: its number, or ROW,COLUMN of patches) does with every other. */
struct sx_effects_plot {
    const struct sx_study *study;
    const struct sx_study_options *options;
    const struct sx_explainer *explainer;
    const struct sx_effects *effects;
    const char *const *name; /* of features, as for sx_study_name */
    int64_t n_names;
    const char *from, *title;
    const struct sx_picture *behind;
};
bool sx_plot_effects(const struct sx_effects_plot *plot, struct sx_picture *figure,
                     struct sx_error *error);

/* Draws values [rows, columns] from 0 to 1 as cells with a colour bar; NaN is grey. */
bool sx_plot_cells(const double *values, int64_t rows, int64_t columns, const char *title,
                   const char *row_name, const char *column_name, struct sx_picture *figure,
                   struct sx_error *error);

/* Small pictures on one sheet, under a title: cells [rows, columns], those without pixels stay
 * empty; names of rows (of several lines), of columns, and captions may be NULL, or any of them. */
struct sx_gallery {
    const char *title;
    int64_t rows, columns;
    const char *const *row_name, *const *column_name, *const *caption;
    const struct sx_picture *cell;
};
bool sx_plot_gallery(const struct sx_gallery *gallery, struct sx_picture *figure,
                     struct sx_error *error);

/* Rows of small pictures that are added one by one: say how many columns, and the layout. */
struct sx_album {
    int64_t rows, columns;
    enum sx_layout layout;
    struct sx_picture *cell;
    char **caption, **name;
};
bool sx_album_row(struct sx_album *album, const char *name, struct sx_error *error);
bool sx_album_draw(const struct sx_album *album, const char *title, const char *const *columns,
                   struct sx_picture *figure, struct sx_error *error);
void sx_album_free(struct sx_album *album);

/* Of FLINT: adds a sample, and what it becomes as its relevant attributes grow, changed[relevant] like
 * x; draws the `mas` samples of each pair, pictures or rows of a table; m rows of a table of n columns,
 * of which those that deviate most are drawn, in units of their spread. */
bool sx_album_explained(struct sx_album *album, const struct sx_flint_origin *origin,
                        const struct sx_flint_explained *explained, const float *changed,
                        struct sx_error *error);
bool sx_plot_shown(const struct sx_flint_origin *origin, const struct sx_flint_shown *shown,
                   int64_t mas, enum sx_layout layout, struct sx_picture *figure,
                   struct sx_error *error);
bool sx_plot_shown_table(const struct sx_flint_origin *origin,
                         const struct sx_flint_shown *shown, struct sx_picture *figure,
                         struct sx_error *error);
bool sx_plot_columns(const struct sx_flint_origin *origin, const char *title,
                     const float *const *x, const char *const *name, int m, int64_t n,
                     struct sx_picture *figure, struct sx_error *error);

/* Gives a picture the colours of a map (see sx_plot_set), by the mean of its channels. */
bool sx_picture_colour(struct sx_picture *picture, const char *colours, struct sx_error *error);

/* Charts of n players; name[] or one of it may be NULL, then it is the number; and the title. */
struct sx_chart {
    const char *title, *const *name;
    int64_t n;
    const bool *absent; /* who is left out, as by the upset chart all without terms; or NULL */
};

/* values [n, n] as squares of colour, or discs (the diagonal) with lines; the `top` strongest terms
 * as bars over their members; players in a row, blocks of m of them in red above, blue below. */
bool sx_plot_square(const struct sx_chart *chart, const double *values,
                    struct sx_picture *figure, struct sx_error *error);
bool sx_plot_network(const struct sx_chart *chart, const double *values,
                     struct sx_picture *figure, struct sx_error *error);
bool sx_plot_upset(const struct sx_chart *chart, const struct sx_interactions *terms,
                   int64_t top, struct sx_picture *figure, struct sx_error *error);
bool sx_plot_partitions(const struct sx_chart *chart, const int64_t *set, int64_t m,
                        const int64_t *above, const int64_t *below, struct sx_picture *figure,
                        struct sx_error *error);

/* Draws "matrix", "graph", "upset" (the `top` strongest; 0: 20) of interactions, or "tokens", the
 * partitions of bT's strongest set. Status 2 where these are not known. */
bool sx_plot_shapley(const char *plot, const struct sx_chart *chart,
                     const struct sx_shapley *result, int64_t top, struct sx_picture *figure,
                     struct sx_error *error);

/* Draws the values of single players, each on its elements of x. Status 2 where players, those of a
 * saved game, are NULL. */
bool sx_plot_players(const struct sx_explainer *explainer, const struct sx_players *players,
                     const struct sx_shapley *result, const struct sx_picture *behind,
                     const char *title, struct sx_picture *figure, struct sx_error *error);

/* n points of a curve, x growing from above zero, on a logarithmic axis. */
bool sx_plot_curve(const char *title, const double *x, const double *y, int64_t n,
                   struct sx_picture *figure, struct sx_error *error);

/* Draws "bars", "alloc", "effects", "principles" or "agreement" of a decomposition. Status 2
 * where what was to be drawn is not known. */
bool sx_plot_decomposition(const char *plot, const struct sx_chart *players,
                           const struct sx_decomposition *result, struct sx_picture *figure,
                           struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
