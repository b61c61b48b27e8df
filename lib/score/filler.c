/* filler.c - the values of places that are not shown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

/* Share of the pixels that remain known, from which nearest and linear fill the others. */
#define KEPT 0.005

static int64_t element_of(const struct sx_scoring *s, int64_t pixel, int64_t channel)
{
    return s->channels_last ? pixel * s->channels + channel
                            : channel * s->height * s->width + pixel;
}

/* Draws the known pixels. They are the same for all samples of one size. */
static bool choose_known(struct sx_scoring *s, struct sx_error *error)
{
    int64_t n = llround(KEPT * (double)s->places);
    uint64_t draw = 0;
    s->known = sx_new((size_t)s->places, 1, error);
    if (s->known == NULL)
        return false;
    for (n = n > 0 ? n : 1; n > 0;) {
        int64_t p = (int64_t)(sx_random_uniform(s->o->seed, 0, draw++) * (double)s->places);
        n -= !s->known[p];
        s->known[p] = 1;
    }
    return true;
}

/* Sets row[] to the nearest known pixel in this column for each row; -1: there is none. */
static void nearest_in_column(const struct sx_scoring *s, int64_t column, int64_t *row)
{
    int64_t last = -1;
    for (int64_t y = 0; y < s->height; y++) {
        int64_t p = y * s->width + column;
        last = s->known[p] ? y : last;
        row[p] = last;
    }
    last = -1;
    for (int64_t y = s->height - 1; y >= 0; y--) {
        int64_t p = y * s->width + column;
        last = s->known[p] ? y : last;
        if (last >= 0 && (row[p] < 0 || last - y < y - row[p]))
            row[p] = last;
    }
}

/* The nearest known pixel. Columns are visited from the pixel outwards, up to the best distance so
 * far. */
static int64_t nearest(const struct sx_scoring *s, const int64_t *row, int64_t p)
{
    int64_t y = p / s->width, x = p % s->width, best = -1, found = INT64_MAX;
    for (int64_t d = 0; d < s->width && d * d < found; d++)
        for (int64_t side = -1; side <= 1; side += 2) {
            int64_t c = x + side * d, r = c >= 0 && c < s->width ? row[y * s->width + c] : -1;
            if (r >= 0 && d * d + (r - y) * (r - y) < found) {
                found = d * d + (r - y) * (r - y);
                best = r * s->width + c;
            }
        }
    return best;
}

static bool fill_nearest(struct sx_scoring *s, struct sx_error *error)
{
    int64_t *row = sx_new((size_t)s->places, sizeof *row, error);
    if (row == NULL)
        return false;
    for (int64_t c = 0; c < s->width; c++)
        nearest_in_column(s, c, row);
    for (int64_t p = 0; p < s->places; p++) {
        int64_t from = nearest(s, row, p);
        for (int64_t c = 0; c < s->channels; c++)
            s->filled[element_of(s, p, c)] = s->x[element_of(s, from, c)];
    }
    free(row);
    return true;
}

/* One sweep of successive over-relaxation; returns the largest change. */
static double relax(struct sx_scoring *s, int64_t channel)
{
    double most = 0;
    for (int64_t p = 0; p < s->places; p++) {
        int64_t y = p / s->width, x = p % s->width, n = 0;
        double sum = 0, *v = &s->filled[element_of(s, p, channel)];
        if (s->known[p])
            continue;
        if (x > 0)
            sum += s->filled[element_of(s, p - 1, channel)], n++;
        if (x + 1 < s->width)
            sum += s->filled[element_of(s, p + 1, channel)], n++;
        if (y > 0)
            sum += s->filled[element_of(s, p - s->width, channel)], n++;
        if (y + 1 < s->height)
            sum += s->filled[element_of(s, p + s->width, channel)], n++;
        double change = n > 0 ? 1.8 * (sum / (double)n - *v) : 0;
        *v += change;
        most = fmax(most, fabs(change));
    }
    return most;
}

/* Fills unknown pixels by the mean of their neighbours: a straight line between known ones in one
 * dimension, the harmonic surface in two. */
bool sx_scoring_fill_linear(struct sx_scoring *s, struct sx_error *error)
{
    enum { SWEEPS = 2000 };
    if (!fill_nearest(s, error))
        return false;
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < s->size; i++) {
        low = fmin(low, s->x[i]);
        high = fmax(high, s->x[i]);
    }
    for (int64_t c = 0; c < s->channels; c++)
        for (int k = 0; k < SWEEPS && relax(s, c) > 1e-6 * (high - low); k++)
            ;
    return true;
}

/* Fills by the mean of each channel, or of all elements. */
static void fill_mean(struct sx_scoring *s)
{
    int64_t channels = s->height > 0 ? s->channels : 1, n = s->size / channels;
    for (int64_t c = 0; c < channels; c++) {
        double mean = 0;
        for (int64_t p = 0; p < n; p++)
            mean += s->x[s->height > 0 ? element_of(s, p, c) : p] / (double)n;
        for (int64_t p = 0; p < n; p++)
            s->filled[s->height > 0 ? element_of(s, p, c) : p] = mean;
    }
}

static bool fill(struct sx_scoring *s, struct sx_error *error)
{
    char blur[40];
    int64_t side = s->height < s->width ? s->height : s->width;
    switch (s->filler) {
    case SX_FILL_NEAREST:
        return fill_nearest(s, error);
    case SX_FILL_LINEAR:
        return sx_scoring_fill_linear(s, error);
    case SX_FILL_MEAN:
        fill_mean(s);
        return true;
    case SX_FILL_BLACK:
        return sx_baseline(s->own, "black", s->o->pre, NULL, 0, s->filled, error);
    case SX_FILL_BLUR:
        snprintf(blur, sizeof blur, "blur:%.6g", fmin(5, (double)side / 8));
        return sx_baseline(s->own, blur, s->o->pre, NULL, 0, s->filled, error);
    default:
        memcpy(s->filled, s->o->baseline, (size_t)s->size * sizeof *s->filled);
        return true;
    }
}

bool sx_scoring_fill(struct sx_scoring *s, struct sx_error *error)
{
    bool pixels = s->height > 0 && s->places == s->height * s->width;
    s->filler = s->o->filler != SX_FILL_AUTO ? s->o->filler
                : pixels                     ? SX_FILL_NEAREST
                                             : SX_FILL_BASELINE;
    if (!pixels && s->filler != SX_FILL_MEAN && s->filler != SX_FILL_BASELINE)
        return sx_fail(error, SX_USAGE, "this filler is for pixels; mean and baseline are not");
    s->filled = sx_new((size_t)s->size, sizeof *s->filled, error);
    return s->filled != NULL && (!pixels || choose_known(s, error)) && fill(s, error);
}
