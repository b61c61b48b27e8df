/* samples.c - the rows of a study: kept, chosen as representatives, and measured for units. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* ---- Adding ---- */

/* Checks that the model's other inputs are the same for all rows. */
static bool same_others(struct sx_study *h, struct sx_error *error)
{
    struct sx_explainer *e = h->e;
    int n = sx_model_input_count(e->model);
    if (h->n == 0 && h->others == NULL &&
        (h->others = sx_new((size_t)n, sizeof *h->others, error)) == NULL)
        return false;
    for (int i = 0; i < n; i++) {
        const struct sx_tensor *feed = &e->feeds[i];
        if (!e->inner && i == e->input_port)
            continue;
        if (h->n == 0) {
            sx_tensor_free(&h->others[i]);
            if (!sx_tensor_convert(&h->others[i], feed->type, feed, error))
                return false;
        } else if (!sx_shape_equal(&h->others[i].shape, &feed->shape) ||
                   memcmp(h->others[i].data, feed->data,
                          (size_t)sx_count(&feed->shape) * sx_type_size(feed->type)) != 0) {
            return sx_fail(error, SX_FAILED,
                           "input '%.80s' differs from that of the first sample: such samples "
                           "are explained one by one only",
                           sx_model_input(e->model, i)->name);
        }
    }
    return true;
}

static bool append(double **to, size_t *room, int64_t n, const double *from, int64_t size,
                   struct sx_error *error)
{
    void *items = *to;
    size_t need;
    if (!sx_size_mul(&need, (size_t)n + 1, (size_t)size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    bool ok = sx_grow(&items, room, need, sizeof **to, error);
    *to = items;
    if (ok && size > 0)
        memcpy(*to + n * size, from, (size_t)size * sizeof *from);
    return ok;
}

bool sx_samples_add(struct sx_study *h, const double *baseline, struct sx_error *error)
{
    void *targets = h->target;
    if (!same_others(h, error) ||
        !append(&h->x, &h->x_room, h->n, h->e->input.data, h->size, error) ||
        (baseline != NULL &&
         !append(&h->baseline, &h->baseline_room, h->n, baseline, h->size, error)))
        return false;
    if (baseline != NULL)
        sx_players_hold(h->players, h->x + h->n * h->size, h->baseline + h->n * h->size);
    bool ok = sx_grow(&targets, &h->target_room, (size_t)h->n + 1, sizeof *h->target, error);
    h->target = targets;
    if (ok)
        h->target[h->n++] = h->e->pick;
    return ok;
}

void sx_samples_free(struct sx_study *h)
{
    for (int i = 0; h->others != NULL && i < sx_model_input_count(h->e->model); i++)
        sx_tensor_free(&h->others[i]);
    free(h->others);
    free(h->x);
    free(h->baseline);
    free(h->target);
    free(h->units);
}

/* ---- Representatives ---- */

static int64_t nearest(const struct sx_study *h, const double *centre)
{
    int64_t best = 0;
    double least = INFINITY;
    for (int64_t r = 0; r < h->n; r++) {
        double distance = 0;
        for (int64_t i = 0; i < h->size; i++) {
            double d = h->x[r * h->size + i] - centre[i];
            distance += d * d;
        }
        if (distance < least) {
            least = distance;
            best = r;
        }
    }
    return best;
}

static bool choose(struct sx_study *h, const char *kind, size_t length, double *column,
                   double *centre, struct sx_error *error)
{
    static const struct {
        const char *name;
        enum sx_gather how;
    } kinds[] = {{"mean", SX_GATHER_MEAN}, {"median", SX_GATHER_MEDIAN},
                 {"min", SX_GATHER_MIN},   {"max", SX_GATHER_MAX},
                 {"mode", SX_GATHER_MODE}, {"random", SX_GATHER_MEAN}};
    size_t k = 0, n = sizeof kinds / sizeof kinds[0];
    while (k < n &&
           (strlen(kinds[k].name) != length || strncmp(kinds[k].name, kind, length) != 0))
        k++;
    if (k == n)
        return sx_fail(error, SX_USAGE,
                       "'%.*s' is none of mean, median, min, max, mode, random",
                       (int)(length < 40 ? length : 40), kind);
    int64_t row = (int64_t)(sx_random_bits(h->o.seed, 0, 0) % (uint64_t)h->n);
    for (int64_t i = 0; k + 1 < n && i < h->size; i++) {
        for (int64_t r = 0; r < h->n; r++)
            column[r] = h->x[r * h->size + i];
        centre[i] = sx_gather_numbers(kinds[k].how, column, h->n);
    }
    if (k + 1 < n)
        row = nearest(h, centre);
    h->chosen[h->n_chosen++] = row;
    return true;
}

bool sx_samples_choose(struct sx_study *h, struct sx_error *error)
{
    const char *at = h->o.at;
    size_t kinds = 1;
    h->n_chosen = 0;
    if (at == NULL)
        return true;
    for (const char *p = at; *p != '\0'; p++)
        kinds += *p == ',';
    if (kinds > sizeof h->chosen / sizeof h->chosen[0])
        return sx_fail(error, SX_USAGE, "%zu representatives are too many", kinds);
    double *column = sx_new((size_t)h->n, sizeof *column, error);
    double *centre = sx_new((size_t)h->size, sizeof *centre, error);
    bool ok = column != NULL && centre != NULL;
    for (size_t k = 0; ok && k < kinds; k++) {
        size_t length = strcspn(at, ",");
        ok = choose(h, at, length, column, centre, error);
        at += length + 1;
    }
    free(column);
    free(centre);
    return ok;
}

/* ---- Units ---- */

/* The standard deviation or the range of every element over the background, or the rows. */
bool sx_samples_units(struct sx_study *h, struct sx_error *error)
{
    const double *x = h->background != NULL ? h->background : h->x;
    int64_t n = h->background != NULL ? h->n_background : h->n;
    if (h->o.units == SX_UNITS_NONE || (h->units != NULL && h->background != NULL))
        return true;
    if (n < 2)
        return sx_fail(error, SX_USAGE,
                       "units are those of at least two rows: of --background, "
                       "or of all samples with --agg");
    free(h->units);
    h->units = sx_new((size_t)h->size, sizeof *h->units, error);
    for (int64_t i = 0; h->units != NULL && i < h->size; i++) {
        double mean = 0, square = 0, low = INFINITY, high = -INFINITY;
        for (int64_t r = 0; r < n; r++)
            mean += x[r * h->size + i] / (double)n;
        for (int64_t r = 0; r < n; r++) {
            double v = x[r * h->size + i];
            square += (v - mean) * (v - mean) / (double)n;
            low = fmin(low, v);
            high = fmax(high, v);
        }
        h->units[i] = h->o.units == SX_UNITS_STD ? sqrt(square) : high - low;
    }
    return h->units != NULL;
}
