/* export.h - core graphs as ONNX graphs of the default operator domain. */
#ifndef SX_EXPORT_H
#define SX_EXPORT_H

#include "export/outside.h"
#include "lower/scope.h"
#include "onnx/write.h"
#include "sextant/export.h"

/* The operator set of the file: 17, which checkers of 2022 know, or the one with bitwise operators
 * if they are needed. */
enum { SX_EXPORT_OPSET = 17, SX_EXPORT_OPSET_BITS = 18 };

/* ---- symbols.c: dimensions that stay open ---- */

enum { SX_MOST_SYMBOLS = 5 };

/* An open dimension. A graph has concrete shapes, so the same graph is built with another length,
 * too: what differs depends on the dimension. */
struct sx_symbol {
    char name[SX_NAME_SHOWN];
    const char *input; /* the input of the model that has it; NULL: it counts seeds */
    int axis;
    int64_t length,
        other;  /* in the graph that is written, in the one that it is compared with */
    bool batch; /* a file for one length is still useful */
};

struct sx_symbols {
    struct sx_symbol item[SX_MOST_SYMBOLS];
    int n, varied; /* varied: the symbol that has its other length; -1: none */
};

/* Finds the open dimensions of the model's inputs. Unnamed first axes are one batch. */
bool sx_symbols_find(const struct sx_model *model, struct sx_symbols *symbols,
                     struct sx_error *error);
int64_t sx_symbol_length(const struct sx_symbols *symbols, int k);
/* The names of numbers of seeds and directions in CasADi. */
#define SX_CASADI_SEEDS "nadj"
#define SX_CASADI_DIRECTIONS "nfwd"
/* Adds a number of seeds with this name. */
bool sx_symbols_add_seeds(struct sx_symbols *symbols, const char *name, struct sx_error *error);
int64_t sx_symbols_seeds(const struct sx_symbols *symbols, const char *name);
/* The symbol of an input's axis; -1: the axis is not open. */
int sx_symbol_of(const struct sx_symbols *symbols, const struct sx_model *model,
                 const char *input, int axis);

/* ---- derivative.c: the graph of a file to be ---- */

/* An input or output of the file. */
struct sx_export_port {
    const char *name;
    int node, onnx_type;
};

/* Where a run finds a number of seeds: the length of an input's axis, divided by a number. */
struct sx_seed_count {
    const char *input;
    int axis;
    int64_t divisor;
};

/* The model with its derivatives, for one length of every symbol. */
struct sx_derived {
    const struct sx_model *model;
    struct sx_lowered *lowered;
    struct sx_graph *part, *whole, *graph; /* each borrows from the previous ones */
    struct sx_export_port *in, *out;
    int n_in, n_out;
    struct sx_seed_count count[2]; /* of the symbols that are not the model's, in order */
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
    struct sx_wire *to; /* fields of a GraphProto */
    int opset;          /* its operator set */
    struct sx_outside *outside;
    const struct sx_graph *g;
    /* the graphs in which symbol k has its other length */
    const struct sx_graph *other[SX_MOST_SYMBOLS];
    const struct sx_symbols *symbols;
    const char *length[SX_MOST_SYMBOLS]; /* tensors, [1] */
    const struct sx_seed_count *count;   /* of the symbols that are none of the model's */
    const char **name; /* per node: name of its tensor; NULL: not written yet */
    const char **wish; /* per node: the preferred name; NULL: any */
    int *uses;         /* per node: number of nodes and outputs that read it */
    bool *needed;      /* per node: it is needed */
    const char *
        *beside; /* what was written with a node: of a choice of the largest, the largest
                            themselves; of a comparison with an upper limit, where x is within */
    /* per POOLINDEX: the tensor of these positions, counted through all planes */
    const char **at;
    int *clip; /* per comparison with an upper limit: the clipped x; SX_NONE: none */
    /* part: the first slice of a tensor that slices divide; next: the next slice */
    int *part, *next;
    int *reads;       /* buffer for the nodes that a node reads */
    const char **row; /* per constant whose rows are equal: one of the rows */
    struct sx_names used, made;
    const char **constant; /* names of constants by number in `made` */
    size_t n_made, made_capacity;
    const char *bias;   /* bias of the product that is being written; NULL: none */
    int counter, stuck; /* stuck: the symbol that something cannot follow; -1: none */
    struct sx_arena arena;
    struct sx_error *error;
};

#define SX_IN(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A name that is not used yet. */
const char *sx_writer_name(struct sx_writer *w, const char *base);
/* Writes a node with one output `out` (NULL: any name), and returns its name. */
const char *sx_out_node(struct sx_writer *w, const char *op, const char *const *in,
                        const char *out, const struct sx_onnx_attr *attrs, int n_attrs);
/* Constants; each is written once. */
const char *sx_out_ints(struct sx_writer *w, const int64_t *values, int n);
const char *sx_out_int(struct sx_writer *w, int64_t value); /* rank 0 */
const char *sx_out_real(struct sx_writer *w, double value); /* rank 0 */
/* The dimensions of a node; false with a failure if they follow no rule. */
bool sx_dims_of(struct sx_writer *w, int node, struct sx_dim *dims);
struct sx_dim sx_dim_fixed(int64_t length);
/* A tensor of integers that holds dimensions. */
const char *sx_out_dims(struct sx_writer *w, const struct sx_dim *dims, int rank);
/* Reshapes `in` by one node. */
const char *sx_out_reshape(struct sx_writer *w, const char *in, const struct sx_dim *dims,
                           int rank, const char *out);
/* Whether an attribute is the same for all lengths; a failure if not. */
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

/* The nodes that the ONNX form of `node` reads; returns their number. */
int sx_spelt_reads(const struct sx_writer *w, int node, int *reads);
/* Writes a node whose operands are written, and sets its name. */
bool sx_spell(struct sx_writer *w, int node);
void sx_spell_alias(struct sx_writer *w, int node); /* the node is operand 0 */
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
/* `a` at the positions of a choice with disjoint windows, as the result of `node`. */
void sx_spell_max_unpool(struct sx_writer *w, int node, int choice, const char *a);
/* Whether a slice, or an embedding, leaves an axis unchanged for all lengths. */
bool sx_leaves_axis(const struct sx_writer *w, int node, int axis);
/* Writes a reduction over the axes of the row. */
void sx_spell_reduced(struct sx_writer *w, int node, const char *op);
/* Whether AveragePool can have the window of a sum, with *size elements. The next function writes
 * that mean. */
bool sx_pool_is_plain(const struct sx_writer *w, int node, double *size);
const char *sx_out_average(struct sx_writer *w, int node, const char *out);

/* ---- patterns.c ---- */

/* If a node ends a group for which ONNX has one operator, writes that; false: it ends none. */
bool sx_spell_pattern(struct sx_writer *w, int node);

/* ---- result.c ---- */

/* The tensor of a node that is written; the next function: of operand k. */
const char *sx_node_name(struct sx_writer *w, int node);
const char *sx_operand_name(struct sx_writer *w, int node, int k);
/* Writes a node as the result of `node`. */
void sx_result(struct sx_writer *w, int node, const char *op, const char *const *in,
               const struct sx_onnx_attr *attrs, int n_attrs);

#endif
