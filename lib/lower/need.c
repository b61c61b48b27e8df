/* need.c - finds the nodes of a graph that some of its tensors depend on. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

struct search {
    struct sx_names maker; /* the node that makes a tensor */
    Onnx__NodeProto *const *nodes;
    const struct sx_names *cut;
    bool *needed;
    struct sx_names *read;
    int *open; /* stack of nodes whose inputs have not been visited */
    size_t n_open;
    struct sx_error *error;
};

/* Marks the node that makes a tensor. A tensor that is cut is an input, so its node is not needed. */
static bool need_tensor(void *context, const char *name)
{
    struct search *s = context;
    if (s->read != NULL && sx_names_get(s->read, name) < 0 &&
        !sx_names_put(s->read, name, 0, s->error))
        return false;
    int at = sx_names_get(&s->maker, name);
    if (at < 0 || s->needed[at] || sx_names_get(s->cut, name) >= 0)
        return true;
    s->needed[at] = true;
    s->open[s->n_open++] = at;
    return true;
}

/* Marks all nodes: Gradient names tensors in its attributes. */
static bool need_all(struct search *s, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        for (size_t k = 0; k < s->nodes[i]->n_output && ok; k++)
            ok = need_tensor(s, s->nodes[i]->output[k]);
    return ok;
}

bool sx_need(Onnx__NodeProto *const *nodes, size_t n, const char *const *roots, size_t n_roots,
             const struct sx_names *cut, bool *needed, struct sx_names *read,
             struct sx_error *error)
{
    struct search s = {
        .nodes = nodes, .cut = cut, .needed = needed, .read = read, .error = error};
    s.open = sx_new(n + 1, sizeof *s.open, error);
    bool ok = s.open != NULL;
    for (size_t i = 0; i < n && ok; i++)
        for (size_t k = 0; k < nodes[i]->n_output && ok; k++)
            ok = sx_names_put(&s.maker, nodes[i]->output[k], (int)i, error);
    for (size_t k = 0; k < n_roots && ok; k++)
        ok = need_tensor(&s, roots[k]);
    while (s.n_open > 0 && ok) {
        const Onnx__NodeProto *node = nodes[s.open[--s.n_open]];
        ok = sx_each_read(node, need_tensor, &s, error) &&
             (strcmp(sx_text(node->op_type), "Gradient") != 0 || need_all(&s, n));
    }
    sx_names_free(&s.maker);
    free(s.open);
    return ok;
}
