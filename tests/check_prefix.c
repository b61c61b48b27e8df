/* check_prefix.c - masked evaluations that share the first layers give the bytes of whole
 * passes. They are used if f depends on x only through places that each see few players. */
#include <string.h>

#include "explain/mixed.h"
#include "explain/game.h"
#include "explain/prefix.h"
#include "explain/reach.h"
#include "model.h"
#include "suite.h"

enum { SIDE = 24, SIZE = SIDE * SIDE, PLAYERS = 9, COALITIONS = 1 << PLAYERS };

static struct sx_error error;

/* ---- Networks ---- */

static void weights(struct tm_model *m, const char *name, int rank, const int64_t *dims)
{
    float values[512];
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    ck_assert(n <= 512);
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)sx_random_normal(5, (uint64_t)(uint8_t)name[1], (uint64_t)i) / 3;
    tm_const(m, name, SX_FLOAT, rank, dims, values);
}

enum shape { PLAIN, FLAT, LAST, BRANCHED, SKIPPED };

/* A convolution, a max pool, a convolution, then a convolution whose window is wider than two
 * players. */
static struct tm_model *network(enum shape shape)
{
    struct tm_model *m = tm_new(13);
    const int64_t first[] = {-1, 1, SIDE, SIDE}, last[] = {-1, SIDE, SIDE, 3};
    tm_input(m, "x", SX_FLOAT, shape == FLAT ? 3 : 4,
             shape == LAST ? last : first + (shape == FLAT));
    if (shape == FLAT) {
        tm_const(m, "size", SX_INT, 1, (const int64_t[]){4},
                 (const int64_t[]){-1, 1, SIDE, SIDE});
        tm_node(m, "Reshape", "x size", "t", NULL);
    } else if (shape == LAST) {
        tm_node(m, "Transpose", "x", "t", "perm=0,3,1,2");
    }
    weights(m, "w1", 4, (const int64_t[]){3, shape == LAST ? 3 : 1, 3, 3});
    weights(m, "b1", 1, (const int64_t[]){3});
    weights(m, "w2", 4, (const int64_t[]){4, shape == BRANCHED ? 6 : 3, 3, 3});
    weights(m, "w3", 4, (const int64_t[]){4, 4, 3, 3});
    weights(m, "w4", 2, (const int64_t[]){4, 2});
    tm_node(m, "Conv", shape == FLAT || shape == LAST ? "t w1 b1" : "x w1 b1", "c1",
            "pads=1,1,1,1");
    tm_node(m, "Relu", "c1", "r1", NULL);
    tm_node(m, "MaxPool", "r1", "p1", "kernel_shape=2,2 strides=2,2");
    if (shape == BRANCHED) {
        tm_node(m, "AveragePool", "r1", "a1", "kernel_shape=2,2 strides=2,2");
        tm_node(m, "Concat", "p1 a1", "both", "axis=1");
    }
    tm_node(m, "Conv", shape == BRANCHED ? "both w2" : "p1 w2", "c2", "pads=1,1,1,1");
    tm_node(m, "Relu", "c2", "r2", NULL);
    tm_node(m, "Conv", "r2 w3", "c3", "pads=1,1,1,1 strides=2,2");
    tm_node(m, "Sigmoid", "c3", "r3", NULL);
    tm_node(m, "GlobalAveragePool", "r3", "g", NULL);
    tm_node(m, "Flatten", "g", "f", NULL);
    tm_node(m, "MatMul", "f w4", "scores", NULL);
    if (shape == SKIPPED) {
        tm_node(m, "ReduceMean", "x", "mean", "axes=[1,2,3] keepdims=0");
        tm_node(m, "Unsqueeze", "mean axis", "column", NULL);
        tm_const(m, "axis", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){1});
    }
    tm_node(m, shape == SKIPPED ? "Add" : "Identity",
            shape == SKIPPED ? "scores column" : "scores", "y", NULL);
    tm_output(m, "y");
    return m;
}

/* ---- A game ---- */

struct fixture {
    struct sx_model *model;
    struct sx_explainer *e;
    struct sx_players *players;
};

static void open_network(struct fixture *f, enum shape shape, bool precise, int threads,
                         const char *how)
{
    const struct sx_explain_options o = {.precise = precise, .threads = threads};
    struct sx_tensor x;
    static const struct sx_shape first = {4, {1, 1, SIDE, SIDE}},
                                 last = {4, {1, SIDE, SIDE, 3}}, flat = {3, {1, SIDE, SIDE}};
    const struct sx_shape *of = shape == LAST ? &last : shape == FLAT ? &flat : &first;
    struct tm_model *m = network(shape);
    error = (struct sx_error){0};
    f->model = tm_open(m, &error);
    tm_free(m);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    f->e = sx_explainer_new(f->model, &o, &error);
    ck_assert(f->e != NULL && sx_tensor_new(&x, SX_FLOAT, of, &error));
    for (int64_t i = 0; i < sx_count(of); i++)
        sx_tensor_set(&x, i, sx_random_normal(1, 0, (uint64_t)i));
    ck_assert_msg(sx_explainer_sample(f->e, &x, &error), "%s", error.message);
    f->players =
        sx_players_new(&x.shape, how, shape == LAST ? SX_NHWC : SX_LAYOUT_AUTO, &error);
    ck_assert_msg(f->players != NULL, "%s", error.message);
    sx_tensor_free(&x);
}

static void close_network(struct fixture *f)
{
    sx_players_free(f->players);
    sx_explainer_free(f->e);
    sx_model_close(f->model);
}

static struct sx_game *game_of(struct fixture *f, int n_baselines)
{
    static double baselines[6 * SIZE];
    int size = (int)sx_count(&f->players->shape);
    memset(baselines, 0, sizeof baselines);
    for (int i = 0; i < size; i++)
        baselines[size + i] = 0.01 * i - 2;
    struct sx_game *game =
        sx_game_model(f->e, f->players, baselines, n_baselines, SX_TARGET, &error);
    ck_assert_msg(game != NULL, "%s", error.message);
    return game;
}

/* Evaluates all coalitions, together or one after the other. */
static void all_values(struct fixture *f, int n_baselines, bool at_once, double *values)
{
    struct sx_game *game = game_of(f, n_baselines);
    uint64_t set[COALITIONS];
    for (uint64_t i = 0; i < COALITIONS; i++)
        set[i] = i;
    for (int i = 0; i < COALITIONS; i += at_once ? COALITIONS : 1)
        ck_assert_msg(
            sx_game_values(game, at_once ? COALITIONS : 1, set + i, values + i, &error), "%s",
            error.message);
    ck_assert_int_eq(sx_game_evaluations(game), COALITIONS);
    sx_game_free(game);
}

static bool is_shared(const struct fixture *f)
{
    return f->e->built.masked.prefix != NULL;
}

static void expect_same(struct fixture *f, int n_baselines, bool shared)
{
    static double whole[COALITIONS], parts[COALITIONS];
    all_values(f, n_baselines, true, parts);
    ck_assert_int_eq(is_shared(f), shared);
    all_values(f, n_baselines, false, whole);
    ck_assert_double_ne(whole[0], whole[COALITIONS - 1]);
    for (int i = 0; i < COALITIONS; i++)
        ck_assert_msg(parts[i] == whole[i], "coalition %d: %.17g, not %.17g", i, parts[i],
                      whole[i]);
}

/* ---- Values ---- */

START_TEST(test_same_bytes)
{
    struct fixture f;
    open_network(&f, (enum shape)(_i / 2), _i % 2 != 0, 1, "patches:8x8");
    expect_same(&f, 1, _i / 2 != SKIPPED);
    close_network(&f);
}
END_TEST

START_TEST(test_two_baselines)
{
    struct fixture f;
    open_network(&f, PLAIN, true, 1, "patches:8x8");
    expect_same(&f, 2, true);
    close_network(&f);
}
END_TEST

START_TEST(test_threads)
{
    static double values[3][COALITIONS];
    struct fixture f;
    for (int threads = 1; threads <= 3; threads++) {
        open_network(&f, PLAIN, false, threads, "patches:8x8");
        all_values(&f, 1, true, values[threads - 1]);
        close_network(&f);
        ck_assert_mem_eq(values[0], values[threads - 1], sizeof values[0]);
    }
}
END_TEST

/* Elements that belong to no player are as in x. */
START_TEST(test_kept_elements)
{
    struct fixture f;
    open_network(&f, PLAIN, true, 1, "patches:8x8");
    for (int64_t i = 0; i < SIZE; i++)
        if (i % SIDE == 12)
            f.players->label[i] = -1;
    expect_same(&f, 1, true);
    close_network(&f);
}
END_TEST

/* A table serves only its own game, and a program only its own players. */
START_TEST(test_games_in_turn)
{
    static double one[COALITIONS], two[COALITIONS], again[COALITIONS];
    struct fixture f;
    open_network(&f, PLAIN, true, 1, "patches:8x8");
    struct sx_game *kept = game_of(&f, 1);
    all_values(&f, 1, true, one);
    all_values(&f, 2, true, two);
    ck_assert_double_ne(one[1], two[1]);
    all_values(&f, 1, true, again); /* the game after one of two baselines */
    ck_assert_mem_eq(one, again, sizeof one);
    uint64_t set[COALITIONS];
    for (uint64_t i = 0; i < COALITIONS; i++)
        set[i] = i;
    ck_assert(sx_game_values(kept, COALITIONS, set, again, &error));
    ck_assert_mem_eq(one, again, sizeof one);
    const struct sx_prefix *before = f.e->built.masked.prefix;
    ck_assert(sx_prefix_fits(before, f.players, COALITIONS));
    ck_assert(!sx_prefix_fits(before, f.players, 8 * COALITIONS));
    f.players->label[0] = 1;
    ck_assert(!sx_prefix_fits(before, f.players, COALITIONS));
    expect_same(&f, 1, true);
    sx_game_free(kept);
    close_network(&f);
}
END_TEST

START_TEST(test_not_worth_it)
{
    static double values[COALITIONS];
    struct fixture f;
    uint64_t set[127];
    open_network(&f, PLAIN, true, 1, "patches:8x8");
    for (uint64_t i = 0; i < 127; i++)
        set[i] = i;
    struct sx_game *game = game_of(&f, 1);
    /* 127 coalitions are fewer than 8 * 2^4, so nothing is shared */
    ck_assert(sx_game_values(game, 127, set, values, &error));
    ck_assert(!is_shared(&f));
    sx_game_free(game);
    close_network(&f);
}
END_TEST

/* ---- Reach ---- */

/* Places of the second ReLU see at most 8 pixels per side; places of the next layer see 12. */
START_TEST(test_reach)
{
    struct fixture f;
    struct sx_reach r;
    open_network(&f, PLAIN, true, 1, "patches:8x8");
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000, 1 << 20, &error));
    ck_assert_int_ge(r.node, 0);
    ck_assert_int_eq(r.channels, 4);
    ck_assert_int_eq(r.places, 144);
    ck_assert_int_eq(r.colours, 4);
    for (int64_t p = 0; p < r.places; p++) {
        int seen = 0;
        for (int64_t i = r.first[p]; i < r.first[p + 1]; i++) {
            ck_assert_int_eq(seen >> r.colour[r.player[i]] & 1, 0);
            seen |= 1 << r.colour[r.player[i]];
        }
        /* rows and columns 2p - 3 .. 2p + 4 of the picture */
        int64_t row = p / 12, column = p % 12;
        int64_t high = (2 * row + 4 > 23 ? 23 : 2 * row + 4) / 8 -
                       (2 * row - 3 < 0 ? 0 : 2 * row - 3) / 8 + 1;
        int64_t wide = (2 * column + 4 > 23 ? 23 : 2 * column + 4) / 8 -
                       (2 * column - 3 < 0 ? 0 : 2 * column - 3) / 8 + 1;
        ck_assert_int_eq(r.first[p + 1] - r.first[p], high * wide);
    }
    sx_reach_free(&r);
    close_network(&f);
}
END_TEST

/* There are more players than bits of a word. Each place sees the players of its window,
 * whichever node is chosen. */
START_TEST(test_reach_of_many)
{
    struct fixture f;
    struct sx_reach r;
    open_network(&f, PLAIN, true, 1, "patches:2x2");
    ck_assert_int_eq(sx_players_count(f.players), 144);
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000, 1 << 20, &error));
    ck_assert(r.places == 576 || r.places == 144); /* the first convolution or its pool */
    int side = r.places == 576 ? 24 : 12, step = 24 / side;
    for (int64_t p = 0; p < r.places; p++) {
        bool seen[144] = {false};
        int64_t row = p / side * step, column = p % side * step;
        for (int64_t i = r.first[p]; i < r.first[p + 1]; i++)
            seen[r.player[i]] = true;
        for (int k = 0; k < 144; k++) {
            int64_t y = k / 12 * 2, x = k % 12 * 2; /* upper left pixel of the patch */
            bool in = y <= row + step && y + 1 >= row - 1 && x <= column + step &&
                      x + 1 >= column - 1;
            ck_assert_msg(seen[k] == in, "place %d, player %d", (int)p, k);
        }
    }
    sx_reach_free(&r);
    close_network(&f);
}
END_TEST

/* The limit holds 16 tables of 4 x 144 doubles, or one byte less. */
START_TEST(test_reach_within_memory)
{
    struct fixture f;
    struct sx_reach r;
    open_network(&f, PLAIN, true, 1, "patches:8x8");
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000, 16 * 4 * 144 * 8, &error));
    ck_assert_int_eq(r.places, 144);
    sx_reach_free(&r);
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000, 16 * 4 * 144 * 8 - 1, &error));
    ck_assert(r.node == SX_NONE || r.channels * r.places < 4 * 144);
    sx_reach_free(&r);
    close_network(&f);
}
END_TEST

/* If players are stripes, a place sees two or three of them. If they are single elements, it
 * sees too many. */
START_TEST(test_reach_of_others)
{
    struct fixture f;
    struct sx_reach r;
    open_network(&f, PLAIN, true, 1, "patches:8x24");
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000, 1 << 20, &error));
    ck_assert_int_eq(r.colours, 3); /* the next layer sees all three */
    ck_assert_int_eq(r.places, 36);
    sx_reach_free(&r);
    close_network(&f);
    open_network(&f, PLAIN, true, 1, "elements");
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000000, 1 << 20, &error));
    ck_assert_int_eq(r.node, SX_NONE);
    sx_reach_free(&r);
    close_network(&f);
    open_network(&f, SKIPPED, true, 1, "patches:8x8");
    ck_assert(sx_reach_find(&r, &f.e->built, f.players, 1000, 1 << 20, &error));
    ck_assert_int_eq(r.node, SX_NONE);
    sx_reach_free(&r);
    close_network(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("shared prefixes of masks");
    SUITE_ADD(c, test_two_baselines, test_threads, test_kept_elements, test_games_in_turn,
              test_not_worth_it, test_reach, test_reach_of_many, test_reach_within_memory,
              test_reach_of_others);
    tcase_add_loop_test(c, test_same_bytes, 0, 2 * (SKIPPED + 1));
    return suite_run();
}
