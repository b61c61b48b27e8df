/* cell.h - stretches of a text: lines and their cells. */
#ifndef IO_CELL_H
#define IO_CELL_H

#include "io/io.h"

struct sx_span {
    const char *at;
    size_t size;
};

bool sx_blank(char c);
struct sx_span sx_span_trim(struct sx_span cell);

/* Takes the next cell off a line, which ends up empty with a NULL start behind the last one.
 * Separators inside quotes are none; a blank as separator stands for any run of blanks. */
struct sx_span sx_cell_take(struct sx_span *line, char separator);
size_t sx_cell_count(struct sx_span line, char separator);

/* Of the characters that separate, the rarest that is there; NUL for a line of one number. A tab
 * at an end has an empty cell behind it, unless something else separates. */
char sx_cell_separator(struct sx_span line);

/* The text of a cell, where "" is one quote; the caller frees it. */
char *sx_cell_text(struct sx_span cell, struct sx_error *error);

/* What is missing is NaN. */
enum sx_cell { SX_CELL_NUMBER, SX_CELL_MISSING, SX_CELL_OTHER };
enum sx_cell sx_cell_read(struct sx_span cell, double *value);

/* How many cells of a line are of each kind. A NaN that is spelled out is a number here. */
struct sx_census {
    size_t numbers, names;
};
struct sx_census sx_cell_census(struct sx_span line, char separator);

/* Is there anything that no text has, or does it begin as formats of ours do and none should? */
bool sx_cell_binary(struct sx_span line);

#endif
