/* study_options.c - the methods of a study, and what else it can be told, by words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

const struct sx_study_row sx_study_rows[] = {
    {.name = "xderiv",
     .what = "cross derivatives, of any order",
     .evaluate = sx_cross_effects,
     .tensor = sx_cross_tensor,
     .curved = true},
    {.name = "ih",
     .what = "Integrated Hessians: from the baseline to x",
     .evaluate = sx_path_effects,
     .tensor = sx_integrated_hessian,
     .steps = 50,
     .pairs = true,
     .curved = true,
     .baseline = true},
    {.name = "expected",
     .what = "expected Hessians: paths from the background",
     .evaluate = sx_path_effects,
     .tensor = sx_expected_hessian,
     .steps = 200,
     .pairs = true,
     .curved = true},
    {.name = "smoothhess",
     .what = "Hessian of f blurred by noise, from gradients",
     .evaluate = sx_path_effects,
     .tensor = sx_smooth_hessian,
     .steps = 1000,
     .pairs = true},
    {.name = "archdetect",
     .what = "ArchDetect: squared mixed differences at x and baseline",
     .evaluate = sx_arch_detect,
     .pairs = true,
     .baseline = true},
    {.name = "archattribute",
     .what = "ArchAttribute: f of the set alone minus f of the baseline",
     .evaluate = sx_arch_attribute,
     .baseline = true},
    {.name = "fd",
     .what = "mixed differences from the baseline, of any order",
     .evaluate = sx_mixed_differences,
     .baseline = true},
    {.name = "friedman",
     .what = "Friedman's H squared from partial dependences",
     .evaluate = sx_friedman,
     .steps = 50,
     .pairs = true,
     .constant = true},
    {.name = "nid",
     .what = "neural interaction detection: from weights alone",
     .evaluate = sx_nid,
     .constant = true},
    {.name = "nid-greedy",
     .what = "the same by each unit's strongest features only",
     .evaluate = sx_nid_greedy,
     .constant = true},
};

const int sx_n_study_rows = sizeof sx_study_rows / sizeof sx_study_rows[0];

const char *sx_study_method(int i, const char **what)
{
    if (i < 0 || i >= sx_n_study_rows)
        return NULL;
    if (what != NULL)
        *what = sx_study_rows[i].what;
    return sx_study_rows[i].name;
}

/* The index of `value` among words separated by |, or -1. */
static int find_word(const char *words, const char *value)
{
    size_t length = strlen(value);
    for (int i = 0;; i++) {
        size_t n = strcspn(words, "|");
        if (n == length && strncmp(words, value, n) == 0)
            return i;
        if (words[n] == '\0')
            return -1;
        words += n + 1;
    }
}

static bool read_number(const char *value, double low, double high, double *number)
{
    return sx_number_parse(value, strlen(value), number) && *number >= low && *number <= high;
}

static bool read_whole(const char *value, int64_t low, int64_t high, int64_t *number)
{
    double d;
    if (!read_number(value, (double)low, (double)high, &d) || d != floor(d))
        return false;
    *number = (int64_t)d;
    return true;
}

static bool keep_text(char **to, const char *value, struct sx_error *error)
{
    free(*to);
    *to = sx_strdup(value, error);
    return *to != NULL;
}

static bool keep_sets(struct sx_sets *sets, bool *are, const char *path, struct sx_error *error)
{
    sx_sets_free(sets);
    *are = sx_sets_read(sets, path, error);
    return *are;
}

static bool set_method(struct sx_study_options *o, const char *value)
{
    for (int i = 0; i < sx_n_study_rows; i++)
        if (strcmp(sx_study_rows[i].name, value) == 0) {
            o->method = &sx_study_rows[i];
            return true;
        }
    return false;
}

static bool set_search(struct sx_study_options *o, const char *value)
{
    int which = find_word("auto|exhaustive", value);
    if (which >= 0)
        o->search = which == 0 ? SX_SEARCH_AUTO : SX_SEARCH_ALL;
    else if (strncmp(value, "beam:", 5) != 0 || !read_whole(value + 5, 1, INT32_MAX, &o->beam))
        return false;
    else
        o->search = SX_SEARCH_BEAM;
    return true;
}

enum option {
    ORDER,
    METHOD,
    ALLOW_ZERO,
    STEPS,
    NOISE,
    PLAYERS,
    LAYOUT,
    DIRECTION,
    UNITS,
    SEARCH,
    BEAM_SCORE,
    MAX_SETS,
    PAIRS,
    AGG,
    SIGNED,
    AT,
    TRUTH,
    CHECK,
    SEED
};
static const char names[] =
    "order|method|allow-zero|steps|noise|players|layout|direction|units|"
    "search|beam-score|max-sets|pairs|agg|signed|at|truth|check|seed";

/* The words of options that have some. */
static const char *const words[] = {[LAYOUT] = "auto|nchw|nhwc",
                                    [DIRECTION] = "ones|input|delta",
                                    [UNITS] = "none|std|range",
                                    [BEAM_SCORE] = "feature|edge",
                                    [SEARCH] = "auto|exhaustive|beam:N",
                                    [AGG] = "median|mean|min|max|mode|rms",
                                    [SEED] = NULL};

/* One of these words; -1 for another option. */
static int set_word(struct sx_study_options *o, enum option option, const char *value)
{
    int i = words[option] != NULL ? find_word(words[option], value) : -1;
    if (words[option] == NULL || option == SEARCH)
        return -1;
    if (i >= 0 && option == LAYOUT)
        o->layout = (enum sx_layout)i;
    if (i >= 0 && option == DIRECTION)
        o->direction = (enum sx_direction)i;
    if (i >= 0 && option == UNITS)
        o->units = (enum sx_units)i;
    if (i >= 0 && option == BEAM_SCORE)
        o->by_edge = i == 1;
    if (i >= 0 && option == AGG)
        o->gather = (enum sx_gather)i;
    return i >= 0;
}

static bool set_option(struct sx_study_options *o, enum option option, const char *value,
                       struct sx_error *error)
{
    int64_t number;
    int done = set_word(o, option, value);
    if (done >= 0)
        return done == 1;
    switch (option) {
    case ORDER:
        if (!read_whole(value, 1, SX_MAX_ORDER, &number))
            return false;
        o->order = (int)number;
        return true;
    case METHOD:
        return set_method(o, value);
    case ALLOW_ZERO:
        return o->allow_zero = true;
    case CHECK:
        return o->check = true;
    case SIGNED:
        return o->is_signed = true;
    case STEPS:
        return read_whole(value, 1, INT32_MAX, &o->steps);
    case NOISE:
        return read_number(value, 1e-30, 1e30, &o->noise);
    case SEARCH:
        return set_search(o, value);
    case MAX_SETS:
        return read_whole(value, 1, INT32_MAX, &o->max_sets);
    case PLAYERS:
        return keep_text(&o->features, value, error);
    case AT:
        return keep_text(&o->at, value, error);
    case PAIRS:
        return keep_sets(&o->sets, &o->given, value, error);
    case TRUTH:
        return keep_sets(&o->truth, &o->known, value, error);
    default:
        o->seed = strtoull(value, NULL, 10);
        return true;
    }
}

bool sx_study_set(struct sx_study *h, const char *option, const char *value,
                  struct sx_error *error)
{
    int which = find_word(names, option);
    if (which >= 0 && set_option(&h->o, (enum option)which, value, error))
        return true;
    struct sx_nearest near = {.word = value};
    for (int i = 0; which == METHOD && i < sx_n_study_rows; i++)
        sx_nearest_offer(&near, sx_study_rows[i].name);
    if (which >= 0 && words[which] != NULL)
        sx_nearest_offer(&near, words[which]);
    return sx_fail(error, SX_USAGE, "'%.60s' does not fit option --%.20s%s", value, option,
                   sx_nearest_text(&near));
}

void sx_study_background(struct sx_study *h, const double *points, int64_t n)
{
    h->o.background = n > 0 ? points : NULL;
    h->o.n_background = n;
}

bool sx_study_options_new(struct sx_study_options *o, struct sx_error *error)
{
    *o = (struct sx_study_options){.method = &sx_study_rows[0],
                                   .order = 2,
                                   .beam = 10,
                                   .max_sets = 1 << 20,
                                   .noise = 0.1,
                                   .features = sx_strdup("elements", error)};
    return o->features != NULL;
}

void sx_study_options_free(struct sx_study_options *o)
{
    free(o->features);
    free(o->at);
    sx_sets_free(&o->sets);
    sx_sets_free(&o->truth);
}
