/* scan.c - one pass of f over the training samples before training. It fills the cache if there is
 * room, counts the classes, and measures the channels. */
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

/* The number of validation samples that were held back from x. */
static int64_t own_validation(const struct sx_flint_fit *fit)
{
    return fit->data.validation_x == NULL ? fit->n_validation : 0;
}

static bool worth_caching(const struct sx_flint_fit *fit)
{
    const struct sx_flint_options *o = &fit->options;
    double bytes = (double)fit->source.classes;
    for (int i = 0; i < fit->source.n_layers; i++)
        bytes += (double)sx_count(&fit->source.layer[i].shape);
    bytes *= (double)(fit->n_rows + own_validation(fit)) * sizeof(float);
    bool fits =
        bytes <= (double)o->cache && (o->max_memory == 0 || bytes <= (double)o->max_memory / 4);
    /* f has the same outputs in every epoch */
    bool fixed = !o->joint && !o->flip && o->shift == 0;
    return fixed && o->epochs > 1 && fits;
}

static bool make_cache(const struct sx_flint_fit *fit, struct sx_flint_cache *c, int64_t rows,
                       struct sx_error *error)
{
    int n = fit->source.n_layers;
    c->classes = fit->source.classes;
    c->layer = sx_new((size_t)n, sizeof *c->layer, error);
    c->size = sx_new((size_t)n, sizeof *c->size, error);
    c->teacher = sx_new((size_t)(rows * c->classes), sizeof *c->teacher, error);
    bool ok = c->layer != NULL && c->size != NULL && c->teacher != NULL;
    for (int i = 0; ok && i < n; i++) {
        c->size[i] = sx_count(&fit->source.layer[i].shape);
        c->layer[i] = sx_new((size_t)(rows * c->size[i]), sizeof **c->layer, error);
        ok = c->layer[i] != NULL;
    }
    return ok;
}

static bool make_caches(struct sx_flint_fit *fit, struct sx_error *error)
{
    int64_t held = own_validation(fit);
    return make_cache(fit, &fit->cache, fit->n_rows, error) &&
           (held == 0 || make_cache(fit, &fit->held, held, error));
}

static void free_cache(struct sx_flint_cache *c, int layers)
{
    for (int i = 0; c->layer != NULL && i < layers; i++)
        free(c->layer[i]);
    free(c->layer);
    free(c->teacher);
    free(c->size);
}

static bool make_scales(struct sx_flint_fit *fit, struct sx_error *error)
{
    int n = fit->source.n_layers;
    fit->scale = sx_new((size_t)n + 1, sizeof *fit->scale, error);
    bool ok = fit->scale != NULL;
    for (int i = 0; ok && i < n; i++)
        ok = sx_flint_scale_new(&fit->scale[i], &fit->source.layer[i].shape, false, error);
    return ok && sx_flint_scale_new(&fit->scale[n], &fit->source.x, true, error);
}

/* ---- The pass ---- */

struct pass {
    struct sx_flint_fit *fit;
    struct sx_flint_forward w;
};

static void remember(struct pass *p, struct sx_flint_cache *c, int64_t at, int64_t n)
{
    for (int64_t i = 0; i < n * c->classes; i++)
        c->teacher[at * c->classes + i] = (float)p->w.teacher[i];
    for (int k = 0; k < p->fit->source.n_layers; k++)
        memcpy(c->layer[k] + at * c->size[k], p->w.layer[k],
               (size_t)(n * c->size[k]) * sizeof(float));
}

static void measure(struct pass *p, int64_t n)
{
    struct sx_flint_fit *fit = p->fit;
    int layers = fit->source.n_layers;
    for (int k = 0; k < layers; k++)
        sx_flint_scale_add(&fit->scale[k], p->w.layer[k],
                           n * sx_count(&fit->source.layer[k].shape));
    sx_flint_scale_add(&fit->scale[layers], p->w.x.data, n * sx_count(&fit->source.x));
}

static bool run(struct pass *p, struct sx_error *error)
{
    struct sx_flint_fit *fit = p->fit;
    int64_t classes = fit->source.classes;
    for (int64_t at = 0; at < fit->n_rows; at += p->w.batch) {
        int64_t n = fit->n_rows - at < p->w.batch ? fit->n_rows - at : p->w.batch;
        if (!sx_flint_forward(&p->w, fit->data.x, fit->rows + at, n, NULL, error))
            return false;
        if (fit->cache.teacher != NULL)
            remember(p, &fit->cache, at, n);
        if (fit->scale != NULL)
            measure(p, n);
        for (int64_t i = 0; i < n; i++)
            fit->seen[sx_flint_class(p->w.teacher + i * classes, classes)] = true;
    }
    for (int k = 0; fit->scale != NULL && k <= fit->source.n_layers; k++)
        sx_flint_scale_finish(&fit->scale[k]);
    return true;
}

static bool run_held(struct pass *p, struct sx_error *error)
{
    struct sx_flint_fit *fit = p->fit;
    int64_t all = fit->held.teacher != NULL ? fit->n_validation : 0;
    for (int64_t at = 0; at < all; at += p->w.batch) {
        int64_t n = all - at < p->w.batch ? all - at : p->w.batch;
        if (!sx_flint_forward(&p->w, fit->data.x, fit->validation + at, n, NULL, error))
            return false;
        remember(p, &fit->held, at, n);
    }
    return true;
}

/* Counts the classes that f gives, or those of the labels if f is trained too. */
static void count_classes(struct sx_flint_fit *fit)
{
    int64_t classes = fit->source.classes;
    bool *seen = fit->seen;
    if (fit->options.joint && fit->data.y != NULL) {
        memset(seen, 0, (size_t)classes * sizeof *seen);
        for (int64_t i = 0; i < fit->n_rows; i++)
            seen[fit->data.y[fit->rows[i]]] = true;
    }
    for (int64_t c = 0; c < classes; c++)
        fit->classes += seen[c];
}

/* Sets the scales. With --reinit the layers of f change completely, so only x is standardised. */
static void use_scales(struct sx_flint_fit *fit)
{
    int n = fit->source.n_layers;
    for (int i = 0; fit->scale != NULL && i < n && !fit->options.reinit; i++)
        fit->source.layer[i].scale = &fit->scale[i];
    fit->source.scale = fit->scale != NULL ? &fit->scale[n] : NULL;
}

bool sx_flint_scan(struct sx_flint_fit *fit, struct sx_error *error)
{
    const struct sx_flint_options *o = &fit->options;
    struct pass p = {.fit = fit};
    struct sx_flint_net_options net = {.batch = sx_flint_together(&fit->source.x),
                                       .real = SX_FLOAT,
                                       .layers = true,
                                       .bare = true,
                                       .max_memory = o->max_memory};
    bool cached = worth_caching(fit), scaled = o->scaling == SX_FLINT_DATA;
    if (!cached && !scaled && o->attributes > 0)
        return true;
    fit->seen = sx_new((size_t)fit->source.classes, sizeof *fit->seen, error);
    bool ok = fit->seen != NULL && (!cached || make_caches(fit, error)) &&
              (!scaled || make_scales(fit, error)) &&
              sx_flint_forward_new(&p.w, &fit->source, &net, o->threads, error);
    if (ok) {
        ok = run(&p, error) && run_held(&p, error);
        sx_flint_forward_free(&p.w);
    }
    if (ok) {
        count_classes(fit);
        use_scales(fit);
    }
    return ok;
}

void sx_flint_scan_free(struct sx_flint_fit *fit)
{
    int n = fit->source.n_layers;
    free_cache(&fit->cache, n);
    free_cache(&fit->held, n);
    for (int i = 0; fit->scale != NULL && i <= n; i++)
        sx_flint_scale_free(&fit->scale[i]);
    free(fit->scale);
    free(fit->seen);
}
