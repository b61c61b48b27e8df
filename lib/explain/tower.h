/* tower.h - mixed directional derivatives as a graph. */
#ifndef SX_TOWER_H
#define SX_TOWER_H

#include "explain/deriv.h"

/* f, copied into a graph of its own with inputs for directions. Level m is the scalar D_v0 ..
 * D_v(m-1) f = <seed, root>. sx_tower_new makes level 1. */
struct sx_tower {
    struct sx_graph *g;
    int x, *shared, n_shared; /* inputs, see sx_shared_nodes */
    int v[SX_MAX_ORDER];
    int level, root, seed;
    /* The derivative depends on x only through nodes of f, the entries: */
    size_t f_nodes; /* nodes below this index are those of f */
    bool *moves;    /* per node of f: it is real and depends on x */
    /* [n_entries] each: the entry, d<seed, root>/dentry, and D entry along v[level] */
    int *entry, *slope, *tangent, n_entries;
};

bool sx_tower_new(struct sx_tower *t, const struct sx_explainer *e, struct sx_error *error);
void sx_tower_free(struct sx_tower *t);

/* Goes to the next level. */
bool sx_tower_climb(struct sx_tower *t);

/* The gradient of the level, with x's shape. */
int sx_tower_row(struct sx_tower *t);

/* The next level as one product per entry, [1, 1]. A batch of directions turns these into matrix
 * products. *elements becomes the number of elements of all entries. */
int sx_tower_number(struct sx_tower *t, int64_t *elements);

#endif
