/* text.c - a result as a few aligned lines of text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record/view.h"

enum { MOST_LINES = 64, MOST_COLUMNS = 8 };

/* Formats a value as a word, or a list of words. */
static void show(const struct sx_datum *v, char *text, size_t size)
{
    text[0] = '\0';
    if (v == NULL)
        return;
    switch (v->kind) {
    case SX_NULL:
        snprintf(text, size, "-");
        break;
    case SX_TRUTH:
        snprintf(text, size, "%s", v->truth ? "yes" : "no");
        break;
    case SX_INTEGER:
        snprintf(text, size, "%lld", (long long)v->integer);
        break;
    case SX_NUMBER:
        snprintf(text, size, "%.6g", v->number);
        break;
    case SX_TEXT:
        snprintf(text, size, "%s", v->text);
        break;
    default:
        sx_view_join(v, ", ", text, size);
    }
}

/* Writes the first line: "photo.png[0]  ggig: tabby (281), logit 12.25  sum 1.5". */
static void write_first(const struct sx_view *view, const struct sx_datum *record,
                        struct sx_sink *sink)
{
    char value[256];
    const char *label = sx_datum_text(sx_datum_at(record, "target.label"), NULL);
    const char *score = sx_datum_text(sx_datum_at(record, "target.score"), NULL);
    const char *method = sx_datum_text(sx_datum_at(record, "method"), NULL);
    if (sx_datum_at(record, "id") != NULL)
        sx_sink_print(sink, "%s[%.0f]", sx_datum_text(sx_datum_at(record, "id"), ""),
                      sx_datum_number(sx_datum_at(record, "index"), 0));
    else
        sx_sink_print(sink, "summary");
    if (method != NULL || score != NULL)
        sx_sink_print(sink, "  %s:",
                      method != NULL ? method : sx_datum_text(sx_datum_at(record, "tool"), ""));
    if (score != NULL) {
        show(sx_datum_at(record, "target.index"), value, sizeof value);
        const char *sum = sx_datum_text(sx_datum_at(record, "target.sum"), NULL);
        bool other = sx_datum_at(record, "target.other") != NULL;
        if (sum != NULL)
            sx_sink_print(sink, " sum %.80s,", sum);
        else if (label != NULL)
            sx_sink_print(sink, " %.80s (%s),", label, value);
        else
            sx_sink_print(sink, " %soutput %s,", other ? "other class of " : "", value);
        show(sx_datum_at(record, "target.value"), value, sizeof value);
        sx_sink_print(sink, " %s %s", strcmp(score, "raw") == 0 ? "value" : score, value);
    }
    const char *list = view->scalars;
    struct sx_column c;
    while (sx_view_next(&list, record, &c)) {
        if (c.value == NULL || c.value->kind == SX_NULL)
            continue;
        show(c.value, value, sizeof value);
        sx_sink_print(sink, "  %s %s", c.heading, value);
    }
    sx_sink_print(sink, "\n");
}

/* Finds the elements of largest magnitude; those that are not finite are omitted. */
static int strongest(const struct sx_tensor *array, int most, int64_t *best)
{
    int found = 0;
    for (int64_t i = 0; i < sx_count(&array->shape); i++) {
        double size = fabs(sx_tensor_get(array, i));
        int at = found;
        if (!isfinite(size))
            continue;
        while (at > 0 && size > fabs(sx_tensor_get(array, best[at - 1])))
            at--;
        if (at >= most)
            continue;
        found += found < most;
        memmove(best + at + 1, best + at, (size_t)(found - at - 1) * sizeof best[0]);
        best[at] = i;
    }
    return found;
}

static void write_array(const struct sx_view *view, const struct sx_datum *record,
                        const struct sx_tensor *array, int most, struct sx_sink *sink)
{
    int64_t best[MOST_LINES];
    int n = strongest(array, most, best);
    for (int k = 0; k < n; k++) {
        char place[160];
        sx_view_place(view, record, array, best[k], place, sizeof place);
        sx_sink_print(sink, "  %-24s % .6g\n", place, sx_tensor_get(array, best[k]));
    }
}

static const char *lines_of(const struct sx_view *view)
{
    return view->lines != NULL ? view->lines : view->columns;
}

/* Computes the widths of the columns of n_rows rows, and returns their number. */
static int measure(const struct sx_view *view, const struct sx_datum *const *rows, int n_rows,
                   int width[MOST_COLUMNS])
{
    int n = 0;
    for (int k = 0; k < n_rows; k++) {
        const struct sx_datum *row = rows[k];
        const char *list = lines_of(view);
        struct sx_column c;
        for (int i = 0; i < MOST_COLUMNS && sx_view_next(&list, row, &c); i++) {
            char text[256];
            show(c.value, text, sizeof text);
            int size = (int)strlen(text), head = (int)strlen(c.heading);
            if (i == n)
                width[n++] = head;
            width[i] = size > width[i] ? size : width[i];
            width[i] = width[i] > 40 ? 40 : width[i];
        }
    }
    return n;
}

/* Chooses the rows to show: the first ones, or those of largest magnitude. */
static int choose_rows(const struct sx_view *view, const struct sx_datum *row, int most,
                       const struct sx_datum **rows)
{
    int n = 0;
    for (; row != NULL; row = row->next) {
        double size = 0;
        int at = n;
        if (view->rank != NULL)
            size = fabs(sx_datum_number(sx_datum_at(row, view->rank), NAN));
        if (isnan(size))
            continue;
        while (view->rank != NULL && at > 0 &&
               size > fabs(sx_datum_number(sx_datum_at(rows[at - 1], view->rank), 0)))
            at--;
        if (at >= most)
            continue;
        n += n < most;
        memmove(rows + at + 1, rows + at, (size_t)(n - at - 1) * sizeof rows[0]);
        rows[at] = row;
    }
    return n;
}

static void write_rows(const struct sx_view *view, const struct sx_datum *row, int64_t most,
                       struct sx_sink *sink)
{
    const struct sx_datum *rows[MOST_LINES];
    int width[MOST_COLUMNS] = {0};
    int n_rows = choose_rows(view, row, most < MOST_LINES ? (int)most : MOST_LINES, rows);
    int n = measure(view, rows, n_rows, width);
    for (int k = -1; k < n_rows; k++) {
        const char *list = lines_of(view);
        struct sx_column c;
        for (int i = 0; i < n && sx_view_next(&list, rows[k < 0 ? 0 : k], &c); i++) {
            char text[256];
            show(c.value, text, sizeof text);
            sx_sink_print(sink, i + 1 < n ? "  %-*s" : "  %.*s", i + 1 < n ? width[i] : 250,
                          k < 0 ? c.heading : text);
        }
        sx_sink_print(sink, n > 0 ? "\n" : "");
    }
}

static void write_warnings(const struct sx_datum *record, struct sx_sink *sink)
{
    const struct sx_datum *w = sx_datum_at(record, "warnings");
    for (w = w != NULL && w->kind == SX_LIST ? w->first : NULL; w != NULL; w = w->next)
        sx_sink_print(sink, "  (%s)\n", sx_datum_text(w, ""));
}

bool sx_result_text(const struct sx_result *result, const struct sx_view *view, const char *map,
                    struct sx_sink *sink, struct sx_error *error)
{
    if (!sx_result_ok(result, error))
        return false;
    const struct sx_datum *record = sx_result_top(result), *row = sx_view_rows(view, record);
    int64_t most = view->top > 0 ? view->top : 10;
    write_first(view, record, sink);
    if (map != NULL)
        sx_sink_write(sink, map, strlen(map));
    if (view->each != NULL && row != NULL)
        write_rows(view, row, most, sink);
    const char *list = view->each == NULL ? lines_of(view) : NULL;
    struct sx_column c;
    while (sx_view_next(&list, record, &c))
        if (c.is_array)
            write_array(view, record, &c.array, (int)(most < MOST_LINES ? most : MOST_LINES),
                        sink);
    write_warnings(record, sink);
    return sx_sink_flush(sink, error);
}
