/* check_shown.c - what figures show of a record: how many rows, which numbers, in which order and
 * colours. A recorder takes the place of the drawing module. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder.h"
#include "suite.h"

static struct sx_error error;
static struct sx_figure_options options;
static struct sx_result *read_here[32];
static struct sx_drawn item[32];
static int64_t n_items;
static char *drawn; /* the lines of the last figure */

static void setup(void)
{
    error = (struct sx_error){0};
    sx_figure_default(&options);
    n_items = 0;
}

static void teardown(void)
{
    for (int64_t i = 0; i < n_items; i++)
        sx_result_free(read_here[i]);
    n_items = 0;
    free(drawn);
    drawn = NULL;
}

/* A text that grows. */
struct text {
    char at[20000];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    t->n += (size_t)vsnprintf(t->at + t->n, sizeof t->at - t->n, format, args);
    va_end(args);
    ck_assert(t->n < sizeof t->at);
}

static void take(const char *json, const struct sx_picture *behind)
{
    read_here[n_items] = sx_result_read(json, strlen(json), &error);
    ck_assert_msg(read_here[n_items] != NULL, "%s", error.message);
    item[n_items] =
        (struct sx_drawn){.record = sx_result_top(read_here[n_items]), .behind = behind};
    n_items++;
}

static bool try_to_draw(int kind)
{
    struct sx_figure f = {
        .o = &options, .item = item, .n = n_items, .kind = kind, .drawing = sx_drawings};
    struct sx_page page = {.module = &recorder, .page = &page, .error = &error};
    double width, height;
    size_t size;
    free(drawn);
    recorder_to = open_memstream(&drawn, &size);
    bool ok = sx_drawings[kind](&page, &f, 100, 50, &width, &height, &error);
    fclose(recorder_to);
    return ok;
}

static void draw(int kind)
{
    ck_assert_msg(try_to_draw(kind), "%s", error.message);
}

/* The number of lines that hold `what`. */
static int count(const char *what)
{
    int n = 0;
    for (const char *line = drawn; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *found = strstr(line, what);
        n += found != NULL && found < strchr(line, '\n');
    }
    return n;
}

/* The number of texts that are `what`, and the place of the first. */
static int texts(const char *what, double *x, double *y)
{
    int n = 0;
    for (const char *line = drawn; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n'), *colon = strstr(line, ": ");
        double at[2];
        if (sscanf(line, "%*s text %lf %lf,", &at[0], &at[1]) != 2 || colon == NULL ||
            (size_t)(end - colon - 2) != strlen(what) ||
            strncmp(colon + 2, what, strlen(what)) != 0)
            continue;
        if (n++ == 0 && x != NULL) {
            *x = at[0];
            *y = at[1];
        }
    }
    return n;
}

#define SAYS(what) ck_assert_msg(texts(what, NULL, NULL) == 1, "no '%s' in\n%s", what, drawn)
#define SAYS_NOT(what) ck_assert_msg(texts(what, NULL, NULL) == 0, "'%s' in\n%s", what, drawn)

/* The number of names "f0", "f1", ... that are written, alone or with a value as in "f0 = 1". */
static int features(int n)
{
    int found = 0;
    char name[30];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "f%d", i);
        int alone = texts(name, NULL, NULL);
        snprintf(name, sizeof name, "f%d = %d", i, i + 1);
        found += alone + texts(name, NULL, NULL) > 0;
    }
    return found;
}

/* A row of a table with n features, whose values are 1, 2, ... */
static void take_row(int n, bool with_x)
{
    struct text t = {.n = 0};
    add(&t,
        "{\"id\":\"a\",\"index\":%d,\"method\":\"ig\",\"params\":{\"times_input\":true},\"names\":[",
        (int)n_items);
    for (int i = 0; i < n; i++)
        add(&t, "%s\"f%d\"", i > 0 ? "," : "", i);
    for (int part = with_x ? 0 : 1; part < 2; part++) {
        add(&t, part == 0 ? "],\"x\":[" : "],\"attribution\":{\"shape\":[%d],\"values\":[", n);
        for (int i = 0; i < n; i++)
            add(&t, "%s%d", i > 0 ? "," : "", i + 1 + (int)n_items);
    }
    add(&t, "]}}");
    take(t.at, NULL);
}

/* A game of n players with an interaction for each single player, or for each pair. */
static void take_game(int n, int size)
{
    struct text t = {.n = 0};
    bool first = true;
    add(&t, "{\"tool\":\"shapley-int\",\"id\":\"a\",\"players\":%d,\"names\":[", n);
    for (int i = 0; i < n; i++)
        add(&t, "%s\"f%d\"", i > 0 ? "," : "", i);
    add(&t, "],\"interactions\":[");
    for (int i = 0; i < n; i++)
        for (int k = 0; k < (size == 2 ? i : 1); k++, first = false) {
            add(&t, "%s{\"set\":[%d", first ? "" : ",", i);
            if (size == 2)
                add(&t, ",%d]", k);
            else
                add(&t, "],\"names\":[\"f%d\"]", i);
            add(&t, ",\"value\":%d}", i + 1);
        }
    add(&t, "]}");
    take(t.at, NULL);
}

/* ---- How many are shown ---- */

/* Without --top a figure has so many rows. */
START_TEST(rows_by_default)
{
    static const struct {
        int kind;
        bool game;
        int rows;
        const char *more; /* written if there are 25 */
    } cases[] = {{SX_BARS, false, 20, "5 others together"},
                 {SX_BARS, true, 20, "5 others together"},
                 {SX_WATERFALL, false, 14, "11 others"},
                 {SX_UPSET, true, 20, "The strongest 20 of 25 sets."},
                 {SX_STACKED, true, 20, NULL},
                 {SX_BEESWARM, false, 20, NULL}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const int numbers[] = {cases[k].rows - 1, cases[k].rows, 25};
        for (int i = 0; i < 3; i++) {
            const int n = numbers[i];
            setup();
            if (cases[k].game)
                take_game(n, 1);
            else
                take_row(n, true);
            draw(cases[k].kind);
            ck_assert_msg(features(n) == (i == 0 ? n : cases[k].rows), "kind %d: %d of %d",
                          cases[k].kind, features(n), n);
            ck_assert_int_eq(count("others") + count("strongest"),
                             cases[k].more != NULL && i == 2);
            if (cases[k].more != NULL && i == 2)
                SAYS(cases[k].more);
            teardown();
        }
    }
}
END_TEST

/* --top is the number of rows, whatever the default. */
START_TEST(rows_that_are_asked_for)
{
    static const int kinds[] = {SX_BARS, SX_WATERFALL, SX_BEESWARM};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        setup();
        options.top = 24;
        take_row(25, true);
        draw(kinds[k]);
        ck_assert_int_eq(features(25), 24);
        SAYS_NOT("f0");
        teardown();
    }
}
END_TEST

/* The number of plots, from the first in a row to the last row; each has its own axis. */
START_TEST(plots_of_a_scatter)
{
    static const struct {
        int64_t top;
        int plots;
        double across, down; /* distance of the first and the last plot */
    } cases[] = {{0, 4, 322, 286}, {1, 1, 0, 0},     {2, 2, 322, 0},
                 {3, 3, 0, 286},   {5, 5, 322, 286}, {6, 6, 644, 286}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char last[24];
        double x0, y0, x1, y1;
        setup();
        options.top = cases[k].top;
        take_row(6, true);
        take_row(6, true);
        draw(SX_SCATTER);
        ck_assert_int_eq(features(6), cases[k].plots);
        snprintf(last, sizeof last, "f%d", 6 - cases[k].plots);
        texts("f5", &x0, &y0);
        texts(last, &x1, &y1);
        ck_assert_double_eq_tol(x1 - x0, cases[k].across, 0.2);
        ck_assert_double_eq_tol(y1 - y0, cases[k].down, 0.2);
        teardown();
    }
}
END_TEST

/* The pairs with the strongest values are lines of the network; 64 without --top. */
START_TEST(lines_of_a_network)
{
    take_game(12, 2); /* 66 pairs */
    draw(SX_NETWORK);
    ck_assert_int_eq(count("/0."), 64 + 12); /* (and a pale ground for each name) */
    options.top = 5;
    draw(SX_NETWORK);
    ck_assert_int_eq(count("d55e00/0.85 line 7.8:"), 5); /* of the last player, and equal */
    ck_assert_int_eq(count("/0."), 5 + 12);
}
END_TEST

START_TEST(the_largest_network)
{
    for (int players = 256; players <= 257; players++) {
        char text[200];
        setup();
        snprintf(text, sizeof text,
                 "{\"players\":%d,\"interactions\":[{\"set\":[0,%d],\"value\":1}]}", players,
                 players - 1);
        take(text, NULL);
        ck_assert_int_eq(try_to_draw(SX_NETWORK), players == 256);
        ck_assert_int_eq(error.status, players == 256 ? SX_OK : SX_FAILED);
        teardown();
    }
}
END_TEST

/* Of places the eight first pairs are listed. */
START_TEST(pairs_of_places)
{
    struct text t = {.n = 0};
    add(&t, "{\"grid\":[3,5],\"pairs\":[");
    for (int i = 0; i < 12; i++)
        add(&t, "%s{\"a\":[0,%d],\"b\":[2,%d],\"strength\":%d}", i > 0 ? "," : "", i % 3, i % 2,
            12 - i);
    add(&t, "]}");
    take(t.at, NULL);
    draw(SX_NETWORK);
    ck_assert_int_eq(count("\xe2\x80\x93"), 8);
    /* the grid has 3 rows and 5 columns of 80 pixels */
    ck_assert_int_eq(count("line 1.0: 100.0 50.0 500.0 50.0 500.0 290.0 100.0 290.0"), 1);
}
END_TEST

/* A curve of few points has dots. */
START_TEST(dots_of_curves)
{
    for (int n = 24; n <= 25; n++) {
        struct text t = {.n = 0};
        setup();
        add(&t, "{\"curves\":{\"deletion\":{\"x\":[0");
        for (int i = 1; i < n; i++)
            add(&t, ",%d", i);
        add(&t, "],\"y\":[1");
        for (int i = 1; i < n; i++)
            add(&t, ",%d", -i);
        add(&t, "]}}}");
        take(t.at, NULL);
        draw(SX_CURVE);
        ck_assert_int_eq(count("disc"), n == 24 ? 24 : 0);
        SAYS("share hidden");
        teardown();
    }
}
END_TEST

/* ---- Numbers ---- */

/* The classes of flint-global: a row and a column for each. */
static void take_classes(int n)
{
    struct text t = {.n = 0};
    add(&t, "{\"classes\":[");
    for (int i = 0; i < n; i++)
        add(&t, "%s\"c%d\"", i > 0 ? "," : "", i);
    add(&t, "],\"relevance\":[");
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            add(&t, "%s0.%d%s", k > 0 ? "," : i > 0 ? ",[" : "[", 10 + i, k + 1 < n ? "" : "]");
    add(&t, "]}");
    take(t.at, NULL);
}

/* Cells have numbers if there are at most 11 in a row. */
START_TEST(numbers_in_cells)
{
    for (int n = 10; n <= 12; n++) {
        setup();
        take_classes(n);
        draw(SX_MATRIX);
        ck_assert_int_eq(texts("0.15", NULL, NULL), n <= 11 ? n : 0);
        teardown();
    }
}
END_TEST

/* The bar beside a matrix goes from 0 for amounts, and from the negative of its end for signed
 * values. */
START_TEST(ends_of_the_bar_of_a_matrix)
{
    double x, top, bottom;
    take_classes(7);
    draw(SX_MATRIX);
    ck_assert(texts("0.16", &x, &top) == 8 && texts("0", &x, &bottom) == 2);
    SAYS("0.08");
    SAYS_NOT("\xe2\x88\x92"
             "0.16");
    teardown();
    setup();
    take_game(3, 2);
    draw(SX_MATRIX);
    SAYS("\xe2\x88\x92"
         "3");
    texts("\xe2\x88\x92"
          "3",
          &x, &bottom);
    SAYS("0");
    texts("0", &x, &top);
    ck_assert_double_gt(bottom, top);
}
END_TEST

/* ---- Panels ---- */

static uint8_t grey[64 * 48];
static const struct sx_picture picture = {
    .width = 64, .height = 48, .channels = 1, .pixels = grey};

static void take_map(const char *method, const char *values, bool over)
{
    char text[400];
    snprintf(
        text, sizeof text,
        "{\"id\":\"a\",\"input\":{\"shape\":[1,1,48,64]},\"method\":\"%s\",\"attribution\":"
        "{\"shape\":[2,2],\"values\":[%s]}}",
        method, values);
    take(text, over ? &picture : NULL);
}

/* With masks each map of a strip has a row after the picture: the map, then its masks. */
START_TEST(panels_of_masks)
{
    double x[6], y[6];
    options.map.n_tops = 2;
    options.map.top[0] = 25;
    options.map.top[1] = 50;
    take_map("ig", "1,2,3,4", true);
    take_map("grad", "1,2,3,4", true);
    draw(SX_STRIP);
    static const char *const names[] = {"picture",      "ig",   "ig, top 25 %",
                                        "ig, top 50 %", "grad", "grad, top 50 %"};
    for (int i = 0; i < 6; i++)
        ck_assert_msg(texts(names[i], &x[i], &y[i]) == 1, "no %s in\n%s", names[i], drawn);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq(y[i], y[0]);
    ck_assert(x[0] < x[1] && x[1] < x[2] && x[2] < x[3]);
    ck_assert(y[4] > y[0] && y[5] == y[4]);
    ck_assert_double_lt(x[1] - x[0] - 100, x[4]);
    ck_assert(x[4] > x[0] && x[4] < x[2] && x[5] > x[2]);
}
END_TEST

/* The mask of an overlay keeps a tenth without --topk. */
START_TEST(the_mask_by_default)
{
    options.map.panels |= SX_PANEL_MASK;
    take_map("ig", "1,2,3,4", true);
    draw(SX_OVERLAY);
    SAYS("top 10 %");
}
END_TEST

/* The bar of a map whose smallest value is far from 0 begins there. */
START_TEST(ends_of_the_bar_of_a_map)
{
    options.map.outlier = 0;
    take_map("ig", "10,11,12,14", false);
    draw(SX_OVERLAY);
    SAYS("14");
    SAYS("12");
    SAYS("10");
    teardown();
    setup();
    options.map.outlier = 0;
    take_map("ig", "0,11,12,14", false);
    draw(SX_OVERLAY);
    SAYS("14");
    SAYS("7");
    SAYS("0");
}
END_TEST

/* A map of at most half the columns of its picture is smooth over it. */
START_TEST(coarse_maps_are_smooth)
{
    for (int columns = 32; columns <= 33; columns++) {
        struct text t = {.n = 0};
        char image[40];
        setup();
        add(&t,
            "{\"id\":\"a\",\"input\":{\"shape\":[1,1,48,64]},\"attribution\":{\"shape\":[2,%d],"
            "\"values\":[0",
            columns);
        for (int i = 1; i < 2 * columns; i++)
            add(&t, ",%d", i);
        add(&t, "]}}");
        take(t.at, &picture);
        draw(SX_OVERLAY);
        snprintf(image, sizeof image, ", %d x 2 smooth:", columns);
        ck_assert_int_eq(count(image), columns == 32 ? 2 : 0);
        teardown();
    }
}
END_TEST

/* The axes of a curve end at its largest value, or at 0. */
START_TEST(ends_of_curves)
{
    take("{\"curves\":{\"deletion\":{\"x\":[0,0.4],\"y\":[0.25,0.5]}}}", NULL);
    draw(SX_CURVE);
    ck_assert_int_eq(texts("0.5", NULL, NULL), 1);
    ck_assert_int_eq(texts("0", NULL, NULL), 2);
    ck_assert_int_eq(texts("1", NULL, NULL), 1); /* (shares go to 1) */
}
END_TEST

/* ---- Words ---- */

/* Of more than 120 words those far from members are left out. */
START_TEST(crowds_of_words)
{
    for (int n = 120; n <= 121; n++) {
        struct text t = {.n = 0};
        setup();
        add(&t, "{\"players\":%d,\"names\":[", n);
        for (int i = 0; i < n; i++)
            add(&t, "%s\"f%d\"", i > 0 ? "," : "", i);
        add(&t, "],\"partition_max\":[[50,51]],\"partition_min\":[[50],[51]]}");
        take(t.at, NULL);
        draw(SX_TOKENS);
        ck_assert_int_eq(features(n), n == 120 ? 120 : 14);
        ck_assert_int_eq(texts("...", NULL, NULL), n == 120 ? 0 : 2);
        teardown();
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("shown");
    tcase_add_checked_fixture(c, setup, teardown);
    SUITE_ADD(c, rows_by_default, rows_that_are_asked_for, plots_of_a_scatter,
              lines_of_a_network, the_largest_network, pairs_of_places, dots_of_curves,
              numbers_in_cells, ends_of_the_bar_of_a_matrix, panels_of_masks,
              the_mask_by_default, ends_of_the_bar_of_a_map, coarse_maps_are_smooth,
              ends_of_curves, crowds_of_words);
    return suite_run();
}
