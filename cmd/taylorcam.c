/* taylorcam.c - relations between places of a picture, by second and third derivatives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

enum { MOST_CAMS = 16, MOST_STEPS = 1000 };

struct taylorcam {
    struct cli cli;
    struct sx_taylorcam_options o;
    struct sx_plot plot;
    const char *layer, *smooth, *boxes_file;
    int form, diagonal, chart;
    int64_t order, n_pairs, pad, from[2];
    bool sheet, deletion;
    const char *cam[MOST_CAMS];
    int n_cams;
    struct sx_box *box; /* of --boxes */
    int64_t n_boxes;
    struct sx_explainer *explainer;
    struct sx_taylorcam *method;

    /* What is known of one sample. */
    double *baseline;
    struct sx_picture made;           /* of an input that is an array */
    const struct sx_picture *picture; /* NULL: none */
    struct sx_relations relations, objects;
    struct sx_relation *pair, *object_pair;
    int64_t pairs, object_pairs;
    struct sx_tensor map[MOST_CAMS];
    double correlation, *share; /* [boxes, places] */
    struct sx_tensor row;       /* of --from */
};

static struct taylorcam self;

/* ---- Options ---- */

/* Two counts around `by`. */
static bool read_two(const char *text, char by, int64_t to[2])
{
    char *end;
    for (int k = 0; k < 2; k++) {
        if (*text < '0' || *text > '9')
            return false;
        to[k] = strtoll(text, &end, 10);
        if (*end != (k == 0 ? by : '\0'))
            return false;
        text = end + 1;
    }
    return true;
}

static bool set_grid(struct cli *cli, const char *argument)
{
    (void)cli;
    return read_two(argument, 'x', self.o.grid) && self.o.grid[0] > 0 && self.o.grid[1] > 0;
}

static bool set_from(struct cli *cli, const char *argument)
{
    (void)cli;
    return read_two(argument, ',', self.from);
}

/* "2,3" or "1", perhaps with the axes of attributes after a colon, which are all the others. */
static bool set_axes(struct cli *cli, const char *argument)
{
    (void)cli;
    size_t n = strcspn(argument, ":");
    char text[8];
    int64_t axes[2] = {0, -1};
    if (n >= sizeof text || strspn(argument + n, ":,0123456789") < strlen(argument + n))
        return false;
    snprintf(text, sizeof text, "%.*s", (int)n, argument);
    if (!read_two(text, ',', axes)) {
        if (text[0] < '0' || text[0] > '9' || text[1] != '\0')
            return false;
        axes[0] = text[0] - '0';
        axes[1] = -1;
    }
    self.o.axes[0] = (int)(axes[0] < SX_MAX_RANK ? axes[0] : SX_MAX_RANK);
    self.o.axes[1] = (int)(axes[1] < SX_MAX_RANK ? axes[1] : SX_MAX_RANK);
    return true;
}

static void add_cam(const char *name)
{
    for (int i = 0; i < self.n_cams; i++)
        if (strcmp(self.cam[i], name) == 0)
            return;
    if (self.n_cams < MOST_CAMS)
        self.cam[self.n_cams++] = name;
}

static bool set_gradcam(struct cli *cli, const char *argument)
{
    (void)cli;
    (void)argument;
    add_cam("gradcam");
    return true;
}

static bool set_cams(struct cli *cli, const char *argument)
{
    while (*argument != '\0') {
        struct sx_nearest near = {.word = argument};
        size_t n = strcspn(argument, ",");
        const char *name;
        bool all = n == 3 && strncmp(argument, "all", 3) == 0, found = false;
        for (int i = 0; (name = sx_cam_name(i, NULL)) != NULL; i++) {
            sx_nearest_offer(&near, name);
            if (all || (strlen(name) == n && strncmp(argument, name, n) == 0)) {
                add_cam(name);
                found = true;
            }
        }
        if (!found)
            cli_misuse(cli, "no map '%.*s'%s", (int)(n < 40 ? n : 40), argument,
                       sx_nearest_text(&near));
        argument += n;
        argument += *argument == ',';
    }
    return true;
}

static bool set_plot(struct cli *cli, const char *option, const char *argument)
{
    struct sx_error error = {0};
    if (!sx_plot_set(&self.plot, option, argument, &error))
        cli_misuse(cli, "%s", error.message);
    return true;
}

static bool set_overlay(struct cli *cli, const char *argument)
{
    return set_plot(cli, "overlay", argument);
}

static bool set_cmap(struct cli *cli, const char *argument)
{
    return set_plot(cli, "cmap", argument);
}

/* ---- One sample ---- */

static void forget(struct taylorcam *s)
{
    free(s->baseline);
    s->baseline = NULL;
    sx_picture_free(&s->made);
    s->picture = NULL;
    sx_relations_free(&s->relations);
    sx_relations_free(&s->objects);
    free(s->pair);
    free(s->object_pair);
    s->pair = s->object_pair = NULL;
    free(s->share);
    s->share = NULL;
    sx_tensor_free(&s->row);
    for (int i = 0; i < s->n_cams; i++)
        sx_tensor_free(&s->map[i]);
}

static bool no_memory(struct sx_error *error)
{
    *error = (struct sx_error){SX_MEMORY, "out of memory"};
    return false;
}

/* The strongest of `r`: as many as are asked for, or as there are. */
static bool rank(const struct taylorcam *s, const struct sx_relations *r,
                 struct sx_relation **top, int64_t *n, struct sx_error *error)
{
    int64_t all = sx_count(&r->strength.shape), room = s->n_pairs < all ? s->n_pairs : all;
    *top = calloc((size_t)room + 1, sizeof **top);
    if (*top == NULL)
        return no_memory(error);
    *n = sx_relations_top(r, room, *top);
    return true;
}

/* Makes the explainer and the method for the first sample, whose shapes the choice of a layer
 * may need. */
static bool begin(struct taylorcam *s, const struct sx_tensor *feeds, struct sx_error *error)
{
    struct sx_explain_options *o = &s->cli.explain;
    if (s->method != NULL)
        return true;
    if (s->layer != NULL)
        o->wrt = s->layer;
    if (o->wrt == NULL)
        o->wrt = sx_default_layer(s->cli.model, feeds, o->output, error);
    if (o->wrt == NULL)
        return false;
    sx_explainer_free(s->explainer);
    s->explainer = sx_explainer_new(s->cli.model, o, error);
    if (s->explainer == NULL || !sx_explainer_smooth(s->explainer, s->smooth, error))
        return false;
    s->method = sx_taylorcam_new(s->explainer, &s->o, error);
    return s->method != NULL;
}

/* The picture that the places are parts of: as it was read, or made of an input array. */
static void find_picture(struct taylorcam *s, const struct cli_sample *sample)
{
    struct sx_error ignored = {0};
    s->picture = sample->picture;
    for (int i = 0; s->picture == NULL && i < sx_model_input_count(s->cli.model); i++) {
        const struct sx_tensor *feed = &sample->feeds[i];
        if (feed->shape.rank >= 3 &&
            sx_picture_of(feed, s->cli.pre.layout, &s->made, &ignored)) {
            if (s->made.width > 1 && s->made.height > 1)
                s->picture = &s->made;
            else
                sx_picture_free(&s->made);
        }
    }
}

static bool relate_boxes(struct taylorcam *s, struct sx_error *error)
{
    const struct sx_relations *r = &s->relations;
    int64_t n = r->rows * r->columns;
    if (s->picture == NULL) {
        *error = (struct sx_error){SX_USAGE, "--boxes needs a picture as input"};
        return false;
    }
    s->share = calloc((size_t)(s->n_boxes * n), sizeof *s->share);
    if (s->share == NULL)
        return no_memory(error);
    int64_t outside = sx_box_shares(r->rows, r->columns, s->picture->width, s->picture->height,
                                    s->box, s->n_boxes, s->share);
    if (outside >= 0) {
        error->status = SX_FAILED;
        snprintf(error->message, sizeof error->message,
                 "%.80s: box %lld lies outside the picture of %dx%d pixels", s->boxes_file,
                 (long long)outside + 1, s->picture->width, s->picture->height);
        return false;
    }
    return sx_relations_group(r, s->n_boxes, s->share, &s->objects, error) &&
           rank(s, &s->objects, &s->object_pair, &s->object_pairs, error);
}

static bool check_from(const struct taylorcam *s, struct sx_error *error)
{
    const struct sx_relations *r = &s->relations;
    if (s->from[0] < r->rows && s->from[1] < r->columns)
        return true;
    error->status = SX_USAGE;
    snprintf(error->message, sizeof error->message,
             "there are %lldx%lld places, none at %lld,%lld", (long long)r->rows,
             (long long)r->columns, (long long)s->from[0], (long long)s->from[1]);
    return false;
}

static bool relate(struct taylorcam *s, const struct cli_sample *sample, struct sx_error *error)
{
    bool from = s->deletion || s->o.form >= SX_TAYLOR_OCCLUSION;
    if (from && !cli_baseline(&s->cli, s->explainer, NULL, 0, &s->baseline, error))
        return false;
    find_picture(s, sample);
    return sx_taylorcam_run(s->method, s->baseline, &s->relations, error) &&
           check_from(s, error) &&
           (s->n_cams == 0 || sx_cams(s->method, s->n_cams, s->cam, s->map, error)) &&
           (!s->deletion || sx_taylorcam_deletion(s->method, s->baseline, &s->relations,
                                                  &s->correlation, error)) &&
           rank(s, &s->relations, &s->pair, &s->pairs, error) &&
           (s->n_boxes == 0 || relate_boxes(s, error));
}

/* ---- Records ---- */

static const char *const forms[] = {"paper", "basic", "taylor", "occlusion", "ih"};

static void write_params(struct taylorcam *s)
{
    struct sx_result *j = s->cli.result;
    sx_put_object(j, "params");
    sx_put_int(j, "order", s->o.order);
    sx_put_text(j, "form", forms[s->o.form]);
    if (s->o.form == SX_TAYLOR_INTEGRATED)
        sx_put_int(j, "steps", s->o.steps);
    sx_put_bool(j, "signed", s->o.is_signed);
    sx_put_text(j, "diag", s->o.diagonal ? "keep" : "drop");
    sx_put_text(j, "smooth", s->smooth);
    sx_put_text(j, "baseline", s->baseline != NULL ? s->cli.baseline : NULL);
    sx_put_int(j, "pairs", s->n_pairs);
    sx_put_text(j, "boxes", s->boxes_file);
    cli_put_common(&s->cli);
    sx_put_end(j);
}

static void write_layer(struct taylorcam *s)
{
    struct sx_result *j = s->cli.result;
    const char *name, *op;
    bool smoothed;
    sx_put_object(j, "layer");
    sx_put_text(j, "name", sx_explainer_input_name(s->explainer));
    sx_put_shape(j, "shape", &sx_explainer_input(s->explainer)->shape);
    sx_put_end(j);
    sx_put_shape(j, "grid", &s->relations.marginal.shape);
    sx_put_object(j, "curvature");
    sx_put_bool(j, "logit_zero", sx_taylorcam_logit_zero(s->method));
    sx_put_list(j, "nonsmooth");
    for (int i = 0; (name = sx_explainer_kink(s->explainer, i, &op, &smoothed)) != NULL; i++)
        if (!smoothed)
            sx_put_text(j, NULL, name);
    sx_put_end(j);
    sx_put_end(j);
}

static void write_box(struct sx_result *j, const char *key, const struct sx_box *box)
{
    if (box == NULL) {
        sx_put_null(j, key);
        return;
    }
    sx_put_list(j, key);
    sx_put_number(j, NULL, box->x0);
    sx_put_number(j, NULL, box->y0);
    sx_put_number(j, NULL, box->x1);
    sx_put_number(j, NULL, box->y1);
    sx_put_end(j);
}

/* The box that has the largest share in a place, or NULL. */
static const struct sx_box *box_at(const struct taylorcam *s, int64_t place)
{
    int64_t n = s->relations.rows * s->relations.columns, best = -1;
    for (int64_t i = 0; i < s->n_boxes; i++)
        if (s->share[i * n + place] > (best >= 0 ? s->share[best * n + place] : 0))
            best = i;
    return best >= 0 ? &s->box[best] : NULL;
}

static void write_places(struct taylorcam *s, const struct sx_relation *r)
{
    static const char *const place[] = {"a", "b", "c"};
    static const char *const box[] = {"box_a", "box_b", "box_c"};
    static const char *const name[] = {"name_a", "name_b", "name_c"};
    struct sx_result *j = s->cli.result;
    const struct sx_relations *of = &s->relations;
    for (int k = 0; k < s->o.order; k++) {
        sx_put_list(j, place[k]);
        sx_put_int(j, NULL, r->place[k] / of->columns);
        sx_put_int(j, NULL, r->place[k] % of->columns);
        sx_put_end(j);
    }
    sx_put_double(j, "strength", r->strength);
    sx_put_double(j, "signed", r->effect);
    for (int k = 0; k < s->o.order; k++) {
        struct sx_box b = {0};
        if (s->picture != NULL)
            b = sx_place_box(of->rows, of->columns, r->place[k], s->picture->width,
                             s->picture->height);
        write_box(j, box[k], s->picture != NULL ? &b : NULL);
    }
    for (int k = 0; k < s->o.order && s->n_boxes > 0; k++) {
        const struct sx_box *b = box_at(s, r->place[k]);
        sx_put_text(j, name[k], b != NULL ? b->name : NULL);
    }
}

static void write_pairs(struct taylorcam *s)
{
    struct sx_result *j = s->cli.result;
    sx_put_list(j, "pairs");
    for (int64_t i = 0; i < s->pairs; i++) {
        sx_put_object(j, NULL);
        write_places(s, &s->pair[i]);
        sx_put_int(j, "rank", i + 1);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static void write_objects(struct taylorcam *s)
{
    static const char *const keys[] = {"a", "b", "c"};
    struct sx_result *j = s->cli.result;
    sx_put_list(j, "objects");
    for (int64_t i = 0; i < s->n_boxes; i++) {
        sx_put_object(j, NULL);
        sx_put_text(j, "name", s->box[i].name);
        write_box(j, "box", &s->box[i]);
        sx_put_end(j);
    }
    sx_put_end(j);
    sx_put_list(j, "object_pairs");
    for (int64_t i = 0; i < s->object_pairs; i++) {
        const struct sx_relation *r = &s->object_pair[i];
        sx_put_object(j, NULL);
        for (int k = 0; k < s->o.order; k++)
            sx_put_int(j, keys[k], r->place[k]);
        sx_put_double(j, "strength", r->strength);
        sx_put_double(j, "signed", r->effect);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static bool write_maps(struct taylorcam *s, struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    const struct sx_relations *r = &s->relations;
    sx_put_tensor(j, "marginal", &r->marginal);
    sx_put_object(j, "stats");
    sx_put_double(j, "max", r->max);
    sx_put_double(j, "mean", r->mean);
    sx_put_double(j, "median", r->median);
    sx_put_double(j, "amis100", r->top100);
    sx_put_end(j);
    for (int i = 0; i < s->n_cams; i++)
        sx_put_tensor(j, s->cam[i], &s->map[i]);
    if (s->deletion)
        sx_put_double(j, "deletion", s->correlation);
    if (s->from[0] >= 0) {
        if (!sx_relations_row(r, s->from[0] * r->columns + s->from[1], s->o.is_signed, &s->row,
                              error))
            return false;
        sx_put_tensor(j, "from", &s->row);
    }
    return true;
}

/* What a reader should know of the numbers. */
static void warn(struct taylorcam *s)
{
    const struct sx_target *t = sx_explainer_target(s->explainer);
    bool likely = t->score == SX_SCORE_PROB || t->score == SX_SCORE_LOGPROB, near = false;
    if (likely && sx_taylorcam_logit_zero(s->method) && s->o.form != SX_TAYLOR_OCCLUSION)
        cli_warn(&s->cli, 0,
                 "the logit has no curvature: all relations are competition of classes "
                 "in the softmax; see --score=logit with --smooth");
    near = t->score == SX_SCORE_LOGPROB ? t->value > -1e-3 : t->value > 1 - 1e-3;
    if (likely && near && !s->cli.explain.precise)
        cli_warn(&s->cli, 0,
                 "float32 resolves little of a probability so near to 1: use --double");
    if (sx_taylorcam_bypass(s->method) != NULL) {
        char bypass[160];
        snprintf(bypass, sizeof bypass,
                 "input '%.80s' reaches the output around the layer, too; it is "
                 "held fixed",
                 sx_taylorcam_bypass(s->method));
        cli_warn(&s->cli, 0, bypass);
    }
    if (!isfinite(s->relations.mean))
        cli_warn(&s->cli, 0, "some strengths are not finite");
    if (s->relations.max == 0)
        cli_warn(&s->cli, 0, "every strength is 0");
}

/* A map as one channel, whatever its size. */
static struct sx_tensor as_channel(const struct sx_tensor *map)
{
    struct sx_tensor view = *map;
    view.shape = (struct sx_shape){3, {1, map->shape.dim[0], map->shape.dim[1]}};
    return view;
}

static bool write_record(struct taylorcam *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = sample->feeds[0].shape;
    sx_result_begin(j, &record);
    write_params(s);
    write_layer(s);
    write_pairs(s);
    if (s->n_boxes > 0)
        write_objects(s);
    const struct sx_view view = {.scalars = "layer.name:layer,grid,params.form:form",
                                 .each = "pairs",
                                 .columns = s->o.order == 3 ? "a,b,c,strength,signed"
                                                            : "a,b,strength,signed",
                                 .top = s->n_pairs};
    const struct sx_tensor map = as_channel(&s->relations.marginal);
    return write_maps(s, error) && cli_emit(&s->cli, &record, &view, &map, error);
}

/* ---- Text and pictures ---- */

/* "taylorcam: circle (3), log-probability -0.01; layer fmap, 5x5 places, form paper" */
static void title_of(const struct taylorcam *s, const char *what, char *title, size_t size)
{
    static const char *const score[] = {"value", "logit", "probability", "log-probability"};
    const struct sx_target *t = sx_explainer_target(s->explainer);
    char name[120];
    cli_target_name(t, name, sizeof name);
    snprintf(title, size, "%s: %s, %s %.4g; layer %.60s, %lldx%lld places, form %s", what, name,
             score[t->score], t->value, sx_explainer_input_name(s->explainer),
             (long long)s->relations.rows, (long long)s->relations.columns, forms[s->o.form]);
}

/* The boxes of all places; without a picture they are squares. */
static struct sx_box *place_boxes(const struct taylorcam *s, struct sx_error *error)
{
    const struct sx_relations *r = &s->relations;
    int64_t longest = r->rows > r->columns ? r->rows : r->columns, unit = longest < 32 ? 32 : 1;
    if (s->picture != NULL)
        return sx_place_boxes(r->rows, r->columns, s->picture->width, s->picture->height,
                              error);
    return sx_place_boxes(r->rows, r->columns, unit * r->columns, unit * r->rows, error);
}

enum chart { CHART_PAIRS, CHART_FROM, CHART_MARGINAL, CHART_MATRIX, CHART_CAM, CHART_SHEET };

static bool draw_pairs(const struct taylorcam *s, struct sx_picture *figure,
                       struct sx_error *error)
{
    char title[300];
    int64_t n = s->relations.rows * s->relations.columns;
    bool objects = s->n_boxes > 0;
    struct sx_box *boxes = objects ? NULL : place_boxes(s, error);
    title_of(s, objects ? "relations of boxes" : "strongest relations", title, sizeof title);
    bool ok = (objects || boxes != NULL) &&
              sx_plot_relations(&s->plot, s->picture, s->pad, objects ? s->box : boxes,
                                objects ? s->n_boxes : n, s->o.order,
                                objects ? s->object_pair : s->pair,
                                objects ? s->object_pairs : s->pairs, title, figure, error);
    sx_boxes_free(boxes, boxes != NULL ? n : 0);
    return ok;
}

static bool draw_map(const struct taylorcam *s, const char *what, const struct sx_tensor *map,
                     int64_t mark, struct sx_picture *figure, struct sx_error *error)
{
    char title[300];
    struct sx_plot plot = s->plot;
    struct sx_tensor view = as_channel(map);
    plot.mark = mark;
    title_of(s, what, title, sizeof title);
    return sx_plot_map(&plot, &view, s->picture, title, figure, error);
}

/* The map of one place: --from, or the k-th of the strongest relation. */
static bool draw_row(const struct taylorcam *s, int k, struct sx_picture *figure,
                     struct sx_error *error)
{
    char what[80];
    int64_t columns = s->relations.columns, from = s->from[0] * columns + s->from[1];
    struct sx_tensor row = {0};
    if (s->from[0] < 0)
        from = s->pairs > 0 ? s->pair[0].place[k] : 0;
    snprintf(what, sizeof what, "who relates to %lld,%lld", (long long)(from / columns),
             (long long)(from % columns));
    bool ok = sx_relations_row(&s->relations, from, s->o.is_signed, &row, error) &&
              draw_map(s, what, &row, from + 1, figure, error);
    sx_tensor_free(&row);
    return ok;
}

static bool draw_matrix(const struct taylorcam *s, struct sx_picture *figure,
                        struct sx_error *error)
{
    char title[300];
    const struct sx_relations *r = s->n_boxes > 0 ? &s->objects : &s->relations;
    int64_t n = r->rows * r->columns;
    struct sx_box *boxes = s->n_boxes > 0 ? s->box : place_boxes(s, error);
    const char **names = calloc((size_t)n, sizeof *names);
    bool ok = boxes != NULL && names != NULL;
    for (int64_t i = 0; ok && i < n; i++)
        names[i] = boxes[i].name != NULL ? boxes[i].name : "";
    title_of(s, "all relations", title, sizeof title);
    if (ok)
        ok = sx_plot_matrix(&s->plot, s->o.is_signed ? &r->effect : &r->strength, names, title,
                            figure, error);
    else
        no_memory(error);
    if (s->n_boxes == 0)
        sx_boxes_free(boxes, boxes != NULL ? n : 0);
    free(names);
    return ok;
}

static bool draw(const struct taylorcam *s, enum chart chart, int k, struct sx_picture *figure,
                 struct sx_error *error)
{
    switch (chart) {
    case CHART_FROM:
        return draw_row(s, k, figure, error);
    case CHART_MARGINAL:
        return draw_map(s, "relations of each place", &s->relations.marginal, 0, figure, error);
    case CHART_MATRIX:
        return draw_matrix(s, figure, error);
    case CHART_CAM:
        return draw_map(s, s->cam[k], &s->map[k], 0, figure, error);
    default:
        return draw_pairs(s, figure, error);
    }
}

/* All charts: relations, sums, matrix where there is one, rows of the strongest, maps. */
static bool draw_sheet(const struct taylorcam *s, struct sx_picture *sheet,
                       struct sx_error *error)
{
    struct sx_picture panel[MOST_CAMS + 6] = {{0}};
    int n = 0;
    bool ok = draw(s, CHART_PAIRS, 0, &panel[n++], error) &&
              draw(s, CHART_MARGINAL, 0, &panel[n++], error);
    for (int i = 0; ok && i < s->n_cams; i++)
        ok = draw(s, CHART_CAM, i, &panel[n++], error);
    for (int k = 0; ok && k < (s->from[0] >= 0 ? 1 : s->o.order); k++)
        ok = draw(s, CHART_FROM, k, &panel[n++], error);
    if (ok && s->o.order == 2)
        ok = draw(s, CHART_MATRIX, 0, &panel[n++], error);
    ok = ok && sx_plot_sheet(panel, n, 2, sheet, error);
    for (int i = 0; i < n; i++)
        sx_picture_free(&panel[i]);
    return ok;
}

static bool write_picture(struct taylorcam *s, struct sx_error *error)
{
    struct sx_picture figure = {0};
    s->plot.panels = 1 | 4; /* picture and overlay */
    if (s->o.is_signed)
        sx_plot_set(&s->plot, "sign", "all", error);
    bool ok = s->chart == CHART_SHEET ? draw_sheet(s, &figure, error)
                                      : draw(s, (enum chart)s->chart, 0, &figure, error);
    ok = ok && cli_write_png(&s->cli, &figure, error);
    sx_picture_free(&figure);
    return ok;
}

static bool write_result(struct taylorcam *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    warn(s);
    switch (s->cli.format) {
    case CLI_PNG:
        return write_picture(s, error);
    case CLI_NPY:
        return cli_add_array(&s->cli, &s->relations.marginal, error);
    default:
        return write_record(s, sample, error);
    }
}

/* ---- The run ---- */

static void show_layer(void *context, const struct sx_listed *l)
{
    const struct sx_shape *shape = &l->shape;
    struct taylorcam *s = context;
    if (!l->differentiable || shape->rank < 2 || sx_count(shape) < 2 ||
        (shape->rank == 4 && shape->dim[2] * shape->dim[3] < 2))
        return;
    sx_sink_print(s->cli.sink, "%s  ", l->tensor);
    for (int k = 0; k < shape->rank; k++)
        sx_sink_print(s->cli.sink, "%s%lld", k > 0 ? "x" : "", (long long)shape->dim[k]);
    sx_sink_print(s->cli.sink, "  %s\n", l->op);
}

static bool list_layers(struct taylorcam *s)
{
    s->cli.wrote = true;
    return sx_list(s->cli.model, NULL, s->cli.explain.output, show_layer, s, &s->cli.error) &&
           sx_sink_flush(s->cli.sink, &s->cli.error);
}

static void run(struct taylorcam *s)
{
    struct cli_sample sample;
    struct sx_error error = {0};
    bool go_on = true;
    while (go_on && cli_next(&s->cli, &sample)) {
        error = (struct sx_error){0};
        bool ok = begin(s, sample.feeds, &error) &&
                  sx_explainer_sample(s->explainer, sample.feeds, &error) &&
                  relate(s, &sample, &error) && write_result(s, &sample, &error);
        forget(s);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

/* Reads --boxes. */
static bool prepare(struct taylorcam *s)
{
    struct sx_error error = {0};
    if (s->boxes_file == NULL || sx_boxes_read(s->boxes_file, &s->box, &s->n_boxes, &error))
        return true;
    s->cli.error.status = error.status;
    snprintf(s->cli.error.message, sizeof s->cli.error.message, "%.80s: %.200s", s->boxes_file,
             error.message);
    return false;
}

static const struct cli_option options[] = {
    {0, "layer", "TENSOR", "relate places of this tensor (list: show them)", CLI_TEXT,
     &self.layer, NULL, NULL},
    {0, "order", "N", "places related at once: 2 or 3", CLI_COUNT, &self.order, NULL, NULL},
    {0, "form", "WHICH", "what counts as relation", CLI_CHOICE, &self.form,
     "paper|basic|taylor|occlusion|ih", NULL},
    {0, "signed", NULL, "rank by the magnitude of the sum, keep signs", CLI_FLAG,
     &self.o.is_signed, NULL, NULL},
    {0, "diag", "WHICH", "a place's relation to itself", CLI_CHOICE, &self.diagonal,
     "drop|keep", NULL},
    {0, "grid", "HxW", "make H x W blocks of the places", CLI_CALL, NULL, NULL, set_grid},
    {0, "axes", "E[:A]", "axes of the layer that tell places apart", CLI_CALL, NULL, NULL,
     set_axes},
    {0, "steps", "N", "points of the integral of ih", CLI_COUNT, &self.o.steps, NULL, NULL},
    {0, "smooth", "MODE", "none, softplus:B, gelu, surrogate:B in place of kinks", CLI_TEXT,
     &self.smooth, NULL, NULL},
    {0, "allow-zero", NULL, "go on where there is no curvature", CLI_FLAG, &self.o.allow_zero,
     NULL, NULL},
    {0, "pairs", "N", "relations that are listed and drawn", CLI_COUNT, &self.n_pairs, NULL,
     NULL},
    {0, "from", "R,C", "the relations of this place", CLI_CALL, NULL, NULL, set_from},
    {0, "gradcam", NULL, "the map of Grad-CAM, too", CLI_CALL, NULL, NULL, set_gradcam},
    {0, "cam", "LIST", "further first-order maps, or all", CLI_CALL, NULL, NULL, set_cams},
    {0, "boxes", "FILE", "name places by boxes, relate boxes", CLI_TEXT, &self.boxes_file, NULL,
     NULL},
    {0, "png", "CHART", "what -f png draws", CLI_CHOICE, &self.chart,
     "pairs|from|marginal|matrix|cam|sheet", NULL},
    {0, "sheet", NULL, "-f png draws every chart", CLI_FLAG, &self.sheet, NULL, NULL},
    {0, "pad", "PX", "PNG: pad the picture and enlarge boxes", CLI_COUNT, &self.pad, NULL,
     NULL},
    {0, "overlay", "A", "PNG: share of what is drawn over the picture", CLI_CALL, NULL, NULL,
     set_overlay},
    {0, "cmap", "NAME", "PNG: colour map", CLI_CALL, NULL, NULL, set_cmap},
    {0, "deletion", NULL, "correlation with the effects of occlusion", CLI_FLAG, &self.deletion,
     NULL, NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct taylorcam *s = &self;
    s->cli = (struct cli){.tool = "taylorcam",
                          .summary = "Show which places of a picture act together.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY,
                          .score = SX_SCORE_LOGPROB};
    s->order = 2;
    s->n_pairs = 5;
    s->from[0] = -1;
    s->o.axes[0] = s->o.axes[1] = -1;
    s->o.steps = 20;
    s->smooth = "none";
    sx_plot_default(&s->plot);
    cli_parse(&s->cli, argc, argv);
    s->o.form = (enum sx_taylor_form)s->form;
    s->o.order = (int)(s->order < 10 ? s->order : 10);
    s->o.diagonal = s->diagonal == 1;
    if (s->sheet)
        s->chart = CHART_SHEET;
    if (s->chart == CHART_CAM && s->n_cams == 0)
        add_cam("gradcam");
    if (s->o.steps > MOST_STEPS)
        cli_misuse(&s->cli, "--steps is at most %d", MOST_STEPS);
    if (s->chart == CHART_MATRIX && s->o.order == 3)
        cli_misuse(&s->cli, "relations of three places are no matrix");
    bool list = s->layer != NULL && strcmp(s->layer, "list") == 0;
    if (cli_open(&s->cli) && (list ? list_layers(s) : prepare(s)) && !list)
        run(s);
    sx_taylorcam_free(s->method);
    sx_explainer_free(s->explainer);
    sx_boxes_free(s->box, s->n_boxes);
    return cli_finish(&s->cli);
}
