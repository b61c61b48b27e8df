/* fuzz.c - decisions from bytes, files in memory, checks of promises. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

unsigned fuzz_byte(struct fuzz *f)
{
    if (f->left == 0)
        return 0;
    f->left--;
    return *f->at++;
}

unsigned fuzz_below(struct fuzz *f, unsigned n)
{
    return fuzz_byte(f) % n;
}

const char *fuzz_file(const uint8_t *bytes, size_t n)
{
    static char path[64];
    static int file = -1;
    if (file < 0)
        file = memfd_create("fuzz", 0);
    fuzz_must(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, bytes, n, 0) == (ssize_t)n,
              "a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}

void fuzz_must(bool holds, const char *promise)
{
    if (holds)
        return;
    fprintf(stderr, "does not hold: %s\n", promise);
    abort();
}

void fuzz_told(bool ok, const struct sx_error *error)
{
    fuzz_must(ok == (error->status == SX_OK), "a failure has a status");
    fuzz_must(ok || (*error->message != '\0' && strchr(error->message, '\n') == NULL),
              "a failure has a line");
}
