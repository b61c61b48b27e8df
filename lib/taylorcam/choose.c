/* choose.c - chooses a layer and a score for which the relations of pairs are not trivial. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "taylorcam/taylorcam.h"

/* MOST_LAYERS: layers that are examined. MOST_IN_PAIRS, MOST_IN_TRIPLES: places of a layer that
 * is chosen for pairs and for triples. LOOKED_AT: places whose relations are examined. */
enum { MOST_LAYERS = 6, MOST_IN_PAIRS = 256, MOST_IN_TRIPLES = 64, LOOKED_AT = 6 };

/* The verdict on the pairs of a layer, from bad to good. */
enum verdict {
    VOID,     /* no relations */
    ADDITIVE, /* relations are sums of one term per place */
    LOCAL,    /* at least two thirds of the pairs have no relation */
    GOOD
};

struct choosing {
    struct sx_model *model;
    struct sx_explain_options explain;
    struct sx_taylorcam_options o;
    const struct sx_tensor *feeds;
};

/* f as a function of `wrt` at the sample. NULL if there is no such function. */
static struct sx_explainer *explain_by(const struct choosing *c, const char *wrt,
                                       struct sx_error *error)
{
    struct sx_explain_options explain = c->explain;
    explain.wrt = wrt;
    struct sx_explainer *e = sx_explainer_new(c->model, &explain, error);
    if (e != NULL && sx_explainer_smooth(e, c->o.smooth, error) &&
        sx_explainer_sample(e, c->feeds, error))
        return e;
    sx_explainer_free(e);
    return NULL;
}

/* ---- The verdict on a layer ---- */

/* Chooses some places that are spread over rows and columns: all of them, or each a golden
 * section of n after the one before. */
static int64_t spread(int64_t n, int64_t place[LOOKED_AT])
{
    int64_t rows = n < LOOKED_AT ? n : LOOKED_AT;
    for (int64_t k = 0; k < rows; k++) {
        double at = 0.618033988749895 * ((double)k + 0.5);
        place[k] = rows == n ? k : (int64_t)((at - floor(at)) * (double)n);
    }
    return rows;
}

/* Squares of the relations of some places to all others. */
static enum verdict weigh(const double *square, const int64_t *place, int64_t rows, int64_t n)
{
    struct sx_error ignored = {0};
    int64_t related = 0, all = rows * (n - 1);
    double additive = 0;
    for (int64_t k = 0; k < rows; k++)
        for (int64_t i = 0; i < n; i++)
            related += place[k] != i && !(square[k * n + i] == 0); /* NaN may be one */
    if (related == 0)
        return VOID;
    if (sx_additive_share(square, place, rows, n, &additive, &ignored) &&
        additive > SX_ADDITIVE)
        return ADDITIVE;
    return 3 * related > all ? GOOD : LOCAL;
}

static enum verdict judge_places(struct sx_taylorcam *t, struct sx_error *error)
{
    bool curved = false;
    if (!sx_taylorcam_prepare(t, error) || t->bypass != NULL ||
        !sx_deriv_curved(t->e, &curved, error) || !curved)
        return VOID;
    int64_t place[LOOKED_AT], n = t->places.n, rows = spread(n, place);
    const double *x = t->e->input.data;
    enum verdict verdict = VOID;
    struct sx_products *p = sx_products_new(t->e, &t->places, SX_TAYLOR_PAPER, 2, rows, error);
    double *value = sx_new((size_t)(rows * n), sizeof *value, error);
    if (p != NULL && value != NULL && sx_products_run(p, x, x, rows, place, value, error)) {
        for (int64_t i = 0; i < rows * n; i++)
            value[i] *= value[i];
        verdict = weigh(value, place, rows, n);
    }
    free(value);
    sx_products_free(p);
    return verdict;
}

/* The verdict on a layer. VOID if it cannot be explained. */
static enum verdict judge(const struct choosing *c, const char *layer, struct sx_error *error)
{
    struct sx_error ignored = {0};
    enum verdict verdict = VOID;
    struct sx_taylorcam_options o = c->o;
    struct sx_explainer *e = explain_by(c, layer, &ignored);
    o.order = 2;
    o.form = SX_TAYLOR_PAPER;
    struct sx_taylorcam *t = e != NULL ? sx_taylorcam_new(e, &o, &ignored) : NULL;
    if (t != NULL)
        verdict = judge_places(t, &ignored);
    sx_taylorcam_free(t);
    sx_explainer_free(e);
    if (sx_exhausted(&ignored))
        sx_fail_as(error, &ignored);
    return verdict;
}

/* ---- The choice ---- */

/* The last layer that is GOOD, otherwise the last that is LOCAL. NULL: none. */
static const char *find_layer(const struct choosing *c, const char *const *name, int n,
                              bool *skipped, struct sx_error *error)
{
    const char *local = NULL;
    for (int i = 0; i < n && error->status == SX_OK; i++) {
        enum verdict verdict = judge(c, name[i], error);
        if (verdict == GOOD) {
            *skipped = i > 0;
            return name[i];
        }
        if (verdict == LOCAL && local == NULL)
            local = name[i];
    }
    *skipped = local != NULL && local != name[0];
    return local;
}

static bool keep(struct sx_taylorcam_choice *choice, const char *layer, struct sx_error *error)
{
    free(choice->layer);
    choice->layer = sx_strdup(layer, error);
    return choice->layer != NULL;
}

/* Examines the whole network: whether its logit is piecewise linear in the input, and which
 * layers are candidates. A network that cannot be differentiated by its input is left as it is. */
static int look(const struct choosing *c, struct sx_explainer **by_input, bool *linear,
                const char *name[MOST_LAYERS], struct sx_error *error)
{
    struct sx_error ignored = {0};
    struct choosing faithful = *c;
    bool curved = true;
    faithful.o.smooth = "none";
    faithful.explain.score = SX_SCORE_LOGIT;
    int n = 0;
    *by_input = explain_by(&faithful, NULL, &ignored);
    if (*by_input != NULL && sx_deriv_curved(*by_input, &curved, &ignored)) {
        *linear = !curved;
        n = sx_taylorcam_candidates(*by_input, name, MOST_LAYERS, &ignored);
    }
    if (sx_exhausted(&ignored))
        sx_fail_as(error, &ignored);
    return n;
}

static bool choose_layer(struct choosing *c, const char *const *name, int n,
                         struct sx_taylorcam_choice *choice, struct sx_error *error)
{
    const char *usual =
        sx_default_layer(c->model, c->feeds, c->explain.output, c->explain.max_memory, error);
    bool coarse = c->o.grid[0] == 0 && c->o.most == 0;
    if (usual == NULL)
        return false;
    if (coarse)
        c->o.most = c->o.order == 3 ? MOST_IN_TRIPLES : MOST_IN_PAIRS;
    const char *found = c->o.form != SX_TAYLOR_OCCLUSION && c->o.axes[0] < 0
                            ? find_layer(c, name, n, &choice->skipped, error)
                            : NULL;
    choice->most = c->o.most;
    choice->found = found != NULL;
    return error->status == SX_OK && keep(choice, found != NULL ? found : usual, error);
}

bool sx_taylorcam_choose(struct sx_model *model, const struct sx_explain_options *explain,
                         bool scored, const struct sx_taylorcam_options *options,
                         const struct sx_tensor *feeds, struct sx_taylorcam_choice *choice,
                         struct sx_error *error)
{
    struct choosing c = {model, *explain, *options, feeds};
    struct sx_explainer *by_input = NULL;
    const char *name[MOST_LAYERS];
    bool linear = false, free_choice = !scored && options->smooth == NULL;
    *choice = (struct sx_taylorcam_choice){.named = explain->wrt != NULL,
                                           .scored = scored,
                                           .smoothed = options->smooth != NULL,
                                           .most = options->most};
    int n = 0;
    if (free_choice || explain->wrt == NULL)
        n = look(&c, &by_input, &linear, name, error);
    choice->softened = free_choice && linear && options->form != SX_TAYLOR_OCCLUSION;
    choice->score = scored             ? explain->score
                    : choice->softened ? SX_SCORE_LOGIT
                                       : SX_SCORE_LOGPROB;
    choice->smooth = options->smooth != NULL ? options->smooth
                     : choice->softened      ? "softplus:10"
                                             : "none";
    c.explain.score = choice->score;
    c.o.smooth = choice->smooth;
    bool ok = error->status != SX_OK ? false
              : explain->wrt != NULL ? keep(choice, explain->wrt, error)
                                     : choose_layer(&c, name, n, choice, error);
    sx_explainer_free(by_input);
    return ok;
}

void sx_taylorcam_choice_free(struct sx_taylorcam_choice *choice)
{
    free(choice->layer);
    choice->layer = NULL;
}

const char *sx_taylorcam_advise(const struct sx_taylorcam *t, const char *smooth,
                                struct sx_taylorcam_choice *choice)
{
    struct sx_error ignored = {0};
    struct sx_explain_options explain = t->e->options;
    struct sx_taylorcam_options o = t->o;
    explain.wrt = NULL;
    o.smooth = smooth != NULL ? smooth : "none";
    if (!sx_taylorcam_choose(t->e->model, &explain, true, &o, t->e->feeds, choice, &ignored) ||
        !choice->found || strcmp(choice->layer, t->e->input_name) == 0)
        return NULL;
    return choice->layer;
}
