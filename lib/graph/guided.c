/* guided.c - guided backpropagation: the derivative, except that a ReLU passes on only positive
 * values.
 *
 * Springenberg, Dosovitskiy, Brox, Riedmiller, ICLR 2015 workshop. */
#include "graph/flow.h"

void sx_visit_guided(struct sx_walk *w, int y)
{
    int r = w->at[y];
    if (w->g->node[y].op == SX_RELU)
        r = sx_positive(w->g, r);
    sx_hand_derivative(w, w->at, y, r);
}
