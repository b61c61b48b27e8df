/* bench_models.c - writes the networks that are timed, with random weights of a fixed seed.
 *
 * usage: bench_models DIRECTORY [NAME...]
 * Writes NAME.onnx, and a sample NAME.npy; without names all of them. Existing models are kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "onnx/write.h"
#include "sextant.h"

enum { OPSET = 17 };

/* A graph that is being written. Its values are v0, v1, .. Its weights are w0, w1, .. */
struct net {
    struct sx_wire graph;
    struct sx_error error;
    const char *data_name; /* the file of weights; NULL: they are in the model */
    FILE *data;
    int64_t data_size;
    int values, weights, links; /* links: of a chain of two nodes each */
    uint64_t state;
};

static void die(const struct sx_error *error)
{
    fprintf(stderr, "bench_models: %s\n", error->message);
    exit(1);
}

/* xorshift64*: uniform in [-1, 1). */
static float draw(struct net *net)
{
    net->state ^= net->state >> 12;
    net->state ^= net->state << 25;
    net->state ^= net->state >> 27;
    return (float)((net->state * 2685821657736338717U) >> 40) * 0x1p-23F - 1;
}

/* ---- Weights and nodes ---- */

static void entry(struct net *net, const char *key, const char *text)
{
    size_t start = sx_wire_begin(&net->graph, SX_TENSOR_EXTERNAL);
    sx_wire_text(&net->graph, 1, key);
    sx_wire_text(&net->graph, 2, text);
    sx_wire_end(&net->graph, start);
}

static void write_outside(struct net *net, const char *name, const struct sx_tensor *t)
{
    char text[32];
    size_t n = (size_t)sx_count(&t->shape) * sizeof(float);
    size_t start = sx_wire_begin(&net->graph, SX_GRAPH_INITIALIZER);
    for (int i = 0; i < t->shape.rank; i++)
        sx_wire_int(&net->graph, SX_TENSOR_DIMS, t->shape.dim[i]);
    sx_wire_int(&net->graph, SX_TENSOR_TYPE, sx_onnx_type_of(SX_FLOAT));
    sx_wire_text(&net->graph, SX_TENSOR_NAME, name);
    entry(net, "location", net->data_name);
    snprintf(text, sizeof text, "%lld", (long long)net->data_size);
    entry(net, "offset", text);
    snprintf(text, sizeof text, "%zu", n);
    entry(net, "length", text);
    sx_wire_int(&net->graph, SX_TENSOR_LOCATION, 1);
    sx_wire_end(&net->graph, start);
    if (fwrite(t->data, 1, n, net->data) != n)
        sx_fail(&net->error, SX_FAILED, "%s cannot be written", net->data_name);
    net->data_size += (int64_t)n;
}

/* A weight with uniform values in middle +- bound. Returns -1 - its number, which differs from
 * that of any value. */
static int weight(struct net *net, struct sx_shape shape, double middle, double bound)
{
    char name[16];
    struct sx_tensor t;
    if (!sx_tensor_new(&t, SX_FLOAT, &shape, &net->error))
        die(&net->error);
    for (int64_t i = 0, n = sx_count(&shape); i < n; i++)
        ((float *)t.data)[i] = (float)middle + (float)bound * draw(net);
    snprintf(name, sizeof name, "w%d", net->weights);
    if (net->data != NULL && shape.rank > 1)
        write_outside(net, name, &t);
    else
        sx_onnx_write_tensor(&net->graph, name, &t);
    sx_tensor_free(&t);
    return -1 - net->weights++;
}

static int scalar(struct net *net, double value)
{
    return weight(net, (struct sx_shape){0, {0}}, value, 0);
}

static int vector(struct net *net, int64_t n, double middle, double bound)
{
    return weight(net, (struct sx_shape){1, {n}}, middle, bound);
}

static int constant(struct net *net, const struct sx_tensor *t)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", net->weights);
    sx_onnx_write_tensor(&net->graph, name, t);
    return -1 - net->weights++;
}

static int integers(struct net *net, int n, const int64_t *values)
{
    const struct sx_tensor t = {SX_INT, {1, {n}}, (void *)(uintptr_t)values};
    return constant(net, &t);
}

/* An omitted operand. */
#define NOTHING INT32_MIN

static int node(struct net *net, const char *op, int n, const int *in,
                const struct sx_onnx_attr *attr, int n_attr)
{
    char text[5][16];
    const char *names[6] = {NULL};
    for (int i = 0; i < n; i++) {
        bool is_weight = in[i] < 0;
        names[i] = in[i] == NOTHING ? "" : text[i];
        snprintf(text[i], sizeof text[i], "%c%d", is_weight ? 'w' : 'v',
                 is_weight ? -(in[i] + 1) : in[i]);
    }
    snprintf(text[4], sizeof text[4], "v%d", net->values);
    sx_onnx_write_node(&net->graph, op, names, text[4], attr, n_attr);
    return net->values++;
}

static int one(struct net *net, const char *op, int x)
{
    return node(net, op, 1, (int[]){x}, NULL, 0);
}

static int two(struct net *net, const char *op, int a, int b)
{
    return node(net, op, 2, (int[]){a, b}, NULL, 0);
}

static int axis(struct net *net, const char *op, int x, int64_t axis_number)
{
    const struct sx_onnx_attr attr = {.name = "axis", .i = axis_number};
    return node(net, op, 1, (int[]){x}, &attr, 1);
}

/* ---- Layers ---- */

/* A convolution padded so that stride 1 keeps the size. `gain` scales the weights that keep
 * variances. */
static int conv(struct net *net, int x, int64_t from, int64_t to, int64_t kernel,
                int64_t stride, int64_t group, double gain)
{
    int64_t half = kernel / 2, fan = from / group * kernel * kernel;
    const struct sx_onnx_attr attrs[] = {
        {.name = "kernel_shape", .ints = (int64_t[]){kernel, kernel}, .n = 2},
        {.name = "strides", .ints = (int64_t[]){stride, stride}, .n = 2},
        {.name = "pads", .ints = (int64_t[]){half, half, half, half}, .n = 4},
        {.name = "group", .i = group}};
    int w = weight(net, (struct sx_shape){4, {to, from / group, kernel, kernel}}, 0,
                   gain * sqrt(6 / (double)fan));
    return node(net, "Conv", 3, (int[]){x, w, vector(net, to, 0, 0.1)}, attrs, 4);
}

static int conv_relu(struct net *net, int x, int64_t from, int64_t to, int64_t kernel,
                     int64_t stride)
{
    return one(net, "Relu", conv(net, x, from, to, kernel, stride, 1, 1));
}

static int max_pool(struct net *net, int x, int64_t kernel, int64_t pad)
{
    const struct sx_onnx_attr attrs[] = {
        {.name = "kernel_shape", .ints = (int64_t[]){kernel, kernel}, .n = 2},
        {.name = "strides", .ints = (int64_t[]){2, 2}, .n = 2},
        {.name = "pads", .ints = (int64_t[]){pad, pad, pad, pad}, .n = 4}};
    return node(net, "MaxPool", 1, (int[]){x}, attrs, 3);
}

static int linear(struct net *net, int x, int64_t from, int64_t to)
{
    int w = weight(net, (struct sx_shape){2, {from, to}}, 0, sqrt(3 / (double)from));
    return node(net, "Gemm", 3, (int[]){x, w, vector(net, to, 0, 0.1)}, NULL, 0);
}

/* A product along the last axis, for any number of axes. */
static int project(struct net *net, int x, int64_t from, int64_t to)
{
    int w = weight(net, (struct sx_shape){2, {from, to}}, 0, sqrt(3 / (double)from));
    return two(net, "Add", two(net, "MatMul", x, w), vector(net, to, 0, 0.1));
}

static int classify(struct net *net, int x, int64_t from)
{
    return linear(net, axis(net, "Flatten", one(net, "GlobalAveragePool", x), 1), from, 1000);
}

static int reshape(struct net *net, int x, int n, const int64_t *dims)
{
    return two(net, "Reshape", x, integers(net, n, dims));
}

static int transpose(struct net *net, int x, int n, const int64_t *perm)
{
    const struct sx_onnx_attr attr = {.name = "perm", .ints = perm, .n = n};
    return node(net, "Transpose", 1, (int[]){x}, &attr, 1);
}

static int normalise(struct net *net, int x, int64_t width)
{
    const struct sx_onnx_attr attr = {.name = "axis", .i = -1};
    return node(net, "LayerNormalization", 3,
                (int[]){x, vector(net, width, 1, 0.2), vector(net, width, 0, 0.1)}, &attr, 1);
}

static int gelu(struct net *net, int x)
{
    int erf = one(net, "Erf", two(net, "Div", x, scalar(net, sqrt(2))));
    int half = two(net, "Mul", x, two(net, "Add", erf, scalar(net, 1)));
    return two(net, "Mul", half, scalar(net, 0.5));
}

static int token(struct net *net, int x, int64_t number)
{
    const struct sx_onnx_attr attrs[] = {{.name = "axis", .i = 1}};
    int index = integers(net, 1, &number);
    int taken = node(net, "Gather", 2, (int[]){x, index}, attrs, 1);
    return axis(net, "Flatten", taken, 1);
}

static int encode(struct net *net, int x, int64_t tokens, int64_t width, int64_t heads)
{
    int part[3];
    int64_t deep = width / heads;
    for (int i = 0; i < 3; i++) {
        int p =
            reshape(net, project(net, x, width, width), 4, (int64_t[]){0, tokens, heads, deep});
        part[i] = transpose(net, p, 4, (int64_t[]){0, 2, i == 1 ? 3 : 1, i == 1 ? 1 : 3});
    }
    int score = two(net, "Mul", two(net, "MatMul", part[0], part[1]),
                    scalar(net, 1 / sqrt((double)deep)));
    int mixed = two(net, "MatMul", axis(net, "Softmax", score, -1), part[2]);
    int joined = reshape(net, transpose(net, mixed, 4, (int64_t[]){0, 2, 1, 3}), 3,
                         (int64_t[]){0, tokens, width});
    x = normalise(net, two(net, "Add", x, project(net, joined, width, width)), width);
    int wide = gelu(net, project(net, x, width, 4 * width));
    return normalise(net, two(net, "Add", x, project(net, wide, 4 * width, width)), width);
}

/* ---- Networks: each ends with the value that is its output ---- */

static int resnet18(struct net *net)
{
    int x = max_pool(net, conv_relu(net, 0, 3, 64, 7, 2), 3, 1);
    int64_t from = 64;
    for (int block = 0; block < 8; block++) {
        int64_t to = 64 << block / 2, stride = to != from ? 2 : 1;
        int y = conv_relu(net, x, from, to, 3, stride);
        y = conv(net, y, to, to, 3, 1, 1, 0.3);
        x = to != from ? conv(net, x, from, to, 1, stride, 1, 0.7) : x;
        x = one(net, "Relu", two(net, "Add", y, x));
        from = to;
    }
    return classify(net, x, from);
}

static int resnet50(struct net *net)
{
    static const int blocks[] = {3, 4, 6, 3};
    int x = max_pool(net, conv_relu(net, 0, 3, 64, 7, 2), 3, 1);
    int64_t from = 64;
    for (int stage = 0; stage < 4; stage++)
        for (int block = 0; block < blocks[stage]; block++) {
            int64_t width = 64 << stage, to = 4 * width,
                    stride = block == 0 && stage > 0 ? 2 : 1;
            int y = conv_relu(net, x, from, width, 1, 1);
            y = conv_relu(net, y, width, width, 3, stride);
            y = conv(net, y, width, to, 1, 1, 1, 0.3);
            x = to != from ? conv(net, x, from, to, 1, stride, 1, 0.7) : x;
            x = one(net, "Relu", two(net, "Add", y, x));
            from = to;
        }
    return classify(net, x, from);
}

static int clip6(struct net *net, int x)
{
    return node(net, "Clip", 3, (int[]){x, scalar(net, 0), scalar(net, 6)}, NULL, 0);
}

static int mobilenet(struct net *net)
{
    static const struct {
        int64_t wider, to, times, stride;
    } row[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    int x = clip6(net, conv(net, 0, 3, 32, 3, 2, 1, 1));
    int64_t from = 32;
    for (size_t r = 0; r < sizeof row / sizeof *row; r++)
        for (int64_t k = 0; k < row[r].times; k++) {
            int64_t wide = from * row[r].wider, stride = k == 0 ? row[r].stride : 1;
            int y = wide != from ? clip6(net, conv(net, x, from, wide, 1, 1, 1, 1)) : x;
            y = clip6(net, conv(net, y, wide, wide, 3, stride, wide, 1));
            y = conv(net, y, wide, row[r].to, 1, 1, 1, 0.7);
            x = stride == 1 && from == row[r].to ? two(net, "Add", x, y) : y;
            from = row[r].to;
        }
    return classify(net, clip6(net, conv(net, x, from, 1280, 1, 1, 1, 1)), 1280);
}

static int vgg16(struct net *net)
{
    static const int64_t to[] = {64, 64,  0,   128, 128, 0,   256, 256, 256,
                                 0,  512, 512, 512, 0,   512, 512, 512, 0};
    int64_t from = 3;
    int x = 0;
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        x = to[i] > 0 ? conv_relu(net, x, from, to[i], 3, 1) : max_pool(net, x, 2, 0);
        from = to[i] > 0 ? to[i] : from;
    }
    x = one(net, "Relu", linear(net, axis(net, "Flatten", x, 1), 512 * 49, 4096));
    return linear(net, one(net, "Relu", linear(net, x, 4096, 4096)), 4096, 1000);
}

static int leaky(struct net *net, int x)
{
    const struct sx_onnx_attr attr = {.name = "alpha", .real = true, .f = 0.1};
    return node(net, "LeakyRelu", 1, (int[]){x}, &attr, 1);
}

static int head(struct net *net, int x, int64_t from)
{
    return reshape(net, conv(net, x, from, 75, 1, 1, 1, 1), 3, (int64_t[]){0, 75, -1});
}

/* Doubles width and height. */
static int enlarge(struct net *net, int x)
{
    const struct sx_onnx_attr how[] = {
        {.name = "mode", .text = "nearest"},
        {.name = "coordinate_transformation_mode", .text = "asymmetric"},
        {.name = "nearest_mode", .text = "floor"}};
    const struct sx_tensor scales = {SX_FLOAT, {1, {4}}, (float[]){1, 1, 2, 2}};
    return node(net, "Resize", 3, (int[]){x, NOTHING, constant(net, &scales)}, how, 3);
}

/* A detector: five numbers and 20 classes for three boxes in each cell of two grids. */
static int detector(struct net *net)
{
    const struct sx_onnx_attr along[] = {{.name = "axis", .i = 1}, {.name = "axis", .i = 2}};
    int x = leaky(net, conv(net, 0, 3, 16, 3, 2, 1, 1)), fine = x;
    for (int64_t from = 16; from < 256; from *= 2) {
        fine = x;
        x = leaky(net, conv(net, x, from, 2 * from, 3, 2, 1, 1));
        int y = leaky(net, conv(net, x, 2 * from, from, 1, 1, 1, 1));
        x = two(net, "Add", x, leaky(net, conv(net, y, from, 2 * from, 3, 1, 1, 0.5)));
    }
    int both = node(net, "Concat", 2, (int[]){enlarge(net, x), fine}, along, 1);
    return node(net, "Concat", 2, (int[]){head(net, x, 256), head(net, both, 384)}, along + 1,
                1);
}

static int encoder(struct net *net)
{
    int x = 0;
    for (int layer = 0; layer < 12; layer++)
        x = encode(net, x, 128, 768, 12);
    return linear(net, token(net, x, 0), 768, 10);
}

static int language(struct net *net)
{
    const struct sx_onnx_attr rows = {.name = "axis", .i = 0};
    enum { WORDS = 50257, WIDTH = 1024 };
    int table = weight(net, (struct sx_shape){2, {WORDS, WIDTH}}, 0, 1);
    int x = node(net, "Gather", 2, (int[]){table, 0}, &rows, 1);
    for (int layer = 0; layer < 24; layer++)
        x = encode(net, x, 16, WIDTH, 16);
    return linear(net, token(net, x, 15), WIDTH, WORDS);
}

static int chain(struct net *net)
{
    int x = 0;
    for (int k = 0; k < net->links; k++)
        x = one(net, "Tanh", two(net, "Mul", x, scalar(net, 1.1)));
    return x;
}

static int layers(struct net *net, const char *act, int64_t from, int64_t wide, int64_t narrow)
{
    int x = one(net, act, linear(net, 0, from, wide));
    return linear(net, one(net, act, linear(net, x, wide, narrow)), narrow, 1);
}

static int mlp100(struct net *net)
{
    return layers(net, "Softplus", 100, 256, 256);
}

static int mlp20(struct net *net)
{
    return layers(net, "Softplus", 20, 64, 64);
}

static int mlp12(struct net *net)
{
    return layers(net, "Tanh", 12, 64, 64);
}

static int mlp30(struct net *net)
{
    return layers(net, "Tanh", 30, 64, 64);
}

/* ---- Files ---- */

static const struct kind {
    const char *name;
    int (*make)(struct net *net);
    struct sx_shape input, output;
    /* ids: the input is numbers of words; outside: weights are in a file of their own */
    bool ids, outside;
    int links;
} kinds[] = {
    {"resnet18", resnet18, {4, {-1, 3, 224, 224}}, {2, {-1, 1000}}, false, false, 0},
    {"resnet50", resnet50, {4, {-1, 3, 224, 224}}, {2, {-1, 1000}}, false, false, 0},
    {"mobilenet_v2", mobilenet, {4, {-1, 3, 224, 224}}, {2, {-1, 1000}}, false, false, 0},
    {"vgg16", vgg16, {4, {-1, 3, 224, 224}}, {2, {-1, 1000}}, false, false, 0},
    {"detector", detector, {4, {-1, 3, 256, 256}}, {3, {-1, 75, 320}}, false, false, 0},
    {"encoder", encoder, {3, {-1, 128, 768}}, {2, {-1, 10}}, false, false, 0},
    {"language", language, {2, {-1, 16}}, {2, {-1, 50257}}, true, true, 0},
    {"chain1250", chain, {2, {-1, 4}}, {2, {-1, 4}}, false, false, 625},
    {"chain2500", chain, {2, {-1, 4}}, {2, {-1, 4}}, false, false, 1250},
    {"chain5000", chain, {2, {-1, 4}}, {2, {-1, 4}}, false, false, 2500},
    {"chain10000", chain, {2, {-1, 4}}, {2, {-1, 4}}, false, false, 5000},
    {"mlp100", mlp100, {2, {-1, 100}}, {2, {-1, 1}}, false, false, 0},
    {"mlp20", mlp20, {2, {-1, 20}}, {2, {-1, 1}}, false, false, 0},
    {"mlp12", mlp12, {2, {-1, 12}}, {2, {-1, 1}}, false, false, 0},
    {"mlp30", mlp30, {2, {-1, 30}}, {2, {-1, 1}}, false, false, 0},
};

static void save_sample(struct net *net, const struct kind *k, const char *path)
{
    struct sx_shape shape = k->input;
    struct sx_tensor x;
    shape.dim[0] = 1;
    struct sx_sink *sink = sx_sink_open(path, &net->error);
    if (sink == NULL || !sx_tensor_new(&x, k->ids ? SX_INT : SX_FLOAT, &shape, &net->error))
        die(&net->error);
    for (int64_t i = 0, n = sx_count(&shape); i < n; i++)
        sx_tensor_set(&x, i, k->ids ? (double)(1 + i * 977 % 50000) : draw(net));
    sx_npy_write(sink, &x);
    if (!sx_sink_finish(sink, true, &net->error))
        die(&net->error);
    sx_tensor_free(&x);
}

static void save_model(struct net *net, const struct kind *k, int output, const char *path)
{
    char name[16];
    struct sx_wire file = {.error = &net->error};
    snprintf(name, sizeof name, "v%d", output);
    sx_onnx_write_port(&net->graph, SX_GRAPH_INPUT, "v0", k->ids ? SX_INT : SX_FLOAT, &k->input,
                       "N");
    sx_onnx_write_port(&net->graph, SX_GRAPH_OUTPUT, name, SX_FLOAT, &k->output, "N");
    sx_onnx_write_model(&file, OPSET, k->name, &net->graph);
    struct sx_sink *sink = sx_sink_open(path, &net->error);
    if (sink != NULL)
        sx_sink_write(sink, file.bytes, file.size);
    if (sink == NULL || !sx_sink_finish(sink, true, &net->error))
        die(&net->error);
    sx_wire_free(&file);
}

static void make(const struct kind *k, const char *directory)
{
    char path[4096], data_name[64];
    struct net net = {.values = 1, .links = k->links, .state = 88172645463325252U};
    net.graph.error = &net.error;
    snprintf(data_name, sizeof data_name, "%s.data", k->name);
    if (k->outside) {
        snprintf(path, sizeof path, "%s/%s", directory, data_name);
        net.data_name = data_name;
        net.data = fopen(path, "wb");
        if (net.data == NULL && !sx_fail(&net.error, SX_FAILED, "%s cannot be written", path))
            die(&net.error);
    }
    int output = k->make(&net);
    if (net.data != NULL && fclose(net.data) != 0 &&
        !sx_fail(&net.error, SX_FAILED, "%s cannot be written", data_name))
        die(&net.error);
    snprintf(path, sizeof path, "%s/%s.npy", directory, k->name);
    save_sample(&net, k, path);
    snprintf(path, sizeof path, "%s/%s.onnx", directory, k->name);
    save_model(&net, k, output, path);
    sx_wire_free(&net.graph);
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc < 2) {
        fprintf(stderr, "usage: bench_models DIRECTORY [NAME...]\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool wanted = argc == 2;
        for (int a = 2; a < argc; a++)
            wanted = wanted || strcmp(argv[a], kinds[i].name) == 0;
        snprintf(path, sizeof path, "%s/%s.onnx", argv[1], kinds[i].name);
        if (wanted && access(path, R_OK) != 0)
            make(&kinds[i], argv[1]);
    }
    return 0;
}
