/* attribute.h - what the attribution methods share. */
#ifndef SX_ATTRIBUTE_H
#define SX_ATTRIBUTE_H

#include "explain/explain.h"
#include "sextant/ggig.h"

/* The state of one explanation. */
struct sx_attributing {
    struct sx_explainer *e;
    const struct sx_attribute_options *o;
    int64_t steps, iterations, samples; /* the values used, with defaults filled in */
    int64_t size;                       /* elements of x */
    const double *x, *baseline;
    double *map;         /* [size], zeroed */
    double f_x, f_start; /* f at x, and at the start of the path */
    int64_t visited;     /* points of the last visit that were used */
    bool partial;        /* time was up: a mean of fewer draws than were asked for */
    int64_t left_out;    /* points whose gradient was not finite, which a maximum omits */
    double eta;          /* step of the ascent */
    double *unmoved;     /* [size], the map without the ascent; NULL: not known */
    double travelled;    /* sum of the lengths of all steps of all ascents */
    int64_t climbers;    /* points that ascended */
    struct sx_error *error;
};

/* A method. `run` fills in map, and f_x and f_start if it is complete. */
struct sx_attribute_row {
    const char *name, *what;
    bool (*run)(struct sx_attributing *a);
    /* For maps that are not of x's shape: `make` fills in r->map and its fields. */
    bool (*make)(struct sx_attributing *a, struct sx_attribution *r);
    int64_t steps, samples; /* defaults of steps and samples; 0: not used */
    bool complete;          /* see struct sx_attribution */
    bool mean; /* the map is a mean gradient: completeness needs the factor x - baseline */
    bool ascends;
    bool of_layer; /* the map is made of the activations of a layer */
};

/* Visits the gradients at n points without holding all of them: `point` writes point k, `take`
 * receives f and its gradient there. k ascends. `alpha` is the position of point k on the straight
 * path; NULL: points are not on it. */
struct sx_visit {
    void *context;
    void (*point)(void *context, int64_t k, double *point);
    void (*take)(void *context, int64_t k, double value, const double *gradient);
    double (*alpha)(void *context, int64_t k);
};
bool sx_visit_gradients(struct sx_attributing *a, int64_t n, const struct sx_visit *visit);
/* The same without gradients: `take` receives NULL. */
bool sx_visit_values(struct sx_attributing *a, int64_t n, const struct sx_visit *visit);

/* f and its gradients at n points of the straight path. Gradients that another method computed are
 * not computed again. Neither pointer is NULL. */
bool sx_path_gradients(struct sx_attributing *a, int64_t n, const double *alpha,
                       const double *points, double *values, double *gradients);

/* Adds gradient k of n to an aggregate, which is zeroed before the first. Maxima omit elements that
 * are not finite; it returns false if there was one. */
bool sx_aggregate(enum sx_aggregate how, int64_t k, int64_t n, int64_t size, const double *g,
                  double *to);

bool sx_all_finite(const double *values, int64_t n);

/* If f is not finite at an end of a path, there is no mean where the gradient is unbounded: these
 * elements of the map become NaN. */
void sx_mark_unbounded(struct sx_attributing *a, double value, const double *g);

/* Sets z to the point at alpha of the straight path from the baseline; at alpha = 1 it is x
 * exactly. */
void sx_path_point(const struct sx_attributing *a, double alpha, double *z);

/* A mean over a path with gradients that are not finite at its ends: see open.c. */
struct sx_open_mean {
    struct sx_attributing *a;
    int64_t n;      /* number of nodes */
    double *coarse; /* [size], the mean over every other node; the map has the mean over all */
    bool *suspect;  /* [size], the element was not finite on the closed path */
    bool cut;       /* a node fell on an end and was omitted */
};

/* The number of nodes of an open rule for so many steps: even, at least 16. */
int64_t sx_open_nodes(int64_t steps);
/* Marks the elements of the map that are not finite, and begins anew with an open rule of `steps`
 * steps. */
bool sx_open_mean_new(struct sx_open_mean *mean, struct sx_attributing *a, int64_t steps);
void sx_open_mean_free(struct sx_open_mean *mean);
void sx_open_mean_restart(struct sx_open_mean *mean, int64_t steps);
void sx_open_mean_take(struct sx_open_mean *mean, int64_t k, const double *g);
/* Finishes the mean. Elements that do not converge become NaN. */
void sx_open_mean_end(struct sx_open_mean *mean);

/* path.c */
bool sx_attribute_gradient(struct sx_attributing *a);
bool sx_attribute_ig_max(struct sx_attributing *a);
bool sx_attribute_idgi(struct sx_attributing *a);
bool sx_attribute_input_gradient(struct sx_attributing *a);
/* ig.c */
bool sx_attribute_ig(struct sx_attributing *a);
/* ascent.c */
bool sx_attribute_ggig(struct sx_attributing *a);
bool sx_attribute_ggig_ig(struct sx_attributing *a);
/* Moves z one step up the gradient. Returns the length of the step; 0: z cannot move any more. */
double sx_climb(const struct sx_attributing *a, const double *g, double *z);
/* gda.c */
bool sx_attribute_gda(struct sx_attributing *a);
bool sx_attribute_gda_ig(struct sx_attributing *a);
/* noise.c */
bool sx_attribute_smoothgrad(struct sx_attributing *a);
bool sx_attribute_smoothgrad_sq(struct sx_attributing *a);
bool sx_attribute_vargrad(struct sx_attributing *a);
bool sx_attribute_expected(struct sx_attributing *a);
/* baseline.c */
bool sx_is_picture(const struct sx_shape *shape);
void sx_without_batch(struct sx_shape *shape); /* removes a first axis of length 1 */
/* cam.c */
bool sx_attribute_gradcam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_gradcam_pp(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_layercam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_hirescam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_eigencam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_scorecam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_ablationcam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_cam(struct sx_attributing *a, struct sx_attribution *r);
/* Position of output place i of n among `of` places: the two places around it, and the fraction
 * between them. */
double sx_between(int64_t i, int64_t n, int64_t of, int64_t *first, int64_t *second);
/* geg.c */
bool sx_attribute_geg_max(struct sx_attributing *a);
bool sx_attribute_geg_ig(struct sx_attributing *a);
/* backprop.c, edge.c */
bool sx_attribute_guided_backprop(struct sx_attributing *a);
bool sx_attribute_guided_gradcam(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_edge(struct sx_attributing *a);
/* player.c: the players of --players, or the default ones; the caller frees them. The next function
 * makes r->map for one value per player. */
struct sx_players *sx_attribute_players(const struct sx_attributing *a);
bool sx_attribute_by_player(const struct sx_attributing *a, const struct sx_players *p,
                            struct sx_attribution *r);
bool sx_attribute_rise(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_lime(struct sx_attributing *a, struct sx_attribution *r);
bool sx_attribute_occlusion(struct sx_attributing *a, struct sx_attribution *r);
/* xrai.c */
bool sx_attribute_xrai(struct sx_attributing *a, struct sx_attribution *r);
/* guided.c, blurig.c */
bool sx_attribute_guided_ig(struct sx_attributing *a);
bool sx_attribute_blur_ig(struct sx_attributing *a);

#endif
