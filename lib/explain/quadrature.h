/* quadrature.h - quadrature rules for the mean over an interval, and over products of two uniform
 * numbers. */
#ifndef SX_QUADRATURE_H
#define SX_QUADRATURE_H

#include <stdint.h>

/* Node k of n of the Gauss-Legendre rule on [-1, 1], in descending order, and its weight in a mean:
 * weights sum to 1. */
double sx_gauss_node(int64_t k, int64_t n, double *weight);

/* Node k of n of a rule on [0, 1] whose nodes are dense at both ends, but never lie there. It
 * serves integrands that are singular at an end, like 1/sqrt(t). From 16 nodes on the weights sum
 * to 1 within 1e-6. */
double sx_open_node(int64_t k, int64_t n, double *weight);
/* The same with the node at position u, in [0, 1), of its part of the interval. */
double sx_open_drawn(int64_t k, int64_t n, double u, double *weight);

/* Node k of n of the product t of two numbers uniform on [0, 1], and its weight in a mean. */
double sx_product_node(int64_t k, int64_t n, double *weight);

#endif
