/* sextant.h - the public face of libsextant: explain neural networks stored as ONNX files.
 *
 * Conventions, said once. Calls that can fail return bool (or a pointer, NULL on failure) and
 * take `struct sx_error *` last; on failure it holds an exit status and one line with the place.
 * Whoever allocates frees, unless a comment says otherwise. Shapes are row-major, sizes are in
 * elements. Nothing here prints, exits, aborts or keeps mutable globals. */
#ifndef SEXTANT_H
#define SEXTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SX_VERSION "0.1.0"

/* ---- Errors ---------------------------------------------------------------------------- */

/* What went wrong; the numbers are the exit statuses of every tool. */
enum sx_status {
    SX_OK = 0,
    SX_FAILED = 1, /* a sample failed, or an input could not be read */
    SX_USAGE = 2,  /* the command line, or an argument, is wrong */
    SX_MODEL = 3,  /* the model cannot be read, is not supported, or was refused by a limit */
    SX_CHECK = 4,  /* a check that was asked for did not hold */
    SX_WRITE = 5,  /* the output could not be written whole */
    SX_MEMORY = 6, /* out of memory, or over the memory limit */
};

/* The first failure of a call: its status and one line, without a newline. */
struct sx_error {
    enum sx_status status;
    char message[300];
};

/* ---- Tensors --------------------------------------------------------------------------- */

#define SX_MAX_RANK 10

/* Element types. Every integer type of a file is held as int64, every float type as the
 * precision of the run; bool is one byte, 0 or 1. */
enum sx_type { SX_FLOAT, SX_DOUBLE, SX_INT, SX_BOOL };

struct sx_shape {
    int rank;
    int64_t dim[SX_MAX_RANK];
};

/* A dense row-major array. `data` is owned by whoever called sx_tensor_new. */
struct sx_tensor {
    enum sx_type type;
    struct sx_shape shape;
    void *data;
};

/* Bytes of one element of `type`. */
size_t sx_type_size(enum sx_type type);

/* Elements of a shape; the caller knows that it does not overflow (see sx_shape_count). */
int64_t sx_count(const struct sx_shape *shape);

/* Sets *count to the elements of `shape`; fails (status 3) on a negative dimension, a rank over
 * SX_MAX_RANK, or a count whose bytes would not fit half of the address space. */
bool sx_shape_count(const struct sx_shape *shape, int64_t *count, struct sx_error *error);

/* Whether rank and every dimension are the same. */
bool sx_shape_equal(const struct sx_shape *a, const struct sx_shape *b);

/* Makes *tensor a zeroed array of `type` and `shape`, aligned to 64 bytes. Free with
 * sx_tensor_free. Fails with status 3 (shape) or 6 (memory). */
bool sx_tensor_new(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                   struct sx_error *error);

/* Frees the data of a tensor made by sx_tensor_new and empties it; NULL data is fine. */
void sx_tensor_free(struct sx_tensor *tensor);

/* Makes *to a copy of *from with elements converted to `type` as C does (real to integer
 * truncates; anything to bool is "not zero"). */
bool sx_tensor_convert(struct sx_tensor *to, enum sx_type type, const struct sx_tensor *from,
                       struct sx_error *error);

/* Reads or writes element `i` as double. */
double sx_tensor_get(const struct sx_tensor *tensor, int64_t i);
void sx_tensor_set(struct sx_tensor *tensor, int64_t i, double value);

/* ---- Pictures -------------------------------------------------------------------------- */

/* 8-bit pixels, row after row from the top, `channels` (1 grey, 3 RGB) interleaved. */
struct sx_picture {
    int width, height, channels;
    uint8_t *pixels;
};

/* Decodes a PNG or JPEG file held in memory: alpha over white, 16 bits to 8, palettes and CMYK
 * to RGB, EXIF orientation applied. A damaged, truncated or oversized file (over 2^28 pixels,
 * or more than `size` bytes can hold) fails with status 1. Free with sx_picture_free. */
bool sx_picture_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                       struct sx_error *error);
void sx_picture_free(struct sx_picture *picture);

/* Encodes a picture as a PNG file; free *bytes with free(). Equal pictures give equal bytes. */
bool sx_png_encode(const struct sx_picture *picture, uint8_t **bytes, size_t *size,
                   struct sx_error *error);

/* Where channels lie in an array seen as a picture, [H,W], [C,H,W] or [H,W,C] after axes of
 * length 1 (a vector is a square if it can be): auto takes whichever of the first and the last
 * of the three alone has the length 1 or 3, else the first. */
enum sx_layout { SX_LAYOUT_AUTO, SX_NCHW, SX_NHWC };
enum sx_colour { SX_COLOUR_AUTO, SX_RGB, SX_BGR, SX_GRAY };

/* An array seen as a picture of 1 or 3 channels, its smallest element black, its largest white. */
bool sx_picture_of(const struct sx_tensor *array, enum sx_layout layout,
                   struct sx_picture *picture, struct sx_error *error);

/* How a picture becomes a model's input: its channels are made what the model takes, it is
 * resized (antialiased triangle filter, as Pillow's BILINEAR), cut to the centre, and every
 * pixel becomes (pixel * scale - mean) / std; mean and std are in the model's channel order. */
struct sx_preprocess {
    int width, height; /* resized to this; 0: by the short side */
    int short_side;    /* 0: to the model's size, unless cropped; -1: to cover 256/224 of it */
    int crop;          /* side of the square kept; 0: all; -1: the model's size */
    double scale, mean[3], std[3];
    enum sx_colour colour;
    enum sx_layout layout;
};

/* Sets everything to a preset: "unit" (the default: [0,1] at the model's size), "raw" (0..255),
 * "imagenet" (256/224 of the model's size, centre, usual mean and std), "mnist" (grey 28x28,
 * usual mean and std). Status 2 for another name. */
bool sx_preprocess_preset(struct sx_preprocess *pre, const char *name, struct sx_error *error);

/* Sets one of "resize" (WxH, short:N), "crop" (N), "scale" (S or 1/S), "mean" and "std" (1 or 3
 * numbers), "channels" (rgb, bgr, gray), "layout" (nchw, nhwc, auto). Status 2 otherwise. */
bool sx_preprocess_set(struct sx_preprocess *pre, const char *option, const char *value,
                       struct sx_error *error);

/* Makes *out the float array of shape `want` (-1 for open axes, batch taken as 1); *shown,
 * unless NULL, becomes the picture as resized and cut. Status 1 when the model takes no picture
 * or one of another size, 2 when it has 1 channel, but mean or std differ between channels. */
bool sx_preprocess_apply(const struct sx_preprocess *pre, const struct sx_picture *picture,
                         const struct sx_shape *want, struct sx_tensor *out,
                         struct sx_picture *shown, struct sx_error *error);

/* ---- Plots ----------------------------------------------------------------------------- */

/* How an attribution is drawn; set by words, see sx_plot_set. */
struct sx_plot {
    int reduce, sign, panels;
    enum sx_layout layout;
    char colours[12];
    double outlier, alpha, top;
    int64_t mark; /* 1 + the place (row * columns + column) that is framed; 0: none */
};

/* Magnitude of the channels' sum, outlier 2, overlay 0.9, topk 10, all panels but the mask. */
void sx_plot_default(struct sx_plot *plot);

/* Sets one of "reduce" (channels to their sum, abs-sum, or max: of the largest magnitude),
 * "sign" (abs, pos, neg, all), "layout", "cmap" (afmhot, inferno, viridis, gray, Reds, bwr,
 * coolwarm, reversed with _r), "outlier" (per cent of the total magnitude that may lie over the scale's
 * end), "overlay" (share of the map where it is strongest), "topk" (per cent of places that the
 * mask keeps), "panels" (of picture,map,overlay,mask). Status 2 otherwise. */
bool sx_plot_set(struct sx_plot *plot, const char *option, const char *value,
                 struct sx_error *error);

/* Draws an attribution as a figure: title unless NULL, panels, colour bar; small ones enlarged
 * to about 256 pixels. Without a picture `behind` (NULL) there is the map alone; the mask fills
 * what it drops with the picture's mean. Status 1 for an array that is no picture. */
bool sx_plot_map(const struct sx_plot *plot, const struct sx_tensor *map,
                 const struct sx_picture *behind, const char *title, struct sx_picture *figure,
                 struct sx_error *error);

/* Draws a matrix [n, n] with names[i] (NULL: i; names NULL: none) at row and column i, title, bar. */
bool sx_plot_matrix(const struct sx_plot *plot, const struct sx_tensor *matrix,
                    const char *const *names, const char *title, struct sx_picture *figure,
                    struct sx_error *error);

/* Sets `n` pictures in rows of `columns` (0: about a square) on one sheet. */
bool sx_plot_sheet(const struct sx_picture *pictures, int n, int columns,
                   struct sx_picture *sheet, struct sx_error *error);

/* Draws an attribution as lines of half blocks for a terminal of 256 colours that is `columns`
 * wide; free *text with free(). */
bool sx_plot_terminal(const struct sx_plot *plot, const struct sx_tensor *map, int columns,
                      char **text, struct sx_error *error);

/* ---- Models ---------------------------------------------------------------------------- */

/* An ONNX file: checked, parsed and indexed; its weights stay in the file. */
struct sx_model;

struct sx_model_options {
    size_t max_memory;    /* bytes that parsing may take, weights aside; 0: 1 GiB */
    const char *data_dir; /* of external data; NULL: the directory of the model */
};

/* Opens `path`, "-" is standard input; `options` may be NULL. External data are read from
 * beneath one directory only, and not at all for standard input without a data_dir. NULL with
 * status 3 (cannot be read, malformed, refused) or 6 (over the limit). Close with
 * sx_model_close, which takes NULL too. */
struct sx_model *sx_model_open(const char *path, const struct sx_model_options *options,
                               struct sx_error *error);
void sx_model_close(struct sx_model *model);

/* The SHA-256 of the file, hexadecimal; computed when first asked for. */
const char *sx_model_sha256(struct sx_model *model);

/* The version of the operator set imported from `domain` ("" or NULL is ai.onnx), or 0. */
int64_t sx_model_opset(const struct sx_model *model, const char *domain);

/* An input or output as declared: a symbolic dimension is -1, the rank is -1 where no shape is
 * declared, or where an output is no tensor we can hold. Float types show as SX_FLOAT. */
struct sx_port {
    const char *name;
    enum sx_type type;
    struct sx_shape shape;
};

/* Inputs that are also initializers do not count. NULL for an index out of range. */
int sx_model_input_count(const struct sx_model *model);
int sx_model_output_count(const struct sx_model *model);
const struct sx_port *sx_model_input(const struct sx_model *model, int i);
const struct sx_port *sx_model_output(const struct sx_model *model, int i);

/* ---- Inference -------------------------------------------------------------------------- */

struct sx_infer_options {
    bool precise;
    int threads;
    size_t max_memory;
    const char *output; /* one tensor of the file instead of all outputs; NULL: all */
};

/* A model that is run as it is. `model`, and what the options point to, must outlive it. */
struct sx_inference;
struct sx_inference *sx_inference_new(struct sx_model *model,
                                      const struct sx_infer_options *options,
                                      struct sx_error *error);
void sx_inference_free(struct sx_inference *inference);

/* Runs on `feeds` (one per model input), compiling for their shapes where they are new. The
 * outputs are then to be had until the next run; *name is that of output i, NULL past the last. */
bool sx_inference_run(struct sx_inference *inference, const struct sx_tensor *feeds,
                      struct sx_error *error);
const struct sx_tensor *sx_inference_output(const struct sx_inference *inference, int i,
                                            const char **name);

/* A tensor of a file: the node it comes from, and what can be done with it. */
struct sx_listed {
    const char *tensor, *op, *node; /* op "Input" for inputs */
    const char *type;               /* float, int or bool; NULL where not known */
    struct sx_shape shape;          /* rank -1 where not known */
    bool supported;
    bool differentiable; /* the first output (or `output`) has a gradient with respect to it */
};

/* Shows every tensor, inputs first, in the order of the file, with the shapes that follow from
 * `feeds` (NULL: from the file, batch 1). What is not supported is shown, too; then no shapes
 * are known. `output` as in the options above. */
bool sx_list(struct sx_model *model, const struct sx_tensor *feeds, const char *output,
             void (*show)(void *context, const struct sx_listed *listed), void *context,
             struct sx_error *error);

/* ---- Explaining ------------------------------------------------------------------------- */

/* Which number of the explained tensor counts: as it is, or, where the graph ends in Softmax,
 * LogSoftmax or Sigmoid, what enters it; prob and logprob are derived where they must be. */
enum sx_score { SX_SCORE_RAW, SX_SCORE_LOGIT, SX_SCORE_PROB, SX_SCORE_LOGPROB };

struct sx_explain_options {
    bool precise;       /* compute in float64 */
    int threads;        /* 0: all allowed processors */
    int64_t batch;      /* model evaluations per run; 0: chosen from memory */
    size_t max_memory;  /* bytes; 0: no limit */
    const char *output; /* explained tensor, any of the file's; NULL: the first output */
    const char *wrt;    /* tensor to differentiate by, likewise; NULL: the first real input */
    enum sx_score score;
    bool values_only;   /* x may hold integers, and is the first input then: no gradients */
    const char *target; /* "argmax", a flat index or a label; NULL: argmax */
    char *const *labels;
    size_t n_labels;
};

/* A model seen as one number f(x) of one tensor x, everything else held fixed. */
struct sx_explainer;

/* The explained number at the current sample. */
struct sx_target {
    const char *output; /* the tensor's name */
    int64_t index;
    const char *label; /* NULL without labels */
    enum sx_score score;
    double value; /* f(x) */
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

/* x at the current sample (owned by the explainer, always SX_DOUBLE), its name, the target, and
 * the model evaluations so far, counted in samples. */
const struct sx_tensor *sx_explainer_input(const struct sx_explainer *explainer);
const char *sx_explainer_input_name(const struct sx_explainer *explainer);
const struct sx_target *sx_explainer_target(const struct sx_explainer *explainer);
void sx_explainer_cost(const struct sx_explainer *explainer, int64_t *forward,
                       int64_t *backward);
/* Points that were evaluated in one run; *alone: never more than one, as some value has so many
 * axes that none is left for a batch. 0 where no run has been. */
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

/* ---- Attributions: geometrically guided integrated gradients and its family ------------- */

/* How gradients seen along a path or an ascent become one. */
enum sx_aggregate { SX_AGG_MAX, SX_AGG_ABSMAX, SX_AGG_MEAN };

/* One step of gradient ascent: eta g, eta sign(g), or eta g/|g|. */
enum sx_climb { SX_CLIMB_PLAIN, SX_CLIMB_SIGN, SX_CLIMB_UNIT };

struct sx_attribute_options {
    const char *method;  /* a name that sx_attribute_method gives */
    int64_t steps;       /* m: a path has m + 1 points; 0: the method's own default */
    int64_t iterations;  /* T gradients of an ascent; 0: 100 */
    int64_t samples;     /* draws of the methods that draw; 0: 50 */
    double eta;          /* step of the ascent */
    double noise;        /* standard deviation of noise, in ranges of x */
    double fraction;     /* guided-ig: share of features that move at once */
    double max_distance; /* guided-ig: how far from the straight path, in alpha */
    double max_sigma;    /* blur-ig: standard deviation of the widest blur, pixels */
    enum sx_aggregate aggregate;
    enum sx_climb step;
    double clip[2];           /* ascent stays within; clip[0] >= clip[1]: anywhere */
    bool times_input;         /* multiply gradients by x - baseline */
    const double *baseline;   /* x's shape */
    const double *background; /* expected: n_background points of x's shape; NULL: baseline */
    int64_t n_background;
    uint64_t seed, sample; /* randomness is a function of (seed, sample, draw) */
};

struct sx_attribution {
    struct sx_tensor map; /* SX_DOUBLE, x's shape without its batch axis; the caller frees */
    double sum;           /* of the map */
    bool complete;        /* the method promises that the map, times x - baseline where it is
                              a mean gradient, sums to f(x) - f(baseline) */
    double gap;           /* what is missing: that sum minus f(x) - f(baseline) */
    bool flat;            /* every gradient was zero */
    int64_t nonfinite;    /* elements set to 0 because they were NaN or infinite */
    int64_t steps, iterations, samples; /* as used, defaults filled in */
};

/* The defaults of every option; method is left NULL. */
struct sx_attribute_options sx_attribute_defaults(void);

/* The names of the methods, by number from 0; NULL past the last. *what is one line on it. */
const char *sx_attribute_method(int i, const char **what);

/* Explains f at the explainer's sample. Rahman, Lewis, Plis, arXiv 2206.05903 and its code for
 * grad, ig, ig-max, gda, gda-ig, ggig, ggig-ig (mean gradients, without the factor
 * x - baseline); Smilkov 2017, Adebayo 2018, Kapishnikov 2021, Xu 2020, Yang 2023, Erion 2021
 * for the others (see ggig(1)). Memory does not grow with steps or samples. */
bool sx_attribute(struct sx_explainer *explainer, const struct sx_attribute_options *options,
                  struct sx_attribution *result, struct sx_error *error);

/* Fills `baseline` (x's shape) from a specification: zero, NUMBER, mean (of the background, or
 * per channel of a picture), blur:S, or black and white, which are pictures prepared as `pre`
 * says. Other specifications give status 2. */
bool sx_baseline(const struct sx_explainer *explainer, const char *specification,
                 const struct sx_preprocess *pre, const double *background,
                 int64_t n_background, double *baseline, struct sx_error *error);

/* ---- Relations between places of a layer: Taylor-CAM ------------------------------------- */

/* The name of the layer whose places are related unless another one is asked for: the last tensor
 * of rank 4 with rows and columns of the last convolution or pooling that leaves more than one
 * place. `feeds` and `output` as for sx_list; owned by the model. Status 2 if there is none. */
const char *sx_default_layer(struct sx_model *model, const struct sx_tensor *feeds,
                             const char *output, struct sx_error *error);

/* The effect of places i and j together, where H is the Hessian of f by the layer x, and 1 is 1
 * in all attributes: x_i H_ij 1 and x_j H_ji 1; the same with H_ij summed over all i; x_i H_ij x_j;
 * f without both, minus f without each, plus f; or Integrated Hessians from the baseline. */
enum sx_taylor_form {
    SX_TAYLOR_PAPER,
    SX_TAYLOR_BASIC,
    SX_TAYLOR_INPUT,
    SX_TAYLOR_OCCLUSION,
    SX_TAYLOR_INTEGRATED,
};

struct sx_taylorcam_options {
    enum sx_taylor_form form;
    int order;       /* places that are related at once: 2, or 3 (T for H) */
    bool is_signed;  /* strength is the magnitude of the effect, not a sum of squares */
    bool diagonal;   /* keep a place's relation to itself; order 2 */
    bool allow_zero; /* go on where f has no curvature */
    int axes[2];     /* of the layer, that tell places apart; -1: see taylorcam(1) */
    int64_t grid[2]; /* rows and columns of blocks that count as places; 0: no blocks */
    int64_t steps;   /* points of the integral; 0: 20 */
};

/* What holds for n = rows * columns places; `strength` ranks, `effect` is signed. Both are
 * [n, n] or [n, n, n], symmetric, and 0 for repeated places that are not kept. */
struct sx_relations {
    int order;
    int64_t rows, columns;
    struct sx_tensor strength, effect;
    struct sx_tensor marginal; /* [rows, columns]: sums of strengths, or of effects if signed */
    double max, mean, median;  /* of all strengths */
    double top100;             /* mean of the 100 largest */
};

struct sx_taylorcam; /* keeps what it compiles from sample to sample */

/* The explainer, whose `wrt` is the layer, must outlive it. Free with sx_taylorcam_free. */
struct sx_taylorcam *sx_taylorcam_new(struct sx_explainer *explainer,
                                      const struct sx_taylorcam_options *options,
                                      struct sx_error *error);
void sx_taylorcam_free(struct sx_taylorcam *taylorcam);

/* Relates the places at the explainer's sample (Lerman and others, arXiv 2006.08601). `baseline`
 * (x's shape, NULL: 0) is what occluded places hold, or where paths begin. Status 2 where the
 * layer has one place or axes do not fit, 3 without curvature. Free with sx_relations_free. */
bool sx_taylorcam_run(struct sx_taylorcam *taylorcam, const double *baseline,
                      struct sx_relations *relations, struct sx_error *error);
void sx_relations_free(struct sx_relations *relations);

/* After a run: whether all curvature comes from the softmax, and the input that reaches the output
 * around the layer, too (NULL: none). */
bool sx_taylorcam_logit_zero(const struct sx_taylorcam *taylorcam);
const char *sx_taylorcam_bypass(const struct sx_taylorcam *taylorcam);

/* The n strongest relations, strongest first, without those of strength 0; returns how many. */
struct sx_relation {
    int64_t place[3]; /* row * columns + column, increasing */
    double strength, effect;
};
int64_t sx_relations_top(const struct sx_relations *relations, int64_t n,
                         struct sx_relation *top);

/* How much each place has to do with `place`: sums of strengths, or of effects; [rows, columns],
 * the caller frees it. */
bool sx_relations_row(const struct sx_relations *relations, int64_t place, bool effects,
                      struct sx_tensor *map, struct sx_error *error);

/* Relations between m groups of places: sums weighted by weights [m, n]. */
bool sx_relations_group(const struct sx_relations *relations, int64_t m, const double *weights,
                        struct sx_relations *groups, struct sx_error *error);

/* Spearman's rank correlation between strengths and the magnitudes of the effects of occlusion;
 * order 2. NaN where either are all equal, or one is not finite. */
bool sx_taylorcam_deletion(struct sx_taylorcam *taylorcam, const double *baseline,
                           const struct sx_relations *relations, double *correlation,
                           struct sx_error *error);

/* A rectangle of a picture: pixels from (x0, y0) up to, and without, (x1, y1). */
struct sx_box {
    double x0, y0, x1, y1;
    char *name; /* NULL: none */
};

/* Reads boxes: lines "x0,y0,x1,y1[,name]", or a JSON array of such arrays or of objects with a
 * "box" and perhaps a "name", or an object with such an array as "objects". Status 1. Free with
 * sx_boxes_free. */
bool sx_boxes_read(const char *path, struct sx_box **boxes, int64_t *n, struct sx_error *error);
void sx_boxes_free(struct sx_box *boxes, int64_t n);

/* The part of a width x height picture that place `i` of rows x columns stands for: equal whole
 * pixels, the last ones take what is left over. */
struct sx_box sx_place_box(int64_t rows, int64_t columns, int64_t i, int64_t width,
                           int64_t height);

/* The boxes of all places, named "row,column"; NULL with status 6. */
struct sx_box *sx_place_boxes(int64_t rows, int64_t columns, int64_t width, int64_t height,
                              struct sx_error *error);

/* Which share of each of n boxes lies in each place, 0 in all where a box lies outside: weights
 * [n, rows * columns]. Returns the first box that does, or -1. */
int64_t sx_box_shares(int64_t rows, int64_t columns, int64_t width, int64_t height,
                      const struct sx_box *boxes, int64_t n, double *weights);

/* Draws the first n of `top` (order 2 or 3, strongest first) over a picture (NULL: over white):
 * boxes[place] of their places, lines between these whose width is the strength, and a legend.
 * The picture is padded, and the boxes grow, by `pad` pixels. */
bool sx_plot_relations(const struct sx_plot *plot, const struct sx_picture *behind, int64_t pad,
                       const struct sx_box *boxes, int64_t n_boxes, int order,
                       const struct sx_relation *top, int64_t n, const char *title,
                       struct sx_picture *figure, struct sx_error *error);

/* First-order maps of the same layer, by number from 0, "gradcam" first; NULL past the last. */
const char *sx_cam_name(int i, const char **what);

/* n of them by name at the explainer's sample, from one gradient; maps[i] is [rows, columns] of
 * the layer, the caller frees it. Status 2 for an unknown name. */
bool sx_cams(struct sx_taylorcam *taylorcam, int n, const char *const *names,
             struct sx_tensor *maps, struct sx_error *error);
struct sx_sink;

/* ---- FLINT: a predictor and its interpreter --------------------------------------------- */

/* Samples by number: a .npy is read where it lies; other inputs, and directories of pictures
 * (in a subdirectory for each class), are held in memory. Integers are pixels, prepared as `pre`
 * says. `want` as for sx_reader_open. */
struct sx_dataset *sx_dataset_open(const char *path, const char *member,
                                   const struct sx_shape *want, const struct sx_preprocess *pre,
                                   struct sx_error *error);
void sx_dataset_close(struct sx_dataset *dataset);
int64_t sx_dataset_count(const struct sx_dataset *dataset);
const struct sx_shape *sx_dataset_shape(const struct sx_dataset *dataset); /* of one, batch 1 */
const int64_t *sx_dataset_labels(const struct sx_dataset *dataset);        /* NULL: none */
/* Sample `row` as floats; one that a reader gave, its integers prepared in the same way. */
bool sx_dataset_read(struct sx_dataset *dataset, int64_t row, float *x, struct sx_error *error);
void sx_sample_floats(const struct sx_tensor *sample, const struct sx_preprocess *pre,
                      float *x);

/* Something that changes with the epochs, which count from 1: stages in order, 0 before. */
#define SX_STAGES 8
struct sx_schedule {
    int n;
    int64_t epoch[SX_STAGES];
    double value[SX_STAGES];
};
/* Reads "W", "W@E" or "W@E,W@E..". False if that is not what it says. */
bool sx_schedule_parse(struct sx_schedule *schedule, const char *text);

enum sx_flint_input { SX_FLINT_MSE, SX_FLINT_L1, SX_FLINT_NONE };
struct sx_flint_options {
    const char *const *layers; /* tensors of the file; none: the last images of the network */
    int n_layers;
    const char *logits, *probs; /* tensor that holds class scores; NULL: the first output */
    int64_t attributes, psi_maps, pool, decoder_maps[2];
    bool joint, reinit; /* train f too; from new weights */
    bool relu;          /* attributes end in ReLU rather than LeakyReLU(0.01) */
    bool of_g;          /* weight log f by g, as printed, rather than f teaching g */
    bool freeze_psi;    /* the control: only h learns, from f alone */
    bool no_decoder, drop_last;
    enum sx_flint_input input;
    struct sx_schedule beta, gamma, delta, eta, lr; /* eta counts times delta's last stage */
    int64_t epochs, batch;
    double h_dropout, validation; /* share of the samples that is held back */
    uint64_t seed;
    int threads;
    size_t max_memory, cache; /* bytes; the latter for what f gives on the training samples */
};
/* Sets everything but layers and tensors to "mnist", "quickdraw", "cifar10" or "small". */
bool sx_flint_recipe(struct sx_flint_options *options, const char *name,
                     struct sx_error *error);

/* How well an interpreter does, as flint-global(1) says; counts, too, are doubles. Accuracies are
 * NaN without labels; conciseness is for each of sx_taus. */
#define SX_TAUS 6
extern const double sx_taus[SX_TAUS];
struct sx_flint_metrics {
    double samples, acc_f, acc_g, fidelity, recon, variance, of, gap, ent_sample, ent_batch, l1;
    double live, used, conciseness[SX_TAUS];
};
/* Means of the terms over an epoch, and of the epoch so far. */
struct sx_flint_epoch {
    double total, pred, of, input, ent_sample, ent_batch, l1, fidelity;
    struct sx_flint_metrics validation; /* samples 0: none */
};
struct sx_flint_data {
    struct sx_dataset *x, *validation_x; /* the latter NULL: options->validation of x */
    const int64_t *y, *validation_y;     /* NULL: no labels */
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

/* Whether all is done; one step, and after the last of an epoch the validation. Status 1 where
 * the loss is not finite. */
bool sx_flint_fit_done(const struct sx_flint_fit *fit);
bool sx_flint_fit_step(struct sx_flint_fit *fit, struct sx_flint_progress *progress,
                       struct sx_error *error);

/* Epoch `i` of those that are done, from 1; 0 holds the validation before the first. f's weights
 * that are learned, and its layers, by name. NULL after the last. Everything that shapes the
 * result, as JSON; metrics on further samples. */
const struct sx_flint_epoch *sx_flint_fit_epoch(const struct sx_flint_fit *fit, int64_t i);
const char *sx_flint_fit_weight(const struct sx_flint_fit *fit, size_t i);
const char *sx_flint_fit_layer(const struct sx_flint_fit *fit, int i);
bool sx_flint_fit_measure(struct sx_flint_fit *fit, struct sx_dataset *x, const int64_t *y,
                          struct sx_flint_metrics *metrics, struct sx_error *error);
const char *sx_flint_fit_config(const struct sx_flint_fit *fit);

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
    int64_t class, attribute, n, *row;
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

/* Activation maximisation of a sample times `dim`: Adam on gain phi - bound B - tv V, B the mean
 * size of what is out of low .. high, V the total variation; rounds of steps, each at half the
 * rate. `jitter` turns pictures at random. trace: NULL, or [steps of all rounds, n] objectives. */
struct sx_flint_am {
    double dim, gain, tv, bound, low, high, rate;
    int64_t rounds, steps, jitter;
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
bool sx_flint_maximise(struct sx_flint *flint, const struct sx_flint_am *am,
                       const struct sx_shape *sample, int64_t n, const int64_t *attribute,
                       float *x, struct sx_flint_climbed *result, struct sx_error *error);

/* Draws values [rows, columns] from 0 to 1 as cells with a colour bar; NaN is grey. */
bool sx_plot_cells(const double *values, int64_t rows, int64_t columns, const char *title,
                   const char *row_name, const char *column_name, struct sx_picture *figure,
                   struct sx_error *error);

/* Small pictures on one sheet, under a title: cells [rows, columns], those without pixels stay
 * empty; names of rows (of several lines), of columns, and captions may be NULL, or any of them. */
struct sx_gallery {
    const char *title;
    int64_t rows, columns;
    const char *const *row_name, *const *column_name, *const *caption;
    const struct sx_picture *cell;
};
bool sx_plot_gallery(const struct sx_gallery *gallery, struct sx_picture *figure,
                     struct sx_error *error);

/* Gives a picture the colours of a map (see sx_plot_set), by the mean of its channels. */
bool sx_picture_colour(struct sx_picture *picture, const char *colours, struct sx_error *error);

/* ---- Interactions: cross derivatives and their relatives -------------------------------- */

/* Interactions of the features of x: xderiv(1) says what, how and whence. */
struct sx_study;
struct sx_study *sx_study_new(struct sx_error *error);
void sx_study_free(struct sx_study *study);
const char *sx_study_method(int i, const char **what); /* names, then NULL; one line on each */

/* Does what xderiv's option of that name does ("yes" where it takes no argument), or its "layout"
 * or "seed"; the background is n points of x's shape, not copied. Status 2, or 1 for a file. */
bool sx_study_set(struct sx_study *study, const char *option, const char *value,
                  struct sx_error *error);
void sx_study_background(struct sx_study *study, const double *points, int64_t n);

/* Adds the explainer's sample as a row, measured from `baseline` of x's shape. Rows share all other
 * inputs. Status 3 where the method needs second derivatives, and f has none. */
bool sx_study_add(struct sx_study *study, struct sx_explainer *explainer,
                  const double *baseline, struct sx_error *error);

struct sx_effect { /* a set: what ranks it, and its signed effects over the rows */
    const int32_t *set;
    int order;
    double strength, mean, std, min, max;
};

/* Sets, strongest first. NaN: no truth is known, or all sets of the size, or none, are true. */
struct sx_effects {
    const struct sx_effect *item; /* until the next run */
    int64_t n, features, rows, steps, evaluated, skipped;
    int64_t representative[8], n_representatives; /* rows; 0: all of them */
    bool beam, zero_curvature;
    double auc[9], r_precision, check; /* check: see xderiv(1); the explainer's sample counts */
};

/* Evaluates all rows and forgets them; or makes *tensor the signed [features]^order of the last row
 * (for methods that do not repeat features: of their mean, 0 elsewhere). */
bool sx_study_run(struct sx_study *study, struct sx_effects *result, struct sx_error *error);
bool sx_study_tensor(struct sx_study *study, struct sx_tensor *tensor, struct sx_error *error);

/* ---- Reading inputs and writing results ------------------------------------------------- */

struct sx_reader; /* a source of samples */

/* Opens `path` ("-": standard input), recognised by content: .npy, .npz, PNG, JPEG, text (one
 * line one sample; a first line that does not begin with a number names the features), or by
 * its suffix an ONNX TensorProto (.pb). `want` is the shape of the model's input, -1 where any
 * size will do, the batch first. An array of that shape (batch 1 where any will do) is one
 * sample, with or without a leading batch of 1; one with a longer first axis, or one axis more,
 * holds many. With `want` NULL any array is one sample as it is. `member` names an array of an
 * .npz (NULL: the first one); `pre` NULL is the preset "unit". Messages do not name the file.
 * Status 1 or 6. */
struct sx_reader *sx_reader_open(const char *path, const char *member,
                                 const struct sx_shape *want, const struct sx_preprocess *pre,
                                 struct sx_error *error);

/* Makes *sample the next sample, of the rank of `want` and of the type nearest to the file's
 * (free it with sx_tensor_free), or sets *end. On failure the sample is lost, and the next call
 * tries the one after it. */
bool sx_reader_next(struct sx_reader *reader, struct sx_tensor *sample, bool *end,
                    struct sx_error *error);

/* Samples in all, -1 where that shows only at the end (text); the name of feature `i` in the
 * header line of a text, and of array `i` of an .npz, NULL after the last or if it is none. */
int64_t sx_reader_count(const struct sx_reader *reader);
const char *sx_reader_feature(const struct sx_reader *reader, size_t i);
const char *sx_reader_member(const struct sx_reader *reader, size_t i);

/* Opens another array of the .npz that `reader`, which must outlive it, has open. */
struct sx_reader *sx_reader_open_member(const struct sx_reader *reader, const char *member,
                                        const struct sx_shape *want, struct sx_error *error);

/* The last sample as it was resized and cropped, to paint over; NULL if it was no picture. */
const struct sx_picture *sx_reader_picture(const struct sx_reader *reader);
void sx_reader_close(struct sx_reader *reader);

/* Reads a whole array of any of the above formats; the lines of a text are its rows. */
bool sx_tensor_read(struct sx_tensor *tensor, const char *path, struct sx_error *error);

/* Numbers as text, whatever the locale: the shortest decimal that reads back as the same float
 * (SX_FLOAT) or double; "null" for NaN and infinities. Returns its length. */
#define SX_NUMBER_SIZE 32
size_t sx_number(char text[SX_NUMBER_SIZE], double value, enum sx_type precision);

/* Sets *value to what the `n` bytes say; false unless they are one number and nothing else. */
bool sx_number_parse(const char *text, size_t n, double *value);

/* Where results go. The first failure sticks: later writes do nothing, and flush and finish
 * report it (status 5). The caller ignores SIGPIPE. */
struct sx_sink;

/* `path` NULL or "-" is standard output. A file appears under its name only when it is
 * finished; what exists and is no regular file (/dev/null) is written to directly. */
struct sx_sink *sx_sink_open(const char *path, struct sx_error *error);
bool sx_sink_write(struct sx_sink *sink, const void *bytes, size_t n);
bool sx_sink_print(struct sx_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool sx_sink_flush(struct sx_sink *sink, struct sx_error *error);

/* Ends and frees the sink; without `keep`, or on failure, no file stays. */
bool sx_sink_finish(struct sx_sink *sink, bool keep, struct sx_error *error);

/* Writes an .npy: its header alone (the elements follow by sx_sink_write), or all of it. */
bool sx_npy_head(struct sx_sink *sink, enum sx_type type, const struct sx_shape *shape);
bool sx_npy_write(struct sx_sink *sink, const struct sx_tensor *tensor);

/* A writer of JSON; zero-initialise what is not said here. `key` is NULL inside arrays. */
struct sx_json {
    struct sx_sink *sink;
    enum sx_type precision; /* of numbers and double arrays: SX_FLOAT or SX_DOUBLE */
    int64_t nonfinite;      /* numbers that were written as null */
    bool comma;
};

void sx_json_object(struct sx_json *json, const char *key);
void sx_json_object_end(struct sx_json *json);
void sx_json_array(struct sx_json *json, const char *key);
void sx_json_array_end(struct sx_json *json);
void sx_json_string(struct sx_json *json, const char *key, const char *text); /* NULL: null */
void sx_json_raw(struct sx_json *json, const char *key, const char *text); /* is JSON already */
void sx_json_number(struct sx_json *json, const char *key, double value);
void sx_json_double(struct sx_json *json, const char *key, double value); /* full precision */
void sx_json_int(struct sx_json *json, const char *key, int64_t value);
void sx_json_bool(struct sx_json *json, const char *key, bool value);
void sx_json_shape(struct sx_json *json, const char *key, const struct sx_shape *shape);
void sx_json_values(struct sx_json *json, const char *key, const struct sx_tensor *tensor);
/* {"shape":[...],"values":[flat, row-major]} */
void sx_json_tensor(struct sx_json *json, const char *key, const struct sx_tensor *tensor);

/* The keys of metrics, in an object that is open; NaN is null. */
void sx_json_metrics(struct sx_json *json, const struct sx_flint_metrics *metrics);

/* What every record says of itself. A NULL target and negative seconds are left out. */
struct sx_record {
    const char *tool, *id;
    int64_t index; /* of the sample in its file */
    const char *model_file, *model_sha256;
    const char *input_name;
    struct sx_shape input_shape;
    const struct sx_target *target;
    int64_t forward, backward;
    const char *const *warnings;
    size_t warning_count;
    double seconds;
};

/* A record is sx_record_begin, "params" and the tool's own keys, sx_record_end; the latter two
 * calls write the record out and fail with status 5. */
void sx_record_begin(struct sx_json *json, const struct sx_record *record);
bool sx_record_end(struct sx_json *json, const struct sx_record *record,
                   struct sx_error *error);

/* The record of a sample that failed with *why. */
bool sx_record_error(struct sx_json *json, const struct sx_record *record,
                     const struct sx_error *why, struct sx_error *error);

/* ---- Shapley interactions of players ---------------------------------------------------- */

struct sx_players; /* groups of elements of x that are present, or masked, together */

/* By "elements", "columns" (the last axis), "tokens[:AXIS]" (else the first after the batch),
 * "patches:HxW" or "file:LABELS.npy" (an integer for each element or place of a picture, negative:
 * never masked; they are numbered in order). Status 2 if that does not fit the shape of x. */
struct sx_players *sx_players_new(const struct sx_shape *shape, const char *specification,
                                  enum sx_layout layout, struct sx_error *error);
void sx_players_free(struct sx_players *players);
int64_t sx_players_count(const struct sx_players *players);

/* Whether players lie in a plane; rows and columns of patches, 0 where there are none. */
bool sx_players_on_grid(const struct sx_players *players, int64_t *rows, int64_t *columns);

/* Gives each element of `map`, of x's shape, its player's value, 0 where there is none. */
void sx_players_spread(const struct sx_players *players, const double *values, double *map);

/* A number for each coalition of n players. A coalition is (n + 63) / 64 words; player i is
 * present if bit i % 64 of word i / 64 is set. What was asked for once is remembered. */
struct sx_game;
void sx_game_free(struct sx_game *game);

/* The explained tensor's number: its target element, or how like it is to what it is at x. */
enum sx_likeness { SX_TARGET, SX_DOT, SX_COSINE };

/* The game f(x with absent players as in the baseline), averaged over `n` baselines of x's shape.
 * Explainer, its sample, players and baselines must outlive it. */
struct sx_game *sx_game_model(struct sx_explainer *explainer, const struct sx_players *players,
                              const double *baselines, int64_t n, enum sx_likeness likeness,
                              struct sx_error *error);

/* A saved game: an .npy of all 2^n values, or a line {"players":n} and lines
 * {"present":[0,3],"value":1.5} of those that are known. Loading fails with status 1. */
struct sx_game *sx_game_load(const char *path, struct sx_error *error);
bool sx_game_save(const struct sx_game *game, struct sx_sink *sink, struct sx_error *error);

int64_t sx_game_players(const struct sx_game *game);
bool sx_game_plays(const struct sx_game *game, int64_t player); /* can it make a difference? */
int64_t sx_game_evaluations(const struct sx_game *game); /* of different coalitions, so far */
bool sx_game_values(struct sx_game *game, int64_t n, const uint64_t *coalitions, double *values,
                    struct sx_error *error);

/* Partitions of a set: into blocks of neighbours in its order, any, or that hang together. */
enum sx_partition { SX_CONTIGUOUS, SX_ANY, SX_CONNECTED };

struct sx_shapley_options {
    const char *sampling;  /* an estimator, see shapley-int(1); NULL: the usual one */
    int64_t budget;        /* evaluations; 0: exact up to 65536, else 16384 */
    bool exact;            /* whatever it costs, up to 24 players */
    double tolerance;      /* stop when no standard error is larger; 0: use the budget */
    uint64_t seed, sample; /* randomness is a function of these */
    const char *index;     /* of sx_interact: a name that sx_index_name gives */
    int64_t order;         /* of the largest sets; 0: 2, or all for moebius, comoebius, andor */
    const int64_t *group;  /* owen: the group of each player; NULL: each its own */
    enum sx_partition partition;      /* of sx_benefit: which count; */
    const struct sx_players *players; /* if connected, by whom, and whether at corners */
    bool corners, gradient;           /* gradient: search as the paper does; contiguous alone */
    bool skip_nonfinite;              /* leave out contexts with values that are not finite */
    double tie; /* sums are equal within this times max(1, |u|); 0: 1e-12 */
};

/* Sets of players with a value each: members of set k are member[first[k]] .. up to
 * member[first[k + 1]]. Sets that hold a player who makes no difference are left out. */
struct sx_interactions {
    int64_t count, *first, *member, order;
    double *value, *error; /* standard errors; NULL: exact, or not known */
    bool *is_or;           /* andor: which are OR terms; NULL: none */
    bool exact, efficient; /* efficient: values sum to all - none, */
    double gap, none, all; /* but for `gap`; these are the game's values of no player and all */
    const char *sampling;  /* the estimator; NULL: exact */
};

const char *sx_index_name(int i, const char **what); /* from 0; NULL past the last */

/* The interaction index of a game; sources and deviations are in shapley-int(1). */
bool sx_interact(struct sx_game *game, const struct sx_shapley_options *options,
                 struct sx_interactions *result, struct sx_error *error);
void sx_interactions_free(struct sx_interactions *interactions);

/* Whether members i and j (positions in the set) are in one block: 1 or 0, or the probability
 * that the gradient search found; whether another partition is as good and differs here; in a
 * row, what the best partition with the link has over the best without it, and the errors. */
struct sx_link {
    int64_t i, j;
    double max, min, gain_max, gain_min, error_max, error_min;
    bool tied;
};

struct sx_benefit {
    int64_t m;
    double *single, together; /* u of each member, and of the set */
    double B, B_max, B_min, T;
    double T_corrected; /* T without the bias of a maximum of estimates */
    double B_error, B_max_error, B_min_error, T_error; /* standard errors; 0: exact */
    double T_relaxed;               /* gradient: the difference of the relaxed objectives */
    int64_t *block_max, *block_min; /* [m]: the block of each member, from 0 */
    struct sx_link *link;
    struct sx_interactions components; /* of subsets of positions; none where not known */
    bool exact, gradient, greedy, link_gains; /* greedy: not all partitions; gains are known */
    int64_t n_links, contexts, skipped;
};

/* Multivariate Shapley interaction of the m players in set[]: B, B_max, B_min, T (Zhang, Xie,
 * Zheng, Zhang, Zhang, AAAI 2021), with the finest best partition. */
bool sx_benefit(struct sx_game *game, const int64_t *set, int64_t m,
                const struct sx_shapley_options *options, struct sx_benefit *result,
                struct sx_error *error);
void sx_benefit_free(struct sx_benefit *benefit);

/* Writes keys of records: "set" to "partition_min", with `details` also "singles" to "exact"; and
 * "interactions" of at least `least`. name[] of players, or one of it, may be NULL. */
void sx_json_benefit(struct sx_json *json, const struct sx_benefit *benefit, const int64_t *set,
                     const char *const *name, bool details);
void sx_json_interactions(struct sx_json *json, const struct sx_interactions *interactions,
                          const char *const *name, double least);

/* Charts of n players; name[] or one of it may be NULL, then it is the number; and the title. */
struct sx_chart {
    const char *title, *const *name;
    int64_t n;
    const bool *absent; /* who is left out, as by the upset chart all without terms; or NULL */
};

/* values [n, n] as squares of colour, or discs (the diagonal) with lines; the `top` strongest terms
 * as bars over their members; players in a row, blocks of m of them in red above, blue below. */
bool sx_plot_square(const struct sx_chart *chart, const double *values,
                    struct sx_picture *figure, struct sx_error *error);
bool sx_plot_network(const struct sx_chart *chart, const double *values,
                     struct sx_picture *figure, struct sx_error *error);
bool sx_plot_upset(const struct sx_chart *chart, const struct sx_interactions *terms,
                   int64_t top, struct sx_picture *figure, struct sx_error *error);
bool sx_plot_partitions(const struct sx_chart *chart, const int64_t *set, int64_t m,
                        const int64_t *above, const int64_t *below, struct sx_picture *figure,
                        struct sx_error *error);

/* n points of a curve, x growing from above zero, on a logarithmic axis. */
bool sx_plot_curve(const char *title, const double *x, const double *y, int64_t n,
                   struct sx_picture *figure, struct sx_error *error);

/* ---- Fourteen attributions as allocations of Taylor effects ----------------------------- */

/* Which sets of players effects are allocated for; what Deep Taylor's first layer does. */
enum sx_allocation { SX_ALLOC_AUTO, SX_ALLOC_FULL, SX_ALLOC_TRUNCATED, SX_ALLOC_NONE };
enum sx_first { SX_FIRST_ZPLUS, SX_FIRST_WSQUARE, SX_FIRST_BOUNDED };

/* Zeros and NULL are what attr-decompose(1) says; order: of the largest sets of a truncated allocation. */
struct sx_decompose_options {
    const char *methods, *layer, *smooth; /* "all", or names by commas; of Grad-CAM; of terms */
    const char *neuron_of; /* "LAYER:ELEMENT", "LAYER", "": all of them; NULL: none */
    const struct sx_players *players;
    const double *baseline, *background, *foreign; /* x's shape; rows of it; scores to judge */
    const int64_t *patch_of;                       /* NULL: patches as below */
    int64_t n_background, most_rows, order, nodes, path_samples, patch[2], stride, budget;
    int64_t taylor, fit; /* effects up to this order, or of a polynomial of this degree */
    double gauss, epsilon, bound[2], taylor_tolerance, tolerance;
    bool gradient_at_baseline, midpoints, log_odds, absolute, distribute, neuron;
    enum sx_allocation allocation;
    enum sx_layout layout;
    enum sx_first first;
    uint64_t seed, sample;
};
/* How far a principle is from holding, and in which set of players that shows most. */
struct sx_principle {
    double violation;
    bool holds, derived; /* measured; for generic f */
    uint64_t worst;
};
/* One neuron y = s(z0 + sum d), whose n inputs changed z by d[n] and y by dy from the reference to
 * x; how a rule that works neuron by neuron shares that out, and how far its weights are off. */
struct sx_neuron {
    const char *layer;
    int64_t element, n, *input; /* inputs: elements of what the layer takes */
    double *d, z0, dz, dy;
    struct sx_local {
        const char *name;
        double *attribution, sum, residual; /* [n]; residual: sum - dy */
        struct sx_principle principle[3];
    } rule[6];
};
struct sx_decomposed {
    const char *name, *failure, *against; /* failure: why there is no attribution */
    double *attribution, sum, gap;        /* [players]; sum - (f(x) - f(reference)) */
    bool complete, exists;                /* the gap is promised to be 0; see set_slack */
    double *share, *effect; /* [sets, players] of effect[sets]; NULL: not allocated */
    double residual, closed, set_slack, term_slack; /* NAN: not known; see the page's OUTPUT */
    struct sx_principle principle[3];
    struct sx_tensor map; /* gradcam: its raw map */
    int64_t evaluations;
    double seconds;
};
/* Owned by the decomposer until the next sample. */
struct sx_decomposition {
    int64_t players, n_sets;
    const uint64_t *set;  /* bit i: player i; the empty set first; n_sets 0: none */
    const double *effect; /* Harsanyi effects J */
    bool all_sets, converged;
    int64_t order, n_terms; /* Taylor effects: term[n_terms] of degrees [n_terms, players] */
    const uint8_t *degree;
    const double *term;
    double f_x, f_b, gap, effect_gap, ig_gap, smooth_change;
    int n_methods, n_neurons;
    const struct sx_decomposed *method;
    const struct sx_neuron *neuron;    /* of each layer that an activation follows, in order */
    const double *spearman, *distance; /* between methods' attributions; NaN where not known */
};

/* What decomposes one sample after the other; keeps what it builds. The explainer must outlive it. */
struct sx_decomposer;
struct sx_decomposer *sx_decomposer_new(struct sx_explainer *explainer, struct sx_error *error);
void sx_decomposer_free(struct sx_decomposer *decomposer);

/* The defaults, players and baseline aside; the methods' names, NULL past the last. */
struct sx_decompose_options sx_decompose_defaults(void);
const char *sx_decompose_method(int i, const char **what);

/* Attributions of the explainer's sample by each method, the effects of sets of players, how each
 * method allocates these, and which of the three principles that keeps. Deng et al., IEEE TPAMI
 * 46(7), 2024; see attr-decompose(1) for conventions and deviations. */
bool sx_decompose(struct sx_decomposer *decomposer, const struct sx_decompose_options *options,
                  struct sx_decomposition *result, struct sx_error *error);

/* Writes keys of records; draws "bars", "alloc", "effects", "principles" or "agreement". Status 2
 * where what was to be drawn is not known. */
void sx_json_decomposition(struct sx_json *json, const struct sx_decomposition *result,
                           bool harsanyi, bool timing);
bool sx_plot_decomposition(const char *plot, const struct sx_chart *players,
                           const struct sx_decomposition *result, struct sx_picture *figure,
                           struct sx_error *error);

/* Reads scores of the players: an array with a number for each player or element of x (or an axis
 * more: sample `index`), or records (of that index, and of the method `name` unless NULL). */
bool sx_scores_read(const char *path, const char *name, int64_t index,
                    const struct sx_players *players, double *scores, struct sx_error *error);

#endif
