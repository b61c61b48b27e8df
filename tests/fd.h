/* fd.h - a graph at a point, and its central differences. */
#ifndef FD_H
#define FD_H

#include "graph/derive.h"

enum { FD_INPUTS = 16 };

/* A graph with the values of its inputs. The first n_x are variables, later ones are fixed. */
struct fd {
    struct sx_graph *g;
    int n, n_x;
    int in[FD_INPUTS];
    struct sx_tensor at[FD_INPUTS];
    uint64_t draws;
};

void fd_begin(struct fd *t, enum sx_type real, bool faithful);
void fd_end(struct fd *t);

/* "2,3" as a shape; "" is rank 0. */
struct sx_shape fd_shape(const char *text);

/* Makes a real variable with uniform values in [low, high), all of them floats. */
int fd_input(struct fd *t, const char *shape, double low, double high);
/* The same for an input that the graph has already, in the order of calls. */
void fd_attach(struct fd *t, int node, double low, double high);
/* Makes a fixed input with standard normal values, a seed. */
int fd_fixed(struct fd *t, const struct sx_shape *shape);
/* Makes a constant of uniform values, which are equal in float and in double. */
int fd_const(struct fd *t, const char *shape, double low, double high);
/* Makes a constant of the given values. */
int fd_list(struct fd *t, const char *shape, const double *values);
/* The same with type SX_INT. */
int fd_index(struct fd *t, const char *shape, const int64_t *values);

/* Fills a new tensor with standard normal values. */
struct sx_tensor fd_normal(enum sx_type type, const struct sx_shape *shape, uint64_t seed);

/* Computes nodes at the current inputs. Aborts the test on an error. */
void fd_run(struct fd *t, const int *nodes, int n, struct sx_tensor *values);
/* The same with the feeds given. */
void fd_run_at(struct fd *t, const int *inputs, const struct sx_tensor *feeds, int n_inputs,
               const int *nodes, int n, struct sx_tensor *values);

/* sum of a[i] b[i]. */
double fd_dot(const struct sx_tensor *a, const struct sx_tensor *b);

/* d/ds of sum_i <weight_i, node_i> along x + s v at s = 0, by a stencil of five points whose
 * error is of fourth order; v[] holds one direction per variable. */
double fd_slope(struct fd *t, const int *nodes, const struct sx_tensor *weights, int n,
                const struct sx_tensor *v);

/* ---- Orders ---- */

/* One order: what is differentiated, a weight per node, and the fixed inputs that hold them. */
struct fd_level {
    int n;
    int node[FD_INPUTS], seed[FD_INPUTS];
    struct sx_tensor weight[FD_INPUTS];
};

/* Draws the weights. */
void fd_weigh(struct fd *t, struct fd_level *l);
/* result[k] = d/dx_k of sum_i <seed_i, node_i>. */
void fd_gradient(struct fd *t, const struct fd_level *l, int *result);
/* Fails the test unless these derivatives agree with differences along directions. */
void fd_compare_slopes(struct fd *t, const struct fd_level *l, const int *dx, const char *text,
                       int order, double tolerance);
/* Makes the derivatives the nodes of the next order. */
void fd_next_level(struct fd *t, struct fd_level *l, const int *nodes);

/* The largest difference, relative to the largest value where that is over 1. */
double fd_distance(const struct sx_tensor *a, const struct sx_tensor *b);

#endif
