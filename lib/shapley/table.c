/* table.c - exact indices from the table of all coalitions. An index is a weighted sum over the
 * Moebius transform of the table, or over the table. All sets of a size share one transform. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

void sx_moebius(double *table, int64_t n)
{
    size_t count = (size_t)1 << n;
    for (size_t bit = 1; bit < count; bit *= 2)
        for (size_t at = 0; at < count; at += 2 * bit) {
            double *without = table + at, *with = table + at + bit;
            for (size_t i = 0; i < bit; i++)
                with[i] -= without[i];
        }
}

void sx_sum_supersets(double *table, int64_t n)
{
    size_t count = (size_t)1 << n;
    for (size_t bit = 1; bit < count; bit *= 2)
        for (size_t at = 0; at < count; at += 2 * bit) {
            double *without = table + at, *with = table + at + bit;
            for (size_t i = 0; i < bit; i++)
                without[i] += with[i];
        }
}

bool sx_game_transform(struct sx_game *game, struct sx_error *error)
{
    size_t count = (size_t)1 << game->n_live;
    if (game->moebius != NULL)
        return true;
    game->moebius = sx_new_aligned(count, sizeof *game->moebius, error);
    if (game->moebius == NULL)
        return false;
    memcpy(game->moebius, game->table, count * sizeof *game->moebius);
    sx_moebius(game->moebius, game->n_live);
    return true;
}

/* The Moebius transform a(U), and scratch for its product with weights. */
struct engine {
    const struct sx_game *game;
    const struct sx_index_row *row;
    int64_t n, order;
    const double *moebius;
    double *sum;
    int64_t *place; /* of each player among the live ones */
};

/* sum[S] = sum of a(U) weight[|U|] over the U containing S. */
static void sum_weighted(struct engine *e, const double *weight)
{
    size_t count = (size_t)1 << e->n;
    for (size_t i = 0; i < count; i++)
        e->sum[i] = e->moebius[i] * weight[__builtin_popcountll(i)];
    sx_sum_supersets(e->sum, e->n);
}

static uint64_t bits_of(const struct engine *e, const struct sx_interactions *terms, int64_t k)
{
    uint64_t bits = 0;
    for (int64_t i = terms->first[k]; i < terms->first[k + 1]; i++)
        bits |= (uint64_t)1 << e->place[terms->member[i]];
    return bits;
}

/* Sets the terms of s players, from `first` in the list. Reuses the superset sums of size s - 1
 * if the weights are the same. Skips the sums if only the set itself has weight. */
static int64_t sum_interactions(struct engine *e, int64_t s, int64_t first, double *weight,
                                struct sx_interactions *terms)
{
    bool same = true, alone = true;
    for (int64_t u = s; u <= e->n; u++) {
        double w = e->row->weight(e->order, s, u);
        same = same && weight[u] == w;
        alone = alone && (u == s || w == 0);
        weight[u] = w;
    }
    if (!same && !alone)
        sum_weighted(e, weight);
    const double *sum = alone ? e->moebius : e->sum;
    int64_t k = first;
    for (; k < terms->count && terms->first[k + 1] - terms->first[k] == s; k++)
        terms->value[k] = sum[bits_of(e, terms, k)] * (alone ? weight[s] : 1);
    return k;
}

/* Sets of s players as one player. The sums over T with S and over T (a sum over complements)
 * take one sum over supersets together. */
static int64_t sum_together(struct engine *e, int64_t s, int64_t first,
                            struct sx_interactions *terms)
{
    const struct sx_index_row *row = e->row;
    double weight[SX_TABLE_PLAYERS + 1] = {0};
    size_t last = ((size_t)1 << e->n) - 1;
    const double *v = e->game->table;
    for (int64_t t = 0; t <= e->n - s; t++)
        weight[t] = row->together != NULL ? row->together(e->order, e->n, s, t)
                                          : row->difference(e->order, e->n, s, t, 0);
    for (size_t i = 0; i <= last; i++) {
        int64_t size = __builtin_popcountll(i);
        e->sum[i] = size < s ? 0 : weight[size - s] * v[i] - weight[e->n - size] * v[last ^ i];
    }
    sx_sum_supersets(e->sum, e->n);
    int64_t k = first;
    for (; k < terms->count && terms->first[k + 1] - terms->first[k] == s; k++)
        terms->value[k] = e->sum[bits_of(e, terms, k)];
    return k;
}

static bool engine_new(struct engine *e, struct sx_game *game, struct sx_error *error)
{
    size_t count = (size_t)1 << game->n_live;
    *e = (struct engine){.game = game, .n = game->n_live};
    e->sum = sx_new_aligned(count, sizeof *e->sum, error);
    e->place = sx_new((size_t)game->players, sizeof *e->place, error);
    if (e->sum == NULL || e->place == NULL || !sx_game_transform(game, error))
        return false;
    e->moebius = game->moebius;
    for (int64_t k = 0; k < game->n_live; k++)
        e->place[game->live[k]] = k;
    return true;
}

static void engine_free(struct engine *e)
{
    free(e->sum);
    free(e->place);
}

/* The size of term k. */
static int64_t size_of(const struct sx_interactions *terms, int64_t k)
{
    return terms->first[k + 1] - terms->first[k];
}

bool sx_exact_index(struct sx_game *game, const struct sx_index_row *row, int64_t order,
                    struct sx_interactions *terms, struct sx_error *error)
{
    struct engine e;
    double weight[SX_TABLE_PLAYERS + 1];
    int64_t done = 0;
    bool ok = engine_new(&e, game, error);
    e.row = row;
    e.order = order;
    for (int64_t u = 0; u <= SX_TABLE_PLAYERS; u++)
        weight[u] = NAN; /* differs from every weight */
    for (int64_t s = terms->count > 0 ? size_of(terms, 0) : 1;
         ok && terms->count > 0 && s <= size_of(terms, terms->count - 1); s++) {
        done = row->weight != NULL ? sum_interactions(&e, s, done, weight, terms)
                                   : sum_together(&e, s, done, terms);
    }
    engine_free(&e);
    return ok;
}

/* Shares a(U) equally among the groups that U meets, and each part among the group's members in
 * U. */
static void share_owen(const struct engine *e, const uint64_t *group, int64_t n_groups,
                       double *value)
{
    for (uint64_t u = 1; u < (uint64_t)1 << e->n; u++) {
        int64_t met = 0;
        for (int64_t b = 0; b < n_groups; b++)
            met += (u & group[b]) != 0;
        for (int64_t b = 0; b < n_groups; b++) {
            uint64_t in = u & group[b];
            if (in == 0)
                continue;
            double share = e->moebius[u] / (double)(met * __builtin_popcountll(in));
            for (; in != 0; in &= in - 1)
                value[__builtin_ctzll(in)] += share;
        }
    }
}

/* group[] becomes the live players of each group that has any. Returns the number of groups. */
static int64_t groups_of(const struct sx_game *game, const int64_t *block, uint64_t *group)
{
    int64_t n = 0, number[SX_TABLE_PLAYERS];
    for (int64_t k = 0; k < game->n_live; k++) {
        int64_t b = 0;
        while (b < n && number[b] != block[game->live[k]])
            b++;
        if (b == n) {
            number[n] = block[game->live[k]];
            group[n++] = 0;
        }
        group[b] |= (uint64_t)1 << k;
    }
    return n;
}

bool sx_exact_owen(struct sx_game *game, const int64_t *block, struct sx_interactions *terms,
                   struct sx_error *error)
{
    struct engine e;
    uint64_t group[SX_TABLE_PLAYERS];
    bool ok = engine_new(&e, game, error);
    if (ok)
        share_owen(&e, group, groups_of(game, block, group), terms->value);
    engine_free(&e);
    return ok;
}
