/* cam.h - class activation maps: first derivatives of f by a layer, summed up for each of its
 * places. */
#ifndef SX_CAM_H
#define SX_CAM_H

#include "base/base.h"

/* A layer, the gradient of f by it, and the place and channel of each element. */
struct sx_cam {
    int64_t size, channels, cells; /* elements, channels, places */
    const double *x, *g;           /* [size], the layer and its gradient */
    int64_t *cell, *channel;       /* [size], place and channel of each element */
    double *weight;                /* [2 channels], zeroed */
    double *map;                   /* [cells], zeroed */
};

/* map += sum over channels of weight * x; then negative places become 0. */
void sx_cam_weigh(const struct sx_cam *cam);
void sx_cam_rectify(const struct sx_cam *cam);

/* The maps. All are rectified; cam.c has their sources. */
void sx_gradcam(const struct sx_cam *cam);
void sx_gradcam_pp(const struct sx_cam *cam);
void sx_hirescam(const struct sx_cam *cam);
void sx_layercam(const struct sx_cam *cam);
void sx_xgradcam(const struct sx_cam *cam);

#endif
