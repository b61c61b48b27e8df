/* resume.h - what the parts of --resume share. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cmd/cli/inner.h"

struct cli_resumed {
    int fd;              /* FILE */
    bool table;          /* of CSV or TSV, whose first line is a header */
    bool cut;            /* what is torn is off, and FILE is written */
    int64_t keep, lines; /* bytes that stay; lines so far */
    char *first;         /* what is to be compared; NULL: it was, or there is nothing */
    uint64_t first_key;
    uint64_t last_key; /* the sample that the last lines are of: how many, where they begin */
    int64_t last_lines, last_begin;
    char *held; /* records of failures that wait for the comparison */
    size_t held_size;
    struct sx_sink *file; /* while cli->sink stands for something else */
};

/* resumed.c: reads FILE: fills cli->done_keys, and what `keep`, `first` and the last sample's
 * fields say; or says that FILE cannot be continued, and returns false. */
bool cli_resume_look(struct cli *cli, FILE *f);
bool cli_resume_refuse(struct cli *cli, const char *reason);

#endif
