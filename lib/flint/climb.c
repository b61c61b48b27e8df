/* climb.c - activation maximisation (AM+PI): a sample is dimmed, then changed by gradient ascent on
 * an attribute. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

/* Samples that are maximised together. */
#define TOGETHER 32

/* ---- Penalties of one sample, and their gradients, which are added to g ---- */

double sx_flint_bound(const float *x, int64_t n, double low, double high, double weight,
                      float *g)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double v = x[i];
        if (v >= low && v <= high)
            continue;
        sum += fabs(v);
        if (g != NULL)
            g[i] += (float)(weight * ((v > 0) - (v < 0)) / (double)n);
    }
    return sum / (double)n;
}

/* The mean of |difference| of neighbours `stride` apart; a line has `length` of them. */
static double differences(const float *x, int64_t n, int64_t stride, int64_t length,
                          double weight, float *g)
{
    double sum = 0, pairs = (double)(n / length * (length - 1));
    for (int64_t i = 0; i + stride < n; i++) {
        if (i / stride % length == length - 1)
            continue;
        double d = (double)x[i] - (double)x[i + stride];
        sum += fabs(d);
        float slope = (float)(weight * ((d > 0) - (d < 0)) / pairs);
        if (g != NULL) {
            g[i] += slope;
            g[i + stride] -= slope;
        }
    }
    return pairs > 0 ? sum / pairs : 0;
}

double sx_flint_variation(const float *x, const struct sx_shape *shape, double weight, float *g)
{
    struct sx_flint_image image;
    int64_t n = sx_count(shape);
    if (!sx_flint_image(shape, &image) || n == 0)
        return 0;
    int64_t across = image.last ? image.channels : 1, down = across * image.columns;
    double sum = 0;
    if (image.rows > 1)
        sum += differences(x, n, down, image.rows, weight, g);
    if (image.columns > 1)
        sum += differences(x, n, across, image.columns, weight, g);
    return sum;
}

/* ---- phi of the chosen attributes, and its gradient ---- */

struct climb {
    const struct sx_flint_am *am;
    struct sx_shape shape; /* shape of one sample */
    int64_t batch, size, attributes;
    int threads;
    struct sx_flint_net net;
    struct sx_program *program;
    /* feed: x, and which attribute; result: its phi, and the slope */
    struct sx_tensor feed[2], result[2];
    float *g, *m, *v;
    float *unit, *shift; /* [size]: x = unit * z + shift */
    double low, high;    /* the range of z */
};

/* Sets the units of z. For a picture: z = x / (high - low). For a table each column's range becomes
 * -1 .. 1, which z does not leave, because no other term bounds it. */
static void set_units(struct climb *c, struct sx_flint_am *am, const struct sx_flint_origin *o)
{
    struct sx_flint_image image;
    bool picture = sx_flint_image(&c->shape, &image);
    double least = INFINITY, most = -INFINITY, width = 1;
    for (int64_t k = 0; k < o->channels; k++) {
        least = fmin(least, o->low[k]);
        most = fmax(most, o->high[k]);
    }
    if (picture && most > least)
        width = most - least;
    bool columns = !picture && o->channels > 0 && !am->ranged;
    for (int64_t i = 0; i < c->size; i++) {
        int64_t k = columns ? i / o->plane % o->channels : 0;
        double far = columns ? (o->high[k] - o->low[k]) / 2 : width;
        c->unit[i] = far > 0 ? (float)far : 1;
        c->shift[i] = columns ? (float)((o->high[k] + o->low[k]) / 2) : 0;
    }
    if (!am->ranged && o->channels > 0) {
        am->low = columns ? -1 : least;
        am->high = columns ? 1 : most;
    }
    am->clamp = am->clamp || columns;
    c->low = am->low / width;
    c->high = am->high / width;
}

static bool compile(struct climb *c, const struct sx_flint_net_options *o,
                    struct sx_error *error)
{
    struct sx_graph *g = c->net.g;
    struct sx_shape scores = {2, {c->batch, c->attributes}};
    struct sx_run_options run = {.threads = c->threads, .max_memory = o->max_memory};
    int axis = 1, which = sx_input(g, g->real, &scores), slope = SX_NONE;
    int phi = sx_sum(g, sx_mul(g, c->net.phi, which), &axis, 1);
    bool ok = sx_derive(g, sx_sum_all(g, phi), SX_NONE, &c->net.x, 1, &slope) &&
              sx_graph_ok(g, error);
    if (!ok)
        return sx_graph_ok(g, error) && sx_fail(error, SX_MODEL, "attributes have no gradient");
    const int in[] = {c->net.x, which}, out[] = {phi, slope};
    c->program = sx_compile(g, in, 2, out, 2, &run, error);
    for (int i = 0; i < 2 && c->program != NULL && ok; i++)
        ok = sx_tensor_new(&c->feed[i], g->real, &g->node[in[i]].shape, error) &&
             sx_tensor_new(&c->result[i], g->real, &g->node[out[i]].shape, error);
    return ok && c->program != NULL;
}

static bool climb_new(struct climb *c, const struct sx_flint_predictor *f,
                      const struct sx_flint_net_options *o, struct sx_error *error)
{
    c->shape = f->x;
    c->size = sx_count(&f->x);
    c->batch = o->batch;
    size_t n = (size_t)(c->size * c->batch);
    c->g = sx_new(n, sizeof *c->g, error);
    c->m = sx_new(n, sizeof *c->m, error);
    c->v = sx_new(n, sizeof *c->v, error);
    c->unit = sx_new((size_t)c->size, sizeof *c->unit, error);
    c->shift = sx_new((size_t)c->size, sizeof *c->shift, error);
    return c->unit != NULL && c->shift != NULL && c->g != NULL && c->m != NULL &&
           c->v != NULL && sx_flint_net_new(&c->net, f, o, error) && compile(c, o, error);
}

static void climb_free(struct climb *c)
{
    for (int i = 0; i < 2; i++) {
        sx_tensor_free(&c->feed[i]);
        sx_tensor_free(&c->result[i]);
    }
    sx_program_free(c->program);
    sx_flint_net_free(&c->net);
    free(c->g);
    free(c->m);
    free(c->v);
    free(c->unit);
    free(c->shift);
}

/* The index of element i after the picture is rotated by by[0] rows and by[1] columns. */
static int64_t turned(const struct climb *c, int64_t i, const int64_t by[2])
{
    struct sx_flint_image p;
    if ((by[0] == 0 && by[1] == 0) || !sx_flint_image(&c->shape, &p))
        return i;
    int64_t channel = p.last ? i % p.channels : i / (p.rows * p.columns);
    int64_t place = p.last ? i / p.channels : i % (p.rows * p.columns);
    int64_t row = (place / p.columns + by[0]) % p.rows;
    int64_t column = (place % p.columns + by[1]) % p.columns;
    place = row * p.columns + column;
    return p.last ? place * p.channels + channel : channel * p.rows * p.columns + place;
}

/* Draws by[0] rows and by[1] columns from -jitter .. jitter, reduced modulo the sides. */
static void draw_turn(const struct climb *c, int64_t sample, int64_t step, int64_t by[2])
{
    struct sx_flint_image p;
    by[0] = by[1] = 0;
    if (c->am->jitter == 0 || !sx_flint_image(&c->shape, &p))
        return;
    const int64_t side[] = {p.rows, p.columns};
    for (int k = 0; k < 2; k++) {
        double u = sx_random_uniform(c->am->seed, SX_FLINT_JITTER + (uint64_t)sample,
                                     (uint64_t)(2 * step + k));
        int64_t by_k = (int64_t)(u * (double)(2 * c->am->jitter + 1)) - c->am->jitter;
        by[k] = (by_k % side[k] + side[k]) % side[k];
    }
}

/* Runs the program on n samples. With step >= 0, also sets g to -gain * (slope by z). */
static bool run(struct climb *c, const float *x, int64_t n, int64_t first, int64_t step,
                struct sx_error *error)
{
    int64_t by[2] = {0, 0};
    for (int64_t s = 0; s < n; s++) {
        if (step >= 0)
            draw_turn(c, first + s, step, by);
        for (int64_t i = 0; i < c->size; i++)
            sx_tensor_set(&c->feed[0], s * c->size + turned(c, i, by),
                          x[s * c->size + i] * c->unit[i] + c->shift[i]);
    }
    if (!sx_run(c->program, c->feed, c->result, error))
        return false;
    for (int64_t s = 0; s < n && step >= 0; s++) {
        draw_turn(c, first + s, step, by);
        for (int64_t i = 0; i < c->size; i++) {
            int64_t at = s * c->size + turned(c, i, by);
            c->g[s * c->size + i] =
                (float)(-c->am->gain * (double)c->unit[i] * sx_tensor_get(&c->result[1], at));
        }
    }
    return true;
}

/* Does one step of Adam on n samples of z. `step` counts over all rounds, `t` within the round. */
static bool climb_step(struct climb *c, float *x, int64_t n, int64_t first, int64_t step,
                       double rate, int64_t t, double *objective, struct sx_error *error)
{
    const struct sx_flint_am *am = c->am;
    if (!run(c, x, n, first, step, error))
        return false;
    for (int64_t s = 0; s < n; s++) {
        float *own = x + s * c->size, *g = c->g + s * c->size;
        double value = am->gain * sx_tensor_get(&c->result[0], s);
        value -= am->bound * sx_flint_bound(own, c->size, c->low, c->high, am->bound, g);
        value -= am->tv * sx_flint_variation(own, &c->shape, am->tv, g);
        if (objective != NULL)
            objective[s] = value;
    }
    sx_adam(x, c->g, c->m, c->v, n * c->size, rate, t, c->threads);
    for (int64_t i = 0; am->clamp && i < n * c->size; i++)
        x[i] = fminf(fmaxf(x[i], (float)c->low), (float)c->high);
    return true;
}

/* Dims n samples. An inactive attribute has no gradient, so its sample is dimmed less, or not at
 * all. */
static bool begin(struct climb *c, float *x, int64_t n, int64_t first,
                  struct sx_flint_climbed *result, struct sx_error *error)
{
    enum { TRIES = 5 };
    bool ok = run(c, x, n, first, -1, error), active = false;
    float *bright = c->g; /* g is unused until the first step */
    memcpy(bright, x, (size_t)(n * c->size) * sizeof *x);
    for (int64_t s = 0; ok && s < n; s++)
        result[s] = (struct sx_flint_climbed){.sample = sx_tensor_get(&c->result[0], s),
                                              .dim = c->am->dim};
    for (int t = 1; ok && !active && t <= TRIES; t++) {
        for (int64_t i = 0; i < n * c->size; i++)
            x[i] = (float)(result[i / c->size].dim * (double)bright[i]);
        ok = run(c, x, n, first, -1, error);
        active = true;
        for (int64_t s = 0; ok && s < n; s++) {
            struct sx_flint_climbed *r = &result[s];
            r->start = sx_tensor_get(&c->result[0], s);
            if (r->start > 0 || r->dim >= 1 || t == TRIES)
                continue;
            r->dim = t + 1 < TRIES ? (1 + r->dim) / 2 : 1;
            active = false;
        }
    }
    return ok;
}

/* Does all rounds for n samples, which are number `first` and following of `all`. */
static bool climb(struct climb *c, float *x, int64_t n, int64_t first, int64_t all,
                  struct sx_flint_climbed *result, struct sx_error *error)
{
    const struct sx_flint_am *am = c->am;
    double rate = am->rate;
    bool ok = begin(c, x, n, first, result, error);
    for (int64_t round = 0; ok && round < am->rounds; round++, rate /= 2) {
        memset(c->m, 0, (size_t)(n * c->size) * sizeof *c->m);
        memset(c->v, 0, (size_t)(n * c->size) * sizeof *c->v);
        for (int64_t k = 0; ok && k < am->steps; k++) {
            int64_t step = round * am->steps + k;
            double *objective = am->trace != NULL ? am->trace + step * all + first : NULL;
            ok = climb_step(c, x, n, first, step, rate, k + 1, objective, error);
        }
    }
    ok = ok && run(c, x, n, first, -1, error);
    for (int64_t s = 0; ok && s < n; s++)
        result[s].end = sx_tensor_get(&c->result[0], s);
    return ok;
}

/* Converts x to z, and back. */
static void enter(const struct climb *c, float *x, int64_t n)
{
    for (int64_t i = 0; i < n * c->size; i++)
        x[i] = (x[i] - c->shift[i % c->size]) / c->unit[i % c->size];
}

static void leave(const struct climb *c, float *x, int64_t n, struct sx_flint_climbed *result)
{
    for (int64_t s = 0; s < n; s++) {
        float *own = x + s * c->size;
        double low = INFINITY, high = -INFINITY;
        for (int64_t i = 0; i < c->size; i++) {
            own[i] = own[i] * c->unit[i] + c->shift[i];
            low = fmin(low, (double)own[i]);
            high = fmax(high, (double)own[i]);
        }
        result[s].low = low;
        result[s].high = high;
    }
}

bool sx_flint_maximise(struct sx_flint *flint, struct sx_flint_am *am,
                       const struct sx_shape *sample, int64_t n, const int64_t *attribute,
                       float *x, struct sx_flint_climbed *result, struct sx_error *error)
{
    struct climb c = {.am = am, .attributes = sx_flint_attributes(flint)};
    struct sx_flint_net_options o = {.batch = n < TOGETHER ? n : TOGETHER,
                                     .real = flint->options.precise ? SX_DOUBLE : SX_FLOAT,
                                     .watch = flint->options.watch,
                                     .max_memory = flint->options.max_memory};
    c.threads = flint->options.threads > 0 ? flint->options.threads : omp_get_max_threads();
    bool ok = n == 0 ||
              (sx_flint_ready(flint, sample, 1, error) && climb_new(&c, &flint->f, &o, error));
    if (ok && n > 0)
        set_units(&c, am, &flint->told.origin);
    for (int64_t at = 0; ok && at < n; at += o.batch) {
        int64_t now = n - at < o.batch ? n - at : o.batch;
        for (int64_t i = 0; i < o.batch * c.attributes; i++)
            sx_tensor_set(&c.feed[1], i, 0);
        for (int64_t s = 0; s < now; s++)
            sx_tensor_set(&c.feed[1], s * c.attributes + attribute[at + s], 1);
        enter(&c, x + at * c.size, now);
        ok = climb(&c, x + at * c.size, now, at, n, result + at, error);
        leave(&c, x + at * c.size, now, result + at);
    }
    climb_free(&c);
    return ok;
}
