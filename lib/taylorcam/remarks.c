/* remarks.c - remarks in the record: limits and hints for the reader. */
#include <math.h>

#include "taylorcam/taylorcam.h"

/* The input of a remark. Each function below writes its remark if it applies. */
struct about {
    const struct sx_taylorcam *t;
    const struct sx_taylorcam_choice *choice;
    const struct sx_relations *r;
    char *text;
};

static bool softened(const struct about *a)
{
    snprintf(a->text, SX_REMARK,
             "the network is piecewise linear: --score=logit --smooth=softplus:10 are taken");
    return a->choice->softened;
}

static bool skipped(const struct about *a)
{
    snprintf(a->text, SX_REMARK, "--layer=%.100s is taken: pairs of later layers say less",
             a->choice->layer);
    return a->choice->skipped;
}

static bool coarse(const struct about *a)
{
    snprintf(a->text, SX_REMARK, "the layer has many places: --grid=%lldx%lld is taken",
             (long long)a->r->rows, (long long)a->r->columns);
    return a->t->coarse;
}

static bool competition(const struct about *a)
{
    bool likely = a->t->e->target.score >= SX_SCORE_PROB;
    snprintf(a->text, SX_REMARK,
             "the logit has no curvature: all relations are competition of classes in the "
             "softmax%s",
             !a->choice->scored     ? "; see --score=logit"
             : !a->choice->smoothed ? "; see --smooth=softplus:10"
                                    : "");
    return likely && a->t->logit_zero && a->t->o.form != SX_TAYLOR_OCCLUSION;
}

static bool bypass(const struct about *a)
{
    snprintf(a->text, SX_REMARK,
             "input '%.80s' reaches the output around the layer, too; it is held fixed",
             a->t->bypass != NULL ? a->t->bypass : "");
    return a->t->bypass != NULL;
}

static bool not_finite(const struct about *a)
{
    snprintf(a->text, SX_REMARK, "some strengths are not finite");
    return !isfinite(a->r->mean);
}

static bool zero(const struct about *a)
{
    snprintf(a->text, SX_REMARK, "every strength is 0");
    return a->r->max == 0;
}

/* Says that another layer may do better, if the layer was named by an option. */
static bool additive(const struct about *a)
{
    struct sx_taylorcam_choice other = {0};
    if (!(a->r->additive > SX_ADDITIVE) || a->t->o.form == SX_TAYLOR_OCCLUSION)
        return false;
    const char *layer =
        a->choice->named ? sx_taylorcam_advise(a->t, a->t->o.smooth, &other) : NULL;
    snprintf(a->text, SX_REMARK, "relations are sums of what single places do%s%.100s",
             layer != NULL ? "; try --layer=" : "", layer != NULL ? layer : "");
    sx_taylorcam_choice_free(&other);
    return true;
}

bool sx_taylorcam_remark(const struct sx_taylorcam *t, const struct sx_taylorcam_choice *choice,
                         const struct sx_relations *r, int *i, char text[SX_REMARK])
{
    static bool (*const remarks[])(const struct about *) = {
        softened, skipped, coarse, competition, bypass, not_finite, zero, additive};
    const struct about about = {t, choice, r, text};
    for (; *i < (int)(sizeof remarks / sizeof remarks[0]); (*i)++)
        if (remarks[*i](&about)) {
            (*i)++;
            return true;
        }
    return false;
}
