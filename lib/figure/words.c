/* words.c - a sentence on a terminal, its words in the colours of their values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

/* Columns that UTF-8 text takes where each character takes one. */
static int64_t width_of(const char *text)
{
    int64_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Nothing that a name holds moves the cursor. */
static void plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = ' ';
}

static double scale_of(const struct sx_facts *f)
{
    double most = 0;
    for (int64_t i = 0; i < f->n; i++)
        most = isfinite(f->value[i]) ? fmax(most, fabs(f->value[i])) : most;
    return most;
}

static bool write_words(const struct sx_facts *f, int columns, char **text,
                        struct sx_error *error)
{
    enum { NAME = 300, ROOM = NAME + 40 };
    double scale = scale_of(f);
    char *to = sx_new((size_t)f->n + 1, ROOM, error);
    size_t at = 0;
    int64_t column = 0;
    if (to == NULL)
        return false;
    for (int64_t i = 0; i < f->n; i++) {
        char name[NAME];
        unsigned c = sx_signed_colour(f->value[i], scale);
        sx_facts_name(f, i, false, name, sizeof name);
        plain(name);
        int64_t wide = width_of(name) + 3;
        bool breaks = column > 0 && column + wide > columns;
        column = breaks ? wide : column + wide;
        at += (size_t)snprintf(to + at, ROOM, "%s\x1b[38;5;%d;48;5;%dm %s \x1b[0m%s",
                               breaks ? "\n" : "", sx_terminal_colour(sx_text_on(c)),
                               sx_terminal_colour(c), name, i + 1 < f->n ? " " : "\n");
    }
    *text = to;
    return true;
}

bool sx_figure_words(const struct sx_datum *record, int columns, char **text,
                     struct sx_error *error)
{
    const struct sx_drawn item = {.record = record};
    struct sx_facts f;
    int64_t ignored;
    *text = NULL;
    if (sx_kind_of(&item, 1, SX_KIND_AUTO, &ignored) != SX_TOKENS ||
        sx_datum_at(record, "partition_max") != NULL)
        return true;
    bool ok = sx_facts_get(&f, record, 0, error) &&
              (f.n == 0 || write_words(&f, columns, text, error));
    sx_facts_free(&f);
    return ok;
}
