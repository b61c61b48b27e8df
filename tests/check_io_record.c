/* check_io_record.c - JSON that is read, and output files that are complete or absent. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "io/io.h"
#include "suite.h"

static char dir[] = "/tmp/check_io_record.XXXXXX";
static char path[64];

static const char *content(void)
{
    static char text[1 << 16];
    FILE *in = fopen(path, "rb");
    ck_assert_ptr_nonnull(in);
    size_t n = fread(text, 1, sizeof text - 1, in);
    text[n] = '\0';
    fclose(in);
    return text;
}

/* Names in the test directory, dots aside. */
static int entries(void)
{
    int n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void start(void)
{
    unlink(path);
    signal(SIGPIPE, SIG_IGN);
}

START_TEST(test_parse)
{
    static const char *const good[] = {"{}", " [1,2] \n", "\"a\"",
                                       "1",  "null\t",    "[\"[[[[\\\"[[\"]"};
    static const char *const bad[] = {"",        " ",      "{",        "[1,2",
                                      "[1] x",   "[1]]",   "{\"a\":}", "\"ab",
                                      "[1,2,]x", "\"\\\"", "nul",      "[1] 2"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct sx_error error = {0};
        struct cJSON *root = sx_json_parse(good[i], strlen(good[i]), &error);
        ck_assert_msg(root != NULL, "%s: %s", good[i], error.message);
        cJSON_Delete(root);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_error error = {0};
        ck_assert_msg(sx_json_parse(bad[i], strlen(bad[i]), &error) == NULL, "%s", bad[i]);
        ck_assert_int_eq(error.status, SX_FAILED);
    }
    struct sx_error error = {0};
    ck_assert_ptr_null(sx_json_parse("[1]\0\0", 5, &error));
    for (size_t depth = 60; depth < 70; depth++) {
        char text[200];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        error = (struct sx_error){0};
        struct cJSON *root = sx_json_parse(text, 2 * depth, &error);
        ck_assert_int_eq(root != NULL, depth <= 64);
        cJSON_Delete(root);
    }
    char *deep = malloc(1000000);
    memset(deep, '[', 1000000);
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_json_parse(deep, 1000000, &error));
    free(deep);
}
END_TEST

/* Every proper prefix of a record is refused. Nothing is read beyond its end. */
START_TEST(test_parse_truncated)
{
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\n\"],\"b\":{\"c\":null}}";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct sx_error error = {0};
        char *copy = malloc(n + 1);
        memcpy(copy, text, n);
        ck_assert_ptr_null(sx_json_parse(copy, n, &error));
        free(copy);
    }
}
END_TEST

START_TEST(test_keep)
{
    struct sx_error error = {0};
    mode_t mask = umask(027);
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert_ptr_nonnull(sink);
    ck_assert(sx_sink_print(sink, "%s %d", "some", 7));
    ck_assert(sx_sink_flush(sink, &error));
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert(sx_sink_finish(sink, true, &error));
    umask(mask);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0640);
    ck_assert_str_eq(content(), "some 7");
    ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(test_drop)
{
    struct sx_error error = {0};
    for (int old = 0; old < 2; old++) {
        struct sx_sink *sink = sx_sink_open(path, &error);
        ck_assert(sx_sink_write(sink, "new", 3));
        ck_assert(sx_sink_finish(sink, false, &error));
        ck_assert_int_eq(entries(), old);
        if (old)
            ck_assert_str_eq(content(), "old");
        else {
            sink = sx_sink_open(path, &error);
            ck_assert(sx_sink_write(sink, "old", 3));
            ck_assert(sx_sink_finish(sink, true, &error));
        }
    }
}
END_TEST

/* Without /proc a file without a name cannot get one, so the file has a temporary name. This
 * test needs a mount namespace of its own. */
START_TEST(test_named)
{
    struct sx_error error = {0};
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) != 0)
        return;
    for (int keep = 0; keep < 2; keep++) {
        struct sx_sink *sink = sx_sink_open(path, &error);
        ck_assert_ptr_nonnull(sink);
        ck_assert_int_eq(entries(), 1);
        ck_assert_int_eq(access(path, F_OK), -1);
        ck_assert(sx_sink_write(sink, "named", 5));
        ck_assert(sx_sink_finish(sink, keep, &error));
        ck_assert_int_eq(entries(), keep);
    }
    ck_assert_str_eq(content(), "named");
    umount("/proc"); /* the leak checker reads /proc */
}
END_TEST

START_TEST(test_replace_through_link)
{
    struct sx_error error = {0};
    char link[80];
    snprintf(link, sizeof link, "%s/link", dir);
    ck_assert_int_eq(symlink("file", link), 0);
    for (int i = 0; i < 2; i++) {
        struct sx_sink *sink = sx_sink_open(i == 0 ? path : link, &error);
        ck_assert(sx_sink_print(sink, "%d", i));
        ck_assert(sx_sink_finish(sink, true, &error));
    }
    struct stat st;
    ck_assert_int_eq(lstat(link, &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert_str_eq(content(), "1");
    unlink(link);
}
END_TEST

START_TEST(test_large)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_open(path, &error);
    static char block[100000];
    size_t total = 0;
    for (size_t n = 0; n < sizeof block; n = n * 3 + 1) {
        memset(block, 'a' + (int)(n % 26), n);
        ck_assert(sx_sink_write(sink, block, n));
        total += n;
    }
    ck_assert(sx_sink_finish(sink, true, &error));
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq((size_t)st.st_size, total);
}
END_TEST

START_TEST(test_bad_paths)
{
    const char *const bad[] = {dir, "/nonexistent/x", "", "/tmp/", "/dev/null/x"};
    ;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_error error = {0};
        ck_assert_msg(sx_sink_open(bad[i], &error) == NULL, "%s", bad[i]);
        ck_assert_int_eq(error.status, SX_WRITE);
    }
}
END_TEST

START_TEST(test_devices)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_open("/dev/null", &error);
    ck_assert(sx_sink_write(sink, "x", 1));
    ck_assert(sx_sink_finish(sink, true, &error));
    struct stat st;
    ck_assert_int_eq(stat("/dev/null", &st), 0);
    ck_assert(S_ISCHR(st.st_mode));

    sink = sx_sink_open("/dev/full", &error);
    ck_assert_ptr_nonnull(sink);
    ck_assert(sx_sink_write(sink, "x", 1));
    ck_assert(!sx_sink_flush(sink, &error));
    ck_assert_int_eq(error.status, SX_WRITE);
    ck_assert(!sx_sink_write(sink, "x", 1));
    ck_assert(!sx_sink_print(sink, "%d", 1));
    error = (struct sx_error){0};
    ck_assert(!sx_sink_finish(sink, true, &error));
    ck_assert_int_eq(error.status, SX_WRITE);
}
END_TEST

START_TEST(test_closed_pipe)
{
    struct sx_error error = {0};
    int end[2];
    ck_assert_int_eq(pipe(end), 0);
    close(end[0]);
    ck_assert_int_eq(dup2(end[1], 1), 1);
    struct sx_sink *sink = sx_sink_open(NULL, &error);
    sx_sink_print(sink, "{}\n");
    ck_assert(!sx_sink_flush(sink, &error));
    ck_assert_int_eq(error.status, SX_WRITE);
    ck_assert_ptr_nonnull(strstr(error.message, "standard output"));
    ck_assert(!sx_sink_finish(sink, true, NULL));
}
END_TEST

START_TEST(test_closed_stdout)
{
    struct sx_error error = {0};
    close(1);
    struct sx_sink *sink = sx_sink_open(NULL, &error);
    ck_assert(sx_sink_write(sink, "x", 1));
    ck_assert(!sx_sink_finish(sink, true, &error));
    ck_assert_int_eq(error.status, SX_WRITE);
}
END_TEST

START_TEST(test_stdout)
{
    static const char *const names[] = {NULL, "-", "/dev/stdout"};
    ck_assert_ptr_nonnull(freopen(path, "w", stdout));
    for (size_t i = 0; i < 3; i++) {
        struct sx_error error = {0};
        struct sx_sink *sink = sx_sink_open(names[i], &error);
        ck_assert_ptr_nonnull(sink);
        ck_assert(sx_sink_print(sink, "%zu", i));
        ck_assert(sx_sink_finish(sink, true, &error));
    }
    ck_assert_str_eq(content(), "012");
}
END_TEST

/* The reader of a non-blocking pipe is slow. */
START_TEST(test_slow_pipe)
{
    struct sx_error error = {0};
    int end[2];
    ck_assert_int_eq(pipe(end), 0);
    fcntl(end[1], F_SETFL, O_NONBLOCK);
    pid_t child = fork();
    if (child == 0) {
        char block[4096];
        size_t total = 0;
        close(end[1]);
        usleep(50000);
        for (ssize_t n; (n = read(end[0], block, sizeof block)) > 0;)
            total += (size_t)n;
        _exit(total == 300000 ? 0 : 1);
    }
    close(end[0]);
    ck_assert_int_eq(dup2(end[1], 1), 1);
    close(end[1]);
    struct sx_sink *sink = sx_sink_open(NULL, &error);
    static char block[300000];
    ck_assert(sx_sink_write(sink, block, sizeof block));
    ck_assert(sx_sink_finish(sink, true, &error));
    close(1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/file", dir);
    TCase *c = suite_case("io_record");
    tcase_add_checked_fixture(c, start, NULL);
    SUITE_ADD(c, test_parse, test_parse_truncated, test_keep, test_drop, test_named,
              test_replace_through_link, test_large, test_bad_paths, test_devices,
              test_closed_pipe, test_closed_stdout, test_stdout, test_slow_pipe);
    int failed = suite_run();
    unlink(path);
    rmdir(dir);
    return failed;
}
