/* graph.c - the array of nodes, constants, and dependence between nodes. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "graph/internal.h"

struct sx_graph *sx_graph_new(const struct sx_row *const *rows, enum sx_type real,
                              struct sx_error *error)
{
    struct sx_graph *g = sx_new(1, sizeof *g, error);
    if (g != NULL) {
        g->rows = rows;
        g->real = real;
        g->limit = (size_t)1 << 31;
    }
    return g;
}

void sx_graph_free(struct sx_graph *g)
{
    if (g == NULL)
        return;
    free(g->node);
    free(g->name);
    free(g->latest);
    free(g->bucket);
    free(g->folded.item);
    sx_arena_free(&g->arena);
    free(g);
}

bool sx_graph_fail(struct sx_graph *g, enum sx_status status, const char *format, ...)
{
    char text[sizeof g->error.message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return sx_fail(&g->error, status, "%s", text);
}

bool sx_graph_ok(const struct sx_graph *g, struct sx_error *error)
{
    if (g->error.status == SX_OK)
        return true;
    return sx_fail_as(error, &g->error);
}

int sx_input(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape)
{
    int64_t count;
    if (g->error.status != SX_OK || !sx_shape_count(shape, &count, &g->error))
        return SX_NONE;
    struct sx_node node = {.op = SX_INPUT, .type = type, .shape = *shape};
    return sx_append(g, &node);
}

int sx_const_borrow(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
                    const void *data)
{
    int64_t count;
    if (g->error.status != SX_OK || !sx_shape_count(shape, &count, &g->error))
        return SX_NONE;
    struct sx_node node = {.op = SX_CONST, .type = type, .shape = *shape, .data = data};
    return g->faithful ? sx_append(g, &node) : sx_share(g, &node);
}

int sx_const(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
             const void *data)
{
    int64_t count;
    if (g->error.status != SX_OK || !sx_shape_count(shape, &count, &g->error))
        return SX_NONE;
    void *copy = sx_arena_aligned(g, (size_t)count, sx_type_size(type));
    if (copy == NULL)
        return SX_NONE;
    if (count > 0)
        memcpy(copy, data, (size_t)count * sx_type_size(type));
    return sx_const_borrow(g, type, shape, copy);
}

const void *sx_const_aligned(const struct sx_node *node, void **copy, struct sx_error *error)
{
    size_t size = sx_type_size(node->type), bytes = (size_t)sx_count(&node->shape) * size;
    *copy = NULL;
    if (bytes == 0 || (uintptr_t)node->data % size == 0)
        return node->data;
    *copy = sx_new_aligned(bytes, 1, error);
    return *copy != NULL ? memcpy(*copy, node->data, bytes) : NULL;
}

void sx_give_back(const struct sx_graph *g, const void *data, size_t bytes)
{
    const uintptr_t page = 4096, at = (uintptr_t)data;
    const uintptr_t first = at & ~(page - 1), end = (at + bytes) & ~(page - 1);
    for (size_t i = 0; i < g->n_spans; i++) {
        const uintptr_t begin = (uintptr_t)g->span[i].begin;
        if (first >= begin && end > first && end <= begin + g->span[i].size)
            madvise((char *)first, end - first, MADV_DONTNEED);
    }
}

void *sx_arena_aligned(struct sx_graph *g, size_t n, size_t size)
{
    size_t bytes;
    if (!sx_size_mul(&bytes, n, size) || !sx_size_add(&bytes, bytes, 64) ||
        !sx_graph_take(g, bytes, 1))
        return NULL;
    char *p = sx_arena_new(&g->arena, bytes, 1, &g->error);
    return p == NULL ? NULL : p + (64 - (uintptr_t)p % 64) % 64;
}

int sx_scalar(struct sx_graph *g, double value)
{
    struct sx_shape shape = {0};
    float single = (float)value;
    return sx_const(g, g->real, &shape, g->real == SX_FLOAT ? (void *)&single : (void *)&value);
}

int sx_scalar_int(struct sx_graph *g, int64_t value)
{
    struct sx_shape shape = {0};
    return sx_const(g, SX_INT, &shape, &value);
}

int sx_ints(struct sx_graph *g, int n, const int64_t *values)
{
    struct sx_shape shape = {1, {n}};
    return sx_const(g, SX_INT, &shape, values);
}

bool sx_is_const(const struct sx_graph *g, int node)
{
    return node >= 0 && g->node[node].op == SX_CONST;
}

/* Only small constants are scanned. The zeros and ones that rules make are small. */
bool sx_is_uniform(const struct sx_graph *g, int node, double *value)
{
    while (node >= 0 && (g->node[node].op == SX_EXPAND || g->node[node].op == SX_RESHAPE))
        node = g->node[node].in[0];
    if (!sx_is_const(g, node))
        return false;
    const struct sx_node *n = &g->node[node];
    struct sx_tensor t = {.type = n->type, .shape = n->shape};
    memcpy(&t.data, &n->data, sizeof t.data);
    int64_t count = sx_count(&n->shape);
    if (count < 1 || count > 64)
        return false;
    *value = sx_tensor_get(&t, 0);
    for (int64_t i = 1; i < count; i++)
        if (sx_tensor_get(&t, i) != *value)
            return false;
    return true;
}

void sx_mark_needed(const struct sx_graph *g, const int *roots, int n_roots, bool *needed)
{
    int last = -1;
    for (int i = 0; i < n_roots; i++)
        if (roots[i] >= 0) {
            needed[roots[i]] = true;
            last = roots[i] > last ? roots[i] : last;
        }
    for (int i = last; i >= 0; i--)
        if (needed[i])
            for (int k = 0; k < g->node[i].n_in; k++)
                needed[g->node[i].in[k]] = true;
}

void sx_mark_reached(const struct sx_graph *g, const int *from, int n_from, size_t n_nodes,
                     bool *reached)
{
    for (int i = 0; i < n_from; i++)
        if (from[i] >= 0)
            reached[from[i]] = true;
    for (size_t i = 0; i < n_nodes; i++)
        for (int k = 0; k < g->node[i].n_in && !reached[i]; k++)
            reached[i] = reached[g->node[i].in[k]];
}

bool sx_graph_dump(const struct sx_graph *g, FILE *to)
{
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *n = &g->node[i];
        static const char *const type[] = {"float", "double", "int", "bool"};
        fprintf(to, "%%%zu = %s", i, sx_row_of(g, n)->name);
        for (int k = 0; k < n->n_in; k++)
            fprintf(to, " %%%d", n->in[k]);
        fprintf(to, n->n_attr > 0 ? " {" : "");
        for (int k = 0; k < n->n_attr; k++)
            fprintf(to, "%s%lld", k > 0 ? " " : "", (long long)n->attr[k]);
        fprintf(to, "%s : %s[", n->n_attr > 0 ? "}" : "", type[n->type]);
        for (int k = 0; k < n->shape.rank; k++)
            fprintf(to, "%s%lld", k > 0 ? "," : "", (long long)n->shape.dim[k]);
        fprintf(to, "]\n");
    }
    return ferror(to) == 0;
}
