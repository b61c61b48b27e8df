/* movers.c - the builders of rows that move elements. */
#include "graph/build.h"

/* Emits a row whose attributes are the dimensions of its result. */
static int emit_to_shape(struct sx_graph *g, int op, int a, const struct sx_shape *shape)
{
    struct sx_shape s = *shape;
    if (s.rank < 0 || s.rank > SX_MAX_RANK) {
        sx_graph_fail(g, SX_MODEL, "%s: rank %d is over %d", g->rows[op]->name, s.rank,
                      SX_MAX_RANK);
        return SX_NONE;
    }
    return sx_emit(g, op, 1, &a, s.rank, s.dim);
}

int sx_reshape(struct sx_graph *g, int a, const struct sx_shape *shape)
{
    return emit_to_shape(g, SX_RESHAPE, a, shape);
}

int sx_stop(struct sx_graph *g, int a)
{
    return sx_emit(g, SX_STOP, 1, &a, 0, NULL);
}

int sx_transpose(struct sx_graph *g, int a, const int *perm)
{
    struct sx_shape shape = sx_shape_of(g, a);
    int64_t attr[SX_MAX_RANK];
    for (int i = 0; i < shape.rank; i++)
        attr[i] = perm[i];
    return sx_emit(g, SX_TRANSPOSE, 1, &a, shape.rank, attr);
}

int sx_expand(struct sx_graph *g, int a, const struct sx_shape *shape)
{
    return emit_to_shape(g, SX_EXPAND, a, shape);
}

static int emit_slice(struct sx_graph *g, int op, int a, const int64_t *start,
                      const int64_t *step, const struct sx_shape *shape)
{
    struct sx_shape s = *shape, in = sx_shape_of(g, a);
    int64_t attr[3 * SX_MAX_RANK] = {0};
    if (s.rank < 0 || s.rank > SX_MAX_RANK) {
        sx_graph_fail(g, SX_MODEL, "%s: rank %d is over %d", g->rows[op]->name, s.rank,
                      SX_MAX_RANK);
        return SX_NONE;
    }
    for (int i = 0; i < s.rank; i++) {
        int64_t moved = op == SX_SLICE || i >= in.rank ? s.dim[i] : in.dim[i];
        attr[i] = start[i];
        /* normalised, so that equal nodes have equal attributes */
        attr[s.rank + i] = moved > 1 ? step[i] : 1;
        attr[2 * s.rank + i] = s.dim[i];
    }
    return sx_emit(g, op, 1, &a, 3 * s.rank, attr);
}

int sx_slice(struct sx_graph *g, int a, const int64_t *start, const int64_t *step,
             const struct sx_shape *shape)
{
    return emit_slice(g, SX_SLICE, a, start, step, shape);
}

int sx_embed(struct sx_graph *g, int a, const int64_t *start, const int64_t *step,
             const struct sx_shape *shape)
{
    return emit_slice(g, SX_EMBED, a, start, step, shape);
}

int sx_slice_axis(struct sx_graph *g, int a, int axis, int64_t begin, int64_t count)
{
    struct sx_shape shape = sx_shape_of(g, a);
    int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    if (a == SX_NONE)
        return SX_NONE;
    if (axis < 0 || axis >= shape.rank) {
        sx_graph_fail(g, SX_MODEL, "Slice: axis %d is outside rank %d", axis, shape.rank);
        return SX_NONE;
    }
    for (int i = 0; i < shape.rank; i++)
        step[i] = 1;
    start[axis] = begin;
    shape.dim[axis] = count;
    return sx_slice(g, a, start, step, &shape);
}

int sx_concat(struct sx_graph *g, const int *parts, int n, int axis)
{
    const int64_t attr = axis;
    return sx_emit(g, SX_CONCAT, n, parts, 1, &attr);
}

int sx_take(struct sx_graph *g, int a, int index, int axis, bool elementwise)
{
    const int in[] = {a, index};
    const int64_t attr[] = {axis, elementwise};
    return sx_emit(g, SX_TAKE, 2, in, 2, attr);
}

int sx_put(struct sx_graph *g, int a, int index, int axis, int64_t n, bool elementwise)
{
    const int in[] = {a, index};
    const int64_t attr[] = {axis, n, elementwise};
    return sx_emit(g, SX_PUT, 2, in, 3, attr);
}
