/* draw.h - graphs of core operators drawn from bytes. */
#ifndef TESTS_FUZZ_DRAW_H
#define TESTS_FUZZ_DRAW_H

#include "graph/derive.h"
#include "tests/fuzz/fuzz.h"

enum { DRAW_INPUTS = 3, DRAW_NODES = 40 };

struct drawing {
    struct sx_graph *g;
    int input[DRAW_INPUTS], n_inputs;
    int node[DRAW_NODES], n_nodes; /* all nodes that were drawn, including inputs */
    bool steady;                   /* small differences of inputs stay small */
    bool smooth;                   /* small differences of derivatives stay small, too */
};

/* Draws a graph whose reals are of type `real`: the same bytes give the same nodes. */
void draw_graph(struct drawing *d, struct fuzz *f, enum sx_type real);

#endif
