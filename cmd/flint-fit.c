/* flint-fit.c - fits an interpreter to a predictor: FLINT's training. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

/* Progress comes after so many seconds or steps. */
#define SHOW_SECONDS 2
#define SHOW_STEPS 200

struct flint_fit {
    struct cli cli;
    struct sx_flint_options o;
    struct sx_flint_fit *fit;
    struct cli_data train, validation, test;
    const char *layer[32];
    char *layer_names;

    /* What the command line says; NULL and 0: the recipe's. */
    const char *recipe, *x, *y, *val_x, *val_y, *test_x, *test_y, *model_out;
    const char *beta, *gamma, *delta, *eta, *logits, *probs, *checkpoint, *log_file;
    int64_t attributes, psi_maps, pool, decoder_maps[2], epochs, cache_mb;
    double lr, val_frac, h_dropout, checkpoint_secs;
    struct sx_schedule lr_at;
    int mode, of, input, phi;
    bool raw, reinit, drop_last, keep_last, freeze_psi, no_decoder, resume, no_cache;

    FILE *log;
    double shown, saved; /* when progress was shown and a checkpoint written last */
    int64_t steps, epochs_shown;
};

static struct flint_fit self;
static volatile sig_atomic_t caught;

/* Training ends after the step at hand, or, where that takes long, without it. */
#define PATIENCE 2 /* seconds */

static void on_signal(int number)
{
    caught = number;
    alarm(PATIENCE);
}

static void on_alarm(int number)
{
    (void)number;
    signal(caught, SIG_DFL);
    raise(caught);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}, late = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &late, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- Options ---- */

static bool set_layers(struct cli *cli, const char *argument)
{
    (void)cli;
    free(self.layer_names);
    self.layer_names = strdup(argument);
    self.o.n_layers = 0;
    char *rest = self.layer_names, *name;
    while (rest != NULL && (name = strsep(&rest, ",")) != NULL) {
        if (*name == '\0' || self.o.n_layers == (int)(sizeof self.layer / sizeof *self.layer))
            return false;
        self.layer[self.o.n_layers++] = name;
    }
    self.o.layers = self.layer;
    return self.o.n_layers > 0;
}

static bool set_lr_at(struct cli *cli, const char *argument)
{
    const char *colon = strchr(argument, ':');
    struct sx_schedule *s = &self.lr_at;
    double epoch, rate;
    (void)cli;
    if (colon == NULL || s->n == SX_STAGES - 1 ||
        !sx_number_parse(argument, (size_t)(colon - argument), &epoch) ||
        !sx_number_parse(colon + 1, strlen(colon + 1), &rate) ||
        !(epoch >= 2 && epoch <= 1e9) || !(rate > 0))
        return false;
    s->epoch[s->n] = (int64_t)epoch;
    s->value[s->n++] = rate;
    return s->n < 2 || s->epoch[s->n - 1] > s->epoch[s->n - 2];
}

static bool set_decoder_maps(struct cli *cli, const char *argument)
{
    double a, b;
    const char *comma = strchr(argument, ',');
    (void)cli;
    if (comma == NULL || !sx_number_parse(argument, (size_t)(comma - argument), &a) ||
        !sx_number_parse(comma + 1, strlen(comma + 1), &b) || !(a >= 1 && a <= 1e6) ||
        !(b >= 1 && b <= 1e6))
        return false;
    self.decoder_maps[0] = (int64_t)a;
    self.decoder_maps[1] = (int64_t)b;
    return true;
}

static void take_count(int64_t *to, int64_t given)
{
    *to = given > 0 ? given : *to;
}

static void take_schedule(struct sx_schedule *to, const char *name, const char *text)
{
    if (text != NULL && !sx_schedule_parse(to, text))
        cli_misuse(&self.cli, "'%.80s' does not fit option --%s: W, W@EPOCH or a list of those",
                   text, name);
}

static void take_rates(struct flint_fit *s)
{
    struct sx_schedule *lr = &s->o.lr;
    if (s->lr != 0 && !(s->lr > 0))
        cli_misuse(&s->cli, "the learning rate must be positive");
    if (s->lr > 0)
        *lr = (struct sx_schedule){.n = 1, .epoch = {1}, .value = {s->lr}};
    if (s->lr_at.n > 0)
        lr->n = 1;
    for (int i = 0; i < s->lr_at.n; i++) {
        lr->epoch[lr->n] = s->lr_at.epoch[i];
        lr->value[lr->n++] = s->lr_at.value[i];
    }
}

/* The recipe, and on top of it what the command line says. */
static void take_options(struct flint_fit *s)
{
    struct sx_error error = {0};
    struct sx_flint_options *o = &s->o;
    if (!sx_flint_recipe(o, s->recipe, &error))
        cli_misuse(&s->cli, "%s", error.message);
    take_count(&o->attributes, s->attributes);
    take_count(&o->psi_maps, s->psi_maps);
    take_count(&o->pool, s->pool);
    take_count(&o->decoder_maps[0], s->decoder_maps[0]);
    take_count(&o->decoder_maps[1], s->decoder_maps[1]);
    take_count(&o->epochs, s->epochs);
    take_count(&o->batch, s->cli.explain.batch);
    take_schedule(&o->beta, "beta", s->beta);
    take_schedule(&o->gamma, "gamma", s->gamma);
    take_schedule(&o->delta, "delta", s->delta);
    take_schedule(&o->eta, "eta", s->eta);
    take_rates(s);
    o->logits = s->logits;
    o->probs = s->probs;
    o->joint = s->mode == 1;
    o->reinit = s->reinit;
    o->of_g = s->of == 1;
    o->relu = s->phi == 1;
    if (s->input > 0)
        o->input = (enum sx_flint_input)(s->input - 1);
    o->no_decoder = s->no_decoder || o->input == SX_FLINT_NONE;
    if (o->no_decoder)
        o->input = SX_FLINT_NONE;
    o->drop_last = (o->drop_last || s->drop_last) && !s->keep_last;
    o->freeze_psi = s->freeze_psi;
    o->h_dropout = s->h_dropout;
    if (s->val_frac >= 0)
        o->validation = s->val_frac;
    if (s->cache_mb > 0)
        o->cache = (size_t)s->cache_mb << 20;
    if (s->no_cache)
        o->cache = 0;
    o->seed = s->cli.seed;
    o->threads = s->cli.explain.threads;
}

/* What is said must be of use here. */
static void check_options(struct flint_fit *s)
{
    const struct cli *cli = &s->cli;
    struct sx_error error = {0};
    if (s->x == NULL && cli->n_inputs == 1)
        s->x = cli->inputs[0];
    else if (cli->n_inputs > 0)
        cli_misuse(cli, "one data set is enough: -x or INPUT");
    if (s->x == NULL)
        cli_misuse(cli, "which samples? (-x FILE)");
    if (cli->output == NULL)
        cli_misuse(cli, "which OUT.onnx? (-o FILE)");
    if (cli->row_begin > 0 || cli->row_end >= 0 || cli->n_sides > 0 || cli->files_from != NULL)
        cli_misuse(cli, "--rows, --input and --files-from are not for fitting");
    if (cli->explain.precise)
        cli_misuse(cli, "fits are made in float32: no --double");
    if (cli->explain.output != NULL)
        s->logits = cli->explain.output;
    if (s->logits != NULL && s->probs != NULL)
        cli_misuse(cli, "either --logits or --probs");
    if ((s->val_y != NULL && s->val_x == NULL) || (s->test_y != NULL && s->test_x == NULL))
        cli_misuse(cli, "--val-y goes with --val-x, --test-y with --test-x");
    if (s->resume && s->checkpoint == NULL)
        cli_misuse(cli, "which checkpoint? (--checkpoint=FILE)");
    if (s->model_out != NULL && s->mode != 1)
        cli_misuse(cli, "post hoc the model stays as it is: no --model-out");
    if (s->reinit && s->mode != 1)
        cli_misuse(cli, "--reinit is for --mode=joint");
    if (s->raw && !sx_preprocess_preset(&s->cli.pre, "raw", &error))
        cli_misuse(cli, "%s", error.message);
}

/* ---- Progress ---- */

static void show_line(struct flint_fit *s, const struct sx_flint_progress *p)
{
    const struct sx_flint_epoch *e = &p->now;
    double rate = (double)s->steps / (cli_seconds() - s->cli.started);
    double left = (double)((s->o.epochs - p->epoch + 1) * p->steps - p->step) / rate;
    cli_progress(&s->cli,
                 "epoch %lld/%lld step %lld/%lld loss %.4g of %.4g if %.4g ent %.4g l1 %.4g "
                 "fid %.3f %.3g samples/s eta %.0f:%02.0f",
                 (long long)p->epoch, (long long)s->o.epochs, (long long)p->step,
                 (long long)p->steps, e->total, e->of, e->input, e->ent_sample - e->ent_batch,
                 e->l1, e->fidelity, rate * (double)s->o.batch,
                 left / 60 - 0.5 < 0 ? 0 : left / 60 - 0.5,
                 left - 60 * (double)(int64_t)(left / 60));
}

static void write_terms(struct sx_result *j, const struct sx_flint_epoch *e, bool joint)
{
    sx_put_double(j, "total", e->total);
    if (joint)
        sx_put_double(j, "pred", e->pred);
    sx_put_double(j, "of", e->of);
    sx_put_double(j, "if", e->input);
    sx_put_double(j, "ent_sample", e->ent_sample);
    sx_put_double(j, "ent_batch", e->ent_batch);
    sx_put_double(j, "l1", e->l1);
    sx_put_double(j, "fidelity", e->fidelity);
}

/* A line of the log; means are over the epoch so far. */
static void log_line(struct flint_fit *s, const struct sx_flint_progress *p)
{
    const struct sx_flint_epoch *e = &p->now;
    if (s->log == NULL)
        return;
    fprintf(s->log,
            "{\"epoch\":%lld,\"step\":%lld,\"steps\":%lld,\"total\":%.9g,\"pred\":%.9g,"
            "\"of\":%.9g,\"if\":%.9g,\"ent_sample\":%.9g,\"ent_batch\":%.9g,\"l1\":%.9g,"
            "\"fidelity\":%.9g",
            (long long)p->epoch, (long long)p->step, (long long)p->steps, e->total, e->pred,
            e->of, e->input, e->ent_sample, e->ent_batch, e->l1, e->fidelity);
    if (p->epoch_end && e->validation.samples > 0)
        fprintf(s->log, ",\"val_fidelity\":%.9g", e->validation.fidelity);
    fprintf(s->log, "}\n");
    fflush(s->log);
}

static void show(struct flint_fit *s, const struct sx_flint_progress *p)
{
    double now = cli_seconds();
    s->steps++;
    if (!p->epoch_end && now - s->shown < SHOW_SECONDS && s->steps % SHOW_STEPS != 0)
        return;
    s->shown = now;
    log_line(s, p);
    show_line(s, p);
    if (p->epoch_end)
        cli_note(&s->cli, "epoch %lld: loss %.5g, fidelity %.4f, of validation %.4f",
                 (long long)p->epoch, p->now.total, p->now.fidelity,
                 p->now.validation.samples > 0 ? p->now.validation.fidelity : 0);
}

/* ---- The fit ---- */

static bool save_when_due(struct flint_fit *s, bool now, struct sx_error *error)
{
    double time = cli_seconds();
    if (s->checkpoint == NULL || (!now && time - s->saved < s->checkpoint_secs))
        return true;
    s->saved = time;
    return sx_flint_fit_save(s->fit, s->checkpoint, error);
}

static bool no_log(const struct flint_fit *s, struct sx_error *error)
{
    error->status = SX_WRITE;
    snprintf(error->message, sizeof error->message, "%.200s: cannot be written", s->log_file);
    return false;
}

static bool train(struct flint_fit *s, struct sx_error *error)
{
    struct sx_flint_progress p;
    s->saved = s->shown = cli_seconds();
    catch_signals();
    while (!sx_flint_fit_done(s->fit) && caught == 0) {
        if (!sx_flint_fit_step(s->fit, &p, error))
            return false;
        show(s, &p);
        if (s->log != NULL && ferror(s->log) != 0) /* every line is flushed */
            return no_log(s, error);
        if (!save_when_due(s, false, error))
            return false;
    }
    alarm(0);
    return save_when_due(s, true, error);
}

static bool read_sets(struct flint_fit *s, struct sx_error *error)
{
    struct cli *cli = &s->cli;
    return cli_read_data(cli, s->x, s->y, &s->train, error) &&
           (s->val_x == NULL ||
            cli_read_data(cli, s->val_x, s->val_y, &s->validation, error)) &&
           (s->test_x == NULL || cli_read_data(cli, s->test_x, s->test_y, &s->test, error));
}

static bool begin(struct flint_fit *s, struct sx_error *error)
{
    struct sx_flint_data data = {.x = s->train.x,
                                 .y = s->train.y,
                                 .validation_x = s->validation.x,
                                 .validation_y = s->validation.y};
    s->o.max_memory = s->cli.explain.max_memory;
    s->fit = sx_flint_fit_new(s->cli.model, &s->o, &data, error);
    if (s->fit == NULL && error->status == SX_FAILED)
        return cli_place(&s->cli, s->x);
    if (s->fit == NULL)
        return error->status == SX_MODEL && cli_place(&s->cli, s->cli.model_path);
    if (s->o.n_layers == 0)
        fprintf(stderr, "flint-fit: layer %s (choose with --layers)\n",
                sx_flint_fit_layer(s->fit, 0));
    const char *name;
    for (size_t i = 0; (name = sx_flint_fit_weight(s->fit, i)) != NULL; i++)
        cli_note(&s->cli, "learns %s", name);
    if (s->log_file != NULL) {
        s->log = fopen(s->log_file, s->resume ? "a" : "w");
        if (s->log == NULL)
            return no_log(s, error);
    }
    return !s->resume || access(s->checkpoint, F_OK) != 0 ||
           sx_flint_fit_resume(s->fit, s->checkpoint, error);
}

static bool write_model(struct flint_fit *s, struct sx_error *error)
{
    if (s->model_out == NULL)
        return true;
    struct sx_sink *sink = sx_sink_open(s->model_out, error);
    if (sink == NULL)
        return false;
    bool ok = sx_flint_fit_write_model(s->fit, sink, error);
    return sx_sink_finish(sink, ok, error) && ok;
}

/* ---- The report ---- */

static void write_metrics(struct sx_result *j, const char *key,
                          const struct sx_flint_metrics *m)
{
    if (m->samples == 0) {
        sx_put_null(j, key);
        return;
    }
    sx_put_object(j, key);
    sx_put_metrics(j, m);
    sx_put_end(j);
}

static void write_epochs(const struct flint_fit *s, struct sx_result *j)
{
    const struct sx_flint_epoch *e;
    sx_put_list(j, "epochs");
    for (int64_t i = 1; (e = sx_flint_fit_epoch(s->fit, i)) != NULL; i++) {
        sx_put_object(j, NULL);
        sx_put_int(j, "epoch", i);
        write_terms(j, e, s->o.joint);
        write_metrics(j, "validation", &e->validation);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static bool report(struct flint_fit *s, struct sx_error *error)
{
    struct sx_flint_metrics test = {0};
    if (s->test.x != NULL && !sx_flint_fit_measure(s->fit, s->test.x, s->test.y, &test, error))
        return false;
    if (strcmp(s->cli.output, "-") == 0)
        return true;
    struct sx_result *j = s->cli.result;
    struct sx_sink *sink = sx_sink_open(NULL, error);
    if (sink == NULL)
        return false;
    const char *name;
    struct sx_record record = {.tool = s->cli.tool,
                               .id = s->x,
                               .model_file = s->cli.model_path,
                               .model_sha256 = sx_model_sha256(s->cli.model),
                               .input_name = sx_model_input(s->cli.model, 0)->name,
                               .input_shape = *sx_dataset_shape(s->train.x),
                               .seconds = s->cli.timing ? cli_seconds() - s->cli.started : -1};
    sx_result_begin(j, &record);
    sx_put_json(j, "params", sx_flint_fit_config(s->fit));
    sx_put_list(j, "learned");
    for (size_t i = 0; (name = sx_flint_fit_weight(s->fit, i)) != NULL; i++)
        sx_put_text(j, NULL, name);
    sx_put_end(j);
    write_epochs(s, j);
    write_metrics(j, "before", &sx_flint_fit_epoch(s->fit, 0)->validation);
    write_metrics(j, "validation", &sx_flint_fit_epoch(s->fit, s->o.epochs)->validation);
    write_metrics(j, "test", &test);
    sx_result_end(j, &record);
    bool ok = sx_result_json(j, sink, error);
    return sx_sink_finish(sink, ok, error) && ok;
}

static void run(struct flint_fit *s)
{
    struct sx_error *error = &s->cli.error;
    if (!read_sets(s, error) || !begin(s, error) || !train(s, error))
        return;
    if (caught != 0) {
        s->cli.error.status = SX_FAILED;
        snprintf(error->message, sizeof error->message, "stopped by signal %d%s", (int)caught,
                 s->checkpoint != NULL ? "; --resume goes on" : "");
        return;
    }
    if (sx_flint_fit_write(s->fit, s->cli.sink, error) && write_model(s, error))
        report(s, error);
}

static void free_all(struct flint_fit *s)
{
    sx_flint_fit_free(s->fit);
    cli_data_free(&s->train);
    cli_data_free(&s->validation);
    cli_data_free(&s->test);
    free(s->layer_names);
    if (s->log != NULL)
        fclose(s->log);
}

static const struct cli_option options[] = {
    {0, "layers", "A,B", "layers of the model that attributes are made of", CLI_CALL, NULL,
     NULL, set_layers},
    {0, "attributes", "J", "how many attributes", CLI_COUNT, &self.attributes, NULL, NULL},
    {'x', "samples", "FILE", "samples to train on: .npy, .npz, directory of pictures", CLI_TEXT,
     &self.x, NULL, NULL},
    {'y', "classes", "FILE", "their classes: .npy, or text, one a line", CLI_TEXT, &self.y,
     NULL, NULL},
    {0, "mode", "WHICH", "leave the model as it is, or train it too", CLI_CHOICE, &self.mode,
     "posthoc|joint", NULL},
    {0, "reinit", NULL, "joint: start the model from new weights", CLI_FLAG, &self.reinit, NULL,
     NULL},
    {0, "model-out", "FILE", "joint: write the trained model alone", CLI_TEXT, &self.model_out,
     NULL, NULL},
    {0, "recipe", "NAME", "settings: mnist, quickdraw, cifar10, small", CLI_TEXT, &self.recipe,
     NULL, NULL},
    {0, "val-x", "FILE", "samples for validation", CLI_TEXT, &self.val_x, NULL, NULL},
    {0, "val-y", "FILE", "their classes", CLI_TEXT, &self.val_y, NULL, NULL},
    {0, "val-frac", "R", "else hold back this share of -x", CLI_NUMBER, &self.val_frac, NULL,
     NULL},
    {0, "test-x", "FILE", "samples for a last check", CLI_TEXT, &self.test_x, NULL, NULL},
    {0, "test-y", "FILE", "their classes", CLI_TEXT, &self.test_y, NULL, NULL},
    {0, "epochs", "N", "passes over the samples", CLI_COUNT, &self.epochs, NULL, NULL},
    {0, "lr", "R", "learning rate of Adam", CLI_NUMBER, &self.lr, NULL, NULL},
    {0, "lr-at", "EPOCH:R", "another rate from an epoch on (repeatable)", CLI_CALL, NULL, NULL,
     set_lr_at},
    {0, "beta", "W[@E]", "weight of output fidelity, from epoch E on", CLI_TEXT, &self.beta,
     NULL, NULL},
    {0, "gamma", "W[@E]", "weight of input fidelity", CLI_TEXT, &self.gamma, NULL, NULL},
    {0, "delta", "W[@E]", "weight of the entropies", CLI_TEXT, &self.delta, NULL, NULL},
    {0, "eta", "W[@E]", "weight of the l1 norm, times delta", CLI_TEXT, &self.eta, NULL, NULL},
    {0, "of", "WHICH", "the model teaches, or is weighted by, the interpreter", CLI_CHOICE,
     &self.of, "f|g", NULL},
    {0, "if", "WHICH", "input fidelity", CLI_CHOICE, &self.input, "recipe|mse|l1|none", NULL},
    {0, "phi", "WHICH", "how attributes end", CLI_CHOICE, &self.phi, "leaky|relu", NULL},
    {0, "psi-maps", "M", "feature maps of the attribute network", CLI_COUNT, &self.psi_maps,
     NULL, NULL},
    {0, "pool", "P", "they are pooled to P x P", CLI_COUNT, &self.pool, NULL, NULL},
    {0, "dec-maps", "M,K", "feature maps of the decoder", CLI_CALL, NULL, NULL,
     set_decoder_maps},
    {0, "no-decoder", NULL, "no reconstruction", CLI_FLAG, &self.no_decoder, NULL, NULL},
    {0, "freeze-psi", NULL, "control: attributes stay random", CLI_FLAG, &self.freeze_psi, NULL,
     NULL},
    {0, "h-dropout", "R", "share of attributes left out in training", CLI_NUMBER,
     &self.h_dropout, NULL, NULL},
    {0, "drop-last", NULL, "leave out the short last batch", CLI_FLAG, &self.drop_last, NULL,
     NULL},
    {0, "keep-last", NULL, "or do not, whatever the recipe", CLI_FLAG, &self.keep_last, NULL,
     NULL},
    {0, "logits", "TENSOR", "class scores before the softmax", CLI_TEXT, &self.logits, NULL,
     NULL},
    {0, "probs", "TENSOR", "or class probabilities", CLI_TEXT, &self.probs, NULL, NULL},
    {0, "checkpoint", "FILE", "written now and then, to go on from", CLI_TEXT, &self.checkpoint,
     NULL, NULL},
    {0, "checkpoint-secs", "S", "seconds between two", CLI_NUMBER, &self.checkpoint_secs, NULL,
     NULL},
    {0, "resume", NULL, "go on from the checkpoint if it is there", CLI_FLAG, &self.resume,
     NULL, NULL},
    {0, "log", "FILE", "progress as JSON lines", CLI_TEXT, &self.log_file, NULL, NULL},
    {0, "cache-mb", "N", "memory for what the model says of the samples", CLI_COUNT,
     &self.cache_mb, NULL, NULL},
    {0, "no-cache", NULL, "none", CLI_FLAG, &self.no_cache, NULL, NULL},
    {0, "raw", NULL, "integers are values, not pixels of 0..255", CLI_FLAG, &self.raw, NULL,
     NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_fit *s = &self;
    s->cli = (struct cli){.tool = "flint-fit",
                          .summary = "Fit an interpreter to a model, for flint-explain.",
                          .operands = "MODEL -x SAMPLES -o OUT.onnx",
                          .options = options,
                          .groups = CLI_PICTURES,
                          .formats = 1u << CLI_JSON,
                          .one_result = true};
    s->recipe = "mnist";
    s->val_frac = -1;
    s->checkpoint_secs = 60;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    take_options(s);
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    int status = cli_finish(&s->cli);
    return caught != 0 ? 128 + caught : status;
}
