/* products.h - the blocked product behind MATMUL and the three forms of convolution.
 *
 * c[m, n] = sum over k of a[m, k] b[k, n], for `count` independent items. Operands need not be
 * matrices in memory: each is read by rows, and a row function may gather elements from anywhere,
 * such as patches of an image, so no im2col matrix is built. Work is cut by shape alone, and each
 * element is summed by one thread in a fixed order, so results do not depend on the number of
 * threads. Only the kernels do arithmetic on elements. */
#ifndef SX_PRODUCTS_H
#define SX_PRODUCTS_H

#include "graph/build.h"

/* An operand. Its rows run either along k (row r is index r of m or n) or across it (row r is
 * index r of k). */
struct sx_side {
    const void *data; /* first element of this item */
    int64_t stride;   /* elements from row to row */
    /* Elements first .. first + count - 1 of row r: in place, or gathered into `buffer`.
     * NULL: dense rows. */
    const void *(*row)(const struct sx_side *side, int64_t r, int64_t first, int64_t count,
                       void *buffer);
    const void *context;
};

/* The destination of the result. */
struct sx_sink {
    void *data;
    int64_t stride;
    /* Stores elements first .. first + count - 1 of row r of c. NULL: dense rows. */
    void (*store)(const struct sx_sink *sink, int64_t r, int64_t first, int64_t count,
                  const void *values);
    const void *context;
};

struct sx_product {
    enum sx_type type; /* SX_FLOAT or SX_DOUBLE */
    int64_t count, m, n, k;
    bool a_along_k, b_along_k;
    /* Sets the sides of one item. */
    void (*open)(const void *context, int64_t item, struct sx_side *a, struct sx_side *b,
                 struct sx_sink *c);
    const void *context;
};

/* The scratch memory, in bytes, of any product of `count` items with up to m rows, n columns and k
 * terms per sum. */
size_t sx_product_scratch(enum sx_type type, int64_t count, int64_t m, int64_t n, int64_t k);
void sx_product_run(const struct sx_product *p, void *scratch);

/* The most elements that a row function is asked for. */
#define SX_ROW_MAX 1024

/* The kernels of one element type for one kind of processor (gemm_kernels.h). Panels are packed
 * [k][rows] and [k][columns]; `columns` fill two vector registers. */
struct sx_gemm_kernels {
    size_t size; /* bytes of an element */
    int rows, columns;
    void (*pack_across)(void *panel, int64_t panel_step, int width, const void *row,
                        int64_t count);
    void (*pack_along)(void *panel, int width, const void *row, int64_t count);
    void (*tile)(int64_t k, const void *a, const void *b, void *c, int64_t c_row);
    void (*axpy)(int rows, const void *a, const void *b, int64_t n, void *c, int64_t c_row);
    void (*dot)(const void *a, const void *b, int64_t n, void *c);
};

/* sx_gemm_kernels_of: the kernels of one kind, 0 for any processor; NULL if this processor cannot
 * run them. sx_gemm_kernels: the best ones. */
enum { SX_GEMM_KINDS = 3 };
const struct sx_gemm_kernels *sx_gemm_kernels_of(enum sx_type type, int kind);
const struct sx_gemm_kernels *sx_gemm_kernels(enum sx_type type);

/* Checks the geometry of a window on every axis, and sets the numbers of outputs, floor((image +
 * pads - reach) / stride) + 1. If it does not fit, fails with `name` in the message. */
bool sx_window_outputs(struct sx_graph *g, const char *name, const struct sx_conv *c,
                       const int64_t *image, const int64_t *window, int64_t *outputs);

/* The three forms of convolution on plain data; called by the rows of conv.c. */
size_t sx_conv_scratch(const struct sx_graph *g, const struct sx_node *node);
void sx_conv_run(const struct sx_call *call);
void sx_conv_input_run(const struct sx_call *call);
void sx_conv_weight_run(const struct sx_call *call);

#endif
