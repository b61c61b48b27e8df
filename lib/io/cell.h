/* cell.h - parts of a text: lines and their cells. */
#ifndef IO_CELL_H
#define IO_CELL_H

#include "io/io.h"

struct sx_span {
    const char *at;
    size_t size;
};

bool sx_blank(char c);
struct sx_span sx_span_trim(struct sx_span cell);

/* Takes the next cell of a line. After the last cell the line is empty with a NULL start.
 * Separators within quotes do not count. A blank as separator stands for any number of blanks. */
struct sx_span sx_cell_take(struct sx_span *line, char separator);
size_t sx_cell_count(struct sx_span line, char separator);

/* The separator of a line: the rarest of the possible ones that occur; NUL if the line is one
 * number. A tab at either end marks an empty cell, unless something else separates. */
char sx_cell_separator(struct sx_span line);

/* The text of a cell, in which "" is one quote; the caller frees it. */
char *sx_cell_text(struct sx_span cell, struct sx_error *error);

/* The kind of a cell. A missing value is NaN. */
enum sx_cell { SX_CELL_NUMBER, SX_CELL_MISSING, SX_CELL_OTHER };
enum sx_cell sx_cell_read(struct sx_span cell, double *value);

/* The number of cells of a line of each kind. A NaN that is spelled out counts as a number. */
struct sx_census {
    size_t numbers, names;
};
struct sx_census sx_cell_census(struct sx_span line, char separator);

/* Whether a line contains bytes that no text has, or begins like a binary format. */
bool sx_cell_binary(struct sx_span line);

#endif
