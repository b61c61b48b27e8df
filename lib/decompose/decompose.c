/* decompose.c - fourteen attributions, how they allocate effects of sets, and how fairly.
 *
 * Let a(x_T) be a method's attributions of the input with only the players of T. Then
 *     A(S) = sum over T in S of (-1)^(|S| - |T|) a(x_T)
 * is what the method allocates of the effect J(S) to each player. */
#include <math.h>
#include <stdlib.h>

#include "decompose/decompose.h"

/* By default effects of sets are computed if all sets by all methods cost up to so many
 * computed elements. */
#define MOST_COST 2e8

/* The cost of one evaluation of f: the number of elements that it computes. */
static double cost_of(const struct sx_explainer *e)
{
    const struct sx_graph *g = e->built.graph;
    double cost = 0;
    for (int i = 0; i <= e->built.value; i++)
        cost += (double)sx_count(&g->node[i].shape);
    return cost;
}

enum { FULL_PLAYERS = 10, MOST_FULL = 16, MOST_SETS = 2048 };

static bool choose_sets(struct sx_decomposing *d)
{
    const struct sx_decompose_options *o = d->o;
    int64_t order = o->order > 0 ? o->order : 2, count = sx_family_count(d->n, order);
    switch (o->allocation) {
    case SX_ALLOC_NONE:
        return true;
    case SX_ALLOC_FULL:
        if (d->n > MOST_FULL)
            return sx_fail(d->error, SX_USAGE, "a full allocation of %lld players (at most %d)",
                           (long long)d->n, MOST_FULL);
        return sx_family_new(&d->sets, d->n, d->n, d->error);
    case SX_ALLOC_TRUNCATED:
        return sx_family_new(&d->sets, d->n, order, d->error);
    case SX_ALLOC_AUTO:
        break;
    }
    bool full = d->n <= FULL_PLAYERS && o->order == 0;
    if (full)
        count = (int64_t)1 << d->n;
    if (count < 0 || count > MOST_SETS || (double)count * d->cost > MOST_COST)
        return true;
    return sx_family_new(&d->sets, d->n, full ? d->n : order, d->error);
}

static void free_results(struct sx_decomposer *c)
{
    for (int i = 0; i < c->n_methods; i++) {
        free(c->method[i].attribution);
        free(c->method[i].error);
        free(c->method[i].share);
        free(c->method[i].effect);
        sx_tensor_free(&c->method[i].map);
    }
    c->n_methods = 0;
    sx_family_free(&c->sets);
    free(c->effect);
    c->effect = NULL;
    sx_taylor_free(&c->taylor);
    sx_neurons_free(c->neuron, c->n_neurons);
    c->neuron = NULL;
    c->n_neurons = 0;
    free(c->agreeing);
    free(c->spearman);
    free(c->distance);
    c->agreeing = NULL;
    c->spearman = c->distance = NULL;
    sx_arena_free(&c->kept);
    c->kept = (struct sx_arena){0};
}

/* Frees the programs, which belong to one graph and one set of rules. */
static void forget_programs(struct sx_decomposer *c)
{
    for (int i = 0; i < SX_N_RULES; i++) {
        sx_points_free(c->rule[i]);
        c->rule[i] = NULL;
    }
    c->reference = SX_NONE;
}

static bool same_rules(const struct sx_rule_options *a, const struct sx_rule_options *b)
{
    return a->epsilon == b->epsilon && a->absolute == b->absolute &&
           a->distribute == b->distribute && a->first == b->first &&
           a->bound[0] == b->bound[0] && a->bound[1] == b->bound[1] && a->neuron == b->neuron;
}

static bool any_finite(const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            return true;
    return n == 0;
}

/* Turns a method without any finite value into a failed one. */
static bool has_no_value(struct sx_decomposing *d, struct sx_decomposed *m)
{
    m->failure = sx_arena_strdup(&d->d->kept, "no value is finite", d->error);
    free(m->attribution);
    free(m->error);
    free(m->share);
    free(m->effect);
    m->attribution = m->share = m->effect = NULL;
    return m->failure != NULL;
}

static bool decompose_all(struct sx_decomposing *d)
{
    struct sx_decomposer *c = d->d;
    if (!choose_sets(d) || !sx_frame_open(d, &d->given, d->o->baseline) ||
        (d->sets.n > 0 && !sx_frame_effects(d, &d->given)))
        return false;
    if ((d->o->taylor > 0 || d->o->fit > 0) && !sx_taylor(d, &c->taylor))
        return false;
    const struct sx_method_row *row;
    for (int i = 0; (row = sx_method_row(i)) != NULL; i++) {
        if (!sx_method_wanted(d->o->methods, row->name))
            continue;
        struct sx_decomposed *m = &c->method[c->n_methods++];
        if (!sx_decompose_by(d, row, m))
            return false;
        if (m->failure == NULL && !any_finite(m->attribution, d->n) && !has_no_value(d, m))
            return false;
        if (m->failure == NULL)
            sx_judge(d, row, m);
        if (d->error->status != SX_OK)
            return false;
    }
    if (d->o->foreign != NULL) {
        struct sx_decomposed *m = &c->method[c->n_methods++];
        if (!sx_judge_foreign(d, m))
            return false;
    }
    if (!sx_agree(c, d->n, d->error))
        return false;
    return d->o->neuron_of == NULL || sx_look_at_layers(d, &c->neuron, &c->n_neurons);
}

static void give(struct sx_decomposing *d, struct sx_decomposition *r)
{
    struct sx_decomposer *c = d->d;
    c->sets = d->sets;
    c->effect = d->given.effect;
    d->given.effect = NULL;
    *r = (struct sx_decomposition){.players = d->n,
                                   .n_sets = c->sets.n,
                                   .set = c->sets.set,
                                   .effect = c->effect,
                                   .all_sets = c->sets.n > 0 && c->sets.most >= d->n,
                                   .f_x = d->f_x,
                                   .f_b = d->given.f_b,
                                   .n_methods = c->n_methods,
                                   .method = c->method,
                                   .n_neurons = c->n_neurons,
                                   .neuron = c->neuron,
                                   .n_agreeing = c->n_agreeing,
                                   .agreeing = c->agreeing,
                                   .spearman = c->spearman,
                                   .distance = c->distance};
    sx_taylor_give(&c->taylor, r);
}

bool sx_decompose(struct sx_decomposer *c, const struct sx_decompose_options *o,
                  struct sx_decomposition *result, struct sx_error *error)
{
    const struct sx_tensor *x = sx_explainer_input(c->e);
    struct sx_decomposing d = {.d = c,
                               .e = c->e,
                               .o = o,
                               .players = o->players,
                               .n = sx_players_count(o->players),
                               .size = sx_count(&x->shape),
                               .x = x->data,
                               .f_x = sx_explainer_target(c->e)->value,
                               .cost = cost_of(c->e),
                               .rules = {.epsilon = o->epsilon,
                                         .absolute = o->absolute,
                                         .distribute = o->distribute,
                                         .first = o->first,
                                         .bound = {o->bound[0], o->bound[1]},
                                         .neuron = o->neuron},
                               .error = error};
    *result = (struct sx_decomposition){0};
    free_results(c);
    if (c->builds != c->e->builds || !same_rules(&c->rules, &d.rules))
        forget_programs(c);
    c->builds = c->e->builds;
    c->rules = d.rules;
    bool ok = sx_methods_known(o->methods, error) && decompose_all(&d);
    if (ok)
        give(&d, result);
    else
        sx_family_free(&d.sets);
    sx_frames_close(&d);
    return ok;
}

struct sx_decomposer *sx_decomposer_new(struct sx_explainer *explainer, struct sx_error *error)
{
    struct sx_decomposer *c = sx_new(1, sizeof *c, error);
    if (c == NULL)
        return NULL;
    c->e = explainer;
    c->reference = SX_NONE;
    int n = 1; /* room for scores from elsewhere (--scores) */
    while (sx_method_row(n - 1) != NULL)
        n++;
    c->method = sx_new((size_t)n, sizeof *c->method, error);
    if (c->method != NULL)
        return c;
    sx_decomposer_free(c);
    return NULL;
}

void sx_decomposer_free(struct sx_decomposer *c)
{
    if (c == NULL)
        return;
    free_results(c);
    forget_programs(c);
    sx_still_free(&c->still[0]);
    sx_still_free(&c->still[1]);
    free(c->method);
    free(c);
}
