/* check_onnx.c - what a model declares, and its tensors as numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"
#include "onnx/onnx.h"
#include "suite.h"

#define TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

/* Opens a model that must be valid, and frees the builder's data. */
static struct sx_model *opened(struct tm_model *m)
{
    struct sx_error error = {0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    return model;
}

/* Opens a model that must be refused with a message that ends with `reason`. */
static void refused(struct tm_model *m, const char *reason)
{
    struct sx_error error = {0};
    ck_assert_ptr_null(tm_open(m, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    const char *end = error.message + strlen(error.message) - strlen(reason);
    ck_assert_msg(end >= error.message && strcmp(end, reason) == 0, "'%s' is not '%s'",
                  error.message, reason);
    ck_assert_msg(strncmp(error.message, "/proc/self/fd/", 14) == 0, "%s", error.message);
    tm_free(m);
}

static void check_port(const struct sx_port *port, const char *name, enum sx_type type,
                       int rank, const int64_t *dims)
{
    ck_assert_ptr_nonnull(port);
    ck_assert_str_eq(port->name, name);
    ck_assert_int_eq(port->type, type);
    ck_assert_int_eq(port->shape.rank, rank);
    for (int i = 0; i < rank; i++)
        ck_assert_int_eq(port->shape.dim[i], dims[i]);
}

/* ---- Models ----------------------------------------------------------------------------- */

START_TEST(test_digits8)
{
    struct sx_error error = {0};
    struct sx_model *m = sx_model_open("tests/data/digits8.onnx", NULL, &error);
    ck_assert_msg(m != NULL, "%s", error.message);
    ck_assert_int_eq(sx_model_opset(m, ""), 13);
    ck_assert_int_eq(sx_model_input_count(m), 1);
    ck_assert_int_eq(sx_model_output_count(m), 1);
    check_port(sx_model_input(m, 0), "image", SX_FLOAT, 4, (int64_t[]){-1, 1, 8, 8});
    check_port(sx_model_output(m, 0), "logits", SX_FLOAT, 2, (int64_t[]){-1, 10});
    ck_assert_ptr_null(sx_model_input(m, 1));
    ck_assert_ptr_null(sx_model_output(m, -1));
    ck_assert_str_eq(sx_model_sha256(m),
                     "d3f74d229fa631db03292bae2631ba98264c92d9b36e5a1e91756b2641fa1858");
    ck_assert_ptr_eq(sx_model_sha256(m), sx_model_sha256(m));
    ck_assert_uint_eq(m->n_initializers, 16);
    for (size_t i = 0; i < m->graph->n_initializer; i++) {
        const Onnx__TensorProto *proto = m->graph->initializer[i];
        struct sx_tensor tensor;
        ck_assert_ptr_eq(sx_model_initializer(m, proto->name), proto);
        ck_assert(sx_onnx_tensor_read(m, proto, SX_DOUBLE, &tensor, NULL, &error));
        for (int64_t k = 0; k < sx_count(&tensor.shape); k++)
            ck_assert(fabs(sx_tensor_get(&tensor, k)) < 10);
        sx_tensor_free(&tensor);
    }
    ck_assert_ptr_null(sx_model_initializer(m, "nothing"));
    sx_model_close(m);
    sx_model_close(NULL);
}
END_TEST

/* A large file is hashed once by a thread. Small files are hashed when the hash is asked for. */
START_TEST(test_hash_ahead)
{
    struct sx_error error = {0};
    char hex[65];
    for (int large = 0; large < 2; large++) {
        struct sx_model *m = sx_model_open(
            large ? "tests/data/squeezenet.onnx" : "tests/data/digits8.onnx", NULL, &error);
        ck_assert_msg(m != NULL, "%s", error.message);
        sx_sha256(m->file.bytes, m->file.size, hex);
        sx_model_hash_ahead(m);
        ck_assert_int_eq(m->hashing, large);
        ck_assert_str_eq(sx_model_sha256(m), hex);
        ck_assert(!m->hashing);
        sx_model_hash_ahead(m);
        ck_assert(!m->hashing);
        ck_assert_str_eq(sx_model_sha256(m), hex);
        sx_model_close(m);
    }
}
END_TEST

START_TEST(test_inputs_and_outputs)
{
    struct tm_model *t = tm_new(13);
    tm_domain(t, "com.microsoft", 1);
    tm_input(t, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_input(t, "w", SX_FLOAT, 1, (int64_t[]){2}); /* also an input, as before IR version 4 */
    tm_input(t, "ids", SX_INT, 0, NULL);
    tm_input(t, "mask", SX_BOOL, -1, NULL);
    tm_input(t, "d", SX_DOUBLE, 1, (int64_t[]){0});
    tm_const(t, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
    tm_node(t, "Mul", "x w", "y", NULL);
    tm_output(t, "y");
    tm_output_as(t, "odd", SX_INT, 1, (int64_t[]){-7});
    struct sx_model *m = opened(t);
    ck_assert_int_eq(sx_model_input_count(m), 4);
    check_port(sx_model_input(m, 0), "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    check_port(sx_model_input(m, 1), "ids", SX_INT, 0, NULL);
    check_port(sx_model_input(m, 2), "mask", SX_BOOL, -1, NULL);
    check_port(sx_model_input(m, 3), "d", SX_FLOAT, 1, (int64_t[]){0});
    check_port(sx_model_output(m, 0), "y", SX_FLOAT, -1, NULL);
    check_port(sx_model_output(m, 1), "odd", SX_INT, -1, NULL);
    ck_assert_int_eq(sx_model_opset(m, NULL), 13);
    ck_assert_int_eq(sx_model_opset(m, "ai.onnx"), 13);
    ck_assert_int_eq(sx_model_opset(m, "com.microsoft"), 1);
    ck_assert_int_eq(sx_model_opset(m, "ai.onnx.ml"), 0);
    ck_assert_str_eq(sx_model_value(m, "x")->name, "x");
    ck_assert_str_eq(sx_model_value(m, "y")->name, "y");
    ck_assert_ptr_null(sx_model_value(m, "w2"));
    sx_model_close(m);
}
END_TEST

/* The values of an integer input are limited to its type in the file. */
START_TEST(test_limits)
{
    static const struct {
        int type;
        const char *name;
        double low, high;
    } cases[] = {{TYPE(INT8), "int8", -128, 127},
                 {TYPE(INT16), "int16", -32768, 32767},
                 {TYPE(INT32), "int32", -2147483648.0, 2147483647},
                 {TYPE(UINT8), "uint8", 0, 255},
                 {TYPE(UINT16), "uint16", 0, 65535},
                 {TYPE(UINT32), "uint32", 0, 4294967295},
                 {TYPE(BOOL), "bool", 0, 1}};
    const struct sx_shape one = {1, {1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tm_model *t = tm_new(13);
        tm_input(t, "x", SX_INT, 1, one.dim);
        tm_proto(t)->graph->input[0]->type->tensor_type->elem_type = cases[i].type;
        tm_node(t, "Identity", "x", "y", NULL);
        tm_output(t, "y");
        struct sx_model *m = opened(t);
        const struct sx_port *port = sx_model_input(m, 0);
        const double fine[] = {cases[i].low, cases[i].high};
        const double wrong[] = {cases[i].low - 1, cases[i].high + 1, 0.5, NAN};
        ck_assert_str_eq(port->element, cases[i].name);
        for (int k = 0; k < 8; k++) {
            struct sx_error error = {0};
            struct sx_tensor x;
            char text[60];
            int n = k % 4; /* reals as doubles, whole numbers as integers */
            ck_assert(sx_tensor_new(&x, k < 4 || n > 1 ? SX_DOUBLE : SX_INT, &one, &error));
            sx_tensor_set(&x, 0, n < 2 ? fine[n] : 0);
            ck_assert(sx_port_takes(port, &x, &error));
            sx_tensor_set(&x, 0, wrong[n]);
            ck_assert(!sx_port_takes(port, &x, &error));
            ck_assert_int_eq(error.status, SX_FAILED);
            snprintf(text, sizeof text, "%s of %.0f to %.0f", cases[i].name, cases[i].low,
                     cases[i].high);
            ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
            sx_tensor_free(&x);
        }
        sx_model_close(m);
    }
}
END_TEST

/* The budget of parsing counts the whole file, so many small messages exceed it, too. */
START_TEST(test_budget)
{
    struct tm_model *t = tm_new(13);
    size_t size;
    char in[16] = "x", out[16];
    tm_input(t, "x", SX_FLOAT, 1, (int64_t[]){2});
    for (int i = 0; i < 400; i++) {
        snprintf(out, sizeof out, "t%d", i);
        tm_node(t, "Neg", in, out, NULL);
        memcpy(in, out, sizeof in);
    }
    tm_output(t, in);
    const uint8_t *bytes = tm_pack(t, &size);
    for (size_t limit = 1 << 12; limit <= 1 << 20; limit *= 16) {
        struct sx_error error = {0};
        struct sx_model *m = tm_open_bytes(bytes, size, limit, &error);
        ck_assert_int_eq(m != NULL, limit == 1 << 20);
        ck_assert_int_eq(error.status, m != NULL ? SX_OK : SX_MEMORY);
        sx_model_close(m);
    }
    tm_free(t);
}
END_TEST

/* A dimension of -1, or one without a value, is symbolic. */
START_TEST(test_symbolic_dimensions)
{
    struct tm_model *t = tm_new(13);
    tm_input(t, "x", SX_FLOAT, 3, (int64_t[]){5, 6, 7});
    Onnx__TensorShapeProto__Dimension **dims =
        tm_proto(t)->graph->input[0]->type->tensor_type->shape->dim;
    dims[0]->dim_value = -1;
    dims[2]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET;
    struct sx_model *m = opened(t);
    check_port(sx_model_input(m, 0), "x", SX_FLOAT, 3, (int64_t[]){-1, 6, -1});
    sx_model_close(m);
}
END_TEST

/* As many axes as there may be, and one more. */
START_TEST(test_most_axes)
{
    static const int64_t ones[SX_MAX_RANK + 1] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct tm_model *t = tm_new(13);
    tm_input(t, "x", SX_FLOAT, SX_MAX_RANK, ones);
    tm_const(t, "w", SX_FLOAT, SX_MAX_RANK, ones, (float[]){3});
    struct sx_model *m = opened(t);
    check_port(sx_model_input(m, 0), "x", SX_FLOAT, SX_MAX_RANK, ones);
    struct sx_error error = {0};
    struct sx_tensor w;
    ck_assert(sx_onnx_tensor_read(m, sx_model_initializer(m, "w"), SX_FLOAT, &w, NULL, &error));
    ck_assert_int_eq(w.shape.rank, SX_MAX_RANK);
    sx_tensor_free(&w);
    sx_model_close(m);
    t = tm_new(13);
    tm_input(t, "x", SX_FLOAT, SX_MAX_RANK + 1, ones);
    refused(t, "input 'x': rank 11 is over 10");
}
END_TEST

/* A value may be declared twice. The declaration with a shape counts. */
START_TEST(test_declared_twice)
{
    struct tm_model *t = tm_new(13);
    tm_input(t, "a", SX_FLOAT, 1, (int64_t[]){2});
    tm_input(t, "b", SX_FLOAT, -1, NULL);
    tm_output(t, "a");
    tm_output_as(t, "b", SX_FLOAT, 1, (int64_t[]){2});
    struct sx_model *m = opened(t);
    ck_assert_ptr_nonnull(sx_model_value(m, "a")->type->tensor_type->shape);
    ck_assert_ptr_nonnull(sx_model_value(m, "b")->type->tensor_type->shape);
    ck_assert_uint_eq(m->n_values, 2);
    sx_model_close(m);
}
END_TEST

/* Real inputs and outputs decide whether a model is of float64, or weights if there are none. */
START_TEST(test_float64)
{
    static const struct {
        enum sx_type in, out, weight;
        bool is_double;
    } cases[] = {{SX_FLOAT, SX_FLOAT, SX_DOUBLE, false}, {SX_DOUBLE, SX_FLOAT, SX_FLOAT, true},
                 {SX_INT, SX_DOUBLE, SX_FLOAT, true},    {SX_FLOAT, SX_INT, SX_DOUBLE, false},
                 {SX_INT, SX_INT, SX_DOUBLE, true},      {SX_INT, SX_INT, SX_FLOAT, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const double zero[1];
        struct tm_model *t = tm_new(13);
        tm_input(t, "x", cases[i].in, 1, (int64_t[]){1});
        tm_const(t, "w", cases[i].weight, 1, (int64_t[]){1}, zero);
        tm_output_as(t, "y", cases[i].out, 1, (int64_t[]){1});
        struct sx_model *m = opened(t);
        ck_assert(sx_model_is_double(m) == cases[i].is_double);
        sx_model_close(m);
    }
}
END_TEST

static struct sx_tensor whole(int64_t n, int64_t first)
{
    struct sx_error error = {0};
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, SX_INT, &(struct sx_shape){2, {1, n}}, &error));
    for (int64_t i = 0; i < n; i++)
        ((int64_t *)t.data)[i] = first + i;
    return t;
}

/* Inputs of one number each are one input, whose range contains those of all. */
START_TEST(test_joined_columns)
{
    static const int kinds[] = {TYPE(UINT8), TYPE(INT64), TYPE(INT16)};
    static const char *const names[] = {"a", "columns", "c"};
    static const int64_t dims[][2] = {{1, 1}, {1, 2}, {-1, 1}};
    struct tm_model *t = tm_new(13);
    struct sx_error error = {0};
    struct sx_model *joined;
    for (int i = 0; i < 3; i++) {
        tm_input(t, names[i], SX_INT, 2, dims[i]);
        tm_proto(t)->graph->input[i]->type->tensor_type->elem_type = kinds[i];
    }
    struct sx_model *m = opened(t);
    ck_assert(sx_model_join(m, false, &joined, &error) && joined == NULL);
    ck_assert_ptr_null(sx_model_column(m, false, 0));
    ck_assert_str_eq(sx_model_column(m, true, 0), "a");
    ck_assert_str_eq(sx_model_column(m, true, 1), "c");
    ck_assert_ptr_null(sx_model_column(m, true, 2));
    ck_assert(sx_model_join(m, true, &joined, &error) && joined != NULL);
    ck_assert_int_eq(joined->n_inputs, 2);
    check_port(&joined->inputs[0], "columns_", SX_INT, 2, (int64_t[]){1, 2});
    check_port(&joined->inputs[1], "columns", SX_INT, 2, (int64_t[]){1, 2});
    ck_assert_int_eq(joined->inputs[0].low, INT16_MIN);
    ck_assert_int_eq(joined->inputs[0].high, INT16_MAX);
    struct sx_tensor feeds[] = {whole(1, 7), whole(2, 3), whole(1, -5)}, to[2];
    ck_assert(sx_model_join_feeds(joined, feeds, to, &error));
    ck_assert(sx_tensor_get(&to[0], 0) == 7 && sx_tensor_get(&to[0], 1) == -5);
    ck_assert_ptr_eq(to[1].data, feeds[1].data);
    sx_tensor_free(&to[0]);
    sx_tensor_free(&feeds[2]);
    feeds[2] = whole(2, 0);
    ck_assert(!sx_model_join_feeds(joined, feeds, to, &error));
    ck_assert_str_eq(error.message, "input 'c' takes one number a sample");
    sx_tensor_free(&to[0]);
    for (int i = 0; i < 3; i++)
        sx_tensor_free(&feeds[i]);
    sx_model_unjoin(joined);
    sx_model_close(m);
}
END_TEST

/* ---- Sequences and optionals ---- */

struct list_case {
    bool optional, sequence;
    const char *bytes;
    size_t n;
    int items;
    bool empty;
    const char *reason;
};

/* The declaration of an input as a sequence or an optional of float tensors. */
static void declare_list(struct tm_model *t, const struct list_case *c)
{
    Onnx__TypeProto **type = &tm_proto(t)->graph->input[0]->type, *tensor = *type;
    if (c->sequence) {
        Onnx__TypeProto *list = tm_memory(t, sizeof *list);
        onnx__type_proto__init(list);
        list->value_case = ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE;
        list->sequence_type = tm_memory(t, sizeof *list->sequence_type);
        onnx__type_proto__sequence__init(list->sequence_type);
        list->sequence_type->elem_type = tensor;
        *type = tensor = list;
    }
    if (c->optional) {
        Onnx__TypeProto *maybe = tm_memory(t, sizeof *maybe);
        onnx__type_proto__init(maybe);
        maybe->value_case = ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE;
        maybe->optional_type = tm_memory(t, sizeof *maybe->optional_type);
        onnx__type_proto__optional__init(maybe->optional_type);
        maybe->optional_type->elem_type = tensor;
        *type = maybe;
    }
}

/* Reads files of SequenceProto and OptionalProto. An optional can hold nothing, which is not the
 * same as a sequence without tensors. */
START_TEST(test_lists)
{
    static const struct list_case cases[] = {
        {false, true, "\x10\x01", 2, 0, false, NULL},
        {true, false, "\x10\x01", 2, 0, true, NULL},
        {true, true, "\x10\x02", 2, 0, true, NULL},
        {true, true, "\x10\x02\x2a\x02\x10\x01", 6, 0, false, NULL},
        {false, true, "\x1a\x0a\x08\x01\x10\x01\x4a\x04\x00\x00\x80\x3f", 12, 1, false, NULL},
        {true, false, "\x1a\x0a\x08\x01\x10\x01\x4a\x04\x00\x00\x80\x3f", 12, 1, false, NULL},
        {false, true, "\x10\x01\x1a\x0a\x08", 5, 0, false,
         "not an ONNX sequence, or cut short"},
        {false, true, "\x2a\x01\x00", 3, 0, false,
         "only sequences of dense tensors are supported"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct list_case *c = &cases[i];
        struct sx_error error = {0};
        char path[] = "/tmp/check_onnx_XXXXXX";
        int file = mkstemp(path);
        ck_assert_int_eq(write(file, c->bytes, c->n), (ssize_t)c->n);
        close(file);
        struct tm_model *t = tm_new(13);
        tm_input(t, "x", SX_FLOAT, 1, (int64_t[]){1});
        declare_list(t, c);
        struct sx_model *m = opened(t);
        bool ok = sx_model_feed_list(m, "x", path, &error);
        unlink(path);
        ck_assert_msg(ok == (c->reason == NULL), "case %d: %s", (int)i, error.message);
        const struct sx_list *list = sx_model_list(m, "x");
        ck_assert((list != NULL) == ok);
        if (ok) {
            ck_assert_int_eq(list->n_items, c->items);
            ck_assert(list->sequence == c->sequence && list->empty == c->empty);
            ck_assert_int_eq(list->kind, TYPE(FLOAT));
            ck_assert(c->items == 0 || sx_tensor_get(&list->item[0], 0) == 1);
        } else {
            ck_assert_msg(strstr(error.message, c->reason) != NULL, "%s", error.message);
        }
        sx_model_close(m);
    }
}
END_TEST

START_TEST(test_versions)
{
    static const struct {
        int64_t ir;
        const char *reason;
    } cases[] = {{0, "IR version 0, not 3 or later"},
                 {2, "IR version 2, not 3 or later"},
                 {INT64_MIN, "IR version -9223372036854775808, not 3 or later"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tm_model *t = tm_new(13);
        tm_proto(t)->ir_version = cases[i].ir;
        refused(t, cases[i].reason);
    }
    for (int64_t ir = 3; ir <= 13; ir++) {
        struct tm_model *t = tm_new(13);
        tm_input(t, "x", SX_FLOAT, 1, (int64_t[]){2});
        tm_node(t, "Neg", "x", "y", NULL);
        tm_output(t, "y");
        tm_proto(t)->ir_version = ir;
        sx_model_close(opened(t));
    }
    struct tm_model *t = tm_new(13);
    tm_domain(t, "ai.onnx", 12);
    tm_proto(t)->ir_version = 99;
    struct sx_model *model = opened(t);
    /* if a domain is imported twice, the later version counts */
    ck_assert_int_eq(sx_model_opset(model, ""), 13);
    sx_model_close(model);
    t = tm_new(0);
    refused(t, ": domain '': no opset version");
    t = tm_new(13);
    tm_proto(t)->n_opset_import = 0;
    refused(t, ": no operator set is imported");
    t = tm_new(13);
    tm_proto(t)->graph = NULL;
    refused(t, ": not an ONNX model: it has no graph");
}
END_TEST

START_TEST(test_names)
{
    struct tm_model *t = tm_new(13);
    tm_const(t, "w", SX_FLOAT, 0, NULL, (float[]){1});
    tm_const(t, "w", SX_FLOAT, 0, NULL, (float[]){2});
    refused(t, ": initializer 'w' occurs twice");
    t = tm_new(13);
    tm_const(t, "", SX_FLOAT, 0, NULL, (float[]){1});
    refused(t, ": initializer 0 has no name");
    t = tm_new(13);
    tm_input(t, "x", SX_FLOAT, 0, NULL);
    tm_input(t, "x", SX_INT, 0, NULL);
    refused(t, ": input or output 'x' occurs twice");
    t = tm_new(13);
    tm_output(t, "");
    refused(t, ": output 0 has no name");
}
END_TEST

START_TEST(test_bad_inputs)
{
    const int64_t ones[11] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct tm_model *t = tm_new(13);
    tm_input(t, "x", SX_FLOAT, 11, ones);
    refused(t, ": input 'x': rank 11 is over 10");
    const int64_t hostile[][3] = {
        {2, -2, 2}, {INT64_MAX, INT64_MAX, 1}, {-1, INT64_MAX, 2}, {INT64_MIN, 1, 1}};
    for (int i = 0; i < 4; i++) {
        struct sx_error error = {0};
        t = tm_new(13);
        tm_input(t, "x", SX_FLOAT, 3, hostile[i]);
        ck_assert_ptr_null(tm_open(t, &error));
        ck_assert_int_eq(error.status, SX_MODEL);
        ck_assert_ptr_nonnull(strstr(error.message, ": input 'x': "));
        tm_free(t);
    }
}
END_TEST

START_TEST(test_unreadable)
{
    static const struct {
        const char *path, *message;
    } cases[] = {{"/nowhere/m.onnx", "/nowhere/m.onnx: No such file or directory"},
                 {"/tmp", "/tmp: Is a directory"},
                 {"/dev/null", "/dev/null: not an ONNX model: it has no graph"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_error error = {0};
        ck_assert_ptr_null(sx_model_open(cases[i].path, NULL, &error));
        ck_assert_int_eq(error.status, SX_MODEL);
        ck_assert_str_eq(error.message, cases[i].message);
        ck_assert_ptr_null(sx_model_open(cases[i].path, NULL, NULL));
    }
}
END_TEST

START_TEST(test_standard_input)
{
    struct sx_error error = {0};
    int end[2];
    size_t n;
    struct tm_model *t = tm_new(13);
    tm_const(t, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
    const uint8_t *bytes = tm_pack(t, &n);
    ck_assert(pipe(end) == 0 && dup2(end[0], 0) == 0);
    ck_assert_int_eq(write(end[1], bytes, n), (ssize_t)n);
    close(end[0]);
    close(end[1]);
    struct sx_model *m = sx_model_open("-", NULL, &error);
    ck_assert_msg(m != NULL, "%s", error.message);
    struct sx_tensor w;
    ck_assert(sx_onnx_tensor_read(m, sx_model_initializer(m, "w"), SX_FLOAT, &w, NULL, &error));
    ck_assert(((float *)w.data)[1] == 4);
    sx_tensor_free(&w);
    sx_model_close(m);
    tm_free(t);
}
END_TEST

/* ---- Tensors ---------------------------------------------------------------------------- */

/* Reads the only initializer of a model, and frees the model. */
static bool read_only(struct tm_model *t, enum sx_type real, struct sx_tensor *tensor,
                      struct sx_error *error)
{
    struct sx_model *m = opened(t);
    bool ok = sx_onnx_tensor_read(m, m->graph->initializer[0], real, tensor, NULL, error);
    sx_model_close(m);
    return ok;
}

static void check_values(struct sx_tensor *tensor, enum sx_type type, int n,
                         const double *expected)
{
    ck_assert_int_eq(tensor->type, type);
    ck_assert_int_eq(sx_count(&tensor->shape), n);
    for (int i = 0; i < n; i++)
        ck_assert_msg(sx_tensor_get(tensor, i) == expected[i], "element %d: %g is not %g", i,
                      sx_tensor_get(tensor, i), expected[i]);
    sx_tensor_free(tensor);
}

START_TEST(test_raw_types)
{
    static const struct {
        int onnx;
        enum sx_type type;
        size_t n;
        uint8_t bytes[24];
        double value[3];
    } cases[] = {
        {TYPE(FLOAT), SX_FLOAT, 12, {0, 0, 128, 63, 0, 0, 32, 192, 0, 0, 0, 0}, {1, -2.5, 0}},
        {TYPE(FLOAT16), SX_FLOAT, 6, {0, 0x3c, 0xff, 0xfb, 1, 0}, {1, -65504, 0x1p-24}},
        {TYPE(BFLOAT16), SX_FLOAT, 6, {0x80, 0x3f, 0x20, 0xc0, 1, 0}, {1, -2.5, 0x1p-133}},
        {SX_ONNX_UINT2, SX_INT, 1, {0x39}, {1, 2, 3}},
        {SX_ONNX_INT2, SX_INT, 1, {0x39}, {1, -2, -1}},
        {SX_ONNX_UINT4, SX_INT, 2, {0xf1, 8}, {1, 15, 8}},
        {SX_ONNX_INT4, SX_INT, 2, {0xf1, 8}, {1, -1, -8}},
        {TYPE(UINT8), SX_INT, 3, {1, 255, 128}, {1, 255, 128}},
        {TYPE(INT8), SX_INT, 3, {1, 255, 128}, {1, -1, -128}},
        {TYPE(UINT16), SX_INT, 6, {1, 0, 255, 255, 0, 128}, {1, 65535, 32768}},
        {TYPE(INT16), SX_INT, 6, {1, 0, 255, 255, 0, 128}, {1, -1, -32768}},
        {TYPE(INT32), SX_INT, 12, {1, 0, 0, 0, 255, 255, 255, 255, 0, 1, 0, 0}, {1, -1, 256}},
        {TYPE(UINT32),
         SX_INT,
         12,
         {1, 0, 0, 0, 255, 255, 255, 255, 0, 1, 0, 0},
         {1, 4294967295.0, 256}},
        {TYPE(INT64),
         SX_INT,
         24,
         {1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 1},
         {1, -1, 256}},
        {TYPE(UINT64), SX_INT, 24, {1, 0, 0, 0, 0, 0, 0, 0, 255, 1}, {1, 511, 0}},
        {TYPE(BOOL), SX_BOOL, 3, {0, 1, 2}, {0, 1, 1}},
        {TYPE(DOUBLE), SX_FLOAT, 24, {0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, {1, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int twice = 0; twice < 2; twice++) {
            enum sx_type real = twice ? SX_DOUBLE : SX_FLOAT;
            struct sx_error error = {0};
            struct sx_tensor tensor;
            struct tm_model *t = tm_new(13);
            tm_raw(t, "w", cases[i].onnx, 1, (int64_t[]){3}, cases[i].bytes, cases[i].n);
            ck_assert_msg(read_only(t, real, &tensor, &error), "%s", error.message);
            check_values(&tensor, cases[i].type == SX_FLOAT ? real : cases[i].type, 3,
                         cases[i].value);
        }
    }
}
END_TEST

START_TEST(test_half_specials)
{
    const uint16_t halves[] = {0x8000, 0x7c00, 0xfc00, 0x7e00, 0x03ff, 0x8001, 0x0400};
    struct sx_error error = {0};
    struct sx_tensor tensor;
    struct tm_model *t = tm_new(13);
    tm_raw(t, "w", TYPE(FLOAT16), 1, (int64_t[]){7}, halves, sizeof halves);
    ck_assert(read_only(t, SX_FLOAT, &tensor, &error));
    const float *w = tensor.data;
    ck_assert(w[0] == 0 && signbit(w[0]) && w[1] == INFINITY && w[2] == -INFINITY);
    ck_assert(isnan(w[3]) && w[4] == 0x3ffp-24f && w[5] == -0x1p-24f && w[6] == 0x1p-14f);
    sx_tensor_free(&tensor);
}
END_TEST

/* Each typed field. Small types are in the low bytes of wider elements. */
START_TEST(test_typed_fields)
{
    static float floats[] = {1.5f, -2};
    static double doubles[] = {0.1, -2};
    static int32_t small[] = {-3, 200}, halves[] = {0x3c00, 0xc000};
    static int64_t longs[] = {INT64_C(1) << 40, -1};
    static uint64_t unsigned_longs[] = {7, UINT64_C(1) << 31};
    static const struct {
        int onnx;
        enum sx_type type;
        double value[2];
    } cases[] = {{TYPE(FLOAT), SX_DOUBLE, {1.5, -2}}, {TYPE(DOUBLE), SX_DOUBLE, {0.1, -2}},
                 {TYPE(INT32), SX_INT, {-3, 200}},    {TYPE(INT8), SX_INT, {-3, -56}},
                 {TYPE(UINT8), SX_INT, {253, 200}},   {TYPE(BOOL), SX_BOOL, {1, 1}},
                 {TYPE(FLOAT16), SX_DOUBLE, {1, -2}}, {TYPE(INT64), SX_INT, {0x1p40, -1}},
                 {TYPE(UINT32), SX_INT, {7, 0x1p31}}, {TYPE(UINT64), SX_INT, {7, 0x1p31}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_error error = {0};
        struct sx_tensor tensor;
        struct tm_model *t = tm_new(13);
        Onnx__TensorProto *p = tm_raw(t, "w", cases[i].onnx, 1, (int64_t[]){2}, NULL, 0);
        p->n_float_data = p->n_double_data = p->n_int32_data = 2;
        p->n_int64_data = p->n_uint64_data = 2;
        p->float_data = floats;
        p->double_data = doubles;
        p->int32_data = cases[i].onnx == TYPE(FLOAT16) ? halves : small;
        p->int64_data = longs;
        p->uint64_data = unsigned_longs;
        ck_assert_msg(read_only(t, SX_DOUBLE, &tensor, &error), "%s", error.message);
        check_values(&tensor, cases[i].type, 2, cases[i].value);
    }
}
END_TEST

START_TEST(test_odd_shapes)
{
    struct sx_error error = {0};
    struct sx_tensor tensor;
    struct tm_model *t = tm_new(13);
    tm_const(t, "w", SX_FLOAT, 0, NULL, (float[]){5});
    ck_assert(read_only(t, SX_FLOAT, &tensor, &error));
    ck_assert_int_eq(tensor.shape.rank, 0);
    check_values(&tensor, SX_FLOAT, 1, (double[]){5});
    t = tm_new(13);
    tm_raw(t, "w", TYPE(INT64), 2, (int64_t[]){3, 0}, NULL, 0);
    ck_assert(read_only(t, SX_FLOAT, &tensor, &error));
    check_values(&tensor, SX_INT, 0, NULL);
    t = tm_new(13); /* empty raw data, as of an axis that is empty */
    tm_raw(t, "w", TYPE(INT64), 1, (int64_t[]){0}, "", 0);
    ck_assert(read_only(t, SX_FLOAT, &tensor, &error));
    check_values(&tensor, SX_INT, 0, NULL);
}
END_TEST

/* Tensors that are invalid, each with its message. */
START_TEST(test_bad_tensors)
{
    static const struct {
        int onnx, rank;
        int64_t dims[11];
        size_t n;
        const char *message;
    } cases[] = {
        {TYPE(FLOAT), 1, {3}, 11, "tensor 'w': 11 bytes of data where 12 are needed"},
        {TYPE(FLOAT), 1, {3}, 16, "tensor 'w': 16 bytes of data where 12 are needed"},
        {TYPE(FLOAT), 1, {0}, 4, "tensor 'w': 4 bytes of data where 0 are needed"},
        {TYPE(FLOAT), 1, {3}, 0, "tensor 'w': 0 elements where 3 are needed"},
        {TYPE(STRING), 1, {1}, 4, "tensor 'w': 0 elements where 1 are needed"},
        {TYPE(COMPLEX64),
         0,
         {0},
         8,
         "tensor 'w': element type complex64 (14) is not supported"},
        {17, 1, {1}, 2, "tensor 'w': 2 bytes of data where 1 are needed"},
        {22, 1, {3}, 3, "tensor 'w': 3 bytes of data where 2 are needed"},
        {0, 1, {1}, 1, "tensor 'w': element type undefined (0) is not supported"},
        {-5, 1, {1}, 1, "tensor 'w': element type undefined (-5) is not supported"},
        {9999, 1, {1}, 1, "tensor 'w': element type undefined (9999) is not supported"},
        {TYPE(FLOAT), 11, {1}, 4, "tensor 'w': rank 11 is over 10"},
        {TYPE(FLOAT), 2, {-1, -4}, 16, NULL},
        {TYPE(FLOAT), 3, {INT64_MAX, 2, 2}, 4, NULL},
        {TYPE(UINT8), 2, {INT64_C(1) << 32, INT64_C(1) << 32}, 4, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_error error = {0};
        struct sx_tensor tensor;
        struct tm_model *t = tm_new(13);
        tm_raw(t, "w", cases[i].onnx, cases[i].rank, cases[i].dims,
               cases[i].n > 0 ? "0123456789abcdef" : NULL, cases[i].n);
        ck_assert(!read_only(t, SX_FLOAT, &tensor, &error));
        ck_assert_int_eq(error.status, SX_MODEL);
        ck_assert_ptr_null(tensor.data);
        if (cases[i].message != NULL)
            ck_assert_str_eq(error.message, cases[i].message);
        else
            ck_assert_ptr_nonnull(strstr(error.message, "tensor 'w': "));
    }
}
END_TEST

START_TEST(test_bad_fields)
{
    struct sx_error error = {0};
    struct sx_tensor tensor;
    struct tm_model *t = tm_new(13);
    tm_raw(t, "w", TYPE(UINT64), 1, (int64_t[]){1}, (uint64_t[]){UINT64_MAX}, 8);
    ck_assert(!read_only(t, SX_FLOAT, &tensor, &error));
    ck_assert_str_eq(error.message, "tensor 'w': element 0 does not fit into int64");
    error = (struct sx_error){0};
    t = tm_new(13);
    Onnx__TensorProto__Segment segment;
    onnx__tensor_proto__segment__init(&segment);
    tm_const(t, "w", SX_FLOAT, 0, NULL, (float[]){1})->segment = &segment;
    ck_assert(!read_only(t, SX_FLOAT, &tensor, &error));
    ck_assert_str_eq(error.message, "tensor 'w': tensors in segments are not supported");
}
END_TEST

/* Elements are used in place only if they are aligned. Of four models whose graph names have
 * different lengths, one has aligned weights. */
START_TEST(test_borrowed)
{
    int borrowed_count = 0;
    for (int i = 0; i < 4; i++) {
        struct sx_error error = {0};
        struct sx_tensor w, twice, v;
        bool borrowed;
        struct tm_model *t = tm_new(13);
        tm_proto(t)->graph->name = tm_text(t, &"abcd"[i]);
        tm_const(t, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
        tm_raw(t, "v", TYPE(INT32), 1, (int64_t[]){1}, (int32_t[]){9}, 4);
        struct sx_model *m = opened(t);
        const Onnx__TensorProto *proto = sx_model_initializer(m, "w");
        ck_assert(sx_onnx_tensor_read(m, proto, SX_FLOAT, &w, &borrowed, &error));
        const uint8_t *at = w.data;
        ck_assert_int_eq(borrowed, at >= m->file.bytes && at < m->file.bytes + m->file.size);
        ck_assert(((float *)w.data)[0] == 3 && ((float *)w.data)[1] == 4);
        borrowed_count += borrowed;
        if (!borrowed)
            sx_tensor_free(&w);
        ck_assert(sx_onnx_tensor_read(m, proto, SX_DOUBLE, &twice, &borrowed, &error));
        ck_assert(!borrowed);
        check_values(&twice, SX_DOUBLE, 2, (double[]){3, 4});
        proto = sx_model_initializer(m, "v");
        ck_assert(sx_onnx_tensor_read(m, proto, SX_FLOAT, &v, &borrowed, &error));
        ck_assert(!borrowed);
        check_values(&v, SX_INT, 1, (double[]){9});
        sx_model_close(m);
    }
    ck_assert_int_eq(borrowed_count, 1);
}
END_TEST

/* Raw data are found wherever a tensor is nested. Bytes that look like an sx_raw_place are not
 * taken for one. */
START_TEST(test_nested_tensors)
{
    const int64_t forged[] = {0, INT64_MAX};
    struct sx_error error = {0};
    struct sx_tensor tensor;
    struct tm_model *body = tm_new(13);
    tm_node(body, "Constant", "", "c", NULL);
    tm_attr_tensor(body, "value", SX_INT, 1, (int64_t[]){2}, forged);
    tm_output(body, "c");
    struct tm_model *t = tm_new(13);
    tm_node(t, "If", "b", "y", NULL);
    tm_attr_graph(t, "then_branch", body);
    struct sx_model *m = opened(t);
    const Onnx__GraphProto *inner = m->graph->node[0]->attribute[0]->g;
    const Onnx__TensorProto *proto = inner->node[0]->attribute[0]->t;
    ck_assert(sx_onnx_tensor_read(m, proto, SX_FLOAT, &tensor, NULL, &error));
    ck_assert_mem_eq(tensor.data, forged, sizeof forged);
    sx_tensor_free(&tensor);
    sx_model_close(m);
}
END_TEST

/* The parser reads the attributes that the builder wrote. */
START_TEST(test_builder)
{
    struct tm_model *t = tm_new(13);
    tm_node(t, "com.microsoft:Gelu", "x - z", "y", "axis=1 alpha=0.5 pads=0,0,1,1 axes=[1]");
    tm_node(t, "B", "", "- w", "s=[1.0,2] mode='linear' names='a','b' f:f=1 none=[] i=-3");
    struct sx_model *m = opened(t);
    const Onnx__NodeProto *a = m->graph->node[0], *b = m->graph->node[1];
    ck_assert_str_eq(a->domain, "com.microsoft");
    ck_assert_str_eq(a->op_type, "Gelu");
    ck_assert_uint_eq(a->n_input, 3);
    ck_assert_str_eq(a->input[1], "");
    ck_assert_str_eq(b->output[1], "w");
    ck_assert(a->attribute[0]->i == 1 && a->attribute[1]->f == 0.5f);
    ck_assert(a->attribute[2]->n_ints == 4 && a->attribute[2]->ints[3] == 1);
    ck_assert(a->attribute[3]->n_ints == 1 && a->attribute[3]->ints[0] == 1);
    ck_assert(b->attribute[0]->n_floats == 2 && b->attribute[0]->floats[1] == 2);
    ck_assert(b->attribute[1]->s.len == 6);
    ck_assert(b->attribute[2]->n_strings == 2 && b->attribute[2]->strings[1].data[0] == 'b');
    ck_assert(b->attribute[3]->f == 1 && b->attribute[4]->n_ints == 0);
    ck_assert(b->attribute[5]->i == -3);
    sx_model_close(m);
}
END_TEST

int main(void)
{
    TCase *models = suite_case("models"), *tensors = suite_case("tensors");
    SUITE_ADD(models, test_digits8, test_hash_ahead, test_inputs_and_outputs, test_limits,
              test_budget, test_symbolic_dimensions, test_most_axes, test_declared_twice,
              test_float64, test_joined_columns, test_lists, test_versions, test_names,
              test_bad_inputs, test_unreadable, test_standard_input, test_builder);
    SUITE_ADD(tensors, test_raw_types, test_half_specials, test_typed_fields, test_odd_shapes,
              test_bad_tensors, test_bad_fields, test_borrowed, test_nested_tensors);
    return suite_run();
}
