/* fuzz_graph.c - bytes as a graph, which is differentiated twice. The fast program in float and
 * the reference in double must give the same numbers, as far as rounding allows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/run.h"
#include "tests/fuzz/draw.h"

enum { OUTPUTS = 1 + 2 * DRAW_INPUTS, MOST_GROWN = 20000 };

/* y, its first derivatives, and the derivatives of their sum. */
struct task {
    struct drawing d;
    int output[OUTPUTS], n_outputs;
    struct sx_tensor feed[DRAW_INPUTS], result[OUTPUTS];
};

/* Draws the graph and its derivatives. False if the graph is refused. */
static bool prepare(struct task *t, const uint8_t *bytes, size_t n, enum sx_type real)
{
    struct fuzz f = {bytes, n};
    draw_graph(&t->d, &f, real);
    struct sx_graph *g = t->d.g;
    const int y = t->d.node[t->d.n_nodes - 1];
    int *first = t->output + 1, *second = first + t->d.n_inputs, all = SX_NONE;
    t->output[t->n_outputs++] = y;
    if (g->error.status != SX_OK || !sx_derive(g, y, SX_NONE, t->d.input, t->d.n_inputs, first))
        return false;
    for (int i = 0; i < t->d.n_inputs; i++) {
        const int sum = sx_sum_all(g, first[i]);
        all = all == SX_NONE ? sum : sx_add(g, all, sum);
    }
    t->n_outputs += t->d.n_inputs;
    if (g->n_nodes > MOST_GROWN ||
        !sx_derive(g, all, SX_NONE, t->d.input, t->d.n_inputs, second))
        return false;
    t->n_outputs += t->d.n_inputs;
    return true;
}

static bool make_tensors(struct task *t, struct sx_error *error)
{
    const struct sx_graph *g = t->d.g;
    bool ok = true;
    for (int i = 0; i < t->d.n_inputs && ok; i++) {
        const struct sx_node *node = &g->node[t->d.input[i]];
        ok = sx_tensor_new(&t->feed[i], node->type, &node->shape, error);
        /* the same in float and in double */
        for (int64_t k = 0; ok && k < sx_count(&node->shape); k++)
            sx_tensor_set(&t->feed[i], k,
                          (float)(2 * sx_random_uniform(1, (uint64_t)i, (uint64_t)k) - 1));
    }
    for (int i = 0; i < t->n_outputs && ok; i++)
        ok = sx_tensor_new(&t->result[i], g->node[t->output[i]].type,
                           &g->node[t->output[i]].shape, error);
    return ok;
}

static void drop(struct task *t)
{
    for (int i = 0; i < DRAW_INPUTS; i++)
        sx_tensor_free(&t->feed[i]);
    for (int i = 0; i < OUTPUTS; i++)
        sx_tensor_free(&t->result[i]);
    sx_graph_free(t->d.g);
}

static bool run(struct task *t, bool plain)
{
    const struct sx_run_options options = {
        .threads = 1, .max_memory = (size_t)1 << 26, .plain = plain};
    struct sx_error error = {0};
    struct sx_program *program = make_tensors(t, &error)
                                     ? sx_compile(t->d.g, t->d.input, t->d.n_inputs, t->output,
                                                  t->n_outputs, &options, &error)
                                     : NULL;
    const bool ok = program != NULL && sx_run(program, t->feed, t->result, &error);
    fuzz_told(ok, &error);
    sx_program_free(program);
    return ok;
}

/* The largest magnitude in any node of the reference. Infinite if there is a NaN. */
static double largest(struct task *t)
{
    double most = 0;
    struct sx_error error = {0};
    struct sx_values values = {0};
    bool ok = true;
    for (int i = 0; i < t->d.n_inputs && ok; i++)
        ok = sx_values_feed(t->d.g, &values, t->d.input[i], &t->feed[i], &error);
    for (size_t i = 0; i < t->d.g->n_nodes && ok; i++) {
        const struct sx_tensor *value =
            sx_is_const(t->d.g, (int)i) ? NULL : sx_value_of(t->d.g, &values, (int)i, &error);
        if (sx_is_const(t->d.g, (int)i))
            continue;
        ok = value != NULL;
        for (int64_t k = 0; ok && sx_is_real(value->type) && k < sx_count(&value->shape); k++) {
            const double x = fabs(sx_tensor_get(value, k));
            most = x <= most ? most : isnan(x) ? HUGE_VAL : x;
        }
    }
    sx_values_free(&values);
    return ok ? most : HUGE_VAL;
}

static void compare(struct task *got, struct task *want)
{
    const double most = largest(want), tolerance = 2e-4 * (1 + most) * (1 + most);
    const int n = want->d.smooth ? want->n_outputs : 1;
    if (!want->d.steady || !(most < 30))
        return;
    for (int i = 0; i < n; i++)
        for (int64_t k = 0; k < sx_count(&want->result[i].shape); k++) {
            const double a = sx_tensor_get(&got->result[i], k),
                         b = sx_tensor_get(&want->result[i], k);
            if (!(fabs(a - b) <= tolerance)) {
                fprintf(stderr, "output %d, element %lld: %g, reference %g, largest %g\n", i,
                        (long long)k, a, b, most);
                sx_graph_dump(want->d.g, stderr);
                fuzz_must(false, "the executor computes what the reference does");
            }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct task fast = {.n_outputs = 0}, reference = {.n_outputs = 0};
    const bool ok = prepare(&fast, bytes, n, SX_FLOAT);
    if (prepare(&reference, bytes, n, SX_DOUBLE) && ok && run(&fast, false) &&
        run(&reference, true))
        compare(&fast, &reference);
    drop(&fast);
    drop(&reference);
    return 0;
}
