/* decide.c - values of the sample that decide shapes. They are computed while the graph is lowered,
 * become constants in it, and are recorded, so that another sample can be compared. */
#include <string.h>

#include "lower/scope.h"

bool sx_decide_feed(struct sx_scope *s, int node, const struct sx_tensor *value)
{
    struct sx_graph *g = s->lowered->graph;
    s->root->sampled = true;
    return sx_values_feed(g, &s->root->values, node, value, s->error);
}

bool sx_decides(const struct sx_lowering *l)
{
    return l->scope->root->sampled;
}

static const void *noted(const struct sx_lowered *to, int node)
{
    for (size_t i = to->n_decisions; i-- > 0;)
        if (to->decision[i].node == node)
            return to->decision[i].data;
    return NULL;
}

const void *sx_decide(struct sx_lowering *l, int node)
{
    struct sx_lowered *to = l->scope->root->lowered;
    struct sx_values *values = &l->scope->root->values;
    const void *old = noted(to, node);
    if (old != NULL)
        return old;
    const struct sx_tensor *value = sx_value_of(l->g, values, node, l->error);
    if (value == NULL || !sx_grow((void **)&to->decision, &to->decision_capacity,
                                  to->n_decisions + 1, sizeof *to->decision, l->error))
        return NULL;
    size_t bytes = (size_t)sx_count(&value->shape) * sx_type_size(value->type);
    void *copy = sx_scratch(l, bytes + 1, 1);
    if (copy == NULL)
        return NULL;
    if (bytes > 0)
        memcpy(copy, value->data, bytes);
    to->decision[to->n_decisions++] = (struct sx_decision){node, copy};
    return copy;
}

bool sx_decided_alike(const struct sx_lowered *l, const struct sx_tensor *values)
{
    for (size_t i = 0; i < l->n_decisions; i++) {
        const struct sx_node *n = &l->graph->node[l->decision[i].node];
        size_t bytes = (size_t)sx_count(&n->shape) * sx_type_size(n->type);
        if (bytes > 0 && memcmp(l->decision[i].data, values[i].data, bytes) != 0)
            return false;
    }
    return true;
}
