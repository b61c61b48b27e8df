/* cli.h - the front end that every tool shares: options, samples, records, exit status. */
#ifndef CLI_H
#define CLI_H

#include "sextant.h"

/* How an option's argument is read, and what `to` points to. */
enum cli_kind {
    CLI_FLAG,   /* bool, no argument */
    CLI_TEXT,   /* const char * */
    CLI_COUNT,  /* int64_t, at least 1 */
    CLI_NUMBER, /* double */
    CLI_CHOICE, /* int: which of the names in `choices`, separated by | */
    CLI_CALL,   /* bool (*)(struct cli *, const char *argument), in `call` */
    CLI_ROW,    /* struct cli_bound: a row of a library's table */
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

/* A row, its struct, the default of a choice, and what the user said (NULL: nothing). */
struct cli_bound {
    const struct sx_option *row;
    void *options;
    int choice;
    const char *given;
};

/* A library's options, and the struct that they set. */
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

/* The formats of pictures of records, and of what is a view of a record, as bits. */
#define CLI_FIGURES (1u << CLI_PNG | 1u << CLI_SVG | 1u << CLI_PDF)
#define CLI_TABLES (1u << CLI_FORMAT_TEXT | 1u << CLI_JSON | 1u << CLI_CSV | 1u << CLI_TSV)

/* Which common options a tool has besides those of all tools. */
enum cli_group {
    CLI_PICTURES = 1,
    CLI_EXPLAIN = 2,
    CLI_BASELINE = 4,
    CLI_SAMPLES = 8, /* without being said: of a tool with a result for each sample, */
    CLI_INPUTS = 16, /* and of one that takes INPUT */
    CLI_RUNS = 32    /* it runs networks, as those that explain do */
};
/* The options of pictures but --preset, which stands for the first six. */
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

/* A kind of warning of a run. */
struct cli_warning {
    char *text;
    int64_t count, samples, last; /* the sample that had it last */
};

/* A set of names. */
struct cli_keys {
    uint64_t *slot;
    size_t room, n;
};

enum { CLI_MAX_METHODS = 32, CLI_MAX_OPTIONS = 128, CLI_MAX_USES = 24 };

struct cli {
    /* Said by the tool. */
    const char *tool, *summary, *operands;
    const struct cli_option *options; /* ends with a name of NULL */
    const struct cli_table *tables;   /* ends with options of NULL; NULL: none */
    unsigned groups;                  /* of enum cli_group */
    const char *without;              /* common options of no use here, by commas; NULL: none */
    const char *kinds; /* of figures that its records have, as SX_KIND_NAMES; NULL: all */
    unsigned formats;  /* bit 1 << format for each that is offered */
    bool one_result;   /* all samples have one result: if one fails there is none */
    bool sheet;        /* a picture shows all samples, not the first only */
    bool overall;      /* one array or picture for all samples, whatever their number */
    bool (*scale_word)(struct cli *cli, const char *argument); /* --scale, unless a number */
    struct sx_figure_options figure; /* of a tool whose tables have sx_figure_table */
    const char *const *method; /* the methods of a run, each with a record, in this order */
    int n_methods, method_at;  /* method_at: the one that is written now */

    /* Said by the user. */
    const char *model_path, *output, *files_from, *labels_file, *baseline, *data_dir;
    bool null_separated, timing, quiet, verbose, exact_conv, help, version, complete, no_batch;
    bool no_model; /* set by an option that stands in for MODEL and INPUTs */
    const char *batch_axis;
    int header, format, score, ste, colour; /* header: enum sx_header */
    double max_time;                        /* seconds for a sample; 0: no limit */
    uint64_t seed;
    int64_t threads, row_begin, row_end; /* row_end < 0: to the last */
    int64_t shard, shards;               /* shards 0: all samples */
    const char *skip_file, *names_file, *tokens_file, *vocab_file;
    int64_t *keep;   /* of --keep-ids, or found in --vocab */
    char *kept_said; /* these, "ID,ID", where they were found; NULL: they were not */
    struct sx_columns columns;
    bool resume, sandbox;
    struct cli_side *side;
    size_t n_sides, n_uses;
    struct sx_preprocess pre;
    unsigned pre_said; /* of enum cli_said: what of `pre` options have set */
    struct sx_explain_options explain;

    /* The rows that options stand for. */
    struct cli_bound bound[CLI_MAX_OPTIONS];

    struct cli_use use[CLI_MAX_USES]; /* n_uses files of options */

    /* The state of the run. */
    struct sx_error error; /* the first one that ends the run */
    int status;
    struct sx_model *model;
    char **inputs;
    size_t n_inputs, input_at;
    char **labels;            /* names of classes */
    char **names, **features; /* names of elements: by --names; by the model's metadata */
    size_t n_labels, n_names, n_features;
    char **tokens, **vocabulary; /* lines, one for each sample; one for each id */
    char **word;                 /* the tokens of the current sample */
    size_t n_tokens, n_vocabulary, n_words;
    struct cli_samples *samples;
    struct sx_sink *sink;     /* where results go */
    struct sx_sink *aside;    /* the common output, while `sink` is a sample's own file */
    struct sx_result *result; /* of the current sample */
    struct sx_table table;    /* of -f csv and tsv */
    bool by_element;
    struct sx_tensor *arrays; /* gathered for one .npy; without data: a sample that failed */
    size_t n_arrays, array_capacity;
    bool probing; /* the range is empty: this sample only tells the shape of an array */
    struct sx_tensor probed;     /* that shape, without data; rank -1: none yet */
    bool wrote, drawn;           /* a picture or an array; the first sample in place of all */
    struct cli_figure *drawing;  /* records that are to be drawn: figure.c */
    const struct cli_sample *at; /* the sample whose record was begun last */
    struct cli_points *points;   /* points that were read from streams */
    int64_t missing;             /* cells of tables that are NaN */
    char missing_text[80], assumed[120]; /* warnings of cells, of pictures: assumed.c */
    int64_t done, failed;
    bool each;                   /* a file per sample */
    const char *from;            /* the INPUT of the current sample */
    char *file[CLI_MAX_METHODS]; /* the files of the current sample, one for each method */
    struct cli_keys named, skipped, done_keys;
    int64_t counted; /* samples so far of all shards */
    struct cli_resumed *resumed;
    bool again;                  /* the sample is done already, and computed to be compared */
    int64_t sample;              /* counts all samples; -1: warnings are about all of them */
    struct cli_warning *warning; /* of the run */
    size_t n_warnings;
    char **said, **recorded; /* warnings of the next record; of the last one */
    size_t n_said, n_recorded;
    bool line_shown; /* a line of progress is on the terminal */
    char formats_said[64];
    bool limited;                     /* by --max-mem */
    size_t memory_left, mapped, data; /* as the limit was set: limit.c */
    int64_t forward, backward;        /* model evaluations that records have told of */
    double started, written;    /* seconds: of the run, and when the last record was made */
    struct sx_watch watch;      /* of the current sample */
    double sample_began, shown; /* seconds; shown: when progress was shown last */
};

/* One sample: a tensor for every input of the model, in its order. */
struct cli_sample {
    const char *id;
    int64_t index; /* its position in the file */
    struct sx_tensor *feeds;
    const struct sx_picture *picture; /* NULL if it was none */
    double started;                   /* seconds, for --timing */
    const char *warning;              /* about its values; NULL: none */
    bool file;                        /* the INPUT itself, where it cannot be read */
    const char *from;                 /* the INPUT; NULL: the id names it */
    bool several;                     /* INPUT has others */
    const char *truth;                /* of --target-column */
};

/* parse.c: reads the command line; ends the process on misuse, --help and --version. */
void cli_parse(struct cli *cli, int argc, char **argv);

/* errors.c: says what is wrong with the command line and ends the process with status 2. */
_Noreturn void cli_misuse(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* `p`, or the end of the process for want of memory. */
void *cli_must(const struct cli *cli, void *p);
/* Ends a run that has only printed something about itself. */
_Noreturn void cli_printed(const struct cli *cli);
/* Sets *error, whatever it held; false. */
bool cli_error(struct sx_error *error, enum sx_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes *why, which happened at `place`, what ends the run; puts `file` before what ends it,
 * unless it is there. Both return false. */
bool cli_fail(struct cli *cli, const char *place, const struct sx_error *why);
bool cli_place(struct cli *cli, const char *file);

/* lines.c: the lines of a file; on failure the run ends. Free them with cli_free_lines. */
bool cli_read_lines(struct cli *cli, const char *path, char ***lines, size_t *n);
void cli_free_lines(char **lines, size_t n);
/* Fails with status 2 if there are names, and not `wanted` of them. */
bool cli_fits(const char *names, size_t n, const char *things, int64_t wanted,
              struct sx_error *error);

/* run.c: opens the model, the labels and the output. False on failure, which
 * cli_finish reports. */
bool cli_open(struct cli *cli);
/* Ends the run: what was written is kept or removed; the exit status. */
int cli_finish(struct cli *cli);

/* report.c: reports a failure on stderr: "tool: place: reason". After many failed samples, further ones
 * are only counted. */
void cli_complain(struct cli *cli, const char *place, const struct sx_error *error);
void cli_complain_sample(struct cli *cli, const char *place, const struct sx_error *error);
/* A warning, of `count` things unless that is 0, for the next record; stderr has a line for each
 * kind at the end. */
void cli_warn(struct cli *cli, int64_t count, const char *text);
void cli_forget_warnings(struct cli *cli); /* of the next record */
/* A note for -v on stderr. */
void cli_note(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line on stderr that is neither a failure nor a warning, unless -q. */
void cli_say(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line of progress in place of the last one, on a terminal that can do that. */
bool cli_shows_progress(const struct cli *cli);
void cli_progress(struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool cli_to_terminal(const struct cli *cli);
bool cli_colour(const struct cli *cli); /* whether text may have escape sequences */
/* Writes the warning that n cells of tables are missing; NULL: none are. */
const char *cli_missing(int64_t n, char text[80]);
double cli_seconds(void);

/* samples.c: the next sample of all INPUTs; false at the end or on a failure that ends the
 * run. A sample that cannot be read is reported and passed over. */
bool cli_next(struct cli *cli, struct cli_sample *sample);
/* features.c: the name of feature i, or NULL: from --names, --tokens or --vocab, the header
 * line of the current INPUT, or the model; of player i. */
const char *cli_feature(const struct cli *cli, size_t i);
const char *cli_player_name(const struct cli *cli, const struct sx_explainer *explainer,
                            const struct sx_players *players, int64_t i);
/* Whether there are n names: the columns of a table that is one sample do not name its elements. */
bool cli_features_fit(const struct cli *cli, int64_t n);

/* done.c: ends a sample: `ok` says whether it succeeded; if not, *error is reported, with an
 * error record where records are written, and ends the run if its status is not that of a
 * failed sample. Returns whether to go on. */
bool cli_done(struct cli *cli, const struct cli_sample *sample, bool ok,
              const struct sx_error *error);
/* run.c: explains every sample. */
void cli_each(struct cli *cli, bool (*explain)(struct cli *cli, const struct cli_sample *sample,
                                               struct sx_error *error));
/* signals.c: for runs that end well where they are interrupted. From the first call on, SIGINT
 * and SIGTERM are remembered (0: none came); unless the second is called within 2 seconds they
 * end the run. */
void cli_catch_signals(void);
void cli_in_time(void);
int cli_caught(void);
/* batch.c: how a file that feeds input `i` is read; whether the model has a batch axis, of length
 * 1 or any; looks at --batch-axis when the model is open. */
struct sx_input cli_how(const struct cli *cli, int i);
bool cli_sample_axis(const struct cli *cli);
bool cli_check_batch(struct cli *cli);

/* files.c: whether an output is DIR/ or a pattern. */
bool cli_is_pattern(const char *output);
/* Whether pictures of records are asked for. */
bool cli_is_figure(const struct cli *cli);

#endif
