/* redecide.h - points of x whose own values decide, see sx_explain_options.redecide. */
#ifndef SX_REDECIDE_H
#define SX_REDECIDE_H

#include "explain/explain.h"

/* Whether points that are not the sample may need another graph. */
bool sx_redecides(const struct sx_explainer *e);

/* Evaluates `n` points in the graph of e->built. */
typedef bool sx_run_points(struct sx_explainer *e, int64_t n, const double *points,
                           double *values, double *gradients, struct sx_error *error);

/* As `run` for all points, but each point is evaluated in the graph that its own values decide.
 * Consecutive points with the same decisions are one run. Afterwards e->built is the sample's
 * again. Status 2: x is no input of the model, and some point is not the sample. */
bool sx_redecided(struct sx_explainer *e, sx_run_points *run, int64_t n, const double *points,
                  double *values, double *gradients, struct sx_error *error);

/* Fails with status 2 if a point would need decisions of its own. For computations that have only
 * the graph of the sample. */
bool sx_points_stay(const struct sx_explainer *e, int64_t n, const double *points,
                    struct sx_error *error);

#endif
