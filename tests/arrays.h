/* arrays.h - small arrays for tests of graphs: made, compared, and evaluated by a graph.
 *
 * These functions return no failures; they fail the test. The caller frees what they return. */
#ifndef TESTS_ARRAYS_H
#define TESTS_ARRAYS_H

#include "graph/derive.h"

/* SHAPE(2, 3) is the shape [2, 3]; ta_scalar() is []. */
#define SHAPE(...)                                                                             \
    ta_shape((int)(sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})
struct sx_shape ta_shape(int rank, const int64_t *dim);
struct sx_shape ta_scalar(void);

/* ta_of makes an array of doubles. ta_random makes one of random elements: reals in [-2, 2),
 * integers in 0..top-1. */
struct sx_tensor ta_of(enum sx_type type, struct sx_shape shape, const double *values);
struct sx_tensor ta_random(enum sx_type type, struct sx_shape shape, int64_t top,
                           uint64_t seed);
struct sx_tensor ta_copy(const struct sx_tensor *t);
void ta_free(struct sx_tensor *t, int n);

/* Returns the value of `node`. */
struct sx_tensor ta_evaluate(struct sx_graph *g, int node, const int *inputs,
                             const struct sx_tensor *feeds, int n);

/* Fails the test unless type and shape are equal and every element is within `tolerance` times
 * (1 + its size); NaN equals NaN. */
void ta_expect(const struct sx_tensor *got, const struct sx_tensor *want, double tolerance,
               const char *what);

/* The sum of the products of elements. */
double ta_dot(const struct sx_tensor *a, const struct sx_tensor *b);

/* ta_unravel sets the position of an element along each axis. ta_ravel, its inverse, returns
 * the index. */
void ta_unravel(const struct sx_shape *shape, int64_t index, int64_t at[SX_MAX_RANK]);
int64_t ta_ravel(const struct sx_shape *shape, const int64_t *at);

#endif
