/* streams.h - what a tool reads besides its samples, and what it writes: data sets, streams of records,
 * fitted files; results. */
#ifndef CLI_STREAMS_H
#define CLI_STREAMS_H

#include "cmd/cli/cli.h"

/* data.c: a data set for the model's input, and labels: from `y`, from the member y of an
 * archive, or from the directories that the pictures lie in. */
struct cli_data {
    struct sx_dataset *x;
    const int64_t *y; /* NULL: no labels */
    int64_t *own;
};
bool cli_read_data(struct cli *cli, const char *x, const char *y, struct cli_data *data,
                   struct sx_error *error);
void cli_data_free(struct cli_data *data);
/* Reads which of n samples belong together: the file has a line for each, and equal lines are a group. */
bool cli_read_groups(struct cli *cli, const char *path, int64_t n, int64_t **group,
                     struct sx_error *error);
/* Reads tensors of the explained input's shape, all samples of a file and at least one: [n, size]
 * doubles. */
bool cli_read_points(struct cli *cli, const char *path, const struct sx_explainer *explainer,
                     double **points, int64_t *n, struct sx_error *error);
/* Leaves one INPUT, standard input if none is named; options that take a part are misuse. */
void cli_one_input(struct cli *cli);

/* records.c: all records of a stream, "-" is standard input; lines that are none are failed
 * samples. False, with cli->error, where it cannot be read or is empty. */
struct cli_records {
    struct sx_result **record;
    size_t n;
};
bool cli_read_records(struct cli *cli, const char *path, struct cli_records *records);
void cli_records_free(struct cli_records *records);
/* The sample that a record is of, without its tensors; the id is NULL if the record has none. */
struct cli_sample cli_sample_of(const struct sx_datum *record);
/* Whether a record is of this sample. */
bool cli_record_of(const struct sx_datum *record, const char *id, int64_t index);
/* Explains the element that a record explains, unless -t names one. */
bool cli_aim_by(const struct cli *cli, const struct sx_datum *record,
                struct sx_explainer *explainer, struct sx_error *error);
/* Fails where no record of the file is of one of the INPUTs, nor can be of a sample with an id of
 * its own. */
bool cli_records_match(struct cli *cli, const char *path, const struct cli_records *records);

/* flint.c: a fitted file, whose preparation of samples and labels become those of the run: status 2
 * where options say otherwise; for tools that look at a whole data set, with what they found. On
 * failure cli->error says in which file, as cli_place makes it do, which returns false. */
struct cli_flint {
    struct sx_flint *flint;
    struct cli_data data;
    struct sx_flint_survey survey;
    struct sx_flint_look look;
    const char *y;
    bool raw;
};
extern const struct sx_options cli_flint_table; /* rows of y and raw */
void cli_flint_check(struct cli *cli, bool raw);
/* The command line of a tool that looks at one INPUT as a whole. */
void cli_flint_parse(struct cli *cli, struct cli_flint *f, int argc, char **argv);
bool cli_flint_open(struct cli *cli, struct sx_flint **flint);
bool cli_flint_survey(struct cli *cli, struct cli_flint *f);
void cli_flint_free(struct cli_flint *f);
/* What the samples of a fit are, for its file. Names belong to x; free their array. */
void cli_flint_describe(struct cli *cli, const struct sx_dataset *x,
                        struct sx_flint_origin *origin);
/* What the samples of the fit were, with the names of classes of the run. */
struct sx_flint_origin cli_flint_origin(const struct cli *cli, const struct sx_flint *flint);
/* Fails (status 2) where the columns of a table are not those of the fit, whose names are given by
 * their number. Warns where values are far from the range of the fit. */
void cli_flint_warn_range(struct cli *cli, const struct sx_flint *flint, double low,
                          double high);
bool cli_flint_columns(const struct sx_flint *flint,
                       const char *(*name)(const void *context, size_t i), const void *context,
                       struct sx_error *error);
const char *cli_label(const struct cli *cli, int64_t i); /* of a class; NULL: none */

/* record.c: the parts that all records share. cli_record empties cli->result; the tool puts
 * "params" and its own keys there between sx_result_begin and cli_emit. */
void cli_record(struct cli *cli, const struct cli_sample *sample, struct sx_record *record);
void cli_record_target(struct cli *cli, struct sx_record *record,
                       const struct sx_explainer *explainer);
/* Ends the record and writes it in the format that was asked for: JSON, a table, or text, with
 * `map` drawn on a terminal unless it is NULL. */
bool cli_emit(struct cli *cli, const struct sx_record *record, const struct sx_view *view,
              const struct sx_tensor *map, struct sx_error *error);
/* The last of "params": precision, seed, and what was given of the common options that can change
 * numbers; "names" and "x", where a table's header names the elements. */
void cli_put_common(struct cli *cli);
void cli_put_names(struct cli *cli, const struct sx_explainer *explainer);
/* Whether the players are the elements that have a value each, in their order. */
bool cli_are_elements(const struct sx_explainer *explainer, const struct sx_players *players);
/* "top": the k strongest of an attribution, with names where each element has one. */
void cli_put_top(struct cli *cli, const struct sx_tensor *values, int64_t k);
/* Writes what cli->result says of a failure: a record, or a row of a table. */
bool cli_emit_failed(struct cli *cli, struct sx_error *error);
/* files.c: writes a whole file of a sample; with -o DIR/, under its own name. */
bool cli_write_file(struct cli *cli, const struct cli_sample *sample, const uint8_t *bytes,
                    size_t size, struct sx_error *error);
/* figure.c: a figure that is no record's: what it shall become, and writes it. */
struct sx_made cli_made(const struct cli *cli);
bool cli_write_made(struct cli *cli, const struct sx_made *made, struct sx_error *error);

/* baseline.c: x's reference input from --baseline: any kind. The caller frees it. */
bool cli_baseline(struct cli *cli, const struct sx_explainer *explainer,
                  const double *background, int64_t n_background, double **baseline,
                  struct sx_error *error);

/* array.c: adds one tensor to the .npy that is written at the end, one sample's, without its
 * batch axis; or a row of NaN for a sample that failed. */
bool cli_add_array(struct cli *cli, const struct sx_tensor *tensor, struct sx_error *error);
bool cli_add_failed(struct cli *cli, struct sx_error *error);

#endif
