/* check_charts.c - charts of players: sizes, colours and places of what they show. */
#include <string.h>

#include "plot/chart.h"
#include "suite.h"

static struct sx_error error;
static struct sx_picture figure;

static void setup(void)
{
    error = (struct sx_error){0};
}

static unsigned pixel(int64_t x, int64_t y)
{
    const uint8_t *p = figure.pixels + 3 * (y * figure.width + x);
    return (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
}

/* How many pixels have a colour. */
static int64_t count(unsigned colour)
{
    int64_t n = 0;
    for (int64_t y = 0; y < figure.height; y++)
        for (int64_t x = 0; x < figure.width; x++)
            n += pixel(x, y) == colour;
    return n;
}

START_TEST(test_names)
{
    static const char *const names[] = {"not", NULL, "a word that goes on and on and on"};
    const struct sx_chart chart = {NULL, names, 3, NULL}, numbers = {NULL, NULL, 11, NULL};
    char name[SX_CHART_NAME];
    sx_chart_name(&chart, 0, name);
    ck_assert_str_eq(name, "not");
    sx_chart_name(&chart, 1, name);
    ck_assert_str_eq(name, "1");
    sx_chart_name(&chart, 2, name);
    ck_assert_str_eq(name, "a word that goes on and ");
    ck_assert_int_eq(sx_chart_names_width(&chart), sx_text_width(name));
    ck_assert_int_eq(sx_chart_names_width(&numbers), sx_text_width("10"));
}
END_TEST

START_TEST(test_colours)
{
    ck_assert_uint_eq(sx_chart_colour(5, 2), sx_chart_colour(2, 2));
    ck_assert_uint_eq(sx_chart_colour(0, 2), sx_chart_colour(3, 0));
    unsigned red = sx_chart_colour(1, 1), blue = sx_chart_colour(-1, 1);
    ck_assert_uint_gt(red >> 16, red & 255U);
    ck_assert_uint_lt(blue >> 16, blue & 255U);
    ck_assert_double_eq(sx_chart_scale((const double[]){1, -3, 2}, 3), 3);
    ck_assert_double_eq(sx_chart_scale((const double[]){0, 0}, 2), 1);
}
END_TEST

/* One strong pair and a weak one: a line of full colour, discs where players are. */
START_TEST(test_network)
{
    static const double values[16] = {[0] = 1, [5] = -1, [2] = 1, [8] = 1, [15] = -0.001};
    const struct sx_chart chart = {"four", NULL, 4, NULL};
    ck_assert(sx_plot_network(&chart, values, &figure, &error));
    ck_assert_int_gt(count(sx_chart_colour(1, 1)), 1000); /* player 0 and its line to 2 */
    ck_assert_int_gt(count(sx_chart_colour(-1, 1)), 500); /* player 1 */
    int64_t middle = figure.width / 2;
    int64_t on_line = 0;
    for (int64_t y = 0; y < figure.height; y++)
        on_line += pixel(middle, y) == sx_chart_colour(1, 1);
    ck_assert_int_gt(on_line, 300);
    sx_picture_free(&figure);
    /* A player without any value takes no seat. */
    const struct sx_chart five = {"five", NULL, 5, NULL};
    double more[25] = {[0] = 1, [6] = -1, [3] = 1, [15] = 1, [24] = -0.001};
    ck_assert(sx_plot_network(&five, more, &figure, &error));
    on_line = 0;
    for (int64_t y = 0; y < figure.height; y++)
        on_line += pixel(middle, y) == sx_chart_colour(1, 1);
    ck_assert_int_gt(on_line, 300);
    sx_picture_free(&figure);
    ck_assert(sx_plot_network(&chart, (const double[16]){0}, &figure, &error));
    ck_assert_int_eq(count(sx_chart_colour(1, 1)), 0);
    sx_picture_free(&figure);
}
END_TEST

START_TEST(test_upset)
{
    int64_t first[] = {0, 0, 1, 2, 4, 7}, member[] = {0, 3, 0, 1, 0, 1, 3};
    double value[] = {9, 1, -4, 2, 0.5};
    const struct sx_interactions terms = {
        .count = 5, .first = first, .member = member, .value = value};
    const struct sx_chart chart = {NULL, NULL, 4, NULL};
    ck_assert(sx_plot_upset(&chart, &terms, 3, &figure, &error));
    /* {3}, {0,1} and {0}: bars of 80, 40 and 20 pixels, 14 wide, with their zero lines. */
    ck_assert_int_eq(count(sx_chart_colour(-1, 1)), 14 * 80);
    ck_assert_int_eq(count(sx_chart_colour(1, 1)), 14 * (40 + 20));
    int64_t three = figure.height;
    sx_picture_free(&figure);
    ck_assert(sx_plot_upset(&chart, &terms, 1, &figure, &error));
    ck_assert_int_eq(three - figure.height, 2 * 16); /* player 3 alone */
    sx_picture_free(&figure);
    ck_assert(sx_plot_upset(&chart, &terms, 100, &figure, &error));
    sx_picture_free(&figure);
    const struct sx_interactions none = {.first = first};
    ck_assert(sx_plot_upset(&chart, &none, 5, &figure, &error));
    sx_picture_free(&figure);
}
END_TEST

enum { RED = 0xc03030, BLUE = 0x3050c0 };

/* Columns of the figure in which a colour shows. */
static int64_t columns(unsigned colour, int64_t *first, int64_t *last)
{
    int64_t n = 0;
    *first = figure.width;
    *last = -1;
    for (int64_t x = 0; x < figure.width; x++) {
        bool any = false;
        for (int64_t y = 0; y < figure.height; y++)
            any = any || pixel(x, y) == colour;
        n += any;
        *first = any && x < *first ? x : *first;
        *last = any ? x : *last;
    }
    return n;
}

START_TEST(test_partitions)
{
    static const char *const names[] = {"the", "film", "is", "not", "good"};
    static const int64_t set[] = {2, 3, 4}, max[] = {0, 1, 1}, min[] = {0, 1, 2};
    const struct sx_chart chart = {"B 1", names, 5, NULL};
    int64_t red[2], blue[2];
    ck_assert(sx_plot_partitions(&chart, set, 3, max, min, &figure, &error));
    int64_t in_red = columns(RED, &red[0], &red[1]),
            in_blue = columns(BLUE, &blue[0], &blue[1]);
    /* Both cover the members and nothing else; gaps are where blocks end. */
    int64_t begin = SX_CHART_MARGIN + sx_text_width("the") + sx_text_width("film") + 20;
    int64_t end =
        begin + sx_text_width("is") + sx_text_width("not") + sx_text_width("good") + 30;
    ck_assert_int_eq(red[0], begin + 1);
    ck_assert_int_eq(red[1], end - 2);
    ck_assert_int_eq(in_red, end - begin - 4);
    ck_assert_int_eq(blue[0], begin + 1);
    ck_assert_int_eq(in_blue, end - begin - 6);
    sx_picture_free(&figure);
    /* A row that is too long is broken. */
    const struct sx_chart many = {NULL, NULL, 100, NULL};
    ck_assert(sx_plot_partitions(&many, set, 3, max, min, &figure, &error));
    ck_assert_int_lt(figure.width, 940);
    ck_assert_int_gt(figure.height, 100);
    sx_picture_free(&figure);
}
END_TEST

/* What fills a text up is not drawn: neither its name nor a gap in the blocks about it. */
START_TEST(test_absent)
{
    static const char *const names[] = {"it", "pad", "is", "good", "pad", "pad"};
    static const char *const kept[] = {"it", "is", "good"};
    static const bool absent[] = {false, true, false, false, true, true};
    static const int64_t set[] = {0, 1, 2, 3}, max[] = {0, 1, 0, 2};
    static const int64_t plain_set[] = {0, 1, 2}, plain[] = {0, 0, 1};
    const struct sx_chart some = {"title", names, 6, absent}, all = {"title", kept, 3, NULL};
    struct sx_picture whole;
    double values[36], inner[9];
    ck_assert(sx_plot_partitions(&all, plain_set, 3, plain, plain, &whole, &error));
    ck_assert(sx_plot_partitions(&some, set, 4, max, max, &figure, &error));
    ck_assert_int_eq(figure.width, whole.width);
    ck_assert_int_eq(figure.height, whole.height);
    int64_t first, last, gaps = columns(RED, &first, &last);
    sx_picture_free(&figure);
    figure = whole;
    ck_assert_int_eq(columns(RED, &first, &last), gaps); /* {it is} and {good} in both */
    sx_picture_free(&figure);
    for (int i = 0; i < 36; i++)
        values[i] = i / 6 + i % 6; /* the absent ones have values that must not show */
    for (int i = 0; i < 9; i++) {
        static const int place[] = {0, 2, 3};
        inner[i] = values[place[i / 3] * 6 + place[i % 3]];
    }
    for (int k = 0; k < 2; k++) {
        bool (*const draw)(const struct sx_chart *, const double *, struct sx_picture *,
                           struct sx_error *) = k == 0 ? sx_plot_square : sx_plot_network;
        if (k == 1)
            for (int i = 0; i < 36; i++)
                values[i] = absent[i / 6] || absent[i % 6] ? 0 : values[i];
        ck_assert(draw(&all, inner, &whole, &error) && draw(&some, values, &figure, &error));
        ck_assert_int_eq(figure.width, whole.width);
        ck_assert_int_eq(figure.height, whole.height);
        ck_assert_int_eq(
            memcmp(figure.pixels, whole.pixels, 3 * (size_t)whole.width * (size_t)whole.height),
            0);
        sx_picture_free(&whole);
        sx_picture_free(&figure);
    }
}
END_TEST

START_TEST(test_curve)
{
    static const double x[] = {64, 128, 256, 1024}, y[] = {2, 1, 0.5, 0};
    ck_assert(sx_plot_curve("curve", x, y, 4, &figure, &error));
    ck_assert_int_gt(count(0xc03030U), 400);
    sx_picture_free(&figure);
    ck_assert(sx_plot_curve(NULL, x, y, 1, &figure, &error));
    sx_picture_free(&figure);
    ck_assert(!sx_plot_curve(NULL, (const double[]){0}, y, 1, &figure, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    error = (struct sx_error){0};
    ck_assert(!sx_plot_curve(NULL, x, y, 0, &figure, &error));
}
END_TEST

int main(void)
{
    TCase *c = suite_case("charts");
    tcase_add_checked_fixture(c, setup, NULL);
    SUITE_ADD(c, test_names, test_colours, test_network, test_upset, test_partitions,
              test_absent, test_curve);
    return suite_run();
}
