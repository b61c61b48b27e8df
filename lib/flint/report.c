/* report.c - the record of a fit: its epochs, its split, its result. */
#include "flint/fit.h"

void sx_put_terms(struct sx_result *r, const struct sx_flint_epoch *e, bool joint)
{
    sx_put_double(r, "total", e->total);
    if (joint)
        sx_put_double(r, "pred", e->pred);
    sx_put_double(r, "of", e->of);
    sx_put_double(r, "if", e->input);
    sx_put_double(r, "ent_sample", e->ent_sample);
    sx_put_double(r, "ent_batch", e->ent_batch);
    sx_put_double(r, "l1", e->l1);
    sx_put_double(r, "fidelity", e->fidelity);
}

static void put_epochs(struct sx_result *r, const struct sx_flint_fit *fit)
{
    sx_put_list(r, "epochs");
    for (int64_t i = 1; i < fit->epoch; i++) {
        const struct sx_flint_epoch *e = &fit->history[i];
        sx_put_object(r, NULL);
        sx_put_int(r, "epoch", i);
        sx_put_terms(r, e, fit->options.joint);
        sx_put_measured(r, "validation", &e->validation);
        sx_put_end(r);
    }
    sx_put_end(r);
}

/* Puts how validation samples were chosen, and how many have classes that no training sample has. */
static void put_split(struct sx_result *r, const struct sx_flint_fit *fit)
{
    int64_t unseen = sx_flint_fit_unseen(fit);
    const char *by = fit->data.validation_x != NULL ? "given"
                     : fit->data.group != NULL      ? "groups"
                                                    : "samples";
    sx_put_object(r, "split");
    sx_put_text(r, "by", fit->n_validation > 0 ? by : NULL);
    sx_put_int(r, "train", fit->n_rows);
    sx_put_int(r, "validation", fit->n_validation);
    if (unseen >= 0)
        sx_put_int(r, "unseen", unseen);
    else
        sx_put_null(r, "unseen");
    sx_put_end(r);
}

void sx_put_flint_fit(struct sx_result *r, const struct sx_flint_fit *fit,
                      const struct sx_flint_metrics *test)
{
    const char *name;
    sx_put_flint_options(r, "params", &fit->source, &fit->options);
    sx_put_list(r, "learned");
    for (size_t i = 0; (name = sx_flint_fit_weight(fit, i)) != NULL; i++)
        sx_put_text(r, NULL, name);
    sx_put_end(r);
    put_epochs(r, fit);
    put_split(r, fit);
    sx_put_int(r, "kept_epoch", sx_flint_fit_kept(fit));
    sx_put_measured(r, "before", &fit->history[0].validation);
    sx_put_measured(r, "validation", &fit->history[sx_flint_fit_kept(fit)].validation);
    sx_put_measured(r, "test", test);
}
