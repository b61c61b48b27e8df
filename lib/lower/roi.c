/* roi.c - lowering of RoiAlign: regions of pictures, sampled between pixels. */
#include <math.h>

#include "lower/tables.h"

#define MOST_SAMPLES (1 << 22)

struct regions {
    struct sx_reals rois;    /* per region: x and y of its begin, then of its end */
    struct sx_ints batch;    /* the picture of each region */
    int64_t out[2], size[2]; /* rows and columns of bins, and of the picture */
    int64_t per_bin;         /* samples per bin along an axis; 0: as many as pixels */
    double scale;
    bool half; /* pixel centres are at 0.5 */
};

/* The two pixels of a line that a sample reads, with their weights; 0 far outside. */
struct taps {
    int64_t at[2];
    double weight[2];
};

static struct taps taps_at(double at, int64_t n)
{
    if (!(at >= -1 && at <= (double)n)) /* NaN, too */
        return (struct taps){{0, 0}, {0, 0}};
    at = at < 0 ? 0 : at;
    int64_t low = (int64_t)at;
    if (low >= n - 1)
        return (struct taps){{n - 1, n - 1}, {1, 0}};
    return (struct taps){{low, low + 1}, {1 - (at - (double)low), at - (double)low}};
}

/* Begin and end of region k along an axis (0: y), in pixels. */
static void ends(const struct regions *s, int k, int axis, double end[2])
{
    for (int i = 0; i < 2; i++)
        end[i] = s->rois.v[4 * k + 2 * i + 1 - axis] * s->scale - (s->half ? 0.5 : 0);
    if (!s->half && end[1] - end[0] < 1)
        end[1] = end[0] + 1;
}

/* All samples along an axis, bin by bin; *n is the number per bin. */
static struct taps *samples(struct sx_lowering *l, const struct regions *s, int k, int axis,
                            int64_t *n)
{
    double end[2];
    ends(s, k, axis, end);
    double width = (end[1] - end[0]) / (double)s->out[axis];
    /* A width that is an integer up to rounding counts as one. */
    *n = s->per_bin > 0 ? s->per_bin : (int64_t)fmin(ceil(width * (1 - 1e-6)), MOST_SAMPLES);
    *n = *n > 0 ? *n : 0;
    int64_t count = s->out[axis] * *n;
    if (count > MOST_SAMPLES) {
        sx_reject(l, "a region of %g pixels", end[1] - end[0]);
        return NULL;
    }
    struct taps *taps = sx_scratch(l, (size_t)count + 1, sizeof *taps);
    for (int64_t i = 0; taps != NULL && i < count; i++)
        taps[i] = taps_at(end[0] + width * ((double)i + 0.5) / (double)*n, s->size[axis]);
    return taps;
}

/* The means of the samples: products with one matrix for rows and one for columns. */
static int averaged(struct sx_lowering *l, const struct regions *s, int k, int picture)
{
    for (int axis = 0; axis < 2; axis++) {
        int64_t n;
        const struct taps *taps = samples(l, s, k, axis, &n);
        struct sx_shape shape = {2, {s->out[axis], s->size[axis]}};
        double *matrix = sx_scratch(l, (size_t)sx_count(&shape), sizeof *matrix);
        if (taps == NULL || matrix == NULL)
            return SX_NONE;
        for (int64_t i = 0; i < s->out[axis] * n; i++)
            for (int j = 0; j < 2; j++)
                matrix[i / n * s->size[axis] + taps[i].at[j]] += taps[i].weight[j] / (double)n;
        picture = sx_matrix_along(l->g, picture, 2 + axis, sx_real_const(l->g, &shape, matrix));
    }
    return picture;
}

/* The largest of all weighted pixels of a bin's samples. (ONNX defines it so; it is not the largest
 * of the samples.) */
static int largest(struct sx_lowering *l, const struct regions *s, int k, int picture)
{
    struct sx_graph *g = l->g;
    int64_t n[2], channels = sx_shape_of(g, picture).dim[1], at = 0;
    const struct taps *y = samples(l, s, k, 0, &n[0]), *x = samples(l, s, k, 1, &n[1]);
    int64_t bins = s->out[0] * s->out[1], each = 4 * n[0] * n[1];
    if (y == NULL || x == NULL)
        return SX_NONE;
    if (each < 1 || each > MOST_SAMPLES / bins) {
        sx_reject(l, "%lld samples a bin", (long long)each / 4);
        return SX_NONE;
    }
    struct sx_shape shape = {1, {bins * each}};
    int64_t *index = sx_scratch(l, (size_t)(bins * each), sizeof *index);
    double *weight = sx_scratch(l, (size_t)(bins * each), sizeof *weight);
    for (int64_t b = 0; b < bins && index != NULL && weight != NULL; b++)
        for (int64_t i = 0; i < each; i++, at++) {
            const struct taps *row = &y[b / s->out[1] * n[0] + i / 4 / n[1]];
            const struct taps *column = &x[b % s->out[1] * n[1] + i / 4 % n[1]];
            index[at] = row->at[i / 2 % 2] * s->size[1] + column->at[i % 2];
            weight[at] = row->weight[i / 2 % 2] * column->weight[i % 2];
        }
    if (index == NULL || weight == NULL)
        return SX_NONE;
    int plane = sx_shaped(g, picture, 2, (int64_t[]){channels, s->size[0] * s->size[1]});
    int taken = sx_take(g, plane, sx_const(g, SX_INT, &shape, index), 1, false);
    taken = sx_mul(g, taken, sx_real_const(g, &shape, weight));
    taken = sx_shaped(g, taken, 3, (int64_t[]){channels, bins, each});
    int most = sx_reduce_max(g, taken, (const int[]){2}, 1);
    return sx_shaped(g, most, 4, (int64_t[]){1, channels, s->out[0], s->out[1]});
}

static bool read_regions(struct sx_lowering *l, struct regions *s)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    s->out[0] = sx_attr_int(l, "output_height", 1);
    s->out[1] = sx_attr_int(l, "output_width", 1);
    s->per_bin = sx_attr_int(l, "sampling_ratio", 0);
    s->scale = sx_attr_float(l, "spatial_scale", 1);
    s->half = sx_attr_word(l, "coordinate_transformation_mode", "half_pixel output_half_pixel",
                           l->opset < 16) == 0;
    if (!sx_const_reals(l, 1, "rois", &s->rois) ||
        !sx_const_ints(l, 2, "batch_indices", &s->batch))
        return false;
    if (x.rank != 4 || s->rois.n != 4 * s->batch.n || s->out[0] < 1 || s->out[1] < 1 ||
        s->out[0] > 1 << 12 || s->out[1] > 1 << 12 || sx_count(&x) == 0)
        return sx_reject(l, "%d numbers of regions for %d indices", s->rois.n, s->batch.n);
    s->size[0] = x.dim[2];
    s->size[1] = x.dim[3];
    return s->per_bin <= 1 << 16 || sx_reject(l, "%lld samples", (long long)s->per_bin);
}

static bool lower_roi_align(struct sx_lowering *l)
{
    struct regions s;
    int mode = sx_attr_word(l, "mode", "avg max", 0);
    if (!read_regions(l, &s))
        return false;
    int *parts = sx_scratch(l, (size_t)s.batch.n, sizeof *parts);
    int64_t pictures = sx_arg_shape(l, 0).dim[0];
    if (s.batch.n == 0) {
        struct sx_shape none = {4, {0, sx_arg_shape(l, 0).dim[1], s.out[0], s.out[1]}};
        return sx_give(l, sx_filled(l->g, l->g->real, &none, 0));
    }
    for (int k = 0; k < s.batch.n && parts != NULL; k++) {
        if (s.batch.v[k] < 0 || s.batch.v[k] >= pictures)
            return sx_reject(l, "sample %lld of %lld", (long long)s.batch.v[k],
                             (long long)pictures);
        int one = sx_slice_axis(l->g, sx_arg(l, 0), 0, s.batch.v[k], 1);
        parts[k] = mode == 0 ? averaged(l, &s, k, one) : largest(l, &s, k, one);
        if (parts[k] == SX_NONE)
            return false;
    }
    return parts != NULL && sx_give(l, sx_concat(l->g, parts, s.batch.n, 0));
}

const struct sx_lowering_row sx_lower_roi[] = {
    {"", "RoiAlign", 10, 0, 3, 3, lower_roi_align, 0, true},
    {0},
};
