/* record.c - settings and metrics, as written to records and to the metadata of files. */
#include <math.h>
#include <stdlib.h>
#include <stddef.h>
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

#define METRIC(member)                                                                         \
    {                                                                                          \
#member, offsetof(struct sx_flint_metrics, member)                                     \
    }
static const struct {
    const char *key;
    size_t at;
} metrics[] = {METRIC(samples),    METRIC(acc_f),        METRIC(acc_g), METRIC(fidelity),
               METRIC(recon),      METRIC(variance),     METRIC(of),    METRIC(gap),
               METRIC(ent_sample), METRIC(ent_batch),    METRIC(l1),    METRIC(live),
               METRIC(used),       METRIC(fidelity_top5)};

/* Whether a metric is absent without labels, without a decoder, or with at most five classes. */
static bool may_be_absent(const char *key)
{
    return strncmp(key, "acc_", 4) == 0 || strcmp(key, "recon") == 0 ||
           strcmp(key, "fidelity_top5") == 0;
}

void sx_put_metrics(struct sx_result *r, const struct sx_flint_metrics *m)
{
    char tau[SX_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        const char *key = metrics[i].key;
        double value;
        memcpy(&value, (const char *)m + metrics[i].at, sizeof value);
        (may_be_absent(key) ? sx_put_derived : sx_put_double)(r, key, value);
    }
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
