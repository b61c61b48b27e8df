/* deriv.h - derivatives of f of any order along directions: rows and whole tensors.
 *
 * A direction v has x's shape; D_v is the derivative along it. Arguments and results are doubles;
 * the computation has the explainer's precision. The other inputs and the target are those of the
 * explainer's current sample. */
#ifndef SX_DERIV_H
#define SX_DERIV_H

#include "explain/explain.h"

#define SX_MAX_ORDER 8

/* Whether f has a second derivative that is not identically zero. */
bool sx_deriv_curved(struct sx_explainer *e, bool *curved, struct sx_error *error);

/* ---- Rows: grad D_v1 .. D_v(order-1) f at one point, for many tuples of directions ---- */

struct sx_rows;

/* Prepares rows for the shapes that the explainer is built for. After a change of e->builds it has
 * to be made anew. `order` is at least 2. `expected` is the number of rows per point, or 0. */
struct sx_rows *sx_rows_new(struct sx_explainer *e, int order, int64_t expected,
                            struct sx_error *error);
void sx_rows_free(struct sx_rows *rows);

/* Computes at `point` the rows of n tuples. Direction m < order - 1 of tuple t is v[m] + t * size.
 * The row goes to out + t * size. size is the number of elements of x. */
bool sx_rows_run(struct sx_rows *rows, const double *point, int64_t n, const double *const *v,
                 double *out, struct sx_error *error);

/* ---- Whole tensors: D_va .. D_vz f for all tuples of q directions, [q]^order ---- */

struct sx_whole;

/* Prepares tensors. `directions` [q, size] are copied; NULL stands for the q = size unit vectors.
 * If `moving`, each run gives other directions. `expected` is the number of points, or 0. */
struct sx_whole *sx_whole_new(struct sx_explainer *e, int order, int64_t q,
                              const double *directions, bool moving, int64_t expected,
                              struct sx_error *error);
void sx_whole_free(struct sx_whole *whole);

/* Computes the tensors at n points; out is [n] + [q]^order. `directions` are used if they are
 * moving. */
bool sx_whole_run(struct sx_whole *whole, int64_t n, const double *points,
                  const double *directions, double *out, struct sx_error *error);

/* Sets the elements of [q]^order at all permutations of the indices, which are in ascending order. */
void sx_set_symmetric(double *tensor, int64_t q, int order, int64_t *index, double value);

#endif
