/* direct_pack.c - packs weights from the order of the graph into panels. */
#include <string.h>

#include "run/large.h"

size_t sx_panels_bytes(const struct sx_panels *p)
{
    return (size_t)(p->count * p->taps * p->run * p->columns) * sizeof(float);
}

/* The axes of weights: [O][I][kernel..], or [k][columns] of a product. An index of a run is divided
 * into channel and position on the kernel's last axis. */
struct move {
    const struct sx_panels *p;
    int64_t out_step, in_step, in;
    int64_t tap_step[3], taps[3];
};

static struct move move_of(const struct sx_panels *p)
{
    const struct sx_key_weights *w = &p->w;
    bool product = w->rank == 2;
    struct move m = {.p = p, .taps = {1, 1, 1}};
    m.out_step = w->stride[product ? 1 : 0];
    m.in_step = w->stride[product ? 0 : 1];
    m.in = w->dim[product ? 0 : 1];
    for (int i = 2; i < w->rank; i++) {
        m.taps[i + 3 - w->rank] = w->dim[i];
        m.tap_step[i + 3 - w->rank] = w->stride[i];
    }
    return m;
}

/* Packs one column of a panel: `channels` channels from `first` on, for all taps. */
static void pack_column(const struct move *m, int64_t out, int64_t first, int64_t channels,
                        float *to)
{
    const char *from = m->p->from;
    int64_t base = m->p->w.first + out * m->out_step + first * m->in_step;
    to += first * SX_TILE_COLUMNS;
    for (int64_t t0 = 0; t0 < m->taps[0]; t0++)
        for (int64_t t1 = 0; t1 < m->taps[1]; t1++)
            for (int64_t t2 = 0; t2 < m->taps[2]; t2++, to += m->in * SX_TILE_COLUMNS) {
                int64_t at =
                    base + t0 * m->tap_step[0] + t1 * m->tap_step[1] + t2 * m->tap_step[2];
                for (int64_t c = 0; c < channels; c++)
                    memcpy(to + c * SX_TILE_COLUMNS,
                           from + (size_t)(at + c * m->in_step) * sizeof *to, sizeof *to);
            }
}

static bool holds_nan(const float *values, int64_t n)
{
    bool nan = false;
    for (int64_t i = 0; i < n; i++)
        nan |= values[i] != values[i];
    return nan;
}

/* Channels that are packed together, so that their part of the panel fits the nearest cache. */
enum { CHANNELS = 16 };

void sx_panels_pack(struct sx_panels *p, float *packed)
{
    struct move m = move_of(p);
    size_t bytes = sx_panels_bytes(p) / (size_t)p->count;
    bool nan = false;
#pragma omp parallel for schedule(dynamic) reduction(|| : nan)
    for (int64_t i = 0; i < p->count; i++) {
        float *to = packed + (size_t)i * bytes / sizeof *to;
        if (p->winograd || p->large) {
            (p->winograd ? sx_winograd_pack : sx_large_pack)(p, i, to);
            nan = nan || holds_nan(to, (int64_t)(bytes / sizeof *to));
            continue;
        }
        int64_t first = i * SX_TILE_COLUMNS;
        int64_t columns = p->out - first < SX_TILE_COLUMNS ? p->out - first : SX_TILE_COLUMNS;
        if (columns < SX_TILE_COLUMNS)
            memset(to, 0, bytes);
        for (int64_t c = 0; c < m.in; c += CHANNELS)
            for (int64_t k = 0; k < columns; k++)
                pack_column(&m, first + k, c, m.in - c < CHANNELS ? m.in - c : CHANNELS,
                            to + k);
        nan = nan || holds_nan(to, (int64_t)(bytes / sizeof *to));
    }
    p->nan = p->nan || nan;
    size_t weights = sizeof *packed;
    for (int i = 0; i < p->w.rank; i++)
        weights *= (size_t)p->w.dim[i];
    sx_give_back(p->g, p->from, weights);
}
