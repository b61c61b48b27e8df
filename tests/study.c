/* study.c - a study of interactions by one model, see study.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study.h"

void study_open(struct study *f, struct tm_model *m, int64_t n)
{
    struct sx_error error = {0};
    const struct sx_explain_options options = {.precise = true, .target = "0"};
    *f = (struct study){.n = n, .o = sx_study_defaults()};
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert_ptr_nonnull(f->explainer);
}

bool study_start(struct study *f, struct sx_error *error)
{
    sx_study_free(f->study);
    f->study = sx_study_new(&f->o, error);
    if (f->study == NULL)
        return false;
    sx_study_background(f->study, f->background, f->background != NULL ? 1 : 0);
    if (f->sets != NULL) {
        size_t members = (size_t)f->sets->begin[f->sets->n];
        struct sx_sets *to = &f->study->sets;
        f->study->given = true;
        *to =
            (struct sx_sets){f->sets->n, calloc((size_t)f->sets->n + 1, 8), calloc(members, 8)};
        memcpy(to->begin, f->sets->begin, ((size_t)f->sets->n + 1) * 8);
        memcpy(to->member, f->sets->member, members * 8);
    }
    return true;
}

void study_begin(struct study *f)
{
    struct sx_error error = {0};
    ck_assert_msg(study_start(f, &error), "%s", error.message);
}

bool study_add(struct study *f, const double *x, const double *baseline, struct sx_error *error)
{
    const struct sx_shape shape = {2, {1, f->n}};
    struct sx_tensor feed;
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, error));
    memcpy(feed.data, x, (size_t)f->n * sizeof *x);
    bool ok = sx_explainer_sample(f->explainer, &feed, error) &&
              sx_study_add(f->study, f->explainer, baseline, error);
    sx_tensor_free(&feed);
    return ok;
}

void study_run(struct study *f)
{
    struct sx_error error = {0};
    ck_assert_msg(sx_study_run(f->study, &f->r, &error), "%s", error.message);
}

void study_run_at(struct study *f, const double *x)
{
    struct sx_error error = {0};
    const double zeros[64] = {0};
    study_begin(f);
    ck_assert_msg(study_add(f, x, zeros, &error), "%s", error.message);
    study_run(f);
}

void study_close(struct study *f)
{
    sx_study_free(f->study);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

const struct sx_effect *study_find(const struct study *f, const char *digits)
{
    int order = (int)strlen(digits);
    for (int64_t k = 0; k < f->r.n; k++) {
        const struct sx_effect *item = &f->r.item[k];
        bool same = item->order == order;
        for (int m = 0; same && m < order; m++)
            same = item->set[m] == digits[m] - '1';
        if (same)
            return item;
    }
    return NULL;
}

void study_near(double got, double want, double tolerance, const char *what)
{
    ck_assert_msg(fabs(got - want) <= tolerance * (1 + fabs(want)), "%s is %.17g, not %.17g",
                  what, got, want);
}

void study_expect(const struct study *f, const char *digits, double mean)
{
    const struct sx_effect *item = study_find(f, digits);
    ck_assert_msg(item != NULL, "%s", digits);
    study_near(item->mean, mean, 1e-12, digits);
}

void study_expect_rank(const struct study *f, int64_t k, const char *digits)
{
    ck_assert_msg(study_find(f, digits) == &f->r.item[k], "number %d is not %s", (int)k,
                  digits);
}

struct tm_model *study_product_and_sine(void)
{
    return formula(4, "x1 x2 Mul x3 Mul x4 Sin Add");
}

struct tm_model *study_layers(bool gelu)
{
    struct tm_model *m = tm_new(20);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){2, 3},
             (const double[]){3, -2, 0.5, 0, 1, 4});
    tm_const(m, "b1", SX_DOUBLE, 1, (const int64_t[]){2}, (const double[]){1, 2});
    tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){2, 1}, (const double[]){2, -1});
    tm_node(m, "Gemm", "x w1 b1", "h", "transB=1");
    tm_node(m, gelu ? "Gelu" : "Relu", "h", "z", NULL);
    tm_node(m, "MatMul", "z w2", "y", NULL);
    tm_output(m, "y");
    return m;
}

void study_write_labels(char *path, const char *text)
{
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}
