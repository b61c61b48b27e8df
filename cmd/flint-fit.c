/* flint-fit.c - fits an interpreter to a model: FLINT's training. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/streams.h"

/* Progress is shown after so many seconds, or so many steps. */
#define SHOW_SECONDS 2
#define SHOW_STEPS 200

struct flint_fit {
    struct cli cli;
    struct sx_flint_options o;
    struct sx_flint_fit *fit;
    struct cli_data train, validation, test;
    const char *groups_file;
    int64_t *group; /* [samples], the group of each training sample */
    struct sx_flint_origin origin;
    const char *x, *y, *val_x, *val_y, *test_x, *test_y, *model_out, *checkpoint, *log_file;
    double checkpoint_secs;
    bool raw, resume;

    FILE *log;
    double shown, saved; /* when progress was last shown, and the checkpoint last written */
    int64_t steps;
};

static struct flint_fit self;
/* ---- Options ---- */

/* Misuse if an option has no effect in this fit. */
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
    if (cli->explain.output != NULL)
        s->o.logits = cli->explain.output;
    if (s->o.logits != NULL && s->o.probs != NULL)
        cli_misuse(cli, "either --logits or --probs");
    if ((s->val_y != NULL && s->val_x == NULL) || (s->test_y != NULL && s->test_x == NULL))
        cli_misuse(cli, "--val-y goes with --val-x, --test-y with --test-x");
    if (s->resume && s->checkpoint == NULL)
        cli_misuse(cli, "which checkpoint? (--checkpoint=FILE)");
    if (s->model_out != NULL && !s->o.joint)
        cli_misuse(cli, "post hoc the model stays as it is: no --model-out");
    if (s->o.reinit && !s->o.joint)
        cli_misuse(cli, "--reinit is for --mode=joint");
    if (s->raw && !sx_preprocess_preset(&s->cli.pre, "raw", &error))
        cli_misuse(cli, "%s", error.message);
    s->o.batch = cli->explain.batch;
    s->o.seed = cli->seed;
    s->o.threads = cli->explain.threads;
}

/* ---- Progress ---- */

static bool no_log(const struct flint_fit *s, struct sx_error *error)
{
    return cli_error(error, SX_WRITE, "%.200s: cannot be written", s->log_file);
}

static void show_line(struct flint_fit *s, const struct sx_flint_progress *p)
{
    const struct sx_flint_epoch *e = &p->now;
    double rate = (double)s->steps / (cli_seconds() - s->cli.started);
    const struct sx_flint_options *o = sx_flint_fit_options(s->fit);
    double left = (double)((o->epochs - p->epoch + 1) * p->steps - p->step) / rate;
    cli_progress(&s->cli,
                 "epoch %lld/%lld step %lld/%lld loss %.4g of %.4g if %.4g ent %.4g l1 %.4g "
                 "fid %.3f %.3g samples/s eta %.0f:%02.0f",
                 (long long)p->epoch, (long long)o->epochs, (long long)p->step,
                 (long long)p->steps, e->total, e->of, e->input, e->ent_sample - e->ent_batch,
                 e->l1, e->fidelity, rate * (double)o->batch,
                 left / 60 - 0.5 < 0 ? 0 : left / 60 - 0.5,
                 left - 60 * (double)(int64_t)(left / 60));
}

/* Writes a line of the log. Means are over the epoch so far. */
static bool log_line(struct flint_fit *s, const struct sx_flint_progress *p,
                     struct sx_error *error)
{
    struct sx_result *r = s->log != NULL ? sx_result_new(SX_DOUBLE, error) : NULL;
    if (s->log == NULL || r == NULL)
        return s->log == NULL;
    sx_put_object(r, NULL);
    sx_put_int(r, "epoch", p->epoch);
    sx_put_int(r, "step", p->step);
    sx_put_int(r, "steps", p->steps);
    sx_put_terms(r, &p->now, true);
    if (p->epoch_end && p->now.validation.samples > 0)
        sx_put_double(r, "val_fidelity", p->now.validation.fidelity);
    char *line = sx_result_line(r, error);
    sx_result_free(r);
    if (line == NULL)
        return false;
    fprintf(s->log, "%s\n", line);
    fflush(s->log);
    free(line);
    return ferror(s->log) == 0 || no_log(s, error);
}

static bool show(struct flint_fit *s, const struct sx_flint_progress *p, struct sx_error *error)
{
    double now = cli_seconds();
    s->steps++;
    if (!p->epoch_end && now - s->shown < SHOW_SECONDS && s->steps % SHOW_STEPS != 0)
        return true;
    s->shown = now;
    show_line(s, p);
    if (p->epoch_end)
        cli_note(&s->cli, "epoch %lld: loss %.5g, fidelity %.4f, of validation %.4f",
                 (long long)p->epoch, p->now.total, p->now.fidelity,
                 p->now.validation.samples > 0 ? p->now.validation.fidelity : 0);
    return log_line(s, p, error);
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

static bool train(struct flint_fit *s, struct sx_error *error)
{
    struct sx_flint_progress p;
    s->saved = s->shown = cli_seconds();
    cli_catch_signals();
    while (!sx_flint_fit_done(s->fit) && cli_caught() == 0) {
        if (!sx_flint_fit_step(s->fit, &p, error))
            return false;
        if (!show(s, &p, error) || !save_when_due(s, false, error))
            return false;
    }
    cli_in_time();
    return save_when_due(s, true, error);
}

static bool read_sets(struct flint_fit *s, struct sx_error *error)
{
    struct cli *cli = &s->cli;
    return cli_read_data(cli, s->x, s->y, &s->train, error) &&
           (s->groups_file == NULL ||
            cli_read_groups(cli, s->groups_file, sx_dataset_count(s->train.x), &s->group,
                            error)) &&
           (s->val_x == NULL ||
            cli_read_data(cli, s->val_x, s->val_y, &s->validation, error)) &&
           (s->test_x == NULL || cli_read_data(cli, s->test_x, s->test_y, &s->test, error));
}

static bool begin(struct flint_fit *s, struct sx_error *error)
{
    struct sx_flint_data data = {.x = s->train.x,
                                 .y = s->train.y,
                                 .validation_x = s->validation.x,
                                 .validation_y = s->validation.y,
                                 .group = s->group,
                                 .origin = &s->origin};
    cli_flint_describe(&s->cli, s->train.x, &s->origin);
    s->o.max_memory = s->cli.explain.max_memory;
    s->fit = sx_flint_fit_new(s->cli.model, &s->o, &data, error);
    if (s->fit == NULL && error->status == SX_FAILED)
        return cli_place(&s->cli, s->x);
    if (s->fit == NULL)
        return error->status == SX_MODEL && cli_place(&s->cli, s->cli.model_path);
    const char *name;
    for (int i = 0; s->o.layer_names == NULL && (name = sx_flint_fit_layer(s->fit, i)) != NULL;
         i++)
        cli_say(&s->cli, "layer %s (choose with --layers)", name);
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

static void warn(struct flint_fit *s)
{
    const struct sx_flint_epoch *e = sx_flint_fit_epoch(s->fit, sx_flint_fit_kept(s->fit));
    const struct sx_flint_metrics *m = &e->validation;
    if (m->samples > 0 && 2 * m->live < (double)sx_flint_fit_options(s->fit)->attributes)
        cli_warn(&s->cli, 0, "more than half of the attributes are dead");
    if (sx_flint_fit_unseen(s->fit) > 0)
        cli_warn(&s->cli, sx_flint_fit_unseen(s->fit),
                 "samples of the validation are of classes that no other sample has");
    if (m->samples > 0 && m->gap > 1)
        cli_warn(&s->cli, 0, "the interpreter is far from the model: the gap is over 1");
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
    const struct cli_sample all = {.id = s->x, .started = s->cli.started};
    struct sx_record record;
    warn(s);
    cli_record(&s->cli, &all, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = *sx_dataset_shape(s->train.x);
    sx_result_begin(j, &record);
    sx_put_flint_fit(j, s->fit, &test);
    sx_result_end(j, &record);
    bool ok = sx_result_json(j, sink, error);
    return sx_sink_finish(sink, ok, error) && ok;
}

static void run(struct flint_fit *s)
{
    struct sx_error *error = &s->cli.error;
    if (!read_sets(s, error) || !begin(s, error) || !train(s, error))
        return;
    if (cli_caught() != 0) {
        cli_error(error, SX_FAILED, "stopped by signal %d%s", cli_caught(),
                  s->checkpoint != NULL ? "; --resume goes on" : "");
        return;
    }
    if (sx_flint_fit_write(s->fit, s->cli.sink, error) && write_model(s, error))
        report(s, error);
}

static void free_all(struct flint_fit *s)
{
    sx_flint_fit_free(s->fit);
    free((void *)(uintptr_t)s->origin.names);
    free(s->group);
    cli_data_free(&s->train);
    cli_data_free(&s->validation);
    cli_data_free(&s->test);
    if (s->log != NULL)
        fclose(s->log);
}

#define FILE_OPTION(l, n, what, member)                                                        \
    {                                                                                          \
        .letter = (l), .name = (n), .argument = "FILE", .help = (what), .kind = CLI_TEXT,      \
        .to = &self.member                                                                     \
    }
static const struct cli_option options[] = {
    FILE_OPTION('x', "samples", "samples to train on: .npy, .npz, table, directory of pictures",
                x),
    FILE_OPTION('y', "classes", "their classes: .npy, or text with one per line", y),
    FILE_OPTION(0, "groups", "group of each sample, one per line; groups are never split",
                groups_file),
    FILE_OPTION(0, "val-x", "samples for validation", val_x),
    FILE_OPTION(0, "val-y", "their classes", val_y),
    FILE_OPTION(0, "test-x", "samples for a test after the fit", test_x),
    FILE_OPTION(0, "test-y", "their classes", test_y),
    FILE_OPTION(0, "model-out", "joint: also write the trained model alone", model_out),
    FILE_OPTION(0, "checkpoint", "write a checkpoint regularly, for --resume", checkpoint),
    {.name = "checkpoint-secs",
     .argument = "S",
     .help = "seconds from one checkpoint to the next (60)",
     .kind = CLI_NUMBER,
     .to = &self.checkpoint_secs},
    {.name = "resume",
     .help = "continue from the checkpoint if there is one",
     .kind = CLI_FLAG,
     .to = &self.resume},
    FILE_OPTION(0, "log", "write progress as JSON lines", log_file),
    {.name = "raw",
     .help = "integers are values, not pixels of 0 to 255",
     .kind = CLI_FLAG,
     .to = &self.raw},
    {.name = NULL}};
static const struct cli_table tables[] = {{&sx_flint_table, &self.o}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_fit *s = &self;
    s->cli = (struct cli){.tool = "flint-fit",
                          .summary = "Fit an interpreter to a model, for flint-explain.",
                          .operands = "MODEL -x SAMPLES -o OUT.onnx",
                          .options = options,
                          .tables = tables,
                          .groups = CLI_PICTURES,
                          .formats = 1u << CLI_JSON,
                          .one_result = true,
                          .without = "double,input,files-from,null,rows"};
    s->checkpoint_secs = 60;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    int status = cli_finish(&s->cli);
    return cli_caught() != 0 ? 128 + cli_caught() : status;
}
