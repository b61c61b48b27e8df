/* taylorcam.c - relations between places of a layer by second and third derivatives. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "taylorcam/taylorcam.h"

/* Fails, and names another layer, --smooth, or both, if these give relations. */
static bool refuse_zero(const struct sx_taylorcam *t, const char *why, struct sx_error *error)
{
    struct sx_taylorcam_choice choice = {0};
    const char *soft = "softplus:10", *layer = sx_taylorcam_advise(t, t->o.smooth, &choice);
    bool smooth = !choice.found && t->e->smooth.kind == SX_SMOOTH_NONE &&
                  t->o.form != SX_TAYLOR_OCCLUSION;
    if (smooth) {
        sx_taylorcam_choice_free(&choice);
        layer = sx_taylorcam_advise(t, soft, &choice);
        smooth = choice.found || t->e->built.n_kinks > 0;
    }
    sx_fail(error, SX_MODEL, "%s layer '%.60s'; try%s%.100s%s%s, or --allow-zero", why,
            t->e->input_name,
            layer != NULL ? " --layer="
            : smooth      ? ""
                          : " another layer",
            layer != NULL ? layer : "", smooth ? " --smooth=" : "", smooth ? soft : "");
    sx_taylorcam_choice_free(&choice);
    return false;
}

/* Products of all tuples of order - 1 places. Without curvature out stays 0. */
static bool multiply(struct sx_taylorcam *t, int64_t n_tuples, const int64_t *tuples,
                     const double *baseline, double *out, struct sx_error *error)
{
    bool curved;
    if (t->products == NULL) {
        if (!sx_deriv_curved(t->e, &curved, error))
            return false;
        if (!curved)
            return t->o.allow_zero || refuse_zero(t, "no curvature after", error);
        t->products =
            sx_products_new(t->e, &t->places, t->o.form, (int)t->o.order, n_tuples, error);
    }
    if (t->products != NULL && t->o.form == SX_TAYLOR_INTEGRATED)
        return sx_taylorcam_integrate(t, baseline, n_tuples, tuples, out, error);
    const double *x = t->e->input.data;
    return t->products != NULL &&
           sx_products_run(t->products, x, x, n_tuples, tuples, out, error);
}

/* Strength and effect from the effects in each order of the places. */
static void combine(const struct sx_taylorcam *t, const double *in_order, int n,
                    double *strength, double *effect)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        sum += in_order[i];
        squares += in_order[i] * in_order[i];
    }
    bool symmetric = t->o.form >= SX_TAYLOR_INPUT;
    *effect = symmetric ? sum / n : sum;
    *strength = symmetric || t->o.is_signed ? fabs(*effect) : squares;
}

/* effects[j * n + i] belongs to place i, given j. */
static void set_pairs(const struct sx_taylorcam *t, const double *effects,
                      struct sx_relations *r)
{
    int64_t n = t->places.n;
    double strength, effect;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = t->o.diagonal ? i : i + 1; j < n; j++) {
            const double both[] = {effects[j * n + i], effects[i * n + j]};
            combine(t, both, 2, &strength, &effect);
            sx_relations_set(r, i, j, -1, strength, effect);
        }
}

static bool relate_pairs(struct sx_taylorcam *t, const double *baseline, struct sx_relations *r,
                         struct sx_error *error)
{
    int64_t n = t->places.n;
    double *effects = NULL;
    int64_t *each = sx_new((size_t)n, sizeof *each, error);
    for (int64_t j = 0; each != NULL && j < n; j++)
        each[j] = j;
    bool ok = each != NULL;
    if (ok && t->o.form == SX_TAYLOR_OCCLUSION)
        ok = (effects = sx_occlusion(t, baseline, error)) != NULL;
    else if (ok) {
        effects = sx_new((size_t)(n * n), sizeof *effects, error);
        ok = effects != NULL && multiply(t, n, each, baseline, effects, error);
    }
    if (ok)
        set_pairs(t, effects, r);
    free(effects);
    free(each);
    return ok;
}

/* The number of the pair j < k of n places. */
static int64_t pair_number(int64_t n, int64_t j, int64_t k)
{
    return j * (2 * n - j - 1) / 2 + k - j - 1;
}

static void set_triples(const struct sx_taylorcam *t, const double *effects,
                        struct sx_relations *r)
{
    int64_t n = t->places.n;
    double strength, effect;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++)
            for (int64_t k = j + 1; k < n; k++) {
                const double all[] = {effects[pair_number(n, j, k) * n + i],
                                      effects[pair_number(n, i, k) * n + j],
                                      effects[pair_number(n, i, j) * n + k]};
                combine(t, all, 3, &strength, &effect);
                sx_relations_set(r, i, j, k, strength, effect);
            }
}

static bool relate_triples(struct sx_taylorcam *t, struct sx_relations *r,
                           struct sx_error *error)
{
    int64_t n = t->places.n, n_pairs = n * (n - 1) / 2;
    double *effects = sx_new((size_t)(n_pairs * n), sizeof *effects, error);
    int64_t *pairs = sx_new((size_t)(2 * n_pairs), sizeof *pairs, error);
    bool ok = effects != NULL && pairs != NULL;
    for (int64_t j = 0, at = 0; ok && j < n; j++)
        for (int64_t k = j + 1; k < n; k++) {
            pairs[at++] = j;
            pairs[at++] = k;
        }
    ok = ok && multiply(t, n_pairs, pairs, NULL, effects, error);
    if (ok)
        set_triples(t, effects, r);
    free(effects);
    free(pairs);
    return ok;
}

/* Strengths below ROUNDINGS * epsilon * (the largest term) count as rounding errors. */
enum { ROUNDINGS = 16 };
static double noise_of(const struct sx_taylorcam *t, const struct sx_relations *r)
{
    bool precise = t->e->built.graph->real == SX_DOUBLE;
    double unit = ROUNDINGS * (precise ? DBL_EPSILON : (double)FLT_EPSILON);
    bool squares = t->o.form < SX_TAYLOR_INPUT && !t->o.is_signed;
    double most = isfinite(r->max) ? r->max : 0;
    if (t->o.form == SX_TAYLOR_OCCLUSION)
        most = fmax(most, fabs(t->e->target.value)); /* effects are differences of this value */
    return squares ? unit * unit * most : unit * most;
}

/* Finds how additive the strengths are, and which are noise. Fails if all strengths are 0. */
static bool weigh(struct sx_taylorcam *t, struct sx_relations *r, struct sx_error *error)
{
    int64_t n = r->rows * r->columns, all = sx_count(&r->strength.shape);
    bool any = false;
    r->noise = noise_of(t, r);
    r->additive = NAN;
    for (int64_t i = 0; i < all && !any; i++)
        any = !(sx_tensor_get(&r->strength, i) == 0);
    if (!any && !t->o.allow_zero)
        return refuse_zero(t, "every relation is 0 in", error);
    if (!any || r->order > 2)
        return true;
    int64_t *each = sx_new((size_t)n, sizeof *each, error);
    for (int64_t i = 0; each != NULL && i < n; i++)
        each[i] = i;
    bool ok =
        each != NULL && sx_additive_share(r->strength.data, each, n, n, &r->additive, error);
    free(each);
    return ok;
}

bool sx_taylorcam_run(struct sx_taylorcam *t, const double *baseline, struct sx_relations *r,
                      struct sx_error *error)
{
    *r = (struct sx_relations){0};
    if (!sx_taylorcam_prepare(t, error))
        return false;
    const struct sx_places *p = &t->places;
    if (sx_relations_new(r, (int)t->o.order, p->block[0], p->block[1], error) &&
        (t->o.order == 2 ? relate_pairs(t, baseline, r, error) : relate_triples(t, r, error)) &&
        sx_relations_sum(r, t->o.is_signed, error) && weigh(t, r, error))
        return true;
    sx_relations_free(r);
    return false;
}
