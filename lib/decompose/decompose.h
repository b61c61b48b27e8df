/* decompose.h - what the parts of attr-decompose share. */
#ifndef SX_DECOMPOSE_H
#define SX_DECOMPOSE_H

#include "graph/relevance.h"
#include "explain/explain.h"
#include "explain/game.h"
#include "explain/still.h"
#include "sextant/decompose.h"

/* ---- Sets of players: family.c ---- */

/* The sets of up to `most` of up to 63 players, as bits, ascending. All sets if
 * most >= players. The empty set comes first. */
struct sx_family {
    int64_t players, most, n;
    uint64_t *set;
};

/* Status 2 if there would be over 2^20 sets. */
bool sx_family_new(struct sx_family *sets, int64_t players, int64_t most,
                   struct sx_error *error);
void sx_family_free(struct sx_family *sets);
/* The number of sets of such a family. -1 if there are over 2^20 sets or over 63 players. */
int64_t sx_family_count(int64_t players, int64_t most);
int64_t sx_family_find(const struct sx_family *sets, uint64_t set);

/* In place: rows of `width` numbers, one for each set, become A(S) = sum over T in S of
 * (-1)^(|S| - |T|) a(T). */
void sx_family_moebius(const struct sx_family *sets, int64_t width, double *rows);

/* ---- One sample ---- */

/* A reference input, and the game of masking players towards it. */
struct sx_frame {
    const double *baseline; /* x where it is no player's */
    double *own;            /* the baseline's memory; NULL: it is the caller's */
    struct sx_game *game;
    double f_b;
    double *effect; /* J of every set; NULL until asked for */
};

/* Taylor effects: degrees [n_terms, players] and a number for each. */
struct sx_taylor {
    int64_t order, n_terms;
    uint8_t *degree;
    double *term;
    double gap, effect_gap, ig_gap, smooth_change;
    bool converged;
};

/* The player of each place of the feature maps. */
struct sx_cells {
    int64_t rows, columns, channels; /* of the maps */
    int64_t *player;                 /* [rows, columns]; -1: no player */
    bool whole;                      /* every player has a place */
    double *map;                     /* that of x: [rows, columns] */
};

/* Groups of players: those of group k are member[first[k]] .. member[first[k + 1] - 1]. */
struct sx_groups {
    int64_t n, *first, *member;
};

enum { SX_N_RULES = 6 };

/* The state that is kept between samples: programs for the explainer's shapes, and results. */
struct sx_decomposer {
    struct sx_explainer *e;
    unsigned builds;
    int reference;                /* node: the reference input */
    struct sx_rule_options rules; /* of the programs */
    struct sx_points *rule[SX_N_RULES];
    struct sx_still still[2]; /* f at the baseline, and at zeros */
    struct sx_decomposed *method;
    int n_methods;
    struct sx_family sets;
    double *effect;
    struct sx_taylor taylor;
    struct sx_neuron *neuron;
    int n_neurons;
    int n_agreeing, *agreeing;   /* methods whose values are all finite */
    double *spearman, *distance; /* [agreeing, agreeing] */
    struct sx_arena kept;
};

/* One sample. */
struct sx_decomposing {
    struct sx_decomposer *d;
    struct sx_explainer *e;
    const struct sx_decompose_options *o;
    const struct sx_players *players;
    int64_t n, size;
    const double *x;
    double f_x, cost;      /* cost: elements that f computes */
    struct sx_family sets; /* n = 0: nothing is allocated */
    struct sx_frame given, zero, features, absent, *row;
    int64_t n_rows;
    double *nothing, *drawn;          /* nothing: a point of zeros; drawn: drawn references */
    struct sx_explainer *of_features; /* Grad-CAM: f of feature maps; owned by e */
    struct sx_cells cells;
    struct sx_groups patches;
    struct sx_rule_options rules;
    /* [n]: receives the standard errors of an estimate at x; NULL: they are not wanted */
    double *scatter;
    bool estimated; /* `scatter` has been set */
    struct sx_error *error;
};

/* A method. It computes attributions [n, players]. Row k explains x with the players of sets[k]
 * and the other players from the frame's baseline. `sets` NULL: x itself. */
typedef bool (*sx_method_run)(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                              const uint64_t *sets, double *to);

/* The reference of a method's attributions and effects. */
enum sx_against {
    SX_AGAINST_GIVEN,    /* the baseline */
    SX_AGAINST_ZERO,     /* zeros */
    SX_AGAINST_ROWS,     /* the rows of the background, averaged */
    SX_AGAINST_FEATURES, /* feature maps of zeros (Grad-CAM) */
    SX_AGAINST_ABSENT    /* rows, or draws given the present players */
};

struct sx_method_row {
    const char *name, *what;
    sx_method_run run;
    enum sx_against against;
    bool complete;
    bool derived[3]; /* whether P1 to P3 hold for every f, as a theorem */
    /* The weight with which player i is given the Taylor effect of degrees kappa[players];
     * NULL: none in closed form. */
    double (*weight)(const struct sx_decomposing *d, const uint8_t *kappa, int64_t i);
};

/* methods.c */
/* The i-th method; NULL after the last. */
const struct sx_method_row *sx_method_row(int i);
/* Whether a list such as "all" or "ig,shapley" contains a name. */
bool sx_method_wanted(const char *list, const char *name);
/* Fails if the list contains a name that no method has. */
bool sx_methods_known(const char *list, struct sx_error *error);

/* frames.c */
bool sx_frame_open(struct sx_decomposing *d, struct sx_frame *f, const double *baseline);
/* Computes J of every set of the list. */
bool sx_frame_effects(struct sx_decomposing *d, struct sx_frame *f);
/* Sets the references of a method. */
bool sx_frames_of(struct sx_decomposing *d, enum sx_against against, struct sx_frame **frames,
                  int64_t *n);
void sx_frames_close(struct sx_decomposing *d);

/* method.c */
/* What a method's attributions are relative to, under these options. For Shapley values it
 * depends on --absent. */
enum sx_against sx_against(const struct sx_decomposing *d, const struct sx_method_row *row);
/* Runs one method. A method that does not apply to the model is left out. Any other error
 * fails. */
bool sx_decompose_by(struct sx_decomposing *d, const struct sx_method_row *row,
                     struct sx_decomposed *m);

/* mask.c */
/* Sets `point` to x with only the players of *set. `set` NULL: x itself. */
void sx_masked_point(const struct sx_decomposing *d, const struct sx_frame *f,
                     const uint64_t *set, double *point);
/* to[player] = sum of the map over the player's elements. */
void sx_sum_players(const struct sx_decomposing *d, const double *map, double *to);

/* path.c */
/* Whether a method takes gradients at points of paths. */
bool sx_takes_paths(const struct sx_method_row *row);
bool sx_run_gxi(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                const uint64_t *sets, double *to);
bool sx_run_ig(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
               const uint64_t *sets, double *to);
bool sx_run_expected(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                     const uint64_t *sets, double *to);
/* game.c */
/* Whether a method evaluates coalitions. */
bool sx_plays(const struct sx_method_row *row);
/* Evaluates the frame's game at n sets. */
bool sx_frame_values(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                     const uint64_t *sets, double *values);
void sx_groups_free(struct sx_groups *groups);
bool sx_run_occlusion(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                      const uint64_t *sets, double *to);
bool sx_run_difference(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                       const uint64_t *sets, double *to);
bool sx_run_patches(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                    const uint64_t *sets, double *to);
bool sx_run_shapley(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                    const uint64_t *sets, double *to);
/* rules.c */
bool sx_run_rule(struct sx_decomposing *d, const struct sx_frame *f, enum sx_rule rule,
                 int64_t n, const uint64_t *sets, double *to);
/* cam.c: the frame masks places of feature maps. */
bool sx_features_open(struct sx_decomposing *d);
bool sx_features_map(struct sx_decomposing *d, struct sx_tensor *map);
bool sx_run_cam(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                const uint64_t *sets, double *to);

/* judge.c: principles, residual and the test whether a fair allocation exists. */
void sx_judge(const struct sx_decomposing *d, const struct sx_method_row *row,
              struct sx_decomposed *m);
bool sx_judge_foreign(const struct sx_decomposing *d, struct sx_decomposed *m);

/* taylor.c, fit.c */
bool sx_taylor(struct sx_decomposing *d, struct sx_taylor *t);
bool sx_taylor_fit(struct sx_decomposing *d, struct sx_explainer *e, struct sx_taylor *t);
void sx_taylor_give(const struct sx_taylor *t, struct sx_decomposition *result);
void sx_taylor_free(struct sx_taylor *t);

/* agree.c: how alike attributions are. */
bool sx_agree(struct sx_decomposer *c, int64_t players, struct sx_error *error);
/* layers.c */
bool sx_look_at_layers(struct sx_decomposing *d, struct sx_neuron **neurons, int *n);
void sx_neurons_free(struct sx_neuron *neurons, int n);

#define SX_WEIGHT(name)                                                                        \
    double name(const struct sx_decomposing *d, const uint8_t *kappa, int64_t i)
SX_WEIGHT(sx_weight_gxi);
SX_WEIGHT(sx_weight_occlusion);
SX_WEIGHT(sx_weight_patches);
SX_WEIGHT(sx_weight_ig);
SX_WEIGHT(sx_weight_shapley);

#endif
