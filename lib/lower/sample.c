/* sample.c - lowering of GridSample, which reads pictures between their pixels. */
#include <math.h>

#include "lower/tables.h"

enum mode { LINEAR, NEAREST, CUBIC };
enum padding { ZEROS, BORDER, REFLECTION };

struct grid {
    struct sx_graph *g;
    enum mode mode;
    enum padding padding;
    bool align;
    int64_t channels, size[2]; /* height, width */
    int64_t samples, points;
    int plane; /* [samples, channels, height * width] */
};

/* From -1 .. 1 to pixels. */
static int to_pixels(const struct grid *s, int at, int64_t n)
{
    double size = (double)n;
    if (s->align)
        return sx_scale(s->g, sx_shift(s->g, at, 1), (size - 1) / 2);
    return sx_scale(s->g, sx_shift(s->g, sx_scale(s->g, sx_shift(s->g, at, 1), size), -1), 0.5);
}

static int clipped(const struct grid *s, int at, int64_t n)
{
    return sx_clip(s->g, at, sx_scalar(s->g, 0), sx_scalar(s->g, (double)(n - 1)));
}

/* Brings a coordinate inside; ZEROS leaves it, as what is outside is masked. */
static int padded(const struct grid *s, int at, int64_t n)
{
    struct sx_graph *g = s->g;
    double low = s->align ? 0 : -0.5, range = s->align ? (double)(n - 1) : (double)n;
    if (s->padding == ZEROS)
        return at;
    if (s->padding == REFLECTION && range > 0) {
        int away = sx_unary(g, SX_ABS, sx_shift(g, at, -low));
        int turns = sx_unary(g, SX_FLOOR, sx_scale(g, away, 1 / (2 * range)));
        int rest = sx_sub(g, away, sx_scale(g, turns, 2 * range));
        int back = sx_sub(g, sx_scalar(g, 2 * range), rest);
        int near = sx_binary(g, SX_LESSEQ, rest, sx_scalar(g, range));
        at = sx_shift(g, sx_where(g, near, rest, back), low);
    }
    return clipped(s, at, n);
}

/* 1 where a coordinate is inside. */
static int inside(const struct grid *s, int at, int64_t n)
{
    struct sx_graph *g = s->g;
    int low = sx_binary(g, SX_LESSEQ, sx_scalar(g, 0), at);
    int high = sx_binary(g, SX_LESSEQ, at, sx_scalar(g, (double)(n - 1)));
    return sx_cast(g, sx_binary(g, SX_AND, low, high), g->real);
}

/* Pixels at whole coordinates [samples, 1, points], times a weight of that shape (SX_NONE: 1). */
static int pixels(const struct grid *s, int y, int x, int weight)
{
    struct sx_graph *g = s->g;
    const struct sx_shape all = {3, {s->samples, s->channels, s->points}};
    int row = sx_cast(g, clipped(s, y, s->size[0]), SX_INT);
    int column = sx_cast(g, clipped(s, x, s->size[1]), SX_INT);
    int index = sx_add(g, sx_mul(g, row, sx_scalar_int(g, s->size[1])), column);
    int value = sx_take(g, s->plane, sx_expand(g, index, &all), 2, true);
    if (s->padding == ZEROS)
        value = sx_mul(g, value, sx_mul(g, inside(s, y, s->size[0]), inside(s, x, s->size[1])));
    return weight == SX_NONE ? value : sx_mul(g, value, weight);
}

/* Keys' kernel for a distance of at most 1 (far: between 1 and 2), with the coefficient -0.75. */
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

/* Weight of the neighbour `k` (0 or 1, or -1 to 2) of floor(at), for the fraction behind it. */
static int neighbour_weight(const struct grid *s, int fraction, int k)
{
    struct sx_graph *g = s->g;
    int distance =
        k <= 0 ? sx_shift(g, fraction, -k) : sx_sub(g, sx_scalar(g, (double)k), fraction);
    if (s->mode == CUBIC)
        return cubic_weight(g, distance, k < 0 || k > 1);
    return sx_sub(g, sx_scalar(g, 1), distance);
}

static int interpolated(const struct grid *s, int y, int x)
{
    struct sx_graph *g = s->g;
    if (s->mode == NEAREST)
        return pixels(s, sx_unary(g, SX_ROUND, y), sx_unary(g, SX_ROUND, x), SX_NONE);
    int top = sx_unary(g, SX_FLOOR, y), left = sx_unary(g, SX_FLOOR, x), sum = SX_NONE;
    int down = sx_sub(g, y, top), across = sx_sub(g, x, left);
    int first = s->mode == CUBIC ? -1 : 0, last = s->mode == CUBIC ? 2 : 1;
    for (int i = first; i <= last; i++)
        for (int k = first; k <= last; k++) {
            int row = sx_shift(g, top, i), column = sx_shift(g, left, k);
            if (s->mode == CUBIC) {
                row = padded(s, row, s->size[0]);
                column = padded(s, column, s->size[1]);
            }
            int weight =
                sx_mul(g, neighbour_weight(s, down, i), neighbour_weight(s, across, k));
            int part = pixels(s, row, column, weight);
            sum = sum == SX_NONE ? part : sx_add(g, sum, part);
        }
    return sum;
}

/* x [N, C, H, W], grid [N, h, w, 2] with columns first. */
static bool lower_grid_sample(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), grid = sx_arg_shape(l, 1);
    int mode = sx_attr_word(l, "mode", "bilinear nearest bicubic linear cubic", 0);
    if (x.rank != 4 || grid.rank != 4 || grid.dim[3] != 2 || grid.dim[0] != x.dim[0] ||
        sx_count(&x) == 0)
        return sx_reject(l, "only pictures [N, C, H, W] with a grid [N, h, w, 2]");
    struct grid s = {.g = g,
                     .mode = (enum mode)(mode == 3   ? 0
                                         : mode == 4 ? 2
                                                     : mode),
                     .channels = x.dim[1],
                     .size = {x.dim[2], x.dim[3]},
                     .samples = x.dim[0],
                     .points = grid.dim[1] * grid.dim[2]};
    s.padding = (enum padding)sx_attr_word(l, "padding_mode", "zeros border reflection", 0);
    s.align = sx_attr_int(l, "align_corners", 0) != 0;
    s.plane =
        sx_shaped(g, sx_arg(l, 0), 3, (int64_t[]){x.dim[0], x.dim[1], x.dim[2] * x.dim[3]});
    int at[2];
    for (int k = 0; k < 2; k++) {
        int64_t dims[] = {s.samples, 1, s.points};
        at[k] = sx_shaped(g, sx_slice_axis(g, sx_arg(l, 1), 3, 1 - k, 1), 3, dims);
        at[k] = to_pixels(&s, at[k], s.size[k]);
        if (s.mode != CUBIC)
            at[k] = padded(&s, at[k], s.size[k]);
    }
    int64_t out[] = {s.samples, s.channels, grid.dim[1], grid.dim[2]};
    return sx_give(l, sx_shaped(g, interpolated(&s, at[0], at[1]), 4, out));
}

const struct sx_lowering_row sx_lower_sample[] = {
    {"", "GridSample", 16, 0, 2, 2, lower_grid_sample, 0, true},
    {0},
};
