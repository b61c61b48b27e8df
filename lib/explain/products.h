/* products.h - derivatives of f along places of a layer, times the layer, place by place. */
#ifndef SX_PRODUCTS_H
#define SX_PRODUCTS_H

#include "explain/deriv.h"
#include "sextant/taylorcam.h"
#include "explain/places.h"

struct sx_products;

/* For the shapes that the explainer is built for. For a tuple of order - 1 places a run gives a
 * number for every place i: the derivative of f along their directions and then along d at i (with
 * `form` SX_TAYLOR_BASIC: along d at i, moved to all places). The direction of a place is 1 in all
 * of its attributes, or d with SX_TAYLOR_INPUT and SX_TAYLOR_INTEGRATED. `places` must outlive it. */
struct sx_products *sx_products_new(struct sx_explainer *e, const struct sx_places *places,
                                    enum sx_taylor_form form, int order, int64_t expected,
                                    struct sx_error *error);
void sx_products_free(struct sx_products *products);

/* At x, and with d, for n tuples of places; out is [n, places]. */
bool sx_products_run(struct sx_products *products, const double *x, const double *d, int64_t n,
                     const int64_t *tuples, double *out, struct sx_error *error);

#endif
