/* sextant/explain.h - a model as one number f(x): targets, gradients, baselines, players, games. */
#ifndef SEXTANT_EXPLAIN_H
#define SEXTANT_EXPLAIN_H

#include "sextant/model.h"
#include "sextant/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which number of the explained tensor counts: as it is, or, where the graph ends in Softmax,
 * LogSoftmax or Sigmoid, what enters it; prob and logprob are derived where they must be. */
enum sx_score { SX_SCORE_RAW, SX_SCORE_LOGIT, SX_SCORE_PROB, SX_SCORE_LOGPROB };

/* The derivative of rounding in quantised files: that of the identity, but, by `relu`, 0 where an
 * unsigned type has its zero point at its minimum and the value is clipped there (a Relu that the
 * exporter merged in); by `clip`, 0 where the value is clipped at either end; 0 by `off`. */
enum sx_ste { SX_STE_RELU, SX_STE_IDENTITY, SX_STE_CLIP, SX_STE_OFF };

struct sx_explain_options {
    bool precise;       /* compute in float64 */
    int threads;        /* 0: all allowed processors */
    int64_t batch;      /* model evaluations per run; 0: chosen from memory */
    size_t max_memory;  /* bytes; 0: no limit */
    const char *output; /* explained tensor, any of the file's; NULL: the first output */
    const char *wrt;    /* x, likewise; NULL or "auto": the first input, or the embedding behind
                         * it where it holds ids */
    enum sx_score score;
    bool values_only; /* x may hold integers where there is nothing else: no gradients */
    bool
        margin; /* f by the sum of the other classes: prob, logprob are exact where p is near 1 */
    enum sx_ste ste;
    struct sx_watch *watch; /* NULL: nobody watches */
    const char *target;     /* as --target, see sextant(7); NULL: argmax */
    char *const *labels;
    size_t n_labels;
    const int64_t *keep; /* token ids that are never masked */
    size_t n_keep;
};

/* A model seen as one number f(x) of one tensor x, everything else held fixed. */
struct sx_explainer;

/* The explained number at the current sample. */
struct sx_target {
    const char *output;     /* the tensor's name */
    const char *instead_of; /* the first output, if it holds no real numbers; else NULL */
    int64_t index;          /* flat, within the sample; -1: a sum */
    const char *label;      /* NULL without labels */
    const char *sum;        /* the region, or the file of weights, of a sum; else NULL */
    bool other;             /* the other class of that element, which is a class of two */
    enum sx_score score;    /* raw where the one that was asked for cannot be had */
    double value;           /* f(x) */
    bool straight_through;  /* derivatives of f go straight through some rounding, see sx_ste */
};

/* `model`, and what the options point to, must outlive the explainer. Free with
 * sx_explainer_free, which takes NULL too. */
struct sx_explainer *sx_explainer_new(struct sx_model *model,
                                      const struct sx_explain_options *options,
                                      struct sx_error *error);
void sx_explainer_free(struct sx_explainer *explainer);

/* Makes `feeds` (one per model input, in the model's order) the current sample: builds and
 * compiles for its shapes where they are new, and evaluates it. Status 3 if the model is not
 * supported, 2 if a named tensor or target is not there. */
bool sx_explainer_sample(struct sx_explainer *explainer, const struct sx_tensor *feeds,
                         struct sx_error *error);

/* Makes element `index` of the explained tensor the target at the current sample, unless the target
 * that was asked for is a sum. Status 1 where there is no such element. */
bool sx_explainer_aim(struct sx_explainer *explainer, int64_t index, struct sx_error *error);

/* x at the current sample (owned by the explainer, always SX_DOUBLE), its name, the target, and
 * the model evaluations so far, counted in samples. */
const struct sx_tensor *sx_explainer_input(const struct sx_explainer *explainer);
const char *sx_explainer_input_name(const struct sx_explainer *explainer);
const struct sx_target *sx_explainer_target(const struct sx_explainer *explainer);
void sx_explainer_cost(const struct sx_explainer *explainer, int64_t *forward,
                       int64_t *backward);
/* The ids of the current sample where x is the embedding that was found behind them, else NULL. */
const struct sx_tensor *sx_explainer_ids(const struct sx_explainer *explainer);
/* What has a number in an attribution for each element: the ids, or x. */
const struct sx_tensor *sx_explainer_elements(const struct sx_explainer *explainer);
/* Makes x (its shape that of the current one) the embedding of other ids. */
bool sx_explainer_embed(const struct sx_explainer *explainer, const struct sx_tensor *ids,
                        double *x, struct sx_error *error);
/* Whether decision trees are part of the model: they are steps, and have no gradient. */
bool sx_explainer_has_trees(const struct sx_explainer *explainer);
/* The batch size of the compiled program, 0 before the first run. *alone: batching is impossible,
 * because a tensor already has SX_MAX_RANK axes. */
int64_t sx_explainer_batch(const struct sx_explainer *explainer, bool *alone);

/* Puts smooth functions in place of kinks from the next sample on (--smooth of xderiv(1)); the
 * target stays that of the file. Status 2. *shift is what that does to f at the sample. */
bool sx_explainer_smooth(struct sx_explainer *e, const char *mode, struct sx_error *error);
bool sx_explainer_shift(struct sx_explainer *e, double *shift, struct sx_error *error);
/* The node of the i-th piecewise linear operator between x and f; NULL past the last. */
const char *sx_explainer_kink(const struct sx_explainer *e, int i, const char **op, bool *soft);

/* f and df/dx at `n` points, each shaped like x, one after the other. values [n] and gradients
 * [n, x] may be NULL. */
bool sx_gradients(struct sx_explainer *explainer, int64_t n, const double *points,
                  double *values, double *gradients, struct sx_error *error);

/* Fills `baseline` (x's shape) from a specification: zero, NUMBER, mean (of the background, or
 * per channel of a picture), blur:S, or black and white, which are pictures prepared as `pre`
 * says. Other specifications give status 2. */
bool sx_baseline(const struct sx_explainer *explainer, const char *specification,
                 const struct sx_preprocess *pre, const double *background,
                 int64_t n_background, double *baseline, struct sx_error *error);

struct sx_players; /* groups of elements of x that are present, or masked, together */

/* By "elements", "columns" (the last axis), "tokens[:AXIS]" (else the first after the batch),
 * "pixels", "patches:HxW" of H rows and W columns each, "grid:RxC" of R rows and C columns of
 * patches, or "file:LABELS.npy" (an integer for each element or place of a picture, negative:
 * never masked; they are numbered in order). Status 2 if that does not fit the shape of x. */
struct sx_players *sx_players_new(const struct sx_shape *shape, const char *specification,
                                  enum sx_layout layout, struct sx_error *error);
/* Of x, also "superpixels:N", about N parts that are near and alike. Its "elements" are the
 * tokens where x was found behind ids, without those that are kept. */
struct sx_players *sx_explainer_players(const struct sx_explainer *explainer,
                                        const char *specification, enum sx_layout layout,
                                        struct sx_error *error);
void sx_players_free(struct sx_players *players);
int64_t sx_players_count(const struct sx_players *players);

/* Whether players lie in a plane; rows and columns of patches, 0 where there are none. */
bool sx_players_on_grid(const struct sx_players *players, int64_t *rows, int64_t *columns);

/* Gives each element of `map`, of x's shape, its player's value, 0 where there is none; sums of
 * a map by player; the first element of a player. */
void sx_players_spread(const struct sx_players *players, const double *values, double *map);
void sx_players_sum(const struct sx_players *players, const double *map, double *sums);
int64_t sx_players_first(const struct sx_players *players, int64_t player);

/* A number for each coalition of n players. A coalition is (n + 63) / 64 words; player i is
 * present if bit i % 64 of word i / 64 is set. What was asked for once is remembered. */
struct sx_game;
struct sx_sink;
void sx_game_free(struct sx_game *game);

/* The explained tensor's number: its target element, or how like it is to what it is at x. */
enum sx_likeness { SX_TARGET, SX_DOT, SX_COSINE };

/* The game f(x with absent players as in the baseline), averaged over `n` baselines of x's shape.
 * Explainer, its sample, players and baselines must outlive it. */
struct sx_game *sx_game_model(struct sx_explainer *explainer, const struct sx_players *players,
                              const double *baselines, int64_t n, enum sx_likeness likeness,
                              struct sx_error *error);

/* What absent elements are: as in the baseline, or in each of several; or draws given the present
 * elements, by a Gaussian or a Gaussian copula of a background, or of its nearest rows. */
enum sx_absence {
    SX_ABSENT_BY_BACKGROUND, /* marginal where there is one, else the baseline */
    SX_ABSENT_BASELINE,
    SX_ABSENT_MARGINAL,
    SX_ABSENT_GAUSSIAN,
    SX_ABSENT_COPULA,
    SX_ABSENT_NEAREST
};
struct sx_absent {
    enum sx_absence kind;
    int64_t nearest;       /* rows */
    uint64_t seed, sample; /* randomness is a function of these */
};
/* "baseline", "marginal", "gaussian", "copula" or "nearest:K"; and the reverse. */
bool sx_absent_parse(const char *text, struct sx_absent *absent, struct sx_error *error);
enum { SX_ABSENT_TEXT = 40 };
void sx_absent_name(const struct sx_absent *absent, char text[SX_ABSENT_TEXT]);

/* The game of the mean of f at such draws (gaussian, copula or nearest). Explainer, its sample, players
 * and the n rows of the background must outlive it. */
struct sx_game *sx_game_conditional(struct sx_explainer *explainer,
                                    const struct sx_players *players, const double *background,
                                    int64_t n, const struct sx_absent *absent,
                                    struct sx_error *error);

/* A saved game: an .npy of all 2^n values, or a line {"players":n} and lines
 * {"present":[0,3],"value":1.5} of those that are known. Loading fails with status 1. */
struct sx_game *sx_game_load(const char *path, struct sx_error *error);
bool sx_game_save(const struct sx_game *game, const char *path, struct sx_error *error);

int64_t sx_game_players(const struct sx_game *game);
bool sx_game_plays(const struct sx_game *game, int64_t player); /* can it make a difference? */
int64_t sx_game_evaluations(const struct sx_game *game); /* of different coalitions, so far */
bool sx_game_values(struct sx_game *game, int64_t n, const uint64_t *coalitions, double *values,
                    struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
