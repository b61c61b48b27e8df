/* inner.h - what the parts of the front end share, and no tool calls. */
#ifndef CLI_INNER_H
#define CLI_INNER_H

#include "cmd/cli/streams.h"

/* common.c: rows of struct cli for the tools of a group, 0: all, that write one of some formats, 0:
 * whatever they write; the last has no rows. */
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

/* options.c: the tool's options, those of its tables, then the common ones. */
void cli_options(struct cli *cli, struct cli_options *all);
/* Whether some tool has a common option of that name. */
bool cli_is_common(const char *name);
bool cli_is_common_letter(char letter);

/* parsed.c: arguments with a form of their own; *options is struct cli. The name of a format;
 * those that the tool offers, "a|b|c". */
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
const char *cli_format_name(int format);
const char *cli_formats(struct cli *cli);

/* help.c: for people; for a shell, one line per option: letter, name, argument, choices, kind of
 * the argument (file, tensor or none), help. */
void cli_print_help(const struct cli *cli, const struct cli_options *all);
void cli_print_complete(const struct cli_options *all);

/* features.c: reads the names of features, of --names and of the model, and of tokens; the
 * tokens of sample number `at` of the run; the columns of a table that goes with the INPUTs,
 * whose names are freed with free. */
bool cli_features_begin(struct cli *cli);
/* baseline.c: whether --baseline may be a word or a file. Status 2. */
bool cli_baseline_check(struct cli *cli);
bool cli_features_sample(struct cli *cli, int64_t at, struct sx_error *error);
struct sx_columns cli_features_columns(const struct cli *cli, char ***names);
void cli_features_free(struct cli *cli);

/* errors.c: the message is `place`, which ends in ": ", and the reason: cut, where it is long, in its
 * middle. */
void cli_join(struct sx_error *error, const char *place, const char *why);
/* progress.c: a line on a terminal; a sample begins, which is watched where that is wanted; whether
 * --max-time has ended it, and the error that it is. */
void cli_show_progress(struct cli *cli);
void cli_watch_sample(struct cli *cli, double began);
bool cli_ran_out(const struct cli *cli, struct sx_error *error);

/* uses.c: opens what of the standard streams is closed, so that no file takes its number; notes
 * a file that an option names; misuse of streams and of files that would be written over;
 * whether standard input is taken already; whether two paths lead to one regular file. */
void cli_open_streams(void);
void cli_use(struct cli *cli, const struct cli_option *option, const char *path);
void cli_check_uses(struct cli *cli);
bool cli_input_taken(const struct cli *cli);
bool cli_same_file(const char *a, const char *b);
bool cli_writes_name(const struct cli_use *use); /* writes, and not to standard output */

/* data.c */
void cli_points_free(struct cli *cli);

/* signals.c: writing fails where a reader went away, which is asked for; the end of the
 * process is then as if the signal had not been caught, unless whoever started the tool
 * wants a status. */
void cli_watch_signals(const char *name);
bool cli_reader_gone(void);
void cli_end_by_signal(void);

/* processors.c: the processors of the process: what threads are for by default. */
int cli_processors(void);

/* threads.c: ends the process with status 6 where the stack is too small; so many of the wanted
 * threads as can be had at a time. */
void cli_have_stack(const struct cli *cli);

/* spin.c: the environment as it was given, once libraries have read what was put into it. */
void cli_mend_environment(void);
int cli_startable(int wanted);

/* sandbox.c, or sandbox_none.c in a build without libseccomp: --sandbox. From here on the process
 * cannot reach the network, start a program or write to other places than the options name. Ends
 * the process where that cannot be had. Called before there is a thread. */
void cli_enter_sandbox(struct cli *cli);
/* landlock.c: how much of it the kernel has, 0: nothing; files can be written from here on only where the
 * options of `cli` say, and programs not be started. False with *error. */
enum { CLI_LANDLOCK_TRUNCATES = 3 }; /* from this on it governs truncation, too */
int cli_landlock_version(void);
bool cli_landlock(const struct cli *cli, struct sx_error *error);

/* limit.c: bounds the memory of the process; then takes off what the model's files have, which
 * fails where nothing is left. */
void cli_limit_memory(struct cli *cli);
bool cli_limit_mapped(struct cli *cli);

/* files.c: -o DIR/ and patterns; other outputs pass through. Names the files of a sample, in a
 * way that does not depend on which samples are computed; whether all of them exist. What is
 * written between begin and end goes to the file of the sample, and of cli->method_at; end
 * returns `ok`, or false. */
void cli_files_name(struct cli *cli, const struct cli_sample *sample);
bool cli_make_folders(char *path, struct sx_error *error); /* those that a path goes through */
size_t cli_fixed_part(const char *pattern); /* bytes of the folder that all files lie beneath */
bool cli_files_exist(const struct cli *cli);
bool cli_file_begin(struct cli *cli, struct sx_error *error);
bool cli_file_end(struct cli *cli, bool ok, struct sx_error *error);
void cli_files_free(struct cli *cli);

/* files.c: writes a whole file, of the sample at hand. */
bool cli_write_bytes(struct cli *cli, const uint8_t *bytes, size_t size,
                     struct sx_error *error);

/* figure.c: the record that is at hand is drawn: at once into a file of its own, else with
 * others at the end. Status 2 where figures cannot be drawn. */
bool cli_figure_check(struct cli *cli);
bool cli_figure_add(struct cli *cli, struct sx_error *error);
bool cli_figure_flush(struct cli *cli, struct sx_error *error);
void cli_figure_free(struct cli *cli);

/* array.c: writes the arrays that are gathered. */
bool cli_flush_arrays(struct cli *cli, struct sx_error *error);
void cli_output_free(struct cli *cli);

/* report.c: the warnings of the run, and how many samples failed. */
void cli_sum_up(struct cli *cli);

/* samples.c: what is not drawn beside the first sample that was: a line on stderr. */
void cli_only_first(struct cli *cli);
void cli_samples_free(struct cli *cli);

/* keys.c: sets of names and indices. Adding says whether it was new. */
uint64_t cli_key(const char *name, int64_t index);
bool cli_keys_have(const struct cli_keys *keys, uint64_t key);
bool cli_keys_add(const struct cli *cli, struct cli_keys *keys, uint64_t key);
void cli_keys_drop(struct cli_keys *keys, uint64_t key);
void cli_keys_free(struct cli_keys *keys);

/* select.c: reads --skip-ids; whether a sample is one of this run's, and *counts: of any shard's;
 * whether --resume finds its result. */
bool cli_select_begin(struct cli *cli);
bool cli_selects(const struct cli *cli, const char *id, int64_t index, bool *counts);
bool cli_is_done(const struct cli *cli, const char *id, int64_t index);
void cli_select_free(struct cli *cli);

/* resume.c: --resume of one FILE. Looks at it; whether this sample, which is done, is wanted to
 * compare its record. What is written between begin and end goes to FILE, or is compared first:
 * then it is to be written once more. close ends with what no comparison came for. */
bool cli_resume_open(struct cli *cli);
bool cli_resume_compares(const struct cli *cli, const char *id, int64_t index);
bool cli_resume_begin(struct cli *cli, struct sx_error *error);
bool cli_resume_end(struct cli *cli, bool failed, bool ok, bool *once_more,
                    struct sx_error *error);
bool cli_resume_close(struct cli *cli, bool keep, struct sx_error *error);

#endif
