/* greedy.c - a good partition of a set that is too large for the exact search. Blocks are
 * merged while that raises the sum; then single players are moved. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/partition.h"

struct merging {
    struct sx_search *s;
    size_t words;
    int64_t n, *column; /* [n]: the column of each block */
    double *gain;       /* [i * m + j]: gain of merging blocks i and j; NaN: not known yet */
    uint64_t *set, *set2;
    uint64_t *wanted; /* at most m * m sets to be valued together */
    int64_t n_wanted;
};

static uint64_t *set_of(const struct merging *w, int64_t column)
{
    return w->s->merged.set + (size_t)column * w->words;
}

/* Finds the column of a set, which is valued if it is new. *column is -1 if the budget is used
 * up. */
static bool column_of(struct merging *w, const uint64_t *set, int64_t *column,
                      struct sx_error *error)
{
    struct sx_merged *merged = &w->s->merged;
    for (*column = 0; *column < merged->n; ++*column)
        if (memcmp(set_of(w, *column), set, w->words * sizeof *set) == 0)
            return true;
    if (merged->n >= merged->most) {
        *column = -1;
        return true;
    }
    *column = merged->n;
    return sx_merged_add(merged, 1, set, error);
}

/* Adds w->set to `wanted` unless it is there or already valued. */
static void want(struct merging *w)
{
    size_t bytes = w->words * sizeof *w->set;
    const struct sx_merged *merged = &w->s->merged;
    for (int64_t i = 0; i < merged->n; i++)
        if (memcmp(set_of(w, i), w->set, bytes) == 0)
            return;
    for (int64_t i = 0; i < w->n_wanted; i++)
        if (memcmp(w->wanted + (size_t)i * w->words, w->set, bytes) == 0)
            return;
    if (w->n_wanted < w->s->m * w->s->m && merged->n + w->n_wanted < merged->most)
        memcpy(w->wanted + (size_t)w->n_wanted++ * w->words, w->set, bytes);
}

/* Values all wanted sets at once, so that batches are full. */
static bool value_wanted(struct merging *w, struct sx_error *error)
{
    int64_t n = w->n_wanted;
    w->n_wanted = 0;
    return n == 0 || sx_merged_add(&w->s->merged, n, w->wanted, error);
}

/* Whether two sets of players are neighbours. */
static bool touch(const struct merging *w, const uint64_t *a, const uint64_t *b)
{
    if (w->s->near == NULL)
        return true;
    for (int64_t i = 0; i < w->s->m; i++) {
        int64_t player = w->s->set[i];
        const uint64_t *near = w->s->near + (size_t)player * w->words;
        for (size_t k = 0; sx_set_has(a, player) && k < w->words; k++)
            if ((near[k] & b[k]) != 0)
                return true;
    }
    return false;
}

/* Whether a set is connected. */
static bool is_connected(struct merging *w, const uint64_t *set)
{
    uint64_t *reached = w->set2;
    bool more = true;
    int64_t count = 0, of = sx_set_count(set, w->words);
    memset(reached, 0, w->words * sizeof *reached);
    if (w->s->near == NULL || of == 0)
        return true;
    for (int64_t i = 0; i < w->s->m && count == 0; i++)
        if (sx_set_has(set, w->s->set[i])) {
            sx_set_add(reached, w->s->set[i]);
            count = 1;
        }
    while (more) {
        more = false;
        for (int64_t i = 0; i < w->s->m; i++) {
            int64_t player = w->s->set[i];
            const uint64_t *near = w->s->near + (size_t)player * w->words;
            bool next = false;
            for (size_t k = 0; k < w->words; k++)
                next = next || (near[k] & reached[k]) != 0;
            if (!next || !sx_set_has(set, player) || sx_set_has(reached, player))
                continue;
            sx_set_add(reached, player);
            count++;
            more = true;
        }
    }
    return count == of;
}

static void unite(struct merging *w, int64_t i, int64_t j)
{
    for (size_t k = 0; k < w->words; k++)
        w->set[k] = set_of(w, w->column[i])[k] | set_of(w, w->column[j])[k];
}

/* The gain of merging blocks i and j. -infinity if the merge is not allowed. */
static bool gain_of(struct merging *w, int64_t i, int64_t j, double sign, double *gain,
                    struct sx_error *error)
{
    int64_t column;
    *gain = -INFINITY;
    if (!touch(w, set_of(w, w->column[i]), set_of(w, w->column[j])))
        return true;
    unite(w, i, j);
    if (!column_of(w, w->set, &column, error))
        return false;
    const double *u = w->s->merged.u;
    if (column >= 0)
        *gain = sign * (u[column] - u[w->column[i]] - u[w->column[j]]);
    return true;
}

/* Values the unions of all pairs of blocks that may merge, many at a time, within the
 * budget. */
static bool value_pairs(struct merging *w, struct sx_error *error)
{
    do {
        w->n_wanted = 0;
        for (int64_t i = 0; i < w->n; i++)
            for (int64_t j = i + 1; j < w->n; j++)
                if (isnan(w->gain[i * w->s->m + j]) &&
                    touch(w, set_of(w, w->column[i]), set_of(w, w->column[j]))) {
                    unite(w, i, j);
                    want(w);
                }
        if (w->n_wanted > 0 && !sx_merged_add(&w->s->merged, w->n_wanted, w->wanted, error))
            return false;
    } while (w->n_wanted > 0 && w->s->merged.most < INT64_MAX);
    w->n_wanted = 0;
    return true;
}

/* Values the sets that are needed to move a player out of block i. */
static bool value_moves(struct merging *w, int64_t player, int64_t i, struct sx_error *error)
{
    for (int64_t j = 0; j < w->n; j++) {
        memcpy(w->set, set_of(w, w->column[j]), w->words * sizeof *w->set);
        if (j == i)
            sx_set_remove(w->set, player);
        else
            sx_set_add(w->set, player);
        if (is_connected(w, w->set))
            want(w);
    }
    return value_wanted(w, error);
}

/* Merges the two blocks whose merge gains most. *merged is false if no merge gains. */
static bool merge_best(struct merging *w, double sign, bool *merged, struct sx_error *error)
{
    int64_t m = w->s->m, best_i = -1, best_j = -1, column;
    double best = w->s->tie;
    if (!value_pairs(w, error))
        return false;
    for (int64_t i = 0; i < w->n; i++)
        for (int64_t j = i + 1; j < w->n; j++) {
            double *gain = &w->gain[i * m + j];
            if (isnan(*gain) && !gain_of(w, i, j, sign, gain, error))
                return false;
            if (*gain > best) {
                best = *gain;
                best_i = i;
                best_j = j;
            }
        }
    *merged = best_i >= 0;
    if (!*merged)
        return true;
    unite(w, best_i, best_j);
    if (!column_of(w, w->set, &column, error))
        return false;
    w->column[best_i] = column;
    w->n--;
    w->column[best_j] = w->column[w->n];
    for (int64_t k = 0; k < m; k++) {
        w->gain[best_i * m + k] = w->gain[k * m + best_i] = NAN;
        w->gain[best_j * m + k] = w->gain[k * m + best_j] = NAN;
    }
    return true;
}

/* Moves a player from block i to block j if that gains. j == n makes a new block. */
static bool try_move(struct merging *w, int64_t player, int64_t i, int64_t j, double sign,
                     bool *moved, struct sx_error *error)
{
    int64_t left, right, size = sx_set_count(set_of(w, w->column[i]), w->words);
    *moved = false;
    if (i == j || (size == 1 && j == w->n))
        return true;
    memcpy(w->set, set_of(w, w->column[i]), w->words * sizeof *w->set);
    sx_set_remove(w->set, player);
    if (!is_connected(w, w->set))
        return true;
    if (!column_of(w, w->set, &left, error) || left < 0)
        return left < 0 && error->status == SX_OK;
    memset(w->set, 0, w->words * sizeof *w->set);
    if (j < w->n)
        memcpy(w->set, set_of(w, w->column[j]), w->words * sizeof *w->set);
    sx_set_add(w->set, player);
    if (!is_connected(w, w->set))
        return true;
    if (!column_of(w, w->set, &right, error))
        return false;
    const double *u = w->s->merged.u;
    double before = u[w->column[i]] + (j < w->n ? u[w->column[j]] : 0);
    if (right < 0 || sign * (u[left] + u[right] - before) <= w->s->tie)
        return true;
    *moved = true;
    w->column[i] = left;
    w->column[j] = right;
    w->n += j == w->n;
    if (size == 1) {
        w->n--;
        w->column[i] = w->column[w->n];
    }
    return true;
}

/* Tries to move every player in turn until no move gains. Each move raises the sum, so this
 * ends. */
static bool refine(struct merging *w, double sign, struct sx_error *error)
{
    bool any = true;
    for (int64_t round = 0; any && round < w->s->m; round++) {
        any = false;
        for (int64_t p = 0; p < w->s->m; p++) {
            bool moved = false;
            int64_t player = w->s->set[p], i = 0;
            while (!sx_set_has(set_of(w, w->column[i]), player))
                i++;
            if (!value_moves(w, player, i, error))
                return false;
            for (int64_t j = 0; !moved && j <= w->n; j++)
                if (!try_move(w, player, i, j, sign, &moved, error))
                    return false;
            any = any || moved;
        }
    }
    return true;
}

/* Numbers the blocks by their first member. */
static void number_blocks(const struct merging *w, struct sx_parted *parted)
{
    parted->n_blocks = 0;
    parted->sum = 0;
    for (int64_t i = 0; i < w->s->m; i++)
        parted->block[i] = -1;
    for (int64_t i = 0; i < w->s->m; i++) {
        if (parted->block[i] >= 0)
            continue;
        int64_t b = 0;
        while (!sx_set_has(set_of(w, w->column[b]), w->s->set[i]))
            b++;
        for (int64_t k = i; k < w->s->m; k++)
            if (sx_set_has(set_of(w, w->column[b]), w->s->set[k]))
                parted->block[k] = parted->n_blocks;
        parted->column[parted->n_blocks++] = w->column[b];
        parted->sum += w->s->merged.u[w->column[b]];
    }
}

bool sx_search_greedy(struct sx_search *s, double sign, struct sx_parted *parted,
                      struct sx_error *error)
{
    size_t m = (size_t)s->m;
    struct merging w = {.s = s, .words = s->merged.game->words, .n = s->m};
    w.column = sx_new(m + 1, sizeof *w.column, error);
    w.gain = sx_new(m * m, sizeof *w.gain, error);
    w.set = sx_new(w.words, sizeof *w.set, error);
    w.set2 = sx_new(w.words, sizeof *w.set2, error);
    w.wanted = sx_new(m * m, w.words * sizeof *w.wanted, error);
    bool ok = w.column != NULL && w.gain != NULL && w.set != NULL && w.set2 != NULL &&
              w.wanted != NULL;
    for (size_t i = 0; ok && i < m * m; i++)
        w.gain[i] = NAN;
    for (size_t i = 0; ok && i < m; i++)
        w.column[i] = (int64_t)i;
    for (bool merged = true; ok && merged;)
        ok = merge_best(&w, sign, &merged, error);
    ok = ok && refine(&w, sign, error);
    if (ok)
        number_blocks(&w, parted);
    if (ok && sign * (s->merged.u[s->whole] - parted->sum) > s->tie) {
        w.n = 1;
        w.column[0] = s->whole;
        number_blocks(&w, parted);
    }
    free(w.column);
    free(w.gain);
    free(w.set);
    free(w.set2);
    free(w.wanted);
    return ok;
}
