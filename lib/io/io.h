/* io.h - bytes in and out: files, the formats of arrays, numbers as text. */
#ifndef SX_IO_H
#define SX_IO_H

#include "base/base.h"
#include "sextant/input.h"
#include "sextant/output.h"

/* ---- Files ------------------------------------------------------------------------------ */

/* What must be held whole in memory, because it comes from a pipe, may have so many bytes. */
#define SX_PIPE_LIMIT ((size_t)1 << 30)

/* The content of a file, or a window on it that moves from start to end. Regular files are
 * mapped (all of the content is at hand at once), everything else is read as it is asked for.
 * */
struct sx_file {
    const uint8_t *bytes; /* what is at hand */
    size_t size;
    bool whole; /* nothing follows what is at hand */

    /* The rest is private to file.c. */
    bool (*read)(struct sx_file *file, uint8_t *to, size_t n, size_t *got,
                 struct sx_error *error);
    void (*end)(struct sx_file *file); /* frees `source`; NULL: nothing to free */
    void *source;                      /* of `read`, where it is not the descriptor */
    int fd;
    uint8_t *base; /* of the mapping or the buffer */
    size_t capacity, limit, dropped;
    bool mapped;
};

/* Opens `path` ("-" is standard input) and has all of its content at hand; what cannot be
 * mapped is refused over `limit` bytes. Messages do not name the file, the caller does. Status
 * 1 (cannot be read) or 6. A failed open leaves *file so that closing it does nothing. */
bool sx_file_open(struct sx_file *file, const char *path, size_t limit, struct sx_error *error);

/* The same without reading: of a pipe nothing is at hand yet. `limit` bounds the window. */
bool sx_file_begin(struct sx_file *file, const char *path, size_t limit,
                   struct sx_error *error);

/* Has at least `need` bytes at hand, or all up to the end where that comes first. */
bool sx_file_fill(struct sx_file *file, size_t need, struct sx_error *error);

/* Moves the window past its first `n` bytes, which must be at hand. */
void sx_file_drop(struct sx_file *file, size_t n);

/* Lets go of the memory behind a mapping; what is read again comes from the file again. */
void sx_file_rest(const struct sx_file *file);

void sx_file_close(struct sx_file *file);

/* ---- Arrays ----------------------------------------------------------------------------- */

/* How the elements of an array are stored: `kind` is b(ool), i(nt), u(nsigned), f(loat) or
 * h (bfloat16), S or U (text, of bytes or of code points), `width` their bytes, `big` the order of these. */
struct sx_stored {
    struct sx_words *words; /* of text; NULL: that is refused */
    char kind;
    size_t width;
    bool big, fortran;
    enum sx_type type; /* in memory */
    struct sx_shape shape;
};

/* The type in memory of stored elements; false if we have none. Only kind and width count. */
bool sx_stored_type(struct sx_stored *stored);

/* Converts `n` elements at `bytes`, aligned or not, to stored->type. False where one has no
 * place there: an unsigned one past int64, a text for which there is no memory. */
bool sx_stored_decode(const struct sx_stored *stored, const uint8_t *bytes, size_t n, void *to);

/* A float of 8 bits or less, by ONNX's number of its type: 17 to 20, 23 and 24. */
double sx_small_float(int onnx_type, unsigned byte);

/* Is this the start of an .npy, of a zip archive? */
bool sx_is_npy(const uint8_t *bytes, size_t size);
bool sx_is_zip(const uint8_t *bytes, size_t size);

/* Reads the header of an .npy and moves the window behind it; stored->words is set before. */
bool sx_npy_parse(struct sx_file *file, struct sx_stored *stored, struct sx_error *error);

/* Moves *at behind the next field of a protobuf message: its number, and its bytes, NULL for one that is a
 * number. False at the end, and where *at, which is not the end then, is no field. */
bool sx_pb_next(const uint8_t **at, const uint8_t *end, uint64_t *number, const uint8_t **bytes,
                size_t *size);

/* Reads an ONNX TensorProto; of text only with `words`, and nothing else then. */
bool sx_pb_parse(const uint8_t *bytes, size_t size, struct sx_words *words,
                 struct sx_tensor *tensor, struct sx_error *error);

/* What a file looks like that is none of those that are read, as "HTML" or "a BMP picture"; NULL:
 * nothing that is known. No more of the file is read than that takes. */
const char *sx_foreign(struct sx_file *file);
bool sx_is_onnx(struct sx_file *file);

/* Which samples an array of this shape holds, or a line of n numbers (a sample of shape *sample).
 * `how` says what the model takes. */
bool sx_rows_of_array(const struct sx_input *how, const struct sx_shape *shape, int64_t *count,
                      struct sx_shape *sample, struct sx_error *error);
bool sx_rows_of_line(const struct sx_input *how, size_t n, struct sx_shape *sample,
                     struct sx_error *error);

/* An archive of arrays (.npz) over the bytes of a file, which must outlive it. */
struct sx_zip_member {
    char *name; /* without .npy */
    size_t offset, packed, unpacked;
    uint32_t crc;
    bool deflated;
};

struct sx_zip {
    const uint8_t *bytes;
    size_t size, count, capacity;
    struct sx_zip_member *member;
};

/* Reads the directory; members that are no .npy do not count. Fails where all are such. */
bool sx_zip_open(struct sx_zip *zip, const uint8_t *bytes, size_t size, struct sx_error *error);
void sx_zip_close(struct sx_zip *zip);

/* Opens a window on the content of a member; sizes and checksum are verified at its end. */
bool sx_zip_begin(const struct sx_zip *zip, const struct sx_zip_member *member,
                  struct sx_file *file, struct sx_error *error);

/* ---- Text ------------------------------------------------------------------------------- */

/* Columns as they were chosen: what each of `cells` is, a place in the row or -1, and the column that is
 * at each place. */
struct sx_chosen {
    size_t cells, n;
    int *place;
    size_t *column;
    size_t id, truth; /* SIZE_MAX: none */
    bool featured;    /* they are the features */
};

/* Chooses among `cells` columns, which have names or not. Status 2 and the nearest where there is none of
 * a name. Free with sx_chosen_free. */
bool sx_columns_choose(const struct sx_columns *choice, char *const *name, size_t names,
                       size_t cells, struct sx_chosen *chosen, struct sx_error *error);
void sx_chosen_free(struct sx_chosen *chosen);

/* Lines of numbers, separated by tabs, semicolons, commas or blanks. Zero-initialise it. */
struct sx_csv {
    struct sx_file *file;
    size_t line;   /* the last one that was taken from the file, from 1 */
    bool after_cr; /* it ended with CR, to which a LF still belongs */
    char separator;
    char **name; /* from a header */
    size_t names, name_capacity;
    char *first; /* a line that was no header after all, until it is taken */
    size_t first_size, first_line;
    size_t columns; /* numbers that are taken of every line; 0 before the first */
    const struct sx_columns *choice;
    struct sx_words *words; /* of cells of text; NULL: all are numbers */
    bool text;              /* all are text */
    struct sx_chosen chosen;
    double *row;
    size_t row_capacity, row_line, missing; /* of the row: its line, its cells that are NaN */
    char *id, *truth; /* its cells in these columns; NULL: there is none */
};

/* Starts on an open window, which must outlive it: reads up to the first line of numbers. Fails
 * where there is none. */
bool sx_csv_begin(struct sx_csv *csv, struct sx_file *file, enum sx_header header,
                  const struct sx_columns *choice, struct sx_error *error);
/* The name of number `i` of a row; NULL: none. */
const char *sx_csv_name(const struct sx_csv *csv, size_t i);
/* Names columns that a table of `n` numbers too many could do without: those of text in the next line,
 * else the last ones. "a,b". */
void sx_csv_spare(struct sx_csv *csv, size_t n, char *text, size_t size);

/* Takes a line: csv->columns numbers at csv->row, or the end. A bad line is passed over. */
bool sx_csv_next(struct sx_csv *csv, bool *end, struct sx_error *error);

/* Whether a line is left. */
bool sx_csv_more(struct sx_csv *csv);

void sx_csv_close(struct sx_csv *csv);

/* Sets of features: set k is member[begin[k]] .. member[begin[k + 1] - 1], ascending. */
struct sx_sets {
    int64_t n, *begin, *member;
};

/* Reads sets of indices from 0: lines of numbers, a JSON array of arrays, or an object that has
 * one as "interactions". Messages name the file. Free with sx_sets_free. */
bool sx_sets_read(struct sx_sets *sets, const char *path, struct sx_error *error);
void sx_sets_free(struct sx_sets *sets);

/* ---- Data sets -------------------------------------------------------------------------- */

/* A hash of what the samples were read from. */
const char *sx_dataset_hash(struct sx_dataset *dataset);

/* ---- Sinks ------------------------------------------------------------------------------ */

/* Flushes to the disk itself: what the file then replaces is not lost to a power cut. */
bool sx_sink_sync(struct sx_sink *sink, struct sx_error *error);

/* ---- JSON ------------------------------------------------------------------------------- */

struct cJSON;

/* Parses one JSON value with nothing but blanks after it; free it with cJSON_Delete. */
struct cJSON *sx_json_parse(const char *bytes, size_t size, struct sx_error *error);

#endif
