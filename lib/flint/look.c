/* look.c - the options for looking at a fitted file: relevant attributes, pairs of classes and
 * attributes, maximised samples. */
#include <math.h>
#include <string.h>

#include "flint/flint.h"

static bool refuse(const struct sx_option *row, const char *text, const char *wanted,
                   struct sx_error *error)
{
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                   wanted);
}

static bool two_numbers(const char *text, char between, double *a, double *b)
{
    const char *at = strchr(text, between);
    return at != NULL && sx_number_parse(text, (size_t)(at - text), a) &&
           sx_number_parse(at + 1, strlen(at + 1), b);
}

static bool parse_range(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_flint_am *am = (struct sx_flint_am *)(void *)((char *)options + row->field);
    am->ranged = true;
    return (two_numbers(text, ',', &am->low, &am->high) && am->low < am->high) ||
           refuse(row, text, "MIN,MAX, MIN below MAX", error);
}

/* Reads the range, which samples then do not leave. */
static bool parse_bounds(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    ((struct sx_flint_look *)options)->am.clamp = true;
    return parse_range(row, options, text, error);
}

static void put_range(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_flint_am *am = options;
    sx_put_list(r, key);
    sx_put_double(r, NULL, am->low);
    sx_put_double(r, NULL, am->high);
    sx_put_end(r);
}

/* Reads C:J. It is checked when the file is open. */
static bool parse_pair(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_flint_look *o = options;
    double c, j;
    if (!two_numbers(text, ':', &c, &j) || !(c >= 0 && c < 1e9) || !(j >= 0 && j < 1e9) ||
        c != floor(c) || j != floor(j))
        return refuse(row, text, "CLASS:ATTRIBUTE, two whole numbers", error);
    if (o->n_asked == SX_FLINT_MOST_ASKED)
        return sx_fail(error, SX_USAGE, "at most %d pairs", SX_FLINT_MOST_ASKED);
    o->asked[o->n_asked++] =
        (struct sx_flint_pair){.of_class = (int64_t)c, .attribute = (int64_t)j};
    return true;
}

#define LOOK(member) SX_FIELD(struct sx_flint_look, member)
#define AM(member) SX_FIELD(struct sx_flint_am, member)
#define ANY .low = -1e30, .high = 1e30
#define TAU                                                                                    \
    {                                                                                          \
        .name = "tau", .argument = "R",                                                        \
        .help = "an attribute is relevant if its relevance is over 1/R",                       \
        .kind = SX_OPTION_NUMBER, LOOK(tau), .initial = "5", .param = "tau", .low = 1,         \
        .high = 1e300                                                                          \
    }
#define TOP(what)                                                                              \
    {                                                                                          \
        .name = "top", .argument = "K", .help = (what), .kind = SX_OPTION_COUNT, LOOK(top),    \
        .param = "top", .low = 1                                                               \
    }
#define SUBSET                                                                                 \
    {                                                                                          \
        .name = "subset", .argument = "N", .help = "use N of the samples, drawn at random",    \
        .kind = SX_OPTION_COUNT, LOOK(subset), .param = "subset", .low = 1                     \
    }

static const struct sx_option explain_rows[] = {
    TAU,
    TOP("list at most K attributes"),
    {.name = "range",
     .argument = "MIN,MAX",
     .help = "keep the changed samples of the picture in this range",
     .kind = SX_OPTION_PARSED,
     LOOK(am),
     .parse = parse_bounds}};
const struct sx_options sx_flint_explain_table = {"Explanation", explain_rows,
                                                  sizeof explain_rows / sizeof *explain_rows};

static const struct sx_option global_rows[] = {
    TAU,
    SUBSET,
    {.name = "correct-only",
     .help = "count only samples that the interpreter classifies right",
     .kind = SX_OPTION_FLAG,
     LOOK(correct_only),
     .param = "correct_only"}};
const struct sx_options sx_flint_global_table = {"Survey", global_rows,
                                                 sizeof global_rows / sizeof *global_rows};

static const struct sx_option show_rows[] = {
    {.name = "pair",
     .argument = "C:J",
     .help = "class C and attribute J (repeatable); default: the relevant pairs",
     .kind = SX_OPTION_PARSED,
     .parse = parse_pair},
    TAU,
    TOP("show at most K attributes of each class"),
    {.name = "mas",
     .argument = "N",
     .help = "samples that are shown for each pair",
     .kind = SX_OPTION_COUNT,
     LOOK(mas),
     .initial = "3",
     .param = "mas",
     .low = 1,
     .high = 64},
    SUBSET,
    {.name = "am",
     .help = "change the samples so that they activate the attribute more",
     .kind = SX_OPTION_FLAG,
     LOOK(with_am),
     .param = "am"}};
const struct sx_options sx_flint_show_table = {"Pairs", show_rows,
                                               sizeof show_rows / sizeof *show_rows};

static const struct sx_option am_rows[] = {
    {.name = "dim",
     .argument = "R",
     .help = "begin at R times the sample",
     .kind = SX_OPTION_NUMBER,
     AM(dim),
     .initial = "0.3",
     .param = "dim",
     ANY},
    {.name = "gain",
     .argument = "R",
     .help = "weight of the activation",
     .kind = SX_OPTION_NUMBER,
     AM(gain),
     .initial = "2",
     .param = "gain",
     ANY},
    {.name = "tv",
     .argument = "R",
     .help = "weight of the total variation",
     .kind = SX_OPTION_NUMBER,
     AM(tv),
     .initial = "6",
     .param = "tv",
     ANY},
    {.name = "bound",
     .argument = "R",
     .help = "weight of values outside of the range",
     .kind = SX_OPTION_NUMBER,
     AM(bound),
     .initial = "10",
     .param = "bound",
     ANY},
    {.name = "range",
     .argument = "MIN,MAX",
     .help = "range of values; by default that of the fit's samples",
     .kind = SX_OPTION_PARSED,
     .param = "range",
     .parse = parse_range,
     .put = put_range},
    {.name = "rounds",
     .argument = "N",
     .help = "number of rounds; each halves the rate",
     .kind = SX_OPTION_COUNT,
     AM(rounds),
     .initial = "6",
     .param = "rounds",
     .low = 1,
     .high = 1000},
    {.name = "steps",
     .argument = "N",
     .help = "steps of each round",
     .kind = SX_OPTION_COUNT,
     AM(steps),
     .initial = "50",
     .param = "steps",
     .low = 1,
     .high = 1000000},
    {.name = "am-lr",
     .argument = "R",
     .help = "learning rate of the first round",
     .kind = SX_OPTION_NUMBER,
     AM(rate),
     .initial = "0.05",
     .param = "am_lr",
     ANY},
    {.name = "jitter",
     .argument = "N",
     .help = "shift pictures by up to N pixels at random in each step",
     .kind = SX_OPTION_COUNT,
     AM(jitter),
     .param = "jitter",
     .high = 1 << 20},
    {.name = "clamp",
     .help = "keep values within the range",
     .kind = SX_OPTION_FLAG,
     AM(clamp),
     .param = "clamp"}};
const struct sx_options sx_flint_am_table = {"Maximisation", am_rows,
                                             sizeof am_rows / sizeof *am_rows};

void sx_flint_am_default(struct sx_flint_am *am)
{
    *am = (struct sx_flint_am){.high = 1};
    sx_option_defaults(&sx_flint_am_table, am);
}

struct sx_flint_look sx_flint_look_default(void)
{
    struct sx_flint_look o = {0};
    sx_option_defaults(&sx_flint_show_table, &o);
    sx_flint_am_default(&o.am);
    return o;
}
