/* sextant.h - the public face of libsextant: explain neural networks stored as ONNX files.
 *
 * Conventions, said once. Calls that can fail return bool (or a pointer, NULL on failure) and
 * take `struct sx_error *` last; on failure it holds an exit status and one line with the place.
 * Whoever allocates frees, unless a comment says otherwise. Shapes are row-major, sizes are in
 * elements. Nothing here prints, exits, aborts or keeps mutable globals.
 *
 * Threads: an explainer, and what is made from one, is used by one thread at a time. Models are
 * read only once they are open, and may be shared. */
#ifndef SEXTANT_H
#define SEXTANT_H

#include "sextant/base.h"
#include "sextant/picture.h"
#include "sextant/model.h"
#include "sextant/input.h"
#include "sextant/output.h"
#include "sextant/result.h"
#include "sextant/option.h"
#include "sextant/explain.h"
#include "sextant/ggig.h"
#include "sextant/taylorcam.h"
#include "sextant/xderiv.h"
#include "sextant/shapley.h"
#include "sextant/decompose.h"
#include "sextant/flint.h"
#include "sextant/flint_fit.h"
#include "sextant/perturb.h"
#include "sextant/score.h"
#include "sextant/export.h"
#include "sextant/plot.h"
#include "sextant/figure.h"

#endif
