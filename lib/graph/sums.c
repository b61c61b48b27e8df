/* sums.c - the builders of reductions, and of rows that work along an axis. */
#include "graph/build.h"

static int emit_reduction(struct sx_graph *g, int op, int a, const int *axes, int n)
{
    int64_t attr[SX_MAX_RANK];
    if (n > SX_MAX_RANK) {
        sx_graph_fail(g, SX_MODEL, "%s: %d axes", g->rows[op]->name, n);
        return SX_NONE;
    }
    for (int i = 0; i < n; i++) {
        int k = i;
        for (; k > 0 && attr[k - 1] > axes[i]; k--)
            attr[k] = attr[k - 1];
        attr[k] = axes[i];
    }
    return sx_emit(g, op, 1, &a, n, attr);
}

int sx_sum(struct sx_graph *g, int a, const int *axes, int n_axes)
{
    return emit_reduction(g, SX_SUM, a, axes, n_axes);
}

int sx_reduce_max(struct sx_graph *g, int a, const int *axes, int n_axes)
{
    return emit_reduction(g, SX_REDUCEMAX, a, axes, n_axes);
}

int sx_sum_to(struct sx_graph *g, int a, const struct sx_shape *shape)
{
    struct sx_shape from = sx_shape_of(g, a), to = *shape;
    int axes[SX_MAX_RANK], n = 0, lead = from.rank - to.rank;
    if (a == SX_NONE || sx_shape_equal(&from, &to))
        return a;
    for (int i = 0; i < from.rank; i++)
        if (i < lead || (i - lead < to.rank && to.dim[i - lead] == 1 && from.dim[i] != 1))
            axes[n++] = i;
    return sx_reshape(g, n > 0 ? sx_sum(g, a, axes, n) : a, &to);
}

int sx_sum_all(struct sx_graph *g, int a)
{
    struct sx_shape scalar = {0};
    return sx_sum_to(g, a, &scalar);
}

int sx_argmax(struct sx_graph *g, int a, int axis, bool last)
{
    const int64_t attr[] = {axis, last};
    return sx_emit(g, SX_ARGMAX, 1, &a, 2, attr);
}

int sx_cumsum(struct sx_graph *g, int a, int axis, bool exclusive, bool reverse)
{
    const int64_t attr[] = {axis, exclusive, reverse};
    return sx_emit(g, SX_CUMSUM, 1, &a, 3, attr);
}

int sx_sort_index(struct sx_graph *g, int a, int axis, bool descending)
{
    const int64_t attr[] = {axis, descending};
    return sx_emit(g, SX_SORTINDEX, 1, &a, 2, attr);
}

int sx_softmax(struct sx_graph *g, int a, int axis)
{
    const int64_t attr = axis;
    return sx_emit(g, SX_SOFTMAX, 1, &a, 1, &attr);
}

int sx_log_softmax(struct sx_graph *g, int a, int axis)
{
    const int64_t attr = axis;
    return sx_emit(g, SX_LOGSOFTMAX, 1, &a, 1, &attr);
}

int sx_trees(struct sx_graph *g, const int in[6], int64_t targets, enum sx_tree_sum sum)
{
    const int64_t attr[] = {targets, sum};
    return sx_emit(g, SX_TREES, 6, in, 2, attr);
}
