/* chart.h - what charts of players share: names, colours of signed values, room for a title. */
#ifndef SX_CHART_H
#define SX_CHART_H

#include "plot/plot.h"

#define SX_CHART_MARGIN 14
#define SX_CHART_NAME 64 /* bytes that a name may take */

/* The name of player i, cut, or its number. */
void sx_chart_name(const struct sx_chart *chart, int64_t i, char name[SX_CHART_NAME]);

/* Is player i left out? */
bool sx_chart_absent(const struct sx_chart *chart, int64_t i);

/* Pixels of the widest name. */
int64_t sx_chart_names_width(const struct sx_chart *chart);

/* Red above zero, blue below, as strong as |value| / scale. */
unsigned sx_chart_colour(double value, double scale);

/* The largest magnitude among n values, 1 if all are zero. */
double sx_chart_scale(const double *values, int64_t n);

/* A canvas with room for `width` x `height` under the title; *top is where that begins. */
bool sx_chart_canvas(const struct sx_chart *chart, int64_t width, int64_t height,
                     struct sx_picture *figure, int64_t *top, struct sx_error *error);

/* A filled disc. */
void sx_chart_disc(struct sx_picture *figure, double x, double y, double radius,
                   unsigned colour);

/* Bars of m series over the chart's names, values [n, m], side by side or stacked; NaN: none. */
bool sx_plot_bars(const struct sx_chart *chart, const char *const *series, int m,
                  const double *values, bool stacked, struct sx_picture *figure,
                  struct sx_error *error);

/* A table of the chart's names and m columns: text[n, m], and whether it holds: 0 no, 1 yes, 2
 * not known. */
bool sx_plot_verdicts(const struct sx_chart *chart, const char *const *column, int m,
                      const char *const *text, const int *verdict, struct sx_picture *figure,
                      struct sx_error *error);

#endif
