/* lies.c - writes copies of a JSON file with other values, and prints the commands that read
 * them, for endure.c.
 *
 *     lies FILE COUNT STATUSES WORD...
 *
 * Writes COUNT copies, which are the same in each run, to the working directory. "%" within a
 * word stands for the name of the copy. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage.h"

enum { MOST_BYTES = 1 << 20, MOST_VALUES = 20000, MOST_LIES = 3 };

static const char *const lies[] = {
    "null",
    "true",
    "-1",
    "0",
    "0.5",
    "1e308",
    "-1e999",
    "9007199254740993",
    "-9223372036854775808",
    "99999999999999999999",
    "\"\"",
    "\"x\"",
    "\"nan\"",
    "\"\\u001b[31m\\u0007\"",
    "\"\\ufffe\\ud800\"",
    "\"<script>alert(1)</script>\"",
    "\"'\\\"><svg onload=x>\"",
    "\"../../x\"",
    "[]",
    "{}",
    "[[],{}]",
    "[0,0]",
    "[1000000000]",
    "{\"shape\":[-1],\"values\":[1]}",
    "{\"shape\":[1000000000,1000000000],\"values\":[]}",
};

/* The end of the value that begins at `p`, or `p` if none begins there. An array or object ends
 * at its closing bracket. */
static const char *end_of(const char *p)
{
    int depth = 0;
    bool text = false;
    const char *q = p;
    if (strchr("[{\"-0123456789tfn", *p) == NULL)
        return p;
    for (; *q != '\0'; q++) {
        if (text && *q == '\\' && q[1] != '\0') {
            q++;
        } else if (*q == '"') {
            text = !text;
            if (!text && depth == 0)
                return q + 1;
        } else if (!text && strchr("[{", *q) != NULL) {
            depth++;
        } else if (!text && strchr("]}", *q) != NULL) {
            if (--depth <= 0)
                return q + (depth == 0);
        } else if (!text && depth == 0 && strchr(",\n", *q) != NULL) {
            return q;
        }
    }
    return q;
}

/* Lists the beginnings of values: after a colon, a comma or an opening bracket. */
static int find_values(char *text, char *value[MOST_VALUES])
{
    int n = 0;
    for (char *p = text; p[0] != '\0' && p[1] != '\0' && n < MOST_VALUES; p++)
        if (strchr(":,[", p[0]) != NULL && end_of(p + 1) > p + 1)
            value[n++] = p + 1;
    return n;
}

static void tell(struct dice *d, char *text, size_t room)
{
    static char *value[MOST_VALUES];
    const int n = find_values(text, value);
    if (n == 0)
        return;
    /* maps have many numbers, so half of the changes are to the first 60 values, which describe
     * them */
    char *at = value[dice_roll(d, dice_roll(d, 2) == 0 && n > 60 ? 60 : (size_t)n)];
    const char *end = end_of(at), *lie = lies[dice_roll(d, sizeof lies / sizeof *lies)];
    const size_t length = strlen(lie), left = strlen(end);
    if ((size_t)(at - text) + length + left + 1 > room)
        return;
    memmove(at + length, end, left + 1);
    memcpy(at, lie, length);
}

int main(int argc, char **argv)
{
    static char whole[MOST_BYTES], text[2 * MOST_BYTES];
    if (argc < 5)
        return 2;
    FILE *f = fopen(argv[1], "rb");
    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }
    whole[fread(whole, 1, MOST_BYTES - 1, f)] = '\0';
    fclose(f);
    for (int i = 0; i < atoi(argv[2]); i++) {
        struct dice d = {77, (uint64_t)i, 0};
        char copy[300];
        strcpy(text, whole);
        for (size_t n = 1 + dice_roll(&d, MOST_LIES); n > 0; n--)
            tell(&d, text, sizeof text);
        snprintf(copy, sizeof copy, "lies-%s-%d-%s", argv[4], i, argv[1]);
        f = fopen(copy, "wb");
        if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
            perror(copy);
            return 1;
        }
        print_command(argv[3], strlen(text), argv + 4, copy);
    }
    return fflush(stdout) != 0;
}
