/* ahead.h - the gradient at the sample, computed in the pass that chooses the target: see
 * SX_PASS_GRADIENT. */
#ifndef SX_AHEAD_H
#define SX_AHEAD_H

#include "explain/explain.h"

/* Makes *scores the scores at the sample, and *x the value of x if that is an inner tensor. Keeps f
 * and its gradient there. *ran is false if one pass cannot do that. */
bool sx_run_ahead(struct sx_explainer *e, struct sx_tensor *scores, struct sx_tensor *x,
                  bool *ran, struct sx_error *error);

/* Returns the kept values, if n is 1, the target is the one that was chosen, and the point is the
 * sample, with a gradient, or 0, without one. False: it gives none. */
bool sx_known_ahead(const struct sx_explainer *e, int64_t n, const double *points,
                    double *values, double *gradients);

#endif
