/* sample.c - lowering of GridSample, which reads pictures between pixels. */
#include <math.h>

#include "lower/sample.h"
#include "lower/tables.h"

/* From coordinates -1 .. 1 to pixels. */
static int to_pixels(const struct sx_sampler *s, int at, int64_t n)
{
    double size = (double)n;
    if (s->align)
        return sx_scale(s->g, sx_shift(s->g, at, 1), (size - 1) / 2);
    return sx_scale(s->g, sx_shift(s->g, sx_scale(s->g, sx_shift(s->g, at, 1), size), -1), 0.5);
}

static int clipped(const struct sx_sampler *s, int at, int64_t n)
{
    return sx_clip(s->g, at, sx_scalar(s->g, 0), sx_scalar(s->g, (double)(n - 1)));
}

/* Moves a coordinate into the picture. With zeros it is unchanged, because elements outside are
 * masked. */
static int padded(const struct sx_sampler *s, int at, int64_t n)
{
    struct sx_graph *g = s->g;
    double low = s->align ? 0 : -0.5, range = s->align ? (double)(n - 1) : (double)n;
    if (s->padding == SX_SAMPLE_ZEROS)
        return at;
    if (s->padding == SX_SAMPLE_REFLECTION && range > 0) {
        int away = sx_unary(g, SX_ABS, sx_shift(g, at, -low));
        int turns = sx_unary(g, SX_FLOOR, sx_scale(g, away, 1 / (2 * range)));
        int rest = sx_sub(g, away, sx_scale(g, turns, 2 * range));
        int back = sx_sub(g, sx_scalar(g, 2 * range), rest);
        int near = sx_binary(g, SX_LESSEQ, rest, sx_scalar(g, range));
        at = sx_shift(g, sx_where(g, near, rest, back), low);
    }
    return clipped(s, at, n);
}

/* 1 where a coordinate is inside the picture. */
static int inside(const struct sx_sampler *s, int at, int64_t n)
{
    struct sx_graph *g = s->g;
    int low = sx_binary(g, SX_LESSEQ, sx_scalar(g, 0), at);
    int high = sx_binary(g, SX_LESSEQ, at, sx_scalar(g, (double)(n - 1)));
    return sx_cast(g, sx_binary(g, SX_AND, low, high), g->real);
}

/* The pixels at integer coordinates [samples, 1, points], times a weight of that shape (SX_NONE:
 * 1). */
static int pixels(const struct sx_sampler *s, const int *at, int weight)
{
    struct sx_graph *g = s->g;
    const struct sx_shape all = {3, {s->samples, s->channels, s->points}};
    int index = SX_NONE, seen = SX_NONE;
    for (int i = 0; i < s->rank; i++) {
        int place = sx_cast(g, clipped(s, at[i], s->size[i]), SX_INT);
        int within = inside(s, at[i], s->size[i]);
        seen = i == 0 ? within : sx_mul(g, seen, within);
        index =
            i == 0 ? place : sx_add(g, sx_mul(g, index, sx_scalar_int(g, s->size[i])), place);
    }
    int value = sx_take(g, s->plane, sx_expand(g, index, &all), 2, true);
    if (s->padding == SX_SAMPLE_ZEROS)
        value = sx_mul(g, value, seen);
    return weight == SX_NONE ? value : sx_mul(g, value, weight);
}

/* Keys' kernel at distance t <= 1 (far: 1 <= t <= 2), with a = -0.75. */
static int cubic_weight(struct sx_graph *g, int t, bool far)
{
    const double a = -0.75;
    if (far) /* a t^3 - 5 a t^2 + 8 a t - 4 a */
        return sx_shift(
            g,
            sx_mul(g, t,
                   sx_shift(g, sx_mul(g, t, sx_shift(g, sx_scale(g, t, a), -5 * a)), 8 * a)),
            -4 * a);
    /* (a + 2) t^3 - (a + 3) t^2 + 1 */
    return sx_shift(g, sx_mul(g, sx_mul(g, t, t), sx_shift(g, sx_scale(g, t, a + 2), -(a + 3))),
                    1);
}

/* The weight of neighbour k of floor(at) (0 or 1, or -1 to 2), with the fraction of `at`. */
static int neighbour_weight(const struct sx_sampler *s, int fraction, int k)
{
    struct sx_graph *g = s->g;
    int distance =
        k <= 0 ? sx_shift(g, fraction, -k) : sx_sub(g, sx_scalar(g, (double)k), fraction);
    if (s->mode == SX_SAMPLE_CUBIC)
        return cubic_weight(g, distance, k < 0 || k > 1);
    return sx_sub(g, sx_scalar(g, 1), distance);
}

/* The neighbour of a point with this number, and its weight. */
static int neighbour(const struct sx_sampler *s, const int *floor, const int *fraction,
                     int number)
{
    int first = s->mode == SX_SAMPLE_CUBIC ? -1 : 0, width = s->mode == SX_SAMPLE_CUBIC ? 4 : 2;
    int at[SX_SAMPLE_AXES], weight[SX_SAMPLE_AXES], product = SX_NONE;
    for (int i = s->rank - 1; i >= 0; i--) {
        int step = first + number % width;
        number /= width;
        at[i] = sx_shift(s->g, floor[i], step);
        if (s->mode == SX_SAMPLE_CUBIC)
            at[i] = padded(s, at[i], s->size[i]);
        weight[i] = neighbour_weight(s, fraction[i], step);
    }
    for (int i = 0; i < s->rank; i++)
        product = i == 0 ? weight[i] : sx_mul(s->g, product, weight[i]);
    return pixels(s, at, product);
}

int sx_sampled(const struct sx_sampler *s, const int *at)
{
    struct sx_graph *g = s->g;
    int floor[SX_SAMPLE_AXES], fraction[SX_SAMPLE_AXES], count = 1, sum = SX_NONE;
    for (int i = 0; i < s->rank; i++) {
        bool nearest = s->mode == SX_SAMPLE_NEAREST;
        floor[i] = sx_unary(g, nearest ? SX_ROUND : SX_FLOOR, at[i]);
        fraction[i] = nearest ? SX_NONE : sx_sub(g, at[i], floor[i]);
        count *= s->mode == SX_SAMPLE_CUBIC ? 4 : 2;
    }
    if (s->mode == SX_SAMPLE_NEAREST)
        return pixels(s, floor, SX_NONE);
    for (int k = 0; k < count; k++) {
        int part = neighbour(s, floor, fraction, k);
        sum = k == 0 ? part : sx_add(g, sum, part);
    }
    return sum;
}

/* GridSample. x [N, C, H, W], grid [N, h, w, 2] with columns first; or both with a depth axis. */
static bool lower_grid_sample(struct sx_lowering *l)
{
    static const enum sx_sample_mode modes[] = {SX_SAMPLE_LINEAR, SX_SAMPLE_NEAREST,
                                                SX_SAMPLE_CUBIC, SX_SAMPLE_LINEAR,
                                                SX_SAMPLE_CUBIC};
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), grid = sx_arg_shape(l, 1), out = grid;
    int rank = x.rank - 2, at[SX_SAMPLE_AXES];
    if (rank < 2 || rank > SX_SAMPLE_AXES || grid.rank != x.rank ||
        grid.dim[x.rank - 1] != rank || grid.dim[0] != x.dim[0] || sx_count(&x) == 0)
        return sx_reject(l, "only pictures [N, C, H, W] with a grid [N, h, w, 2], or with a "
                            "depth [N, C, D, H, W] and [N, d, h, w, 3]");
    struct sx_sampler s = {.g = g, .rank = rank, .channels = x.dim[1], .samples = x.dim[0]};
    s.mode = modes[sx_attr_word(l, "mode", "bilinear nearest bicubic linear cubic", 0)];
    s.padding =
        (enum sx_sample_padding)sx_attr_word(l, "padding_mode", "zeros border reflection", 0);
    s.align = sx_attr_int(l, "align_corners", 0) != 0;
    s.points = sx_span(&grid, 1, rank + 1);
    int64_t plane[] = {x.dim[0], x.dim[1], sx_span(&x, 2, x.rank)};
    s.plane = sx_shaped(g, sx_arg(l, 0), 3, plane);
    for (int k = 0; k < rank; k++) {
        int64_t dims[] = {s.samples, 1, s.points};
        s.size[k] = x.dim[2 + k];
        at[k] =
            sx_shaped(g, sx_slice_axis(g, sx_arg(l, 1), x.rank - 1, rank - 1 - k, 1), 3, dims);
        at[k] = to_pixels(&s, at[k], s.size[k]);
        if (s.mode != SX_SAMPLE_CUBIC)
            at[k] = padded(&s, at[k], s.size[k]);
    }
    out.dim[1] = x.dim[1];
    for (int k = 0; k < rank; k++)
        out.dim[2 + k] = grid.dim[1 + k];
    return sx_give(l, sx_shaped(g, sx_sampled(&s, at), out.rank, out.dim));
}

const struct sx_lowering_row sx_lower_sample[] = {
    {"", "GridSample", 16, 0, 2, 2, lower_grid_sample, 0, true},
    {"com.microsoft", "GridSample", 1, 0, 2, 2, lower_grid_sample, 0, true},
    {0},
};
