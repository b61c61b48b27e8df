/* inspect.c - finds the properties of a predictor that FLINT needs: input, layers, classes. */
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"
#include "flint/flint.h"
#include "explain/infer.h"

/* ---- Layers ---- */

static bool add_layer(struct sx_flint_predictor *f, const struct sx_graph *g, const char *name,
                      struct sx_error *error)
{
    int node = sx_find(g, name);
    if (node == SX_NONE)
        return sx_no_tensor(g, name, error);
    const struct sx_node *n = &g->node[node];
    if (!sx_is_real(n->type) || n->shape.rank < 2 || n->shape.rank > 4 || n->shape.dim[0] != 1)
        return sx_fail(error, SX_USAGE,
                       "layer '%.80s' is no array of real numbers of rank 2 to 4 with the "
                       "samples first",
                       name);
    f->layer[f->n_layers].name = sx_arena_strdup(&f->arena, name, error);
    f->layer[f->n_layers].shape = n->shape;
    return f->layer[f->n_layers++].name != NULL;
}

/* Adds the layers in "A,B". */
static bool add_named(struct sx_flint_predictor *f, const struct sx_graph *g, const char *names,
                      struct sx_error *error)
{
    char *copy = sx_arena_strdup(&f->arena, names, error);
    for (char *name; copy != NULL && (name = strsep(&copy, ",")) != NULL;)
        if (!add_layer(f, g, name, error))
            return false;
    return error->status == SX_OK;
}

static size_t count_names(const char *names)
{
    size_t n = 1;
    for (; *names != '\0'; names++)
        n += *names == ',';
    return n;
}

static bool find_layers(struct sx_flint_predictor *f, const struct sx_graph *g,
                        const struct sx_flint_options *o, struct sx_error *error)
{
    const char *found[2], *const *names = o->layers;
    size_t room = 2, listed = o->layer_names != NULL ? count_names(o->layer_names) : 0;
    room = (size_t)o->n_layers > room ? (size_t)o->n_layers : room;
    int n = o->n_layers;
    f->layer = sx_arena_new(&f->arena, listed > room ? listed : room, sizeof *f->layer, error);
    if (f->layer == NULL)
        return false;
    if (n == 0 && o->layer_names != NULL)
        return add_named(f, g, o->layer_names, error);
    if (n == 0) {
        n = sx_flint_default_layers(f->model, g, f->scores, found, error);
        names = found;
    }
    for (int i = 0; i < n; i++)
        if (!add_layer(f, g, names[i], error))
            return false;
    return n > 0;
}

/* ---- Classes ---- */

int sx_flint_teacher(struct sx_graph *g, const char *scores, bool probs, int64_t batch)
{
    int y = sx_find(g, scores);
    if (y == SX_NONE || g->error.status != SX_OK)
        return SX_NONE;
    int z = y;
    if (probs) {
        int floor = sx_scalar(g, 1e-12);
        z = sx_unary(g, SX_LOG, sx_binary(g, SX_MAX, y, floor));
    } else {
        enum sx_score score = SX_SCORE_LOGIT;
        z = sx_score_node(g, y, false, &score);
    }
    int64_t n = z != SX_NONE ? sx_count(&g->node[z].shape) : 0;
    if (n < batch || n % batch != 0)
        return SX_NONE;
    struct sx_shape shape = {2, {batch, n / batch}};
    z = sx_reshape(g, z, &shape);
    if (shape.dim[1] > 1)
        return z;
    /* One number for two classes: the probability p of the second, or its logit. */
    int other = sx_scale(g, z, 0);
    if (probs)
        other =
            sx_unary(g, SX_LOG,
                     sx_binary(g, SX_MAX, sx_sub(g, sx_scalar(g, 1), sx_unary(g, SX_EXP, z)),
                               sx_scalar(g, 1e-12)));
    const int pair[] = {other, z};
    return sx_concat(g, pair, 2, 1);
}

static bool ends_in_sigmoid(const struct sx_graph *g, int y)
{
    while (g->node[y].op == SX_RESHAPE)
        y = g->node[y].in[0];
    return g->node[y].op == SX_SIGMOID;
}

static bool find_scores(struct sx_flint_predictor *f, struct sx_lowered *l,
                        const struct sx_flint_options *options, struct sx_error *error)
{
    struct sx_graph *g = l->graph;
    const char *name = options->probs != NULL ? options->probs : options->logits;
    f->probs = options->probs != NULL;
    if (name == NULL && l->n_outputs > 0)
        name = l->outputs[0].name;
    int y = name != NULL ? sx_find(g, name) : SX_NONE;
    if (y == SX_NONE)
        return sx_no_tensor(g, name != NULL ? name : "", error);
    if (!sx_is_real(g->node[y].type))
        return sx_fail(error, SX_USAGE, "tensor '%.80s' does not hold real numbers", name);
    if (sx_count(&g->node[y].shape) == 1 && options->logits == NULL && !f->probs &&
        !ends_in_sigmoid(g, y))
        return sx_fail(error, SX_USAGE,
                       "'%.80s' is one number, a regression: FLINT explains classes; if it is "
                       "the logit of two classes, say --logits=%.80s",
                       name, name);
    f->scores = sx_arena_strdup(&f->arena, name, error);
    int z = f->scores != NULL ? sx_flint_teacher(g, f->scores, f->probs, 1) : SX_NONE;
    if (!sx_graph_ok(g, error))
        return false;
    if (z == SX_NONE)
        return sx_fail(error, SX_USAGE, "tensor '%.80s' holds no class scores", name);
    f->classes = g->node[z].shape.dim[1];
    return true;
}

/* ---- All of it ---- */

bool sx_flint_image(const struct sx_shape *x, struct sx_flint_image *image)
{
    if (x->rank != 4)
        return false;
    image->last = x->dim[1] != 1 && x->dim[1] != 3 && (x->dim[3] == 1 || x->dim[3] == 3);
    image->channels = x->dim[image->last ? 3 : 1];
    image->rows = x->dim[image->last ? 1 : 2];
    image->columns = x->dim[image->last ? 2 : 3];
    return true;
}

int64_t sx_flint_together(const struct sx_shape *x)
{
    int64_t size = sx_count(x), n = size > 0 ? ((int64_t)4 << 20) / size : 64;
    return n < 1 ? 1 : n > 64 ? 64 : n;
}

struct sx_lowered *sx_flint_lower(const struct sx_model *model, const struct sx_shape *x,
                                  int64_t batch, enum sx_type real,
                                  const char *const *variables, int n_variables,
                                  size_t max_memory, struct sx_error *error)
{
    struct sx_shape shape = *x;
    shape.dim[0] = batch;
    struct sx_lower_input input = {.name = sx_model_input(model, 0)->name, .shape = &shape};
    struct sx_lower_options options = {.real = real,
                                       .inputs = &input,
                                       .n_inputs = 1,
                                       .max_memory = max_memory,
                                       .variables = variables,
                                       .n_variables = n_variables};
    return sx_lower(model, &options, error);
}

static bool check_input(const struct sx_model *model, const struct sx_shape *sample,
                        struct sx_error *error)
{
    const struct sx_port *port = sx_model_input(model, 0);
    if (sx_model_input_count(model) != 1)
        return sx_fail(error, SX_MODEL, "the model takes %d inputs, FLINT needs one",
                       sx_model_input_count(model));
    if (!sx_is_real(port->type))
        return sx_fail(error, SX_MODEL, "the model's input holds no real numbers");
    if (sample->rank < 2 || sample->dim[0] != 1)
        return sx_fail(error, SX_MODEL,
                       "samples come %lld at a time; FLINT needs a batch axis of 1, or open",
                       sample->rank > 0 ? (long long)sample->dim[0] : 0);
    return true;
}

bool sx_flint_inspect(struct sx_flint_predictor *f, const struct sx_model *model,
                      const struct sx_flint_options *options, const struct sx_shape *sample,
                      struct sx_error *error)
{
    *f = (struct sx_flint_predictor){.model = model, .x = *sample};
    if (!check_input(model, sample, error))
        return false;
    f->input = sx_model_input(model, 0)->name;
    f->free_batch =
        sx_model_input(model, 0)->shape.rank < 1 || sx_model_input(model, 0)->shape.dim[0] < 0;
    f->opset = sx_model_opset(model, "");
    struct sx_lowered *l =
        sx_flint_lower(model, sample, 1, SX_FLOAT, NULL, 0, options->max_memory, error);
    bool ok = l != NULL && find_scores(f, l, options, error) &&
              find_layers(f, l->graph, options, error) &&
              sx_flint_averaged(model, l->graph, f->layer[0].name, &f->averaged, error);
    sx_lowered_free(l);
    return ok;
}

void sx_flint_predictor_free(struct sx_flint_predictor *f)
{
    sx_arena_free(&f->arena);
    *f = (struct sx_flint_predictor){0};
}
