/* prepare.c - what depends on the shapes that a layer has: its places, and what lies below
 * it. */
#include <stdlib.h>
#include <string.h>

#include "taylorcam/taylorcam.h"

/* MOST: the largest number of places that are used as they are. More are merged into blocks, of
 * which there are at most FEW. */
enum { MOST_IN_PAIRS = 1024, MOST_IN_TRIPLES = 256, FEW_IN_PAIRS = 256, FEW_IN_TRIPLES = 64 };

struct sx_taylorcam *sx_taylorcam_new(struct sx_explainer *e,
                                      const struct sx_taylorcam_options *o,
                                      struct sx_error *error)
{
    if (o->order < 2 || o->order > 3)
        sx_fail(error, SX_USAGE, "order %d is neither 2 nor 3", (int)o->order);
    else if (o->order == 3 && (o->diagonal || o->form >= SX_TAYLOR_OCCLUSION))
        sx_fail(error, SX_USAGE, "order 3 relates different places by derivatives only");
    else {
        struct sx_taylorcam *t = sx_new(1, sizeof *t, error);
        if (t != NULL)
            *t = (struct sx_taylorcam){.e = e, .o = *o};
        return t;
    }
    return NULL;
}

static void reset(struct sx_taylorcam *t)
{
    sx_products_free(t->products);
    sx_rows_free(t->rows);
    sx_places_free(&t->places);
    *t = (struct sx_taylorcam){
        .e = t->e, .o = t->o, .logit = t->logit, .occluding = t->occluding};
}

void sx_taylorcam_free(struct sx_taylorcam *t)
{
    if (t == NULL)
        return;
    reset(t);
    sx_taylorcam_free(t->occluding);
    sx_explainer_free(t->logit);
    free(t);
}

bool sx_taylorcam_logit_zero(const struct sx_taylorcam *t)
{
    return t->logit_zero;
}

const char *sx_taylorcam_bypass(const struct sx_taylorcam *t)
{
    return t->bypass;
}

/* Fails for a layer of one place, and names another. */
static bool refuse_single(const struct sx_taylorcam *t, struct sx_error *error)
{
    struct sx_error ignored = {0};
    const char *other = sx_default_layer(t->e->model, t->e->feeds, t->e->options.output,
                                         t->e->options.max_memory, &ignored);
    if (other != NULL && strcmp(other, t->e->input_name) == 0)
        other = NULL;
    return sx_fail(error, SX_USAGE, "layer '%.80s' has one place: nothing to relate%s%.80s",
                   t->e->input_name, other != NULL ? "; take an earlier one, as " : "",
                   other != NULL ? other : "");
}

static bool check_places(const struct sx_taylorcam *t, struct sx_error *error)
{
    int64_t n = t->places.n, most = t->o.order == 3 ? MOST_IN_TRIPLES : MOST_IN_PAIRS;
    if (n < 2)
        return refuse_single(t, error);
    if (n < t->o.order)
        return sx_fail(error, SX_USAGE, "layer '%.80s' has %lld places, too few for order %d",
                       t->e->input_name, (long long)n, (int)t->o.order);
    if (n > most)
        return sx_fail(error, SX_USAGE, "%lldx%lld places are over %lld",
                       (long long)t->places.block[0], (long long)t->places.block[1],
                       (long long)most);
    return true;
}

/* Makes the places as they were asked for. Without a grid, and if there are too many, they are
 * blocks of a few rows and columns each. */
static bool make_places(struct sx_taylorcam *t, struct sx_error *error)
{
    const struct sx_shape *shape = &t->e->input.shape;
    struct sx_places *p = &t->places;
    int64_t few = t->o.order == 3 ? FEW_IN_TRIPLES : FEW_IN_PAIRS, grid[2];
    int64_t most = t->o.order == 3 ? MOST_IN_TRIPLES : MOST_IN_PAIRS;
    if (!sx_places_new(p, shape, t->o.axes, t->o.grid, error))
        return false;
    most = t->o.most > 0 && t->o.most < most ? t->o.most : most;
    if (t->o.grid[0] > 0 || p->n <= most)
        return true;
    few = few < most ? few : most;
    for (int64_t side = 2;; side++) {
        grid[0] = p->rows > side ? p->rows / side : 1;
        grid[1] = p->columns > side ? p->columns / side : 1;
        if (grid[0] * grid[1] <= few)
            break;
    }
    t->coarse = true;
    sx_places_free(p);
    return sx_places_new(p, shape, t->o.axes, grid, error);
}

bool sx_taylorcam_prepare(struct sx_taylorcam *t, struct sx_error *error)
{
    if (t->builds == t->e->builds)
        return true;
    reset(t);
    if (!make_places(t, error) || !check_places(t, error) || !sx_taylorcam_look(t, error)) {
        reset(t);
        return false;
    }
    t->builds = t->e->builds;
    return true;
}
