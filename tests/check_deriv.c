/* check_deriv.c - derivatives of any order against formulas worked out by hand. Also whole
 * tensors against rows, and smooth functions in place of kinks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/deriv.h"
#include "explain/smooth.h"
#include "formula.h"
#include "suite.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    double x[16];
    int64_t n;
};

static void open_fixture(struct fixture *f, struct tm_model *m, bool precise,
                         const char *smooth, enum sx_score score, const double *x, int64_t n)
{
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = precise, .score = score, .target = "0"};
    struct sx_shape shape = {2, {1, n}};
    struct sx_tensor feed;
    f->n = n;
    memcpy(f->x, x, (size_t)n * sizeof *x);
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert_ptr_nonnull(f->explainer);
    ck_assert_msg(sx_explainer_smooth(f->explainer, smooth, &error), "%s", error.message);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    memcpy(feed.data, x, (size_t)n * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
}

static void close_fixture(struct fixture *f)
{
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* The whole tensor at x; the caller frees it. */
static double *whole(const struct fixture *f, int order, int64_t q, const double *directions,
                     bool moving)
{
    struct sx_error error = {0};
    struct sx_whole *w =
        sx_whole_new(f->explainer, order, q, moving ? NULL : directions, moving, 1, &error);
    ck_assert_msg(w != NULL, "%s", error.message);
    double *out = malloc((size_t)pow((double)q, order) * sizeof *out);
    ck_assert_ptr_nonnull(out);
    ck_assert_msg(sx_whole_run(w, 1, f->x, directions, out, &error), "%s", error.message);
    sx_whole_free(w);
    return out;
}

static void expect(double got, double want, double tolerance)
{
    ck_assert_msg(fabs(got - want) <= tolerance * (1 + fabs(want)), "%.17g is not %.17g", got,
                  want);
}

/* Compares every entry of the tensor with want(sorted indices from 0). */
static void expect_tensor(const struct fixture *f, int order,
                          double (*want)(const int *index, int order), double tolerance)
{
    double *out = whole(f, order, f->n, NULL, false);
    int64_t cells = (int64_t)pow((double)f->n, order);
    for (int64_t i = 0; i < cells; i++) {
        int index[SX_MAX_ORDER];
        int64_t rest = i;
        for (int m = 0; m < order; m++, rest /= f->n)
            index[m] = (int)(rest % f->n);
        for (int a = 0; a < order; a++)
            for (int b = a + 1; b < order; b++)
                if (index[b] < index[a]) {
                    int kept = index[a];
                    index[a] = index[b];
                    index[b] = kept;
                }
        expect(out[i], want(index, order), tolerance);
    }
    free(out);
}

static bool is(const int *index, int order, const char *digits)
{
    for (int m = 0; m < order; m++)
        if (digits[m] == '\0' || digits[m] - '1' != index[m])
            return false;
    return true;
}

/* f = x1 x2 x3 + sin x4 at (1, 2, 3, pi/6) */
static double product_and_sine(const int *i, int order)
{
    if (is(i, order, "12"))
        return order == 2 ? 3 : 0;
    if (order == 2)
        return is(i, 2, "13") ? 2 : is(i, 2, "23") ? 1 : is(i, 2, "44") ? -0.5 : 0;
    if (order == 3)
        return is(i, 3, "123") ? 1 : is(i, 3, "444") ? -0.8660254037844387 : 0;
    return is(i, 4, "4444") ? 0.5 : 0;
}

START_TEST(test_product_and_sine)
{
    struct fixture f;
    open_fixture(&f, formula(4, "x1 x2 Mul x3 Mul x4 Sin Add"), _i == 0, "none", SX_SCORE_RAW,
                 (const double[]){1, 2, 3, M_PI / 6}, 4);
    for (int order = 2; order <= 4; order++)
        expect_tensor(&f, order, product_and_sine, _i == 0 ? 1e-14 : 1e-6);
    close_fixture(&f);
}
END_TEST

/* f = exp(x1 x2) + x3^2 x4 at (0.5, 1, 2, -1). */
START_TEST(test_exponential)
{
    struct fixture f;
    open_fixture(&f, formula(4, "x1 x2 Mul Exp x3 x3 Mul x4 Mul Add"), true, "none",
                 SX_SCORE_RAW, (const double[]){0.5, 1, 2, -1}, 4);
    double *two = whole(&f, 2, 4, NULL, false), *three = whole(&f, 3, 4, NULL, false);
    double *four = whole(&f, 4, 4, NULL, false);
    expect(two[1], 2.4730819060501923, 1e-14);
    expect(two[4], 2.4730819060501923, 1e-14);
    expect(two[11], 4, 1e-14);
    expect(two[2], 0, 0);
    expect(three[1], 4.121803176750321, 1e-14);
    expect(three[2 * 16 + 2 * 4 + 3], 2, 1e-14);
    expect(four[5], 7.007065400475545, 1e-14);
    free(two);
    free(three);
    free(four);
    close_fixture(&f);
}
END_TEST

/* f = 3 gelu(x1 - 2 x2 + 0.5 x3 + 0.1) at (0.4, 0.1, 0.2) */
static struct tm_model *neuron(const char *op)
{
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){3, 1}, (const double[]){1, -2, 0.5});
    tm_const(m, "b", SX_DOUBLE, 1, (const int64_t[]){1}, (const double[]){0.1});
    tm_const(m, "v", SX_DOUBLE, 1, (const int64_t[]){1}, (const double[]){3});
    tm_node(m, "Gemm", "x w b", "h", NULL);
    tm_node(m, op, "h", "g", NULL);
    tm_node(m, "Mul", "g v", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(test_neuron)
{
    const double x[] = {0.4, 0.1, 0.2};
    struct fixture f;
    /* the Gelu itself, and a Relu that --smooth replaces by it */
    open_fixture(&f, neuron(_i == 0 ? "Gelu" : "Relu"), true, _i == 0 ? "none" : "gelu",
                 SX_SCORE_RAW, x, 3);
    double *two = whole(&f, 2, 3, NULL, false), *three = whole(&f, 3, 3, NULL, false);
    expect(two[1], -4.065702348948689, 1e-13);
    expect(two[2], 1.0164255872371724, 1e-13);
    expect(two[5], -2.0328511744743447, 1e-13);
    expect(three[5], 1.6969888065177139, 1e-13);
    free(two);
    free(three);
    close_fixture(&f);
}
END_TEST

/* gelu at 0.7, and its derivatives up to the fifth. */
START_TEST(test_gelu)
{
    static const double want[] = {0.5306254434438489,  0.9766141011336599,  0.4715034393838095,
                                  -0.7672079142821323, -0.2529569114204133, 2.8087459884093535};
    const double x[] = {0.7};
    struct fixture f;
    struct sx_error error = {0};
    double gradient;
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 1});
    tm_node(m, "Gelu", "x", "y", NULL);
    tm_output(m, "y");
    open_fixture(&f, m, true, "none", SX_SCORE_RAW, x, 1);
    expect(sx_explainer_target(f.explainer)->value, want[0], 1e-14);
    ck_assert(sx_gradients(f.explainer, 1, x, NULL, &gradient, &error));
    expect(gradient, want[1], 1e-14);
    for (int order = 2; order <= 5; order++) {
        double *d = whole(&f, order, 1, NULL, false);
        expect(d[0], want[order], 1e-12);
        free(d);
    }
    close_fixture(&f);
}
END_TEST

/* D234 of exp(x2 x3) x4 at (1, 0.5, 0.3, 2). */
START_TEST(test_third_order)
{
    struct fixture f;
    open_fixture(&f, formula(4, "x2 x3 Mul Exp x4 Mul"), true, "none", SX_SCORE_RAW,
                 (const double[]){1, 0.5, 0.3, 2}, 4);
    double *three = whole(&f, 3, 4, NULL, false);
    expect(three[1 * 16 + 2 * 4 + 3], 1.3361093791375254, 1e-14);
    expect(three[0 * 16 + 2 * 4 + 3], 0, 0);
    free(three);
    close_fixture(&f);
}
END_TEST

static struct tm_model *relu_of_sum(void)
{
    return formula(2, "x1 x2 Add Relu");
}

/* f = relu(x1 + x2): the second derivatives of its smooth forms, and that of the third order. */
START_TEST(test_relu)
{
    static const struct {
        const char *smooth;
        double x[2], second;
    } row[] = {{"softplus:10", {0.3, -0.2}, 1.9661193324148185},
               {"softplus:10", {0.02, 0.01}, 2.4445831169074586},
               {"softplus:10", {-0.1, 0.05}, 2.350037122015945},
               {"surrogate:10", {0.3, -0.2}, 1.9661193324148185},
               {"surrogate", {-0.1, 0.05}, 2.350037122015945},
               {"gelu", {0.5, 0.2}, 0.4715034393838095}};
    struct fixture f;
    struct sx_error error = {0};
    bool curved;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        open_fixture(&f, relu_of_sum(), true, row[i].smooth, SX_SCORE_RAW, row[i].x, 2);
        double *two = whole(&f, 2, 2, NULL, false);
        ck_assert(sx_deriv_curved(f.explainer, &curved, &error) && curved);
        for (int k = 0; k < 4; k++)
            expect(two[k], row[i].second, 1e-13);
        free(two);
        close_fixture(&f);
    }
    open_fixture(&f, relu_of_sum(), true, "softplus:10", SX_SCORE_RAW, row[0].x, 2);
    double *three = whole(&f, 3, 2, NULL, false);
    expect(three[3], -9.085774767294842, 1e-13);
    free(three);
    close_fixture(&f);
    open_fixture(&f, relu_of_sum(), true, "none", SX_SCORE_RAW, row[0].x, 2);
    double *two = whole(&f, 2, 2, NULL, false);
    ck_assert(sx_deriv_curved(f.explainer, &curved, &error) && !curved);
    expect(two[1], 0, 0);
    free(two);
    close_fixture(&f);
}
END_TEST

/* A surrogate leaves f unchanged. Its first derivative becomes that of softplus. */
START_TEST(test_surrogate)
{
    struct fixture f;
    struct sx_error error = {0};
    double value, gradient[2];
    const double x[] = {0.3, -0.2};
    open_fixture(&f, relu_of_sum(), true, "surrogate:10", SX_SCORE_RAW, x, 2);
    ck_assert(sx_gradients(f.explainer, 1, x, &value, gradient, &error));
    ck_assert_double_eq(value, 0.3 + -0.2);
    expect(gradient[0], 0.7310585786300049, 1e-14);
    ck_assert(sx_explainer_shift(f.explainer, &value, &error));
    ck_assert_double_eq(value, 0);
    close_fixture(&f);
    open_fixture(&f, relu_of_sum(), true, "softplus:10", SX_SCORE_RAW, x, 2);
    ck_assert(sx_explainer_shift(f.explainer, &value, &error));
    expect(value, log(1 + exp(1)) / 10 - 0.1, 1e-14);
    close_fixture(&f);
}
END_TEST

/* Every kink that can be made smooth becomes its formula with softplus. Far from the kink it
 * equals the original function. All kinks are listed. */
START_TEST(test_kinks)
{
    static const struct {
        const char *op, *attributes;
        double a, b, near_a, far; /* y(a, b) smooth, and at (10 a, 10 b) */
    } row[] = {{"Abs", NULL, 0.1, 0, 0.16265233750364458, 1},
               {"Max", NULL, 0.1, 0.2, 0.23132616875182228, 2},
               {"Min", NULL, 0.1, 0.2, 0.06867383124817772, 1},
               {"LeakyRelu", "alpha=0.25", 0.1, 0, 0.12349462656386672, 1}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct fixture f;
        struct sx_error error = {0};
        const double at[] = {row[i].a, row[i].b, 10 * row[i].a, 10 * row[i].b};
        double value[2];
        const char *op;
        bool smoothed, two = strcmp(row[i].op, "Max") == 0 || strcmp(row[i].op, "Min") == 0;
        struct tm_model *m = formula_columns(2);
        tm_node(m, row[i].op, two ? "x1 x2" : "x1", "a", row[i].attributes);
        tm_node(m, "Clip", "a", "y", NULL);
        tm_output(m, "y");
        open_fixture(&f, m, true, "softplus:10", SX_SCORE_RAW, at, 2);
        ck_assert(sx_gradients(f.explainer, 2, at, value, NULL, &error));
        expect(value[0], row[i].near_a, 1e-13);
        expect(value[1], row[i].far, 1e-4);
        ck_assert_ptr_nonnull(sx_explainer_kink(f.explainer, 0, &op, &smoothed));
        ck_assert_str_eq(op, row[i].op);
        ck_assert(smoothed);
        ck_assert_ptr_nonnull(sx_explainer_kink(f.explainer, 1, &op, &smoothed));
        ck_assert_str_eq(op, "Clip");
        ck_assert(!smoothed);
        ck_assert_ptr_null(sx_explainer_kink(f.explainer, 2, &op, &smoothed));
        close_fixture(&f);
    }
}
END_TEST

START_TEST(test_smooth_words)
{
    static const char *const wrong[] = {
        "",           "softplus:", "softplus:0", "softplus:-1",
        "softplus:x", "relu",      "gelu:2",     "softplus:inf"};
    struct sx_smooth s;
    struct sx_error error = {0};
    ck_assert(sx_smooth_parse(&s, "softplus:2.5", &error));
    ck_assert_int_eq(s.kind, SX_SMOOTH_SOFTPLUS);
    ck_assert_double_eq(s.beta, 2.5);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_smooth_parse(&s, wrong[i], &error), "%s", wrong[i]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
}
END_TEST

/* The Hessian of a log-softmax of linear logits. */
START_TEST(test_log_softmax)
{
    struct fixture f;
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 2});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){2, 3}, (const double[]){1, 0, 0, 0, 1, 0});
    tm_node(m, "MatMul", "x w", "z", NULL);
    tm_output(m, "z");
    open_fixture(&f, m, true, "none", SX_SCORE_LOGPROB, (const double[]){0.2, -0.1}, 2);
    expect(exp(sx_explainer_target(f.explainer)->value), 0.3906938332698157, 1e-14);
    double *two = whole(&f, 2, 2, NULL, false);
    expect(two[0], -0.23805216191475315, 1e-14);
    expect(two[1], 0.11307973137514099, 1e-14);
    expect(two[2], 0.11307973137514099, 1e-14);
    expect(two[3], -0.20566158500176607, 1e-14);
    free(two);
    close_fixture(&f);
}
END_TEST

/* Rows along directions are contractions of the tensor along them. Tensors along given
 * directions, which may differ from row to row, are, too. */
START_TEST(test_rows_and_directions)
{
    struct fixture f;
    struct sx_error error = {0};
    const int order = _i;
    const double v[] = {1, 0, -1, 0.5, 0.25, 2, 0, 1, 0, 0, 1, 0};
    open_fixture(&f, formula_network(4), true, "none", SX_SCORE_RAW,
                 (const double[]){0.3, -1, 0.2, 2}, 4);
    double *all = whole(&f, order, 4, NULL, false);
    double *fixed = whole(&f, order, 3, v, false), *moving = whole(&f, order, 3, v, true);
    int tuples = (int)pow(3, order - 1), rest = (int)pow(4, order - 1);
    double *in[SX_MAX_ORDER], *row = calloc((size_t)tuples * 4, sizeof *row);
    for (int k = 0; k < order - 1; k++) {
        in[k] = malloc((size_t)tuples * 4 * sizeof *row);
        for (int t = 0; t < tuples; t++)
            memcpy(in[k] + 4 * t, v + 4 * (t / (int)pow(3, k) % 3), 4 * sizeof *v);
    }
    struct sx_rows *rows = sx_rows_new(f.explainer, order, tuples, &error);
    ck_assert_msg(rows != NULL, "%s", error.message);
    ck_assert(sx_rows_run(rows, f.x, tuples, (const double *const *)in, row, &error));
    sx_rows_free(rows);
    for (int t = 0; t < tuples; t++) {
        double want[4] = {0}, number = 0;
        for (int a = 0; a < 4 * rest; a++) {
            double factor = 1;
            for (int k = 0; k < order - 1; k++)
                factor *= in[k][4 * t + a / (int)pow(4, k + 1) % 4];
            want[a % 4] += factor * all[a];
        }
        for (int j = 0; j < 4; j++) {
            expect(row[4 * t + j], want[j], 1e-12);
            number += v[j] * want[j];
        }
        int at = 0;
        for (int k = 0; k < order - 1; k++)
            at = at * 3 + t / (int)pow(3, k) % 3;
        expect(fixed[at], number, 1e-12);
        expect(moving[at], number, 1e-12);
    }
    for (int k = 0; k < order - 1; k++)
        free(in[k]);
    free(row);
    free(all);
    free(fixed);
    free(moving);
    close_fixture(&f);
}
END_TEST

/* Many points together give the derivatives of each point alone. float agrees with double. */
START_TEST(test_points)
{
    struct sx_error error = {0};
    double points[37 * 4], *one = NULL, out[37 * 64], single[37 * 64];
    for (int i = 0; i < 37 * 4; i++)
        points[i] = sin(11 * i);
    for (int precise = 0; precise < 2; precise++) {
        struct fixture f;
        open_fixture(&f, formula_network(4), precise, "none", SX_SCORE_RAW, points, 4);
        struct sx_whole *w = sx_whole_new(f.explainer, 3, 4, NULL, false, 37, &error);
        ck_assert_ptr_nonnull(w);
        ck_assert(sx_whole_run(w, 37, points, NULL, precise ? out : single, &error));
        for (int k = 0; precise && k < 37; k++) {
            memcpy(f.x, points + 4 * k, sizeof *points * 4);
            one = whole(&f, 3, 4, NULL, false);
            for (int i = 0; i < 64; i++)
                expect(out[64 * k + i], one[i], 1e-13);
            free(one);
        }
        sx_whole_free(w);
        close_fixture(&f);
    }
    for (int i = 0; i < 37 * 64; i++)
        expect(single[i], out[i], 1e-4);
}
END_TEST

/* y = the mean over k of sum over i of sin(c_k x_i), plus x1 x2 x3, with c_k = k / columns. */
enum { WIDE = 16 };
static int wide_columns;
static double wide_x[WIDE];

static struct tm_model *wide_model(void)
{
    struct tm_model *m = formula_columns(WIDE);
    double *c = malloc((size_t)wide_columns * sizeof *c);
    ck_assert_ptr_nonnull(c);
    for (int k = 0; k < wide_columns; k++)
        c[k] = (double)k / wide_columns;
    tm_const(m, "c", SX_DOUBLE, 2, (const int64_t[]){1, wide_columns}, c);
    tm_const(m, "tall", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){WIDE, 1});
    tm_const(m, "share", SX_DOUBLE, 0, NULL, (const double[]){1.0 / wide_columns});
    tm_node(m, "Reshape", "x tall", "column", NULL);
    tm_node(m, "Mul", "column c", "products", NULL);
    tm_node(m, "Sin", "products", "sines", NULL);
    tm_node(m, "ReduceSum", "sines", "sum", "keepdims=0");
    tm_node(m, "Mul", "sum share", "mean", NULL);
    tm_node(m, "Mul", "x1 x2", "pair", NULL);
    tm_node(m, "Mul", "pair x3", "triple", NULL);
    tm_node(m, "Add", "triple mean", "y", NULL);
    tm_output_as(m, "y", SX_DOUBLE, 2, (const int64_t[]){1, 1});
    free(c);
    return m;
}

static double wide_want(const int *index, int order)
{
    bool same = index[0] == index[order - 1];
    double sum = 0;
    for (int k = 0; same && k < wide_columns; k++) {
        double c = (double)k / wide_columns, a = c * wide_x[index[0]];
        sum -= (order == 2 ? c * c * sin(a) : c * c * c * cos(a)) / wide_columns;
    }
    if (order == 2 && !same && index[1] < 3)
        sum += wide_x[3 - index[0] - index[1]];
    return sum + (order == 3 && index[0] == 0 && index[1] == 1 && index[2] == 2);
}

/* Tensors of too many intermediate values for one run are made of rows, and symmetric. */
START_TEST(test_row_by_row)
{
    struct fixture f;
    wide_columns = _i == 2 ? 33000 : 2304;
    for (int i = 0; i < WIDE; i++)
        wide_x[i] = cos(i + 1.0);
    open_fixture(&f, wide_model(), true, "none", SX_SCORE_RAW, wide_x, WIDE);
    expect_tensor(&f, _i, wide_want, 1e-10);
    close_fixture(&f);
}
END_TEST

/* Rows in float32 are those of the formula. */
START_TEST(test_rows_in_float32)
{
    enum { ROWS = 11 };
    struct fixture f;
    struct sx_error error = {0};
    double v[ROWS * 4], row[ROWS * 4];
    for (int i = 0; i < ROWS * 4; i++)
        v[i] = cos(i + 1.0);
    open_fixture(&f, formula(4, "x1 x2 Mul x3 x3 Mul x4 Mul Add x2 Sin Add"), false, "none",
                 SX_SCORE_RAW, (const double[]){0.3, -1, 0.2, 2}, 4);
    struct sx_rows *rows = sx_rows_new(f.explainer, 2, 1, &error);
    ck_assert_msg(rows != NULL, "%s", error.message);
    ck_assert(sx_rows_run(rows, f.x, ROWS, (const double *const[]){v}, row, &error));
    sx_rows_free(rows);
    for (int k = 0; k < ROWS; k++) {
        const double *d = v + 4 * k;
        const double want[4] = {d[1], d[0] + sin(1) * d[1], 4 * d[2] + 0.4 * d[3], 0.4 * d[2]};
        for (int i = 0; i < 4; i++)
            expect(row[4 * k + i], want[i], 1e-5);
    }
    close_fixture(&f);
}
END_TEST

START_TEST(test_smooth_list)
{
    static const char *const smooth[] = {"Relu", "LeakyRelu", "PRelu", "Abs", "Max", "Min"};
    static const char *const kinked[] = {"MaxPool",         "GlobalMaxPool", "Clip",
                                         "HardSigmoid",     "Shrink",        "ReduceMax",
                                         "ThresholdedRelu", "ReduceMin",     "Tanh"};
    for (size_t i = 0; i < sizeof smooth / sizeof smooth[0]; i++)
        ck_assert_msg(sx_can_smooth(smooth[i]), "%s", smooth[i]);
    for (size_t i = 0; i < sizeof kinked / sizeof kinked[0]; i++)
        ck_assert_msg(!sx_can_smooth(kinked[i]), "%s", kinked[i]);
    ck_assert(!sx_can_smooth(NULL));
}
END_TEST

START_TEST(test_misuse)
{
    struct fixture f;
    struct sx_error error = {0};
    open_fixture(&f, formula_network(4), true, "none", SX_SCORE_RAW,
                 (const double[]){0, 0, 0, 0}, 4);
    ck_assert_ptr_null(sx_rows_new(f.explainer, 1, 0, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_whole_new(f.explainer, 9, 4, NULL, false, 0, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_whole_new(f.explainer, 8, 1 << 20, NULL, true, 0, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    close_fixture(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("deriv");
    tcase_add_loop_test(c, test_product_and_sine, 0, 2);
    tcase_add_test(c, test_exponential);
    tcase_add_loop_test(c, test_neuron, 0, 2);
    SUITE_ADD(c, test_gelu, test_third_order, test_relu, test_surrogate, test_kinks,
              test_smooth_words, test_log_softmax);
    tcase_add_loop_test(c, test_rows_and_directions, 2, 5);
    tcase_add_loop_test(c, test_row_by_row, 2, 4);
    SUITE_ADD(c, test_points, test_rows_in_float32, test_smooth_list, test_misuse);
    return suite_run();
}
