/* growth.c - writes small models that become large when they are lowered (chains, nests,
 * doublings), and prints the commands that read them, for endure.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static struct tm_model *begin(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    return m;
}

/* Writes the model, and a line for each tool that reads it. */
static void put(struct tm_model *m, const char *kind, int n)
{
    static const char *const tools[] = {
        "onnx-run\t-f\tjson",
        "ggig\t-f\tjson\t--method=grad",
        "xderiv\t-f\tjson\t--allow-zero",
        "attr-decompose\t-f\tjson\t--methods=gxi",
        "onnx-grad\t-o\tout/x.onnx",
        "onnx-run\t--list\t-f\tjson",
    };
    char path[100];
    size_t size;
    snprintf(path, sizeof path, "%s-%d.onnx", kind, n);
    tm_pack(m, &size);
    tm_write(m, path);
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        printf("01236\t%zu\t%s\t@\t%s%s\n", size, tools[i], path,
               strstr(tools[i], "onnx-grad") != NULL ? "" : "\trows.csv");
    tm_free(m);
}

/* y = op(..op(op(x, x), op(x, x))..), n levels deep. Written out it has 2^n operators. */
static void doubling(const char *op, const char *attributes, int n)
{
    struct tm_model *m = begin();
    char in[40] = "x x", out[40];
    for (int i = 0; i < n; i++) {
        snprintf(out, sizeof out, "y%d", i);
        tm_node(m, op, in, out, attributes);
        snprintf(in, sizeof in, "y%d y%d", i, i);
    }
    tm_output(m, out);
    put(m, op, n);
}

static void chain(const char *op, int n)
{
    struct tm_model *m = begin();
    char in[40] = "x", out[40];
    for (int i = 0; i < n; i++) {
        snprintf(out, sizeof out, "y%d", i);
        tm_node(m, op, in, out, NULL);
        strcpy(in, out);
    }
    tm_output(m, out);
    put(m, op, n);
}

static void many_inputs(const char *op, const char *attributes, int n)
{
    struct tm_model *m = begin();
    char *names = malloc(2 * (size_t)n + 1);
    for (int i = 0; i < n; i++)
        memcpy(names + 2 * i, "x ", 2);
    names[2 * n - 1] = '\0';
    tm_node(m, op, names, "y", attributes);
    tm_output(m, "y");
    free(names);
    put(m, op, 1000 + n);
}

/* Nested loops of 2^n iterations each. */
static void loops(int depth, int n)
{
    struct tm_model *body = NULL;
    for (int level = 0; level <= depth; level++) {
        struct tm_model *m = level == depth ? begin() : tm_new(13);
        if (level < depth) {
            tm_input(m, "i", SX_INT, 0, NULL);
            tm_input(m, "go", SX_BOOL, 0, NULL);
            tm_input(m, level == depth - 1 ? "a" : "b", SX_FLOAT, -1, NULL);
        }
        const char *state = level == depth ? "x" : level == depth - 1 ? "a" : "b";
        if (body == NULL) {
            tm_node(m, "Sin", state, "out", NULL);
        } else {
            char in[60];
            tm_const(m, "times", SX_INT, 0, NULL, (int64_t[]){(int64_t)1 << n});
            tm_const(m, "yes", SX_BOOL, 0, NULL, (uint8_t[]){1});
            snprintf(in, sizeof in, "times yes %s", state);
            tm_node(m, "Loop", in, "out", NULL);
            tm_attr_graph(m, "body", body);
        }
        if (level < depth) {
            tm_node(m, "Identity", "go", "on", NULL);
            tm_output(m, "on");
        }
        tm_output(m, "out");
        body = m;
    }
    put(body, depth == 1 ? "loop1" : "loop2", n);
}

enum { MOST_FUNCTIONS = 63 };

/* Functions, each of which calls the previous one twice. With `circle` the last one calls
 * itself. */
static void functions(int n, bool circle)
{
    struct tm_model *m = begin(), *bodies[MOST_FUNCTIONS];
    Onnx__ModelProto *proto = tm_proto(m);
    tm_domain(m, "f", 1);
    proto->functions = tm_memory(m, (size_t)n * sizeof *proto->functions);
    proto->n_functions = (size_t)n;
    for (int i = 0; i < n; i++) {
        char callee[40], name[40];
        Onnx__FunctionProto *f = proto->functions[i] = tm_memory(m, sizeof *f);
        struct tm_model *body = bodies[i] = tm_new(13);
        snprintf(name, sizeof name, "F%d", i);
        snprintf(callee, sizeof callee, "f:F%d", circle ? n - 1 - i : i - 1);
        tm_node(body, i == 0 && !circle ? "Sin" : callee, "a", "t", NULL);
        tm_node(body, i == 0 && !circle ? "Sin" : callee, "t", "b", NULL);
        onnx__function_proto__init(f);
        f->name = tm_text(m, name);
        f->domain = tm_text(m, "f");
        f->n_input = f->n_output = 1;
        f->input = tm_memory(m, sizeof *f->input);
        f->output = tm_memory(m, sizeof *f->output);
        f->input[0] = tm_text(m, "a");
        f->output[0] = tm_text(m, "b");
        f->n_opset_import = proto->n_opset_import;
        f->opset_import = proto->opset_import;
        f->n_node = 2;
        f->node = tm_proto(body)->graph->node;
    }
    char last[40];
    snprintf(last, sizeof last, "f:F%d", n - 1);
    tm_node(m, last, "x", "y", NULL);
    tm_output(m, "y");
    put(m, circle ? "circle" : "functions", n);
    for (int i = 0; i < n; i++)
        tm_free(bodies[i]);
}

int main(void)
{
    static const int sizes[] = {1, 10, 30, 60, 300, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int n = sizes[i];
        doubling("Add", NULL, n);
        doubling("Mul", NULL, n);
        doubling("Concat", "axis=1", n);
        doubling("MatMul", NULL, n);
        chain("Sin", n);
        chain("Softmax", n);
        chain("Neg", 10 * n + 1);
        many_inputs("Sum", NULL, n);
        many_inputs("Concat", "axis=0", n);
        many_inputs("Max", NULL, n);
    }
    for (int n = 1; n < MOST_FUNCTIONS; n += 6) {
        loops(1, n);
        loops(2, n);
        functions(n, false);
        functions(n, true);
    }
    return fflush(stdout) != 0;
}
