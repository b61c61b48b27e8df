/* turned.c - the derivative of a convolution by its image as a convolution.
 *
 * If weights are constant and strides are 1, the derivative is a convolution with the weights
 * turned round. Runtimes compute it faster than a transposed convolution. The turned weights are
 * written as a further constant. So the form is used only if the weights are small (depthwise),
 * or if they have many positions in the image. A window of one element gains no time. */
#include <stdio.h>
#include <string.h>

#include "export/patterns.h"

/* Weights with fewer positions than this are large and save little time. */
enum { MANY_POSITIONS = 100 };

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

static int64_t product(const int64_t *dim, int64_t n)
{
    int64_t product = 1;
    for (int64_t i = 0; i < n; i++)
        product *= dim[i];
    return product;
}

/* Whether the weights are worth a copy. Weights that remain in another file are not copied: they
 * are large. */
static bool worth_copy(const struct sx_writer *w, int node, const struct sx_conv *c)
{
    const struct sx_node *n = node_of(w, node), *k = node_of(w, n->in[1]);
    const struct sx_shape *y = &node_of(w, n->in[0])->shape;
    if (c->group > 1 && k->shape.dim[1] == 1)
        return true;
    return product(k->shape.dim + 2, c->rank) > 1 &&
           product(y->dim + 2, c->rank) >= MANY_POSITIONS &&
           !sx_outside_keeps(w->outside, k->data);
}

/* Sets the paddings of that convolution. Returns false if the form does not apply, or if a
 * padding would be negative. */
static bool plan(const struct sx_writer *w, int node, struct sx_conv *c, int64_t pads[6])
{
    const struct sx_node *n = node_of(w, node), *k = node_of(w, n->in[1]);
    sx_conv_get(n, c);
    bool ok = k->op == SX_CONST && worth_copy(w, node, c);
    for (int d = 0; ok && d < c->rank; d++) {
        int64_t reach = (k->shape.dim[2 + d] - 1) * c->dilation[d];
        pads[d] = reach - c->pad_begin[d];
        pads[c->rank + d] = reach - c->pad_end[d];
        ok = c->stride[d] == 1 && pads[d] >= 0 && pads[c->rank + d] >= 0;
    }
    return ok;
}

int sx_read_turned(const struct sx_writer *w, int node, int *reads)
{
    struct sx_conv c;
    int64_t pads[6];
    reads[0] = node_of(w, node)->in[0];
    return plan(w, node, &c, pads) ? 1 : SX_NONE;
}

/* Turns the weights [group outputs, inputs, window..] into [group inputs, outputs, window..] with
 * each window turned round. */
static void turn(const struct sx_tensor *from, int64_t group, struct sx_tensor *to)
{
    int64_t outputs = to->shape.dim[1], inputs = from->shape.dim[1];
    int64_t size = product(from->shape.dim + 2, from->shape.rank - 2);
    for (int64_t g = 0, at = 0; g < group; g++)
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t o = 0; o < outputs; o++)
                for (int64_t r = size; r-- > 0;)
                    sx_tensor_set(
                        to, at++,
                        sx_tensor_get(from, ((g * outputs + o) * inputs + i) * size + r));
}

/* The name of the turned weights. They are written the first time. */
static const char *turned(struct sx_writer *w, int node, int64_t group)
{
    int weights = node_of(w, node)->in[1];
    const struct sx_node *k = node_of(w, weights);
    struct sx_tensor from = {k->type, k->shape, NULL}, to;
    struct sx_shape shape = k->shape;
    char key[60];
    snprintf(key, sizeof key, "turned %d %lld", weights, (long long)group);
    const char *name = sx_known_constant(w, key);
    shape.dim[0] = group * k->shape.dim[1];
    shape.dim[1] = k->shape.dim[0] / group;
    memcpy(&from.data, &k->data, sizeof from.data);
    if (name != NULL || !sx_tensor_new(&to, k->type, &shape, w->error))
        return name;
    turn(&from, group, &to);
    name = sx_out_constant(w, key, &to);
    sx_tensor_free(&to);
    return name;
}

void sx_spell_turned(struct sx_writer *w, int node)
{
    struct sx_conv c;
    int64_t pads[6];
    plan(w, node, &c, pads);
    const struct sx_onnx_attr attrs[] = {
        {.name = "pads", .ints = pads, .n = 2 * (int)c.rank},
        {.name = "dilations", .ints = c.dilation, .n = (int)c.rank},
        {.name = "group", .i = c.group}};
    const char *weights = turned(w, node, c.group);
    if (weights != NULL)
        sx_result(w, node, "Conv", SX_IN(sx_operand_name(w, node, 0), weights), attrs,
                  c.group > 1 ? 3 : 2);
}
