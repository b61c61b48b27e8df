/* decide.h - whether what was built for one sample fits another one. */
#ifndef SX_DECIDE_H
#define SX_DECIDE_H

#include "lower/lower.h"
#include "run/run.h"

/* Number of builds that are kept besides the one in use, if values of samples decide. */
enum { SX_KEPT = 3 };

/* Computes the values that decide. Zero-initialise it. */
struct sx_decider {
    struct sx_program *program; /* NULL: not needed yet */
};
void sx_decider_free(struct sx_decider *d);

/* Sets *same: the sample has the shapes of the lowered graph, and decides as the sample that it was
 * lowered for. `feeds` has one tensor per model input. */
bool sx_decider_fits(struct sx_decider *d, const struct sx_lowered *l,
                     const struct sx_tensor *feeds, const struct sx_run_options *options,
                     bool *same, struct sx_error *error);

#endif
