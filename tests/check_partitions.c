/* check_partitions.c - B, B_max, B_min and T against their definition: u by orders of players,
 * every partition tried, players renamed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "games.h"
#include "sextant/shapley.h"
#include "suite.h"

#define MOST 6

static struct game_table t; /* too large for the stack */

/* Players in two rows of three: 0 1 2 over 3 4 5. */
static struct sx_players *grid(void)
{
    struct sx_shape shape = {4, {1, 1, 2, 3}};
    struct sx_error error = {0};
    struct sx_players *p = sx_players_new(&shape, "patches:1x1", SX_LAYOUT_AUTO, &error);
    ck_assert_msg(p != NULL, "%s", error.message);
    return p;
}

static struct sx_benefit benefit_of(const struct game_table *game, int64_t m,
                                    const int64_t *set, const struct sx_shapley_options *o)
{
    static struct game_table copy;
    struct sx_error error = {0};
    struct sx_benefit got;
    copy = *game;
    struct sx_game *g = game_of(&copy);
    ck_assert_msg(sx_benefit(g, set, m, o, &got, &error), "%s", error.message);
    sx_game_free(g);
    return got;
}

/* ---- u(C) ---- */

/* Sums v(before with C) - v(before) over the orders of C and the players in `left`. */
static void arrive(int before, int left, int block, double *sum, double *orders)
{
    double after = 1; /* C comes next; the remaining players follow in any order */
    for (int i = __builtin_popcount((unsigned)left); i > 1; i--)
        after *= i;
    *sum += after * (t.v[before | block] - t.v[before]);
    *orders += after;
    for (int i = 0; i < t.n; i++)
        if ((left >> i & 1) != 0)
            arrive(before | 1 << i, left ^ 1 << i, block, sum, orders);
}

/* u(block): the Shapley value of the block as one player where the rest of the set is absent. */
static double u(int set, int block)
{
    double sum = 0, orders = 0;
    arrive(0, ((1 << t.n) - 1) & ~set, block, &sum, &orders);
    return sum / orders;
}

/* ---- Every partition ---- */

struct kind {
    enum sx_partition partition;
    bool corners;
};

/* Whether a block is allowed: its players are connected by neighbours, in the row of the set or
 * on the grid. */
static bool may_be(const struct kind *kind, int set, int block)
{
    int seen = block & -block, members[MOST], m = 0;
    if (kind->partition == SX_ANY || block == set)
        return true;
    for (int i = 0; i < t.n; i++)
        if ((set >> i & 1) != 0)
            members[m++] = i;
    for (int grown = 0; grown != seen;) {
        grown = seen;
        for (int a = 0; a < m; a++)
            for (int b = 0; b < m; b++) {
                int i = members[a], j = members[b];
                int down = abs(i / 3 - j / 3), across = abs(i % 3 - j % 3);
                bool touch = kind->partition == SX_CONTIGUOUS ? abs(a - b) == 1
                             : kind->corners                  ? down <= 1 && across <= 1
                                                              : down + across == 1;
                if (touch && (seen >> i & 1) != 0 && (block >> j & 1) != 0)
                    seen |= 1 << j;
            }
    }
    return seen == block;
}

static double best_of(const struct kind *kind, int set, int left, double sign)
{
    int first = left & -left, others = left ^ first;
    double best = left == 0 ? 0 : -INFINITY;
    for (int more = others; left != 0; more = (more - 1) & others) {
        if (may_be(kind, set, first | more))
            best = fmax(best,
                        sign * u(set, first | more) + best_of(kind, set, others ^ more, sign));
        if (more == 0)
            break;
    }
    return best;
}

static double worth(int set, const int64_t *members, const int64_t *block, int64_t m)
{
    double sum = 0;
    for (int64_t b = 0; b < m; b++) {
        int bits = 0;
        for (int64_t i = 0; i < m; i++)
            bits |= block[i] == b ? 1 << members[i] : 0;
        sum += bits != 0 ? u(set, bits) : 0;
    }
    return sum;
}

static const struct kind kinds[] = {
    {SX_CONTIGUOUS, false}, {SX_ANY, false}, {SX_CONNECTED, false}, {SX_CONNECTED, true}};

START_TEST(test_definition)
{
    struct sx_players *p = grid();
    for (size_t k = 0; k < 4; k++)
        for (int set = 1; set < 1 << MOST; set += 1 + (int)k) {
            int64_t members[MOST], m = 0;
            double singles = 0;
            for (int i = 0; i < MOST; i++)
                if ((set >> i & 1) != 0)
                    members[m++] = i;
            game_random(&t, MOST, (uint64_t)set);
            struct sx_shapley_options o = {
                .partition = kinds[k].partition, .corners = kinds[k].corners, .players = p};
            struct sx_benefit got = benefit_of(&t, m, members, &o);
            for (int64_t i = 0; i < m; i++) {
                ck_assert_double_eq_tol(got.single[i], u(set, 1 << members[i]), 1e-11);
                singles += got.single[i];
            }
            ck_assert_double_eq_tol(got.together, u(set, set), 1e-11);
            ck_assert_double_eq_tol(got.B, got.together - singles, 1e-11);
            double max = best_of(&kinds[k], set, set, 1),
                   min = -best_of(&kinds[k], set, set, -1);
            ck_assert_msg(fabs(got.B_max - (max - singles)) < 1e-10,
                          "kind %d, set %d: %g, not %g", (int)k, set, got.B_max, max - singles);
            ck_assert_double_eq_tol(got.B_min, min - singles, 1e-10);
            ck_assert_double_eq_tol(got.T, max - min, 1e-10);
            ck_assert_double_eq_tol(worth(set, members, got.block_max, m), max, 1e-10);
            ck_assert_double_eq_tol(worth(set, members, got.block_min, m), min, 1e-10);
            sx_benefit_free(&got);
        }
    sx_players_free(p);
}
END_TEST

/* ---- Renamed players ---- */

/* The game in which player to[i] is player i of t. */
static struct game_table renamed(const int64_t *to)
{
    struct game_table other = {.n = t.n};
    for (int s = 0; s < 1 << t.n; s++) {
        int named = 0;
        for (int i = 0; i < t.n; i++)
            named |= (s >> i & 1) << to[i];
        other.v[named] = t.v[s];
    }
    return other;
}

/* Lists the players of the set in the order of their new names: to[set[from[i]]] ascends. */
static void rename_set(const int64_t *set, int64_t m, const int64_t *to, int64_t *named,
                       int64_t *from)
{
    int64_t n = 0;
    for (int64_t name = 0; name < t.n; name++)
        for (int64_t i = 0; i < m; i++)
            if (to[set[i]] == name) {
                from[n] = i;
                named[n++] = name;
            }
}

static void same_but_names(int64_t m, const int64_t *set, const int64_t *to,
                           const struct sx_shapley_options *o)
{
    static struct game_table other;
    int64_t named[MOST], from[MOST];
    other = renamed(to);
    rename_set(set, m, to, named, from);
    struct sx_benefit a = benefit_of(&t, m, set, o), b = benefit_of(&other, m, named, o);
    ck_assert_double_eq_tol(a.B, b.B, 1e-11);
    ck_assert_double_eq_tol(a.B_max, b.B_max, 1e-11);
    ck_assert_double_eq_tol(a.B_min, b.B_min, 1e-11);
    ck_assert_double_eq_tol(a.T, b.T, 1e-11);
    for (int64_t i = 0; i < m; i++) {
        ck_assert_double_eq_tol(b.single[i], a.single[from[i]], 1e-11);
        for (int64_t j = 0; j < m; j++) {
            ck_assert((a.block_max[from[i]] == a.block_max[from[j]]) ==
                      (b.block_max[i] == b.block_max[j]));
            ck_assert((a.block_min[from[i]] == a.block_min[from[j]]) ==
                      (b.block_min[i] == b.block_min[j]));
        }
    }
    sx_benefit_free(&a);
    sx_benefit_free(&b);
}

/* Players are shuffled for partitions of any kind, reversed for contiguous ones, and reflected
 * on the grid for connected ones. */
START_TEST(test_names)
{
    static const int64_t sets[][MOST] = {{0, 1, 2, 3, 4, 5}, {1, 2, 4, 5}, {0, 3, 4}};
    static const int64_t sizes[] = {6, 4, 3}, shuffled[] = {4, 2, 5, 0, 3, 1},
                         reversed[] = {5, 4, 3, 2, 1, 0}, reflected[] = {2, 1, 0, 5, 4, 3};
    struct sx_players *p = grid();
    for (uint64_t seed = 0; seed < 30; seed++)
        for (int k = 0; k < 3; k++) {
            struct sx_shapley_options any = {.partition = SX_ANY}, row = {0};
            struct sx_shapley_options connected = {
                .partition = SX_CONNECTED, .players = p, .corners = seed % 2 == 1};
            game_random(&t, MOST, 100 + seed);
            same_but_names(sizes[k], sets[k], shuffled, &any);
            same_but_names(sizes[k], sets[k], reversed, &row);
            same_but_names(sizes[k], sets[k], reflected, &connected);
        }
    sx_players_free(p);
}
END_TEST

/* The game 7 - 3 v: u is scaled by -3, so the best and the worst partition are exchanged. */
START_TEST(test_linear)
{
    static const int64_t set[] = {0, 2, 3, 5};
    static struct game_table other;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct sx_shapley_options o = {.partition = seed % 2 == 0 ? SX_ANY : SX_CONTIGUOUS};
        game_random(&t, MOST, 200 + seed);
        other = t;
        for (int s = 0; s < 1 << MOST; s++)
            other.v[s] = 7 - 3 * t.v[s];
        struct sx_benefit a = benefit_of(&t, 4, set, &o), b = benefit_of(&other, 4, set, &o);
        ck_assert_double_eq_tol(b.B, -3 * a.B, 1e-11);
        ck_assert_double_eq_tol(b.B_max, -3 * a.B_min, 1e-11);
        ck_assert_double_eq_tol(b.B_min, -3 * a.B_max, 1e-11);
        ck_assert_double_eq_tol(b.T, 3 * a.T, 1e-11);
        ck_assert_int_eq(memcmp(a.block_max, b.block_min, 4 * sizeof *a.block_max), 0);
        sx_benefit_free(&a);
        sx_benefit_free(&b);
    }
}
END_TEST

/* Null players within the set and outside of it, dropped from the game or not, change neither B
 * nor T. */
START_TEST(test_nulls)
{
    static const bool is_null[] = {false, true, false, false, true, false};
    static const int64_t three[] = {0, 1, 2}, four[] = {0, 1, 2, 3};
    static struct game_table small;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct sx_shapley_options o = {.partition = SX_ANY};
        struct sx_error error = {0};
        game_random(&small, 4, seed);
        t = (struct game_table){.n = 6};
        for (int s = 0; s < 64; s++)
            t.v[s] = small.v[(s & 1) | (s >> 1 & 6) | (s >> 2 & 8)];
        struct sx_benefit want = benefit_of(&small, 3, three, &o);
        for (int found = 0; found <= 1; found++) {
            struct sx_benefit got;
            struct sx_game *g = game_of(&t);
            if (found == 1)
                sx_game_drop(g, is_null);
            ck_assert(sx_benefit(g, four, 4, &o, &got, &error));
            ck_assert_double_eq_tol(got.B, want.B, 1e-11);
            ck_assert_double_eq_tol(got.B_max, want.B_max, 1e-11);
            ck_assert_double_eq_tol(got.B_min, want.B_min, 1e-11);
            ck_assert_double_eq_tol(got.single[1], 0, 1e-11);
            /* player 1 is a null player: joining it to a block gives a tie, so it is a block of
             * its own */
            for (int64_t i = 0; i < 4; i++)
                ck_assert(i == 1 || (got.block_max[i] != got.block_max[1] &&
                                     got.block_min[i] != got.block_min[1]));
            sx_benefit_free(&got);
            sx_game_free(g);
        }
        sx_benefit_free(&want);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("all");
    SUITE_ADD(c, test_definition, test_names, test_linear, test_nulls);
    return suite_run();
}
