/* check_figure.c - numbers read from records, layouts, ticks and kinds of figures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/layout.h"
#include "suite.h"

static struct sx_error error;
static struct sx_result *result;

static const struct sx_datum *record(const char *text)
{
    sx_result_free(result);
    error = (struct sx_error){0};
    result = sx_result_read(text, strlen(text), &error);
    ck_assert_msg(result != NULL, "%s", error.message);
    return sx_result_top(result);
}

static void teardown(void)
{
    sx_result_free(result);
    result = NULL;
}

/* ---- Numbers ---- */

START_TEST(numbers)
{
    static const struct {
        double value;
        const char *text;
    } shorts[] = {{0, "0"},
                  {1.23456, "1.235"},
                  {-2, "\xe2\x88\x92"
                       "2"},
                  {NAN, "none"}};
    static const struct {
        double value, scale;
        const char *text;
    } scaled[] = {{0.2348, 0.2348, "0.23"},
                  {-0.014, 0.2348,
                   "\xe2\x88\x92"
                   "0.01"},
                  {0.001, 0.2348, ""},
                  {12.6, 40, "13"},
                  {1, 1e6, ""},
                  {1e-7, 1e-7, ""},
                  {NAN, 1, ""},
                  {0, 1, ""}};
    char text[32];
    for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++) {
        sx_short_number(text, shorts[i].value);
        ck_assert_str_eq(text, shorts[i].text);
    }
    for (size_t i = 0; i < sizeof scaled / sizeof scaled[0]; i++) {
        sx_scaled_number(text, scaled[i].value, scaled[i].scale);
        ck_assert_str_eq(text, scaled[i].text);
    }
}
END_TEST

START_TEST(ticks)
{
    static const struct {
        double low, high, step, first;
    } cases[] = {
        {0, 1, 0.2, 0},
        {-0.8, 0.8, 0.2, -0.8},
        {3, 53, 10, 10},
        {0, 6, 1, 0},
        {0, 25, 5, 0},
        /* steps are 1, 2, 5 or 10 times a power of ten, below 1.5, 3.5 and 7.5 fifths */
        {0, 7.4, 1, 0},
        {0, 7.6, 2, 0},
        {0, 17.4, 2, 0},
        {0, 17.6, 5, 0},
        {0, 37, 5, 0},
        {0, 38, 10, 0},
        {-7, 8, 2, -6},
        {1, 4, 0.5, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double first, step = sx_ticks(cases[i].low, cases[i].high, 5, &first);
        ck_assert_double_eq_tol(step, cases[i].step, 1e-12);
        ck_assert_double_eq_tol(first, cases[i].first, 1e-12);
    }
    const struct sx_axis axis = {-1, 3, 100, 500}, point = {2, 2, 7, 9};
    ck_assert_double_eq(sx_on(&axis, 0), 200);
    ck_assert_double_eq(sx_on(&point, 2), 7);
}
END_TEST

/* Zero is middle grey, negative values are blue, positive ones red. Text on each colour can be
 * read. */
START_TEST(signed_colours)
{
    ck_assert_uint_eq(sx_signed_colour(0, 5), 0xf7f7f7);
    ck_assert_uint_eq(sx_signed_colour(-9, 5), 0x2166ac);
    ck_assert_uint_eq(sx_signed_colour(5, 5), 0xb2182b);
    ck_assert_uint_eq(sx_signed_colour(NAN, 5), 0xf7f7f7);
    ck_assert_uint_eq(sx_text_on(0x2166ac), 0xffffff);
    ck_assert_uint_eq(sx_text_on(0xf7f7f7), SX_BLACK);
}
END_TEST

/* ---- Facts ---- */

static const struct {
    const char *text;
    int64_t k, n;
    const char *name; /* of the strongest number, with its x */
    double strongest;
} facts[] = {
    {"{\"names\":[\"a\",\"b\"],\"x\":[1,-2.5],\"method\":\"ig\","
     "\"attribution\":{\"shape\":[2],\"values\":[0.5,-3]}}",
     0, 2,
     "b = \xe2\x88\x92"
     "2.5",
     -3},
    {"{\"names\":[\"a\",\"b\"],\"attribution\":{\"shape\":[2,2],\"values\":[1,2,-5,1]}}", 0, 2,
     "b", -4},
    {"{\"interactions\":[{\"set\":[0],\"names\":[\"u\"],\"value\":1},"
     "{\"set\":[1],\"names\":[\"v\"],\"value\":-2}]}",
     0, 2, "v", -2},
    {"{\"interactions\":[{\"set\":[0,1],\"value\":1}]}", 0, 0, NULL, 0},
    {"{\"top\":[{\"index\":3,\"label\":\"cat\",\"value\":7,\"prob\":0.75},"
     "{\"index\":2,\"label\":\"dog\",\"value\":9,\"prob\":0.25}]}",
     0, 2, "cat", 0.75},
    {"{\"similarity\":{\"spearman\":0.5,\"ssim\":null}}", 0, 2, "spearman", 0.5},
    {"{\"similarity\":{\"ssim\":null,\"spearman\":0}}", 0, 2, "spearman", 0},
    {"{\"top\":[{\"index\":3,\"value\":7},{\"index\":2,\"value\":-9}]}", 0, 2, "2", -9},
    {"{\"interactions\":[{\"set\":[4],\"value\":1},{\"set\":[1],\"value\":1}]}", 0, 2, "4", 1},
    {"{\"methods\":[{\"name\":\"m\",\"attribution\":[1,2,3]},"
     "{\"name\":\"n\",\"attribution\":[4,0,0]}]}",
     1, 3, "0", 4},
    {"{}", 0, 0, NULL, 0},
};

START_TEST(facts_of_records)
{
    struct sx_facts f;
    int64_t *order = NULL;
    char name[100];
    ck_assert(sx_facts_get(&f, record(facts[_i].text), facts[_i].k, &error));
    ck_assert_int_eq(f.n, facts[_i].n);
    if (f.n > 0) {
        ck_assert(sx_facts_order(&f, &order, &error));
        sx_facts_name(&f, order[0], true, name, sizeof name);
        ck_assert_str_eq(name, facts[_i].name);
        ck_assert_double_eq(f.value[order[0]], facts[_i].strongest);
    }
    free(order);
    sx_facts_free(&f);
}
END_TEST

START_TEST(terms)
{
    struct sx_terms t;
    int64_t number[4];
    const char *text = "{\"players\":4,\"interactions\":["
                       "{\"set\":[1],\"value\":0},{\"set\":[0,3],\"names\":[\"a\",\"d\"],"
                       "\"value\":-2},{\"set\":[3],\"value\":1},{\"set\":[2],\"value\":null}]}";
    ck_assert(sx_terms_get(&t, record(text), "interactions", &error));
    ck_assert_int_eq(t.n, 3);
    ck_assert_int_eq(t.players, 4);
    ck_assert_int_eq(t.order, 2);
    ck_assert_double_eq(t.term[0].value, -2);
    ck_assert_int_eq(sx_term_member(&t.term[0], 1), 3);
    ck_assert_str_eq(t.name[3], "d");
    ck_assert_int_eq(sx_terms_live(&t, number), 2);
    ck_assert(number[0] == 0 && number[1] == -1 && number[2] == -1 && number[3] == 1);
    sx_terms_free(&t);
    text = "{\"players\":3,\"interactions\":[{\"set\":[1],\"value\":0}]}";
    ck_assert(sx_terms_get(&t, record(text), "interactions", &error));
    ck_assert_int_eq(sx_terms_live(&t, number), 1);
    ck_assert(number[0] == -1 && number[1] == 0 && number[2] == -1);
    sx_terms_free(&t);
    ck_assert(!sx_terms_get(&t, record("{}"), "interactions", &error));
    ck_assert_int_eq(error.status, SX_FAILED);
}
END_TEST

/* Of equally strong sets the smaller is first, then the one of earlier players. */
START_TEST(equal_terms)
{
    struct sx_terms t;
    static const char *const names[] = {"b", "c", "a c", "a b d"};
    const char *text = "{\"names\":[\"a\",\"b\",\"c\",\"d\"],\"players\":4,\"interactions\":["
                       "{\"set\":[0,1,3],\"value\":2},{\"set\":[2],\"value\":2},"
                       "{\"set\":[0,2],\"value\":-2},{\"set\":[1],\"value\":-2}]}";
    ck_assert(sx_terms_get(&t, record(text), "interactions", &error));
    for (int k = 0; k < 4; k++) {
        char all[20] = "";
        for (int64_t m = 0; m < t.term[k].size; m++) {
            size_t at = strlen(all);
            snprintf(all + at, sizeof all - at, "%s%s", m > 0 ? " " : "",
                     t.name[sx_term_member(&t.term[k], m)]);
        }
        ck_assert_str_eq(all, names[k]);
    }
    sx_terms_free(&t);
}
END_TEST

/* ---- Kinds ---- */

#define EIGHT "1,2,3,4,5,6,7,8"
#define SIXTY_FOUR EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT "," EIGHT
#define SIXTY_FIVE SIXTY_FOUR ",9"

static const struct {
    const char *text;
    int kind;
} kinds[] = {
    {"{\"names\":[\"a\"],\"x\":[1],\"attribution\":{\"shape\":[1],\"values\":[1]}}",
     SX_WATERFALL},
    {"{\"tool\":\"ggig\",\"method\":\"grad\",\"names\":[\"a\"],\"x\":[1],"
     "\"attribution\":{\"shape\":[1],\"values\":[1]}}",
     SX_BARS},
    {"{\"input\":{\"shape\":[1,1,2,2]},\"attribution\":{\"shape\":[1,2,2],\"values\":[1,2,3,4]}}",
     SX_OVERLAY},
    {"{\"params\":{\"players\":\"tokens\"},\"attribution\":{\"shape\":[1],\"values\":[1]}}",
     SX_TOKENS},
    {"{\"names\":[\"a\",\"b\"],\"attribution\":{\"shape\":[2,1],\"values\":[1,2]}}", SX_TOKENS},
    {"{\"input\":{\"shape\":[1,2,8]},\"names\":[\"a\",\"b\"],"
     "\"attribution\":{\"shape\":[2],\"values\":[1,2]}}",
     SX_TOKENS},
    {"{\"interactions\":[{\"set\":[0],\"value\":1}]}", SX_BARS},
    {"{\"interactions\":[{\"set\":[0,1],\"value\":1}]}", SX_MATRIX},
    {"{\"interactions\":[{\"set\":[0,1,2],\"value\":1}]}", SX_UPSET},
    {"{\"grid\":[2,2],\"pairs\":[]}", SX_NETWORK},
    {"{\"partition_max\":[[0]]}", SX_TOKENS},
    {"{\"curves\":{}}", SX_CURVE},
    {"{\"input\":{\"shape\":[1,65]},\"attribution\":{\"shape\":[65],\"values\":[" SIXTY_FIVE
     "]}}",
     SX_SIGNAL},
    {"{\"input\":{\"shape\":[1,65,1]},\"attribution\":{\"shape\":[65,1],\"values\":[" SIXTY_FIVE
     "]}}",
     SX_SIGNAL},
    {"{\"input\":{\"shape\":[1,65]},\"names\":[\"a\"],\"attribution\":{\"shape\":[65],\"values\":[" SIXTY_FIVE
     "]}}",
     SX_BARS},
    {"{\"input\":{\"shape\":[1,64]},\"attribution\":{\"shape\":[64],\"values\":[" SIXTY_FOUR
     "]}}",
     SX_BARS},
    {"{\"classes\":[],\"relevance\":[[1]]}", SX_MATRIX},
    {"{\"from\":[0,0],\"grid\":[2,2],\"pairs\":[]}", SX_OVERLAY},
    {"{\"pairs\":[]}", SX_BARS},
    {"{\"tokens\":[\"a\"],\"attribution\":{\"shape\":[1],\"values\":[1]}}", SX_TOKENS},
    {"{\"params\":{\"players\":\"tokens:2\"},\"interactions\":[{\"set\":[0],\"value\":1}]}",
     SX_TOKENS},
    {"{\"params\":{\"players\":\"tokens\"},\"interactions\":[{\"set\":[0,1],\"value\":1}]}",
     SX_MATRIX},
    {"{\"input\":{\"shape\":[1,1,2,2]},\"attribution\":{\"shape\":[2,2],\"values\":[1,2,3,4]}}",
     SX_OVERLAY},
    {"{\"input\":{\"shape\":[2,2]},\"attribution\":{\"shape\":[2,2],\"values\":[1,2,3,4]}}",
     SX_BARS},
    {"{\"input\":{\"shape\":[1,3,8]},\"names\":[\"a\",\"b\"],"
     "\"attribution\":{\"shape\":[2],\"values\":[1,2]}}",
     SX_BARS},
};

START_TEST(kinds_of_records)
{
    int64_t drawn;
    const struct sx_drawn item = {.record = record(kinds[_i].text)};
    ck_assert_int_eq(sx_kind_of(&item, 1, SX_KIND_AUTO, &drawn, &error), kinds[_i].kind);
    ck_assert_int_eq(drawn, 1);
    ck_assert_int_eq(sx_kind_of(&item, 1, SX_FORCE, &drawn, &error), SX_FORCE);
}
END_TEST

/* Maps of players that lie in a picture become a strip over it. */
START_TEST(strips)
{
    static const struct {
        const char *players, *shape;
        bool strip;
    } cases[] = {{"patches:2x2", "[1,1,8,8]", true}, {"grid:2x2", "[1,1,8,8]", true},
                 {"pixels", "[1,3,8,8]", true},      {"elements", "[1,1,8,8]", false},
                 {"patches:2x2", "[1,64]", false},   {"file:x.npy", "[1,1,8,8]", false}};
    static const struct sx_picture picture;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int behind = 0; behind < 2; behind++) {
            char text[300];
            int64_t drawn;
            snprintf(text, sizeof text,
                     "{\"params\":{\"players\":\"%s\"},\"input\":{\"shape\":%s},\"methods\":[{"
                     "\"name\":\"m\",\"attribution\":[1,2,3,4]}]}",
                     cases[i].players, cases[i].shape);
            const struct sx_drawn item = {.record = record(text),
                                          .behind = behind ? &picture : NULL};
            ck_assert_int_eq(sx_kind_of(&item, 1, SX_KIND_AUTO, &drawn, &error),
                             behind && cases[i].strip ? SX_STRIP : SX_BARS);
        }
}
END_TEST

/* Maps of one sample become a strip. Rows of several samples become a swarm. */
START_TEST(kinds_of_several_records)
{
    int64_t drawn;
    const char *map = "{\"id\":\"a\",\"index\":0,\"input\":{\"shape\":[1,1,2,2]},"
                      "\"attribution\":{\"shape\":[1,2,2],\"values\":[1,2,3,4]}}";
    struct sx_drawn item[3] = {{.record = record(map)}};
    item[1] = item[2] = item[0];
    ck_assert_int_eq(sx_kind_of(item, 2, SX_KIND_AUTO, &drawn, &error), SX_STRIP);
    ck_assert_int_eq(drawn, 2);
    ck_assert_int_eq(sx_kind_of(item, 2, SX_MATRIX, &drawn, &error), SX_MATRIX);
    ck_assert_int_eq(drawn, 1);
    ck_assert_int_eq(sx_kind_of(item, 3, SX_SHEET, &drawn, &error), SX_SHEET);
    ck_assert_int_eq(drawn, 3);
    struct sx_result *rows[3];
    for (int i = 0; i < 3; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "{\"id\":\"a\",\"index\":%d,\"names\":[\"a\"],\"x\":[1],\"attribution\":"
                 "{\"shape\":[1],\"values\":[1]}}",
                 i);
        rows[i] = sx_result_read(text, strlen(text), &error);
        item[i].record = sx_result_top(rows[i]);
    }
    ck_assert_int_eq(sx_kind_of(item, 3, SX_KIND_AUTO, &drawn, &error), SX_BEESWARM);
    ck_assert_int_eq(drawn, 3);
    ck_assert_int_eq(sx_kind_of(item, 2, SX_KIND_AUTO, &drawn, &error), SX_WATERFALL);
    ck_assert_int_eq(drawn, 1);
    for (int i = 0; i < 3; i++)
        sx_result_free(rows[i]);
}
END_TEST

/* Lines are broken before they are too long. Control characters in names do not reach the
 * terminal. */
START_TEST(words)
{
    char *text;
    const char *of =
        "{\"params\":{\"players\":\"tokens\"},\"names\":[\"no\",\"\\u001b[2J\",\"yes\"],"
        "\"attribution\":{\"shape\":[3],\"values\":[-1,0,1]}}";
    ck_assert(sx_figure_words(record(of), true, 12, &text, &error));
    ck_assert_str_eq(text,
                     "\x1b[38;5;231;48;5;25m no \x1b[0m \x1b[38;5;235;48;5;231m  [2J \x1b[0m "
                     "\n\x1b[38;5;231;48;5;124m yes \x1b[0m\n");
    free(text);
    ck_assert(sx_figure_words(record("{}"), true, 12, &text, &error));
    ck_assert_ptr_null(text);
    /* the scale is the largest magnitude, also if it is negative */
    of = "{\"params\":{\"players\":\"tokens\"},\"names\":[\"no\",\"yes\"],"
         "\"attribution\":{\"shape\":[2],\"values\":[-4,1]}}";
    char half[40];
    unsigned colour = sx_signed_colour(1, 4);
    snprintf(half, sizeof half, "\x1b[38;5;%d;48;5;%dm yes",
             sx_terminal_colour(sx_text_on(colour)), sx_terminal_colour(colour));
    ck_assert(sx_figure_words(record(of), true, 80, &text, &error));
    ck_assert_ptr_nonnull(strstr(text, half));
    free(text);
}
END_TEST

/* A title has the methods that are drawn, or their number. The title of a curve has the tool. */
START_TEST(titles)
{
    static const char *const method[] = {"grad", "ig", "ig", "xrai", "gradcam", "lime"};
    char text[1200] = "[", title[400];
    size_t at = 1;
    struct sx_drawn item[6];
    struct sx_figure f = {.item = item, .kind = SX_STRIP};
    for (int i = 0; i < 6; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"tool\":\"ggig\",\"id\":\"a/x.png\",\"index\":0,"
                               "\"method\":\"%s\",\"target\":{\"label\":\"hen\"}}%s",
                               method[i], i < 5 ? "," : "]");
    const struct sx_datum *one = record(text)->first;
    for (int i = 0; i < 6; i++, one = one->next)
        item[i] = (struct sx_drawn){.record = one};
    static const struct {
        int64_t n;
        int kind;
        const char *title;
    } wanted[] = {{1, SX_OVERLAY, "x.png: grad of hen"},
                  {1, SX_STRIP, "x.png: grad of hen"},
                  {4, SX_STRIP, "x.png: grad, ig, xrai of hen"},
                  {5, SX_SHEET, "x.png: grad, ig, xrai, gradcam"},
                  {6, SX_STRIP, "x.png: 5 methods of hen"},
                  {6, SX_CURVE, "x.png: ggig of hen"}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        f.n = wanted[i].n;
        f.kind = wanted[i].kind;
        sx_title_of(&f, title, sizeof title);
        ck_assert_str_eq(title, wanted[i].title);
    }
}
END_TEST

/* The subtitle has the name of the model, unless that came from standard input, and the value. */
START_TEST(subtitles)
{
    static const char *const cases[][3] = {
        {"\"a/b.onnx\"", "{\"value\":2,\"score\":\"prob\"}", "b.onnx, probability 2"},
        {"\"-\"", "{\"value\":2,\"score\":\"logit\"}", "logit 2"},
        {"\"b.onnx\"", "{}", "b.onnx"},
        {"\"-\"", "{}", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200], subtitle[400];
        snprintf(text, sizeof text, "{\"model\":{\"file\":%s},\"target\":%s}", cases[i][0],
                 cases[i][1]);
        const struct sx_drawn item = {.record = record(text)};
        const struct sx_figure f = {.item = &item, .n = 1, .kind = SX_BARS};
        sx_subtitle_of(&f, subtitle, sizeof subtitle);
        ck_assert_str_eq(subtitle, cases[i][2]);
    }
}
END_TEST

/* Blocks of several words have brackets and a colour. Words outside the set are pale. */
START_TEST(words_of_partitions)
{
    char *text;
    const char *of =
        "{\"players\":5,\"set\":[0,1,2,3],\"names\":[\"not\",\"so\",\"bad\",\"a\",\"film\"],"
        "\"partition_max\":[[0,1],[2],[3]],\"partition_min\":[[0,2],[1,3]]}";
    ck_assert(sx_figure_words(record(of), false, 20, &text, &error));
    ck_assert_str_eq(text, "  most   [not so]\n         bad a film\n"
                           "  least  [not] [so]\n         [bad] [a]\n         film\n");
    free(text);
    ck_assert(sx_figure_words(record(of), true, 80, &text, &error));
    ck_assert_str_eq(text,
                     "  most   \x1b[38;5;231;48;5;25m[not \x1b[0m\x1b[38;5;231;48;5;25mso]"
                     "\x1b[0m bad a \x1b[2mfilm\x1b[0m\n"
                     "  least  \x1b[38;5;231;48;5;25m[not]\x1b[0m \x1b[38;5;235;48;5;178m"
                     "[so]\x1b[0m \x1b[38;5;231;48;5;25m[bad]\x1b[0m \x1b[38;5;235;48;5;178m"
                     "[a]\x1b[0m \x1b[2mfilm\x1b[0m\n");
    free(text);
    ck_assert(sx_figure_words(record("{\"players\":1,\"partition_max\":[[0]]}"), true, 80,
                              &text, &error));
    ck_assert_ptr_null(text);
}
END_TEST

/* Places of a picture are letters of their blocks, arranged as in the picture. */
START_TEST(places_of_partitions)
{
    static const char *const of[] = {
        "{\"params\":{\"players\":\"grid:2x3\"},\"players\":6,"
        "\"partition_max\":[[0,1],[3,4],[2]],\"partition_min\":[[0],[1],[2],[3],[4]]}",
        "{\"params\":{\"players\":\"patches:2x2\"},\"input\":{\"shape\":[1,3,4,5]},\"players\":6,"
        "\"partition_max\":[[0,1],[3,4],[2]],\"partition_min\":[[0],[1],[2],[3],[4]]}",
        "{\"params\":{\"players\":\"patches:2x2\"},\"input\":{\"shape\":[1,4,5,1]},\"players\":6,"
        "\"partition_max\":[[0,1],[3,4],[2]],\"partition_min\":[[0],[1],[2],[3],[4]]}"};
    static const char *const none[] = {
        "{\"params\":{\"players\":\"grid:2x2\"},\"players\":6,\"partition_max\":[[0,1]]}",
        "{\"params\":{\"players\":\"patches:0x2\"},\"players\":6,\"partition_max\":[[0,1]]}",
        "{\"params\":{\"players\":\"patches:2x2\"},\"players\":6,\"partition_max\":[[0,1]]}"};
    char *text;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        ck_assert(sx_figure_words(record(of[i]), false, 76, &text, &error));
        ck_assert_str_eq(text, "   most         least\n"
                               "   A  A  .      .  .  . \n"
                               "   B  B         .  .    \n");
        free(text);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert(sx_figure_words(record(none[i]), false, 76, &text, &error));
        ck_assert_ptr_null(text);
    }
    ck_assert(sx_figure_words(record("{\"params\":{\"players\":\"grid:2x1\"},\"players\":2,"
                                     "\"partition_max\":[[0,1]]}"),
                              true, 76, &text, &error));
    ck_assert_str_eq(text, "   most    least\n"
                           "  \x1b[38;5;231;48;5;25m A \x1b[0m        \n"
                           "  \x1b[38;5;231;48;5;25m A \x1b[0m        \n");
    free(text);
}
END_TEST

/* ---- Layouts ---- */

START_TEST(circle)
{
    double x[4], y[4];
    const double want[4][2] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};
    sx_layout_circle(4, x, y);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(x[i], want[i][0], 1e-12);
        ck_assert_double_eq_tol(y[i], want[i][1], 1e-12);
    }
}
END_TEST

static struct sx_layers layers_of(int64_t *end, int64_t lines, int64_t nodes)
{
    const struct sx_edges edges = {lines, end};
    struct sx_layers l;
    ck_assert(sx_layers_get(&l, &edges, nodes, &error));
    return l;
}

/* Each node of a chain is a layer of its own, in order, for any order of its lines. */
START_TEST(chain)
{
    int64_t end[] = {3, 2, 0, 1, 2, 1, 3, 4};
    struct sx_layers l = layers_of(end, 4, 5);
    ck_assert_int_eq(l.n, 5);
    ck_assert_int_eq(l.widest, 1);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(l.layer[i], i);
        ck_assert_double_eq(l.across[i], 0);
    }
    sx_layers_free(&l);
}
END_TEST

/* The two sides of a ring are next to each other. A node attached to the ring gets a layer
 * beyond it. */
START_TEST(ring)
{
    int64_t end[] = {0, 1, 1, 2, 2, 3, 3, 0, 2, 4};
    struct sx_layers l = layers_of(end, 5, 5);
    const int64_t want[] = {0, 1, 2, 1, 3};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(l.layer[i], want[i]);
    ck_assert_int_eq(l.widest, 2);
    ck_assert_double_eq(l.across[1] + l.across[3], 0);
    ck_assert_double_eq(fabs(l.across[1]), 0.5);
    sx_layers_free(&l);
}
END_TEST

/* The lines of a ladder do not cross, even if they are listed crosswise. */
START_TEST(lines_of_a_ladder_do_not_cross)
{
    int64_t end[] = {0, 1, 0, 2, 1, 4, 2, 3, 3, 5, 4, 5};
    struct sx_layers l = layers_of(end, 6, 6);
    ck_assert_int_eq(l.layer[5], 3);
    ck_assert((l.across[1] < l.across[2]) == (l.across[4] < l.across[3]));
    sx_layers_free(&l);
}
END_TEST

/* Nodes without lines are spread over the layers. A graph without any lines has one layer. */
START_TEST(nodes_without_lines)
{
    int64_t end[] = {0, 1, 1, 2};
    struct sx_layers l = layers_of(end, 2, 6);
    ck_assert_int_eq(l.n, 3);
    ck_assert_int_eq(l.widest, 2);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(l.layer[3 + i], i);
    sx_layers_free(&l);
    l = layers_of(end, 0, 3);
    ck_assert_int_eq(l.n, 1);
    ck_assert_int_eq(l.widest, 3);
    sx_layers_free(&l);
}
END_TEST

/* Nodes of a layer that are drawn equally keep their order. */
START_TEST(equal_nodes_keep_their_order)
{
    int64_t end[] = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0};
    struct sx_layers l = layers_of(end, 5, 6);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < i; k++)
            if (l.layer[i] == l.layer[k])
                ck_assert_double_lt(l.across[k], l.across[i]);
    sx_layers_free(&l);
}
END_TEST

/* ---- Pictures that records name ---- */

static void expect_behind(const char *text, const struct sx_picture *want)
{
    struct sx_picture got;
    ck_assert_msg(sx_figure_behind(record(text), "tests/data", &got, &error), "%s",
                  error.message);
    ck_assert(got.width == want->width && got.height == want->height &&
              got.channels == want->channels);
    size_t size = (size_t)(got.width * got.height * got.channels);
    ck_assert(memcmp(got.pixels, want->pixels, size) == 0);
    sx_picture_free(&got);
}

/* A record names a sample of an array, or a picture and how it was prepared. */
START_TEST(pictures_behind_records)
{
    struct sx_picture want;
    const struct sx_shape one = {4, {1, 1, 8, 8}};
    const struct sx_input array = {.want = &one, .lone = true};
    struct sx_reader *reader = sx_reader_open("tests/data/digits8.npy", &array, &error);
    bool end = false;
    ck_assert_msg(reader != NULL, "%s", error.message);
    for (int i = 0; i < 20; i++) {
        char text[200];
        struct sx_tensor sample = {0};
        ck_assert(sx_reader_next(reader, &sample, &end, &error) && !end);
        ck_assert(sx_picture_of(&sample, SX_LAYOUT_AUTO, &want, &error));
        snprintf(text, sizeof text,
                 "{\"id\":\"a/digits8.npy\",\"index\":%d,\"input\":{\"shape\":[1,1,8,8]}}", i);
        expect_behind(text, &want);
        sx_picture_free(&want);
        sx_tensor_free(&sample);
    }
    sx_reader_close(reader);
    ck_assert(!sx_figure_behind(record("{\"id\":\"digits8.npy\",\"index\":20,"
                                       "\"input\":{\"shape\":[1,1,8,8]}}"),
                                "tests/data", &want, &error));
    ck_assert_str_eq(error.message, "it has no sample 20");
    const struct sx_preprocess cut = {.crop = 40, .scale = 1, .std = {1, 1, 1}};
    const struct sx_shape shape = {4, {1, 3, 40, 40}};
    const struct sx_input how = {.pre = &cut, .want = &shape, .lone = true};
    struct sx_tensor sample = {0};
    reader = sx_reader_open("tests/data/picture-90x70.png", &how, &error);
    ck_assert(reader != NULL && sx_reader_next(reader, &sample, &end, &error));
    expect_behind(
        "{\"id\":\"picture-90x70.png\",\"index\":0,\"input\":{\"shape\":[1,3,40,40],"
        "\"picture\":{\"width\":0,\"height\":0,\"short_side\":0,\"crop\":40,\"scale\":1,"
        "\"mean\":[0,0,0],\"std\":[1,1,1],\"channels\":\"auto\",\"layout\":\"auto\"}}}",
        sx_reader_picture(reader));
    sx_tensor_free(&sample);
    sx_reader_close(reader);
}
END_TEST

/* ---- Files ---- */

/* The height of a chart below a title. */
static double height_under(const char *title)
{
    static const double values[24] = {1, -2, NAN, 3};
    static const char *const column[12] = {"a", "b", "c", "d", "e", "f",
                                           "g", "h", "i", "j", "k", "l"},
                             *const series[] = {"up", "down"};
    const struct sx_series_chart chart = {
        .what = "share", .column = column, .series = series, .n = 12, .m = 2, .values = values};
    const struct sx_series_chart two[] = {chart, chart};
    struct sx_figure_options o;
    struct sx_made made = {.o = &o, .format = SX_FIGURE_SVG};
    sx_figure_default(&o);
    error = (struct sx_error){0};
    ck_assert_msg(sx_plot_series(title, two, 2, &made, &error), "%s", error.message);
    const char *at = strstr((const char *)made.bytes, " height=\"");
    ck_assert_ptr_nonnull(at);
    double height = strtod(at + 9, NULL);
    free(made.bytes);
    return height;
}

/* A title is broken at the width of the chart. */
START_TEST(broken_titles)
{
    const char *line = "a title of fifty characters that stands in one line";
    ck_assert_double_eq(height_under("a title"), height_under(line));
}
END_TEST

/* Of the columns of a table the twelve are drawn that deviate most, in units of their spread if that
 * is known. */
START_TEST(table_columns)
{
    static const struct {
        int64_t channels;
        const char *left_out[2], *what;
    } cases[] = {{0, {"-g-", "-h-"}, "value"},
                 {1, {"-g-", "-h-"}, "deviation from the mean in standard deviations"},
                 {2, {"-f-", "-g-"}, "deviation from the mean in standard deviations"}};
    static const double mean[] = {0, 10}, sd[] = {1, 2};
    static const char *const series[] = {"row"};
    enum { N = 14 };
    char room[N][4];
    const char *names[N];
    float x[N];
    for (int i = 0; i < N; i++) {
        snprintf(room[i], sizeof room[i], "-%c-", 'a' + i);
        names[i] = room[i];
        x[i] = (float)i - 6.5F;
    }
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_figure_options o;
        struct sx_made made = {.o = &o, .format = SX_FIGURE_SVG};
        const struct sx_flint_origin origin = {.names = names,
                                               .n_names = N,
                                               .channels = cases[k].channels,
                                               .plane = cases[k].channels == 2 ? 7 : N,
                                               .mean = mean,
                                               .sd = sd};
        sx_figure_default(&o);
        ck_assert_msg(sx_plot_columns(&origin, "a table", (const float *const[]){x}, series, 1,
                                      N, &made, &error),
                      "%s", error.message);
        const char *page = (const char *)made.bytes;
        ck_assert_ptr_nonnull(strstr(page, cases[k].what));
        for (int i = 0; i < N; i++) {
            bool out = strcmp(names[i], cases[k].left_out[0]) == 0 ||
                       strcmp(names[i], cases[k].left_out[1]) == 0;
            ck_assert_msg((strstr(page, names[i]) == NULL) == out, "case %d: %s", (int)k,
                          names[i]);
        }
        free(made.bytes);
    }
}
END_TEST

/* The size of the picture of a record with an id of n letters. */
static void size_with_id(int n, double size[2])
{
    char id[301], text[500];
    struct sx_figure_options o;
    uint8_t *bytes = NULL;
    size_t ignored;
    int64_t drawn;
    memset(id, 'm', sizeof id);
    id[n] = '\0';
    snprintf(
        text, sizeof text,
        "{\"id\":\"%s\",\"attribution\":{\"shape\":[16],\"values\":[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7]}}",
        id);
    const struct sx_drawn item = {.record = record(text)};
    sx_figure_default(&o);
    ck_assert_msg(sx_figure_make(&o, &item, 1, SX_FIGURE_SVG, &bytes, &ignored, &drawn, &error),
                  "%s", error.message);
    const char *width = strstr((const char *)bytes, " width=\""),
               *height = strstr((const char *)bytes, " height=\"");
    ck_assert(width != NULL && height != NULL);
    size[0] = strtod(width + 8, NULL);
    size[1] = strtod(height + 9, NULL);
    free(bytes);
}

/* A long title takes more lines, not more width. */
START_TEST(long_titles)
{
    double small[2], large[2];
    size_with_id(8, small);
    size_with_id(300, large);
    ck_assert_double_eq(small[0], large[0]);
    ck_assert_double_gt(large[1], small[1]);
}
END_TEST

START_TEST(files)
{
    struct sx_figure_options o;
    struct sx_picture p;
    uint8_t *bytes = NULL;
    size_t size;
    int64_t drawn;
    sx_figure_default(&o);
    o.zoom = 2;
    const struct sx_drawn item = {
        .record = record("{\"id\":\"dir/x.csv\",\"names\":[\"a<b\"],\"attribution\":"
                         "{\"shape\":[1],\"values\":[1]}}")};
    ck_assert_msg(sx_figure_make(&o, &item, 1, SX_FIGURE_PNG, &bytes, &size, &drawn, &error),
                  "%s", error.message);
    ck_assert(sx_picture_decode(bytes, size, &p, &error));
    ck_assert(p.width >= 1200 && p.height >= 800);
    sx_picture_free(&p);
    /* 192 pixels an inch: twice the usual 96, as the zoom is 2 */
    const uint8_t *c = memmem(bytes, size, "pHYs", 4);
    ck_assert(c != NULL && (c[4] << 24 | c[5] << 16 | c[6] << 8 | c[7]) == 7559);
    free(bytes);
    ck_assert(sx_figure_make(&o, &item, 1, SX_FIGURE_SVG, &bytes, &size, &drawn, &error));
    ck_assert_ptr_nonnull(strstr((const char *)bytes, "<title>x.csv: record</title>"));
    ck_assert_ptr_nonnull(strstr((const char *)bytes, "\na&lt;b\n"));
    free(bytes);
    ck_assert(!sx_figure_make(&o, &item, 0, SX_FIGURE_SVG, &bytes, &size, &drawn, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
}
END_TEST

/* A graph of two components, and a node without lines. Each component begins at its own end. */
START_TEST(layers_of_parts)
{
    static const int64_t pairs[][2] = {{0, 1}, {1, 2}, {3, 4}};
    struct sx_edges edges = {0};
    struct sx_layers layers;
    edges.n = 3;
    edges.end = malloc(sizeof pairs);
    memcpy(edges.end, pairs, sizeof pairs);
    ck_assert(sx_layers_get(&layers, &edges, 5, &error));
    ck_assert_int_eq(layers.n, 3);
    for (int k = 0; k < 3; k++)
        ck_assert_int_eq(llabs(layers.layer[pairs[k][0]] - layers.layer[pairs[k][1]]), 1);
    ck_assert_int_eq(layers.layer[0], 0);
    ck_assert_int_eq(layers.layer[2], 2);
    ck_assert_int_eq(layers.layer[3], 0);
    ck_assert_int_eq(layers.layer[4], 1);
    ck_assert_int_eq(layers.widest, 2);
    sx_layers_free(&layers);
    free(edges.end);
}
END_TEST

/* The map of a page: each of at most 64 x 64 places has the mean of what it stands for. Values are 1000
 * times the row plus the column. */
static void expect_page_map(int rows, int columns)
{
    char *text = malloc((size_t)(rows * columns) * 8 + 200), *at = text;
    struct sx_figure_options o;
    struct sx_sink *sink = sx_sink_memory(&error);
    ck_assert(text != NULL && sink != NULL);
    at += sprintf(
        at,
        "{\"id\":\"x\",\"input\":{\"shape\":[1,1,%d,%d]},\"attribution\":{\"shape\":[%d,%d],"
        "\"values\":[",
        rows, columns, rows, columns);
    for (int i = 0; i < rows * columns; i++)
        at += sprintf(at, "%s%d", i > 0 ? "," : "", i / columns * 1000 + i % columns);
    strcpy(at, "]}}");
    const struct sx_drawn item = {.record = record(text)};
    sx_figure_default(&o);
    ck_assert_msg(sx_html_record(&o, &item, sink, &error), "%s", error.message);
    char *page = sx_sink_text(sink, &error), *end;
    const char *map = strstr(page, "data-v=\"[");
    ck_assert_ptr_nonnull(map);
    map += strlen("data-v=\"[");
    int high = rows < 64 ? rows : 64, wide = columns < 64 ? columns : 64;
    ck_assert_ptr_nonnull(strstr(page, wide == 64 ? "data-w=\"64\"" : "data-w=\"3\""));
    for (int i = 0; i < high * wide; i++) {
        int y0 = i / wide * rows / high, y1 = (i / wide + 1) * rows / high;
        int x0 = i % wide * columns / wide, x1 = (i % wide + 1) * columns / wide;
        double mean = 1000 * (y0 + y1 - 1) / 2.0 + (x0 + x1 - 1) / 2.0;
        ck_assert_double_eq_tol(strtod(map, &end), mean, 1e-6 * (1 + mean));
        ck_assert_int_eq(*end, i + 1 < high * wide ? ',' : ']');
        map = end + 1;
    }
    free(page);
    free(text);
}

/* The values of a page's map have their signs, and its picture is a whole file. */
START_TEST(page_signs_and_pictures)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct sx_figure_options o;
    uint8_t *bytes = NULL;
    size_t size, n = 0;
    int64_t drawn;
    sx_figure_default(&o);
    for (int k = 0; k < 3;
         k++) { /* ids of different lengths, as the last digits depend on it */
        char text[300];
        snprintf(text, sizeof text,
                 "{\"id\":\"%.*s\",\"input\":{\"shape\":[1,1,2,2]},\"attribution\":"
                 "{\"shape\":[2,2],\"values\":[1,-2,0,-0.5]}}",
                 k + 1, "xxx");
        const struct sx_drawn item = {.record = record(text)};
        struct sx_sink *sink = sx_sink_memory(&error);
        ck_assert(sink != NULL && sx_html_record(&o, &item, sink, &error));
        char *page = sx_sink_text(sink, &error);
        ck_assert_ptr_nonnull(strstr(page, "data-v=\"[1,-2,0,-0.5]\""));
        ck_assert(sx_figure_make(&o, &item, 1, SX_FIGURE_SVG, &bytes, &size, &drawn, &error));
        const char *at = strstr(page, ";base64,") + 8;
        unsigned word = 0;
        n = 0;
        for (size_t i = 0; at[i] != '"' && at[i] != '='; i++) {
            word = word << 6 | (unsigned)(strchr(digits, at[i]) - digits);
            if (i % 4 > 0)
                ck_assert_int_eq(bytes[n++], word >> (6 - 2 * (i % 4)) & 255U);
        }
        ck_assert_uint_eq(n, size);
        ck_assert_uint_eq(strcspn(at, "\"") % 4, 0);
        free(bytes);
        free(page);
    }
}
END_TEST

START_TEST(page_maps)
{
    expect_page_map(2, 3);
    expect_page_map(2, 130);
    expect_page_map(70, 64);
    expect_page_map(130, 3);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("figure");
    tcase_add_checked_fixture(c, NULL, teardown);
    SUITE_ADD(c, titles, subtitles, broken_titles, long_titles, table_columns, words,
              words_of_partitions, places_of_partitions, kinds_of_several_records, strips,
              page_maps, page_signs_and_pictures, numbers, ticks, signed_colours, terms,
              equal_terms, circle, chain, ring, lines_of_a_ladder_do_not_cross,
              nodes_without_lines, equal_nodes_keep_their_order, pictures_behind_records,
              layers_of_parts, files);
    tcase_add_loop_test(c, facts_of_records, 0, sizeof facts / sizeof facts[0]);
    tcase_add_loop_test(c, kinds_of_records, 0, sizeof kinds / sizeof kinds[0]);
    return suite_run();
}
