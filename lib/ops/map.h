/* map.h - pointwise programs: a few instructions that run over blocks in the cache.
 *
 * The values of a program are numbered: 0 .. n_in - 1 are the operands, n_in + i is the result of
 * instruction i. The last result is that of the program. Operands are broadcast to the result's
 * shape, which is the broadcast of all of them. Every element is computed by the same vector code
 * wherever it is, so a fused program, its single nodes, a batch and a single sample give the same
 * bytes.
 *
 * The attributes of a MAP node are n_instr, then for each instruction op, type, dst, a, b, c, aux.
 * dst, a, b and c are registers; registers 0 .. n_in - 1 hold the operands. */
#ifndef SX_MAP_H
#define SX_MAP_H

#include "graph/build.h"

enum {
    SX_MAP_REGISTERS = 32, /* the most operands and live intermediate results */
    SX_MAP_MAX_IN = 16,
    SX_MAP_MAX_INSTR = 64,
    SX_MAP_CODE = 7,       /* attributes per instruction */
    SX_MAP_REGISTER = 4096 /* bytes of a register */
};

/* One instruction: a pointwise operator on values a, b, c (those it has). */
struct sx_map_instr {
    int op;            /* below SX_N_POINTWISE */
    enum sx_type type; /* type of the operands; of WHERE: of b and c */
    int a, b, c;
    int64_t aux; /* the node's attribute; of ISINF: detect_negative + 2 * detect_positive */
};

/* The instruction of a pointwise node, with the values a, b, c = 0, 1, 2. */
struct sx_map_instr sx_map_of(const struct sx_graph *g, const struct sx_node *node);

/* Emits a MAP node. SX_NONE, without a failure of the graph, if the program exceeds the limits
 * above; n_in + n_instr <= SX_MAP_REGISTERS always fits. The result may overwrite an operand of the
 * result's shape and element size. */
int sx_map(struct sx_graph *g, int n_in, const int *in, const struct sx_map_instr *instr,
           int n_instr);

/* The kernel of all pointwise rows: a program of one instruction. It may work in place, too. */
void sx_map_run_node(const struct sx_call *call);

/* The number of operands of a pointwise operator. */
int sx_map_arity(int op);

/* Whether a pointwise operator accepts operands of `type` (of WHERE: its last two); *result is the
 * type of its result. */
bool sx_pointwise_type(int op, enum sx_type type, int64_t aux, enum sx_type *result);

/* One instruction on one block: d[i] = op(a[i], b[i], c[i]) for i < n; n is a multiple of
 * SX_MAP_LANES. d may be a, b or c if element sizes are equal. */
#define SX_MAP_LANES 16
struct sx_block {
    int op;
    int64_t aux;
    size_t n;
    void *d;
    const void *a, *b, *c;
};
void sx_block_float(const struct sx_block *q);
void sx_block_double(const struct sx_block *q);
void sx_block_int(const struct sx_block *q);
void sx_block_bool(const struct sx_block *q);
void sx_block_cast(const struct sx_block *q, enum sx_type from); /* to type aux */
void sx_block_narrow(const struct sx_block *q, enum sx_type type);
void sx_block_bits(const struct sx_block *q, enum sx_type from);

#endif
