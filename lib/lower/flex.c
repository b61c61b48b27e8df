/* flex.c - lowering of ai.onnx.preview's FlexAttention, whose scores and probabilities pass through
 * graphs of the file. */
#include <math.h>

#include "lower/attend.h"
#include "lower/tables.h"

/* x after the graph of that name; x itself without one. */
static int modified(struct sx_lowering *l, const char *name, int x)
{
    struct sx_value in = {.node = x, .kind = sx_arg_kind(l, 0)}, out;
    struct sx_shape shape = sx_shape_of(l->g, x);
    if (sx_attr(l, name) == NULL || x == SX_NONE)
        return x;
    const Onnx__GraphProto *body = sx_attr_graph(l, name);
    if (body == NULL || !sx_lower_body(l, body, &in, 1, true, &out, 1))
        return SX_NONE;
    struct sx_shape given = sx_shape_of(l->g, out.node);
    if (out.node != SX_NONE && sx_shape_equal(&given, &shape))
        return out.node;
    sx_reject(l, "'%s' changes the shape", name);
    return SX_NONE;
}

static bool lower_flex(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape q = sx_arg_shape(l, 0), k = sx_arg_shape(l, 1), v = sx_arg_shape(l, 2);
    if (q.rank != 4 || k.rank != 4 || v.rank != 4 || k.dim[1] < 1 || k.dim[1] != v.dim[1] ||
        k.dim[2] != v.dim[2] || q.dim[1] % k.dim[1] != 0 || q.dim[3] != k.dim[3])
        return sx_reject(l, "queries, keys and values do not fit");
    double scale = sx_attr_float(l, "scale", 1 / sqrt((double)q.dim[3]));
    int keys = sx_shared_heads(g, sx_arg(l, 1), q.dim[1]);
    int y = sx_matmul(g, sx_scale(g, sx_arg(l, 0), scale), keys, false, true);
    y = modified(l, "score_mod", y);
    y = y != SX_NONE ? modified(l, "prob_mod", sx_softmax(g, y, 3)) : SX_NONE;
    return y != SX_NONE &&
           sx_give(l,
                   sx_matmul(g, y, sx_shared_heads(g, sx_arg(l, 2), q.dim[1]), false, false));
}

const struct sx_lowering_row sx_lower_flex[] = {
    {"ai.onnx.preview", "FlexAttention", 1, 0, 3, 3, lower_flex, 0, true},
    {0},
};
