/* bench_run.c - times compiled programs of an ONNX file: forward passes, input gradients, and
 * Hessian-vector products.
 *
 * usage: bench_run FILE.onnx [batch [threads [forward|grad|hvp|profile|dump [repetitions]]]]
 * With 0 repetitions it is a timer (see timer.h). Otherwise it prints one JSON object. "dump"
 * first prints the steps of the program. "profile" times each step of forward and gradient. */
#include <stdlib.h>
#include <string.h>
#include <omp.h>

#include "graph/derive.h"
#include "lower/lower.h"
#include "onnx/onnx.h"
#include "run/program.h"
#include "timer.h"

struct bench {
    struct sx_model *model;
    struct sx_lowered *lowered;
    struct sx_program *program;
    int node[2], result_node[3]; /* node: x and the vector; result_node: the results */
    struct sx_tensor feed[2], result[3];
    int n_feeds, n_outputs;
    double compile;
};

static void die(const struct sx_error *error)
{
    fprintf(stderr, "bench_run: %s\n", error->message);
    exit((int)error->status);
}

static void load(struct bench *b, const char *path, int64_t batch, struct sx_error *error)
{
    b->model = sx_model_open(path, NULL, error);
    if (b->model == NULL || (b->lowered = sx_lower(b->model, NULL, error)) == NULL)
        die(error);
    struct sx_shape shape = sx_shape_of(b->lowered->graph, b->lowered->inputs[0].node);
    shape.dim[0] = batch;
    struct sx_lower_input input = {.name = b->lowered->inputs[0].name, .shape = &shape};
    struct sx_lower_options options = {.inputs = &input, .n_inputs = 1};
    struct sx_lowered *one = b->lowered;
    b->lowered = sx_lower(b->model, &options, error);
    sx_lowered_free(one);
    if (b->lowered == NULL)
        die(error);
}

static double kernel_of(const struct sx_graph *g, const struct sx_node *n)
{
    const struct sx_shape *w = &g->node[n->in[1]].shape;
    return (double)sx_count(w) / (double)w->dim[0];
}

/* Counts the multiplications and additions of convolutions and products, and the bytes of
 * constants. */
static void count_work(const struct bench *b, double *operations, double *bytes)
{
    const struct sx_graph *g = b->lowered->graph;
    struct sx_error error = {0};
    bool *needed = sx_new(g->n_nodes, sizeof *needed, &error);
    *operations = *bytes = 0;
    if (needed == NULL)
        die(&error);
    sx_mark_needed(g, b->result_node, b->n_outputs, needed);
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *n = &g->node[i];
        double count = (double)sx_count(&n->shape);
        if (!needed[i])
            continue;
        if (n->op == SX_CONST)
            *bytes += count * (double)sx_type_size(n->type);
        else if (n->op == SX_CONV)
            *operations += 2 * count * kernel_of(g, n);
        else if (n->op == SX_CONVINPUT)
            *operations += 2 * (double)sx_count(&g->node[n->in[0]].shape) * kernel_of(g, n);
        else if (n->op == SX_MATMUL) {
            const struct sx_shape *a = &g->node[n->in[0]].shape;
            *operations += 2 * count * (double)a->dim[a->rank - (n->attr[0] != 0 ? 2 : 1)];
        }
    }
    free(needed);
}

/* Makes f, its gradient by x, and the Hessian times the vector, up to `order`. */
static void derive(struct bench *b, int order, struct sx_error *error)
{
    struct sx_graph *g = b->lowered->graph;
    b->node[0] = b->lowered->inputs[0].node;
    b->result_node[0] = b->lowered->outputs[0].node;
    b->n_feeds = b->n_outputs = 1;
    int y = order > 0 ? sx_slice_axis(g, b->result_node[0], 1, 0, 1) : SX_NONE, seed = SX_NONE;
    for (int k = 0; k < order && sx_graph_ok(g, error); k++) {
        if (!sx_derive(g, y, seed, b->node, 1, &b->result_node[b->n_outputs]))
            sx_graph_ok(g, error);
        y = b->result_node[b->n_outputs++];
        if (k + 1 < order)
            seed = b->node[b->n_feeds++] = sx_input(g, SX_FLOAT, &g->node[y].shape);
    }
}

static void make_tensors(struct bench *b, struct sx_error *error)
{
    const struct sx_graph *g = b->lowered->graph;
    for (int k = 0; k < b->n_feeds; k++) {
        const struct sx_node *n = &g->node[b->node[k]];
        if (!sx_tensor_new(&b->feed[k], n->type, &n->shape, error))
            die(error);
        for (int64_t i = 0; i < sx_count(&n->shape); i++)
            sx_tensor_set(&b->feed[k], i, sx_random_uniform(1, 1 + (uint64_t)k, (uint64_t)i));
    }
    for (int i = 0; i < b->n_outputs; i++)
        if (!sx_tensor_new(&b->result[i], SX_FLOAT, &g->node[b->result_node[i]].shape, error))
            die(error);
}

static void compile(struct bench *b, int order, int threads, struct sx_error *error)
{
    double begin = timer_now();
    derive(b, order, error);
    struct sx_run_options options = {.threads = threads};
    if (error->status == SX_OK)
        b->program = sx_compile(b->lowered->graph, b->node, b->n_feeds, b->result_node,
                                b->n_outputs, &options, error);
    if (b->program == NULL)
        die(error);
    b->compile = timer_now() - begin;
    make_tensors(b, error);
}

/* Times each step of a run separately, and keeps the best of some repetitions. */
static void profile(struct bench *b, int threads)
{
    struct sx_program *p = b->program;
    omp_set_num_threads(threads);
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct sx_step *s = &p->step[i];
        double best = 1e9;
        for (int r = 0; r < 5; r++) {
            double begin = timer_now();
            sx_step_run(s);
            double t = timer_now() - begin;
            best = t < best ? t : best;
        }
        printf("%9.1f us  step %zu\n", best * 1e6, i);
    }
    sx_program_dump(p, stdout);
}

static double run(struct bench *b, struct sx_error *error)
{
    double begin = timer_now();
    if (!sx_run(b->program, b->feed, b->result, error))
        die(error);
    return timer_now() - begin;
}

static void serve(struct bench *b, struct sx_error *error)
{
    double operations, bytes;
    count_work(b, &operations, &bytes);
    run(b, error);
    timer_ready(operations, bytes);
    while (timer_turn()) {
        double seconds = run(b, error);
        timer_say(seconds, timer_megabytes(RUSAGE_SELF));
    }
}

static void report(struct bench *b, const char *what, int threads, int repetitions,
                   struct sx_error *error)
{
    double best = 1e9;
    for (int r = 0; r <= repetitions; r++) {
        double t = run(b, error);
        best = t < best ? t : best;
    }
    if (strcmp(what, "profile") == 0)
        profile(b, threads);
    if (strcmp(what, "dump") == 0)
        sx_program_dump(b->program, stdout);
    printf("{\"what\":\"%s\",\"threads\":%d,\"best\":%.6f,\"compile\":%.4f,\"steps\":%zu,"
           "\"memory_mb\":%zu,\"last\":%g}\n",
           what, threads, best, b->compile, b->program->n_steps,
           sx_program_memory(b->program) >> 20, sx_tensor_get(&b->result[b->n_outputs - 1], 0));
}

static int order_of(const char *what)
{
    if (strcmp(what, "hvp") == 0)
        return 2;
    return strcmp(what, "grad") == 0 || strcmp(what, "profile") == 0;
}

int main(int argc, char **argv)
{
    struct sx_error error = {0};
    struct bench b = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_run FILE.onnx [batch [threads [what [repetitions]]]]\n");
        return 2;
    }
    int64_t batch = argc > 2 ? atoi(argv[2]) : 1;
    int threads = argc > 3 ? atoi(argv[3]) : 1, repetitions = argc > 5 ? atoi(argv[5]) : 7;
    const char *what = argc > 4 ? argv[4] : "forward";
    load(&b, argv[1], batch, &error);
    compile(&b, order_of(what), threads, &error);
    if (repetitions == 0)
        serve(&b, &error);
    else
        report(&b, what, threads, repetitions, &error);
    sx_program_free(b.program);
    sx_lowered_free(b.lowered);
    sx_model_close(b.model);
    for (int i = 0; i < b.n_feeds; i++)
        sx_tensor_free(&b.feed[i]);
    for (int i = 0; i < b.n_outputs; i++)
        sx_tensor_free(&b.result[i]);
    return 0;
}
