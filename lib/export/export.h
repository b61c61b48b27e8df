/* export.h - core graphs as ONNX graphs of the default operator domain. */
#ifndef SX_EXPORT_H
#define SX_EXPORT_H

#include "export/outside.h"
#include "lower/scope.h"
#include "onnx/write.h"
#include "sextant/export.h"

/* The operator sets of files. 17 is the default, because checkers of 2022 know it. 18 is used
 * if the graph has bitwise operators. */
enum { SX_EXPORT_OPSET = 17, SX_EXPORT_OPSET_BITS = 18 };

/* ---- symbols.c: dimensions that stay open ---- */

enum { SX_MOST_SYMBOLS = 5 };

/* An open dimension. Graphs have concrete shapes. So the graph is built twice, with two lengths
 * of the dimension; numbers that differ between the two depend on it. */
struct sx_symbol {
    char name[SX_NAME_SHOWN];
    const char *input; /* the model's input that has it; NULL: it counts seeds */
    int axis;
    /* length: in the written graph; other: in the graph that it is compared with */
    int64_t length, other;
    bool batch; /* if it cannot remain open, a file for one length is written */
};

struct sx_symbols {
    struct sx_symbol item[SX_MOST_SYMBOLS];
    int n, varied; /* varied: the symbol that now has its other length; -1: none */
};

/* Finds the open dimensions of the model's inputs. First axes without a name are one batch. */
bool sx_symbols_find(const struct sx_model *model, struct sx_symbols *symbols,
                     struct sx_error *error);
int64_t sx_symbol_length(const struct sx_symbols *symbols, int k);
/* CasADi's names for the numbers of seeds and directions. */
#define SX_CASADI_SEEDS "nadj"
#define SX_CASADI_DIRECTIONS "nfwd"
/* Adds an open number of seeds with this name. */
bool sx_symbols_add_seeds(struct sx_symbols *symbols, const char *name, struct sx_error *error);
int64_t sx_symbols_seeds(const struct sx_symbols *symbols, const char *name);
/* The symbol of an input's axis. -1 if the axis is not open. */
int sx_symbol_of(const struct sx_symbols *symbols, const struct sx_model *model,
                 const char *input, int axis);

/* ---- derivative.c: the graph of a file to be ---- */

/* An input or output of the file. */
struct sx_export_port {
    const char *name;
    int node, onnx_type;
};

/* Where a run finds a number of seeds: (length of an axis of an input) / divisor. */
struct sx_seed_count {
    const char *input;
    int axis;
    int64_t divisor;
};

/* The model with its derivatives, for one length of every symbol. */
struct sx_derived {
    const struct sx_model *model;
    struct sx_lowered *lowered;
    struct sx_graph *part, *whole, *graph; /* each borrows from the one before it */
    struct sx_export_port *in, *out;
    int n_in, n_out;
    /* for each symbol that the model's inputs do not have, in order */
    struct sx_seed_count count[2];
    int n_counts;
    const char **name; /* per node of `graph`: its name in the model; NULL: none */
    struct sx_arena arena;
};

bool sx_derived_make(struct sx_derived *d, const struct sx_model *model,
                     const struct sx_export_options *options, const struct sx_symbols *symbols,
                     struct sx_error *error);
void sx_derived_free(struct sx_derived *d);

/* ---- writer.c: names, constants and shapes of the file ---- */

/* A dimension: length = factor * product of symbols to their powers. */
struct sx_dim {
    int64_t factor;
    int power[SX_MOST_SYMBOLS];
    bool open; /* some power is not 0 */
};

struct sx_writer {
    struct sx_wire *to; /* receives the fields of a GraphProto */
    int opset;          /* its operator set */
    struct sx_outside *outside;
    const struct sx_graph *g;
    /* other[k]: the graph in which symbol k has its other length */
    const struct sx_graph *other[SX_MOST_SYMBOLS];
    const struct sx_symbols *symbols;
    const char *length[SX_MOST_SYMBOLS]; /* per symbol: a tensor [1] that holds its length */
    const struct sx_seed_count *count; /* of the symbols that the model's inputs do not have */
    const char **name;                 /* per node: name of its tensor; NULL: not written yet */
    const char **wish;                 /* per node: its preferred name; NULL: any */
    int *uses;                         /* per node: number of nodes and outputs that read it */
    bool *needed;                      /* per node: whether it is needed */
    /* what was written with a node. Of a choice of the largest: the largest elements. Of a
     * comparison with an upper limit: whether x is within. */
    const char **beside;
    /* per POOLINDEX: the tensor of these positions, counted through all planes */
    const char **at;
    int *clip; /* per comparison with an upper limit: the clipped x; SX_NONE: none */
    /* part: the first slice of a tensor that slices divide; next: the next slice */
    int *part, *next;
    int *reads;       /* buffer for the nodes that a node reads */
    const char **row; /* per constant whose rows are equal: one of the rows */
    struct sx_names used, made;
    const char **constant; /* names of constants, by their number in `made` */
    size_t n_made, made_capacity;
    const char *bias;   /* bias of the product that is being written; NULL: none */
    int counter, stuck; /* stuck: the symbol that some number does not follow; -1: none */
    struct sx_arena arena;
    struct sx_error *error;
};

#define SX_IN(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Returns a name that is not used yet, from `base`. */
const char *sx_writer_name(struct sx_writer *w, const char *base);
/* Writes a node with one output `out` (NULL: any name), and returns its name. */
const char *sx_out_node(struct sx_writer *w, const char *op, const char *const *in,
                        const char *out, const struct sx_onnx_attr *attrs, int n_attrs);
/* The name of the constant of a key. NULL if none is written for it. */
const char *sx_known_constant(const struct sx_writer *w, const char *key);
/* Writes the constant of a key, unless it is written, and returns its name. */
const char *sx_out_constant(struct sx_writer *w, const char *key,
                            const struct sx_tensor *value);
/* These write a constant, unless an equal one is written, and return its name. */
const char *sx_out_ints(struct sx_writer *w, const int64_t *values, int n);
const char *sx_out_int(struct sx_writer *w, int64_t value); /* rank 0 */
const char *sx_out_real(struct sx_writer *w, double value); /* rank 0 */
/* Sets the dimensions of a node as products of symbols. False with a failure if one follows no
 * rule. */
bool sx_dims_of(struct sx_writer *w, int node, struct sx_dim *dims);
struct sx_dim sx_dim_fixed(int64_t length);
/* Writes a tensor of integers that holds dimensions. Returns its name. */
const char *sx_out_dims(struct sx_writer *w, const struct sx_dim *dims, int rank);
/* Reshapes `in` by one Reshape node. */
const char *sx_out_reshape(struct sx_writer *w, const char *in, const struct sx_dim *dims,
                           int rank, const char *out);
/* Whether an attribute is the same for all lengths. If it is not, this is a failure. */
bool sx_attr_fixed(struct sx_writer *w, int node, int attr);

struct sx_written {
    int opset; /* the operator set of the graph */
    int stuck;
};

/* Writes the graph of `d` as fields of a GraphProto, without the weights that remain outside.
 * others[k] has symbol k varied. On failure *stuck is the symbol that cannot remain open, or -1. */
bool sx_write_graph(const struct sx_derived *d, const struct sx_derived *others,
                    const struct sx_symbols *symbols, struct sx_outside *outside,
                    struct sx_wire *to, struct sx_written *written, struct sx_error *error);

/* ---- spell.c, movers.c, windows.c, product.c: operators in ONNX ---- */

/* Lists the nodes that the ONNX form of `node` reads. Returns their number. */
int sx_spelt_reads(const struct sx_writer *w, int node, int *reads);
/* Writes a node whose operands are written already. Sets its name. */
bool sx_spell(struct sx_writer *w, int node);
void sx_spell_alias(struct sx_writer *w, int node); /* gives `node` the name of its operand 0 */
void sx_spell_reshape(struct sx_writer *w, int node);
void sx_spell_transpose(struct sx_writer *w, int node);
void sx_spell_expand(struct sx_writer *w, int node);
void sx_spell_slice(struct sx_writer *w, int node);
void sx_spell_embed(struct sx_writer *w, int node);
void sx_spell_concat(struct sx_writer *w, int node);
void sx_spell_take(struct sx_writer *w, int node);
void sx_spell_put(struct sx_writer *w, int node);
void sx_spell_matmul(struct sx_writer *w, int node);
void sx_spell_conv(struct sx_writer *w, int node);
void sx_spell_conv_input(struct sx_writer *w, int node);
void sx_spell_conv_weight(struct sx_writer *w, int node);
void sx_spell_sum_pool(struct sx_writer *w, int node);
void sx_spell_unpool(struct sx_writer *w, int node);
void sx_spell_pool_index(struct sx_writer *w, int node);
void sx_spell_pool_place(struct sx_writer *w, int node); /* sets the name of the positions */
/* Writes a MaxUnpool that puts the elements of `a` at the positions of `choice`, whose windows
 * are disjoint. The result is that of `node`. */
void sx_spell_max_unpool(struct sx_writer *w, int node, int choice, const char *a);
/* Whether a slice, or an embedding, leaves an axis unchanged for all lengths. */
bool sx_leaves_axis(const struct sx_writer *w, int node, int axis);
/* Writes a reduction over the axes of the node. */
void sx_spell_reduced(struct sx_writer *w, int node, const char *op);
/* Whether AveragePool can have the window of a sum. *size becomes the number of its elements. */
bool sx_pool_is_plain(const struct sx_writer *w, int node, double *size);
const char *sx_out_average(struct sx_writer *w, int node, const char *out);

/* ---- patterns.c ---- */

/* If `node` ends a group for which ONNX has one operator, writes that operator. False if it
 * does not. */
bool sx_spell_pattern(struct sx_writer *w, int node);

/* ---- result.c ---- */

/* The name of the tensor of a node that is written. */
const char *sx_node_name(struct sx_writer *w, int node);
const char *sx_operand_name(struct sx_writer *w, int node, int k);
/* Writes a node `op` as the result of `node`. */
void sx_result(struct sx_writer *w, int node, const char *op, const char *const *in,
               const struct sx_onnx_attr *attrs, int n_attrs);

#endif
