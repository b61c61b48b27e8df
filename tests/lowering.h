/* lowering.h - tables of tiny models of one node each, with inputs and expected outputs. */
#ifndef TESTS_LOWERING_H
#define TESTS_LOWERING_H

#include "model.h"
#include "lower/lower.h"

#define LC_MOST 18

struct lc {
    int64_t opset; /* of ai.onnx; other domains have version 1 */
    const char *op, *attributes;
    const char *in[LC_MOST];
    const char *out[LC_MOST]; /* tensors, "-" (not asked for) or, for out[0], "refused: TEXT" */
};

/* If the variable LOWERING_CASES names a directory, writes a model and its inputs to it, as a
 * case like those of ONNX. */
void lc_keep(struct tm_model *m, const struct sx_tensor *feeds, int n);

/* Runs all cases in float and in double. Fails the test if one differs. */
void lc_run(const struct lc *cases, size_t n);
#define LC_RUN(cases) lc_run(cases, sizeof(cases) / sizeof *(cases))

/* Parses a tensor as described above. *constant and *onnx_type (0: the default) may be NULL. */
struct sx_tensor lc_tensor(const char *text, bool *constant, int *onnx_type);

/* Adds an initializer from such a text. */
void lc_constant(struct tm_model *m, const char *name, const char *text);

/* Opens the model from a temporary file, which is removed. */
struct sx_model *lc_open(struct tm_model *m);

/* Lowers with default options and frees the model. *model is then closed with sx_model_close. */
struct sx_lowered *lc_lower(struct tm_model *m, struct sx_model **model,
                            struct sx_error *error);

/* Fails the test unless the model is refused (status 3 or 6) with a message that contains
 * `text`. Frees the model. */
void lc_refused(struct tm_model *m, const char *text);

/* Compares the outputs of a model for inputs in its order, as text tensors. Frees the model. */
void lc_gives(struct tm_model *m, const char *const *in, const char *const *out);

#endif
