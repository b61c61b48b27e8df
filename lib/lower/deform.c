/* deform.c - lowering of DeformConv: a convolution whose kernel reads at positions off the grid. */
#include "lower/sample.h"
#include "lower/tables.h"
#include "lower/window.h"

/* Sizes of a deformable convolution. */
struct deform {
    struct sx_window w;
    /* taps: elements of a kernel; places: elements of an output plane */
    int64_t group, offset_group, taps, places;
    int64_t out[SX_SAMPLE_AXES];
};

static bool read_sizes(struct sx_lowering *l, struct deform *d)
{
    struct sx_shape x = sx_arg_shape(l, 0), w = sx_arg_shape(l, 1), offset = sx_arg_shape(l, 2);
    if (!sx_read_window(l, &x, &w, &d->w))
        return false;
    d->group = sx_attr_int(l, "group", 1);
    d->offset_group = sx_attr_int(l, "offset_group", 1);
    d->taps = sx_span(&w, 2, w.rank);
    d->places = 1;
    for (int i = 0; i < d->w.c.rank; i++) {
        int64_t padded = d->w.image[i] + d->w.c.pad_begin[i] + d->w.c.pad_end[i];
        d->out[i] = (padded - d->w.reach[i]) / d->w.c.stride[i] + 1;
        if (padded < d->w.reach[i] || offset.rank != x.rank || offset.dim[i + 2] != d->out[i])
            return sx_reject(l, "offsets or kernel do not fit spatial axis %d", i);
        d->places *= d->out[i];
    }
    if (d->group < 1 || d->offset_group < 1 || x.dim[1] % d->group != 0 ||
        x.dim[1] % d->offset_group != 0 || w.dim[0] % d->group != 0 ||
        w.dim[1] != x.dim[1] / d->group || offset.dim[0] != x.dim[0] ||
        offset.dim[1] != d->offset_group * d->taps * d->w.c.rank || sx_count(&x) == 0)
        return sx_reject(l, "channels, groups and offsets do not fit");
    return true;
}

/* The position of each tap for each output place on the undeformed grid, along an axis: [1, taps,
 * places]. */
static int grid_of(struct sx_lowering *l, const struct deform *d, int axis)
{
    int64_t taps_behind = 1, places_behind = 1, n = d->taps * d->places;
    struct sx_shape shape = {3, {1, d->taps, d->places}};
    double *v = sx_scratch(l, (size_t)n, sizeof *v);
    for (int i = axis + 1; i < d->w.c.rank; i++) {
        taps_behind *= d->w.kernel[i];
        places_behind *= d->out[i];
    }
    for (int64_t k = 0; v != NULL && k < n; k++) {
        int64_t tap = k / d->places / taps_behind % d->w.kernel[axis];
        int64_t place = k % d->places / places_behind % d->out[axis];
        v[k] = (double)(place * d->w.c.stride[axis] - d->w.c.pad_begin[axis] +
                        tap * d->w.c.dilation[axis]);
    }
    return v == NULL ? SX_NONE : sx_real_const(l->g, &shape, v);
}

/* The values that the kernel reads: [N, C, taps, places]. */
static int seen(struct sx_lowering *l, const struct deform *d)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = x.dim[0] * d->offset_group, points = d->taps * d->places, rank = d->w.c.rank;
    struct sx_sampler s = {.g = g, .rank = (int)rank, .samples = n, .points = points};
    int at[SX_SAMPLE_AXES];
    s.channels = x.dim[1] / d->offset_group;
    s.plane = sx_shaped(g, sx_arg(l, 0), 3, (int64_t[]){n, s.channels, sx_span(&x, 2, x.rank)});
    int offset = sx_shaped(g, sx_arg(l, 2), 4, (int64_t[]){n, d->taps, rank, d->places});
    for (int i = 0; i < s.rank; i++) {
        int moved = sx_shaped(g, sx_slice_axis(g, offset, 2, i, 1), 3,
                              (int64_t[]){n, d->taps, d->places});
        s.size[i] = d->w.image[i];
        at[i] = sx_shaped(g, sx_add(g, moved, grid_of(l, d, i)), 3, (int64_t[]){n, 1, points});
    }
    int y = sx_sampled(&s, at);
    if (sx_arg(l, 4) != SX_NONE)
        y = sx_mul(g, y, sx_shaped(g, sx_arg(l, 4), 3, (int64_t[]){n, 1, points}));
    return sx_shaped(g, y, 4, (int64_t[]){x.dim[0], x.dim[1], d->taps, d->places});
}

/* DeformConv. Inputs x, w, offset [N, groups * taps * axes, out..], bias, mask [N, groups * taps,
 * out..]. */
static bool lower_deform_conv(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct deform d = {0};
    struct sx_shape x = sx_arg_shape(l, 0), w = sx_arg_shape(l, 1), y_shape;
    struct sx_shape mask = sx_arg_shape(l, 4);
    if (!read_sizes(l, &d))
        return false;
    if (sx_arg(l, 4) != SX_NONE &&
        sx_count(&mask) != x.dim[0] * d.offset_group * d.taps * d.places)
        return sx_reject(l, "the mask does not fit");
    int64_t inner = w.dim[1] * d.taps, outputs = w.dim[0] / d.group;
    int columns = sx_shaped(g, seen(l, &d), 4, (int64_t[]){x.dim[0], d.group, inner, d.places});
    int weights = sx_shaped(g, sx_arg(l, 1), 3, (int64_t[]){d.group, outputs, inner});
    y_shape = (struct sx_shape){x.rank, {x.dim[0], w.dim[0]}};
    for (int i = 0; i < d.w.c.rank; i++)
        y_shape.dim[2 + i] = d.out[i];
    int y =
        sx_shaped(g, sx_matmul(g, weights, columns, false, false), y_shape.rank, y_shape.dim);
    if (sx_arg(l, 3) != SX_NONE)
        y = sx_add(g, y, sx_along(g, sx_arg(l, 3), 1, x.rank));
    return sx_give(l, y);
}

const struct sx_lowering_row sx_lower_deform[] = {
    {"", "DeformConv", 19, 0, 3, 5, lower_deform_conv, 0, true},
    {0},
};
