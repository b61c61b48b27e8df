/* baseline.c - builds the baselines that sx_baseline knows. */
#include <string.h>

#include "io/picture.h"
#include "ggig/attribute.h"

static void mean_of_points(const double *points, int64_t n, int64_t size, double *mean)
{
    for (int64_t i = 0; i < size; i++)
        mean[i] = 0;
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = 0; i < size; i++)
            mean[i] += points[k * size + i] / (double)n;
}

/* Whether x is a picture: it has two or three axes after the batch. A row of features has one. */
bool sx_is_picture(const struct sx_shape *shape)
{
    int lead = shape->rank > 1 && shape->dim[0] == 1 ? 1 : 0;
    return shape->rank - lead == 2 || shape->rank - lead == 3;
}

void sx_without_batch(struct sx_shape *shape)
{
    if (shape->rank > 1 && shape->dim[0] == 1) {
        shape->rank--;
        memmove(shape->dim, shape->dim + 1, (size_t)shape->rank * sizeof shape->dim[0]);
    }
}

static bool mean_of_channels(const struct sx_tensor *x, double *mean, struct sx_error *error)
{
    struct sx_grid p;
    const double *from = x->data;
    if (!sx_grid_of(&x->shape, SX_LAYOUT_AUTO, &p, error))
        return false;
    for (int64_t c = 0; c < p.channels; c++) {
        double sum = 0;
        for (int64_t i = 0; i < p.rows; i++)
            for (int64_t j = 0; j < p.columns; j++)
                sum += from[c * p.channel_step + i * p.row_step + j * p.column_step];
        for (int64_t i = 0; i < p.rows; i++)
            for (int64_t j = 0; j < p.columns; j++)
                mean[c * p.channel_step + i * p.row_step + j * p.column_step] =
                    sum / (double)(p.rows * p.columns);
    }
    return true;
}

/* A picture of one grey level, prepared as for the model. */
static bool grey_picture(const struct sx_shape *shape, const struct sx_preprocess *pre,
                         double pixel, double *baseline, struct sx_error *error)
{
    struct sx_grid p;
    if (!sx_grid_of(shape, pre->layout, &p, error))
        return false;
    for (int64_t c = 0; c < p.channels; c++)
        for (int64_t i = 0; i < p.rows; i++)
            for (int64_t j = 0; j < p.columns; j++)
                baseline[c * p.channel_step + i * p.row_step + j * p.column_step] =
                    sx_preprocess_value(pre, c < 3 ? (int)c : 2, pixel);
    return true;
}

static bool mean_baseline(const struct sx_tensor *x, const double *background,
                          int64_t n_background, double *baseline, struct sx_error *error)
{
    if (background == NULL && !sx_is_picture(&x->shape))
        return sx_fail(error, SX_USAGE, "baseline 'mean' needs a picture or --background");
    if (background == NULL)
        return mean_of_channels(x, baseline, error);
    mean_of_points(background, n_background, sx_count(&x->shape), baseline);
    return true;
}

static bool blurred_baseline(const struct sx_tensor *x, const char *sigma, double *baseline,
                             struct sx_error *error)
{
    double value;
    if (!sx_number_parse(sigma, strlen(sigma), &value) || value <= 0)
        return sx_fail(error, SX_USAGE, "'%.40s' is no SIGMA of blur:SIGMA", sigma);
    if (!sx_is_picture(&x->shape))
        return sx_fail(error, SX_USAGE, "baseline 'blur' needs a picture as input");
    struct sx_tensor view = {SX_DOUBLE, x->shape, baseline};
    memcpy(baseline, x->data, (size_t)sx_count(&x->shape) * sizeof *baseline);
    return sx_blur(&view, SX_LAYOUT_AUTO, value, error);
}

bool sx_baseline(const struct sx_explainer *e, const char *specification,
                 const struct sx_preprocess *pre, const double *background,
                 int64_t n_background, double *baseline, struct sx_error *error)
{
    const struct sx_tensor *x = sx_explainer_input(e);
    double value = 0;
    if (strcmp(specification, "mean") == 0)
        return mean_baseline(x, background, n_background, baseline, error);
    if (strncmp(specification, "blur:", 5) == 0)
        return blurred_baseline(x, specification + 5, baseline, error);
    if (strcmp(specification, "black") == 0)
        return grey_picture(&x->shape, pre, 0, baseline, error);
    if (strcmp(specification, "white") == 0)
        return grey_picture(&x->shape, pre, 255, baseline, error);
    if (strcmp(specification, "zero") != 0 &&
        !sx_number_parse(specification, strlen(specification), &value))
        return sx_fail(error, SX_USAGE, "'%.80s' is no baseline", specification);
    for (int64_t i = 0; i < sx_count(&x->shape); i++)
        baseline[i] = value;
    return true;
}
