/* guided.h - guided backpropagation at the sample. */
#ifndef SX_GUIDED_H
#define SX_GUIDED_H

#include "explain/explain.h"

/* Computes guided backpropagation, [size of x]: the gradient of f by x, but every ReLU passes on
 * only positive values. */
bool sx_guided_gradient(struct sx_explainer *e, double *gradient, struct sx_error *error);

#endif
