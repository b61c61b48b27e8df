/* games.c - games for tests: tables of all coalitions, functions, random ones. */
#include <check.h>
#include <math.h>

#include "games.h"

void game_fill(struct game_table *t, int64_t n, double (*f)(const double *x))
{
    *t = (struct game_table){.n = n};
    for (int64_t s = 0; s < (int64_t)1 << n; s++) {
        double x[GAME_PLAYERS];
        for (int64_t i = 0; i < n; i++)
            x[i] = (double)(s >> i & 1);
        t->v[s] = f(x);
    }
}

void game_random(struct game_table *t, int64_t n, uint64_t seed)
{
    *t = (struct game_table){.n = n};
    for (int64_t s = 0; s < (int64_t)1 << n; s++)
        t->v[s] = sx_random_normal(seed, 1, (uint64_t)s);
}

void game_sparse(struct game_table *t, int64_t n, int64_t order, uint64_t seed)
{
    *t = (struct game_table){.n = n};
    for (int64_t u = 0; u < (int64_t)1 << n; u++) {
        double a = sx_random_normal(seed, 2, (uint64_t)u);
        if (__builtin_popcountll((uint64_t)u) > order ||
            sx_random_normal(seed, 3, (uint64_t)u) < 0)
            continue;
        for (int64_t s = 0; s < (int64_t)1 << n; s++)
            t->v[s] += (s & u) == u ? a : 0;
    }
}

void game_network(struct game_table *t, int64_t n, uint64_t seed)
{
    *t = (struct game_table){.n = n};
    for (int64_t s = 0; s < (int64_t)1 << n; s++)
        for (uint64_t h = 0; h < 6; h++) {
            double sum = sx_random_normal(seed, 4, h);
            for (int64_t i = 0; i < n; i++)
                sum += (double)(s >> i & 1) * sx_random_normal(seed, 5 + h, (uint64_t)i);
            t->v[s] += tanh(sum) * sx_random_normal(seed, 20, h);
        }
}

static bool values(void *context, int64_t n, const uint64_t *coalitions, double *to,
                   struct sx_error *error)
{
    struct game_table *t = context;
    (void)error;
    t->asked += n;
    for (int64_t i = 0; i < n; i++)
        to[i] = t->v[coalitions[i]];
    return true;
}

struct sx_game *game_of(struct game_table *t)
{
    struct sx_error error = {0};
    struct sx_game *game = sx_game_new(t->n, values, t, &error);
    ck_assert_msg(game != NULL, "%s", error.message);
    return game;
}
