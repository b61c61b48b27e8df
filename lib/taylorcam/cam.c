/* cam.c - class activation maps of a layer: what first derivatives say of its places. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "taylorcam/taylorcam.h"

/* The layer, its derivatives, and their sums over the places, channel by channel. */
struct cam {
    const struct sx_places *places;
    int64_t size, channels, cells;
    const double *x, *g;     /* layer and gradient */
    const double *hx;        /* the Hessian times the layer, for ShapleyCAM only */
    int64_t *cell, *channel; /* of each element */
    double *weight;          /* of each channel */
    double *map;
};

/* map = sum over channels of weight times x. */
static void weigh(const struct cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->map[c->cell[i]] += c->weight[c->channel[i]] * c->x[i];
}

static void rectify(const struct cam *c)
{
    for (int64_t k = 0; k < c->cells; k++)
        c->map[k] = fmax(c->map[k], 0);
}

/* Selvaraju and others 2017: the weight of a channel is its mean gradient. */
static void gradcam(const struct cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->weight[c->channel[i]] += c->g[i] / (double)c->cells;
    weigh(c);
    rectify(c);
}

/* Chattopadhay and others 2018; higher derivatives are powers of the gradient, as those of
 * exp(f) are in a network that is linear piece by piece. */
static void gradcam_pp(const struct cam *c)
{
    double *sum = c->weight + c->channels;
    for (int64_t i = 0; i < c->size; i++)
        sum[c->channel[i]] += c->x[i];
    for (int64_t i = 0; i < c->size; i++) {
        double g = c->g[i], below = 2 * g * g + g * g * g * sum[c->channel[i]];
        double alpha = below != 0 ? g * g / below : 0;
        c->weight[c->channel[i]] += alpha * fmax(g, 0);
    }
    weigh(c);
    rectify(c);
}

/* Draelos and Carin 2020: gradients are not averaged over places. */
static void hirescam(const struct cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->map[c->cell[i]] += c->g[i] * c->x[i];
    rectify(c);
}

/* Jiang and others 2021: positive gradients only. */
static void layercam(const struct cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->map[c->cell[i]] += fmax(c->g[i], 0) * c->x[i];
    rectify(c);
}

/* Fu and others 2020: gradients averaged where the layer is active. */
static void xgradcam(const struct cam *c)
{
    double *sum = c->weight + c->channels;
    for (int64_t i = 0; i < c->size; i++) {
        c->weight[c->channel[i]] += c->g[i] * c->x[i];
        sum[c->channel[i]] += c->x[i];
    }
    for (int64_t k = 0; k < c->channels; k++)
        c->weight[k] = sum[k] != 0 ? c->weight[k] / sum[k] : 0;
    weigh(c);
    rectify(c);
}

/* Cai 2025: the mean gradient corrected by half of the curvature along the layer itself. */
static void shapleycam(const struct cam *c)
{
    for (int64_t i = 0; i < c->size; i++)
        c->weight[c->channel[i]] += (c->g[i] - 0.5 * c->hx[i]) / (double)c->cells;
    weigh(c);
    rectify(c);
}

static const struct {
    const char *name, *what;
    void (*run)(const struct cam *c);
    bool curved;
} methods[] = {
    {"gradcam", "channels weighted by their mean gradient", gradcam, false},
    {"gradcam++", "gradients weighted by their powers, positive ones", gradcam_pp, false},
    {"hirescam", "gradient times activation at each place", hirescam, false},
    {"layercam", "positive gradient times activation at each place", layercam, false},
    {"xgradcam", "gradients averaged by activation", xgradcam, false},
    {"shapleycam", "mean gradient less half of the curvature", shapleycam, true},
};

enum { N_METHODS = sizeof methods / sizeof methods[0] };

const char *sx_cam_name(int i, const char **what)
{
    if (i < 0 || i >= N_METHODS)
        return NULL;
    if (what != NULL)
        *what = methods[i].what;
    return methods[i].name;
}

static int find_method(const char *name, struct sx_error *error)
{
    struct sx_nearest near = {.word = name};
    for (int i = 0; i < N_METHODS; i++) {
        if (strcmp(methods[i].name, name) == 0)
            return i;
        sx_nearest_offer(&near, methods[i].name);
    }
    sx_fail(error, SX_USAGE, "no map named '%.40s'%s", name, sx_nearest_text(&near));
    return -1;
}

/* The place and the channel of every element; a channel is all attributes together. */
static void locate(struct cam *c)
{
    const struct sx_places *p = c->places;
    for (int64_t i = 0; i < c->size; i++) {
        int64_t rest = i, stride = 1;
        c->cell[i] = sx_places_cell(p, i);
        c->channel[i] = 0;
        for (int k = p->shape.rank; k-- > 0; rest /= p->shape.dim[k])
            if (k != p->axis[0] && k != p->axis[1]) {
                c->channel[i] += rest % p->shape.dim[k] * stride;
                stride *= p->shape.dim[k];
            }
    }
}

static bool multiply(struct sx_taylorcam *t, double *hx, struct sx_error *error)
{
    const double *x = t->e->input.data;
    if (t->rows == NULL)
        t->rows = sx_rows_new(t->e, 2, 1, error);
    return t->rows != NULL && sx_rows_run(t->rows, x, 1, &x, hx, error);
}

static bool fill_maps(struct cam *c, int n, const char *const *names, struct sx_tensor *maps,
                      struct sx_error *error)
{
    struct sx_shape shape = {2, {c->places->rows, c->places->columns}};
    for (int m = 0; m < n; m++) {
        if (!sx_tensor_new(&maps[m], SX_DOUBLE, &shape, error))
            return false;
        memset(c->weight, 0, 2 * (size_t)c->channels * sizeof *c->weight);
        c->map = maps[m].data;
        methods[find_method(names[m], error)].run(c);
    }
    return true;
}

bool sx_cams(struct sx_taylorcam *t, int n, const char *const *names, struct sx_tensor *maps,
             struct sx_error *error)
{
    bool curved = false;
    memset(maps, 0, (size_t)n * sizeof *maps);
    for (int m = 0; m < n; m++) {
        int which = find_method(names[m], error);
        if (which < 0)
            return false;
        curved = curved || methods[which].curved;
    }
    if (!sx_taylorcam_prepare(t, error))
        return false;
    int64_t size = sx_count(&t->places.shape), cells = t->places.rows * t->places.columns;
    struct cam c = {.places = &t->places, .size = size, .cells = cells, .x = t->e->input.data};
    c.channels = size / cells;
    double *derivatives = sx_new((size_t)(2 * size), sizeof *derivatives, error);
    c.cell = sx_new((size_t)(2 * size), sizeof *c.cell, error);
    c.weight = sx_new((size_t)(2 * c.channels), sizeof *c.weight, error);
    bool ok = derivatives != NULL && c.cell != NULL && c.weight != NULL;
    if (ok) {
        c.channel = c.cell + size;
        c.g = derivatives;
        c.hx = derivatives + size;
        locate(&c);
        ok = sx_gradients(t->e, 1, c.x, NULL, derivatives, error) &&
             (!curved || multiply(t, derivatives + size, error)) &&
             fill_maps(&c, n, names, maps, error);
    }
    for (int m = 0; !ok && m < n; m++)
        sx_tensor_free(&maps[m]);
    free(derivatives);
    free(c.cell);
    free(c.weight);
    return ok;
}
