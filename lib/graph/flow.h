/* flow.h - what the walks of propagation rules share. */
#ifndef SX_FLOW_H
#define SX_FLOW_H

#include "graph/relevance.h"

/* A walk from y back to x. */
struct sx_walk {
    struct sx_graph *g;
    int x, y;
    const struct sx_rule_options *options;
    enum sx_rule rule;
    size_t n;       /* nodes there were before the walk */
    bool *varies;   /* with x */
    int *uses;      /* by nodes that y needs */
    int *at;        /* what was handed to each node so far, SX_NONE: nothing */
    int *minus;     /* RevealCancel: the multipliers of what lowers; `at` holds the others */
    int *plus;      /* RevealCancel: what raises each node */
    int *reference; /* per node its counterpart at the reference */
    struct sx_contrast contrast;
};

bool sx_walk_new(struct sx_walk *w, struct sx_graph *g, int y, int x, int reference);
void sx_walk_free(struct sx_walk *w);

/* Calls visit for every node between y and x that something was handed to. */
void sx_walk_back(struct sx_walk *w, void (*visit)(struct sx_walk *w, int y));

/* Adds to what is handed to `node`. */
void sx_hand(struct sx_walk *w, int *at, int node, int value);

/* Marks the operands of y that are real and vary with x, and counts them. */
int sx_varying(const struct sx_walk *w, int y, bool *need);
/* The only one of them, SX_NONE if there are none or more. */
int sx_only_varying(const struct sx_walk *w, int y);

/* Hands a value on as the derivative does: right for whatever is linear in what varies. */
void sx_hand_derivative(struct sx_walk *w, int *at, int y, int value);

/* The pointwise function around y: the nodes between it and the one node of the same shape that
 * it is a function of, in falling order. */
enum { SX_UNIT_MOST = 48 };
struct sx_unit {
    int source, n, node[SX_UNIT_MOST];
};
bool sx_unit_of(const struct sx_walk *w, int y, struct sx_unit *unit);
/* The same function elsewhere. */
int sx_unit_at(struct sx_graph *g, const struct sx_unit *unit, int source);
/* Its derivative there. */
int sx_unit_slope(struct sx_graph *g, const struct sx_unit *unit, int source);

/* Emits the operator of y with other operands. */
int sx_like(struct sx_graph *g, int y, const int *in);
/* The pull-back of `seed` by operand k of that. */
int sx_like_pulled(struct sx_graph *g, int y, const int *in, int k, int seed);

/* max(a, 0) and min(a, 0). */
int sx_positive(struct sx_graph *g, int a);
int sx_negative(struct sx_graph *g, int a);

/* The rules. */
void sx_visit_lrp(struct sx_walk *w, int y);
void sx_visit_guided(struct sx_walk *w, int y);
void sx_visit_contrast(struct sx_walk *w, int y);
void sx_visit_reveal(struct sx_walk *w, int y);
void sx_find_raised(struct sx_walk *w); /* before the walk: fills w->plus */

#endif
