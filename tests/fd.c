/* fd.c - a graph at a point, and its central differences. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "ops/table.h"

void fd_begin(struct fd *t, enum sx_type real, bool faithful)
{
    struct sx_error error = {0};
    *t = (struct fd){.g = sx_graph_new(sx_rows, real, &error)};
    ck_assert_msg(t->g != NULL, "%s", error.message);
    t->g->faithful = faithful;
}

void fd_end(struct fd *t)
{
    for (int k = 0; k < t->n; k++)
        sx_tensor_free(&t->at[k]);
    sx_graph_free(t->g);
}

struct sx_shape fd_shape(const char *text)
{
    struct sx_shape shape = {0};
    while (*text != '\0') {
        char *end;
        shape.dim[shape.rank++] = strtoll(text, &end, 10);
        text = end + (*end == ',');
    }
    return shape;
}

static struct sx_tensor tensor(enum sx_type type, const struct sx_shape *shape)
{
    struct sx_error error = {0};
    struct sx_tensor t;
    ck_assert_msg(sx_tensor_new(&t, type, shape, &error), "%s", error.message);
    return t;
}

static struct sx_tensor uniform(struct fd *t, const char *text, double low, double high)
{
    struct sx_shape shape = fd_shape(text);
    struct sx_tensor values = tensor(t->g->real, &shape);
    for (int64_t i = 0; i < sx_count(&shape); i++) {
        double u = sx_random_uniform(1, 0, t->draws++);
        sx_tensor_set(&values, i, (double)(float)(low + (high - low) * u));
    }
    return values;
}

static int add_input(struct fd *t, struct sx_tensor values)
{
    ck_assert_int_lt(t->n, FD_INPUTS);
    t->in[t->n] = sx_input(t->g, values.type, &values.shape);
    t->at[t->n] = values;
    return t->in[t->n++];
}

int fd_input(struct fd *t, const char *shape, double low, double high)
{
    ck_assert_int_eq(t->n, t->n_x);
    t->n_x++;
    return add_input(t, uniform(t, shape, low, high));
}

void fd_attach(struct fd *t, int node, double low, double high)
{
    char text[120] = "";
    const struct sx_shape *shape = &t->g->node[node].shape;
    ck_assert_int_eq(t->n, t->n_x);
    ck_assert_int_lt(t->n, FD_INPUTS);
    for (int k = 0; k < shape->rank; k++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", k > 0 ? "," : "",
                 (long long)shape->dim[k]);
    t->in[t->n] = node;
    t->at[t->n++] = uniform(t, text, low, high);
    t->n_x++;
}

int fd_fixed(struct fd *t, const struct sx_shape *shape)
{
    t->draws++;
    return add_input(t, fd_normal(t->g->real, shape, t->draws));
}

int fd_const(struct fd *t, const char *shape, double low, double high)
{
    struct sx_tensor values = uniform(t, shape, low, high);
    int node = sx_const(t->g, values.type, &values.shape, values.data);
    sx_tensor_free(&values);
    return node;
}

int fd_list(struct fd *t, const char *text, const double *values)
{
    struct sx_shape shape = fd_shape(text);
    struct sx_tensor list = tensor(t->g->real, &shape);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&list, i, values[i]);
    int node = sx_const(t->g, list.type, &shape, list.data);
    sx_tensor_free(&list);
    return node;
}

int fd_index(struct fd *t, const char *text, const int64_t *values)
{
    struct sx_shape shape = fd_shape(text);
    return sx_const(t->g, SX_INT, &shape, values);
}

struct sx_tensor fd_normal(enum sx_type type, const struct sx_shape *shape, uint64_t seed)
{
    struct sx_tensor t = tensor(type, shape);
    for (int64_t i = 0; i < sx_count(shape); i++)
        sx_tensor_set(&t, i, (double)(float)sx_random_normal(2, seed, (uint64_t)i));
    return t;
}

void fd_run_at(struct fd *t, const int *inputs, const struct sx_tensor *feeds, int n_inputs,
               const int *nodes, int n, struct sx_tensor *values)
{
    struct sx_error error = {0};
    bool ok = sx_evaluate(t->g, inputs, feeds, n_inputs, nodes, values, n, &error);
    ck_assert_msg(ok, "%s", error.message);
}

void fd_run(struct fd *t, const int *nodes, int n, struct sx_tensor *values)
{
    fd_run_at(t, t->in, t->at, t->n, nodes, n, values);
}

double fd_dot(const struct sx_tensor *a, const struct sx_tensor *b)
{
    ck_assert(sx_shape_equal(&a->shape, &b->shape));
    double sum = 0;
    for (int64_t i = 0; i < sx_count(&a->shape); i++)
        sum += sx_tensor_get(a, i) * sx_tensor_get(b, i);
    return sum;
}

/* sum_i <weight_i, node_i> at x + s v. */
static double moved(struct fd *t, const int *nodes, const struct sx_tensor *weights, int n,
                    const struct sx_tensor *v, double s)
{
    struct sx_tensor feed[FD_INPUTS], value[FD_INPUTS];
    for (int k = 0; k < t->n; k++) {
        feed[k] = tensor(t->at[k].type, &t->at[k].shape);
        for (int64_t i = 0; i < sx_count(&feed[k].shape); i++) {
            double move = k < t->n_x ? s * sx_tensor_get(&v[k], i) : 0;
            sx_tensor_set(&feed[k], i, sx_tensor_get(&t->at[k], i) + move);
        }
    }
    fd_run_at(t, t->in, feed, t->n, nodes, n, value);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += fd_dot(&weights[i], &value[i]);
        sx_tensor_free(&value[i]);
    }
    for (int k = 0; k < t->n; k++)
        sx_tensor_free(&feed[k]);
    return sum;
}

double fd_slope(struct fd *t, const int *nodes, const struct sx_tensor *weights, int n,
                const struct sx_tensor *v)
{
    const double h = 5e-4;
    double near = moved(t, nodes, weights, n, v, h) - moved(t, nodes, weights, n, v, -h);
    double far = moved(t, nodes, weights, n, v, 2 * h) - moved(t, nodes, weights, n, v, -2 * h);
    return (8 * near - far) / (12 * h);
}

double fd_distance(const struct sx_tensor *a, const struct sx_tensor *b)
{
    ck_assert(sx_shape_equal(&a->shape, &b->shape));
    double worst = 0, largest = 1;
    for (int64_t i = 0; i < sx_count(&a->shape); i++) {
        double x = sx_tensor_get(a, i), y = sx_tensor_get(b, i);
        if (isnan(x) != isnan(y))
            return INFINITY;
        worst = fmax(worst, fabs(x - y));
        largest = fmax(largest, fabs(y));
    }
    return worst / largest;
}

/* ---- Orders ---- */

enum { DIRECTIONS = 2 };

void fd_weigh(struct fd *t, struct fd_level *l)
{
    for (int i = 0; i < l->n; i++) {
        struct sx_shape shape = sx_shape_of(t->g, l->node[i]);
        l->seed[i] = fd_fixed(t, &shape);
        l->weight[i] = t->at[t->n - 1];
    }
}

void fd_gradient(struct fd *t, const struct fd_level *l, int *result)
{
    for (int i = 0; i < l->n; i++) {
        int part[FD_INPUTS];
        ck_assert_msg(sx_derive(t->g, l->node[i], l->seed[i], t->in, t->n_x, part), "%s",
                      t->g->error.message);
        for (int k = 0; k < t->n_x; k++)
            result[k] = i == 0 ? part[k] : sx_add(t->g, result[k], part[k]);
    }
}

void fd_compare_slopes(struct fd *t, const struct fd_level *l, const int *dx, const char *text,
                       int order, double tolerance)
{
    struct sx_tensor g[FD_INPUTS], v[FD_INPUTS];
    fd_run(t, dx, t->n_x, g);
    for (int d = 0; d < DIRECTIONS; d++) {
        double derived = 0;
        for (int k = 0; k < t->n_x; k++) {
            v[k] = fd_normal(SX_DOUBLE, &t->at[k].shape, (uint64_t)(100 * order + 10 * d + k));
            derived += fd_dot(&g[k], &v[k]);
        }
        double measured = fd_slope(t, l->node, l->weight, l->n, v);
        ck_assert_msg(fabs(derived - measured) <= tolerance * (1 + fabs(measured)),
                      "%s: order %d is %.12g, differences say %.12g", text, order, derived,
                      measured);
        for (int k = 0; k < t->n_x; k++)
            sx_tensor_free(&v[k]);
    }
    for (int k = 0; k < t->n_x; k++)
        sx_tensor_free(&g[k]);
}

void fd_next_level(struct fd *t, struct fd_level *l, const int *nodes)
{
    l->n = t->n_x;
    for (int k = 0; k < t->n_x; k++) {
        struct sx_shape x = sx_shape_of(t->g, t->in[k]), dx = sx_shape_of(t->g, nodes[k]);
        ck_assert(sx_shape_equal(&x, &dx));
        l->node[k] = nodes[k];
    }
}
