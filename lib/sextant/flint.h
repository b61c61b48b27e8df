/* sextant/flint.h - FLINT: explanations by a fitted interpreter.
 *
 * f is the model. g is its interpreter: it computes attributes phi(x), and class scores that are
 * linear in them (Parekh et al., NeurIPS 2021, section 3). sextant/flint_fit.h makes fitted files. */
#ifndef SEXTANT_FLINT_H
#define SEXTANT_FLINT_H

#include "sextant/input.h"
#include "sextant/model.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Shared by fits and fitted files ---- */

/* The thresholds tau of the conciseness. */
#define SX_TAUS 6
extern const double sx_taus[SX_TAUS];

/* The quality of an interpreter; flint-global(1) has the definitions. Measures that do not apply
 * are NaN. */
struct sx_flint_metrics {
    double samples;
    double acc_f, acc_g;    /* accuracies; NaN without labels */
    double fidelity;        /* share of the samples where f and g give one class */
    double recon, variance; /* mean squared error of the reconstruction, and variance of x */
    double of;              /* output fidelity */
    double gap;             /* `of` minus its lower bound, the entropy of f */
    double ent_sample, ent_batch; /* entropy of a sample's attributes, and of their mean */
    double l1;                    /* mean of |phi| */
    double live, used; /* attributes that exceed 1e-6 in more than 0.1 % of the samples */
    /* share of samples where f's class is among g's first five; NaN for <= 5 classes */
    double fidelity_top5;
    double conciseness[SX_TAUS]; /* mean number of attributes with r > 1 / sx_taus[i] */
};

/* A description of the samples of a fit. The fitted file keeps it, so that other samples are
 * prepared in the same way. */
struct sx_flint_origin {
    bool prepared;             /* the samples were pictures, or integers read as pixels */
    struct sx_preprocess pre;  /* how they were prepared */
    const char *const *labels; /* [n_labels], of classes */
    const char *const *names;  /* [n_names], of the columns of a table */
    int64_t n_labels, n_names; /* 0: none */
    int64_t channels, plane;   /* element i is of channel i / plane % channels; 0: unknown */
    const double *mean, *sd, *low, *high; /* [channels], measured by the fit */
};

/* ---- Fitted files ---- */

/* Opens a fitted file, made by sx_flint_fit_write. `model`, and the watch of `options`, must
 * outlive it. NULL `options` are the defaults; their `output` is ignored. */
struct sx_flint *sx_flint_open(struct sx_model *model, const struct sx_infer_options *options,
                               struct sx_error *error);
void sx_flint_free(struct sx_flint *flint);
int64_t sx_flint_classes(const struct sx_flint *flint);
int64_t sx_flint_attributes(const struct sx_flint *flint);
/* The samples of its fit. Fields are empty in files of versions that did not write them. */
const struct sx_flint_origin *sx_flint_origin(const struct sx_flint *flint);

/* ---- One sample ---- */

/* The explanation of one sample. Arrays are [attributes], and are valid until the next call. */
struct sx_flint_explanation {
    int64_t f_class, g_class;
    double f_prob;  /* f's probability of f_class */
    double g_score; /* g's score of g_class, before the softmax */
    const double *phi;
    const double *contribution; /* phi_j times its weight for g_class */
    const double *relevance;    /* contribution_j / max_k |contribution_k| */
};
/* Explains g's class of the sample x (SX_FLOAT). */
bool sx_flint_explain(struct sx_flint *flint, const struct sx_tensor *x,
                      struct sx_flint_explanation *explanation, struct sx_error *error);

/* Orders n attributes by relevance, the largest first; returns how many are over 1 / tau. */
int64_t sx_flint_rank(const double *relevance, int64_t n, double tau, int64_t *order);

/* ---- A data set ---- */

struct sx_flint_survey {
    int64_t subset; /* samples that are drawn; 0: all */
    uint64_t seed;  /* seed of that draw */
    /* relevances are averaged only over samples that g classifies as labelled */
    bool correct_only;

    /* Results: */
    int64_t *count; /* [classes], number of samples in the averages, by g's class */
    /* [classes, attributes], mean relevances; NaN for a class without samples */
    double *relevance;
    struct sx_flint_metrics metrics;
    int64_t *disagree; /* [n_disagree], samples where f and g give different classes */
    int64_t n_disagree;
};
/* Computes the results, which sx_flint_survey_free frees. `y` are the labels; NULL: none. */
bool sx_flint_survey(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                     struct sx_flint_survey *survey, struct sx_error *error);
void sx_flint_survey_free(struct sx_flint_survey *survey);

/* An attribute of a class, and the samples that show it. */
struct sx_flint_pair {
    int64_t of_class, attribute;
    double r;     /* the relevance */
    int64_t n;    /* number of samples found */
    int64_t *row; /* [n], the samples that activate the attribute most */
    double *phi;  /* [n], phi of the attribute at these samples */
};
/* The pairs of a survey whose relevance is over 1 / tau, at most `most` per class (0: all). Free
 * them, with their samples, by sx_flint_pairs_free. */
struct sx_flint_pair *sx_flint_best_pairs(const struct sx_flint *flint,
                                          const struct sx_flint_survey *survey, double tau,
                                          int64_t most, int64_t *n, struct sx_error *error);
void sx_flint_pairs_free(struct sx_flint_pair *pairs, int64_t n);
/* Finds for each pair the `wanted` samples of its class that activate its attribute most.
 * Candidates are the samples of the survey. Their class is their label in y, or f's class if y is
 * NULL. */
bool sx_flint_top(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                  const struct sx_flint_survey *survey, struct sx_flint_pair *pairs, int64_t n,
                  int64_t wanted, struct sx_error *error);

/* ---- Activation maximisation ---- */

/* Gradient ascent (Adam) from dim * z on
 *     gain * phi - bound * B(z) - tv * total_variation(z).
 * B is the mean of |z| over the elements outside low .. high. z is x in units of the spread of the
 * inputs, if the file tells it: for a picture z = x / (high - low). For a table each column is
 * scaled from its range to -1 .. 1, and z does not leave that range. If the spread is unknown, z =
 * x. */
struct sx_flint_am {
    double dim, gain, tv, bound;
    double low, high;      /* in units of x */
    double rate;           /* the step size of the first round; each round halves it */
    int64_t rounds, steps; /* number of rounds, and of steps in each round */
    int64_t jitter;        /* pictures are shifted at random by up to so many pixels */
    bool ranged; /* low .. high is given; else the range of the fit is used, if it is known */
    bool clamp;  /* stay in the range */
    uint64_t seed;
    double *trace; /* [rounds * steps, n], the objective of every step; or NULL */
};
struct sx_flint_climbed {
    double sample, start, end; /* phi of the sample, of the dimmed sample, and of the result */
    double low, high;          /* the range of x in the result */
    double dim;                /* the dimming; weaker than asked for if phi would not be > 0 */
};
/* The authors' settings for digits. */
void sx_flint_am_default(struct sx_flint_am *am);
/* Maximises n samples in place: sample s of x for attribute[s]. */
bool sx_flint_maximise(struct sx_flint *flint, struct sx_flint_am *am,
                       const struct sx_shape *sample, int64_t n, const int64_t *attribute,
                       float *x, struct sx_flint_climbed *result, struct sx_error *error);

/* ---- Options of the tools that show a fitted file ---- */

#define SX_FLINT_MOST_ASKED 256
struct sx_flint_look {
    double tau;        /* an attribute is relevant over 1 / tau */
    int64_t top;       /* at most so many attributes of a class or sample; 0: all */
    int64_t mas;       /* samples shown per pair */
    int64_t subset;    /* samples that are drawn; 0: all */
    bool correct_only; /* as in sx_flint_survey */
    bool with_am;      /* maximise the samples of pairs, as `am` says */
    struct sx_flint_am am;
    struct sx_flint_pair asked[SX_FLINT_MOST_ASKED]; /* pairs that are asked for */
    int64_t n_asked;                                 /* 0: the best ones */
};
extern const struct sx_options sx_flint_explain_table, sx_flint_global_table,
    sx_flint_show_table;
extern const struct sx_options sx_flint_am_table; /* rows of struct sx_flint_am */
struct sx_flint_look sx_flint_look_default(void);

/* Pairs with their samples, one after the other. */
struct sx_flint_shown {
    struct sx_flint_pair *pair; /* [n_pairs] */
    int64_t n_pairs;
    int64_t n;                        /* samples in all */
    struct sx_shape sample;           /* of each */
    int64_t *row, *attribute;         /* [n] */
    float *x;                         /* [n, sample] */
    float *changed;                   /* [n, sample], maximised; if with_am */
    struct sx_flint_climbed *climbed; /* [n]; if with_am */
    bool with_am;
    struct sx_flint_am am; /* the settings that were used */
};
/* Makes *shown the pairs that `look` asks for, or else the best pairs of the survey. Free with
 * sx_flint_shown_free. */
bool sx_flint_show(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                   const struct sx_flint_survey *survey, const struct sx_flint_look *look,
                   struct sx_flint_shown *shown, struct sx_error *error);
void sx_flint_shown_free(struct sx_flint_shown *shown);

/* ---- Records ---- */

/* Puts the metrics into the open object. Metrics that do not apply are null. */
void sx_put_metrics(struct sx_result *result, const struct sx_flint_metrics *metrics);
/* Puts the metrics as an object, or null if nothing was measured. */
void sx_put_measured(struct sx_result *result, const char *key,
                     const struct sx_flint_metrics *metrics);

/* A sample, its explanation, and its relevant attributes. */
struct sx_flint_explained {
    const struct sx_tensor *x;
    struct sx_flint_explanation of;
    int64_t attributes;
    const int64_t *order; /* [attributes], the most relevant first */
    int64_t relevant;     /* how many of these are over 1 / tau */
    double tau;
};
/* Put the keys of a record that follow "params". `origin` has the names of classes and columns. */
void sx_put_flint_explanation(struct sx_result *result, const struct sx_flint_origin *origin,
                              const struct sx_flint_explained *explained);
void sx_put_flint_survey(struct sx_result *result, const struct sx_flint *flint,
                         const struct sx_flint_origin *origin,
                         const struct sx_flint_survey *survey, double tau);
void sx_put_flint_shown(struct sx_result *result, const struct sx_flint_origin *origin,
                        const struct sx_flint_shown *shown);
/* The members of these records that text and tables show. */
extern const struct sx_view sx_flint_explanation_view, sx_flint_survey_view,
    sx_flint_shown_view;

#ifdef __cplusplus
}
#endif

#endif
