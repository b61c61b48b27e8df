/* explain.c - all that taylorcam's options ask for at one sample. */
#include <stdlib.h>
#include <string.h>

#include "taylorcam/taylorcam.h"

void sx_taylorcam_result_free(struct sx_taylorcam_result *r)
{
    sx_relations_free(&r->relations);
    sx_relations_free(&r->objects);
    free(r->pair);
    free(r->object_pair);
    free(r->occlusion);
    free(r->share);
    sx_tensor_free(&r->from);
    for (int i = 0; i < SX_MOST_CAMS; i++)
        sx_tensor_free(&r->map[i]);
    *r = (struct sx_taylorcam_result){0};
}

/* Ranks the strongest relations of `r`, up to the number in the options. */
static bool rank(const struct sx_taylorcam *t, const struct sx_relations *r,
                 struct sx_relation **top, int64_t *n, struct sx_error *error)
{
    int64_t all = sx_count(&r->strength.shape), room = t->o.pairs < all ? t->o.pairs : all;
    *top = sx_new((size_t)room + 1, sizeof **top, error);
    if (*top == NULL)
        return false;
    *n = sx_relations_top(r, room, *top);
    return true;
}

static bool relate_boxes(const struct sx_taylorcam *t, struct sx_taylorcam_result *r,
                         struct sx_error *error)
{
    const struct sx_relations *of = &r->relations;
    size_t n = (size_t)(r->n_boxes * of->rows * of->columns);
    if (r->picture == NULL)
        return sx_fail(error, SX_USAGE, "--boxes needs a picture as input");
    r->share = sx_new(n, sizeof *r->share, error);
    if (r->share == NULL)
        return false;
    int64_t outside = sx_box_shares(of->rows, of->columns, r->picture->width,
                                    r->picture->height, r->box, r->n_boxes, r->share);
    if (outside >= 0)
        return sx_fail(error, SX_FAILED,
                       "%.80s: box %lld lies outside the picture of %dx%d pixels",
                       t->o.boxes != NULL ? t->o.boxes : "--boxes", (long long)outside + 1,
                       r->picture->width, r->picture->height);
    return sx_relations_group(of, r->n_boxes, r->share, &r->objects, error) &&
           rank(t, &r->objects, &r->object_pair, &r->object_pairs, error);
}

static bool relate_from(const struct sx_taylorcam *t, struct sx_taylorcam_result *r,
                        struct sx_error *error)
{
    const struct sx_relations *of = &r->relations;
    const int64_t *from = t->o.from;
    if (from[0] >= of->rows || from[1] >= of->columns)
        return sx_fail(error, SX_USAGE, "there are %lldx%lld places, none at %lld,%lld",
                       (long long)of->rows, (long long)of->columns, (long long)from[0],
                       (long long)from[1]);
    return sx_relations_row(of, from[0] * of->columns + from[1], t->o.is_signed, &r->from,
                            error);
}

static bool occlude(struct sx_taylorcam *t, const double *baseline,
                    struct sx_taylorcam_result *r, struct sx_error *error)
{
    struct sx_relations by_occlusion = {0};
    bool ok = sx_taylorcam_occlude(t, baseline, &by_occlusion, error) &&
              rank(t, &by_occlusion, &r->occlusion, &r->occlusions, error);
    sx_relations_free(&by_occlusion);
    return ok;
}

bool sx_taylorcam_explain(struct sx_taylorcam *t, const double *baseline,
                          const struct sx_picture *picture, const struct sx_box *boxes,
                          int64_t n_boxes, struct sx_taylorcam_result *r,
                          struct sx_error *error)
{
    *r = (struct sx_taylorcam_result){.picture = picture, .box = boxes, .n_boxes = n_boxes};
    if (sx_taylorcam_run(t, baseline, &r->relations, error) &&
        (!t->o.has_from || relate_from(t, r, error)) &&
        (t->o.n_cams == 0 || sx_cams(t, t->o.n_cams, t->o.cam, r->map, error)) &&
        (!t->o.deletion ||
         sx_taylorcam_deletion(t, baseline, &r->relations, &r->deletion, error)) &&
        rank(t, &r->relations, &r->pair, &r->pairs, error) &&
        (!sx_taylorcam_occludes(t) || occlude(t, baseline, r, error)) &&
        (n_boxes == 0 || relate_boxes(t, r, error)))
        return true;
    sx_taylorcam_result_free(r);
    return false;
}
