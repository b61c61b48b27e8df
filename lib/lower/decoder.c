/* decoder.c - lowering of com.microsoft's steps of decoders: which tokens would repeat a run, and
 * which frames of sound belong to which tokens. */
#include <math.h>

#include "lower/tables.h"

/* Whether each run of n - 1 tokens equals the last n - 1: ids [batch, length] -> bool [batch, runs]. */
static int repeats(struct sx_graph *g, int ids, int64_t n)
{
    struct sx_shape all = sx_shape_of(g, ids);
    int64_t runs = all.dim[1] - n + 1, last = all.dim[1] - (n - 1);
    struct sx_shape shape = {2, {all.dim[0], runs}};
    int same = sx_filled(g, SX_BOOL, &shape, 1);
    for (int64_t k = 0; k < n - 1; k++) {
        int token = sx_slice_axis(g, ids, 1, last + k, 1);
        int equal = sx_binary(g, SX_EQUAL, sx_slice_axis(g, ids, 1, k, runs), token);
        same = sx_binary(g, SX_AND, same, equal);
    }
    return same;
}

/* NGramRepeatBlock: the score of a token is -infinity if it would end a run of n tokens that occurred
 * before. */
static bool lower_repeat_block(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape ids = sx_arg_shape(l, 0), scores = sx_arg_shape(l, 1);
    int64_t n = sx_attr_int(l, "ngram_size", 0);
    if (ids.rank != 2 || scores.rank != 2 || ids.dim[0] != scores.dim[0] || n < 1)
        return sx_reject(l, "ids of rank %d, scores of rank %d, runs of %lld", ids.rank,
                         scores.rank, (long long)n);
    if (ids.dim[1] < n || scores.dim[1] < 1)
        return sx_give_as(l, 0, sx_arg(l, 1), sx_arg_kind(l, 1));
    int next = sx_slice_axis(g, sx_arg(l, 0), 1, n - 1, ids.dim[1] - n + 1);
    int found = sx_cast(g, repeats(g, sx_arg(l, 0), n), SX_INT);
    int count = sx_put(g, found, sx_index(l, next, scores.dim[1]), 1, scores.dim[1], true);
    int y = sx_where(g, sx_cast(g, count, SX_BOOL), sx_scalar(g, -INFINITY), sx_arg(l, 1));
    return sx_give_as(l, 0, y, sx_arg_kind(l, 1));
}

/* ---- DynamicTimeWarping ---- */

struct warping {
    const double *step; /* [rows, columns], the cost of each pair */
    int64_t rows, columns;
    double *cost; /* [rows + 1, columns + 1], of the best path so far */
    char *from;   /* of the same shape: 0 diagonal, 1 the row before, 2 the column before */
};

/* Fills costs and directions. Of equal costs the column before is taken. */
static void warp(const struct warping *w, bool narrow)
{
    int64_t width = w->columns + 1;
    for (int64_t k = 0; k < (w->rows + 1) * width; k++) {
        int64_t i = k / width, j = k % width;
        w->from[k] = i == 0 ? 2 : 1;
        w->cost[k] = k == 0 ? 0 : INFINITY;
        if (i == 0 || j == 0)
            continue;
        double diagonal = w->cost[k - width - 1], above = w->cost[k - width];
        double left = w->cost[k - 1], best = left;
        w->from[k] = 2;
        if (diagonal < above && diagonal < left) {
            w->from[k] = 0;
            best = diagonal;
        } else if (above < diagonal && above < left) {
            w->from[k] = 1;
            best = above;
        }
        best += w->step[(i - 1) * w->columns + j - 1];
        w->cost[k] = narrow ? (double)(float)best : best;
    }
}

/* The path from the last pair to the first: writes rows and columns backwards, before `end` and
 * `end` + `most`. Returns the number of pairs. */
static int64_t trace(const struct warping *w, int64_t *end, int64_t most)
{
    int64_t i = w->rows, j = w->columns, n = 0;
    while (i > 0 || j > 0) {
        n++;
        end[-n] = i - 1;
        end[most - n] = j - 1;
        int from = w->from[i * (w->columns + 1) + j];
        i -= from != 2;
        j -= from != 1;
    }
    return n;
}

/* The path of least cost through a matrix: [2, pairs]. Its length is decided by the costs. */
static bool lower_warping(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), shape = {2, {2, 0}};
    struct sx_reals step;
    struct warping w = {0};
    size_t cells, most;
    if (x.rank < 2 || x.rank > 3 || (x.rank == 3 && x.dim[0] != 1))
        return sx_reject(l, "costs of rank %d, or of several samples", x.rank);
    if (!sx_const_reals(l, 0, "costs", &step))
        return false;
    w.rows = x.dim[x.rank - 2];
    w.columns = x.dim[x.rank - 1];
    w.step = step.v;
    if (w.rows < 1 || w.columns < 1)
        return sx_reject(l, "no costs");
    if (!sx_size_mul(&cells, (size_t)w.rows + 1, (size_t)w.columns + 1) ||
        !sx_size_add(&most, (size_t)w.rows, (size_t)w.columns))
        return sx_reject(l, "too many costs");
    w.cost = sx_scratch(l, cells, sizeof *w.cost);
    w.from = sx_scratch(l, cells, 1);
    int64_t *path = sx_scratch(l, 2 * most, sizeof *path);
    if (w.cost == NULL || w.from == NULL || path == NULL)
        return false;
    warp(&w, l->g->real == SX_FLOAT);
    shape.dim[1] = trace(&w, path + most, (int64_t)most);
    int all = sx_ints(l->g, (int)(2 * most), path);
    all = sx_shaped(l->g, all, 2, (int64_t[]){2, (int64_t)most});
    int y = sx_slice_axis(l->g, all, 1, (int64_t)most - shape.dim[1], shape.dim[1]);
    return sx_give_as(l, 0, y, SX_ONNX_INT32);
}

const struct sx_lowering_row sx_lower_decoder[] = {
    {"com.microsoft", "NGramRepeatBlock", 1, 0, 2, 2, lower_repeat_block, 0, true},
    {"com.microsoft", "DynamicTimeWarping", 1, 0, 1, 1, lower_warping, 0, false},
    {0},
};
