/* top.c - the strongest elements of an attribution, by name. */
#include <math.h>
#include <stdlib.h>

#include "record/result.h"

struct element {
    double size;
    int64_t index;
};

/* Compares magnitudes: the largest first; of equals the one that came first. */
static int by_size(const void *a, const void *b)
{
    const struct element *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void sx_put_top(struct sx_result *r, const char *key, const struct sx_tensor *values, int64_t k,
                const char *const *name)
{
    int64_t n = sx_count(&values->shape), found = 0;
    struct element *e = sx_new((size_t)n, sizeof *e, &r->failure);
    for (int64_t i = 0; e != NULL && i < n; i++) {
        double size = fabs(sx_tensor_get(values, i));
        if (isfinite(size))
            e[found++] = (struct element){size, i};
    }
    if (e != NULL)
        qsort(e, (size_t)found, sizeof *e, by_size);
    sx_put_list(r, key);
    for (int64_t j = 0; e != NULL && j < k && j < found; j++) {
        sx_put_object(r, NULL);
        sx_put_int(r, "index", e[j].index);
        sx_put_text(r, "name", name != NULL ? name[e[j].index] : NULL);
        sx_put_number(r, "value", sx_tensor_get(values, e[j].index));
        sx_put_end(r);
    }
    sx_put_end(r);
    free(e);
}
