/* parts.c - the parts of a composed file: names, weights, constants, nodes. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "flint/flint.h"

const char *sx_compose_name(struct sx_composer *c, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *copy = sx_arena_strdup(&c->arena, text, c->error);
    return copy != NULL ? copy : "";
}

/* The next weight: an existing one, or a new one. */
static const char *next_weight(struct sx_composer *c, const char *name, enum sx_flint_part part,
                               const struct sx_shape *shape, int64_t fan_in)
{
    struct sx_flint_param *p = NULL;
    if (c->error->status != SX_OK)
        return "";
    if (c->next < c->params->n)
        p = &c->params->item[c->next];
    else
        p = sx_flint_draw(c->params, name, part, shape, 1 / sqrt((double)fan_in),
                          c->options->seed, c->error);
    c->next++;
    if (p == NULL)
        return "";
    if (strcmp(p->name, name) != 0 || !sx_shape_equal(&p->value.shape, shape))
        sx_fail(c->error, SX_USAGE, "weight '%.80s' has another shape", name);
    sx_onnx_write_tensor(&c->graph, name, &p->value);
    return p->name;
}

const char *sx_compose_weight(struct sx_composer *c, const char *name, enum sx_flint_part part,
                              int rank, const int64_t *dims, int64_t fan_in)
{
    struct sx_shape shape = {.rank = rank};
    memcpy(shape.dim, dims, (size_t)rank * sizeof *dims);
    return next_weight(c, sx_compose_name(c, "%s/weight", name), part, &shape, fan_in);
}

const char *sx_compose_bias(struct sx_composer *c, const char *name, enum sx_flint_part part,
                            int64_t size, int64_t fan_in)
{
    struct sx_shape shape = {1, {size}};
    return next_weight(c, sx_compose_name(c, "%s/bias", name), part, &shape, fan_in);
}

static void constant(struct sx_composer *c, const char *name, enum sx_type type, int rank,
                     const int64_t *dims, const void *data)
{
    struct sx_tensor t = {.type = type, .shape = {.rank = rank}};
    memcpy(t.shape.dim, dims, (size_t)rank * sizeof *dims);
    memcpy(&t.data, &data, sizeof data); /* const is cast away; the data are only read */
    sx_onnx_write_tensor(&c->graph, name, &t);
}

const char *sx_compose_ints(struct sx_composer *c, const char *name, int n, const int64_t *v)
{
    const int64_t dims[] = {n};
    constant(c, name, SX_INT, 1, dims, v);
    return name;
}

const char *sx_compose_reals(struct sx_composer *c, const char *name, int rank,
                             const int64_t *dims, const float *v)
{
    constant(c, name, SX_FLOAT, rank, dims, v);
    return name;
}

const char *sx_compose_node(struct sx_composer *c, const char *op, const char *out,
                            const char *const *in, const struct sx_onnx_attr *attrs,
                            int n_attrs)
{
    sx_onnx_write_node(&c->graph, op, in, out, attrs, n_attrs);
    return out;
}

/* A constant of one value per channel, shaped to broadcast over places. */
static const char *of_channels(struct sx_composer *c, const char *name, const char *what,
                               const struct sx_flint_scale *scale, const float *v)
{
    const int64_t dims[] = {scale->n, 1, 1};
    return sx_compose_reals(c, sx_compose_name(c, "%s/%s", name, what),
                            scale->plane > 1 ? 3 : 1, dims, v);
}

const char *sx_compose_standardised(struct sx_composer *c, const char *name, const char *x,
                                    const struct sx_flint_scale *scale)
{
    const char *mean = of_channels(c, name, "mean", scale, scale->mean);
    const char *sd = of_channels(c, name, "sd", scale, scale->sd);
    const char *centred = sx_compose_name(c, "%s/centred", name);
    sx_compose_node(c, "Sub", centred, (const char *const[]){x, mean, NULL}, NULL, 0);
    return sx_compose_node(c, "Div", name, (const char *const[]){centred, sd, NULL}, NULL, 0);
}

const char *sx_compose_restored(struct sx_composer *c, const char *name, const char *out,
                                const char *x, const struct sx_flint_scale *scale)
{
    const char *mean = of_channels(c, name, "mean", scale, scale->mean);
    const char *sd = of_channels(c, name, "sd", scale, scale->sd);
    const char *spread = sx_compose_name(c, "%s/spread", name);
    sx_compose_node(c, "Mul", spread, (const char *const[]){x, sd, NULL}, NULL, 0);
    return sx_compose_node(c, "Add", out, (const char *const[]){spread, mean, NULL}, NULL, 0);
}

const char *sx_compose_full(struct sx_composer *c, const char *name, const char *out_name,
                            enum sx_flint_part part, const char *x, int64_t in, int64_t out)
{
    const int64_t dims[] = {out, in};
    const char *w = sx_compose_weight(c, name, part, 2, dims, in);
    const char *b = sx_compose_bias(c, name, part, out, in);
    const struct sx_onnx_attr turned = {.name = "transB", .i = 1};
    return sx_compose_node(c, "Gemm", out_name, (const char *const[]){x, w, b, NULL}, &turned,
                           1);
}
