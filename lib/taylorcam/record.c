/* record.c - what taylorcam found as the keys of a record. */
#include "taylorcam/taylorcam.h"

/* The letters of the places of a relation, which are parts of their keys. */
static const char *const letter[] = {"a", "b", "c"};
static const char *const box_key[] = {"box_a", "box_b", "box_c"};
static const char *const name_key[] = {"name_a", "name_b", "name_c"};

static void put_layer(struct sx_result *j, const struct sx_taylorcam *t,
                      const struct sx_taylorcam_result *r)
{
    const char *name, *op;
    bool smoothed;
    sx_put_object(j, "layer");
    sx_put_text(j, "name", sx_explainer_input_name(t->e));
    sx_put_shape(j, "shape", &sx_explainer_input(t->e)->shape);
    sx_put_end(j);
    sx_put_shape(j, "grid", &r->relations.marginal.shape);
    sx_put_object(j, "curvature");
    sx_put_bool(j, "logit_zero", sx_taylorcam_logit_zero(t));
    sx_put_derived(j, "additive", r->relations.additive);
    sx_put_list(j, "nonsmooth");
    for (int i = 0; (name = sx_explainer_kink(t->e, i, &op, &smoothed)) != NULL; i++)
        if (!smoothed)
            sx_put_text(j, NULL, name);
    sx_put_end(j);
    sx_put_end(j);
}

static void put_box(struct sx_result *j, const char *key, const struct sx_box *box)
{
    sx_put_list(j, key);
    sx_put_number(j, NULL, box->x0);
    sx_put_number(j, NULL, box->y0);
    sx_put_number(j, NULL, box->x1);
    sx_put_number(j, NULL, box->y1);
    sx_put_end(j);
}

/* The name of the box that has the largest share in a place, or NULL. */
static const char *name_at(const struct sx_taylorcam_result *r, int64_t place)
{
    int64_t n = r->relations.rows * r->relations.columns, best = -1;
    for (int64_t i = 0; i < r->n_boxes; i++)
        if (r->share[i * n + place] > (best >= 0 ? r->share[best * n + place] : 0))
            best = i;
    return best >= 0 ? r->box[best].name : NULL;
}

/* The part of the picture that a place stands for. */
static void put_part(struct sx_result *j, const char *key, const struct sx_taylorcam_result *r,
                     int64_t place)
{
    const struct sx_relations *of = &r->relations;
    if (r->picture == NULL) {
        sx_put_null(j, key);
        return;
    }
    struct sx_box box =
        sx_place_box(of->rows, of->columns, place, r->picture->width, r->picture->height);
    put_box(j, key, &box);
}

static void put_relation(struct sx_result *j, const struct sx_taylorcam_result *r,
                         const struct sx_relation *one, int64_t rank)
{
    const struct sx_relations *of = &r->relations;
    sx_put_object(j, NULL);
    for (int k = 0; k < of->order; k++) {
        sx_put_list(j, letter[k]);
        sx_put_int(j, NULL, one->place[k] / of->columns);
        sx_put_int(j, NULL, one->place[k] % of->columns);
        sx_put_end(j);
    }
    sx_put_double(j, "strength", one->strength);
    sx_put_double(j, "signed", one->effect);
    for (int k = 0; k < of->order; k++)
        put_part(j, box_key[k], r, one->place[k]);
    for (int k = 0; k < of->order && r->n_boxes > 0; k++)
        sx_put_text(j, name_key[k], name_at(r, one->place[k]));
    sx_put_int(j, "rank", rank);
    sx_put_end(j);
}

static void put_relations(struct sx_result *j, const char *key,
                          const struct sx_taylorcam_result *r, const struct sx_relation *top,
                          int64_t n)
{
    sx_put_list(j, key);
    for (int64_t i = 0; i < n; i++)
        put_relation(j, r, &top[i], i + 1);
    sx_put_end(j);
}

static void put_objects(struct sx_result *j, const struct sx_taylorcam_result *r)
{
    sx_put_list(j, "objects");
    for (int64_t i = 0; i < r->n_boxes; i++) {
        sx_put_object(j, NULL);
        sx_put_text(j, "name", r->box[i].name);
        put_box(j, "box", &r->box[i]);
        sx_put_end(j);
    }
    sx_put_end(j);
    sx_put_list(j, "object_pairs");
    for (int64_t i = 0; i < r->object_pairs; i++) {
        const struct sx_relation *one = &r->object_pair[i];
        sx_put_object(j, NULL);
        for (int k = 0; k < r->relations.order; k++)
            sx_put_int(j, letter[k], one->place[k]);
        sx_put_double(j, "strength", one->strength);
        sx_put_double(j, "signed", one->effect);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static void put_maps(struct sx_result *j, const struct sx_taylorcam_options *o,
                     const struct sx_taylorcam_result *r)
{
    sx_put_tensor(j, "marginal", &r->relations.marginal);
    sx_put_object(j, "stats");
    sx_put_double(j, "max", r->relations.max);
    sx_put_double(j, "mean", r->relations.mean);
    sx_put_double(j, "median", r->relations.median);
    sx_put_double(j, "amis100", r->relations.top100);
    sx_put_end(j);
    for (int i = 0; i < o->n_cams; i++)
        sx_put_tensor(j, o->cam[i], &r->map[i]);
    if (o->deletion)
        sx_put_double(j, "deletion", r->deletion);
    if (o->has_from)
        sx_put_tensor(j, "from", &r->from);
}

void sx_put_taylorcam(struct sx_result *j, const struct sx_taylorcam *t,
                      const struct sx_taylorcam_result *r)
{
    put_layer(j, t, r);
    put_relations(j, "pairs", r, r->pair, r->pairs);
    if (r->occlusion != NULL)
        put_relations(j, "occlusion", r, r->occlusion, r->occlusions);
    if (r->n_boxes > 0)
        put_objects(j, r);
    put_maps(j, &t->o, r);
}

struct sx_view sx_taylorcam_view(const struct sx_taylorcam_options *o)
{
    return (struct sx_view){.scalars = "layer.name:layer,grid,params.form:form",
                            .each = "pairs",
                            .columns =
                                o->order == 3 ? "a,b,c,strength,signed" : "a,b,strength,signed",
                            .top = o->pairs};
}
