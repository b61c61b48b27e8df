/* terms.c - lists of sets of players with a value each. */
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

bool sx_next_set(int64_t *member, int64_t k, int64_t n)
{
    int64_t i = k - 1;
    while (i >= 0 && member[i] == n - k + i)
        i--;
    if (i < 0)
        return false;
    for (member[i]++; ++i < k;)
        member[i] = member[i - 1] + 1;
    return true;
}

/* How many sets, and members in all. */
static bool count_terms(int64_t n, int64_t least, int64_t most, int64_t *count,
                        int64_t *members, struct sx_error *error)
{
    double sets = 0, all = 0;
    for (int64_t k = least; k <= most; k++) {
        sets += sx_choose(n, k);
        all += (double)k * sx_choose(n, k);
    }
    if (sets > (double)SX_MOST_TERMS)
        return sx_fail(error, SX_USAGE,
                       "%.4g sets of up to %lld of %lld players are too many; use --order",
                       sets, (long long)most, (long long)n);
    *count = (int64_t)sets;
    *members = (int64_t)all;
    return true;
}

/* Lists all sets of k players from position `at` on. */
static int64_t list_sets(struct sx_interactions *terms, const int64_t *player, int64_t n,
                         int64_t k, int64_t at, int64_t *index)
{
    for (int64_t i = 0; i < k; i++)
        index[i] = i;
    do {
        int64_t *member = terms->member + terms->first[at];
        for (int64_t i = 0; i < k; i++)
            member[i] = player[index[i]];
        terms->first[at + 1] = terms->first[at] + k;
        at++;
    } while (sx_next_set(index, k, n));
    return at;
}

bool sx_terms_new(struct sx_interactions *terms, const int64_t *player, int64_t n,
                  int64_t least, int64_t most, struct sx_error *error)
{
    int64_t count = 0, members = 0;
    *terms = (struct sx_interactions){0};
    most = most < n ? most : n;
    if (!count_terms(n, least, most, &count, &members, error))
        return false;
    terms->first = sx_new((size_t)count + 1, sizeof *terms->first, error);
    terms->member = sx_new((size_t)members + 1, sizeof *terms->member, error);
    terms->value = sx_new((size_t)count + 1, sizeof *terms->value, error);
    int64_t *index = sx_new((size_t)most + 1, sizeof *index, error);
    bool ok =
        terms->first != NULL && terms->member != NULL && terms->value != NULL && index != NULL;
    for (int64_t k = least; ok && k <= most; k++)
        terms->count = list_sets(terms, player, n, k, terms->count, index);
    free(index);
    if (!ok)
        sx_interactions_free(terms);
    return ok;
}

void sx_interactions_free(struct sx_interactions *terms)
{
    free(terms->first);
    free(terms->member);
    free(terms->value);
    free(terms->error);
    free(terms->is_or);
    *terms = (struct sx_interactions){0};
}
