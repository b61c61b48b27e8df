/* layers.c - the layerwise view: one neuron of each layer between x and f.
 *
 * A layer is a product with weights, followed by a function of one variable. Input i of a
 * neuron changes its sum by d_i = w_i (u_i - u0_i) from the reference to x. Each rule that is
 * defined neuron by neuron shares out the neuron's change among the d_i with known weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/redecide.h"
#include "graph/flow.h"
#include "decompose/decompose.h"
#include "decompose/neuron.h"

struct layer {
    /* u: operand; product: product with weights; z: with its bias; y: function of z */
    int u, product, z, y;
    const char *name;
    struct sx_unit unit;
};

/* Whether the function of one variable is not affine. */
static bool bends(const struct sx_walk *w, const struct sx_unit *unit)
{
    for (int i = 0; i < unit->n; i++) {
        int op = w->g->node[unit->node[i]].op;
        bool one = sx_only_varying(w, unit->node[i]) != SX_NONE;
        if (op != SX_ADD && op != SX_SUB && op != SX_NEG && op != SX_RESHAPE &&
            !((op == SX_MUL || op == SX_DIV) && one))
            return true;
    }
    return false;
}

/* The name in the file of the layer's product, or of the product with its bias. */
static const char *name_of(const struct sx_graph *g, const struct layer *l)
{
    const char *name = NULL;
    for (size_t i = 0; i < g->n_names; i++) {
        int node = g->name[i].node;
        if (node == l->product || node == l->z)
            name = g->name[i].name;
    }
    return name != NULL ? name : "";
}

static bool is_product(const struct sx_walk *w, int y)
{
    int op = w->g->node[y].op;
    return (op == SX_MATMUL || op == SX_CONV || op == SX_CONVINPUT) &&
           sx_only_varying(w, y) != SX_NONE;
}

/* Finds the function of one variable that ends at y, back to a product with weights. */
static bool whole_unit(const struct sx_walk *w, int y, struct sx_unit *unit)
{
    struct sx_unit more;
    if (!sx_unit_of(w, y, unit))
        return false;
    while (!is_product(w, unit->source)) {
        if (!sx_unit_of(w, unit->source, &more) || unit->n + more.n > SX_UNIT_MOST)
            return false;
        memcpy(unit->node + unit->n, more.node, (size_t)more.n * sizeof *more.node);
        unit->n += more.n;
        unit->source = more.source;
    }
    return true;
}

static bool is_layer(const struct sx_walk *w, int y, struct layer *l)
{
    const struct sx_graph *g = w->g;
    if (w->uses[y] == 0 || !w->varies[y] || !sx_is_real(g->node[y].type) ||
        !sx_is_pointwise(&g->node[y]) || !whole_unit(w, y, &l->unit) || !bends(w, &l->unit))
        return false;
    int product = l->unit.source;
    int first = l->unit.node[l->unit.n - 1];
    bool bias = g->node[first].op == SX_ADD && sx_only_varying(w, first) == product;
    l->product = product;
    l->z = bias ? first : product;
    l->y = y;
    l->u = sx_only_varying(w, product);
    l->name = name_of(g, l);
    return true;
}

enum { MOST_LAYERS = 512 };

/* Lists the layers in order. y is the last function of one variable that follows the layer. */
static int find_layers(const struct sx_walk *w, struct layer *layers)
{
    int n = 0;
    for (int y = w->y; y > w->x && n < MOST_LAYERS; y--) {
        struct layer l;
        bool known = false;
        if (!is_layer(w, y, &l))
            continue;
        for (int i = 0; i < n; i++)
            known = known || layers[i].product == l.product;
        if (!known)
            layers[n++] = l;
    }
    for (int i = 0; i < n / 2; i++) {
        struct layer swap = layers[i];
        layers[i] = layers[n - 1 - i];
        layers[n - 1 - i] = swap;
    }
    return n;
}

/* ---- Values of a layer at x and at the reference ---- */

/* Runs a program of the faithful graph with x = at[]. A program that is outside of that graph
 * has no feeds. */
static bool run_at(struct sx_decomposing *d, struct sx_program *program, const int *inputs,
                   int n_inputs, const double *at, struct sx_tensor *results)
{
    const struct sx_explained *b = &d->e->built;
    const struct sx_graph *g = b->lowered->graph;
    struct sx_tensor x = {0}, view = {SX_DOUBLE, g->node[b->x_node].shape, NULL};
    double *copy = sx_new((size_t)d->size, sizeof *copy, d->error);
    struct sx_tensor *feeds = sx_new((size_t)n_inputs, sizeof *feeds, d->error);
    bool ok = copy != NULL && feeds != NULL;
    if (ok) {
        memcpy(copy, at, (size_t)d->size * sizeof *copy);
        view.data = copy;
        ok = sx_tensor_convert(&x, g->real, &view, d->error);
    }
    for (int i = 0; ok && i < n_inputs; i++) {
        feeds[i] = x;
        for (int k = 0; k < b->lowered->n_inputs; k++)
            if (b->lowered->inputs[k].node == inputs[i] && inputs[i] != b->x_node)
                feeds[i] = d->e->feeds[k];
    }
    ok = ok && sx_run(program, feeds, results, d->error);
    sx_tensor_free(&x);
    free(copy);
    free(feeds);
    return ok;
}

/* Lists x, then the model's other inputs. */
static int list_inputs(const struct sx_explained *b, int *inputs)
{
    int n = 0;
    inputs[n++] = b->x_node;
    for (int i = 0; i < b->lowered->n_inputs; i++)
        if (b->lowered->inputs[i].node != b->x_node)
            inputs[n++] = b->lowered->inputs[i].node;
    return n;
}

enum { AT_U, AT_PRODUCT, AT_Z, AT_Y, N_AT };

/* Sets results[N_AT] to the values of nodes at one point. Allocates them. */
static bool values_at(struct sx_decomposing *d, const int *nodes, int n, const double *at,
                      struct sx_tensor *results)
{
    const struct sx_explained *b = &d->e->built;
    const struct sx_graph *g = b->lowered->graph;
    struct sx_run_options options = {.threads = d->e->options.threads,
                                     .max_memory = d->e->options.max_memory};
    int *inputs = sx_new((size_t)b->lowered->n_inputs + 1, sizeof *inputs, d->error);
    struct sx_program *program = NULL;
    bool ok = inputs != NULL;
    for (int k = 0; ok && k < n; k++)
        ok = sx_tensor_new(&results[k], g->node[nodes[k]].type, &g->node[nodes[k]].shape,
                           d->error);
    if (ok) {
        int n_inputs = list_inputs(b, inputs);
        program = sx_compile(g, inputs, n_inputs, nodes, n, &options, d->error);
        ok = program != NULL && run_at(d, program, inputs, n_inputs, at, results);
    }
    sx_program_free(program);
    free(inputs);
    return ok;
}

/* ---- One neuron ---- */

/* The function of one variable at a neuron, as programs of one number. */
struct function {
    struct sx_points *points;
    enum sx_type real;
    double bias;
};

static bool call(void *context, int64_t n, const double *z, double *y, struct sx_error *error)
{
    struct function *f = context;
    size_t width = sx_type_size(f->real);
    void *in = sx_new((size_t)n, width, error), *out = sx_new((size_t)n, width, error);
    bool ok = in != NULL && out != NULL;
    for (int64_t i = 0; ok && i < n; i++) {
        if (f->real == SX_FLOAT)
            ((float *)in)[i] = (float)(z[i] - f->bias);
        else
            ((double *)in)[i] = z[i] - f->bias;
    }
    ok = ok && sx_points_run(f->points, n, (const void *const[]){in}, NULL,
                             (void *const[]){out}, error);
    for (int64_t i = 0; ok && i < n; i++)
        y[i] = f->real == SX_FLOAT ? (double)((float *)out)[i] : ((double *)out)[i];
    free(in);
    free(out);
    return ok;
}

static int element_of(struct sx_graph *g, int node, int64_t element)
{
    struct sx_shape flat = {1, {sx_count(&g->node[node].shape)}}, scalar = {0};
    int at = sx_ints(g, 1, &element);
    return sx_reshape(g, sx_take(g, sx_reshape(g, node, &flat), at, 0, false), &scalar);
}

static bool function_new(struct sx_decomposing *d, const struct layer *l, int64_t element,
                         struct function *f)
{
    struct sx_graph *g = d->e->built.lowered->graph;
    struct sx_shape scalar = {0}, shape = g->node[l->product].shape;
    int s = sx_input(g, g->real, &scalar);
    int y = element_of(g, sx_unit_at(g, &l->unit, sx_expand(g, s, &shape)), element);
    struct sx_points_options options = {
        .run = {.threads = d->e->options.threads, .max_memory = d->e->options.max_memory}};
    f->real = g->real;
    if (sx_graph_ok(g, d->error))
        f->points = sx_points_new(g, &s, 1, NULL, 0, &y, 1, &options, d->error);
    return f->points != NULL;
}

/* The neuron whose y changes most from the reference to x. */
static int64_t strongest(const struct sx_tensor *x, const struct sx_tensor *b)
{
    int64_t best = 0, n = sx_count(&x->shape);
    double most = -1;
    for (int64_t i = 0; i < n; i++) {
        double change = fabs(sx_tensor_get(x, i) - sx_tensor_get(b, i));
        if (change > most) {
            most = change;
            best = i;
        }
    }
    return best;
}

/* Lists the inputs of the neuron whose d_i is not 0, and these d_i. */
static bool set_inputs(struct sx_decomposing *d, struct sx_neuron *n, const struct sx_tensor *w,
                       const struct sx_tensor *x, const struct sx_tensor *b)
{
    int64_t count = sx_count(&w->shape);
    n->input = sx_new((size_t)count, sizeof *n->input, d->error);
    n->d = sx_new((size_t)count, sizeof *n->d, d->error);
    for (int64_t i = 0; n->input != NULL && n->d != NULL && i < count; i++) {
        double change = sx_tensor_get(w, i) * (sx_tensor_get(x, i) - sx_tensor_get(b, i));
        if (change == 0)
            continue;
        n->input[n->n] = i;
        n->d[n->n++] = change;
    }
    return n->input != NULL && n->d != NULL;
}

/* The weights of one neuron, which are the derivative of its product by u. */
static int weights_of(struct sx_graph *g, const struct layer *l, int64_t element)
{
    int one = element_of(g, l->product, element), w = SX_NONE;
    sx_derive(g, one, SX_NONE, &l->u, 1, &w);
    return w;
}

static bool share_out(struct sx_decomposing *d, struct sx_neuron *n, struct function *f)
{
    static const char *const name[] = {"deepshap", "deeplift-rescale", "deeplift-reveal",
                                       "lrp-eps",  "lrp-ab",           "deeptaylor"};
    static const bool derived[SX_LOCAL_RULES][3] = {{true, true, true},   {true, true, true},
                                                    {true, true, true},   {true, true, true},
                                                    {false, false, true}, {false, false, true}};
    struct sx_unit_value value = {call, f};
    double z = n->z0 + n->dz, epsilon = d->o->epsilon * (d->o->absolute ? 1 : fabs(z));
    double tolerance = d->o->tolerance > 0 ? d->o->tolerance : 1e-3;
    for (int r = 0; r < SX_LOCAL_RULES; r++) {
        struct sx_local *m = &n->rule[r];
        double violation[3];
        m->name = name[r];
        m->attribution = sx_new((size_t)n->n, sizeof *m->attribution, d->error);
        if (m->attribution == NULL ||
            !sx_local_shares((enum sx_local_rule)r, &value, n->z0, n->d, n->n, epsilon,
                             m->attribution, d->error) ||
            !sx_local_principles((enum sx_local_rule)r, n->z0, n->d, n->n, epsilon, violation,
                                 d->error))
            return false;
        for (int64_t i = 0; i < n->n; i++)
            m->sum += m->attribution[i];
        m->residual = m->sum - n->dy;
        for (int k = 0; k < 3; k++)
            m->principle[k] = (struct sx_principle){violation[k], violation[k] <= tolerance,
                                                    derived[r][k], 0};
    }
    return true;
}

static bool look_at(struct sx_decomposing *d, const struct layer *l, const double *reference,
                    int64_t element, struct sx_neuron *n)
{
    struct sx_graph *g = d->e->built.lowered->graph;
    struct sx_tensor at[N_AT + 1] = {{0}}, from[N_AT] = {{0}};
    struct function f = {0};
    int nodes[N_AT + 1] = {l->u, l->product, l->z, l->y};
    bool ok = values_at(d, nodes, N_AT, reference, from);
    if (ok && element < 0) {
        ok = values_at(d, nodes, N_AT, d->x, at);
        element = ok ? strongest(&at[AT_Y], &from[AT_Y]) : 0;
        for (int i = 0; i < N_AT; i++)
            sx_tensor_free(&at[i]);
    }
    if (ok && element >= sx_count(&from[AT_Y].shape))
        ok = sx_fail(d->error, SX_USAGE, "layer '%.80s' has %lld neurons", l->name,
                     (long long)sx_count(&from[AT_Y].shape));
    if (ok) {
        nodes[N_AT] = weights_of(g, l, element);
        ok = sx_graph_ok(g, d->error) && values_at(d, nodes, N_AT + 1, d->x, at) &&
             set_inputs(d, n, &at[N_AT], &at[AT_U], &from[AT_U]) &&
             function_new(d, l, element, &f);
    }
    if (ok) {
        n->layer = l->name;
        n->element = element;
        n->z0 = sx_tensor_get(&from[AT_Z], element);
        n->dz = sx_tensor_get(&at[AT_Z], element) - n->z0;
        n->dy = sx_tensor_get(&at[AT_Y], element) - sx_tensor_get(&from[AT_Y], element);
        f.bias = n->z0 - sx_tensor_get(&from[AT_PRODUCT], element);
        ok = share_out(d, n, &f);
    }
    for (int i = 0; i <= N_AT; i++) {
        sx_tensor_free(&at[i]);
        if (i < N_AT)
            sx_tensor_free(&from[i]);
    }
    sx_points_free(f.points);
    return ok;
}

/* ---- All layers, or one ---- */

/* Whether `which` ("LAYER:IDX", "LAYER", or "" for all layers) names this layer. *element becomes
 * the neuron, or -1. */
static bool wants(const char *which, const char *name, int64_t *element)
{
    size_t n = strlen(name);
    double index;
    *element = -1;
    if (which[0] == '\0' || strcmp(which, name) == 0)
        return true;
    if (strncmp(which, name, n) != 0 || which[n] != ':' ||
        !sx_number_parse(which + n + 1, strlen(which + n + 1), &index) || !(index >= 0) ||
        index > 1e15 || index != floor(index))
        return false;
    *element = (int64_t)index;
    return true;
}

void sx_neurons_free(struct sx_neuron *neurons, int n)
{
    for (int i = 0; i < n; i++) {
        free(neurons[i].input);
        free(neurons[i].d);
        for (int r = 0; r < SX_LOCAL_RULES; r++)
            free(neurons[i].rule[r].attribution);
    }
    free(neurons);
}

bool sx_look_at_layers(struct sx_decomposing *d, struct sx_neuron **neurons, int *n)
{
    struct sx_explained *b = &d->e->built;
    struct layer *layers = sx_new(MOST_LAYERS, sizeof *layers, d->error);
    double *reference = sx_new((size_t)d->size, sizeof *reference, d->error);
    struct sx_walk w = {0};
    bool ok = layers != NULL && reference != NULL &&
              (sx_walk_new(&w, b->lowered->graph, b->scores_node, b->x_node, SX_NONE) ||
               sx_graph_ok(b->lowered->graph, d->error));
    int count = ok ? find_layers(&w, layers) : 0;
    *neurons = ok ? sx_new((size_t)count, sizeof **neurons, d->error) : NULL;
    *n = 0;
    ok = ok && *neurons != NULL;
    if (ok)
        sx_masked_point(d, &d->given, &(uint64_t){0}, reference);
    ok = ok && sx_points_stay(d->e, 1, reference, d->error);
    for (int i = 0; ok && i < count; i++) {
        int64_t element;
        if (wants(d->o->neuron_of, layers[i].name, &element))
            ok = look_at(d, &layers[i], reference, element, &(*neurons)[(*n)++]);
    }
    if (ok && *n == 0 && d->o->neuron_of[0] != '\0')
        ok = sx_fail(d->error, SX_USAGE, "no neuron '%.80s'%s%.80s", d->o->neuron_of,
                     count > 0 ? "; the first layer is " : ": no layer has an activation",
                     count > 0 ? layers[0].name : "");
    sx_walk_free(&w);
    free(layers);
    free(reference);
    return ok;
}
