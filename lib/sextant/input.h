/* sextant/input.h - samples and data sets out of files. */
#ifndef SEXTANT_INPUT_H
#define SEXTANT_INPUT_H

#include "sextant/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sx_reader; /* a source of samples */

/* Numbers texts: a tensor of text holds the numbers. The number of a text never changes; that of "" is
 * 0. */
struct sx_words;
struct sx_words *sx_words_new(struct sx_error *error);
void sx_words_free(struct sx_words *words);
/* The number of the text of n bytes, or up to a NUL; -1 on failure. */
int64_t sx_words_number(struct sx_words *words, const char *text, size_t n,
                        struct sx_error *error);
/* The text of a number; NULL if no text has it. */
const char *sx_words_text(const struct sx_words *words, int64_t number);

/* Whether the first line of a text is a header. AUTO: it is one if no cell is a number and one is a
 * name. */
enum sx_header { SX_HEADER_AUTO, SX_HEADER_YES, SX_HEADER_NO };

/* Which columns of a table are the elements of a sample: those of `only`, in that order; else those of
 * `feature`, if the table has all of them; else all but `drop`, `id` and `truth`. A list is separated by
 * commas. A number counts columns from 0. NULL: not given. */
struct sx_columns {
    const char *only, *drop;
    const char *id;    /* the column that names the samples */
    const char *truth; /* the column of what is known of each sample */
    char *const *feature;
    size_t n_features;
    const bool *text; /* [n_features]: which of the features are text; NULL: none */
};

/* How a file is read; NULL in its place, or all zero: an array is one sample as it is. */
struct sx_input {
    /* The shape of the model's input, -1 where any size will do, the batch first; NULL or of a
     * negative rank: any. An array of that shape (batch 1 where any will do) is one sample, with
     * or without a leading batch of 1; one with a longer first axis, or one axis more, holds
     * many. */
    const struct sx_shape *want;
    bool whole;         /* no axis is a batch: the file is one sample, a text all its lines */
    const char *member; /* of an .npz; NULL: none is known */
    bool lone;          /* an .npz of one array serves whatever its name, as without `member` */
    enum sx_header header;
    const struct sx_preprocess *pre;  /* NULL: the preset "unit" */
    const struct sx_columns *columns; /* NULL: all */
    const struct sx_shape *line; /* of a line of a table, in place of `want`; NULL: `want` */
    struct sx_words *words; /* elements are texts, as the words number them; NULL: numbers */
    struct sx_words *cells; /* of columns of text; NULL: there are none */
};

/* Opens `path` ("-": standard input), recognised by content: .npy, .npz, PNG, JPEG, text (one
 * line one sample), or by its suffix an ONNX TensorProto (.pb). What holds no sample, and what is
 * recognisably something else, fails. Messages do not name the file. Status 1 or 6. */
struct sx_reader *sx_reader_open(const char *path, const struct sx_input *how,
                                 struct sx_error *error);

/* Makes *sample the next sample, of the rank of `want` and of the type nearest to the file's
 * (free it with sx_tensor_free), or sets *end. On failure the sample is lost, and the next call
 * tries the one after it. */
bool sx_reader_next(struct sx_reader *reader, struct sx_tensor *sample, bool *end,
                    struct sx_error *error);

/* Passes over a sample; a picture is not decoded. */
bool sx_reader_skip(struct sx_reader *reader, bool *end, struct sx_error *error);
/* Whether another sample follows. Of a text that reads up to the next line. */
bool sx_reader_more(struct sx_reader *reader);

/* The number of samples; -1 for a text, whose end is not known before it is read. */
int64_t sx_reader_count(const struct sx_reader *reader);
/* The name of feature `i` in the header line of a text; NULL past the last, or without a header. */
const char *sx_reader_feature(const struct sx_reader *reader, size_t i);
/* The line of a text's last sample; 0 for other files. */
size_t sx_reader_line(const struct sx_reader *reader);
/* The name of array `i` of an .npz; NULL past the last, or for other files. */
const char *sx_reader_member(const struct sx_reader *reader, size_t i);

/* The cells of columns `id` and `truth` in the last line; NULL: there is no such column. */
const char *sx_reader_id(const struct sx_reader *reader);
const char *sx_reader_truth(const struct sx_reader *reader);
/* Whether the file is a text of columns. */
bool sx_reader_is_table(const struct sx_reader *reader);

/* Opens another array, how->member, of the .npz that `reader`, which must outlive it, has open. */
struct sx_reader *sx_reader_open_member(const struct sx_reader *reader,
                                        const struct sx_input *how, struct sx_error *error);

/* Cells of the last sample of a text that were empty, NA, NaN or null: they are NaN. */
int64_t sx_reader_missing(const struct sx_reader *reader);

/* Whether `path` is an .npz with an array of this name. */
bool sx_archive_has(const char *path, const char *name);

/* The last sample as it was resized and cropped, to paint over; NULL if it was no picture. */
const struct sx_picture *sx_reader_picture(const struct sx_reader *reader);
void sx_reader_close(struct sx_reader *reader);

/* Reads a whole array of any of the above formats, an .npz of one array among them; the lines of a
 * text are its rows. */
bool sx_tensor_read(struct sx_tensor *tensor, const char *path, const struct sx_input *how,
                    struct sx_error *error);

/* Samples by number: a .npy is read where it lies; other inputs, and directories of pictures
 * (in a subdirectory for each class), are held in memory. Integers are pixels, prepared as
 * how->pre says. */
struct sx_dataset *sx_dataset_open(const char *path, const struct sx_input *how,
                                   struct sx_error *error);
void sx_dataset_close(struct sx_dataset *dataset);
int64_t sx_dataset_count(const struct sx_dataset *dataset);
const struct sx_shape *sx_dataset_shape(const struct sx_dataset *dataset); /* of one, batch 1 */
const int64_t *sx_dataset_labels(const struct sx_dataset *dataset);        /* NULL: none */
int64_t sx_dataset_missing(const struct sx_dataset *dataset); /* cells of a text that are NaN */
bool sx_dataset_prepared(
    const struct sx_dataset *dataset); /* pictures, or integers as pixels */
/* The name of column `i` in the header line of a table; NULL past the last, or if there is none. */
const char *sx_dataset_feature(const struct sx_dataset *dataset, size_t i);
/* Fills x[] with sample `row`. */
bool sx_dataset_read(struct sx_dataset *dataset, int64_t row, float *x, struct sx_error *error);
/* Fills x[] with a sample that a reader gave, its integers prepared as those of a data set. */
void sx_sample_floats(const struct sx_tensor *sample, const struct sx_preprocess *pre,
                      float *x);

#ifdef __cplusplus
}
#endif

#endif
