/* infer.h - lowering for the shapes of a sample. */
#ifndef SX_INFER_H
#define SX_INFER_H

#include "lower/lower.h"

/* Lowers what `output` (NULL: what the model is wanted for) needs for the shapes of `feeds`, one per
 * model input; NULL: as the file declares them. */
struct sx_lowered *sx_lower_for(const struct sx_model *model, const char *output,
                                const struct sx_tensor *feeds, enum sx_type real,
                                size_t max_memory, struct sx_error *error);

#endif
