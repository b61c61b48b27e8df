/* fuzz.h - what the fuzzing targets share. A target is a file fuzz_NAME.c with the function that
 * libFuzzer calls; replay.c calls it for files, so that what was found once is tried by every
 * `make check`. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "sextant.h"

/* Takes any bytes, and returns 0. What must never be is the end of the process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Bytes as decisions: each takes one, and 0 where there are none left. */
struct fuzz {
    const uint8_t *at;
    size_t left;
};
unsigned fuzz_byte(struct fuzz *f);
unsigned fuzz_below(struct fuzz *f, unsigned n); /* 0 to n - 1 */

/* The path of a file that holds these bytes until the next call. */
const char *fuzz_file(const uint8_t *bytes, size_t n);

/* Ends the process where what was promised does not hold. */
void fuzz_must(bool holds, const char *promise);
/* The same for an error: there is one exactly if a call failed, and it is a line. */
void fuzz_told(bool ok, const struct sx_error *error);

#endif
