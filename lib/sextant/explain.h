/* sextant/explain.h - a model as one number f(x): targets, gradients, baselines, players, games. */
#ifndef SEXTANT_EXPLAIN_H
#define SEXTANT_EXPLAIN_H

#include "sextant/model.h"
#include "sextant/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The number derived from the explained element. */
enum sx_score {
    SX_SCORE_RAW,     /* the element itself */
    SX_SCORE_LOGIT,   /* the input of the Softmax, LogSoftmax or Sigmoid that ends the graph */
    SX_SCORE_PROB,    /* the probability; computed from the element if that is a logit */
    SX_SCORE_LOGPROB, /* the logarithm of that probability */
};

/* The derivative of rounding in quantised files. */
enum sx_ste {
    /* 1, but 0 where a value is clipped at a zero point that is the minimum of an unsigned type:
     * exporters merge a Relu into such a clip */
    SX_STE_RELU,
    SX_STE_IDENTITY, /* 1 */
    SX_STE_CLIP,     /* 1, but 0 where the value is clipped at either end */
    SX_STE_OFF,      /* 0 */
};

/* What the pass that computes the scores of a sample computes with them. */
enum sx_pass {
    SX_PASS_SCORES,      /* nothing else */
    SX_PASS_LAYER,       /* the gradient by a layer; by default of sx_attribute's layer */
    SX_PASS_CONVOLUTION, /* the same; by default the last convolution that f depends on */
    SX_PASS_GRADIENT     /* the gradient by x */
};

struct sx_explain_options {
    bool precise;      /* compute in float64 */
    int threads;       /* 0: all allowed processors */
    int64_t batch;     /* model evaluations per run; 0: chosen from memory */
    size_t max_memory; /* bytes; 0: no limit */
    /* the explained tensor, any tensor of the file; NULL: the first output */
    const char *output;
    /* x, any tensor of the file. NULL or "auto": the first input. If it holds ids, x is the
     * embedding that follows it. If it is one number per sample, x joins all such inputs (see
     * sx_model_column). */
    const char *wrt;
    enum sx_score score;
    /* only values are wanted: x may hold integers if the model has no real input */
    bool values_only;
    enum sx_pass pass;
    const char *layer; /* for SX_PASS_LAYER and SX_PASS_CONVOLUTION; NULL: chosen */
    /* compute prob and logprob from the sum of the other classes, exact for p near 1 */
    bool margin;
    enum sx_ste ste;
    /* Control flow and shapes that depend on values of the sample are decided anew for each point
     * of sx_gradients and for each coalition of a game of the model. Other derivatives at points
     * that are not the sample fail. */
    bool redecide;
    struct sx_watch *watch; /* NULL: nobody watches */
    const char *target;     /* an argument of --target, see sextant(7); NULL: argmax */
    char *const *labels;
    size_t n_labels;
    /* Token ids that are never masked. A token is also kept if a mask input holds 0 for it. A mask
     * input is [1, tokens] of zeros and ones, with "mask" and without "pad" in its name. */
    const int64_t *keep;
    size_t n_keep;
};

/* A model seen as one number f(x) of one tensor x; all other inputs are fixed. */
struct sx_explainer;

/* The explained number at the current sample. */
struct sx_target {
    const char *output; /* the tensor's name */
    /* the first output, if another tensor is explained because that one holds no real numbers; else
     * NULL */
    const char *instead_of;
    int64_t index;     /* flat index within the sample; -1: a sum */
    const char *label; /* NULL without labels */
    const char *sum; /* the region or the file of weights that the sum is over; NULL: no sum */
    /* f has two classes and one number; the target is the class that the number does not stand for */
    bool other;
    enum sx_score score; /* the score in use: raw if the one asked for does not exist */
    double value;        /* f(x) */
    /* Without options.target: how many places the output has, each with a score for each class. The
     * largest score of all places is explained. Otherwise 1. */
    int64_t places;
    bool straight_through; /* a derivative of f passes through rounding, see sx_ste */
};

/* `model`, and what the options point to, must outlive the explainer. Free with
 * sx_explainer_free, which takes NULL too. */
struct sx_explainer *sx_explainer_new(struct sx_model *model,
                                      const struct sx_explain_options *options,
                                      struct sx_error *error);
void sx_explainer_free(struct sx_explainer *explainer);

/* Makes `feeds` (one per model input, in the model's order) the current sample, and evaluates it.
 * Builds and compiles programs if the shapes are new. Status 3: the model is not supported.
 * Status 2: a named tensor or target does not exist. */
bool sx_explainer_sample(struct sx_explainer *explainer, const struct sx_tensor *feeds,
                         struct sx_error *error);

/* Makes element `index` of the explained tensor the target at the current sample. Does nothing if
 * the target that was asked for is a sum. Status 1: there is no such element. */
bool sx_explainer_aim(struct sx_explainer *explainer, int64_t index, struct sx_error *error);

/* The model that is explained. It is the one given to sx_explainer_new, or a view of it that joins
 * inputs of one number each into one input (see sx_model_column). Owned by the explainer. */
struct sx_model *sx_explainer_model(const struct sx_explainer *explainer);
/* x at the current sample, always SX_DOUBLE. Owned by the explainer. */
const struct sx_tensor *sx_explainer_input(const struct sx_explainer *explainer);
const char *sx_explainer_input_name(const struct sx_explainer *explainer);
/* The target at the current sample. */
const struct sx_target *sx_explainer_target(const struct sx_explainer *explainer);
/* Evaluations of the model so far, counted in samples: values and gradients. */
void sx_explainer_cost(const struct sx_explainer *explainer, int64_t *forward,
                       int64_t *backward);
/* The token ids of the current sample if x is the embedding behind them, else NULL. */
const struct sx_tensor *sx_explainer_ids(const struct sx_explainer *explainer);
/* The tensor whose elements each get one number in an attribution: the ids if there are some, else
 * x. */
const struct sx_tensor *sx_explainer_elements(const struct sx_explainer *explainer);
/* Fills x[], of the shape of the current x, with the embedding of other ids. */
bool sx_explainer_embed(const struct sx_explainer *explainer, const struct sx_tensor *ids,
                        double *x, struct sx_error *error);
/* Whether f contains decision trees, which are piecewise constant and have no gradient. */
bool sx_explainer_has_trees(const struct sx_explainer *explainer);
/* The batch size of the compiled program, 0 before the first run. *alone: batching is impossible,
 * because a tensor already has SX_MAX_RANK axes. */
int64_t sx_explainer_batch(const struct sx_explainer *explainer, bool *alone);

/* Replaces kinks by smooth functions from the next sample on; `mode` is an argument of --smooth of
 * xderiv(1). The target remains the one that the unchanged model has. Status 2: unknown mode. */
bool sx_explainer_smooth(struct sx_explainer *e, const char *mode, struct sx_error *error);
/* Sets *shift to (f with smooth kinks) - f at the sample. */
bool sx_explainer_shift(struct sx_explainer *e, double *shift, struct sx_error *error);
/* The name of the i-th node between x and f that is piecewise linear, with its operator in *op.
 * *soft: it is replaced by a smooth function. NULL past the last. */
const char *sx_explainer_kink(const struct sx_explainer *e, int i, const char **op, bool *soft);

/* Computes f and df/dx at n points, each of x's shape, stored one after the other. `values` [n] and
 * `gradients` [n, x] may each be NULL. */
bool sx_gradients(struct sx_explainer *explainer, int64_t n, const double *points,
                  double *values, double *gradients, struct sx_error *error);

/* Fills `baseline`, which has x's shape, from a specification:
 *   zero, NUMBER   this value everywhere
 *   mean           the mean of the background, or of each channel of a picture
 *   blur:S         x blurred by a Gaussian of S pixels
 *   black, white   a picture of that colour, prepared as `pre` says
 * Other specifications give status 2. */
bool sx_baseline(const struct sx_explainer *explainer, const char *specification,
                 const struct sx_preprocess *pre, const double *background,
                 int64_t n_background, double *baseline, struct sx_error *error);

/* a partition of elements of x into groups that are present or masked together */
struct sx_players;

/* The players of a specification:
 *   elements         every element
 *   columns          every index of the last axis
 *   tokens[:AXIS]    every index of AXIS, by default of the first one after the batch
 *   pixels           every place of a picture, with all its channels
 *   patches:HxW      rectangles of H rows and W columns
 *   grid:RxC         R rows and C columns of rectangles
 *   file:LABELS.npy  an integer for each element, or for each place of a picture: equal integers are
 *                    one player, negative ones are never masked
 * Status 2 if the specification does not fit the shape of x. */
struct sx_players *sx_players_new(const struct sx_shape *shape, const char *specification,
                                  enum sx_layout layout, struct sx_error *error);
/* The players of the explainer's x. "superpixels:N" makes about N regions of similar neighbouring
 * pixels. If x is an embedding behind ids, "elements" are the tokens except those that are kept. */
struct sx_players *sx_explainer_players(const struct sx_explainer *explainer,
                                        const char *specification, enum sx_layout layout,
                                        struct sx_error *error);
/* Writes the default specification of players. It is "elements" for at most `few` elements. For
 * more, it is the tokens of a sequence, patches of a picture (about `side` per side), or
 * "elements". */
enum { SX_PLAYERS_TEXT = 64 };
void sx_explainer_usual_players(const struct sx_explainer *explainer, enum sx_layout layout,
                                int64_t few, int64_t side, char text[SX_PLAYERS_TEXT]);
void sx_players_free(struct sx_players *players);
int64_t sx_players_count(const struct sx_players *players);

/* Whether players form a grid. *rows and *columns are its size, 0 if there is none. */
bool sx_players_on_grid(const struct sx_players *players, int64_t *rows, int64_t *columns);

/* Sets each element of `map`, of x's shape, to the value of its player, or to 0 if it belongs to no
 * player. */
void sx_players_spread(const struct sx_players *players, const double *values, double *map);
/* Sets sums[i] to the sum of `map` over the elements of player i. */
void sx_players_sum(const struct sx_players *players, const double *map, double *sums);
/* The first element of a player. */
int64_t sx_players_first(const struct sx_players *players, int64_t player);

/* A value v(S) for each coalition S of n players. A coalition is (n + 63) / 64 words; player i is
 * present if bit i % 64 of word i / 64 is set. A game caches the values of coalitions. */
struct sx_game;
struct sx_sink;
void sx_game_free(struct sx_game *game);

/* What the value of a coalition is. */
enum sx_likeness {
    SX_TARGET, /* the target */
    SX_DOT,    /* the scalar product of the explained tensor and its value at x */
    SX_COSINE  /* the cosine of these two */
};

/* The game v(S) = f(x with absent players replaced by the baseline), averaged over `n` baselines of
 * x's shape. Explainer, its sample, players and baselines must outlive it. */
struct sx_game *sx_game_model(struct sx_explainer *explainer, const struct sx_players *players,
                              const double *baselines, int64_t n, enum sx_likeness likeness,
                              struct sx_error *error);

/* What absent elements hold. */
enum sx_absence {
    SX_ABSENT_BY_BACKGROUND, /* MARGINAL if there is a background, else BASELINE */
    SX_ABSENT_BASELINE,      /* the baseline */
    SX_ABSENT_MARGINAL,      /* each row of the background in turn; v is the mean */
    /* draws, conditional on the present elements, from a Gaussian fitted to the background */
    SX_ABSENT_GAUSSIAN,
    SX_ABSENT_COPULA, /* the same from a Gaussian copula */
    SX_ABSENT_NEAREST /* the background rows whose present elements are nearest */
};
struct sx_absent {
    enum sx_absence kind;
    int64_t nearest;       /* NEAREST: how many rows */
    uint64_t seed, sample; /* randomness is a function of these */
};
/* Reads "baseline", "marginal", "gaussian", "copula" or "nearest:K". */
bool sx_absent_parse(const char *text, struct sx_absent *absent, struct sx_error *error);
enum { SX_ABSENT_TEXT = 40 };
/* Writes the text that sx_absent_parse reads. */
void sx_absent_name(const struct sx_absent *absent, char text[SX_ABSENT_TEXT]);

/* The game v(S) = mean of f over conditional draws of the absent elements: GAUSSIAN, COPULA or
 * NEAREST. Explainer, its sample, players and the n rows of the background must outlive it. */
struct sx_game *sx_game_conditional(struct sx_explainer *explainer,
                                    const struct sx_players *players, const double *background,
                                    int64_t n, const struct sx_absent *absent,
                                    struct sx_error *error);

/* A saved game: an .npy of all 2^n values, or a line {"players":n} and lines
 * {"present":[0,3],"value":1.5} of those that are known. Loading fails with status 1. */
struct sx_game *sx_game_load(const char *path, struct sx_error *error);
bool sx_game_save(const struct sx_game *game, const char *path, struct sx_error *error);

int64_t sx_game_players(const struct sx_game *game);
/* False if the player is known to make no difference (a null player). */
bool sx_game_plays(const struct sx_game *game, int64_t player);
/* The number of different coalitions evaluated so far. */
int64_t sx_game_evaluations(const struct sx_game *game);
bool sx_game_values(struct sx_game *game, int64_t n, const uint64_t *coalitions, double *values,
                    struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
