/* options.c - the options of a study. */
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

static bool parse_method(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    struct sx_study_options *o = options;
    const struct sx_study_row *method = sx_study_find(text, error);
    (void)row;
    if (method == NULL)
        return false;
    o->method = method->name;
    return true;
}

static bool parse_absent(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    struct sx_study_options *o = options;
    (void)row;
    return sx_absent_parse(text, &o->absent, error);
}

static void put_absent(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_study_options *o = options;
    char name[SX_ABSENT_TEXT];
    if (o->absent.kind == SX_ABSENT_BY_BACKGROUND)
        return;
    sx_absent_name(&o->absent, name);
    sx_put_text(r, key, name);
}

/* "auto", "exhaustive" or "beam:N". */
static bool parse_search(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    struct sx_study_options *o = options;
    double width = 0;
    bool beam = strncmp(text, "beam:", 5) == 0;
    if (beam && strspn(text + 5, "0123456789") == strlen(text + 5) &&
        sx_number_parse(text + 5, strlen(text + 5), &width) && width >= 1 &&
        width <= INT32_MAX) {
        o->search = SX_SEARCH_BEAM;
        o->beam = (int64_t)width;
        return true;
    }
    if (strcmp(text, "auto") != 0 && strcmp(text, "exhaustive") != 0)
        return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                       row->choices);
    o->search = text[0] == 'a' ? SX_SEARCH_AUTO : SX_SEARCH_ALL;
    return true;
}

static void put_search(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_study_options *o = options;
    char text[32];
    snprintf(text, sizeof text, "beam:%lld", (long long)o->beam);
    sx_put_text(r, key,
                o->search == SX_SEARCH_BEAM  ? text
                : o->search == SX_SEARCH_ALL ? "exhaustive"
                                             : "auto");
}

static bool parse_times_input(const struct sx_option *row, void *options, const char *text,
                              struct sx_error *error)
{
    struct sx_study_options *o = options;
    (void)row;
    (void)text;
    (void)error;
    o->direction = SX_DIRECTION_DELTA;
    return true;
}

static const struct sx_option rows[] = {
    {.name = "order",
     .argument = "K",
     .help = "size of sets: 2 to K features; 1: single features",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_study_options, order),
     .initial = "2",
     .low = 1,
     .high = SX_MAX_ORDER},
    {.name = "method",
     .argument = "NAME",
     .help = "xderiv, ih, fd, nid, ...; --list-methods has all",
     .kind = SX_OPTION_PARSED,
     .initial = "xderiv",
     .parse = parse_method},
    {.name = "smooth",
     .argument = "MODE",
     .help = "none, softplus:B, gelu or surrogate:B in place of ReLU, Abs, ...",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_study_options, smooth),
     .initial = "none"},
    {.name = "allow-zero",
     .help = "do not fail if the model has no curvature",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_study_options, allow_zero)},
    {.name = "agg",
     .argument = "HOW",
     .help = "how the samples become one result; none: a record for each",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_study_options, gather),
     .choices = "auto|none|median|mean|min|max|mode|rms",
     .param = "agg"},
    {.name = "signed",
     .help = "aggregate effects with their signs, not their magnitudes",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_study_options, is_signed),
     .param = "signed"},
    {.name = "at",
     .argument = "LIST",
     .help = "use samples nearest to the mean,median,min,max,mode, or random ones",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_study_options, at),
     .param = "at"},
    {.name = "search",
     .argument = "HOW",
     .help = "which sets are evaluated",
     .kind = SX_OPTION_PARSED,
     .choices = "auto|exhaustive|beam:N",
     .initial = "auto",
     .param = "search",
     .parse = parse_search,
     .put = put_search},
    {.name = "beam-score",
     .argument = "RULE",
     .help = "beam: grow sets of strong features, or strong sets",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_study_options, by_edge),
     .choices = "feature|edge",
     .initial = "edge",
     .param = "beam_score"},
    {.name = "max-sets",
     .argument = "N",
     .help = "auto: the most sets of a size that are all evaluated",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_study_options, max_sets),
     .initial = "1048576",
     .low = 1,
     .high = INT32_MAX,
     .param = "max_sets"},
    {.name = "pairs",
     .argument = "FILE",
     .help = "evaluate only the sets of this file",
     .kind = SX_OPTION_FILE,
     SX_FIELD(struct sx_study_options, pairs),
     .param = "pairs"},
    {.name = "maximal",
     .help = "leave out sets that are within a stronger one",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_study_options, maximal),
     .param = "maximal"},
    {.name = "players",
     .argument = "WHAT",
     .help = "features: elements, tokens, columns, patches:HxW, grid:RxC, ...",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_study_options, players),
     .initial = "elements",
     .param = "players"},
    {.name = "direction",
     .argument = "WHICH",
     .help = "direction of derivatives: ones, the input, or input - baseline",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_study_options, direction),
     .choices = "ones|input|delta",
     .param = "direction"},
    {.name = "times-input",
     .help = "the same as --direction=delta",
     .kind = SX_OPTION_PARSED,
     .parse = parse_times_input},
    {.name = "units",
     .argument = "WHICH",
     .help = "unit of features, from the background or the samples",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_study_options, units),
     .choices = "none|std|range",
     .param = "units"},
    {.name = "background",
     .argument = "FILE",
     .help = "background samples: for --units, expected, friedman, --absent",
     .kind = SX_OPTION_FILE,
     SX_FIELD(struct sx_study_options, background),
     .param = "background"},
    {.name = "absent",
     .argument = "HOW",
     .help = "archdetect: values of absent features: baseline, marginal, ...",
     .kind = SX_OPTION_PARSED,
     .param = "absent",
     .parse = parse_absent,
     .put = put_absent},
    {.name = "steps",
     .argument = "N",
     .help = "number of points of integrals, of draws, or of rows",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_study_options, steps),
     .low = 1,
     .high = INT32_MAX,
     .param = "steps"},
    {.name = "noise",
     .argument = "R",
     .help = "smoothhess: standard deviation of the noise",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_study_options, noise),
     .initial = "0.1",
     .low = 1e-30,
     .high = 1e30,
     .param = "noise"},
    {.name = "truth",
     .argument = "FILE",
     .help = "file of true interactions; adds auc and r_precision",
     .kind = SX_OPTION_FILE,
     SX_FIELD(struct sx_study_options, truth)},
    {.name = "top",
     .argument = "N",
     .help = "list only the N strongest sets",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_study_options, top),
     .low = 1},
    {.name = "min",
     .argument = "V",
     .help = "list only sets of strength at least V",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_study_options, least)},
    {.name = "check",
     .help = "compare derivatives with central differences",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_study_options, check)}};
const struct sx_options sx_study_table = {"Interactions", rows, sizeof rows / sizeof rows[0]};

struct sx_study_options sx_study_defaults(void)
{
    struct sx_study_options o = {0};
    sx_option_defaults(&sx_study_table, &o);
    return o;
}

enum sx_gather sx_study_gather(const struct sx_study_options *o)
{
    bool friedman = strcmp(o->method, "friedman") == 0 && o->background == NULL;
    if (o->gather != SX_GATHER_AUTO)
        return o->gather;
    return o->at != NULL || o->truth != NULL || friedman ? SX_GATHER_MEDIAN : SX_GATHER_NONE;
}
