/* tensor.c - lowering of operators that join, split, slice, pad, repeat and make tensors. */
#include <math.h>

#include "lower/tables.h"

static bool lower_concat(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int *parts = sx_scratch(l, (size_t)l->n_in, sizeof *parts), axis;
    int64_t wanted = sx_attr_int(l, "axis", 1);
    if (parts == NULL || !sx_axis(l, wanted, x.rank, &axis))
        return false;
    for (int k = 0; k < l->n_in; k++)
        parts[k] = sx_arg(l, k);
    return sx_give(l, sx_concat(l->g, parts, l->n_in, axis));
}

/* Split; the lengths were an attribute before opset 13. Without lengths the parts are equal, and
 * the last one is smaller if the axis does not divide. */
static bool lower_split(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    struct sx_ints list;
    int axis;
    int64_t parts = sx_attr_int(l, "num_outputs", l->n_out), begin = 0;
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), x.rank, &axis) ||
        !sx_ints_of(l, "split", 1, &list))
        return false;
    if (parts != l->n_out || parts < 1 || (list.given && list.n != parts))
        return sx_reject(l, "%d outputs for %lld parts", l->n_out,
                         (long long)(list.given ? list.n : parts));
    int64_t chunk = (x.dim[axis] + parts - 1) / parts;
    for (int k = 0; k < l->n_out; k++) {
        int64_t rest = x.dim[axis] - begin, count = rest < chunk ? rest : chunk;
        if (list.given)
            count = list.v[k];
        if (count < 0 || count > rest)
            return sx_reject(l, "the parts do not fit an axis of %lld", (long long)x.dim[axis]);
        sx_give_as(l, k, sx_slice_axis(l->g, sx_arg(l, 0), axis, begin, count),
                   sx_arg_kind(l, 0));
        begin += count;
    }
    return begin == x.dim[axis] ||
           sx_reject(l, "the parts do not fill an axis of %lld", (long long)x.dim[axis]);
}

/* The first element of a slice of an axis of n, and its length. An end of the largest 32-bit or
 * 64-bit number means beyond the axis in either direction. A start before the axis is its first
 * element. */
static bool cut(struct sx_lowering *l, int64_t n, int64_t start, int64_t end, int64_t step,
                int64_t *begin, int64_t *count)
{
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
    if (step == 0)
        return sx_reject(l, "a step of 0");
    if (step < 0 && n > 0 && (end == INT32_MAX || end == INT64_MAX))
        end = INT64_MIN;
    start = start < 0 ? (start < -n ? 0 : start + n) : start;
    end = end < 0 ? (end < -n ? -1 : end + n) : end;
    start = start > high ? high : start;
    end = end < low ? low : end > high ? high : end;
    int64_t span = step > 0 ? end - start : start - end;
    uint64_t stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
    *begin = span > 0 ? start : 0;
    *count = span > 0 ? (int64_t)(((uint64_t)span - 1) / stride) + 1 : 0;
    return true;
}

/* Slice; starts, ends, axes and steps were attributes before opset 10. */
static bool lower_slice(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), shape = x;
    struct sx_ints starts, ends, list, steps;
    int axes[SX_MAX_RANK], n;
    int64_t begin[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    if (!sx_ints_of(l, "starts", 1, &starts) || !sx_ints_of(l, "ends", 2, &ends) ||
        !sx_ints_of(l, "axes", 3, &list) || !sx_const_ints(l, 4, "steps", &steps) ||
        !sx_axes(l, &list, x.rank, axes, &n))
        return false;
    n = list.given ? n : starts.n;
    if (!starts.given || starts.n != n || ends.n != n || n > x.rank ||
        (steps.given && steps.n != n))
        return sx_reject(l, "starts, ends, axes and steps differ in length");
    for (int i = 0; i < x.rank; i++)
        step[i] = 1;
    for (int k = 0; k < n; k++) {
        int i = axes[k];
        step[i] = steps.given ? steps.v[k] : 1;
        if (!cut(l, x.dim[i], starts.v[k], ends.v[k], step[i], &begin[i], &shape.dim[i]))
            return false;
        if (shape.dim[i] <= 1)
            step[i] = 1;
    }
    return sx_give(l, sx_slice(l->g, sx_arg(l, 0), begin, step, &shape));
}

/* The element of an axis of n that element i of the padded axis comes from. */
static int64_t source(int64_t i, int64_t n, int mode)
{
    enum { CONSTANT, REFLECT, EDGE, WRAP };
    if (mode == EDGE)
        return i < 0 ? 0 : i >= n ? n - 1 : i;
    int64_t period = mode == WRAP || n == 1 ? n : 2 * (n - 1);
    i = ((i % period) + period) % period;
    return i < n ? i : period - i;
}

/* Pads one axis by gathering: reflect, edge and wrap. */
static int pad_axis(struct sx_lowering *l, int a, int axis, int64_t before, int64_t after,
                    int mode)
{
    int64_t n = sx_shape_of(l->g, a).dim[axis], total = n + before + after;
    struct sx_shape shape = {1, {total}};
    int64_t *index = sx_scratch(l, (size_t)total, sizeof *index);
    if (index == NULL || a == SX_NONE)
        return SX_NONE;
    if (n == 0) {
        sx_reject(l, "an empty axis cannot be padded");
        return SX_NONE;
    }
    for (int64_t i = 0; i < total; i++)
        index[i] = source(i - before, n, mode);
    return sx_take(l->g, a, sx_const(l->g, SX_INT, &shape, index), axis, false);
}

/* Pads with a constant. */
static int pad_constant(struct sx_lowering *l, int a, const int64_t *before,
                        const struct sx_shape *shape, int fill)
{
    struct sx_graph *g = l->g;
    int64_t step[SX_MAX_RANK];
    double value = 0;
    for (int i = 0; i < shape->rank; i++)
        step[i] = 1;
    int y = sx_embed(g, a, before, step, shape);
    if (fill == SX_NONE || (sx_is_uniform(g, fill, &value) && value == 0))
        return y;
    struct sx_shape inside = sx_shape_of(g, a);
    int mask = sx_embed(g, sx_filled(g, g->real, &inside, 1), before, step, shape);
    return sx_where(g, sx_cast(g, mask, SX_BOOL), y, sx_shaped(g, fill, 0, NULL));
}

/* Reads the paddings per axis: an attribute before opset 11; for a subset of axes from 18 on. */
static bool read_pads(struct sx_lowering *l, int rank, int64_t *before, int64_t *after)
{
    struct sx_ints pads = sx_attr_ints(l, "paddings"), list;
    int axes[SX_MAX_RANK], n;
    if (!pads.given && !sx_ints_of(l, "pads", 1, &pads))
        return false;
    if (!sx_const_ints(l, 3, "axes", &list) || !sx_axes(l, &list, rank, axes, &n))
        return false;
    if (!pads.given || pads.n != 2 * n)
        return sx_reject(l, "%d paddings for %d axes", pads.n, n);
    for (int k = 0; k < n; k++) {
        before[axes[k]] = pads.v[k];
        after[axes[k]] = pads.v[n + k];
        if (pads.v[k] > INT32_MAX || pads.v[n + k] > INT32_MAX || pads.v[k] < -INT32_MAX ||
            pads.v[n + k] < -INT32_MAX)
            return sx_reject(l, "a padding of %lld", (long long)pads.v[k]);
    }
    return true;
}

/* Pad; negative paddings crop. */
static bool lower_pad(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t before[SX_MAX_RANK] = {0}, after[SX_MAX_RANK] = {0};
    int mode = sx_attr_word(l, "mode", "constant reflect edge wrap", 0);
    int a = sx_arg(l, 0), fill = sx_arg(l, 2);
    if (!read_pads(l, x.rank, before, after))
        return false;
    bool grows = false;
    for (int i = 0; i < x.rank; i++) {
        int64_t front = before[i] < 0 ? -before[i] : 0, back = after[i] < 0 ? -after[i] : 0;
        if (front + back > x.dim[i])
            return sx_reject(l, "axis %d has only %lld elements", i, (long long)x.dim[i]);
        if (front + back > 0)
            a = sx_slice_axis(g, a, i, front, x.dim[i] - front - back);
        before[i] += front;
        after[i] += back;
        grows = grows || before[i] > 0 || after[i] > 0;
    }
    if (mode != 0) {
        for (int i = 0; i < x.rank; i++)
            if (before[i] > 0 || after[i] > 0)
                a = pad_axis(l, a, i, before[i], after[i], mode);
        return sx_give(l, a);
    }
    struct sx_shape shape = sx_shape_of(g, a);
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] += before[i] + after[i];
    if (fill == SX_NONE && sx_attr(l, "value") != NULL)
        fill = sx_scalar(g, sx_attr_float(l, "value", 0));
    return sx_give(l, grows ? pad_constant(l, a, before, &shape, fill) : a);
}

/* Tile, one axis after the other: [outer, 1, axis and inner] is expanded to [outer, times, axis and
 * inner]. */
static bool lower_tile(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), shape = x;
    struct sx_ints times;
    int a = sx_arg(l, 0);
    if (!sx_const_ints(l, 1, "repeats", &times))
        return false;
    if (times.n != x.rank)
        return sx_reject(l, "%d repeats for rank %d", times.n, x.rank);
    for (int i = 0; i < x.rank; i++) {
        if (times.v[i] < 0 || times.v[i] > INT32_MAX || x.dim[i] > INT32_MAX)
            return sx_reject(l, "%lld repeats", (long long)times.v[i]);
        if (times.v[i] == 1)
            continue;
        struct sx_shape wide = {3, {sx_span(&shape, 0, i), 1, sx_span(&shape, i, x.rank)}};
        a = sx_reshape(g, a, &wide);
        wide.dim[1] = times.v[i];
        a = sx_expand(g, a, &wide);
        shape.dim[i] *= times.v[i];
        a = sx_reshape(g, a, &shape);
    }
    return sx_give(l, a);
}

/* True where column - row is at least (or at most) k, as [rows, columns] of bool. */
static int triangle(struct sx_graph *g, int64_t rows, int64_t columns, int64_t k, bool upper)
{
    int row = sx_along(g, sx_iota(g, rows), 0, 2), column = sx_iota(g, columns);
    int edge = sx_add(g, row, sx_scalar_int(g, k));
    return upper ? sx_binary(g, SX_LESSEQ, edge, column)
                 : sx_binary(g, SX_LESSEQ, column, edge);
}

static int zero_of(struct sx_graph *g, int a)
{
    static const struct sx_shape scalar = {0};
    return a == SX_NONE ? a : sx_filled(g, g->node[a].type, &scalar, 0);
}

static bool lower_trilu(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t k = 0;
    if (x.rank < 2)
        return sx_reject(l, "an input of rank %d", x.rank);
    if (!sx_const_int(l, 1, "k", &k))
        return false;
    if (k > INT32_MAX || k < -INT32_MAX)
        return sx_reject(l, "k = %lld", (long long)k);
    int mask =
        triangle(g, x.dim[x.rank - 2], x.dim[x.rank - 1], k, sx_attr_int(l, "upper", 1) != 0);
    return sx_give(l, sx_where(g, mask, sx_arg(l, 0), zero_of(g, sx_arg(l, 0))));
}

static bool lower_eye_like(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t k = sx_attr_int(l, "k", 0), kind = sx_attr_int(l, "dtype", sx_arg_kind(l, 0));
    if (x.rank != 2 || k > INT32_MAX || k < -INT32_MAX || kind < 1 || kind > INT32_MAX)
        return sx_reject(l, "an input of rank %d, k = %lld", x.rank, (long long)k);
    int upper = triangle(g, x.dim[0], x.dim[1], k, true);
    int lower = triangle(g, x.dim[0], x.dim[1], k, false);
    int eye = sx_convert(l, sx_binary(g, SX_AND, upper, lower), (int)kind);
    return sx_give_as(l, 0, eye, (int)kind);
}

/* Range: start + i * delta, for all i before `limit`. */
static bool lower_range(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    double n;
    if (sx_arg_real(l, 0)) {
        double start = 0, limit = 0, delta = 1;
        if (!sx_const_real(l, 0, "start", &start) || !sx_const_real(l, 1, "limit", &limit) ||
            !sx_const_real(l, 2, "delta", &delta))
            return false;
        n = ceil((limit - start) / delta);
    } else {
        int64_t start = 0, limit = 0, delta = 1;
        if (!sx_const_int(l, 0, "start", &start) || !sx_const_int(l, 1, "limit", &limit) ||
            !sx_const_int(l, 2, "delta", &delta))
            return false;
        n = ceil(((double)limit - (double)start) / (double)delta);
    }
    n = n > 0 ? n : 0;
    if (!(n <= 0x1p40))
        return sx_reject(l, "%g elements", n);
    int steps = sx_iota(g, (int64_t)n), start = sx_shaped(g, sx_arg(l, 0), 0, NULL);
    if (sx_arg_real(l, 0))
        steps = sx_cast(g, steps, g->real);
    if (sx_arg(l, 2) != SX_NONE)
        steps = sx_mul(g, steps, sx_shaped(g, sx_arg(l, 2), 0, NULL));
    return sx_give(l, sx_add(g, steps, start));
}

const struct sx_lowering_row sx_lower_tensor[] = {
    {"", "Concat", 1, 0, 1, -1, lower_concat, 0, true},
    {"", "Split", 1, 0, 1, 2, lower_split, 0, true},
    {"", "Slice", 1, 0, 1, 5, lower_slice, 0, true},
    {"", "Pad", 1, 0, 1, 4, lower_pad, 0, true},
    {"", "Tile", 6, 0, 2, 2, lower_tile, 0, true},
    {"", "Trilu", 14, 0, 1, 2, lower_trilu, 0, true},
    {"", "EyeLike", 9, 0, 1, 1, lower_eye_like, 0, false},
    {"", "Range", 11, 0, 3, 3, lower_range, 0, false},
    {"com.microsoft", "Range", 1, 0, 2, 3, lower_range, 0, false},
    {0},
};
