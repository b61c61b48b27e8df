/* smooth.c - kinks of piecewise linear operators, and smooth functions that replace them.
 *
 * All are expressed by relu: |a| = 2 relu(a) - a, max(a, b) = b + relu(a - b), and a leaky relu of
 * slope s is s a + (1 - s) relu(a). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/build.h"

static const struct {
    const char *op;
    bool smooth;
} kinked[] = {{"Relu", true},
              {"LeakyRelu", true},
              {"PRelu", true},
              {"Abs", true},
              {"Max", true},
              {"Min", true},
              {"MaxPool", false},
              {"GlobalMaxPool", false},
              {"Clip", false},
              {"HardSigmoid", false},
              {"ThresholdedRelu", false},
              {"Shrink", false},
              {"ReduceMax", false},
              {"ReduceMin", false}};

enum { N_KINKED = sizeof kinked / sizeof kinked[0] };

static int find_kinked(const char *op)
{
    for (int i = 0; i < N_KINKED && op != NULL; i++)
        if (strcmp(kinked[i].op, op) == 0)
            return i;
    return -1;
}

bool sx_can_smooth(const char *op)
{
    int i = find_kinked(op);
    return i >= 0 && kinked[i].smooth;
}

bool sx_smooth_parse(struct sx_smooth *smooth, const char *mode, struct sx_error *error)
{
    static const struct {
        const char *name;
        enum sx_smooth_kind kind;
        bool takes_beta;
    } modes[] = {{"none", SX_SMOOTH_NONE, false},
                 {"softplus", SX_SMOOTH_SOFTPLUS, true},
                 {"gelu", SX_SMOOTH_GELU, false},
                 {"surrogate", SX_SMOOTH_SURROGATE, true}};
    size_t length = strcspn(mode, ":");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strlen(modes[i].name) != length || strncmp(mode, modes[i].name, length) != 0)
            continue;
        *smooth = (struct sx_smooth){modes[i].kind, 10};
        const char *beta = mode + length;
        if (*beta == '\0' || (modes[i].takes_beta &&
                              sx_number_parse(beta + 1, strlen(beta + 1), &smooth->beta) &&
                              smooth->beta > 0 && isfinite(smooth->beta)))
            return true;
    }
    return sx_fail(error, SX_USAGE,
                   "'%.40s' is none of none, softplus:BETA, gelu, surrogate:BETA", mode);
}

static int softplus(struct sx_graph *g, int a, double beta)
{
    return sx_scale(g, sx_unary(g, SX_SOFTPLUS, sx_scale(g, a, beta)), 1 / beta);
}

static int smooth_relu(struct sx_graph *g, int a, const struct sx_smooth *s)
{
    if (s->kind == SX_SMOOTH_SOFTPLUS)
        return softplus(g, a, s->beta);
    if (s->kind == SX_SMOOTH_GELU) {
        int inner = sx_unary(g, SX_ERF, sx_scale(g, a, sqrt(0.5)));
        return sx_mul(g, sx_scale(g, a, 0.5), sx_shift(g, inner, 1));
    }
    /* The second term has the value 0, and the derivatives of softplus. */
    int soft = softplus(g, a, s->beta);
    return sx_add(g, sx_stop(g, sx_unary(g, SX_RELU, a)), sx_sub(g, soft, sx_stop(g, soft)));
}

/* Matches where(0 < x, x, slope x). Returns the slope's node in the graph that is rebuilt, or
 * SX_NONE. */
static int leaky_slope(const struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_node *above = &g->node[n->in[0]], *low = &g->node[n->in[2]];
    double bound;
    int x = n->in[1];
    if (above->op != SX_LESS || above->in[1] != x || !sx_is_uniform(g, above->in[0], &bound) ||
        bound != 0 || low->op != SX_MUL)
        return SX_NONE;
    return low->in[0] == x ? 1 : low->in[1] == x ? 0 : SX_NONE;
}

static int smooth_leaky(const struct sx_smoothing *s, struct sx_graph *g,
                        const struct sx_node *node, const int *in)
{
    int which = leaky_slope(s->from, node);
    if (which == SX_NONE)
        return SX_NONE;
    /* low = slope x, so x - low = (1 - slope) x; the slope itself may not be mapped. */
    const struct sx_node *low = &s->from->node[node->in[2]];
    int slope = s->map[low->in[which]];
    int rest = sx_mul(g, sx_shift(g, sx_neg(g, slope), 1), smooth_relu(g, in[1], &s->smooth));
    return sx_add(g, in[2], rest);
}

int sx_smooth_change(void *context, struct sx_graph *g, const struct sx_node *node,
                     const int *in)
{
    const struct sx_smoothing *s = context;
    if (s->smooth.kind == SX_SMOOTH_NONE || !sx_is_real(node->type))
        return SX_NONE;
    switch (node->op) {
    case SX_RELU:
        return smooth_relu(g, in[0], &s->smooth);
    case SX_ABS:
        return sx_sub(g, sx_scale(g, smooth_relu(g, in[0], &s->smooth), 2), in[0]);
    case SX_MAX:
        return sx_add(g, in[1], smooth_relu(g, sx_sub(g, in[0], in[1]), &s->smooth));
    case SX_MIN:
        return sx_sub(g, in[0], smooth_relu(g, sx_sub(g, in[0], in[1]), &s->smooth));
    case SX_WHERE:
        return smooth_leaky(s, g, node, in);
    default:
        return SX_NONE;
    }
}

bool sx_find_kinks(const struct sx_graph *g, int x, int y, int **kinks, int *n_kinks,
                   struct sx_error *error)
{
    bool *needed = sx_new(g->n_nodes, sizeof *needed, error);
    bool *reached = sx_new(g->n_nodes, sizeof *reached, error);
    *kinks = sx_new(g->n_names, sizeof **kinks, error);
    *n_kinks = 0;
    bool ok = needed != NULL && reached != NULL && *kinks != NULL;
    if (ok) {
        sx_mark_needed(g, &y, 1, needed);
        sx_mark_reached(g, &x, 1, g->n_nodes, reached);
        for (size_t i = 0; i < g->n_names; i++) {
            const struct sx_name *name = &g->name[i];
            if (name->node != x && needed[name->node] && reached[name->node] &&
                find_kinked(name->onnx_op) >= 0)
                (*kinks)[(*n_kinks)++] = (int)i;
        }
    }
    free(needed);
    free(reached);
    return ok;
}
