/* sparse.c - tensors of which a file stores only the non-zero elements. */
#include "lower/scope.h"

/* Flat positions [n] from indices [n], or [n, rank]. */
static int flat_places(struct sx_graph *g, int index, const struct sx_shape *whole, int64_t n)
{
    struct sx_shape shape = sx_shape_of(g, index);
    if (shape.rank != 2)
        return index;
    int flat = sx_scalar_int(g, 0);
    for (int i = 0; i < whole->rank; i++) {
        int column = sx_shaped(g, sx_slice_axis(g, index, 1, i, 1), 1, &n);
        flat = sx_add(g, sx_mul(g, flat, sx_scalar_int(g, whole->dim[i])), column);
    }
    return flat;
}

static bool places_fit(const struct sx_graph *g, int flat, int64_t count)
{
    struct sx_shape shape = sx_shape_of(g, flat);
    for (int64_t i = 0; i < sx_count(&shape); i++) {
        int64_t at = ((const int64_t *)g->node[flat].data)[i];
        if (at < 0 || at >= count)
            return false;
    }
    return true;
}

struct sx_value sx_scope_sparse(struct sx_scope *s, const Onnx__SparseTensorProto *proto)
{
    struct sx_graph *g = s->lowered->graph;
    const struct sx_value none = {.node = SX_NONE};
    struct sx_shape shape = {.rank = (int)proto->n_dims};
    int64_t count, n;
    if (proto->values == NULL || proto->indices == NULL || proto->n_dims > SX_MAX_RANK) {
        sx_fail(s->error, SX_MODEL, "a sparse tensor without values, indices or dims");
        return none;
    }
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = proto->dims[i];
    struct sx_value value = sx_scope_tensor(s, proto->values);
    struct sx_value index = sx_scope_tensor(s, proto->indices);
    if (value.node == SX_NONE || index.node == SX_NONE ||
        !sx_shape_count(&shape, &count, s->error))
        return none;
    struct sx_shape values = sx_shape_of(g, value.node), at = sx_shape_of(g, index.node);
    n = sx_count(&values);
    bool fits = g->node[index.node].type == SX_INT && at.rank >= 1 && at.rank <= 2 &&
                at.dim[0] == n && (at.rank == 1 || at.dim[1] == shape.rank);
    int flat = fits ? flat_places(g, index.node, &shape, n) : SX_NONE;
    if (flat == SX_NONE || !sx_is_const(g, flat) || !places_fit(g, flat, count) ||
        g->node[value.node].type == SX_BOOL) {
        sx_fail(s->error, SX_MODEL, "a sparse tensor's indices do not fit");
        return none;
    }
    int line = sx_put(g, sx_shaped(g, value.node, 1, &n), flat, 0, count, false);
    return (struct sx_value){.node = sx_shaped(g, line, shape.rank, shape.dim),
                             .kind = value.kind};
}

/* Reads the sparse initializers. A sparse tensor has the name of its values. */
bool sx_scope_sparse_initializers(struct sx_scope *s, const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_sparse_initializer; i++) {
        const Onnx__SparseTensorProto *proto = graph->sparse_initializer[i];
        const char *name = proto->values != NULL ? sx_text(proto->values->name) : "";
        if (sx_names_get(&s->cut, name) >= 0)
            continue;
        struct sx_value value = sx_scope_sparse(s, proto);
        if (!sx_scope_initialize(s, name, value))
            return false;
    }
    return true;
}
