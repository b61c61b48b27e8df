/* jet.h - Taylor coefficients along a line, as a rewriting of a graph. */
#ifndef SX_JET_H
#define SX_JET_H

#include "graph/derive.h"

/* Appends to g the Taylor coefficients of y(x + s v) in s up to `order`, and stores them in
 * coefficient[order + 1]. v has x's shape; each coefficient has y's shape. At a kink, the piece
 * counts that x lies on. */
bool sx_jet(struct sx_graph *g, int y, int x, int v, int order, int *coefficient);

#endif
