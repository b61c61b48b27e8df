/* train.c - steps, epochs and validations of a fit. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

int64_t sx_flint_steps(const struct sx_flint_fit *fit)
{
    int64_t full = fit->n_rows / fit->options.batch, rest = fit->n_rows % fit->options.batch;
    return full + (rest > 1 && (!fit->options.drop_last || full == 0));
}

/* Checks that weights are finite. The loss of a step does not show the effect of its own update. */
bool sx_flint_finite(const struct sx_flint_fit *fit, struct sx_error *error)
{
    for (int i = 0; i < fit->n_trained; i++)
        for (int64_t k = 0; k < sx_count(&fit->value[i].shape); k++)
            if (!isfinite(sx_tensor_get(&fit->value[i], k)))
                return sx_fail(error, SX_FAILED, "weights '%.80s' are not finite",
                               fit->names[i]);
    return true;
}

/* ---- Validation ---- */

bool sx_flint_measure(struct sx_flint_fit *fit, struct sx_dataset *x, const int64_t *y,
                      const int64_t *rows, int64_t n, struct sx_flint_metrics *metrics,
                      int64_t *unseen, struct sx_error *error)
{
    bool cached = rows == fit->validation && fit->held.teacher != NULL;
    struct sx_flint_forward *w = cached ? &fit->check : &fit->forward;
    struct sx_flint_tally tally;
    int64_t size = sx_count(&fit->f.x);
    const float *h = NULL;
    for (size_t i = 0; i < fit->params.n && h == NULL; i++)
        if (fit->params.item[i].part == SX_FLINT_H)
            h = fit->params.item[i].value.data;
    bool ok = sx_flint_tally_new(&tally, fit->f.classes, fit->options.attributes, error);
    for (int64_t at = 0; ok && at < n; at += w->batch) {
        int64_t now = n - at < w->batch ? n - at : w->batch;
        ok = cached ? sx_flint_forward_cached(w, x, rows + at, now, &fit->held, at, fit->value,
                                              error)
                    : sx_flint_forward(w, x, rows + at, now, fit->value, error);
        for (int64_t i = 0; ok && i < now; i++) {
            struct sx_flint_row s = {.phi = w->phi + i * tally.attributes,
                                     .logits = w->logits + i * tally.classes,
                                     .teacher = w->teacher + i * tally.classes,
                                     .x = (const float *)w->x.data + i * size,
                                     .size = size,
                                     .label = y != NULL ? y[rows[at + i]] : -1,
                                     .missed = w->missed != NULL ? w->missed[i] : 0};
            sx_flint_tally_add(&tally, &s, h);
            if (fit->seen != NULL && unseen != NULL)
                *unseen += !fit->seen[sx_flint_class(s.teacher, tally.classes)];
        }
    }
    if (ok)
        sx_flint_tally_metrics(&tally, w->missed != NULL, metrics);
    sx_flint_tally_free(&tally);
    return ok;
}

static bool validate(struct sx_flint_fit *fit, struct sx_flint_metrics *m,
                     struct sx_error *error)
{
    const struct sx_flint_data *d = &fit->data;
    bool own = d->validation_x != NULL;
    *m = (struct sx_flint_metrics){0};
    fit->unseen = fit->seen != NULL ? 0 : -1;
    return fit->n_validation == 0 ||
           sx_flint_measure(fit, own ? d->validation_x : d->x, own ? d->validation_y : d->y,
                            fit->validation, fit->n_validation, m, &fit->unseen, error);
}

/* ---- Steps ---- */

/* Begins an epoch. If the learning rate changes, Adam's moments restart at 0, as in the authors'
 * program. */
static bool begin_epoch(struct sx_flint_fit *fit, struct sx_error *error)
{
    sx_flint_shuffle(fit->order, fit->n_rows, fit->options.seed,
                     SX_FLINT_EPOCHS + (uint64_t)fit->epoch);
    if (fit->at > 0)
        return true;
    memset(fit->sums, 0, sizeof fit->sums);
    if (sx_schedule_starts(&fit->options.lr, fit->epoch)) {
        fit->t = 0;
        for (int i = 0; i < fit->n_trained; i++) {
            size_t bytes = (size_t)sx_count(&fit->m[i].shape) * sizeof(float);
            memset(fit->m[i].data, 0, bytes);
            memset(fit->v[i].data, 0, bytes);
        }
    }
    return fit->epoch > 1 || validate(fit, &fit->history[0].validation, error);
}

/* Sets the weights of the loss. With --freeze-psi only the output fidelity counts, with weight 1
 * from the first epoch. */
static void set_weights(const struct sx_flint_fit *fit, struct sx_flint_stepper *s)
{
    const struct sx_flint_options *o = &fit->options;
    double delta = o->delta.n > 0 ? o->delta.value[o->delta.n - 1] : 0;
    double w[] = {sx_schedule_at(&o->beta, fit->epoch), sx_schedule_at(&o->gamma, fit->epoch),
                  sx_schedule_at(&o->delta, fit->epoch),
                  delta * sx_schedule_at(&o->eta, fit->epoch)};
    const double control[] = {1, 0, 0, 0};
    *(float *)s->feed[s->zero].data = 0;
    for (int i = 0; i < 4; i++)
        *(float *)s->feed[s->weight + i].data = (float)(o->freeze_psi ? control[i] : w[i]);
}

static double term(const struct sx_flint_stepper *s, int i)
{
    return s->term[i] >= 0 ? *(const float *)s->result[s->term[i]].data : 0;
}

/* The number of samples for which f and g give the same class. */
static int64_t agreeing(const struct sx_flint_stepper *s)
{
    const float *f = s->result[s->f_scores].data, *g = s->result[s->g_scores].data;
    int64_t classes = s->result[s->f_scores].shape.dim[1], n = 0;
    for (int64_t i = 0; i < s->batch; i++) {
        int64_t a = 0, b = 0;
        for (int64_t c = 1; c < classes; c++) {
            a = f[i * classes + c] > f[i * classes + a] ? c : a;
            b = g[i * classes + c] > g[i * classes + b] ? c : b;
        }
        n += a == b;
    }
    return n;
}

static void update(struct sx_flint_fit *fit, const struct sx_flint_stepper *s)
{
    double rate = sx_schedule_at(&fit->options.lr, fit->epoch);
    int threads = fit->options.threads > 0 ? fit->options.threads : omp_get_max_threads();
    fit->t++;
    for (int i = 0; i < fit->n_trained; i++)
        if (s->net.param[i] != SX_NONE)
            sx_adam(fit->value[i].data, fit->gradient[i].data, fit->m[i].data, fit->v[i].data,
                    sx_count(&fit->value[i].shape), rate, fit->t, threads);
}

static void means(const struct sx_flint_fit *fit, struct sx_flint_epoch *e)
{
    const double *s = fit->sums;
    double n = s[SX_FLINT_TERMS + 1];
    struct sx_flint_metrics kept = e->validation;
    *e = (struct sx_flint_epoch){.total = s[0] / n,
                                 .pred = s[1] / n,
                                 .of = s[2] / n,
                                 .input = s[3] / n,
                                 .ent_sample = s[4] / n,
                                 .ent_batch = s[5] / n,
                                 .l1 = s[6] / n,
                                 .fidelity = s[SX_FLINT_TERMS] / n,
                                 .validation = kept};
}

/* The program of the next batch, full or short; it is made when first needed. */
static bool ready(struct sx_flint_fit *fit, struct sx_flint_stepper **s, struct sx_error *error)
{
    int64_t batch = fit->options.batch, left = fit->n_rows - fit->at * batch;
    bool is_short = left < batch;
    *s = &fit->step[is_short];
    return (*s)->program != NULL ||
           sx_flint_stepper_new(*s, fit, is_short ? left : batch, error);
}

bool sx_flint_fit_step(struct sx_flint_fit *fit, struct sx_flint_progress *p,
                       struct sx_error *error)
{
    struct sx_flint_stepper *s = NULL;
    int64_t steps = sx_flint_steps(fit);
    if ((fit->at == 0 || fit->steps < 0) && !begin_epoch(fit, error))
        return false;
    fit->steps = (fit->epoch - 1) * steps + fit->at;
    if (!ready(fit, &s, error) || !sx_flint_load(fit, s, fit->at * fit->options.batch, error))
        return false;
    set_weights(fit, s);
    if (!sx_run(s->program, s->feed, s->result, error))
        return false;
    if (!isfinite(term(s, 0)))
        return sx_fail(error, SX_FAILED, "epoch %lld, step %lld: the loss is not finite",
                       (long long)fit->epoch, (long long)fit->at + 1);
    update(fit, s);
    for (int i = 0; i < SX_FLINT_TERMS; i++)
        fit->sums[i] += (double)s->batch * term(s, i);
    fit->sums[SX_FLINT_TERMS] += (double)agreeing(s);
    fit->sums[SX_FLINT_TERMS + 1] += (double)s->batch;
    struct sx_flint_epoch *e = &fit->history[fit->epoch];
    *p = (struct sx_flint_progress){.epoch = fit->epoch, .step = ++fit->at, .steps = steps};
    means(fit, e);
    p->epoch_end = fit->at == steps;
    if (p->epoch_end && !validate(fit, &e->validation, error))
        return false;
    p->now = *e;
    if (p->epoch_end) {
        sx_flint_best_epoch(fit, fit->epoch++);
        fit->at = 0;
        if (sx_flint_fit_done(fit))
            sx_flint_best_end(fit);
    }
    return true;
}

const struct sx_flint_epoch *sx_flint_fit_epoch(const struct sx_flint_fit *fit, int64_t i)
{
    return i >= 0 && i < fit->epoch ? &fit->history[i] : NULL;
}

int64_t sx_flint_fit_unseen(const struct sx_flint_fit *fit)
{
    return fit->unseen;
}
