/* fuzz.h - shared by the fuzzing targets.
 *
 * A target is a file fuzz_NAME.c with the function that libFuzzer calls. replay.c calls it for
 * files, so `make check` tries again all inputs that were kept. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "sextant.h"

/* Takes any bytes and returns 0. It must never end the process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Bytes that are read as decisions, one byte each. After the last one all decisions are 0. */
struct fuzz {
    const uint8_t *at;
    size_t left;
};
unsigned fuzz_byte(struct fuzz *f);
unsigned fuzz_below(struct fuzz *f, unsigned n); /* 0 to n - 1 */

/* Writes these bytes to a file, which lives until the next call. Returns its path. */
const char *fuzz_file(const uint8_t *bytes, size_t n);

/* Ends the process with a message if a promise does not hold. */
void fuzz_must(bool holds, const char *promise);
/* The same for errors: there is one if and only if a call failed, and its message is one line. */
void fuzz_told(bool ok, const struct sx_error *error);

#endif
