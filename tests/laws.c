/* laws.c - properties of rows that are linear in each operand, and of batch rules. */
#include <check.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "laws.h"

enum { MOST = 4, SIZE = 3 };

static struct sx_tensor random_for(const struct sx_graph *g, int node, uint64_t seed)
{
    return ta_random(g->node[node].type, sx_shape_of(g, node), 2, seed);
}

void tl_adjoint(struct sx_graph *g, int y, const int *x, int n, int k)
{
    struct sx_shape shape = sx_shape_of(g, y);
    struct sx_tensor in[MOST + 1];
    int nodes[MOST + 1], dx;
    nodes[n] = sx_input(g, SX_DOUBLE, &shape);
    for (int i = 0; i < n; i++)
        nodes[i] = x[i];
    ck_assert_msg(sx_derive(g, y, nodes[n], &x[k], 1, &dx), "%s", g->error.message);
    for (int i = 0; i <= n; i++)
        in[i] = random_for(g, nodes[i], (uint64_t)(i + 1));
    struct sx_tensor grad = ta_evaluate(g, dx, nodes, in, n + 1);
    ck_assert(sx_shape_equal(&grad.shape, &in[k].shape));
    ta_free(&in[k], 1);
    in[k] = random_for(g, x[k], 99);
    struct sx_tensor moved = ta_evaluate(g, y, nodes, in, n + 1);
    double left = ta_dot(&grad, &in[k]), right = ta_dot(&moved, &in[n]);
    ck_assert_msg(fabs(left - right) < 1e-10 * (1 + fabs(left)), "%g != %g", left, right);
    ta_free(&grad, 1);
    ta_free(&moved, 1);
    ta_free(in, n + 1);
}

/* Sample i of a batch as a tensor of shape `one`. Its data are in place. */
static struct sx_tensor sample(const struct sx_tensor *batch, const struct sx_shape *one,
                               int64_t i)
{
    struct sx_tensor t = {batch->type, *one, NULL};
    t.data = (char *)batch->data + (size_t)(i * sx_count(one)) * sx_type_size(batch->type);
    return t;
}

void tl_batch(struct sx_graph *g, int y, const int *x, int n, int which)
{
    int from[MOST] = {0}, to[MOST], all, n_from = 0, nodes[2 * MOST];
    struct sx_tensor feeds[2 * MOST];
    for (int k = 0; k < n; k++) {
        feeds[k] = random_for(g, x[k], (uint64_t)(k + 1));
        nodes[k] = x[k];
        if (which >> k & 1)
            from[n_from++] = x[k];
    }
    ck_assert_msg(sx_batch(g, SIZE, from, to, n_from, &y, &all, 1), "%s", g->error.message);
    for (int k = 0; k < n_from; k++) {
        feeds[n + k] = random_for(g, to[k], (uint64_t)(k + 7));
        nodes[n + k] = to[k];
    }
    struct sx_tensor got = ta_evaluate(g, all, nodes, feeds, n + n_from);
    for (int64_t i = 0; i < SIZE; i++) {
        struct sx_tensor one[MOST];
        for (int k = 0, b = 0; k < n; k++)
            one[k] = which >> k & 1 ? sample(&feeds[n + b++], &feeds[k].shape, i) : feeds[k];
        struct sx_tensor want = ta_evaluate(g, y, x, one, n);
        struct sx_tensor part = sample(&got, &want.shape, i);
        ta_expect(&part, &want, 1e-12, "a sample of a batch");
        ta_free(&want, 1);
    }
    ta_free(&got, 1);
    ta_free(feeds, n + n_from);
}

void tl_threads(struct sx_graph *g, int y, const int *x, int n)
{
    struct sx_tensor in[MOST], first = {0};
    int threads = omp_get_max_threads();
    for (int k = 0; k < n; k++)
        in[k] = random_for(g, x[k], (uint64_t)(k + 1));
    for (int t = 1; t <= 4; t++) {
        omp_set_num_threads(t);
        struct sx_tensor got = ta_evaluate(g, y, x, in, n);
        size_t bytes = (size_t)sx_count(&got.shape) * sx_type_size(got.type);
        if (t == 1) {
            first = got;
            continue;
        }
        ck_assert(memcmp(first.data, got.data, bytes) == 0);
        ta_free(&got, 1);
    }
    omp_set_num_threads(threads);
    ta_free(&first, 1);
    ta_free(in, n);
}
