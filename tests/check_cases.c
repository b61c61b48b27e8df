/* check_cases.c - a frozen part of ONNX's own cases and cases of this project all give their
 * expected results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "lower/row.h"
#include "suite.h"

enum { ROWS = 500 };

/* Per row of lowering: whether a case with only its operator has real outputs, and whether one
 * of these has a gradient. */
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

/* The manual page of operators says which have gradients. It agrees with the gradients of the
 * cases. */
static void check_gradients(const struct seen *seen)
{
    const struct sx_lowering_row *row;
    for (size_t i = 0; (row = sx_lowering_row(i)) != NULL; i++)
        ck_assert_msg(!seen->any[i] || seen->gradient[i] == row->gradient, "%s %s a gradient",
                      row->op, row->gradient ? "has not" : "has");
}

static void shell(const char *what, const char *directory)
{
    char command[400];
    snprintf(command, sizeof command, "%s%s", what, directory);
    ck_assert_int_eq(system(command), 0);
}

struct group {
    const char *name;
    int cases;
};

/* Runs the groups of an archive and records which operators have gradients. */
static void run_archive(const char *archive, const struct group *group, size_t n)
{
    static struct seen seen;
    /* thousands of small files, so they are in memory */
    char directory[100] = "/dev/shm/cases-XXXXXX", text[200];
    if (mkdtemp(directory) == NULL)
        ck_assert_ptr_nonnull(mkdtemp(strcpy(directory, "/tmp/cases-XXXXXX")));
    snprintf(text, sizeof text, "tar -xzf tests/data/%s -C ", archive);
    shell(text, directory);
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%s/%s", directory, group[i].name);
        ck_assert_int_eq(cases_walk(text, passes, &seen), group[i].cases);
    }
    shell("rm -rf ", directory);
    check_gradients(&seen);
}

START_TEST(frozen)
{
    static const struct group groups[] = {
        {"node", 734}, {"pytorch-operator", 31}, {"simple", 17}};
    run_archive("cases.tgz", groups, 3);
}
END_TEST

/* Cases computed by another implementation: every version of operators whose meaning changed,
 * com.microsoft's operators, recurrent networks, integers, infinities, arrays without elements. */
START_TEST(versions)
{
    static const struct group groups[] = {{"versions", 606}, {"operators", 232}};
    run_archive("versions.tgz", groups, 2);
}
END_TEST

START_TEST(missing_directory_and_case)
{
    struct case_result result;
    ck_assert_int_eq(cases_walk("tests/data/nowhere", passes, NULL), -1);
    case_run("tests/data", &result);
    ck_assert_int_eq(result.verdict, CASE_FAILED);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("cases");
    SUITE_ADD(c, frozen, versions, missing_directory_and_case);
    return suite_run();
}
