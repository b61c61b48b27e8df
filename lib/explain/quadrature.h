/* quadrature.h - means over an interval, and over products of two uniform numbers. */
#ifndef SX_QUADRATURE_H
#define SX_QUADRATURE_H

#include <stdint.h>

/* Node k of n of the Gauss-Legendre rule on [-1, 1], from the largest down, and the weight of a
 * mean there: weights sum to 1. */
double sx_gauss_node(int64_t k, int64_t n, double *weight);

/* Node k of n of a rule on [0, 1] whose nodes crowd at both ends and never lie there: for what
 * is singular at an end, as 1/sqrt(t) is. The weights sum to 1, to within 1e-6 from 16 nodes on. */
double sx_open_node(int64_t k, int64_t n, double *weight);
/* The same with the node anywhere in its part of the interval: u in [0, 1) says where. */
double sx_open_drawn(int64_t k, int64_t n, double u, double *weight);

/* Node k of n, a product t of two numbers of [0, 1], and the weight of what is averaged there. */
double sx_product_node(int64_t k, int64_t n, double *weight);

#endif
