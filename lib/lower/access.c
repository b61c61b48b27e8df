/* access.c - the node being lowered: its inputs, outputs, types, and refusals. */
#include <stdarg.h>
#include <string.h>

#include "lower/scope.h"

bool sx_reject(struct sx_lowering *l, const char *format, ...)
{
    char text[sizeof l->error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return sx_fail(l->error, SX_MODEL, "%s", text);
}

int sx_arg(const struct sx_lowering *l, int k)
{
    return k < l->n_in ? l->in[k].node : SX_NONE;
}

struct sx_shape sx_arg_shape(const struct sx_lowering *l, int k)
{
    return sx_shape_of(l->g, sx_arg(l, k));
}

int sx_arg_kind(const struct sx_lowering *l, int k)
{
    return k < l->n_in ? l->in[k].kind : 0;
}

bool sx_arg_real(const struct sx_lowering *l, int k)
{
    int node = sx_arg(l, k);
    return node != SX_NONE && sx_is_real(l->g->node[node].type);
}

bool sx_give_value(struct sx_lowering *l, int k, struct sx_value value)
{
    if (k < l->n_out)
        l->out[k] = value;
    return true;
}

bool sx_give_as(struct sx_lowering *l, int k, int node, int kind)
{
    return sx_give_value(l, k, (struct sx_value){.node = node, .kind = kind});
}

bool sx_give(struct sx_lowering *l, int node)
{
    return sx_give_as(l, 0, node, sx_arg_kind(l, 0));
}

bool sx_wants(const struct sx_lowering *l, int k)
{
    return k < l->n_out && l->node->output[k][0] != '\0';
}

/* The narrow type of an ONNX type; -1 if it is as wide as the type in memory. */
static int narrow_of(int kind)
{
    switch (kind) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
        return SX_AS_INT8;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        return SX_AS_UINT8;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
        return SX_AS_INT16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
        return SX_AS_UINT16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
        return SX_AS_INT32;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
        return SX_AS_UINT32;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
        return SX_AS_FLOAT16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return SX_AS_BFLOAT16;
    case SX_ONNX_FLOAT8E4M3FN:
        return SX_AS_FLOAT8E4M3FN;
    case SX_ONNX_FLOAT8E4M3FNUZ:
        return SX_AS_FLOAT8E4M3FNUZ;
    case SX_ONNX_FLOAT8E5M2:
        return SX_AS_FLOAT8E5M2;
    case SX_ONNX_FLOAT8E5M2FNUZ:
        return SX_AS_FLOAT8E5M2FNUZ;
    case SX_ONNX_FLOAT4E2M1:
        return SX_AS_FLOAT4E2M1;
    default:
        return -1;
    }
}

/* Keeps the lowest bits of integers of less than a byte; SX_NONE for other types. */
static int low_bits(struct sx_graph *g, int node, int kind)
{
    bool two = kind == SX_ONNX_UINT2 || kind == SX_ONNX_INT2;
    bool has_sign = kind == SX_ONNX_INT4 || kind == SX_ONNX_INT2;
    if (!two && !has_sign && kind != SX_ONNX_UINT4)
        return SX_NONE;
    int sign = sx_scalar_int(g, two ? 2 : 8);
    node = sx_binary(g, SX_BITAND, node, sx_scalar_int(g, two ? 3 : 15));
    return has_sign ? sx_sub(g, sx_binary(g, SX_BITXOR, node, sign), sign) : node;
}

int sx_wrap(struct sx_graph *g, int node, int kind)
{
    int narrow = narrow_of(kind);
    if (node == SX_NONE || g->node[node].type != SX_INT)
        return node;
    int low = low_bits(g, node, kind);
    if (low != SX_NONE)
        return low;
    return narrow < 0 ? node : sx_narrow(g, node, (enum sx_narrow)narrow);
}

bool sx_core_type(struct sx_lowering *l, int kind, enum sx_type *type)
{
    return sx_onnx_type(kind, l->g->real, type, l->error);
}

int sx_convert(struct sx_lowering *l, int node, int kind)
{
    enum sx_type type;
    if (!sx_core_type(l, kind, &type))
        return SX_NONE;
    int narrow = narrow_of(kind);
    node = sx_cast(l->g, node, type);
    if (type == SX_INT)
        return sx_wrap(l->g, node, kind);
    return narrow < 0 ? node : sx_narrow(l->g, node, (enum sx_narrow)narrow);
}

void *sx_scratch(struct sx_lowering *l, size_t n, size_t size)
{
    if (!sx_graph_take(l->g, n, size)) {
        sx_fail_as(l->error, &l->g->error);
        return NULL;
    }
    return sx_arena_new(&l->g->arena, n, size, l->error);
}

bool sx_axis(struct sx_lowering *l, int64_t axis, int rank, int *result)
{
    *result = 0;
    if (axis < -rank || axis >= rank)
        return sx_reject(l, "axis %lld of a tensor of rank %d", (long long)axis, rank);
    *result = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

bool sx_axes(struct sx_lowering *l, const struct sx_ints *list, int rank, int *axes, int *n)
{
    bool seen[SX_MAX_RANK] = {false};
    *n = 0;
    if (!list->given) {
        for (int i = 0; i < rank; i++)
            axes[(*n)++] = i;
        return true;
    }
    for (int i = 0; i < list->n; i++) {
        int axis;
        if (!sx_axis(l, list->v[i], rank, &axis))
            return false;
        if (seen[axis])
            return sx_reject(l, "axis %d is given twice", axis);
        seen[axis] = true;
        axes[(*n)++] = axis;
    }
    return true;
}
