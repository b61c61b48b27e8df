/* shapes.c - writes models in which values of the sample decide shapes, for shapes.t: shapes
 * DIRECTORY. */
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

static const char *directory;

static void save(const char *name, struct tm_model *m)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.onnx", directory, name);
    tm_write(m, path);
    tm_free(m);
}

/* Begins a model of x [1, 4] and of another input that decides. */
static struct tm_model *with(const char *name, enum sx_type type)
{
    struct tm_model *m = tm_new(17);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 4});
    if (name != NULL)
        tm_input(m, name, type, 2, (int64_t[]){1, 1});
    tm_const(m, "one", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_const(m, "zero", SX_INT, 1, (int64_t[]){1}, (int64_t[]){0});
    return m;
}

/* A branch: x squared times a matrix of `rows` rows of ones. It is valid only for 4 rows. */
static struct tm_model *branch(const char *op, int64_t rows)
{
    struct tm_model *m = tm_new(17);
    const float ones[] = {1, 1, 1, 1};
    tm_node(m, op, "x x", "p", NULL);
    tm_const(m, "w", SX_FLOAT, 2, (int64_t[]){rows, 1}, ones);
    tm_node(m, "MatMul", "p w", "q", NULL);
    tm_output(m, "q");
    return m;
}

/* y = sum of x * x, or of x + x. A third branch has a matrix that does not fit. */
static void choices(void)
{
    struct tm_model *m = with("rate", SX_INT);
    tm_const(m, "limit", SX_INT, 0, NULL, (int64_t[]){16000});
    tm_node(m, "Equal", "rate limit", "same", NULL);
    tm_node(m, "If", "same", "y", NULL);
    tm_attr_graph(m, "then_branch", branch("Mul", 4));
    tm_attr_graph(m, "else_branch", branch("Add", 4));
    tm_output(m, "y");
    save("if", m);
    m = with("on", SX_BOOL);
    tm_node(m, "If", "on", "y", NULL);
    tm_attr_graph(m, "then_branch", branch("Mul", 4));
    tm_attr_graph(m, "else_branch", branch("Add", 3));
    tm_output(m, "y");
    save("taken", m);
    m = with(NULL, SX_INT);
    tm_const(m, "none", SX_FLOAT, 0, NULL, (float[]){0});
    tm_node(m, "ReduceSum", "x", "sum", "keepdims=0");
    tm_node(m, "Greater", "sum none", "more", NULL);
    tm_node(m, "If", "more", "y", NULL);
    tm_attr_graph(m, "then_branch", branch("Mul", 4));
    tm_attr_graph(m, "else_branch", branch("Add", 4));
    tm_output(m, "y");
    save("sign", m);
}

/* Numbers that are inputs: the first k elements, k copies, the k largest, k rounds of doubling. */
static void counts(void)
{
    struct tm_model *m = with("k", SX_INT), *body = tm_new(17);
    tm_node(m, "Reshape", "k one", "n", NULL);
    tm_node(m, "Slice", "x zero n one", "s", NULL);
    tm_node(m, "Mul", "s s", "y", NULL);
    tm_output(m, "y");
    save("slice", m);
    m = with("k", SX_INT);
    tm_node(m, "Reshape", "k one", "n", NULL);
    tm_node(m, "TopK", "x n", "y places", NULL);
    tm_output(m, "y");
    save("topk", m);
    m = with("k", SX_INT);
    tm_node(m, "Reshape", "k one", "n", NULL);
    tm_node(m, "Concat", "one n", "times", "axis=0");
    tm_node(m, "Tile", "x times", "y", NULL);
    tm_output(m, "y");
    save("tile", m);
    m = with("k", SX_INT);
    tm_input(body, "i", SX_INT, 0, NULL);
    tm_input(body, "go", SX_BOOL, 0, NULL);
    tm_input(body, "state", SX_FLOAT, 2, (int64_t[]){1, 4});
    tm_node(body, "Identity", "go", "again", NULL);
    tm_node(body, "Add", "state state", "next", NULL);
    tm_output_as(body, "again", SX_BOOL, 0, NULL);
    tm_output(body, "next");
    tm_node(m, "Reshape", "k one", "n", NULL);
    tm_node(m, "Loop", "n - x", "y", NULL);
    tm_attr_graph(m, "body", body);
    tm_output(m, "y");
    save("loop", m);
}

/* y = sum of the squares of the positive elements. */
static void places(void)
{
    struct tm_model *m = with(NULL, SX_INT);
    tm_const(m, "flat", SX_INT, 1, (int64_t[]){1}, (int64_t[]){-1});
    tm_node(m, "Relu", "x", "r", NULL);
    tm_node(m, "NonZero", "r", "at", NULL);
    tm_node(m, "Transpose", "at", "rows", NULL);
    tm_node(m, "GatherND", "x rows", "some", NULL);
    tm_node(m, "Mul", "some some", "squares", NULL);
    tm_node(m, "ReduceSum", "squares", "sum", "keepdims=0");
    tm_node(m, "Reshape", "sum one", "y", NULL);
    tm_output(m, "y");
    save("nonzero", m);
}

/* The list of axes is empty, so all axes are summed. */
static void empty(void)
{
    struct tm_model *m = with(NULL, SX_INT);
    tm_input(m, "axes", SX_INT, 1, (int64_t[]){0});
    tm_node(m, "ReduceSum", "x axes", "y", NULL);
    tm_output(m, "y");
    save("empty", m);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    directory = argv[1];
    choices();
    counts();
    places();
    empty();
    return 0;
}
