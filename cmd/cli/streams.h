/* streams.h - what a tool reads besides its samples: data sets, streams of records, fitted files;
 * and how it writes results. */
#ifndef CLI_STREAMS_H
#define CLI_STREAMS_H

#include "cmd/cli/cli.h"

/* data.c: a data set for the model's input, with labels. The labels are those of the file `y`, of
 * the array "y" in an archive, or of the directories of pictures. */
struct cli_data {
    struct sx_dataset *x;
    const int64_t *y; /* NULL: no labels */
    int64_t *own;
};
bool cli_read_data(struct cli *cli, const char *x, const char *y, struct cli_data *data,
                   struct sx_error *error);
void cli_data_free(struct cli_data *data);
/* Reads groups of n samples from a file with a line per sample. Samples with equal lines are one
 * group. */
bool cli_read_groups(struct cli *cli, const char *path, int64_t n, int64_t **group,
                     struct sx_error *error);
/* Reads all samples of a file, at least one, as tensors of the explained input's shape: *points are
 * doubles [n, size]. */
bool cli_read_points(struct cli *cli, const char *path, const struct sx_explainer *explainer,
                     double **points, int64_t *n, struct sx_error *error);
/* Ensures one INPUT, standard input by default. */
void cli_one_input(struct cli *cli);

/* records.c: reads all records of a stream; "-" is standard input. A line that is no record counts
 * as a failed sample. False, with cli->error set, if the stream cannot be read or is empty. */
struct cli_records {
    struct sx_result **record;
    size_t n;
};
bool cli_read_records(struct cli *cli, const char *path, struct cli_records *records);
void cli_records_free(struct cli_records *records);
/* The sample that a record is about, without its tensors. Its id is NULL if the record has none. */
struct cli_sample cli_sample_of(const struct sx_datum *record);
/* Whether a record is about this sample. */
bool cli_record_of(const struct sx_datum *record, const char *id, int64_t index);
/* Sets the target to the element that the record explains, unless -t was given. */
bool cli_aim_by(const struct cli *cli, const struct sx_datum *record,
                struct sx_explainer *explainer, struct sx_error *error);
/* Fails if no record of the file has one of the INPUTs as its id. Accepts all records if samples
 * may have other ids: with --files-from, or with a column of ids. */
bool cli_records_match(struct cli *cli, const char *path, const struct cli_records *records);

/* flint.c: what the tools that read fitted files share. `flint` is the file; `data`, `survey` and
 * `look` are used by tools that read a whole data set. */
struct cli_flint {
    struct sx_flint *flint;
    struct cli_data data;
    struct sx_flint_survey survey;
    struct sx_flint_look look;
    const char *y;
    bool raw;
};
extern const struct sx_options cli_flint_table; /* rows for `y` and `raw` */
/* With `raw`, samples are prepared by the preset "raw". */
void cli_flint_check(struct cli *cli, bool raw);
/* Parses the command line of a tool that reads one INPUT as a whole. */
void cli_flint_parse(struct cli *cli, struct cli_flint *f, int argc, char **argv);
/* Opens the fitted file. Its labels, and its preparation of samples, become those of the run.
 * Status 2 if options contradict them. On failure cli->error names the file. */
bool cli_flint_open(struct cli *cli, struct sx_flint **flint);
/* Reads the data set and surveys it. */
bool cli_flint_survey(struct cli *cli, struct cli_flint *f);
void cli_flint_free(struct cli_flint *f);
/* Fills in the description of a fit's samples. Its names belong to x; the caller frees their array. */
void cli_flint_describe(struct cli *cli, const struct sx_dataset *x,
                        struct sx_flint_origin *origin);
/* The description in a fitted file, with the class names of the run. */
struct sx_flint_origin cli_flint_origin(const struct cli *cli, const struct sx_flint *flint);
/* Warns if values from low to high are far from the range of the fit. */
void cli_flint_warn_range(struct cli *cli, const struct sx_flint *flint, double low,
                          double high);
/* Fails with status 2 if the columns of a table, which name() gives by number, are not those of the
 * fit. */
bool cli_flint_columns(const struct sx_flint *flint,
                       const char *(*name)(const void *context, size_t i), const void *context,
                       struct sx_error *error);
const char *cli_label(const struct cli *cli, int64_t i); /* the label of class i; NULL: none */

/* record.c: empties cli->result and fills in the parts of *record that all tools share. The tool
 * puts "params" and its own keys between sx_result_begin and cli_emit. */
void cli_record(struct cli *cli, const struct cli_sample *sample, struct sx_record *record);
/* Fills in the parts about the explained input and target. */
void cli_record_target(struct cli *cli, struct sx_record *record,
                       const struct sx_explainer *explainer);
/* Ends the record and writes it in the format of the run. A text has `map` drawn for a terminal,
 * unless that is NULL. */
bool cli_emit(struct cli *cli, const struct sx_record *record, const struct sx_view *view,
              const struct sx_tensor *map, struct sx_error *error);
/* Puts the last members of "params": the precision, the seed, and the common options that were
 * given and can change numbers. */
void cli_put_common(struct cli *cli);
/* Puts "names" and "x", if the header of a table names the elements. */
void cli_put_names(struct cli *cli, const struct sx_explainer *explainer);
/* Puts the n names of players, and "x" if each player is one element. Without a name: cli_put_names.
 * `explainer` and `players` may be NULL. */
void cli_put_player_names(struct cli *cli, const struct sx_explainer *explainer,
                          const struct sx_players *players, const char *const *name, int64_t n);
/* Puts "top": the k strongest elements, with names if each element has one. */
void cli_put_top(struct cli *cli, const struct sx_tensor *values, int64_t k);
/* Writes the record of a failed sample, or its row of a table. */
bool cli_emit_failed(struct cli *cli, struct sx_error *error);
/* files.c: writes a whole file for a sample. With -o DIR/ the file has a name of its own. */
bool cli_write_file(struct cli *cli, const struct cli_sample *sample, const uint8_t *bytes,
                    size_t size, struct sx_error *error);
/* figure.c: the request for a figure that is not made of a record. */
struct sx_made cli_made(const struct cli *cli);
/* Writes such a figure. */
bool cli_write_made(struct cli *cli, const struct sx_made *made, struct sx_error *error);

/* baseline.c: makes *baseline as --baseline says. The caller frees it. */
bool cli_baseline(struct cli *cli, const struct sx_explainer *explainer,
                  const double *background, int64_t n_background, double **baseline,
                  struct sx_error *error);

/* array.c: adds one sample's tensor, without its batch axis, to the .npy that is written at the
 * end. */
bool cli_add_array(struct cli *cli, const struct sx_tensor *tensor, struct sx_error *error);
/* Adds a row of NaN for a failed sample. */
bool cli_add_failed(struct cli *cli, struct sx_error *error);

#endif
