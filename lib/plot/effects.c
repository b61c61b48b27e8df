/* effects.c - pictures of what pairs of features do. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

enum { MOST_DRAWN = 1 << 14, MOST_NAMED = 64 };

/* The matrix of pairs, [n, n]. */
static double *matrix_of(const struct sx_effects_plot *p, struct sx_error *error)
{
    const struct sx_effects *r = p->effects;
    int64_t n = r->features;
    if (n > MOST_DRAWN) {
        sx_fail(error, SX_MEMORY,
                "a matrix of %lld features is too large to draw; see --players", (long long)n);
        return NULL;
    }
    double *matrix = sx_new((size_t)(n * n), sizeof *matrix, error);
    for (int64_t k = 0; matrix != NULL && k < r->n; k++) {
        const struct sx_effect *item = &r->item[k];
        if (item->order != 2)
            continue;
        double v = p->options->is_signed ? item->mean : item->strength;
        matrix[item->set[0] * n + item->set[1]] = matrix[item->set[1] * n + item->set[0]] = v;
    }
    return matrix;
}

/* The feature that "ROW,COLUMN" of patches, or a number, means; -1: none. */
static int64_t find_feature(const char *from, int64_t columns, int64_t n)
{
    const char *comma = strchr(from, ',');
    size_t length = comma != NULL ? (size_t)(comma - from) : strlen(from);
    double y, x = 0;
    if (!sx_number_parse(from, length, &y) || !(y >= 0) ||
        (comma != NULL && (!sx_number_parse(comma + 1, strlen(comma + 1), &x) || !(x >= 0) ||
                           !(x < (double)columns))))
        return -1;
    double feature = comma != NULL ? floor(y) * (double)columns + floor(x) : floor(y);
    return feature < (double)n ? (int64_t)feature : -1;
}

/* What one feature does with every other, in the shape of x. */
static bool draw_from(const struct sx_effects_plot *p, const double *matrix,
                      struct sx_picture *figure, struct sx_error *error)
{
    const struct sx_players *players = sx_study_players(p->study);
    struct sx_tensor map = {0};
    struct sx_plot plot;
    int64_t rows, columns, n = sx_players_count(players);
    sx_players_on_grid(players, &rows, &columns);
    int64_t feature = find_feature(p->from, columns, n);
    if (feature < 0)
        return sx_fail(error, SX_USAGE, "--from is no feature, or no ROW,COLUMN of patches");
    sx_plot_default(&plot);
    bool ok = (!p->options->is_signed || sx_plot_set(&plot, "sign", "all", error)) &&
              sx_tensor_new(&map, SX_DOUBLE, &sx_explainer_input(p->explainer)->shape, error);
    if (ok) {
        sx_players_spread(players, matrix + feature * n, map.data);
        ok = sx_plot_map(&plot, &map, p->behind, p->title, figure, error);
    }
    sx_tensor_free(&map);
    return ok;
}

/* The matrix of pairs, with names while there is room for them. */
static bool draw_matrix(const struct sx_effects_plot *p, double *matrix,
                        struct sx_picture *figure, struct sx_error *error)
{
    int64_t n = p->effects->features, named = n <= MOST_NAMED ? n : 0;
    const struct sx_tensor pairs = {SX_DOUBLE, {2, {n, n}}, matrix};
    const bool is_signed = p->options->is_signed;
    struct sx_plot plot;
    char(*text)[64] = sx_new((size_t)named, sizeof *text, error);
    const char **names = sx_new((size_t)named, sizeof *names, error);
    bool ok = text != NULL && names != NULL;
    for (int64_t i = 0; ok && i < named; i++)
        names[i] = sx_study_name(p->study, p->name, p->n_names, i, text[i]);
    sx_plot_default(&plot);
    ok = ok && sx_plot_set(&plot, "outlier", "0", error) &&
         sx_plot_set(&plot, "cmap", is_signed ? "coolwarm" : "viridis", error) &&
         sx_plot_set(&plot, "sign", is_signed ? "all" : "abs", error) &&
         sx_plot_matrix(&plot, &pairs, named > 0 ? names : NULL, p->title, figure, error);
    free(names);
    free(text);
    return ok;
}

bool sx_plot_effects(const struct sx_effects_plot *p, struct sx_picture *figure,
                     struct sx_error *error)
{
    double *matrix = matrix_of(p, error);
    bool ok = matrix != NULL && (p->from != NULL ? draw_from(p, matrix, figure, error)
                                                 : draw_matrix(p, matrix, figure, error));
    free(matrix);
    return ok;
}
