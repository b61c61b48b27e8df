/* common.c - the options that tools share, as rows of struct cli. */
#include <string.h>

#include "cmd/cli/inner.h"

/* ---- Pictures ---- */

static bool parse_picture(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    static const char *const names[] = {"resize", "crop",     "scale", "mean",
                                        "std",    "channels", "layout"};
    struct cli *cli = options;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cli->pre_said |= strcmp(row->name, names[i]) == 0 ? 1u << i : 0;
    if (strcmp(row->name, "preset") == 0) {
        cli->pre_said |= CLI_PRESET;
        return sx_preprocess_preset(&cli->pre, text, error);
    }
    if (strcmp(row->name, "scale") == 0 && cli->scale_word != NULL &&
        cli->scale_word(cli, text))
        return true;
    return sx_preprocess_set(&cli->pre, row->name, text, error);
}

#define PICTURE(option, value, what, names)                                                    \
    {                                                                                          \
        .name = option, .argument = value, .help = what, .kind = SX_OPTION_PARSED,             \
        .choices = names, .param = option, .parse = parse_picture                              \
    }

static const struct sx_option pictures[] = {
    PICTURE("preset", "NAME", "prepare pictures as usual for", "imagenet|unit|mnist|raw"),
    PICTURE("resize", "WxH|short:N", "resize pictures to W x H, or their short side to N",
            NULL),
    PICTURE("crop", "N", "cut out the central square of N pixels", NULL),
    PICTURE("scale", "S", "multiply pixels by S, such as 1/255", NULL),
    PICTURE("mean", "A,B,C", "subtract these from scaled pixels, one per channel", NULL),
    PICTURE("std", "A,B,C", "then divide by these, one per channel", NULL),
    PICTURE("channels", "ORDER", "order of the model's channels", "rgb|bgr|gray"),
    PICTURE("layout", "ORDER", "whether the model has channels first or last",
            "nchw|nhwc|auto")};

/* ---- The other rows ---- */

#define CLI(member) SX_FIELD(struct cli, member)

static const struct sx_option explained[] = {
    {.letter = 't',
     .name = "target",
     .argument = "WHICH",
     .help = "explain K, I,J,K, NAME, not:K, sum:I,*,J, sum:FILE.npy or argmax",
     .kind = SX_OPTION_TEXT,
     CLI(explain.target)},
    {.name = "wrt",
     .argument = "TENSOR",
     .help = "explain by this tensor; auto: the first input, or its embedding",
     .kind = SX_OPTION_TENSOR,
     CLI(explain.wrt)},
    {.name = "ste",
     .param = "ste",
     .argument = "RULE",
     .help = "derivative of rounding, in quantised models",
     .kind = SX_OPTION_CHOICE,
     CLI(ste),
     .choices = "relu|identity|clip|off"},
    {.name = "redecide",
     .param = "redecide",
     .help = "decide branches, counts and indices again at each point",
     .kind = SX_OPTION_FLAG,
     CLI(explain.redecide)},
    {.name = "score",
     .argument = "WHICH",
     .help = "which number of the output is explained",
     .kind = SX_OPTION_CHOICE,
     CLI(score),
     .choices = "raw|logit|prob|logprob"}};

static const struct sx_option naming[] = {
    {.name = "tokens",
     .argument = "FILE",
     .help = "tokens of each sample, on a line, separated by tabs or blanks",
     .kind = SX_OPTION_FILE,
     CLI(tokens_file)},
    {.name = "vocab",
     .argument = "FILE",
     .help = "tokens: line k, from 0, is the token of id k; or JSON of a tokenizer",
     .kind = SX_OPTION_FILE,
     CLI(vocab_file)},
    {.name = "keep-ids",
     .argument = "ID,ID|none",
     .help = "token ids that are never masked; by default --vocab's special ones",
     .kind = SX_OPTION_PARSED,
     .param = "keep_ids",
     .parse = cli_parse_ids},
    {.name = "names",
     .argument = "FILE",
     .help = "names of features, one per line",
     .kind = SX_OPTION_FILE,
     CLI(names_file)}};

static const struct sx_option baseline[] = {
    {.letter = 'b',
     .name = "baseline",
     .argument = "WHICH",
     .help = "reference: zero, mean, black, white, blur:S, NUMBER, FILE",
     .kind = SX_OPTION_FILE,
     CLI(baseline),
     .initial = "zero"}};

static const struct sx_option subject[] = {
    {.name = "output-name",
     .argument = "TENSOR",
     .help = "explain this tensor instead of the first output",
     .kind = SX_OPTION_TENSOR,
     CLI(explain.output)},
    {.name = "labels",
     .argument = "FILE",
     .help = "names of classes, one per line",
     .kind = SX_OPTION_FILE,
     CLI(labels_file)}};

static const struct sx_option inputs[] = {
    {.letter = 'i',
     .name = "input",
     .argument = "NAME=FILE",
     .help = "feed the model's input NAME from FILE",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_side},
    {.name = "files-from",
     .argument = "FILE",
     .help = "read names of INPUTs from FILE; - is standard input",
     .kind = SX_OPTION_FILE,
     CLI(files_from)},
    {.letter = '0',
     .name = "null",
     .help = "names in --files-from end with NUL instead of a newline",
     .kind = SX_OPTION_FLAG,
     CLI(null_separated)},
    {.name = "rows",
     .argument = "A:B",
     .help = "use only samples A to B-1 of each INPUT, counted from 0",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_rows},
    {.name = "header",
     .param = "header",
     .argument = "WHICH",
     .help = "whether a table's first line is a header",
     .kind = SX_OPTION_CHOICE,
     CLI(header),
     .choices = "auto|yes|no"},
    {.name = "columns",
     .argument = "A,B,C",
     .help = "use these columns of a table, in this order",
     .kind = SX_OPTION_TEXT,
     CLI(columns.only),
     .param = "columns"},
    {.name = "drop",
     .argument = "A,B",
     .help = "leave out these columns of a table",
     .kind = SX_OPTION_TEXT,
     CLI(columns.drop),
     .param = "drop"},
    {.name = "id-column",
     .argument = "A",
     .help = "column of a table that is the id of samples",
     .kind = SX_OPTION_TEXT,
     CLI(columns.id)},
    {.name = "target-column",
     .argument = "A",
     .help = "column of a table that is the known answer for samples",
     .kind = SX_OPTION_TEXT,
     CLI(columns.truth)},
    {.name = "batch-axis",
     .param = "batch_axis",
     .argument = "none|0|SYMBOL",
     .help = "axis of the inputs that counts samples",
     .kind = SX_OPTION_TEXT,
     CLI(batch_axis)},
    {.name = "no-batch",
     .param = "no_batch",
     .help = "no axis counts samples: each INPUT is one sample as it is",
     .kind = SX_OPTION_FLAG,
     CLI(no_batch)}};

static const struct sx_option weights[] = {
    {.name = "data-dir",
     .argument = "DIRECTORY",
     .help = "directory of the model's external data; default: the model's",
     .kind = SX_OPTION_FILE,
     CLI(data_dir)}};

static const struct sx_option shares[] = {
    {.name = "shard",
     .argument = "I/N",
     .help = "use every N-th sample, beginning with I (0 to N-1)",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_shard},
    {.name = "skip-ids",
     .argument = "FILE",
     .help = "leave out samples; lines are ID, or ID, a tab and INDEX",
     .kind = SX_OPTION_FILE,
     CLI(skip_file)}};

static const struct sx_option resuming[] = {
    {.name = "resume",
     .help = "keep the results in FILE or DIR/ and add missing ones",
     .kind = SX_OPTION_FLAG,
     CLI(resume)}};

static const struct sx_option outputs[] = {
    {.letter = 'f',
     .name = "format",
     .argument = "FORMAT",
     .help = "format of results",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_format},
    {.letter = 'o',
     .name = "output",
     .argument = "FILE|DIR/|PATTERN",
     .help = "write there; DIR/ or {stem}, {id}, {index}: a file per sample",
     .kind = SX_OPTION_FILE,
     CLI(output)}};

static const struct sx_option tabular[] = {
    {.name = "long",
     .help = "csv, tsv: a row for each element instead of each sample",
     .kind = SX_OPTION_FLAG,
     CLI(by_element)}};

static const struct sx_option recorded[] = {
    {.name = "timing",
     .help = "add the seconds of each sample to its record",
     .kind = SX_OPTION_FLAG,
     CLI(timing)}};

static const struct sx_option readable[] = {{.name = "color",
                                             .argument = "WHEN",
                                             .help = "use colours in text",
                                             .kind = SX_OPTION_CHOICE,
                                             CLI(colour),
                                             .choices = "auto|always|never"}};

static const struct sx_option about[] = {{.letter = 'q',
                                          .name = "quiet",
                                          .help = "print no progress and no warnings",
                                          .kind = SX_OPTION_FLAG,
                                          CLI(quiet)},
                                         {.letter = 'v',
                                          .name = "verbose",
                                          .help = "print what is done on standard error",
                                          .kind = SX_OPTION_FLAG,
                                          CLI(verbose)},
                                         {.letter = 'h',
                                          .name = "help",
                                          .help = "print this list",
                                          .kind = SX_OPTION_FLAG,
                                          CLI(help)},
                                         {.letter = 'V',
                                          .name = "version",
                                          .help = "print the version",
                                          .kind = SX_OPTION_FLAG,
                                          CLI(version)},
                                         {.name = "complete",
                                          .help = "print this list for completion by shells",
                                          .kind = SX_OPTION_FLAG,
                                          CLI(complete)}};

static const struct sx_option timing[] = {
    {.name = "max-time",
     .argument = "SECONDS",
     .help = "limit of each sample; if it is exceeded: partial result or failure",
     .kind = SX_OPTION_NUMBER,
     CLI(max_time),
     .low = 1e-6,
     .high = 1e9}};

static const struct sx_option exactness[] = {
    {.name = "exact-conv",
     .help = "sum convolutions by definition, without fast algorithms",
     .kind = SX_OPTION_FLAG,
     .param = "exact_conv",
     CLI(exact_conv)}};

static const struct sx_option running[] = {
    {.letter = 's',
     .name = "seed",
     .argument = "N",
     .help = "seed of all random numbers",
     .kind = SX_OPTION_SEED,
     CLI(seed)},
    {.letter = 'j',
     .name = "threads",
     .argument = "N",
     .help = "processors to use; default: all that are allowed",
     .kind = SX_OPTION_COUNT,
     CLI(threads),
     .low = 1},
    {.name = "batch",
     .argument = "N",
     .help = "evaluations in one run of the model; default: what memory allows",
     .kind = SX_OPTION_COUNT,
     CLI(explain.batch),
     .low = 1},
    {.name = "max-mem",
     .argument = "SIZE",
     .help = "fail with status 6 instead of using more memory, e.g. 4G",
     .kind = SX_OPTION_SIZE,
     CLI(explain.max_memory)},
    {.name = "sandbox",
     .help = "forbid network, other programs and other files",
     .kind = SX_OPTION_FLAG,
     CLI(sandbox)},
    {.name = "double",
     .help = "compute in float64 instead of float32",
     .kind = SX_OPTION_FLAG,
     CLI(explain.precise)}};

#define TABLE(heading, rows)                                                                   \
    {                                                                                          \
        heading, rows, sizeof rows / sizeof rows[0]                                            \
    }

const struct cli_common cli_common[] = {
    {CLI_EXPLAIN, 0, TABLE("What is explained", explained)},
    {CLI_BASELINE, 0, TABLE("What is explained", baseline)},
    {CLI_INPUTS, 0, TABLE("What is explained", subject)},
    {CLI_EXPLAIN, 0, TABLE("What is explained", naming)},
    {CLI_INPUTS, 0, TABLE("What is read", inputs)},
    {0, 0, TABLE("What is read", weights)},
    {CLI_SAMPLES, 0, TABLE("What is read", shares)},
    {CLI_PICTURES, 0, TABLE("Pictures", pictures)},
    {0, 0, TABLE("What is written", outputs)},
    {0, 1u << CLI_CSV | 1u << CLI_TSV, TABLE("What is written", tabular)},
    {0, 1u << CLI_JSON, TABLE("What is written", recorded)},
    {0, 1u << CLI_FORMAT_TEXT, TABLE("What is written", readable)},
    {0, 0, TABLE("What is written", about)},
    {CLI_SAMPLES, 0, TABLE("What is written", resuming)},
    {0, 0, TABLE("How it is computed", running)},
    {CLI_EXPLAIN | CLI_RUNS, 0, TABLE("How it is computed", exactness)},
    {CLI_SAMPLES, 0, TABLE("How it is computed", timing)},
    {0, 0, {NULL, NULL, 0}}};
