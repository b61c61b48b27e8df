/* sextant/result.h - a result is one value, an ordered tree. Every output format is a view of it. */
#ifndef SEXTANT_RESULT_H
#define SEXTANT_RESULT_H

#include "sextant/output.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The tree --------------------------------------------------------------------------- */

enum sx_kind {
    SX_NULL, /* a value that does not apply or could not be computed */
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
    enum sx_type precision; /* of a number: the precision of its text */
    /* of an array of integers: they are uint64 stored as the int64 of the same bits */
    bool natural;
    const char *key;             /* its key in an object; NULL elsewhere */
    const struct sx_datum *next; /* the next one in its list or object */
    const struct sx_datum *first;
    union {
        bool truth;
        int64_t integer;
        double number;
        const char *text;
        struct sx_tensor array; /* data are borrowed from the caller of sx_put_array */
    };
};

struct sx_result;

/* Makes an empty result. `precision` (SX_FLOAT or SX_DOUBLE) is that of sx_put_number and of arrays
 * of doubles. NULL with status 6. Free with sx_result_free, which takes NULL too. */
struct sx_result *sx_result_new(enum sx_type precision, struct sx_error *error);
void sx_result_free(struct sx_result *result);

/* The outermost object; NULL if there is none yet. */
const struct sx_datum *sx_result_top(const struct sx_result *result);

/* Makes a copy that owns its arrays, so that it may outlive what `result` borrows. NULL with
 * status 6. */
struct sx_result *sx_result_copy(const struct sx_result *result, struct sx_error *error);

/* Empties a result. */
void sx_result_reset(struct sx_result *result);

/* Whether every value that was put is in the tree. The first failure sticks and is reported here
 * with status 6. */
bool sx_result_ok(const struct sx_result *result, struct sx_error *error);

/* ---- Building --------------------------------------------------------------------------- */

/* Each call adds a value to the innermost open object or list. `key` is NULL in a list. Keys and
 * texts are copied. */
void sx_put_object(struct sx_result *result, const char *key); /* opens it */
void sx_put_list(struct sx_result *result, const char *key);   /* opens it */
void sx_put_end(struct sx_result *result);                     /* closes the innermost one */
/* a NULL text is null */
void sx_put_text(struct sx_result *result, const char *key, const char *text);
void sx_put_int(struct sx_result *result, const char *key, int64_t value);
void sx_put_bool(struct sx_result *result, const char *key, bool value);
/* for a value that does not apply */
void sx_put_null(struct sx_result *result, const char *key);

/* Put a computed number. NaN and infinities become null and are counted. sx_put_double always
 * writes the digits of a double. */
void sx_put_number(struct sx_result *result, const char *key, double value);
void sx_put_double(struct sx_result *result, const char *key, double value);

/* Puts a number that was given or that follows from others. NaN and infinities become null and are
 * not counted. */
void sx_put_derived(struct sx_result *result, const char *key, double value);

/* Puts the dimensions as a list. */
void sx_put_shape(struct sx_result *result, const char *key, const struct sx_shape *shape);

/* Puts the elements as a flat list. The tensor is borrowed: its data must outlive the result. */
void sx_put_array(struct sx_result *result, const char *key, const struct sx_tensor *tensor);
/* The same for uint64 stored as int64: -1 is 2^64 - 1. */
void sx_put_naturals(struct sx_result *result, const char *key, const struct sx_tensor *tensor);

/* Puts {"shape":[...],"values":[...]}. The tensor is borrowed. */
void sx_put_tensor(struct sx_result *result, const char *key, const struct sx_tensor *tensor);

/* Puts the k elements of largest magnitude, in that order:
 * [{"index":3,"name":"bmi","value":0.5},...]. Elements that are not finite are left out. `name` has
 * the name of each element, or is NULL. */
void sx_put_top(struct sx_result *result, const char *key, const struct sx_tensor *values,
                int64_t k, const char *const *name);

/* The keys that every record has. A NULL target and negative seconds are omitted. */
struct sx_target;
struct sx_preprocess;
struct sx_record {
    const char *tool, *id;
    int64_t index; /* index of the sample in its file */
    const char *model_file, *model_sha256;
    const char *input_name;
    struct sx_shape input_shape;
    const struct sx_preprocess
        *prepared; /* how a picture became the input; NULL: the input was no picture */
    const struct sx_target *target;
    bool partial;      /* time was up: the result is incomplete */
    const char *truth; /* the known answer for the sample, as a table gives it; NULL: unknown */
    int64_t forward, backward;
    const char *note; /* a warning about this sample, listed before the others; NULL: none */
    const char *const *warnings;
    size_t warning_count;
    double seconds;
};

/* Puts the value of a JSON text. Puts nothing if the text is not JSON. */
void sx_put_json(struct sx_result *result, const char *key, const char *text);

/* Opens the outermost object and puts the keys that begin every record. */
void sx_result_begin(struct sx_result *result, const struct sx_record *record);
/* Puts the keys that end every record, and closes the object. The keys are "nonfinite" (if computed
 * numbers were not finite), "cost", "warnings" and "seconds". */
void sx_result_end(struct sx_result *result, const struct sx_record *record);

/* Puts the whole record of a sample that failed with *why. */
void sx_result_failed(struct sx_result *result, const struct sx_record *record,
                      const struct sx_error *why);

/* ---- Lookup ---------------------------------------------------------------------------- */

/* The member at `path`: keys, and positions in lists, joined by dots ("target.index", "outputs.0").
 * NULL if there is none. `value` may be NULL. */
const struct sx_datum *sx_datum_at(const struct sx_datum *value, const char *path);

/* The number, or the text, of a value. `otherwise` is returned if the value is NULL, null or of
 * another kind. */
double sx_datum_number(const struct sx_datum *value, double otherwise);
const char *sx_datum_text(const struct sx_datum *value, const char *otherwise);

/* The number of elements of a list, an array or an object. */
int64_t sx_datum_count(const struct sx_datum *value);
/* Element `i` of a list or an array as a number; NaN if it is not a number. */
double sx_datum_element(const struct sx_datum *value, int64_t i);

/* Makes *tensor the array of an object {"shape","values"}; it borrows from the result. False if
 * `value` is no such object, or if shape and values disagree. */
bool sx_datum_tensor(const struct sx_datum *value, struct sx_tensor *tensor);

/* ---- Views ------------------------------------------------------------------------------ */

/* Writes a line of JSON. Each view fails with status 5 or 6, also if building the result failed. */
bool sx_result_json(const struct sx_result *result, struct sx_sink *sink,
                    struct sx_error *error);

/* Returns the same as a text without a newline, which the caller frees. NULL with status 6. */
char *sx_result_line(const struct sx_result *result, struct sx_error *error);

/* The members of a record that texts and tables show. Members are paths, separated by commas. "a|b"
 * is a if the record has it, else b. "a:b" is a under the heading b. NULL: none. */
struct sx_view {
    const char *scalars; /* members of the record in the first line of a text */
    const char *each;    /* a list; its elements are the rows; NULL: the record is one row */
    /* members of a row that a table shows; each element of an array is a column */
    const char *columns;
    const char *lines; /* members of a row that a text shows; NULL: `columns` */
    /* a text shows the rows in which this member has the largest magnitude, in that order */
    const char *rank;
    const char *names; /* a list, the names of an array's elements */
    int64_t top;       /* a text has at most so many rows or strongest elements; 0: 10 */
};

/* Writes a record for a reader: what was explained, then `map` unless that is NULL, then the rows,
 * or the strongest elements of an array. */
bool sx_result_text(const struct sx_result *result, const struct sx_view *view, const char *map,
                    struct sx_sink *sink, struct sx_error *error);

/* Results as rows of one table. Cells are quoted where RFC 4180 requires it. The columns are id,
 * index, method if a record has one, and those of the view. Set `view` and `separator`, and zero
 * the rest. */
struct sx_table {
    const struct sx_view *view;
    char separator;  /* ',' or a tab */
    bool by_element; /* one row per element of an array, with element, name and value */
    int64_t width;   /* number of columns after index, once the header line is written */
    struct sx_error failure; /* the first failure of a cell */
};

/* Adds the rows of a result. The first call writes the header line. Status 1: the result has other
 * columns. A failed sample is a row without values. */
bool sx_table_add(struct sx_table *table, const struct sx_result *result, struct sx_sink *sink,
                  struct sx_error *error);

/* ---- Reading ---------------------------------------------------------------------------- */

/* Reads a result from a line of JSON of n bytes. Lists that hold only numbers become arrays of
 * doubles, in which null is NaN. NULL with status 1, and the position of the wrong byte, or with
 * status 6. */
struct sx_result *sx_result_read(const char *line, size_t n, struct sx_error *error);

/* A map in a record of any tool: an attribution, relevances, or values of players. */
struct sx_record_map {
    const char *method; /* NULL: the record names none */
    /* what an element stands for, as an argument of --players; NULL: an element of x */
    const char *players;
    const char *keep_ids; /* tokens of these ids are no players, as in --keep-ids; NULL: none */
    bool contributions;   /* elements sum to a difference of f; else they are derivatives */
    struct sx_tensor values; /* SX_DOUBLE; data are borrowed from the record, or are `own` */
    double *own;
};

/* Makes *map the i-th map of a record; `values.data` is NULL past the last one. Interactions of one
 * order become a vector or a matrix. Free it with sx_record_map_free. Status 6. */
bool sx_record_map(const struct sx_datum *record, int64_t i, struct sx_record_map *map,
                   struct sx_error *error);
void sx_record_map_free(struct sx_record_map *map);

#ifdef __cplusplus
}
#endif

#endif
