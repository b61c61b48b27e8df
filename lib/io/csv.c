/* csv.c - reads lines of numbers, one by one. */
#include <stdlib.h>
#include <string.h>

#include "io/cell.h"

static const struct sx_span nothing;

/* Whether a line is empty. Lines end with CR, LF, or both. A line of blanks is empty, unless tabs
 * separate, or may do so. */
static bool empty_line(const struct sx_csv *csv, struct sx_span line)
{
    bool tabs = csv->separator == '\t' || (csv->separator == '\0' && csv->columns == 0);
    size_t i = 0;
    while (i < line.size && sx_blank(line.at[i]) && !(tabs && line.at[i] == '\t'))
        i++;
    return i == line.size;
}

/* A scan for the end of a line. A cell that begins with a quote extends to its closing quote, over
 * line breaks. */
struct scan {
    size_t n;    /* bytes scanned */
    bool quoted; /* inside a quoted cell */
    bool opens;  /* a quote here would open a cell */
    bool broken; /* the cell contains a line break, at `at` */
    size_t at;
};

/* A quote that is not closed within so many bytes after a line break is an ordinary character. */
#define LONGEST_CELL ((size_t)1 << 20)

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* Takes the next byte; true if the line ends before it. */
static bool ends_line(struct scan *s, char c)
{
    if (s->quoted) {
        if (is_break(c) && !s->broken)
            *s = (struct scan){.n = s->n, .quoted = true, .broken = true, .at = s->n};
        s->opens = c == '"'; /* a doubled quote does not close the cell */
        s->quoted = c != '"';
    } else if (is_break(c)) {
        return true;
    } else if (c == '"' && s->opens) {
        s->quoted = true;
    } else {
        s->opens = c == ',' || c == ';' || c == '\t' || (c == ' ' && s->opens);
    }
    s->n++;
    return false;
}

static bool is_endless(const struct scan *s)
{
    return s->quoted && s->broken && s->n - s->at > LONGEST_CELL;
}

/* Makes the next line, up to its end, available. */
static bool find_line(struct sx_csv *csv, struct sx_span *line, struct sx_error *error)
{
    struct sx_file *file = csv->file;
    struct scan s = {.opens = true};
    for (;;) {
        bool ended = false;
        while (!ended && s.n < file->size)
            ended = ends_line(&s, (char)file->bytes[s.n]) || is_endless(&s);
        if (ended || file->whole)
            break;
        if (!sx_file_fill(file, s.n + 1, error))
            return false;
    }
    *line = (struct sx_span){(const char *)file->bytes, s.quoted && s.broken ? s.at : s.n};
    return true;
}

static size_t breaks_in(struct sx_span line)
{
    size_t n = 0;
    for (size_t i = 0; i < line.size; i++)
        n += line.at[i] == '\n';
    return n;
}

/* Drops a line. Its bytes remain in place until the next line is searched. */
static void drop_line(struct sx_csv *csv, struct sx_span line)
{
    bool ended = line.size < csv->file->size;
    csv->after_cr = ended && line.at[line.size] == '\r';
    csv->line += 1 + breaks_in(line);
    sx_file_drop(csv->file, line.size + ended);
}

/* Finds the first line that is not empty, without taking it; empty lines are dropped. An empty span
 * means the end. */
static bool peek_line(struct sx_csv *csv, struct sx_span *line, struct sx_error *error)
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

static bool add_name(struct sx_csv *csv, struct sx_span cell, struct sx_error *error)
{
    if (!sx_grow((void **)&csv->name, &csv->name_capacity, csv->names + 1, sizeof *csv->name,
                 error))
        return false;
    char *name = sx_cell_text(cell, error);
    if (name == NULL)
        return false;
    csv->name[csv->names++] = name;
    return true;
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

/* Whether a line is a comment: NumPy writes names, or any comment, after # and a blank. */
static bool is_comment(struct sx_span line)
{
    line = sx_span_trim(line);
    return line.size > 1 && line.at[0] == '#' && sx_blank(line.at[1]);
}

/* Takes the first line as names, if it holds only names. It waits for the second line, which shows
 * the separator better, because names may contain blanks and commas. */
static bool take_first(struct sx_csv *csv, struct sx_span line, enum sx_header header,
                       struct sx_error *error)
{
    struct sx_span next;
    csv->first = sx_new(line.size, 1, error);
    if (csv->first == NULL)
        return false;
    csv->first_size = line.size;
    struct sx_span first = {memcpy(csv->first, line.at, line.size), line.size};
    drop_line(csv, line);
    csv->first_line = csv->line;
    if (!peek_line(csv, &next, error))
        return false;
    csv->separator = sx_cell_separator(next.size > 0 ? next : first);
    struct sx_census n = sx_cell_census(first, csv->separator);
    if (header == SX_HEADER_AUTO && !is_comment(first) && (n.numbers > 0 || n.names == 0))
        return true;
    if (next.size == 0)
        return sx_fail(error, SX_FAILED, "holds no sample: a header line is all there is");
    struct sx_span bare = sx_span_trim(first);
    if (bare.size > 0 && bare.at[0] == '#')
        first = sx_span_trim((struct sx_span){bare.at + 1, bare.size - 1});
    if (header == SX_HEADER_AUTO && is_comment(bare) &&
        sx_cell_count(first, csv->separator) != sx_cell_count(next, csv->separator)) {
        csv->first_size = 0; /* a comment */
        return true;
    }
    bool ok = true;
    while (ok && first.at != NULL)
        ok = add_name(csv, sx_cell_take(&first, csv->separator), error);
    csv->first_size = 0;
    return ok && sx_columns_choose(csv->choice, csv->name, csv->names, csv->names, &csv->chosen,
                                   error);
}

bool sx_csv_begin(struct sx_csv *csv, struct sx_file *file, enum sx_header header,
                  const struct sx_columns *choice, struct sx_error *error)
{
    struct sx_span line;
    csv->file = file;
    csv->choice = choice;
    if (!skip_mark(csv, error) || !peek_line(csv, &line, error))
        return false;
    if (sx_cell_binary(line))
        return sx_fail(error, SX_FAILED,
                       "no .npy, .npz, PNG, JPEG, TensorProto or table of text");
    if (line.size == 0)
        return sx_fail(error, SX_FAILED, "holds no sample: there are no lines in it");
    char separator = sx_cell_separator(line);
    if (header != SX_HEADER_YES &&
        (header == SX_HEADER_NO || sx_cell_census(line, separator).names == 0)) {
        csv->separator = separator;
        return true;
    }
    return take_first(csv, line, header, error);
}

/* ---- Rows ------------------------------------------------------------------------------- */

/* Whether a cell is digits, one comma, digits. */
static bool has_comma(struct sx_span cell)
{
    size_t commas = 0;
    for (size_t i = 0; i < cell.size; i++) {
        commas += cell.at[i] == ',';
        if (strchr("0123456789,+-", cell.at[i]) == NULL || cell.at[i] == '\0')
            return false;
    }
    return commas == 1;
}

static bool bad_cell(const struct sx_csv *csv, size_t n, struct sx_span cell,
                     struct sx_error *error)
{
    int shown = cell.size < SX_NAME_SHOWN ? (int)cell.size : SX_NAME_SHOWN;
    const char *name = n <= csv->names ? csv->name[n - 1] : "";
    bool named = name[0] != '\0';
    return sx_fail(error, SX_FAILED, "line %zu: cell %zu%s%.40s%s, '%.*s', is not a number%s",
                   csv->row_line, n, named ? " (" : "", name, named ? ")" : "", shown, cell.at,
                   has_comma(cell) ? ": numbers have a point, and no comma" : "");
}

/* Begins a row. Without a header the first line determines the number of columns. */
static bool begin_row(struct sx_csv *csv, struct sx_span line, struct sx_error *error)
{
    csv->missing = 0;
    free(csv->id);
    free(csv->truth);
    csv->id = csv->truth = NULL;
    if (csv->separator == '\0' && csv->columns == 0)
        csv->separator = sx_cell_separator(line);
    size_t n = sx_cell_count(line, csv->separator);
    if (csv->chosen.place == NULL &&
        !sx_columns_choose(csv->choice, NULL, 0, n, &csv->chosen, error))
        return false;
    if (n != csv->chosen.cells)
        return sx_fail(error, SX_FAILED, "line %zu: %zu numbers where %s %zu", csv->row_line, n,
                       csv->columns > 0 ? "lines before have" : "names are", csv->chosen.cells);
    return sx_grow((void **)&csv->row, &csv->row_capacity, n, sizeof *csv->row, error);
}

static bool keep(char **to, struct sx_span cell, struct sx_error *error)
{
    if (cell.size == 0)
        return true;
    *to = sx_cell_text(cell, error);
    return *to != NULL;
}

/* Whether element `place` of a row is a text. A row that fails still has its id. */
static bool is_text(const struct sx_csv *csv, int place)
{
    const struct sx_columns *choice = csv->choice;
    return csv->text || (csv->words != NULL && csv->chosen.featured && choice->text != NULL &&
                         choice->text[place]);
}

static bool take_text(const struct sx_csv *csv, struct sx_span cell, double *value,
                      struct sx_error *error)
{
    char *text = sx_cell_text(cell, error);
    int64_t number = text != NULL ? sx_words_number(csv->words, text, strlen(text), error) : -1;
    free(text);
    *value = (double)number;
    return number >= 0;
}

static bool take_row(struct sx_csv *csv, struct sx_span line, struct sx_error *error)
{
    const struct sx_chosen *c = &csv->chosen;
    bool ok = true;
    if (!begin_row(csv, line, error))
        return false;
    for (size_t n = 0; line.at != NULL; n++) {
        struct sx_span cell = sx_cell_take(&line, csv->separator);
        if ((n == c->id && !keep(&csv->id, cell, error)) ||
            (n == c->truth && !keep(&csv->truth, cell, error)))
            return false;
        if (!ok || c->place[n] < 0)
            continue;
        if (is_text(csv, c->place[n])) {
            ok = take_text(csv, cell, &csv->row[c->place[n]], error);
            continue;
        }
        enum sx_cell kind = sx_cell_read(cell, &csv->row[c->place[n]]);
        ok = kind != SX_CELL_OTHER || bad_cell(csv, n + 1, cell, error);
        csv->missing += kind == SX_CELL_MISSING;
    }
    csv->columns = c->n;
    return ok;
}

bool sx_csv_next(struct sx_csv *csv, bool *end, struct sx_error *error)
{
    struct sx_span line = {csv->first, csv->first_size};
    *end = false;
    if (line.size > 0) {
        csv->first_size = 0;
        csv->row_line = csv->first_line;
        return take_row(csv, line, error);
    }
    if (!peek_line(csv, &line, error)) {
        csv->file->whole = true; /* after a failed read nothing more is read */
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
    struct sx_span line;
    return csv->first_size > 0 || (peek_line(csv, &line, &ignored) && line.size > 0);
}

const char *sx_csv_name(const struct sx_csv *csv, size_t i)
{
    return csv->names > 0 && i < csv->chosen.n ? csv->name[csv->chosen.column[i]] : NULL;
}

/* Whether each column looks like no feature: its first cell is text, or it has no name, as the
 * index that pandas writes. */
static bool *odd_columns(struct sx_csv *csv, size_t *n)
{
    struct sx_error ignored = {0};
    struct sx_span line = nothing;
    bool *odd = sx_new(csv->chosen.cells, sizeof *odd, &ignored);
    double value;
    if (odd == NULL || !peek_line(csv, &line, &ignored))
        return odd;
    for (size_t i = 0; i < csv->chosen.cells && line.at != NULL; i++) {
        bool text = sx_cell_read(sx_cell_take(&line, csv->separator), &value) == SX_CELL_OTHER;
        odd[i] = (text || csv->name[i][0] == '\0') && csv->chosen.place[i] >= 0;
        *n += odd[i];
    }
    return odd;
}

void sx_csv_spare(struct sx_csv *csv, size_t n, char *text, size_t size)
{
    size_t at = 0, found = 0;
    bool *odd = odd_columns(csv, &found);
    text[0] = '\0';
    for (size_t k = 0; odd != NULL && k < csv->chosen.n && at + 60 < size; k++) {
        size_t column = csv->chosen.column[k];
        const char *name = csv->name[column], *comma = at > 0 ? "," : "";
        if (!odd[column] && (found >= n || k + n < csv->chosen.n + found))
            continue;
        at += name[0] != '\0' ? (size_t)snprintf(text + at, size - at, "%s%.50s", comma, name)
                              : (size_t)snprintf(text + at, size - at, "%s%zu", comma, column);
    }
    free(odd);
}

void sx_csv_close(struct sx_csv *csv)
{
    sx_chosen_free(&csv->chosen);
    free(csv->id);
    free(csv->truth);
    for (size_t i = 0; i < csv->names; i++)
        free(csv->name[i]);
    free(csv->name);
    free(csv->first);
    free(csv->row);
    *csv = (struct sx_csv){0};
}
