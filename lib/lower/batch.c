/* batch.c - finds the inputs whose first axis is a batch axis: every output that depends on them
 * has it as its first axis, and no node combines several samples. */
#include <stdlib.h>
#include <string.h>

#include "graph/mark.h"
#include "lower/length.h"
#include "lower/scope.h"

/* The length of the axis while it is followed; other axes hardly have it. A graph that reads
 * lengths is lowered for both values. */
#define LENGTH 13
#define OTHER_LENGTH 17

enum verdict { SAMPLES, WHOLE, UNDECIDED };

struct probe {
    const struct sx_model *m;
    const bool *in; /* per input: its first axis is followed */
    int64_t length; /* length of the followed axis */
    int64_t other;  /* length of all other symbolic dimensions */
    size_t max_memory;
    struct sx_shape *shape;
    struct sx_lower_input *input;
    struct sx_error *error;
};

static const Onnx__TensorShapeProto *declared(const struct sx_model *m, const char *name)
{
    const Onnx__ValueInfoProto *value = sx_model_value(m, name);
    const Onnx__TypeProto *type = value != NULL ? value->type : NULL;
    return type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
               ? type->tensor_type->shape
               : NULL;
}

/* The name of a dimension, or NULL. */
static const char *symbol(const Onnx__TensorShapeProto *shape, size_t k)
{
    if (shape == NULL || k >= shape->n_dim ||
        shape->dim[k]->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM)
        return NULL;
    return sx_text(shape->dim[k]->dim_param)[0] != '\0' ? shape->dim[k]->dim_param : NULL;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool open_first(const struct sx_port *port)
{
    return port->shape.rank > 0 && port->shape.dim[0] < 0;
}

static bool is_followed(const struct probe *p, const char *name)
{
    for (int i = 0; i < p->m->n_inputs; i++)
        if (p->in[i] && same(p->m->inputs[i].symbol, name))
            return true;
    return false;
}

/* Whether axis k of an input is followed: the first axis is, and so are others with the same name. */
static bool follows(const struct probe *p, int i, int k)
{
    const struct sx_port *port = &p->m->inputs[i];
    return port->shape.dim[k] < 0 &&
           ((k == 0 && p->in[i]) ||
            is_followed(p, symbol(declared(p->m, port->name), (size_t)k)));
}

static void choose_shapes(struct probe *p)
{
    for (int i = 0; i < p->m->n_inputs; i++) {
        const struct sx_port *port = &p->m->inputs[i];
        struct sx_shape *s = &p->shape[i];
        *s = port->shape;
        for (int k = 0; k < s->rank; k++)
            if (s->dim[k] < 0)
                s->dim[k] = follows(p, i, k) ? p->length : p->other;
        p->input[i] =
            (struct sx_lower_input){.name = port->name, .shape = s->rank >= 0 ? s : NULL};
    }
}

/* The mark of an input. Two axes of the same name cannot both be the batch axis. */
static int64_t mark_of_input(const struct probe *p, int i)
{
    int64_t mark = SX_UNMARKED, before = 1;
    for (int k = 0; k < p->shape[i].rank; before *= p->shape[i].dim[k++])
        if (follows(p, i, k))
            mark = mark == SX_UNMARKED ? before : SX_MIXED;
    return mark;
}

/* Whether the samples lie along the first axis of an output; axes of length 1 before it do not
 * count. */
static bool in_front(const struct sx_lowered *l, int output, int64_t length, int64_t mark)
{
    const struct sx_shape *s = &l->graph->node[l->outputs[output].node].shape;
    return mark == 1 && s->rank > 0 && s->dim[0] % length == 0;
}

/* The verdict from the marks of the outputs. */
static enum verdict judge(const struct sx_lowered *l, int64_t length, const int64_t *mark)
{
    bool found = false;
    for (int k = 0; k < l->n_outputs; k++)
        if (mark[l->outputs[k].node] == SX_MIXED)
            return WHOLE;
    for (int k = 0; k < l->n_outputs; k++) {
        int64_t m = mark[l->outputs[k].node];
        bool front = in_front(l, k, length, m);
        if (m == SX_UNDECIDED || (m > 0 && !front && !found))
            return m > 0 ? WHOLE : UNDECIDED;
        found = found || front;
    }
    return found ? SAMPLES : UNDECIDED;
}

static enum verdict follow(const struct probe *p, const struct sx_lowered *l)
{
    int64_t *mark = sx_new(l->graph->n_nodes, sizeof *mark, p->error);
    if (mark == NULL)
        return UNDECIDED;
    for (int i = 0; i < l->n_inputs; i++)
        mark[l->inputs[i].node] = mark_of_input(p, i);
    sx_mark_samples(l->graph, p->length, mark);
    enum verdict verdict = judge(l, p->length, mark);
    free(mark);
    return verdict;
}

/* Lowers the model for these lengths; NULL if that fails. */
static struct sx_lowered *lower(struct probe *p, int64_t length, int64_t other)
{
    p->length = length;
    p->other = other;
    choose_shapes(p);
    struct sx_lower_options options = {.real = SX_FLOAT,
                                       .inputs = p->input,
                                       .n_inputs = p->m->n_inputs,
                                       .max_memory = p->max_memory};
    struct sx_error error = {0};
    struct sx_lowered *l = sx_lower(p->m, &options, &error);
    if (sx_exhausted(&error))
        sx_fail_as(p->error, &error);
    return l;
}

/* The verdict from both lengths: marks alone do not show numbers computed from the length. */
static enum verdict follow_both(struct probe *p, const struct sx_lowered *l)
{
    enum verdict verdict = follow(p, l);
    if (verdict != SAMPLES || !sx_reads_lengths(p->m))
        return verdict;
    struct sx_lowered *longer = lower(p, OTHER_LENGTH, p->other);
    if (longer != NULL && sx_differ_in_constants(l, longer, p->error))
        verdict = WHOLE;
    sx_lowered_free(longer);
    return verdict;
}

/* Tries several lengths: small ones are too small for some pictures, large ones for some loops. An
 * axis of length 1 may be broadcast against the batch. If only equal lengths are accepted, they are
 * tried, too. */
static enum verdict try_group(const struct sx_model *m, const bool *in, size_t max_memory,
                              struct sx_error *failure)
{
    static const int64_t lengths[] = {8, 64, 1, LENGTH};
    struct probe p = {.m = m, .in = in, .max_memory = max_memory, .error = failure};
    enum verdict verdict = UNDECIDED;
    bool open = false, lowered = false, settled = false;
    p.shape = sx_new((size_t)m->n_inputs, sizeof *p.shape, failure);
    p.input = sx_new((size_t)m->n_inputs, sizeof *p.input, failure);
    for (int i = 0; i < m->n_inputs; i++)
        for (int k = 0; k < m->inputs[i].shape.rank; k++)
            open = open || (m->inputs[i].shape.dim[k] < 0 && (k > 0 || !in[i]));
    for (int k = 0; k < (open ? 4 : 1) && p.input != NULL && p.shape != NULL && !settled; k++) {
        struct sx_lowered *l = lower(&p, LENGTH, lengths[k]);
        if (l != NULL && (!lowered || verdict == SAMPLES))
            verdict = follow_both(&p, l);
        lowered = lowered || l != NULL;
        settled = l != NULL && lengths[k] != 1;
        sx_lowered_free(l);
    }
    free(p.shape);
    free(p.input);
    return verdict;
}

/* Whether a wanted output has this symbol as its first axis. */
static bool output_has(const struct sx_model *m, const char *name)
{
    if (m->output != NULL)
        return same(symbol(declared(m, m->output), 0), name);
    for (size_t i = 0; i < m->graph->n_output; i++)
        if (same(symbol(declared(m, sx_text(m->graph->output[i]->name)), 0), name))
            return true;
    return false;
}

static void settle(struct sx_port *port, const struct sx_model *m, enum verdict verdict)
{
    port->whole = verdict == WHOLE || (verdict == UNDECIDED && !output_has(m, port->symbol));
}

/* Tries all open first axes together; if that fails, those of each name. */
bool sx_model_find_samples(struct sx_model *m, size_t max_memory, struct sx_error *error)
{
    bool *in = sx_new((size_t)m->n_inputs, sizeof *in, error), several = false;
    const struct sx_port *first = NULL;
    for (int i = 0; in != NULL && i < m->n_inputs; i++) {
        in[i] = open_first(&m->inputs[i]);
        several =
            several || (in[i] && first != NULL && !same(m->inputs[i].symbol, first->symbol));
        first = in[i] && first == NULL ? &m->inputs[i] : first;
    }
    if (first == NULL) {
        free(in);
        return in != NULL;
    }
    enum verdict all = m->lists != NULL ? WHOLE : try_group(m, in, max_memory, error);
    for (int i = 0; i < m->n_inputs; i++)
        if (open_first(&m->inputs[i]))
            settle(&m->inputs[i], m, all);
    for (int i = 0; i < m->n_inputs && several && all != SAMPLES && m->lists == NULL; i++) {
        const char *name = m->inputs[i].symbol;
        if (!open_first(&m->inputs[i]) || name == NULL)
            continue;
        for (int k = 0; k < m->n_inputs; k++)
            in[k] = open_first(&m->inputs[k]) && same(m->inputs[k].symbol, name);
        settle(&m->inputs[i], m, try_group(m, in, max_memory, error));
    }
    free(in);
    return error->status == SX_OK;
}
