/* options.c - the options of scores. */
#include <string.h>

#include "score/score.h"

static bool parse_metrics(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    struct sx_score_options *o = options;
    o->metrics = 0;
    while (*text != '\0') {
        char name[40];
        size_t n = strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, text);
        int metric = sx_choice_find(SX_METRIC_NAMES, name);
        if (metric < 0) {
            struct sx_nearest near = {.word = name};
            sx_nearest_offer(&near, SX_METRIC_NAMES);
            return sx_fail(error, SX_USAGE, "'%.40s' does not fit option --%s: %s%.100s", name,
                           row->name, SX_METRIC_NAMES, sx_nearest_text(&near));
        }
        o->metrics |= 1U << metric;
        text += n + (text[n] == ',');
    }
    return o->metrics != 0 ||
           sx_fail(error, SX_USAGE, "option --%s names no metric", row->name);
}

static void put_metrics(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_score_options *o = options;
    char name[40];
    sx_put_list(r, key);
    for (int i = 0; sx_choice_name(SX_METRIC_NAMES, i, name, sizeof name); i++)
        if ((o->metrics >> i & 1) != 0)
            sx_put_text(r, NULL, name);
    sx_put_end(r);
}

static const struct sx_option rows[] = {
    {.name = "metric",
     .argument = "NAME[,NAME]",
     .help = "metrics: insertion, deletion, sic, aic, sensitivity-n, ...",
     .kind = SX_OPTION_PARSED,
     .initial = "insertion,deletion",
     .param = "metric",
     .parse = parse_metrics,
     .put = put_metrics},
    {.name = "filler",
     .argument = "WHICH",
     .help = "values of hidden elements",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_score_options, filler),
     .choices = "auto|nearest|linear|mean|black|blur|baseline",
     .param = "filler"},
    {.name = "rank",
     .argument = "BY",
     .help = "which elements are changed first: largest magnitude or value",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_score_options, by_value),
     .choices = "magnitude|value",
     .param = "rank"},
    {.name = "steps",
     .argument = "N",
     .help = "number of steps of insertion and deletion",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_score_options, steps),
     .initial = "100",
     .low = 1,
     .high = SX_SCORE_POINTS - 1,
     .param = "steps"},
    {.name = "draws",
     .argument = "N",
     .help = "random sets: for each size of sensitivity-n, and for infidelity",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_score_options, draws),
     .initial = "100",
     .low = 2,
     .high = 1e6,
     .param = "draws"}};
const struct sx_options sx_score_table = {"Scores", rows, sizeof rows / sizeof rows[0]};
