/* attr-decompose.c - fourteen attributions, the effects they share out, and how fairly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

struct decompose {
    struct cli cli;
    struct sx_decompose_options o;
    struct sx_explainer *explainer;
    struct sx_decomposer *decomposer;
    struct sx_players *players;
    const char *players_by, *background_file, *foreign_file;
    double *baseline, *background, *foreign;
    int effects, allocation, unit, bias, gradient_at;
};

static struct decompose self;

enum { HARSANYI, TAYLOR, BOTH };

static bool set_epsilon(struct cli *cli, const char *argument)
{
    (void)cli;
    self.o.absolute = strncmp(argument, "abs:", 4) == 0;
    argument += self.o.absolute ? 4 : 0;
    return sx_number_parse(argument, strlen(argument), &self.o.epsilon) && self.o.epsilon >= 0;
}

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_decompose_method(i, &what)) != NULL; i++)
        printf("%-17s %s\n", name, what);
    cli_printed(cli);
}

/* ---- One sample ---- */

/* Few elements are players each; else the tokens of a sequence, a 4 x 4 grid of a picture, or
 * columns. */
static void default_players(const struct sx_shape *shape, char text[64])
{
    int64_t last = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
    int64_t rows = shape->rank > 1 ? shape->dim[shape->rank - 2] : 1;
    snprintf(text, 64, "elements");
    if (sx_count(shape) > 16 && shape->rank == 4)
        snprintf(text, 64, "patches:%lldx%lld", (long long)(rows + 3) / 4,
                 (long long)(last + 3) / 4);
    else if (sx_count(shape) > 16 && shape->rank == 3)
        snprintf(text, 64, "tokens");
}

static bool read_foreign(struct decompose *s, struct sx_error *error)
{
    struct sx_tensor t = {0};
    int64_t n = sx_players_count(s->players);
    if (s->foreign_file == NULL || s->foreign != NULL)
        return true;
    if (!sx_tensor_read(&t, s->foreign_file, error))
        return false;
    if (sx_count(&t.shape) == n)
        s->foreign = malloc((size_t)(n > 0 ? n : 1) * sizeof *s->foreign);
    for (int64_t i = 0; s->foreign != NULL && i < n; i++)
        s->foreign[i] = sx_tensor_get(&t, i);
    if (s->foreign == NULL) {
        error->status = SX_FAILED;
        snprintf(error->message, sizeof error->message, "%.80s: %lld scores for %lld players",
                 s->foreign_file, (long long)sx_count(&t.shape), (long long)n);
    }
    sx_tensor_free(&t);
    s->o.foreign = s->foreign;
    return s->foreign != NULL;
}

static bool prepare(struct decompose *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    char text[64];
    free(s->baseline);
    s->baseline = NULL;
    if (s->background_file != NULL && s->background == NULL &&
        !cli_read_points(&s->cli, s->background_file, shape, &s->background, &s->o.n_background,
                         error))
        return false;
    s->o.background = s->o.n_background > 0 ? s->background : NULL;
    sx_players_free(s->players);
    default_players(shape, text);
    s->players = sx_players_new(shape, s->players_by != NULL ? s->players_by : text,
                                s->cli.pre.layout, error);
    s->o.players = s->players;
    s->o.layout = s->cli.pre.layout;
    s->o.seed = s->cli.seed;
    s->o.sample = (uint64_t)sample->index;
    bool ok = s->players != NULL && read_foreign(s, error) &&
              cli_baseline(&s->cli, s->explainer, s->o.background, s->o.n_background,
                           &s->baseline, error);
    s->o.baseline = s->baseline;
    return ok;
}

/* ---- Records ---- */

static void write_set(struct sx_json *j, uint64_t set)
{
    sx_json_array(j, "set");
    for (; set != 0; set &= set - 1)
        sx_json_int(j, NULL, __builtin_ctzll(set));
    sx_json_array_end(j);
}

static void write_numbers(struct sx_json *j, const char *key, const double *values, int64_t n)
{
    sx_json_array(j, key);
    for (int64_t i = 0; i < n; i++)
        sx_json_number(j, NULL, values[i]);
    sx_json_array_end(j);
}

static void write_params(struct decompose *s, const struct sx_decomposition *r)
{
    struct sx_json *j = &s->cli.json;
    const struct sx_decompose_options *o = &s->o;
    sx_json_object(j, "params");
    sx_json_string(j, "players", s->players_by);
    sx_json_int(j, "n_players", r->players);
    sx_json_string(j, "baseline", s->cli.baseline);
    sx_json_string(j, "background", s->background_file);
    sx_json_int(j, "max_order", o->order);
    sx_json_string(j, "gxi_at", o->gradient_at_baseline ? "baseline" : "input");
    sx_json_int(j, "ig_nodes", o->nodes);
    sx_json_double(j, "lrp_eps", o->epsilon);
    sx_json_bool(j, "lrp_eps_absolute", o->absolute);
    sx_json_string(j, "lrp_bias", o->distribute ? "distribute" : "absorb");
    sx_json_string(j, "deepshap_unit", o->neuron ? "neuron" : "op");
    sx_json_string(j, "cam_layer", o->layer);
    sx_json_int(j, "taylor", o->taylor);
    sx_json_int(j, "taylor_fit", o->fit);
    sx_json_string(j, "smooth", o->smooth);
    sx_json_double(j, "tol", o->tolerance);
    sx_json_int(j, "budget", o->budget);
    sx_json_string(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_json_int(j, "seed", (int64_t)s->cli.seed);
    sx_json_object_end(j);
}

static void write_principles(struct sx_json *j, const struct sx_decomposed *m)
{
    static const char *const name[] = {"p1", "p2", "p3"};
    sx_json_object(j, "principles");
    for (int k = 0; k < 3; k++) {
        const struct sx_principle *p = &m->principle[k];
        sx_json_object(j, name[k]);
        sx_json_double(j, "violation", p->violation);
        sx_json_bool(j, "holds", p->holds);
        sx_json_bool(j, "derived", p->derived);
        sx_json_object_end(j);
    }
    sx_json_object_end(j);
}

static void write_allocation(struct sx_json *j, const struct sx_decomposition *r,
                             const struct sx_decomposed *m)
{
    sx_json_array(j, "allocation");
    for (int64_t s = 1; m->share != NULL && s < r->n_sets; s++) {
        sx_json_object(j, NULL);
        write_set(j, r->set[s]);
        write_numbers(j, "share", m->share + s * r->players, r->players);
        sx_json_object_end(j);
    }
    sx_json_array_end(j);
}

static void write_method(struct sx_json *j, const struct sx_decomposition *r,
                         const struct sx_decomposed *m)
{
    sx_json_object(j, NULL);
    sx_json_string(j, "name", m->name);
    if (m->failure != NULL) {
        sx_json_string(j, "attribution", NULL);
        sx_json_string(j, "reason", m->failure);
        sx_json_object_end(j);
        return;
    }
    write_numbers(j, "attribution", m->attribution, r->players);
    sx_json_number(j, "sum", m->sum);
    if (m->complete)
        sx_json_double(j, "completeness_gap", m->gap);
    else
        sx_json_string(j, "completeness_gap", NULL);
    if (m->map.data != NULL)
        sx_json_tensor(j, "map", &m->map);
    write_allocation(j, r, m);
    if (m->share != NULL)
        write_principles(j, m);
    sx_json_object(j, "selectope");
    if (isnan(m->set_slack))
        sx_json_string(j, "exists", NULL);
    else
        sx_json_bool(j, "exists", m->exists);
    sx_json_double(j, "set_slack", m->set_slack);
    sx_json_double(j, "kappa_slack", m->term_slack);
    sx_json_object_end(j);
    sx_json_double(j, "residual", m->residual);
    sx_json_double(j, "residual_closed_form", m->closed);
    sx_json_int(j, "evaluations", m->evaluations);
    sx_json_object_end(j);
}

static void write_taylor(struct sx_json *j, const struct sx_decomposition *r)
{
    sx_json_object(j, "taylor");
    sx_json_int(j, "K", r->order);
    sx_json_array(j, "terms");
    for (int64_t k = 0; k < r->n_terms; k++) {
        sx_json_object(j, NULL);
        sx_json_array(j, "kappa");
        for (int64_t i = 0; i < r->players; i++)
            sx_json_int(j, NULL, r->degree[k * r->players + i]);
        sx_json_array_end(j);
        sx_json_double(j, "I", r->term[k]);
        sx_json_object_end(j);
    }
    sx_json_array_end(j);
    sx_json_double(j, "gap", r->gap);
    sx_json_double(j, "J_gap_max", r->effect_gap);
    sx_json_double(j, "ig_gap", r->ig_gap);
    sx_json_double(j, "smooth_change", r->smooth_change);
    sx_json_bool(j, "converged", r->converged);
    sx_json_object_end(j);
}

static bool write_record(struct decompose *s, const struct cli_sample *sample,
                         const struct sx_decomposition *r, struct sx_error *error)
{
    struct sx_json *j = &s->cli.json;
    struct sx_record record;
    const char *warnings[3];
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    if (r->n_terms > 0 && !r->converged)
        warnings[record.warning_count++] = "the Taylor series has not converged at this order";
    if (s->background == NULL)
        warnings[record.warning_count++] = "no --background: the baseline alone is used";
    if (strcmp(s->cli.baseline, "zero") != 0)
        warnings[record.warning_count++] = "lrp-eps, lrp-ab and deeptaylor are against zero";
    record.warnings = warnings;
    sx_record_begin(j, &record);
    write_params(s, r);
    sx_json_number(j, "f_x", r->f_x);
    sx_json_number(j, "f_b", r->f_b);
    sx_json_array(j, "effects");
    for (int64_t k = 1; s->effects != TAYLOR && k < r->n_sets; k++) {
        sx_json_object(j, NULL);
        write_set(j, r->set[k]);
        sx_json_number(j, "J", r->effect[k]);
        sx_json_object_end(j);
    }
    sx_json_array_end(j);
    if (r->n_terms > 0)
        write_taylor(j, r);
    sx_json_array(j, "methods");
    for (int i = 0; i < r->n_methods; i++)
        write_method(j, r, &r->method[i]);
    sx_json_array_end(j);
    return sx_record_end(j, &record, error);
}

/* ---- Text and arrays ---- */

static const char *verdict(const struct sx_decomposed *m, int k)
{
    return m->share == NULL ? "-" : m->principle[k].holds ? "yes" : "no";
}

/* A line for each method; "yes/no": measured at this input / derived for any f. */
static bool write_text(struct decompose *s, const struct cli_sample *sample,
                       const struct sx_decomposition *r, struct sx_error *error)
{
    struct sx_sink *sink = s->cli.sink;
    sx_sink_print(sink, "%s[%lld]  f(x) %.6g  f(b) %.6g  %lld players\n", sample->id,
                  (long long)sample->index, r->f_x, r->f_b, (long long)r->players);
    sx_sink_print(sink, "%-17s %12s %10s  %-8s %-8s %-8s\n", "method", "sum", "gap", "P1", "P2",
                  "P3");
    for (int i = 0; i < r->n_methods; i++) {
        const struct sx_decomposed *m = &r->method[i];
        if (m->failure != NULL) {
            sx_sink_print(sink, "%-17s %s\n", m->name, m->failure);
            continue;
        }
        sx_sink_print(sink, "%-17s %12.6g %10.2g ", m->name, m->sum, m->gap);
        for (int k = 0; k < 3; k++) {
            char both[16];
            snprintf(both, sizeof both, "%s/%s", verdict(m, k),
                     m->principle[k].derived ? "yes" : "no");
            sx_sink_print(sink, " %-8s", both);
        }
        sx_sink_print(sink, "\n");
    }
    return sx_sink_flush(sink, error);
}

static bool add_array(struct decompose *s, const struct sx_decomposition *r,
                      struct sx_error *error)
{
    struct sx_shape shape = {2, {r->n_methods, r->players}};
    struct sx_tensor t;
    if (!sx_tensor_new(&t, SX_DOUBLE, &shape, error))
        return false;
    for (int64_t i = 0; i < r->n_methods * r->players; i++) {
        const struct sx_decomposed *m = &r->method[i / r->players];
        sx_tensor_set(&t, i, m->failure != NULL ? NAN : m->attribution[i % r->players]);
    }
    bool ok = cli_add_array(&s->cli, &t, error);
    sx_tensor_free(&t);
    return ok;
}

static bool explain(struct decompose *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    struct sx_decomposition r;
    if (!sx_explainer_sample(s->explainer, sample->feeds, error) ||
        !prepare(s, sample, error) || !sx_decompose(s->decomposer, &s->o, &r, error))
        return false;
    if (s->cli.format == CLI_FORMAT_TEXT)
        return write_text(s, sample, &r, error);
    return s->cli.format == CLI_NPY ? add_array(s, &r, error)
                                    : write_record(s, sample, &r, error);
}

static void run(struct decompose *s)
{
    struct cli_sample sample;
    bool go_on = true;
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    if (s->explainer != NULL)
        s->decomposer = sx_decomposer_new(s->explainer, &s->cli.error);
    while (s->decomposer != NULL && go_on && cli_next(&s->cli, &sample)) {
        struct sx_error error = {0};
        bool ok = explain(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

static void free_all(struct decompose *s)
{
    sx_decomposer_free(s->decomposer);
    sx_explainer_free(s->explainer);
    sx_players_free(s->players);
    free(s->baseline);
    free(s->background);
    free(s->foreign);
}

static const struct cli_option options[] = {
    {0, "methods", "LIST", "all, or names by commas: see --list-methods", CLI_TEXT,
     &self.o.methods, NULL, NULL},
    {0, "list-methods", NULL, "what the methods are", CLI_CALL, NULL, NULL, list_methods},
    {0, "players", "HOW", "what is masked together", CLI_TEXT, &self.players_by, NULL, NULL},
    {0, "background", "FILE", "references of preddiff, expgrad, deepshap", CLI_TEXT,
     &self.background_file, NULL, NULL},
    {0, "effects", "KIND", "harsanyi, taylor or both", CLI_CHOICE, &self.effects,
     "harsanyi|taylor|both", NULL},
    {0, "taylor", "K", "Taylor effects up to order K", CLI_COUNT, &self.o.taylor, NULL, NULL},
    {0, "taylor-fit", "D", "those of a polynomial of degree D", CLI_COUNT, &self.o.fit, NULL,
     NULL},
    {0, "smooth", "MODE", "for Taylor effects: softplus:B, gelu", CLI_TEXT, &self.o.smooth,
     NULL, NULL},
    {0, "alloc", "HOW", "sets: auto, full, truncated or none", CLI_CHOICE, &self.allocation,
     "auto|full|truncated|none", NULL},
    {0, "max-order", "Q", "largest sets of a truncated allocation", CLI_COUNT, &self.o.order,
     NULL, NULL},
    {0, "attr", "FILE", "scores of the players to judge", CLI_TEXT, &self.foreign_file, NULL,
     NULL},
    {0, "gxi-at", "WHERE", "gradient at input or baseline", CLI_CHOICE, &self.gradient_at,
     "input|baseline", NULL},
    {0, "ig-nodes", "N", "nodes of integrated gradients", CLI_COUNT, &self.o.nodes, NULL, NULL},
    {0, "cam-layer", "TENSOR", "feature maps of Grad-CAM", CLI_TEXT, &self.o.layer, NULL, NULL},
    {0, "deepshap-unit", "UNIT", "op or neuron", CLI_CHOICE, &self.unit, "op|neuron", NULL},
    {0, "lrp-eps", "E|abs:E", "stabiliser of LRP-epsilon", CLI_CALL, NULL, NULL, set_epsilon},
    {0, "lrp-bias", "HOW", "absorb or distribute", CLI_CHOICE, &self.bias, "absorb|distribute",
     NULL},
    {0, "budget", "N", "evaluations of Shapley values", CLI_COUNT, &self.o.budget, NULL, NULL},
    {0, "tol", "R", "tolerance of principles", CLI_NUMBER, &self.o.tolerance, NULL, NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct decompose *s = &self;
    s->cli = (struct cli){.tool = "attr-decompose",
                          .summary = "Explain by fourteen methods, and judge how fairly.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = 1u << CLI_FORMAT_TEXT | 1u << CLI_JSON | 1u << CLI_NPY,
                          .score = SX_SCORE_LOGIT};
    s->o = sx_decompose_defaults();
    cli_parse(&s->cli, argc, argv);
    s->o.allocation = (enum sx_allocation)s->allocation;
    s->o.neuron = s->unit == 1;
    s->o.distribute = s->bias == 1;
    s->o.gradient_at_baseline = s->gradient_at == 1;
    if (s->effects != HARSANYI && s->o.taylor == 0 && s->o.fit == 0)
        s->o.taylor = 3;
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
