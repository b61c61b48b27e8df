/* direct.h - convolutions of pictures, channels last, and products, by kernels of this library.
 *
 * Each pixel of the result is a row of a product: its operand lies in the picture where the taps of
 * the kernel see it, and is read there. For processors with AVX2, where oneDNN reads the weights of
 * small pictures once for each of their lines. Every element is summed by one thread in one order,
 * whatever the threads and the batch are. */
#ifndef SX_RUN_DIRECT_H
#define SX_RUN_DIRECT_H

#include "graph/op.h"

struct sx_directs; /* the kernels of one program, and what they share */
struct sx_direct;  /* of one node */

/* *d is NULL where the processor has not what the kernels are made of. Runs have so many threads at
 * most. On a `wide` processor, which has AVX-512, only the kernels of winograd.h and large.h are
 * taken, as oneDNN's are the best of the others; `exact` leaves out those of winograd.h. */
bool sx_directs_new(struct sx_directs **d, int threads, bool wide, bool exact,
                    struct sx_error *error);
void sx_directs_free(struct sx_directs *d); /* and all its kernels */

/* Sets *kernel to a kernel for `node` of `g`, or to NULL where there is none. False, with *error,
 * only when memory runs out. */
bool sx_direct_kernel(struct sx_directs *d, const struct sx_graph *g,
                      const struct sx_node *node, struct sx_direct **kernel,
                      struct sx_error *error);

/* Each run packs weights anew, until they are kept: all of small networks, of large ones as many bytes
 * as there are weights, sx_directs_packed. */
size_t sx_directs_packed(struct sx_directs *d);
bool sx_directs_keep(struct sx_directs *d, struct sx_error *error);

/* Whether a weight that was packed is NaN. */
bool sx_directs_hold_nan(const struct sx_directs *d);

/* Begins a run. Then, whether a sum of winograd.h was off by more than 1e-5 of the sum of its terms'
 * absolute values in this run, where one sum of each picture is compared. */
void sx_directs_begin(struct sx_directs *d);
bool sx_directs_inexact(const struct sx_directs *d);

/* Bytes of call->scratch that a kernel needs. */
size_t sx_direct_scratch(const struct sx_direct *kernel);
void sx_direct_run(const struct sx_direct *kernel, const struct sx_call *call);

#endif
