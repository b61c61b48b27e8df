/* sextant/taylorcam.h - relations between places of a layer: Taylor-CAM. */
#ifndef SEXTANT_TAYLORCAM_H
#define SEXTANT_TAYLORCAM_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The name of the layer whose places are related unless another one is asked for: the last
 * tensor of rank 4 with rows and columns of the last convolution or pooling that leaves more
 * than one place. `feeds`, `output` and max_memory as for sx_list; owned by the model. Status 2
 * if there is none. */
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
    int64_t order;   /* places that are related at once: 2, or 3 (T for H) */
    bool is_signed;  /* strength is the magnitude of the effect, not a sum of squares */
    bool diagonal;   /* keep a place's relation to itself; order 2 */
    bool allow_zero; /* go on where f has no curvature */
    int axes[2];     /* of the layer, that tell places apart; -1: see taylorcam(1) */
    int64_t grid[2]; /* rows and columns of blocks that count as places; 0: as `most` says */
    int64_t most;    /* more places than these become blocks; 0: 1024, or 256 with order 3 */
    int64_t steps;   /* points of the integral; 0: 20 */

    /* Of sx_taylorcam_explain alone. */
    int64_t pairs;                 /* so many of the strongest relations */
    const char *cam[SX_MOST_CAMS]; /* names of first-order maps */
    int n_cams;
    bool has_from;   /* the relations of one place, too */
    int64_t from[2]; /* its row and column */
    bool deletion;   /* the correlation with occlusion */

    /* Of whoever makes the explainer and reads files. */
    const char *layer, *smooth, *boxes;
};

/* The rows of these options, and their defaults. */
extern const struct sx_options sx_taylorcam_table;
struct sx_taylorcam_options sx_taylorcam_defaults(void);

/* Adds a map to those that are asked for, once. */
void sx_taylorcam_add_cam(struct sx_taylorcam_options *options, const char *name);

/* What holds for n = rows * columns places; `strength` ranks, `effect` is signed. Both are
 * [n, n] or [n, n, n], symmetric, and 0 for repeated places that are not kept. */
struct sx_relations {
    int order;
    int64_t rows, columns;
    struct sx_tensor strength, effect;
    struct sx_tensor marginal; /* [rows, columns]: sums of strengths, or of effects if signed */
    double max, mean, median;  /* of all strengths */
    double top100;             /* mean of the 100 largest */
    double
        additive; /* of pairs: the share of their variance that s_i + s_j explains; else NaN */
    double noise; /* strengths up to this may be rounding alone */
};

struct sx_taylorcam; /* keeps what it compiles from sample to sample */

/* The explainer, whose `wrt` is the layer, must outlive it. Free with sx_taylorcam_free. */
struct sx_taylorcam *sx_taylorcam_new(struct sx_explainer *explainer,
                                      const struct sx_taylorcam_options *options,
                                      struct sx_error *error);
void sx_taylorcam_free(struct sx_taylorcam *taylorcam);

/* Relates the places at the explainer's sample (Lerman and others, arXiv 2006.08601).
 * `baseline` (x's shape, NULL: 0) is what occluded places hold, or where paths begin. Status 2
 * where the layer has one place or axes do not fit, 3 without curvature. Free with
 * sx_relations_free. */
bool sx_taylorcam_run(struct sx_taylorcam *taylorcam, const double *baseline,
                      struct sx_relations *relations, struct sx_error *error);
void sx_relations_free(struct sx_relations *relations);

/* Chooses what is explained where the user leaves it open.
 *
 * The layer: layers are tried from the last to the first. One is passed over if all its pairs are 0, if
 * they are sums of what single places do (`additive` above SX_ADDITIVE), or if most of them are 0
 * because distant places do not meet.
 *
 * The score: a logit that is piecewise linear in the input has no curvature. It is then explained with
 * smooth kinks, unless `scored` (explain->score was asked for) or options->smooth is not NULL. */
#define SX_ADDITIVE 0.95
struct sx_taylorcam_choice {
    bool named, scored, smoothed; /* layer, score, smoothing were given */
    char *layer;                  /* explain->wrt, if that is not NULL */
    bool found;                   /* the pairs of the layer mean something */
    bool skipped;                 /* later layers were passed over */
    bool softened;                /* the logit with smooth kinks was chosen */
    enum sx_score score;
    const char *smooth;
    int64_t
        most; /* for options->most if nobody named the layer: as many places as are affordable */
};
bool sx_taylorcam_choose(struct sx_model *model, const struct sx_explain_options *explain,
                         bool scored, const struct sx_taylorcam_options *options,
                         const struct sx_tensor *feeds, struct sx_taylorcam_choice *choice,
                         struct sx_error *error);
void sx_taylorcam_choice_free(struct sx_taylorcam_choice *choice);

/* A layer to try instead of the explainer's, with the same score and with kinks made smooth as `smooth`
 * says; NULL: none. choice->found is whether any layer will do, the explainer's own among them. */
const char *sx_taylorcam_advise(const struct sx_taylorcam *taylorcam, const char *smooth,
                                struct sx_taylorcam_choice *choice);

/* After a run: writes the next remark on the relations, from number *i on; false past the last. */
#define SX_REMARK 200
bool sx_taylorcam_remark(const struct sx_taylorcam *taylorcam,
                         const struct sx_taylorcam_choice *choice,
                         const struct sx_relations *relations, int *i, char text[SX_REMARK]);

/* After a run: whether all curvature comes from the softmax. */
bool sx_taylorcam_logit_zero(const struct sx_taylorcam *taylorcam);
/* After a run: an input that also reaches the output around the layer; NULL: none. */
const char *sx_taylorcam_bypass(const struct sx_taylorcam *taylorcam);

/* The n strongest relations, strongest first, without those of strength 0; returns how many. */
struct sx_relation {
    int64_t place[3]; /* row * columns + column, increasing */
    double strength, effect;
};
int64_t sx_relations_top(const struct sx_relations *relations, int64_t n,
                         struct sx_relation *top);

/* The sum of the strengths, or of the effects, of all relations of `place` with each place: [rows,
 * columns]. The caller frees the map. */
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

/* First-order maps of the same layer, by number from 0, "gradcam" first; NULL past the last. */
const char *sx_cam_name(int i, const char **what);

/* n of them by name at the explainer's sample, from one gradient; maps[i] is [rows, columns] of
 * the layer, the caller frees it. Status 2 for an unknown name. */
bool sx_cams(struct sx_taylorcam *taylorcam, int n, const char *const *names,
             struct sx_tensor *maps, struct sx_error *error);

/* All that the options ask for at one sample. */
struct sx_taylorcam_result {
    struct sx_relations relations, objects; /* objects: of the boxes */
    struct sx_relation *pair, *object_pair; /* the strongest of either */
    struct sx_relation *occlusion; /* of at most 64 places: by occlusion of the logit */
    int64_t pairs, object_pairs, occlusions;
    struct sx_tensor map[SX_MOST_CAMS], from;
    double deletion;
    const struct sx_picture *picture; /* whose parts the places are; NULL: none */
    const struct sx_box *box;
    int64_t n_boxes;
    double *share; /* [n_boxes, places]: how much of a place each box counts for */
};

/* Explains the explainer's sample. `picture` may be NULL; `boxes` are n parts of it. Picture
 * and boxes are borrowed. Status 2 where --from is no place, 1 where a box lies outside of the
 * picture. Free with sx_taylorcam_result_free. */
bool sx_taylorcam_explain(struct sx_taylorcam *taylorcam, const double *baseline,
                          const struct sx_picture *picture, const struct sx_box *boxes,
                          int64_t n_boxes, struct sx_taylorcam_result *result,
                          struct sx_error *error);
void sx_taylorcam_result_free(struct sx_taylorcam_result *result);

/* Adds the keys of a record from "layer" to "from"; which of them text and tables show. */
void sx_put_taylorcam(struct sx_result *result, const struct sx_taylorcam *taylorcam,
                      const struct sx_taylorcam_result *found);
struct sx_view sx_taylorcam_view(const struct sx_taylorcam_options *options);

#ifdef __cplusplus
}
#endif

#endif
