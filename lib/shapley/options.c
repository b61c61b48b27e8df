/* options.c - the options of interactions. */
#include <math.h>
#include <string.h>

#include "shapley/shapley.h"

static bool parse_index(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_shapley_options *o = options;
    struct sx_nearest near = {.word = text};
    const char *name = "bT";
    (void)row;
    for (int i = 0; name != NULL && strcmp(name, text) != 0; i++) {
        sx_nearest_offer(&near, name);
        name = sx_index_name(i, NULL);
    }
    if (name == NULL)
        return sx_fail(error, SX_USAGE, "no index '%.40s'%s (see --list-indices)", text,
                       sx_nearest_text(&near));
    o->index = name;
    return true;
}

static void put_index(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_shapley_options *o = options;
    sx_put_text(r, key, o->index);
}

static bool refuse(const struct sx_option *row, const char *text, struct sx_error *error)
{
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                   row->choices);
}

static bool parse_adjacency(const struct sx_option *row, void *options, const char *text,
                            struct sx_error *error)
{
    struct sx_shapley_options *o = options;
    int choice = sx_choice_find(row->choices, text);
    if (choice < 0)
        return refuse(row, text, error);
    o->corners = choice == 1;
    return true;
}

static void put_adjacency(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_shapley_options *o = options;
    sx_put_int(r, key, o->corners ? 8 : 4);
}

static bool parse_absent(const struct sx_option *row, void *options, const char *text,
                         struct sx_error *error)
{
    struct sx_shapley_options *o = options;
    (void)row;
    return sx_absent_parse(text, &o->absent, error);
}

static void put_absent(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_shapley_options *o = options;
    char name[SX_ABSENT_TEXT];
    if (o->absent.kind == SX_ABSENT_BY_BACKGROUND)
        return;
    sx_absent_name(&o->absent, name);
    sx_put_text(r, key, name);
}

static const char partitions[] = "contiguous|any|connected", by_players[] = "by players";

static bool parse_partition(const struct sx_option *row, void *options, const char *text,
                            struct sx_error *error)
{
    struct sx_shapley_options *o = options;
    int choice = sx_choice_find(partitions, text);
    bool named = choice >= 0 || strcmp(text, by_players) == 0;
    if (!named)
        return refuse(row, text, error);
    o->partition = choice >= 0 ? (enum sx_partition)choice : SX_BY_PLAYERS;
    return true;
}

static void put_partition(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_shapley_options *o = options;
    char name[20];
    bool named = o->partition != SX_BY_PLAYERS &&
                 sx_choice_name(partitions, (int)o->partition, name, sizeof name);
    sx_put_text(r, key, named ? name : by_players);
}

static const struct sx_option rows[] = {
    {.name = "players",
     .argument = "HOW",
     .help = "players: elements, tokens, columns, patches:HxW, grid:RxC, ...",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_shapley_options, players_by),
     .param = "players"},
    {.name = "absent",
     .argument = "HOW",
     .help = "values of absent players: baseline, marginal, gaussian, ...",
     .kind = SX_OPTION_PARSED,
     SX_FIELD(struct sx_shapley_options, absent),
     .param = "absent",
     .parse = parse_absent,
     .put = put_absent},
    {.name = "index",
     .argument = "NAME",
     .help = "index: bT, sv, sii, stii, ...; --list-indices has all",
     .kind = SX_OPTION_PARSED,
     .initial = "bT",
     .param = "index",
     .parse = parse_index,
     .put = put_index},
    {.name = "order",
     .argument = "K",
     .help = "size of the largest sets of an index",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_shapley_options, order),
     .low = 1,
     .param = "order"},
    {.name = "set",
     .argument = "PLAYERS",
     .help = "bT: the set of players that is examined",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_shapley_options, set),
     .param = "set"},
    {.name = "window",
     .argument = "M",
     .help = "bT: every M consecutive players, instead of --set",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_shapley_options, window),
     .low = 1,
     .param = "window"},
    {.name = "partition",
     .argument = "WHICH",
     .help = "bT: which partitions of the set are compared",
     .kind = SX_OPTION_PARSED,
     .choices = partitions,
     .initial = by_players,
     .param = "partition",
     .parse = parse_partition,
     .put = put_partition},
    {.name = "adjacency",
     .argument = "N",
     .help = "bT: number of neighbours of a patch",
     .kind = SX_OPTION_PARSED,
     SX_FIELD(struct sx_shapley_options, corners),
     .choices = "4|8",
     .param = "adjacency",
     .parse = parse_adjacency,
     .put = put_adjacency},
    {.name = "search",
     .argument = "HOW",
     .help = "bT: how the best partitions are found",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_shapley_options, gradient),
     .choices = "dp|gradient",
     .param = "search"},
    {.name = "groups",
     .argument = "GROUPS",
     .help = "owen: groups of players, such as 0,1/2-4",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_shapley_options, groups),
     .param = "groups"},
    {.name = "exact",
     .help = "evaluate all coalitions, whatever they cost",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_shapley_options, exact),
     .param = "exact"},
    {.name = "budget",
     .argument = "N",
     .help = "number of evaluations of the model",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_shapley_options, budget),
     .low = 1,
     .param = "budget"},
    {.name = "sampling",
     .argument = "HOW",
     .help = "estimator: kernel, leverage, permutation, svarmiq, ...",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_shapley_options, sampling),
     .param = "sampling"},
    {.name = "tol",
     .argument = "E",
     .help = "stop when all standard errors are at most E",
     .kind = SX_OPTION_NUMBER,
     .high = INFINITY,
     SX_FIELD(struct sx_shapley_options, tolerance),
     .param = "tol"},
    {.name = "tie-tol",
     .argument = "E",
     .help = "bT: sums of partitions that differ by at most E are equal",
     .kind = SX_OPTION_NUMBER,
     .high = INFINITY,
     SX_FIELD(struct sx_shapley_options, tie),
     .param = "tie_tol"},
    {.name = "skip-nonfinite",
     .help = "bT: leave out contexts with NaN or infinity",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_shapley_options, skip_nonfinite),
     .param = "skip_nonfinite"},
    {.name = "layer-score",
     .argument = "HOW",
     .help = "number that is made of the explained tensor",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_shapley_options, likeness),
     .choices = "unit|dot|cosine",
     .param = "layer_score"},
    {.name = "top",
     .argument = "N",
     .help = "show the N strongest interactions",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_shapley_options, top),
     .low = 1},
    {.name = "singles",
     .help = "with --top: rank single players, too",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_shapley_options, singles)},
    {.name = "threshold",
     .argument = "T",
     .help = "show interactions of magnitude at least T",
     .kind = SX_OPTION_NUMBER,
     .high = INFINITY,
     SX_FIELD(struct sx_shapley_options, threshold)}};
const struct sx_options sx_shapley_table = {"Method", rows, sizeof rows / sizeof rows[0]};

struct sx_shapley_options sx_shapley_defaults(void)
{
    struct sx_shapley_options o = {0};
    sx_option_defaults(&sx_shapley_table, &o);
    return o;
}
