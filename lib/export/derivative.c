/* derivative.c - a model and its derivatives as one graph.
 *
 * Derivatives are built in a graph of their own, `part`, in which the tensors of `wrt` are inputs.
 * It is then joined to the model. */
#include <stdlib.h>
#include <string.h>

#include "export/task.h"

/* ---- The part ---- */

/* Whether x has an open batch axis in front. For a tensor inside the graph its length is
 * compared with that of the batch. */
static bool has_batch(const struct sx_task *t, const struct sx_shape *x)
{
    const struct sx_lowered *l = t->d->lowered;
    for (int i = 0; i < l->n_inputs; i++)
        if (strcmp(l->inputs[i].name, t->wrt.name[0]) == 0)
            return sx_symbol_of(t->symbols, t->d->model, t->wrt.name[0], 0) >= 0;
    for (int k = 0; k < t->symbols->n; k++)
        if (t->symbols->item[k].batch && sx_symbol_length(t->symbols, k) == x->dim[0])
            return true;
    return false;
}

/* Sets t->rows. All x and y need the batch axis in front; otherwise t->rows is 0. */
static void find_rows(struct sx_task *t)
{
    const struct sx_shape *first = &t->h->node[t->x[0]].shape;
    bool all = first->rank > 0 && (has_batch(t, first) || first->dim[0] == 1);
    for (int i = 0; all && i < t->of.n + t->wrt.n; i++) {
        int node = i < t->of.n ? t->y[i] : t->x[i - t->of.n];
        const struct sx_shape *s = &t->h->node[node].shape;
        all = s->rank > 0 && s->dim[0] == first->dim[0];
    }
    t->rows = all ? first->dim[0] : 0;
}

static bool open_part(struct sx_task *t)
{
    const struct sx_graph *from = t->d->lowered->graph;
    int *map = sx_new(from->n_nodes, sizeof *map, t->error);
    t->y = sx_new((size_t)t->of.n, sizeof *t->y, t->error);
    t->x = sx_new((size_t)t->wrt.n, sizeof *t->x, t->error);
    t->h = t->d->part = sx_graph_new(from->rows, from->real, t->error);
    bool ok = map != NULL && t->y != NULL && t->x != NULL && t->h != NULL;
    ok = ok &&
         sx_rebuild(from, t->h, t->of.node, t->of.n, t->wrt.node, t->wrt.n, map, NULL, NULL);
    for (int i = 0; ok && i < t->of.n; i++)
        t->y[i] = map[t->of.node[i]];
    for (int i = 0; ok && i < t->wrt.n; i++) {
        t->x[i] = map[t->wrt.node[i]];
        const struct sx_node *x = &from->node[t->wrt.node[i]];
        if (t->x[i] == SX_NONE && t->options->casadi)
            t->x[i] = sx_input(t->h, x->type, &x->shape);
        if (t->x[i] == SX_NONE)
            ok = sx_fail(t->error, SX_USAGE, "tensor '%.80s' does not depend on '%.80s'",
                         t->of.name[0], t->wrt.name[i]);
    }
    for (size_t i = 0; ok && i < from->n_nodes; i++)
        if (map[i] != SX_NONE && t->h->node[map[i]].op == SX_INPUT)
            ok = sx_part_add_input(
                t, (struct sx_part_input){.origin = OF_MODEL, .node = map[i], .from = (int)i});
    free(map);
    return t->h != NULL && sx_graph_ok(t->h, t->error) && ok;
}

/* ---- All ---- */

/* Sets the numbers of seeds and directions. */
static void count_seeds(struct sx_task *t)
{
    const char *seeds = t->options->seeds;
    int64_t n = seeds != NULL ? strtoll(seeds, NULL, 10) : 0;
    t->seeds = n > 0 ? n : seeds != NULL ? sx_symbols_seeds(t->symbols, seeds) : 0;
    if (t->options->casadi) {
        t->seeds = sx_symbols_seeds(t->symbols, SX_CASADI_SEEDS);
        t->directions = sx_symbols_seeds(t->symbols, SX_CASADI_DIRECTIONS);
    }
}

static struct sx_lowered *lower(const struct sx_model *model, const struct sx_export_options *o,
                                const struct sx_symbols *symbols, struct sx_error *error)
{
    int n = sx_model_input_count(model);
    struct sx_lower_input *inputs = sx_new((size_t)n, sizeof *inputs, error);
    struct sx_shape *shapes = sx_new((size_t)n, sizeof *shapes, error);
    struct sx_lowered *lowered = NULL;
    for (int i = 0; inputs != NULL && shapes != NULL && i < n; i++) {
        const struct sx_port *port = sx_model_input(model, i);
        shapes[i] = port->shape;
        for (int axis = 0; axis < shapes[i].rank; axis++) {
            int k = sx_symbol_of(symbols, model, port->name, axis);
            if (k >= 0)
                shapes[i].dim[axis] = sx_symbol_length(symbols, k);
            else if (shapes[i].dim[axis] < 0)
                shapes[i].dim[axis] = 1;
        }
        inputs[i] = (struct sx_lower_input){.name = port->name,
                                            .shape = port->shape.rank >= 0 ? &shapes[i] : NULL};
    }
    struct sx_lower_options options = {.real = o->precise ? SX_DOUBLE : SX_FLOAT,
                                       .inputs = inputs,
                                       .n_inputs = n,
                                       .max_memory = o->max_memory,
                                       .ste = (enum sx_ste)o->ste};
    if (inputs != NULL && shapes != NULL)
        lowered = sx_lower(model, &options, error);
    free(inputs);
    free(shapes);
    return lowered;
}

bool sx_derived_make(struct sx_derived *d, const struct sx_model *model,
                     const struct sx_export_options *options, const struct sx_symbols *symbols,
                     struct sx_error *error)
{
    struct sx_task t = {.d = d, .options = options, .symbols = symbols, .error = error};
    *d = (struct sx_derived){.model = model};
    count_seeds(&t);
    d->lowered = lower(model, options, symbols, error);
    bool ok = d->lowered != NULL &&
              sx_list_of(&t.of, model, d->lowered, options->of, options->casadi, error) &&
              sx_list_wrt(&t.wrt, d->lowered, options->wrt, options->casadi, error) &&
              open_part(&t);
    if (ok)
        find_rows(&t);
    ok = ok && sx_differentiate(&t);
    if (d->part != NULL)
        ok = sx_graph_ok(d->part, error) && ok;
    ok = ok && sx_join(&t);
    if (!ok)
        sx_fail(error, SX_MEMORY, "out of memory");
    sx_list_free(&t.of);
    sx_list_free(&t.wrt);
    free(t.y);
    free(t.x);
    free(t.input);
    free(t.output);
    return ok;
}

void sx_derived_free(struct sx_derived *d)
{
    sx_graph_free(d->graph);
    sx_graph_free(d->whole);
    sx_graph_free(d->part);
    sx_lowered_free(d->lowered);
    sx_arena_free(&d->arena);
    *d = (struct sx_derived){0};
}
