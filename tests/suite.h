/* suite.h - the suite of a check_*.c: its main makes cases, adds tests, and runs them.
 *
 *     TCase *c = suite_case("name");
 *     SUITE_ADD(c, test_one, test_two, test_three);
 *     tcase_add_loop_test(c, test_many, 0, 9);
 *     return suite_run();
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

/* Adds a case to this program's suite. A test may take two minutes; the limit only ends tests
 * that hang. */
TCase *suite_case(const char *name);

/* Adds tests; SUITE_ADD ends their list. */
void suite_add(TCase *c, const TTest *const *tests);
#define SUITE_ADD(c, ...) suite_add(c, (const TTest *const[]){__VA_ARGS__, NULL})

/* Runs all cases. Returns the exit status of main. */
int suite_run(void);

#endif
