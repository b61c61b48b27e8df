/* check_lower.c - the general parts of lowering: names, order, shapes of inputs, functions,
 * refusals. */
#include <stdlib.h>
#include <string.h>

#include "lower/row.h"
#include "lowering.h"
#include "suite.h"

static struct tm_model *chain(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    tm_output(m, "y");
    return m;
}

#define GIVES(m, in, out)                                                                      \
    lc_gives(m, (const char *const[]){in, NULL}, (const char *const[]){out, NULL})

/* ---- Order and names ---- */

START_TEST(any_order)
{
    struct tm_model *m = chain();
    tm_node(m, "Neg", "b", "y", NULL);
    tm_node(m, "Add", "a x", "b", NULL);
    tm_node(m, "Exp", "zero", "a", NULL);
    tm_node(m, "Sub", "x x", "zero", NULL);
    GIVES(m, "f2: 1 2", "f2: -2 -3");
}
END_TEST

START_TEST(broken_wiring)
{
    struct tm_model *m = chain();
    tm_node(m, "Add", "x b", "a", NULL);
    tm_node(m, "Neg", "a", "b", NULL);
    tm_node(m, "Neg", "b", "y", NULL);
    lc_refused(m, "depends on itself");
    m = chain();
    tm_node(m, "Neg", "x", "y", NULL);
    tm_node(m, "Abs", "x", "y", NULL);
    lc_refused(m, "tensor 'y' is defined twice");
    m = chain();
    tm_node(m, "Neg", "x", "x", NULL);
    lc_refused(m, "tensor 'x' is defined twice");
    m = chain();
    tm_const(m, "y", SX_FLOAT, 0, NULL, (float[]){1});
    tm_node(m, "Neg", "x", "y", NULL);
    lc_refused(m, "tensor 'y' is defined twice");
    m = chain();
    tm_node(m, "Neg", "nowhere", "y", NULL);
    lc_refused(m, "node 'y' (Neg, opset 13): input 0: nothing makes tensor 'nowhere'");
    m = chain();
    lc_refused(m, "output 'y': nothing makes it");
    m = chain();
    tm_node(m, "MaxPool", "x", "y", NULL);
    lc_refused(m, "node 'y' (MaxPool, opset 13)");
}
END_TEST

START_TEST(unknown_operators)
{
    struct tm_model *m = chain();
    tm_node(m, "Foo", "x", "y", NULL)->name = tm_text(m, "n12");
    lc_refused(m, ": node 'n12' (Foo, opset 13): operator not supported");
    m = chain();
    tm_domain(m, "org.example", 4);
    tm_node(m, "org.example:Foo", "x", "y", NULL);
    lc_refused(m, "node 'y' (org.example.Foo, opset 4): operator not supported");
    m = tm_new(12); /* Trilu exists since opset 14 */
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 1});
    tm_node(m, "Trilu", "x", "y", NULL);
    tm_output(m, "y");
    lc_refused(m, "(Trilu, opset 12): operator not supported");
}
END_TEST

START_TEST(default_domain_has_two_names)
{
    struct tm_model *m = chain();
    tm_node(m, "ai.onnx:Neg", "x", "y", NULL);
    GIVES(m, "f2: 1 2", "f2: -1 -2");
}
END_TEST

static const struct sx_name *find_name(const struct sx_graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_names; i++)
        if (strcmp(g->name[i].name, name) == 0)
            return &g->name[i];
    return NULL;
}

START_TEST(every_tensor_is_named)
{
    struct tm_model *m = chain();
    struct sx_model *model;
    struct sx_error error = {0};
    tm_const(m, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
    tm_node(m, "Mul", "x w", "product", NULL)->name = tm_text(m, "first");
    tm_node(m, "Identity", "product", "same", NULL);
    tm_node(m, "Elu", "same", "y", NULL);
    struct sx_lowered *l = lc_lower(m, &model, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert(l->graph->faithful);
    const struct sx_name *product = find_name(l->graph, "product");
    ck_assert_ptr_nonnull(product);
    ck_assert_str_eq(product->onnx_op, "Mul");
    ck_assert_str_eq(product->onnx_node, "first");
    ck_assert_int_eq(l->graph->node[product->node].op, SX_MUL);
    ck_assert_int_eq(sx_find(l->graph, "same"), product->node);
    ck_assert_int_eq(sx_find(l->graph, "x"), l->inputs[0].node);
    ck_assert_int_eq(l->graph->node[sx_find(l->graph, "w")].op, SX_CONST);
    ck_assert_int_eq(l->n_outputs, 1);
    ck_assert_str_eq(l->outputs[0].name, "y");
    ck_assert_int_eq(l->outputs[0].node, sx_find(l->graph, "y"));
    ck_assert_int_eq(l->outputs[0].onnx_type, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

START_TEST(optional_outputs)
{
    struct tm_model *m = chain();
    tm_node(m, "Dropout", "x", "y mask", NULL);
    tm_output(m, "mask");
    lc_gives(m, (const char *const[]){"f2: 1 2", NULL},
             (const char *const[]){"f2: 1 2", "b2: 1 1", NULL});
    m = tm_new(7);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(m, "Dropout", "x", "y mask", NULL);
    tm_output(m, "mask");
    lc_gives(m, (const char *const[]){"f2: 1 2", NULL}, (const char *const[]){"f2: 0 0", NULL});
    m = chain();
    tm_domain(m, "com.microsoft", 1);
    tm_node(m, "Unsqueeze", "x axes", "x3", NULL);
    tm_const(m, "axes", SX_INT, 1, (int64_t[]){2}, (int64_t[]){0, 2});
    tm_node(m, "com.microsoft:MultiHeadAttention", "x3 x3 x3", "a - - scores", "num_heads=1");
    tm_node(m, "Neg", "scores", "y", NULL);
    lc_refused(m, "input 0: tensor 'scores' is an optional output that is not supported");
    m = chain();
    tm_node(m, "Identity", "x", "y more", NULL);
    tm_output(m, "more");
    lc_refused(m, "output 'more' is not supported");
}
END_TEST

/* ---- Shapes and values of inputs ---- */

static struct sx_lowered *with(struct sx_model *model, const char *name,
                               const struct sx_shape *shape, const struct sx_tensor *value,
                               struct sx_error *error)
{
    const struct sx_lower_input input = {.name = name, .shape = shape, .value = value};
    const struct sx_lower_options options = {.inputs = &input, .n_inputs = 1};
    *error = (struct sx_error){0};
    return sx_lower(model, &options, error);
}

static int64_t dim_of(const struct sx_lowered *l, const char *name, int axis)
{
    return l->graph->node[sx_find(l->graph, name)].shape.dim[axis];
}

/* A model of x [d0, 3] and z [d0], whose first axes share a symbol. */
static struct sx_model *symbolic(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 3});
    tm_input(m, "z", SX_FLOAT, 1, (int64_t[]){-1});
    tm_node(m, "Shape", "z", "s", NULL);
    tm_node(m, "ReduceSum", "x", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    return model;
}

START_TEST(symbolic_dimensions)
{
    struct sx_model *model = symbolic();
    struct sx_error error = {0};
    struct sx_lowered *l = sx_lower(model, NULL, &error);
    ck_assert_int_eq(dim_of(l, "x", 0), 1);
    ck_assert_int_eq(l->n_inputs, 2);
    sx_lowered_free(l);
    struct sx_shape shape = {2, {5, 3}};
    l = with(model, "x", &shape, NULL, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(dim_of(l, "x", 0), 5);
    ck_assert_int_eq(dim_of(l, "z", 0), 5);
    sx_lowered_free(l);
    shape.dim[1] = 4;
    ck_assert_ptr_null(with(model, "x", &shape, NULL, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_nonnull(strstr(error.message, "input 'x': dimension 1 is 4, the model"));
    shape.rank = 1;
    ck_assert_ptr_null(with(model, "x", &shape, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "rank 1 is given, the model declares 2"));
    ck_assert_ptr_null(with(model, "q", &shape, NULL, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    ck_assert_ptr_nonnull(strstr(error.message, "there is no input 'q'"));
    sx_model_close(model);
}
END_TEST

/* Some files declare a length of 0 where they know none. */
START_TEST(declared_lengths)
{
    for (int64_t declared = 0; declared <= 3; declared++) {
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_FLOAT, 1, &declared);
        tm_node(m, "Neg", "x", "y", NULL);
        tm_output(m, "y");
        struct sx_model *model = lc_open(m);
        tm_free(m);
        struct sx_error error = {0};
        const struct sx_shape shape = {1, {3}};
        struct sx_lowered *l = with(model, "x", &shape, NULL, &error);
        ck_assert_msg((l != NULL) == (declared == 0 || declared == 3), "%s", error.message);
        if (l != NULL)
            ck_assert_int_eq(dim_of(l, "y", 0), 3);
        else
            ck_assert_ptr_nonnull(
                strstr(error.message, "dimension 0 is 3, the model declares"));
        sx_lowered_free(l);
        sx_model_close(model);
    }
}
END_TEST

START_TEST(conflicting_symbols)
{
    struct sx_model *model = symbolic();
    const struct sx_shape x = {2, {5, 3}}, z = {1, {6}};
    const struct sx_lower_input inputs[] = {{.name = "x", .shape = &x},
                                            {.name = "z", .shape = &z}};
    const struct sx_lower_options options = {.inputs = inputs, .n_inputs = 2};
    struct sx_error error = {0};
    struct sx_lowered *l = sx_lower(model, &options, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(dim_of(l, "z", 0), 6);
    ck_assert_str_eq(sx_model_warning(model, 0),
                     "input 'z': dimension 0 ('d0') is 6, elsewhere 5");
    ck_assert_ptr_null(sx_model_warning(model, 1));
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

/* A warning names the opset that is too new, and no known one. */
START_TEST(newest_opset)
{
    for (int64_t opset = 28; opset <= 29; opset++) {
        struct tm_model *m = tm_new(opset);
        tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){1});
        tm_node(m, "Neg", "x", "y", NULL);
        tm_output(m, "y");
        struct sx_model *model;
        struct sx_error error = {0};
        struct sx_lowered *l = lc_lower(m, &model, &error);
        ck_assert_msg(l != NULL, "%s", error.message);
        const char *warning = sx_model_warning(model, 0);
        ck_assert_int_eq(warning != NULL, opset == 29);
        if (warning != NULL)
            ck_assert_str_eq(warning, "opset 29 is newer than 28, the last that is known");
        sx_lowered_free(l);
        sx_model_close(model);
    }
}
END_TEST

/* ---- Only what is needed ---- */

/* A model with two outputs: y from x, and z from u by an unknown operator. The input s is a
 * string. */
static struct sx_model *two_parts(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "s", SX_FLOAT, 1, (int64_t[]){1});
    tm_proto(m)->graph->input[0]->type->tensor_type->elem_type =
        ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    tm_input(m, "u", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(m, "Exp", "x", "hidden", NULL);
    tm_node(m, "Neg", "hidden", "y", NULL);
    tm_node(m, "Foo", "y u", "z", NULL);
    tm_node(m, "Abs", "u", "v", NULL);
    tm_output(m, "y");
    tm_output(m, "z");
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    return model;
}

START_TEST(only_needed_nodes_are_lowered)
{
    struct sx_model *model = two_parts();
    struct sx_error error = {0};
    ck_assert_ptr_null(sx_lower(model, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "node 'z' (Foo, opset 13): operator not"));
    const struct sx_lower_options options = {.output = "y"};
    struct sx_lowered *l = sx_lower(model, &options, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(l->n_outputs, 1);
    ck_assert_int_eq(l->n_inputs, 3); /* one for each input of the model */
    ck_assert_int_eq(sx_find(l->graph, "v"), SX_NONE);
    sx_lowered_free(l);
    ck_assert(sx_model_want(model, "y", NULL, 0, &error));
    ck_assert_int_eq(sx_model_input_count(model), 1);
    l = sx_lower(model, NULL, &error);
    ck_assert_str_eq(l->inputs[0].name, "x");
    ck_assert_int_eq(l->n_inputs, 1);
    sx_lowered_free(l);
    ck_assert(sx_model_want(model, NULL, NULL, 0, &error));
    ck_assert_int_eq(sx_model_input_count(model), 2); /* no node reads s */
    sx_model_close(model);
}
END_TEST

START_TEST(fed_inside)
{
    struct sx_model *model = two_parts();
    struct sx_error error = {0};
    /* y does not need v */
    const char *const fed[] = {"hidden", "nowhere", "u", "v"};
    ck_assert(sx_model_want(model, "y", fed, 4, &error));
    ck_assert_int_eq(sx_model_input_count(model), 1);
    ck_assert_str_eq(sx_model_input(model, 0)->name, "hidden");
    ck_assert_int_eq(sx_model_input(model, 0)->shape.rank, -1);
    const struct sx_shape shape = {1, {3}};
    struct sx_lowered *l = with(model, "hidden", &shape, NULL, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(dim_of(l, "y", 0), 3);
    ck_assert_int_eq(l->graph->node[sx_find(l->graph, "hidden")].op, SX_INPUT);
    ck_assert(sx_model_has_tensor(model, "z") && !sx_model_has_tensor(model, "nowhere"));
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

/* A model with a label of the probabilities p, which is declared as integers. */
static struct sx_model *labelled(const char *op, bool both)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 3});
    tm_node(m, "Softmax", "x", "p", NULL);
    tm_node(m, op, "p", "best", NULL);
    tm_node(m, "Squeeze", "best", "label", NULL);
    tm_output_as(m, "label", SX_INT, -1, NULL);
    tm_node(m, "Log", "p", "log", NULL);
    if (both)
        tm_output_as(m, "log", SX_FLOAT, -1, NULL);
    struct sx_model *model = lc_open(m);
    tm_free(m);
    return model;
}

START_TEST(explained_tensor)
{
    static const struct {
        const char *op, *explained, *instead_of;
        bool both;
    } cases[] = {{"ArgMax", "p", "label", true},
                 {"ArgMax", "p", "label", false},
                 {"Shape", "log", "label", true},
                 {"Shape", "label", NULL, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_model *model = labelled(cases[i].op, cases[i].both);
        const char *instead_of;
        ck_assert_str_eq(sx_model_explained(model, &instead_of), cases[i].explained);
        ck_assert_int_eq(instead_of != NULL, cases[i].instead_of != NULL);
        if (instead_of != NULL)
            ck_assert_str_eq(instead_of, cases[i].instead_of);
        sx_model_close(model);
    }
}
END_TEST

START_TEST(constant_inputs)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){4});
    tm_input(m, "shape", SX_INT, 1, (int64_t[]){2});
    tm_node(m, "Reshape", "x shape", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    struct sx_error error;
    struct sx_tensor value = lc_tensor("f2: 2 2", NULL, NULL); /* is converted to int64 */
    struct sx_lowered *l = with(model, "shape", NULL, &value, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(l->n_inputs, 1);
    ck_assert_str_eq(l->inputs[0].name, "x");
    ck_assert_int_eq(dim_of(l, "y", 1), 2);
    sx_lowered_free(l);
    sx_tensor_free(&value);
    ck_assert_ptr_null(sx_lower(model, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "input 1 (shape) must be constant"));
    sx_model_close(model);
}
END_TEST

START_TEST(undeclared_shapes)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, -1, NULL);
    tm_node(m, "Neg", "x", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    const struct sx_shape shape = {1, {4}};
    struct sx_error error = {0};
    ck_assert_ptr_null(sx_lower(model, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "input 'x': the model declares no shape"));
    struct sx_lowered *l = with(model, "x", &shape, NULL, &error);
    ck_assert_int_eq(dim_of(l, "y", 0), 4);
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

/* ---- Weights ---- */

START_TEST(weights_of_all_types)
{
    static const uint16_t half[] = {0x3c00, 0xc000}, brain[] = {0x3f80, 0xc000};
    static const double wide[] = {1, -2};
    static const int32_t whole[] = {1, -2};
    const int64_t two[] = {2};
    struct tm_model *m = chain();
    tm_raw(m, "a", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, 1, two, half, sizeof half);
    tm_raw(m, "b", ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16, 1, two, brain, sizeof brain);
    tm_raw(m, "c", ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, 1, two, wide, sizeof wide);
    tm_raw(m, "i", ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 1, two, whole, sizeof whole);
    tm_node(m, "Cast", "i", "d", "to=1");
    tm_node(m, "Sum", "x a b c d", "y", NULL);
    GIVES(m, "f2: 10 20", "f2: 14 12");
    m = chain();
    tm_raw(m, "text", ONNX__TENSOR_PROTO__DATA_TYPE__STRING, 1, two, NULL, 0);
    tm_node(m, "Neg", "x", "y", NULL);
    lc_refused(m, "initializer 'text'");
}
END_TEST

START_TEST(weights_that_are_inputs_too)
{
    struct tm_model *m = chain();
    tm_input(m, "w", SX_FLOAT, 1, (int64_t[]){2});
    tm_const(m, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
    tm_node(m, "Mul", "x w", "y", NULL);
    GIVES(m, "f2: 1 2", "f2: 3 8");
}
END_TEST

START_TEST(constant_tensors)
{
    struct tm_model *m = chain();
    tm_node(m, "Constant", "", "c", NULL);
    tm_attr_tensor(m, "value", SX_FLOAT, 1, (int64_t[]){1}, (float[]){5});
    tm_const(m, "n", SX_INT, 1, (int64_t[]){1}, (int64_t[]){2});
    tm_const(m, "many", SX_INT, 1, (int64_t[]){1}, (int64_t[]){100});
    tm_node(m, "ConstantOfShape", "n", "d", NULL);
    tm_attr_tensor(m, "value", SX_FLOAT, 1, (int64_t[]){1}, (float[]){7});
    tm_node(m, "ConstantOfShape", "many", "e", NULL);
    tm_attr_tensor(m, "value", SX_FLOAT, 1, (int64_t[]){1}, (float[]){0.5});
    tm_node(m, "ReduceSum", "e", "f", "keepdims=0");
    tm_node(m, "Sum", "x c d f", "y", NULL);
    GIVES(m, "f2: 1 2", "f2: 63 64");
    m = chain();
    tm_const(m, "n", SX_INT, 1, (int64_t[]){1}, (int64_t[]){2});
    tm_node(m, "ConstantOfShape", "n", "y", NULL);
    tm_attr_tensor(m, "value", SX_FLOAT, 1, (int64_t[]){2}, (float[]){7, 8});
    lc_refused(m, "'value' must have one element");
}
END_TEST

/* Shape arithmetic as exporters write it, to flatten all axes but the batch, is folded. */
START_TEST(shape_arithmetic_folds)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 3, (int64_t[]){-1, 2, 2});
    tm_const(m, "zero", SX_INT, 0, NULL, (int64_t[]){0});
    tm_const(m, "axes", SX_INT, 1, (int64_t[]){1}, (int64_t[]){0});
    tm_const(m, "rest", SX_INT, 1, (int64_t[]){1}, (int64_t[]){-1});
    tm_node(m, "Shape", "x", "s", NULL);
    tm_node(m, "Gather", "s zero", "batch", "axis=0");
    tm_node(m, "Unsqueeze", "batch axes", "first", NULL);
    tm_node(m, "Concat", "first rest", "to", "axis=0");
    tm_node(m, "Reshape", "x to", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model;
    struct sx_error error = {0};
    struct sx_lowered *l = lc_lower(m, &model, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(l->graph->node[sx_find(l->graph, "to")].op, SX_CONST);
    ck_assert_int_eq(dim_of(l, "y", 0), 1);
    ck_assert_int_eq(dim_of(l, "y", 1), 4);
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

/* Large constants are not folded, but their values are known. */
START_TEST(unfolded_constants)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){3});
    tm_const(m, "one", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_const(m, "n", SX_INT, 1, (int64_t[]){1}, (int64_t[]){200});
    tm_node(m, "Expand", "one n", "ones", NULL);
    tm_const(m, "begin", SX_INT, 1, (int64_t[]){1}, (int64_t[]){199});
    tm_node(m, "Slice", "ones begin n", "times", NULL);
    tm_node(m, "Tile", "x times", "y", NULL);
    tm_output(m, "y");
    GIVES(m, "f3: 1 2 3", "f3: 1 2 3");
}
END_TEST

START_TEST(memory_limit)
{
    struct tm_model *m = tm_new(13);
    tm_const(m, "a", SX_INT, 0, NULL, (int64_t[]){0});
    tm_const(m, "b", SX_INT, 0, NULL, (int64_t[]){1000000});
    tm_const(m, "c", SX_INT, 0, NULL, (int64_t[]){1});
    tm_node(m, "Range", "a b c", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    const struct sx_lower_options options = {.max_memory = 1 << 20};
    struct sx_error error = {0};
    ck_assert_ptr_null(sx_lower(model, &options, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    struct sx_lowered *l = sx_lower(model, NULL, &error);
    ck_assert_ptr_nonnull(l);
    sx_lowered_free(l);
    sx_lowered_free(NULL);
    sx_model_close(model);
}
END_TEST

/* ---- Functions of the model ---- */

/* Adds a function whose nodes are those of `body`. `body` must live until the file is written. */
static void add_function(struct tm_model *m, const char *name, struct tm_model *body,
                         const char *input, const char *output)
{
    Onnx__ModelProto *p = tm_proto(m);
    Onnx__FunctionProto *f = tm_memory(m, sizeof *f), **list;
    onnx__function_proto__init(f);
    f->name = tm_text(m, name);
    f->domain = tm_text(m, "local");
    f->n_input = f->n_output = 1;
    f->input = tm_memory(m, sizeof *f->input);
    f->input[0] = tm_text(m, input);
    f->output = tm_memory(m, sizeof *f->output);
    f->output[0] = tm_text(m, output);
    f->n_node = tm_proto(body)->graph->n_node;
    f->node = tm_proto(body)->graph->node;
    f->n_opset_import = p->n_opset_import;
    f->opset_import = p->opset_import;
    list = tm_memory(m, (p->n_functions + 1) * sizeof(Onnx__FunctionProto *));
    if (p->n_functions > 0)
        memcpy(list, p->functions, p->n_functions * sizeof(Onnx__FunctionProto *));
    list[p->n_functions++] = f;
    p->functions = list;
}

START_TEST(functions)
{
    struct tm_model *m = chain(), *leaky = tm_new(13), *twice = tm_new(13);
    tm_domain(m, "local", 1);
    Onnx__NodeProto *node = tm_node(leaky, "LeakyRelu", "a", "b", "alpha=0.0");
    node->attribute[0]->ref_attr_name = tm_text(leaky, "slope");
    node->attribute[0]->has_f = 0;
    add_function(m, "Leak", leaky, "a", "b");
    tm_node(twice, "local:Leak", "a", "b", "slope=0.5");
    tm_node(twice, "local:Leak", "b", "c", "slope=0.25");
    add_function(m, "Twice", twice, "a", "c");
    tm_node(m, "local:Twice", "x", "y", NULL);
    GIVES(m, "f2: 4 -8", "f2: 4 -1");
    tm_free(leaky);
    tm_free(twice);
}
END_TEST

START_TEST(endless_functions)
{
    struct tm_model *m = chain(), *body = tm_new(13);
    tm_domain(m, "local", 1);
    tm_node(body, "local:Self", "a", "b", NULL);
    add_function(m, "Self", body, "a", "b");
    tm_node(m, "local:Self", "x", "y", NULL);
    lc_refused(m, "node 'b' (local.Self, opset 1): functions are nested too deep");
    tm_free(body);
    /* Each function calls the next one three times, and 3^14 nodes are too many. The first call is
     * refused, before any node is lowered. */
    m = chain();
    tm_domain(m, "local", 1);
    struct tm_model *bodies[22];
    for (int i = 0; i < 22; i++) {
        char name[16], next[32];
        snprintf(name, sizeof name, "F%d", i);
        snprintf(next, sizeof next, i < 21 ? "local:F%d" : "Neg", i + 1);
        bodies[i] = tm_new(13);
        for (int k = 0; k < 3; k++) {
            char from[16], to[16];
            snprintf(from, sizeof from, "t%d", k);
            snprintf(to, sizeof to, "t%d", k + 1);
            tm_node(bodies[i], next, from, to, NULL);
        }
        add_function(m, name, bodies[i], "t0", "t3");
    }
    tm_node(m, "local:F8", "x", "y", NULL);
    lc_refused(m, "node 'y' (local.F8, opset 1): the graph unrolls to too many nodes");
    for (int i = 0; i < 22; i++)
        tm_free(bodies[i]);
}
END_TEST

/* ---- Tables and lists ---- */

START_TEST(table)
{
    size_t n = 0;
    const struct sx_lowering_row *row, *other;
    for (; (row = sx_lowering_row(n)) != NULL; n++) {
        ck_assert(row->lower != NULL);
        ck_assert(row->max_in < 0 || row->min_in <= row->max_in);
        ck_assert(row->until == 0 || row->since <= row->until);
        for (size_t i = 0; i < n; i++) {
            other = sx_lowering_row(i);
            bool same =
                strcmp(row->op, other->op) == 0 && strcmp(row->domain, other->domain) == 0;
            bool apart = (row->until > 0 && row->until < other->since) ||
                         (other->until > 0 && other->until < row->since);
            ck_assert_msg(!same || apart, "%s has two rows for an opset", row->op);
        }
    }
    ck_assert_uint_gt(n, 150);
    ck_assert_ptr_null(sx_lowering_find("", "Trilu", 13));
    ck_assert_ptr_nonnull(sx_lowering_find("", "Trilu", 14));
    ck_assert_ptr_null(sx_lowering_find("com.microsoft", "Relu", 1));
}
END_TEST

struct seen {
    int n, n_supported, deepest, stop_after;
};

static bool see(void *context, const struct sx_listed_node *node)
{
    struct seen *seen = context;
    seen->n++;
    seen->n_supported += node->supported;
    seen->deepest = node->depth > seen->deepest ? node->depth : seen->deepest;
    ck_assert_int_eq(node->opset, 13);
    ck_assert_str_eq(node->domain, "");
    return seen->n != seen->stop_after;
}

START_TEST(listing)
{
    struct tm_model *m = chain(), *yes = tm_new(13), *no = tm_new(13);
    tm_const(m, "c", SX_BOOL, 0, NULL, (uint8_t[]){1});
    tm_node(yes, "Foo", "x", "a", NULL);
    tm_node(no, "Neg", "x", "a", NULL);
    tm_output(yes, "a");
    tm_output(no, "a");
    tm_node(m, "If", "c", "y", NULL);
    tm_attr_graph(m, "then_branch", yes);
    tm_attr_graph(m, "else_branch", no);
    tm_node(m, "Bar", "y", "z", NULL);
    struct sx_model *model = lc_open(m);
    tm_free(m);
    struct seen seen = {0};
    struct sx_error error = {0};
    sx_lower_list(model, NULL, see, &seen);
    ck_assert_int_eq(seen.n, 4);
    ck_assert_int_eq(seen.n_supported, 2);
    ck_assert_int_eq(seen.deepest, 1);
    const struct sx_lower_options options = {.listing = true};
    struct sx_lowered *l = sx_lower(model, &options, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    seen = (struct seen){0};
    sx_lower_list(model, l, see, &seen);
    ck_assert_int_eq(seen.n_supported, 1); /* the If fails because its branch fails */
    sx_lowered_free(l);
    seen = (struct seen){.stop_after = 2};
    sx_lower_list(model, NULL, see, &seen);
    ck_assert_int_eq(seen.n, 2);
    sx_model_close(model);
}
END_TEST

/* A listing contains nodes that no output needs. Otherwise these are left out. */
START_TEST(listing_has_all)
{
    for (int all = 0; all < 2; all++) {
        struct tm_model *m = chain();
        tm_node(m, "Neg", "x", "y", NULL);
        tm_node(m, "Exp", "x", "aside", NULL);
        struct sx_model *model = lc_open(m);
        tm_free(m);
        struct sx_error error = {0};
        const struct sx_lower_options options = {.listing = all != 0};
        struct sx_lowered *l = sx_lower(model, &options, &error);
        ck_assert_msg(l != NULL, "%s", error.message);
        ck_assert_int_eq(sx_find(l->graph, "aside") != SX_NONE, all);
        ck_assert_int_ne(sx_find(l->graph, "y"), SX_NONE);
        sx_lowered_free(l);
        sx_model_close(model);
    }
}
END_TEST

/* The first axis of x[N, 2, 3] counts samples if it is the first axis of y, and samples are not
 * mixed. */
START_TEST(samples)
{
    static const struct {
        const char *op[2], *attributes[2];
        bool whole;
    } cases[] = {{{"Exp", "Neg"}, {NULL, NULL}, false},
                 {{"Transpose", "Transpose"}, {"perm=[1,2,0]", "perm=[2,0,1]"}, false},
                 {{"Transpose", "Transpose"}, {"perm=[2,0,1]", "perm=[1,2,0]"}, false},
                 {{"Transpose", "Transpose"}, {"perm=[1,2,0]", "perm=[1,2,0]"}, true},
                 {{"Transpose", "Exp"}, {"perm=[1,2,0]", NULL}, true},
                 {{"Transpose", "Softmax"}, {"perm=[0,2,1]", "axis=2"}, false},
                 {{"Exp", "Flatten"}, {NULL, NULL}, false},
                 {{"Exp", "Flatten"}, {NULL, "axis=0"}, true},
                 {{"Exp", "Flatten"}, {NULL, "axis=2"}, false},
                 {{"Exp", "Softmax"}, {NULL, "axis=0"}, true},
                 {{"Exp", "CumSum"}, {NULL, NULL}, true},
                 {{"Exp", "Gather"}, {NULL, "axis=1"}, false},
                 {{"Exp", "Gather"}, {NULL, "axis=0"}, true},
                 {{"Exp", "ReduceSum"}, {NULL, "keepdims=0"}, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_error error = {0};
        struct tm_model *m = tm_new(13);
        /* Gather, ReduceSum and CumSum have a second input */
        bool two = strchr("GRC", cases[i].op[1][0]) != NULL;
        tm_input(m, "x", SX_FLOAT, 3, (const int64_t[]){-1, 2, 3});
        tm_const(m, "zero", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){0});
        tm_node(m, cases[i].op[0], "x", "t", cases[i].attributes[0]);
        tm_node(m, cases[i].op[1], two ? "t zero" : "t", "y", cases[i].attributes[1]);
        tm_output(m, "y");
        struct sx_model *model = tm_open(m, &error);
        tm_free(m);
        ck_assert_msg(model != NULL && sx_model_find_samples(model, 0, &error), "%s",
                      error.message);
        ck_assert_msg(sx_model_input(model, 0)->whole == cases[i].whole, "%zu: %s %s", i,
                      cases[i].op[0], cases[i].op[1]);
        sx_model_close(model);
    }
}
END_TEST

/* The only function of the model multiplies each sample by their number. */
START_TEST(samples_of_functions)
{
    struct sx_error error = {0};
    struct tm_model *m = tm_new(13), *body = tm_new(13);
    tm_domain(m, "local", 1);
    tm_node(body, "Shape", "a", "dims", NULL);
    tm_node(body, "Cast", "dims", "factors", "to=1");
    tm_node(body, "Mul", "a factors", "b", NULL);
    add_function(m, "F", body, "a", "b");
    tm_input(m, "x", SX_FLOAT, 1, (const int64_t[]){-1});
    tm_node(m, "local:F", "x", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    tm_free(body);
    ck_assert_msg(sx_model_find_samples(model, 0, &error), "%s", error.message);
    ck_assert(sx_model_input(model, 0)->whole);
    sx_model_close(model);
}
END_TEST

/* Two lists of 480,000 bytes are joined to a third one, which takes 1,920,000 in all. */
START_TEST(memory_limit_of_shapes)
{
    for (size_t half = 3; half <= 8; half += 5) {
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){3});
        tm_const(m, "one", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
        tm_const(m, "two", SX_INT, 1, (int64_t[]){1}, (int64_t[]){2});
        tm_const(m, "n", SX_INT, 1, (int64_t[]){1}, (int64_t[]){60000});
        tm_const(m, "begin", SX_INT, 1, (int64_t[]){1}, (int64_t[]){119999});
        tm_const(m, "end", SX_INT, 1, (int64_t[]){1}, (int64_t[]){120000});
        tm_node(m, "Expand", "one n", "ones", NULL);
        tm_node(m, "Expand", "two n", "twos", NULL);
        tm_node(m, "Concat", "twos ones", "all", "axis=0");
        tm_node(m, "Slice", "all begin end", "times", NULL);
        tm_node(m, "Tile", "x times", "y", NULL);
        tm_output(m, "y");
        struct sx_model *model = lc_open(m);
        tm_free(m);
        const struct sx_lower_options options = {.max_memory = half << 19};
        struct sx_error error = {0};
        struct sx_lowered *l = sx_lower(model, &options, &error);
        ck_assert_msg((l != NULL) == (half == 8), "%s", error.message);
        if (l == NULL)
            ck_assert_msg(error.status == SX_MEMORY, "%s", error.message);
        sx_lowered_free(l);
        sx_model_close(model);
    }
}
END_TEST

/* The values of a sample decide a shape. They are compared whole. */
START_TEST(decisions)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){12});
    tm_input(m, "n", SX_INT, 1, (int64_t[]){2});
    tm_node(m, "Reshape", "x n", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    struct sx_error error = {0};
    int64_t values[] = {2, 6};
    struct sx_tensor n = {SX_INT, {1, {2}}, values};
    const struct sx_lower_input input = {.name = "n", .sample = &n};
    const struct sx_lower_options options = {.inputs = &input, .n_inputs = 1};
    struct sx_lowered *l = sx_lower(model, &options, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert(dim_of(l, "y", 0) == 2 && dim_of(l, "y", 1) == 6);
    ck_assert_uint_eq(l->n_decisions, 1);
    ck_assert(sx_decided_alike(l, &n));
    values[1] = 7;
    ck_assert(!sx_decided_alike(l, &n));
    values[0] = 3, values[1] = 6;
    ck_assert(!sx_decided_alike(l, &n));
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

/* y = a[N] + b[2, M][0]. M may be equal to N, so y may mix samples of a with elements of b. */
START_TEST(samples_beside)
{
    struct sx_error error = {0};
    struct tm_model *m = tm_new(13);
    tm_input(m, "a", SX_FLOAT, 1, (const int64_t[]){-1});
    tm_input(m, "b", SX_FLOAT, 2, (const int64_t[]){2, -1});
    tm_const(m, "zero", SX_INT, 0, NULL, (const int64_t[]){0});
    tm_node(m, "Gather", "b zero", "c", NULL);
    tm_node(m, "Add", "a c", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &error);
    tm_free(m);
    ck_assert(model != NULL && sx_model_find_samples(model, 0, &error));
    ck_assert_msg(sx_model_input(model, 0)->whole, "c may be as long as a");
    sx_model_close(model);
}
END_TEST

/* An input is also an output, which is declared without a type. */
START_TEST(input_is_output)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (const int64_t[]){2});
    tm_node(m, "Neg", "x", "y", NULL);
    tm_output(m, "y");
    tm_output(m, "x");
    lc_gives(m, (const char *[]){"f2: 1 -2", NULL},
             (const char *[]){"f2: -1 2", "f2: 1 -2", NULL});
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower");
    SUITE_ADD(c, declared_lengths, samples_of_functions, memory_limit_of_shapes, decisions,
              samples, samples_beside, input_is_output, any_order, broken_wiring,
              unknown_operators, default_domain_has_two_names, every_tensor_is_named,
              optional_outputs, symbolic_dimensions, conflicting_symbols, newest_opset,
              only_needed_nodes_are_lowered, fed_inside, explained_tensor, constant_inputs,
              undeclared_shapes, weights_of_all_types, weights_that_are_inputs_too,
              constant_tensors, shape_arithmetic_folds, unfolded_constants, memory_limit,
              functions, endless_functions, table, listing, listing_has_all);
    return suite_run();
}
