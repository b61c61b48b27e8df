/* attribute.c - the table of attribution methods, and running one of them. */
#include <math.h>
#include <string.h>

#include "ggig/attribute.h"

static const struct sx_attribute_row rows[] = {
    {"ggig", "largest gradient along ascents from the path", sx_attribute_ggig, 50, false,
     false},
    {"ggig-ig", "largest gradient of each ascent, mean over the path", sx_attribute_ggig_ig, 50,
     false, false},
    {"ig", "integrated gradients: mean gradient on the path", sx_attribute_ig, 50, true, true},
    {"ig-max", "largest gradient on the path", sx_attribute_ig_max, 50, false, false},
    {"gda", "largest gradient along an ascent from x", sx_attribute_gda, 0, false, false},
    {"gda-ig", "mean gradient along an ascent from x", sx_attribute_gda_ig, 0, false, false},
    {"grad", "gradient at x", sx_attribute_gradient, 0, false, false},
    {"inputxgrad", "gradient at x times x", sx_attribute_input_gradient, 0, false, false},
    {"smoothgrad", "mean gradient around x", sx_attribute_smoothgrad, 0, false, false},
    {"smoothgrad-sq", "mean squared gradient around x", sx_attribute_smoothgrad_sq, 0, false,
     false},
    {"vargrad", "variance of the gradient around x", sx_attribute_vargrad, 0, false, false},
    {"guided-ig", "path through features of small gradient first", sx_attribute_guided_ig, 200,
     true, false},
    {"blur-ig", "path from a blurred picture to x", sx_attribute_blur_ig, 100, true, false},
    {"idgi", "increments of f along the path by squared gradient", sx_attribute_idgi, 50, true,
     false},
    {"expected", "integrated gradients averaged over a background", sx_attribute_expected, 0,
     true, false},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

const char *sx_attribute_method(int i, const char **what)
{
    if (i < 0 || i >= N_ROWS)
        return NULL;
    if (what != NULL)
        *what = rows[i].what;
    return rows[i].name;
}

static const struct sx_attribute_row *find_row(const char *name, struct sx_error *error)
{
    for (int i = 0; i < N_ROWS; i++)
        if (name != NULL && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    sx_fail(error, SX_USAGE, "no method named '%.40s'", name != NULL ? name : "");
    return NULL;
}

/* What is not finite is NaN, and counted; the sum and the gap follow it. */
static void finish(const struct sx_attributing *a, const struct sx_attribute_row *row,
                   struct sx_attribution *r)
{
    double sum = 0, path = 0;
    bool times = a->o->times_input && (!row->complete || row->mean);
    r->flat = true;
    for (int64_t i = 0; i < a->size; i++) {
        double *v = &a->map[i];
        double step = a->x[i] - a->baseline[i];
        path += row->mean ? *v * step : *v;
        r->flat = r->flat && *v == 0;
        if (times)
            *v *= step;
        if (!isfinite(*v)) {
            *v = NAN;
            r->nonfinite++;
        }
        sum += *v;
    }
    r->sum = sum;
    r->steps = a->steps;
    r->iterations = a->iterations;
    r->samples = a->samples;
    r->left_out = a->left_out;
    r->complete = row->complete;
    r->gap = path - (a->f_x - a->f_start);
}

bool sx_attribute(struct sx_explainer *e, const struct sx_attribute_options *o,
                  struct sx_attribution *r, struct sx_error *error)
{
    *r = (struct sx_attribution){0};
    const struct sx_attribute_row *row = find_row(o->method, error);
    const struct sx_tensor *x = sx_explainer_input(e);
    struct sx_shape shape = x->shape;
    if (row == NULL)
        return false;
    if (shape.rank > 1 && shape.dim[0] == 1) {
        shape.rank--;
        memmove(shape.dim, shape.dim + 1, (size_t)shape.rank * sizeof shape.dim[0]);
    }
    if (!sx_tensor_new(&r->map, SX_DOUBLE, &shape, error))
        return false;
    struct sx_attributing a = {.e = e,
                               .o = o,
                               .steps = o->steps > 0 ? o->steps : row->steps,
                               .iterations = o->iterations > 0 ? o->iterations : 100,
                               .samples = o->samples > 0 ? o->samples : 50,
                               .size = sx_count(&x->shape),
                               .x = x->data,
                               .baseline = o->baseline,
                               .map = r->map.data,
                               .error = error};
    if (!row->run(&a)) {
        sx_tensor_free(&r->map);
        return false;
    }
    finish(&a, row, r);
    return true;
}
