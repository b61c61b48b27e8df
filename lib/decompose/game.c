/* game.c - attributions from masking: occlusion, Prediction Difference, Shapley. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"
#include "sextant/shapley.h"

static size_t words(const struct sx_decomposing *d)
{
    return sx_set_words(d->n);
}

/* The coalition of a set of players. `set` NULL: all players. The words of `to` after the first are
 * zero before. */
static void coalition(const struct sx_decomposing *d, const uint64_t *set, uint64_t *to)
{
    if (set != NULL)
        to[0] = *set;
    for (int64_t i = 0; set == NULL && i < d->n; i++)
        sx_set_add(to, i);
}

bool sx_frame_values(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                     const uint64_t *sets, double *values)
{
    if (sets != NULL && words(d) == 1)
        return sx_game_values(f->game, n, sets, values, d->error);
    uint64_t *all = sx_new((size_t)n * words(d), sizeof *all, d->error);
    for (int64_t k = 0; all != NULL && k < n; k++)
        coalition(d, sets != NULL ? &sets[k] : NULL, all + (size_t)k * words(d));
    bool ok = all != NULL && sx_game_values(f->game, n, all, values, d->error);
    free(all);
    return ok;
}

/* ---- Taking groups of players away ---- */

void sx_groups_free(struct sx_groups *g)
{
    free(g->first);
    free(g->member);
    *g = (struct sx_groups){0};
}

static bool groups_new(struct sx_groups *g, int64_t n, int64_t members, struct sx_error *error)
{
    *g = (struct sx_groups){.n = n};
    g->first = sx_new((size_t)n + 1, sizeof *g->first, error);
    g->member = sx_new((size_t)members, sizeof *g->member, error);
    return g->first != NULL && g->member != NULL;
}

static bool each_alone(struct sx_groups *g, const struct sx_decomposing *d)
{
    if (!groups_new(g, d->n, d->n, d->error))
        return false;
    for (int64_t i = 0; i < d->n; i++)
        g->first[i + 1] = (g->member[i] = i) + 1;
    return true;
}

/* Groups players by a label of each player. */
static bool by_label(struct sx_groups *g, const struct sx_decomposing *d)
{
    int64_t most = -1, at = 0;
    for (int64_t i = 0; i < d->n; i++)
        most = d->o->patch_of[i] > most ? d->o->patch_of[i] : most;
    if (most >= d->n)
        return sx_fail(d->error, SX_USAGE, "patches are numbered from 0 to at most %lld",
                       (long long)d->n - 1);
    if (!groups_new(g, most + 1, d->n, d->error))
        return false;
    for (int64_t k = 0; k <= most; k++) {
        for (int64_t i = 0; i < d->n; i++)
            if (d->o->patch_of[i] == k)
                g->member[at++] = i;
        g->first[k + 1] = at;
    }
    return true;
}

/* Groups are windows of height x width players over a grid of players, `stride` apart. The last
 * ones may be cut off. Players in a row are a grid of one row. */
static bool windows(struct sx_groups *g, const struct sx_decomposing *d)
{
    int64_t rows = d->players->rows, columns = d->players->columns;
    int64_t height = d->o->patch[0], width = d->o->patch[1], stride = d->o->stride;
    if (rows * columns != d->n) {
        rows = 1;
        columns = d->n;
    }
    height = height < 1 ? 2 : height;
    width = width < 1 ? 2 : width;
    height = height > rows ? rows : height;
    width = width > columns ? columns : width;
    int64_t down = stride > 0 ? stride : height, right = stride > 0 ? stride : width;
    int64_t n = ((rows - 1) / down + 1) * ((columns - 1) / right + 1), at = 0, k = 0;
    if (!groups_new(g, n, n * height * width, d->error))
        return false;
    for (int64_t r = 0; r < rows; r += down)
        for (int64_t c = 0; c < columns; c += right) {
            for (int64_t i = r; i < r + height && i < rows; i++)
                for (int64_t j = c; j < c + width && j < columns; j++)
                    g->member[at++] = i * columns + j;
            g->first[++k] = at;
        }
    return true;
}

/* The log-odds of a probability. NaN outside (0, 1). */
static double log_odds(double p)
{
    return log(p / (1 - p));
}

/* Lists the coalitions of one set: itself, then itself without each group. */
static void list_without(const struct sx_decomposing *d, const struct sx_groups *g,
                         const uint64_t *set, uint64_t *to)
{
    coalition(d, set, to);
    for (int64_t k = 0; k < g->n; k++) {
        uint64_t *without = to + (size_t)(k + 1) * words(d);
        memcpy(without, to, words(d) * sizeof *to);
        for (int64_t m = g->first[k]; m < g->first[k + 1]; m++)
            sx_set_remove(without, g->member[m]);
    }
}

/* Each player gets the mean effect of the removal of the groups that contain it. */
static bool take_away(struct sx_decomposing *d, const struct sx_frame *f,
                      const struct sx_groups *g, bool odds, int64_t n, const uint64_t *sets,
                      double *to)
{
    size_t each = (size_t)g->n + 1;
    uint64_t *list = sx_new(each * words(d), sizeof *list, d->error);
    double *values = sx_new(each, sizeof *values, d->error);
    int64_t *times = sx_new((size_t)d->n, sizeof *times, d->error);
    bool ok = list != NULL && values != NULL && times != NULL;
    for (int64_t m = 0; ok && m < g->first[g->n]; m++)
        times[g->member[m]]++;
    for (int64_t k = 0; ok && k < n; k++) {
        list_without(d, g, sets != NULL ? &sets[k] : NULL, list);
        ok = sx_game_values(f->game, (int64_t)each, list, values, d->error);
        for (size_t i = 0; ok && odds && i < each; i++)
            values[i] = log_odds(values[i]);
        double *row = to + k * d->n;
        memset(row, 0, (size_t)d->n * sizeof *row);
        for (int64_t p = 0; ok && p < g->n; p++)
            for (int64_t m = g->first[p]; m < g->first[p + 1]; m++)
                row[g->member[m]] += (values[0] - values[p + 1]) / (double)times[g->member[m]];
    }
    free(list);
    free(values);
    free(times);
    return ok;
}

bool sx_run_occlusion(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                      const uint64_t *sets, double *to)
{
    struct sx_groups g = {0};
    bool ok = each_alone(&g, d) && take_away(d, f, &g, false, n, sets, to);
    sx_groups_free(&g);
    return ok;
}

bool sx_run_difference(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                       const uint64_t *sets, double *to)
{
    struct sx_groups g = {0};
    bool ok = each_alone(&g, d) && take_away(d, f, &g, d->o->log_odds, n, sets, to);
    sx_groups_free(&g);
    return ok;
}

bool sx_run_patches(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                    const uint64_t *sets, double *to)
{
    struct sx_groups *g = &d->patches;
    if (g->n == 0 && !(d->o->patch_of != NULL ? by_label(g, d) : windows(g, d)))
        return false;
    return take_away(d, f, g, false, n, sets, to);
}

/* The share of i's patches in which the term has a player. */
SX_WEIGHT(sx_weight_patches)
{
    const struct sx_groups *g = &d->patches;
    double touched = 0, patches = 0;
    for (int64_t k = 0; k < g->n; k++) {
        bool has = false, touches = false;
        for (int64_t m = g->first[k]; m < g->first[k + 1]; m++) {
            has = has || g->member[m] == i;
            touches = touches || kappa[g->member[m]] > 0;
        }
        patches += has;
        touched += has && touches;
    }
    return patches > 0 ? touched / patches : 0;
}

/* ---- Shapley values ---- */

/* The Shapley values of the t members of a set, from all of its 2^t subsets. */
static bool exact_values(struct sx_decomposing *d, const struct sx_frame *f, uint64_t set,
                         double *to)
{
    int member[64], t = 0;
    for (uint64_t rest = set; rest != 0; rest &= rest - 1)
        member[t++] = __builtin_ctzll(rest);
    int64_t n = (int64_t)1 << t;
    uint64_t *list = sx_new((size_t)n, sizeof *list, d->error);
    double *values = sx_new((size_t)n, sizeof *values, d->error);
    bool ok = list != NULL && values != NULL;
    for (int64_t k = 1; ok && k < n; k++)
        list[k] = list[k & (k - 1)] | (uint64_t)1 << member[__builtin_ctzll((uint64_t)k)];
    ok = ok && sx_game_values(f->game, n, list, values, d->error);
    double weight[64] = {t > 0 ? 1.0 / t : 0}; /* per size of set: s! (t - 1 - s)! / t! */
    for (int s = 1; s < t; s++)
        weight[s] = weight[s - 1] * s / (t - s);
    for (int i = 0; ok && i < t; i++) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++)
            if ((k >> i & 1) == 0)
                sum += weight[__builtin_popcountll((uint64_t)k)] *
                       (values[k | (int64_t)1 << i] - values[k]);
        to[member[i]] = sum;
    }
    free(list);
    free(values);
    return ok;
}

/* Shapley values are exact for up to EXACT_PLAYERS players if the budget of evaluations allows
 * it. Without a budget the cost of f decides. */
enum { EXACT_PLAYERS = 16, FEW_EVALUATIONS = 1024 };
#define MOST_EXACT_COST 5e10

static bool is_exact(const struct sx_decomposing *d, int size)
{
    int64_t all = size <= EXACT_PLAYERS ? (int64_t)1 << size : 0;
    if (d->n >= 64 || all == 0)
        return false;
    return d->o->budget > 0
               ? all <= d->o->budget
               : all <= FEW_EVALUATIONS || (double)all * d->cost <= MOST_EXACT_COST;
}

/* Estimates Shapley values. All are shifted by the same amount, so that they sum to f(x) -
 * f(reference). */
static bool estimated_values(struct sx_decomposing *d, const struct sx_frame *f, double *to)
{
    bool dear = d->n <= EXACT_PLAYERS && d->o->budget == 0;
    int64_t budget = dear ? FEW_EVALUATIONS : d->o->budget;
    struct sx_shapley_options o = {.index = "sv",
                                   .order = 1,
                                   .budget = budget,
                                   .seed = d->o->seed,
                                   .sample = d->o->sample};
    struct sx_interactions terms = {0};
    if (!sx_interact(f->game, &o, &terms, d->error))
        return false;
    for (int64_t k = 0; k < terms.count; k++)
        if (terms.first[k + 1] - terms.first[k] == 1) {
            int64_t i = terms.member[terms.first[k]];
            to[i] = terms.value[k];
            if (d->scatter != NULL && terms.error != NULL)
                d->scatter[i] = terms.error[k];
        }
    d->estimated = d->scatter != NULL && terms.error != NULL;
    double whole = terms.all - terms.none, sum = 0;
    sx_interactions_free(&terms);
    for (int64_t i = 0; i < d->n; i++)
        sum += to[i];
    for (int64_t i = 0; i < d->n; i++)
        to[i] += (whole - sum) / (double)d->n;
    return true;
}

bool sx_run_shapley(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                    const uint64_t *sets, double *to)
{
    bool ok = true;
    memset(to, 0, (size_t)(n * d->n) * sizeof *to);
    for (int64_t k = 0; ok && k < n; k++) {
        uint64_t all = d->n < 64 ? ((uint64_t)1 << d->n) - 1 : 0,
                 set = sets != NULL ? sets[k] : all;
        int size = __builtin_popcountll(set);
        ok = is_exact(d, size) ? exact_values(d, f, set, to + k * d->n)
                               : estimated_values(d, f, to + k * d->n);
    }
    return ok;
}

bool sx_plays(const struct sx_method_row *row)
{
    return row->run == sx_run_occlusion || row->run == sx_run_difference ||
           row->run == sx_run_patches || row->run == sx_run_shapley;
}
