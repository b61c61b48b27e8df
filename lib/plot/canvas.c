/* canvas.c - points, lines, rectangles and pictures on a picture. */
#include <math.h>

#include "plot/plot.h"

bool sx_canvas_new(struct sx_picture *canvas, int64_t width, int64_t height,
                   struct sx_error *error)
{
    if (!sx_picture_new(canvas, (size_t)width, (size_t)height, 3, error))
        return false;
    sx_draw_fill(canvas, 0, 0, width, height, SX_WHITE);
    return true;
}

/* Puts `share` (0 to 1) of a colour over what is there. */
static void blend(struct sx_picture *canvas, int64_t x, int64_t y, unsigned colour,
                  double share)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return;
    uint8_t *p = canvas->pixels + 3 * (y * canvas->width + x);
    for (int c = 0; c < 3; c++) {
        unsigned ink = colour >> (16 - 8 * c) & 255U;
        p[c] = (uint8_t)lround(p[c] + share * ((double)ink - p[c]));
    }
}

void sx_draw_pixel(struct sx_picture *canvas, int64_t x, int64_t y, unsigned colour)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return;
    uint8_t *p = canvas->pixels + 3 * (y * canvas->width + x);
    p[0] = (uint8_t)(colour >> 16);
    p[1] = (uint8_t)(colour >> 8);
    p[2] = (uint8_t)colour;
}

void sx_draw_fill(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                  int64_t height, unsigned colour)
{
    for (int64_t j = y < 0 ? 0 : y; j < y + height && j < canvas->height; j++)
        for (int64_t i = x < 0 ? 0 : x; i < x + width && i < canvas->width; i++)
            sx_draw_pixel(canvas, i, j, colour);
}

void sx_draw_frame(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                   int64_t height, unsigned colour)
{
    sx_draw_fill(canvas, x, y, width, 1, colour);
    sx_draw_fill(canvas, x, y + height - 1, width, 1, colour);
    sx_draw_fill(canvas, x, y, 1, height, colour);
    sx_draw_fill(canvas, x + width - 1, y, 1, height, colour);
}

/* The distance of a point from a segment that begins at the origin and ends at (dx, dy). */
static double distance(double x, double y, double dx, double dy)
{
    double length = dx * dx + dy * dy, t = length > 0 ? (x * dx + y * dy) / length : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(x - t * dx, y - t * dy);
}

void sx_draw_line(struct sx_picture *canvas, double x0, double y0, double x1, double y1,
                  double width, unsigned colour)
{
    double reach = width / 2 + 0.5;
    double right = fmin(fmax(x0, x1) + reach, canvas->width - 1);
    double bottom = fmin(fmax(y0, y1) + reach, canvas->height - 1);
    for (double y = fmax(floor(fmin(y0, y1) - reach), 0); y <= bottom; y++)
        for (double x = fmax(floor(fmin(x0, x1) - reach), 0); x <= right; x++) {
            double share = reach - distance(x - x0, y - y0, x1 - x0, y1 - y0);
            if (share > 0)
                blend(canvas, (int64_t)x, (int64_t)y, colour, fmin(share, 1));
        }
}

void sx_draw_picture(struct sx_picture *canvas, int64_t x, int64_t y, int64_t width,
                     int64_t height, const struct sx_picture *picture)
{
    int c = picture->channels;
    for (int64_t j = 0; j < height; j++) {
        const uint8_t *row =
            picture->pixels + j * picture->height / height * picture->width * c;
        for (int64_t i = 0; i < width; i++) {
            const uint8_t *p = row + i * picture->width / width * c;
            unsigned colour =
                c == 1 ? p[0] * 0x010101U : (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
            sx_draw_pixel(canvas, x + i, y + j, colour);
        }
    }
}
