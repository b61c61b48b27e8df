/* score.h - a map and a sample, as the metrics see them. */
#ifndef SX_SCORE_ROOM_H
#define SX_SCORE_ROOM_H

#include "explain/explain.h"
#include "sextant/score.h"

/* Places are what is shown or hidden together: pixels, tokens, players, or elements of x. */
struct sx_scoring {
    const struct sx_score_options *o;
    struct sx_explainer *by, *own;
    struct sx_inference *inference;
    int64_t size, places;
    const double *x;
    int64_t *place; /* of each element of x; -1: it is always shown */
    double *rank;   /* of each place: the larger, the earlier */
    double *share;  /* of each place: what hiding it takes off f, as the map says */
    int64_t *order; /* places by rank */
    double *filled; /* x with every place hidden */
    uint8_t *known; /* pixels that are always shown in information curves; NULL: no picture */
    uint8_t *shown; /* places of the point that is made */
    int64_t *shuffled;               /* room for a random order of places */
    int64_t height, width, channels; /* of a picture; height 0: none */
    bool channels_last;
    int filler;
};

/* places.c: how the map lies on x, and the order of places. */
bool sx_scoring_places(struct sx_scoring *s, const struct sx_record_map *map,
                       struct sx_error *error);

/* filler.c: chooses the filler, and fills. */
bool sx_scoring_fill(struct sx_scoring *s, struct sx_error *error);
bool sx_scoring_fill_linear(struct sx_scoring *s, struct sx_error *error);

/* evaluate.c: f at `n` points; `make` writes point i, which begins as a copy of x. */
bool sx_scoring_values(struct sx_scoring *s, struct sx_explainer *f, int64_t n,
                       void (*make)(const struct sx_scoring *s, const void *context, int64_t i,
                                    double *point),
                       const void *context, double *values, struct sx_error *error);
/* Fills the places of a point that are not shown. */
void sx_scoring_mix(const struct sx_scoring *s, double *point);

/* curves.c, information.c, sampled.c: the metrics. */
bool sx_score_fidelity(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                       struct sx_error *error);
bool sx_score_information(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                          struct sx_error *error);
bool sx_score_sampled(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                      struct sx_error *error);

/* The area under straight lines between points whose x ascends. */
double sx_curve_area(const double *x, const double *y, int64_t n);

/* y at `m` even steps of x from 0 to 1: straight lines between points, which are sorted by x first
 * (those of equal x become their mean), and beyond the last ones. */
void sx_curve_even(double *x, double *y, int64_t n, double *even, int64_t m);

/* The entropy of a histogram, natural logarithm. */
double sx_entropy(const int64_t *count, int64_t n);

/* Pearson's correlation; NaN where one of them is constant. */
double sx_correlation(const double *a, const double *b, int64_t n);

#endif
