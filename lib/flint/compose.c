/* compose.c - writes a model and its interpreter as one ONNX file of the default domain. */
#include <stdlib.h>

#include "flint/flint.h"

/* ---- The interpreter's head ---- */

/* alpha = phi * W[argmax], divided by the largest |alpha|: [N, J]. */
static void relevance(struct sx_composer *c, const char *weights)
{
    static const int64_t one = 1;
    static const float least = 1e-30F;
    const struct sx_onnx_attr axis = {.name = "axis", .i = 1};
    const struct sx_onnx_attr argmax[] = {axis, {.name = "keepdims", .i = 0}};
    const struct sx_onnx_attr axes = {.name = "axes", .ints = &one, .n = 1};
    const struct sx_onnx_attr rows = {.name = "axis", .i = 0};
    const char *phi = SX_FLINT_PHI, *class = "flint/class", *row = "flint/row";
    sx_compose_node(c, "ArgMax", class, (const char *const[]){SX_FLINT_LOGITS, NULL}, argmax,
                    2);
    sx_compose_node(c, "Gather", row, (const char *const[]){weights, class, NULL}, &rows, 1);
    const char *alpha = sx_compose_node(c, "Mul", "flint/contribution",
                                        (const char *const[]){phi, row, NULL}, NULL, 0);
    const char *size = sx_compose_node(c, "Abs", "flint/magnitude",
                                       (const char *const[]){alpha, NULL}, NULL, 0);
    const char *largest = "flint/largest", *scale = "flint/scale";
    if (c->f->opset >= 18) {
        const char *list = sx_compose_ints(c, "flint/classes", 1, &one);
        sx_compose_node(c, "ReduceMax", largest, (const char *const[]){size, list, NULL}, NULL,
                        0);
    } else {
        sx_compose_node(c, "ReduceMax", largest, (const char *const[]){size, NULL}, &axes, 1);
    }
    const char *floor = sx_compose_reals(c, "flint/least", 0, &one, &least);
    sx_compose_node(c, "Max", scale, (const char *const[]){largest, floor, NULL}, NULL, 0);
    sx_compose_node(c, "Div", SX_FLINT_RELEVANCE, (const char *const[]){alpha, scale, NULL},
                    NULL, 0);
}

static void outputs(struct sx_composer *c)
{
    int64_t batch = c->f->free_batch ? -1 : 1;
    const struct sx_shape phi = {2, {batch, c->options->attributes}};
    const struct sx_shape logits = {2, {batch, c->f->classes}};
    struct sx_shape recon = c->f->x;
    recon.dim[0] = batch;
    sx_onnx_write_port(&c->graph, SX_GRAPH_OUTPUT, SX_FLINT_PHI, SX_FLOAT, &phi, "N");
    sx_onnx_write_port(&c->graph, SX_GRAPH_OUTPUT, SX_FLINT_LOGITS, SX_FLOAT, &logits, "N");
    sx_onnx_write_port(&c->graph, SX_GRAPH_OUTPUT, SX_FLINT_RELEVANCE, SX_FLOAT, &phi, "N");
    if (!c->options->no_decoder)
        sx_onnx_write_port(&c->graph, SX_GRAPH_OUTPUT, SX_FLINT_RECON, SX_FLOAT, &recon, "N");
}

/* ---- The file ---- */

static bool check(const struct sx_flint_predictor *f, struct sx_error *error)
{
    if (f->opset < 8)
        return sx_fail(error, SX_MODEL,
                       "the model is of opset %lld; an interpreter can be added from 8 on",
                       (long long)f->opset);
    if (sx_model_metadata(f->model, "flint.version") != NULL)
        return sx_fail(error, SX_MODEL, "the model has an interpreter already");
    return true;
}

/* Lists the learned weights of f, which replace those in the file. */
static bool changed(const struct sx_flint_params *params, struct sx_onnx_changes *changes,
                    struct sx_onnx_value **values, struct sx_error *error)
{
    *values = sx_new(params->n, sizeof **values, error);
    if (*values == NULL)
        return false;
    for (size_t i = 0; i < params->n; i++)
        if (params->item[i].part == SX_FLINT_F)
            (*values)[changes->n_values++] =
                (struct sx_onnx_value){params->item[i].name, &params->item[i].value};
    changes->values = *values;
    return true;
}

bool sx_flint_compose(const struct sx_flint_predictor *f,
                      const struct sx_flint_options *options, struct sx_flint_params *params,
                      const struct sx_flint_entry *entries, size_t n_entries,
                      struct sx_wire *to)
{
    struct sx_composer c = {.f = f, .options = options, .params = params, .error = to->error};
    struct sx_onnx_changes changes = {.embed = true, .graph = &c.graph};
    struct sx_onnx_value *values = NULL;
    struct sx_wire metadata = {.error = to->error};
    c.graph.error = to->error;
    bool ok = check(f, to->error);
    if (ok) {
        sx_compose_psi(&c);
        sx_compose_full(&c, "flint/h", SX_FLINT_LOGITS, SX_FLINT_H, SX_FLINT_PHI,
                        options->attributes, f->classes);
        relevance(&c, "flint/h/weight");
        if (!options->no_decoder)
            sx_compose_decoder(&c);
        outputs(&c);
        for (size_t i = 0; i < n_entries; i++)
            sx_onnx_write_metadata(&metadata, entries[i].key, entries[i].value);
        changes.model = &metadata;
        ok = changed(params, &changes, &values, to->error) &&
             sx_onnx_rewrite(f->model, &changes, to);
    }
    free(values);
    sx_wire_free(&metadata);
    sx_wire_free(&c.graph);
    sx_arena_free(&c.arena);
    return ok && to->error->status == SX_OK;
}
