/* units.c - coalitions for estimates, and weighted sums over them with their variance.
 *
 * As in SHAP-IQ (Fumagalli, Muschalik, Kolpaczki, Huellermeier, Hammer 2023), each coalition
 * contributes to every set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

/* ---- Drawing ---- */

/* Draws the sizes that have weights. Sizes below the order of STII are needed completely. */
static void choose_weighed(const struct sx_estimate *e, const struct sx_weights *w,
                           double *share)
{
    for (int64_t size = 0; size <= w->n; size++) {
        share[size] = 0;
        for (int64_t s = e->row->least; s <= w->order; s++)
            for (int64_t in = 0; in <= s; in++)
                if (sx_weight(w, s, in, size) != 0)
                    share[size] = 1;
        if (share[size] > 0 && size < w->order && sx_weight(w, 1, 1, 2) == 0 && !e->row->fit)
            share[size] = 1e6;
    }
}

static void choose_shares(const struct sx_estimate *e, const struct sx_weights *weights,
                          enum sx_sizes sizes, double *share)
{
    int64_t n = e->game->n_live;
    if (sizes == SX_SIZES_WEIGHED) {
        choose_weighed(e, weights, share);
        return;
    }
    sx_kernel_parts(n, true, share);
    for (int64_t s = 0; s <= n && sizes != SX_SIZES_KERNEL; s++)
        share[s] = share[s] > 0 || sizes == SX_SIZES_ALL;
    if (sizes == SX_SIZES_EDGES)
        share[1] = share[n - 1] = 1e6;
}

bool sx_coalitions_draw(struct sx_estimate *e, const struct sx_weights *weights,
                        enum sx_sizes sizes, bool pairs, struct sx_draw *draw, double **value)
{
    int64_t n = e->game->n_live;
    double *part = sx_new(2 * ((size_t)n + 1), sizeof *part, e->error);
    bool ok = part != NULL;
    *value = NULL;
    *draw = (struct sx_draw){0};
    if (ok) {
        choose_shares(e, weights, sizes, part + n + 1);
        for (int64_t s = 0; s <= n; s++)
            part[s] = 1;
        /* The empty and the full coalition are evaluated already. */
        int64_t ends = (part[n + 1] <= 0) + (part[2 * n + 1] <= 0);
        struct sx_draw_options o = {.player = e->game->live,
                                    .n = n,
                                    .words = e->game->words,
                                    .part = part,
                                    .share = part + n + 1,
                                    .budget = e->budget > ends ? e->budget - ends : 0,
                                    .strata = true,
                                    .pairs = pairs,
                                    .seed = e->o->seed,
                                    .stream = e->o->sample};
        ok = sx_draw_new(draw, &o, e->error);
    }
    *value = ok ? sx_new((size_t)draw->count + 1, sizeof **value, e->error) : NULL;
    ok = *value != NULL &&
         sx_game_values(e->game, draw->count, draw->coalition, *value, e->error);
    free(part);
    return ok;
}

/* ---- Sums ---- */

struct units {
    struct sx_estimate *e;
    const struct sx_weights *weights;
    const struct sx_draw *draw;
    const double *y, *scattered;
    uint8_t *present;             /* which live players a coalition has */
    int64_t *local;               /* the terms' members as live players */
    double *unit, *sum, *squares; /* per term */
    double *of; /* [set size, members present]: weights at the coalition's size */
};

/* Adds coalition i to the sums of all terms. */
static void add_coalition(struct units *w, int64_t i)
{
    const struct sx_game *game = w->e->game;
    struct sx_interactions *terms = w->e->terms;
    const uint64_t *coalition = w->draw->coalition + (size_t)i * game->words;
    int64_t n = game->n_live, size = 0, sizes = w->weights->order + 1;
    for (int64_t k = 0; k < n; k++)
        size += w->present[k] = sx_set_has(coalition, game->live[k]);
    for (int64_t k = 0; k < sizes * sizes; k++)
        w->of[k] = w->weights->weight[k * (n + 1) + size];
    for (int64_t k = 0; k < terms->count; k++) {
        int64_t at = (terms->first[k + 1] - terms->first[k]) * sizes;
        for (int64_t j = terms->first[k]; j < terms->first[k + 1]; j++)
            at += w->present[w->local[j]];
        terms->value[k] += w->of[at] * w->y[i];
        w->unit[k] += w->of[at] * w->scattered[i];
    }
}

static void add_stratum(struct units *w, int64_t stratum)
{
    const struct sx_draw *d = w->draw;
    struct sx_interactions *terms = w->e->terms;
    size_t count = (size_t)terms->count;
    int64_t unit = d->unit[stratum], first = d->first[stratum], last = d->first[stratum + 1];
    double n = (double)((last - first) / unit);
    memset(w->sum, 0, 2 * count * sizeof *w->sum);
    for (int64_t i = first; i < last; i += unit) {
        memset(w->unit, 0, count * sizeof *w->unit);
        for (int64_t k = i; k < i + unit; k++)
            add_coalition(w, k);
        for (size_t k = 0; k < count; k++) {
            w->sum[k] += w->unit[k];
            w->squares[k] += w->unit[k] * w->unit[k];
        }
    }
    for (size_t k = 0; k < count && d->missing[stratum] > 0; k++) /* complete: no variance */
        terms->error[k] += n > 1 ? d->missing[stratum] * n / (n - 1) *
                                       fmax(0, w->squares[k] - w->sum[k] * w->sum[k] / n)
                                 : INFINITY;
}

bool sx_units_add(struct sx_estimate *e, const struct sx_weights *weights,
                  const struct sx_draw *draw, const double *y, const double *scattered)
{
    struct units w = {.e = e, .weights = weights, .draw = draw, .y = y, .scattered = scattered};
    size_t count = (size_t)e->terms->count, members = (size_t)e->terms->first[count];
    size_t sizes = (size_t)weights->order + 1;
    w.present = sx_new((size_t)e->game->n_live + 1, 1, e->error);
    w.local = sx_new(members + 1, sizeof *w.local, e->error);
    w.unit = sx_new(3 * count + 1, sizeof *w.unit, e->error);
    w.of = sx_new(sizes * sizes, sizeof *w.of, e->error);
    bool ok = w.present != NULL && w.local != NULL && w.unit != NULL && w.of != NULL;
    if (ok) {
        w.sum = w.unit + count;
        w.squares = w.sum + count;
        for (size_t i = 0; i < members; i++)
            w.local[i] = e->place[e->terms->member[i]];
        for (int64_t s = 0; s < draw->n_strata; s++)
            add_stratum(&w, s);
    }
    free(w.present);
    free(w.local);
    free(w.unit);
    free(w.of);
    return ok;
}
