/* explain.h - the explainer as the methods see it. */
#ifndef SX_EXPLAIN_H
#define SX_EXPLAIN_H

#include "graph/derive.h"
#include "lower/lower.h"
#include "explain/decide.h"
#include "explain/smooth.h"
#include "explain/target.h"
#include "run/run.h"

/* The program for coalitions of `players` players; `points` is NULL until it is needed. */
struct sx_masked {
    struct sx_graph *graph;
    struct sx_points *points;
    int64_t players, expected;
    int likeness;             /* enum sx_likeness */
    struct sx_prefix *prefix; /* NULL: see prefix.h */
};

/* What is built for one set of input shapes, and for what the values of a sample decide. The simplified graph computes `scores` (the
 * explained tensor as scores) and from it `value`, the element that `index` picks, or a sum. */
struct sx_explained {
    struct sx_lowered *lowered; /* faithful; the simplified graph borrows its constants */
    struct sx_decider decider;
    struct sx_graph *graph;
    int *input, n_inputs; /* the model's inputs in `graph`; SX_NONE where not needed */
    int x, index, scores, value;
    struct sx_aim aim; /* of the target, in the explained tensor */
    struct sx_classes classes;
    enum sx_score score;                   /* that which `scores` are */
    int *kink, n_kinks;                    /* names in the faithful graph, see sx_find_kinks */
    int scores_node, x_node, watched_node; /* in the faithful graph */
    int logits_node;                       /* for options.margin, or SX_NONE */
    int logits;                            /* that one in `graph` */
    struct sx_program *forward; /* inputs to scores and, if x is an inner tensor, x */
    struct sx_program *ahead;   /* inputs to scores, f, its gradient and the target: ahead.h */
    struct sx_shape scores_shape, x_shape; /* of what it gives */
    struct sx_points *points; /* f alone, f and its gradient: built when first used */
    struct sx_points *gradients;
    struct sx_points *guided; /* guided backpropagation: guided.c */
    struct sx_masked masked;  /* f where players are masked: see masked.c */
};

/* f and its gradient at the sample, where the pass that chose the target gave them: ahead.h. */
struct sx_ahead {
    bool known;
    int64_t pick; /* the target's element */
    double value;
    struct sx_tensor gradient; /* SX_DOUBLE */
};

struct sx_explainer {
    struct sx_model *model;  /* `joined` where that is not NULL */
    struct sx_model *joined; /* the caller's with its columns as one input */
    struct sx_explain_options options;
    struct sx_smooth smooth;
    struct sx_explained built, kept[SX_KEPT]; /* kept: for other decisions, the latest first */
    unsigned builds;                          /* how often `built` became another */
    struct sx_tensor *feeds; /* of the current sample, in the types of the graph */
    struct sx_tensor input;  /* x at the sample, SX_DOUBLE */
    struct sx_ahead ahead;
    const char *input_name;
    bool inner;     /* x is not a model input */
    bool ids;       /* but the embedding of one, which was found: see ids.c */
    int input_port; /* the input that x is, or embeds */
    struct sx_target target;
    int64_t pick;    /* what `index` is fed: the target's element */
    int64_t samples; /* taken so far */
    char *watched;   /* a tensor that the forward pass is asked for besides, NULL: none */
    struct sx_tensor watched_value;   /* at the sample, SX_DOUBLE; empty before there is one */
    int64_t forward, backward, games; /* games: baselines of games of the model so far */
    struct sx_explainer *layer;       /* f as a function of a layer: see layer.h */
    char *layer_name;
    int64_t layer_sample; /* what `samples` was when it was taken there; 0: not yet */
};

/* From the next sample on the forward pass also gives an inner tensor. */
bool sx_explainer_watch(struct sx_explainer *e, const char *tensor, struct sx_error *error);

/* Takes a sample at which x is known; `index` is that of the target, -1: the one that was given. */
bool sx_explainer_sample_at(struct sx_explainer *e, int64_t index,
                            const struct sx_tensor *feeds, const struct sx_tensor *x,
                            struct sx_error *error);

/* Points per run of the program for f, or for f and its gradient, which is built at once if it
 * has not been; `expected` points are to come. 0 on failure. */
int64_t sx_gradient_batch(struct sx_explainer *e, bool gradient, int64_t expected,
                          struct sx_error *error);

/* What the points of one run share besides x: nodes of b->graph (room for n_inputs + 1), and
 * what they are fed at the current sample. */
int sx_shared_nodes(const struct sx_explained *b, int *nodes);
void sx_shared_feeds(const struct sx_explainer *e, const void **feeds);

/* Doubles in the precision of the graph: as they are, or as floats in `room` unless it is NULL. */
const void *sx_narrowed(const double *from, float *room, int64_t n);
void sx_widen(double *to, const void *from, enum sx_type real, int64_t n);

void sx_masked_free(struct sx_masked *masked);

/* The node for which a score of the tensor `y` of a faithful graph is computed, or that of every
 * element's other class: see enum sx_score. Emits into the graph where a score must be derived;
 * *score becomes raw where it cannot be. */
int sx_score_node(struct sx_graph *g, int y, bool other, enum sx_score *score);

/* margin.c: the logits of all classes, where (log) p of a target is to be had from these alone; else
 * SX_NONE. And that number of the class that `pick`, [1], tells. */
int sx_margin_logits(struct sx_graph *g, int y, const struct sx_aim *aim, enum sx_score score);
int sx_margin_node(struct sx_graph *g, int logits, int pick, enum sx_score score);

/* The target in words, for another explainer of the same tensor: the element where it is one. */
const char *sx_target_text(const struct sx_explainer *e, char text[24]);

/* At least n more evaluations are to come for this sample; whether the work was ended. */
void sx_explainer_plan(struct sx_explainer *e, int64_t n);
bool sx_explainer_stopped(const struct sx_explainer *e);

#endif
