/* explain.h - the explainer, as methods see it. */
#ifndef SX_EXPLAIN_H
#define SX_EXPLAIN_H

#include "graph/derive.h"
#include "lower/lower.h"
#include "explain/decide.h"
#include "explain/smooth.h"
#include "explain/target.h"
#include "run/run.h"

/* The program that evaluates coalitions of `players` players. `points` is NULL until it is needed. */
struct sx_masked {
    struct sx_graph *graph;
    struct sx_points *points;
    int64_t players, expected;
    int likeness;             /* enum sx_likeness */
    struct sx_prefix *prefix; /* see prefix.h; NULL: none */
};

/* What is built for one set of input shapes, and for one set of decisions that depend on values of
 * the sample. The simplified graph computes `scores`, the explained tensor as scores, and `value`
 * from them: the element that the input `index` selects, or a sum. */
struct sx_explained {
    struct sx_lowered *lowered; /* faithful; the simplified graph borrows its constants */
    struct sx_decider decider;
    struct sx_graph *graph;
    int *input, n_inputs; /* the model's inputs in `graph`; SX_NONE: not needed */
    int x, index, scores, value;
    struct sx_aim aim; /* the target in the explained tensor */
    struct sx_classes classes;
    enum sx_score score;     /* what `scores` are */
    int *kink, n_kinks;      /* indices of names in the faithful graph, see sx_find_kinks */
    int scores_node, x_node; /* nodes of the faithful graph */
    int logits_node; /* for options.margin: node of the faithful graph; SX_NONE: not used */
    int logits;      /* logits_node in `graph` */
    struct sx_program *forward; /* from inputs to scores and, if x is an inner tensor, x */
    /* from inputs to scores, f, its gradient and the target: ahead.h */
    struct sx_program *ahead;
    bool *ahead_reads;                     /* per input of the model: that program reads it */
    struct sx_graph *whole;                /* its graph, if x is an inner tensor */
    struct sx_program *still;              /* from x to scores: still.h */
    struct sx_shape scores_shape, x_shape; /* shapes of what `forward` computes */
    struct sx_points *points;              /* f alone; built at the first use */
    /* f and its gradient; built at the first use */
    struct sx_points *gradients;
    struct sx_points *guided; /* guided backpropagation: guided.c */
    struct sx_masked masked;  /* f with masked players: see masked.c */
};

/* f and its gradient at the sample, if the pass that chose the target computed them: ahead.h. */
struct sx_ahead {
    bool known;
    int64_t pick;              /* index of the target's element */
    double value, at_zero;     /* at_zero: f where x is 0; see sx_explainer.at_zero */
    struct sx_tensor gradient; /* SX_DOUBLE */
};

struct sx_explainer {
    struct sx_model *model;  /* the explained model: `joined` if that is not NULL */
    struct sx_model *joined; /* the caller's model with its columns joined into one input */
    struct sx_explain_options options;
    struct sx_smooth smooth;
    /* kept: builds for other decisions, the latest first */
    struct sx_explained built, kept[SX_KEPT];
    unsigned builds;         /* number of changes of `built` */
    struct sx_tensor *feeds; /* the current sample, in the types of the graph */
    struct sx_tensor input;  /* x at the sample, SX_DOUBLE */
    struct sx_ahead ahead;
    const char *input_name;
    bool inner; /* x is not a model input */
    bool
        at_zero; /* the pass that computes the gradient by an inner x computes f where x is 0 too */
    bool ids;       /* x is the embedding behind an input of ids: see ids.c */
    int input_port; /* the model input that is x, or whose embedding is x */
    struct sx_target target;
    int64_t pick;    /* the value that is fed to `index`: the target's element */
    int64_t samples; /* number of samples so far */
    /* games: number of baselines of the model's games so far */
    int64_t forward, backward, games;
    struct sx_explainer *layer; /* f as a function of a layer: see layer.h */
    char *layer_name;
    int64_t layer_sample; /* the value of `samples` when `layer` took the sample; 0: not yet */
};

/* The explainer of f as a function of the layer `name`, a tensor of the file, at the current sample.
 * Its pass computes the gradient. The explainer owns it and keeps it for the next samples. NULL on
 * failure. */
struct sx_explainer *sx_explainer_at_layer(struct sx_explainer *e, const char *name,
                                           struct sx_error *error);

/* The number of points per run of the program for f, or for f and its gradient. The program is
 * built if it has not been. `expected` is the number of points. 0 on failure. */
int64_t sx_gradient_batch(struct sx_explainer *e, bool gradient, int64_t expected,
                          struct sx_error *error);

/* The inputs that all points of one run share: nodes of b->graph (at most n_inputs + 1), and their
 * values at the current sample. */
int sx_shared_nodes(const struct sx_explained *b, int *nodes);
void sx_shared_feeds(const struct sx_explainer *e, const void **feeds);

/* Doubles in the precision of the graph: `from` itself, or a copy in floats in `room` unless that
 * is NULL. */
const void *sx_narrowed(const double *from, float *room, int64_t n);
void sx_widen(double *to, const void *from, enum sx_type real, int64_t n);

/* Whether all numbers are 0. */
static inline bool sx_all_zero(const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (values[i] != 0)
            return false;
    return true;
}

void sx_masked_free(struct sx_masked *masked);

/* The node of the scores of a tensor `y` of a faithful graph; with `other`, of each element's other
 * class. See enum sx_score. It is added to the graph if the score has to be computed. *score
 * becomes raw if it does not exist. */
int sx_score_node(struct sx_graph *g, int y, bool other, enum sx_score *score);

/* margin.c: sx_margin_logits finds the logits of all classes, if (log) p of the target follows from
 * these alone; else SX_NONE. The second function builds (log) p of the class that `pick`, [1],
 * selects. */
int sx_margin_logits(struct sx_graph *g, int y, const struct sx_aim *aim, enum sx_score score);
int sx_margin_node(struct sx_graph *g, int logits, int pick, enum sx_score score);

/* The target as text for another explainer of the same tensor; an element as its index. */
const char *sx_target_text(const struct sx_explainer *e, char text[24]);

/* sx_explainer_plan: at least n more evaluations follow for this sample. sx_explainer_stopped: the
 * work was ended. */
void sx_explainer_plan(struct sx_explainer *e, int64_t n);
bool sx_explainer_stopped(const struct sx_explainer *e);

#endif
