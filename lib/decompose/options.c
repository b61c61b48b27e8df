/* options.c - the options of attributions and their effects. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "sextant/decompose.h"

static bool refuse(const struct sx_option *row, const char *text, const char *what,
                   struct sx_error *error)
{
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                   what);
}

static bool read_number(const char *text, size_t n, double least, double *value)
{
    return sx_number_parse(text, n, value) && *value >= least;
}

static bool read_count(const char *text, size_t n, int64_t *count)
{
    double value;
    if (!read_number(text, n, 1, &value) || value > 1e9 || value != floor(value))
        return false;
    *count = (int64_t)value;
    return true;
}

static bool parse_nodes(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    const char *colon = strchr(text, ':');
    o->midpoints = strncmp(text, "midpoint:", 9) == 0;
    return (colon != NULL && (o->midpoints || strncmp(text, "gauss:", 6) == 0) &&
            read_count(colon + 1, strlen(colon + 1), &o->nodes) && o->nodes <= 4096) ||
           refuse(row, text, "gauss:N or midpoint:N, N from 1 to 4096", error);
}

static void put_nodes(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    sx_put_text(r, key, o->nodes == 0 ? "exact" : o->midpoints ? "midpoint" : "gauss");
    sx_put_int(r, "ig_nodes", o->nodes);
}

static bool parse_patch(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    const char *x = strchr(text, 'x');
    return (x != NULL && read_count(text, (size_t)(x - text), &o->patch[0]) &&
            read_count(x + 1, strlen(x + 1), &o->patch[1])) ||
           refuse(row, text, "HxW, players down and across", error);
}

static void put_patch(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    sx_put_int(r, key, o->patch[0]);
    sx_put_int(r, "patch_columns", o->patch[1]);
}

static bool parse_bounds(const char *low, double bound[2])
{
    const char *comma = strchr(low, ',');
    return comma != NULL && read_number(low, (size_t)(comma - low), -1e300, &bound[0]) &&
           read_number(comma + 1, strlen(comma + 1), bound[0], &bound[1]);
}

static bool parse_first(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    bool ok = true;
    if (strncmp(text, "zB:", 3) == 0) {
        o->first = SX_FIRST_BOUNDED;
        ok = parse_bounds(text + 3, o->bound);
    } else {
        o->first = strcmp(text, "wsquare") == 0 ? SX_FIRST_WSQUARE : SX_FIRST_ZPLUS;
        ok = o->first == SX_FIRST_WSQUARE || strcmp(text, "zplus") == 0;
    }
    return ok || refuse(row, text, "zplus, wsquare or zB:LO,HI", error);
}

static void put_first(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    sx_put_int(r, key, (int64_t)o->first);
    sx_put_double(r, "bound_low", o->bound[0]);
    sx_put_double(r, "bound_high", o->bound[1]);
}

static bool parse_absent(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    (void)row;
    return sx_absent_parse(text, &o->absent, error);
}

static void put_absent(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    char name[SX_ABSENT_TEXT];
    if (o->absent.kind == SX_ABSENT_BY_BACKGROUND)
        return;
    sx_absent_name(&o->absent, name);
    sx_put_text(r, key, name);
}

static bool parse_background(const struct sx_option *row, void *options, const char *text,
                             struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    bool gauss = strncmp(text, "gauss:", 6) == 0;
    o->gauss = 0;
    o->background_from = gauss ? NULL : text;
    return !gauss || read_number(text + 6, strlen(text + 6), 1e-300, &o->gauss) ||
           refuse(row, text, "FILE, or gauss:S, S above 0", error);
}

static void put_background(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    sx_put_text(r, key, o->background_from);
    sx_put_double(r, "background_gauss", o->gauss);
}

static bool parse_neuron(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    o->neuron_of = text;
    return text[0] != '\0' || refuse(row, text, "LAYER or LAYER:ELEMENT", error);
}

static void put_neuron(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    sx_put_text(r, key, o->neuron_of);
}

/* --layerwise: looks at a neuron of each layer, unless --neuron names one. */
static bool parse_layerwise(const struct sx_option *row, void *options, const char *text,
                            struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    (void)row;
    (void)text;
    (void)error;
    if (o->neuron_of == NULL)
        o->neuron_of = "";
    return true;
}

static bool parse_epsilon(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    struct sx_decompose_options *o = options;
    const char *number = strncmp(text, "abs:", 4) == 0 ? text + 4 : text;
    o->absolute = number != text;
    return (sx_number_parse(number, strlen(number), &o->epsilon) && o->epsilon >= 0) ||
           refuse(row, text, "E or abs:E, not negative", error);
}

static void put_epsilon(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_decompose_options *o = options;
    sx_put_double(r, key, o->epsilon);
    sx_put_bool(r, "lrp_eps_absolute", o->absolute);
}

static const struct sx_option rows[] = {
    {.name = "methods",
     .argument = "LIST",
     .help = "methods to run: all, or names with commas; --list-methods has them",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_decompose_options, methods),
     .initial = "all"},
    {.name = "players",
     .argument = "HOW",
     .help = "what is masked as one player: elements, patches:HxW, ...",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_decompose_options, players_by),
     .param = "players"},
    {.name = "background",
     .argument = "FILE|gauss:S",
     .help = "references of preddiff, expgrad, deepshap: rows, or noise of S",
     .kind = SX_OPTION_PARSED,
     .param = "background",
     .parse = parse_background,
     .put = put_background},
    {.name = "absent",
     .argument = "HOW",
     .help = "shapley: values of absent players: baseline, marginal, gaussian, ...",
     .kind = SX_OPTION_PARSED,
     .param = "absent",
     .parse = parse_absent,
     .put = put_absent},
    {.name = "patch",
     .argument = "HxW",
     .help = "occpatch: players of a patch that are masked together",
     .kind = SX_OPTION_PARSED,
     .param = "patch_rows",
     .parse = parse_patch,
     .put = put_patch},
    {.name = "stride",
     .argument = "N",
     .help = "occpatch: players from one patch to the next",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, stride),
     .low = 1,
     .param = "stride"},
    {.name = "pd-samples",
     .argument = "N",
     .help = "references of the background that are used at most",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, most_rows),
     .initial = "32",
     .low = 1,
     .param = "pd_samples"},
    {.name = "pd-log",
     .help = "preddiff: differences of log-odds; needs --score=prob",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_decompose_options, log_odds),
     .param = "pd_log"},
    {.name = "eg-samples",
     .argument = "N",
     .help = "expgrad: N random points in total, not a rule for each row",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, path_samples),
     .low = 1,
     .param = "eg_samples"},
    {.name = "taylor",
     .argument = "K",
     .help = "compute Taylor effects up to order K by derivatives",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, taylor),
     .low = 1,
     .param = "taylor"},
    {.name = "taylor-fit",
     .argument = "D",
     .help = "compute Taylor effects by a fitted polynomial of degree D",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, fit),
     .low = 1,
     .param = "taylor_fit"},
    {.name = "smooth",
     .argument = "MODE",
     .help = "Taylor effects: softplus:B or gelu in place of ReLU and other kinks",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_decompose_options, smooth),
     .param = "smooth"},
    {.name = "alloc",
     .argument = "HOW",
     .help = "sets of players whose effects are allocated",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_decompose_options, allocation),
     .choices = "auto|full|truncated|none"},
    {.name = "max-order",
     .argument = "Q",
     .help = "truncated: sets of up to Q players",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, order),
     .low = 1,
     .param = "max_order"},
    {.name = "attr",
     .argument = "FILE[:NAME]",
     .help = "judge scores from elsewhere: an array, or records",
     .kind = SX_OPTION_FILE,
     SX_FIELD(struct sx_decompose_options, foreign_from),
     .param = "attr"},
    {.name = "gxi-at",
     .argument = "WHERE",
     .help = "gxi: where the gradient is taken",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_decompose_options, gradient_at_baseline),
     .choices = "input|baseline",
     .param = "gxi_at"},
    {.name = "ig-rule",
     .argument = "RULE:N",
     .help = "ig: N nodes, by gauss or midpoint",
     .kind = SX_OPTION_PARSED,
     .param = "ig_rule",
     .parse = parse_nodes,
     .put = put_nodes},
    {.name = "cam-layer",
     .argument = "TENSOR",
     .help = "gradcam: the layer of feature maps; default: the last convolution",
     .kind = SX_OPTION_TENSOR,
     SX_FIELD(struct sx_decompose_options, layer),
     .param = "cam_layer"},
    {.name = "deepshap-unit",
     .argument = "UNIT",
     .help = "deepshap: a game for each operator, or for each whole neuron",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_decompose_options, neuron),
     .choices = "op|neuron",
     .param = "deepshap_unit"},
    {.name = "lrp-eps",
     .argument = "E|abs:E",
     .help = "lrp-eps: stabiliser, relative to the largest activation, or abs:E",
     .kind = SX_OPTION_PARSED,
     .initial = "1e-6",
     .param = "lrp_eps",
     .parse = parse_epsilon,
     .put = put_epsilon},
    {.name = "lrp-bias",
     .argument = "HOW",
     .help = "lrp-eps: absorb the relevance of biases, or distribute it",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_decompose_options, distribute),
     .choices = "absorb|distribute",
     .param = "lrp_bias"},
    {.name = "deeptaylor",
     .argument = "RULE",
     .help = "deeptaylor: rule of the first layer: zplus, wsquare or zB:LO,HI",
     .kind = SX_OPTION_PARSED,
     .param = "deeptaylor_first",
     .parse = parse_first,
     .put = put_first},
    {.name = "taylor-tol",
     .argument = "R",
     .help = "largest gap with which Taylor effects count as converged",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_decompose_options, taylor_tolerance),
     .param = "taylor_tol"},
    {.name = "layerwise",
     .help = "judge one neuron of each layer by itself",
     .kind = SX_OPTION_PARSED,
     .parse = parse_layerwise},
    {.name = "neuron",
     .argument = "LAYER[:I]",
     .help = "judge only a neuron of this layer, or neuron I",
     .kind = SX_OPTION_PARSED,
     .param = "neuron",
     .parse = parse_neuron,
     .put = put_neuron},
    {.name = "budget",
     .argument = "N",
     .help = "shapley: evaluations of the model for an estimate",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_decompose_options, budget),
     .low = 1,
     .param = "budget"},
    {.name = "tol",
     .argument = "R",
     .help = "largest violation with which a principle holds",
     .kind = SX_OPTION_NUMBER,
     SX_FIELD(struct sx_decompose_options, tolerance),
     .param = "tol"}};
const struct sx_options sx_decompose_table = {"Method", rows, sizeof rows / sizeof rows[0]};

struct sx_decompose_options sx_decompose_defaults(void)
{
    struct sx_decompose_options o = {0};
    sx_option_defaults(&sx_decompose_table, &o);
    return o;
}
