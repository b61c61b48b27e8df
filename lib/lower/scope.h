/* scope.h - names: what each tensor name of a graph, body or function stands for. */
#ifndef SX_LOWER_SCOPE_H
#define SX_LOWER_SCOPE_H

#include "lower/row.h"

/* A table from names (which must outlive it) to numbers. Zero-initialise it. */
struct sx_names {
    const char **key;
    int *value;
    size_t n, size; /* size: a power of two */
};

/* The number of a name, or -1. */
int sx_names_get(const struct sx_names *names, const char *key);
/* Adds a name that is not there yet. */
bool sx_names_put(struct sx_names *names, const char *key, int value, struct sx_error *error);
void sx_names_free(struct sx_names *names);

/* The constants of a file so far: a hash table. Zero-initialise it. */
struct sx_same_item {
    uint64_t hash;
    int node; /* 1 + its node; 0: empty */
};
struct sx_same {
    struct sx_same_item *item;
    size_t n, size; /* size: a power of two */
};

/* A constant that borrows the tensor's data, or the equal one that is there. */
int sx_same_const(struct sx_same *s, struct sx_graph *g, const struct sx_tensor *t);

/* The tensors that the nodes of one graph see. */
struct sx_scope {
    struct sx_scope *outer; /* whose tensors are seen too; NULL: none */
    struct sx_scope *root;  /* the main graph's */
    struct sx_lowered *lowered;
    const struct sx_model *model;
    struct sx_error *error;
    const Onnx__FunctionProto *function; /* of which this is the body, or NULL */
    const struct sx_lowering *call;      /* the node that calls it: it has the attributes */
    struct sx_names names;
    struct sx_value *value;
    size_t n_values, value_capacity;
    size_t steps; /* nodes lowered so far; counted in the root */
    bool unknown; /* in the root: the failure is that of a node that was refused before */
    bool placed;  /* in the root: the failure names its node, those around it are not added */
    int depth;
    const struct sx_lower_options *options; /* of the root */
    /* Of the root: the table of rows, which bodies are lowered by. It is a field because If, Loop
     * and Scan have rows in it and lower bodies themselves. */
    const struct sx_lowering_row *(*find)(const char *domain, const char *op, int64_t opset);
    struct sx_same same;     /* of the root */
    struct sx_values values; /* of the root: of nodes, at the sample */
    bool sampled;            /* of the root: there is a sample */
    bool quiet; /* inner tensors are not named in the graph: there may be many of a name */
    struct sx_names cut; /* tensors that are fed: what makes them in the file does not count */
};

bool sx_scope_define(struct sx_scope *s, const char *name, struct sx_value value);
/* Lowers a node that moves, or adds up, integers once more on their twins, which gives its results
 * twins. */
bool sx_lower_twins(struct sx_lowering *l);
/* Whether a product reads the node's result, directly or behind operators that move it. */
bool sx_feeds_product(const struct sx_lowering *l);
/* NULL if the name is not known. */
const struct sx_value *sx_scope_find(const struct sx_scope *s, const char *name);
void sx_scope_end(struct sx_scope *s);
/* Sets the sample's value of an input. */
bool sx_decide_feed(struct sx_scope *s, int node, const struct sx_tensor *value);
/* The dense value of a node at the sample, which decides from now on; NULL on failure. */
const void *sx_decide(struct sx_lowering *l, int node);

/* A constant from a TensorProto of the model. */
struct sx_value sx_scope_tensor(struct sx_scope *s, const Onnx__TensorProto *proto);
/* The dense constant of a sparse tensor. */
struct sx_value sx_scope_sparse(struct sx_scope *s, const Onnx__SparseTensorProto *proto);
/* The name of tensor k of a sequence, "x[0]"; a very long one is cut off. */
enum { SX_ITEM_NAME = 256 };
void sx_item_name(char text[SX_ITEM_NAME], const char *sequence, int k);
/* Makes the model's inputs; `read` names what is needed of them, NULL: all. */
bool sx_scope_inputs(struct sx_scope *s, const struct sx_names *read);
bool sx_scope_initializers(struct sx_scope *s, const Onnx__GraphProto *graph);
/* Gives an initializer its name; one without a node fails. */
bool sx_scope_initialize(struct sx_scope *s, const char *name, struct sx_value value);
bool sx_scope_sparse_initializers(struct sx_scope *s, const Onnx__GraphProto *graph);
/* Lowers the nodes that the tensors `roots` follow from (NULL: all nodes) in an order that suits
 * them. */
bool sx_scope_nodes(struct sx_scope *s, Onnx__NodeProto *const *nodes, size_t n,
                    const char *const *roots, size_t n_roots);
/* Indices of the needed nodes (NULL: of all) in topological order, *count of them; fails on a
 * cycle and on names that are made twice. */
bool sx_sort_nodes(const struct sx_scope *s, Onnx__NodeProto *const *nodes, size_t n,
                   const bool *needed, int *order, size_t *count);
/* Sets needed[i] of the nodes that the tensors `roots` follow from; tensors of `cut` follow from
 * nothing. `read`, unless NULL, gets the names of all tensors that they read, and the roots. */
bool sx_need(Onnx__NodeProto *const *nodes, size_t n, const char *const *roots, size_t n_roots,
             const struct sx_names *cut, bool *needed, struct sx_names *read,
             struct sx_error *error);

/* Calls `see` with every tensor that a node reads, its bodies included; what a body defines itself
 * is none of them, though a tensor outside have its name. Stops when `see` returns false. */
bool sx_each_read(const Onnx__NodeProto *node, bool (*see)(void *context, const char *name),
                  void *context, struct sx_error *error);

/* The node of the main graph that makes a tensor, or NULL. */
const Onnx__NodeProto *sx_maker_of(const struct sx_model *model, const char *tensor);
int64_t sx_opset_of(const struct sx_model *model, const Onnx__FunctionProto *function,
                    const char *domain);
/* The model's own function of that name, or NULL. */
const Onnx__FunctionProto *sx_find_function(const struct sx_model *model, const char *domain,
                                            const char *op);
/* "" for the domain that may also be spelled "ai.onnx", and for NULL. */
const char *sx_domain(const char *domain);
const char *sx_text(const char *text); /* "" for NULL */

/* stays.c: whether the condition that a body gives is seen to be the one it was given, of outside or
 * constant. */
bool sx_condition_stays(const Onnx__GraphProto *body);

#endif
