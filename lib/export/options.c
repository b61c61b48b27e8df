/* options.c - what is differentiated, and how, as options. */
#include <stdlib.h>
#include <string.h>

#include "export/export.h"

/* Reads a number of seeds, or a name for an open number of them. */
static bool parse_seeds(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_export_options *o = options;
    size_t digits = strspn(text, "0123456789");
    o->seeds = text;
    if (*text != '\0' &&
        (digits == 0 || (text[digits] == '\0' && digits < 7 && strtoll(text, NULL, 10) > 0)))
        return true;
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: a number or a name",
                   text, row->name);
}

static const struct sx_option rows[] = {
    {.name = "of",
     .argument = "TENSOR[,TENSOR]",
     .help = "differentiate these instead of the first real output",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_export_options, of)},
    {.name = "wrt",
     .argument = "TENSOR[,TENSOR]",
     .help = "differentiate by these instead of the first real input or embedding",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_export_options, wrt)},
    {.letter = 't',
     .name = "target",
     .argument = "K",
     .help = "differentiate element K of each row instead of the sum of all",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_export_options, target)},
    {.name = "order",
     .argument = "K",
     .help = "order of the derivative: 1 gradient, 2 Hessian, 3 and more",
     .kind = SX_OPTION_COUNT,
     .low = 1,
     .high = SX_MAX_RANK - 1,
     SX_FIELD(struct sx_export_options, order)},
    {.name = "seeds",
     .argument = "N",
     .help = "inputs for N seeds or directions at once; a name: any number",
     .kind = SX_OPTION_PARSED,
     .parse = parse_seeds},
    {.name = "ste",
     .argument = "RULE",
     .help = "derivative of rounding, in quantised files",
     .kind = SX_OPTION_CHOICE,
     .choices = "relu|identity|clip|off",
     SX_FIELD(struct sx_export_options, ste)},
    {.name = "casadi",
     .help = "write the files that CasADi looks for, with its names",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_export_options, casadi)}};
const struct sx_options sx_export_table = {"Derivatives", rows, sizeof rows / sizeof rows[0]};
