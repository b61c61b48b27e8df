/* absent.h - draws of the elements that are absent, given those that are present. */
#ifndef SX_ABSENT_H
#define SX_ABSENT_H

#include "base/base.h"
#include "sextant/explain.h"

struct sx_conditional;

/* Of n rows of `size` elements, which are not copied. Status 1 where they are too few or not finite,
 * 2 where there are more elements than the method is for. */
struct sx_conditional *sx_conditional_new(const struct sx_absent *how, const double *rows,
                                          int64_t n, int64_t size, struct sx_error *error);
void sx_conditional_free(struct sx_conditional *conditional);

/* The most points of one draw; fills points[] with x where it is present, and returns how many there
 * are. */
int64_t sx_conditional_most(const struct sx_conditional *conditional);
int64_t sx_conditional_draw(struct sx_conditional *conditional, const double *x,
                            const bool *present, double *points);

#endif
