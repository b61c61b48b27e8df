/* shared.c - checks and batch rules shared by several families of rows. */
#include <stdarg.h>

#include "ops/ops.h"

bool sx_refuse(struct sx_graph *g, const struct sx_node *node, const char *format, ...)
{
    char text[sizeof g->error.message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return sx_graph_fail(g, SX_MODEL, "%s: %s", sx_row_of(g, node)->name, text);
}

bool sx_need_attr(struct sx_graph *g, const struct sx_node *node, int n_attr)
{
    if (node->n_attr != n_attr)
        return sx_refuse(g, node, "%d attributes where %d belong", node->n_attr, n_attr);
    return true;
}

bool sx_need_axis(struct sx_graph *g, const struct sx_node *node, int64_t axis, int rank)
{
    if (axis < 0 || axis >= rank)
        return sx_refuse(g, node, "axis %lld is outside rank %d", (long long)axis, rank);
    return true;
}

bool sx_need_size(struct sx_graph *g, const struct sx_node *node)
{
    int64_t count;
    struct sx_error error = {0};
    if (!sx_shape_count(&node->shape, &count, &error))
        return sx_refuse(g, node, "%s", error.message);
    return true;
}

struct sx_lines sx_lines_of(const struct sx_shape *shape, int64_t axis)
{
    struct sx_lines l = {1, shape->dim[axis], 1};
    for (int i = 0; i < axis; i++)
        l.outer *= shape->dim[i];
    for (int i = (int)axis + 1; i < shape->rank; i++)
        l.inner *= shape->dim[i];
    return l;
}

int sx_batch_stored(struct sx_batch *b, const struct sx_node *node, int k)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[k]);
    struct sx_shape shape = sx_batch_shape(b->size, &one);
    if (sx_batch_has(b, node, k))
        return sx_batch_in(b, node, k);
    struct sx_shape row = sx_batch_shape(1, &one);
    return sx_expand(b->g, sx_reshape(b->g, sx_batch_in(b, node, k), &row), &shape);
}

int sx_batch_axis(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    int64_t attr[3];
    for (int i = 0; i < node->n_attr; i++)
        attr[i] = node->attr[i];
    int in = sx_batch_in(b, node, 0);
    if (!sx_starts_with_one(&one) || attr[0] == 0) {
        in = sx_batch_full(b, node, 0, one.rank);
        attr[0]++;
    }
    return sx_batch_done(b, sx_emit(b->g, node->op, 1, &in, node->n_attr, attr), &node->shape);
}
