/* layout.c - lowering of operators that change or return shapes. */
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

/* Resolves 0 (the input's dimension) and -1 (the rest). */
static bool resolve(struct sx_lowering *l, const struct sx_ints *wanted, struct sx_shape *shape)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    bool zero_copies = sx_attr_int(l, "allowzero", 0) == 0;
    int open = -1;
    if (wanted->n > SX_MAX_RANK)
        return sx_reject(l, "a shape of %d dimensions", wanted->n);
    *shape = (struct sx_shape){.rank = wanted->n};
    for (int i = 0; i < wanted->n; i++) {
        int64_t d = wanted->v[i];
        if (d == 0 && zero_copies) {
            if (i >= x.rank)
                return sx_reject(l, "dimension %d is to be copied, of %d", i, x.rank);
            d = x.dim[i];
        }
        if (d < -1 || (d == -1 && open >= 0))
            return sx_reject(l, "dimension %d of the shape is %lld", i, (long long)d);
        if (d == -1)
            open = i;
        shape->dim[i] = d == -1 ? 1 : d;
    }
    int64_t have = sx_count(&x), known;
    if (!sx_shape_count(shape, &known, l->error))
        return false;
    if (open >= 0)
        shape->dim[open] = known > 0 ? have / known : 0;
    if (sx_count(shape) != have)
        return sx_reject(l, "%lld elements do not fit the shape", (long long)have);
    return true;
}

/* Reshape; the shape was an attribute before opset 5. */
static bool lower_reshape(struct sx_lowering *l)
{
    struct sx_ints wanted;
    struct sx_shape shape;
    if (!sx_ints_of(l, "shape", 1, &wanted))
        return false;
    if (!wanted.given)
        return sx_reject(l, "input 1 (shape) is missing");
    return resolve(l, &wanted, &shape) && sx_give(l, sx_reshape(l->g, sx_arg(l, 0), &shape));
}

static bool lower_flatten(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t axis = sx_attr_int(l, "axis", 1);
    if (axis < -x.rank || axis > x.rank)
        return sx_reject(l, "axis %lld of a tensor of rank %d", (long long)axis, x.rank);
    int at = (int)(axis < 0 ? axis + x.rank : axis);
    struct sx_shape shape = {2, {sx_span(&x, 0, at), sx_span(&x, at, x.rank)}};
    return sx_give(l, sx_reshape(l->g, sx_arg(l, 0), &shape));
}

/* Squeeze; the axes became input 1 with opset 13. */
static bool lower_squeeze(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), shape = {0};
    struct sx_ints list;
    int axes[SX_MAX_RANK], n = 0;
    bool drop[SX_MAX_RANK] = {false};
    if (!sx_ints_of(l, "axes", 1, &list))
        return false;
    if (list.given && !sx_axes(l, &list, x.rank, axes, &n))
        return false;
    for (int k = 0; k < n; k++) {
        drop[axes[k]] = true;
        if (x.dim[axes[k]] != 1)
            return sx_reject(l, "axis %d is %lld long", axes[k], (long long)x.dim[axes[k]]);
    }
    for (int i = 0; i < x.rank; i++)
        if (list.given ? !drop[i] : x.dim[i] != 1)
            shape.dim[shape.rank++] = x.dim[i];
    return sx_give(l, sx_reshape(l->g, sx_arg(l, 0), &shape));
}

static bool lower_unsqueeze(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), shape;
    struct sx_ints list;
    int axes[SX_MAX_RANK], n, from = 0;
    bool added[SX_MAX_RANK] = {false};
    if (!sx_ints_of(l, "axes", 1, &list))
        return false;
    if (!list.given || x.rank + list.n > SX_MAX_RANK)
        return sx_reject(l, "%d axes are to be added to %d", list.n, x.rank);
    shape = (struct sx_shape){.rank = x.rank + list.n};
    if (!sx_axes(l, &list, shape.rank, axes, &n))
        return false;
    for (int k = 0; k < n; k++)
        added[axes[k]] = true;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = added[i] ? 1 : x.dim[from++];
    return sx_give(l, sx_reshape(l->g, sx_arg(l, 0), &shape));
}

static bool lower_transpose(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    struct sx_ints list = sx_attr_ints(l, "perm");
    int perm[SX_MAX_RANK], n;
    if (!sx_axes(l, &list, x.rank, perm, &n))
        return false;
    if (n != x.rank)
        return sx_reject(l, "perm has %d axes, not %d", n, x.rank);
    for (int i = 0; i < n && !list.given; i++)
        perm[i] = n - 1 - i;
    return sx_give(l, sx_transpose(l->g, sx_arg(l, 0), perm));
}

/* Expand: both shapes are broadcast, so a dimension of 1 keeps the input's. */
static bool lower_expand(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), shape, wanted = {0};
    struct sx_ints list;
    if (!sx_const_ints(l, 1, "shape", &list))
        return false;
    if (list.n > SX_MAX_RANK)
        return sx_reject(l, "a shape of %d dimensions", list.n);
    for (wanted.rank = 0; wanted.rank < list.n; wanted.rank++) {
        wanted.dim[wanted.rank] = list.v[wanted.rank];
        if (list.v[wanted.rank] < 0)
            return sx_reject(l, "a dimension of %lld", (long long)list.v[wanted.rank]);
    }
    if (!sx_broadcast_shape(&shape, &x, &wanted))
        return sx_reject(l, "the input does not broadcast to the shape");
    return sx_give(l, sx_expand(l->g, sx_arg(l, 0), &shape));
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Shape; from opset 15 on it returns the dimensions start .. end - 1. */
static bool lower_shape(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t start = sx_attr_int(l, "start", 0), end = sx_attr_int(l, "end", x.rank);
    start = clamp(start < 0 ? start + x.rank : start, 0, x.rank);
    end = clamp(end < 0 ? end + x.rank : end, start, x.rank);
    return sx_give_as(l, 0, sx_ints(l->g, (int)(end - start), x.dim + start), SX_ONNX_INT64);
}

static bool lower_size(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    return sx_give_as(l, 0, sx_scalar_int(l->g, sx_count(&x)), SX_ONNX_INT64);
}

/* Constant: a tensor, a number or a list. */
static bool lower_constant(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    if (sx_attr(l, "value") != NULL) {
        struct sx_value value = sx_attr_tensor(l, "value");
        return value.node != SX_NONE && sx_give_as(l, 0, value.node, value.kind);
    }
    if (sx_attr(l, "value_int") != NULL)
        return sx_give_as(l, 0, sx_scalar_int(g, sx_attr_int(l, "value_int", 0)),
                          SX_ONNX_INT64);
    if (sx_attr(l, "value_float") != NULL)
        return sx_give_as(l, 0, sx_scalar(g, sx_attr_float(l, "value_float", 0)),
                          SX_ONNX_FLOAT);
    const Onnx__AttributeProto *sparse = sx_attr(l, "sparse_value");
    if (sparse != NULL && sparse->sparse_tensor != NULL) {
        struct sx_value value = sx_scope_sparse(l->scope, sparse->sparse_tensor);
        return value.node != SX_NONE && sx_give_as(l, 0, value.node, value.kind);
    }
    const char *text = sx_attr_string(l, "value_string", 0);
    if (text != NULL)
        return sx_give_as(l, 0, sx_scalar_int(g, sx_text_number(l, text, strlen(text))),
                          SX_ONNX_STRING);
    struct sx_ints texts = sx_attr_texts(l, "value_strings");
    if (texts.given)
        return sx_give_as(l, 0, sx_ints(g, texts.n, texts.v), SX_ONNX_STRING);
    struct sx_ints ints = sx_attr_ints(l, "value_ints");
    if (ints.given)
        return sx_give_as(l, 0, sx_ints(g, ints.n, ints.v), SX_ONNX_INT64);
    struct sx_reals reals = sx_attr_floats(l, "value_floats");
    if (!reals.given)
        return sx_reject(l, "there is no value");
    struct sx_shape shape = {1, {reals.n}};
    return sx_give_as(l, 0, sx_real_const(g, &shape, reals.v), SX_ONNX_FLOAT);
}

static bool lower_constant_of_shape(struct sx_lowering *l)
{
    struct sx_ints list;
    struct sx_shape shape = {0};
    struct sx_value value = {.node = SX_NONE, .kind = SX_ONNX_FLOAT};
    if (!sx_const_ints(l, 0, "shape", &list))
        return false;
    if (list.n > SX_MAX_RANK)
        return sx_reject(l, "a shape of %d dimensions", list.n);
    for (; shape.rank < list.n; shape.rank++)
        shape.dim[shape.rank] = list.v[shape.rank];
    if (sx_attr(l, "value") == NULL)
        return sx_give_as(l, 0, sx_filled(l->g, l->g->real, &shape, 0), value.kind);
    value = sx_attr_tensor(l, "value");
    struct sx_shape one = sx_shape_of(l->g, value.node);
    if (value.node == SX_NONE || sx_count(&one) != 1)
        return sx_reject(l, "attribute 'value' must have one element");
    int64_t count;
    if (!sx_shape_count(&shape, &count, l->error))
        return false;
    double number = 0;
    if (count <= 64 && sx_is_uniform(l->g, value.node, &number) && number <= 0x1p53 &&
        number >= -0x1p53)
        return sx_give_as(l, 0, sx_filled(l->g, l->g->node[value.node].type, &shape, number),
                          value.kind);
    int scalar = sx_shaped(l->g, value.node, 0, NULL);
    return sx_give_as(l, 0, sx_expand(l->g, scalar, &shape), value.kind);
}

/* DepthToSpace: blocks of channels become squares of pixels (DCR: block major, CRD: channel major). */
static bool lower_depth_to_space(struct sx_lowering *l)
{
    static const int dcr[] = {0, 3, 4, 1, 5, 2}, crd[] = {0, 1, 4, 2, 5, 3};
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t b = sx_attr_int(l, "blocksize", 0);
    bool by_channel = sx_attr_word(l, "mode", "DCR CRD", 0) == 1;
    if (x.rank != 4 || b < 1 || b > 1 << 15 || x.dim[1] % (b * b) != 0)
        return sx_reject(l, "blocks of %lld do not fit the input", (long long)b);
    int64_t c = x.dim[1] / (b * b), h = x.dim[2], w = x.dim[3];
    int64_t out[] = {x.dim[0], c, h * b, w * b};
    int64_t depth_first[] = {x.dim[0], b, b, c, h, w},
            channel_first[] = {x.dim[0], c, b, b, h, w};
    int y = sx_shaped(g, sx_arg(l, 0), 6, by_channel ? channel_first : depth_first);
    y = sx_transpose(g, y, by_channel ? crd : dcr);
    return sx_give(l, sx_shaped(g, y, 4, out));
}

static bool lower_space_to_depth(struct sx_lowering *l)
{
    static const int perm[] = {0, 3, 5, 1, 2, 4};
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t b = sx_attr_int(l, "blocksize", 0);
    if (x.rank != 4 || b < 1 || b > 1 << 15 || x.dim[2] % b != 0 || x.dim[3] % b != 0)
        return sx_reject(l, "blocks of %lld do not fit the input", (long long)b);
    int64_t h = x.dim[2] / b, w = x.dim[3] / b;
    int64_t in[] = {x.dim[0], x.dim[1], h, b, w, b}, out[] = {x.dim[0], x.dim[1] * b * b, h, w};
    int y = sx_transpose(g, sx_shaped(g, sx_arg(l, 0), 6, in), perm);
    return sx_give(l, sx_shaped(g, y, 4, out));
}

const struct sx_lowering_row sx_lower_shape_rows[] = {
    {"", "Reshape", 1, 0, 1, 2, lower_reshape, 0, true},
    {"", "Flatten", 1, 0, 1, 1, lower_flatten, 0, true},
    {"", "Squeeze", 1, 0, 1, 2, lower_squeeze, 0, true},
    {"", "Unsqueeze", 1, 0, 1, 2, lower_unsqueeze, 0, true},
    {"", "Transpose", 1, 0, 1, 1, lower_transpose, 0, true},
    {"", "Expand", 8, 0, 2, 2, lower_expand, 0, true},
    {"", "Shape", 1, 0, 1, 1, lower_shape, 0, false},
    {"", "Size", 1, 0, 1, 1, lower_size, 0, false},
    {"", "Constant", 1, 0, 0, 0, lower_constant, 0, false},
    {"", "ConstantOfShape", 9, 0, 1, 1, lower_constant_of_shape, 0, false},
    {"", "DepthToSpace", 1, 0, 1, 1, lower_depth_to_space, 0, true},
    {"", "SpaceToDepth", 1, 0, 1, 1, lower_space_to_depth, 0, true},
    {0},
};
