/* inner.h - what the files of the front end share, and no tool calls. */
#ifndef CLI_INNER_H
#define CLI_INNER_H

#include "cmd/cli/streams.h"

/* common.c: the common options, as rows of struct cli. They are offered by tools that are of one of
 * the groups (`group` 0: all tools) and write one of the formats (`formats` 0: whatever they
 * write). The last entry has no rows. */
struct cli_common {
    unsigned group, formats;
    struct sx_options rows;
};
extern const struct cli_common cli_common[];

/* All options of a tool, each under its heading. */
struct cli_options {
    struct cli_option option[CLI_MAX_OPTIONS];
    const char *heading[CLI_MAX_OPTIONS];
    size_t n;
};

enum cli_colour { CLI_AUTO, CLI_ALWAYS, CLI_NEVER };

/* options.c: lists the tool's own options, those of its tables, and the common ones. */
void cli_options(struct cli *cli, struct cli_options *all);
/* Whether some tool has a common option of that name, or letter. */
bool cli_is_common(const char *name);
bool cli_is_common_letter(char letter);

/* parsed.c: parse functions of rows whose arguments have a form of their own; `options` is the
 * struct cli. */
bool cli_parse_side(const struct sx_option *row, void *options, const char *text,
                    struct sx_error *error);
bool cli_parse_rows(const struct sx_option *row, void *options, const char *text,
                    struct sx_error *error);
bool cli_parse_shard(const struct sx_option *row, void *options, const char *text,
                     struct sx_error *error);
bool cli_parse_ids(const struct sx_option *row, void *options, const char *text,
                   struct sx_error *error);
bool cli_parse_format(const struct sx_option *row, void *options, const char *text,
                      struct sx_error *error);
/* The name of a format. */
const char *cli_format_name(int format);
/* The formats that the tool offers, "a|b|c". */
const char *cli_formats(struct cli *cli);

/* help.c: prints --help. */
void cli_print_help(const struct cli *cli, const struct cli_options *all);
/* Prints a line per option for the shells' completion: letter, name, argument, choices, kind of the
 * argument (file, tensor or none), help. */
void cli_print_complete(const struct cli_options *all);

/* features.c: reads the names of features: --names, those of the model, and tokens. */
bool cli_features_begin(struct cli *cli);
/* baseline.c: status 2 if --baseline is neither a known word nor like the name of a file. */
bool cli_baseline_check(struct cli *cli);
/* features.c: makes the tokens of sample `at` of the run the current ones. */
bool cli_features_sample(struct cli *cli, int64_t at, struct sx_error *error);
/* The columns of tables among the INPUTs. The caller frees *names. */
struct sx_columns cli_features_columns(const struct cli *cli, char ***names);
void cli_features_free(struct cli *cli);

/* errors.c: sets the message to `place`, which ends in ": ", and the reason. If they are too long,
 * the middle of the reason is cut. */
void cli_join(struct sx_error *error, const char *place, const char *why);
/* progress.c: shows progress on a terminal. */
void cli_show_progress(struct cli *cli);
/* Begins the watch of a sample. */
void cli_watch_sample(struct cli *cli, double began);
/* Whether --max-time has ended the sample; *error then says so. */
bool cli_ran_out(const struct cli *cli, struct sx_error *error);

/* uses.c: opens /dev/null for closed standard streams, so that no other file gets their numbers. */
void cli_open_streams(void);
/* Notes the file that an option names. */
void cli_use(struct cli *cli, const struct cli_option *option, const char *path);
/* Misuse if standard input or output is used twice, or if a file that is read would be overwritten. */
void cli_check_uses(struct cli *cli);
/* Whether an option reads standard input. */
bool cli_input_taken(const struct cli *cli);
/* Whether two paths lead to one regular file. */
bool cli_same_file(const char *a, const char *b);
bool cli_writes_name(const struct cli_use *use); /* writes a named file */

/* data.c */
void cli_points_free(struct cli *cli);

/* signals.c: installs handlers of signals. From this call on, writing to a pipe without a reader,
 * or beyond the limit of a file's size, fails and does not end the process. */
void cli_watch_signals(const char *name);
/* Makes an exception of oneDNN that nobody catches end the process with status 6. */
void cli_watch_exceptions(void);
/* Whether a pipe had no reader. */
bool cli_reader_gone(void);
/* Then ends the process as SIGPIPE would have, unless the tool was started with SIGPIPE ignored. */
void cli_end_by_signal(void);

/* processors.c: how many processors the process may use: the default number of threads. */
int cli_processors(void);

/* threads.c: ends the process with status 6 if the stack is too small. */
void cli_have_stack(const struct cli *cli);

/* threads.c: how many of the wanted threads can be started at the same time. */
int cli_startable(int wanted);

/* sandbox.c, or sandbox_none.c in a build without libseccomp: enters --sandbox. From then on the
 * process cannot reach the network, start a program, or write where no option says. Ends the
 * process if the system does not allow that. Call it before threads are started. */
void cli_enter_sandbox(struct cli *cli);
/* landlock.c: the version of Landlock in the kernel; 0: none. */
enum { CLI_LANDLOCK_TRUNCATES = 3 }; /* versions from this one on govern truncation */
int cli_landlock_version(void);
/* Restricts writing to the files that the options name, and forbids starting programs. */
bool cli_landlock(const struct cli *cli, struct sx_error *error);

/* limit.c: limits the memory of the process. */
void cli_limit_memory(struct cli *cli);
/* Subtracts the mapped files of the model from the limit. Fails if nothing is left. */
bool cli_limit_mapped(struct cli *cli);

/* files.c: names the files of a sample for -o DIR/ and patterns; does nothing for other outputs.
 * The names do not depend on which samples are computed. */
void cli_files_name(struct cli *cli, const struct cli_sample *sample);
bool cli_make_folders(char *path, struct sx_error *error); /* makes the folders of a path */
/* length of the path of the folder that contains all files */
size_t cli_fixed_part(const char *pattern);
/* Whether all files of the sample exist. */
bool cli_files_exist(const struct cli *cli);
/* What is written from begin to end goes to the sample's file for cli->method_at. cli_file_end
 * returns false if `ok` is false. */
bool cli_file_begin(struct cli *cli, struct sx_error *error);
bool cli_file_end(struct cli *cli, bool ok, struct sx_error *error);
void cli_files_free(struct cli *cli);

/* files.c: writes a whole file for the current sample. */
bool cli_write_bytes(struct cli *cli, const uint8_t *bytes, size_t size,
                     struct sx_error *error);

/* figure.c: status 2 if figures cannot be drawn. */
bool cli_figure_check(struct cli *cli);
/* Adds the current record to the figures. With a file per sample it is drawn now, else with the
 * others at the end. */
bool cli_figure_add(struct cli *cli, struct sx_error *error);
bool cli_figure_flush(struct cli *cli, struct sx_error *error);
void cli_figure_free(struct cli *cli);

/* array.c: writes the arrays that were gathered. */
bool cli_flush_arrays(struct cli *cli, struct sx_error *error);
void cli_output_free(struct cli *cli);

/* report.c: reports the warnings of the run, and the number of failed samples. */
void cli_sum_up(struct cli *cli);

/* samples.c: reports how many samples are not drawn, because only the first one is. */
void cli_only_first(struct cli *cli);
void cli_samples_free(struct cli *cli);

/* keys.c: sets of hashed names with an index. cli_keys_add returns whether the key was new. */
uint64_t cli_key(const char *name, int64_t index);
bool cli_keys_have(const struct cli_keys *keys, uint64_t key);
bool cli_keys_add(const struct cli *cli, struct cli_keys *keys, uint64_t key);
void cli_keys_drop(struct cli_keys *keys, uint64_t key);
void cli_keys_free(struct cli_keys *keys);

/* select.c: reads --skip-ids, and what --resume needs. */
bool cli_select_begin(struct cli *cli);
/* Whether a sample belongs to this run. *counts: it belongs to some shard. */
bool cli_selects(const struct cli *cli, const char *id, int64_t index, bool *counts);
/* Whether --resume finds the result of a sample. */
bool cli_is_done(const struct cli *cli, const char *id, int64_t index);
void cli_select_free(struct cli *cli);

/* resume.c: opens FILE for --resume. */
bool cli_resume_open(struct cli *cli);
/* Whether this sample, which is done, has to be computed to compare its record. */
bool cli_resume_compares(const struct cli *cli, const char *id, int64_t index);
/* What is written from begin to end goes to FILE, or is only compared with its first record.
 * *once_more: it was compared, and has to be written again. */
bool cli_resume_begin(struct cli *cli, struct sx_error *error);
bool cli_resume_end(struct cli *cli, bool failed, bool ok, bool *once_more,
                    struct sx_error *error);
/* Adds the records that no comparison came for, and closes FILE. */
bool cli_resume_close(struct cli *cli, bool keep, struct sx_error *error);

#endif
