/* fuzz_input.c - bytes as samples: arrays, archives, pictures and tables. The first bytes
 * decide how they are prepared. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { MOST_SAMPLES = 20, DECISIONS = 8 };

static const struct sx_shape shapes[] = {
    {-1, {0}},           {2, {-1, 2}}, {4, {-1, 3, 16, 16}}, {4, {-1, 1, 8, 8}},
    {4, {1, -1, -1, 3}}, {1, {-1}},    {4, {-1, 3, 1, 200}}, {0, {0}},
};
static const struct {
    const char *option, *value;
} settings[] = {
    {"resize", "7x9"},    {"resize", "short:5"}, {"resize", "300x1"}, {"crop", "4"},
    {"scale", "1/255"},   {"mean", "1,2,3"},     {"std", "0.5"},      {"channels", "bgr"},
    {"channels", "gray"}, {"layout", "nhwc"},    {"layout", "nchw"},
};
static const char *const presets[] = {"unit", "raw", "imagenet", "mnist"};

static struct sx_preprocess preparation(struct fuzz *f)
{
    struct sx_preprocess pre;
    struct sx_error error = {0};
    sx_preprocess_preset(&pre, presets[fuzz_below(f, 4)], &error);
    for (int i = 0; i < 2; i++) {
        const unsigned k = fuzz_below(f, 2 * sizeof settings / sizeof *settings);
        if (k < sizeof settings / sizeof *settings)
            sx_preprocess_set(&pre, settings[k].option, settings[k].value, &error);
    }
    return pre;
}

static void read_samples(const char *path, const struct sx_input *how)
{
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(path, how, &error);
    bool end = reader == NULL;
    fuzz_told(reader != NULL, &error);
    for (int i = 0; i < MOST_SAMPLES && !end; i++) {
        struct sx_tensor sample = {0};
        error = (struct sx_error){0};
        const bool ok = sx_reader_next(reader, &sample, &end, &error);
        fuzz_told(ok, &error);
        if (!ok || end)
            continue;
        for (int64_t k = 0; k < sx_count(&sample.shape); k++)
            (void)sx_tensor_get(&sample, k);
        sx_tensor_free(&sample);
    }
    sx_reader_close(reader);
}

static void read_set(const char *path, const struct sx_input *how)
{
    struct sx_error error = {0};
    struct sx_dataset *set = sx_dataset_open(path, how, &error);
    fuzz_told(set != NULL, &error);
    if (set == NULL)
        return;
    const int64_t n = sx_dataset_count(set), size = sx_count(sx_dataset_shape(set));
    float *x = size < 1 << 20 ? calloc((size_t)size + 1, sizeof *x) : NULL;
    if (x != NULL && n > 0) {
        fuzz_told(sx_dataset_read(set, 0, x, &error), &error);
        error = (struct sx_error){0};
        fuzz_told(sx_dataset_read(set, n - 1, x, &error), &error);
    }
    free(x);
    sx_dataset_close(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < DECISIONS)
        return 0;
    struct fuzz f = {bytes, DECISIONS};
    const unsigned flags = fuzz_byte(&f);
    struct sx_preprocess pre = preparation(&f);
    const struct sx_columns columns = {.drop = (flags & 16) != 0 ? "1" : NULL,
                                       .id = (flags & 32) != 0 ? "a" : NULL};
    const struct sx_input how = {
        .want = &shapes[fuzz_below(&f, sizeof shapes / sizeof *shapes)],
        .whole = (flags & 1) != 0,
        .member = (flags & 2) != 0 ? "x" : NULL,
        .lone = (flags & 4) != 0,
        .header = (enum sx_header)(fuzz_byte(&f) % 3),
        .pre = &pre,
        .columns = (flags & 48) != 0 ? &columns : NULL,
    };
    const char *path = fuzz_file(bytes + DECISIONS, n - DECISIONS);
    if ((flags & 8) != 0)
        read_set(path, &how);
    else
        read_samples(path, &how);
    return 0;
}
