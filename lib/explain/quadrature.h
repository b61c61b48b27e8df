/* quadrature.h - the mean over products of two uniform numbers. */
#ifndef SX_QUADRATURE_H
#define SX_QUADRATURE_H

#include <stdint.h>

/* Node k of n, a product t of two numbers of [0, 1], and the weight of what is averaged there. */
double sx_product_node(int64_t k, int64_t n, double *weight);

#endif
