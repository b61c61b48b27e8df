/* windows.c - writes convolutions and pools in ONNX. */
#include "export/export.h"

/* The attributes of a node that moves a window. */
struct window {
    int64_t pads[6], output_padding[3];
    struct sx_onnx_attr attr[6];
    int n;
};

static void add(struct window *v, const char *name, const int64_t *ints, int64_t n)
{
    v->attr[v->n++] = (struct sx_onnx_attr){.name = name, .ints = ints, .n = (int)n};
}

/* Sets strides and paddings, and dilations if any is not 1. */
static void open_window(struct window *v, const struct sx_conv *c)
{
    bool dilated = false;
    v->n = 0;
    for (int d = 0; d < c->rank; d++) {
        v->pads[d] = c->pad_begin[d];
        v->pads[c->rank + d] = c->pad_end[d];
        dilated = dilated || c->dilation[d] != 1;
    }
    add(v, "strides", c->stride, c->rank);
    add(v, "pads", v->pads, 2 * c->rank);
    if (dilated)
        add(v, "dilations", c->dilation, c->rank);
}

static void add_group(struct window *v, int64_t group)
{
    if (group != 1)
        v->attr[v->n++] = (struct sx_onnx_attr){.name = "group", .i = group};
}

/* Sets output_padding: the elements of the image beyond the last window of a convolution. */
static void add_output_padding(struct window *v, const struct sx_conv *c, const int64_t *image,
                               const int64_t *window, const int64_t *outputs)
{
    bool any = false;
    for (int d = 0; d < c->rank; d++) {
        int64_t reach = (window[d] - 1) * c->dilation[d] + 1;
        v->output_padding[d] = image[d] + c->pad_begin[d] + c->pad_end[d] - reach -
                               (outputs[d] - 1) * c->stride[d];
        any = any || v->output_padding[d] != 0;
    }
    if (any)
        add(v, "output_padding", v->output_padding, c->rank);
}

static const int64_t *extent_of(const struct sx_writer *w, int node)
{
    return w->g->node[node].shape.dim + 2;
}

/* ---- Convolutions ---- */

void sx_spell_conv(struct sx_writer *w, int node)
{
    struct sx_conv c;
    struct window v;
    sx_conv_get(&w->g->node[node], &c);
    open_window(&v, &c);
    add_group(&v, c.group);
    sx_result(w, node, "Conv",
              SX_IN(sx_operand_name(w, node, 0), sx_operand_name(w, node, 1), w->bias), v.attr,
              v.n);
}

void sx_spell_conv_input(struct sx_writer *w, int node)
{
    const struct sx_node *n = &w->g->node[node];
    struct sx_conv c;
    struct window v;
    sx_conv_get(n, &c);
    open_window(&v, &c);
    add_group(&v, c.group);
    add_output_padding(&v, &c, c.extent, extent_of(w, n->in[1]), extent_of(w, n->in[0]));
    sx_result(w, node, "ConvTranspose",
              SX_IN(sx_operand_name(w, node, 0), sx_operand_name(w, node, 1)), v.attr, v.n);
}

static const char *transposed(struct sx_writer *w, const char *a, const int *front, int n,
                              int rank, const char *out)
{
    int64_t axes[SX_MAX_RANK];
    for (int i = 0; i < rank; i++)
        axes[i] = i < n ? front[i] : i;
    const struct sx_onnx_attr perm = {.name = "perm", .ints = axes, .n = rank};
    return sx_out_node(w, "Transpose", SX_IN(a), out, &perm, 1);
}

/* Makes images the channels: [N, C, ..] becomes [C / group, group N, ..], or with `whole` [C,
 * N, ..]. */
static const char *by_channel(struct sx_writer *w, int node, int k, int64_t group, bool whole)
{
    const struct sx_node *n = &w->g->node[node];
    const char *a = sx_operand_name(w, node, k);
    struct sx_dim dims[SX_MAX_RANK], parts[SX_MAX_RANK], joined[SX_MAX_RANK];
    int r = w->g->node[n->in[k]].shape.rank;
    if (whole || group == 1)
        return transposed(w, a, (const int[]){1, 0}, 2, r, NULL);
    if (!sx_dims_of(w, n->in[k], dims))
        return NULL;
    parts[0] = joined[1] = dims[0];
    parts[1] = sx_dim_fixed(group);
    parts[2] = joined[0] = sx_dim_fixed(dims[1].factor / group);
    joined[1].factor *= group;
    for (int i = 2; i < r; i++)
        parts[i + 1] = joined[i] = dims[i];
    a = sx_out_reshape(w, a, parts, r + 1, NULL);
    a = transposed(w, a, (const int[]){2, 1, 0}, 3, r + 1, NULL);
    return sx_out_reshape(w, a, joined, r, NULL);
}

/* Writes the derivative by the weights as a convolution of the images with the outputs.
 * Channels and images are exchanged, and so are strides and dilations. If the last window ended
 * before the end of the image, the result is larger than the kernel and is cropped. */
void sx_spell_conv_weight(struct sx_writer *w, int node)
{
    const struct sx_node *n = &w->g->node[node];
    struct sx_conv c, turned;
    struct window v;
    int64_t zeros[3] = {0}, axes[3] = {2, 3, 4};
    bool longer = false;
    sx_conv_get(n, &c);
    turned = c;
    for (int d = 0; d < c.rank; d++) {
        turned.stride[d] = c.dilation[d];
        turned.dilation[d] = c.stride[d];
        int64_t reach = (extent_of(w, n->in[1])[d] - 1) * c.stride[d] + 1;
        int64_t padded = extent_of(w, n->in[0])[d] + c.pad_begin[d] + c.pad_end[d];
        longer = longer || (padded - reach) / c.dilation[d] + 1 != c.extent[d];
    }
    open_window(&v, &turned);
    add_group(&v, c.group);
    const char *x = by_channel(w, node, 0, c.group, false);
    const char *y = by_channel(w, node, 1, c.group, true);
    const char *a = sx_out_node(w, "Conv", SX_IN(x, y), NULL, v.attr, v.n);
    if (longer)
        a = sx_out_node(w, "Slice",
                        SX_IN(a, sx_out_ints(w, zeros, (int)c.rank),
                              sx_out_ints(w, c.extent, (int)c.rank),
                              sx_out_ints(w, axes, (int)c.rank)),
                        NULL, NULL, 0);
    w->name[node] = transposed(w, a, (const int[]){1, 0}, 2, (int)c.rank + 2, w->wish[node]);
}

/* ---- Pools ---- */

/* Ones of the shape [channels, 1, window..]. A convolution with them, a group per channel, sums
 * windows. */
static const char *ones(struct sx_writer *w, const struct sx_pool *p, int64_t channels)
{
    struct sx_dim dims[5] = {sx_dim_fixed(channels), sx_dim_fixed(1)};
    for (int d = 0; d < p->c.rank; d++)
        dims[2 + d] = sx_dim_fixed(p->c.extent[d]);
    return sx_out_node(w, "Expand",
                       SX_IN(sx_out_real(w, 1), sx_out_dims(w, dims, (int)p->c.rank + 2)), NULL,
                       NULL, 0);
}

bool sx_pool_is_plain(const struct sx_writer *w, int node, double *size)
{
    struct sx_pool p;
    bool plain = true;
    double product = 1;
    sx_pool_get(&w->g->node[node], &p);
    for (int d = 0; d < p.c.rank; d++) {
        plain = plain && p.c.dilation[d] == 1 && p.c.pad_begin[d] < p.c.extent[d] &&
                p.c.pad_end[d] < p.c.extent[d];
        product *= (double)p.c.extent[d];
    }
    *size = product;
    return plain;
}

const char *sx_out_average(struct sx_writer *w, int node, const char *out)
{
    struct sx_pool p;
    struct window v;
    sx_pool_get(&w->g->node[node], &p);
    open_window(&v, &p.c);
    add(&v, "kernel_shape", p.c.extent, p.c.rank);
    v.attr[v.n++] = (struct sx_onnx_attr){.name = "count_include_pad", .i = 1};
    return sx_out_node(w, "AveragePool", SX_IN(sx_operand_name(w, node, 0)), out, v.attr, v.n);
}

/* Writes a sum as AveragePool times the window's size. If AveragePool cannot have the window,
 * writes a convolution with ones. */
void sx_spell_sum_pool(struct sx_writer *w, int node)
{
    const struct sx_node *n = &w->g->node[node];
    struct sx_pool p;
    struct window v;
    double size;
    if (sx_pool_is_plain(w, node, &size)) {
        sx_result(w, node, "Mul", SX_IN(sx_out_average(w, node, NULL), sx_out_real(w, size)),
                  NULL, 0);
        return;
    }
    sx_pool_get(n, &p);
    open_window(&v, &p.c);
    add_group(&v, n->shape.dim[1]);
    sx_result(w, node, "Conv", SX_IN(sx_operand_name(w, node, 0), ones(w, &p, n->shape.dim[1])),
              v.attr, v.n);
}

void sx_spell_unpool(struct sx_writer *w, int node)
{
    const struct sx_node *n = &w->g->node[node];
    struct sx_pool p;
    struct window v;
    sx_pool_get(n, &p);
    open_window(&v, &p.c);
    add_group(&v, n->shape.dim[1]);
    add_output_padding(&v, &p.c, p.image, p.c.extent, extent_of(w, n->in[0]));
    sx_result(w, node, "ConvTranspose",
              SX_IN(sx_operand_name(w, node, 0), ones(w, &p, n->shape.dim[1])), v.attr, v.n);
}

/* Writes MaxPool, whose second result counts positions through all planes. The position in the
 * plane is written only if it is needed. */
void sx_spell_pool_index(struct sx_writer *w, int node)
{
    struct sx_pool p;
    struct window v;
    sx_pool_get(&w->g->node[node], &p);
    open_window(&v, &p.c);
    add(&v, "kernel_shape", p.c.extent, p.c.rank);
    const char *most = sx_writer_name(w, "MaxPool"), *at = sx_writer_name(w, "index");
    if (most == NULL || at == NULL)
        return;
    sx_onnx_write_nodes(w->to, "MaxPool", SX_IN(sx_operand_name(w, node, 0)), SX_IN(most, at),
                        v.attr, v.n);
    w->beside[node] = most;
    w->at[node] = at;
}

void sx_spell_max_unpool(struct sx_writer *w, int node, int choice, const char *a)
{
    struct sx_pool p;
    struct window v;
    sx_pool_get(&w->g->node[choice], &p);
    open_window(&v, &p.c);
    add(&v, "kernel_shape", p.c.extent, p.c.rank);
    sx_result(w, node, "MaxUnpool", SX_IN(a, w->at[choice]), v.attr, v.n);
}
