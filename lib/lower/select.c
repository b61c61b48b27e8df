/* select.c - lowering of operators whose result's shape depends on values, which are constants or
 * the sample's. */
#include <stdlib.h>
#include <string.h>

#include "lower/tables.h"

/* The elements of a node as doubles. */
static const double *elements_of(struct sx_lowering *l, int node, const char *what, int64_t *n)
{
    struct sx_shape shape = sx_shape_of(l->g, node);
    const void *data = sx_const_data(l, node, what);
    *n = sx_count(&shape);
    double *v = data != NULL ? sx_scratch(l, (size_t)*n, sizeof *v) : NULL;
    struct sx_tensor t = {.type = l->g->node[node].type, .shape = shape};
    memcpy(&t.data, &data, sizeof t.data);
    for (int64_t i = 0; v != NULL && i < *n; i++)
        v[i] = sx_tensor_get(&t, i);
    return v;
}

static const double *elements(struct sx_lowering *l, int k, const char *what, int64_t *n)
{
    return elements_of(l, sx_arg(l, k), what, n);
}

/* A scalar is looked at as a vector of one. */
static bool lower_non_zero(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), shape = {2, {x.rank > 0 ? x.rank : 1, 0}};
    int64_t n, at = 0;
    /* Only which elements are zero decides, not their values. */
    const double *v = elements_of(l, sx_cast(l->g, sx_arg(l, 0), SX_BOOL), "input 0", &n);
    for (int64_t i = 0; v != NULL && i < n; i++)
        shape.dim[1] += v[i] != 0;
    int64_t *places =
        v != NULL ? sx_scratch(l, (size_t)(shape.dim[0] * shape.dim[1]), sizeof *places) : NULL;
    if (places == NULL)
        return false;
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i;
        for (int axis = x.rank - 1; axis >= 0 && v[i] != 0; axis--) {
            places[axis * shape.dim[1] + at] = rest % x.dim[axis];
            rest /= x.dim[axis];
        }
        at += v[i] != 0;
    }
    return sx_give_as(l, 0, sx_const(l->g, SX_INT, &shape, places), SX_ONNX_INT64);
}

/* The input as one axis, if no axis is named. */
static int one_axis(struct sx_lowering *l, int *axis)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = sx_count(&x);
    *axis = 0;
    if (sx_attr(l, "axis") == NULL)
        return sx_shaped(l->g, sx_arg(l, 0), 1, &n);
    return sx_axis(l, sx_attr_int(l, "axis", 0), x.rank, axis) ? sx_arg(l, 0) : SX_NONE;
}

static bool lower_compress(struct sx_lowering *l)
{
    int axis, x = one_axis(l, &axis);
    int64_t n, length = x != SX_NONE ? sx_shape_of(l->g, x).dim[axis] : 0;
    const double *keep = x != SX_NONE ? elements(l, 1, "input 1 (condition)", &n) : NULL;
    int64_t *places = keep != NULL ? sx_scratch(l, (size_t)n, sizeof *places) : NULL;
    struct sx_shape list = {1, {0}};
    if (places == NULL)
        return false;
    for (int64_t i = 0; i < n && i < length; i++)
        if (keep[i] != 0)
            places[list.dim[0]++] = i;
    int index = sx_const(l->g, SX_INT, &list, places);
    return sx_give(l, sx_take(l->g, x, index, axis, false));
}

/* ---- Unique ---- */

/* The slices along an axis of [outer, n, inner], compared element by element. */
struct slices {
    const double *v;
    int64_t outer, n, inner;
};

static int compare_slices(const struct slices *s, int64_t a, int64_t b)
{
    for (int64_t o = 0; o < s->outer; o++)
        for (int64_t i = 0; i < s->inner; i++) {
            double x = s->v[(o * s->n + a) * s->inner + i];
            double y = s->v[(o * s->n + b) * s->inner + i];
            if (x != y)
                return x < y ? -1 : 1;
        }
    return 0;
}

/* Compares slices by content; equal ones keep their order. */
static int by_content(const void *a, const void *b, void *context)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    int order = compare_slices(context, x, y);
    return order != 0 ? order : (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct unique {
    /* per distinct slice: first occurrence, count; inverse: per slice, its number */
    int64_t *first, *inverse, *counts;
    int64_t *order, count;
};

/* Numbers the distinct slices by content or, if not sorted, by first occurrence. */
static void find_unique(struct unique *u, struct slices *s, bool sorted)
{
    for (int64_t i = 0; i < s->n; i++)
        u->order[i] = i;
    qsort_r(u->order, (size_t)s->n, sizeof *u->order, by_content, s);
    for (int64_t i = 0; i < s->n; i++)
        if (i == 0 || compare_slices(s, u->order[i - 1], u->order[i]) != 0)
            u->first[u->count++] = u->order[i];
    if (!sorted)
        qsort(u->first, (size_t)u->count, sizeof *u->first, by_place);
    for (int64_t i = 0; i < u->count; i++)
        u->inverse[u->first[i]] = i;
    for (int64_t i = 1; i < s->n; i++)
        if (compare_slices(s, u->order[i - 1], u->order[i]) == 0)
            u->inverse[u->order[i]] = u->inverse[u->order[i - 1]];
    for (int64_t i = 0; i < s->n; i++)
        u->counts[u->inverse[i]]++;
}

/* Unique. com.microsoft's lists slices in the order of the input, and has no output of first
 * occurrences. */
static bool lower_unique(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    bool contrib = l->row->arg != 0;
    int axis, x = one_axis(l, &axis);
    int64_t count;
    const double *v = x != SX_NONE ? elements(l, 0, "input 0", &count) : NULL;
    struct sx_shape shape = sx_shape_of(g, x);
    if (v == NULL)
        return false;
    struct slices s = {v, sx_span(&shape, 0, axis), shape.dim[axis],
                       sx_span(&shape, axis + 1, shape.rank)};
    int64_t *room = sx_scratch(l, (size_t)s.n * 4, sizeof *room);
    if (room == NULL)
        return false;
    struct unique u = {room, room + s.n, room + 2 * s.n, room + 3 * s.n, 0};
    find_unique(&u, &s, !contrib && sx_attr_int(l, "sorted", 1) != 0);
    struct sx_shape found = {1, {u.count}}, all = {1, {s.n}};
    int index = sx_const(g, SX_INT, &found, u.first);
    if (!contrib)
        sx_give_as(l, 1, index, SX_ONNX_INT64);
    sx_give_as(l, contrib ? 1 : 2, sx_const(g, SX_INT, &all, u.inverse), SX_ONNX_INT64);
    sx_give_as(l, contrib ? 2 : 3, sx_const(g, SX_INT, &found, u.counts), SX_ONNX_INT64);
    return sx_give(l, sx_take(g, x, index, axis, false));
}

/* ReverseSequence: the first `length` elements of each sequence are reversed. */
static bool lower_reverse_sequence(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), lengths = sx_arg_shape(l, 1);
    int64_t batch = sx_attr_int(l, "batch_axis", 1), time = sx_attr_int(l, "time_axis", 0);
    if (x.rank < 2 || !((batch == 0 && time == 1) || (batch == 1 && time == 0)))
        return sx_reject(l, "batch axis %lld, time axis %lld", (long long)batch,
                         (long long)time);
    if (lengths.rank != 1 || lengths.dim[0] != x.dim[batch])
        return sx_reject(l, "not one length for each sequence");
    int t = sx_along(g, sx_iota(g, x.dim[time]), (int)time, x.rank);
    int length = sx_along(g, sx_arg(l, 1), (int)batch, x.rank);
    int turned = sx_sub(g, sx_sub(g, length, sx_scalar_int(g, 1)), t);
    int index = sx_where(g, sx_binary(g, SX_LESS, t, length), turned, t);
    return sx_give(l, sx_take(g, sx_arg(l, 0), sx_expand(g, index, &x), (int)time, true));
}

const struct sx_lowering_row sx_lower_select[] = {
    {"", "NonZero", 9, 0, 1, 1, lower_non_zero, 0, false},
    {"", "Compress", 9, 0, 2, 2, lower_compress, 0, true},
    {"", "Unique", 11, 0, 1, 1, lower_unique, 0, true},
    {"com.microsoft", "Unique", 1, 0, 1, 1, lower_unique, 1, true},
    {"", "ReverseSequence", 10, 0, 2, 2, lower_reverse_sequence, 0, true},
    {0},
};
