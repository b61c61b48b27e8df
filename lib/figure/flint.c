/* flint.c - samples next to their maximised forms: pictures on a sheet, table rows as bars. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

/* ---- An album: rows of pictures that are added one by one ---- */

bool sx_album_row(struct sx_album *a, const char *name, struct sx_error *error)
{
    size_t row = (size_t)a->columns, n = (size_t)(a->rows + 1) * row;
    struct sx_picture *cell = realloc(a->cell, n * sizeof *cell);
    a->cell = cell != NULL ? cell : a->cell;
    char **caption = realloc(a->caption, n * sizeof *caption);
    a->caption = caption != NULL ? caption : a->caption;
    char **names = realloc(a->name, (size_t)(a->rows + 1) * sizeof *names);
    a->name = names != NULL ? names : a->name;
    char *copy = strdup(name);
    if (cell == NULL || caption == NULL || names == NULL || copy == NULL) {
        free(copy);
        return sx_fail(error, SX_MEMORY, "out of memory");
    }
    memset(cell + n - row, 0, row * sizeof *cell);
    memset(caption + n - row, 0, row * sizeof *caption);
    names[a->rows++] = copy;
    return true;
}

/* Puts the array as a picture into a column of the last row. A changed array is in false
 * colours. */
static bool put(struct sx_album *a, int64_t column, const struct sx_tensor *x, bool changed,
                const char *caption, struct sx_error *error)
{
    int64_t at = (a->rows - 1) * a->columns + column;
    if (!sx_picture_of(x, a->layout, &a->cell[at], error) ||
        (changed && !sx_picture_colour(&a->cell[at], "viridis", error)))
        return false;
    a->caption[at] = strdup(caption);
    return a->caption[at] != NULL || sx_fail(error, SX_MEMORY, "out of memory");
}

bool sx_album_draw(const struct sx_album *a, const char *title, const char *const *columns,
                   struct sx_made *figure, struct sx_error *error)
{
    const struct sx_gallery gallery = {.title = title,
                                       .rows = a->rows,
                                       .columns = a->columns,
                                       .row_name = (const char *const *)a->name,
                                       .column_name = columns,
                                       .caption = (const char *const *)a->caption,
                                       .cell = a->cell};
    return sx_plot_gallery(&gallery, figure, error);
}

void sx_album_free(struct sx_album *a)
{
    for (int64_t i = 0; i < a->rows * a->columns; i++) {
        sx_picture_free(&a->cell[i]);
        free(a->caption[i]);
    }
    for (int64_t i = 0; i < a->rows; i++)
        free(a->name[i]);
    free(a->cell);
    free(a->caption);
    free(a->name);
    *a = (struct sx_album){0};
}

/* ---- Explanations ---- */

static void class_name(const struct sx_flint_origin *o, int64_t class, char text[80])
{
    const char *label = class < o->n_labels ? o->labels[class] : NULL;
    snprintf(text, 80, "class %lld%s%.24s", (long long)class, label != NULL ? "\n" : "",
             label != NULL ? label : "");
}

bool sx_album_explained(struct sx_album *a, const struct sx_flint_origin *o,
                        const struct sx_flint_explained *e, const float *changed,
                        struct sx_error *error)
{
    char name[80], text[120];
    int64_t size = sx_count(&e->x->shape);
    class_name(o, e->of.g_class, name);
    snprintf(text, sizeof text, "%s\nmodel: %lld", name, (long long)e->of.f_class);
    if (!sx_album_row(a, text, error) || !put(a, 0, e->x, false, "", error))
        return false;
    for (int64_t k = 0; k < e->relevant; k++) {
        float *own = (float *)(uintptr_t)(changed + k * size);
        const struct sx_tensor grown = {SX_FLOAT, e->x->shape, own};
        snprintf(text, sizeof text, "%lld: relevance %.2f", (long long)e->order[k],
                 e->of.relevance[e->order[k]]);
        if (!put(a, 1 + k, &grown, true, text, error))
            return false;
    }
    return true;
}

/* ---- Pairs ---- */

static bool add_pair(struct sx_album *a, const struct sx_flint_shown *s,
                     const struct sx_flint_pair *p, int64_t first, int64_t mas,
                     struct sx_error *error)
{
    int64_t size = sx_count(&s->sample);
    char text[80];
    for (int64_t i = 0; i < p->n; i++) {
        struct sx_tensor x = {SX_FLOAT, s->sample, s->x + (first + i) * size};
        snprintf(text, sizeof text, "%.3g", p->phi[i]);
        if (!put(a, i, &x, false, text, error))
            return false;
        if (!s->with_am)
            continue;
        x.data = s->changed + (first + i) * size;
        snprintf(text, sizeof text, "%.3g to %.3g", s->climbed[first + i].start,
                 s->climbed[first + i].end);
        if (!put(a, mas + i, &x, true, text, error))
            return false;
    }
    return true;
}

static bool add_pairs(struct sx_album *a, const struct sx_flint_origin *o,
                      const struct sx_flint_shown *s, int64_t mas, struct sx_error *error)
{
    char name[80], text[140];
    for (int64_t k = 0, first = 0; k < s->n_pairs; first += s->pair[k++].n) {
        const struct sx_flint_pair *p = &s->pair[k];
        class_name(o, p->of_class, name);
        snprintf(text, sizeof text, "%s\nattribute %lld\nrelevance %.2f", name,
                 (long long)p->attribute, p->r);
        if (!sx_album_row(a, text, error) || !add_pair(a, s, p, first, mas, error))
            return false;
    }
    return true;
}

bool sx_plot_shown(const struct sx_flint_origin *o, const struct sx_flint_shown *s, int64_t mas,
                   enum sx_layout layout, struct sx_made *figure, struct sx_error *error)
{
    char name[128][40];
    const char *column[128];
    struct sx_album a = {.columns = s->with_am ? 2 * mas : mas, .layout = layout};
    for (int64_t c = 0; c < a.columns && c < 128; c++) {
        snprintf(name[c], sizeof name[c], "%s %lld", c < mas ? "sample" : "maximised",
                 (long long)(c % mas) + 1);
        column[c] = name[c];
    }
    bool ok = add_pairs(&a, o, s, mas, error) &&
              sx_album_draw(&a,
                            "samples that activate an attribute most, and what they become as "
                            "it grows",
                            column, figure, error);
    sx_album_free(&a);
    return ok;
}

/* ---- Rows of a table ---- */

/* The value in units of its column's spread, if the spread is known. */
static double standard(const struct sx_flint_origin *o, int64_t i, double v)
{
    if (o->channels == 0)
        return v;
    int64_t c = i / o->plane % o->channels;
    return (v - o->mean[c]) / o->sd[c];
}

/* Lists the columns that deviate most in any of the rows, at most MOST_COLUMNS, in order. */
enum { MOST_COLUMNS = 12 };
static int64_t choose_columns(const struct sx_flint_origin *o, const float *const *x, int m,
                              int64_t n, int64_t chosen[MOST_COLUMNS])
{
    double size[MOST_COLUMNS];
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        double most = 0;
        for (int k = 0; k < m; k++)
            most = fmax(most, fabs(standard(o, i, (double)x[k][i])));
        int64_t at = count < MOST_COLUMNS ? count++ : MOST_COLUMNS;
        for (; at > 0 && size[at - 1] < most; at--)
            if (at < MOST_COLUMNS) {
                size[at] = size[at - 1];
                chosen[at] = chosen[at - 1];
            }
        if (at < MOST_COLUMNS) {
            size[at] = most;
            chosen[at] = i;
        }
    }
    return count;
}

/* Values of m rows, [columns, m], and the names of columns. free_chart frees them. */
struct columns {
    struct sx_series_chart chart;
    double *values;
    const char *column[MOST_COLUMNS], *series[64];
    char text[MOST_COLUMNS][24], name[64][40], title[160];
};

static bool columns_new(struct columns *c, const struct sx_flint_origin *o,
                        const float *const *x, int m, int64_t n, struct sx_error *error)
{
    int64_t chosen[MOST_COLUMNS], count = choose_columns(o, x, m, n, chosen);
    c->values = sx_new((size_t)(count * m), sizeof *c->values, error);
    for (int64_t i = 0; c->values != NULL && i < count; i++) {
        snprintf(c->text[i], sizeof c->text[i], "%lld", (long long)chosen[i]);
        c->column[i] = o->n_names == n ? o->names[chosen[i]] : c->text[i];
        for (int k = 0; k < m; k++)
            c->values[i * m + k] = standard(o, chosen[i], (double)x[k][chosen[i]]);
    }
    c->chart = (struct sx_series_chart){
        .what = o->channels > 0 ? "deviation from the mean in standard deviations" : "value",
        .column = c->column,
        .series = c->series,
        .n = count,
        .m = m,
        .values = c->values};
    return c->values != NULL;
}

bool sx_plot_columns(const struct sx_flint_origin *o, const char *title, const float *const *x,
                     const char *const *name, int m, int64_t n, struct sx_made *figure,
                     struct sx_error *error)
{
    struct columns *c = sx_new(1, sizeof *c, error);
    bool ok = c != NULL && columns_new(c, o, x, m < 64 ? m : 64, n, error);
    for (int k = 0; ok && k < c->chart.m; k++)
        c->series[k] = name[k];
    ok = ok && sx_plot_series(title, &c->chart, 1, figure, error);
    if (c != NULL)
        free(c->values);
    free(c);
    return ok;
}

/* Adds the samples of one pair and their maximised forms. */
static bool add_table(struct columns *c, const struct sx_flint_origin *o,
                      const struct sx_flint_shown *s, int64_t k, int64_t first,
                      struct sx_error *error)
{
    const struct sx_flint_pair *p = &s->pair[k];
    const float *x[64];
    char class[80];
    int64_t size = sx_count(&s->sample);
    int m = 0;
    for (int64_t i = 0; i < p->n && m + 2 <= 64; i++) {
        snprintf(c->name[m], sizeof c->name[m], "sample %lld, phi %.3g", (long long)p->row[i],
                 p->phi[i]);
        x[m++] = s->x + (first + i) * size;
        if (!s->with_am)
            continue;
        snprintf(c->name[m], sizeof c->name[m], "maximised, phi %.3g",
                 s->climbed[first + i].end);
        x[m++] = s->changed + (first + i) * size;
    }
    for (int i = 0; i < m; i++)
        c->series[i] = c->name[i];
    class_name(o, p->of_class, class);
    for (char *line = class; (line = strchr(line, '\n')) != NULL;)
        *line = ' ';
    snprintf(c->title, sizeof c->title, "%s, attribute %lld, relevance %.2f", class,
             (long long)p->attribute, p->r);
    if (!columns_new(c, o, x, m, size, error))
        return false;
    c->chart.title = c->title;
    return true;
}

bool sx_plot_shown_table(const struct sx_flint_origin *o, const struct sx_flint_shown *s,
                         struct sx_made *figure, struct sx_error *error)
{
    struct columns *each = sx_new((size_t)s->n_pairs, sizeof *each, error);
    struct sx_series_chart *charts = sx_new((size_t)s->n_pairs, sizeof *charts, error);
    bool ok = each != NULL && charts != NULL;
    int n = 0;
    for (int64_t k = 0, first = 0; ok && k < s->n_pairs; first += s->pair[k++].n) {
        if (s->pair[k].n == 0)
            continue;
        ok = add_table(&each[n], o, s, k, first, error);
        charts[n] = each[n].chart;
        n++;
    }
    ok = ok && (n > 0 || sx_fail(error, SX_FAILED, "no sample is of these classes")) &&
         sx_plot_series("samples, and what they become as an attribute grows", charts, n,
                        figure, error);
    for (int i = 0; each != NULL && i < n; i++)
        free(each[i].values);
    free(each);
    free(charts);
    return ok;
}
