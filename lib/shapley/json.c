/* json.c - interactions as they stand in records. */
#include <math.h>

#include "shapley/shapley.h"

/* Players, and their names if any of them has one. */
static void put_set(struct sx_json *json, const int64_t *member, int64_t n,
                    const char *const *name)
{
    bool any = false;
    sx_json_array(json, "set");
    for (int64_t i = 0; i < n; i++) {
        sx_json_int(json, NULL, member[i]);
        any = any || (name != NULL && name[member[i]] != NULL);
    }
    sx_json_array_end(json);
    if (!any)
        return;
    sx_json_array(json, "names");
    for (int64_t i = 0; i < n; i++)
        sx_json_string(json, NULL, name[member[i]]);
    sx_json_array_end(json);
}

static void put_partition(struct sx_json *json, const char *key, const int64_t *set,
                          const int64_t *block, int64_t m)
{
    int64_t blocks = 0;
    for (int64_t i = 0; i < m; i++)
        blocks = block[i] >= blocks ? block[i] + 1 : blocks;
    sx_json_array(json, key);
    for (int64_t b = 0; b < blocks; b++) {
        sx_json_array(json, NULL);
        for (int64_t i = 0; i < m; i++)
            if (block[i] == b)
                sx_json_int(json, NULL, set[i]);
        sx_json_array_end(json);
    }
    sx_json_array_end(json);
}

static void put_links(struct sx_json *json, const struct sx_benefit *b, const int64_t *set)
{
    sx_json_array(json, "links");
    for (int64_t k = 0; k < b->n_links; k++) {
        const struct sx_link *l = &b->link[k];
        sx_json_object(json, NULL);
        sx_json_int(json, "i", set[l->i]);
        sx_json_int(json, "j", set[l->j]);
        sx_json_double(json, "p_max", l->max);
        sx_json_double(json, "p_min", l->min);
        if (b->link_gains) {
            sx_json_bool(json, "tied", l->tied);
            sx_json_double(json, "gain_max", l->gain_max);
            sx_json_double(json, "gain_min", l->gain_min);
            sx_json_double(json, "gain_max_stderr", l->error_max);
            sx_json_double(json, "gain_min_stderr", l->error_min);
        } else if (!b->gradient) {
            sx_json_bool(json, "tied", l->tied);
        }
        sx_json_object_end(json);
    }
    sx_json_array_end(json);
}

static void put_components(struct sx_json *json, const struct sx_benefit *b, const int64_t *set)
{
    const struct sx_interactions *c = &b->components;
    sx_json_array(json, "components");
    for (int64_t k = 0; k < c->count; k++) {
        sx_json_object(json, NULL);
        sx_json_array(json, "subset");
        for (int64_t i = c->first[k]; i < c->first[k + 1]; i++)
            sx_json_int(json, NULL, set[c->member[i]]);
        sx_json_array_end(json);
        sx_json_double(json, "value", c->value[k]);
        sx_json_object_end(json);
    }
    sx_json_array_end(json);
}

/* What is told of the strongest set alone. */
static void put_details(struct sx_json *json, const struct sx_benefit *b, const int64_t *set)
{
    if (b->gradient)
        sx_json_double(json, "T_relaxed", b->T_relaxed);
    sx_json_object(json, "singles");
    for (int64_t i = 0; i < b->m; i++) {
        char key[24];
        snprintf(key, sizeof key, "%lld", (long long)set[i]);
        sx_json_double(json, key, b->single[i]);
    }
    sx_json_object_end(json);
    sx_json_double(json, "coalition", b->together);
    put_links(json, b, set);
    put_components(json, b, set);
    sx_json_bool(json, "exact", b->exact);
    if (!b->exact)
        sx_json_int(json, "contexts", b->contexts);
}

void sx_json_benefit(struct sx_json *json, const struct sx_benefit *b, const int64_t *set,
                     const char *const *name, bool details)
{
    put_set(json, set, b->m, name);
    sx_json_double(json, "B", b->B);
    sx_json_double(json, "B_max", b->B_max);
    sx_json_double(json, "B_min", b->B_min);
    sx_json_double(json, "T", b->T);
    sx_json_double(json, "T_corrected", b->T_corrected);
    sx_json_double(json, "B_stderr", b->B_error);
    sx_json_double(json, "B_max_stderr", b->B_max_error);
    sx_json_double(json, "B_min_stderr", b->B_min_error);
    sx_json_double(json, "T_stderr", b->T_error);
    put_partition(json, "partition_max", set, b->block_max, b->m);
    put_partition(json, "partition_min", set, b->block_min, b->m);
    if (details)
        put_details(json, b, set);
}

void sx_json_interactions(struct sx_json *json, const struct sx_interactions *t,
                          const char *const *name, double least)
{
    sx_json_array(json, "interactions");
    for (int64_t k = 0; k < t->count; k++) {
        if (fabs(t->value[k]) < least)
            continue;
        sx_json_object(json, NULL);
        put_set(json, t->member + t->first[k], t->first[k + 1] - t->first[k], name);
        sx_json_double(json, "value", t->value[k]);
        if (t->error != NULL)
            sx_json_double(json, "stderr", t->error[k]);
        if (t->is_or != NULL)
            sx_json_string(json, "kind", t->is_or[k] ? "or" : "and");
        sx_json_object_end(json);
    }
    sx_json_array_end(json);
}
