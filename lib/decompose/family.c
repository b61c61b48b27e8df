/* family.c - lists of sets of players, and the Moebius transform over them. */
#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"

#define MOST_SETS ((int64_t)1 << 20)

int64_t sx_family_count(int64_t players, int64_t most)
{
    int64_t total = 0, choose = 1;
    if (players > 63)
        return -1;
    for (int64_t k = 0; k <= most && k <= players; k++) {
        total += choose;
        if (total > MOST_SETS)
            return -1;
        choose = choose * (players - k) / (k + 1);
    }
    return total;
}

static int rising(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bool sx_family_new(struct sx_family *sets, int64_t players, int64_t most,
                   struct sx_error *error)
{
    int64_t n = sx_family_count(players, most);
    *sets = (struct sx_family){.players = players, .most = most};
    if (n < 0)
        return sx_fail(error, SX_USAGE, "too many sets of up to %lld of %lld players",
                       (long long)most, (long long)players);
    sets->set = sx_new((size_t)n, sizeof *sets->set, error);
    if (sets->set == NULL)
        return false;
    /* extends each set of one size by one player beyond its last */
    int64_t first = 0;
    sets->n = 1;
    for (int64_t k = 0; k < most && k < players; k++) {
        int64_t end = sets->n;
        for (int64_t i = first; i < end; i++) {
            uint64_t set = sets->set[i];
            int from = set == 0 ? 0 : 64 - __builtin_clzll(set);
            for (int64_t p = from; p < players; p++)
                sets->set[sets->n++] = set | (uint64_t)1 << p;
        }
        first = end;
    }
    qsort(sets->set, (size_t)sets->n, sizeof *sets->set, rising);
    return true;
}

void sx_family_free(struct sx_family *sets)
{
    free(sets->set);
    *sets = (struct sx_family){0};
}

int64_t sx_family_find(const struct sx_family *sets, uint64_t set)
{
    if (sets->most >= sets->players)
        return (int64_t)set;
    const uint64_t *found = bsearch(&set, sets->set, (size_t)sets->n, sizeof set, rising);
    return found != NULL ? found - sets->set : -1;
}

static void subtract(double *to, const double *from, int64_t width)
{
    for (int64_t i = 0; i < width; i++)
        to[i] -= from[i];
}

/* The transform over all sets, in n 2^(n - 1) steps. */
static void transform_all(const struct sx_family *sets, int64_t width, double *rows)
{
    for (int64_t p = 0; p < sets->players; p++)
        for (int64_t s = 0; s < sets->n; s++)
            if ((s >> p & 1) != 0)
                subtract(rows + s * width, rows + (s ^ (int64_t)1 << p) * width, width);
}

void sx_family_moebius(const struct sx_family *sets, int64_t width, double *rows)
{
    if (sets->most >= sets->players) {
        transform_all(sets, width, rows);
        return;
    }
    /* A(S) = a(S) - sum of A over the proper subsets of S, which come before S */
    for (int64_t s = 0; s < sets->n; s++) {
        uint64_t set = sets->set[s];
        for (uint64_t t = set; t != 0;) {
            t = (t - 1) & set;
            subtract(rows + s * width, rows + sx_family_find(sets, t) * width, width);
        }
    }
}
