/* passes.c - caches gradients on the straight path, which several methods use at a sample. */
#include <stdlib.h>
#include <string.h>

#include "ggig/attribute.h"

/* The most bytes of kept gradients. */
#define MOST_BYTES ((size_t)64 << 20)

struct pass {
    double alpha, value;
    float *narrow; /* the gradient, if float32 holds it exactly */
    double *wide;  /* the gradient otherwise; one of the two is NULL */
};

struct sx_attribute_passes {
    struct pass *pass;
    size_t n, room, bytes;
};

struct sx_attribute_passes *sx_attribute_passes_new(struct sx_error *error)
{
    return sx_new(1, sizeof(struct sx_attribute_passes), error);
}

void sx_attribute_passes_clear(struct sx_attribute_passes *p)
{
    for (size_t i = 0; p != NULL && i < p->n; i++) {
        free(p->pass[i].narrow);
        free(p->pass[i].wide);
    }
    if (p != NULL)
        p->n = p->bytes = 0;
}

void sx_attribute_passes_free(struct sx_attribute_passes *p)
{
    sx_attribute_passes_clear(p);
    if (p != NULL)
        free(p->pass);
    free(p);
}

static bool is_narrow(const double *g, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!((double)(float)g[i] == g[i]))
            return false;
    return true;
}

static bool make_room(struct sx_attribute_passes *p, struct sx_error *error)
{
    size_t room = p->room > 0 ? 2 * p->room : 64;
    if (p->n < p->room)
        return true;
    struct pass *more = sx_new(room, sizeof *more, error);
    if (more == NULL)
        return false;
    if (p->n > 0)
        memcpy(more, p->pass, p->n * sizeof *more);
    free(p->pass);
    p->pass = more;
    p->room = room;
    return true;
}

/* Keeps a gradient of n elements, if there is room. */
static bool keep(struct sx_attribute_passes *p, double alpha, double value, const double *g,
                 int64_t n, struct sx_error *error)
{
    struct pass pass = {.alpha = alpha, .value = value};
    bool narrow = is_narrow(g, n);
    size_t bytes = (size_t)n * (narrow ? sizeof *pass.narrow : sizeof *pass.wide);
    if (bytes > MOST_BYTES - p->bytes)
        return true;
    if (!make_room(p, error))
        return false;
    if (narrow)
        pass.narrow = sx_new((size_t)n, sizeof *pass.narrow, error);
    else
        pass.wide = sx_new((size_t)n, sizeof *pass.wide, error);
    for (int64_t i = 0; pass.narrow != NULL && i < n; i++)
        pass.narrow[i] = (float)g[i];
    if (pass.wide != NULL)
        memcpy(pass.wide, g, bytes);
    if (pass.narrow == NULL && pass.wide == NULL)
        return false;
    p->bytes += bytes;
    p->pass[p->n++] = pass;
    return true;
}

/* Finds the gradient at alpha; false: it is not kept. */
static bool find(const struct sx_attribute_passes *p, double alpha, int64_t n, double *value,
                 double *g)
{
    for (size_t k = 0; k < p->n; k++) {
        const struct pass *pass = &p->pass[k];
        if (pass->alpha != alpha)
            continue;
        *value = pass->value;
        for (int64_t i = 0; i < n; i++)
            g[i] = pass->narrow != NULL ? (double)pass->narrow[i] : pass->wide[i];
        return true;
    }
    return false;
}

bool sx_path_gradients(struct sx_attributing *a, int64_t n, const double *alpha,
                       const double *points, double *values, double *gradients)
{
    struct sx_attribute_passes *p = a->o->passes;
    int64_t size = a->size;
    if (p == NULL)
        return sx_gradients(a->e, n, points, values, gradients, a->error);
    for (int64_t i = 0, next; i < n; i = next) {
        next = i + 1;
        if (find(p, alpha[i], size, &values[i], gradients + i * size))
            continue;
        while (next < n && !find(p, alpha[next], size, &values[next], gradients + next * size))
            next++;
        if (!sx_gradients(a->e, next - i, points + i * size, values + i, gradients + i * size,
                          a->error))
            return false;
        for (int64_t k = i; k < next; k++)
            if (!keep(p, alpha[k], values[k], gradients + k * size, size, a->error))
                return false;
    }
    return true;
}
