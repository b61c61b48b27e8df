/* columns.c - chooses columns of a table by name. */
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

/* The columns to choose from. */
struct table {
    char *const *name;
    size_t names, cells;
    bool *taken;
    struct sx_error *error;
};

/* The column with that name or number; SIZE_MAX: none. */
static size_t find(const struct table *t, const char *name, size_t n)
{
    for (size_t i = 0; i < t->names && i < t->cells; i++)
        if (strlen(t->name[i]) == n && strncmp(t->name[i], name, n) == 0)
            return i;
    size_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9' || i > 8)
            return SIZE_MAX;
        number = 10 * number + (size_t)(name[i] - '0');
    }
    return n > 0 && number < t->cells ? number : SIZE_MAX;
}

static bool wanted(const struct table *t, const char *name, size_t n, size_t *column)
{
    *column = find(t, name, n);
    if (*column != SIZE_MAX)
        return true;
    char word[80];
    snprintf(word, sizeof word, "%.*s", (int)(n < 79 ? n : 79), name);
    struct sx_nearest near = {.word = word};
    for (size_t i = 0; i < t->names; i++)
        sx_nearest_offer_one(&near, t->name[i]);
    return sx_fail(t->error, SX_USAGE, "no column '%s'%s", word, sx_nearest_text(&near));
}

static void take(struct sx_chosen *c, size_t column)
{
    c->place[column] = (int)c->n;
    c->column[c->n++] = column;
}

/* Walks through a list: takes its columns, or sets them aside. */
static bool each(struct table *t, const char *list, struct sx_chosen *into)
{
    while (list != NULL) {
        size_t n = strcspn(list, ","), column;
        if (!wanted(t, list, n, &column))
            return false;
        if (into != NULL && into->place[column] >= 0)
            return sx_fail(t->error, SX_USAGE, "column '%.*s' is named twice", (int)n, list);
        if (into != NULL)
            take(into, column);
        t->taken[column] = true;
        list = list[n] != '\0' ? list + n + 1 : NULL;
    }
    return true;
}

static bool aside(struct table *t, const char *name, size_t *column)
{
    *column = SIZE_MAX;
    if (name == NULL)
        return true;
    if (!wanted(t, name, strlen(name), column))
        return false;
    t->taken[*column] = true;
    return true;
}

/* Takes the features, if all of them exist. */
static bool take_features(const struct table *t, const struct sx_columns *choice,
                          struct sx_chosen *c)
{
    for (size_t i = 0; i < choice->n_features; i++) {
        const char *name = choice->feature[i];
        size_t column = t->names > 0 ? find(t, name, strlen(name)) : SIZE_MAX;
        if (column == SIZE_MAX || t->taken[column] || c->place[column] >= 0) {
            for (; c->n > 0; c->n--)
                c->place[c->column[c->n - 1]] = -1;
            return false;
        }
        take(c, column);
    }
    c->featured = choice->n_features > 0;
    return c->featured;
}

static bool choose(const struct sx_columns *choice, struct table *t, struct sx_chosen *c)
{
    if (!aside(t, choice->id, &c->id) || !aside(t, choice->truth, &c->truth) ||
        !each(t, choice->drop, NULL))
        return false;
    if (choice->only != NULL)
        return each(t, choice->only, c);
    if (take_features(t, choice, c))
        return true;
    for (size_t i = 0; i < t->cells; i++)
        if (!t->taken[i])
            take(c, i);
    return true;
}

bool sx_columns_choose(const struct sx_columns *choice, char *const *name, size_t names,
                       size_t cells, struct sx_chosen *chosen, struct sx_error *error)
{
    static const struct sx_columns all;
    struct table t = {name, names, cells, sx_new(cells, sizeof *t.taken, error), error};
    *chosen = (struct sx_chosen){.cells = cells,
                                 .place = sx_new(cells, sizeof *chosen->place, error),
                                 .column = sx_new(cells, sizeof *chosen->column, error)};
    bool ok = t.taken != NULL && chosen->place != NULL && chosen->column != NULL;
    for (size_t i = 0; ok && i < cells; i++)
        chosen->place[i] = -1;
    ok = ok && choose(choice != NULL ? choice : &all, &t, chosen);
    free(t.taken);
    if (!ok)
        sx_chosen_free(chosen);
    return ok;
}

void sx_chosen_free(struct sx_chosen *chosen)
{
    free(chosen->place);
    free(chosen->column);
    *chosen = (struct sx_chosen){0};
}
