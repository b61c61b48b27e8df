/* conv.c - lowering of convolutions. */
#include "lower/window.h"
#include "lower/tables.h"

/* Lengths, strides and so on must be smaller, so that sums of products of two do not overflow. */
#define MOST ((int64_t)1 << 30)

/* Reads a list attribute of exactly n values. */
static bool read_list(struct sx_lowering *l, const char *name, int n, int64_t fallback,
                      int64_t least, int64_t *to)
{
    struct sx_ints list = sx_attr_ints(l, name);
    if (l->error->status != SX_OK)
        return false;
    if (list.given && list.n != n)
        return sx_reject(l, "%s has %d values, not %d", name, list.n, n);
    for (int i = 0; i < n; i++) {
        to[i] = list.given ? list.v[i] : fallback;
        if (to[i] < least || to[i] > MOST)
            return sx_reject(l, "%s: %lld", name, (long long)to[i]);
    }
    return true;
}

bool sx_read_window(struct sx_lowering *l, const struct sx_shape *image,
                    const struct sx_shape *kernel, struct sx_window *w)
{
    static const char *const words = "NOTSET SAME_UPPER SAME_LOWER VALID";
    int64_t pads[6] = {0}, from_kernel[3] = {0};
    *w = (struct sx_window){.c.rank = image->rank - 2};
    int rank = (int)w->c.rank;
    if (rank < 1 || rank > 3)
        return sx_reject(l, "%d spatial axes, not 1 to 3", rank);
    if (kernel != NULL && kernel->rank != image->rank)
        return sx_reject(l, "weights of rank %d for an input of rank %d", kernel->rank,
                         image->rank);
    w->auto_pad = (enum sx_auto_pad)sx_attr_word(l, "auto_pad", words, SX_PAD_NOTSET);
    if (!read_list(l, "strides", rank, 1, 1, w->c.stride) ||
        !read_list(l, "dilations", rank, 1, 1, w->c.dilation) ||
        !read_list(l, "pads", 2 * rank, 0, 0, pads) ||
        !read_list(l, "kernel_shape", rank, 0, kernel != NULL ? 0 : 1, from_kernel))
        return false;
    w->c.group = 1;
    for (int i = 0; i < rank; i++) {
        w->kernel[i] = kernel != NULL ? kernel->dim[i + 2] : from_kernel[i];
        if (kernel != NULL && from_kernel[i] != 0 && from_kernel[i] != w->kernel[i])
            return sx_reject(l, "kernel_shape differs from the weights");
        w->image[i] = image->dim[i + 2];
        if (w->kernel[i] < 1 || w->kernel[i] > MOST || w->image[i] > MOST)
            return sx_reject(l, "kernel of %lld for %lld elements", (long long)w->kernel[i],
                             (long long)w->image[i]);
        w->reach[i] = (w->kernel[i] - 1) * w->c.dilation[i] + 1;
        w->c.pad_begin[i] = w->auto_pad == SX_PAD_NOTSET ? pads[i] : 0;
        w->c.pad_end[i] = w->auto_pad == SX_PAD_NOTSET ? pads[rank + i] : 0;
    }
    return true;
}

/* SAME padding: image / stride results, rounded up. The padding is split evenly; an odd one goes to
 * the end (UPPER) or the beginning (LOWER). */
void sx_pad_same(struct sx_window *w)
{
    if (w->auto_pad != SX_PAD_SAME_UPPER && w->auto_pad != SX_PAD_SAME_LOWER)
        return;
    for (int i = 0; i < w->c.rank; i++) {
        int64_t results = (w->image[i] + w->c.stride[i] - 1) / w->c.stride[i];
        int64_t total = (results - 1) * w->c.stride[i] + w->reach[i] - w->image[i];
        total = total > 0 ? total : 0;
        w->c.pad_begin[i] = (total + (w->auto_pad == SX_PAD_SAME_LOWER)) / 2;
        w->c.pad_end[i] = total - w->c.pad_begin[i];
    }
}

static int add_bias(struct sx_graph *g, int y, int bias)
{
    return bias == SX_NONE ? y : sx_add(g, y, sx_along(g, bias, 1, sx_shape_of(g, y).rank));
}

int sx_lower_conv(struct sx_lowering *l, int x, int w, int bias)
{
    struct sx_shape image = sx_shape_of(l->g, x), kernel = sx_shape_of(l->g, w);
    struct sx_window window;
    if (!sx_read_window(l, &image, &kernel, &window))
        return SX_NONE;
    sx_pad_same(&window);
    window.c.group = sx_attr_int(l, "group", 1);
    if (window.c.group < 1 || image.dim[1] % window.c.group != 0 ||
        image.dim[1] / window.c.group != kernel.dim[1]) {
        sx_reject(l, "%lld channels, the weights take %lld in each of %lld groups",
                  (long long)image.dim[1], (long long)kernel.dim[1], (long long)window.c.group);
        return SX_NONE;
    }
    return add_bias(l->g, sx_conv(l->g, x, w, &window.c), bias);
}

static bool lower_conv(struct sx_lowering *l)
{
    return sx_give(l, sx_lower_conv(l, sx_arg(l, 0), sx_arg(l, 1), sx_arg(l, 2)));
}

/* Sets paddings and extent of a transposed convolution. */
static bool transposed_extent(struct sx_lowering *l, struct sx_window *w, int64_t *beyond)
{
    int rank = (int)w->c.rank;
    int64_t extra[3], wanted[3];
    if (!read_list(l, "output_padding", rank, 0, 0, extra) ||
        !read_list(l, "output_shape", rank, 0, 0, wanted))
        return false;
    for (int i = 0; i < rank; i++) {
        int64_t full = w->c.stride[i] * (w->image[i] - 1) + w->reach[i];
        bool same = w->auto_pad == SX_PAD_SAME_UPPER || w->auto_pad == SX_PAD_SAME_LOWER;
        int64_t aim = same && wanted[i] == 0 ? w->image[i] * w->c.stride[i] : wanted[i];
        if (aim != 0) {
            int64_t total = full + extra[i] - aim;
            int64_t pad = total > 0 ? total : 0;
            /* SAME only crops: a kernel shorter than its stride gives fewer results. */
            extra[i] += wanted[i] != 0 ? pad - total : 0;
            w->c.pad_begin[i] = (pad + (w->auto_pad != SX_PAD_SAME_UPPER)) / 2;
            w->c.pad_end[i] = pad - w->c.pad_begin[i];
        }
        /* Output padding beyond the last result is zero. */
        int64_t end = w->c.pad_end[i] - extra[i];
        beyond[i] = end < 0 ? -end : 0;
        w->c.pad_end[i] = end > 0 ? end : 0;
        w->c.extent[i] = full - w->c.pad_begin[i] - w->c.pad_end[i];
        if (w->c.extent[i] < 1)
            return sx_reject(l, "spatial axis %d of the output would be empty", i);
    }
    return true;
}

/* Reads the paddings from an input, if it is given. */
static bool read_pads(struct sx_lowering *l, int k, struct sx_window *w)
{
    struct sx_ints pads;
    if (!sx_const_ints(l, k, "pads", &pads))
        return false;
    if (!pads.given || w->auto_pad != SX_PAD_NOTSET)
        return true;
    if (pads.n != 2 * w->c.rank)
        return sx_reject(l, "%d paddings, not %lld", pads.n, 2 * (long long)w->c.rank);
    for (int i = 0; i < w->c.rank; i++) {
        w->c.pad_begin[i] = pads.v[i];
        w->c.pad_end[i] = pads.v[w->c.rank + i];
        if (pads.v[i] < 0 || pads.v[i] > MOST || w->c.pad_end[i] < 0 || w->c.pad_end[i] > MOST)
            return sx_reject(l, "paddings of axis %d", i);
    }
    return true;
}

/* ConvTranspose. com.microsoft's ConvTransposeWithDynamicPads has the paddings as input 2, before the
 * bias. */
static bool lower_conv_transpose(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape image = sx_arg_shape(l, 0), kernel = sx_arg_shape(l, 1);
    struct sx_window w;
    const int bias = 2 + l->row->arg;
    int64_t beyond[3], start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    if (!sx_read_window(l, &image, &kernel, &w) || (bias > 2 && !read_pads(l, 2, &w)) ||
        !transposed_extent(l, &w, beyond))
        return false;
    w.c.group = sx_attr_int(l, "group", 1);
    if (w.c.group < 1 || image.dim[1] != kernel.dim[0] || kernel.dim[0] % w.c.group != 0)
        return sx_reject(l, "%lld channels, the weights take %lld in %lld groups",
                         (long long)image.dim[1], (long long)kernel.dim[0],
                         (long long)w.c.group);
    int y = sx_conv_input(g, sx_arg(l, 0), sx_arg(l, 1), &w.c);
    struct sx_shape shape = sx_shape_of(g, y);
    bool grows = false;
    for (int i = 0; i < shape.rank; i++)
        step[i] = 1;
    for (int i = 0; i < w.c.rank; i++) {
        shape.dim[i + 2] += beyond[i];
        grows = grows || beyond[i] > 0;
    }
    if (grows)
        y = sx_embed(g, y, start, step, &shape);
    return sx_give(l, add_bias(g, y, sx_arg(l, bias)));
}

const struct sx_lowering_row sx_lower_conv_rows[] = {
    {"", "Conv", 1, 0, 2, 3, lower_conv, 0, true},
    {"", "ConvTranspose", 1, 0, 2, 3, lower_conv_transpose, 0, true},
    {"com.microsoft", "ConvTransposeWithDynamicPads", 1, 0, 2, 4, lower_conv_transpose, 1,
     true},
    {0},
};
