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
    SX_EXPORT_GRADIENT, /* gradient of the sum of `of`, and its derivatives up to `order` */
    SX_EXPORT_HVP,      /* the Hessian of that sum times a direction */
    SX_EXPORT_JACOBIAN,
    SX_EXPORT_REVERSE, /* vector-Jacobian products: seed times Jacobian */
    SX_EXPORT_FORWARD, /* Jacobian-vector products: Jacobian times direction */
    SX_EXPORT_NOTHING, /* the model alone */
};

struct sx_export_options {
    const char *of; /* tensors, separated by commas; NULL: the first real output */
    /* Tensors, separated by commas; NULL or "auto": the first real input, or the embedding that is
     * found behind integer ids. */
    const char *wrt;
    int kind;      /* enum sx_export_kind */
    int64_t order; /* the order of SX_EXPORT_GRADIENT; 0 means 1 */
    /* The length of the axis of seeds: a number or a symbol. NULL: no such axis. */
    const char *seeds;
    /* The element of each row of `of` that is differentiated. NULL: the sum of the row. */
    const char *target;
    bool casadi;  /* write files for CasADi's ONNX backend: see sx_export_casadi */
    bool precise; /* float64 */
    size_t max_memory;
    int ste; /* enum sx_ste */
};

/* The table of those options that a command line has. */
extern const struct sx_options sx_export_table;

/* Writes an ONNX file of the default operator domain. Its inputs are the model's inputs and, for
 * some kinds, seeds or directions. Its outputs are the model's outputs followed by the derivatives.
 * With a batch axis N, n elements in a row of X and m in a row of Y they are:
 *   gradient  grad_X, of X's shape; from order 2 hess_X [N, n, n], from order 3 d3_X [N, n, n, n] ...
 *   hvp       hvp_X from dir_X, both of X's shape
 *   jacobian  jac_Y_X [N, m, n]
 *   reverse   vjp_X from seed_Y
 *   forward   jvp_Y from dir_X
 * With `seeds` these have one more axis in front.
 *
 * `path` is the name of the file that the sink makes, or NULL. Weights that the model keeps in
 * another file of the same directory as `path` are referred to. Those from another directory are
 * copied to "path.data". Without a path all weights are put inside. Status 2: a name does not
 * exist, or does not depend on the other one. Status 3: something cannot be written as ONNX. */
bool sx_export(const struct sx_model *model, const struct sx_export_options *options,
               const char *path, struct sx_sink *sink, struct sx_error *error);

/* Writes the three files that CasADi's ONNX backend looks for: f.onnx to the sink, adj_f.onnx and
 * fwd_adj_f.onnx into the directory of `path`, which is the name of f.onnx. adj_f computes adj_x
 * from adj_y; fwd_adj_f computes the derivative of that along fwd_x. All are for one sample. A
 * tensor is a matrix of r rows and c columns; n seeds of it are a matrix [r, n c]. Status 5: a file
 * cannot be written. */
bool sx_export_casadi(const struct sx_model *model, const struct sx_export_options *options,
                      const char *path, struct sx_sink *sink, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
