/* decide.h - whether what was built for one sample serves another one. */
#ifndef SX_DECIDE_H
#define SX_DECIDE_H

#include "lower/lower.h"
#include "run/run.h"

/* Builds that are kept beside the one in use, where values of samples decide. */
enum { SX_KEPT = 3 };

/* Computes the values that decided. Zero-initialise it. */
struct sx_decider {
    struct sx_program *program; /* NULL: not needed yet */
};
void sx_decider_free(struct sx_decider *d);

/* Whether the sample has the shapes of a lowered graph, and decides as the sample that it was lowered
 * for: *same. `feeds` is one per model input. */
bool sx_decider_fits(struct sx_decider *d, const struct sx_lowered *l,
                     const struct sx_tensor *feeds, const struct sx_run_options *options,
                     bool *same, struct sx_error *error);

#endif
