/* bench_deriv.c - a timer of whole derivative tensors of an ONNX file, from Hessians on.
 *
 * usage: bench_deriv FILE.onnx ORDER ROWS THREADS [first]
 * Its work is all tensors at ROWS points. With "first" the work also includes reading,
 * lowering, deriving and compiling. Each time is then measured in a new process, in which
 * nothing is kept. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain/deriv.h"
#include "timer.h"

struct bench {
    const char *path;
    int order, threads;
    int64_t rows;
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_whole *whole;
    double *x, *out;
};

static void die(const struct sx_error *error)
{
    fprintf(stderr, "bench_deriv: %s\n", error->message);
    exit((int)error->status);
}

/* Sets a sample of zeros, in the shape that the file declares. */
static bool take_sample(struct bench *b, struct sx_error *error)
{
    struct sx_shape shape = sx_model_input(b->model, 0)->shape;
    struct sx_tensor feed;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = shape.dim[i] < 0 ? 1 : shape.dim[i];
    if (!sx_tensor_new(&feed, SX_FLOAT, &shape, error))
        return false;
    bool ok = sx_explainer_sample(b->explainer, &feed, error);
    sx_tensor_free(&feed);
    return ok;
}

static void open_all(struct bench *b, struct sx_error *error)
{
    const struct sx_explain_options options = {.threads = b->threads, .score = SX_SCORE_LOGIT};
    b->model = sx_model_open(b->path, NULL, error);
    if (b->model != NULL)
        b->explainer = sx_explainer_new(b->model, &options, error);
    if (b->explainer == NULL || !take_sample(b, error))
        die(error);
    int64_t size = sx_count(&sx_explainer_input(b->explainer)->shape), cells = 1;
    for (int m = 0; m < b->order; m++)
        cells *= size;
    b->whole = sx_whole_new(b->explainer, b->order, size, NULL, false, b->rows, error);
    b->x = sx_new((size_t)(b->rows * size), sizeof *b->x, error);
    b->out = sx_new((size_t)(b->rows * cells), sizeof *b->out, error);
    if (error->status != SX_OK)
        die(error);
    for (int64_t i = 0; i < b->rows * size; i++)
        b->x[i] = sx_random_uniform(3, 0, (uint64_t)i);
}

static void close_all(struct bench *b)
{
    free(b->x);
    free(b->out);
    sx_whole_free(b->whole);
    sx_explainer_free(b->explainer);
    sx_model_close(b->model);
}

static void run(struct bench *b, struct sx_error *error)
{
    if (!sx_whole_run(b->whole, b->rows, b->x, NULL, b->out, error))
        die(error);
}

static void serve(struct bench *b, struct sx_error *error)
{
    open_all(b, error);
    run(b, error);
    timer_ready(0, 0);
    while (timer_turn()) {
        double begin = timer_now();
        run(b, error);
        double seconds = timer_now() - begin;
        timer_say(seconds, timer_megabytes(RUSAGE_SELF));
    }
    close_all(b);
}

/* Only the child starts threads and oneDNN. */
static void serve_first(struct bench *b, struct sx_error *error)
{
    timer_ready(0, 0);
    while (timer_turn()) {
        pid_t child = fork();
        if (child > 0) {
            int status;
            waitpid(child, &status, 0);
            if (status != 0)
                exit(1);
            continue;
        }
        double begin = timer_now();
        open_all(b, error);
        run(b, error);
        double seconds = timer_now() - begin;
        close_all(b);
        timer_say(seconds, timer_megabytes(RUSAGE_SELF));
        exit(0);
    }
}

int main(int argc, char **argv)
{
    struct sx_error error = {0};
    if (argc < 5) {
        fprintf(stderr, "usage: bench_deriv FILE.onnx ORDER ROWS THREADS [first]\n");
        return 2;
    }
    struct bench b = {.path = argv[1],
                      .order = atoi(argv[2]),
                      .rows = atoll(argv[3]),
                      .threads = atoi(argv[4])};
    if (argc > 5)
        serve_first(&b, &error);
    else
        serve(&b, &error);
    return 0;
}
