/* pool.c - lowering of pooling. */
#include <math.h>
#include <string.h>

#include "lower/scope.h"
#include "lower/window.h"
#include "lower/tables.h"

/* Adjusts the padding at the end for ceil_mode: the last window may extend beyond the image, unless
 * it would begin in the padding. */
static void round_up(struct sx_window *w, int64_t *pad_end)
{
    for (int i = 0; i < w->c.rank; i++) {
        int64_t room = w->image[i] + w->c.pad_begin[i] + w->c.pad_end[i] - w->reach[i];
        int64_t n = (room + w->c.stride[i] - 1) / w->c.stride[i] + 1;
        if ((n - 1) * w->c.stride[i] >= w->image[i] + w->c.pad_begin[i])
            n--;
        int64_t end = (n - 1) * w->c.stride[i] + w->reach[i] - w->image[i] - w->c.pad_begin[i];
        pad_end[i] = end > 0 ? end : 0;
    }
}

bool sx_read_pool(struct sx_lowering *l, struct sx_pool *p, struct sx_window *declared)
{
    struct sx_shape image = sx_arg_shape(l, 0);
    int64_t beyond[3];
    if (!sx_read_window(l, &image, NULL, declared))
        return false;
    sx_pad_same(declared);
    for (int i = 0; i < declared->c.rank; i++) {
        declared->c.extent[i] = declared->kernel[i];
        if (declared->c.pad_begin[i] >= declared->reach[i] ||
            declared->c.pad_end[i] >= declared->reach[i])
            return sx_reject(l, "padding as wide as the window");
        beyond[i] = declared->reach[i] - declared->image[i] - declared->c.pad_begin[i] -
                    declared->c.pad_end[i];
        if (beyond[i] >= declared->c.stride[i])
            return sx_reject(l, "the window is larger than the padded input");
    }
    *p = (struct sx_pool){.c = declared->c};
    for (int i = 0; i < declared->c.rank; i++)
        p->c.pad_end[i] += beyond[i] > 0 ? beyond[i] : 0;
    bool ceil_mode = sx_attr_int(l, "ceil_mode", 0) != 0;
    if (ceil_mode && declared->auto_pad != SX_PAD_SAME_UPPER &&
        declared->auto_pad != SX_PAD_SAME_LOWER)
        round_up(declared, p->c.pad_end);
    return true;
}

/* The number of elements that each window of axis i averages: those inside the image, or inside the
 * padding that was asked for. What ceil_mode adds never counts. */
static int64_t counted(const struct sx_window *w, int i, int64_t window, bool with_pads)
{
    int64_t first = window * w->c.stride[i] - w->c.pad_begin[i], n = 0;
    int64_t low = with_pads ? -w->c.pad_begin[i] : 0;
    int64_t high = w->image[i] + (with_pads ? w->c.pad_end[i] : 0);
    for (int64_t k = 0; k < w->kernel[i]; k++) {
        int64_t at = first + k * w->c.dilation[i];
        n += at >= low && at < high;
    }
    return n;
}

/* 1 / (number of elements of each window), as [1, 1, windows..]. */
static int inverse_counts(struct sx_lowering *l, const struct sx_window *w,
                          const struct sx_shape *result, bool with_pads)
{
    struct sx_graph *g = l->g;
    int inverse = SX_NONE;
    for (int i = 0; i < w->c.rank; i++) {
        int64_t n = result->dim[i + 2];
        struct sx_shape shape = {1, {n}};
        double *values = sx_scratch(l, (size_t)n, sizeof *values);
        if (values == NULL)
            return SX_NONE;
        for (int64_t k = 0; k < n; k++)
            values[k] = 1 / (double)counted(w, i, k, with_pads);
        int axis = sx_along(g, sx_real_const(g, &shape, values), i + 2, result->rank);
        inverse = inverse == SX_NONE ? axis : sx_mul(g, inverse, axis);
    }
    return inverse;
}

static bool lower_average_pool(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_window w;
    struct sx_pool p;
    if (!sx_read_pool(l, &p, &w))
        return false;
    int sum = sx_sum_pool(g, sx_arg(l, 0), &p);
    struct sx_shape shape = sx_shape_of(g, sum);
    bool with_pads = sx_attr_int(l, "count_include_pad", 0) != 0, even = true;
    double count = 1;
    if (sum == SX_NONE)
        return false;
    for (int i = 0; i < w.c.rank; i++) {
        int64_t last = shape.dim[i + 2] - 1;
        even = even && counted(&w, i, 0, with_pads) == w.kernel[i] &&
               counted(&w, i, last, with_pads) == w.kernel[i];
        count *= (double)w.kernel[i];
    }
    /* ONNX Runtime's quantised pool counts what ceil_mode adds to the padding, too. */
    even = even || (with_pads && strcmp(sx_text(l->node->op_type), "AveragePool") != 0);
    if (even)
        return sx_give(l, sx_scale(g, sum, 1 / count));
    return sx_give(l, sx_mul(g, sum, inverse_counts(l, &w, &shape, with_pads)));
}

/* Converts indices in the plane, row by row, to indices in the whole tensor. */
static int whole_index(struct sx_lowering *l, int index, const struct sx_window *w)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, index), image = sx_arg_shape(l, 0);
    int64_t plane = sx_span(&image, 2, image.rank);
    if (sx_attr_int(l, "storage_order", 0) != 0) {
        int rest = index, turned = sx_scalar_int(g, 0);
        int64_t step = plane;
        for (int i = (int)w->c.rank - 1; i >= 0; i--) {
            int n = sx_scalar_int(g, w->image[i]);
            step /= w->image[i];
            int place = sx_binary(g, SX_MOD, rest, n);
            turned = sx_add(g, turned, sx_mul(g, place, sx_scalar_int(g, step)));
            rest = sx_div(g, rest, n);
        }
        index = turned;
    }
    int64_t dims[SX_MAX_RANK] = {shape.dim[0], shape.dim[1], 1, 1, 1};
    int base = sx_mul(g, sx_iota(g, shape.dim[0] * shape.dim[1]), sx_scalar_int(g, plane));
    return sx_add(g, index, sx_shaped(g, base, shape.rank, dims));
}

/* MaxPool; integers are pooled as reals. */
static bool lower_max_pool(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_window w;
    struct sx_pool p;
    int kind = sx_arg_kind(l, 0), x = sx_cast(g, sx_arg(l, 0), g->real);
    if (!sx_read_pool(l, &p, &w))
        return false;
    if (sx_wants(l, 1))
        sx_give_as(l, 1, whole_index(l, sx_pool_index(g, x, &p), &w), SX_ONNX_INT64);
    int y = sx_max_pool(g, x, &p);
    return sx_give(l, sx_arg_real(l, 0) ? y : sx_convert(l, y, kind));
}

/* |x|^p, and the p-th root of their sum. */
static int power(struct sx_graph *g, int x, double p)
{
    if (p == 2)
        return sx_mul(g, x, x);
    int size = sx_unary(g, SX_ABS, x);
    return p == 1 ? size : sx_binary(g, SX_POW, size, sx_scalar(g, p));
}

static int root(struct sx_graph *g, int sum, double p)
{
    if (p == 2)
        return sx_safe_sqrt(g, sum);
    return p == 1 ? sum : sx_binary(g, SX_POW, sum, sx_scalar(g, 1 / p));
}

static double exponent(struct sx_lowering *l)
{
    const Onnx__AttributeProto *a = sx_attr(l, "p");
    if (a != NULL && a->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT)
        return sx_attr_float(l, "p", 2); /* opset 1 */
    return (double)sx_attr_int(l, "p", 2);
}

static bool lower_lp_pool(struct sx_lowering *l)
{
    struct sx_window w;
    struct sx_pool pool;
    double p = exponent(l);
    if (!sx_read_pool(l, &pool, &w))
        return false;
    if (p <= 0)
        return sx_reject(l, "p = %g", p);
    int sum = sx_sum_pool(l->g, power(l->g, sx_arg(l, 0), p), &pool);
    return sx_give(l, root(l->g, sum, p));
}

/* The axes after the channels. */
static bool spatial(struct sx_lowering *l, int *axes, int *n)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    *n = 0;
    if (shape.rank < 3)
        return sx_reject(l, "an input of rank %d has no spatial axes", shape.rank);
    for (int i = 2; i < shape.rank; i++)
        axes[(*n)++] = i;
    return true;
}

static bool lower_global_average(struct sx_lowering *l)
{
    int axes[SX_MAX_RANK], n;
    return spatial(l, axes, &n) && sx_give(l, sx_mean(l->g, sx_arg(l, 0), axes, n));
}

static bool lower_global_lp(struct sx_lowering *l)
{
    int axes[SX_MAX_RANK], n;
    double p = exponent(l);
    if (p <= 0)
        return sx_reject(l, "p = %g", p);
    return spatial(l, axes, &n) &&
           sx_give(l, root(l->g, sx_sum(l->g, power(l->g, sx_arg(l, 0), p), axes, n), p));
}

/* GlobalMaxPool: the first largest element of each plane. */
static bool lower_global_max(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int axes[SX_MAX_RANK], n;
    if (!spatial(l, axes, &n))
        return false;
    int64_t dims[] = {shape.dim[0], shape.dim[1], sx_span(&shape, 2, shape.rank)};
    int plane = sx_shaped(g, sx_arg(l, 0), 3, dims);
    int top = sx_take(g, plane, sx_argmax(g, plane, 2, false), 2, true);
    for (int i = 2; i < shape.rank; i++)
        shape.dim[i] = 1;
    return sx_give(l, sx_shaped(g, top, shape.rank, shape.dim));
}

/* The indices in planes of `plane` elements from which whole_index made indices in the whole
 * tensor; SX_NONE: none. */
static int plane_index(const struct sx_graph *g, int index, int64_t plane)
{
    const struct sx_node *n = &g->node[index];
    if (n->op != SX_ADD || g->node[n->in[0]].op != SX_POOLINDEX ||
        g->node[n->in[1]].op != SX_CONST)
        return SX_NONE;
    const struct sx_shape *image = &g->node[g->node[n->in[0]].in[0]].shape;
    const struct sx_node *base = &g->node[n->in[1]];
    int64_t count = sx_count(&base->shape);
    bool same = sx_span(image, 2, image->rank) == plane && base->shape.rank == n->shape.rank &&
                count == n->shape.dim[0] * n->shape.dim[1];
    for (int64_t i = 0; same && i < count; i++)
        same = ((const int64_t *)base->data)[i] == i * plane;
    return same ? n->in[0] : SX_NONE;
}

/* Puts elements at positions of each plane, which keeps samples apart, or of the whole tensor. */
static int put_at(struct sx_lowering *l, int a, int index, const struct sx_shape *to,
                  int64_t count)
{
    struct sx_graph *g = l->g;
    struct sx_shape image = sx_shape_of(g, a);
    int64_t n = sx_count(&image), plane = sx_span(to, 2, to->rank);
    int place = plane_index(g, index, plane), y;
    if (place == SX_NONE) {
        place = sx_shaped(g, sx_index(l, index, count), 1, &n);
        y = sx_put(g, sx_shaped(g, a, 1, &n), place, 0, count, false);
    } else {
        int64_t few[] = {image.dim[0], image.dim[1], sx_span(&image, 2, image.rank)};
        y = sx_put(g, sx_shaped(g, a, 3, few), sx_shaped(g, place, 3, few), 2, plane, true);
    }
    return sx_shaped(g, y, to->rank, to->dim);
}

/* MaxUnpool: puts elements back where MaxPool found them; a given shape crops or pads the end. */
static bool lower_max_unpool(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape image = sx_arg_shape(l, 0), index = sx_arg_shape(l, 1), to = image;
    struct sx_window w;
    struct sx_ints wanted;
    int64_t count;
    if (!sx_read_window(l, &image, NULL, &w) || !sx_const_ints(l, 2, "output_shape", &wanted))
        return false;
    if (!sx_shape_equal(&image, &index))
        return sx_reject(l, "indices of another shape than the input");
    if (wanted.given && wanted.n != image.rank)
        return sx_reject(l, "output_shape of %d dimensions, not %d", wanted.n, image.rank);
    for (int i = 2; i < image.rank; i++)
        to.dim[i] = (image.dim[i] - 1) * w.c.stride[i - 2] + w.reach[i - 2] -
                    w.c.pad_begin[i - 2] - w.c.pad_end[i - 2];
    if (!sx_shape_count(&to, &count, l->error))
        return false;
    int y = put_at(l, sx_arg(l, 0), sx_arg(l, 1), &to, count);
    for (int i = 0; i < image.rank && wanted.given; i++) {
        int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        if (wanted.v[i] < to.dim[i])
            y = sx_slice_axis(g, y, i, 0, wanted.v[i]);
        else if (wanted.v[i] > to.dim[i]) {
            struct sx_shape wide = sx_shape_of(g, y);
            wide.dim[i] = wanted.v[i];
            y = sx_embed(g, y, start, step, &wide);
        }
    }
    return sx_give(l, y);
}

const struct sx_lowering_row sx_lower_pool[] = {
    {"", "AveragePool", 1, 0, 1, 1, lower_average_pool, 0, true},
    {"", "MaxPool", 1, 0, 1, 1, lower_max_pool, 0, true},
    {"", "LpPool", 1, 0, 1, 1, lower_lp_pool, 0, true},
    {"", "GlobalAveragePool", 1, 0, 1, 1, lower_global_average, 0, true},
    {"", "GlobalMaxPool", 1, 0, 1, 1, lower_global_max, 0, true},
    {"", "GlobalLpPool", 1, 0, 1, 1, lower_global_lp, 0, true},
    {"", "MaxUnpool", 9, 0, 2, 3, lower_max_unpool, 0, true},
    {0},
};
