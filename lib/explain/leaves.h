/* leaves.h - games of decision trees, as sums of games of their leaves. */
#ifndef SX_LEAVES_H
#define SX_LEAVES_H

#include "explain/explain.h"
#include "explain/game.h"

/* What a game of trees is made of: see leaves.c. */
struct sx_leaves;

/* NULL where f is not a sum of trees, each of whose features is one of a player; the reason is no
 * failure, but for a want of memory. Explainer, its sample, players and baselines must outlive it. */
struct sx_leaves *sx_leaves_new(struct sx_explainer *e, const struct sx_players *players,
                                const double *baselines, int64_t n_baselines,
                                struct sx_error *error);
void sx_leaves_free(struct sx_leaves *leaves);

/* Visits the leaves: their sum is f, but for a constant, averaged over the baselines. */
bool sx_leaves_each(const struct sx_leaves *leaves, const struct sx_product_taker *to,
                    struct sx_error *error);

/* Marks the first n nodes that hang on x; with `cut`, ensembles of trees do not. */
void sx_mark_hanging(const struct sx_graph *g, int x, size_t n, bool cut, bool *reached);

/* Makes label[i] the player that each element of nodes[i] is computed from, -1 where it is constant;
 * the caller frees them. False where an element may be computed from two. */
bool sx_players_of(const struct sx_explained *b, const struct sx_players *players,
                   const int *nodes, int n_nodes, int64_t **label, struct sx_error *error);

/* An ensemble of trees (operands of SX_TREES), and the two rows whose features a coalition
 * mixes. */
struct sx_forest {
    const int64_t *node, *leaf, *root;
    const double *value, *weight; /* of nodes; of leaves */
    int64_t nodes, leaves, roots, features, targets;
};

/* Visits the leaves of all trees that mixtures of the rows x and b can fall into: a leaf is reached if
 * the players in[] take their features from x, and the players out[] theirs from b. `slope` weighs
 * targets, `label` is the player of each feature, -1: none. False where tables form no trees, or a
 * visit fails. */
bool sx_descend(const struct sx_forest *f, const double *x, const double *b,
                const int64_t *label, int64_t players, const double *slope, double factor,
                const struct sx_product_taker *to, struct sx_error *error);

#endif
