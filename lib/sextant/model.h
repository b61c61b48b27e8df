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

/* The SHA-256 of the file, hexadecimal; computed when first asked for. */
const char *sx_model_sha256(struct sx_model *model);

/* The version of the operator set imported from `domain` ("" or NULL is ai.onnx), or 0. */
int64_t sx_model_opset(const struct sx_model *model, const char *domain);

/* The value of a key of the metadata, or NULL. */
const char *sx_model_metadata(const struct sx_model *model, const char *key);

/* An input or output as declared: a symbolic dimension is -1, the rank is -1 where no shape is
 * declared, or where an output is no tensor we can hold. Float types show as SX_FLOAT. */
struct sx_port {
    const char *name;
    enum sx_type type;
    struct sx_shape shape;
    const char *element; /* the file's name of the type, "uint8"; NULL: not known */
    int64_t low, high;   /* of integers and booleans: what an element may be */
    const char *symbol;  /* the name of the first axis; NULL: none */
    bool whole;          /* the first axis counts no samples: see sx_model_find_samples */
};

/* Whether its elements are texts, and hold their numbers. */
bool sx_port_is_text(const struct sx_port *port);
/* What numbers the texts that the model's tensors of text hold. */
struct sx_words *sx_model_words(const struct sx_model *model);

/* Inputs that are also initializers do not count. NULL for an index out of range. */
int sx_model_input_count(const struct sx_model *model);
int sx_model_output_count(const struct sx_model *model);
const struct sx_port *sx_model_input(const struct sx_model *model, int i);
const struct sx_port *sx_model_output(const struct sx_model *model, int i);

/* Leaves of the inputs those that a tensor follows from, `output`, or NULL: any output. A fed
 * tensor that is inside the graph becomes an input, behind the others, and what it is made of is
 * not needed for it. Names that the file does not have are passed over. To be called before the
 * model is used; what is built on it later lowers no more than that. Status 6. */
bool sx_model_want(struct sx_model *model, const char *output, const char *const *fed,
                   size_t n_fed, struct sx_error *error);
/* Follows the open first axes of the inputs through the graph and sets `whole` of those that are
 * no axes of samples: what is wanted does not get the axis back in front, or something reads
 * several samples for one. Where that cannot be told, the outputs must have an axis of the same
 * name in front. To be called after sx_model_want. max_memory as of sx_infer_options. */
bool sx_model_find_samples(struct sx_model *model, size_t max_memory, struct sx_error *error);
/* The tensor that stands for the model where none is named: its first output; where that holds
 * labels or indices, the real tensor behind its ArgMax, or the first real output. *instead_of is
 * then the first output, else NULL. NULL without outputs. */
const char *sx_model_explained(const struct sx_model *model, const char **instead_of);
/* Whether the main graph has an input, a weight or a made tensor of this name. */
bool sx_model_has_tensor(const struct sx_model *model, const char *tensor);

/* What has been noticed in the file so far that its user should know: one line each, without
 * the file's name; NULL past the last. */
const char *sx_model_warning(const struct sx_model *model, int i);

/* Whether the elements can be those of an input: one of integers takes no fraction, no NaN, and
 * nothing beyond its type in the file. Status 1, with the element. */
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

/* Runs on `feeds` (one per model input), compiling for their shapes where they are new. The
 * outputs are then to be had until the next run; *name is that of output i, NULL past the last. */
bool sx_inference_run(struct sx_inference *inference, const struct sx_tensor *feeds,
                      struct sx_error *error);
bool sx_inference_is_text(const struct sx_inference *inference,
                          int i); /* holds numbers of texts */
const struct sx_tensor *sx_inference_output(const struct sx_inference *inference, int i,
                                            const char **name);

/* A class in the order of an output's elements, the largest first. */
struct sx_ranked {
    int64_t index;      /* flat; of a single number, which is of two classes: 0 or 1 */
    const char *label;  /* NULL: none */
    double value, prob; /* the element, and the probability that it says; NaN: it says none */
};

/* The k first classes, or as many as there are, of the first output of real numbers in the last
 * run. *top is the caller's to free. Where labels are given there is one for each class, or two for a single
 * number: else status 2, also with k = 0. */
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

/* Shows every tensor, inputs first, in the order of the file, with the shapes that follow from
 * `feeds` (NULL: from the file, batch 1). What is not supported is shown, too; then no shapes
 * are known. `output` as in the options above. */
bool sx_list(struct sx_model *model, const struct sx_tensor *feeds, const char *output,
             void (*show)(void *context, const struct sx_listed *listed), void *context,
             struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
