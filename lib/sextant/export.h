/* sextant/export.h - derivatives of a model as an ONNX file. */
#ifndef SEXTANT_EXPORT_H
#define SEXTANT_EXPORT_H

#include "sextant/model.h"
#include "sextant/option.h"
#include "sextant/output.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sx_export_kind {
    SX_EXPORT_GRADIENT, /* of the sum of `of`, to the order that is asked for */
    SX_EXPORT_HVP,      /* the Hessian of that sum times a direction */
    SX_EXPORT_JACOBIAN,
    SX_EXPORT_REVERSE, /* a seed times the Jacobian */
    SX_EXPORT_FORWARD, /* the Jacobian times a direction */
    SX_EXPORT_NOTHING, /* the model alone */
};

struct sx_export_options {
    const char *of; /* tensors, separated by commas; NULL: the first real output */
    /* Tensors, separated by commas; NULL or "auto": the first real input, or the embedding that is
     * found behind integer ids. */
    const char *wrt;
    int kind;      /* enum sx_export_kind */
    int64_t order; /* of SX_EXPORT_GRADIENT; 0: 1 */
    const char
        *seeds; /* length of the axis of seeds: a number or a symbol; NULL: no such axis */
    const char *target; /* the element of every row of `of` that counts; NULL: their sum */
    bool casadi;        /* for its ONNX backend: see sx_export_casadi */
    bool precise;       /* float64 */
    size_t max_memory;
    int ste; /* enum sx_ste */
};

/* The rows of these options that a command line has. */
extern const struct sx_options sx_export_table;

/* Writes an ONNX file of the default operator domain that computes the model's outputs, and after
 * them derivatives, with the model's inputs, and seeds where the kind takes some. With a batch
 * axis N, n elements of a row of X and m of a row of Y:
 *   gradient  grad_X, of X's shape; from order 2 hess_X [N, n, n], d3_X [N, n, n, n] ..
 *   hvp       hvp_X from dir_X, both of X's shape
 *   jacobian  jac_Y_X [N, m, n]
 *   reverse   vjp_X from seed_Y; forward jvp_Y from dir_X
 * With `seeds` these have one more axis in front. `path` is the name of the file that the sink
 * makes, or NULL: weights that the model keeps in another file are referred to from the directory
 * of that, are copied to "path.data" from any other, and come inside without a path. Status 2 for names that are not there or do not
 * depend on each other, 3 for what cannot be written. */
bool sx_export(const struct sx_model *model, const struct sx_export_options *options,
               const char *path, struct sx_sink *sink, struct sx_error *error);

/* Writes f.onnx to the sink, and adj_f.onnx and fwd_adj_f.onnx beside `path`, which is its name, as
 * CasADi's ONNX backend looks for them: adj_x from adj_y, and its derivative fwd_adj_x along fwd_x.
 * All are of one sample. A tensor is a matrix of r rows and c columns, and n seeds of it are
 * [r, n c]. Status 5 where a file cannot be written. */
bool sx_export_casadi(const struct sx_model *model, const struct sx_export_options *options,
                      const char *path, struct sx_sink *sink, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
