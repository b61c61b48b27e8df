/* check_onnx_write.c - writes ONNX files, and copies of files with changes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "model.h"
#include "onnx/write.h"
#include "suite.h"

static struct sx_error error;
static struct sx_wire wire;

static void begin(void)
{
    error = (struct sx_error){0};
    wire = (struct sx_wire){.error = &error};
}

static void expect_bytes(const char *want, size_t n)
{
    ck_assert_int_eq(error.status, SX_OK);
    ck_assert_uint_eq(wire.size, n);
    ck_assert(memcmp(wire.bytes, want, n) == 0);
    sx_wire_free(&wire);
}

/* ---- Messages ---- */

START_TEST(fields)
{
    begin();
    sx_wire_int(&wire, 1, 5);
    sx_wire_int(&wire, 2, 300);
    sx_wire_int(&wire, 16, -1);
    expect_bytes("\x08\x05\x10\xac\x02\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 17);
    begin();
    sx_wire_text(&wire, 3, "ab");
    sx_wire_float(&wire, 4, 1);
    sx_wire_bytes(&wire, 5, "", 0);
    expect_bytes("\x1a\x02"
                 "ab\x25\x00\x00\x80\x3f\x2a\x00",
                 11);
}
END_TEST

START_TEST(nested)
{
    begin();
    size_t outer = sx_wire_begin(&wire, 1), inner = sx_wire_begin(&wire, 2);
    sx_wire_int(&wire, 3, 7);
    sx_wire_end(&wire, inner);
    sx_wire_end(&wire, outer);
    expect_bytes("\x0a\x04\x12\x02\x18\x07", 6);
    /* a length of two bytes moves the content by two */
    char text[200];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    begin();
    outer = sx_wire_begin(&wire, 1);
    sx_wire_text(&wire, 1, text);
    sx_wire_end(&wire, outer);
    ck_assert_uint_eq(wire.size, 1 + 2 + 1 + 2 + 199);
    ck_assert(memcmp(wire.bytes, "\x0a\xca\x01\x0a\xc7\x01xxx", 9) == 0);
    sx_wire_free(&wire);
}
END_TEST

START_TEST(failures_stick)
{
    begin();
    sx_wire_int(&wire, 1, 1);
    sx_fail(&error, SX_MEMORY, "none left");
    sx_wire_int(&wire, 2, 2);
    size_t start = sx_wire_begin(&wire, 3);
    sx_wire_end(&wire, start);
    ck_assert_uint_eq(wire.size, 2);
    sx_wire_free(&wire);
    ck_assert_ptr_null(wire.bytes);
}
END_TEST

/* ---- Models ---- */

/* y = w * x + 1, written by hand. */
static void write_model(const struct sx_tensor *w)
{
    struct sx_wire graph = {.error = &error};
    const struct sx_shape free_batch = {2, {-1, 2}};
    const float one = 1;
    struct sx_tensor b = {.type = SX_FLOAT};
    memcpy(&b.data, &(const void *){&one}, sizeof b.data);
    sx_onnx_write_node(&graph, "Mul", (const char *const[]){"x", "w", NULL}, "p", NULL, 0);
    sx_onnx_write_node(&graph, "Add", (const char *const[]){"p", "b", NULL}, "y", NULL, 0);
    sx_onnx_write_tensor(&graph, "w", w);
    sx_onnx_write_tensor(&graph, "b", &b);
    sx_onnx_write_port(&graph, SX_GRAPH_INPUT, "x", SX_FLOAT, &free_batch, "N");
    sx_onnx_write_port(&graph, SX_GRAPH_OUTPUT, "y", SX_FLOAT, &free_batch, "N");
    sx_onnx_write_model(&wire, 13, "test", &graph);
    sx_onnx_write_metadata(&wire, "who", "we");
    sx_wire_free(&graph);
}

static struct sx_model *take(void)
{
    struct sx_model *model = sx_model_take(wire.bytes, wire.size, "memory", &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    return model;
}

/* Compares the first output for x = [3, 4]. */
static void expect_output(struct sx_model *model, double first, double second)
{
    const struct sx_infer_options options = {.threads = 1};
    struct sx_inference *run = sx_inference_new(model, &options, &error);
    struct sx_tensor x = ta_of(SX_FLOAT, SHAPE(1, 2), (const double[]){3, 4});
    ck_assert_msg(sx_inference_run(run, &x, &error), "%s", error.message);
    const struct sx_tensor *y = sx_inference_output(run, 0, NULL);
    ck_assert_double_eq(sx_tensor_get(y, 0), first);
    ck_assert_double_eq(sx_tensor_get(y, 1), second);
    sx_inference_free(run);
    ta_free(&x, 1);
}

START_TEST(written_models_run)
{
    struct sx_tensor w = ta_of(SX_FLOAT, SHAPE(2), (const double[]){10, 100});
    begin();
    write_model(&w);
    struct sx_model *model = take();
    ck_assert_int_eq(sx_model_opset(model, NULL), 13);
    ck_assert_str_eq(sx_model_metadata(model, "who"), "we");
    ck_assert_ptr_null(sx_model_metadata(model, "what"));
    ck_assert_int_eq(sx_model_input(model, 0)->shape.dim[0], -1);
    ck_assert_int_eq(sx_model_output(model, 0)->shape.dim[1], 2);
    expect_output(model, 31, 401);
    sx_model_close(model);
    ta_free(&w, 1);
}
END_TEST

START_TEST(attributes)
{
    struct sx_wire graph = {.error = &error};
    const int64_t axes[] = {1, 0};
    const struct sx_onnx_attr leaky = {.name = "alpha", .real = true, .f = 0.5};
    const struct sx_onnx_attr perm = {.name = "perm", .ints = axes, .n = 2};
    const struct sx_onnx_attr axis = {.name = "axis", .i = 1};
    const struct sx_shape x = {2, {1, 2}}, y = {2, {2, 1}};
    begin();
    sx_onnx_write_node(&graph, "LeakyRelu", (const char *const[]){"x", NULL}, "a", &leaky, 1);
    sx_onnx_write_node(&graph, "Softmax", (const char *const[]){"a", NULL}, "s", &axis, 1);
    sx_onnx_write_node(&graph, "Sub", (const char *const[]){"a", "s", NULL}, "d", NULL, 0);
    sx_onnx_write_node(&graph, "Add", (const char *const[]){"d", "s", NULL}, "e", NULL, 0);
    sx_onnx_write_node(&graph, "Transpose", (const char *const[]){"e", NULL}, "y", &perm, 1);
    sx_onnx_write_port(&graph, SX_GRAPH_INPUT, "x", SX_FLOAT, &x, "N");
    sx_onnx_write_port(&graph, SX_GRAPH_OUTPUT, "y", SX_FLOAT, &y, "N");
    sx_onnx_write_model(&wire, 13, "attributes", &graph);
    sx_wire_free(&graph);
    struct sx_model *model = take();
    expect_output(model, 3, 4);
    sx_model_close(model);
}
END_TEST

/* What protobuf-c, another reader, finds in a file. */
START_TEST(files_are_read_by_others)
{
    struct sx_wire graph = {.error = &error};
    const int64_t ints[] = {3, -1};
    const struct sx_onnx_attr attrs[] = {{.name = "list", .ints = ints, .n = 2},
                                         {.name = "text", .text = "zeros"},
                                         {.name = "real", .real = true, .f = 0.25},
                                         {.name = "whole", .i = -7}};
    struct sx_tensor w = ta_of(SX_DOUBLE, SHAPE(2, 1), (const double[]){1, 2});
    begin();
    sx_onnx_write_nodes(&graph, "TopK", (const char *const[]){"x", "", NULL},
                        (const char *const[]){"values", "places", NULL}, attrs, 4);
    sx_onnx_write_external(&graph, "w", &w, "w.bin", 4096);
    sx_onnx_write_port(&graph, SX_GRAPH_OUTPUT, "values", SX_BOOL,
                       &(struct sx_shape){2, {-1, 5}}, "rows");
    sx_onnx_write_model(&wire, 17, "name", &graph);
    sx_onnx_write_metadata(&wire, "who", "we");
    ck_assert_int_eq(error.status, SX_OK);
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, wire.size, wire.bytes);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->ir_version, 7);
    ck_assert_str_eq(m->producer_name, "sextant");
    ck_assert_str_eq(m->producer_version, SX_VERSION);
    ck_assert(m->n_opset_import == 1 && m->opset_import[0]->version == 17);
    ck_assert_str_eq(m->metadata_props[0]->key, "who");
    ck_assert_str_eq(m->metadata_props[0]->value, "we");
    ck_assert_str_eq(m->graph->name, "name");
    const Onnx__NodeProto *node = m->graph->node[0];
    ck_assert_str_eq(node->op_type, "TopK");
    ck_assert_str_eq(node->name, "values");
    ck_assert(node->n_input == 2 && node->n_output == 2 && node->n_attribute == 4);
    ck_assert_str_eq(node->input[1], "");
    ck_assert_str_eq(node->output[1], "places");
    static const int types[] = {
        ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS,
        ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING,
        ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT,
        ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT,
    };
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(node->attribute[i]->name, attrs[i].name);
        ck_assert_int_eq(node->attribute[i]->type, types[i]);
    }
    ck_assert(node->attribute[0]->n_ints == 2 && node->attribute[0]->ints[1] == -1);
    ck_assert(node->attribute[1]->s.len == 5 &&
              memcmp(node->attribute[1]->s.data, "zeros", 5) == 0);
    ck_assert(node->attribute[2]->f == 0.25F && node->attribute[3]->i == -7);
    const Onnx__TensorProto *tensor = m->graph->initializer[0];
    ck_assert_str_eq(tensor->name, "w");
    ck_assert_int_eq(tensor->data_type, ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE);
    ck_assert_int_eq(tensor->data_location, ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL);
    ck_assert(tensor->n_dims == 2 && tensor->dims[0] == 2 && tensor->dims[1] == 1);
    static const char *const entries[][2] = {
        {"location", "w.bin"}, {"offset", "4096"}, {"length", "16"}};
    for (int i = 0; i < 3; i++) {
        ck_assert_str_eq(tensor->external_data[i]->key, entries[i][0]);
        ck_assert_str_eq(tensor->external_data[i]->value, entries[i][1]);
    }
    const Onnx__TypeProto__Tensor *type = m->graph->output[0]->type->tensor_type;
    ck_assert_str_eq(m->graph->output[0]->name, "values");
    ck_assert_int_eq(type->elem_type, ONNX__TENSOR_PROTO__DATA_TYPE__BOOL);
    ck_assert_str_eq(type->shape->dim[0]->dim_param, "rows");
    ck_assert_int_eq(type->shape->dim[1]->dim_value, 5);
    onnx__model_proto__free_unpacked(m, NULL);
    ta_free(&w, 1);
    sx_wire_free(&graph);
    sx_wire_free(&wire);
}
END_TEST

/* ---- Elements ---- */

/* Numbers are rounded to the nearest of a type, ties to even. */
START_TEST(elements)
{
    enum {
        HALF = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16,
        BRAIN = ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16,
        FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
        DOUBLE = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
        WORD = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
        SIGNED = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
        BYTE = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
    };
    static const struct {
        int type;
        double value;
        uint64_t bits;
    } cases[] = {{HALF, 1, 0x3c00},
                 {HALF, -2.5, 0xc100},
                 {HALF, 1 + 0x1p-11, 0x3c00},
                 {HALF, 1 + 0x3p-11, 0x3c02},
                 {HALF, 1 + 0x1.2p-11, 0x3c01},
                 {HALF, 65504, 0x7bff},
                 {HALF, 65519, 0x7bff},
                 {HALF, 65520, 0x7c00},
                 {HALF, -1e30, 0xfc00},
                 {HALF, INFINITY, 0x7c00},
                 {HALF, -INFINITY, 0xfc00},
                 {HALF, NAN, 0x7e00},
                 {HALF, -0.0, 0x8000},
                 {HALF, 0x1p-14, 0x0400},
                 {HALF, 0x1.ffp-15, 0x03fe},
                 {HALF, 0x1.ff8p-15, 0x03ff},
                 {HALF, 0x1.ffcp-15, 0x0400},
                 {HALF, 0x1p-25, 0},
                 {HALF, 0x1.8p-24, 2},
                 {HALF, -0x1.4p-24, 0x8001},
                 {BRAIN, 1, 0x3f80},
                 {BRAIN, 1 + 0x1p-8, 0x3f80},
                 {BRAIN, 1 + 0x3p-8, 0x3f82},
                 {BRAIN, 1 + 0x1.2p-8, 0x3f81},
                 {BRAIN, -3e38, 0xff62},
                 {BRAIN, 3.4e38, 0x7f80},
                 {BRAIN, INFINITY, 0x7f80},
                 {BRAIN, NAN, 0x7fc0},
                 {FLOAT, 0.1, 0x3dcccccd},
                 {DOUBLE, 0.1, 0x3fb999999999999a},
                 {WORD, -2, 0xfffffffe},
                 {SIGNED, -128, 0x80},
                 {BYTE, 255, 0xff}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[9];
        uint64_t bits = 0;
        size_t n = sx_onnx_element_size(cases[i].type);
        memset(bytes, 0x5a, sizeof bytes);
        sx_onnx_encode(cases[i].type, cases[i].value, bytes);
        ck_assert_uint_eq(bytes[n], 0x5a);
        memcpy(&bits, bytes, n);
        ck_assert_msg(bits == cases[i].bits, "%g in type %d is %llx, not %llx", cases[i].value,
                      cases[i].type, (unsigned long long)bits,
                      (unsigned long long)cases[i].bits);
    }
    ck_assert_uint_eq(sx_onnx_element_size(ONNX__TENSOR_PROTO__DATA_TYPE__INT64), 0);
}
END_TEST

/* ---- Changes ---- */

/* A model with unknown fields on three levels. */
static struct sx_model *odd_model(enum sx_type type, bool raw)
{
    struct sx_error why = {0};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, 2});
    Onnx__TensorProto *w = tm_const(m, "w", type, 1, (const int64_t[]){2},
                                    type == SX_FLOAT ? (const void *)(const float[]){10, 100}
                                                     : (const void *)(const double[]){10, 100});
    if (!raw) {
        w->has_raw_data = false;
        w->n_float_data = 2;
        w->float_data = tm_memory(m, 2 * sizeof *w->float_data);
        w->float_data[0] = 10;
        w->float_data[1] = 100;
    }
    if (type == SX_FLOAT)
        tm_node(m, "Mul", "x w", "y", NULL);
    else
        tm_node(m, "Identity", "x", "y", NULL);
    tm_output(m, "y");
    size_t n;
    const uint8_t *bytes = tm_pack(m, &n);
    begin();
    sx_wire_raw(&wire, bytes, n);
    sx_wire_text(&wire, 2000, "of another time");
    sx_wire_int(&wire, 2001, -1); /* a number of the largest width */
    tm_free(m);
    struct sx_model *model = sx_model_take(wire.bytes, wire.size, "odd", &why);
    ck_assert_msg(model != NULL, "%s", why.message);
    begin();
    return model;
}

static bool holds(const struct sx_model *model, const char *text)
{
    return memmem(model->file.bytes, model->file.size, text, strlen(text)) != NULL;
}

/* A model whose weights are in another file, which need not exist. */
static struct sx_model *external_model(void)
{
    struct sx_error why = {0};
    struct tm_model *m = tm_new(13);
    Onnx__TensorProto *w =
        tm_raw(m, "w", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 1, (const int64_t[]){2}, NULL, 0);
    Onnx__StringStringEntryProto *entry = tm_memory(m, sizeof *entry);
    onnx__string_string_entry_proto__init(entry);
    entry->key = tm_text(m, "location");
    entry->value = tm_text(m, "w.bin");
    w->has_data_location = true;
    w->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    w->n_external_data = 1;
    w->external_data = tm_memory(m, sizeof entry);
    w->external_data[0] = entry;
    struct sx_model *model = tm_open(m, &why);
    ck_assert_msg(model != NULL, "%s", why.message);
    tm_free(m);
    return model;
}

START_TEST(nothing_changes_by_itself)
{
    for (int external = 0; external < 2; external++) {
        struct sx_model *model = external ? external_model() : odd_model(SX_FLOAT, true);
        const struct sx_onnx_changes none = {0};
        ck_assert_msg(sx_onnx_rewrite(model, &none, &wire), "%s", error.message);
        ck_assert_uint_eq(wire.size, model->file.size);
        ck_assert(memcmp(wire.bytes, model->file.bytes, wire.size) == 0);
        sx_wire_free(&wire);
        sx_model_close(model);
    }
}
END_TEST

START_TEST(weights_change)
{
    for (int raw = 0; raw < 2; raw++) {
        struct sx_model *model = odd_model(SX_FLOAT, raw);
        struct sx_tensor w = ta_of(SX_FLOAT, SHAPE(2), (const double[]){2, 0.5});
        const struct sx_onnx_value value = {"w", &w};
        const struct sx_onnx_changes changes = {.values = &value, .n_values = 1};
        ck_assert(sx_onnx_rewrite(model, &changes, &wire));
        ck_assert_uint_eq(wire.size, model->file.size);
        struct sx_model *changed = take();
        ck_assert(holds(changed, "of another time"));
        const Onnx__TensorProto *proto = sx_model_initializer(changed, "w");
        ck_assert_int_eq(proto->has_raw_data != 0, raw);
        ck_assert_uint_eq(proto->n_float_data, raw ? 0 : 2);
        expect_output(changed, 6, 2);
        sx_model_close(changed);
        sx_model_close(model);
        ta_free(&w, 1);
    }
}
END_TEST

START_TEST(wide_weights_stay_wide)
{
    struct sx_model *model = odd_model(SX_DOUBLE, true);
    struct sx_tensor w = ta_of(SX_FLOAT, SHAPE(2), (const double[]){0.5, 3});
    const struct sx_onnx_value value = {"w", &w};
    const struct sx_onnx_changes changes = {.values = &value, .n_values = 1};
    struct sx_tensor got;
    ck_assert(sx_onnx_rewrite(model, &changes, &wire));
    struct sx_model *changed = take();
    const Onnx__TensorProto *proto = sx_model_initializer(changed, "w");
    ck_assert_int_eq(proto->data_type, ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE);
    ck_assert(sx_onnx_tensor_read(changed, proto, SX_DOUBLE, &got, NULL, &error));
    ck_assert_double_eq(sx_tensor_get(&got, 0), 0.5);
    ta_free(&got, 1);
    ta_free(&w, 1);
    sx_model_close(changed);
    sx_model_close(model);
}
END_TEST

START_TEST(nodes_and_metadata_are_appended)
{
    struct sx_model *model = odd_model(SX_FLOAT, true);
    struct sx_wire graph = {.error = &error}, metadata = {.error = &error};
    const struct sx_shape shape = {2, {-1, 2}};
    const struct sx_onnx_changes changes = {.graph = &graph, .model = &metadata};
    sx_onnx_write_node(&graph, "Neg", (const char *const[]){"y", NULL}, "z", NULL, 0);
    sx_onnx_write_port(&graph, SX_GRAPH_OUTPUT, "z", SX_FLOAT, &shape, "N");
    sx_onnx_write_metadata(&metadata, "k", "v");
    ck_assert(sx_onnx_rewrite(model, &changes, &wire));
    struct sx_model *changed = take();
    ck_assert_int_eq(sx_model_output_count(changed), 2);
    ck_assert_str_eq(sx_model_metadata(changed, "k"), "v");
    expect_output(changed, 30, 400);
    sx_wire_free(&graph);
    sx_wire_free(&metadata);
    sx_model_close(changed);
    sx_model_close(model);
}
END_TEST

START_TEST(integers_are_refused)
{
    struct sx_error why = {0};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (const int64_t[]){1});
    tm_const(m, "i", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){0});
    tm_node(m, "Gather", "x i", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &why);
    tm_free(m);
    struct sx_tensor w = ta_of(SX_FLOAT, SHAPE(1), (const double[]){1});
    const struct sx_onnx_value value = {"i", &w};
    const struct sx_onnx_changes changes = {.values = &value, .n_values = 1};
    begin();
    ck_assert(!sx_onnx_rewrite(model, &changes, &wire));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert(strstr(error.message, "initializer 'i'") != NULL);
    sx_wire_free(&wire);
    ta_free(&w, 1);
    sx_model_close(model);
}
END_TEST

/* A file becomes shorter after it was opened. */
START_TEST(files_that_change)
{
    struct sx_model *model = odd_model(SX_FLOAT, true);
    const struct sx_onnx_changes none = {0};
    size_t whole = model->file.size;
    for (model->file.size = 1; model->file.size < whole; model->file.size++) {
        begin();
        if (!sx_onnx_rewrite(model, &none, &wire))
            ck_assert_int_eq(error.status, SX_MODEL);
        sx_wire_free(&wire);
    }
    sx_model_close(model);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("onnx_write");
    SUITE_ADD(c, fields, nested, failures_stick, written_models_run, attributes,
              files_are_read_by_others, elements, nothing_changes_by_itself, weights_change,
              wide_weights_stay_wide, nodes_and_metadata_are_appended, integers_are_refused,
              files_that_change);
    return suite_run();
}
