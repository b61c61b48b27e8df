/* winograd.h - convolutions with 3 x 3 kernels of stride 1 that need 16 multiplications instead of
 * 36: the minimal algorithm F(2x2, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional
 * Neural Networks", CVPR 2016.
 *
 * A tile is 2 x 2 pixels of the result, which depend on 4 x 4 pixels of the picture. Both are
 * transformed, and the convolution becomes a product of matrices at each of 16 points. A pixel of
 * the result is computed only from what it depends on, in a fixed order, whatever the numbers of
 * threads and samples. */
#ifndef SX_RUN_WINOGRAD_H
#define SX_RUN_WINOGRAD_H

#include "run/direct_run.h"

enum {
    SX_POINTS = 16,
    SX_CHUNK = 16,        /* contiguous channels of the transformed picture */
    SX_MOST_COLUMNS = 32, /* of a panel */
    SX_MOST_ROWS = 12     /* of a product */
};

struct sx_winograd_loops;

/* The inner loops for AVX-512, or for AVX2; NULL if the processor lacks the instructions. */
const struct sx_winograd_loops *sx_winograd_loops(bool wide);

/* Whether a convolution has enough tiles and channels for its transforms to pay. */
bool sx_winograd_pays(const struct sx_key *key);

/* Sets the panels of the weights. The next function cuts the result. */
void sx_winograd_panels(const struct sx_winograd_loops *loops, const struct sx_key *key,
                        struct sx_panels *p);
void sx_winograd_cut(struct sx_direct *k);

/* Packs panel i of 3 x 3 weights. */
void sx_winograd_pack(const struct sx_panels *p, int64_t i, float *to);

size_t sx_winograd_scratch(const struct sx_direct *k);
void sx_winograd_run(const struct sx_direct *k, const float *packed,
                     const struct sx_call *call);

/* A tile and a panel: products [points][tiles][columns], from which pixels are computed. `out` is
 * NULL for pixels outside the result. The last columns may be missing. */
struct sx_patch4 {
    const float *product;
    int64_t tiles; /* tiles of the block */
    const float *bias;
    const float *add[4];
    float *out[4];
    int columns;
    const struct sx_finish *finish;
};

/* The inner loops. */
struct sx_winograd_loops {
    int columns, rows; /* columns of panels; the most tiles of a product */
    /* Transforms a chunk of a tile, whose pixels are in[4 * line + column]. */
    void (*transform)(const float *const *in, float *to, int64_t tiles);
    /* Products at one point, by the number of tiles; index 0 is NULL. */
    void (*const *product)(const float *in, int64_t tiles, const float *panel, int64_t chunks,
                           float *out);
    /* whether one of n values is NaN; n is a multiple of the vector */
    bool (*nan)(const float *values, int64_t n);
    /* Finishes sums [rows][columns] and stores them as rows of the result. */
    void (*store)(const struct sx_tile *tile, int64_t rows, const float *sums);
    /* Finishes a tile. False if a result is not finite. */
    bool (*finish)(const struct sx_patch4 *patch);
};
#endif
