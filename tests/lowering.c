/* lowering.c - tables of tiny models of one node each, with inputs and expected outputs. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "lowering.h"

/* ---- Tensors as text ---- */

static const struct {
    const char *name;
    int onnx;
    enum sx_type type;
    size_t size;
} types[] = {
    {"float16", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, SX_FLOAT, 0},
    {"float8e4m3fn", SX_ONNX_FLOAT8E4M3FN, SX_FLOAT, 0},
    {"float8e5m2", SX_ONNX_FLOAT8E5M2, SX_FLOAT, 0},
    {"uint4", SX_ONNX_UINT4, SX_INT, 0},
    {"int4", SX_ONNX_INT4, SX_INT, 0},
    {"uint2", SX_ONNX_UINT2, SX_INT, 0},
    {"int2", SX_ONNX_INT2, SX_INT, 0},
    {"uint64", ONNX__TENSOR_PROTO__DATA_TYPE__UINT64, SX_INT, 8},
    {"uint32", ONNX__TENSOR_PROTO__DATA_TYPE__UINT32, SX_INT, 4},
    {"uint16", ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, SX_INT, 2},
    {"uint8", ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, SX_INT, 1},
    {"int32", ONNX__TENSOR_PROTO__DATA_TYPE__INT32, SX_INT, 4},
    {"int16", ONNX__TENSOR_PROTO__DATA_TYPE__INT16, SX_INT, 2},
    {"int8", ONNX__TENSOR_PROTO__DATA_TYPE__INT8, SX_INT, 1},
    {"f", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, SX_FLOAT, 4},
    {"d", ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, SX_DOUBLE, 8},
    {"i", ONNX__TENSOR_PROTO__DATA_TYPE__INT64, SX_INT, 8},
    {"b", ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, SX_BOOL, 1},
};

#define N_TYPES (sizeof types / sizeof *types)

struct sx_tensor lc_tensor(const char *text, bool *constant, int *onnx_type)
{
    size_t t = 0;
    while (t < N_TYPES && strncmp(text, types[t].name, strlen(types[t].name)) != 0)
        t++;
    ck_assert_msg(t < N_TYPES, "type of '%s'", text);
    const char *p = text + strlen(types[t].name);
    char *end;
    if (constant != NULL)
        *constant = *p == '!';
    p += *p == '!';
    p += *p == ' ';
    struct sx_shape shape = {0};
    for (; *p != ':'; p = end + (*end == 'x')) {
        shape.dim[shape.rank++] = strtoll(p, &end, 10);
        ck_assert_msg(end != p, "shape of '%s'", text);
    }
    struct sx_tensor tensor;
    ck_assert(sx_tensor_new(&tensor, types[t].type, &shape, NULL));
    p++;
    for (int64_t i = 0; i < sx_count(&shape); i++, p = end) {
        sx_tensor_set(&tensor, i, strtod(p, &end));
        ck_assert_msg(end != p, "element %lld of '%s'", (long long)i, text);
    }
    ck_assert_msg(p[strspn(p, " ")] == '\0', "'%s' is left of '%s'", p, text);
    if (onnx_type != NULL)
        *onnx_type = types[t].onnx;
    return tensor;
}

static size_t element_size(int onnx_type)
{
    for (size_t t = 0; t < N_TYPES; t++)
        if (types[t].onnx == onnx_type)
            return types[t].size;
    return 0;
}

/* ---- Models ---- */

struct sx_model *lc_open(struct tm_model *m)
{
    char path[] = "/tmp/lowering-XXXXXX";
    int fd = mkstemp(path);
    struct sx_error error = {0};
    ck_assert_int_ge(fd, 0);
    close(fd);
    tm_write(m, path);
    struct sx_model *model = sx_model_open(path, NULL, &error);
    unlink(path);
    ck_assert_msg(model != NULL, "%s", error.message);
    return model;
}

struct sx_lowered *lc_lower(struct tm_model *m, struct sx_model **model, struct sx_error *error)
{
    *model = lc_open(m);
    tm_free(m);
    return sx_lower(*model, NULL, error);
}

void lc_refused(struct tm_model *m, const char *text)
{
    struct sx_model *model;
    struct sx_error error = {0};
    struct sx_lowered *lowered = lc_lower(m, &model, &error);
    ck_assert_msg(lowered == NULL, "not refused, but should be with '%s'", text);
    ck_assert(error.status == SX_MODEL || error.status == SX_MEMORY);
    ck_assert_msg(strstr(error.message, text) != NULL, "'%s' is not in '%s'", text,
                  error.message);
    sx_model_close(model);
}

static void compare(const char *what, const struct sx_tensor *got, const char *text)
{
    int onnx_type;
    struct sx_tensor want = lc_tensor(text, NULL, &onnx_type);
    bool real = want.type == SX_FLOAT || want.type == SX_DOUBLE;
    ck_assert_msg(real == (got->type == SX_FLOAT || got->type == SX_DOUBLE), "%s: type %d",
                  what, got->type);
    ck_assert_msg(real || got->type == want.type, "%s: type %d", what, got->type);
    ck_assert_msg(got->shape.rank == want.shape.rank, "%s: rank %d", what, got->shape.rank);
    for (int i = 0; i < want.shape.rank; i++)
        ck_assert_msg(got->shape.dim[i] == want.shape.dim[i], "%s: dimension %d is %lld", what,
                      i, (long long)got->shape.dim[i]);
    for (int64_t i = 0; i < sx_count(&want.shape); i++) {
        double x = sx_tensor_get(got, i), y = sx_tensor_get(&want, i);
        bool equal = x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= 2e-6 + 2e-6 * fabs(y);
        ck_assert_msg(equal, "%s: element %lld is %.9g, not %.9g", what, (long long)i, x, y);
    }
    sx_tensor_free(&want);
}

/* Lowers an opened model and compares its outputs. */
static void evaluate(const char *what, struct sx_model *model, enum sx_type real,
                     const struct sx_tensor *in, int n_in, const char *const *out)
{
    struct sx_error error = {0};
    struct sx_lower_options options = {.real = real};
    struct sx_lowered *lowered = sx_lower(model, &options, &error);
    ck_assert_msg(lowered != NULL, "%s: %s", what, error.message);
    ck_assert_int_eq(lowered->n_inputs, n_in);
    int inputs[LC_MOST], outputs[LC_MOST];
    struct sx_tensor feeds[LC_MOST], results[LC_MOST];
    for (int i = 0; i < n_in; i++) {
        inputs[i] = lowered->inputs[i].node;
        enum sx_type type = lowered->graph->node[inputs[i]].type;
        ck_assert(sx_tensor_convert(&feeds[i], type, &in[i], &error));
    }
    for (int i = 0; i < lowered->n_outputs; i++)
        outputs[i] = lowered->outputs[i].node;
    ck_assert_msg(sx_evaluate(lowered->graph, inputs, feeds, n_in, outputs, results,
                              lowered->n_outputs, &error),
                  "%s: %s", what, error.message);
    for (int i = 0, k = 0; i < lowered->n_outputs; i++, k++) {
        while (out[k] != NULL && strcmp(out[k], "-") == 0)
            k++;
        ck_assert_msg(out[k] != NULL, "%s: too many outputs", what);
        compare(what, &results[i], out[k]);
        sx_tensor_free(&results[i]);
    }
    for (int i = 0; i < n_in; i++)
        sx_tensor_free(&feeds[i]);
    sx_lowered_free(lowered);
}

void lc_gives(struct tm_model *m, const char *const *in, const char *const *out)
{
    struct sx_tensor feeds[LC_MOST];
    int n = 0;
    struct sx_model *model = lc_open(m);
    for (; in != NULL && in[n] != NULL; n++)
        feeds[n] = lc_tensor(in[n], NULL, NULL);
    lc_keep(m, feeds, n);
    tm_free(m);
    evaluate("float", model, SX_FLOAT, feeds, n, out);
    evaluate("double", model, SX_DOUBLE, feeds, n, out);
    for (int i = 0; i < n; i++)
        sx_tensor_free(&feeds[i]);
    sx_model_close(model);
}

/* ---- Cases ---- */

/* Adds an input or an initializer, declared with its narrow type. */
static void add_tensor(struct tm_model *m, const char *name, const struct sx_tensor *t,
                       int onnx_type, bool constant)
{
    const struct sx_shape *s = &t->shape;
    size_t size = element_size(onnx_type), n = (size_t)sx_count(s);
    if (!constant) {
        Onnx__GraphProto *g = tm_proto(m)->graph;
        tm_input(m, name, t->type, s->rank, s->dim);
        g->input[g->n_input - 1]->type->tensor_type->elem_type = onnx_type;
    } else if (t->type == SX_INT && size < 8) {
        uint8_t *bytes = tm_memory(m, n * size + 1);
        for (size_t i = 0; i < n; i++) /* little-endian: the low bytes come first */
            memcpy(bytes + i * size, (const int64_t *)t->data + i, size);
        tm_raw(m, name, onnx_type, s->rank, s->dim, bytes, n * size);
    } else {
        tm_const(m, name, t->type, s->rank, s->dim, t->data);
    }
}

void lc_constant(struct tm_model *m, const char *name, const char *text)
{
    int onnx_type;
    struct sx_tensor t = lc_tensor(text, NULL, &onnx_type);
    add_tensor(m, name, &t, onnx_type, true);
    sx_tensor_free(&t);
}

static struct tm_model *build(const struct lc *c, struct sx_tensor *feeds, int *n_feeds)
{
    struct tm_model *m = tm_new(c->opset);
    char inputs[200] = "", outputs[200] = "", name[16];
    const char *colon = strchr(c->op, ':');
    if (colon != NULL) {
        char domain[32];
        snprintf(domain, sizeof domain, "%.*s", (int)(colon - c->op), c->op);
        tm_domain(m, domain, 1);
    }
    *n_feeds = 0;
    for (int k = 0; k < LC_MOST && c->in[k] != NULL; k++) {
        bool constant;
        int onnx_type;
        snprintf(name, sizeof name, "x%d", k);
        strcat(strcat(inputs, strcmp(c->in[k], "-") != 0 ? name : "-"), " ");
        if (strcmp(c->in[k], "-") == 0)
            continue;
        struct sx_tensor t = lc_tensor(c->in[k], &constant, &onnx_type);
        add_tensor(m, name, &t, onnx_type, constant);
        if (constant)
            sx_tensor_free(&t);
        else
            feeds[(*n_feeds)++] = t;
    }
    for (int k = 0; k < LC_MOST && c->out[k] != NULL; k++) {
        snprintf(name, sizeof name, "y%d", k);
        strcat(strcat(outputs, strcmp(c->out[k], "-") != 0 ? name : "-"), " ");
        if (strcmp(c->out[k], "-") != 0)
            tm_output(m, name);
    }
    tm_node(m, c->op, inputs, outputs, c->attributes);
    return m;
}

static void run_case(const struct lc *c)
{
    static const char refused[] = "refused: ";
    struct sx_tensor feeds[LC_MOST];
    int n;
    char what[200];
    struct tm_model *m = build(c, feeds, &n);
    lc_keep(m, feeds, n);
    snprintf(what, sizeof what, "%s (opset %d, %s, %.40s)", c->op, (int)c->opset,
             c->attributes != NULL ? c->attributes : "", c->in[0] != NULL ? c->in[0] : "");
    if (strncmp(c->out[0], refused, strlen(refused)) == 0) {
        lc_refused(m, c->out[0] + strlen(refused));
    } else {
        struct sx_model *model = lc_open(m);
        tm_free(m);
        evaluate(what, model, SX_FLOAT, feeds, n, c->out);
        evaluate(what, model, SX_DOUBLE, feeds, n, c->out);
        sx_model_close(model);
    }
    for (int i = 0; i < n; i++)
        sx_tensor_free(&feeds[i]);
}

void lc_run(const struct lc *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_case(&cases[i]);
}
