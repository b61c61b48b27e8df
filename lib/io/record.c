/* record.c - the frame of every record: what was explained, and at what cost. */
#include "io/io.h"

static void begin(struct sx_json *json, const struct sx_record *record)
{
    json->comma = false;
    json->nonfinite = 0;
    sx_json_object(json, NULL);
    sx_json_string(json, "tool", record->tool);
}

static bool end(struct sx_json *json, struct sx_error *error)
{
    sx_json_object_end(json);
    sx_sink_write(json->sink, "\n", 1);
    json->comma = false;
    return sx_sink_flush(json->sink, error);
}

static void put_target(struct sx_json *json, const struct sx_target *target)
{
    static const char *const score[] = {[SX_SCORE_RAW] = "raw",
                                        [SX_SCORE_LOGIT] = "logit",
                                        [SX_SCORE_PROB] = "prob",
                                        [SX_SCORE_LOGPROB] = "logprob"};
    sx_json_object(json, "target");
    sx_json_string(json, "output", target->output);
    if (target->instead_of != NULL)
        sx_json_string(json, "instead_of", target->instead_of);
    if (target->sum != NULL)
        sx_json_string(json, "index", NULL);
    else
        sx_json_int(json, "index", target->index);
    sx_json_string(json, "label", target->label);
    sx_json_string(json, "score", score[target->score]);
    sx_json_number(json, "value", target->value);
    if (target->sum != NULL)
        sx_json_string(json, "sum", target->sum);
    if (target->other)
        sx_json_bool(json, "other", true);
    sx_json_object_end(json);
}

void sx_record_begin(struct sx_json *json, const struct sx_record *record)
{
    begin(json, record);
    sx_json_string(json, "version", SX_VERSION);
    sx_json_string(json, "id", record->id);
    sx_json_int(json, "index", record->index);
    sx_json_object(json, "model");
    sx_json_string(json, "file", record->model_file);
    sx_json_string(json, "sha256", record->model_sha256);
    sx_json_object_end(json);
    sx_json_object(json, "input");
    sx_json_string(json, "name", record->input_name);
    sx_json_shape(json, "shape", &record->input_shape);
    sx_json_object_end(json);
    if (record->target != NULL)
        put_target(json, record->target);
    if (record->target != NULL && record->target->straight_through)
        sx_json_bool(json, "straight_through", true);
}

bool sx_record_end(struct sx_json *json, const struct sx_record *record, struct sx_error *error)
{
    if (json->nonfinite > 0)
        sx_json_int(json, "nonfinite", json->nonfinite);
    sx_json_object(json, "cost");
    sx_json_int(json, "forward", record->forward);
    sx_json_int(json, "backward", record->backward);
    sx_json_object_end(json);
    sx_json_array(json, "warnings");
    if (record->note != NULL)
        sx_json_string(json, NULL, record->note);
    for (size_t i = 0; i < record->warning_count; i++)
        sx_json_string(json, NULL, record->warnings[i]);
    sx_json_array_end(json);
    if (record->seconds >= 0)
        sx_json_double(json, "seconds", record->seconds);
    return end(json, error);
}

bool sx_record_error(struct sx_json *json, const struct sx_record *record,
                     const struct sx_error *why, struct sx_error *error)
{
    begin(json, record);
    sx_json_string(json, "id", record->id);
    sx_json_int(json, "index", record->index);
    sx_json_object(json, "error");
    sx_json_int(json, "status", why->status);
    sx_json_string(json, "message", why->message);
    sx_json_object_end(json);
    return end(json, error);
}
