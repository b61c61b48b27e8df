/* uses.c - which files the command line reads and writes: a stream is used once, and no file that
 * is read is overwritten. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

void cli_open_streams(void)
{
    static const int mode[] = {O_WRONLY, O_RDONLY, O_WRONLY}; /* the modes make any use fail */
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", mode[fd]); /* open() takes the lowest free number */
}

/* Whether an option names a file that is written. */
static bool writes(const char *option)
{
    static const char *const names[] = {"output", "save-game", "model-out", "log",
                                        "checkpoint"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(option, names[i]) == 0)
            return true;
    return false;
}

void cli_use(struct cli *cli, const struct cli_option *o, const char *path)
{
    bool file = o->argument != NULL && strstr(o->argument, "FILE") != NULL &&
                strcmp(o->name, "input") != 0 && path != NULL;
    if (strcmp(o->name, "baseline") == 0)
        file = true;
    size_t i = 0;
    while (i < cli->n_uses && cli->use[i].option != o->name)
        i++; /* the last use of an option counts */
    if (!file || i == CLI_MAX_USES)
        return;
    cli->use[i] = (struct cli_use){o->name, path, writes(o->name)};
    cli->n_uses += i == cli->n_uses;
}

static bool is_stream(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

bool cli_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return a != NULL && b != NULL && stat(a, &x) == 0 && stat(b, &y) == 0 &&
           S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool cli_writes_name(const struct cli_use *use)
{
    return use->writes && !is_stream(use->path) && strcmp(use->path, "/dev/stdout") != 0;
}

static int readers_of_input(const struct cli *cli)
{
    int n = is_stream(cli->model_path);
    for (size_t i = 0; i < cli->n_inputs; i++)
        n += is_stream(cli->inputs[i]);
    for (size_t i = 0; i < cli->n_sides; i++)
        n += is_stream(cli->side[i].file);
    for (size_t i = 0; i < cli->n_uses; i++)
        n += !cli->use[i].writes && is_stream(cli->use[i].path);
    return n;
}

bool cli_input_taken(const struct cli *cli)
{
    return readers_of_input(cli) > 0;
}

static void check_read(const struct cli *cli, const struct cli_use *out, const char *path,
                       const char *what)
{
    if (cli_same_file(out->path, path))
        cli_misuse(cli, "--%s would write over %s, '%.200s'", out->option, what, path);
}

/* Misuse if the output is a file that is read. A FILE that --resume continues is allowed. */
static void check_written(const struct cli *cli, const struct cli_use *out)
{
    char option[80];
    check_read(cli, out, cli->model_path, "MODEL");
    for (size_t i = 0; i < cli->n_inputs; i++)
        check_read(cli, out, cli->inputs[i], "an INPUT");
    for (size_t i = 0; i < cli->n_sides; i++)
        check_read(cli, out, cli->side[i].file, "what -i feeds");
    for (size_t i = 0; i < cli->n_uses; i++) {
        snprintf(option, sizeof option, "the file of --%.60s", cli->use[i].option);
        if (!cli->use[i].writes)
            check_read(cli, out, cli->use[i].path, option);
    }
}

static void check_two(const struct cli *cli, const struct cli_use *a, const struct cli_use *b)
{
    if (strcmp(a->path, b->path) == 0 || cli_same_file(a->path, b->path))
        cli_misuse(cli, "--%s and --%s write to one place, '%.200s'", a->option, b->option,
                   a->path);
}

void cli_check_uses(struct cli *cli)
{
    bool records = cli->format != CLI_FORMAT_NONE && cli->output == NULL;
    if (readers_of_input(cli) > 1)
        cli_misuse(cli, "standard input can be only one of MODEL, INPUT and files of options");
    for (size_t i = 0; i < cli->n_uses; i++) {
        const struct cli_use *out = &cli->use[i];
        if (!out->writes)
            continue;
        check_written(cli, out);
        if (records && is_stream(out->path))
            cli_misuse(cli, "--%s and --format write to standard output both", out->option);
        for (size_t k = 0; k < i; k++)
            if (cli->use[k].writes)
                check_two(cli, &cli->use[k], out);
    }
}
