/* join.c - joins inputs of one number each, like columns of a table, to one input. */
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

#define JOINED "columns"

/* Whether a port takes one number of this type per sample, [N,1]. */
static bool is_column(const struct sx_port *port, enum sx_type type)
{
    const struct sx_shape *s = &port->shape;
    return port->type == type && !sx_port_is_text(port) && s->rank == 2 && s->dim[1] == 1 &&
           (s->dim[0] == 1 || s->dim[0] < 0);
}

/* The first input of this type, and the number of columns of this type. */
static const struct sx_port *first_of(const struct sx_model *m, enum sx_type type, int *columns)
{
    const struct sx_port *first = NULL;
    *columns = 0;
    for (int i = 0; i < m->n_inputs; i++) {
        const struct sx_port *port = &m->inputs[i];
        if (first == NULL && port->type == type && !sx_port_is_text(port))
            first = port;
        *columns += is_column(port, type);
    }
    return first;
}

/* The type of the columns that are joined: real, or integers if there is no real input. */
static bool find_type(const struct sx_model *m, bool integers, enum sx_type *type)
{
    const enum sx_type types[] = {SX_FLOAT, SX_INT};
    for (int k = 0; k < (integers ? 2 : 1); k++) {
        int columns;
        const struct sx_port *first = first_of(m, *type = types[k], &columns);
        if (first != NULL)
            return columns > 1 && is_column(first, *type);
    }
    return false;
}

const char *sx_model_column(const struct sx_model *m, bool integers, int k)
{
    enum sx_type type;
    if (!find_type(m, integers, &type))
        return NULL;
    for (int i = 0; i < m->n_inputs; i++)
        if (is_column(&m->inputs[i], type) && k-- == 0)
            return m->inputs[i].name;
    return NULL;
}

/* The port of p columns, the first of which is `first`. Its range contains those of all. */
static struct sx_port joined_port(const struct sx_model *m, const struct sx_port *first, int p)
{
    struct sx_port port = *first;
    static const char *const names[] = {JOINED, JOINED "_", JOINED "__"};
    int at = 0;
    for (int i = 0; i < m->n_inputs && at < 2; i++)
        if (strcmp(m->inputs[i].name, names[at]) == 0) {
            at++;
            i = -1;
        }
    port.name = names[at];
    port.shape = (struct sx_shape){2, {first->shape.dim[0], p}};
    for (int i = 0; i < m->n_inputs; i++)
        if (is_column(&m->inputs[i], first->type)) {
            port.low = m->inputs[i].low < port.low ? m->inputs[i].low : port.low;
            port.high = m->inputs[i].high > port.high ? m->inputs[i].high : port.high;
        }
    return port;
}

/* Warns about inputs of one number that are not among the columns. */
static void note_others(const struct sx_model *m, const struct sx_model *of)
{
    char list[160] = "";
    size_t at = 0;
    for (int i = 0; i < m->n_inputs; i++) {
        const struct sx_port *port = &m->inputs[i];
        bool one = sx_port_is_text(port) || is_column(port, SX_INT) || is_column(port, SX_BOOL);
        if (i != m->joined && one && at + 60 < sizeof list)
            at += (size_t)snprintf(list + at, sizeof list - at, "%s'%.40s'", at > 0 ? ", " : "",
                                   port->name);
    }
    if (at > 0)
        sx_model_warn(of, "columns that hold no real numbers are not explained: %s", list);
}

bool sx_model_join(const struct sx_model *m, bool integers, struct sx_model **joined,
                   struct sx_error *error)
{
    enum sx_type type;
    *joined = NULL;
    if (!find_type(m, integers, &type))
        return true;
    struct sx_model *to = sx_new(1, sizeof *to, error);
    struct sx_port *port = sx_new(2 * (size_t)m->n_inputs, sizeof *port, error);
    int *from = sx_new((size_t)m->n_inputs, sizeof *from, error);
    if (to == NULL || port == NULL || from == NULL) {
        free(to);
        free(port);
        free(from);
        return false;
    }
    *to = *m;
    to->inputs = port;
    to->part = port + m->n_inputs;
    to->from = from;
    to->n_inputs = to->n_parts = 0;
    to->joined = -1;
    for (int i = 0; i < m->n_inputs; i++) {
        bool column = is_column(&m->inputs[i], type);
        from[i] = column ? -1 - to->n_parts : to->n_inputs;
        if (column && to->joined < 0)
            to->joined = to->n_inputs++;
        if (column)
            to->part[to->n_parts++] = m->inputs[i];
        else
            port[from[i] = to->n_inputs++] = m->inputs[i];
    }
    port[to->joined] = joined_port(m, &to->part[0], to->n_parts);
    note_others(to, m);
    *joined = to;
    return true;
}

void sx_model_unjoin(struct sx_model *joined)
{
    if (joined == NULL)
        return;
    free(joined->inputs);
    free(joined->from);
    free(joined);
}

bool sx_model_join_feeds(const struct sx_model *joined, const struct sx_tensor *feeds,
                         struct sx_tensor *to, struct sx_error *error)
{
    const struct sx_port *port = &joined->inputs[joined->joined];
    const struct sx_shape shape = {2, {1, joined->n_parts}};
    enum sx_type type = port->type == SX_INT ? SX_INT : SX_DOUBLE;
    if (!sx_tensor_new(&to[joined->joined], type, &shape, error))
        return false;
    for (int i = 0; i < joined->n_parts + joined->n_inputs - 1; i++)
        if (joined->from[i] >= 0)
            to[joined->from[i]] = feeds[i];
        else if (sx_count(&feeds[i].shape) == 1)
            sx_tensor_set(&to[joined->joined], -1 - joined->from[i],
                          sx_tensor_get(&feeds[i], 0));
        else
            return sx_fail(error, SX_FAILED, "input '%.80s' takes one number a sample",
                           joined->part[-1 - joined->from[i]].name);
    return true;
}
