/* cam.h - class activation maps: what first derivatives of f by a layer say of its places. */
#ifndef SX_CAM_H
#define SX_CAM_H

#include "base/base.h"

/* A layer, the gradient of f by it, and where its elements belong. */
struct sx_cam {
    int64_t size, channels, cells; /* elements; cells are places */
    const double *x, *g;           /* layer and gradient, [size] */
    int64_t *cell, *channel;       /* of each element */
    double *weight;                /* [2 channels], zeroed */
    double *map;                   /* [cells], zeroed */
};

/* map += sum over channels of weight times x; what is below 0 becomes 0. */
void sx_cam_weigh(const struct sx_cam *cam);
void sx_cam_rectify(const struct sx_cam *cam);

/* The maps, all rectified; see the sources in cam.c. */
void sx_gradcam(const struct sx_cam *cam);
void sx_gradcam_pp(const struct sx_cam *cam);
void sx_hirescam(const struct sx_cam *cam);
void sx_layercam(const struct sx_cam *cam);
void sx_xgradcam(const struct sx_cam *cam);

#endif
