/* shapley.c - pictures of interactions of players. */
#include <string.h>

#include "plot/chart.h"

static bool draw_pairs(bool network, const struct sx_chart *chart, const struct sx_shapley *r,
                       struct sx_picture *figure, struct sx_error *error)
{
    struct sx_tensor array = {0};
    bool ok = sx_shapley_array(r, true, &array, error);
    if (ok)
        ok = network ? sx_plot_network(chart, array.data, figure, error)
                     : sx_plot_square(chart, array.data, figure, error);
    sx_tensor_free(&array);
    return ok;
}

bool sx_plot_shapley(const char *plot, const struct sx_chart *chart, const struct sx_shapley *r,
                     int64_t top, struct sx_picture *figure, struct sx_error *error)
{
    if (strcmp(plot, "tokens") == 0) {
        const struct sx_benefit *b = r->n_sets > 0 ? &r->benefit[r->strongest] : NULL;
        if (b == NULL)
            return sx_fail(error, SX_USAGE, "index '%.40s' has no partitions", r->index);
        return sx_plot_partitions(chart, r->set[r->strongest] + 1, b->m, b->block_max,
                                  b->block_min, figure, error);
    }
    if (strcmp(plot, "upset") == 0)
        return sx_plot_upset(chart, &r->terms, top > 0 ? top : 20, figure, error);
    return draw_pairs(strcmp(plot, "graph") == 0, chart, r, figure, error);
}

bool sx_plot_players(const struct sx_explainer *explainer, const struct sx_players *players,
                     const struct sx_shapley *r, const struct sx_picture *behind,
                     const char *title, struct sx_picture *figure, struct sx_error *error)
{
    struct sx_plot plot;
    struct sx_tensor values = {0}, map = {0};
    if (players == NULL)
        return sx_fail(error, SX_USAGE, "a saved game has no picture");
    bool ok = sx_shapley_array(r, false, &values, error) &&
              sx_tensor_new(&map, SX_DOUBLE, &sx_explainer_input(explainer)->shape, error);
    if (ok) {
        sx_players_spread(players, values.data, map.data);
        sx_plot_default(&plot);
        ok = sx_plot_set(&plot, "sign", "all", error) &&
             sx_plot_set(&plot, "reduce", "max", error) &&
             sx_plot_map(&plot, &map, behind, title, figure, error);
    }
    sx_tensor_free(&values);
    sx_tensor_free(&map);
    return ok;
}
