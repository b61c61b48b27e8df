/* input.c - inputs for tests of readers, and the expected samples. */
#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "input.h"

char ti_path[64];

bool ti_begin(void)
{
    int memory = memfd_create("input", 0);
    snprintf(ti_path, sizeof ti_path, "/proc/self/fd/%d", memory);
    return memory >= 0;
}

/* The file is in memory, because some tests write it thousands of times. */
void ti_make(const void *bytes, size_t n)
{
    FILE *out = fopen(ti_path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

/* Makes standard input a pipe from a child process that writes these bytes `times` times. */
void ti_pipe(const void *bytes, size_t n, size_t times)
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

struct sx_reader *ti_open(const char *name, const struct sx_shape *want)
{
    struct sx_error error = {0};
    const struct sx_input how = {.want = want};
    struct sx_reader *reader = sx_reader_open(name, &how, &error);
    ck_assert_msg(reader != NULL, "%s", error.message);
    return reader;
}

void ti_refused(const char *name, const struct sx_shape *want, const char *message)
{
    struct sx_error error = {0};
    const struct sx_input how = {.want = want};
    struct sx_reader *reader = sx_reader_open(name, &how, &error);
    struct sx_tensor sample = {0};
    bool end;
    if (reader != NULL)
        ck_assert(!sx_reader_next(reader, &sample, &end, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    sx_reader_close(reader);
}

/* Checks the shape of the next sample, and its first number if it has any. */
void ti_expect(struct sx_reader *reader, const struct sx_shape *shape, double first)
{
    struct sx_error error = {0};
    struct sx_tensor sample;
    bool end;
    ck_assert_msg(sx_reader_next(reader, &sample, &end, &error), "%s", error.message);
    ck_assert(!end);
    ck_assert(sx_shape_equal(&sample.shape, shape));
    if (sx_count(shape) > 0)
        ck_assert_msg(sx_tensor_get(&sample, 0) == first, "%g", sx_tensor_get(&sample, 0));
    sx_tensor_free(&sample);
}

void ti_expect_failure(struct sx_reader *reader, const char *message)
{
    struct sx_error error = {0};
    struct sx_tensor sample;
    bool end;
    ck_assert(!sx_reader_next(reader, &sample, &end, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    ck_assert_ptr_null(sample.data);
}

/* Checks that there is no further sample. */
void ti_expect_end(struct sx_reader *reader)
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

size_t ti_npy(uint8_t *to, const struct sx_shape *shape, bool fortran)
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

#if defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

long ti_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return SANITIZED ? 0 : usage.ru_maxrss;
}
