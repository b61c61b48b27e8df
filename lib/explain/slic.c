/* slic.c - superpixels of a picture: Achanta et al. 2012, "SLIC Superpixels Compared to
 * State-of-the-Art Superpixel Methods".
 *
 * k-means clustering of channels and position; each centre considers only places within its reach.
 * Pieces that are cut off then join a neighbour. The channel of the widest range is scaled to 0 ..
 * 100. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/slic.h"

enum { ROUNDS = 10, MOST_CHANNELS = 16 };

/* The weight of position against colour, as in the paper. */
#define COMPACTNESS 10.0

struct centre {
    double row, column, value[MOST_CHANNELS], sum[MOST_CHANNELS + 2];
    int64_t members;
};

struct slic {
    const double *x;
    const struct sx_grid *g;
    int64_t channels, n;
    double scale, reach; /* scale: factor of channels; reach: distance of centres */
    struct centre *centre;
    double *distance; /* distance of each place to its centre */
    int64_t *label;
};

static double value_at(const struct slic *s, int64_t c, int64_t i, int64_t j)
{
    double v = s->x[c * s->g->channel_step + i * s->g->row_step + j * s->g->column_step];
    return isfinite(v) ? v * s->scale : 0;
}

/* 100 / (range of the channel with the widest range). */
static double scale_of(const struct slic *s)
{
    double widest = 0;
    for (int64_t c = 0; c < s->channels; c++) {
        double low = INFINITY, high = -INFINITY;
        for (int64_t k = 0; k < s->g->rows * s->g->columns; k++) {
            double v = value_at(s, c, k / s->g->columns, k % s->g->columns);
            low = fmin(low, v);
            high = fmax(high, v);
        }
        widest = fmax(widest, high - low);
    }
    return widest > 0 ? 100 / widest : 1;
}

/* Puts the centres on a grid of squares, as far as it fits. */
static void seed(struct slic *s, int64_t rows, int64_t columns)
{
    for (int64_t k = 0; k < s->n; k++) {
        struct centre *c = &s->centre[k];
        int64_t i = (2 * (k / columns) + 1) * s->g->rows / (2 * rows);
        int64_t j = (2 * (k % columns) + 1) * s->g->columns / (2 * columns);
        c->row = (double)i;
        c->column = (double)j;
        for (int64_t m = 0; m < s->channels; m++)
            c->value[m] = value_at(s, m, i, j);
    }
}

static double distance(const struct slic *s, const struct centre *c, int64_t i, int64_t j)
{
    double colour = 0, di = (double)i - c->row, dj = (double)j - c->column;
    for (int64_t m = 0; m < s->channels; m++) {
        double d = value_at(s, m, i, j) - c->value[m];
        colour += d * d;
    }
    double weight = COMPACTNESS / s->reach;
    return colour + weight * weight * (di * di + dj * dj);
}

/* Assigns each place to the nearest centre that reaches it; the first of equals. */
static void assign(struct slic *s)
{
    int64_t rows = s->g->rows, columns = s->g->columns;
    for (int64_t k = 0; k < rows * columns; k++)
        s->distance[k] = INFINITY;
    for (int64_t k = 0; k < s->n; k++) {
        const struct centre *c = &s->centre[k];
        double far = 2 * s->reach;
        int64_t end = (int64_t)fmin(c->row + far, (double)(rows - 1));
        int64_t right = (int64_t)fmin(c->column + far, (double)(columns - 1));
        for (int64_t i = (int64_t)fmax(c->row - far, 0); i <= end; i++)
            for (int64_t j = (int64_t)fmax(c->column - far, 0); j <= right; j++) {
                double d = distance(s, c, i, j);
                if (d < s->distance[i * columns + j]) {
                    s->distance[i * columns + j] = d;
                    s->label[i * columns + j] = k;
                }
            }
    }
}

static void move_centres(struct slic *s)
{
    int64_t columns = s->g->columns, places = s->g->rows * columns;
    for (int64_t k = 0; k < s->n; k++) {
        s->centre[k].members = 0;
        memset(s->centre[k].sum, 0, sizeof s->centre[k].sum);
    }
    for (int64_t at = 0; at < places; at++) {
        struct centre *c = &s->centre[s->label[at]];
        c->members++;
        c->sum[s->channels] += (double)(at / columns);
        c->sum[s->channels + 1] += (double)(at % columns);
        for (int64_t m = 0; m < s->channels; m++)
            c->sum[m] += value_at(s, m, at / columns, at % columns);
    }
    for (int64_t k = 0; k < s->n; k++) {
        struct centre *c = &s->centre[k];
        double n = (double)c->members;
        for (int64_t m = 0; n > 0 && m < s->channels; m++)
            c->value[m] = c->sum[m] / n;
        c->row = n > 0 ? c->sum[s->channels] / n : c->row;
        c->column = n > 0 ? c->sum[s->channels + 1] / n : c->column;
    }
}

/* Labels with `number` the connected piece of one cluster that contains `at`. Returns its number of
 * places. *beside becomes the number of a piece that it touches, or -1. */
static int64_t fill(const struct slic *s, int64_t at, int64_t number, int64_t *piece,
                    int64_t *queue, int64_t *beside)
{
    static const int64_t step[4][2] = {{-1, 0}, {0, -1}, {0, 1}, {1, 0}};
    int64_t n = 0, done = 0, columns = s->g->columns;
    *beside = -1;
    queue[n++] = at;
    piece[at] = number;
    while (done < n) {
        int64_t here = queue[done++];
        for (int d = 0; d < 4; d++) {
            int64_t i = here / columns + step[d][0], j = here % columns + step[d][1];
            if (i < 0 || i >= s->g->rows || j < 0 || j >= columns)
                continue;
            int64_t there = i * columns + j;
            if (piece[there] >= 0 && piece[there] != number)
                *beside = piece[there];
            if (piece[there] < 0 && s->label[there] == s->label[at]) {
                piece[there] = number;
                queue[n++] = there;
            }
        }
    }
    return n;
}

/* Joins pieces smaller than a quarter of a square to a piece above or to the left. */
static int64_t connect(const struct slic *s, int64_t *piece, int64_t *queue)
{
    int64_t places = s->g->rows * s->g->columns, found = 0, beside;
    for (int64_t at = 0; at < places; at++)
        piece[at] = -1;
    for (int64_t at = 0; at < places; at++) {
        if (piece[at] >= 0)
            continue;
        int64_t n = fill(s, at, found, piece, queue, &beside);
        bool small = (double)n < s->reach * s->reach / 4 && beside >= 0;
        for (int64_t k = 0; small && k < n; k++)
            piece[queue[k]] = beside;
        found += !small;
    }
    return found;
}

bool sx_slic(const double *x, const struct sx_grid *g, int64_t n, int64_t *label,
             int64_t *count, struct sx_error *error)
{
    int64_t places = g->rows * g->columns;
    struct slic s = {.x = x, .g = g, .scale = 1, .channels = g->channels};
    s.channels = s.channels < MOST_CHANNELS ? s.channels : MOST_CHANNELS;
    s.reach = sqrt((double)places / (double)n);
    s.scale = scale_of(&s);
    int64_t rows = (int64_t)fmax(1, rint((double)g->rows / s.reach));
    int64_t columns = (int64_t)fmin(rint((double)n / (double)rows), (double)g->columns);
    s.n = rows * columns;
    s.centre = sx_new((size_t)s.n, sizeof *s.centre, error);
    s.distance = sx_new((size_t)places, sizeof *s.distance, error);
    s.label = sx_new((size_t)places, sizeof *s.label, error);
    int64_t *queue = sx_new((size_t)places, sizeof *queue, error);
    bool ok = s.centre != NULL && s.distance != NULL && s.label != NULL && queue != NULL;
    if (ok)
        seed(&s, rows, columns);
    for (int k = 0; ok && k < ROUNDS; k++) {
        assign(&s);
        move_centres(&s);
    }
    *count = ok ? connect(&s, label, queue) : 0;
    free(s.centre);
    free(s.distance);
    free(s.label);
    free(queue);
    return ok;
}
