/* ahead.h - the gradient at the sample, computed in the pass that chooses the target: see
 * sx_explain_options.gradient. */
#ifndef SX_AHEAD_H
#define SX_AHEAD_H

#include "explain/explain.h"

/* Makes *scores the scores at the sample, and keeps f and its gradient there. *ran is false if one
 * pass cannot do that. */
bool sx_run_ahead(struct sx_explainer *e, struct sx_tensor *scores, bool *ran,
                  struct sx_error *error);

/* Returns the kept values, if n is 1, the point is the sample, and the target is the one that was
 * chosen. False: it gives none. */
bool sx_known_ahead(const struct sx_explainer *e, int64_t n, const double *points,
                    double *values, double *gradients);

#endif
