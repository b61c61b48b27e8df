/* derive.h - derivatives as graph rewriting, and batches as graph rewriting. */
#ifndef SX_DERIVE_H
#define SX_DERIVE_H

#include "graph/build.h"

/* Reverse mode. Appends to `g` the nodes of d<seed, y>/dx for each of the n nodes xs and stores
 * them in dxs[]; each has the shape of its x, and is a zero constant where y does not depend on
 * x. `seed` has y's shape (SX_NONE: ones). An x may be any inner node: it is then taken as a
 * variable of its own. The result is again a graph, so any order is had by calling again. */
bool sx_derive(struct sx_graph *g, int y, int seed, const int *xs, int n, int *dxs);

/* d/dt of y along x + t v at t = 0, with y's shape: the transpose of the transpose. */
int sx_derive_forward(struct sx_graph *g, int y, int x, int v);

/* Whether y, seen as a function of x, has any second derivative that is not identically zero. */
bool sx_has_curvature(struct sx_graph *g, int y, int x);

/* ---- Batches ----
 *
 * sx_batch rebuilds what `outputs` need of those inputs that come as a batch of `size` samples.
 * A batched value of a node of shape S is stored as [size] + S, or, where S begins with an axis
 * of 1, with that axis grown to `size`: most files then keep their rank. What does not depend on
 * a batched input is shared by all samples, and computed once. Batching nests. */
struct sx_batch {
    struct sx_graph *g;
    int64_t size;
    int *to;       /* per node: its batched or shared counterpart */
    bool *batched; /* per node: which of the two */
};

/* For each of the n inputs (any nodes of g) from[i] makes a new input to[i] that holds a batch,
 * and rebuilds outputs[]; results[i] is outputs[i] for the batch, always with a batch axis
 * (shared values are expanded). */
bool sx_batch(struct sx_graph *g, int64_t size, const int *from, int *to, int n,
              const int *outputs, int *results, int n_outputs);

/* The stored shape of a batched value of shape `one`. */
struct sx_shape sx_batch_shape(int64_t size, const struct sx_shape *one);

/* For batch rules of rows. The counterpart of input k of `node` with an explicit batch axis and
 * `rank` further axes: [size or 1, 1.., S]; the axis is 1 if the value is shared. */
int sx_batch_full(struct sx_batch *b, const struct sx_node *node, int k, int rank);
/* The same with the value expanded if it is shared: [size, 1.., S]. */
int sx_batch_whole(struct sx_batch *b, const struct sx_node *node, int k, int rank);
bool sx_batch_has(const struct sx_batch *b, const struct sx_node *node, int k);
int sx_batch_in(const struct sx_batch *b, const struct sx_node *node, int k); /* as stored */
/* From [size] + S to the stored form of a node of shape S. */
int sx_batch_done(struct sx_batch *b, int value, const struct sx_shape *one);
/* The rule of rows that have none, for rules that handle only some cases: sample by sample. */
int sx_batch_loop(struct sx_batch *b, const struct sx_node *node);
/* The rule of all pointwise rows. */
int sx_batch_pointwise(struct sx_batch *b, const struct sx_node *node);

/* ---- Rebuilding ----
 *
 * Rebuilds what `roots` need of `from` in `to` (another graph) node by node through sx_emit, so
 * that `to`'s identities apply; the values in cut[] become fresh inputs. map[] (from->n_nodes
 * items) receives every rebuilt node's new index, SX_NONE elsewhere. `change`, if not NULL, may
 * emit something else for a node (its inputs already mapped), constants aside; it returns
 * SX_NONE to decline. */
typedef int (*sx_change)(void *context, struct sx_graph *to, const struct sx_node *node,
                         const int *in);
bool sx_rebuild(const struct sx_graph *from, struct sx_graph *to, const int *roots, int n_roots,
                const int *cut, int n_cut, int *map, sx_change change, void *context);

#endif
