/* winograd.c - runs a convolution of winograd.h: its tasks in parallel, each on one thread. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "run/winograd.h"

enum {
    /* tiles of a picture; fewer are multiplied faster than weights are read */
    LEAST_TILES = 36,
    LEAST_CHANNELS = 16,
    CACHED = 256 << 10, /* bytes of a block of the transformed picture */
    MOST_BLOCK = 96
};

/* A larger error, as a share of the sum of the terms' magnitudes, is reported. */
#define MOST_ERROR 1e-5

static const float outside[SX_CHUNK];

bool sx_winograd_pays(const struct sx_key *key)
{
    const struct sx_conv *c = &key->conv;
    bool fits = c->rank == 2 && c->nhwc && c->group == 1;
    for (int i = 0; fits && i < 2; i++)
        fits = key->kernel[i] == 3 && c->stride[i] == 1 && c->dilation[i] == 1;
    return fits && key->in >= LEAST_CHANNELS && key->out >= LEAST_CHANNELS &&
           (key->result[0] + 1) / 2 * ((key->result[1] + 1) / 2) >= LEAST_TILES;
}

static int64_t over(int64_t n, int64_t part)
{
    return (n + part - 1) / part;
}

void sx_winograd_panels(const struct sx_winograd_loops *loops, const struct sx_key *key,
                        struct sx_panels *p)
{
    p->columns = loops->columns;
    p->taps = SX_POINTS;
    p->run = over(key->in, SX_CHUNK) * SX_CHUNK;
    p->out = key->out;
    p->count = over(p->out, p->columns);
    p->winograd = true;
}

/* ---- Weights ---- */

/* G g G' of the paper's equation 12, with G g = g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2; for
 * one channel of the picture and the columns of a panel. */
static void transform_weights(float (*g)[SX_MOST_COLUMNS], int columns, int64_t step, float *to)
{
    float half[4][3][SX_MOST_COLUMNS];
    for (int j = 0; j < 3; j++)
        for (int c = 0; c < columns; c++) {
            float g0 = g[j][c], g1 = g[3 + j][c], g2 = g[6 + j][c];
            half[0][j][c] = g0;
            half[1][j][c] = (g0 + g1 + g2) / 2;
            half[2][j][c] = (g0 - g1 + g2) / 2;
            half[3][j][c] = g2;
        }
    for (int i = 0; i < 4; i++, to += 4 * step)
        for (int c = 0; c < columns; c++) {
            float g0 = half[i][0][c], g1 = half[i][1][c], g2 = half[i][2][c];
            to[c] = g0;
            to[step + c] = (g0 + g1 + g2) / 2;
            to[2 * step + c] = (g0 - g1 + g2) / 2;
            to[3 * step + c] = g2;
        }
}

void sx_winograd_pack(const struct sx_panels *p, int64_t i, float *to)
{
    const struct sx_key_weights *w = &p->w;
    const int64_t first = i * p->columns, step = p->run * p->columns;
    const int64_t columns = p->out - first < p->columns ? p->out - first : p->columns;
    for (int64_t k = 0; k < p->run; k++, to += p->columns) {
        float g[9][SX_MOST_COLUMNS] = {{0}};
        for (int64_t c = 0; k < w->dim[1] && c < columns; c++)
            for (int t = 0; t < 9; t++) {
                int64_t at = w->first + (first + c) * w->stride[0] + k * w->stride[1] +
                             t / 3 * w->stride[2] + t % 3 * w->stride[3];
                memcpy(&g[t][c], p->from + (size_t)at * sizeof **g, sizeof **g);
            }
        transform_weights(g, p->columns, step, to);
    }
}

/* ---- Cutting ---- */

/* Cuts the tiles into blocks that fit the cache, enough for all threads. No sum depends on the cut. */
void sx_winograd_cut(struct sx_direct *k)
{
    const struct sx_panels *p = k->panels;
    const int rows = k->loops->rows, threads = k->threads;
    for (int i = 0; i < 2; i++)
        k->tiles[i] = over(k->window.result[1 + i], 2);
    const int64_t tiles = k->window.n * k->tiles[0] * k->tiles[1];
    int64_t most = CACHED / (SX_POINTS * p->run * (int64_t)sizeof(float)) / rows * rows;
    most = most < rows ? rows : most > MOST_BLOCK ? MOST_BLOCK : most;
    k->chunks = over(over(tiles, most), threads) * threads;
    k->chunk = over(tiles, k->chunks > 0 ? k->chunks : 1);
    k->chunks = over(tiles, k->chunk > 0 ? k->chunk : 1);
    k->group = p->count;
    k->groups = 1;
}

static size_t pictures_bytes(const struct sx_direct *k)
{
    return (size_t)(SX_POINTS * k->panels->run * k->chunk) * sizeof(float);
}

static size_t thread_bytes(const struct sx_direct *k)
{
    return pictures_bytes(k) +
           (size_t)(SX_POINTS * k->chunk * k->panels->columns) * sizeof(float);
}

size_t sx_winograd_scratch(const struct sx_direct *k)
{
    return (size_t)k->threads * thread_bytes(k);
}

/* ---- One task ---- */

/* A tile: the number of its picture, and its first pixel of the result. */
struct tile {
    int64_t image, line, column;
};

static struct tile tile_of(const struct sx_direct *k, int64_t i)
{
    const int64_t *tiles = k->tiles;
    return (struct tile){i / (tiles[0] * tiles[1]), i / tiles[1] % tiles[0] * 2,
                         i % tiles[1] * 2};
}

static void transform_tile(const struct sx_direct *k, int64_t i, const float *picture,
                           float *to)
{
    const struct sx_window *w = &k->window;
    const struct tile t = tile_of(k, i);
    const struct sx_winograd_loops *loops = k->loops;
    const int64_t tiles = k->chunk * SX_CHUNK * (k->panels->run / SX_CHUNK);
    const float *in[SX_POINTS];
    bool inside[SX_POINTS];
    for (int p = 0; p < SX_POINTS; p++) {
        int64_t line = t.line - w->pad[1] + p / 4, column = t.column - w->pad[2] + p % 4;
        inside[p] = line >= 0 && line < w->image[1] && column >= 0 && column < w->image[2];
        in[p] = picture + ((t.image * w->image[1] + line) * w->image[2] + column) * w->channels;
    }
    for (int64_t c = 0; c < w->channels; c += SX_CHUNK, to += k->chunk * SX_CHUNK) {
        const float *at[SX_POINTS];
        float last[SX_POINTS][SX_CHUNK];
        const int64_t left = w->channels - c;
        for (int p = 0; p < SX_POINTS; p++) {
            at[p] = inside[p] ? in[p] + c : outside;
            if (inside[p] && left < SX_CHUNK) {
                memset(last[p], 0, sizeof last[p]);
                at[p] = memcpy(last[p], in[p] + c, (size_t)left * sizeof(float));
            }
        }
        loops->transform(at, to, tiles);
    }
}

/* ---- Sums by definition ---- */

/* One pixel and channel of the result by definition. *scale becomes the sum of the terms'
 * magnitudes. */
static double sum_of(const struct sx_direct *k, struct tile t, int64_t out,
                     const float *picture, double *scale)
{
    const struct sx_window *w = &k->window;
    const struct sx_panels *p = k->panels;
    double sum = *scale = 0;
    for (int tap = 0; tap < 9; tap++) {
        const int64_t line = t.line - w->pad[1] + tap / 3;
        const int64_t column = t.column - w->pad[2] + tap % 3;
        if (line < 0 || line >= w->image[1] || column < 0 || column >= w->image[2])
            continue;
        const float *x =
            picture + ((t.image * w->image[1] + line) * w->image[2] + column) * w->channels;
        const int64_t first = p->w.first + out * p->w.stride[0] + tap / 3 * p->w.stride[2] +
                              tap % 3 * p->w.stride[3];
        for (int64_t i = 0; i < w->channels; i++) {
            float weight;
            memcpy(&weight, p->from + (size_t)(first + i * p->w.stride[1]) * sizeof weight,
                   sizeof weight);
            sum += (double)x[i] * (double)weight;
            *scale += fabs((double)x[i] * (double)weight);
        }
    }
    return sum;
}

/* Computes a tile by definition. It serves tiles with infinities, whose differences are NaN, and
 * sums that overflow. */
static void repair(const struct sx_direct *k, struct tile t, int64_t panel,
                   const float *picture, const struct sx_patch4 *patch)
{
    const struct sx_finish *f = patch->finish;
    double scale;
    for (int i = 0; i < 4; i++) {
        const struct tile pixel = {t.image, t.line + i / 2, t.column + i % 2};
        for (int c = 0; patch->out[i] != NULL && c < patch->columns; c++) {
            float v = (float)sum_of(k, pixel, panel * k->panels->columns + c, picture, &scale) +
                      patch->bias[c];
            if (f->clips[0])
                v = v < f->low[0] ? f->low[0] : v > f->high[0] ? f->high[0] : v;
            if (patch->add[i] != NULL)
                v += patch->add[i][c];
            if (f->clips[1])
                v = v < f->low[1] ? f->low[1] : v > f->high[1] ? f->high[1] : v;
            patch->out[i][c] = v;
        }
    }
}

/* Compares the first pixel of a tile, in the first channel of a panel, with its definition, before
 * it is finished. */
static void check_tile(const struct sx_direct *k, int64_t tile, int64_t panel,
                       const float *products, const float *picture)
{
    const int64_t step = k->chunk * k->panels->columns;
    double got = 0, scale;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            got += (double)products[(4 * i + j) * step];
    const double want =
        sum_of(k, tile_of(k, tile), panel * k->panels->columns, picture, &scale);
    if (fabs(got - want) > MOST_ERROR * scale)
#pragma omp atomic write
        k->panels->inexact = true;
}

/* Checks one tile of each picture, among n tiles from `first` on. The choice does not depend on
 * threads or the batch. */
static void check_samples(const struct sx_direct *k, int64_t panel, int64_t first, int64_t n,
                          const float *products, const float *picture)
{
    const int64_t all = k->tiles[0] * k->tiles[1], last = first + n;
    if (panel != k->panels->count / 2)
        return;
    for (int64_t t = first / all * all + all / 2; t < last; t += all)
        if (t >= first)
            check_tile(k, t, panel, products + (t - first) * k->panels->columns, picture);
}

static void finish_tile(const struct sx_direct *k, int64_t i, int64_t panel,
                        struct sx_patch4 *patch, const struct sx_call *call)
{
    const struct sx_window *w = &k->window;
    const struct tile t = tile_of(k, i);
    const float *add = k->residual != SX_NONE ? call->in[k->residual].data : NULL;
    for (int p = 0; p < 4; p++) {
        const int64_t line = t.line + p / 2, column = t.column + p % 2;
        const int64_t at =
            ((t.image * w->result[1] + line) * w->result[2] + column) * k->panels->out +
            panel * k->panels->columns;
        const bool inside = line < w->result[1] && column < w->result[2];
        patch->out[p] = inside ? (float *)call->out + at : NULL;
        patch->add[p] = inside && add != NULL ? add + at : NULL;
    }
    if (!k->loops->finish(patch))
        repair(k, t, panel, call->in[0].data, patch);
}

/* Computes one panel for the tiles of a block: the products, then the result. */
static void run_panel(const struct sx_direct *k, int64_t panel, int64_t first, int64_t n,
                      const float *pictures, float *products, const float *packed,
                      const struct sx_call *call)
{
    const struct sx_panels *p = k->panels;
    const struct sx_winograd_loops *loops = k->loops;
    const int64_t chunks = p->run / SX_CHUNK, size = p->run * p->columns;
    const int64_t tasks = over(n, loops->rows), rows = over(n, tasks);
    float bias[SX_MOST_COLUMNS];
    struct sx_patch4 patch = {.tiles = k->chunk, .bias = bias, .finish = &k->finish};
    patch.columns = sx_panel_bias(k, panel * p->columns, p->columns, call, bias);
    packed += panel * SX_POINTS * size;
    for (int point = 0; point < SX_POINTS; point++)
        for (int64_t t = 0; t < n; t += rows)
            loops->product[n - t < rows ? n - t : rows](
                pictures + (point * chunks * k->chunk + t) * SX_CHUNK, k->chunk,
                packed + point * size, chunks, products + (point * k->chunk + t) * p->columns);
    check_samples(k, panel, first, n, products, call->in[0].data);
    for (int64_t t = 0; t < n; t++) {
        patch.product = products + t * p->columns;
        finish_tile(k, first + t, panel, &patch, call);
    }
}

static void run_task(const struct sx_direct *k, int64_t task, const float *packed,
                     char *scratch, const struct sx_call *call)
{
    const int64_t first = task * k->chunk;
    const int64_t tiles = k->window.n * k->tiles[0] * k->tiles[1];
    const int64_t n = tiles - first < k->chunk ? tiles - first : k->chunk;
    float *pictures = (float *)(void *)scratch;
    float *products = (float *)(void *)(scratch + pictures_bytes(k));
    for (int64_t t = 0; t < n; t++)
        transform_tile(k, first + t, call->in[0].data, pictures + t * SX_CHUNK);
    for (int64_t panel = 0; panel < k->panels->count; panel++)
        run_panel(k, panel, first, n, pictures, products, packed, call);
}

void sx_winograd_run(const struct sx_direct *k, const float *packed, const struct sx_call *call)
{
    const size_t bytes = thread_bytes(k);
#pragma omp parallel for schedule(dynamic) num_threads(k->threads)
    for (int64_t task = 0; task < k->chunks; task++)
        run_task(k, task, packed, (char *)call->scratch + (size_t)omp_get_thread_num() * bytes,
                 call);
}
