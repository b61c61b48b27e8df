/* infer.c - runs a model as it is. */
#include <stdlib.h>

#include "explain/decide.h"
#include "explain/infer.h"
#include "run/run.h"

/* What is built for the shapes of a sample, and for the decisions that depend on its values. */
struct inferred {
    struct sx_lowered *lowered;
    struct sx_program *program;
    struct sx_decider decider;
    struct sx_tensor *outputs;
    const char **names;
    int *nodes; /* nodes of the outputs */
    int *kinds; /* element types SX_ONNX_*; 0: not known */
    int n_outputs;
};

struct sx_inference {
    struct sx_model *model;
    struct sx_infer_options options;
    struct inferred now, kept[SX_KEPT]; /* kept: builds for other decisions, the latest first */
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
    return f;
}

static void release(struct inferred *b)
{
    for (int i = 0; b->outputs != NULL && i < b->n_outputs; i++)
        sx_tensor_free(&b->outputs[i]);
    free(b->outputs);
    free(b->names);
    free(b->nodes);
    free(b->kinds);
    sx_decider_free(&b->decider);
    sx_program_free(b->program);
    sx_lowered_free(b->lowered);
    *b = (struct inferred){0};
}

void sx_inference_free(struct sx_inference *f)
{
    if (f == NULL)
        return;
    release(&f->now);
    for (int i = 0; i < SX_KEPT; i++)
        release(&f->kept[i]);
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
        inputs[i].sample = feeds != NULL ? &feeds[i] : NULL;
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

/* Adds the size of an output to *all, which the memory limit bounds. */
static bool add_bytes(const struct sx_inference *f, const struct sx_node *output, size_t *all,
                      struct sx_error *error)
{
    size_t limit = f->options.max_memory, bytes;
    int64_t n;
    if (!sx_shape_count(&output->shape, &n, error))
        return false;
    if (!sx_size_mul(&bytes, (size_t)n, sx_type_size(output->type)) ||
        !sx_size_add(all, *all, bytes))
        return sx_over_limit(error, "the outputs are too large");
    return limit == 0 || *all <= limit ||
           sx_over_limit(error, "outputs of %zu MB are over the memory limit of %zu MB",
                         *all >> 20, limit >> 20);
}

/* Allocates the outputs, and writes their nodes to outputs[]. */
static bool choose_outputs(struct sx_inference *f, int *outputs, struct sx_error *error)
{
    struct inferred *b = &f->now;
    const struct sx_lowered *l = b->lowered;
    size_t all = 0;
    for (int i = 0; i < b->n_outputs; i++) {
        outputs[i] = f->options.output != NULL ? sx_find(l->graph, f->options.output)
                                               : l->outputs[i].node;
        b->names[i] = f->options.output != NULL ? f->options.output : l->outputs[i].name;
        if (outputs[i] == SX_NONE)
            return sx_no_tensor(l->graph, f->options.output, error);
        b->kinds[i] = i < l->n_outputs ? l->outputs[i].onnx_type : 0;
        const struct sx_node *n = &l->graph->node[outputs[i]];
        if (!add_bytes(f, n, &all, error) ||
            !sx_tensor_new(&b->outputs[i], n->type, &n->shape, error))
            return false;
    }
    return true;
}

static bool build(struct sx_inference *f, const struct sx_tensor *feeds, struct sx_error *error)
{
    struct inferred *b = &f->now;
    release(b);
    b->lowered = sx_lower_for(f->model, f->options.output, feeds,
                              f->options.precise ? SX_DOUBLE : SX_FLOAT, SX_STE_OFF,
                              f->options.max_memory, error);
    if (b->lowered == NULL)
        return false;
    const struct sx_lowered *l = b->lowered;
    b->n_outputs = f->options.output != NULL ? 1 : l->n_outputs;
    b->outputs = sx_new((size_t)b->n_outputs, sizeof *b->outputs, error);
    b->names = sx_new((size_t)b->n_outputs, sizeof *b->names, error);
    b->nodes = sx_new((size_t)b->n_outputs, sizeof *b->nodes, error);
    b->kinds = sx_new((size_t)b->n_outputs, sizeof *b->kinds, error);
    int *inputs = sx_new((size_t)l->n_inputs, sizeof *inputs, error);
    if (b->outputs != NULL && b->names != NULL && b->nodes != NULL && b->kinds != NULL &&
        inputs != NULL && choose_outputs(f, b->nodes, error)) {
        struct sx_run_options options = {.threads = f->options.threads,
                                         .max_memory = f->options.max_memory};
        for (int i = 0; i < l->n_inputs; i++)
            inputs[i] = l->inputs[i].node;
        l->graph->watch = f->options.watch;
        b->program =
            sx_compile(l->graph, inputs, l->n_inputs, b->nodes, b->n_outputs, &options, error);
    }
    free(inputs);
    return b->program != NULL;
}

/* Makes `now` a build that fits the sample, if there is one: that of the last sample, or a kept
 * one. A build that depends on values is kept when another one replaces it. */
static bool find(struct sx_inference *f, const struct sx_tensor *feeds, bool *found,
                 struct sx_error *error)
{
    struct sx_run_options options = {.threads = f->options.threads,
                                     .max_memory = f->options.max_memory};
    if (!sx_decider_fits(&f->now.decider, f->now.lowered, feeds, &options, found, error))
        return false;
    if (*found || f->now.lowered == NULL || f->now.lowered->n_decisions == 0)
        return true;
    struct inferred last = f->now;
    for (int i = 0; i < SX_KEPT && !*found; i++) {
        struct inferred next = f->kept[i];
        f->kept[i] = last;
        f->now = last = next;
        if (!sx_decider_fits(&f->now.decider, f->now.lowered, feeds, &options, found, error))
            return false;
    }
    return true;
}

bool sx_inference_run(struct sx_inference *f, const struct sx_tensor *feeds,
                      struct sx_error *error)
{
    bool found;
    if (!find(f, feeds, &found, error))
        return false;
    if (!found && !build(f, feeds, error)) {
        release(&f->now);
        return false;
    }
    const struct sx_lowered *l = f->now.lowered;
    struct sx_tensor *typed = sx_new((size_t)l->n_inputs, sizeof *typed, error);
    bool ok = typed != NULL;
    for (int i = 0; ok && i < l->n_inputs; i++) {
        enum sx_type type = l->graph->node[l->inputs[i].node].type;
        ok = sx_port_takes(sx_model_input(f->model, i), &feeds[i], error);
        if (feeds[i].type == type)
            typed[i] = feeds[i]; /* borrowed */
        else
            ok = ok && sx_tensor_convert(&typed[i], type, &feeds[i], error);
    }
    ok = ok && sx_run(f->now.program, typed, f->now.outputs, error);
    for (int i = 0; typed != NULL && i < l->n_inputs; i++)
        if (typed[i].data != feeds[i].data)
            sx_tensor_free(&typed[i]);
    free(typed);
    return ok;
}

const struct sx_tensor *sx_inference_output(const struct sx_inference *f, int i,
                                            const char **name)
{
    if (i < 0 || i >= f->now.n_outputs)
        return NULL;
    if (name != NULL)
        *name = f->now.names[i];
    return &f->now.outputs[i];
}

bool sx_inference_is_text(const struct sx_inference *f, int i)
{
    return i >= 0 && i < f->now.n_outputs &&
           f->now.kinds[i] == ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
}

bool sx_inference_is_natural(const struct sx_inference *f, int i)
{
    return i >= 0 && i < f->now.n_outputs &&
           f->now.kinds[i] == ONNX__TENSOR_PROTO__DATA_TYPE__UINT64;
}

const struct sx_tensor *sx_inference_scores(const struct sx_inference *f,
                                            const struct sx_graph **g, int *node,
                                            const char **name)
{
    int i = 0;
    while (i < f->now.n_outputs && !sx_is_real(f->now.outputs[i].type))
        i++;
    i = i < f->now.n_outputs ? i : 0;
    if (f->now.n_outputs == 0)
        return NULL;
    *g = f->now.lowered->graph;
    *node = f->now.nodes[i];
    *name = f->now.names[i];
    return &f->now.outputs[i];
}
