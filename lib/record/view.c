/* view.c - finds columns, rows and names of elements in a record. */
#include <stdio.h>
#include <string.h>

#include "record/view.h"

/* The member at the first of the paths "a|b" (n bytes) that exists; *heading is its heading. */
static const struct sx_datum *find(const char *paths, size_t n, const struct sx_datum *row,
                                   char heading[64])
{
    const struct sx_datum *found = NULL;
    while (n > 0 && found == NULL) {
        size_t one = 0;
        char path[64];
        while (one < n && paths[one] != '|')
            one++;
        snprintf(path, sizeof path, "%.*s", (int)one, paths);
        char *colon = strchr(path, ':');
        snprintf(heading, 64, "%s", colon != NULL ? colon + 1 : path);
        if (colon != NULL)
            *colon = '\0';
        found = sx_datum_at(row, path);
        one += one < n;
        paths += one;
        n -= one;
    }
    return found;
}

bool sx_view_next(const char **list, const struct sx_datum *row, struct sx_column *column)
{
    if (*list == NULL || **list == '\0')
        return false;
    size_t n = strcspn(*list, ",");
    *column = (struct sx_column){.value = NULL};
    column->value = find(*list, n, row, column->heading);
    *list += n + ((*list)[n] == ',');
    if (column->value != NULL && column->value->kind == SX_ARRAY) {
        column->array = column->value->array;
        column->is_array = true;
    } else if (column->value != NULL && column->value->kind == SX_OBJECT) {
        const struct sx_datum *values = sx_datum_at(column->value, "values");
        const struct sx_datum *first =
            values != NULL && values->kind == SX_LIST ? values->first : NULL;
        if (first != NULL && first->kind == SX_TEXT) /* texts are not numbers */
            column->value = first->next == NULL ? first : values;
        else
            column->is_array = sx_datum_tensor(column->value, &column->array);
    }
    return true;
}

const struct sx_datum *sx_view_rows(const struct sx_view *view, const struct sx_datum *record)
{
    if (view->each == NULL)
        return record;
    const struct sx_datum *list = sx_datum_at(record, view->each);
    return list != NULL && list->kind == SX_LIST ? list->first : NULL;
}

void sx_view_place(const struct sx_view *view, const struct sx_datum *record,
                   const struct sx_tensor *array, int64_t i, char *text, size_t size)
{
    const struct sx_datum *names =
        view->names != NULL ? sx_datum_at(record, view->names) : NULL;
    const struct sx_datum *name = names != NULL ? names->first : NULL;
    for (int64_t k = 0; k < i && name != NULL; k++)
        name = name->next;
    if (sx_datum_text(name, NULL) != NULL) {
        snprintf(text, size, "%s", name->text);
        return;
    }
    int64_t stride = sx_count(&array->shape);
    size_t at = 0;
    text[0] = '\0';
    for (int k = 0; k < array->shape.rank && at + 24 < size; k++) {
        stride /= array->shape.dim[k];
        if (array->shape.dim[k] == 1 && sx_count(&array->shape) > 1)
            continue;
        at += (size_t)snprintf(text + at, size - at, "%s%lld", at > 0 ? "," : "",
                               (long long)(i / stride % array->shape.dim[k]));
    }
}

/* Formats such as "[0 3]". */
static size_t join_nested(const struct sx_datum *value, const char *between, char *text,
                          size_t size)
{
    size_t at = (size_t)snprintf(text, size, "[");
    at += sx_view_join(value, between, at < size ? text + at : NULL, at < size ? size - at : 0);
    return at + (size_t)snprintf(at < size ? text + at : NULL, at < size ? size - at : 0, "]");
}

size_t sx_view_join(const struct sx_datum *value, const char *between, char *text, size_t size)
{
    size_t at = 0;
    int64_t n = sx_datum_count(value);
    const struct sx_datum *item = value->kind == SX_LIST ? value->first : NULL;
    for (int64_t i = 0; i < n; i++) {
        char *to = at < size ? text + at : NULL;
        size_t room = at < size ? size - at : 0;
        const char *string = sx_datum_text(item, NULL);
        if (string != NULL)
            at += (size_t)snprintf(to, room, "%s%s", i > 0 ? between : "", string);
        else if (item != NULL && (item->kind == SX_LIST || item->kind == SX_ARRAY))
            at += join_nested(item, between, to, room);
        else
            at += (size_t)snprintf(to, room, "%s%.6g", i > 0 ? " " : "",
                                   sx_datum_element(value, i));
        item = item != NULL ? item->next : NULL;
    }
    if (n == 0 && size > 0)
        text[0] = '\0';
    return at;
}
