/* study.c - a study of interactions: rows come in, sets are searched, evaluated and ranked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

static bool read_sets(const char *path, bool *are, struct sx_sets *sets, struct sx_error *error)
{
    *are = path != NULL;
    return path == NULL || sx_sets_read(sets, path, error);
}

struct sx_study *sx_study_new(const struct sx_study_options *options, struct sx_error *error)
{
    struct sx_study *h = sx_new(1, sizeof *h, error);
    if (h == NULL)
        return NULL;
    h->o = options != NULL ? *options : sx_study_defaults();
    h->gather = sx_study_gather(&h->o);
    h->gather = h->gather != SX_GATHER_NONE ? h->gather : SX_GATHER_MEDIAN;
    h->method = sx_study_find(h->o.method, error);
    if (h->method != NULL && read_sets(h->o.pairs, &h->given, &h->sets, error) &&
        read_sets(h->o.truth, &h->known, &h->truth, error))
        return h;
    sx_study_free(h);
    return NULL;
}

void sx_study_background(struct sx_study *h, const double *points, int64_t n)
{
    h->background = n > 0 ? points : NULL;
    h->n_background = n;
}

const struct sx_players *sx_study_players(const struct sx_study *h)
{
    return h->players;
}

static void forget_programs(struct sx_study *h)
{
    for (int m = 0; m <= SX_MAX_ORDER; m++) {
        sx_whole_free(h->whole[m]);
        sx_rows_free(h->rows[m]);
        h->whole[m] = NULL;
        h->rows[m] = NULL;
        sx_level_free(&h->level[m]);
    }
    sx_players_free(h->players);
    h->players = NULL;
}

/* Forgets the results of the last run. Lists of all sets of a size are kept for the next one. */
static void forget_levels(struct sx_study *h)
{
    for (int m = 0; m <= SX_MAX_ORDER; m++)
        if (h->level[m].all)
            sx_level_reset(&h->level[m]);
        else
            sx_level_free(&h->level[m]);
    free(h->item);
    h->item = NULL;
    h->evaluated = h->skipped = 0;
    h->beam = false;
}

void sx_study_free(struct sx_study *h)
{
    if (h == NULL)
        return;
    forget_programs(h);
    forget_levels(h);
    sx_samples_free(h);
    sx_sets_free(&h->sets);
    sx_sets_free(&h->truth);
    free(h);
}

/* ---- Rows ---- */

static bool check_curvature(struct sx_study *h, struct sx_error *error)
{
    const char *op = NULL;
    bool curved, smoothed;
    if (!h->method->curved || h->o.order < 2)
        return true;
    if (!sx_deriv_curved(h->e, &curved, error))
        return false;
    h->flat = !curved;
    if (curved || h->o.allow_zero)
        return true;
    sx_explainer_kink(h->e, 0, &op, &smoothed);
    return sx_fail(error, SX_MODEL,
                   "every second derivative is zero%s%s: nothing interacts locally; use "
                   "%s--method=fd, or --allow-zero",
                   op != NULL ? ", for the network is piecewise linear: " : "",
                   op != NULL ? op : "",
                   h->e->smooth.kind == SX_SMOOTH_NONE ? "--smooth=softplus:10, " : "");
}

/* Makes the players for the shapes of the explainer, and checks the options against them. */
static bool prepare(struct sx_study *h, struct sx_error *error)
{
    if (h->method->pairs && h->o.order != 2)
        return sx_fail(error, SX_USAGE, "method %s knows pairs only", h->method->name);
    if (h->builds == h->e->builds && h->players != NULL)
        return true;
    if (h->n > 0)
        return sx_fail(error, SX_FAILED, "has another shape than the samples before it");
    forget_programs(h);
    h->builds = h->e->builds;
    h->size = sx_count(&h->e->input.shape);
    const char *features = h->o.players;
    if (strcmp(features, "pixels") == 0)
        features = "patches:1x1";
    h->players = sx_explainer_players(h->e, features, h->o.layout, error);
    if (h->players == NULL)
        return false;
    h->q = h->players->count;
    h->elements = h->q == h->size;
    for (int64_t i = 0; h->elements && i < h->size; i++)
        h->elements = h->players->label[i] == i;
    if (h->o.names > 0 && h->o.names != h->q)
        return sx_fail(error, SX_USAGE, "%lld names for %lld features", (long long)h->o.names,
                       (long long)h->q);
    if (h->q > INT32_MAX / 2)
        return sx_fail(error, SX_USAGE, "%lld features are too many", (long long)h->q);
    return check_curvature(h, error);
}

bool sx_study_add(struct sx_study *h, struct sx_explainer *e, const double *baseline,
                  struct sx_error *error)
{
    h->e = e;
    h->steps = h->o.steps > 0 ? h->o.steps : h->method->steps;
    if (h->method->baseline && baseline == NULL)
        return sx_fail(error, SX_USAGE, "method %s needs a baseline", h->method->name);
    bool kept = h->method->baseline || h->o.direction == SX_DIRECTION_DELTA;
    double shift;
    if (!prepare(h, error) || !sx_samples_add(h, kept ? baseline : NULL, error) ||
        !sx_explainer_shift(e, &shift, error))
        return false;
    h->shift = h->n == 1 || fabs(shift) > fabs(h->shift) ? shift : h->shift;
    return true;
}

/* ---- Evaluation ---- */

/* A row that counts, and its target. */
struct pick {
    int64_t target, row;
};

static int compare_picks(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rows that count, sorted by target. */
static struct pick *pick_rows(const struct sx_study *h, int64_t *n, struct sx_error *error)
{
    *n = h->n_chosen > 0 ? h->n_chosen : h->n;
    if (h->method->constant && *n > 1)
        *n = 1;
    struct pick *pick = sx_new((size_t)*n, sizeof *pick, error);
    for (int64_t k = 0; pick != NULL && k < *n; k++) {
        int64_t row = h->n_chosen > 0 ? h->chosen[k] : k;
        pick[k] = (struct pick){h->target[row], row};
    }
    if (pick != NULL)
        qsort(pick, (size_t)*n, sizeof *pick, compare_picks);
    return pick;
}

/* Buffers of one block of rows. */
struct block {
    int64_t room;
    double *x, *baseline, *values;
};

static bool block_new(struct block *b, const struct sx_study *h, const struct sx_level *l,
                      int64_t n, struct sx_error *error)
{
    /* As many rows as have 32 MB of values, or of the tensors that the values come from. */
    int64_t one = l->n > h->size ? l->n : h->size;
    for (int64_t m = 0, cells = 1; m < l->order && m < 3; m++, cells *= h->q)
        one = one > cells * h->q ? one : cells * h->q;
    b->room = ((int64_t)1 << 22) / (one > 0 ? one : 1);
    b->room = b->room < 1 ? 1 : b->room > 256 ? 256 : b->room > n ? n : b->room;
    b->x = sx_new_aligned((size_t)b->room * (size_t)h->size, sizeof *b->x, error);
    b->baseline = sx_new_aligned((size_t)b->room * (size_t)h->size, sizeof *b->x, error);
    b->values = sx_new_aligned((size_t)b->room * (size_t)l->n, sizeof *b->values, error);
    return b->x != NULL && b->baseline != NULL && b->values != NULL;
}

static bool evaluate_block(struct sx_study *h, struct sx_level *l, struct block *b,
                           const struct pick *pick, int64_t n, struct sx_tally *tally,
                           struct sx_error *error)
{
    size_t bytes = (size_t)h->size * sizeof *b->x;
    for (int64_t k = 0; k < n; k++) {
        memcpy(b->x + k * h->size, h->x + pick[k].row * h->size, bytes);
        if (h->baseline != NULL)
            memcpy(b->baseline + k * h->size, h->baseline + pick[k].row * h->size, bytes);
    }
    const struct sx_study_rows rows = {n, b->x, h->baseline != NULL ? b->baseline : NULL};
    h->e->pick = pick[0].target;
    if (!h->method->evaluate(h, l, &rows, b->values, error))
        return false;
    for (int64_t k = 0; k < n; k++)
        sx_tally_add(tally, l, b->values + k * l->n);
    return true;
}

static bool evaluate_level(struct sx_study *h, struct sx_level *l, const struct pick *pick,
                           int64_t n, struct sx_error *error)
{
    struct sx_tally tally = {0};
    struct block b = {0};
    bool ok = sx_tally_begin(&tally, l, h->gather, h->o.is_signed, n, h->e->options.max_memory,
                             error) &&
              block_new(&b, h, l, n, error);
    int64_t index = h->e->pick;
    for (int64_t done = 0, now; ok && l->n > 0 && done < n; done += now) {
        for (now = 1;
             now < b.room && done + now < n && pick[done + now].target == pick[done].target;)
            now++;
        ok = evaluate_block(h, l, &b, pick + done, now, &tally, error);
    }
    h->e->pick = index;
    sx_tally_end(&tally, l);
    free(b.x);
    free(b.baseline);
    free(b.values);
    h->evaluated += l->n;
    return ok;
}

/* Whether the search of larger sets looks at single features first. */
static bool wants_singles(const struct sx_study *h)
{
    return h->o.order == 1 || (!h->given && sx_level_count(h->q, 2) > h->o.max_sets);
}

static bool evaluate(struct sx_study *h, struct sx_error *error)
{
    int64_t n;
    struct pick *pick = pick_rows(h, &n, error);
    bool ok = pick != NULL;
    for (int m = 1; ok && m <= h->o.order && m <= h->q; m++) {
        if (m == 1 && !wants_singles(h))
            continue;
        ok = sx_search_level(h, m, error) && evaluate_level(h, &h->level[m], pick, n, error);
    }
    free(pick);
    return ok;
}

/* ---- Ranking ---- */

/* A set's rank and place: order, then number within its level. */
struct key {
    double strength;
    int order;
    int64_t set;
};

/* Strongest first, NaN last. Among equals smaller sets come first, then earlier ones. */
static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->strength != y->strength)
        return x->strength > y->strength ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->set > y->set) - (x->set < y->set);
}

static bool rank(struct sx_study *h, struct sx_effects *result, struct sx_error *error)
{
    int64_t n = 0, at = 0;
    int least = h->o.order == 1 ? 1 : 2;
    for (int m = least; m <= h->o.order; m++)
        n += h->level[m].n;
    struct key *key = sx_new((size_t)n, sizeof *key, error);
    h->item = sx_new((size_t)n, sizeof *h->item, error);
    if (key == NULL || h->item == NULL) {
        free(key);
        return false;
    }
    for (int m = least; m <= h->o.order; m++)
        for (int64_t k = 0; k < h->level[m].n; k++) {
            double strength = fabs(h->level[m].strength[k]);
            key[at++] = (struct key){isnan(strength) ? -1 : strength, m, k};
        }
    qsort(key, (size_t)n, sizeof *key, compare_keys);
    for (int64_t i = 0; i < n; i++) {
        const struct sx_level *l = &h->level[key[i].order];
        int64_t k = key[i].set;
        h->item[i] = (struct sx_effect){.set = l->set + k * l->order,
                                        .order = l->order,
                                        .strength = fabs(l->strength[k]),
                                        .mean = l->mean[k],
                                        .std = l->std[k],
                                        .min = l->min[k],
                                        .max = l->max[k]};
    }
    free(key);
    bool all_zero = h->method->curved;
    for (int64_t k = 0; all_zero && k < n; k++)
        all_zero = h->item[k].strength == 0;
    *result = (struct sx_effects){.item = h->item,
                                  .n = n,
                                  .features = h->q,
                                  .rows = h->n,
                                  .steps = h->steps,
                                  .n_representatives = h->n_chosen,
                                  .evaluated = h->evaluated,
                                  .skipped = h->skipped,
                                  .beam = h->beam,
                                  .shift = h->shift,
                                  .zero_curvature = h->flat || (all_zero && n > 0),
                                  .r_precision = NAN};
    for (int m = 0; m <= SX_MAX_ORDER; m++)
        result->auc[m] = NAN;
    memcpy(result->representative, h->chosen, sizeof h->chosen);
    if (h->known && !sx_study_score(result, (int)h->o.order, &h->truth, error))
        return false;
    if (h->o.maximal)
        result->n = sx_study_prune(h->item, n);
    return true;
}

bool sx_study_run(struct sx_study *h, struct sx_effects *result, struct sx_error *error)
{
    *result = (struct sx_effects){0};
    forget_levels(h);
    if (h->n == 0)
        return sx_fail(error, SX_FAILED, "there are no samples");
    bool ok = sx_samples_choose(h, error) && sx_samples_units(h, error) && evaluate(h, error) &&
              rank(h, result, error) && (!h->o.check || sx_study_check(h, result, error));
    h->n = 0;
    return ok;
}

/* ---- Tensors ---- */

bool sx_study_tensor(struct sx_study *h, struct sx_tensor *tensor, struct sx_error *error)
{
    const int order = (int)h->o.order;
    struct sx_shape shape = {.rank = order};
    int64_t cells;
    for (int m = 0; m < shape.rank; m++)
        shape.dim[m] = h->q;
    *tensor = (struct sx_tensor){0};
    if (h->n == 0)
        return sx_fail(error, SX_FAILED, "there are no samples");
    if (!sx_shape_count(&shape, &cells, &(struct sx_error){0}))
        return sx_over_limit(error, "%lld features to the power of %d are too many",
                             (long long)h->q, (int)h->o.order);
    if (!sx_tensor_new(tensor, SX_DOUBLE, &shape, error))
        return false;
    struct sx_effects result;
    const double *x = h->x + (h->n - 1) * h->size;
    const double *b = h->baseline != NULL ? h->baseline + (h->n - 1) * h->size : NULL;
    const struct sx_study_rows last = {1, x, b};
    bool ok;
    if (h->method->tensor != NULL) {
        ok = sx_samples_units(h, error) &&
             h->method->tensor(h, order, &last, tensor->data, error);
        h->n = 0;
    } else {
        ok = sx_study_run(h, &result, error);
        for (int64_t k = 0; ok && k < result.n; k++) {
            int64_t index[SX_MAX_ORDER];
            for (int m = 0; m < result.item[k].order; m++)
                index[m] = result.item[k].set[m];
            if (result.item[k].order == order)
                sx_set_symmetric(tensor->data, h->q, order, index, result.item[k].mean);
        }
    }
    if (!ok)
        sx_tensor_free(tensor);
    return ok;
}
