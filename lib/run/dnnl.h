/* dnnl.h - fast kernels for convolutions and products, made by oneDNN. */
#ifndef SX_RUN_DNNL_H
#define SX_RUN_DNNL_H

#include "graph/op.h"

struct sx_dnnl;   /* the kernels of one program, and what they share */
struct sx_kernel; /* the kernel of one node */

/* Loads oneDNN. *d is NULL in a build without it. */
bool sx_dnnl_new(struct sx_dnnl **d, int threads, struct sx_error *error);
void sx_dnnl_free(struct sx_dnnl *d); /* frees all its kernels, too */

/* Whether oneDNN, which sx_dnnl_new has loaded, uses AVX-512, for which its convolutions are best. */
bool sx_dnnl_is_wide(void);

/* Sets *kernel to a kernel for `node` of `g`; NULL: the node's plain kernel is as good. False, with
 * *error, only if memory runs out. */
bool sx_dnnl_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                    struct sx_kernel **kernel, struct sx_error *error);

/* Each run packs constant weights, until sx_dnnl_keep is called. Then packed weights are kept: all
 * of a small network; of a large one, as many bytes as its weights have. sx_dnnl_packed: the bytes
 * that will be kept. */
size_t sx_dnnl_packed(struct sx_dnnl *d);
bool sx_dnnl_ready(struct sx_dnnl *d, const struct sx_graph *g, struct sx_error *error);
bool sx_dnnl_keep(struct sx_dnnl *d, struct sx_error *error);

/* Whether a packed weight is NaN. */
bool sx_dnnl_holds_nan(const struct sx_dnnl *d);

/* Whether operand k is read only when weights are packed. */
bool sx_kernel_packs(const struct sx_kernel *kernel, int k);

/* sx_kernel_scratch: the bytes of call->scratch that a kernel needs. sx_kernel_name: the name of
 * oneDNN's implementation. */
size_t sx_kernel_scratch(const struct sx_kernel *kernel);
const char *sx_kernel_name(const struct sx_kernel *kernel);

/* Runs a kernel. False if oneDNN fails, which it does only for lack of memory. */
bool sx_kernel_run(const struct sx_kernel *kernel, const struct sx_call *call);

#endif
