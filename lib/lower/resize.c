/* resize.c - lowering of Resize and Upsample: nearest by gathering, others by products with
 * constant matrices, one axis after the other. */
#include <math.h>
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

enum mode { NEAREST, LINEAR, CUBIC };
enum coordinates {
    HALF_PIXEL,
    HALF_PIXEL_SYMMETRIC,
    PYTORCH_HALF_PIXEL,
    ALIGN_CORNERS,
    ASYMMETRIC,
    CROP,
    TF_HALF_PIXEL
};
enum rounding { PREFER_FLOOR, PREFER_CEIL, DOWN, UP };

struct resize {
    enum mode mode;
    enum coordinates coordinates;
    enum rounding rounding;
    /* cubic: the coefficient of the cubic kernel; outside: the value outside when cropping */
    double cubic, outside;
    bool exclude_outside, antialias;
    bool fraction;  /* the case is one of ONNX's own tests */
    bool shrink_up; /* nearest: an axis that shrinks is rounded up */
    int64_t to[SX_MAX_RANK];
    double scale[SX_MAX_RANK];
    double begin[SX_MAX_RANK], end[SX_MAX_RANK]; /* region of interest */
};

/* The position of element i in an axis of n. Formulas use the length m of the result; with
 * align_corners ONNX's own tests use scale * n, which is not rounded. */
static double coordinate(const struct resize *r, int axis, int64_t i, int64_t n)
{
    double x = (double)i, scale = r->scale[axis], from = (double)n, m = (double)r->to[axis];
    switch (r->coordinates) {
    case HALF_PIXEL:
        return (x + 0.5) / scale - 0.5;
    case HALF_PIXEL_SYMMETRIC:
        return from / 2 * (1 - m / (scale * from)) + (x + 0.5) / scale - 0.5;
    case PYTORCH_HALF_PIXEL:
        return m > 1 ? (x + 0.5) / scale - 0.5 : 0;
    case ALIGN_CORNERS:
        m = r->fraction ? scale * from : m;
        return m > 1 ? x * (from - 1) / (m - 1) : 0;
    case ASYMMETRIC:
        return x / scale;
    case CROP:
        if (m <= 1)
            return 0.5 * (r->begin[axis] + r->end[axis]) * (from - 1);
        return r->begin[axis] * (from - 1) +
               x * (r->end[axis] - r->begin[axis]) * (from - 1) / (m - 1);
    default:
        return (x + 0.5) / scale;
    }
}

static int64_t clamp(double x, int64_t n)
{
    if (!(x > 0))
        return 0;
    return x >= (double)n ? n - 1 : (int64_t)x;
}

/* The same in float32, step by step as in ONNX Runtime, so that positions that are halves or
 * integers up to rounding are rounded in the same way. */
static float place(const struct resize *r, int axis, int64_t i, int64_t n)
{
    float x = (float)i, scale = (float)r->scale[axis], from = (float)n, m = (float)r->to[axis];
    float begin = (float)r->begin[axis], end = (float)r->end[axis];
    switch (r->coordinates) {
    case HALF_PIXEL:
        return (x + 0.5F) / scale - 0.5F;
    case HALF_PIXEL_SYMMETRIC: {
        float offset = from / 2 * (1 - m / (scale * from));
        return (float)(offset + (x + 0.5) / scale - 0.5);
    }
    case PYTORCH_HALF_PIXEL:
        return m > 1 ? (x + 0.5F) / scale - 0.5F : 0;
    case ALIGN_CORNERS:
        m = r->fraction ? scale * from : m;
        return m > 1 ? x * (from - 1) / (m - 1) : 0;
    case ASYMMETRIC:
        return x / scale;
    case CROP:
        if (m <= 1)
            return (float)(0.5 * (begin + end) * (from - 1));
        return begin * (from - 1) + x * (end - begin) * (from - 1) / (m - 1);
    default:
        return (x + 0.5F) / scale;
    }
}

static int64_t nearest(enum rounding rounding, double x, int64_t n)
{
    switch (rounding) {
    case PREFER_FLOOR:
        return clamp(ceil(x - 0.5), n);
    case PREFER_CEIL:
        return clamp(floor(x + 0.5), n);
    case DOWN:
        return clamp(floor(x), n);
    default:
        return clamp(ceil(x), n);
    }
}

/* Keys' cubic kernel, or the triangle. */
static double weight(const struct resize *r, double t)
{
    double a = r->cubic;
    t = fabs(t);
    if (r->mode == LINEAR)
        return t < 1 ? 1 - t : 0;
    if (t <= 1)
        return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((t - 5) * t + 8) * t * a - 4 * a : 0;
}

/* One row of the matrix: the weight of each of n elements for element i. Weights outside go to the
 * edge, or are dropped and the rest scaled up. With antialiasing, the kernel of an axis that
 * shrinks is wider by the same factor. */
static void fill_row(const struct resize *r, int axis, int64_t i, int64_t n, double *row)
{
    double x = coordinate(r, axis, i, n), sum = 0;
    double wide = r->antialias && r->scale[axis] < 1 ? 1 / r->scale[axis] : 1;
    double reach = (r->mode == CUBIC ? 2 : 1) * wide;
    if (r->coordinates == CROP && (x < 0 || x > (double)(n - 1)))
        return;
    for (double at = floor(x - reach) + 1; at < x + reach; at++) {
        double w = weight(r, (at - x) / wide);
        if (r->exclude_outside && (at < 0 || at >= (double)n))
            continue;
        row[clamp(at, n)] += w;
        sum += w;
    }
    for (int64_t k = 0; k < n && (r->exclude_outside || wide > 1) && sum != 0; k++)
        row[k] /= sum;
}

int sx_matrix_along(struct sx_graph *g, int a, int axis, int matrix)
{
    struct sx_shape x = sx_shape_of(g, a), m = sx_shape_of(g, matrix), result = x;
    if (a == SX_NONE || matrix == SX_NONE)
        return SX_NONE;
    int64_t outer = sx_span(&x, 0, axis), inner = sx_span(&x, axis + 1, x.rank);
    result.dim[axis] = m.dim[0];
    int64_t rows[] = {outer, x.dim[axis]}, blocks[] = {outer, x.dim[axis], inner};
    int y = inner == 1 ? sx_matmul(g, sx_shaped(g, a, 2, rows), matrix, false, true)
                       : sx_matmul(g, matrix, sx_shaped(g, a, 3, blocks), false, false);
    return sx_shaped(g, y, result.rank, result.dim);
}

static int resize_axis(struct sx_lowering *l, const struct resize *r, int a, int axis)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_shape_of(g, a), table = {2, {r->to[axis], x.dim[axis]}};
    int64_t m = r->to[axis], n = x.dim[axis], count;
    if (r->mode == NEAREST) {
        struct sx_shape list = {1, {m}};
        int64_t *index = sx_scratch(l, (size_t)m, sizeof *index);
        enum rounding rounding = r->shrink_up && r->scale[axis] < 1 ? UP : r->rounding;
        for (int64_t i = 0; index != NULL && i < m; i++)
            index[i] = nearest(rounding, place(r, axis, i, n), n);
        return index == NULL ? SX_NONE
                             : sx_take(g, a, sx_const(g, SX_INT, &list, index), axis, false);
    }
    if (!sx_shape_count(&table, &count, l->error) || count > 1 << 28) {
        sx_reject(l, "an axis of %lld from one of %lld", (long long)m, (long long)n);
        return SX_NONE;
    }
    double *matrix = sx_scratch(l, (size_t)count, sizeof *matrix);
    if (matrix == NULL)
        return SX_NONE;
    for (int64_t i = 0; i < m; i++)
        fill_row(r, axis, i, n, matrix + i * n);
    return sx_matrix_along(g, a, axis, sx_real_const(g, &table, matrix));
}

/* With cropping, sets what lies outside to its value. */
static int lay_outside(struct sx_lowering *l, const struct resize *r, int y,
                       const struct sx_shape *x)
{
    struct sx_graph *g = l->g;
    if (r->coordinates != CROP)
        return y;
    for (int axis = 0; axis < x->rank; axis++) {
        if (r->scale[axis] == 1)
            continue;
        int64_t m = r->to[axis];
        struct sx_shape list = {1, {m}};
        double *inside = sx_scratch(l, (size_t)m, sizeof *inside);
        for (int64_t i = 0; inside != NULL && i < m; i++) {
            double at = coordinate(r, axis, i, x->dim[axis]);
            inside[i] = at >= 0 && at <= (double)(x->dim[axis] - 1);
        }
        if (inside == NULL)
            return SX_NONE;
        int mask = sx_cast(g, sx_real_const(g, &list, inside), SX_BOOL);
        y = sx_where(g, sx_along(g, mask, axis, x->rank), y, sx_scalar(g, r->outside));
    }
    return y;
}

/* Resizes. As in ONNX Runtime, an axis of scale 1 is unchanged whatever the coordinates, and so is
 * a picture that keeps its size. */
static bool apply(struct sx_lowering *l, const struct resize *r)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int a = sx_arg(l, 0), kind = sx_arg_kind(l, 0);
    bool real = sx_arg_real(l, 0), stays = true;
    for (int i = 0; i < x.rank; i++)
        stays = stays && r->to[i] == x.dim[i];
    if (stays)
        return sx_give(l, a);
    if (!real && r->mode != NEAREST)
        a = sx_cast(l->g, a, l->g->real);
    for (int i = 0; i < x.rank && a != SX_NONE; i++)
        if (r->scale[i] != 1)
            a = resize_axis(l, r, a, i);
    a = lay_outside(l, r, a, &x);
    return sx_give(l, real ? a : sx_convert(l, a, kind));
}

/* Sets scales and lengths of axes from one of the two lists. */
static bool read_sizes(struct sx_lowering *l, struct resize *r, const struct sx_reals *scales,
                       const struct sx_ints *sizes, const int *axes, int n)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    if ((scales->given && scales->n != n) || (sizes->given && sizes->n != n) ||
        (!scales->given && !sizes->given))
        return sx_reject(l, "neither one scale nor one size for each of %d axes", n);
    for (int i = 0; i < x.rank; i++) {
        r->to[i] = x.dim[i];
        r->scale[i] = 1;
    }
    for (int k = 0; k < n; k++) {
        int i = axes[k];
        /* In float32, so that 0.7 of 10 is 7. */
        double to = scales->given ? floor((double)((float)x.dim[i] * (float)scales->v[k]))
                                  : (double)sizes->v[k];
        if (!(to >= 1 && to <= 0x1p31) || x.dim[i] < 1)
            return sx_reject(l, "axis %d of %lld would have %g elements", i,
                             (long long)x.dim[i], to);
        r->to[i] = (int64_t)to;
        r->scale[i] = scales->given ? scales->v[k] : to / (double)x.dim[i];
    }
    return true;
}

/* Keeps the aspect ratio: uses the smallest or largest of the scales of the given sizes. */
static bool keep_aspect(struct sx_lowering *l, struct resize *r, const int *axes, int n)
{
    int policy =
        sx_attr_word(l, "keep_aspect_ratio_policy", "stretch not_larger not_smaller", 0);
    struct sx_shape x = sx_arg_shape(l, 0);
    if (policy == 0 || n == 0)
        return true;
    double scale = r->scale[axes[0]];
    for (int k = 1; k < n; k++) {
        double s = r->scale[axes[k]];
        if (policy == 1 ? s < scale : s > scale)
            scale = s;
    }
    for (int k = 0; k < n; k++) {
        r->scale[axes[k]] = scale;
        r->to[axes[k]] = (int64_t)floor(scale * (double)x.dim[axes[k]] + 0.5);
        if (r->to[axes[k]] < 1)
            return sx_reject(l, "axis %d would have no elements", axes[k]);
    }
    return true;
}

static bool read_region(struct sx_lowering *l, struct resize *r, const int *axes, int n)
{
    struct sx_reals roi;
    if (r->coordinates != CROP)
        return true;
    if (!sx_const_reals(l, 1, "roi", &roi))
        return false;
    if (roi.n != 2 * n)
        return sx_reject(l, "roi has %d values, not %d", roi.n, 2 * n);
    for (int i = 0; i < SX_MAX_RANK; i++) {
        r->begin[i] = 0;
        r->end[i] = 1;
    }
    for (int k = 0; k < n; k++) {
        r->begin[axes[k]] = roi.v[k];
        r->end[axes[k]] = roi.v[n + k];
    }
    return true;
}

static const char ways[] = "half_pixel half_pixel_symmetric pytorch_half_pixel align_corners "
                           "asymmetric tf_crop_and_resize tf_half_pixel_for_nn";

/* Resize; an empty list counts as omitted. */
static bool lower_resize(struct sx_lowering *l)
{
    struct resize r = {.scale = {0}};
    struct sx_reals scales;
    struct sx_ints sizes, list = sx_attr_ints(l, "axes");
    int axes[SX_MAX_RANK], n, old = l->opset < 11;
    r.mode = (enum mode)sx_attr_word(l, "mode", "nearest linear cubic", NEAREST);
    r.coordinates = (enum coordinates)sx_attr_word(l, "coordinate_transformation_mode", ways,
                                                   old ? ASYMMETRIC : HALF_PIXEL);
    r.rounding = (enum rounding)sx_attr_word(l, "nearest_mode",
                                             "round_prefer_floor round_prefer_ceil floor ceil",
                                             old ? DOWN : PREFER_FLOOR);
    r.cubic = sx_attr_float(l, "cubic_coeff_a", -0.75);
    r.outside = sx_attr_float(l, "extrapolation_value", 0);
    r.exclude_outside = sx_attr_int(l, "exclude_outside", 0) != 0;
    r.fraction = strcmp(sx_text(l->scope->model->proto->producer_name), "backend-test") == 0;
    r.antialias = sx_attr_int(l, "antialias", 0) != 0;
    r.shrink_up = old;
    if (!sx_const_reals(l, old ? 1 : 2, "scales", &scales) ||
        !sx_const_ints(l, 3, "sizes", &sizes) ||
        !sx_axes(l, &list, sx_arg_shape(l, 0).rank, axes, &n))
        return false;
    sizes.given = sizes.given && sizes.n > 0;
    scales.given = scales.given && scales.n > 0 && !sizes.given;
    return read_sizes(l, &r, &scales, &sizes, axes, n) &&
           (scales.given || keep_aspect(l, &r, axes, n)) && read_region(l, &r, axes, n) &&
           apply(l, &r);
}

/* Upsample. Scales were an attribute before opset 9; before 7 there was one for rows and one for
 * columns. */
static bool lower_upsample(struct sx_lowering *l)
{
    struct resize r = {.coordinates = ASYMMETRIC, .rounding = DOWN};
    struct sx_reals scales = sx_attr_floats(l, "scales");
    struct sx_ints none = {0};
    int axes[SX_MAX_RANK], n;
    double of_picture[] = {1, 1, sx_attr_float(l, "height_scale", 0),
                           sx_attr_float(l, "width_scale", 0)};
    if (l->opset < 7)
        scales = (struct sx_reals){true, 4, of_picture};
    r.mode = sx_attr_word(l, "mode", "nearest linear bilinear", 0) == 0 ? NEAREST : LINEAR;
    if (!scales.given && !sx_const_reals(l, 1, "scales", &scales))
        return false;
    return sx_axes(l, &none, sx_arg_shape(l, 0).rank, axes, &n) &&
           read_sizes(l, &r, &scales, &none, axes, n) && apply(l, &r);
}

/* Upsample of com.microsoft.nchwc: its scales are integers in an attribute. */
static bool lower_blocked_upsample(struct sx_lowering *l)
{
    struct resize r = {.rounding = DOWN};
    struct sx_ints whole = sx_attr_ints(l, "scales"), none = {0};
    double scale[SX_MAX_RANK];
    int axes[SX_MAX_RANK], n;
    r.coordinates =
        (enum coordinates)sx_attr_word(l, "coordinate_transformation_mode", ways, ASYMMETRIC);
    r.mode = sx_attr_word(l, "mode", "nearest linear", 0) == 0 ? NEAREST : LINEAR;
    for (int i = 0; i < whole.n && i < SX_MAX_RANK; i++)
        scale[i] = (double)whole.v[i];
    const struct sx_reals scales = {true, whole.n, scale};
    return sx_axes(l, &none, sx_arg_shape(l, 0).rank, axes, &n) &&
           read_sizes(l, &r, &scales, &none, axes, n) && apply(l, &r);
}

const struct sx_lowering_row sx_lower_resize[] = {
    {"", "Resize", 10, 0, 1, 4, lower_resize, 0, true},
    {"", "Upsample", 1, 0, 1, 2, lower_upsample, 0, true},
    {"com.microsoft.nchwc", "Upsample", 1, 0, 1, 1, lower_blocked_upsample, 0, true},
    {0},
};
