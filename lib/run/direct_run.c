/* direct_run.c - runs a kernel of direct.h: its tasks in parallel, each on one thread. */
#include <string.h>

#include "run/large.h"

static const float outside[SX_MOST_OUTSIDE];

/* With fewer multiplications waking threads does not pay. */
#define SERIAL_WORK 500000

/* The bytes of the padded copy; in scratch memory it precedes panels that are not kept. */
static size_t copy_bytes(const struct sx_window *w)
{
    int64_t pixels = w->n * w->seen[0] * w->seen[1] * w->seen[2];
    return w->padded ? ((size_t)(pixels * w->channels) * sizeof(float) + 63) & ~(size_t)63 : 0;
}

static size_t own_bytes(const struct sx_direct *k)
{
    return k->panels->winograd ? sx_winograd_scratch(k)
           : k->panels->large  ? sx_large_scratch(k)
                               : copy_bytes(&k->window);
}

size_t sx_direct_scratch(const struct sx_direct *k)
{
    return own_bytes(k) + (k->panels->other == NULL ? sx_panels_bytes(k->panels) : 0);
}

/* Copies a line of a picture with its padding. */
static void copy_line(const struct sx_window *w, int64_t line, const float *picture, float *to)
{
    int64_t c = w->channels, at[3] = {line / w->seen[1] % w->seen[0], line % w->seen[1], 0};
    int64_t image = line / w->seen[1] / w->seen[0], first = w->pad[2];
    int64_t end = w->image[2] + w->pad[2] < w->seen[2] ? w->image[2] + w->pad[2] : w->seen[2];
    bool inside = end > first;
    to += line * w->seen[2] * c;
    for (int d = 0; d < 2; d++) {
        at[d] -= w->pad[d];
        inside = inside && at[d] >= 0 && at[d] < w->image[d];
    }
    if (!inside) {
        memset(to, 0, (size_t)(w->seen[2] * c) * sizeof *to);
        return;
    }
    int64_t from = (image * w->image[0] + at[0]) * w->image[1] + at[1];
    memset(to, 0, (size_t)(first * c) * sizeof *to);
    memcpy(to + first * c, picture + from * w->image[2] * c,
           (size_t)((end - first) * c) * sizeof *to);
    memset(to + end * c, 0, (size_t)((w->seen[2] - end) * c) * sizeof *to);
}

static void copy_padded(const struct sx_window *w, const float *picture, float *to)
{
    int64_t lines = w->n * w->seen[0] * w->seen[1];
#pragma omp parallel for schedule(static)
    for (int64_t line = 0; line < lines; line++)
        copy_line(w, line, picture, to);
}

/* A pixel of the result, and the position of its first tap. */
struct pixel {
    int64_t image, at[3];
};

static struct pixel pixel_of(const struct sx_window *w, int64_t row)
{
    struct pixel p;
    for (int d = 2; d >= 0; d--) {
        p.at[d] = row % w->result[d];
        row /= w->result[d];
    }
    p.image = row;
    return p;
}

static void next_pixel(const struct sx_window *w, struct pixel *p)
{
    for (int d = 2; d >= 0; d--) {
        if (++p->at[d] < w->result[d])
            return;
        p->at[d] = 0;
    }
    p->image++;
}

/* Sets at[tap * SX_TILE_ROWS] to the elements that a pixel reads at each tap. */
static void point(const struct sx_window *w, const struct pixel *p, const float *picture,
                  const float **at)
{
    const int64_t *extent = w->padded ? w->seen : w->image;
    int64_t first[3];
    for (int d = 0; d < 3; d++)
        first[d] = p->at[d] * w->stride[d] - (w->padded ? 0 : w->pad[d]);
    picture += p->image * extent[0] * extent[1] * extent[2] * w->channels;
    for (int64_t t0 = 0; t0 < w->kernel[0]; t0++)
        for (int64_t t1 = 0; t1 < w->kernel[1]; t1++) {
            int64_t i0 = first[0] + t0 * w->dilation[0], i1 = first[1] + t1 * w->dilation[1];
            bool line = i0 >= 0 && i0 < extent[0] && i1 >= 0 && i1 < extent[1];
            int64_t from = (i0 * extent[1] + i1) * extent[2];
            for (int64_t t2 = 0; t2 < w->kernel[2]; t2++, at += SX_TILE_ROWS) {
                int64_t i2 = first[2] + t2 * w->dilation[2];
                bool inside = line && i2 >= 0 && i2 < extent[2];
                *at = inside ? picture + (from + i2) * w->channels : outside;
            }
        }
}

/* The rows of the next tile: the remaining rows are divided evenly over the fewest tiles. */
static int64_t tile_rows(int64_t left)
{
    int64_t tiles = (left + SX_TILE_ROWS - 1) / SX_TILE_ROWS;
    return (left + tiles - 1) / tiles;
}

/* Computes one panel for all rows of a task. */
static void run_panel(const struct sx_direct *k, int64_t panel, int64_t first, int64_t end,
                      const float *packed, const float *const *at, const struct sx_call *call)
{
    const struct sx_panels *p = k->panels;
    const sx_tile_kernel *kernel = sx_tile_kernels();
    int64_t column = panel * SX_TILE_COLUMNS, size = p->taps * p->run * SX_TILE_COLUMNS;
    float bias[SX_TILE_COLUMNS];
    struct sx_tile t = {.taps = p->taps,
                        .run = p->run,
                        .at = at,
                        .panel = packed + panel * size,
                        .bias = bias,
                        .step = p->out,
                        .columns = sx_panel_bias(k, column, SX_TILE_COLUMNS, call, bias),
                        .finish = &k->finish};
    for (int64_t row = first; row < end;) {
        int64_t rows = tile_rows(end - row), place = row * p->out + column;
        t.out = (float *)call->out + place;
        if (k->residual != SX_NONE)
            t.add = (const float *)call->in[k->residual].data + place;
        kernel[rows](&t);
        t.at += p->taps * SX_TILE_ROWS;
        row += rows;
    }
}

static void run_task(const struct sx_direct *k, int64_t task, const float *picture,
                     const float *packed, const struct sx_call *call)
{
    const float *at[SX_MOST_POINTERS];
    const struct sx_window *w = &k->window;
    int64_t first = task % k->chunks * k->chunk, panel = task / k->chunks * k->group;
    int64_t end = first + k->chunk < k->rows ? first + k->chunk : k->rows;
    int64_t last = panel + k->group < k->panels->count ? panel + k->group : k->panels->count;
    struct pixel p = pixel_of(w, first);
    const float **to = at;
    for (int64_t row = first; row < end; to += w->taps * SX_TILE_ROWS) {
        int64_t rows = tile_rows(end - row);
        for (int64_t i = 0; i < rows; i++, row++)
            if (w->dense) {
                to[i] = picture + row * w->channels;
            } else {
                point(w, &p, picture, to + i);
                next_pixel(w, &p);
            }
    }
    for (; panel < last; panel++)
        run_panel(k, panel, first, end, packed, at, call);
}

static void run_tasks(const struct sx_direct *k, const float *packed,
                      const struct sx_call *call)
{
    const float *picture = call->in[0].data;
    int64_t tasks = k->chunks * k->groups;
    double work = (double)k->rows * (double)k->panels->out * (double)k->panels->taps *
                  (double)k->panels->run;
    if (k->window.padded) {
        copy_padded(&k->window, picture, call->scratch);
        picture = call->scratch;
    }
#pragma omp parallel for schedule(dynamic) if (work > SERIAL_WORK)
    for (int64_t task = 0; task < tasks; task++)
        run_task(k, task, picture, packed, call);
}

void sx_direct_run(const struct sx_direct *k, const struct sx_call *call)
{
    const float *packed = k->panels->packed;
    if (packed == NULL && k->panels->other == NULL) {
        float *now = (float *)(void *)((char *)call->scratch + own_bytes(k));
        sx_panels_pack(k->panels, now);
        packed = now;
    }
    if (k->panels->winograd)
        sx_winograd_run(k, packed, call);
    else if (k->panels->large)
        sx_large_run(k, packed, call);
    else
        run_tasks(k, packed, call);
}
