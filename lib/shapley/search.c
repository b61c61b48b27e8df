/* search.c - which coalitions within a set are valued, and its best partitions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/partition.h"

/* The largest set all of whose subsets are valued. */
#define MOST_ANY 14

/* ---- Which coalitions ---- */

static void add_bits(uint64_t *set, const struct sx_search *s, uint64_t local)
{
    for (; local != 0; local &= local - 1)
        sx_set_add(set, s->set[__builtin_ctzll(local)]);
}

/* Whether the members `local` are connected. */
static bool hangs_together(const struct sx_search *s, uint64_t local)
{
    size_t words = s->merged.game->words;
    uint64_t reached = local & -local, before = 0;
    while (reached != before) {
        before = reached;
        for (uint64_t left = local & ~reached; left != 0; left &= left - 1) {
            int64_t i = __builtin_ctzll(left);
            for (uint64_t r = before; r != 0; r &= r - 1)
                if (sx_set_has(s->near + (size_t)s->set[__builtin_ctzll(r)] * words, s->set[i]))
                    reached |= (uint64_t)1 << i;
        }
    }
    return reached == local;
}

static bool value_row(struct sx_search *s, struct sx_error *error)
{
    size_t words = s->merged.game->words, m = (size_t)s->m;
    uint64_t *sets = sx_new(m * (m + 1) / 2, words * sizeof *sets, error), *to = sets;
    s->column = sx_new(m * m, sizeof *s->column, error);
    if (sets == NULL || s->column == NULL) {
        free(sets);
        return false;
    }
    int64_t n = 0;
    for (int64_t i = 0; i < s->m; i++)
        for (int64_t j = i; j < s->m; j++, to += words) {
            for (int64_t k = i; k <= j; k++)
                sx_set_add(to, s->set[k]);
            s->column[i * s->m + j] = n++;
        }
    bool ok = sx_merged_add(&s->merged, n, sets, error);
    s->whole = s->column[s->m - 1];
    free(sets);
    return ok;
}

/* Values all subsets, or all connected ones and the whole set. The whole set is always there,
 * so that B lies between B_min and B_max. */
static bool value_subsets(struct sx_search *s, struct sx_error *error)
{
    size_t words = s->merged.game->words, count = (size_t)1 << s->m;
    uint64_t *sets = sx_new(count, words * sizeof *sets, error);
    s->column = sx_new(count, sizeof *s->column, error);
    s->allowed = sx_new(count, sizeof *s->allowed, error);
    bool ok = sets != NULL && s->column != NULL && s->allowed != NULL;
    int64_t n = 0;
    for (size_t local = 1; ok && local < count; local++) {
        s->allowed[local] = s->near == NULL || local + 1 == count || hangs_together(s, local);
        s->column[local] = -1;
        if (!s->allowed[local])
            continue;
        add_bits(sets + (size_t)n * words, s, local);
        s->column[local] = n++;
    }
    ok = ok && sx_merged_add(&s->merged, n, sets, error);
    s->whole = n - 1;
    free(sets);
    return ok;
}

/* Values single players and the whole set. The search values more as it goes on. */
static bool value_few(struct sx_search *s, struct sx_error *error)
{
    size_t words = s->merged.game->words;
    uint64_t *sets = sx_new((size_t)s->m + 1, words * sizeof *sets, error);
    if (sets == NULL)
        return false;
    for (int64_t i = 0; i < s->m; i++) {
        sx_set_add(sets + (size_t)i * words, s->set[i]);
        sx_set_add(sets + (size_t)s->m * words, s->set[i]);
    }
    bool ok = sx_merged_add(&s->merged, s->m + 1, sets, error);
    s->whole = s->m;
    free(sets);
    return ok;
}

/* The expected number of coalitions that are valued. */
static int64_t columns_of(const struct sx_search *s)
{
    if (s->o->partition == SX_CONTIGUOUS)
        return s->m * (s->m + 1) / 2;
    if (!s->greedy)
        return ((int64_t)1 << s->m) - 1;
    return s->o->partition == SX_CONNECTED ? 12 * s->m : 2 * s->m * s->m;
}

bool sx_search_new(struct sx_search *s, struct sx_game *game, const int64_t *set, int64_t m,
                   const struct sx_shapley_options *o, int64_t budget, struct sx_error *error)
{
    const char *sampling = o->sampling != NULL ? o->sampling : "stratified";
    *s = (struct sx_search){.o = o, .set = set, .m = m};
    bool paired = strcmp(sampling, "paired") == 0, uniform = strcmp(sampling, "uniform") == 0;
    if (!paired && !uniform && strcmp(sampling, "stratified") != 0)
        return sx_fail(error, SX_USAGE,
                       "contexts are drawn stratified, uniform or paired, not '%.40s'",
                       sampling);
    s->greedy = o->partition != SX_CONTIGUOUS &&
                (m > MOST_ANY || (game->table == NULL && !o->exact &&
                                  (int64_t)4 << m > budget && game->n_live > m));
    struct sx_merged_options options = {.columns = columns_of(s),
                                        .budget = budget,
                                        .exact = o->exact,
                                        .strata = !uniform && !paired,
                                        .pairs = paired,
                                        .seed = o->seed,
                                        .stream = o->sample};
    bool ok = sx_merged_new(&s->merged, game, set, m, &options, error);
    if (ok && o->partition == SX_CONNECTED)
        ok = o->players != NULL
                 ? sx_players_near(o->players, o->corners, &s->near, error)
                 : sx_fail(error, SX_USAGE, "it is not known who is connected with whom");
    if (ok)
        ok = s->greedy                       ? value_few(s, error)
             : o->partition == SX_CONTIGUOUS ? value_row(s, error)
                                             : value_subsets(s, error);
    if (ok) {
        double scale = 1;
        for (int64_t i = 0; i < s->merged.n; i++)
            if (isfinite(s->merged.u[i]))
                scale = fmax(scale, fabs(s->merged.u[i]));
        s->tie = (o->tie > 0 ? o->tie : 1e-12) * scale;
    } else {
        sx_search_free(s);
    }
    return ok;
}

void sx_search_free(struct sx_search *s)
{
    sx_merged_free(&s->merged);
    free(s->near);
    free(s->column);
    free(s->allowed);
}

/* ---- The best of them ---- */

static bool best_row(const struct sx_search *s, const double *u, double sign, const char *join,
                     struct sx_parted *parted, struct sx_error *error)
{
    size_t m = (size_t)s->m;
    double *room = sx_new(m * m + 2 * m + 2, sizeof *room, error);
    if (room == NULL)
        return false;
    for (size_t i = 0; i < m; i++)
        for (size_t j = i; j < m; j++)
            room[i * m + j] = u[s->column[i * m + j]];
    sx_partition_row(room, s->m, sign, s->tie, join, parted->block, room + m * m);
    free(room);
    return true;
}

static bool best_subsets(const struct sx_search *s, const double *u, double sign, bool finest,
                         struct sx_parted *parted, struct sx_error *error)
{
    size_t count = (size_t)1 << s->m;
    double *worth = sx_new(count, sizeof *worth, error);
    if (worth == NULL)
        return false;
    for (size_t local = 1; local < count; local++)
        worth[local] = s->column[local] >= 0 ? u[s->column[local]] : 0;
    bool ok =
        sx_partition_any(worth, s->allowed, s->m, sign, s->tie, finest, parted->block, error);
    free(worth);
    return ok;
}

/* Sets the columns of the blocks and the sum of their values. */
static void find_columns(const struct sx_search *s, const double *u, struct sx_parted *parted)
{
    parted->sum = 0;
    for (int64_t b = 0; b < s->m; b++) {
        int64_t first = -1, last = -1;
        uint64_t local = 0;
        for (int64_t i = 0; i < s->m; i++)
            if (parted->block[i] == b) {
                first = first < 0 ? i : first;
                last = i;
                local |= s->m <= MOST_ANY ? (uint64_t)1 << i : 0;
            }
        if (first < 0)
            break;
        int64_t at = s->o->partition == SX_CONTIGUOUS ? first * s->m + last : (int64_t)local;
        parted->column[b] = s->column[at];
        parted->n_blocks = b + 1;
        parted->sum += u[parted->column[b]];
    }
}

bool sx_search_best(struct sx_search *s, const double *u, double sign, const char *join,
                    bool finest, struct sx_parted *parted, struct sx_error *error)
{
    bool ok = s->o->partition == SX_CONTIGUOUS
                  ? best_row(s, u, sign, join, parted, error)
                  : best_subsets(s, u, sign, finest, parted, error);
    if (ok)
        find_columns(s, u, parted);
    return ok;
}
