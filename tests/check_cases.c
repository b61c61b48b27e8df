/* check_cases.c - a frozen part of ONNX's own cases: all that are in scope are right. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "lower/row.h"

enum { ROWS = 500 };

/* Per row: whether a case of its operator alone has reals, and whether one has a gradient. */
struct seen {
    bool any[ROWS], gradient[ROWS];
};

static void passes(void *context, const char *name, const struct case_result *result)
{
    struct seen *seen = context;
    const struct sx_lowering_row *row;
    ck_assert_msg(result->verdict == CASE_PASSED, "%s: %s", name, result->why);
    for (size_t i = 0; result->n_ops == 1 && (row = sx_lowering_row(i)) != NULL; i++)
        if (strcmp(row->op, result->op[0]) == 0 && row->domain[0] == '\0') {
            seen->any[i] = seen->any[i] || result->reals;
            seen->gradient[i] = seen->gradient[i] || result->gradient;
        }
}

/* What the page of operators says is what the graphs of the cases do. */
static void check_gradients(const struct seen *seen)
{
    const struct sx_lowering_row *row;
    for (size_t i = 0; (row = sx_lowering_row(i)) != NULL; i++)
        ck_assert_msg(!seen->any[i] || seen->gradient[i] == row->gradient, "%s %s a gradient",
                      row->op, row->gradient ? "has not" : "has");
}

static void shell(const char *what, const char *directory)
{
    char command[200];
    snprintf(command, sizeof command, "%s%s", what, directory);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(frozen)
{
    static const struct {
        const char *group;
        int cases;
    } groups[] = {{"node", 734}, {"pytorch-operator", 31}, {"simple", 17}};
    static struct seen seen;
    char directory[] = "/tmp/cases-XXXXXX", path[100];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    shell("tar -xzf tests/data/cases.tgz -C ", directory);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, groups[i].group);
        ck_assert_int_eq(cases_walk(path, passes, &seen), groups[i].cases);
    }
    shell("rm -rf ", directory);
    check_gradients(&seen);
}
END_TEST

START_TEST(what_is_not_there)
{
    struct case_result result;
    ck_assert_int_eq(cases_walk("tests/data/nowhere", passes, NULL), -1);
    case_run("tests/data", &result);
    ck_assert_int_eq(result.verdict, CASE_FAILED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cases");
    TCase *tests = tcase_create("cases");
    tcase_add_test(tests, frozen);
    tcase_add_test(tests, what_is_not_there);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
