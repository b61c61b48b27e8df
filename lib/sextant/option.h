/* sextant/option.h - an option is one row of a table beside the struct that it sets. */
#ifndef SEXTANT_OPTION_H
#define SEXTANT_OPTION_H

#include "sextant/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a value is read, and the type of the field that holds it. */
enum sx_option_kind {
    SX_OPTION_FLAG,   /* bool, no argument */
    SX_OPTION_COUNT,  /* int64_t, low <= n, and n <= high unless that is 0 */
    SX_OPTION_NUMBER, /* double, low <= x <= high unless both are 0 */
    SX_OPTION_SIZE,   /* size_t, bytes: "20M" */
    SX_OPTION_SEED,   /* uint64_t */
    SX_OPTION_CHOICE, /* an enum, counted from 0 in `choices` */
    SX_OPTION_EITHER, /* bool: the second of two `choices` */
    SX_OPTION_TEXT,   /* const char *, borrowed, as the next two */
    SX_OPTION_FILE,
    SX_OPTION_TENSOR, /* a name out of MODEL */
    SX_OPTION_PARSED, /* any field: `parse` reads it, `put` shows it */
};

struct sx_option {
    char letter; /* 0: none */
    const char *name, *argument, *help;
    enum sx_option_kind kind;
    size_t field;                  /* its offset in the struct */
    const char *choices, *initial; /* "a|b|c"; the default as text, NULL: zero */
    const char *param;             /* its key in "params" of records; NULL: not there */
    double low, high;
    /* Sets the field (or several) of `options`; text is NULL for a row without an argument. On
     * failure *error says what is allowed. */
    bool (*parse)(const struct sx_option *row, void *options, const char *text,
                  struct sx_error *error);
    /* Adds it to "params" under `key`. */
    void (*put)(struct sx_result *result, const char *key, const void *options);
};

/* Rows of one struct, under a heading. */
struct sx_options {
    const char *heading;
    const struct sx_option *row;
    size_t n;
};

/* The offset of a member, for a row. */
#define SX_FIELD(type, member) .field = offsetof(type, member)

/* The row of a name (without dashes), or of a letter; NULL: there is none. */
const struct sx_option *sx_option_find(const struct sx_options *table, const char *name);
const struct sx_option *sx_option_letter(const struct sx_options *table, char letter);

/* Sets a field from text, which is NULL for a row without an argument. Status 2 if the text does not
 * fit; the message says what would. */
bool sx_option_set(const struct sx_option *row, void *options, const char *text,
                   struct sx_error *error);

/* Sets every field to its default. */
void sx_option_defaults(const struct sx_options *table, void *options);

/* Adds the members of "params", an object that is open, in the order of the rows. */
void sx_put_options(struct sx_result *result, const struct sx_options *table,
                    const void *options);

/* Writes choice `i` of "a|b|c" to `name`; false past the last. */
bool sx_choice_name(const char *choices, int i, char *name, size_t size);
/* The number of the choice that equals `text`, or -1. */
int sx_choice_find(const char *choices, const char *text);

#ifdef __cplusplus
}
#endif

#endif
