/* sampled.c - sensitivity-n and infidelity: random sets of places are replaced by the baseline. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

double sx_correlation(const double *a, const double *b, int64_t n)
{
    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (int64_t i = 0; i < n; i++) {
        ma += a[i] / (double)n;
        mb += b[i] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
        ab += (a[i] - ma) * (b[i] - mb);
    }
    double scale = sqrt(aa) * sqrt(bb);
    return scale > 1e-12 * (ma * ma + mb * mb) * (double)n && scale > 0
               ? fmax(fmin(ab / scale, 1), -1)
               : NAN;
}

/* Draws of sets of `size` places (0: of any size). The random numbers of a set are those of
 * (stream, draw). */
struct draws {
    uint64_t stream;
    int64_t size;
};

/* Marks the hidden places of draw i: the first ones of a random order. */
static void draw(const struct sx_scoring *s, const struct draws *d, int64_t i)
{
    int64_t n = s->places, *order = s->shuffled;
    uint64_t stream = sx_hash(d->stream, &i, sizeof i), seed = s->o->seed;
    int64_t size =
        d->size > 0 ? d->size : 1 + (int64_t)(sx_random_uniform(seed, stream, 0) * (double)n);
    memset(s->shown, 1, (size_t)n);
    for (int64_t k = 0; k < size; k++) {
        double u = sx_random_uniform(seed, stream, (uint64_t)k + 1);
        int64_t other = k + (int64_t)(u * (double)(n - k)), kept = order[k];
        order[k] = order[other];
        order[other] = kept;
        s->shown[order[k]] = 0;
    }
}

static void reset(const struct sx_scoring *s)
{
    for (int64_t p = 0; p < s->places; p++)
        s->shuffled[p] = p;
}

static void make(const struct sx_scoring *s, const void *context, int64_t i, double *point)
{
    if (i == 0)
        return; /* x itself */
    reset(s);
    draw(s, context, i);
    for (int64_t k = 0; k < s->size; k++)
        if (s->place[k] >= 0 && !s->shown[s->place[k]])
            point[k] = s->o->baseline[k];
}

/* The loss of f by each draw, and the loss that the map predicts. */
static bool losses(struct sx_scoring *s, const struct draws *d, double *lost, double *said,
                   struct sx_error *error)
{
    int64_t n = s->o->draws;
    if (!sx_scoring_values(s, s->own, n + 1, make, d, lost, error))
        return false;
    double f = lost[0];
    for (int64_t i = 0; i < n; i++) {
        lost[i] = f - lost[i + 1];
        said[i] = 0;
        reset(s);
        draw(s, d, i + 1);
        for (int64_t p = 0; p < s->places; p++)
            said[i] += s->shown[p] ? 0 : s->share[p];
    }
    return true;
}

/* The next size: every size up to 16 places; else sizes in a geometric sequence from 1 to 4/5 of
 * the places. */
static int64_t next_size(int64_t places, int64_t size)
{
    if (places <= 17)
        return size + 1 < places ? size + 1 : 0;
    double most = 0.8 * (double)places;
    int64_t next = llround((double)size * pow(most, 1.0 / 15));
    next = next > size ? next : size + 1;
    return (double)next <= most + 0.5 ? next : 0;
}

static bool sensitivity(struct sx_scoring *s, double *lost, double *said,
                        struct sx_scored *score, struct sx_error *error)
{
    double sum = 0;
    int64_t known = 0;
    for (int64_t size = s->places > 1; size > 0; size = next_size(s->places, size)) {
        const struct draws d = {sx_hash(s->o->sample + 1, &size, sizeof size), size};
        if (!losses(s, &d, lost, said, error))
            return false;
        double r = sx_correlation(lost, said, s->o->draws);
        score->x[score->n] = (double)size / (double)s->places;
        score->y[score->n++] = r;
        sum += isnan(r) ? 0 : r;
        known += !isnan(r);
    }
    score->value = known > 0 ? sum / (double)known : NAN;
    return true;
}

static bool infidelity(struct sx_scoring *s, double *lost, double *said, double *value,
                       struct sx_error *error)
{
    const struct draws d = {sx_hash(s->o->sample + 1, "infidelity", 10), 0};
    if (!losses(s, &d, lost, said, error))
        return false;
    *value = 0;
    for (int64_t i = 0; i < s->o->draws; i++)
        *value += (said[i] - lost[i]) * (said[i] - lost[i]) / (double)s->o->draws;
    return true;
}

bool sx_score_sampled(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                      struct sx_error *error)
{
    unsigned wanted = s->o->metrics & (1U << SX_SENSITIVITY_N | 1U << SX_INFIDELITY);
    if (wanted == 0)
        return true;
    size_t n = (size_t)s->o->draws + 1;
    double *lost = sx_new(n, sizeof *lost, error), *said = sx_new(n, sizeof *said, error);
    bool ok = lost != NULL && said != NULL;
    if (ok && (wanted >> SX_SENSITIVITY_N & 1) != 0)
        ok = sensitivity(s, lost, said, &score[SX_SENSITIVITY_N], error);
    if (ok && (wanted >> SX_INFIDELITY & 1) != 0)
        ok = infidelity(s, lost, said, &score[SX_INFIDELITY].value, error);
    free(lost);
    free(said);
    return ok;
}
