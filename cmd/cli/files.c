/* files.c - a file per sample: -o DIR/ and patterns. A file appears when it is complete. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

static const char *const fields[] = {"{stem}", "{id}", "{index}", "{method}"};

bool cli_is_figure(const struct cli *cli)
{
    return (CLI_FIGURES >> cli->format & 1) != 0;
}

bool cli_is_pattern(const char *output)
{
    size_t n = output != NULL ? strlen(output) : 0;
    bool pattern = n > 0 && output[n - 1] == '/';
    for (int i = 0; n > 0 && i < 4; i++)
        pattern = pattern || strstr(output, fields[i]) != NULL;
    return pattern;
}

size_t cli_fixed_part(const char *pattern)
{
    size_t n = strlen(pattern);
    for (int i = 0; i < 4; i++) {
        const char *field = strstr(pattern, fields[i]);
        n = field != NULL && (size_t)(field - pattern) < n ? (size_t)(field - pattern) : n;
    }
    while (n > 0 && pattern[n - 1] != '/')
        n--;
    return n;
}

/* ---- Names ---- */

/* A text buffer that grows. */
struct text {
    const struct cli *cli;
    char *at;
    size_t n;
};

static void add(struct text *t, const char *more, size_t n)
{
    t->at = cli_must(t->cli, realloc(t->at, t->n + n + 1));
    memcpy(t->at + t->n, more, n);
    t->n += n;
    t->at[t->n] = '\0';
}

/* Appends the value of a field as one path component: without a slash, not "." or "..", and without
 * control characters that would affect a terminal. */
static void add_name(struct text *t, const char *name, size_t n)
{
    bool dots = (n == 1 && name[0] == '.') || (n == 2 && strncmp(name, "..", 2) == 0);
    size_t from = t->n;
    add(t, name, n);
    for (size_t i = from; i < t->n; i++) {
        const unsigned char c = (unsigned char)t->at[i];
        if (c == '/' || c < ' ' || c == 0x7f || (dots && c == '.'))
            t->at[i] = '_';
    }
}

/* Appends the name of a file without its folder and its last suffix. */
static void add_stem(struct text *t, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : file;
    const char *dot = strrchr(name, '.');
    add_name(t, name, dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name));
}

static void add_field(struct text *t, int field, const struct cli_sample *sample,
                      const char *method)
{
    char index[24];
    int n = snprintf(index, sizeof index, "%lld", (long long)sample->index);
    switch (field) {
    case 0:
        add_stem(t, sample->from != NULL ? sample->from : sample->id);
        break;
    case 1:
        add_name(t, sample->id, strlen(sample->id));
        break;
    case 2:
        add(t, index, (size_t)n);
        break;
    default:
        add_name(t, method, strlen(method));
    }
}

static void fill(struct text *t, const char *pattern, const struct cli_sample *sample,
                 const char *method)
{
    while (*pattern != '\0') {
        int field = 0;
        while (field < 4 && strncmp(pattern, fields[field], strlen(fields[field])) != 0)
            field++;
        if (field < 4)
            add_field(t, field, sample, method);
        else
            add(t, pattern, 1);
        pattern += field < 4 ? strlen(fields[field]) : 1;
    }
}

/* Writes the pattern that DIR/ stands for. */
static void pattern_of(const struct cli *cli, const struct cli_sample *sample, char text[64])
{
    snprintf(text, 64, "{stem}%s%s.%s", sample->several ? ".{index}" : "",
             cli->n_methods > 1 ? ".{method}" : "",
             cli->format == CLI_FORMAT_TEXT ? "txt" : cli_format_name(cli->format));
}

/* Makes a name that no sample of this run has had: "cat.json", "cat-2.json". The caller frees it. */
static char *claim(struct cli *cli, struct text *t)
{
    const char *slash = strrchr(t->at, '/'), *name = slash != NULL ? slash + 1 : t->at;
    const char *dot = strrchr(name, '.');
    size_t suffix = dot != NULL && dot != name ? (size_t)(dot - t->at) : t->n;
    char *taken = t->at;
    for (int i = 2; !cli_keys_add(cli, &cli->named, cli_key(taken, 0)); i++) {
        if (taken != t->at)
            free(taken);
        taken = NULL;
        if (asprintf(&taken, "%.*s-%d%s", (int)suffix, t->at, i, t->at + suffix) < 0)
            cli_must(cli, NULL);
    }
    if (taken != t->at)
        free(t->at);
    return taken;
}

static void name_file(struct cli *cli, const struct cli_sample *sample, int method)
{
    struct text t = {.cli = cli};
    char own[64];
    bool folder = cli->output[strlen(cli->output) - 1] == '/';
    pattern_of(cli, sample, own);
    fill(&t, cli->output, sample, method < cli->n_methods ? cli->method[method] : cli->tool);
    if (folder)
        fill(&t, own, sample, method < cli->n_methods ? cli->method[method] : cli->tool);
    cli->file[method] = claim(cli, &t);
}

static void forget_files(struct cli *cli)
{
    for (int i = 0; i < CLI_MAX_METHODS; i++) {
        free(cli->file[i]);
        cli->file[i] = NULL;
    }
}

void cli_files_name(struct cli *cli, const struct cli_sample *sample)
{
    if (!cli->each)
        return;
    forget_files(cli);
    cli->from = sample->from;
    for (int i = 0; i == 0 || i < cli->n_methods; i++)
        name_file(cli, sample, i);
}

bool cli_files_exist(const struct cli *cli)
{
    bool all = true;
    for (int i = 0; i == 0 || i < cli->n_methods; i++)
        all = all && access(cli->file[i], F_OK) == 0;
    return all;
}

/* ---- Files ---- */

bool cli_make_folders(char *path, struct sx_error *error)
{
    bool ok = true;
    for (char *slash = strchr(path + 1, '/'); ok && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (!ok) {
            cli_error(error, SX_WRITE, "%.200s: %s", path, strerror(errno));
        }
        *slash = '/';
    }
    return ok;
}

/* Whether the path is not that of a file that the run reads. */
static bool is_free(const struct cli *cli, const char *path, struct sx_error *error)
{
    bool taken = cli_same_file(path, cli->model_path) || cli_same_file(path, cli->from);
    for (size_t i = 0; i < cli->n_inputs; i++)
        taken = taken || cli_same_file(path, cli->inputs[i]);
    if (!taken)
        return true;
    return cli_error(error, SX_USAGE, "-o would write over '%.200s'", path);
}

bool cli_file_begin(struct cli *cli, struct sx_error *error)
{
    if (!cli->each)
        return true;
    const struct cli_sample bare = {.id =
                                        cli->model_path != NULL ? cli->model_path : cli->tool};
    int method = cli->method_at < cli->n_methods ? cli->method_at : 0;
    if (cli->file[method] == NULL)
        cli_files_name(cli, &bare);
    if (!cli_make_folders(cli->file[method], error) || !is_free(cli, cli->file[method], error))
        return false;
    cli->table.width = 0;
    struct sx_sink *sink = sx_sink_open(cli->file[method], error);
    if (sink == NULL)
        return false;
    if (cli->format == CLI_FORMAT_TEXT)
        sx_sink_for_eyes(sink);
    cli->aside = cli->sink;
    cli->sink = sink;
    return true;
}

bool cli_file_end(struct cli *cli, bool ok, struct sx_error *error)
{
    struct sx_error other = {0};
    if (cli->aside == NULL)
        return ok;
    ok = sx_sink_finish(cli->sink, ok, ok ? error : &other) && ok;
    cli->sink = cli->aside;
    cli->aside = NULL;
    return ok;
}

bool cli_write_bytes(struct cli *cli, const uint8_t *bytes, size_t size, struct sx_error *error)
{
    bool ok = cli_file_begin(cli, error);
    if (ok) {
        sx_sink_write(cli->sink, bytes, size);
        ok = sx_sink_flush(cli->sink, error);
    }
    ok = cli_file_end(cli, ok, error);
    cli->wrote = cli->wrote || ok;
    return ok;
}

bool cli_write_file(struct cli *cli, const struct cli_sample *sample, const uint8_t *bytes,
                    size_t size, struct sx_error *error)
{
    cli_files_name(cli, sample);
    return cli_write_bytes(cli, bytes, size, error);
}

void cli_files_free(struct cli *cli)
{
    forget_files(cli);
    cli_keys_free(&cli->named);
}
