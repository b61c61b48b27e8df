/* check_decompose_games.c - attr-decompose on larger games: patches, estimates, families of sets,
 * fitted polynomials, rules of integration, reference rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"
#include "formula.h"
#include "suite.h"

enum { MOST = 80 };

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_decomposer *decomposer;
    struct sx_decompose_options o;
    struct sx_decomposition r;
};

static const double zeros[MOST];
static struct sx_error error;

static void begin_as(struct fixture *f, struct tm_model *m, const double *x,
                     const struct sx_shape *shape, enum sx_score score)
{
    struct sx_explain_options options = {.precise = true, .score = score};
    struct sx_tensor feed;
    memset(f, 0, sizeof *f);
    error = (struct sx_error){0};
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert_msg(f->explainer != NULL, "%s", error.message);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, shape, &error));
    memcpy(feed.data, x, (size_t)sx_count(shape) * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
    f->players = sx_players_new(shape, "elements", SX_LAYOUT_AUTO, &error);
    ck_assert_msg(f->players != NULL, "%s", error.message);
    f->decomposer = sx_decomposer_new(f->explainer, &error);
    ck_assert_ptr_nonnull(f->decomposer);
    f->o = sx_decompose_defaults();
    f->o.players = f->players;
    f->o.baseline = zeros;
}

static void begin(struct fixture *f, struct tm_model *m, const double *x, int64_t n)
{
    begin_as(f, m, x, &(struct sx_shape){2, {1, n}}, SX_SCORE_LOGIT);
}

static void end(struct fixture *f)
{
    sx_decomposer_free(f->decomposer);
    sx_players_free(f->players);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* The result of the one method that was asked for. */
static const struct sx_decomposed *decompose(struct fixture *f, const char *method)
{
    f->o.methods = method;
    ck_assert_msg(sx_decompose(f->decomposer, &f->o, &f->r, &error), "%s", error.message);
    ck_assert_int_eq(f->r.n_methods, 1);
    ck_assert_msg(f->r.method[0].failure == NULL, "%s", f->r.method[0].failure);
    return &f->r.method[0];
}

static void refuse(struct fixture *f, const char *message)
{
    error = (struct sx_error){0};
    ck_assert(!sx_decompose(f->decomposer, &f->o, &f->r, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    error = (struct sx_error){0};
}

static void expect(const struct fixture *f, const double *expected, double tolerance)
{
    for (int64_t i = 0; i < f->r.players; i++)
        ck_assert_msg(fabs(f->r.method[0].attribution[i] - expected[i]) <= tolerance,
                      "%s[%d] is %.12g, not %.12g", f->r.method[0].name, (int)i,
                      f->r.method[0].attribution[i], expected[i]);
}

/* ---- Patches ---- */

/* sum of w x, plus its square. */
static struct tm_model *squared_sum(const struct sx_shape *shape, const double *w)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "z", SX_DOUBLE, shape->rank, shape->dim);
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){sx_count(shape), 1}, w);
    tm_node(m, "Flatten", "z", "v", NULL);
    tm_node(m, "MatMul", "v w", "s", NULL);
    tm_node(m, "Mul", "s s", "q", NULL);
    tm_node(m, "Add", "s q", "y", NULL);
    tm_output(m, "y");
    return m;
}

static double squared_sum_at(const double *x, const double *w, int n, const bool *absent)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        s += absent[i] ? 0 : w[i] * x[i];
    return s + s * s;
}

enum { ROWS = 3, COLUMNS = 5, PLACES = ROWS * COLUMNS };

/* The mean over the windows that hold a place of what f loses without the window. The places are in
 * `rows` rows. */
static void expected_patches(const double *x, const double *w, int rows, const int64_t size[2],
                             const int64_t step[2], double *expected)
{
    const int columns = PLACES / rows;
    static const bool nothing[PLACES];
    double whole = squared_sum_at(x, w, PLACES, nothing);
    int times[PLACES] = {0};
    memset(expected, 0, PLACES * sizeof *expected);
    for (int64_t r = 0; r < rows; r += step[0])
        for (int64_t c = 0; c < columns; c += step[1]) {
            bool absent[PLACES];
            for (int i = 0; i < PLACES; i++) {
                int64_t down = i / columns - r, right = i % columns - c;
                absent[i] = down >= 0 && down < size[0] && right >= 0 && right < size[1];
            }
            double lost = whole - squared_sum_at(x, w, PLACES, absent);
            for (int i = 0; i < PLACES; i++) {
                expected[i] += absent[i] ? lost : 0;
                times[i] += absent[i];
            }
        }
    for (int i = 0; i < PLACES; i++)
        expected[i] /= times[i] > 0 ? times[i] : 1;
}

START_TEST(windows)
{
    static const struct {
        int64_t patch[2], stride, size[2], step[2];
    } cases[] = {{{0, 0}, 0, {2, 2}, {2, 2}}, {{1, 3}, 0, {1, 3}, {1, 3}},
                 {{2, 2}, 1, {2, 2}, {1, 1}}, {{9, 1}, 0, {3, 1}, {3, 1}},
                 {{2, 9}, 0, {2, 5}, {2, 5}}, {{1, 1}, 2, {1, 1}, {2, 2}},
                 {{3, 2}, 3, {3, 2}, {3, 3}}};
    const struct sx_shape shape = {4, {1, 1, ROWS, COLUMNS}};
    double x[PLACES], w[PLACES], expected[PLACES];
    struct fixture f;
    for (int i = 0; i < PLACES; i++) {
        x[i] = sin(i + 1.0);
        w[i] = 1 + i % 5;
    }
    begin_as(&f, squared_sum(&shape, w), x, &shape, SX_SCORE_LOGIT);
    f.o.allocation = SX_ALLOC_NONE;
    decompose(&f, "occpatch"); /* elements are a row of players */
    expected_patches(x, w, 1, (const int64_t[]){1, 2}, (const int64_t[]){1, 2}, expected);
    expect(&f, expected, 1e-9);
    sx_players_free(f.players);
    f.players = sx_players_new(&shape, "patches:1x1", SX_NCHW, &error);
    f.o.players = f.players;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        memcpy(f.o.patch, cases[k].patch, sizeof f.o.patch);
        f.o.stride = cases[k].stride;
        decompose(&f, "occpatch");
        expected_patches(x, w, ROWS, cases[k].size, cases[k].step, expected);
        expect(&f, expected, 1e-9);
    }
    end(&f);
}
END_TEST

/* Patches by label: a negative label is that of no patch. */
START_TEST(labels)
{
    static const double x[] = {1, 2, 3, 4}, w[] = {1, -1, 2, 0.5};
    static const int64_t apart[] = {0, 3, -1, 0}, too_high[] = {0, 1, 2, 4};
    const struct sx_shape shape = {2, {1, 4}};
    struct fixture f;
    begin_as(&f, squared_sum(&shape, w), x, &shape, SX_SCORE_LOGIT);
    f.o.patch_of = apart;
    decompose(&f, "occpatch");
    /* The sum is 7: f = 56. Without {0, 3} it is 4, without {1} 9. */
    expect(&f, (const double[]){56 - 20, 56 - 90, 0, 56 - 20}, 1e-9);
    f.o.patch_of = too_high;
    refuse(&f, "patches are numbered from 0 to at most 3");
    end(&f);
}
END_TEST

/* Of the log-odds of a logistic f each player takes its term away. */
START_TEST(log_odds)
{
    static const double x[] = {1, 2, -1.5}, rows[] = {0, 0, 0, 1, 1, 1};
    struct fixture f;
    begin_as(&f, formula(3, "x1 2 Mul x2 Sub x3 0.5 Mul Add Sigmoid"), x,
             &(struct sx_shape){2, {1, 3}}, SX_SCORE_PROB);
    f.o.log_odds = true;
    decompose(&f, "preddiff");
    expect(&f, (const double[]){2, -2, -0.75}, 1e-9);
    f.o.background = rows;
    f.o.n_background = 2;
    decompose(&f, "preddiff");
    expect(&f, (const double[]){1, -1.5, -1}, 1e-9);
    ck_assert_str_eq(f.r.method[0].against, "background");
    f.o.log_odds = false;
    f.o.n_background = 0;
    decompose(&f, "preddiff");
    double y = 1 / (1 + exp(0.75)), without = 1 / (1 + exp(2.75));
    ck_assert_double_eq_tol(f.r.method[0].attribution[0], y - without, 1e-12);
    end(&f);
}
END_TEST

/* ---- Shapley values ---- */

/* The exponential of the sum of w x. */
static void begin_exponential(struct fixture *f, int64_t n, const double *w)
{
    struct tm_model *m = tm_new(13);
    double ones[MOST];
    for (int64_t i = 0; i < n; i++)
        ones[i] = 1;
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, n});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){n, 1}, w);
    tm_node(m, "MatMul", "x w", "s", NULL);
    tm_node(m, "Exp", "s", "y", NULL);
    tm_output(m, "y");
    begin(f, m, ones, n);
    f->o.allocation = SX_ALLOC_NONE;
}

/* The game is a product: value i is the integral over p of (a_i - 1) prod over j != i of
 * (1 - p + p a_j), a = e^w. */
static double value_of_product(const double *w, int64_t n, int64_t i)
{
    enum { STEPS = 2000 };
    double sum = 0;
    for (int k = 0; k < STEPS; k++) {
        double p = (k + 0.5) / STEPS, term = (exp(w[i]) - 1) / STEPS;
        for (int64_t j = 0; j < n; j++)
            term *= j == i ? 1 : 1 - p + p * exp(w[j]);
        sum += term;
    }
    return sum;
}

/* Values are exact where a budget has room for all sets; estimates are complete and have errors. */
START_TEST(budgets)
{
    enum { N = 6 };
    static const double w[N] = {1, -1, 0.5, 0.25, -0.5, 0.75};
    static const int64_t budget[] = {0, 64, 65, 63, 40, 20};
    struct fixture f;
    for (int k = 0; k < 6; k++) {
        begin_exponential(&f, N, w);
        f.o.budget = budget[k];
        const struct sx_decomposed *m = decompose(&f, "shapley");
        bool exact = k < 3;
        ck_assert_double_eq_tol(m->gap, 0, 1e-9);
        ck_assert_int_eq(m->error == NULL, exact);
        ck_assert_int_le(m->evaluations, exact ? 64 : budget[k]);
        for (int64_t i = 0; i < N; i++) {
            double off = fabs(m->attribution[i] - value_of_product(w, N, i));
            ck_assert_double_le(off, exact ? 1e-6 : 5 * m->error[i] + 1e-6);
        }
        end(&f);
    }
}
END_TEST

/* 17 players are too many for all sets. */
START_TEST(estimates)
{
    enum { N = 17 };
    double w[N];
    struct fixture f;
    for (int i = 0; i < N; i++)
        w[i] = sin(3.0 * i) / 4;
    begin_exponential(&f, N, w);
    f.o.budget = 1000;
    f.o.seed = 5;
    const struct sx_decomposed *m = decompose(&f, "shapley");
    ck_assert_double_eq_tol(m->gap, 0, 1e-9);
    ck_assert_int_le(m->evaluations, 1000);
    ck_assert_ptr_nonnull(m->error);
    double first = m->attribution[0];
    for (int i = 0; i < N; i++) {
        double off = fabs(m->attribution[i] - value_of_product(w, N, i));
        ck_assert_double_gt(m->error[i], 0);
        ck_assert_double_lt(m->error[i], 0.02);
        ck_assert_double_le(off, 5 * m->error[i]);
    }
    decompose(&f, "shapley");
    ck_assert_double_eq(f.r.method[0].attribution[0], first);
    f.o.seed = 6;
    decompose(&f, "shapley");
    ck_assert_double_ne(f.r.method[0].attribution[0], first);
    end(&f);
}
END_TEST

/* More players than bits of a word: of a sum the values are its terms. */
START_TEST(two_words)
{
    enum { N = 70 };
    struct fixture f;
    struct tm_model *m = tm_new(13);
    double x[N], w[N], expected[N];
    int64_t patch[N];
    for (int i = 0; i < N; i++) {
        x[i] = cos(i + 1.0);
        w[i] = (i % 5 - 2) / 4.0;
        expected[i] = w[i] * x[i];
        patch[i] = i / 2;
    }
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, N});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){N, 1}, w);
    tm_node(m, "MatMul", "x w", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, x, N);
    f.o.budget = 300;
    decompose(&f, "shapley");
    expect(&f, expected, 1e-9);
    decompose(&f, "preddiff");
    expect(&f, expected, 1e-9);
    f.o.patch_of = patch;
    decompose(&f, "occpatch");
    for (int i = 0; i < N; i += 2)
        expected[i] = expected[i + 1] = expected[i] + expected[i + 1];
    expect(&f, expected, 1e-9);
    f.o.absent.kind = SX_ABSENT_MARGINAL;
    f.o.methods = "shapley";
    f.o.background = zeros;
    f.o.n_background = 1;
    refuse(&f, "--absent is for less than 64 players here");
    end(&f);
}
END_TEST

/* ---- Families of sets ---- */

START_TEST(family)
{
    struct sx_family some, all;
    error = (struct sx_error){0};
    ck_assert_int_eq(sx_family_count(5, 2), 16);
    ck_assert_int_eq(sx_family_count(20, 20), 1 << 20);
    ck_assert_int_eq(sx_family_count(21, 20), -1);
    ck_assert_int_eq(sx_family_count(63, 1), 64);
    ck_assert_int_eq(sx_family_count(64, 1), -1);
    ck_assert_int_eq(sx_family_count(3, 9), 8);
    ck_assert_int_eq(sx_family_count(3, 0), 1);
    ck_assert(sx_family_new(&some, 5, 2, &error) && sx_family_new(&all, 5, 5, &error));
    ck_assert_int_eq(some.n, 16);
    ck_assert_int_eq(all.n, 32);
    double whole[64], part[32];
    for (int64_t s = 0; s < 32; s++) {
        ck_assert_uint_eq(all.set[s], (uint64_t)s);
        whole[2 * s] = cos((double)(s * s));
        whole[2 * s + 1] = (double)s;
    }
    for (int64_t s = 0, at = 0; s < 32; s++) {
        bool small = __builtin_popcountll((uint64_t)s) <= 2;
        ck_assert_int_eq(sx_family_find(&all, (uint64_t)s), s);
        ck_assert_int_eq(sx_family_find(&some, (uint64_t)s), small ? at : -1);
        if (small) {
            ck_assert_uint_eq(some.set[at], (uint64_t)s);
            memcpy(&part[2 * at++], &whole[2 * s], 2 * sizeof *part);
        }
    }
    /* A(S) = sum over T in S of (-1)^(|S| - |T|) a(T), by its definition. */
    for (int of = 0; of < 2; of++) {
        double rows[64];
        const struct sx_family *sets = of != 0 ? &all : &some;
        memcpy(rows, of != 0 ? whole : part, (size_t)(2 * sets->n) * sizeof *rows);
        sx_family_moebius(sets, 2, rows);
        for (int64_t s = 0; s < sets->n; s++)
            for (int column = 0; column < 2; column++) {
                uint64_t set = sets->set[s];
                double sum = 0;
                for (uint64_t t = 0; t < 32; t++)
                    if ((t & ~set) == 0)
                        sum += (__builtin_popcountll(set ^ t) % 2 != 0 ? -1 : 1) *
                               whole[2 * t + (uint64_t)column];
                ck_assert_double_eq_tol(rows[2 * s + column], sum, 1e-12);
            }
    }
    sx_family_free(&some);
    sx_family_free(&all);
    ck_assert(!sx_family_new(&all, 64, 1, &error));
    ck_assert_str_eq(error.message, "too many sets of up to 1 of 64 players");
}
END_TEST

/* Which sets are allocated: by default all of up to 10 players, or pairs. */
START_TEST(allocations)
{
    static const struct {
        int64_t players;
        enum sx_allocation allocation;
        int64_t order, sets;
        bool all;
    } cases[] = {{3, SX_ALLOC_AUTO, 0, 8, true},        {3, SX_ALLOC_AUTO, 1, 4, false},
                 {3, SX_ALLOC_AUTO, 3, 8, true},        {10, SX_ALLOC_AUTO, 0, 1024, true},
                 {11, SX_ALLOC_AUTO, 0, 67, false},     {11, SX_ALLOC_FULL, 0, 2048, true},
                 {4, SX_ALLOC_TRUNCATED, 0, 11, false}, {4, SX_ALLOC_TRUNCATED, 1, 5, false},
                 {4, SX_ALLOC_NONE, 0, 0, false},       {63, SX_ALLOC_AUTO, 0, 2017, false},
                 {63, SX_ALLOC_AUTO, 3, 0, false},      {64, SX_ALLOC_AUTO, 0, 0, false}};
    double x[MOST], w[MOST];
    for (int i = 0; i < MOST; i++) {
        x[i] = 1;
        w[i] = 1.0 / (i + 1);
    }
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fixture f;
        const struct sx_shape shape = {2, {1, cases[k].players}};
        begin_as(&f, squared_sum(&shape, w), x, &shape, SX_SCORE_LOGIT);
        f.o.allocation = cases[k].allocation;
        f.o.order = cases[k].order;
        decompose(&f, "gxi");
        ck_assert_msg(f.r.n_sets == cases[k].sets, "case %d: %d sets", (int)k, (int)f.r.n_sets);
        ck_assert_int_eq(f.r.all_sets, cases[k].all);
        ck_assert_int_eq(f.r.method[0].share != NULL, cases[k].sets > 0);
        for (int64_t s = 1; s < f.r.n_sets; s++) { /* (sum of w)^2 + sum of w */
            int size = __builtin_popcountll(f.r.set[s]);
            double a = w[__builtin_ctzll(f.r.set[s])], b = w[63 - __builtin_clzll(f.r.set[s])];
            ck_assert_double_eq_tol(f.r.effect[s],
                                    size == 1   ? a + a * a
                                    : size == 2 ? 2 * a * b
                                                : 0,
                                    1e-9);
        }
        end(&f);
    }
    struct fixture f;
    const struct sx_shape shape = {2, {1, 17}};
    begin_as(&f, squared_sum(&shape, w), x, &shape, SX_SCORE_LOGIT);
    f.o.allocation = SX_ALLOC_FULL;
    refuse(&f, "a full allocation of 17 players (at most 16)");
    end(&f);
}
END_TEST

/* ---- Taylor effects ---- */

/* What a fit of degree 3 makes of a polynomial of that degree is its terms around the baseline. */
START_TEST(fitted)
{
    /* (1 + 2 t1)^3 (2 - t2)^2 + t3, from (1, 2, 0) to (3, 1, 1) */
    static const double x[] = {3, 1, 1}, baseline[] = {1, 2, 0};
    static const double first[] = {1, 6, 12, 8}, second[] = {4, -4, 1, 0};
    struct fixture f;
    begin(&f, formula(3, "x1 3 Pow x2 2 Pow Mul x3 Add"), x, 3);
    f.o.baseline = baseline;
    f.o.fit = 3;
    decompose(&f, "gxi");
    ck_assert_int_eq(f.r.n_terms, 63);
    ck_assert_int_eq(f.r.order, 9);
    for (int64_t k = 0; k < 63; k++) {
        const uint8_t *d = f.r.degree + 3 * k;
        double expected = d[2] == 0 ? first[d[0]] * second[d[1]] : 0;
        if (d[0] == 0 && d[1] == 0)
            expected = d[2] == 1;
        ck_assert_double_eq_tol(f.r.term[k], expected, 1e-9);
    }
    ck_assert(f.r.converged);
    ck_assert_double_eq_tol(f.r.gap, 0, 1e-9);
    ck_assert_double_eq_tol(f.r.ig_gap, 0, 1e-9);
    end(&f);
}
END_TEST

START_TEST(limits)
{
    static const struct {
        int64_t players, fit, taylor;
        const char *refusal;
    } cases[] = {{2, 12, 0, NULL},
                 {2, 13, 0, "a polynomial of degree 13 in 2 players: at most 12 and 6"},
                 {6, 2, 0, NULL},
                 {7, 2, 0, "a polynomial of degree 2 in 7 players"},
                 {6, 10, 0, "a polynomial of degree 10 in 6 players"},
                 {2, 0, 20, NULL},
                 {2, 0, 21, "Taylor effects of order 21 of 2 players: at most order 20"},
                 {30, 0, 6, "Taylor effects of order 6 of 30 players"},
                 {63, 0, 1, NULL},
                 {64, 0, 1, "Taylor effects of 64 players (at most 63)"}};
    double x[MOST], w[MOST];
    for (int i = 0; i < MOST; i++) {
        x[i] = 1;
        w[i] = 1.0 / (i + 1);
    }
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fixture f;
        const struct sx_shape shape = {2, {1, cases[k].players}};
        begin_as(&f, squared_sum(&shape, w), x, &shape, SX_SCORE_LOGIT);
        f.o.fit = cases[k].fit;
        f.o.taylor = cases[k].taylor;
        f.o.allocation = SX_ALLOC_NONE;
        f.o.methods = "gxi";
        if (cases[k].refusal != NULL)
            refuse(&f, cases[k].refusal);
        else
            decompose(&f, "gxi");
        end(&f);
    }
}
END_TEST

/* ---- Feature maps, layers ---- */

/* Elements smaller than a place get the map resampled. A constant map keeps its sum: of 48 ones a
 * convolution makes 4 places of 12, and f is their mean. */
START_TEST(resampled_maps)
{
    static const double ones[48] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    double expected[48];
    const struct sx_shape shape = {4, {1, 3, 4, 4}};
    struct fixture f;
    struct tm_model *m = tm_new(13);
    tm_input(m, "z", SX_DOUBLE, 4, shape.dim);
    tm_const(m, "w", SX_DOUBLE, 4, (const int64_t[]){1, 3, 2, 2}, ones);
    tm_node(m, "Conv", "z w", "a", "strides=2,2");
    tm_node(m, "GlobalAveragePool", "a", "F", NULL);
    tm_node(m, "Flatten", "F", "y", NULL);
    tm_output(m, "y");
    begin_as(&f, m, ones, &shape, SX_SCORE_LOGIT);
    f.o.layout = SX_NCHW;
    f.o.allocation = SX_ALLOC_NONE;
    for (int i = 0; i < 48; i++)
        expected[i] = 12.0 / 48;
    ck_assert_double_eq_tol(decompose(&f, "gradcam")->sum, 12, 1e-12);
    expect(&f, expected, 1e-12);
    end(&f);
}
END_TEST

/* Of neurons that change by the same amount the first is looked at. */
START_TEST(equal_neurons)
{
    struct fixture f;
    struct tm_model *m = tm_new(13);
    tm_input(m, "z", SX_DOUBLE, 2, (const int64_t[]){1, 2});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){2, 3}, (const double[]){0, 1, 1, 0, 1, 1});
    tm_const(m, "v", SX_DOUBLE, 2, (const int64_t[]){3, 1}, (const double[]){1, 1, 2});
    tm_node(m, "MatMul", "z w", "a", NULL);
    tm_node(m, "Tanh", "a", "h", NULL);
    tm_node(m, "MatMul", "h v", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, (const double[]){0.5, 0.25}, 2);
    f.o.neuron_of = "";
    decompose(&f, "gxi");
    ck_assert_int_eq(f.r.n_neurons, 1);
    ck_assert_int_eq(f.r.neuron[0].element, 1);
    f.o.neuron_of = "a:2";
    decompose(&f, "gxi");
    ck_assert_int_eq(f.r.neuron[0].element, 2);
    f.o.neuron_of = "a:3";
    refuse(&f, "layer 'a' has 3 neurons");
    end(&f);
}
END_TEST

/* A quadratic function: the terms of each pair are its effect, if sets up to pairs are known and if
 * all sets are. */
START_TEST(terms_are_effects)
{
    static const double x[] = {1, 2, -1, 0.5}, w[] = {0.5, -1, 2, 3};
    const struct sx_shape shape = {2, {1, 4}};
    for (int whole = 0; whole < 2; whole++) {
        struct fixture f;
        begin_as(&f, squared_sum(&shape, w), x, &shape, SX_SCORE_LOGIT);
        f.o.taylor = 2;
        f.o.order = 2;
        f.o.allocation = whole ? SX_ALLOC_FULL : SX_ALLOC_TRUNCATED;
        decompose(&f, "gxi");
        ck_assert_int_eq(f.r.n_sets, whole ? 16 : 11);
        ck_assert_double_le(f.r.effect_gap, 1e-9);
        ck_assert(f.r.converged);
        end(&f);
    }
}
END_TEST

/* ---- Paths ---- */

/* The slope of x^3 along the path is 3 s^2: what each rule makes of its integral. */
START_TEST(rules_of_integration)
{
    static const struct {
        int64_t nodes;
        bool midpoints;
        double expected;
    } cases[] = {{1, true, 0.75},  {2, true, 0.9375}, {4, true, 63.0 / 64},
                 {1, false, 0.75}, {2, false, 1},     {0, false, 1}};
    struct fixture f;
    begin(&f, formula(2, "x1 3 Pow x2 2 Mul Add"), (const double[]){1, 1}, 2);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        f.o.nodes = cases[k].nodes;
        f.o.midpoints = cases[k].midpoints;
        decompose(&f, "ig");
        expect(&f, (const double[]){cases[k].expected, 2}, 1e-12);
    }
    /* A random point in each of n parts: the integral to within 1 / n of the slope's rise. */
    f.o.nodes = 0;
    f.o.path_samples = 1000;
    decompose(&f, "expgrad");
    double drawn = f.r.method[0].attribution[0];
    ck_assert_double_eq_tol(drawn, 1, 3e-3);
    ck_assert_double_ne(drawn, 1);
    f.o.seed = 1;
    decompose(&f, "expgrad");
    ck_assert_double_ne(f.r.method[0].attribution[0], drawn);
    f.o.path_samples = 1; /* one point u: 3 u^2 */
    decompose(&f, "expgrad");
    double u = sx_random_uniform(1, 0, 0);
    expect(&f, (const double[]){3 * u * u, 2}, 1e-12);
    end(&f);
}
END_TEST

/* Samples are spread over the rows: n / rows of each, rounded up. */
START_TEST(samples_of_rows)
{
    static const double rows[] = {0, 1, 2}; /* of one feature */
    struct fixture f;
    begin(&f, formula(1, "x1 3 Pow"), (const double[]){3}, 1);
    f.o.background = rows;
    f.o.n_background = 3;
    f.o.seed = 4;
    f.o.path_samples = 4; /* two points for each row */
    decompose(&f, "expgrad");
    double expected = 0;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 2; i++) {
            double u = sx_random_uniform(4, 0, (uint64_t)(2 * k + i));
            double at = rows[k] + (i + u) / 2 * (3 - rows[k]);
            expected += 3 * at * at * (3 - rows[k]) / 6;
        }
    expect(&f, &expected, 1e-9);
    end(&f);
}
END_TEST

/* ---- References ---- */

/* x1^2 - 2 x2 against rows: all, or some of them at equal distances, or drawn ones. */
START_TEST(reference_rows)
{
    static const double rows[] = {1, 0, 5, 5, 2, 1, 7, 7, 3, -1}, x[] = {4, 2};
    struct fixture f;
    begin(&f, formula(2, "x1 x1 Mul x2 2 Mul Sub"), x, 2);
    f.o.background = rows;
    f.o.n_background = 5;
    decompose(&f, "preddiff");
    expect(&f, (const double[]){16 - (1 + 25 + 4 + 49 + 9) / 5.0, -4 + 2 * 12 / 5.0}, 1e-9);
    f.o.most_rows = 2; /* the first and the third */
    decompose(&f, "preddiff");
    expect(&f, (const double[]){16 - (1 + 4) / 2.0, -4 + 2 * 0.5}, 1e-9);
    f.o.n_background = 0;
    decompose(&f, "preddiff");
    expect(&f, (const double[]){16, -4}, 1e-9);
    ck_assert_str_eq(f.r.method[0].against, "baseline");
    f.o.gauss = 0.5;
    f.o.most_rows = 3;
    f.o.seed = 9;
    f.o.baseline = rows;
    decompose(&f, "preddiff");
    double expected[2] = {16, -4};
    for (uint64_t k = 0; k < 3; k++) {
        double a = 1 + 0.5 * sx_random_normal(9, 0, 2 * k);
        double b = 0 + 0.5 * sx_random_normal(9, 0, 2 * k + 1);
        expected[0] -= a * a / 3;
        expected[1] += 2 * b / 3;
    }
    expect(&f, expected, 1e-9);
    ck_assert_str_eq(f.r.method[0].against, "drawn");
    f.o.most_rows = 0; /* the default is 32 */
    const struct sx_decomposed *m = decompose(&f, "preddiff");
    ck_assert_int_ge(m->evaluations, 32 * 3);
    ck_assert_int_lt(m->evaluations, 33 * 9);
    end(&f);
}
END_TEST

/* ---- Principles ---- */

/* Gradient x Input of x1 x2 + x3^2 at (2, 3, 4) gives x3 32, of an effect of 16. */
START_TEST(worst_sets)
{
    struct fixture f;
    begin(&f, formula(3, "x1 x2 Mul x3 x3 Mul Add"), (const double[]){2, 3, 4}, 3);
    f.o.tolerance = 0.7;
    const struct sx_decomposed *m = decompose(&f, "gxi");
    ck_assert_uint_eq(m->principle[0].worst, 4);
    ck_assert_double_eq_tol(m->principle[0].violation, 16.0 / 22, 1e-9);
    ck_assert_uint_eq(m->principle[2].worst, 3);
    ck_assert(!m->principle[0].holds && m->principle[1].holds && m->principle[2].holds);
    f.o.tolerance = 0.73;
    m = decompose(&f, "gxi");
    ck_assert(m->principle[0].holds);
    f.o.tolerance = 0;
    m = decompose(&f, "gxi");
    ck_assert(!m->principle[2].holds);
    /* {1, 2} gets 12 and has an effect of 6, but {3} gets 32 of 16: the sum is 22 more than is there. */
    ck_assert_double_eq_tol(m->set_slack, -22, 1e-9);
    ck_assert(!m->exists);
    end(&f);
}
END_TEST

/* A set's slack is what it gets over its bound; an allocation exists at a slack of 0. */
START_TEST(slack_of_allocations)
{
    static const double scores[][2] = {{0, 4}, {4, 0}, {2, 2}, {-1, 5}, {1, 2.5}};
    static const double expected[] = {0, 0, 0, -1, -0.5};
    struct fixture f;
    /* x1 x2 at (2, 2): the effect of the pair is 4, of single players 0. */
    begin(&f, formula(2, "x1 x2 Mul"), (const double[]){2, 2}, 2);
    f.o.methods = "gxi";
    for (int k = 0; k < 5; k++) {
        f.o.foreign = scores[k];
        ck_assert(sx_decompose(f.decomposer, &f.o, &f.r, &error));
        ck_assert_int_eq(f.r.n_methods, 2);
        const struct sx_decomposed *m = &f.r.method[1];
        ck_assert_double_eq_tol(m->set_slack, expected[k], 1e-9);
        ck_assert_int_eq(m->exists, expected[k] >= 0);
        ck_assert_double_eq_tol(m->sum, scores[k][0] + scores[k][1], 1e-12);
        ck_assert_double_eq_tol(m->gap, m->sum - 4, 1e-12);
    }
    end(&f);
}
END_TEST

/* Ranks of ties are their mean: Spearman's correlation by its definition. */
START_TEST(agreement)
{
    /* Integrated Gradients of the terms: 1, 1, 2, 3; the other scores: 5, 1, 1, 9. */
    static const double scores[] = {5, 1, 1, 9};
    struct fixture f;
    begin(&f, formula(4, "x1 x2 Add x3 Add x4 Add"), (const double[]){1, 1, 2, 3}, 4);
    f.o.methods = "ig";
    f.o.foreign = scores;
    ck_assert(sx_decompose(f.decomposer, &f.o, &f.r, &error));
    ck_assert_int_eq(f.r.n_agreeing, 2);
    /* ranks less their mean: -1, -1, 0.5, 1.5 and 0.5, -1, -1, 1.5 */
    ck_assert_double_eq_tol(f.r.spearman[1], (-0.5 + 1 - 0.5 + 2.25) / 4.5, 1e-12);
    ck_assert_double_eq(f.r.spearman[1], f.r.spearman[2]);
    ck_assert_double_eq(f.r.spearman[0], 1);
    ck_assert_double_eq_tol(f.r.distance[2], sqrt(16 + 0 + 1 + 36), 1e-12);
    end(&f);
    begin(&f, formula(2, "x1 x2 Add"), (const double[]){1, 1}, 2);
    f.o.methods = "ig,occ1";
    ck_assert(sx_decompose(f.decomposer, &f.o, &f.r, &error));
    for (int k = 0; k < 4; k++) {
        ck_assert(isnan(f.r.spearman[k])); /* constants have no correlation */
        ck_assert_double_eq_tol(f.r.distance[k], 0, 1e-12);
    }
    end(&f);
}
END_TEST

/* ---- Lists of methods ---- */

START_TEST(lists_of_methods)
{
    const char *what = NULL;
    ck_assert_str_eq(sx_decompose_method(0, &what), "gxi");
    ck_assert_str_eq(what, "Gradient x Input: (x - b) df/dx");
    ck_assert_str_eq(sx_decompose_method(13, NULL), "deeptaylor");
    ck_assert_ptr_null(sx_decompose_method(14, &what));
    ck_assert_ptr_null(sx_decompose_method(-1, &what));
    ck_assert(sx_method_wanted("all", "ig") && sx_method_wanted("gxi,ig", "ig"));
    ck_assert(sx_method_wanted("ig", "ig") && sx_method_wanted("ig,gxi", "ig"));
    ck_assert(!sx_method_wanted("big", "ig") && !sx_method_wanted("iga", "ig"));
    ck_assert(sx_method_wanted("iga,ig", "ig") && !sx_method_wanted("", "ig"));
    static const struct {
        const char *list, *message;
    } wrong[] = {{"ig,shaply", "no method 'shaply'; nearest: shapley"},
                 {"ig,,gxi", "no method ''"},
                 {"", "no method ''"},
                 {"ig,", "no method ''"}};
    error = (struct sx_error){0};
    ck_assert(sx_methods_known("all", &error) && sx_methods_known("ig,lrp-ab", &error));
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        error = (struct sx_error){0};
        bool known = sx_methods_known(wrong[k].list, &error);
        ck_assert_msg(!known, "%s", wrong[k].list);
        ck_assert_msg(strstr(error.message, wrong[k].message) != NULL, "%s", error.message);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("decompose_games");
    SUITE_ADD(c, windows, labels, log_odds, budgets, estimates, two_words, family, allocations,
              fitted, limits, resampled_maps, equal_neurons, terms_are_effects,
              rules_of_integration, samples_of_rows, reference_rows, worst_sets,
              slack_of_allocations, agreement, lists_of_methods);
    return suite_run();
}
