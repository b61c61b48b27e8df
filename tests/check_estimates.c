/* check_estimates.c - sampled interaction indices: exact where they must be, unbiased,
 * consistent. Also sparse recovery and codes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "games.h"
#include "shapley/sparse.h"
#include "suite.h"

static struct game_table t; /* too large for the stack */

static struct sx_interactions run(struct sx_game *game, const struct sx_shapley_options *o)
{
    struct sx_error error = {0};
    struct sx_interactions got;
    ck_assert_msg(sx_interact(game, o, &got, &error), "%s by %s: %s", o->index,
                  o->sampling != NULL ? o->sampling : "default", error.message);
    return got;
}

static struct sx_interactions estimate(const char *index, const char *sampling, int64_t budget,
                                       int64_t order, uint64_t seed)
{
    struct sx_shapley_options o = {
        .index = index, .sampling = sampling, .budget = budget, .order = order, .seed = seed};
    struct sx_game *g = game_of(&t);
    struct sx_interactions got = run(g, &o);
    sx_game_free(g);
    return got;
}

static struct sx_interactions exact(const char *index, int64_t order)
{
    struct sx_interactions got = estimate(index, NULL, 0, order, 0);
    ck_assert(got.exact && got.sampling == NULL);
    return got;
}

static double distance(const struct sx_interactions *a, const struct sx_interactions *b)
{
    double sum = 0;
    ck_assert_int_eq(a->count, b->count);
    for (int64_t k = 0; k < a->count; k++)
        sum += pow(a->value[k] - b->value[k], 2);
    return sqrt(sum / (double)a->count);
}

/* ---- Estimates from all coalitions ---- */

START_TEST(test_whole)
{
    static const struct {
        const char *index, *sampling;
    } cases[] = {{"sv", "leverage"},          {"sv", "kernel"},       {"fsii", "regression"},
                 {"fbii", "regression"},      {"kadd", "regression"}, {"sii", "kernel"},
                 {"ksii", "kernel"},          {"sii", "svarmiq"},     {"bii", "svarmiq"},
                 {"chii", "svarmiq"},         {"stii", "svarmiq"},    {"moebius", "svarmiq"},
                 {"comoebius", "stratified"}, {"sgv", "svarmiq"},     {"bgv", "svarmiq"},
                 {"sii", "adjusted"},         {"stii", "adjusted"},   {"bgv", "adjusted"},
                 {"fbii", "adjusted"},        {"kadd", "adjusted"},   {"ksii", "adjusted"},
                 {"sii", "shapiq"},           {"stii", "shapiq"},     {"ksii", "shapiq"}};
    game_random(&t, 7, 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_interactions want = exact(cases[i].index, 2);
        struct sx_error error = {0};
        struct sx_game *g = game_of(&t);
        /* the game has its table, and an estimate is made because a sampling is named */
        ck_assert(sx_game_fill(g, &error));
        struct sx_shapley_options o = {
            .index = cases[i].index, .sampling = cases[i].sampling, .budget = 130, .order = 2};
        struct sx_interactions got = run(g, &o);
        ck_assert(!got.exact);
        ck_assert_str_eq(got.sampling, cases[i].sampling);
        ck_assert_msg(distance(&got, &want) < 1e-9, "%s by %s: %g", cases[i].index,
                      cases[i].sampling, distance(&got, &want));
        for (int64_t k = 0; got.error != NULL && k < got.count; k++)
            ck_assert_double_le(got.error[k], 1e-6);
        sx_interactions_free(&want);
        sx_interactions_free(&got);
        sx_game_free(g);
    }
}
END_TEST

/* Estimates from orders and their reverses are exact for games of pairs. So are fits of that
 * order. */
START_TEST(test_pairs)
{
    static const struct {
        const char *index, *sampling;
        int64_t budget;
    } cases[] = {{"sv", "antithetic", 40},    {"sii", "kernel", 150},
                 {"fsii", "regression", 120}, {"fbii", "regression", 120},
                 {"kadd", "regression", 120}, {"sv", "leverage", 60}};
    game_sparse(&t, 10, 2, 4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_interactions want = exact(cases[i].index, 2);
        struct sx_interactions got =
            estimate(cases[i].index, cases[i].sampling, cases[i].budget, 2, 1);
        ck_assert(!got.exact);
        ck_assert_int_le(t.asked, 1024 + cases[i].budget);
        t.asked = 0;
        if (strcmp(cases[i].sampling, "leverage") != 0)
            ck_assert_msg(distance(&got, &want) < 1e-9, "%s by %s: %g", cases[i].index,
                          cases[i].sampling, distance(&got, &want));
        sx_interactions_free(&want);
        sx_interactions_free(&got);
    }
}
END_TEST

/* ---- Estimates are unbiased, and their errors are right ---- */

static const struct {
    const char *index, *sampling;
} all[] = {
    {"sv", "adjusted"},     {"bv", "adjusted"},     {"sii", "adjusted"},
    {"bii", "adjusted"},    {"chii", "adjusted"},   {"stii", "adjusted"},
    {"ksii", "adjusted"},   {"fsii", "adjusted"},   {"fbii", "adjusted"},
    {"kadd", "adjusted"},   {"sgv", "adjusted"},    {"bgv", "adjusted"},
    {"sv", "leverage"},     {"fsii", "leverage"},   {"kadd", "leverage"},
    {"sv", "kernel"},       {"sii", "kernel"},      {"ksii", "kernel"},
    {"fsii", "kernel"},     {"kadd", "kernel"},     {"sv", "regression"},
    {"sii", "regression"},  {"stii", "regression"}, {"fsii", "regression"},
    {"fbii", "regression"}, {"kadd", "regression"}, {"sv", "svarmiq"},
    {"bv", "svarmiq"},      {"sii", "svarmiq"},     {"bii", "svarmiq"},
    {"chii", "svarmiq"},    {"stii", "svarmiq"},    {"ksii", "svarmiq"},
    {"fsii", "svarmiq"},    {"sgv", "svarmiq"},     {"bgv", "svarmiq"},
    {"sv", "shapiq"},       {"bv", "shapiq"},       {"sii", "shapiq"},
    {"bii", "shapiq"},      {"chii", "shapiq"},     {"stii", "shapiq"},
    {"ksii", "shapiq"},     {"fsii", "shapiq"},     {"fbii", "shapiq"},
    {"kadd", "shapiq"},     {"sgv", "shapiq"},      {"bgv", "shapiq"},
    {"sv", "permutation"},  {"sv", "antithetic"},   {"owen", "permutation"},
    {"owen", "antithetic"},
};

/* The number of seeds for each estimator: few, or as the variable SEEDS says. With SEEDS the
 * figures are printed. */
static int seeds_wanted(void)
{
    const char *text = getenv("SEEDS");
    return text != NULL ? atoi(text) : 6;
}

/* Adds to the sums over seeds for each term: distance from the truth, its square, reported
 * variance. */
static void add_seed(const struct sx_interactions *got, const struct sx_interactions *want,
                     double *sum)
{
    ck_assert(!got->exact && got->error != NULL);
    for (int64_t k = 0; k < want->count; k++) {
        double off = got->value[k] - want->value[k];
        sum[3 * k] += off;
        sum[3 * k + 1] += off * off;
        sum[3 * k + 2] += got->error[k] * got->error[k];
    }
}

static void check_case(const char *index, const char *sampling)
{
    int seeds = seeds_wanted();
    /* with few seeds the reported errors are used instead of the measured scatter */
    bool few = seeds < 100;
    double worst = 0, variance = 0, reported = 0;
    game_network(&t, 10, 3);
    struct sx_interactions want = exact(index, 2);
    double *sum = calloc(3 * (size_t)want.count, sizeof *sum);
    for (int seed = 0; seed < seeds; seed++) {
        struct sx_interactions got = estimate(index, sampling, 250, 2, (uint64_t)seed);
        add_seed(&got, &want, sum);
        sx_interactions_free(&got);
    }
    for (int64_t k = 0; k < want.count; k++) {
        double mean = sum[3 * k] / seeds, of = sum[3 * k + 2] / seeds;
        double v = (sum[3 * k + 1] / seeds - mean * mean) * seeds / (seeds - 1);
        if (fabs(mean) > 1e-9)
            worst = fmax(worst, fabs(mean) / sqrt((few ? of : v) / seeds));
        variance += few ? sum[3 * k + 1] / seeds : v;
        reported += of;
    }
    double ratio = sqrt(reported / variance);
    if (getenv("SEEDS") != NULL)
        printf("%-5s %-12s mean off by %4.2f standard errors at most, error reported / true "
               "%4.2f\n",
               index, sampling, worst, ratio);
    ck_assert_msg(worst <= (few ? 5 : 4), "%s by %s: off by %g standard errors", index,
                  sampling, worst);
    ck_assert_msg(fabs(ratio - 1) <= (few ? 0.35 : 0.2),
                  "%s by %s: error is %g of the true one", index, sampling, ratio);
    free(sum);
    sx_interactions_free(&want);
}

START_TEST(test_seeds)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_case(all[i].index, all[i].sampling);
}
END_TEST

/* The error falls as the budget grows. */
START_TEST(test_consistent)
{
    static const struct {
        const char *index, *sampling;
    } cases[] = {{"sv", "leverage"},     {"sv", "kernel"},       {"sii", "kernel"},
                 {"ksii", "kernel"},     {"fsii", "regression"}, {"fsii", "leverage"},
                 {"fbii", "regression"}, {"sii", "svarmiq"},     {"stii", "shapiq"}};
    game_network(&t, 12, 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_interactions want = exact(cases[i].index, 2);
        double off[2] = {0};
        for (int k = 0; k < 2; k++)
            for (uint64_t seed = 0; seed < 4; seed++) {
                struct sx_interactions got =
                    estimate(cases[i].index, cases[i].sampling, k == 0 ? 200 : 2000, 2, seed);
                off[k] += distance(&got, &want) / 4;
                sx_interactions_free(&got);
            }
        ck_assert_msg(off[1] < off[0] / 2.5, "%s by %s: %g, then %g", cases[i].index,
                      cases[i].sampling, off[0], off[1]);
        sx_interactions_free(&want);
    }
}
END_TEST

/* Random orders of groups. Every order contains each player once, so contributions sum to all
 * of v. Means over many orders approach Owen values. */
START_TEST(test_owen_orders)
{
    static const int64_t group[] = {0, 3, 1, 0, 2, 1, 3, 2, 0, 1};
    game_network(&t, 10, 4);
    struct sx_game *g = game_of(&t);
    struct sx_shapley_options o = {.index = "owen", .group = group};
    struct sx_interactions want = run(g, &o);
    ck_assert(want.exact);
    sx_game_free(g);
    double off[2] = {0};
    for (int k = 0; k < 2; k++)
        for (o.seed = 0; o.seed < 4; o.seed++) {
            g = game_of(&t);
            o.sampling = "permutation";
            o.budget = k == 0 ? 40 : 1000;
            struct sx_interactions got = run(g, &o);
            ck_assert(!got.exact);
            ck_assert_double_eq_tol(got.gap, 0, 1e-9);
            off[k] += distance(&got, &want) / 4;
            sx_interactions_free(&got);
            sx_game_free(g);
        }
    ck_assert_msg(off[1] < off[0] / 2.5, "%g, then %g", off[0], off[1]);
    sx_interactions_free(&want);
}
END_TEST

/* Standard errors from few orders, or from two or three coalitions of a size, are right: the
 * mean of their squares is the mean squared distance from the truth. */
START_TEST(test_errors_of_few)
{
    static const char *const samplings[] = {"permutation", "shapiq", "svarmiq"};
    game_random(&t, 6, 5);
    struct sx_interactions want = exact("sv", 1);
    for (size_t i = 0; i < sizeof samplings / sizeof samplings[0]; i++) {
        double said = 0, real = 0;
        for (uint64_t seed = 0; seed < 3000; seed++) {
            struct sx_interactions got =
                estimate("sv", samplings[i], i == 0 ? 32 : 22, 1, seed);
            for (int64_t k = 0; k < 6; k++) {
                said += got.error[k] * got.error[k];
                real += pow(got.value[k] - want.value[k], 2);
            }
            sx_interactions_free(&got);
        }
        ck_assert_msg(fabs(said / real - 1) <= 0.08, "%s: %g", samplings[i], said / real);
    }
    sx_interactions_free(&want);
}
END_TEST

/* The same seed gives the same numbers. Another seed gives other numbers. */
START_TEST(test_seed)
{
    static const char *const sampling[] = {"leverage", "kernel", "permutation", "sparse"};
    game_network(&t, 12, 3);
    for (size_t i = 0; i < sizeof sampling / sizeof sampling[0]; i++) {
        struct sx_interactions a = estimate("sv", sampling[i], 1000, 1, 5);
        struct sx_interactions b = estimate("sv", sampling[i], 1000, 1, 5);
        struct sx_interactions c = estimate("sv", sampling[i], 1000, 1, 6);
        ck_assert_double_eq(distance(&a, &b), 0);
        ck_assert_double_gt(distance(&a, &c), 0);
        sx_interactions_free(&a);
        sx_interactions_free(&b);
        sx_interactions_free(&c);
    }
}
END_TEST

/* ---- Hundreds of players ---- */

enum { MANY = 200 };

/* 3 x0 x7 - 2 x100 x150 x199 + x50 + the parity of 3, 60, 120 */
static bool many(void *context, int64_t n, const uint64_t *coalitions, double *values,
                 struct sx_error *error)
{
    (void)error;
    *(int64_t *)context += n;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t *c = coalitions + i * 4;
        bool x[MANY];
        for (int k = 0; k < MANY; k++)
            x[k] = (c[k / 64] >> (k % 64) & 1) != 0;
        values[i] = 3 * (x[0] && x[7]) - 2 * (x[100] && x[150] && x[199]) + x[50] +
                    0.5 * (x[3] ^ x[60] ^ x[120]);
    }
    return true;
}

static double term(const struct sx_interactions *terms, int64_t n, const int64_t *set)
{
    for (int64_t k = 0; k < terms->count; k++)
        if (terms->first[k + 1] - terms->first[k] == n &&
            memcmp(terms->member + terms->first[k], set, (size_t)n * sizeof *set) == 0)
            return terms->value[k];
    return 0;
}

START_TEST(test_sparse)
{
    static const int64_t pair[] = {0, 7}, three[] = {100, 150, 199}, odd[] = {3, 60, 120};
    struct sx_error error = {0};
    int64_t asked = 0;
    struct sx_game *g = sx_game_new(MANY, many, &asked, &error);
    struct sx_shapley_options o = {.index = "moebius", .seed = 2};
    struct sx_interactions got = run(g, &o);
    ck_assert_int_le(asked, 16384);
    ck_assert_str_eq(got.sampling, "sparse");
    ck_assert_double_eq_tol(term(&got, 2, pair), 3, 1e-6);
    ck_assert_double_eq_tol(term(&got, 3, three), -2, 1e-6);
    ck_assert_double_eq_tol(term(&got, 3, odd), 2, 1e-6);
    ck_assert_double_eq_tol(term(&got, 2, odd), -1, 1e-6);
    ck_assert_double_eq_tol(got.gap, 0, 1e-6);
    int64_t large = 0;
    for (int64_t k = 0; k < got.count; k++)
        large += fabs(got.value[k]) > 1e-6;
    ck_assert_int_eq(large, 10);
    sx_interactions_free(&got);

    static const double singles[] = {1.5, -2.0 / 3, 1, 1.0 / 6};
    static const int64_t player[] = {7, 150, 50, 60};
    o = (struct sx_shapley_options){.index = "sv", .sampling = "sparse", .seed = 2};
    got = run(g, &o);
    for (int k = 0; k < 4; k++)
        ck_assert_double_eq_tol(term(&got, 1, player + k), singles[k], 1e-6);
    sx_interactions_free(&got);
    o = (struct sx_shapley_options){.index = "sii", .sampling = "sparse", .seed = 3};
    got = run(g, &o);
    ck_assert_double_eq_tol(term(&got, 2, pair), 3, 1e-6);
    ck_assert_double_eq_tol(term(&got, 2, three), -1, 1e-6);
    sx_interactions_free(&got);
    o.budget = 100;
    ck_assert(!sx_interact(g, &o, &got, &error));
    ck_assert_str_eq(error.message,
                     "a sparse transform of 200 players needs a --budget of 432");
    sx_game_free(g);
}
END_TEST

/* Shapley values of hundreds of players by other estimators. */
START_TEST(test_many)
{
    static const char *const sampling[] = {"leverage", "permutation", "antithetic"};
    for (int i = 0; i < 3; i++) {
        struct sx_error error = {0};
        int64_t asked = 0, seven = 7;
        struct sx_game *g = sx_game_new(MANY, many, &asked, &error);
        struct sx_shapley_options o = {
            .index = "sv", .sampling = sampling[i], .budget = 6000, .seed = 1};
        struct sx_interactions got = run(g, &o);
        ck_assert_int_le(asked, 6000);
        ck_assert_double_eq_tol(got.gap, 0, 1e-9);
        ck_assert_double_le(fabs(term(&got, 1, &seven) - 1.5), 4 * got.error[7] + 1e-9);
        ck_assert_double_le(got.error[7], 0.5);
        sx_interactions_free(&got);
        sx_game_free(g);
    }
}
END_TEST

START_TEST(test_tolerance)
{
    struct sx_error error = {0};
    int64_t asked = 0;
    struct sx_game *g = sx_game_new(MANY, many, &asked, &error);
    struct sx_shapley_options o = {
        .index = "sv", .sampling = "permutation", .budget = 100000, .tolerance = 0.3};
    struct sx_interactions got = run(g, &o);
    ck_assert_int_lt(asked, 50000);
    for (int64_t k = 0; k < got.count; k++)
        ck_assert_double_le(got.error[k], 0.3);
    sx_interactions_free(&got);
    sx_game_free(g);
}
END_TEST

/* No estimator evaluates more coalitions than its budget, v(empty) and v(N) included. */
START_TEST(test_budgets_are_kept)
{
    static const char *const samplings[] = {"adjusted",   "leverage",    "kernel",
                                            "shapiq",     "svarmiq",     "stratified",
                                            "regression", "permutation", "antithetic"};
    game_network(&t, 12, 3);
    for (size_t i = 0; i < sizeof samplings / sizeof samplings[0]; i++)
        for (int64_t budget = 64; budget < 88; budget++) {
            t.asked = 0;
            struct sx_interactions got = estimate("sv", samplings[i], budget, 1, 2);
            ck_assert_msg(t.asked <= budget && t.asked > budget / 2, "%s: %d of %d",
                          samplings[i], (int)t.asked, (int)budget);
            sx_interactions_free(&got);
        }
}
END_TEST

/* An input of more than 10000 elements has smaller budgets, as the model is likely to be large. */
START_TEST(test_usual_budgets)
{
    static const struct {
        int64_t elements, budget, whole, estimate;
    } cases[] = {{0, 0, 65536, 16384},   {10000, 0, 65536, 16384},
                 {10001, 0, 1024, 1024}, {0, 77, 77, 77},
                 {10001, 77, 77, 77},    {10001, 100000, 100000, 100000}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_error error = {0};
        struct sx_shape shape = {2, {1, cases[k].elements}};
        struct sx_shapley_options o = {.budget = cases[k].budget};
        struct sx_players *players =
            cases[k].elements > 0 ? sx_players_new(&shape, "elements", SX_LAYOUT_AUTO, &error)
                                  : NULL;
        o.players = players;
        ck_assert_int_eq(sx_budgets_of(&o).whole, cases[k].whole);
        ck_assert_int_eq(sx_budgets_of(&o).estimate, cases[k].estimate);
        sx_players_free(players);
    }
}
END_TEST

/* ---- Codes ---- */

START_TEST(test_codes)
{
    static const int64_t lengths[] = {3, 15, 100, 127, 200, 1000, 8191};
    struct sx_error error = {0};
    struct sx_bch *code = calloc(1, sizeof *code);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (int errors = 0; errors <= 4 && errors < lengths[i]; errors++) {
            uint16_t syndrome[4] = {0};
            int64_t place[4], n = lengths[i];
            ck_assert(sx_bch_init(code, n, 4, &error));
            for (int64_t k = 0; k < errors; k++)
                for (int j = 0; j < 4; j++)
                    for (int b = 0; b < code->m; b++)
                        syndrome[j] ^=
                            (uint16_t)(sx_bch_bit(code, n - 1 - k * (n / 5), j, b) << b);
            if (n / 5 == 0 && errors > 1)
                continue; /* the places are not all different */
            ck_assert_int_eq(sx_bch_decode(code, syndrome, place), errors);
            for (int64_t k = 0; k < errors; k++)
                ck_assert_int_eq(place[errors - 1 - k], n - 1 - k * (n / 5));
        }
    ck_assert(!sx_bch_init(code, 8192, 2, &error));
    free(code);
}
END_TEST

/* Five places are not decoded as four. */
START_TEST(test_five_places_are_not_decoded)
{
    struct sx_error error = {0};
    struct sx_bch *code = calloc(1, sizeof *code);
    int64_t place[4];
    ck_assert(sx_bch_init(code, 200, 4, &error));
    int refused = 0;
    for (int trial = 0; trial < 50; trial++) {
        uint16_t syndrome[4] = {0};
        for (int k = 0; k < 5; k++)
            for (int s = 0; s < 4; s++)
                for (int b = 0; b < code->m; b++)
                    syndrome[s] ^=
                        (uint16_t)(sx_bch_bit(code, (trial * 3 + k * 31) % 200, s, b) << b);
        refused += sx_bch_decode(code, syndrome, place) < 0;
    }
    ck_assert_int_ge(refused, 40);
    free(code);
}
END_TEST

/* ---- Drawing ---- */

START_TEST(test_draw)
{
    static const int64_t player[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    double part[10], share[10];
    for (int s = 0; s < 10; s++)
        part[s] = share[s] = 1;
    for (int k = 0; k < 8; k++) {
        struct sx_error error = {0};
        struct sx_draw d;
        struct sx_draw_options o = {.player = player,
                                    .n = 9,
                                    .words = 1,
                                    .part = part,
                                    .share = share,
                                    .budget = k >= 4 ? 9 : 120,
                                    .strata = k % 2 == 0,
                                    .pairs = k % 4 >= 2,
                                    .seed = (uint64_t)k};
        double one = 0, size = 0;
        for (uint64_t seed = 0; seed < 100; seed++) {
            o.stream = seed;
            ck_assert(sx_draw_new(&d, &o, &error));
            ck_assert_int_le(d.count, o.budget + 1);
            ck_assert_int_eq(d.first[d.n_strata], d.count);
            for (int64_t i = 0; i < d.count; i++) {
                one += d.weight[i] / 100;
                size += d.weight[i] * __builtin_popcountll(d.coalition[i]) / 100;
                for (int64_t j = 0; o.strata && k < 4 && !o.pairs && j < i; j++)
                    ck_assert(d.coalition[i] != d.coalition[j]);
            }
            sx_draw_free(&d);
        }
        ck_assert_double_eq_tol(one, 10, k >= 4 ? 0.4 : 0.15);
        ck_assert_double_eq_tol(size, 45, 2);
    }
}
END_TEST

/* The mean of the variances that draws without repetition state is the variance of their sums. */
START_TEST(test_variance_of_draws)
{
    enum { DRAWS = 3000 };
    static const int64_t player[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    double part[10], share[10];
    for (int s = 0; s < 10; s++)
        part[s] = share[s] = 1;
    for (int pairs = 0; pairs < 2; pairs++) {
        double said = 0, sum = 0, squares = 0;
        for (uint64_t seed = 0; seed < DRAWS; seed++) {
            struct sx_error error = {0};
            struct sx_draw d;
            struct sx_draw_options o = {.player = player,
                                        .n = 9,
                                        .words = 1,
                                        .part = part,
                                        .share = share,
                                        .budget = 360,
                                        .strata = true,
                                        .pairs = pairs,
                                        .stream = seed};
            double f[400], total = 0;
            ck_assert(sx_draw_new(&d, &o, &error) && d.count <= 400);
            for (int64_t i = 0; i < d.count; i++) {
                f[i] = sx_random_normal(7, 0, d.coalition[i]);
                total += d.weight[i] * f[i];
            }
            said += sx_draw_variance(&d, f) / DRAWS;
            sum += total / DRAWS;
            squares += total * total / DRAWS;
            sx_draw_free(&d);
        }
        double ratio = said / (squares - sum * sum);
        ck_assert_msg(fabs(ratio - 1) < 0.15, "%g", ratio);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("estimates");
    SUITE_ADD(c, test_seeds, test_whole, test_pairs, test_consistent, test_owen_orders,
              test_errors_of_few, test_seed, test_sparse, test_many, test_tolerance,
              test_budgets_are_kept, test_usual_budgets, test_codes,
              test_five_places_are_not_decoded, test_draw, test_variance_of_draws);
    return suite_run();
}
