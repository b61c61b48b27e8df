/* formula.h - models of a few numbers: x[1, n] of double, cut into columns x1, x2, .. */
#ifndef TESTS_FORMULA_H
#define TESTS_FORMULA_H

#include "model.h"

/* Makes a model with the input and its columns. The caller adds nodes. */
struct tm_model *formula_columns(int64_t n);

/* Makes a model of y. Operators come after their operands, which are columns, numbers, or x
 * itself. Add, Sub, Mul, Div and Pow take two operands: "x1 x2 Mul x4 Sin Add 5 Sub" is x1 x2 +
 * sin x4 - 5. */
struct tm_model *formula(int64_t n, const char *text);

/* Makes a network with two hidden layers, with the operators of exported files. */
struct tm_model *formula_network(int64_t n);

#endif
