/* options.c - the options of plots. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

static bool parse_colours(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    struct sx_plot *plot = options;
    bool reversed;
    if (sx_colours_find(text, &reversed) == NULL)
        return sx_fail(
            error, SX_USAGE,
            "%s wants afmhot, inferno, viridis, gray, Reds, bwr, coolwarm or rdbu, not "
            "'%.*s'",
            row->name, SX_NAME_SHOWN, text);
    snprintf(plot->colours, sizeof plot->colours, "%s", text);
    return true;
}

/* Reads the shares of masks; masks are then shown, too. */
static bool parse_top(const struct sx_option *row, void *options, const char *text,
                      struct sx_error *error)
{
    struct sx_plot *plot = options;
    plot->n_tops = 0;
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, ",");
        double top;
        if (!sx_number_parse(at, n, &top) || !(top >= 0 && top <= 100) ||
            plot->n_tops == SX_MOST_TOPS)
            return sx_fail(error, SX_USAGE, "%s wants per cent, %d numbers at most, not '%.*s'",
                           row->name, SX_MOST_TOPS, SX_NAME_SHOWN, text);
        plot->top[plot->n_tops++] = top;
        at += n;
        if (*at == '\0')
            break;
    }
    plot->panels |= SX_PANEL_MASK;
    return true;
}

static bool parse_panels(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    static const char panels[] = "picture|map|overlay|mask";
    struct sx_plot *plot = options;
    const char *at = text;
    int shown = 0;
    for (;; at++) {
        char word[16];
        size_t n = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        int i = n < sizeof word ? sx_choice_find(panels, word) : -1;
        if (i < 0)
            return sx_fail(error, SX_USAGE,
                           "%s wants some of picture,map,overlay,mask, not "
                           "'%.*s'",
                           row->name, SX_NAME_SHOWN, text);
        shown |= 1 << i;
        at += n;
        if (*at == '\0')
            break;
    }
    plot->panels = shown;
    return true;
}

static const struct sx_option rows[] = {
    {.name = "reduce",
     .argument = "HOW",
     .help = "how the channels of a map become one number",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_plot, reduce),
     .choices = "sum|abs-sum|max",
     .initial = "sum"},
    {.name = "sign",
     .argument = "WHICH",
     .help = "which values are shown",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_plot, sign),
     .choices = "abs|pos|neg|all",
     .initial = "abs"},
    {.name = "cmap",
     .argument = "NAME",
     .help = "colour map: afmhot, inferno, viridis, gray, Reds, bwr, rdbu, ...",
     .kind = SX_OPTION_PARSED,
     .parse = parse_colours},
    {.name = "outlier",
     .argument = "P",
     .help = "per cent of the total magnitude beyond the end of the scale",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_plot, outlier),
     .initial = "2",
     .high = 99.999999},
    {.name = "overlay",
     .argument = "A",
     .help = "opacity of the strongest places in the overlay",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_plot, alpha),
     .initial = "0.9",
     .high = 1},
    {.name = "topk",
     .argument = "P[,P]",
     .help = "show only the strongest P per cent of places (masks)",
     .kind = SX_OPTION_PARSED,
     .parse = parse_top},
    {.name = "panels",
     .argument = "LIST",
     .help = "panels, of picture,map,overlay,mask",
     .kind = SX_OPTION_PARSED,
     .initial = "picture,map,overlay",
     .parse = parse_panels}};
const struct sx_options sx_plot_table = {"Pictures out", rows, sizeof rows / sizeof rows[0]};

void sx_plot_default(struct sx_plot *plot)
{
    *plot = (struct sx_plot){0};
    sx_option_defaults(&sx_plot_table, plot);
}

bool sx_plot_set(struct sx_plot *plot, const char *option, const char *value,
                 struct sx_error *error)
{
    const struct sx_option *row = sx_option_find(&sx_plot_table, option);
    if (row == NULL)
        return sx_fail(error, SX_USAGE, "no such plot option: '%.*s'", SX_NAME_SHOWN, option);
    return sx_option_set(row, plot, value, error);
}
