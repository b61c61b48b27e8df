/* replay.c - gives files to a fuzzing target, as libFuzzer would.
 *
 *     fuzz_NAME FILE... */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

enum { MOST_BYTES = 1 << 20 };

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        uint8_t *bytes = malloc(MOST_BYTES), *exact;
        if (f == NULL || bytes == NULL) {
            perror(argv[i]);
            return 1;
        }
        const size_t n = fread(bytes, 1, MOST_BYTES, f);
        fclose(f);
        /* of exact size, so that sanitizers notice a read beyond the end */
        exact = realloc(bytes, n + (n == 0));
        if (exact != NULL)
            LLVMFuzzerTestOneInput(exact, n);
        free(exact);
    }
    printf("%d files\n", argc - 1);
    return 0;
}
