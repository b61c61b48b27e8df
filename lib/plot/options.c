/* options.c - what a plot shows, from words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

static const char *const panel_words[] = {"picture", "map", "overlay", "mask"};

void sx_plot_default(struct sx_plot *plot)
{
    *plot = (struct sx_plot){.outlier = 2,
                             .alpha = 0.9,
                             .top = 10,
                             .panels = SX_PANEL_PICTURE | SX_PANEL_MAP | SX_PANEL_OVERLAY};
}

/* The index of the word of `length` letters among `n`, or -1. */
static int find_word(const char *const words[], int n, const char *word, size_t length)
{
    for (int i = 0; i < n; i++)
        if (strlen(words[i]) == length && strncmp(words[i], word, length) == 0)
            return i;
    return -1;
}

static bool read_number(const char *text, double low, double high, double *value)
{
    char *end;
    if (*text == '\0' || strchr("+-.0123456789", *text) == NULL)
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && *value >= low && *value <= high;
}

static bool set_reduce(struct sx_plot *plot, const char *value)
{
    static const char *const words[] = {"sum", "abs-sum", "max"};
    int i = find_word(words, 3, value, strlen(value));
    plot->reduce = i > 0 ? i : SX_REDUCE_SUM;
    return i >= 0;
}

static bool set_sign(struct sx_plot *plot, const char *value)
{
    static const char *const words[] = {"abs", "pos", "neg", "all"};
    int i = find_word(words, 4, value, strlen(value));
    plot->sign = i > 0 ? i : SX_SIGN_ABS;
    return i >= 0;
}

static bool set_layout(struct sx_plot *plot, const char *value)
{
    static const char *const words[] = {"auto", "nchw", "nhwc"};
    int i = find_word(words, 3, value, strlen(value));
    plot->layout = i > 0 ? (enum sx_layout)i : SX_LAYOUT_AUTO;
    return i >= 0;
}

static bool set_colours(struct sx_plot *plot, const char *value)
{
    bool reversed;
    if (sx_colours_find(value, &reversed) == NULL)
        return false;
    snprintf(plot->colours, sizeof plot->colours, "%s", value);
    return true;
}

static bool set_outlier(struct sx_plot *plot, const char *value)
{
    return read_number(value, 0, nextafter(100, 0), &plot->outlier);
}

static bool set_overlay(struct sx_plot *plot, const char *value)
{
    return read_number(value, 0, 1, &plot->alpha);
}

static bool set_top(struct sx_plot *plot, const char *value)
{
    plot->panels |= SX_PANEL_MASK;
    return read_number(value, 0, 100, &plot->top);
}

static bool set_panels(struct sx_plot *plot, const char *value)
{
    plot->panels = 0;
    for (;; value++) {
        size_t length = strcspn(value, ",");
        int i = find_word(panel_words, 4, value, length);
        if (i < 0)
            return false;
        plot->panels |= 1 << i;
        value += length;
        if (*value == '\0')
            return true;
    }
}

bool sx_plot_set(struct sx_plot *plot, const char *option, const char *value,
                 struct sx_error *error)
{
    static const struct {
        const char *option, *wants;
        bool (*set)(struct sx_plot *plot, const char *value);
    } options[] = {
        {"reduce", "sum, abs-sum or max", set_reduce},
        {"sign", "abs, pos, neg or all", set_sign},
        {"layout", "nchw, nhwc or auto", set_layout},
        {"cmap", "afmhot, inferno, viridis, gray, Reds, bwr or coolwarm", set_colours},
        {"outlier", "per cent, under 100", set_outlier},
        {"overlay", "a share from 0 to 1", set_overlay},
        {"topk", "per cent", set_top},
        {"panels", "some of picture,map,overlay,mask", set_panels},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(option, options[i].option) == 0) {
            if (options[i].set(plot, value))
                return true;
            return sx_fail(error, SX_USAGE, "%s wants %s, not '%.*s'", option, options[i].wants,
                           SX_NAME_SHOWN, value);
        }
    return sx_fail(error, SX_USAGE, "no such plot option: '%.*s'", SX_NAME_SHOWN, option);
}
