/* style.c - colours, numbers, axes and legends that figures share. */
#include <math.h>
#include <string.h>

#include "figure/figure.h"

unsigned sx_series(int64_t i)
{
    /* Okabe and Ito's colours, which are distinct for all kinds of colour vision. */
    static const unsigned colours[] = {0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7,
                                       0x56b4e9, 0xd55e00, 0x8c6bb1, 0x444444};
    return colours[i % (int64_t)(sizeof colours / sizeof colours[0])];
}

static unsigned colour_in(const char *name, double t)
{
    bool reversed;
    const struct sx_colours *colours = sx_colours_find(name, &reversed);
    return sx_colours_at(colours, reversed, t);
}

unsigned sx_signed_colour(double value, double scale)
{
    double t = scale > 0 && isfinite(value) ? fmin(fmax(value / scale, -1), 1) : 0;
    return colour_in("rdbu", 0.5 + t / 2);
}

unsigned sx_amount_colour(double share)
{
    return colour_in("viridis", isfinite(share) ? share : 0);
}

unsigned sx_text_on(unsigned colour)
{
    double luma =
        0.299 * (colour >> 16) + 0.587 * (colour >> 8 & 255U) + 0.114 * (colour & 255U);
    return luma > 140 ? SX_BLACK : 0xffffffU;
}

void sx_short_number(char text[32], double value)
{
    if (!isfinite(value))
        snprintf(text, 32, "none");
    else
        snprintf(text, 32, "%s%.4g", value < 0 ? "\xe2\x88\x92" : "", fabs(value));
}

void sx_scaled_number(char text[32], double value, double scale)
{
    int decimals = scale > 0 ? 1 - (int)floor(log10(scale)) : 0;
    text[0] = '\0';
    decimals = decimals > 0 ? decimals : 0;
    if (!isfinite(value) || scale >= 1e5 || decimals > 4 ||
        fabs(value) < 0.5 * pow(10, -decimals))
        return;
    snprintf(text, 32, "%s%.*f", value < 0 ? "\xe2\x88\x92" : "", decimals, fabs(value));
}

double sx_ticks(double low, double high, int about, double *first)
{
    double raw = (high - low) / about, power = pow(10, floor(log10(raw)));
    double step = raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10;
    step *= power;
    *first = ceil(low / step - 1e-9) * step;
    return step;
}

double sx_on(const struct sx_axis *a, double value)
{
    return a->high > a->low
               ? a->from + (value - a->low) / (a->high - a->low) * (a->to - a->from)
               : a->from;
}

/* Makes a tick 0 if it is 0 up to rounding. */
static double tidy(double value, double step)
{
    return fabs(value) < step * 1e-6 ? 0 : value;
}

void sx_axis_below(struct sx_page *p, const struct sx_axis *a, double top, double bottom,
                   const char *what)
{
    sx_axis_below_to(p, a, a->high, top, bottom, what);
}

void sx_axis_below_to(struct sx_page *p, const struct sx_axis *a, double last, double top,
                      double bottom, const char *what)
{
    double first, step = sx_ticks(a->low, a->high, 5, &first);
    last = fmin(last, a->high);
    for (double v = first; a->high > a->low && v <= last + step * 1e-9; v += step) {
        char text[32];
        double at = sx_on(a, v);
        sx_page_colour(p, SX_FAINT, 1);
        sx_page_line(p, at, top, at, bottom, 0.7);
        sx_page_colour(p, SX_GREY, 1);
        sx_page_line(p, at, bottom, at, bottom + 4, 1);
        sx_short_number(text, tidy(v, step));
        sx_page_text(p, at, bottom + 5, 0.5, sx_small, text);
    }
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, a->from, bottom, a->to, bottom, 1);
    sx_page_text(p, (a->from + a->to) / 2, bottom + 21, 0.5, sx_plain, what);
}

void sx_axis_left(struct sx_page *p, const struct sx_axis *a, double left, double right,
                  const char *what)
{
    double first, step = sx_ticks(a->low, a->high, 5, &first), width, height;
    for (double v = first; a->high > a->low && v <= a->high + step * 1e-9; v += step) {
        char text[32];
        double at = sx_on(a, v);
        sx_page_colour(p, SX_FAINT, 1);
        sx_page_line(p, left, at, right, at, 0.7);
        sx_page_colour(p, SX_GREY, 1);
        sx_page_line(p, left - 4, at, left, at, 1);
        sx_short_number(text, tidy(v, step));
        sx_page_label(p, left - 6, at, 1, sx_small, text);
    }
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, left, a->from, left, a->to, 1);
    sx_page_measure(p, sx_plain, what, &width, &height);
    sx_page_turned(p, left - 58, (a->from + a->to + width) / 2, 90, sx_plain, what);
}

void sx_signed_ramp(unsigned ramp[SX_RAMP])
{
    for (int i = 0; i < SX_RAMP; i++)
        ramp[i] = sx_signed_colour(2.0 * i / (SX_RAMP - 1) - 1, 1);
}

void sx_amount_ramp(unsigned ramp[SX_RAMP])
{
    for (int i = 0; i < SX_RAMP; i++)
        ramp[i] = sx_amount_colour((double)i / (SX_RAMP - 1));
}

double sx_colour_bar(struct sx_page *p, double x, double y, double height,
                     const unsigned ramp[SX_RAMP], double low, double high, const char *what)
{
    enum { WIDE = 14 };
    uint32_t turned[SX_RAMP];
    double widest = 0, wide = 0, tall = 0;
    for (int i = 0; i < SX_RAMP; i++)
        turned[SX_RAMP - 1 - i] = 0xff000000U | ramp[i];
    sx_page_image(p, x, y, WIDE, height, turned, 1, SX_RAMP, true);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_frame(p, x, y, WIDE, height, 0.8);
    for (int k = 0; k < 3; k++) {
        char text[32];
        double at = y + height * k / 2;
        sx_short_number(text, high + (low - high) * k / 2);
        sx_page_line(p, x + WIDE, at, x + WIDE + 3, at, 0.8);
        sx_page_label(p, x + WIDE + 6, at, 0, sx_small, text);
        widest = fmax(widest, sx_page_width(p, sx_small, text));
    }
    sx_page_measure(p, sx_small, what, &wide, &tall);
    sx_page_turned(p, x + WIDE + 10 + widest, y + (height + wide) / 2, 90, sx_small, what);
    return WIDE + 12 + widest + tall;
}

double sx_legend(struct sx_page *p, double x, double y, double wrap, const unsigned *colour,
                 const char *const *name, int n)
{
    double at = 0, top = 0;
    for (int i = 0; i < n; i++) {
        double wide = 18 + sx_page_width(p, sx_plain, name[i]);
        if (at > 0 && at + wide > wrap) {
            at = 0;
            top += 20;
        }
        sx_page_colour(p, colour[i], 1);
        sx_page_fill(p, x + at, y + top + 3, 12, 12);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, x + at + 18, y + top + 9, 0, sx_plain, name[i]);
        at += wide + 18;
    }
    return top + 20;
}
