/* given.c - indices of the best fit to those coalitions of a game that are known. */
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

/* The weight of each coalition. A size has the same total weight however many of its coalitions
 * are known. */
static bool weigh(const struct sx_game *game, const double *part, double *count)
{
    const struct sx_memo *memo = &game->memo;
    for (size_t i = 0; i < memo->capacity; i++)
        if (memo->state[i] == 1)
            count[sx_set_count(memo->key + i * game->words, game->words)]++;
    for (int64_t s = 0; s <= game->n_live; s++)
        count[s] = count[s] > 0 ? part[s] / count[s] : 0;
    return memo->count > 0;
}

static bool fit_known(struct sx_estimate *e, struct sx_fit *fit, const double *weight,
                      double *total)
{
    const struct sx_game *game = e->game;
    const struct sx_memo *memo = &game->memo;
    for (size_t i = 0; i < memo->capacity; i++) {
        const uint64_t *coalition = memo->key + i * game->words;
        if (memo->state[i] == 1)
            sx_fit_add(fit, coalition, weight[sx_set_count(coalition, game->words)],
                       memo->value[i] - (total != NULL ? e->terms->none : 0));
    }
    if (!sx_fit_factor(fit))
        return sx_fail(e->error, SX_USAGE,
                       "%lld coalitions do not tell %lld terms apart; more are needed",
                       (long long)memo->count, (long long)fit->p);
    sx_fit_solve(fit, total);
    memcpy(fit->terms->value, fit->right, (size_t)fit->p * sizeof *fit->right);
    return true;
}

bool sx_estimate_given(struct sx_estimate *e)
{
    const struct sx_game *game = e->game;
    int64_t n = game->n_live, least = e->row->least;
    double total = e->terms->all - e->terms->none;
    double *part = sx_new(2 * ((size_t)n + 1), sizeof *part, e->error);
    struct sx_interactions base = {0};
    struct sx_fit fit = {0};
    bool ok = part != NULL && sx_terms_new(&base, game->live, n, least, e->order, e->error) &&
              sx_fit_new(&fit, game, e->place, &base, e->order, e->error);
    if (ok) {
        sx_kernel_parts(n, least > 0, part);
        weigh(game, part, part + n + 1);
        ok = fit_known(e, &fit, part + n + 1, least > 0 ? &total : NULL);
    }
    if (ok)
        sx_add_index(e, &base);
    sx_fit_free(&fit);
    sx_interactions_free(&base);
    free(part);
    return ok;
}
