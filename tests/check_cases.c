/* check_cases.c - ONNX's own cases (Debian's libonnx-testdata): whatever is lowered is right.
 *
 * Cases that are refused are counted; that no more are refused than can be helped is checked, too.
 * Without the package nothing is tested. ONNX_CASES names another directory. */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "lowering.h"

#define MOST 64

enum verdict { RIGHT, REFUSED, WRONG };

struct test_case {
    char path[400];
    struct sx_tensor in[MOST], out[MOST];
    int n_in, n_out;
    char why[400];
};

static const char *cases_directory(void)
{
    const char *given = getenv("ONNX_CASES");
    return given != NULL ? given : "/usr/share/libonnx-testdata/data";
}

static bool read_tensor(const char *path, struct sx_tensor *t)
{
    struct sx_file file = {.fd = -1};
    bool ok = sx_file_open(&file, path, (size_t)1 << 30, NULL) &&
              sx_pb_parse(file.bytes, file.size, t, NULL);
    sx_file_close(&file);
    return ok;
}

/* Reads input_0.pb, .. or output_0.pb, ..; false if one is there that is not understood. */
static bool read_all(const char *directory, const char *what, struct sx_tensor *t, int *n)
{
    for (*n = 0; *n < MOST; (*n)++) {
        char path[600];
        snprintf(path, sizeof path, "%s/test_data_set_0/%s_%d.pb", directory, what, *n);
        FILE *file = fopen(path, "rb");
        if (file == NULL)
            return true;
        fclose(file);
        if (!read_tensor(path, &t[*n]))
            return false;
    }
    return false;
}

static bool is_real(enum sx_type type)
{
    return type == SX_FLOAT || type == SX_DOUBLE;
}

static bool equal(struct test_case *c, int k, const struct sx_tensor *got)
{
    const struct sx_tensor *want = &c->out[k];
    if (is_real(got->type) != is_real(want->type) ||
        !sx_shape_equal(&got->shape, &want->shape)) {
        snprintf(c->why, sizeof c->why, "output %d has another type or shape", k);
        return false;
    }
    for (int64_t i = 0; i < sx_count(&want->shape); i++) {
        double x = sx_tensor_get(got, i), y = sx_tensor_get(want, i);
        if (x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-5 + 1e-3 * fabs(y))
            continue;
        snprintf(c->why, sizeof c->why, "output %d: element %lld is %g, not %g", k,
                 (long long)i, x, y);
        return false;
    }
    return true;
}

static enum verdict compare(struct test_case *c, const struct sx_lowered *l,
                            const struct sx_model *model)
{
    struct sx_tensor feeds[MOST], results[MOST];
    int in[MOST], out[MOST], n = 0;
    struct sx_error error = {0};
    for (int i = 0; i < l->n_inputs; i++)
        for (int k = 0; k < c->n_in; k++)
            if (strcmp(sx_model_input(model, k)->name, l->inputs[i].name) == 0) {
                enum sx_type type = l->graph->node[l->inputs[i].node].type;
                ck_assert(sx_tensor_convert(&feeds[n], type, &c->in[k], &error));
                in[n++] = l->inputs[i].node;
            }
    for (int i = 0; i < l->n_outputs; i++)
        out[i] = l->outputs[i].node;
    bool ok = sx_evaluate(l->graph, in, feeds, n, out, results, l->n_outputs, &error);
    ck_assert_msg(ok, "%s: %s", c->path, error.message);
    for (int i = 0; i < l->n_outputs; i++) {
        ok = ok && i < c->n_out && equal(c, i, &results[i]);
        sx_tensor_free(&results[i]);
    }
    for (int i = 0; i < n; i++)
        sx_tensor_free(&feeds[i]);
    return ok ? RIGHT : WRONG;
}

/* Inputs that must be constant are: first the integers, then all of them. */
static struct sx_lowered *lower(struct test_case *c, const struct sx_model *model,
                                enum sx_type real)
{
    struct sx_lowered *l = NULL;
    for (int fixed = 0; fixed < 3 && l == NULL; fixed++) {
        struct sx_lower_input inputs[MOST];
        struct sx_error error = {0};
        for (int k = 0; k < c->n_in; k++) {
            const struct sx_port *port = sx_model_input(model, k);
            bool as_value = fixed == 2 || (fixed == 1 && !is_real(c->in[k].type));
            if (port == NULL)
                return NULL;
            inputs[k] = (struct sx_lower_input){port->name, &c->in[k].shape,
                                                as_value ? &c->in[k] : NULL};
        }
        struct sx_lower_options options = {.real = real, .inputs = inputs, .n_inputs = c->n_in};
        l = sx_lower(model, &options, &error);
        if (l == NULL)
            snprintf(c->why, sizeof c->why, "%s", error.message);
        if (l == NULL && strstr(error.message, "constant") == NULL)
            break;
    }
    return l;
}

/* A bfloat16 is stored as an unsigned integer, which we cannot tell from one. */
static bool comparable(const struct test_case *c, const struct sx_model *model)
{
    for (int k = 0; k < c->n_in; k++) {
        const struct sx_port *port = sx_model_input(model, k);
        if (port == NULL || is_real(port->type) != is_real(c->in[k].type))
            return false;
    }
    for (int k = 0; k < c->n_out; k++) {
        const struct sx_port *port = sx_model_output(model, k);
        if (port == NULL || is_real(port->type) != is_real(c->out[k].type))
            return false;
    }
    return true;
}

static enum verdict run(struct test_case *c)
{
    char path[600];
    struct sx_error error = {0};
    enum verdict verdict = REFUSED;
    snprintf(path, sizeof path, "%s/model.onnx", c->path);
    struct sx_model *model = sx_model_open(path, NULL, &error);
    snprintf(c->why, sizeof c->why, "%s", error.message);
    enum sx_type real = SX_FLOAT;
    for (int k = 0; k < c->n_in; k++)
        real = c->in[k].type == SX_DOUBLE ? SX_DOUBLE : real;
    if (model != NULL && comparable(c, model)) {
        struct sx_lowered *l = lower(c, model, real);
        if (l != NULL)
            verdict = compare(c, l, model);
        sx_lowered_free(l);
    }
    sx_model_close(model);
    return verdict;
}

static void free_case(struct test_case *c)
{
    for (int i = 0; i < MOST; i++) {
        sx_tensor_free(&c->in[i]);
        sx_tensor_free(&c->out[i]);
    }
}

/* Runs every case of a group; fails where one is wrong, or fewer than `least` are right. */
static void run_group(const char *group, int least)
{
    char path[300];
    struct dirent *entry;
    int counts[3] = {0};
    snprintf(path, sizeof path, "%s/%s", cases_directory(), group);
    DIR *directory = opendir(path);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        static struct test_case c;
        enum verdict verdict = REFUSED;
        if (entry->d_name[0] == '.')
            continue;
        memset(&c, 0, sizeof c);
        snprintf(c.path, sizeof c.path, "%s/%.90s", path, entry->d_name);
        if (read_all(c.path, "input", c.in, &c.n_in) &&
            read_all(c.path, "output", c.out, &c.n_out))
            verdict = run(&c);
        counts[verdict]++;
        free_case(&c);
        ck_assert_msg(verdict != WRONG, "%s: %s", c.path, c.why);
        if (verdict == REFUSED && getenv("ONNX_CASES_LIST") != NULL)
            printf("refused: %s: %s\n", entry->d_name, c.why);
    }
    if (directory == NULL)
        return;
    closedir(directory);
    printf("%s: %d right, %d refused\n", group, counts[RIGHT], counts[REFUSED]);
    ck_assert_msg(counts[RIGHT] >= least, "%s: only %d right", group, counts[RIGHT]);
}

START_TEST(nodes)
{
    run_group("node", 840);
}
END_TEST

START_TEST(pytorch)
{
    run_group("pytorch-operator", 35);
    run_group("pytorch-converted", 82);
}
END_TEST

START_TEST(simple)
{
    run_group("simple", 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cases");
    TCase *tests = tcase_create("cases");
    tcase_add_test(tests, nodes);
    tcase_add_test(tests, pytorch);
    tcase_add_test(tests, simple);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
