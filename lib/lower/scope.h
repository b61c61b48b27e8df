/* scope.h - names: the values of tensor names in a graph, body or function. */
#ifndef SX_LOWER_SCOPE_H
#define SX_LOWER_SCOPE_H

#include "lower/row.h"

/* A table from names to numbers. The names must outlive it. Zero-initialise it. */
struct sx_names {
    const char **key;
    int *value;
    size_t n, size; /* size: a power of two */
};

/* The number of a name; -1: unknown. */
int sx_names_get(const struct sx_names *names, const char *key);
/* Adds a name that is not in the table. */
bool sx_names_put(struct sx_names *names, const char *key, int value, struct sx_error *error);
void sx_names_free(struct sx_names *names);

/* A hash table of the file's constants so far. Zero-initialise it. */
struct sx_same_item {
    uint64_t hash;
    int node; /* 1 + its node; 0: empty */
};
struct sx_same {
    struct sx_same_item *item;
    size_t n, size; /* size: a power of two */
};

/* Makes a constant that borrows the tensor's data, or returns an equal one. */
int sx_same_const(struct sx_same *s, struct sx_graph *g, const struct sx_tensor *t);

/* Limits: the depth of nested bodies and functions, and the number of lowered nodes. Functions that
 * call each other, and loops, could require any number. */
#define SX_MAX_DEPTH 24
#define SX_MAX_STEPS 1000000

/* The names that the nodes of one graph can use. */
struct sx_scope {
    struct sx_scope *outer; /* the surrounding scope; NULL: none */
    struct sx_scope *root;  /* the scope of the main graph */
    struct sx_lowered *lowered;
    const struct sx_model *model;
    struct sx_error *error;
    const Onnx__FunctionProto *function; /* the function whose body this is; NULL: none */
    const struct sx_lowering *call;      /* the node that calls it, which has the attributes */
    struct sx_names names;
    struct sx_value *value;
    size_t n_values, value_capacity;
    int64_t steps;     /* in the root: number of lowered nodes */
    int64_t *unrolled; /* in the root: 1 + what a function unrolls to; 0: not counted */
    bool unknown;      /* in the root: the failure comes from a node that was refused earlier */
    bool placed; /* in the root: the message names its node; surrounding ones are not added */
    int depth;
    const struct sx_lower_options *options; /* in the root */
    /* In the root: the table of rows. It is a field because rows of If, Loop and Scan are in the
     * table, and lower bodies with it. */
    const struct sx_lowering_row *(*find)(const char *domain, const char *op, int64_t opset);
    int64_t block; /* in the root: length of the model's blocks of channels; 0: not known yet */
    struct sx_same same;     /* in the root */
    struct sx_values values; /* in the root: values of nodes at the sample */
    bool sampled;            /* in the root: there is a sample */
    /* inner tensors get no names in the graph, because they may be lowered several times */
    bool quiet;
    struct sx_names cut; /* tensors that are fed; the nodes that make them are ignored */
};

bool sx_scope_define(struct sx_scope *s, const char *name, struct sx_value value);
/* Lowers a node that moves or adds integers once more on their twins, so that its results have
 * twins. */
bool sx_lower_twins(struct sx_lowering *l);
/* Whether a product reads the node's result, directly or after movers. */
bool sx_feeds_product(const struct sx_lowering *l);
/* The value of a name; NULL: unknown. */
const struct sx_value *sx_scope_find(const struct sx_scope *s, const char *name);
void sx_scope_end(struct sx_scope *s);
/* Sets the value of an input at the sample. */
bool sx_decide_feed(struct sx_scope *s, int node, const struct sx_tensor *value);
/* The dense value of a node at the sample, which decides from now on; NULL on failure. */
const void *sx_decide(struct sx_lowering *l, int node);

/* A constant made of a TensorProto of the model. */
struct sx_value sx_scope_tensor(struct sx_scope *s, const Onnx__TensorProto *proto);
/* The dense constant of a sparse tensor. */
struct sx_value sx_scope_sparse(struct sx_scope *s, const Onnx__SparseTensorProto *proto);
/* The name of tensor k of a sequence, "x[0]"; a very long one is cut off. */
enum { SX_ITEM_NAME = 256 };
void sx_item_name(char text[SX_ITEM_NAME], const char *sequence, int k);
/* Makes the model's inputs; `read` names those that are needed; NULL: all. */
bool sx_scope_inputs(struct sx_scope *s, const struct sx_names *read);
bool sx_scope_initializers(struct sx_scope *s, const Onnx__GraphProto *graph);
/* Gives an initializer its name; fails if it has no node. */
bool sx_scope_initialize(struct sx_scope *s, const char *name, struct sx_value value);
bool sx_scope_sparse_initializers(struct sx_scope *s, const Onnx__GraphProto *graph);
/* Lowers the nodes that the tensors `roots` depend on (NULL: all nodes), in topological order. */
bool sx_scope_nodes(struct sx_scope *s, Onnx__NodeProto *const *nodes, size_t n,
                    const char *const *roots, size_t n_roots);
/* Sorts the needed nodes (NULL: all) topologically; order[] are their indices, *count their number.
 * Fails on a cycle, and on names that are made twice. */
bool sx_sort_nodes(const struct sx_scope *s, Onnx__NodeProto *const *nodes, size_t n,
                   const bool *needed, int *order, size_t *count);
/* Sets needed[i] for nodes that the tensors `roots` depend on; tensors of `cut` depend on nothing.
 * `read`, unless NULL, receives the names of the roots and of all tensors that these nodes read. */
bool sx_need(Onnx__NodeProto *const *nodes, size_t n, const char *const *roots, size_t n_roots,
             const struct sx_names *cut, bool *needed, struct sx_names *read,
             struct sx_error *error);

/* Calls `see` for every tensor that a node reads, also in its bodies, except those that the body
 * itself defines. Stops when `see` returns false. */
bool sx_each_read(const Onnx__NodeProto *node, bool (*see)(void *context, const char *name),
                  void *context, struct sx_error *error);

/* The node of the main graph that makes a tensor; NULL: none. */
const Onnx__NodeProto *sx_maker_of(const struct sx_model *model, const char *tensor);
int64_t sx_opset_of(const struct sx_model *model, const Onnx__FunctionProto *function,
                    const char *domain);
/* The model's function of that name; NULL: none. */
const Onnx__FunctionProto *sx_find_function(const struct sx_model *model, const char *domain,
                                            const char *op);
/* Whether a function unrolls to at most `most` nodes, as far as this is known before it is lowered.
 * Also false if memory runs out. */
bool sx_unrolls(struct sx_scope *root, const Onnx__FunctionProto *f, int64_t most);
/* The domain; "" for "ai.onnx" and for NULL. */
const char *sx_domain(const char *domain);
const char *sx_text(const char *text); /* "" for NULL */

/* stays.c: whether the condition that a body returns is seen to be the one it was given, one from
 * outside, or a constant. */
bool sx_condition_stays(const Onnx__GraphProto *body);

#endif
