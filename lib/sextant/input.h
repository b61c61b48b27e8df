/* sextant/input.h - samples and data sets out of files. */
#ifndef SEXTANT_INPUT_H
#define SEXTANT_INPUT_H

#include "sextant/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sx_reader; /* a source of samples */

/* A numbering of texts. A tensor of text holds the numbers. The number of a text never changes;
 * that of "" is 0. */
struct sx_words;
struct sx_words *sx_words_new(struct sx_error *error);
void sx_words_free(struct sx_words *words);
/* The number of a text of n bytes, which ends earlier at a NUL; -1 on failure. */
int64_t sx_words_number(struct sx_words *words, const char *text, size_t n,
                        struct sx_error *error);
/* The text of a number; NULL if no text has it. */
const char *sx_words_text(const struct sx_words *words, int64_t number);

/* Whether the first line of a text file is a header. AUTO: it is, if no cell is a number and at
 * least one is a name. */
enum sx_header { SX_HEADER_AUTO, SX_HEADER_YES, SX_HEADER_NO };

/* Which columns of a table are the elements of a sample. They are the columns `only`, in that
 * order. Without `only` they are those of `feature`, if the table has all of them; else all columns
 * but `drop`, `id` and `truth`. Lists are separated by commas. A number counts columns from 0.
 * NULL: not given. */
struct sx_columns {
    const char *only, *drop;
    const char *id;    /* the column that names the samples */
    const char *truth; /* the column of the known answer for each sample */
    char *const *feature;
    size_t n_features;
    const bool *text; /* [n_features]: which of the features are text; NULL: none */
};

/* How a file is read. With NULL or all zero, an array is one sample of its own shape. */
struct sx_input {
    /* The shape of the model's input: batch first, -1 for open axes. NULL, or a negative rank: any
     * shape. An array of this shape (with batch 1 if the batch is open) is one sample, with or
     * without a leading axis of 1. An array with a longer first axis, or with one more axis, holds
     * many samples. */
    const struct sx_shape *want;
    bool whole; /* no axis is a batch: the file is one sample; of a text, all its lines */
    const char *member; /* the array of an .npz to read; NULL: none is named */
    bool lone;          /* the only array of an .npz is read whatever its name */
    enum sx_header header;
    const struct sx_preprocess *pre;  /* NULL: the preset "unit" */
    const struct sx_columns *columns; /* NULL: all */
    /* shape of a line of a table, if it is not `want`; NULL: it is `want` */
    const struct sx_shape *line;
    /* elements are texts, numbered by `words`; NULL: elements are numbers */
    struct sx_words *words;
    /* numbers the texts in columns of text; NULL: there are no such columns */
    struct sx_words *cells;
};

/* Opens `path` ("-": standard input). The format is recognised by content: .npy, .npz, PNG, JPEG,
 * or text with one sample per line. An ONNX TensorProto is recognised by its suffix .pb. Files that
 * hold no sample, and files of other known formats, fail. Messages do not name the file. Status 1
 * or 6. */
struct sx_reader *sx_reader_open(const char *path, const struct sx_input *how,
                                 struct sx_error *error);

/* Makes *sample the next sample, or sets *end. The sample has the rank of `want` and the type
 * nearest to the file's. Free it with sx_tensor_free. On failure the sample is lost, and the next
 * call tries the one after it. */
bool sx_reader_next(struct sx_reader *reader, struct sx_tensor *sample, bool *end,
                    struct sx_error *error);

/* Skips a sample; a picture is not decoded. */
bool sx_reader_skip(struct sx_reader *reader, bool *end, struct sx_error *error);
/* Whether another sample follows. For a text this reads up to the next line. */
bool sx_reader_more(struct sx_reader *reader);

/* The number of samples; -1 for a text, whose length is unknown until it has been read. */
int64_t sx_reader_count(const struct sx_reader *reader);
/* The name of feature `i` in the header line of a text; NULL past the last, or without a header. */
const char *sx_reader_feature(const struct sx_reader *reader, size_t i);
/* The number of the line that held the last sample; 0 for files that are no text. */
size_t sx_reader_line(const struct sx_reader *reader);
/* The name of array `i` of an .npz; NULL past the last, or for other files. */
const char *sx_reader_member(const struct sx_reader *reader, size_t i);

/* The cells of the columns `id` and `truth` in the last line; NULL: there is no such column. */
const char *sx_reader_id(const struct sx_reader *reader);
const char *sx_reader_truth(const struct sx_reader *reader);
/* Whether the file is a text of columns. */
bool sx_reader_is_table(const struct sx_reader *reader);

/* Opens another array, how->member, of the .npz that `reader` has open. `reader` must outlive it. */
struct sx_reader *sx_reader_open_member(const struct sx_reader *reader,
                                        const struct sx_input *how, struct sx_error *error);

/* The number of cells in the last sample that were empty, NA, NaN or null. They are read as NaN. */
int64_t sx_reader_missing(const struct sx_reader *reader);

/* Whether `path` is an .npz with an array of this name. */
bool sx_archive_has(const char *path, const char *name);

/* The last sample as it was resized and cropped, for overlays; NULL if it was no picture. */
const struct sx_picture *sx_reader_picture(const struct sx_reader *reader);
void sx_reader_close(struct sx_reader *reader);

/* Reads a whole array of any of these formats. An .npz must have one array. The lines of a text are
 * rows. */
bool sx_tensor_read(struct sx_tensor *tensor, const char *path, const struct sx_input *how,
                    struct sx_error *error);

/* Opens samples that are read by number. A .npy is read in place. Other files are held in memory,
 * and so are directories of pictures, which may have a subdirectory for each class. Integers are
 * pixels, prepared as how->pre says. */
struct sx_dataset *sx_dataset_open(const char *path, const struct sx_input *how,
                                   struct sx_error *error);
void sx_dataset_close(struct sx_dataset *dataset);
int64_t sx_dataset_count(const struct sx_dataset *dataset);
/* shape of one sample, with batch 1 */
const struct sx_shape *sx_dataset_shape(const struct sx_dataset *dataset);
const int64_t *sx_dataset_labels(const struct sx_dataset *dataset); /* NULL: none */
int64_t sx_dataset_missing(const struct sx_dataset *dataset); /* cells of a text that are NaN */
bool sx_dataset_prepared(
    const struct sx_dataset *dataset); /* samples are pictures, or integers read as pixels */
/* The name of column `i` in the header line of a table; NULL past the last, or if there is none. */
const char *sx_dataset_feature(const struct sx_dataset *dataset, size_t i);
/* Fills x[] with sample `row`. */
bool sx_dataset_read(struct sx_dataset *dataset, int64_t row, float *x, struct sx_error *error);
/* Fills x[] with a sample from a reader. Integers are prepared as those of a data set are. */
void sx_sample_floats(const struct sx_tensor *sample, const struct sx_preprocess *pre,
                      float *x);

#ifdef __cplusplus
}
#endif

#endif
