/* sort.c - sorts nodes so that every tensor is made before it is used. */
#include <stdlib.h>

#include "lower/scope.h"

/* Edges from every node to the nodes it depends on: dep[start[i]] .. dep[start[i + 1] - 1]. */
struct edges {
    struct sx_names maker; /* the node that makes a tensor */
    int *start, *dep;
    int user; /* the node whose edges are added */
    size_t n, capacity;
    struct sx_error *error;
};

static bool add_edge(void *context, const char *name)
{
    struct edges *e = context;
    int maker = sx_names_get(&e->maker, name);
    if (maker < 0 || maker == e->user)
        return true;
    if (!sx_grow((void **)&e->dep, &e->capacity, e->n + 1, sizeof *e->dep, e->error))
        return false;
    e->dep[e->n++] = maker;
    return e->n < INT32_MAX / 2 || sx_fail(e->error, SX_MODEL, "too many nodes");
}

static bool find_makers(struct edges *e, const struct sx_scope *s,
                        Onnx__NodeProto *const *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < nodes[i]->n_output; k++) {
            const char *name = nodes[i]->output[k];
            if (*name == '\0' || sx_names_get(&s->cut, name) >= 0)
                continue;
            if (sx_names_get(&e->maker, name) >= 0 || sx_names_get(&s->names, name) >= 0)
                return sx_fail(e->error, SX_MODEL, "tensor '%.*s' is defined twice",
                               SX_NAME_SHOWN, name);
            if (!sx_names_put(&e->maker, name, (int)i, e->error))
                return false;
        }
    return true;
}

/* Depth-first search from every node in turn, so that a sorted file keeps its order. `next` is the
 * next edge of an open node, 0 for an unseen node, -1 for a finished one. */
static bool walk(const struct edges *e, Onnx__NodeProto *const *nodes, size_t n,
                 const bool *needed, int *next, int *stack, int *order, size_t *done)
{
    *done = 0;
    for (size_t i = 0; i < n; i++) {
        size_t top = 0;
        if (next[i] == 0 && (needed == NULL || needed[i])) {
            stack[top++] = (int)i;
            next[i] = e->start[i] + 1;
        }
        while (top > 0) {
            int at = stack[top - 1];
            if (next[at] > e->start[at + 1]) {
                next[at] = -1;
                order[(*done)++] = at;
                top--;
                continue;
            }
            int dep = e->dep[next[at]++ - 1];
            if (next[dep] > 0)
                return sx_fail(e->error, SX_MODEL, "tensor '%.*s' depends on itself",
                               SX_NAME_SHOWN, nodes[dep]->output[0]);
            if (next[dep] == 0) {
                stack[top++] = dep;
                next[dep] = e->start[dep] + 1;
            }
        }
    }
    return true;
}

bool sx_sort_nodes(const struct sx_scope *s, Onnx__NodeProto *const *nodes, size_t n,
                   const bool *needed, int *order, size_t *count)
{
    struct edges e = {.error = s->error};
    int *work = sx_new(2 * n + 1, sizeof *work, s->error);
    e.start = sx_new(n + 1, sizeof *e.start, s->error);
    bool ok = work != NULL && e.start != NULL && find_makers(&e, s, nodes, n);
    for (size_t i = 0; i < n && ok; i++) {
        e.user = (int)i;
        ok = sx_each_read(nodes[i], add_edge, &e, s->error);
        e.start[i + 1] = (int)e.n;
    }
    ok = ok && walk(&e, nodes, n, needed, work, work + n, order, count);
    sx_names_free(&e.maker);
    free(e.start);
    free(e.dep);
    free(work);
    return ok;
}
