/* options.c - what a figure looks like, as rows of options. */
#include "figure/figure.h"

static const struct sx_option rows[] = {
    {.name = "kind",
     .argument = "WHICH",
     .help = "the picture",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_figure_options, kind),
     .choices = SX_KIND_NAMES},
    {.name = "zoom",
     .argument = "N",
     .help = "enlarge the picture",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_figure_options, zoom),
     .initial = "1",
     .low = 0.1,
     .high = 20},
    {.name = "dpi",
     .argument = "N",
     .help = "pixels an inch that a PNG says it has",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_figure_options, dpi),
     .low = 1,
     .high = 10000},
    {.name = "width",
     .argument = "PX",
     .help = "pixels that the picture is wide, in place of a zoom",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_figure_options, width),
     .low = 50,
     .high = 20000},
    {.name = "font",
     .argument = "FAMILY",
     .help = "of all text",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_figure_options, font),
     .initial = "DejaVu Sans"},
    {.name = "no-title",
     .help = "leave the title out",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_figure_options, no_title)},
    {.name = "no-bar",
     .help = "leave colour bars and legends out",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_figure_options, no_bar)},
    {.name = "interp",
     .argument = "HOW",
     .help = "coarse maps over a picture",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_figure_options, nearest),
     .choices = "smooth|nearest"},
    {.name = "edges",
     .argument = "FILE",
     .help = "network: the lines a,b of a graph whose nodes the players are",
     .kind = SX_OPTION_FILE,
     SX_FIELD(struct sx_figure_options, edges)}};
const struct sx_options sx_figure_table = {"Figures", rows, sizeof rows / sizeof rows[0]};

void sx_figure_default(struct sx_figure_options *o)
{
    *o = (struct sx_figure_options){.kind = SX_KIND_AUTO};
    sx_option_defaults(&sx_figure_table, o);
    sx_plot_default(&o->map);
}
