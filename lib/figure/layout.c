/* layout.c - positions of the nodes of a network: on a circle, or in layers. */
#include <math.h>
#include <stdlib.h>

#include "figure/layout.h"
#include "io/io.h"

bool sx_edges_read(struct sx_edges *edges, const char *path, int64_t nodes,
                   struct sx_error *error)
{
    struct sx_sets sets = {0};
    if (!sx_sets_read(&sets, path, error))
        return false;
    edges->end = sx_new((size_t)(2 * sets.n), sizeof *edges->end, error);
    bool ok = edges->end != NULL;
    for (int64_t k = 0; ok && k < sets.n; k++) {
        const int64_t *member = sets.member + sets.begin[k];
        if (sets.begin[k + 1] - sets.begin[k] != 2 || member[0] >= nodes || member[1] >= nodes)
            ok = sx_fail(error, SX_FAILED, "%.80s: edge %lld is not of two of %lld nodes", path,
                         (long long)k + 1, (long long)nodes);
        for (int i = 0; ok && i < 2; i++)
            edges->end[2 * k + i] = member[i];
    }
    edges->n = ok ? sets.n : 0;
    sx_sets_free(&sets);
    return ok;
}

void sx_edges_free(struct sx_edges *edges)
{
    free(edges->end);
    *edges = (struct sx_edges){0};
}

void sx_layout_circle(int64_t n, double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double turn = 2 * acos(-1) * (double)i / (double)n;
        x[i] = sin(turn);
        y[i] = -cos(turn);
    }
}

/* ---- Layers ---- */

void sx_layers_free(struct sx_layers *l)
{
    free(l->layer);
    free(l->across);
    *l = (struct sx_layers){0};
}

/* Sets distances from a node within its component. Returns the farthest node. */
static int64_t distances(int64_t *layer, const struct sx_edges *e, int64_t from)
{
    int64_t last = from;
    bool moved = true;
    layer[from] = 0;
    for (int64_t at = 0; moved; at++) {
        moved = false;
        for (int64_t k = 0; k < 2 * e->n; k++)
            if (layer[e->end[k]] == at && layer[e->end[k ^ 1]] < 0) {
                last = e->end[k ^ 1];
                layer[last] = at + 1;
                moved = true;
            }
    }
    return last;
}

/* The layer of a node is its distance from an end of its component. Of the two ends, the one
 * with the smaller number counts. */
static bool by_distance(struct sx_layers *l, const struct sx_edges *e, int64_t n,
                        struct sx_error *error)
{
    int64_t *seen = sx_new((size_t)(2 * n), sizeof *seen, error), *again = seen + n;
    for (int64_t i = 0; seen != NULL && i < n; i++)
        l->layer[i] = seen[i] = again[i] = -1;
    for (int64_t i = 0; seen != NULL && i < n; i++) {
        if (seen[i] >= 0)
            continue;
        int64_t end = distances(seen, e, i), other = distances(again, e, end);
        distances(l->layer, e, end < other ? end : other);
    }
    free(seen);
    return seen != NULL;
}

/* Counts the layers. Spreads nodes without lines over all layers. */
static void spread(struct sx_layers *l, const struct sx_edges *e, int64_t n)
{
    int64_t alone = 0, placed = 0;
    for (int64_t i = 0; i < n; i++) {
        l->n = l->layer[i] + 1 > l->n ? l->layer[i] + 1 : l->n;
        l->across[i] = 0; /* first the number of lines of the node */
    }
    for (int64_t k = 0; k < 2 * e->n; k++)
        l->across[e->end[k]]++;
    for (int64_t i = 0; i < n; i++)
        alone += l->across[i] == 0;
    for (int64_t i = 0; i < n; i++)
        if (l->across[i] == 0)
            l->layer[i] = placed++ * l->n / alone;
}

/* The mean place of a node's neighbours. Its own place if it has none. */
static double pull(const struct sx_layers *l, const struct sx_edges *e, int64_t node)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t k = 0; k < 2 * e->n; k++)
        if (e->end[k] == node) {
            sum += l->across[e->end[k ^ 1]];
            count++;
        }
    return count > 0 ? sum / (double)count : l->across[node];
}

/* Sets the places of the nodes of each layer in this order. */
static void line_up(struct sx_layers *l, const int64_t *order, int64_t n)
{
    l->widest = 0;
    for (int64_t i = 0, size; i < n; i += size) {
        for (size = 0; i + size < n && l->layer[order[i + size]] == l->layer[order[i]]; size++)
            l->across[order[i + size]] = (double)size;
        for (int64_t k = 0; k < size; k++)
            l->across[order[i + k]] -= (double)(size - 1) / 2;
        l->widest = size > l->widest ? size : l->widest;
    }
}

/* Sorts by layer, and within a layer by pull. The sort is stable. */
static void sort(const struct sx_layers *l, const double *key, int64_t *order, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        for (int64_t k = i; k > 0; k--) {
            int64_t a = order[k - 1], b = order[k];
            if (l->layer[a] < l->layer[b] || (l->layer[a] == l->layer[b] && key[a] <= key[b]))
                break;
            order[k - 1] = b;
            order[k] = a;
        }
}

/* Moves every second layer at a time. Two neighbouring layers that move at once could alternate
 * forever. */
static bool arrange(struct sx_layers *l, const struct sx_edges *e, int64_t n,
                    struct sx_error *error)
{
    enum { SWEEPS = 12 };
    int64_t *order = sx_new((size_t)n, sizeof *order, error);
    double *key = sx_new((size_t)n, sizeof *key, error);
    bool ok = order != NULL && key != NULL;
    for (int64_t i = 0; ok && i < n; i++) {
        order[i] = i;
        key[i] = 0;
    }
    for (int sweep = 0; ok && sweep < SWEEPS; sweep++) {
        sort(l, key, order, n);
        line_up(l, order, n);
        for (int64_t i = 0; i < n; i++)
            key[i] = (l->layer[i] + sweep) % 2 == 0 ? pull(l, e, i) : l->across[i];
    }
    free(order);
    free(key);
    return ok;
}

bool sx_layers_get(struct sx_layers *l, const struct sx_edges *edges, int64_t n,
                   struct sx_error *error)
{
    *l = (struct sx_layers){.layer = sx_new((size_t)n, sizeof *l->layer, error),
                            .across = sx_new((size_t)n, sizeof *l->across, error)};
    bool ok = l->layer != NULL && l->across != NULL && by_distance(l, edges, n, error);
    if (ok)
        spread(l, edges, n);
    ok = ok && arrange(l, edges, n, error);
    if (!ok)
        sx_layers_free(l);
    return ok;
}
