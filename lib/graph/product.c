/* product.c - the builder of MATMUL.
 *
 * It looks for an orientation that makes one large product of many small ones. Derivatives and
 * batch rules use the builder too. */
#include "graph/matrix.h"

/* Replaces a TRANSPOSE of the last two axes by the flag. In a faithful graph only that of weights
 * is replaced. The transpose of a vector is dropped. */
static int absorb(struct sx_graph *g, int a, bool *flag)
{
    const struct sx_node n = g->node[a];
    struct sx_shape s = n.shape;
    if (n.op == SX_TRANSPOSE && (!g->faithful || sx_is_const(g, n.in[0]))) {
        bool last_two = n.attr[s.rank - 1] == s.rank - 2 && n.attr[s.rank - 2] == s.rank - 1;
        for (int i = 0; i < s.rank - 2; i++)
            last_two = last_two && n.attr[i] == i;
        if (last_two) {
            *flag = !*flag;
            a = n.in[0];
            s = g->node[a].shape;
        }
    }
    if (*flag && (sx_dim_back(&s, 0) == 1 || sx_dim_back(&s, 1) == 1)) {
        int64_t last = sx_dim_back(&s, 0);
        s.dim[s.rank - 1] = sx_dim_back(&s, 1);
        s.dim[s.rank - 2] = last;
        *flag = false;
        a = sx_reshape(g, a, &s);
    }
    return a;
}

static int emit(struct sx_graph *g, int a, int b, bool ta, bool tb)
{
    const int in[] = {a, b};
    const int64_t attr[] = {ta, tb};
    return sx_emit(g, SX_MATMUL, 2, in, 2, attr);
}

int sx_matmul(struct sx_graph *g, int a, int b, bool ta, bool tb)
{
    if (a == SX_NONE || b == SX_NONE || sx_shape_of(g, a).rank < 2 ||
        sx_shape_of(g, b).rank < 2)
        return emit(g, a, b, ta, tb);
    a = absorb(g, a, &ta);
    b = absorb(g, b, &tb);
    if (a == SX_NONE || b == SX_NONE)
        return SX_NONE;
    struct sx_shape sa = g->node[a].shape, sb = g->node[b].shape;
    struct sx_shape la = sx_leading(&sa), lb = sx_leading(&sb), result;
    int64_t n = sx_dim_back(&sb, tb ? 1 : 0), k = sx_dim_back(&sa, ta ? 1 : 0),
            m = sx_dim_back(&sa, ta ? 0 : 1);
    if (k != sx_dim_back(&sb, tb ? 0 : 1) || !sx_broadcast_shape(&result, &la, &lb))
        return emit(g, a, b, ta, tb);
    result.dim[result.rank++] = m;
    result.dim[result.rank++] = n;
    if (result.rank == 2)
        return emit(g, a, b, ta, tb);
    if (sx_all_ones(&lb) && !ta) {
        int rows = sx_as_matrix(g, a, sx_count(&la) * m, k);
        b = sx_as_matrix(g, b, sx_dim_back(&sb, 1), sx_dim_back(&sb, 0));
        return sx_reshape(g, emit(g, rows, b, false, tb), &result);
    }
    if (sx_all_ones(&la) && (n == 1 || (m == 1 && tb))) {
        /* All vectors, or rows, of b times one matrix: y^T = b^T a^T. */
        int rows = sx_as_matrix(g, b, sx_count(&lb) * n, k);
        a = sx_as_matrix(g, a, sx_dim_back(&sa, 1), sx_dim_back(&sa, 0));
        return sx_reshape(g, emit(g, rows, a, false, !ta), &result);
    }
    return emit(g, a, b, ta, tb);
}
