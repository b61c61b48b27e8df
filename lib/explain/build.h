/* build.h - builds what an explainer runs, for one set of input shapes. */
#ifndef SX_METHOD_BUILD_H
#define SX_METHOD_BUILD_H

#include "explain/explain.h"

/* Replaces e->built by what the shapes of `feeds` need, and sets the names of input and output.
 * After a failure e->built is incomplete and may only be freed. */
bool sx_explained_build(struct sx_explainer *e, const struct sx_tensor *feeds,
                        struct sx_error *error);
/* Compiles the forward pass. */
bool sx_explained_forward(struct sx_explainer *e, struct sx_error *error);
void sx_explained_free(struct sx_explained *built);

#endif
