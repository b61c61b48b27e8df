/* information.c - softmax and accuracy information curves: f as a function of the information in
 * the shown part of a picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

double sx_entropy(const int64_t *count, int64_t n)
{
    double total = 0, sum = 0;
    for (int64_t i = 0; i < n; i++)
        total += (double)count[i];
    for (int64_t i = 0; i < n; i++)
        if (count[i] > 0)
            sum -= (double)count[i] / total * log((double)count[i] / total);
    return sum;
}

/* Shows the known pixels, and the first k per cent of the others in their order. */
static void show(const struct sx_scoring *s, int64_t k)
{
    int64_t n = llround((double)k * (double)s->places / 100);
    memcpy(s->shown, s->known, (size_t)s->places);
    for (int64_t i = 0; i < n; i++)
        s->shown[s->order[i]] = 1;
}

static void make(const struct sx_scoring *s, const void *context, int64_t k, double *point)
{
    (void)context;
    show(s, k);
    sx_scoring_mix(s, point);
}

/* The grey level of the picture at a place. */
static uint8_t grey_at(const struct sx_scoring *s, const struct sx_picture *picture, int64_t p)
{
    int64_t row = p / s->width * picture->height / s->height;
    int64_t column = p % s->width * picture->width / s->width;
    const uint8_t *c =
        picture->pixels + (row * picture->width + column) * (int64_t)picture->channels;
    return picture->channels == 1 ? c[0]
                                  : (uint8_t)lround(0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]);
}

/* x: the normalised entropy of the grey levels, in which pixels that are not shown are 0. */
static bool find_information(const struct sx_scoring *s, double *x, struct sx_error *error)
{
    struct sx_picture made = {0};
    const struct sx_picture *picture = s->o->shown;
    if (picture == NULL) {
        if (!sx_picture_of(sx_explainer_input(s->by), s->o->layout, &made, error))
            return false;
        picture = &made;
    }
    for (int64_t k = 0; k < SX_SCORE_POINTS; k++) {
        int64_t count[256] = {0};
        show(s, k);
        for (int64_t p = 0; p < s->places; p++)
            count[s->shown[p] ? grey_at(s, picture, p) : 0]++;
        x[k] = sx_entropy(count, 256);
    }
    sx_picture_free(&made);
    double least = x[0], range = x[SX_SCORE_POINTS - 1] - x[0];
    for (int64_t k = 0; k < SX_SCORE_POINTS; k++)
        x[k] = range != 0 ? fmin(fmax((x[k] - least) / range, 0), 1) : NAN;
    return true;
}

/* The index of the largest element; -1 if the tensor has other axes than classes. */
static int64_t predicted(const struct sx_tensor *scores)
{
    int64_t n = sx_count(&scores->shape), best = 0, longest = 1;
    for (int k = 0; k < scores->shape.rank; k++)
        longest = scores->shape.dim[k] > longest ? scores->shape.dim[k] : longest;
    for (int64_t i = 1; i < n; i++)
        if (sx_tensor_get(scores, i) > sx_tensor_get(scores, best))
            best = i;
    return n == longest ? best : -1;
}

/* y: whether the class is the explained one; for a single probability, whether it is on the same
 * side of 1/2. */
static bool find_accuracy(struct sx_scoring *s, const double *p, double *y,
                          struct sx_error *error)
{
    struct sx_explainer *e = s->by;
    int port = e->input_port;
    struct sx_tensor whole = e->feeds[port], changed = {0};
    double *point = sx_new((size_t)s->size, sizeof *point, error);
    bool ok = point != NULL && sx_tensor_convert(&changed, whole.type, &whole, error);
    e->feeds[port] = changed;
    for (int64_t k = 0; ok && k < SX_SCORE_POINTS; k++) {
        memcpy(point, s->x, (size_t)s->size * sizeof *point);
        make(s, NULL, k, point);
        for (int64_t i = 0; i < s->size; i++)
            sx_tensor_set(&changed, i, point[i]);
        ok = sx_inference_run(s->inference, e->feeds, error);
        const struct sx_tensor *out = ok ? sx_inference_output(s->inference, 0, NULL) : NULL;
        if (out == NULL)
            break;
        int64_t n = sx_count(&out->shape), best = n == 1 ? 0 : predicted(out);
        bool same =
            n == 1 ? (p[k] > 0.5) == (p[SX_SCORE_POINTS - 1] > 0.5) : best == e->target.index;
        y[k] = best < 0 ? NAN : same;
    }
    e->feeds[port] = whole;
    sx_tensor_free(&changed);
    free(point);
    return ok;
}

/* Makes a score with evenly spaced points; NaN if x or y are not finite. */
static void finish(struct sx_scored *score, const double *x, const double *y)
{
    double at[SX_SCORE_POINTS], value[SX_SCORE_POINTS];
    memcpy(at, x, sizeof at);
    memcpy(value, y, sizeof value);
    for (int64_t k = 0; k < SX_SCORE_POINTS; k++)
        if (!isfinite(at[k]) || !isfinite(value[k]))
            return;
    score->n = SX_SCORE_POINTS;
    sx_curve_even(at, value, SX_SCORE_POINTS, score->y, SX_SCORE_POINTS);
    for (int64_t k = 0; k < SX_SCORE_POINTS; k++)
        score->x[k] = (double)k / (SX_SCORE_POINTS - 1);
    score->value = sx_curve_area(score->x, score->y, score->n);
}

bool sx_score_information(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                          struct sx_error *error)
{
    double x[SX_SCORE_POINTS], p[SX_SCORE_POINTS], y[SX_SCORE_POINTS];
    bool sic = (s->o->metrics >> SX_SIC & 1) != 0, aic = (s->o->metrics >> SX_AIC & 1) != 0;
    if ((!sic && !aic) || s->known == NULL)
        return true;
    if (!find_information(s, x, error) ||
        !sx_scoring_values(s, s->by, SX_SCORE_POINTS, make, NULL, p, error))
        return false;
    for (int64_t k = 0; k < SX_SCORE_POINTS; k++)
        y[k] = p[k] / p[SX_SCORE_POINTS - 1];
    if (sic)
        finish(&score[SX_SIC], x, y);
    if (!aic || s->by->inner || s->by->target.index < 0)
        return true;
    if (!find_accuracy(s, p, y, error))
        return false;
    finish(&score[SX_AIC], x, y);
    return true;
}
