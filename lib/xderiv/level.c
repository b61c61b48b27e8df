/* level.c - sets of features of one size, and how they grow from smaller ones. */
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

void sx_level_reset(struct sx_level *l)
{
    double **results[] = {&l->strength, &l->mean, &l->std, &l->min, &l->max};
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        free(*results[i]);
        *results[i] = NULL;
    }
}

void sx_level_free(struct sx_level *l)
{
    sx_level_reset(l);
    free(l->set);
    free(l->parent);
    free(l->first);
    free(l->last);
    *l = (struct sx_level){0};
}

int64_t sx_level_count(int64_t q, int order)
{
    int64_t n = 1;
    if (order > q)
        return 0;
    for (int m = 1; m <= order; m++) {
        int64_t factor = q - order + m, rest = n % m;
        if (n > INT64_MAX / factor)
            return INT64_MAX;
        n = n / m * factor + rest * factor / m;
    }
    return n;
}

static bool make_room(struct sx_level *l, int64_t n, int64_t n_parents, struct sx_error *error)
{
    size_t sets, parents;
    int order = l->order;
    if (!sx_size_mul(&sets, (size_t)n, (size_t)order) ||
        !sx_size_mul(&parents, (size_t)n_parents, (size_t)order))
        return sx_fail(error, SX_MEMORY, "out of memory");
    l->set = sx_new(sets, sizeof *l->set, error);
    l->parent = sx_new(parents, sizeof *l->parent, error);
    l->first = sx_new((size_t)n_parents + 1, sizeof *l->first, error);
    l->last = sx_new((size_t)n, sizeof *l->last, error);
    return l->set != NULL && l->parent != NULL && l->first != NULL && l->last != NULL;
}

/* The next set of `order` of q features in lexicographic order; false after the last. */
static bool next_set(int32_t *set, int order, int64_t q)
{
    for (int m = order; m-- > 0;)
        if (set[m] + order - m < q) {
            int32_t from = ++set[m];
            for (int k = m + 1; k < order; k++)
                set[k] = ++from;
            return true;
        }
    return false;
}

/* Counts the set at l->set + l->n * order. Its parent is the set of its features but the last:
 * the parent of the set before, or a new one. */
static void take_lexicographic(struct sx_level *l)
{
    size_t lead = (size_t)(l->order - 1);
    const int32_t *set = l->set + l->n * l->order;
    int32_t *parent = l->parent + l->n_parents * (int64_t)lead;
    if (l->n_parents == 0 || memcmp(parent - lead, set, lead * sizeof *set) != 0) {
        memcpy(parent, set, lead * sizeof *set);
        l->first[l->n_parents++] = l->n;
    }
    l->last[l->n++] = set[lead];
    l->first[l->n_parents] = l->n;
}

bool sx_level_all(struct sx_level *l, int64_t q, int order, struct sx_error *error)
{
    int64_t n = sx_level_count(q, order), parents = sx_level_count(q, order - 1);
    int32_t set[SX_MAX_ORDER];
    if (l->all)
        return true;
    *l = (struct sx_level){.order = order, .all = true};
    if (n == INT64_MAX || !make_room(l, n, parents, error))
        return sx_fail(error, SX_MEMORY, "out of memory");
    for (int m = 0; m < order; m++)
        set[m] = m;
    for (bool more = n > 0; more; more = next_set(set, order, q)) {
        memcpy(l->set + l->n * order, set, (size_t)order * sizeof *set);
        take_lexicographic(l);
    }
    return true;
}

/* ---- Growing ---- */

/* A hash table of the sets that are there: open addressing, indices + 1. */
struct known {
    int64_t *slot;
    size_t capacity;
};

static bool is_known(struct known *k, const struct sx_level *l, const int32_t *set)
{
    size_t bytes = (size_t)l->order * sizeof *set;
    size_t at = sx_hash(SX_HASH_START, set, bytes) & (k->capacity - 1);
    for (; k->slot[at] != 0; at = (at + 1) & (k->capacity - 1))
        if (memcmp(l->set + (k->slot[at] - 1) * l->order, set, bytes) == 0)
            return true;
    k->slot[at] = l->n + 1;
    return false;
}

/* The set of a parent and one more feature, ascending; false if it has the feature already. */
static bool join(int32_t *set, const int32_t *parent, int order, int32_t feature)
{
    int at = 0;
    while (at < order - 1 && parent[at] < feature)
        at++;
    if (at < order - 1 && parent[at] == feature)
        return false;
    memcpy(set, parent, (size_t)at * sizeof *set);
    set[at] = feature;
    memcpy(set + at + 1, parent + at, (size_t)(order - 1 - at) * sizeof *set);
    return true;
}

bool sx_level_extend(struct sx_level *l, int64_t q, int order, const int32_t *parents,
                     int64_t n_parents, struct sx_error *error)
{
    size_t most;
    struct known known = {.capacity = 64};
    *l = (struct sx_level){.order = order};
    if (!sx_size_mul(&most, (size_t)n_parents, (size_t)q) || most > SIZE_MAX / 8)
        return sx_fail(error, SX_MEMORY, "out of memory");
    while (known.capacity < 2 * most)
        known.capacity *= 2;
    known.slot = sx_new(known.capacity, sizeof *known.slot, error);
    bool ok = known.slot != NULL && make_room(l, (int64_t)most, n_parents, error);
    for (int64_t p = 0; ok && p < n_parents; p++) {
        const int32_t *parent = parents + p * (order - 1);
        int64_t before = l->n;
        l->first[l->n_parents] = l->n;
        for (int32_t j = 0; j < q; j++) {
            int32_t *set = l->set + l->n * order;
            if (!join(set, parent, order, j) || is_known(&known, l, set))
                continue;
            l->last[l->n++] = j;
        }
        if (l->n > before)
            memcpy(l->parent + l->n_parents++ * (order - 1), parent,
                   (size_t)(order - 1) * sizeof *parent);
        l->first[l->n_parents] = l->n;
    }
    free(known.slot);
    return ok;
}

struct key {
    int64_t member[SX_MAX_ORDER];
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    for (int m = 0; m < SX_MAX_ORDER; m++)
        if (x->member[m] != y->member[m])
            return x->member[m] < y->member[m] ? -1 : 1;
    return 0;
}

/* The sets of this order; returns how many. */
static int64_t pick_order(const struct sx_sets *sets, int order, struct key *key)
{
    int64_t n = 0;
    for (int64_t k = 0; k < sets->n; k++) {
        if (sets->begin[k + 1] - sets->begin[k] != order)
            continue;
        if (key != NULL)
            memcpy(key[n].member, sets->member + sets->begin[k],
                   (size_t)order * sizeof *sets->member);
        n++;
    }
    return n;
}

bool sx_level_given(struct sx_level *l, int64_t q, int order, const struct sx_sets *sets,
                    struct sx_error *error)
{
    int64_t n = pick_order(sets, order, NULL);
    struct key *key = sx_new((size_t)n, sizeof *key, error);
    *l = (struct sx_level){.order = order};
    bool ok = key != NULL && make_room(l, n, n, error);
    if (ok) {
        pick_order(sets, order, key);
        qsort(key, (size_t)n, sizeof *key, compare_keys);
    }
    for (int64_t k = 0; ok && k < n; k++) {
        int32_t *set = l->set + l->n * order;
        if (k > 0 && compare_keys(&key[k - 1], &key[k]) == 0)
            continue;
        if (key[k].member[order - 1] >= q)
            ok = sx_fail(error, SX_USAGE, "there is no feature %lld: they are 0 to %lld",
                         (long long)key[k].member[order - 1], (long long)q - 1);
        for (int m = 0; ok && m < order; m++)
            set[m] = (int32_t)key[k].member[m];
        if (ok)
            take_lexicographic(l);
    }
    free(key);
    return ok;
}
