/* sextant.h - the public face of libsextant: explain neural networks stored as ONNX files.
 *
 * Conventions, said once. Calls that can fail return bool (or a pointer, NULL on failure) and
 * take `struct sx_error *` last; on failure it holds an exit status and one line with the place.
 * Whoever allocates frees, unless a comment says otherwise. Shapes are row-major, sizes are in
 * elements. Nothing here prints, exits, aborts or keeps mutable globals. */
#ifndef SEXTANT_H
#define SEXTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SX_VERSION "0.1.0"

/* ---- Errors ---------------------------------------------------------------------------- */

/* What went wrong; the numbers are the exit statuses of every tool. */
enum sx_status {
    SX_OK = 0,
    SX_FAILED = 1, /* a sample failed, or an input could not be read */
    SX_USAGE = 2,  /* the command line, or an argument, is wrong */
    SX_MODEL = 3,  /* the model cannot be read, is not supported, or was refused by a limit */
    SX_CHECK = 4,  /* a check that was asked for did not hold */
    SX_WRITE = 5,  /* the output could not be written whole */
    SX_MEMORY = 6, /* out of memory, or over the memory limit */
};

/* The first failure of a call: its status and one line, without a newline. */
struct sx_error {
    enum sx_status status;
    char message[300];
};

/* ---- Tensors --------------------------------------------------------------------------- */

#define SX_MAX_RANK 10

/* Element types. Every integer type of a file is held as int64, every float type as the
 * precision of the run; bool is one byte, 0 or 1. */
enum sx_type { SX_FLOAT, SX_DOUBLE, SX_INT, SX_BOOL };

struct sx_shape {
    int rank;
    int64_t dim[SX_MAX_RANK];
};

/* A dense row-major array. `data` is owned by whoever called sx_tensor_new. */
struct sx_tensor {
    enum sx_type type;
    struct sx_shape shape;
    void *data;
};

/* Bytes of one element of `type`. */
size_t sx_type_size(enum sx_type type);

/* Elements of a shape; the caller knows that it does not overflow (see sx_shape_count). */
int64_t sx_count(const struct sx_shape *shape);

/* Sets *count to the elements of `shape`; fails (status 3) on a negative dimension, a rank over
 * SX_MAX_RANK, or a count whose bytes would not fit half of the address space. */
bool sx_shape_count(const struct sx_shape *shape, int64_t *count, struct sx_error *error);

bool sx_shape_equal(const struct sx_shape *a, const struct sx_shape *b);

/* Makes *tensor a zeroed array of `type` and `shape`, aligned to 64 bytes. Free with
 * sx_tensor_free. Fails with status 3 (shape) or 6 (memory). */
bool sx_tensor_new(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                   struct sx_error *error);

/* Frees the data of a tensor made by sx_tensor_new and empties it; NULL data is fine. */
void sx_tensor_free(struct sx_tensor *tensor);

/* Makes *to a copy of *from with elements converted to `type` as C does (real to integer
 * truncates; anything to bool is "not zero"). */
bool sx_tensor_convert(struct sx_tensor *to, enum sx_type type, const struct sx_tensor *from,
                       struct sx_error *error);

/* Reads or writes element `i` as double. */
double sx_tensor_get(const struct sx_tensor *tensor, int64_t i);
void sx_tensor_set(struct sx_tensor *tensor, int64_t i, double value);

/* ---- Pictures -------------------------------------------------------------------------- */

/* 8-bit pixels, row after row from the top, `channels` (1 grey, 3 RGB) interleaved. */
struct sx_picture {
    int width, height, channels;
    uint8_t *pixels;
};

/* Decodes a PNG or JPEG file held in memory: alpha over white, 16 bits to 8, palettes and CMYK to
 * RGB, EXIF orientation applied. A damaged, truncated or oversized file (over 2^28 pixels, or more
 * than `size` bytes can hold) fails with status 1. Free with sx_picture_free. */
bool sx_picture_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                       struct sx_error *error);
void sx_picture_free(struct sx_picture *picture);

/* Encodes a picture as a PNG file; free *bytes with free(). Equal pictures give equal bytes. */
bool sx_png_encode(const struct sx_picture *picture, uint8_t **bytes, size_t *size,
                   struct sx_error *error);

/* ---- Models ---------------------------------------------------------------------------- */

/* An ONNX file: checked, parsed and indexed; its weights stay in the file. */
struct sx_model;

struct sx_model_options {
    size_t max_memory;    /* bytes that parsing may take, weights aside; 0: 1 GiB */
    const char *data_dir; /* of external data; NULL: the directory of the model */
};

/* Opens `path`, "-" is standard input; `options` may be NULL. External data are read from
 * beneath one directory only, and not at all for standard input without a data_dir. NULL with
 * status 3 (cannot be read, malformed, refused) or 6 (over the limit). Close with
 * sx_model_close, which takes NULL too. */
struct sx_model *sx_model_open(const char *path, const struct sx_model_options *options,
                               struct sx_error *error);
void sx_model_close(struct sx_model *model);

/* The SHA-256 of the file, hexadecimal; computed when first asked for. */
const char *sx_model_sha256(struct sx_model *model);

/* The version of the operator set imported from `domain` ("" or NULL is ai.onnx), or 0. */
int64_t sx_model_opset(const struct sx_model *model, const char *domain);

/* An input or output as declared: a symbolic dimension is -1, the rank is -1 where no shape is
 * declared, or where an output is no tensor we can hold. Float types show as SX_FLOAT. */
struct sx_port {
    const char *name;
    enum sx_type type;
    struct sx_shape shape;
};

/* Inputs that are also initializers do not count. NULL for an index out of range. */
int sx_model_input_count(const struct sx_model *model);
int sx_model_output_count(const struct sx_model *model);
const struct sx_port *sx_model_input(const struct sx_model *model, int i);
const struct sx_port *sx_model_output(const struct sx_model *model, int i);

#endif
