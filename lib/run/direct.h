/* direct.h - kernels of this library: convolutions of channels-last pictures, and products.
 *
 * Each pixel of the result is a row of a product. Its operand is read from the picture in place, at
 * the taps of the kernel. They serve processors with AVX2, for which oneDNN reads the weights once
 * for each line of a small picture. Every element is summed by one thread in a fixed order, which
 * does not depend on the numbers of threads and samples. */
#ifndef SX_RUN_DIRECT_H
#define SX_RUN_DIRECT_H

#include "graph/op.h"

struct sx_directs; /* the kernels of one program, and what they share */
struct sx_direct;  /* the kernel of one node */

/* *d is NULL if the processor lacks the instructions. `threads` is the most threads of a run. On a
 * `wide` processor, which has AVX-512, only the kernels of winograd.h and large.h are used, because
 * oneDNN's others are better. `exact` excludes those of winograd.h. */
bool sx_directs_new(struct sx_directs **d, int threads, bool wide, bool exact,
                    struct sx_error *error);
void sx_directs_free(struct sx_directs *d); /* frees all its kernels, too */

/* Sets *kernel to a kernel for `node` of `g`; NULL: there is none. False, with *error, only if
 * memory runs out. */
bool sx_direct_kernel(struct sx_directs *d, const struct sx_graph *g,
                      const struct sx_node *node, struct sx_direct **kernel,
                      struct sx_error *error);

/* Each run packs weights, until sx_directs_keep is called. Then packed weights are kept: all of a
 * small network; of a large one, as many bytes as its weights have. sx_directs_packed: the bytes
 * that will be kept. */
size_t sx_directs_packed(struct sx_directs *d);
bool sx_directs_keep(struct sx_directs *d, struct sx_error *error);

/* Whether a packed weight is NaN. */
bool sx_directs_hold_nan(const struct sx_directs *d);

/* sx_directs_begin begins a run. sx_directs_inexact: whether in this run a sum of winograd.h was
 * off by more than 1e-5 of the sum of its terms' magnitudes. One sum of each picture is compared. */
void sx_directs_begin(struct sx_directs *d);
bool sx_directs_inexact(const struct sx_directs *d);

/* The bytes of call->scratch that a kernel needs. */
size_t sx_direct_scratch(const struct sx_direct *kernel);
void sx_direct_run(const struct sx_direct *kernel, const struct sx_call *call);

#endif
