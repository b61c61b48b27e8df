/* ids.c - token ids: finds the embedding behind them, so that f is explained as a function of it.
 * Row i of the embedding belongs to element i of the ids. */
#include <stdlib.h>
#include <string.h>

#include "explain/ids.h"
#include "explain/players.h"
#include "io/picture.h"

/* How many operators back the table is searched from a tensor, and the ids from the table's
 * indices. */
enum { MOST_STEPS = 8 };

/* Whether an ONNX operator looks up rows of a table. */
static bool looks_up(const char *op)
{
    static const char *const ops[] = {"Gather", "GatherBlockQuantized",
                                      "EmbedLayerNormalization"};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(op, ops[i]) == 0)
            return true;
    return false;
}

/* Whether a transpose moves only axes of length 1. */
static bool moves_nothing(const struct sx_node *transpose)
{
    int64_t last = -1;
    for (int i = 0; i < transpose->shape.rank; i++) {
        if (transpose->shape.dim[i] == 1)
            continue;
        if (transpose->attr[i] < last)
            return false;
        last = transpose->attr[i];
    }
    return true;
}

/* Whether a slice has no negative step. */
static bool goes_forward(const struct sx_node *slice)
{
    for (int i = 0; i < slice->shape.rank; i++)
        if (slice->attr[slice->shape.rank + i] < 0)
            return false;
    return true;
}

/* Whether a node has as many elements as `port`, and element i is a function of element i of the
 * port. */
static bool is_of_port(const struct sx_graph *g, int node, int port, int steps)
{
    const struct sx_node *n = &g->node[node];
    bool kept =
        sx_count(&n->shape) == sx_count(&g->node[port].shape) &&
        (n->op < SX_N_POINTWISE || n->op == SX_RESHAPE || n->op == SX_EXPAND ||
         (n->op == SX_TRANSPOSE && moves_nothing(n)) || (n->op == SX_SLICE && goes_forward(n)));
    bool any = false;
    if (node == port)
        return true;
    for (int i = 0; kept && steps > 0 && i < n->n_in; i++) {
        if (sx_is_const(g, n->in[i]))
            continue;
        if (!is_of_port(g, n->in[i], port, steps - 1))
            return false;
        any = true;
    }
    return any;
}

/* Whether a node takes rows of a constant table by the ids of `port`. */
static bool takes_by(const struct sx_graph *g, int node, int port, int steps)
{
    const struct sx_node *n = &g->node[node];
    if (n->op == SX_TAKE)
        return sx_is_const(g, n->in[0]) && is_of_port(g, n->in[1], port, MOST_STEPS);
    for (int i = 0; steps > 0 && i < n->n_in; i++)
        if (!sx_is_const(g, n->in[i]) && takes_by(g, n->in[i], port, steps - 1))
            return true;
    return false;
}

const char *sx_embedding_of(const struct sx_lowered *l, int port)
{
    const struct sx_graph *g = l->graph;
    const struct sx_node *ids = &g->node[l->inputs[port].node];
    for (size_t i = 0; ids->type == SX_INT && i < g->n_names; i++) {
        const struct sx_node *n = &g->node[g->name[i].node];
        if (looks_up(g->name[i].onnx_op) && sx_is_real(n->type) &&
            n->shape.rank == ids->shape.rank + 1 &&
            sx_count(&n->shape) == sx_count(&ids->shape) * n->shape.dim[n->shape.rank - 1] &&
            takes_by(g, g->name[i].node, l->inputs[port].node, MOST_STEPS))
            return g->name[i].name;
    }
    return NULL;
}

const struct sx_tensor *sx_explainer_elements(const struct sx_explainer *e)
{
    return e->ids ? sx_explainer_ids(e) : &e->input;
}

bool sx_explainer_embed(const struct sx_explainer *e, const struct sx_tensor *ids, double *x,
                        struct sx_error *error)
{
    const struct sx_lowered *l = e->built.lowered;
    struct sx_tensor feed = {0}, embedded = {0};
    bool ok = sx_tensor_convert(&feed, SX_INT, ids, error) &&
              sx_evaluate(l->graph, &l->inputs[e->input_port].node, &feed, 1, &e->built.x_node,
                          &embedded, 1, error);
    for (int64_t i = 0; ok && i < sx_count(&embedded.shape); i++)
        x[i] = sx_tensor_get(&embedded, i);
    sx_tensor_free(&feed);
    sx_tensor_free(&embedded);
    return ok;
}

/* Makes a player for each id, consisting of its row of the embedding. */
static struct sx_players *players_of_ids(const struct sx_explainer *e, enum sx_layout layout,
                                         struct sx_error *error)
{
    struct sx_players *p = sx_players_new(&e->input.shape, "elements", layout, error);
    if (p == NULL)
        return NULL;
    int64_t width = e->input.shape.dim[e->input.shape.rank - 1];
    for (int64_t i = 0; i < sx_count(&p->shape); i++)
        p->label[i] = i / width;
    p->count = sx_count(&p->shape) / width;
    p->on_grid = false;
    return p;
}

void sx_explainer_usual_players(const struct sx_explainer *e, enum sx_layout layout,
                                int64_t few, int64_t side, char text[SX_PLAYERS_TEXT])
{
    const struct sx_shape *x = &e->input.shape;
    struct sx_grid g;
    struct sx_error ignored = {0};
    snprintf(text, SX_PLAYERS_TEXT, "elements");
    if (e->ids || sx_count(x) <= few)
        return;
    if (x->rank == 3)
        snprintf(text, SX_PLAYERS_TEXT, "tokens");
    else if (x->rank == 4 && sx_grid_of(x, layout, &g, &ignored))
        snprintf(text, SX_PLAYERS_TEXT, "patches:%lldx%lld",
                 (long long)((g.rows + side - 1) / side),
                 (long long)((g.columns + side - 1) / side));
}

struct sx_players *sx_explainer_players(const struct sx_explainer *e, const char *specification,
                                        enum sx_layout layout, struct sx_error *error)
{
    bool tokens = e->ids && strcmp(specification, "elements") == 0;
    struct sx_players *p = tokens ? players_of_ids(e, layout, error)
                                  : sx_players_at(&e->input, specification, layout, error);
    bool by_token = tokens || strncmp(specification, "tokens", 6) == 0;
    if (p == NULL || sx_players_leave_kept(e, by_token, p, error))
        return p;
    sx_players_free(p);
    return NULL;
}
