/* lowering.h - tables of tiny models of one node each, with inputs and expected outputs. */
#ifndef TESTS_LOWERING_H
#define TESTS_LOWERING_H

#include "model.h"
#include "lower/lower.h"

#define LC_MOST 18

struct lc {
    int64_t opset; /* of ai.onnx, and of every other domain 1 */
    const char *op, *attributes;
    const char *in[LC_MOST];
    const char *out[LC_MOST]; /* tensors, "-" (not asked for) or, for out[0], "refused: TEXT" */
};

/* Writes a model and its inputs beneath the directory that LOWERING_CASES names in the environment, if it
 * does, as a directory like those of ONNX's own cases. */
void lc_keep(struct tm_model *m, const struct sx_tensor *feeds, int n);

/* Runs all cases in float and in double and fails the running test where one differs. */
void lc_run(const struct lc *cases, size_t n);
#define LC_RUN(cases) lc_run(cases, sizeof(cases) / sizeof *(cases))

/* Parses a tensor as above; *constant and *onnx_type (0: of the type) may be NULL. */
struct sx_tensor lc_tensor(const char *text, bool *constant, int *onnx_type);

/* Adds an initializer from such a text. */
void lc_constant(struct tm_model *m, const char *name, const char *text);

/* Writes the model to a temporary file and opens it; the file is gone again. */
struct sx_model *lc_open(struct tm_model *m);

/* Lowers with default options; the model is freed, the opened one stored for sx_model_close. */
struct sx_lowered *lc_lower(struct tm_model *m, struct sx_model **model,
                            struct sx_error *error);

/* Fails the test unless a model is refused (status 3 or 6) with a message that has `text` in it.
 * The model is freed. */
void lc_refused(struct tm_model *m, const char *text);

/* The outputs of a model (freed here) for inputs in the order of the model, as text tensors. */
void lc_gives(struct tm_model *m, const char *const *in, const char *const *out);

#endif
