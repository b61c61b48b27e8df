/* options.c - the command line: one table of options gives parsing, --help and --complete. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

void cli_misuse(const struct cli *cli, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "%s: %s\nTry '%s --help'\n", cli->tool, text, cli->tool);
    exit(SX_USAGE);
}

void cli_printed(const struct cli *cli)
{
    if (fflush(stdout) == 0)
        exit(SX_OK);
    fprintf(stderr, "%s: standard output: %s\n", cli->tool, strerror(errno));
    exit(SX_WRITE);
}

static void *must(const struct cli *cli, void *p)
{
    if (p != NULL)
        return p;
    fprintf(stderr, "%s: out of memory\n", cli->tool);
    exit(SX_MEMORY);
}

static void add_input(struct cli *cli, char *name)
{
    if (cli->n_inputs == cli->input_capacity) {
        cli->input_capacity = 2 * cli->input_capacity + 16;
        cli->inputs =
            must(cli, realloc(cli->inputs, cli->input_capacity * sizeof *cli->inputs));
    }
    cli->inputs[cli->n_inputs++] = name;
}

/* ---- Options with a meaning of their own ---- */

static bool set_side(struct cli *cli, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument || equals[1] == '\0')
        return false;
    size_t n = cli->n_sides++;
    cli->side = must(cli, realloc(cli->side, cli->n_sides * sizeof *cli->side));
    cli->side[n].name = must(cli, strndup(argument, (size_t)(equals - argument)));
    cli->side[n].file = equals + 1;
    return true;
}

static bool read_row(const char *text, size_t n, int64_t *row)
{
    if (n == 0 || n > 18 || strspn(text, "0123456789") < n)
        return false;
    *row = strtoll(text, NULL, 10);
    return true;
}

static bool set_rows(struct cli *cli, const char *argument)
{
    const char *colon = strchr(argument, ':');
    if (colon == NULL)
        return false;
    size_t before = (size_t)(colon - argument), after = strlen(colon + 1);
    cli->row_begin = 0;
    cli->row_end = -1;
    return (before == 0 || read_row(argument, before, &cli->row_begin)) &&
           (after == 0 || read_row(colon + 1, after, &cli->row_end)) &&
           (cli->row_end < 0 || cli->row_begin <= cli->row_end);
}

static bool set_format(struct cli *cli, const char *argument)
{
    static const char *const names[] = {"", "text", "json", "png", "npy", "dot"};
    for (int i = CLI_FORMAT_TEXT; i <= CLI_DOT; i++)
        if (strcmp(argument, names[i]) == 0 && (cli->formats & 1u << i) != 0) {
            cli->format = i;
            return true;
        }
    return false;
}

static bool set_picture(struct cli *cli, const char *option, const char *argument)
{
    struct sx_error error = {0};
    bool ok = strcmp(option, "preset") == 0
                  ? sx_preprocess_preset(&cli->pre, argument, &error)
                  : sx_preprocess_set(&cli->pre, option, argument, &error);
    if (!ok)
        cli_misuse(cli, "%s", error.message);
    return true;
}

#define PICTURE_OPTION(name)                                                                   \
    static bool set_##name(struct cli *cli, const char *argument)                              \
    {                                                                                          \
        return set_picture(cli, #name, argument);                                              \
    }
PICTURE_OPTION(preset)
PICTURE_OPTION(resize)
PICTURE_OPTION(crop)
PICTURE_OPTION(mean)
PICTURE_OPTION(std)
PICTURE_OPTION(channels)
PICTURE_OPTION(layout)

static bool set_scale(struct cli *cli, const char *argument)
{
    return (cli->scale_word != NULL && cli->scale_word(cli, argument)) ||
           set_picture(cli, "scale", argument);
}

/* ---- Help ---- */

static void print_option(const struct cli_option *o)
{
    char left[64];
    snprintf(left, sizeof left, "  %c%c%c --%s%s%s", o->letter != 0 ? '-' : ' ',
             o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ',' : ' ', o->name,
             o->argument != NULL ? "=" : "", o->argument != NULL ? o->argument : "");
    printf("%-31s %s", left, o->help);
    if (o->choices != NULL)
        printf(": %s", o->choices);
    printf("\n");
}

static void print_help(const struct cli *cli, const struct cli_option *all, size_t n)
{
    printf("Usage: %s [OPTION]... %s\n%s\n\nOptions:\n", cli->tool, cli->operands,
           cli->summary);
    for (size_t i = 0; i < n; i++)
        print_option(&all[i]);
    printf("\nSee %s(1) and sextant(7).\n", cli->tool);
}

/* One line per option for the shell: letter, name, argument, choices. */
static void print_complete(const struct cli_option *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%c\t--%s\t%s\t%s\n", all[i].letter != 0 ? all[i].letter : '-', all[i].name,
               all[i].argument != NULL ? all[i].argument : "",
               all[i].choices != NULL ? all[i].choices : "");
}

/* ---- Reading arguments ---- */

bool cli_choice_name(const char *choices, int i, char *name, size_t size)
{
    for (; i > 0; i--) {
        choices = strchr(choices, '|');
        if (choices == NULL)
            return false;
        choices++;
    }
    size_t n = strcspn(choices, "|");
    if (n >= size)
        return false;
    memcpy(name, choices, n);
    name[n] = '\0';
    return true;
}

static bool read_choice(const struct cli_option *o, const char *text)
{
    char name[40];
    for (int i = 0; cli_choice_name(o->choices, i, name, sizeof name); i++)
        if (strcmp(name, text) == 0) {
            *(int *)o->to = i;
            return true;
        }
    return false;
}

static bool read_count(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *value = n;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && n >= 1;
}

static bool read_seed(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static bool read_size(const char *text, size_t *value)
{
    double number;
    size_t n = strlen(text), digits = strspn(text, "0123456789.");
    static const char units[] = "KMGT";
    double unit = 1;
    if (digits == 0 || !sx_number_parse(text, digits, &number))
        return false;
    if (digits < n) {
        const char *u = strchr(units, text[digits] & ~0x20);
        if (u == NULL || *u == '\0' || n > digits + 1)
            return false;
        for (const char *p = units; p <= u; p++)
            unit *= 1024;
    }
    if (number * unit < 1 || number * unit > 0x1p60)
        return false;
    *value = (size_t)(number * unit);
    return true;
}

static bool read_argument(struct cli *cli, const struct cli_option *o, const char *text)
{
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)o->to = true;
        return true;
    case CLI_TEXT:
        *(const char **)o->to = text;
        return true;
    case CLI_COUNT:
        return read_count(text, o->to);
    case CLI_SEED:
        return read_seed(text, o->to);
    case CLI_NUMBER:
        return sx_number_parse(text, strlen(text), o->to);
    case CLI_SIZE:
        return read_size(text, o->to);
    case CLI_CHOICE:
        return read_choice(o, text);
    case CLI_CALL:
        return o->call(cli, text);
    }
    return false;
}

/* ---- The table ---- */

#define MAX_OPTIONS 96

static void add(struct cli_option *all, size_t *n, const struct cli_option *more, size_t count)
{
    for (size_t i = 0; i < count && *n < MAX_OPTIONS; i++)
        all[(*n)++] = more[i];
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The tool's options, then the common ones. */
static size_t gather(struct cli *cli, struct cli_option *all, bool *help)
{
    struct sx_explain_options *e = &cli->explain;
    const struct cli_option explain[] = {
        {'t', "target", "WHICH",
         "explained: K, I,J,K, NAME, not:K, sum:I,*,J, sum:FILE.npy, argmax", CLI_TEXT,
         &e->target, NULL, NULL},
        {0, "wrt", "TENSOR", "explain by this tensor instead of the first input", CLI_TEXT,
         &e->wrt, NULL, NULL},
        {0, "ste", "RULE", "derivative of rounding in quantised files", CLI_CHOICE, &cli->ste,
         "relu|identity|clip|off", NULL},
        {0, "score", "WHICH", "number that counts", CLI_CHOICE, &cli->score,
         "raw|logit|prob|logprob", NULL},
    };
    const struct cli_option baseline[] = {
        {'b', "baseline", "WHICH",
         "reference input: zero, mean, black, white, blur:S, NUMBER, FILE", CLI_TEXT,
         &cli->baseline, NULL, NULL},
    };
    const struct cli_option pictures[] = {
        {0, "preset", "NAME", "prepare pictures: imagenet, unit, mnist, raw", CLI_CALL, NULL,
         NULL, set_preset},
        {0, "resize", "WxH|short:N", "resize pictures", CLI_CALL, NULL, NULL, set_resize},
        {0, "crop", "N", "cut the central square", CLI_CALL, NULL, NULL, set_crop},
        {0, "scale", "S", "multiply pixels by S, e.g. 1/255", CLI_CALL, NULL, NULL, set_scale},
        {0, "mean", "A,B,C", "subtract from scaled pixels", CLI_CALL, NULL, NULL, set_mean},
        {0, "std", "A,B,C", "then divide", CLI_CALL, NULL, NULL, set_std},
        {0, "channels", "ORDER", "rgb, bgr or gray", CLI_CALL, NULL, NULL, set_channels},
        {0, "layout", "ORDER", "nchw, nhwc or auto", CLI_CALL, NULL, NULL, set_layout},
    };
    const struct cli_option common[] = {
        {0, "output-name", "TENSOR", "tensor instead of the first output", CLI_TEXT, &e->output,
         NULL, NULL},
        {'i', "input", "NAME=FILE", "feed another, or a named, input", CLI_CALL, NULL, NULL,
         set_side},
        {0, "files-from", "FILE", "take INPUT names from FILE (- is stdin)", CLI_TEXT,
         &cli->files_from, NULL, NULL},
        {'0', "null", NULL, "those names end in NUL", CLI_FLAG, &cli->null_separated, NULL,
         NULL},
        {0, "rows", "A:B", "only samples A..B-1 of each INPUT", CLI_CALL, NULL, NULL, set_rows},
        {0, "header", "WHICH", "whether a table's first line is a header", CLI_CHOICE,
         &cli->header, "auto|yes|no", NULL},
        {0, "batch-axis", "none|0|SYMBOL", "the input axis that counts samples", CLI_TEXT,
         &cli->batch_axis, NULL, NULL},
        {0, "no-batch", NULL, "none does: each INPUT is one sample as it is", CLI_FLAG,
         &cli->no_batch, NULL, NULL},
        {0, "labels", "FILE", "class names, one a line", CLI_TEXT, &cli->labels_file, NULL,
         NULL},
        {'f', "format", "FORMAT", "text, json, png or npy, as the tool offers", CLI_CALL, NULL,
         NULL, set_format},
        {'o', "output", "FILE", "write there instead of stdout", CLI_TEXT, &cli->output, NULL,
         NULL},
        {'s', "seed", "N", "of all randomness", CLI_SEED, &cli->seed, NULL, NULL},
        {'j', "threads", "N", "processors to use", CLI_COUNT, &cli->threads, NULL, NULL},
        {0, "batch", "N", "model evaluations per run", CLI_COUNT, &e->batch, NULL, NULL},
        {0, "max-mem", "SIZE", "refuse what would need more", CLI_SIZE, &e->max_memory, NULL,
         NULL},
        {0, "data-dir", "DIR", "of the model's external data", CLI_TEXT, &cli->data_dir, NULL,
         NULL},
        {0, "double", NULL, "compute in float64", CLI_FLAG, &e->precise, NULL, NULL},
        {0, "timing", NULL, "add seconds to records", CLI_FLAG, &cli->timing, NULL, NULL},
        {'q', "quiet", NULL, "no progress, no warnings", CLI_FLAG, &cli->quiet, NULL, NULL},
        {'v', "verbose", NULL, "say what is done", CLI_FLAG, &cli->verbose, NULL, NULL},
        {'h', "help", NULL, "this list", CLI_FLAG, &help[0], NULL, NULL},
        {'V', "version", NULL, "the version", CLI_FLAG, &help[1], NULL, NULL},
        {0, "complete", NULL, "this list for shell completion", CLI_FLAG, &help[2], NULL, NULL},
    };
    size_t n = 0, own = 0;
    while (cli->options[own].name != NULL)
        own++;
    add(all, &n, cli->options, own);
    if ((cli->groups & CLI_EXPLAIN) != 0)
        add(all, &n, explain, COUNT(explain));
    if ((cli->groups & CLI_BASELINE) != 0)
        add(all, &n, baseline, COUNT(baseline));
    if ((cli->groups & CLI_PICTURES) != 0)
        add(all, &n, pictures, COUNT(pictures));
    add(all, &n, common, COUNT(common));
    return n;
}

/* One option from argv; false after the last. */
static bool next_option(struct cli *cli, int argc, char **argv, const char *letters,
                        const struct option *names, const struct cli_option *all, size_t n)
{
    int which = -1, c = getopt_long(argc, argv, letters, names, &which);
    if (c == -1)
        return false;
    const struct cli_option *o = NULL;
    for (size_t i = 0; i < n && c != '?' && c != ':'; i++)
        if (which >= 0 ? (size_t)which == i : all[i].letter == c)
            o = &all[i];
    if (o == NULL) {
        /* getopt_long has not said which word it was: a long one lies just before optind. */
        const char *word = argv[optind - 1];
        if (c == ':')
            cli_misuse(cli, "option '%.80s' needs an argument", word);
        if (optopt > ' ' && strncmp(word, "--", 2) != 0)
            cli_misuse(cli, "no option '-%c'", optopt);
        cli_misuse(cli, "no option '%.80s', or it takes no argument, or is not unique", word);
    }
    if (!read_argument(cli, o, optarg))
        cli_misuse(cli, "'%.80s' does not fit option --%s%s%s", optarg, o->name,
                   o->choices != NULL ? ": " : "", o->choices != NULL ? o->choices : "");
    return true;
}

static void take_operands(struct cli *cli, int argc, char **argv)
{
    if (cli->no_model && optind < argc)
        cli_misuse(cli, "'%.80s' is one operand too many", argv[optind]);
    if (cli->no_model)
        return;
    if (optind >= argc)
        cli_misuse(cli, "which MODEL?");
    cli->model_path = argv[optind++];
    for (int i = optind; i < argc; i++)
        add_input(cli, argv[i]);
    bool model_stdin = strcmp(cli->model_path, "-") == 0;
    bool from_stdin = cli->files_from != NULL && strcmp(cli->files_from, "-") == 0;
    int users = model_stdin + from_stdin;
    for (size_t i = 0; i < cli->n_inputs; i++)
        users += strcmp(cli->inputs[i], "-") == 0;
    for (size_t i = 0; i < cli->n_sides; i++)
        users += strcmp(cli->side[i].file, "-") == 0;
    if (users > 1)
        cli_misuse(cli, "only one of MODEL and INPUT can be standard input");
}

/* OpenMP's threads spin for milliseconds before they sleep: where other programs want the
 * processors too, in the place of the thread that they wait for. Threads that never spin are slow
 * to wake. Some microseconds do for both (measured: 4 to 12 times and 3 to 5 times faster). The
 * count is read once, when the program is loaded, so it is loaded again. */
static void spin_briefly(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") == NULL && getenv("GOMP_SPINCOUNT") == NULL &&
        setenv("GOMP_SPINCOUNT", "30000", 1) == 0)
        execv("/proc/self/exe", argv);
}

void cli_parse(struct cli *cli, int argc, char **argv)
{
    struct cli_option all[MAX_OPTIONS];
    struct option names[MAX_OPTIONS + 1] = {{0}};
    char letters[2 * MAX_OPTIONS + 2] = ":";
    bool help[3] = {false};
    cli->row_end = -1;
    cli->probed.shape.rank = -1;
    cli->baseline = "zero";
    struct sx_error error = {0};
    sx_preprocess_preset(&cli->pre, "unit", &error);
    size_t n = gather(cli, all, help), at = 1;
    for (size_t i = 0; i < n; i++) {
        bool argument = all[i].argument != NULL;
        names[i] = (struct option){all[i].name, argument, NULL, 0};
        if (all[i].letter != 0) {
            letters[at++] = all[i].letter;
            if (argument)
                letters[at++] = ':';
        }
    }
    opterr = 0;
    while (next_option(cli, argc, argv, letters, names, all, n))
        continue;
    if (help[0])
        print_help(cli, all, n);
    if (help[1])
        printf("%s (sextant) %s\n", cli->tool, SX_VERSION);
    if (help[2])
        print_complete(all, n);
    if (help[0] || help[1] || help[2])
        cli_printed(cli);
    cli->explain.threads = (int)(cli->threads < 1024 ? cli->threads : 1024);
    cli->explain.score = (enum sx_score)cli->score;
    cli->explain.ste = (enum sx_ste)cli->ste;
    take_operands(cli, argc, argv);
    /* Large blocks go back to the system when they are freed, however many there have been. */
    mallopt(M_MMAP_THRESHOLD, 1 << 17);
    if (cli->threads != 1)
        spin_briefly(argv);
}
