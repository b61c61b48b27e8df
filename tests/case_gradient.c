/* case_gradient.c - writes one of ONNX's own cases for another runtime: its derivative as a
 * file, the inputs of that file, and the expected results, computed in float64 from the same
 * graph. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "graph/build.h"
#include "graph/derive.h"
#include "onnx/write.h"
#include "sextant/export.h"

enum { TEXT = 4000 };

/* A case as a graph with seeds and derivatives. */
struct gradient {
    struct test_case *c;
    struct sx_lowered *l;
    const char *to;            /* a directory */
    int of[CASE_MOST], n_of;   /* numbers of outputs */
    int seed[CASE_MOST];       /* nodes: a seed for each output */
    int wrt[CASE_MOST], n_wrt; /* numbers of inputs */
    int result[CASE_MOST];     /* nodes: the derivative by each input */
    char of_text[TEXT], wrt_text[TEXT];
};

static bool holds_nan(const struct sx_tensor *t)
{
    for (int64_t i = 0; sx_is_real(t->type) && i < sx_count(&t->shape); i++)
        if (isnan(sx_tensor_get(t, i)))
            return true;
    return false;
}

static bool is_real(const struct gradient *d, int node)
{
    return sx_is_real(d->l->graph->node[node].type);
}

static void append(char *text, const char *name)
{
    size_t n = strlen(text);
    snprintf(text + n, TEXT - n, "%s%s", n > 0 ? "," : "", name);
}

static int shaped_like(struct sx_graph *g, int node)
{
    struct sx_shape shape = g->node[node].shape;
    return sx_input(g, g->real, &shape);
}

/* Makes the sum of outputs times seeds. Keeps the inputs that it has a derivative by. */
static bool derive(struct gradient *d)
{
    struct sx_graph *g = d->l->graph;
    int f = sx_scalar(g, 0), x[CASE_MOST], dx[CASE_MOST], n = 0, from[CASE_MOST];
    for (int k = 0; k < d->l->n_outputs; k++) {
        int y = d->l->outputs[k].node;
        if (!is_real(d, y) || g->node[y].op == SX_CONST || g->node[y].op == SX_INPUT)
            continue;
        d->seed[d->n_of] = shaped_like(g, y);
        f = sx_add(g, f, sx_sum_all(g, sx_mul(g, y, d->seed[d->n_of])));
        d->of[d->n_of++] = k;
        append(d->of_text, d->l->outputs[k].name);
    }
    for (int i = 0; i < d->l->n_inputs; i++)
        if (is_real(d, d->l->inputs[i].node)) {
            from[n] = i;
            x[n++] = d->l->inputs[i].node;
        }
    if (d->n_of == 0 || n == 0 || !sx_derive(g, f, SX_NONE, x, n, dx))
        return case_say(d->c->result, CASE_OUT_OF_SCOPE, "no derivative");
    for (int i = 0; i < n; i++)
        if (!sx_is_const(g, dx[i])) {
            d->result[d->n_wrt] = dx[i];
            d->wrt[d->n_wrt++] = from[i];
            append(d->wrt_text, d->l->inputs[from[i]].name);
        }
    return d->n_wrt > 0 || case_say(d->c->result, CASE_OUT_OF_SCOPE, "no derivative");
}

/* ---- The file ---- */

/* Which inputs become constants of the file: none, integers, or all but the first real one. */
enum fixed { NOTHING, INTEGERS, ALL_BUT_ONE, FIXED };

static bool is_fixed(const struct gradient *d, int k, enum fixed fixed)
{
    bool real = sx_is_real(d->c->in[k].type);
    for (int i = 0; fixed == ALL_BUT_ONE && real && i < k; i++)
        if (sx_is_real(d->c->in[i].type))
            return true;
    return fixed != NOTHING && !real;
}

/* Makes a model in which some of the case's inputs are initializers. */
static struct sx_model *fix(const struct gradient *d, enum fixed fixed, struct sx_error *error)
{
    struct sx_wire graph = {.error = error}, file = {.error = error};
    struct sx_onnx_changes changes = {.graph = &graph};
    for (int k = 0; k < d->c->n_in; k++)
        if (is_fixed(d, k, fixed))
            sx_onnx_write_tensor(&graph, sx_model_input(d->c->model, k)->name, &d->c->in[k]);
    bool ok = sx_onnx_rewrite(d->c->model, &changes, &file);
    sx_wire_free(&graph);
    return ok ? sx_model_take(file.bytes, file.size, d->c->directory, error) : NULL;
}

/* Keeps the derivatives by inputs that are still inputs. */
static void keep_free(struct gradient *d, enum fixed fixed)
{
    int n = 0;
    d->wrt_text[0] = '\0';
    for (int i = 0; i < d->n_wrt; i++)
        for (int k = 0; k < d->c->n_in; k++)
            if (strcmp(sx_model_input(d->c->model, k)->name, d->l->inputs[d->wrt[i]].name) ==
                    0 &&
                !is_fixed(d, k, fixed)) {
                d->result[n] = d->result[i];
                d->wrt[n++] = d->wrt[i];
                append(d->wrt_text, d->l->inputs[d->wrt[i]].name);
            }
    d->n_wrt = n;
}

static bool export(struct gradient *d, const struct sx_model *model, struct sx_error *error)
{
    char path[700];
    struct sx_export_options o = {
        .of = d->of_text, .wrt = d->wrt_text, .kind = SX_EXPORT_REVERSE};
    for (int k = 0; k < d->c->n_in; k++)
        o.precise = o.precise || d->c->in[k].type == SX_DOUBLE;
    snprintf(path, sizeof path, "%s/g.onnx", d->to);
    struct sx_sink *sink = sx_sink_open(path, error);
    bool ok = sink != NULL && sx_export(model, &o, path, sink, error);
    if (sink != NULL)
        ok = sx_sink_finish(sink, ok, error) && ok;
    return ok;
}

static bool write_file(struct gradient *d)
{
    struct sx_error error = {.message = "constant"};
    bool ok = false;
    for (enum fixed fixed = NOTHING;
         fixed < FIXED && !ok && strstr(error.message, "constant") != NULL; fixed++) {
        error = (struct sx_error){0};
        struct sx_model *model = fix(d, fixed, &error);
        keep_free(d, fixed);
        ok = model != NULL && d->n_wrt > 0 && export(d, model, &error);
        sx_model_close(model);
    }
    return ok || case_say(d->c->result, CASE_OUT_OF_SCOPE,
                          d->n_wrt > 0 ? error.message : "no derivative by what is open");
}

/* ---- Inputs and results ---- */

/* Writes an array, and its name in the description. */
static void write_array(const struct gradient *d, const char *kind, int k, const char *name,
                        const struct sx_tensor *t, const char *separator)
{
    char path[700];
    struct sx_error error = {0};
    snprintf(path, sizeof path, "%s/%s%d.npy", d->to, kind, k);
    struct sx_sink *sink = sx_sink_open(path, &error);
    if (sink != NULL) {
        sx_npy_write(sink, t);
        sx_sink_finish(sink, true, &error);
    }
    printf("%s[\"%s\",\"%s\"]", separator, name, path);
}

/* Makes a seed whose elements differ. */
static bool make_seed(const struct gradient *d, int k, struct sx_tensor *seed)
{
    const struct sx_node *n = &d->l->graph->node[d->seed[k]];
    if (!sx_tensor_new(seed, SX_DOUBLE, &n->shape, NULL))
        return false;
    for (int64_t i = 0; i < sx_count(&n->shape); i++)
        sx_tensor_set(seed, i, sin((double)(i + k + 1)));
    return true;
}

/* Lists the case's inputs in the order of the lowered model, then the seeds. */
static int make_feeds(const struct gradient *d, int *in, struct sx_tensor *feeds)
{
    int n = 0;
    for (int i = 0; i < d->l->n_inputs; i++)
        for (int k = 0; k < d->c->n_in; k++)
            if (strcmp(sx_model_input(d->c->model, k)->name, d->l->inputs[i].name) == 0) {
                in[n] = d->l->inputs[i].node;
                sx_tensor_convert(&feeds[n++], d->l->graph->node[d->l->inputs[i].node].type,
                                  &d->c->in[k], NULL);
            }
    for (int k = 0; k < d->n_of; k++) {
        in[n] = d->seed[k];
        make_seed(d, k, &feeds[n++]);
    }
    return n;
}

static void print_case(const struct gradient *d, const struct sx_tensor *feeds, int n,
                       const struct sx_tensor *results)
{
    char name[300];
    printf("{\"case\":\"%s\",\"model\":\"%s/g.onnx\",\"in\":[", d->c->directory, d->to);
    for (int i = 0, k = 0; i < n; i++) {
        bool seed = i >= n - d->n_of;
        snprintf(name, sizeof name, "seed_%s",
                 d->l->outputs[d->of[seed ? i - (n - d->n_of) : 0]].name);
        write_array(d, "in", i, seed ? name : d->l->inputs[k++].name, &feeds[i],
                    i > 0 ? "," : "");
    }
    printf("],\"out\":[");
    for (int i = 0; i < d->n_wrt; i++) {
        snprintf(name, sizeof name, "vjp_%s", d->l->inputs[d->wrt[i]].name);
        write_array(d, "out", i, name, &results[i], i > 0 ? "," : "");
    }
    printf("]}\n");
}

static void evaluate(struct gradient *d)
{
    struct sx_tensor feeds[2 * CASE_MOST] = {{0}}, results[CASE_MOST] = {{0}};
    int in[2 * CASE_MOST], n = make_feeds(d, in, feeds);
    struct sx_error error = {0};
    if (sx_evaluate(d->l->graph, in, feeds, n, d->result, results, d->n_wrt, &error))
        print_case(d, feeds, n, results);
    else
        case_say(d->c->result, CASE_FAILED, error.message);
    for (int i = 0; i < n; i++)
        sx_tensor_free(&feeds[i]);
    for (int i = 0; i < d->n_wrt; i++)
        sx_tensor_free(&results[i]);
}

void case_write_gradient(const char *directory, const char *to, struct case_result *result)
{
    static struct gradient d;
    d = (struct gradient){.to = to};
    d.c = case_open(directory, result);
    if (d.c == NULL)
        return;
    for (int k = 0; k < d.c->n_in; k++)
        if (holds_nan(&d.c->in[k]))
            case_say(result, CASE_OUT_OF_SCOPE, "no derivative where a number is none");
    d.l = result->verdict == CASE_PASSED ? case_lower(d.c, true) : NULL;
    if (d.l != NULL && derive(&d) && write_file(&d))
        evaluate(&d);
    sx_lowered_free(d.l);
    case_close(d.c);
}
