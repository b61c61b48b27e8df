/* products.h - derivatives of f along places of a layer, multiplied by the layer and summed per
 * place. */
#ifndef SX_PRODUCTS_H
#define SX_PRODUCTS_H

#include "explain/deriv.h"
#include "sextant/taylorcam.h"
#include "explain/places.h"

struct sx_products;

/* Prepares for the shapes that the explainer is built for. For a tuple of order - 1 places a run
 * gives one number per place i: the derivative of f along the directions of the tuple, and then
 * along d at place i. With SX_TAYLOR_BASIC, d at i is moved to all places. The direction of a place
 * is 1 in all of its attributes; with SX_TAYLOR_INPUT and SX_TAYLOR_INTEGRATED it is d. `places`
 * must outlive it. */
struct sx_products *sx_products_new(struct sx_explainer *e, const struct sx_places *places,
                                    enum sx_taylor_form form, int order, int64_t expected,
                                    struct sx_error *error);
void sx_products_free(struct sx_products *products);

/* Runs n tuples of places at x with d; out is [n, places]. */
bool sx_products_run(struct sx_products *products, const double *x, const double *d, int64_t n,
                     const int64_t *tuples, double *out, struct sx_error *error);

#endif
