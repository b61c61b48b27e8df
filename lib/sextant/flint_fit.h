/* sextant/flint_fit.h - FLINT: an interpreter is learned together with a model, or after it.
 *
 * f is the model, g its interpreter. Psi computes attributes phi(x) from layers of f, h computes
 * class scores from them, and the decoder d reconstructs x from them (Parekh et al., NeurIPS 2021,
 * section 3). */
#ifndef SEXTANT_FLINT_FIT_H
#define SEXTANT_FLINT_FIT_H

#include "sextant/flint.h"
#include "sextant/input.h"
#include "sextant/model.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value that changes with the epochs, which count from 1: 0 before epoch[0], and value[k] from
 * epoch[k] on. */
#define SX_STAGES 8
struct sx_schedule {
    int n;
    int64_t epoch[SX_STAGES];
    double value[SX_STAGES];
};
/* Reads "W", "W@E" or "W@E,W@E...". False if the text is none of these. */
bool sx_schedule_parse(struct sx_schedule *schedule, const char *text);

enum sx_flint_recipe {
    SX_FLINT_AUTO,      /* one rule for all data: see flint-fit(1) */
    SX_FLINT_MNIST,     /* the authors' settings for MNIST */
    SX_FLINT_QUICKDRAW, /* the authors' settings for QuickDraw */
    SX_FLINT_CIFAR10,   /* the authors' settings for CIFAR-10 */
    SX_FLINT_SMALL,     /* settings for pictures of 8 x 8 */
    SX_FLINT_AS_SAID,   /* no recipe: every setting is the caller's */
};
/* The last activation of Psi. */
enum sx_flint_phi {
    SX_FLINT_PHI_BY_RECIPE,
    SX_FLINT_LEAKY, /* LeakyRelu of slope 0.01 */
    SX_FLINT_RELU,
};
/* The input fidelity, which compares x with its reconstruction. */
enum sx_flint_input {
    SX_FLINT_BY_RECIPE,
    SX_FLINT_MSE,  /* the mean of squares */
    SX_FLINT_L1,   /* the mean of absolute values */
    SX_FLINT_NONE, /* no such term, and no decoder */
};
/* Whether Psi and d see values standardised by the data's mean and deviation. */
enum sx_flint_scaling { SX_FLINT_SCALING_BY_RECIPE, SX_FLINT_DATA, SX_FLINT_UNSCALED };

/* A count, a schedule or a choice that is 0 is decided by the recipe. */
struct sx_flint_options {
    enum sx_flint_recipe recipe;

    /* The tensors of the file that feed Psi: layers[0 .. n_layers), or else the names in the text
     * layer_names, "A,B". Both may be missing: then the rule of flint-fit(1) finds layers. */
    const char *const *layers;
    int n_layers;
    const char *layer_names;
    /* The tensor that holds the class scores before the softmax, or the class probabilities. Both
     * NULL: the first output. */
    const char *logits, *probs;

    int64_t attributes;        /* J, the number of attributes */
    int64_t psi_maps;          /* feature maps of Psi */
    int64_t pool;              /* the maps of Psi are pooled to pool x pool */
    int64_t decoder_maps[2];   /* feature maps of the decoder's two layers */
    enum sx_flint_phi phi;     /* the last activation of Psi */
    enum sx_flint_input input; /* the input fidelity */
    enum sx_flint_scaling scaling;

    bool joint;  /* the weights of f are learned too */
    bool reinit; /* joint: f starts from new weights */
    bool of_g; /* output fidelity is -sum g log f, as printed in the paper; else -sum f log g */
    bool freeze_psi; /* ablation: only h learns, and only from the output fidelity */
    bool no_decoder; /* no reconstruction; `input` has to be SX_FLINT_NONE */
    bool drop_last;  /* an epoch omits a last batch that is not full */
    bool keep_last;  /* an epoch does not omit it, whatever the recipe says */

    /* Weights of the terms of the loss: beta of the output fidelity, gamma of the input fidelity,
     * delta of the entropies. The l1 norm of phi has the weight eta * (last value of delta). */
    struct sx_schedule beta, gamma, delta, eta;
    struct sx_schedule lr;    /* the learning rate of Adam */
    struct sx_schedule lr_at; /* further stages, added to lr */

    int64_t epochs;
    int64_t batch; /* samples of a step */
    int64_t
        patience;  /* the fit ends after so many epochs without a better validation; 0: never */
    bool flip;     /* pictures are mirrored at random */
    int64_t shift; /* pictures are moved at random by up to so many pixels */
    double h_dropout;  /* share of the attributes that h does not see in a step */
    double validation; /* share of the samples that is held back */
    uint64_t seed;
    int threads;
    size_t max_memory; /* bytes that the fit may take; 0: no limit */
    size_t cache;      /* bytes for a cache of f's layers on the training samples */
};

/* The table of these options, except layers, batch, seed and the limits of a run. */
extern const struct sx_options sx_flint_table;
struct sx_flint_options sx_flint_defaults(void);
/* Sets everything except layers and tensors to a recipe of the authors, or to "small". Status 2:
 * unknown recipe. */
bool sx_flint_recipe(struct sx_flint_options *options, const char *name,
                     struct sx_error *error);

/* Means of the terms of the loss over an epoch, or over its steps so far. */
struct sx_flint_epoch {
    double total;                 /* the weighted sum of the terms */
    double pred;                  /* cross-entropy of f with the labels; joint fits */
    double of;                    /* output fidelity */
    double input;                 /* input fidelity */
    double ent_sample, ent_batch; /* entropy of a sample's attributes, and of their mean */
    double l1;                    /* mean of |phi| */
    double fidelity;              /* share of the samples where f and g give one class */
    struct sx_flint_metrics validation; /* after the epoch; samples is 0 without a validation */
};

struct sx_flint_data {
    struct sx_dataset *x;
    struct sx_dataset *validation_x; /* NULL: options->validation of x is held back */
    const int64_t *y;                /* [samples of x], the labels; NULL: none */
    const int64_t *validation_y;     /* [samples of validation_x]; NULL: none */
    /* [samples of x]: samples of one group are held back together. NULL: each sample alone. */
    const int64_t *group;
    /* A description of the samples; the fit adds what it measures. NULL: nothing is known. */
    const struct sx_flint_origin *origin;
};

struct sx_flint_progress {
    int64_t epoch;             /* the epoch of the step just done */
    int64_t step;              /* the step just done, counted from 1 */
    int64_t steps;             /* number of steps in an epoch */
    struct sx_flint_epoch now; /* means over the steps of this epoch so far */
    bool epoch_end; /* the step was the last of its epoch, and `now` has its validation */
};

/* A fit. The model, the data and the strings in the options must outlive it. */
struct sx_flint_fit *sx_flint_fit_new(struct sx_model *model,
                                      const struct sx_flint_options *options,
                                      const struct sx_flint_data *data, struct sx_error *error);
void sx_flint_fit_free(struct sx_flint_fit *fit);

/* Whether the fit has ended. */
bool sx_flint_fit_done(const struct sx_flint_fit *fit);
/* Does one step. After the last step of an epoch, also computes the validation. Status 1: the loss
 * is not finite. */
bool sx_flint_fit_step(struct sx_flint_fit *fit, struct sx_flint_progress *progress,
                       struct sx_error *error);

/* The terms of epoch `i`, counted from 1. Epoch 0 has the validation before the first step. NULL if
 * the epoch is not done. */
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
/* Number of validation samples whose class, as the model predicts it, no training sample has; -1:
 * not counted. */
int64_t sx_flint_fit_unseen(const struct sx_flint_fit *fit);
/* The settings of the fit, completed by its recipe and its data. */
const struct sx_flint_options *sx_flint_fit_options(const struct sx_flint_fit *fit);

/* Writes a checkpoint. */
bool sx_flint_fit_save(struct sx_flint_fit *fit, const char *path, struct sx_error *error);
/* Resumes from a checkpoint. The result has the same bytes as without the interruption. Status 2:
 * the checkpoint is of other options, data or model. */
bool sx_flint_fit_resume(struct sx_flint_fit *fit, const char *path, struct sx_error *error);

/* Writes f with the interpreter, as one ONNX file. */
bool sx_flint_fit_write(struct sx_flint_fit *fit, struct sx_sink *sink, struct sx_error *error);
/* Writes f's file with its learned weights and no other change. */
bool sx_flint_fit_write_model(struct sx_flint_fit *fit, struct sx_sink *sink,
                              struct sx_error *error);

/* Puts the terms of an epoch into the open object. `joint`: "pred" is one of them. */
void sx_put_terms(struct sx_result *result, const struct sx_flint_epoch *epoch, bool joint);
/* Puts the keys of a fit's record from "params" on. `test`: metrics of other samples; NULL: none. */
void sx_put_flint_fit(struct sx_result *result, const struct sx_flint_fit *fit,
                      const struct sx_flint_metrics *test);

#ifdef __cplusplus
}
#endif

#endif
