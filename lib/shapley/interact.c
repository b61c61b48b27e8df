/* interact.c - an interaction index of a game, exactly or by the estimator that suits it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

#define DEFAULT_ORDER 2

/* Up to so many players an estimate is not cheaper than the exact index. */
#define FEW_PLAYERS 4

struct estimator {
    const char *name;
    const char *indices;  /* separated by blanks; NULL: all that have `difference` */
    const char *standard; /* indices for which it is the default */
};

static const char regressed[] = "sv bv sii bii chii stii ksii fsii fbii kadd";

static const struct estimator estimators[] = {
    {"adjusted", "sv bv sii bii chii stii ksii fsii fbii kadd sgv bgv",
     "sv bv sii bii chii stii ksii fsii fbii kadd sgv bgv"},
    {"leverage", "sv fsii kadd", ""},
    {"kernel", "sv sii ksii fsii kadd", ""},
    {"svarmiq", NULL, "comoebius"},
    {"stratified", NULL, ""},
    {"shapiq", NULL, ""},
    {"regression", regressed, ""},
    {"permutation", "sv owen", "owen"},
    {"antithetic", "sv owen", ""},
    {"sparse", "sv bv sii bii chii stii ksii fsii fbii kadd moebius comoebius", "moebius"},
};

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static bool serves(const struct estimator *s, const struct sx_index_row *row)
{
    return s->indices != NULL ? has_word(s->indices, row->name)
                              : row->difference != NULL || row->fit;
}

static const struct estimator *find_estimator(const struct sx_estimate *e, const char *name,
                                              struct sx_error *error)
{
    const struct sx_index_row *row = e->row;
    bool known = false;
    struct sx_nearest near = {.word = name};
    for (size_t i = 0; i < sizeof estimators / sizeof estimators[0]; i++) {
        const struct estimator *s = &estimators[i];
        known = known || (name != NULL && strcmp(s->name, name) == 0);
        if (name != NULL ? strcmp(s->name, name) == 0 && serves(s, row)
                         : has_word(s->standard, row->name))
            return s;
        if (name != NULL && serves(s, row))
            sx_nearest_offer(&near, s->name);
    }
    if (name == NULL)
        sx_fail(error, SX_USAGE, "%s is not estimated: too many players, or too small a budget",
                row->name);
    else
        sx_fail(error, SX_USAGE,
                known ? "'%.40s' does not estimate %s%s" : "no sampling named '%.40s' for %s%s",
                name, row->name, sx_nearest_text(&near));
    return NULL;
}

static bool run(struct sx_estimate *e, const char *name)
{
    bool pairs_apart = e->order == 2 && e->row->difference != NULL;
    struct sx_adjusting usual = {.sizes = SX_SIZES_WEIGHED};
    struct sx_adjusting kernel = {.sizes = pairs_apart ? SX_SIZES_EDGES : SX_SIZES_KERNEL,
                                  .pairs = true,
                                  .outer = pairs_apart,
                                  .order = e->order};
    struct sx_adjusting even = {.sizes = e->row->least > 0 ? SX_SIZES_INNER : SX_SIZES_ALL,
                                .pairs = true,
                                .order = e->order};
    if (strcmp(name, "sparse") == 0)
        return sx_estimate_sparse(e);
    if (strcmp(name, "permutation") == 0 || strcmp(name, "antithetic") == 0)
        return sx_estimate_permutation(e, *name == 'a');
    if (strcmp(name, "shapiq") == 0 || strcmp(name, "svarmiq") == 0 ||
        strcmp(name, "stratified") == 0)
        return sx_estimate_strata(e, strcmp(name, "shapiq") != 0);
    return sx_estimate_adjusted(e, strcmp(name, "adjusted") == 0 ? &usual
                                   : strcmp(name, "kernel") == 0 ? &kernel
                                                                 : &even);
}

static bool estimate(struct sx_estimate *e)
{
    const struct sx_shapley_options *o = e->o;
    struct sx_game *game = e->game;
    struct sx_interactions kept = *e->terms;
    bool part = game->given && game->table == NULL && e->row->weight != NULL;
    const char *name = o->sampling == NULL && part ? "regression" : o->sampling;
    if (name != o->sampling && !has_word(regressed, e->row->name))
        return sx_fail(e->error, SX_USAGE, "%s is not known from part of a game", e->row->name);
    const struct estimator *s = find_estimator(e, name, e->error);
    if (s == NULL)
        return false;
    bool fitted = has_word("leverage kernel regression", s->name);
    if (strcmp(s->name, "sparse") != 0 &&
        !sx_terms_new(e->terms, game->live, game->n_live, e->row->least, e->order, e->error))
        return false;
    e->terms->none = kept.none;
    e->terms->all = kept.all;
    e->terms->sampling = s->name;
    return part && fitted ? sx_estimate_given(e) : run(e, s->name);
}

/* Whether no standard error exceeds the tolerance. */
static bool is_close(const struct sx_estimate *e)
{
    bool close = e->o->tolerance > 0 && e->terms->error != NULL;
    for (int64_t k = 0; close && k < e->terms->count; k++)
        close = e->terms->error[k] <= e->o->tolerance;
    return close;
}

/* Replaces the terms by an estimate with e->budget. On failure the terms are unchanged. */
static bool improve(struct sx_estimate *e, const struct sx_interactions *none,
                    struct sx_error *failure)
{
    struct sx_interactions before = *e->terms;
    struct sx_error *error = e->error;
    *failure = (struct sx_error){0};
    *e->terms = *none;
    e->error = failure;
    bool ok = estimate(e);
    e->error = error;
    sx_interactions_free(ok ? &before : e->terms);
    if (!ok)
        *e->terms = before;
    return ok;
}

/* Doubles the budget until all standard errors are small enough. If the work is stopped, the
 * previous estimate remains. */
static bool estimate_in_steps(struct sx_estimate *e)
{
    struct sx_interactions none = *e->terms;
    struct sx_error failure;
    int64_t most = e->budget;
    bool any = false;
    e->budget = sx_first_budget(e->game, e->o, most);
    for (;; e->budget = e->budget < most / 2 ? 2 * e->budget : most) {
        bool ok = improve(e, &none, &failure);
        if (ok && (e->terms->partial || is_close(e) || e->budget >= most))
            return true;
        if (any && sx_game_stopped(e->game))
            return e->terms->partial = true;
        any = any || ok;
        if (!ok && (e->budget >= most || failure.status != SX_USAGE)) {
            sx_interactions_free(e->terms);
            return sx_fail_as(e->error, &failure);
        }
    }
}

/* ---- Exactly ---- */

static bool exact(struct sx_estimate *e)
{
    struct sx_interactions *terms = e->terms, kept = *e->terms;
    struct sx_game *game = e->game;
    bool andor = strcmp(e->row->name, "andor") == 0, owen = strcmp(e->row->name, "owen") == 0;
    int64_t *own = NULL;
    const int64_t *group = e->o->group;
    if (andor)
        return sx_exact_andor(game, e->order, terms, e->error);
    if (!sx_terms_new(terms, game->live, game->n_live, e->row->least, e->order, e->error))
        return false;
    terms->none = kept.none;
    terms->all = kept.all;
    if (!owen)
        return sx_exact_index(game, e->row, e->order, terms, e->error);
    if (group == NULL) {
        group = own = sx_new((size_t)game->players, sizeof *own, e->error);
        for (int64_t i = 0; own != NULL && i < game->players; i++)
            own[i] = i;
    }
    bool ok = group != NULL && sx_exact_owen(game, group, terms, e->error);
    free(own);
    return ok;
}

/* Computes the index of a game that is a sum of products without coalitions. *done is false if
 * the index cannot be computed this way, which is no failure. */
static bool by_products(struct sx_estimate *e, bool *done)
{
    const struct sx_game *game = e->game;
    struct sx_error failure = {0}, *error = e->error;
    struct sx_interactions kept = *e->terms;
    *done = false;
    if (game->products == NULL || e->row->weight == NULL || e->row->least < 1 ||
        e->o->sampling != NULL)
        return true;
    e->error = &failure;
    *done =
        sx_terms_new(e->terms, game->live, game->n_live, e->row->least, e->order, &failure) &&
        sx_exact_products(e);
    e->error = error;
    if (*done)
        return true;
    sx_interactions_free(e->terms);
    *e->terms = kept;
    return failure.status == SX_USAGE || sx_fail_as(error, &failure);
}

/* Whether there is memory for the table, its transform and a sum. This is checked before anything
 * is evaluated. */
static bool has_room(const struct sx_estimate *e)
{
    void *all = sx_new_aligned((size_t)3 << e->game->n_live, sizeof(double), e->error);
    free(all);
    return all != NULL;
}

/* Whether all coalitions are evaluated. *refused: --exact was asked for, and there are too many
 * players. */
static bool is_exact(const struct sx_estimate *e, bool *refused)
{
    const struct sx_game *game = e->game;
    int64_t limit = sx_budgets_of(e->o).whole;
    *refused = e->o->exact && game->n_live > SX_TABLE_PLAYERS;
    if (game->table != NULL)
        return e->o->sampling == NULL || e->o->budget == 0;
    if (game->given || game->n_live > SX_TABLE_PLAYERS)
        return false;
    return e->o->exact || game->n_live <= FEW_PLAYERS || (int64_t)1 << game->n_live <= limit;
}

static bool find_ends(struct sx_estimate *e)
{
    struct sx_game *game = e->game;
    uint64_t *ends = sx_new(2, game->words * sizeof *ends, e->error);
    double value[2] = {0};
    if (ends == NULL)
        return false;
    for (int64_t i = 0; i < game->players; i++)
        sx_set_add(ends + game->words, i);
    bool ok = sx_game_values(game, 2, ends, value, e->error);
    e->terms->none = value[0];
    e->terms->all = value[1];
    free(ends);
    return ok;
}

/* Evaluates all coalitions. With a time limit it first makes estimates from ever more of them.
 * If the time runs out, the last estimate is the result and *estimated is true. */
static bool fill(struct sx_estimate *e, bool *estimated)
{
    struct sx_game *game = e->game;
    struct sx_error failure = {0}, *error = e->error;
    bool limited = sx_game_limited(game) && !game->given && game->table == NULL &&
                   game->n_live > FEW_PLAYERS;
    int64_t budget = e->budget;
    *estimated = false;
    if (!limited)
        return sx_game_fill(game, error);
    if (!find_ends(e))
        return false;
    struct sx_interactions none = *e->terms;
    e->budget = (int64_t)1 << (game->n_live - 1);
    e->error = &failure;
    *estimated = estimate_in_steps(e);
    e->error = error;
    e->budget = budget;
    if (!*estimated)
        *e->terms = none;
    if ((*estimated && e->terms->partial) || (!*estimated && sx_game_stopped(game)))
        return *estimated || sx_fail_as(error, &failure);
    if (!sx_game_fill(game, error)) {
        if (*estimated && sx_game_stopped(game)) {
            *error = (struct sx_error){0};
            return e->terms->partial = true;
        }
        return false;
    }
    if (*estimated)
        sx_interactions_free(e->terms);
    *e->terms = none;
    *estimated = false;
    return true;
}

static void find_gap(struct sx_estimate *e, int64_t order)
{
    struct sx_interactions *terms = e->terms;
    double sum = 0;
    for (int64_t k = 0; k < terms->count; k++)
        if (terms->first[k + 1] > terms->first[k])
            sum += terms->value[k];
    terms->gap = sum - (terms->all - terms->none);
    terms->efficient = e->row->efficient;
    terms->order = order;
}

bool sx_interact(struct sx_game *game, const struct sx_shapley_options *o,
                 struct sx_interactions *result, struct sx_error *error)
{
    *result = (struct sx_interactions){0};
    struct sx_estimate e = {.game = game,
                            .row = sx_index_find(o->index, error),
                            .o = o,
                            .budget = sx_budgets_of(o).estimate,
                            .terms = result,
                            .error = error};
    bool refused = false;
    if (e.row == NULL)
        return false;
    int64_t order = e.row->single  ? 1
                    : o->order > 0 ? o->order
                    : e.row->whole ? game->players
                                   : DEFAULT_ORDER;
    e.order = order;
    game->keep_nonfinite = false;
    e.place = sx_new((size_t)game->players, sizeof *e.place, error);
    bool ok = e.place != NULL, done = false;
    for (int64_t k = 0; ok && k < game->n_live; k++)
        e.place[game->live[k]] = k;
    ok = ok && by_products(&e, &done);
    bool whole = !done && ok && is_exact(&e, &refused), estimated = false;
    if (refused)
        ok = sx_fail(error, SX_USAGE, "%lld players are too many for --exact",
                     (long long)game->n_live);
    ok = ok && (!whole || (has_room(&e) && fill(&e, &estimated))) &&
         (estimated || find_ends(&e));
    struct sx_interactions kept = *result;
    kept.exact = done || (whole && !estimated);
    if (ok && !done && !estimated)
        ok = whole ? exact(&e) : estimate_in_steps(&e);
    free(e.place);
    if (!ok) {
        sx_interactions_free(result);
        return false;
    }
    result->exact = kept.exact;
    result->none = kept.none;
    result->all = kept.all;
    find_gap(&e, order);
    return true;
}
