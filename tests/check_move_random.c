/* check_move_random.c - random movers and reductions against their definitions. */
#include <math.h>
#include <string.h>

#include "random_row.h"
#include "ops/table.h"
#include "suite.h"

#define DRAWS 150
#define BATCH 3

static const int ops[] = {SX_RESHAPE, SX_TRANSPOSE, SX_EXPAND, SX_SLICE,   SX_EMBED,
                          SX_CONCAT,  SX_TAKE,      SX_PUT,    SX_SUM,     SX_REDUCEMAX,
                          SX_ARGMAX,  SX_SORTINDEX, SX_CUMSUM, SX_SOFTMAX, SX_LOGSOFTMAX};
enum { N_OPS = sizeof ops / sizeof ops[0] };

static struct sx_graph *new_graph(enum sx_type real)
{
    struct sx_error error = {0};
    struct sx_graph *g = sx_graph_new(sx_rows, real, &error);
    ck_assert_ptr_nonnull(g);
    return g;
}

/* The name of a draw for messages. */
static const char *label(int op, uint64_t seed)
{
    static char text[80];
    snprintf(text, sizeof text, "%s, draw %d", sx_rows[op]->name, (int)seed);
    return text;
}

static double tolerance(enum sx_type type)
{
    return type == SX_FLOAT ? 1e-6 : 1e-13;
}

START_TEST(values)
{
    int op = ops[_i];
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        for (enum sx_type type = SX_FLOAT; type <= SX_BOOL; type++) {
            if (!rr_takes(op, type))
                continue;
            struct random_row e = rr_draw(op, type, 7, true, seed);
            struct sx_graph *g = new_graph(type == SX_FLOAT ? SX_FLOAT : SX_DOUBLE);
            g->faithful = seed % 2 == 0;
            int in[4], y = rr_emit(g, &e, in);
            ck_assert_msg(y != SX_NONE, "%s: %s", label(op, seed), g->error.message);
            struct sx_tensor got = ta_evaluate(g, y, in, e.in, e.n_in);
            struct sx_tensor want = rr_by_definition(&e);
            ta_expect(&got, &want, tolerance(type), label(op, seed));
            ta_free(&got, 1);
            ta_free(&want, 1);
            rr_free(&e);
            sx_graph_free(g);
        }
    }
}
END_TEST

/* ---- Batches ---- */

/* Operand k of all samples, joined along a new first axis. */
static struct sx_tensor stack(struct random_row samples[BATCH], int k)
{
    struct sx_shape shape = sx_batch_shape(BATCH, &samples[0].in[k].shape);
    struct sx_tensor all = ta_random(samples[0].in[k].type, shape, 1, 0);
    int64_t n = sx_count(&samples[0].in[k].shape);
    for (int64_t i = 0; i < BATCH * n; i++)
        sx_tensor_set(&all, i, sx_tensor_get(&samples[i / n].in[k], i % n));
    return all;
}

/* Runs `e` with the operands of `mask` as a batch, and compares each sample with a single run. */
static void batch_as_singles(const struct random_row *e, int mask, const char *what)
{
    struct sx_graph *g = new_graph(e->in[0].type == SX_FLOAT ? SX_FLOAT : SX_DOUBLE);
    struct random_row sample[BATCH];
    struct sx_tensor want[BATCH], feed[4], all;
    int in[4], from[4], to[4], n = 0, y = rr_emit(g, e, in), result;
    for (int i = 0; i < BATCH; i++) {
        sample[i] = *e;
        for (int k = 0; k < e->n_in; k++)
            sample[i].in[k] = mask >> k & 1 && i > 0
                                  ? rr_redraw(e, k, 1000 * (uint64_t)(i + 1) + (uint64_t)k)
                                  : ta_copy(&e->in[k]);
        want[i] = ta_evaluate(g, y, in, sample[i].in, e->n_in);
    }
    for (int k = 0; k < e->n_in; k++)
        if (mask >> k & 1)
            from[n++] = in[k];
    ck_assert_msg(sx_batch(g, BATCH, from, to, n, &y, &result, 1), "%s: %s", what,
                  g->error.message);
    for (int k = 0, j = 0; k < e->n_in; k++) {
        feed[k] = mask >> k & 1 ? stack(sample, k) : ta_copy(&e->in[k]);
        if (mask >> k & 1)
            in[k] = to[j++];
    }
    all = ta_evaluate(g, result, in, feed, e->n_in);
    struct sx_shape expected = sx_batch_shape(BATCH, &want[0].shape);
    ck_assert_msg(sx_shape_equal(&all.shape, &expected), "%s: shape of the batch", what);
    int64_t count = sx_count(&want[0].shape);
    for (int64_t i = 0; i < BATCH * count; i++) {
        double a = sx_tensor_get(&all, i), b = sx_tensor_get(&want[i / count], i % count);
        ck_assert_msg(fabs(a - b) <= 1e-13, "%s: element %lld of the batch", what,
                      (long long)i);
    }
    for (int i = 0; i < BATCH; i++)
        rr_free(&sample[i]);
    ta_free(want, BATCH);
    ta_free(feed, e->n_in);
    ta_free(&all, 1);
    sx_graph_free(g);
}

START_TEST(batches)
{
    int op = ops[_i];
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        struct random_row e = rr_draw(op, SX_DOUBLE, 4, false, seed);
        for (int mask = 1; mask < 1 << e.n_in; mask++)
            batch_as_singles(&e, mask, label(op, seed));
        rr_free(&e);
    }
}
END_TEST

/* ---- Derivatives ---- */

/* The central difference of <u, y> along v in the real operands. */
static double difference(struct sx_graph *g, int y, const int *in, const struct random_row *e,
                         const struct sx_tensor *v, const struct sx_tensor *u)
{
    double side[2], h = 1e-5;
    for (int s = 0; s < 2; s++) {
        struct sx_tensor moved[4];
        for (int k = 0; k < e->n_in; k++) {
            moved[k] = ta_copy(&e->in[k]);
            for (int64_t i = 0; sx_is_real(v[k].type) && i < sx_count(&v[k].shape); i++)
                sx_tensor_set(&moved[k], i,
                              sx_tensor_get(&e->in[k], i) +
                                  (s == 0 ? h : -h) * sx_tensor_get(&v[k], i));
        }
        struct sx_tensor value = ta_evaluate(g, y, in, moved, e->n_in);
        side[s] = ta_dot(&value, u);
        ta_free(&value, 1);
        ta_free(moved, e->n_in);
    }
    return (side[0] - side[1]) / (2 * h);
}

/* <u, dy/dx v> computed backward, forward, and by differences. */
START_TEST(derivatives)
{
    int op = ops[_i];
    for (uint64_t seed = 0; seed < DRAWS && sx_rows[op]->derive != NULL; seed++) {
        struct random_row e = rr_draw(op, SX_DOUBLE, 4, false, seed);
        struct sx_graph *g = new_graph(SX_DOUBLE);
        int in[5], dx[4], y = rr_emit(g, &e, in), reals = 0;
        struct sx_tensor feed[5], v[4];
        double pulled = 0, pushed = 0;
        for (int k = 0; k < e.n_in; k++) {
            feed[k] = e.in[k];
            v[k] = rr_redraw(&e, k, seed + 77 + (uint64_t)k);
            reals += sx_is_real(e.in[k].type);
        }
        struct sx_shape shape = sx_shape_of(g, y);
        int seed_node = in[e.n_in] = sx_input(g, SX_DOUBLE, &shape);
        struct sx_tensor u = feed[e.n_in] = ta_random(SX_DOUBLE, shape, 1, seed + 99);
        ck_assert_msg(sx_derive(g, y, seed_node, in, reals, dx), "%s: %s", label(op, seed),
                      g->error.message);
        for (int k = 0; k < reals; k++) {
            struct sx_tensor d = ta_evaluate(g, dx[k], in, feed, e.n_in + 1);
            pulled += ta_dot(&d, &v[k]);
            int vk = sx_const(g, SX_DOUBLE, &v[k].shape, v[k].data);
            struct sx_tensor f =
                ta_evaluate(g, sx_derive_forward(g, y, in[k], vk), in, feed, e.n_in);
            pushed += ta_dot(&f, &u);
            ta_free(&d, 1);
            ta_free(&f, 1);
        }
        ck_assert_msg(fabs(pulled - pushed) < 1e-10, "%s: forward", label(op, seed));
        double numeric = difference(g, y, in, &e, v, &u);
        ck_assert_msg(fabs(pulled - numeric) < 1e-7 * (1 + fabs(numeric)), "%s: %g, not %g",
                      label(op, seed), pulled, numeric);
        ta_free(v, e.n_in);
        ta_free(&u, 1);
        rr_free(&e);
        sx_graph_free(g);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("movers at random");
    tcase_add_loop_test(c, values, 0, N_OPS);
    tcase_add_loop_test(c, batches, 0, N_OPS);
    tcase_add_loop_test(c, derivatives, 0, N_OPS);
    return suite_run();
}
