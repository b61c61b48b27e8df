/* places.c - pictures of what taylorcam found. */
#include <stdlib.h>

#include "plot/plot.h"

/* "strongest relations: circle (3), log-probability -0.01; ..." */
enum { TITLE = 300 };
static void title_of(const struct sx_places_plot *p, const char *what, char title[TITLE])
{
    snprintf(title, TITLE, "%s%s%s", what, p->about != NULL ? ": " : "",
             p->about != NULL ? p->about : "");
}

/* The boxes of all places; without a picture they are squares. */
static struct sx_box *place_boxes(const struct sx_taylorcam_result *r, struct sx_error *error)
{
    int64_t rows = r->relations.rows, columns = r->relations.columns;
    int64_t unit = (rows > columns ? rows : columns) < 32 ? 32 : 1;
    if (r->picture != NULL)
        return sx_place_boxes(rows, columns, r->picture->width, r->picture->height, error);
    return sx_place_boxes(rows, columns, unit * columns, unit * rows, error);
}

static bool draw_pairs(const struct sx_places_plot *p, struct sx_picture *figure,
                       struct sx_error *error)
{
    const struct sx_taylorcam_result *r = p->found;
    char title[TITLE];
    int64_t n = r->relations.rows * r->relations.columns;
    bool objects = r->n_boxes > 0;
    struct sx_box *boxes = objects ? NULL : place_boxes(r, error);
    title_of(p, objects ? "relations of boxes" : "strongest relations", title);
    bool ok = (objects || boxes != NULL) &&
              sx_plot_relations(&p->plot, r->picture, p->pad, objects ? r->box : boxes,
                                objects ? r->n_boxes : n, r->relations.order,
                                objects ? r->object_pair : r->pair,
                                objects ? r->object_pairs : r->pairs, title, figure, error);
    sx_boxes_free(boxes, boxes != NULL ? n : 0);
    return ok;
}

/* A map as one channel, whatever its size; `mark` is 1 + the place that is framed. */
static bool draw_map(const struct sx_places_plot *p, const char *what,
                     const struct sx_tensor *map, int64_t mark, struct sx_picture *figure,
                     struct sx_error *error)
{
    char title[TITLE];
    struct sx_plot plot = p->plot;
    struct sx_tensor channel = *map;
    channel.shape = (struct sx_shape){3, {1, map->shape.dim[0], map->shape.dim[1]}};
    plot.mark = mark;
    plot.panels = p->about != NULL ? SX_PANEL_PICTURE | SX_PANEL_OVERLAY : SX_PANEL_OVERLAY;
    title_of(p, what, title);
    return sx_plot_map(&plot, &channel, p->found->picture, title, figure, error);
}

/* The map of one place: the one that was asked for, or the k-th of the strongest relation. */
static bool draw_row(const struct sx_places_plot *p, int k, struct sx_picture *figure,
                     struct sx_error *error)
{
    const struct sx_taylorcam_result *r = p->found;
    char what[80];
    int64_t columns = r->relations.columns;
    int64_t from = p->options->from[0] * columns + p->options->from[1];
    struct sx_tensor row = {0};
    if (!p->options->has_from)
        from = r->pairs > 0 ? r->pair[0].place[k] : 0;
    snprintf(what, sizeof what, "who relates to %lld,%lld", (long long)(from / columns),
             (long long)(from % columns));
    bool ok = sx_relations_row(&r->relations, from, p->options->is_signed, &row, error) &&
              draw_map(p, what, &row, from + 1, figure, error);
    sx_tensor_free(&row);
    return ok;
}

static bool draw_matrix(const struct sx_places_plot *p, struct sx_picture *figure,
                        struct sx_error *error)
{
    const struct sx_taylorcam_result *r = p->found;
    const struct sx_relations *of = r->n_boxes > 0 ? &r->objects : &r->relations;
    char title[TITLE];
    int64_t n = of->rows * of->columns;
    struct sx_box *own = r->n_boxes > 0 ? NULL : place_boxes(r, error);
    const struct sx_box *boxes = r->n_boxes > 0 ? r->box : own;
    const char **names = sx_new((size_t)n, sizeof *names, error);
    bool ok = boxes != NULL && names != NULL;
    for (int64_t i = 0; ok && i < n; i++)
        names[i] = boxes[i].name != NULL ? boxes[i].name : "";
    title_of(p, "all relations", title);
    ok = ok && sx_plot_matrix(&p->plot, p->options->is_signed ? &of->effect : &of->strength,
                              names, title, figure, error);
    sx_boxes_free(own, own != NULL ? n : 0);
    free(names);
    return ok;
}

static bool draw(const struct sx_places_plot *p, enum sx_places_chart chart, int k,
                 struct sx_picture *figure, struct sx_error *error)
{
    switch (chart) {
    case SX_CHART_FROM:
        return draw_row(p, k, figure, error);
    case SX_CHART_MARGINAL:
        return draw_map(p, "relations of each place", &p->found->relations.marginal, 0, figure,
                        error);
    case SX_CHART_MATRIX:
        return draw_matrix(p, figure, error);
    case SX_CHART_CAM:
        return draw_map(p, p->options->cam[k], &p->found->map[k], 0, figure, error);
    default:
        return draw_pairs(p, figure, error);
    }
}

/* All charts: relations, sums, first-order maps, rows of the strongest, matrix if there is one. The
 * first one alone says what is explained, and the picture is seen through the others. */
static bool draw_sheet(const struct sx_places_plot *plot, struct sx_picture *sheet,
                       struct sx_error *error)
{
    struct sx_places_plot p = *plot;
    struct sx_picture panel[SX_MOST_CAMS + 6] = {{0}};
    int n = 0, places = p.options->has_from ? 1 : (int)p.options->order;
    bool ok = draw(&p, SX_CHART_PAIRS, 0, &panel[n++], error);
    p.about = NULL;
    ok = ok && draw(&p, SX_CHART_MARGINAL, 0, &panel[n++], error);
    for (int i = 0; ok && i < p.options->n_cams; i++)
        ok = draw(&p, SX_CHART_CAM, i, &panel[n++], error);
    for (int k = 0; ok && k < places; k++)
        ok = draw(&p, SX_CHART_FROM, k, &panel[n++], error);
    if (ok && p.options->order == 2)
        ok = draw(&p, SX_CHART_MATRIX, 0, &panel[n++], error);
    ok = ok && sx_plot_sheet(panel, n, 0, sheet, error);
    for (int i = 0; i < n; i++)
        sx_picture_free(&panel[i]);
    return ok;
}

bool sx_plot_places(const struct sx_places_plot *plot, enum sx_places_chart chart,
                    struct sx_picture *figure, struct sx_error *error)
{
    struct sx_places_plot p = *plot;
    if (p.options->is_signed && !sx_plot_set(&p.plot, "sign", "all", error))
        return false;
    return chart == SX_CHART_SHEET ? draw_sheet(&p, figure, error)
                                   : draw(&p, chart, 0, figure, error);
}
