/* cam.c - class activation maps: how much each place of a layer counts for f.
 *
 * A are the channels of the layer, places by places, g = df/dA at the sample. Maps have the shape
 * of the places. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/cam.h"
#include "explain/layer.h"
#include "ggig/attribute.h"
#include "io/picture.h"

/* The state of a map. l is the layer; c has its activations and gradient. */
struct activation {
    struct sx_attributing *a;
    struct sx_layer layer;
    struct sx_cam cam;
    double *gradient;      /* [size] */
    int64_t *live, n_live; /* the channels that are evaluated */
    double f;
};

static bool activation_new(struct activation *v, struct sx_attributing *a, bool to_the_end)
{
    *v = (struct activation){.a = a};
    if (!sx_layer_open(&v->layer, a->e, a->o->layer, to_the_end, a->error))
        return false;
    const struct sx_layer *l = &v->layer;
    int64_t size = l->channels * l->cells;
    v->cam =
        (struct sx_cam){size,
                        l->channels,
                        l->cells,
                        l->of->input.data,
                        .cell = sx_new((size_t)size, sizeof(int64_t), a->error),
                        .channel = sx_new((size_t)size, sizeof(int64_t), a->error),
                        .weight = sx_new(2 * (size_t)l->channels, sizeof(double), a->error)};
    v->gradient = sx_new((size_t)size, sizeof *v->gradient, a->error);
    v->live = sx_new((size_t)l->channels, sizeof *v->live, a->error);
    if (v->cam.cell == NULL || v->cam.channel == NULL || v->cam.weight == NULL ||
        v->gradient == NULL || v->live == NULL)
        return false;
    v->cam.g = v->gradient;
    for (int64_t i = 0; i < size; i++)
        v->cam.cell[i] = sx_layer_cell(l, i, &v->cam.channel[i]);
    v->f = sx_explainer_target(l->of)->value;
    return true;
}

static void activation_free(struct activation *v)
{
    free(v->cam.cell);
    free(v->cam.channel);
    free(v->cam.weight);
    free(v->gradient);
    free(v->live);
}

/* ---- Maps of the gradient ---- */

static bool take_gradient(struct activation *v)
{
    return sx_gradients(v->layer.of, 1, v->cam.x, NULL, v->gradient, v->a->error);
}

static bool gradcam(struct activation *v)
{
    if (!take_gradient(v))
        return false;
    sx_gradcam(&v->cam);
    return true;
}

static bool gradcam_pp(struct activation *v)
{
    if (!take_gradient(v))
        return false;
    sx_gradcam_pp(&v->cam);
    return true;
}

static bool hirescam(struct activation *v)
{
    if (!take_gradient(v))
        return false;
    sx_hirescam(&v->cam);
    return true;
}

static bool layercam(struct activation *v)
{
    if (!take_gradient(v))
        return false;
    sx_layercam(&v->cam);
    return true;
}

/* Zhou and others 2016: channels weighted as the linear head weights their means. The gradient is
 * these weights, if it is the same at all places, at the sample and at 0. */
static bool cam(struct activation *v)
{
    int64_t size = v->cam.size;
    double *points = sx_new(2 * (size_t)size, sizeof *points, v->a->error), most = 0, off = 0;
    double *g = sx_new(2 * (size_t)size, sizeof *g, v->a->error);
    bool ok = points != NULL && g != NULL;
    if (ok)
        memcpy(points, v->cam.x, (size_t)size * sizeof *points);
    ok = ok && sx_gradients(v->layer.of, 2, points, NULL, g, v->a->error);
    for (int64_t i = 0; ok && i < size; i++) {
        v->cam.weight[v->cam.channel[i]] += g[i];
        most = fmax(most, fabs(g[i]));
    }
    for (int64_t i = 0; ok && i < 2 * size; i++) {
        double mean = v->cam.weight[v->cam.channel[i % size]] / (double)v->cam.cells;
        off = fmax(off, fabs(g[i] - mean));
    }
    if (ok && off > 1e-4 * most)
        ok = sx_fail(v->a->error, SX_USAGE,
                     "cam: more than a global mean and a linear head follow layer '%.80s'; "
                     "--method=gradcam needs neither",
                     v->layer.name);
    if (ok)
        sx_cam_weigh(&v->cam);
    free(points);
    free(g);
    return ok;
}

/* ---- Maps of the layer itself ---- */

/* Replaces v by A' A v / |A' A v|, with A [cells, channels]. Returns the largest change of an
 * element. `row` has room for cells, `before` for channels. */
static double project(const struct sx_cam *c, double *v, double *before, double *row)
{
    double square = 0, change = 0;
    memset(row, 0, (size_t)c->cells * sizeof *row);
    for (int64_t i = 0; i < c->size; i++)
        row[c->cell[i]] += c->x[i] * v[c->channel[i]];
    memcpy(before, v, (size_t)c->channels * sizeof *v);
    memset(v, 0, (size_t)c->channels * sizeof *v);
    for (int64_t i = 0; i < c->size; i++)
        v[c->channel[i]] += c->x[i] * row[c->cell[i]];
    for (int64_t k = 0; k < c->channels; k++)
        square += v[k] * v[k];
    for (int64_t k = 0; k < c->channels; k++) {
        v[k] = square > 0 ? v[k] / sqrt(square) : 0;
        change = fmax(change, fabs(v[k] - before[k]));
    }
    return change;
}

/* Muhammad and Yeasin 2020: A v, with v the first right singular vector of A (power iteration), and
 * the sign for which the sum is positive. */
static bool eigencam(struct activation *s)
{
    const struct sx_cam *c = &s->cam;
    double *v = c->weight, *row = sx_new((size_t)c->cells, sizeof *row, s->a->error);
    double change = 1, sum = 0;
    if (row == NULL)
        return false;
    for (int64_t k = 0; k < c->channels; k++)
        v[k] = 1 + (double)k / (double)c->channels;
    for (int64_t i = 0; i < 1000 && change > 1e-13; i++)
        change = project(c, v, v + c->channels, row);
    sx_cam_weigh(c);
    for (int64_t k = 0; k < c->cells; k++)
        sum += c->map[k];
    for (int64_t k = 0; sum < 0 && k < c->cells; k++)
        c->map[k] = -c->map[k];
    free(row);
    return true;
}

/* ---- Maps of values ---- */

/* The lowest and highest element of each channel, in weight[k] and weight[channels + k]. */
static void find_ranges(const struct sx_cam *c)
{
    double *high = c->weight + c->channels;
    for (int64_t k = 0; k < c->channels; k++) {
        c->weight[k] = INFINITY;
        high[k] = -INFINITY;
    }
    for (int64_t i = 0; i < c->size; i++) {
        c->weight[c->channel[i]] = fmin(c->weight[c->channel[i]], c->x[i]);
        high[c->channel[i]] = fmax(high[c->channel[i]], c->x[i]);
    }
}

/* The layer without channel live[k]. */
static void ablated_point(void *context, int64_t k, double *z)
{
    const struct activation *v = context;
    for (int64_t i = 0; i < v->cam.size; i++)
        z[i] = v->cam.channel[i] == v->live[k] ? 0 : v->cam.x[i];
}

static void take_slope(void *context, int64_t k, double value, const double *g)
{
    struct activation *v = context;
    (void)g;
    v->cam.weight[v->live[k]] = (v->f - value) / v->f;
}

/* Desai and Ramaswamy 2020: the weight of a channel is the share of f that is lost without it. */
static bool ablationcam(struct activation *v)
{
    const struct sx_cam *c = &v->cam;
    find_ranges(c);
    for (int64_t k = 0; k < c->channels; k++)
        if (c->weight[k] != 0 || c->weight[c->channels + k] != 0)
            v->live[v->n_live++] = k;
    memset(c->weight, 0, 2 * (size_t)c->channels * sizeof *c->weight);
    struct sx_attributing at = *v->a;
    at.e = v->layer.of;
    at.size = c->size;
    const struct sx_visit visit = {v, ablated_point, take_slope, NULL};
    if (!sx_visit_values(&at, v->n_live, &visit))
        return false;
    sx_cam_weigh(c);
    sx_cam_rectify(c);
    return true;
}

/* Masks made of channels at the size of the input, and the scores of the masked inputs. */
struct masking {
    struct activation *v;
    struct sx_grid grid;
    int64_t rows, columns; /* rows and columns of the map */
    double *low, *scale, *score, *mask;
};

static double at_place(const struct masking *m, int64_t channel, int64_t row, int64_t column)
{
    const struct sx_layer *l = &m->v->layer;
    int64_t cell = row * m->columns + column;
    int64_t at = l->axis == 1 ? channel * l->cells + cell : cell * l->channels + channel;
    return (m->v->cam.x[at] - m->low[channel]) * m->scale[channel];
}

double sx_between(int64_t i, int64_t n, int64_t of, int64_t *first, int64_t *second)
{
    double at = ((double)i + 0.5) * (double)of / (double)n - 0.5;
    at = fmin(fmax(at, 0), (double)(of - 1));
    *first = (int64_t)at;
    *second = *first + 1 < of ? *first + 1 : *first;
    return at - (double)*first;
}

/* Sets z to x where the mask is 1, and to the baseline where it is 0. The mask is channel live[k],
 * scaled to 0 .. 1 and resampled linearly. */
static void masked_point(void *context, int64_t k, double *z)
{
    const struct masking *m = context;
    const struct sx_attributing *a = m->v->a;
    const struct sx_grid *g = &m->grid;
    int64_t channel = m->v->live[k], r0, r1, c0, c1;
    memcpy(z, a->x, (size_t)a->size * sizeof *z);
    for (int64_t i = 0; i < g->rows * g->columns; i++) {
        int64_t y = i / g->columns, x = i % g->columns;
        double down = sx_between(y, g->rows, m->rows, &r0, &r1);
        double right = sx_between(x, g->columns, m->columns, &c0, &c1);
        double mask = (1 - down) * ((1 - right) * at_place(m, channel, r0, c0) +
                                    right * at_place(m, channel, r0, c1)) +
                      down * ((1 - right) * at_place(m, channel, r1, c0) +
                              right * at_place(m, channel, r1, c1));
        for (int64_t c = 0; c < g->channels; c++) {
            int64_t at = c * g->channel_step + y * g->row_step + x * g->column_step;
            z[at] = a->baseline[at] + mask * (a->x[at] - a->baseline[at]);
        }
    }
}

static void take_score(void *context, int64_t k, double value, const double *g)
{
    struct masking *m = context;
    (void)g;
    m->score[m->v->live[k]] = value;
}

/* As masked_point; after the last channel, the baseline. A constant channel masks everything. */
static void masked_or_baseline(void *context, int64_t k, double *z)
{
    struct masking *m = context;
    if (k < m->v->n_live)
        masked_point(context, k, z);
    else
        memcpy(z, m->v->a->baseline, (size_t)m->v->a->size * sizeof *z);
}

static void take_score_or_baseline(void *context, int64_t k, double value, const double *g)
{
    struct masking *m = context;
    if (k < m->v->n_live)
        take_score(context, k, value, g);
    else
        for (int64_t i = 0; i < m->v->cam.channels; i++)
            m->score[i] = m->scale[i] != 0 ? m->score[i] : value;
}

/* Sets the weights to the softmax of the scores; the baseline's score cancels. */
static void soften(const struct sx_cam *c, const double *score)
{
    double most = -INFINITY, sum = 0;
    for (int64_t k = 0; k < c->channels; k++)
        most = fmax(most, score[k]);
    for (int64_t k = 0; k < c->channels; k++)
        sum += c->weight[k] = exp(score[k] - most);
    for (int64_t k = 0; k < c->channels; k++)
        c->weight[k] /= sum;
}

/* Finds the grid of the input that corresponds to the places of the layer; a sequence is one row. */
static bool lay_over(struct masking *m)
{
    const struct sx_shape *x = &m->v->a->e->input.shape, *p = &m->v->layer.places;
    struct sx_error *error = m->v->a->error;
    m->rows = p->rank == 2 ? p->dim[0] : 1;
    m->columns = p->dim[p->rank - 1];
    if (p->rank == 1 && x->rank == 3) {
        m->grid = (struct sx_grid){x->dim[1], 1, x->dim[2], x->dim[2], 0, 1};
        return true;
    }
    if (p->rank > 2 || x->rank != 4)
        return sx_fail(error, SX_USAGE,
                       "scorecam needs a picture, and a layer of its rows and "
                       "columns");
    return sx_grid_of(x, SX_LAYOUT_AUTO, &m->grid, error);
}

/* Wang and others 2020: the weight of a channel is f of the input masked by it. */
static bool scorecam(struct activation *v)
{
    const struct sx_cam *c = &v->cam;
    struct masking m = {.v = v};
    size_t n = (size_t)c->channels;
    if (!lay_over(&m))
        return false;
    m.low = sx_new(3 * n, sizeof *m.low, v->a->error);
    if (m.low == NULL)
        return false;
    m.scale = m.low + n;
    m.score = m.scale + n;
    find_ranges(c);
    for (size_t k = 0; k < n; k++) {
        double range = c->weight[n + k] - c->weight[k];
        m.low[k] = c->weight[k];
        m.scale[k] = range > 0 ? 1 / range : 0;
        if (range > 0)
            v->live[v->n_live++] = (int64_t)k;
    }
    const struct sx_visit visit = {&m, masked_or_baseline, take_score_or_baseline, NULL};
    bool ok = sx_visit_values(v->a, v->n_live + 1, &visit);
    if (ok) {
        soften(c, m.score);
        sx_cam_weigh(c);
        sx_cam_rectify(c);
    }
    free(m.low);
    return ok;
}

/* ---- Running one ---- */

static bool run(struct sx_attributing *a, struct sx_attribution *r, bool to_the_end,
                bool (*make)(struct activation *v))
{
    struct activation v;
    bool ok = activation_new(&v, a, to_the_end) &&
              sx_tensor_new(&r->map, SX_DOUBLE, &v.layer.places, a->error);
    if (ok) {
        struct sx_explainer *of = v.layer.of;
        int64_t forward = of->forward, backward = of->backward;
        v.cam.map = r->map.data;
        r->layer = v.layer.name;
        ok = make(&v);
        a->e->forward += of->forward - forward;
        a->e->backward += of->backward - backward;
    }
    activation_free(&v);
    return ok;
}

#define MAP(name, to_the_end)                                                                  \
    bool sx_attribute_##name(struct sx_attributing *a, struct sx_attribution *r)               \
    {                                                                                          \
        return run(a, r, to_the_end, name);                                                    \
    }
MAP(gradcam, false)
MAP(gradcam_pp, false)
MAP(layercam, false)
MAP(hirescam, false)
MAP(eigencam, false)
MAP(scorecam, false)
MAP(ablationcam, false)
MAP(cam, true)
