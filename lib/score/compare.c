/* compare.c - the similarity of two maps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

struct valued {
    double value;
    int64_t at;
};

static int ascending(const void *a, const void *b)
{
    const struct valued *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

/* Computes ranks from 1; equal values share their mean rank. */
static void ranks(struct valued *room, const double *values, int64_t n, double *rank)
{
    for (int64_t i = 0; i < n; i++)
        room[i] = (struct valued){values[i], i};
    qsort(room, (size_t)n, sizeof *room, ascending);
    for (int64_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && room[i + same].value == room[i].value; same++)
            ;
        for (int64_t k = 0; k < same; k++)
            rank[room[i + k].at] = (double)i + (double)(same + 1) / 2;
    }
}

/* Sets bit `bit` of keep for the 10 % of largest magnitude, at least one. */
static void mark_top(struct valued *room, const double *values, int64_t n, uint8_t *keep,
                     unsigned bit)
{
    int64_t most = n / 10 > 0 ? n / 10 : 1;
    for (int64_t i = 0; i < n; i++)
        room[i] = (struct valued){-fabs(values[i]), i};
    qsort(room, (size_t)n, sizeof *room, ascending);
    for (int64_t k = 0; k < most && k < n; k++)
        keep[room[k].at] = (uint8_t)(keep[room[k].at] | bit);
}

/* The elements that are finite in both maps. */
struct pair {
    double *a, *b, *rank_a, *rank_b;
    struct valued *room;
    uint8_t *keep;
    int64_t n;
    bool torn; /* some element is finite in only one of the maps */
};

static bool pair_new(struct pair *p, const struct sx_tensor *a, const struct sx_tensor *b,
                     struct sx_error *error)
{
    int64_t n = sx_count(&a->shape);
    p->a = sx_new((size_t)n + 1, sizeof *p->a, error);
    p->b = sx_new((size_t)n + 1, sizeof *p->b, error);
    p->rank_a = sx_new((size_t)n + 1, sizeof *p->rank_a, error);
    p->rank_b = sx_new((size_t)n + 1, sizeof *p->rank_b, error);
    p->room = sx_new((size_t)n + 1, sizeof *p->room, error);
    p->keep = sx_new((size_t)n + 1, 1, error);
    if (error->status != SX_OK)
        return false;
    for (int64_t i = 0; i < n; i++) {
        double x = sx_tensor_get(a, i), y = sx_tensor_get(b, i);
        p->torn = p->torn || isfinite(x) != isfinite(y);
        if (!isfinite(x) || !isfinite(y))
            continue;
        p->a[p->n] = x;
        p->b[p->n++] = y;
    }
    return true;
}

static void pair_free(struct pair *p)
{
    free(p->a);
    free(p->b);
    free(p->rank_a);
    free(p->rank_b);
    free(p->room);
    free(p->keep);
}

static void compare_values(struct pair *p, struct sx_similarity *s)
{
    int64_t both = 0, any = 0;
    s->max_abs = p->torn ? INFINITY : p->n > 0 ? 0 : NAN;
    for (int64_t i = 0; i < p->n; i++)
        s->max_abs = fmax(s->max_abs, fabs(p->a[i] - p->b[i]));
    ranks(p->room, p->a, p->n, p->rank_a);
    ranks(p->room, p->b, p->n, p->rank_b);
    s->spearman = s->max_abs == 0 ? 1 : sx_correlation(p->rank_a, p->rank_b, p->n);
    mark_top(p->room, p->a, p->n, p->keep, 1);
    mark_top(p->room, p->b, p->n, p->keep, 2);
    for (int64_t i = 0; i < p->n; i++) {
        both += p->keep[i] == 3;
        any += p->keep[i] != 0;
    }
    s->topk_iou = any > 0 ? (double)both / (double)any : NAN;
}

/* ---- Structural similarity ---- */

/* A picture [..., H, W] summed over the leading axes; NaN counts as 0. */
static void plane_of(const struct sx_tensor *t, int64_t plane, double *sum)
{
    int64_t n = sx_count(&t->shape);
    for (int64_t i = 0; i < n; i++) {
        double v = sx_tensor_get(t, i);
        sum[i % plane] += isfinite(v) ? v : 0;
    }
}

/* The similarity of the window whose first element is `at`. */
static double window(const double *a, const double *b, int64_t at, int64_t width, double range)
{
    enum { SIDE = 7, N = SIDE * SIDE };
    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    double c1 = 0.01 * range, c2 = 0.03 * range;
    for (int64_t i = 0; i < N; i++) {
        int64_t k = at + i / SIDE * width + i % SIDE;
        ma += a[k] / N;
        mb += b[k] / N;
    }
    for (int64_t i = 0; i < N; i++) {
        int64_t k = at + i / SIDE * width + i % SIDE;
        aa += (a[k] - ma) * (a[k] - ma) / (N - 1);
        bb += (b[k] - mb) * (b[k] - mb) / (N - 1);
        ab += (a[k] - ma) * (b[k] - mb) / (N - 1);
    }
    c1 *= c1;
    c2 *= c2;
    return (2 * ma * mb + c1) * (2 * ab + c2) / ((ma * ma + mb * mb + c1) * (aa + bb + c2));
}

/* Wang and others, 2004: the mean over all 7 x 7 windows inside the picture. The range is that of
 * both maps. */
static bool similar(const struct sx_tensor *a, const struct sx_tensor *b, double *ssim,
                    struct sx_error *error)
{
    int rank = a->shape.rank;
    int64_t height = rank > 1 ? a->shape.dim[rank - 2] : 0, sums = 0;
    int64_t width = rank > 1 ? a->shape.dim[rank - 1] : 0;
    if (height < 7 || width < 7)
        return true;
    double *x = sx_new((size_t)(2 * height * width), sizeof *x, error), sum = 0;
    if (x == NULL)
        return false;
    double *y = x + height * width, low = INFINITY, high = -INFINITY;
    plane_of(a, height * width, x);
    plane_of(b, height * width, y);
    for (int64_t i = 0; i < 2 * height * width; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (int64_t r = 0; r + 7 <= height; r++)
        for (int64_t c = 0; c + 7 <= width; c++, sums++)
            sum += window(x, y, r * width + c, width, high - low);
    *ssim = high > low ? sum / (double)sums : 1;
    free(x);
    return true;
}

bool sx_compare(const struct sx_tensor *a, const struct sx_tensor *b, bool picture,
                struct sx_similarity *s, struct sx_error *error)
{
    struct pair p = {0};
    *s = (struct sx_similarity){NAN, NAN, NAN, NAN};
    if (!sx_shape_equal(&a->shape, &b->shape))
        return sx_fail(error, SX_FAILED, "the maps have different shapes");
    bool ok = pair_new(&p, a, b, error);
    if (ok)
        compare_values(&p, s);
    pair_free(&p);
    return ok && (!picture || similar(a, b, &s->ssim, error));
}
