/* cases.c - ONNX's own cases: a directory each, with a model, inputs and expected outputs. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "io/io.h"
#include "run/run.h"

/* the tolerance of ONNX's own harness */
#define RELATIVE 1e-3
#define ABSOLUTE 1e-7
/* ONNX's harness truncates a bfloat16 that the standard rounds. */
#define RELATIVE_BFLOAT16 (1.0 / 128)

#define BFLOAT16 ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16

bool case_say(struct case_result *r, enum case_verdict verdict, const char *why)
{
    r->verdict = verdict;
    snprintf(r->why, sizeof r->why, "%s", why);
    return false;
}

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

/* ---- Scope ---- */

/* Whether a port is a sequence or an optional; *kind is the type of its tensors. */
static bool is_list(const Onnx__ValueInfoProto *value, int *kind)
{
    const Onnx__TypeProto *type = value->type;
    bool list = false;
    *kind = 0;
    if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE) {
        list = true;
        type = type->optional_type->elem_type;
    }
    if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE) {
        list = true;
        type = type->sequence_type->elem_type;
    }
    if (type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        *kind = type->tensor_type->elem_type;
    return list;
}

static bool has_kind(Onnx__ValueInfoProto *const *value, size_t n, int of)
{
    int kind;
    for (size_t i = 0; i < n; i++) {
        is_list(value[i], &kind);
        if (kind == of)
            return true;
    }
    return false;
}

/* Whether reals are written as texts: ONNX does not say with how many digits. */
static bool writes_reals(const Onnx__GraphProto *g)
{
    static const int reals[] = {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                                ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
                                ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        if (has_kind(g->input, g->n_input, reals[i]))
            return has_kind(g->output, g->n_output, ONNX__TENSOR_PROTO__DATA_TYPE__STRING);
    return false;
}

static const char *foreign_node(const struct test_case *c, const Onnx__NodeProto *node)
{
    static const char *const random[] = {"Bernoulli",        "Multinomial",
                                         "RandomNormal",     "RandomUniform",
                                         "RandomNormalLike", "RandomUniformLike"};
    for (size_t i = 0; i < sizeof random / sizeof *random; i++)
        if (strcmp(node->op_type, random[i]) == 0)
            return "random numbers";
    if (strcmp(text_of(node->domain), "ai.onnx.preview.training") == 0 &&
        strcmp(node->op_type, "Gradient") != 0)
        return "training";
    bool training = strcmp(node->op_type, "Dropout") == 0 && c->n_in == 3;
    return training && sx_tensor_get(&c->in[1], 0) != 0 && sx_tensor_get(&c->in[2], 0) != 0
               ? "random numbers"
               : NULL;
}

static void note_operator(struct case_result *r, const Onnx__NodeProto *node)
{
    char text[sizeof r->op[0]];
    const char *domain = text_of(node->domain);
    snprintf(text, sizeof text, "%.30s%s%.40s", domain, *domain != '\0' ? "." : "",
             node->op_type);
    for (int i = 0; i < r->n_ops; i++)
        if (strcmp(r->op[i], text) == 0)
            return;
    if (r->n_ops < CASE_OPS)
        strcpy(r->op[r->n_ops++], text);
}

static bool in_scope(struct test_case *c)
{
    const Onnx__GraphProto *g = c->proto->graph;
    const char *why = NULL;
    for (size_t i = 0; i < g->n_node && why == NULL; i++)
        why = foreign_node(c, g->node[i]);
    return why == NULL || case_say(c->result, CASE_OUT_OF_SCOPE, why);
}

/* ---- Reading ---- */

static bool is_real(enum sx_type type)
{
    return type == SX_FLOAT || type == SX_DOUBLE;
}

static int element_type(const Onnx__ValueInfoProto *value)
{
    return value->type->tensor_type->elem_type;
}

/* The suite stores a bfloat16 as the integer of its bits, the upper half of a float. If a case
 * is about types, it may store a single element of a larger tensor. This converts both. */
static void repair(struct sx_tensor *t, const Onnx__ValueInfoProto *value)
{
    struct sx_tensor whole;
    struct sx_shape shape = t->shape;
    const Onnx__TensorShapeProto *declared = value->type->tensor_type->shape;
    bool bits = t->type == SX_INT && element_type(value) == BFLOAT16;
    bool one = strstr(t->shape.rank == 1 ? value->name : "", "like") != NULL;
    if (!bits && !one)
        return;
    shape.rank = one ? (int)declared->n_dim : shape.rank;
    for (int i = 0; one && i < shape.rank; i++)
        shape.dim[i] = declared->dim[i]->dim_value;
    if (!sx_tensor_new(&whole, bits ? SX_FLOAT : t->type, &shape, NULL))
        return;
    for (int64_t i = 0; i < sx_count(&shape); i++) {
        double v = sx_tensor_get(t, one ? 0 : i);
        uint32_t upper = (uint32_t)(bits ? v : 0) << 16;
        float real;
        memcpy(&real, &upper, sizeof real);
        sx_tensor_set(&whole, i, bits ? (double)real : v);
    }
    sx_tensor_free(t);
    *t = whole;
}

/* Tensors that were read, with the types that the model declares. */
struct reading {
    struct test_case *c;
    struct sx_tensor *t;
    int *kind, n;
};

/* Adds one tensor; `port` is NULL for an item of a list. */
static bool read_tensor(struct reading *r, const uint8_t *bytes, size_t n, int kind,
                        const Onnx__ValueInfoProto *port)
{
    struct sx_error error = {0};
    if (r->n == CASE_MOST)
        return case_say(r->c->result, CASE_FAILED, "too many tensors");
    struct sx_words *words =
        kind == ONNX__TENSOR_PROTO__DATA_TYPE__STRING ? r->c->model->words : NULL;
    if (!sx_pb_parse(bytes, n, words, &r->t[r->n], &error))
        return case_say(r->c->result, CASE_FAILED, error.message);
    if (port != NULL)
        repair(&r->t[r->n], port);
    r->kind[r->n++] = kind;
    return true;
}

/* Adds the tensors of a SequenceProto or OptionalProto. */
static bool read_items(struct reading *r, const uint8_t *at, size_t n, int kind)
{
    enum { TENSOR = 3, SEQUENCE = 5 };
    const uint8_t *end = at + n, *bytes;
    uint64_t field;
    while (sx_pb_next(&at, end, &field, &bytes, &n))
        if (bytes != NULL && (field == TENSOR || field == SEQUENCE) &&
            !(field == TENSOR ? read_tensor(r, bytes, n, kind, NULL)
                              : read_items(r, bytes, n, kind)))
            return false;
    return true;
}

/* Reads input_0.pb, .. or output_0.pb, .. for the declared ports. Inputs that are sequences or optionals
 * become part of the model. */
static bool read_all(struct reading *r, const char *what, Onnx__ValueInfoProto *const *value,
                     size_t n_values)
{
    for (size_t k = 0; k < n_values; k++) {
        char path[600];
        struct sx_file file = {.fd = -1};
        struct sx_error error = {0};
        int kind;
        bool list = is_list(value[k], &kind);
        snprintf(path, sizeof path, "%s/test_data_set_0/%s_%zu.pb", r->c->directory, what, k);
        if (list && what[0] == 'i') {
            if (!sx_model_feed_list(r->c->model, value[k]->name, path, &error))
                return case_say(r->c->result, CASE_FAILED, error.message);
            continue;
        }
        if (!sx_file_open(&file, path, (size_t)1 << 30, NULL))
            return true;
        bool ok = list ? read_items(r, file.bytes, file.size, kind)
                       : read_tensor(r, file.bytes, file.size, kind, value[k]);
        sx_file_close(&file);
        if (!ok)
            return false;
    }
    return true;
}

static Onnx__ModelProto *parse(const char *path)
{
    struct sx_file file = {.fd = -1};
    if (!sx_file_open(&file, path, (size_t)1 << 30, NULL))
        return NULL;
    Onnx__ModelProto *proto = onnx__model_proto__unpack(NULL, file.size, file.bytes);
    sx_file_close(&file);
    return proto;
}

static bool read_case(struct test_case *c)
{
    char path[600];
    snprintf(path, sizeof path, "%s/model.onnx", c->directory);
    c->proto = parse(path);
    if (c->proto == NULL || c->proto->graph == NULL)
        return case_say(c->result, CASE_FAILED, "model.onnx cannot be read");
    const Onnx__GraphProto *g = c->proto->graph;
    for (size_t i = 0; i < g->n_node; i++)
        note_operator(c->result, g->node[i]);
    return !writes_reals(g) || case_say(c->result, CASE_OUT_OF_SCOPE, "reals as texts");
}

/* Drops inputs that are lists, and those that no output needs; the tensors of c->in follow. */
static bool want_all(struct test_case *c, const char *const *name)
{
    struct sx_error error = {0};
    int n = 0;
    if (!sx_model_want(c->model, NULL, NULL, 0, &error))
        return case_say(c->result, CASE_FAILED, error.message);
    for (int k = 0; k < c->n_in; k++) {
        bool wanted = false;
        for (int i = 0; sx_model_input(c->model, i) != NULL; i++)
            wanted = wanted || strcmp(sx_model_input(c->model, i)->name, name[k]) == 0;
        if (wanted)
            c->in[n++] = c->in[k];
        else
            sx_tensor_free(&c->in[k]);
    }
    for (int k = n; k < c->n_in; k++)
        c->in[k] = (struct sx_tensor){0};
    c->n_in = n;
    return true;
}

static bool read_data(struct test_case *c)
{
    const Onnx__GraphProto *g = c->proto->graph;
    int kind[CASE_MOST], any;
    const char *name[CASE_MOST];
    struct reading in = {c, c->in, kind, 0}, out = {c, c->out, c->out_kind, 0};
    bool lists = false;
    int n = 0;
    for (size_t k = 0; k < g->n_input && n < CASE_MOST; k++)
        if (is_list(g->input[k], &any))
            lists = true;
        else
            name[n++] = g->input[k]->name;
    bool ok = read_all(&in, "input", g->input, g->n_input) &&
              read_all(&out, "output", g->output, g->n_output);
    c->n_in = in.n;
    c->n_out = out.n;
    return ok && (!lists || want_all(c, name));
}

static bool open_model(struct test_case *c)
{
    char path[600];
    struct sx_error error = {0};
    snprintf(path, sizeof path, "%s/model.onnx", c->directory);
    c->model = sx_model_open(path, NULL, &error);
    return c->model != NULL || case_say(c->result, CASE_FAILED, error.message);
}

/* ---- Running ---- */

static bool compare(struct test_case *c, int k, const struct sx_tensor *got, const char *way)
{
    const struct sx_tensor *want = &c->out[k];
    bool narrow = c->out_kind[k] == BFLOAT16;
    double relative = narrow ? RELATIVE_BFLOAT16 : RELATIVE;
    char text[200];
    snprintf(text, sizeof text, "output %d has another type or shape", k);
    if (is_real(got->type) != is_real(want->type) || !sx_shape_equal(&got->shape, &want->shape))
        return case_say(c->result, CASE_FAILED, text);
    for (int64_t i = 0; i < sx_count(&want->shape); i++) {
        double x = sx_tensor_get(got, i), y = sx_tensor_get(want, i);
        if (x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= ABSOLUTE + relative * fabs(y))
            continue;
        snprintf(text, sizeof text, "%s: element %lld of output %d is %g, not %g", way,
                 (long long)i, k, x, y);
        return case_say(c->result, CASE_FAILED, text);
    }
    return true;
}

/* How a graph is computed: node by node, as a program, as a program with oneDNN's kernels. */
enum way { EVALUATED, COMPILED, ONEDNN, N_WAYS };

/* The caller frees results[]. */
static bool compute(const struct sx_lowered *l, enum way way, const int *in,
                    const struct sx_tensor *feeds, const int *out, struct sx_tensor *results,
                    struct sx_error *error)
{
    if (way == EVALUATED)
        return sx_evaluate(l->graph, in, feeds, l->n_inputs, out, results, l->n_outputs, error);
    struct sx_run_options options = {.threads = 1, .onednn = way == ONEDNN};
    struct sx_program *program =
        sx_compile(l->graph, in, l->n_inputs, out, l->n_outputs, &options, error);
    bool ok = program != NULL;
    for (int i = 0; i < l->n_outputs && ok; i++) {
        const struct sx_node *node = &l->graph->node[out[i]];
        ok = sx_tensor_new(&results[i], node->type, &node->shape, error);
    }
    ok = ok && sx_run(program, feeds, results, error);
    sx_program_free(program);
    return ok;
}

static bool run(struct test_case *c, const struct sx_lowered *l, enum way way)
{
    static const char *const names[N_WAYS] = {"evaluated", "compiled", "compiled with oneDNN"};
    struct sx_tensor feeds[CASE_MOST] = {{0}}, results[CASE_MOST] = {{0}};
    int in[CASE_MOST], out[CASE_MOST];
    struct sx_error error = {0};
    bool ok = true;
    for (int i = 0; i < l->n_inputs && ok; i++) {
        in[i] = l->inputs[i].node;
        for (int k = 0; k < c->n_in; k++)
            if (strcmp(sx_model_input(c->model, k)->name, l->inputs[i].name) == 0)
                ok =
                    sx_tensor_convert(&feeds[i], l->graph->node[in[i]].type, &c->in[k], &error);
    }
    for (int i = 0; i < l->n_outputs; i++)
        out[i] = l->outputs[i].node;
    ok = (ok && compute(l, way, in, feeds, out, results, &error)) ||
         case_say(c->result, CASE_FAILED, error.message);
    for (int i = 0; i < l->n_outputs && ok; i++)
        ok = i < c->n_out ? compare(c, i, &results[i], names[way])
                          : case_say(c->result, CASE_FAILED, "too many outputs");
    for (int i = 0; i < CASE_MOST; i++) {
        sx_tensor_free(&feeds[i]);
        sx_tensor_free(&results[i]);
    }
    return ok;
}

/* Lowers with constant inputs as far as that is needed: first none, then the integers, then
 * all. */
struct sx_lowered *case_lower(struct test_case *c, bool precise)
{
    struct sx_lowered *l = NULL;
    struct sx_error error = {0};
    enum sx_type real = precise ? SX_DOUBLE : SX_FLOAT;
    for (int k = 0; k < c->n_in; k++)
        real = c->in[k].type == SX_DOUBLE ? SX_DOUBLE : real;
    for (int fixed = 0; fixed < 3 && l == NULL; fixed++) {
        struct sx_lower_input inputs[CASE_MOST];
        if (fixed > 0 && strstr(error.message, "constant") == NULL)
            break;
        error = (struct sx_error){0};
        for (int k = 0; k < c->n_in; k++) {
            bool as_value = fixed == 2 || (fixed == 1 && !is_real(c->in[k].type));
            inputs[k] = (struct sx_lower_input){.name = sx_model_input(c->model, k)->name,
                                                .shape = &c->in[k].shape,
                                                .value = as_value ? &c->in[k] : NULL};
        }
        struct sx_lower_options options = {.real = real, .inputs = inputs, .n_inputs = c->n_in};
        l = sx_lower(c->model, &options, &error);
    }
    if (l == NULL)
        case_say(c->result, CASE_FAILED, error.message);
    return l;
}

static enum sx_type type_of(const struct sx_lowered *l, int node)
{
    return l->graph->node[node].type;
}

/* Whether an input gets a cotangent from an output. */
static bool has_gradient(const struct sx_lowered *l)
{
    const struct sx_graph *g = l->graph;
    bool *reached = calloc(g->n_nodes + 1, sizeof *reached), found = false;
    for (int i = 0; i < l->n_outputs && reached != NULL; i++)
        reached[l->outputs[i].node] = is_real(g->node[l->outputs[i].node].type);
    for (size_t i = g->n_nodes; i-- > 0 && reached != NULL;) {
        const struct sx_node *node = &g->node[i];
        found = found || (reached[i] && node->op == SX_INPUT);
        for (int k = 0; k < node->n_in && reached[i] && sx_row_of(g, node)->derive != NULL; k++)
            reached[node->in[k]] = reached[node->in[k]] || is_real(g->node[node->in[k]].type);
    }
    free(reached);
    return found;
}

struct test_case *case_open(const char *directory, struct case_result *result)
{
    struct test_case *c = calloc(1, sizeof *c);
    *result = (struct case_result){.verdict = CASE_PASSED};
    if (c == NULL) {
        case_say(result, CASE_FAILED, "out of memory");
        return NULL;
    }
    c->directory = directory;
    c->result = result;
    if (read_case(c) && open_model(c) && read_data(c) && in_scope(c))
        return c;
    case_close(c);
    return NULL;
}

void case_close(struct test_case *c)
{
    for (int i = 0; i < CASE_MOST; i++) {
        sx_tensor_free(&c->in[i]);
        sx_tensor_free(&c->out[i]);
    }
    sx_model_close(c->model);
    onnx__model_proto__free_unpacked(c->proto, NULL);
    free(c);
}

void case_run(const char *directory, struct case_result *result)
{
    struct test_case *c = case_open(directory, result);
    if (c == NULL)
        return;
    struct sx_lowered *l = case_lower(c, false);
    for (enum way way = 0; l != NULL && way < N_WAYS && run(c, l, way); way++)
        continue;
    result->gradient = l != NULL && has_gradient(l);
    for (int i = 0; l != NULL && i < l->n_inputs; i++)
        for (int k = 0; k < l->n_outputs; k++)
            result->reals = result->reals || (is_real(type_of(l, l->inputs[i].node)) &&
                                              is_real(type_of(l, l->outputs[k].node)));
    sx_lowered_free(l);
    case_close(c);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int cases_walk(const char *directory,
               void (*see)(void *context, const char *name, const struct case_result *result),
               void *context)
{
    struct dirent **entry = NULL;
    int n = scandir(directory, &entry, visible, alphasort);
    for (int i = 0; i < n; i++) {
        char path[600];
        struct case_result result;
        snprintf(path, sizeof path, "%s/%s", directory, entry[i]->d_name);
        case_run(path, &result);
        see(context, entry[i]->d_name, &result);
        free(entry[i]);
    }
    free(entry);
    return n;
}
