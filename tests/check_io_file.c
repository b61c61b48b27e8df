/* check_io_file.c - regular files, pipes, and paths that are neither. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io.h"
#include "suite.h"

static char dir[] = "/tmp/check_io_file.XXXXXX";
static char path[64];

static void make(const void *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

/* Makes standard input a pipe from a child process that writes `n` bytes and ends. */
static void pipe_in(size_t n)
{
    int end[2];
    ck_assert_int_eq(pipe(end), 0);
    if (fork() == 0) {
        close(end[0]);
        for (size_t i = 0; i < n; i++) {
            uint8_t block[251];
            size_t m = n - i < sizeof block ? n - i : sizeof block;
            for (size_t k = 0; k < m; k++)
                block[k] = (uint8_t)((i + k) % 251);
            if (write(end[1], block, m) != (ssize_t)m)
                _exit(1);
            i += m - 1;
        }
        _exit(0);
    }
    close(end[1]);
    ck_assert_int_eq(dup2(end[0], 0), 0);
    close(end[0]);
}

START_TEST(test_regular_file)
{
    struct sx_file file;
    struct sx_error error = {0};
    make("hello", 5);
    ck_assert(sx_file_open(&file, path, 1, &error)); /* the limit applies only to pipes */
    ck_assert_uint_eq(file.size, 5);
    ck_assert_mem_eq(file.bytes, "hello", 5);
    ck_assert(file.whole);
    sx_file_drop(&file, 2);
    ck_assert_mem_eq(file.bytes, "llo", 3);
    sx_file_close(&file);
    sx_file_close(&file);
}
END_TEST

START_TEST(test_empty)
{
    struct sx_file file;
    struct sx_error error = {0};
    make("", 0);
    ck_assert(sx_file_open(&file, path, 100, &error));
    ck_assert_uint_eq(file.size, 0);
    sx_file_drop(&file, 0);
    sx_file_close(&file);
    ck_assert(sx_file_open(&file, "/dev/null", 100, &error));
    ck_assert_uint_eq(file.size, 0);
    sx_file_close(&file);
}
END_TEST

START_TEST(test_refused)
{
    static const char *const bad[] = {"/", "/nonexistent/file", "", "/dev/zero"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_file file;
        struct sx_error error = {0};
        ck_assert(!sx_file_open(&file, bad[i], 1000, &error));
        ck_assert_int_eq(error.status, SX_FAILED);
        ck_assert_str_ne(error.message, "");
        sx_file_close(&file);
    }
}
END_TEST

START_TEST(test_proc)
{
    struct sx_file file;
    struct sx_error error = {0};
    ck_assert(sx_file_open(&file, "/proc/self/status", 1 << 20, &error));
    ck_assert_uint_gt(file.size, 100);
    sx_file_close(&file);
}
END_TEST

START_TEST(test_pipe)
{
    static const size_t sizes[] = {0, 1, 250, 65536, 65537, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct sx_file file;
        struct sx_error error = {0};
        pipe_in(sizes[i]);
        ck_assert(sx_file_open(&file, "-", 300000, &error));
        ck_assert_uint_eq(file.size, sizes[i]);
        size_t right = 0;
        while (right < sizes[i] && file.bytes[right] == right % 251)
            right++;
        ck_assert_uint_eq(right, sizes[i]);
        sx_file_close(&file);
    }
}
END_TEST

START_TEST(test_pipe_limit)
{
    struct sx_file file;
    struct sx_error error = {0};
    pipe_in(100001);
    ck_assert(!sx_file_open(&file, "-", 100000, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_ptr_nonnull(strstr(error.message, "100000"));
}
END_TEST

/* A long pipe is read through a window that stays small. */
START_TEST(test_window)
{
    struct sx_file file;
    struct sx_error error = {0};
    const size_t total = 2000003, step = 7919;
    pipe_in(total);
    ck_assert(sx_file_begin(&file, "-", 200000, &error));
    ck_assert_uint_eq(file.size, 0);
    size_t at = 0;
    while (sx_file_fill(&file, step, &error) && file.size > 0) {
        size_t n = file.size < step ? file.size : step;
        size_t right = 0;
        while (right < n && file.bytes[right] == (at + right) % 251)
            right++;
        ck_assert_uint_eq(right, n);
        sx_file_drop(&file, n);
        at += n;
    }
    ck_assert_int_eq(error.status, SX_OK);
    ck_assert_uint_eq(at, total);
    ck_assert_uint_le(file.capacity, 1 << 18);
    sx_file_close(&file);
}
END_TEST

/* Bytes that were read from standard input before it is mapped are not read again. */
START_TEST(test_stdin_offset)
{
    struct sx_file file;
    struct sx_error error = {0};
    make("0123456789", 10);
    ck_assert_ptr_nonnull(freopen(path, "r", stdin));
    ck_assert_int_eq(lseek(0, 4, SEEK_SET), 4);
    ck_assert(sx_file_open(&file, "-", 100, &error));
    ck_assert_uint_eq(file.size, 6);
    ck_assert_mem_eq(file.bytes, "456789", 6);
    sx_file_close(&file);
    ck_assert_int_eq(lseek(0, 40, SEEK_SET), 40);
    ck_assert(sx_file_open(&file, "-", 100, &error));
    ck_assert_uint_eq(file.size, 0);
    sx_file_close(&file);
}
END_TEST

/* Pages that were given back are read again from the file. */
START_TEST(test_give_back)
{
    struct sx_file file;
    struct sx_error error = {0};
    const size_t size = (size_t)20 << 20;
    uint8_t *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 12));
    make(bytes, size);
    ck_assert(sx_file_open(&file, path, 100, &error));
    for (size_t at = 0; at < size; at += 1 << 16) {
        ck_assert_mem_eq(file.bytes, bytes + at, 1 << 16);
        sx_file_drop(&file, 1 << 16);
    }
    ck_assert_uint_eq(file.size, 0);
    ck_assert_uint_gt(file.dropped, 0);
    sx_file_close(&file);
    free(bytes);
}
END_TEST

static bool read_boxes(const char *text, struct sx_box **boxes, int64_t *n,
                       struct sx_error *error)
{
    *error = (struct sx_error){0};
    make(text, strlen(text));
    return sx_boxes_read(path, boxes, n, error);
}

/* Reads boxes from lines and from three forms of JSON, and refuses wrong ones. */
START_TEST(test_boxes)
{
    static const char *const good[] = {
        "# a comment\n1,2,3.5,4,dog\n\n0 0 10 20\n", "[[1,2,3.5,4],[0,0,10,20]]",
        "[{\"box\":[1,2,3.5,4],\"name\":\"dog\"},[0,0,10,20]]",
        " {\"objects\":[{\"name\":\"dog\",\"box\":[1,2,3.5,4]},{\"box\":[0,0,10,20]}]}"};
    static const char *const bad[][2] = {
        {"1,2,3\n", "line 1: x0,y0,x1,y1[,name] is wanted"},
        {"\n1,2,3,x\n", "line 2: x0,y0,x1,y1[,name] is wanted"},
        {"# nothing\n", "there are no boxes"},
        {"[[1,2,3]]", "box 1 is not [x0,y0,x1,y1]"},
        {"[[1,2,3,4],[1,2,3,\"4\"]]", "box 2 is not of numbers"},
        {"{\"boxes\":[[1,2,3,4]]}", "the JSON holds no array of boxes"},
        {"1,2,1,4\n", "box 1 is empty"},
        {"0,0,1,1\n1,2,3,2\n", "box 2 is empty"},
        {"1,2,inf,4\n", "box 1 has no finite sides"}};
    struct sx_box *boxes;
    struct sx_error error;
    int64_t n;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(read_boxes(good[i], &boxes, &n, &error), "%s: %s", good[i],
                      error.message);
        ck_assert_int_eq(n, 2);
        ck_assert(boxes[0].x0 == 1 && boxes[0].y0 == 2 && boxes[0].x1 == 3.5 &&
                  boxes[0].y1 == 4 && boxes[1].x1 == 10 && boxes[1].y1 == 20);
        if (i != 1)
            ck_assert_str_eq(boxes[0].name, "dog");
        ck_assert(boxes[1].name == NULL);
        sx_boxes_free(boxes, n);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!read_boxes(bad[i][0], &boxes, &n, &error), "%s", bad[i][0]);
        ck_assert_msg(strstr(error.message, bad[i][1]) != NULL, "%s", error.message);
        ck_assert(boxes == NULL && n == 0);
    }
}
END_TEST

/* Shares of boxes in 3 x 2 places of 10 x 10 pixels. */
START_TEST(test_box_shares)
{
    const struct sx_box boxes[] = {{.x0 = 5, .y0 = 8, .x1 = 15, .y1 = 12},
                                   {.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 15},
                                   {.x0 = -5, .y0 = 25, .x1 = 5, .y1 = 99},
                                   {.x0 = 3, .y0 = 30, .x1 = 9, .y1 = 40},
                                   {.x0 = 20, .y0 = 0, .x1 = 30, .y1 = 9}};
    static const double want[5][6] = {
        {0.25, 0.25, 0.25, 0.25}, {2.0 / 3, 0, 1.0 / 3}, {0, 0, 0, 0, 1}, {0}, {0}};
    double share[30];
    ck_assert_int_eq(sx_box_shares(3, 2, 20, 30, boxes, 5, share), 3);
    for (int i = 0; i < 30; i++)
        ck_assert_double_eq_tol(share[i], want[i / 6][i % 6], 1e-15);
    ck_assert_int_eq(sx_box_shares(3, 2, 20, 30, boxes, 3, share), -1);
}
END_TEST

/* The last row and the last column of places have what the others leave. */
START_TEST(test_places)
{
    static const double want[6][4] = {{0, 0, 3, 3}, {3, 0, 6, 3}, {6, 0, 10, 3},
                                      {0, 3, 3, 7}, {3, 3, 6, 7}, {6, 3, 10, 7}};
    static const char *const names[] = {"0,0", "0,1", "0,2", "1,0", "1,1", "1,2"};
    struct sx_error error = {0};
    struct sx_box *boxes = sx_place_boxes(2, 3, 10, 7, &error);
    ck_assert_ptr_nonnull(boxes);
    for (int i = 0; i < 6; i++) {
        ck_assert_str_eq(boxes[i].name, names[i]);
        ck_assert(boxes[i].x0 == want[i][0] && boxes[i].y0 == want[i][1] &&
                  boxes[i].x1 == want[i][2] && boxes[i].y1 == want[i][3]);
    }
    sx_boxes_free(boxes, 6);
}
END_TEST

/* ---- Sets ---- */

static bool read_sets(const char *text, struct sx_sets *sets, struct sx_error *error)
{
    *error = (struct sx_error){0};
    make(text, strlen(text));
    return sx_sets_read(sets, path, error);
}

/* Members are sorted. They are integers up to nine digits. */
START_TEST(test_sets)
{
    static const char *const good[] = {"1 0 # the first\n\n# none\n999999999",
                                       "0;1\r\n999999999\n", " [[1,0],[999999999]]",
                                       "{\"interactions\":[[0,1],[999999999]]}"};
    static const char *const bad[][2] = {
        {"1,1\n", "set 1 names feature 1 twice"},
        {"0\n2,1,2\n", "set 2 names feature 2 twice"},
        {"[[0],[2,1,2]]", "set 2 names feature 2 twice"},
        {"1000000000\n", "set 1: features are integers from 0"},
        {"0\n9999999999\n", "set 2: features are integers from 0"},
        {"0\n1,x\n", "set 2: features are integers from 0"},
        {"0\n-1\n", "set 2: features are integers from 0"},
        {"[[0],[1000000000]]", "set 2: features are integers from 0"},
        {"[[1.5]]", "set 1: features are integers from 0"},
        {"[[-1]]", "set 1: features are integers from 0"},
        {"[[\"1\"]]", "set 1: features are integers from 0"},
        {"[[0],1]", "set 2 is no array"},
        {"{\"sets\":[[0]]}", "neither an array of sets nor an object"}};
    struct sx_error error;
    struct sx_sets sets;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(read_sets(good[i], &sets, &error), "%s: %s", good[i], error.message);
        ck_assert(sets.n == 2 && sets.begin[0] == 0 && sets.begin[1] == 2 &&
                  sets.begin[2] == 3);
        ck_assert(sets.member[0] == 0 && sets.member[1] == 1 && sets.member[2] == 999999999);
        sx_sets_free(&sets);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!read_sets(bad[i][0], &sets, &error), "%s", bad[i][0]);
        ck_assert_int_eq(error.status, SX_FAILED);
        ck_assert_msg(strstr(error.message, bad[i][1]) != NULL, "%s", error.message);
        ck_assert(strstr(error.message, path) != NULL && sets.member == NULL);
    }
}
END_TEST

int main(void)
{
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/file", dir);
    TCase *c = suite_case("io_file");
    SUITE_ADD(c, test_regular_file, test_empty, test_refused, test_proc, test_pipe,
              test_pipe_limit, test_window, test_stdin_offset, test_give_back, test_boxes,
              test_box_shares, test_places, test_sets);
    int failed = suite_run();
    unlink(path);
    rmdir(dir);
    return failed;
}
