/* check_dataset.c - samples by number: mapped arrays, archives in memory, directories of classes;
 * and the steps of Adam. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arrays.h"
#include "flint/flint.h"
#include "suite.h"

static char dir[] = "/tmp/check-dataset-XXXXXX";
static struct sx_preprocess pre;

static const char *path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(sink != NULL && sx_sink_write(sink, bytes, n));
    ck_assert(sx_sink_finish(sink, true, &error));
}

static void write_npy(const char *name, const struct sx_tensor *t)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_open(path_of(name), &error);
    ck_assert(sink != NULL && sx_npy_write(sink, t) && sx_sink_finish(sink, true, &error));
}

static struct sx_dataset *open_set(const char *name, struct sx_shape want)
{
    struct sx_error error = {0};
    const struct sx_input how = {.want = &want, .pre = &pre};
    struct sx_dataset *d = sx_dataset_open(path_of(name), &how, &error);
    ck_assert_msg(d != NULL, "%s", error.message);
    return d;
}

static void expect_row(struct sx_dataset *d, int64_t row, double first, double last)
{
    float x[64];
    struct sx_error error = {0};
    int64_t n = sx_count(sx_dataset_shape(d));
    ck_assert_msg(sx_dataset_read(d, row, x, &error), "%s", error.message);
    ck_assert_double_eq_tol((double)x[0], first, 1e-6);
    ck_assert_double_eq_tol((double)x[n - 1], last, 1e-6);
}

START_TEST(rows_of_an_array)
{
    const double values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const enum sx_type types[] = {SX_FLOAT, SX_DOUBLE, SX_INT};
    struct sx_error error = {0};
    for (int k = 0; k < 3; k++) {
        struct sx_tensor t = ta_of(types[k], SHAPE(3, 2, 2), values);
        write_npy("rows.npy", &t);
        struct sx_dataset *d = open_set("rows.npy", SHAPE(-1, 2, 2));
        /* integers are pixels, so they are divided by 255 */
        double unit = types[k] == SX_INT ? 255 : 1;
        ck_assert_int_eq(sx_dataset_count(d), 3);
        ck_assert_int_eq(sx_dataset_shape(d)->dim[0], 1);
        ck_assert_ptr_null(sx_dataset_labels(d));
        expect_row(d, 2, 8 / unit, 11 / unit);
        expect_row(d, 0, 0, 3 / unit);
        ck_assert(!sx_dataset_read(d, 3, NULL, &error) &&
                  !sx_dataset_read(d, -1, NULL, &error));
        ck_assert_uint_eq(strlen(sx_dataset_hash(d)), 64);
        sx_dataset_close(d);
        ta_free(&t, 1);
    }
}
END_TEST

START_TEST(pixels_by_channel)
{
    const double values[] = {0, 51, 102, 153, 204, 255};
    struct sx_error error = {0};
    struct sx_preprocess kept = pre;
    ck_assert(sx_preprocess_set(&pre, "mean", "0.1,0.2,0.4", &error));
    ck_assert(sx_preprocess_set(&pre, "std", "1,1,0.5", &error));
    struct sx_tensor t = ta_of(SX_INT, SHAPE(1, 3, 1, 2), values);
    write_npy("rgb.npy", &t);
    struct sx_dataset *d = open_set("rgb.npy", SHAPE(-1, 3, 1, 2));
    expect_row(d, 0, -0.1, 1.2);
    float x[6];
    sx_sample_floats(&t, &pre, x);
    ck_assert_double_eq_tol((double)x[2], 0.2, 1e-6);
    sx_dataset_close(d);
    ta_free(&t, 1);
    t = ta_of(SX_INT, SHAPE(1, 1, 2, 3), values);
    write_npy("last.npy", &t);
    sx_sample_floats(&t, &pre, x); /* one channel in front, so the three columns are alike */
    ck_assert_double_eq_tol((double)x[5], 0.9, 1e-6);
    t.shape = SHAPE(1, 2, 1, 3);
    sx_sample_floats(&t, &pre, x);
    ck_assert_double_eq_tol((double)x[1], 0, 1e-6);
    ck_assert_double_eq_tol((double)x[5], 1.2, 1e-6);
    ta_free(&t, 1);
    pre = kept;
}
END_TEST

START_TEST(text_is_held)
{
    write_bytes(path_of("table.csv"), "a,b\n1,2\n3,4\n5,6\n", 16);
    struct sx_dataset *d = open_set("table.csv", SHAPE(-1, 2));
    ck_assert_int_eq(sx_dataset_count(d), 3);
    expect_row(d, 1, 3, 4);
    sx_dataset_close(d);
}
END_TEST

/* The column of classes is not a feature. Its values are whole numbers from 0. */
START_TEST(classes_of_a_column)
{
    static const char *const bad[] = {"a,b,class\n1,2,1\n3,4,x\n", "a,b,class\n1,2,-1\n",
                                      "a,b,class\n1,2,1.5\n"};
    const struct sx_shape want = SHAPE(-1, 2);
    const struct sx_columns columns = {.truth = "class"};
    const struct sx_input how = {.want = &want, .pre = &pre, .columns = &columns};
    const char *text = "a,b,class\n1,2,1\n3,4,0\n5,6,12\n";
    struct sx_error error = {0};
    write_bytes(path_of("classes.csv"), text, strlen(text));
    struct sx_dataset *d = sx_dataset_open(path_of("classes.csv"), &how, &error);
    ck_assert_msg(d != NULL, "%s", error.message);
    const int64_t *labels = sx_dataset_labels(d);
    ck_assert_int_eq(sx_dataset_count(d), 3);
    ck_assert(labels != NULL && labels[0] == 1 && labels[1] == 0 && labels[2] == 12);
    expect_row(d, 2, 5, 6);
    sx_dataset_close(d);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        write_bytes(path_of("classes.csv"), bad[i], strlen(bad[i]));
        ck_assert_ptr_null(sx_dataset_open(path_of("classes.csv"), &how, &error));
        ck_assert_int_eq(error.status, SX_FAILED);
        ck_assert_ptr_nonnull(strstr(error.message, "is not the number of a class"));
    }
}
END_TEST

static void write_picture(const char *name, uint8_t grey)
{
    struct sx_error error = {0};
    uint8_t pixels[4] = {grey, 0, 0, 255}, *bytes = NULL;
    struct sx_picture picture = {2, 2, 1, pixels};
    size_t size = 0;
    ck_assert(sx_png_encode(&picture, &bytes, &size, &error));
    write_bytes(path_of(name), bytes, size);
    free(bytes);
}

/* Subdirectories are classes in the order of their names' bytes. */
START_TEST(directories_of_classes)
{
    ck_assert(mkdir(path_of("set"), 0777) == 0 && mkdir(path_of("set/b"), 0777) == 0 &&
              mkdir(path_of("set/B"), 0777) == 0);
    write_picture("set/b/2.png", 51);
    write_picture("set/b/10.png", 102);
    write_picture("set/B/x.png", 255);
    struct sx_dataset *d = open_set("set", SHAPE(-1, 1, 2, 2));
    const int64_t *labels = sx_dataset_labels(d);
    ck_assert_int_eq(sx_dataset_count(d), 3);
    ck_assert_ptr_nonnull(labels);
    ck_assert(labels[0] == 0 && labels[1] == 1 && labels[2] == 1);
    expect_row(d, 0, 1, 1);
    expect_row(d, 1, 0.4, 1);
    expect_row(d, 2, 0.2, 1);
    sx_dataset_close(d);
}
END_TEST

static void expect_refused(const char *name, struct sx_shape want, const char *text)
{
    struct sx_error error = {0};
    const struct sx_input how = {.want = &want, .pre = &pre};
    ck_assert_ptr_null(sx_dataset_open(path_of(name), &how, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
}

START_TEST(refusals)
{
    struct sx_tensor t = ta_of(SX_FLOAT, SHAPE(0, 2), NULL);
    write_npy("empty.npy", &t);
    ta_free(&t, 1);
    ck_assert(mkdir(path_of("nothing"), 0777) == 0);
    write_bytes(path_of("bad.csv"), "1,2\n3\n", 6);
    expect_refused("missing.npy", SHAPE(-1, 2), "No such file");
    expect_refused("empty.npy", SHAPE(-1, 2), "no sample");
    expect_refused("nothing", SHAPE(-1, 2), "no samples");
    expect_refused("bad.csv", SHAPE(-1, 2), "line 2");
    expect_refused("rows.npy", SHAPE(-1, 3), "does not fit");
}
END_TEST

/* ---- Adam ---- */

/* The first step is the rate in the direction of the gradient's sign. Later steps follow the
 * published recursion, which is computed here in double. */
START_TEST(steps_of_adam)
{
    float value[3] = {1, -2, 0.5F}, m[3] = {0}, v[3] = {0};
    double x[3] = {1, -2, 0.5}, mean[3] = {0}, square[3] = {0};
    for (int t = 1; t <= 5; t++) {
        const float g[3] = {0.3F * (float)t, -1e-3F, 0};
        sx_adam(value, g, m, v, 3, 0.01, t, 1);
        for (int i = 0; i < 3; i++) {
            double d = (double)g[i];
            mean[i] = 0.9 * mean[i] + 0.1 * d;
            square[i] = 0.999 * square[i] + 0.001 * d * d;
            x[i] -= 0.01 * (mean[i] / (1 - pow(0.9, t))) /
                    (sqrt(square[i] / (1 - pow(0.999, t))) + 1e-8);
            ck_assert_double_eq_tol((double)value[i], x[i], 1e-6);
        }
        if (t == 1)
            ck_assert_double_eq_tol((double)value[0], 0.99, 1e-6);
    }
    ck_assert(value[2] == 0.5F);
}
END_TEST

START_TEST(adam_on_any_threads)
{
    enum { N = 40000 };
    static float value[2][N], m[2][N], v[2][N], g[N];
    for (int i = 0; i < N; i++) {
        g[i] = (float)sx_random_normal(1, 2, (uint64_t)i);
        value[0][i] = value[1][i] = (float)i;
    }
    for (int t = 1; t <= 3; t++)
        for (int k = 0; k < 2; k++)
            sx_adam(value[k], g, m[k], v[k], N, 0.1, t, k == 0 ? 1 : 3);
    ck_assert(memcmp(value[0], value[1], sizeof value[0]) == 0);
}
END_TEST

int main(void)
{
    struct sx_error error = {0};
    if (mkdtemp(dir) == NULL || !sx_preprocess_preset(&pre, "unit", &error))
        return 1;
    TCase *c = suite_case("dataset");
    SUITE_ADD(c, rows_of_an_array, pixels_by_channel, text_is_held, classes_of_a_column,
              directories_of_classes, refusals, steps_of_adam, adam_on_any_threads);
    int failed = suite_run();
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return failed || system(command) != 0;
}
