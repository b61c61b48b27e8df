/* quadrature.h - means over an interval, and over products of two uniform numbers. */
#ifndef SX_QUADRATURE_H
#define SX_QUADRATURE_H

#include <stdint.h>

/* Node k of n of the Gauss-Legendre rule on [-1, 1], from the largest down, and the weight of a
 * mean there: weights sum to 1. */
double sx_gauss_node(int64_t k, int64_t n, double *weight);

/* Node k of n, a product t of two numbers of [0, 1], and the weight of what is averaged there. */
double sx_product_node(int64_t k, int64_t n, double *weight);

#endif
