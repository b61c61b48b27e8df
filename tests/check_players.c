/* check_players.c - players of an input, the game of masking them in a model, saved games. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "games.h"
#include "explain/explain.h"
#include "explain/game.h"
#include "model.h"
#include "suite.h"

static struct sx_error error;

static void setup(void)
{
    error = (struct sx_error){0};
}

#define SHAPE(...)                                                                             \
    (struct sx_shape)                                                                          \
    {                                                                                          \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                                    \
        {                                                                                      \
            __VA_ARGS__                                                                        \
        }                                                                                      \
    }

/* ---- Players ---- */

static void expect_labels(struct sx_shape shape, const char *how, int64_t count,
                          const int64_t *label)
{
    struct sx_players *p = sx_players_new(&shape, how, SX_LAYOUT_AUTO, &error);
    ck_assert_msg(p != NULL, "%s: %s", how, error.message);
    ck_assert_int_eq(sx_players_count(p), count);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        ck_assert_msg(p->label[i] == label[i], "%s: element %d has player %d, not %d", how,
                      (int)i, (int)p->label[i], (int)label[i]);
    sx_players_free(p);
}

START_TEST(test_labels)
{
    expect_labels(SHAPE(1, 4), "elements", 4, (const int64_t[]){0, 1, 2, 3});
    expect_labels(SHAPE(1, 4), "columns", 4, (const int64_t[]){0, 1, 2, 3});
    expect_labels(SHAPE(1, 2, 3), "columns", 3, (const int64_t[]){0, 1, 2, 0, 1, 2});
    expect_labels(SHAPE(1, 2, 3), "tokens", 2, (const int64_t[]){0, 0, 0, 1, 1, 1});
    expect_labels(SHAPE(1, 2, 3), "tokens:2", 3, (const int64_t[]){0, 1, 2, 0, 1, 2});
    expect_labels(SHAPE(3), "tokens", 3, (const int64_t[]){0, 1, 2});
    expect_labels(SHAPE(1, 1, 3, 3), "patches:2x2", 4,
                  (const int64_t[]){0, 0, 1, 0, 0, 1, 2, 2, 3});
    expect_labels(SHAPE(1, 1, 3, 3), "grid:2x2", 4,
                  (const int64_t[]){0, 0, 1, 0, 0, 1, 2, 2, 3});
    expect_labels(SHAPE(1, 1, 2, 6), "grid:1x3", 3,
                  (const int64_t[]){0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2});
    expect_labels(SHAPE(1, 3, 1, 2), "pixels", 2, (const int64_t[]){0, 1, 0, 1, 0, 1});
    expect_labels(SHAPE(1, 3, 1, 2), "patches:1x1", 2, (const int64_t[]){0, 1, 0, 1, 0, 1});
    expect_labels(SHAPE(1, 2, 2, 3), "patches:2x1", 2,
                  (const int64_t[]){0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1});
    expect_labels(SHAPE(1, 2, 2, 2), "patches:1x2", 2,
                  (const int64_t[]){0, 0, 1, 1, 0, 0, 1, 1});
}
END_TEST

/* Two colours give two superpixels, also if their border is not straight. A speck joins the
 * superpixel around it. */
START_TEST(test_superpixels)
{
    struct sx_tensor x;
    struct sx_shape shape = SHAPE(1, 2, 8, 12);
    ck_assert(sx_tensor_new(&x, SX_DOUBLE, &shape, &error));
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&x, i, i % 12 >= 5 + i / 12 % 8 / 3 ? 200 : 10);
    sx_tensor_set(&x, 3 * 12 + 1, 200);
    struct sx_players *p = sx_players_at(&x, "superpixels:2", SX_LAYOUT_AUTO, &error);
    ck_assert_msg(p != NULL, "%s", error.message);
    ck_assert_int_eq(p->count, 2);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        ck_assert_int_eq(p->label[i], i % 12 >= 5 + i / 12 % 8 / 3);
    double sums[2], *ones = calloc(192, sizeof *ones);
    for (int64_t i = 0; i < 192; i++)
        ones[i] = 1;
    sx_players_sum(p, ones, sums);
    ck_assert(sums[0] + sums[1] == 192 && sums[0] > sums[1] - 40);
    ck_assert_int_eq(sx_players_first(p, 1), 5);
    ck_assert_int_eq(sx_players_first(p, 2), -1);
    free(ones);
    sx_players_free(p);

    /* a picture of one colour is cut along the grid of centres */
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&x, i, i < 3 ? NAN : 0);
    p = sx_players_at(&x, "superpixels:6", SX_LAYOUT_AUTO, &error);
    ck_assert_msg(p != NULL, "%s", error.message);
    ck_assert_int_eq(p->count, 6);
    sx_players_free(p);
    p = sx_players_at(&x, "superpixels:96", SX_LAYOUT_AUTO, &error); /* one for each place */
    ck_assert_msg(p != NULL, "%s", error.message);
    ck_assert_int_eq(p->count, 96);
    sx_players_free(p);
    ck_assert(sx_players_at(&x, "superpixels:97", SX_LAYOUT_AUTO, &error) == NULL);
    ck_assert(strstr(error.message, "from 1 to 96 places") != NULL);
    ck_assert(sx_players_new(&shape, "superpixels:4", SX_LAYOUT_AUTO, &error) == NULL);
    error = (struct sx_error){0};
    ck_assert(sx_players_new(&shape, "grid:9x2", SX_LAYOUT_AUTO, &error) == NULL);
    ck_assert(strstr(error.message, "finer than the 8x12 places") != NULL);
    sx_tensor_free(&x);
}
END_TEST

/* Colours count by the range of the widest channel, however small that is and wherever it stands. */
START_TEST(test_superpixels_of_the_widest_channel)
{
    for (int wide = 0; wide < 3; wide++) {
        struct sx_tensor x;
        struct sx_shape shape = SHAPE(1, 3, 8, 12);
        ck_assert(sx_tensor_new(&x, SX_DOUBLE, &shape, &error));
        for (int64_t i = 0; i < sx_count(&shape); i++)
            sx_tensor_set(&x, i, i / 96 == wide && i % 12 >= 4 ? 2e-3 : 1e-3);
        struct sx_players *p = sx_players_at(&x, "superpixels:2", SX_LAYOUT_AUTO, &error);
        ck_assert_msg(p != NULL, "%s", error.message);
        ck_assert_int_eq(p->count, 2);
        for (int64_t i = 0; i < sx_count(&shape); i++)
            ck_assert_int_eq(p->label[i], i % 12 >= 4);
        sx_players_free(p);
        sx_tensor_free(&x);
    }
}
END_TEST

static void write_labels(const char *path, struct sx_shape shape, const double *label)
{
    struct sx_tensor tensor;
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(sink != NULL && sx_tensor_new(&tensor, SX_DOUBLE, &shape, &error));
    memcpy(tensor.data, label, (size_t)sx_count(&shape) * sizeof *label);
    sx_npy_write(sink, &tensor);
    ck_assert(sx_sink_finish(sink, true, &error));
    sx_tensor_free(&tensor);
}

START_TEST(test_label_files)
{
    char path[] = "/tmp/sextant-labels-XXXXXX", how[64];
    close(mkstemp(path));
    snprintf(how, sizeof how, "file:%s", path);
    write_labels(path, SHAPE(2, 2), (const double[]){7, -1, 7, 3});
    expect_labels(SHAPE(1, 4), how, 2, (const int64_t[]){1, -1, 1, 0});
    /* one label per place serves all channels, whether they are first or last */
    expect_labels(SHAPE(1, 3, 2, 2), how, 2,
                  (const int64_t[]){1, -1, 1, 0, 1, -1, 1, 0, 1, -1, 1, 0});
    expect_labels(SHAPE(1, 2, 2, 3), how, 2,
                  (const int64_t[]){1, 1, 1, -1, -1, -1, 1, 1, 1, 0, 0, 0});
    struct sx_shape shape = SHAPE(1, 5);
    ck_assert_ptr_null(sx_players_new(&shape, how, SX_LAYOUT_AUTO, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    error = (struct sx_error){0};
    shape = SHAPE(1, 4);
    write_labels(path, SHAPE(4), (const double[]){-1, -2, -1, -1});
    ck_assert_ptr_null(sx_players_new(&shape, how, SX_LAYOUT_AUTO, &error));
    ck_assert_str_eq(error.message, "there are no players");
    error = (struct sx_error){0};
    write_labels(path, SHAPE(4), (const double[]){0, 1, 0.5, 2});
    ck_assert_ptr_null(sx_players_new(&shape, how, SX_LAYOUT_AUTO, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "label 2 is no integer"));
    unlink(path);
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_players_new(&shape, how, SX_LAYOUT_AUTO, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
}
END_TEST

START_TEST(test_bad_players)
{
    static const char *const bad[] = {"",           "pixel",        "patches:2", "patches:0x2",
                                      "patches:2x", "patches:2x-1", "tokens:4",  "tokens:1.5"};
    struct sx_shape shape = SHAPE(1, 1, 4, 4);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(sx_players_new(&shape, bad[i], SX_LAYOUT_AUTO, &error) == NULL, "'%s'",
                      bad[i]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
}
END_TEST

/* Compares the neighbours of each player, as words of bits. */
static void expect_near(struct sx_shape shape, const char *how, bool corners,
                        const uint64_t *expected)
{
    uint64_t *near;
    struct sx_players *p = sx_players_new(&shape, how, SX_LAYOUT_AUTO, &error);
    ck_assert_ptr_nonnull(p);
    ck_assert(sx_players_near(p, corners, &near, &error));
    for (int64_t i = 0; i < p->count; i++)
        ck_assert_msg(near[i] == expected[i], "%s: neighbours of %d are %llx, not %llx", how,
                      (int)i, (unsigned long long)near[i], (unsigned long long)expected[i]);
    free(near);
    sx_players_free(p);
}

START_TEST(test_near)
{
    expect_near(SHAPE(1, 4), "elements", false, (const uint64_t[]){2, 5, 10, 4});
    expect_near(SHAPE(1, 1, 4, 4), "patches:2x2", false, (const uint64_t[]){6, 9, 9, 6});
    expect_near(SHAPE(1, 1, 4, 4), "patches:2x2", true, (const uint64_t[]){14, 13, 11, 7});
    expect_near(SHAPE(1, 1, 2, 6), "patches:2x2", true, (const uint64_t[]){2, 5, 2});
    expect_near(SHAPE(1, 1, 2, 8), "patches:1x2", false,
                (const uint64_t[]){0x12, 0x25, 0x4a, 0x84, 0x21, 0x52, 0xa4, 0x48});
    expect_near(SHAPE(1, 3, 5, 2), "patches:2x1", false,
                (const uint64_t[]){6, 9, 0x19, 0x26, 0x24, 0x18});
    /* elements of a picture are neighbours within their channel and across channels */
    expect_near(SHAPE(1, 2, 2, 2), "elements", false,
                (const uint64_t[]){0x16, 0x29, 0x49, 0x86, 0x61, 0x92, 0x94, 0x68});
    expect_near(SHAPE(1, 2, 3), "elements", false,
                (const uint64_t[]){0x0a, 0x15, 0x22, 0x11, 0x2a, 0x14});
    char path[] = "/tmp/sextant-labels-XXXXXX", how[64];
    close(mkstemp(path));
    snprintf(how, sizeof how, "file:%s", path);
    write_labels(path, SHAPE(2, 2, 2), (const double[]){0, 0, 1, 1, 2, 2, 3, 3});
    expect_near(SHAPE(1, 2, 2, 2), how, false, (const uint64_t[]){6, 9, 9, 6});
    unlink(path);
}
END_TEST

START_TEST(test_values_are_spread_over_elements)
{
    struct sx_shape shape = SHAPE(1, 1, 2, 4);
    double map[8];
    int64_t rows, columns;
    struct sx_players *p = sx_players_new(&shape, "patches:2x2", SX_LAYOUT_AUTO, &error);
    ck_assert(!sx_players_on_grid(p, &rows, &columns) && rows == 1 && columns == 2);
    sx_players_spread(p, (const double[]){3, -1}, map);
    for (int i = 0; i < 8; i++)
        ck_assert_double_eq(map[i], i % 4 < 2 ? 3 : -1);
    sx_players_free(p);
}
END_TEST

/* ---- The game of a model ---- */

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_game *game;
};

/* Opens the game of a model, which it frees. x and each baseline have n elements. */
static void open_game(struct fixture *f, struct tm_model *m, enum sx_type type, const double *x,
                      int64_t n, const char *how, const double *baselines, int64_t n_baselines,
                      struct sx_explain_options *options, enum sx_likeness likeness)
{
    struct sx_shape shape = SHAPE(1, n);
    struct sx_tensor given, feed;
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    options->values_only = true;
    f->explainer = sx_explainer_new(f->model, options, &error);
    ck_assert(sx_tensor_new(&given, SX_DOUBLE, &shape, &error));
    memcpy(given.data, x, (size_t)n * sizeof *x);
    ck_assert(sx_tensor_convert(&feed, type, &given, &error));
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&given);
    sx_tensor_free(&feed);
    f->players =
        sx_players_new(&sx_explainer_input(f->explainer)->shape, how, SX_LAYOUT_AUTO, &error);
    ck_assert_msg(f->players != NULL, "%s", error.message);
    f->game = sx_game_model(f->explainer, f->players, baselines, n_baselines, likeness, &error);
    ck_assert_msg(f->game != NULL, "%s", error.message);
}

static void close_game(struct fixture *f)
{
    sx_game_free(f->game);
    sx_players_free(f->players);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

static double value_of(const struct fixture *f, uint64_t coalition)
{
    double value = NAN;
    ck_assert_msg(sx_game_values(f->game, 1, &coalition, &value, &error), "%s", error.message);
    return value;
}

/* y = x0 x1 + x2 */
static struct tm_model *product(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, 3});
    for (int64_t i = 0; i < 3; i++) {
        char name[3] = {'i', (char)('0' + i), '\0'}, part[3] = {'p', (char)('0' + i), '\0'};
        char inputs[8];
        tm_const(m, name, SX_INT, 1, (const int64_t[]){1}, &i);
        snprintf(inputs, sizeof inputs, "x %s", name);
        tm_node(m, "Gather", inputs, part, "axis=1");
    }
    tm_node(m, "Mul", "p0 p1", "p01", NULL);
    tm_node(m, "Add", "p01 p2", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(test_masked)
{
    static const double x[] = {2, 3, 5}, b[] = {-1, 0.5, 7};
    for (int precise = 0; precise <= 1; precise++) {
        struct fixture f;
        struct sx_explain_options o = {.precise = precise};
        open_game(&f, product(), SX_FLOAT, x, 3, "elements", b, 1, &o, SX_TARGET);
        for (uint64_t s = 0; s < 8; s++) {
            double z[3];
            for (int i = 0; i < 3; i++)
                z[i] = (s >> i & 1) != 0 ? x[i] : b[i];
            ck_assert_double_eq(value_of(&f, s), z[0] * z[1] + z[2]);
        }
        ck_assert_int_eq(sx_game_evaluations(f.game), 8);
        value_of(&f, 5);
        /* values are remembered, so nothing is evaluated again */
        ck_assert_int_eq(sx_game_evaluations(f.game), 8);
        close_game(&f);
    }
}
END_TEST

/* f is the identity of one element: it reads neither the index of the target nor weights. */
START_TEST(test_identity)
{
    static const double x[] = {2}, b[] = {-1};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){1, 1});
    tm_node(m, "Identity", "x", "y", NULL);
    tm_output(m, "y");
    struct fixture f;
    struct sx_explain_options o = {0};
    open_game(&f, m, SX_FLOAT, x, 1, "elements", b, 1, &o, SX_TARGET);
    ck_assert_double_eq(value_of(&f, 0), -1);
    ck_assert_double_eq(value_of(&f, 1), 2);
    close_game(&f);
}
END_TEST

/* With several baselines the game is the mean of the games of each. */
START_TEST(test_baselines)
{
    static const double x[] = {2, 3, 5}, b[] = {0, 0, 0, 1, 1, 1, -2, 4, 0};
    struct fixture f;
    struct sx_explain_options o = {.precise = true};
    open_game(&f, product(), SX_FLOAT, x, 3, "elements", b, 3, &o, SX_TARGET);
    ck_assert_double_eq_tol(value_of(&f, 0), (0 + 2 - 8) / 3.0, 1e-12);
    ck_assert_double_eq_tol(value_of(&f, 1), (0 + 3 + 8) / 3.0, 1e-12);
    ck_assert_double_eq_tol(value_of(&f, 7), 11, 1e-12);
    close_game(&f);
}
END_TEST

/* A null player equals all baselines, not one of them. */
START_TEST(test_null_players_of_baselines)
{
    static const double x[] = {2, 3, 5}, b[] = {2, 0, 5, 1, 1, 5};
    struct fixture f;
    struct sx_explain_options o = {.precise = true};
    open_game(&f, product(), SX_FLOAT, x, 3, "elements", b, 2, &o, SX_TARGET);
    ck_assert_int_eq(f.game->n_live, 2);
    ck_assert(sx_game_plays(f.game, 0) && !sx_game_plays(f.game, 2));
    ck_assert_double_eq_tol(value_of(&f, 7), 11, 1e-12);
    ck_assert_double_eq_tol(value_of(&f, 6), (11 + 8) / 2.0, 1e-12);
    close_game(&f);
}
END_TEST

/* Players whose elements equal the baseline are null players, and cost no evaluations. */
START_TEST(test_null_players)
{
    static const double x[] = {2, 0, 5}, b[] = {0, 0, 0};
    struct fixture f;
    struct sx_explain_options o = {0};
    open_game(&f, product(), SX_FLOAT, x, 3, "elements", b, 1, &o, SX_TARGET);
    ck_assert_int_eq(f.game->n_live, 2);
    for (uint64_t s = 0; s < 8; s++)
        ck_assert_double_eq(value_of(&f, s), (s & 4) != 0 ? 5 : 0);
    ck_assert_int_eq(sx_game_evaluations(f.game), 4);
    struct sx_interactions sv;
    struct sx_shapley_options io = {.index = "sv"};
    ck_assert(sx_interact(f.game, &io, &sv, &error));
    ck_assert_int_eq(sv.count, 2);
    ck_assert_int_eq(sv.member[1], 2);
    ck_assert_double_eq(sv.value[1], 5);
    sx_interactions_free(&sv);
    close_game(&f);
}
END_TEST

/* Integers are masked like reals: y = sum of table[ids]. */
START_TEST(test_integers)
{
    static const double x[] = {1, 2, 3}, b[] = {0, 0, 0};
    struct tm_model *m = tm_new(13);
    struct fixture f;
    struct sx_explain_options o = {0};
    tm_input(m, "ids", SX_INT, 2, (const int64_t[]){-1, 3});
    tm_const(m, "table", SX_FLOAT, 1, (const int64_t[]){4},
             (const float[]){0.5, 10, 200, 3000});
    tm_const(m, "last", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){1});
    tm_node(m, "Gather", "table ids", "e", "axis=0");
    tm_node(m, "ReduceSum", "e last", "y", "keepdims=1");
    tm_output(m, "y");
    open_game(&f, m, SX_INT, x, 3, "tokens", b, 1, &o, SX_TARGET);
    ck_assert_double_eq(value_of(&f, 7), 3210);
    ck_assert_double_eq(value_of(&f, 5), 3010.5);
    ck_assert_double_eq(value_of(&f, 0), 1.5);
    double gradient[3];
    ck_assert(!sx_gradients(f.explainer, 1, x, NULL, gradient, &error));
    ck_assert_str_eq(error.message, "input 'ids' holds integers, which have no gradient");
    error = (struct sx_error){0};
    struct sx_explain_options named = {.wrt = "ids", .values_only = true};
    struct sx_explainer *e = sx_explainer_new(f.model, &named, &error);
    ck_assert(e != NULL);
    ck_assert_msg(sx_explainer_sample(e, &f.explainer->feeds[0], &error), "%s", error.message);
    ck_assert_str_eq(sx_explainer_input_name(e), "ids");
    named.values_only = false;
    struct sx_explainer *by_gradient = sx_explainer_new(f.model, &named, &error);
    ck_assert(!sx_explainer_sample(by_gradient, &f.explainer->feeds[0], &error));
    ck_assert_str_eq(error.message, "input 'ids' holds integers, which have no gradient");
    sx_explainer_free(by_gradient);
    sx_explainer_free(e);
    close_game(&f);
}
END_TEST

/* The ids are found behind nodes that keep them in order, and not behind nodes that change,
 * reverse, repeat or sum them. */
START_TEST(test_ids)
{
    static const struct {
        const char *op, *operands, *attributes;
        bool found;
    } cases[] = {{"Identity", "ids", NULL, true},
                 {"Add", "ids zero", NULL, true},
                 {"Reshape", "ids turned", NULL, true},
                 {"Transpose", "ids", "perm=[1,0]", true}, /* [1, 3] becomes [3, 1] */
                 {"Slice", "ids zero three last", NULL, true},
                 {"Slice", "ids last three last", NULL, false},
                 {"Slice", "ids end begin last end", NULL, false}, /* in reverse order */
                 {"Expand", "ids two", NULL, false},
                 {"Add", "ids column", NULL, false},
                 {"ReduceSum", "ids last", NULL, false}};
    static const int64_t one[] = {1}, ids[] = {2, 0, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tm_model *m = tm_new(13);
        struct sx_tensor feed;
        struct sx_shape shape = SHAPE(1, 3);
        tm_input(m, "ids", SX_INT, 2, (const int64_t[]){1, 3});
        tm_const(m, "table", SX_FLOAT, 2, (const int64_t[]){3, 2},
                 (const float[]){1, 2, 3, 4, 5, 6});
        tm_const(m, "zero", SX_INT, 1, one, (const int64_t[]){0});
        tm_const(m, "last", SX_INT, 1, one, (const int64_t[]){1});
        tm_const(m, "three", SX_INT, 1, one, (const int64_t[]){3});
        tm_const(m, "end", SX_INT, 1, one, (const int64_t[]){-1});
        tm_const(m, "begin", SX_INT, 1, one, (const int64_t[]){-9});
        tm_const(m, "two", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){2, 3});
        tm_const(m, "turned", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){3, 1});
        tm_const(m, "column", SX_INT, 2, (const int64_t[]){2, 1}, (const int64_t[]){0, 0});
        tm_node(m, cases[i].op, cases[i].operands, "moved", cases[i].attributes);
        tm_node(m, "Gather", "table moved", "e", "axis=0");
        tm_node(m, "Exp", "e", "y", NULL);
        tm_output(m, "y");
        struct sx_model *model = tm_open(m, &error);
        tm_free(m);
        struct sx_explain_options o = {.values_only = true};
        struct sx_explainer *e = sx_explainer_new(model, &o, &error);
        ck_assert_ptr_nonnull(e);
        ck_assert(sx_tensor_new(&feed, SX_INT, &shape, &error));
        memcpy(feed.data, ids, sizeof ids);
        ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s: %s", cases[i].op,
                      error.message);
        ck_assert_msg((sx_explainer_ids(e) != NULL) == cases[i].found, "%s %s", cases[i].op,
                      cases[i].operands);
        ck_assert_int_eq(sx_count(&sx_explainer_elements(e)->shape), 3);
        ck_assert_str_eq(sx_explainer_input_name(e), cases[i].found ? "e" : "ids");
        sx_tensor_free(&feed);
        sx_explainer_free(e);
        sx_model_close(model);
    }
}
END_TEST

/* Opens the explainer of y = sum of x + sum of the mask, a second input, at ones. */
static struct sx_explainer *open_masked(struct sx_model **model, struct sx_shape shape,
                                        const char *mask, const double *given)
{
    struct tm_model *m = tm_new(13);
    struct sx_explain_options o = {0};
    struct sx_tensor feeds[2];
    struct sx_shape tokens = SHAPE(1, 3);
    tm_input(m, "x", SX_FLOAT, shape.rank, shape.dim);
    tm_input(m, mask, SX_FLOAT, 2, tokens.dim);
    tm_node(m, "ReduceSum", "x", "a", "keepdims=0");
    tm_node(m, "ReduceSum", mask, "b", "keepdims=0");
    tm_node(m, "Add", "a b", "y", NULL);
    tm_output(m, "y");
    *model = tm_open(m, &error);
    tm_free(m);
    struct sx_explainer *e = sx_explainer_new(*model, &o, &error);
    ck_assert_msg(e != NULL, "%s", error.message);
    ck_assert(sx_tensor_new(&feeds[0], SX_FLOAT, &shape, &error) &&
              sx_tensor_new(&feeds[1], SX_FLOAT, &tokens, &error));
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&feeds[0], i, 1);
    for (int64_t i = 0; i < 3; i++)
        sx_tensor_set(&feeds[1], i, given[i]);
    ck_assert_msg(sx_explainer_sample(e, feeds, &error), "%s", error.message);
    sx_tensor_free(&feeds[0]);
    sx_tensor_free(&feeds[1]);
    return e;
}

/* Tokens where an attention mask is 0 are no players. A mask has only zeros and ones, and some ones.
 * In a padding mask numbers mean the opposite. */
START_TEST(test_attention_masks)
{
    static const struct {
        const char *name;
        double mask[3];
        int64_t players;
    } cases[] = {{"attention_mask", {1, 1, 0}, 2},   {"Mask", {0, 1, 0}, 1},
                 {"attention_mask", {1, 1, 1}, 3},   {"attention_mask", {0, 0, 0}, 3},
                 {"attention_mask", {1, 0.5, 0}, 3}, {"attention_mask", {1, 2, 0}, 3},
                 {"key_padding_mask", {1, 1, 0}, 3}, {"PadMask", {1, 1, 0}, 3},
                 {"segments", {1, 1, 0}, 3}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct sx_model *model;
        struct sx_explainer *e =
            open_masked(&model, SHAPE(1, 3, 2), cases[k].name, cases[k].mask);
        struct sx_players *p = sx_explainer_players(e, "tokens", SX_LAYOUT_AUTO, &error);
        ck_assert_msg(p != NULL, "%s", error.message);
        ck_assert_msg(p->count == cases[k].players, "%s: %d players", cases[k].name,
                      (int)p->count);
        for (int64_t i = 0, n = 0; i < 6 && p->count < 3; i++) {
            ck_assert_int_eq(p->label[i], cases[k].mask[i / 2] == 1 ? n : -1);
            n += i % 2 == 1 && cases[k].mask[i / 2] == 1;
        }
        sx_players_free(p);
        sx_explainer_free(e);
        sx_model_close(model);
    }
}
END_TEST

/* Up to `few` elements are players. More are tokens of a sequence, or about `side` x `side` patches of
 * a picture. */
START_TEST(test_usual_players)
{
    static const struct {
        int rank;
        int64_t dim[4], few, side;
        const char *usual;
    } cases[] = {
        {4, {1, 1, 4, 4}, 16, 4, "elements"},    {4, {1, 1, 4, 4}, 15, 4, "patches:1x1"},
        {4, {1, 1, 5, 7}, 16, 4, "patches:2x2"}, {4, {1, 3, 8, 9}, 16, 4, "patches:2x3"},
        {4, {1, 1, 8, 8}, 16, 7, "patches:2x2"}, {3, {1, 5, 4, 0}, 20, 4, "elements"},
        {3, {1, 5, 4, 0}, 19, 4, "tokens"},      {2, {1, 99, 0, 0}, 0, 4, "elements"}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct sx_model *model;
        struct sx_shape shape = {.rank = cases[k].rank};
        char usual[SX_PLAYERS_TEXT];
        memcpy(shape.dim, cases[k].dim, sizeof cases[k].dim);
        struct sx_explainer *e = open_masked(&model, shape, "m", (const double[]){1, 1, 1});
        sx_explainer_usual_players(e, SX_LAYOUT_AUTO, cases[k].few, cases[k].side, usual);
        ck_assert_str_eq(usual, cases[k].usual);
        sx_explainer_free(e);
        sx_model_close(model);
    }
}
END_TEST

/* y = (x0, x1, x2). The value is the similarity of y to y at x, as dot product or cosine. */
START_TEST(test_likeness)
{
    static const double x[] = {2, 3, 6}, b[] = {0, 0, 0};
    for (int k = 0; k < 2; k++) {
        struct fixture f;
        struct sx_explain_options o = {.precise = true};
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){-1, 3});
        tm_const(m, "one", SX_DOUBLE, 0, NULL, (const double[]){1});
        tm_node(m, "Mul", "x one", "y", NULL);
        tm_output(m, "y");
        open_game(&f, m, SX_DOUBLE, x, 3, "elements", b, 1, &o, k == 0 ? SX_DOT : SX_COSINE);
        ck_assert_double_eq_tol(value_of(&f, 7), k == 0 ? 49 : 1, 1e-12);
        ck_assert_double_eq_tol(value_of(&f, 3), k == 0 ? 13 : sqrt(13.0 / 49), 1e-12);
        ck_assert_double_eq_tol(value_of(&f, 4), k == 0 ? 36 : 6.0 / 7, 1e-12);
        close_game(&f);
    }
}
END_TEST

/* The program is used for the next game, and is built again for another number of players. */
START_TEST(test_next_game_of_a_program)
{
    static const double x[] = {2, 3, 5}, b[] = {0, 0, 0};
    struct fixture f;
    struct sx_explain_options o = {0};
    open_game(&f, product(), SX_FLOAT, x, 3, "elements", b, 1, &o, SX_TARGET);
    for (int round = 0; round < 4; round++) {
        struct sx_shape shape = SHAPE(1, 3);
        ck_assert_double_eq(value_of(&f, 3), round % 2 == 0 ? 6 : 11);
        sx_game_free(f.game);
        sx_players_free(f.players);
        f.players = sx_players_new(&shape, round % 2 == 0 ? "patches:1x2" : "elements",
                                   SX_LAYOUT_AUTO, &error);
        f.game = sx_game_model(f.explainer, f.players, b, 1, SX_TARGET, &error);
        ck_assert_ptr_nonnull(f.game);
    }
    struct sx_shape other = SHAPE(1, 4);
    struct sx_players *wrong = sx_players_new(&other, "elements", SX_LAYOUT_AUTO, &error);
    ck_assert_ptr_null(sx_game_model(f.explainer, wrong, b, 1, SX_TARGET, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    sx_players_free(wrong);
    close_game(&f);
}
END_TEST

/* ---- Saved games ---- */

static struct game_table t;

static char path[] = "/tmp/sextant-game-XXXXXX";

static void save(const struct sx_game *game)
{
    ck_assert(sx_game_save(game, path, &error));
}

static void put(const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

START_TEST(test_save)
{
    close(mkstemp(path));
    game_random(&t, 6, 1);
    for (int whole = 0; whole <= 1; whole++) {
        struct sx_game *g = game_of(&t);
        uint64_t some[] = {0, 63, 5, 17};
        double value[4];
        ck_assert(sx_game_values(g, 4, some, value, &error));
        if (whole)
            ck_assert(sx_game_fill(g, &error));
        save(g);
        struct sx_game *back = sx_game_load(path, &error);
        ck_assert_msg(back != NULL, "%s", error.message);
        ck_assert_int_eq(sx_game_players(back), 6);
        for (uint64_t s = 0; s < 64; s++) {
            bool known = whole || s == 0 || s == 63 || s == 5 || s == 17;
            double v = 0;
            error = (struct sx_error){0};
            ck_assert_int_eq(sx_game_values(back, 1, &s, &v, &error), known);
            if (known)
                ck_assert_double_eq(v, t.v[s]);
            else
                ck_assert_ptr_nonnull(strstr(error.message, "the game has no value for {"));
        }
        sx_game_free(back);
        sx_game_free(g);
    }
    unlink(path);
}
END_TEST

/* A saved game as one line per coalition equals one as a vector. */
START_TEST(test_lines)
{
    close(mkstemp(path));
    put("{\"players\":2}\n{\"present\":[],\"value\":1}\n\n{\"present\":[1,0],\"value\":1e1}\n"
        "{\"value\":-0.25, \"present\":[1]}\r\n{\"present\":[0],\"value\":0.1}");
    struct sx_game *g = sx_game_load(path, &error);
    ck_assert_msg(g != NULL, "%s", error.message);
    ck_assert_ptr_nonnull(g->table);
    static const double expected[] = {1, 0.1, -0.25, 10};
    for (uint64_t s = 0; s < 4; s++)
        ck_assert_double_eq(g->table[s], expected[s]);
    struct sx_interactions got;
    struct sx_shapley_options o = {.index = "sii"};
    ck_assert(sx_interact(g, &o, &got, &error));
    ck_assert_double_eq_tol(got.value[2], 10 + 1 - 0.1 + 0.25, 1e-12);
    sx_interactions_free(&got);
    sx_game_free(g);
    unlink(path);
}
END_TEST

START_TEST(test_bad_games)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "the file is empty"},
        {"\n", "line 1: "},
        {"{\"players\":0}\n", "line 1: is not {\"players\":n}"},
        {"{\"players\":1e9}\n", "line 1: "},
        {"{\"players\":2}\n{\"present\":[2],\"value\":1}\n",
         "line 2: a player is none of 0..1"},
        {"{\"players\":2}\n{\"present\":[0.5],\"value\":1}\n", "line 2: a player"},
        {"{\"players\":2}\n{\"present\":[0]}\n", "line 2: is not {\"present\""},
        {"{\"players\":2}\n{\"present\":3,\"value\":1}\n", "line 2: is not {\"present\""},
        {"{\"players\":2}\n{\"present\":[],\"value\":null}\n", "line 2: is not {\"present\""},
        {"{\"players\":2}\n{\"present\":[],\"value\":1e999}\n", "line 2: is not {\"present\""},
        {"{\"players\":2}\n{\"present\":[]", "line 2: "},
        {"{\"players\":2}\n{\"present\":[1],\"value\":1}\n{\"present\":[1],\"value\":1}\n",
         "line 3: the coalition has a value already"},
        {"{\"players\":2}\n{\"present\":[0,1],\"value\":1}\n\n{\"present\":[1,0],\"value\":2}\n",
         "line 4: the coalition has a value already"},
        {"{\"players\":2}\n{\"present\":[1,1],\"value\":1}\n",
         "line 2: player 1 is there twice"},
        {"{\"players\":2}\n{\"present\":[-1],\"value\":1}\n",
         "line 2: a player is none of 0..1"},
        {"{\"players\":2}\n{\"present\":[\"0\"],\"value\":1}\n", "line 2: a player is none of"},
        {"{\"players\":2}\n{\"a\":{\"value\":3},\"present\":[],\"value\":1}\n",
         "line 2: is not {\"present\""},
        {"{\"players\":2}\n{\"present\":[],\"value\":\"1\"}\n", "line 2: is not {\"present\""},
        {"{\"players\":2}\n{\"present\":[],\"value\":NaN}\n", "line 2: "},
        {"{\"players\":2}\n[1,2]\n", "line 2: is not {\"present\""},
        {"{\"players\":2.5}\n", "line 1: is not {\"players\":n}"},
        {"{\"players\":-3}\n", "line 1: is not {\"players\":n}"},
        {"[3]\n", "line 1: is not {\"players\":n}"},
        {"\x93NUMPY", ""},
        {"\x93NUMPY\1", ""},
    };
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        put(bad[i].text);
        ck_assert_msg(sx_game_load(path, &error) == NULL, "%s", bad[i].text);
        ck_assert_int_eq(error.status, SX_FAILED);
        ck_assert_msg(strstr(error.message, bad[i].message) != NULL, "%s: not %s",
                      error.message, bad[i].message);
    }
    write_labels(path, SHAPE(3), (const double[]){1, 2, 3});
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_game_load(path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "3 values are not 2^n"));
    write_labels(path, SHAPE(4), (const double[]){1, 2, NAN, 3});
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_game_load(path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "value 2 is not finite"));
    ck_assert(truncate(path, 140) == 0);
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_game_load(path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "the data end early"));
    unlink(path);
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_game_load(path, &error));
}
END_TEST

/* The fit of a given game uses the coalitions that are known. */
START_TEST(test_given)
{
    struct sx_shapley_options o = {.index = "fsii", .sampling = "regression"};
    struct sx_interactions want, got;
    game_sparse(&t, 7, 2, 5);
    struct sx_game *whole = game_of(&t), *given = sx_game_new(7, NULL, NULL, &error);
    ck_assert(sx_interact(whole, &(struct sx_shapley_options){.index = "fsii"}, &want, &error));
    given->given = true;
    for (uint64_t s = 0; s < 128; s++)
        if (s % 3 != 1 || s == 127 || s == 1)
            ck_assert(sx_game_note(given, &s, t.v[s], &error));
    ck_assert_msg(sx_interact(given, &o, &got, &error), "%s", error.message);
    ck_assert(!got.exact);
    for (int64_t k = 0; k < want.count; k++)
        ck_assert_double_eq_tol(got.value[k], want.value[k], 1e-9);
    sx_interactions_free(&got);
    sx_interactions_free(&want);
    static const char *const others[] = {"sii", "ksii", "stii", "fbii", "kadd"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        o = (struct sx_shapley_options){.index = others[i]};
        ck_assert(sx_interact(whole, &o, &want, &error));
        ck_assert_msg(sx_interact(given, &o, &got, &error), "%s", error.message);
        ck_assert_str_eq(got.sampling, "regression");
        ck_assert_ptr_null(got.error);
        for (int64_t k = 0; k < want.count; k++)
            ck_assert_double_eq_tol(got.value[k], want.value[k], 1e-9);
        sx_interactions_free(&got);
        sx_interactions_free(&want);
    }
    o.sampling = "svarmiq";
    o.index = "sii";
    ck_assert(!sx_interact(given, &o, &got, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "the game has no value for {"));
    sx_game_free(whole);
    sx_game_free(given);
}
END_TEST

/* Fails at the first call. The game can then be evaluated again. */
static bool moody(void *context, int64_t n, const uint64_t *coalitions, double *values,
                  struct sx_error *why)
{
    if ((*(int *)context)++ == 0) {
        *why = (struct sx_error){.status = SX_FAILED, .message = "not today"};
        return false;
    }
    for (int64_t i = 0; i < n; i++)
        values[i] = (double)coalitions[i];
    return true;
}

START_TEST(test_failure)
{
    int times = 0;
    uint64_t coalition[] = {3, 1};
    double value[2];
    struct sx_game *g = sx_game_new(2, moody, &times, &error);
    ck_assert(!sx_game_values(g, 2, coalition, value, &error));
    ck_assert_str_eq(error.message, "not today");
    ck_assert(sx_game_values(g, 2, coalition, value, &error));
    ck_assert(value[0] == 3 && value[1] == 1);
    sx_game_free(g);
}
END_TEST

/* A coalition counts as one evaluation for each baseline. */
START_TEST(test_counts)
{
    static const double x[] = {1, 2, 3}, baselines[] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
    static const uint64_t coalitions[] = {1, 2, 5, 6};
    struct fixture f;
    struct sx_explain_options o = {.precise = true, .target = "0"};
    int64_t before, after, backward;
    double values[4];
    open_game(&f, product(), SX_FLOAT, x, 3, "elements", baselines, 3, &o, SX_TARGET);
    sx_explainer_cost(f.explainer, &before, &backward);
    ck_assert(sx_game_values(f.game, 4, coalitions, values, &error));
    sx_explainer_cost(f.explainer, &after, &backward);
    ck_assert_int_eq(after - before, 12);
    close_game(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("players");
    tcase_add_checked_fixture(c, setup, NULL);
    SUITE_ADD(c, test_labels, test_superpixels, test_superpixels_of_the_widest_channel,
              test_null_players_of_baselines, test_attention_masks, test_usual_players,
              test_label_files, test_bad_players, test_near,
              test_values_are_spread_over_elements, test_masked, test_identity, test_baselines,
              test_null_players, test_integers, test_ids, test_likeness,
              test_next_game_of_a_program, test_save, test_lines, test_bad_games, test_given,
              test_failure, test_counts);
    return suite_run();
}
