/* sextant/model.h - ONNX files: opened, listed, and run as they are. */
#ifndef SEXTANT_MODEL_H
#define SEXTANT_MODEL_H

#include "sextant/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An ONNX file that was checked, parsed and indexed. Its weights stay in the file. */
struct sx_model;

struct sx_model_options {
    size_t max_memory;    /* bytes that parsing may take, without weights; 0: 1 GiB */
    const char *data_dir; /* directory of external data; NULL: the directory of the model */
};

/* Opens `path`; "-" is standard input. `options` may be NULL. External data are read from beneath
 * one directory only; for standard input they are read only with a data_dir. NULL with status 3
 * (unreadable, malformed or refused) or 6 (over the limit). Close with sx_model_close, which takes
 * NULL too. */
struct sx_model *sx_model_open(const char *path, const struct sx_model_options *options,
                               struct sx_error *error);
void sx_model_close(struct sx_model *model);

/* The SHA-256 of the file in hexadecimal, computed at the first call. sx_model_hash_ahead starts
 * computing it in a thread of its own, if a thread can be created and the file is not small. */
const char *sx_model_sha256(struct sx_model *model);
void sx_model_hash_ahead(struct sx_model *model);

/* The version of the operator set imported from `domain` ("" or NULL is ai.onnx), or 0. */
int64_t sx_model_opset(const struct sx_model *model, const char *domain);

/* The value of a key of the metadata, or NULL. */
const char *sx_model_metadata(const struct sx_model *model, const char *key);

/* An input or output as declared. A symbolic dimension is -1. The rank is -1 if no shape is
 * declared, or if an output is not a tensor of a supported type. All float types are SX_FLOAT. */
struct sx_port {
    const char *name;
    enum sx_type type;
    struct sx_shape shape;
    const char *element; /* the file's name of the type, "uint8"; NULL: not known */
    int64_t low, high;   /* the least and the largest element of an integer or boolean type */
    const char *symbol;  /* the name of the first axis; NULL: none */
    bool whole;          /* the first axis is not a batch axis: see sx_model_find_samples */
};

/* Whether the elements are texts. A tensor then holds their numbers in sx_model_words. */
bool sx_port_is_text(const struct sx_port *port);
/* The texts of the model and their numbers. */
struct sx_words *sx_model_words(const struct sx_model *model);

/* The ports of the model. Inputs that are also initializers do not count. NULL for an index out of
 * range. */
int sx_model_input_count(const struct sx_model *model);
int sx_model_output_count(const struct sx_model *model);
const struct sx_port *sx_model_input(const struct sx_model *model, int i);
const struct sx_port *sx_model_output(const struct sx_model *model, int i);

/* The name of the k-th input of the shape [N,1]; an explainer without `wrt` joins these inputs into
 * one x. There are none unless at least two inputs have that shape, all of them are real, and the
 * first real input is one of them. `integers`: if no input is real, integer inputs count instead.
 * NULL past the last. */
const char *sx_model_column(const struct sx_model *model, bool integers, int k);

/* Drops the inputs that `output` does not depend on; with NULL, the inputs that no output depends
 * on. A tensor of `fed` inside the graph becomes an additional input, and the nodes that compute
 * only it are not needed. Unknown names are ignored. Call it before anything is built on the model,
 * so that only what remains is lowered. Status 6. */
bool sx_model_want(struct sx_model *model, const char *output, const char *const *fed,
                   size_t n_fed, struct sx_error *error);
/* Reads the value of an input that is a sequence or an optional from a file that holds ONNX's
 * SequenceProto or OptionalProto. The value becomes part of the model, and the input is no longer one of
 * its inputs. Does nothing if the model has no such input. Call it before sx_model_want. Status 1, 6. */
bool sx_model_feed_list(struct sx_model *model, const char *name, const char *path,
                        struct sx_error *error);
/* Sets `whole` of each input whose open first axis is not a batch axis. An open first axis is no
 * batch axis if it does not become the first axis of the wanted outputs, or if some node mixes
 * several of its indices. If the graph does not decide, it is a batch axis if the outputs begin
 * with an axis of the same name. Call it after sx_model_want. max_memory is that of
 * sx_infer_options. */
bool sx_model_find_samples(struct sx_model *model, size_t max_memory, struct sx_error *error);
/* The tensor that is explained by default. It is the first output, and *instead_of is NULL. If the
 * first output holds labels or indices, *instead_of is that output, and the explained tensor is the
 * real tensor that its ArgMax takes, or else the first real output. Returns NULL without outputs. */
const char *sx_model_explained(const struct sx_model *model, const char **instead_of);
/* Whether the main graph has an input, an initializer or a computed tensor of this name. */
bool sx_model_has_tensor(const struct sx_model *model, const char *tensor);

/* Warning `i` about the file, among those found so far. It is one line that does not name the file.
 * NULL past the last. */
const char *sx_model_warning(const struct sx_model *model, int i);

/* Whether an input can hold the elements of `tensor`. An input of integers takes no fraction, no
 * NaN, and no number outside its type in the file. Status 1; the message names the element. */
bool sx_port_takes(const struct sx_port *port, const struct sx_tensor *tensor,
                   struct sx_error *error);

/* Whether the real numbers of the file are float64: such a model is computed in float64. */
bool sx_model_is_double(const struct sx_model *model);

struct sx_infer_options {
    bool precise;
    int threads;
    size_t max_memory;
    const char *output;     /* the one tensor of the file that is computed; NULL: all outputs */
    struct sx_watch *watch; /* NULL: nobody watches */
};

/* A model that is run as it is. `model`, and what the options point to, must outlive it. */
struct sx_inference;
struct sx_inference *sx_inference_new(struct sx_model *model,
                                      const struct sx_infer_options *options,
                                      struct sx_error *error);
void sx_inference_free(struct sx_inference *inference);

/* Runs the model on `feeds`, one per model input. Compiles a program if their shapes are new. */
bool sx_inference_run(struct sx_inference *inference, const struct sx_tensor *feeds,
                      struct sx_error *error);
/* Whether output i holds numbers of texts (see sx_model_words). */
bool sx_inference_is_text(const struct sx_inference *inference, int i);
/* Whether output i is uint64; its elements are then stored as the int64 of the same bits. */
bool sx_inference_is_natural(const struct sx_inference *inference, int i);
/* Output i and its name. It is valid until the next run. NULL past the last. */
const struct sx_tensor *sx_inference_output(const struct sx_inference *inference, int i,
                                            const char **name);

/* A class of an output. Classes are sorted by their elements, the largest first. */
struct sx_ranked {
    /* flat index; 0 or 1 if the output is a single number that separates two classes */
    int64_t index;
    const char *label; /* NULL: none */
    double value;      /* the element */
    double prob;       /* the probability computed from the element; NaN: it implies none */
};

/* Sorts the classes of the first real output in the last run, and makes *top the first k of them,
 * or all if there are fewer. The caller frees *top. Labels must be none, one for each class, or two
 * for a single number; else status 2. With k = 0 only the labels are checked. */
bool sx_inference_top(const struct sx_inference *inference, int64_t k, char *const *labels,
                      size_t n_labels, struct sx_ranked **top, int64_t *n,
                      struct sx_error *error);

/* A tensor of a file, with the node that computes it and its properties. */
struct sx_listed {
    const char *tensor, *op, *node; /* op "Input" for inputs */
    const char *type;               /* float, int or bool; NULL where not known */
    struct sx_shape shape;          /* rank -1 where not known */
    bool supported;
    bool differentiable; /* the first output, or `output`, has a gradient by this tensor */
};

/* Calls `show` for every tensor of the file in its order, inputs first. Shapes follow from `feeds`;
 * with NULL they follow from the file, with batch 1. Unsupported tensors are shown too, but then no
 * shapes are known. `output` and max_memory are those of sx_infer_options. Status 6. */
bool sx_list(struct sx_model *model, const struct sx_tensor *feeds, const char *output,
             size_t max_memory, void (*show)(void *context, const struct sx_listed *listed),
             void *context, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
