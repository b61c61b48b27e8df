/* check_score_exact.c - the parts of scores against their definitions, computed here in another way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "score/score.h"
#include "suite.h"

#define NEAR(got, want) ck_assert_double_eq_tol(got, want, 1e-9)

/* A function sum(w x) at x. */
struct linear {
    struct sx_model *model;
    struct sx_explainer *e;
    struct sx_preprocess pre;
    double *zero;
    struct sx_scored score[SX_METRICS];
};

static void begin(struct linear *f, struct sx_shape shape, double *x, const double *w)
{
    struct sx_error error = {0};
    const struct sx_explain_options o = {
        .precise = true, .score = SX_SCORE_RAW, .values_only = true};
    const struct sx_tensor feed = {SX_DOUBLE, shape, x};
    struct tm_model *m = tm_new(13);
    int64_t n = sx_count(&shape);
    tm_input(m, "x", SX_DOUBLE, shape.rank, shape.dim);
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){n, 1}, w);
    tm_node(m, "Flatten", "x", "v", NULL);
    tm_node(m, "MatMul", "v w", "y", NULL);
    tm_output(m, "y");
    *f = (struct linear){.model = tm_open(m, &error)};
    ck_assert_msg(f->model != NULL, "%s", error.message);
    f->e = sx_explainer_new(f->model, &o, &error);
    ck_assert_msg(sx_explainer_sample(f->e, &feed, &error), "%s", error.message);
    sx_preprocess_preset(&f->pre, "unit", &error);
    f->zero = calloc((size_t)n, sizeof *f->zero);
    tm_free(m);
}

static void end(struct linear *f)
{
    sx_explainer_free(f->e);
    sx_model_close(f->model);
    free(f->zero);
}

static struct sx_score_options usual(unsigned metrics)
{
    struct sx_score_options o;
    memset(&o, 0, sizeof o);
    sx_option_defaults(&sx_score_table, &o);
    o.metrics = metrics;
    return o;
}

/* Scores a map of contributions. */
static void score(struct linear *f, struct sx_score_options *o, double *map,
                  struct sx_shape shape)
{
    struct sx_error error = {0};
    const struct sx_record_map m = {.contributions = true, .values = {SX_DOUBLE, shape, map}};
    int filler;
    o->baseline = f->zero;
    o->pre = &f->pre;
    ck_assert_msg(sx_score(f->e, f->e, NULL, o, &m, f->score, &filler, &error), "%s",
                  error.message);
}

/* ---- Fillers ---- */

/* The known pixels of a picture: so many different ones are drawn with the seed. */
static void draw_known(bool *known, int64_t places, uint64_t seed)
{
    memset(known, 0, (size_t)places * sizeof *known);
    int64_t left = llround(0.005 * (double)places);
    left = left > 0 ? left : 1;
    for (uint64_t draw = 0; left > 0; draw++) {
        int64_t p = (int64_t)(sx_random_uniform(seed, 0, draw) * (double)places);
        left -= !known[p];
        known[p] = true;
    }
}

/* The nearest known pixel: of equally near ones that of the nearest column, the left one first, and
 * in a column the upper one. */
static int64_t nearest(const bool *known, int64_t rows, int64_t columns, int64_t p)
{
    int64_t best = -1, key = INT64_MAX;
    for (int64_t q = 0; q < rows * columns; q++) {
        int64_t dx = q % columns - p % columns, dy = q / columns - p / columns;
        int64_t across = 2 * llabs(dx) + (dx > 0);
        int64_t own = ((dx * dx + dy * dy) * 4096 + across) * 4096 + (dy > 0);
        if (known[q] && own < key) {
            key = own;
            best = q;
        }
    }
    return best;
}

START_TEST(hidden_pixels_are_those_of_the_nearest_known_ones)
{
    enum { ROWS = 23, COLUMNS = 37, N = ROWS * COLUMNS };
    static double x[N], w[N];
    static bool known[N];
    struct linear f;
    struct sx_error error = {0};
    for (int i = 0; i < N; i++)
        x[i] = w[i] = i;
    begin(&f, (struct sx_shape){4, {1, 1, ROWS, COLUMNS}}, x, w);
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct sx_score_options o = usual(0);
        o.filler = SX_FILL_NEAREST;
        o.seed = seed;
        struct sx_scoring s = {.o = &o,
                               .own = f.e,
                               .size = N,
                               .places = N,
                               .x = x,
                               .height = ROWS,
                               .width = COLUMNS,
                               .channels = 1};
        draw_known(known, N, seed);
        ck_assert(sx_scoring_fill(&s, &error));
        for (int i = 0; i < N; i++)
            ck_assert_msg(s.filled[i] == (double)nearest(known, ROWS, COLUMNS, i),
                          "seed %d: pixel %d has %g", (int)seed, i, s.filled[i]);
        free(s.filled);
        free(s.known);
    }
    end(&f);
}
END_TEST

/* Lines of a picture of which the first and the last but one are known: between them the values are
 * on a straight line, and the last line repeats its neighbour. */
START_TEST(the_linear_filler_is_flat_beyond_known_lines)
{
    enum { SIDE = 6 };
    static double x[SIDE * SIDE], w[SIDE * SIDE], filled[SIDE * SIDE];
    uint8_t known[SIDE * SIDE];
    struct linear f;
    struct sx_error error = {0};
    begin(&f, (struct sx_shape){4, {1, 1, SIDE, SIDE}}, x, w);
    struct sx_score_options o = usual(0);
    for (int down = 0; down < 2; down++) {
        for (int i = 0; i < SIDE * SIDE; i++) {
            int line = down ? i / SIDE : i % SIDE;
            known[i] = line == 0 || line == SIDE - 2;
            x[i] = line == 0 ? 1 : line == SIDE - 2 ? 5 : 77;
        }
        struct sx_scoring s = {.o = &o,
                               .own = f.e,
                               .size = SIDE * SIDE,
                               .places = SIDE * SIDE,
                               .x = x,
                               .filled = filled,
                               .height = SIDE,
                               .width = SIDE,
                               .channels = 1,
                               .known = known};
        ck_assert(sx_scoring_fill_linear(&s, &error));
        for (int i = 0; i < SIDE * SIDE; i++)
            ck_assert_double_eq_tol(filled[i], fmin(1 + (down ? i / SIDE : i % SIDE), 5), 0.01);
    }
    end(&f);
}
END_TEST

/* The blur has an eighth of the shorter side as its sigma, and at most 5. */
START_TEST(the_sigma_of_the_filler_blur)
{
    static const struct {
        int64_t rows, columns;
        const char *blur;
    } cases[] = {{8, 16, "blur:1"}, {24, 16, "blur:2"}, {40, 44, "blur:5"}, {64, 56, "blur:5"}};
    static double x[64 * 56], w[64 * 56], want[64 * 56];
    for (int i = 0; i < 64 * 56; i++)
        x[i] = i * 37 % 64;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct linear f;
        struct sx_error error = {0};
        int64_t n = cases[k].rows * cases[k].columns;
        begin(&f, (struct sx_shape){4, {1, 1, cases[k].rows, cases[k].columns}}, x, w);
        struct sx_score_options o = usual(0);
        o.filler = SX_FILL_BLUR;
        o.pre = &f.pre;
        struct sx_scoring s = {.o = &o,
                               .own = f.e,
                               .size = n,
                               .places = n,
                               .x = x,
                               .height = cases[k].rows,
                               .width = cases[k].columns,
                               .channels = 1};
        ck_assert(sx_scoring_fill(&s, &error));
        ck_assert(sx_baseline(f.e, cases[k].blur, &f.pre, NULL, 0, want, &error));
        for (int64_t i = 0; i < n; i++)
            NEAR(s.filled[i], want[i]);
        free(s.filled);
        free(s.known);
        end(&f);
    }
}
END_TEST

/* Means are those of channels, in either layout, and of all elements of a row of a table. */
START_TEST(the_filler_mean_by_channel)
{
    static double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 18}, w[12];
    static const struct {
        int64_t height, width, channels;
        bool last;
        double first, final;
    } cases[] = {{2, 2, 3, false, 2.5, 12}, {2, 2, 3, true, 5.5, 9}, {0, 0, 0, false, 7, 7}};
    struct linear f;
    begin(&f, (struct sx_shape){2, {1, 12}}, x, w);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_error error = {0};
        struct sx_score_options o = usual(0);
        o.filler = SX_FILL_MEAN;
        struct sx_scoring s = {.o = &o,
                               .own = f.e,
                               .size = 12,
                               .places = cases[k].height > 0 ? 4 : 12,
                               .x = x,
                               .height = cases[k].height,
                               .width = cases[k].width,
                               .channels = cases[k].channels,
                               .channels_last = cases[k].last};
        ck_assert(sx_scoring_fill(&s, &error));
        NEAR(s.filled[0], cases[k].first);
        NEAR(s.filled[11], cases[k].final);
        free(s.filled);
        free(s.known);
    }
    end(&f);
}
END_TEST

/* ---- Information ---- */

enum { HIGH = 20, WIDE = 31, PLACES = HIGH * WIDE, MORE_HIGH = 30, MORE_WIDE = 62 };
enum { K = SX_SCORE_POINTS };

/* The entropy of the grey levels of which the places not shown are 0. */
static double entropy_of(const bool *shown, const uint8_t *grey)
{
    double count[256] = {0}, sum = 0;
    for (int p = 0; p < PLACES; p++)
        count[shown[p] ? grey[p] : 0] += 1.0 / PLACES;
    for (int i = 0; i < 256; i++)
        sum -= count[i] > 0 ? count[i] * log(count[i]) : 0;
    return sum;
}

/* The area under the polygon through points (x, y): equal x are averaged, and 101 points of it
 * count. */
static double area_of(double *x, double *y)
{
    double area = 0, last = 0;
    for (int i = 1; i < K; i++) /* sorts */
        for (int j = i; j > 0 && x[j] < x[j - 1]; j--) {
            double a = x[j], b = y[j];
            x[j] = x[j - 1];
            y[j] = y[j - 1];
            x[j - 1] = a;
            y[j - 1] = b;
        }
    int n = 0;
    for (int i = 0, same; i < K; i += same) {
        double sum = 0;
        for (same = 0; i + same < K && x[i + same] < x[i] + 1e-9; same++)
            sum += y[i + same];
        x[n] = x[i];
        y[n++] = sum / same;
    }
    for (int k = 0; k < K; k++) {
        double at = k / (K - 1.0), now = 0;
        for (int i = 0; i + 1 < n; i++)
            if (x[i] <= at && at <= x[i + 1])
                now = y[i] + (at - x[i]) / (x[i + 1] - x[i]) * (y[i + 1] - y[i]);
        area += k > 0 ? (now + last) / 2 / (K - 1) : 0;
        last = now;
    }
    return area;
}

/* The softmax information curve of a map of a picture that was reduced from a larger one in
 * colours. */
START_TEST(the_softmax_information_curve)
{
    static double x[PLACES], w[PLACES], map[PLACES], bits[K], p[K];
    static uint8_t pixels[3 * MORE_HIGH * MORE_WIDE], grey[PLACES];
    static bool known[PLACES], shown[PLACES];
    const struct sx_picture picture = {MORE_WIDE, MORE_HIGH, 3, pixels};
    struct linear f;
    for (int i = 0; i < 3 * MORE_HIGH * MORE_WIDE; i++)
        pixels[i] = (uint8_t)((i * 7919 / 13) % 251);
    for (int i = 0; i < PLACES; i++) {
        const uint8_t *c =
            pixels + 3 * (i / WIDE * MORE_HIGH / HIGH * MORE_WIDE + i % WIDE * 2);
        grey[i] = (uint8_t)(0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] + 0.5);
        x[i] = grey[i] / 255.0;
        w[i] = 1 + i % 7;
        map[i] = (double)(i * 389 % PLACES) * (i % 2 ? -1 : 1);
    }
    begin(&f, (struct sx_shape){4, {1, 1, HIGH, WIDE}}, x, w);
    struct sx_score_options o = usual(1U << SX_SIC);
    o.shown = &picture;
    o.seed = 5;
    score(&f, &o, map, (struct sx_shape){3, {1, HIGH, WIDE}});
    draw_known(known, PLACES, o.seed);
    for (int k = 0; k < K; k++) {
        int n = (int)(k * PLACES / 100.0 + 0.5);
        p[k] = 0;
        for (int i = 0; i < PLACES; i++) {
            shown[i] = known[i] || fabs(map[i]) >= PLACES - n;
            p[k] += w[i] * x[shown[i] ? i : nearest(known, HIGH, WIDE, i)];
        }
        bits[k] = entropy_of(shown, grey);
    }
    double least = bits[0], range = bits[K - 1] - bits[0], whole = p[K - 1];
    for (int k = 0; k < K; k++) {
        bits[k] = fmin(fmax((bits[k] - least) / range, 0), 1);
        p[k] /= whole;
    }
    NEAR(f.score[SX_SIC].value, area_of(bits, p));
    end(&f);
}
END_TEST

START_TEST(points_of_nearly_equal_information_are_one)
{
    double x[] = {1, 0.5 + 1e-12, 0.5, 0}, y[] = {4, 3, 1, 0}, even[3];
    sx_curve_even(x, y, 4, even, 3);
    NEAR(even[1], 2);
    double apart[] = {0, 0.5, 0.5 + 1e-6, 1}, z[] = {0, 1, 3, 4};
    sx_curve_even(apart, z, 4, even, 3);
    NEAR(even[1], 1);
}
END_TEST

/* ---- Sets of places ---- */

/* Up to 17 places have all sizes. More have a geometric sequence to 4/5 of them. */
START_TEST(sizes_of_the_sets_of_sensitivity_n)
{
    static const struct {
        int64_t places;
        int64_t sizes[20]; /* ends with 0 */
    } cases[] = {{2, {1}},
                 {17, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
                 {18, {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14}},
                 {100, {1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 28, 37, 50, 67}}};
    static double x[100], w[100];
    for (int i = 0; i < 100; i++)
        x[i] = w[i] = i + 1;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const int64_t n = cases[k].places;
        struct linear f;
        struct sx_score_options o = usual(1U << SX_SENSITIVITY_N);
        o.draws = 2;
        begin(&f, (struct sx_shape){2, {1, n}}, x, w);
        score(&f, &o, x, (struct sx_shape){1, {n}});
        int64_t count = 0;
        for (; cases[k].sizes[count] != 0; count++)
            NEAR(f.score[SX_SENSITIVITY_N].x[count], (double)cases[k].sizes[count] / (double)n);
        ck_assert_int_eq(f.score[SX_SENSITIVITY_N].n, count);
        end(&f);
    }
}
END_TEST

/* The only set of one place is that place, so each draw loses f(x) - f(0) = 6. */
START_TEST(infidelity_is_the_mean_of_squares)
{
    double x[] = {2}, w[] = {3}, map[] = {4};
    struct linear f;
    begin(&f, (struct sx_shape){2, {1, 1}}, x, w);
    for (int64_t draws = 2; draws <= 5; draws++) {
        struct sx_score_options o = usual(1U << SX_INFIDELITY);
        o.draws = draws;
        score(&f, &o, map, (struct sx_shape){1, {1}});
        NEAR(f.score[SX_INFIDELITY].value, 4);
    }
    end(&f);
}
END_TEST

/* ---- Places and boxes ---- */

START_TEST(values_that_are_not_finite_come_last)
{
    double x[] = {2, 1, -1}, w[] = {3, -2, 0.5}, map[] = {NAN, 6, 0};
    struct linear f;
    struct sx_score_options o = usual(1U << SX_INSERTION);
    begin(&f, (struct sx_shape){2, {1, 3}}, x, w);
    score(&f, &o, map, (struct sx_shape){1, {3}});
    const double want[] = {0, -2, -2.5, 3.5};
    for (int k = 0; k < 4; k++)
        NEAR(f.score[SX_INSERTION].y[k], want[k]);
    end(&f);
}
END_TEST

/* A place is where its middle is, in pixels of the picture. Boxes have their left and upper edge, but
 * not the right and lower one. */
START_TEST(a_place_points_with_its_middle)
{
    static double x[64], w[64], map[64];
    static uint8_t pixels[16 * 24];
    static const struct sx_picture picture = {16, 24, 1, pixels};
    static const struct {
        struct sx_box box;
        bool larger, hit;
    } cases[] = {{{3.5, 2.5, 4, 3, NULL}, false, true},  {{3.6, 2, 9, 9, NULL}, false, false},
                 {{3, 2.6, 9, 9, NULL}, false, false},   {{0, 0, 3.5, 9, NULL}, false, false},
                 {{0, 0, 9, 2.5, NULL}, false, false},   {{0, 0, 3.6, 2.6, NULL}, false, true},
                 {{7, 7.5, 7.1, 7.6, NULL}, true, true}, {{0, 0, 7, 24, NULL}, true, false},
                 {{0, 0, 16, 7.5, NULL}, true, false},   {{7.1, 0, 16, 24, NULL}, true, false},
                 {{0, 7.6, 16, 24, NULL}, true, false},  {{0, 0, 7.1, 7.6, NULL}, true, true}};
    struct linear f;
    begin(&f, (struct sx_shape){4, {1, 1, 8, 8}}, x, w);
    map[2 * 8 + 3] = 1;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_score_options o = usual(1U << SX_POINTING);
        o.boxes = &cases[k].box;
        o.n_boxes = 1;
        o.shown = cases[k].larger ? &picture : NULL;
        score(&f, &o, map, (struct sx_shape){3, {1, 8, 8}});
        ck_assert_msg(f.score[SX_POINTING].value == cases[k].hit, "case %d", (int)k);
    }
    end(&f);
}
END_TEST

/* ---- Records ---- */

/* The similarity of a record's map with itself, and whether it has that of pictures. */
START_TEST(maps_that_are_compared_as_pictures)
{
    static const struct {
        const char *input, *map;
        bool picture;
    } cases[] = {{"[1,7,7]", "[7,7]", false},
                 {"[1,1,7,7]", "[7,7]", true},
                 {"[1,7,7]", "[1,7,7]", true},
                 {"[1,49]", "[49]", false}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_error error = {0};
        char text[600];
        int n = snprintf(text, sizeof text,
                         "{\"id\":\"a\",\"index\":0,\"input\":{\"shape\":%s},\"attribution\":"
                         "{\"shape\":%s,\"values\":[0",
                         cases[k].input, cases[k].map);
        for (int i = 1; i < 49; i++)
            n += snprintf(text + n, sizeof text - (size_t)n, ",%d", i);
        snprintf(text + n, sizeof text - (size_t)n, "]}}");
        struct sx_result *r = sx_result_read(text, strlen(text), &error);
        ck_assert_msg(r != NULL, "%s", error.message);
        struct sx_pair pair = {.others = &r, .n_others = 1, .record = sx_result_top(r)};
        ck_assert_msg(sx_pair_next(&pair, &error), "%s", error.message);
        ck_assert_double_eq(pair.similarity.spearman, 1);
        ck_assert(cases[k].picture ? pair.similarity.ssim == 1 : isnan(pair.similarity.ssim));
        sx_result_free(r);
    }
}
END_TEST

/* One window: a has 24 ones among 49 elements, b the others. */
START_TEST(structural_similarity_of_opposites)
{
    double a[49], b[49];
    struct sx_error error = {0};
    struct sx_similarity s;
    const struct sx_shape shape = {2, {7, 7}};
    for (int i = 0; i < 49; i++) {
        a[i] = i % 2;
        b[i] = 1 - a[i];
    }
    const struct sx_tensor x = {SX_DOUBLE, shape, a}, y = {SX_DOUBLE, shape, b};
    ck_assert(sx_compare(&x, &y, true, &s, &error));
    double ma = 24 / 49.0, mb = 25 / 49.0, v = 24 * 25 / 49.0 / 48, c1 = 1e-4, c2 = 9e-4;
    NEAR(s.ssim, (2 * ma * mb + c1) * (c2 - 2 * v) / ((ma * ma + mb * mb + c1) * (2 * v + c2)));
    NEAR(s.spearman, -1);
}
END_TEST

START_TEST(curves_of_a_record_are_those_that_there_are)
{
    struct sx_error error = {0};
    struct sx_scored scored[SX_METRICS] = {
        [SX_INSERTION] = {.value = 1, .n = 2}, [SX_INFIDELITY] = {.value = 3}};
    struct sx_result *r = sx_result_new(SX_DOUBLE, &error);
    sx_put_object(r, NULL);
    sx_put_scores(r, 1U << SX_INSERTION | 1U << SX_INFIDELITY | 1U << SX_SIC, scored);
    sx_put_end(r);
    const struct sx_datum *top = sx_result_top(r);
    ck_assert_int_eq(sx_datum_count(sx_datum_at(top, "scores")), 3);
    ck_assert_int_eq(sx_datum_count(sx_datum_at(top, "curves")), 1);
    ck_assert_ptr_nonnull(sx_datum_at(top, "curves.insertion.x"));
    sx_result_free(r);
}
END_TEST

/* The median of an even number of curves is the mean of the middle two; the standard error that of a
 * mean. */
START_TEST(the_summary_of_four_samples)
{
    static const double values[] = {8, 1, 90, 2};
    struct sx_error error = {0};
    struct sx_score_tally *t = sx_score_tally_new(&error);
    struct sx_scored s[SX_METRICS] = {{0}};
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < SX_METRICS; i++)
            s[i].value = values[k];
        s[SX_SIC].n = s[SX_AIC].n = SX_SCORE_POINTS;
        for (int i = 0; i < SX_SCORE_POINTS; i++)
            s[SX_SIC].y[i] = s[SX_AIC].y[i] = values[k];
        ck_assert(sx_score_tally_add(t, "ig", s, &error));
    }
    struct sx_result *r = sx_result_new(SX_DOUBLE, &error);
    sx_put_score_summary(r, "tool", t, 0, ~0U);
    const struct sx_datum *summary = sx_datum_at(sx_result_top(r), "summary");
    const double mean = 101 / 4.0, squares = 64 + 1 + 8100 + 4;
    NEAR(sx_datum_number(sx_datum_at(summary, "scores.sic"), 0), 5);
    NEAR(sx_datum_number(sx_datum_at(summary, "scores.aic"), 0), mean);
    NEAR(sx_datum_number(sx_datum_at(summary, "scores.pointing"), 0), mean);
    NEAR(sx_datum_number(sx_datum_at(summary, "stderr.pointing"), 0),
         sqrt((squares - 4 * mean * mean) / 3 / 4));
    sx_result_free(r);
    sx_score_tally_free(t);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("exact");
    SUITE_ADD(c, hidden_pixels_are_those_of_the_nearest_known_ones,
              the_linear_filler_is_flat_beyond_known_lines, the_sigma_of_the_filler_blur,
              the_filler_mean_by_channel, the_softmax_information_curve,
              points_of_nearly_equal_information_are_one, sizes_of_the_sets_of_sensitivity_n,
              infidelity_is_the_mean_of_squares, values_that_are_not_finite_come_last,
              a_place_points_with_its_middle, maps_that_are_compared_as_pictures,
              structural_similarity_of_opposites, curves_of_a_record_are_those_that_there_are,
              the_summary_of_four_samples);
    return suite_run();
}
