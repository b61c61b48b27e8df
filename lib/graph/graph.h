/* graph.h - the graph: an array of nodes with one result each, in topological order.
 *
 * A node is addressed by its index, never by a pointer, because the array moves when it grows.
 * Nodes are only appended, so an input has a smaller index than its user. Shapes are concrete. The
 * first failure sticks to the graph; after it every builder returns SX_NONE, so that rules need no
 * check on every line. */
#ifndef SX_GRAPH_H
#define SX_GRAPH_H

#include "base/base.h"

#define SX_NONE (-1)

struct sx_node {
    int op; /* enum sx_op */
    enum sx_type type;
    struct sx_shape shape;
    int n_in, n_attr;
    const int *in;       /* n_in node indices, all smaller than this node's */
    const int64_t *attr; /* integers; the row defines their meaning */
    /* CONST: the dense elements. They belong to the graph, or outlive it. Those of weights may have
     * any alignment, as in the file: see sx_const_aligned. */
    const void *data;
};

struct sx_row;

/* A hash table of nodes that were folded, with 1 + the index of the constant that each became. */
struct sx_fold {
    struct sx_node node;
    int result;
};
struct sx_folded {
    struct sx_fold *item;
    size_t n, size; /* size: a power of two */
};

/* A tensor of the ONNX file, found by its name for cutting and for listings. */
struct sx_name {
    const char *name, *onnx_op, *onnx_node;
    int node;
    size_t before; /* 1 + the index of the previous name with the same hash; 0: none */
};

/* A part of a mapped file. Its pages can be given back to the system after they were read. */
struct sx_span {
    const char *begin;
    size_t size;
};

struct sx_graph {
    const struct sx_row *const *rows; /* by operator */
    struct sx_node *node;
    size_t n_nodes, node_capacity;
    enum sx_type real; /* SX_FLOAT or SX_DOUBLE: the type of every real value */
    /* Faithful graphs keep each named tensor of the file as a node of its own; constants are still
     * folded. Other graphs share equal nodes, and apply the identities of simplify.c. */
    bool faithful;
    struct sx_name *name;
    size_t n_names, name_capacity;
    size_t *latest; /* per hash: 1 + the index of the latest name; n_latest is a power of two */
    size_t n_latest;
    /* hash table with open addressing, of 1 + node indices; its size is a power of two */
    int *bucket;
    size_t n_buckets, n_hashed;
    struct sx_folded folded;
    size_t taken, limit;    /* bytes that nodes and folded constants take, and their limit */
    struct sx_watch *watch; /* watches runs; NULL: nobody does */
    /* parts of files that constants lie in; they outlive the graph */
    const struct sx_span *span;
    size_t n_spans;
    struct sx_arena arena;
    struct sx_error error;
};

/* Makes a graph. `rows` is the table of operators (ops/table.h). It is an argument so that lib/ops
 * can depend on lib/graph. */
struct sx_graph *sx_graph_new(const struct sx_row *const *rows, enum sx_type real,
                              struct sx_error *error);
void sx_graph_free(struct sx_graph *g);

/* Records a failure, unless there was one before. Returns false. */
bool sx_graph_fail(struct sx_graph *g, enum sx_status status, const char *format, ...)
    SX_PRINTF(3, 4);

/* Copies the graph's failure, if there is one, into *error; true if there is none. */
bool sx_graph_ok(const struct sx_graph *g, struct sx_error *error);

/* Counts n * size bytes that the graph is about to take. Exceeding its limit is a failure. */
bool sx_graph_take(struct sx_graph *g, size_t n, size_t size);

/* Allocates constants in the graph's arena, aligned to 64 bytes and counted against its limit. */
void *sx_arena_aligned(struct sx_graph *g, size_t n, size_t size);

/* The general builder: appends a node, or returns an equal one, a simpler one, or the constant it
 * folds to. */
int sx_emit(struct sx_graph *g, int op, int n_in, const int *in, int n_attr,
            const int64_t *attr);

/* A new variable. It is never shared or folded. */
int sx_input(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape);

/* A constant. sx_const copies the elements; those of sx_const_borrow must outlive the graph. */
int sx_const(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
             const void *data);
int sx_const_borrow(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
                    const void *data);
int sx_scalar(struct sx_graph *g, double value);               /* real, rank 0 */
int sx_scalar_int(struct sx_graph *g, int64_t value);          /* SX_INT, rank 0 */
int sx_ints(struct sx_graph *g, int n, const int64_t *values); /* SX_INT, [n] */

/* Names a node. sx_find returns the node that was given the name last, or SX_NONE. sx_no_tensor
 * records a failure that suggests the nearest names. */
bool sx_name_node(struct sx_graph *g, const char *name, int node, const char *onnx_op,
                  const char *onnx_node);
int sx_find(const struct sx_graph *g, const char *name);
bool sx_no_tensor(const struct sx_graph *g, const char *name, struct sx_error *error);

/* The elements of a constant, aligned for kernels. If the constant's data are not aligned, *copy is
 * an aligned copy that the caller frees. NULL on failure. */
const void *sx_const_aligned(const struct sx_node *node, void **copy, struct sx_error *error);

/* Gives the pages of these bytes back to the system, if they lie in a mapped file. */
void sx_give_back(const struct sx_graph *g, const void *data, size_t bytes);

/* sx_is_const: whether a node is a constant. sx_is_uniform: whether all its elements equal one
 * value, which becomes *value. */
bool sx_is_const(const struct sx_graph *g, int node);
bool sx_is_uniform(const struct sx_graph *g, int node, double *value);

/* Sets needed[i] for every node that `roots` depend on. `needed` has g->n_nodes zeroed items. */
void sx_mark_needed(const struct sx_graph *g, const int *roots, int n_roots, bool *needed);

/* Sets reached[i] for those of the first n_nodes nodes that depend on `from`. `reached` has n_nodes
 * zeroed items. */
void sx_mark_reached(const struct sx_graph *g, const int *from, int n_from, size_t n_nodes,
                     bool *reached);

/* Reference evaluation, for constant folding and tests: each node by its plain kernel, all values
 * kept until the end. feeds[i] is the value of inputs[i]. results[] are new tensors that the caller
 * frees. */
bool sx_evaluate(struct sx_graph *g, const int *inputs, const struct sx_tensor *feeds,
                 int n_inputs, const int *outputs, struct sx_tensor *results, int n_outputs,
                 struct sx_error *error);

/* Values of nodes, computed by plain kernels and kept while the graph grows. Zero-initialise it. */
struct sx_values {
    struct sx_tensor *value; /* per node; without data: not computed */
    size_t n, capacity;
};

/* Sets the value of a node, converted to its type. */
bool sx_values_feed(struct sx_graph *g, struct sx_values *v, int node,
                    const struct sx_tensor *value, struct sx_error *error);
/* The value of a node that is no constant, computed from what was fed; NULL on failure. It is valid
 * until the next call. */
const struct sx_tensor *sx_value_of(struct sx_graph *g, struct sx_values *v, int node,
                                    struct sx_error *error);
void sx_values_free(struct sx_values *v);

/* Writes one line per node. */
bool sx_graph_dump(const struct sx_graph *g, FILE *to);

#endif
