/* fit.h - a fit in progress, as its files see it. */
#ifndef SX_METHOD_FLINT_FIT_H
#define SX_METHOD_FLINT_FIT_H

#include "flint/flint.h"

/* The scalars that a step gives: total, then the terms in the order of sx_flint_epoch. */
#define SX_FLINT_TERMS 7

/* One step over `batch` samples as a program: losses and gradients. */
struct sx_flint_stepper {
    struct sx_flint_net net;
    struct sx_program *program;
    int64_t batch;
    struct sx_tensor *feed, *result;
    int n_feeds, n_results;
    /* Which feeds hold what; -1: not there. The weights of f and g follow `params`. */
    int layers, teacher, x, labels, zero, weight, mask, params;
    int term[SX_FLINT_TERMS]; /* results, -1: not there */
    int f_scores, g_scores, gradients;
};

struct sx_flint_fit {
    struct sx_flint_options options;
    struct sx_flint_data data;
    struct sx_model *model;
    struct sx_flint_predictor source; /* of f as given */
    struct sx_model *composed;        /* f with the interpreter as drawn */
    struct sx_flint_predictor f;      /* of the composed file */
    struct sx_flint_params params;
    int *trained, n_trained;                    /* of params */
    const char **names;                         /* of the trained ones */
    struct sx_tensor *value, *m, *v, *gradient; /* value: borrowed from params */

    int64_t *rows, n_rows; /* of data.x: to train on, in the order of the split */
    int64_t *validation, n_validation;
    int64_t *order;                         /* of rows, in this epoch */
    struct sx_flint_stepper step[2];        /* full batches, and the short last one */
    struct sx_flint_forward forward, check; /* check: of the validation, from f's layers on */
    struct sx_flint_cache cache,
        held;                     /* of `rows`, and of `validation`; without teacher: none */
    struct sx_flint_scale *scale; /* of each layer and, last, of x; NULL: as they are */
    int64_t classes;              /* different ones that the model gives; 0: not counted */
    bool *seen;                   /* which; NULL: not counted */
    int64_t
        unseen; /* samples of the validation whose class is none of these; -1: not counted */
    struct sx_flint_tally tally;

    /* `at` steps of `epoch` are done; `t` steps of Adam are done since its moments were 0. */
    int64_t epoch, at, steps, t;
    double sums[SX_FLINT_TERMS + 2]; /* terms, agreeing samples, samples */
    struct sx_flint_epoch *history;  /* [epochs + 1] */
    char *config, hash[65];

    /* With patience: the epoch of the best validation so far, its weights, and the epoch at which
     * it ends. */
    int64_t best, last;
    struct sx_tensor *kept;
};

/* ---- step.c ---- */
bool sx_flint_stepper_new(struct sx_flint_stepper *s, const struct sx_flint_fit *fit,
                          int64_t batch, struct sx_error *error);
void sx_flint_stepper_free(struct sx_flint_stepper *s);

/* ---- data.c ---- */
bool sx_flint_split(struct sx_flint_fit *fit, struct sx_error *error);
/* Puts the samples order[first ..] into the feeds of a step. */
bool sx_flint_load(struct sx_flint_fit *fit, struct sx_flint_stepper *s, int64_t first,
                   struct sx_error *error);

/* ---- scan.c ---- */
/* Runs f on the training samples once, if anything of the following is wanted: fills the cache, counts
 * the classes, measures the channels. */
bool sx_flint_scan(struct sx_flint_fit *fit, struct sx_error *error);
void sx_flint_scan_free(struct sx_flint_fit *fit);

/* ---- origin.c ---- */
char *sx_flint_origin_text(const struct sx_flint_fit *fit, struct sx_error *error);
/* The names of the columns, as a JSON list. */
char *sx_flint_names_text(const struct sx_flint_fit *fit, struct sx_error *error);

/* ---- best.c ---- */
/* new: makes room for the best weights. epoch: keeps the weights if the epoch is the best, or ends the
 * fit if its patience is over. end: the best weights become those of the fit. */
bool sx_flint_best_new(struct sx_flint_fit *fit, struct sx_error *error);
void sx_flint_best_free(struct sx_flint_fit *fit);
void sx_flint_best_epoch(struct sx_flint_fit *fit, int64_t epoch);
void sx_flint_best_end(struct sx_flint_fit *fit);

/* ---- augment.c ---- */
/* Mirrors and moves x, which is sample `row`, as drawn for this epoch. `room` has the size of x. */
void sx_flint_augment(const struct sx_flint_fit *fit, int64_t row, float *x, float *room);

/* ---- train.c ---- */
int64_t sx_flint_steps(const struct sx_flint_fit *fit); /* of an epoch */
/* Whether all trained weights are finite: only such are written. */
bool sx_flint_finite(const struct sx_flint_fit *fit, struct sx_error *error);
/* Metrics on rows of a data set with the weights as they are now; adds to *unseen, unless NULL,
 * how many have classes that no training sample has. */
bool sx_flint_measure(struct sx_flint_fit *fit, struct sx_dataset *x, const int64_t *y,
                      const int64_t *rows, int64_t n, struct sx_flint_metrics *metrics,
                      int64_t *unseen, struct sx_error *error);

#endif
