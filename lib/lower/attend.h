/* attend.h - scaled dot product attention, which the operators of attention.c and group.c share. */
#ifndef SX_LOWER_ATTEND_H
#define SX_LOWER_ATTEND_H

#include "lower/row.h"

/* All are [batch, heads, length, size]; the heads of keys and values divide those of queries. */
struct sx_attention {
    int q, k, v;
    int allowed;  /* of each query, the keys that it sees; it broadcasts; SX_NONE: all */
    int bias;     /* is added to the scores; it broadcasts; SX_NONE: nothing */
    int sink;     /* a further score [.., 1] in each softmax, which leads nowhere; or SX_NONE */
    double scale; /* 0: 1 / sqrt(size) */
    double softcap; /* c tanh(score / c); 0: none */
    /* Results: scores as the product gives them, capped, with the bias, and as weights. Keys that
     * are not allowed score -infinity in the third. */
    int scores[4];
};

/* The values that the queries see, [batch, heads, queries, size]. A query that sees no key gets 0. */
int sx_attend(struct sx_graph *g, struct sx_attention *a);

/* [batch, length, heads * size] to [batch, heads, length, size], and back. */
int sx_split_heads(struct sx_graph *g, int a, int64_t heads);
int sx_join_heads(struct sx_graph *g, int a);
/* Input k of the node being lowered with its heads apart; one of rank 4 is so already. */
int sx_heads_of(struct sx_lowering *l, int k, int64_t heads);

/* Keys or values behind those of earlier calls; past may be SX_NONE. */
int sx_appended(struct sx_graph *g, int past, int now);

/* Which of n keys stand at least `left` before and at most `right` behind a query, of which query
 * i stands at offset + i. A negative bound is none; offset broadcasts to [batch, 1, queries, n]. */
int sx_window(struct sx_graph *g, int64_t queries, int64_t keys, int offset, int64_t left,
              int64_t right);
/* Both, of which each may be SX_NONE. */
int sx_both(struct sx_graph *g, int a, int b);

/* Rotates pairs of x [batch, heads, length, size] by angles whose cosines and sines are
 * [batch, 1, length, n]: pairs of neighbours, or of element i with i + n. Elements from 2 n on
 * stay. SX_NONE where they do not fit. */
int sx_rotated(struct sx_graph *g, int x, int cosine, int sine, bool neighbours);

#endif
