/* check_plot.c - heat maps by their definition, colours, terminals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"
#include "suite.h"

static struct sx_error error;
static struct sx_plot plot;

static void setup(void)
{
    error = (struct sx_error){0};
    sx_plot_default(&plot);
}

static void set(const char *option, const char *value)
{
    ck_assert_msg(sx_plot_set(&plot, option, value, &error), "%s", error.message);
}

/* A map of doubles. */
static struct sx_tensor map_of(int rank, const int64_t *dims, const double *values)
{
    struct sx_shape shape = {.rank = rank};
    struct sx_tensor map;
    memcpy(shape.dim, dims, (size_t)rank * sizeof dims[0]);
    ck_assert(sx_tensor_new(&map, SX_DOUBLE, &shape, &error));
    if (values != NULL)
        memcpy(map.data, values, (size_t)sx_count(&shape) * sizeof values[0]);
    return map;
}
#define DIMS(...)                                                                              \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[])                     \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

static struct sx_heat heat_of(const struct sx_tensor *map)
{
    struct sx_heat heat;
    ck_assert_msg(sx_heat_new(&heat, &plot, map, &error), "%s", error.message);
    return heat;
}

/* ---- Heat maps ---- */

/* Worked examples: a 10 x 10 map of 1..100 has the scale 99; (0,1,...,7,72) has the scale 72. */
START_TEST(test_scale)
{
    double values[100], few[] = {0, 1, 2, 3, 4, 5, 6, 7, 72};
    for (int i = 0; i < 100; i++)
        values[i] = i % 2 ? i + 1 : -(i + 1);
    struct sx_tensor map = map_of(DIMS(10, 10), values);
    struct sx_heat heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 99);
    ck_assert_double_eq(sx_heat_at(&heat, 49), 50 / 99.0);
    ck_assert_double_eq(sx_heat_at(&heat, 99), 1);
    sx_heat_free(&heat);
    set("sign", "all"); /* the scale is that of magnitudes, whichever sign is shown */
    heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 99);
    sx_heat_free(&heat);
    set("sign", "abs");
    set("outlier", "0");
    heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 100);
    sx_heat_free(&heat);
    set("outlier", "50"); /* 1 + ... + 71 = 2556 >= 2525 > 1 + ... + 70 */
    heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 71);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
    set("outlier", "2");
    map = map_of(DIMS(3, 3), few);
    heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 72);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_reduce_and_sign)
{
    static const double values[] = {1, -2, 3, -4, 2, 1, -5, 1}; /* [2, 1, 4] */
    static const struct {
        const char *reduce, *sign;
        double want[4];
    } cases[] = {{"sum", "abs", {3, 1, 2, 3}},     {"sum", "all", {3, -1, -2, -3}},
                 {"sum", "pos", {3, 0, 0, 0}},     {"sum", "neg", {0, 1, 2, 3}},
                 {"abs-sum", "all", {3, 3, 8, 5}}, {"max", "all", {2, -2, -5, -4}},
                 {"max", "abs", {2, 2, 5, 4}}};
    struct sx_tensor map = map_of(DIMS(1, 2, 1, 4), values);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set("reduce", cases[i].reduce);
        set("sign", cases[i].sign);
        struct sx_heat heat = heat_of(&map);
        ck_assert_int_eq(heat.rows, 1);
        ck_assert_int_eq(heat.columns, 4);
        for (int k = 0; k < 4; k++)
            ck_assert_double_eq(heat.value[k], cases[i].want[k]);
        sx_heat_free(&heat);
    }
    sx_tensor_free(&map);
}
END_TEST

/* Of channels of equal magnitude the first gives the value. */
START_TEST(test_equal_channels)
{
    static const double values[] = {3, -2, -1, 4, -3, 2, 1, 4}; /* [2, 1, 4] */
    struct sx_tensor map = map_of(DIMS(1, 2, 1, 4), values);
    set("reduce", "max");
    set("sign", "all");
    struct sx_heat heat = heat_of(&map);
    for (int k = 0; k < 4; k++)
        ck_assert_double_eq(heat.value[k], values[k]);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

/* The smallest value of the map 10, 11, 12, 14 is over half of the largest, so colours begin at
 * 10. If signs are shown, they begin at 0. */
START_TEST(test_colours_begin_at_the_smallest)
{
    const double values[] = {10, 11, 12, 14}, zero[] = {10, 11, 0, 14},
                 half[] = {7, 11, 12, 14};
    struct sx_tensor map = map_of(DIMS(2, 2), values);
    set("outlier", "0");
    struct sx_heat heat = heat_of(&map);
    ck_assert_double_eq(heat.low, 10);
    ck_assert_double_eq(heat.scale, 4);
    ck_assert_double_eq(sx_heat_at(&heat, 0), 0);
    ck_assert_double_eq(sx_heat_at(&heat, 2), 0.5);
    sx_heat_free(&heat);
    set("sign", "all");
    heat = heat_of(&map);
    ck_assert_double_eq(heat.low, 0);
    ck_assert_double_eq(heat.scale, 14);
    sx_heat_free(&heat);
    set("sign", "abs");
    memcpy(map.data, zero, sizeof zero);
    heat = heat_of(&map);
    ck_assert_double_eq(heat.low, 0);
    ck_assert_double_eq(sx_heat_at(&heat, 3), 1);
    sx_heat_free(&heat);
    memcpy(map.data, half, sizeof half); /* exactly half is not over half */
    heat = heat_of(&map);
    ck_assert_double_eq(heat.low, 0);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_channels_last)
{
    double values[18];
    for (int i = 0; i < 18; i++)
        values[i] = i;
    struct sx_tensor map = map_of(DIMS(1, 2, 3, 3), values);
    plot.layout = SX_NHWC;
    struct sx_heat heat = heat_of(&map);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(heat.value[i], 9 * i + 3);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_flat)
{
    struct sx_tensor map = map_of(DIMS(4, 4), NULL);
    struct sx_heat heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 0);
    for (int i = 0; i < 16; i++)
        ck_assert_double_eq(sx_heat_at(&heat, i), 0);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

/* NaN counts as 0. Infinity is the end of the scale, which the other values give. */
START_TEST(test_nonfinite)
{
    static const double values[] = {NAN, INFINITY, -INFINITY, 2, -1, 0};
    static const double want[] = {0, 1, -1, 1, -0.5, 0};
    struct sx_tensor map = map_of(DIMS(2, 3), values);
    set("sign", "all");
    struct sx_heat heat = heat_of(&map);
    ck_assert_double_eq(heat.scale, 2);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(sx_heat_at(&heat, i), want[i]);
    sx_heat_free(&heat);
    for (int i = 3; i < 6; i++)
        ((double *)map.data)[i] = 0;
    heat = heat_of(&map);
    ck_assert_double_eq(sx_heat_at(&heat, 1), 1);
    ck_assert_double_eq(sx_heat_at(&heat, 2), -1);
    ck_assert_double_eq(sx_heat_at(&heat, 3), 0);
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_top)
{
    static const double values[] = {1, -9, 3, 3, 3, 0, 0, 0, 0, 0};
    static const struct {
        double percent;
        const char *keep;
    } cases[] = {{0, "0100000000"},  {10, "0100000000"}, {30, "0111000000"},
                 {40, "0111100000"}, {55, "1111110000"}, {100, "1111111111"}};
    struct sx_tensor map = map_of(DIMS(2, 5), values);
    set("sign", "all");
    struct sx_heat heat = heat_of(&map);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t keep[10];
        ck_assert(sx_heat_top(&heat, cases[i].percent, keep, &error));
        for (int k = 0; k < 10; k++)
            ck_assert_int_eq(keep[k], cases[i].keep[k] - '0');
    }
    sx_heat_free(&heat);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_options)
{
    static const char *const good[][2] = {
        {"reduce", "max"},      {"sign", "neg"},
        {"cmap", "coolwarm_r"}, {"outlier", "99.9"},
        {"overlay", "0"},       {"topk", "3"},
        {"panels", "map"},      {"panels", "picture,map,overlay,mask"}};
    static const char *const bad[][2] = {{"reduce", "mean"}, {"sign", ""},
                                         {"cmap", "jet"},    {"cmap", "_r"},
                                         {"cmap", "bwr_rr"}, {"outlier", "100"},
                                         {"outlier", "-1"},  {"outlier", "2%"},
                                         {"overlay", "1.1"}, {"overlay", "nan"},
                                         {"topk", "101"},    {"topk", ""},
                                         {"topk", "5,"},     {"topk", "1,2,3,4,5,6,7"},
                                         {"panels", ""},     {"panels", "map,"},
                                         {"panels", "maps"}, {"panels", ",map"},
                                         {"colour", "bwr"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        set(good[i][0], good[i][1]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_plot_set(&plot, bad[i][0], bad[i][1], &error), "%s=%s", bad[i][0],
                      bad[i][1]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    sx_plot_default(&plot);
    set("topk", "5,20,40");
    ck_assert_int_eq(plot.n_tops, 3);
    ck_assert_double_eq(plot.top[1], 20);
    set("topk", "5");
    ck_assert_int_eq(plot.n_tops, 1);
    ck_assert(plot.panels & SX_PANEL_MASK);
}
END_TEST

/* ---- Colours ---- */

static unsigned colour(const char *name, double t)
{
    bool reversed;
    const struct sx_colours *colours = sx_colours_find(name, &reversed);
    ck_assert_ptr_nonnull(colours);
    return sx_colours_at(colours, reversed, t);
}

static double luminance(unsigned c)
{
    return 0.2126 * (c >> 16) + 0.7152 * (c >> 8 & 255U) + 0.0722 * (c & 255U);
}

START_TEST(test_colours)
{
    static const struct {
        const char *name;
        double t;
        unsigned colour;
    } cases[] = {
        {"gray", 0, 0},           {"gray", 1, 0xffffff},      {"gray", 0.2, 0x333333},
        {"bwr", 0, 0x0000ff},     {"bwr", 0.5, 0xffffff},     {"bwr", 1, 0xff0000},
        {"bwr_r", 0, 0xff0000},   {"bwr", 0.6, 0xffcccc},     {"coolwarm", 0.5, 0xdddddd},
        {"Reds", 0, 0xfff5f0},    {"Reds", 1, 0x67000d},      {"afmhot", 0.5, 0xff8000},
        {"inferno", 0, 0x000004}, {"viridis", 1, 0xfde725},   {"viridis", -3, 0x440154},
        {"viridis", 7, 0xfde725}, {"viridis_r", 7, 0x440154}, {"gray", 0.1, 0x1a1a1a},
        {"bwr", 0.25, 0x8080ff},  {"bwr_r", 0.25, 0xff8080},  {"rdbu", 0.5, 0xf7f7f7}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(colour(cases[i].name, cases[i].t) == cases[i].colour, "%s at %g: %06x",
                      cases[i].name, cases[i].t, colour(cases[i].name, cases[i].t));
    bool reversed;
    ck_assert_ptr_null(sx_colours_find("", &reversed));
    ck_assert_ptr_null(sx_colours_find("infern", &reversed));
}
END_TEST

/* afmhot is linear in each channel: red from 0 to 1/2, green from 1/4 to 3/4, blue from 1/2 to
 * 1. */
START_TEST(test_afmhot)
{
    for (int i = 0; i <= 100; i++) {
        double t = i / 100.0;
        unsigned c = colour("afmhot", t);
        ck_assert_double_eq_tol(c >> 16, 255 * fmin(2 * t, 1), 1.1);
        ck_assert_double_eq_tol(c >> 8 & 255U, 255 * fmin(fmax(2 * t - 0.5, 0), 1), 1.1);
        ck_assert_double_eq_tol(c & 255U, 255 * fmax(2 * t - 1, 0), 1.1);
    }
}
END_TEST

/* Maps for magnitudes become steadily lighter; Reds becomes steadily darker. */
START_TEST(test_lightness)
{
    static const char *const names[] = {"gray", "afmhot", "inferno", "viridis", "Reds_r"};
    for (int n = 0; n < 5; n++)
        for (int i = 0; i < 255; i++)
            ck_assert_double_ge(luminance(colour(names[n], (i + 1) / 255.0)) + 0.5,
                                luminance(colour(names[n], i / 255.0)));
}
END_TEST

/* A diverging map has its middle at zero, whichever sign is shown. */
START_TEST(test_middle_of_a_diverging_map)
{
    double values[] = {1, -1, 0, 0.5};
    struct sx_tensor map = map_of(DIMS(2, 2), values);
    set("cmap", "bwr");
    static const struct {
        const char *sign;
        unsigned ends[2];
    } cases[] = {{"abs", {0xff0000, 0xff0000}},
                 {"pos", {0xff0000, 0xffffff}},
                 {"neg", {0xffffff, 0x0000ff}},
                 {"all", {0xff0000, 0x0000ff}}};
    for (int i = 0; i < 4; i++) {
        set("sign", cases[i].sign);
        struct sx_heat heat = heat_of(&map);
        for (int k = 0; k < 2; k++)
            ck_assert_uint_eq(sx_heat_colour(&heat, &plot, sx_heat_at(&heat, k)),
                              cases[i].ends[k]);
        ck_assert_uint_eq(sx_heat_colour(&heat, &plot, 0), 0xffffffU);
        sx_heat_free(&heat);
    }
    sx_tensor_free(&map);
}
END_TEST

/* ---- Terminals ---- */

START_TEST(test_terminal_text)
{
    static const double values[] = {1, -1, 0, 1, -1, 1};
    struct sx_tensor map = map_of(DIMS(3, 2), values);
    char *text;
    set("sign", "all");
    set("cmap", "bwr");
    ck_assert(sx_plot_terminal(&plot, &map, 2, &text, &error));
    ck_assert_str_eq(text,
                     "\x1b[38;5;196;48;5;231m\xe2\x96\x80\x1b[38;5;21;48;5;196m\xe2\x96\x80"
                     "\x1b[0m\n"
                     "\x1b[38;5;21m\xe2\x96\x80\x1b[38;5;196m\xe2\x96\x80\x1b[0m\n");
    free(text);
    ck_assert(!sx_plot_terminal(&plot, &map, 0, &text, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    sx_tensor_free(&map);
}
END_TEST

static int occurrences(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

START_TEST(test_terminal_sizes)
{
    static const struct {
        int64_t rows, columns;
        int wide, lines;
    } cases[] = {{8, 8, 32, 16},    {28, 28, 28, 14}, {64, 48, 48, 32}, {224, 224, 80, 40},
                 {1000, 2, 32, 80}, {2, 1000, 80, 1}, {9, 7, 28, 18}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_tensor map = map_of(DIMS(cases[i].rows, cases[i].columns), NULL);
        char *text;
        ck_assert(sx_plot_terminal(&plot, &map, 80, &text, &error));
        ck_assert_int_eq(occurrences(text, "\n"), cases[i].lines);
        ck_assert_int_eq(occurrences(text, "\xe2\x96\x80"), cases[i].wide * cases[i].lines);
        free(text);
        sx_tensor_free(&map);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("plot");
    tcase_add_checked_fixture(c, setup, NULL);
    SUITE_ADD(c, test_scale, test_reduce_and_sign, test_equal_channels,
              test_colours_begin_at_the_smallest, test_channels_last, test_flat, test_nonfinite,
              test_top, test_options, test_colours, test_afmhot, test_lightness,
              test_middle_of_a_diverging_map, test_terminal_text, test_terminal_sizes);
    return suite_run();
}
