/* csv.c - lines of numbers, taken one by one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/io.h"

struct span {
    const char *at;
    size_t size;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const struct span nothing;

/* Lines end with CR, LF, or both. Blanks alone are no line; where tabs separate, or may yet, they
 * are none of them. */
static bool empty_line(const struct sx_csv *csv, struct span line)
{
    bool tabs = csv->separator == '\t' || (csv->separator == '\0' && csv->columns == 0);
    size_t i = 0;
    while (i < line.size && blank(line.at[i]) && !(tabs && line.at[i] == '\t'))
        i++;
    return i == line.size;
}

/* Has the next line of whatever content at hand, up to its end. */
static bool find_line(struct sx_csv *csv, struct span *line, struct sx_error *error)
{
    struct sx_file *file = csv->file;
    size_t n = 0;
    for (;;) {
        while (n < file->size && file->bytes[n] != '\n' && file->bytes[n] != '\r')
            n++;
        if (n < file->size || file->whole)
            break;
        if (!sx_file_fill(file, n + 1, error))
            return false;
    }
    *line = (struct span){(const char *)file->bytes, n};
    return true;
}

/* The bytes of the line stay where they are until the next one is looked for. */
static void drop_line(struct sx_csv *csv, struct span line)
{
    bool ended = line.size < csv->file->size;
    csv->after_cr = ended && line.at[line.size] == '\r';
    sx_file_drop(csv->file, line.size + ended);
    csv->line++;
}

/* Finds the first line that is not empty, without taking it; what is before it is dropped. An
 * empty span is the end. */
static bool peek_line(struct sx_csv *csv, struct span *line, struct sx_error *error)
{
    struct sx_file *file = csv->file;
    *line = nothing;
    for (;;) {
        if (!sx_file_fill(file, 1, error))
            return false;
        if (csv->after_cr && file->size > 0 && file->bytes[0] == '\n')
            sx_file_drop(file, 1);
        csv->after_cr = false;
        if (!find_line(csv, line, error))
            return false;
        if (!empty_line(csv, *line))
            return true;
        bool last = line->size == file->size;
        drop_line(csv, *line);
        if (last) {
            *line = nothing;
            return true;
        }
    }
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

/* Of the characters that separate, the rarest that is there; NUL for a line of one number. A tab
 * at an end has an empty cell behind it, unless something else separates. */
static char separator_of(struct span line)
{
    static const char order[] = "\t;, ";
    struct span inner = trim(line);
    for (const char *s = order; *s != '\0'; s++)
        if (inner.size > 0 && memchr(inner.at, *s, inner.size) != NULL)
            return *s;
    return line.size > 0 && memchr(line.at, '\t', line.size) != NULL ? '\t' : '\0';
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

/* ---- Cells ------------------------------------------------------------------------------ */

enum cell { NUMBER, MISSING, OTHER };

static bool is_word(struct span cell, const char *word)
{
    return cell.size == strlen(word) && strncasecmp(cell.at, word, cell.size) == 0;
}

/* What is missing is NaN. */
static enum cell read_cell(struct span cell, double *value)
{
    *value = NAN;
    if (cell.size == 0 || is_word(cell, "NA") || is_word(cell, "null"))
        return MISSING;
    if (!sx_number_parse(cell.at, cell.size, value))
        return OTHER;
    return isnan(*value) ? MISSING : NUMBER;
}

/* How many cells of a line are of each kind. A NaN that is spelled out is a number here. */
struct census {
    size_t numbers, names;
};

static struct census count_cells(struct span line, char separator)
{
    struct census n = {0};
    double value;
    while (line.at != NULL) {
        struct span cell = take_cell(&line, separator);
        enum cell kind = read_cell(cell, &value);
        n.numbers += kind == NUMBER || is_word(cell, "nan");
        n.names += kind == OTHER;
    }
    return n;
}

/* ---- The first line --------------------------------------------------------------------- */

static bool skip_mark(struct sx_csv *csv, struct sx_error *error)
{
    struct sx_file *file = csv->file;
    if (!sx_file_fill(file, 1, error) ||
        (file->size > 0 && file->bytes[0] == 0xef && !sx_file_fill(file, 3, error)))
        return false;
    if (file->size >= 3 && memcmp(file->bytes, "\xef\xbb\xbf", 3) == 0)
        sx_file_drop(file, 3);
    return true;
}

/* NumPy writes names behind a # and a blank. */
static bool is_comment(struct span line)
{
    line = trim(line);
    return line.size > 1 && line.at[0] == '#' && blank(line.at[1]);
}

/* Takes the first line for the names, if it holds none but names. It waits for the second, which
 * shows the separator best: names have blanks and commas in them. */
static bool take_first(struct sx_csv *csv, struct span line, enum sx_header header,
                       struct sx_error *error)
{
    struct span next;
    csv->first = sx_new(line.size, 1, error);
    if (csv->first == NULL)
        return false;
    csv->first_size = line.size;
    struct span first = {memcpy(csv->first, line.at, line.size), line.size};
    drop_line(csv, line);
    csv->first_line = csv->line;
    if (!peek_line(csv, &next, error))
        return false;
    csv->separator = separator_of(next.size > 0 ? next : first);
    struct census n = count_cells(first, csv->separator);
    if (header == SX_HEADER_AUTO && !is_comment(first) && (n.numbers > 0 || n.names == 0))
        return true;
    if (next.size == 0)
        return sx_fail(error, SX_FAILED, "holds no sample: a header line is all there is");
    struct span bare = trim(first);
    if (bare.size > 0 && bare.at[0] == '#')
        first = trim((struct span){bare.at + 1, bare.size - 1});
    bool ok = true;
    while (ok && first.at != NULL)
        ok = add_name(csv, take_cell(&first, csv->separator), error);
    csv->first_size = 0;
    return ok;
}

bool sx_csv_begin(struct sx_csv *csv, struct sx_file *file, enum sx_header header,
                  struct sx_error *error)
{
    struct span line;
    csv->file = file;
    if (!skip_mark(csv, error) || !peek_line(csv, &line, error))
        return false;
    if (binary(line))
        return sx_fail(error, SX_FAILED, "neither an array nor a picture nor text");
    if (line.size == 0)
        return sx_fail(error, SX_FAILED, "holds no sample: there are no lines in it");
    char separator = separator_of(line);
    if (header != SX_HEADER_YES &&
        (header == SX_HEADER_NO || count_cells(line, separator).names == 0)) {
        csv->separator = separator;
        return true;
    }
    return take_first(csv, line, header, error);
}

/* ---- Rows ------------------------------------------------------------------------------- */

static bool bad_cell(const struct sx_csv *csv, size_t n, struct span cell,
                     struct sx_error *error)
{
    int shown = cell.size < SX_NAME_SHOWN ? (int)cell.size : SX_NAME_SHOWN;
    const char *name = n <= csv->names ? csv->name[n - 1] : "";
    bool named = name[0] != '\0';
    return sx_fail(error, SX_FAILED, "line %zu: cell %zu%s%.40s%s, '%.*s', is not a number",
                   csv->row_line, n, named ? " (" : "", name, named ? ")" : "", shown, cell.at);
}

static bool take_row(struct sx_csv *csv, struct span line, struct sx_error *error)
{
    size_t n = 0;
    csv->missing = 0;
    if (csv->separator == '\0' && csv->columns == 0)
        csv->separator = separator_of(line);
    while (line.at != NULL) {
        struct span cell = take_cell(&line, csv->separator);
        if (!sx_grow((void **)&csv->row, &csv->row_capacity, n + 1, sizeof *csv->row, error))
            return false;
        enum cell kind = read_cell(cell, &csv->row[n++]);
        if (kind == OTHER)
            return bad_cell(csv, n, cell, error);
        csv->missing += kind == MISSING;
    }
    size_t expected = csv->columns > 0 ? csv->columns : csv->names;
    if (expected > 0 && n != expected)
        return sx_fail(error, SX_FAILED, "line %zu: %zu numbers where %s %zu", csv->row_line, n,
                       csv->columns > 0 ? "lines before have" : "names are", expected);
    csv->columns = n;
    return true;
}

bool sx_csv_next(struct sx_csv *csv, bool *end, struct sx_error *error)
{
    struct span line = {csv->first, csv->first_size};
    *end = false;
    if (line.size > 0) {
        csv->first_size = 0;
        csv->row_line = csv->first_line;
        return take_row(csv, line, error);
    }
    if (!peek_line(csv, &line, error)) {
        csv->file->whole = true; /* what cannot be read now will not be read later */
        sx_file_drop(csv->file, csv->file->size);
        return false;
    }
    *end = line.size == 0;
    if (*end)
        return true;
    drop_line(csv, line);
    csv->row_line = csv->line;
    return take_row(csv, line, error);
}

bool sx_csv_more(struct sx_csv *csv)
{
    struct sx_error ignored = {0};
    struct span line;
    return csv->first_size > 0 || (peek_line(csv, &line, &ignored) && line.size > 0);
}

void sx_csv_close(struct sx_csv *csv)
{
    for (size_t i = 0; i < csv->names; i++)
        free(csv->name[i]);
    free(csv->name);
    free(csv->first);
    free(csv->row);
    *csv = (struct sx_csv){0};
}
