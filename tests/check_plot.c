/* check_plot.c - heat maps by their definition, colours, text, figures, sheets, terminals. */
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

/* The worked examples: 1..100 in a 10 x 10 map has V = 99, (0,1,...,7,72) has V = 72. */
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

/* NaN counts as nothing, infinity as the end of the scale that the others set. */
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
    static const char *const bad[][2] = {
        {"reduce", "mean"}, {"sign", ""},       {"cmap", "jet"},    {"cmap", "_r"},
        {"cmap", "bwr_rr"}, {"outlier", "100"}, {"outlier", "-1"},  {"outlier", "2%"},
        {"overlay", "1.1"}, {"overlay", "nan"}, {"topk", "101"},    {"topk", ""},
        {"panels", ""},     {"panels", "map,"}, {"panels", "maps"}, {"panels", ",map"},
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
    set("topk", "5");
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
        {"gray", 0, 0},           {"gray", 1, 0xffffff},     {"gray", 0.2, 0x333333},
        {"bwr", 0, 0x0000ff},     {"bwr", 0.5, 0xffffff},    {"bwr", 1, 0xff0000},
        {"bwr_r", 0, 0xff0000},   {"bwr", 0.6, 0xffcccc},    {"coolwarm", 0.5, 0xdddddd},
        {"Reds", 0, 0xfff5f0},    {"Reds", 1, 0x67000d},     {"afmhot", 0.5, 0xff8000},
        {"inferno", 0, 0x000004}, {"viridis", 1, 0xfde725},  {"viridis", -3, 0x440154},
        {"viridis", 7, 0xfde725}, {"viridis_r", 7, 0x440154}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(colour(cases[i].name, cases[i].t) == cases[i].colour, "%s at %g: %06x",
                      cases[i].name, cases[i].t, colour(cases[i].name, cases[i].t));
    bool reversed;
    ck_assert_ptr_null(sx_colours_find("", &reversed));
    ck_assert_ptr_null(sx_colours_find("infern", &reversed));
}
END_TEST

/* afmhot is linear in each channel: red to a half, green in the middle, blue from a half. */
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

/* Maps for magnitudes grow steadily lighter, Reds darker. */
START_TEST(test_lightness)
{
    static const char *const names[] = {"gray", "afmhot", "inferno", "viridis", "Reds_r"};
    for (int n = 0; n < 5; n++)
        for (int i = 0; i < 255; i++)
            ck_assert_double_ge(luminance(colour(names[n], (i + 1) / 255.0)) + 0.5,
                                luminance(colour(names[n], i / 255.0)));
}
END_TEST

/* A diverging map has its middle at zero, whatever the sign shown. */
START_TEST(test_middle)
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
        ck_assert_uint_eq(sx_heat_colour(&heat, &plot, 0), SX_WHITE);
        sx_heat_free(&heat);
    }
    sx_tensor_free(&map);
}
END_TEST

/* ---- Drawing ---- */

static unsigned pixel(const struct sx_picture *p, int x, int y)
{
    ck_assert(x >= 0 && y >= 0 && x < p->width && y < p->height);
    const uint8_t *q = p->pixels + 3 * (y * p->width + x);
    return (unsigned)q[0] << 16 | (unsigned)q[1] << 8 | q[2];
}

static int count(const struct sx_picture *p, unsigned c)
{
    int n = 0;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            n += pixel(p, x, y) == c;
    return n;
}

START_TEST(test_shapes)
{
    struct sx_picture canvas;
    ck_assert(sx_canvas_new(&canvas, 20, 10, &error));
    ck_assert_int_eq(count(&canvas, SX_WHITE), 200);
    sx_draw_fill(&canvas, 2, 3, 4, 5, 0xff0000);
    ck_assert_int_eq(count(&canvas, 0xff0000), 20);
    sx_draw_frame(&canvas, 2, 3, 4, 5, 0x00ff00);
    ck_assert_int_eq(count(&canvas, 0x00ff00), 14);
    ck_assert_uint_eq(pixel(&canvas, 2, 3), 0x00ff00);
    ck_assert_uint_eq(pixel(&canvas, 3, 4), 0xff0000);
    sx_draw_line(&canvas, 8, 2, 17, 2, 1, 0x0000ff);
    ck_assert_int_eq(count(&canvas, 0x0000ff), 10);
    sx_draw_fill(&canvas, -5, -5, 100, 100, 0);
    ck_assert_int_eq(count(&canvas, 0), 200);
    sx_draw_line(&canvas, -1e6, -50, 1e6, 80, 2, SX_WHITE);
    sx_draw_line(&canvas, 5, 5, 5, 5, 1, SX_WHITE);
    ck_assert_uint_eq(pixel(&canvas, 5, 5), SX_WHITE);
    sx_draw_text(&canvas, -3, -4, "clipped at every edge", SX_WHITE);
    sx_draw_text(&canvas, 16, 6, "W", SX_WHITE);
    sx_draw_pixel(&canvas, 20, 0, SX_WHITE);
    sx_draw_pixel(&canvas, 0, -1, SX_WHITE);
    sx_picture_free(&canvas);
}
END_TEST

/* A slanted line fades at its edges but is whole at its core. */
START_TEST(test_slant)
{
    struct sx_picture canvas;
    ck_assert(sx_canvas_new(&canvas, 40, 40, &error));
    sx_draw_line(&canvas, 5, 5, 35, 20, 3, 0);
    ck_assert_uint_eq(pixel(&canvas, 5, 5), 0);
    ck_assert_uint_eq(pixel(&canvas, 35, 20), 0);
    ck_assert_uint_eq(pixel(&canvas, 15, 10), 0);
    ck_assert_uint_eq(pixel(&canvas, 15, 30), SX_WHITE);
    int gray = 1600 - count(&canvas, 0) - count(&canvas, SX_WHITE);
    ck_assert_int_gt(gray, 30);
    sx_picture_free(&canvas);
}
END_TEST

START_TEST(test_face)
{
    struct sx_picture glyph[96];
    for (int i = 0; i < 96; i++) {
        char text[2] = {(char)(32 + i), '\0'};
        ck_assert(sx_canvas_new(&glyph[i], SX_GLYPH_WIDTH, SX_GLYPH_HEIGHT, &error));
        sx_draw_text(&glyph[i], 0, 0, text, 0);
        ck_assert_int_eq(count(&glyph[i], 0) == 0, i == 0);
        for (int y = 0; y < SX_GLYPH_HEIGHT; y++)
            ck_assert_uint_eq(pixel(&glyph[i], SX_GLYPH_WIDTH - 1, y), SX_WHITE);
        for (int k = 0; k < i; k++)
            ck_assert_msg(memcmp(glyph[i].pixels, glyph[k].pixels,
                                 3 * SX_GLYPH_WIDTH * SX_GLYPH_HEIGHT) != 0,
                          "%c looks like %c", 32 + i, 32 + k);
    }
    for (int i = 0; i < 96; i++)
        sx_picture_free(&glyph[i]);
}
END_TEST

START_TEST(test_text)
{
    ck_assert_int_eq(sx_text_glyphs(""), 0);
    ck_assert_int_eq(sx_text_width(""), 0);
    ck_assert_int_eq(sx_text_width("abc"), 20);
    ck_assert_int_eq(sx_text_glyphs("gr\xc3\xbc\xc3\x9f \xe2\x82\xac"), 6);
    ck_assert_int_eq(sx_text_glyphs("\xc3"), 1);
    static const struct {
        const char *text;
        int lines;
    } cases[] = {{"", 0},
                 {"abc", 1},
                 {"abcde fghij", 2},
                 {"abcdefghij", 1},
                 {"abcdefghijk", 2},
                 {"a b c d e f", 2},
                 {"a\nb\nc", 3},
                 {"abcdefghij k", 2},
                 {" ", 1},
                 {"ab  cd", 1},
                 {"\n", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(sx_draw_paragraph(NULL, 0, 0, 10 * SX_GLYPH_WIDTH, cases[i].text, 0) ==
                          cases[i].lines * SX_LINE_HEIGHT,
                      "'%s'", cases[i].text);
    ck_assert_int_eq(sx_draw_paragraph(NULL, 0, 0, 1, "abc", 0), 3 * SX_LINE_HEIGHT);
}
END_TEST

/* ---- Figures ---- */

static struct sx_picture draw(const struct sx_tensor *map, const struct sx_picture *behind,
                              const char *title)
{
    struct sx_picture figure;
    ck_assert_msg(sx_plot_map(&plot, map, behind, title, &figure, &error), "%s", error.message);
    return figure;
}

/* Panels begin 12 pixels from the left and, without a title, from the top. */
enum { LEFT = 12, TOP = 12, BETWEEN = 10 };

START_TEST(test_map_alone)
{
    double values[64];
    for (int i = 0; i < 64; i++)
        values[i] = i - 30;
    struct sx_tensor map = map_of(DIMS(1, 1, 8, 8), values);
    set("cmap", "bwr");
    set("sign", "all");
    set("outlier", "0");
    struct sx_picture figure = draw(&map, NULL, NULL), again = draw(&map, NULL, NULL);
    ck_assert_int_eq(figure.height, 256 + 2 * TOP);
    for (int i = 0; i < 64; i++)
        ck_assert_uint_eq(pixel(&figure, LEFT + i % 8 * 32 + 16, TOP + i / 8 * 32 + 16),
                          colour("bwr", ((i - 30) / 33.0 + 1) / 2));
    ck_assert_uint_eq(pixel(&figure, LEFT + 256 + BETWEEN + 5, TOP + 1), 0xff0202);
    ck_assert_uint_eq(pixel(&figure, 0, 0), SX_WHITE);
    ck_assert_mem_eq(figure.pixels, again.pixels, (size_t)(3 * figure.width * figure.height));
    sx_picture_free(&figure);
    sx_picture_free(&again);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_panel_sizes)
{
    static const struct {
        int64_t rows, columns;
        int height;
    } cases[] = {{28, 28, 252}, {8, 4, 256},  {224, 224, 224},  {600, 400, 600},
                 {1, 30, 32},   {30, 1, 270}, {5000, 10, 2048}, {1, 1, 256}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_tensor map = map_of(DIMS(cases[i].rows, cases[i].columns), NULL);
        if (cases[i].rows == 1) /* a vector by its shape, a band as it is no square */
            map.shape = (struct sx_shape){1, {cases[i].columns}};
        struct sx_picture figure = draw(&map, NULL, NULL);
        ck_assert_int_eq(figure.height, cases[i].height + 2 * TOP);
        sx_picture_free(&figure);
        sx_tensor_free(&map);
    }
}
END_TEST

START_TEST(test_title)
{
    struct sx_tensor map = map_of(DIMS(8, 8), NULL);
    struct sx_picture plain = draw(&map, NULL, NULL), titled = draw(&map, NULL, "ggig: cat");
    struct sx_picture empty = draw(&map, NULL, "");
    struct sx_picture many = draw(&map, NULL,
                                  "one line\nand a much longer second one, which "
                                  "wraps because it is wider than the figure");
    ck_assert_int_eq(titled.height, plain.height + SX_LINE_HEIGHT + 5);
    ck_assert_int_eq(empty.height, plain.height);
    ck_assert_int_eq(many.height, plain.height + 3 * SX_LINE_HEIGHT + 5);
    ck_assert_int_gt(count(&titled, SX_INK), count(&plain, SX_INK) + 50);
    sx_picture_free(&plain);
    sx_picture_free(&titled);
    sx_picture_free(&empty);
    sx_picture_free(&many);
    sx_tensor_free(&map);
}
END_TEST

/* A picture of 64 x 64 pixels, left half (200, 100, 50), right half black. */
static struct sx_picture halves(void)
{
    struct sx_picture p;
    ck_assert(sx_canvas_new(&p, 64, 64, &error));
    sx_draw_fill(&p, 0, 0, 32, 64, 0xc86432);
    sx_draw_fill(&p, 32, 0, 32, 64, 0);
    return p;
}

START_TEST(test_panels)
{
    static const double values[] = {1, 0, 0, 0.5};
    struct sx_tensor map = map_of(DIMS(2, 2), values);
    struct sx_picture behind = halves();
    set("outlier", "0");
    set("cmap", "gray");
    set("overlay", "0.5");
    set("topk", "25");
    struct sx_picture figure = draw(&map, &behind, NULL);
    int step = 256 + BETWEEN, near = 64, far = 192, luma = 124;
    unsigned half = (unsigned)lround(luma + 0.5 * (255 - luma)) * 0x010101U;
    ck_assert_uint_eq(pixel(&figure, LEFT + near, TOP + near), 0xc86432);
    ck_assert_uint_eq(pixel(&figure, LEFT + far, TOP + near), 0);
    ck_assert_uint_eq(pixel(&figure, LEFT + step + near, TOP + near), SX_WHITE);
    ck_assert_uint_eq(pixel(&figure, LEFT + step + far, TOP + far), 0x808080);
    ck_assert_uint_eq(pixel(&figure, LEFT + 2 * step + near, TOP + near), half);
    ck_assert_uint_eq(pixel(&figure, LEFT + 2 * step + near, TOP + far), 0x7c7c7c);
    ck_assert_uint_eq(pixel(&figure, LEFT + 3 * step + near, TOP + near), 0xc86432);
    ck_assert_uint_eq(pixel(&figure, LEFT + 3 * step + far, TOP + near), 0x3a3a3a);
    sx_picture_free(&figure);
    set("panels", "overlay");
    set("overlay", "0");
    figure = draw(&map, &behind, NULL);
    ck_assert_int_lt(figure.width, 256 + 100);
    ck_assert_uint_eq(pixel(&figure, LEFT + near, TOP + near), 0x7c7c7c);
    sx_picture_free(&figure);
    sx_picture_free(&behind);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_gray_behind)
{
    struct sx_tensor map = map_of(DIMS(2, 2), NULL);
    struct sx_picture behind;
    ck_assert(sx_picture_new(&behind, 128, 64, 1, &error));
    memset(behind.pixels, 77, 128 * 64);
    struct sx_picture figure = draw(&map, &behind, "flat");
    ck_assert_int_eq(figure.height, 128 + 2 * TOP + SX_LINE_HEIGHT + 5);
    ck_assert_uint_eq(pixel(&figure, LEFT + 5, figure.height - TOP - 5), 0x4d4d4d);
    ck_assert_uint_eq(pixel(&figure, LEFT + 271, figure.height - TOP - 5), 0x000004);
    sx_picture_free(&figure);
    sx_picture_free(&behind);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_no_picture)
{
    struct sx_tensor map = map_of(DIMS(2, 3, 4, 5), NULL);
    struct sx_picture figure;
    char *text;
    ck_assert(!sx_plot_map(&plot, &map, NULL, "t", &figure, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_ptr_null(figure.pixels);
    setup();
    ck_assert(!sx_plot_terminal(&plot, &map, 80, &text, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    sx_tensor_free(&map);
}
END_TEST

START_TEST(test_sheet)
{
    struct sx_picture pictures[5], sheet;
    for (int i = 0; i < 5; i++) {
        ck_assert(sx_canvas_new(&pictures[i], 20 + i, 10, &error));
        sx_draw_fill(&pictures[i], 0, 0, 99, 99, 0x101010U * (unsigned)(i + 1));
    }
    static const int columns[] = {0, 1, 2, 5, 9}, width[] = {3, 1, 2, 5, 5},
                     height[] = {2, 5, 3, 1, 1};
    for (int k = 0; k < 5; k++) {
        int left[6] = {0}; /* of each column: the last picture in it is the widest */
        for (int c = 0; c < width[k]; c++)
            left[c + 1] = left[c] + 20 + c + (4 - c) / width[k] * width[k];
        ck_assert(sx_plot_sheet(pictures, 5, columns[k], &sheet, &error));
        ck_assert_int_eq(sheet.width, left[width[k]]);
        ck_assert_int_eq(sheet.height, 10 * height[k]);
        for (int i = 0; i < 5; i++)
            ck_assert_uint_eq(pixel(&sheet, left[i % width[k]] + 3, i / width[k] * 10 + 3),
                              0x101010U * (unsigned)(i + 1));
        sx_picture_free(&sheet);
    }
    ck_assert(!sx_plot_sheet(pictures, 0, 0, &sheet, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    for (int i = 0; i < 5; i++)
        sx_picture_free(&pictures[i]);
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
    SUITE_ADD(c, test_scale, test_reduce_and_sign, test_channels_last, test_flat,
              test_nonfinite, test_top, test_options, test_colours, test_afmhot, test_lightness,
              test_middle, test_shapes, test_slant, test_face, test_text, test_map_alone,
              test_panel_sizes, test_title, test_panels, test_gray_behind, test_no_picture,
              test_sheet, test_terminal_text, test_terminal_sizes);
    return suite_run();
}
