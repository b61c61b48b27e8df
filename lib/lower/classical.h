/* classical.h - shared by the models of ai.onnx.ml. */
#ifndef SX_LOWER_CLASSICAL_H
#define SX_LOWER_CLASSICAL_H

#include "lower/row.h"

enum sx_post {
    SX_POST_NONE,
    SX_POST_SOFTMAX,
    SX_POST_LOGISTIC,
    SX_POST_SOFTMAX_ZERO,
    SX_POST_PROBIT
};

/* Input 0 as rows of real numbers; a vector is one row. */
int sx_ml_rows(struct sx_lowering *l);
/* Applies post_transform, an enum sx_post, to scores [N, C]. As in ONNX Runtime, a single column
 * changes only with PROBIT. */
int sx_ml_post(struct sx_lowering *l);
int sx_ml_transformed(struct sx_lowering *l, int scores);
int sx_ml_transformed_by(struct sx_lowering *l, int scores, int post);

/* sx_ml_label_count: the number of labels. sx_ml_give_labels: sets output 0 to the label of each of
 * the classes chosen[N]. */
int sx_ml_label_count(struct sx_lowering *l);
bool sx_ml_give_labels(struct sx_lowering *l, int chosen);
/* Sets the labels, and output 1 to the scores, from scores [N, C]. */
bool sx_ml_give_classes(struct sx_lowering *l, int scores);
/* The same for one score s [N, 1] of two classes. Their scores are -s and s, or 1 - s and s, or the
 * logistic function of -s and s. chosen[N] are 0 or 1. */
enum sx_ml_other { SX_ML_OPPOSITE, SX_ML_REST, SX_ML_LOGISTIC };
bool sx_ml_give_two_classes(struct sx_lowering *l, int s, enum sx_ml_other other, int chosen);

/* The numbers of a list attribute, or of its twin that is a tensor (float64 if precise). */
struct sx_reals sx_ml_numbers(struct sx_lowering *l, const char *name);
/* The numbers of a tensor attribute of any type. */
struct sx_reals sx_ml_tensor(struct sx_lowering *l, const char *name);

#endif
