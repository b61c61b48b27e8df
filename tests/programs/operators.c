/* operators.c - writes man/sextant-ops.7, a page of the manual, from the lowering rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lower/row.h"

#define MOST 500

static int by_name(const void *a, const void *b)
{
    const struct sx_lowering_row *x = *(const struct sx_lowering_row *const *)a;
    const struct sx_lowering_row *y = *(const struct sx_lowering_row *const *)b;
    int order = strcmp(x->domain, y->domain);
    order = order != 0 ? order : strcmp(x->op, y->op);
    return order != 0 ? order : x->since - y->since;
}

static void print_row(const struct sx_lowering_row *row)
{
    printf(".It %s Ta ", row->op);
    if (row->until == 0)
        printf("%d\\-", row->since);
    else
        printf("%d\\-%d", row->since, row->until);
    printf(" Ta %s\n", row->gradient ? "yes" : "no");
}

static void print_domain(const struct sx_lowering_row *const *row, int n)
{
    printf(".Ss %s\n.Bl -column \"SkipSimplifiedLayerNormalization\" \"opsets\" \"gradient\"\n"
           ".It Sy operator Ta Sy opsets Ta Sy gradient\n",
           row[0]->domain[0] != '\0' ? row[0]->domain : "ai.onnx, the default domain");
    for (int i = 0; i < n; i++)
        print_row(row[i]);
    puts(".El");
}

static const char head[] =
    ".\\\" Written by tests/programs/operators.c: `make operators` does it again.\n"
    ".Dd November 22, 2026\n"
    ".Dt SEXTANT-OPS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm sextant-ops\n"
    ".Nd ONNX operators that can be run and differentiated\n"
    ".Sh DESCRIPTION\n"
    "A model may consist of the operators below, and of functions that it brings itself.\n"
    "Any other is refused with status 3, which names the node.\n"
    "An operator is known in the given versions of its domain's operator set, to the last one\n"
    "where none follows the dash, each with the meaning that it has in that version.\n"
    ".Pp\n"
    "Operators with a gradient can be differentiated any number of times, by those of their\n"
    "inputs that hold reals.\n"
    "The others are steps, choices, shapes or integers: what comes through them counts as\n"
    "constant, but for rounding: see\n"
    ".Fl -ste\n"
    "in\n"
    ".Xr sextant 7 .\n"
    "Dropout in training mode runs as in inference, BatchNormalization with the statistics of the\n"
    "batch, labels that are strings are given by their number: each with a warning.\n"
    "So does a file of a newer operator set than 28, if all of its operators are known.\n"
    ".Pp\n"
    "Shapes are fixed before anything runs.\n"
    "What decides a shape must therefore be known once the shapes of the inputs are: axes,\n"
    "numbers of repetitions, the boxes of NonMaxSuppression, the elements that NonZero, Compress\n"
    "and Unique look at.\n"
    "Loops and recurrent networks are unrolled; a condition that depends on the input chooses\n"
    "between branches whose results have one shape.\n"
    "Sequences and optionals are fed by\n"
    ".Fl i ;\n"
    "the tensors of one that is an output are outputs, as seq[0], seq[1] and so on.\n"
    "Texts are made of those of the sample, and numbers written as texts of its numbers: both\n"
    "decide.\n"
    "One draw, the same in every run, stands for the values of a random operator.\n"
    ".Sh OPERATORS\n";

static const char tail[] = ".Sh EXAMPLES\n"
                           "What a model consists of, and what of it has a gradient:\n"
                           ".Bd -literal -offset indent\n"
                           "$ onnx-run --list digits8.onnx\n"
                           ".Ed\n"
                           ".Sh SEE ALSO\n"
                           ".Xr onnx-run 1 ,\n"
                           ".Xr sextant 7\n";

int main(void)
{
    static const struct sx_lowering_row *row[MOST];
    int n = 0, first = 0;
    while (n < MOST && (row[n] = sx_lowering_row((size_t)n)) != NULL)
        n++;
    qsort(row, (size_t)n, sizeof row[0], by_name);
    fputs(head, stdout);
    for (int i = 1; i <= n; i++)
        if (i == n || strcmp(row[i]->domain, row[first]->domain) != 0) {
            print_domain(row + first, i - first);
            first = i;
        }
    fputs(tail, stdout);
    return fflush(stdout) != 0;
}
