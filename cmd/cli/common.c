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
    PICTURE("preset", "NAME", "prepare pictures", "imagenet|unit|mnist|raw"),
    PICTURE("resize", "WxH|short:N", "resize pictures", NULL),
    PICTURE("crop", "N", "cut the central square", NULL),
    PICTURE("scale", "S", "multiply pixels by S, e.g. 1/255", NULL),
    PICTURE("mean", "A,B,C", "subtract from scaled pixels", NULL),
    PICTURE("std", "A,B,C", "then divide by these", NULL),
    PICTURE("channels", "ORDER", "order of channels", "rgb|bgr|gray"),
    PICTURE("layout", "ORDER", "where the model has channels", "nchw|nhwc|auto")};

/* ---- The other rows ---- */

#define CLI(member) SX_FIELD(struct cli, member)

static const struct sx_option explained[] = {
    {.letter = 't',
     .name = "target",
     .argument = "WHICH",
     .help = "explained: K, I,J,K, NAME, not:K, sum:I,*,J, sum:FILE.npy, argmax",
     .kind = SX_OPTION_TEXT,
     CLI(explain.target)},
    {.name = "wrt",
     .argument = "TENSOR",
     .help = "explain by this tensor; auto: the first input, or an embedding",
     .kind = SX_OPTION_TENSOR,
     CLI(explain.wrt)},
    {.name = "ste",
     .param = "ste",
     .argument = "RULE",
     .help = "derivative of rounding",
     .kind = SX_OPTION_CHOICE,
     CLI(ste),
     .choices = "relu|identity|clip|off"},
    {.name = "redecide",
     .param = "redecide",
     .help = "decide branches, counts and places anew at each point",
     .kind = SX_OPTION_FLAG,
     CLI(explain.redecide)},
    {.name = "score",
     .argument = "WHICH",
     .help = "the explained number",
     .kind = SX_OPTION_CHOICE,
     CLI(score),
     .choices = "raw|logit|prob|logprob"}};

static const struct sx_option naming[] = {
    {.name = "tokens",
     .argument = "FILE",
     .help = "the tokens of each sample, a line each, by tabs or blanks",
     .kind = SX_OPTION_FILE,
     CLI(tokens_file)},
    {.name = "vocab",
     .argument = "FILE",
     .help = "line k, from 0, is the token of id k",
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
     .help = "feature names, one a line",
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

static const struct sx_option subject[] = {{.name = "output-name",
                                            .argument = "TENSOR",
                                            .help = "tensor instead of the first output",
                                            .kind = SX_OPTION_TENSOR,
                                            CLI(explain.output)},
                                           {.name = "labels",
                                            .argument = "FILE",
                                            .help = "class names, one a line",
                                            .kind = SX_OPTION_FILE,
                                            CLI(labels_file)}};

static const struct sx_option inputs[] = {
    {.letter = 'i',
     .name = "input",
     .argument = "NAME=FILE",
     .help = "feed the input NAME of the model from FILE",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_side},
    {.name = "files-from",
     .argument = "FILE",
     .help = "take INPUT names from FILE (- is stdin)",
     .kind = SX_OPTION_FILE,
     CLI(files_from)},
    {.letter = '0',
     .name = "null",
     .help = "names from --files-from end in NUL",
     .kind = SX_OPTION_FLAG,
     CLI(null_separated)},
    {.name = "rows",
     .argument = "A:B",
     .help = "only samples A..B-1 of each INPUT",
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
     .help = "the columns of a table, in this order",
     .kind = SX_OPTION_TEXT,
     CLI(columns.only),
     .param = "columns"},
    {.name = "drop",
     .argument = "A,B",
     .help = "leave these columns out",
     .kind = SX_OPTION_TEXT,
     CLI(columns.drop),
     .param = "drop"},
    {.name = "id-column",
     .argument = "A",
     .help = "this column is the id of a sample",
     .kind = SX_OPTION_TEXT,
     CLI(columns.id)},
    {.name = "target-column",
     .argument = "A",
     .help = "this column is the known answer for a sample",
     .kind = SX_OPTION_TEXT,
     CLI(columns.truth)},
    {.name = "batch-axis",
     .param = "batch_axis",
     .argument = "none|0|SYMBOL",
     .help = "the input axis that counts samples",
     .kind = SX_OPTION_TEXT,
     CLI(batch_axis)},
    {.name = "no-batch",
     .param = "no_batch",
     .help = "no axis counts samples: each INPUT is one sample as it is",
     .kind = SX_OPTION_FLAG,
     CLI(no_batch)}};

static const struct sx_option weights[] = {{.name = "data-dir",
                                            .argument = "DIRECTORY",
                                            .help = "where the model's external data lie",
                                            .kind = SX_OPTION_FILE,
                                            CLI(data_dir)}};

static const struct sx_option shares[] = {
    {.name = "shard",
     .argument = "I/N",
     .help = "only every N-th sample, from I in 0..N-1",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_shard},
    {.name = "skip-ids",
     .argument = "FILE",
     .help = "leave out these samples: a line is ID, or ID and INDEX behind a tab",
     .kind = SX_OPTION_FILE,
     CLI(skip_file)}};

static const struct sx_option resuming[] = {{.name = "resume",
                                             .help = "go on with what is in FILE or DIR/",
                                             .kind = SX_OPTION_FLAG,
                                             CLI(resume)}};

static const struct sx_option outputs[] = {
    {.letter = 'f',
     .name = "format",
     .argument = "FORMAT",
     .help = "how results are written",
     .kind = SX_OPTION_PARSED,
     .parse = cli_parse_format},
    {.letter = 'o',
     .name = "output",
     .argument = "FILE|DIR/|PATTERN",
     .help = "write there; a file per sample by DIR/, {stem}, {id}, {index}",
     .kind = SX_OPTION_FILE,
     CLI(output)}};

static const struct sx_option tabular[] = {{.name = "long",
                                            .help = "tables: a row for each element",
                                            .kind = SX_OPTION_FLAG,
                                            CLI(by_element)}};

static const struct sx_option recorded[] = {
    {.name = "timing", .help = "add seconds to records", .kind = SX_OPTION_FLAG, CLI(timing)}};

static const struct sx_option readable[] = {{.name = "color",
                                             .argument = "WHEN",
                                             .help = "colours in text",
                                             .kind = SX_OPTION_CHOICE,
                                             CLI(colour),
                                             .choices = "auto|always|never"}};

static const struct sx_option about[] = {
    {.letter = 'q',
     .name = "quiet",
     .help = "no progress, no warnings",
     .kind = SX_OPTION_FLAG,
     CLI(quiet)},
    {.letter = 'v',
     .name = "verbose",
     .help = "say what is done",
     .kind = SX_OPTION_FLAG,
     CLI(verbose)},
    {.letter = 'h', .name = "help", .help = "this list", .kind = SX_OPTION_FLAG, CLI(help)},
    {.letter = 'V',
     .name = "version",
     .help = "the version",
     .kind = SX_OPTION_FLAG,
     CLI(version)},
    {.name = "complete",
     .help = "this list for shell completion",
     .kind = SX_OPTION_FLAG,
     CLI(complete)}};

static const struct sx_option timing[] = {
    {.name = "max-time",
     .argument = "SECONDS",
     .help = "a sample that takes longer fails, or gives a partial result",
     .kind = SX_OPTION_NUMBER,
     CLI(max_time),
     .low = 1e-6,
     .high = 1e9}};

static const struct sx_option exactness[] = {{.name = "exact-conv",
                                              .help = "sum convolutions as they are defined",
                                              .kind = SX_OPTION_FLAG,
                                              .param = "exact_conv",
                                              CLI(exact_conv)}};

static const struct sx_option running[] = {{.letter = 's',
                                            .name = "seed",
                                            .argument = "N",
                                            .help = "seed of all random numbers",
                                            .kind = SX_OPTION_SEED,
                                            CLI(seed)},
                                           {.letter = 'j',
                                            .name = "threads",
                                            .argument = "N",
                                            .help = "processors to use",
                                            .kind = SX_OPTION_COUNT,
                                            CLI(threads),
                                            .low = 1},
                                           {.name = "batch",
                                            .argument = "N",
                                            .help = "model evaluations per run",
                                            .kind = SX_OPTION_COUNT,
                                            CLI(explain.batch),
                                            .low = 1},
                                           {.name = "max-mem",
                                            .argument = "SIZE",
                                            .help = "fail instead of taking more memory",
                                            .kind = SX_OPTION_SIZE,
                                            CLI(explain.max_memory)},
                                           {.name = "sandbox",
                                            .help = "no network, no program, no other file",
                                            .kind = SX_OPTION_FLAG,
                                            CLI(sandbox)},
                                           {.name = "double",
                                            .help = "compute in float64",
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
