/* shared.c - what the points of a sample share: ids, other inputs, and the count of evaluations. */
#include "explain/explain.h"

const struct sx_tensor *sx_explainer_ids(const struct sx_explainer *e)
{
    return e->ids ? &e->feeds[e->input_port] : NULL;
}

int sx_shared_nodes(const struct sx_explained *b, int *nodes)
{
    int n = 0;
    nodes[n++] = b->index;
    for (int i = 0; i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE && b->input[i] != b->x)
            nodes[n++] = b->input[i];
    return n;
}

void sx_shared_feeds(const struct sx_explainer *e, const void **feeds)
{
    const struct sx_explained *b = &e->built;
    int n = 0;
    feeds[n++] = &e->pick;
    for (int i = 0; i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE && b->input[i] != b->x)
            feeds[n++] = e->feeds[i].data;
}

void sx_explainer_plan(struct sx_explainer *e, int64_t n)
{
    struct sx_watch *w = e->options.watch;
    if (w != NULL && w->planned < w->done + n)
        w->planned = w->done + n;
}
