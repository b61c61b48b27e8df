/* nearest.c - finds the names that are most similar to an unknown one. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"

#define LONGEST 64 /* characters beyond are ignored */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Whether `a`, of at least three letters, is a substring of `b`. */
static bool stands_in(const char *a, size_t n, const char *b, size_t m)
{
    for (size_t i = 0; n >= 3 && i + n <= m; i++)
        if (strncasecmp(a, b + i, n) == 0)
            return true;
    return false;
}

/* The distance of two names: twice the number of insertions, deletions, changes and swaps of
 * neighbours that make b of a. It is 1 if b begins with a, and 2 if b contains a. Case is ignored. */
static int distance(const char *a, size_t n, const char *b, size_t m)
{
    int row[3][LONGEST + 1];
    n = n < LONGEST ? n : LONGEST;
    m = m < LONGEST ? m : LONGEST;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            bool kept = same(a[i - 1], b[j - 1]);
            now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + !kept);
            if (i > 1 && j > 1 && !kept && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    if (n > 0 && n < m && strncasecmp(a, b, n) == 0)
        return 1;
    return n < m && stands_in(a, n, b, m) ? 2 : 2 * row[n % 3][m];
}

static void offer(struct sx_nearest *near, const char *name, size_t length)
{
    int d = distance(near->word, strlen(near->word), name, length), at = near->n;
    while (at > 0 && d < near->best[at - 1].distance)
        at--;
    if (at == SX_NEAREST)
        return;
    near->n += near->n < SX_NEAREST;
    memmove(near->best + at + 1, near->best + at,
            (size_t)(near->n - at - 1) * sizeof near->best[0]);
    near->best[at].name = name;
    near->best[at].length = length;
    near->best[at].distance = d;
}

void sx_nearest_offer_one(struct sx_nearest *near, const char *name)
{
    offer(near, name, strlen(name));
}

void sx_nearest_offer(struct sx_nearest *near, const char *names)
{
    for (;;) {
        size_t n = strcspn(names, "|");
        offer(near, names, n);
        if (names[n] == '\0')
            return;
        names += n + 1;
    }
}

const char *sx_nearest_text(struct sx_nearest *near)
{
    size_t at = 0;
    near->text[0] = '\0';
    for (int i = 0; i < near->n && near->best[i].distance <= near->best[0].distance + 2; i++) {
        const char *before = at > 0 ? ", " : "; nearest: ";
        if (at + strlen(before) + near->best[i].length < sizeof near->text)
            at += (size_t)sprintf(near->text + at, "%s%.*s", before, (int)near->best[i].length,
                                  near->best[i].name);
    }
    return near->text;
}
