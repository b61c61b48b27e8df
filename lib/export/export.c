/* export.c - writes a model's derivatives as a file; finds out which dimensions can remain open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"

/* Builds the graph for the lengths, and once more for the other length of each symbol. Then
 * writes it. */
static bool write_with(const struct sx_model *model, const struct sx_export_options *options,
                       struct sx_symbols *symbols, struct sx_outside *outside,
                       struct sx_wire *graph, struct sx_written *written,
                       struct sx_error *error)
{
    struct sx_derived all[1 + SX_MOST_SYMBOLS] = {{0}};
    int made = 0;
    bool ok = true;
    written->stuck = -1;
    sx_outside_reset(outside);
    for (int k = -1; ok && k < symbols->n; k++) {
        symbols->varied = k;
        ok = sx_derived_make(&all[made++], model, options, symbols, error);
        written->stuck = ok ? -1 : k < 0 && symbols->n > 0 ? 0 : k;
    }
    symbols->varied = -1;
    ok = ok && sx_write_graph(&all[0], all + 1, symbols, outside, graph, written, error);
    while (made > 0)
        sx_derived_free(&all[--made]);
    return ok;
}

static void drop(struct sx_symbols *symbols, int k)
{
    memmove(&symbols->item[k], &symbols->item[k + 1],
            (size_t)(symbols->n - k - 1) * sizeof symbols->item[0]);
    symbols->n--;
}

/* Lists the dimensions that may remain open: those of the model (not for CasADi), and numbers
 * of seeds. */
static bool open_dimensions(const struct sx_model *model, const struct sx_export_options *o,
                            struct sx_symbols *symbols, struct sx_error *error)
{
    *symbols = (struct sx_symbols){.varied = -1};
    if (o->casadi)
        return o->kind == SX_EXPORT_NOTHING ||
               (sx_symbols_add_seeds(symbols, SX_CASADI_SEEDS, error) &&
                (o->kind != SX_EXPORT_HVP ||
                 sx_symbols_add_seeds(symbols, SX_CASADI_DIRECTIONS, error)));
    return sx_symbols_find(model, symbols, error) &&
           (o->seeds == NULL || strtoll(o->seeds, NULL, 10) > 0 ||
            sx_symbols_add_seeds(symbols, o->seeds, error));
}

/* Writes the graph. If the batch cannot remain open, the graph is written for one sample, with
 * a warning. If another dimension cannot, that is a failure. */
static bool write_graph(const struct sx_model *model, const struct sx_export_options *options,
                        struct sx_outside *outside, struct sx_wire *graph,
                        struct sx_written *written, struct sx_error *error)
{
    struct sx_symbols symbols;
    if (!open_dimensions(model, options, &symbols, error))
        return false;
    for (;;) {
        struct sx_error why = {0};
        struct sx_wire tried = {.error = &why};
        bool ok = write_with(model, options, &symbols, outside, &tried, written, &why);
        if (ok)
            sx_wire_raw(graph, tried.bytes, tried.size);
        sx_wire_free(&tried);
        if (ok)
            return true;
        if (why.status != SX_MODEL || written->stuck < 0 ||
            !symbols.item[written->stuck].batch) {
            *error = why;
            return false;
        }
        sx_model_warn(model, "%s; the file takes one sample", why.message);
        drop(&symbols, written->stuck);
    }
}

bool sx_export(const struct sx_model *model, const struct sx_export_options *options,
               const char *path, struct sx_sink *sink, struct sx_error *error)
{
    struct sx_error failure = {0};
    struct sx_wire graph = {.error = &failure}, file = {.error = &failure};
    struct sx_outside outside;
    struct sx_written written;
    bool ok = sx_outside_open(&outside, model, path, &failure) &&
              write_graph(model, options, &outside, &graph, &written, &failure);
    if (ok)
        sx_onnx_write_model(&file, written.opset, "derivative", &graph);
    ok = ok && failure.status == SX_OK && sx_outside_finish(&outside, &failure);
    if (ok) {
        sx_sink_write(sink, file.bytes, file.size);
        ok = sx_sink_flush(sink, error);
    } else {
        *error = failure;
    }
    sx_wire_free(&graph);
    sx_wire_free(&file);
    sx_outside_free(&outside);
    return ok;
}

/* Puts a prefix before the file's name in a path: "D/f.onnx" becomes "D/<prefix>f.onnx". */
static char *beside(const char *path, const char *prefix, struct sx_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t size = strlen(path) + strlen(prefix) + 1;
    char *made = sx_new(size, 1, error);
    if (made != NULL)
        snprintf(made, size, "%.*s%s%s", (int)(name - path), path, prefix, name);
    return made;
}

static bool export_beside(const struct sx_model *model, const struct sx_export_options *options,
                          const char *path, const char *prefix, struct sx_error *error)
{
    char *name = beside(path, prefix, error);
    struct sx_sink *sink = name != NULL ? sx_sink_open(name, error) : NULL;
    bool ok = sink != NULL && sx_export(model, options, name, sink, error);
    if (sink != NULL)
        ok = sx_sink_finish(sink, ok, error) && ok;
    free(name);
    return ok;
}

bool sx_export_casadi(const struct sx_model *model, const struct sx_export_options *options,
                      const char *path, struct sx_sink *sink, struct sx_error *error)
{
    struct sx_export_options o = *options;
    o.casadi = true;
    o.kind = SX_EXPORT_REVERSE;
    if (!export_beside(model, &o, path, "adj_", error))
        return false;
    o.kind = SX_EXPORT_HVP;
    if (!export_beside(model, &o, path, "fwd_adj_", error))
        return false;
    o.kind = SX_EXPORT_NOTHING;
    return sx_export(model, &o, path, sink, error);
}
