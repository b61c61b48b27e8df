/* sextant/record.h - where results go: files, numbers, .npy, JSON, records. */
#ifndef SEXTANT_RECORD_H
#define SEXTANT_RECORD_H

#include "sextant/explain.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers as text, whatever the locale: the shortest decimal that reads back as the same float
 * (SX_FLOAT) or double; "null" for NaN and infinities. Returns its length. */
#define SX_NUMBER_SIZE 32
size_t sx_number(char text[SX_NUMBER_SIZE], double value, enum sx_type precision);

/* Sets *value to what the `n` bytes say; false unless they are one number and nothing else. */
bool sx_number_parse(const char *text, size_t n, double *value);

/* Where results go. The first failure sticks: later writes do nothing, and flush and finish
 * report it (status 5). The caller ignores SIGPIPE. */
struct sx_sink;

/* `path` NULL or "-" is standard output. A file appears under its name only when it is
 * finished; what exists and is no regular file (/dev/null) is written to directly. */
struct sx_sink *sx_sink_open(const char *path, struct sx_error *error);
bool sx_sink_write(struct sx_sink *sink, const void *bytes, size_t n);
bool sx_sink_print(struct sx_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool sx_sink_flush(struct sx_sink *sink, struct sx_error *error);

/* Ends and frees the sink; without `keep`, or on failure, no file stays. */
bool sx_sink_finish(struct sx_sink *sink, bool keep, struct sx_error *error);

/* Writes an .npy: its header alone (the elements follow by sx_sink_write), or all of it. */
bool sx_npy_head(struct sx_sink *sink, enum sx_type type, const struct sx_shape *shape);
bool sx_npy_write(struct sx_sink *sink, const struct sx_tensor *tensor);

/* A writer of JSON; zero-initialise what is not said here. `key` is NULL inside arrays. */
struct sx_json {
    struct sx_sink *sink;
    enum sx_type precision; /* of numbers and double arrays: SX_FLOAT or SX_DOUBLE */
    int64_t nonfinite;      /* computed numbers that were written as null */
    bool comma;
};

void sx_json_object(struct sx_json *json, const char *key);
void sx_json_object_end(struct sx_json *json);
void sx_json_array(struct sx_json *json, const char *key);
void sx_json_array_end(struct sx_json *json);
void sx_json_string(struct sx_json *json, const char *key, const char *text); /* NULL: null */
void sx_json_raw(struct sx_json *json, const char *key, const char *text); /* is JSON already */
void sx_json_number(struct sx_json *json, const char *key, double value);
void sx_json_double(struct sx_json *json, const char *key, double value); /* full precision */
/* The same of a number that follows from others, or that there may be none of: NaN and
 * infinities are null, and not counted. */
void sx_json_derived(struct sx_json *json, const char *key, double value);
void sx_json_int(struct sx_json *json, const char *key, int64_t value);
void sx_json_bool(struct sx_json *json, const char *key, bool value);
void sx_json_shape(struct sx_json *json, const char *key, const struct sx_shape *shape);
void sx_json_values(struct sx_json *json, const char *key, const struct sx_tensor *tensor);
/* {"shape":[...],"values":[flat, row-major]} */
void sx_json_tensor(struct sx_json *json, const char *key, const struct sx_tensor *tensor);

/* What every record says of itself. A NULL target and negative seconds are left out. */
struct sx_record {
    const char *tool, *id;
    int64_t index; /* of the sample in its file */
    const char *model_file, *model_sha256;
    const char *input_name;
    struct sx_shape input_shape;
    const struct sx_target *target;
    int64_t forward, backward;
    const char *note; /* a warning about the sample itself, before the others; NULL: none */
    const char *const *warnings;
    size_t warning_count;
    double seconds;
};

/* A record is sx_record_begin, "params" and the tool's own keys, sx_record_end; the latter two
 * calls write the record out and fail with status 5. */
void sx_record_begin(struct sx_json *json, const struct sx_record *record);
bool sx_record_end(struct sx_json *json, const struct sx_record *record,
                   struct sx_error *error);

/* The record of a sample that failed with *why. */
bool sx_record_error(struct sx_json *json, const struct sx_record *record,
                     const struct sx_error *why, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
