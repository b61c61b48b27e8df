/* check_cases.c - a frozen part of ONNX's own cases: all that are in scope are right. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cases.h"

static void passes(void *context, const char *name, const struct case_result *result)
{
    (void)context;
    ck_assert_msg(result->verdict == CASE_PASSED, "%s: %s", name, result->why);
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
    char directory[] = "/tmp/cases-XXXXXX", path[100];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    shell("tar -xzf tests/data/cases.tgz -C ", directory);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, groups[i].group);
        ck_assert_int_eq(cases_walk(path, passes, NULL), groups[i].cases);
    }
    shell("rm -rf ", directory);
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
