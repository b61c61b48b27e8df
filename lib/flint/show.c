/* show.c - the samples that show an attribute of a class, and their maximised forms. */
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

/* Finds the pairs that were asked for, or else the best ones. */
static bool find_pairs(struct sx_flint_shown *s, const struct sx_flint *flint,
                       const struct sx_flint_survey *survey, const struct sx_flint_look *look,
                       struct sx_error *error)
{
    int64_t n = sx_flint_attributes(flint);
    if (look->n_asked == 0) {
        s->pair = sx_flint_best_pairs(flint, survey, look->tau, look->top, &s->n_pairs, error);
        return s->pair != NULL &&
               (s->n_pairs > 0 ||
                sx_fail(error, SX_FAILED,
                        "no attribute is relevant for a class: try a larger --tau"));
    }
    s->pair = sx_new((size_t)look->n_asked, sizeof *s->pair, error);
    for (int64_t k = 0; s->pair != NULL && k < look->n_asked; k++) {
        struct sx_flint_pair p = look->asked[k];
        if (p.of_class >= sx_flint_classes(flint) || p.attribute >= n)
            return sx_fail(error, SX_USAGE,
                           "--pair: %lld:%lld is none of classes 0 to %lld and attributes 0 to "
                           "%lld",
                           (long long)p.of_class, (long long)p.attribute,
                           (long long)sx_flint_classes(flint) - 1, (long long)n - 1);
        p.r = survey->relevance[p.of_class * n + p.attribute];
        s->pair[s->n_pairs++] = p;
    }
    return s->pair != NULL;
}

/* Reads the samples of all pairs, one after the other. */
static bool gather(struct sx_flint_shown *s, struct sx_dataset *x, int64_t mas,
                   struct sx_error *error)
{
    size_t n = (size_t)(s->n_pairs * mas), size, all;
    s->sample = *sx_dataset_shape(x);
    size = (size_t)sx_count(&s->sample);
    if (!sx_size_mul(&all, n, size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    s->row = sx_new(n, sizeof *s->row, error);
    s->attribute = sx_new(n, sizeof *s->attribute, error);
    s->climbed = sx_new(n, sizeof *s->climbed, error);
    s->x = sx_new(all, sizeof *s->x, error);
    s->changed = sx_new(all, sizeof *s->changed, error);
    if (s->row == NULL || s->attribute == NULL || s->climbed == NULL || s->x == NULL ||
        s->changed == NULL)
        return false;
    for (int64_t k = 0; k < s->n_pairs; k++)
        for (int64_t i = 0; i < s->pair[k].n; i++, s->n++) {
            s->row[s->n] = s->pair[k].row[i];
            s->attribute[s->n] = s->pair[k].attribute;
            if (!sx_dataset_read(x, s->row[s->n], s->x + (size_t)s->n * size, error))
                return false;
        }
    memcpy(s->changed, s->x, (size_t)s->n * size * sizeof *s->x);
    return true;
}

bool sx_flint_show(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                   const struct sx_flint_survey *survey, const struct sx_flint_look *look,
                   struct sx_flint_shown *s, struct sx_error *error)
{
    *s = (struct sx_flint_shown){.with_am = look->with_am, .am = look->am};
    bool ok = find_pairs(s, flint, survey, look, error) &&
              sx_flint_top(flint, x, y, survey, s->pair, s->n_pairs, look->mas, error) &&
              gather(s, x, look->mas, error);
    if (ok && look->with_am)
        ok = sx_flint_maximise(flint, &s->am, &s->sample, s->n, s->attribute, s->changed,
                               s->climbed, error);
    if (!ok)
        sx_flint_shown_free(s);
    return ok;
}

void sx_flint_shown_free(struct sx_flint_shown *s)
{
    sx_flint_pairs_free(s->pair, s->n_pairs);
    free(s->row);
    free(s->attribute);
    free(s->climbed);
    free(s->x);
    free(s->changed);
    *s = (struct sx_flint_shown){0};
}

/* ---- Relevant attributes of one sample ---- */

int64_t sx_flint_rank(const double *r, int64_t n, double tau, int64_t *order)
{
    int64_t relevant = 0;
    for (int64_t j = 0; j < n; j++) {
        int64_t at = j;
        for (; at > 0 && r[order[at - 1]] < r[j]; at--)
            order[at] = order[at - 1];
        order[at] = j;
        relevant += r[j] > 1 / tau;
    }
    return relevant;
}
