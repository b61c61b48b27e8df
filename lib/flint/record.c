/* record.c - settings and metrics as they stand in records, and in the metadata of files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

/* ---- Settings ---- */

void sx_put_flint_options(struct sx_result *r, const char *key,
                          const struct sx_flint_predictor *f, const struct sx_flint_options *o)
{
    sx_put_object(r, key);
    sx_put_text(r, "mode", o->joint ? "joint" : "posthoc");
    sx_put_list(r, "layers");
    for (int i = 0; i < f->n_layers; i++)
        sx_put_text(r, NULL, f->layer[i].name);
    sx_put_end(r);
    sx_put_text(r, "scores", f->scores);
    sx_put_bool(r, "probs", f->probs);
    sx_put_options(r, &sx_flint_table, o);
    sx_put_int(r, "batch", o->batch);
    sx_put_int(r, "seed", (int64_t)o->seed);
    sx_put_end(r);
}

/* ---- Metrics ---- */

/* In the order of the members. Those that may not apply come without labels or a decoder. */
static const char *const metric_keys[] = {
    "samples", "acc_f",      "acc_g",     "fidelity", "recon", "variance", "of",
    "gap",     "ent_sample", "ent_batch", "l1",       "live",  "used",     "fidelity_top5"};
#define N_METRICS (sizeof metric_keys / sizeof metric_keys[0])

static bool may_be_absent(const char *key)
{
    return strncmp(key, "acc_", 4) == 0 || strcmp(key, "recon") == 0 ||
           strcmp(key, "fidelity_top5") == 0;
}

void sx_put_metrics(struct sx_result *r, const struct sx_flint_metrics *m)
{
    double all[sizeof *m / sizeof(double)];
    char tau[SX_NUMBER_SIZE];
    memcpy(all, m, sizeof all);
    for (size_t i = 0; i < N_METRICS; i++)
        (may_be_absent(metric_keys[i]) ? sx_put_derived : sx_put_double)(r, metric_keys[i],
                                                                         all[i]);
    sx_put_object(r, "conciseness");
    for (int i = 0; i < SX_TAUS; i++) {
        sx_number(tau, sx_taus[i], SX_DOUBLE);
        sx_put_double(r, tau, m->conciseness[i]);
    }
    sx_put_end(r);
}

void sx_put_measured(struct sx_result *r, const char *key, const struct sx_flint_metrics *m)
{
    if (m->samples == 0) {
        sx_put_null(r, key);
        return;
    }
    sx_put_object(r, key);
    sx_put_metrics(r, m);
    sx_put_end(r);
}

/* ---- As text ---- */

char *sx_flint_options_text(const struct sx_flint_predictor *f,
                            const struct sx_flint_options *o, struct sx_error *error)
{
    struct sx_result *r = sx_result_new(SX_DOUBLE, error);
    if (r == NULL)
        return NULL;
    sx_put_flint_options(r, NULL, f, o);
    char *text = sx_result_line(r, error);
    sx_result_free(r);
    return text;
}

char *sx_flint_metrics_text(const struct sx_flint_metrics *m, struct sx_error *error)
{
    struct sx_result *r = sx_result_new(SX_DOUBLE, error);
    if (r == NULL)
        return NULL;
    sx_put_measured(r, NULL, m);
    char *text = sx_result_line(r, error);
    sx_result_free(r);
    return text;
}
