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

struct fit {
    struct sx_estimate *e;
    int64_t n, p; /* live players, terms */
    struct sx_draw draw;
    double *value;   /* of each coalition, without v(empty) where that is fitted exactly */
    int64_t *local;  /* the terms' members as live players */
    int64_t *member; /* of one coalition */
    struct sx_moments moments;
    double *matrix, *right, *ones;
    bool constrained;
};

static const int64_t *set_of(const struct fit *f, int64_t k, int64_t *size)
{
    const struct sx_interactions *terms = f->e->terms;
    *size = terms->first[k + 1] - terms->first[k];
    return f->local + terms->first[k];
}

/* The live players of coalition i; how many is returned. */
static int64_t members_of(struct fit *f, int64_t i)
{
    const struct sx_game *game = f->e->game;
    const uint64_t *coalition = f->draw.coalition + (size_t)i * game->words;
    int64_t k = 0;
    for (int64_t j = 0; j < f->n; j++)
        if (sx_set_has(coalition, game->live[j]))
            f->member[k++] = j;
    return k;
}

/* A given game has the coalitions it has, each size weighing what it should. */
static bool take_given(struct fit *f, const double *part)
{
    const struct sx_game *game = f->e->game;
    const struct sx_memo *memo = &game->memo;
    double *count = sx_new((size_t)f->n + 1, sizeof *count, f->e->error);
    f->draw.coalition = sx_new(memo->count + 1, game->words * sizeof(uint64_t), f->e->error);
    f->draw.weight = sx_new(memo->count + 1, sizeof(double), f->e->error);
    bool ok = count != NULL && f->draw.coalition != NULL && f->draw.weight != NULL;
    for (size_t i = 0; ok && i < memo->capacity; i++)
        if (memo->state[i] == 1) {
            int64_t size = sx_set_count(memo->key + i * game->words, game->words);
            count[size]++;
            memcpy(f->draw.coalition + (size_t)f->draw.count++ * game->words,
                   memo->key + i * game->words, game->words * sizeof(uint64_t));
        }
    for (int64_t i = 0; ok && i < f->draw.count; i++) {
        int64_t size = sx_set_count(f->draw.coalition + (size_t)i * game->words, game->words);
        f->draw.weight[i] = part[size] / count[size];
    }
    free(count);
    return ok;
}

static bool draw_values(struct fit *f, bool leverage)
{
    struct sx_estimate *e = f->e;
    double *part = sx_new(2 * ((size_t)f->n + 1), sizeof *part, e->error);
    if (part == NULL)
        return false;
    double *share = part + f->n + 1;
    for (int64_t s = 0; s <= f->n; s++) {
        bool inner = s > 0 && s < f->n;
        part[s] = f->constrained
                      ? (inner ? (double)(f->n - 1) / ((double)s * (double)(f->n - s)) : 0)
                      : ldexp(sx_choose(f->n, s), -(int)(f->n < 1000 ? f->n : 1000));
        share[s] = leverage ? (inner || !f->constrained) : part[s];
    }
    struct sx_draw_options o = {.player = e->game->live,
                                .n = f->n,
                                .words = e->game->words,
                                .part = part,
                                .share = share,
                                .budget = e->budget - (f->constrained ? 2 : 0),
                                .strata = true,
                                .pairs = true,
                                .seed = e->o->seed,
                                .stream = e->o->sample};
    bool ok = e->game->given && e->game->table == NULL ? take_given(f, part)
                                                       : sx_draw_new(&f->draw, &o, e->error);
    f->value = ok ? sx_new((size_t)f->draw.count + 1, sizeof *f->value, e->error) : NULL;
    ok = f->value != NULL &&
         sx_game_values(e->game, f->draw.count, f->draw.coalition, f->value, e->error);
    for (int64_t i = 0; ok && f->constrained && i < f->draw.count; i++)
        f->value[i] -= e->terms->none;
    free(part);
    return ok;
}

/* right[S] = sum of weight * value over the coalitions that hold S: by rank in the list. */
static void add_right(struct fit *f, int64_t i, int64_t k)
{
    const struct sx_interactions *terms = f->e->terms;
    double y = f->draw.weight[i] * f->value[i];
    uint8_t *present = (uint8_t *)(f->member + f->n + 1);
    memset(present, 0, (size_t)f->n);
    for (int64_t j = 0; j < k; j++)
        present[f->member[j]] = 1;
    for (int64_t t = 0; t < terms->count; t++) {
        bool holds = true;
        for (int64_t j = terms->first[t]; holds && j < terms->first[t + 1]; j++)
            holds = present[f->local[j]];
        f->right[t] += holds ? y : 0;
    }
}

static void fill(struct fit *f)
{
    for (int64_t i = 0; i < f->draw.count; i++) {
        int64_t k = members_of(f, i);
        if (f->draw.weight[i] == 0)
            continue;
        sx_moments_add(&f->moments, f->member, k, f->draw.weight[i]);
        add_right(f, i, k);
    }
    for (int64_t s = 0; s < f->p; s++) {
        int64_t ns, nt;
        const int64_t *a = set_of(f, s, &ns);
        for (int64_t t = 0; t <= s; t++) {
            const int64_t *b = set_of(f, t, &nt);
            f->matrix[s * f->p + t] = sx_moments_union(&f->moments, a, ns, b, nt);
        }
    }
}

static bool solve(struct fit *f)
{
    double total = f->e->terms->all - f->e->terms->none, of_right = 0, of_ones = 0;
    if (!sx_cholesky(f->matrix, f->p))
        return sx_fail(f->e->error, SX_USAGE,
                       "%lld coalitions do not tell %lld terms apart; raise --budget",
                       (long long)f->draw.count, (long long)f->p);
    sx_cholesky_solve(f->matrix, f->p, f->right);
    for (int64_t k = 0; k < f->p; k++)
        f->ones[k] = 1;
    sx_cholesky_solve(f->matrix, f->p, f->ones);
    for (int64_t k = 0; k < f->p; k++) {
        of_right += f->right[k];
        of_ones += f->ones[k];
    }
    for (int64_t k = 0; k < f->p; k++)
        f->e->terms->value[k] =
            f->right[k] + (f->constrained ? f->ones[k] * (total - of_right) / of_ones : 0);
    return true;
}

/* ---- Errors of order 1 ---- */

/* What coalition i pulls each value by: its residual times the projected inverse. */
static void pull(struct fit *f, int64_t i, double *score)
{
    int64_t k = members_of(f, i);
    double residual = f->value[i], sum = 0, of_ones = 0;
    memset(score, 0, (size_t)f->p * sizeof *score);
    for (int64_t j = 0; j < k; j++) {
        residual -= f->e->terms->value[f->member[j]];
        score[f->member[j]] = 1;
    }
    sx_cholesky_solve(f->matrix, f->p, score);
    for (int64_t j = 0; j < f->p; j++) {
        sum += score[j];
        of_ones += f->ones[j];
    }
    for (int64_t j = 0; j < f->p; j++)
        score[j] = f->draw.weight[i] * residual * (score[j] - f->ones[j] * sum / of_ones);
}

/* The variance of the fit as a function of the coalitions drawn, within their strata. */
static bool find_errors(struct fit *f)
{
    struct sx_interactions *terms = f->e->terms;
    size_t p = (size_t)f->p;
    double *score = sx_new(4 * p, sizeof *score, f->e->error), *unit_sum = NULL;
    terms->error = sx_new(p, sizeof *terms->error, f->e->error);
    if (score == NULL || terms->error == NULL) {
        free(score);
        return false;
    }
    unit_sum = score + p;
    double *sum = score + 2 * p, *squares = score + 3 * p;
    for (int64_t s = 0; s < f->draw.n_strata; s++) {
        int64_t unit = f->draw.unit[s];
        double n = (double)((f->draw.first[s + 1] - f->draw.first[s]) / unit);
        if (f->draw.missing[s] <= 0 || n < 2)
            continue;
        memset(sum, 0, 2 * p * sizeof *sum);
        for (int64_t i = f->draw.first[s]; i < f->draw.first[s + 1]; i += unit) {
            memset(unit_sum, 0, p * sizeof *unit_sum);
            for (int64_t k = i; k < i + unit; k++) {
                pull(f, k, score);
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
                f->draw.missing[s] * n / (n - 1) * fmax(0, squares[j] - sum[j] * sum[j] / n);
    }
    for (size_t j = 0; j < p; j++)
        terms->error[j] = sqrt(terms->error[j]);
    free(score);
    return true;
}

static bool fit_new(struct fit *f)
{
    struct sx_estimate *e = f->e;
    int64_t members = e->terms->first[e->terms->count];
    size_t p = (size_t)f->p, square;
    if (!sx_size_mul(&square, p, p))
        return sx_fail(e->error, SX_MEMORY, "out of memory");
    f->local = sx_new((size_t)members + 1, sizeof *f->local, e->error);
    f->member = sx_new(2 * (size_t)f->n + 2, sizeof *f->member, e->error);
    if (f->local == NULL || f->member == NULL)
        return false;
    for (int64_t i = 0; i < members; i++)
        f->local[i] = e->place[e->terms->member[i]];
    if (e->order > 3)
        return sx_fail(e->error, SX_USAGE,
                       "a fit is for orders up to 3; try --sampling=sparse");
    if (!sx_moments_new(&f->moments, f->n, 2 * e->order, e->error))
        return false;
    f->matrix = sx_new(square, sizeof *f->matrix, e->error);
    f->right = sx_new(p, sizeof *f->right, e->error);
    f->ones = sx_new(p, sizeof *f->ones, e->error);
    return f->matrix != NULL && f->right != NULL && f->ones != NULL;
}

static void fit_free(struct fit *f)
{
    sx_draw_free(&f->draw);
    sx_moments_free(&f->moments);
    free(f->value);
    free(f->local);
    free(f->member);
    free(f->matrix);
    free(f->right);
    free(f->ones);
}

bool sx_estimate_regression(struct sx_estimate *e, bool leverage)
{
    struct fit f = {.e = e,
                    .n = e->game->n_live,
                    .p = e->terms->count,
                    .constrained = strcmp(e->row->name, "fbii") != 0};
    bool ok = fit_new(&f) && draw_values(&f, leverage);
    if (ok) {
        fill(&f);
        ok = solve(&f) && (e->order > 1 || !f.constrained || find_errors(&f));
    }
    fit_free(&f);
    return ok;
}
