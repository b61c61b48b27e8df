/* lower.h - from a parsed ONNX model with concrete input shapes to a core graph. */
#ifndef SX_LOWER_H
#define SX_LOWER_H

#include "graph/build.h"
#include "onnx/onnx.h"
#include "sextant/explain.h"

/* What the caller fixes of one model input: its shape, or its value, which makes it a constant. */
struct sx_lower_input {
    const char *name;
    const struct sx_shape *shape;  /* NULL: as declared, symbolic dimensions being 1 */
    const struct sx_tensor *value; /* NULL: it stays an input */
    /* NULL, or the value at the sample for which the graph is lowered: where values decide shapes,
     * it is this sample's that do. */
    const struct sx_tensor *sample;
};

struct sx_lower_options {
    enum sx_type real; /* SX_FLOAT or SX_DOUBLE */
    const struct sx_lower_input *inputs;
    int n_inputs;
    size_t max_memory; /* bytes that folded constants may take; 0: the graph's own limit */
    const char
        *output; /* the tensor to lower, and what it follows from; NULL: as the model says */
    const char *const *variables; /* initializers that become inputs, found by their names */
    int n_variables;
    enum sx_ste ste;
    bool listing; /* every node of the main graph, past those that are refused */
};

/* A model input or output. */
struct sx_lowered_value {
    const char *name;
    int node;
    int onnx_type; /* ONNX__TENSOR_PROTO__DATA_TYPE__* */
};

/* A node whose value decided a shape, and that value, dense. */
struct sx_decision {
    int node;
    const void *data;
};

/* Values are real in the run's precision whatever the file declares; only Cast rounds to narrower
 * floats. Integers wrap at the width that the file declares.
 *
 * A faithful graph in which every tensor of the file that is needed is named. Weights are borrowed from the
 * model, which must outlive it; inputs that are initializers, or have a value, are not listed. */
struct sx_lowered {
    struct sx_graph *graph;
    struct sx_lowered_value *inputs, *outputs; /* in the order of the model */
    int n_inputs, n_outputs;
    struct sx_tensor *owned; /* converted weights */
    size_t n_owned, owned_capacity;
    struct sx_decision *decision; /* in the order in which they were made */
    size_t n_decisions, decision_capacity;
    const Onnx__NodeProto **refused; /* with `listing`: they, and the nodes around them */
    size_t n_refused, refused_capacity;
    struct sx_arena arena;
};

/* Fails with status 3 on what is not supported, naming node, operator and opset. options NULL:
 * float, shapes as declared. Free with sx_lowered_free. */
struct sx_lowered *sx_lower(const struct sx_model *model,
                            const struct sx_lower_options *options, struct sx_error *error);
void sx_lowered_free(struct sx_lowered *lowered);
/* Whether the values of the decisions' nodes at another sample, one each, decide the same. */
bool sx_decided_alike(const struct sx_lowered *lowered, const struct sx_tensor *values);

/* One node of a model as sx_lower_list shows it. */
struct sx_listed_node {
    const char *name, *op, *domain;
    int64_t opset;
    bool supported; /* it was lowered; or, not tried, its opset has a row or a function */
    int depth;      /* 0 in the main graph, more in the bodies of If, Loop and Scan */
    const Onnx__NodeProto *proto;
};

/* Shows every node, those of bodies after the node they belong to; stops when `show` returns
 * false. `lowered`, made for a listing, knows what is refused; NULL: nothing was tried. */
void sx_lower_list(const struct sx_model *model, const struct sx_lowered *lowered,
                   bool (*show)(void *context, const struct sx_listed_node *node),
                   void *context);

#endif
