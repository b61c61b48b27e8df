/* beside.c - relations by occlusion of the logit, in addition to those by derivatives. */
#include <stdlib.h>

#include "taylorcam/taylorcam.h"

/* The most places for occlusion. A pair costs one evaluation of the part from the layer to
 * f. */
enum { MOST_OCCLUDED = 64 };

bool sx_taylorcam_occludes(const struct sx_taylorcam *t)
{
    return t->o.order == 2 && t->o.form != SX_TAYLOR_OCCLUSION && t->places.n <= MOST_OCCLUDED;
}

/* The same layer as an explainer of the logit of the file as it is. */
static bool open_logit(struct sx_taylorcam *t, struct sx_error *error)
{
    struct sx_explain_options explain = t->e->options;
    struct sx_taylorcam_options o = t->o;
    if (t->occluding != NULL)
        return true;
    explain.score = SX_SCORE_LOGIT;
    explain.margin = false;
    o.form = SX_TAYLOR_OCCLUSION;
    o.allow_zero = true;
    sx_explainer_free(t->logit);
    t->logit = sx_explainer_new(t->e->model, &explain, error);
    t->occluding = t->logit != NULL ? sx_taylorcam_new(t->logit, &o, error) : NULL;
    return t->occluding != NULL;
}

bool sx_taylorcam_occlude(struct sx_taylorcam *t, const double *baseline,
                          struct sx_relations *r, struct sx_error *error)
{
    if (!open_logit(t, error))
        return false;
    int64_t before = t->logit->forward;
    bool ok = sx_explainer_sample(t->logit, t->e->feeds, error) &&
              sx_taylorcam_run(t->occluding, baseline, r, error);
    t->e->forward += t->logit->forward - before;
    return ok;
}
