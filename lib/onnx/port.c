/* port.c - the values that an input takes, and the precision that a file asks for. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

static bool refuse(const struct sx_port *port, const char *value, struct sx_error *error)
{
    return sx_fail(error, SX_FAILED, "input '%.80s': %s is not %s of %" PRId64 " to %" PRId64,
                   port->name, value, port->element, port->low, port->high);
}

static bool takes_real(const struct sx_port *port, double value, struct sx_error *error)
{
    /* INT64_MAX is no double, but the next integer is. */
    double end = port->high == INT64_MAX ? 0x1p63 : (double)port->high + 1;
    char text[40];
    if (value >= (double)port->low && value < end && value == floor(value))
        return true;
    snprintf(text, sizeof text, "%.9g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    return refuse(port, isnan(value) ? "NaN" : text, error);
}

bool sx_port_is_text(const struct sx_port *port)
{
    return port->element != NULL && strcmp(port->element, "string") == 0;
}

bool sx_port_takes(const struct sx_port *port, const struct sx_tensor *t,
                   struct sx_error *error)
{
    if (port->element == NULL || (port->type != SX_INT && port->type != SX_BOOL))
        return true;
    int64_t n = sx_count(&t->shape);
    for (int64_t i = 0; i < n && t->type != SX_INT; i++)
        if (!takes_real(port, sx_tensor_get(t, i), error))
            return false;
    for (int64_t i = 0; i < n && t->type == SX_INT; i++) {
        int64_t value;
        char text[24];
        memcpy(&value, (const char *)t->data + (size_t)i * sizeof value, sizeof value);
        if (value >= port->low && value <= port->high)
            continue;
        snprintf(text, sizeof text, "%" PRId64, value);
        return refuse(port, text, error);
    }
    return true;
}

static int count_doubles(const struct sx_port *ports, int n, int *reals)
{
    int doubles = 0;
    for (int i = 0; i < n; i++) {
        bool real = ports[i].element != NULL && ports[i].type == SX_FLOAT;
        *reals += real;
        doubles += real && strcmp(ports[i].element, "double") == 0;
    }
    return doubles;
}

/* Whether reals are float64: declared inputs and outputs decide, or weights if these hold no reals. */
bool sx_model_is_double(const struct sx_model *m)
{
    int reals = 0, doubles = count_doubles(m->inputs, m->n_inputs, &reals) +
                             count_doubles(m->outputs, m->n_outputs, &reals);
    for (size_t i = 0; reals == 0 && doubles == 0 && i < m->n_initializers; i++) {
        const Onnx__TensorProto *t = m->initializers[i].proto;
        doubles += t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    }
    return doubles > 0;
}
