/* winograd.h - convolutions by 3 by 3 kernels of stride 1 with 16 multiplications for 36: the minimal
 * algorithm F(2x2, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
 * CVPR 2016.
 *
 * A tile is 2 by 2 pixels of the result, which see 4 by 4 of the picture. Both are transformed, so
 * that the convolution is a product of matrices at each of 16 points. A pixel of the result is made
 * of what it sees alone, in one order, whatever the threads and the batch are. */
#ifndef SX_RUN_WINOGRAD_H
#define SX_RUN_WINOGRAD_H

#include "run/direct_run.h"

enum {
    SX_POINTS = 16,
    SX_CHUNK = 16,        /* channels of the transformed picture that lie side by side */
    SX_MOST_COLUMNS = 32, /* of a panel */
    SX_MOST_ROWS = 12     /* of a product */
};

struct sx_winograd_loops;

/* The inner loops of AVX-512, or of AVX2; NULL where the processor has not what they are made of. */
const struct sx_winograd_loops *sx_winograd_loops(bool wide);

/* Whether a convolution has enough tiles and channels for its transforms to pay. */
bool sx_winograd_pays(const struct sx_key *key);

/* How the weights of such a convolution lie in panels, and how its result is cut. */
void sx_winograd_panels(const struct sx_winograd_loops *loops, const struct sx_key *key,
                        struct sx_panels *p);
void sx_winograd_cut(struct sx_direct *k);

/* Packs panel i; of 3 by 3 weights, where they have a kernel like that. */
void sx_winograd_pack(const struct sx_panels *p, int64_t i, float *to);

size_t sx_winograd_scratch(const struct sx_direct *k);
void sx_winograd_run(const struct sx_direct *k, const float *packed,
                     const struct sx_call *call);

/* A tile and a panel: products [points][tiles][columns] that become pixels. An `out` of NULL lies
 * outside of the result. Of a panel's columns only so many are there. */
struct sx_patch4 {
    const float *product;
    int64_t tiles; /* of the block */
    const float *bias;
    const float *add[4];
    float *out[4];
    int columns;
    const struct sx_finish *finish;
};

/* The inner loops. */
struct sx_winograd_loops {
    int columns, rows; /* of panels; tiles that a product takes at most */
    /* A chunk of a tile, whose pixels are at in[4 * line + column]. */
    void (*transform)(const float *const *in, float *to, int64_t tiles);
    /* Of some tiles, at one point, by their number; index 0 is NULL. */
    void (*const *product)(const float *in, int64_t tiles, const float *panel, int64_t chunks,
                           float *out);
    bool (*nan)(const float *values, int64_t n); /* whether one of n is; whole vectors */
    /* Finishes sums [rows][columns] of rows of the result. */
    void (*store)(const struct sx_tile *tile, int64_t rows, const float *sums);
    /* False if a result is not finite. */
    bool (*finish)(const struct sx_patch4 *patch);
};
#endif
