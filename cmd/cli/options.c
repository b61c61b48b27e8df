/* options.c - the options that tools share: one table gives parsing, --help and --complete. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

/* ---- Options with a meaning of their own ---- */

static bool set_side(struct cli *cli, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument || equals[1] == '\0')
        return false;
    size_t n = cli->n_sides++;
    cli->side = cli_must(cli, realloc(cli->side, cli->n_sides * sizeof *cli->side));
    cli->side[n].name = cli_must(cli, strndup(argument, (size_t)(equals - argument)));
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

static const char *const formats[] = {"", "text", "json", "png", "npy", "dot", "csv", "tsv"};

/* The names of those that the tool offers, "a|b|c". */
static const char *offered_formats(struct cli *cli)
{
    size_t at = 0, size = sizeof cli->formats_said;
    for (int i = CLI_FORMAT_TEXT; i <= CLI_TSV; i++)
        if ((cli->formats & 1u << i) != 0)
            at += (size_t)snprintf(cli->formats_said + at, size - at, "%s%s", at > 0 ? "|" : "",
                                   formats[i]);
    return cli->formats_said;
}

static bool set_format(struct cli *cli, const char *argument)
{
    for (int i = CLI_FORMAT_TEXT; i <= CLI_TSV; i++)
        if (strcmp(argument, formats[i]) == 0 && (cli->formats & 1u << i) != 0) {
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

void cli_print_help(const struct cli *cli, const struct cli_option *all, size_t n)
{
    printf("Usage: %s [OPTION]... %s\n%s\n\nOptions:\n", cli->tool, cli->operands,
           cli->summary);
    for (size_t i = 0; i < n; i++)
        print_option(&all[i]);
    printf("\nSee %s(1) and sextant(7).\n", cli->tool);
}

/* One line per option for the shell: letter, name, argument, choices. */
void cli_print_complete(const struct cli_option *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%c\t--%s\t%s\t%s\n", all[i].letter != 0 ? all[i].letter : '-', all[i].name,
               all[i].argument != NULL ? all[i].argument : "",
               all[i].choices != NULL ? all[i].choices : "");
}

/* ---- The table ---- */

static void add(struct cli_option *all, size_t *n, const struct cli_option *more, size_t count)
{
    for (size_t i = 0; i < count && *n < CLI_MAX_OPTIONS; i++)
        all[(*n)++] = more[i];
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_tables(struct cli *cli, struct cli_option *all, size_t *n)
{
    struct cli_bound *bound = cli->bound, *end = bound + COUNT(cli->bound);
    for (const struct cli_table *t = cli->tables; t != NULL && t->options != NULL; t++)
        for (size_t i = 0; i < t->options->n && *n < CLI_MAX_OPTIONS && bound < end; i++) {
            const struct sx_option *row = &t->options->row[i];
            *bound = (struct cli_bound){row, t->to};
            all[(*n)++] = (struct cli_option){.letter = row->letter,
                                              .name = row->name,
                                              .argument = row->argument,
                                              .help = row->help,
                                              .kind = CLI_ROW,
                                              .to = bound++,
                                              .choices = row->choices};
        }
}

/* The tool's options, then the common ones. */
size_t cli_options(struct cli *cli, struct cli_option *all, bool *help)
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
        {'f', "format", "FORMAT", "how results are written", CLI_CALL, NULL,
         offered_formats(cli), set_format},
        {0, "long", NULL, "tables: a row for each element", CLI_FLAG, &cli->by_element, NULL,
         NULL},
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
        {0, "color", "WHEN", "colours in text", CLI_CHOICE, &cli->colour, "auto|always|never",
         NULL},
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
    add_tables(cli, all, &n);
    if ((cli->groups & CLI_EXPLAIN) != 0)
        add(all, &n, explain, COUNT(explain));
    if ((cli->groups & CLI_BASELINE) != 0)
        add(all, &n, baseline, COUNT(baseline));
    if ((cli->groups & CLI_PICTURES) != 0)
        add(all, &n, pictures, COUNT(pictures));
    add(all, &n, common, COUNT(common));
    return n;
}
