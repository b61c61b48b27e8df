/* dnnl.h - fast kernels for convolutions and products, made by oneDNN. */
#ifndef SX_RUN_DNNL_H
#define SX_RUN_DNNL_H

#include "graph/op.h"

struct sx_dnnl;   /* the kernels of one program, and what they share */
struct sx_kernel; /* of one node */

/* *d is NULL where oneDNN is not built in. */
bool sx_dnnl_new(struct sx_dnnl **d, int threads, struct sx_error *error);
void sx_dnnl_free(struct sx_dnnl *d); /* and all its kernels */

/* Whether oneDNN may use AVX-512, whose kernels of convolutions are its best. */
bool sx_dnnl_is_wide(void);

/* Sets *kernel to a kernel for `node` of `g`, or to NULL where the node's plain kernel serves as
 * well. False, with *error, only when memory runs out. */
bool sx_dnnl_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                    struct sx_kernel **kernel, struct sx_error *error);

/* Readies the constant weights of all kernels. Each run packs them anew, until they are kept: then
 * all of small networks, of large ones as many bytes as there are weights, sx_dnnl_packed. */
size_t sx_dnnl_packed(struct sx_dnnl *d);
bool sx_dnnl_ready(struct sx_dnnl *d, const struct sx_graph *g, struct sx_error *error);
bool sx_dnnl_keep(struct sx_dnnl *d, struct sx_error *error);

/* Whether a weight that was packed is NaN. */
bool sx_dnnl_holds_nan(const struct sx_dnnl *d);

/* Whether operand k is read when weights are packed, and not by the kernel. */
bool sx_kernel_packs(const struct sx_kernel *kernel, int k);

/* Bytes of call->scratch that a kernel needs, and the name of oneDNN's implementation. */
size_t sx_kernel_scratch(const struct sx_kernel *kernel);
const char *sx_kernel_name(const struct sx_kernel *kernel);

/* False if oneDNN fails, which it does only for want of memory. */
bool sx_kernel_run(const struct sx_kernel *kernel, const struct sx_call *call);

#endif
