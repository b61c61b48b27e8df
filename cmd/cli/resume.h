/* resume.h - what the files of --resume share. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include "cmd/cli/inner.h"

struct cli_resumed {
    int fd;     /* FILE */
    bool table; /* FILE is CSV or TSV, whose first line is a header */
    bool cut;   /* the incomplete end of FILE has been cut off, and FILE is being written */
    int64_t keep, lines; /* keep: bytes of FILE that stay; lines: number of lines so far */
    /* the record, or header line, to compare with; NULL: it was compared, or there is none */
    char *first;
    uint64_t first_key;
    /* the sample of the last lines; last_lines: how many; last_begin: the byte where they begin */
    uint64_t last_key;
    int64_t last_lines, last_begin;
    char *held; /* records of failed samples, which wait until the comparison succeeded */
    size_t held_size;
    struct sx_sink *file; /* the sink of the run, while cli->sink is a text in memory */
};

/* resumed.c: reads FILE and fills in cli->done_keys, and `keep`, `first` and the fields of the last
 * sample. If FILE cannot be continued, reports it and returns false. */
bool cli_resume_look(struct cli *cli, FILE *f);
/* Reports that FILE cannot be continued. Returns false. */
bool cli_resume_refuse(struct cli *cli, const char *reason);

#endif
