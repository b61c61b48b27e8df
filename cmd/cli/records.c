/* records.c - streams of records, one line of JSON each, that other tools wrote. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

static void keep(struct cli *cli, struct cli_records *records, struct sx_result *record)
{
    if ((records->n & (records->n - 1)) == 0) {
        size_t room = records->n > 0 ? 2 * records->n : 1;
        records->record =
            cli_must(cli, realloc(records->record, room * sizeof *records->record));
    }
    records->record[records->n++] = record;
}

/* Reads a line. If it is no record, it counts as a failed sample. */
static void take_line(struct cli *cli, const char *path, size_t number, const char *line,
                      size_t n, struct cli_records *records)
{
    struct sx_error error = {0};
    struct sx_result *record = sx_result_read(line, n, &error);
    if (record != NULL && sx_result_top(record)->kind != SX_OBJECT) {
        sx_result_free(record);
        record = NULL;
        cli_error(&error, SX_FAILED, "is no record, which is a JSON object");
    }
    if (record != NULL) {
        keep(cli, records, record);
        return;
    }
    char place[120];
    snprintf(place, sizeof place, "%.80s: line %zu", path, number);
    cli_complain_sample(cli, place, &error);
}

bool cli_read_records(struct cli *cli, const char *path, struct cli_records *records)
{
    errno = 0;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t n;
    while (f != NULL && (n = cli_get_line(cli, &line, &room, '\n', f)) >= 0) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        number++;
        if (number == 1 && n > 0 && (line[0] & 0x80) != 0)
            break; /* this is an array or a picture */
        if (n > 0)
            take_line(cli, path, number, line, (size_t)n, records);
    }
    bool ok = f != NULL && ferror(f) == 0;
    const int why = ok ? 0 : errno;
    free(line);
    if (f != NULL && f != stdin)
        fclose(f);
    if (ok && (records->n > 0 || cli->failed > 0))
        return true;
    return cli_error(&cli->error, why == ENOMEM ? SX_MEMORY : SX_FAILED, "%.80s: %s", path,
                     !ok          ? strerror(why)
                     : number > 0 ? "is no stream of records, which are lines of JSON"
                                  : "holds no records");
}

void cli_records_free(struct cli_records *records)
{
    for (size_t i = 0; i < records->n; i++)
        sx_result_free(records->record[i]);
    free(records->record);
    *records = (struct cli_records){0};
}

struct cli_sample cli_sample_of(const struct sx_datum *record)
{
    return (struct cli_sample){.id = sx_datum_text(sx_datum_at(record, "id"), NULL),
                               .index =
                                   (int64_t)sx_datum_number(sx_datum_at(record, "index"), 0)};
}

bool cli_record_of(const struct sx_datum *record, const char *id, int64_t index)
{
    const char *own = sx_datum_text(sx_datum_at(record, "id"), NULL);
    return own != NULL && strcmp(own, id) == 0 &&
           sx_datum_number(sx_datum_at(record, "index"), -1) == (double)index;
}

bool cli_records_match(struct cli *cli, const char *path, const struct cli_records *records)
{
    const char *id = NULL;
    if (cli->files_from != NULL || cli->columns.id != NULL)
        return true;
    for (size_t i = 0; i < records->n; i++) {
        id = sx_datum_text(sx_datum_at(sx_result_top(records->record[i]), "id"), "");
        for (size_t k = 0; k < cli->n_inputs; k++)
            if (strcmp(id, cli->inputs[k]) == 0)
                return true;
    }
    return id == NULL || cli->n_inputs == 0 ||
           cli_error(&cli->error, SX_FAILED, "%.80s has no map of %.80s, but of %.80s", path,
                     cli->inputs[0], id);
}

bool cli_aim_by(const struct cli *cli, const struct sx_datum *record,
                struct sx_explainer *explainer, struct sx_error *error)
{
    const struct sx_datum *target = sx_datum_at(record, "target"),
                          *index = sx_datum_at(target, "index");
    if (cli->explain.target != NULL || target == NULL)
        return true;
    if (index == NULL || index->kind != SX_INTEGER || sx_datum_at(target, "other") != NULL)
        return cli_error(error, SX_FAILED, "the record explains no single element: say -t");
    return sx_explainer_aim(explainer, index->integer, error);
}
