/* shapley_regression.c - indices as weighted least squares over sampled coalitions.
 *
 * A game of interactions up to order k is fitted to v: with the Shapley kernel, exactly at the
 * empty and the full coalition, its terms are KernelSHAP (k = 1; Lundberg and Lee 2017) and the
 * faithful Shapley interaction; with equal weights the faithful Banzhaf interaction. In KernelSHAP
 * a coalition of s players has leverage 1/C(n, s) (Musco and Witter 2025): sizes are drawn evenly,
 * each coalition with its complement. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "method/shapley.h"

struct regression {
    struct sx_estimate *e;
    struct sx_fit fit;
    struct sx_draw draw;
    double *value; /* of each coalition, without v(empty) where that is fitted exactly */
    bool constrained;
};

static const uint64_t *coalition_of(const struct regression *r, int64_t i)
{
    return r->draw.coalition + (size_t)i * r->e->game->words;
}

/* A given game has the coalitions it has, each size weighing what it should. */
static bool take_given(struct regression *r, const double *part)
{
    const struct sx_game *game = r->e->game;
    const struct sx_memo *memo = &game->memo;
    struct sx_draw *draw = &r->draw;
    double *count = sx_new((size_t)game->n_live + 1, sizeof *count, r->e->error);
    draw->coalition = sx_new(memo->count + 1, game->words * sizeof(uint64_t), r->e->error);
    draw->weight = sx_new(memo->count + 1, sizeof(double), r->e->error);
    bool ok = count != NULL && draw->coalition != NULL && draw->weight != NULL;
    for (size_t i = 0; ok && i < memo->capacity; i++)
        if (memo->state[i] == 1) {
            count[sx_set_count(memo->key + i * game->words, game->words)]++;
            memcpy(draw->coalition + (size_t)draw->count++ * game->words,
                   memo->key + i * game->words, game->words * sizeof(uint64_t));
        }
    for (int64_t i = 0; ok && i < draw->count; i++) {
        int64_t size = sx_set_count(coalition_of(r, i), game->words);
        draw->weight[i] = part[size] / count[size];
    }
    free(count);
    return ok;
}

void sx_kernel_parts(int64_t n, bool shapley, double *part)
{
    for (int64_t s = 0; s <= n; s++) {
        bool inner = s > 0 && s < n;
        part[s] = !shapley ? sx_choose(n, s) * ldexp(1, -(int)(n < 1000 ? n : 1000))
                  : inner  ? (double)(n - 1) / ((double)s * (double)(n - s))
                           : 0;
    }
}

static bool draw_values(struct regression *r, bool leverage)
{
    struct sx_estimate *e = r->e;
    struct sx_game *game = e->game;
    int64_t n = game->n_live;
    double *part = sx_new(2 * ((size_t)n + 1), sizeof *part, e->error);
    if (part == NULL)
        return false;
    double *share = part + n + 1;
    sx_kernel_parts(n, r->constrained, part);
    for (int64_t s = 0; s <= n; s++)
        share[s] = leverage ? (s > 0 && s < n) || !r->constrained : part[s];
    struct sx_draw_options o = {.player = game->live,
                                .n = n,
                                .words = game->words,
                                .part = part,
                                .share = share,
                                .budget = e->budget - (r->constrained ? 2 : 0),
                                .strata = true,
                                .pairs = true,
                                .seed = e->o->seed,
                                .stream = e->o->sample};
    bool ok = game->given && game->table == NULL ? take_given(r, part)
                                                 : sx_draw_new(&r->draw, &o, e->error);
    r->value = ok ? sx_new((size_t)r->draw.count + 1, sizeof *r->value, e->error) : NULL;
    ok = r->value != NULL &&
         sx_game_values(game, r->draw.count, r->draw.coalition, r->value, e->error);
    for (int64_t i = 0; ok && r->constrained && i < r->draw.count; i++)
        r->value[i] -= e->terms->none;
    free(part);
    return ok;
}

/* ---- Errors of order 1 ---- */

/* What coalition i pulls each value by: its residual times the projected inverse. */
static void pull(struct regression *r, int64_t i, double *score)
{
    struct sx_fit *f = &r->fit;
    int64_t k = sx_fit_members(f, coalition_of(r, i));
    double residual = r->value[i], sum = 0, of_ones = 0;
    memset(score, 0, (size_t)f->p * sizeof *score);
    for (int64_t j = 0; j < k; j++) {
        residual -= f->terms->value[f->member[j]];
        score[f->member[j]] = 1;
    }
    sx_cholesky_solve(f->matrix, f->p, score);
    for (int64_t j = 0; j < f->p; j++) {
        sum += score[j];
        of_ones += f->ones[j];
    }
    for (int64_t j = 0; j < f->p; j++)
        score[j] = r->draw.weight[i] * residual * (score[j] - f->ones[j] * sum / of_ones);
}

/* The variance of the fit as a function of the coalitions drawn, within their strata. */
static bool find_errors(struct regression *r)
{
    struct sx_interactions *terms = r->e->terms;
    const struct sx_draw *d = &r->draw;
    size_t p = (size_t)r->fit.p;
    double *score = sx_new(4 * p, sizeof *score, r->e->error), *unit_sum = NULL;
    terms->error = sx_new(p, sizeof *terms->error, r->e->error);
    if (score == NULL || terms->error == NULL) {
        free(score);
        return false;
    }
    unit_sum = score + p;
    double *sum = score + 2 * p, *squares = score + 3 * p;
    for (int64_t s = 0; s < d->n_strata; s++) {
        int64_t unit = d->unit[s];
        double n = (double)((d->first[s + 1] - d->first[s]) / unit);
        if (d->missing[s] <= 0 || n < 2)
            continue;
        memset(sum, 0, 2 * p * sizeof *sum);
        for (int64_t i = d->first[s]; i < d->first[s + 1]; i += unit) {
            memset(unit_sum, 0, p * sizeof *unit_sum);
            for (int64_t k = i; k < i + unit; k++) {
                pull(r, k, score);
                for (size_t j = 0; j < p; j++)
                    unit_sum[j] += score[j];
            }
            for (size_t j = 0; j < p; j++) {
                sum[j] += unit_sum[j];
                squares[j] += unit_sum[j] * unit_sum[j];
            }
        }
        for (size_t j = 0; j < p; j++)
            terms->error[j] +=
                d->missing[s] * n / (n - 1) * fmax(0, squares[j] - sum[j] * sum[j] / n);
    }
    for (size_t j = 0; j < p; j++)
        terms->error[j] = sqrt(terms->error[j]);
    free(score);
    return true;
}

bool sx_estimate_regression(struct sx_estimate *e, bool leverage)
{
    struct regression r = {.e = e, .constrained = strcmp(e->row->name, "fbii") != 0};
    double total = e->terms->all - e->terms->none;
    bool ok = sx_fit_new(&r.fit, e->game, e->place, e->terms, e->order, e->error) &&
              draw_values(&r, leverage);
    for (int64_t i = 0; ok && i < r.draw.count; i++)
        sx_fit_add(&r.fit, coalition_of(&r, i), r.draw.weight[i], r.value[i]);
    if (ok && !sx_fit_factor(&r.fit))
        ok = sx_fail(e->error, SX_USAGE,
                     "%lld coalitions do not tell %lld terms apart; raise --budget",
                     (long long)r.draw.count, (long long)r.fit.p);
    if (ok) {
        sx_fit_solve(&r.fit, r.constrained ? &total : NULL);
        memcpy(e->terms->value, r.fit.right, (size_t)r.fit.p * sizeof *r.fit.right);
        ok = e->order > 1 || !r.constrained || find_errors(&r);
    }
    sx_fit_free(&r.fit);
    sx_draw_free(&r.draw);
    free(r.value);
    return ok;
}
