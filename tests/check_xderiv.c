/* check_xderiv.c - interactions against the numbers of the papers' definitions, worked out by
 * hand: cross derivatives, aggregation, search, and every relative. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xderiv/study.h"
#include "formula.h"
#include "suite.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_study_options o;
    const struct sx_sets *sets;
    const double *background; /* one point, or NULL */
    struct sx_study *study;
    struct sx_effects r;
    int64_t n;
};

static void open_fixture(struct fixture *f, struct tm_model *m, int64_t n)
{
    struct sx_error error = {0};
    const struct sx_explain_options options = {.precise = true, .target = "0"};
    *f = (struct fixture){.n = n, .o = sx_study_defaults()};
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert_ptr_nonnull(f->explainer);
}

/* A new study with the options of the fixture. */
static bool start(struct fixture *f, struct sx_error *error)
{
    sx_study_free(f->study);
    f->study = sx_study_new(&f->o, error);
    if (f->study == NULL)
        return false;
    sx_study_background(f->study, f->background, f->background != NULL ? 1 : 0);
    if (f->sets != NULL) {
        size_t members = (size_t)f->sets->begin[f->sets->n];
        struct sx_sets *to = &f->study->sets;
        f->study->given = true;
        *to =
            (struct sx_sets){f->sets->n, calloc((size_t)f->sets->n + 1, 8), calloc(members, 8)};
        memcpy(to->begin, f->sets->begin, ((size_t)f->sets->n + 1) * 8);
        memcpy(to->member, f->sets->member, members * 8);
    }
    return true;
}

static void begin(struct fixture *f)
{
    struct sx_error error = {0};
    ck_assert_msg(start(f, &error), "%s", error.message);
}

static bool add(struct fixture *f, const double *x, const double *baseline,
                struct sx_error *error)
{
    const struct sx_shape shape = {2, {1, f->n}};
    struct sx_tensor feed;
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, error));
    memcpy(feed.data, x, (size_t)f->n * sizeof *x);
    bool ok = sx_explainer_sample(f->explainer, &feed, error) &&
              sx_study_add(f->study, f->explainer, baseline, error);
    sx_tensor_free(&feed);
    return ok;
}

static void run(struct fixture *f)
{
    struct sx_error error = {0};
    ck_assert_msg(sx_study_run(f->study, &f->r, &error), "%s", error.message);
}

/* One row, with zeros for a baseline. */
static void run_at(struct fixture *f, const double *x)
{
    struct sx_error error = {0};
    const double zeros[64] = {0};
    begin(f);
    ck_assert_msg(add(f, x, zeros, &error), "%s", error.message);
    run(f);
}

static void close_fixture(struct fixture *f)
{
    sx_study_free(f->study);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* The set written with digits from 1, as in "13". */
static const struct sx_effect *find(const struct fixture *f, const char *digits)
{
    int order = (int)strlen(digits);
    for (int64_t k = 0; k < f->r.n; k++) {
        const struct sx_effect *item = &f->r.item[k];
        bool same = item->order == order;
        for (int m = 0; same && m < order; m++)
            same = item->set[m] == digits[m] - '1';
        if (same)
            return item;
    }
    return NULL;
}

static void near(double got, double want, double tolerance, const char *what)
{
    ck_assert_msg(fabs(got - want) <= tolerance * (1 + fabs(want)), "%s is %.17g, not %.17g",
                  what, got, want);
}

static void expect(const struct fixture *f, const char *digits, double mean)
{
    const struct sx_effect *item = find(f, digits);
    ck_assert_msg(item != NULL, "%s", digits);
    near(item->mean, mean, 1e-12, digits);
}

static void expect_rank(const struct fixture *f, int64_t k, const char *digits)
{
    ck_assert_msg(find(f, digits) == &f->r.item[k], "number %d is not %s", (int)k, digits);
}

/* ---- Cross derivatives ---- */

/* f = x1 x2 x3 + sin x4 at (1, 2, 3, pi/6) */
static struct tm_model *product_and_sine(void)
{
    return formula(4, "x1 x2 Mul x3 Mul x4 Sin Add");
}

START_TEST(test_orders)
{
    struct fixture f;
    const double x[] = {1, 2, 3, M_PI / 6};
    open_fixture(&f, product_and_sine(), 4);
    f.o.order = 4;
    run_at(&f, x);
    ck_assert_int_eq(f.r.n, 6 + 4 + 1);
    ck_assert_int_eq(f.r.evaluated, 11);
    expect_rank(&f, 0, "12");
    expect_rank(&f, 1, "13");
    expect_rank(&f, 2, "23");
    expect_rank(&f, 3, "123");
    expect(&f, "12", 3);
    expect(&f, "13", 2);
    expect(&f, "23", 1);
    expect(&f, "14", 0);
    expect(&f, "123", 1);
    expect(&f, "124", 0);
    expect(&f, "1234", 0);
    ck_assert(!f.r.zero_curvature);
    f.o.order = 1;
    run_at(&f, x);
    expect(&f, "1", 6);
    expect(&f, "2", 3);
    expect(&f, "3", 2);
    expect(&f, "4", 0.8660254037844387);
    expect_rank(&f, 3, "4");
    f.o.order = 7; /* more than there are features */
    run_at(&f, x);
    ck_assert_int_eq(f.r.n, 11);
    close_fixture(&f);
}
END_TEST

START_TEST(test_tensor)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_tensor t;
    open_fixture(&f, product_and_sine(), 4);
    for (int order = 1; order <= 3; order++) {
        f.o.order = order;
        begin(&f);
        ck_assert(add(&f, (const double[]){1, 2, 3, M_PI / 6}, NULL, &error));
        ck_assert_msg(sx_study_tensor(f.study, &t, &error), "%s", error.message);
        ck_assert_int_eq(t.shape.rank, order);
        ck_assert_int_eq(sx_count(&t.shape), (int64_t)pow(4, order));
        const double *v = t.data;
        if (order == 1)
            near(v[0], 6, 1e-14, "1");
        if (order == 2)
            near(v[15], -0.5, 1e-14, "44");
        if (order == 3) {
            near(v[6], 1, 1e-14, "123");
            near(v[32 + 4], 1, 1e-14, "321");
            near(v[63], -0.8660254037844387, 1e-14, "444");
        }
        sx_tensor_free(&t);
    }
    close_fixture(&f);
}
END_TEST

/* f = x1 x2 + x2 x3^2 */
static struct tm_model *rows_model(void)
{
    return formula(3, "x1 x2 Mul x2 x3 x3 Mul Mul Add");
}

static const double three_rows[3][3] = {{1, 2, -1}, {0, 1, 2}, {-1, 3, 0.5}};

static void add_rows(struct fixture *f)
{
    struct sx_error error = {0};
    const double zeros[3] = {0};
    begin(f);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(add(f, three_rows[i], zeros, &error), "%s", error.message);
    run(f);
}

START_TEST(test_aggregation)
{
    struct fixture f;
    static const struct {
        enum sx_gather how;
        bool is_signed;
        double strength;
    } row[] = {{SX_GATHER_MEAN, false, 2.3333333333333335},
               {SX_GATHER_MEDIAN, false, 2},
               {SX_GATHER_MIN, false, 1},
               {SX_GATHER_MAX, false, 4},
               {SX_GATHER_MODE, false, 1.5}, /* 1 and 2 are nearer than 2 and 4 */
               {SX_GATHER_RMS, false, 2.6457513110645907},
               {SX_GATHER_MEAN, true, 1},
               {SX_GATHER_MIN, true, 2}, /* of -2, which ranks by its magnitude */
               {SX_GATHER_MEDIAN, true, 1}};
    open_fixture(&f, rows_model(), 3);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        f.o.gather = row[i].how;
        f.o.is_signed = row[i].is_signed;
        add_rows(&f);
        ck_assert_int_eq(f.r.rows, 3);
        const struct sx_effect *item = find(&f, "23");
        near(item->strength, row[i].strength, 1e-14, "strength");
        near(item->mean, 1, 1e-14, "mean");
        near(item->std, sqrt(6), 1e-14, "std");
        near(item->min, -2, 1e-14, "min");
        near(item->max, 4, 1e-14, "max");
        near(find(&f, "12")->strength, 1, 1e-14, "12");
        near(find(&f, "13")->strength, 0, 0, "13");
    }
    close_fixture(&f);
}
END_TEST

START_TEST(test_representatives)
{
    struct fixture f;
    open_fixture(&f, rows_model(), 3);
    f.o.at = "mean,median,min,max,random";
    add_rows(&f);
    const int64_t rows[] = {2, 2, 0, 1};
    ck_assert_int_eq(f.r.n_representatives, 5);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(f.r.representative[i], rows[i]);
    ck_assert_int_lt(f.r.representative[4], 3);
    f.o.at = "mean,max";
    f.o.gather = SX_GATHER_MEAN;
    add_rows(&f);
    near(find(&f, "23")->strength, 2.5, 1e-14, "rows 2 and 1");
    close_fixture(&f);
}
END_TEST

/* ---- Search ---- */

/* f = 5 x1 x2 + x2 x3 x4 at (1, 1, 1, 1) */
static struct tm_model *search_model(void)
{
    return formula(4, "x1 x2 Mul 5 Mul x2 x3 Mul x4 Mul Add");
}

START_TEST(test_search)
{
    struct fixture f;
    const double ones[] = {1, 1, 1, 1};
    open_fixture(&f, search_model(), 4);
    f.o.order = 3;
    run_at(&f, ones);
    expect(&f, "12", 5);
    expect(&f, "24", 1);
    expect(&f, "234", 1);
    ck_assert(!f.r.beam);
    f.o.search = SX_SEARCH_BEAM;
    f.o.by_edge = false;
    f.o.beam = 1;
    run_at(&f, ones);
    ck_assert(f.r.beam);
    ck_assert_ptr_null(find(&f, "234"));
    expect(&f, "123", 0);
    ck_assert_int_eq(f.r.skipped, 2);
    f.o.beam = 2;
    run_at(&f, ones);
    expect(&f, "234", 1);
    ck_assert_int_eq(f.r.n, 6 + 3); /* 24 and 12 both grow to 124 */
    f.o.by_edge = true;             /* 34 is the last of those of strength 1 */
    run_at(&f, ones);
    expect(&f, "234", 1);
    ck_assert_ptr_nonnull(find(&f, "134"));
    f.o.search = SX_SEARCH_AUTO;
    f.o.max_sets = 5; /* pairs grow from single features */
    f.o.order = 2;
    run_at(&f, ones);
    ck_assert(f.r.beam);
    ck_assert_int_eq(f.r.n, 6);
    expect(&f, "12", 5);
    close_fixture(&f);
}
END_TEST

START_TEST(test_given_sets)
{
    struct fixture f;
    int64_t begin_at[] = {0, 2, 5, 7, 9}, member[] = {1, 3, 1, 2, 3, 0, 1, 1, 3};
    const struct sx_sets sets = {4, begin_at, member};
    const double ones[] = {1, 1, 1, 1};
    open_fixture(&f, search_model(), 4);
    f.o.order = 3;
    f.sets = &sets;
    run_at(&f, ones);
    ck_assert_int_eq(f.r.n, 3);
    expect_rank(&f, 0, "12");
    expect(&f, "24", 1);
    expect(&f, "234", 1);
    member[0] = 9;
    struct sx_error error = {0};
    begin(&f);
    ck_assert(add(&f, ones, NULL, &error));
    begin_at[1] = 1;
    begin_at[2] = 1;
    member[1] = 0;
    const struct sx_sets wrong = {1, (int64_t[]){0, 2}, (int64_t[]){0, 4}};
    f.sets = &wrong;
    begin(&f);
    ck_assert(add(&f, ones, NULL, &error));
    ck_assert(!sx_study_run(f.study, &f.r, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    close_fixture(&f);
}
END_TEST

/* Orders of four and five by rows agree with tensors, on a small network. */
START_TEST(test_high_orders)
{
    struct fixture f;
    struct sx_error error = {0};
    const double x[] = {0.1, -0.4, 0.3, 0.2, -0.1};
    struct sx_tensor t;
    open_fixture(&f, formula_network(5), 5);
    for (int order = 4; order <= 5; order++) {
        f.o.order = order;
        begin(&f);
        ck_assert(add(&f, x, NULL, &error));
        ck_assert(sx_study_tensor(f.study, &t, &error));
        run_at(&f, x);
        for (int64_t k = 0; k < f.r.n; k++) {
            const struct sx_effect *item = &f.r.item[k];
            int64_t at = 0;
            for (int m = 0; m < item->order; m++)
                at = at * 5 + item->set[m];
            if (item->order == order)
                near(item->mean, sx_tensor_get(&t, at), 1e-11, "entry");
        }
        sx_tensor_free(&t);
    }
    close_fixture(&f);
}
END_TEST

/* ---- Features and directions ---- */

static void write_labels(char *path, const char *text)
{
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Groups {1, 2} and {3, 4}: D13 + D14 + D23 + D24 = 2, also as input at ones. */
START_TEST(test_groups)
{
    struct fixture f;
    char path[] = "/tmp/check_xderiv.XXXXXX", features[64];
    const double ones[] = {1, 1, 1, 1};
    write_labels(path, "0,0,1,1\n");
    snprintf(features, sizeof features, "file:%s", path);
    open_fixture(&f, search_model(), 4);
    f.o.players = features;
    for (int direction = 0; direction < 3; direction++) {
        f.o.direction = (enum sx_direction)direction;
        run_at(&f, ones);
        ck_assert_int_eq(f.r.features, 2);
        ck_assert_int_eq(f.r.n, 1);
        expect(&f, "12", 2);
    }
    f.o.direction = SX_DIRECTION_INPUT;
    run_at(&f, (const double[]){3, 2, 1, 1}); /* x3 x2 + x4 x2 for each of 3, 4 in turn */
    expect(&f, "12", 4);
    unlink(path);
    close_fixture(&f);
}
END_TEST

START_TEST(test_directions)
{
    struct fixture f;
    struct sx_error error = {0};
    const double baseline[] = {1, 1, 0};
    open_fixture(&f, rows_model(), 3);
    f.o.direction = SX_DIRECTION_INPUT;
    run_at(&f, three_rows[0]); /* D12 = 1, D23 = -2 at (1, 2, -1) */
    expect(&f, "12", 2);
    expect(&f, "23", 4);
    f.o.direction = SX_DIRECTION_DELTA;
    begin(&f);
    ck_assert(add(&f, three_rows[0], baseline, &error));
    run(&f);
    expect(&f, "12", 0);
    expect(&f, "23", 2);
    f.o.direction = SX_DIRECTION_ONES;
    f.o.units = SX_UNITS_RANGE;
    f.o.gather = SX_GATHER_MAX;
    add_rows(&f); /* ranges 2, 2, 3 */
    near(find(&f, "23")->strength, 4 * 6, 1e-14, "range");
    f.o.units = SX_UNITS_STD;
    add_rows(&f);
    near(find(&f, "12")->strength, 2.0 / 3, 1e-14, "std");
    close_fixture(&f);
}
END_TEST

/* ---- Relatives ---- */

/* f = exp(x1 x2) + x3^2 x1 at (0.5, 1, 2) from 0 */
static struct tm_model *relatives_model(void)
{
    return formula(3, "x1 x2 Mul Exp x3 x3 Mul x1 Mul Add");
}

static const double relatives_x[] = {0.5, 1, 2};

START_TEST(test_integrated_hessians)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_tensor t;
    const double zeros[3] = {0};
    const double want[] = {0.38440253989726, 0.16218031767504,
                           0.44444444444444, 0.16218031767504,
                           0.16218031767504, 0,
                           0.44444444444444, 0,
                           0.88888888888889};
    open_fixture(&f, relatives_model(), 3);
    f.o.method = "ih";
    f.o.steps = 64;
    run_at(&f, relatives_x);
    near(find(&f, "12")->mean, want[1], 1e-11, "12");
    near(find(&f, "13")->mean, want[2], 1e-11, "13");
    begin(&f);
    ck_assert(add(&f, relatives_x, zeros, &error));
    ck_assert(sx_study_tensor(f.study, &t, &error));
    double sum = 0;
    for (int i = 0; i < 9; i++) {
        near(sx_tensor_get(&t, i), want[i], 1e-11, "entry");
        sum += sx_tensor_get(&t, i);
    }
    near(sum, 2.648721270700128, 1e-11, "sum");
    sx_tensor_free(&t);
    close_fixture(&f);

    open_fixture(&f, formula(2, "x1 x2 Mul"), 2);
    f.o.method = "ih";
    begin(&f);
    ck_assert(add(&f, (const double[]){2, 3}, zeros, &error));
    ck_assert(sx_study_tensor(f.study, &t, &error));
    for (int i = 0; i < 4; i++)
        near(sx_tensor_get(&t, i), 1.5, 1e-12, "entry");
    sx_tensor_free(&t);
    close_fixture(&f);
}
END_TEST

/* Groups add up the entries of their elements. */
START_TEST(test_integrated_groups)
{
    struct fixture f;
    char path[] = "/tmp/check_xderiv.XXXXXX", features[64];
    write_labels(path, "0,1,1\n");
    snprintf(features, sizeof features, "file:%s", path);
    open_fixture(&f, relatives_model(), 3);
    f.o.method = "ih";
    f.o.players = features;
    f.o.steps = 64;
    run_at(&f, relatives_x);
    near(find(&f, "12")->mean, 0.16218031767504 + 0.44444444444444, 1e-11, "12");
    unlink(path);
    close_fixture(&f);
}
END_TEST

/* From one background row, the expectation is what Integrated Hessians give. */
START_TEST(test_expected)
{
    struct fixture f;
    const double zeros[3] = {0};
    open_fixture(&f, relatives_model(), 3);
    f.o.method = "expected";
    f.o.steps = 20000;
    f.background = zeros;
    run_at(&f, relatives_x);
    near(find(&f, "12")->mean, 0.16218031767504, 1e-2, "12");
    near(find(&f, "13")->mean, 0.44444444444444, 1e-2, "13");
    near(find(&f, "23")->mean, 0, 1e-12, "23");
    close_fixture(&f);
}
END_TEST

/* Of a quadratic form the blurred Hessian is the Hessian, up to the noise of the draws. */
START_TEST(test_smooth_hessian)
{
    struct fixture f;
    open_fixture(&f, formula(3, "x1 x2 Mul x3 x3 Mul Add"), 3);
    f.o.method = "smoothhess";
    f.o.steps = 20000;
    run_at(&f, relatives_x);
    near(find(&f, "12")->mean, 1, 0.03, "12");
    near(find(&f, "13")->mean, 0, 0.03, "13");
    close_fixture(&f);
}
END_TEST

START_TEST(test_masks)
{
    struct fixture f;
    open_fixture(&f, relatives_model(), 3);
    f.o.method = "archdetect";
    run_at(&f, relatives_x);
    expect(&f, "12", 1.683357148235156);
    expect(&f, "13", 4);
    expect(&f, "23", 0);
    f.o.method = "archattribute";
    run_at(&f, relatives_x);
    expect(&f, "12", exp(0.5) - 1);
    expect(&f, "13", 2);
    expect(&f, "23", 0);
    f.o.method = "fd";
    f.o.order = 3;
    run_at(&f, relatives_x);
    expect(&f, "12", exp(0.5) - 1);
    expect(&f, "13", 2);
    expect(&f, "23", 0);
    expect(&f, "123", 0);
    close_fixture(&f);
}
END_TEST

/* f = x1 x2 on the four corners of a square: all of the partial dependence is interaction. */
START_TEST(test_friedman)
{
    struct fixture f;
    struct sx_error error = {0};
    const double corners[4][3] = {{-1, -1, 1}, {-1, 1, 1}, {1, -1, 1}, {1, 1, 1}};
    open_fixture(&f, formula(3, "x1 x2 Mul x3 Add"), 3);
    f.o.method = "friedman";
    begin(&f);
    for (int i = 0; i < 4; i++)
        ck_assert(add(&f, corners[i], NULL, &error));
    run(&f);
    expect(&f, "12", 1);
    expect(&f, "13", 0);
    begin(&f);
    ck_assert(add(&f, corners[0], NULL, &error));
    ck_assert(!sx_study_run(f.study, &f.r, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    close_fixture(&f);
}
END_TEST

/* W1 = [[3, -2, 0.5], [0, 1, 4]], w_y = (2, -1) */
static struct tm_model *weights(bool gelu)
{
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){2, 3},
             (const double[]){3, -2, 0.5, 0, 1, 4});
    tm_const(m, "b1", SX_DOUBLE, 1, (const int64_t[]){2}, (const double[]){1, 2});
    tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){2, 1}, (const double[]){2, -1});
    tm_node(m, "Gemm", "x w1 b1", "h", "transB=1");
    tm_node(m, gelu ? "Gelu" : "Relu", "h", "z", NULL);
    tm_node(m, "MatMul", "z w2", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(test_nid)
{
    struct fixture f;
    const double x[3] = {0};
    open_fixture(&f, weights(_i == 1), 3);
    f.o.method = "nid";
    run_at(&f, x);
    expect(&f, "12", 4);
    expect(&f, "13", 1);
    expect(&f, "23", 2);
    f.o.method = "nid-greedy";
    f.o.order = 3;
    run_at(&f, x);
    expect(&f, "12", 4);
    expect(&f, "13", 0);
    expect(&f, "23", 1);
    expect(&f, "123", 1);
    close_fixture(&f);
}
END_TEST

/* What follows the layers: elements by constant numbers are read, those that x chooses are not. */
START_TEST(test_nid_choices)
{
    const double x[3] = {0};
    static const struct {
        const char *op, *inputs, *attributes;
        bool read;
    } end[] = {{"Gather", "s at", "axis=0", true},
               {"Gather", "s best", "axis=0", false},
               {"ReduceMax", "s", "keepdims=0", false}};
    for (size_t i = 0; i < sizeof end / sizeof end[0]; i++) {
        struct fixture f;
        struct sx_error error = {0};
        struct tm_model *m = tm_new(17);
        tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
        tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){3, 2},
                 (const double[]){3, 0, -2, 1, 0.5, 4});
        tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){2, 3},
                 (const double[]){9, 1, 0.5, 9, 2, 0});
        tm_const(m, "to", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){3});
        tm_const(m, "at", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){1, 2});
        tm_node(m, "MatMul", "x w1", "h", NULL);
        tm_node(m, "Relu", "h", "z", NULL);
        tm_node(m, "MatMul", "z w2", "r", NULL);
        tm_node(m, "Reshape", "r to", "s", NULL);
        tm_node(m, "ArgMax", "s", "best", "axis=0");
        tm_node(m, end[i].op, end[i].inputs, "e", end[i].attributes);
        tm_node(m, "ReduceSum", "e", "y", "keepdims=0");
        tm_output(m, "y");
        open_fixture(&f, m, 3);
        f.o.method = "nid";
        begin(&f);
        ck_assert_msg(add(&f, x, NULL, &error), "%s", error.message);
        if (end[i].read) {
            ck_assert_msg(sx_study_run(f.study, &f.r, &error), "%s", error.message);
            expect(&f, "12", 1.5 * 2 + 2 * 0); /* z = (1 + 0.5, 2 + 0) */
            expect(&f, "13", 1.5 * 0.5 + 2 * 0);
            expect(&f, "23", 1.5 * 0.5 + 2 * 1);
        } else {
            ck_assert(!sx_study_run(f.study, &f.r, &error));
            ck_assert_int_eq(error.status, SX_MODEL);
        }
        close_fixture(&f);
    }
}
END_TEST

START_TEST(test_nid_without_layers)
{
    struct fixture f;
    struct sx_error error = {0};
    open_fixture(&f, product_and_sine(), 4); /* no layers */
    f.o.method = "nid";
    begin(&f);
    ck_assert(add(&f, (const double[]){1, 2, 3, 4}, NULL, &error));
    ck_assert(!sx_study_run(f.study, &f.r, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    close_fixture(&f);
}
END_TEST

/* ---- Targets of several rows ---- */

static int64_t evaluations, rows_seen;
static bool (*counted)(struct sx_study *h, const struct sx_level *level,
                       const struct sx_study_rows *rows, double *values,
                       struct sx_error *error);

static bool count(struct sx_study *h, const struct sx_level *level,
                  const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    evaluations++;
    rows_seen += rows->n;
    return counted(h, level, rows, values, error);
}

/* Rows whose targets alternate are evaluated once for each target, each by its own. */
START_TEST(test_targets_together)
{
    struct fixture f;
    struct sx_error error = {0};
    const double zeros[3] = {0};
    const struct sx_explain_options options = {.precise = true};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "a", SX_INT, 0, NULL, (const int64_t[]){0});
    tm_const(m, "b", SX_INT, 0, NULL, (const int64_t[]){1});
    tm_const(m, "c", SX_INT, 0, NULL, (const int64_t[]){2});
    tm_node(m, "Gather", "x a", "xa", "axis=1");
    tm_node(m, "Gather", "x b", "xb", "axis=1");
    tm_node(m, "Gather", "x c", "xc", "axis=1");
    tm_node(m, "Mul", "xa xb", "p", NULL);
    tm_node(m, "Mul", "p xc", "q", NULL);
    tm_node(m, "Neg", "q", "r", NULL);
    tm_node(m, "Concat", "q r", "y2", "axis=0"); /* x1 x2 x3 and its negative */
    tm_const(m, "row", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){1, 2});
    tm_node(m, "Reshape", "y2 row", "y", NULL);
    tm_output(m, "y");
    open_fixture(&f, m, 3);
    sx_explainer_free(f.explainer);
    f.explainer = sx_explainer_new(f.model, &options, &error);
    ck_assert_msg(f.explainer != NULL, "%s", error.message);
    begin(&f);
    for (int i = 0; i < 6; i++) /* the classes are 0, 1, 0, 1, .. */
        ck_assert_msg(
            add(&f, (const double[]){1, 2, i % 2 == 0 ? 3 + i : -3 - i}, zeros, &error), "%s",
            error.message);
    struct sx_study_row method = *f.study->method;
    counted = method.evaluate;
    method.evaluate = count;
    f.study->method = &method;
    evaluations = rows_seen = 0;
    run(&f);
    ck_assert_int_eq(f.r.rows, 6);
    ck_assert_int_eq(evaluations, 2); /* pairs alone: one level */
    ck_assert_int_eq(rows_seen, 6);
    expect(&f, "12", (3 + 4 + 5 + 6 + 7 + 8) / 6.0); /* of class 1 it is -x3, which is > 0 */
    expect(&f, "13", 0);                             /* 2 and -2 */
    near(find(&f, "12")->min, 3, 1e-12, "least");
    near(find(&f, "12")->max, 8, 1e-12, "most");
    near(find(&f, "13")->std, 2, 1e-12, "scatter");
    close_fixture(&f);
}
END_TEST

/* ---- Curvature and misuse ---- */

START_TEST(test_zero_curvature)
{
    struct fixture f;
    struct sx_error error = {0};
    const double x[3] = {1, 2, 3};
    open_fixture(&f, weights(false), 3);
    begin(&f);
    ck_assert(!add(&f, x, NULL, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_nonnull(strstr(error.message, "--smooth"));
    error = (struct sx_error){0};
    f.o.allow_zero = true;
    run_at(&f, x);
    ck_assert(f.r.zero_curvature);
    expect(&f, "12", 0);
    f.o.allow_zero = false;
    ck_assert(sx_explainer_smooth(f.explainer, "softplus:1", &error));
    run_at(&f, x);
    ck_assert(!f.r.zero_curvature);
    ck_assert_double_gt(fabs(find(&f, "12")->mean), 1e-4);
    close_fixture(&f);
}
END_TEST

START_TEST(test_misuse)
{
    static const struct {
        const char *method, *features, *at;
        int order;
    } row[] = {{"none", "elements", NULL, 2},
               {"ih", "elements", NULL, 3},
               {"xderiv", "patches", NULL, 2},
               {"xderiv", "elements", "best", 2},
               {"xderiv", "elements", "min,min,min,min,min,min,min,min,min", 2},
               {"fd", "elements", NULL, 2}};
    struct fixture f;
    const double x[4] = {1, 2, 3, 4};
    open_fixture(&f, product_and_sine(), 4);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct sx_error error = {0};
        f.o.method = row[i].method;
        f.o.players = row[i].features;
        f.o.order = row[i].order;
        f.o.at = row[i].at;
        bool ok = start(&f, &error) && add(&f, x, NULL, &error) &&
                  sx_study_run(f.study, &f.r, &error);
        ck_assert_msg(!ok, "%d", (int)i);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    close_fixture(&f);
}
END_TEST

/* Words: those that fit, those that do not. */
START_TEST(test_words)
{
    static const struct {
        const char *option, *value;
        bool fits;
    } row[] = {{"order", "3", true},         {"order", "9", false},
               {"order", "0", false},        {"order", "2.5", false},
               {"method", "ih", true},       {"method", "", false},
               {"search", "auto", true},     {"search", "exhaustive", true},
               {"search", "beam:3", true},   {"search", "beam:0", false},
               {"search", "beam:", false},   {"search", "wide", false},
               {"beam-score", "edge", true}, {"beam-score", "feature", true},
               {"beam-score", "x", false},   {"agg", "rms", true},
               {"agg", "none", true},        {"direction", "delta", true},
               {"direction", "up", false},   {"units", "range", true},
               {"units", "m", false},        {"steps", "7", true},
               {"steps", "0", false},        {"noise", "0.5", true},
               {"noise", "0", false},        {"max-sets", "5", true},
               {"max-sets", "-5", false},    {"signed", "yes", true},
               {"allow-zero", "yes", true},  {"agg", "rms", true},
               {"truth", "/nowhere", true},  {"at", "mean", true},
               {"players", "tokens", true}};
    struct sx_study_options o = sx_study_defaults();
    struct sx_error error = {0};
    const char *what = NULL;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        error = (struct sx_error){0};
        const struct sx_option *option = sx_option_find(&sx_study_table, row[i].option);
        ck_assert_ptr_nonnull(option);
        bool ok = sx_option_set(option, &o, row[i].value, &error);
        ck_assert_msg(ok == row[i].fits, "%s=%s", row[i].option, row[i].value);
        ck_assert(ok == (error.status == SX_OK));
    }
    ck_assert(o.by_edge == false && o.is_signed && o.allow_zero);
    ck_assert_int_eq(o.gather, SX_GATHER_RMS);
    ck_assert_int_eq(sx_study_gather(&o), SX_GATHER_RMS);
    ck_assert_int_eq(o.beam, 3);
    ck_assert_ptr_null(sx_study_new(&o, &error)); /* there is no such truth */
    ck_assert_int_eq(error.status, SX_FAILED);
    for (int i = 0; sx_study_method(i, &what) != NULL; i++)
        ck_assert_str_ne(what, "");
}
END_TEST

/* ---- One number of many ---- */

START_TEST(test_mode)
{
    static const struct {
        int64_t n;
        double v[8], mode;
    } row[] = {{1, {4}, 4},
               {2, {1, 4}, 2.5},
               {5, {7, 1, 7, 3, 2}, 7},                      /* a value that is there twice */
               {4, {2, 1, 2, 1}, 1},                         /* the smaller of two such */
               {7, {9, 1, 5, 5.2, 7, 5.3, 0}, 5.25},         /* 5 to 5.3 of 5 to 9 */
               {8, {0, 10, 3, 3.5, 3.6, 20, -5, 40}, 3.55}}; /* 0 to 3.6, then 3.5 to 3.6 */
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        double v[8];
        memcpy(v, row[i].v, sizeof v);
        near(sx_gather_numbers(SX_GATHER_MODE, v, row[i].n), row[i].mode, 1e-14, "mode");
    }
}
END_TEST

/* D12 = 5, D234 = 1, D23 = D24 = D34 = 0.1, all others 0. */
START_TEST(test_maximal)
{
    struct fixture f;
    const double near_zero[] = {1, 0.1, 0.1, 0.1};
    open_fixture(&f, search_model(), 4);
    f.o.order = 3;
    f.o.maximal = true;
    run_at(&f, near_zero);
    ck_assert_int_eq(f.r.n, 10 - 3);
    expect_rank(&f, 0, "12");
    expect_rank(&f, 1, "234");
    ck_assert_ptr_null(find(&f, "23"));
    ck_assert_ptr_null(find(&f, "34"));
    close_fixture(&f);
}
END_TEST

/* ---- Truth ---- */

START_TEST(test_score)
{
    struct fixture f;
    struct sx_error error = {0};
    const double ones[] = {1, 1, 1, 1};
    const struct sx_sets truth = {2, (int64_t[]){0, 2, 5}, (int64_t[]){0, 1, 1, 2, 3}};
    const struct sx_sets other = {1, (int64_t[]){0, 2}, (int64_t[]){0, 2}};
    const struct sx_sets wrong = {1, (int64_t[]){0, 2}, (int64_t[]){0, 4}};
    open_fixture(&f, search_model(), 4);
    f.o.order = 3;
    run_at(&f, ones);
    ck_assert(isnan(f.r.auc[2]) && isnan(f.r.r_precision));
    ck_assert(sx_study_score(&f.r, 3, &truth, &error));
    ck_assert_double_eq(f.r.auc[2], 1);
    ck_assert_double_eq(f.r.auc[3], 1);
    ck_assert_double_eq(f.r.r_precision, 1);
    ck_assert(sx_study_score(&f.r, 3, &other, &error));
    ck_assert_double_eq(f.r.auc[2], 0.1); /* tied with one, below four */
    ck_assert(isnan(f.r.auc[3]));
    ck_assert_double_eq(f.r.r_precision, 0);
    f.o.search = SX_SEARCH_BEAM; /* {2,3,4} is not evaluated: tied with all that are */
    f.o.beam = 1;
    run_at(&f, ones);
    ck_assert(sx_study_score(&f.r, 3, &truth, &error));
    ck_assert_double_eq(f.r.auc[3], 0.5);
    ck_assert(!sx_study_score(&f.r, 3, &wrong, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    close_fixture(&f);
}
END_TEST

START_TEST(test_sets_file)
{
    static const struct {
        const char *text;
        int64_t n; /* -1: refused */
    } row[] = {{"0,3\n2 1 0\n\n# none\n", 2},
               {"[[0,3],[2,1,0]]", 2},
               {"{\"a\":1,\"interactions\":[[0,3],[2,1,0]]} ", 2},
               {"", 0},
               {"0,x", -1},
               {"0,0", -1},
               {"[[0,-1]]", -1},
               {"[[0,1.5]]", -1},
               {"[0,1]", -1},
               {"{\"a\":1}", -1},
               {"[[0,1]", -1},
               {"99999999999999", -1}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char path[] = "/tmp/check_xderiv.XXXXXX";
        struct sx_error error = {0};
        struct sx_sets sets;
        write_labels(path, row[i].text);
        bool ok = sx_sets_read(&sets, path, &error);
        ck_assert_msg(ok == (row[i].n >= 0), "%s", row[i].text);
        if (!ok)
            ck_assert_int_eq(error.status, SX_FAILED);
        if (ok) {
            ck_assert_int_eq(sets.n, row[i].n);
            if (sets.n == 2) {
                ck_assert_int_eq(sets.begin[2], 5);
                ck_assert_int_eq(sets.member[1], 3);
                ck_assert_int_eq(sets.member[2], 0);
                ck_assert_int_eq(sets.member[4], 2);
            }
            sx_sets_free(&sets);
        }
        unlink(path);
    }
    struct sx_error error = {0};
    struct sx_sets sets;
    ck_assert(!sx_sets_read(&sets, "/nonexistent", &error));
}
END_TEST

int main(void)
{
    TCase *c = suite_case("xderiv");
    SUITE_ADD(c, test_orders, test_tensor, test_aggregation, test_representatives, test_search,
              test_given_sets, test_high_orders, test_groups, test_directions,
              test_integrated_hessians, test_integrated_groups, test_expected,
              test_smooth_hessian, test_masks, test_friedman);
    tcase_add_loop_test(c, test_nid, 0, 2);
    SUITE_ADD(c, test_nid_choices, test_nid_without_layers, test_targets_together,
              test_zero_curvature, test_misuse, test_words, test_mode, test_maximal, test_score,
              test_sets_file);
    return suite_run();
}
