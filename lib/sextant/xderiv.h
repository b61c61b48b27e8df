/* sextant/xderiv.h - interactions of features: cross derivatives and their relatives. */
#ifndef SEXTANT_XDERIV_H
#define SEXTANT_XDERIV_H

#include "sextant/explain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Interactions of the features of x: xderiv(1) says what, how and whence. */
struct sx_study;
struct sx_study *sx_study_new(struct sx_error *error);
void sx_study_free(struct sx_study *study);
const char *sx_study_method(int i, const char **what); /* names, then NULL; one line on each */

/* Does what xderiv's option of that name does ("yes" where it takes no argument), or its "layout"
 * or "seed"; the background is n points of x's shape, not copied. Status 2, or 1 for a file. */
bool sx_study_set(struct sx_study *study, const char *option, const char *value,
                  struct sx_error *error);
void sx_study_background(struct sx_study *study, const double *points, int64_t n);

/* Adds the explainer's sample as a row, measured from `baseline` of x's shape. Rows share all other
 * inputs. Status 3 where the method needs second derivatives, and f has none. */
bool sx_study_add(struct sx_study *study, struct sx_explainer *explainer,
                  const double *baseline, struct sx_error *error);

struct sx_effect { /* a set: what ranks it, and its signed effects over the rows */
    const int32_t *set;
    int order;
    double strength, mean, std, min, max;
};

/* Sets, strongest first. NaN: no truth is known, or all sets of the size, or none, are true. */
struct sx_effects {
    const struct sx_effect *item; /* until the next run */
    int64_t n, features, rows, steps, evaluated, skipped;
    int64_t representative[8], n_representatives; /* rows; 0: all of them */
    bool beam, zero_curvature;
    double auc[9], r_precision, check; /* check: see xderiv(1); the explainer's sample counts */
};

/* Evaluates all rows and forgets them; or makes *tensor the signed [features]^order of the last row
 * (for methods that do not repeat features: of their mean, 0 elsewhere). */
bool sx_study_run(struct sx_study *study, struct sx_effects *result, struct sx_error *error);
bool sx_study_tensor(struct sx_study *study, struct sx_tensor *tensor, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
