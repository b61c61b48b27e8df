/* check_shapley.c - interaction indices of small games against worked examples and their axioms. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sextant.h"

/* ---- Games ---- */

struct table {
    int64_t n;
    const double *v;
};

static bool from_table(void *context, int64_t n, const uint64_t *coalitions, double *values,
                       struct sx_error *error)
{
    const struct table *t = context;
    (void)error;
    for (int64_t i = 0; i < n; i++)
        values[i] = t->v[coalitions[i]];
    return true;
}

static struct sx_game *game_of(struct table *t)
{
    struct sx_error error = {0};
    struct sx_game *game = sx_game_new(t->n, from_table, t, &error);
    ck_assert_msg(game != NULL, "%s", error.message);
    return game;
}

/* The sets in order: {0}, {1}, .. {0,1}, ..; expected ends where the list does. */
static void expect(struct sx_game *game, const char *index, int64_t order, int64_t n,
                   const double *expected)
{
    struct sx_error error = {0};
    struct sx_interactions got;
    struct sx_index_options o = {.index = index, .order = order};
    ck_assert_msg(sx_interact(game, &o, &got, &error), "%s", error.message);
    ck_assert(got.exact);
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

static const double g1[] = {0, 1, 2, 5, 3, 4, 6, 10};

START_TEST(test_g1)
{
    struct table t = {3, g1};
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

int main(void)
{
    Suite *s = suite_create("shapley");
    TCase *c = tcase_create("all");
    tcase_add_test(c, test_g1);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
