/* permutation.c - Shapley and Owen values from contributions along random orders.
 *
 * Castro, Gomez, Tejada 2009. For Owen values the players of a group are adjacent. If every
 * order is also reversed, games of order 2 are exact. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

struct orders {
    struct sx_estimate *e;
    int64_t n, *order; /* live players; the order, then scratch */
    uint64_t counter;
    uint64_t *coalition;
    double *value, *mean; /* v of the n + 1 prefixes; mean contribution of each player */
};

static uint64_t draw(struct orders *w)
{
    return sx_random_bits(w->e->o->seed, w->e->o->sample, w->counter++) >> 1;
}

/* Draws an order of the players by Fisher and Yates. For Owen values the members of a group are
 * then gathered, the groups in a random order of their own. */
static void shuffle(struct orders *w)
{
    const int64_t *group = w->e->o->group, *live = w->e->game->live;
    int64_t at = 0;
    for (int64_t i = 0; i < w->n; i++)
        w->order[i] = i;
    for (int64_t i = w->n - 1; i > 0; i--) {
        int64_t j = (int64_t)(draw(w) % (uint64_t)(i + 1)), swap = w->order[i];
        w->order[i] = w->order[j];
        w->order[j] = swap;
    }
    if (group == NULL || strcmp(w->e->row->name, "owen") != 0)
        return;
    /* The groups come in the order of a shuffled list of groups. */
    int64_t *sorted = w->order + w->n, *first = w->order + 2 * w->n, n_groups = 0;
    for (int64_t i = 0; i < w->n; i++) {
        int64_t g = group[live[i]], known = 0;
        while (known < n_groups && first[known] != g)
            known++;
        if (known == n_groups)
            first[n_groups++] = g;
    }
    for (int64_t i = n_groups - 1; i > 0; i--) {
        int64_t j = (int64_t)(draw(w) % (uint64_t)(i + 1)), swap = first[i];
        first[i] = first[j];
        first[j] = swap;
    }
    for (int64_t b = 0; b < n_groups; b++)
        for (int64_t i = 0; i < w->n; i++)
            if (group[live[w->order[i]]] == first[b])
                sorted[at++] = w->order[i];
    memcpy(w->order, sorted, (size_t)w->n * sizeof *w->order);
}

/* Adds share * (the contribution of each player in the order or its reverse) to mean[]. */
static bool walk(struct orders *w, bool reverse, double share)
{
    struct sx_game *game = w->e->game;
    memset(w->coalition, 0, (size_t)(w->n + 1) * game->words * sizeof *w->coalition);
    for (int64_t i = 0; i < w->n; i++) {
        uint64_t *next = w->coalition + (size_t)(i + 1) * game->words;
        memcpy(next, next - game->words, game->words * sizeof *next);
        sx_set_add(next, game->live[w->order[reverse ? w->n - 1 - i : i]]);
    }
    if (!sx_game_values(game, w->n + 1, w->coalition, w->value, w->e->error))
        return false;
    for (int64_t i = 0; i < w->n; i++)
        w->mean[w->order[reverse ? w->n - 1 - i : i]] +=
            share * (w->value[i + 1] - w->value[i]);
    return true;
}

/* Turns sums and sums of squares over `units` orders into values and standard errors. */
static void finish(struct sx_interactions *terms, double units)
{
    for (int64_t k = 0; k < terms->count; k++) {
        double mean = terms->value[k] / units;
        double scatter = fmax(0, terms->error[k] - units * mean * mean);
        terms->value[k] = mean;
        terms->error[k] = units > 1 ? sqrt(scatter / (units - 1) / units) : INFINITY;
    }
}

bool sx_estimate_permutation(struct sx_estimate *e, bool both)
{
    struct orders w = {.e = e, .n = e->game->n_live};
    size_t n = (size_t)w.n, words = e->game->words;
    int64_t cost = (w.n > 1 ? w.n - 1 : 1) * (both ? 2 : 1), units = (e->budget - 2) / cost;
    units = units > 0 ? units : 1;
    w.order = sx_new(3 * n + 1, sizeof *w.order, e->error);
    w.coalition = sx_new(n + 1, words * sizeof *w.coalition, e->error);
    w.value = sx_new(n + 1, sizeof *w.value, e->error);
    w.mean = sx_new(n + 1, sizeof *w.mean, e->error);
    e->terms->error = sx_new(n + 1, sizeof *e->terms->error, e->error);
    bool ok = w.order != NULL && w.coalition != NULL && w.value != NULL && w.mean != NULL &&
              e->terms->error != NULL;
    for (int64_t k = 0; ok && k < units; k++) {
        memset(w.mean, 0, n * sizeof *w.mean);
        shuffle(&w);
        ok = walk(&w, false, both ? 0.5 : 1) && (!both || walk(&w, true, 0.5));
        if (!ok && k > 1 && sx_game_stopped(e->game)) { /* fewer orders are an estimate, too */
            *e->error = (struct sx_error){0};
            ok = e->terms->partial = true;
            units = k;
            break;
        }
        for (size_t i = 0; ok && i < n; i++) {
            e->terms->value[i] += w.mean[i];
            e->terms->error[i] += w.mean[i] * w.mean[i];
        }
    }
    if (ok)
        finish(e->terms, (double)units);
    free(w.order);
    free(w.coalition);
    free(w.value);
    free(w.mean);
    return ok;
}
