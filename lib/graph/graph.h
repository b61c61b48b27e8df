/* graph.h - the graph: an array of single-result nodes in topological order.
 *
 * A node is addressed by its index, never by pointer: the array moves when it grows. Nodes are
 * only ever appended, so an input always has a smaller index than its user. Shapes are concrete.
 * The first failure sticks to the graph; after it every builder returns SX_NONE, so that rules
 * can be written without a check on every line. */
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
    const int64_t *attr; /* integers whose meaning the row gives */
    /* Of a CONST: the dense elements; owned by the graph or outliving it. Those of weights may lie at
     * any address, as files have them: see sx_const_aligned. */
    const void *data;
};

struct sx_row;

/* Nodes that were folded, and 1 + the constants that they became: a hash table. */
struct sx_fold {
    struct sx_node node;
    int result;
};
struct sx_folded {
    struct sx_fold *item;
    size_t n, size; /* size: a power of two */
};

/* A tensor of the ONNX file by its name, for cutting and for listings. */
struct sx_name {
    const char *name, *onnx_op, *onnx_node;
    int node;
    size_t before; /* 1 + the name given before of the same hash; 0: none */
};

/* Bytes of a mapped file, whose pages the system may have back after they were read. */
struct sx_span {
    const char *begin;
    size_t size;
};

struct sx_graph {
    const struct sx_row *const *rows; /* by operator */
    struct sx_node *node;
    size_t n_nodes, node_capacity;
    enum sx_type real; /* SX_FLOAT or SX_DOUBLE: the type of every real value */
    /* Faithful: as the file says, each named tensor its own node (constants still fold).
     * Otherwise equal nodes are shared and the identities of simplify.c apply on emission. */
    bool faithful;
    struct sx_name *name;
    size_t n_names, name_capacity;
    size_t *latest; /* by hash: 1 + the name given last; n_latest is a power of two */
    size_t n_latest;
    int *bucket; /* hash table of node indices + 1, open addressing, size a power of two */
    size_t n_buckets, n_hashed;
    struct sx_folded folded;
    size_t taken, limit;    /* bytes of nodes and folded constants, and how many they may be */
    struct sx_watch *watch; /* of runs; NULL: nobody watches */
    const struct sx_span *span; /* that constants lie in; they outlive the graph */
    size_t n_spans;
    struct sx_arena arena;
    struct sx_error error;
};

/* A graph of the operators of a table (ops/table.h): it is passed in, so that rows can stand on
 * graphs. */
struct sx_graph *sx_graph_new(const struct sx_row *const *rows, enum sx_type real,
                              struct sx_error *error);
void sx_graph_free(struct sx_graph *g);

/* Records a failure that sticks. Returns false. */
bool sx_graph_fail(struct sx_graph *g, enum sx_status status, const char *format, ...)
    SX_PRINTF(3, 4);

/* Copies the sticking failure, if there is one, into *error; true if there is none. */
bool sx_graph_ok(const struct sx_graph *g, struct sx_error *error);

/* Counts bytes that the graph is about to take; over its limit, that is a failure that sticks. */
bool sx_graph_take(struct sx_graph *g, size_t n, size_t size);

/* Room for constants in the graph's arena, aligned to 64 bytes and counted against its limit. */
void *sx_arena_aligned(struct sx_graph *g, size_t n, size_t size);

/* The general builder: emits a node, or returns an existing or folded one that equals it. */
int sx_emit(struct sx_graph *g, int op, int n_in, const int *in, int n_attr,
            const int64_t *attr);

/* A new variable: never shared, never folded. */
int sx_input(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape);

/* A constant whose elements are copied (sx_const) or must outlive the graph (sx_const_borrow). */
int sx_const(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
             const void *data);
int sx_const_borrow(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
                    const void *data);
int sx_scalar(struct sx_graph *g, double value);               /* real, rank 0 */
int sx_scalar_int(struct sx_graph *g, int64_t value);          /* SX_INT, rank 0 */
int sx_ints(struct sx_graph *g, int n, const int64_t *values); /* SX_INT, [n] */

/* Names a node. Later names win in sx_find; returns SX_NONE if there is none of this name, for
 * which sx_no_tensor is a failure that names the nearest ones. */
bool sx_name_node(struct sx_graph *g, const char *name, int node, const char *onnx_op,
                  const char *onnx_node);
int sx_find(const struct sx_graph *g, const char *name);
bool sx_no_tensor(const struct sx_graph *g, const char *name, struct sx_error *error);

/* The elements of a constant where kernels can read them: its data, or a copy of data that are not
 * aligned, which then is *copy and the caller's to free. NULL on failure. */
const void *sx_const_aligned(const struct sx_node *node, void **copy, struct sx_error *error);

/* Gives the pages of these bytes back, where they lie in a mapped file. */
void sx_give_back(const struct sx_graph *g, const void *data, size_t bytes);

/* Whether node is a constant, whether all its elements equal one value, and that value. */
bool sx_is_const(const struct sx_graph *g, int node);
bool sx_is_uniform(const struct sx_graph *g, int node, double *value);

/* Marks what `roots` depend on: needed[i] for every node. `needed` has g->n_nodes zeroed items. */
void sx_mark_needed(const struct sx_graph *g, const int *roots, int n_roots, bool *needed);

/* Marks what depends on `from` among the first n_nodes nodes. `reached` has that many zeroed items. */
void sx_mark_reached(const struct sx_graph *g, const int *from, int n_from, size_t n_nodes,
                     bool *reached);

/* Reference evaluation of one node set, each node by its plain kernel, all values kept until
 * the end: for constant folding and for tests. feeds[i] gives inputs[i]; results are new
 * tensors that the caller frees. */
bool sx_evaluate(struct sx_graph *g, const int *inputs, const struct sx_tensor *feeds,
                 int n_inputs, const int *outputs, struct sx_tensor *results, int n_outputs,
                 struct sx_error *error);

/* The values of nodes by their plain kernels, kept from one question to the next while the graph
 * grows. Zero-initialise it. */
struct sx_values {
    struct sx_tensor *value; /* by node; without data: not known */
    size_t n, capacity;
};

/* Sets the value of a node, converted to its type. */
bool sx_values_feed(struct sx_graph *g, struct sx_values *v, int node,
                    const struct sx_tensor *value, struct sx_error *error);
/* The value of a node that is no constant, from what was fed; NULL on failure. It is valid until
 * the next call. */
const struct sx_tensor *sx_value_of(struct sx_graph *g, struct sx_values *v, int node,
                                    struct sx_error *error);
void sx_values_free(struct sx_values *v);

/* One line per node, for people. */
bool sx_graph_dump(const struct sx_graph *g, FILE *to);

#endif
