/* cell.c - the cells of a line of text. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "io/cell.h"

bool sx_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct sx_span sx_span_trim(struct sx_span cell)
{
    while (cell.size > 0 && sx_blank(*cell.at)) {
        cell.at++;
        cell.size--;
    }
    while (cell.size > 0 && sx_blank(cell.at[cell.size - 1]))
        cell.size--;
    return cell;
}

struct sx_span sx_cell_take(struct sx_span *line, char separator)
{
    bool quoted = false;
    size_t n = 0;
    if (separator == ' ')
        *line = sx_span_trim(*line);
    for (; n < line->size; n++)
        if (line->at[n] == '"')
            quoted = !quoted;
        else if (!quoted &&
                 (separator == ' ' ? sx_blank(line->at[n]) : line->at[n] == separator))
            break;
    struct sx_span cell = {line->at, n};
    if (n < line->size)
        *line = (struct sx_span){line->at + n + 1, line->size - n - 1};
    else
        *line = (struct sx_span){NULL, 0};
    cell = sx_span_trim(cell);
    if (cell.size >= 2 && cell.at[0] == '"' && cell.at[cell.size - 1] == '"')
        cell = (struct sx_span){cell.at + 1, cell.size - 2};
    return cell;
}

/* Whether the character occurs outside quotes. */
static bool separates(struct sx_span line, char c)
{
    bool quoted = false;
    for (size_t i = 0; i < line.size; i++) {
        quoted = quoted != (line.at[i] == '"');
        if (!quoted && line.at[i] == c)
            return true;
    }
    return false;
}

char sx_cell_separator(struct sx_span line)
{
    static const char order[] = "\t;, ";
    struct sx_span inner = sx_span_trim(line);
    for (const char *s = order; *s != '\0'; s++)
        if (separates(inner, *s))
            return *s;
    return line.size > 0 && memchr(line.at, '\t', line.size) != NULL ? '\t' : '\0';
}

char *sx_cell_text(struct sx_span cell, struct sx_error *error)
{
    char *text = sx_new(cell.size + 1, 1, error);
    size_t n = 0;
    for (size_t i = 0; text != NULL && i < cell.size; i++) {
        text[n++] = cell.at[i];
        i += cell.at[i] == '"' && i + 1 < cell.size && cell.at[i + 1] == '"';
    }
    return text;
}

bool sx_cell_binary(struct sx_span line)
{
    unsigned char first = line.size > 0 ? (unsigned char)line.at[0] : ' ';
    if ((first >= 0x80 && first < 0xc0) || first >= 0xf8)
        return true;
    for (size_t i = 0; i < line.size; i++)
        if ((unsigned char)line.at[i] < ' ' && !isspace((unsigned char)line.at[i]))
            return true;
    return false;
}

static bool is_word(struct sx_span cell, const char *word)
{
    return cell.size == strlen(word) && strncasecmp(cell.at, word, cell.size) == 0;
}

enum sx_cell sx_cell_read(struct sx_span cell, double *value)
{
    *value = NAN;
    if (cell.size == 0 || is_word(cell, "NA") || is_word(cell, "null"))
        return SX_CELL_MISSING;
    if (!sx_number_parse(cell.at, cell.size, value))
        return SX_CELL_OTHER;
    return isnan(*value) ? SX_CELL_MISSING : SX_CELL_NUMBER;
}

struct sx_census sx_cell_census(struct sx_span line, char separator)
{
    struct sx_census n = {0};
    double value;
    while (line.at != NULL) {
        struct sx_span cell = sx_cell_take(&line, separator);
        enum sx_cell kind = sx_cell_read(cell, &value);
        n.numbers += kind == SX_CELL_NUMBER || is_word(cell, "nan");
        n.names += kind == SX_CELL_OTHER;
    }
    return n;
}

size_t sx_cell_count(struct sx_span line, char separator)
{
    size_t n = 0;
    for (; line.at != NULL; n++)
        sx_cell_take(&line, separator);
    return n;
}
