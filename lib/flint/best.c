/* best.c - early stopping: when a fit ends, and the weights of its best epoch.
 *
 * The best epoch is the one with the smallest gap between f and g on the validation samples. Epochs
 * count from the first that has all terms of the loss. */
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

bool sx_flint_best_new(struct sx_flint_fit *fit, struct sx_error *error)
{
    if (fit->options.patience == 0 || fit->n_validation == 0)
        return true;
    fit->kept = sx_new((size_t)fit->n_trained, sizeof *fit->kept, error);
    for (int i = 0; fit->kept != NULL && i < fit->n_trained; i++)
        if (!sx_tensor_new(&fit->kept[i], SX_FLOAT, &fit->value[i].shape, error))
            return false;
    return fit->kept != NULL;
}

void sx_flint_best_free(struct sx_flint_fit *fit)
{
    for (int i = 0; fit->kept != NULL && i < fit->n_trained; i++)
        sx_tensor_free(&fit->kept[i]);
    free(fit->kept);
}

static int64_t last_stage(const struct sx_schedule *s)
{
    return s->n > 0 ? s->epoch[s->n - 1] : 1;
}

/* The first epoch with all terms. */
static int64_t begins(const struct sx_flint_options *o)
{
    const struct sx_schedule *terms[] = {&o->beta, &o->gamma, &o->delta, &o->eta};
    int64_t first = 1;
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        first = last_stage(terms[i]) > first ? last_stage(terms[i]) : first;
    return first;
}

static void copy(const struct sx_tensor *from, const struct sx_tensor *to, int n)
{
    for (int i = 0; i < n; i++)
        memcpy(to[i].data, from[i].data, (size_t)sx_count(&from[i].shape) * sizeof(float));
}

void sx_flint_best_epoch(struct sx_flint_fit *fit, int64_t epoch)
{
    if (fit->kept == NULL || epoch < begins(&fit->options))
        return;
    if (fit->best == 0 ||
        fit->history[epoch].validation.gap < fit->history[fit->best].validation.gap) {
        fit->best = epoch;
        copy(fit->value, fit->kept, fit->n_trained);
    } else if (epoch - fit->best >= fit->options.patience) {
        fit->last = epoch;
    }
}

void sx_flint_best_end(struct sx_flint_fit *fit)
{
    if (fit->best > 0)
        copy(fit->kept, fit->value, fit->n_trained);
}

bool sx_flint_fit_done(const struct sx_flint_fit *fit)
{
    return fit->epoch > fit->last;
}

int64_t sx_flint_fit_kept(const struct sx_flint_fit *fit)
{
    return fit->best > 0 && sx_flint_fit_done(fit) ? fit->best : fit->epoch - 1;
}
