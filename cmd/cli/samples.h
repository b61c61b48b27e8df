/* samples.h - what the files that read samples share. */
#ifndef CLI_SAMPLES_H
#define CLI_SAMPLES_H

#include "cmd/cli/inner.h"

/* A source of values for one model input. A source with a single sample repeats it for all samples. */
struct cli_feed {
    const char *file; /* the file of -i; NULL: the INPUT itself */
    struct sx_reader *reader;
    bool single, have;
    /* the column of the INPUT's table that feeds this input; -1: it has a reader of its own */
    int column;
    int64_t taken;
    struct sx_tensor value;
};

struct cli_samples {
    FILE *list; /* the list of --files-from */
    char *line; /* its current name */
    size_t room;
    bool began;
    const char *id; /* the current INPUT; NULL between two */
    /* index: of the next row in its INPUT; rows: number of rows in all INPUTs before it */
    int64_t index, rows;
    struct cli_feed *feed;    /* one per model input */
    struct sx_tensor *sample; /* the values of the inputs */
    bool complete;            /* the last row was read without a failure */
    int64_t missing;          /* NaN cells of the last row */
    char warning[80];
    int main;                 /* the input that INPUTs feed; -1: all are fed by -i */
    struct sx_columns chosen; /* the columns of the INPUT's table that are read */
    /* number of inputs that take one column of a table each; 0: inputs have readers of their own */
    int columns;
    char **name;         /* names of these inputs; they belong to the model */
    bool *text;          /* [columns], which of these inputs take text */
    struct sx_shape row; /* the shape of a line of such a table */
};

/* feeds.c: opens all files that the samples of one INPUT need. */
bool cli_feeds_open(struct cli *cli, const char *name, struct sx_error *error);
/* Reads one sample. All inputs advance, also after a failure. `skip`: the row of the INPUT is not
 * decoded. */
bool cli_feeds_next(struct cli *cli, bool skip, bool *end, struct sx_error *error);
void cli_feeds_close(struct cli *cli);
/* The number of samples of the leading source, at whose end the samples end; -1: not known before
 * the end. */
int64_t cli_feeds_count(const struct cli *cli);
/* Whether the leading source has another sample. */
bool cli_feeds_more(const struct cli *cli);
/* The id column's cell for the sample that was read; NULL: there is none. */
const char *cli_feeds_id(const struct cli *cli);

/* assumed.c: notes how pictures are prepared if neither an option nor the file says it. */
void cli_assume_pictures(struct cli *cli);

/* names.c: finds out which file feeds which input, before the first INPUT. */
bool cli_names_begin(struct cli *cli);
/* The name of the next INPUT, or NULL. */
const char *cli_names_next(struct cli *cli);
void cli_names_free(struct cli *cli);

#endif
