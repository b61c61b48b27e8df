/* corpus.c - writes invalid models of every operator, and the commands that read them. They are
 * made from cases: ONNX's own and this project's.
 *
 *     corpus DIRECTORY...
 *
 * Each DIRECTORY holds a case. For each attribute of an operator, the first case that has it is
 * written once for each value that such an attribute must not have. The first case of an
 * operator is also written with inputs and weights of other shapes, sizes, types and numbers.
 * endure.c reads the lines that are printed. */
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.pb-c.h"

enum { MOST_SEEN = 4000, MOST_BYTES = 1 << 20, MOST_LIED = 1 << 16 };

static const int64_t numbers[] = {0,         -1,        3,         1 << 17,
                                  1LL << 31, 1LL << 40, INT64_MAX, INT64_MIN};
static const float reals[] = {0, -1, 1e-38f, 3e38f, INFINITY, -INFINITY, NAN};
static const char *const words[] = {"", "NONSENSE", "\033[31m", "%s%n"};
enum { NUMBERS = sizeof numbers / sizeof *numbers, REALS = sizeof reals / sizeof *reals };
enum { WORDS = sizeof words / sizeof *words };
/* Invalid forms of any attribute. They follow the invalid values of its own type. */
enum { ABSENT, TWICE, AS_INT, AS_FLOAT, AS_STRING, EMPTY_INTS, LONG_INTS, LIES };

struct test_case {
    char directory[300];
    uint8_t bytes[MOST_BYTES];
    size_t size;
};

static char *seen[MOST_SEEN];
static int n_seen, n_written;

/* Whether these words occur for the first time. */
static bool fresh(const char *a, const char *b, const char *c)
{
    char key[400];
    snprintf(key, sizeof key, "%s:%s:%s", a != NULL ? a : "", b, c);
    for (int i = 0; i < n_seen; i++)
        if (strcmp(seen[i], key) == 0)
            return false;
    if (n_seen < MOST_SEEN)
        seen[n_seen++] = strdup(key);
    return true;
}

static size_t read_file(const char *path, uint8_t *bytes)
{
    FILE *f = fopen(path, "rb");
    size_t n = f != NULL ? fread(bytes, 1, MOST_BYTES, f) : 0;
    if (f != NULL)
        fclose(f);
    return n;
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* Writes the model and its line. The command reads input `changed` from the working directory. */
static void put(const struct test_case *c, const Onnx__ModelProto *m, int changed)
{
    static const char *const tools[] = {"onnx-run\t-f\tjson", "ggig\t-f\tjson\t--method=grad",
                                        "onnx-run\t-f\tjson", "onnx-grad\t-o\tout/x.onnx"};
    const int tool = (n_written + n_written / 4) % 4;
    static uint8_t bytes[2 * MOST_BYTES];
    char path[100];
    if (onnx__model_proto__get_packed_size(m) > sizeof bytes)
        return;
    size_t n = onnx__model_proto__pack(m, bytes);
    snprintf(path, sizeof path, "lie-%d.onnx", n_written);
    write_file(path, bytes, n);
    printf("01236\t%zu\t%s\t@\t%s", n, tools[tool], path);
    for (size_t i = 0; i < m->graph->n_input && tool < 3; i++)
        if ((int)i == changed)
            printf("\t-i\t%s=lie-%d.pb", m->graph->input[i]->name, n_written);
        else
            printf("\t-i\t%s=%s/test_data_set_0/input_%zu.pb", m->graph->input[i]->name,
                   c->directory, i);
    putchar('\n');
    n_written++;
}

/* ---- Attributes ---- */

/* Makes invalid value number k of the attribute's own type. False if there are no more. */
static bool bend(Onnx__AttributeProto *a, size_t k)
{
    if (a->n_ints > 0 && k < NUMBERS) {
        for (size_t i = 0; i < a->n_ints; i++)
            a->ints[i] = numbers[k];
    } else if (a->n_floats > 0 && k < REALS) {
        for (size_t i = 0; i < a->n_floats; i++)
            a->floats[i] = reals[k];
    } else if (a->has_i && k < NUMBERS) {
        a->i = numbers[k];
    } else if (a->has_f && k < REALS) {
        a->f = reals[k];
    } else if (a->has_s && k < WORDS) {
        a->s.data = (uint8_t *)strdup(words[k]);
        a->s.len = strlen(words[k]);
    } else if (a->t != NULL && k < NUMBERS) {
        for (size_t i = 0; i < a->t->n_dims; i++)
            a->t->dims[i] = numbers[k];
    } else if (a->g != NULL && k < 1) {
        a->g->n_node = 0;
    } else {
        return false;
    }
    return true;
}

static void retype(Onnx__AttributeProto *a, Onnx__AttributeProto__AttributeType type)
{
    char *name = a->name;
    onnx__attribute_proto__init(a);
    a->name = name;
    a->has_type = 1;
    a->type = type;
}

/* Gives an attribute one of the invalid forms above. */
static void swap(Onnx__NodeProto *node, size_t at, int lie)
{
    static int64_t many[100];
    Onnx__AttributeProto *a = node->attribute[at];
    switch (lie) {
    case ABSENT:
        node->attribute[at] = node->attribute[--node->n_attribute];
        break;
    case TWICE:
        node->attribute = realloc(node->attribute, (node->n_attribute + 1) * sizeof(a));
        node->attribute[node->n_attribute++] = a;
        break;
    case AS_INT:
        retype(a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
        break;
    case AS_FLOAT:
        retype(a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
        break;
    case AS_STRING:
        retype(a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
        break;
    default:
        retype(a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
        a->n_ints = lie == LONG_INTS ? 100 : 0;
        a->ints = many;
        break;
    }
}

/* Parses the model. Models are never freed, because they are small and share data. */
static Onnx__ModelProto *parse(const struct test_case *c)
{
    return onnx__model_proto__unpack(NULL, c->size, c->bytes);
}

static void lie_about_attribute(const struct test_case *c, size_t node, size_t at)
{
    Onnx__ModelProto *m;
    for (size_t k = 0; m = parse(c), bend(m->graph->node[node]->attribute[at], k); k++)
        put(c, m, -1);
    for (int lie = 0; lie < LIES; lie++) {
        m = parse(c);
        swap(m->graph->node[node], at, lie);
        put(c, m, -1);
    }
}

/* ---- Shapes and sizes ---- */

static void put_numbers(uint8_t *to, size_t n, const void *number, size_t size)
{
    for (size_t i = 0; i + size <= n; i += size)
        memcpy(to + i, number, size);
}

/* Makes invalid change number k of a tensor. False if it does not apply. */
static bool bend_tensor(Onnx__TensorProto *t, int k)
{
    const int real = k - 2 * NUMBERS, word = real - REALS;
    const bool integers = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
               reals_too = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    if (k < NUMBERS) {
        for (size_t i = 0; i < t->n_dims; i++)
            t->dims[i] = i == 0 || k % 2 == 0 ? numbers[k] : t->dims[i];
    } else if (real < 0) {
        put_numbers(t->raw_data.data, t->raw_data.len, &numbers[k - NUMBERS], 8);
        return integers;
    } else if (word < 0) {
        put_numbers(t->raw_data.data, reals_too ? t->raw_data.len : 0, &reals[real], 4);
        return reals_too;
    } else if (word < WORDS) {
        for (size_t i = 0; i < t->n_string_data; i++)
            t->string_data[i] =
                (ProtobufCBinaryData){strlen(words[word]), (uint8_t *)strdup(words[word])};
        return t->n_string_data > 0;
    } else if (word == WORDS) {
        t->raw_data.len /= 2;
        t->n_string_data /= 2;
    } else {
        t->data_type = (t->data_type + word - WORDS) % 26;
    }
    return true;
}
enum { TENSOR_LIES = 2 * NUMBERS + REALS + WORDS + 1, TYPE_LIES = TENSOR_LIES + 25 };

static void lie_about_input(const struct test_case *c, int input)
{
    static uint8_t bytes[MOST_BYTES];
    char path[400];
    snprintf(path, sizeof path, "%s/test_data_set_0/input_%d.pb", c->directory, input);
    const size_t n = read_file(path, bytes);
    for (int lie = 0; n < MOST_LIED && lie < TENSOR_LIES; lie++) {
        Onnx__TensorProto *t = onnx__tensor_proto__unpack(NULL, n, bytes);
        if (t == NULL)
            return;
        if (bend_tensor(t, lie)) {
            snprintf(path, sizeof path, "lie-%d.pb", n_written);
            write_file(path, bytes + MOST_BYTES / 2,
                       onnx__tensor_proto__pack(t, bytes + MOST_BYTES / 2));
            put(c, parse(c), input);
        }
        onnx__tensor_proto__free_unpacked(t, NULL);
    }
}

static void lie_about_weights(const struct test_case *c, size_t weights)
{
    for (int lie = 0; lie < TYPE_LIES; lie++) {
        Onnx__ModelProto *m = parse(c);
        if (bend_tensor(m->graph->initializer[weights], lie))
            put(c, m, -1);
        onnx__model_proto__free_unpacked(m, NULL);
    }
}

/* Declares other dimensions than the given input has. */
static void lie_about_shape(const struct test_case *c, size_t input)
{
    for (int lie = 0; lie < NUMBERS; lie++) {
        Onnx__ModelProto *m = parse(c);
        Onnx__TypeProto *type = m->graph->input[input]->type;
        if (type == NULL || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
            type->tensor_type->shape == NULL || type->tensor_type->shape->n_dim == 0)
            return;
        type->tensor_type->shape->dim[0]->value_case =
            ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        type->tensor_type->shape->dim[0]->dim_value = numbers[lie];
        put(c, m, -1);
    }
}

static void lie_about(const struct test_case *c)
{
    const Onnx__ModelProto *m = parse(c);
    for (size_t i = 0; m != NULL && m->graph != NULL && i < m->graph->n_node; i++) {
        const Onnx__NodeProto *node = m->graph->node[i];
        for (size_t k = 0; k < node->n_attribute; k++)
            if (fresh(node->domain, node->op_type, node->attribute[k]->name))
                lie_about_attribute(c, i, k);
        if (fresh(node->domain, node->op_type, "")) {
            for (size_t k = 0; k < m->graph->n_input; k++) {
                lie_about_input(c, (int)k);
                lie_about_shape(c, k);
            }
            for (size_t k = 0; c->size < MOST_LIED && k < m->graph->n_initializer; k++)
                lie_about_weights(c, k);
        }
    }
}

int main(int argc, char **argv)
{
    static struct test_case c;
    char path[400];
    for (int i = 1; i < argc; i++) {
        snprintf(c.directory, sizeof c.directory, "%s", argv[i]);
        snprintf(path, sizeof path, "%s/model.onnx", argv[i]);
        c.size = read_file(path, c.bytes);
        lie_about(&c);
    }
    return fflush(stdout) != 0;
}
