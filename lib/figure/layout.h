/* layout.h - where the nodes of a network stand. */
#ifndef SX_LAYOUT_H
#define SX_LAYOUT_H

#include "figure/figure.h"

/* The lines of a graph: 2 n nodes. */
struct sx_edges {
    int64_t n, *end;
};

/* Reads lines "a,b" of numbers from 0 to `nodes` - 1. Status 1, naming the file. */
bool sx_edges_read(struct sx_edges *edges, const char *path, int64_t nodes,
                   struct sx_error *error);
void sx_edges_free(struct sx_edges *edges);

/* Places from -1 to 1: evenly on a circle, from the top; or so that neighbours are near and others
 * apart (Fruchterman and Reingold, 1991). */
void sx_layout_circle(int64_t n, double *x, double *y);
bool sx_layout_springs(const struct sx_edges *edges, int64_t n, double *x, double *y,
                       struct sx_error *error);

#endif
