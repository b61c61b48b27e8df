/* recipes.c - recipes: values of the settings that the caller leaves open. */
#include <string.h>

#include "flint/flint.h"

/* A setting of 0 or NULL is derived from the data or the model. */
static const struct recipe {
    const char *name;
    int64_t attributes, psi_maps, pool, decoder_maps[2], epochs, batch;
    const char *beta, *gamma, *delta, *eta, *lr;
    enum sx_flint_input input;
    enum sx_flint_phi phi;
    enum sx_flint_scaling scaling;
    bool drop_last;
} recipes[] = {
    [SX_FLINT_AUTO] = {.name = "auto",
                       .psi_maps = 64,
                       .decoder_maps = {8, 16},
                       .batch = 16,
                       .beta = "5",
                       .gamma = "0.8",
                       .eta = "0.5",
                       .input = SX_FLINT_MSE,
                       .phi = SX_FLINT_RELU,
                       .scaling = SX_FLINT_DATA},
    [SX_FLINT_MNIST] = {.name = "mnist",
                        .attributes = 25,
                        .psi_maps = 64,
                        .pool = 3,
                        .decoder_maps = {2, 8},
                        .epochs = 12,
                        .batch = 16,
                        .beta = "0.5@3",
                        .gamma = "0.8",
                        .delta = "0.2@5",
                        .eta = "0.5@3",
                        .lr = "1e-4",
                        .input = SX_FLINT_MSE,
                        .phi = SX_FLINT_LEAKY,
                        .scaling = SX_FLINT_UNSCALED},
    [SX_FLINT_QUICKDRAW] = {.name = "quickdraw",
                            .attributes = 24,
                            .psi_maps = 64,
                            .pool = 3,
                            .decoder_maps = {2, 8},
                            .epochs = 12,
                            .batch = 64,
                            .beta = "0.1@3",
                            .gamma = "5",
                            .delta = "0.1@4",
                            .eta = "0.2@2,3@3",
                            .lr = "1e-4",
                            .input = SX_FLINT_MSE,
                            .phi = SX_FLINT_LEAKY,
                            .scaling = SX_FLINT_UNSCALED},
    [SX_FLINT_CIFAR10] = {.name = "cifar10",
                          .attributes = 36,
                          .psi_maps = 64,
                          .pool = 3,
                          .decoder_maps = {10, 24},
                          .epochs = 25,
                          .batch = 64,
                          .beta = "0.6@3",
                          .gamma = "2",
                          .delta = "0.2@4",
                          .eta = "0.005@2,0.75@3",
                          .lr = "1e-4,4e-5@19",
                          .input = SX_FLINT_L1,
                          .phi = SX_FLINT_LEAKY,
                          .scaling = SX_FLINT_UNSCALED},
    [SX_FLINT_SMALL] = {.name = "small",
                        .attributes = 16,
                        .psi_maps = 32,
                        .pool = 2,
                        .decoder_maps = {8, 16},
                        .epochs = 40,
                        .batch = 32,
                        .beta = "0.5@5",
                        .gamma = "0.8",
                        .delta = "0.2@8",
                        .eta = "0.5@5",
                        .lr = "1e-3",
                        .input = SX_FLINT_MSE,
                        .phi = SX_FLINT_LEAKY,
                        .scaling = SX_FLINT_UNSCALED,
                        .drop_last = true},
};
enum { N_RECIPES = sizeof recipes / sizeof recipes[0] };

/* ---- Settings of recipes ---- */

static void count_of(int64_t *to, int64_t recipe)
{
    *to = *to == 0 ? recipe : *to;
}

static void schedule_of(struct sx_schedule *to, const char *recipe)
{
    if (to->n == 0 && recipe != NULL)
        sx_schedule_parse(to, recipe);
}

void sx_flint_settle(struct sx_flint_options *o)
{
    if ((int)o->recipe >= N_RECIPES)
        return;
    const struct recipe *r = &recipes[o->recipe];
    count_of(&o->attributes, r->attributes);
    count_of(&o->psi_maps, r->psi_maps);
    count_of(&o->pool, r->pool);
    count_of(&o->decoder_maps[0], r->decoder_maps[0]);
    count_of(&o->decoder_maps[1], r->decoder_maps[1]);
    count_of(&o->epochs, r->epochs);
    count_of(&o->batch, r->batch);
    schedule_of(&o->beta, r->beta);
    schedule_of(&o->gamma, r->gamma);
    schedule_of(&o->delta, r->delta);
    schedule_of(&o->eta, r->eta);
    schedule_of(&o->lr, r->lr);
    o->phi = o->phi == SX_FLINT_PHI_BY_RECIPE ? r->phi : o->phi;
    o->scaling = o->scaling == SX_FLINT_SCALING_BY_RECIPE ? r->scaling : o->scaling;
    o->input = o->input == SX_FLINT_BY_RECIPE ? r->input : o->input;
    o->no_decoder = o->no_decoder || o->input == SX_FLINT_NONE;
    o->input = o->no_decoder ? SX_FLINT_NONE : o->input;
    o->drop_last = (o->drop_last || r->drop_last) && !o->keep_last;
}

bool sx_flint_recipe(struct sx_flint_options *o, const char *name, struct sx_error *error)
{
    struct sx_flint_options fresh = sx_flint_defaults();
    int i = 0;
    while (i < N_RECIPES && strcmp(recipes[i].name, name) != 0)
        i++;
    if (i == N_RECIPES)
        return sx_fail(error, SX_USAGE,
                       "no recipe '%.40s'; there are auto, mnist, quickdraw, cifar10, small",
                       name);
    fresh.layers = o->layers;
    fresh.n_layers = o->n_layers;
    fresh.logits = o->logits;
    fresh.probs = o->probs;
    fresh.recipe = (enum sx_flint_recipe)i;
    if (i != SX_FLINT_AUTO) {
        sx_flint_settle(&fresh);
        fresh.recipe = SX_FLINT_AS_SAID;
    }
    *o = fresh;
    return true;
}

/* ---- Settings derived from the data ---- */

static int64_t within(int64_t n, int64_t least, int64_t most)
{
    return n < least ? least : n > most ? most : n;
}

static void stage(struct sx_schedule *to, int64_t epoch, double value)
{
    to->epoch[to->n] = epoch;
    to->value[to->n++] = value;
}

void sx_flint_settle_course(struct sx_flint_options *o, int64_t steps)
{
    enum { STEPS = 1000, EPOCHS = 12 };
    if (o->epochs == 0)
        o->epochs = within(steps > 0 ? (STEPS + steps - 1) / steps : STEPS, EPOCHS, STEPS);
    if (o->delta.n == 0)
        stage(&o->delta, (o->epochs + 4) / 5, 1);
    if (o->lr.n == 0) {
        int64_t last = o->epochs - o->epochs / 4 + 1;
        stage(&o->lr, 1, 2e-3);
        if (last > 1 && last <= o->epochs && o->lr_at.n == 0)
            stage(&o->lr, last, 5e-4);
    }
    if (o->lr_at.n > 0)
        o->lr.n = 1;
    for (int i = 0; i < o->lr_at.n && o->lr.n < SX_STAGES; i++)
        stage(&o->lr, o->lr_at.epoch[i], o->lr_at.value[i]);
    o->lr_at.n = 0;
}

void sx_flint_settle_size(struct sx_flint_options *o, int64_t classes)
{
    if (o->attributes == 0)
        o->attributes = within((5 * classes + 1) / 2, 8, 50);
}
