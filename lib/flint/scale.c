/* scale.c - mean and standard deviation of each channel, to standardise layers and inputs. */
#include <math.h>
#include <stdlib.h>

#include "flint/flint.h"

/* Sets the channels: maps of an image, columns of a table, or features of a sequence. */
static void channels(struct sx_flint_scale *s, const struct sx_shape *shape, bool input)
{
    struct sx_flint_image image;
    s->n = shape->rank > 1 && shape->rank < 5 ? shape->dim[shape->rank - 1] : 1;
    s->plane = 1;
    if (shape->rank == 4 && !(input && sx_flint_image(shape, &image) && image.last)) {
        s->n = shape->dim[1];
        s->plane = shape->dim[2] * shape->dim[3];
    }
}

bool sx_flint_scale_new(struct sx_flint_scale *s, const struct sx_shape *shape, bool input,
                        struct sx_error *error)
{
    *s = (struct sx_flint_scale){0};
    channels(s, shape, input);
    s->mean = sx_new((size_t)s->n, sizeof *s->mean, error);
    s->sd = sx_new((size_t)s->n, sizeof *s->sd, error);
    s->low = sx_new((size_t)s->n, sizeof *s->low, error);
    s->high = sx_new((size_t)s->n, sizeof *s->high, error);
    s->sum = sx_new((size_t)s->n, sizeof *s->sum, error);
    s->square = sx_new((size_t)s->n, sizeof *s->square, error);
    for (int64_t c = 0; s->high != NULL && s->low != NULL && c < s->n; c++) {
        s->low[c] = INFINITY;
        s->high[c] = -INFINITY;
    }
    return s->mean != NULL && s->sd != NULL && s->low != NULL && s->high != NULL &&
           s->sum != NULL && s->square != NULL;
}

void sx_flint_scale_free(struct sx_flint_scale *s)
{
    free(s->mean);
    free(s->sd);
    free(s->low);
    free(s->high);
    free(s->sum);
    free(s->square);
    *s = (struct sx_flint_scale){0};
}

/* Adds values. Sums are of differences from a channel's first value, so that a large mean loses no
 * digits. */
void sx_flint_scale_add(struct sx_flint_scale *s, const float *x, int64_t size)
{
    for (int64_t i = 0; i < size; i++) {
        int64_t c = i / s->plane % s->n;
        if (s->count == 0 && i < s->plane * s->n && i % s->plane == 0)
            s->mean[c] = x[i];
        double d = (double)x[i] - (double)s->mean[c];
        s->sum[c] += d;
        s->square[c] += d * d;
        s->low[c] = fminf(s->low[c], x[i]);
        s->high[c] = fmaxf(s->high[c], x[i]);
    }
    s->count += s->n > 0 ? size / s->n : 0;
}

void sx_flint_scale_finish(struct sx_flint_scale *s)
{
    double n = (double)(s->count > 0 ? s->count : 1), all = 0, centre = 0;
    for (int64_t c = 0; c < s->n; c++) {
        double shift = s->sum[c] / n, variance = s->square[c] / n - shift * shift;
        s->mean[c] = (float)((double)s->mean[c] + shift);
        s->sd[c] = (float)sqrt(fmax(variance, 0));
        centre += (double)s->mean[c] / (double)s->n;
    }
    for (int64_t c = 0; c < s->n; c++) {
        double d = (double)s->mean[c] - centre;
        all += ((double)s->sd[c] * (double)s->sd[c] + d * d) / (double)s->n;
    }
    float least = (float)(1e-3 * sqrt(all));
    for (int64_t c = 0; c < s->n; c++) {
        s->sd[c] = fmaxf(s->sd[c], least);
        s->sd[c] = s->sd[c] > 0 && isfinite(s->sd[c]) ? s->sd[c] : 1;
        s->mean[c] = isfinite(s->mean[c]) ? s->mean[c] : 0;
        s->low[c] = isfinite(s->low[c]) ? s->low[c] : s->mean[c];
        s->high[c] = isfinite(s->high[c]) ? s->high[c] : s->low[c];
    }
}
