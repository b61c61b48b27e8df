/* absent.h - draws of absent elements, given the present ones. */
#ifndef SX_ABSENT_H
#define SX_ABSENT_H

#include "base/base.h"
#include "sextant/explain.h"

struct sx_conditional;

/* Prepares draws from n rows of `size` elements; the rows are borrowed. Status 1: there are too few
 * rows, or they are not finite. Status 2: there are too many elements. */
struct sx_conditional *sx_conditional_new(const struct sx_absent *how, const double *rows,
                                          int64_t n, int64_t size, struct sx_error *error);
void sx_conditional_free(struct sx_conditional *conditional);

/* sx_conditional_most: the most points of one draw. sx_conditional_draw fills points[], which agree
 * with x where it is present, and returns how many there are. */
int64_t sx_conditional_most(const struct sx_conditional *conditional);
int64_t sx_conditional_draw(struct sx_conditional *conditional, const double *x,
                            const bool *present, double *points);

#endif
