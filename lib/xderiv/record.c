/* record.c - effects of sets as the keys of a record. */
#include <math.h>
#include <string.h>

#include "xderiv/study.h"

const char *sx_study_name(const struct sx_study *h, const char *const *name, int64_t n,
                          int64_t i, char text[64])
{
    int64_t rows, columns;
    if (i < n)
        return name[i];
    if (h->players != NULL && sx_players_on_grid(h->players, &rows, &columns) && columns > 0)
        snprintf(text, 64, "%lld,%lld", (long long)(i / columns), (long long)(i % columns));
    else
        snprintf(text, 64, "%lld", (long long)i);
    return text;
}

int64_t sx_effects_shown(const struct sx_study_options *o, const struct sx_effects *r,
                         int64_t most)
{
    int64_t n = 0;
    while (n < r->n && (most == 0 || n < most) && !(fabs(r->item[n].strength) < o->least))
        n++;
    return n;
}

/* The names of the operators between x and f that were made smooth, or that were left as they
 * are. */
static void put_kinks(struct sx_result *j, const struct sx_explainer *e, const char *key,
                      bool wanted)
{
    const char *node, *op;
    bool smoothed;
    sx_put_list(j, key);
    for (int i = 0; (node = sx_explainer_kink(e, i, &op, &smoothed)) != NULL; i++) {
        if (smoothed != wanted)
            continue;
        if (!wanted) {
            sx_put_object(j, NULL);
            sx_put_text(j, "node", node);
            sx_put_text(j, "op", op);
            sx_put_end(j);
        } else {
            sx_put_text(j, NULL, node);
        }
    }
    sx_put_end(j);
}

static void put_samples(struct sx_result *j, const char *kinds, const struct sx_effects *r)
{
    sx_put_object(j, "samples");
    sx_put_int(j, "n", r->rows);
    sx_put_list(j, "representatives");
    for (int k = 0; k < r->n_representatives; k++) {
        char kind[16];
        size_t n = strcspn(kinds, ",");
        snprintf(kind, sizeof kind, "%.*s", (int)n, kinds);
        kinds += n + (kinds[n] == ',');
        sx_put_object(j, NULL);
        sx_put_text(j, "kind", kind);
        sx_put_int(j, "row", r->representative[k]);
        sx_put_end(j);
    }
    sx_put_end(j);
    sx_put_end(j);
}

static void put_search(struct sx_result *j, const struct sx_study *h,
                       const struct sx_effects *r)
{
    sx_put_object(j, "smooth");
    sx_put_text(j, "mode", h->o.smooth);
    put_kinks(j, h->e, "nodes", true);
    sx_put_double(j, "shift", r->shift);
    sx_put_end(j);
    put_samples(j, h->o.at, r);
    sx_put_object(j, "search");
    sx_put_text(j, "mode", h->given ? "given" : r->beam ? "beam" : "exhaustive");
    sx_put_int(j, "evaluated", r->evaluated);
    sx_put_int(j, "skipped", r->skipped);
    sx_put_end(j);
}

static void put_interactions(struct sx_result *j, const struct sx_study *h,
                             const struct sx_effects *r, const char *const *name,
                             int64_t n_names)
{
    char text[64];
    int64_t n = sx_effects_shown(&h->o, r, h->o.top);
    sx_put_list(j, "interactions");
    for (int64_t k = 0; k < n; k++) {
        const struct sx_effect *item = &r->item[k];
        sx_put_object(j, NULL);
        sx_put_list(j, "set");
        for (int m = 0; m < item->order; m++)
            sx_put_int(j, NULL, item->set[m]);
        sx_put_end(j);
        sx_put_list(j, "names");
        for (int m = 0; m < item->order; m++)
            sx_put_text(j, NULL, sx_study_name(h, name, n_names, item->set[m], text));
        sx_put_end(j);
        sx_put_number(j, "strength", item->strength);
        sx_put_number(j, "mean", item->mean);
        if (sx_study_gather(&h->o) != SX_GATHER_NONE) {
            sx_put_number(j, "std", item->std);
            sx_put_number(j, "min", item->min);
            sx_put_number(j, "max", item->max);
        }
        sx_put_end(j);
    }
    sx_put_end(j);
}

static void put_truth(struct sx_result *j, const struct sx_study *h, const struct sx_effects *r)
{
    char key[24];
    sx_put_object(j, "auc");
    for (int m = 2; m <= h->o.order; m++) {
        snprintf(key, sizeof key, "%d", m);
        if (isnan(r->auc[m]))
            sx_put_null(j, key);
        else
            sx_put_double(j, key, r->auc[m]);
    }
    sx_put_end(j);
    sx_put_double(j, "r_precision", r->r_precision);
}

/* The names of all features, and their values at a single row. */
static void put_names(struct sx_result *j, const struct sx_study *h, const char *const *name)
{
    sx_put_list(j, "names");
    for (int64_t i = 0; i < h->q; i++)
        sx_put_text(j, NULL, name[i]);
    sx_put_end(j);
    if (h->elements && sx_study_gather(&h->o) == SX_GATHER_NONE)
        sx_put_array(j, "x", &h->e->input);
}

void sx_put_effects(struct sx_result *j, const struct sx_study *h, const struct sx_effects *r,
                    const char *const *name, int64_t n)
{
    if (n == h->q)
        put_names(j, h, name);
    sx_put_int(j, "order", h->o.order);
    sx_put_text(j, "method", h->method->name);
    put_search(j, h, r);
    put_interactions(j, h, r, name, n);
    if (h->known)
        put_truth(j, h, r);
    sx_put_bool(j, "zero_curvature", r->zero_curvature);
    put_kinks(j, h->e, "nonsmooth", false);
    if (h->o.check)
        sx_put_double(j, "check", r->check);
}

const struct sx_view sx_effects_view = {
    .scalars = "samples.n:rows,search.evaluated:sets,auc.2:auc2,auc.3:auc3,r_precision",
    .each = "interactions",
    .columns = "set,names,strength:value,std:stderr,mean",
    .lines = "strength,mean,names|set"};
