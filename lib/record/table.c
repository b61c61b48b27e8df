/* table.c - results as rows of a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/view.h"

static void separate(struct sx_table *t, struct sx_sink *sink)
{
    sx_sink_write(sink, &t->separator, 1);
}

/* Writes a text; it is quoted if it contains the separator, a quote or a line break. */
static void write_text(struct sx_table *t, struct sx_sink *sink, const char *text)
{
    const char special[] = {t->separator, '"', '\n', '\r', '\0'};
    if (text[strcspn(text, special)] == '\0') {
        sx_sink_write(sink, text, strlen(text));
        return;
    }
    sx_sink_write(sink, "\"", 1);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            sx_sink_write(sink, "\"", 1);
        sx_sink_write(sink, text, 1);
    }
    sx_sink_write(sink, "\"", 1);
}

static void write_number(struct sx_sink *sink, double value, enum sx_type precision)
{
    char text[SX_NUMBER_SIZE];
    if (isfinite(value))
        sx_sink_write(sink, text, sx_number(text, value, precision));
    else
        sx_sink_print(sink, "NaN");
}

/* Writes a list of any length as one cell. */
static void write_list(struct sx_table *t, struct sx_sink *sink, const struct sx_datum *v,
                       struct sx_error *error)
{
    char some[256], *text = some;
    size_t n = sx_view_join(v, ";", some, sizeof some);
    if (n >= sizeof some) {
        text = sx_new(n + 1, 1, error);
        if (text == NULL)
            return;
        sx_view_join(v, ";", text, n + 1);
    }
    write_text(t, sink, text);
    if (text != some)
        free(text);
}

static void write_cell(struct sx_table *t, struct sx_sink *sink, const struct sx_datum *v)
{
    if (v == NULL || v->kind == SX_NULL)
        return;
    switch (v->kind) {
    case SX_TEXT:
        write_text(t, sink, v->text);
        break;
    case SX_TRUTH:
        sx_sink_print(sink, "%s", v->truth ? "true" : "false");
        break;
    case SX_INTEGER:
        sx_sink_print(sink, "%lld", (long long)v->integer);
        break;
    case SX_NUMBER:
        write_number(sink, v->number, v->precision);
        break;
    default:
        write_list(t, sink, v, &t->failure);
    }
}

static enum sx_type precision_of(const struct sx_column *c)
{
    const struct sx_datum *values =
        c->value->kind == SX_ARRAY ? c->value : sx_datum_at(c->value, "values");
    return values->precision;
}

/* Writes id, index, and the method, also if the row itself has one. */
static void write_lead(struct sx_table *t, struct sx_sink *sink, const struct sx_datum *record)
{
    write_cell(t, sink, sx_datum_at(record, "id"));
    separate(t, sink);
    write_cell(t, sink, sx_datum_at(record, "index"));
    if (sx_datum_at(record, "method") != NULL) {
        separate(t, sink);
        write_cell(t, sink, sx_datum_at(record, "method"));
    }
}

/* The number of columns of a row after id and index. Writes the headings to `sink`, unless that is
 * NULL. */
static int64_t head_row(struct sx_table *t, struct sx_sink *sink, const struct sx_datum *record,
                        const struct sx_datum *row)
{
    const char *list = t->view->columns;
    struct sx_column c;
    bool method = sx_datum_at(record, "method") != NULL;
    int64_t width = method;
    if (sink != NULL && method)
        sx_sink_print(sink, "%cmethod", t->separator);
    while (sx_view_next(&list, row, &c)) {
        int64_t n = c.is_array && !t->by_element ? sx_count(&c.array.shape) : 1;
        for (int64_t i = 0; sink != NULL && i < n; i++) {
            char place[256];
            if (c.is_array && !t->by_element)
                sx_view_place(t->view, record, &c.array, i, place, sizeof place);
            separate(t, sink);
            if (c.is_array && t->by_element)
                sx_sink_print(sink, "element%cvalue", t->separator);
            else
                write_text(t, sink, c.is_array ? place : c.heading);
        }
        width += c.is_array && t->by_element ? 2 : n;
    }
    return width;
}

/* Writes the cells of a row; cells of a missing array are empty. With rows by element, writes the
 * array's element `element`. */
static void write_row(struct sx_table *t, struct sx_sink *sink, const struct sx_datum *record,
                      const struct sx_datum *row, int64_t element)
{
    int64_t missing = t->width - head_row(t, NULL, record, row);
    const char *list = t->view->columns;
    struct sx_column c;
    write_lead(t, sink, record);
    while (sx_view_next(&list, row, &c)) {
        if (!c.is_array) {
            separate(t, sink);
            write_cell(t, sink, c.value);
            continue;
        }
        int64_t first = t->by_element ? element : 0;
        int64_t last = t->by_element ? element + 1 : sx_count(&c.array.shape);
        for (int64_t i = first; i < last && i < sx_count(&c.array.shape); i++) {
            char place[256];
            separate(t, sink);
            if (t->by_element) {
                sx_view_place(t->view, record, &c.array, i, place, sizeof place);
                write_text(t, sink, place);
                separate(t, sink);
            }
            write_number(sink, sx_tensor_get(&c.array, i), precision_of(&c));
        }
    }
    while (missing-- > 0)
        separate(t, sink);
    sx_sink_write(sink, "\n", 1);
}

/* The number of table rows for one row of the view: 1, or one per element of its array. */
static int64_t elements(struct sx_table *t, const struct sx_datum *row)
{
    const char *list = t->view->columns;
    struct sx_column c;
    while (t->by_element && sx_view_next(&list, row, &c))
        if (c.is_array)
            return sx_count(&c.array.shape);
    return 1;
}

/* The row with the most columns. In rows without the array, cells are empty. */
static const struct sx_datum *widest(struct sx_table *t, const struct sx_datum *record,
                                     const struct sx_datum *row)
{
    const struct sx_datum *best = row;
    for (; row != NULL && t->view->each != NULL; row = row->next)
        if (head_row(t, NULL, record, row) > head_row(t, NULL, record, best))
            best = row;
    return best;
}

static void write_head(struct sx_table *t, struct sx_sink *sink, const struct sx_datum *record,
                       const struct sx_datum *row)
{
    sx_sink_print(sink, "id%cindex", t->separator);
    t->width = head_row(t, sink, record, row);
    sx_sink_write(sink, "\n", 1);
}

static void write_failed(struct sx_table *t, struct sx_sink *sink,
                         const struct sx_datum *record)
{
    write_cell(t, sink, sx_datum_at(record, "id"));
    separate(t, sink);
    write_cell(t, sink, sx_datum_at(record, "index"));
    for (int64_t i = 0; i < t->width; i++)
        separate(t, sink);
    sx_sink_write(sink, "\n", 1);
}

static bool finish(const struct sx_table *t, struct sx_sink *sink, struct sx_error *error)
{
    if (t->failure.status != SX_OK)
        *error = t->failure;
    return t->failure.status == SX_OK && sx_sink_flush(sink, error);
}

bool sx_table_add(struct sx_table *t, const struct sx_result *result, struct sx_sink *sink,
                  struct sx_error *error)
{
    if (!sx_result_ok(result, error))
        return false;
    const struct sx_datum *record = sx_result_top(result);
    if (sx_datum_at(record, "error") != NULL) {
        if (t->width > 0)
            write_failed(t, sink, record);
        return sx_sink_flush(sink, error);
    }
    const struct sx_datum *row = sx_view_rows(t->view, record);
    if (t->width == 0)
        write_head(t, sink, record, widest(t, record, row));
    for (; row != NULL; row = t->view->each != NULL ? row->next : NULL) {
        if (head_row(t, NULL, record, row) > t->width)
            return sx_fail(error, SX_FAILED, "has other columns than the samples before it");
        int64_t n = elements(t, row);
        for (int64_t i = 0; i < n; i++)
            write_row(t, sink, record, row, i);
    }
    return finish(t, sink, error);
}
