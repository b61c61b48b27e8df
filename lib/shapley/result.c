/* result.c - sx_shapley: the interactions or the benefits of a game, as its options say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

void sx_shapley_free(struct sx_shapley *r)
{
    for (int64_t i = 0; i < r->n_sets; i++) {
        if (r->benefit != NULL)
            sx_benefit_free(&r->benefit[i]);
        free(r->set[i]);
    }
    free(r->benefit);
    free(r->set);
    free(r->shown);
    sx_interactions_free(&r->terms);
    *r = (struct sx_shapley){0};
}

/* The budget of each set: the sets share one. By default it is not needed if the game is
 * evaluated completely. Otherwise the sets share sx_budgets.whole. */
static int64_t budget_of_each(const struct sx_game *game, const struct sx_shapley_options *o,
                              int64_t sets)
{
    int64_t all = sx_budgets_of(o).whole, each = all / sets;
    bool whole = game->n_live < 62 && (int64_t)1 << game->n_live <= all;
    if (o->budget == 0 && (whole || sets == 1 || game->given))
        return 0;
    return each < 2 ? 2 : each;
}

/* Keeps the first n sets, after the time ran out. */
static bool keep_sets(struct sx_shapley *r, int64_t n, struct sx_error *error)
{
    for (int64_t i = n; i < r->n_sets; i++) {
        sx_benefit_free(&r->benefit[i]);
        free(r->set[i]);
    }
    r->n_sets = n;
    *error = (struct sx_error){0};
    return r->partial = true;
}

bool sx_shapley_benefits(struct sx_game *game, const struct sx_shapley_options *options,
                         struct sx_shapley *r, struct sx_error *error)
{
    struct sx_shapley_options o = *options;
    o.budget = budget_of_each(game, options, r->n_sets);
    for (int64_t i = 0; r->benefit != NULL && i < r->n_sets; i++)
        sx_benefit_free(&r->benefit[i]);
    free(r->benefit);
    r->benefit = sx_new((size_t)r->n_sets, sizeof *r->benefit, error);
    if (r->benefit == NULL)
        return false;
    r->strongest = 0;
    for (int64_t i = 0; i < r->n_sets; i++) {
        if (!sx_benefit(game, r->set[i] + 1, r->set[i][0], &o, &r->benefit[i], error))
            return i > 0 && sx_game_stopped(game) && keep_sets(r, i, error);
        r->partial = r->partial || r->benefit[i].partial;
        if (r->benefit[i].T > r->benefit[r->strongest].T)
            r->strongest = i;
    }
    return true;
}

static bool find_ends(struct sx_game *game, const struct sx_shapley_options *o,
                      struct sx_shapley *r, struct sx_error *error)
{
    size_t words = ((size_t)r->players + 63) / 64;
    uint64_t *coalition = sx_new(2 * words, sizeof *coalition, error);
    double value[2] = {0};
    if (coalition == NULL)
        return false;
    for (int64_t i = 0; i < r->players; i++)
        coalition[words + (size_t)i / 64] |= (uint64_t)1 << (i % 64);
    bool ok = sx_game_values(game, 2, coalition, value, error);
    r->none = value[0];
    r->all = value[1];
    free(coalition);
    return ok || o->skip_nonfinite;
}

bool sx_shapley(struct sx_game *game, const struct sx_shapley_options *options,
                struct sx_shapley *r, struct sx_error *error)
{
    struct sx_shapley_options o = *options;
    int64_t *group = NULL;
    *r = (struct sx_shapley){.index = o.index, .players = sx_game_players(game)};
    bool ok = o.groups == NULL || sx_shapley_groups(o.groups, r->players, &group, error);
    o.group = group != NULL ? group : o.group;
    if (o.index != NULL && strcmp(o.index, "bT") == 0)
        ok = ok && sx_shapley_sets(&o, r->players, r, error) &&
             sx_shapley_benefits(game, &o, r, error);
    else
        ok = ok && sx_interact(game, &o, &r->terms, error);
    r->partial = r->partial || r->terms.partial;
    ok = ok && find_ends(game, &o, r, error) && sx_shapley_show(&o, r, error);
    r->evaluations = sx_game_evaluations(game);
    free(group);
    if (!ok)
        sx_shapley_free(r);
    return ok;
}

enum { MOST_POINTS = 24 };

/* |T with x[i] evaluations per set - T at the end|. */
static bool find_curve(struct sx_game *game, const struct sx_shapley_options *options,
                       double x[MOST_POINTS], double miss[MOST_POINTS], int64_t *n,
                       struct sx_error *error)
{
    struct sx_shapley r = {.players = sx_game_players(game)};
    struct sx_shapley_options o = *options;
    int64_t most = sx_budgets_of(&o).estimate;
    bool ok = sx_shapley_sets(&o, r.players, &r, error), last = false;
    *n = 0;
    for (int64_t budget = 64; ok && !last && *n < MOST_POINTS;
         budget = budget < most / 2 ? 2 * budget : most) {
        o.budget = budget * r.n_sets;
        ok = sx_shapley_benefits(game, &o, &r, error);
        if (!ok)
            break;
        x[*n] = (double)budget;
        miss[(*n)++] = r.benefit[r.strongest].T;
        last = budget >= most || r.benefit[r.strongest].exact;
    }
    for (int64_t i = 0; i < *n; i++)
        miss[i] = fabs(miss[i] - miss[*n - 1]);
    sx_shapley_free(&r);
    return ok;
}

/* Copies the numbers: a tensor would have to outlive the result. */
static void put_numbers(struct sx_result *result, const char *key, const double *v, int64_t n)
{
    sx_put_list(result, key);
    for (int64_t i = 0; i < n; i++)
        sx_put_double(result, NULL, v[i]);
    sx_put_end(result);
}

bool sx_put_shapley_curve(struct sx_result *result, struct sx_game *game,
                          const struct sx_shapley_options *options, struct sx_error *error)
{
    double x[MOST_POINTS], miss[MOST_POINTS];
    int64_t n = 0;
    if (!find_curve(game, options, x, miss, &n, error))
        return false;
    sx_put_object(result, "curves");
    sx_put_object(result, "|T - T of that many evaluations|");
    put_numbers(result, "x", x, n);
    put_numbers(result, "y", miss, n);
    sx_put_end(result);
    sx_put_end(result);
    return sx_result_ok(result, error);
}

bool sx_shapley_array(const struct sx_shapley *r, bool pairs, struct sx_tensor *array,
                      struct sx_error *error)
{
    const struct sx_interactions *t = &r->terms;
    struct sx_shape shape = {pairs ? 2 : 1, {r->players, r->players}};
    if (!sx_tensor_new(array, SX_DOUBLE, &shape, error))
        return false;
    for (int64_t k = 0; k < t->count; k++) {
        int64_t n = t->first[k + 1] - t->first[k];
        const int64_t *m = t->member + t->first[k];
        if (n < 1 || n > 2 || (n == 2 && !pairs))
            continue;
        int64_t at = pairs ? m[0] * r->players + m[n - 1] : m[0];
        double value = t->value[k] + sx_tensor_get(array, at);
        sx_tensor_set(array, at, value);
        if (pairs)
            sx_tensor_set(array, m[n - 1] * r->players + m[0], value);
    }
    return true;
}
