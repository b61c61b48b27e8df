/* deriv.h - derivatives of f of any order at points, along directions: rows and whole tensors.
 *
 * A direction v has x's shape; D_v is the derivative along it. Everything is in doubles outside,
 * and in the explainer's precision inside. The other inputs, and the target, are those of the
 * explainer's current sample. */
#ifndef SX_DERIV_H
#define SX_DERIV_H

#include "explain/explain.h"

#define SX_MAX_ORDER 8

/* Whether f has any second derivative that is not identically zero. */
bool sx_deriv_curved(struct sx_explainer *e, bool *curved, struct sx_error *error);

/* ---- Rows: grad D_v1 .. D_v(order-1) f at one point, for many tuples of directions ---- */

struct sx_rows;

/* For the shapes that the explainer is built for; to be made anew after e->builds has changed.
 * `order` is at least 2; `expected` rows a point are to come, or 0. */
struct sx_rows *sx_rows_new(struct sx_explainer *e, int order, int64_t expected,
                            struct sx_error *error);
void sx_rows_free(struct sx_rows *rows);

/* At `point`, for n tuples: direction m of tuple t is at v[m] + t * size, m < order - 1, and its
 * row goes to out + t * size, where size is the elements of x. */
bool sx_rows_run(struct sx_rows *rows, const double *point, int64_t n, const double *const *v,
                 double *out, struct sx_error *error);

/* ---- Whole tensors: D_va .. D_vz f for all tuples of q directions, [q]^order ---- */

struct sx_whole;

/* `directions` are [q, size], kept; NULL stands for the q = size unit vectors. If `moving`, every
 * run gives them anew. `expected` points are to come, or 0. */
struct sx_whole *sx_whole_new(struct sx_explainer *e, int order, int64_t q,
                              const double *directions, bool moving, int64_t expected,
                              struct sx_error *error);
void sx_whole_free(struct sx_whole *whole);

/* At n points; out is [n] + [q]^order. `directions` are used if they are moving. */
bool sx_whole_run(struct sx_whole *whole, int64_t n, const double *points,
                  const double *directions, double *out, struct sx_error *error);

/* Sets the places of [q]^order that the indices, which ascend, have in any order. */
void sx_set_symmetric(double *tensor, int64_t q, int order, int64_t *index, double value);

#endif
