/* boxes.c - lowering of NonMaxSuppression. Its boxes must be constant, because the number of
 * selected ones is a dimension of the result. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lower/tables.h"

struct boxes {
    const double *box, *score; /* [batches, n, 4], [batches, classes, n] */
    int64_t batches, classes, n, most;
    double overlap, least; /* thresholds */
    bool centred;
    int64_t *order, *kept; /* order: boxes of one class; kept: three numbers per result */
    int64_t n_kept;
};

/* The low and high ends of a box along y, then x. */
static void corners(const struct boxes *s, const double *box, double low[2], double high[2])
{
    for (int i = 0; i < 2; i++) {
        double a = box[i], b = box[2 + i];
        if (s->centred) { /* x, y, width, height */
            a = box[1 - i] - box[3 - i] / 2;
            b = box[1 - i] + box[3 - i] / 2;
        }
        low[i] = fmin(a, b);
        high[i] = fmax(a, b);
    }
}

/* Intersection over union. */
static double overlap(const struct boxes *s, const double *a, const double *b)
{
    double low[2][2], high[2][2], common = 1, area[2] = {1, 1};
    corners(s, a, low[0], high[0]);
    corners(s, b, low[1], high[1]);
    for (int i = 0; i < 2; i++) {
        common *= fmax(fmin(high[0][i], high[1][i]) - fmax(low[0][i], low[1][i]), 0);
        area[0] *= high[0][i] - low[0][i];
        area[1] *= high[1][i] - low[1][i];
    }
    double all = area[0] + area[1] - common;
    return common > 0 && all > 0 ? common / all : 0;
}

/* Sorts by descending score; equal ones keep their order. */
static int by_score(const void *a, const void *b, void *score)
{
    int64_t i = *(const int64_t *)a, k = *(const int64_t *)b;
    double x = ((const double *)score)[i], y = ((const double *)score)[k];
    return x != y ? (x < y) - (x > y) : (i > k) - (i < k);
}

static void keep(struct boxes *s, int64_t batch, int64_t class)
{
    const double *box = s->box + batch * s->n * 4;
    const double *score = s->score + (batch * s->classes + class) * s->n;
    int64_t n = 0, first = s->n_kept;
    double *sorted_by;
    for (int64_t i = 0; i < s->n; i++)
        if (score[i] > s->least)
            s->order[n++] = i;
    memcpy(&sorted_by, &score, sizeof sorted_by); /* only read */
    qsort_r(s->order, (size_t)n, sizeof *s->order, by_score, sorted_by);
    for (int64_t i = 0; i < n && s->n_kept - first < s->most; i++) {
        bool free = true;
        for (int64_t k = first; k < s->n_kept && free; k++)
            free =
                overlap(s, box + s->order[i] * 4, box + s->kept[3 * k + 2] * 4) <= s->overlap;
        if (!free)
            continue;
        int64_t *to = s->kept + 3 * s->n_kept++;
        to[0] = batch;
        to[1] = class;
        to[2] = s->order[i];
    }
}

static bool read_boxes(struct sx_lowering *l, struct boxes *s)
{
    struct sx_shape box = sx_arg_shape(l, 0), score = sx_arg_shape(l, 1);
    struct sx_reals boxes, scores;
    if (box.rank != 3 || score.rank != 3 || box.dim[2] != 4 || box.dim[0] != score.dim[0] ||
        box.dim[1] != score.dim[2])
        return sx_reject(l, "boxes and scores do not go together");
    if (!sx_const_reals(l, 0, "boxes", &boxes) || !sx_const_reals(l, 1, "scores", &scores) ||
        !sx_const_int(l, 2, "max_output_boxes_per_class", &s->most) ||
        !sx_const_real(l, 3, "iou_threshold", &s->overlap) ||
        !sx_const_real(l, 4, "score_threshold", &s->least))
        return false;
    s->box = boxes.v;
    s->score = scores.v;
    s->batches = box.dim[0];
    s->n = box.dim[1];
    s->classes = score.dim[1];
    s->centred = sx_attr_int(l, "center_point_box", 0) != 0;
    if (s->most > s->n)
        s->most = s->n;
    size_t lists, most = s->most > 0 ? (size_t)s->most : 0, total;
    if (!sx_size_mul(&lists, (size_t)s->batches, (size_t)s->classes) ||
        !sx_size_mul(&total, lists, most))
        return sx_reject(l, "too many boxes");
    s->kept = sx_scratch(l, total, 3 * sizeof *s->kept);
    s->order = sx_scratch(l, (size_t)s->n, sizeof *s->order);
    return s->kept != NULL && s->order != NULL;
}

static bool lower_non_max_suppression(struct sx_lowering *l)
{
    struct boxes s = {.least = -INFINITY};
    if (!read_boxes(l, &s))
        return false;
    for (int64_t batch = 0; batch < s.batches; batch++)
        for (int64_t class = 0; class < s.classes; class ++)
            keep(&s, batch, class);
    const struct sx_shape shape = {2, {s.n_kept, 3}};
    return sx_give_as(l, 0, sx_const(l->g, SX_INT, &shape, s.kept), SX_ONNX_INT64);
}

const struct sx_lowering_row sx_lower_boxes[] = {
    {"", "NonMaxSuppression", 10, 0, 2, 5, lower_non_max_suppression, 0, false},
    {0},
};
