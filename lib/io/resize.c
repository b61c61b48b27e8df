/* resize.c - resizes pictures by an antialiased triangle filter, as Pillow's BILINEAR. */
#include <math.h>
#include <stdlib.h>

#include "io/picture.h"

/* Pillow's fixed point: weights have 22 bits, so that 255 times their sum fits 31 bits. */
#define WEIGHT_BITS 22

/* For each output position: the first input position, the number of inputs, and their weights. */
struct filter {
    size_t outputs, taps;
    size_t *first, *count;
    int32_t *weight; /* [outputs, taps] */
};

static void free_filter(struct filter *filter)
{
    free(filter->first);
    free(filter->count);
    free(filter->weight);
}

/* Sets the weights of one output, whose centre is at `centre` among n inputs. */
static void set_weights(struct filter *filter, size_t output, double centre, double support,
                        size_t n)
{
    double low = centre - support + 0.5, high = centre + support + 0.5, sum = 0;
    size_t first = low > 0 ? (size_t)low : 0, end = high < (double)n ? (size_t)high : n;
    int32_t *weight = filter->weight + output * filter->taps;
    for (size_t i = first; i < end; i++)
        sum += fmax(0, 1 - fabs(((double)i - centre + 0.5) * (1 / support)));
    for (size_t i = first; i < end; i++) {
        double w = fmax(0, 1 - fabs(((double)i - centre + 0.5) * (1 / support))) / sum;
        weight[i - first] = (int32_t)(0.5 + w * (1 << WEIGHT_BITS));
    }
    filter->first[output] = first;
    filter->count[output] = end - first;
}

/* Makes the filter. Positions are centres of pixels. If the picture shrinks, the triangle covers
 * all pixels that it merges. */
static bool make_filter(struct filter *filter, size_t from, size_t to, struct sx_error *error)
{
    double scale = (double)from / (double)to, support = fmax(scale, 1);
    size_t taps = 2 * (size_t)ceil(support) + 1, weights;
    *filter = (struct filter){.outputs = to, .taps = taps < from ? taps : from};
    if (!sx_size_mul(&weights, to, filter->taps))
        return sx_fail(error, SX_MEMORY, "out of memory");
    filter->first = sx_new(to, sizeof *filter->first, error);
    filter->count = sx_new(to, sizeof *filter->count, error);
    filter->weight = sx_new(weights, sizeof *filter->weight, error);
    if (filter->first == NULL || filter->count == NULL || filter->weight == NULL)
        return false;
    for (size_t i = 0; i < to; i++)
        set_weights(filter, i, ((double)i + 0.5) * scale, support, from);
    return true;
}

/* to[outer, outputs, inner] from from[outer, n, inner], rounded to 8 bits. */
static void apply_filter(const struct filter *filter, const uint8_t *from, uint8_t *to,
                         size_t outer, size_t n, size_t inner)
{
    for (size_t o = 0; o < outer; o++, from += n * inner)
        for (size_t i = 0; i < filter->outputs; i++, to += inner) {
            const uint8_t *source = from + filter->first[i] * inner;
            const int32_t *weight = filter->weight + i * filter->taps;
            for (size_t j = 0; j < inner; j++) {
                int32_t sum = 1 << (WEIGHT_BITS - 1);
                for (size_t k = 0; k < filter->count[i]; k++)
                    sum += weight[k] * source[k * inner + j];
                sum >>= WEIGHT_BITS;
                to[j] = (uint8_t)(sum > 255 ? 255 : sum);
            }
        }
}

/* Resizes along rows or along columns; a side that keeps its length is copied. */
static bool resize_side(struct sx_picture *to, const struct sx_picture *from, size_t length,
                        bool rows, struct sx_error *error)
{
    size_t width = (size_t)from->width, height = (size_t)from->height;
    size_t channels = (size_t)from->channels, old = rows ? height : width;
    if (length == old)
        return sx_picture_channels(to, from, from->channels, error);
    struct filter filter = {0};
    bool done = sx_picture_new(to, rows ? width : length, rows ? length : height,
                               from->channels, error) &&
                make_filter(&filter, old, length, error);
    if (done)
        apply_filter(&filter, from->pixels, to->pixels, rows ? 1 : height, old,
                     rows ? width * channels : channels);
    else
        sx_picture_free(to);
    free_filter(&filter);
    return done;
}

bool sx_picture_resize(struct sx_picture *to, const struct sx_picture *from, size_t width,
                       size_t height, struct sx_error *error)
{
    struct sx_picture wide = {0};
    *to = (struct sx_picture){0};
    bool done = resize_side(&wide, from, width, false, error) &&
                resize_side(to, &wide, height, true, error);
    sx_picture_free(&wide);
    return done;
}
