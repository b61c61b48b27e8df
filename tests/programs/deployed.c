/* deployed.c - writes models of kinds that people deploy, for deployed.t: deployed DIRECTORY. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const char *directory;

static void save(const char *name, struct tm_model *m)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.onnx", directory, name);
    tm_write(m, path);
    tm_free(m);
}

/* scores = 3 x0 + 1, 5 x1 + 1; behind them a label, and an operator that nobody knows which also
 * reads u; beside them a string that nothing reads. */
static void parts(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "name", SX_FLOAT, 1, (int64_t[]){1});
    tm_proto(m)->graph->input[0]->type->tensor_type->elem_type =
        ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 2});
    tm_input(m, "u", SX_FLOAT, 2, (int64_t[]){1, 2});
    tm_const(m, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 5});
    tm_const(m, "one", SX_FLOAT, 0, NULL, (float[]){1});
    tm_node(m, "Mul", "x w", "hidden", NULL);
    tm_node(m, "Add", "hidden one", "scores", NULL);
    tm_node(m, "ArgMax", "scores", "label", "axis=1 keepdims=0");
    tm_node(m, "Frobnicate", "scores u", "tail", NULL);
    tm_output_as(m, "label", SX_INT, 1, (int64_t[]){1});
    tm_output(m, "tail");
    tm_output(m, "label");
    save("parts", m);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    directory = argv[1];
    parts();
    return 0;
}
