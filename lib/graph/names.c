/* names.c - the tensors of the file that nodes stand for, in a hash table by name. */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

static size_t place(const struct sx_graph *g, const char *name)
{
    return sx_hash(SX_HASH_START, name, strlen(name)) & (g->n_latest - 1);
}

/* Makes name i the first of its chain. */
static void enter(struct sx_graph *g, size_t i)
{
    size_t at = place(g, g->name[i].name);
    g->name[i].before = g->latest[at];
    g->latest[at] = i + 1;
}

static bool grow_chains(struct sx_graph *g)
{
    size_t size = g->n_latest > 0 ? 2 * g->n_latest : 64;
    size_t *latest = sx_new(size, sizeof *latest, &g->error);
    if (latest == NULL)
        return false;
    free(g->latest);
    g->latest = latest;
    g->n_latest = size;
    for (size_t i = 0; i < g->n_names; i++)
        enter(g, i);
    return true;
}

bool sx_name_node(struct sx_graph *g, const char *name, int node, const char *onnx_op,
                  const char *onnx_node)
{
    if (!sx_grow((void **)&g->name, &g->name_capacity, g->n_names + 1, sizeof *g->name,
                 &g->error) ||
        (g->n_names == g->n_latest && !grow_chains(g)))
        return false;
    struct sx_name n = {.node = node};
    n.name = sx_arena_strdup(&g->arena, name, &g->error);
    n.onnx_op = sx_arena_strdup(&g->arena, onnx_op, &g->error);
    n.onnx_node = sx_arena_strdup(&g->arena, onnx_node, &g->error);
    if (g->error.status != SX_OK)
        return false;
    g->name[g->n_names] = n;
    enter(g, g->n_names++);
    return true;
}

int sx_find(const struct sx_graph *g, const char *name)
{
    if (g->n_names == 0)
        return SX_NONE;
    for (size_t i = g->latest[place(g, name)]; i > 0; i = g->name[i - 1].before)
        if (strcmp(g->name[i - 1].name, name) == 0)
            return g->name[i - 1].node;
    return SX_NONE;
}

bool sx_no_tensor(const struct sx_graph *g, const char *name, struct sx_error *error)
{
    struct sx_nearest near = {.word = name};
    for (size_t i = 0; i < g->n_names; i++)
        if (g->node[g->name[i].node].op != SX_CONST)
            sx_nearest_offer_one(&near, g->name[i].name);
    return sx_fail(error, SX_USAGE, "no tensor named '%.80s'%s", name, sx_nearest_text(&near));
}
