/* check_absent.c - absent elements drawn given the present ones, against closed forms. */
#include <math.h>
#include <stdlib.h>

#include "explain/absent.h"
#include "explain/normal.h"
#include "explain/game.h"
#include "model.h"
#include "suite.h"

enum { N = 3, ROWS = 4000 };

/* The rows of a background: normal with means 1, -2, 0.5 and covariances S = A A'. */
static const double A[N][N] = {{1, 0, 0}, {0.8, 0.6, 0}, {-1, 1, 2}};
static const double mean[N] = {1, -2, 0.5}, x[N] = {2, -1, 3}, w[N] = {2, -1, 3};
static double rows[ROWS * N];
static struct sx_error error;

static void setup(void)
{
    error = (struct sx_error){0};
    for (int k = 0; k < ROWS; k++)
        for (int i = 0; i < N; i++) {
            rows[k * N + i] = mean[i];
            for (int j = 0; j < N; j++)
                rows[k * N + i] += A[i][j] * sx_random_normal(7, (uint64_t)j, (uint64_t)k);
        }
}

/* Means and shrunk covariances of the first n rows. */
static void moments(int n, double m[N], double S[N][N])
{
    double R[N][N], sd[N], variances = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        m[i] = sd[i] = 0;
        for (int k = 0; k < n; k++)
            m[i] += rows[k * N + i] / n;
        for (int k = 0; k < n; k++)
            sd[i] += pow(rows[k * N + i] - m[i], 2) / (n - 1);
        sd[i] = sqrt(sd[i]);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0, of_squares = 0;
            for (int k = 0; k < n; k++) {
                double p = (rows[k * N + i] - m[i]) * (rows[k * N + j] - m[j]) / sd[i] / sd[j];
                sum += p;
                of_squares += p * p;
            }
            R[i][j] = sum / (n - 1);
            if (i != j) {
                squares += R[i][j] * R[i][j];
                variances += (of_squares - sum * sum / n) * n / pow(n - 1, 3);
            }
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            S[i][j] =
                sd[i] * sd[j] * (i == j ? 1 : R[i][j] * (1 - fmin(1, variances / squares)));
}

/* The expectation of element i of a normal vector, given x at the elements of `set`. */
static double expected(const double m[N], const double S[N][N], unsigned set, int i)
{
    int p[N], n = 0;
    double a[N], det = 1;
    if ((set >> i & 1) != 0)
        return x[i];
    for (int j = 0; j < N; j++)
        if ((set >> j & 1) != 0)
            p[n++] = j;
    for (int k = 0; k < n; k++)
        a[k] = x[p[k]] - m[p[k]];
    if (n == 0)
        return m[i];
    if (n == 1)
        return m[i] + S[i][p[0]] / S[p[0]][p[0]] * a[0];
    det = S[p[0]][p[0]] * S[p[1]][p[1]] - S[p[0]][p[1]] * S[p[0]][p[1]];
    return m[i] + (S[i][p[0]] * (S[p[1]][p[1]] * a[0] - S[p[0]][p[1]] * a[1]) +
                   S[i][p[1]] * (S[p[0]][p[0]] * a[1] - S[p[0]][p[1]] * a[0])) /
                      det;
}

/* ---- A linear model ---- */

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_game *game;
};

static void open_game(struct fixture *f, const char *absent, int n)
{
    const float weight[N] = {2, -1, 3};
    struct sx_tensor feed, given = {SX_DOUBLE, {2, {1, N}}, (void *)(uintptr_t)x};
    struct sx_explain_options o = {.precise = true, .values_only = true};
    struct sx_absent how = {.seed = 1};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, N});
    tm_const(m, "w", SX_FLOAT, 2, (const int64_t[]){N, 1}, weight);
    tm_node(m, "MatMul", "x w", "y", NULL);
    tm_output(m, "y");
    f->model = tm_open(m, &error);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &o, &error);
    ck_assert(sx_tensor_convert(&feed, SX_FLOAT, &given, &error));
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
    f->players = sx_players_new(&given.shape, "elements", SX_LAYOUT_AUTO, &error);
    ck_assert(sx_absent_parse(absent, &how, &error));
    f->game = sx_game_conditional(f->explainer, f->players, rows, n, &how, &error);
}

static void close_game(struct fixture *f)
{
    sx_game_free(f->game);
    sx_players_free(f->players);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* Absent elements of a linear model are replaced by their conditional expectations. */
static void expect_linear(const char *absent, int n, const double m[N], const double S[N][N],
                          double tolerance)
{
    struct fixture f;
    open_game(&f, absent, n);
    ck_assert_msg(f.game != NULL, "%s", error.message);
    for (uint64_t set = 0; set < 8; set++) {
        double value, wanted = 0;
        ck_assert_msg(sx_game_values(f.game, 1, &set, &value, &error), "%s", error.message);
        for (int i = 0; i < N; i++)
            wanted += w[i] * expected(m, S, (unsigned)set, i);
        ck_assert_msg(fabs(value - wanted) < tolerance, "%s, %d rows: v(%d) is %g, not %g",
                      absent, n, (int)set, value, wanted);
    }
    close_game(&f);
}

START_TEST(test_gaussian)
{
    double m[N], S[N][N];
    for (int n = 6; n <= ROWS; n = n == 6 ? 51 : n == 51 ? ROWS : ROWS + 1) {
        moments(n, m, S);
        expect_linear("gaussian", n, m, S, 1e-9);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            S[i][j] = A[i][0] * A[j][0] + A[i][1] * A[j][1] + A[i][2] * A[j][2];
    expect_linear("gaussian", ROWS, mean, S, 0.3);
    expect_linear("copula", ROWS, mean, S, 0.3);
}
END_TEST

/* ---- Draws ---- */

static struct sx_conditional *conditional_of(const char *text, int64_t n, double **points)
{
    struct sx_absent how = {.seed = 3};
    ck_assert(sx_absent_parse(text, &how, &error));
    struct sx_conditional *c = sx_conditional_new(&how, rows, n, N, &error);
    ck_assert_msg(c != NULL, "%s", error.message);
    *points = sx_new((size_t)(sx_conditional_most(c) * N), sizeof **points, &error);
    return c;
}

/* Given x0, the covariances of the other elements follow from the second and third columns of
 * A. */
START_TEST(test_scatter)
{
    double *p, sum[3] = {0};
    struct sx_conditional *c = conditional_of("gaussian", ROWS, &p);
    int64_t n = sx_conditional_draw(c, x, (const bool[]){true, false, false}, p);
    ck_assert_int_eq(n, ROWS);
    for (int64_t k = 0; k < n; k++) {
        double a = p[k * N + 1] - (-2 + 0.8), b = p[k * N + 2] - (0.5 - 1);
        ck_assert(p[k * N] == 2);
        sum[0] += a * a / (double)n;
        sum[1] += a * b / (double)n;
        sum[2] += b * b / (double)n;
    }
    ck_assert_double_eq_tol(sum[0], 0.36, 0.04);
    ck_assert_double_eq_tol(sum[1], 0.6, 0.1);
    ck_assert_double_eq_tol(sum[2], 5, 0.4);
    free(p);
    sx_conditional_free(c);
}
END_TEST

/* The rows are lognormal. Their copula is that of their logarithms, so log x1 given x0 is
 * normal. */
START_TEST(test_copula)
{
    double *p, at[N], sum = 0, squares = 0;
    for (int i = 0; i < ROWS * N; i++)
        rows[i] = exp(rows[i]);
    for (int i = 0; i < N; i++)
        at[i] = exp(x[i]);
    struct sx_conditional *c = conditional_of("copula", ROWS, &p);
    int64_t n = sx_conditional_draw(c, at, (const bool[]){true, false, false}, p);
    for (int64_t k = 0; k < n; k++) {
        sum += log(p[k * N + 1]) / (double)n;
        squares += pow(log(p[k * N + 1]), 2) / (double)n;
    }
    ck_assert_double_eq_tol(sum, -1.2, 0.05);
    ck_assert_double_eq_tol(squares - sum * sum, 0.36, 0.04);
    free(p);
    sx_conditional_free(c);
}
END_TEST

START_TEST(test_nearest)
{
    static const double four[] = {0, 10, 1, 1, 20, 2, 3, 30, 3, 6, 40, 4};
    double *p;
    for (int i = 0; i < 12; i++)
        rows[i] = four[i];
    struct sx_conditional *c = conditional_of("nearest:2", 4, &p);
    ck_assert_int_eq(sx_conditional_draw(c, x, (const bool[]){true, false, false}, p), 2);
    ck_assert(p[0] == 2 && p[1] == 20 && p[2] == 2 && p[3] == 2 && p[4] == 30 && p[5] == 3);
    /* if no element is present, all rows are equally near */
    ck_assert_int_eq(sx_conditional_draw(c, x, (const bool[]){false, false, false}, p), 4);
    for (int i = 0; i < 12; i++)
        ck_assert(p[i] == four[i]);
    free(p);
    sx_conditional_free(c);
}
END_TEST

/* An element that is equal in all rows keeps its value. An element that is twice another one
 * follows it. */
START_TEST(test_degenerate)
{
    double *p;
    for (int k = 0; k < 5; k++) {
        rows[k * N] = rows[k * N + 1] = k < 2 ? -1 : k < 4 ? 1 : 0;
        rows[k * N + 2] = 4;
    }
    for (int kind = 0; kind < 2; kind++) {
        struct sx_conditional *c = conditional_of(kind == 0 ? "gaussian" : "copula", 5, &p);
        int64_t n = sx_conditional_draw(c, x, (const bool[]){false, false, false}, p);
        ck_assert_int_eq(n, 6);
        for (int64_t k = 0; k < n; k++)
            ck_assert(isfinite(p[k * N]) && isfinite(p[k * N + 1]) && p[k * N + 2] == 4);
        free(p);
        sx_conditional_free(c);
    }
}
END_TEST

START_TEST(test_normal)
{
    double *table = sx_normal_table(&error), sorted[] = {1, 2, 2, 5};
    ck_assert_ptr_nonnull(table);
    for (double z = -10; z <= 10; z += 0.00737)
        ck_assert_double_eq_tol(sx_normal_tabled(table, z), sx_normal_below(z), 1e-11);
    ck_assert_double_eq(sx_normal_tabled(table, -INFINITY), 0);
    ck_assert_double_eq(sx_normal_tabled(table, INFINITY), 1);
    ck_assert_double_eq(sx_normal_tabled(table, NAN), 0);
    free(table);
    for (double p = 0.01; p < 1; p += 0.07)
        ck_assert_double_eq_tol(sx_normal_below(sx_normal_quantile(p)), p, 1e-15);
    ck_assert_double_eq(sx_rank_of(sorted, 4, 0), 0.5);
    ck_assert_double_eq(sx_rank_of(sorted, 4, 2), 2.5);
    ck_assert_double_eq_tol(sx_rank_of(sorted, 4, 4), 3 + 2.0 / 3, 1e-15);
    ck_assert_double_eq(sx_rank_of(sorted, 4, 6), 4.5);
}
END_TEST

START_TEST(test_refusals)
{
    static const char *const bad[] = {"",          "mean",       "nearest",    "nearest:",
                                      "nearest:0", "nearest:-1", "nearest:2x", "gaussian:2"};
    struct sx_absent how;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_absent_parse(bad[i], &how, &error), "'%s'", bad[i]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    struct fixture f;
    error = (struct sx_error){0};
    open_game(&f, "gaussian", 1);
    ck_assert(f.game == NULL && error.status == SX_FAILED);
    close_game(&f);
    error = (struct sx_error){0};
    rows[4] = NAN;
    open_game(&f, "copula", 9);
    ck_assert(f.game == NULL && error.status == SX_FAILED);
    close_game(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("absent");
    tcase_add_checked_fixture(c, setup, NULL);
    SUITE_ADD(c, test_gaussian, test_scatter, test_copula, test_nearest, test_degenerate,
              test_normal, test_refusals);
    return suite_run();
}
