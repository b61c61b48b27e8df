/* sample.h - reads pictures, and volumes, between their elements. */
#ifndef SX_LOWER_SAMPLE_H
#define SX_LOWER_SAMPLE_H

#include "lower/row.h"

#define SX_SAMPLE_AXES 3

enum sx_sample_mode { SX_SAMPLE_LINEAR, SX_SAMPLE_NEAREST, SX_SAMPLE_CUBIC };
enum sx_sample_padding { SX_SAMPLE_ZEROS, SX_SAMPLE_BORDER, SX_SAMPLE_REFLECTION };

struct sx_sampler {
    struct sx_graph *g;
    enum sx_sample_mode mode;
    enum sx_sample_padding padding;
    bool align; /* -1 and 1 are the centres of the outer pixels; else their edges */
    int rank;   /* spatial axes */
    int64_t channels, size[SX_SAMPLE_AXES];
    int64_t samples, points;
    int plane; /* [samples, channels, product of size] */
};

/* The values [samples, channels, points] at coordinates given in pixels, [samples, 1, points] per
 * axis. */
int sx_sampled(const struct sx_sampler *s, const int *at);

#endif
