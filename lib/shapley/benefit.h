/* benefit.h - the benefit of one set under way: its search, and the errors of what it finds. */
#ifndef SX_BENEFIT_H
#define SX_BENEFIT_H

#include "shapley/partition.h"

struct sx_benefiting {
    struct sx_search s;
    const struct sx_shapley_options *o;
    struct sx_benefit *r;
    struct sx_parted max, min, other;
    double *u, *f; /* room: per column; per context */
    struct sx_error *error;
};

/* folds.c */
/* The standard error of (sum over plus[] minus sum over minus[] of what columns are worth). */
double sx_benefit_error(struct sx_benefiting *b, const struct sx_parted *plus,
                        const struct sx_parted *minus);
/* Each context is valued with the partitions that were best without its fold: what noise makes
 * the largest in one part of the contexts is not the largest in the other. */
bool sx_benefit_correct(struct sx_benefiting *b);

/* links.c: which neighbours, or which pairs, are in one block of the best partitions. */
bool sx_benefit_links(struct sx_benefiting *b);

#endif
