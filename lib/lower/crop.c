/* crop.c - lowering of operators that cut regions out of pictures: MaxRoiPool, and com.microsoft's
 * CropAndResize. */

#include <math.h>

#include "lower/tables.h"

#define MOST_BINS 4096
#define MOST_PLACES (1 << 22)

/* Sizes of pictures [n, channels, rows, columns], and of the regions. */
struct crop {
    int64_t pictures, channels, size[2], out[2];
};

/* Picture k; SX_NONE: there is no such picture. */
static int picture(struct sx_lowering *l, const struct crop *c, int64_t k)
{
    if (k < 0 || k >= c->pictures) {
        sx_reject(l, "picture %lld of %lld", (long long)k, (long long)c->pictures);
        return SX_NONE;
    }
    return sx_slice_axis(l->g, sx_arg(l, 0), 0, k, 1);
}

static bool read_crop(struct sx_lowering *l, struct crop *c, const int64_t *out)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    if (x.rank != 4 || sx_count(&x) == 0 || out[0] < 1 || out[1] < 1 || out[0] > MOST_BINS ||
        out[1] > MOST_BINS)
        return sx_reject(l, "a picture of rank %d, parts of %lld x %lld", x.rank,
                         (long long)out[0], (long long)out[1]);
    *c = (struct crop){x.dim[0], x.dim[1], {x.dim[2], x.dim[3]}, {out[0], out[1]}};
    return true;
}

/* Joins all regions; without any the result is empty. */
static bool give_parts(struct sx_lowering *l, const struct crop *c, const int *parts, int n)
{
    const struct sx_shape none = {4, {0, c->channels, c->out[0], c->out[1]}};
    if (n == 0)
        return sx_give(l, sx_filled(l->g, l->g->real, &none, 0));
    return sx_give(l, sx_concat(l->g, parts, n, 0));
}

/* ---- MaxRoiPool ---- */

/* Rows or columns begin .. end - 1. */
struct range {
    int64_t begin, end;
};

/* Bin k of `bins` between two pixels, computed in float32 as in ONNX Runtime. */
static struct range bin_of(double first, double last, int64_t k, int64_t bins, int64_t size)
{
    double from = round(first), length = fmax(round(last) - from + 1, 1);
    float width = (float)length / (float)bins;
    double begin = fmin(fmax(floorf((float)k * width) + from, 0), (double)size);
    double end = fmin(fmax(ceilf((float)(k + 1) * width) + from, 0), (double)size);
    return (struct range){(int64_t)begin, (int64_t)end};
}

/* The pixels of each bin of a region, [bins, most]. A bin with fewer pixels repeats its first.
 * shown[]: the bin has any. */
static int64_t *pixels(struct sx_lowering *l, const struct crop *c, const double *region,
                       int64_t *most, uint8_t *shown)
{
    int64_t bins = c->out[0] * c->out[1];
    struct range *r = sx_scratch(l, (size_t)bins * 2, sizeof *r);
    *most = 1;
    for (int64_t i = 0; r != NULL && i < bins; i++) {
        r[2 * i] = bin_of(region[1], region[3], i / c->out[1], c->out[0], c->size[0]);
        r[2 * i + 1] = bin_of(region[0], region[2], i % c->out[1], c->out[1], c->size[1]);
        struct range y = r[2 * i], x = r[2 * i + 1];
        shown[i] = y.end > y.begin && x.end > x.begin;
        int64_t n = shown[i] ? (y.end - y.begin) * (x.end - x.begin) : 0;
        *most = n > *most ? n : *most;
    }
    if (r == NULL)
        return NULL;
    if (*most > MOST_PLACES / bins) {
        sx_reject(l, "%lld pixels a bin", (long long)*most);
        return NULL;
    }
    int64_t *index = sx_scratch(l, (size_t)(bins * *most), sizeof *index);
    for (int64_t i = 0; index != NULL && i < bins; i++) {
        struct range y = r[2 * i], x = r[2 * i + 1];
        int64_t wide = x.end - x.begin;
        for (int64_t k = 0; shown[i] && k < *most; k++) {
            int64_t at = k < (y.end - y.begin) * wide ? k : 0;
            index[i * *most + k] = (y.begin + at / wide) * c->size[1] + x.begin + at % wide;
        }
    }
    return index;
}

/* The largest pixel of each bin; 0 if it has none. */
static int pooled(struct sx_lowering *l, const struct crop *c, const double *region, int from)
{
    struct sx_graph *g = l->g;
    const int last = 2;
    int64_t most, bins = c->out[0] * c->out[1];
    uint8_t *shown = sx_scratch(l, (size_t)bins, sizeof *shown);
    int64_t *index = shown != NULL ? pixels(l, c, region, &most, shown) : NULL;
    if (index == NULL)
        return SX_NONE;
    const struct sx_shape list = {1, {bins * most}}, each = {2, {bins, 1}};
    int plane = sx_shaped(g, from, 2, (int64_t[]){c->channels, c->size[0] * c->size[1]});
    int taken = sx_take(g, plane, sx_const(g, SX_INT, &list, index), 1, false);
    taken = sx_shaped(g, taken, 3, (int64_t[]){c->channels, bins, most});
    int y = sx_where(g, sx_const(g, SX_BOOL, &each, shown), sx_reduce_max(g, taken, &last, 1),
                     sx_scalar(g, 0));
    return sx_shaped(g, y, 4, (int64_t[]){1, c->channels, c->out[0], c->out[1]});
}

/* MaxRoiPool. Inputs X and regions [n, 5]: the picture's number, then x and y of the first and of
 * the last pixel. */
static bool lower_max_roi_pool(struct sx_lowering *l)
{
    struct crop c;
    struct sx_reals rois;
    struct sx_ints shape = sx_attr_ints(l, "pooled_shape");
    float scale = (float)sx_attr_float(l, "spatial_scale", 1);
    if (shape.n != 2)
        return sx_reject(l, "pooled_shape of %d numbers", shape.n);
    if (!read_crop(l, &c, shape.v) || !sx_const_reals(l, 1, "rois", &rois))
        return false;
    if (rois.n % 5 != 0)
        return sx_reject(l, "%d numbers of regions", rois.n);
    int *parts = sx_scratch(l, (size_t)rois.n + 1, sizeof *parts);
    for (int k = 0; parts != NULL && k < rois.n / 5; k++) {
        const double *roi = rois.v + 5 * (size_t)k;
        double region[4];
        for (int i = 0; i < 4; i++)
            region[i] = (float)roi[i + 1] * scale;
        int from = fabs(roi[0]) < 1e9 ? picture(l, &c, (int64_t)roi[0]) : picture(l, &c, -1);
        parts[k] = from != SX_NONE ? pooled(l, &c, region, from) : SX_NONE;
        if (parts[k] == SX_NONE)
            return false;
    }
    return parts != NULL && give_parts(l, &c, parts, rois.n / 5);
}

/* ---- CropAndResize ---- */

/* The position of pixel k of `out` between begin and end, which are fractions of the size. */
static float place_of(double begin, double end, int64_t k, int64_t out, int64_t size)
{
    float from = (float)begin, to = (float)end, last = (float)(size - 1);
    if (out == 1)
        return (float)(0.5 * (double)(from + to) * (double)last);
    if (k == out - 1)
        return to * last;
    return from * last + (float)k * ((to - from) * last / (float)(out - 1));
}

/* The matrix that reads pixels along an axis; outside[k]: position k is outside the picture. */
static int reading(struct sx_lowering *l, const struct crop *c, int axis, double begin,
                   double end, bool nearest, bool *outside)
{
    int64_t size = c->size[axis];
    struct sx_shape shape = {2, {c->out[axis], size}};
    double *matrix = sx_scratch(l, (size_t)sx_count(&shape), sizeof *matrix);
    for (int64_t k = 0; matrix != NULL && k < c->out[axis]; k++) {
        float at = place_of(begin, end, k, c->out[axis], size);
        outside[k] = !(at >= 0 && at <= (float)(size - 1)); /* NaN, too */
        if (outside[k])
            continue;
        float low = nearest ? roundf(at) : floorf(at), part = nearest ? 0 : at - low;
        matrix[k * size + (int64_t)low] += 1 - (double)part;
        if (part > 0)
            matrix[k * size + (int64_t)low + 1] += (double)part;
    }
    return matrix != NULL ? sx_real_const(l->g, &shape, matrix) : SX_NONE;
}

/* One region, y0 x0 y1 x1 as fractions of the picture; `beyond` is the value outside. */
static int resized(struct sx_lowering *l, const struct crop *c, const double *part, int from,
                   bool nearest, double beyond)
{
    struct sx_graph *g = l->g;
    bool *outside[2];
    const struct sx_shape all = {2, {c->out[0], c->out[1]}};
    for (int axis = 0; axis < 2; axis++) {
        outside[axis] = sx_scratch(l, (size_t)c->out[axis], sizeof(bool));
        int matrix = outside[axis] != NULL ? reading(l, c, axis, part[axis], part[2 + axis],
                                                     nearest, outside[axis])
                                           : SX_NONE;
        if (matrix == SX_NONE)
            return SX_NONE;
        from = sx_matrix_along(g, from, 2 + axis, matrix);
    }
    uint8_t *hidden = sx_scratch(l, (size_t)sx_count(&all), sizeof *hidden);
    if (hidden == NULL)
        return SX_NONE;
    for (int64_t i = 0; i < sx_count(&all); i++)
        hidden[i] = outside[0][i / c->out[1]] || outside[1][i % c->out[1]];
    return sx_where(g, sx_const(g, SX_BOOL, &all, hidden), sx_scalar(g, beyond), from);
}

/* CropAndResize. Inputs X, regions [n, 4], the picture of each, and the size of the result. */
static bool lower_crop_and_resize(struct sx_lowering *l)
{
    struct crop c;
    struct sx_reals rois;
    struct sx_ints batch, size;
    bool nearest = sx_attr_word(l, "mode", "bilinear nearest", 0) == 1;
    double beyond = sx_attr_float(l, "extrapolation_value", 0);
    if (!sx_const_ints(l, 3, "crop_size", &size) || !sx_const_reals(l, 1, "rois", &rois) ||
        !sx_const_ints(l, 2, "batch_indices", &batch))
        return false;
    if (size.n != 2 || rois.n != 4 * batch.n)
        return sx_reject(l, "%d numbers of parts for %d indices, %d lengths", rois.n, batch.n,
                         size.n);
    if (!read_crop(l, &c, size.v))
        return false;
    int *parts = sx_scratch(l, (size_t)batch.n + 1, sizeof *parts);
    for (int k = 0; parts != NULL && k < batch.n; k++) {
        int from = picture(l, &c, batch.v[k]);
        parts[k] = from != SX_NONE
                       ? resized(l, &c, rois.v + 4 * (size_t)k, from, nearest, beyond)
                       : SX_NONE;
        if (parts[k] == SX_NONE)
            return false;
    }
    return parts != NULL && give_parts(l, &c, parts, batch.n);
}

const struct sx_lowering_row sx_lower_crop[] = {
    {"", "MaxRoiPool", 1, 0, 2, 2, lower_max_roi_pool, 0, true},
    {"com.microsoft", "CropAndResize", 1, 0, 4, 4, lower_crop_and_resize, 0, true},
    {0},
};
