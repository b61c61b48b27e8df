/* cli.h - the front end that every tool shares: options, samples, records, exit status. */
#ifndef CLI_H
#define CLI_H

#include "sextant.h"

/* How an option's argument is read, and the type that `to` points to. */
enum cli_kind {
    CLI_FLAG,   /* bool, no argument */
    CLI_TEXT,   /* const char * */
    CLI_COUNT,  /* int64_t, at least 1 */
    CLI_NUMBER, /* double */
    CLI_CHOICE, /* int: the number of the name in `choices`, which | separates */
    CLI_CALL,   /* bool (*)(struct cli *, const char *argument), in `call` */
    CLI_ROW,    /* struct cli_bound: a row of a table of the library */
};

struct cli;

struct cli_option {
    char letter; /* 0: none */
    const char *name, *argument, *help;
    enum cli_kind kind;
    void *to;
    const char *choices;
    bool (*call)(struct cli *cli, const char *argument);
};

/* An option that a row of the library describes. */
struct cli_bound {
    const struct sx_option *row;
    void *options;
    /* the default, if the row is a choice */
    int choice;
    /* the user's argument; NULL: the option was not given */
    const char *given;
};

/* A table of options of the library, and the struct that they set. */
struct cli_table {
    const struct sx_options *options;
    void *to;
};

enum cli_format {
    CLI_FORMAT_NONE,
    CLI_FORMAT_TEXT,
    CLI_JSON,
    CLI_PNG,
    CLI_NPY,
    CLI_DOT,
    CLI_CSV,
    CLI_TSV,
    CLI_SVG,
    CLI_PDF,
    CLI_HTML
};

/* Bits of the formats: pictures of records, and text views of records. */
#define CLI_FIGURES (1u << CLI_PNG | 1u << CLI_SVG | 1u << CLI_PDF)
#define CLI_TABLES (1u << CLI_FORMAT_TEXT | 1u << CLI_JSON | 1u << CLI_CSV | 1u << CLI_TSV)

/* The groups of common options that a tool has, besides those that all tools have. */
enum cli_group {
    CLI_PICTURES = 1,
    CLI_EXPLAIN = 2,
    CLI_BASELINE = 4,
    CLI_SAMPLES = 8, /* implied unless `one_result`: the tool has a result per sample */
    CLI_INPUTS = 16, /* implied by `operands`: the tool takes INPUT */
    CLI_RUNS = 32    /* the tool runs networks without explaining them */
};
/* The options of pictures that were given. CLI_PRESET is the first six, which --preset sets. */
enum cli_said {
    CLI_RESIZE = 1,
    CLI_CROP = 2,
    CLI_SCALE = 4,
    CLI_MEAN = 8,
    CLI_STD = 16,
    CLI_CHANNELS = 32,
    CLI_LAYOUT = 64,
    CLI_PRESET = 63
};

struct cli_figure;
struct cli_sample;

struct cli_side {
    const char *name, *file;
};
/* A file that an option names. */
struct cli_use {
    const char *option, *path;
    bool writes;
};

/* One kind of warning, with its counts over the run. */
struct cli_warning {
    char *text;
    int64_t count, samples, last; /* last: the number of the latest sample that had it */
};

/* A set of hashed names. */
struct cli_keys {
    uint64_t *slot;
    size_t room, n;
};

enum { CLI_MAX_METHODS = 32, CLI_MAX_OPTIONS = 128, CLI_MAX_USES = 24 };

struct cli {
    /* Set by the tool: */
    const char *tool, *summary, *operands;
    const struct cli_option *options; /* ends with a name of NULL */
    const struct cli_table *tables;   /* ends with options of NULL; NULL: there are none */
    unsigned groups;                  /* bits of enum cli_group */
    /* common options, and options of figures, that the tool has no use for, separated by commas;
     * NULL: none */
    const char *without;
    /* kinds of figures that suit its records, as in SX_KIND_NAMES; NULL: all */
    const char *kinds;
    unsigned formats; /* bit 1 << format for each format that the tool offers */
    bool one_result;  /* all samples have one result; if one sample fails there is no result */
    bool sheet;       /* a picture shows all samples, not only the first */
    bool overall;     /* all samples together make one array or picture */
    /* reads the argument of --scale if it is not a number */
    bool (*scale_word)(struct cli *cli, const char *argument);
    struct sx_figure_options figure; /* options of figures, if `tables` has sx_figure_table */
    /* the methods of a run, in the order of their records; NULL: none */
    const char *const *method;
    int n_methods, method_at; /* method_at: the one that is written now */

    /* Set by the user's options: */
    const char *model_path, *output, *files_from, *labels_file, *baseline, *data_dir;
    bool null_separated, timing, quiet, verbose, exact_conv, help, version, complete, no_batch;
    bool no_model; /* an option replaces MODEL and INPUTs */
    const char *batch_axis;
    int header, format, score, ste, colour; /* header: an enum sx_header */
    double max_time;                        /* seconds that a sample may take; 0: no limit */
    uint64_t seed;
    int64_t threads, row_begin, row_end; /* row_end < 0: up to the last row */
    int64_t shard, shards;               /* shards 0: all samples */
    const char *skip_file, *names_file, *tokens_file, *vocab_file;
    int64_t *keep;   /* ids from --keep-ids, or special ids found in --vocab */
    char *kept_said; /* the ids found in --vocab, "ID,ID"; NULL: none were searched for */
    struct sx_columns columns;
    bool resume, sandbox;
    struct cli_side *side;
    size_t n_sides, n_uses;
    struct sx_preprocess pre;
    unsigned pre_said; /* bits of enum cli_said: the fields of `pre` that options have set */
    struct sx_explain_options explain;

    /* The options that are rows of the library. */
    struct cli_bound bound[CLI_MAX_OPTIONS];

    struct cli_use use[CLI_MAX_USES]; /* the files that options name, n_uses of them */

    /* The state of the run: */
    struct sx_error error; /* the error that ends the run */
    int status;
    struct sx_model *model;
    char **inputs;
    size_t n_inputs, input_at;
    char **labels;            /* names of classes */
    char **names, **features; /* names of elements: from --names; from the model's metadata */
    size_t n_labels, n_names, n_features;
    char **tokens, **vocabulary; /* tokens: a line per sample; vocabulary: a line per id */
    char **word;                 /* the tokens of the current sample */
    size_t n_tokens, n_vocabulary, n_words;
    struct cli_samples *samples;
    struct sx_sink *sink;     /* where results are written */
    struct sx_sink *aside;    /* the common output, while `sink` is a sample's own file */
    struct sx_result *result; /* the record of the current sample */
    struct sx_table table;    /* the table of -f csv and -f tsv */
    bool by_element;
    struct sx_tensor *arrays; /* rows of one .npy; a row without data is a failed sample */
    size_t n_arrays, array_capacity;
    bool probing; /* --rows leaves no sample: this one is read only for the shape of an array */
    struct sx_tensor probed; /* that shape, as a tensor without data; rank -1: not known yet */
    /* wrote: a picture or an array was written; drawn: the first sample was drawn, and no other
     * will be */
    bool wrote, drawn;
    struct cli_figure *drawing;  /* the records to draw, see figure.c */
    const struct cli_sample *at; /* the sample whose record was begun last */
    struct cli_points *points;   /* points read from streams */
    int64_t missing;             /* NaN cells of tables so far */
    /* warnings of missing cells, and of assumed preparation (assumed.c) */
    char missing_text[80], assumed[120];
    int64_t done, failed;
    bool each;        /* -o is DIR/ or a pattern: each sample has a file of its own */
    const char *from; /* the INPUT of the current sample */
    char *file[CLI_MAX_METHODS]; /* the files of the current sample, one for each method */
    struct cli_keys named, skipped, done_keys;
    int64_t counted; /* samples so far, over all shards */
    struct cli_resumed *resumed;
    bool again;     /* the sample is done already; it is computed to compare its record */
    int64_t sample; /* number of the current sample; -1: warnings are about all samples */
    struct cli_warning *warning; /* the warnings of the run, n_warnings of them */
    size_t n_warnings;
    /* said: the warnings of the next record; recorded: those of the last one */
    char **said, **recorded;
    size_t n_said, n_recorded;
    bool line_shown; /* a line of progress is on the terminal */
    char formats_said[64];
    bool limited;                     /* --max-mem was given */
    size_t memory_left, mapped, data; /* measured when the limit was set: limit.c */
    int64_t forward, backward;        /* model evaluations that were in a record already */
    /* started: seconds at the start of the run; written: when the last record was made */
    double started, written;
    struct sx_watch watch; /* of the current sample */
    /* sample_began: seconds at the start of the sample; shown: when progress was shown last */
    double sample_began, shown;
};

/* One sample: a tensor for every input of the model, in its order. */
struct cli_sample {
    const char *id;
    int64_t index; /* its index in the INPUT */
    struct sx_tensor *feeds;
    const struct sx_picture *picture; /* the picture it was read from; NULL: none */
    double started;                   /* seconds at its start, for --timing */
    const char *warning;              /* a warning about its values; NULL: none */
    bool file;                        /* this is an INPUT that cannot be read, not a sample */
    const char *from;                 /* the INPUT; NULL: the id names it */
    bool several;                     /* the INPUT has other samples, too */
    const char *truth;                /* the cell of --target-column */
};

/* parse.c: reads the command line. Ends the process on misuse, and after --help and --version. */
void cli_parse(struct cli *cli, int argc, char **argv);
/* spin.c: restores the environment, after the libraries have read what spin.c put there. cli_parse
 * calls it. */
void cli_mend_environment(void);

/* errors.c: reports misuse of the command line and ends the process with status 2. */
_Noreturn void cli_misuse(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Returns p. If it is NULL, ends the process for lack of memory. */
void *cli_must(const struct cli *cli, void *p);
/* Ends a run that has only printed help, the version, or a list. */
_Noreturn void cli_printed(const struct cli *cli);
/* Sets *error, replacing an earlier error. Returns false. */
bool cli_error(struct sx_error *error, enum sx_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes *why, with `place` in front of its message, the error that ends the run. Returns false. */
bool cli_fail(struct cli *cli, const char *place, const struct sx_error *why);
/* Puts `file` in front of the message of cli->error, unless it is there. Returns false. */
bool cli_place(struct cli *cli, const char *file);

/* lines.c: reads the lines of a file. A failure ends the run. Free them with cli_free_lines. */
bool cli_read_lines(struct cli *cli, const char *path, char ***lines, size_t *n);
/* listed.c: reads a list of names: one a line, or JSON: a list of names, or an object of names by index or of
 * indices by name, also in a member such as "vocab", "words" or "id2label". An index without a name has
 * the name "". */
bool cli_read_names(struct cli *cli, const char *path, char ***names, size_t *n);
/* Reads the tokens of each sample: a line with blanks or tabs between them; or JSON: a list with an item
 * for each sample, or a value a line. An item is a text, a list of tokens, or an object with a member
 * "tokens", "words" or "text". */
bool cli_read_tokens(struct cli *cli, const char *path, char ***lines, size_t *n);
/* Like getdelim, but ends the process with status 6 where memory is short. */
ssize_t cli_get_line(const struct cli *cli, char **line, size_t *room, int end, FILE *f);
void cli_free_lines(char **lines, size_t n);
/* Fails with status 2 if n is neither 0 nor `wanted`. `names` and `things` are words of the
 * message. */
bool cli_fits(const char *names, size_t n, const char *things, int64_t wanted,
              struct sx_error *error);

/* run.c: opens the model, the labels and the output. After a failure, which cli_finish reports, it
 * returns false. */
bool cli_open(struct cli *cli);
/* Ends the run: keeps or removes what was written. Returns the exit status. */
int cli_finish(struct cli *cli);

/* report.c: reports a failure on stderr: "tool: place: reason". */
void cli_complain(struct cli *cli, const char *place, const struct sx_error *error);
/* The same for a failed sample. After many of them, further ones are only counted. */
void cli_complain_sample(struct cli *cli, const char *place, const struct sx_error *error);
/* Adds a warning to the next record. `count` is the number of things it is about, unless it is 0.
 * At the end of the run stderr has one line for each kind of warning. */
void cli_warn(struct cli *cli, int64_t count, const char *text);
void cli_forget_warnings(struct cli *cli); /* drops those of the next record */
/* Writes a line to stderr, with -v only. */
void cli_note(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes a line to stderr that is neither a failure nor a warning, except with -q. */
void cli_say(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether a line of progress may be shown: stderr is a terminal that can rewrite a line, and -q was
 * not given. */
bool cli_shows_progress(const struct cli *cli);
/* Rewrites the line of progress. */
void cli_progress(struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether output goes to a terminal. */
bool cli_to_terminal(const struct cli *cli);
bool cli_colour(const struct cli *cli); /* whether escape sequences may be written */
/* Writes a warning that n cells of tables are missing. NULL if n is 0. */
const char *cli_missing(int64_t n, char text[80]);
double cli_seconds(void);

/* samples.c: reads the next sample of all INPUTs. A sample that cannot be read is reported and
 * skipped. False at the end, and after a failure that ends the run. */
bool cli_next(struct cli *cli, struct cli_sample *sample);
/* features.c: the name of feature i, or NULL. It is from --names, --tokens or --vocab, from the
 * header line of the current INPUT, or from the model. */
const char *cli_feature(const struct cli *cli, size_t i);
/* The name of player i, or NULL. */
const char *cli_player_name(const struct cli *cli, const struct sx_explainer *explainer,
                            const struct sx_players *players, int64_t i);
/* Whether n features have names. The header of a table that is one sample as a whole names its
 * columns, not its elements. */
bool cli_features_fit(const struct cli *cli, int64_t n);

/* done.c: ends a sample; `ok` tells whether it succeeded. A failure *error is reported, and an
 * error record is written if the format has records. An error that is not of a sample ends the run.
 * Returns whether to go on. */
bool cli_done(struct cli *cli, const struct cli_sample *sample, bool ok,
              const struct sx_error *error);
/* run.c: calls `explain` for every sample. */
void cli_each(struct cli *cli, bool (*explain)(struct cli *cli, const struct cli_sample *sample,
                                               struct sx_error *error));
/* signals.c: from this call on, SIGINT and SIGTERM do not end the process at once. They end it
 * after 2 seconds, unless cli_in_time is called before. */
void cli_catch_signals(void);
/* Stops that clock: the run is ending by itself. */
void cli_in_time(void);
/* The number of the signal that came; 0: none came. */
int cli_caught(void);
/* batch.c: how a file that feeds input `i` is read. */
struct sx_input cli_how(const struct cli *cli, int i);
/* Whether some input has a batch axis that is open or of length 1. */
bool cli_sample_axis(const struct cli *cli);
/* Checks --batch-axis against the open model. Without it, finds the batch axes of the inputs. */
bool cli_check_batch(struct cli *cli);

/* files.c: whether `output` is DIR/ or a pattern. */
bool cli_is_pattern(const char *output);
/* Whether the format is a picture of records. */
bool cli_is_figure(const struct cli *cli);

#endif
