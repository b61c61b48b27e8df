/* relevance.c - calls a propagation rule by its name. */
#include "graph/flow.h"

static int nothing(struct sx_graph *g, int x)
{
    struct sx_shape shape = sx_shape_of(g, x);
    return sx_expand(g, sx_scalar(g, 0), &shape);
}

static int lrp(struct sx_walk *w)
{
    bool taylor = w->rule == SX_DEEP_TAYLOR;
    w->at[w->y] = taylor ? sx_positive(w->g, w->y) : w->y;
    sx_walk_back(w, sx_visit_lrp);
    return w->at[w->x];
}

static int guided(struct sx_walk *w)
{
    w->at[w->y] = sx_scalar(w->g, 1);
    sx_walk_back(w, sx_visit_guided);
    return w->at[w->x];
}

static int contrast(struct sx_walk *w)
{
    w->contrast.exact = w->rule == SX_DEEP_SHAP;
    w->at[w->y] = sx_scalar(w->g, 1);
    sx_walk_back(w, sx_visit_contrast);
    if (w->at[w->x] == SX_NONE)
        return SX_NONE;
    return sx_mul(w->g, w->at[w->x], sx_difference(&w->contrast, w->x));
}

static int reveal(struct sx_walk *w)
{
    struct sx_graph *g = w->g;
    sx_find_raised(w);
    w->at[w->y] = w->minus[w->y] = sx_scalar(g, 1);
    sx_walk_back(w, sx_visit_reveal);
    if (w->at[w->x] == SX_NONE)
        return SX_NONE;
    int d = sx_difference(&w->contrast, w->x);
    return sx_add(g, sx_mul(g, w->at[w->x], sx_positive(g, d)),
                  sx_mul(g, w->minus[w->x], sx_negative(g, d)));
}

int sx_relevance(struct sx_graph *g, int y, int x, int reference, enum sx_rule rule,
                 const struct sx_rule_options *options)
{
    struct sx_walk w;
    int result = SX_NONE;
    if (sx_walk_new(&w, g, y, x, reference)) {
        w.rule = rule;
        w.options = options;
        result = rule == SX_REVEAL_CANCEL                     ? reveal(&w)
                 : rule == SX_GUIDED                          ? guided(&w)
                 : rule == SX_RESCALE || rule == SX_DEEP_SHAP ? contrast(&w)
                                                              : lrp(&w);
        if (result == SX_NONE && g->error.status == SX_OK)
            result = nothing(g, x);
        if (g->error.status != SX_OK)
            result = SX_NONE;
    }
    sx_walk_free(&w);
    return result;
}
