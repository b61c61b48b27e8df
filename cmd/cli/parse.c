/* parse.c - reads the command line by the table of options, and reports misuse. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

/* ---- Arguments of options ---- */

static bool read_count(const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *value = n;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && n >= 1;
}

static bool read_choice(const char *choices, const char *text, int *value)
{
    int choice = sx_choice_find(choices, text);
    *value = choice >= 0 ? choice : *value;
    return choice >= 0;
}

/* Reads the argument of a row, whose own message says what is allowed. */
static bool read_row(const struct cli *cli, const struct cli_option *o, const char *text)
{
    struct cli_bound *bound = o->to;
    struct sx_error error = {0};
    int any;
    if (o->choices != NULL && bound->row->kind == SX_OPTION_CHOICE &&
        !read_choice(o->choices, text, &any))
        return false; /* a choice of other tools' options */
    if (sx_option_set(bound->row, bound->options, text, &error)) {
        bound->given = text != NULL ? text : "";
        return true;
    }
    if (error.status == SX_MEMORY)
        cli_must(cli, NULL);
    if (o->choices != NULL)
        return false; /* the nearest words are offered */
    cli_misuse(cli, "%s", error.message);
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
    case CLI_NUMBER:
        return sx_number_parse(text, strlen(text), o->to);
    case CLI_CHOICE:
        return read_choice(o->choices, text, o->to);
    case CLI_CALL:
        return o->call(cli, text);
    case CLI_ROW:
        return read_row(cli, o, text);
    }
    return false;
}

/* ---- Words ---- */

/* The state of the walk along the command line. Words that are not options become operands. */
struct words {
    struct cli *cli;
    const struct cli_options *all;
    char **word; /* the next word; the list ends with NULL */
    char **operand;
    int n_operands;
};

/* What fits an option whose message does not say it otherwise. */
static const char *fitting(const struct cli_option *o)
{
    return o->choices != NULL      ? o->choices
           : o->kind == CLI_COUNT  ? "a whole number of at least 1"
           : o->kind == CLI_NUMBER ? "a number"
           : o->argument != NULL   ? o->argument
                                   : "";
}

static void take(struct words *w, const struct cli_option *o, const char *argument)
{
    if (read_argument(w->cli, o, argument)) {
        cli_use(w->cli, o, argument);
        return;
    }
    /* an option without an argument may refuse its use */
    const char *said = argument != NULL ? argument : "";
    struct sx_nearest near = {.word = said};
    if (o->choices != NULL)
        sx_nearest_offer(&near, o->choices);
    cli_misuse(w->cli, "'%.80s' does not fit option --%s%s%s%s", said, o->name,
               o->argument != NULL ? ": " : "", fitting(o), sx_nearest_text(&near));
}

/* The next word, as the argument of an option. */
static const char *next_word(struct words *w, const char *option)
{
    if (*w->word == NULL)
        cli_misuse(w->cli, "option '%.80s' needs an argument", option);
    return *w->word++;
}

/* --name, --name=argument or --name argument. Names are whole. */
static void take_long(struct words *w, const char *word)
{
    size_t length = strcspn(word + 2, "=");
    const char *equals = word[2 + length] == '=' ? word + 2 + length : NULL;
    char name[64], dashed[CLI_MAX_OPTIONS][64];
    snprintf(name, sizeof name, "%.*s", (int)(length < 61 ? length + 2 : 63), word);
    struct sx_nearest near = {.word = name};
    bool begins = false; /* some option's name begins with the word */
    for (size_t i = 0; i < w->all->n; i++) {
        const struct cli_option *o = &w->all->option[i];
        if (strlen(o->name) != length || strncmp(o->name, word + 2, length) != 0) {
            snprintf(dashed[i], sizeof dashed[i], "--%s", o->name);
            sx_nearest_offer(&near, dashed[i]);
            begins = begins || strncmp(dashed[i], name, strlen(name)) == 0;
            continue;
        }
        if (o->argument == NULL && equals != NULL)
            cli_misuse(w->cli, "option '%s' takes no argument", name);
        take(w, o,
             o->argument == NULL ? NULL
             : equals != NULL    ? equals + 1
                                 : next_word(w, word));
        return;
    }
    if (!begins && cli_is_common(name + 2))
        cli_misuse(w->cli, "no option '%s': %s has no use for it", name, w->cli->tool);
    cli_misuse(w->cli, "no option '%s'%s", name, sx_nearest_text(&near));
}

/* Reads letters in one word, such as -vq. The first that takes an argument takes the rest of the
 * word. */
static void take_letters(struct words *w, const char *word)
{
    for (const char *c = word + 1; *c != '\0'; c++) {
        const struct cli_option *o = NULL;
        for (size_t i = 0; i < w->all->n && o == NULL; i++)
            if (w->all->option[i].letter == *c)
                o = &w->all->option[i];
        if (o == NULL && cli_is_common_letter(*c))
            cli_misuse(w->cli, "no option '-%c': %s has no use for it", *c, w->cli->tool);
        if (o == NULL)
            cli_misuse(w->cli, "no option '-%c'", *c);
        if (o->argument != NULL) {
            take(w, o, c[1] != '\0' ? c + 1 : next_word(w, word));
            return;
        }
        take(w, o, NULL);
    }
}

/* Reads all words. Options may stand between operands, until "--". */
static void take_words(struct words *w)
{
    bool options = true;
    while (*w->word != NULL) {
        char *word = *w->word++;
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && strncmp(word, "--", 2) == 0)
            take_long(w, word);
        else if (options && word[0] == '-' && word[1] != '\0')
            take_letters(w, word);
        else
            w->operand[w->n_operands++] = word;
    }
}

static void take_operands(struct cli *cli, char **operand, int n)
{
    if (cli->no_model && n > 0 && cli->operands[0] == '<')
        cli_misuse(cli, "records come from standard input: %s < %.80s", cli->tool, operand[0]);
    if (cli->no_model && n > 0)
        cli_misuse(cli, "'%.80s' is one operand too many", operand[0]);
    if (cli->no_model)
        return;
    if (n == 0)
        cli_misuse(cli, "which MODEL?");
    cli->model_path = operand[0];
    cli->n_inputs = (size_t)n - 1;
    cli->inputs = cli_must(cli, malloc((size_t)n * sizeof *cli->inputs));
    memcpy(cli->inputs, operand + 1, cli->n_inputs * sizeof *cli->inputs);
}

/* Prints --help, --version or the completion data, if asked for, and ends the run. */
static void print_asked(struct cli *cli, const struct cli_options *all)
{
    if (cli->help)
        cli_print_help(cli, all);
    if (cli->version)
        printf("%s (sextant) %s\n", cli->tool, SX_VERSION);
    if (cli->complete)
        cli_print_complete(all);
    if (cli->help || cli->version || cli->complete)
        cli_printed(cli);
}

static void set_defaults(struct cli *cli)
{
    struct sx_error error = {0};
    cli->row_end = -1;
    cli->probed.shape.rank = -1;
    sx_preprocess_preset(&cli->pre, "unit", &error);
    for (const struct cli_common *c = cli_common; c->rows.row != NULL; c++)
        sx_option_defaults(&c->rows, cli);
    for (const struct cli_table *t = cli->tables; t != NULL && t->options != NULL; t++)
        sx_option_defaults(t->options, t->to);
}

void cli_parse(struct cli *cli, int argc, char **argv)
{
    struct cli_options all;
    cli_mend_environment();
    cli_open_streams();
    cli_have_stack(cli);
    set_defaults(cli);
    cli_options(cli, &all);
    struct words words = {.cli = cli, .all = &all, .word = argv + (argc > 0)};
    words.operand = cli_must(cli, malloc(((size_t)argc + 1) * sizeof *words.operand));
    take_words(&words);
    print_asked(cli, &all);
    cli->explain.threads = (int)(cli->threads < 1024 ? cli->threads : 1024);
    cli->explain.score = (enum sx_score)cli->score;
    cli->explain.ste = (enum sx_ste)cli->ste;
    take_operands(cli, words.operand, words.n_operands);
    free(words.operand);
    cli_check_uses(cli);
    /* Memory that each sample allocates and frees again stays with the process, because pages from
     * the system are slow. Blocks of 4 MiB and more always go back to the system when they are
     * freed. */
    mallopt(M_MMAP_THRESHOLD, 1 << 22);
    mallopt(M_TRIM_THRESHOLD, 1 << 25);
    if (cli->sandbox)
        cli_enter_sandbox(cli);
}
