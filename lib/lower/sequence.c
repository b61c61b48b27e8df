/* sequence.c - lowering of sequences: lists of tensors, which exist only while a model is lowered. */
#include <string.h>

#include "lower/tables.h"

/* The items of input k, which must be a sequence. */
static const struct sx_value *items(struct sx_lowering *l, int k, int *n)
{
    *n = 0;
    if (k < l->n_in && l->in[k].kind == SX_SEQUENCE) {
        *n = l->in[k].n_items;
        return l->in[k].item;
    }
    sx_reject(l, "input %d must be a sequence", k);
    return NULL;
}

static struct sx_value *room(struct sx_lowering *l, int n)
{
    return sx_scratch(l, (size_t)n + 1, sizeof(struct sx_value));
}

static bool give_items(struct sx_lowering *l, const struct sx_value *item, int n)
{
    return item != NULL &&
           sx_give_value(l, 0,
                         (struct sx_value){
                             .node = SX_NONE, .kind = SX_SEQUENCE, .item = item, .n_items = n});
}

static bool lower_empty(struct sx_lowering *l)
{
    return give_items(l, room(l, 0), 0);
}

static bool lower_construct(struct sx_lowering *l)
{
    struct sx_value *item = room(l, l->n_in);
    if (item != NULL)
        memcpy(item, l->in, (size_t)l->n_in * sizeof *item);
    return give_items(l, item, l->n_in);
}

/* Reads a position among n from a constant input; `fallback` if it is omitted. */
static bool read_place(struct sx_lowering *l, int k, int n, int fallback, int *place)
{
    int64_t at = fallback;
    if (!sx_const_int(l, k, "position", &at))
        return false;
    if (at < -n || at >= n)
        return sx_reject(l, "position %lld in a sequence of %d", (long long)at, n);
    *place = (int)(at < 0 ? at + n : at);
    return true;
}

static bool lower_at(struct sx_lowering *l)
{
    int n, at = 0;
    const struct sx_value *item = items(l, 0, &n);
    if (item == NULL || !read_place(l, 1, n, -1, &at))
        return false;
    return sx_give_value(l, 0, item[at]);
}

static bool lower_length(struct sx_lowering *l)
{
    int n;
    return items(l, 0, &n) != NULL && sx_give_as(l, 0, sx_scalar_int(l->g, n), SX_ONNX_INT64);
}

/* SequenceInsert; the position after the last is allowed, and is the default. */
static bool lower_insert(struct sx_lowering *l)
{
    int n, at = 0;
    const struct sx_value *item = items(l, 0, &n);
    struct sx_value *more = item != NULL ? room(l, n + 1) : NULL;
    int64_t place = n;
    if (more == NULL || sx_arg(l, 1) == SX_NONE)
        return sx_reject(l, "input 1 must be a tensor");
    if (!sx_const_int(l, 2, "position", &place))
        return false;
    if (place < -n || place > n)
        return sx_reject(l, "position %lld in a sequence of %d", (long long)place, n);
    at = (int)(place < 0 ? place + n : place);
    memcpy(more, item, (size_t)at * sizeof *more);
    more[at] = l->in[1];
    memcpy(more + at + 1, item + at, (size_t)(n - at) * sizeof *more);
    return give_items(l, more, n + 1);
}

static bool lower_erase(struct sx_lowering *l)
{
    int n, at = 0;
    const struct sx_value *item = items(l, 0, &n);
    struct sx_value *fewer = item != NULL ? room(l, n) : NULL;
    if (fewer == NULL || !read_place(l, 1, n, n - 1, &at))
        return false;
    memcpy(fewer, item, (size_t)at * sizeof *fewer);
    memcpy(fewer + at, item + at + 1, (size_t)(n - at - 1) * sizeof *fewer);
    return give_items(l, fewer, n - 1);
}

/* ConcatFromSequence: joins along an axis, or along a new one. */
static bool lower_concat(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int n, axis;
    const struct sx_value *item = items(l, 0, &n);
    bool new_axis = sx_attr_int(l, "new_axis", 0) != 0;
    int *parts = item != NULL ? sx_scratch(l, (size_t)n + 1, sizeof *parts) : NULL;
    if (parts == NULL)
        return false;
    if (n == 0)
        return sx_reject(l, "an empty sequence cannot be joined");
    int rank = sx_shape_of(g, item[0].node).rank + new_axis;
    if (rank > SX_MAX_RANK || sx_attr(l, "axis") == NULL)
        return sx_reject(l, "no axis to join along");
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), rank, &axis))
        return false;
    for (int i = 0; i < n; i++) {
        struct sx_shape shape = sx_shape_of(g, item[i].node);
        parts[i] = item[i].node;
        if (shape.rank + new_axis != rank)
            return sx_reject(l, "tensors of different ranks");
        for (int k = shape.rank; new_axis && k > axis; k--)
            shape.dim[k] = shape.dim[k - 1];
        if (new_axis)
            shape.dim[axis] = 1;
        parts[i] = sx_shaped(g, parts[i], rank, shape.dim);
    }
    return sx_give_as(l, 0, sx_concat(g, parts, n, axis), item[0].kind);
}

/* SplitToSequence: into parts of given lengths, of one length, or of single elements. Single
 * elements may lose their axis, also if their length 1 is given, as PyTorch writes it. */
static bool lower_split(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), one = sx_arg_shape(l, 1), thin = x;
    struct sx_ints list;
    int axis;
    if (!sx_axis(l, sx_attr_int(l, "axis", 0), x.rank, &axis) ||
        !sx_const_ints(l, 1, "split", &list))
        return false;
    bool single = !list.given, equal = single || one.rank == 0;
    bool thinner = equal && sx_attr_int(l, "keepdims", 1) == 0;
    int64_t length = x.dim[axis], each = single ? 1 : list.n > 0 ? list.v[0] : 0, begin = 0;
    if (equal && each < 1)
        return sx_reject(l, "parts of %lld", (long long)each);
    int64_t n = equal ? length / each + (length % each != 0) : list.n;
    struct sx_value *item = n <= INT32_MAX ? room(l, (int)n) : NULL;
    for (int i = axis; i + 1 < x.rank; i++)
        thin.dim[i] = x.dim[i + 1];
    for (int64_t i = 0; i < n && item != NULL; i++) {
        int64_t rest = length - begin, count = equal ? (rest < each ? rest : each) : list.v[i];
        if (count < 0 || count > rest)
            return sx_reject(l, "the parts do not fit an axis of %lld", (long long)length);
        int part = sx_slice_axis(g, sx_arg(l, 0), axis, begin, count);
        if (thinner && count != 1)
            return sx_reject(l, "a part of %lld cannot lose its axis", (long long)count);
        if (thinner)
            part = sx_shaped(g, part, x.rank - 1, thin.dim);
        item[i] = (struct sx_value){.node = part, .kind = sx_arg_kind(l, 0)};
        begin += count;
    }
    return item != NULL && give_items(l, item, (int)n);
}

/* SequenceMap: lowers its body for each item; tensors are the same for all. */
static bool lower_map(struct sx_lowering *l)
{
    const Onnx__GraphProto *body = sx_attr_graph(l, "body");
    int n;
    if (body == NULL || items(l, 0, &n) == NULL)
        return false;
    struct sx_value *in = room(l, l->n_in), *out = room(l, l->n_out);
    struct sx_value *made = sx_scratch(l, (size_t)n * (size_t)l->n_out + 1, sizeof *made);
    if (in == NULL || out == NULL || made == NULL)
        return false;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < l->n_in; k++) {
            if (l->in[k].kind == SX_SEQUENCE && l->in[k].n_items != n)
                return sx_reject(l, "sequences of %d and %d", n, l->in[k].n_items);
            in[k] = l->in[k].kind == SX_SEQUENCE ? l->in[k].item[i] : l->in[k];
        }
        if (!sx_lower_body(l, body, in, l->n_in, true, out, l->n_out))
            return false;
        for (int k = 0; k < l->n_out; k++)
            made[k * n + i] = out[k];
    }
    for (int k = 0; k < l->n_out; k++)
        sx_give_value(
            l, k,
            (struct sx_value){
                .node = SX_NONE, .kind = SX_SEQUENCE, .item = made + k * n, .n_items = n});
    return true;
}

/* Optional and its operators: an optional is represented by its contents. */
static bool lower_optional(struct sx_lowering *l)
{
    const struct sx_value empty = {.node = SX_NONE, .kind = SX_EMPTY};
    return sx_give_value(l, 0, l->n_in > 0 ? l->in[0] : empty);
}

static bool holds(const struct sx_lowering *l)
{
    return l->n_in > 0 && *l->node->input[0] != '\0' && l->in[0].kind != SX_EMPTY;
}

static bool lower_has_element(struct sx_lowering *l)
{
    const struct sx_shape scalar = {0};
    uint8_t yes = holds(l);
    return sx_give_as(l, 0, sx_const(l->g, SX_BOOL, &scalar, &yes), SX_ONNX_BOOL);
}

static bool lower_get_element(struct sx_lowering *l)
{
    return holds(l) ? sx_give_value(l, 0, l->in[0])
                    : sx_reject(l, "the optional holds nothing");
}

const struct sx_lowering_row sx_lower_sequence[] = {
    {"", "SequenceMap", 17, 0, 0, -1, lower_map, 0, true},
    {"", "Optional", 15, 0, 0, 1, lower_optional, 0, true},
    {"", "OptionalHasElement", 15, 0, 0, 1, lower_has_element, 0, false},
    {"", "OptionalGetElement", 15, 0, 0, 1, lower_get_element, 0, true},
    {"", "SequenceEmpty", 11, 0, 0, 0, lower_empty, 0, false},
    {"", "SequenceConstruct", 11, 0, 1, -1, lower_construct, 0, true},
    {"", "SequenceAt", 11, 0, 0, 2, lower_at, 0, true},
    {"", "SequenceLength", 11, 0, 0, 1, lower_length, 0, false},
    {"", "SequenceInsert", 11, 0, 0, 3, lower_insert, 0, true},
    {"", "SequenceErase", 11, 0, 0, 2, lower_erase, 0, true},
    {"", "ConcatFromSequence", 11, 0, 0, 1, lower_concat, 0, true},
    {"", "SplitToSequence", 11, 0, 1, 2, lower_split, 0, true},
    {0},
};
