/* sextant/score.h - how faithful attributions are, and how alike two of them are. */
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
    SX_FILL_AUTO, /* nearest for pictures, else the baseline */
    SX_FILL_NEAREST,
    SX_FILL_LINEAR,
    SX_FILL_MEAN,
    SX_FILL_BLACK,
    SX_FILL_BLUR,
    SX_FILL_BASELINE
};

/* Set by the rows of sx_score_table, and by the caller. */
struct sx_score_options {
    unsigned metrics; /* bit 1 << metric for each that is wanted */
    int filler;
    bool by_value; /* ranks by signed values, not by magnitudes */
    int64_t steps, draws;

    uint64_t seed, sample;
    enum sx_layout layout;
    const struct sx_preprocess *pre;
    const double *baseline;         /* of x's shape */
    const struct sx_picture *shown; /* x as a picture; NULL: none */
    const struct sx_box *boxes;     /* in it, where the thing lies that is explained */
    int64_t n_boxes;
};
extern const struct sx_options sx_score_table;
#define SX_METRIC_NAMES                                                                        \
    "insertion|deletion|sic|aic|sensitivity-n|infidelity|pointing|completeness"

/* A score, and the curve that it is the area or the mean of. NaN: it has no value. */
#define SX_SCORE_POINTS 101
struct sx_scored {
    double value;
    int64_t n;
    double x[SX_SCORE_POINTS], y[SX_SCORE_POINTS];
};

/* Scores a map of the current sample. `by` gives the curves' f, usually a probability; `own` is the
 * f that the map explains; `inference` gives classes, for aic. They are at the same sample. *filler
 * is the one that was used. Status 1 where the map does not fit x.
 *   insertion, deletion: the area under f as the elements of highest rank are shown, or hidden:
 *     Petsiuk, Das, Saenko, BMVC 2018.
 *   sic, aic: softmax and accuracy information curves: Kapishnikov and others, ICCV 2019, as
 *     Rahman, Lewis, Plis, arXiv 2206.05903 compute them.
 *   sensitivity-n: Ancona and others, ICLR 2018. infidelity: Yeh and others, NeurIPS 2019.
 *   pointing: Zhang and others, ECCV 2016. completeness: sum of the map less f(x) - f(baseline). */
bool sx_score(struct sx_explainer *by, struct sx_explainer *own, struct sx_inference *inference,
              const struct sx_score_options *options, const struct sx_record_map *map,
              struct sx_scored score[SX_METRICS], int *filler, struct sx_error *error);

/* "scores", and "curves" of those that have one. */
void sx_put_scores(struct sx_result *result, unsigned metrics,
                   const struct sx_scored score[SX_METRICS]);

/* The scores of many samples, by method. Free with sx_score_tally_free, which takes NULL too. */
struct sx_score_tally;
struct sx_score_tally *sx_score_tally_new(struct sx_error *error);
void sx_score_tally_free(struct sx_score_tally *tally);
bool sx_score_tally_add(struct sx_score_tally *tally, const char *method,
                        const struct sx_scored score[SX_METRICS], struct sx_error *error);

/* Methods, in the order of their first samples; and the record of one: "summary" has the samples,
 * "scores" (means; of sic the area under the medians, of aic that under the means) and "stderr". */
int64_t sx_score_tally_count(const struct sx_score_tally *tally);
void sx_put_score_summary(struct sx_result *result, const char *tool,
                          const struct sx_score_tally *tally, int64_t method, unsigned metrics);

/* ---- Similarity ------------------------------------------------------------------------- */

/* NaN: no value. Elements that are not finite in both arrays do not count. An element that is finite in
 * one array only makes max_abs infinite. */
struct sx_similarity {
    double spearman; /* of signed values, ties sharing their ranks; 1 for equal arrays */
    double ssim;     /* of pictures [..., H, W] summed over channels: windows of 7x7, mean */
    double topk_iou; /* of the tenth of largest magnitude; earlier ones first among equals */
    double max_abs;
};

/* Compares two arrays of equal shape; `picture` says whether they are one. Status 1 where the shapes
 * differ, 6. */
bool sx_compare(const struct sx_tensor *a, const struct sx_tensor *b, bool picture,
                struct sx_similarity *similarity, struct sx_error *error);
void sx_put_similarity(struct sx_result *result, const struct sx_similarity *similarity);

/* Pairs each map of a record with the map of the same id and index in other records, and of the same
 * method if `by_method`. Set others, n_others, by_method and record, and zero the rest. */
struct sx_pair {
    struct sx_result *const *others;
    size_t n_others;
    bool by_method;
    const struct sx_datum *record;
    int64_t n; /* pairs so far */
    const char *method;
    struct sx_similarity similarity;
};
/* Compares the next pair; false at the end, and on failure. Status 1 if a map has no counterpart, if that
 * has another shape, or if the record has no map. */
bool sx_pair_next(struct sx_pair *pair, struct sx_error *error);
/* Whether records are of several methods. */
bool sx_has_methods(struct sx_result *const *records, size_t n);
/* How many of the others are of a sample that none of the records is of. */
int64_t sx_unpaired(struct sx_result *const *records, size_t n, struct sx_result *const *others,
                    size_t n_others);

/* Bounds of a similarity: the rows "max" and "min" of these add one each. */
#define SX_BOUNDS 16
struct sx_bounds {
    int n;
    struct sx_bound {
        int key; /* of spearman, ssim, topk_iou, max_abs */
        bool least;
        double value;
    } bound[SX_BOUNDS];
};
extern const struct sx_options sx_bounds_table;

/* Whether bound i holds. It does not if the similarity has no value. If it does not hold, `what` is a
 * message. */
bool sx_bound_holds(const struct sx_bounds *bounds, int i,
                    const struct sx_similarity *similarity, char what[80]);

#ifdef __cplusplus
}
#endif

#endif
