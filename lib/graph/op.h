/* op.h - the core operators: a row each.
 *
 * A row says how an operator is shaped, differentiated, batched and computed. Rows live in lib/ops,
 * one file per family; the list below names them, and ops/table.c is the table. A graph is given
 * the table when it is made, so graphs and builders stand below the rows that are written with
 * them. The walks that follow a graph (derive.c, batch.c, exec.c) ask rows alone. Passes that
 * look for patterns of operators name them: the identities (simplify.c), the rules of layers with
 * weights (lrp.c, reveal.c, decompose/layers.c), kinks (smooth.c), weights of a network (nid.c,
 * inspect.c), and what lib/run brings into other forms (rewrite.c, layout.c, fuse.c, dnnl.c). */
#ifndef SX_OP_H
#define SX_OP_H

#include "graph/graph.h"

/* Pointwise operators: every operand is broadcast to the result's shape (numpy rules). */
#define SX_POINTWISE_OPS(X)                                                                    \
    X(NEG, neg)                                                                                \
    X(RECIP, recip)                                                                            \
    X(EXP, exp)                                                                                \
    X(LOG, log)                                                                                \
    X(SQRT, sqrt)                                                                              \
    X(SIN, sin)                                                                                \
    X(COS, cos)                                                                                \
    X(TAN, tan)                                                                                \
    X(ASIN, asin)                                                                              \
    X(ACOS, acos)                                                                              \
    X(ATAN, atan)                                                                              \
    X(SINH, sinh)                                                                              \
    X(COSH, cosh)                                                                              \
    X(TANH, tanh)                                                                              \
    X(ASINH, asinh)                                                                            \
    X(ACOSH, acosh)                                                                            \
    X(ATANH, atanh)                                                                            \
    X(SIGMOID, sigmoid)                                                                        \
    X(SOFTPLUS, softplus)                                                                      \
    X(ERF, erf)                                                                                \
    X(RELU, relu)                                                                              \
    X(ABS, abs)                                                                                \
    X(SIGN, sign)                                                                              \
    X(FLOOR, floor)                                                                            \
    X(CEIL, ceil)                                                                              \
    X(ROUND, round)                                                                            \
    X(ISNAN, isnan)                                                                            \
    X(ISINF, isinf)                                                                            \
    X(NOT, not )                                                                               \
    X(BITNOT, bitnot)                                                                          \
    X(CAST, cast)                                                                              \
    X(NARROW, narrow)                                                                          \
    X(BITS, bits)                                                                              \
    X(ADD, add)                                                                                \
    X(SUB, sub)                                                                                \
    X(MUL, mul)                                                                                \
    X(DIV, div)                                                                                \
    X(POW, pow)                                                                                \
    X(MIN, min)                                                                                \
    X(MAX, max)                                                                                \
    X(MOD, mod)                                                                                \
    X(FMOD, fmod)                                                                              \
    X(EQUAL, equal)                                                                            \
    X(LESS, less)                                                                              \
    X(LESSEQ, lesseq)                                                                          \
    X(AND, and)                                                                                \
    X(OR, or)                                                                                  \
    X(XOR, xor)                                                                                \
    X(BITAND, bitand)                                                                          \
    X(BITOR, bitor)                                                                            \
    X(BITXOR, bitxor)                                                                          \
    X(SHIFT, shift)                                                                            \
    X(THROUGH, through)                                                                        \
    X(WHERE, where)

/* Everything else. */
#define SX_OTHER_OPS(X)                                                                        \
    X(INPUT, input)                                                                            \
    X(CONST, const)                                                                            \
    X(RESHAPE, reshape)                                                                        \
    X(STOP, stop)                                                                              \
    X(TRANSPOSE, transpose)                                                                    \
    X(EXPAND, expand)                                                                          \
    X(SUM, sum)                                                                                \
    X(SLICE, slice)                                                                            \
    X(EMBED, embed)                                                                            \
    X(CONCAT, concat)                                                                          \
    X(TAKE, take)                                                                              \
    X(PUT, put)                                                                                \
    X(REDUCEMAX, reducemax)                                                                    \
    X(ARGMAX, argmax)                                                                          \
    X(SORTINDEX, sortindex)                                                                    \
    X(CUMSUM, cumsum)                                                                          \
    X(SOFTMAX, softmax)                                                                        \
    X(LOGSOFTMAX, logsoftmax)                                                                  \
    X(MATMUL, matmul)                                                                          \
    X(CONV, conv)                                                                              \
    X(CONVINPUT, convinput)                                                                    \
    X(CONVWEIGHT, convweight)                                                                  \
    X(SUMPOOL, sumpool)                                                                        \
    X(UNPOOL, unpool)                                                                          \
    X(POOLINDEX, poolindex)                                                                    \
    X(TREES, trees)

/* Private rows: made by lib/run from the others after differentiation, never differentiated. */
#define SX_PRIVATE_OPS(X)                                                                      \
    X(MAP, map)                                                                                \
    X(FUSED, fused)                                                                            \
    X(MAXPOOL, maxpool)

#define SX_OP_ENUM(NAME, name) SX_##NAME,
enum sx_op {
    SX_POINTWISE_OPS(SX_OP_ENUM) SX_N_POINTWISE,
    SX_BEFORE_OTHER = SX_N_POINTWISE - 1,
    SX_OTHER_OPS(SX_OP_ENUM) SX_N_CORE,
    SX_BEFORE_PRIVATE = SX_N_CORE - 1,
    SX_PRIVATE_OPS(SX_OP_ENUM) SX_N_OPS
};
#undef SX_OP_ENUM

/* The attributes of the rows that other files read: RESHAPE, EXPAND: the result's dimensions.
 * TRANSPOSE: result axis i is the operand's axis attr[i]. SUM, REDUCEMAX: the reduced axes.
 * SLICE, EMBED: rank starts, rank steps, then rank result dimensions. CONCAT: axis. TAKE: axis,
 * elementwise. PUT: axis, n, elementwise. CUMSUM: axis, exclusive, reverse. ARGMAX: axis, last.
 * SORTINDEX: axis, descending. SOFTMAX, LOGSOFTMAX: axis. CAST, NARROW, BITS: see build.h. SHIFT: 0 is
 * left, 1 right (logical). ISINF: detect negative, detect positive. MATMUL: the two transpose
 * flags. CONV*, *POOL*: sx_conv_get, sx_pool_get. */

/* One operand of a running kernel. */
struct sx_operand {
    enum sx_type type;
    const struct sx_shape *shape;
    const void *data;
};

/* What a kernel is given: dense row-major operands, room for the result, scratch memory. */
struct sx_call {
    const struct sx_node *node; /* attributes, result type and shape */
    const struct sx_operand *in;
    void *out;
    void *scratch; /* as many bytes as the row's scratch() said, 64-byte aligned */
};

struct sx_batch;
struct sx_contrast;

/* What a row is to propagation rules (graph/relevance.h). */
enum sx_flow {
    SX_FLOW_NONE,    /* no real value goes through: choices, comparisons, leaves */
    SX_FLOW_MOVE,    /* elements go to other places, may be repeated or dropped */
    SX_FLOW_SUM,     /* linear in all real operands together */
    SX_FLOW_PRODUCT, /* linear in each of its two operands */
    SX_FLOW_POINT,   /* any other pointwise function */
    SX_FLOW_OWN,     /* none of these: the two rules below say */
};

struct sx_row {
    const char *name;
    int min_in, max_in; /* accepted number of inputs; max_in < 0: any */

    /* Checks inputs and attributes of *node and sets its type and shape. On a misfit it calls
     * sx_graph_fail (status 3) and returns false. */
    bool (*shape)(struct sx_graph *g, struct sx_node *node);

    /* Reverse-mode rule. Given node `y` and the cotangent `dy` (y's shape), emits for every input
     * k with need[k] the nodes of its cotangent and stores the result, which has the input's
     * shape, in dx[k]; SX_NONE means zero. Called only for real results, need[] only for real
     * inputs. NULL: not differentiable (the derivative is zero). */
    void (*derive)(struct sx_graph *g, int y, int dy, const bool *need, int *dx);

    enum sx_flow flow;

    /* Rules of a row whose flow does not say everything. `relevance` shares out the relevance r
     * of node y (y's shape) among the real inputs k with need[k]; the shares go to share[k]. */
    void (*relevance)(struct sx_graph *g, int y, int r, const bool *need, int *share);
    /* `contrast` gives the multipliers of the inputs from the multiplier m of y: such that
     * sum m dy = sum over k of mx[k] dx_k for the differences d from a reference. */
    void (*contrast)(const struct sx_contrast *c, int y, int m, const bool *need, int *mx);

    /* Emits the node for a whole batch (see graph/derive.h). NULL: once per sample, joined. */
    int (*batch)(struct sx_batch *b, const struct sx_node *node);

    /* Bytes of scratch memory that run() needs; NULL: none. SIZE_MAX on overflow. */
    size_t (*scratch)(const struct sx_graph *g, const struct sx_node *node);

    /* The plain kernel, for every type that shape() accepts. Cannot fail. */
    void (*run)(const struct sx_call *call);

    /* The result is the first input's data under another shape (RESHAPE). */
    bool view;
    unsigned loose; /* a bit for each input that run() reads at any address (TAKE, MATMUL) */
};

static inline const struct sx_row *sx_row_of(const struct sx_graph *g,
                                             const struct sx_node *node)
{
    return g->rows[node->op];
}

static inline bool sx_is_pointwise(const struct sx_node *node)
{
    return node->op < SX_N_POINTWISE;
}

static inline bool sx_is_real(enum sx_type type)
{
    return type == SX_FLOAT || type == SX_DOUBLE;
}

#endif
