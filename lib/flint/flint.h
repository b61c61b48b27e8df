/* flint.h - a predictor f and its interpreter, as the files of lib/flint see them.
 *
 * The interpreter is written once as nodes of an ONNX file (psi.c, decoder.c). That file is
 * trained: it is lowered with its weights as inputs. */
#ifndef SX_METHOD_FLINT_H
#define SX_METHOD_FLINT_H

#include "graph/derive.h"
#include "lower/lower.h"
#include "onnx/write.h"
#include "run/run.h"
#include "sextant/flint_fit.h"

#define SX_FLINT_PHI "flint_phi"
#define SX_FLINT_LOGITS "flint_logits"
#define SX_FLINT_RELEVANCE "flint_relevance"
#define SX_FLINT_RECON "flint_recon"

/* Streams of random numbers: one for each weight tensor, and one for each epoch. */
#define SX_FLINT_WEIGHTS ((uint64_t)1 << 32)
#define SX_FLINT_EPOCHS ((uint64_t)2 << 32)
#define SX_FLINT_DROPOUT ((uint64_t)3 << 32)
#define SX_FLINT_SPLIT ((uint64_t)4 << 32)
#define SX_FLINT_JITTER ((uint64_t)5 << 32)
#define SX_FLINT_AUGMENT ((uint64_t)6 << 32)

/* ---- inspect.c: properties of f --------------------------------------------------- */

struct sx_flint_scale;

struct sx_flint_layer {
    const char *name;
    struct sx_shape shape;              /* of one sample, batch axis 1 */
    const struct sx_flint_scale *scale; /* standardises it for Psi; NULL: not standardised */
};

struct sx_flint_predictor {
    const struct sx_model *model;
    const char *input;
    struct sx_shape x; /* of one sample, batch axis 1 */
    bool free_batch;   /* the file has an open batch axis */
    struct sx_flint_layer *layer;
    int n_layers;
    const char *scores; /* the tensor of class scores */
    bool probs;         /* scores are probabilities; logits are their logarithms */
    int64_t classes;
    int64_t opset;
    bool averaged; /* the model averages the first layer over its places */
    /* d computes standardised values, which this scales back; NULL: not standardised */
    const struct sx_flint_scale *scale;
    struct sx_arena arena;
};

bool sx_flint_inspect(struct sx_flint_predictor *f, const struct sx_model *model,
                      const struct sx_flint_options *options, const struct sx_shape *sample,
                      struct sx_error *error);
void sx_flint_predictor_free(struct sx_flint_predictor *f);

/* Lowers a model for `batch` samples of shape `x`, with some initializers as inputs. */
struct sx_lowered *sx_flint_lower(const struct sx_model *model, const struct sx_shape *x,
                                  int64_t batch, enum sx_type real,
                                  const char *const *variables, int n_variables,
                                  size_t max_memory, struct sx_error *error);

/* The logits of f, [batch, classes], from the tensor `scores` of a faithful graph. SX_NONE if it
 * holds no scores. */
int sx_flint_teacher(struct sx_graph *g, const char *scores, bool probs, int64_t batch);

/* x as an image: [N, channels, rows, columns], or with channels last. */
struct sx_flint_image {
    int64_t channels, rows, columns;
    bool last;
};
bool sx_flint_image(const struct sx_shape *x, struct sx_flint_image *image);

/* ---- layer.c: the default layers ----------------------------------------------------------- */

/* Finds the default layers. Returns their number, 1 or 2; 0: none, or out of memory. */
int sx_flint_default_layers(const struct sx_model *model, const struct sx_graph *g,
                            const char *scores, const char *found[2], struct sx_error *error);
bool sx_flint_averaged(const struct sx_model *model, const struct sx_graph *g,
                       const char *layer, bool *averaged, struct sx_error *error);

/* The number of samples in one run: at most 64, and at most 16 MiB together. */
int64_t sx_flint_together(const struct sx_shape *sample);

/* ---- scale.c: mean and spread of channels ---------------------------------------- */

/* Statistics of channels. Element i belongs to channel i / plane % n. */
struct sx_flint_scale {
    int64_t n, plane;
    /* sd is at least 1e-3 of the sd of all elements, and never 0 */
    float *mean, *sd, *low, *high;
    double *sum, *square; /* sums, while values are added */
    int64_t count;        /* number of values per channel */
};

/* Prepares for tensors of a shape with the batch first. `input`: it is the model's input, whose
 * channels may be last. */
bool sx_flint_scale_new(struct sx_flint_scale *s, const struct sx_shape *shape, bool input,
                        struct sx_error *error);
void sx_flint_scale_add(struct sx_flint_scale *s, const float *x, int64_t size);
void sx_flint_scale_finish(struct sx_flint_scale *s);
void sx_flint_scale_free(struct sx_flint_scale *s);

/* ---- params.c: weights ----------------------------------------------------------- */

enum sx_flint_part { SX_FLINT_PSI, SX_FLINT_H, SX_FLINT_D, SX_FLINT_F };

struct sx_flint_param {
    const char *name;
    enum sx_flint_part part;
    struct sx_tensor value; /* SX_FLOAT */
};

struct sx_flint_params {
    struct sx_flint_param *item;
    size_t n, capacity;
    struct sx_arena arena;
};

/* Adds a weight drawn from U(-bound, bound), as a function of seed and its number. On failure the
 * value is NULL. */
struct sx_flint_param *sx_flint_draw(struct sx_flint_params *params, const char *name,
                                     enum sx_flint_part part, const struct sx_shape *shape,
                                     double bound, uint64_t seed, struct sx_error *error);
/* Adds the initializers of f that can be learned, with the values of the file, or with `reinit`
 * newly drawn. */
bool sx_flint_add_trainable(struct sx_flint_params *params, const struct sx_model *model,
                            bool reinit, uint64_t seed, struct sx_error *error);
void sx_flint_params_free(struct sx_flint_params *params);

/* ---- parts.c, compose.c: the file ------------------------------------------------ */

struct sx_flint_entry {
    const char *key, *value;
};

/* The state of composing the interpreter's parts. */
struct sx_composer {
    const struct sx_flint_predictor *f;
    const struct sx_flint_options *options;
    struct sx_flint_params *params;
    size_t next; /* index in params of the next weight; if there is none, it is drawn */
    struct sx_wire graph;
    struct sx_arena arena;
    struct sx_error *error;
};

/* Formats text in the composer's arena. */
const char *sx_compose_name(struct sx_composer *c, const char *format, ...) SX_PRINTF(2, 3);
/* Adds a weight and its bias as initializers NAME/weight and NAME/bias. */
const char *sx_compose_weight(struct sx_composer *c, const char *name, enum sx_flint_part part,
                              int rank, const int64_t *dims, int64_t fan_in);
const char *sx_compose_bias(struct sx_composer *c, const char *name, enum sx_flint_part part,
                            int64_t size, int64_t fan_in);
/* Add constants. */
const char *sx_compose_ints(struct sx_composer *c, const char *name, int n, const int64_t *v);
const char *sx_compose_reals(struct sx_composer *c, const char *name, int rank,
                             const int64_t *dims, const float *v);
/* Adds a node with the output `out`; NULL ends its inputs. Returns out. */
const char *sx_compose_node(struct sx_composer *c, const char *op, const char *out,
                            const char *const *in, const struct sx_onnx_attr *attrs,
                            int n_attrs);
/* sx_compose_standardised: (x - mean) / sd as the tensor NAME. The other function: x * sd + mean as
 * the tensor `out`. The constants are NAME/mean and NAME/sd. */
const char *sx_compose_standardised(struct sx_composer *c, const char *name, const char *x,
                                    const struct sx_flint_scale *scale);
const char *sx_compose_restored(struct sx_composer *c, const char *name, const char *out,
                                const char *x, const struct sx_flint_scale *scale);
/* Adds a fully connected layer with `in` inputs and `out` outputs, with weight and bias. */
const char *sx_compose_full(struct sx_composer *c, const char *name, const char *out_name,
                            enum sx_flint_part part, const char *x, int64_t in, int64_t out);

/* sx_compose_psi: from f's layers to the tensor SX_FLINT_PHI. sx_compose_decoder: from there to
 * SX_FLINT_RECON. */
void sx_compose_psi(struct sx_composer *c);
void sx_compose_decoder(struct sx_composer *c);

/* Writes f with the interpreter to `to`. Weights are taken from `params` in order; missing ones are
 * drawn and added. */
bool sx_flint_compose(const struct sx_flint_predictor *f,
                      const struct sx_flint_options *options, struct sx_flint_params *params,
                      const struct sx_flint_entry *entries, size_t n_entries,
                      struct sx_wire *to);

/* The matrix [to, from] of adaptive average pooling. */
void sx_pool_matrix(int64_t from, int64_t to, float *matrix);

/* ---- net.c: a fitted or composed file as a graph ----------------------------------------- */

struct sx_flint_net {
    struct sx_lowered *lowered;
    struct sx_graph *g;
    int64_t batch;
    int x, teacher, phi, logits, recon; /* nodes of the graph; SX_NONE: there is none */
    int *param;                         /* input nodes, one per variable */
    /* the nodes phi, logits, recon and teacher (SX_NONE: there is none), then f's layers */
    int *value;
    int *layer; /* f's layers; they are inputs if the graph is cut there */
    int n_params, n_layers;
};

struct sx_flint_net_options {
    int64_t batch;
    enum sx_type real;
    const char *const *variables; /* names of weights that become inputs */
    int n_variables;
    bool cut;    /* the graph begins at f's layers; it has neither x nor a teacher */
    bool bare;   /* f alone, without an interpreter */
    bool layers; /* f's layers are results, too */
    size_t max_memory;
    struct sx_watch *watch; /* watches runs; NULL: nobody does */
};

/* Lowers f->model for `batch` samples. It is a composed file, unless `bare`. */
bool sx_flint_net_new(struct sx_flint_net *net, const struct sx_flint_predictor *f,
                      const struct sx_flint_net_options *options, struct sx_error *error);
void sx_flint_net_free(struct sx_flint_net *net);

/* ---- forward.c ------------------------------------------------------------------- */

/* A program for `batch` samples. Results have a row per sample; NULL: not computed. */
struct sx_flint_forward {
    struct sx_flint_net net;
    struct sx_program *program;
    int64_t batch;
    double *phi, *logits, *teacher, *missed;
    const void **layer;
    struct sx_tensor x, *feed, *result;
    int *output, n_outputs;
    float *row;           /* buffer of one sample */
    struct sx_tensor *in; /* feeds of f's layers, if the graph is cut there */
    int n_in;
};

/* A cache of f's layers and logits for some samples, in their order. */
struct sx_flint_cache {
    float **layer, *teacher;
    int64_t *size, classes; /* size: of each layer for one sample */
};

bool sx_flint_forward_new(struct sx_flint_forward *w, const struct sx_flint_predictor *f,
                          const struct sx_flint_net_options *o, int threads,
                          struct sx_error *error);
/* Runs on n <= batch samples; params[] are the values of the variables. */
bool sx_flint_forward(struct sx_flint_forward *w, struct sx_dataset *data, const int64_t *rows,
                      int64_t n, const struct sx_tensor *params, struct sx_error *error);
/* The same for a graph that is cut: the layers of rows[] are samples `first` and following of the
 * cache. */
bool sx_flint_forward_cached(struct sx_flint_forward *w, struct sx_dataset *data,
                             const int64_t *rows, int64_t n, const struct sx_flint_cache *cache,
                             int64_t first, const struct sx_tensor *params,
                             struct sx_error *error);
/* The same without reading samples: w->x holds them. */
bool sx_flint_forward_again(struct sx_flint_forward *w, const struct sx_tensor *params,
                            struct sx_error *error);
void sx_flint_forward_free(struct sx_flint_forward *w);

/* ---- fitted.c: an open file ------------------------------------------------------ */

/* ---- origin.c: the description of a fit's samples --------------------------------- */

struct sx_flint_told {
    struct sx_flint_origin origin; /* texts and arrays belong to `record` */
    struct sx_result *record;
    struct sx_arena arena;
};
bool sx_flint_tell(struct sx_flint_told *told, const struct sx_model *model, int64_t classes,
                   struct sx_error *error);
void sx_flint_told_free(struct sx_flint_told *told);

struct sx_flint {
    struct sx_model *model;
    struct sx_infer_options options;
    struct sx_tensor weights; /* weights of h: [classes, attributes] */
    struct sx_flint_predictor f;
    struct sx_flint_forward forward;
    double *contribution, *relevance;
    struct sx_flint_told told;
};

/* Compiles for batches of samples of a shape, if that is not done yet. */
bool sx_flint_ready(struct sx_flint *flint, const struct sx_shape *sample, int64_t batch,
                    struct sx_error *error);
/* Whether the scores of f and g for row i of the last run determine a class. Status 1: they are not
 * finite. */
bool sx_flint_names_classes(const struct sx_flint *flint, int64_t i, struct sx_error *error);
/* The rows that a survey of n samples uses, in ascending order: all, or survey->subset drawn ones. */
int64_t *sx_flint_choose(const struct sx_flint_survey *survey, int64_t n, int64_t *chosen,
                         struct sx_error *error);

/* ---- climb.c: penalties of AM+PI ------------------------------------------------- */

/* sx_flint_bound: the mean over all elements of (|x| if x is outside low .. high, else 0).
 * sx_flint_variation: the mean |difference| of vertical neighbours plus that of horizontal ones.
 * Both add weight * gradient to g, unless g is NULL. */
double sx_flint_bound(const float *x, int64_t n, double low, double high, double weight,
                      float *g);
double sx_flint_variation(const float *x, const struct sx_shape *shape, double weight,
                          float *g);

/* ---- tally.c --------------------------------------------------------------------- */

/* Sums over samples, from which metrics follow. */
struct sx_flint_tally {
    int64_t classes, attributes;
    bool correct_only; /* relevance counts only samples that g classifies as labelled */
    int64_t samples, agree, agree5, labelled, right_f, right_g, elements, relevant[SX_TAUS];
    double of, entropy_f, missed, sum, square, l1, ent_sample;
    int64_t *count;    /* [classes], number of samples by g's class */
    double *relevance; /* [classes, attributes], sums of r */
    double *mean_size, *r;
    int64_t *active;
};

struct sx_flint_row {
    const double *phi, *logits, *teacher;
    const float *x;
    int64_t size, label; /* size: elements of x; label: -1: unknown */
    double missed;
};

bool sx_flint_tally_new(struct sx_flint_tally *t, int64_t classes, int64_t attributes,
                        struct sx_error *error);
/* Adds a sample. `weights` are h's: [classes, attributes]. */
void sx_flint_tally_add(struct sx_flint_tally *t, const struct sx_flint_row *s,
                        const float *weights);
void sx_flint_tally_metrics(struct sx_flint_tally *t, bool decoder, struct sx_flint_metrics *m);
void sx_flint_tally_free(struct sx_flint_tally *t);

/* The index of the largest score, the first of equals. */
int64_t sx_flint_class(const double *scores, int64_t n);
/* Computes contributions alpha (unless NULL) and relevances r of n attributes for one class. */
void sx_flint_relevance(const double *phi, const float *weights, int64_t n, double *alpha,
                        double *r);

/* ---- schedule.c, recipes.c, options.c, record.c ---------------------------------- */

double sx_schedule_at(const struct sx_schedule *schedule, int64_t epoch);
/* whether a stage other than the first begins at `epoch` */
bool sx_schedule_starts(const struct sx_schedule *schedule, int64_t epoch);
/* A random permutation of 0 .. n - 1, as a function of (seed, stream): the order of an epoch or a
 * draw. */
void sx_flint_shuffle(int64_t *order, int64_t n, uint64_t seed, uint64_t stream);
/* sx_flint_settle fills in what the recipe defines. The following functions fill in what "auto"
 * derives from the steps per epoch, and from the number of classes. */
void sx_flint_settle(struct sx_flint_options *options);
void sx_flint_settle_course(struct sx_flint_options *options, int64_t steps);
void sx_flint_settle_size(struct sx_flint_options *options, int64_t classes);
bool sx_flint_check(const struct sx_flint_options *options, struct sx_error *error);
/* Puts "params" of a fit: all settings that affect the result. */
void sx_put_flint_options(struct sx_result *result, const char *key,
                          const struct sx_flint_predictor *f,
                          const struct sx_flint_options *options);
/* The same as JSON text, which the caller frees. */
char *sx_flint_options_text(const struct sx_flint_predictor *f,
                            const struct sx_flint_options *options, struct sx_error *error);
char *sx_flint_metrics_text(const struct sx_flint_metrics *metrics, struct sx_error *error);

/* ---- loss.c ---------------------------------------------------------------------- */

/* Nodes of the terms of the loss, all of rank 0. */
struct sx_flint_terms {
    int pred, of, input, ent_sample, ent_batch, l1, total;
    /* teacher + zero. The loss is derived by it too, so that no gradient reaches f through the
     * teacher. */
    int stop;
};

/* The nodes that the losses are computed from; SX_NONE if a term is not wanted. */
struct sx_flint_values {
    int phi, logits, teacher, recon, x, labels; /* labels: [batch, classes], one-hot */
    int scale;     /* the spread of x, by which residuals are divided */
    int zero;      /* an input that is fed 0 */
    int weight[4]; /* weights of rank 0: output fidelity, input fidelity, entropies, l1 */
};

/* Adds the terms to the graph. A failure sticks to the graph. */
void sx_flint_loss(struct sx_graph *g, const struct sx_flint_values *v, bool of_g, bool if_l1,
                   struct sx_flint_terms *terms);

/* The entropy of the softmax of rows: [.., n] to [.., 1]. */
int sx_flint_entropy(struct sx_graph *g, int v);

/* ---- adam.c ---------------------------------------------------------------------- */

/* Does step t (from 1) of Adam on n elements, with `threads` threads. */
void sx_adam(float *value, const float *gradient, float *m, float *v, int64_t n, double rate,
             int64_t t, int threads);

#endif
