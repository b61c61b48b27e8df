/* recorder.c - takes the place of the drawing module. */
#include "recorder.h"

#include <math.h>

FILE *recorder_to;
static char ink[40];

static void colour(void *page, unsigned rgb, double alpha)
{
    (void)page;
    snprintf(ink, sizeof ink, alpha == 1 ? "%06x" : "%06x/%.2f", rgb, alpha);
}

static void points(const char *what, const double *xy, int n)
{
    fprintf(recorder_to, "%s %s", ink, what);
    for (int i = 0; i < 2 * n; i++)
        fprintf(recorder_to, " %.1f", xy[i] + 0.0);
    fprintf(recorder_to, "\n");
}

static void line(void *page, const double *xy, int n, double width, bool dashed)
{
    char what[40];
    (void)page;
    snprintf(what, sizeof what, "%s %.1f:", dashed ? "dashes" : "line", width);
    points(what, xy, n);
}

static void curve(void *page, const double xy[8], double width)
{
    char what[40];
    (void)page;
    snprintf(what, sizeof what, "curve %.1f:", width);
    points(what, xy, 4);
}

static void polygon(void *page, const double *xy, int n)
{
    (void)page;
    points("fill", xy, n);
}

static void disc(void *page, double x, double y, double radius)
{
    (void)page;
    points("disc", (const double[]){x, y, radius, 0}, 2);
}

/* Measures a text. All characters have the same width. */
static void measure(void *page, const char *text, double size, bool bold, double wrap,
                    double *width, double *height)
{
    double all = 0, lines = 1;
    (void)page;
    for (const char *c = text; *c != '\0'; c++)
        all += (*c & 0xc0) != 0x80 ? size * (bold ? 0.6 : 0.5) : 0;
    if (wrap > 0 && all > wrap) {
        lines = ceil(all / wrap);
        all = wrap;
    }
    *width = all;
    *height = lines * size * 1.25;
}

static void text(void *page, double x, double y, const char *what, double size, bool bold,
                 double wrap, double angle)
{
    (void)page;
    fprintf(recorder_to, "%s text %.1f %.1f, %.1f%s %.0f %.0f: %s\n", ink, x, y, size,
            bold ? " bold" : "", wrap, angle, what);
}

static void image(void *page, double x, double y, double width, double height,
                  const uint32_t *argb, int columns, int rows, bool smooth)
{
    double mean[4] = {0};
    (void)page;
    for (int i = 0; i < columns * rows; i++) /* a sum in which each pixel has its own weight */
        for (int k = 0; k < 4; k++)
            mean[k] += (argb[i] >> 8 * k & 255) * (1 + i % 13 / 13.0) / columns / rows;
    fprintf(recorder_to, "image %.1f %.1f %.1f %.1f, %d x %d%s: %.1f %.1f %.1f %.1f\n", x, y,
            width, height, columns, rows, smooth ? " smooth" : "", mean[0], mean[1], mean[2],
            mean[3]);
}

const struct sx_draw_module recorder = {
    .version = SX_DRAW_VERSION,
    .colour = colour,
    .line = line,
    .curve = curve,
    .polygon = polygon,
    .disc = disc,
    .measure = measure,
    .text = text,
    .image = image,
};
