/* io.h - input and output: files, formats of arrays, numbers as text. */
#ifndef SX_IO_H
#define SX_IO_H

#include "base/base.h"
#include "sextant/input.h"
#include "sextant/output.h"

/* ---- Files ------------------------------------------------------------------------------ */

/* The most bytes that are held in memory because they come from a pipe. */
#define SX_PIPE_LIMIT ((size_t)1 << 30)

/* The content of a file, or a window that moves over it. Regular files are mapped, so that all of
 * the content is available. Others are read as needed. */
struct sx_file {
    const uint8_t *bytes; /* the available bytes */
    size_t size;
    bool whole; /* nothing follows the available bytes */

    /* The rest is private to file.c. */
    bool (*read)(struct sx_file *file, uint8_t *to, size_t n, size_t *got,
                 struct sx_error *error);
    void (*end)(struct sx_file *file); /* frees `source`; NULL: it needs no freeing */
    void *source;                      /* the source of `read`, if it is not the descriptor */
    int fd;
    uint8_t *base; /* start of the mapping or buffer */
    size_t capacity, limit, dropped;
    bool mapped;
};

/* Opens `path` ("-": standard input) with all of its content available. Content that cannot be
 * mapped is refused beyond `limit` bytes. Messages do not name the file. Status 1 (cannot be read)
 * or 6. After a failure, closing *file does nothing. */
bool sx_file_open(struct sx_file *file, const char *path, size_t limit, struct sx_error *error);

/* The same without reading: of a pipe nothing is available yet. `limit` bounds the window. */
bool sx_file_begin(struct sx_file *file, const char *path, size_t limit,
                   struct sx_error *error);

/* Makes at least `need` bytes available, or all bytes up to the end if there are fewer. */
bool sx_file_fill(struct sx_file *file, size_t need, struct sx_error *error);

/* Moves the window past its first n bytes, which must be available. */
void sx_file_drop(struct sx_file *file, size_t n);

/* Gives back the memory of a mapping. Reading it again reads the file again. */
void sx_file_rest(const struct sx_file *file);

void sx_file_close(struct sx_file *file);

/* ---- Arrays ----------------------------------------------------------------------------- */

/* How elements of an array are stored. `kind` is b(ool), i(nt), u(nsigned), f(loat), h (bfloat16),
 * or S or U (text of bytes or of code points). `width` is their size in bytes, `big` their byte
 * order. */
struct sx_stored {
    struct sx_words *words; /* numbers of texts; NULL: text is refused */
    char kind;
    size_t width;
    bool big, fortran;
    enum sx_type type; /* type in memory */
    struct sx_shape shape;
};

/* Sets the type in memory from kind and width; false: there is none. */
bool sx_stored_type(struct sx_stored *stored);

/* Converts n elements at `bytes`, which may be unaligned, to stored->type. False if one cannot be
 * held: an unsigned one beyond int64, or a text for which there is no memory. */
bool sx_stored_decode(const struct sx_stored *stored, const uint8_t *bytes, size_t n, void *to);

/* Decodes a float of 8 bits or less, by ONNX's number of its type: 17 to 20, 23 and 24. */
double sx_small_float(int onnx_type, unsigned byte);

/* Whether bytes are the start of an .npy, or of a zip archive. */
bool sx_is_npy(const uint8_t *bytes, size_t size);
bool sx_is_zip(const uint8_t *bytes, size_t size);

/* Reads the header of an .npy, and moves the window past it. The caller sets stored->words before. */
bool sx_npy_parse(struct sx_file *file, struct sx_stored *stored, struct sx_error *error);

/* Takes the next field of a protobuf message: its number, and its bytes (NULL if it is a number).
 * False at the end, and if *at is no field; *at is then not `end`. */
bool sx_pb_next(const uint8_t **at, const uint8_t *end, uint64_t *number, const uint8_t **bytes,
                size_t *size);

/* Reads an ONNX TensorProto: of text if `words` is given, else of numbers. */
bool sx_pb_parse(const uint8_t *bytes, size_t size, struct sx_words *words,
                 struct sx_tensor *tensor, struct sx_error *error);

/* The name of the format that a file seems to have, such as "HTML" or "a BMP picture"; NULL:
 * unknown. Reads no more than necessary. */
const char *sx_foreign(struct sx_file *file);
bool sx_is_onnx(struct sx_file *file);

/* The samples of an array of this shape, or of a line of n numbers; *sample is the shape of one.
 * `how` tells what the model takes. */
bool sx_rows_of_array(const struct sx_input *how, const struct sx_shape *shape, int64_t *count,
                      struct sx_shape *sample, struct sx_error *error);
bool sx_rows_of_line(const struct sx_input *how, size_t n, struct sx_shape *sample,
                     struct sx_error *error);

/* An archive of arrays (.npz) in the bytes of a file, which must outlive it. */
struct sx_zip_member {
    char *name; /* without ".npy" */
    size_t offset, packed, unpacked;
    uint32_t crc;
    bool deflated;
};

struct sx_zip {
    const uint8_t *bytes;
    size_t size, count, capacity;
    struct sx_zip_member *member;
};

/* Reads the directory. Members that are no .npy do not count; fails if there are no others. */
bool sx_zip_open(struct sx_zip *zip, const uint8_t *bytes, size_t size, struct sx_error *error);
void sx_zip_close(struct sx_zip *zip);

/* Opens a window on the content of a member. Sizes and checksum are verified at its end. */
bool sx_zip_begin(const struct sx_zip *zip, const struct sx_zip_member *member,
                  struct sx_file *file, struct sx_error *error);

/* ---- Text ------------------------------------------------------------------------------- */

/* Chosen columns: the meaning of each of `cells` (a position in the row, or -1), and the column of
 * each position. */
struct sx_chosen {
    size_t cells, n;
    int *place;
    size_t *column;
    size_t id, truth; /* SIZE_MAX: none */
    bool featured;    /* the columns are the features */
};

/* Chooses among `cells` columns, which may have names. Status 2 with the nearest names if a name is
 * unknown. Free with sx_chosen_free. */
bool sx_columns_choose(const struct sx_columns *choice, char *const *name, size_t names,
                       size_t cells, struct sx_chosen *chosen, struct sx_error *error);
void sx_chosen_free(struct sx_chosen *chosen);

/* Lines of numbers, separated by tabs, semicolons, commas or blanks. Zero-initialise it. */
struct sx_csv {
    struct sx_file *file;
    size_t line;   /* number of the last line taken from the file, from 1 */
    bool after_cr; /* it ended with CR; a following LF belongs to it */
    char separator;
    char **name; /* names from a header */
    size_t names, name_capacity;
    char *first; /* a first line that was no header; kept until it is taken */
    size_t first_size, first_line;
    size_t columns; /* numbers taken from each line; 0 before the first */
    const struct sx_columns *choice;
    struct sx_words *words; /* numbers of texts; NULL: all cells are numbers */
    bool text;              /* all cells are texts */
    struct sx_chosen chosen;
    double *row;
    size_t row_capacity, row_line, missing; /* of the row: its line, and its NaN cells */
    char *id, *truth; /* its cells in these columns; NULL: there are none */
};

/* Begins to read an open window, which must outlive it, up to the first line of numbers. Fails if
 * there is none. */
bool sx_csv_begin(struct sx_csv *csv, struct sx_file *file, enum sx_header header,
                  const struct sx_columns *choice, struct sx_error *error);
/* The name of element i of a row; NULL: none. */
const char *sx_csv_name(const struct sx_csv *csv, size_t i);
/* Suggests columns to drop from a table with n numbers too many: those with text in the next line,
 * else the last ones. Writes "a,b". */
void sx_csv_spare(struct sx_csv *csv, size_t n, char *text, size_t size);

/* Takes a line: csv->columns numbers at csv->row, or the end. A bad line is skipped. */
bool sx_csv_next(struct sx_csv *csv, bool *end, struct sx_error *error);

/* Whether there is another line. */
bool sx_csv_more(struct sx_csv *csv);

void sx_csv_close(struct sx_csv *csv);

/* Sets of features; set k is member[begin[k]] .. member[begin[k + 1] - 1], in ascending order. */
struct sx_sets {
    int64_t n, *begin, *member;
};

/* Reads sets of indices, which count from 0: lines of numbers, a JSON array of arrays, or an object
 * with such an array as "interactions". Messages name the file. Free with sx_sets_free. */
bool sx_sets_read(struct sx_sets *sets, const char *path, struct sx_error *error);
void sx_sets_free(struct sx_sets *sets);

/* ---- Data sets -------------------------------------------------------------------------- */

/* A hash of what the samples were read from. */
const char *sx_dataset_hash(struct sx_dataset *dataset);

/* ---- Sinks ------------------------------------------------------------------------------ */

/* Flushes to the disk, so that a power failure does not lose both the old and the new file. */
bool sx_sink_sync(struct sx_sink *sink, struct sx_error *error);

/* ---- JSON ------------------------------------------------------------------------------- */

struct cJSON;

/* Parses one JSON value that is followed only by blanks; free it with cJSON_Delete. */
struct cJSON *sx_json_parse(const char *bytes, size_t size, struct sx_error *error);

#endif
