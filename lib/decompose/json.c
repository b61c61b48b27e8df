/* json.c - a decomposition as keys of a record. */
#include <math.h>

#include "sextant/decompose.h"

static void write_set(struct sx_result *j, uint64_t set)
{
    sx_put_list(j, "set");
    for (; set != 0; set &= set - 1)
        sx_put_int(j, NULL, __builtin_ctzll(set));
    sx_put_end(j);
}

/* Writes numbers that the decomposer owns. */
static void write_numbers(struct sx_result *j, const char *key, const double *values, int64_t n)
{
    const struct sx_tensor t = {SX_DOUBLE, {1, {n}}, (void *)(uintptr_t)values};
    sx_put_array(j, key, &t);
}

static void write_principles(struct sx_result *j, const struct sx_principle *p, bool sets)
{
    static const char *const name[] = {"p1", "p2", "p3"};
    sx_put_object(j, "principles");
    for (int k = 0; k < 3; k++) {
        sx_put_object(j, name[k]);
        sx_put_derived(j, "violation", p[k].violation);
        sx_put_bool(j, "holds", p[k].holds);
        sx_put_bool(j, "derived", p[k].derived);
        if (sets) {
            sx_put_list(j, "worst");
            for (uint64_t set = p[k].worst; set != 0; set &= set - 1)
                sx_put_int(j, NULL, __builtin_ctzll(set));
            sx_put_end(j);
        }
        sx_put_end(j);
    }
    sx_put_end(j);
}

/* Writes the shares of a set, and share / effect if the effect is not negligible. */
static void write_allocation(struct sx_result *j, const struct sx_decomposition *r,
                             const struct sx_decomposed *m)
{
    double scale = 0;
    for (int64_t s = 1; m->share != NULL && s < r->n_sets; s++)
        scale = fmax(scale, fabs(m->effect[s]));
    sx_put_list(j, "allocation");
    for (int64_t s = 1; m->share != NULL && s < r->n_sets; s++) {
        const double *share = m->share + s * r->players;
        bool some = fabs(m->effect[s]) > 1e-6 * scale;
        sx_put_object(j, NULL);
        write_set(j, r->set[s]);
        write_numbers(j, "share", share, r->players);
        sx_put_list(j, "weight");
        for (int64_t i = 0; i < r->players; i++) {
            if (some)
                sx_put_derived(j, NULL, share[i] / m->effect[s]);
            else
                sx_put_null(j, NULL);
        }
        sx_put_end(j);
        sx_put_end(j);
    }
    sx_put_end(j);
}

/* Writes the part of f(x) - f(reference) that the evaluated sets do not explain. */
static void write_rest(struct sx_result *j, const struct sx_decomposition *r,
                       const struct sx_decomposed *m)
{
    if (m->share == NULL || r->all_sets)
        return;
    sx_put_list(j, "rest");
    for (int64_t i = 0; i < r->players; i++) {
        double rest = m->attribution[i];
        for (int64_t s = 0; s < r->n_sets; s++)
            rest -= m->share[s * r->players + i];
        sx_put_number(j, NULL, rest);
    }
    sx_put_end(j);
}

/* How methods are written. */
struct listing {
    int64_t top;
    const char *const *name;
    bool timing;
};

static void write_top(struct sx_result *j, const struct sx_decomposition *r,
                      const struct sx_decomposed *m, const struct listing *listing)
{
    struct sx_tensor values = {
        .type = SX_DOUBLE, .shape = {1, {r->players}}, .data = m->attribution};
    if (listing->top > 0)
        sx_put_top(j, "top", &values, listing->top, listing->name);
}

static void write_method(struct sx_result *j, const struct sx_decomposition *r,
                         const struct sx_decomposed *m, const struct listing *listing)
{
    sx_put_object(j, NULL);
    sx_put_text(j, "name", m->name);
    if (m->failure != NULL) {
        sx_put_null(j, "attribution");
        sx_put_text(j, "reason", m->failure);
        sx_put_end(j);
        return;
    }
    write_numbers(j, "attribution", m->attribution, r->players);
    if (m->error != NULL)
        write_numbers(j, "stderr", m->error, r->players);
    write_top(j, r, m, listing);
    if (isfinite(m->sum))
        sx_put_number(j, "sum", m->sum);
    else
        sx_put_null(j, "sum");
    sx_put_derived(j, "completeness_gap", m->complete ? m->gap : NAN);
    sx_put_text(j, "against", m->against);
    if (m->map.data != NULL)
        sx_put_tensor(j, "map", &m->map);
    write_allocation(j, r, m);
    write_rest(j, r, m);
    if (m->share != NULL)
        write_principles(j, m->principle, true);
    sx_put_object(j, "selectope");
    if (isnan(m->set_slack))
        sx_put_null(j, "exists");
    else
        sx_put_bool(j, "exists", m->exists);
    sx_put_derived(j, "set_slack", m->set_slack);
    sx_put_derived(j, "kappa_slack", m->term_slack);
    sx_put_end(j);
    sx_put_derived(j, "residual", m->residual);
    sx_put_derived(j, "residual_closed_form", m->closed);
    sx_put_int(j, "evaluations", m->evaluations);
    if (listing->timing)
        sx_put_double(j, "seconds", m->seconds);
    sx_put_end(j);
}

static void write_matrix(struct sx_result *j, const char *key, const double *m, int n)
{
    sx_put_list(j, key);
    for (int i = 0; i < n; i++) {
        sx_put_list(j, NULL);
        for (int k = 0; k < n; k++) /* null: one of the two is constant */
            sx_put_derived(j, NULL, m[i * n + k]);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static void write_agreement(struct sx_result *j, const struct sx_decomposition *r)
{
    sx_put_object(j, "agreement");
    sx_put_list(j, "methods");
    for (int i = 0; i < r->n_agreeing; i++)
        sx_put_text(j, NULL, r->method[r->agreeing[i]].name);
    sx_put_end(j);
    write_matrix(j, "spearman", r->spearman, r->n_agreeing);
    write_matrix(j, "l2", r->distance, r->n_agreeing);
    sx_put_end(j);
}

/* Writes the inputs that change most, at most 16, and the share that each rule gives them. */
static void write_neuron(struct sx_result *j, const struct sx_neuron *n)
{
    int64_t top[16], count = 0;
    for (int64_t i = 0; i < n->n; i++) {
        int64_t at = count < 16 ? count++ : 16;
        for (; at > 0 && fabs(n->d[i]) > fabs(n->d[top[at - 1]]); at--)
            if (at < 16)
                top[at] = top[at - 1];
        if (at < 16)
            top[at] = i;
    }
    sx_put_object(j, NULL);
    sx_put_text(j, "layer", n->layer);
    sx_put_int(j, "neuron", n->element);
    sx_put_double(j, "z0", n->z0);
    sx_put_double(j, "dz", n->dz);
    sx_put_double(j, "dy", n->dy);
    sx_put_int(j, "n_inputs", n->n);
    sx_put_list(j, "inputs");
    for (int64_t i = 0; i < count; i++)
        sx_put_int(j, NULL, n->input[top[i]]);
    sx_put_end(j);
    sx_put_list(j, "d");
    for (int64_t i = 0; i < count; i++)
        sx_put_number(j, NULL, n->d[top[i]]);
    sx_put_end(j);
    sx_put_list(j, "methods");
    for (int r = 0; r < 6; r++) {
        const struct sx_local *m = &n->rule[r];
        sx_put_object(j, NULL);
        sx_put_text(j, "name", m->name);
        sx_put_list(j, "attribution");
        for (int64_t i = 0; i < count; i++)
            sx_put_number(j, NULL, m->attribution[top[i]]);
        sx_put_end(j);
        sx_put_double(j, "sum", m->sum);
        sx_put_double(j, "residual", m->residual);
        write_principles(j, m->principle, false);
        sx_put_end(j);
    }
    sx_put_end(j);
    sx_put_end(j);
}

static void write_taylor(struct sx_result *j, const struct sx_decomposition *r)
{
    sx_put_object(j, "taylor");
    sx_put_int(j, "K", r->order);
    sx_put_list(j, "terms");
    for (int64_t k = 0; k < r->n_terms; k++) {
        sx_put_object(j, NULL);
        sx_put_list(j, "kappa");
        for (int64_t i = 0; i < r->players; i++)
            sx_put_int(j, NULL, r->degree[k * r->players + i]);
        sx_put_end(j);
        sx_put_double(j, "I", r->term[k]);
        sx_put_end(j);
    }
    sx_put_end(j);
    sx_put_derived(j, "gap", r->gap);
    sx_put_derived(j, "J_gap_max", r->effect_gap);
    sx_put_derived(j, "ig_gap", r->ig_gap);
    sx_put_derived(j, "smooth_change", r->smooth_change);
    sx_put_bool(j, "converged", r->converged);
    sx_put_end(j);
}

void sx_put_decomposition(struct sx_result *j, const struct sx_decomposition *r, int64_t top,
                          const char *const *name, bool harsanyi, bool timing)
{
    const struct listing listing = {top, name, timing};
    sx_put_number(j, "f_x", r->f_x);
    sx_put_number(j, "f_b", r->f_b);
    sx_put_list(j, "effects");
    for (int64_t k = 1; harsanyi && k < r->n_sets; k++) {
        sx_put_object(j, NULL);
        write_set(j, r->set[k]);
        sx_put_number(j, "J", r->effect[k]);
        sx_put_end(j);
    }
    sx_put_end(j);
    if (r->n_terms > 0)
        write_taylor(j, r);
    sx_put_list(j, "methods");
    for (int i = 0; i < r->n_methods; i++)
        write_method(j, r, &r->method[i], &listing);
    sx_put_end(j);
    write_agreement(j, r);
    if (r->n_neurons > 0) {
        sx_put_list(j, "neurons");
        for (int i = 0; i < r->n_neurons; i++)
            write_neuron(j, &r->neuron[i]);
        sx_put_end(j);
    }
}
