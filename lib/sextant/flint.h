/* sextant/flint.h - FLINT: a predictor and its interpreter. */
#ifndef SEXTANT_FLINT_H
#define SEXTANT_FLINT_H

#include "sextant/input.h"
#include "sextant/model.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value that changes with the epochs: value[k] from epoch[k] on. Epochs count from 1; 0 before. */
#define SX_STAGES 8
struct sx_schedule {
    int n;
    int64_t epoch[SX_STAGES];
    double value[SX_STAGES];
};
/* Reads "W", "W@E" or "W@E,W@E..". False for another text. */
bool sx_schedule_parse(struct sx_schedule *schedule, const char *text);

/* In sx_flint_options, 0 leaves a setting to the recipe; in shares, -1 does. */
enum sx_flint_recipe {
    SX_FLINT_AUTO,  /* one rule for all data: see flint-fit(1) */
    SX_FLINT_MNIST, /* the authors' settings for these data */
    SX_FLINT_QUICKDRAW,
    SX_FLINT_CIFAR10,
    SX_FLINT_SMALL,   /* pictures of 8 x 8 */
    SX_FLINT_AS_SAID, /* none: every setting is the caller's */
};
enum sx_flint_phi { SX_FLINT_PHI_BY_RECIPE, SX_FLINT_LEAKY, SX_FLINT_RELU };
enum sx_flint_input { SX_FLINT_BY_RECIPE, SX_FLINT_MSE, SX_FLINT_L1, SX_FLINT_NONE };
enum sx_flint_scaling { SX_FLINT_SCALING_BY_RECIPE, SX_FLINT_DATA, SX_FLINT_UNSCALED };

struct sx_flint_options {
    enum sx_flint_recipe recipe;
    const char *const *layers; /* tensors of the file; none: layer_names */
    int n_layers;
    const char *layer_names;    /* the same as "A,B"; NULL: found, see flint-fit(1) */
    const char *logits, *probs; /* tensor that holds class scores; NULL: the first output */
    int64_t attributes, psi_maps, pool, decoder_maps[2];
    enum sx_flint_phi phi;         /* how attributes end: LeakyReLU(0.01) or ReLU */
    enum sx_flint_input input;     /* the error of a reconstruction */
    enum sx_flint_scaling scaling; /* whether Psi and d see standardised values */
    bool joint, reinit;            /* train f too; from new weights */
    bool of_g;                     /* weight log f by g, as printed, rather than f teaching g */
    bool freeze_psi;               /* the control: only h learns, from f alone */
    bool no_decoder, drop_last, keep_last;
    struct sx_schedule beta, gamma, delta, eta; /* eta counts times delta's last stage */
    struct sx_schedule lr, lr_at;               /* lr_at: stages after the first of lr */
    int64_t epochs, batch;
    int64_t patience; /* epochs without a better validation after which it ends; 0: none */
    bool flip;        /* pictures are mirrored at random, and moved by up to `shift` pixels */
    int64_t shift;
    double h_dropout, validation; /* share of the samples that is held back */
    uint64_t seed;
    int threads;
    size_t max_memory, cache; /* bytes; the latter for what f gives on the training samples */
};
/* The rows of these options, but for layers, batch, seed and what bounds the run; the defaults. */
extern const struct sx_options sx_flint_table;
struct sx_flint_options sx_flint_defaults(void);
/* Sets everything but layers and tensors to a recipe of the authors, or to "small". Status 2. */
bool sx_flint_recipe(struct sx_flint_options *options, const char *name,
                     struct sx_error *error);

/* How well an interpreter does, as flint-global(1) says; counts, too, are doubles. Accuracies are
 * NaN without labels, fidelity_top5 (f's class is among g's five) with five classes or fewer.
 * Conciseness is for each of sx_taus. An attribute is live, or used, if it is over
 * 1e-6 in more than 0.1 % of the samples. */
#define SX_TAUS 6
extern const double sx_taus[SX_TAUS];
struct sx_flint_metrics {
    double samples, acc_f, acc_g, fidelity, recon, variance, of, gap, ent_sample, ent_batch, l1;
    double live, used, fidelity_top5, conciseness[SX_TAUS];
};
/* Means of the terms over an epoch, and of the epoch so far. */
struct sx_flint_epoch {
    double total, pred, of, input, ent_sample, ent_batch, l1, fidelity;
    struct sx_flint_metrics validation; /* samples 0: none */
};
/* What the samples of a fit were. It is kept in the fitted file, so that others are made alike. */
struct sx_flint_origin {
    bool prepared; /* pictures, or integers as pixels, by `pre` */
    struct sx_preprocess pre;
    const char *const *labels, *const *names; /* of classes; of the columns of a table */
    int64_t n_labels, n_names;                /* 0: none */
    /* Measured by the fit, [channels]: element i of a sample is of channel i / plane % channels. */
    int64_t channels, plane; /* 0: not measured */
    const double *mean, *sd, *low, *high;
};
struct sx_flint_data {
    struct sx_dataset *x, *validation_x; /* the latter NULL: options->validation of x */
    const int64_t *y, *validation_y;     /* NULL: no labels */
    const int64_t
        *group; /* of x: who belongs together is held back together; NULL: each alone */
    const struct sx_flint_origin *origin; /* all but what is measured; NULL: nothing is known */
};
struct sx_flint_progress {
    int64_t epoch, step, steps; /* the step just done, from 1, of an epoch */
    struct sx_flint_epoch now;
    bool epoch_end;
};

/* A fit. Model, options' strings and data must outlive it. Jointly f's initializers are learned,
 * too (see flint-fit(1)). */
struct sx_flint_fit *sx_flint_fit_new(struct sx_model *model,
                                      const struct sx_flint_options *options,
                                      const struct sx_flint_data *data, struct sx_error *error);
void sx_flint_fit_free(struct sx_flint_fit *fit);

/* Whether the fit has ended. */
bool sx_flint_fit_done(const struct sx_flint_fit *fit);
/* Does one step, and after the last of an epoch the validation. Status 1: the loss is not finite. */
bool sx_flint_fit_step(struct sx_flint_fit *fit, struct sx_flint_progress *progress,
                       struct sx_error *error);

/* Epoch `i`, counted from 1; epoch 0 holds the validation before the first. NULL for an epoch that is
 * not done. */
const struct sx_flint_epoch *sx_flint_fit_epoch(const struct sx_flint_fit *fit, int64_t i);

/* The name of the i-th weight of f that is learned; NULL after the last. */
const char *sx_flint_fit_weight(const struct sx_flint_fit *fit, size_t i);

/* The name of the i-th layer of f that feeds the attributes; NULL after the last. */
const char *sx_flint_fit_layer(const struct sx_flint_fit *fit, int i);

/* The metrics of the fit on other samples. `y` NULL: no labels. */
bool sx_flint_fit_measure(struct sx_flint_fit *fit, struct sx_dataset *x, const int64_t *y,
                          struct sx_flint_metrics *metrics, struct sx_error *error);

/* The epoch whose weights are kept: the last, or with patience the best. */
int64_t sx_flint_fit_kept(const struct sx_flint_fit *fit);
/* Samples of the validation whose class, for the model, no training sample has; -1: not counted. */
int64_t sx_flint_fit_unseen(const struct sx_flint_fit *fit);

/* The settings of the fit, with what its recipe and its data decided. */
const struct sx_flint_options *sx_flint_fit_options(const struct sx_flint_fit *fit);

/* Writes a checkpoint, or goes on from one: to the same bytes as without the break. Status 2 if
 * it is of other options, data or model. */
bool sx_flint_fit_save(struct sx_flint_fit *fit, const char *path, struct sx_error *error);
bool sx_flint_fit_resume(struct sx_flint_fit *fit, const char *path, struct sx_error *error);

/* Writes f with the interpreter; or f's file with its learned weights and no other change. */
bool sx_flint_fit_write(struct sx_flint_fit *fit, struct sx_sink *sink, struct sx_error *error);
bool sx_flint_fit_write_model(struct sx_flint_fit *fit, struct sx_sink *sink,
                              struct sx_error *error);

/* A fitted file, as sx_flint_fit_write makes them. `model` must outlive it. */
struct sx_flint *sx_flint_open(struct sx_model *model, bool precise, int threads,
                               size_t max_memory, struct sx_error *error);
void sx_flint_free(struct sx_flint *flint);
int64_t sx_flint_classes(const struct sx_flint *flint);
int64_t sx_flint_attributes(const struct sx_flint *flint);

/* What the samples of its fit were; nothing is said in files of earlier versions. */
const struct sx_flint_origin *sx_flint_origin(const struct sx_flint *flint);

/* What g says of one sample x (SX_FLOAT); arrays are [attributes], until the next call. */
struct sx_flint_explanation {
    int64_t f_class, g_class;
    double f_prob, g_score; /* of their classes: a probability, and what g's softmax takes */
    const double *phi, *contribution, *relevance;
};
bool sx_flint_explain(struct sx_flint *flint, const struct sx_tensor *x,
                      struct sx_flint_explanation *explanation, struct sx_error *error);

/* What g says of a data set: `subset` of its samples drawn by `seed`, 0: all. Relevances are
 * means over the samples that g puts into a class (and rightly, if correct_only). */
struct sx_flint_survey {
    int64_t subset;
    uint64_t seed;
    bool correct_only;
    int64_t *count;    /* [classes] */
    double *relevance; /* [classes, attributes]; NaN for a class without samples */
    struct sx_flint_metrics metrics;
    int64_t *disagree, n_disagree; /* samples whose classes differ */
};
/* Fills in the results, to be freed by sx_flint_survey_free. */
bool sx_flint_survey(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                     struct sx_flint_survey *survey, struct sx_error *error);
void sx_flint_survey_free(struct sx_flint_survey *survey);

/* A class and an attribute, its relevance, and the n samples that activate it most, with phi. */
struct sx_flint_pair {
    int64_t of_class, attribute, n, *row;
    double r, *phi;
};
/* Pairs over 1 / tau of a survey, at most so many of a class (0: all); freed with their samples. */
struct sx_flint_pair *sx_flint_best_pairs(const struct sx_flint *flint,
                                          const struct sx_flint_survey *survey, double tau,
                                          int64_t most, int64_t *n, struct sx_error *error);
void sx_flint_pairs_free(struct sx_flint_pair *pairs, int64_t n);
/* Finds the `wanted` top samples of each pair among those of the survey; by f's class without y. */
bool sx_flint_top(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                  const struct sx_flint_survey *survey, struct sx_flint_pair *pairs, int64_t n,
                  int64_t wanted, struct sx_error *error);

/* Activation maximisation: gradient ascent (Adam) from dim * z on
 *     gain * phi - bound * B(z) - tv * total_variation(z).
 * B is the mean of |z| where z is out of low .. high. z is the sample in units of the inputs' spread,
 * as far as the file tells it: x / (high - low) of a picture. Of a table each column goes from -1 to 1
 * within its range, which is not left. Else z is x. There are `rounds` rounds of `steps`
 * steps; each round halves `rate`. `jitter` shifts pictures at random. `trace` is NULL, or takes the
 * objective of every step: [rounds * steps, n]. */
struct sx_flint_am {
    double dim, gain, tv, bound, low, high, rate; /* low .. high in units of x */
    int64_t rounds, steps, jitter;
    bool
        ranged; /* low .. high is given; else it becomes that of the fit, where that is known */
    bool clamp; /* stay in the range */
    uint64_t seed;
    double *trace;
};
/* phi of the sample, dimmed, at the end; the range there; the dimming: less if phi were not > 0. */
struct sx_flint_climbed {
    double sample, start, end, low, high, dim;
};
/* The authors' settings for digits. Changes n samples of x, each for one attribute. */
void sx_flint_am_default(struct sx_flint_am *am);
bool sx_flint_maximise(struct sx_flint *flint, struct sx_flint_am *am,
                       const struct sx_shape *sample, int64_t n, const int64_t *attribute,
                       float *x, struct sx_flint_climbed *result, struct sx_error *error);

/* What is asked of a fitted file, by the tools. */
#define SX_FLINT_MOST_ASKED 256
struct sx_flint_look {
    double tau;       /* relevant is what is over 1 / tau */
    int64_t top, mas; /* attributes at most, 0: all; samples of a pair */
    int64_t subset;   /* samples that are drawn; 0: all */
    bool correct_only, with_am;
    struct sx_flint_am am;
    struct sx_flint_pair asked[SX_FLINT_MOST_ASKED];
    int64_t n_asked;
};
extern const struct sx_options sx_flint_explain_table, sx_flint_global_table,
    sx_flint_show_table;
extern const struct sx_options sx_flint_am_table; /* rows of struct sx_flint_am */
struct sx_flint_look sx_flint_look_default(void);

/* Pairs, those that are asked for or the best, with their samples one after the other, changed where
 * that is asked for. Freed with sx_flint_shown_free. */
struct sx_flint_shown {
    struct sx_flint_pair *pair;
    int64_t n_pairs, n; /* samples in all */
    struct sx_shape sample;
    int64_t *row, *attribute; /* of each sample */
    float *x, *changed;       /* [n, sample] */
    struct sx_flint_climbed *climbed;
    bool with_am;
    struct sx_flint_am am; /* as it was used */
};
bool sx_flint_show(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                   const struct sx_flint_survey *survey, const struct sx_flint_look *look,
                   struct sx_flint_shown *shown, struct sx_error *error);
void sx_flint_shown_free(struct sx_flint_shown *shown);

/* Orders n attributes by relevance, the largest first; returns how many are over 1 / tau. */
int64_t sx_flint_rank(const double *relevance, int64_t n, double tau, int64_t *order);

/* ---- Records ---- */

/* Puts the metrics into the open object; those that do not apply are null. */
void sx_put_metrics(struct sx_result *result, const struct sx_flint_metrics *metrics);
/* Puts the metrics as an object, or null if nothing was measured. */
void sx_put_measured(struct sx_result *result, const char *key,
                     const struct sx_flint_metrics *metrics);
/* The keys of the terms of an epoch, likewise; of a whole fit, after those of every record. */
void sx_put_terms(struct sx_result *result, const struct sx_flint_epoch *epoch, bool joint);
void sx_put_flint_fit(struct sx_result *result, const struct sx_flint_fit *fit,
                      const struct sx_flint_metrics *test);

/* A sample, what is said of it, and which attributes count: the first `relevant` of `order`. */
struct sx_flint_explained {
    const struct sx_tensor *x;
    struct sx_flint_explanation of;
    int64_t attributes, relevant;
    const int64_t *order;
    double tau;
};
/* The keys of a record after "params", and how it is seen. Names of classes and columns are those of
 * `origin`. */
void sx_put_flint_explanation(struct sx_result *result, const struct sx_flint_origin *origin,
                              const struct sx_flint_explained *explained);
void sx_put_flint_survey(struct sx_result *result, const struct sx_flint *flint,
                         const struct sx_flint_origin *origin,
                         const struct sx_flint_survey *survey, double tau);
void sx_put_flint_shown(struct sx_result *result, const struct sx_flint_origin *origin,
                        const struct sx_flint_shown *shown);
extern const struct sx_view sx_flint_explanation_view, sx_flint_survey_view,
    sx_flint_shown_view;

#ifdef __cplusplus
}
#endif

#endif
