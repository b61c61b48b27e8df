/* layer.c - a layer with places, and f as a function of it. */
#include <stdlib.h>
#include <string.h>

#include "explain/find_layer.h"
#include "explain/layer.h"

/* Sets the axes: channels are axis 1 of maps, and the last axis of a sequence. */
static bool look(struct sx_layer *l, const struct sx_explainer *e, struct sx_error *error)
{
    const struct sx_graph *g = e->built.lowered->graph;
    struct sx_shape maps = {0};
    bool map = false;
    l->shape = l->of->input.shape;
    for (size_t i = 0; i < g->n_names; i++) {
        bool is = sx_is_map(g, &g->name[i], &maps);
        map = strcmp(g->name[i].name, l->name) == 0 ? is : map;
    }
    int rank = l->shape.rank;
    l->axis = rank == 3 && !map ? 2 : 1;
    l->places.rank = 0;
    for (int k = 1; k < rank; k++)
        if (k != l->axis)
            l->places.dim[l->places.rank++] = l->shape.dim[k];
    if (rank < 3 || l->shape.dim[0] != 1)
        return sx_fail(error, SX_USAGE, "layer '%.80s' has no places; name another --layer",
                       l->name);
    l->channels = l->shape.dim[l->axis];
    l->cells = sx_count(&l->places);
    if (l->channels < 1 || l->cells < 1)
        return sx_fail(error, SX_USAGE, "layer '%.80s' is empty", l->name);
    return true;
}

int64_t sx_layer_cell(const struct sx_layer *l, int64_t i, int64_t *channel)
{
    int64_t inner = l->axis == 1 ? l->cells : 1;
    *channel = i / inner % l->channels;
    return l->axis == 1 ? i % inner : i / l->channels;
}

bool sx_layer_open(struct sx_layer *l, struct sx_explainer *e, const char *name,
                   bool to_the_end, struct sx_error *error)
{
    *l = (struct sx_layer){0};
    if (name == NULL)
        name = sx_find_layer(e, to_the_end, error);
    if (name == NULL)
        return false;
    l->of = sx_explainer_at_layer(e, name, error);
    l->name = e->layer_name;
    return l->of != NULL && look(l, e, error);
}
