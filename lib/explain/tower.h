/* tower.h - mixed directional derivatives as a graph. */
#ifndef SX_TOWER_H
#define SX_TOWER_H

#include "explain/deriv.h"

/* f copied into a graph of its own, with inputs for directions. Level m is D_v0 .. D_v(m-1) f as
 * <seed, root>; sx_tower_new gives level 1. */
struct sx_tower {
    struct sx_graph *g;
    int x, *shared, n_shared; /* inputs, see sx_shared_nodes */
    int v[SX_MAX_ORDER];
    int level, root, seed;
    /* The derivative depends on x by way of nodes of f alone, its entries: */
    size_t f_nodes;                          /* nodes before this one are f */
    bool *moves;                             /* per node of f: is real and depends on x */
    int *entry, *slope, *tangent, n_entries; /* d<seed, root>/dentry; D entry along v[level] */
};

bool sx_tower_new(struct sx_tower *t, const struct sx_explainer *e, struct sx_error *error);
void sx_tower_free(struct sx_tower *t);

/* Goes up by one level. */
bool sx_tower_climb(struct sx_tower *t);

/* The gradient of the level, with x's shape. */
int sx_tower_row(struct sx_tower *t);

/* The next level as one product per entry, which a batch of directions turns into matrix products:
 * [1, 1]; *elements becomes the elements of all entries. */
int sx_tower_number(struct sx_tower *t, int64_t *elements);

#endif
