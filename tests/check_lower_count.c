/* check_lower_count.c - TfIdfVectorizer, NonMaxSuppression, Gradient, and Scan of opset 8. */

#include "lowering.h"
#include "suite.h"

/* Two unigrams, then two bigrams. */
#define POOL "pool_int64s=2,3,5,6,6,7 ngram_counts=0,2 ngram_indexes=0,1,2,3 max_gram_length=2"

START_TEST(runs_of_numbers)
{
    static const struct lc cases[] = {
        {9, "TfIdfVectorizer", "mode='TF' " POOL, {"i6: 2 5 6 7 2 9"}, {"f4: 2 0 1 1"}},
        /* each row is counted alone; the input has one axis less than ONNX's own cases */
        {9,
         "TfIdfVectorizer",
         "mode='TF' " POOL,
         {"int32 2x3: 3 3 3 5 6 5"},
         {"f2x4: 0 3 0 0 0 0 1 0"}},
        /* bigrams at any distance up to 2, unigrams once */
        {9,
         "TfIdfVectorizer",
         "mode='TF' max_skip_count=1 " POOL,
         {"i5: 5 6 6 2 7"},
         {"f4: 1 0 2 1"}},
        {9,
         "TfIdfVectorizer",
         "mode='TF' min_gram_length=2 max_skip_count=9 " POOL,
         {"i5: 2 5 6 6 2"},
         {"f4: 0 0 2 0"}},
        {9,
         "TfIdfVectorizer",
         "mode='IDF' weights=0.5,2.0,3.0,4.0 " POOL,
         {"i4: 2 2 5 6"},
         {"f4: 0.5 0 3 0"}},
        {9,
         "TfIdfVectorizer",
         "mode='TFIDF' weights=0.5,2.0,3.0,4.0 " POOL,
         {"i4: 2 2 5 6"},
         {"f4: 1 0 3 0"}},
        {9, "TfIdfVectorizer", "mode='TF' " POOL, {"i1: 3"}, {"f4: 0 1 0 0"}},
        {9, "TfIdfVectorizer", "mode='TF' " POOL, {"i0:"}, {"f4: 0 0 0 0"}},
        {9, "TfIdfVectorizer", "mode='WORDS' " POOL, {"i1: 3"}, {"refused: mode 'WORDS'"}},
        {9,
         "TfIdfVectorizer",
         POOL " min_gram_length=3",
         {"i1: 3"},
         {"refused: runs of 3 to 2"}},
        {9,
         "TfIdfVectorizer",
         POOL " weights=[1.0] mode='IDF'",
         {"i1: 3"},
         {"refused: 1 weights"}},
        {9, "TfIdfVectorizer", POOL, {"f1: 3"}, {"refused: axes of integers"}},
        {9,
         "TfIdfVectorizer",
         "pool_int64s=1,2,3 ngram_counts=0,2 ngram_indexes=0,1 max_gram_length=2",
         {"i1: 3"},
         {"refused: do not fit the pool"}},
        {9,
         "TfIdfVectorizer",
         "pool_int64s=1,2 ngram_counts=[0] ngram_indexes=[0]",
         {"i1: 3"},
         {"refused: 1 ngram_indexes for 2 runs"}},
        {9, "TfIdfVectorizer", "pool_strings='a','b'", {"i1: 3"}, {"refused: the pool is not"}},
    };
    LC_RUN(cases);
}
END_TEST

#define CENTRED "f!1x2x4: 0.5 0.5 1 1 1.25 0.5 1 1"
#define THREE "f!1x3x4: 0 0 1 1 0 0.1 1 1.1 0 10 1 11"

START_TEST(boxes)
{
    static const struct lc cases[] = {
        {11,
         "NonMaxSuppression",
         NULL,
         {THREE, "f!1x1x3: 0.5 0.9 0.7", "i!1: 3", "f!1: 0.5"},
         {"i2x3: 0 0 1 0 0 2"}},
        /* no boxes overlap too much; they are in the order of scores, and the first of equal
         * ones comes first */
        {11,
         "NonMaxSuppression",
         NULL,
         {THREE, "f!1x1x3: 0.5 0.9 0.9", "i!1: 3", "f!1: 1"},
         {"i3x3: 0 0 1 0 0 2 0 0 0"}},
        {11,
         "NonMaxSuppression",
         NULL,
         {THREE, "f!1x2x3: 0.5 0.9 0.7 0.1 0.2 0.3", "i!: 1", "f!: 0.5", "f!: 0.25"},
         {"i2x3: 0 0 1 0 1 2"}},
        /* boxes as centres and sides; the first two share 1/7 of their union */
        {11,
         "NonMaxSuppression",
         "center_point_box=1",
         {CENTRED, "f!1x1x2: 0.5 0.9", "i!1: 3", "f!1: 0.15"},
         {"i2x3: 0 0 1 0 0 0"}},
        {11,
         "NonMaxSuppression",
         "center_point_box=1",
         {CENTRED, "f!1x1x2: 0.5 0.9", "i!1: 3", "f!1: 0.14"},
         {"i1x3: 0 0 1"}},
        /* without a number of boxes, none are selected */
        {10, "NonMaxSuppression", NULL, {THREE, "f!1x1x3: 1 2 3"}, {"i0x3:"}},
        {10,
         "NonMaxSuppression",
         NULL,
         {THREE, "f1x1x3: 1 2 3"},
         {"refused: must be constant"}},
        {10, "NonMaxSuppression", NULL, {THREE, "f!1x1x2: 1 2"}, {"refused: go together"}},
    };
    LC_RUN(cases);
}
END_TEST

/* y = x^2 and its gradient, which another node reads. */
static struct tm_model *squares(const char *attributes, const char *input)
{
    struct tm_model *m = tm_new(13);
    tm_domain(m, "ai.onnx.preview.training", 1);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    tm_const(m, "c", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
    tm_node(m, "Mul", "x x", "y", NULL);
    tm_node(m, "ai.onnx.preview.training:Gradient", input, "dx", attributes);
    tm_node(m, "Mul", "dx c", "z", NULL);
    tm_output(m, "z");
    return m;
}

START_TEST(gradient)
{
    lc_gives(squares("xs='x' y='y'", "x"), (const char *const[]){"f2: 1 2", NULL},
             (const char *const[]){"f2: 6 16", NULL});
    lc_refused(squares("xs='x' y='w'", "x"), "y[0] names no tensor");
    lc_refused(squares("y='y'", "x"), "xs[0] names no tensor");
    lc_refused(squares("xs='x' y='y'", "c"), "not the variable that xs[0] names");
    lc_refused(squares("xs='c' y='y'", "c"), "not the variable that xs[0] names");
}
END_TEST

/* Running sums of [batch, time, 2]. They are also outputs. */
static struct tm_model *running_sum(const char *inputs, const char *attributes)
{
    struct tm_model *body = tm_new(8), *m = tm_new(8);
    tm_input(body, "sum", SX_FLOAT, 1, (int64_t[]){2});
    tm_input(body, "next", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(body, "Add", "sum next", "more", NULL);
    tm_node(body, "Identity", "more", "seen", NULL);
    tm_output(body, "more");
    tm_output(body, "seen");
    tm_input(m, "start", SX_FLOAT, 2, (int64_t[]){2, 2});
    tm_input(m, "x", SX_FLOAT, 3, (int64_t[]){2, 3, 2});
    tm_const(m, "lengths", SX_INT, 1, (int64_t[]){2}, (int64_t[]){3, 2});
    tm_const(m, "three", SX_FLOAT, 2, (int64_t[]){3, 2}, (float[]){0, 0, 0, 0, 0, 0});
    tm_node(m, "Scan", inputs, "last all", attributes);
    tm_attr_graph(m, "body", body);
    tm_output(m, "last");
    tm_output(m, "all");
    return m;
}

START_TEST(scan_of_opset_8)
{
    static const char *const in[] = {"f2x2: 0 0 10 20", "f2x3x2: 1 2 3 4 5 6 -1 -2 -3 -4 -5 -6",
                                     NULL};
    lc_gives(
        running_sum("- start x", "num_scan_inputs=1"), in,
        (const char *const[]){"f2x2: 9 12 1 8", "f2x3x2: 1 2 4 6 9 12 9 18 6 14 1 8", NULL});
    lc_gives(
        running_sum("- start x", "num_scan_inputs=1 directions=[1]"), in,
        (const char *const[]){"f2x2: 9 12 1 8", "f2x3x2: 5 6 8 10 9 12 5 14 2 10 1 8", NULL});
    lc_refused(running_sum("lengths start x", "num_scan_inputs=1"), "several lengths");
    lc_refused(running_sum("- three x", "num_scan_inputs=1"), "not as many samples");
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_count");
    SUITE_ADD(c, runs_of_numbers, boxes, gradient, scan_of_opset_8);
    return suite_run();
}
