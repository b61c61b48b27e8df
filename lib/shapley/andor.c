/* andor.c - a game as AND terms and OR terms of least total magnitude, by an exact linear
 * program.
 *
 *     v(T) - v(empty) = sum of a(U) over U within T + sum of b(S) over S that meet T
 * Any a may be chosen. Then b = b0 - Q a: b0 are the OR terms of v for a = 0, and column U of Q
 * holds the OR terms of one AND term. sum of |a| + |b| is least at a vertex, where as many
 * terms are zero as there are unknowns. Each step leaves a vertex along the steepest edge,
 * passes kinks as long as the sum falls, and exchanges the zero that it left for the one where
 * it stopped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

#define MOST_PLAYERS 10

/* The terms w that are not zero as functions of those that are zero: w = now + slope z.
 * Index i < m stands for a, i >= m for b, both at the set i % m + 1. */
struct walk {
    int64_t m;                   /* nonempty sets */
    double *slope, *now, *exact; /* slope [m, m]; now = exact + perturbation against ties */
    double *gradient, *length;
    int64_t *zero, *other, *order;
};

/* b0: the OR terms of v without AND terms. v is relative to v(empty). */
static void or_terms(const double *v, int64_t n, double *b)
{
    size_t count = (size_t)1 << n;
    for (size_t i = 0; i < count; i++)
        b[i] = -v[count - 1 - i];
    sx_moebius(b, n);
    b[0] = 0;
}

static double q_of(uint64_t l, uint64_t u)
{
    if ((l & u) != l)
        return 0;
    return __builtin_popcountll(l) % 2 == 1 ? 1 : -1;
}

static bool walk_new(struct walk *w, int64_t n, struct sx_error *error)
{
    *w = (struct walk){.m = ((int64_t)1 << n) - 1};
    size_t m = (size_t)w->m;
    w->slope = sx_new_aligned(m * m, sizeof *w->slope, error);
    w->now = sx_new(m, sizeof *w->now, error);
    w->exact = sx_new(m, sizeof *w->exact, error);
    w->gradient = sx_new(m, sizeof *w->gradient, error);
    w->length = sx_new(m, sizeof *w->length, error);
    w->zero = sx_new(m, sizeof *w->zero, error);
    w->other = sx_new(m, sizeof *w->other, error);
    w->order = sx_new(m, sizeof *w->order, error);
    return w->slope != NULL && w->now != NULL && w->exact != NULL && w->gradient != NULL &&
           w->length != NULL && w->zero != NULL && w->other != NULL && w->order != NULL;
}

static void walk_free(struct walk *w)
{
    free(w->slope);
    free(w->now);
    free(w->exact);
    free(w->gradient);
    free(w->length);
    free(w->zero);
    free(w->other);
    free(w->order);
}

/* The vertex a = 0. */
static void start(struct walk *w, const double *b0)
{
    double scale = 0;
    for (int64_t i = 0; i < w->m; i++)
        scale = fmax(scale, fabs(b0[i + 1]));
    for (int64_t i = 0; i < w->m; i++) {
        w->zero[i] = i;
        w->other[i] = w->m + i;
        w->exact[i] = b0[i + 1];
        w->now[i] = b0[i + 1] + 1e-9 * scale * (0.5 + sx_random_uniform(1, 0, (uint64_t)i));
        for (int64_t j = 0; j < w->m; j++)
            w->slope[i * w->m + j] = -q_of((uint64_t)i + 1, (uint64_t)j + 1);
    }
}

/* The zero whose change, up or down, lowers the sum most steeply. -1 at the minimum. */
static int64_t steepest(struct walk *w, double *direction)
{
    int64_t best = -1;
    double least = -1e-9;
    memset(w->gradient, 0, (size_t)w->m * sizeof *w->gradient);
    for (int64_t i = 0; i < w->m; i++) {
        const double *row = w->slope + i * w->m;
        double sign = w->now[i] > 0 ? 1 : -1;
        for (int64_t j = 0; j < w->m; j++)
            w->gradient[j] += sign * row[j];
    }
    for (int64_t j = 0; j < w->m; j++) {
        double descent = 1 - fabs(w->gradient[j]);
        if (descent < least) {
            least = descent;
            best = j;
            *direction = w->gradient[j] > 0 ? -1 : 1;
        }
    }
    return best;
}

static int by_length(const void *a, const void *b, void *context)
{
    const double *length = context;
    int64_t i, j;
    memcpy(&i, a, sizeof i);
    memcpy(&j, b, sizeof j);
    return (length[i] > length[j]) - (length[i] < length[j]);
}

/* The kink at which the sum stops falling as zero `j` grows in the direction. */
static int64_t last_kink(struct walk *w, int64_t j, double direction)
{
    int64_t n = 0;
    double fall = 1 - fabs(w->gradient[j]);
    for (int64_t i = 0; i < w->m; i++) {
        double d = w->slope[i * w->m + j] * direction;
        if (fabs(d) < 1e-9 || w->now[i] * d > 0)
            continue;
        w->length[i] = -w->now[i] / d;
        w->order[n++] = i;
    }
    qsort_r(w->order, (size_t)n, sizeof *w->order, by_length, w->length);
    for (int64_t k = 0; k < n; k++) {
        fall += 2 * fabs(w->slope[w->order[k] * w->m + j]);
        if (fall >= -1e-12)
            return w->order[k];
    }
    return -1;
}

/* Exchanges the term `row`, which becomes zero, and the zero `j`, which becomes a term. */
static void exchange(struct walk *w, int64_t row, int64_t j)
{
    int64_t m = w->m;
    double *pivot = w->slope + row * m, factor = 1 / pivot[j];
    /* w = c + p z_j + rest becomes z_j = (w - c - rest) / p. */
    for (int64_t k = 0; k < m; k++)
        pivot[k] *= -factor;
    pivot[j] = factor;
    w->now[row] *= -factor;
    w->exact[row] *= -factor;
    for (int64_t i = 0; i < m; i++) {
        double *to = w->slope + i * m, times = to[j];
        if (i == row || times == 0)
            continue;
        to[j] = 0;
        for (int64_t k = 0; k < m; k++)
            to[k] += times * pivot[k];
        w->now[i] += times * w->now[row];
        w->exact[i] += times * w->exact[row];
    }
    int64_t old = w->zero[j];
    w->zero[j] = w->other[row];
    w->other[row] = old;
}

static double total(const double *terms, int64_t m)
{
    double sum = 0;
    for (int64_t i = 1; i <= m; i++)
        sum += fabs(terms[i]);
    return sum;
}

/* The OR terms b that complete v, given a. */
static void follow(const double *v, const double *a, int64_t n, double *b)
{
    size_t count = (size_t)1 << n;
    double left[1 << MOST_PLAYERS];
    memcpy(left, a, count * sizeof *left);
    for (size_t bit = 1; bit < count; bit *= 2)
        for (size_t i = 0; i < count; i++)
            if ((i & bit) != 0)
                left[i] += left[i - bit];
    for (size_t i = 0; i < count; i++)
        left[i] = v[i] - left[i];
    or_terms(left, n, b);
    for (size_t i = 0; i < count; i++)
        if (fabs(b[i]) < 1e-11 * (fabs(v[count - 1]) + 1))
            b[i] = 0;
}

/* Adds the OR terms of single players to their AND terms, which are the same functions. */
static void move_singles(double *a, double *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        a[1 << i] += b[1 << i];
        b[1 << i] = 0;
    }
}

/* Sets a and b for v. If OR terms do not lower the sum, b stays 0. */
static bool solve(const double *v, int64_t n, double *a, double *b, struct sx_error *error)
{
    struct walk w;
    double plain[1 << MOST_PLAYERS];
    size_t count = (size_t)1 << n;
    bool ok = walk_new(&w, n, error);
    if (ok) {
        or_terms(v, n, b);
        start(&w, b);
        double direction = 0;
        /* The sum falls in each step. The bound is a guard against cycles by rounding. */
        for (int64_t step = 0; step < 64 * w.m; step++) {
            int64_t j = steepest(&w, &direction);
            int64_t row = j >= 0 ? last_kink(&w, j, direction) : -1;
            if (row < 0)
                break;
            exchange(&w, row, j);
        }
        memset(a, 0, count * sizeof *a);
        for (int64_t i = 0; i < w.m; i++)
            if (w.other[i] < w.m && fabs(w.exact[i]) > 1e-11)
                a[w.other[i] + 1] = w.exact[i];
        follow(v, a, n, b);
        move_singles(a, b, n);
        memcpy(plain, v, count * sizeof *plain);
        sx_moebius(plain, n);
        if (total(plain, w.m) <= (total(a, w.m) + total(b, w.m)) * (1 + 1e-9)) {
            memcpy(a, plain, count * sizeof *a);
            memset(b, 0, count * sizeof *b);
        }
    }
    walk_free(&w);
    return ok;
}

/* Lists the terms that are not zero, AND before OR. */
static bool list_terms(const struct sx_game *game, const double *a, const double *b,
                       int64_t order, struct sx_interactions *terms, struct sx_error *error)
{
    struct sx_interactions all;
    if (!sx_terms_new(&all, game->live, game->n_live, 1, order, error))
        return false;
    size_t room = 2 * (size_t)all.count + 1;
    terms->first = sx_new(room + 1, sizeof *terms->first, error);
    terms->member = sx_new(2 * (size_t)all.first[all.count] + 1, sizeof *terms->member, error);
    terms->value = sx_new(room, sizeof *terms->value, error);
    terms->is_or = sx_new(room, sizeof *terms->is_or, error);
    bool ok = terms->first != NULL && terms->member != NULL && terms->value != NULL &&
              terms->is_or != NULL;
    for (int64_t k = 0; ok && k < 2 * all.count; k++) {
        const int64_t *member = all.member + all.first[k / 2];
        int64_t size = all.first[k / 2 + 1] - all.first[k / 2], at = terms->first[terms->count];
        uint64_t set = 0;
        for (int64_t i = 0, j = 0; j < game->n_live && i < size; j++)
            if (game->live[j] == member[i]) {
                set |= (uint64_t)1 << j;
                i++;
            }
        double value = k % 2 == 0 ? a[set] : b[set];
        if (value == 0)
            continue;
        memcpy(terms->member + at, member, (size_t)size * sizeof *member);
        terms->value[terms->count] = value;
        terms->is_or[terms->count] = k % 2 == 1;
        terms->first[++terms->count] = at + size;
    }
    sx_interactions_free(&all);
    return ok;
}

bool sx_exact_andor(const struct sx_game *game, int64_t order, struct sx_interactions *terms,
                    struct sx_error *error)
{
    int64_t n = game->n_live;
    double *room = sx_new(3 << MOST_PLAYERS, sizeof *room, error);
    *terms = (struct sx_interactions){0};
    if (room == NULL)
        return false;
    bool ok = true;
    if (n > MOST_PLAYERS)
        ok = sx_fail(error, SX_USAGE, "andor is for at most %d players, not %lld", MOST_PLAYERS,
                     (long long)n);
    double *v = room, *a = room + (1 << MOST_PLAYERS), *b = a + (1 << MOST_PLAYERS);
    for (int64_t i = 0; ok && i < (int64_t)1 << n; i++)
        v[i] = game->table[i] - game->table[0];
    ok = ok && (n == 0 || solve(v, n, a, b, error)) &&
         list_terms(game, a, b, order, terms, error);
    free(room);
    return ok;
}
