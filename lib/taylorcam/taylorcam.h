/* taylorcam.h - what the parts of Taylor-CAM share. */
#ifndef SX_TAYLORCAM_H
#define SX_TAYLORCAM_H

#include "explain/products.h"
#include "sextant/taylorcam.h"

struct sx_taylorcam {
    struct sx_explainer *e;
    struct sx_taylorcam_options o;
    unsigned builds; /* e->builds when the following was made */
    struct sx_places places;
    bool coarse; /* places are blocks chosen by prepare.c, not by an option */
    bool logit_zero;
    const char *bypass;
    struct sx_products *products; /* NULL until the first use */
    struct sx_rows *rows;         /* Hessian-vector products in x's shape; NULL likewise */
    struct sx_explainer *logit;   /* beside.c: the logit by the same layer */
    struct sx_taylorcam *occluding;
};

/* prepare.c: makes again what depends on the explainer's shapes if these have changed. */
bool sx_taylorcam_prepare(struct sx_taylorcam *t, struct sx_error *error);

/* layer.c: sets logit_zero and bypass. */
bool sx_taylorcam_look(struct sx_taylorcam *t, struct sx_error *error);

/* additive.c: value is [rows, n], and row k is that of place[k]. *share becomes the share of
 * its variance that the best fit a[k] + b[i] explains, per degree of freedom. A place's
 * relation to itself does not count. */
bool sx_additive_share(const double *value, const int64_t *place, int64_t rows, int64_t n,
                       double *share, struct sx_error *error);

/* candidates.c: name[] becomes up to `most` tensors that may serve as layers, the last first.
 * Returns their number, or -1 on failure. `e` explains by the input and owns the names. */
int sx_taylorcam_candidates(const struct sx_explainer *e, const char **name, int most,
                            struct sx_error *error);

/* beside.c: whether the places are few enough to add relations by occlusion of the logit. */
bool sx_taylorcam_occludes(const struct sx_taylorcam *t);
bool sx_taylorcam_occlude(struct sx_taylorcam *t, const double *baseline,
                          struct sx_relations *r, struct sx_error *error);

/* relations.c: allocates the relations of places. All are 0. */
bool sx_relations_new(struct sx_relations *r, int order, int64_t rows, int64_t columns,
                      struct sx_error *error);
/* Sets the relation of places i, j, k (k < 0: of i and j) in every order. */
void sx_relations_set(struct sx_relations *r, int64_t i, int64_t j, int64_t k, double strength,
                      double effect);
/* Sets the sums and statistics of the strengths and effects. */
bool sx_relations_sum(struct sx_relations *r, bool is_signed, struct sx_error *error);

/* integrated.c: adds the Integrated Hessian to out, [n, places]; `places` lists all n
 * places. */
bool sx_taylorcam_integrate(struct sx_taylorcam *t, const double *baseline, int64_t n,
                            const int64_t *places, double *out, struct sx_error *error);

/* occlusion.c: the effects of pairs, [n, n]; free them with free(). */
double *sx_occlusion(struct sx_taylorcam *t, const double *baseline, struct sx_error *error);

#endif
