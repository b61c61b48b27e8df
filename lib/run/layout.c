/* layout.c - which values are stored channels last, and where transposes convert them.
 *
 * oneDNN convolves channels-last images fastest. Every node is rebuilt in the layout of its
 * operands: convolutions want channels last, movers and pointwise nodes follow, all others are
 * plain. A layout is a block of axes that is moved to the end, so it survives batches, flattened
 * planes and split channels. The rebuilt nodes have the shapes as stored, so later passes and the
 * planner need not know of layouts. */
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "run/passes.h"

/* Axes first .. first + n - 1, stored after all others. */
struct block {
    int first, n;
};

/* The rebuilt forms of a node: plain, with a block last, or both. */
struct layouts {
    int plain, last;
    struct block block;
    bool native; /* it is computed with the block last */
};

struct layout {
    const struct sx_graph *from;
    struct sx_graph *to;
    struct layouts *node;
};

enum { FEW_CHANNELS = 4 };

static const struct block channels = {1, 1};

/* Sets perm[j] to the plain axis that is stored as axis j. */
static void stored_axes(int rank, struct block b, int *perm)
{
    int j = 0;
    for (int i = 0; i < rank; i++)
        if (i < b.first || i >= b.first + b.n)
            perm[j++] = i;
    for (int i = 0; i < b.n; i++)
        perm[j++] = b.first + i;
}

/* The stored axis of a plain axis. */
static int stored_axis(int rank, struct block b, int axis)
{
    if (axis < b.first)
        return axis;
    return axis < b.first + b.n ? axis + rank - b.first - b.n : axis - b.n;
}

static struct sx_shape stored_shape(const struct sx_shape *shape, struct block b)
{
    struct sx_shape stored = *shape;
    int perm[SX_MAX_RANK];
    stored_axes(shape->rank, b, perm);
    for (int i = 0; i < shape->rank; i++)
        stored.dim[i] = shape->dim[perm[i]];
    return stored;
}

static int move_last(struct sx_graph *g, int node, struct block b)
{
    int perm[SX_MAX_RANK];
    if (node == SX_NONE)
        return SX_NONE;
    stored_axes(sx_shape_of(g, node).rank, b, perm);
    return sx_transpose(g, node, perm);
}

static int plain(struct layout *l, int i)
{
    struct layouts *have = &l->node[i];
    if (have->plain == SX_NONE && have->last != SX_NONE) {
        int perm[SX_MAX_RANK], back[SX_MAX_RANK], rank = l->from->node[i].shape.rank;
        stored_axes(rank, have->block, perm);
        for (int j = 0; j < rank; j++)
            back[perm[j]] = j;
        have->plain = sx_transpose(l->to, have->last, back);
    }
    return have->plain;
}

/* Returns node i stored with block b last. Below an EXPAND it transposes before the EXPAND, where
 * the tensor is smaller. */
static int last(struct layout *l, int i, struct block b)
{
    struct layouts *have = &l->node[i];
    const struct sx_node *node = &l->from->node[i];
    if (have->last != SX_NONE && have->block.first == b.first && have->block.n == b.n)
        return have->last;
    int moved = SX_NONE;
    if (node->op == SX_EXPAND && l->from->node[node->in[0]].shape.rank == node->shape.rank) {
        struct sx_shape shape = stored_shape(&node->shape, b);
        moved = sx_expand(l->to, move_last(l->to, plain(l, node->in[0]), b), &shape);
    } else {
        moved = move_last(l->to, plain(l, i), b);
    }
    if (have->last == SX_NONE) {
        have->last = moved;
        have->block = b;
    }
    return moved;
}

/* Returns operand i in a form that broadcasts to a result of `rank` axes with block b last. */
static int broadcast_last(struct layout *l, int i, int rank, struct block b)
{
    struct sx_shape shape = l->from->node[i].shape, full = {.rank = rank};
    int lead = rank - shape.rank;
    if (sx_count(&shape) == 1)
        return plain(l, i);
    if (lead == 0)
        return last(l, i, b);
    if (lead <= b.first && l->node[i].native && l->node[i].block.first == b.first - lead &&
        l->node[i].block.n == b.n)
        return l->node[i].last;
    for (int k = 0; k < rank; k++)
        full.dim[k] = k < lead ? 1 : shape.dim[k - lead];
    return move_last(l->to, sx_reshape(l->to, plain(l, i), &full), b);
}

/* ---- Rules: each emits a node with a block last and names the block, or declines ---- */

/* Finds the block of the first operand that is computed with one, as axes of the result. */
static bool find_block(const struct layout *l, const struct sx_node *node, bool full,
                       struct block *b)
{
    for (int k = 0; k < node->n_in; k++) {
        const struct layouts *in = &l->node[node->in[k]];
        const struct sx_shape *shape = &l->from->node[node->in[k]].shape;
        if (!in->native || (full && sx_count(shape) != sx_count(&node->shape)))
            continue;
        b->first = in->block.first + node->shape.rank - shape->rank;
        b->n = in->block.n;
        return b->first >= 0;
    }
    return false;
}

static int pointwise(struct layout *l, const struct sx_node *node, struct block *b)
{
    int in[3];
    if (!find_block(l, node, true, b))
        return SX_NONE;
    for (int k = 0; k < node->n_in; k++)
        in[k] = broadcast_last(l, node->in[k], node->shape.rank, *b);
    return sx_emit(l->to, node->op, node->n_in, in, node->n_attr, node->attr);
}

/* An adjoint by an image of few channels stays plain: channels last would leave most of a vector
 * unused, and oneDNN's gemm on plain images is 2 to 6 times as fast. */
static int convolution(struct layout *l, const struct sx_node *node, struct block *b)
{
    struct sx_conv c;
    sx_conv_get(node, &c);
    bool few = node->op == SX_CONVINPUT && c.group == 1 && node->shape.dim[1] <= FEW_CHANNELS;
    if (few || node->type != SX_FLOAT)
        return SX_NONE;
    *b = channels;
    c.nhwc = 1;
    int x = last(l, node->in[0], *b), w = plain(l, node->in[1]);
    return node->op == SX_CONV ? sx_conv(l->to, x, w, &c) : sx_conv_input(l->to, x, w, &c);
}

static int pool(struct layout *l, const struct sx_node *node, struct block *b)
{
    struct sx_pool p;
    if (!find_block(l, node, false, b) || b->first != channels.first || b->n != channels.n)
        return SX_NONE;
    sx_pool_get(node, &p);
    p.c.nhwc = 1;
    int x = last(l, node->in[0], *b);
    return node->op == SX_SUMPOOL  ? sx_sum_pool(l->to, x, &p)
           : node->op == SX_UNPOOL ? sx_unpool(l->to, x, &p)
                                   : sx_pool_index(l->to, x, &p);
}

static int64_t product(const struct sx_shape *s, int first, int end)
{
    int64_t n = 1;
    for (int i = first; i < end; i++)
        n *= s->dim[i];
    return n;
}

/* Finds the block after a reshape: the same elements, with the same number of elements before
 * them. */
static bool reshaped_block(const struct sx_shape *from, struct block b,
                           const struct sx_shape *to, struct block *result)
{
    int64_t before = product(from, 0, b.first), inside = product(from, b.first, b.first + b.n);
    for (int i = -1; i < to->rank; i++) {
        int first = i < 0 ? b.first : i; /* the best place is where it was */
        if (first >= to->rank || product(to, 0, first) != before)
            continue;
        for (int n = 1; first + n <= to->rank; n++)
            if (product(to, first, first + n) == inside) {
                *result = (struct block){first, n};
                return true;
            }
    }
    return false;
}

static int reshape(struct layout *l, const struct sx_node *node, struct block *b)
{
    const struct layouts *in = &l->node[node->in[0]];
    if (!in->native || sx_count(&node->shape) == 0 ||
        !reshaped_block(&l->from->node[node->in[0]].shape, in->block, &node->shape, b))
        return SX_NONE;
    struct sx_shape shape = stored_shape(&node->shape, *b);
    return sx_reshape(l->to, in->last, &shape);
}

/* A transpose keeps the block if the axes of the block move together. */
static int transpose(struct layout *l, const struct sx_node *node, struct block *b)
{
    const struct layouts *in = &l->node[node->in[0]];
    int rank = node->shape.rank, to[SX_MAX_RANK], perm[SX_MAX_RANK];
    if (!in->native)
        return SX_NONE;
    *b = (struct block){rank, in->block.n};
    for (int i = 0, inside = 0; i < rank; i++) {
        bool is_in =
            node->attr[i] >= in->block.first && node->attr[i] < in->block.first + in->block.n;
        if (is_in && inside++ == 0)
            b->first = i;
        if (is_in && i >= b->first + b->n)
            return SX_NONE;
    }
    stored_axes(rank, *b, to);
    for (int j = 0; j < rank; j++)
        perm[j] = stored_axis(rank, in->block, (int)node->attr[to[j]]);
    return sx_transpose(l->to, in->last, perm);
}

/* Reductions: the attributes are axes in ascending order. */
static int reduction(struct layout *l, const struct sx_node *node, struct block *b)
{
    int64_t axes[SX_MAX_RANK];
    if (!find_block(l, node, false, b))
        return SX_NONE;
    for (int k = 0; k < node->n_attr; k++) {
        int64_t axis = stored_axis(node->shape.rank, *b, (int)node->attr[k]);
        int at = k;
        for (; at > 0 && axes[at - 1] > axis; at--)
            axes[at] = axes[at - 1];
        axes[at] = axis;
    }
    int x = last(l, node->in[0], *b);
    return sx_emit(l->to, node->op, 1, &x, node->n_attr, axes);
}

/* Operators along one axis, their first attribute; all operands have the result's rank. */
static int along_axis(struct layout *l, const struct sx_node *node, struct block *b)
{
    int64_t attr[3];
    int *in = sx_new((size_t)node->n_in, sizeof *in, &l->to->error);
    if (in == NULL || node->n_attr > 3 || !find_block(l, node, false, b)) {
        free(in);
        return SX_NONE;
    }
    memcpy(attr, node->attr, (size_t)node->n_attr * sizeof *attr);
    attr[0] = stored_axis(node->shape.rank, *b, (int)attr[0]);
    for (int k = 0; k < node->n_in; k++)
        in[k] = last(l, node->in[k], *b);
    int result = sx_emit(l->to, node->op, node->n_in, in, node->n_attr, attr);
    free(in);
    return result;
}

/* TAKE and PUT: elementwise, or by one list of indices. */
static int gather(struct layout *l, const struct sx_node *node, struct block *b)
{
    bool each = node->attr[node->n_attr - 1] != 0;
    if (each)
        return along_axis(l, node, b);
    if (!l->node[node->in[0]].native || l->from->node[node->in[1]].shape.rank != 1)
        return SX_NONE;
    int64_t attr[3];
    *b = l->node[node->in[0]].block;
    memcpy(attr, node->attr, (size_t)node->n_attr * sizeof *attr);
    attr[0] = stored_axis(node->shape.rank, *b, (int)attr[0]);
    const int in[] = {last(l, node->in[0], *b), plain(l, node->in[1])};
    return sx_emit(l->to, node->op, 2, in, node->n_attr, attr);
}

/* SLICE and EMBED: three attributes for every axis. */
static int slice(struct layout *l, const struct sx_node *node, struct block *b)
{
    int rank = node->shape.rank, perm[SX_MAX_RANK];
    int64_t attr[3 * SX_MAX_RANK];
    if (!find_block(l, node, false, b))
        return SX_NONE;
    stored_axes(rank, *b, perm);
    for (int i = 0; i < 3 * rank; i++)
        attr[i] = node->attr[i / rank * rank + perm[i % rank]];
    int x = last(l, node->in[0], *b);
    return sx_emit(l->to, node->op, 1, &x, 3 * rank, attr);
}

static int expand(struct layout *l, const struct sx_node *node, struct block *b)
{
    if (!find_block(l, node, false, b))
        return SX_NONE;
    struct sx_shape shape = stored_shape(&node->shape, *b);
    return sx_expand(l->to, broadcast_last(l, node->in[0], node->shape.rank, *b), &shape);
}

static int rebuild_last(struct layout *l, const struct sx_node *node, struct block *b)
{
    if (sx_is_pointwise(node))
        return pointwise(l, node, b);
    switch (node->op) {
    case SX_CONV:
    case SX_CONVINPUT:
        return convolution(l, node, b);
    case SX_SUMPOOL:
    case SX_UNPOOL:
    case SX_POOLINDEX:
        return pool(l, node, b);
    case SX_RESHAPE:
        return reshape(l, node, b);
    case SX_TRANSPOSE:
        return transpose(l, node, b);
    case SX_SUM:
    case SX_REDUCEMAX:
        return reduction(l, node, b);
    case SX_CONCAT:
    case SX_CUMSUM:
    case SX_SORTINDEX:
    case SX_SOFTMAX:
    case SX_LOGSOFTMAX:
        return along_axis(l, node, b);
    case SX_TAKE:
    case SX_PUT:
        return gather(l, node, b);
    case SX_SLICE:
    case SX_EMBED:
        return slice(l, node, b);
    case SX_EXPAND:
        return expand(l, node, b);
    default:
        return SX_NONE;
    }
}

static int rebuild_plain(struct layout *l, const struct sx_node *node)
{
    if (node->op == SX_INPUT)
        return sx_input(l->to, node->type, &node->shape);
    if (node->op == SX_CONST)
        return sx_const_borrow(l->to, node->type, &node->shape, node->data);
    struct sx_conv c;
    if (sx_is_stem_adjoint(l->from, node)) {
        sx_conv_get(node, &c);
        int y = last(l, node->in[0], channels);
        return sx_stem_adjoint(l->to, y, plain(l, node->in[1]), &c);
    }
    if (node->op == SX_CONVWEIGHT && node->type == SX_FLOAT) {
        sx_conv_get(node, &c);
        c.nhwc = 1;
        int x = last(l, node->in[0], channels);
        return sx_conv_weight(l->to, x, last(l, node->in[1], channels), &c);
    }
    int *in = sx_new((size_t)node->n_in, sizeof *in, &l->to->error);
    int result = SX_NONE;
    if (in != NULL) {
        for (int k = 0; k < node->n_in; k++)
            in[k] = plain(l, node->in[k]);
        result = sx_emit(l->to, node->op, node->n_in, in, node->n_attr, node->attr);
    }
    free(in);
    return result;
}

bool sx_layout(const struct sx_graph *from, struct sx_graph *to, const int *outputs,
               int n_outputs, int *map)
{
    struct layout l = {.from = from, .to = to};
    bool *needed = sx_new(from->n_nodes, sizeof *needed, &to->error);
    l.node = sx_new(from->n_nodes, sizeof *l.node, &to->error);
    if (to->error.status == SX_OK)
        sx_mark_needed(from, outputs, n_outputs, needed);
    for (size_t i = 0; i < from->n_nodes && to->error.status == SX_OK; i++) {
        l.node[i] = (struct layouts){.plain = SX_NONE, .last = SX_NONE};
        map[i] = SX_NONE;
        if (!needed[i])
            continue;
        struct layouts *now = &l.node[i];
        now->last = rebuild_last(&l, &from->node[i], &now->block);
        now->native = now->last != SX_NONE;
        if (!now->native)
            now->plain = rebuild_plain(&l, &from->node[i]);
        if (from->node[i].op == SX_INPUT)
            map[i] = now->plain;
    }
    for (int k = 0; k < n_outputs && to->error.status == SX_OK; k++)
        map[outputs[k]] = plain(&l, outputs[k]);
    free(needed);
    free(l.node);
    return to->error.status == SX_OK;
}
