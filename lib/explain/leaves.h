/* leaves.h - games of decision trees, as sums of games of their leaves. */
#ifndef SX_LEAVES_H
#define SX_LEAVES_H

#include "explain/explain.h"
#include "explain/game.h"

/* A game of trees as a sum: see leaves.c. */
struct sx_leaves;

/* Analyses f at the explainer's sample. NULL if f is not a sum of trees whose features each belong
 * to one player; only lack of memory is a failure. Explainer, its sample, players and baselines
 * must outlive it. */
struct sx_leaves *sx_leaves_new(struct sx_explainer *e, const struct sx_players *players,
                                const double *baselines, int64_t n_baselines,
                                struct sx_error *error);
void sx_leaves_free(struct sx_leaves *leaves);

/* Visits the leaves. Up to a constant, their sum is f averaged over the baselines. */
bool sx_leaves_each(const struct sx_leaves *leaves, const struct sx_product_taker *to,
                    struct sx_error *error);

/* Sets reached[i] for those of the first n nodes that depend on x. `cut`: results of tree ensembles
 * count as not depending on x. */
void sx_mark_hanging(const struct sx_graph *g, int x, size_t n, bool cut, bool *reached);

/* Makes label[i] the player that each element of nodes[i] is computed from, -1 if it is constant.
 * The caller frees them. False if an element may depend on two players. */
bool sx_players_of(const struct sx_explained *b, const struct sx_players *players,
                   const int *nodes, int n_nodes, int64_t **label, struct sx_error *error);

/* An ensemble of trees (the operands of SX_TREES). */
struct sx_forest {
    const int64_t *node, *leaf, *root;
    const double *value, *weight; /* value: of nodes; weight: of leaves */
    int64_t nodes, leaves, roots, features, targets;
};

/* Visits the leaves of all trees that mixtures of the rows x and b can reach. A leaf is reached if
 * the players in[] take their features from x, and the players out[] from b. `slope` weighs
 * targets. `label` is the player of each feature; -1: none. False if the tables are no trees, or a
 * visit fails. */
bool sx_descend(const struct sx_forest *f, const double *x, const double *b,
                const int64_t *label, int64_t players, const double *slope, double factor,
                const struct sx_product_taker *to, struct sx_error *error);

#endif
