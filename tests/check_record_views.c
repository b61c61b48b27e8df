/* check_record_views.c - the edges of records: ties, ranges, single elements, names that begin with
 * other names, integers over the largest signed one, texts with line ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"
#include "sextant/explain.h"
#include "suite.h"

static struct sx_error error;

static struct sx_result *start(void)
{
    error = (struct sx_error){0};
    struct sx_result *r = sx_result_new(SX_FLOAT, &error);
    ck_assert_ptr_nonnull(r);
    sx_put_object(r, NULL);
    return r;
}

/* Closes the object and compares its line of JSON. Frees the result. */
static void gives(struct sx_result *r, const char *json)
{
    sx_put_end(r);
    char *line = sx_result_line(r, &error);
    ck_assert_msg(line != NULL, "%s", error.message);
    ck_assert_str_eq(line, json);
    free(line);
    sx_result_free(r);
}

/* A result that is read from JSON. */
static struct sx_result *parsed(const char *text)
{
    error = (struct sx_error){0};
    struct sx_result *r = sx_result_read(text, strlen(text), &error);
    ck_assert_msg(r != NULL, "%s", error.message);
    return r;
}

START_TEST(largest_elements_in_order_of_places)
{
    double values[] = {1, -2, NAN, 2, 1};
    const char *const names[] = {"a", "b", "c", "d", "e"};
    const struct sx_tensor t = {SX_DOUBLE, {1, {5}}, values};
    struct sx_result *r = start();
    sx_put_top(r, "top", &t, 3, names);
    sx_put_top(r, "all", &t, 9, NULL);
    gives(r, "{\"top\":[{\"index\":1,\"name\":\"b\",\"value\":-2},"
             "{\"index\":3,\"name\":\"d\",\"value\":2},"
             "{\"index\":0,\"name\":\"a\",\"value\":1}],"
             "\"all\":[{\"index\":1,\"name\":null,\"value\":-2},"
             "{\"index\":3,\"name\":null,\"value\":2},"
             "{\"index\":0,\"name\":null,\"value\":1},"
             "{\"index\":4,\"name\":null,\"value\":1}]}");
}
END_TEST

/* 1e300 is no float. It is null and counted, unless the precision is that of doubles. */
START_TEST(numbers_over_the_largest_float)
{
    double values[] = {1e300, 3e38, 4e38};
    const struct sx_tensor t = {SX_DOUBLE, {1, {3}}, values};
    struct sx_result *r = start();
    sx_put_array(r, "a", &t);
    ck_assert_int_eq(r->nonfinite, 2);
    sx_put_double(r, "b", 1e300);
    sx_put_derived(r, "c", INFINITY);
    ck_assert_int_eq(r->nonfinite, 2);
    gives(r, "{\"a\":[null,3e38,null],\"b\":1e300,\"c\":null}");
    r = sx_result_new(SX_DOUBLE, &error);
    sx_put_object(r, NULL);
    sx_put_array(r, "a", &t);
    ck_assert_int_eq(r->nonfinite, 0);
    gives(r, "{\"a\":[1e300,3e38,4e38]}");
}
END_TEST

START_TEST(copies_own_their_arrays)
{
    static const char json[] = "{\"n\":[18446744073709551615,7],\"x\":[0.5,null],\"t\":[1,0],"
                               "\"list\":[null,true,-3,0.1,\"a\",{\"k\":[]}]}";
    int64_t naturals[] = {-1, 7};
    double reals[] = {0.5, NAN};
    uint8_t bools[] = {1, 0};
    const struct sx_tensor n = {SX_INT, {1, {2}}, naturals}, x = {SX_DOUBLE, {1, {2}}, reals},
                           t = {SX_BOOL, {1, {2}}, bools};
    struct sx_result *r = start();
    sx_put_naturals(r, "n", &n);
    sx_put_array(r, "x", &x);
    sx_put_array(r, "t", &t);
    sx_put_json(r, "list", "[null,true,-3,0.1,\"a\",{\"k\":[]}]");
    sx_put_end(r);
    struct sx_result *copy = sx_result_copy(r, &error);
    ck_assert_msg(copy != NULL, "%s", error.message);
    ck_assert_double_eq(sx_datum_element(sx_datum_at(sx_result_top(copy), "n"), 0), 0x1p64);
    ck_assert_int_eq(copy->nonfinite, 1);
    sx_result_free(r);
    memset(naturals, 0, sizeof naturals);
    memset(reals, 0, sizeof reals);
    memset(bools, 0, sizeof bools);
    gives(copy, json);
}
END_TEST

/* Keys are compared whole. Positions in lists are counted from 0. */
START_TEST(members)
{
    struct sx_result *r = parsed(
        "{\"index2\":1,\"index\":2,\"ind\":3,\"list\":[{\"a\":4},{\"a\":5}],\"true\":true,"
        "\"text\":\"9\",\"nothing\":null,\"numbers\":[1,null],\"nulls\":[null,null]}");
    const struct sx_datum *top = sx_result_top(r);
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "index"), 0), 2);
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "ind"), 0), 3);
    ck_assert_ptr_null(sx_datum_at(top, "inde"));
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "list.0.a"), 0), 4);
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "list.1.a"), 0), 5);
    ck_assert_ptr_null(sx_datum_at(top, "list.2"));
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "true"), 7), 1);
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "text"), 7), 7);
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "nothing"), 7), 7);
    ck_assert_int_eq(sx_datum_at(top, "numbers")->kind, SX_ARRAY);
    ck_assert_int_eq(sx_datum_at(top, "nulls")->kind, SX_LIST);
    ck_assert_int_eq(sx_datum_count(sx_datum_at(top, "nulls")), 2);
    ck_assert(isnan(sx_datum_element(sx_datum_at(top, "numbers"), 2)));
    ck_assert(isnan(sx_datum_element(sx_datum_at(top, "numbers"), -1)));
    sx_result_free(r);
}
END_TEST

/* ---- Maps ---- */

/* Compares the only map of a record. */
static void map_is(const char *json, bool contributions, struct sx_shape shape,
                   const double *values)
{
    struct sx_record_map map;
    struct sx_result *r = parsed(json);
    ck_assert(sx_record_map(sx_result_top(r), 0, &map, &error));
    ck_assert_msg(map.values.data != NULL, "%s", json);
    ck_assert(sx_shape_equal(&map.values.shape, &shape));
    ck_assert_int_eq(map.contributions, contributions);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        ck_assert_double_eq(sx_tensor_get(&map.values, i), values[i]);
    sx_record_map_free(&map);
    ck_assert(sx_record_map(sx_result_top(r), 1, &map, &error));
    ck_assert_ptr_null(map.values.data);
    sx_record_map_free(&map);
    sx_result_free(r);
}

START_TEST(maps_of_interactions)
{
    map_is("{\"players\":3,\"interactions\":[{\"set\":[0,2],\"value\":0.25},"
           "{\"set\":[1],\"value\":3}]}",
           true, (struct sx_shape){2, {3, 3}}, (double[]){0, 0, 0.25, 0, 3, 0, 0.25, 0, 0});
    /* without the number of players it is that of the largest one */
    map_is("{\"interactions\":[{\"set\":[2],\"mean\":0.5},{\"set\":[0],\"strength\":-1}]}",
           true, (struct sx_shape){1, {3}}, (double[]){-1, 0, 0.5});
    struct sx_record_map map;
    struct sx_result *r = parsed("{\"interactions\":[{\"set\":[0,1,2],\"value\":1}]}");
    ck_assert(sx_record_map(sx_result_top(r), 0, &map, &error));
    ck_assert_ptr_null(map.values.data); /* a third order is neither a vector nor a matrix */
    sx_result_free(r);
}
END_TEST

/* A gradient is no contribution, unless it is multiplied by the input. */
START_TEST(maps_that_add_up)
{
    static const struct {
        const char *method, *times;
        bool contributions;
    } cases[] = {{"grad", "false", false},      {"grad", "true", true},
                 {"ig", "false", false},        {"vargrad", "false", false},
                 {"inputxgrad", "false", true}, {"blur-ig", "false", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[200];
        snprintf(json, sizeof json,
                 "{\"tool\":\"ggig\",\"method\":\"%s\",\"params\":{\"times_input\":%s},"
                 "\"attribution\":{\"shape\":[2],\"values\":[1,2]}}",
                 cases[i].method, cases[i].times);
        map_is(json, cases[i].contributions, (struct sx_shape){1, {2}}, (double[]){1, 2});
    }
}
END_TEST

/* ---- Texts and tables ---- */

/* What `write` would show of the record, as a text that is freed by the caller. */
static char *text_of(const struct sx_view *view, const char *json)
{
    struct sx_result *r = parsed(json);
    struct sx_sink *sink = sx_sink_memory(&error);
    ck_assert_msg(sx_result_text(r, view, NULL, sink, &error), "%s", error.message);
    sx_result_free(r);
    return sx_sink_text(sink, &error);
}

START_TEST(texts)
{
    const struct sx_view array = {.columns = "a"}, two = {.columns = "a", .top = 2},
                         scalar = {.scalars = "x,y:why,z"},
                         ranked = {.each = "rows", .columns = "n,v", .rank = "v", .top = 3};
    /* of equal sizes the first one comes first; at most ten, unless the view says how many */
    char *text =
        text_of(&array, "{\"a\":{\"shape\":[12],\"values\":[1,2,3,-3,4,5,6,7,8,9,10,11]}}");
    ck_assert_str_eq(text, "summary\n"
                           "  11                        11\n  10                        10\n"
                           "  9                         9\n  8                         8\n"
                           "  7                         7\n  6                         6\n"
                           "  5                         5\n  4                         4\n"
                           "  2                         3\n  3                        -3\n");
    free(text);
    text = text_of(&two, "{\"a\":{\"shape\":[1,3],\"values\":[1,-1,1]}}");
    ck_assert_str_eq(text, "summary\n  0                         1\n"
                           "  1                        -1\n");
    free(text);
    text = text_of(&scalar, "{\"x\":0.12345678,\"y\":true,\"z\":null}");
    ck_assert_str_eq(text, "summary  x 0.123457  why yes\n");
    free(text);
    text =
        text_of(&ranked, "{\"rows\":[{\"n\":1,\"v\":1},{\"n\":2,\"v\":-2},{\"n\":3,\"v\":null},"
                         "{\"n\":4,\"v\":2},{\"n\":5,\"v\":0.5}]}");
    ck_assert_str_eq(text, "summary\n  n  v\n  2  -2\n  4  2\n  1  1\n");
    free(text);
}
END_TEST

static char *table_of(const struct sx_view *view, char separator, const char *json)
{
    struct sx_table table = {.view = view, .separator = separator};
    struct sx_result *r = parsed(json);
    struct sx_sink *sink = sx_sink_memory(&error);
    ck_assert_msg(sx_table_add(&table, r, sink, &error), "%s", error.message);
    sx_result_free(r);
    return sx_sink_text(sink, &error);
}

/* RFC 4180: a cell with a separator, a quote, CR or LF is quoted. */
START_TEST(cells)
{
    static const char *const cases[][3] = {{"a", ",", "a"},
                                           {"a b", ",", "a b"},
                                           {"a,b", ",", "\"a,b\""},
                                           {"a,b", "\t", "a,b"},
                                           {"a\\tb", "\t", "\"a\tb\""},
                                           {"a\\rb", ",", "\"a\rb\""},
                                           {"a\\nb", ",", "\"a\nb\""},
                                           {"a\\\"b", ",", "\"a\"\"b\""}};
    const struct sx_view view = {.columns = "x"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[80], want[80], separator = cases[i][1][0];
        snprintf(json, sizeof json, "{\"id\":\"i\",\"index\":0,\"x\":\"%s\"}", cases[i][0]);
        snprintf(want, sizeof want, "id%cindex%cx\ni%c0%c%s\n", separator, separator, separator,
                 separator, cases[i][2]);
        char *text = table_of(&view, separator, json);
        ck_assert_str_eq(text, want);
        free(text);
    }
}
END_TEST

/* Axes of one element have no part in the name of a place, unless there is one element only. */
START_TEST(places)
{
    const struct sx_view view = {.columns = "x"};
    char *text =
        table_of(&view, ',', "{\"id\":\"i\",\"x\":{\"shape\":[1,2,1,2],\"values\":[5,6,7,8]}}");
    ck_assert_str_eq(text, "id,index,\"0,0\",\"0,1\",\"1,0\",\"1,1\"\ni,,5,6,7,8\n");
    free(text);
    text = table_of(&view, ',', "{\"id\":\"i\",\"x\":{\"shape\":[1,1],\"values\":[5]}}");
    ck_assert_str_eq(text, "id,index,\"0,0\"\ni,,5\n");
    free(text);
}
END_TEST

/* ---- Ranges ---- */

struct settings {
    int64_t steps, least;
    double eta, above;
    size_t memory;
};

static const struct sx_option rows[] = {
    {.name = "steps",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct settings, steps),
     .low = 1,
     .high = 9},
    {.name = "least", .kind = SX_OPTION_COUNT, SX_FIELD(struct settings, least), .low = 2},
    {.name = "eta",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct settings, eta),
     .low = -1,
     .high = 1},
    {.name = "above",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct settings, above),
     .low = 0.5,
     .high = INFINITY},
    {.name = "max-mem", .kind = SX_OPTION_SIZE, SX_FIELD(struct settings, memory)}};
static const struct sx_options table = {"Settings", rows, sizeof rows / sizeof rows[0]};

/* Both ends of each range belong to it. */
START_TEST(ends_of_ranges)
{
    static const struct {
        const char *name, *text, *refusal; /* refusal NULL: it is taken */
    } cases[] = {
        {"steps", "1", NULL},
        {"steps", "9", NULL},
        {"steps", "0", "a whole number from 1 to 9"},
        {"steps", "10", "a whole number from 1 to 9"},
        {"least", "2", NULL},
        {"least", "9223372036854775807", NULL},
        {"least", "1", "a whole number of at least 2"},
        {"least", "9223372036854775808", "a whole number of at least 2"},
        {"eta", "-1", NULL},
        {"eta", "1", NULL},
        {"eta", "-1.01", "a number from -1 to 1"},
        {"eta", "1.01", "a number from -1 to 1"},
        {"above", "0.5", NULL},
        {"above", "1e300", NULL},
        {"above", "0.49", "a number of at least 0.5"},
        {"max-mem", "1", NULL},
        {"max-mem", "1.5k", NULL},
        {"max-mem", "0.5", "bytes, or K, M, G of them"},
        {"max-mem", "1MB", "bytes, or K, M, G of them"},
        {"max-mem", "1048577T", "bytes, or K, M, G of them"},
        {"max-mem", "1048576T", NULL},
    };
    struct settings s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error = (struct sx_error){0};
        bool taken =
            sx_option_set(sx_option_find(&table, cases[i].name), &s, cases[i].text, &error);
        ck_assert_msg(taken == (cases[i].refusal == NULL), "--%s=%s: %s", cases[i].name,
                      cases[i].text, error.message);
        if (cases[i].refusal != NULL)
            ck_assert_msg(strstr(error.message, cases[i].refusal) != NULL, "%s", error.message);
    }
    static const size_t sizes[] = {1, 1 << 10, 1 << 20, 1 << 30, (size_t)1 << 40};
    static const char *const texts_of_sizes[] = {"1", "1K", "1m", "1G", "1T"};
    for (int i = 0; i < 5; i++) {
        ck_assert(sx_option_set(&rows[4], &s, texts_of_sizes[i], &error));
        ck_assert_uint_eq(s.memory, sizes[i]);
    }
    ck_assert(sx_option_set(&rows[4], &s, "1.5k", &error) && s.memory == 1536);
}
END_TEST

/* Sides are from -1, which is that of the model, to 2^20. */
START_TEST(sides_of_pictures)
{
    static const struct {
        const char *side;
        bool fits;
    } cases[] = {{"-2", false}, {"-1", true},      {"0", true},       {"1.5", false},
                 {"1", true},   {"1048576", true}, {"1048577", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[300];
        struct sx_preprocess p;
        snprintf(json, sizeof json,
                 "{\"width\":%s,\"height\":0,\"short\":0,\"crop\":0,\"scale\":1,"
                 "\"mean\":[0,0,0],\"std\":[1,1,1],\"channels\":\"rgb\",\"layout\":\"nchw\"}",
                 cases[i].side);
        struct sx_result *r = parsed(json);
        ck_assert_msg(sx_preparation_read(sx_result_top(r), &p) == cases[i].fits, "%s",
                      cases[i].side);
        sx_result_free(r);
    }
}
END_TEST

/* The time is a key of its own, even if it is 0. */
START_TEST(seconds_of_zero)
{
    struct sx_record record = {.tool = "t",
                               .id = "i",
                               .model_file = "m",
                               .model_sha256 = "0",
                               .input_name = "x",
                               .truth = "3.0",
                               .partial = true};
    struct sx_result *r = sx_result_new(SX_FLOAT, &error);
    sx_result_begin(r, &record);
    sx_result_end(r, &record);
    char *line = sx_result_line(r, &error);
    ck_assert_str_eq(line,
                     "{\"tool\":\"t\",\"version\":\"" SX_VERSION
                     "\",\"id\":\"i\",\"index\":0,\"model\":{\"file\":\"m\",\"sha256\":\"0\"},"
                     "\"input\":{\"name\":\"x\",\"shape\":[]},\"partial\":true,\"truth\":3,"
                     "\"cost\":{\"forward\":0,\"backward\":0},\"warnings\":[],"
                     "\"seconds\":0}");
    free(line);
    sx_result_free(r);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("record_views");
    SUITE_ADD(c, largest_elements_in_order_of_places, numbers_over_the_largest_float,
              copies_own_their_arrays, members, maps_of_interactions, maps_that_add_up, texts,
              cells, places, ends_of_ranges, sides_of_pictures, seconds_of_zero);
    return suite_run();
}
