/* infer.c - a model run as it is. */
#include <stdlib.h>

#include "explain/infer.h"
#include "run/run.h"

struct sx_inference {
    struct sx_model *model;
    struct sx_infer_options options;
    struct sx_lowered *lowered;
    struct sx_program *program;
    struct sx_shape *shapes; /* of the inputs that the program is for */
    struct sx_tensor *outputs;
    const char **names;
    int *nodes; /* of the outputs */
    int n_outputs;
};

struct sx_inference *sx_inference_new(struct sx_model *model,
                                      const struct sx_infer_options *options,
                                      struct sx_error *error)
{
    struct sx_inference *f = sx_new(1, sizeof *f, error);
    if (f == NULL)
        return NULL;
    f->model = model;
    f->options = *options;
    f->options.precise = options->precise || sx_model_is_double(model);
    f->shapes = sx_new((size_t)sx_model_input_count(model), sizeof *f->shapes, error);
    if (f->shapes != NULL)
        return f;
    sx_inference_free(f);
    return NULL;
}

/* Leaves only the model and the options. */
static void reset(struct sx_inference *f)
{
    for (int i = 0; i < f->n_outputs; i++)
        sx_tensor_free(&f->outputs[i]);
    free(f->outputs);
    free(f->names);
    free(f->nodes);
    sx_program_free(f->program);
    sx_lowered_free(f->lowered);
    f->outputs = NULL;
    f->names = NULL;
    f->nodes = NULL;
    f->program = NULL;
    f->lowered = NULL;
    f->n_outputs = 0;
}

void sx_inference_free(struct sx_inference *f)
{
    if (f == NULL)
        return;
    reset(f);
    free(f->shapes);
    free(f);
}

struct sx_lowered *sx_lower_for(const struct sx_model *model, const char *output,
                                const struct sx_tensor *feeds, enum sx_type real,
                                enum sx_ste ste, size_t max_memory, struct sx_error *error)
{
    int n = sx_model_input_count(model);
    struct sx_lower_input *inputs = sx_new((size_t)n, sizeof *inputs, error);
    if (inputs == NULL)
        return NULL;
    for (int i = 0; i < n; i++) {
        inputs[i].name = sx_model_input(model, i)->name;
        inputs[i].shape = feeds != NULL ? &feeds[i].shape : NULL;
    }
    struct sx_lower_options options = {.real = real,
                                       .output = output,
                                       .inputs = inputs,
                                       .n_inputs = n,
                                       .ste = ste,
                                       .max_memory = max_memory};
    struct sx_lowered *lowered = sx_lower(model, &options, error);
    free(inputs);
    return lowered;
}

/* Makes room for the outputs; their nodes go to outputs[]. */
static bool choose_outputs(struct sx_inference *f, int *outputs, struct sx_error *error)
{
    const struct sx_lowered *l = f->lowered;
    for (int i = 0; i < f->n_outputs; i++) {
        outputs[i] = f->options.output != NULL ? sx_find(l->graph, f->options.output)
                                               : l->outputs[i].node;
        f->names[i] = f->options.output != NULL ? f->options.output : l->outputs[i].name;
        if (outputs[i] == SX_NONE)
            return sx_no_tensor(l->graph, f->options.output, error);
        const struct sx_node *n = &l->graph->node[outputs[i]];
        if (!sx_tensor_new(&f->outputs[i], n->type, &n->shape, error))
            return false;
    }
    return true;
}

static bool build(struct sx_inference *f, const struct sx_tensor *feeds, struct sx_error *error)
{
    reset(f);
    f->lowered = sx_lower_for(f->model, f->options.output, feeds,
                              f->options.precise ? SX_DOUBLE : SX_FLOAT, SX_STE_OFF,
                              f->options.max_memory, error);
    if (f->lowered == NULL)
        return false;
    const struct sx_lowered *l = f->lowered;
    f->n_outputs = f->options.output != NULL ? 1 : l->n_outputs;
    f->outputs = sx_new((size_t)f->n_outputs, sizeof *f->outputs, error);
    f->names = sx_new((size_t)f->n_outputs, sizeof *f->names, error);
    f->nodes = sx_new((size_t)f->n_outputs, sizeof *f->nodes, error);
    int *inputs = sx_new((size_t)l->n_inputs, sizeof *inputs, error);
    if (f->outputs != NULL && f->names != NULL && f->nodes != NULL && inputs != NULL &&
        choose_outputs(f, f->nodes, error)) {
        struct sx_run_options options = {.threads = f->options.threads,
                                         .max_memory = f->options.max_memory};
        for (int i = 0; i < l->n_inputs; i++)
            inputs[i] = l->inputs[i].node;
        f->program =
            sx_compile(l->graph, inputs, l->n_inputs, f->nodes, f->n_outputs, &options, error);
    }
    free(inputs);
    for (int i = 0; i < sx_model_input_count(f->model); i++)
        f->shapes[i] = feeds[i].shape;
    return f->program != NULL;
}

static bool fits(const struct sx_inference *f, const struct sx_tensor *feeds)
{
    for (int i = 0; i < sx_model_input_count(f->model); i++)
        if (!sx_shape_equal(&f->shapes[i], &feeds[i].shape))
            return false;
    return f->program != NULL;
}

bool sx_inference_run(struct sx_inference *f, const struct sx_tensor *feeds,
                      struct sx_error *error)
{
    if (!fits(f, feeds) && !build(f, feeds, error)) {
        reset(f);
        return false;
    }
    const struct sx_lowered *l = f->lowered;
    struct sx_tensor *typed = sx_new((size_t)l->n_inputs, sizeof *typed, error);
    bool ok = typed != NULL;
    for (int i = 0; ok && i < l->n_inputs; i++)
        ok = sx_port_takes(sx_model_input(f->model, i), &feeds[i], error) &&
             sx_tensor_convert(&typed[i], l->graph->node[l->inputs[i].node].type, &feeds[i],
                               error);
    ok = ok && sx_run(f->program, typed, f->outputs, error);
    for (int i = 0; typed != NULL && i < l->n_inputs; i++)
        sx_tensor_free(&typed[i]);
    free(typed);
    return ok;
}

const struct sx_tensor *sx_inference_output(const struct sx_inference *f, int i,
                                            const char **name)
{
    if (i < 0 || i >= f->n_outputs)
        return NULL;
    if (name != NULL)
        *name = f->names[i];
    return &f->outputs[i];
}

const struct sx_tensor *sx_inference_scores(const struct sx_inference *f,
                                            const struct sx_graph **g, int *node,
                                            const char **name)
{
    int i = 0;
    while (i < f->n_outputs && !sx_is_real(f->outputs[i].type))
        i++;
    i = i < f->n_outputs ? i : 0;
    if (f->n_outputs == 0)
        return NULL;
    *g = f->lowered->graph;
    *node = f->nodes[i];
    *name = f->names[i];
    return &f->outputs[i];
}
