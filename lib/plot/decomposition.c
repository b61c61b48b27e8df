/* decomposition.c - pictures of attributions by many methods, and of how they share out effects. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/chart.h"

enum { MOST_METHODS = 16 }; /* fourteen, and scores from elsewhere */

/* What charts are made of. */
struct drawing {
    const struct sx_decomposition *r;
    const char *series[MOST_METHODS];
    int method[MOST_METHODS], m; /* those that have scores */
    struct sx_chart chart;
};

static void drawing_new(const struct sx_chart *chart, const struct sx_decomposition *r,
                        struct drawing *w)
{
    *w = (struct drawing){.r = r, .chart = *chart};
    for (int i = 0; i < r->n_methods && w->m < MOST_METHODS; i++)
        if (r->method[i].attribution != NULL) {
            w->series[w->m] = r->method[i].name;
            w->method[w->m++] = i;
        }
}

static bool draw_bars(const struct drawing *w, struct sx_picture *figure,
                      struct sx_error *error)
{
    double *values = sx_new((size_t)(w->r->players * w->m), sizeof *values, error);
    bool ok = values != NULL;
    for (int64_t i = 0; ok && i < w->r->players; i++)
        for (int k = 0; k < w->m; k++)
            values[i * w->m + k] = w->r->method[w->method[k]].attribution[i];
    ok = ok && sx_plot_bars(&w->chart, w->series, w->m, values, false, figure, error);
    free(values);
    return ok;
}

/* Of one method: what each player has of effects of one player, of pairs, and of more; without an
 * allocation there is nothing to stack. */
static bool draw_allocation(const struct drawing *w, int method, struct sx_picture *figure,
                            struct sx_error *error)
{
    static const char *const series[] = {"of one player", "of pairs", "of more", "rest"};
    const struct sx_decomposition *r = w->r;
    const struct sx_decomposed *m = &r->method[method];
    struct sx_chart chart = w->chart;
    double *values = sx_new((size_t)r->players * 4, sizeof *values, error);
    chart.title = m->name;
    bool ok = values != NULL;
    for (int64_t i = 0; ok && i < r->players; i++) {
        double *v = values + 4 * i;
        v[3] = m->attribution[i];
        for (int64_t s = 1; s < r->n_sets; s++) {
            int size = __builtin_popcountll(r->set[s]);
            double share = m->share[s * r->players + i];
            v[size > 2 ? 2 : size - 1] += share;
            v[3] -= share;
        }
        if (fabs(v[3]) < 1e-9 * fabs(m->attribution[i]))
            v[3] = 0;
    }
    ok = ok && sx_plot_bars(&chart, series, 4, values, true, figure, error);
    free(values);
    return ok;
}

static bool draw_allocations(const struct drawing *w, struct sx_picture *figure,
                             struct sx_error *error)
{
    struct sx_picture part[MOST_METHODS] = {{0}};
    int n = 0;
    bool ok = true;
    for (int k = 0; ok && k < w->m; k++) {
        if (w->r->method[w->method[k]].share == NULL)
            continue;
        ok = draw_allocation(w, w->method[k], &part[n++], error);
    }
    if (ok && n == 0) {
        *error =
            (struct sx_error){SX_USAGE, "no method has allocated effects to draw: --alloc"};
        ok = false;
    }
    ok = ok && sx_plot_sheet(part, n, 0, figure, error);
    for (int k = 0; k < n; k++)
        sx_picture_free(&part[k]);
    return ok;
}

/* How much effects of each number of players come to. */
static bool draw_spectrum(const struct drawing *w, struct sx_picture *figure,
                          struct sx_error *error)
{
    double values[64] = {0};
    int64_t most = 0;
    for (int64_t s = 1; s < w->r->n_sets; s++) {
        int size = __builtin_popcountll(w->r->set[s]);
        most = size > most ? size : most;
        values[size - 1] += fabs(w->r->effect[s]);
    }
    char text[64][4];
    const char *name[64];
    for (int64_t i = 0; i < most; i++) {
        snprintf(text[i], sizeof text[i], "%d", (int)i + 1);
        name[i] = text[i];
    }
    if (most == 0)
        return sx_fail(error, SX_USAGE, "no effects are known to draw: --alloc");
    struct sx_chart chart = {"sum of |J| by number of players", name, most, NULL};
    return sx_plot_bars(&chart, NULL, 1, values, false, figure, error);
}

/* The layer in which a rule that works neuron by neuron keeps a principle worst. */
static const struct sx_principle *worst_neuron(const struct sx_decomposition *r,
                                               const char *method, int k)
{
    const struct sx_principle *worst = NULL;
    for (int i = 0; i < r->n_neurons; i++)
        for (int m = 0; m < 6; m++) {
            const struct sx_principle *p = &r->neuron[i].rule[m].principle[k];
            if (strcmp(r->neuron[i].rule[m].name, method) == 0 &&
                (worst == NULL || p->violation > worst->violation))
                worst = p;
        }
    return worst;
}

static bool draw_principles(const struct drawing *w, struct sx_picture *figure,
                            struct sx_error *error)
{
    static const char *const column[] = {"P1", "P2",       "P3", "neurons P1", "P2",
                                         "P3", "any f P1", "P2", "P3"};
    char text[MOST_METHODS * 9][12];
    const char *shown[MOST_METHODS * 9];
    int verdict[MOST_METHODS * 9], columns = 9;
    for (int i = 0; i < w->m; i++)
        for (int k = 0; k < columns; k++) {
            const struct sx_decomposed *m = &w->r->method[w->method[i]];
            const struct sx_principle *p = m->share != NULL ? &m->principle[k % 3] : NULL;
            int at = i * columns + k;
            if (k / 3 == 1)
                p = worst_neuron(w->r, m->name, k % 3);
            snprintf(text[at], sizeof text[at], "-");
            if (k / 3 == 2)
                snprintf(text[at], sizeof text[at], m->principle[k % 3].derived ? "yes" : "no");
            else if (p != NULL)
                snprintf(text[at], sizeof text[at], "%.2g", p->violation);
            verdict[at] = k / 3 == 2 ? m->principle[k % 3].derived : p == NULL ? 2 : p->holds;
            shown[at] = text[at];
        }
    struct sx_chart chart = {"violations of the principles: in f, in neurons, for any f",
                             w->series, w->m, NULL};
    return sx_plot_verdicts(&chart, column, columns, shown, verdict, figure, error);
}

static bool draw_agreement(const struct drawing *w, struct sx_picture *figure,
                           struct sx_error *error)
{
    const struct sx_decomposition *r = w->r;
    int m = r->n_agreeing < MOST_METHODS ? r->n_agreeing : MOST_METHODS;
    const char *series[MOST_METHODS];
    double some[MOST_METHODS * MOST_METHODS];
    struct sx_tensor matrix = {SX_DOUBLE, {2, {m, m}}, some};
    struct sx_plot plot;
    for (int i = 0; i < m; i++)
        series[i] = r->method[r->agreeing[i]].name;
    for (int i = 0; i < m * m; i++) {
        double v = r->spearman[i / m * r->n_agreeing + i % m];
        some[i] = isnan(v) ? 0 : v;
    }
    sx_plot_default(&plot);
    return sx_plot_set(&plot, "sign", "all", error) &&
           sx_plot_set(&plot, "cmap", "coolwarm", error) &&
           sx_plot_set(&plot, "outlier", "0", error) &&
           sx_plot_matrix(&plot, &matrix, series, "rank correlation of attributions", figure,
                          error);
}

bool sx_plot_decomposition(const char *plot, const struct sx_chart *players,
                           const struct sx_decomposition *r, struct sx_picture *figure,
                           struct sx_error *error)
{
    struct drawing w;
    drawing_new(players, r, &w);
    *figure = (struct sx_picture){0};
    if (strcmp(plot, "alloc") == 0)
        return draw_allocations(&w, figure, error);
    if (strcmp(plot, "effects") == 0)
        return draw_spectrum(&w, figure, error);
    if (strcmp(plot, "principles") == 0)
        return draw_principles(&w, figure, error);
    if (strcmp(plot, "agreement") == 0)
        return draw_agreement(&w, figure, error);
    return draw_bars(&w, figure, error);
}
