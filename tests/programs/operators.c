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
    ".\\\" tests/programs/operators.c writes this page: run `make operators`.\n"
    ".Dd December 1, 2026\n"
    ".Dt SEXTANT-OPS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm sextant-ops\n"
    ".Nd ONNX operators that can be run and differentiated\n"
    ".Sh DESCRIPTION\n"
    "This page lists the operators that a model may consist of.\n"
    "A model may also call functions that its file defines.\n"
    "If a model has any other operator, the tools end with status 3 and a message that names the node.\n"
    ".Ql onnx-run --list MODEL\n"
    "shows the operators of one model and whether each is supported.\n"
    ".Pp\n"
    "The column\n"
    ".Sy opsets\n"
    "has the versions of the domain's operator set in which an operator is known: 13\\- is version 13\n"
    "and all later ones, and 8\\-8 is version 8 alone.\n"
    "An operator has the meaning that it has in the version that the model names.\n"
    "If the default domain has a later version than 28, a warning says so.\n"
    ".Pp\n"
    "An operator with a gradient can be differentiated any number of times by its inputs of real\n"
    "numbers.\n"
    "The results of other operators, such as comparisons, shapes and integers, count as constant.\n"
    "Rounding is an exception, see\n"
    ".Fl -ste\n"
    "in\n"
    ".Xr sextant 7 .\n"
    ".Pp\n"
    "Three kinds of operators run in a special way, and a warning says so:\n"
    ".Bl -bullet -compact\n"
    ".It\n"
    "Dropout in training mode runs as in inference.\n"
    ".It\n"
    "BatchNormalization in training mode uses the statistics of the batch.\n"
    ".It\n"
    "A random operator gives one draw, which is the same in every run.\n"
    ".El\n"
    ".Pp\n"
    "All shapes are known before a model runs.\n"
    "The values that decide a shape or a branch are therefore computed from the sample beforehand,\n"
    "see\n"
    ".Sx Models\n"
    "in\n"
    ".Xr sextant 7 .\n"
    "Examples are axes, numbers of repetitions, conditions, the boxes of NonMaxSuppression, and the\n"
    "elements that NonZero, Compress and Unique find.\n"
    "Texts are computed beforehand too, and the pixels of ImageDecoder, which reads PNG and JPEG.\n"
    "Without a sample, as in\n"
    ".Xr onnx-grad 1 ,\n"
    "such values must follow from the model and the shapes of its inputs.\n"
    "Then the branches of an If are both computed if they have the same shapes.\n"
    "Loops and recurrent networks are unrolled.\n"
    ".Pp\n"
    ".Fl i\n"
    "feeds an input that is a sequence or an optional.\n"
    "An output that is a sequence is written as its tensors, for example seq[0] and seq[1].\n"
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
