/* depthwise.c - the derivative of a depthwise convolution as a convolution.
 *
 * Runtimes are slow at transposed convolutions in which every channel is a group. If weights
 * are constant and strides are 1, the derivative is a convolution with the weights turned
 * round. The turned weights are written as a further constant; depthwise weights are small. */
#include <string.h>

#include "export/patterns.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

/* Sets the paddings of that convolution. Returns false if the form does not apply, or if a
 * padding would be negative. */
static bool plan(const struct sx_writer *w, int node, struct sx_conv *c, int64_t pads[6])
{
    const struct sx_node *n = node_of(w, node), *k = node_of(w, n->in[1]);
    sx_conv_get(n, c);
    bool ok = k->op == SX_CONST && k->shape.dim[1] == 1 && c->group > 1 &&
              c->group == n->shape.dim[1];
    for (int d = 0; ok && d < c->rank; d++) {
        int64_t reach = (k->shape.dim[2 + d] - 1) * c->dilation[d];
        pads[d] = reach - c->pad_begin[d];
        pads[c->rank + d] = reach - c->pad_end[d];
        ok = c->stride[d] == 1 && pads[d] >= 0 && pads[c->rank + d] >= 0;
    }
    return ok;
}

int sx_read_depthwise(const struct sx_writer *w, int node, int *reads)
{
    struct sx_conv c;
    int64_t pads[6];
    reads[0] = node_of(w, node)->in[0];
    return plan(w, node, &c, pads) ? 1 : SX_NONE;
}

/* Turns the weights [channels multiplier, 1, window..] into [channels, multiplier, window..]
 * with each window turned round. */
static const char *turned(struct sx_writer *w, int node, const struct sx_conv *c)
{
    const struct sx_node *k = node_of(w, node_of(w, node)->in[1]);
    struct sx_tensor from = {k->type, k->shape, NULL}, to;
    struct sx_shape shape = k->shape;
    int64_t n = sx_count(&k->shape), size = n / k->shape.dim[0];
    const char *name = sx_writer_name(w, "turned");
    shape.dim[0] = c->group;
    shape.dim[1] = k->shape.dim[0] / c->group;
    memcpy(&from.data, &k->data, sizeof from.data);
    if (name == NULL || !sx_tensor_new(&to, k->type, &shape, w->error))
        return NULL;
    for (int64_t i = 0; i < n; i++)
        sx_tensor_set(&to, i, sx_tensor_get(&from, i / size * size + size - 1 - i % size));
    sx_onnx_write_tensor(w->to, name, &to);
    sx_tensor_free(&to);
    return name;
}

void sx_spell_depthwise(struct sx_writer *w, int node)
{
    struct sx_conv c;
    int64_t pads[6];
    plan(w, node, &c, pads);
    const struct sx_onnx_attr attrs[] = {
        {.name = "group", .i = c.group},
        {.name = "pads", .ints = pads, .n = 2 * (int)c.rank},
        {.name = "dilations", .ints = c.dilation, .n = (int)c.rank}};
    const char *weights = turned(w, node, &c);
    if (weights != NULL)
        sx_result(w, node, "Conv", SX_IN(sx_operand_name(w, node, 0), weights), attrs, 3);
}
