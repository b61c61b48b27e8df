/* damaged.c - writes damaged copies of a file, and prints the commands that read them, for
 * endure.c.
 *
 *     damaged FILE COUNT STATUSES WORD...
 *
 * Writes COUNT copies, which are the same in each run, to the working directory. "%" within a
 * word stands for the name of the copy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"

enum { MOST_BYTES = 1 << 20 };

static void write_copy(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* A seed computed from a name, so that files are not all damaged at the same positions. */
static uint64_t seed_of(const char *name)
{
    uint64_t seed = 1;
    while (*name != '\0')
        seed = 31 * seed + (uint8_t)*name++;
    return seed;
}

int main(int argc, char **argv)
{
    static uint8_t whole[MOST_BYTES], bytes[MOST_BYTES];
    if (argc < 5)
        return 2;
    FILE *f = fopen(argv[1], "rb");
    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }
    const size_t n = fread(whole, 1, MOST_BYTES / 2, f);
    fclose(f);
    const char *slash = strrchr(argv[1], '/'), *name = slash != NULL ? slash + 1 : argv[1];
    for (int i = 0; i < atoi(argv[2]); i++) {
        struct dice d = {seed_of(name), (uint64_t)i, 0};
        char copy[300];
        size_t size = n;
        memcpy(bytes, whole, n);
        damage(&d, bytes, &size, MOST_BYTES);
        snprintf(copy, sizeof copy, "damaged-%s-%d-%s", argv[4], i, name);
        write_copy(copy, bytes, size);
        print_command(argv[3], size, argv + 4, copy);
    }
    return fflush(stdout) != 0;
}
