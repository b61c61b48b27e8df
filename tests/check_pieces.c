/* check_pieces.c - Integrated Gradients of piecewise linear functions that have more kinks than may
 * be looked for. */
#include <math.h>

#include "decompose/path.h"
#include "model.h"
#include "suite.h"

enum { UNITS = 600 };

struct units {
    double a[UNITS], b[UNITS], c[UNITS];
};

/* Numbers below 1, the same ones in every run. */
static double draw(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return (double)(*state >> 16 & 0x7fff) / 32768;
}

/* y = sum_k v_k relu(a_k x1 + b_k x2 - c_k), and its Integrated Gradients from 0 to (1, 1) in closed form:
 * unit k is active from t = c_k / (a_k + b_k) on. */
static struct tm_model *many_units(double ig[2])
{
    static struct units u;
    double w[2 * UNITS], bias[UNITS], v[UNITS];
    unsigned state = 1;
    ig[0] = ig[1] = 0;
    for (int k = 0; k < UNITS; k++) {
        u.a[k] = draw(&state) + 0.1;
        u.b[k] = draw(&state) * 2 - 0.1;
        u.c[k] = draw(&state) * (u.a[k] + u.b[k]);
        w[k] = u.a[k];
        w[UNITS + k] = u.b[k];
        bias[k] = -u.c[k];
        v[k] = k % 3 == 0 ? -1 : 1; /* of both signs, so that slopes rise and fall */
        double active = v[k] * (1 - u.c[k] / (u.a[k] + u.b[k]));
        ig[0] += active * u.a[k];
        ig[1] += active * u.b[k];
    }
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (int64_t[]){1, 2});
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){2, UNITS}, w);
    tm_const(m, "c", SX_DOUBLE, 1, (int64_t[]){UNITS}, bias);
    tm_const(m, "v", SX_DOUBLE, 2, (int64_t[]){UNITS, 1}, v);
    tm_node(m, "Gemm", "x w c", "z", NULL);
    tm_node(m, "Relu", "z", "h", NULL);
    tm_node(m, "MatMul", "h v", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(test_nodes_run_out)
{
    double ig[2], zeros[2] = {0}, ones[2] = {1, 1}, got[2];
    struct sx_error error = {0};
    const struct sx_shape shape = {2, {1, 2}};
    const struct sx_explain_options options = {.precise = true, .score = SX_SCORE_LOGIT};
    struct tm_model *m = many_units(ig);
    struct sx_model *model = tm_open(m, &error);
    tm_free(m);
    struct sx_explainer *e = sx_explainer_new(model, &options, &error);
    ck_assert(sx_explainer_sample(e, &(struct sx_tensor){SX_DOUBLE, shape, ones}, &error));
    struct sx_players *players = sx_players_new(&shape, "elements", SX_LAYOUT_AUTO, &error);
    struct sx_decompose_options o = sx_decompose_defaults();
    struct sx_decomposing d = {.e = e,
                               .o = &o,
                               .players = players,
                               .n = 2,
                               .size = 2,
                               .x = ones,
                               .cost = 1e9, /* so that there are 256 nodes */
                               .error = &error};
    const struct sx_frame frame = {.baseline = zeros};
    ck_assert_msg(sx_integrate_pieces(&d, &frame, 1, NULL, got), "%s", error.message);
    ck_assert_double_eq_tol(got[0] + got[1], ig[0] + ig[1], 1e-9);
    ck_assert_double_eq_tol(got[0], ig[0],
                            0.01); /* 0.03 off if both ends have half the weight */
    sx_players_free(players);
    sx_explainer_free(e);
    sx_model_close(model);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("pieces");
    SUITE_ADD(c, test_nodes_run_out);
    return suite_run();
}
