/* help.c - prints --help and --complete. */
#include <string.h>

#include "cmd/cli/inner.h"

#define WIDTH 100

/* The default of an option as text; NULL: there is none to show. */
static const char *initial(const struct cli_option *o, char text[40])
{
    const struct cli_bound *bound = o->kind == CLI_ROW ? o->to : NULL;
    if (bound == NULL)
        return NULL;
    if (bound->row->initial != NULL)
        return bound->row->initial;
    bool choice = bound->row->kind == SX_OPTION_CHOICE;
    return choice && sx_choice_name(bound->row->choices, bound->choice, text, 40) ? text : NULL;
}

/* Prints an option. Text that exceeds the terminal's width goes to the next line. */
static void print_option(const struct cli_option *o)
{
    char left[64], text[40], more[200] = "";
    const char *usual = initial(o, text);
    snprintf(left, sizeof left, "  %c%c%c --%s%s%s", o->letter != 0 ? '-' : ' ',
             o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ',' : ' ', o->name,
             o->argument != NULL ? "=" : "", o->argument != NULL ? o->argument : "");
    if (o->choices != NULL || usual != NULL)
        snprintf(more, sizeof more, "%s%s%s%s%s", o->choices != NULL ? o->choices : "",
                 o->choices != NULL && usual != NULL ? " " : "", usual != NULL ? "[" : "",
                 usual != NULL ? usual : "", usual != NULL ? "]" : "");
    bool fits = WIDTH >= 36 + strlen(o->help) + strlen(more);
    printf("%-31s %s%s", left, o->help, o->choices != NULL ? ":" : "");
    if (more[0] != '\0')
        printf("%s%*s%s", fits ? "" : "\n", fits ? 1 : 32, "", more);
    printf("\n");
}

void cli_print_help(const struct cli *cli, const struct cli_options *all)
{
    const char *heading = "";
    printf("Usage: %s [OPTION]... %s\n%s\n", cli->tool, cli->operands, cli->summary);
    for (size_t i = 0; i < all->n; i++) {
        if (strcmp(heading, all->heading[i]) != 0)
            printf("\n%s:\n", all->heading[i]);
        heading = all->heading[i];
        print_option(&all->option[i]);
    }
    printf("\nSee %s(1) and sextant(7).\n", cli->tool);
}

/* The kind of an argument, for the shell's completion. */
static const char *kind_of(const struct cli_option *o)
{
    const struct cli_bound *bound = o->kind == CLI_ROW ? o->to : NULL;
    enum sx_option_kind kind = bound != NULL ? bound->row->kind : SX_OPTION_TEXT;
    if (kind == SX_OPTION_TENSOR)
        return "tensor";
    bool file =
        kind == SX_OPTION_FILE || (o->argument != NULL && strstr(o->argument, "FILE") != NULL);
    return file ? "file" : "";
}

void cli_print_complete(const struct cli_options *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct cli_option *o = &all->option[i];
        printf("%c\t--%s\t%s\t%s\t%s\t%s\n", o->letter != 0 ? o->letter : '-', o->name,
               o->argument != NULL ? o->argument : "", o->choices != NULL ? o->choices : "",
               kind_of(o), o->help);
    }
}
