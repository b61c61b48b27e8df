/* splits.c - Split for slices that together divide a tensor, and Concat for parts that are
 * embedded side by side and added. */
#include "export/patterns.h"

enum { MOST_SIZES = 32 }; /* the most parts of different lengths */

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

/* The one axis that a slice or an embedding cuts, in steps of 1. -1 if it cuts no axis,
 * several, or in larger steps. */
static int cut_axis(const struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    int r = n->shape.rank, axis = -1;
    for (int i = 0; i < r; i++) {
        if (sx_leaves_axis(w, node, i))
            continue;
        if (axis >= 0)
            return -1;
        axis = i;
    }
    for (int k = 0; axis >= 0 && k < w->symbols->n; k++) {
        const struct sx_node *o = &w->other[k]->node[node];
        if (o->attr[axis] != n->attr[axis] || o->shape.dim[axis] != n->shape.dim[axis] ||
            w->other[k]->node[n->in[0]].shape.dim[axis] !=
                node_of(w, n->in[0])->shape.dim[axis])
            return -1;
    }
    int64_t step = axis >= 0 ? n->attr[r + axis] : 0;
    int small = n->op == SX_SLICE ? node : axis >= 0 ? n->in[0] : node;
    return step == 1 || (axis >= 0 && node_of(w, small)->shape.dim[axis] == 1) ? axis : -1;
}

/* ---- Split ---- */

/* Adds a slice to the list of its tensor, in the order of their first elements. */
static void add_part(struct sx_writer *w, int slice)
{
    const struct sx_node *n = node_of(w, slice);
    int *at = &w->part[n->in[0]], axis = cut_axis(w, slice);
    if (axis < 0 || (*at != SX_NONE && cut_axis(w, *at) != axis))
        return;
    while (*at != SX_NONE && node_of(w, *at)->attr[axis] < n->attr[axis])
        at = &w->next[*at];
    w->next[slice] = *at;
    *at = slice;
}

/* Whether the slices of a tensor have each of its elements once. *count becomes their number.
 * *equal says whether all have the same length. */
static bool divide(const struct sx_writer *w, int tensor, int *count, bool *equal)
{
    int first = w->part[tensor], axis = first != SX_NONE ? cut_axis(w, first) : 0;
    int64_t at = 0;
    *count = 0;
    *equal = true;
    for (int s = first; s != SX_NONE; s = w->next[s]) {
        int64_t length = node_of(w, s)->shape.dim[axis];
        if (node_of(w, s)->attr[axis] != at)
            return false;
        *equal = *equal && length == node_of(w, first)->shape.dim[axis];
        at += length;
        ++*count;
    }
    return *count > 1 && at == node_of(w, tensor)->shape.dim[axis] &&
           (*equal || *count <= MOST_SIZES);
}

void sx_find_splits(struct sx_writer *w)
{
    int count;
    bool equal;
    for (size_t i = 0; i < w->g->n_nodes; i++)
        if (node_of(w, (int)i)->op == SX_SLICE)
            add_part(w, (int)i);
    for (size_t i = 0; i < w->g->n_nodes; i++)
        if (!divide(w, (int)i, &count, &equal))
            w->part[i] = SX_NONE;
}

int sx_read_split(const struct sx_writer *w, int node, int *reads)
{
    reads[0] = node_of(w, node)->in[0];
    for (int s = w->part[reads[0]]; s != SX_NONE; s = w->next[s])
        if (s == node)
            return 1;
    return SX_NONE;
}

/* Writes one Split for all slices of the tensor, when the first of them is needed. */
void sx_spell_split(struct sx_writer *w, int node)
{
    int tensor = node_of(w, node)->in[0], axis = cut_axis(w, node), count, n = 0;
    int64_t sizes[MOST_SIZES];
    bool equal;
    if (w->name[node] != NULL)
        return;
    divide(w, tensor, &count, &equal);
    const char **out = sx_arena_new(&w->arena, (size_t)count + 1, sizeof *out, w->error);
    for (int s = w->part[tensor]; out != NULL && s != SX_NONE; s = w->next[s]) {
        if (!equal)
            sizes[n] = node_of(w, s)->shape.dim[axis];
        out[n++] = w->name[s] = w->wish[s] != NULL ? w->wish[s] : sx_writer_name(w, "Split");
    }
    const struct sx_onnx_attr attrs[] = {{.name = "axis", .i = axis},
                                         {.name = "num_outputs", .i = count}};
    if (out != NULL && w->error->status == SX_OK)
        sx_onnx_write_nodes(
            w->to, "Split",
            SX_IN(sx_operand_name(w, node, 0), equal ? NULL : sx_out_ints(w, sizes, count)),
            out, attrs, equal && w->opset >= 18 ? 2 : 1);
}

/* ---- Concat ---- */

/* Lists the terms of a sum in leaf[] and returns their number. An inner sum that has no other
 * reader is taken apart, too. SX_NONE unless all terms are embedded along one axis, which *axis
 * becomes. */
static int leaves_of(const struct sx_writer *w, int node, int *leaf, int *axis)
{
    const struct sx_shape *shape = &node_of(w, node)->shape;
    int n = 1;
    leaf[0] = node;
    *axis = -1;
    for (int k = 0; k < n;) {
        const struct sx_node *l = node_of(w, leaf[k]);
        if (!sx_shape_equal(&l->shape, shape))
            return SX_NONE;
        if (l->op == SX_ADD && (leaf[k] == node || w->uses[leaf[k]] == 1)) {
            leaf[k] = l->in[0];
            leaf[n++] = l->in[1];
            continue;
        }
        int cut = l->op == SX_EMBED ? cut_axis(w, leaf[k]) : -1;
        if (cut < 0 || (*axis >= 0 && cut != *axis))
            return SX_NONE;
        *axis = cut;
        k++;
    }
    return n;
}

/* Sorts the embedded parts by their first elements. Whether they then fill the shape. */
static bool line_up(const struct sx_writer *w, int *leaf, int n, int axis)
{
    int64_t at = 0, end = node_of(w, leaf[0])->shape.dim[axis];
    for (int i = 1; i < n; i++)
        for (int k = i;
             k > 0 && node_of(w, leaf[k])->attr[axis] < node_of(w, leaf[k - 1])->attr[axis];
             k--) {
            int swap = leaf[k];
            leaf[k] = leaf[k - 1];
            leaf[k - 1] = swap;
        }
    for (int i = 0; i < n; i++) {
        const struct sx_node *l = node_of(w, leaf[i]);
        if (l->attr[axis] != at)
            return false;
        at += node_of(w, l->in[0])->shape.dim[axis];
    }
    return at == end;
}

static int joined(const struct sx_writer *w, int node, int *leaf, int *axis)
{
    int n = leaves_of(w, node, leaf, axis);
    return n > 1 && line_up(w, leaf, n, *axis) ? n : SX_NONE;
}

int sx_read_joined(const struct sx_writer *w, int node, int *reads)
{
    int axis, n = joined(w, node, reads, &axis);
    for (int i = 0; i < n; i++)
        reads[i] = node_of(w, reads[i])->in[0];
    return n;
}

void sx_spell_joined(struct sx_writer *w, int node)
{
    int along, n = joined(w, node, w->reads, &along);
    const char **parts = sx_arena_new(&w->arena, (size_t)n + 1, sizeof *parts, w->error);
    const struct sx_onnx_attr axis = {.name = "axis", .i = along};
    for (int i = 0; i < n && parts != NULL; i++)
        parts[i] = sx_operand_name(w, w->reads[i], 0);
    if (parts != NULL)
        sx_result(w, node, "Concat", parts, &axis, 1);
}
