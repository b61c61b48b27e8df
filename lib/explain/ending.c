/* ending.c - how a tensor ends: in probabilities or in logits, and along which axis classes lie. */
#include <math.h>

#include "explain/ending.h"
#include "graph/build.h"

enum { MOST_STEPS = 64 };

/* The way back from a tensor: it equals scale * (node `at`) + shift. */
struct way {
    const struct sx_graph *g;
    int at, steps;
    double scale, shift;
    bool rounded, cut;
};

/* The only operand that is not constant. Of WHERE it is one of the two values, of CONCAT the first
 * part, of THROUGH the value that is rounded. */
static int variable(const struct sx_graph *g, const struct sx_node *n)
{
    int found = SX_NONE;
    if (n->op == SX_THROUGH)
        return n->in[0];
    for (int k = n->op == SX_WHERE ? 1 : 0; k < n->n_in; k++) {
        if (sx_is_const(g, n->in[k]))
            continue;
        if (found != SX_NONE)
            return n->op == SX_CONCAT ? found : SX_NONE;
        found = n->in[k];
    }
    return found;
}

/* Passes c + x, c - x, c x and so on, if all elements of the constant are equal. */
static bool pass_constant(struct way *w, const struct sx_node *n, int from)
{
    int side = n->in[0] == from ? 1 : 0;
    double c;
    if (!sx_is_uniform(w->g, n->in[side], &c) || (n->op == SX_DIV && side == 0))
        return false;
    if (n->op == SX_MUL)
        w->scale *= c;
    else if (n->op == SX_DIV)
        w->scale /= c;
    else if (n->op == SX_ADD || side == 0)
        w->shift += w->scale * c;
    else
        w->shift -= w->scale * c;
    if (n->op == SX_SUB && side == 0)
        w->scale = -w->scale;
    return true;
}

/* Goes back by one operator; false if that is not possible. */
static bool step_back(struct way *w)
{
    const struct sx_node *n = &w->g->node[w->at];
    int from = variable(w->g, n);
    if (from == SX_NONE || ++w->steps > MOST_STEPS)
        return false;
    switch (n->op) {
    case SX_RESHAPE:
    case SX_TRANSPOSE:
        break;
    case SX_CAST:
    case SX_NARROW:
    case SX_ROUND:
    case SX_THROUGH:
    case SX_WHERE:
    case SX_MIN:
    case SX_MAX:
        w->rounded = true;
        break;
    case SX_NEG:
        w->scale = -w->scale;
        break;
    case SX_ADD:
    case SX_SUB:
    case SX_MUL:
    case SX_DIV:
        if (!pass_constant(w, n, from))
            return false;
        break;
    case SX_SLICE:
    case SX_TAKE:
    case SX_CONCAT:
    case SX_EXPAND:
        w->cut = true;
        break;
    default:
        return false;
    }
    w->at = from;
    return true;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-4;
}

void sx_find_ending(const struct sx_graph *g, int y, struct sx_ending *ending)
{
    struct way w = {.g = g, .at = y, .scale = 1};
    *ending = (struct sx_ending){.op = SX_NONE, .node = SX_NONE};
    for (;;) {
        int op = g->node[w.at].op;
        if (op == SX_SOFTMAX || op == SX_LOGSOFTMAX || op == SX_SIGMOID)
            break;
        if (!step_back(&w))
            return;
    }
    int op = g->node[w.at].op;
    bool same = near(w.scale, 1) && near(w.shift, 0);
    bool turned = op == SX_SIGMOID && near(w.scale, -1) && near(w.shift, 1);
    if (w.cut || !(same || turned)) {
        ending->opaque = true;
        ending->likely = (same || turned) && op != SX_LOGSOFTMAX;
        return;
    }
    *ending =
        (struct sx_ending){.op = op, .node = w.at, .turned = turned, .rounded = w.rounded};
}

int sx_moved_as(struct sx_graph *g, int y, const struct sx_ending *ending, int from)
{
    if (y == ending->node)
        return from;
    const struct sx_node n = g->node[y];
    int back = sx_moved_as(g, variable(g, &n), ending, from);
    if (n.op == SX_RESHAPE)
        return sx_reshape(g, back, &n.shape);
    if (n.op != SX_TRANSPOSE)
        return back;
    int perm[SX_MAX_RANK];
    for (int i = 0; i < n.shape.rank; i++)
        perm[i] = (int)n.attr[i];
    return sx_transpose(g, back, perm);
}

/* ---- Classes ---- */

static int64_t elements_after(const struct sx_shape *shape, int axis)
{
    int64_t n = 1;
    for (int i = axis + 1; i < shape->rank; i++)
        n *= shape->dim[i];
    return n;
}

/* The axis of `to` that has the same position in row-major order as `axis` of `from`; -1: none. */
static int axis_in(const struct sx_shape *to, const struct sx_shape *from, int axis)
{
    for (int i = 0; axis >= 0 && i < to->rank; i++)
        if (to->dim[i] == from->dim[axis] &&
            elements_after(to, i) == elements_after(from, axis))
            return i;
    return -1;
}

/* The axis of y that the Softmax's axis became. */
static int moved_axis(const struct sx_graph *g, int y, const struct sx_ending *ending)
{
    const struct sx_node *n = &g->node[y];
    if (y == ending->node)
        return (int)n->attr[0];
    int from = variable(g, n), axis = moved_axis(g, from, ending);
    if (n->op == SX_RESHAPE)
        return axis_in(&n->shape, &g->node[from].shape, axis);
    for (int i = 0; n->op == SX_TRANSPOSE && i < n->shape.rank; i++)
        if (n->attr[i] == axis)
            return i;
    return axis;
}

int sx_class_axis(const struct sx_graph *g, int y)
{
    const struct sx_shape *shape = &g->node[y].shape;
    struct sx_ending ending;
    int axis = -1, longer = 0;
    sx_find_ending(g, y, &ending);
    if (ending.op == SX_SOFTMAX || ending.op == SX_LOGSOFTMAX)
        axis = moved_axis(g, y, &ending);
    if (axis >= 0 || shape->rank < 2)
        return axis >= 0 ? axis : shape->rank - 1;
    for (int i = 1; i < shape->rank; i++)
        if (shape->dim[i] > 1) {
            axis = i;
            longer++;
        }
    return longer == 1 ? axis : shape->rank == 3 ? 2 : 1;
}

struct sx_classes sx_classes_of(const struct sx_graph *g, int y)
{
    const struct sx_shape *shape = &g->node[y].shape;
    int axis = sx_class_axis(g, y);
    struct sx_classes c = {1, 1, sx_count(shape)};
    if (axis >= 0 && shape->dim[axis] > 0) {
        c.n = shape->dim[axis];
        c.step = elements_after(shape, axis);
    }
    return c;
}

const char *sx_class_label(const struct sx_classes *c, int64_t index, bool other,
                           char *const *labels, size_t n_labels)
{
    if (c->n == 1 && n_labels == 2)
        return labels[other ? 0 : 1];
    return other || n_labels != (size_t)c->n ? NULL : labels[index / c->step % c->n];
}

bool sx_labels_fit(const struct sx_classes *c, size_t n_labels, const char *tensor,
                   struct sx_error *error)
{
    if (n_labels == 0 || n_labels == (size_t)c->n || (c->n == 1 && n_labels == 2))
        return true;
    return sx_fail(error, SX_USAGE, "%zu labels for the %lld class%s of '%.80s'", n_labels,
                   (long long)c->n, c->n == 1 ? "" : "es", tensor);
}
