/* infer.h - lowers a model for the shapes of a sample. */
#ifndef SX_INFER_H
#define SX_INFER_H

#include "lower/lower.h"

/* Lowers what `output` needs; NULL: the outputs that the model is wanted for. Shapes, and values
 * that decide shapes, are those of `feeds`, one per model input. NULL `feeds`: shapes are as
 * declared in the file. */
struct sx_lowered *sx_lower_for(const struct sx_model *model, const char *output,
                                const struct sx_tensor *feeds, enum sx_type real,
                                enum sx_ste ste, size_t max_memory, struct sx_error *error);

/* The output whose elements are classes: the first real one, else the first; with its graph, node
 * and name. NULL: there is none. */
const struct sx_tensor *sx_inference_scores(const struct sx_inference *f,
                                            const struct sx_graph **g, int *node,
                                            const char **name);

#endif
