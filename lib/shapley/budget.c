/* budget.c - how many evaluations a game may take. */
#include "shapley/shapley.h"

/* The number of elements from which an input has the smaller default budgets. */
#define LARGE_INPUT 10000

struct sx_budgets sx_budgets_of(const struct sx_shapley_options *o)
{
    bool large = o->players != NULL && sx_count(&o->players->shape) > LARGE_INPUT;
    if (o->budget > 0)
        return (struct sx_budgets){o->budget, o->budget};
    return large ? (struct sx_budgets){1024, 1024} : (struct sx_budgets){65536, 16384};
}

int64_t sx_first_budget(const struct sx_game *game, const struct sx_shapley_options *o,
                        int64_t most)
{
    int64_t few = o->tolerance > 0 ? 256 : 64;
    return (o->tolerance > 0 || sx_game_limited(game)) && most > few ? few : most;
}
