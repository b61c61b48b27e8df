/* sextant/option.h - an option is one row of a table, which names the field that it sets. */
#ifndef SEXTANT_OPTION_H
#define SEXTANT_OPTION_H

#include "sextant/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How an argument is read, and the type of the field that it sets. */
enum sx_option_kind {
    SX_OPTION_FLAG,   /* bool, no argument */
    SX_OPTION_COUNT,  /* int64_t from low to high; high 0: no upper bound */
    SX_OPTION_NUMBER, /* double from low to high; both 0: no bounds */
    SX_OPTION_SIZE,   /* size_t, bytes: "20M" */
    SX_OPTION_SEED,   /* uint64_t */
    SX_OPTION_CHOICE, /* an enum; its values count `choices` from 0 */
    SX_OPTION_EITHER, /* bool; true is the second of two `choices` */
    SX_OPTION_TEXT,   /* const char *, borrowed; so are the next two */
    SX_OPTION_FILE,
    SX_OPTION_TENSOR, /* the name of a tensor of MODEL */
    SX_OPTION_PARSED, /* any field; `parse` sets it, `put` adds it to a record */
};

struct sx_option {
    char letter; /* 0: none */
    const char *name, *argument, *help;
    enum sx_option_kind kind;
    size_t field; /* offset of the field in the struct */
    /* choices: "a|b|c"; initial: the default as text, NULL: zero */
    const char *choices, *initial;
    const char *param; /* its key in "params" of records; NULL: it is not in "params" */
    double low, high;
    /* Sets the field, or several, of `options`. `text` is NULL for a row without an argument. On
     * failure *error says what is allowed. */
    bool (*parse)(const struct sx_option *row, void *options, const char *text,
                  struct sx_error *error);
    /* Adds the value to "params" under `key`. */
    void (*put)(struct sx_result *result, const char *key, const void *options);
};

/* The rows of one struct, under a heading. */
struct sx_options {
    const char *heading;
    const struct sx_option *row;
    size_t n;
};

/* Initialises `field` of a row. */
#define SX_FIELD(type, member) .field = offsetof(type, member)

/* The row with this name (without dashes), or with this letter; NULL: there is none. */
const struct sx_option *sx_option_find(const struct sx_options *table, const char *name);
const struct sx_option *sx_option_letter(const struct sx_options *table, char letter);

/* Sets a field from text, which is NULL for a row without an argument. Status 2: the text is not
 * allowed; the message says what is. */
bool sx_option_set(const struct sx_option *row, void *options, const char *text,
                   struct sx_error *error);

/* Sets every field to its default. */
void sx_option_defaults(const struct sx_options *table, void *options);

/* Adds the members of "params", which is the open object, in the order of the rows. */
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
