/* search.c - which sets are evaluated: all of them, or those that grow from the most
 * salient. */
#include <math.h>
#include <stdlib.h>

#include "xderiv/study.h"

/* The most sets that a beam may make at once. */
#define MOST_GROWN ((int64_t)1 << 28)

/* A set and its salience. */
struct rank {
    double salience;
    int64_t set;
};

/* Ascending; earlier sets first among equals. */
static int compare(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->salience != y->salience)
        return x->salience < y->salience ? -1 : 1;
    return (x->set > y->set) - (x->set < y->set);
}

/* By edge, the salience of a set is its own strength. By feature, the salience of a feature is
 * the sum of the strengths of the sets that it is in, and that of a set is the sum of its
 * features'. */
static bool rate(const struct sx_study *h, const struct sx_level *l, struct rank *rank,
                 struct sx_error *error)
{
    double *feature = sx_new((size_t)h->q, sizeof *feature, error);
    if (feature == NULL)
        return false;
    for (int64_t k = 0; k < l->n; k++)
        for (int m = 0; m < l->order; m++)
            feature[l->set[k * l->order + m]] += fabs(l->strength[k]);
    for (int64_t k = 0; k < l->n; k++) {
        rank[k] = (struct rank){0, k};
        for (int m = 0; !h->o.by_edge && m < l->order; m++)
            rank[k].salience += feature[l->set[k * l->order + m]];
        if (h->o.by_edge)
            rank[k].salience = fabs(l->strength[k]);
        if (isnan(rank[k].salience))
            rank[k].salience = -1;
    }
    free(feature);
    return true;
}

static bool grow(struct sx_study *h, int order, int64_t width, struct sx_error *error)
{
    const struct sx_level *from = &h->level[order - 1];
    int64_t n = width < from->n ? width : from->n;
    size_t members = (size_t)n * (size_t)(order - 1);
    struct rank *rank = sx_new((size_t)from->n, sizeof *rank, error);
    int32_t *parent = sx_new(members, sizeof *parent, error);
    bool ok = rank != NULL && parent != NULL && rate(h, from, rank, error);
    if (ok) {
        qsort(rank, (size_t)from->n, sizeof *rank, compare);
        for (int64_t k = 0; k < n; k++)
            for (int m = 0; m < order - 1; m++)
                parent[k * (order - 1) + m] =
                    from->set[rank[from->n - n + k].set * (order - 1) + m];
        ok = sx_level_extend(&h->level[order], h->q, order, parent, n, error);
    }
    free(rank);
    free(parent);
    return ok;
}

/* The default width of the beam: as large as --max-sets allows, but at least the number of
 * features. */
static int64_t usual_width(const struct sx_study *h)
{
    int64_t room = h->o.max_sets / h->q;
    return room > h->q ? room : h->q;
}

bool sx_search_level(struct sx_study *h, int order, struct sx_error *error)
{
    struct sx_level *level = &h->level[order];
    int64_t all = sx_level_count(h->q, order);
    if (h->given)
        return sx_level_given(level, h->q, order, &h->sets, error);
    bool beam =
        h->o.search == SX_SEARCH_BEAM ? order > 2 || all > h->o.max_sets : all > h->o.max_sets;
    if (beam && (h->o.search == SX_SEARCH_ALL || h->method->pairs))
        return sx_over_limit(error,
                             "there are %lld sets of %d of %lld features, over the "
                             "limit of %lld (see --max-sets, --search=beam:N)",
                             (long long)all, order, (long long)h->q, (long long)h->o.max_sets);
    int64_t width = h->o.search == SX_SEARCH_BEAM ? h->o.beam : usual_width(h);
    if (beam && width > MOST_GROWN / h->q && h->level[order - 1].n > MOST_GROWN / h->q)
        return sx_over_limit(
            error, "%lld features are too many for a beam of %lld sets (see --search=beam:N)",
            (long long)h->q, (long long)width);
    bool ok = beam ? grow(h, order, width, error) : sx_level_all(level, h->q, order, error);
    h->beam = h->beam || beam;
    if (ok && all < INT64_MAX)
        h->skipped += all - level->n;
    return ok;
}
