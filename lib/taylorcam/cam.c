/* cam.c - class activation maps: the relevance of a layer's places by first derivatives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/cam.h"
#include "taylorcam/taylorcam.h"

/* The layer with its gradient, and its curvature where that is asked for. */
struct cam {
    struct sx_cam cam;
    const struct sx_places *places;
    const double *hx; /* the Hessian times the layer, for ShapleyCAM only */
};

/* Cai 2025: the mean gradient corrected by half of the curvature along the layer itself. */
static void shapleycam(const struct sx_cam *c, const double *hx)
{
    for (int64_t i = 0; i < c->size; i++)
        c->weight[c->channel[i]] += (c->g[i] - 0.5 * hx[i]) / (double)c->cells;
    sx_cam_weigh(c);
    sx_cam_rectify(c);
}

static const struct {
    const char *name, *what;
    void (*run)(const struct sx_cam *c); /* NULL: shapleycam */
} methods[] = {
    {"gradcam", "channels weighted by their mean gradient", sx_gradcam},
    {"gradcam++", "gradients weighted by their powers, positive ones", sx_gradcam_pp},
    {"hirescam", "gradient times activation at each place", sx_hirescam},
    {"layercam", "positive gradient times activation at each place", sx_layercam},
    {"xgradcam", "gradients averaged by activation", sx_xgradcam},
    {"shapleycam", "mean gradient less half of the curvature", NULL},
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

/* Finds the place and the channel of every element. The axes that are not of places form the
 * channels. */
static void locate(struct cam *c)
{
    const struct sx_places *p = c->places;
    for (int64_t i = 0; i < c->cam.size; i++) {
        int64_t rest = i, stride = 1;
        c->cam.cell[i] = sx_places_cell(p, i);
        c->cam.channel[i] = 0;
        for (int k = p->shape.rank; k-- > 0; rest /= p->shape.dim[k])
            if (k != p->axis[0] && k != p->axis[1]) {
                c->cam.channel[i] += rest % p->shape.dim[k] * stride;
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
        int which = find_method(names[m], error);
        memset(c->cam.weight, 0, 2 * (size_t)c->cam.channels * sizeof *c->cam.weight);
        c->cam.map = maps[m].data;
        if (methods[which].run != NULL)
            methods[which].run(&c->cam);
        else
            shapleycam(&c->cam, c->hx);
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
        curved = curved || methods[which].run == NULL;
    }
    if (!sx_taylorcam_prepare(t, error))
        return false;
    int64_t size = sx_count(&t->places.shape), cells = t->places.rows * t->places.columns;
    struct cam c = {{.size = size, .cells = cells, .x = t->e->input.data}, &t->places, NULL};
    struct sx_cam *cam = &c.cam;
    cam->channels = size / cells;
    double *derivatives = sx_new((size_t)(2 * size), sizeof *derivatives, error);
    cam->cell = sx_new((size_t)(2 * size), sizeof *cam->cell, error);
    cam->weight = sx_new((size_t)(2 * cam->channels), sizeof *cam->weight, error);
    bool ok = derivatives != NULL && cam->cell != NULL && cam->weight != NULL;
    if (ok) {
        cam->channel = cam->cell + size;
        cam->g = derivatives;
        c.hx = derivatives + size;
        locate(&c);
        ok = sx_gradients(t->e, 1, cam->x, NULL, derivatives, error) &&
             (!curved || multiply(t, derivatives + size, error)) &&
             fill_maps(&c, n, names, maps, error);
    }
    for (int m = 0; !ok && m < n; m++)
        sx_tensor_free(&maps[m]);
    free(derivatives);
    free(cam->cell);
    free(cam->weight);
    return ok;
}
