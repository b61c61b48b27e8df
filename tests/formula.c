/* formula.c - models of a few numbers. */
#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formula.h"

struct tm_model *formula_columns(int64_t n)
{
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, n});
    for (int64_t i = 0; i < n; i++) {
        char index[24], inputs[32], column[24];
        snprintf(index, sizeof index, "i%d", (int)i + 1);
        snprintf(inputs, sizeof inputs, "x i%d", (int)i + 1);
        snprintf(column, sizeof column, "x%d", (int)i + 1);
        tm_const(m, index, SX_INT, 1, (const int64_t[]){1}, &i);
        tm_node(m, "Gather", inputs, column, "axis=1");
    }
    return m;
}

struct tm_model *formula(int64_t n, const char *text)
{
    struct tm_model *m = formula_columns(n);
    const char *operands[9] = {""}, **top = operands;
    char inputs[64], name[32];
    int nodes = 0;
    for (char *rest = tm_text(m, text), *word; (word = strsep(&rest, " ")) != NULL;) {
        if (rest != NULL)
            snprintf(name, sizeof name, "v%d", nodes++);
        else
            snprintf(name, sizeof name, "y");
        if (isupper((unsigned char)*word)) {
            bool two = strstr("Add Sub Mul Div Pow", word) != NULL;
            top -= two;
            snprintf(inputs, sizeof inputs, "%s %s", top[0], two ? top[1] : "");
            tm_node(m, word, inputs, name, NULL);
            *top = tm_text(m, name);
        } else if (*word == 'x') {
            *++top = word;
        } else {
            tm_const(m, name, SX_DOUBLE, 0, NULL, &(const double){strtod(word, NULL)});
            *++top = tm_text(m, name);
        }
    }
    if (top != operands + 1)
        ck_abort_msg("'%s' is no formula", text);
    tm_output(m, *top);
    return m;
}

struct tm_model *formula_network(int64_t n)
{
    struct tm_model *m = tm_new(20);
    double w1[64], w2[6 * 5], w3[5];
    for (int i = 0; i < 64; i++)
        w1[i] = sin(1 + 3 * i);
    for (int i = 0; i < 30; i++)
        w2[i] = cos(2 + 5 * i);
    for (int i = 0; i < 5; i++)
        w3[i] = sin(7 * i);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, n});
    tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){n, 6}, w1);
    tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){6, 5}, w2);
    tm_const(m, "w3", SX_DOUBLE, 2, (const int64_t[]){5, 1}, w3);
    tm_node(m, "MatMul", "x w1", "h1", NULL);
    tm_node(m, "Tanh", "h1", "z1", NULL);
    tm_node(m, "MatMul", "z1 w2", "h2", NULL);
    tm_node(m, "Softplus", "h2", "z2", NULL);
    tm_node(m, "MatMul", "z2 w3", "y", NULL);
    tm_output(m, "y");
    return m;
}
