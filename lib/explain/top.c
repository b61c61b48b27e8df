/* top.c - the top classes of an output, and their probabilities. */
#include <math.h>
#include <stdlib.h>

#include "explain/ending.h"
#include "explain/infer.h"

/* How the probability of an element is computed. */
enum likelihood {
    IS_LIKELY,  /* the element is a probability */
    OF_LOG,     /* the element is the logarithm of a probability */
    OF_SIGMOID, /* the element is a logit of two classes */
    OF_SOFTMAX, /* the element is a logit among those of its place */
    UNKNOWN,    /* there is no probability */
};

struct ranking {
    const struct sx_tensor *t;
    struct sx_classes classes;
    enum likelihood likelihood;
    char *const *labels;
    size_t n_labels;
};

/* The index of the first class at the place of element i. */
static int64_t place_of(const struct sx_classes *c, int64_t i)
{
    return i - i / c->step % c->n * c->step;
}

/* Whether the classes at every place lie in [0, 1] and sum to 1. */
static bool adds_up(const struct ranking *r)
{
    const struct sx_classes *c = &r->classes;
    for (int64_t i = 0; i < c->count; i++) {
        double sum = 0;
        if (place_of(c, i) != i)
            continue;
        for (int64_t k = 0; k < c->n; k++) {
            double p = sx_tensor_get(r->t, i + k * c->step);
            if (!(p >= 0 && p <= 1))
                return false;
            sum += p;
        }
        if (!(fabs(sum - 1) < 1e-3))
            return false;
    }
    return true;
}

static enum likelihood likelihood_of(const struct ranking *r, const struct sx_graph *g, int y)
{
    struct sx_ending end;
    if (!sx_is_real(r->t->type))
        return UNKNOWN;
    sx_find_ending(g, y, &end);
    if (end.op == SX_SOFTMAX || end.op == SX_SIGMOID || end.likely)
        return IS_LIKELY;
    if (end.op == SX_LOGSOFTMAX)
        return OF_LOG;
    if (r->classes.n == 1)
        return OF_SIGMOID;
    return adds_up(r) ? IS_LIKELY : OF_SOFTMAX;
}

static double softmax_at(const struct ranking *r, int64_t i)
{
    const struct sx_classes *c = &r->classes;
    int64_t first = place_of(c, i);
    double value = sx_tensor_get(r->t, i), sum = 0;
    for (int64_t k = 0; k < c->n; k++)
        sum += exp(sx_tensor_get(r->t, first + k * c->step) - value);
    return 1 / sum;
}

static double prob_of(const struct ranking *r, int64_t i)
{
    double value = sx_tensor_get(r->t, i);
    switch (r->likelihood) {
    case IS_LIKELY:
        return value;
    case OF_LOG:
        return exp(value);
    case OF_SIGMOID:
        return 1 / (1 + exp(-value));
    case OF_SOFTMAX:
        return softmax_at(r, i);
    case UNKNOWN:
        break;
    }
    return NAN;
}

static struct sx_ranked ranked_as(const struct ranking *r, int64_t i)
{
    return (struct sx_ranked){.index = i,
                              .label =
                                  sx_class_label(&r->classes, i, false, r->labels, r->n_labels),
                              .value = sx_tensor_get(r->t, i),
                              .prob = prob_of(r, i)};
}

/* Ranks two classes that one number separates: it belongs to the second class, and the first has
 * the rest. */
static int64_t rank_two(const struct ranking *r, struct sx_ranked *top)
{
    struct sx_ranked is = ranked_as(r, 0), other = is;
    bool likely = r->likelihood == IS_LIKELY;
    is.index = 1;
    other.label = sx_class_label(&r->classes, 0, true, r->labels, r->n_labels);
    other.value = likely ? 1 - is.value : -is.value;
    other.prob = r->likelihood == OF_SIGMOID ? 1 / (1 + exp(is.value)) : 1 - is.prob;
    bool first = !(other.prob > is.prob);
    top[first ? 0 : 1] = is;
    top[first ? 1 : 0] = other;
    return 2;
}

/* Whether element a ranks before b: it is larger, or equal and earlier. */
static bool before(const struct sx_tensor *t, int64_t a, int64_t b)
{
    double x = sx_tensor_get(t, a), y = sx_tensor_get(t, b);
    return x > y || (x == y && a < b);
}

/* Moves element `at` of a heap down to its position. The first element of the heap ranks last. */
static void sink(const struct sx_tensor *t, int64_t *heap, int64_t n, int64_t at)
{
    for (;;) {
        int64_t last = at;
        for (int64_t child = 2 * at + 1; child <= 2 * at + 2 && child < n; child++)
            if (before(t, heap[last], heap[child]))
                last = child;
        if (last == at)
            return;
        int64_t moved = heap[at];
        heap[at] = heap[last];
        heap[last] = moved;
        at = last;
    }
}

/* Finds the k top elements in their order. Elements that are not finite are omitted. */
static int64_t largest(const struct sx_tensor *t, int64_t k, int64_t *heap)
{
    int64_t n = 0, count = sx_count(&t->shape);
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(sx_tensor_get(t, i)))
            continue;
        if (n < k) {
            heap[n++] = i;
            for (int64_t at = n == k ? k / 2 : 0; n == k && at-- > 0;)
                sink(t, heap, n, at);
        } else if (before(t, i, heap[0])) {
            heap[0] = i;
            sink(t, heap, n, 0);
        }
    }
    for (int64_t at = n / 2; at-- > 0;)
        sink(t, heap, n, at);
    for (int64_t end = n; end-- > 1;) {
        int64_t last = heap[0];
        heap[0] = heap[end];
        heap[end] = last;
        sink(t, heap, end, 0);
    }
    return n;
}

bool sx_inference_top(const struct sx_inference *f, int64_t k, char *const *labels,
                      size_t n_labels, struct sx_ranked **top, int64_t *n,
                      struct sx_error *error)
{
    const struct sx_graph *g;
    const char *name;
    int y;
    struct ranking r = {.labels = labels, .n_labels = n_labels};
    r.t = sx_inference_scores(f, &g, &y, &name);
    *top = NULL;
    *n = 0;
    if (r.t == NULL)
        return k == 0 || sx_fail(error, SX_USAGE, "the model has no output");
    r.classes = sx_classes_of(g, y);
    if (sx_is_real(r.t->type) && !sx_labels_fit(&r.classes, n_labels, name, error))
        return false;
    k = k < r.classes.count ? k : r.classes.count;
    if (k < 1)
        return true;
    int64_t *index = sx_new((size_t)k, sizeof *index, error);
    *top = sx_new((size_t)k + 1, sizeof **top, error);
    bool ok = index != NULL && *top != NULL;
    if (ok) {
        r.likelihood = likelihood_of(&r, g, y);
        *n = largest(r.t, k, index);
        for (int64_t i = 0; i < *n; i++)
            (*top)[i] = ranked_as(&r, index[i]);
        if (r.classes.count == 1 && *n == 1 && r.likelihood != UNKNOWN)
            *n = rank_two(&r, *top);
    }
    free(index);
    return ok;
}
