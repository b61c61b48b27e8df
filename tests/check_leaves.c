/* check_leaves.c - indices of games that are sums of products, and of decision trees, against
 * those from the table of all coalitions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "explain/game.h"
#include "model.h"
#include "sextant/shapley.h"
#include "suite.h"

static const char *const indices[] = {"sv",   "bv",   "sii",  "bii", "chii",
                                      "stii", "ksii", "fsii", "kadd"};

/* Compares an index computed from products with the one from all coalitions. */
static void compare(struct sx_game *by_products, struct sx_game *by_table, int64_t order,
                    double tolerance)
{
    ck_assert(by_products->products != NULL);
    by_table->products = NULL;
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        struct sx_error error = {0};
        struct sx_interactions a, b;
        struct sx_shapley_options o = {.index = indices[i], .order = order};
        ck_assert_msg(sx_interact(by_products, &o, &a, &error), "%s", error.message);
        ck_assert_msg(sx_interact(by_table, &o, &b, &error), "%s", error.message);
        ck_assert(a.exact && a.sampling == NULL);
        ck_assert_int_eq(a.count, b.count);
        for (int64_t k = 0; k < a.count; k++)
            ck_assert_msg(fabs(a.value[k] - b.value[k]) <= tolerance,
                          "%s, order %d: value %d is %.12g, not %.12g", indices[i], (int)order,
                          (int)k, a.value[k], b.value[k]);
        sx_interactions_free(&a);
        sx_interactions_free(&b);
    }
}

/* ---- Products ---- */

enum { PLAYERS = 7, BOXES = 12 };

struct boxes {
    double weight[BOXES];
    int64_t in[BOXES][PLAYERS], out[BOXES][PLAYERS], n_in[BOXES], n_out[BOXES];
};

static bool sum_of_boxes(void *context, int64_t n, const uint64_t *coalitions, double *values,
                         struct sx_error *error)
{
    const struct boxes *b = context;
    (void)error;
    for (int64_t i = 0; i < n; i++) {
        values[i] = 3;
        for (int k = 0; k < BOXES; k++) {
            bool reached = true;
            for (int64_t p = 0; p < b->n_in[k]; p++)
                reached = reached && sx_set_has(coalitions + i, b->in[k][p]);
            for (int64_t p = 0; p < b->n_out[k]; p++)
                reached = reached && !sx_set_has(coalitions + i, b->out[k][p]);
            values[i] += reached ? b->weight[k] : 0;
        }
    }
    return true;
}

static bool give_boxes(void *context, const struct sx_product_taker *to, struct sx_error *error)
{
    const struct boxes *b = context;
    for (int k = 0; k < BOXES; k++)
        if (!to->take(to->context, b->weight[k], b->in[k], b->n_in[k], b->out[k], b->n_out[k],
                      error))
            return false;
    return true;
}

START_TEST(products)
{
    struct boxes b = {0};
    struct sx_error error = {0};
    for (int k = 0; k < BOXES; k++) {
        b.weight[k] = sx_random_normal(1, 7, (uint64_t)k);
        for (int64_t p = PLAYERS; p-- > 0;) { /* in descending order */
            uint64_t side = sx_random_bits(2, (uint64_t)k, (uint64_t)p) % 3;
            if (side == 1)
                b.in[k][b.n_in[k]++] = p;
            else if (side == 2)
                b.out[k][b.n_out[k]++] = p;
        }
    }
    for (int64_t order = 1; order <= 4; order++) {
        struct sx_game *g = sx_game_new(PLAYERS, sum_of_boxes, &b, &error);
        struct sx_game *h = sx_game_new(PLAYERS, sum_of_boxes, &b, &error);
        g->products = give_boxes;
        h->products = give_boxes;
        compare(g, h, order, 1e-11);
        ck_assert_int_eq(sx_game_evaluations(g), 2);
        sx_game_free(g);
        sx_game_free(h);
    }
}
END_TEST

/* Of 64 players three matter: the value is 6 if 5 and 60 are present and 7 is absent. The index
 * of a set of them is +-6 in! out! / (in + out + 1)!, where `in` and `out` count the others of
 * the three. */
START_TEST(many_players)
{
    struct sx_error error = {0};
    static struct boxes b;
    struct sx_interactions got;
    b = (struct boxes){.weight = {6}, .in = {{60, 5}}, .n_in = {2}, .out = {{7}}, .n_out = {1}};
    struct sx_game *g = sx_game_new(64, sum_of_boxes, &b, &error);
    g->products = give_boxes;
    struct sx_shapley_options o = {.index = "sii", .order = 2};
    ck_assert(sx_interact(g, &o, &got, &error) && got.exact);
    for (int64_t k = 0; k < got.count; k++) {
        int64_t first = got.member[got.first[k]], size = got.first[k + 1] - got.first[k];
        int64_t last = got.member[got.first[k + 1] - 1];
        double want = 0;
        if (size == 1)
            want = first == 5 || first == 60 ? 1 : first == 7 ? -2 : 0;
        else if (first == 5 && last == 60)
            want = 3;
        else if ((first == 5 && last == 7) || (first == 7 && last == 60))
            want = -3;
        ck_assert_double_eq_tol(got.value[k], want, 1e-12);
    }
    sx_interactions_free(&got);
    sx_game_free(g);
}
END_TEST

enum { MANY = 24 };

static bool none_present(void *context, int64_t n, const uint64_t *coalitions, double *values,
                         struct sx_error *error)
{
    const int64_t *out = context;
    (void)error;
    for (int64_t i = 0; i < n; i++)
        values[i] = (coalitions[i] & (((uint64_t)1 << *out) - 1)) == 0;
    return true;
}

static bool give_absent(void *context, const struct sx_product_taker *to,
                        struct sx_error *error)
{
    int64_t player[MANY];
    for (int64_t i = 0; i < MANY; i++)
        player[i] = i;
    return to->take(to->context, 1, player, 0, player, *(const int64_t *)context, error);
}

/* A leaf without up to 20 players is in indices exactly, whatever they are; one without more only in
 * those that need no sum of alternating signs. */
START_TEST(leaves_without_many)
{
    static const char *const of_meeting[] = {"sii", "bii"}, *const alternating[] = {"stii",
                                                                                    "chii"};
    for (int64_t out = 20; out <= 21; out++)
        for (int k = 0; k < 4; k++) {
            struct sx_error error = {0};
            struct sx_interactions got;
            struct sx_shapley_options o = {
                .index = k < 2 ? of_meeting[k] : alternating[k - 2], .order = 1, .budget = 500};
            struct sx_game *g = sx_game_new(MANY, none_present, &out, &error);
            g->products = give_absent;
            ck_assert_msg(sx_interact(g, &o, &got, &error), "%s", error.message);
            ck_assert(got.exact == (k < 2 || out == 20));
            /* the players that count share the change from 1 to 0 */
            for (int64_t i = 0; got.exact && k != 1 && i < got.count; i++)
                ck_assert_double_eq_tol(got.value[i], i < out ? -1.0 / (double)out : 0, 1e-9);
            sx_interactions_free(&got);
            sx_game_free(g);
        }
}
END_TEST

/* ---- Trees ---- */

#define NODES                                                                                  \
    "nodes_treeids=0,0,0,0,0,0,0,1,1,1,1,1 nodes_nodeids=0,1,2,3,4,5,6,0,1,2,3,4 "             \
    "nodes_featureids=0,1,2,0,0,0,0,3,1,0,0,0 nodes_modes='BRANCH_LEQ','BRANCH_LT',"           \
    "'BRANCH_GT','LEAF','LEAF','LEAF','LEAF','BRANCH_GTE','BRANCH_LEQ','LEAF','LEAF','LEAF' "  \
    "nodes_values=0.5,0.25,-0.5,0.0,0.0,0.0,0.0,0.1,0.9,0.0,0.0,0.0 "                          \
    "nodes_truenodeids=1,3,5,0,0,0,0,1,3,0,0,0 nodes_falsenodeids=2,4,6,0,0,0,0,2,4,0,0,0 "    \
    "nodes_missing_value_tracks_true=1,0,1,0,0,0,0,0,1,0,0,0 "
#define LEAVES(P)                                                                              \
    P "_treeids=0,0,0,0,1,1,1 " P "_nodeids=3,4,5,6,2,3,4 " P "_ids=0,1,0,1,1,0,1 " P          \
      "_weights=1.5,-2.0,0.75,3.0,0.5,-1.25,2.5 "

/* Leaves of several weights, of one target and of several. */
#define MANY_WEIGHTS                                                                           \
    "target_treeids=0,0,0,0,0,0,0,1,1,1,1 target_nodeids=3,3,3,4,5,6,6,2,2,3,4 "               \
    "target_ids=1,0,1,1,0,1,0,1,2,0,1 "                                                        \
    "target_weights=0.25,1.5,0.5,-2.0,0.75,3.0,-1.0,0.5,2.0,-1.25,2.5 "

/* A model of trees that read 2 x - 0.2, with its four columns in another order. */
static struct tm_model *forest(const char *op, const char *attributes, const char *outputs)
{
    struct tm_model *m = tm_new(17);
    tm_domain(m, "ai.onnx.ml", 3);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 4});
    tm_const(m, "order", SX_INT, 1, (int64_t[]){4}, (int64_t[]){2, 0, 3, 1});
    tm_node(m, "ai.onnx.ml:Scaler", "x", "scaled",
            "offset=0.1,0.1,0.1,0.1 scale=2.0,2.0,2.0,2.0");
    tm_node(m, "ai.onnx.ml:ArrayFeatureExtractor", "scaled order", "z", NULL);
    tm_node(m, op, "z", outputs, attributes);
    tm_output(m, "y");
    return m;
}

static struct sx_game *game_of_trees(struct sx_explainer *e, struct sx_players *players,
                                     const double *baselines)
{
    struct sx_error error = {0};
    struct sx_game *g = sx_game_model(e, players, baselines, 2, SX_TARGET, &error);
    ck_assert_msg(g != NULL, "%s", error.message);
    return g;
}

static void check_forest(struct tm_model *m, enum sx_score score, bool fast)
{
    struct sx_error error = {0};
    static const double baselines[] = {0.4, 0.3, -0.2, 0.0, -0.5, 0.05, 0.6, 0.9};
    static const float rows[][4] = {{0, 0.1F, 0.5F, -1}, {0.35F, NAN, 0.05F, 0.2F}};
    struct sx_model *model = tm_open(m, &error);
    tm_free(m);
    for (size_t i = 0; i < 2; i++) {
        float row[4];
        memcpy(row, rows[i], sizeof row);
        struct sx_tensor x = {SX_FLOAT, {2, {1, 4}}, row};
        struct sx_explain_options o = {.target = "1", .score = score, .precise = true};
        struct sx_explainer *e = sx_explainer_new(model, &o, &error);
        ck_assert_msg(e != NULL && sx_explainer_sample(e, &x, &error), "%s", error.message);
        struct sx_players *p = sx_explainer_players(e, "elements", SX_LAYOUT_AUTO, &error);
        struct sx_game *g = game_of_trees(e, p, baselines), *h = game_of_trees(e, p, baselines);
        ck_assert_int_eq(g->products != NULL, fast);
        for (int64_t order = 1; order <= 3 && fast; order++)
            compare(g, h, order, 1e-9);
        sx_game_free(g);
        sx_game_free(h);
        sx_players_free(p);
        sx_explainer_free(e);
    }
    sx_model_close(model);
}

START_TEST(trees)
{
    static const char reg[] = "ai.onnx.ml:TreeEnsembleRegressor";
    static const char cls[] = "ai.onnx.ml:TreeEnsembleClassifier";
    check_forest(forest(reg, NODES LEAVES("target") "n_targets=2", "y"), SX_SCORE_RAW, true);
    check_forest(forest(reg,
                        NODES LEAVES("target") "n_targets=2 aggregate_function='AVERAGE' "
                                               "base_values=1.0,2.0",
                        "y"),
                 SX_SCORE_RAW, true);
    check_forest(forest(reg, NODES MANY_WEIGHTS "n_targets=3", "y"), SX_SCORE_RAW, true);
    check_forest(
        forest(reg, NODES MANY_WEIGHTS "n_targets=3 aggregate_function='AVERAGE'", "y"),
        SX_SCORE_RAW, true);
    /* the scores before the softmax are sums of leaves; probabilities and maxima are not */
    const char *softmax =
        NODES LEAVES("class") "classlabels_int64s=0,1 post_transform='SOFTMAX'";
    check_forest(forest(cls, softmax, "label y"), SX_SCORE_LOGIT, true);
    check_forest(forest(cls, softmax, "label y"), SX_SCORE_PROB, false);
    check_forest(
        forest(reg, NODES LEAVES("target") "n_targets=2 aggregate_function='MAX'", "y"),
        SX_SCORE_RAW, false);
}
END_TEST

/* A feature that is computed from two players belongs to neither. */
START_TEST(mixed_features)
{
    struct tm_model *m = tm_new(17);
    tm_domain(m, "ai.onnx.ml", 3);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){1, 4});
    tm_node(m, "ai.onnx.ml:Normalizer", "x", "z", "norm='L2'");
    tm_node(m, "ai.onnx.ml:TreeEnsembleRegressor", "z", "y",
            NODES LEAVES("target") "n_targets=2");
    tm_output(m, "y");
    check_forest(m, SX_SCORE_RAW, false);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("leaves");
    SUITE_ADD(c, products, many_players, leaves_without_many, trees, mixed_features);
    return suite_run();
}
