/* check_io_reader.c - reads samples from arrays, archives, text and pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "io/io.h"
#include "io/picture.h"
#include "suite.h"

/* ---- Arrays ----------------------------------------------------------------------------- */

static void make_npy(struct sx_shape shape, bool fortran)
{
    static uint8_t bytes[1 << 16];
    ti_make(bytes, ti_npy(bytes, &shape, fortran));
}

START_TEST(test_shapes)
{
    static const struct {
        struct sx_shape want, array, sample;
        int64_t count; /* -1: the shape does not fit */
    } known[] = {
        {{2, {-1, 10}}, {2, {1, 10}}, {2, {1, 10}}, 1},
        {{2, {-1, 10}}, {2, {7, 10}}, {2, {1, 10}}, 7},
        {{2, {-1, 10}}, {1, {10}}, {2, {1, 10}}, 1},
        {{2, {-1, 10}}, {3, {7, 1, 10}}, {2, {1, 10}}, 7},
        {{2, {1, 10}}, {2, {7, 10}}, {2, {1, 10}}, 7},
        {{2, {-1, -1}}, {2, {7, 10}}, {2, {1, 10}}, 7},
        {{2, {4, 10}}, {2, {4, 10}}, {2, {4, 10}}, 1},
        {{2, {4, 10}}, {2, {8, 10}}, {2, {4, 10}}, 2},
        {{2, {4, 10}}, {3, {3, 4, 10}}, {2, {4, 10}}, 3},
        {{4, {-1, 3, 4, 5}}, {3, {3, 4, 5}}, {4, {1, 3, 4, 5}}, 1},
        {{4, {1, 3, -1, -1}}, {4, {2, 3, 4, 5}}, {4, {1, 3, 4, 5}}, 2},
        {{0, {0}}, {0, {0}}, {0, {0}}, 1},
        {{0, {0}}, {1, {3}}, {0, {0}}, 3},
        {{1, {-1}}, {1, {5}}, {1, {1}}, 5},
        {{1, {5}}, {1, {5}}, {1, {5}}, 1},
        {{1, {5}}, {2, {6, 5}}, {1, {5}}, 6},
        {{2, {-1, 10}}, {2, {7, 11}}, {0, {0}}, -1},
        {{2, {-1, 10}}, {1, {11}}, {0, {0}}, -1},
        {{2, {4, 10}}, {1, {10}}, {0, {0}}, -1},
        {{2, {4, 10}}, {2, {6, 10}}, {0, {0}}, -1},
        {{2, {4, 10}}, {2, {3, 10}}, {0, {0}}, -1},
        {{2, {-1, 10}}, {3, {7, 2, 10}}, {0, {0}}, -1},
        {{2, {-1, 10}}, {4, {1, 1, 1, 10}}, {0, {0}}, -1},
        {{2, {-1, 10}}, {0, {0}}, {0, {0}}, -1},
        {{4, {-1, 3, 4, 5}}, {2, {4, 5}}, {0, {0}}, -1},
        {{2, {0, 10}}, {2, {1, 10}}, {0, {0}}, -1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (int fortran = 0; fortran < 2; fortran++) {
            make_npy(known[i].array, fortran);
            if (known[i].count < 0) {
                ti_refused(ti_path, &known[i].want, "does not fit the model's input [");
                continue;
            }
            struct sx_reader *reader = ti_open(ti_path, &known[i].want);
            ck_assert_int_eq(sx_reader_count(reader), known[i].count);
            /* Each element is its position in the file. In Fortran order that goes down the
             * columns. */
            int64_t n = sx_count(&known[i].sample);
            if (fortran)
                n = known[i].array.rank > known[i].sample.rank ? 1 : known[i].sample.dim[0];
            for (int64_t k = 0; k < known[i].count; k++)
                ti_expect(reader, &known[i].sample, (double)(k * n));
            ti_expect_end(reader);
        }
    struct sx_shape want = {3, {-1, 3, -1}};
    make_npy((struct sx_shape){2, {2, 5}}, false);
    ti_refused(ti_path, &want, "shape [2,5] does not fit the model's input [N,3,?]");
}
END_TEST

/* If no shape is wanted, an array is one sample. */
START_TEST(test_any_shape)
{
    struct sx_shape shape = {3, {2, 3, 4}}, unknown = {-1, {0}};
    make_npy(shape, false);
    struct sx_reader *reader = ti_open(ti_path, NULL);
    ti_expect(reader, &shape, 0);
    ti_expect_end(reader);
    reader = ti_open(ti_path, &unknown);
    ti_expect(reader, &shape, 0);
    ti_expect_end(reader);
}
END_TEST

/* The number of samples without elements is limited. */
START_TEST(test_empty_samples)
{
    struct sx_shape want = {2, {-1, -1}};
    make_npy((struct sx_shape){2, {1000000000, 0}}, false);
    ti_refused(ti_path, &want, "without elements");
    make_npy((struct sx_shape){2, {3, 0}}, false);
    struct sx_reader *reader = ti_open(ti_path, &want);
    for (int i = 0; i < 3; i++)
        ti_expect(reader, &(struct sx_shape){2, {1, 0}}, 0);
    ti_expect_end(reader);
}
END_TEST

/* Two hundred megabytes from a pipe are read in little memory. */
START_TEST(test_pipe)
{
    enum { ROW = 100000, ROWS = 2000 };
    static uint8_t bytes[ROW + 200];
    struct sx_shape shape = {2, {ROWS, ROW}}, want = {2, {-1, ROW}}, sample = {2, {1, ROW}};
    char header[128];
    size_t n = (size_t)snprintf(header, sizeof header,
                                "{'descr': '|b1', 'fortran_order': False, 'shape': (%d, %d)}",
                                ROWS, ROW);
    int end[2];
    ck_assert_int_eq(pipe(end), 0);
    if (fork() == 0) {
        uint8_t start[10] = "\x93NUMPY\1\0";
        start[8] = (uint8_t)n;
        bool ok = write(end[1], start, 10) == 10 && write(end[1], header, n) == (ssize_t)n;
        bytes[0] = 1;
        for (int i = 0; ok && i < ROWS; i++)
            ok = write(end[1], bytes, ROW) == ROW;
        _exit(0);
    }
    close(end[1]);
    ck_assert_int_eq(dup2(end[0], 0), 0);
    close(end[0]);
    long before = ti_memory();
    struct sx_reader *reader = ti_open("-", &want);
    ck_assert_int_eq(sx_reader_count(reader), shape.dim[0]);
    for (int i = 0; i < ROWS; i++)
        ti_expect(reader, &sample, 1);
    ti_expect_end(reader);
    ck_assert_int_lt(ti_memory() - before, 30000);
}
END_TEST

/* From a pipe that ends early, complete samples are read. The next one is an error. */
START_TEST(test_short_pipe)
{
    uint8_t bytes[512];
    struct sx_shape shape = {2, {4, 10}}, want = {2, {-1, 10}}, sample = {2, {1, 10}};
    size_t n = ti_npy(bytes, &shape, false);
    for (int extra = -15; extra <= 1; extra += 16) {
        ti_pipe(bytes, (size_t)((int)n + extra), 1);
        struct sx_reader *reader = ti_open("-", &want);
        for (int i = 0; i < (extra < 0 ? 2 : 3); i++) /* of four samples */
            ti_expect(reader, &sample, 10 * i);
        ti_expect_failure(reader, extra < 0 ? "fewer" : "more");
        ti_expect_end(reader);
    }
}
END_TEST

/* ---- Text ------------------------------------------------------------------------------- */

static struct sx_reader *text(const char *content, const struct sx_shape *want)
{
    ti_make(content, strlen(content));
    return ti_open(ti_path, want);
}

START_TEST(test_separators)
{
    static const char *const same[] = {
        "1,2.5,-3\n4,5,6e1\n",
        "1\t2.5\t-3\n4\t5\t6e1\n",
        "1;2.5;-3\n4;5;6e1",
        "1 2.5 -3\n4 5 6e1\n",
        "  1   2.5  -3\n4 5 60\n",
        "1, 2.5, -3\r\n4, 5, 60\r\n",
        "1,2.5,-3\r4,5,60\r",
        "\r\r1,2.5,-3\r\r\n4,5,60",
        "\n\n1,2.5,-3\n \n4,5,60\n\n\n",
        "\357\273\2771,2.5,-3\n4,5,60",
        "\"1\",\"2.5\",\"-3\"\n4,5,60",
        "a,b,c\n1,2.5,-3\n4,5,60",
        "# a b c\n1 2.5 -3\n4 5 60\n",
    };
    struct sx_shape want = {2, {-1, 3}}, sample = {2, {1, 3}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct sx_reader *reader = text(same[i], &want);
        ck_assert_int_eq(sx_reader_count(reader), -1);
        ti_expect(reader, &sample, 1);
        struct sx_error error = {0};
        struct sx_tensor row;
        bool end;
        ck_assert_msg(sx_reader_next(reader, &row, &end, &error), "%s: %s", same[i],
                      error.message);
        ck_assert_int_eq(row.type, SX_DOUBLE);
        ck_assert(sx_tensor_get(&row, 0) == 4 && sx_tensor_get(&row, 2) == 60);
        sx_tensor_free(&row);
        ti_expect_end(reader);
    }
}
END_TEST

START_TEST(test_header)
{
    static const struct {
        const char *text, *names[4];
    } known[] = {
        {"age,bp\n1,2\n", {"age", "bp"}},
        {"mean radius\tworst area\n1\t2", {"mean radius", "worst area"}},
        {"mean radius,\"area, worst\"\n1,2", {"mean radius", "area, worst"}},
        {"\"a \"\"b\"\"\",c\n1,2", {"a \"b\"", "c"}},
        {"one name\n1\n2\n", {"one name"}},
        {"x y z\n1 2 3\n", {"x", "y", "z"}},
        {"# x y\n1 2\n", {"x", "y"}},
        {",a\n0,1\n", {"", "a"}},
        {"\ta\n0\t1\n", {"", "a"}},
        {"id,2019\n0,1\n", {NULL}},
        {"year 2019\n0\n", {"year 2019"}},
        {"NA,a\n0,1\n", {"NA", "a"}},
        {"nan,a\n0,1\n", {NULL}},
        {"inf,a\n0,1\n", {NULL}},
        {"NA,,null\n0,1,2\n", {NULL}},
        {"a,b\r1,2\r", {"a", "b"}},
        {"# 1 b\n1 2\n", {"1", "b"}},
        {"a;b\r\n1;2\r\n", {"a", "b"}},
        {"weight, kg;height, cm\n1;2\n", {"weight, kg", "height, cm"}},
        {"a, b\tc; d\n1\t2\n", {"a, b", "c; d"}},
        {"first name,last name\n1,2\n", {"first name", "last name"}},
        {"1,2\n", {NULL}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sx_reader *reader = text(known[i].text, NULL);
        for (size_t k = 0; k < 4; k++) {
            const char *name = sx_reader_feature(reader, k);
            ck_assert_int_eq(name == NULL, known[i].names[k] == NULL);
            if (name == NULL)
                break;
            ck_assert_str_eq(name, known[i].names[k]);
        }
        sx_reader_close(reader);
    }
}
END_TEST

/* A bad line is an error with its number. The next line is read. */
START_TEST(test_bad_lines)
{
    struct sx_shape want = {2, {-1, 2}}, sample = {2, {1, 2}};
    struct sx_reader *reader =
        text("a,b\n1,2\n\n3,x\n4\n5,6,7\n8,$\n1.2.3,4\n0x10,1\n9,10\n", &want);
    ti_expect(reader, &sample, 1);
    ti_expect_failure(reader, "line 4: cell 2 (b), 'x', is not a number");
    ti_expect_failure(reader, "line 5: 1 numbers where lines before have 2");
    ti_expect_failure(reader, "line 6: 3 numbers where lines before have 2");
    ti_expect_failure(reader, "line 7: cell 2 (b), '$', is not a number");
    ti_expect_failure(reader, "line 8: cell 1 (a), '1.2.3', is not a number");
    ti_expect_failure(reader, "line 9: cell 1");
    ti_expect(reader, &sample, 9);
    ti_expect_end(reader);

    reader = text("1,x\n3,4\n", &want);
    ti_expect_failure(reader, "line 1: cell 2");
    ti_expect(reader, &sample, 3);
    ti_expect_end(reader);

    /* if semicolons separate, a comma is a decimal point */
    reader = text("0.5;1\n1,5;2,5\n", &want);
    ti_expect(reader, &sample, 0.5);
    ti_expect_failure(reader, "'1,5'");
    ti_expect_end(reader);

    want.dim[1] = 3;
    reader = text("a,b,c\n3,4\n", &want);
    ti_expect_failure(reader, "line 2: 2 numbers where names are 3");
    ti_expect_end(reader);
}
END_TEST

/* Missing cells are NaN and are counted. A first line with missing cells is data. */
START_TEST(test_missing_cells)
{
    static const char *const same[] = {
        "NA,,null\n1,2,3\n",      ",,\n1,2,3\n",      "\t\t\n1\t2\t3\n",
        "NaN\tnull\t\n1\t2\t3\n", ";na;nan\r1;2;3\r", "\"\",\"NA\",-nan\n1,2,3\n",
    };
    struct sx_shape want = {2, {-1, 3}}, sample = {2, {1, 3}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct sx_reader *reader = text(same[i], &want);
        struct sx_error error = {0};
        struct sx_tensor row;
        bool end;
        ck_assert_msg(sx_reader_next(reader, &row, &end, &error), "%s: %s", same[i],
                      error.message);
        ck_assert_int_eq(sx_reader_missing(reader), 3);
        for (int k = 0; k < 3; k++)
            ck_assert(isnan(sx_tensor_get(&row, k)));
        sx_tensor_free(&row);
        ti_expect(reader, &sample, 1);
        ck_assert_int_eq(sx_reader_missing(reader), 0);
        ti_expect_end(reader);
    }
}
END_TEST

static struct sx_reader *headed(const char *content, enum sx_header header,
                                const struct sx_shape *want)
{
    struct sx_error error = {0};
    const struct sx_input how = {.want = want, .header = header};
    ti_make(content, strlen(content));
    struct sx_reader *reader = sx_reader_open(ti_path, &how, &error);
    ck_assert_msg(reader != NULL, "%s", error.message);
    return reader;
}

/* Names that are numbers look like data, so --header must say that they are names. */
START_TEST(test_header_is_said)
{
    struct sx_shape want = {2, {-1, 2}}, sample = {2, {1, 2}};
    struct sx_reader *reader = headed("0,1\n5,6\n", SX_HEADER_YES, &want);
    ck_assert_str_eq(sx_reader_feature(reader, 1), "1");
    ti_expect(reader, &sample, 5);
    ti_expect_end(reader);
    reader = headed("a,b\n5,6\n", SX_HEADER_NO, &want);
    ck_assert_ptr_null(sx_reader_feature(reader, 0));
    ti_expect_failure(reader, "line 1: cell 1, 'a'");
    ti_expect(reader, &sample, 5);
    ti_expect_end(reader);
    /* if semicolons separate, commas are decimal points */
    reader = headed("1,5;2,5\n5;6\n", SX_HEADER_NO, &want);
    ti_expect_failure(reader, "'1,5'");
    ti_expect(reader, &sample, 5);
    ti_expect_end(reader);
    reader = headed("0,1\n5,6\n", SX_HEADER_AUTO, &want);
    ti_expect(reader, &sample, 0);
    ti_expect(reader, &sample, 5);
    ti_expect_end(reader);
}
END_TEST

/* Without a batch axis all lines are one sample. */
START_TEST(test_whole)
{
    struct sx_shape points = {2, {-1, 2}}, three = {2, {3, 2}}, line = {1, {-1}},
                    six = {1, {6}};
    struct sx_input how = {.want = &points, .whole = true};
    struct sx_error error = {0};
    ti_make("1,\n3,4\n5,\n", 10);
    struct sx_reader *reader = sx_reader_open(ti_path, &how, &error);
    ti_expect(reader, &three, 1);
    ck_assert_int_eq(sx_reader_missing(reader), 2);
    ti_expect_end(reader);
    how.want = &line;
    reader = sx_reader_open(ti_path, &how, &error);
    ti_expect(reader, &six, 1);
    ti_expect_end(reader);
    how.want = &points;
    make_npy((struct sx_shape){2, {3, 2}}, false);
    reader = sx_reader_open(ti_path, &how, &error);
    ti_expect(reader, &three, 0);
    ti_expect_end(reader);
    make_npy((struct sx_shape){3, {2, 3, 2}}, false);
    reader = sx_reader_open(ti_path, &how, &error);
    ti_expect(reader, &three, 0);
    ti_expect(reader, &three, 6);
    ti_expect_end(reader);
}
END_TEST

/* A line that is a row of the input is refused with a hint, unless all lines are one sample. */
START_TEST(test_rows_of_the_input)
{
    struct sx_shape want = {3, {1, 3, 2}};
    struct sx_input how = {.want = &want};
    for (int whole = 0; whole < 2; whole++) {
        struct sx_error error = {0};
        struct sx_tensor row;
        bool end;
        how.whole = whole;
        ti_make("1,2\n", 4);
        struct sx_reader *reader = sx_reader_open(ti_path, &how, &error);
        ck_assert_int_eq(reader == NULL, whole);
        if (reader != NULL)
            ck_assert(!sx_reader_next(reader, &row, &end, &error));
        ck_assert_ptr_nonnull(strstr(error.message, "does not fit the model's input [1,3,2]"));
        ck_assert_int_eq(strstr(error.message, "--no-batch takes all lines") != NULL, !whole);
        sx_reader_close(reader);
    }
}
END_TEST

/* Which columns are too many is said only if the model takes a fixed number. */
START_TEST(test_columns_to_spare)
{
    const struct sx_shape wants[] = {{2, {-1, 2}}, {3, {-1, -1, 2}}, {2, {-1, 4}}};
    for (int i = 0; i < 3; i++) {
        struct sx_error error = {0};
        ti_make("a,b,c\n1,2,3\n", 12);
        const struct sx_input how = {.want = &wants[i]};
        ck_assert_ptr_null(sx_reader_open(ti_path, &how, &error));
        ck_assert_int_eq(strstr(error.message, "the model takes 2: --drop=c leaves") != NULL,
                         i == 0);
        ck_assert_int_eq(strstr(error.message, "does not fit the model's input") != NULL,
                         i > 0);
    }
}
END_TEST

/* Columns without names have numbers from 0. */
START_TEST(test_column_numbers)
{
    struct sx_shape want = {2, {-1, 1}}, sample = {2, {1, 1}};
    struct sx_columns columns = {.only = "1"};
    const struct sx_input how = {.want = &want, .columns = &columns};
    struct sx_error error = {0};
    ti_make("5,6\n7,8\n", 8);
    struct sx_reader *reader = sx_reader_open(ti_path, &how, &error);
    ti_expect(reader, &sample, 6);
    ti_expect(reader, &sample, 8);
    ti_expect_end(reader);
    static const char *const none[] = {"2", "-1", "1.0", "x", ""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct sx_tensor row;
        bool end;
        columns.only = none[i];
        error = (struct sx_error){0};
        reader = sx_reader_open(ti_path, &how, &error);
        ck_assert(reader == NULL || !sx_reader_next(reader, &row, &end, &error));
        ck_assert_int_eq(error.status, SX_USAGE);
        ck_assert_msg(strstr(error.message, "no column '") != NULL, "%s", error.message);
        sx_reader_close(reader);
    }
}
END_TEST

/* The numbers of a line fill the model's input, whatever its rank. */
START_TEST(test_line_shapes)
{
    static const struct {
        struct sx_shape want, sample;
    } known[] = {
        {{2, {-1, 4}}, {2, {1, 4}}},
        {{2, {-1, -1}}, {2, {1, 4}}},
        {{4, {-1, 1, 2, 2}}, {4, {1, 1, 2, 2}}},
        {{4, {1, 1, -1, 2}}, {4, {1, 1, 2, 2}}},
        {{1, {4}}, {1, {4}}},
        {{2, {2, 2}}, {2, {2, 2}}},
    };
    static const struct sx_shape bad[] = {
        {2, {-1, 3}}, {3, {-1, -1, -1}}, {3, {-1, 3, -1}}, {1, {-1}}, {2, {-1, 0}}, {0, {0}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sx_reader *reader = text("1 2 3 4\n", &known[i].want);
        ti_expect(reader, &known[i].sample, 1);
        ti_expect_end(reader);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_reader *reader = text("1 2 3 4\n5 6 7 8\n", &bad[i]);
        ti_expect_failure(reader, "line 1: shape [1,4] does not fit");
        ti_expect_failure(reader, "line 2: shape [1,4] does not fit");
        ti_expect_end(reader);
    }
}
END_TEST

START_TEST(test_not_text)
{
    static const char *const bad[] = {"\x01\x02\x03", "\x89PNG",     "\x93NUMP",
                                      "\xff\xd8",     "\177ELF\x02", "a\016b\n1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ti_make(bad[i], strlen(bad[i]));
        ti_refused(ti_path, NULL, "table");
    }
    ti_make("\0\0\0\0", 4);
    ti_refused(ti_path, NULL, "table");
    ti_refused("/tmp", NULL, "directory");
    ti_refused("/nonexistent", NULL, "No such file");
}
END_TEST

/* The message for an unknown format names the format, whatever the file's name. */
START_TEST(test_unknown_format)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *what;
    } known[] = {
        {"<!DOCTYPE html><p>1,2</p>", 25, "HTML"},
        {"\357\273\277 \n<HTML>\n", 11, "HTML"},
        {"<?xml version='1.0'?><a/>", 25, "XML"},
        {"<?xml version='1.0'?><html/>", 28, "HTML"},
        {"<svg xmlns=''>", 14, "convert X.svg X.png"},
        {"{\"error\": 1}", 12, "JSON"},
        {"[[1, 2], [3, 4]]\n", 17, "JSON"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", 56, "Git LFS"},
        {"RIFF\x10\0\0\0WEBPVP8 ", 16, "convert X.webp X.png"},
        {"RIFF\x10\0\0\0WAVEfmt ", 16, "WAV"},
        {"BM\x46\0\0\0\0\0\0\0\x36\0", 12, "convert X.bmp X.png"},
        {"GIF89a\1\0\1\0", 10, "convert X.gif X.png"},
        {"II*\0\x08\0\0\0", 8, "convert X.tiff X.png"},
        {"MM\0*\0\0\0\x08", 8, "convert X.tiff X.png"},
        {"\x1f\x8b\x08\0\0\0\0\0", 8, "gzip -d"},
        {"\x28\xb5\x2f\xfd\0\0", 6, "zstd -d"},
        {"%PDF-1.4\n", 9, "PDF"},
        {"\x89HDF\r\n\x1a\n\0\0", 10, "HDF5"},
        {"\x80\x04\x95\0\0", 5, "pickle"},
        {"PAR1\x15\0\x15", 7, "Parquet"},
        {"\xff\xfe"
         "1\0,\0",
         6, "UTF-16"},
        {"\x08\x07\x12\x07pytorch", 11, "ONNX model"},
    };
    static const char *const tables[] = {"BMI,PAR1\n1,2\n", "GIF8,ID3\n1,2\n",
                                         "version,RIFF\n1,2\n", "[age],{a}\n1,2\n"};
    struct sx_shape want = {2, {-1, 2}}, sample = {2, {1, 2}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ti_make(known[i].bytes, known[i].n);
        ti_refused(ti_path, NULL, known[i].what);
        ti_pipe(known[i].bytes, known[i].n, 1);
        ti_refused("-", &want, known[i].what);
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct sx_reader *reader = text(tables[i], &want);
        ck_assert_ptr_nonnull(sx_reader_feature(reader, 1));
        ti_expect(reader, &sample, 1);
        ti_expect_end(reader);
    }
}
END_TEST

/* A file without any sample is refused. */
START_TEST(test_no_sample)
{
    static const char *const none[] = {"", "\n \n", "\r\r", "a,b\n", "a,b", "a,b\n\n \n"};
    struct sx_shape want = {2, {-1, 2}};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ti_make(none[i], strlen(none[i]));
        ti_refused(ti_path, &want, "holds no sample");
        ti_pipe(none[i], strlen(none[i]), 1);
        ti_refused("-", &want, "holds no sample");
    }
    make_npy((struct sx_shape){2, {0, 2}}, false);
    ti_refused(ti_path, &want, "holds no sample: its shape is [0,2]");
}
END_TEST

/* A line is returned before the next line has arrived. */
START_TEST(test_line_by_line)
{
    int end[2];
    struct sx_shape want = {2, {-1, 1}}, sample = {2, {1, 1}};
    ck_assert_int_eq(pipe(end), 0);
    ck_assert_int_eq(dup2(end[0], 0), 0);
    ck_assert_int_eq(write(end[1], "1\n", 2), 2);
    alarm(10);
    struct sx_reader *reader = ti_open("-", &want);
    ti_expect(reader, &sample, 1);
    ck_assert_int_eq(write(end[1], "2\n", 2), 2);
    ti_expect(reader, &sample, 2);
    ck_assert_int_eq(write(end[1], "3", 1), 1);
    close(end[1]);
    ti_expect(reader, &sample, 3);
    ti_expect_end(reader);
}
END_TEST

START_TEST(test_long_text)
{
    struct sx_shape want = {2, {-1, 2}}, sample = {2, {1, 2}};
    long before = ti_memory();
    ti_pipe("1.5,2\n1.5,3\n1.5,2\n1.5,4\n", 24, 100000);
    struct sx_reader *reader = ti_open("-", &want);
    for (int i = 0; i < 400000; i++)
        ti_expect(reader, &sample, 1.5);
    ti_expect_end(reader);
    ck_assert_int_lt(ti_memory() - before, 10000);
}
END_TEST

START_TEST(test_whole_text)
{
    struct sx_error error = {0};
    struct sx_tensor tensor;
    ti_make("a,b\n1,2\n3,4\n5,6\n", 16);
    ck_assert(sx_tensor_read(&tensor, ti_path, NULL, &error));
    ck_assert_int_eq(tensor.shape.rank, 2);
    ck_assert_int_eq(tensor.shape.dim[0], 3);
    ck_assert_int_eq(tensor.shape.dim[1], 2);
    ck_assert(sx_tensor_get(&tensor, 5) == 6);
    sx_tensor_free(&tensor);
    ti_make("1,2\n3\n", 6);
    ck_assert(!sx_tensor_read(&tensor, ti_path, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "line 2"));
}
END_TEST

/* ---- Pictures --------------------------------------------------------------------------- */

START_TEST(test_picture)
{
    struct sx_error error = {0};
    struct sx_picture picture = {0};
    struct sx_shape want = {4, {-1, 3, 4, 5}}, sample = {4, {1, 3, 4, 5}};
    ck_assert(sx_picture_new(&picture, 5, 4, 3, &error));
    memset(picture.pixels, 51, 60);
    uint8_t *bytes;
    size_t size;
    ck_assert(sx_png_encode(&picture, &bytes, &size, &error));
    ti_make(bytes, size);
    struct sx_reader *reader = ti_open(ti_path, &want);
    ck_assert_int_eq(sx_reader_count(reader), 1);
    ck_assert_ptr_null(sx_reader_picture(reader));
    ti_expect(reader, &sample, (double)0.2F);
    ck_assert_ptr_nonnull(sx_reader_picture(reader));
    ck_assert_int_eq(sx_reader_picture(reader)->width, 5);
    ck_assert_int_eq(sx_reader_picture(reader)->height, 4);
    ti_expect_end(reader);

    struct sx_preprocess raw;
    ck_assert(sx_preprocess_preset(&raw, "raw", &error));
    ti_pipe(bytes, size, 1);
    const struct sx_input how = {.want = &want, .pre = &raw};
    reader = sx_reader_open("-", &how, &error);
    ti_expect(reader, &sample, 51);
    ti_expect_end(reader);

    ti_make(bytes, size - 5);
    reader = ti_open(ti_path, &want);
    ti_expect_failure(reader, "");
    ti_expect_end(reader);
    free(bytes);
    sx_picture_free(&picture);
}
END_TEST

int main(void)
{
    if (!ti_begin())
        return 1;
    TCase *c = suite_case("io_reader");
    SUITE_ADD(c, test_shapes, test_any_shape, test_empty_samples, test_pipe, test_short_pipe,
              test_separators, test_header, test_bad_lines, test_missing_cells,
              test_header_is_said, test_whole, test_rows_of_the_input, test_column_numbers,
              test_columns_to_spare, test_unknown_format, test_no_sample, test_line_shapes,
              test_not_text, test_line_by_line, test_long_text, test_whole_text, test_picture);
    return suite_run();
}
