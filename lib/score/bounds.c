/* bounds.c - bounds of similarities, and similarities in records. */
#include <math.h>
#include <string.h>

#include "score/score.h"

static const char keys[] = "spearman|ssim|topk_iou|max_abs";

static double value_of(const struct sx_similarity *s, int key)
{
    const double values[] = {s->spearman, s->ssim, s->topk_iou, s->max_abs};
    return values[key];
}

static bool parse_bound(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_bounds *o = options;
    struct sx_bound bound = {.least = strcmp(row->name, "min") == 0};
    size_t n = strcspn(text, ":");
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)(n < 15 ? n : 15), text);
    bound.key = sx_choice_find(keys, name);
    if (bound.key < 0 || text[n] != ':' ||
        !sx_number_parse(text + n + 1, strlen(text + n + 1), &bound.value) ||
        !isfinite(bound.value))
        return sx_fail(error, SX_USAGE,
                       "'%.80s' does not fit option --%s: KEY:V, KEY one of %s", text,
                       row->name, keys);
    if (o->n == SX_BOUNDS)
        return sx_fail(error, SX_USAGE, "there are at most %d bounds", SX_BOUNDS);
    o->bound[o->n++] = bound;
    return true;
}

static const struct sx_option rows[] = {
    {.name = "max",
     .argument = "KEY:V",
     .help = "status 4 if KEY (spearman, ssim, topk_iou, max_abs) is over V",
     .kind = SX_OPTION_PARSED,
     .parse = parse_bound},
    {.name = "min",
     .argument = "KEY:V",
     .help = "status 4 if KEY is under V",
     .kind = SX_OPTION_PARSED,
     .parse = parse_bound}};
const struct sx_options sx_bounds_table = {"Bounds", rows, sizeof rows / sizeof rows[0]};

bool sx_bound_holds(const struct sx_bounds *bounds, int i, const struct sx_similarity *s,
                    char what[80])
{
    const struct sx_bound *b = &bounds->bound[i];
    char name[16];
    double v = value_of(s, b->key);
    sx_choice_name(keys, b->key, name, sizeof name);
    if (b->least ? v >= b->value : v <= b->value)
        return true;
    if (isnan(v))
        snprintf(what, 80, "%s has no value", name);
    else
        snprintf(what, 80, "%s is %.6g, %s %g", name, v, b->least ? "under" : "over", b->value);
    return false;
}

void sx_put_similarity(struct sx_result *r, const struct sx_similarity *s)
{
    char name[16];
    sx_put_object(r, "similarity");
    for (int k = 0; sx_choice_name(keys, k, name, sizeof name); k++)
        sx_put_derived(r, name, value_of(s, k));
    sx_put_end(r);
}
