/* fit.h - the state of a fit. */
#ifndef SX_METHOD_FLINT_FIT_H
#define SX_METHOD_FLINT_FIT_H

#include "flint/flint.h"

/* Scalars that a step computes: the total, then the terms in the order of sx_flint_epoch. */
#define SX_FLINT_TERMS 7

/* A program for one step over `batch` samples: losses and gradients. */
struct sx_flint_stepper {
    struct sx_flint_net net;
    struct sx_program *program;
    int64_t batch;
    struct sx_tensor *feed, *result;
    int n_feeds, n_results;
    /* Indices of feeds; -1: there is none. The weights of f and g follow `params`. */
    int layers, teacher, x, labels, zero, weight, mask, params;
    int term[SX_FLINT_TERMS]; /* index of each term's result; -1: there is none */
    int f_scores, g_scores, gradients;
};

struct sx_flint_fit {
    struct sx_flint_options options;
    struct sx_flint_data data;
    struct sx_model *model;
    struct sx_flint_predictor source; /* the predictor as given */
    /* the composed file: f with the interpreter and its initial weights */
    struct sx_model *composed;
    struct sx_flint_predictor f; /* the predictor in the composed file */
    struct sx_flint_params params;
    int *trained, n_trained; /* indices in params of the weights that are trained */
    const char **names;      /* names of the trained weights */
    /* per trained weight; value is borrowed from params */
    struct sx_tensor *value, *m, *v, *gradient;

    int64_t *rows, n_rows; /* rows of data.x for training, in the order of the split */
    int64_t *validation, n_validation;
    int64_t *order;                         /* the order of `rows` in this epoch */
    struct sx_flint_stepper step[2];        /* for full batches, and for the short last one */
    struct sx_flint_forward forward, check; /* check: for validation, beginning at f's layers */
    struct sx_flint_cache cache,
        held; /* caches of f on `rows`, and on `validation`; empty without a teacher */
    /* scales of each layer and, last, of x; NULL: not standardised */
    struct sx_flint_scale *scale;
    int64_t classes; /* number of different classes that the model gives; 0: not counted */
    bool *seen;      /* [classes], whether a class was given; NULL: not counted */
    int64_t unseen;  /* validation samples of a class that was not given; -1: not counted */
    struct sx_flint_tally tally;

    /* `at`: steps done in `epoch`; `steps`: steps per epoch; `t`: steps of Adam since its moments
     * were 0. */
    int64_t epoch, at, steps, t;
    /* sums over the steps of this epoch: terms, agreeing samples, samples */
    double sums[SX_FLINT_TERMS + 2];
    struct sx_flint_epoch *history; /* [epochs + 1] */
    char *config, hash[65];

    /* With patience: the best epoch so far, its weights, and the epoch at which the fit ends. */
    int64_t best, last;
    struct sx_tensor *kept;
};

/* ---- step.c ---- */
bool sx_flint_stepper_new(struct sx_flint_stepper *s, const struct sx_flint_fit *fit,
                          int64_t batch, struct sx_error *error);
void sx_flint_stepper_free(struct sx_flint_stepper *s);

/* ---- data.c ---- */
bool sx_flint_split(struct sx_flint_fit *fit, struct sx_error *error);
/* Fills the feeds of a step with the samples order[first ..]. */
bool sx_flint_load(struct sx_flint_fit *fit, struct sx_flint_stepper *s, int64_t first,
                   struct sx_error *error);

/* ---- scan.c ---- */
/* Runs f once on the training samples, if needed: fills the cache, counts the classes, measures the
 * channels. */
bool sx_flint_scan(struct sx_flint_fit *fit, struct sx_error *error);
void sx_flint_scan_free(struct sx_flint_fit *fit);

/* ---- origin.c ---- */
char *sx_flint_origin_text(const struct sx_flint_fit *fit, struct sx_error *error);
/* The names of the columns as a JSON list. */
char *sx_flint_names_text(const struct sx_flint_fit *fit, struct sx_error *error);

/* ---- best.c ---- */
/* sx_flint_best_new allocates the best weights. sx_flint_best_epoch keeps the weights if the epoch
 * is the best, or ends the fit if the patience is over. sx_flint_best_end makes the best weights
 * those of the fit. */
bool sx_flint_best_new(struct sx_flint_fit *fit, struct sx_error *error);
void sx_flint_best_free(struct sx_flint_fit *fit);
void sx_flint_best_epoch(struct sx_flint_fit *fit, int64_t epoch);
void sx_flint_best_end(struct sx_flint_fit *fit);

/* ---- augment.c ---- */
/* Mirrors and shifts x, which is sample `row`, as drawn for this epoch. `room` has the size of x. */
void sx_flint_augment(const struct sx_flint_fit *fit, int64_t row, float *x, float *room);

/* ---- train.c ---- */
int64_t sx_flint_steps(const struct sx_flint_fit *fit); /* steps per epoch */
/* Whether all trained weights are finite. Others are not written. */
bool sx_flint_finite(const struct sx_flint_fit *fit, struct sx_error *error);
/* Computes metrics on rows of a data set with the current weights. Adds to *unseen, unless that is
 * NULL, the number of samples whose class no training sample has. */
bool sx_flint_measure(struct sx_flint_fit *fit, struct sx_dataset *x, const int64_t *y,
                      const int64_t *rows, int64_t n, struct sx_flint_metrics *metrics,
                      int64_t *unseen, struct sx_error *error);

#endif
