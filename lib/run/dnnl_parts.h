/* dnnl_parts.h - shared by the files that call oneDNN: primitives, packed weights, kernels. */
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
    size_t weights, scratchpad; /* bytes */
    /* packed position of each index along each axis of the weights */
    int64_t *place[SX_KEY_AXES];
};

/* Constant weights in oneDNN's layout, shared by all kernels that use them in the same way. */
struct sx_pack {
    /* next: in the order of their creation; alike: in one bucket */
    struct sx_pack *next, *alike;
    const char *from;
    size_t bytes; /* bytes of the weights at `from` */
    bool turned;  /* a forward convolution with turned weights computes an adjoint */
    struct sx_primitive *primitive[2]; /* for all pieces, and for the last one */
    int64_t pieces;
    size_t from_step, step; /* distance of pieces in bytes */
    bool kept;              /* it is kept from run to run, or will be */
    char *packed;           /* NULL: each run packs it into scratch memory */
    dnnl_memory_t *memory;  /* one per piece */
};

/* The memory of an argument. PARTIAL is a part of a sum over pieces, in scratch memory. */
enum sx_source { SX_OPERAND, SX_RESULT, SX_PACKED, SX_PARTIAL, SX_SCRATCHPAD };

/* An argument of a primitive. */
struct sx_dnnl_arg {
    int id; /* the number of the argument in oneDNN */
    enum sx_source source;
    int k;                       /* number of the operand */
    int64_t stride[SX_CUT_AXES]; /* distance of pieces along each axis in bytes */
};

/* The kernel of a node: a grid of pieces of equal work. Only the last piece of axis `tail` differs;
 * primitive[1] computes it. */
struct sx_kernel {
    struct sx_kernel *next;
    struct sx_dnnl *d;
    struct sx_primitive *primitive[2];
    struct sx_pack *pack;
    int rank, tail, n_args, slots;
    int64_t dim[SX_CUT_AXES], pieces;
    struct sx_dnnl_arg arg[SX_DNNL_ARGS];
    dnnl_memory_t *memory; /* [slots][2][SX_DNNL_ARGS] */
    size_t scratchpad;     /* bytes per slot */
    int residual;          /* the operand that is added to the result; SX_NONE: none */
    bool sparse;           /* some elements of the result belong to no piece; they are 0 */
    bool turned;           /* a forward convolution with turned weights computes an adjoint */
    /* Weights that are no constants are packed by each run, into this memory: */
    dnnl_memory_t packed;
    size_t step; /* bytes of packed weights; they follow the slots in scratch memory */
};

struct sx_dnnl {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int threads;
    struct sx_primitive *primitives;
    struct sx_kernel *kernels;
    struct sx_pack *packs, **end, *bucket[SX_PACK_BUCKETS];
    const struct sx_graph *g; /* the graph of the weights */
    void *room;               /* memory of the kept packs */
    bool nan;                 /* a packed weight is NaN */
};

/* Whether oneDNN would divide by zero while it looks for an implementation of this convolution.
 * Version 3.7 does so if the processor does not tell the sizes of its caches. */
bool sx_conv_stops(const struct sx_key *key);

/* Finds or makes the primitive of a key; *found is NULL if oneDNN has no fast one. A convolution by
 * gemm is made, by sx_find_conv, for one image and one thread; the key is changed accordingly. */
bool sx_find_primitive(struct sx_dnnl *d, const struct sx_key *key, struct sx_primitive **found,
                       struct sx_error *error);
bool sx_find_conv(struct sx_dnnl *d, struct sx_key *key, struct sx_primitive **found,
                  struct sx_error *error);

/* The layout of a primitive's weights; the primitive owns it. */
const_dnnl_memory_desc_t sx_weights_packed(const struct sx_primitive *p);

/* Finds the packed position of each weight of a new primitive. False without an error: it cannot be
 * told. */
bool sx_place_weights(struct sx_primitive *p, struct sx_error *error);

/* Packs weights, or unpacks the sum of the adjoint by the weights. True if one is NaN. */
bool sx_pack_weights(const struct sx_primitive *p, bool turned, const void *from, float *to);
void sx_unpack_weights(const struct sx_primitive *p, const float *from, float *to);

/* Adds a pack of a kernel's weights: `pieces` pieces, `from_step` bytes apart. */
bool sx_add_pack(struct sx_dnnl *d, struct sx_kernel *kernel, const void *from, bool turned,
                 int64_t pieces, size_t from_step, struct sx_error *error);

/* sx_pack_scratch: the scratch memory that sx_pack_into needs to pack constant weights for one run. */
size_t sx_pack_scratch(const struct sx_pack *pack);
bool sx_pack_into(struct sx_dnnl *d, struct sx_pack *pack, char *to);

/* Makes each run pack the kernel's weights, which are no constants. */
bool sx_pack_by_run(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error);

/* Adds an argument to a kernel. */
struct sx_dnnl_arg *sx_add_arg(struct sx_kernel *kernel, int id, enum sx_source source, int k);

/* Make the kernels of products, and of 1x1 convolutions as products. *result is NULL if there is
 * none. sx_pointwise_kernel sets *is to whether the convolution `key` is one of these. */
bool sx_product_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                       const struct sx_node *inner, struct sx_kernel **result,
                       struct sx_error *error);
bool sx_pointwise_kernel(struct sx_dnnl *d, const struct sx_graph *g,
                         const struct sx_node *node, const struct sx_node *inner,
                         const struct sx_key *conv, bool *is, struct sx_kernel **result,
                         struct sx_error *error);

/* sx_new_kernel makes a kernel. When its arguments are known, sx_make_slots makes the memory
 * objects of its slots. */
struct sx_kernel *sx_new_kernel(struct sx_dnnl *d, struct sx_error *error);
bool sx_make_slots(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error);

#endif
