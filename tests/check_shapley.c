/* check_shapley.c - interaction indices of small games: worked examples and axioms, exactly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "games.h"
#include "sextant/shapley.h"
#include "shapley/shapley.h"
#include "suite.h"

static struct game_table t; /* too large for the stack */

static struct sx_interactions index_of(struct sx_game *game, const char *index, int64_t order)
{
    struct sx_error error = {0};
    struct sx_interactions got;
    struct sx_shapley_options o = {.index = index, .order = order};
    ck_assert_msg(sx_interact(game, &o, &got, &error), "%s: %s", index, error.message);
    ck_assert(got.exact);
    return got;
}

/* Compares values, listed in the order {0}, {1}, .. {0,1}, .. */
static void expect(struct sx_game *game, const char *index, int64_t order, int64_t n,
                   const double *expected)
{
    struct sx_interactions got = index_of(game, index, order);
    ck_assert_int_eq(got.count, n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(got.value[i] - expected[i]) < 1e-9, "%s[%d] is %.12g, not %.12g",
                      index, (int)i, got.value[i], expected[i]);
    if (got.efficient)
        ck_assert_double_eq_tol(got.gap, 0, 1e-9);
    sx_interactions_free(&got);
}

#define EXPECT(game, index, order, ...)                                                        \
    do {                                                                                       \
        const double e[] = {__VA_ARGS__};                                                      \
        expect(game, index, order, (int64_t)(sizeof e / sizeof e[0]), e);                      \
    } while (0)

/* ---- Worked examples ---- */

static void g1(void)
{
    static const double v[] = {0, 1, 2, 5, 3, 4, 6, 10};
    t = (struct game_table){.n = 3};
    memcpy(t.v, v, sizeof v);
}

START_TEST(test_g1)
{
    g1();
    struct sx_game *g = game_of(&t);
    EXPECT(g, "sv", 0, 7.0 / 3, 23.0 / 6, 23.0 / 6);
    EXPECT(g, "bv", 0, 2.25, 3.75, 3.75);
    EXPECT(g, "moebius", 0, 0, 1, 2, 3, 2, 0, 1, 1);
    EXPECT(g, "comoebius", 0, 4, 6, 5, 3, 1, 2, 1);
    EXPECT(g, "sii", 3, 7.0 / 3, 23.0 / 6, 23.0 / 6, 2.5, 0.5, 1.5, 1);
    EXPECT(g, "bii", 3, 2.25, 3.75, 3.75, 2.5, 0.5, 1.5, 1);
    EXPECT(g, "chii", 3, 7.0 / 3, 23.0 / 6, 23.0 / 6, 8.0 / 3, 2.0 / 3, 5.0 / 3, 1);
    EXPECT(g, "stii", 2, 1, 2, 3, 7.0 / 3, 1.0 / 3, 4.0 / 3);
    EXPECT(g, "ksii", 2, 5.0 / 6, 11.0 / 6, 17.0 / 6, 2.5, 0.5, 1.5);
    EXPECT(g, "fsii", 0, 5.0 / 6, 11.0 / 6, 17.0 / 6, 2.5, 0.5, 1.5);
    EXPECT(g, "ksii", 3, 1, 2, 3, 2, 0, 1, 1);
    EXPECT(g, "fbii", 2, 0.125, 0.75, 1.75, 2.75, 2.5, 0.5, 1.5);
    EXPECT(g, "sgv", 2, 7.0 / 3, 23.0 / 6, 23.0 / 6, 6, 6, 7.5);
    EXPECT(g, "kadd", 2, 7.0 / 3, 23.0 / 6, 23.0 / 6, 2.5, 0.5, 1.5);
    EXPECT(g, "jointsv", 2, 1.5, 43.0 / 18, 41.0 / 18, 11.0 / 9, 10.0 / 9, 1.5);
    sx_game_free(g);
}
END_TEST

START_TEST(test_owen)
{
    static const int64_t groups[2][3] = {{0, 0, 1}, {7, 2, 2}};
    static const double expected[2][3] = {{2.25, 3.75, 4}, {2.5, 3.75, 3.75}};
    struct sx_error error = {0};
    g1();
    struct sx_game *g = game_of(&t);
    for (int k = 0; k < 2; k++) {
        struct sx_interactions got;
        struct sx_shapley_options o = {.index = "owen", .group = groups[k]};
        ck_assert(sx_interact(g, &o, &got, &error));
        for (int i = 0; i < 3; i++)
            ck_assert_double_eq_tol(got.value[i], expected[k][i], 1e-9);
        ck_assert_double_eq_tol(got.gap, 0, 1e-9);
        sx_interactions_free(&got);
    }
    EXPECT(g, "owen", 0, 7.0 / 3, 23.0 / 6, 23.0 / 6);
    sx_game_free(g);
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

static double both(const double *x)
{
    return x[0] * x[1] + (x[1] + x[2] > 0);
}

/* The term of the given set and kind, 0 if there is none. *sum becomes the sum of magnitudes. */
static double andor(double *sum, bool is_or, int64_t n, const int64_t *set)
{
    struct sx_game *g = game_of(&t);
    struct sx_interactions got = index_of(g, "andor", 0);
    double found = 0;
    *sum = 0;
    for (int64_t k = 0; k < got.count; k++) {
        int64_t size = got.first[k + 1] - got.first[k];
        *sum += fabs(got.value[k]);
        if (got.is_or[k] == is_or && size == n &&
            memcmp(got.member + got.first[k], set, (size_t)n * sizeof *set) == 0)
            found = got.value[k];
    }
    ck_assert_double_eq_tol(got.gap, 0, 1e-9);
    sx_interactions_free(&got);
    sx_game_free(g);
    return found;
}

START_TEST(test_andor)
{
    static const int64_t all[] = {0, 1, 2};
    double sum;
    game_fill(&t, 3, or3);
    ck_assert_double_eq_tol(andor(&sum, true, 3, all), 1, 1e-9);
    ck_assert_double_eq_tol(sum, 1, 1e-9);
    game_fill(&t, 3, both);
    ck_assert_double_eq_tol(andor(&sum, true, 2, all + 1), 1, 1e-9);
    ck_assert_double_eq_tol(andor(&sum, false, 2, all), 1, 1e-9);
    ck_assert_double_eq_tol(sum, 2, 1e-9);
    game_fill(&t, 3, and3);
    ck_assert_double_eq_tol(andor(&sum, false, 3, all), 1, 1e-9);
    ck_assert_double_eq_tol(sum, 1, 1e-9);
    g1();
    andor(&sum, false, 3, all);
    ck_assert_double_eq_tol(sum, 10, 1e-9);
}
END_TEST

/* The AND and OR terms sum to the game, also for games without structure. */
START_TEST(test_andor_adds_up)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        int64_t n = 2 + (int64_t)seed;
        if (seed % 2 == 0)
            game_random(&t, n, seed);
        else
            game_network(&t, n, seed);
        struct sx_game *g = game_of(&t);
        struct sx_interactions got = index_of(g, "andor", 0), plain = index_of(g, "moebius", 0);
        double sum = 0, all = 0;
        for (int64_t s = 0; s < (int64_t)1 << n; s++) {
            double v = t.v[0];
            for (int64_t k = 0; k < got.count; k++) {
                int64_t in = 0, size = got.first[k + 1] - got.first[k];
                for (int64_t i = got.first[k]; i < got.first[k + 1]; i++)
                    in += s >> got.member[i] & 1;
                v += ((got.is_or[k] && in > 0) || (!got.is_or[k] && in == size)) ? got.value[k]
                                                                                 : 0;
            }
            ck_assert_double_eq_tol(v, t.v[s], 1e-9);
        }
        for (int64_t k = 0; k < got.count; k++)
            sum += fabs(got.value[k]);
        for (int64_t k = 1; k < plain.count; k++)
            all += fabs(plain.value[k]);
        ck_assert_double_le(sum, all + 1e-9);
        sx_interactions_free(&got);
        sx_interactions_free(&plain);
        sx_game_free(g);
    }
}
END_TEST

/* ---- Definitions ---- */

static double choose(int64_t n, int64_t k)
{
    return k < 0 || k > n ? 0
                          : round(exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
                                      lgamma((double)(n - k) + 1)));
}

/* The difference of v by `set` at T. */
static double difference(uint64_t set, uint64_t at)
{
    double sum = 0;
    for (uint64_t l = set;; l = (l - 1) & set) {
        int odd = __builtin_popcountll(set ^ l) % 2;
        sum += (odd ? -1 : 1) * t.v[at | l];
        if (l == 0)
            return sum;
    }
}

static double weight(const char *index, int64_t order, int64_t n, int64_t s, int64_t at)
{
    if (strcmp(index, "sii") == 0 || strcmp(index, "sv") == 0)
        return 1 / ((double)(n - s + 1) * choose(n - s, at));
    if (strcmp(index, "bii") == 0 || strcmp(index, "bv") == 0)
        return pow(0.5, (double)(n - s));
    if (strcmp(index, "chii") == 0)
        return (double)s / ((double)(s + at) * choose(n, s + at));
    if (strcmp(index, "stii") == 0)
        return s < order ? at == 0 : (double)order / ((double)n * choose(n - 1, at));
    if (strcmp(index, "moebius") == 0)
        return at == 0;
    return at == n - s; /* comoebius */
}

START_TEST(test_definitions)
{
    static const char *const names[] = {"sv",   "bv",   "sii",     "bii",
                                        "chii", "stii", "moebius", "comoebius"};
    int64_t n = 7, order = 3;
    game_random(&t, n, 5);
    struct sx_game *g = game_of(&t);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sx_interactions got = index_of(g, names[i], order);
        for (int64_t k = 0; k < got.count; k++) {
            uint64_t set = 0, all = ((uint64_t)1 << n) - 1;
            for (int64_t m = got.first[k]; m < got.first[k + 1]; m++)
                set |= (uint64_t)1 << got.member[m];
            int64_t s = __builtin_popcountll(set);
            double sum = 0;
            for (uint64_t at = 0; at <= all; at++)
                if ((at & set) == 0)
                    sum += weight(names[i], order, n, s, __builtin_popcountll(at)) *
                           difference(set, at);
            ck_assert_msg(fabs(sum - got.value[k]) < 1e-11, "%s[%d]: %.15g, not %.15g",
                          names[i], (int)k, got.value[k], sum);
        }
        sx_interactions_free(&got);
    }
    sx_game_free(g);
}
END_TEST

/* sum over T of w(|T|) (v(T) - fit(T))^2. */
static double misfit(const struct sx_interactions *fit, bool equal, const double *change)
{
    double sum = 0;
    for (uint64_t s = 0; s < (uint64_t)1 << t.n; s++) {
        int64_t size = __builtin_popcountll(s);
        double v = equal ? 0 : t.v[0];
        bool inner = size > 0 && size < t.n;
        for (int64_t k = 0; k < fit->count; k++) {
            bool in = true;
            for (int64_t i = fit->first[k]; i < fit->first[k + 1]; i++)
                in = in && (s >> fit->member[i] & 1) != 0;
            v += in ? fit->value[k] + change[k] : 0;
        }
        double w = equal ? 1 : inner ? 1 / choose(t.n - 2, size - 1) : 0;
        sum += w * pow(t.v[s] - v, 2);
    }
    return sum;
}

/* Any allowed change of a faithful index increases the misfit. */
START_TEST(test_faithful)
{
    game_random(&t, 6, 8);
    struct sx_game *g = game_of(&t);
    for (int equal = 0; equal <= 1; equal++) {
        struct sx_interactions fit = index_of(g, equal ? "fbii" : "fsii", 2);
        double *change = calloc((size_t)fit.count, sizeof *change);
        double least = misfit(&fit, equal, change);
        for (int64_t k = 1; k < fit.count; k++)
            for (double step = -1e-3; step < 2e-3; step += 2e-3) {
                change[k] = step;
                change[0] = equal ? 0 : -step; /* the sum of all values is fixed */
                ck_assert_double_gt(misfit(&fit, equal, change), least);
                change[k] = change[0] = 0;
            }
        free(change);
        sx_interactions_free(&fit);
    }
    sx_game_free(g);
}
END_TEST

/* ---- Axioms ---- */

START_TEST(test_axioms)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        static const char *const efficient[] = {"sv",   "stii",    "ksii",
                                                "fsii", "jointsv", "owen"};
        game_random(&t, 6, seed);
        struct sx_game *g = game_of(&t);
        for (size_t i = 0; i < sizeof efficient / sizeof efficient[0]; i++)
            for (int64_t order = 1; order <= 6; order++) {
                struct sx_interactions got = index_of(g, efficient[i], order);
                ck_assert(got.efficient);
                ck_assert_msg(fabs(got.gap) < 1e-9, "%s, order %d: %g", efficient[i],
                              (int)order, got.gap);
                sx_interactions_free(&got);
            }
        struct sx_interactions one = index_of(g, "sii", 1), value = index_of(g, "sv", 0);
        for (int64_t i = 0; i < 6; i++)
            ck_assert_double_eq_tol(one.value[i], value.value[i], 1e-12);
        sx_interactions_free(&one);
        sx_interactions_free(&value);
        sx_game_free(g);
    }
}
END_TEST

/* At the highest order, indices that are polynomials equal the Moebius transform. */
START_TEST(test_highest_order)
{
    static const char *const names[] = {"stii", "ksii", "fsii", "fbii"};
    game_random(&t, 5, 3);
    struct sx_game *g = game_of(&t);
    struct sx_interactions moebius = index_of(g, "moebius", 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sx_interactions got = index_of(g, names[i], 5);
        int64_t skip = moebius.count - got.count;
        for (int64_t k = 0; k < got.count; k++)
            ck_assert_double_eq_tol(got.value[k], moebius.value[k + skip], 1e-9);
        sx_interactions_free(&got);
    }
    sx_interactions_free(&moebius);
    sx_game_free(g);
}
END_TEST

static const int order_of_players[] = {3, 0, 4, 1, 2};

/* Renamed players have the same values. */
START_TEST(test_symmetry)
{
    static struct game_table moved;
    game_network(&t, 5, 4);
    moved = (struct game_table){.n = 5};
    for (int s = 0; s < 32; s++) {
        int to = 0;
        for (int i = 0; i < 5; i++)
            to |= (s >> i & 1) << order_of_players[i];
        moved.v[to] = t.v[s];
    }
    struct sx_game *g = game_of(&t), *h = game_of(&moved);
    for (int i = 0; sx_index_name(i, NULL) != NULL; i++) {
        const char *name = sx_index_name(i, NULL);
        if (strcmp(name, "andor") == 0)
            continue;
        struct sx_interactions a = index_of(g, name, 2), b = index_of(h, name, 2);
        for (int64_t k = 0; k < a.count; k++)
            for (int64_t l = 0; l < b.count; l++) {
                int sets[2] = {0, 0};
                for (int64_t m = a.first[k]; m < a.first[k + 1]; m++)
                    sets[0] |= 1 << order_of_players[a.member[m]];
                for (int64_t m = b.first[l]; m < b.first[l + 1]; m++)
                    sets[1] |= 1 << b.member[m];
                if (sets[0] == sets[1])
                    ck_assert_double_eq_tol(a.value[k], b.value[l], 1e-11);
            }
        sx_interactions_free(&a);
        sx_interactions_free(&b);
    }
    sx_game_free(g);
    sx_game_free(h);
}
END_TEST

START_TEST(test_refusals)
{
    struct sx_error error = {0};
    struct sx_interactions got;
    game_random(&t, 12, 1);
    struct sx_game *g = game_of(&t);
    static const struct {
        struct sx_shapley_options o;
        const char *message;
    } cases[] = {
        {{.index = "none"}, "no index named 'none'"},
        {{.index = "jointsv", .budget = 100},
         "jointsv is not estimated: too many players, or too small a budget"},
        {{.index = "sii", .budget = 100, .sampling = "owen"},
         "no sampling named 'owen' for sii; nearest: kernel, shapiq, sparse"},
        {{.index = "sgv", .budget = 100, .sampling = "regression"},
         "'regression' does not estimate sgv"},
        {{.index = "fsii", .budget = 60, .sampling = "regression"},
         "58 coalitions do not tell 78 terms apart; raise --budget"},
        {{.index = "andor"}, "andor is for at most 10 players, not 12"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        error = (struct sx_error){0};
        ck_assert(!sx_interact(g, &cases[i].o, &got, &error));
        ck_assert_int_eq(error.status, SX_USAGE);
        size_t n = strlen(cases[i].message);
        ck_assert_msg(strncmp(error.message, cases[i].message, n) == 0, "%s", error.message);
        ck_assert_ptr_null(got.value);
    }
    sx_game_free(g);
}
END_TEST

/* Interactions as an array: values of players, or a symmetric matrix with these on the diagonal. */
START_TEST(test_array)
{
    g1();
    struct sx_game *g = game_of(&t);
    struct sx_error error = {0};
    struct sx_shapley_options o = sx_shapley_defaults();
    struct sx_shapley r;
    struct sx_tensor line, matrix;
    static const double want[3][3] = {
        {7.0 / 3, 2.5, 0.5}, {2.5, 23.0 / 6, 1.5}, {0.5, 1.5, 23.0 / 6}};
    o.index = "sii";
    o.order = 3;
    ck_assert_msg(sx_shapley(g, &o, &r, &error), "%s", error.message);
    ck_assert(sx_shapley_array(&r, false, &line, &error));
    ck_assert(sx_shapley_array(&r, true, &matrix, &error));
    ck_assert(line.shape.rank == 1 && line.shape.dim[0] == 3);
    ck_assert(matrix.shape.rank == 2 && matrix.shape.dim[0] == 3 && matrix.shape.dim[1] == 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(sx_tensor_get(&line, i), want[i][i], 1e-9);
        for (int k = 0; k < 3; k++)
            ck_assert_double_eq_tol(sx_tensor_get(&matrix, 3 * i + k), want[i][k], 1e-9);
    }
    sx_tensor_free(&line);
    sx_tensor_free(&matrix);
    sx_shapley_free(&r);
    sx_game_free(g);
}
END_TEST

/* Without options up to 12 players are one set, or 25 in a plane. More are windows of three. */
START_TEST(test_usual_sets)
{
    static const struct {
        int64_t players, rows, window, sets, size;
    } cases[] = {{12, 0, 0, 1, 12},  {13, 0, 0, 11, 3}, {25, 5, 0, 1, 25}, {26, 2, 0, 24, 3},
                 {12, 0, 12, 1, 12}, {12, 0, 5, 8, 5},  {2, 0, 0, 1, 2}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_error error = {0};
        struct sx_shapley r = {0};
        struct sx_shapley_options o = {.window = cases[k].window};
        struct sx_players *plane = NULL;
        if (cases[k].rows > 0) {
            struct sx_shape shape = {4,
                                     {1, 1, cases[k].rows, cases[k].players / cases[k].rows}};
            plane = sx_players_new(&shape, "pixels", SX_LAYOUT_AUTO, &error);
            ck_assert_msg(plane != NULL, "%s", error.message);
        }
        o.players = plane;
        ck_assert_msg(sx_shapley_sets(&o, cases[k].players, &r, &error), "%s", error.message);
        ck_assert_int_eq(r.n_sets, cases[k].sets);
        for (int64_t i = 0; i < r.n_sets; i++)
            ck_assert_int_eq(r.set[i][0], cases[k].size);
        sx_shapley_free(&r);
        sx_players_free(plane);
    }
}
END_TEST

/* Of 2895 players there are 4191960 sets of one or two, of 2896 over 2^22. */
START_TEST(test_most_terms)
{
    static int64_t player[2896];
    struct sx_error error = {0};
    struct sx_interactions terms;
    for (int64_t i = 0; i < 2896; i++)
        player[i] = i;
    ck_assert_msg(sx_terms_new(&terms, player, 2895, 1, 2, &error), "%s", error.message);
    ck_assert_int_eq(terms.count, 4191960);
    sx_interactions_free(&terms);
    ck_assert(!sx_terms_new(&terms, player, 2896, 1, 2, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("shapley");
    SUITE_ADD(c, test_g1, test_owen, test_andor, test_andor_adds_up, test_definitions,
              test_faithful, test_axioms, test_highest_order, test_symmetry, test_refusals,
              test_array, test_usual_sets, test_most_terms);
    return suite_run();
}
