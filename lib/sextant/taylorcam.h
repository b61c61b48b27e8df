/* sextant/taylorcam.h - relations between places of a layer: Taylor-CAM. */
#ifndef SEXTANT_TAYLORCAM_H
#define SEXTANT_TAYLORCAM_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The default layer, whose places are related. It is the last tensor of rank 4 with rows and
 * columns that a convolution or pooling makes and that has more than one place. `feeds`, `output`
 * and max_memory are as for sx_list. The name belongs to the model. Status 2: there is no such
 * layer. */
const char *sx_default_layer(struct sx_model *model, const struct sx_tensor *feeds,
                             const char *output, size_t max_memory, struct sx_error *error);

/* The effect of places i and j together. H is the Hessian of f by the layer x, x_i the
 * attributes of place i, and 1 a vector of ones. */
enum sx_taylor_form {
    SX_TAYLOR_PAPER,      /* |x_i' H_ij 1|^2 + |x_j' H_ji 1|^2 (Lerman and others) */
    SX_TAYLOR_BASIC,      /* as PAPER, with H_ij replaced by sum_i H_ij */
    SX_TAYLOR_INPUT,      /* x_i' H_ij x_j */
    SX_TAYLOR_OCCLUSION,  /* f(x) - f(x without i) - f(x without j) + f(x without both) */
    SX_TAYLOR_INTEGRATED, /* Integrated Hessians from the baseline */
};

enum { SX_MOST_CAMS = 16 };

struct sx_taylorcam_options {
    enum sx_taylor_form form;
    int64_t order;   /* number of places related at once: 2, or 3 (third derivatives T for H) */
    bool is_signed;  /* strength is |effect|, not a sum of squares */
    bool diagonal;   /* keep the relation of a place to itself; order 2 only */
    bool allow_zero; /* go on where f has no curvature */
    int axes[2];     /* the axes of the layer that number places; -1: see taylorcam(1) */
    int64_t grid[2]; /* rows and columns of blocks that count as places; 0: as `most` says */
    /* if there are more places than this, they are joined to blocks; 0: 1024, or 256 with order 3 */
    int64_t most;
    int64_t steps; /* points of the integral; 0: 20 */

    /* Used by sx_taylorcam_explain only: */
    int64_t pairs;                 /* how many of the strongest relations are listed */
    const char *cam[SX_MOST_CAMS]; /* names of first-order maps */
    int n_cams;
    bool has_from;   /* list the relations of one place, too */
    int64_t from[2]; /* row and column of that place */
    bool deletion;   /* compute the correlation with occlusion */

    /* For the caller, who creates the explainer and reads files: */
    const char *layer, *smooth, *boxes;
};

/* The table of these options, and their defaults. */
extern const struct sx_options sx_taylorcam_table;
struct sx_taylorcam_options sx_taylorcam_defaults(void);

/* Adds a map to those that are asked for, unless it is among them. */
void sx_taylorcam_add_cam(struct sx_taylorcam_options *options, const char *name);

/* Relations between n = rows * columns places. `strength` ranks, `effect` is signed. Both are [n,
 * n] or [n, n, n] and symmetric. Entries with repeated places that are not kept are 0. */
struct sx_relations {
    int order;
    int64_t rows, columns;
    struct sx_tensor strength, effect;
    struct sx_tensor marginal; /* [rows, columns]: sums of strengths, or of effects if signed */
    double max, mean, median;  /* of all strengths */
    double top100;             /* mean of the 100 largest */
    /* of pairs: the share of their variance that s_i + s_j explains; NaN for order 3 */
    double additive;
    double noise; /* strengths up to this may be rounding errors */
};

struct sx_taylorcam; /* keeps compiled programs from sample to sample */

/* The explainer, whose `wrt` is the layer, must outlive it. Free with sx_taylorcam_free. */
struct sx_taylorcam *sx_taylorcam_new(struct sx_explainer *explainer,
                                      const struct sx_taylorcam_options *options,
                                      struct sx_error *error);
void sx_taylorcam_free(struct sx_taylorcam *taylorcam);

/* Relates the places at the explainer's sample (Lerman and others, arXiv 2006.08601). `baseline`
 * (x's shape, NULL: 0) is the value of occluded places, and the start of integration paths.
 * Status 2: the layer has only one place, or axes do not fit. Status 3: there is no curvature. Free
 * with sx_relations_free. */
bool sx_taylorcam_run(struct sx_taylorcam *taylorcam, const double *baseline,
                      struct sx_relations *relations, struct sx_error *error);
void sx_relations_free(struct sx_relations *relations);

/* Chooses layer and score if the user has not.
 *
 * The layer: layers are tried from the last to the first. A layer is passed over if all its pairs
 * are 0, if its pairs are sums of effects of single places (`additive` above SX_ADDITIVE), or if
 * most of its pairs are 0 because their places do not meet in the layers above.
 *
 * The score: a logit that is piecewise linear in the input has no curvature. It is then explained
 * with smooth kinks, unless `scored` (the score was asked for) or options->smooth is not NULL. */
#define SX_ADDITIVE 0.95
struct sx_taylorcam_choice {
    bool named, scored, smoothed; /* the user gave the layer, the score, the smoothing */
    char *layer;                  /* the layer; explain->wrt if that is not NULL */
    bool found;                   /* the layer has pairs that are informative */
    bool skipped;                 /* later layers were passed over */
    bool softened;                /* the logit with smooth kinks was chosen as score */
    enum sx_score score;
    const char *smooth;
    /* the value for options->most if nobody named the layer: as many places as are affordable */
    int64_t most;
};
bool sx_taylorcam_choose(struct sx_model *model, const struct sx_explain_options *explain,
                         bool scored, const struct sx_taylorcam_options *options,
                         const struct sx_tensor *feeds, struct sx_taylorcam_choice *choice,
                         struct sx_error *error);
void sx_taylorcam_choice_free(struct sx_taylorcam_choice *choice);

/* Suggests a layer to try instead of the explainer's, with the same score and with kinks smoothed
 * as `smooth` says; NULL: none. choice->found: some layer will do, which may be the explainer's
 * own. */
const char *sx_taylorcam_advise(const struct sx_taylorcam *taylorcam, const char *smooth,
                                struct sx_taylorcam_choice *choice);

/* After a run: writes the next remark on the relations to `text`, and advances *i, which starts at
 * 0. False past the last. */
#define SX_REMARK 200
bool sx_taylorcam_remark(const struct sx_taylorcam *taylorcam,
                         const struct sx_taylorcam_choice *choice,
                         const struct sx_relations *relations, int *i, char text[SX_REMARK]);

/* After a run: whether all curvature comes from the softmax. */
bool sx_taylorcam_logit_zero(const struct sx_taylorcam *taylorcam);
/* After a run: an input that also reaches the output around the layer; NULL: none. */
const char *sx_taylorcam_bypass(const struct sx_taylorcam *taylorcam);

/* Writes the n strongest relations, the strongest first, without those of strength 0. Returns how
 * many. */
struct sx_relation {
    int64_t place[3]; /* row * columns + column, increasing */
    double strength, effect;
};
int64_t sx_relations_top(const struct sx_relations *relations, int64_t n,
                         struct sx_relation *top);

/* Makes *map, [rows, columns], the sums of the strengths, or effects, of all relations of `place`
 * with each place. The caller frees the map. */
bool sx_relations_row(const struct sx_relations *relations, int64_t place, bool effects,
                      struct sx_tensor *map, struct sx_error *error);

/* Makes *groups the relations between m groups of places: sums weighted by weights[m, n]. */
bool sx_relations_group(const struct sx_relations *relations, int64_t m, const double *weights,
                        struct sx_relations *groups, struct sx_error *error);

/* Spearman's rank correlation between strengths and |effects of occlusion|; order 2 only. NaN if
 * either are all equal or contain a value that is not finite. */
bool sx_taylorcam_deletion(struct sx_taylorcam *taylorcam, const double *baseline,
                           const struct sx_relations *relations, double *correlation,
                           struct sx_error *error);

/* The name of the i-th first-order map of the layer, from 0; the first is "gradcam". NULL past the
 * last. *what becomes a line of description. */
const char *sx_cam_name(int i, const char **what);

/* Computes n such maps at the explainer's sample from one gradient. maps[i] is [rows, columns] of
 * the layer; the caller frees it. Status 2: unknown name. */
bool sx_cams(struct sx_taylorcam *taylorcam, int n, const char *const *names,
             struct sx_tensor *maps, struct sx_error *error);

/* All results that the options ask for at one sample. */
struct sx_taylorcam_result {
    struct sx_relations relations, objects; /* places, and boxes (objects) */
    struct sx_relation *pair, *object_pair; /* the strongest relations of each */
    /* if there are at most 64 places: relations by occlusion of the logit */
    struct sx_relation *occlusion;
    int64_t pairs, object_pairs, occlusions;
    struct sx_tensor map[SX_MOST_CAMS], from;
    double deletion;
    const struct sx_picture *picture; /* the picture whose parts the places are; NULL: none */
    const struct sx_box *box;
    int64_t n_boxes;
    double *share; /* [n_boxes, places]: the weight of each place in each box */
};

/* Explains the explainer's sample. `picture` may be NULL. `boxes` are n parts of it. Picture and
 * boxes are borrowed. Status 2: there is no place `from`. Status 1: a box is outside the picture.
 * Free with sx_taylorcam_result_free. */
bool sx_taylorcam_explain(struct sx_taylorcam *taylorcam, const double *baseline,
                          const struct sx_picture *picture, const struct sx_box *boxes,
                          int64_t n_boxes, struct sx_taylorcam_result *result,
                          struct sx_error *error);
void sx_taylorcam_result_free(struct sx_taylorcam_result *result);

/* Adds the keys of a record from "layer" to "from". sx_taylorcam_view: the members that text and
 * tables show. */
void sx_put_taylorcam(struct sx_result *result, const struct sx_taylorcam *taylorcam,
                      const struct sx_taylorcam_result *found);
struct sx_view sx_taylorcam_view(const struct sx_taylorcam_options *options);

#ifdef __cplusplus
}
#endif

#endif
