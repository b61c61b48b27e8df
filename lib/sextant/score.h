/* sextant/score.h - how faithful attributions are, and how similar two of them are. */
#ifndef SEXTANT_SCORE_H
#define SEXTANT_SCORE_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Scores ----------------------------------------------------------------------------- */

enum sx_metric {
    SX_INSERTION,
    SX_DELETION,
    SX_SIC,
    SX_AIC,
    SX_SENSITIVITY_N,
    SX_INFIDELITY,
    SX_POINTING,
    SX_COMPLETENESS,
    SX_METRICS
};

/* What hidden elements hold. */
enum sx_filler {
    SX_FILL_AUTO, /* NEAREST for pictures, else BASELINE */
    SX_FILL_NEAREST,
    SX_FILL_LINEAR,
    SX_FILL_MEAN,
    SX_FILL_BLACK,
    SX_FILL_BLUR,
    SX_FILL_BASELINE
};

/* Options of scores. sx_score_table has a row for some of them; the caller sets the others. */
struct sx_score_options {
    unsigned metrics; /* bit 1 << metric for each that is wanted */
    int filler;
    bool by_value; /* rank elements by signed values, not by magnitudes */
    int64_t steps, draws;

    uint64_t seed, sample;
    enum sx_layout layout;
    const struct sx_preprocess *pre;
    const double *baseline;         /* of x's shape */
    const struct sx_picture *shown; /* x as a picture; NULL: none */
    const struct sx_box *boxes;     /* boxes in `shown` around the object that is explained */
    int64_t n_boxes;
};
extern const struct sx_options sx_score_table;
#define SX_METRIC_NAMES                                                                        \
    "insertion|deletion|sic|aic|sensitivity-n|infidelity|pointing|completeness"

/* A score, and the curve whose area or mean it is. NaN: no value. */
#define SX_SCORE_POINTS 101
struct sx_scored {
    double value;
    int64_t n;
    double x[SX_SCORE_POINTS], y[SX_SCORE_POINTS];
};

/* Scores a map of the current sample. `by` gives the f of the curves, usually a probability. `own`
 * gives the f that the map explains. `inference` gives classes, for aic. All three are at the same
 * sample. *filler becomes the filler that was used. Status 1: the map does not fit x.
 *   insertion, deletion: the area under f as the elements of highest rank are shown, or hidden:
 *     Petsiuk, Das, Saenko, BMVC 2018.
 *   sic, aic: softmax and accuracy information curves: Kapishnikov and others, ICCV 2019, as
 *     Rahman, Lewis, Plis, arXiv 2206.05903 compute them.
 *   sensitivity-n: Ancona and others, ICLR 2018.
 *   infidelity: Yeh and others, NeurIPS 2019.
 *   pointing: Zhang and others, ECCV 2016.
 *   completeness: (sum of the map) - (f(x) - f(baseline)). */
bool sx_score(struct sx_explainer *by, struct sx_explainer *own, struct sx_inference *inference,
              const struct sx_score_options *options, const struct sx_record_map *map,
              struct sx_scored score[SX_METRICS], int *filler, struct sx_error *error);

/* Adds "scores", and "curves" of those that have one. */
void sx_put_scores(struct sx_result *result, unsigned metrics,
                   const struct sx_scored score[SX_METRICS]);

/* The scores of many samples, by method. Free with sx_score_tally_free, which takes NULL too. */
struct sx_score_tally;
struct sx_score_tally *sx_score_tally_new(struct sx_error *error);
void sx_score_tally_free(struct sx_score_tally *tally);
bool sx_score_tally_add(struct sx_score_tally *tally, const char *method,
                        const struct sx_scored score[SX_METRICS], struct sx_error *error);

/* The number of methods, in the order of their first samples. sx_put_score_summary puts the record
 * of one method; its "summary" has the number of samples, "scores" and "stderr". A score is the
 * mean over samples, except sic (area under the median curve) and aic (area under the mean curve). */
int64_t sx_score_tally_count(const struct sx_score_tally *tally);
void sx_put_score_summary(struct sx_result *result, const char *tool,
                          const struct sx_score_tally *tally, int64_t method, unsigned metrics);
/* Writes the columns of a view into text[size]: `first`, which ends with a comma or is empty, then
 * "object.NAME:NAME" for each of the metrics. What does not fit is left out. */
void sx_score_columns(char *text, size_t size, const char *first, const char *object,
                      unsigned metrics);

/* ---- Similarity ------------------------------------------------------------------------- */

/* The similarity of two arrays; NaN: no value. Elements that are finite in neither array do not
 * count. An element that is finite in only one array makes max_abs infinite. */
struct sx_similarity {
    /* rank correlation of signed values; ties share a rank; 1 for equal arrays */
    double spearman;
    double ssim; /* of pictures [..., H, W] summed over channels: mean over windows of 7 x 7 */
    /* overlap (IoU) of the 10 % of largest magnitude; the earlier one first among equals */
    double topk_iou;
    double max_abs;
};

/* Compares two arrays of equal shape. `picture`: they are pictures. Status 1: the shapes differ.
 * Status 6. */
bool sx_compare(const struct sx_tensor *a, const struct sx_tensor *b, bool picture,
                struct sx_similarity *similarity, struct sx_error *error);
void sx_put_similarity(struct sx_result *result, const struct sx_similarity *similarity);

/* Pairs each map of a record with the map of the same id and index in other records, and of the
 * same method if `by_method`. Set `others`, `n_others`, `by_method` and `record`, and zero the
 * rest. */
struct sx_pair {
    struct sx_result *const *others;
    size_t n_others;
    bool by_method;
    const struct sx_datum *record;
    int64_t n; /* pairs so far */
    const char *method;
    struct sx_similarity similarity;
};
/* Compares the next pair; false at the end, and on failure. Status 1: a map has no counterpart, or
 * one of another shape, or the record has no map. */
bool sx_pair_next(struct sx_pair *pair, struct sx_error *error);
/* Whether the records are of more than one method. */
bool sx_has_methods(struct sx_result *const *records, size_t n);
/* The number of `others` whose sample none of the records is of. */
int64_t sx_unpaired(struct sx_result *const *records, size_t n, struct sx_result *const *others,
                    size_t n_others);

/* Bounds of similarities. Each use of the options "max" and "min" adds one. */
#define SX_BOUNDS 16
struct sx_bounds {
    int n;
    struct sx_bound {
        int key; /* index in spearman, ssim, topk_iou, max_abs */
        bool least;
        double value;
    } bound[SX_BOUNDS];
};
extern const struct sx_options sx_bounds_table;

/* Whether bound i holds. It does not hold if the similarity has no value. If it does not hold,
 * `what` becomes a message. */
bool sx_bound_holds(const struct sx_bounds *bounds, int i,
                    const struct sx_similarity *similarity, char what[80]);

#ifdef __cplusplus
}
#endif

#endif
