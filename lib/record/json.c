/* json.c - a result as a line of JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"

/* Writes a string; runs of plain characters are written at once. */
static void write_string(struct sx_sink *sink, const char *text)
{
    size_t plain = 0;
    sx_sink_write(sink, "\"", 1);
    while (text[plain] != '\0') {
        unsigned char c = (unsigned char)text[plain];
        size_t n = sx_utf8_length(text + plain);
        if (n > 0 && c >= ' ' && c != '"' && c != '\\') {
            plain += n;
            continue;
        }
        sx_sink_write(sink, text, plain);
        char escape[8] = "\xef\xbf\xbd";
        size_t length = 3;
        if (c < ' ')
            length = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
        else if (n == 1)
            length = (size_t)snprintf(escape, sizeof escape, "\\%c", c);
        sx_sink_write(sink, escape, length);
        text += plain + 1;
        plain = 0;
    }
    sx_sink_write(sink, text, plain);
    sx_sink_write(sink, "\"", 1);
}

static void write_number(struct sx_sink *sink, double value, enum sx_type precision)
{
    char text[SX_NUMBER_SIZE];
    sx_sink_write(sink, text, sx_number(text, value, precision));
}

/* Writes an integer. snprintf takes four times as long, and maps have many numbers. */
static void write_integer(struct sx_sink *sink, int64_t value, bool natural)
{
    char text[24];
    size_t at = sizeof text;
    bool negative = value < 0 && !natural;
    uint64_t left = negative ? 0 - (uint64_t)value : (uint64_t)value;
    do
        text[--at] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (negative)
        text[--at] = '-';
    sx_sink_write(sink, text + at, sizeof text - at);
}

static void write_integers(struct sx_sink *sink, const struct sx_datum *v)
{
    int64_t n = sx_count(&v->array.shape);
    for (int64_t i = 0; i < n; i++) {
        if (i > 0)
            sx_sink_write(sink, ",", 1);
        write_integer(sink, ((const int64_t *)v->array.data)[i], v->natural);
    }
}

/* A map is mostly numbers. They are written in pieces; if there are many, pieces are formatted by
 * several threads. */
enum { PIECE = 128, PIECES = 256, MANY = 1 << 14 };

struct piece {
    size_t length;
    char text[PIECE * (SX_NUMBER_SIZE + 1)];
};

/* Formats the numbers of a piece, from `first` on. */
static void print_piece(const struct sx_datum *v, int64_t first, struct piece *piece)
{
    const int64_t all = sx_count(&v->array.shape);
    const int64_t end = first + PIECE < all ? first + PIECE : all;
    const double *values = v->array.type == SX_DOUBLE ? v->array.data : NULL;
    size_t at = 0;
    for (int64_t i = first; i < end; i++) {
        if (i > 0)
            piece->text[at++] = ',';
        at += sx_number(piece->text + at,
                        values != NULL ? values[i] : sx_tensor_get(&v->array, i), v->precision);
    }
    piece->length = at;
}

static void write_numbers(struct sx_sink *sink, const struct sx_datum *v)
{
    struct piece alone, *pieces = &alone;
    const int64_t n = sx_count(&v->array.shape);
    if (n >= MANY)
        pieces = malloc(PIECES * sizeof *pieces);
    pieces = pieces != NULL ? pieces : &alone;
    const int64_t step = pieces != &alone ? (int64_t)PIECES * PIECE : PIECE;
    for (int64_t done = 0; done < n; done += step) {
        const int64_t left = n - done < step ? n - done : step,
                      count = (left + PIECE - 1) / PIECE;
#pragma omp parallel for if (count > 1)
        for (int64_t i = 0; i < count; i++)
            print_piece(v, done + i * PIECE, &pieces[i]);
        for (int64_t i = 0; i < count; i++)
            sx_sink_write(sink, pieces[i].text, pieces[i].length);
    }
    if (pieces != &alone)
        free(pieces);
}

static void write_array(struct sx_sink *sink, const struct sx_datum *v)
{
    sx_sink_write(sink, "[", 1);
    if (v->array.type == SX_INT)
        write_integers(sink, v);
    else
        write_numbers(sink, v);
    sx_sink_write(sink, "]", 1);
}

/* Writes a value. The depth of the tree is limited when it is built. */
static void write_value(struct sx_sink *sink, const struct sx_datum *v)
{
    switch (v->kind) {
    case SX_NULL:
        sx_sink_write(sink, "null", 4);
        return;
    case SX_TRUTH:
        sx_sink_write(sink, v->truth ? "true" : "false", v->truth ? 4 : 5);
        return;
    case SX_INTEGER:
        write_integer(sink, v->integer, false);
        return;
    case SX_NUMBER:
        write_number(sink, v->number, v->precision);
        return;
    case SX_TEXT:
        write_string(sink, v->text);
        return;
    case SX_ARRAY:
        write_array(sink, v);
        return;
    case SX_LIST:
    case SX_OBJECT:
        break;
    }
    sx_sink_write(sink, v->kind == SX_LIST ? "[" : "{", 1);
    for (const struct sx_datum *child = v->first; child != NULL; child = child->next) {
        if (child != v->first)
            sx_sink_write(sink, ",", 1);
        if (child->key != NULL) {
            write_string(sink, child->key);
            sx_sink_write(sink, ":", 1);
        }
        write_value(sink, child);
    }
    sx_sink_write(sink, v->kind == SX_LIST ? "]" : "}", 1);
}

bool sx_result_json(const struct sx_result *r, struct sx_sink *sink, struct sx_error *error)
{
    if (!sx_result_ok(r, error))
        return false;
    if (r->top != NULL)
        write_value(sink, r->top);
    sx_sink_write(sink, "\n", 1);
    return sx_sink_flush(sink, error);
}

char *sx_result_line(const struct sx_result *r, struct sx_error *error)
{
    if (!sx_result_ok(r, error))
        return NULL;
    struct sx_sink *sink = sx_sink_memory(error);
    if (sink == NULL)
        return NULL;
    if (r->top != NULL)
        write_value(sink, r->top);
    return sx_sink_text(sink, error);
}
