/* check_xderiv.c - interactions against numbers of the papers' definitions, computed by hand:
 * cross derivatives, aggregation, search, maximal sets, scores by known truth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study.h"

/* ---- Cross derivatives ---- */

START_TEST(test_orders)
{
    struct study f;
    const double x[] = {1, 2, 3, M_PI / 6};
    study_open(&f, study_product_and_sine(), 4);
    f.o.order = 4;
    study_run_at(&f, x);
    ck_assert_int_eq(f.r.n, 6 + 4 + 1);
    ck_assert_int_eq(f.r.evaluated, 11);
    study_expect_rank(&f, 0, "12");
    study_expect_rank(&f, 1, "13");
    study_expect_rank(&f, 2, "23");
    study_expect_rank(&f, 3, "123");
    study_expect(&f, "12", 3);
    study_expect(&f, "13", 2);
    study_expect(&f, "23", 1);
    study_expect(&f, "14", 0);
    study_expect(&f, "123", 1);
    study_expect(&f, "124", 0);
    study_expect(&f, "1234", 0);
    ck_assert(!f.r.zero_curvature);
    f.o.order = 1;
    study_run_at(&f, x);
    study_expect(&f, "1", 6);
    study_expect(&f, "2", 3);
    study_expect(&f, "3", 2);
    study_expect(&f, "4", 0.8660254037844387);
    study_expect_rank(&f, 3, "4");
    f.o.order = 7; /* more than the number of features */
    study_run_at(&f, x);
    ck_assert_int_eq(f.r.n, 11);
    study_close(&f);
}
END_TEST

START_TEST(test_tensor)
{
    struct study f;
    struct sx_error error = {0};
    struct sx_tensor t;
    study_open(&f, study_product_and_sine(), 4);
    for (int order = 1; order <= 3; order++) {
        f.o.order = order;
        study_begin(&f);
        ck_assert(study_add(&f, (const double[]){1, 2, 3, M_PI / 6}, NULL, &error));
        ck_assert_msg(sx_study_tensor(f.study, &t, &error), "%s", error.message);
        ck_assert_int_eq(t.shape.rank, order);
        ck_assert_int_eq(sx_count(&t.shape), (int64_t)pow(4, order));
        const double *v = t.data;
        if (order == 1)
            study_near(v[0], 6, 1e-14, "1");
        if (order == 2)
            study_near(v[15], -0.5, 1e-14, "44");
        if (order == 3) {
            study_near(v[6], 1, 1e-14, "123");
            study_near(v[32 + 4], 1, 1e-14, "321");
            study_near(v[63], -0.8660254037844387, 1e-14, "444");
        }
        sx_tensor_free(&t);
    }
    study_close(&f);
}
END_TEST

/* f = x1 x2 + x2 x3^2 */
static struct tm_model *rows_model(void)
{
    return formula(3, "x1 x2 Mul x2 x3 x3 Mul Mul Add");
}

static const double three_rows[3][3] = {{1, 2, -1}, {0, 1, 2}, {-1, 3, 0.5}};

static void add_rows(struct study *f)
{
    struct sx_error error = {0};
    const double zeros[3] = {0};
    study_begin(f);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(study_add(f, three_rows[i], zeros, &error), "%s", error.message);
    study_run(f);
}

START_TEST(test_aggregation)
{
    struct study f;
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
               {SX_GATHER_MIN, true, 2}, /* of -2; sets are ranked by magnitude */
               {SX_GATHER_MEDIAN, true, 1}};
    study_open(&f, rows_model(), 3);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        f.o.gather = row[i].how;
        f.o.is_signed = row[i].is_signed;
        add_rows(&f);
        ck_assert_int_eq(f.r.rows, 3);
        const struct sx_effect *item = study_find(&f, "23");
        study_near(item->strength, row[i].strength, 1e-14, "strength");
        study_near(item->mean, 1, 1e-14, "mean");
        study_near(item->std, sqrt(6), 1e-14, "std");
        study_near(item->min, -2, 1e-14, "min");
        study_near(item->max, 4, 1e-14, "max");
        study_near(study_find(&f, "12")->strength, 1, 1e-14, "12");
        study_near(study_find(&f, "13")->strength, 0, 0, "13");
    }
    study_close(&f);
}
END_TEST

START_TEST(test_representatives)
{
    struct study f;
    study_open(&f, rows_model(), 3);
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
    study_near(study_find(&f, "23")->strength, 2.5, 1e-14, "rows 2 and 1");
    struct sx_error error = {0};
    f.o.at = "mean"; /* of two rows, which are equally near: the first */
    study_begin(&f);
    for (int i = 0; i < 2; i++)
        ck_assert(study_add(&f, three_rows[i], NULL, &error));
    study_run(&f);
    ck_assert_int_eq(f.r.representative[0], 0);
    study_close(&f);
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
    struct study f;
    const double ones[] = {1, 1, 1, 1};
    study_open(&f, search_model(), 4);
    f.o.order = 3;
    study_run_at(&f, ones);
    study_expect(&f, "12", 5);
    study_expect(&f, "24", 1);
    study_expect(&f, "234", 1);
    ck_assert(!f.r.beam);
    f.o.search = SX_SEARCH_BEAM;
    f.o.by_edge = false;
    f.o.beam = 1;
    study_run_at(&f, ones);
    ck_assert(f.r.beam);
    ck_assert_ptr_null(study_find(&f, "234"));
    study_expect(&f, "123", 0);
    ck_assert_int_eq(f.r.skipped, 2);
    f.o.beam = 2;
    study_run_at(&f, ones);
    study_expect(&f, "234", 1);
    ck_assert_int_eq(f.r.n, 6 + 3); /* 24 and 12 both grow to 124 */
    f.o.beam = 4;                   /* also 13 or 14, which grow to 134 */
    study_run_at(&f, ones);
    ck_assert_int_eq(f.r.n, 6 + 4);
    f.o.beam = 2;
    f.o.by_edge = true; /* 34 is the last of the pairs of strength 1 */
    study_run_at(&f, ones);
    study_expect(&f, "234", 1);
    ck_assert_ptr_nonnull(study_find(&f, "134"));
    f.o.search = SX_SEARCH_AUTO;
    f.o.max_sets = 5; /* pairs grow from single features */
    f.o.order = 2;
    study_run_at(&f, ones);
    ck_assert(f.r.beam);
    ck_assert_int_eq(f.r.n, 6);
    study_expect(&f, "12", 5);
    study_close(&f);
}
END_TEST

START_TEST(test_given_sets)
{
    struct study f;
    int64_t begin_at[] = {0, 2, 5, 7, 9}, member[] = {1, 3, 1, 2, 3, 0, 1, 1, 3};
    const struct sx_sets sets = {4, begin_at, member};
    const double ones[] = {1, 1, 1, 1};
    study_open(&f, search_model(), 4);
    f.o.order = 3;
    f.sets = &sets;
    study_run_at(&f, ones);
    ck_assert_int_eq(f.r.n, 3);
    study_expect_rank(&f, 0, "12");
    study_expect(&f, "24", 1);
    study_expect(&f, "234", 1);
    member[0] = 9;
    struct sx_error error = {0};
    study_begin(&f);
    ck_assert(study_add(&f, ones, NULL, &error));
    begin_at[1] = 1;
    begin_at[2] = 1;
    member[1] = 0;
    const struct sx_sets wrong = {1, (int64_t[]){0, 2}, (int64_t[]){0, 4}};
    f.sets = &wrong;
    study_begin(&f);
    ck_assert(study_add(&f, ones, NULL, &error));
    ck_assert(!sx_study_run(f.study, &f.r, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    study_close(&f);
}
END_TEST

/* Orders four and five by rows agree with tensors, on a small network. */
START_TEST(test_high_orders)
{
    struct study f;
    struct sx_error error = {0};
    const double x[] = {0.1, -0.4, 0.3, 0.2, -0.1};
    struct sx_tensor t;
    study_open(&f, formula_network(5), 5);
    for (int order = 4; order <= 5; order++) {
        f.o.order = order;
        study_begin(&f);
        ck_assert(study_add(&f, x, NULL, &error));
        ck_assert(sx_study_tensor(f.study, &t, &error));
        study_run_at(&f, x);
        for (int64_t k = 0; k < f.r.n; k++) {
            const struct sx_effect *item = &f.r.item[k];
            int64_t at = 0;
            for (int m = 0; m < item->order; m++)
                at = at * 5 + item->set[m];
            if (item->order == order)
                study_near(item->mean, sx_tensor_get(&t, at), 1e-11, "entry");
        }
        sx_tensor_free(&t);
    }
    study_close(&f);
}
END_TEST

/* ---- Features and directions ---- */

/* Groups {1, 2} and {3, 4}: D13 + D14 + D23 + D24 = 2, and times the input of ones as well. */
START_TEST(test_groups)
{
    struct study f;
    char path[] = "/tmp/check_xderiv.XXXXXX", features[64];
    const double ones[] = {1, 1, 1, 1};
    study_write_labels(path, "0,0,1,1\n");
    snprintf(features, sizeof features, "file:%s", path);
    study_open(&f, search_model(), 4);
    f.o.players = features;
    for (int direction = 0; direction < 3; direction++) {
        f.o.direction = (enum sx_direction)direction;
        study_run_at(&f, ones);
        ck_assert_int_eq(f.r.features, 2);
        ck_assert_int_eq(f.r.n, 1);
        study_expect(&f, "12", 2);
    }
    f.o.direction = SX_DIRECTION_INPUT;
    study_run_at(&f, (const double[]){3, 2, 1, 1}); /* x3 x2 and x4 x2 */
    study_expect(&f, "12", 4);
    unlink(path);
    study_close(&f);
}
END_TEST

START_TEST(test_directions)
{
    struct study f;
    struct sx_error error = {0};
    const double baseline[] = {1, 1, 0};
    study_open(&f, rows_model(), 3);
    f.o.direction = SX_DIRECTION_INPUT;
    study_run_at(&f, three_rows[0]); /* D12 = 1, D23 = -2 at (1, 2, -1) */
    study_expect(&f, "12", 2);
    study_expect(&f, "23", 4);
    f.o.direction = SX_DIRECTION_DELTA;
    study_begin(&f);
    ck_assert(study_add(&f, three_rows[0], baseline, &error));
    study_run(&f);
    study_expect(&f, "12", 0);
    study_expect(&f, "23", 2);
    f.o.direction = SX_DIRECTION_ONES;
    f.o.units = SX_UNITS_RANGE;
    f.o.gather = SX_GATHER_MAX;
    add_rows(&f); /* ranges 2, 2, 3 */
    study_near(study_find(&f, "23")->strength, 4 * 6, 1e-14, "range");
    f.o.units = SX_UNITS_STD;
    add_rows(&f);
    study_near(study_find(&f, "12")->strength, 2.0 / 3, 1e-14, "std");
    f.o.units = SX_UNITS_RANGE; /* of x in its units: D23 is 2 x3 */
    for (int direction = SX_DIRECTION_INPUT; direction <= SX_DIRECTION_DELTA; direction++) {
        f.o.direction = (enum sx_direction)direction;
        add_rows(&f); /* 4 (2 * 1) (3 * 2) in the second row, from 0 */
        study_near(study_find(&f, "23")->strength, 48, 1e-13, "input in units");
    }
    study_close(&f);
}
END_TEST

/* ---- Curvature and misuse ---- */

START_TEST(test_zero_curvature)
{
    struct study f;
    struct sx_error error = {0};
    const double x[3] = {1, 2, 3};
    study_open(&f, study_layers(false), 3);
    study_begin(&f);
    ck_assert(!study_add(&f, x, NULL, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_nonnull(strstr(error.message, "--smooth"));
    error = (struct sx_error){0};
    f.o.allow_zero = true;
    study_run_at(&f, x);
    ck_assert(f.r.zero_curvature);
    study_expect(&f, "12", 0);
    f.o.allow_zero = false;
    ck_assert(sx_explainer_smooth(f.explainer, "softplus:1", &error));
    study_run_at(&f, x);
    ck_assert(!f.r.zero_curvature);
    ck_assert_double_gt(fabs(study_find(&f, "12")->mean), 1e-4);
    study_close(&f);
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
    struct study f;
    const double x[4] = {1, 2, 3, 4};
    study_open(&f, study_product_and_sine(), 4);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct sx_error error = {0};
        f.o.method = row[i].method;
        f.o.players = row[i].features;
        f.o.order = row[i].order;
        f.o.at = row[i].at;
        bool ok = study_start(&f, &error) && study_add(&f, x, NULL, &error) &&
                  sx_study_run(f.study, &f.r, &error);
        ck_assert_msg(!ok, "%d", (int)i);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    study_close(&f);
}
END_TEST

/* Option values that are accepted, and values that are refused. */
START_TEST(test_words)
{
    static const struct {
        const char *option, *value;
        bool fits;
    } row[] = {{"order", "3", true},         {"order", "9", false},
               {"order", "0", false},        {"order", "2.5", false},
               {"method", "ih", true},       {"method", "", false},
               {"search", "auto", true},     {"search", "exhaustive", true},
               {"search", "beam:1", true},   {"search", "beam:0.5", false},
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
    ck_assert_ptr_null(sx_study_new(&o, &error)); /* there is no file of the truth */
    ck_assert_int_eq(error.status, SX_FAILED);
    for (int i = 0; sx_study_method(i, &what) != NULL; i++)
        ck_assert_str_ne(what, "");
}
END_TEST

/* The smooth network minus the network: of all rows the change of the largest magnitude. That of
 * -relu(x) is -log(1 + exp(-10 x)) / 10 for x >= 0. */
START_TEST(test_shift)
{
    struct study f;
    struct sx_error error = {0};
    study_open(&f, formula(2, "x1 Relu Neg x1 x2 Mul Add"), 2);
    ck_assert(sx_explainer_smooth(f.explainer, "softplus:10", &error));
    f.o.gather = SX_GATHER_MEAN;
    study_begin(&f);
    for (int i = 0; i < 3; i++)
        ck_assert(study_add(&f,
                            (const double[]){i == 0   ? 1
                                             : i == 1 ? 0
                                                      : 0.5,
                                             1},
                            NULL, &error));
    study_run(&f);
    study_near(f.r.shift, -log(2) / 10, 1e-14, "shift");
    study_close(&f);
}
END_TEST

/* ---- Aggregation of numbers ---- */

START_TEST(test_mode)
{
    static const struct {
        int64_t n;
        double v[8], mode;
    } row[] = {{1, {4}, 4},
               {2, {1, 4}, 2.5},
               {5, {7, 1, 7, 3, 2}, 7},              /* the value that occurs twice */
               {4, {2, 1, 2, 1}, 1},                 /* the smaller of two such values */
               {7, {9, 1, 5, 5.2, 7, 5.3, 0}, 5.25}, /* 5 to 5.3 of 5 to 9 */
               /* first 0 to 3.6, then 3.5 to 3.6 */
               {8, {0, 10, 3, 3.5, 3.6, 20, -5, 40}, 3.55}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        double v[8];
        memcpy(v, row[i].v, sizeof v);
        study_near(sx_gather_numbers(SX_GATHER_MODE, v, row[i].n), row[i].mode, 1e-14, "mode");
    }
}
END_TEST

/* A value is the mode if at least a twentieth of the numbers are equal to it. Otherwise the squares
 * 0, 1, 4, .. have their density at 0 and 1. */
START_TEST(test_mode_of_a_twentieth)
{
    for (int n = 40; n <= 41; n++) {
        double v[41];
        for (int i = 0; i < n; i++)
            v[i] = i < n - 2 ? i * i : 5000;
        study_near(sx_gather_numbers(SX_GATHER_MODE, v, n), n == 40 ? 5000 : 0.5, 1e-14,
                   "mode");
    }
}
END_TEST

/* D12 = 5, D234 = 1, D23 = D24 = D34 = 0.1, all others 0. */
START_TEST(test_maximal)
{
    struct study f;
    const double near_zero[] = {1, 0.1, 0.1, 0.1};
    study_open(&f, search_model(), 4);
    f.o.order = 3;
    f.o.maximal = true;
    study_run_at(&f, near_zero);
    ck_assert_int_eq(f.r.n, 10 - 3);
    study_expect_rank(&f, 0, "12");
    study_expect_rank(&f, 1, "234");
    ck_assert_ptr_null(study_find(&f, "23"));
    ck_assert_ptr_null(study_find(&f, "34"));
    study_close(&f);
}
END_TEST

/* ---- Truth ---- */

START_TEST(test_score)
{
    struct study f;
    struct sx_error error = {0};
    const double ones[] = {1, 1, 1, 1};
    const struct sx_sets truth = {2, (int64_t[]){0, 2, 5}, (int64_t[]){0, 1, 1, 2, 3}};
    const struct sx_sets other = {1, (int64_t[]){0, 2}, (int64_t[]){0, 2}};
    const struct sx_sets wrong = {1, (int64_t[]){0, 2}, (int64_t[]){0, 4}};
    study_open(&f, search_model(), 4);
    f.o.order = 3;
    study_run_at(&f, ones);
    ck_assert(isnan(f.r.auc[2]) && isnan(f.r.r_precision));
    ck_assert(sx_study_score(&f.r, 3, &truth, &error));
    ck_assert_double_eq(f.r.auc[2], 1);
    ck_assert_double_eq(f.r.auc[3], 1);
    ck_assert_double_eq(f.r.r_precision, 1);
    ck_assert(sx_study_score(&f.r, 3, &other, &error));
    ck_assert_double_eq(f.r.auc[2], 0.1); /* tied with one, below four */
    ck_assert(isnan(f.r.auc[3]));
    ck_assert_double_eq(f.r.r_precision, 0);
    /* {2,3,4} is not evaluated, which counts as strength 0; all triples are tied */
    f.o.search = SX_SEARCH_BEAM;
    f.o.beam = 1;
    study_run_at(&f, ones);
    ck_assert(sx_study_score(&f.r, 3, &truth, &error));
    ck_assert_double_eq(f.r.auc[3], 0.5);
    ck_assert(!sx_study_score(&f.r, 3, &wrong, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    study_close(&f);
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
        study_write_labels(path, row[i].text);
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
              test_zero_curvature, test_misuse, test_words, test_mode, test_mode_of_a_twentieth,
              test_maximal, test_score, test_shift, test_sets_file);
    return suite_run();
}
