/* attend.h - scaled dot product attention, shared by attention.c and group.c. */
#ifndef SX_LOWER_ATTEND_H
#define SX_LOWER_ATTEND_H

#include "lower/row.h"

/* The operands of attention. q, k and v are [batch, heads, length, size]; the number of heads of k
 * and v divides that of q. */
struct sx_attention {
    int q, k, v;
    int allowed; /* bool, whether a query sees a key; it broadcasts; SX_NONE: all */
    int bias;    /* added to the scores; it broadcasts; SX_NONE: none */
    int sink; /* a further score [.., 1] in each softmax, which has no value; SX_NONE: none */
    double scale;   /* 0: 1 / sqrt(size) */
    double softcap; /* c tanh(score / c); 0: none */
    /* Results: the scores after the product, after capping, after adding the bias, and after the
     * softmax. In the third, keys that are not allowed have -infinity. */
    int scores[4];
};

/* The attended values, [batch, heads, queries, size]. A query that sees no key gets 0. */
int sx_attend(struct sx_graph *g, struct sx_attention *a);

/* sx_split_heads: from [batch, length, heads * size] to [batch, heads, length, size].
 * sx_join_heads: the inverse. */
int sx_split_heads(struct sx_graph *g, int a, int64_t heads);
int sx_join_heads(struct sx_graph *g, int a);
/* Input k of the node being lowered with separate heads; an input of rank 4 has them already. */
int sx_heads_of(struct sx_lowering *l, int k, int64_t heads);

/* Keys or values of n heads; each head is repeated for the queries that share it. */
int sx_shared_heads(struct sx_graph *g, int a, int64_t n);

/* Appends keys or values to those of earlier calls; `past` may be SX_NONE. */
int sx_appended(struct sx_graph *g, int past, int now);

/* Whether key j is visible for query i, which has the position offset + i: at most `left` positions
 * before it, at most `right` after it. A negative bound means none. `offset` broadcasts to [batch,
 * 1, queries, keys]. */
int sx_window(struct sx_graph *g, int64_t queries, int64_t keys, int offset, int64_t left,
              int64_t right);
/* The conjunction of two masks; each may be SX_NONE. */
int sx_both(struct sx_graph *g, int a, int b);

/* Rotates pairs of elements of x [batch, heads, length, size] by angles whose cosines and sines are
 * [batch, 1, length, n]. Pairs are neighbours, or elements i and i + n. Elements from 2 n on are
 * unchanged. SX_NONE if the shapes do not fit. */
int sx_rotated(struct sx_graph *g, int x, int cosine, int sine, bool neighbours);

#endif
