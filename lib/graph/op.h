/* op.h - the core operators, and the row that defines each of them.
 *
 * A row says how an operator is shaped, differentiated, batched and computed. Rows are in lib/ops,
 * one file per family. The lists below name them, and ops/table.c is the table. A graph is given
 * the table when it is created. Therefore lib/graph does not depend on lib/ops, while rows can use
 * graphs and builders.
 *
 * Walks over any graph (derive.c, batch.c, lib/run/exec.c) ask only rows. Passes that match
 * patterns of operators name the operators that they know:
 *   lib/graph    simplify.c, emit.c, mark.c, lrp.c, reveal.c, contrast.c, jet.c
 *   lib/explain  ending.c, leaves.c, reach.c, origin.c, smooth.c and others
 *   lib/run      rewrite.c, layout.c, fuse.c, plan.c, direct.c, dnnl.c and others
 *   lib/export   the translation to ONNX
 *   elsewhere    decompose/layers.c, xderiv/nid.c, flint/inspect.c */
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

/* All other operators. */
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

/* Private operators. lib/run makes them of the others, after differentiation. They have no
 * derivative. */
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

/* The attributes of rows that other files read:
 *   RESHAPE, EXPAND        the dimensions of the result
 *   TRANSPOSE              axis i of the result is axis attr[i] of the operand
 *   SUM, REDUCEMAX         the reduced axes
 *   SLICE, EMBED           rank starts, rank steps, rank dimensions of the result
 *   CONCAT                 axis
 *   TAKE                   axis, elementwise
 *   PUT                    axis, n, elementwise
 *   CUMSUM                 axis, exclusive, reverse
 *   ARGMAX                 axis, last
 *   SORTINDEX              axis, descending
 *   SOFTMAX, LOGSOFTMAX    axis
 *   CAST, NARROW, BITS     see build.h
 *   SHIFT                  0: left, 1: right (logical)
 *   ISINF                  detect negative, detect positive
 *   MATMUL                 the two transpose flags
 *   CONV*, *POOL*          see sx_conv_get and sx_pool_get */

/* One operand of a running kernel. */
struct sx_operand {
    enum sx_type type;
    const struct sx_shape *shape;
    const void *data;
};

/* The arguments of a kernel: dense row-major operands, memory for the result, scratch memory. */
struct sx_call {
    const struct sx_node *node; /* attributes, result type and shape */
    const struct sx_operand *in;
    void *out;
    void *scratch; /* 64-byte aligned, of the size that the row's scratch() returned */
};

struct sx_batch;
struct sx_contrast;

/* The kind of a row for propagation rules (graph/relevance.h). */
enum sx_flow {
    SX_FLOW_NONE,    /* no real value passes through: choices, comparisons, leaves */
    SX_FLOW_MOVE,    /* elements move to other places; they may be repeated or dropped */
    SX_FLOW_SUM,     /* linear in all real operands together */
    SX_FLOW_PRODUCT, /* linear in each of its two operands */
    SX_FLOW_POINT,   /* any other pointwise function */
    SX_FLOW_OWN,     /* none of these: `relevance` and `contrast` below are the rules */
};

struct sx_row {
    const char *name;
    int min_in, max_in; /* accepted number of inputs; max_in < 0: any */

    /* Checks inputs and attributes of *node, and sets its type and shape. If they do not fit, it
     * calls sx_graph_fail with status 3 and returns false. */
    bool (*shape)(struct sx_graph *g, struct sx_node *node);

    /* The rule of reverse mode. `dy` is the cotangent of node y, of y's shape. For every input k
     * with need[k], emits the nodes of its cotangent and stores it in dx[k]. It has the input's
     * shape; SX_NONE means zero. Called only if y is real; need[] is set only for real inputs.
     * NULL: the derivative is zero. */
    void (*derive)(struct sx_graph *g, int y, int dy, const bool *need, int *dx);

    enum sx_flow flow;

    /* Rules of a row that its flow alone does not determine. `relevance` distributes the relevance
     * r of node y (y's shape) to the real inputs k with need[k]: share[k] is the part of input k. */
    void (*relevance)(struct sx_graph *g, int y, int r, const bool *need, int *share);
    /* `contrast` computes the multipliers mx[] of the inputs from the multiplier m of y, so that
     * sum(m dy) = sum over k of sum(mx[k] dx_k) for differences d from a reference. */
    void (*contrast)(const struct sx_contrast *c, int y, int m, const bool *need, int *mx);

    /* Emits the node for a whole batch (see graph/derive.h). NULL: builds it once per sample. */
    int (*batch)(struct sx_batch *b, const struct sx_node *node);

    /* Bytes of scratch memory that run() needs; NULL: none. SIZE_MAX on overflow. */
    size_t (*scratch)(const struct sx_graph *g, const struct sx_node *node);

    /* The plain kernel, for every type that shape() accepts. It cannot fail. */
    void (*run)(const struct sx_call *call);

    /* The result is the data of the first input under another shape (RESHAPE). */
    bool view;
    unsigned loose; /* bit k: run() reads input k at any alignment (TAKE, MATMUL) */
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
