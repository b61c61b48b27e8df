/* bench_deriv.c - times whole derivative tensors of an ONNX file: Hessians and up.
 *
 * usage: bench_deriv FILE.onnx [order [rows [threads [repetitions]]]]
 * One JSON object: the best and the median time of all rows, after one run that is not counted. */
#include <stdlib.h>
#include <time.h>

#include "explain/deriv.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int die(const struct sx_error *error)
{
    fprintf(stderr, "bench_deriv: %s\n", error->message);
    return error->status;
}

/* Zeros of the shape that the file declares. */
static struct sx_explainer *open_explainer(struct sx_model *model, int threads,
                                           struct sx_error *error)
{
    const struct sx_explain_options options = {.threads = threads, .score = SX_SCORE_LOGIT};
    struct sx_explainer *e = sx_explainer_new(model, &options, error);
    struct sx_shape shape = sx_model_input(model, 0)->shape;
    struct sx_tensor feed;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = shape.dim[i] < 0 ? 1 : shape.dim[i];
    if (e == NULL || !sx_tensor_new(&feed, SX_FLOAT, &shape, error))
        return NULL;
    bool ok = sx_explainer_sample(e, &feed, error);
    sx_tensor_free(&feed);
    return ok ? e : NULL;
}

int main(int argc, char **argv)
{
    int order = argc > 2 ? atoi(argv[2]) : 2, threads = argc > 4 ? atoi(argv[4]) : 1;
    int64_t rows = argc > 3 ? atoll(argv[3]) : 1, cells = 1;
    int repetitions = argc > 5 ? atoi(argv[5]) : 20;
    struct sx_error error = {0};
    struct sx_model *model = argc > 1 ? sx_model_open(argv[1], NULL, &error) : NULL;
    struct sx_explainer *e = model != NULL ? open_explainer(model, threads, &error) : NULL;
    if (e == NULL || repetitions < 1)
        return die(&error);
    int64_t size = sx_count(&sx_explainer_input(e)->shape);
    for (int m = 0; m < order; m++)
        cells *= size;
    struct sx_whole *whole = sx_whole_new(e, order, size, NULL, false, rows, &error);
    double *x = sx_new((size_t)(rows * size), sizeof *x, &error);
    double *out = sx_new((size_t)(rows * cells), sizeof *out, &error);
    double *time = sx_new((size_t)repetitions, sizeof *time, &error);
    if (error.status != SX_OK)
        return die(&error);
    for (int64_t i = 0; i < rows * size; i++)
        x[i] = sx_random_uniform(3, 0, (uint64_t)i);
    for (int i = -1; i < repetitions; i++) {
        double begin = now();
        if (!sx_whole_run(whole, rows, x, NULL, out, &error))
            return die(&error);
        if (i >= 0)
            time[i] = now() - begin;
    }
    qsort(time, (size_t)repetitions, sizeof *time, ascending);
    printf("{\"order\":%d,\"rows\":%lld,\"threads\":%d,\"best\":%.6f,\"median\":%.6f}\n", order,
           (long long)rows, threads, time[0], time[repetitions / 2]);
    free(x);
    free(out);
    free(time);
    sx_whole_free(whole);
    sx_explainer_free(e);
    sx_model_close(model);
    return 0;
}
