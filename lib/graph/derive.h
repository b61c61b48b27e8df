/* derive.h - derivatives, batches and copies of graphs, as rewritings of a graph. */
#ifndef SX_DERIVE_H
#define SX_DERIVE_H

#include "graph/build.h"

/* Reverse mode. Appends to `g` the nodes of d<seed, y>/dx for each of the n nodes xs, and stores
 * them in dxs[]. dxs[i] has the shape of xs[i]; it is a zero constant if y does not depend on
 * xs[i]. `seed` has y's shape (SX_NONE: ones). An x may be an inner node, which then counts as an
 * independent variable. The result is a graph again, so repeated calls give higher orders. */
bool sx_derive(struct sx_graph *g, int y, int seed, const int *xs, int n, int *dxs);

/* The derivative of y along x + t v by t at t = 0, with y's shape. */
int sx_derive_forward(struct sx_graph *g, int y, int x, int v);

/* Whether y, as a function of x, has a second derivative that is not identically zero. */
bool sx_has_curvature(struct sx_graph *g, int y, int x);

/* ---- Batches ----
 *
 * sx_batch rebuilds what `outputs` need, for inputs that are batches of `size` samples. A batched
 * value of a node of shape S is stored as [size] + S. If S begins with an axis of length 1, it is
 * stored with that axis extended to `size` instead, so that most files keep their ranks. Nodes that
 * depend on no batched input are shared by all samples and computed once. Batches can be nested. */
struct sx_batch {
    struct sx_graph *g;
    int64_t size;
    int *to;       /* per node: its counterpart */
    bool *batched; /* per node: the counterpart is batched; else it is shared */
};

/* Makes for each of the n nodes from[i] a new input to[i] that holds a batch, and rebuilds
 * outputs[]. results[i] is outputs[i] for the batch. It always has a batch axis: shared values are
 * expanded. */
bool sx_batch(struct sx_graph *g, int64_t size, const int *from, int *to, int n,
              const int *outputs, int *results, int n_outputs);

/* The stored shape of a batched value of shape `one`. */
struct sx_shape sx_batch_shape(int64_t size, const struct sx_shape *one);

/* For batch rules of rows. The counterpart of input k of `node` with an explicit batch axis and
 * `rank` further axes: [size, 1.., S], or [1, 1.., S] if it is shared. */
int sx_batch_full(struct sx_batch *b, const struct sx_node *node, int k, int rank);
/* The same, with a shared value expanded: [size, 1.., S]. */
int sx_batch_whole(struct sx_batch *b, const struct sx_node *node, int k, int rank);
bool sx_batch_has(const struct sx_batch *b, const struct sx_node *node, int k);
int sx_batch_in(const struct sx_batch *b, const struct sx_node *node, int k); /* as stored */
/* Converts a value [size] + S to the stored form of a node of shape S. */
int sx_batch_done(struct sx_batch *b, int value, const struct sx_shape *one);
/* The batch rule of rows that have none, for rules that handle only some cases: builds the node for
 * each sample. */
int sx_batch_loop(struct sx_batch *b, const struct sx_node *node);
/* The batch rule of all pointwise rows. */
int sx_batch_pointwise(struct sx_batch *b, const struct sx_node *node);

/* ---- Rebuilding ----
 *
 * Rebuilds in `to`, another graph, what `roots` need of `from`. Each node goes through sx_emit, so
 * that the identities of `to` apply. The nodes in cut[] become new inputs. map[] (from->n_nodes
 * items) receives the new index of every rebuilt node, and SX_NONE for others. `change`, if not
 * NULL, is called for nodes that are not constants, with inputs already mapped. It may emit
 * something else, or return SX_NONE to decline. */
typedef int (*sx_change)(void *context, struct sx_graph *to, const struct sx_node *node,
                         const int *in);
bool sx_rebuild(const struct sx_graph *from, struct sx_graph *to, const int *roots, int n_roots,
                const int *cut, int n_cut, int *map, sx_change change, void *context);

#endif
