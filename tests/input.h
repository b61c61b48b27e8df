/* input.h - inputs for tests of readers, and the expected samples. */
#ifndef TESTS_INPUT_H
#define TESTS_INPUT_H

#include "sextant.h"

/* The path of the input. The file is in memory, because some tests write it thousands of times. */
extern char ti_path[64];
bool ti_begin(void);

/* Makes these bytes the content of the file, or, `times` times, of a pipe on standard input. */
void ti_make(const void *bytes, size_t n);
void ti_pipe(const void *bytes, size_t n, size_t times);

/* An .npy of bytes 0, 1, 2...; returns its size. */
size_t ti_npy(uint8_t *to, const struct sx_shape *shape, bool fortran);

/* Opens an input; fails the test if that fails. */
struct sx_reader *ti_open(const char *name, const struct sx_shape *want);

/* Fails the test unless opening the input, or reading its first sample, fails with a message like
 * this. */
void ti_refused(const char *name, const struct sx_shape *want, const char *message);

/* Fail the test unless: the next sample has this shape and first number; the next sample fails;
 * there is no further sample (then closes the reader). */
void ti_expect(struct sx_reader *reader, const struct sx_shape *shape, double first);
void ti_expect_failure(struct sx_reader *reader, const char *message);
void ti_expect_end(struct sx_reader *reader);

/* The most memory this process has had, in KiB; 0 where a sanitizer keeps what was freed. */
long ti_memory(void);

#endif
