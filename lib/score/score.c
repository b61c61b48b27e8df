/* score.c - the scores of one map, and these in records. */
#include <math.h>
#include <stdlib.h>

#include "score/score.h"

static bool prepare(struct sx_scoring *s, const struct sx_record_map *map,
                    struct sx_error *error)
{
    if (!sx_scoring_places(s, map, error) || !sx_scoring_fill(s, error))
        return false;
    s->shown = sx_new((size_t)s->places, 1, error);
    s->shuffled = sx_new((size_t)s->places, sizeof *s->shuffled, error);
    return s->shown != NULL && s->shuffled != NULL;
}

static void release(struct sx_scoring *s)
{
    free(s->place);
    free(s->rank);
    free(s->share);
    free(s->order);
    free(s->filled);
    free(s->known);
    free(s->shown);
    free(s->shuffled);
}

bool sx_score(struct sx_explainer *by, struct sx_explainer *own, struct sx_inference *inference,
              const struct sx_score_options *options, const struct sx_record_map *map,
              struct sx_scored score[SX_METRICS], int *filler, struct sx_error *error)
{
    const struct sx_tensor *x = sx_explainer_input(own);
    struct sx_scoring s = {.o = options,
                           .by = by,
                           .own = own,
                           .inference = inference,
                           .size = sx_count(&x->shape),
                           .x = x->data};
    for (int i = 0; i < SX_METRICS; i++)
        score[i] = (struct sx_scored){.value = NAN};
    if (s.size == 0)
        return sx_fail(error, SX_FAILED, "the input is empty");
    bool ok = prepare(&s, map, error) && sx_score_fidelity(&s, score, error) &&
              sx_score_information(&s, score, error) && sx_score_sampled(&s, score, error);
    *filler = s.filler;
    release(&s);
    return ok;
}

static void put_curve(struct sx_result *r, const char *name, const struct sx_scored *score)
{
    const struct sx_tensor x = {SX_DOUBLE, {1, {score->n}}, (void *)(uintptr_t)score->x};
    const struct sx_tensor y = {SX_DOUBLE, {1, {score->n}}, (void *)(uintptr_t)score->y};
    sx_put_object(r, name);
    sx_put_array(r, "x", &x);
    sx_put_array(r, "y", &y);
    sx_put_end(r);
}

void sx_put_scores(struct sx_result *r, unsigned metrics,
                   const struct sx_scored score[SX_METRICS])
{
    char name[40];
    sx_put_object(r, "scores");
    for (int i = 0; sx_choice_name(SX_METRIC_NAMES, i, name, sizeof name); i++)
        if ((metrics >> i & 1) != 0)
            sx_put_derived(r, name, score[i].value);
    sx_put_end(r);
    sx_put_object(r, "curves");
    for (int i = 0; sx_choice_name(SX_METRIC_NAMES, i, name, sizeof name); i++)
        if ((metrics >> i & 1) != 0 && score[i].n > 0)
            put_curve(r, name, &score[i]);
    sx_put_end(r);
}
