/* taylor.c - Taylor effects: the share of each monomial of players in f(x) - f(b).
 *
 * Let t_i = 1 at x and t_i = 0 at b. I(kappa) is the coefficient of t^kappa in
 *     g(t) = f(b + sum of t_i (x - b)_i)
 * Let P_k be the part of g of degree k. A jet along a direction m of whole numbers gives
 * P_k(m). With k = |kappa|,
 *     I(kappa) = 1 / kappa! sum over m <= kappa of (-1)^|kappa - m| C(kappa, m) P_k(m) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/redecide.h"
#include "graph/jet.h"
#include "decompose/decompose.h"

enum { MOST_ORDER = 20, MOST_TERMS = 200000 };

void sx_taylor_free(struct sx_taylor *t)
{
    free(t->degree);
    free(t->term);
    *t = (struct sx_taylor){0};
}

void sx_taylor_give(const struct sx_taylor *t, struct sx_decomposition *r)
{
    r->order = t->order;
    r->n_terms = t->n_terms;
    r->degree = t->degree;
    r->term = t->term;
    r->gap = t->gap;
    r->effect_gap = t->effect_gap;
    r->ig_gap = t->ig_gap;
    r->smooth_change = t->smooth_change;
    r->converged = t->converged;
}

/* ---- Weights of the methods ---- */

static int64_t degree_of(const struct sx_decomposing *d, const uint8_t *kappa)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < d->n; i++)
        sum += kappa[i];
    return sum;
}

SX_WEIGHT(sx_weight_gxi)
{
    if (d->o->gradient_at_baseline)
        return kappa[i] == 1 && degree_of(d, kappa) == 1;
    return kappa[i];
}

SX_WEIGHT(sx_weight_occlusion)
{
    (void)d;
    return kappa[i] > 0;
}

SX_WEIGHT(sx_weight_ig)
{
    return kappa[i] / (double)degree_of(d, kappa);
}

SX_WEIGHT(sx_weight_shapley)
{
    int64_t members = 0;
    for (int64_t k = 0; k < d->n; k++)
        members += kappa[k] > 0;
    return kappa[i] > 0 ? 1 / (double)members : 0;
}

/* ---- Terms ---- */

/* Sets kappa to the next degrees whose sum is at most `order`, in the order of memcmp. False
 * after the last. */
static bool next_degrees(uint8_t *kappa, int64_t n, int64_t order)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += kappa[i];
    for (int64_t i = n; i-- > 0;) {
        if (sum < order) {
            kappa[i]++;
            return true;
        }
        sum -= kappa[i];
        kappa[i] = 0;
    }
    return false;
}

static bool list_terms(struct sx_decomposing *d, struct sx_taylor *t)
{
    double count = 1;
    for (int64_t k = 1; k <= t->order; k++)
        count *= (double)(d->n + k) / (double)k;
    if (t->order > MOST_ORDER || count > MOST_TERMS)
        return sx_fail(d->error, SX_USAGE,
                       "Taylor effects of order %lld of %lld players: at most order %d and %d "
                       "terms",
                       (long long)t->order, (long long)d->n, MOST_ORDER, MOST_TERMS);
    t->n_terms = (int64_t)(count + 0.5) - 1;
    t->degree = sx_new((size_t)(t->n_terms * d->n), 1, d->error);
    t->term = sx_new((size_t)t->n_terms, sizeof *t->term, d->error);
    uint8_t *kappa = sx_new((size_t)d->n, 1, d->error);
    bool ok = t->degree != NULL && t->term != NULL && kappa != NULL;
    for (int64_t k = 0; ok && k < t->n_terms && next_degrees(kappa, d->n, t->order); k++)
        memcpy(t->degree + k * d->n, kappa, (size_t)d->n);
    free(kappa);
    return ok;
}

/* ---- Jets along whole directions ---- */

/* The explainer of f in float64. Kinks are smooth if the options say so. */
static struct sx_explainer *open_precise(struct sx_decomposing *d, char target[24])
{
    struct sx_explain_options options = d->e->options;
    options.precise = true;
    options.pass = SX_PASS_SCORES;
    options.target = sx_target_text(d->e, target);
    struct sx_explainer *e = sx_explainer_new(d->e->model, &options, d->error);
    if (e == NULL)
        return NULL;
    if ((d->o->smooth == NULL || sx_explainer_smooth(e, d->o->smooth, d->error)) &&
        sx_explainer_sample(e, d->e->feeds, d->error))
        return e;
    sx_explainer_free(e);
    return NULL;
}

static struct sx_points *jet_program(struct sx_explainer *e, int64_t order, int64_t n,
                                     struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_graph *g = b->graph;
    struct sx_shape shape = g->node[b->x].shape;
    int v = sx_input(g, g->real, &shape), outputs[MOST_ORDER + 1];
    int *shared = sx_new((size_t)b->n_inputs + 2, sizeof *shared, error);
    struct sx_points *program = NULL;
    if (shared != NULL && sx_jet(g, b->value, b->x, v, (int)order, outputs)) {
        struct sx_points_options options = {
            .run = {.threads = e->options.threads, .max_memory = e->options.max_memory},
            .expected = n};
        int n_shared = sx_shared_nodes(b, shared);
        shared[n_shared++] = b->x;
        program =
            sx_points_new(g, &v, 1, shared, n_shared, outputs, (int)order + 1, &options, error);
    }
    sx_graph_ok(g, error);
    free(shared);
    return program;
}

/* Sets v to sum of m_i (x - b)_i over the players. */
static void direction(const struct sx_decomposing *d, const uint8_t *m, double *v)
{
    const int64_t *label = d->players->label;
    for (int64_t i = 0; i < d->size; i++)
        v[i] = label[i] < 0 ? 0 : m[label[i]] * (d->x[i] - d->o->baseline[i]);
}

/* Sets `at` to the baseline. Elements of no player are as in x. */
static void origin(const struct sx_decomposing *d, double *at)
{
    sx_masked_point(d, &d->given, &(uint64_t){0}, at);
}

/* Computes the Taylor coefficients 0 .. order of f along the degrees of each term: [terms,
 * order + 1]. */
static bool run_jets(struct sx_decomposing *d, struct sx_explainer *e, struct sx_taylor *t,
                     double *jets)
{
    int64_t width = t->order + 1;
    struct sx_points *program = jet_program(e, t->order, t->n_terms, d->error);
    int64_t room = program != NULL ? sx_points_batch(program) : 1;
    room = room > t->n_terms ? t->n_terms : room;
    double *v = sx_new((size_t)(room * d->size), sizeof *v, d->error);
    double *out = sx_new((size_t)(room * width), sizeof *out, d->error);
    double *at = sx_new((size_t)d->size, sizeof *at, d->error);
    const void **shared = sx_new((size_t)e->built.n_inputs + 2, sizeof *shared, d->error);
    bool ok = program != NULL && v != NULL && out != NULL && at != NULL && shared != NULL;
    if (ok) {
        int last = 1;
        for (int i = 0; i < e->built.n_inputs; i++)
            last += e->built.input[i] != SX_NONE && e->built.input[i] != e->built.x;
        sx_shared_feeds(e, shared);
        origin(d, at);
        shared[last] = at;
        ok = sx_points_stay(e, 1, at, d->error);
    }
    for (int64_t k = 0; ok && k < t->n_terms; k += room) {
        int64_t now = t->n_terms - k < room ? t->n_terms - k : room;
        void *results[MOST_ORDER + 1];
        for (int64_t c = 0; c < width; c++)
            results[c] = out + c * room;
        for (int64_t j = 0; j < now; j++)
            direction(d, t->degree + (k + j) * d->n, v + j * d->size);
        const void *feeds[] = {v};
        ok = sx_points_run(program, now, feeds, shared, results, d->error);
        for (int64_t i = 0; ok && i < now * width; i++)
            jets[(k + i / width) * width + i % width] = out[i % width * room + i / width];
    }
    sx_points_free(program);
    free(v);
    free(out);
    free(at);
    free(shared);
    return ok;
}

/* ---- From jets to terms ---- */

static double choose(int n, int k)
{
    double c = 1;
    for (int i = 1; i <= k; i++)
        c = c * (n - k + i) / i;
    return c;
}

static int64_t find_term(const struct sx_taylor *t, const uint8_t *m, int64_t n)
{
    int64_t low = 0, high = t->n_terms - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (memcmp(t->degree + middle * n, m, (size_t)n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Sets m to the next m <= kappa. False after the last, and m is then 0. */
static bool next_below(uint8_t *m, const uint8_t *kappa, int64_t n)
{
    for (int64_t i = n; i-- > 0;) {
        if (m[i] < kappa[i]) {
            m[i]++;
            return true;
        }
        m[i] = 0;
    }
    return false;
}

/* I(kappa) from the coefficients of degree |kappa| along all m <= kappa. */
static double difference(const struct sx_decomposing *d, const struct sx_taylor *t,
                         const uint8_t *kappa, const double *jets, uint8_t *m)
{
    int64_t k = degree_of(d, kappa);
    double sum = 0;
    while (next_below(m, kappa, d->n)) {
        double weight = 1;
        for (int64_t i = 0; i < d->n; i++)
            weight *= choose(kappa[i], m[i]) * ((kappa[i] - m[i]) % 2 != 0 ? -1 : 1);
        sum += weight * jets[find_term(t, m, d->n) * (t->order + 1) + k];
    }
    for (int64_t i = 0; i < d->n; i++)
        sum /= tgamma(kappa[i] + 1.0);
    return sum;
}

static bool terms_of_jets(struct sx_decomposing *d, struct sx_explainer *e, struct sx_taylor *t)
{
    t->order = d->o->taylor;
    if (!list_terms(d, t))
        return false;
    size_t width = (size_t)t->order + 1;
    double *jets = sx_new((size_t)t->n_terms * width, sizeof *jets, d->error);
    uint8_t *m = sx_new((size_t)d->n, 1, d->error);
    bool ok = jets != NULL && m != NULL && run_jets(d, e, t, jets);
    for (int64_t k = 0; ok && k < t->n_terms; k++)
        t->term[k] = difference(d, t, t->degree + k * d->n, jets, m);
    free(jets);
    free(m);
    return ok;
}

/* ---- Convergence ---- */

/* The largest distance of a set's terms from its effect. */
static bool find_effect_gap(struct sx_decomposing *d, struct sx_taylor *t)
{
    t->effect_gap = NAN;
    if (d->sets.n == 0 || d->o->smooth != NULL)
        return true;
    double *rest = sx_new((size_t)d->sets.n, sizeof *rest, d->error);
    if (rest == NULL)
        return false;
    memcpy(rest, d->given.effect, (size_t)d->sets.n * sizeof *rest);
    t->effect_gap = 0;
    for (int64_t k = 0; k < t->n_terms; k++) {
        uint64_t set = 0;
        for (int64_t i = 0; i < d->n; i++)
            set |= (uint64_t)(t->degree[k * d->n + i] > 0) << i;
        if (__builtin_popcountll(set) <= d->sets.most)
            rest[sx_family_find(&d->sets, set)] -= t->term[k];
    }
    for (int64_t s = 1; s < d->sets.n; s++)
        t->effect_gap = fmax(t->effect_gap, fabs(rest[s]));
    free(rest);
    return true;
}

/* The largest distance between integrated gradients and their value computed from the terms. */
static bool find_ig_gap(struct sx_decomposing *d, struct sx_taylor *t)
{
    double *ig = sx_new((size_t)d->n, sizeof *ig, d->error);
    bool ok = ig != NULL && sx_run_ig(d, &d->given, 1, NULL, ig);
    t->ig_gap = 0;
    for (int64_t i = 0; ok && i < d->n; i++) {
        for (int64_t k = 0; k < t->n_terms; k++)
            ig[i] -= sx_weight_ig(d, t->degree + k * d->n, i) * t->term[k];
        t->ig_gap = fmax(t->ig_gap, fabs(ig[i]));
    }
    free(ig);
    return ok;
}

bool sx_taylor(struct sx_decomposing *d, struct sx_taylor *t)
{
    char target[24];
    if (d->n > 63)
        return sx_fail(d->error, SX_USAGE, "Taylor effects of %lld players (at most 63)",
                       (long long)d->n);
    struct sx_explainer *e = open_precise(d, target);
    double *at = sx_new((size_t)d->size, sizeof *at, d->error), f_b;
    bool ok = e != NULL && at != NULL;
    if (ok) {
        origin(d, at);
        ok = sx_gradients(e, 1, at, &f_b, NULL, d->error) &&
             (d->o->fit > 0 ? sx_taylor_fit(d, e, t) : terms_of_jets(d, e, t)) &&
             find_effect_gap(d, t) && find_ig_gap(d, t);
    }
    if (ok) {
        double whole = e->target.value - f_b, tolerance = d->o->taylor_tolerance;
        double scale = fabs(whole);
        tolerance = tolerance > 0 ? tolerance : 0.01;
        t->gap = whole;
        for (int64_t s = 1; s < d->sets.n; s++)
            scale = fmax(scale, fabs(d->given.effect[s]));
        for (int64_t k = 0; k < t->n_terms; k++)
            t->gap -= t->term[k];
        t->smooth_change = e->target.value - d->f_x;
        t->converged = fabs(t->gap) <= tolerance * scale &&
                       (isnan(t->effect_gap) || t->effect_gap <= tolerance * scale);
    }
    sx_explainer_free(e);
    free(at);
    return ok;
}
