/* check_io_reader.c - samples out of arrays, archives, text and pictures. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/mman.h>
#include <unistd.h>

#define ZLIB_CONST
#include <zlib.h>

#include "io/io.h"
#include "io/picture.h"

static char dir[] = "/tmp/check_io_reader.XXXXXX";
static char path[64];

/* The file lives in memory: some tests write it thousands of times. */
static void make(const void *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

/* Standard input becomes a pipe from a child that writes these bytes `times` times. */
static void pipe_in(const void *bytes, size_t n, size_t times)
{
    int end[2];
    ck_assert_int_eq(pipe(end), 0);
    if (fork() == 0) {
        close(end[0]);
        for (size_t i = 0; i < times; i++)
            if (write(end[1], bytes, n) != (ssize_t)n)
                _exit(1);
        _exit(0);
    }
    close(end[1]);
    ck_assert_int_eq(dup2(end[0], 0), 0);
    close(end[0]);
}

static struct sx_reader *open_for(const char *name, const struct sx_shape *want)
{
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(name, NULL, want, NULL, &error);
    ck_assert_msg(reader != NULL, "%s", error.message);
    return reader;
}

static void refused(const char *name, const struct sx_shape *want, const char *message)
{
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(name, NULL, want, NULL, &error);
    struct sx_tensor sample = {0};
    bool end;
    if (reader != NULL)
        ck_assert(!sx_reader_next(reader, &sample, &end, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    sx_reader_close(reader);
}

/* The next sample has this shape, and starts with this number. */
static void expect(struct sx_reader *reader, const struct sx_shape *shape, double first)
{
    struct sx_error error = {0};
    struct sx_tensor sample;
    bool end;
    ck_assert_msg(sx_reader_next(reader, &sample, &end, &error), "%s", error.message);
    ck_assert(!end);
    ck_assert(sx_shape_equal(&sample.shape, shape));
    ck_assert_msg(sx_tensor_get(&sample, 0) == first, "%g", sx_tensor_get(&sample, 0));
    sx_tensor_free(&sample);
}

static void expect_failure(struct sx_reader *reader, const char *message)
{
    struct sx_error error = {0};
    struct sx_tensor sample;
    bool end;
    ck_assert(!sx_reader_next(reader, &sample, &end, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    ck_assert_ptr_null(sample.data);
}

/* It is at its end, and stays there. */
static void expect_end(struct sx_reader *reader)
{
    struct sx_error error = {0};
    struct sx_tensor sample;
    bool end;
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(sx_reader_next(reader, &sample, &end, &error), "%s", error.message);
        ck_assert(end);
    }
    sx_reader_close(reader);
}

/* ---- Arrays ----------------------------------------------------------------------------- */

static size_t npy_of(uint8_t *to, const struct sx_shape *shape, bool fortran)
{
    char header[256];
    size_t n = (size_t)snprintf(header, sizeof header,
                                "{'descr': '|u1', 'fortran_order': %s, 'shape': (",
                                fortran ? "True" : "False"),
           count = 1;
    for (int i = 0; i < shape->rank; i++) {
        n += (size_t)snprintf(header + n, sizeof header - n, "%lld,", (long long)shape->dim[i]);
        count *= (size_t)shape->dim[i];
    }
    n += (size_t)snprintf(header + n, sizeof header - n, ")}");
    memcpy(to, "\x93NUMPY\1\0", 8);
    to[8] = (uint8_t)n;
    to[9] = 0;
    memcpy(to + 10, header, n);
    for (size_t i = 0; i < count; i++)
        to[10 + n + i] = (uint8_t)i;
    return 10 + n + count;
}

static void make_npy(struct sx_shape shape, bool fortran)
{
    static uint8_t bytes[1 << 16];
    make(bytes, npy_of(bytes, &shape, fortran));
}

START_TEST(test_shapes)
{
    static const struct {
        struct sx_shape want, array, sample;
        int64_t count; /* -1: it does not fit */
    } known[] = {
        {{2, {-1, 10}}, {2, {1, 10}}, {2, {1, 10}}, 1},
        {{2, {-1, 10}}, {2, {7, 10}}, {2, {1, 10}}, 7},
        {{2, {-1, 10}}, {1, {10}}, {2, {1, 10}}, 1},
        {{2, {-1, 10}}, {3, {7, 1, 10}}, {2, {1, 10}}, 7},
        {{2, {-1, 10}}, {2, {0, 10}}, {2, {1, 10}}, 0},
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
                refused(path, &known[i].want, "does not fit the model's input [");
                continue;
            }
            struct sx_reader *reader = open_for(path, &known[i].want);
            ck_assert_int_eq(sx_reader_count(reader), known[i].count);
            /* Elements hold their place in the file, which is a column in Fortran order. */
            int64_t n = sx_count(&known[i].sample);
            if (fortran)
                n = known[i].array.rank > known[i].sample.rank ? 1 : known[i].sample.dim[0];
            for (int64_t k = 0; k < known[i].count; k++)
                expect(reader, &known[i].sample, (double)(k * n));
            expect_end(reader);
        }
    struct sx_shape want = {3, {-1, 3, -1}};
    make_npy((struct sx_shape){2, {2, 5}}, false);
    refused(path, &want, "shape [2,5] does not fit the model's input [N,3,?]");
}
END_TEST

/* Without a wanted shape an array is one sample. */
START_TEST(test_any_shape)
{
    struct sx_shape shape = {3, {2, 3, 4}}, unknown = {-1, {0}};
    make_npy(shape, false);
    struct sx_reader *reader = open_for(path, NULL);
    expect(reader, &shape, 0);
    expect_end(reader);
    reader = open_for(path, &unknown);
    expect(reader, &shape, 0);
    expect_end(reader);
}
END_TEST

/* Samples without elements would never end. */
START_TEST(test_empty_samples)
{
    struct sx_shape want = {2, {-1, -1}};
    make_npy((struct sx_shape){2, {1000000000, 0}}, false);
    refused(path, &want, "without elements");
}
END_TEST

/* Two hundred megabytes through a pipe in little memory. */
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
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct sx_reader *reader = open_for("-", &want);
    ck_assert_int_eq(sx_reader_count(reader), shape.dim[0]);
    for (int i = 0; i < ROWS; i++)
        expect(reader, &sample, 1);
    expect_end(reader);
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 30000);
}
END_TEST

/* A pipe that ends early gives what came whole, then an error. */
START_TEST(test_short_pipe)
{
    uint8_t bytes[512];
    struct sx_shape shape = {2, {4, 10}}, want = {2, {-1, 10}}, sample = {2, {1, 10}};
    size_t n = npy_of(bytes, &shape, false);
    for (int extra = -15; extra <= 1; extra += 16) {
        pipe_in(bytes, (size_t)((int)n + extra), 1);
        struct sx_reader *reader = open_for("-", &want);
        for (int i = 0; i < (extra < 0 ? 2 : 3); i++)
            expect(reader, &sample, 10 * i);
        expect_failure(reader, extra < 0 ? "fewer" : "more");
        sx_reader_close(reader);
    }
}
END_TEST

/* ---- Text ------------------------------------------------------------------------------- */

static struct sx_reader *text(const char *content, const struct sx_shape *want)
{
    make(content, strlen(content));
    return open_for(path, want);
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
        "\n\n1,2.5,-3\n \n4,5,60\n\n\n",
        "\xef\xbb\xbf"
        "1,2.5,-3\n4,5,60",
        "\"1\",\"2.5\",\"-3\"\n4,5,60",
        "a,b,c\n1,2.5,-3\n4,5,60",
        "# a b c\n1 2.5 -3\n4 5 60\n",
    };
    struct sx_shape want = {2, {-1, 3}}, sample = {2, {1, 3}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct sx_reader *reader = text(same[i], &want);
        ck_assert_int_eq(sx_reader_count(reader), -1);
        expect(reader, &sample, 1);
        struct sx_error error = {0};
        struct sx_tensor row;
        bool end;
        ck_assert_msg(sx_reader_next(reader, &row, &end, &error), "%s: %s", same[i],
                      error.message);
        ck_assert_int_eq(row.type, SX_DOUBLE);
        ck_assert(sx_tensor_get(&row, 0) == 4 && sx_tensor_get(&row, 2) == 60);
        sx_tensor_free(&row);
        expect_end(reader);
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
        {"id,2019\n0,1\n", {"id", "2019"}},
        {"a;b\r\n1;2\r\n", {"a", "b"}},
        {"a,b", {"a", "b"}},
        {"1,2\n", {NULL}},
        {"", {NULL}},
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

/* A bad line is an error with its number; the next line goes on. */
START_TEST(test_bad_lines)
{
    struct sx_shape want = {2, {-1, 2}}, sample = {2, {1, 2}};
    struct sx_reader *reader =
        text("a,b\n1,2\n\n3,x\n4\n5,6,7\n8,\n1.2.3,4\n0x10,1\n9,10\n", &want);
    expect(reader, &sample, 1);
    expect_failure(reader, "line 4: cell 2, 'x', is not a number");
    expect_failure(reader, "line 5: 1 numbers where lines before have 2");
    expect_failure(reader, "line 6: 3 numbers where lines before have 2");
    expect_failure(reader, "line 7: cell 2, '', is not a number");
    expect_failure(reader, "line 8: cell 1, '1.2.3', is not a number");
    expect_failure(reader, "line 9: cell 1");
    expect(reader, &sample, 9);
    expect_end(reader);

    reader = text("1,x\n3,4\n", &want);
    expect_failure(reader, "line 1: cell 2");
    expect(reader, &sample, 3);
    expect_end(reader);

    reader = text("a,b,c\n3,4\n", &want);
    expect_failure(reader, "line 2: 2 numbers where names are 3");
    expect_end(reader);
}
END_TEST

/* The numbers of a line fill the model's input whatever its rank. */
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
        expect(reader, &known[i].sample, 1);
        expect_end(reader);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_reader *reader = text("1 2 3 4\n5 6 7 8\n", &bad[i]);
        expect_failure(reader, "line 1: shape [1,4] does not fit");
        expect_failure(reader, "line 2: shape [1,4] does not fit");
        expect_end(reader);
    }
}
END_TEST

START_TEST(test_not_text)
{
    static const char *const bad[] = {"\x01\x02\x03",
                                      "\x89PNG",
                                      "\x93NUMP",
                                      "\xff\xd8",
                                      "\x7f"
                                      "ELF\x02",
                                      "a\x0e"
                                      "b\n1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make(bad[i], strlen(bad[i]));
        refused(path, NULL, "neither");
    }
    make("\0\0\0\0", 4);
    refused(path, NULL, "neither");
    refused(dir, NULL, "directory");
    refused("/nonexistent", NULL, "No such file");
}
END_TEST

/* A line is given out before the next has come. */
START_TEST(test_line_by_line)
{
    int end[2];
    struct sx_shape want = {2, {-1, 1}}, sample = {2, {1, 1}};
    ck_assert_int_eq(pipe(end), 0);
    ck_assert_int_eq(dup2(end[0], 0), 0);
    ck_assert_int_eq(write(end[1], "1\n", 2), 2);
    alarm(10);
    struct sx_reader *reader = open_for("-", &want);
    expect(reader, &sample, 1);
    ck_assert_int_eq(write(end[1], "2\n", 2), 2);
    expect(reader, &sample, 2);
    ck_assert_int_eq(write(end[1], "3", 1), 1);
    close(end[1]);
    expect(reader, &sample, 3);
    expect_end(reader);
}
END_TEST

START_TEST(test_long_text)
{
    struct sx_shape want = {2, {-1, 2}}, sample = {2, {1, 2}};
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    pipe_in("1.5,2\n1.5,3\n1.5,2\n1.5,4\n", 24, 100000);
    struct sx_reader *reader = open_for("-", &want);
    for (int i = 0; i < 400000; i++)
        expect(reader, &sample, 1.5);
    expect_end(reader);
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 10000);
}
END_TEST

START_TEST(test_whole_text)
{
    struct sx_error error = {0};
    struct sx_tensor tensor;
    make("a,b\n1,2\n3,4\n5,6\n", 16);
    ck_assert(sx_tensor_read(&tensor, path, &error));
    ck_assert_int_eq(tensor.shape.rank, 2);
    ck_assert_int_eq(tensor.shape.dim[0], 3);
    ck_assert_int_eq(tensor.shape.dim[1], 2);
    ck_assert(sx_tensor_get(&tensor, 5) == 6);
    sx_tensor_free(&tensor);
    make("1,2\n3\n", 6);
    ck_assert(!sx_tensor_read(&tensor, path, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "line 2"));
}
END_TEST

/* ---- Archives --------------------------------------------------------------------------- */

/* A zip file under construction. */
struct archive {
    uint8_t bytes[1 << 17], entries[4096];
    size_t size, entries_size;
    int count;
};

static void put(uint8_t *to, size_t *at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        to[(*at)++] = (uint8_t)(value >> (8 * i));
}

static void add(struct archive *zip, const char *name, const uint8_t *data, size_t n,
                bool deflated, bool wide)
{
    static uint8_t packed[1 << 16];
    size_t offset = zip->size, length = n, name_size = strlen(name);
    uLong crc = crc32(0, data, (uInt)n);
    if (!deflated) {
        memcpy(packed, data, n);
    } else {
        z_stream z = {0};
        ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, 0), Z_OK);
        z.next_in = data;
        z.avail_in = (uInt)n;
        z.next_out = packed;
        z.avail_out = sizeof packed;
        ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
        length = z.total_out;
        deflateEnd(&z);
    }
    uint64_t sizes[] = {length, n};
    put(zip->bytes, &zip->size, 0x04034b50, 4);
    put(zip->bytes, &zip->size, 20, 2);
    put(zip->bytes, &zip->size, 0, 2);
    put(zip->bytes, &zip->size, deflated ? 8 : 0, 2);
    put(zip->bytes, &zip->size, 0, 4);
    put(zip->bytes, &zip->size, crc, 4);
    put(zip->bytes, &zip->size, sizes[0], 4);
    put(zip->bytes, &zip->size, sizes[1], 4);
    put(zip->bytes, &zip->size, name_size, 2);
    put(zip->bytes, &zip->size, 0, 2);
    memcpy(zip->bytes + zip->size, name, name_size);
    memcpy(zip->bytes + zip->size + name_size, packed, length);
    zip->size += name_size + length;

    uint8_t *to = zip->entries;
    size_t *at = &zip->entries_size;
    put(to, at, 0x02014b50, 4);
    put(to, at, 20, 4);
    put(to, at, 0, 2);
    put(to, at, deflated ? 8 : 0, 2);
    put(to, at, 0, 4);
    put(to, at, crc, 4);
    put(to, at, wide ? UINT32_MAX : sizes[0], 4);
    put(to, at, wide ? UINT32_MAX : sizes[1], 4);
    put(to, at, name_size, 2);
    put(to, at, wide ? 28 : 0, 2);
    put(to, at, 0, 8);
    put(to, at, 0, 2);
    put(to, at, wide ? UINT32_MAX : offset, 4);
    memcpy(to + *at, name, name_size);
    *at += name_size;
    if (wide) {
        put(to, at, 1, 2);
        put(to, at, 24, 2);
        put(to, at, sizes[1], 8);
        put(to, at, sizes[0], 8);
        put(to, at, offset, 8);
    }
    zip->count++;
}

static void end_archive(struct archive *zip, bool wide)
{
    uint64_t offset = zip->size, size = zip->entries_size, count = (uint64_t)zip->count;
    uint8_t *to = zip->bytes;
    size_t *at = &zip->size;
    memcpy(to + *at, zip->entries, size);
    *at += size;
    if (wide) {
        uint64_t here = *at;
        put(to, at, 0x06064b50, 4);
        put(to, at, 44, 8);
        put(to, at, 0, 4);
        put(to, at, 0, 8);
        put(to, at, count, 8);
        put(to, at, count, 8);
        put(to, at, size, 8);
        put(to, at, offset, 8);
        put(to, at, 0x07064b50, 4);
        put(to, at, 0, 4);
        put(to, at, here, 8);
        put(to, at, 1, 4);
    }
    put(to, at, 0x06054b50, 4);
    put(to, at, 0, 4);
    put(to, at, wide ? 0xffff : count, 2);
    put(to, at, wide ? 0xffff : count, 2);
    put(to, at, wide ? UINT32_MAX : size, 4);
    put(to, at, wide ? UINT32_MAX : offset, 4);
    put(to, at, 0, 2);
}

/* x is [3,4], y is [2], and there is a file that is no array. */
static void build(struct archive *zip, bool deflated, bool wide)
{
    uint8_t bytes[512];
    struct sx_shape x = {2, {3, 4}}, y = {1, {2}};
    *zip = (struct archive){.size = 0};
    add(zip, "README", (const uint8_t *)"hello", 5, false, wide);
    add(zip, "x.npy", bytes, npy_of(bytes, &x, false), deflated, wide);
    add(zip, "y.npy", bytes, npy_of(bytes, &y, false), deflated, wide);
    end_archive(zip, wide);
}

START_TEST(test_npz)
{
    static struct archive zip;
    struct sx_shape want = {2, {-1, 4}}, sample = {2, {1, 4}}, y = {1, {2}};
    for (int variant = 0; variant < 8; variant++) {
        build(&zip, variant & 1, (variant & 2) != 0);
        make(zip.bytes, zip.size);
        if ((variant & 4) != 0)
            pipe_in(zip.bytes, zip.size, 1);
        struct sx_error error = {0};
        const char *name = (variant & 4) != 0 ? "-" : path;
        struct sx_reader *reader = sx_reader_open(name, NULL, &want, NULL, &error);
        ck_assert_msg(reader != NULL, "%s", error.message);
        ck_assert_str_eq(sx_reader_member(reader, 0), "x");
        ck_assert_str_eq(sx_reader_member(reader, 1), "y");
        ck_assert_ptr_null(sx_reader_member(reader, 2));
        ck_assert_int_eq(sx_reader_count(reader), 3);
        expect(reader, &sample, 0);
        struct sx_reader *other = sx_reader_open_member(reader, "y", NULL, &error);
        ck_assert_msg(other != NULL, "%s", error.message);
        expect(other, &y, 0);
        expect_end(other);
        ck_assert_ptr_null(sx_reader_open_member(reader, "z", NULL, &error));
        ck_assert_ptr_nonnull(strstr(error.message, "no array named z"));
        expect(reader, &sample, 4);
        expect(reader, &sample, 8);
        expect_end(reader);
    }
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(path, "y", NULL, NULL, &error);
    expect(reader, &y, 0);
    expect_end(reader);
    refused(path, &y, "x: shape [3,4] does not fit");
}
END_TEST

/* An archive with a comment, and one with nothing in it. */
START_TEST(test_npz_ends)
{
    static struct archive zip;
    struct sx_shape x = {2, {3, 4}};
    build(&zip, true, false);
    zip.bytes[zip.size - 2] = 8;
    memcpy(zip.bytes + zip.size, "comment!", 8);
    make(zip.bytes, zip.size + 8);
    struct sx_reader *reader = open_for(path, NULL);
    expect(reader, &x, 0);
    expect_end(reader);
    make("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    refused(path, NULL, "no arrays");
}
END_TEST

static void read_all(void)
{
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(path, NULL, NULL, NULL, &error);
    bool end = false;
    for (int i = 0; reader != NULL && !end && i < 1000; i++) {
        struct sx_tensor sample;
        error = (struct sx_error){0};
        if (!sx_reader_next(reader, &sample, &end, &error))
            ck_assert_int_ne(error.status, SX_OK);
        sx_tensor_free(&sample);
    }
    ck_assert(reader != NULL || error.status != SX_OK);
    sx_reader_close(reader);
}

/* Cut anywhere it is refused, and no wrong bit leads anywhere it should not. */
START_TEST(test_npz_damaged)
{
    static struct archive zip;
    for (int variant = 0; variant < 4; variant++) {
        build(&zip, variant & 1, (variant & 2) != 0);
        for (size_t n = 1; n < zip.size; n += 3) {
            struct sx_error error = {0};
            make(zip.bytes, n);
            struct sx_reader *reader = sx_reader_open(path, NULL, NULL, NULL, &error);
            if (n >= 4)
                ck_assert_ptr_null(reader);
            sx_reader_close(reader);
        }
        for (size_t bit = 0; bit < 8 * zip.size; bit += 1 + (size_t)variant) {
            zip.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            make(zip.bytes, zip.size);
            read_all();
            zip.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
END_TEST

/* A wrong bit in the elements is seen by the checksum. */
START_TEST(test_npz_checksum)
{
    static struct archive zip;
    for (int deflated = 0; deflated < 2; deflated++) {
        uint8_t bytes[512];
        struct sx_shape x = {2, {3, 4}};
        zip = (struct archive){.size = 0};
        add(&zip, "x.npy", bytes, npy_of(bytes, &x, false), deflated, false);
        zip.bytes[zip.size - 3] ^= 4;
        end_archive(&zip, false);
        make(zip.bytes, zip.size);
        refused(path, NULL, "damaged");
    }
}
END_TEST

/* The head of an .npy of `count` bytes, 128 bytes long. */
static void long_head(uint8_t to[128], const char *shape)
{
    memset(to, ' ', 128);
    memcpy(to, "\x93NUMPY\1\0\x76\0", 10);
    char text[119];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "{'descr': '|u1', 'fortran_order': False, 'shape': %s}", shape);
    memcpy(to + 10, text, n);
}

/* Sizes that lie: more than could be packed so small, less than is there, more than is there. */
START_TEST(test_bomb)
{
    static struct archive zip;
    static const uint64_t promise[] = {2000000128, 100, 1000};
    static const char *const message[] = {"impossible size", "damaged", "wrong size"};
    for (int lie = 0; lie < 3; lie++) {
        uint8_t head[128];
        long_head(head, "(2000000000,)");
        zip = (struct archive){.size = 0};
        add(&zip, "x.npy", head, sizeof head, true, false);
        size_t at = 24;
        put(zip.entries, &at, promise[lie], 4);
        end_archive(&zip, false);
        make(zip.bytes, zip.size);
        refused(path, NULL, message[lie]);
    }
}
END_TEST

/* What unpacks to very much passes by sample by sample. */
START_TEST(test_unpacked_by_rows)
{
    enum { ROW = 1000, ROWS = 50000 };
    struct sx_shape want = {2, {-1, ROW}}, sample = {2, {1, ROW}};
    pid_t child = fork();
    if (child == 0) {
        static struct archive zip;
        uint8_t *bytes = calloc(1, 128 + ROW * ROWS);
        long_head(bytes, "(50000, 1000)");
        add(&zip, "x.npy", bytes, 128 + ROW * ROWS, true, false);
        end_archive(&zip, false);
        make(zip.bytes, zip.size);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct sx_reader *reader = open_for(path, &want);
    for (int i = 0; i < ROWS; i++)
        expect(reader, &sample, 0);
    expect_end(reader);
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 20000);
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
    make(bytes, size);
    struct sx_reader *reader = open_for(path, &want);
    ck_assert_int_eq(sx_reader_count(reader), 1);
    ck_assert_ptr_null(sx_reader_picture(reader));
    expect(reader, &sample, (double)0.2F);
    ck_assert_ptr_nonnull(sx_reader_picture(reader));
    ck_assert_int_eq(sx_reader_picture(reader)->width, 5);
    ck_assert_int_eq(sx_reader_picture(reader)->height, 4);
    expect_end(reader);

    struct sx_preprocess raw;
    ck_assert(sx_preprocess_preset(&raw, "raw", &error));
    pipe_in(bytes, size, 1);
    reader = sx_reader_open("-", NULL, &want, &raw, &error);
    expect(reader, &sample, 51);
    expect_end(reader);

    make(bytes, size - 5);
    reader = open_for(path, &want);
    expect_failure(reader, "");
    expect_end(reader);
    free(bytes);
    sx_picture_free(&picture);
}
END_TEST

int main(void)
{
    int memory = memfd_create("check", 0);
    if (memory < 0 || mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    TCase *t = tcase_create("reader");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, test_shapes);
    tcase_add_test(t, test_any_shape);
    tcase_add_test(t, test_empty_samples);
    tcase_add_test(t, test_pipe);
    tcase_add_test(t, test_short_pipe);
    tcase_add_test(t, test_separators);
    tcase_add_test(t, test_header);
    tcase_add_test(t, test_bad_lines);
    tcase_add_test(t, test_line_shapes);
    tcase_add_test(t, test_not_text);
    tcase_add_test(t, test_line_by_line);
    tcase_add_test(t, test_long_text);
    tcase_add_test(t, test_whole_text);
    tcase_add_test(t, test_npz);
    tcase_add_test(t, test_npz_ends);
    tcase_add_test(t, test_npz_damaged);
    tcase_add_test(t, test_npz_checksum);
    tcase_add_test(t, test_bomb);
    tcase_add_test(t, test_unpacked_by_rows);
    tcase_add_test(t, test_picture);
    Suite *s = suite_create("io_reader");
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    rmdir(dir);
    return failed > 0;
}
