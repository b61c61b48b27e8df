/* rows.c - the samples in an array, or in a line of numbers. */
#include <string.h>

#include "io/io.h"

/* The most samples without elements, because a header of a few bytes may claim any number. */
#define MOST_EMPTY 65536

static const char *show_shape(char text[200], const struct sx_shape *shape)
{
    size_t n = 0;
    text[n++] = '[';
    for (int i = 0; i < shape->rank; i++) {
        const char *comma = i > 0 ? "," : "";
        if (shape->dim[i] >= 0)
            n += (size_t)snprintf(text + n, 200 - n, "%s%lld", comma, (long long)shape->dim[i]);
        else
            n += (size_t)snprintf(text + n, 200 - n, "%s%c", comma, i == 0 ? 'N' : '?');
    }
    snprintf(text + n, 200 - n, "]");
    return text;
}

static bool misfit(const struct sx_input *how, const struct sx_shape *shape,
                   struct sx_error *error)
{
    char got[200], wanted[200];
    return sx_fail(error, SX_FAILED, "shape %s does not fit the model's input %s",
                   show_shape(got, shape), show_shape(wanted, how->want));
}

/* Refuses a line that is no sample. If the lines of the table together could be one sample, the
 * message says how to read them so. */
static bool misfit_line(const struct sx_input *how, const struct sx_shape *line,
                        struct sx_error *error)
{
    const struct sx_shape *want = how->want;
    int last = want->rank - 1;
    bool row = !how->whole && last > 0 && want->dim[last - 1] > 1 &&
               want->dim[last] == line->dim[line->rank - 1];
    misfit(how, line, error);
    size_t n = strlen(error->message);
    if (row)
        snprintf(error->message + n, sizeof error->message - n,
                 "; --no-batch takes all lines as one sample");
    return false;
}

static bool any_shape(const struct sx_input *how)
{
    return how->want == NULL || how->want->rank < 0;
}

/* Without a batch axis an array is one sample, or with one more axis several. */
static bool fits_whole(const struct sx_shape *want, const struct sx_shape *shape,
                       int64_t *count, struct sx_shape *sample)
{
    int extra = shape->rank - want->rank;
    bool fits = extra == 0 || extra == 1;
    sample->rank = want->rank;
    for (int i = 0; fits && i < want->rank; i++) {
        sample->dim[i] = shape->dim[i + extra];
        fits = want->dim[i] < 0 || want->dim[i] == sample->dim[i];
    }
    *count = extra == 1 ? shape->dim[0] : 1;
    return fits;
}

/* The rank decides how an array is read: one less than the model's means a sample without its batch
 * of 1, one more means several samples. */
static bool fits_rows(const struct sx_shape *want, const struct sx_shape *shape, int64_t *count,
                      struct sx_shape *sample)
{
    int rank = want->rank, extra = shape->rank - rank;
    *sample = *want;
    bool fits = extra >= (rank > 0 ? -1 : 0) && extra <= 1;
    for (int i = 1; fits && i < rank; i++) {
        sample->dim[i] = shape->dim[i + extra];
        fits = want->dim[i] < 0 || want->dim[i] == shape->dim[i + extra];
    }
    int64_t batch = rank == 0 || want->dim[0] < 0 ? 1 : want->dim[0];
    if (rank > 0)
        sample->dim[0] = batch;
    if (fits && extra == 1) {
        fits = rank == 0 || shape->dim[1] == batch;
        *count = shape->dim[0];
    } else if (fits && extra == 0 && rank > 0) {
        fits = batch > 0 && shape->dim[0] % batch == 0;
        *count = batch > 0 ? shape->dim[0] / batch : 0;
    } else if (fits && extra == -1) {
        fits = batch == 1;
    }
    return fits;
}

bool sx_rows_of_array(const struct sx_input *how, const struct sx_shape *shape, int64_t *count,
                      struct sx_shape *sample, struct sx_error *error)
{
    *count = 1;
    *sample = *shape;
    if (any_shape(how))
        return true;
    if (!(how->whole ? fits_whole(how->want, shape, count, sample)
                     : fits_rows(how->want, shape, count, sample)))
        return misfit(how, shape, error);
    if (*count == 0) {
        char text[200];
        return sx_fail(error, SX_FAILED, "holds no sample: its shape is %s",
                       show_shape(text, shape));
    }
    if (*count > MOST_EMPTY && sx_count(sample) == 0)
        return sx_fail(error, SX_FAILED, "%lld samples without elements", (long long)*count);
    return true;
}

/* A line of text has no shape: its numbers fill the sample, in which at most one axis besides the
 * batch may be open. */
bool sx_rows_of_line(const struct sx_input *how, size_t n, struct sx_shape *sample,
                     struct sx_error *error)
{
    struct sx_shape line = {2, {1, (int64_t)n}};
    int open = -1;
    int64_t rest;
    *sample = line;
    if (any_shape(how))
        return true;
    *sample = *how->want;
    if (sample->rank > 0 && sample->dim[0] < 0 && !how->whole)
        sample->dim[0] = 1;
    bool fits = true;
    for (int i = 0; i < sample->rank; i++)
        if (sample->dim[i] < 0) {
            fits = fits && open < 0;
            open = i;
            sample->dim[i] = 1;
        }
    fits = fits && sx_shape_count(sample, &rest, NULL);
    if (fits && open >= 0 && rest > 0) {
        sample->dim[open] = (int64_t)n / rest;
        rest *= sample->dim[open];
    }
    if (fits && rest == (int64_t)n)
        return true;
    return misfit_line(how, &line, error);
}
