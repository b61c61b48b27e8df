/* flow.h - the walk of propagation rules. */
#ifndef SX_FLOW_H
#define SX_FLOW_H

#include "graph/relevance.h"

/* A walk from y back to x. Relevance, or a multiplier, is handed from each node to its operands. */
struct sx_walk {
    struct sx_graph *g;
    int x, y;
    const struct sx_rule_options *options;
    enum sx_rule rule;
    size_t n;       /* number of nodes before the walk */
    bool *varies;   /* per node: depends on x */
    int *uses;      /* per node: number of uses by nodes that y needs */
    int *at;        /* per node: the sum of what was handed to it; SX_NONE: nothing */
    int *minus;     /* RevealCancel: per node, the multiplier of d-; `at` holds that of d+ */
    int *plus;      /* RevealCancel: per node, d+ */
    int *reference; /* per node: its counterpart at the reference */
    struct sx_contrast contrast;
};

bool sx_walk_new(struct sx_walk *w, struct sx_graph *g, int y, int x, int reference);
void sx_walk_free(struct sx_walk *w);

/* Calls `visit` for every node between y and x to which something was handed. */
void sx_walk_back(struct sx_walk *w, void (*visit)(struct sx_walk *w, int y));

/* Adds `value` to what was handed to `node`. */
void sx_hand(struct sx_walk *w, int *at, int node, int value);

/* Sets need[k] for operands of y that are real and vary with x, and returns how many there are. */
int sx_varying(const struct sx_walk *w, int y, bool *need);
/* The only operand of y that is real and varies with x; SX_NONE if there is not exactly one. */
int sx_only_varying(const struct sx_walk *w, int y);

/* Hands `value` to the operands of y as the derivative does. This is the rule of operators that are
 * linear in what varies. */
void sx_hand_derivative(struct sx_walk *w, int *at, int y, int value);

/* A pointwise function of one variable that ends in y: node[] are its nodes, in descending order,
 * and `source`, of y's shape, is the node that it is a function of. */
enum { SX_UNIT_MOST = 48 };
struct sx_unit {
    int source, n, node[SX_UNIT_MOST];
};
bool sx_unit_of(const struct sx_walk *w, int y, struct sx_unit *unit);
/* Builds the same function of another source. */
int sx_unit_at(struct sx_graph *g, const struct sx_unit *unit, int source);
/* Builds its derivative at `source`. */
int sx_unit_slope(struct sx_graph *g, const struct sx_unit *unit, int source);

/* Emits the operator of y with other operands. */
int sx_like(struct sx_graph *g, int y, const int *in);
/* The pull-back of `seed` by operand k of the operator of y with operands in[]. */
int sx_like_pulled(struct sx_graph *g, int y, const int *in, int k, int seed);

/* max(a, 0), and min(a, 0). */
int sx_positive(struct sx_graph *g, int a);
int sx_negative(struct sx_graph *g, int a);

/* The rules: each hands on what was handed to y. */
void sx_visit_lrp(struct sx_walk *w, int y);
void sx_visit_guided(struct sx_walk *w, int y);
void sx_visit_contrast(struct sx_walk *w, int y);
void sx_visit_reveal(struct sx_walk *w, int y);
void sx_find_raised(struct sx_walk *w); /* called before the walk: fills in w->plus */

#endif
