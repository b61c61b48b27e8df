/* data.c - which samples are held back for validation, and which a step sees. */
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

/* Fisher-Yates shuffle. Each draw is a function of (seed, stream, position). */
void sx_flint_shuffle(int64_t *order, int64_t n, uint64_t seed, uint64_t stream)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        double u = sx_random_uniform(seed, stream, (uint64_t)i);
        int64_t k = (int64_t)(u * (double)(i + 1)), held = order[i];
        order[i] = order[k];
        order[k] = held;
    }
}

static int by_number(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Holds back the first samples of a shuffled list. Both parts keep the order of the data. */
static bool hold_back(struct sx_flint_fit *fit, int64_t n, int64_t held, struct sx_error *error)
{
    int64_t *list = sx_new((size_t)n, sizeof *list, error);
    fit->rows = sx_new((size_t)n, sizeof *fit->rows, error);
    fit->validation = sx_new((size_t)n, sizeof *fit->validation, error);
    bool ok = list != NULL && fit->rows != NULL && fit->validation != NULL;
    if (ok) {
        sx_flint_shuffle(list, n, fit->options.seed, SX_FLINT_SPLIT);
        qsort(list, (size_t)held, sizeof *list, by_number);
        qsort(list + held, (size_t)(n - held), sizeof *list, by_number);
        memcpy(fit->validation, list, (size_t)held * sizeof *list);
        memcpy(fit->rows, list + held, (size_t)(n - held) * sizeof *list);
        fit->n_validation = held;
        fit->n_rows = n - held;
    }
    free(list);
    return ok;
}

static bool check_labels(const int64_t *y, int64_t n, int64_t classes, struct sx_error *error)
{
    for (int64_t i = 0; y != NULL && i < n; i++)
        if (y[i] < 0 || y[i] >= classes)
            return sx_fail(error, SX_FAILED,
                           "label %lld of sample %lld is none of %lld classes", (long long)y[i],
                           (long long)i, (long long)classes);
    return true;
}

struct member {
    int64_t group, row;
};

static int by_group(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->group != y->group)
        return (x->group > y->group) - (x->group < y->group);
    return (x->row > y->row) - (x->row < y->row);
}

/* Numbers the groups from 0. Returns their number; 0: out of memory. */
static int64_t number_groups(const int64_t *group, int64_t n, int64_t *number,
                             struct sx_error *error)
{
    struct member *m = sx_new((size_t)n, sizeof *m, error);
    int64_t groups = 0;
    if (m == NULL)
        return 0;
    for (int64_t i = 0; i < n; i++)
        m[i] = (struct member){group[i], i};
    qsort(m, (size_t)n, sizeof *m, by_group);
    for (int64_t i = 0; i < n; i++) {
        groups += i == 0 || m[i - 1].group != m[i].group;
        number[m[i].row] = groups - 1;
    }
    free(m);
    return groups;
}

/* Holds back the first groups of a shuffled list until they have at least `held` samples. One group
 * always remains for training. */
static bool hold_groups(struct sx_flint_fit *fit, int64_t n, int64_t held,
                        struct sx_error *error)
{
    int64_t *number = sx_new((size_t)n, sizeof *number, error), taken = 0;
    int64_t *list = sx_new((size_t)n, sizeof *list, error);
    bool *back = sx_new((size_t)n, sizeof *back, error);
    fit->rows = sx_new((size_t)n, sizeof *fit->rows, error);
    fit->validation = sx_new((size_t)n, sizeof *fit->validation, error);
    bool ok = number != NULL && list != NULL && back != NULL && fit->rows != NULL &&
              fit->validation != NULL;
    int64_t groups = ok ? number_groups(fit->data.group, n, number, error) : 0;
    if (groups > 0) {
        sx_flint_shuffle(list, groups, fit->options.seed, SX_FLINT_SPLIT);
        for (int64_t k = 0; k + 1 < groups && taken < held; k++) {
            back[list[k]] = true;
            for (int64_t i = 0; i < n; i++)
                taken += number[i] == list[k];
        }
        for (int64_t i = 0; i < n; i++)
            if (back[number[i]])
                fit->validation[fit->n_validation++] = i;
            else
                fit->rows[fit->n_rows++] = i;
    }
    free(number);
    free(list);
    free(back);
    return groups > 0;
}

bool sx_flint_split(struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_flint_data *d = &fit->data;
    int64_t n = sx_dataset_count(d->x), held = 0;
    if (d->validation_x == NULL)
        held = (int64_t)(fit->options.validation * (double)n);
    bool grouped = d->group != NULL && held > 0;
    if (!check_labels(d->y, n, fit->source.classes, error) ||
        !(grouped ? hold_groups : hold_back)(fit, n, held, error))
        return false;
    if (d->validation_x != NULL) {
        int64_t more = sx_dataset_count(d->validation_x);
        if (!sx_shape_equal(sx_dataset_shape(d->x), sx_dataset_shape(d->validation_x)))
            return sx_fail(error, SX_FAILED, "validation samples have another shape");
        if (!check_labels(d->validation_y, more, fit->source.classes, error))
            return sx_fail_at(error, "validation");
        free(fit->validation);
        fit->validation = sx_new((size_t)more, sizeof *fit->validation, error);
        fit->n_validation = fit->validation != NULL ? more : 0;
        for (int64_t i = 0; i < fit->n_validation; i++)
            fit->validation[i] = i;
    }
    fit->order = sx_new((size_t)fit->n_rows, sizeof *fit->order, error);
    if (fit->order == NULL || fit->validation == NULL)
        return false;
    return fit->n_rows >= 2 || sx_fail(error, SX_FAILED, "too few samples to train on");
}

/* ---- Feeding a step ---- */

/* mask[i] is 0 with probability p, else 1 / (1 - p). */
static void draw_mask(const struct sx_flint_fit *fit, struct sx_flint_stepper *s)
{
    float *mask = s->feed[s->mask].data;
    double p = fit->options.h_dropout;
    uint64_t stream = SX_FLINT_DROPOUT + (uint64_t)fit->steps;
    for (int64_t i = 0; i < sx_count(&s->feed[s->mask].shape); i++) {
        bool kept = sx_random_uniform(fit->options.seed, stream, (uint64_t)i) >= p;
        mask[i] = kept ? (float)(1 / (1 - p)) : 0;
    }
}

static void copy_cached(const struct sx_flint_fit *fit, struct sx_flint_stepper *s,
                        int64_t from, int64_t to)
{
    const struct sx_flint_cache *c = &fit->cache;
    int64_t classes = fit->f.classes;
    for (int k = 0; k < fit->f.n_layers; k++)
        memcpy((float *)s->feed[s->layers + k].data + to * c->size[k],
               c->layer[k] + from * c->size[k], (size_t)c->size[k] * sizeof(float));
    memcpy((float *)s->feed[s->teacher].data + to * classes, c->teacher + from * classes,
           (size_t)classes * sizeof(float));
}

bool sx_flint_load(struct sx_flint_fit *fit, struct sx_flint_stepper *s, int64_t first,
                   struct sx_error *error)
{
    int64_t size = sx_count(&fit->f.x), classes = fit->f.classes;
    if (s->labels >= 0)
        memset(s->feed[s->labels].data, 0, (size_t)(s->batch * classes) * sizeof(float));
    for (int64_t i = 0; i < s->batch; i++) {
        int64_t k = fit->order[first + i], row = fit->rows[k];
        float *x = (float *)s->feed[s->x].data + i * size;
        if (!sx_dataset_read(fit->data.x, row, x, error))
            return false;
        sx_flint_augment(fit, row, x, fit->forward.row);
        if (s->labels >= 0)
            ((float *)s->feed[s->labels].data)[i * classes + fit->data.y[row]] = 1;
        if (s->layers >= 0)
            copy_cached(fit, s, k, i);
    }
    if (s->mask >= 0)
        draw_mask(fit, s);
    return true;
}
