/* signal.c - lowering of signal processing. Transforms are products with constant matrices. */
#include <math.h>

#include "lower/tables.h"

#define MOST 4096 /* elements of a transform; more would need too large dense matrices */

/* ---- Windows ---- */

/* Windows: a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n), with n the size, or the size less 1. */
static bool lower_window(struct sx_lowering *l)
{
    static const double terms[][3] = {
        {0.5, 0.5, 0}, {25.0 / 46, 21.0 / 46, 0}, {0.42, 0.5, 0.08}};
    const double *a = terms[l->row->arg];
    int64_t size = 0;
    if (!sx_const_int(l, 0, "size", &size))
        return false;
    if (size < 0 || size > 1 << 24)
        return sx_reject(l, "size %lld", (long long)size);
    int64_t n = sx_attr_int(l, "periodic", 1) != 0 ? size : size - 1;
    double *v = sx_scratch(l, (size_t)size, sizeof *v);
    struct sx_shape shape = {1, {size}};
    for (int64_t i = 0; v != NULL && i < size; i++) {
        double phase = n > 0 ? 2 * M_PI * (double)i / (double)n : 0;
        v[i] = a[0] - a[1] * cos(phase) + a[2] * cos(2 * phase);
    }
    int64_t kind = sx_attr_int(l, "output_datatype", SX_ONNX_FLOAT);
    if (v == NULL || kind < 1 || kind > INT32_MAX)
        return sx_reject(l, "output_datatype %lld", (long long)kind);
    return sx_give_as(l, 0, sx_convert(l, sx_real_const(l->g, &shape, v), (int)kind),
                      (int)kind);
}

/* ---- Fourier ---- */

/* cos or sin of 2 pi i k / n as [m, n]. */
static int waves(struct sx_lowering *l, int64_t m, int64_t n, bool sine, double factor)
{
    struct sx_shape shape = {2, {m, n}};
    double *v = sx_scratch(l, (size_t)(m * n), sizeof *v);
    for (int64_t i = 0; v != NULL && i < m * n; i++) {
        double phase = 2 * M_PI * (double)((i / n) * (i % n) % n) / (double)n;
        v[i] = factor * (sine ? sin(phase) : cos(phase));
    }
    return v == NULL ? SX_NONE : sx_real_const(l->g, &shape, v);
}

/* The transform of [.., n, .., 1 or 2] along an axis: [.., m, .., 2]. */
static int transformed(struct sx_lowering *l, int x, int axis, bool inverse, bool half)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, x);
    int last = shape.rank - 1;
    int64_t n = shape.dim[axis], m = half ? n / 2 + 1 : n;
    if (n < 1 || n > MOST || (half && inverse)) {
        sx_reject(l, "a transform of %lld elements is not supported", (long long)n);
        return SX_NONE;
    }
    double factor = inverse ? 1 / (double)n : 1;
    int cosine = waves(l, m, n, false, factor),
        sine = waves(l, m, n, true, inverse ? -factor : factor);
    int real = sx_slice_axis(g, x, last, 0, 1);
    int parts[] = {sx_matrix_along(g, real, axis, cosine),
                   sx_neg(g, sx_matrix_along(g, real, axis, sine))};
    if (shape.dim[last] == 2) {
        int imaginary = sx_slice_axis(g, x, last, 1, 1);
        parts[0] = sx_add(g, parts[0], sx_matrix_along(g, imaginary, axis, sine));
        parts[1] = sx_add(g, parts[1], sx_matrix_along(g, imaginary, axis, cosine));
    }
    return sx_concat(g, parts, 2, last);
}

/* The n reals whose transform begins with x [.., m, .., 2] along an axis. The rest of the transform
 * are conjugates of elements 1 .. n - m, so these count twice. */
static int halved(struct sx_lowering *l, int x, int axis, int64_t n)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_shape_of(g, x);
    int64_t m = n / 2 + 1, begin[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    int last = shape.rank - 1;
    for (int i = 0; i < shape.rank; i++)
        step[i] = 1;
    if (shape.dim[last] != 2 || n < 1 || n > MOST) {
        sx_reject(l, "a transform to %lld reals is not supported", (long long)n);
        return SX_NONE;
    }
    if (shape.dim[axis] > m)
        x = sx_slice_axis(g, x, axis, 0, m);
    shape.dim[axis] = m;
    x = sx_embed(g, x, begin, step, &shape);
    int parts[2];
    for (int k = 0; k < 2; k++) {
        double *v = sx_scratch(l, (size_t)(n * m), sizeof *v);
        struct sx_shape matrix = {2, {n, m}};
        for (int64_t i = 0; v != NULL && i < n * m; i++) {
            int64_t place = i % m, twice = place > 0 && 2 * place < n ? 2 : 1;
            double phase = 2 * M_PI * (double)(i / m * place % n) / (double)n;
            v[i] = (double)twice / (double)n * (k == 0 ? cos(phase) : -sin(phase));
        }
        if (v == NULL)
            return SX_NONE;
        parts[k] = sx_matrix_along(g, sx_slice_axis(g, x, last, k, 1), axis,
                                   sx_real_const(g, &matrix, v));
    }
    return sx_add(g, parts[0], parts[1]);
}

/* DFT; the axis was an attribute before opset 20. The signal is cropped or padded to dft_length. */
static bool lower_dft(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int64_t wanted = l->opset < 20 ? sx_attr_int(l, "axis", 1) : -2, n = -1;
    int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    int axis, x = sx_arg(l, 0);
    if (!sx_const_int(l, 2, "axis", &wanted) || !sx_const_int(l, 1, "dft_length", &n) ||
        !sx_axis(l, wanted, shape.rank, &axis))
        return false;
    if (axis == shape.rank - 1 || shape.dim[shape.rank - 1] < 1 ||
        shape.dim[shape.rank - 1] > 2)
        return sx_reject(l, "the last axis must hold real and imaginary parts");
    if (sx_arg(l, 1) != SX_NONE && (n < 1 || n > MOST))
        return sx_reject(l, "dft_length %lld", (long long)n);
    if (sx_attr_int(l, "inverse", 0) != 0 && sx_attr_int(l, "onesided", 0) != 0) {
        int y = halved(l, x, axis, n > 0 ? n : 2 * (shape.dim[axis] - 1));
        return y != SX_NONE && sx_give(l, y);
    }
    if (n > shape.dim[axis]) {
        shape.dim[axis] = n;
        x = sx_embed(g, x, start, step, &shape);
    } else if (n > 0 && n < shape.dim[axis]) {
        x = sx_slice_axis(g, x, axis, 0, n);
    }
    int y = transformed(l, x, axis, sx_attr_int(l, "inverse", 0) != 0,
                        sx_attr_int(l, "onesided", 0) != 0);
    return y != SX_NONE && sx_give(l, y);
}

/* STFT. signal [batch, length, 1 or 2], step, window, frame length; result [batch, frames, m, 2]. */
static bool lower_stft(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), window = sx_arg_shape(l, 2);
    int64_t step = 0, length = window.rank == 1 ? window.dim[0] : 0;
    if (!sx_const_int(l, 1, "frame_step", &step) ||
        !sx_const_int(l, 3, "frame_length", &length))
        return false;
    if (x.rank != 3 || step < 1 || length < 1 || length > x.dim[1] || length > MOST ||
        (window.rank == 1 && window.dim[0] != length))
        return sx_reject(l, "frames of %lld by %lld do not fit the signal", (long long)length,
                         (long long)step);
    struct sx_shape table = {2, {(x.dim[1] - length) / step + 1, length}};
    int64_t *index = sx_scratch(l, (size_t)(table.dim[0] * length), sizeof *index);
    if (index == NULL)
        return false;
    for (int64_t i = 0; i < table.dim[0] * length; i++)
        index[i] = i / length * step + i % length;
    int frames = sx_take(g, sx_arg(l, 0), sx_const(g, SX_INT, &table, index), 1, false);
    if (window.rank == 1)
        frames = sx_mul(g, frames, sx_along(g, sx_arg(l, 2), 2, 4));
    int y = transformed(l, frames, 2, false, sx_attr_int(l, "onesided", 1) != 0);
    return y != SX_NONE && sx_give(l, y);
}

/* ---- Mel ---- */

static double mel(double hertz)
{
    return 2595 * log10(1 + hertz / 700);
}

/* MelWeightMatrix: triangles between equally spaced mels, as [dft_length / 2 + 1, bins]. */
static bool lower_mel(struct sx_lowering *l)
{
    int64_t bins = 0, length = 0, rate = 0, place[3];
    double low = 0, high = 0;
    if (!sx_const_int(l, 0, "num_mel_bins", &bins) ||
        !sx_const_int(l, 1, "dft_length", &length) ||
        !sx_const_int(l, 2, "sample_rate", &rate) ||
        !sx_const_real(l, 3, "lower_edge_hertz", &low) ||
        !sx_const_real(l, 4, "upper_edge_hertz", &high))
        return false;
    if (bins < 1 || bins > 1 << 12 || length < 1 || length > 1 << 20 || rate < 1 ||
        rate > 1 << 30 || !(low >= 0 && low <= high && high <= (double)rate / 2))
        return sx_reject(l, "%lld bins of %lld", (long long)bins, (long long)length);
    struct sx_shape shape = {2, {length / 2 + 1, bins}};
    double *v = sx_scratch(l, (size_t)(shape.dim[0] * bins), sizeof *v);
    double width = (mel(high) - mel(low)) / (double)(bins + 2);
    for (int64_t b = 0; v != NULL && b < bins; b++) {
        for (int k = 0; k < 3; k++) {
            double hertz = 700 * (pow(10, (mel(low) + (double)(b + k) * width) / 2595) - 1);
            place[k] = (int64_t)floor((double)(length + 1) * hertz / (double)rate);
            place[k] = place[k] < shape.dim[0] ? place[k] : shape.dim[0] - 1;
        }
        double rise = (double)(place[1] - place[0]), fall = (double)(place[2] - place[1]);
        for (int64_t j = place[0]; j <= place[1]; j++)
            v[j * bins + b] = rise > 0 ? (double)(j - place[0]) / rise : 1;
        for (int64_t j = place[1]; j < place[2]; j++)
            v[j * bins + b] = (double)(place[2] - j) / fall;
    }
    return v != NULL && sx_give_as(l, 0, sx_real_const(l->g, &shape, v), SX_ONNX_FLOAT);
}

const struct sx_lowering_row sx_lower_signal[] = {
    {"", "HannWindow", 17, 0, 1, 1, lower_window, 0, false},
    {"", "HammingWindow", 17, 0, 1, 1, lower_window, 1, false},
    {"", "BlackmanWindow", 17, 0, 1, 1, lower_window, 2, false},
    {"", "DFT", 17, 0, 1, 3, lower_dft, 0, true},
    {"", "STFT", 17, 0, 2, 4, lower_stft, 0, true},
    {"", "MelWeightMatrix", 17, 0, 5, 5, lower_mel, 0, false},
    {0},
};
