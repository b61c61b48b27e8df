/* merged.c - u(C): the Shapley value of a coalition C as one player without the rest of its set
 * A.
 *
 * Exact, from the table of all coalitions with the Moebius transform a(U):
 *     x(P) = sum of a(U) / (|U \ A| + 1) over the U that meet A in P
 *     u(C) = sum of x(P) over the nonempty P within C
 * Otherwise u(C) is the mean of v(S + C) - v(S) over contexts S whose size is uniform. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/partition.h"

/* Evaluations per call. */
#define CHUNK 4096

/* Lists the live players outside the set. Returns their number. */
static int64_t outsiders(const struct sx_game *game, const int64_t *member, int64_t m,
                         int64_t *other)
{
    int64_t n = 0;
    for (int64_t k = 0; k < game->n_live; k++) {
        bool inside = false;
        for (int64_t i = 0; i < m; i++)
            inside = inside || member[i] == game->live[k];
        if (!inside)
            other[n++] = game->live[k];
    }
    return n;
}

/* ---- From the table ---- */

/* place[bit of the table] becomes the position of that player in A, or -1 outside A. */
static void places_in_set(const struct sx_merged *w, int *place)
{
    for (int64_t k = 0; k < w->game->n_live; k++) {
        place[k] = -1;
        for (int64_t i = 0; i < w->m; i++)
            if (w->member[i] == w->game->live[k])
                place[k] = (int)i;
    }
}

static bool from_table(struct sx_merged *w, struct sx_error *error)
{
    int64_t n = w->game->n_live;
    size_t count = (size_t)1 << n;
    int place[SX_TABLE_PLAYERS];
    w->component = sx_new((size_t)1 << w->m, sizeof *w->component, error);
    if (w->component == NULL || !sx_game_transform(w->game, error))
        return false;
    const double *a = w->game->moebius;
    places_in_set(w, place);
    for (size_t u = 0; u < count; u++) {
        uint64_t part = 0;
        int outside = 0;
        for (size_t rest = u; rest != 0; rest &= rest - 1) {
            int p = place[__builtin_ctzll(rest)];
            if (p >= 0)
                part |= (uint64_t)1 << p;
            else
                outside++;
        }
        w->component[part] += a[u] / (double)(outside + 1);
    }
    return true;
}

/* The sum of components over the subsets of a set, which is given by the game's players. */
static double u_from_components(const struct sx_merged *w, const uint64_t *set)
{
    uint64_t local = 0;
    double sum = 0;
    for (int64_t i = 0; i < w->m; i++)
        local |= (uint64_t)sx_set_has(set, w->member[i]) << i;
    for (uint64_t part = local; part != 0; part = (part - 1) & local)
        sum += w->component[part];
    return sum;
}

/* ---- From contexts ---- */

static bool draw_contexts(struct sx_merged *w, const struct sx_merged_options *o,
                          const int64_t *other, int64_t r, struct sx_error *error)
{
    double *part = sx_new((size_t)r + 1, sizeof *part, error);
    double all = r < 40 ? ldexp(1, (int)r) : INFINITY;
    double least = o->pairs ? 4 : 2; /* two units; a single one has no scatter */
    double each = fmax(least, (double)o->budget / (double)(o->columns + 1));
    if (part == NULL)
        return false;
    for (int64_t s = 0; s <= r; s++)
        part[s] = 1 / (double)(r + 1);
    struct sx_draw_options draw = {.player = other,
                                   .n = r,
                                   .words = w->game->words,
                                   .part = part,
                                   .share = part,
                                   .strata = o->strata,
                                   .pairs = o->pairs,
                                   .seed = o->seed,
                                   .stream = o->stream};
    if (o->exact || each >= all) {
        draw.strata = true;
        draw.pairs = false;
        each = all;
    }
    draw.budget = (int64_t)each;
    w->most = o->budget / draw.budget - 1;
    bool ok = sx_draw_new(&w->draw, &draw, error);
    free(part);
    w->exact = ok && w->draw.whole;
    if (o->exact)
        w->most = INT64_MAX;
    w->alone = ok ? sx_new((size_t)w->draw.count + 1, sizeof *w->alone, error) : NULL;
    return w->alone != NULL &&
           sx_game_values(w->game, w->draw.count, w->draw.coalition, w->alone, error);
}

bool sx_merged_new(struct sx_merged *w, struct sx_game *game, const int64_t *member, int64_t m,
                   const struct sx_merged_options *o, struct sx_error *error)
{
    *w = (struct sx_merged){.game = game, .member = member, .m = m};
    int64_t *other = sx_new((size_t)game->n_live + 1, sizeof *other, error);
    if (other == NULL)
        return false;
    int64_t r = outsiders(game, member, m, other);
    bool ok;
    if (game->table != NULL && m <= SX_TABLE_PLAYERS && !game->keep_nonfinite) {
        w->exact = true;
        w->most = INT64_MAX;
        ok = from_table(w, error);
    } else if (o->exact && r > SX_TABLE_PLAYERS) {
        ok = sx_fail(error, SX_USAGE, "%lld players outside the set are too many for --exact",
                     (long long)r);
    } else {
        ok = draw_contexts(w, o, other, r, error);
    }
    free(other);
    if (!ok)
        sx_merged_free(w);
    return ok;
}

void sx_merged_free(struct sx_merged *w)
{
    sx_draw_free(&w->draw);
    free(w->component);
    free(w->alone);
    free(w->set);
    free(w->u);
    free(w->f);
    *w = (struct sx_merged){0};
}

static bool make_room(struct sx_merged *w, int64_t more, struct sx_error *error)
{
    if (w->n + more <= w->room)
        return true;
    int64_t room = w->room * 2 > w->n + more ? w->room * 2 : w->n + more;
    size_t size, contexts = (size_t)w->draw.count;
    if (!sx_size_mul(&size, (size_t)room, w->game->words * sizeof *w->set + 1) ||
        !sx_size_mul(&size, (size_t)room, (contexts + 1) * sizeof *w->f))
        return sx_fail(error, SX_MEMORY, "out of memory");
    uint64_t *set = realloc(w->set, (size_t)room * w->game->words * sizeof *set);
    w->set = set != NULL ? set : w->set;
    double *u = realloc(w->u, (size_t)room * sizeof *u);
    w->u = u != NULL ? u : w->u;
    double *f = realloc(w->f, (size_t)room * contexts * sizeof *f + 1);
    w->f = f != NULL ? f : w->f;
    if (set == NULL || u == NULL || f == NULL)
        return sx_fail(error, SX_MEMORY, "out of memory");
    w->room = room;
    return true;
}

/* Evaluates several columns together if there are few contexts, so that batches are full. */
static bool add_columns(struct sx_merged *w, int64_t n, const uint64_t *sets,
                        struct sx_error *error)
{
    int64_t contexts = w->draw.count, together = CHUNK / (contexts > 0 ? contexts : 1) + 1;
    size_t words = w->game->words;
    uint64_t *coalition =
        sx_new((size_t)(together * contexts), words * sizeof *coalition, error);
    double *value = sx_new((size_t)(together * contexts), sizeof *value, error);
    bool ok = coalition != NULL && value != NULL;
    for (int64_t done = 0; ok && done < n; done += together) {
        int64_t now = n - done < together ? n - done : together;
        for (int64_t i = 0; i < now * contexts; i++)
            for (size_t k = 0; k < words; k++)
                coalition[(size_t)i * words + k] =
                    w->draw.coalition[(size_t)(i % contexts) * words + k] |
                    sets[(size_t)(done + i / contexts) * words + k];
        ok = sx_game_values(w->game, now * contexts, coalition, value, error);
        for (int64_t i = 0; ok && i < now * contexts; i++)
            w->f[(w->n + done) * contexts + i] = value[i] - w->alone[i % contexts];
    }
    free(coalition);
    free(value);
    return ok;
}

/* Whether set i equals an earlier set, apart from null players. */
static bool is_repeated(const struct sx_merged *w, int64_t i)
{
    size_t words = w->game->words;
    const uint64_t *set = w->set + (size_t)i * words, *live = w->game->live_set;
    for (int64_t j = 0; j < i; j++) {
        bool same = true;
        for (size_t k = 0; same && k < words; k++)
            same = ((set[k] ^ w->set[(size_t)j * words + k]) & live[k]) == 0;
        if (same)
            return true;
    }
    return false;
}

bool sx_merged_add(struct sx_merged *w, int64_t n, const uint64_t *sets, struct sx_error *error)
{
    if (!make_room(w, n, error))
        return false;
    size_t words = w->game->words;
    memcpy(w->set + (size_t)w->n * words, sets, (size_t)n * words * sizeof *sets);
    if (w->component == NULL && !add_columns(w, n, sets, error))
        return false;
    for (int64_t i = w->n; i < w->n + n; i++) {
        w->u[i] = 0;
        if (w->component != NULL)
            w->u[i] = u_from_components(w, w->set + (size_t)i * words);
        for (int64_t c = 0; w->component == NULL && c < w->draw.count; c++)
            w->u[i] += w->draw.weight[c] * w->f[i * w->draw.count + c];
        w->most += w->most < INT64_MAX && is_repeated(w, i); /* a repeated set is free */
    }
    w->n += n;
    return true;
}

/* Removes the bad contexts. The others of the same size get their weights. */
static void leave_out(struct sx_draw *draw, const bool *bad, size_t words)
{
    for (int64_t i = 0; i < draw->count; i++) {
        if (!bad[i])
            continue;
        int64_t size = sx_set_count(draw->coalition + (size_t)i * words, words);
        double left = 0, lost = draw->weight[i];
        for (int64_t k = 0; k < draw->count; k++)
            if (k != i && sx_set_count(draw->coalition + (size_t)k * words, words) == size)
                left += draw->weight[k];
        for (int64_t k = 0; k < draw->count && left > 0; k++)
            if (k != i && sx_set_count(draw->coalition + (size_t)k * words, words) == size)
                draw->weight[k] *= (left + lost) / left;
        draw->weight[i] = 0;
    }
}

bool sx_merged_skip(struct sx_merged *w, int64_t *skipped, struct sx_error *error)
{
    int64_t contexts = w->draw.count;
    bool *bad = sx_new((size_t)contexts + 1, sizeof *bad, error);
    *skipped = 0;
    if (bad == NULL)
        return false;
    for (int64_t c = 0; c < contexts; c++) {
        for (int64_t i = 0; i < w->n; i++)
            bad[c] = bad[c] || !isfinite(w->f[i * contexts + c]);
        *skipped += bad[c];
        for (int64_t i = 0; bad[c] && i < w->n; i++)
            w->f[i * contexts + c] = 0;
    }
    if (*skipped > 0)
        leave_out(&w->draw, bad, w->game->words);
    for (int64_t i = 0; *skipped > 0 && i < w->n; i++) {
        w->u[i] = 0;
        for (int64_t c = 0; c < contexts; c++)
            w->u[i] += w->draw.weight[c] * w->f[i * contexts + c];
    }
    free(bad);
    return *skipped < contexts ||
           sx_fail(error, SX_FAILED, "no context has finite values alone");
}
