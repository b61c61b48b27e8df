/* check_jet.c - Taylor coefficients along a line against repeated derivatives, for every row. */
#include <math.h>
#include <stdlib.h>

#include "examples.h"
#include "graph/jet.h"
#include "ops/table.h"
#include "suite.h"

enum { ORDER = 3 };

/* Compares coefficient k with the k-th derivative along v, divided by k!. */
static void compare(struct fd *t, int y, int x, int v, const char *op, const char *label)
{
    int nodes[2 * ORDER + 1];
    ck_assert_msg(sx_jet(t->g, y, x, v, ORDER, nodes), "%s", t->g->error.message);
    int d = y;
    for (int k = 1; k <= ORDER; k++) {
        d = sx_scale(t->g, sx_derive_forward(t->g, d, x, v), 1.0 / k);
        nodes[ORDER + k] = d;
    }
    ck_assert_msg(sx_graph_ok(t->g, NULL), "%s", t->g->error.message);
    struct sx_tensor values[2 * ORDER + 1];
    fd_run(t, nodes, 2 * ORDER + 1, values);
    for (int k = 1; k <= ORDER; k++)
        ck_assert_msg(fd_distance(&values[k], &values[ORDER + k]) < 1e-9,
                      "%s, %s: coefficient %d", op, label, k);
    for (int k = 0; k < 2 * ORDER + 1; k++)
        sx_tensor_free(&values[k]);
}

START_TEST(rows)
{
    const struct example *e = &examples[_i];
    for (int k = 0; k < 3; k++) {
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int y = e->build(&t, e->arg);
        if (k < t.n_x && e->op != SX_NARROW) { /* the derivative of NARROW is a convention */
            struct sx_shape shape = sx_shape_of(t.g, t.in[k]);
            compare(&t, y, t.in[k], fd_fixed(&t, &shape),
                    e->op == SX_NONE ? "graph" : sx_rows[e->op]->name, e->label);
        }
        fd_end(&t);
    }
}
END_TEST

/* tanh(s) = s - s^3/3 + 2 s^5/15 - 17 s^7/315 + 62 s^9/2835 - ... */
START_TEST(high_order)
{
    static const double known[] = {0,        1, 0,           -1.0 / 3, 0,
                                   2.0 / 15, 0, -17.0 / 315, 0,        62.0 / 2835};
    struct fd t;
    int nodes[10];
    fd_begin(&t, SX_DOUBLE, false);
    int x = fd_input(&t, "1", 0, 0);
    int y = sx_unary(t.g, SX_TANH, x);
    ck_assert(sx_jet(t.g, y, x, fd_list(&t, "1", (const double[]){1}), 9, nodes));
    /* the number of products grows as the square of the order */
    ck_assert_uint_lt(t.g->n_nodes, 1000);
    struct sx_tensor values[10];
    fd_run(&t, nodes, 10, values);
    for (int k = 0; k < 10; k++) {
        ck_assert_double_eq_tol(sx_tensor_get(&values[k], 0), known[k], 1e-15);
        sx_tensor_free(&values[k]);
    }
    fd_end(&t);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("jet");
    tcase_add_loop_test(c, rows, 0, n_examples);
    tcase_add_test(c, high_order);
    setenv("CK_FORK", "no", 0); /* there are hundreds of tiny tests */
    return suite_run();
}
