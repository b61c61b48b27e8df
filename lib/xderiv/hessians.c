/* hessians.c - Hessians averaged over paths, backgrounds and noise.
 *
 * Integrated Hessians (Janizek, Sturmfels, Lee 2021), with d = x - b and a, c in [0, 1]:
 *   Gamma_ij = d_i d_j int int a c f_ij(b + a c d) da dc,
 *   Gamma_ii = the same + d_i int int f_i(b + a c d) da dc.
 * Both are computed as single integrals over t = a c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/quadrature.h"
#include "xderiv/study.h"

/* n points z, the difference d of each, and the weights of its Hessian and its gradient. */
struct path {
    int64_t n;
    double *z, *d, *second, *first;
};

static bool path_new(struct path *p, int64_t n, int64_t size, struct sx_error *error)
{
    size_t total;
    *p = (struct path){.n = n};
    if (!sx_size_mul(&total, (size_t)n, (size_t)size))
        return sx_fail(error, SX_MEMORY, "out of memory");
    p->z = sx_new_aligned(total, sizeof *p->z, error);
    p->d = sx_new_aligned(total, sizeof *p->d, error);
    p->second = sx_new((size_t)n, sizeof *p->second, error);
    p->first = sx_new((size_t)n, sizeof *p->first, error);
    return p->z != NULL && p->d != NULL && p->second != NULL && p->first != NULL;
}

static void path_free(struct path *p)
{
    free(p->z);
    free(p->d);
    free(p->second);
    free(p->first);
}

/* ---- Along paths ---- */

/* Adds the Hessian of point k, along unit vectors or along the d of each feature. */
static void take_point(const struct sx_study *h, const struct path *p, int64_t k,
                       const double *hessian, const double *gradient, double *matrix)
{
    const double *d = p->d + k * h->size;
    for (int64_t i = 0; i < h->q; i++)
        for (int64_t j = 0; j < h->q; j++) {
            double factor = h->elements ? d[i] * d[j] : 1;
            matrix[i * h->q + j] += p->second[k] * factor * hessian[i * h->q + j];
        }
    for (int64_t i = 0; i < h->size; i++)
        if (sx_feature_of(h, i) >= 0)
            matrix[sx_feature_of(h, i) * (h->q + 1)] += p->first[k] * d[i] * gradient[i];
}

/* d restricted to each feature: [q, size]. */
static void split(const struct sx_study *h, const double *d, double *v)
{
    memset(v, 0, (size_t)h->q * (size_t)h->size * sizeof *v);
    for (int64_t i = 0; i < h->size; i++)
        if (sx_feature_of(h, i) >= 0)
            v[sx_feature_of(h, i) * h->size + i] = d[i];
}

/* Point k lies at t on the line from b to x. */
static void place(struct path *p, int64_t k, int64_t size, const double *x, const double *b,
                  double t)
{
    for (int64_t i = 0; i < size; i++) {
        p->d[k * size + i] = x[i] - b[i];
        p->z[k * size + i] = b[i] + t * (x[i] - b[i]);
    }
}

static bool sum_path(struct sx_study *h, const struct path *p, double *matrix,
                     struct sx_error *error)
{
    int64_t cells = h->q * h->q, size = h->size;
    int64_t room = ((int64_t)1 << 21) / cells, most = h->elements ? p->n : 1;
    room = room < 1 ? 1 : room > most ? most : room;
    if (h->whole[2] == NULL)
        h->whole[2] = sx_whole_new(h->e, 2, h->q, NULL, !h->elements, p->n, error);
    double *hessian = sx_new_aligned((size_t)(room * cells), sizeof *hessian, error);
    double *gradient = sx_new_aligned((size_t)(room * size), sizeof *gradient, error);
    double *v = h->elements ? NULL : sx_new_aligned((size_t)(h->q * size), sizeof *v, error);
    bool ok = h->whole[2] != NULL && hessian != NULL && gradient != NULL &&
              (h->elements || v != NULL);
    memset(matrix, 0, (size_t)cells * sizeof *matrix);
    for (int64_t k = 0; ok && k < p->n; k += room) {
        int64_t now = p->n - k < room ? p->n - k : room;
        if (v != NULL)
            split(h, p->d + k * size, v);
        ok = sx_whole_run(h->whole[2], now, p->z + k * size, v, hessian, error) &&
             sx_gradients(h->e, now, p->z + k * size, NULL, gradient, error);
        for (int64_t j = 0; ok && j < now; j++)
            take_point(h, p, k + j, hessian + j * cells, gradient + j * size, matrix);
    }
    free(hessian);
    free(gradient);
    free(v);
    return ok;
}

bool sx_integrated_hessian(struct sx_study *h, int order, const struct sx_study_rows *rows,
                           double *tensor, struct sx_error *error)
{
    struct path p;
    int64_t size = h->size;
    bool ok = path_new(&p, h->steps, size, error);
    (void)order;
    for (int64_t r = 0; ok && r < rows->n; r++) {
        const double *x = rows->x + r * size, *b = rows->baseline + r * size;
        for (int64_t k = 0; k < p.n; k++) {
            double t = sx_product_node(k, p.n, &p.first[k]);
            p.second[k] = p.first[k] * t;
            place(&p, k, size, x, b, t);
        }
        ok = sum_path(h, &p, tensor + r * h->q * h->q, error);
    }
    path_free(&p);
    return ok;
}

/* Draws b from the background, or from the rows, and t as a product of two uniform numbers. */
bool sx_expected_hessian(struct sx_study *h, int order, const struct sx_study_rows *rows,
                         double *tensor, struct sx_error *error)
{
    struct path p;
    const double *from = h->background != NULL ? h->background : h->x;
    int64_t size = h->size, n = h->background != NULL ? h->n_background : h->n;
    (void)order;
    if (n < 2 && h->background == NULL)
        return sx_fail(
            error, SX_USAGE,
            "expected draws from a --background, or from several samples with --agg");
    bool ok = path_new(&p, h->steps, size, error);
    for (int64_t r = 0; ok && r < rows->n; r++) {
        const double *x = rows->x + r * size;
        for (int64_t k = 0; k < p.n; k++) {
            uint64_t draw = 3 * (uint64_t)k;
            uint64_t which = sx_random_bits(h->o.seed, 1, draw) % (uint64_t)n;
            const double *b = from + (int64_t)which * size;
            double t = sx_random_uniform(h->o.seed, 1, draw + 1) *
                       sx_random_uniform(h->o.seed, 1, draw + 2);
            p.first[k] = 1 / (double)p.n;
            p.second[k] = t / (double)p.n;
            place(&p, k, size, x, b, t);
        }
        ok = sum_path(h, &p, tensor + r * h->q * h->q, error);
    }
    path_free(&p);
    return ok;
}

/* ---- Blurred ---- */

/* Adds (v_i e)(v_j g) / s^2, symmetric, to the matrix. */
static void take_noise(const struct sx_study *h, const double *x, const double *baseline,
                       const double *e, const double *up, const double *down, double *work,
                       double scale, double *matrix)
{
    double *along_e = work, *along_g = work + h->q;
    memset(work, 0, 2 * (size_t)h->q * sizeof *work);
    for (int64_t i = 0; i < h->size; i++) {
        int64_t f = sx_feature_of(h, i);
        double v = sx_direction(h, x, baseline, i);
        if (f < 0)
            continue;
        along_e[f] += v * e[i];
        along_g[f] += v * (up[i] - down[i]);
    }
    for (int64_t i = 0; i < h->q; i++)
        for (int64_t j = 0; j < h->q; j++)
            matrix[i * h->q + j] += scale * (along_e[i] * along_g[j] + along_e[j] * along_g[i]);
}

/* Stein's identity: E D_ij f(x + e) = E e_i f_j(x + e) / s^2 for normal e. Each draw counts as
 * e and as -e, and in both orders of i and j. */
bool sx_smooth_hessian(struct sx_study *h, int order, const struct sx_study_rows *rows,
                       double *tensor, struct sx_error *error)
{
    int64_t size = h->size, q = h->q;
    size_t need = (size_t)size;
    double *e = sx_new(need, sizeof *e, error), *work = sx_new(2 * (size_t)q, sizeof *e, error);
    double *z = sx_new(2 * need, sizeof *z, error), *g = sx_new(2 * need, sizeof *g, error);
    double s = h->o.noise, scale = 1 / (4 * s * s * (double)h->steps);
    bool ok = e != NULL && work != NULL && z != NULL && g != NULL;
    (void)order;
    memset(tensor, 0, (size_t)(rows->n * q * q) * sizeof *tensor);
    for (int64_t at = 0; ok && at < rows->n * h->steps; at++) {
        int64_t r = at / h->steps, k = at % h->steps;
        const double *x = rows->x + r * size;
        const double *b = rows->baseline != NULL ? rows->baseline + r * size : NULL;
        for (int64_t i = 0; i < size; i++) {
            e[i] = s * sx_random_normal(h->o.seed, 2, (uint64_t)(k * size + i));
            z[i] = x[i] + e[i];
            z[size + i] = x[i] - e[i];
        }
        ok = sx_gradients(h->e, 2, z, NULL, g, error);
        if (ok)
            take_noise(h, x, b, e, g, g + size, work, scale, tensor + r * q * q);
    }
    free(e);
    free(work);
    free(z);
    free(g);
    return ok;
}

/* ---- Pairs of any method above ---- */

bool sx_path_effects(struct sx_study *h, const struct sx_level *l,
                     const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    double *tensor = sx_new((size_t)(h->q * h->q), sizeof *tensor, error);
    bool ok = tensor != NULL;
    for (int64_t r = 0; ok && r < rows->n; r++) {
        const double *b = rows->baseline != NULL ? rows->baseline + r * h->size : NULL;
        const struct sx_study_rows one = {1, rows->x + r * h->size, b};
        ok = h->method->tensor(h, 2, &one, tensor, error);
        for (int64_t k = 0; ok && k < l->n; k++)
            values[r * l->n + k] = tensor[l->set[2 * k] * h->q + l->set[2 * k + 1]];
    }
    free(tensor);
    return ok;
}
