/* place.c - the position of a max pool's choice in its plane, from its position among all
 * elements. */
#include "export/export.h"
#include "export/names.h"

void sx_spell_pool_place(struct sx_writer *w, int node)
{
    const struct sx_shape *from = &w->g->node[w->g->node[node].in[0]].shape;
    int64_t plane = 1;
    for (int d = 2; d < w->g->node[node].shape.rank; d++)
        plane *= from->dim[d];
    w->name[node] =
        sx_out_node(w, "Mod", SX_IN(w->at[node], sx_out_int(w, plane)), w->wish[node], NULL, 0);
}
