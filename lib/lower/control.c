/* control.c - lowering of If, Loop and Scan. Conditions and lengths are known from the shapes, or
 * are those of the sample. They decide which bodies are lowered, and how often. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

#define MOST_ITERATIONS ((int64_t)1 << 20)

/* The slices that iterations have given for each scan output; they are joined at the end. */
struct slices {
    int *node;
    size_t n, capacity;
    int kind;
    int like; /* 1 + a slice that tells the shape, if the loop never ran; 0: unknown */
};

/* ---- If ---- */

/* Lowers both bodies; the condition selects, element by element, between their results. */
static bool lower_both(struct sx_lowering *l, const Onnx__GraphProto *yes,
                       const Onnx__GraphProto *no)
{
    struct sx_graph *g = l->g;
    struct sx_value *other = sx_scratch(l, (size_t)l->n_out, sizeof *other);
    if (other == NULL || !sx_lower_body(l, yes, NULL, 0, true, l->out, l->n_out) ||
        !sx_lower_body(l, no, NULL, 0, true, other, l->n_out))
        return false;
    int condition = sx_shaped(g, sx_arg(l, 0), 0, NULL);
    for (int k = 0; k < l->n_out; k++) {
        struct sx_shape a = sx_shape_of(g, l->out[k].node), b = sx_shape_of(g, other[k].node);
        if (!sx_shape_equal(&a, &b) || l->out[k].kind != other[k].kind ||
            l->out[k].kind == SX_SEQUENCE)
            return sx_reject(l,
                             "input 0 (condition) is not constant, and the branches differ "
                             "in the shape of output %d",
                             k);
        l->out[k].node = sx_where(g, condition, l->out[k].node, other[k].node);
    }
    return true;
}

static bool lower_if(struct sx_lowering *l)
{
    const Onnx__GraphProto *yes = sx_attr_graph(l, "then_branch");
    const Onnx__GraphProto *no = sx_attr_graph(l, "else_branch");
    struct sx_shape shape = sx_arg_shape(l, 0);
    if (yes == NULL || no == NULL)
        return false;
    if (l->g->node[sx_arg(l, 0)].type != SX_BOOL || sx_count(&shape) != 1)
        return sx_reject(l, "input 0 (condition) must be one bool");
    if (!sx_is_const(l->g, sx_arg(l, 0)) && !sx_decides(l))
        return lower_both(l, yes, no);
    const uint8_t *condition = sx_const_data(l, sx_arg(l, 0), "input 0 (condition)");
    return condition != NULL &&
           sx_lower_body(l, *condition != 0 ? yes : no, NULL, 0, false, l->out, l->n_out);
}

/* ---- Slices ---- */

/* Stores a value with a new axis of length 1 at `at`. */
static bool keep_slice(struct sx_lowering *l, struct slices *s, struct sx_value value,
                       int64_t at)
{
    struct sx_shape shape = sx_shape_of(l->g, value.node), wide = shape;
    int axis;
    if (shape.rank == SX_MAX_RANK)
        return sx_reject(l, "a scan output has too many axes");
    if (!sx_axis(l, at, shape.rank + 1, &axis) ||
        !sx_grow((void **)&s->node, &s->capacity, s->n + 1, sizeof *s->node, l->error))
        return false;
    wide.rank++;
    wide.dim[axis] = 1;
    for (int i = axis; i < shape.rank; i++)
        wide.dim[i + 1] = shape.dim[i];
    s->node[s->n++] = sx_shaped(l->g, value.node, wide.rank, wide.dim);
    s->kind = value.kind;
    return true;
}

/* Gives no slices, of the shape that the body would give, for a loop that never ran. */
static bool give_no_slices(struct sx_lowering *l, const struct slices *s, int64_t at, int k)
{
    struct sx_shape shape;
    int axis;
    if (s->like == 0)
        return sx_reject(l, "output %d of a loop that never runs", k);
    shape = sx_shape_of(l->g, s->like - 1);
    if (!sx_axis(l, at, shape.rank + 1, &axis) || shape.rank == SX_MAX_RANK)
        return sx_reject(l, "a scan output has too many axes");
    for (int i = shape.rank++; i > axis; i--)
        shape.dim[i] = shape.dim[i - 1];
    shape.dim[axis] = 0;
    return sx_give_as(l, k, sx_filled(l->g, l->g->node[s->like - 1].type, &shape, 0), s->kind);
}

static bool join_slices(struct sx_lowering *l, const struct slices *s, int64_t at, bool reverse,
                        int k)
{
    struct sx_graph *g = l->g;
    int axis;
    if (s->n == 0)
        return !sx_wants(l, k) || give_no_slices(l, s, at, k);
    for (size_t i = 0; reverse && i < s->n / 2; i++) {
        int swapped = s->node[i];
        s->node[i] = s->node[s->n - 1 - i];
        s->node[s->n - 1 - i] = swapped;
    }
    return sx_axis(l, at, sx_shape_of(g, s->node[0]).rank, &axis) &&
           sx_give_as(l, k, sx_concat(g, s->node, (int)s->n, axis), s->kind);
}

static void free_slices(struct slices *s, int n)
{
    for (int i = 0; s != NULL && i < n; i++)
        free(s[i].node);
}

/* ---- Loop ---- */

static bool read_condition(struct sx_lowering *l, int node, const char *what, bool *go)
{
    if (node == SX_NONE || l->g->node[node].type != SX_BOOL)
        return sx_reject(l, "%s must be a bool", what);
    const uint8_t *value = sx_const_data(l, node, what);
    if (value == NULL)
        return false;
    *go = *value != 0;
    return true;
}

static bool too_many(struct sx_lowering *l)
{
    return sx_reject(l, "more than %lld iterations", (long long)MOST_ITERATIONS);
}

/* Runs a loop. Body: (iteration, condition, states..) to (condition, states.., slices..). */
static bool run_loop(struct sx_lowering *l, const Onnx__GraphProto *body, int n_states,
                     int n_slices, struct sx_value *in, struct sx_value *out,
                     struct slices *slices)
{
    int64_t most = INT64_MAX;
    bool go = true;
    if (!sx_const_int(l, 0, "trip count", &most) ||
        (sx_arg(l, 1) != SX_NONE &&
         !read_condition(l, sx_arg(l, 1), "input 1 (condition)", &go)))
        return false;
    uint8_t yes = 1;
    const struct sx_shape scalar = {0};
    in[1] =
        (struct sx_value){.node = sx_const(l->g, SX_BOOL, &scalar, &yes), .kind = SX_ONNX_BOOL};
    for (int64_t i = 0; i < most && go; i++) {
        if (i >= MOST_ITERATIONS)
            return too_many(l);
        in[0] = (struct sx_value){.node = sx_scalar_int(l->g, i), .kind = SX_ONNX_INT64};
        if (!sx_lower_body(l, body, in, n_states + 2, true, out, n_states + n_slices + 1) ||
            !read_condition(l, out[0].node, "the condition of the next iteration", &go))
            return false;
        if (i == 0 && go && most > MOST_ITERATIONS && sx_condition_stays(body))
            return too_many(l);
        memcpy(in + 2, out + 1, (size_t)n_states * sizeof *in);
        for (int k = 0; k < n_slices; k++)
            if (!keep_slice(l, &slices[k], out[1 + n_states + k], 0))
                return false;
    }
    return true;
}

/* Lowers the body once to find the shape of its slices, for a loop that never ran. */
static bool imagine_slices(struct sx_lowering *l, const Onnx__GraphProto *body, int n_states,
                           int n_slices, struct sx_value *in, struct sx_value *out,
                           struct slices *slices)
{
    in[0] = (struct sx_value){.node = sx_scalar_int(l->g, 0), .kind = SX_ONNX_INT64};
    if (!sx_lower_body(l, body, in, n_states + 2, true, out, n_states + n_slices + 1))
        return false;
    for (int k = 0; k < n_slices; k++) {
        slices[k].like = 1 + out[1 + n_states + k].node;
        slices[k].kind = out[1 + n_states + k].kind;
    }
    return true;
}

static bool lower_loop(struct sx_lowering *l)
{
    const Onnx__GraphProto *body = sx_attr_graph(l, "body");
    int n_states = l->n_in > 2 ? l->n_in - 2 : 0, n_slices = l->n_out - n_states;
    if (body == NULL)
        return false;
    if (n_slices < 0 || body->n_output > INT32_MAX || (int)body->n_output < n_states + 1)
        return sx_reject(l, "%d outputs for %d states", l->n_out, n_states);
    n_slices = (int)body->n_output - n_states - 1;
    struct sx_value *in = sx_scratch(l, (size_t)n_states + 2, sizeof *in);
    struct sx_value *out = sx_scratch(l, body->n_output, sizeof *out);
    struct slices *slices = sx_scratch(l, (size_t)n_slices + 1, sizeof *slices);
    if (in == NULL || out == NULL || slices == NULL)
        return false;
    for (int k = 0; k < n_states; k++)
        in[k + 2] = l->in[k + 2];
    bool ok = run_loop(l, body, n_states, n_slices, in, out, slices);
    if (ok && n_slices > 0 && slices[0].n == 0)
        ok = imagine_slices(l, body, n_states, n_slices, in, out, slices);
    for (int k = 0; k < n_states && ok; k++)
        ok = sx_give_value(l, k, in[k + 2]);
    for (int k = 0; k < n_slices && ok; k++)
        ok = join_slices(l, &slices[k], 0, false, n_states + k);
    free_slices(slices, n_slices);
    return ok;
}

/* ---- Scan ---- */

struct scan {
    const Onnx__GraphProto *body;
    int n_states, n_in, n_slices; /* numbers of states, scan inputs, scan outputs */
    struct sx_ints in_axes, in_ways, out_axes, out_ways;
    int64_t length;
};

static int64_t item(const struct sx_ints *list, int k)
{
    return k < list->n ? list->v[k] : 0;
}

static bool read_scan(struct sx_lowering *l, struct scan *s)
{
    *s = (struct scan){.body = sx_attr_graph(l, "body"), .length = -1};
    int64_t n_in = sx_attr_int(l, "num_scan_inputs", 0);
    if (s->body == NULL)
        return false;
    if (n_in < 1 || n_in > l->n_in || s->body->n_output > INT32_MAX)
        return sx_reject(l, "%lld scan inputs of %d", (long long)n_in, l->n_in);
    s->n_in = (int)n_in;
    s->n_states = l->n_in - s->n_in;
    s->n_slices = (int)s->body->n_output - s->n_states;
    if (s->n_slices < 0)
        return sx_reject(l, "the body has fewer outputs than states");
    s->in_axes = sx_attr_ints(l, "scan_input_axes");
    s->in_ways = sx_attr_ints(l, "scan_input_directions");
    s->out_axes = sx_attr_ints(l, "scan_output_axes");
    s->out_ways = sx_attr_ints(l, "scan_output_directions");
    if (l->opset == 8)
        s->in_ways = sx_attr_ints(l, "directions");
    for (int k = 0; k < s->n_in; k++) {
        struct sx_shape shape = sx_arg_shape(l, s->n_states + k);
        int axis;
        if (!sx_axis(l, item(&s->in_axes, k), shape.rank, &axis))
            return false;
        if (s->length >= 0 && shape.dim[axis] != s->length)
            return sx_reject(l, "scan inputs of lengths %lld and %lld", (long long)s->length,
                             (long long)shape.dim[axis]);
        s->length = shape.dim[axis];
    }
    return s->length <= MOST_ITERATIONS || sx_reject(l, "%lld steps", (long long)s->length);
}

/* Element t of scan input k, without its axis. */
static struct sx_value element(struct sx_lowering *l, const struct scan *s, int k, int64_t t)
{
    const struct sx_value *whole = &l->in[s->n_states + k];
    struct sx_shape shape = sx_shape_of(l->g, whole->node);
    int64_t axis = item(&s->in_axes, k);
    int at = (int)(axis < 0 ? axis + shape.rank : axis);
    if (item(&s->in_ways, k) != 0)
        t = s->length - 1 - t;
    int node = sx_slice_axis(l->g, whole->node, at, t, 1);
    for (int i = at; i + 1 < shape.rank; i++)
        shape.dim[i] = shape.dim[i + 1];
    return (struct sx_value){.node = sx_shaped(l->g, node, shape.rank - 1, shape.dim),
                             .kind = whole->kind};
}

static bool run_scan(struct sx_lowering *l, const struct scan *s, struct sx_value *in,
                     struct sx_value *out, struct slices *slices)
{
    memcpy(in, l->in, (size_t)s->n_states * sizeof *in);
    for (int64_t t = 0; t < s->length; t++) {
        for (int k = 0; k < s->n_in; k++)
            in[s->n_states + k] = element(l, s, k, t);
        if (!sx_lower_body(l, s->body, in, l->n_in, true, out, s->n_states + s->n_slices))
            return false;
        memcpy(in, out, (size_t)s->n_states * sizeof *in);
        for (int k = 0; k < s->n_slices; k++)
            if (!keep_slice(l, &slices[k], out[s->n_states + k], item(&s->out_axes, k)))
                return false;
    }
    return true;
}

static bool lower_scan(struct sx_lowering *l)
{
    struct scan s;
    if (!read_scan(l, &s))
        return false;
    struct sx_value *in = sx_scratch(l, (size_t)l->n_in, sizeof *in);
    struct sx_value *out = sx_scratch(l, s.body->n_output, sizeof *out);
    struct slices *slices = sx_scratch(l, (size_t)s.n_slices + 1, sizeof *slices);
    if (in == NULL || out == NULL || slices == NULL)
        return false;
    bool ok = run_scan(l, &s, in, out, slices);
    for (int k = 0; k < s.n_states && ok; k++)
        ok = sx_give_value(l, k, in[k]);
    for (int k = 0; k < s.n_slices && ok; k++)
        ok = join_slices(l, &slices[k], item(&s.out_axes, k), item(&s.out_ways, k) != 0,
                         s.n_states + k);
    free_slices(slices, s.n_slices);
    return ok;
}

/* ---- Scan of opset 8 ---- */

/* Sample b of a value, without its first axis. */
static struct sx_value sample(struct sx_lowering *l, const struct sx_value *whole, int64_t b)
{
    struct sx_shape shape = sx_shape_of(l->g, whole->node);
    int node = sx_slice_axis(l->g, whole->node, 0, b, 1);
    return (struct sx_value){.node = sx_shaped(l->g, node, shape.rank - 1, shape.dim + 1),
                             .kind = whole->kind};
}

/* Joins output k of all samples along a new first axis. */
static bool join_samples(struct sx_lowering *l, const struct sx_value *value, int64_t n, int k)
{
    int *part = sx_scratch(l, (size_t)n, sizeof *part);
    struct sx_shape shape = {0};
    if (part == NULL || value[k].node == SX_NONE)
        return part != NULL;
    for (int64_t b = 0; b < n; b++) {
        const struct sx_shape one = sx_shape_of(l->g, value[b * l->n_out + k].node);
        if (one.rank == SX_MAX_RANK)
            return sx_reject(l, "output %d has too many axes", k);
        shape.rank = one.rank + 1;
        shape.dim[0] = 1;
        memcpy(shape.dim + 1, one.dim, sizeof one.dim - sizeof one.dim[0]);
        part[b] = sx_shaped(l->g, value[b * l->n_out + k].node, shape.rank, shape.dim);
    }
    return sx_give_as(l, k, sx_concat(l->g, part, (int)n, 0), value[k].kind);
}

/* Scan of opset 8: input 0 has the lengths of the sequences; other values have a first axis of
 * samples. */
static bool lower_scan_8(struct sx_lowering *l)
{
    struct sx_shape first = sx_arg_shape(l, 1);
    int64_t n = first.rank > 0 ? first.dim[0] : 0;
    if (sx_arg(l, 0) != SX_NONE)
        return sx_reject(l, "sequences of several lengths are not supported");
    for (int k = 1; k < l->n_in; k++)
        if (sx_arg_shape(l, k).rank < 1 || sx_arg_shape(l, k).dim[0] != n || n < 1)
            return sx_reject(l, "input %d has not as many samples as input 1", k);
    struct sx_value *in = sx_scratch(l, (size_t)l->n_in, sizeof *in);
    struct sx_value *out = sx_scratch(l, (size_t)n, (size_t)l->n_out * sizeof *out);
    struct sx_lowering one = *l;
    one.n_in = l->n_in - 1;
    one.in = in;
    for (int64_t b = 0; b < n; b++) {
        if (in == NULL || out == NULL)
            return false;
        for (int k = 1; k < l->n_in; k++)
            in[k - 1] = sample(l, &l->in[k], b);
        one.out = out + b * l->n_out;
        for (int k = 0; k < l->n_out; k++)
            one.out[k].node = SX_NONE;
        if (!lower_scan(&one))
            return false;
    }
    for (int k = 0; k < l->n_out; k++)
        if (!join_samples(l, out, n, k))
            return false;
    return true;
}

const struct sx_lowering_row sx_lower_control[] = {
    {"", "If", 1, 0, 1, 1, lower_if, 0, true},
    {"", "Loop", 1, 0, 0, -1, lower_loop, 0, true},
    {"", "Scan", 8, 8, 0, -1, lower_scan_8, 0, true},
    {"", "Scan", 9, 0, 1, -1, lower_scan, 0, true},
    {0},
};
