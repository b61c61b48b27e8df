/* dot.c - sets of features as a graph for dot(1). */
#include <math.h>

#include "xderiv/study.h"

enum { USUAL_SETS = 20 };

/* "quoted" as DOT wants it. */
static void print_quoted(struct sx_sink *sink, const char *text)
{
    sx_sink_print(sink, "\"");
    for (; *text != '\0'; text++)
        sx_sink_print(sink, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    sx_sink_print(sink, "\"");
}

struct graph {
    const struct sx_study *h;
    const char *const *name;
    int64_t n_names;
    double most; /* the largest strength */
    struct sx_sink *sink;
};

static void print_feature(const struct graph *g, int64_t feature)
{
    char text[64];
    print_quoted(g->sink, sx_study_name(g->h, g->name, g->n_names, feature, text));
}

/* A pair is an edge. A larger set is a point with an edge to each feature. */
static void print_set(const struct graph *g, const struct sx_effect *item, int64_t number)
{
    double width = 0.5 + 5.5 * fabs(item->strength) / g->most;
    const char *colour = item->mean < 0 ? "blue" : "red";
    if (item->order > 2)
        sx_sink_print(g->sink, "  set%lld [shape=point, xlabel=\"%.3g\"];\n", (long long)number,
                      item->strength);
    for (int m = 0; m < (item->order == 2 ? 1 : item->order); m++) {
        sx_sink_print(g->sink, "  ");
        print_feature(g, item->set[m]);
        sx_sink_print(g->sink, " -- ");
        if (item->order == 2)
            print_feature(g, item->set[1]);
        else
            sx_sink_print(g->sink, "set%lld", (long long)number);
        sx_sink_print(g->sink, " [color=%s, penwidth=%.2f", colour, width);
        if (item->order == 2)
            sx_sink_print(g->sink, ", label=\"%.3g\"", item->strength);
        sx_sink_print(g->sink, "];\n");
    }
}

bool sx_effects_dot(const struct sx_study *h, const struct sx_effects *r,
                    const char *const *name, int64_t n_names, const char *title,
                    struct sx_sink *sink, struct sx_error *error)
{
    int64_t n = sx_effects_shown(&h->o, r, h->o.top > 0 ? h->o.top : USUAL_SETS);
    bool any = n > 0 && r->item[0].strength != 0;
    const struct graph g = {h, name, n_names, any ? fabs(r->item[0].strength) : 1, sink};
    sx_sink_print(sink, "graph ");
    print_quoted(sink, title);
    sx_sink_print(sink, " {\n");
    for (int64_t k = 0; k < n; k++)
        print_set(&g, &r->item[k], k);
    sx_sink_print(sink, "}\n");
    return sx_sink_flush(sink, error);
}
