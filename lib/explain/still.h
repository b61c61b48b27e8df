/* still.h - f at a point that stays the same from sample to sample, such as a baseline. */
#ifndef SX_STILL_H
#define SX_STILL_H

#include "explain/explain.h"

/* The scores at one point. The target may change from sample to sample, so all are kept. */
struct sx_still {
    unsigned builds; /* of the explainer, when the scores were computed; 0: never */
    double *point;   /* of x's shape */
    struct sx_tensor scores;
};

/* Computes f at the point. It is evaluated only if the point, or what else f depends on, is not that
 * of the last call. */
bool sx_still_value(struct sx_still *still, struct sx_explainer *e, const double *point,
                    double *value, struct sx_error *error);
void sx_still_free(struct sx_still *still);

#endif
