/* csv.c - lines of numbers, taken one by one. */
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

struct span {
    const char *at;
    size_t size;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Finds the first line at hand that is not empty, without taking it; what is before it is
 * dropped. An empty span is the end. */
static bool peek_line(struct sx_csv *csv, struct span *line, struct sx_error *error)
{
    struct sx_file *file = csv->file;
    size_t seen = 0;
    for (;;) {
        const uint8_t *newline =
            file->size > seen ? memchr(file->bytes + seen, '\n', file->size - seen) : NULL;
        if (newline == NULL && !file->whole) {
            seen = file->size;
            if (!sx_file_fill(file, file->size + 1, error))
                return false;
            continue;
        }
        *line = (struct span){(const char *)file->bytes, file->size};
        if (newline != NULL)
            line->size = (size_t)(newline - file->bytes);
        size_t i = 0;
        while (i < line->size && blank(line->at[i]))
            i++;
        if (i < line->size || newline == NULL) {
            line->size = i < line->size ? line->size : 0;
            return true;
        }
        sx_file_drop(file, line->size + 1);
        csv->line++;
        seen = 0;
    }
}

/* The bytes of the line stay where they are until the next one is looked for. */
static void drop_line(struct sx_csv *csv, struct span line)
{
    sx_file_drop(csv->file, line.size < csv->file->size ? line.size + 1 : line.size);
    csv->line++;
}

static struct span trim(struct span cell)
{
    while (cell.size > 0 && blank(*cell.at)) {
        cell.at++;
        cell.size--;
    }
    while (cell.size > 0 && blank(cell.at[cell.size - 1]))
        cell.size--;
    return cell;
}

/* Takes the next cell off a line, which ends up empty with a NULL start behind the last one.
 * Separators inside quotes are none; a blank as separator stands for any run of blanks. */
static struct span take_cell(struct span *line, char separator)
{
    bool quoted = false;
    size_t n = 0;
    if (separator == ' ')
        *line = trim(*line);
    for (; n < line->size; n++)
        if (line->at[n] == '"')
            quoted = !quoted;
        else if (!quoted && (separator == ' ' ? blank(line->at[n]) : line->at[n] == separator))
            break;
    struct span cell = {line->at, n};
    if (n < line->size)
        *line = (struct span){line->at + n + 1, line->size - n - 1};
    else
        *line = (struct span){NULL, 0};
    cell = trim(cell);
    if (cell.size >= 2 && cell.at[0] == '"' && cell.at[cell.size - 1] == '"')
        cell = (struct span){cell.at + 1, cell.size - 2};
    return cell;
}

/* Of the characters that separate, the rarest that is there; NUL for a line of one number. */
static char separator_of(struct span line)
{
    static const char order[] = "\t;, ";
    line = trim(line);
    for (const char *s = order; *s != '\0'; s++)
        if (memchr(line.at, *s, line.size) != NULL)
            return *s;
    return '\0';
}

/* Adds the name in a cell, where "" is one quote. */
static bool add_name(struct sx_csv *csv, struct span cell, struct sx_error *error)
{
    if (!sx_grow((void **)&csv->name, &csv->name_capacity, csv->names + 1, sizeof *csv->name,
                 error))
        return false;
    char *name = sx_new(cell.size + 1, 1, error);
    if (name == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < cell.size; i++) {
        name[n++] = cell.at[i];
        i += cell.at[i] == '"' && i + 1 < cell.size && cell.at[i + 1] == '"';
    }
    csv->name[csv->names++] = name;
    return true;
}

/* Is there anything that no text has, or does it begin as formats of ours do and none should?
 * */
static bool binary(struct span line)
{
    unsigned char first = line.size > 0 ? (unsigned char)line.at[0] : ' ';
    if ((first >= 0x80 && first < 0xc0) || first >= 0xf8)
        return true;
    for (size_t i = 0; i < line.size; i++)
        if ((unsigned char)line.at[i] < ' ' && !blank(line.at[i]) && line.at[i] != '\f')
            return true;
    return false;
}

/* Does the line begin with a number? The separator is not known yet. */
static bool numeric(struct span line)
{
    double value;
    struct span rest = line;
    struct span cell = take_cell(&rest, separator_of(line));
    return sx_number_parse(cell.at, cell.size, &value);
}

/* The header waits for the first line of numbers, which shows the separator best: names have
 * blanks and commas in them. */
bool sx_csv_begin(struct sx_csv *csv, struct sx_file *file, struct sx_error *error)
{
    struct span line;
    csv->file = file;
    if (!sx_file_fill(file, 1, error) ||
        (file->size > 0 && file->bytes[0] == 0xef && !sx_file_fill(file, 3, error)))
        return false;
    if (file->size >= 3 && memcmp(file->bytes, "\xef\xbb\xbf", 3) == 0)
        sx_file_drop(file, 3);
    if (!peek_line(csv, &line, error))
        return false;
    if (binary(line))
        return sx_fail(error, SX_FAILED, "neither an array nor a picture nor text");
    if (line.size == 0 || numeric(line)) {
        csv->separator = separator_of(line);
        return true;
    }
    char *copy = sx_new(line.size, 1, error);
    if (copy == NULL)
        return false;
    struct span header = {memcpy(copy, line.at, line.size), line.size}, rest;
    drop_line(csv, line);
    bool ok = peek_line(csv, &line, error);
    if (ok) {
        struct span bare = trim(header);
        if (bare.at[0] == '#') /* as NumPy writes it */
            header = trim((struct span){bare.at + 1, bare.size - 1});
        csv->separator = separator_of(line.size > 0 ? line : header);
        for (rest = header; ok && rest.at != NULL;)
            ok = add_name(csv, take_cell(&rest, csv->separator), error);
    }
    free(copy);
    return ok;
}

static bool take_row(struct sx_csv *csv, struct span line, struct sx_error *error)
{
    size_t n = 0;
    while (line.at != NULL) {
        struct span cell = take_cell(&line, csv->separator);
        if (!sx_grow((void **)&csv->row, &csv->row_capacity, n + 1, sizeof *csv->row, error))
            return false;
        if (!sx_number_parse(cell.at, cell.size, &csv->row[n++])) {
            int shown = cell.size < SX_NAME_SHOWN ? (int)cell.size : SX_NAME_SHOWN;
            return sx_fail(error, SX_FAILED, "line %zu: cell %zu, '%.*s', is not a number",
                           csv->line, n, shown, cell.at);
        }
    }
    size_t expected = csv->columns > 0 ? csv->columns : csv->names;
    if (expected > 0 && n != expected)
        return sx_fail(error, SX_FAILED, "line %zu: %zu numbers where %s %zu", csv->line, n,
                       csv->columns > 0 ? "lines before have" : "names are", expected);
    csv->columns = n;
    return true;
}

bool sx_csv_next(struct sx_csv *csv, bool *end, struct sx_error *error)
{
    struct span line;
    *end = false;
    if (!peek_line(csv, &line, error)) {
        csv->file->whole = true; /* what cannot be read now will not be read later */
        sx_file_drop(csv->file, csv->file->size);
        return false;
    }
    *end = line.size == 0;
    if (*end)
        return true;
    drop_line(csv, line);
    return take_row(csv, line, error);
}

void sx_csv_close(struct sx_csv *csv)
{
    for (size_t i = 0; i < csv->names; i++)
        free(csv->name[i]);
    free(csv->name);
    free(csv->row);
    *csv = (struct sx_csv){0};
}
