/* smooth.h - kinks of piecewise linear operators, and smooth functions that replace them. */
#ifndef SX_SMOOTH_H
#define SX_SMOOTH_H

#include "graph/graph.h"
#include "sextant/explain.h"

/* relu(a) becomes: itself; log(1 + exp(B a)) / B; a Phi(a); relu(a) with the derivatives of
 * softplus. */
enum sx_smooth_kind { SX_SMOOTH_NONE, SX_SMOOTH_SOFTPLUS, SX_SMOOTH_GELU, SX_SMOOTH_SURROGATE };

struct sx_smooth {
    enum sx_smooth_kind kind;
    double beta;
};

/* Reads "none", "softplus:B", "gelu" or "surrogate:B" (B 10 if left out); status 2 otherwise. */
bool sx_smooth_parse(struct sx_smooth *smooth, const char *mode, struct sx_error *error);

/* Context of sx_smooth_change, which is a sx_change (graph/derive.h): the graph that is rebuilt,
 * and the map that sx_rebuild fills in. */
struct sx_smoothing {
    const struct sx_graph *from;
    const int *map;
    struct sx_smooth smooth;
};

/* Emits the smooth form of Relu, LeakyRelu, PRelu, Abs, Max and Min; declines other operators. */
int sx_smooth_change(void *context, struct sx_graph *to, const struct sx_node *node,
                     const int *in);

/* Makes *kinks the indices in g->name of tensors whose ONNX operator has kinks and whose node lies
 * between x and y. The caller frees it. */
bool sx_find_kinks(const struct sx_graph *g, int x, int y, int **kinks, int *n_kinks,
                   struct sx_error *error);

/* Whether sx_smooth_change makes this ONNX operator smooth. */
bool sx_can_smooth(const char *onnx_op);

#endif
