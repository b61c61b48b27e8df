/* score.h - a map and a sample, as the metrics use them. */
#ifndef SX_SCORE_ROOM_H
#define SX_SCORE_ROOM_H

#include "explain/explain.h"
#include "sextant/score.h"

/* A place is what is shown or hidden together: a pixel, token, player, or element of x. */
struct sx_scoring {
    const struct sx_score_options *o;
    struct sx_explainer *by, *own;
    struct sx_inference *inference;
    int64_t size, places;
    const double *x;
    int64_t *place; /* the place of each element of x; -1: it is always shown */
    double *rank;   /* per place: the larger, the earlier it is changed */
    double *share;  /* per place: the loss of f when it is hidden, as the map predicts */
    int64_t *order; /* places by rank */
    double *filled; /* x with every place hidden */
    /* pixels that are always shown in information curves; NULL: x is no picture */
    uint8_t *known;
    uint8_t *shown;                  /* per place: it is shown in the current point */
    int64_t *shuffled;               /* buffer for a random order of places */
    int64_t height, width, channels; /* size of x as a picture; height 0: it is none */
    bool channels_last;
    int filler;
};

/* places.c: relates the map to x, and orders the places. */
bool sx_scoring_places(struct sx_scoring *s, const struct sx_record_map *map,
                       struct sx_error *error);

/* filler.c: chooses the filler, and computes `filled`. */
bool sx_scoring_fill(struct sx_scoring *s, struct sx_error *error);
bool sx_scoring_fill_linear(struct sx_scoring *s, struct sx_error *error);

/* evaluate.c: f at n points; `make` changes point i, which starts as a copy of x. */
bool sx_scoring_values(struct sx_scoring *s, struct sx_explainer *f, int64_t n,
                       void (*make)(const struct sx_scoring *s, const void *context, int64_t i,
                                    double *point),
                       const void *context, double *values, struct sx_error *error);
/* Fills those places of a point that are not shown. */
void sx_scoring_mix(const struct sx_scoring *s, double *point);

/* curves.c, information.c, sampled.c: the metrics. */
bool sx_score_fidelity(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                       struct sx_error *error);
bool sx_score_information(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                          struct sx_error *error);
bool sx_score_sampled(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                      struct sx_error *error);

/* The area under the polygon through points with ascending x. */
double sx_curve_area(const double *x, const double *y, int64_t n);

/* y at m evenly spaced x from 0 to 1: linear between points, constant beyond them. Points are first
 * sorted by x; those of equal x are averaged. */
void sx_curve_even(double *x, double *y, int64_t n, double *even, int64_t m);

/* The entropy of a histogram, with the natural logarithm. */
double sx_entropy(const int64_t *count, int64_t n);

/* Pearson's correlation; NaN if one of the two is constant. */
double sx_correlation(const double *a, const double *b, int64_t n);

#endif
