/* svm.c - lowering of ai.onnx.ml's support vector machines. */
#include <string.h>

#include "lower/classical.h"
#include "lower/tables.h"

/* Applies the kernel to products of x with the support vectors. */
static int kernel_of(struct sx_lowering *l, int x, int vectors)
{
    struct sx_graph *g = l->g;
    int type = sx_attr_word(l, "kernel_type", "LINEAR POLY RBF SIGMOID", 0);
    struct sx_reals p = sx_attr_floats(l, "kernel_params");
    double gamma = p.n > 0 ? p.v[0] : 0, shift = p.n > 1 ? p.v[1] : 0;
    int y = sx_matmul(g, x, vectors, false, true);
    const int axis = 1;
    if (type == 2) { /* |x - v|^2 = |x|^2 - 2 x v + |v|^2 */
        int64_t n = sx_shape_of(g, vectors).dim[0];
        int v = sx_shaped(g, sx_sum(g, sx_mul(g, vectors, vectors), &axis, 1), 1, &n);
        int square = sx_add(g, sx_sum(g, sx_mul(g, x, x), &axis, 1), v);
        return sx_unary(g, SX_EXP, sx_scale(g, sx_sub(g, square, sx_scale(g, y, 2)), -gamma));
    }
    if (type == 0)
        return y;
    y = sx_shift(g, sx_scale(g, y, gamma), shift);
    return type == 3 ? sx_unary(g, SX_TANH, y)
                     : sx_binary(g, SX_POW, y, sx_scalar(g, p.n > 2 ? p.v[2] : 1));
}

static bool lower_svm_regressor(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_reals vectors = sx_attr_floats(l, "support_vectors");
    struct sx_reals weights = sx_attr_floats(l, "coefficients"), rho = sx_attr_floats(l, "rho");
    int64_t n = sx_attr_int(l, "n_supports", 0);
    int x = sx_ml_rows(l), y;
    int64_t features = sx_shape_of(g, x).dim[1];
    struct sx_shape table = {2, {n, features}}, column = {2, {n > 0 ? n : features, 1}};
    if (n < 0 || vectors.n != n * features || weights.n != column.dim[0] || rho.n < 1)
        return sx_reject(l, "support vectors, coefficients and rho do not fit");
    y = n > 0 ? kernel_of(l, x, sx_real_const(g, &table, vectors.v)) : x;
    y = sx_matmul(g, y, sx_real_const(g, &column, weights.v), false, false);
    y = sx_shift(g, y, rho.v[0]);
    if (sx_attr_int(l, "one_class", 0) != 0)
        y = sx_where(g, sx_binary(g, SX_LESS, sx_scalar(g, 0), y), sx_scalar(g, 1),
                     sx_scalar(g, -1));
    return sx_give_as(l, 0, sx_ml_transformed(l, y), SX_ONNX_FLOAT);
}

/* ---- Classes ---- */

struct machine {
    int64_t classes, vectors, features;
    struct sx_ints per_class;
    /* a and b: of the logistic function of each pair; or none */
    struct sx_reals weight, rho, a, b;
    int kernel; /* [N, vectors]; for linear machines x itself */
};

/* The sum of the kernel's columns of a class, weighted by row `row`: [N, 1]. */
static int part(struct sx_lowering *l, const struct machine *m, int64_t class, int64_t row)
{
    int64_t begin = 0, n = m->per_class.v[class];
    for (int64_t k = 0; k < class; k++)
        begin += m->per_class.v[k];
    struct sx_shape column = {2, {n, 1}};
    int weights = sx_real_const(l->g, &column, m->weight.v + row * m->vectors + begin);
    return sx_matmul(l->g, sx_slice_axis(l->g, m->kernel, 1, begin, n), weights, false, false);
}

static bool read_machine(struct sx_lowering *l, struct machine *m)
{
    struct sx_reals vectors = sx_attr_floats(l, "support_vectors");
    m->per_class = sx_attr_ints(l, "vectors_per_class");
    m->weight = sx_attr_floats(l, "coefficients");
    m->rho = sx_attr_floats(l, "rho");
    m->a = sx_attr_floats(l, "prob_a");
    m->b = sx_attr_floats(l, "prob_b");
    int x = sx_ml_rows(l);
    m->features = sx_shape_of(l->g, x).dim[1];
    m->classes = m->per_class.n > 0 ? m->per_class.n : sx_ml_label_count(l);
    for (int k = 0; k < m->per_class.n; k++) {
        int64_t n = m->per_class.v[k];
        if (n < 0 || n > INT32_MAX)
            return sx_reject(l, "%lld vectors of a class", (long long)n);
        m->vectors += n;
    }
    int64_t pairs = m->classes * (m->classes - 1) / 2;
    bool fits = m->per_class.n > 0 ? m->vectors > 0 && m->features > 0 &&
                                         vectors.n / m->features == m->vectors &&
                                         vectors.n % m->features == 0 && m->rho.n == pairs &&
                                         m->weight.n == (m->classes - 1) * m->vectors
                                   : m->classes > 0 && m->features > 0 && m->rho.n > 0 &&
                                         m->weight.n == m->classes * m->features;
    if (!fits || (m->a.n > 0 && (m->a.n != pairs || m->b.n != pairs)))
        return sx_reject(l, "vectors, coefficients, rho and classes do not fit");
    struct sx_shape table = {2, {m->vectors, m->features}};
    m->kernel =
        m->per_class.n > 0 ? kernel_of(l, x, sx_real_const(l->g, &table, vectors.v)) : x;
    return true;
}

/* The decision of each pair of classes i < j, positive for i: score[pairs], each [N, 1]. */
static int *decisions(struct sx_lowering *l, const struct machine *m)
{
    int64_t pairs = m->classes * (m->classes - 1) / 2, k = 0;
    int *score = sx_scratch(l, (size_t)pairs + 1, sizeof *score);
    for (int64_t i = 0; score != NULL && i < m->classes; i++)
        for (int64_t j = i + 1; j < m->classes; j++, k++)
            score[k] = sx_shift(l->g, sx_add(l->g, part(l, m, i, j - 1), part(l, m, j, i)),
                                m->rho.v[k]);
    return score;
}

/* 1 where a > 0; with `first` false, 1 where it is not. */
static int wins(struct sx_graph *g, int a, bool first)
{
    int above = sx_cast(g, sx_binary(g, SX_LESS, sx_scalar(g, 0), a), g->real);
    return first ? above : sx_shift(g, sx_neg(g, above), 1);
}

/* The number of decisions that each class wins, [N, classes]. */
static int votes(struct sx_lowering *l, const struct machine *m, const int *score)
{
    struct sx_graph *g = l->g;
    int *count = sx_scratch(l, (size_t)m->classes, sizeof *count);
    int64_t k = 0;
    for (int64_t i = 0; count != NULL && i < m->classes; i++)
        count[i] = SX_NONE;
    for (int64_t i = 0; count != NULL && i < m->classes; i++)
        for (int64_t j = i + 1; j < m->classes; j++, k++) {
            int won = wins(g, score[k], true), lost = wins(g, score[k], false);
            count[i] = count[i] == SX_NONE ? won : sx_add(g, count[i], won);
            count[j] = count[j] == SX_NONE ? lost : sx_add(g, count[j], lost);
        }
    return count != NULL ? sx_concat(g, count, (int)m->classes, 1) : SX_NONE;
}

/* ---- Probabilities ---- */

/* The most rounds of fitting class probabilities to those of pairs. */
#define MOST_ROUNDS 100

/* P(i | i or j) of each pair, [N, 1] each, and 1 where i = j: p[classes * classes]. */
static int *pair_probabilities(struct sx_lowering *l, const struct machine *m, const int *score)
{
    struct sx_graph *g = l->g;
    int64_t n = m->classes, k = 0;
    int *p = sx_scratch(l, (size_t)(n * n), sizeof *p);
    int least = sx_scalar(g, 1e-7), most = sx_scalar(g, 1 - 1e-7);
    for (int64_t i = 0; p != NULL && i < n; i++)
        for (int64_t j = i + 1; j < n; j++, k++) {
            int z = sx_shift(g, sx_scale(g, score[k], m->a.v[k]), m->b.v[k]);
            p[i * n + j] = sx_clip(g, sx_unary(g, SX_SIGMOID, sx_neg(g, z)), least, most);
            p[j * n + i] = sx_shift(g, sx_neg(g, p[i * n + j]), 1);
        }
    return p;
}

/* The matrix Q [N, classes, classes] of the pairs' probabilities: see coupled. */
static int pair_matrix(struct sx_lowering *l, int64_t n, const int *p)
{
    struct sx_graph *g = l->g;
    int64_t rows = sx_shape_of(g, p[1]).dim[0], dims[] = {rows, n, n};
    int *q = sx_scratch(l, (size_t)(n * n), sizeof *q);
    for (int64_t i = 0; q != NULL && i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            int sum = SX_NONE;
            for (int64_t k = 0; k < n && i == j; k++) {
                int square = k != i ? sx_mul(g, p[k * n + i], p[k * n + i]) : SX_NONE;
                sum = k == i ? sum : sum == SX_NONE ? square : sx_add(g, sum, square);
            }
            q[i * n + j] = i == j ? sum : sx_neg(g, sx_mul(g, p[j * n + i], p[i * n + j]));
        }
    return q != NULL ? sx_shaped(g, sx_concat(g, q, (int)(n * n), 1), 3, dims) : SX_NONE;
}

/* One round of coordinate descent over the probabilities. */
static int coupled_once(struct sx_graph *g, int64_t n, int q, int p, int qp, int pqp)
{
    int64_t rows = sx_shape_of(g, p).dim[0];
    for (int64_t i = 0; i < n; i++) {
        int row = sx_shaped(g, sx_slice_axis(g, q, 1, i, 1), 2, (int64_t[]){rows, n});
        int own = sx_slice_axis(g, row, 1, i, 1), qpi = sx_slice_axis(g, qp, 1, i, 1);
        int step = sx_div(g, sx_sub(g, pqp, qpi), own), more = sx_shift(g, step, 1);
        int64_t at[] = {0, i}, unit[] = {1, 1};
        struct sx_shape all = {2, {rows, n}};
        p = sx_div(g, sx_add(g, p, sx_embed(g, step, at, unit, &all)), more);
        int grown = sx_mul(g, step, sx_add(g, sx_mul(g, step, own), sx_scale(g, qpi, 2)));
        pqp = sx_div(g, sx_div(g, sx_add(g, pqp, grown), more), more);
        qp = sx_div(g, sx_add(g, qp, sx_mul(g, row, step)), more);
    }
    return p;
}

/* The class probabilities p, [N, classes], that fit those of the pairs best: p' Q p is minimal (Wu,
 * Lin, Weng 2004, as in libsvm, which stops when all elements of Q p are nearly equal). */
static int coupled(struct sx_lowering *l, int64_t n, int q)
{
    struct sx_graph *g = l->g;
    int64_t rows = sx_shape_of(g, q).dim[0];
    struct sx_shape shape = {2, {rows, n}};
    int p = sx_filled(g, g->real, &shape, 1 / (double)n);
    const int axis = 1;
    for (int round = 0; round < MOST_ROUNDS; round++) {
        int column = sx_shaped(g, p, 3, (int64_t[]){rows, n, 1});
        int qp = sx_shaped(g, sx_matmul(g, q, column, false, false), 2, shape.dim);
        int pqp = sx_sum(g, sx_mul(g, p, qp), &axis, 1);
        int off = sx_reduce_max(g, sx_unary(g, SX_ABS, sx_sub(g, qp, pqp)), &axis, 1);
        int done = sx_binary(g, SX_LESS, off, sx_scalar(g, 0.005 / (double)n));
        p = sx_where(g, done, p, coupled_once(g, n, q, p, qp, pqp));
    }
    return p;
}

static bool lower_svm_classifier(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct machine m = {0};
    if (!read_machine(l, &m))
        return false;
    if (m.per_class.n == 0) { /* a linear machine has a row of weights per class */
        struct sx_shape table = {2, {m.classes, m.features}};
        int w = sx_real_const(g, &table, m.weight.v);
        return sx_ml_give_classes(
            l, sx_shift(g, sx_matmul(g, m.kernel, w, false, true), m.rho.v[0]));
    }
    const int *score = decisions(l, &m);
    if (score == NULL || m.classes < 2)
        return sx_reject(l, "%lld classes", (long long)m.classes);
    int64_t rows = sx_shape_of(g, score[0]).dim[0];
    int won = sx_shaped(g, sx_argmax(g, votes(l, &m, score), 1, false), 1, &rows);
    int64_t pairs = m.classes * (m.classes - 1) / 2;
    int y = SX_NONE;
    if (m.a.n > 0) {
        const int *p = pair_probabilities(l, &m, score);
        y = p != NULL ? coupled(l, m.classes, pair_matrix(l, m.classes, p)) : SX_NONE;
        sx_give_as(l, 1, sx_ml_transformed(l, y), SX_ONNX_FLOAT);
    } else if (pairs > 1) {
        y = sx_concat(g, score, (int)pairs, 1);
        sx_give_as(l, 1, sx_ml_transformed(l, y), SX_ONNX_FLOAT);
    } else {
        int post = sx_ml_post(l);
        return sx_ml_give_two_classes(l, score[0],
                                      post == SX_POST_NONE       ? SX_ML_OPPOSITE
                                      : post == SX_POST_LOGISTIC ? SX_ML_LOGISTIC
                                                                 : SX_ML_REST,
                                      won);
    }
    return y != SX_NONE && sx_ml_give_labels(l, won);
}

#define ML "ai.onnx.ml"
const struct sx_lowering_row sx_lower_svm[] = {
    {ML, "SVMRegressor", 1, 0, 1, 1, lower_svm_regressor, 0, true},
    {ML, "SVMClassifier", 1, 0, 1, 1, lower_svm_classifier, 0, true},
    {0},
};
