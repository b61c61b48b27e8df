/* redecide.h - points of x whose values decide for themselves, see sx_explain_options.redecide. */
#ifndef SX_REDECIDE_H
#define SX_REDECIDE_H

#include "explain/explain.h"

/* Whether points other than the sample may need another graph than the sample's. */
bool sx_redecides(const struct sx_explainer *e);

/* Evaluates `n` points in the graph of e->built. */
typedef bool sx_run_points(struct sx_explainer *e, int64_t n, const double *points,
                           double *values, double *gradients, struct sx_error *error);

/* As `run` does for all points, but each point is evaluated in the graph that its own values decide.
 * Points that follow each other and decide alike are one run. e->built is the sample's again when it
 * returns. Status 2 where x is no input of the model, and some point is not the sample. */
bool sx_redecided(struct sx_explainer *e, sx_run_points *run, int64_t n, const double *points,
                  double *values, double *gradients, struct sx_error *error);

/* Fails with status 2 where a point would have to decide for itself: for what is computed in the graph of
 * the sample only. */
bool sx_points_stay(const struct sx_explainer *e, int64_t n, const double *points,
                    struct sx_error *error);

#endif
