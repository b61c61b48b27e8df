/* augment.c - mirrors and shifts pictures at random, anew in every epoch. */
#include <string.h>

#include "flint/fit.h"

static int64_t within(int64_t i, int64_t n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Mirrors and shifts one picture. Places from outside the picture repeat its edge. */
static void move(const struct sx_flint_image *p, bool flip, const int64_t by[2],
                 const float *from, float *to)
{
    for (int64_t c = 0; c < p->channels; c++)
        for (int64_t r = 0; r < p->rows; r++)
            for (int64_t k = 0; k < p->columns; k++) {
                int64_t row = within(r - by[0], p->rows);
                int64_t column = within(k - by[1], p->columns);
                column = flip ? p->columns - 1 - column : column;
                int64_t place = row * p->columns + column, here = r * p->columns + k;
                if (p->last)
                    to[here * p->channels + c] = from[place * p->channels + c];
                else
                    to[c * p->rows * p->columns + here] =
                        from[c * p->rows * p->columns + place];
            }
}

void sx_flint_augment(const struct sx_flint_fit *fit, int64_t row, float *x, float *room)
{
    const struct sx_flint_options *o = &fit->options;
    uint64_t stream = SX_FLINT_AUGMENT + (uint64_t)fit->epoch, draw = 3 * (uint64_t)row;
    struct sx_flint_image image;
    int64_t by[2];
    if ((!o->flip && o->shift == 0) || !sx_flint_image(&fit->f.x, &image))
        return;
    bool flip = o->flip && sx_random_uniform(o->seed, stream, draw) < 0.5;
    for (int k = 0; k < 2; k++) {
        double u = sx_random_uniform(o->seed, stream, draw + 1 + (uint64_t)k);
        by[k] = (int64_t)(u * (double)(2 * o->shift + 1)) - o->shift;
    }
    size_t bytes = (size_t)sx_count(&fit->f.x) * sizeof *x;
    memcpy(room, x, bytes);
    move(&image, flip, by, room, x);
}
