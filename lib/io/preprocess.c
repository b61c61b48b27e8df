/* preprocess.c - presets and options of the preparation of pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/picture.h"

bool sx_preprocess_preset(struct sx_preprocess *pre, const char *name, struct sx_error *error)
{
    static const struct {
        const char *name;
        struct sx_preprocess pre;
    } presets[] = {
        {"unit", {.scale = 1 / 255.0, .std = {1, 1, 1}}},
        {"raw", {.scale = 1, .std = {1, 1, 1}}},
        {"imagenet",
         {.short_side = SX_AS_MODEL,
          .crop = SX_AS_MODEL,
          .scale = 1 / 255.0,
          .mean = {0.485, 0.456, 0.406},
          .std = {0.229, 0.224, 0.225}}},
        {"mnist",
         {.width = 28,
          .height = 28,
          .scale = 1 / 255.0,
          .mean = {0.1307, 0.1307, 0.1307},
          .std = {0.3081, 0.3081, 0.3081},
          .colour = SX_GRAY}},
    };
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(name, presets[i].name) == 0) {
            *pre = presets[i].pre;
            return true;
        }
    return sx_fail(error, SX_USAGE, "preset '%s' is none of imagenet, unit, mnist, raw", name);
}

/* Reads a finite number at *text, and advances it. */
static bool read_number(const char **text, double *value)
{
    char *end;
    if (strchr("+-.0123456789", **text) == NULL || **text == '\0')
        return false;
    *value = strtod(*text, &end);
    bool read = end != *text && isfinite(*value);
    *text = end;
    return read;
}

/* Reads a side in pixels at *text, and advances it. */
static bool read_side(const char **text, int *side)
{
    int n = 0, digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 7; ++*text, digits++)
        n = 10 * n + (**text - '0');
    *side = n;
    return digits > 0 && n > 0 && n <= 1 << 20;
}

static bool set_resize(struct sx_preprocess *pre, const char *value)
{
    int width = 0, height = 0, side = 0;
    bool shorter = strncmp(value, "short:", 6) == 0;
    if (shorter) {
        value += 6;
        if (!read_side(&value, &side))
            return false;
    } else if (!read_side(&value, &width) || *value++ != 'x' || !read_side(&value, &height))
        return false;
    pre->width = width;
    pre->height = height;
    pre->short_side = side;
    return *value == '\0';
}

static bool set_crop(struct sx_preprocess *pre, const char *value)
{
    return read_side(&value, &pre->crop) && *value == '\0';
}

static bool set_scale(struct sx_preprocess *pre, const char *value)
{
    double by = 1;
    if (!read_number(&value, &pre->scale))
        return false;
    if (*value == '/' && (value++, !read_number(&value, &by)))
        return false;
    pre->scale /= by;
    return *value == '\0' && isfinite(pre->scale) && pre->scale != 0;
}

/* Reads one number for all channels, or three. */
static bool read_three(const char *text, double value[3])
{
    if (!read_number(&text, &value[0]))
        return false;
    value[1] = value[2] = value[0];
    for (int i = 1; *text != '\0' && i < 3; i++)
        if (*text++ != ',' || !read_number(&text, &value[i]))
            return false;
        else if (i == 1 && *text == '\0')
            return false;
    return *text == '\0';
}

static bool set_mean(struct sx_preprocess *pre, const char *value)
{
    return read_three(value, pre->mean);
}

static bool set_std(struct sx_preprocess *pre, const char *value)
{
    return read_three(value, pre->std) && pre->std[0] > 0 && pre->std[1] > 0 && pre->std[2] > 0;
}

static int find_word(const char *const words[], int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static bool set_channels(struct sx_preprocess *pre, const char *value)
{
    static const char *const words[] = {"auto", "rgb", "bgr", "gray"};
    int word = find_word(words, 4, value);
    pre->colour = word > 0 ? (enum sx_colour)word : SX_COLOUR_AUTO;
    return word > 0;
}

static bool set_layout(struct sx_preprocess *pre, const char *value)
{
    static const char *const words[] = {"auto", "nchw", "nhwc"};
    int word = find_word(words, 3, value);
    pre->layout = word >= 0 ? (enum sx_layout)word : SX_LAYOUT_AUTO;
    return word >= 0;
}

bool sx_preprocess_set(struct sx_preprocess *pre, const char *option, const char *value,
                       struct sx_error *error)
{
    static const struct {
        const char *option, *wants;
        bool (*set)(struct sx_preprocess *pre, const char *value);
    } options[] = {
        {"resize", "WxH or short:N", set_resize},
        {"crop", "a side in pixels", set_crop},
        {"scale", "a number or a fraction", set_scale},
        {"mean", "1 or 3 numbers", set_mean},
        {"std", "1 or 3 positive numbers", set_std},
        {"channels", "rgb, bgr or gray", set_channels},
        {"layout", "nchw, nhwc or auto", set_layout},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strcmp(option, options[i].option) == 0) {
            if (options[i].set(pre, value))
                return true;
            return sx_fail(error, SX_USAGE, "%s wants %s, not '%.*s'", option, options[i].wants,
                           SX_NAME_SHOWN, value);
        }
    return sx_fail(error, SX_USAGE, "no such picture option: '%.*s'", SX_NAME_SHOWN, option);
}

double sx_preprocess_value(const struct sx_preprocess *pre, int channel, double pixel)
{
    return (pixel * pre->scale - pre->mean[channel]) / pre->std[channel];
}
