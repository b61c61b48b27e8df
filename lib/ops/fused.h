/* fused.h - a product or convolution, with operations on each element of its result. */
#ifndef SX_FUSED_H
#define SX_FUSED_H

#include "graph/op.h"

enum sx_post_kind {
    SX_POST_BIAS, /* + an operand with one element per channel, the result's last axis */
    SX_POST_ADD,  /* + an operand of the result's shape */
    SX_POST_RELU,
    SX_POST_CLIP, /* to low .. high */
};

struct sx_post {
    enum sx_post_kind kind;
    double low, high;
};

#define SX_MAX_POSTS 4

enum { SX_FUSED_OPERANDS = 2 }; /* operands of a product or convolution */

/* A FUSED node. Its first two inputs and `attr` are those of `op`. The operands of the posts follow
 * in order. */
struct sx_fused {
    int op, n_posts, n_attr;
    struct sx_post post[SX_MAX_POSTS];
    const int64_t *attr;
};

void sx_fused_get(const struct sx_node *node, struct sx_fused *fused);
int sx_fused(struct sx_graph *g, int n_in, const int *in, const struct sx_fused *fused);

/* The node without its posts: another view of the same arrays. */
struct sx_node sx_fused_inner(const struct sx_node *node);

static inline bool sx_post_has_operand(const struct sx_post *post)
{
    return post->kind == SX_POST_BIAS || post->kind == SX_POST_ADD;
}

#endif
