/* words.c - a sentence on a terminal: words are coloured by their values, or bracketed and coloured
 * by the blocks of partitions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { NAME = 300 }; /* bytes of a name that are shown */

/* The columns of UTF-8 text if each character takes one. */
static int64_t width_of(const char *text)
{
    int64_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Replaces control characters, which would move the cursor. */
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
    enum { ROOM = NAME + 40 };
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

/* ---- Partitions ---- */

enum { HEAD = 9 }; /* columns of "  most   " */

/* Writes a word with the brackets and the colour of its block. */
static size_t write_member(const struct sx_parts *p, const int64_t *block, int64_t i,
                           const char *name, bool colours, char *to, size_t room)
{
    unsigned c = block[i] >= 0 ? sx_series(block[i]) : 0;
    char on[40] = "";
    if (colours && block[i] >= 0)
        snprintf(on, sizeof on, "\x1b[38;5;%d;48;5;%dm", sx_terminal_colour(sx_text_on(c)),
                 sx_terminal_colour(c));
    else if (colours && block[i] == SX_NO_BLOCK)
        snprintf(on, sizeof on, "\x1b[2m");
    bool begins = sx_parts_begin(block, i), ends = sx_parts_end(p, block, i);
    bool goes_on = on[0] != '\0' && block[i] >= 0 && !ends;
    return (size_t)snprintf(to, room, "%s%s%s%s%s%s%s", on, begins ? "[" : "", name,
                            ends ? "]" : "", goes_on ? " " : "", on[0] != '\0' ? "\x1b[0m" : "",
                            goes_on ? "" : " ");
}

/* Writes a partition's words in one line or more. */
static size_t write_partition(const struct sx_parts *p, const int64_t *block, const char *head,
                              bool colours, int columns, char *to, size_t room)
{
    size_t at = (size_t)snprintf(to, room, "  %-*s", HEAD - 2, head);
    int64_t column = HEAD;
    for (int64_t i = 0; i < p->n; i++) {
        char name[NAME];
        sx_parts_name(p, i, name, sizeof name);
        plain(name);
        int64_t wide =
            width_of(name) + 1 + sx_parts_begin(block, i) + sx_parts_end(p, block, i);
        bool breaks = column > HEAD && column + wide > columns;
        if (breaks) /* replaces the blank */
            at += (size_t)snprintf(to + at - 1, room - at + 1, "\n%*s", HEAD, "") - 1;
        column = breaks ? HEAD + wide : column + wide;
        at += write_member(p, block, i, name, colours, to + at, room - at);
    }
    to[at - 1] = '\n';
    return at;
}

/* ---- Partitions of the places of a picture ---- */

/* Sets the rows and columns of the grid of n players of "grid:RxC", or of "patches:HxW" in a
 * picture of either layout. */
static bool grid_of(const struct sx_datum *record, int64_t n, int64_t *rows, int64_t *columns)
{
    const char *by = sx_datum_text(sx_datum_at(record, "params.players"), "");
    const struct sx_datum *shape = sx_datum_at(record, "input.shape");
    int r, c, end = 0;
    bool grid = sscanf(by, "grid:%4dx%4d%n", &r, &c, &end) == 2;
    if ((!grid && sscanf(by, "patches:%4dx%4d%n", &r, &c, &end) != 2) || by[end] != '\0' ||
        r < 1 || c < 1)
        return false;
    *rows = r;
    *columns = c;
    for (int axis = 2; !grid && axis > 0; axis--) {
        double high = ceil(sx_datum_element(shape, axis) / r);
        double wide = ceil(sx_datum_element(shape, axis + 1) / c);
        grid = high * wide == (double)n;
        *rows = grid ? (int64_t)high : 0;
        *columns = grid ? (int64_t)wide : 0;
    }
    return *rows * *columns == n;
}

/* Writes a letter for a place in a block of several, or a dot for a place that is alone. */
static size_t write_place(const int64_t *block, int64_t i, bool colours, char *to, size_t room)
{
    int64_t b = block[i];
    char sign = b == SX_NO_BLOCK ? ' ' : b < 0 ? '.' : b < 26 ? (char)('A' + b) : '+';
    unsigned c = b >= 0 ? sx_series(b) : 0;
    if (!colours || b < 0)
        return (size_t)snprintf(to, room, " %c ", sign);
    return (size_t)snprintf(to, room, "\x1b[38;5;%d;48;5;%dm %c \x1b[0m",
                            sx_terminal_colour(sx_text_on(c)), sx_terminal_colour(c), sign);
}

/* Writes both partitions side by side as they lie on the picture. */
static bool write_grids(const struct sx_parts *p, int64_t rows, int64_t columns, bool colours,
                        char **text, struct sx_error *error)
{
    enum { ROOM = 40, GAP = 4 };
    size_t room = (size_t)(2 * p->n + 4 * rows + 8) * ROOM, at;
    int wide = columns > 1 ? (int)(3 * columns) : 4;
    char *to = *text = sx_new(room, 1, error);
    if (to == NULL)
        return false;
    at = (size_t)snprintf(to, room, "   %-*s%*s%s\n", wide, "most", GAP, "", "least");
    for (int64_t r = 0; r < rows; r++) {
        at += (size_t)snprintf(to + at, room - at, "  ");
        for (int64_t i = r * columns; i < (r + 1) * columns; i++)
            at += write_place(p->best, i, colours, to + at, room - at);
        at += (size_t)snprintf(to + at, room - at, "%*s", wide - (int)(3 * columns) + GAP, "");
        for (int64_t i = r * columns; i < (r + 1) * columns; i++)
            at += write_place(p->worst, i, colours, to + at, room - at);
        at += (size_t)snprintf(to + at, room - at, "\n");
    }
    return true;
}

static bool write_partitions(const struct sx_datum *record, bool colours, int columns,
                             char **text, struct sx_error *error)
{
    enum { ROOM = NAME + 60 };
    struct sx_parts p;
    int64_t rows, across;
    bool ok = sx_parts_get(&p, record, error);
    if (ok && !sx_parts_named(&p) && grid_of(record, p.n, &rows, &across)) {
        ok = write_grids(&p, rows, across, colours, text, error);
    } else if (ok && sx_parts_named(&p)) {
        size_t room = 2 * ((size_t)p.n + 1) * ROOM;
        *text = sx_new(room, 1, error);
        ok = *text != NULL;
        size_t at = ok ? write_partition(&p, p.best, "most", colours, columns, *text, room) : 0;
        if (ok)
            write_partition(&p, p.worst, "least", colours, columns, *text + at, room - at);
    }
    sx_parts_free(&p);
    return ok;
}

bool sx_figure_words(const struct sx_datum *record, bool colours, int columns, char **text,
                     struct sx_error *error)
{
    const struct sx_drawn item = {.record = record};
    struct sx_facts f;
    int64_t ignored;
    *text = NULL;
    if (sx_kind_of(&item, 1, SX_KIND_AUTO, &ignored, error) != SX_TOKENS)
        return error->status == SX_OK;
    if (sx_datum_at(record, "partition_max") != NULL)
        return write_partitions(record, colours, columns, text, error);
    if (!colours)
        return true;
    bool ok = sx_facts_get(&f, record, 0, error) &&
              (f.n == 0 || write_words(&f, columns, text, error));
    sx_facts_free(&f);
    return ok;
}
