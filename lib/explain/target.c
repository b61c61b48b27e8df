/* target.c - reads --target: an element of a tensor, the other class of one, or a sum. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/target.h"
#include "graph/build.h"
#include "io/io.h"

/* The explained tensor, and the names of its classes. */
struct scene {
    const struct sx_graph *g;
    int y, class_axis;
    struct sx_classes classes;
    char *const *labels;
    size_t n_labels;
    const char *target; /* the whole argument, for messages */
};

static const struct sx_shape *shape_of(const struct scene *s)
{
    return &s->g->node[s->y].shape;
}

/* Writes "0 to 9", and as many labels as fit: ": zero, one, ...". */
static const char *valid_targets(const struct scene *s, char text[120])
{
    size_t at = s->classes.n == 1
                    ? (size_t)snprintf(text, 120, "0")
                    : (size_t)snprintf(text, 120, "0 to %lld", (long long)s->classes.n - 1);
    for (size_t i = 0; i < s->n_labels; i++) {
        bool fits = at + strlen(s->labels[i]) + 8 < 120;
        at += (size_t)snprintf(text + at, 120 - at, "%s%.80s", i == 0 ? ": " : ", ",
                               fits ? s->labels[i] : "...");
        if (!fits)
            break;
    }
    return text;
}

static bool unknown(const struct scene *s, struct sx_error *error)
{
    char valid[120];
    struct sx_nearest near = {.word = s->target};
    for (size_t i = 0; i < s->n_labels; i++)
        sx_nearest_offer_one(&near, s->labels[i]);
    return sx_fail(error, SX_USAGE,
                   "target '%.80s' is neither an index nor a label%s%s; valid: %s", s->target,
                   s->n_labels == 0 ? " (none are given: --labels=FILE)" : "",
                   sx_nearest_text(&near), valid_targets(s, valid));
}

static bool read_integer(const char *text, size_t n, int64_t *value)
{
    char copy[24], *end;
    if (n == 0 || n >= sizeof copy || isspace((unsigned char)*text))
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    errno = 0;
    *value = strtoll(copy, &end, 10);
    return *end == '\0' && errno == 0;
}

/* Finds the class of a name: *k, -1 if there is none. A name of two classes is refused. */
static bool find_label(const struct scene *s, const char *text, size_t n, int64_t *k,
                       struct sx_error *error)
{
    *k = -1;
    for (size_t i = 0; i < s->n_labels; i++) {
        if (strlen(s->labels[i]) != n || memcmp(s->labels[i], text, n) != 0)
            continue;
        if (*k >= 0)
            return sx_fail(error, SX_USAGE, "'%.80s' names two classes, %lld and %zu",
                           s->labels[i], (long long)*k, i);
        *k = (int64_t)i;
    }
    return true;
}

/* ---- Indices ---- */

/* Per axis: an index, or -1 for the whole axis. */
struct region {
    int64_t at[SX_MAX_RANK];
    bool other; /* the text is the name of the class that a single logit does not stand for */
};

/* Reads one axis: an integer, counted from the end if negative; "*"; or at the axis of classes a
 * label. */
static bool read_place(const struct scene *s, const char *text, size_t n, int axis, bool stars,
                       struct region *r, struct sx_error *error)
{
    int64_t size = shape_of(s)->dim[axis], k;
    r->at[axis] = -1;
    if (stars && n == 1 && *text == '*')
        return true;
    if (!read_integer(text, n, &k)) {
        if (axis != s->class_axis)
            return unknown(s, error);
        if (!find_label(s, text, n, &k, error))
            return false;
        if (k < 0)
            return unknown(s, error);
        r->other = s->classes.n == 1 && s->n_labels == 2 && k == 0;
        k = s->classes.n == 1 ? 0 : k;
    }
    if (k < -size || k >= size)
        return sx_fail(error, SX_USAGE, "target '%.80s': %lld is not one of %lld", s->target,
                       (long long)k, (long long)size);
    r->at[axis] = k < 0 ? k + size : k;
    return true;
}

/* Reads indices separated by commas, one per axis; a batch axis of 1 may be omitted. */
static bool read_region(const struct scene *s, const char *text, bool stars, struct region *r,
                        struct sx_error *error)
{
    const struct sx_shape *shape = shape_of(s);
    int n = 1, axis = 0;
    for (const char *p = text; *p != '\0'; p++)
        n += *p == ',';
    *r = (struct region){{0}, false};
    if (n == shape->rank - 1 && shape->dim[0] == 1)
        axis = 1;
    else if (n != shape->rank)
        return sx_fail(error, SX_USAGE, "target '%.80s': %d ind%s for %d axes", s->target, n,
                       n == 1 ? "ex" : "ices", shape->rank);
    for (; axis < shape->rank; axis++) {
        size_t length = strcspn(text, ",");
        if (!read_place(s, text, length, axis, stars, r, error))
            return false;
        text += length + (text[length] == ',');
    }
    return true;
}

static int64_t flat_index(const struct sx_shape *shape, const int64_t *at)
{
    int64_t index = 0;
    for (int k = 0; k < shape->rank; k++)
        index = index * shape->dim[k] + at[k];
    return index;
}

/* ---- One element ---- */

static bool read_flat(const struct scene *s, int64_t k, struct sx_aim *aim,
                      struct sx_error *error)
{
    int64_t n = s->classes.count;
    char valid[120];
    if (n == 1 && k != 0 && k != -1)
        return sx_fail(error, SX_USAGE, "target %lld is not the only output, which is 0",
                       (long long)k);
    if (k < -n || k >= n)
        return sx_fail(error, SX_USAGE, "target %lld is not one of the %lld outputs%s%s",
                       (long long)k, (long long)n, n == s->classes.n ? ", " : "",
                       n == s->classes.n ? valid_targets(s, valid) : "");
    aim->index = k < 0 ? k + n : k;
    return true;
}

/* Aims at class k. That is an element only if the tensor has one place. */
static bool take_class(const struct scene *s, int64_t k, struct sx_aim *aim,
                       struct sx_error *error)
{
    int64_t places = s->classes.count / s->classes.n;
    if (places > 1)
        return sx_fail(error, SX_USAGE,
                       "target '%.80s' is a class of %lld places: say which, or sum:, by "
                       "indices",
                       s->target, (long long)places);
    aim->other = s->classes.n == 1 && s->n_labels == 2 && k == 0;
    aim->index = s->classes.n == 1 ? 0 : k;
    return true;
}

/* Reads an element. A label is tried before indices, because labels may contain commas. */
static bool read_element(const struct scene *s, const char *text, struct sx_aim *aim,
                         struct sx_error *error)
{
    int64_t k;
    struct region r;
    if (read_integer(text, strlen(text), &k))
        return read_flat(s, k, aim, error);
    if (!find_label(s, text, strlen(text), &k, error))
        return false;
    if (k >= 0)
        return take_class(s, k, aim, error);
    if (strchr(text, ',') == NULL)
        return unknown(s, error);
    if (!read_region(s, text, false, &r, error))
        return false;
    aim->index = flat_index(shape_of(s), r.at);
    aim->other = r.other;
    return true;
}

/* Reads not:K. Elements have another class if each is one of two classes: a single logit, or
 * Sigmoids. */
static bool read_other(const struct scene *s, const char *text, struct sx_aim *aim,
                       struct sx_error *error)
{
    struct sx_ending end;
    sx_find_ending(s->g, s->y, &end);
    if (!read_element(s, text, aim, error))
        return false;
    aim->other = !aim->other;
    if (end.op == SX_SIGMOID || (s->classes.n == 1 && end.op == SX_NONE))
        return true;
    return sx_fail(error, SX_USAGE,
                   "target '%.80s': only a single logit, or a sigmoid, has an other class",
                   s->target);
}

/* ---- Sums ---- */

static bool add_element(struct sx_aim *aim, int64_t at, double weight)
{
    aim->at[aim->n] = at;
    aim->weight[aim->n++] = weight;
    return weight != 1;
}

static bool room_for_sum(struct sx_aim *aim, int64_t count, struct sx_error *error)
{
    aim->at = sx_new((size_t)count, sizeof *aim->at, error);
    aim->weight = sx_new((size_t)count, sizeof *aim->weight, error);
    return aim->at != NULL && aim->weight != NULL;
}

static void drop_weights(struct sx_aim *aim)
{
    free(aim->weight);
    aim->weight = NULL;
}

static bool sum_region(const struct scene *s, const struct region *r, struct sx_aim *aim,
                       struct sx_error *error)
{
    const struct sx_shape *shape = shape_of(s);
    if (r->other)
        return sx_fail(error, SX_USAGE, "target '%.80s': no sum of other classes", s->target);
    if (!room_for_sum(aim, s->classes.count, error))
        return false;
    for (int64_t i = 0; i < s->classes.count; i++) {
        bool in = true;
        int64_t rest = i;
        for (int k = shape->rank - 1; k >= 0; rest /= shape->dim[k--])
            in = in && (r->at[k] < 0 || r->at[k] == rest % shape->dim[k]);
        if (in)
            add_element(aim, i, 1);
    }
    drop_weights(aim);
    return true;
}

/* Whether two shapes are equal, apart from batch axes of 1. */
static bool same_but_batch(const struct sx_shape *a, const struct sx_shape *b)
{
    int i = a->rank > b->rank && a->dim[0] == 1, j = b->rank > a->rank && b->dim[0] == 1;
    if (a->rank - i != b->rank - j)
        return false;
    for (; i < a->rank; i++, j++)
        if (a->dim[i] != b->dim[j])
            return false;
    return true;
}

/* Reads weights of a sum. Elements of weight 0 are omitted, whatever their values. */
static bool sum_weights(const struct scene *s, const struct sx_tensor *t, struct sx_aim *aim,
                        struct sx_error *error)
{
    bool weighted = false;
    if (!same_but_batch(&t->shape, shape_of(s)))
        return sx_fail(error, SX_USAGE,
                       "target '%.80s': %lld weights, not of the shape of the %lld outputs",
                       s->target, (long long)sx_count(&t->shape), (long long)s->classes.count);
    if (!room_for_sum(aim, s->classes.count, error))
        return false;
    for (int64_t i = 0; i < s->classes.count; i++) {
        double weight = sx_tensor_get(t, i);
        if (!isfinite(weight))
            return sx_fail(error, SX_USAGE, "target '%.80s': weight %lld is not finite",
                           s->target, (long long)i);
        if (weight != 0)
            weighted = add_element(aim, i, weight) || weighted;
    }
    if (!weighted)
        drop_weights(aim);
    return aim->n > 0 ||
           sx_fail(error, SX_USAGE, "target '%.80s': every weight is 0", s->target);
}

/* Reads a sum: indices and "*", or else a file. */
static bool read_sum(const struct scene *s, const char *text, struct sx_aim *aim,
                     struct sx_error *error)
{
    struct region r;
    struct sx_error why = {0};
    struct sx_tensor t = {0};
    size_t n = strlen(text);
    bool file = n > 4 && strcmp(text + n - 4, ".npy") == 0;
    if (!file)
        return read_region(s, text, true, &r, error) && sum_region(s, &r, aim, error);
    bool ok = sx_tensor_read(&t, text, NULL, &why);
    if (!ok)
        sx_fail(error, why.status, "%.80s: %.180s", text, why.message);
    ok = ok && sum_weights(s, &t, aim, error);
    sx_tensor_free(&t);
    return ok;
}

/* ---- Any ---- */

bool sx_aim_read(struct sx_aim *aim, const struct sx_graph *g, int y,
                 const struct sx_explain_options *options, struct sx_error *error)
{
    const char *target = options->target;
    struct scene s = {.g = g,
                      .y = y,
                      .class_axis = sx_class_axis(g, y),
                      .classes = sx_classes_of(g, y),
                      .labels = options->labels,
                      .n_labels = options->n_labels,
                      .target = target};
    int64_t label = -1;
    *aim = (struct sx_aim){.largest = target == NULL || strcmp(target, "argmax") == 0};
    if (aim->largest)
        return true;
    if (!read_integer(target, strlen(target), &label) &&
        !find_label(&s, target, strlen(target), &label, error))
        return false;
    if (label < 0 && strncmp(target, "not:", 4) == 0)
        return read_other(&s, target + 4, aim, error);
    if (label < 0 && strncmp(target, "sum:", 4) == 0)
        return read_sum(&s, target + 4, aim, error);
    return read_element(&s, target, aim, error);
}

void sx_aim_free(struct sx_aim *aim)
{
    free(aim->at);
    free(aim->weight);
    *aim = (struct sx_aim){0};
}

static int weights_of(const struct sx_aim *aim, struct sx_graph *g)
{
    const struct sx_shape shape = {1, {aim->n}};
    struct sx_tensor weights = {SX_DOUBLE, shape, aim->weight}, real = {0};
    int node = SX_NONE;
    if (sx_tensor_convert(&real, g->real, &weights, &g->error))
        node = sx_const(g, g->real, &shape, real.data);
    sx_tensor_free(&real);
    return node;
}

int sx_aim_node(const struct sx_aim *aim, struct sx_graph *g, int scores, int pick)
{
    const struct sx_shape scalar = {0};
    struct sx_shape flat = {1, {sx_count(&g->node[scores].shape)}}, some = {1, {aim->n}};
    int all = sx_reshape(g, scores, &flat);
    if (aim->n == 0)
        return sx_reshape(g, sx_take(g, all, pick, 0, false), &scalar);
    if (aim->n < flat.dim[0])
        all = sx_take(g, all, sx_const(g, SX_INT, &some, aim->at), 0, false);
    if (aim->weight != NULL)
        all = sx_mul(g, all, weights_of(aim, g));
    return sx_sum_all(g, all);
}
