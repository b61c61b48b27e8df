/* build.c - makes the graph that methods differentiate, from a model and the shapes of a sample. */
#include <stdlib.h>
#include <string.h>

#include "explain/build.h"
#include "explain/ids.h"
#include "explain/infer.h"
#include "explain/prefix.h"

void sx_masked_free(struct sx_masked *kept)
{
    sx_points_free(kept->points);
    sx_graph_free(kept->graph);
    sx_prefix_free(kept->prefix);
    *kept = (struct sx_masked){0};
}

void sx_explained_free(struct sx_explained *b)
{
    sx_points_free(b->points);
    sx_points_free(b->gradients);
    sx_points_free(b->guided);
    sx_masked_free(&b->masked);
    sx_decider_free(&b->decider);
    sx_program_free(b->forward);
    sx_program_free(b->ahead);
    sx_program_free(b->still);
    free(b->ahead_reads);
    sx_graph_free(b->whole);
    sx_graph_free(b->graph);
    sx_lowered_free(b->lowered);
    free(b->input);
    free(b->kink);
    sx_aim_free(&b->aim);
    *b = (struct sx_explained){0};
}

static int explained_tensor(struct sx_explainer *e, struct sx_error *error)
{
    struct sx_lowered *l = e->built.lowered;
    int y = e->target.output != NULL ? sx_find(l->graph, e->target.output) : SX_NONE;
    if (y == SX_NONE)
        sx_no_tensor(l->graph, e->target.output != NULL ? e->target.output : "", error);
    else if (!sx_is_real(l->graph->node[y].type))
        sx_fail(error, SX_USAGE, "tensor '%.80s' does not hold real numbers", e->target.output);
    else
        return y;
    return SX_NONE;
}

/* The first real tensor of the file that depends on the inputs: the embedding of token ids. */
static const char *first_real_tensor(const struct sx_lowered *l)
{
    const struct sx_graph *g = l->graph;
    struct sx_error ignored = {0};
    bool *reached = sx_new(g->n_nodes, sizeof *reached, &ignored);
    const char *name = NULL;
    for (int i = 0; reached != NULL && i < l->n_inputs; i++)
        sx_mark_reached(g, &l->inputs[i].node, 1, g->n_nodes, reached);
    for (size_t i = 0; reached != NULL && name == NULL && i < g->n_names; i++)
        if (reached[g->name[i].node] && sx_is_real(g->node[g->name[i].node].type))
            name = g->name[i].name;
    free(reached);
    return name;
}

static bool no_real_input(const struct sx_lowered *l, struct sx_error *error)
{
    const char *name = first_real_tensor(l);
    return sx_fail(error, SX_USAGE,
                   "the model takes no real input to differentiate by; name a tensor%s%.80s",
                   name != NULL ? ", for example --wrt=" : " with --wrt",
                   name != NULL ? name : "");
}

/* Whether derivatives of the scores by x pass through a rounding. */
static bool goes_straight(const struct sx_explained *b, struct sx_error *error, bool *straight)
{
    const struct sx_graph *g = b->graph;
    bool *reached = sx_new(g->n_nodes, sizeof *reached, error);
    if (reached == NULL)
        return false;
    sx_mark_reached(g, &b->x, 1, g->n_nodes, reached);
    *straight = false;
    for (size_t i = 0; i < g->n_nodes; i++)
        *straight = *straight || (g->node[i].op == SX_THROUGH && reached[g->node[i].in[1]]);
    free(reached);
    return true;
}

static bool no_dependence(const struct sx_explainer *e, struct sx_error *error)
{
    return sx_fail(error, SX_USAGE, "tensor '%.80s' does not depend on '%.80s'",
                   e->target.output, e->input_name);
}

static bool use_input(struct sx_explainer *e, int i, const char *embedding, int *x)
{
    const struct sx_lowered *l = e->built.lowered;
    e->ids = e->inner = embedding != NULL;
    e->input_port = i;
    e->input_name = e->ids ? embedding : l->inputs[i].name;
    *x = e->ids ? sx_find(l->graph, embedding) : l->inputs[i].node;
    return true;
}

/* Finds the first input that is real or has an embedding behind it. If there is none and integers
 * are allowed, it is the first input. */
static bool find_input(struct sx_explainer *e, int *x, struct sx_error *error)
{
    const struct sx_lowered *l = e->built.lowered;
    for (int i = 0; i < l->n_inputs; i++) {
        bool real = sx_is_real(l->graph->node[l->inputs[i].node].type);
        const char *embedding = real ? NULL : sx_embedding_of(l, i);
        if (real || embedding != NULL)
            return use_input(e, i, embedding, x);
    }
    if (e->options.values_only && l->n_inputs > 0)
        return use_input(e, 0, NULL, x);
    return no_real_input(l, error);
}

/* Sets input_name, inner and input_port. *x becomes x's node in the faithful graph. */
static bool choose_input(struct sx_explainer *e, int *x, struct sx_error *error)
{
    struct sx_lowered *l = e->built.lowered;
    const char *wrt = e->options.wrt;
    e->inner = e->ids = false;
    if (wrt == NULL)
        return find_input(e, x, error);
    e->input_name = wrt;
    for (int i = 0; i < l->n_inputs; i++) {
        if (strcmp(l->inputs[i].name, wrt) != 0)
            continue;
        e->input_port = i;
        e->input_name = l->inputs[i].name;
        *x = l->inputs[i].node;
        if (!e->options.values_only && !sx_is_real(l->graph->node[*x].type))
            return sx_fail(error, SX_USAGE,
                           "input '%.80s' holds integers, which have no gradient",
                           e->input_name);
        return true;
    }
    e->inner = true;
    *x = sx_find(l->graph, wrt);
    if (*x == SX_NONE && sx_model_has_tensor(e->model, wrt))
        return no_dependence(e, error);
    if (*x == SX_NONE)
        return sx_no_tensor(l->graph, wrt, error);
    if (!sx_is_real(l->graph->node[*x].type))
        return sx_fail(error, SX_USAGE, "tensor '%.80s' does not hold real numbers", wrt);
    return true;
}

/* Rebuilds the faithful graph with identities applied and x as an input, and adds the value of the
 * target. */
static bool simplify(struct sx_explainer *e, int x, int scores, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    const struct sx_graph *faithful = b->lowered->graph;
    int n = b->lowered->n_inputs;
    int *map = sx_new(faithful->n_nodes, sizeof *map, error);
    b->input = sx_new((size_t)n, sizeof *b->input, error);
    b->graph = sx_graph_new(faithful->rows, faithful->real, error);
    if (map == NULL || b->input == NULL || b->graph == NULL) {
        free(map);
        return false;
    }
    b->n_inputs = n;
    struct sx_graph *g = b->graph;
    g->watch = b->lowered->graph->watch = e->options.watch;
    struct sx_smoothing smoothing = {faithful, map, e->smooth};
    const int roots[] = {scores, b->logits_node};
    int n_roots = b->logits_node != SX_NONE ? 2 : 1;
    bool ok = sx_rebuild(faithful, g, roots, n_roots, &x, 1, map, sx_smooth_change, &smoothing);
    if (ok && map[x] == SX_NONE)
        ok = sx_graph_fail(g, SX_USAGE, "tensor '%.80s' does not depend on '%.80s'",
                           e->target.output, e->input_name);
    if (ok) {
        struct sx_shape one = {1, {1}};
        b->x = map[x];
        b->scores = map[scores];
        b->index = sx_input(g, SX_INT, &one);
        b->logits = n_roots > 1 ? map[b->logits_node] : SX_NONE;
        b->value = n_roots > 1 ? sx_margin_node(g, b->logits, b->index, b->score)
                               : sx_aim_node(&b->aim, g, b->scores, b->index);
        for (int i = 0; i < n; i++)
            b->input[i] = map[b->lowered->inputs[i].node];
    }
    free(map);
    return sx_graph_ok(g, error);
}

/* Compiles the forward pass. It runs the simplified graph without the cut at x, so x may be an
 * inner tensor. */
bool sx_explained_forward(struct sx_explainer *e, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_lowered *l = b->lowered;
    struct sx_run_options options = {.threads = e->options.threads,
                                     .max_memory = e->options.max_memory};
    int *inputs = sx_new((size_t)l->n_inputs, sizeof *inputs, error);
    if (inputs == NULL)
        return false;
    for (int i = 0; i < l->n_inputs; i++)
        inputs[i] = l->inputs[i].node;
    b->x_shape = l->graph->node[b->x_node].shape;
    const int outputs[] = {b->scores_node, b->x_node};
    b->forward =
        sx_compile(l->graph, inputs, l->n_inputs, outputs, e->inner ? 2 : 1, &options, error);
    free(inputs);
    return b->forward != NULL;
}

bool sx_explained_build(struct sx_explainer *e, const struct sx_tensor *feeds,
                        struct sx_error *error)
{
    sx_explained_free(&e->built);
    e->builds++;
    e->built.lowered = sx_lower_for(e->model, e->target.output, feeds,
                                    e->options.precise ? SX_DOUBLE : SX_FLOAT, e->options.ste,
                                    e->options.max_memory, error);
    if (e->built.lowered == NULL)
        return false;
    int x = SX_NONE, y = explained_tensor(e, error);
    if (y == SX_NONE || !choose_input(e, &x, error))
        return false;
    struct sx_graph *g = e->built.lowered->graph;
    struct sx_explained *b = &e->built;
    b->classes = sx_classes_of(g, y);
    if (!sx_labels_fit(&b->classes, e->options.n_labels, e->target.output, error) ||
        !sx_aim_read(&b->aim, g, y, &e->options, error))
        return false;
    b->score = e->options.score;
    int scores = sx_score_node(g, y, b->aim.other, &b->score);
    b->logits_node = e->options.margin ? sx_margin_logits(g, y, &b->aim, b->score) : SX_NONE;
    b->x_node = x;
    b->scores_node = scores;
    return sx_graph_ok(g, error) && simplify(e, x, scores, error) &&
           goes_straight(b, error, &e->target.straight_through) &&
           sx_find_kinks(g, x, scores, &b->kink, &b->n_kinks, error);
}
