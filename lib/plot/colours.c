/* colours.c - colour maps: control points with linear interpolation. */
#include <math.h>
#include <string.h>

#include "plot/plot.h"

/* Maps of the same names as Matplotlib's, with evenly spaced control points; they are close to its
 * tables, but not equal. Reds and rdbu (blue below, red above) are ColorBrewer's, coolwarm is
 * Moreland's. */
static const unsigned afmhot[] = {0x000000, 0x800000, 0xff8000, 0xffff80, 0xffffff};
static const unsigned reds[] = {0xfff5f0, 0xfee0d2, 0xfcbba1, 0xfc9272, 0xfb6a4a,
                                0xef3b2c, 0xcb181d, 0xa50f15, 0x67000d};
static const unsigned inferno[] = {0x000004, 0x1f0c48, 0x550f6d, 0x88226a, 0xba3655,
                                   0xe35933, 0xf98c0a, 0xf9c932, 0xfcffa4};
static const unsigned viridis[] = {0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c,
                                   0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};
static const unsigned gray[] = {0x000000, 0xffffff};
static const unsigned rdbu[] = {0x2166ac, 0x67a9cf, 0xd1e5f0, 0xf7f7f7,
                                0xfddbc7, 0xef8a62, 0xb2182b};
static const unsigned bwr[] = {0x0000ff, 0xffffff, 0xff0000};
static const unsigned coolwarm[] = {0x3b4cc0, 0x4d68d7, 0x6282ea, 0x779af7, 0x8db0fe, 0xa3c2ff,
                                    0xb8d0f9, 0xccd9ee, 0xdddddd, 0xecd3c5, 0xf5c4ad, 0xf7b194,
                                    0xf49a7b, 0xec7f63, 0xde604d, 0xcb3e38, 0xb40426};

#define MAP(points, diverging) #points, diverging, sizeof points / sizeof points[0], points

static const struct sx_colours maps[] = {
    {MAP(afmhot, false)},     {MAP(inferno, false)}, {MAP(viridis, false)}, {MAP(gray, false)},
    {"Reds", false, 9, reds}, {MAP(bwr, true)},      {MAP(coolwarm, true)}, {MAP(rdbu, true)},
};

const struct sx_colours *sx_colours_find(const char *name, bool *reversed)
{
    size_t length = strlen(name);
    *reversed = length > 2 && strcmp(name + length - 2, "_r") == 0;
    if (*reversed)
        length -= 2;
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        if (strlen(maps[i].name) == length && strncmp(maps[i].name, name, length) == 0)
            return &maps[i];
    return NULL;
}

unsigned sx_colours_at(const struct sx_colours *colours, bool reversed, double t)
{
    double at = fmin(fmax(reversed ? 1 - t : t, 0), 1) * (colours->count - 1);
    int i = (int)at < colours->count - 1 ? (int)at : colours->count - 2;
    unsigned low = colours->points[i], high = colours->points[i + 1], colour = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        double a = low >> shift & 255U, b = high >> shift & 255U;
        colour |= (unsigned)lround(a + (at - i) * (b - a)) << shift;
    }
    return colour;
}
