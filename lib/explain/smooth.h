/* smooth.h - kinks of piecewise linear operators, and smooth functions in their place. */
#ifndef SX_SMOOTH_H
#define SX_SMOOTH_H

#include "graph/graph.h"
#include "sextant/explain.h"

/* none; relu(a) as log(1 + exp(B a)) / B; as a Phi(a); as relu(a) with softplus's derivatives. */
enum sx_smooth_kind { SX_SMOOTH_NONE, SX_SMOOTH_SOFTPLUS, SX_SMOOTH_GELU, SX_SMOOTH_SURROGATE };

struct sx_smooth {
    enum sx_smooth_kind kind;
    double beta;
};

/* Reads "none", "softplus:B", "gelu" or "surrogate:B" (B 10 if left out); status 2 otherwise. */
bool sx_smooth_parse(struct sx_smooth *smooth, const char *mode, struct sx_error *error);

/* Context of sx_smooth_change, a sx_change (graph/derive.h): the graph that is rebuilt, and the
 * map that sx_rebuild fills. */
struct sx_smoothing {
    const struct sx_graph *from;
    const int *map;
    struct sx_smooth smooth;
};

/* Emits the smooth form of a Relu, LeakyRelu, PRelu, Abs, Max or Min; declines everything else. */
int sx_smooth_change(void *context, struct sx_graph *to, const struct sx_node *node,
                     const int *in);

/* The names of g whose ONNX operator is piecewise linear with a kink, and whose node lies between
 * x and y: their indices in g->name, allocated, in *kinks. */
bool sx_find_kinks(const struct sx_graph *g, int x, int y, int **kinks, int *n_kinks,
                   struct sx_error *error);

/* Whether sx_smooth_change takes the kink out of this ONNX operator. */
bool sx_can_smooth(const char *onnx_op);

#endif
