/* options.c - settings: recipes, schedules, and the text that says them all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

const double sx_taus[SX_TAUS] = {1.5, 2, 2.5, 3, 4, 5};

/* ---- Schedules ---- */

/* "W" or "W@E" from *text on, up to a comma or the end. */
static bool parse_stage(const char **text, double *value, int64_t *epoch)
{
    size_t n = strcspn(*text, ","), number = strcspn(*text, ",@");
    double from = 1;
    if (!sx_number_parse(*text, number, value) || !isfinite(*value))
        return false;
    if (number < n && !sx_number_parse(*text + number + 1, n - number - 1, &from))
        return false;
    if (!(from >= 1 && from <= 1e9) || from != floor(from))
        return false;
    *epoch = (int64_t)from;
    bool more = (*text)[n] == ',';
    *text += n + more;
    return !more || **text != '\0';
}

bool sx_schedule_parse(struct sx_schedule *schedule, const char *text)
{
    struct sx_schedule s = {0};
    do {
        if (s.n == SX_STAGES || !parse_stage(&text, &s.value[s.n], &s.epoch[s.n]) ||
            (s.n > 0 && s.epoch[s.n] <= s.epoch[s.n - 1]))
            return false;
        s.n++;
    } while (*text != '\0');
    *schedule = s;
    return true;
}

double sx_schedule_at(const struct sx_schedule *s, int64_t epoch)
{
    double value = 0;
    for (int i = 0; i < s->n && s->epoch[i] <= epoch; i++)
        value = s->value[i];
    return value;
}

bool sx_schedule_starts(const struct sx_schedule *s, int64_t epoch)
{
    for (int i = 1; i < s->n; i++)
        if (s->epoch[i] == epoch)
            return true;
    return false;
}

/* ---- Recipes (methods note, sections 1.3 and 4) ---- */

static const struct recipe {
    const char *name;
    int64_t attributes, psi_maps, pool, decoder_maps[2], epochs, batch;
    const char *beta, *gamma, *delta, *eta, *lr;
    enum sx_flint_input input;
    bool drop_last;
} recipes[] = {
    {"mnist",
     25,
     64,
     3,
     {2, 8},
     12,
     16,
     "0.5@3",
     "0.8",
     "0.2@5",
     "0.5@3",
     "1e-4",
     SX_FLINT_MSE,
     false},
    {"quickdraw",
     24,
     64,
     3,
     {2, 8},
     12,
     64,
     "0.1@3",
     "5",
     "0.1@4",
     "0.2@2,3@3",
     "1e-4",
     SX_FLINT_MSE,
     false},
    {"cifar10",
     36,
     64,
     3,
     {10, 24},
     25,
     64,
     "0.6@3",
     "2",
     "0.2@4",
     "0.005@2,0.75@3",
     "1e-4,4e-5@19",
     SX_FLINT_L1,
     false},
    {"small",
     16,
     32,
     2,
     {8, 16},
     40,
     32,
     "0.5@5",
     "0.8",
     "0.2@8",
     "0.5@5",
     "1e-3",
     SX_FLINT_MSE,
     true},
};

bool sx_flint_recipe(struct sx_flint_options *o, const char *name, struct sx_error *error)
{
    const struct recipe *r = NULL;
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++)
        if (strcmp(recipes[i].name, name) == 0)
            r = &recipes[i];
    if (r == NULL)
        return sx_fail(error, SX_USAGE,
                       "no recipe '%.40s'; there are mnist, quickdraw, cifar10, small", name);
    struct sx_flint_options fresh = {.layers = o->layers,
                                     .n_layers = o->n_layers,
                                     .logits = o->logits,
                                     .probs = o->probs,
                                     .attributes = r->attributes,
                                     .psi_maps = r->psi_maps,
                                     .pool = r->pool,
                                     .decoder_maps = {r->decoder_maps[0], r->decoder_maps[1]},
                                     .epochs = r->epochs,
                                     .batch = r->batch,
                                     .input = r->input,
                                     .drop_last = r->drop_last,
                                     .validation = 0.1,
                                     .cache = (size_t)256 << 20};
    *o = fresh;
    return sx_schedule_parse(&o->beta, r->beta) && sx_schedule_parse(&o->gamma, r->gamma) &&
           sx_schedule_parse(&o->delta, r->delta) && sx_schedule_parse(&o->eta, r->eta) &&
           sx_schedule_parse(&o->lr, r->lr);
}

bool sx_flint_check(const struct sx_flint_options *o, struct sx_error *error)
{
    const int64_t counts[] = {o->attributes,      o->psi_maps, o->pool, o->decoder_maps[0],
                              o->decoder_maps[1], o->epochs,   o->batch};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i] < 1 || counts[i] > 1 << 24)
            return sx_fail(error, SX_USAGE,
                           "attributes, maps, pool, epochs and batch are 1 or "
                           "more, and not millions");
    if (!(o->validation >= 0 && o->validation < 1) || !(o->h_dropout >= 0 && o->h_dropout < 1))
        return sx_fail(error, SX_USAGE, "shares are at least 0 and less than 1");
    if (o->no_decoder && o->input != SX_FLINT_NONE)
        return sx_fail(error, SX_USAGE,
                       "without a decoder there is no input fidelity (--if=none)");
    return true;
}

/* ---- As JSON ---- */

static void put_number(FILE *to, const char *key, double value)
{
    char text[SX_NUMBER_SIZE];
    sx_number(text, value, SX_DOUBLE);
    fprintf(to, "\"%s\":%s", key, text);
}

static void put_schedule(FILE *to, const char *key, const struct sx_schedule *s)
{
    char text[SX_NUMBER_SIZE];
    fprintf(to, ",\"%s\":[", key);
    for (int i = 0; i < s->n; i++) {
        sx_number(text, s->value[i], SX_DOUBLE);
        fprintf(to, "%s[%lld,%s]", i > 0 ? "," : "", (long long)s->epoch[i], text);
    }
    fprintf(to, "]");
}

static void put_text(FILE *to, const char *text)
{
    if (text == NULL) {
        fprintf(to, "null");
        return;
    }
    fputc('"', to);
    for (; *text != '\0'; text++)
        if (*text == '"' || *text == '\\')
            fprintf(to, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(to, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, to);
    fputc('"', to);
}

static void put_options(FILE *to, const struct sx_flint_predictor *f,
                        const struct sx_flint_options *o)
{
    static const char *const input[] = {"mse", "l1", "none"};
    fprintf(to, "{\"mode\":\"%s\",\"layers\":[", o->joint ? "joint" : "posthoc");
    for (int i = 0; i < f->n_layers; i++) {
        fprintf(to, i > 0 ? "," : "");
        put_text(to, f->layer[i].name);
    }
    fprintf(to, "],\"scores\":");
    put_text(to, f->scores);
    fprintf(to,
            ",\"probs\":%s,\"attributes\":%lld,\"psi_maps\":%lld,\"pool\":%lld,"
            "\"dec_maps\":[%lld,%lld],\"phi\":\"%s\",\"of\":\"%s\",\"if\":\"%s\"",
            f->probs ? "true" : "false", (long long)o->attributes, (long long)o->psi_maps,
            (long long)o->pool, (long long)o->decoder_maps[0], (long long)o->decoder_maps[1],
            o->relu ? "relu" : "leaky", o->of_g ? "g" : "f", input[o->input]);
    put_schedule(to, "beta", &o->beta);
    put_schedule(to, "gamma", &o->gamma);
    put_schedule(to, "delta", &o->delta);
    put_schedule(to, "eta", &o->eta);
    put_schedule(to, "lr", &o->lr);
    fprintf(to,
            ",\"epochs\":%lld,\"batch\":%lld,\"drop_last\":%s,\"reinit\":%s,"
            "\"freeze_psi\":%s,\"no_decoder\":%s,",
            (long long)o->epochs, (long long)o->batch, o->drop_last ? "true" : "false",
            o->reinit ? "true" : "false", o->freeze_psi ? "true" : "false",
            o->no_decoder ? "true" : "false");
    put_number(to, "h_dropout", o->h_dropout);
    fprintf(to, ",");
    put_number(to, "val_frac", o->validation);
    fprintf(to, ",\"cache\":%zu,\"seed\":%llu}", o->cache, (unsigned long long)o->seed);
}

char *sx_flint_options_text(const struct sx_flint_predictor *f,
                            const struct sx_flint_options *o, struct sx_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL)
        put_options(to, f, o);
    if (to != NULL && fclose(to) == 0)
        return text;
    free(text);
    sx_fail(error, SX_MEMORY, "out of memory");
    return NULL;
}

static const char *const metric_keys[] = {
    "samples", "acc_f",      "acc_g",     "fidelity", "recon", "variance", "of",
    "gap",     "ent_sample", "ent_batch", "l1",       "live",  "used"};

#define N_METRICS (sizeof metric_keys / sizeof metric_keys[0])

/* In the order of the keys. */
static double metric(const struct sx_flint_metrics *m, size_t i)
{
    double all[sizeof *m / sizeof(double)];
    memcpy(all, m, sizeof all);
    return all[i];
}

static void tau_key(int i, char text[SX_NUMBER_SIZE])
{
    sx_number(text, sx_taus[i], SX_DOUBLE);
}

static void put_metrics(FILE *to, const struct sx_flint_metrics *m)
{
    char tau[SX_NUMBER_SIZE];
    for (size_t i = 0; i < N_METRICS; i++) {
        fputc(i > 0 ? ',' : '{', to);
        put_number(to, metric_keys[i], metric(m, i));
    }
    fprintf(to, ",\"conciseness\":{");
    for (int i = 0; i < SX_TAUS; i++) {
        tau_key(i, tau);
        fprintf(to, i > 0 ? "," : "");
        put_number(to, tau, m->conciseness[i]);
    }
    fprintf(to, "}}");
}

void sx_put_metrics(struct sx_result *json, const struct sx_flint_metrics *m)
{
    char tau[SX_NUMBER_SIZE];
    for (size_t i = 0; i < N_METRICS; i++)
        sx_put_double(json, metric_keys[i], metric(m, i));
    sx_put_object(json, "conciseness");
    for (int i = 0; i < SX_TAUS; i++) {
        tau_key(i, tau);
        sx_put_double(json, tau, m->conciseness[i]);
    }
    sx_put_end(json);
}

char *sx_flint_metrics_text(const struct sx_flint_metrics *m, struct sx_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL)
        put_metrics(to, m);
    if (to != NULL && fclose(to) == 0)
        return text;
    free(text);
    sx_fail(error, SX_MEMORY, "out of memory");
    return NULL;
}
