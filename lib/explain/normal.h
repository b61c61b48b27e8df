/* normal.h - the standard normal distribution, and ranks among sorted numbers. */
#ifndef SX_NORMAL_H
#define SX_NORMAL_H

#include "base/base.h"

/* The distribution function, and its inverse. */
double sx_normal_below(double z);
double sx_normal_quantile(double p);

/* A table of the distribution function; free it with free(). NULL: out of memory. */
double *sx_normal_table(struct sx_error *error);
/* The distribution function by that table, within 1e-11. 0 for NaN. */
double sx_normal_tabled(const double *table, double z);

/* The rank of v among n sorted numbers: 1 .. n, the mean of the ranks of ties; 1/2 or n + 1/2 for what
 * lies outside. */
double sx_rank_of(const double *sorted, int64_t n, double v);

#endif
