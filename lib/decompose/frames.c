/* frames.c - the reference inputs of a sample, and the effects of sets against each. */
#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"

/* Whether coalitions of few players are evaluated. Then f at the baseline is the value of the
 * empty coalition. */
static bool plays(const struct sx_decomposing *d)
{
    const struct sx_method_row *row;
    bool any = d->sets.n > 0;
    for (int i = 0; (row = sx_method_row(i)) != NULL; i++)
        any = any || (sx_plays(row) && sx_method_wanted(d->o->methods, row->name));
    return any && d->n < 64;
}

/* f at the baseline of a frame. */
static bool look_at_baseline(struct sx_decomposing *d, struct sx_frame *f)
{
    if (plays(d))
        return sx_frame_values(d, f, 1, &(uint64_t){0}, &f->f_b);
    bool zero = sx_all_zero(f->baseline, d->size);
    return sx_still_value(&d->d->still[zero], d->e, f->baseline, &f->f_b, d->error);
}

/* Sets the frame's baseline, which attributions then complete to f(x). It is a copy if it differs from the
 * caller's: see sx_players_hold. */
static bool set_baseline(const struct sx_decomposing *d, struct sx_frame *f,
                         const double *baseline)
{
    int64_t i = 0;
    f->baseline = baseline;
    while (i < d->size && d->players->label[i] >= 0)
        i++;
    if (i == d->size)
        return true;
    f->baseline = f->own = sx_new((size_t)d->size, sizeof *f->own, d->error);
    if (f->own == NULL)
        return false;
    memcpy(f->own, baseline, (size_t)d->size * sizeof *baseline);
    sx_players_hold(d->players, d->x, f->own);
    return true;
}

static bool open_with(struct sx_decomposing *d, struct sx_frame *f, const double *baseline,
                      struct sx_game *game)
{
    f->game = game;
    if (game == NULL || !set_baseline(d, f, baseline))
        return false;
    game->keep_nonfinite = true;
    return look_at_baseline(d, f);
}

bool sx_frame_open(struct sx_decomposing *d, struct sx_frame *f, const double *baseline)
{
    return open_with(d, f, baseline,
                     sx_game_model(d->e, d->players, baseline, 1, SX_TARGET, d->error));
}

/* Opens the frame in which absent players have their values of all rows of the background, or
 * drawn ones. */
static bool absent_open(struct sx_decomposing *d)
{
    const struct sx_decompose_options *o = d->o;
    struct sx_absent how = o->absent;
    how.seed = o->seed;
    how.sample = o->sample;
    if (d->n >= 64)
        return sx_fail(d->error, SX_USAGE, "--absent is for less than 64 players here");
    struct sx_game *game = how.kind > SX_ABSENT_MARGINAL
                               ? sx_game_conditional(d->e, d->players, o->background,
                                                     o->n_background, &how, d->error)
                               : sx_game_model(d->e, d->players, o->background, o->n_background,
                                               SX_TARGET, d->error);
    return open_with(d, &d->absent, o->baseline, game);
}

static void frame_close(struct sx_frame *f)
{
    sx_game_free(f->game);
    free(f->effect);
    free(f->own);
    *f = (struct sx_frame){0};
}

bool sx_frame_effects(struct sx_decomposing *d, struct sx_frame *f)
{
    if (f->effect != NULL)
        return true;
    f->effect = sx_new((size_t)d->sets.n, sizeof *f->effect, d->error);
    if (f->effect == NULL || !sx_frame_values(d, f, d->sets.n, d->sets.set, f->effect))
        return false;
    sx_family_moebius(&d->sets, 1, f->effect);
    return true;
}

enum { MOST_ROWS = 32 };

/* Chooses the reference rows: all rows of the background, or a given number, evenly spaced.
 * Without a background rows are drawn around the baseline. */
static bool open_rows(struct sx_decomposing *d)
{
    const struct sx_decompose_options *o = d->o;
    int64_t most = o->most_rows > 0 ? o->most_rows : MOST_ROWS, n = 1;
    if (o->n_background > 0)
        n = o->n_background < most ? o->n_background : most;
    else if (o->gauss > 0)
        n = most;
    d->row = sx_new((size_t)n, sizeof *d->row, d->error);
    if (o->n_background == 0 && o->gauss > 0)
        d->drawn = sx_new((size_t)n * (size_t)d->size, sizeof *d->drawn, d->error);
    if (d->row == NULL || (o->n_background == 0 && o->gauss > 0 && d->drawn == NULL))
        return false;
    for (int64_t i = 0; d->drawn != NULL && i < n * d->size; i++)
        d->drawn[i] = o->baseline[i % d->size] +
                      o->gauss * sx_random_normal(o->seed, o->sample, (uint64_t)i);
    for (int64_t k = 0; k < n; k++) {
        const double *row = o->n_background > 0
                                ? o->background + k * o->n_background / n * d->size
                            : d->drawn != NULL ? d->drawn + k * d->size
                                               : o->baseline;
        d->n_rows++;
        if (!sx_frame_open(d, &d->row[k], row))
            return false;
    }
    return true;
}

bool sx_frames_of(struct sx_decomposing *d, enum sx_against against, struct sx_frame **frames,
                  int64_t *n)
{
    *n = 1;
    switch (against) {
    case SX_AGAINST_ZERO:
        *frames = &d->zero;
        if (d->zero.game == NULL) {
            d->nothing = sx_new((size_t)d->size, sizeof *d->nothing, d->error);
            return d->nothing != NULL && sx_frame_open(d, &d->zero, d->nothing);
        }
        return true;
    case SX_AGAINST_ABSENT:
        *frames = &d->absent;
        return d->absent.game != NULL || absent_open(d);
    case SX_AGAINST_ROWS:
        if (d->row == NULL && !open_rows(d))
            return false;
        *frames = d->row;
        *n = d->n_rows;
        return true;
    case SX_AGAINST_FEATURES:
        *frames = &d->features;
        return d->features.game != NULL || sx_features_open(d);
    case SX_AGAINST_GIVEN:
        break;
    }
    *frames = &d->given;
    return true;
}

void sx_frames_close(struct sx_decomposing *d)
{
    frame_close(&d->given);
    frame_close(&d->zero);
    frame_close(&d->features);
    frame_close(&d->absent);
    for (int64_t k = 0; k < d->n_rows; k++)
        frame_close(&d->row[k]);
    free(d->row);
    free(d->nothing);
    free(d->drawn);
    free(d->cells.player);
    free(d->cells.map);
    sx_groups_free(&d->patches);
}
