/* onnx.h - from an untrusted file to a parsed model and its tensors.
 *
 * A file is first checked by wire.c, which leaves the weights in place, and then parsed by
 * protobuf-c. Everything that a model returns lives until it is closed. */
#ifndef SX_ONNX_H
#define SX_ONNX_H

#include <pthread.h>

#include "base/base.h"
#include "io/io.h"
#include "sextant/model.h"
#include "onnx.pb-c.h"

/* ---- wire.c ----------------------------------------------------------------------------- */

/* The deepest nesting of messages. */
#define SX_ONNX_DEPTH 100

/* The content of raw_data in a parsed model: the position of the bytes in the file. */
struct sx_raw_place {
    uint64_t offset, length;
};

/* A growing copy of a file. */
struct sx_slim {
    uint8_t *bytes;
    size_t size, capacity;
};

/* Checks the wire format of a ModelProto and makes *slim a copy without unknown fields, in which
 * the raw_data of every TensorProto is a sx_raw_place. What protobuf-c would not survive is refused
 * with status 3, or 6 over the budget. The caller frees slim->bytes in any case. */
bool sx_onnx_slim(const uint8_t *bytes, size_t n, size_t budget, struct sx_slim *slim,
                  struct sx_error *error);

/* ---- load.c, info.c, notes.c------------------------------------------------------------------ */

/* The value of an input that is a sequence or an optional. */
struct sx_list {
    const char *name;
    int kind;      /* element type of its tensors, ONNX__TENSOR_PROTO__DATA_TYPE__* */
    bool sequence; /* else an optional tensor */
    bool empty;    /* an optional that is empty */
    struct sx_tensor *item;
    int n_items;
    struct sx_list *next;
};

/* A table of messages sorted by name. */
struct sx_named {
    const char *name;
    const void *proto;
};

struct sx_model {
    char *path; /* as given by the caller, for messages */
    struct sx_file file;
    struct sx_arena arena; /* memory of the parse and the tables */
    const Onnx__ModelProto *proto;
    const Onnx__GraphProto *graph;
    struct sx_port *inputs, *outputs;
    int n_inputs, n_outputs;
    struct sx_named *initializers, *values;
    size_t n_initializers, n_values;
    struct sx_external *external;
    const char *output; /* the wanted tensor; NULL: all outputs (lower/want.c) */
    const char **cut;   /* inner tensors that are inputs */
    int n_cut;
    struct sx_port *declared; /* all declared inputs, if `inputs` has only some of them */
    int n_declared;
    struct sx_port *part; /* of a joined model, see join.c: the columns of input `joined` */
    int n_parts, joined;
    int *from;              /* per input of the original model: an input, or -1 - column */
    struct sx_list *lists;  /* values of inputs, see list.c */
    struct sx_notes *notes; /* warnings so far, each once */
    struct sx_words *words; /* texts by number */
    char sha256[65];        /* empty until it is asked for */
    pthread_t hasher;       /* the thread that computes it, if `hashing` */
    bool hashing;
};

/* Checks versions and names, and fills the tables of a parsed model. */
bool sx_model_index(struct sx_model *model, struct sx_error *error);

/* The initializer of the main graph with this name; NULL: none. */
const Onnx__TensorProto *sx_model_initializer(const struct sx_model *model, const char *name);

/* The declaration of an input, output or inner value of the main graph; NULL: none. */
const Onnx__ValueInfoProto *sx_model_value(const struct sx_model *model, const char *name);

/* Sets type and shape of a port from a declaration. If the type cannot be held, they are unchanged. */
bool sx_port_read(const Onnx__ValueInfoProto *value, struct sx_port *port,
                  struct sx_error *error);

struct sx_notes *sx_notes_new(struct sx_error *error);
void sx_notes_free(struct sx_notes *notes);
/* Adds a warning about the model, once. */
void sx_model_warn(const struct sx_model *model, const char *format, ...) SX_PRINTF(2, 3);

/* Opens a file of n bytes in memory, which it then owns, even after a failure. Messages call it
 * `name`; external data are refused. */
struct sx_model *sx_model_take(uint8_t *bytes, size_t n, const char *name,
                               struct sx_error *error);

/* ---- join.c ----------------------------------------------------------------------------- */

/* Makes *joined a view of the model in which its inputs of one number each are one input "columns",
 * [N,p]; NULL if there are none, see sx_model_column. `m` must outlive it. Free it with
 * sx_model_unjoin, which takes NULL too. */
bool sx_model_join(const struct sx_model *m, bool integers, struct sx_model **joined,
                   struct sx_error *error);
void sx_model_unjoin(struct sx_model *joined);
/* Makes the feeds of a joined model from those of the original one. The caller frees
 * to[joined->joined]; the others are borrowed. */
bool sx_model_join_feeds(const struct sx_model *joined, const struct sx_tensor *feeds,
                         struct sx_tensor *to, struct sx_error *error);

/* ---- list.c ----------------------------------------------------------------------------- */

/* The value of a sequence or an optional that sx_model_feed_list read, or NULL. */
const struct sx_list *sx_model_list(const struct sx_model *m, const char *name);

/* ---- tensor.c --------------------------------------------------------------------------- */

/* Element types that are newer than the schema of the build. */
enum {
    SX_ONNX_FLOAT8E4M3FN = 17,
    SX_ONNX_FLOAT8E4M3FNUZ,
    SX_ONNX_FLOAT8E5M2,
    SX_ONNX_FLOAT8E5M2FNUZ,
    SX_ONNX_UINT4,
    SX_ONNX_INT4,
    SX_ONNX_FLOAT4E2M1,
    SX_ONNX_FLOAT8E8M0,
    SX_ONNX_UINT2,
    SX_ONNX_INT2
};

/* The name of an ONNX element type (ONNX__TENSOR_PROTO__DATA_TYPE__*). */
const char *sx_onnx_type_name(int onnx_type);

/* The type that holds elements of an ONNX type; float types are held as `real`. Fails on strings
 * and complex numbers, naming the type. */
bool sx_onnx_type(int onnx_type, enum sx_type real, enum sx_type *type, struct sx_error *error);

/* The elements of a tensor where they are stored: little-endian, `stride` bytes apart, at any
 * alignment. */
struct sx_onnx_view {
    int onnx_type;
    struct sx_shape shape;
    int64_t count;
    const uint8_t *bytes;
    size_t stride;
    /* bits of an element if a byte holds several, the first in the lowest bits; else 0 */
    int packed;
};

/* Finds the elements of a TensorProto, wherever they are stored, and checks that their number
 * agrees with the shape. Not thread-safe. */
bool sx_onnx_tensor(const struct sx_model *model, const Onnx__TensorProto *proto,
                    struct sx_onnx_view *view, struct sx_error *error);

/* Makes *tensor of the elements; real ones have the type `real`. If `borrowed` is not NULL and the
 * elements can be used in place, *borrowed is set and tensor->data points to them. They must not be
 * written or freed; large ones may be unaligned. */
bool sx_onnx_tensor_read(const struct sx_model *model, const Onnx__TensorProto *proto,
                         enum sx_type real, struct sx_tensor *tensor, bool *borrowed,
                         struct sx_error *error);

/* ---- external.c ------------------------------------------------------------------------- */

/* The files of a directory that hold tensors. Each is mapped once. */
struct sx_external;

/* Opens a directory; NULL: external data are refused. */
struct sx_external *sx_external_open(const char *directory, struct sx_error *error);
void sx_external_close(struct sx_external *external);

/* The number of files mapped so far, and their memory. */
size_t sx_external_count(const struct sx_external *external);
const void *sx_external_map(const struct sx_external *external, size_t i, size_t *size);

/* The `need` bytes that the tensor's external_data name. */
bool sx_external_bytes(struct sx_external *external, const Onnx__TensorProto *proto,
                       size_t need, const uint8_t **bytes, struct sx_error *error);

/* The location of the file, and the offset in it, of bytes that were found there; NULL: they were
 * not. */
const char *sx_external_place(const struct sx_external *external, const void *bytes,
                              size_t *offset);
/* Whether the files are in this directory. */
bool sx_external_is_in(const struct sx_external *external, const char *directory);

#endif
