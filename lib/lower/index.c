/* index.c - lowering of operators that read and write elements by index. */
#include <stdlib.h>
#include <string.h>

#include "lower/tables.h"

static bool lower_gather(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int axis;
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), x.rank, &axis))
        return false;
    int index = sx_index(l, sx_arg(l, 1), x.dim[axis]);
    return index != SX_NONE && sx_give(l, sx_take(l->g, sx_arg(l, 0), index, axis, false));
}

/* GatherElements; indices may be shorter than the data along other axes. */
static bool lower_gather_elements(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), shape = sx_arg_shape(l, 1);
    int axis, a = sx_arg(l, 0);
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), x.rank, &axis))
        return false;
    if (shape.rank != x.rank)
        return sx_reject(l, "indices of rank %d for data of rank %d", shape.rank, x.rank);
    for (int i = 0; i < x.rank; i++) {
        if (i != axis && shape.dim[i] > x.dim[i])
            return sx_reject(l, "more indices than data along axis %d", i);
        if (i != axis && shape.dim[i] < x.dim[i])
            a = sx_slice_axis(g, a, i, 0, shape.dim[i]);
    }
    int index = sx_index(l, sx_arg(l, 1), x.dim[axis]);
    return index != SX_NONE && sx_give(l, sx_take(g, a, index, axis, true));
}

/* Converts tuples of indices into the axes after `batch` of a shape to flat indices of rows:
 * [places], row-major over the tuples. *rows and *inner describe the flattened data. */
static int flat_index(struct sx_lowering *l, int index, const struct sx_shape *x, int batch,
                      int64_t *rows, int64_t *inner)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, index);
    int64_t depth = shape.rank > 0 ? shape.dim[shape.rank - 1] : 0;
    if (shape.rank <= batch || depth < 1 || depth > x->rank - batch) {
        sx_reject(l, "%lld indices for each place in data of rank %d", (long long)depth,
                  x->rank);
        return SX_NONE;
    }
    int last = batch + (int)depth, flat = SX_NONE;
    int64_t places = sx_span(&shape, 0, shape.rank - 1), lots = sx_span(x, 0, batch);
    if (lots != sx_span(&shape, 0, batch)) {
        sx_reject(l, "batch axes of data and indices differ");
        return SX_NONE;
    }
    index = sx_shaped(g, index, 2, (int64_t[]){places, depth});
    for (int k = 0; k < depth; k++) {
        int one = sx_shaped(g, sx_slice_axis(g, index, 1, k, 1), 1, &places);
        one = sx_index(l, one, x->dim[batch + k]);
        one = sx_mul(g, one, sx_scalar_int(g, sx_span(x, batch + k + 1, last)));
        flat = flat == SX_NONE ? one : sx_add(g, flat, one);
    }
    if (lots > 1) {
        int64_t per = places / lots;
        int lot = sx_mul(g, sx_iota(g, lots), sx_scalar_int(g, sx_span(x, batch, last)));
        struct sx_shape wide = {2, {lots, per}};
        lot = sx_expand(g, sx_along(g, lot, 0, 2), &wide);
        flat = sx_add(g, flat, sx_shaped(g, lot, 1, &places));
    }
    *rows = sx_span(x, 0, last);
    *inner = sx_span(x, last, x->rank);
    return flat;
}

static bool lower_gather_nd(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), index = sx_arg_shape(l, 1), shape = index;
    int64_t batch = sx_attr_int(l, "batch_dims", 0), rows, inner;
    if (batch < 0 || batch >= x.rank)
        return sx_reject(l, "batch_dims = %lld", (long long)batch);
    int flat = flat_index(l, sx_arg(l, 1), &x, (int)batch, &rows, &inner);
    if (flat == SX_NONE)
        return false;
    int first = (int)batch + (int)index.dim[index.rank - 1];
    if (index.rank - 1 + x.rank - first > SX_MAX_RANK)
        return sx_reject(l, "the result has too many axes");
    shape.rank = index.rank - 1;
    for (int i = first; i < x.rank; i++)
        shape.dim[shape.rank++] = x.dim[i];
    int a = sx_shaped(g, sx_arg(l, 0), 2, (int64_t[]){rows, inner});
    return sx_give(l, sx_shaped(g, sx_take(g, a, flat, 0, false), shape.rank, shape.dim));
}

enum scatter { SCATTER_NONE, SCATTER_ADD, SCATTER_MUL, SCATTER_MIN, SCATTER_MAX };

/* For each of `count` updates, its number among the updates of the same place, from 0. */
static int64_t *rounds_of(struct sx_lowering *l, const int64_t *index, int64_t count,
                          int64_t places, int64_t *n_rounds)
{
    int64_t *seen = sx_new((size_t)places, sizeof *seen, l->error);
    int64_t *round = sx_scratch(l, (size_t)count, sizeof *round);
    for (int64_t i = 0; i < count && seen != NULL && round != NULL; i++) {
        round[i] = seen[index[i]]++;
        *n_rounds = round[i] + 1 > *n_rounds ? round[i] + 1 : *n_rounds;
    }
    free(seen);
    return l->error->status == SX_OK ? round : NULL;
}

/* Combines updates of distinct places by one operator: data [places, inner], index [n]. */
static int combined(struct sx_graph *g, int data, int index, int updates, int op)
{
    struct sx_shape x = sx_shape_of(g, data), u = sx_shape_of(g, updates);
    int64_t n = x.dim[0];
    int put = sx_put(g, updates, index, 0, n, false);
    int mask = sx_cast(g, sx_put(g, sx_filled(g, SX_INT, &u, 1), index, 0, n, false), SX_BOOL);
    return sx_where(g, mask, sx_binary(g, op, data, put), data);
}

/* Products and extremes: in each round all places are distinct. */
static int scattered_in_rounds(struct sx_lowering *l, int data, int index, int updates, int op)
{
    struct sx_graph *g = l->g;
    int64_t count = sx_shape_of(g, index).dim[0], n_rounds = 0;
    const int64_t *v = sx_const_data(l, index, "input 1 (indices)");
    int64_t *round =
        v == NULL ? NULL : rounds_of(l, v, count, sx_shape_of(g, data).dim[0], &n_rounds);
    int64_t *some = sx_scratch(l, (size_t)count, sizeof *some);
    if (round == NULL || some == NULL)
        return SX_NONE;
    if (n_rounds > 1000) {
        sx_reject(l, "a place is updated %lld times", (long long)n_rounds);
        return SX_NONE;
    }
    for (int64_t r = 0; r < n_rounds; r++) {
        struct sx_shape list = {1, {0}};
        for (int64_t i = 0; i < count; i++)
            if (round[i] == r)
                some[list.dim[0]++] = i;
        int chosen = sx_const(g, SX_INT, &list, some);
        data = combined(g, data, sx_take(g, index, chosen, 0, false),
                        sx_take(g, updates, chosen, 0, false), op);
    }
    return data;
}

static bool all_true(const struct sx_graph *g, int node)
{
    bool all = sx_is_const(g, node);
    for (int64_t i = 0; all && i < sx_count(&g->node[node].shape); i++)
        all = ((const uint8_t *)g->node[node].data)[i] != 0;
    return all;
}

/* The updates, with 0 for those that a later one replaces. They are sorted by place and compared
 * with the next one. */
static int last_of_equal(struct sx_graph *g, int index, int updates, int axis, bool elementwise)
{
    struct sx_shape shape = sx_shape_of(g, index), end = shape;
    int64_t n = shape.rank > axis ? shape.dim[axis] : 1;
    if (n < 2 || sx_count(&shape) == 0)
        return updates;
    end.dim[axis] = 1;
    int order = sx_sort_index(g, index, axis, false);
    int sorted = sx_take(g, index, order, axis, true);
    int same = sx_binary(g, SX_EQUAL, sx_slice_axis(g, sorted, axis, 0, n - 1),
                         sx_slice_axis(g, sorted, axis, 1, n - 1));
    int parts[] = {sx_cast(g, same, SX_INT), sx_filled(g, SX_INT, &end, 0)};
    int early = sx_put(g, sx_concat(g, parts, 2, axis), order, axis, n, true);
    int keep = sx_binary(g, SX_EQUAL, early, sx_scalar_int(g, 0));
    if (keep == SX_NONE || all_true(g, keep))
        return updates;
    if (!elementwise)
        keep = sx_shaped(g, keep, 2, (int64_t[]){n, 1});
    enum sx_type type = g->node[updates].type;
    return sx_where(g, keep, updates, sx_filled(g, type, &(struct sx_shape){0}, 0));
}

/* Replaces elements. If several updates have one place, any of them may win. */
static int replaced(struct sx_graph *g, int data, int index, int updates, int axis,
                    bool elementwise)
{
    struct sx_shape u = sx_shape_of(g, updates);
    int64_t n = sx_shape_of(g, data).dim[axis];
    updates = last_of_equal(g, index, updates, axis, elementwise);
    int ones = sx_put(g, sx_filled(g, SX_INT, &u, 1), index, axis, n, elementwise);
    int put = sx_put(g, updates, index, axis, n, elementwise);
    return sx_where(g, sx_cast(g, ones, SX_BOOL), put, data);
}

/* data [.., n, ..] with updates added to it, or replacing it, along an axis. */
static int scattered(struct sx_lowering *l, int data, int index, int updates, int axis,
                     bool elementwise, enum scatter how)
{
    static const int ops[] = {
        [SCATTER_MUL] = SX_MUL, [SCATTER_MIN] = SX_MIN, [SCATTER_MAX] = SX_MAX};
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_shape_of(g, data), u = sx_shape_of(g, updates);
    if (how == SCATTER_NONE)
        return replaced(g, data, index, updates, axis, elementwise);
    if (how == SCATTER_ADD)
        return sx_add(g, data, sx_put(g, updates, index, axis, x.dim[axis], elementwise));
    if (!elementwise)
        return scattered_in_rounds(l, data, index, updates, ops[how]);
    /* Flat positions: element [o, k, i] of the updates goes to [o, index, i] of the data. */
    int64_t inner = sx_span(&x, axis + 1, x.rank), count = sx_count(&u), all = sx_count(&x);
    int64_t *base = sx_scratch(l, (size_t)count, sizeof *base);
    if (base == NULL)
        return SX_NONE;
    for (int64_t k = 0; k < count; k++)
        base[k] = k / (u.dim[axis] * inner) * x.dim[axis] * inner + k % inner;
    struct sx_shape list = {1, {count}};
    int flat = sx_mul(g, sx_shaped(g, index, 1, &count), sx_scalar_int(g, inner));
    flat = sx_add(g, flat, sx_const(g, SX_INT, &list, base));
    int y = scattered_in_rounds(l, sx_shaped(g, data, 2, (int64_t[]){all, 1}), flat,
                                sx_shaped(g, updates, 2, (int64_t[]){count, 1}), ops[how]);
    return sx_shaped(g, y, x.rank, x.dim);
}

static enum scatter reduction(struct sx_lowering *l)
{
    return (enum scatter)sx_attr_word(l, "reduction", "none add mul min max", SCATTER_NONE);
}

/* Converts input k to a type that PUT can add: bools to integers. */
static int addable(struct sx_lowering *l, int k)
{
    int a = sx_arg(l, k);
    return l->g->node[a].type == SX_BOOL ? sx_cast(l->g, a, SX_INT) : a;
}

static bool give_scattered(struct sx_lowering *l, int y, const struct sx_shape *shape)
{
    struct sx_graph *g = l->g;
    y = sx_shaped(g, y, shape->rank, shape->dim);
    y = sx_cast(g, y, g->node[sx_arg(l, 0)].type);
    return sx_give(l, sx_wrap(g, y, sx_arg_kind(l, 0)));
}

/* ScatterElements. If updates are shorter than the data along other axes, the affected part is cut
 * out and put back. */
static bool lower_scatter_elements(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), i = sx_arg_shape(l, 1), u = sx_arg_shape(l, 2);
    int axis, data = addable(l, 0);
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), x.rank, &axis))
        return false;
    if (!sx_shape_equal(&i, &u) || i.rank != x.rank)
        return sx_reject(l, "indices, updates and data differ in shape");
    int index = sx_index(l, sx_arg(l, 1), x.dim[axis]), updates = addable(l, 2);
    struct sx_shape part = u;
    part.dim[axis] = x.dim[axis];
    int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    for (int k = 0; k < x.rank; k++) {
        step[k] = 1;
        if (part.dim[k] > x.dim[k])
            return sx_reject(l, "more updates than data along axis %d", k);
    }
    bool whole = sx_shape_equal(&part, &x);
    int old = whole ? data : sx_slice(g, data, start, step, &part);
    if (index == SX_NONE || old == SX_NONE)
        return false;
    int y = scattered(l, old, index, updates, axis, true, reduction(l));
    if (!whole) {
        int mask = sx_embed(g, sx_filled(g, SX_INT, &part, 1), start, step, &x);
        y = sx_where(g, sx_cast(g, mask, SX_BOOL), sx_embed(g, y, start, step, &x), data);
    }
    return give_scattered(l, y, &x);
}

static bool lower_scatter_nd(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), u = sx_arg_shape(l, 2);
    int64_t rows, inner;
    int flat = flat_index(l, sx_arg(l, 1), &x, 0, &rows, &inner);
    if (flat == SX_NONE)
        return false;
    int64_t places = sx_shape_of(g, flat).dim[0];
    if (sx_count(&u) != places * inner)
        return sx_reject(l, "the updates do not fit indices and data");
    int data = sx_shaped(g, addable(l, 0), 2, (int64_t[]){rows, inner});
    int updates = sx_shaped(g, addable(l, 2), 2, (int64_t[]){places, inner});
    return give_scattered(l, scattered(l, data, flat, updates, 0, false, reduction(l)), &x);
}

/* OneHot: values = [off, on]. Indices outside -depth .. depth - 1 give only `off`. */
static bool lower_one_hot(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), v = sx_arg_shape(l, 2), thin = x;
    int64_t depth = 0;
    int axis;
    struct sx_reals real_depth;
    if (sx_arg_real(l, 1)) {
        if (!sx_const_reals(l, 1, "depth", &real_depth))
            return false;
        depth = real_depth.n == 1 && real_depth.v[0] < 0x1p40 ? (int64_t)real_depth.v[0] : 0;
    } else if (!sx_const_int(l, 1, "depth", &depth)) {
        return false;
    }
    if (depth < 1 || x.rank == SX_MAX_RANK || v.rank != 1 || v.dim[0] != 2)
        return sx_reject(l, "depth %lld, %lld values", (long long)depth, (long long)v.dim[0]);
    if (!sx_axis(l, sx_attr_int(l, "axis", -1), x.rank + 1, &axis))
        return false;
    thin.rank = x.rank + 1;
    thin.dim[axis] = 1;
    for (int i = axis; i < x.rank; i++)
        thin.dim[i + 1] = x.dim[i];
    int index = sx_shaped(g, sx_cast(g, sx_arg(l, 0), SX_INT), thin.rank, thin.dim);
    int negative = sx_binary(g, SX_LESS, index, sx_scalar_int(g, 0));
    index = sx_where(g, negative, sx_add(g, index, sx_scalar_int(g, depth)), index);
    int hit = sx_binary(g, SX_EQUAL, index, sx_along(g, sx_iota(g, depth), axis, thin.rank));
    int off = sx_shaped(g, sx_slice_axis(g, sx_arg(l, 2), 0, 0, 1), 0, NULL);
    int on = sx_shaped(g, sx_slice_axis(g, sx_arg(l, 2), 0, 1, 1), 0, NULL);
    return sx_give_as(l, 0, sx_where(g, hit, on, off), sx_arg_kind(l, 2));
}

/* TensorScatter: the cache with an update written from position write[b] of each sample on;
 * `circular` wraps around. Position j takes element j - write[b] of the update, if it exists. */
static bool lower_tensor_scatter(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape past = sx_arg_shape(l, 0), update = sx_arg_shape(l, 1), line = {0};
    bool circular = sx_attr_word(l, "mode", "linear circular", 0) == 1;
    int axis;
    if (!sx_axis(l, sx_attr_int(l, "axis", -2), past.rank, &axis))
        return false;
    if (update.rank != past.rank || axis == 0 || update.dim[axis] < 1)
        return sx_reject(l, "the update does not fit");
    line.rank = past.rank;
    for (int i = 0; i < line.rank; i++)
        line.dim[i] = i == axis ? past.dim[axis] : 1;
    int at = sx_shaped(g, sx_iota(g, past.dim[axis]), line.rank, line.dim);
    if (sx_arg(l, 2) != SX_NONE) {
        line.dim[0] = past.dim[0];
        line.dim[axis] = 1;
        at = sx_sub(g, at, sx_shaped(g, sx_arg(l, 2), line.rank, line.dim));
    }
    if (circular)
        at = sx_binary(g, SX_MOD, at, sx_scalar_int(g, past.dim[axis]));
    at = sx_expand(g, at, &past);
    int zero = sx_scalar_int(g, 0), end = sx_scalar_int(g, update.dim[axis]);
    int inside =
        sx_binary(g, SX_AND, sx_binary(g, SX_LESSEQ, zero, at), sx_binary(g, SX_LESS, at, end));
    int taken = sx_take(g, sx_arg(l, 1), sx_where(g, inside, at, zero), axis, true);
    return sx_give(l, sx_where(g, inside, taken, sx_arg(l, 0)));
}

const struct sx_lowering_row sx_lower_index[] = {
    {"", "Gather", 1, 0, 2, 2, lower_gather, 0, true},
    {"", "GatherElements", 11, 0, 2, 2, lower_gather_elements, 0, true},
    {"", "GatherND", 11, 0, 2, 2, lower_gather_nd, 0, true},
    {"", "Scatter", 9, 0, 3, 3, lower_scatter_elements, 0, true},
    {"", "TensorScatter", 24, 0, 2, 3, lower_tensor_scatter, 0, true},
    {"", "ScatterElements", 11, 0, 3, 3, lower_scatter_elements, 0, true},
    {"", "ScatterND", 11, 0, 3, 3, lower_scatter_nd, 0, true},
    {"", "OneHot", 9, 0, 3, 3, lower_one_hot, 0, true},
    {0},
};
