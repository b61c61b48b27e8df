/* view.h - walks the members that a view names. */
#ifndef SX_VIEW_H
#define SX_VIEW_H

#include "record/result.h"

/* A column of a row: its heading, its value (NULL: none), and the array if it is one. */
struct sx_column {
    char heading[64];
    const struct sx_datum *value;
    struct sx_tensor array;
    bool is_array;
};

/* Reads the next column of *list, a text of paths, from `row`; false at its end. */
bool sx_view_next(const char **list, const struct sx_datum *row, struct sx_column *column);

/* The rows that a view asks for: the first one, and `next` after it; or the record itself. */
const struct sx_datum *sx_view_rows(const struct sx_view *view, const struct sx_datum *record);

/* What element i of an array is called: its name, or its place ("2,14"). */
void sx_view_place(const struct sx_view *view, const struct sx_datum *record,
                   const struct sx_tensor *array, int64_t i, char *text, size_t size);

/* A list as one text: numbers are separated by spaces, texts by `between`. Returns its length,
 * also where that is not below `size`, and it was cut. */
size_t sx_view_join(const struct sx_datum *value, const char *between, char *text, size_t size);

#endif
