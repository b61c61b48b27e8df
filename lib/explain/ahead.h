/* ahead.h - the gradient at the sample, in the pass that chooses the target: see
 * sx_explain_options.gradient. */
#ifndef SX_AHEAD_H
#define SX_AHEAD_H

#include "explain/explain.h"

/* Makes and fills in the scores at the sample, and keeps f and its gradient there. *ran is false where that
 * cannot be had in one pass. */
bool sx_run_ahead(struct sx_explainer *e, struct sx_tensor *scores, bool *ran,
                  struct sx_error *error);

/* Gives what is kept, where the one point is the sample and the target the one that was chosen. */
bool sx_known_ahead(const struct sx_explainer *e, int64_t n, const double *points,
                    double *values, double *gradients);

#endif
