/* samples.h - what the parts of reading samples share. */
#ifndef CLI_SAMPLES_H
#define CLI_SAMPLES_H

#include "cmd/cli/inner.h"

/* A source of one model input. A source of one sample alone serves all samples. */
struct cli_feed {
    const char *file; /* of -i; NULL: the INPUT itself */
    struct sx_reader *reader;
    bool single, have;
    int column; /* of the INPUT's table, which this input has one of; -1: it has its own reader */
    int64_t taken;
    struct sx_tensor value;
};

struct cli_samples {
    FILE *list; /* of --files-from */
    char *line; /* its current name */
    size_t room;
    bool began;
    const char *id;           /* the current INPUT; NULL between two */
    int64_t index, rows;      /* of the next row in its INPUT; rows of all INPUTs before it */
    struct cli_feed *feed;    /* one per model input */
    struct sx_tensor *sample; /* their values, as the tool sees them */
    bool complete;            /* the last row that was read did not fail */
    int64_t missing;          /* its cells that are NaN */
    char warning[80];
    int main;                 /* the input that INPUTs feed; -1: all are fed by -i */
    struct sx_columns chosen; /* of the INPUT's table */
    int columns;              /* inputs that each take one column of a table; 0: they do not */
    char **name;              /* theirs, which belong to the model */
    bool *text;               /* and which of them take text */
    struct sx_shape row;      /* of a line of such a table */
};

/* feeds.c: opens everything that the samples of one INPUT need; reads one, all inputs in step, also
 * past a failure (`skip`: the INPUT's is passed over); closes it. */
bool cli_feeds_open(struct cli *cli, const char *name, struct sx_error *error);
bool cli_feeds_next(struct cli *cli, bool skip, bool *end, struct sx_error *error);
void cli_feeds_close(struct cli *cli);
/* Of the source whose end is the end: its samples, -1 where that shows only at the end; whether
 * another one follows. */
int64_t cli_feeds_count(const struct cli *cli);
bool cli_feeds_more(const struct cli *cli);
/* What the id column of the INPUT says of the sample that was read; NULL: nothing. */
const char *cli_feeds_id(const struct cli *cli);

/* assumed.c: notes how pictures of the sample are prepared where no option or file says it. */
void cli_assume_pictures(struct cli *cli);

/* names.c: looks at what feeds what before the first INPUT; the name of the next one, or NULL;
 * frees that. */
bool cli_names_begin(struct cli *cli);
const char *cli_names_next(struct cli *cli);
void cli_names_free(struct cli *cli);

#endif
