/* bench_run.c - times compiled programs of an ONNX file: forward passes and input gradients.
 *
 * usage: bench_run FILE.onnx [batch [threads [forward|grad|profile|dump [repetitions]]]]
 * One JSON object a line; "profile" gives the time of every step of a forward+gradient run. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <omp.h>

#include "graph/derive.h"
#include "lower/lower.h"
#include "onnx/onnx.h"
#include "run/program.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct bench {
    struct sx_model *model;
    struct sx_lowered *lowered;
    struct sx_program *program;
    struct sx_tensor feed, result[2];
    int n_outputs;
    double compile;
};

static void die(const struct sx_error *error)
{
    fprintf(stderr, "bench_run: %s\n", error->message);
    exit(error->status);
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

static void compile(struct bench *b, bool gradient, int threads, struct sx_error *error)
{
    struct sx_graph *g = b->lowered->graph;
    int x = b->lowered->inputs[0].node, outputs[2] = {b->lowered->outputs[0].node, SX_NONE};
    double begin = now();
    b->n_outputs = 1;
    if (gradient) {
        int score = sx_slice_axis(g, outputs[0], 1, 0, 1);
        if (!sx_derive(g, score, SX_NONE, &x, 1, &outputs[1]))
            sx_graph_ok(g, error);
        b->n_outputs = 2;
    }
    struct sx_run_options options = {.threads = threads};
    if (error->status == SX_OK)
        b->program = sx_compile(g, &x, 1, outputs, b->n_outputs, &options, error);
    if (b->program == NULL)
        die(error);
    b->compile = now() - begin;
    if (!sx_tensor_new(&b->feed, SX_FLOAT, &g->node[x].shape, error))
        die(error);
    for (int64_t i = 0; i < sx_count(&b->feed.shape); i++)
        sx_tensor_set(&b->feed, i, sx_random_uniform(1, 1, (uint64_t)i));
    for (int i = 0; i < b->n_outputs; i++)
        if (!sx_tensor_new(&b->result[i], SX_FLOAT, &g->node[outputs[i]].shape, error))
            die(error);
}

/* Each step of a run by itself, the best of some repetitions. */
static void profile(struct bench *b, int threads)
{
    struct sx_program *p = b->program;
    omp_set_num_threads(threads);
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct sx_step *s = &p->step[i];
        double best = 1e9;
        for (int r = 0; r < 5; r++) {
            double begin = now();
            if (s->kernel != NULL)
                sx_kernel_run(s->kernel, &s->call);
            else
                s->run(&s->call);
            double t = now() - begin;
            best = t < best ? t : best;
        }
        printf("%9.1f us  step %zu\n", best * 1e6, i);
    }
    sx_program_dump(p, stdout);
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
    compile(&b, strcmp(what, "forward") != 0 && strcmp(what, "dump") != 0, threads, &error);
    double best = 1e9, sum = 0;
    for (int r = 0; r <= repetitions; r++) {
        double begin = now();
        if (!sx_run(b.program, &b.feed, b.result, &error))
            die(&error);
        double t = now() - begin;
        best = t < best ? t : best;
        sum += sx_tensor_get(&b.result[b.n_outputs - 1], r);
    }
    if (strcmp(what, "profile") == 0)
        profile(&b, threads);
    if (strcmp(what, "dump") == 0)
        sx_program_dump(b.program, stdout);
    printf("{\"tool\":\"sextant\",\"what\":\"%s\",\"net\":\"%s\",\"batch\":%lld,\"threads\":%d,"
           "\"best\":%.6f,\"compile\":%.4f,\"steps\":%zu,\"memory_mb\":%zu,\"sum\":%g}\n",
           what, argv[1], (long long)batch, threads, best, b.compile, b.program->n_steps,
           sx_program_memory(b.program) >> 20, sum);
    sx_program_free(b.program);
    sx_lowered_free(b.lowered);
    sx_model_close(b.model);
    sx_tensor_free(&b.feed);
    for (int i = 0; i < b.n_outputs; i++)
        sx_tensor_free(&b.result[i]);
    return 0;
}
