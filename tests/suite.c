/* suite.c - the suite of a check_*.c. */
#include "suite.h"

#include <errno.h>

static Suite *suite;

TCase *suite_case(const char *name)
{
    if (suite == NULL)
        suite = suite_create(program_invocation_short_name);
    TCase *c = tcase_create(name);
    tcase_set_timeout(c, 120);
    suite_add_tcase(suite, c);
    return c;
}

void suite_add(TCase *c, const TTest *const *tests)
{
    while (*tests != NULL)
        tcase_add_test(c, *tests++);
}

int suite_run(void)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
