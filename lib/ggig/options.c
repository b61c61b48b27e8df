/* options.c - the options of attributions, and their keys in records. */
#include <math.h>
#include <string.h>

#include "ggig/attribute.h"

static bool parse_clip(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_attribute_options *o = options;
    const char *comma = strchr(text, ',');
    double low, high;
    if (comma == NULL || !sx_number_parse(text, (size_t)(comma - text), &low) ||
        !sx_number_parse(comma + 1, strlen(comma + 1), &high) || !(low < high))
        return sx_fail(error, SX_USAGE, "'%.40s' does not fit option --%s: LO,HI, LO below HI",
                       text, row->name);
    o->clip[0] = low;
    o->clip[1] = high;
    return true;
}

static const struct sx_option rows[] = {{.name = "steps",
                                         .argument = "M",
                                         .help = "steps of the path",
                                         .kind = SX_OPTION_COUNT,
                                         SX_FIELD(struct sx_attribute_options, steps),
                                         .low = 1,
                                         .param = "steps"},
                                        {.name = "iters",
                                         .argument = "T",
                                         .help = "gradients of each ascent",
                                         .kind = SX_OPTION_COUNT,
                                         SX_FIELD(struct sx_attribute_options, iterations),
                                         .low = 1,
                                         .param = "iters"},
                                        {.name = "samples",
                                         .argument = "N",
                                         .help = "draws of the methods that draw",
                                         .kind = SX_OPTION_COUNT,
                                         SX_FIELD(struct sx_attribute_options, samples),
                                         .low = 1,
                                         .param = "samples"},
                                        {.name = "eta",
                                         .argument = "R",
                                         .help = "step of the ascent",
                                         .kind = SX_OPTION_NUMBER,
                                         SX_FIELD(struct sx_attribute_options, eta),
                                         .param = "eta"},
                                        {.name = "recipe",
                                         .argument = "NAME",
                                         .help = "defaults of --iters and --eta",
                                         .kind = SX_OPTION_CHOICE,
                                         SX_FIELD(struct sx_attribute_options, recipe),
                                         .choices = "quick|paper",
                                         .initial = "quick",
                                         .param = "recipe"},
                                        {.name = "noise",
                                         .argument = "R",
                                         .help = "noise, in ranges of the input",
                                         .kind = SX_OPTION_NUMBER,
                                         SX_FIELD(struct sx_attribute_options, noise),
                                         .initial = "0.15",
                                         .param = "noise"},
                                        {.name = "fraction",
                                         .argument = "R",
                                         .help = "guided-ig: share that moves at once",
                                         .kind = SX_OPTION_NUMBER,
                                         SX_FIELD(struct sx_attribute_options, fraction),
                                         .initial = "0.25",
                                         .param = "fraction"},
                                        {.name = "max-dist",
                                         .argument = "R",
                                         .help = "guided-ig: distance from the straight path",
                                         .kind = SX_OPTION_NUMBER,
                                         SX_FIELD(struct sx_attribute_options, max_distance),
                                         .initial = "0.02",
                                         .param = "max_dist"},
                                        {.name = "max-sigma",
                                         .argument = "S",
                                         .help = "blur-ig: widest blur, in pixels",
                                         .kind = SX_OPTION_NUMBER,
                                         SX_FIELD(struct sx_attribute_options, max_sigma),
                                         .initial = "50",
                                         .param = "max_sigma"},
                                        {.name = "layer",
                                         .argument = "TENSOR",
                                         .help = "class activation maps: of this layer",
                                         .kind = SX_OPTION_TENSOR,
                                         SX_FIELD(struct sx_attribute_options, layer),
                                         .param = "layer"},
                                        {.name = "agg",
                                         .argument = "HOW",
                                         .help = "how gradients become one",
                                         .kind = SX_OPTION_CHOICE,
                                         SX_FIELD(struct sx_attribute_options, aggregate),
                                         .choices = "max|absmax|mean",
                                         .initial = "max",
                                         .param = "agg"},
                                        {.name = "step",
                                         .argument = "HOW",
                                         .help = "how the ascent steps",
                                         .kind = SX_OPTION_CHOICE,
                                         SX_FIELD(struct sx_attribute_options, step),
                                         .choices = "plain|sign|unit",
                                         .initial = "plain",
                                         .param = "step"},
                                        {.name = "times-input",
                                         .help = "multiply by input minus baseline",
                                         .kind = SX_OPTION_FLAG,
                                         SX_FIELD(struct sx_attribute_options, times_input),
                                         .param = "times_input"},
                                        {.name = "clip",
                                         .argument = "LO,HI",
                                         .help = "the ascent stays within",
                                         .kind = SX_OPTION_PARSED,
                                         .parse = parse_clip}};
const struct sx_options sx_attribute_table = {"Method", rows, sizeof rows / sizeof rows[0]};

struct sx_attribute_options sx_attribute_defaults(void)
{
    struct sx_attribute_options o = {0};
    sx_option_defaults(&sx_attribute_table, &o);
    return o;
}

struct sx_attribute_options sx_attribute_used(const struct sx_attribute_options *o,
                                              const struct sx_attribution *a)
{
    struct sx_attribute_options used = *o;
    used.steps = a->steps;
    used.iterations = a->iterations;
    used.samples = a->samples;
    used.eta = a->eta;
    used.layer = a->layer;
    return used;
}

/* A number that follows from values that were counted: null, where it is not finite, and not
 * counted again. */
static void put_derived(struct sx_result *r, const char *key, double value)
{
    if (isfinite(value))
        sx_put_double(r, key, value);
    else
        sx_put_null(r, key);
}

static void put_ascent(struct sx_result *r, const struct sx_attribution *a)
{
    sx_put_object(r, "ascent");
    put_derived(r, "moved", a->moved);
    put_derived(r, "relative", a->relative);
    put_derived(r, "share", a->share);
    sx_put_end(r);
}

void sx_put_attribution(struct sx_result *r, const char *method, const struct sx_attribution *a)
{
    sx_put_text(r, "method", method);
    if (a->layer != NULL)
        sx_put_text(r, "layer", a->layer);
    sx_put_tensor(r, "attribution", &a->map);
    put_derived(r, "sum", a->sum);
    put_derived(r, "completeness_gap", a->complete ? a->gap : NAN);
    sx_put_bool(r, "flat", a->flat);
    if (a->left_out > 0)
        sx_put_int(r, "left_out", a->left_out);
    if (a->ascends)
        put_ascent(r, a);
}
