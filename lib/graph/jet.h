/* jet.h - Taylor coefficients along a line, as graph rewriting. */
#ifndef SX_JET_H
#define SX_JET_H

#include "graph/derive.h"

/* Appends to g the coefficients of s^0 .. s^order of y at x + s v, where v has x's shape; they
 * go to coefficient[order + 1] and have y's shape. At a kink the side that x is on counts. */
bool sx_jet(struct sx_graph *g, int y, int x, int v, int order, int *coefficient);

#endif
