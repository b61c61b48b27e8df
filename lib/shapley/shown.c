/* shown.c - which sets of a result are listed, and in which order. */
#include <math.h>
#include <stdlib.h>

#include "shapley/shapley.h"

struct ranked {
    double size;
    int64_t at;
};

/* Orders by decreasing size, equals by their position. */
static int by_size(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->at < y->at ? -1 : x->at > y->at;
}

int64_t *sx_strongest(const double *size, int64_t n, int64_t top, int64_t *found,
                      struct sx_error *error)
{
    struct ranked *r = sx_new((size_t)n, sizeof *r, error);
    int64_t *at = sx_new((size_t)n, sizeof *at, error);
    *found = 0;
    for (int64_t i = 0; r != NULL && i < n; i++)
        if (isfinite(size[i]))
            r[(*found)++] = (struct ranked){size[i], i};
    if (r != NULL && *found > 0)
        qsort(r, (size_t)*found, sizeof *r, by_size);
    *found = top < *found ? top : *found;
    for (int64_t i = 0; r != NULL && at != NULL && i < *found; i++)
        at[i] = r[i].at;
    free(r);
    return at;
}

/* Whether a term is listed. Single players are not if the index has larger sets, unless
 * asked. */
static bool is_listed(const struct sx_interactions *t, int64_t k,
                      const struct sx_shapley_options *o)
{
    bool single = t->first[k + 1] - t->first[k] < 2;
    return !(single && o->top > 0 && t->order > 1 && !o->singles) &&
           !(fabs(t->value[k]) < o->threshold);
}

bool sx_shapley_show(const struct sx_shapley_options *o, struct sx_shapley *s,
                     struct sx_error *error)
{
    const struct sx_interactions *t = &s->terms;
    int64_t all = s->n_sets > 0 ? s->n_sets : t->count;
    double *size = sx_new((size_t)all, sizeof *size, error);
    for (int64_t k = 0; size != NULL && k < all; k++)
        if (s->n_sets > 0)
            size[k] = s->benefit[k].T;
        else
            size[k] = is_listed(t, k, o) ? fabs(t->value[k]) : NAN;
    if (size != NULL && o->top > 0) {
        s->shown = sx_strongest(size, all, o->top, &s->n_shown, error);
    } else if (size != NULL) {
        s->shown = sx_new((size_t)all, sizeof *s->shown, error);
        for (int64_t k = 0; s->shown != NULL && k < all; k++)
            if (s->n_sets > 0 || is_listed(t, k, o))
                s->shown[s->n_shown++] = k;
    }
    free(size);
    return s->shown != NULL;
}
