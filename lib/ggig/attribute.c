/* attribute.c - the table of attribution methods, and running one of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/players.h"
#include "ggig/attribute.h"

static const struct sx_attribute_row rows[] = {
    {"ggig", "largest gradient along ascents from the path", sx_attribute_ggig, .steps = 50,
     .ascends = true},
    {"ggig-ig", "largest gradient of each ascent, mean over the path",
     .run = sx_attribute_ggig_ig, .steps = 50, .ascends = true},
    {"ig", "integrated gradients: mean gradient on the path", .run = sx_attribute_ig,
     .steps = 50, .complete = true, .mean = true},
    {"ig-max", "largest gradient on the path", .run = sx_attribute_ig_max, .steps = 50},
    {"gda", "largest gradient along an ascent from x", .run = sx_attribute_gda,
     .ascends = true},
    {"gda-ig", "mean gradient along an ascent from x", .run = sx_attribute_gda_ig,
     .ascends = true},
    {"grad", "gradient at x", .run = sx_attribute_gradient},
    {"inputxgrad", "gradient at x times x", .run = sx_attribute_input_gradient},
    {"guided-backprop", "gradient at x, of which a ReLU passes what is positive",
     .run = sx_attribute_guided_backprop},
    {"smoothgrad", "mean gradient around x", .run = sx_attribute_smoothgrad},
    {"smoothgrad-sq", "mean squared gradient around x", .run = sx_attribute_smoothgrad_sq},
    {"vargrad", "variance of the gradient around x", .run = sx_attribute_vargrad},
    {"geg-max", "largest gradient of models with noisy weights", .run = sx_attribute_geg_max,
     .samples = 25},
    {"geg-ig", "mean gradient of models with noisy weights", .run = sx_attribute_geg_ig,
     .samples = 25},
    {"guided-ig", "path through features of small gradient first",
     .run = sx_attribute_guided_ig, .steps = 200, .complete = true},
    {"blur-ig", "path from a blurred picture to x", .run = sx_attribute_blur_ig, .steps = 100,
     .complete = true},
    {"idgi", "increments of f along the path by squared gradient", .run = sx_attribute_idgi,
     .steps = 50, .complete = true},
    {"expected", "integrated gradients averaged over a background",
     .run = sx_attribute_expected, .complete = true},
    {"gradcam", "layer: channels weighed by their mean gradient", .make = sx_attribute_gradcam,
     .of_layer = true},
    {"gradcam++", "layer: gradients weighed by their powers, positive ones",
     .make = sx_attribute_gradcam_pp, .of_layer = true},
    {"layercam", "layer: positive gradient times activation", .make = sx_attribute_layercam,
     .of_layer = true},
    {"hirescam", "layer: gradient times activation", .make = sx_attribute_hirescam,
     .of_layer = true},
    {"eigencam", "layer: first principal component, of no class", .make = sx_attribute_eigencam,
     .of_layer = true},
    {"scorecam", "layer: channels weighed by f of the input behind them",
     .make = sx_attribute_scorecam, .of_layer = true},
    {"ablationcam", "layer: channels weighed by what f loses without them",
     .make = sx_attribute_ablationcam, .of_layer = true},
    {"cam", "layer: channels weighed by the linear head", .make = sx_attribute_cam,
     .of_layer = true},
    {"guided-gradcam", "guided-backprop times gradcam", .make = sx_attribute_guided_gradcam,
     .of_layer = true},
    {"edge", "edges of the picture, of no model", .run = sx_attribute_edge},
    {"rise", "players: mean of f over random masks that show one", .make = sx_attribute_rise,
     .samples = 500},
    {"lime", "players: linear fit of f on random masks", .make = sx_attribute_lime,
     .samples = 500},
    {"occlusion", "what f loses behind a window, or without a player",
     .make = sx_attribute_occlusion},
    {"xrai", "players: integrated gradients by size, ranked", .make = sx_attribute_xrai,
     .steps = 50},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

const char *sx_attribute_method(int i, const char **what)
{
    if (i < 0 || i >= N_ROWS)
        return NULL;
    if (what != NULL)
        *what = rows[i].what;
    return rows[i].name;
}

/* The row of a method; NULL: unknown. */
static const struct sx_attribute_row *row_of(const char *name)
{
    for (int i = 0; name != NULL && i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool sx_attribute_of_input(const char *method)
{
    const struct sx_attribute_row *row = row_of(method);
    return row != NULL && row->run != NULL;
}

bool sx_attribute_of_layer(const char *method)
{
    const struct sx_attribute_row *row = row_of(method);
    return row != NULL && row->of_layer;
}

enum sx_pass sx_attribute_pass(const char *method)
{
    const struct sx_attribute_row *row = row_of(method);
    if (row == NULL)
        return SX_PASS_SCORES;
    if (row->run == sx_attribute_gradient || row->run == sx_attribute_input_gradient)
        return SX_PASS_GRADIENT;
    /* The default layer of "cam" is another one. */
    return row->of_layer && row->make != sx_attribute_cam ? SX_PASS_LAYER : SX_PASS_SCORES;
}

void sx_attribution_free(struct sx_attribution *r)
{
    sx_tensor_free(&r->map);
    sx_tensor_free(&r->error);
    free(r->region);
    r->region = NULL;
}

static bool is_flat(const struct sx_tensor *map)
{
    for (int64_t i = 0; i < sx_count(&map->shape); i++)
        if (((const double *)map->data)[i] != 0)
            return false;
    return true;
}

/* Multiplies by x - baseline if asked for, and computes the gap of completeness. */
static void compare(const struct sx_attributing *a, const struct sx_attribute_row *row,
                    struct sx_attribution *r)
{
    bool times = a->o->times_input && (!row->complete || row->mean);
    double path = 0;
    for (int64_t i = 0; i < a->size; i++) {
        double step = a->x[i] - a->baseline[i];
        path += row->mean ? a->map[i] * step : a->map[i];
        if (times)
            a->map[i] *= step;
    }
    r->complete = row->complete;
    r->gap = path - (a->f_x - a->f_start);
}

/* Finishes the result. Elements that are not finite become NaN and are counted; the sum then is NaN
 * too. Records the values that were used. */
static void finish(const struct sx_attributing *a, struct sx_attribution *r)
{
    double *map = r->map.data;
    for (int64_t i = 0; i < sx_count(&r->map.shape); i++) {
        if (!isfinite(map[i])) {
            map[i] = NAN;
            r->nonfinite++;
        }
        r->sum += map[i];
    }
    r->steps = a->steps;
    r->iterations = a->iterations;
    r->samples = a->samples;
    r->partial = a->partial;
    r->left_out = a->left_out;
    r->eta = a->eta;
}

/* An ascent is idle if it changes less than this share of a map. */
#define LEAST_SHARE 0.02

/* An ascent is idle if it moves less than this share of the path: the movement is lost in float32's
 * rounding. What it changes is the side of kinks, on which the baseline often lies. */
#define LEAST_MOVE 1e-6

/* Measures how far the ascents went, and how much of the map comes from them. */
static void judge_ascent(const struct sx_attributing *a, struct sx_attribution *r)
{
    double changed = 0, total = 0, path = 0;
    for (int64_t i = 0; i < a->size; i++) {
        double step = a->x[i] - a->baseline[i];
        path += step * step;
        total += fabs(a->map[i]);
        changed += a->unmoved != NULL ? fabs(a->map[i] - a->unmoved[i]) : NAN;
    }
    r->ascends = true;
    r->moved = a->travelled / (double)a->climbers;
    r->relative = r->moved / sqrt(path);
    r->share = total > 0 ? changed / total : 0;
    r->idle =
        (r->share < LEAST_SHARE || r->relative < LEAST_MOVE) && total > 0 && a->iterations > 1;
}

/* The spread s of the elements of x; 1 if x is about normalised. */
static double spread_of(const struct sx_attributing *a)
{
    double mean = 0, square = 0;
    int64_t n = 0;
    bool wide = false;
    for (int64_t i = 0; i < a->size; i++)
        wide |= fabs(a->x[i]) > 10 && isfinite(a->x[i]);
    if (!wide)
        return 1;
    for (int64_t i = 0; i < a->size; i++) {
        if (!isfinite(a->x[i]))
            continue;
        double before = a->x[i] - mean;
        mean += before / (double)++n;
        square += before * (a->x[i] - mean);
    }
    double deviation = a->o->spread > 0 ? a->o->spread : sqrt(square / (double)(n > 0 ? n : 1));
    return deviation > 0 ? deviation : 1;
}

/* Fills in the settings that the options leave open. */
static void settle(struct sx_attributing *a, const struct sx_attribute_row *row)
{
    const struct sx_attribute_options *o = a->o;
    bool paper = o->recipe == SX_RECIPE_PAPER;
    double s = spread_of(a);
    a->steps = o->steps > 0 ? o->steps : row->steps;
    a->iterations = o->iterations > 0 ? o->iterations : paper ? 100 : 4;
    a->samples = o->samples > 0 ? o->samples : row->samples > 0 ? row->samples : 50;
    a->eta = o->eta != 0 ? o->eta : paper ? 1e-4 : 0.01 * s * s / (double)a->iterations;
}

/* The approximate number of evaluations. */
static int64_t planned(const struct sx_attributing *a, const struct sx_attribute_row *row)
{
    if (row->ascends)
        return (row->steps > 0 ? a->steps + 1 : 1) * a->iterations;
    return row->steps > 0 ? a->steps + 1 : 1;
}

/* Reduces a map of token embeddings to tokens, by sums over the last axis. */
static void sum_tokens(struct sx_tensor *map)
{
    double *value = map->data;
    int64_t width = map->shape.dim[--map->shape.rank], n = sx_count(&map->shape);
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < width; k++)
            sum += value[i * width + k];
        value[i] = sum;
    }
}

/* Reduces a map of elements to players, by sums. */
static bool sum_players(struct sx_attributing *a, const struct sx_players *p,
                        struct sx_attribution *r)
{
    struct sx_tensor map = r->map;
    r->map = (struct sx_tensor){0};
    bool ok = sx_attribute_by_player(a, p, r);
    if (ok)
        sx_players_sum(p, map.data, r->map.data);
    sx_tensor_free(&map);
    return ok;
}

/* The baseline of paths that move players alone. */
static double *baseline_of_players(const struct sx_attributing *a, const struct sx_players *p)
{
    double *baseline = sx_new((size_t)a->size, sizeof *baseline, a->error);
    if (baseline == NULL)
        return NULL;
    memcpy(baseline, a->baseline, (size_t)a->size * sizeof *baseline);
    sx_players_hold(p, a->x, baseline);
    return baseline;
}

/* Runs a method whose map has the shape of x without its batch axis. */
static bool run_by_input(struct sx_attributing *a, const struct sx_attribute_row *row,
                         struct sx_attribution *r)
{
    struct sx_shape shape = sx_explainer_input(a->e)->shape;
    sx_without_batch(&shape);
    if (!sx_tensor_new(&r->map, SX_DOUBLE, &shape, a->error))
        return false;
    double *unmoved = row->ascends ? sx_new((size_t)a->size, sizeof *unmoved, a->error) : NULL;
    a->map = r->map.data;
    a->unmoved = unmoved;
    bool ok = (unmoved != NULL || !row->ascends) && row->run(a);
    if (ok && row->ascends)
        judge_ascent(a, r);
    free(unmoved);
    r->flat = ok && is_flat(&r->map);
    if (ok)
        compare(a, row, r);
    if (ok && a->o->players == NULL && a->e->ids)
        sum_tokens(&r->map);
    return ok;
}

/* Runs such a method and sums its map over the players, if the options name any. */
static bool run_by_players(struct sx_attributing *a, const struct sx_attribute_row *row,
                           struct sx_attribution *r)
{
    if (a->o->players == NULL)
        return run_by_input(a, row, r);
    struct sx_players *p = sx_attribute_players(a);
    double *baseline = p != NULL ? baseline_of_players(a, p) : NULL;
    a->baseline = baseline;
    bool ok = baseline != NULL && run_by_input(a, row, r) && sum_players(a, p, r);
    free(baseline);
    sx_players_free(p);
    return ok;
}

bool sx_attribute(struct sx_explainer *e, const struct sx_attribute_options *o,
                  struct sx_attribution *r, struct sx_error *error)
{
    *r = (struct sx_attribution){0};
    const struct sx_attribute_row *row = row_of(o->method);
    const struct sx_tensor *x = sx_explainer_input(e);
    if (row == NULL)
        return sx_fail(error, SX_USAGE, "no method named '%.40s'",
                       o->method != NULL ? o->method : "");
    struct sx_attributing a = {.e = e,
                               .o = o,
                               .size = sx_count(&x->shape),
                               .x = x->data,
                               .baseline = o->baseline,
                               .error = error};
    settle(&a, row);
    sx_explainer_plan(e, planned(&a, row));
    bool ok = row->make != NULL ? row->make(&a, r) : run_by_players(&a, row, r);
    if (ok && row->make != NULL)
        r->flat = is_flat(&r->map);
    if (ok)
        finish(&a, r);
    else
        sx_attribution_free(r);
    return ok;
}
