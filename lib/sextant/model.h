/* sextant/model.h - ONNX files: opened, listed, and run as they are. */
#ifndef SEXTANT_MODEL_H
#define SEXTANT_MODEL_H

#include "sextant/base.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* The SHA-256 of the file, hexadecimal; computed when first asked for. sx_model_hash_ahead begins it in
 * a thread of its own, if one can be had and the file is not small. */
const char *sx_model_sha256(struct sx_model *model);
void sx_model_hash_ahead(struct sx_model *model);

/* The version of the operator set imported from `domain` ("" or NULL is ai.onnx), or 0. */
int64_t sx_model_opset(const struct sx_model *model, const char *domain);

/* The value of a key of the metadata, or NULL. */
const char *sx_model_metadata(const struct sx_model *model, const char *key);

/* An input or output as declared. A symbolic dimension is -1. The rank is -1 if no shape is declared,
 * or if an output is not a tensor of a supported type. All float types are SX_FLOAT. */
struct sx_port {
    const char *name;
    enum sx_type type;
    struct sx_shape shape;
    const char *element; /* the file's name of the type, "uint8"; NULL: not known */
    int64_t low, high;   /* of integers and booleans: the least and the largest element */
    const char *symbol;  /* the name of the first axis; NULL: none */
    bool whole;          /* the first axis counts no samples: see sx_model_find_samples */
};

/* Whether the elements are texts. A tensor then holds their numbers in sx_model_words. */
bool sx_port_is_text(const struct sx_port *port);
/* The texts of the model by number. */
struct sx_words *sx_model_words(const struct sx_model *model);

/* Inputs that are also initializers do not count. NULL for an index out of range. */
int sx_model_input_count(const struct sx_model *model);
int sx_model_output_count(const struct sx_model *model);
const struct sx_port *sx_model_input(const struct sx_model *model, int i);
const struct sx_port *sx_model_output(const struct sx_model *model, int i);

/* The name of the k-th input among those of one number each, [N,1], which an explainer without `wrt`
 * takes together as one x. There are at least two of them, or none: the first real input is one, and all
 * are real. With `integers` they may be integers, where no input is real. NULL past the last. */
const char *sx_model_column(const struct sx_model *model, bool integers, int k);

/* Drops the inputs that `output` does not depend on; NULL: that no output depends on. A tensor of
 * `fed` that is inside the graph becomes an input behind the others, and the nodes that compute it
 * are not needed for it. Unknown names are ignored. Call it before anything is built on the model:
 * only what remains is lowered later. Status 6. */
bool sx_model_want(struct sx_model *model, const char *output, const char *const *fed,
                   size_t n_fed, struct sx_error *error);
/* Sets `whole` of the inputs whose open first axis does not count samples. Such an axis does not come
 * out as the first axis of what is wanted, or some node mixes several of its indices. If the graph does
 * not tell, the axis counts samples only if the outputs begin with an axis of the same name. Call it
 * after sx_model_want. max_memory is that of sx_infer_options. */
bool sx_model_find_samples(struct sx_model *model, size_t max_memory, struct sx_error *error);
/* The tensor that is explained if none is named: the first output. If that holds labels or indices, it
 * is the real tensor that its ArgMax takes, or else the first real output, and *instead_of is the first
 * output. Otherwise *instead_of is NULL. Returns NULL without outputs. */
const char *sx_model_explained(const struct sx_model *model, const char **instead_of);
/* Whether the main graph has an input, a weight or a made tensor of this name. */
bool sx_model_has_tensor(const struct sx_model *model, const char *tensor);

/* Warning `i` about the file, of those found so far: one line without the file's name. NULL past the
 * last. */
const char *sx_model_warning(const struct sx_model *model, int i);

/* Whether an input can hold the elements: an input of integers takes no fraction, no NaN, and no number
 * beyond its type in the file. Status 1; the message names the element. */
bool sx_port_takes(const struct sx_port *port, const struct sx_tensor *tensor,
                   struct sx_error *error);

/* Whether the real numbers of the file are float64: such a model is computed in float64. */
bool sx_model_is_double(const struct sx_model *model);

struct sx_infer_options {
    bool precise;
    int threads;
    size_t max_memory;
    const char *output;     /* one tensor of the file instead of all outputs; NULL: all */
    struct sx_watch *watch; /* NULL: nobody watches */
};

/* A model that is run as it is. `model`, and what the options point to, must outlive it. */
struct sx_inference;
struct sx_inference *sx_inference_new(struct sx_model *model,
                                      const struct sx_infer_options *options,
                                      struct sx_error *error);
void sx_inference_free(struct sx_inference *inference);

/* Runs on `feeds`, one per model input. Compiles for their shapes if these are new. */
bool sx_inference_run(struct sx_inference *inference, const struct sx_tensor *feeds,
                      struct sx_error *error);
/* Whether output i holds numbers of texts. */
bool sx_inference_is_text(const struct sx_inference *inference, int i);
/* Whether output i holds uint64: the bits of its integers are then those of numbers without a sign. */
bool sx_inference_is_natural(const struct sx_inference *inference, int i);
/* Output i, which stays until the next run, and its name; NULL past the last. */
const struct sx_tensor *sx_inference_output(const struct sx_inference *inference, int i,
                                            const char **name);

/* A class in the order of an output's elements, the largest first. */
struct sx_ranked {
    int64_t
        index; /* flat; 0 or 1 if the output is a single number that tells two classes apart */
    const char *label; /* NULL: none */
    double value;      /* the element */
    double prob;       /* the probability that follows from it; NaN: none does */
};

/* The k first classes, or all if there are fewer, of the first output of real numbers in the last run.
 * The caller frees *top. Status 2, also with k = 0, unless there is no label, a label for each class, or
 * two labels for a single number. */
bool sx_inference_top(const struct sx_inference *inference, int64_t k, char *const *labels,
                      size_t n_labels, struct sx_ranked **top, int64_t *n,
                      struct sx_error *error);

/* A tensor of a file: the node it comes from, and what can be done with it. */
struct sx_listed {
    const char *tensor, *op, *node; /* op "Input" for inputs */
    const char *type;               /* float, int or bool; NULL where not known */
    struct sx_shape shape;          /* rank -1 where not known */
    bool supported;
    bool differentiable; /* the first output (or `output`) has a gradient with respect to it */
};

/* Calls `show` for every tensor, inputs first, in the order of the file. Shapes follow from `feeds`, or
 * if that is NULL from the file with batch 1. Tensors that are not supported are shown, too; then no
 * shapes are known. `output` and max_memory are those of sx_infer_options. Status 6. */
bool sx_list(struct sx_model *model, const struct sx_tensor *feeds, const char *output,
             size_t max_memory, void (*show)(void *context, const struct sx_listed *listed),
             void *context, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
