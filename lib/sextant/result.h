/* sextant/result.h - a result as one value: an ordered tree that every format is a view of. */
#ifndef SEXTANT_RESULT_H
#define SEXTANT_RESULT_H

#include "sextant/output.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The tree --------------------------------------------------------------------------- */

enum sx_kind {
    SX_NULL, /* a value that does not apply, or could not be computed */
    SX_TRUTH,
    SX_INTEGER,
    SX_NUMBER,
    SX_TEXT,
    SX_LIST,
    SX_OBJECT,
    SX_ARRAY, /* a tensor, flat */
};

/* A node. Its memory belongs to the result. */
struct sx_datum {
    enum sx_kind kind;
    enum sx_type precision; /* of a number: how many digits it has as text */
    bool
        natural; /* of an array of integers: they are those from 0 to 2^64 - 1 with the same bits */
    const char *key;             /* in an object; NULL elsewhere */
    const struct sx_datum *next; /* after it in its list or object */
    const struct sx_datum *first;
    union {
        bool truth;
        int64_t integer;
        double number;
        const char *text;
        struct sx_tensor array; /* its data are borrowed from whoever put it there */
    };
};

struct sx_result;

/* An empty result. `precision` (SX_FLOAT or SX_DOUBLE) is that of sx_put_number and of arrays of
 * doubles. NULL with status 6. Free with sx_result_free, which takes NULL too. */
struct sx_result *sx_result_new(enum sx_type precision, struct sx_error *error);
void sx_result_free(struct sx_result *result);

/* The outermost object; NULL while there is none. */
const struct sx_datum *sx_result_top(const struct sx_result *result);

/* A result that owns its arrays, and outlives what the first one borrows. NULL with status 6. */
struct sx_result *sx_result_copy(const struct sx_result *result, struct sx_error *error);

/* Makes it empty again. */
void sx_result_reset(struct sx_result *result);

/* Whether every value that was put is in the tree. The first failure sticks, and is reported here as
 * status 6. */
bool sx_result_ok(const struct sx_result *result, struct sx_error *error);

/* ---- Building --------------------------------------------------------------------------- */

/* Each call adds a value to the innermost open object or list. `key` is NULL in a list. Keys and
 * texts are copied. */
void sx_put_object(struct sx_result *result, const char *key); /* opens it */
void sx_put_list(struct sx_result *result, const char *key);   /* opens it */
void sx_put_end(struct sx_result *result);                     /* closes the innermost one */
void sx_put_text(struct sx_result *result, const char *key, const char *text); /* NULL: null */
void sx_put_int(struct sx_result *result, const char *key, int64_t value);
void sx_put_bool(struct sx_result *result, const char *key, bool value);
void sx_put_null(struct sx_result *result, const char *key); /* what does not apply */

/* Numbers that were computed: NaN and infinities are null and are counted. sx_put_double always
 * has the digits of a double. */
void sx_put_number(struct sx_result *result, const char *key, double value);
void sx_put_double(struct sx_result *result, const char *key, double value);

/* A number that was asked for, or that follows from others: infinities and NaN are null, and are
 * not counted. */
void sx_put_derived(struct sx_result *result, const char *key, double value);

/* The dimensions as a list. */
void sx_put_shape(struct sx_result *result, const char *key, const struct sx_shape *shape);

/* The elements, flat. The tensor is borrowed: its data must outlive the result. */
void sx_put_array(struct sx_result *result, const char *key, const struct sx_tensor *tensor);
/* The same of integers without a sign: -1 is 2^64 - 1. */
void sx_put_naturals(struct sx_result *result, const char *key, const struct sx_tensor *tensor);

/* {"shape":[...],"values":[...]}, borrowed likewise. */
void sx_put_tensor(struct sx_result *result, const char *key, const struct sx_tensor *tensor);

/* The k elements of largest magnitude, in that order: [{"index":3,"name":"bmi","value":0.5},...].
 * Elements that are not finite are left out. `name` has a name for each element, or is NULL. */
void sx_put_top(struct sx_result *result, const char *key, const struct sx_tensor *values,
                int64_t k, const char *const *name);

/* What every record says of itself. A NULL target and negative seconds are left out. */
struct sx_target;
struct sx_preprocess;
struct sx_record {
    const char *tool, *id;
    int64_t index; /* of the sample in its file */
    const char *model_file, *model_sha256;
    const char *input_name;
    struct sx_shape input_shape;
    const struct sx_preprocess
        *prepared; /* how a picture became the input; NULL: it was none */
    const struct sx_target *target;
    bool partial;      /* time was up: the result is of what there was */
    const char *truth; /* of the sample, as a table says it; NULL: not known */
    int64_t forward, backward;
    const char *note; /* a warning about the sample itself, before the others; NULL: none */
    const char *const *warnings;
    size_t warning_count;
    double seconds;
};

/* The value of a text of JSON. Puts nothing if the text is not JSON. */
void sx_put_json(struct sx_result *result, const char *key, const char *text);

/* Opens the outermost object and puts the keys that begin every record. */
void sx_result_begin(struct sx_result *result, const struct sx_record *record);
/* Puts the keys that end every record, and closes the object: "nonfinite" if computed numbers were not
 * finite, "cost", "warnings" and "seconds". */
void sx_result_end(struct sx_result *result, const struct sx_record *record);

/* The whole record of a sample that failed with *why. */
void sx_result_failed(struct sx_result *result, const struct sx_record *record,
                      const struct sx_error *why);

/* ---- Looking ---------------------------------------------------------------------------- */

/* The member at `path`: keys, and places in lists, joined by dots ("target.index", "outputs.0"). NULL if
 * there is none. `value` may be NULL. */
const struct sx_datum *sx_datum_at(const struct sx_datum *value, const char *path);

/* The number or the text of a value; `otherwise` if the value is NULL, null or of another kind. */
double sx_datum_number(const struct sx_datum *value, double otherwise);
const char *sx_datum_text(const struct sx_datum *value, const char *otherwise);

/* The number of elements of a list, an array or an object. */
int64_t sx_datum_count(const struct sx_datum *value);
/* Element `i` of a list or an array as a number; NaN if it is none. */
double sx_datum_element(const struct sx_datum *value, int64_t i);

/* A tensor {"shape","values"} as an array that borrows from the result; false where `value` is no
 * such object, or shape and values do not fit. */
bool sx_datum_tensor(const struct sx_datum *value, struct sx_tensor *tensor);

/* ---- Views ------------------------------------------------------------------------------ */

/* A line of JSON. Each view fails with status 5 or 6, the result's own failure included. */
bool sx_result_json(const struct sx_result *result, struct sx_sink *sink,
                    struct sx_error *error);

/* The same as a text without a newline, which the caller frees; NULL with status 6. */
char *sx_result_line(const struct sx_result *result, struct sx_error *error);

/* Which members of a record texts and tables show. Members are paths, separated by commas. "a|b" is a if
 * the record has it, else b. "a:b" is a under the heading b. NULL: none. */
struct sx_view {
    const char *scalars; /* members of the record in the first line of a text */
    const char *each;    /* list whose members are the rows; NULL: the record is one row */
    const char *columns; /* members of a row of a table; each element of an array is a column */
    const char *lines;   /* those of a line of a text; NULL: `columns` */
    const char *rank;    /* of a text: the rows of largest magnitude of this member, in order */
    const char *names;   /* list of the names of an array's elements */
    int64_t top;         /* rows, or strongest elements, of a text at most; 0: 10 */
};

/* Writes lines for a reader: what was explained, then `map` unless that is NULL, then the rows, or the
 * strongest elements of an array. */
bool sx_result_text(const struct sx_result *result, const struct sx_view *view, const char *map,
                    struct sx_sink *sink, struct sx_error *error);

/* Results as rows of one table, cells quoted where they must be (RFC 4180). The columns are id,
 * index, method where a record has one, and the layout's. Zero-initialise what is not said. */
struct sx_table {
    const struct sx_view *view;
    char separator;          /* ',' or a tab */
    bool by_element;         /* a row for each element of an array: element, name, value */
    int64_t width;           /* columns after index, once the header line is written */
    struct sx_error failure; /* the first that a cell met */
};

/* Adds the rows of a result; the first one writes the header line. Status 1 where a result has
 * other columns. A failed sample is a row without values. */
bool sx_table_add(struct sx_table *table, const struct sx_result *result, struct sx_sink *sink,
                  struct sx_error *error);

/* ---- Reading ---------------------------------------------------------------------------- */

/* The result that a line of JSON of `n` bytes holds. Lists of numbers alone become arrays of
 * doubles, in which null is NaN. NULL with status 1 and the byte where it is wrong, or 6. */
struct sx_result *sx_result_read(const char *line, size_t n, struct sx_error *error);

/* A map that a record of any tool holds: an attribution, relevances, or values of players. */
struct sx_record_map {
    const char *method;  /* NULL: the record names none */
    const char *players; /* what an element stands for, as --players; NULL: an element of x */
    bool contributions;  /* elements add up to a difference of f; else they are derivatives */
    struct sx_tensor values; /* SX_DOUBLE; its data are borrowed from the record, or `own` */
    double *own;
};

/* The i-th map of a record; `values.data` is NULL past the last one. Free it with
 * sx_record_map_free. Interactions of one order become a vector or a matrix. Status 6. */
bool sx_record_map(const struct sx_datum *record, int64_t i, struct sx_record_map *map,
                   struct sx_error *error);
void sx_record_map_free(struct sx_record_map *map);

#ifdef __cplusplus
}
#endif

#endif
