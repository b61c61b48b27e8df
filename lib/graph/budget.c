/* budget.c - counts the memory that nodes and constants of a graph take, against a limit. */
#include "graph/internal.h"

bool sx_graph_take(struct sx_graph *g, size_t n, size_t size)
{
    size_t bytes, total;
    if (!sx_size_mul(&bytes, n, size) || !sx_size_add(&total, bytes, g->taken) ||
        total > g->limit)
        return sx_over_limit(&g->error,
                             "the graph and its constants need more than the memory "
                             "limit of %zu MB",
                             g->limit >> 20);
    g->taken = total;
    return true;
}
