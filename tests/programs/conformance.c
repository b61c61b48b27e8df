/* conformance.c - runs ONNX's own cases and prints the results by operator.
 *
 *     conformance DIRECTORY...
 *
 * The exit status is 1 if a case that is in scope fails, or if there is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

enum { MOST = 400 };

/* One operator: how many cases that use it passed, failed, or are out of scope, and why. */
struct line {
    char op[80], reason[120];
    int count[CASE_VERDICTS];
};

struct table {
    struct line line[MOST];
    int n, total[CASE_VERDICTS];
};

static struct line *find(struct table *t, const char *op)
{
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->line[i].op, op) == 0)
            return &t->line[i];
    if (t->n == MOST)
        return NULL;
    strcpy(t->line[t->n].op, op);
    return &t->line[t->n++];
}

static void add_reason(struct line *line, const char *why)
{
    size_t used = strlen(line->reason);
    if (strstr(line->reason, why) == NULL)
        snprintf(line->reason + used, sizeof line->reason - used, "%s%.40s",
                 used > 0 ? ", " : "", why);
}

static void see(void *context, const char *name, const struct case_result *result)
{
    struct table *t = context;
    t->total[result->verdict]++;
    if (result->verdict != CASE_PASSED)
        printf("%s %s: %s\n", result->verdict == CASE_FAILED ? "FAILED" : "out of scope:", name,
               result->why);
    for (int i = 0; i < result->n_ops; i++) {
        struct line *line = find(t, result->op[i]);
        if (line == NULL)
            continue;
        line->count[result->verdict]++;
        if (result->verdict == CASE_OUT_OF_SCOPE)
            add_reason(line, result->why);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->op, ((const struct line *)b)->op);
}

static void print_line(const char *what, const int *count, const char *reason)
{
    printf("%-40s %7d %7d %7d  %s\n", what, count[CASE_PASSED], count[CASE_FAILED],
           count[CASE_OUT_OF_SCOPE], reason);
}

int main(int argc, char **argv)
{
    static struct table t;
    int sum[CASE_VERDICTS] = {0}, totals[16][CASE_VERDICTS];
    for (int k = 1; k < argc && k < 16; k++) {
        memset(t.total, 0, sizeof t.total);
        if (cases_walk(argv[k], see, &t) <= 0)
            fprintf(stderr, "conformance: %s: no cases\n", argv[k]);
        memcpy(totals[k], t.total, sizeof t.total);
    }
    qsort(t.line, (size_t)t.n, sizeof t.line[0], by_name);
    printf("%-40s %7s %7s %7s\n", "cases that use", "passed", "failed", "out of scope, why");
    for (int i = 0; i < t.n; i++)
        print_line(t.line[i].op, t.line[i].count, t.line[i].reason);
    printf("\n%-40s %7s %7s %7s\n", "cases of", "passed", "failed", "out of scope");
    for (int k = 1; k < argc && k < 16; k++) {
        print_line(argv[k], totals[k], "");
        for (int i = 0; i < CASE_VERDICTS; i++)
            sum[i] += totals[k][i];
    }
    print_line("all", sum, "");
    return sum[CASE_FAILED] > 0 || sum[CASE_PASSED] == 0;
}
