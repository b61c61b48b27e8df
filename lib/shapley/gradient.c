/* gradient.c - the paper's search: gradient ascent on the probabilities of links.
 *
 * A link between neighbours in the set has probability p = sigmoid(theta). An epoch draws
 * partitions from these probabilities and values each over random contexts. theta moves along
 * the difference of the mean values with and without the link. Unlike in the authors' code,
 * values of zero count. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/partition.h"

/* Epochs, partitions per epoch, contexts per coalition, and step: the authors' values for
 * BERT. */
#define EPOCHS 100
#define PARTITIONS 10
#define CONTEXTS 50
#define RATE 1.0
#define MOMENTUM 0.9

struct ascent {
    struct sx_game *game;
    const int64_t *set, *other;
    int64_t m, r;
    uint64_t seed, stream, counter;
    double *theta, *speed;
    double *with, *without; /* sums of X over the partitions with a link and without it */
    int64_t *n_with;
    char *link;
    int64_t *order;
    uint64_t *coalition;
    double *value;
};

static double uniform(struct ascent *a)
{
    return sx_random_uniform(a->seed, a->stream, a->counter++);
}

static double probability(const struct ascent *a, int64_t j)
{
    return 1 / (1 + exp(-a->theta[j]));
}

/* Draws the contexts of one coalition: the outside players that come before it in a random
 * order. */
static void draw_contexts(struct ascent *a, int64_t from, int64_t to, uint64_t *coalition)
{
    size_t words = a->game->words;
    for (int64_t k = 0; k < CONTEXTS; k++) {
        uint64_t *without = coalition + 2 * (size_t)k * words, *with = without + words;
        int64_t size = (int64_t)(uniform(a) * (double)(a->r + 1));
        memset(without, 0, words * sizeof *without);
        for (int64_t i = 0; i < size; i++) {
            int64_t j = i + (int64_t)(uniform(a) * (double)(a->r - i)), swap = a->order[i];
            a->order[i] = a->order[j];
            a->order[j] = swap;
            sx_set_add(without, a->order[i]);
        }
        memcpy(with, without, words * sizeof *with);
        for (int64_t i = from; i <= to; i++)
            sx_set_add(with, a->set[i]);
    }
}

/* X of one partition: the sum over its blocks of the mean contribution. */
static bool value_partition(struct ascent *a, double *x, struct sx_error *error)
{
    size_t words = a->game->words;
    int64_t blocks = 0, from = 0;
    for (int64_t j = 0; j < a->m; j++) {
        if (j + 1 < a->m && a->link[j])
            continue;
        draw_contexts(a, from, j, a->coalition + 2 * CONTEXTS * (size_t)blocks * words);
        blocks++;
        from = j + 1;
    }
    if (!sx_game_values(a->game, 2 * CONTEXTS * blocks, a->coalition, a->value, error))
        return false;
    *x = 0;
    for (int64_t k = 0; k < CONTEXTS * blocks; k++)
        *x += (a->value[2 * k + 1] - a->value[2 * k]) / CONTEXTS;
    return true;
}

static bool epoch(struct ascent *a, double sign, double *mean, struct sx_error *error)
{
    int64_t links = a->m - 1;
    double x = 0;
    memset(a->with, 0, (size_t)a->m * sizeof *a->with);
    memset(a->without, 0, (size_t)a->m * sizeof *a->without);
    memset(a->n_with, 0, (size_t)a->m * sizeof *a->n_with);
    *mean = 0;
    for (int64_t g = 0; g < PARTITIONS; g++) {
        for (int64_t j = 0; j < links; j++)
            a->link[j] = uniform(a) < probability(a, j);
        if (!value_partition(a, &x, error))
            return false;
        *mean += x / PARTITIONS;
        for (int64_t j = 0; j < links; j++) {
            *(a->link[j] ? &a->with[j] : &a->without[j]) += x;
            a->n_with[j] += a->link[j];
        }
    }
    for (int64_t j = 0; j < links; j++) {
        double p = probability(a, j), difference = 0;
        int64_t n = a->n_with[j];
        if (n > 0 && n < PARTITIONS)
            difference = a->with[j] / (double)n - a->without[j] / (double)(PARTITIONS - n);
        a->speed[j] = MOMENTUM * a->speed[j] + sign * difference / (double)a->m * p * (1 - p);
        a->theta[j] += RATE * a->speed[j];
    }
    return true;
}

static bool ascent_new(struct ascent *a, struct sx_error *error)
{
    size_t m = (size_t)a->m, n = 2 * CONTEXTS * m;
    a->theta = sx_new(m, sizeof *a->theta, error);
    a->speed = sx_new(m, sizeof *a->speed, error);
    a->with = sx_new(m, sizeof *a->with, error);
    a->without = sx_new(m, sizeof *a->without, error);
    a->n_with = sx_new(m, sizeof *a->n_with, error);
    a->link = sx_new(m, 1, error);
    a->order = sx_new((size_t)a->game->n_live + 1, sizeof *a->order, error);
    a->coalition = sx_new(n, a->game->words * sizeof *a->coalition, error);
    a->value = sx_new(n, sizeof *a->value, error);
    return a->theta != NULL && a->speed != NULL && a->with != NULL && a->without != NULL &&
           a->n_with != NULL && a->link != NULL && a->order != NULL && a->coalition != NULL &&
           a->value != NULL;
}

static void ascent_free(struct ascent *a)
{
    free(a->theta);
    free(a->speed);
    free(a->with);
    free(a->without);
    free(a->n_with);
    free(a->link);
    free(a->order);
    free(a->coalition);
    free(a->value);
}

static bool is_member(const struct ascent *a, int64_t player)
{
    for (int64_t i = 0; i < a->m; i++)
        if (a->set[i] == player)
            return true;
    return false;
}

bool sx_search_gradient(struct sx_game *game, const int64_t *set, int64_t m, double sign,
                        uint64_t seed, uint64_t stream, double *link, double *objective,
                        struct sx_error *error)
{
    struct ascent a = {.game = game, .set = set, .m = m, .seed = seed};
    a.stream = 2 * stream + (sign > 0);
    bool ok = ascent_new(&a, error);
    for (int64_t k = 0; ok && k < game->n_live; k++)
        if (!is_member(&a, game->live[k]))
            a.order[a.r++] = game->live[k];
    for (int64_t k = 0; ok && k < EPOCHS; k++)
        ok = epoch(&a, sign, objective, error);
    for (int64_t j = 0; ok && j + 1 < m; j++)
        link[j] = probability(&a, j);
    ascent_free(&a);
    return ok;
}
