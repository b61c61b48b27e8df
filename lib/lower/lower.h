/* lower.h - converts a parsed ONNX model with concrete input shapes to a core graph. */
#ifndef SX_LOWER_H
#define SX_LOWER_H

#include "graph/build.h"
#include "onnx/onnx.h"
#include "sextant/explain.h"

/* What the caller fixes of a model input: its shape, or its value, which makes it a constant. */
struct sx_lower_input {
    const char *name;
    const struct sx_shape *shape; /* NULL: the declared shape, with 1 for symbolic dimensions */
    const struct sx_tensor *value; /* NULL: it remains an input */
    /* Its value at the sample for which the graph is lowered, or NULL. Where values decide shapes,
     * they are this sample's. */
    const struct sx_tensor *sample;
};

struct sx_lower_options {
    enum sx_type real; /* SX_FLOAT or SX_DOUBLE */
    const struct sx_lower_input *inputs;
    int n_inputs;
    size_t max_memory; /* bytes that folded constants may take; 0: the graph's default limit */
    /* the tensor that is lowered, with all it depends on; NULL: the outputs that the model is
     * wanted for */
    const char *output;
    const char *const *variables; /* names of initializers that become inputs */
    int n_variables;
    enum sx_ste ste;
    bool listing; /* lower every node of the main graph, and go on after refused ones */
};

/* A model input or output. */
struct sx_lowered_value {
    const char *name;
    int node;
    int onnx_type; /* ONNX__TENSOR_PROTO__DATA_TYPE__* */
};

/* A node whose value decided a shape, with that value. */
struct sx_decision {
    int node;
    const void *data;
};

/* A lowered model. Real values have the run's precision, whatever the file declares; only Cast
 * rounds to narrower floats. Integers wrap at the width that the file declares.
 *
 * The graph is faithful: every tensor of the file that is needed has a name in it. Weights are
 * borrowed from the model, which must outlive it. Inputs that are initializers, or have a value,
 * are not listed. */
struct sx_lowered {
    struct sx_graph *graph;
    struct sx_lowered_value *inputs, *outputs; /* in the order of the model */
    int n_inputs, n_outputs;
    struct sx_tensor *owned; /* converted weights */
    size_t n_owned, owned_capacity;
    struct sx_decision *decision; /* in the order in which they decided */
    size_t n_decisions, decision_capacity;
    /* with `listing`: refused nodes, and the nodes that contain them */
    const Onnx__NodeProto **refused;
    size_t n_refused, refused_capacity;
    struct sx_arena arena;
};

/* Lowers a model. Status 3: something is not supported; the message names node, operator and opset.
 * options NULL: float, shapes as declared. Free with sx_lowered_free. */
struct sx_lowered *sx_lower(const struct sx_model *model,
                            const struct sx_lower_options *options, struct sx_error *error);
void sx_lowered_free(struct sx_lowered *lowered);
/* Whether the values of the decisions' nodes at another sample, one per decision, decide the same. */
bool sx_decided_alike(const struct sx_lowered *lowered, const struct sx_tensor *values);

/* One node of a model as sx_lower_list shows it. */
struct sx_listed_node {
    const char *name, *op, *domain;
    int64_t opset;
    /* it was lowered; or, if that was not tried, its opset has a row or a function */
    bool supported;
    int depth; /* 0 in the main graph, larger in bodies of If, Loop and Scan */
    const Onnx__NodeProto *proto;
};

/* Shows every node; nodes of bodies follow the node they belong to. Stops when `show` returns
 * false. `lowered`, made for a listing, tells what is refused; NULL: nothing was tried. */
void sx_lower_list(const struct sx_model *model, const struct sx_lowered *lowered,
                   bool (*show)(void *context, const struct sx_listed_node *node),
                   void *context);

#endif
