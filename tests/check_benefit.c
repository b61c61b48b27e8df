/* check_benefit.c - B, B_max, B_min and T: worked examples, axioms, and errors of estimates. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "games.h"
#include "sextant/shapley.h"
#include "suite.h"

static struct game_table t; /* too large for the stack */

static struct sx_benefit benefit_of(struct sx_game *game, int64_t m, const int64_t *set,
                                    const struct sx_shapley_options *o)
{
    struct sx_error error = {0};
    struct sx_benefit got;
    ck_assert_msg(sx_benefit(game, set, m, o, &got, &error), "%s", error.message);
    return got;
}

static const int64_t all[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* Writes blocks as text: "01|2" for the blocks {0,1} and {2} of positions. */
static const char *blocks_of(const int64_t *block, int64_t m)
{
    static char text[100];
    char *at = text;
    for (int64_t b = 0; b < m; b++) {
        for (int64_t i = 0; i < m; i++)
            if (block[i] == b)
                *at++ = (char)('0' + i);
        *at++ = '|';
    }
    while (at > text && at[-1] == '|')
        at--;
    *at = '\0';
    return text;
}

/* Compares B, B_max, B_min, T, the partitions and u of single players. NULL: not compared. */
static void expect(int64_t m, const int64_t *set, enum sx_partition partition, double B,
                   double B_max, double B_min, double T, const char *max, const char *min,
                   const double *single)
{
    struct sx_shapley_options o = {.partition = partition};
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, m, set, &o);
    ck_assert_double_eq_tol(got.B, B, 1e-9);
    ck_assert_double_eq_tol(got.B_max, B_max, 1e-9);
    ck_assert_double_eq_tol(got.B_min, B_min, 1e-9);
    ck_assert_double_eq_tol(got.T, T, 1e-9);
    ck_assert(got.exact && got.T_error == 0 && got.T_corrected == got.T);
    if (max != NULL)
        ck_assert_str_eq(blocks_of(got.block_max, m), max);
    if (min != NULL)
        ck_assert_str_eq(blocks_of(got.block_min, m), min);
    for (int64_t i = 0; single != NULL && i < m; i++)
        ck_assert_double_eq_tol(got.single[i], single[i], 1e-9);
    sx_benefit_free(&got);
    sx_game_free(g);
}

/* ---- Worked examples ---- */

START_TEST(test_g1)
{
    static const double v[] = {0, 1, 2, 5, 3, 4, 6, 10};
    static const int64_t s02[] = {0, 2};
    t = (struct game_table){.n = 3};
    memcpy(t.v, v, sizeof v);
    expect(2, all, SX_CONTIGUOUS, 2.5, 2.5, 0, 2.5, "01", "0|1", (const double[]){1, 2.5});
    expect(2, all + 1, SX_CONTIGUOUS, 1.5, 1.5, 0, 1.5, "01", "0|1", (const double[]){3, 3});
    expect(2, s02, SX_CONTIGUOUS, 0.5, 0.5, 0, 0.5, "01", "0|1", (const double[]){2, 3.5});
    expect(3, all, SX_CONTIGUOUS, 4, 4, 0, 4, "012", "0|1|2", (const double[]){1, 2, 3});
    expect(1, all, SX_CONTIGUOUS, 0, 0, 0, 0, "0", "0", (const double[]){7.0 / 3});
}
END_TEST

static double and3(const double *x)
{
    return x[0] * x[1] * x[2];
}

static double or3(const double *x)
{
    return x[0] + x[1] + x[2] > 0;
}

static double xor3(const double *x)
{
    return fmod(x[0] + x[1] + x[2], 2);
}

static double maj3(const double *x)
{
    return x[0] + x[1] + x[2] > 1;
}

/* The component of a set of positions, in bits. */
static double component(const struct sx_benefit *b, int wanted)
{
    const struct sx_interactions *c = &b->components;
    for (int64_t k = 0; k < c->count; k++) {
        int bits = 0;
        for (int64_t i = c->first[k]; i < c->first[k + 1]; i++)
            bits |= 1 << c->member[i];
        if (bits == wanted)
            return c->value[k];
    }
    ck_abort_msg("no component %d", wanted);
}

static void components(double pair, double triple)
{
    struct sx_shapley_options o = {0};
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 3, all, &o);
    for (int bits = 3; bits <= 6; bits++)
        if (bits != 4)
            ck_assert_double_eq_tol(component(&got, bits), pair, 1e-9);
    ck_assert_double_eq_tol(component(&got, 7), triple, 1e-9);
    sx_benefit_free(&got);
    sx_game_free(g);
}

START_TEST(test_logic)
{
    static const double zeros[3] = {0}, ones[] = {1, 1, 1};
    game_fill(&t, 3, and3);
    expect(3, all, SX_CONTIGUOUS, 1, 1, 0, 1, "012", "0|1|2", zeros);
    expect(2, all, SX_CONTIGUOUS, 0.5, 0.5, 0, 0.5, "01", "0|1", zeros);
    components(0, 1);
    game_fill(&t, 3, or3);
    expect(3, all, SX_CONTIGUOUS, -2, 0, -2, 2, "0|1|2", "012", ones);
    components(-1, 1);
    game_fill(&t, 3, xor3);
    expect(3, all, SX_CONTIGUOUS, -2, 0, -2, 2, "0|1|2", "0|12", ones);
    components(-2, 4);
    game_fill(&t, 3, maj3);
    expect(3, all, SX_CONTIGUOUS, 1, 1, 0, 1, "0|12", "0|1|2", zeros);
    components(1, -2);
}
END_TEST

static double add_multiply(const double *x)
{
    return x[0] + x[1] * x[2] + x[3] * x[4] + x[5] + x[6];
}

static double and_or(const double *x)
{
    return x[0] + x[1] * x[2] + x[3] * x[4] + x[5] + x[6] > 0;
}

static double exponential(const double *x)
{
    return pow(x[0], x[1]) + pow(x[2], x[3]) + x[4] + x[5];
}

START_TEST(test_expressions)
{
    static const double u[] = {0, -1, 0, -1, 1, 1};
    game_fill(&t, 7, add_multiply);
    expect(7, all, SX_CONTIGUOUS, 2, 2, 0, 2, "0|12|34|5|6", "0|1|2|3|4|5|6", NULL);
    expect(4, all + 1, SX_CONTIGUOUS, 2, 2, 0, 2, "01|23", "0|1|2|3", NULL);
    game_fill(&t, 7, and_or);
    expect(7, all, SX_CONTIGUOUS, -2, 2, -2, 4, "0|12|34|5|6", "0123456", NULL);
    game_fill(&t, 6, exponential);
    expect(6, all, SX_CONTIGUOUS, 2, 2, 0, 2, "01|23|4|5", "0|1|2|3|4|5", u);
}
END_TEST

START_TEST(test_shapley_values)
{
    static double (*const f[])(const double *) = {add_multiply, and_or, exponential};
    static const double sv[3][7] = {
        {1, 0.5, 0.5, 0.5, 0.5, 1, 1},
        {29.0 / 105, 3.0 / 70, 3.0 / 70, 3.0 / 70, 3.0 / 70, 29.0 / 105, 29.0 / 105},
        {0.5, -0.5, 0.5, -0.5, 1, 1, 0}};
    for (int k = 0; k < 3; k++) {
        struct sx_error error = {0};
        struct sx_interactions got;
        struct sx_shapley_options o = {.index = "sv"};
        game_fill(&t, k == 2 ? 6 : 7, f[k]);
        struct sx_game *g = game_of(&t);
        ck_assert(sx_interact(g, &o, &got, &error));
        for (int64_t i = 0; i < got.count; i++)
            ck_assert_double_eq_tol(got.value[i], sv[k][i], 1e-9);
        sx_interactions_free(&got);
        sx_game_free(g);
    }
}
END_TEST

static double opposite(const double *x)
{
    return 3 * x[0] * x[1] - 2 * x[1] * x[2] + x[2] * x[3];
}

static double opposite_in_context(const double *x)
{
    return 3 * x[0] * x[1] * x[4] - 2 * x[1] * x[2] + x[2] * x[3];
}

START_TEST(test_opposite_signs)
{
    struct sx_shapley_options o = {0};
    game_fill(&t, 4, opposite);
    expect(4, all, SX_CONTIGUOUS, 2, 4, -2, 6, "01|23", "0|12|3", NULL);
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 4, all, &o);
    ck_assert_double_eq_tol(component(&got, 3), 3, 1e-9);
    ck_assert_double_eq_tol(component(&got, 6), -2, 1e-9);
    ck_assert_double_eq_tol(component(&got, 12), 1, 1e-9);
    ck_assert_double_eq_tol(component(&got, 15), 0, 1e-9);
    sx_benefit_free(&got);
    sx_game_free(g);
    game_fill(&t, 5, opposite_in_context);
    expect(4, all, SX_CONTIGUOUS, 0.5, 2.5, -2, 4.5, "01|23", "0|12|3", NULL);
}
END_TEST

static double not_neighbours(const double *x)
{
    return 2 * x[0] * x[2] - x[1];
}

START_TEST(test_contiguity)
{
    game_fill(&t, 3, not_neighbours);
    expect(3, all, SX_CONTIGUOUS, 2, 2, 0, 2, "012", "0|1|2", NULL);
    expect(3, all, SX_ANY, 2, 2, 0, 2, "02|1", "0|1|2", NULL);
}
END_TEST

/* ---- The best partition ---- */

/* The best sum over all partitions of 0..m-1 into runs. Bit i of a cut separates i and i + 1. */
static double by_trying(const struct sx_benefit *singles, int64_t m, double sign,
                        double (*u)(int64_t, int64_t))
{
    double best = -INFINITY;
    (void)singles;
    for (int64_t cuts = 0; cuts < (int64_t)1 << (m - 1); cuts++) {
        double sum = 0;
        for (int64_t i = 0, from = 0; i < m; i++)
            if (i == m - 1 || (cuts >> i & 1) != 0) {
                sum += u(from, i);
                from = i + 1;
            }
        best = fmax(best, sign * sum);
    }
    return sign * best;
}

/* In a game without other players, u(C) = v(C) - v(none). */
static double u_interval(int64_t from, int64_t to)
{
    int64_t bits = 0;
    for (int64_t i = from; i <= to; i++)
        bits |= (int64_t)1 << i;
    return t.v[bits] - t.v[0];
}

START_TEST(test_intervals)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        int64_t m = 2 + (int64_t)seed % 7;
        struct sx_shapley_options o = {0};
        game_random(&t, m, seed);
        struct sx_game *g = game_of(&t);
        struct sx_benefit got = benefit_of(g, m, all, &o);
        double sum = 0;
        for (int64_t i = 0; i < m; i++)
            sum += u_interval(i, i);
        ck_assert_double_eq_tol(got.B_max + sum, by_trying(&got, m, 1, u_interval), 1e-9);
        ck_assert_double_eq_tol(got.B_min + sum, by_trying(&got, m, -1, u_interval), 1e-9);
        for (int64_t j = 0; j < got.n_links; j++) /* random numbers have no ties */
            ck_assert(!got.link[j].tied &&
                      (got.link[j].gain_max > 0) == (got.block_max[j] == got.block_max[j + 1]));
        sx_benefit_free(&got);
        sx_game_free(g);
    }
}
END_TEST

START_TEST(test_ties)
{
    struct sx_shapley_options o = {0};
    game_fill(&t, 7, add_multiply);
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 7, all, &o);
    ck_assert_int_eq(got.n_links, 6);
    for (int64_t j = 0; j < 6; j++) {
        bool product = j == 1 || j == 3;
        ck_assert_double_eq(got.link[j].max, product);
        ck_assert_double_eq(got.link[j].min, 0);
        ck_assert(got.link[j].tied == !product);
        ck_assert_double_eq_tol(got.link[j].gain_max, product ? 1 : 0, 1e-12);
    }
    sx_benefit_free(&got);
    o.partition = SX_ANY;
    got = benefit_of(g, 7, all, &o);
    ck_assert_int_eq(got.n_links, 21);
    for (int64_t k = 0; k < got.n_links; k++) {
        const struct sx_link *l = &got.link[k];
        bool product = l->j == l->i + 1 && (l->i == 1 || l->i == 3);
        ck_assert_double_eq(l->max, product);
    }
    sx_benefit_free(&got);
    sx_game_free(g);
}
END_TEST

static double large_and_small(const double *x)
{
    return 1000 * x[0] + 0.5 * x[0] * x[1];
}

/* Sums are equal up to the tolerance times the largest u, which is 1000.5. */
START_TEST(test_tolerance_of_ties)
{
    static const double ties[] = {1e-3, 4e-4, 0};
    game_fill(&t, 2, large_and_small);
    for (int k = 0; k < 3; k++) {
        struct sx_shapley_options o = {.tie = ties[k]};
        struct sx_game *g = game_of(&t);
        struct sx_benefit got = benefit_of(g, 2, all, &o);
        ck_assert_str_eq(blocks_of(got.block_max, 2), k == 0 ? "0|1" : "01");
        sx_benefit_free(&got);
        sx_game_free(g);
    }
}
END_TEST

/* Contiguous partitions are among all partitions. On a line they are the connected partitions. */
START_TEST(test_kinds)
{
    struct sx_shape shape = {2, {1, 6}};
    struct sx_error error = {0};
    struct sx_players *p = sx_players_new(&shape, "elements", SX_LAYOUT_AUTO, &error);
    for (uint64_t seed = 0; seed < 10; seed++) {
        game_random(&t, 6, seed);
        struct sx_game *g = game_of(&t);
        struct sx_shapley_options o = {.players = p};
        struct sx_benefit row = benefit_of(g, 5, all, &o);
        o.partition = SX_ANY;
        struct sx_benefit any = benefit_of(g, 5, all, &o);
        o.partition = SX_CONNECTED;
        struct sx_benefit connected = benefit_of(g, 5, all, &o);
        ck_assert_double_ge(any.T, row.T - 1e-12);
        ck_assert_double_eq_tol(connected.T, row.T, 1e-12);
        ck_assert_str_eq(blocks_of(connected.block_max, 5), blocks_of(row.block_max, 5));
        ck_assert_double_eq_tol(any.B, row.B, 1e-12);
        sx_benefit_free(&row);
        sx_benefit_free(&any);
        sx_benefit_free(&connected);
        sx_game_free(g);
    }
    sx_players_free(p);
}
END_TEST

/* A game of 16 players with known pairs. Greedy merging finds the partition of the exact
 * search. */
static double pairs_far_apart(const double *x)
{
    double sum = 0;
    for (int i = 0; i < 8; i++)
        sum += (i % 2 == 0 ? 2 : -1) * x[i] * x[i + 8];
    return sum;
}

START_TEST(test_greedy_partitions)
{
    struct sx_shapley_options o = {.partition = SX_ANY};
    game_fill(&t, 16, pairs_far_apart);
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 16, all, &o);
    ck_assert(got.greedy);
    ck_assert_double_eq_tol(got.B_max, 8, 1e-9);
    ck_assert_double_eq_tol(got.B_min, -4, 1e-9);
    for (int64_t i = 0; i < 8; i++) {
        ck_assert((got.block_max[i] == got.block_max[i + 8]) == (i % 2 == 0));
        ck_assert((got.block_min[i] == got.block_min[i + 8]) == (i % 2 == 1));
    }
    sx_benefit_free(&got);
    sx_game_free(g);
}
END_TEST

/* In a row, {1, 2} gains most, then {3} joins it. Player 1 does better with player 0, so it moves. */
static double best_after_a_move(const double *x)
{
    return 3 * x[1] * x[2] + 2 * x[2] * x[3] - x[1] * x[3] + 2.5 * x[0] * x[1] -
           9 * x[0] * (x[2] + x[3]);
}

START_TEST(test_moves)
{
    struct sx_shape shape = {2, {1, 16}};
    struct sx_error error = {0};
    struct sx_players *p = sx_players_new(&shape, "elements", SX_LAYOUT_AUTO, &error);
    game_fill(&t, 16, best_after_a_move);
    struct sx_game *g = game_of(&t);
    for (int k = 0; k < 2; k++) {
        struct sx_shapley_options o = {.partition = k != 0 ? SX_CONNECTED : SX_ANY,
                                       .players = p};
        struct sx_benefit got = benefit_of(g, 16, all, &o);
        ck_assert(got.greedy);
        ck_assert_double_eq_tol(got.B_max, 4.5, 1e-9);
        ck_assert_int_eq(got.block_max[0], got.block_max[1]);
        ck_assert_int_eq(got.block_max[2], got.block_max[3]);
        ck_assert_int_ne(got.block_max[1], got.block_max[2]);
        sx_benefit_free(&got);
    }
    sx_game_free(g);
    sx_players_free(p);
}
END_TEST

/* The paper's search finds the same partitions if there are no ties. */
START_TEST(test_gradient)
{
    struct sx_shapley_options o = {.gradient = true, .seed = 1};
    game_fill(&t, 4, opposite);
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 4, all, &o);
    ck_assert(got.gradient);
    ck_assert_str_eq(blocks_of(got.block_max, 4), "01|23");
    ck_assert_str_eq(blocks_of(got.block_min, 4), "0|12|3");
    ck_assert_double_eq_tol(got.T, 6, 1e-9);
    ck_assert_double_eq_tol(got.T_relaxed, 6, 0.5);
    for (int64_t j = 0; j < 3; j++)
        ck_assert((got.link[j].max > 0.9) == (j != 1) && (got.link[j].min > 0.9) == (j == 1));
    struct sx_benefit again = benefit_of(g, 4, all, &o);
    ck_assert_double_eq(again.T_relaxed, got.T_relaxed);
    sx_benefit_free(&got);
    sx_benefit_free(&again);
    sx_game_free(g);
}
END_TEST

static double small_product(const double *x)
{
    return 0.01 * x[0] * x[1];
}

/* The search moves theta by a difference of 0.01 in almost every epoch: as long as p is near 1/2, one of
 * ten partitions has the link and one has not. */
START_TEST(test_steps_of_the_gradient)
{
    struct sx_shapley_options o = {.gradient = true, .seed = 1};
    double theta[2] = {0}, speed[2] = {0};
    for (int epoch = 0; epoch < 100; epoch++)
        for (int k = 0; k < 2; k++) {
            double p = 1 / (1 + exp(-theta[k]));
            speed[k] = 0.9 * speed[k] + (k == 0 ? 1 : -1) * 0.01 / 2 * p * (1 - p);
            theta[k] += speed[k];
        }
    game_fill(&t, 2, small_product);
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 2, all, &o);
    ck_assert_double_eq_tol(got.link[0].max, 1 / (1 + exp(-theta[0])), 0.02);
    ck_assert_double_eq_tol(got.link[0].min, 1 / (1 + exp(-theta[1])), 0.02);
    sx_benefit_free(&got);
    sx_game_free(g);
}
END_TEST

/* ---- Axioms ---- */

START_TEST(test_axioms)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        int64_t n = 7, m = 2 + (int64_t)seed % 4;
        struct sx_error error = {0};
        struct sx_shapley_options o = {.partition = seed % 2 == 0 ? SX_CONTIGUOUS : SX_ANY};
        game_random(&t, n, seed);
        struct sx_game *g = game_of(&t);
        struct sx_benefit got = benefit_of(g, m, all + 1, &o);
        ck_assert_double_ge(got.T, fabs(got.B) - 1e-12);
        ck_assert(got.B_min <= 1e-12 && got.B_max >= -1e-12);
        ck_assert(got.B_min <= got.B + 1e-12 && got.B <= got.B_max + 1e-12);
        double sum = 0;
        for (int64_t k = 0; k < got.components.count; k++)
            sum += got.components.value[k];
        ck_assert_double_eq_tol(sum, got.B, 1e-10);
        struct sx_interactions sii;
        struct sx_shapley_options io = {.index = "sii", .order = m};
        ck_assert(sx_interact(g, &io, &sii, &error));
        for (int64_t k = 0; k < sii.count; k++)
            if (sii.first[k + 1] - sii.first[k] == m &&
                memcmp(sii.member + sii.first[k], all + 1, (size_t)m * sizeof *all) == 0)
                ck_assert_double_eq_tol(component(&got, (1 << m) - 1), sii.value[k], 1e-10);
        sx_interactions_free(&sii);
        sx_benefit_free(&got);
        sx_game_free(g);
    }
}
END_TEST

static double additive(const double *x)
{
    return 2 * x[0] - x[1] + 5 * x[2] + x[4];
}

START_TEST(test_additive)
{
    game_fill(&t, 5, additive);
    expect(5, all, SX_CONTIGUOUS, 0, 0, 0, 0, "0|1|2|3|4", "0|1|2|3|4",
           (const double[]){2, -1, 5, 0, 1});
    expect(3, all + 1, SX_ANY, 0, 0, 0, 0, "0|1|2", "0|1|2", NULL);
}
END_TEST

/* A null player changes neither B nor T. */
START_TEST(test_null_player)
{
    struct sx_shapley_options o = {0};
    double T[2], B[2];
    for (int with = 0; with <= 1; with++) {
        game_network(&t, 6, 3);
        for (int s = 0; with == 1 && s < 64; s++)
            t.v[64 + s] = t.v[s];
        t.n = 6 + with;
        struct sx_game *g = game_of(&t);
        struct sx_benefit got = benefit_of(g, 3, all + 1, &o);
        T[with] = got.T;
        B[with] = got.B;
        sx_benefit_free(&got);
        sx_game_free(g);
    }
    ck_assert_double_eq_tol(T[0], T[1], 1e-12);
    ck_assert_double_eq_tol(B[0], B[1], 1e-12);
}
END_TEST

START_TEST(test_refusals)
{
    static const int64_t bad[][2] = {{0, 0}, {1, 0}, {0, 6}, {-1, 2}};
    struct sx_shapley_options o = {0};
    struct sx_error error = {0};
    struct sx_benefit got;
    game_random(&t, 6, 1);
    struct sx_game *g = game_of(&t);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        ck_assert(!sx_benefit(g, bad[i], 2, &o, &got, &error));
        ck_assert_int_eq(error.status, SX_USAGE);
        ck_assert_str_eq(error.message, "the set is not of players 0..5 in their order");
    }
    ck_assert(!sx_benefit(g, all, 0, &o, &got, &error));
    o.partition = SX_CONNECTED;
    error = (struct sx_error){0};
    ck_assert(!sx_benefit(g, all, 2, &o, &got, &error));
    ck_assert_str_eq(error.message, "it is not known who is connected with whom");
    o = (struct sx_shapley_options){.sampling = "kernel", .budget = 8};
    error = (struct sx_error){0};
    ck_assert(!sx_benefit(g, all, 2, &o, &got, &error));
    ck_assert_str_eq(error.message,
                     "contexts are drawn stratified, uniform or paired, not 'kernel'");
    sx_game_free(g);
}
END_TEST

/* ---- Estimates ---- */

/* A context in which some value is not finite is left out. */
START_TEST(test_not_finite)
{
    struct sx_shapley_options o = {0};
    struct sx_error error = {0};
    struct sx_benefit got;
    game_network(&t, 8, 2);
    t.v[0x81] = NAN;
    struct sx_game *g = game_of(&t);
    ck_assert(!sx_benefit(g, all, 3, &o, &got, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_str_eq(error.message, "the value of {0,7} is not finite");
    o.skip_nonfinite = true;
    got = benefit_of(g, 3, all, &o);
    ck_assert_int_eq(got.skipped, 1);
    ck_assert_int_eq(got.contexts, 32);
    ck_assert(isfinite(got.T) && isfinite(got.B));
    sx_benefit_free(&got);
    sx_game_free(g);
}
END_TEST

/* The remaining contexts get the weight of all. In x0 x1 + x2 + x3 + x4 every context gives B =
 * 1. */
START_TEST(test_left_out)
{
    struct sx_shapley_options o = {.skip_nonfinite = true};
    t = (struct game_table){.n = 5};
    for (int i = 0; i < 32; i++)
        t.v[i] = ((i & 3) == 3) + (i >> 2 & 1) + (i >> 3 & 1) + (i >> 4 & 1);
    t.v[0x11] = t.v[0x0d] = NAN;
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 2, all, &o);
    ck_assert_int_eq(got.skipped, 2);
    ck_assert_double_eq_tol(got.B, 1, 1e-12);
    ck_assert_double_eq_tol(got.B_max, 1, 1e-12);
    ck_assert_double_eq_tol(got.together, 1, 1e-12);
    sx_benefit_free(&got);
    sx_game_free(g);
}
END_TEST

/* If the budget covers all contexts, the estimate is exact even though contexts are drawn. */
START_TEST(test_covering)
{
    struct sx_shapley_options exact = {0}, covering = {.budget = 255, .seed = 4};
    game_network(&t, 8, 2);
    struct sx_game *g = game_of(&t), *h = game_of(&t);
    struct sx_benefit a = benefit_of(g, 3, all + 2, &exact);
    struct sx_benefit b = benefit_of(h, 3, all + 2, &covering);
    ck_assert(b.exact && b.contexts == 32);
    ck_assert_double_eq_tol(a.T, b.T, 1e-12);
    ck_assert_double_eq_tol(a.B, b.B, 1e-12);
    sx_benefit_free(&a);
    sx_benefit_free(&b);
    sx_game_free(g);
    sx_game_free(h);
}
END_TEST

/* Sums over seeds: of a statistic, of its squares, and of its squared standard errors. */
struct moments {
    double n, sum, squares, errors;
};

static void add(struct moments *m, double x, double error)
{
    m->n++;
    m->sum += x;
    m->squares += x * x;
    m->errors += error * error;
}

/* Checks that the mean is within 4 standard errors of the truth, and the reported error within
 * 20 %. */
static void check_moments(const struct moments *m, double truth, const char *what)
{
    double mean = m->sum / m->n,
           variance = (m->squares / m->n - mean * mean) * m->n / (m->n - 1);
    double sd = sqrt(variance), reported = sqrt(m->errors / m->n);
    ck_assert_msg(fabs(mean - truth) <= 4 * sd / sqrt(m->n), "%s: mean %g, truth %g, +- %g",
                  what, mean, truth, sd / sqrt(m->n));
    ck_assert_msg(fabs(reported / sd - 1) <= 0.2, "%s: reports %g, is %g", what, reported, sd);
}

START_TEST(test_estimates)
{
    static const char *const sampling[] = {"stratified", "uniform", "paired"};
    for (int k = 0; k < 3; k++) {
        struct sx_shapley_options exact = {0};
        struct moments B = {0}, T = {0}, single = {0};
        game_network(&t, 12, 2);
        struct sx_game *g = game_of(&t);
        struct sx_benefit truth = benefit_of(g, 4, all + 3, &exact);
        sx_game_free(g);
        double corrected = 0, plain = 0;
        for (uint64_t seed = 0; seed < 1000; seed++) {
            struct sx_shapley_options o = {
                .budget = 660, .seed = seed, .sampling = sampling[k]};
            g = game_of(&t);
            t.asked = 0;
            struct sx_benefit got = benefit_of(g, 4, all + 3, &o);
            ck_assert(!got.exact);
            ck_assert_int_le(t.asked, 660);
            add(&B, got.B, got.B_error);
            add(&T, got.T, got.T_error);
            add(&single, got.single[0], got.B_error);
            corrected += (got.T_corrected - truth.T) / 1000;
            plain += (got.T - truth.T) / 1000;
            sx_benefit_free(&got);
            sx_game_free(g);
        }
        check_moments(&B, truth.B, sampling[k]);
        double variance = single.squares / 1000 - pow(single.sum / 1000, 2);
        ck_assert_double_le(fabs(single.sum / 1000 - truth.single[0]),
                            4 * sqrt(variance / 1000));
        double sd = sqrt(T.squares / 1000 - pow(T.sum / 1000, 2));
        ck_assert_double_le(fabs(sqrt(T.errors / 1000) / sd - 1), 0.2);
        ck_assert_double_ge(plain, -4 * sd / sqrt(1000));
        ck_assert_double_le(fabs(corrected), fabs(plain) + 4 * sd / sqrt(1000));
        sx_benefit_free(&truth);
    }
}
END_TEST

/* A game of noise: the plain T is only bias, and at least half of the bias is removed. */
START_TEST(test_bias)
{
    double plain = 0, corrected = 0;
    game_random(&t, 12, 6);
    for (int s = 0; s < 4096; s++) { /* every coalition of the set has mean value 0 */
        int swapped = s ^ 0xff0;
        if (s < swapped)
            t.v[swapped] = t.v[s ^ 0] * -1;
    }
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct sx_shapley_options o = {.budget = 200, .seed = seed};
        struct sx_game *g = game_of(&t);
        struct sx_benefit got = benefit_of(g, 4, all, &o);
        plain += got.T / 200;
        corrected += got.T_corrected / 200;
        sx_benefit_free(&got);
        sx_game_free(g);
    }
    ck_assert_double_gt(plain, 0.5);
    ck_assert_double_le(fabs(corrected), plain / 2);
}
END_TEST

/* The joint value of two players depends on the number of others present. It is -1 without
 * others and 1.04 / 7 with 2 to 8 of the ten, so nothing scatters. Sizes that are evaluated
 * completely must keep their weight in every fold; otherwise the sum changes its sign. */
START_TEST(test_whole_sizes)
{
    const struct sx_shapley_options o = {.budget = 400, .seed = 3};
    t = (struct game_table){.n = 12};
    for (int set = 3; set < 1 << 12; set += 4) {
        int others = __builtin_popcount((unsigned)set) - 2;
        t.v[set] = others == 0 ? -1 : others >= 2 && others <= 8 ? 1.04 / 7 : 0;
    }
    struct sx_game *g = game_of(&t);
    struct sx_benefit got = benefit_of(g, 2, all, &o);
    ck_assert(!got.exact);
    ck_assert_double_eq_tol(got.T, 0.04 / 11, 1e-12);
    ck_assert_double_eq_tol(got.T_corrected, got.T, 1e-12);
    ck_assert_double_eq_tol(got.T_error, 0, 1e-9);
    sx_benefit_free(&got);
    sx_game_free(g);
}
END_TEST

START_TEST(test_tolerance)
{
    struct sx_shapley_options loose = {.tolerance = 0.1}, tight = {.tolerance = 0.02};
    game_network(&t, 16, 2);
    int64_t asked[2];
    for (int k = 0; k < 2; k++) {
        struct sx_shapley_options o = k == 0 ? loose : tight;
        o.budget = 30000;
        struct sx_game *g = game_of(&t);
        t.asked = 0;
        struct sx_benefit got = benefit_of(g, 3, all + 5, &o);
        ck_assert(!got.exact);
        ck_assert_double_le(got.T_error, o.tolerance);
        asked[k] = t.asked;
        sx_benefit_free(&got);
        sx_game_free(g);
    }
    ck_assert_int_gt(asked[1], asked[0]);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("benefit");
    SUITE_ADD(c, test_g1, test_logic, test_expressions, test_shapley_values,
              test_opposite_signs, test_contiguity, test_intervals, test_ties,
              test_tolerance_of_ties, test_kinds, test_greedy_partitions, test_moves,
              test_gradient, test_steps_of_the_gradient, test_axioms, test_additive,
              test_null_player, test_refusals, test_not_finite, test_left_out, test_covering,
              test_estimates, test_bias, test_whole_sizes, test_tolerance);
    return suite_run();
}
