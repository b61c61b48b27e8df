/* limits.c - Clip, and its derivative.
 *
 * Core graphs have no Clip:
 *     max(x, low)  is  where(x < low, low, x)
 *     min(t, high) is  where(high < t, high, t)
 * The derivative passes where x equals its clipped value. */
#include "export/patterns.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

static bool is_limit(const struct sx_writer *w, int node)
{
    return node_of(w, node)->op == SX_CONST && sx_is_real(node_of(w, node)->type) &&
           node_of(w, node)->shape.rank == 0;
}

/* Returns x if the node is where(x < low, low, x), else SX_NONE. Below, t in where(high < t,
 * high, t). */
static int above(const struct sx_writer *w, int node, int *low)
{
    const struct sx_node *n = node_of(w, node),
                         *c = n->op == SX_WHERE ? node_of(w, n->in[0]) : n;
    if (n->op != SX_WHERE || c->op != SX_LESS || c->in[0] != n->in[2] || c->in[1] != n->in[1] ||
        !is_limit(w, n->in[1]))
        return SX_NONE;
    *low = n->in[1];
    return n->in[2];
}

static int below(const struct sx_writer *w, int node, int *high)
{
    const struct sx_node *n = node_of(w, node),
                         *c = n->op == SX_WHERE ? node_of(w, n->in[0]) : n;
    if (n->op != SX_WHERE || c->op != SX_LESS || c->in[1] != n->in[2] || c->in[0] != n->in[1] ||
        !is_limit(w, n->in[1]))
        return SX_NONE;
    *high = n->in[1];
    return n->in[2];
}

/* Returns x if the node is a Clip of x, and sets its limits. */
static int clipped(const struct sx_writer *w, int node, int *low, int *high)
{
    int t = below(w, node, high);
    return t != SX_NONE ? above(w, t, low) : SX_NONE;
}

void sx_find_clips(struct sx_writer *w)
{
    int low, high;
    for (size_t i = 0; i < w->g->n_nodes; i++)
        if (clipped(w, (int)i, &low, &high) != SX_NONE)
            w->clip[node_of(w, (int)i)->in[0]] = (int)i;
}

int sx_read_clip(const struct sx_writer *w, int node, int *reads)
{
    int low, high;
    reads[0] = clipped(w, node, &low, &high);
    return reads[0] != SX_NONE ? 1 : SX_NONE;
}

static const char *limit(struct sx_writer *w, int node)
{
    double value = 0;
    sx_is_uniform(w->g, node, &value);
    return sx_out_real(w, value);
}

void sx_spell_clip(struct sx_writer *w, int node)
{
    int low = SX_NONE, high = SX_NONE, t = node_of(w, node)->in[2];
    clipped(w, node, &low, &high);
    sx_result(w, node, "Clip", SX_IN(sx_operand_name(w, t, 2), limit(w, low), limit(w, high)),
              NULL, 0);
}

/* ---- Within ---- */

static bool is_zero(const struct sx_writer *w, int node)
{
    double value;
    return sx_is_uniform(w->g, node, &value) && value == 0 && node_of(w, node)->shape.rank == 0;
}

/* The clipped x whose comparisons with its two limits are a and b, in either order. SX_NONE if
 * there is none. */
static int clip_of(const struct sx_writer *w, int a, int b)
{
    int low, high, y = w->clip[a] != SX_NONE ? w->clip[a] : w->clip[b];
    if (y == SX_NONE)
        return SX_NONE;
    int upper = node_of(w, y)->in[0], lower = node_of(w, node_of(w, y)->in[2])->in[0];
    clipped(w, y, &low, &high);
    return (upper == a && lower == b) || (upper == b && lower == a) ? y : SX_NONE;
}

/* Matches where(a, 0, where(b, 0, g)) if a and b compare x with the limits of a Clip. It reads
 * x, the clipped x and g. */
int sx_read_within(const struct sx_writer *w, int node, int *reads)
{
    const struct sx_node *n = node_of(w, node), *m = node_of(w, n->in[2]);
    int low, high;
    if (m->op != SX_WHERE || !is_zero(w, n->in[1]) || !is_zero(w, m->in[1]) ||
        !sx_shape_equal(&m->shape, &n->shape))
        return SX_NONE;
    reads[1] = clip_of(w, n->in[0], m->in[0]);
    if (reads[1] == SX_NONE)
        return SX_NONE;
    reads[0] = clipped(w, reads[1], &low, &high);
    reads[2] = m->in[2];
    return 3;
}

void sx_spell_within(struct sx_writer *w, int node)
{
    int reads[3], inner = node_of(w, node)->in[2];
    sx_read_within(w, node, reads);
    int upper = node_of(w, reads[1])->in[0], t = node_of(w, reads[1])->in[2];
    if (w->beside[upper] == NULL)
        w->beside[upper] = sx_out_node(
            w, "Equal", SX_IN(sx_operand_name(w, t, 2), w->name[reads[1]]), NULL, NULL, 0);
    sx_result(w, node, "Where",
              SX_IN(w->beside[upper], sx_operand_name(w, inner, 2), sx_out_real(w, 0)), NULL,
              0);
}
