/* large.c - runs a product of large.h, [m, k] x [k, n]: one panel of columns per task. */
#include <omp.h>
#include <string.h>

#include "run/large.h"
#include "run/turn.h"

enum {
    LEAST_ROWS = 8 /* with fewer rows weights are multiplied directly while they are read */
};

static size_t constant_bytes(const struct sx_graph *g)
{
    size_t bytes = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == SX_CONST)
            bytes += (size_t)sx_count(&g->node[i].shape) * sx_type_size(g->node[i].type);
    return bytes;
}

bool sx_is_large(struct sx_directs *d, const struct sx_graph *g, const struct sx_cut *cut)
{
    if (d->loops == NULL || cut->rank > 0 || cut->m < LEAST_ROWS || cut->a_stride[1] != 1 ||
        (cut->b_stride[0] != 1 && cut->b_stride[1] != 1))
        return false;
    if (d->weights == 0)
        d->weights = constant_bytes(g);
    return d->weights >= SX_FEW_WEIGHTS;
}

void sx_large_panels(const struct sx_winograd_loops *loops, struct sx_panels *p)
{
    p->large = true;
    p->columns = loops->columns;
    p->run = (p->run + SX_CHUNK - 1) / SX_CHUNK * SX_CHUNK;
    p->count = (p->out + p->columns - 1) / p->columns;
}

bool sx_large_turns(const struct sx_panels *kept, const struct sx_panels *p)
{
    return kept->large && p->large && kept->other == NULL && kept->from == p->from &&
           kept->w.dim[0] == p->w.dim[1] && kept->w.dim[1] == p->w.dim[0] &&
           kept->w.stride[0] == p->w.stride[1] && kept->w.stride[1] == p->w.stride[0];
}

/* ---- Panels ---- */

/* Packs columns from a graph that stores them as columns. */
static void pack_rows(const struct sx_panels *p, int64_t first, int64_t columns, float *to)
{
    for (int64_t i = 0; i < p->w.dim[0]; i++, to += p->columns) {
        const size_t at = (size_t)(i * p->w.stride[0] + first) * sizeof *to;
        memcpy(to, p->from + at, (size_t)columns * sizeof *to);
    }
}

/* Packs a chunk of each of n columns, at most 4, from contiguous numbers. */
static void turn(const char *const *from, int n, int64_t length, int64_t columns, float *to)
{
    const bool whole = n == 4 && length == SX_CHUNK;
    for (int64_t j = 0; whole && j < length; j += 4) {
        sx_four v[4];
        for (int c = 0; c < 4; c++)
            v[c] = sx_load_four(from[c] + (size_t)j * sizeof *to);
        sx_turn_four(v);
        for (int i = 0; i < 4; i++)
            *(sx_four *)(void *)(to + (j + i) * columns) = v[i];
    }
    for (int64_t j = 0; !whole && j < length; j++)
        for (int c = 0; c < n; c++)
            memcpy(to + j * columns + c, from[c] + (size_t)j * sizeof *to, sizeof *to);
}

/* The address of contiguous numbers of a column, from its i-th on: in the other panels, or in the
 * graph. */
static const char *chunk_at(const struct sx_panels *p, int64_t column, int64_t i)
{
    const struct sx_panels *o = p->other;
    if (o == NULL || o->packed == NULL)
        return p->from + (size_t)(column * p->w.stride[1] + i) * sizeof(float);
    return (const char *)(o->packed + i / o->columns * o->run * o->columns +
                          column * o->columns + i % o->columns);
}

/* Packs columns that are rows in the graph, or in the other panels. */
static void pack_turned(const struct sx_panels *p, int64_t first, int64_t columns, float *to)
{
    const int64_t length = p->w.dim[0];
    for (int64_t i = 0; i < length; i += SX_CHUNK, to += SX_CHUNK * p->columns)
        for (int64_t c = 0; c < columns; c += 4) {
            const int n = columns - c < 4 ? (int)(columns - c) : 4;
            const char *from[4];
            for (int k = 0; k < n; k++)
                from[k] = chunk_at(p, first + c + k, i);
            turn(from, n, length - i < SX_CHUNK ? length - i : SX_CHUNK, p->columns, to + c);
        }
}

void sx_large_pack(const struct sx_panels *p, int64_t panel, float *to)
{
    const int64_t first = panel * p->columns, left = p->out - first, length = p->w.dim[0];
    const int64_t columns = left < p->columns ? left : p->columns;
    const bool from_other = p->other != NULL && p->other->packed != NULL;
    if (columns < p->columns)
        memset(to, 0, (size_t)(p->run * p->columns) * sizeof *to);
    memset(to + length * p->columns, 0, (size_t)((p->run - length) * p->columns) * sizeof *to);
    if (p->w.stride[1] == 1 && !from_other)
        pack_rows(p, first, columns, to);
    else
        pack_turned(p, first, columns, to);
}

/* ---- A run ---- */

/* The bytes of the first factor, packed as [chunks][rows][SX_CHUNK]. */
static size_t factor_bytes(const struct sx_direct *k)
{
    return ((size_t)(k->rows * k->panels->run) * sizeof(float) + 63) & ~(size_t)63;
}

static size_t panel_bytes(const struct sx_direct *k)
{
    return (size_t)(k->panels->run * k->panels->columns) * sizeof(float);
}

size_t sx_large_scratch(const struct sx_direct *k)
{
    const size_t panels = k->panels->other != NULL ? (size_t)k->threads : 0;
    return factor_bytes(k) + panels * panel_bytes(k);
}

static void chunk_row(const struct sx_direct *k, const float *row, float *to)
{
    const int64_t length = k->window.channels;
    for (int64_t i = 0; i < length; i += SX_CHUNK, to += k->rows * SX_CHUNK) {
        const int64_t n = length - i < SX_CHUNK ? length - i : SX_CHUNK;
        if (n == SX_CHUNK) {
            memcpy(to, row + i, SX_CHUNK * sizeof *to);
            continue;
        }
        memset(to, 0, SX_CHUNK * sizeof *to);
        memcpy(to, row + i, (size_t)n * sizeof *to);
    }
}

static void run_panel(const struct sx_direct *k, int64_t panel, const float *factor,
                      const float *packed, const struct sx_call *call)
{
    const struct sx_panels *p = k->panels;
    const struct sx_winograd_loops *loops = k->loops;
    const int64_t column = panel * p->columns;
    const int64_t tiles = (k->rows + loops->rows - 1) / loops->rows;
    const int64_t rows = (k->rows + tiles - 1) / tiles;
    float bias[SX_MOST_COLUMNS], sums[SX_MOST_ROWS * SX_MOST_COLUMNS];
    struct sx_tile t = {.bias = bias,
                        .step = p->out,
                        .columns = sx_panel_bias(k, column, p->columns, call, bias),
                        .finish = &k->finish};
    for (int64_t row = 0; row < k->rows; row += rows) {
        const int64_t n = k->rows - row < rows ? k->rows - row : rows;
        const int64_t place = row * p->out + column;
        loops->product[n](factor + row * SX_CHUNK, k->rows, packed, p->run / SX_CHUNK, sums);
        t.out = (float *)call->out + place;
        if (k->residual != SX_NONE)
            t.add = (const float *)call->in[k->residual].data + place;
        loops->store(&t, n, sums);
    }
}

void sx_large_run(const struct sx_direct *k, const float *packed, const struct sx_call *call)
{
    struct sx_panels *p = k->panels;
    const struct sx_winograd_loops *loops = k->loops;
    float *factor = call->scratch;
    char *panels = (char *)call->scratch + factor_bytes(k);
    const float *from = call->in[0].data;
    bool nan = false;
#pragma omp parallel num_threads(k->threads) reduction(|| : nan)
    {
        float *own = (float *)(void *)(panels + (size_t)omp_get_thread_num() * panel_bytes(k));
#pragma omp for schedule(static)
        for (int64_t row = 0; row < k->rows; row++)
            chunk_row(k, from + row * k->window.channels, factor + row * SX_CHUNK);
#pragma omp for schedule(dynamic)
        for (int64_t panel = 0; panel < p->count; panel++) {
            if (packed != NULL) {
                run_panel(k, panel, factor, packed + panel * p->run * p->columns, call);
                continue;
            }
            sx_large_pack(p, panel, own);
            nan = loops->nan(own, p->run * p->columns) || nan;
            run_panel(k, panel, factor, own, call);
        }
    }
    p->nan = p->nan || nan;
    if (packed == NULL && p->other->packed == NULL)
        sx_give_back(p->g, p->from, (size_t)(p->w.dim[0] * p->w.dim[1]) * sizeof(float));
}
