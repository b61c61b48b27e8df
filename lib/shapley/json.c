/* json.c - interactions as keys of records. */
#include <math.h>
#include <stdio.h>

#include "shapley/shapley.h"

/* Players, and under `key` their names if any of them has one. */
static void put_set(struct sx_result *json, const int64_t *member, int64_t n, const char *key,
                    const char *const *name)
{
    bool any = false;
    sx_put_list(json, "set");
    for (int64_t i = 0; i < n; i++) {
        sx_put_int(json, NULL, member[i]);
        any = any || (name != NULL && name[member[i]] != NULL);
    }
    sx_put_end(json);
    if (!any)
        return;
    sx_put_list(json, key);
    for (int64_t i = 0; i < n; i++)
        sx_put_text(json, NULL, name[member[i]]);
    sx_put_end(json);
}

static void put_partition(struct sx_result *json, const char *key, const int64_t *set,
                          const int64_t *block, int64_t m)
{
    int64_t blocks = 0;
    for (int64_t i = 0; i < m; i++)
        blocks = block[i] >= blocks ? block[i] + 1 : blocks;
    sx_put_list(json, key);
    for (int64_t b = 0; b < blocks; b++) {
        sx_put_list(json, NULL);
        for (int64_t i = 0; i < m; i++)
            if (block[i] == b)
                sx_put_int(json, NULL, set[i]);
        sx_put_end(json);
    }
    sx_put_end(json);
}

static void put_links(struct sx_result *json, const struct sx_benefit *b, const int64_t *set)
{
    sx_put_list(json, "links");
    for (int64_t k = 0; k < b->n_links; k++) {
        const struct sx_link *l = &b->link[k];
        sx_put_object(json, NULL);
        sx_put_int(json, "i", set[l->i]);
        sx_put_int(json, "j", set[l->j]);
        sx_put_double(json, "p_max", l->max);
        sx_put_double(json, "p_min", l->min);
        if (b->link_gains) {
            sx_put_bool(json, "tied", l->tied);
            sx_put_double(json, "gain_max", l->gain_max);
            sx_put_double(json, "gain_min", l->gain_min);
            sx_put_double(json, "gain_max_stderr", l->error_max);
            sx_put_double(json, "gain_min_stderr", l->error_min);
        } else if (!b->gradient) {
            sx_put_bool(json, "tied", l->tied);
        }
        sx_put_end(json);
    }
    sx_put_end(json);
}

static void put_components(struct sx_result *json, const struct sx_benefit *b,
                           const int64_t *set)
{
    const struct sx_interactions *c = &b->components;
    sx_put_list(json, "components");
    for (int64_t k = 0; k < c->count; k++) {
        sx_put_object(json, NULL);
        sx_put_list(json, "subset");
        for (int64_t i = c->first[k]; i < c->first[k + 1]; i++)
            sx_put_int(json, NULL, set[c->member[i]]);
        sx_put_end(json);
        sx_put_double(json, "value", c->value[k]);
        sx_put_end(json);
    }
    sx_put_end(json);
}

/* The keys that only the strongest set has. */
static void put_details(struct sx_result *json, const struct sx_benefit *b, const int64_t *set)
{
    if (b->gradient)
        sx_put_double(json, "T_relaxed", b->T_relaxed);
    sx_put_object(json, "singles");
    for (int64_t i = 0; i < b->m; i++) {
        char key[24];
        snprintf(key, sizeof key, "%lld", (long long)set[i]);
        sx_put_double(json, key, b->single[i]);
    }
    sx_put_end(json);
    sx_put_double(json, "coalition", b->together);
    put_links(json, b, set);
    put_components(json, b, set);
    sx_put_bool(json, "exact", b->exact && !b->greedy);
    if (b->greedy)
        sx_put_bool(json, "greedy", true);
    if (!b->exact)
        sx_put_int(json, "contexts", b->contexts);
}

/* A value of the best partition with its error. If the partition was found greedily and values
 * are exact, the error is null, as the distance from the true optimum is not known. */
static void put_found(struct sx_result *json, const char *key, const struct sx_benefit *b,
                      double error)
{
    sx_put_derived(json, key, b->greedy && b->exact ? NAN : error);
}

void sx_put_benefit(struct sx_result *json, const struct sx_benefit *b, const int64_t *set,
                    const char *const *name, bool details)
{
    put_set(json, set, b->m, details ? "set_names" : "names", name);
    sx_put_double(json, "B", b->B);
    sx_put_double(json, "B_max", b->B_max);
    sx_put_double(json, "B_min", b->B_min);
    sx_put_double(json, "T", b->T);
    sx_put_double(json, "T_corrected", b->T_corrected);
    sx_put_double(json, "B_stderr", b->B_error);
    put_found(json, "B_max_stderr", b, b->B_max_error);
    put_found(json, "B_min_stderr", b, b->B_min_error);
    put_found(json, "T_stderr", b, b->T_error);
    put_partition(json, "partition_max", set, b->block_max, b->m);
    put_partition(json, "partition_min", set, b->block_min, b->m);
    if (details)
        put_details(json, b, set);
}

static void put_term(struct sx_result *json, const struct sx_interactions *t, int64_t k,
                     const char *const *name)
{
    sx_put_object(json, NULL);
    put_set(json, t->member + t->first[k], t->first[k + 1] - t->first[k], "names", name);
    sx_put_double(json, "value", t->value[k]);
    if (t->error != NULL)
        sx_put_double(json, "stderr", t->error[k]);
    if (t->is_or != NULL)
        sx_put_text(json, "kind", t->is_or[k] ? "or" : "and");
    sx_put_end(json);
}

static void put_terms(struct sx_result *json, const struct sx_shapley *s,
                      const char *const *name)
{
    const struct sx_interactions *t = &s->terms;
    sx_put_list(json, "interactions");
    for (int64_t k = 0; k < s->n_shown; k++)
        put_term(json, t, s->shown[k], name);
    sx_put_end(json);
}

/* ---- Whole records ---- */

static void put_strongest(struct sx_result *json, const struct sx_shapley *s,
                          const char *const *name)
{
    sx_put_benefit(json, &s->benefit[s->strongest], s->set[s->strongest] + 1, name, true);
    if (s->n_sets == 1)
        return;
    sx_put_list(json, "windows");
    for (int64_t k = 0; k < s->n_shown; k++) {
        sx_put_object(json, NULL);
        sx_put_benefit(json, &s->benefit[s->shown[k]], s->set[s->shown[k]] + 1, name, false);
        sx_put_end(json);
    }
    sx_put_end(json);
}

void sx_put_shapley(struct sx_result *json, const struct sx_shapley *s, const char *const *name)
{
    const struct sx_interactions *t = &s->terms;
    sx_put_int(json, "players", s->players);
    if (s->n_sets > 0) {
        put_strongest(json, s, name);
    } else {
        sx_put_int(json, "order", t->order);
        put_terms(json, s, name);
        sx_put_bool(json, "exact", t->exact);
        if (!t->exact)
            sx_put_text(json, "sampling", t->sampling);
    }
    sx_put_double(json, "v_empty", s->none);
    sx_put_double(json, "v_full", s->all);
    sx_put_int(json, "evaluations", s->evaluations);
    if (t->efficient)
        sx_put_double(json, "efficiency_gap", t->gap);
    else
        sx_put_null(json, "efficiency_gap");
}

/* A single set of bT is one row. Windows and terms have a row each. */
const struct sx_view *sx_shapley_view(const struct sx_shapley *r, bool named)
{
    static const struct sx_view words = {.scalars = "B,B_max,B_min,T,T_stderr",
                                         .columns =
                                             "set,set_names:names,B,B_max,B_min,T,T_stderr",
                                         .lines = ""};
    static const struct sx_view set = {
        .scalars =
            "B,B_max,B_min,T,T_stderr,set_names:names|set,partition_max:max,partition_min:min",
        .columns = "set,set_names:names,B,B_max,B_min,T,T_stderr",
        .lines = ""};
    static const struct sx_view windows = {.scalars = "players,evaluations",
                                           .each = "windows",
                                           .columns = "set,names,B,B_max,B_min,T,T_stderr",
                                           .lines = "T,B,names|set",
                                           .rank = "T"};
    static const struct sx_view terms = {.scalars = "params.index:index,players,evaluations,"
                                                    "v_empty,v_full,efficiency_gap:gap",
                                         .each = "interactions",
                                         .columns = "set,names,value,stderr",
                                         .lines = "value,stderr,names|set",
                                         .rank = "value",
                                         .top = 20};
    return r->n_sets == 0 ? &terms : r->n_sets > 1 ? &windows : named ? &words : &set;
}

void sx_shapley_title(const struct sx_shapley *r, const char *id, char title[SX_SHAPLEY_TITLE])
{
    if (r->n_sets > 0)
        snprintf(title, SX_SHAPLEY_TITLE, "%.60s: B %.4g, T %.4g", id,
                 r->benefit[r->strongest].B, r->benefit[r->strongest].T);
    else
        snprintf(title, SX_SHAPLEY_TITLE, "%.60s: %s, v %.4g to %.4g", id, r->index, r->none,
                 r->all);
}
