/* player.c - attributions of players, from values of f with masked players. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/game.h"
#include "ggig/attribute.h"
#include "io/picture.h"

/* ---- Players ---- */

/* The default players: patches of a picture, 7 per side; tokens of a sequence; else elements. */
struct sx_players *sx_attribute_players(const struct sx_attributing *a)
{
    char usual[SX_PLAYERS_TEXT];
    sx_explainer_usual_players(a->e, a->o->layout, 0, 7, usual);
    return sx_explainer_players(a->e, a->o->players != NULL ? a->o->players : usual,
                                a->o->layout, a->error);
}

bool sx_attribute_by_player(const struct sx_attributing *a, const struct sx_players *p,
                            struct sx_attribution *r)
{
    struct sx_shape shape = {1, {p->count}};
    r->players = p->count;
    if (p->rows > 0)
        shape = (struct sx_shape){2, {p->rows, p->columns}};
    return sx_tensor_new(&r->map, SX_DOUBLE, &shape, a->error);
}

/* ---- Drawn coalitions ---- */

/* n coalitions, in which each player is present with probability `share`, and their values. */
struct draws {
    struct sx_players *players;
    struct sx_game *game;
    size_t words;
    int64_t n;
    uint64_t *set;
    double *value;
};

static bool draws_new(struct draws *d, struct sx_attributing *a)
{
    *d = (struct draws){.players = sx_attribute_players(a), .n = a->samples};
    if (d->players == NULL)
        return false;
    d->game = sx_game_model(a->e, d->players, a->baseline, 1, SX_TARGET, a->error);
    d->words = sx_set_words(d->players->count);
    d->set = sx_new((size_t)d->n, d->words * sizeof *d->set, a->error);
    d->value = sx_new((size_t)d->n, sizeof *d->value, a->error);
    return d->game != NULL && d->set != NULL && d->value != NULL;
}

static void draws_free(struct draws *d)
{
    sx_game_free(d->game);
    sx_players_free(d->players);
    free(d->set);
    free(d->value);
}

/* With --max-time, the number of coalitions per call. */
#define AT_A_TIME 8

/* Evaluates the coalitions. If time is up after at least `least` of them, only those count. */
static bool find_values(struct draws *d, struct sx_attributing *a, int64_t least)
{
    int64_t step = sx_game_limited(d->game) ? AT_A_TIME : d->n;
    for (int64_t done = 0; done < d->n; done += step) {
        int64_t now = d->n - done < step ? d->n - done : step;
        if (sx_game_values(d->game, now, d->set + (size_t)done * d->words, d->value + done,
                           a->error))
            continue;
        if (done < least || !sx_game_stopped(d->game))
            return false;
        *a->error = (struct sx_error){0};
        d->n = done;
        return a->partial = true;
    }
    return true;
}

/* Draws coalitions and evaluates them; `whole`: the first coalition has all players. */
static bool draw(struct draws *d, struct sx_attributing *a, bool whole)
{
    int64_t players = d->players->count;
    for (int64_t k = 0; k < d->n; k++)
        for (int64_t i = 0; i < players; i++) {
            double u = sx_random_uniform(a->o->seed, a->o->sample,
                                         (uint64_t)k * (uint64_t)players + (uint64_t)i);
            if (u < a->o->share || (whole && k == 0))
                sx_set_add(d->set + (size_t)k * d->words, i);
        }
    bool ok = find_values(d, a, 2);
    a->samples = d->n;
    return ok;
}

static bool has(const struct draws *d, int64_t k, int64_t player)
{
    return sx_set_has(d->set + (size_t)k * d->words, player);
}

/* Petsiuk, Das, Saenko 2018: (1 / (N p)) * (sum of f over the masks that show a player). */
static bool estimate(const struct draws *d, struct sx_attribution *r, double share,
                     struct sx_error *error)
{
    double *map = r->map.data, n = (double)d->n;
    if (!sx_tensor_new(&r->error, SX_DOUBLE, &r->map.shape, error))
        return false;
    for (int64_t i = 0; i < d->players->count; i++) {
        double sum = 0, square = 0;
        for (int64_t k = 0; k < d->n; k++) {
            double v = has(d, k, i) ? d->value[k] / share : 0;
            sum += v;
            square += v * v;
        }
        map[i] = sum / n;
        ((double *)r->error.data)[i] =
            n > 1 ? sqrt(fmax(square - sum * sum / n, 0) / (n - 1) / n) : NAN;
    }
    return true;
}

bool sx_attribute_rise(struct sx_attributing *a, struct sx_attribution *r)
{
    struct draws d;
    bool ok = draws_new(&d, a) && sx_attribute_by_player(a, d.players, r) &&
              draw(&d, a, false) && estimate(&d, r, a->o->share, a->error);
    r->masks = a->samples;
    r->shown = a->o->share;
    draws_free(&d);
    return ok;
}

/* ---- LIME ---- */

/* Weighted least squares on players: the matrix [n, n] and right side of the centred problem. */
struct fit {
    int64_t n;
    double *weight;                /* weight of each draw */
    double *matrix, *right, *mean; /* mean: of each player */
    double mean_value;
};

static bool fit_new(struct fit *f, const struct draws *d, double width, struct sx_error *error)
{
    int64_t n = d->players->count;
    double total = 0;
    *f = (struct fit){n,
                      sx_new((size_t)d->n, sizeof(double), error),
                      sx_new((size_t)n, (size_t)n * sizeof(double), error),
                      sx_new((size_t)n, sizeof(double), error),
                      sx_new((size_t)n, sizeof(double), error),
                      0};
    if (f->weight == NULL || f->matrix == NULL || f->right == NULL || f->mean == NULL)
        return false;
    for (int64_t k = 0; k < d->n; k++) {
        double there = (double)sx_set_count(d->set + (size_t)k * d->words, d->words);
        double distance = 1 - sqrt(there / (double)n);
        total += f->weight[k] = exp(-distance * distance / (width * width));
    }
    for (int64_t k = 0; k < d->n; k++) {
        f->mean_value += f->weight[k] / total * d->value[k];
        for (int64_t i = 0; i < n; i++)
            f->mean[i] += has(d, k, i) ? f->weight[k] / total : 0;
    }
    for (int64_t k = 0; k < d->n; k++)
        for (int64_t i = 0; i < n; i++) {
            double zi = f->weight[k] * ((double)has(d, k, i) - f->mean[i]);
            f->right[i] += zi * (d->value[k] - f->mean_value);
            for (int64_t j = 0; j < n; j++)
                f->matrix[i * n + j] += zi * ((double)has(d, k, j) - f->mean[j]);
        }
    return true;
}

static void fit_free(struct fit *f)
{
    free(f->weight);
    free(f->matrix);
    free(f->right);
    free(f->mean);
}

/* One pass of coordinate descent. Returns the largest change. */
static double sweep(const struct fit *f, double ridge, double lasso, double *b)
{
    double change = 0;
    for (int64_t i = 0; i < f->n; i++) {
        double rest = f->right[i], own = f->matrix[i * f->n + i];
        for (int64_t j = 0; j < f->n; j++)
            rest -= j != i ? f->matrix[i * f->n + j] * b[j] : 0;
        double shrunk = fmax(fabs(rest) - lasso, 0);
        double next = own + ridge > 0 ? copysign(shrunk, rest) / (own + ridge) : 0;
        change = fmax(change, fabs(next - b[i]));
        b[i] = next;
    }
    return change;
}

/* R^2 of the fit, with weights. */
static double explained(const struct fit *f, const struct draws *d, const double *b)
{
    double left = 0, all = 0;
    for (int64_t k = 0; k < d->n; k++) {
        double y = d->value[k] - f->mean_value, rest = y;
        for (int64_t i = 0; i < f->n; i++)
            rest -= b[i] * ((double)has(d, k, i) - f->mean[i]);
        left += f->weight[k] * rest * rest;
        all += f->weight[k] * y * y;
    }
    return all > 0 ? 1 - left / all : NAN;
}

/* Ribeiro, Singh, Guestrin 2016: the coefficients of a linear fit of f on the players. A coalition
 * has the weight exp(-D^2 / width^2), with D = 1 - cosine(coalition, all players). */
bool sx_attribute_lime(struct sx_attributing *a, struct sx_attribution *r)
{
    struct draws d;
    struct fit f = {0};
    const struct sx_attribute_options *o = a->o;
    double ridge = o->lasso > 0 ? 0 : o->ridge, most = INFINITY, *b;
    bool ok = draws_new(&d, a) && sx_attribute_by_player(a, d.players, r) &&
              draw(&d, a, true) && fit_new(&f, &d, o->kernel_width, a->error);
    b = r->map.data;
    for (int i = 0; ok && i < 10000 && most > 0; i++) {
        double largest = 0, change = sweep(&f, ridge, o->lasso, b);
        for (int64_t k = 0; k < f.n; k++)
            largest = fmax(largest, fabs(b[k]));
        most = change > 1e-13 * largest ? change : 0;
    }
    r->masks = a->samples;
    r->shown = o->share;
    r->fitted = true;
    r->r2 = ok ? explained(&f, &d, b) : NAN;
    r->kernel_width = o->kernel_width;
    fit_free(&f);
    draws_free(&d);
    return ok;
}

/* ---- Occlusion ---- */

/* Sets the map to f(x) - f(x without player i); NaN for players that time did not suffice for. */
static bool leave_out(struct sx_attributing *a, struct sx_attribution *r)
{
    struct draws d;
    double f = sx_explainer_target(a->e)->value, *map;
    struct sx_attributing one = *a;
    struct sx_players *p = sx_attribute_players(a);
    int64_t n = one.samples = p != NULL ? p->count : 1;
    sx_players_free(p);
    bool ok = p != NULL && draws_new(&d, &one);
    if (p == NULL)
        return false;
    ok = ok && sx_attribute_by_player(a, d.players, r);
    for (int64_t k = 0; ok && k < n; k++)
        for (int64_t i = 0; i < n; i++)
            if (i != k)
                sx_set_add(d.set + (size_t)k * d.words, i);
    ok = ok && find_values(&d, a, 1);
    map = r->map.data;
    for (int64_t k = 0; ok && k < n; k++)
        map[k] = k < d.n ? f - d.value[k] : NAN;
    draws_free(&d);
    return ok;
}

/* Windows over a picture, one per stride; the last ones end at the edge. */
struct windows {
    struct sx_attributing *a;
    struct sx_grid grid;
    int64_t high, wide, down, right; /* size and stride of windows */
    int64_t rows, columns;           /* number of rows and columns of windows */
    /* step from one window to the next in visiting order; coprime to their number */
    int64_t apart;
    double f, *map, *times;
};

/* The k-th window. Their order is scattered over the picture, so that the first ones cover all of
 * it. */
static void window_at(const struct windows *w, int64_t k, int64_t *row, int64_t *column)
{
    k = (int64_t)((uint64_t)k * (uint64_t)w->apart % (uint64_t)(w->rows * w->columns));
    int64_t last = w->grid.rows - w->high, end = w->grid.columns - w->wide;
    *row = k / w->columns * w->down < last ? k / w->columns * w->down : last;
    *column = k % w->columns * w->right < end ? k % w->columns * w->right : end;
}

static void occluded_point(void *context, int64_t k, double *z)
{
    const struct windows *w = context;
    const struct sx_grid *g = &w->grid;
    int64_t row, column;
    window_at(w, k, &row, &column);
    memcpy(z, w->a->x, (size_t)w->a->size * sizeof *z);
    for (int64_t c = 0; c < g->channels; c++)
        for (int64_t i = row; i < row + w->high; i++)
            for (int64_t j = column; j < column + w->wide; j++) {
                int64_t at = c * g->channel_step + i * g->row_step + j * g->column_step;
                z[at] = w->a->baseline[at];
            }
}

static void take_loss(void *context, int64_t k, double value, const double *g)
{
    struct windows *w = context;
    int64_t row, column;
    (void)g;
    window_at(w, k, &row, &column);
    for (int64_t i = row; i < row + w->high; i++)
        for (int64_t j = column; j < column + w->wide; j++) {
            w->map[i * w->grid.columns + j] += w->f - value;
            w->times[i * w->grid.columns + j]++;
        }
}

static int64_t divisor(int64_t a, int64_t b)
{
    return b == 0 ? a : divisor(b, a % b);
}

/* Sets size and stride as asked for, or to an eighth of the picture and half of the window. */
static void choose_windows(struct windows *w)
{
    const struct sx_attribute_options *o = w->a->o;
    const struct sx_grid *g = &w->grid;
    int64_t high = o->window[0] > 0 ? o->window[0] : (g->rows + 7) / 8;
    int64_t wide = o->window[1] > 0 ? o->window[1] : (g->columns + 7) / 8;
    w->high = high < g->rows ? high : g->rows;
    w->wide = wide < g->columns ? wide : g->columns;
    w->down = o->stride[0] > 0 ? o->stride[0] : (w->high + 1) / 2;
    w->right = o->stride[1] > 0 ? o->stride[1] : (w->wide + 1) / 2;
    w->rows = (g->rows - w->high + w->down - 1) / w->down + 1;
    w->columns = (g->columns - w->wide + w->right - 1) / w->right + 1;
    int64_t n = w->rows * w->columns;
    for (w->apart = (int64_t)((double)n * 0.618) + 1; divisor(w->apart, n) > 1; w->apart++)
        continue;
}

/* Whether time was up after some windows; then these count. */
static bool keep_visited(struct sx_attributing *a)
{
    if (!sx_explainer_stopped(a->e) || a->visited == 0)
        return false;
    *a->error = (struct sx_error){0};
    return a->partial = true;
}

/* Zeiler and Fergus 2014: the loss of f when a window is masked, averaged over the windows that
 * contain a place. */
bool sx_attribute_occlusion(struct sx_attributing *a, struct sx_attribution *r)
{
    struct windows w = {.a = a, .f = sx_explainer_target(a->e)->value};
    if (a->e->input.shape.rank != 4 || a->o->players != NULL)
        return leave_out(a, r);
    if (!sx_grid_of(&a->e->input.shape, a->o->layout, &w.grid, a->error))
        return false;
    choose_windows(&w);
    struct sx_shape shape = {2, {w.grid.rows, w.grid.columns}};
    w.times = sx_new((size_t)sx_count(&shape), sizeof *w.times, a->error);
    bool ok = w.times != NULL && sx_tensor_new(&r->map, SX_DOUBLE, &shape, a->error);
    const struct sx_visit visit = {&w, occluded_point, take_loss, NULL};
    w.map = r->map.data;
    ok = ok && (sx_visit_values(a, w.rows * w.columns, &visit) || keep_visited(a));
    for (int64_t i = 0; ok && i < sx_count(&shape); i++)
        w.map[i] = w.times[i] > 0 ? w.map[i] / w.times[i] : a->partial ? NAN : 0;
    r->window[0] = w.high;
    r->window[1] = w.wide;
    r->stride[0] = w.down;
    r->stride[1] = w.right;
    free(w.times);
    return ok;
}
