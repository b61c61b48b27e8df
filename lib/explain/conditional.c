/* conditional.c - the game of a model whose absent elements are drawn given the present ones. */
#include <stdlib.h>
#include <string.h>

#include "explain/absent.h"
#include "explain/explain.h"
#include "explain/game.h"

/* Elements of the points that are evaluated in one call. */
#define TOGETHER ((int64_t)1 << 23)

struct drawn {
    struct sx_explainer *e;
    const struct sx_players *players;
    struct sx_conditional *conditional;
    bool *present;         /* per element of x */
    double *point, *value; /* `room` points and their values */
    int64_t size, room, words;
};

/* Draws the points of a coalition, and stores them after the `at` points before. */
static int64_t draw(struct drawn *d, const uint64_t *coalition, int64_t at)
{
    for (int64_t i = 0; i < d->size; i++) {
        int64_t player = d->players->label[i];
        d->present[i] = player < 0 || sx_set_has(coalition, player);
    }
    return sx_conditional_draw(d->conditional, sx_explainer_input(d->e)->data, d->present,
                               d->point + at * d->size);
}

/* Computes the values of as many coalitions as there is room for. Returns their number; 0 on
 * failure. */
static int64_t some_values(struct drawn *d, int64_t n, const uint64_t *coalitions,
                           int64_t *points, double *values, struct sx_error *error)
{
    int64_t taken = 0, at = 0;
    while (taken < n && at + sx_conditional_most(d->conditional) <= d->room) {
        points[taken] = draw(d, coalitions + taken * d->words, at);
        at += points[taken++];
    }
    if (!sx_gradients(d->e, at, d->point, d->value, NULL, error))
        return 0;
    for (int64_t i = 0, k = 0; i < taken; i++) {
        values[i] = 0;
        for (int64_t j = 0; j < points[i]; j++)
            values[i] += d->value[k++] / (double)points[i];
    }
    return taken;
}

static bool drawn_values(void *context, int64_t n, const uint64_t *coalitions, double *values,
                         struct sx_error *error)
{
    struct drawn *d = context;
    int64_t *points = sx_new((size_t)n, sizeof *points, error), now = 0;
    bool ok = points != NULL;
    for (int64_t done = 0; ok && done < n; done += now) {
        now = some_values(d, n - done, coalitions + done * d->words, points, values + done,
                          error);
        ok = now > 0;
    }
    free(points);
    return ok;
}

static void release(void *context)
{
    struct drawn *d = context;
    sx_conditional_free(d->conditional);
    free(d->present);
    free(d->point);
    free(d->value);
    free(d);
}

static bool make_room(struct drawn *d, struct sx_error *error)
{
    int64_t most = sx_conditional_most(d->conditional);
    d->room = d->size > 0 ? TOGETHER / d->size : 0;
    d->room = d->room < most ? most : d->room > 16384 ? 16384 + most : d->room;
    size_t size = (size_t)d->size * sizeof *d->point;
    d->present = sx_new((size_t)d->size, sizeof *d->present, error);
    d->point = sx_new((size_t)d->room, size, error);
    d->value = sx_new((size_t)d->room, sizeof *d->value, error);
    return d->present != NULL && d->point != NULL && d->value != NULL;
}

struct sx_game *sx_game_conditional(struct sx_explainer *e, const struct sx_players *players,
                                    const double *background, int64_t n,
                                    const struct sx_absent *absent, struct sx_error *error)
{
    if (!sx_shape_equal(&players->shape, &sx_explainer_input(e)->shape)) {
        sx_fail(error, SX_USAGE, "players of another shape");
        return NULL;
    }
    struct drawn *d = sx_new(1, sizeof *d, error);
    if (d == NULL)
        return NULL;
    *d = (struct drawn){.e = e,
                        .players = players,
                        .size = sx_count(&players->shape),
                        .words = (int64_t)sx_set_words(players->count)};
    d->conditional = sx_conditional_new(absent, background, n, d->size, error);
    struct sx_game *game = NULL;
    if (d->conditional != NULL && make_room(d, error))
        game = sx_game_new(players->count, drawn_values, d, error);
    if (game == NULL) {
        release(d);
        return NULL;
    }
    game->release = release;
    game->watch = e->options.watch;
    return game;
}

/* ---- Options as text ---- */

static const char *const names[] = {[SX_ABSENT_BASELINE] = "baseline",
                                    [SX_ABSENT_MARGINAL] = "marginal",
                                    [SX_ABSENT_GAUSSIAN] = "gaussian",
                                    [SX_ABSENT_COPULA] = "copula",
                                    [SX_ABSENT_NEAREST] = "nearest:K"};

bool sx_absent_parse(const char *text, struct sx_absent *absent, struct sx_error *error)
{
    char *end = NULL;
    for (int i = SX_ABSENT_BASELINE; i < SX_ABSENT_NEAREST; i++)
        if (strcmp(text, names[i]) == 0) {
            absent->kind = (enum sx_absence)i;
            return true;
        }
    long long k = strncmp(text, "nearest:", 8) == 0 ? strtoll(text + 8, &end, 10) : 0;
    if (k < 1 || *end != '\0' || text[8] < '1' || text[8] > '9')
        return sx_fail(error, SX_USAGE,
                       "'%.60s' is none of baseline, marginal, gaussian, copula, nearest:K",
                       text);
    absent->kind = SX_ABSENT_NEAREST;
    absent->nearest = k;
    return true;
}

void sx_absent_name(const struct sx_absent *absent, char text[SX_ABSENT_TEXT])
{
    if (absent->kind == SX_ABSENT_NEAREST)
        snprintf(text, SX_ABSENT_TEXT, "nearest:%lld", (long long)absent->nearest);
    else
        snprintf(text, SX_ABSENT_TEXT, "%s", names[absent->kind]);
}
