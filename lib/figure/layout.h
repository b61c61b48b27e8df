/* layout.h - positions of the nodes of a network. */
#ifndef SX_LAYOUT_H
#define SX_LAYOUT_H

#include "figure/figure.h"

/* The lines of a graph. Line i joins end[2 i] and end[2 i + 1]. */
struct sx_edges {
    int64_t n, *end;
};

/* Reads lines "a,b" of numbers from 0 to `nodes` - 1. Status 1 if a line is wrong; the message
 * names the file. */
bool sx_edges_read(struct sx_edges *edges, const char *path, int64_t nodes,
                   struct sx_error *error);
void sx_edges_free(struct sx_edges *edges);

/* Sets places from -1 to 1, evenly on a circle, from the top. */
void sx_layout_circle(int64_t n, double *x, double *y);

/* The layers of a graph. */
struct sx_layers {
    int64_t n, widest; /* n: number of layers; widest: number of nodes of the largest one */
    int64_t *layer;    /* of each node */
    /* position of each node relative to the centre of its layer; neighbours are 1 apart */
    double *across;
};

/* Computes layers: distances from an end of the graph. So lines lead to the next layer or stay
 * in one. Nodes without lines are distributed over all layers. Neighbours are aligned as by
 * Sugiyama and others (1981). */
bool sx_layers_get(struct sx_layers *layers, const struct sx_edges *edges, int64_t n,
                   struct sx_error *error);
void sx_layers_free(struct sx_layers *layers);

#endif
