/* lines.c - files of names, one a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

/* Removes a byte order mark from the first line. */
static void drop_mark(char **lines, size_t n)
{
    if (n > 0 && strncmp(lines[0], "\xef\xbb\xbf", 3) == 0)
        memmove(lines[0], lines[0] + 3, strlen(lines[0] + 3) + 1);
}

static bool add_line(char ***lines, size_t *count, const char *line)
{
    char **more = realloc(*lines, (*count + 1) * sizeof *more);
    if (more == NULL)
        return false;
    *lines = more;
    more[*count] = strdup(line);
    if (more[*count] == NULL)
        return false;
    ++*count;
    return true;
}

ssize_t cli_get_line(const struct cli *cli, char **line, size_t *room, int end, FILE *f)
{
    ssize_t n = getdelim(line, room, end, f);
    if (n < 0 && !feof(f) && !ferror(f))
        cli_must(cli, NULL);
    return n;
}

bool cli_read_lines(struct cli *cli, const char *path, char ***lines, size_t *count)
{
    errno = 0;
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    struct sx_error error;
    bool ok = f != NULL;
    while (ok && (n = cli_get_line(cli, &line, &room, '\n', f)) >= 0) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = '\0';
        ok = add_line(lines, count, line);
    }
    ok = ok && ferror(f) == 0;
    if (!ok)
        cli_error(&error, errno == ENOMEM ? SX_MEMORY : SX_FAILED, "%s", strerror(errno));
    free(line);
    if (f != NULL)
        fclose(f);
    drop_mark(*lines, *count);
    while (ok && *count > 0 && (*lines)[*count - 1][0] == '\0')
        free((*lines)[--*count]);
    return ok || cli_fail(cli, path, &error);
}

void cli_free_lines(char **lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(lines[i]);
    free(lines);
}

bool cli_fits(const char *names, size_t n, const char *things, int64_t wanted,
              struct sx_error *error)
{
    if (n == 0 || (int64_t)n == wanted)
        return true;
    return cli_error(error, SX_USAGE, "%zu %s for %lld %s", n, names, (long long)wanted,
                     things);
}
