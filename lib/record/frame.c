/* frame.c - the keys that begin and end every record: what was explained, and at what cost. */
#include <math.h>
#include <string.h>

#include "record/result.h"
#include "sextant/explain.h"

static void put_target(struct sx_result *r, const struct sx_target *target)
{
    static const char *const score[] = {[SX_SCORE_RAW] = "raw",
                                        [SX_SCORE_LOGIT] = "logit",
                                        [SX_SCORE_PROB] = "prob",
                                        [SX_SCORE_LOGPROB] = "logprob"};
    sx_put_object(r, "target");
    sx_put_text(r, "output", target->output);
    if (target->instead_of != NULL)
        sx_put_text(r, "instead_of", target->instead_of);
    if (target->sum != NULL)
        sx_put_null(r, "index");
    else
        sx_put_int(r, "index", target->index);
    sx_put_text(r, "label", target->label);
    sx_put_text(r, "score", score[target->score]);
    sx_put_number(r, "value", target->value);
    if (target->sum != NULL)
        sx_put_text(r, "sum", target->sum);
    if (target->other)
        sx_put_bool(r, "other", true);
    sx_put_end(r);
}

/* Puts the cell of a table's column of truths: a number, or a text. */
static void put_truth(struct sx_result *r, const char *truth)
{
    double value;
    if (!sx_number_parse(truth, strlen(truth), &value) || !isfinite(value))
        sx_put_text(r, "truth", truth);
    else if (value == rint(value) && fabs(value) < 0x1p53)
        sx_put_int(r, "truth", (int64_t)value);
    else
        sx_put_double(r, "truth", value);
}

void sx_result_begin(struct sx_result *r, const struct sx_record *record)
{
    sx_put_object(r, NULL);
    sx_put_text(r, "tool", record->tool);
    sx_put_text(r, "version", SX_VERSION);
    sx_put_text(r, "id", record->id);
    sx_put_int(r, "index", record->index);
    sx_put_object(r, "model");
    sx_put_text(r, "file", record->model_file);
    sx_put_text(r, "sha256", record->model_sha256);
    sx_put_end(r);
    sx_put_object(r, "input");
    sx_put_text(r, "name", record->input_name);
    sx_put_shape(r, "shape", &record->input_shape);
    if (record->prepared != NULL)
        sx_put_preparation(r, "picture", record->prepared); /* sufficient to repeat it */
    sx_put_end(r);
    if (record->target != NULL)
        put_target(r, record->target);
    if (record->target != NULL && record->target->straight_through)
        sx_put_bool(r, "straight_through", true);
    if (record->partial)
        sx_put_bool(r, "partial", true);
    if (record->truth != NULL)
        put_truth(r, record->truth);
}

void sx_result_end(struct sx_result *r, const struct sx_record *record)
{
    if (r->nonfinite > 0)
        sx_put_int(r, "nonfinite", r->nonfinite);
    sx_put_object(r, "cost");
    sx_put_int(r, "forward", record->forward);
    sx_put_int(r, "backward", record->backward);
    sx_put_end(r);
    sx_put_list(r, "warnings");
    if (record->note != NULL)
        sx_put_text(r, NULL, record->note);
    for (size_t i = 0; i < record->warning_count; i++)
        sx_put_text(r, NULL, record->warnings[i]);
    sx_put_end(r);
    if (record->seconds >= 0)
        sx_put_double(r, "seconds", record->seconds);
    sx_put_end(r);
}

void sx_result_failed(struct sx_result *r, const struct sx_record *record,
                      const struct sx_error *why)
{
    sx_put_object(r, NULL);
    sx_put_text(r, "tool", record->tool);
    sx_put_text(r, "id", record->id);
    sx_put_int(r, "index", record->index);
    sx_put_object(r, "error");
    sx_put_int(r, "status", why->status);
    sx_put_text(r, "message", why->message);
    sx_put_end(r);
    sx_put_end(r);
}
