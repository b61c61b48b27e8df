/* fuzz_model.c - bytes as a model, which is opened and listed, and is run on zeros if it is
 * small. */
#include "tests/fuzz/fuzz.h"

enum { MOST_INPUTS = 8, MOST_ELEMENTS = 4096 };
static const size_t most = (size_t)1 << 26;

static void nothing(void *context, const struct sx_listed *listed)
{
    (void)context;
    (void)listed;
}

/* Zeros for every input, if all are small; open dimensions are 1. */
static bool make_feeds(const struct sx_model *model, struct sx_tensor *feeds, int n)
{
    struct sx_error error = {0};
    for (int i = 0; i < n; i++) {
        struct sx_shape shape = sx_model_input(model, i)->shape;
        int64_t count;
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = shape.dim[k] < 0 ? 1 : shape.dim[k];
        if (shape.rank < 0 || !sx_shape_count(&shape, &count, &error) ||
            count > MOST_ELEMENTS ||
            !sx_tensor_new(&feeds[i], sx_model_input(model, i)->type, &shape, &error))
            return false;
    }
    return true;
}

static void run(struct sx_model *model)
{
    const struct sx_infer_options options = {.threads = 1, .max_memory = most};
    struct sx_error error = {0};
    struct sx_tensor feeds[MOST_INPUTS] = {{0}};
    struct sx_inference *inference = sx_inference_new(model, &options, &error);
    const int n = sx_model_input_count(model);
    fuzz_told(inference != NULL, &error);
    if (inference != NULL && n <= MOST_INPUTS && make_feeds(model, feeds, n))
        fuzz_told(sx_inference_run(inference, feeds, &error), &error);
    sx_inference_free(inference);
    for (int i = 0; i < MOST_INPUTS; i++)
        sx_tensor_free(&feeds[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct sx_model_options options = {.max_memory = most};
    struct sx_error error = {0};
    struct sx_model *model = sx_model_open(fuzz_file(bytes, n), &options, &error);
    fuzz_told(model != NULL, &error);
    if (model == NULL)
        return 0;
    fuzz_told(sx_list(model, NULL, NULL, most, nothing, NULL, &error), &error);
    run(model);
    sx_model_close(model);
    return 0;
}
