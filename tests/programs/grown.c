/* grown.c - writes models of any size, to measure how time and memory grow with the size.
 *
 * usage: grown chain|deep|wide|inputs N FILE
 *     chain    N operators in a chain, on two numbers
 *     deep     N layers of 64 units, with tanh between them
 *     wide     3 layers of N units
 *     inputs   a net of 3 layers of 32 units with N inputs */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "model.h"

static void weights(struct tm_model *m, const char *name, int64_t rows, int64_t columns)
{
    float *w = malloc((size_t)(rows * columns) * sizeof *w);
    for (int64_t i = 0; w != NULL && i < rows * columns; i++)
        w[i] = (float)(sx_random_normal(11, (uint64_t)rows, (uint64_t)i) / sqrt((double)rows));
    tm_const(m, name, SX_FLOAT, 2, (int64_t[]){rows, columns}, w);
    free(w);
}

/* A chain of pointwise operators. The numbers stay small. */
static void chain(struct tm_model *m, int n)
{
    static const char *const op[] = {"Sin", "Mul", "Add", "Tanh", "Sigmoid", "Sub"};
    char in[80] = "x", out[40] = "x";
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 2});
    tm_const(m, "c", SX_FLOAT, 1, (int64_t[]){2}, (float[]){1.25f, 0.75f});
    for (int i = 0; i < n; i++) {
        const char *name = op[i % 6];
        bool two =
            strcmp(name, "Mul") == 0 || strcmp(name, "Add") == 0 || strcmp(name, "Sub") == 0;
        snprintf(in, sizeof in, two ? "%s c" : "%s", out);
        snprintf(out, sizeof out, "y%d", i);
        tm_node(m, name, in, out, NULL);
    }
    tm_output(m, out);
}

static void layers(struct tm_model *m, int n, int64_t units, int64_t inputs)
{
    char in[80], w[40], out[40] = "x";
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, inputs});
    for (int i = 0; i <= n; i++) {
        int64_t from = i == 0 ? inputs : units, to = i == n ? 1 : units;
        snprintf(w, sizeof w, "w%d", i);
        weights(m, w, from, to);
        snprintf(in, sizeof in, "%s %s", out, w);
        snprintf(out, sizeof out, "p%d", i);
        tm_node(m, "MatMul", in, out, NULL);
        if (i == n)
            break;
        strcpy(in, out);
        snprintf(out, sizeof out, "h%d", i);
        tm_node(m, "Tanh", in, out, NULL);
    }
    tm_output(m, out);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int n = atoi(argv[2]);
    size_t size;
    struct tm_model *m = tm_new(13);
    if (strcmp(argv[1], "chain") == 0)
        chain(m, n);
    else if (strcmp(argv[1], "deep") == 0)
        layers(m, n, 64, 10);
    else if (strcmp(argv[1], "wide") == 0)
        layers(m, 3, n, 10);
    else
        layers(m, 3, 32, n);
    tm_pack(m, &size);
    tm_write(m, argv[3]);
    tm_free(m);
    return 0;
}
