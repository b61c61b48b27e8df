/* matrix.c - values of pairs as coloured cells. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

/* A table of numbers with the names of its rows and columns. */
struct table {
    int64_t rows, columns;
    double *value; /* NaN: no cell */
    char *name;    /* of rows, then of columns, NAME bytes each */
    const char *what;
    bool is_signed, pairs; /* pairs: the diagonal holds values of singles */
};

enum { NAME = 200 };

static char *name_of(const struct table *t, int64_t i)
{
    return t->name + NAME * i;
}

static bool table_new(struct table *t, int64_t rows, int64_t columns, struct sx_error *error)
{
    if (rows < 1 || columns < 1 || rows > SX_MOST_CELLS || columns > SX_MOST_CELLS)
        return sx_fail(error, SX_FAILED, "a matrix of %lld x %lld cells is not drawn",
                       (long long)rows, (long long)columns);
    t->rows = rows;
    t->columns = columns;
    t->value = sx_new((size_t)(rows * columns), sizeof *t->value, error);
    t->name = sx_new((size_t)(rows + columns), NAME, error);
    for (int64_t i = 0; t->value != NULL && i < rows * columns; i++)
        t->value[i] = NAN;
    return t->value != NULL && t->name != NULL;
}

/* Pairs are on both sides of the diagonal, singles on it. Players without any effect are left
 * out. */
static bool of_terms(struct table *t, const struct sx_datum *record, struct sx_error *error)
{
    struct sx_terms terms;
    int64_t *at = NULL, n = 0;
    bool ok = sx_terms_get(&terms, record, "interactions", error) &&
              (at = sx_new((size_t)terms.players, sizeof *at, error)) != NULL;
    if (ok)
        n = sx_terms_live(&terms, at);
    ok = ok && table_new(t, n, n, error);
    for (int64_t i = 0; ok && i < terms.players; i++) {
        if (at[i] < 0)
            continue;
        sx_terms_name(&terms, i, name_of(t, at[i]), NAME);
        sx_terms_name(&terms, i, name_of(t, n + at[i]), NAME);
    }
    for (int64_t k = 0; ok && k < terms.n; k++) {
        const struct sx_term *m = &terms.term[k];
        int64_t a = at[sx_term_member(m, 0)], b = m->size == 2 ? at[sx_term_member(m, 1)] : a;
        if (m->size <= 2 && a >= 0 && b >= 0)
            t->value[a * n + b] = t->value[b * n + a] = m->value;
    }
    t->what = "interaction";
    t->is_signed = t->pairs = true;
    free(at);
    sx_terms_free(&terms);
    return ok;
}

/* Reads "relevance" of flint-global: a row for each class. */
static bool of_classes(struct table *t, const struct sx_datum *record, struct sx_error *error)
{
    const struct sx_datum *classes = sx_datum_at(record, "classes"),
                          *rows = sx_datum_at(record, "relevance");
    const struct sx_datum *name =
        classes != NULL && classes->kind == SX_LIST ? classes->first : NULL;
    if (rows == NULL || rows->kind != SX_LIST || rows->first == NULL)
        return sx_fail(error, SX_FAILED, "the record has no matrix to draw");
    if (!table_new(t, sx_datum_count(rows), sx_datum_count(rows->first), error))
        return false;
    int64_t i = 0;
    for (const struct sx_datum *row = rows->first; row != NULL; row = row->next, i++) {
        snprintf(name_of(t, i), NAME, "class %lld", (long long)i);
        if (sx_datum_text(name, NULL) != NULL)
            snprintf(name_of(t, i), NAME, "%s", name->text);
        name = name != NULL ? name->next : NULL;
        for (int64_t k = 0; k < t->columns; k++)
            t->value[i * t->columns + k] = sx_datum_element(row, k);
    }
    for (int64_t k = 0; k < t->columns; k++)
        snprintf(name_of(t, t->rows + k), NAME, "%lld", (long long)k);
    t->what = "relevance of attributes for classes";
    return true;
}

/* Reads "agreement" of attr-decompose: rank correlations of methods. */
static bool of_methods(struct table *t, const struct sx_datum *record, struct sx_error *error)
{
    const struct sx_datum *methods = sx_datum_at(record, "agreement.methods"),
                          *rows = sx_datum_at(record, "agreement.spearman");
    int64_t n = sx_datum_count(methods), i = 0;
    if (rows == NULL || rows->kind != SX_LIST)
        return sx_fail(error, SX_FAILED, "the record has no agreement of methods");
    if (!table_new(t, n, n, error))
        return false;
    for (const struct sx_datum *m = methods->first; m != NULL; m = m->next, i++) {
        snprintf(name_of(t, i), NAME, "%s", sx_datum_text(m, ""));
        snprintf(name_of(t, n + i), NAME, "%s", sx_datum_text(m, ""));
    }
    i = 0;
    for (const struct sx_datum *row = rows->first; row != NULL && i < n; row = row->next, i++)
        for (int64_t k = 0; k < n; k++)
            t->value[i * n + k] = sx_datum_element(row, k);
    t->what = "rank correlation";
    t->is_signed = true;
    return true;
}

/* Reads "relations" of all places, or a map. */
static bool of_map(struct table *t, const struct sx_datum *record, struct sx_error *error)
{
    struct sx_record_map map = {.own = NULL};
    bool places = sx_datum_tensor(sx_datum_at(record, "relations"), &map.values);
    int64_t across = (int64_t)sx_datum_element(sx_datum_at(record, "grid"), 1);
    if (!places && !sx_map_get(record, 0, &map, error))
        return sx_fail(error, SX_FAILED, "the record has no matrix to draw");
    const struct sx_shape *s = &map.values.shape;
    int64_t columns = s->rank > 0 ? s->dim[s->rank - 1] : 1, n = sx_count(s);
    bool ok = table_new(t, columns > 0 ? n / columns : 0, columns, error);
    for (int64_t i = 0; ok && i < n; i++)
        t->value[i] = sx_tensor_get(&map.values, i);
    for (int64_t i = 0; ok && i < t->rows + t->columns; i++) {
        int64_t k = i < t->rows ? i : i - t->rows;
        if (places && across > 0)
            snprintf(name_of(t, i), NAME, "%lld,%lld", (long long)(k / across),
                     (long long)(k % across));
        else
            snprintf(name_of(t, i), NAME, "%lld", (long long)k);
    }
    t->what = places ? "strength" : "attribution";
    t->is_signed = true;
    sx_record_map_free(&map);
    return ok;
}

/* The largest magnitude on or off the diagonal. Interactions have two scales, because single
 * values are often much larger than those of pairs. */
static double scale_of(const struct table *t, bool diagonal)
{
    double most = 0;
    for (int64_t i = 0; i < t->rows * t->columns; i++)
        if (!t->pairs || (i / t->columns == i % t->columns) == diagonal)
            most = isfinite(t->value[i]) ? fmax(most, fabs(t->value[i])) : most;
    return most > 0 ? most : 1;
}

static unsigned colour_of(const struct table *t, double value, double scale)
{
    return t->is_signed ? sx_signed_colour(value, scale) : sx_amount_colour(value / scale);
}

/* Draws column names. They are rotated if they are wider than a cell. */
static double draw_column_names(struct sx_page *p, const struct table *t, double x, double y,
                                double cell)
{
    double longest = 0;
    for (int64_t c = 0; c < t->columns; c++)
        longest = fmax(longest, sx_page_width(p, sx_plain, name_of(t, t->rows + c)));
    bool turned = longest > cell - 4;
    sx_page_colour(p, SX_BLACK, 1);
    for (int64_t c = 0; c < t->columns; c++) {
        const char *name = name_of(t, t->rows + c);
        double at = x + ((double)c + 0.5) * cell;
        if (turned)
            sx_page_turned(p, at - 8, y - 6, 90, sx_plain, name);
        else
            sx_page_text(p, at, y - 20, 0.5, sx_plain, name);
    }
    return turned ? longest + 8 : 22;
}

static void draw_cells(struct sx_page *p, const struct table *t, double x, double y,
                       double cell)
{
    char text[32];
    for (int64_t i = 0; i < t->rows * t->columns; i++) {
        int64_t row = i / t->columns, column = i % t->columns;
        double left = x + (double)column * cell, top = y + (double)row * cell, v = t->value[i];
        double scale = scale_of(t, row == column);
        unsigned colour = isfinite(v) ? colour_of(t, v, scale) : 0xf4f4f4U;
        sx_page_colour(p, colour, 1);
        sx_page_fill(p, left, top, cell - 1, cell - 1);
        if (t->pairs && row == column && isfinite(v)) {
            sx_page_colour(p, SX_GREY, 1);
            sx_page_frame(p, left + 0.5, top + 0.5, cell - 2, cell - 2, 1);
        }
        sx_scaled_number(text, v, scale);
        sx_page_colour(p, sx_text_on(colour), 1);
        if (cell >= 40)
            sx_page_label(p, left + cell / 2, top + cell / 2, 0.5, sx_small, text);
    }
}

/* Writes below the matrix what the diagonal shows. */
static double draw_note(struct sx_page *p, const struct table *t, double x, double y)
{
    char number[32], text[120];
    bool any = false;
    for (int64_t i = 0; t->pairs && i < t->rows; i++)
        any = any || isfinite(t->value[i * t->columns + i]);
    if (!any)
        return 0;
    sx_short_number(number, scale_of(t, true));
    snprintf(text, sizeof text, "Framed: single players, on a scale of their own, up to %s.",
             number);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_text(p, x, y + 8, 0, sx_small, text);
    return 24;
}

static void draw_table(struct sx_page *p, const struct sx_figure *f, const struct table *t,
                       double x, double y, double *width, double *height)
{
    int64_t longest = t->rows > t->columns ? t->rows : t->columns;
    double cell = fmin(fmax(440.0 / (double)longest, 18), 58), names = 0,
           scale = scale_of(t, false);
    unsigned ramp[SX_RAMP];
    for (int64_t r = 0; r < t->rows; r++)
        names = fmax(names, sx_page_width(p, sx_plain, name_of(t, r)));
    double left = x + names + 8;
    bool muted = p->muted;
    p->muted = true;
    double head = draw_column_names(p, t, left, y, cell);
    p->muted = muted;
    draw_column_names(p, t, left, y + head, cell);
    sx_page_colour(p, SX_BLACK, 1);
    for (int64_t r = 0; r < t->rows; r++)
        sx_page_label(p, left - 8, y + head + ((double)r + 0.5) * cell, 1, sx_plain,
                      name_of(t, r));
    draw_cells(p, t, left, y + head, cell);
    *width = names + 8 + (double)t->columns * cell;
    *height = head + (double)t->rows * cell;
    if (f->o->no_bar) {
        *height += draw_note(p, t, left, y + *height);
        return;
    }
    double bar = fmax(*height - head, 120);
    if (t->is_signed)
        sx_signed_ramp(ramp);
    else
        sx_amount_ramp(ramp);
    *width += 18 + sx_colour_bar(p, x + *width + 18, y + head, bar, ramp,
                                 t->is_signed ? -scale : 0, scale, t->what);
    *height = fmax(*height, head + bar);
    *height += draw_note(p, t, left, y + *height);
}

bool sx_draw_matrix(struct sx_page *p, const struct sx_figure *f, double x, double y,
                    double *width, double *height, struct sx_error *error)
{
    const struct sx_datum *record = f->item[0].record;
    struct table t = {.rows = 0};
    bool ok = sx_datum_at(record, "interactions") != NULL ? of_terms(&t, record, error)
              : sx_datum_at(record, "classes") != NULL    ? of_classes(&t, record, error)
              : sx_datum_at(record, "agreement") != NULL  ? of_methods(&t, record, error)
                                                          : of_map(&t, record, error);
    if (ok)
        draw_table(p, f, &t, x, y, width, height);
    free(t.value);
    free(t.name);
    return ok;
}
