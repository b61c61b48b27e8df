/* view.h - the members that a view selects. */
#ifndef SX_VIEW_H
#define SX_VIEW_H

#include "record/result.h"

/* A column of a row: heading, value (NULL: none), and the array if the value is one. */
struct sx_column {
    char heading[64];
    const struct sx_datum *value;
    struct sx_tensor array;
    bool is_array;
};

/* Reads the next column of *list, a text of paths, from `row`; false at its end. */
bool sx_view_next(const char **list, const struct sx_datum *row, struct sx_column *column);

/* The first of the rows that a view selects; `next` leads to the others. Without `each` it is the
 * record itself. */
const struct sx_datum *sx_view_rows(const struct sx_view *view, const struct sx_datum *record);

/* Writes the name of element i of an array, or its position ("2,14"). */
void sx_view_place(const struct sx_view *view, const struct sx_datum *record,
                   const struct sx_tensor *array, int64_t i, char *text, size_t size);

/* Writes a list as text: numbers are separated by spaces, texts by `between`. Returns the length of
 * the whole text, even if it exceeds `size` and was cut. */
size_t sx_view_join(const struct sx_datum *value, const char *between, char *text, size_t size);

#endif
