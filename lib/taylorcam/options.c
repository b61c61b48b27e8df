/* options.c - the options of relations between places. */
#include <string.h>

#include "taylorcam/taylorcam.h"

static bool refuse(const struct sx_option *row, const char *text, struct sx_error *error)
{
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                   row->argument);
}

/* A whole number at *text, which is moved past it. */
static bool read_count(const char **text, int64_t *to)
{
    int64_t value = 0;
    size_t n = strspn(*text, "0123456789");
    for (size_t i = 0; i < n && n <= 18; i++)
        value = 10 * value + ((*text)[i] - '0');
    *text += n;
    *to = value;
    return n > 0 && n <= 18;
}

/* Two counts around `by`. */
static bool read_two(const char *text, char by, int64_t to[2])
{
    return read_count(&text, &to[0]) && *text++ == by && read_count(&text, &to[1]) &&
           *text == '\0';
}

static bool parse_grid(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_taylorcam_options *o = options;
    int64_t grid[2];
    if (!read_two(text, 'x', grid) || grid[0] < 1 || grid[1] < 1)
        return refuse(row, text, error);
    memcpy(o->grid, grid, sizeof grid);
    return true;
}

static bool parse_from(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_taylorcam_options *o = options;
    o->has_from = read_two(text, ',', o->from);
    return o->has_from || refuse(row, text, error);
}

/* Puts two counts. If they were not given, the value is null. */
static void put_two(struct sx_result *r, const char *key, bool given, int64_t a, int64_t b)
{
    if (!given) {
        sx_put_null(r, key);
        return;
    }
    sx_put_list(r, key);
    sx_put_int(r, NULL, a);
    sx_put_int(r, NULL, b);
    sx_put_end(r);
}

static void put_from(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_taylorcam_options *o = options;
    put_two(r, key, o->has_from, o->from[0], o->from[1]);
}

static void put_grid(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_taylorcam_options *o = options;
    put_two(r, key, o->grid[0] > 0, o->grid[0], o->grid[1]);
}

static void put_axes(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_taylorcam_options *o = options;
    put_two(r, key, o->axes[0] >= 0, o->axes[0], o->axes[1]);
}

/* Reads axes of places, such as "2,3" or "1". Axes of attributes may follow after a colon; by
 * default they are all other axes. */
static bool parse_axes(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_taylorcam_options *o = options;
    const char *at = text;
    int64_t axes[2] = {-1, -1};
    bool ok = strcmp(text, "auto") == 0;
    if (ok)
        at += strlen(at);
    else
        ok = read_count(&at, &axes[0]) && (*at != ',' || (at++, read_count(&at, &axes[1])));
    if (!ok || (*at != '\0' && *at != ':') || strspn(at, ":,0123456789") < strlen(at))
        return refuse(row, text, error);
    for (int k = 0; k < 2; k++)
        o->axes[k] = (int)(axes[k] < SX_MAX_RANK ? axes[k] : SX_MAX_RANK);
    return true;
}

void sx_taylorcam_add_cam(struct sx_taylorcam_options *o, const char *name)
{
    for (int i = 0; i < o->n_cams; i++)
        if (strcmp(o->cam[i], name) == 0)
            return;
    if (o->n_cams < SX_MOST_CAMS)
        o->cam[o->n_cams++] = name;
}

static bool parse_gradcam(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    (void)row;
    (void)text;
    (void)error;
    sx_taylorcam_add_cam(options, sx_cam_name(0, NULL));
    return true;
}

/* Reads names of maps separated by commas, or "all". */
static bool parse_cams(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    (void)row;
    while (*text != '\0') {
        struct sx_nearest near = {.word = text};
        size_t n = strcspn(text, ",");
        const char *name;
        bool all = n == 3 && strncmp(text, "all", 3) == 0, found = false;
        for (int i = 0; (name = sx_cam_name(i, NULL)) != NULL; i++) {
            sx_nearest_offer(&near, name);
            if (all || (strlen(name) == n && strncmp(text, name, n) == 0)) {
                sx_taylorcam_add_cam(options, name);
                found = true;
            }
        }
        if (!found)
            return sx_fail(error, SX_USAGE, "no map '%.*s'%s", (int)(n < 40 ? n : 40), text,
                           sx_nearest_text(&near));
        text += n;
        text += *text == ',';
    }
    return true;
}

static const struct sx_option rows[] = {
    {.name = "layer",
     .argument = "TENSOR",
     .help = "relate places of this tensor; list: print the candidates",
     .kind = SX_OPTION_TENSOR,
     SX_FIELD(struct sx_taylorcam_options, layer)},
    {.name = "order",
     .argument = "N",
     .help = "size of relations: 2 places or 3",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_taylorcam_options, order),
     .initial = "2",
     .low = 2,
     .high = 3,
     .param = "order"},
    {.name = "form",
     .argument = "WHICH",
     .help = "formula of a relation",
     .kind = SX_OPTION_CHOICE,
     SX_FIELD(struct sx_taylorcam_options, form),
     .choices = "paper|basic|taylor|occlusion|ih",
     .initial = "paper",
     .param = "form"},
    {.name = "steps",
     .argument = "N",
     .help = "ih: number of points of the integral",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_taylorcam_options, steps),
     .initial = "20",
     .low = 1,
     .high = 1000,
     .param = "steps"},
    {.name = "signed",
     .help = "rank by the magnitude of signed effects, and keep their signs",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_taylorcam_options, is_signed),
     .param = "signed"},
    {.name = "diag",
     .argument = "WHICH",
     .help = "drop or keep the relation of a place to itself",
     .kind = SX_OPTION_EITHER,
     SX_FIELD(struct sx_taylorcam_options, diagonal),
     .choices = "drop|keep",
     .param = "diag"},
    {.name = "grid",
     .argument = "HxW",
     .help = "join places to a grid of H x W blocks",
     .kind = SX_OPTION_PARSED,
     .param = "grid",
     .parse = parse_grid,
     .put = put_grid},
    {.name = "axes",
     .argument = "E[:A]|auto",
     .help = "axes of the layer that count places; A: axes of attributes",
     .kind = SX_OPTION_PARSED,
     .initial = "auto",
     .param = "axes",
     .parse = parse_axes,
     .put = put_axes},
    {.name = "smooth",
     .argument = "MODE",
     .help = "none, softplus:B, gelu or surrogate:B in place of ReLU, Abs, ...",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct sx_taylorcam_options, smooth),
     .param = "smooth"},
    {.name = "allow-zero",
     .help = "do not fail if the model has no curvature",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_taylorcam_options, allow_zero)},
    {.name = "pairs",
     .argument = "N",
     .help = "number of relations that are listed and drawn",
     .kind = SX_OPTION_COUNT,
     SX_FIELD(struct sx_taylorcam_options, pairs),
     .initial = "5",
     .low = 1,
     .param = "pairs"},
    {.name = "from",
     .argument = "R,C",
     .help = "show the relations of the place in row R and column C",
     .kind = SX_OPTION_PARSED,
     .param = "from",
     .parse = parse_from,
     .put = put_from},
    {.name = "gradcam",
     .help = "add the map of Grad-CAM",
     .kind = SX_OPTION_PARSED,
     .parse = parse_gradcam},
    {.name = "cam",
     .argument = "LIST",
     .help = "add first-order maps by these names, or all",
     .kind = SX_OPTION_PARSED,
     .parse = parse_cams},
    {.name = "boxes",
     .argument = "FILE",
     .help = "name places by boxes of a file, and relate boxes",
     .kind = SX_OPTION_FILE,
     SX_FIELD(struct sx_taylorcam_options, boxes),
     .param = "boxes"},
    {.name = "deletion",
     .help = "add the rank correlation with effects of occlusion",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct sx_taylorcam_options, deletion)}};
const struct sx_options sx_taylorcam_table = {"Relations", rows, sizeof rows / sizeof rows[0]};

struct sx_taylorcam_options sx_taylorcam_defaults(void)
{
    struct sx_taylorcam_options o = {0};
    sx_option_defaults(&sx_taylorcam_table, &o);
    return o;
}
