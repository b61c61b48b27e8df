/* infer.h - lowering for the shapes of a sample. */
#ifndef SX_INFER_H
#define SX_INFER_H

#include "lower/lower.h"

/* Lowers what `output` (NULL: what the model is wanted for) needs for the shapes of `feeds`, one per
 * model input, and for their values where these decide shapes; NULL: as the file declares them. */
struct sx_lowered *sx_lower_for(const struct sx_model *model, const char *output,
                                const struct sx_tensor *feeds, enum sx_type real,
                                enum sx_ste ste, size_t max_memory, struct sx_error *error);

/* The output whose elements are of classes: the first of real numbers, else the first; its node and
 * name. NULL: there is none. */
const struct sx_tensor *sx_inference_scores(const struct sx_inference *f,
                                            const struct sx_graph **g, int *node,
                                            const char **name);

#endif
