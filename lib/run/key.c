/* key.c - makes keys of nodes: their geometry and posts. Adjoints may become convolutions. */
#include <string.h>

#include "ops/products.h"
#include "run/key.h"

/* A bias is part of the sum and must come first. A residual is what the result holds before. */
bool sx_key_posts(const struct sx_node *node, struct sx_key *key, int *bias, int *residual)
{
    struct sx_fused fused;
    *bias = *residual = SX_NONE;
    if (node->op != SX_FUSED)
        return true;
    sx_fused_get(node, &fused);
    int k = SX_FUSED_OPERANDS;
    for (int i = 0; i < fused.n_posts; i++) {
        const struct sx_post *post = &fused.post[i];
        if (post->kind == SX_POST_BIAS) {
            if (i > 0)
                return false;
            key->bias = 1;
            *bias = k++;
            continue;
        }
        if (post->kind == SX_POST_ADD) {
            if (*residual != SX_NONE)
                return false;
            *residual = k++;
        }
        key->low[key->n_posts] = post->low;
        key->high[key->n_posts] = post->high;
        key->post[key->n_posts++] = post->kind;
    }
    return true;
}

void sx_key_conv(const struct sx_graph *g, const struct sx_node *node, struct sx_key *key)
{
    struct sx_conv *c = &key->conv;
    const struct sx_shape *a = &g->node[node->in[0]].shape, *w = &g->node[node->in[1]].shape;
    const struct sx_shape *x = a, *y = &node->shape;
    sx_conv_get(node, c);
    key->kind = SX_KEY_FORWARD;
    if (node->op == SX_CONVINPUT) {
        key->kind = SX_KEY_BACKWARD;
        x = &node->shape;
        y = a;
    } else if (node->op == SX_CONVWEIGHT) {
        key->kind = SX_KEY_WEIGHTS;
        y = w;
        w = &node->shape;
    }
    memset(c->extent, 0, sizeof c->extent);
    sx_image_get(x, c->nhwc, &key->n, &key->in, key->image);
    sx_image_get(y, c->nhwc, &key->n, &key->out, key->result);
    for (int i = 0; i < c->rank; i++)
        key->kernel[i] = w->dim[2 + i];
}

bool sx_key_turn(struct sx_key *key)
{
    struct sx_key t = *key;
    t.kind = SX_KEY_FORWARD;
    t.in = key->out;
    t.out = key->in;
    for (int i = 0; i < t.conv.rank; i++) {
        t.image[i] = key->result[i];
        t.result[i] = key->image[i];
        int64_t reach = (t.kernel[i] - 1) * t.conv.dilation[i];
        t.conv.pad_begin[i] = reach - key->conv.pad_begin[i];
        t.conv.pad_end[i] = t.result[i] - t.image[i] + reach - t.conv.pad_begin[i];
        if (t.conv.stride[i] != 1 || t.conv.pad_begin[i] < 0 || t.conv.pad_end[i] < 0)
            return false;
    }
    if (t.conv.nhwc)
        *key = t;
    return t.conv.nhwc != 0;
}

void sx_key_weights(const struct sx_key *key, bool turned, struct sx_key_weights *w)
{
    *w = (struct sx_key_weights){.rank = 2};
    if (key->kind == SX_KEY_PRODUCT) {
        w->dim[0] = key->k;
        w->dim[1] = key->columns;
        memcpy(w->stride, key->b_stride, sizeof key->b_stride);
        return;
    }
    int64_t g = key->conv.group, in = key->in / g, out = key->out / g, size = 1;
    int first = g > 1, rank = (int)key->conv.rank;
    w->rank = first + 2 + rank;
    for (int i = rank - 1; i >= 0; i--) {
        w->dim[first + 2 + i] = key->kernel[i];
        w->stride[first + 2 + i] = turned ? -size : size;
        size *= key->kernel[i];
    }
    if (turned)
        w->first = size - 1;
    w->dim[0] = g;
    w->stride[0] = in * out * size;
    w->dim[first] = out;
    w->stride[first] = turned ? size : in * size;
    w->dim[first + 1] = in;
    w->stride[first + 1] = turned ? out * size : size;
}

/* Whether a kernel of one pixel reads only pixels inside the image along axis i. */
static bool is_met(const struct sx_key *key, int i)
{
    return key->kernel[i] == 1 && key->conv.pad_begin[i] == 0 &&
           (key->result[i] - 1) * key->conv.stride[i] < key->image[i];
}

bool sx_key_cut(const struct sx_key *key, struct sx_cut *cut)
{
    const struct sx_conv *c = &key->conv;
    bool back = key->kind == SX_KEY_BACKWARD, dense = true;
    int last = (int)c->rank - 1;
    int64_t image = key->in, result = key->out, pixels = key->n;
    if (!c->nhwc || c->group != 1 || key->kind == SX_KEY_WEIGHTS)
        return false;
    for (int i = 0; i <= last; i++) {
        if (!is_met(key, i))
            return false;
        dense = dense && c->stride[i] == 1 && key->result[i] == key->image[i];
        pixels *= key->result[i];
    }
    *cut = (struct sx_cut){.m = pixels, .k = key->in, .n = key->out, .one_b = true};
    if (!dense) {
        cut->m = key->result[last];
        cut->rank = last + 1;
    }
    for (int i = last; i >= 0; i--) { /* the rows of an item are pixels of the last axis */
        int64_t image_step = i > 0 ? c->stride[i - 1] : 1;
        image *= key->image[i];
        result *= key->result[i];
        cut->dim[i] = i > 0 ? key->result[i - 1] : key->n;
        cut->a_step[i] = back ? result : image * image_step;
        cut->c_step[i] = back ? image * image_step : result;
    }
    int64_t apart = (dense ? 1 : c->stride[last]) * key->in;
    cut->a_stride[0] = back ? key->out : apart;
    cut->c_stride = back ? apart : key->out;
    cut->b_stride[0] = back ? key->in : 1;
    cut->b_stride[1] = back ? 1 : key->in;
    cut->a_stride[1] = 1;
    cut->sparse = back && !dense;
    if (back) {
        cut->k = key->out;
        cut->n = key->in;
    }
    cut->rows = cut->m;
    cut->columns = cut->n;
    if (dense)
        sx_cut_pieces(cut);
    return true;
}

void sx_key_product(const struct sx_cut *cut, int64_t rows, int64_t columns, struct sx_key *key)
{
    key->m = rows;
    key->k = cut->k;
    key->columns = columns;
    memcpy(key->a_stride, cut->a_stride, sizeof key->a_stride);
    memcpy(key->b_stride, cut->b_stride, sizeof key->b_stride);
    key->c_stride = cut->c_stride;
}
