/* input.h - inputs for tests of readers, and what samples are expected of them. */
#ifndef TESTS_INPUT_H
#define TESTS_INPUT_H

#include "sextant.h"

/* The path of the input. The file lives in memory: some tests write it thousands of times. */
extern char ti_path[64];
bool ti_begin(void);

/* Makes these bytes the content of the file, or, `times` times, of a pipe on standard input. */
void ti_make(const void *bytes, size_t n);
void ti_pipe(const void *bytes, size_t n, size_t times);

/* An .npy of bytes 0, 1, 2...; returns its size. */
size_t ti_npy(uint8_t *to, const struct sx_shape *shape, bool fortran);

/* Opens an input that must open. */
struct sx_reader *ti_open(const char *name, const struct sx_shape *want);

/* The input, or its first sample, fails with a message like this. */
void ti_refused(const char *name, const struct sx_shape *want, const char *message);

/* The next sample has this shape and starts with this number; or it fails; or there is none,
 * and the reader is closed. */
void ti_expect(struct sx_reader *reader, const struct sx_shape *shape, double first);
void ti_expect_failure(struct sx_reader *reader, const char *message);
void ti_expect_end(struct sx_reader *reader);

/* The most memory this process has had, in KiB; 0 where a sanitizer keeps what was freed. */
long ti_memory(void);

#endif
