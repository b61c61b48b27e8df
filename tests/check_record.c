/* check_record.c - a result is one tree. JSON, text and tables are views of it. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/result.h"
#include "sextant/explain.h"
#include "suite.h"

static char path[] = "/tmp/check_record.XXXXXX";

static void start(void)
{
    close(mkstemp(path));
}

static void stop(void)
{
    unlink(path);
    strcpy(path + strlen(path) - 6, "XXXXXX");
}

static struct sx_sink *sink_of(void)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert_ptr_nonnull(sink);
    return sink;
}

static const char *written(struct sx_sink *sink)
{
    static char text[1 << 14];
    struct sx_error error = {0};
    ck_assert(sx_sink_finish(sink, true, &error));
    FILE *in = fopen(path, "rb");
    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

static struct sx_result *empty(void)
{
    struct sx_error error = {0};
    struct sx_result *r = sx_result_new(SX_FLOAT, &error);
    ck_assert_ptr_nonnull(r);
    return r;
}

/* A result as a line of JSON. */
static const char *finished(struct sx_result *r)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sink_of();
    ck_assert_msg(sx_result_json(r, sink, &error), "%s", error.message);
    sx_result_free(r);
    return written(sink);
}

static const struct sx_target target = {
    .output = "y", .index = 2, .label = "cat", .score = SX_SCORE_LOGIT, .value = 1.5};
static const struct sx_record about = {.tool = "ggig",
                                       .id = "a,b.csv",
                                       .index = 3,
                                       .model_file = "m.onnx",
                                       .model_sha256 = "00",
                                       .input_name = "x",
                                       .input_shape = {2, {1, 3}},
                                       .target = &target,
                                       .forward = 1,
                                       .seconds = -1};
static double map_data[] = {0.5, NAN, -2};
static const struct sx_tensor map = {SX_DOUBLE, {1, {3}}, map_data};

/* A record of an attribution with names, and of two interactions. */
static struct sx_result *attribution(void)
{
    struct sx_error error = {0};
    struct sx_result *r = sx_result_new(SX_FLOAT, &error);
    ck_assert_ptr_nonnull(r);
    sx_result_begin(r, &about);
    sx_put_list(r, "names");
    sx_put_text(r, NULL, "age");
    sx_put_text(r, NULL, "he said \"bp\"");
    sx_put_text(r, NULL, "x");
    sx_put_end(r);
    sx_put_text(r, "method", "ig");
    sx_put_tensor(r, "attribution", &map);
    sx_put_number(r, "sum", -1.5);
    sx_put_null(r, "completeness_gap");
    sx_put_list(r, "interactions");
    for (int k = 0; k < 2; k++) {
        sx_put_object(r, NULL);
        sx_put_list(r, "set");
        sx_put_int(r, NULL, k);
        sx_put_int(r, NULL, 2);
        sx_put_end(r);
        sx_put_number(r, "value", k + 0.25);
        sx_put_end(r);
    }
    sx_put_end(r);
    sx_result_end(r, &about);
    ck_assert(sx_result_ok(r, &error));
    return r;
}

static const char as_json[] =
    "{\"tool\":\"ggig\",\"version\":\"" SX_VERSION "\",\"id\":\"a,b.csv\",\"index\":3,"
    "\"model\":{\"file\":\"m.onnx\",\"sha256\":\"00\"},\"input\":{\"name\":\"x\",\"shape\":[1,3]},"
    "\"target\":{\"output\":\"y\",\"index\":2,\"label\":\"cat\",\"score\":\"logit\",\"value\":1.5},"
    "\"names\":[\"age\",\"he said \\\"bp\\\"\",\"x\"],\"method\":\"ig\","
    "\"attribution\":{\"shape\":[3],\"values\":[0.5,null,-2]},\"sum\":-1.5,"
    "\"completeness_gap\":null,\"interactions\":[{\"set\":[0,2],\"value\":0.25},"
    "{\"set\":[1,2],\"value\":1.25}],\"nonfinite\":1,\"cost\":{\"forward\":1,\"backward\":0},"
    "\"warnings\":[]}\n";

START_TEST(test_json)
{
    struct sx_error error = {0};
    struct sx_result *r = attribution();
    struct sx_sink *sink = sink_of();
    ck_assert(sx_result_json(r, sink, &error));
    ck_assert_str_eq(written(sink), as_json);
    sx_result_free(r);
}
END_TEST

/* A record that is read and written again has the same bytes. Missing members are NULL, and
 * nonfinite numbers are NaN. */
START_TEST(test_read)
{
    struct sx_error error = {0};
    struct sx_tensor t;
    struct sx_result *r = sx_result_read(as_json, strlen(as_json), &error);
    ck_assert_msg(r != NULL, "%s", error.message);
    const struct sx_datum *top = sx_result_top(r);
    ck_assert_str_eq(sx_datum_text(sx_datum_at(top, "target.label"), ""), "cat");
    ck_assert_double_eq(sx_datum_number(sx_datum_at(top, "target.value"), 0), 1.5);
    ck_assert_ptr_null(sx_datum_at(top, "target.nothing"));
    ck_assert_ptr_null(sx_datum_at(top, "id.x"));
    ck_assert(sx_datum_tensor(sx_datum_at(top, "attribution"), &t));
    ck_assert_int_eq(t.shape.rank, 1);
    ck_assert_double_eq(sx_tensor_get(&t, 2), -2);
    ck_assert(isnan(sx_tensor_get(&t, 1)));
    ck_assert_int_eq(sx_datum_count(sx_datum_at(top, "interactions")), 2);
    ck_assert_double_eq(sx_datum_element(sx_datum_at(top, "input.shape"), 1), 3);
    struct sx_sink *sink = sink_of();
    ck_assert(sx_result_json(r, sink, &error));
    ck_assert_str_eq(written(sink), as_json);
    sx_result_free(r);
}
END_TEST

START_TEST(test_bad_json)
{
    static const char *const bad[] = {"", "{", "{\"a\":1}x", "[1,]", "nul"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_error error = {0};
        ck_assert_ptr_null(sx_result_read(bad[i], strlen(bad[i]), &error));
        ck_assert_int_eq(error.status, SX_FAILED);
    }
    struct sx_error error = {0};
    char deep[200];
    memset(deep, '[', sizeof deep);
    ck_assert_ptr_null(sx_result_read(deep, sizeof deep, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
}
END_TEST

/* A list whose shape does not fit its number of values is no tensor. */
START_TEST(test_no_tensor)
{
    static const char *const bad[] = {"{\"shape\":[2],\"values\":[1]}",
                                      "{\"shape\":[-1],\"values\":[1]}",
                                      "{\"shape\":[1],\"values\":[\"a\"]}", "{\"values\":[1]}",
                                      "{\"shape\":[1,1,1,1,1,1,1,1,1,1,1],\"values\":[1]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_error error = {0};
        struct sx_tensor t;
        struct sx_result *r = sx_result_read(bad[i], strlen(bad[i]), &error);
        ck_assert_ptr_nonnull(r);
        ck_assert(!sx_datum_tensor(sx_result_top(r), &t));
        sx_result_free(r);
    }
}
END_TEST

static const char *table_of(const struct sx_view *view, char separator, bool by_element)
{
    struct sx_error error = {0};
    struct sx_table table = {.view = view, .separator = separator, .by_element = by_element};
    struct sx_sink *sink = sink_of();
    for (int k = 0; k < 2; k++) {
        struct sx_result *r = attribution();
        if (k == 0 || !by_element)
            ck_assert(sx_table_add(&table, r, sink, &error));
        sx_result_free(r);
    }
    struct sx_result *failed = sx_result_new(SX_FLOAT, &error);
    sx_result_failed(failed, &about, &(struct sx_error){.status = SX_FAILED, .message = "no"});
    ck_assert(sx_table_add(&table, failed, sink, &error));
    sx_result_free(failed);
    return written(sink);
}

START_TEST(test_table)
{
    const struct sx_view wide = {.columns = "attribution", .names = "names"};
    const struct sx_view terms = {.each = "interactions", .columns = "set,names,value"};
    ck_assert_str_eq(table_of(&wide, ',', false),
                     "id,index,method,age,\"he said \"\"bp\"\"\",x\n"
                     "\"a,b.csv\",3,ig,0.5,NaN,-2\n\"a,b.csv\",3,ig,0.5,NaN,-2\n"
                     "\"a,b.csv\",3,,,,\n");
    ck_assert_str_eq(table_of(&wide, '\t', true),
                     "id\tindex\tmethod\telement\tvalue\n"
                     "a,b.csv\t3\tig\tage\t0.5\na,b.csv\t3\tig\t\"he said \"\"bp\"\"\"\tNaN\n"
                     "a,b.csv\t3\tig\tx\t-2\na,b.csv\t3\t\t\t\n");
    ck_assert_str_eq(table_of(&terms, '\t', true),
                     "id\tindex\tmethod\tset\tnames\tvalue\n"
                     "a,b.csv\t3\tig\t0 2\t\t0.25\na,b.csv\t3\tig\t1 2\t\t1.25\n"
                     "a,b.csv\t3\t\t\t\t\n");
}
END_TEST

START_TEST(test_text)
{
    struct sx_error error = {0};
    const struct sx_view wide = {
        .scalars = "sum,completeness_gap:gap", .columns = "attribution", .names = "names"};
    const struct sx_view terms = {
        .each = "interactions", .columns = "value,names|set", .top = 1};
    struct sx_result *r = attribution();
    struct sx_sink *sink = sink_of();
    ck_assert(sx_result_text(r, &wide, "map\n", sink, &error));
    ck_assert(sx_result_text(r, &terms, NULL, sink, &error));
    ck_assert_str_eq(written(sink), "a,b.csv[3]  ig: cat (2), logit 1.5  sum -1.5\nmap\n"
                                    "  x                        -2\n"
                                    "  age                       0.5\n"
                                    "a,b.csv[3]  ig: cat (2), logit 1.5\n"
                                    "  value  set\n  0.25   0 2\n");
    sx_result_free(r);
}
END_TEST

START_TEST(test_kinds)
{
    struct sx_result *json = empty();
    float values[] = {1, 0.1F, NAN, -INFINITY, 3, 4};
    int64_t ints[] = {INT64_MIN, 9007199254740993};
    uint8_t bools[] = {1, 0};
    struct sx_tensor f = {SX_FLOAT, {2, {2, 3}}, values};
    struct sx_tensor i = {SX_INT, {1, {2}}, ints};
    struct sx_tensor b = {SX_BOOL, {1, {2}}, bools};
    sx_put_object(json, NULL);
    sx_put_tensor(json, "f", &f);
    sx_put_array(json, "i", &i);
    sx_put_array(json, "b", &b);
    sx_put_list(json, "a");
    sx_put_number(json, NULL, 0.1);
    sx_put_double(json, NULL, (double)0.1F);
    sx_put_int(json, NULL, -7);
    sx_put_list(json, NULL);
    sx_put_end(json);
    sx_put_object(json, NULL);
    sx_put_end(json);
    sx_put_bool(json, NULL, true);
    sx_put_bool(json, NULL, false);
    sx_put_text(json, NULL, NULL);
    sx_put_end(json);
    sx_put_end(json);
    ck_assert_int_eq(json->nonfinite, 2);
    ck_assert_str_eq(finished(json),
                     "{\"f\":{\"shape\":[2,3],\"values\":[1,0.1,null,null,3,4]},"
                     "\"i\":[-9223372036854775808,9007199254740993],\"b\":[1,0],"
                     "\"a\":[0.1,0.10000000149011612,-7,[],{},true,false,null]}\n");
}
END_TEST

START_TEST(test_strings)
{
    static const struct {
        const char *text, *json;
    } known[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\x7f\""},
        {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
         "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"\xff", "\"\xef\xbf\xbd\""},
        {"a\xc3", "\"a\xef\xbf\xbd\""},
        {"\xc3(", "\"\xef\xbf\xbd(\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe0\x80\x80x", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\""},
        {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf0\x9f\x98", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {NULL, "null"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sx_result *json = empty();
        sx_put_text(json, NULL, known[i].text);
        char line[80];
        snprintf(line, sizeof line, "%s\n", known[i].json);
        ck_assert_str_eq(finished(json), line);
    }
}
END_TEST

static const struct sx_target tabby = {.output = "logits",
                                       .index = 281,
                                       .label = "tabby, tabby cat",
                                       .score = SX_SCORE_LOGIT,
                                       .value = 12.25};

static const struct sx_record sample = {
    .tool = "ggig",
    .id = "cat.png",
    .index = 0,
    .model_file = "m.onnx",
    .model_sha256 = "00ff",
    .input_name = "data",
    .input_shape = {4, {1, 3, 224, 224}},
    .target = &tabby,
    .forward = 51,
    .backward = 50,
    .seconds = -1,
};

START_TEST(test_record)
{
    struct sx_result *json = empty();
    sx_result_begin(json, &sample);
    sx_put_object(json, "params");
    sx_put_int(json, "seed", 0);
    sx_put_end(json);
    sx_put_number(json, "sum", 1.5);
    sx_result_end(json, &sample);
    ck_assert_str_eq(finished(json),
                     "{\"tool\":\"ggig\",\"version\":\"" SX_VERSION
                     "\",\"id\":\"cat.png\",\"index\":0,"
                     "\"model\":{\"file\":\"m.onnx\",\"sha256\":\"00ff\"},"
                     "\"input\":{\"name\":\"data\",\"shape\":[1,3,224,224]},"
                     "\"target\":{\"output\":\"logits\",\"index\":281,"
                     "\"label\":\"tabby, tabby cat\",\"score\":\"logit\",\"value\":12.25},"
                     "\"params\":{\"seed\":0},\"sum\":1.5,"
                     "\"cost\":{\"forward\":51,\"backward\":50},\"warnings\":[]}\n");
}
END_TEST

/* Nonfinite numbers are counted for each record separately. Warnings, seconds and target are
 * written only if they are given. */
START_TEST(test_record_extras)
{
    static const char *const warnings[] = {"one", "two"};
    struct sx_record record = sample;
    record.warnings = warnings;
    record.warning_count = 2;
    record.seconds = 0.25;
    struct sx_target nameless = tabby;
    nameless.label = NULL;
    nameless.score = SX_SCORE_LOGPROB;
    record.target = &nameless;
    char *line[2];
    for (int i = 0; i < 2; i++) {
        struct sx_result *json = empty();
        sx_result_begin(json, &record);
        sx_put_number(json, "x", i == 0 ? NAN : 1);
        sx_result_end(json, &record);
        line[i] = strdup(finished(json));
        record.target = NULL;
    }
    char *text = line[0], *second = line[1];
    ck_assert_ptr_nonnull(strstr(text, "\"index\":281,\"label\":null,\"score\":\"logprob\""));
    ck_assert_ptr_nonnull(strstr(text, ",\"x\":null,\"nonfinite\":1,\"cost\":"));
    ck_assert_ptr_nonnull(strstr(text, ",\"warnings\":[\"one\",\"two\"],\"seconds\":0.25}"));
    ck_assert_ptr_null(strstr(second, "nonfinite"));
    ck_assert_ptr_null(strstr(second, "target"));
    free(second);
    free(text);
}
END_TEST

START_TEST(test_record_error)
{
    struct sx_result *json = empty();
    struct sx_error why = {.status = SX_FAILED, .message = "line 3: cell 2 is not a number"};
    struct sx_record record = sample;
    record.index = 3;
    sx_result_failed(json, &record, &why);
    ck_assert_str_eq(
        finished(json),
        "{\"tool\":\"ggig\",\"id\":\"cat.png\",\"index\":3,\"error\":{\"status\":1,"
        "\"message\":\"line 3: cell 2 is not a number\"}}\n");
}
END_TEST

/* ---- Options ---- */

struct settings {
    bool flag;
    int64_t steps;
    double eta;
    size_t memory;
    uint64_t seed;
    int how;
    const char *file;
    int both[2];
};

static bool parse_both(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    (void)row;
    struct settings *s = options;
    if (sscanf(text, "%d,%d", &s->both[0], &s->both[1]) == 2)
        return true;
    *error = (struct sx_error){.status = SX_USAGE, .message = "two numbers are wanted"};
    return false;
}

static void put_both(struct sx_result *r, const char *key, const void *options)
{
    sx_put_int(r, key, ((const struct settings *)options)->both[1]);
}

static const struct sx_option rows[] = {
    {.name = "flag", .kind = SX_OPTION_FLAG, SX_FIELD(struct settings, flag), .param = "flag"},
    {.name = "steps",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct settings, steps),
     .initial = "50",
     .low = 1,
     .high = 1000,
     .param = "steps"},
    {.name = "eta",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct settings, eta),
     .initial = "0.5",
     .low = 0,
     .high = 1,
     .param = "eta"},
    {.name = "max-mem", .kind = SX_OPTION_SIZE, SX_FIELD(struct settings, memory)},
    {.letter = 's',
     .name = "seed",
     .kind = SX_OPTION_SEED,
     SX_FIELD(struct settings, seed),
     .param = "seed"},
    {.name = "how",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct settings, how),
     .choices = "max|mean|abs",
     .initial = "mean",
     .param = "how"},
    {.name = "file", .kind = SX_OPTION_FILE, SX_FIELD(struct settings, file), .param = "file"},
    {.name = "both",
     .kind = SX_OPTION_PARSED,
     SX_FIELD(struct settings, both),
     .param = "both",
     .initial = "3,4",
     .parse = parse_both,
     .put = put_both}};
static const struct sx_options table = {"Settings", rows, sizeof rows / sizeof rows[0]};

static bool set(struct settings *s, const char *name, const char *text, struct sx_error *error)
{
    const struct sx_option *row = sx_option_find(&table, name);
    ck_assert_ptr_nonnull(row);
    return sx_option_set(row, s, text, error);
}

START_TEST(test_options)
{
    struct sx_error error = {0};
    struct settings s = {0};
    sx_option_defaults(&table, &s);
    ck_assert_int_eq(s.steps, 50);
    ck_assert_double_eq(s.eta, 0.5);
    ck_assert_int_eq(s.how, 1);
    ck_assert(set(&s, "flag", NULL, &error) && set(&s, "steps", "1000", &error) &&
              set(&s, "max-mem", "20M", &error) &&
              set(&s, "seed", "18446744073709551615", &error) &&
              set(&s, "how", "abs", &error) && set(&s, "file", "x.npy", &error));
    ck_assert(s.memory == (size_t)20 << 20);
    ck_assert(s.seed == UINT64_MAX);
    ck_assert_int_eq(s.how, 2);
    ck_assert_ptr_eq(sx_option_letter(&table, 's'), &rows[4]);
    ck_assert_ptr_null(sx_option_find(&table, "step"));
    s.seed = 7;
    struct sx_result *r = sx_result_new(SX_FLOAT, &error);
    sx_put_object(r, NULL);
    sx_put_options(r, &table, &s);
    sx_put_end(r);
    struct sx_sink *sink = sink_of();
    ck_assert(sx_result_json(r, sink, &error));
    ck_assert_str_eq(written(sink), "{\"flag\":true,\"steps\":1000,\"eta\":0.5,\"seed\":7,"
                                    "\"how\":\"abs\",\"file\":\"x.npy\",\"both\":4}\n");
    sx_result_free(r);
}
END_TEST

START_TEST(test_bad_options)
{
    static const char *const bad[][2] = {{"steps", "0"},   {"steps", "1001"},
                                         {"steps", "1.5"}, {"steps", ""},
                                         {"steps", "-1"},  {"eta", "1.01"},
                                         {"eta", "nan"},   {"eta", "x"},
                                         {"max-mem", "M"}, {"max-mem", "5X"},
                                         {"max-mem", "0"}, {"seed", "-1"},
                                         {"how", "min"},   {"how", ""},
                                         {"both", "1"},    {"seed", "18446744073709551616"}};
    struct settings s = {0};
    sx_option_defaults(&table, &s);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_error error = {0};
        ck_assert_msg(!set(&s, bad[i][0], bad[i][1], &error), "%s=%s", bad[i][0], bad[i][1]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    ck_assert_int_eq(s.steps, 50);
    ck_assert_double_eq(s.eta, 0.5);
}
END_TEST

/* ---- Preparation of pictures ---- */

static bool read_preparation(const char *text, struct sx_preprocess *p)
{
    struct sx_error error = {0};
    struct sx_result *r = sx_result_read(text, strlen(text), &error);
    ck_assert_msg(r != NULL, "%s", error.message);
    bool ok = sx_preparation_read(sx_datum_at(sx_result_top(r), "p"), p);
    sx_result_free(r);
    return ok;
}

START_TEST(test_preparation)
{
    const struct sx_preprocess was = {.width = 20,
                                      .height = 30,
                                      .short_side = -1,
                                      .crop = 8,
                                      .scale = 0.5,
                                      .mean = {1, 2, 3},
                                      .std = {4, 5, 6},
                                      .colour = SX_BGR,
                                      .layout = SX_NHWC};
    struct sx_preprocess is;
    struct sx_error error = {0};
    struct sx_result *r = sx_result_new(SX_FLOAT, &error);
    sx_put_object(r, NULL);
    sx_put_preparation(r, "p", &was);
    sx_put_end(r);
    char *text = sx_result_line(r, &error);
    sx_result_free(r);
    ck_assert_str_eq(text, "{\"p\":{\"width\":20,\"height\":30,\"short\":-1,\"crop\":8,"
                           "\"scale\":0.5,\"mean\":[1,2,3],\"std\":[4,5,6],"
                           "\"channels\":\"bgr\",\"layout\":\"nhwc\"}}");
    ck_assert(read_preparation(text, &is));
    ck_assert(is.width == 20 && is.height == 30 && is.short_side == -1 && is.crop == 8);
    ck_assert(is.scale == 0.5 && is.mean[2] == 3 && is.std[0] == 4);
    ck_assert(is.colour == SX_BGR && is.layout == SX_NHWC);
    /* fitted files of the first versions use another key */
    memcpy(strstr(text, "\"short\":-1,"), "\"short\":33,", 11);
    ck_assert(read_preparation(text, &is) && is.short_side == 33);
    ck_assert(read_preparation("{\"p\":{\"width\":0,\"height\":0,\"short_side\":7,\"crop\":0,"
                               "\"scale\":1,\"mean\":[0,0,0],\"std\":[1,1,1],"
                               "\"channels\":\"rgb\",\"layout\":\"nchw\"}}",
                               &is));
    ck_assert_int_eq(is.short_side, 7);
    /* a missing or impossible number fails, and becomes 0 */
    ck_assert(!read_preparation("{\"p\":{\"width\":1e9,\"crop\":3,\"std\":[0,1]}}", &is));
    ck_assert(is.width == 0 && is.crop == 3 && is.std[0] == 1);
    ck_assert(!read_preparation("{\"p\":7}", &is));
    free(text);
}
END_TEST

/* Many numbers are written by several threads, with the bytes of one thread. */
START_TEST(test_many_numbers)
{
    static const int64_t counts[] = {127, 129, 16383, 16384, 32768, 70001};
    struct sx_error error = {0};
    const int64_t n = counts[_i];
    double *values = sx_new((size_t)n, sizeof *values, &error);
    char *want = sx_new((size_t)n + 1, SX_NUMBER_SIZE + 1, &error);
    size_t at = 0;
    want[at++] = '[';
    for (int64_t i = 0; i < n; i++) {
        values[i] =
            i % 1000 == 7 ? NAN : sx_random_normal(5, 0, (uint64_t)i) / (double)(1 + i % 9);
        if (i > 0)
            want[at++] = ',';
        at += sx_number(want + at, values[i], SX_FLOAT);
    }
    strcpy(want + at, "]");
    const struct sx_tensor all = {SX_DOUBLE, {1, {n}}, values};
    for (int threads = 1; threads <= 3; threads++) {
        struct sx_result *r = empty();
        omp_set_num_threads(threads);
        sx_put_array(r, NULL, &all);
        char *line = sx_result_line(r, &error);
        ck_assert_msg(line != NULL && strcmp(line, want) == 0, "%d threads, %d numbers",
                      threads, (int)n);
        free(line);
        sx_result_free(r);
    }
    free(values);
    free(want);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("record");
    tcase_add_checked_fixture(c, start, stop);
    SUITE_ADD(c, test_json, test_read, test_bad_json, test_no_tensor, test_table, test_text,
              test_options, test_bad_options, test_kinds, test_strings, test_record,
              test_record_extras, test_record_error, test_preparation);
    tcase_add_loop_test(c, test_many_numbers, 0, 6);
    return suite_run();
}
