/* movers.c - writes operators that move elements in ONNX. */
#include "export/export.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

static const char *in(struct sx_writer *w, int node, int k)
{
    return sx_operand_name(w, node, k);
}

void sx_spell_reshape(struct sx_writer *w, int node)
{
    struct sx_dim dims[SX_MAX_RANK];
    if (sx_dims_of(w, node, dims))
        w->name[node] = sx_out_reshape(w, in(w, node, 0), dims, node_of(w, node)->shape.rank,
                                       w->wish[node]);
}

void sx_spell_transpose(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr perm = {.name = "perm", .ints = n->attr, .n = n->n_attr};
    sx_result(w, node, "Transpose", SX_IN(in(w, node, 0)), &perm, 1);
}

/* Writes a constant without elements, because runtimes differ in expanding to length 0. */
static bool spell_nothing(struct sx_writer *w, int node, const struct sx_dim *dims)
{
    const struct sx_node *n = node_of(w, node);
    struct sx_tensor none = {n->type, n->shape, NULL};
    for (int i = 0; i < n->shape.rank; i++)
        if (dims[i].open)
            return false;
    if (sx_count(&n->shape) > 0)
        return false;
    w->name[node] = w->wish[node] != NULL ? w->wish[node] : sx_writer_name(w, "const");
    if (w->name[node] != NULL)
        sx_onnx_write_tensor(w->to, w->name[node], &none);
    return true;
}

/* Writes Expand. Axes that the operand has already are 1 in the shape, so they need no rule. */
void sx_spell_expand(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_shape *a = &node_of(w, n->in[0])->shape;
    struct sx_dim dims[SX_MAX_RANK];
    int lead = n->shape.rank - a->rank;
    if (!sx_dims_of(w, node, dims))
        return;
    if (spell_nothing(w, node, dims))
        return;
    for (int i = lead; i < n->shape.rank; i++)
        if (a->dim[i - lead] != 1)
            dims[i] = sx_dim_fixed(1);
    sx_result(w, node, "Expand", SX_IN(in(w, node, 0), sx_out_dims(w, dims, n->shape.rank)),
              NULL, 0);
}

bool sx_leaves_axis(const struct sx_writer *w, int node, int axis)
{
    for (int k = -1; k < w->symbols->n; k++) {
        const struct sx_graph *g = k < 0 ? w->g : w->other[k];
        const struct sx_node *n = &g->node[node];
        if (n->attr[axis] != 0 ||
            (n->attr[n->shape.rank + axis] != 1 && n->shape.dim[axis] > 1) ||
            n->shape.dim[axis] != g->node[n->in[0]].shape.dim[axis])
            return false;
    }
    return true;
}

void sx_spell_slice(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    int64_t start[SX_MAX_RANK], end[SX_MAX_RANK], axes[SX_MAX_RANK], step[SX_MAX_RANK];
    int r = n->shape.rank, cut = 0;
    for (int i = 0; i < r; i++) {
        if (sx_leaves_axis(w, node, i))
            continue;
        if (!sx_attr_fixed(w, node, i) || !sx_attr_fixed(w, node, r + i) ||
            !sx_attr_fixed(w, node, 2 * r + i))
            return;
        start[cut] = n->attr[i];
        step[cut] = n->attr[r + i];
        end[cut] = start[cut] + n->attr[2 * r + i] * step[cut];
        if (end[cut] < 0)
            end[cut] = INT64_MIN;
        axes[cut++] = i;
    }
    if (cut == 0)
        sx_spell_alias(w, node);
    else
        sx_result(w, node, "Slice",
                  SX_IN(in(w, node, 0), sx_out_ints(w, start, cut), sx_out_ints(w, end, cut),
                        sx_out_ints(w, axes, cut), sx_out_ints(w, step, cut)),
                  NULL, 0);
}

/* Inserts step - 1 zeros behind each element along an axis. */
static const char *spread(struct sx_writer *w, const char *a, struct sx_dim *dims, int rank,
                          int axis, int64_t step)
{
    struct sx_dim apart[SX_MAX_RANK + 1];
    int64_t pads[2 * (SX_MAX_RANK + 1)] = {0};
    for (int i = 0; i <= rank; i++)
        apart[i] = i <= axis ? dims[i] : i == axis + 1 ? sx_dim_fixed(1) : dims[i - 1];
    a = sx_out_reshape(w, a, apart, rank + 1, NULL);
    pads[rank + 1 + axis + 1] = step - 1;
    a = sx_out_node(w, "Pad", SX_IN(a, sx_out_ints(w, pads, 2 * (rank + 1))), NULL, NULL, 0);
    dims[axis].factor *= step;
    return sx_out_reshape(w, a, dims, rank, NULL);
}

static const char *reversed(struct sx_writer *w, const char *a, int axis)
{
    const int64_t first = -1, last = INT64_MIN, along = axis;
    return sx_out_node(w, "Slice",
                       SX_IN(a, sx_out_ints(w, &first, 1), sx_out_ints(w, &last, 1),
                             sx_out_ints(w, &along, 1), sx_out_ints(w, &first, 1)),
                       NULL, NULL, 0);
}

void sx_spell_embed(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const char *a = in(w, node, 0);
    struct sx_dim dims[SX_MAX_RANK];
    int64_t pads[2 * SX_MAX_RANK] = {0};
    int r = n->shape.rank;
    if (!sx_dims_of(w, n->in[0], dims))
        return;
    for (int i = 0; i < r; i++) {
        if (sx_leaves_axis(w, node, i))
            continue;
        if (!sx_attr_fixed(w, node, i) || !sx_attr_fixed(w, node, r + i) ||
            !sx_attr_fixed(w, node, 2 * r + i))
            return;
        int64_t count = node_of(w, n->in[0])->shape.dim[i], start = n->attr[i];
        int64_t step = count > 1 ? n->attr[r + i] : 1;
        if (step < 0) {
            a = reversed(w, a, i);
            start += (count - 1) * step;
            step = -step;
        }
        if (step > 1)
            a = spread(w, a, dims, r, i, step);
        pads[i] = start;
        pads[r + i] = n->shape.dim[i] - start - count * step;
    }
    sx_result(w, node, "Pad", SX_IN(a, sx_out_ints(w, pads, 2 * r)), NULL, 0);
}

void sx_spell_concat(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr axis = {.name = "axis", .i = n->attr[0]};
    const char **parts = sx_arena_new(&w->arena, (size_t)n->n_in + 1, sizeof *parts, w->error);
    for (int k = 0; k < n->n_in && parts != NULL; k++)
        parts[k] = in(w, node, k);
    if (parts != NULL)
        sx_result(w, node, "Concat", parts, &axis, 1);
}

void sx_spell_take(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr axis = {.name = "axis", .i = n->attr[0]};
    sx_result(w, node, n->attr[1] != 0 ? "GatherElements" : "Gather",
              SX_IN(in(w, node, 0), in(w, node, 1)), &axis, 1);
}

/* Adds elements to zeros by ScatterElements. An index of rows is repeated for each element of a
 * row. */
void sx_spell_put(struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    const char *a = in(w, node, 0), *index = in(w, node, 1);
    struct sx_dim large[SX_MAX_RANK], small[SX_MAX_RANK], thin[SX_MAX_RANK];
    int r = n->shape.rank, axis = (int)n->attr[0];
    if (!sx_dims_of(w, node, large))
        return;
    if (n->attr[2] == 0) {
        struct sx_dim rows[SX_MAX_RANK];
        const struct sx_shape *s = &node_of(w, n->in[1])->shape;
        if (!sx_dims_of(w, n->in[1], rows))
            return;
        struct sx_dim all = sx_dim_fixed(1);
        for (int i = 0; i < s->rank; i++) {
            all.factor *= rows[i].factor;
            all.open = all.open || rows[i].open;
            for (int k = 0; k < w->symbols->n; k++)
                all.power[k] += rows[i].power[k];
        }
        for (int i = 0; i < r; i++) {
            small[i] = i == axis ? all : large[i];
            thin[i] = i == axis ? all : sx_dim_fixed(1);
        }
        a = s->rank == 1 ? a : sx_out_reshape(w, a, small, r, NULL);
        index = sx_out_reshape(w, index, thin, r, NULL);
        index = sx_out_node(w, "Expand", SX_IN(index, sx_out_dims(w, small, r)), NULL, NULL, 0);
    }
    const char *zero = sx_is_real(n->type) ? sx_out_real(w, 0) : sx_out_int(w, 0);
    const char *zeros =
        sx_out_node(w, "Expand", SX_IN(zero, sx_out_dims(w, large, r)), NULL, NULL, 0);
    const struct sx_onnx_attr attrs[] = {{.name = "axis", .i = axis},
                                         {.name = "reduction", .text = "add"}};
    sx_result(w, node, "ScatterElements", SX_IN(zeros, index, a), attrs, 2);
}
