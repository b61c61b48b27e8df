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

/* Reads HxW, or N for both. */
static bool parse_sides(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    int64_t *side = (int64_t *)((char *)options + row->field);
    const char *x = strchr(text, 'x');
    size_t first = x != NULL ? (size_t)(x - text) : strlen(text);
    const char *second = x != NULL ? x + 1 : text;
    double high, wide;
    if (!sx_number_parse(text, first, &high) ||
        !sx_number_parse(second, strlen(second), &wide) || !(high >= 1 && high <= 1e9) ||
        !(wide >= 1 && wide <= 1e9))
        return sx_fail(error, SX_USAGE, "'%.40s' does not fit option --%s: HxW or N", text,
                       row->name);
    side[0] = (int64_t)high;
    side[1] = (int64_t)wide;
    return true;
}

static const struct sx_option rows[] = {
    {.name = "steps",
     .argument = "M",
     .help = "number of points on the path from baseline to input",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_attribute_options, steps),
     .low = 1,
     .param = "steps"},
    {.name = "iters",
     .argument = "T",
     .help = "gradients of each gradient ascent",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_attribute_options, iterations),
     .low = 1,
     .param = "iters"},
    {.name = "samples",
     .argument = "N",
     .help = "number of draws, for methods that draw at random",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_attribute_options, samples),
     .low = 1,
     .param = "samples"},
    {.name = "eta",
     .argument = "R",
     .help = "step size of the ascent",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, eta),
     .param = "eta"},
    {.name = "recipe",
     .argument = "NAME",
     .help = "recipe for --iters and --eta",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_attribute_options, recipe),
     .choices = "quick|paper",
     .initial = "quick",
     .param = "recipe"},
    {.name = "noise",
     .argument = "R",
     .help = "standard deviation of noise, as a share of the input's range",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, noise),
     .initial = "0.15",
     .param = "noise"},
    {.name = "fraction",
     .argument = "R",
     .help = "guided-ig: share of the elements that moves in one step",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, fraction),
     .initial = "0.25",
     .param = "fraction"},
    {.name = "max-dist",
     .argument = "R",
     .help = "guided-ig: largest distance from the straight path",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, max_distance),
     .initial = "0.02",
     .param = "max_dist"},
    {.name = "max-sigma",
     .argument = "S",
     .help = "blur-ig: largest standard deviation of the blur, in pixels",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, max_sigma),
     .initial = "50",
     .param = "max_sigma"},
    {.name = "layer",
     .argument = "TENSOR",
     .help = "class activation maps: the layer; ggig(1) says the default",
     .kind = SX_OPTION_TENSOR,
     SX_FIELD(struct sx_attribute_options, layer),
     .param = "layer"},
    {.name = "players",
     .argument = "SPEC",
     .help = "elements that are summed, or masked, together; see shapley-int",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_attribute_options, players),
     .param = "players"},
    {.name = "share",
     .argument = "P",
     .help = "rise, lime: probability that a mask shows a player",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, share),
     .initial = "0.5",
     .low = 0.001,
     .high = 0.999,
     .param = "share"},
    {.name = "kernel-width",
     .argument = "R",
     .help = "lime: width of the kernel of distances",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, kernel_width),
     .initial = "0.25",
     .low = 1e-6,
     .high = 1e6,
     .param = "kernel_width"},
    {.name = "ridge",
     .argument = "R",
     .help = "lime: penalty of squared coefficients",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, ridge),
     .initial = "1",
     .low = 0,
     .high = 1e12,
     .param = "ridge"},
    {.name = "lasso",
     .argument = "R",
     .help = "lime: penalty of their magnitudes, instead of --ridge",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_attribute_options, lasso),
     .low = 0,
     .high = 1e12,
     .param = "lasso"},
    {.name = "window",
     .argument = "HxW",
     .help = "occlusion: size of the window that is masked",
     .kind = SX_OPTION_PARSED,
     SX_FIELD(struct sx_attribute_options, window),
     .parse = parse_sides},
    {.name = "stride",
     .argument = "HxW",
     .help = "occlusion: distance from one window to the next",
     .kind = SX_OPTION_PARSED,
     SX_FIELD(struct sx_attribute_options, stride),
     .parse = parse_sides},
    {.name = "agg",
     .argument = "HOW",
     .help = "how the gradients of an ascent become one",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_attribute_options, aggregate),
     .choices = "max|absmax|mean",
     .initial = "max",
     .param = "agg"},
    {.name = "step",
     .argument = "HOW",
     .help = "ascent: gradient, its sign, or steps of unit length",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_attribute_options, step),
     .choices = "plain|sign|unit",
     .initial = "plain",
     .param = "step"},
    {.name = "times-input",
     .help = "multiply the map by input minus baseline",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_attribute_options, times_input),
     .param = "times_input"},
    {.name = "clip",
     .argument = "LO,HI",
     .help = "keep the ascent within these values",
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

/* Puts a number that follows from counted values: null if it is not finite, without counting it
 * again. */
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

static void put_pair(struct sx_result *r, const char *key, const int64_t pair[2])
{
    sx_put_list(r, key);
    sx_put_int(r, NULL, pair[0]);
    sx_put_int(r, NULL, pair[1]);
    sx_put_end(r);
}

static void put_regions(struct sx_result *r, const struct sx_attribution *a)
{
    sx_put_list(r, "regions");
    for (int64_t i = 0; i < a->players; i++) {
        sx_put_object(r, NULL);
        sx_put_int(r, "player", a->region[i].player);
        put_derived(r, "density", a->region[i].density);
        sx_put_int(r, "elements", a->region[i].elements);
        sx_put_end(r);
    }
    sx_put_end(r);
}

/* Puts how attributions of players were computed. */
static void put_players(struct sx_result *r, const struct sx_attribution *a)
{
    if (a->players > 0)
        sx_put_int(r, "players", a->players);
    if (a->players > 0 && a->map.shape.rank == 2)
        put_pair(r, "grid", a->map.shape.dim);
    if (a->masks > 0) {
        sx_put_int(r, "masks", a->masks);
        sx_put_double(r, "share", a->shown);
    }
    if (a->error.data != NULL)
        sx_put_tensor(r, "stderr", &a->error);
    if (a->fitted) {
        sx_put_object(r, "fit");
        put_derived(r, "r2", a->r2);
        sx_put_double(r, "kernel_width", a->kernel_width);
        sx_put_end(r);
    }
    if (a->window[0] > 0) {
        put_pair(r, "window", a->window);
        put_pair(r, "stride", a->stride);
    }
    if (a->region != NULL)
        put_regions(r, a);
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
    put_players(r, a);
}
