/* cam.c - class activation maps from first derivatives. */
#include <math.h>

#include "explain/cam.h"

/* map = sum over channels of weight * x, per place. */
void sx_cam_weigh(const struct sx_cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->map[c->cell[i]] += c->weight[c->channel[i]] * c->x[i];
}

void sx_cam_rectify(const struct sx_cam *c)
{
    for (int64_t k = 0; k < c->cells; k++)
        c->map[k] = fmax(c->map[k], 0);
}

/* Selvaraju and others 2017: the weight of a channel is its mean gradient. */
void sx_gradcam(const struct sx_cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->weight[c->channel[i]] += c->g[i] / (double)c->cells;
    sx_cam_weigh(c);
    sx_cam_rectify(c);
}

/* Chattopadhay and others 2018. Higher derivatives are replaced by powers of the gradient, which is
 * exact for exp(f) with piecewise linear f. */
void sx_gradcam_pp(const struct sx_cam *c)
{
    double *sum = c->weight + c->channels;
    for (int64_t i = 0; i < c->size; i++)
        sum[c->channel[i]] += c->x[i];
    for (int64_t i = 0; i < c->size; i++) {
        double g = c->g[i], below = 2 * g * g + g * g * g * sum[c->channel[i]];
        double alpha = below != 0 ? g * g / below : 0;
        c->weight[c->channel[i]] += alpha * fmax(g, 0);
    }
    sx_cam_weigh(c);
    sx_cam_rectify(c);
}

/* Draelos and Carin 2020: gradients are not averaged over places. */
void sx_hirescam(const struct sx_cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->map[c->cell[i]] += c->g[i] * c->x[i];
    sx_cam_rectify(c);
}

/* Jiang and others 2021: positive gradients only. */
void sx_layercam(const struct sx_cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->map[c->cell[i]] += fmax(c->g[i], 0) * c->x[i];
    sx_cam_rectify(c);
}

/* Fu and others 2020: gradients are averaged with the activations as weights. */
void sx_xgradcam(const struct sx_cam *c)
{
    double *sum = c->weight + c->channels;
    for (int64_t i = 0; i < c->size; i++) {
        c->weight[c->channel[i]] += c->g[i] * c->x[i];
        sum[c->channel[i]] += c->x[i];
    }
    for (int64_t k = 0; k < c->channels; k++)
        c->weight[k] = sum[k] != 0 ? c->weight[k] / sum[k] : 0;
    sx_cam_weigh(c);
    sx_cam_rectify(c);
}
