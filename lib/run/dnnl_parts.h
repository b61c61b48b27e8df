/* dnnl_parts.h - what the files that speak to oneDNN share: primitives, packed weights, kernels. */
#ifndef SX_RUN_DNNL_PARTS_H
#define SX_RUN_DNNL_PARTS_H

#include "run/dnnl.h"
#include "run/dnnl_api.h"
#include "run/key.h"

enum {
    SX_DNNL_ARGS = 5 /* source, weights, bias, result, scratchpad */,
    SX_PACK_BUCKETS = 256
};

struct sx_primitive {
    struct sx_primitive *next;
    struct sx_key key;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    const char *name;
    size_t weights, scratchpad;  /* bytes */
    int64_t *place[SX_KEY_AXES]; /* where an index along each axis of the weights is packed */
};

/* Constant weights in oneDNN's layout, for all kernels that use them alike. */
struct sx_pack {
    struct sx_pack *next, *alike; /* in the order in which they were added; of a bucket */
    const char *from;
    size_t bytes;                      /* of the weights, from `from` on */
    bool turned;                       /* convolved backward by a forward convolution */
    struct sx_primitive *primitive[2]; /* for all pieces, and for the last one */
    int64_t pieces;
    size_t from_step, step; /* bytes from piece to piece */
    bool kept;              /* from run to run, or it is to be */
    char *packed;           /* NULL: each run packs anew, into scratch memory */
    dnnl_memory_t *memory;  /* per piece */
};

/* PARTIAL: a part of a sum over pieces, in scratch memory. */
enum sx_source { SX_OPERAND, SX_RESULT, SX_PACKED, SX_PARTIAL, SX_SCRATCHPAD };

/* An argument of a primitive. */
struct sx_dnnl_arg {
    int id; /* oneDNN's name for it */
    enum sx_source source;
    int k;                       /* which operand */
    int64_t stride[SX_CUT_AXES]; /* bytes from piece to piece along each axis */
};

/* A grid of pieces of equal work, but for the last of axis `tail`, which primitive[1] does. */
struct sx_kernel {
    struct sx_kernel *next;
    struct sx_dnnl *d;
    struct sx_primitive *primitive[2];
    struct sx_pack *pack;
    int rank, tail, n_args, slots;
    int64_t dim[SX_CUT_AXES], pieces;
    struct sx_dnnl_arg arg[SX_DNNL_ARGS];
    dnnl_memory_t *memory; /* [slots][2][SX_DNNL_ARGS] */
    size_t scratchpad;     /* bytes of each slot */
    int residual;          /* the operand added to what the result holds, or SX_NONE */
    bool sparse;           /* the pieces leave elements of the result out, which are 0 */
    bool turned;           /* convolved backward by a forward convolution */
    /* Weights that are no constants are packed by each run, into this: */
    dnnl_memory_t packed;
    size_t step; /* bytes of packed weights, after the slots in scratch memory */
};

struct sx_dnnl {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int threads;
    struct sx_primitive *primitives;
    struct sx_kernel *kernels;
    struct sx_pack *packs, **end, *bucket[SX_PACK_BUCKETS];
    const struct sx_graph *g; /* whose weights they are */
    void *room;               /* of what is kept packed */
    bool nan;                 /* some weight is NaN */
};

/* Whether oneDNN divides by zero while it looks for an implementation of this convolution, as
 * version 3.7 does where the processor does not tell the sizes of its caches. */
bool sx_conv_stops(const struct sx_key *key);

/* The primitive of a key, made or found; NULL where oneDNN has no fast one. One that works by
 * gemm is made, by sx_find_conv, for one image and one thread, as the key then says. */
bool sx_find_primitive(struct sx_dnnl *d, const struct sx_key *key, struct sx_primitive **found,
                       struct sx_error *error);
bool sx_find_conv(struct sx_dnnl *d, struct sx_key *key, struct sx_primitive **found,
                  struct sx_error *error);

/* The weights of a primitive as oneDNN wants them; it owns the description. */
const_dnnl_memory_desc_t sx_weights_packed(const struct sx_primitive *p);

/* Finds where oneDNN has each of the weights of a new primitive; false without an error where that
 * cannot be told. */
bool sx_place_weights(struct sx_primitive *p, struct sx_error *error);

/* Packs weights, or unpacks what the adjoint by the weights has summed. True if one is NaN. */
bool sx_pack_weights(const struct sx_primitive *p, bool turned, const void *from, float *to);
void sx_unpack_weights(const struct sx_primitive *p, const float *from, float *to);

/* Has a kernel's weights packed, `pieces` of them, `from_step` bytes apart. */
bool sx_add_pack(struct sx_dnnl *d, struct sx_kernel *kernel, const void *from, bool turned,
                 int64_t pieces, size_t from_step, struct sx_error *error);

/* Packs constant weights for one run, into scratch memory of as many bytes. */
size_t sx_pack_scratch(const struct sx_pack *pack);
bool sx_pack_into(struct sx_dnnl *d, struct sx_pack *pack, char *to);

/* Has a kernel's weights, which are no constants, packed by each run. */
bool sx_pack_by_run(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error);

/* A new argument of a kernel. */
struct sx_dnnl_arg *sx_add_arg(struct sx_kernel *kernel, int id, enum sx_source source, int k);

/* The kernels of products, and of 1x1 convolutions as products; *result stays NULL where there
 * is none. sx_pointwise_kernel says in *is whether the convolution `key` is one of those. */
bool sx_product_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                       const struct sx_node *inner, struct sx_kernel **result,
                       struct sx_error *error);
bool sx_pointwise_kernel(struct sx_dnnl *d, const struct sx_graph *g,
                         const struct sx_node *node, const struct sx_node *inner,
                         const struct sx_key *conv, bool *is, struct sx_kernel **result,
                         struct sx_error *error);

/* A new kernel, and once its arguments are known the memory objects of each of its slots. */
struct sx_kernel *sx_new_kernel(struct sx_dnnl *d, struct sx_error *error);
bool sx_make_slots(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error);

#endif
