/* resume.c - --resume with -o FILE: reads what FILE holds, and appends the rest.
 *
 * FILE is not changed until a record of this run has the same model and params as the first record
 * in FILE. To compare, that sample is computed again. For a table only the header line is compared. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/resume.h"

/* Locks FILE, because two runs would write every sample twice. Succeeds on file systems without
 * locks. */
static bool lock(struct cli *cli)
{
    struct sx_error error = {.status = SX_WRITE, .message = "another run is writing it"};
    if (flock(cli->resumed->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return true;
    cli_fail(cli, cli->output, &error);
    close(cli->resumed->fd);
    free(cli->resumed);
    cli->resumed = NULL; /* FILE does not belong to this run, so the run does not remove it */
    return false;
}

bool cli_resume_open(struct cli *cli)
{
    struct stat st;
    bool table = cli->format == CLI_CSV || cli->format == CLI_TSV;
    if (cli->output == NULL || strcmp(cli->output, "-") == 0)
        cli_misuse(cli, "--resume is for -o FILE or -o DIR/");
    if (!table && cli->format != CLI_JSON)
        cli_misuse(cli,
                   "--resume of one FILE is for json, csv and tsv; -o DIR/ takes any format");
    struct cli_resumed *r = cli->resumed = cli_must(cli, calloc(1, sizeof *r));
    struct sx_error error = {.status = SX_WRITE};
    r->table = table;
    r->fd = open(cli->output, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (r->fd < 0 || fstat(r->fd, &st) != 0) {
        snprintf(error.message, sizeof error.message, "%s", strerror(errno));
        return cli_fail(cli, cli->output, &error);
    }
    if (!S_ISREG(st.st_mode))
        return cli_resume_refuse(cli, "is no file that could be continued");
    if (!lock(cli))
        return false;
    int copy = dup(r->fd);
    FILE *f = copy >= 0 ? fdopen(copy, "r") : NULL;
    bool ok = cli_resume_look(cli, cli_must(cli, f));
    fclose(f);
    return ok;
}

bool cli_resume_compares(const struct cli *cli, const char *id, int64_t index)
{
    const struct cli_resumed *r = cli->resumed;
    return r != NULL && !r->table && r->first != NULL && r->first_key == cli_key(id, index);
}

/* ---- Comparing ---- */

/* Whether two values are equal. Numbers are compared exactly: they come from the same digits. */
static bool same(const struct sx_datum *a, const struct sx_datum *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind)
        return false;
    if (a->kind == SX_TRUTH)
        return a->truth == b->truth;
    if (a->kind == SX_INTEGER)
        return a->integer == b->integer;
    if (a->kind == SX_NUMBER)
        return a->number == b->number;
    if (a->kind == SX_TEXT)
        return strcmp(a->text, b->text) == 0;
    int64_t n = sx_datum_count(a);
    bool equal = n == sx_datum_count(b);
    if (a->kind == SX_ARRAY)
        for (int64_t i = 0; equal && i < n; i++) {
            double x = sx_datum_element(a, i), y = sx_datum_element(b, i);
            equal = x == y || (x != x && y != y);
        }
    else if (a->kind == SX_LIST || a->kind == SX_OBJECT)
        for (a = a->first, b = b->first; equal && a != NULL && b != NULL;
             a = a->next, b = b->next)
            equal = same(a, b) && (a->key == NULL || strcmp(a->key, b->key) == 0);
    return equal;
}

/* How a record of another run differs from one of this run; NULL: in nothing that matters. */
static const char *difference(const char *old, const char *new, size_t n)
{
    static const struct {
        const char *path, *what;
    } parts[] = {{"model.sha256", "is of another model"},
                 {"params", "is of other params"},
                 {"input.name", "explains by another tensor"},
                 {"target.output", "explains another tensor"},
                 {"target.score", "explains another score"}};
    struct sx_error ignored = {0};
    struct sx_result *a = sx_result_read(old, strlen(old), &ignored);
    struct sx_result *b = sx_result_read(new, n, &ignored);
    const char *what = a == NULL || b == NULL ? "holds no record" : NULL;
    for (size_t i = 0; what == NULL && i < sizeof parts / sizeof parts[0]; i++)
        if (!same(sx_datum_at(sx_result_top(a), parts[i].path),
                  sx_datum_at(sx_result_top(b), parts[i].path)))
            what = parts[i].what;
    sx_result_free(a);
    sx_result_free(b);
    return what;
}

static bool compare(struct cli *cli, const char *text)
{
    struct cli_resumed *r = cli->resumed;
    size_t n = strcspn(text, "\n");
    const char *what = NULL;
    if (r->table)
        what = strlen(r->first) != n || strncmp(r->first, text, n) != 0
                   ? "has another header line"
                   : NULL;
    else
        what = difference(r->first, text, n);
    free(r->first);
    r->first = NULL;
    return what == NULL || cli_resume_refuse(cli, what);
}

/* ---- Appending ---- */

/* Begins to write FILE. */
static bool begin_file(struct cli *cli, struct sx_error *error)
{
    struct cli_resumed *r = cli->resumed;
    if (!r->cut && (ftruncate(r->fd, r->keep) != 0 || lseek(r->fd, r->keep, SEEK_SET) < 0))
        return cli_error(error, SX_WRITE, "%.80s: %s", cli->output, strerror(errno));
    if (r->cut)
        return true;
    struct sx_sink *file = sx_sink_to(r->fd, cli->output, error);
    if (file == NULL)
        return false;
    sx_sink_finish(cli->sink, false, NULL); /* nothing was written there */
    cli->sink = file;
    r->fd = -1;
    return r->cut = true;
}

static bool add_held(struct cli *cli, struct sx_error *error)
{
    struct cli_resumed *r = cli->resumed;
    if (r->held_size == 0)
        return true;
    sx_sink_write(cli->sink, r->held, r->held_size);
    r->held_size = 0;
    return sx_sink_flush(cli->sink, error);
}

bool cli_resume_begin(struct cli *cli, struct sx_error *error)
{
    struct cli_resumed *r = cli->resumed;
    if (r == NULL)
        return true;
    if (r->first == NULL && !cli->again)
        return begin_file(cli, error) && add_held(cli, error);
    struct sx_sink *memory = sx_sink_memory(error);
    if (memory == NULL)
        return false;
    r->file = cli->sink;
    cli->sink = memory;
    return true;
}

static void hold(struct cli *cli, const char *text)
{
    struct cli_resumed *r = cli->resumed;
    size_t n = strlen(text);
    r->held = cli_must(cli, realloc(r->held, r->held_size + n + 1));
    memcpy(r->held + r->held_size, text, n);
    r->held_size += n;
}

bool cli_resume_end(struct cli *cli, bool failed, bool ok, bool *once_more,
                    struct sx_error *error)
{
    struct cli_resumed *r = cli->resumed;
    struct sx_error other = {0};
    *once_more = false;
    if (r == NULL || r->file == NULL)
        return ok;
    char *text = sx_sink_text(cli->sink, ok ? error : &other);
    cli->sink = r->file;
    r->file = NULL;
    ok = ok && text != NULL;
    if (ok && failed && !cli->again)
        hold(cli, text);
    else if (ok && !failed && r->first != NULL)
        ok = compare(cli, text);
    *once_more = ok && !failed && !cli->again;
    free(text);
    if (cli->error.status != SX_OK)
        *error = cli->error;
    return ok;
}

bool cli_resume_close(struct cli *cli, bool keep, struct sx_error *error)
{
    struct cli_resumed *r = cli->resumed;
    bool ok = true;
    if (r == NULL)
        return true;
    if (keep && r->held_size > 0)
        ok = begin_file(cli, error) && add_held(cli, error);
    struct stat st;
    if (stat(cli->output, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
        unlink(cli->output); /* nothing was appended */
    if (r->fd >= 0)
        close(r->fd);
    free(r->first);
    free(r->held);
    free(r);
    cli->resumed = NULL;
    return ok;
}
