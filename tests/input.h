/* input.h - inputs for tests of readers, and the expected samples. */
#ifndef TESTS_INPUT_H
#define TESTS_INPUT_H

#include "sextant.h"

/* The path of the input. The file is in memory, because some tests write it thousands of times. */
extern char ti_path[64];
bool ti_begin(void);

/* ti_make makes these bytes the content of the file. ti_pipe makes them, `times` times, the
 * content of a pipe on standard input. */
void ti_make(const void *bytes, size_t n);
void ti_pipe(const void *bytes, size_t n, size_t times);

/* Makes an .npy of bytes 0, 1, 2... Returns its size. */
size_t ti_npy(uint8_t *to, const struct sx_shape *shape, bool fortran);

/* Opens an input; fails the test if that fails. */
struct sx_reader *ti_open(const char *name, const struct sx_shape *want);

/* Fails the test unless opening the input, or reading its first sample, fails with a message like
 * this. */
void ti_refused(const char *name, const struct sx_shape *want, const char *message);

/* ti_expect fails the test unless the next sample has this shape and first number;
 * ti_expect_failure unless the next sample fails; ti_expect_end unless there is no further
 * sample. The last one closes the reader. */
void ti_expect(struct sx_reader *reader, const struct sx_shape *shape, double first);
void ti_expect_failure(struct sx_reader *reader, const char *message);
void ti_expect_end(struct sx_reader *reader);

/* The largest memory of this process in KiB. 0 with a sanitizer, which keeps freed memory. */
long ti_memory(void);

#endif
