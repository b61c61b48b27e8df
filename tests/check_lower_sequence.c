/* check_lower_sequence.c - sequences. A lowered graph has none. */

#include "lowering.h"
#include "suite.h"

#define GIVES(m, ...)                                                                          \
    lc_gives(m, (const char *const[]){"f4: 1 2 3 4", NULL},                                    \
             (const char *const[]){__VA_ARGS__, NULL})

static struct tm_model *start(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){4});
    tm_output(m, "y");
    for (int64_t i = -1; i < 4; i++) {
        static const char *const names[] = {"last", "0", "1", "2", "3"};
        tm_const(m, names[i + 1], SX_INT, 0, NULL, &i);
    }
    return m;
}

START_TEST(take_and_join)
{
    struct tm_model *m = start();
    tm_node(m, "Neg", "x", "z", NULL);
    tm_node(m, "SequenceConstruct", "x z x", "s", NULL);
    tm_node(m, "SequenceAt", "s 1", "y", NULL);
    GIVES(m, "f4: -1 -2 -3 -4");
    m = start();
    tm_node(m, "Neg", "x", "z", NULL);
    tm_node(m, "SequenceConstruct", "x z", "s", NULL);
    tm_node(m, "Identity", "s", "same", NULL);
    tm_node(m, "ConcatFromSequence", "same", "y", "axis=0");
    GIVES(m, "f8: 1 2 3 4 -1 -2 -3 -4");
    m = start();
    tm_node(m, "Neg", "x", "z", NULL);
    tm_node(m, "SequenceConstruct", "x z", "s", NULL);
    tm_node(m, "ConcatFromSequence", "s", "y", "axis=-1 new_axis=1");
    GIVES(m, "f4x2: 1 -1 2 -2 3 -3 4 -4");
}
END_TEST

START_TEST(grow_and_shrink)
{
    struct tm_model *m = start();
    tm_node(m, "Neg", "x", "z", NULL);
    tm_node(m, "SequenceEmpty", "", "s0", NULL);
    tm_node(m, "SequenceInsert", "s0 x", "s1", NULL);
    tm_node(m, "SequenceInsert", "s1 z 0", "s2", NULL);
    tm_node(m, "SequenceInsert", "s2 x last", "s3", NULL);
    tm_node(m, "SequenceErase", "s3 1", "s4", NULL);
    tm_node(m, "SequenceErase", "s4", "s5", NULL);
    tm_node(m, "SequenceLength", "s4", "n", NULL);
    tm_node(m, "ConcatFromSequence", "s5", "y", "axis=0");
    tm_output(m, "n");
    GIVES(m, "f4: -1 -2 -3 -4", "i: 2");
}
END_TEST

START_TEST(split)
{
    struct tm_model *m = start();
    tm_node(m, "SplitToSequence", "x", "s", "keepdims=0");
    tm_node(m, "SequenceAt", "s last", "y", NULL);
    GIVES(m, "f: 4");
    m = start();
    tm_node(m, "SplitToSequence", "x 1", "s", "keepdims=0");
    tm_node(m, "SequenceAt", "s last", "y", NULL);
    GIVES(m, "f: 4");
    m = start();
    tm_const(m, "parts", SX_INT, 1, (int64_t[]){4}, (int64_t[]){1, 1, 1, 1});
    tm_node(m, "SplitToSequence", "x parts", "s", "keepdims=0");
    tm_node(m, "SequenceAt", "s last", "y", NULL);
    GIVES(m, "f1: 4");
    m = start();
    tm_node(m, "SplitToSequence", "x", "s", NULL);
    tm_node(m, "SequenceAt", "s 1", "y", NULL);
    GIVES(m, "f1: 2");
    m = start();
    tm_node(m, "SplitToSequence", "x 3", "s", NULL);
    tm_node(m, "SequenceAt", "s 1", "y", NULL);
    GIVES(m, "f1: 4");
    m = start();
    tm_const(m, "parts", SX_INT, 1, (int64_t[]){2}, (int64_t[]){1, 3});
    tm_node(m, "SplitToSequence", "x parts", "s", NULL);
    tm_node(m, "SequenceAt", "s 1", "y", NULL);
    GIVES(m, "f3: 2 3 4");
}
END_TEST

/* A loop collects the results of an If. */
START_TEST(through_bodies)
{
    struct tm_model *m = start(), *body = tm_new(13), *yes = tm_new(13), *no = tm_new(13);
    tm_input(body, "i", SX_INT, 0, NULL);
    tm_input(body, "go", SX_BOOL, 0, NULL);
    tm_input(body, "s", SX_FLOAT, 0, NULL);
    tm_node(yes, "SequenceInsert", "s x", "t", NULL);
    tm_output(yes, "t");
    tm_node(no, "Identity", "s", "t", NULL);
    tm_output(no, "t");
    tm_node(body, "Equal", "i 1", "c", NULL);
    tm_node(body, "If", "c", "more", NULL);
    tm_attr_graph(body, "then_branch", yes);
    tm_attr_graph(body, "else_branch", no);
    tm_output(body, "go");
    tm_output(body, "more");
    tm_node(m, "SequenceConstruct", "x", "first", NULL);
    tm_node(m, "Loop", "3 - first", "all", NULL);
    tm_attr_graph(m, "body", body);
    tm_node(m, "SequenceLength", "all", "y", NULL);
    GIVES(m, "i: 2");
}
END_TEST

static void refused(const char *op, const char *inputs, const char *attributes,
                    const char *text)
{
    struct tm_model *m = start();
    tm_node(m, "SequenceConstruct", "x x", "s", NULL);
    tm_node(m, "SequenceEmpty", "", "none", NULL);
    tm_node(m, op, inputs, "y", attributes);
    lc_refused(m, text);
}

START_TEST(refusals)
{
    refused("SequenceAt", "x 0", NULL, "input 0 must be a sequence");
    refused("SequenceAt", "s 2", NULL, "position 2 in a sequence of 2");
    refused("SequenceInsert", "s x 3", NULL, "position 3 in a sequence of 2");
    refused("SequenceInsert", "s", NULL, "input 1 must be a tensor");
    refused("SequenceErase", "none", NULL, "position -1 in a sequence of 0");
    refused("ConcatFromSequence", "none", "axis=0", "an empty sequence");
    refused("ConcatFromSequence", "s", NULL, "no axis to join along");
    refused("ConcatFromSequence", "s", "axis=1", "axis 1 of a tensor of rank 1");
    refused("SplitToSequence", "x 0", NULL, "parts of 0");
    refused("SplitToSequence", "x 3", "keepdims=0", "a part of 3 cannot lose its axis");
    refused("Neg", "s", NULL, "input 0 is missing, or no tensor");
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_sequence");
    SUITE_ADD(c, take_and_join, grow_and_shrink, split, through_bodies, refusals);
    return suite_run();
}
