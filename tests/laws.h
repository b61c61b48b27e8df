/* laws.h - properties of rows that are linear in each operand, and of batch rules. */
#ifndef TESTS_LAWS_H
#define TESTS_LAWS_H

#include "arrays.h"

/* y is linear in input x[k]: for random x and dy, <dx[k], x'> = <dy, y at x'> for another x'.
 * All values are double. */
void tl_adjoint(struct sx_graph *g, int y, const int *x, int n, int k);

/* A batch of 3, of the inputs whose bits are set in `which`, gives the results of 3 single
 * runs. */
void tl_batch(struct sx_graph *g, int y, const int *x, int n, int which);

/* 1 to 4 threads give the same bytes. */
void tl_threads(struct sx_graph *g, int y, const int *x, int n);

#endif
