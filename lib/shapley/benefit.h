/* benefit.h - what the computation of the benefit of one set shares between its files. */
#ifndef SX_BENEFIT_H
#define SX_BENEFIT_H

#include "shapley/partition.h"

struct sx_benefiting {
    struct sx_search s;
    const struct sx_shapley_options *o;
    struct sx_benefit *r;
    struct sx_parted max, min, other;
    double *u; /* scratch: [columns] */
    double *f; /* scratch: [contexts] */
    struct sx_error *error;
};

/* folds.c */
/* The standard error of (sum of u over plus's blocks) - (sum of u over minus's blocks). */
double sx_benefit_error(struct sx_benefiting *b, const struct sx_parted *plus,
                        const struct sx_parted *minus);
/* Sets T_corrected by cross-validation. Each fold of contexts is evaluated with the partitions
 * that are best on the other folds. So noise that made a partition the best one is not
 * counted. */
bool sx_benefit_correct(struct sx_benefiting *b);

/* links.c: which neighbours, or which pairs, are in one block of the best partitions. */
bool sx_benefit_links(struct sx_benefiting *b);

#endif
