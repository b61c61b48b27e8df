/* check_lower_control.c - If, Loop and Scan: which bodies are lowered, how often, and on which
 * values. */
#include <string.h>
#include <time.h>

#include "lowering.h"
#include "suite.h"

#define GIVES(m, out) lc_gives(m, (const char *const[]){"f2: 1 2", NULL}, out)
#define OUT(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct tm_model *start(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    return m;
}

static void flag(struct tm_model *m, const char *name, uint8_t value)
{
    tm_const(m, name, SX_BOOL, 0, NULL, &value);
}

static void number(struct tm_model *m, const char *name, int64_t value)
{
    tm_const(m, name, SX_INT, 0, NULL, &value);
}

/* A body of one node without inputs of its own. */
static struct tm_model *branch(const char *op, const char *inputs, const char *output)
{
    struct tm_model *body = tm_new(13);
    tm_node(body, op, inputs, output, NULL);
    tm_output(body, output);
    return body;
}

static void add_if(struct tm_model *m, const char *condition, struct tm_model *yes,
                   struct tm_model *no)
{
    tm_node(m, "If", condition, "y", NULL);
    tm_attr_graph(m, "then_branch", yes);
    tm_attr_graph(m, "else_branch", no);
    tm_output(m, "y");
}

/* ---- If ---- */

START_TEST(conditions_that_are_constant)
{
    for (uint8_t value = 0; value < 2; value++) {
        struct tm_model *m = start();
        flag(m, "c", value);
        add_if(m, "c", branch("Neg", "x", "a"), branch("Identity", "x", "b"));
        GIVES(m, OUT(value != 0 ? "f2: -1 -2" : "f2: 1 2"));
    }
    /* the branch that is not taken may fail, and its result may have another shape */
    struct tm_model *m = start();
    tm_const(m, "two", SX_INT, 0, NULL, (int64_t[]){2});
    tm_node(m, "Size", "x", "n", NULL);
    tm_node(m, "Equal", "n two", "c", NULL);
    add_if(m, "c", branch("Neg", "x", "a"), branch("Foo", "x", "b"));
    GIVES(m, OUT("f2: -1 -2"));
}
END_TEST

START_TEST(names_of_branches)
{
    /* the branch's result has the name of an outer tensor */
    struct tm_model *m = start(), *yes = branch("Neg", "x", "y");
    struct sx_model *model;
    struct sx_error error = {0};
    tm_node(yes, "Abs", "y", "unused", NULL);
    flag(m, "c", 1);
    add_if(m, "c", yes, branch("Abs", "x", "y"));
    struct sx_lowered *l = lc_lower(m, &model, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(sx_find(l->graph, "unused"), SX_NONE);
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

START_TEST(conditions_that_depend_on_inputs)
{
    struct tm_model *m = start();
    tm_const(m, "limit", SX_FLOAT, 0, NULL, (float[]){2.5});
    tm_node(m, "ReduceSum", "x", "sum", "keepdims=0");
    tm_node(m, "Less", "limit sum", "c", NULL);
    add_if(m, "c", branch("Neg", "x", "a"), branch("Identity", "x", "b"));
    GIVES(m, OUT("f2: -1 -2"));
    m = start();
    tm_input(m, "c", SX_BOOL, 0, NULL);
    add_if(m, "c", branch("Neg", "x", "a"), branch("Shape", "x", "b"));
    lc_refused(m, "(condition) is not constant, and the branches differ");
}
END_TEST

/* A branch may give a tensor of the outer graph as it is; nothing else reads that tensor. */
START_TEST(branches_without_nodes)
{
    for (uint8_t c = 0; c < 2; c++) {
        struct tm_model *m = tm_new(13), *branch[2] = {tm_new(13), tm_new(13)};
        tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
        tm_const(m, "c", SX_BOOL, 0, NULL, &c);
        tm_node(m, "Neg", "x", "minus", NULL);
        tm_node(m, "Add", "x x", "twice", NULL);
        tm_output(branch[0], "minus");
        tm_output(branch[1], "twice");
        tm_node(m, "If", "c", "y", NULL);
        tm_attr_graph(m, "then_branch", branch[0]);
        tm_attr_graph(m, "else_branch", branch[1]);
        tm_output(m, "y");
        lc_gives(m, (const char *const[]){"f2: 1 3", NULL},
                 (const char *const[]){c ? "f2: -1 -3" : "f2: 2 6", NULL});
    }
}
END_TEST

START_TEST(bad_branches)
{
    struct tm_model *m = start();
    add_if(m, "x", branch("Neg", "x", "a"), branch("Neg", "x", "b"));
    lc_refused(m, "(condition) must be one bool");
    m = start();
    flag(m, "c", 1);
    tm_node(m, "If", "c", "y", NULL);
    tm_attr_graph(m, "then_branch", branch("Neg", "x", "a"));
    tm_output(m, "y");
    lc_refused(m, "attribute 'else_branch' is missing");
    m = start();
    flag(m, "c", 1);
    struct tm_model *two = branch("Neg", "x", "a");
    tm_output(two, "x");
    add_if(m, "c", two, branch("Neg", "x", "b"));
    lc_refused(m, "a body has 0 inputs and 2 outputs, not 0 and 1");
    m = start();
    flag(m, "c", 1);
    add_if(m, "c", branch("Foo", "x", "a"), branch("Neg", "x", "b"));
    lc_refused(m, ": node 'a' (Foo, opset 13): operator not supported");
    m = start();
    flag(m, "c", 1);
    struct tm_model *empty = tm_new(13);
    tm_output(empty, "nothing");
    add_if(m, "c", empty, branch("Neg", "x", "b"));
    lc_refused(m, "the body does not make 'nothing'");
}
END_TEST

START_TEST(deep_nesting)
{
    struct tm_model *inner = branch("Neg", "x", "y");
    for (int i = 0; i < 20; i++) {
        struct tm_model *outer = tm_new(13);
        flag(outer, "c", 1);
        add_if(outer, "c", inner, branch("Abs", "x", "y"));
        inner = outer;
    }
    struct tm_model *m = start();
    flag(m, "c", 1);
    add_if(m, "c", inner, branch("Abs", "x", "y"));
    GIVES(m, OUT("f2: -1 -2"));
}
END_TEST

/* ---- Loop ---- */

/* A body (i, go, s) -> (go', s + s, s). It doubles the state and returns the previous one. */
static struct tm_model *doubling(void)
{
    struct tm_model *body = tm_new(13);
    tm_input(body, "i", SX_INT, 0, NULL);
    tm_input(body, "go", SX_BOOL, 0, NULL);
    tm_input(body, "s", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(body, "Add", "s s", "t", NULL);
    tm_node(body, "Identity", "s", "shown", NULL);
    return body;
}

static void finish_loop(struct tm_model *m, struct tm_model *body, const char *go,
                        const char *inputs, const char *outputs)
{
    tm_output(body, go);
    tm_output(body, "t");
    tm_output(body, "shown");
    tm_node(m, "Loop", inputs, outputs, NULL);
    tm_attr_graph(m, "body", body);
}

START_TEST(counted_loops)
{
    struct tm_model *m = start();
    number(m, "n", 3);
    finish_loop(m, doubling(), "go", "n - x", "y all");
    tm_output(m, "y");
    tm_output(m, "all");
    GIVES(m, OUT("f2: 8 16", "f3x2: 1 2 2 4 4 8"));
    m = start();
    number(m, "n", 0);
    finish_loop(m, doubling(), "go", "n - x", "y");
    tm_output(m, "y");
    GIVES(m, OUT("f2: 1 2"));
    m = start();
    number(m, "n", 0);
    finish_loop(m, doubling(), "go", "n - x", "y all");
    tm_output(m, "y");
    tm_output(m, "all");
    GIVES(m, OUT("f2: 1 2", "f0x2:"));
}
END_TEST

START_TEST(conditional_loops)
{
    /* stops when the iteration is 2, so there are three runs */
    struct tm_model *m = start(), *body = doubling();
    number(body, "two", 2);
    tm_node(body, "Less", "i two", "more", NULL);
    finish_loop(m, body, "more", "- - x", "y");
    tm_output(m, "y");
    GIVES(m, OUT("f2: 8 16"));
    m = start();
    flag(m, "no", 0);
    finish_loop(m, doubling(), "go", "- no x", "y");
    tm_output(m, "y");
    GIVES(m, OUT("f2: 1 2"));
    m = start();
    body = doubling();
    number(body, "many", (int64_t)1 << 40);
    tm_node(body, "Less", "i many", "more", NULL);
    finish_loop(m, body, "more", "- - x", "y");
    tm_output(m, "y");
    lc_refused(m, "too many nodes");
}
END_TEST

/* If the condition of a body never changes, the loop is endless, and this is noticed at once. */
START_TEST(endless_loops)
{
    static const char *const conditions[] = {"go", "copy", "yes", "made", "outside"};
    const clock_t start_time = clock();
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct tm_model *m = start(), *body = doubling();
        flag(m, "outside", 1);
        flag(body, "yes", 1);
        tm_node(body, "Identity", "go", "first", NULL);
        tm_node(body, "Identity", "first", "copy", NULL);
        tm_node(body, "Constant", "", "made", NULL);
        tm_attr_tensor(body, "value", SX_BOOL, 0, NULL, (uint8_t[]){1});
        number(m, "n", (int64_t)1 << 40);
        finish_loop(m, body, conditions[i], "n - x", "y");
        tm_output(m, "y");
        lc_refused(m, "node 'y' (Loop, opset 13): more than 1048576 iterations");
    }
    ck_assert_int_lt(clock() - start_time, CLOCKS_PER_SEC / 2);
    /* a constant condition of false ends the loop after its first iteration */
    struct tm_model *m = start(), *body = doubling();
    flag(body, "no", 0);
    number(m, "n", (int64_t)1 << 40);
    finish_loop(m, body, "no", "n - x", "y");
    tm_output(m, "y");
    GIVES(m, OUT("f2: 2 4"));
}
END_TEST

START_TEST(bad_loops)
{
    struct tm_model *m = start(), *body = doubling();
    tm_node(body, "ReduceSum", "s", "sum", "keepdims=0");
    tm_node(body, "Cast", "sum", "more", "to=9");
    number(m, "n", 3);
    finish_loop(m, body, "more", "n - x", "y");
    tm_output(m, "y");
    lc_refused(m, "the condition of the next iteration must be constant");
    m = start();
    tm_input(m, "n", SX_INT, 0, NULL);
    finish_loop(m, doubling(), "go", "n - x", "y");
    tm_output(m, "y");
    lc_refused(m, "input 0 (trip count) must be constant");
    m = start();
    number(m, "n", 3);
    finish_loop(m, doubling(), "s", "n - x", "y");
    tm_output(m, "y");
    lc_refused(m, "the condition of the next iteration must be a bool");
    m = start();
    number(m, "n", 3);
    finish_loop(m, doubling(), "go", "n - x x x", "y z q");
    lc_refused(m, "3 outputs for 3 states");
    m = start();
    tm_node(m, "Loop", "", "y", NULL);
    lc_refused(m, "attribute 'body' is missing");
}
END_TEST

/* A loop whose body has no nodes is limited by its number of iterations. */
START_TEST(empty_loops)
{
    struct tm_model *m = start(), *body = tm_new(13);
    tm_input(body, "i", SX_INT, 0, NULL);
    tm_input(body, "go", SX_BOOL, 0, NULL);
    tm_input(body, "s", SX_FLOAT, 1, (int64_t[]){2});
    tm_output(body, "go");
    tm_output(body, "s");
    tm_node(m, "Loop", "- - x", "y", NULL);
    tm_attr_graph(m, "body", body);
    tm_output(m, "y");
    lc_refused(m, "more than 1048576 iterations");
}
END_TEST

/* A tensor inside a body may have the name of a tensor outside that depends on the loop. */
START_TEST(shadowed_names)
{
    struct tm_model *m = start();
    number(m, "n", 2);
    finish_loop(m, doubling(), "go", "n - x", "y");
    tm_node(m, "Neg", "y", "s", NULL);
    tm_output(m, "s");
    GIVES(m, OUT("f2: -4 -8"));
}
END_TEST

/* ---- Scan ---- */

/* A body (s, e) -> (s + e, s * e). */
static struct tm_model *running(void)
{
    struct tm_model *body = tm_new(13);
    tm_input(body, "s", SX_FLOAT, 0, NULL);
    tm_input(body, "e", SX_FLOAT, 0, NULL);
    tm_node(body, "Add", "s e", "t", NULL);
    tm_node(body, "Mul", "s e", "p", NULL);
    tm_output(body, "t");
    tm_output(body, "p");
    return body;
}

static struct tm_model *scan(const char *attributes)
{
    struct tm_model *m = start();
    tm_const(m, "s0", SX_FLOAT, 0, NULL, (float[]){10});
    tm_node(m, "Scan", "s0 x", "last all", attributes);
    tm_attr_graph(m, "body", running());
    tm_output(m, "last");
    tm_output(m, "all");
    return m;
}

START_TEST(scans)
{
    GIVES(scan("num_scan_inputs=1"), OUT("f: 13", "f2: 10 22"));
    GIVES(scan("num_scan_inputs=1 scan_input_directions=[1]"), OUT("f: 13", "f2: 20 12"));
    GIVES(scan("num_scan_inputs=1 scan_output_directions=[1]"), OUT("f: 13", "f2: 22 10"));
    lc_refused(scan(NULL), "0 scan inputs of 2");
    lc_refused(scan("num_scan_inputs=3"), "3 scan inputs of 2");
    lc_refused(scan("num_scan_inputs=1 scan_input_axes=[1]"), "axis 1 of a tensor of rank 1");
    lc_refused(scan("num_scan_inputs=2"), "axis 0 of a tensor of rank 0");
}
END_TEST

/* Columns of a matrix are scanned, and results are stacked as columns. */
START_TEST(scan_axes)
{
    struct tm_model *m = tm_new(13), *body = tm_new(13);
    tm_input(m, "m", SX_FLOAT, 2, (int64_t[]){2, 3});
    tm_const(m, "s0", SX_FLOAT, 1, (int64_t[]){2}, (float[]){0, 0});
    tm_input(body, "s", SX_FLOAT, 1, (int64_t[]){2});
    tm_input(body, "e", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(body, "Add", "s e", "t", NULL);
    tm_node(body, "Identity", "t", "u", NULL);
    tm_output(body, "t");
    tm_output(body, "u");
    tm_node(m, "Scan", "s0 m", "last all",
            "num_scan_inputs=1 scan_input_axes=[-1] scan_output_axes=[1]");
    tm_attr_graph(m, "body", body);
    tm_output(m, "last");
    tm_output(m, "all");
    lc_gives(m, OUT("f2x3: 1 2 3 4 5 6"), OUT("f2: 6 15", "f2x3: 1 3 6 4 9 15"));
}
END_TEST

START_TEST(scan_lengths)
{
    struct tm_model *m = start(), *body = running();
    tm_const(m, "three", SX_FLOAT, 1, (int64_t[]){3}, (float[]){1, 2, 3});
    tm_node(m, "Scan", "x three", "y z", "num_scan_inputs=2");
    tm_attr_graph(m, "body", body);
    tm_output(m, "y");
    lc_refused(m, "scan inputs of lengths 2 and 3");
    m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(m, "Scan", "x x x", "y z", "num_scan_inputs=1");
    tm_attr_graph(m, "body", branch("Neg", "x", "a"));
    lc_refused(m, "the body has fewer outputs than states");
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_control");
    SUITE_ADD(c, conditions_that_are_constant, names_of_branches,
              conditions_that_depend_on_inputs, bad_branches, branches_without_nodes,
              deep_nesting, counted_loops, conditional_loops, endless_loops, bad_loops,
              empty_loops, shadowed_names, scans, scan_axes, scan_lengths);
    return suite_run();
}
