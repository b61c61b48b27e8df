/* options.c - the options of a tool: its own, those of the library, the common ones. */
#include <string.h>

#include "cmd/cli/inner.h"

/* Describes a row of the library's table as an option of the command line. */
static struct cli_option bind(struct cli *cli, size_t at)
{
    const struct cli_bound *bound = &cli->bound[at];
    const struct sx_option *row = bound->row;
    struct cli_option o = {row->letter, row->name,       row->argument, row->help,
                           CLI_ROW,     &cli->bound[at], row->choices,  NULL};
    if (strcmp(row->name, "format") == 0 && bound->options == cli)
        o.choices = cli_formats(cli);
    if (strcmp(row->name, "kind") == 0 && cli->kinds != NULL)
        o.choices = cli->kinds;
    return o;
}

static bool has(const struct cli_options *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->option[i].name, name) == 0)
            return true;
    return false;
}

/* Whether the tool offers more than one format. */
static bool cli_has_choice(const struct cli *cli)
{
    return (cli->formats & (cli->formats - 1)) != 0;
}

bool cli_is_common(const char *name)
{
    for (size_t i = 0; i < sx_figure_table.n; i++)
        if (strcmp(sx_figure_table.row[i].name, name) == 0)
            return true;
    for (const struct cli_common *c = cli_common; c->rows.row != NULL; c++)
        for (size_t i = 0; i < c->rows.n; i++)
            if (strcmp(c->rows.row[i].name, name) == 0)
                return true;
    return false;
}

bool cli_is_common_letter(char letter)
{
    for (const struct cli_common *c = cli_common; c->rows.row != NULL; c++)
        for (size_t i = 0; i < c->rows.n; i++)
            if (c->rows.row[i].letter == letter)
                return true;
    return false;
}

/* Whether a common option, or one of figures, is listed in cli->without. */
static bool is_useless(const struct cli *cli, const void *options, const char *name)
{
    size_t n = strlen(name);
    bool common = options == cli || options == &cli->figure;
    for (const char *at = common ? cli->without : NULL; at != NULL;) {
        if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
        at = strchr(at, ',');
        at += at != NULL;
    }
    return false;
}

/* Whether an option of figures is for kinds of figures that the tool does not have. */
static bool is_of_other_kinds(const struct cli *cli, const void *options, const char *name)
{
    static const char *const needs[][2] = {
        {"interp", "overlay"}, {"pad", "network"}, {"edges", "network"}};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (options == &cli->figure && cli->kinds != NULL && strcmp(name, needs[i][0]) == 0)
            return strstr(cli->kinds, needs[i][1]) == NULL;
    return false;
}

/* Adds rows, except those of which the tool has an option of the same name. */
static void add_rows(struct cli *cli, struct cli_options *all, const struct sx_options *rows,
                     void *options)
{
    for (size_t i = 0; i < rows->n && all->n < CLI_MAX_OPTIONS; i++) {
        const struct sx_option *row = &rows->row[i];
        if (has(all, row->name) || is_useless(cli, options, row->name) ||
            is_of_other_kinds(cli, options, row->name) ||
            (row->parse == cli_parse_format && !cli_has_choice(cli)))
            continue;
        struct cli_bound *bound = &cli->bound[all->n];
        *bound = (struct cli_bound){.row = row, .options = options};
        if (row->kind == SX_OPTION_CHOICE)
            bound->choice = *(const int *)((const char *)options + row->field);
        all->heading[all->n] = rows->heading;
        all->option[all->n] = bind(cli, all->n);
        all->n++;
    }
}

void cli_options(struct cli *cli, struct cli_options *all)
{
    unsigned groups = cli->groups | (cli->one_result ? 0 : CLI_SAMPLES) |
                      (strchr(cli->operands, ' ') != NULL ? CLI_INPUTS : 0);
    all->n = 0;
    for (const struct cli_option *o = cli->options; o->name != NULL; o++) {
        all->heading[all->n] = "Options";
        all->option[all->n++] = *o;
    }
    for (const struct cli_table *t = cli->tables; t != NULL && t->options != NULL; t++)
        add_rows(cli, all, t->options, t->to);
    for (const struct cli_common *c = cli_common; c->rows.row != NULL; c++)
        if ((c->group == 0 || (groups & c->group) != 0) &&
            (c->formats == 0 || (cli->formats & c->formats) != 0))
            add_rows(cli, all, &c->rows, cli);
}
